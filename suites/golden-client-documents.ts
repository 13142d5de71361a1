import type { AskedDocument, ClientDocumentEvidence } from '../fixtures/client-document-evidence.ts';
import type { Exchange, Failure, HeaderField } from '../fixtures/evidence.ts';

export const CLIENT_URL = 'https://client.example.com/client.json';
const KEYS_URL = 'https://client.example.com/keys.json';

/** The key of RFC 7517 A.1. */
export const CLIENT_KEY = {
  kty: 'EC',
  crv: 'P-256',
  use: 'sig',
  kid: 'one',
  x: 'MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4',
  y: '4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM',
};

/** How a document differs from a good one: that of a client which signs. */
export interface ShortDocument {
  readonly url?: string;
  /** In place of its members; `undefined` takes one out. */
  readonly members?: Readonly<Record<string, unknown>>;
  readonly status?: number;
  /** Absent: of JSON. */
  readonly type?: string;
  /** In place of the whole document. */
  readonly body?: string;
  readonly failure?: Failure;
  /** Of the key set. */
  readonly keys?: { readonly status?: number; readonly body?: string; readonly set?: object };
}

/** Evidence of one client that publishes such a document; absent: a good one. */
export function publishing(document: ShortDocument = {}): ClientDocumentEvidence['clientDocuments'] {
  return { documents: [askedDocument(document)] };
}

function askedDocument({ url = CLIENT_URL, members, status, type, body, failure, keys }: ShortDocument): AskedDocument {
  const good = {
    client_id: url,
    client_name: 'Example client',
    application_type: 'web',
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    redirect_uris: ['https://client.example.com/callback'],
    token_endpoint_auth_method: 'private_key_jwt',
    jwks_uri: KEYS_URL,
  };
  const id = 'clientDocuments/document-1';
  const text = body ?? JSON.stringify({ ...good, ...members });
  return {
    url,
    exchange: fetched(id, url, failure ?? { status, type, body: text }),
    keys: fetched(`${id}/keys`, KEYS_URL, {
      status: keys?.status,
      body: keys?.body ?? JSON.stringify(keys?.set ?? { keys: [CLIENT_KEY] }),
    }),
  };
}

interface ShortReply {
  readonly status?: number | undefined;
  readonly type?: string | undefined;
  readonly body: string;
}

function fetched(id: string, url: string, reply: ShortReply | Failure): Exchange {
  const asked = {
    id,
    asks: id,
    request: { method: 'GET', url, headers: [] },
    startedAt: '2026-01-01T00:00:00.000Z',
    durationMs: 1,
  };
  if ('kind' in reply) return { ...asked, failure: reply };
  const { status = 200, type = 'application/json', body } = reply;
  const headers: readonly HeaderField[] = [['Content-Type', type]];
  return { ...asked, answer: { status, headers, body, bodyBytes: Buffer.byteLength(body), truncated: false } };
}

export const goldenClientDocuments: ClientDocumentEvidence = { clientDocuments: publishing() };
