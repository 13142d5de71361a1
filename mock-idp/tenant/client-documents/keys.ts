import type { TenantContext } from '../behaviour.ts';
import type { KeyWithId } from '../entities.ts';
import { isObject } from '../json.ts';
import type { FetchedDocument } from './fetch.ts';

/** What was made of a key set. */
export interface JudgedKeys {
  readonly keys: readonly KeyWithId[];
  readonly violations: readonly string[];
}

/** Members that hold what only the owner of a key may know (RFC 7518 6.2.2, 6.3.2, 6.4.1; RFC 8037 2). */
const PRIVATE_MEMBERS: readonly string[] = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];

/** The public part, by which keys of one type differ (RFC 7638 3.2). */
const MATERIAL = ['kty', 'crv', 'n', 'e', 'x', 'y'] as const;

/** Rules of the set behind `jwks_uri`: a JWK set (RFC 7517 5) of public keys, each with its own `kid`. */
export function judgeKeys({ body }: FetchedDocument, _context: TenantContext): JudgedKeys {
  const refused = (violation: string): JudgedKeys => ({ keys: [], violations: [violation] });
  let document: unknown;
  try {
    document = JSON.parse(body);
  } catch {
    return refused('jwks_uri does not lead to JSON');
  }
  const given = isObject(document) ? document.keys : undefined;
  if (!Array.isArray(given) || given.length === 0 || !given.every(isObject)) {
    return refused('jwks_uri does not lead to a JWK set with keys');
  }
  const keys: readonly Readonly<Record<string, unknown>>[] = given;
  if (keys.some((key) => PRIVATE_MEMBERS.some((member) => key[member] !== undefined))) {
    return refused('The JWK set must not contain private key material');
  }
  if (!keys.every(isKeyWithId)) return refused('Every key of the JWK set must have a kty and a kid');
  if (new Set(keys.map(({ kid }) => kid)).size < keys.length) return refused('A kid occurs twice in the JWK set');
  return { keys, violations: [] };
}

/** The keys to use from now on: those of the set, but for a known `kid` the key that is known. */
export function rotateKeys(
  known: readonly KeyWithId[],
  given: readonly KeyWithId[],
  _context: TenantContext,
): readonly KeyWithId[] {
  return given.map((key) => known.find(({ kid }) => kid === key.kid) ?? key);
}

/** Whether two keys are the same, whatever else is said of them. */
export function isSameKey(one: KeyWithId, other: KeyWithId): boolean {
  return MATERIAL.every((member) => one[member] === other[member]);
}

function isKeyWithId(key: Readonly<Record<string, unknown>>): key is KeyWithId {
  return typeof key.kty === 'string' && typeof key.kid === 'string' && key.kid !== '';
}
