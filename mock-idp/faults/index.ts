import { CONFORMING_SERVER } from '../server/behaviour.ts';
import { CONFORMING_TENANT } from '../tenant/behaviour.ts';
import { CHALLENGE_FAULTS } from './challenge.ts';
import type { Fault } from './fault.ts';
import { FLOW_FAULTS } from './flow/flow.ts';
import { ISSUER_METADATA_FAULTS } from './issuer-metadata/documents.ts';
import { KEY_FAULTS } from './issuer-metadata/keys.ts';
import { OWN_ORIGIN_FAULTS } from './issuer-metadata/own-origin.ts';
import { RESOURCE_METADATA_FAULTS } from './resource-metadata/resource-metadata.ts';

export const FAULTS: readonly Fault[] = [
  ...CHALLENGE_FAULTS,
  ...RESOURCE_METADATA_FAULTS,
  ...ISSUER_METADATA_FAULTS,
  ...KEY_FAULTS,
  ...OWN_ORIGIN_FAULTS,
  ...FLOW_FAULTS,
];

/** @throws {Error} names the nearest fault there is. */
export function findFault(id: string): Fault {
  const fault = FAULTS.find((each) => each.id === id);
  if (fault !== undefined) return fault;
  const nearest = FAULTS.map((each) => ({ id: each.id, distance: editDistance(id, each.id) })).sort(
    (a, b) => a.distance - b.distance,
  )[0]!;
  throw new Error(`unknown fault "${id}": the nearest is "${nearest.id}"; --list-faults shows them all`);
}

/** Names of the behaviours that the fault replaces, as `server.refuse`. */
export function replacedBehaviours(fault: Fault): readonly string[] {
  return [
    ...Object.keys(fault.server?.(CONFORMING_SERVER) ?? {}).map((name) => `server.${name}`),
    ...Object.keys(fault.tenant?.(CONFORMING_TENANT) ?? {}).map((name) => `tenant.${name}`),
    ...(fault.publicName === true ? ['world.name'] : []),
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
