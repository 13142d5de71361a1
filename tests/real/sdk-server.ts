/**
 * An MCP server of others: the SDK's own, behind its bearer middleware and metadata router, wired as their READMEs say.
 */
import type { Server } from 'node:http';
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
import { createRemoteJWKSet, jwtVerify } from 'jose';

type IssuerMetadata = OAuthMetadata & { readonly jwks_uri: string };

export const SCOPES = ['mcp:tools'];

export async function metadataOf(issuer: string): Promise<IssuerMetadata> {
  return (await (await fetch(`${issuer}/.well-known/openid-configuration`)).json()) as IssuerMetadata;
}

/** What answers at `url`, for tokens of that issuer. */
export function guardedApp(url: string, metadata: IssuerMetadata): ReturnType<typeof createMcpExpressApp> {
  const keys = createRemoteJWKSet(new URL(metadata.jwks_uri));
  const app = createMcpExpressApp();
  const resourceServerUrl = new URL(url);
  app.use(mcpAuthMetadataRouter({ oauthMetadata: metadata, resourceServerUrl, scopesSupported: SCOPES }));
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
      requiredScopes: SCOPES,
      resourceMetadataUrl: getOAuthProtectedResourceMetadataUrl(resourceServerUrl),
      expectedResource: resourceServerUrl,
      verifier: {
        async verifyAccessToken(token) {
          try {
            const { payload } = await jwtVerify(token, keys, { issuer: metadata.issuer, audience: url });
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
  return app;
}

/** @returns its origin on a free port of loopback */
export async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

export async function close(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}
