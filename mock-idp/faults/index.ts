import { CONFORMING_SERVER } from '../server/behaviour.ts';
import { CONFORMING_TENANT } from '../tenant/behaviour.ts';
import { FORGED_TOKEN_FAULTS } from './access-tokens/forged-tokens.ts';
import { ISSUED_TOKEN_FAULTS } from './access-tokens/issued-tokens.ts';
import { OVER_TIME_FAULTS } from './access-tokens/over-time.ts';
import { TRANSPORT_FAULTS } from './access-tokens/transport.ts';
import { AUTHORIZATION_FAULTS } from './authorization/authorization.ts';
import { CHALLENGE_FAULTS } from './challenge.ts';
import type { Fault } from './fault.ts';
import { FIRST_USE_FAULTS } from './flow/first-use.ts';
import { FLOW_FAULTS } from './flow/flow.ts';
import { ISSUER_METADATA_FAULTS } from './issuer-metadata/documents.ts';
import { KEY_FAULTS } from './issuer-metadata/keys.ts';
import { OWN_ORIGIN_FAULTS } from './issuer-metadata/own-origin.ts';
import { MANAGEMENT_FAULTS } from './management/management.ts';
import { REGISTRATION_FAULTS } from './registration/registration.ts';
import { RESOURCE_METADATA_FAULTS } from './resource-metadata/resource-metadata.ts';
import { SERVER_FAULTS } from './server/server.ts';
import { CONFIGURATION_FAULTS } from './tenant/index.ts';
import { TOKEN_FAULTS } from './tokens/tokens.ts';

/** The deviations there are, by what they are about. */
export const FAULT_AREAS: readonly (readonly [area: string, faults: readonly Fault[]])[] = [
  ['Challenge', CHALLENGE_FAULTS],
  ['Resource metadata', RESOURCE_METADATA_FAULTS],
  ['Issuer metadata', ISSUER_METADATA_FAULTS],
  ['Keys of the issuer', KEY_FAULTS],
  ['Authorization server of its own', OWN_ORIGIN_FAULTS],
  ['Flow', [...FLOW_FAULTS, ...FIRST_USE_FAULTS]],
  [
    'Access tokens at the server',
    [...SERVER_FAULTS, ...FORGED_TOKEN_FAULTS, ...ISSUED_TOKEN_FAULTS, ...TRANSPORT_FAULTS, ...OVER_TIME_FAULTS],
  ],
  ['Authorization endpoint and sign-in', AUTHORIZATION_FAULTS],
  ['Token endpoint', TOKEN_FAULTS],
  ['Registration and client documents', REGISTRATION_FAULTS],
  ['Management API', MANAGEMENT_FAULTS],
  ['Configuration of the tenant', CONFIGURATION_FAULTS],
];

export const FAULTS: readonly Fault[] = FAULT_AREAS.flatMap(([, faults]) => faults);

/** @throws {Error} names the nearest fault there is. */
export function findFault(id: string): Fault {
  const fault = FAULTS.find((each) => each.id === id);
  if (fault !== undefined) return fault;
  const nearest = FAULTS.map((each) => ({ id: each.id, distance: editDistance(id, each.id) })).sort(
    (a, b) => a.distance - b.distance,
  )[0]!;
  throw new Error(`unknown fault "${id}": the nearest is "${nearest.id}"; --list-faults shows them all`);
}

/** Names of what the fault replaces: behaviours as `server.refuse`, `tenant.configuration`, words of the operator. */
export function replacedBehaviours(fault: Fault): readonly string[] {
  return [
    ...Object.keys(fault.server?.(CONFORMING_SERVER) ?? {}).map((name) => `server.${name}`),
    ...Object.keys(fault.tenant?.(CONFORMING_TENANT) ?? {}).map((name) => `tenant.${name}`),
    ...(fault.publicName === true ? ['world.name'] : []),
    ...(fault.accessTokens === undefined ? [] : ['world.mint']),
    ...(fault.clientDocuments === undefined ? [] : ['world.clientDocuments']),
    ...(fault.configuration === undefined ? [] : ['tenant.configuration']),
    ...(fault.registrationPolicy === undefined ? [] : ['operator.registrationPolicy']),
    ...Object.keys(fault.operator ?? {}).map((name) => `operator.${name}`),
  ];
}

/** Insertions, deletions and substitutions that lead from one text to the other (Levenshtein). */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (const [line, letter] of [...from].entries()) {
    const next = [line + 1];
    for (const [column, other] of [...to].entries()) {
      next.push(Math.min(row[column + 1]! + 1, next[column]! + 1, row[column]! + (letter === other ? 0 : 1)));
    }
    row = next;
  }
  return row.at(-1)!;
}

export type { Fault };
