import type { EvidenceMap, Exchange, Revisited } from '../../fixtures/evidence.ts';
import { isObject } from '../../fixtures/protocol/answers.ts';
import { documentIn, type JsonObject, last } from '../../fixtures/protocol/documents.ts';
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
  readonly exchange: Exchange;
  readonly keys: readonly Key[];
  /** The set asked again in other ways; absent when its URL redirects, because then it is not what was asked again. */
  readonly document?: Revisited;
}

export function toKeys(values: readonly unknown[]): readonly Key[] {
  return values.flatMap((jwk, index) => {
    if (!isObject(jwk)) return [];
    const kid = typeof jwk.kid === 'string' ? ` (kid ${quote(jwk.kid)})` : '';
    return [{ jwk, name: `key ${index + 1}${kid}` }];
  });
}

/** Sets that are there and hold an array. */
export function keySets({ sets }: EvidenceMap['keys']): readonly KeySet[] {
  return sets.flatMap((asked) => {
    const read = keySet(asked);
    return read === undefined ? [] : [read];
  });
}

function keySet({ owner, jwksUri, fetched, document }: AskedSet): KeySet | undefined {
  const exchange = fetched === undefined ? undefined : last(fetched);
  const values = documentIn(exchange)?.keys;
  if (exchange === undefined || !Array.isArray(values)) return undefined;
  const direct = fetched?.length === 1 ? document : undefined;
  return { owner, jwksUri, exchange, keys: toKeys(values), ...(direct === undefined ? {} : { document: direct }) };
}

/** The sets of issuers: one that the resource has for itself verifies no token. */
export function ofIssuers({ sets }: EvidenceMap['keys'], issuerMetadata: EvidenceMap['issuerMetadata'] | undefined) {
  const issuers = issuerMetadata?.issuers.map(({ issuer }) => issuer);
  return sets.filter(({ owner }) => issuers?.includes(owner) ?? true);
}

/** Why there is no set to judge; `undefined` when there is one. */
export function withoutKeySet({ keys }: Keys): Verdict<never> | undefined {
  if (keys.sets.length === 0) return notApplicable('no metadata names a key set');
  if (keySets(keys).length > 0) return undefined;
  const found = keys.sets.some(({ fetched }) => fetched !== undefined && documentIn(last(fetched)) !== undefined);
  return untested(
    'no key set could be read',
    'a JWK set at jwks_uri',
    found ? 'issuer-metadata/publishes-a-keys-array' : 'issuer-metadata/serves-its-key-set',
  );
}

/** Judges every set that could be read by one rule. */
export function judgeSets<R extends string>(
  evidence: Keys,
  expected: string,
  breaches: (set: KeySet) => readonly (Breach<R> & { readonly at?: string })[],
  seen: (sets: readonly KeySet[]) => string,
): Verdict<R> {
  const missing = withoutKeySet(evidence);
  if (missing !== undefined) return missing;
  const sets = keySets(evidence.keys);
  const findings: readonly Finding<R>[] = gather(
    sets.flatMap((set) => breaches(set).map((breach) => ({ at: set.exchange.id, ...breach }))),
    expected,
  );
  return findings.length > 0 ? fail(findings) : pass(seen(sets));
}

/** Judges every key that `only` lets through by one rule. */
export function judgeKeys<R extends string>(
  evidence: Keys,
  rule: {
    readonly expected: string;
    readonly only?: (key: Key) => boolean;
    /** Why the rule does not apply when no key is let through. */
    readonly otherwise?: string;
    breaches(key: Key): readonly Breach<R>[];
  },
): Verdict<R> {
  const { only = () => true, otherwise = 'the set is empty' } = rule;
  if (withoutKeySet(evidence) === undefined && !keySets(evidence.keys).some(({ keys }) => keys.some(only))) {
    return notApplicable(otherwise);
  }
  return judgeSets(
    evidence,
    rule.expected,
    ({ keys }) => keys.filter(only).flatMap(rule.breaches),
    (sets) => sets.flatMap(({ keys }) => keys.filter(only).map(({ name }) => name)).join(', '),
  );
}

/** Octets of a base64url member; `undefined` when it is no unpadded base64url (RFC 7515 2). */
export function octets(value: unknown): Buffer | undefined {
  return typeof value === 'string' && /^[\w-]+$/.test(value) ? Buffer.from(value, 'base64url') : undefined;
}

/** Bits of a number written as octets, without leading zeros. */
export function bits(number: Buffer): number {
  const first = number.findIndex((octet) => octet !== 0);
  return first === -1 ? 0 : (number.length - first) * 8 - (Math.clz32(number[first]!) - 24);
}

/** A member as a reader may see it. */
export function shown(value: unknown): string {
  if (value === undefined) return 'absent';
  return quote(typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing'));
}

/** Whether a key's own members let it check signatures, as far as they say. */
export function isForSignatures({ jwk }: Key): boolean {
  if (jwk.use !== undefined) return jwk.use === 'sig';
  return !Array.isArray(jwk.key_ops) || jwk.key_ops.includes('verify');
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
