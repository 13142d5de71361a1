import type { ReportedCheck } from './report.ts';

/** Checks that were not judged, and take the same to be. */
export interface Gap {
  /** What would make them testable. */
  readonly unlock: string;
  /** The check whose failure stands in the way. */
  readonly blockedBy?: string;
  /** Why, each reason once. */
  readonly because: readonly string[];
  readonly checks: readonly ReportedCheck[];
}

/** Checks that were not judged, by what it takes; the largest group first. */
export function gapsOf(checks: readonly ReportedCheck[]): readonly Gap[] {
  const groups = new Map<string, ReportedCheck[]>();
  for (const check of checks) {
    const key = JSON.stringify([check.blockedBy, check.unlock]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [check]);
    else group.push(check);
  }
  return [...groups.values()]
    .map((group) => {
      const { unlock = '', blockedBy } = group[0]!;
      const because = [...new Set(group.map((check) => check.because ?? ''))];
      return { unlock, ...(blockedBy !== undefined && { blockedBy }), because, checks: group };
    })
    .toSorted((a, b) => b.checks.length - a.checks.length);
}

/** What was not judged, of what the target has. */
export function unjudged(checks: readonly ReportedCheck[]): readonly ReportedCheck[] {
  return checks.filter(({ outcome }) => outcome === 'untested' || outcome === 'out-of-scope');
}
