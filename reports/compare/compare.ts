import { unwaived } from '../outcome.ts';
import { isConsequence, stopsGate, wasJudged } from '../policy.ts';
import type { Change, ChangeKind, Comparison, Outcome, Report, ReportedCheck } from '../report.ts';
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
    lapsedWaivers: lapsed(now.waivers)
      .filter(
        (waiver) => !lapsed(before.waivers).some((each) => sameWaiver(each, waiver) && each.until === waiver.until),
      )
      .map(({ check, reason, state }) => ({ check, reason, state })),
    drift: before.setup === undefined || now.setup === undefined ? [] : driftOf(before.setup, now.setup),
  };
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

const ORDER: readonly ChangeKind[] = ['regressed', 'newly-run', 'no-longer-run', 'changed-reason', 'waived', 'fixed'];

function changesOf(before: Report, now: Report): readonly Change[] {
  const earlier = new Map(before.checks.map((check) => [check.id, check]));
  const later = new Map(now.checks.map((check) => [check.id, check]));
  // A run that was held to a part of the checks says nothing of the others.
  const ids = [...new Set([...later.keys(), ...earlier.keys()])].filter(
    (id) => now.only === undefined || later.has(id),
  );
  const changes = ids.flatMap((id) => changeOf(earlier.get(id), later.get(id), now) ?? []);
  return changes.toSorted(
    (a, b) => Number(b.isWorse) - Number(a.isWorse) || ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind),
  );
}

function changeOf(
  before: ReportedCheck | undefined,
  now: ReportedCheck | undefined,
  report: Report,
): Change | undefined {
  const either = now ?? before;
  if (either === undefined) return undefined;
  const [were, are] = [reasonsOf(before), reasonsOf(now)];
  const came = are.filter((reason) => !were.includes(reason));
  const went = were.filter((reason) => !are.includes(reason));
  const found = kindOf(before, now, report, came.length + went.length > 0);
  if (found === undefined) return undefined;
  const weighs = unwaived(now ?? {}).some(
    ({ reason, keyword }) => came.includes(reason) && (keyword === 'MUST' || keyword === 'SHOULD'),
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
    isWorse: found.isWorse === 'where a reason of weight came' ? weighs : found.isWorse,
  };
}

interface Found {
  readonly kind: ChangeKind;
  readonly isWorse: boolean | 'where a reason of weight came';
}

function kindOf(
  before: ReportedCheck | undefined,
  now: ReportedCheck | undefined,
  report: Report,
  otherReasons: boolean,
): Found | undefined {
  const was = before && BADNESS[before.outcome];
  const is = now && BADNESS[now.outcome];
  if (was === undefined) {
    if (now === undefined || is === undefined || (before === undefined && now.outcome === 'not-applicable'))
      return undefined;
    return { kind: 'newly-run', isWorse: stopsGate(now, report) };
  }
  if (is === undefined) {
    const isWorse = now !== undefined && isLost(before!, now, report);
    return isWorse || wasJudged(before!) ? { kind: 'no-longer-run', isWorse } : undefined;
  }
  if (is > was)
    return now?.outcome === 'waived' ? { kind: 'waived', isWorse: false } : { kind: 'regressed', isWorse: true };
  if (is < was) {
    if (now?.outcome === 'waived') return { kind: 'waived', isWorse: false };
    return { kind: is === 0 ? 'fixed' : 'changed-reason', isWorse: false };
  }
  const [applied, applies] = [before?.outcome !== 'not-applicable', now?.outcome !== 'not-applicable'];
  if (applied !== applies) return { kind: applies ? 'newly-run' : 'no-longer-run', isWorse: false };
  if (is === 0 || !otherReasons) return undefined;
  return { kind: 'changed-reason', isWorse: 'where a reason of weight came' };
}

/** A MUST that was shown to hold, or not to apply, and of which nothing can be said any more. */
function isLost(before: ReportedCheck, now: ReportedCheck, report: Report): boolean {
  if (now.outcome === 'errored') return true;
  if (before.outcome === 'failed' || now.keyword !== 'MUST' || isConsequence(now, report)) return false;
  return now.outcome === 'untested' || wasJudged(before);
}

function reasonsOf(check: ReportedCheck | undefined): readonly string[] {
  return [...new Set((check?.findings ?? []).map(({ reason }) => reason))];
}
