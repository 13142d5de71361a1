import { PILLAR_NAMES, PILLARS } from './names.ts';
import { strongest } from './outcome.ts';
import type { Mode, Report, ReportedCheck } from './report.ts';

/** A kind of check that turns a run red, and what to say of one and of many. */
interface CheckRule {
  holds(check: ReportedCheck, report: Report): boolean;
  readonly one: string;
  readonly many: string;
  /** Its checks are named: nothing else in the report stands out for them. */
  readonly isNamed?: true;
}

/** Something else of a report that turns it red: what to say when it is there. */
type ReportRule = (report: Report) => string | undefined;

interface Policy {
  readonly checks: readonly CheckRule[];
  readonly report: readonly ReportRule[];
  /** What a green run may claim, a clause without its full stop. */
  green(report: Report): string;
  /** What a person who chose this mode has to know. */
  readonly note?: string;
}

const failed: CheckRule = {
  holds: ({ outcome }) => outcome === 'failed',
  one: 'check failed',
  many: 'checks failed',
};

const failedMust: CheckRule = {
  holds: ({ outcome, findings = [] }) =>
    outcome === 'failed' && strongest(findings.map(({ keyword }) => keyword)) === 'MUST',
  one: 'MUST failed',
  many: 'MUSTs failed',
};

const errored: CheckRule = {
  holds: ({ outcome }) => outcome === 'errored',
  one: 'check broke down by a fault of this tool',
  many: 'checks broke down by a fault of this tool',
};

const untestedMust: CheckRule = {
  holds: (check, report) => check.outcome === 'untested' && check.keyword === 'MUST' && !isConsequence(check, report),
  one: 'MUST in scope could not be tested',
  many: 'MUSTs in scope could not be tested',
  isNamed: true,
};

/** No reason to be red, and nothing to be silent about either: what nobody tried may be wide open. */
const mustBeyond: CheckRule = {
  holds: ({ outcome, keyword }) => outcome === 'out-of-scope' && keyword === 'MUST',
  one: 'other MUST was not tried, as what it takes was not given',
  many: 'other MUSTs were not tried, as what they take was not given',
};

/** Untested only because of a defect that has turned the run red by itself: one defect counts once. */
function isConsequence({ blockedBy }: ReportedCheck, report: Report, seen: readonly string[] = []): boolean {
  const blocker = report.checks.find(({ id }) => id === blockedBy);
  if (blocker === undefined || seen.includes(blocker.id)) return false;
  if (blocker.outcome !== 'untested') return isRed(blocker, report);
  // Untested for no other reason than its own, it is red by itself where it weighs enough.
  if (blocker.blockedBy === undefined) return isRed(blocker, report);
  return isConsequence(blocker, report, [...seen, blocker.id]);
}

const nothingJudged: ReportRule = ({ checks }) =>
  checks.some(wasJudged) ? undefined : 'not one check could be judged';

const pillarNotMet: ReportRule = ({ pillars }) => {
  const names = PILLARS.filter((pillar) => pillars[pillar].state === 'not-met').map((pillar) => PILLAR_NAMES[pillar]);
  return names.length === 0 ? undefined : `not met: ${names.join(', ').toLowerCase()}`;
};

const GATE: Policy = {
  checks: [failed, errored, untestedMust],
  report: [nothingJudged, pillarNotMet],
  green: (report) => ['nothing failed, and every MUST in scope was tested', ...countOf(mustBeyond, report)].join('; '),
};

/** Mode → what is red. */
export const POLICIES: Readonly<Record<Mode, Policy>> = {
  check: {
    checks: [failedMust],
    report: [],
    green: (report) => ['no MUST that was tested failed', ...countOf(untestedMust, report)].join(', but '),
  },
  gate: GATE,
  nightly: { ...GATE, note: 'nightly judges as gate does; comparing with an earlier run comes later' },
  certify: { ...GATE, note: 'certify judges as gate does; it issues no certificate yet' },
};

const JUDGED: ReadonlySet<ReportedCheck['outcome']> = new Set(['passed', 'failed', 'warned', 'noted', 'waived']);

/** Whether the target was tried and a judgement came of it. */
export function wasJudged(check: Pick<ReportedCheck, 'outcome'>): boolean {
  return JUDGED.has(check.outcome);
}

/** Whether this check turns the run red under the policy of its mode. */
export function isRed(check: ReportedCheck, report: Report): boolean {
  return POLICIES[report.mode].checks.some((rule) => rule.holds(check, report));
}

export interface Conclusion {
  readonly exitCode: 0 | 1;
  /** Why, one line without its full stop. */
  readonly because: string;
}

/** What a run ends with under the policy of its mode. */
export function conclude(report: Report): Conclusion {
  const { exitCode, because } = judged(report);
  // Whoever reads nothing else has to know that there is something to tidy.
  return { exitCode, because: [because, ...leftIn(report)].join('; ') };
}

function leftIn({ leftovers: { length } }: Report): readonly string[] {
  return length === 0 ? [] : [`${length} ${length === 1 ? 'thing was' : 'things were'} left behind at the target`];
}

function judged(report: Report): Conclusion {
  const { checks, report: others, green } = POLICIES[report.mode];
  const reasons = [
    ...checks.flatMap((rule) => countOf(rule, report)),
    ...others.map((rule) => rule(report)).filter((reason) => reason !== undefined),
  ];
  return reasons.length === 0 ? { exitCode: 0, because: green(report) } : { exitCode: 1, because: reasons.join('; ') };
}

/** "2 checks failed", or nothing when there are none. */
function countOf({ holds, one, many, isNamed }: CheckRule, report: Report): readonly string[] {
  const ids = report.checks.filter((check) => holds(check, report)).map(({ id }) => id);
  return ids.length === 0 ? [] : [`${ids.length} ${ids.length === 1 ? one : many}${isNamed ? named(ids) : ''}`];
}

/** So many that one line still holds them. */
const FEW = 2;

const named = (ids: readonly string[]) => (ids.length <= FEW ? ` (${ids.join(', ')})` : '');

/** 0 or 1 by the policy of the report's mode. */
export function exitCode(report: Report): 0 | 1 {
  return conclude(report).exitCode;
}
