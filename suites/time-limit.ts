/** How long the run of one profile may take in the Playwright door. */

const MINUTE = 60_000;

/** Minutes of a run that waits for nothing, a sign-in by hand included. */
const PLAIN = 15;
/** Minutes that `run --slow` waits at most. */
const SLOW = 15;
/** Minutes of the waits that are short whatever the patience, of a run that turns keys. */
const PAUSES = 8;
/** Waits of a run that turns keys that are as long as its patience, and the longest there is (seconds). */
const LONG_WAITS = 4;
const LONGEST_WAIT = 900;

/** What makes a run wait. */
export interface Waits {
  readonly slow: boolean;
  /** Seconds of `issuer.patience`, where the profile has `issuer.control`; absent: it has none. */
  readonly patience?: number;
}

/** Minutes that a run may take where nobody says; more than it should. */
export function minutesFor({ slow, patience }: Waits): number {
  const keys = patience === undefined ? 0 : PAUSES + (LONG_WAITS * Math.min(patience, LONGEST_WAIT)) / 60;
  return PLAIN + (slow ? SLOW : 0) + Math.ceil(keys);
}

/** Milliseconds in which a run that is ended removes what it has made. */
const CLEANING = 2 * MINUTE;

/** @returns time limit of the test in milliseconds: the run is ended before, as {@link lastsFor} says. */
export function testTimeout(minutes: number): number {
  return minutes * MINUTE + CLEANING;
}

/** @returns milliseconds after which the run is ended, of a test with this time limit; it may come of `--timeout`. */
export function lastsFor(timeout: number): number {
  return timeout > CLEANING ? timeout - CLEANING : timeout / 2;
}
