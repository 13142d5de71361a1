import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../fixtures/package.ts';

/** A statement of a document, in our own words, frozen. Checks cite it by id. */
export interface Requirement {
  readonly says: string;
  readonly level: string;
  readonly actor: string;
  /** Document the statement stands in: "RFC 9110". */
  readonly document: string;
  readonly section: string;
  /** The passage itself, where it has an address. */
  readonly url?: string;
  /** Who can see it: `black-box`, `needs-token`, … */
  readonly observable: string;
}

const CATALOGUES = ['mcp', 'rfc', 'auth0', 'attack-rows', 'practice'] as const;
export type CatalogueName = (typeof CATALOGUES)[number];

const loaded = new Map<CatalogueName, Readonly<Record<string, Requirement>>>();
let all: ReadonlyMap<string, Requirement> | undefined;

/** A catalogue's requirements by id, in its order, read once, on first use. */
export function catalogue(name: CatalogueName): Readonly<Record<string, Requirement>> {
  const file = join(packageRoot(), 'suites', 'requirements', `${name}.json`);
  const read = loaded.get(name) ?? (JSON.parse(readFileSync(file, 'utf8')) as Readonly<Record<string, Requirement>>);
  loaded.set(name, read);
  return read;
}

/** Every requirement of the catalogues by id. */
export function requirements(): ReadonlyMap<string, Requirement> {
  all ??= new Map(CATALOGUES.flatMap((name) => Object.entries(catalogue(name))));
  return all;
}
