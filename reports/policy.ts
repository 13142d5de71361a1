import type { Pillar } from '../suites/check.ts';
import { PILLAR_NAMES, PILLARS, SEVERITIES } from './names.ts';
import { weightOf } from './outcome.ts';
import type { Mode, Outcome, Report, ReportedCheck } from './report.ts';
import { frozenFor, requiredFor } from './requirement-set.ts';
import { lapsed, lapseOf } from './waivers.ts';

/** A kind of check that turns a run red, and what to say of one and of many. */
interface CheckRule {
  holds(check: ReportedCheck, report: Report): boolean;
  readonly one: string;
  readonly many: string;
  /** Its checks are named, the gravest of many. */
  readonly isNamed?: true;
}

/** Something else of a report that turns it red: what to say when it is there. */
type ReportRule = (report: Report) => string | undefined;

interface Policy {
  readonly checks: readonly CheckRule[];
  readonly report: readonly ReportRule[];
  /** What a green run may claim, a clause without its full stop. */
  green(report: Report): string;
}

const failed: CheckRule = {
  holds: ({ outcome }) => outcome === 'failed',
  one: 'check failed',
  many: 'checks failed',
  isNamed: true,
};

const failedMust: CheckRule = {
  holds: (check) => check.outcome === 'failed' && weightOf(check) === 'MUST',
  one: 'MUST failed',
  many: 'MUSTs failed',
  isNamed: true,
};

const errored: CheckRule = {
  holds: ({ outcome }) => outcome === 'errored',
  one: 'check broke down by a fault of this tool',
  many: 'checks broke down by a fault of this tool',
  isNamed: true,
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

const waived: CheckRule = {
  holds: ({ findings = [] }) => findings.some(({ waiver }) => waiver !== undefined),
  one: 'check is waived',
  many: 'checks are waived',
};

/** A waiver accepts a defect, and with it that nobody can look behind it: no reason to be red, and no claim either. */
const behindWaived: CheckRule = {
  holds: (check, report) =>
    check.outcome === 'untested' && check.keyword === 'MUST' && obstacleOf(check, report)?.outcome === 'waived',
  one: 'MUST was not tested, behind what is waived',
  many: 'MUSTs were not tested, behind what is waived',
  isNamed: true,
};

/** Untested only because of a defect that has turned the run red by itself, or is waived: one defect counts once. */
function isConsequence(check: ReportedCheck, report: Report): boolean {
  const obstacle = obstacleOf(check, report);
  // One that is untested for no other reason than its own is red by itself where it weighs enough.
  return obstacle !== undefined && (obstacle.outcome === 'waived' || stopsGate(obstacle, report));
}

/** What keeps a check from being tested in the end, where one stands behind another; undefined: nothing the report has. */
export function obstacleOf(
  { blockedBy }: ReportedCheck,
  report: Pick<Report, 'checks'>,
  seen: readonly string[] = [],
): ReportedCheck | undefined {
  const blocker = report.checks.find(({ id }) => id === blockedBy);
  if (blocker === undefined || seen.includes(blocker.id)) return undefined;
  return blocker.outcome === 'untested' && blocker.blockedBy !== undefined
    ? obstacleOf(blocker, report, [...seen, blocker.id])
    : blocker;
}

/**
 * Of a certification: a MUST of its frozen set that is broken, and nothing that was added later. The level bounds what has
 * to be shown, and not what may be known to be broken.
 */
const requiredFailed: CheckRule = {
  holds: (check, report) => failedMust.holds(check, report) && frozenFor(report).has(check.id),
  one: 'required check failed',
  many: 'required checks failed',
  isNamed: true,
};

const requiredWaived: CheckRule = {
  holds: (check, report) => waived.holds(check, report) && frozenFor(report).has(check.id),
  one: 'required check is waived',
  many: 'required checks are waived',
  isNamed: true,
};

const UNSHOWN: ReadonlySet<Outcome> = new Set(['untested', 'out-of-scope', 'errored']);

const requiredUnshown: CheckRule = {
  holds: ({ id, outcome }, report) => UNSHOWN.has(outcome) && requiredFor(report).get(id) === 'MUST',
  one: 'required MUST was not tested',
  many: 'required MUSTs were not tested',
  isNamed: true,
};

/** Nobody knows what a check would have found that broke down, whatever it weighs. */
const requiredErrored: CheckRule = {
  holds: ({ id, outcome }, report) => outcome === 'errored' && requiredFor(report).get(id) === 'SHOULD',
  one: 'required SHOULD broke down by a fault of this tool',
  many: 'required SHOULDs broke down by a fault of this tool',
};

/** What a certificate does not hide: of its MUSTs those that hold in part, or ask for nothing here. */
const HELD: readonly CheckRule[] = [
  {
    // What is strict in a gate fails for a SHOULD, which takes no certificate away.
    holds: ({ id, outcome }, report) =>
      ['noted', 'warned', 'failed'].includes(outcome) && requiredFor(report).get(id) === 'MUST',
    one: 'of them holds in part',
    many: 'of them hold in part',
    isNamed: true,
  },
  {
    holds: ({ id, outcome }, report) => outcome === 'not-applicable' && requiredFor(report).get(id) === 'MUST',
    one: 'does not apply',
    many: 'do not apply',
  },
];

/** What the baseline did not have, or had better. */
const worse: CheckRule = {
  holds: ({ id }, { comparison }) => comparison?.changes.some(({ check, isWorse }) => isWorse && check === id) ?? false,
  one: 'check is worse than in the baseline',
  many: 'checks are worse than in the baseline',
  isNamed: true,
};

/** Nobody knows what it would have found, tonight as in the nights before. */
const erroredStill: CheckRule = {
  ...errored,
  holds: (check, report) => errored.holds(check, report) && !worse.holds(check, report),
};

const failsAsItDid: CheckRule = { holds: failed.holds, one: 'check fails as it did', many: 'checks fail as they did' };

/** A feature may be dropped; a reader should know what is judged no more. */
const appliesNoMore: CheckRule = {
  holds: ({ id }, { comparison }) =>
    comparison?.changes.some(
      ({ check, before, now }) =>
        check === id && now === 'not-applicable' && before !== undefined && wasJudged({ outcome: before }),
    ) ?? false,
  one: 'check does not apply any more',
  many: 'checks do not apply any more',
  isNamed: true,
};

const better: CheckRule = {
  holds: ({ id }, { comparison }) =>
    comparison?.changes.some(({ check, kind }) => kind === 'fixed' && check === id) ?? false,
  one: 'check is better',
  many: 'checks are better',
  isNamed: true,
};

/** What failed cannot get better by not being looked at. */
const seenNoMore: CheckRule = {
  holds: ({ id }, { comparison }) =>
    comparison?.changes.some(({ check, kind }) => kind === 'no-longer-seen' && check === id) ?? false,
  one: 'earlier finding is no longer seen, and nothing shows that it is mended',
  many: 'earlier findings are no longer seen, and nothing shows that they are mended',
  isNamed: true,
};

const untestedStill: CheckRule = {
  ...untestedMust,
  holds: (check, report) => untestedMust.holds(check, report) && !seenNoMore.holds(check, report),
};

const notJudged = 'not one check could be judged';

const nothingJudged: ReportRule = ({ checks }) => (checks.some(wasJudged) ? undefined : notJudged);

const nothingRequiredJudged: ReportRule = (report) => {
  const required = requiredFor(report);
  return report.checks.some((check) => required.has(check.id) && wasJudged(check))
    ? undefined
    : 'nothing that is required was tested, so nothing is certified';
};

/** Unknown to a tool that is older than the set. */
const requiredMissing: ReportRule = (report) => {
  const had = new Set(report.checks.map(({ id }) => id));
  const missing = [...requiredFor(report)].filter(([id, keyword]) => keyword === 'MUST' && !had.has(id)).length;
  return missing === 0 ? undefined : `${missing} required MUST${missing === 1 ? ' was' : 's were'} not run`;
};

const pillarNotMet: ReportRule = ({ pillars }) =>
  pillarsSay(
    'not met',
    PILLARS.filter((pillar) => pillars[pillar].state === 'not-met'),
  );

const pillarLost: ReportRule = ({ comparison }) => pillarsSay('not met now', comparison?.lostPillars ?? []);

function pillarsSay(says: string, pillars: readonly Pillar[]): string | undefined {
  const names = pillars.map((pillar) => PILLAR_NAMES[pillar].toLowerCase());
  return names.length === 0 ? undefined : `${says}: ${names.join(', ')}`;
}

const waiverLapsed: ReportRule = ({ waivers }) => join(lapsed(waivers).map(lapseOf));

/** Those of others take nothing from the subject. */
const requiredWaiverLapsed: ReportRule = (report) => {
  const { waivers = [] } = report;
  return waiverLapsed({ ...report, waivers: waivers.filter(({ check }) => frozenFor(report).has(check)) });
};

/** Checks that a report does not have cannot be counted among its own. */
const mustGone: ReportRule = ({ comparison }) => {
  const ids = (comparison?.changes ?? [])
    .filter(({ now, isWorse }) => isWorse && now === undefined)
    .map(({ check }) => check);
  if (ids.length === 0) return undefined;
  return `${ids.length} MUST${ids.length === 1 ? '' : 's'} of the baseline ${ids.length === 1 ? 'was' : 'were'} not run${named(ids)}`;
};

const revisionOlder: ReportRule = ({ comparison }) => {
  const { olderRevision } = comparison ?? {};
  return (
    olderRevision && `judged by ${olderRevision.now}, an older revision than the baseline's ${olderRevision.before}`
  );
};

const waiverLapsedSince: ReportRule = ({ waivers, comparison }) => {
  const since = lapsed(waivers).filter(({ check, reason }) =>
    comparison?.lapsedWaivers.some((each) => each.check === check && each.reason === reason),
  );
  return join(since.map(lapseOf));
};

const join = (says: readonly string[]) => (says.length === 0 ? undefined : says.join('; '));

const GATE: Policy = {
  checks: [failed, errored, untestedMust],
  report: [nothingJudged, pillarNotMet, waiverLapsed],
  green: (report) =>
    [
      ...(report.checks.some((check) => behindWaived.holds(check, report))
        ? ['nothing failed']
        : ['nothing failed, and every MUST in scope was tested']),
      ...[waived, behindWaived, mustBeyond].flatMap((rule) => countOf(rule, report)),
    ].join('; '),
};

/** Mode → what is red. A nightly run without a baseline is red as a gate is. */
const POLICIES: Readonly<Record<Mode, Policy>> = {
  check: {
    checks: [failedMust],
    report: [],
    green: (report) => ['no MUST that was tested failed', ...countOf(untestedMust, report)].join(', but '),
  },
  gate: GATE,
  nightly: {
    checks: [worse, erroredStill],
    report: [nothingJudged, mustGone, revisionOlder, pillarLost, waiverLapsedSince],
    green: (report) =>
      [
        `nothing is worse than ${sinceOf(report)}`,
        ...[better, seenNoMore, appliesNoMore, waived, behindWaived, failsAsItDid, untestedStill, mustBeyond].flatMap(
          (rule) => countOf(rule, report),
        ),
      ].join('; '),
  },
  certify: {
    checks: [requiredFailed, requiredWaived, requiredUnshown, requiredErrored],
    report: [nothingRequiredJudged, requiredMissing, requiredWaiverLapsed],
    green: (report) =>
      [
        `every MUST of ${report.certification?.set} at level ${report.certification?.level} holds`,
        ...HELD.flatMap((rule) => countOf(rule, report)),
      ].join('; '),
  },
};

const policyOf = ({ mode, comparison }: Report): Policy =>
  mode === 'nightly' && comparison === undefined ? GATE : POLICIES[mode];

const JUDGED: ReadonlySet<Outcome> = new Set(['passed', 'failed', 'warned', 'noted', 'waived']);

/** Whether the target was tried and a judgement came of it. */
export function wasJudged(check: Pick<ReportedCheck, 'outcome'>): boolean {
  return JUDGED.has(check.outcome);
}

/** Whether this check turns the run red under the policy of its mode. */
export function isRed(check: ReportedCheck, report: Report): boolean {
  return policyOf(report).checks.some((rule) => rule.holds(check, report));
}

/** Whether this check would stop a gate, whatever the mode of its report. */
export function stopsGate(check: ReportedCheck, report: Report): boolean {
  return GATE.checks.some((rule) => rule.holds(check, report));
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
  const { checks, report: others, green } = policyOf(report);
  const reasons = [
    ...checks.flatMap((rule) => countOf(rule, report)),
    ...others.map((rule) => rule(report)).filter((reason) => reason !== undefined),
  ];
  if (reasons.length > 0) return { exitCode: 1, because: reasons.join('; ') };
  const { only } = report;
  return { exitCode: 0, because: [green(report), ...(only ? [`of ${firstOf(only)} only`] : [])].join('; ') };
}

/** "on 2026-11-21", with the time where it was today. */
function sinceOf({ startedAt, comparison }: Report): string {
  const { startedAt: then = '' } = comparison?.baseline ?? {};
  const [day, time] = [then.slice(0, 10), then.slice(11, 16)];
  return startedAt.startsWith(day) ? `on ${day} at ${time} UTC` : `on ${day}`;
}

/** What a run in mode certify may say of its target: `partial` where nothing required failed, and not all was shown. */
export type CertificationResult = 'certified' | 'partial' | 'not-certified';

export function certificationResult(report: Report): CertificationResult {
  const has = (rule: CheckRule) => report.checks.some((check) => rule.holds(check, report));
  if (has(requiredFailed) || nothingRequiredJudged(report) !== undefined) return 'not-certified';
  return conclude({ ...report, mode: 'certify' }).exitCode === 0 ? 'certified' : 'partial';
}

/** "2 checks failed", or nothing when there are none. */
function countOf({ holds, one, many, isNamed }: CheckRule, report: Report): readonly string[] {
  const ids = report.checks
    .filter((check) => holds(check, report))
    .toSorted((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity))
    .map(({ id }) => id);
  return ids.length === 0 ? [] : [`${ids.length} ${ids.length === 1 ? one : many}${isNamed ? named(ids) : ''}`];
}

/** So many that one line still holds them. */
const FEW = 2;

const named = (ids: readonly string[]) => ` (${firstOf(ids)})`;

function firstOf(names: readonly string[]): string {
  const more = names.length - FEW;
  return `${names.slice(0, FEW).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** 0 or 1 by the policy of the report's mode. */
export function exitCode(report: Report): 0 | 1 {
  return conclude(report).exitCode;
}
