import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../fixtures/package.ts';
import { REVISIONS, type Revision } from '../../fixtures/protocol/revisions.ts';

export const LEVELS = ['MUST', 'MUST NOT', 'SHOULD', 'SHOULD NOT', 'MAY', 'ADVICE'] as const;
export type Level = (typeof LEVELS)[number];

export const ACTORS = ['resource-server', 'authorization-server', 'client', 'token', 'tenant'] as const;
export type Actor = (typeof ACTORS)[number];

/** What an observer needs to see whether a requirement is met, the hardest to have where it is several. */
export const OBSERVABLES = [
  'black-box',
  'needs-declaration',
  'needs-token',
  'needs-user-login',
  /** A client of its own, registered beforehand or dynamically. */
  'needs-client',
  'needs-client-document',
  /** A host that sees who calls it. */
  'needs-canary',
  'needs-controllable-idp',
  'needs-admin-api',
  'needs-management-api',
  'not-testable',
] as const;
export type Observable = (typeof OBSERVABLES)[number];

/** Revisions of the specification, and states of its authorization extensions. */
export const VERSIONS = [...REVISIONS, 'ext-auth-draft', 'ext-auth-stable'] as const;
export type Version = (typeof VERSIONS)[number];

/** A statement of a document, in our own words, frozen. Checks cite it by id. */
export interface Requirement {
  readonly says: string;
  readonly level: Level;
  /** It binds under a condition that `answer` names. */
  readonly conditional?: true;
  /** Who has to meet it. */
  readonly actor: Actor;
  /** Document the statement stands in: "RFC 9110". */
  readonly document: string;
  readonly section: string;
  /** The passage itself, where it has an address. */
  readonly url?: string;
  readonly observable: Observable;
  /** Versions of MCP's texts that have the statement; absent: it is of no version. */
  readonly revisions?: readonly Version[];
  /** Where the level differs between revisions. */
  readonly levelByRevision?: Readonly<Partial<Record<Revision, Level>>>;
  /** The stronger word of a guide that is not normative. */
  readonly guideLevel?: Level;
  /** Of an attack row: the answers that meet it, and those that do not. */
  readonly answer?: string;
  /** Of an attack row: the documents it is drawn from. */
  readonly source?: string;
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
