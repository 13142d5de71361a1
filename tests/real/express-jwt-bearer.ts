/**
 * A resource server of others: Auth0's express-oauth2-jwt-bearer in front of the MCP SDK v1, which opens no sessions.
 * Wired as their READMEs say; the error handler adds to the challenges what MCP asks for and the middleware cannot know.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  getOAuthProtectedResourceMetadataUrl,
  mcpAuthMetadataRouter,
} from '@modelcontextprotocol/sdk/server/auth/router.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import express, { type ErrorRequestHandler, type Request, type RequestHandler, type Response } from 'express';
import { type AuthOptions, auth, requiredScopes } from 'express-oauth2-jwt-bearer';
import { startWorld, type World, type WorldOptions } from '../../mock-idp/world.ts';

export interface GuardedServer {
  /** MCP endpoint. */
  readonly url: string;
  /** The tenant that the server trusts. */
  readonly world: World;
  close(): Promise<void>;
}

const SCOPES = ['mcp:tools'];

/** Stands in for `auth`, and may hand a request on to it. */
export type Guard = (conforming: RequestHandler, world: World) => RequestHandler;

export async function startGuardedServer(
  options: Pick<AuthOptions, 'strict'>,
  state: WorldOptions['state'] = 'conforming',
  guard: Guard = (conforming) => conforming,
): Promise<GuardedServer> {
  const app = express();
  const http = createServer(app);
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`;
  const resourceServerUrl = new URL(url);
  const world = await startWorld({ state, audience: url, audienceScopes: SCOPES });
  const metadata = await fetch(new URL('.well-known/oauth-authorization-server', world.issuer));

  app.use(
    mcpAuthMetadataRouter({
      oauthMetadata: (await metadata.json()) as Parameters<typeof mcpAuthMetadataRouter>[0]['oauthMetadata'],
      resourceServerUrl,
      scopesSupported: SCOPES,
    }),
  );
  app.use(
    '/mcp',
    guard(auth({ issuerBaseURL: world.issuer, audience: url, tokenSigningAlg: 'RS256', ...options }), world),
    requiredScopes(SCOPES),
    express.json(),
  );
  app.post('/mcp', answer);
  app.all('/mcp', (_request, response) => void response.status(405).set('Allow', 'POST').end());
  const more = `resource_metadata="${getOAuthProtectedResourceMetadataUrl(resourceServerUrl)}", scope="${SCOPES.join(' ')}"`;
  app.use(((error, _request, response, _next) => {
    const challenge: string | undefined = error.headers?.['WWW-Authenticate'];
    const added = challenge
      ?.replace(/, scope="[^"]*"/, '')
      .replace('Bearer realm="api"', `Bearer realm="api", ${more}`);
    if (added !== undefined) response.set('WWW-Authenticate', added);
    response.status(error.status ?? 500).json({ error: error.code ?? error.name });
  }) satisfies ErrorRequestHandler);

  return {
    url,
    world,
    close: async () => {
      http.closeAllConnections();
      await Promise.all([new Promise((resolve) => http.close(resolve)), world.close()]);
    },
  };
}

async function answer(request: Request, response: Response): Promise<void> {
  const server = new McpServer({ name: 'guarded', version: '1.0.0' });
  server.registerTool('greet', { description: 'Greets' }, async () => ({ content: [{ type: 'text', text: 'hello' }] }));
  // No sessionIdGenerator: stateless, so one transport a request.
  const transport = new StreamableHTTPServerTransport({});
  response.on('close', () => {
    void transport.close();
    void server.close();
  });
  await server.connect(transport as Parameters<typeof server.connect>[0]);
  await transport.handleRequest(request, response, request.body);
}
