import type { TenantContext } from './behaviour.ts';
import { dialectOf } from './dialect.ts';
import type { Client, ClientGrant, ResourceServer, User } from './entities.ts';

/** An error of OAuth, before it is known how it reaches the client. */
export interface Problem {
  readonly error: string;
  readonly description: string;
}

export function isProblem<Value>(value: Value | Problem): value is Problem {
  return typeof value === 'object' && value !== null && 'error' in value && 'description' in value;
}

/** Scopes of OpenID Connect, which belong to the tenant and not to an API. */
export const OIDC_SCOPES: readonly string[] = ['openid', 'profile', 'email'];

export function isThirdParty(client: Client): boolean {
  return !client.is_first_party;
}

export function isStrict(client: Client): boolean {
  return isThirdParty(client) && client.third_party_security_mode !== 'permissive';
}

/**
 * The API that the request's `audience` (Auth0) or `resource` (RFC 8707 2) names, by its exact identifier; `undefined`
 * where it names none and none is the default. To Auth0 `resource` means nothing beside an `audience`.
 */
export function requestedApi(
  parameters: URLSearchParams,
  client: Client,
  { store }: TenantContext,
): ResourceServer | undefined | Problem {
  const { settings, resourceServers } = store;
  const dialect = dialectOf(store);
  const audiences = parameters.getAll('audience');
  const resources = settings.resource_parameter_profile === 'compatibility' ? parameters.getAll('resource') : [];
  const isResourceMeant = dialect.readsResourceBesideAudience || audiences.length === 0;
  const named = [...new Set([...audiences, ...(isResourceMeant ? resources : [])])];
  const error = dialect.unknownApi;
  // RFC 8707 2 lets a server refuse several; one token for several APIs is what MCP wants nobody to have.
  if (named.length > 1) return { error, description: 'Only one API may be named.' };
  const identifier = named[0] ?? settings.default_audience;
  if (identifier === undefined) {
    return isThirdParty(client)
      ? {
          error: dialect.missingApi,
          description:
            'The userinfo audience is not allowed for third party clients. Please specify a valid API audience.',
        }
      : undefined;
  }
  const api = resourceServers.find((each) => each.identifier === identifier);
  return api ?? { error, description: `Service not found: ${identifier}` };
}

/**
 * Scopes of the API that a user may give the client. A grant of the client's own goes before the default of all
 * third-party clients; "allow all" of an API does not count for strict ones.
 */
export function scopesForUser(
  client: Client,
  api: ResourceServer,
  { store }: TenantContext,
): readonly string[] | Problem {
  const { policy } = api.subject_type_authorization.user;
  const grant = findGrant(store.clientGrants, client, api, 'user');
  if (policy !== 'deny_all' && grant !== undefined) return scopesOf(grant, api);
  if (policy === 'allow_all' && !isStrict(client)) return api.scopes.map(({ value }) => value);
  return unauthorized(client, api);
}

/** Scopes of the API that the client has for itself. */
export function scopesForClient(
  client: Client,
  api: ResourceServer,
  { store }: TenantContext,
): readonly string[] | Problem {
  const grant = findGrant(store.clientGrants, client, api, 'client');
  const { policy } = api.subject_type_authorization.client;
  return policy === 'deny_all' || grant === undefined ? unauthorized(client, api) : scopesOf(grant, api);
}

/**
 * What is granted of the scopes a client asked for in a user's name: what the API lets it have, and RBAC the user; of
 * the tenant's own scopes those that this kind of client may have. The others are left out, and nothing is said of it.
 */
export function grantedScope(
  requested: readonly string[],
  { client, api, user }: { readonly client: Client; readonly api: ResourceServer | undefined; readonly user: User },
  context: TenantContext,
): readonly string[] | Problem {
  const allowed = api === undefined ? [] : scopesForUser(client, api, context);
  if (isProblem(allowed)) return allowed;
  return requested.filter((scope) => {
    if (scope === 'offline_access') return mayBeOffline(client, api);
    if (OIDC_SCOPES.includes(scope)) return !isStrict(client);
    const permitted = api?.enforce_policies === true ? (user.permissions[api.identifier] ?? []) : allowed;
    return allowed.includes(scope) && permitted.includes(scope);
  });
}

function mayBeOffline(client: Client, api: ResourceServer | undefined): boolean {
  return client.grant_types.includes('refresh_token') && (api?.allow_offline_access ?? true);
}

function findGrant(
  grants: readonly ClientGrant[],
  client: Client,
  api: ResourceServer,
  subject: ClientGrant['subject_type'],
): ClientGrant | undefined {
  const suiting = grants.filter((grant) => grant.audience === api.identifier && grant.subject_type === subject);
  return (
    suiting.find(({ client_id }) => client_id === client.client_id) ??
    (isThirdParty(client) ? suiting.find(({ default_for }) => default_for === 'third_party_clients') : undefined)
  );
}

function scopesOf(grant: ClientGrant, api: ResourceServer): readonly string[] {
  const all = api.scopes.map(({ value }) => value);
  return grant.allow_all_scopes ? all : all.filter((scope) => grant.scope.includes(scope));
}

function unauthorized(client: Client, api: ResourceServer): Problem {
  return {
    error: 'unauthorized_client',
    description: `Client "${client.client_id}" is not authorized to access resource server "${api.identifier}".`,
  };
}
