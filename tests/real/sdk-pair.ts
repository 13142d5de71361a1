/**
 * A pair nobody here wrote: the MCP SDK's server behind its own bearer middleware and metadata router, and
 * oidc-provider as its authorization server. Wired as their READMEs say, with no more than it takes to run.
 */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  createMcpExpressApp,
  getOAuthProtectedResourceMetadataUrl,
  mcpAuthMetadataRouter,
  requireBearerAuth,
} from '@modelcontextprotocol/express';
import { toNodeHandler } from '@modelcontextprotocol/node';
import {
  createMcpHandler,
  McpServer,
  OAuthError,
  OAuthErrorCode,
  type OAuthMetadata,
} from '@modelcontextprotocol/server';
import type { Request, Response } from 'express';
import { createRemoteJWKSet, exportJWK, generateKeyPair, type JWK, jwtVerify } from 'jose';
import Provider from 'oidc-provider';

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

  const metadata = (await (await fetch(`${issuer}/.well-known/openid-configuration`)).json()) as OAuthMetadata & {
    readonly jwks_uri: string;
  };
  const keys = createRemoteJWKSet(new URL(metadata.jwks_uri));
  const app = createMcpExpressApp();
  const resourceServerUrl = new URL(url);
  app.use(mcpAuthMetadataRouter({ oauthMetadata: metadata, resourceServerUrl, scopesSupported: ['mcp:tools'] }));
  const handle = toNodeHandler(
    createMcpHandler(() => {
      const server = new McpServer({ name: 'pair', version: '1.0.0' });
      server.registerTool('greet', { description: 'Greets' }, async () => ({
        content: [{ type: 'text', text: 'hello' }],
      }));
      return server;
    }),
  );
  app.all(
    '/mcp',
    requireBearerAuth({
      requiredScopes: ['mcp:tools'],
      resourceMetadataUrl: getOAuthProtectedResourceMetadataUrl(resourceServerUrl),
      expectedResource: resourceServerUrl,
      verifier: {
        async verifyAccessToken(token) {
          try {
            const { payload } = await jwtVerify(token, keys, { issuer, audience: url });
            return {
              token,
              clientId: String(payload.client_id),
              scopes: String(payload.scope).split(' '),
              expiresAt: payload.exp!,
              resource: resourceServerUrl,
            };
          } catch (error) {
            throw new OAuthError(OAuthErrorCode.InvalidToken, 'The access token is not valid', {
              cause: error,
            } as never);
          }
        },
      },
    }),
    (request: Request, response: Response) => void handle(request, response, request.body),
  );
  rs.on('request', app);

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

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function close(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}
