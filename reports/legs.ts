import { OUTCOME_NAMES } from './names.ts';
import { wasJudged } from './policy.ts';
import type { Outcome, Report, ReportedCheck } from './report.ts';

/** One way between two parties of the setup, and what was found on it. */
export interface Leg {
  readonly says: string;
  /** The worst that its checks came to; `untested` where all that was tested holds, and a MUST was not. */
  readonly worst: Outcome;
  /** "2 failed, 1 warned", or how much of it was tested. */
  readonly counts: string;
  /** Its worst check with findings. */
  readonly first?: string;
}

/** Worst first. */
const RANKS: readonly Outcome[] = [
  'failed',
  'errored',
  'warned',
  'noted',
  'waived',
  'passed',
  'untested',
  'out-of-scope',
  'not-applicable',
];

/** What a reader counts on a leg; the rest is how much was tested. */
const COUNTED: readonly Outcome[] = ['failed', 'errored', 'warned', 'noted', 'waived'];

/** A leg of the checks that `has` tells; `undefined` where the report has none of them. */
export function legOf(
  { checks }: Pick<Report, 'checks'>,
  says: string,
  has: (check: ReportedCheck) => boolean,
): Leg | undefined {
  const own = checks.filter(has).toSorted((a, b) => RANKS.indexOf(a.outcome) - RANKS.indexOf(b.outcome));
  const [found] = own;
  if (found === undefined) return undefined;
  // What holds of a leg is no good news of the rest, so a MUST that nobody could test takes the colour from it.
  const untested = found.outcome === 'passed' ? own.find(isUntestedMust) : undefined;
  const worst = untested ?? found;
  const first = worst.findings === undefined ? undefined : worst.id;
  return { says, worst: worst.outcome, counts: countsOf(own), ...(first !== undefined && { first }) };
}

const isUntestedMust = ({ outcome, keyword }: ReportedCheck) => outcome === 'untested' && keyword === 'MUST';

function countsOf(own: readonly ReportedCheck[]): string {
  const come = (outcome: Outcome) => own.filter((check) => check.outcome === outcome).length;
  const counted = COUNTED.filter((outcome) => come(outcome) > 0);
  if (counted.length > 0) return counted.map((outcome) => `${come(outcome)} ${OUTCOME_NAMES[outcome]}`).join(', ');
  const applying = own.filter(({ outcome }) => outcome !== 'not-applicable');
  const tested = applying.filter(wasJudged).length;
  if (applying.length === 0) return 'not applicable';
  if (tested === 0) return 'not tested';
  return tested === applying.length ? `${tested} hold` : `${tested} hold, ${applying.length - tested} not tested`;
}
