/**
 * An authorization server nobody here wrote: oidc-provider with its own pages for sign-in and consent, in front of the
 * MCP SDK's server. Wired as its README says: resource indicators, refresh tokens and revocation are configured, all else is
 * its default. On demand it lets clients become known by themselves: by registration (RFC 7591, RFC 7592) without a token,
 * and by metadata documents.
 */
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import Provider, { type Configuration, errors } from 'oidc-provider';
import { close, guardedApp, listen, metadataOf, SCOPES } from './sdk-server.ts';

export interface SignInPair {
  readonly issuer: string;
  /** MCP endpoint. */
  readonly url: string;
  readonly publicClient: { readonly id: string; readonly redirectUri: string };
  readonly confidentialClient: { readonly id: string; readonly redirectUri: string; readonly secret: string };
  close(): Promise<void>;
}

/** Where the documents of clients are: the name that clients give them, and what answers for it on this machine. */
export interface DocumentPlace {
  readonly publicUrl: string;
  /** Address and port. */
  readonly listen: string;
}

/** @param documents present: clients may register, and have documents there */
export async function startSignInPair(documents?: DocumentPlace): Promise<SignInPair> {
  const as = createServer();
  const rs = createServer();
  const issuer = await listen(as);
  const url = `${await listen(rs)}/mcp`;
  const publicClient = { id: 'desktop', redirectUri: 'http://127.0.0.1:8976/callback' };
  const confidentialClient = { id: 'web', redirectUri: 'https://client.example/callback', secret: randomUUID() };
  const grants = { grant_types: ['authorization_code', 'refresh_token'], response_types: ['code' as const] };

  const provider = new Provider(issuer, {
    clients: [
      {
        ...grants,
        client_id: publicClient.id,
        redirect_uris: [publicClient.redirectUri],
        application_type: 'native',
        token_endpoint_auth_method: 'none',
      },
      {
        ...grants,
        client_id: confidentialClient.id,
        client_secret: confidentialClient.secret,
        redirect_uris: [confidentialClient.redirectUri],
      },
    ],
    cookies: { keys: [randomUUID()] },
    scopes: ['openid', 'offline_access', ...SCOPES],
    // Its default is for offline_access alone, which it grants with prompt=consent only (OpenID Connect Core 11).
    issueRefreshToken: async (_, client) => client.grantTypeAllowed('refresh_token'),
    // Its development pages take any user name and any password.
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
    ...(documents && { fetch: fetchFrom(documents) }),
    features: {
      ...(documents && {
        registration: { enabled: true },
        registrationManagement: { enabled: true },
        clientIdMetadataDocument: { enabled: true, ack: 'draft-02' as const },
      }),
      devInteractions: { enabled: true },
      revocation: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_, indicator) => {
          if (indicator !== url) throw new errors.InvalidTarget();
          return { scope: SCOPES.join(' '), audience: url, accessTokenFormat: 'jwt', jwt: { sign: { alg: 'RS256' } } };
        },
      },
    },
  });
  as.on('request', provider.callback());
  rs.on('request', guardedApp(url, await metadataOf(issuer)));

  return {
    issuer,
    url,
    publicClient,
    confidentialClient,
    close: async () => {
      await Promise.all([as, rs].map(close));
    },
  };
}

/**
 * In place of name service and TLS: what is asked of the public name is asked of this machine. The provider's own
 * dispatcher would close connections to loopback addresses, as it should.
 */
function fetchFrom({ publicUrl, listen }: DocumentPlace): NonNullable<Configuration['fetch']> {
  return (input, options: RequestInit & { readonly dispatcher?: unknown } = {}) => {
    const { dispatcher: _, ...others } = options;
    const { origin, pathname, search } = new URL(input instanceof Request ? input.url : input);
    if (origin !== new URL(publicUrl).origin) return Promise.reject(new TypeError(`no such host: ${origin}`));
    return fetch(`http://${listen}${pathname}${search}`, others);
  };
}
