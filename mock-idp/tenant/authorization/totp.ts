import { createHmac, timingSafeEqual } from 'node:crypto';

/** Seconds one password is good for (RFC 6238 4.1: X). */
const STEP_SECONDS = 30;

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** The time step of an instant. */
export function timeStepAt(seconds: number): number {
  return Math.floor(seconds / STEP_SECONDS);
}

/** The one-time password of a time step: six digits, HMAC-SHA-1 (RFC 6238 4.2, RFC 4226 5.3). */
export function oneTimePassword(secret: string, timeStep: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(timeStep));
  const digest = createHmac('sha1', decodeBase32(secret)).update(counter).digest();
  const offset = digest[digest.length - 1]! & 0x0f;
  const number = (digest.readUInt32BE(offset) & 0x7fffffff) % 1_000_000;
  return String(number).padStart(6, '0');
}

/**
 * The time step of which `given` is the password, among the current one and its neighbours: RFC 6238 5.2 allows one
 * step of delay, and clocks run both ways.
 */
export function matchingTimeStep(secret: string, given: string, seconds: number): number | undefined {
  const current = timeStepAt(seconds);
  return [current, current - 1, current + 1].find((step) => isSame(oneTimePassword(secret, step), given));
}

/** RFC 4648 6, its padding optional and letters of either case. */
function decodeBase32(text: string): Buffer {
  const bits = [...text.toUpperCase().replace(/=+$/, '')]
    .map((character) => ALPHABET.indexOf(character).toString(2).padStart(5, '0'))
    .join('');
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
}

function isSame(expected: string, given: string): boolean {
  const [left, right] = [Buffer.from(expected), Buffer.from(given)];
  return left.length === right.length && timingSafeEqual(left, right);
}
