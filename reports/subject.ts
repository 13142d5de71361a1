import { REVISIONS } from '../fixtures/protocol/revisions.ts';
import { summaryOf } from './build.ts';
import { pillarsOf } from './pillars.ts';
import type { Report } from './report.ts';
import { requirementSet } from './requirement-set.ts';

/** Whose findings count in a certificate. */
export type CertifiedSubject = 'mcp-server' | 'setup';

/**
 * The part of a report that a certificate of this subject rests on. Whose finding a check is, the frozen set says: the
 * report may say otherwise. Of a server alone nothing stays of the customer's authorization server and tenant. Pure, and
 * of its own result it changes nothing.
 */
export function ofSubject(report: Report, subject: CertifiedSubject): Report {
  const { certification, setup: _, comparison: __, history: ___, remarks: ____, waivers: all = [], ...rest } = report;
  if (subject === 'setup' || certification === undefined) return report;
  const revision = REVISIONS.find((each) => each === certification.set);
  const frozen = revision === undefined ? {} : requirementSet(revision).checks;
  const checks = report.checks.filter(({ id, party }) => (frozen[id]?.party ?? party) === subject);
  const kept = new Set(checks.map(({ id }) => id));
  const waivers = all.filter(({ check }) => kept.has(check));
  return {
    ...rest,
    certification: { ...certification, subject },
    checks,
    summary: summaryOf(checks),
    pillars: pillarsOf(checks, { partial: report.only !== undefined }),
    ...(waivers.length === 0 ? {} : { waivers }),
  };
}
