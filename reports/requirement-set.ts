import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../fixtures/package.ts';
import { REVISIONS, type Revision } from '../fixtures/protocol/revisions.ts';
import { ASSURANCES, type Assurance, type Keyword, type Party } from '../suites/check.ts';
import { sha256Of } from './digest.ts';
import type { Report } from './report.ts';

/**
 * What a server of one revision is certified against, frozen on a day: a check that is added later never takes a
 * certificate away, and one that is in a set keeps its id, its keyword and its party.
 */
export interface RequirementSet {
  readonly revision: Revision;
  /** The day it was frozen. */
  readonly frozen: string;
  /** By the id of a check. */
  readonly checks: Readonly<Record<string, Required>>;
}

export interface Required {
  readonly keyword: Keyword;
  /** The least that must be given to test it: the check counts from that level on. */
  readonly assurance: Assurance;
  /** Whose finding it is; what a report says of it may have been changed. */
  readonly party: Party;
}

interface Frozen {
  readonly set: RequirementSet;
  readonly digest: string;
}

const read = new Map<Revision, Frozen>();

function frozen(revision: Revision): Frozen {
  const known = read.get(revision);
  if (known !== undefined) return known;
  const text = readFileSync(join(packageRoot(), 'reports', 'requirement-sets', `${revision}.json`));
  const found = { set: JSON.parse(text.toString('utf8')) as RequirementSet, digest: sha256Of(text) };
  read.set(revision, found);
  return found;
}

export function requirementSet(revision: Revision): RequirementSet {
  return frozen(revision).set;
}

/** SHA-256 of the frozen file; `undefined`: this version has no set of that revision. */
export function setDigest(revision: string): string | undefined {
  const known = REVISIONS.find((each) => each === revision);
  return known && frozen(known).digest;
}

type Certified = Pick<Report, 'certification'>;

const asked = new Map<string, ReadonlyMap<string, Required>>();

/** Checks of the frozen set that concern the subject, at whatever level; none where the report is of no certification. */
export function frozenFor({ certification }: Certified): ReadonlyMap<string, Required> {
  const revision = REVISIONS.find((each) => each === certification?.set);
  if (certification === undefined || revision === undefined) return new Map();
  const { subject } = certification;
  const key = `${revision} ${subject}`;
  const known = asked.get(key);
  if (known !== undefined) return known;
  const all = Object.entries(requirementSet(revision).checks);
  const found = new Map(all.filter(([, { party }]) => subject === undefined || party === subject));
  asked.set(key, found);
  return found;
}

/** Ids of the checks that a certification asks for at its level, and how strongly. */
export function requiredFor(report: Certified): ReadonlyMap<string, Keyword> {
  const { certification } = report;
  if (certification === undefined) return new Map();
  const levels = ASSURANCES.slice(0, ASSURANCES.indexOf(certification.level) + 1);
  return new Map(
    [...frozenFor(report)].flatMap(([id, { keyword, assurance }]) =>
      levels.includes(assurance) ? [[id, keyword] as const] : [],
    ),
  );
}
