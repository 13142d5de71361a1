import type { Answer, DocumentHost } from './document-host.ts';

/** A metadata document as a client of this world publishes it; what is absent is as it should be. */
export interface PublishedClient {
  /** Members in place of those of a good document; `undefined` takes one out. */
  readonly members?: Readonly<Record<string, unknown>>;
  /** How it is answered, where that is not as JSON with 200. */
  readonly answer?: (good: Readonly<Record<string, unknown>>) => Answer;
  /** Path at which it stands, as it is in the request. */
  readonly path?: string;
  /** How the client writes its URL. */
  readonly written?: (url: string) => string;
  /** What its `jwks_uri` answers; it has one, and private_key_jwt, where this is given. */
  readonly keys?: Answer;
}

/** The key of RFC 7517 A.1. */
export const PUBLIC_KEY = {
  kty: 'EC',
  crv: 'P-256',
  use: 'sig',
  kid: 'one',
  x: 'MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4',
  y: '4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM',
};

/** Publishes metadata documents, and gives the URL of each as its client sends it. */
export function publishClients(host: DocumentHost, clients: readonly PublishedClient[]): readonly string[] {
  return clients.map((client, at) => publishClient(host, client, at + 1));
}

/** A public client and one that signs: what both Auth0 and the draft take, scheme and host of a laboratory apart. */
export function publishGoodClients(host: DocumentHost): readonly string[] {
  return publishClients(host, [{}, { keys: { json: { keys: [PUBLIC_KEY] } } }]);
}

function publishClient(host: DocumentHost, client: PublishedClient, number: number): string {
  const { members, answer = (json) => ({ json }), path = `/clients/${number}.json`, written, keys } = client;
  const standing = `${host.origin}${path}`;
  const url = written?.(standing) ?? standing;
  const signs = keys && {
    token_endpoint_auth_method: 'private_key_jwt',
    jwks_uri: host.publish(keys, `/clients/${number}-keys.json`).url,
  };
  const good = {
    client_id: url,
    client_name: 'Reference client',
    application_type: 'web',
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    redirect_uris: ['https://client.example/callback'],
    token_endpoint_auth_method: 'none',
    ...signs,
  };
  host.publish(answer({ ...good, ...members }), path);
  return url;
}
