import type { JsonObject } from '../../fixtures/protocol/documents.ts';

/** Names that a finding shows; a tenant may have thousands. */
const SHOWN = 5;

/** Some names, and how many there are besides. */
export function someOf(names: readonly string[]): string {
  const shown = names.slice(0, SHOWN).join(', ');
  return names.length > SHOWN ? `${shown}, and ${names.length - SHOWN} more` : shown;
}

/** What an administrator calls a client, a connection or an API, with what the tenant calls it where these differ. */
export function nameOf({ name, client_id, identifier, id }: JsonObject): string {
  const key = [client_id, identifier, id].find((each) => typeof each === 'string');
  if (typeof name !== 'string' || name === '') return key ?? 'one without a name';
  return key === undefined ? name : `${name} (${key})`;
}
