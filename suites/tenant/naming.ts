import type { JsonObject } from '../../fixtures/protocol/documents.ts';
import type { TenantSetting } from './audit.ts';
import { someOf } from './names.ts';

/** One finding about all of them, which would bury others one by one; none where there are none. */
export const together = (names: readonly string[]): readonly string[] => (names.length === 0 ? [] : [someOf(names)]);

export const isThirdParty = ({ is_first_party }: JsonObject): boolean => is_first_party === false;

/** Whether users sign in for it, or it may do so in time. */
export const hasUsers = ({ grant_types }: JsonObject): boolean =>
  Array.isArray(grant_types) && grant_types.some((grant) => grant === 'authorization_code' || grant === 'implicit');

export const isPublic = ({ token_endpoint_auth_method: method }: JsonObject): boolean => method === 'none';

/** Whether the profile gives the client for tests. */
export const isOfTests = (
  { client_id, external_client_id: url }: JsonObject,
  { around }: Pick<TenantSetting, 'around'>,
): boolean => around.tests.some((known) => known === client_id || known === url);

/** Whether anybody may register clients (RFC 7591). */
export const registersAnybody = (settings: readonly JsonObject[]): boolean => {
  const flags = settings[0]?.flags as JsonObject | null | undefined;
  return flags?.enable_dynamic_client_registration === true;
};
