import { unwaived } from '../outcome.ts';
import { placesOf } from '../places.ts';
import { obstacleOf, stopsGate, wasJudged } from '../policy.ts';
import type {
  Change,
  ChangeKind,
  Comparison,
  Night,
  Outcome,
  Report,
  ReportedCheck,
  ReportedFinding,
} from '../report.ts';
import { lapsed } from '../waivers.ts';
import { driftOf, withoutPort } from './drift.ts';

/** How bad it is what a check came to; what is missing told nothing of the target. */
const BADNESS: Readonly<Partial<Record<Outcome, number>>> = {
  passed: 0,
  noted: 0,
  'not-applicable': 0,
  waived: 1,
  warned: 2,
  failed: 3,
};

/** How `now` differs from the earlier report `before`. Pure. */
export function compareReports(before: Report, now: Report): Comparison {
  return {
    baseline: { startedAt: before.startedAt, server: before.target.server, version: before.tool.version },
    limits: limitsOf(before, now),
    changes: changesOf(before, now),
    lostPillars: (Object.keys(now.pillars) as (keyof Report['pillars'])[]).filter(
      (pillar) => now.pillars[pillar].state === 'not-met' && before.pillars[pillar].state !== 'not-met',
    ),
    ...olderRevisionOf(before, now),
    lapsedWaivers: lapsed(now.waivers)
      .filter(
        (waiver) => !lapsed(before.waivers).some((each) => sameWaiver(each, waiver) && each.until === waiver.until),
      )
      .map(({ check, reason, state }) => ({ check, reason, state })),
    drift: before.setup === undefined || now.setup === undefined ? [] : driftOf(before.setup, now.setup),
  };
}

/**
 * Whether the later report is worse off: a check that is worse (`isWorse` of a change), a pillar that is not met now, a
 * waiver that lapsed since, or an older revision that nobody claims. A nightly run is red for it.
 */
export function isWorseOff({ changes, lostPillars, lapsedWaivers, olderRevision }: Comparison): boolean {
  return (
    changes.some(({ isWorse }) => isWorse) ||
    lostPillars.length + lapsedWaivers.length > 0 ||
    olderRevision !== undefined
  );
}

/** What is known to be broken after a night: a failure that cannot be seen, or that nobody looked for, is one still. */
export const brokenIn = ({ failed, unseen = [], carried = [] }: Night): readonly string[] => [
  ...failed,
  ...unseen,
  ...carried,
];

/** Checks that failed in the baseline, or in the night before, and of which this night can say nothing. */
function untoldIn({ comparison, checks, history = [], only }: Report): Pick<Night, 'unseen' | 'carried' | 'gone'> {
  const inBaseline = (comparison?.changes ?? [])
    .filter(({ kind, before }) => kind === 'no-longer-seen' && before === 'failed')
    .map(({ check }) => check);
  const lastNight = history.at(-1);
  const known = lastNight === undefined ? [] : brokenIn(lastNight);
  const outcomes = new Map(checks.map(({ id, outcome }) => [id, outcome]));
  const isUnseen = (id: string) => {
    const outcome = outcomes.get(id);
    return outcome !== undefined && outcome !== 'not-applicable' && !wasJudged({ outcome });
  };
  const unseen = [...new Set([...inBaseline, ...known.filter(isUnseen)])];
  const absent = known.filter((id) => !outcomes.has(id));
  return {
    ...(unseen.length > 0 && { unseen }),
    // A run of all checks lacks those alone that this tool does not have any more.
    ...(absent.length > 0 && (only === undefined ? { gone: absent } : { carried: absent })),
  };
}

/** A report as one of the nights that later ones show. */
export function nightOf(report: Report, exitCode: 0 | 1): Night {
  const { startedAt, summary, checks, comparison } = report;
  const [failed, waived] = (['failed', 'waived'] as const).map((wanted) =>
    checks.filter(({ outcome }) => outcome === wanted).map(({ id }) => id),
  ) as [string[], string[]];
  return {
    startedAt,
    exitCode,
    summary,
    failed,
    ...untoldIn(report),
    ...(waived.length > 0 && { waived }),
    drift: comparison?.drift.map(({ says }) => says) ?? [],
  };
}

/** By an older revision most rules do not apply: a server that falls back to one would be green for it. */
function olderRevisionOf(
  { revision: { judged: were } }: Report,
  { revision: { judged: are, source } }: Report,
): Pick<Comparison, 'olderRevision'> {
  const [before, now] = [were.toSorted()[0], are.toSorted()[0]];
  if (source === 'claimed' || before === undefined || now === undefined || now >= before) return {};
  return { olderRevision: { before, now } };
}

type WaiverName = { readonly check: string; readonly reason: string };

const sameWaiver = (a: WaiverName, b: WaiverName) => a.check === b.check && a.reason === b.reason;

/** What a reader should know before the changes are believed to be the target's. */
const LIMITS: readonly (readonly [what: string, value: (report: Report) => string])[] = [
  ['The profile', ({ target }) => target.name],
  ['The MCP server', ({ target }) => withoutPort(target.server)],
  ['The version of this tool', ({ tool }) => tool.version],
  ['The revision judged by', ({ revision }) => revision.judged.join(', ')],
  ['What was given (assurance)', ({ assurance }) => assurance.join(', ')],
  ['What the run was held to (--only)', ({ only }) => only?.join(', ') ?? 'all checks'],
  ['What a failing SHOULD comes to', ({ strict }) => (strict ? 'failed (strict)' : 'warned')],
];

function limitsOf(before: Report, now: Report): readonly string[] {
  return LIMITS.flatMap(([what, value]) => {
    const [was, is] = [value(before), value(now)];
    return was === is ? [] : [`${what} was ${was} and is ${is}.`];
  });
}

const ORDER: readonly ChangeKind[] = [
  'regressed',
  'newly-run',
  'no-longer-seen',
  'no-longer-run',
  'changed-reason',
  'newly-noted',
  'waived',
  'no-longer-noted',
  'fixed',
];

/** The two reports by check. */
interface Runs {
  readonly before: Report;
  readonly now: Report;
  readonly earlier: ReadonlyMap<string, ReportedCheck>;
  readonly later: ReadonlyMap<string, ReportedCheck>;
}

const byId = ({ checks }: Report) => new Map(checks.map((check) => [check.id, check]));

function changesOf(before: Report, now: Report): readonly Change[] {
  const runs: Runs = { before, now, earlier: byId(before), later: byId(now) };
  // A run that was held to a part of the checks says nothing of the others.
  const ids = [...new Set([...runs.later.keys(), ...runs.earlier.keys()])].filter(
    (id) => now.only === undefined || runs.later.has(id),
  );
  const changes = ids.flatMap((id) => changeOf(id, runs) ?? []);
  return changes.toSorted(
    (a, b) => Number(b.isWorse) - Number(a.isWorse) || ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind),
  );
}

function changeOf(id: string, runs: Runs): Change | undefined {
  const [before, now] = [runs.earlier.get(id), runs.later.get(id)];
  const either = now ?? before;
  if (either === undefined) return undefined;
  const [were, are] = [reasonsOf(before), reasonsOf(now)];
  const came = are.filter((reason) => !were.includes(reason));
  // What nobody looked for is not gone.
  const went =
    now === undefined || BADNESS[now.outcome] === undefined ? [] : were.filter((reason) => !are.includes(reason));
  const spread = spreadOf(before, now);
  const found = kindOf(before, now, runs, came.length + went.length + spread.length > 0);
  if (found === undefined) return undefined;
  const weighs =
    unwaived(now ?? {}).some((finding) => came.includes(finding.reason) && isOfWeight(finding)) ||
    spread.some(({ findings }) =>
      findings.some((finding) => isOfWeight(finding) && !isMeant(finding, either, runs.now)),
    );
  return {
    check: either.id,
    title: either.title,
    severity: either.severity,
    kind: found.kind,
    ...(before && { before: before.outcome }),
    ...(now && { now: now.outcome }),
    came,
    went,
    ...(spread.length > 0 && { spread: spread.map(({ says }) => says) }),
    isWorse: found.isWorse === 'where something of weight came' ? weighs : found.isWorse,
  };
}

const isOfWeight = ({ keyword }: ReportedFinding) => keyword === 'MUST' || keyword === 'SHOULD';

/** Accepted at this very place: a waiver without places accepts what was there when it was written. */
function isMeant({ reason, waiver }: ReportedFinding, { id }: ReportedCheck, { waivers = [] }: Report): boolean {
  return waiver !== undefined && waivers.some((each) => each.check === id && each.reason === reason && each.covers);
}

interface Spread {
  readonly says: string;
  readonly findings: readonly ReportedFinding[];
}

/** Of reasons that were given already: where else they are found, or how much oftener at the same place. */
function spreadOf(before: ReportedCheck | undefined, now: ReportedCheck | undefined): readonly Spread[] {
  return reasonsOf(now).flatMap((reason): readonly Spread[] => {
    const [were, are] = [before, now].map((check) => (check?.findings ?? []).filter((each) => each.reason === reason));
    if (were === undefined || are === undefined || were.length === 0) return [];
    const known = were.flatMap(placesOf);
    const findings = are.filter((finding) => placesOf(finding).some((place) => !known.includes(place)));
    const further = [...new Set(findings.flatMap(placesOf))].filter((place) => !known.includes(place));
    if (further.length > 0) return [{ says: `${reason} at ${further.join(', ')}`, findings }];
    return are.length > were.length
      ? [{ says: `${reason} ${are.length} times, ${were.length} then`, findings: are }]
      : [];
  });
}

interface Found {
  readonly kind: ChangeKind;
  readonly isWorse: boolean | 'where something of weight came';
}

function kindOf(
  before: ReportedCheck | undefined,
  now: ReportedCheck | undefined,
  runs: Runs,
  otherReasons: boolean,
): Found | undefined {
  const was = before && BADNESS[before.outcome];
  const is = now && BADNESS[now.outcome];
  if (before === undefined || was === undefined) return now && kindOfNew(before, now, runs);
  if (now === undefined) {
    const isWorse = before.keyword === 'MUST' && !isNewer(runs.now, runs.before);
    return wasJudged(before) || isWorse ? { kind: 'no-longer-run', isWorse } : undefined;
  }
  if (is === undefined) {
    const isWorse = isLost(before, now, runs);
    if (!isWorse && (before.outcome === 'failed' || before.outcome === 'warned'))
      return { kind: 'no-longer-seen', isWorse };
    return isWorse || wasJudged(before) ? { kind: 'no-longer-run', isWorse } : undefined;
  }
  if (before.outcome !== 'not-applicable' && now.outcome === 'not-applicable') {
    return { kind: 'no-longer-run', isWorse: false };
  }
  if (is !== was && now.outcome === 'waived') return { kind: 'waived', isWorse: false };
  if (is > was) return { kind: 'regressed', isWorse: true };
  if (is < was && is === 0) return { kind: 'fixed', isWorse: false };
  const [noted, notes] = [before.outcome === 'noted', now.outcome === 'noted'];
  if (notes && (!noted || otherReasons)) return { kind: 'newly-noted', isWorse: false };
  if (noted && !notes) return { kind: 'no-longer-noted', isWorse: false };
  if (before.outcome === 'not-applicable' && now.outcome !== 'not-applicable') {
    return { kind: 'newly-run', isWorse: false };
  }
  if (is === 0 || (is === was && !otherReasons)) return undefined;
  return { kind: 'changed-reason', isWorse: 'where something of weight came' };
}

/** Of a check that the earlier run did not have, or did not judge. */
function kindOfNew(before: ReportedCheck | undefined, now: ReportedCheck, { before: then, now: report }: Runs) {
  const isStopped = before !== undefined && stopsGate(before, then);
  const stops = stopsGate(now, report);
  if (BADNESS[now.outcome] !== undefined) {
    if (before === undefined && now.outcome === 'not-applicable') return undefined;
    return { kind: 'newly-run', isWorse: stops } as const;
  }
  if (!stops || isStopped) return undefined;
  return { kind: before === undefined ? 'newly-run' : 'no-longer-run', isWorse: true } as const;
}

/** A later version of this tool may have given a check up; otherwise a check that is gone was left out. */
function isNewer(now: Report, before: Report): boolean {
  return now.tool.version.localeCompare(before.tool.version, 'en', { numeric: true }) > 0;
}

/** A MUST that was shown to hold, or not to apply, and of which nothing can be said any more. */
function isLost(before: ReportedCheck, now: ReportedCheck, runs: Runs): boolean {
  if (now.outcome === 'errored') return true;
  if (before.outcome === 'failed' || now.keyword !== 'MUST' || isTold(now, runs)) return false;
  return now.outcome === 'untested' || wasJudged(before);
}

/**
 * Whether what stands in its way is told as worse itself, or came to be accepted: one defect counts once, and an old one
 * excuses nothing new, failing or waived.
 */
function isTold(check: ReportedCheck, runs: Runs): boolean {
  const obstacle = obstacleOf(check, runs.now);
  const change = obstacle && changeOf(obstacle.id, runs);
  if (change === undefined) return false;
  const { before, now, came, spread, isWorse } = change;
  const isNewlyWaived = now === 'waived' && (before !== 'waived' || came.length > 0 || spread !== undefined);
  return isWorse || isNewlyWaived;
}

function reasonsOf(check: ReportedCheck | undefined): readonly string[] {
  return [...new Set((check?.findings ?? []).map(({ reason }) => reason))];
}
