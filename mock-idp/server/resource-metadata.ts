import type { Place, ServerContext } from './behaviour.ts';

const WELL_KNOWN = '/.well-known/oauth-protected-resource';

/**
 * Paths are compared as sent. The metadata document stands at the path-inserted location alone (RFC 9728 3.1): at the
 * root, its `resource` would not be the identifier that a client derives the location from (3.3).
 */
export function route({ request, setup }: ServerContext): Place {
  const endpoint = new URL(setup.server.url).pathname;
  if (request.path === endpoint) return 'endpoint';
  return request.path === `${WELL_KNOWN}${endpoint}` ? 'resource-metadata' : 'nowhere';
}

/** Made from configuration alone: no field of the request has a say in it. */
export function resourceMetadataUrl({ setup }: ServerContext): string {
  const { origin, pathname } = new URL(setup.server.url);
  return `${origin}${WELL_KNOWN}${pathname}`;
}

/** The protected resource metadata document (RFC 9728 2). */
export function resourceMetadata({ setup }: Pick<ServerContext, 'setup'>): Readonly<Record<string, unknown>> {
  return {
    resource: setup.server.url,
    authorization_servers: [setup.issuer],
    scopes_supported: setup.server.scopes,
    bearer_methods_supported: ['header'],
    resource_name: 'Reference MCP server',
  };
}
