import { isProblem, requestedApi, scopesForClient } from '../access.ts';
import type { TenantContext } from '../behaviour.ts';
import { dialectOf } from '../dialect.ts';
import type { Client, ResourceServer } from '../entities.ts';
import type { Authorization } from '../store.ts';
import { isRefusal, type Refusal, refuse } from './refusals.ts';

/**
 * The API that the token will be for: the one that was agreed to. A `resource` may repeat it, and can make it no other
 * (RFC 8707 2.2). Auth0 ignores `resource` where a code is exchanged; that it does so at a refresh too is our reading,
 * for tokens that stand for one API.
 */
export function resourceAtTokenEndpoint(
  { audience }: Authorization,
  parameters: URLSearchParams,
  { store }: TenantContext,
): ResourceServer | undefined | Refusal {
  const other = parameters.getAll('resource').find((resource) => resource !== audience);
  if (other !== undefined && dialectOf(store).comparesResourceAgain) return refuse('other-resource', other);
  if (audience === undefined) return undefined;
  return store.resourceServers.find(({ identifier }) => identifier === audience) ?? refuse('api-not-known', audience);
}

/** The API that a client wants for itself. Auth0 takes `audience` alone. */
export function apiForClient(
  parameters: URLSearchParams,
  client: Client,
  context: TenantContext,
): ResourceServer | Refusal {
  const named = new URLSearchParams(parameters);
  if (!dialectOf(context.store).readsResourceOfClients) named.delete('resource');
  const targets = new Set([...named.getAll('audience'), ...named.getAll('resource')]);
  if (targets.size > 1) return refuse('several-apis');
  const api = requestedApi(named, client, context);
  if (api === undefined || (isProblem(api) && targets.size === 0)) return refuse('no-api-named');
  return isProblem(api) ? refuse('api-not-known', named.get('audience') ?? named.get('resource') ?? '') : api;
}

/** What the client's grant holds of the scopes it asks for; all of them where it asks for none. */
export function scopeForClient(
  requested: readonly string[] | undefined,
  client: Client,
  api: ResourceServer,
  context: TenantContext,
): readonly string[] | Refusal {
  const granted = context.behaviour.scopesGrantedToClient(client, api, context);
  if (isRefusal(granted)) return granted;
  const missing = (requested ?? []).filter((scope) => !granted.includes(scope));
  return missing.length > 0 ? refuse('scope-not-granted', missing.join(' ')) : (requested ?? granted);
}

export function scopesGrantedToClient(
  client: Client,
  api: ResourceServer,
  context: TenantContext,
): readonly string[] | Refusal {
  const scopes = scopesForClient(client, api, context);
  return isProblem(scopes) ? refuse('api-not-granted', api.identifier) : scopes;
}

/** A scope parameter's values, each once (RFC 6749 3.3). */
export function scopeList(value: string): readonly string[] {
  return [...new Set(value.split(' ').filter(Boolean))];
}
