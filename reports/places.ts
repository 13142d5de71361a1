import type { ReportedFinding } from './report.ts';

/** Steps of one journey: how many there are may change from run to run, and the trial stays the same. */
const STEP = /^(?:hop|grant|sign-in)-\d+$/;

/** A page, an attempt, one of several documents; a status (`-404`) and a day (`2025-11-25`) are no such number. */
const COUNT = /(?<=[A-Za-z])-\d{1,2}$/;

/**
 * Where a finding was seen, in names that are the same in each run: those of its exchanges without counts, so the probe
 * and its trial, or revision and operation.
 */
export function placesOf({ evidence }: Pick<ReportedFinding, 'evidence'>): readonly string[] {
  return [...new Set(evidence.map(placeOf))];
}

/** `authorizations/state-missing/hop-2` is `authorizations/state-missing`. */
export function placeOf(exchange: string): string {
  return exchange
    .split('/')
    .filter((part) => !STEP.test(part) && !/^\d+$/.test(part))
    .map((part) => part.replace(COUNT, ''))
    .join('/');
}

/** Whether a place is one of `covers`, or lies below one: `anonymous` covers `anonymous/2025-11-25/tools/list`. */
export function isWithin(place: string, covers: readonly string[]): boolean {
  return covers.map(placeOf).some((each) => place === each || place.startsWith(`${each}/`));
}
