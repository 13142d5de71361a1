import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../fixtures/package.ts';
import { REVISIONS, type Revision } from '../fixtures/protocol/revisions.ts';
import { ASSURANCES, type Assurance, type Keyword } from '../suites/check.ts';
import type { Report } from './report.ts';

/**
 * What a server of one revision is certified against, frozen on a day: a check that is added later never takes a
 * certificate away, and one that is in a set keeps its id and its keyword.
 */
export interface RequirementSet {
  readonly revision: Revision;
  /** The day it was frozen. */
  readonly frozen: string;
  /** By the id of a check. */
  readonly checks: Readonly<Record<string, Required>>;
}

interface Required {
  readonly keyword: Keyword;
  /** The least that must be given to test it: the check counts from that level on. */
  readonly assurance: Assurance;
}

const read = new Map<Revision, RequirementSet>();

export function requirementSet(revision: Revision): RequirementSet {
  const known = read.get(revision);
  if (known !== undefined) return known;
  const file = join(packageRoot(), 'reports', 'requirement-sets', `${revision}.json`);
  const set = JSON.parse(readFileSync(file, 'utf8')) as RequirementSet;
  read.set(revision, set);
  return set;
}

const asked = new WeakMap<object, ReadonlyMap<string, Keyword>>();

/** Ids of the checks that a certification asks for, and how strongly; none where the report is of no certification. */
export function requiredFor(report: Pick<Report, 'certification' | 'checks'>): ReadonlyMap<string, Keyword> {
  const { certification, checks } = report;
  const revision = REVISIONS.find((each) => each === certification?.set);
  if (certification === undefined || revision === undefined) return new Map();
  const known = asked.get(report);
  if (known !== undefined) return known;
  const levels = ASSURANCES.slice(0, ASSURANCES.indexOf(certification.level) + 1);
  const others = new Set(
    checks.filter(({ party }) => certification.subject === 'mcp-server' && party !== 'mcp-server').map(({ id }) => id),
  );
  const found = new Map(
    Object.entries(requirementSet(revision).checks).flatMap(([id, { keyword, assurance }]) =>
      levels.includes(assurance) && !others.has(id) ? [[id, keyword] as const] : [],
    ),
  );
  asked.set(report, found);
  return found;
}
