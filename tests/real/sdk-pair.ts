/**
 * A pair nobody here wrote: the MCP SDK's server behind its own bearer middleware and metadata router, and
 * oidc-provider as its authorization server. Wired as their READMEs say, with no more than it takes to run.
 */
import { createServer } from 'node:http';
import { exportJWK, generateKeyPair, type JWK } from 'jose';
import Provider from 'oidc-provider';
import { close, guardedApp, listen, metadataOf } from './sdk-server.ts';

export interface Pair {
  readonly issuer: string;
  /** MCP endpoint. */
  readonly url: string;
  /** An access token from the authorization server's token endpoint, by client credentials. */
  token(): Promise<string>;
  /** The private key that the authorization server signs access tokens with. */
  readonly signingKey: JWK;
  close(): Promise<void>;
}

const CLIENT = { id: 'harness', secret: 'harness-secret-of-the-test-pair' };

export async function startPair(): Promise<Pair> {
  const as = createServer();
  const rs = createServer();
  const issuer = await listen(as);
  const origin = await listen(rs);
  const url = `${origin}/mcp`;

  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  const signingKey = { ...(await exportJWK(privateKey)), kid: 'one', use: 'sig', alg: 'RS256' };
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: CLIENT.id,
        client_secret: CLIENT.secret,
        grant_types: ['client_credentials'],
        redirect_uris: [],
        response_types: [],
      },
    ],
    jwks: { keys: [signingKey] },
    scopes: ['mcp:tools'],
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: () => ({
          scope: 'mcp:tools',
          audience: url,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'RS256' } },
        }),
      },
    },
  });
  as.on('request', provider.callback());

  const metadata = await metadataOf(issuer);
  rs.on('request', guardedApp(url, metadata));

  return {
    issuer,
    url,
    signingKey,
    async token() {
      const response = await fetch(metadata.token_endpoint, {
        method: 'POST',
        headers: { authorization: `Basic ${Buffer.from(`${CLIENT.id}:${CLIENT.secret}`).toString('base64')}` },
        body: new URLSearchParams({ grant_type: 'client_credentials', scope: 'mcp:tools', resource: url }),
      });
      return ((await response.json()) as { readonly access_token: string }).access_token;
    },
    close: async () => {
      await Promise.all([as, rs].map(close));
    },
  };
}
