import type { Service } from './http.ts';
import type { ServerBehaviour } from './server/behaviour.ts';
import { challengeParameters } from './server/challenge.ts';
import { route } from './server/resource-metadata.ts';
import type { TenantBehaviour } from './tenant/behaviour.ts';

/** 2025-03-26: the MCP server is its own authorization server, at the origin of its endpoint. */

const METADATA = '/.well-known/oauth-authorization-server';
const KEYS = '/.well-known/jwks.json';

/** Path at the server's origin → the tenant's; the default paths of "Fallbacks for Servers without Metadata Discovery". */
const PATHS: ReadonlyMap<string, string> = new Map([
  [METADATA, METADATA],
  [KEYS, KEYS],
  ['/authorize', '/authorize'],
  ['/token', '/oauth/token'],
  ['/register', '/oidc/register'],
  ['/revoke', '/oauth/revoke'],
  ...['/authorize/resume', '/oidc/logout', '/v2/logout'].map((path) => [path, path] as const),
]);

/** Where the tenant's pages are. */
const PAGES = '/u/';

/** Protected resource metadata is not invented yet, so nothing publishes or names it. */
export const OWN_SERVER: Partial<ServerBehaviour> = {
  route: (context) => (route(context) === 'endpoint' ? 'endpoint' : 'nowhere'),
  resourceMetadataUrl: () => undefined,
  challengeParameters: (kind, context) => [['realm', 'mcp'], ...challengeParameters(kind, context)],
};

/** Authorization server metadata (RFC 8414 2) and nothing of OpenID. */
export const OWN_TENANT: Partial<TenantBehaviour> = {
  metadata: ({ setup: { issuer } }) => ({
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    registration_endpoint: `${issuer}/register`,
    revocation_endpoint: `${issuer}/revoke`,
    jwks_uri: `${issuer}${KEYS}`,
    response_types_supported: ['code'],
    response_modes_supported: ['query'],
    grant_types_supported: ['authorization_code', 'refresh_token', 'client_credentials'],
    code_challenge_methods_supported: ['S256'],
    token_endpoint_auth_methods_supported: ['none', 'client_secret_basic', 'client_secret_post'],
  }),
};

/** The tenant's code behind the server's origin. */
export function behindOneOrigin(tenant: Service, server: Service): Service {
  return {
    answer: (request) => {
      const path = request.path.startsWith(PAGES) ? request.path : PATHS.get(request.path);
      return path === undefined ? server.answer(request) : tenant.answer({ ...request, path });
    },
    answerUnreadable: (problem) => server.answerUnreadable(problem),
  };
}
