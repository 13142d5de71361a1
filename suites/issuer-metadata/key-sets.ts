import type { EvidenceMap, Exchange, Fetched, Revisited } from '../../fixtures/evidence.ts';
import { isObject } from '../../fixtures/protocol/answers.ts';
import { bodyOf, documentIn, type JsonObject, last } from '../../fixtures/protocol/documents.ts';
import { type Breach, gather, quote } from '../challenge/refusals.ts';
import { type Finding, fail, notApplicable, pass, untested, type Verdict } from '../check.ts';
import { answering, JWKS, type ShortAnswer, served } from '../golden.ts';

type Keys = Pick<EvidenceMap, 'keys'>;
type AskedSet = EvidenceMap['keys']['sets'][number];

/** A JWK with what a reader knows it by. */
export interface Key {
  readonly jwk: JsonObject;
  /** "key 2 (kid `abc`)". */
  readonly name: string;
}

export interface KeySet {
  readonly owner: string;
  readonly jwksUri: string;
  readonly fetched: Fetched;
  /** The last of `fetched`, which brought the set. */
  readonly exchange: Exchange;
  readonly document: JsonObject;
  readonly keys: readonly Key[];
  /** The set asked again in other ways. */
  readonly revisited?: Revisited;
}

export function toKeys(values: readonly unknown[]): readonly Key[] {
  return values.flatMap((jwk, index) => {
    if (!isObject(jwk)) return [];
    const kid = typeof jwk.kid === 'string' ? ` (kid ${quote(jwk.kid)})` : '';
    return [{ jwk, name: `key ${index + 1}${kid}` }];
  });
}

/** Sets that metadata of issuers names: one that a resource has for itself verifies no token. */
export function setsOfIssuers({ sets }: EvidenceMap['keys']): readonly AskedSet[] {
  return sets.filter(({ role }) => role === 'issuer');
}

/** Sets of issuers that are there and hold an array. */
export function keySets(keys: EvidenceMap['keys']): readonly KeySet[] {
  return setsOfIssuers(keys).flatMap((asked) => {
    const read = keySet(asked);
    return read === undefined ? [] : [read];
  });
}

/** Keys of issuers wherever they stand: in a set, alone, or in a bare array. */
export function publishedKeys(keys: EvidenceMap['keys']): readonly (Key & { readonly at: string })[] {
  return setsOfIssuers(keys).flatMap(({ fetched }) => {
    const exchange = fetched === undefined ? undefined : last(fetched);
    if (exchange?.answer?.status !== 200) return [];
    const body = bodyOf(exchange.answer);
    const values = isObject(body) && Array.isArray(body.keys) ? body.keys : Array.isArray(body) ? body : [body];
    return toKeys(values)
      .filter(({ jwk }) => jwk !== body || typeof jwk.kty === 'string')
      .map((key) => ({ ...key, at: exchange.id }));
  });
}

function keySet({ owner, jwksUri, fetched, document: revisited }: AskedSet): KeySet | undefined {
  if (fetched === undefined) return undefined;
  const exchange = last(fetched);
  const document = documentIn(exchange);
  if (document === undefined || !Array.isArray(document.keys)) return undefined;
  const keys = toKeys(document.keys);
  return { owner, jwksUri, fetched, exchange, document, keys, ...(revisited === undefined ? {} : { revisited }) };
}

/** Why there is no set to judge; `undefined` when there is one. */
export function withoutKeySet({ keys }: Keys): Verdict<never> | undefined {
  const sets = setsOfIssuers(keys);
  if (sets.length === 0) return notApplicable('no metadata of an issuer names a key set');
  if (keySets(keys).length > 0) return undefined;
  const found = sets.some(({ fetched }) => fetched !== undefined && documentIn(last(fetched)) !== undefined);
  return untested(
    'no key set could be read',
    'a JWK set at jwks_uri',
    found ? 'issuer-metadata/publishes-a-keys-array' : 'issuer-metadata/serves-its-key-set',
  );
}

/** What holds of a key set, and how a set breaks it. */
export interface SetRule<R extends string> {
  readonly expected: string;
  breaches(set: KeySet): readonly (Breach<R> & { readonly at?: string })[];
  /** Why nothing can be said of a set without breaches. */
  unsaid?(set: KeySet): Verdict<never> | undefined;
  seen(sets: readonly KeySet[]): string;
}

/** Judges every set that could be read by one rule; a set of which nothing can be said hides no breach of another. */
export function judgeSets<R extends string>(evidence: Keys, rule: SetRule<R>): Verdict<R> {
  const missing = withoutKeySet(evidence);
  if (missing !== undefined) return missing;
  const sets = keySets(evidence.keys);
  const findings: readonly Finding<R>[] = gather(
    sets.flatMap((set) => rule.breaches(set).map((breach) => ({ at: set.exchange.id, ...breach }))),
    rule.expected,
  );
  if (findings.length > 0) return fail(findings);
  const unsaid = sets.map((set) => rule.unsaid?.(set)).find((verdict) => verdict !== undefined);
  return unsaid ?? pass(rule.seen(sets));
}

/** What holds of a key, and how a key breaks it. */
export interface KeyRule<R extends string> {
  readonly expected: string;
  readonly only?: (key: Key) => boolean;
  /** Why the rule does not apply when no key is let through. */
  readonly otherwise?: string;
  breaches(key: Key): readonly Breach<R>[];
}

/** Judges every key that `only` lets through by one rule. */
export function judgeKeys<R extends string>(evidence: Keys, rule: KeyRule<R>): Verdict<R> {
  const { only = () => true, otherwise = 'the set is empty' } = rule;
  if (withoutKeySet(evidence) === undefined && !keySets(evidence.keys).some(({ keys }) => keys.some(only))) {
    return notApplicable(otherwise);
  }
  return judgeSets(evidence, {
    expected: rule.expected,
    breaches: ({ keys }) => keys.filter(only).flatMap(rule.breaches),
    seen: (sets) => sets.flatMap(({ keys }) => keys.filter(only).map(({ name }) => name)).join(', '),
  });
}

/** Public members that tell two keys apart (RFC 7518 6.2.1, 6.3.1); names and labels do not count. */
export const MATERIAL = ['kty', 'n', 'e', 'crv', 'x', 'y'] as const;

/** Octets of a base64url member; `undefined` when it is no unpadded base64url (RFC 7515 2). */
export function octets(value: unknown): Buffer | undefined {
  return typeof value === 'string' && /^[\w-]+$/.test(value) ? Buffer.from(value, 'base64url') : undefined;
}

/** Bits of a number written as octets, without leading zeros. */
export function bits(number: Buffer): number {
  const first = number.findIndex((octet) => octet !== 0);
  return first === -1 ? 0 : (number.length - first) * 8 - (Math.clz32(number[first]!) - 24);
}

/** A value as a reader may see it. */
export function showValue(value: unknown): string {
  if (value === undefined) return 'absent';
  return quote(typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing'));
}

const URL_OF_SET = /^keys\/set-1/;

/** Golden evidence whose key set is answered so, each time. */
export const withKeySet = (short: ShortAnswer) => answering(URL_OF_SET, short);

export const withKeys = (...keys: readonly object[]) => withKeySet(served({ keys }));

export const RSA_KEY = JWKS.keys[0]!;
export const EC_KEY = {
  kty: 'EC',
  crv: 'P-256',
  kid: 'two',
  x: 'xkM9ehyjz9zS3se3yERVOFrgugRseqxIR6cpRnLSYgI',
  y: 'K9DKUMUez2irQXxD3pvK-ICCYUugbKKUT1adQLVMk1k',
};
/** A certificate of `EC_KEY` (RFC 7517 4.7: base64 of its DER, not base64url). */
export const EC_CERTIFICATE =
  'MIIBhDCCASugAwIBAgIUJoMcp28Al8QggeRpy0pErZSVebAwCgYIKoZIzj0EAwIwFzEVMBMGA1UEAwwMa2V5cy5leGFtcGxlMCAXDTI2MTEyMTA0NTYyOFoYDzIxMjYxMDI4MDQ1NjI4WjAXMRUwEwYDVQQDDAxrZXlzLmV4YW1wbGUwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAATGQz16HKPP3NLex7fIRFU4WuC6BGx6rEhHpylGctJiAivQylDFHs9oq0F8Q96byviAgmFLoGyilE9WnUC1TJNZo1MwUTAdBgNVHQ4EFgQUFgu+f2vJSXYfQtqL1P7Y6W3I9JYwHwYDVR0jBBgwFoAUFgu+f2vJSXYfQtqL1P7Y6W3I9JYwDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNHADBEAiBVrvK4CxSY7rObKv/kdqMtIFiTXCNfkC3smqcckTIzbAIgTXBq2GTVQn2F3w14fpXAt2aKSa+SROhZAwHrOuNF2rM=';

/** The usual key, but with other members; `undefined` leaves one out. */
export const withRsaKey = (members: Readonly<Record<string, unknown>>) => withKeys({ ...RSA_KEY, ...members });
