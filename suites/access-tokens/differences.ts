import type { TokenView } from '../../fixtures/evidence.ts';

/** Characters of a value that tell what it is; the evidence has the rest. */
const ENOUGH = 120;

/** Seconds that the times of two tokens may lie apart for no other reason than that they were made one after the other. */
const MEANWHILE = 60;

/** Seconds since the epoch at the end of the year 9999. */
const LATEST = 253_402_300_800;

const TIMES: ReadonlySet<string> = new Set(['exp', 'iat', 'nbf']);

/** What a hostile token says otherwise than the control, header before claims: `aud: "https://other.example"`, `no kid`. */
export function differences(token: TokenView, control: TokenView): readonly string[] {
  return [...membersThatDiffer(token.header, control.header), ...membersThatDiffer(token.claims, control.claims)];
}

type Members = TokenView['claims'];

function membersThatDiffer(members: Members, good: Members): readonly string[] {
  // Of a token that cannot be read the trial itself says what is wrong.
  if (members === undefined || good === undefined) return [];
  const names = [...new Set([...Object.keys(members), ...Object.keys(good)])];
  return names
    .filter((name) => !isSame(name, members[name], good[name]))
    .map((name) => (members[name] === undefined ? `no ${name}` : `${name}: ${shownMember(name, members[name])}`));
}

function isSame(name: string, value: unknown, good: unknown): boolean {
  if (TIMES.has(name) && typeof value === 'number' && typeof good === 'number') {
    return Math.abs(value - good) < MEANWHILE;
  }
  return JSON.stringify(value) === JSON.stringify(good);
}

function shownMember(name: string, value: unknown): string {
  const text = JSON.stringify(value);
  if (TIMES.has(name) && Number.isInteger(value) && Math.abs(Number(value)) < LATEST) {
    return `${text} (${new Date(Number(value) * 1000).toISOString()})`;
  }
  return text.length > ENOUGH ? `${text.slice(0, ENOUGH)}…` : text;
}
