import type { EvidenceMap } from '../../../fixtures/evidence.ts';
import { unseenIn } from '../../../fixtures/management/access.ts';
import { MANAGEMENT, readOf, type TenantReadName } from '../../../fixtures/management/reads.ts';
import type { JsonObject } from '../../../fixtures/protocol/documents.ts';
import { type Facts, notApplicable, outOfScope, type Verdict } from '../../check.ts';

/** What a run saw of the tenant's configuration, where the profile gives access to it. */
export type TenantSeen = EvidenceMap['tenant'] | undefined;

export const isAnotherProvider = ({ provider }: Facts): boolean => provider !== undefined && provider !== 'auth0';

export const NO_TENANT = notApplicable('the authorization server is no Auth0 tenant');

/** What keeps a check from seeing what it compares with: no access at all, or a token that lacks scopes. */
export function unseen(tenant: TenantSeen, names: readonly TenantReadName[], facts: Facts): Verdict<never> | undefined {
  if (tenant !== undefined) return unseenIn(tenant, names);
  if (isAnotherProvider(facts)) return NO_TENANT;
  return outOfScope('it takes the tenant’s configuration, to which the profile gives no access', MANAGEMENT);
}

/** The things of a kind; `undefined`: they could not be read, or nobody gave access. */
export function itemsOf(tenant: TenantSeen, name: TenantReadName): readonly JsonObject[] | undefined {
  const read = tenant && readOf(name, tenant.asked[name]);
  return read?.kind === 'read' ? read.items : undefined;
}

/** A setting of the tenant, as JSON: "resource_parameter_profile: "audience"". */
export function settingOf(tenant: TenantSeen, name: string): string | undefined {
  const settings = itemsOf(tenant, 'settings')?.[0];
  return settings && `${name}: ${JSON.stringify(settings[name]) ?? 'not set'}`;
}

/** A client by its id, or by the URL of its metadata document. */
export function clientIn(tenant: TenantSeen, id: string): JsonObject | undefined {
  return itemsOf(tenant, 'clients')?.find((each) => each.client_id === id || each.external_client_id === id);
}

export function apiIn(tenant: TenantSeen, identifier: string): JsonObject | undefined {
  return itemsOf(tenant, 'apis')?.find((each) => each.identifier === identifier);
}

/** Ids that Auth0 gives to clients of third parties alone. */
const THIRD_PARTY_ID = /^(?:tpc_|https:)/;

/** `undefined`: neither the id nor the tenant tells. */
export function isThirdParty(tenant: TenantSeen, clientId: string): boolean | undefined {
  if (THIRD_PARTY_ID.test(clientId)) return true;
  const client = clientIn(tenant, clientId);
  return client && client.is_first_party === false;
}

/** What keeps a check about third parties from judging this client: it is none, or nobody can tell. */
export function unlessThirdParty(tenant: TenantSeen, clientId: string, facts: Facts): Verdict<never> | undefined {
  const found = isThirdParty(tenant, clientId);
  if (found === true) return undefined;
  return (
    (found === undefined ? unseen(tenant, ['clients'], facts) : undefined) ??
    notApplicable('the client is no third party, as far as its id and the tenant tell')
  );
}

/**
 * The grants of the API for users: the client's own goes before the one of all third parties. `undefined`: they could not
 * be read, or nobody can tell whether the client is a third party.
 */
export function userGrantFor(
  tenant: TenantSeen,
  { clientId, audience }: { readonly clientId: string; readonly audience: string },
): JsonObject | 'none' | undefined {
  const grants = itemsOf(tenant, 'grants');
  if (grants === undefined) return undefined;
  const ids = [clientId, clientIn(tenant, clientId)?.client_id];
  const suiting = grants.filter((each) => each.audience === audience && each.subject_type === 'user');
  const own = suiting.find(({ client_id: id }) => id !== undefined && ids.includes(id));
  const byDefault = suiting.find((each) => each.default_for === 'third_party_clients');
  if (own !== undefined || byDefault === undefined) return own ?? 'none';
  const isAmongThem = isThirdParty(tenant, clientId);
  return isAmongThem === undefined ? undefined : isAmongThem ? byDefault : 'none';
}

/** Why a run says no more: what would show the cause. */
export const TO_SEE_THE_CAUSE = 'management in the profile shows the cause';
