import type { Setup } from '../setup.ts';
import type { Configuration } from './store.ts';

/** An API for a server that is not part of this world. */
export interface FurtherApi {
  readonly identifier: string;
  /** Absent: those of the MCP server of this world. */
  readonly scopes?: readonly string[];
}

/**
 * The configuration with one more API: like that of the MCP server, and granted to the same clients and users. An API
 * that is there already is left as it is.
 */
export function withApi(
  configuration: Configuration,
  { identifier, scopes }: FurtherApi,
  { server }: Setup,
): Configuration {
  const { resourceServers, clientGrants, users } = configuration;
  const model = resourceServers.find((api) => api.identifier === server.url);
  if (model === undefined || resourceServers.some((api) => api.identifier === identifier)) return configuration;
  const described = scopes?.map((value) => ({ value, description: value })) ?? model.scopes;
  return {
    ...configuration,
    resourceServers: [
      ...resourceServers,
      { ...model, id: 'rs_further', name: 'Server under test', identifier, scopes: described },
    ],
    clientGrants: [
      ...clientGrants,
      ...clientGrants
        .filter(({ audience }) => audience === server.url)
        .map((grant) => ({
          ...grant,
          id: `${grant.id}_further`,
          audience: identifier,
          scope: [...(scopes ?? grant.scope)],
        })),
    ],
    users: users.map((user) => ({
      ...user,
      permissions: { ...user.permissions, [identifier]: scopes ?? user.permissions[server.url] ?? [] },
    })),
  };
}
