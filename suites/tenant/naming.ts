import { isThirdParty } from '../../fixtures/management/clients.ts';
import { isSelfRegistered } from '../../fixtures/management/reads.ts';
import { isObject } from '../../fixtures/protocol/answers.ts';
import type { JsonObject } from '../../fixtures/protocol/documents.ts';
import type { TenantSetting } from './audit.ts';
import { someOf } from './names.ts';

/** One finding about all of them, which would bury others one by one; none where there are none. */
export const together = (names: readonly string[]): readonly string[] => (names.length === 0 ? [] : [someOf(names)]);

/** Whether users sign in for it, or it may do so in time. */
export const hasUsers = ({ grant_types }: JsonObject): boolean =>
  Array.isArray(grant_types) && grant_types.some((grant) => grant === 'authorization_code' || grant === 'implicit');

export const isPublic = ({ token_endpoint_auth_method: method }: JsonObject): boolean => method === 'none';

/** Whether the profile gives the client for tests. */
export const isOfTests = (
  { client_id, external_client_id: url }: JsonObject,
  { around }: Pick<TenantSetting, 'around'>,
): boolean => around.tests.some((known) => known === client_id || known === url);

const isMissing = (value: unknown) => value === undefined || value === null;

/**
 * A third party of before the strict ones, which does not say how it came: dynamic registration made such clients, and so
 * did administrators. Whoever is in the inventory has somebody who knows.
 */
export const mayHaveRegistered = (client: JsonObject, { facts: { inventory = [] } }: Pick<TenantSetting, 'facts'>) =>
  isThirdParty(client) &&
  client.third_party_security_mode === 'permissive' &&
  isMissing(client.external_metadata_type) &&
  !inventory.some((entry) => entry.client === client.client_id && entry.owner !== '');

/** Clients that came by themselves, and those that may have. */
export const unannounced = (clients: readonly JsonObject[], setting: TenantSetting): readonly JsonObject[] =>
  clients.filter(
    (client) => (isSelfRegistered(client) || mayHaveRegistered(client, setting)) && !isOfTests(client, setting),
  );

/** Whether whoever asks is registered (RFC 7591): Auth0 knows no initial access token. */
export const registersAnybody = (settings: readonly JsonObject[]): boolean => {
  const flags = settings[0]?.flags;
  return isObject(flags) && flags.enable_dynamic_client_registration === true;
};
