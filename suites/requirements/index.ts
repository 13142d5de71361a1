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

let loaded: ReadonlyMap<string, Requirement> | undefined;

/** Every requirement of the catalogues by id, read once, on first use. */
export function requirements(): ReadonlyMap<string, Requirement> {
  loaded ??= new Map(
    CATALOGUES.flatMap((catalogue) => {
      const file = join(packageRoot(), 'suites', 'requirements', `${catalogue}.json`);
      return Object.entries(JSON.parse(readFileSync(file, 'utf8')) as Record<string, Requirement>);
    }),
  );
  return loaded;
}
