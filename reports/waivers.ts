import type { Waiver } from '../fixtures/target.ts';
import type { Judged } from './judged.ts';
import { isWithin, placesOf } from './places.ts';
import type { ReportedFinding, ReportedWaiver, WaiverState } from './report.ts';

/** Verdicts that tell whether what a waiver accepts is there. */
const TELLING: ReadonlySet<Judged['verdict']['kind']> = new Set(['pass', 'fail']);

type Place = Pick<ReportedFinding, 'reason' | 'evidence'>;

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
  return waivers.map(({ check, reason, covers, owner, why, until }) => {
    const verdict = judged.find((each) => each.check.id === check)?.verdict;
    const named = { check, reason, ...(covers && { covers }), owner, why, until };
    const found =
      verdict?.kind === 'fail' ? verdict.findings.map(({ reason: of, at }) => ({ reason: of, evidence: at })) : [];
    const own = found.filter((finding) => finding.reason === reason);
    const covered = own.filter((finding) => covers === undefined || isCovered(finding, covers));
    const places = placesAmong(covered);
    const beyond = placesAmong(own.filter((finding) => !covered.includes(finding))).filter(
      (place) => !isWithin(place, covers ?? []),
    );
    return {
      ...named,
      state: stateOf(until, covered.length > 0, verdict, day),
      ...(places.length > 0 && { found: places }),
      ...(beyond.length > 0 && { beyond }),
    };
  });
}

const placesAmong = (findings: readonly Place[]) => [...new Set(findings.flatMap(placesOf))].toSorted();

function stateOf(until: string, isThere: boolean, verdict: Judged['verdict'] | undefined, day: string): WaiverState {
  if (day > until) return 'expired';
  if (verdict === undefined || !TELLING.has(verdict.kind)) return 'untried';
  return isThere ? 'applied' : 'stale';
}

const isCovered = (finding: Place, covers: readonly string[]) =>
  placesOf(finding).every((place) => isWithin(place, covers));

/** The waiver that covers a finding: of its check, of its very reason, and of every place where it was seen. */
export function waiverOf(
  waivers: readonly ReportedWaiver[],
  check: string,
  finding: Place,
): ReportedWaiver | undefined {
  return waivers.find(
    (waiver) =>
      waiver.state === 'applied' &&
      waiver.check === check &&
      waiver.reason === finding.reason &&
      (waiver.covers === undefined || isCovered(finding, waiver.covers)),
  );
}

/** Waivers that somebody has to renew or to delete. */
export function lapsed(waivers: readonly ReportedWaiver[] = []): readonly ReportedWaiver[] {
  return waivers.filter(({ state }) => state === 'stale' || state === 'expired');
}

/** "the waiver of challenge/x (error-code) expired on 2027-01-31". */
export function lapseOf({ check, reason, state, until, beyond }: ReportedWaiver): string {
  const name = `the waiver of ${check} (${reason})`;
  if (state === 'expired') return `${name} expired on ${until}`;
  return beyond === undefined
    ? `${name} is stale: what it accepts is gone, delete it`
    : `${name} is stale: what it covers is gone, and it was found at ${beyond.join(', ')}`;
}
