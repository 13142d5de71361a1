import type { Waiver } from '../fixtures/target.ts';
import type { Judged } from './judged.ts';
import type { ReportedWaiver, WaiverState } from './report.ts';

/** Verdicts that tell whether what a waiver accepts is there. */
const TELLING: ReadonlySet<Judged['verdict']['kind']> = new Set(['pass', 'fail']);

/**
 * What becomes of each waiver in a run. One that has expired covers nothing any more, whatever was found.
 *
 * @param day of the run, UTC: `2027-01-31`
 */
export function reportedWaivers(
  waivers: readonly Waiver[],
  judged: readonly Judged[],
  day: string,
): readonly ReportedWaiver[] {
  return waivers.map(({ check, reason, owner, why, until }) => {
    const verdict = judged.find((each) => each.check.id === check)?.verdict;
    return { check, reason, owner, why, until, state: stateOf({ reason, until }, verdict, day) };
  });
}

function stateOf(
  { reason, until }: Pick<Waiver, 'reason' | 'until'>,
  verdict: Judged['verdict'] | undefined,
  day: string,
): WaiverState {
  if (day > until) return 'expired';
  if (verdict === undefined || !TELLING.has(verdict.kind)) return 'untried';
  return verdict.kind === 'fail' && verdict.findings.some((finding) => finding.reason === reason) ? 'applied' : 'stale';
}

/** The waiver that covers a finding: of its check and of its very reason. */
export function waiverOf(
  waivers: readonly ReportedWaiver[],
  check: string,
  reason: string,
): ReportedWaiver | undefined {
  return waivers.find((waiver) => waiver.state === 'applied' && waiver.check === check && waiver.reason === reason);
}

/** Waivers that somebody has to renew or to delete. */
export function lapsed(waivers: readonly ReportedWaiver[] = []): readonly ReportedWaiver[] {
  return waivers.filter(({ state }) => state === 'stale' || state === 'expired');
}

/** "the waiver of challenge/x (error-code) expired on 2027-01-31". */
export function lapseOf({ check, reason, state, until }: ReportedWaiver): string {
  const name = `the waiver of ${check} (${reason})`;
  return state === 'expired' ? `${name} expired on ${until}` : `${name} is stale: what it accepts is gone, delete it`;
}
