import type { Breach } from '../challenge/refusals.ts';
import { defineCheck } from '../check.ts';
import { golden } from '../golden.ts';
import { bits, EC_KEY, judgeKeys, type Key, octets, shown, withKeys, withRsaKey } from './key-sets.ts';

const COMMON = { party: 'authorization-server', assurance: 'anonymous', needs: ['keys'] } as const;

const isRsa = ({ jwk }: Key) => jwk.kty === 'RSA';

/** Public members by type (RFC 7518 6.2.1, 6.3.1; RFC 8037 2). Other types are for libraries that know them (RFC 7517 5). */
const MEMBERS: Readonly<Record<string, readonly string[]>> = { RSA: ['n', 'e'], EC: ['x', 'y'], OKP: ['x'] };

/** Octets of each coordinate by curve (RFC 7518 6.2.1.2, RFC 8037 2, RFC 8812 3.1). */
const COORDINATE: Readonly<Record<string, number>> = {
  'P-256': 32,
  'P-384': 48,
  'P-521': 66,
  secp256k1: 32,
  Ed25519: 32,
  Ed448: 57,
  X25519: 32,
  X448: 56,
};

const own = <V>(table: Readonly<Record<string, V>>, name: unknown): V | undefined =>
  typeof name === 'string' && Object.hasOwn(table, name) ? table[name] : undefined;

type Flaw = 'member-missing' | 'not-base64url' | 'wrong-length' | 'leading-zero';

export const publishesWholeKeys = defineCheck({
  ...COMMON,
  id: 'issuer-metadata/publishes-whole-keys',
  title: 'Publishes each key with all its public members',
  keyword: 'MUST',
  severity: 'high',
  pillar: 'signing-key-retrieval',
  requirements: ['RFC7518-6.3.1-rsa-public-members', 'RFC7518-6.2.1-ec-public-members'],
  reasons: {
    'member-missing': {
      says: 'A published key lacks a public member of its type, so no library can load it.',
      fix: { general: 'Publish n and e for RSA, crv, x and y for EC, crv and x for OKP.' },
    },
    'not-base64url': {
      says: 'A public member of a key is not base64url without padding.',
      fix: { general: 'Encode the octets as base64url: "-" and "_" for "+" and "/", and no "=" at the end.' },
    },
    'wrong-length': {
      says: 'A coordinate of a key has another length than its curve.',
      fix: {
        general: 'Pad the coordinate on the left with zero octets to the full length of the curve: 32 for P-256.',
      },
    },
    'leading-zero': {
      says: 'The modulus of a key begins with a zero octet, which some libraries refuse or count as part of the key.',
      // RFC 7518 6.3.1.1 asks for the fewest octets and knows that libraries add one; most readers put up with it.
      keyword: 'SHOULD',
      fix: { general: 'Drop the sign octet that big-integer libraries put before n.' },
    },
  },
  judge: (evidence) =>
    judgeKeys(evidence, {
      expected: 'n and e for RSA, crv and coordinates of full length for EC and OKP',
      only: ({ jwk }) => own(MEMBERS, jwk.kty) !== undefined,
      otherwise: 'no key is of a type this check knows',
      breaches({ jwk, name }): readonly Breach<Flaw>[] {
        const wanted = own(MEMBERS, jwk.kty) ?? [];
        const length = jwk.kty === 'RSA' ? undefined : own(COORDINATE, jwk.crv);
        const curveless =
          jwk.kty !== 'RSA' && typeof jwk.crv !== 'string'
            ? [{ reason: 'member-missing' as const, actual: `${name}: crv is ${shown(jwk.crv)}` }]
            : [];
        const broken = wanted.flatMap((member): readonly Breach<Flaw>[] => {
          const value = jwk[member];
          if (typeof value !== 'string' || value === '') {
            return [{ reason: 'member-missing' as const, actual: `${name}: ${member} is ${shown(value)}` }];
          }
          const read = octets(value);
          if (read === undefined) {
            return [{ reason: 'not-base64url' as const, actual: `${name}: ${member} is ${shown(value)}` }];
          }
          if (length !== undefined && read.length !== length) {
            const actual = `${name}: ${member} has ${read.length} octets, ${jwk.crv} has ${length}`;
            return [{ reason: 'wrong-length' as const, actual }];
          }
          return member === 'n' && read[0] === 0 && read.length > 1
            ? [{ reason: 'leading-zero' as const, actual: `${name}: n begins with a zero octet` }]
            : [];
        });
        return [...curveless, ...broken];
      },
    }),
  examples: {
    pass: [
      { says: 'RSA', evidence: golden },
      { says: 'EC', evidence: withKeys(EC_KEY) },
    ],
    fail: {
      'member-missing': { says: 'no exponent', evidence: withRsaKey({ e: undefined }) },
      'not-base64url': { says: 'base64 with padding', evidence: withRsaKey({ e: 'AQAB==' }) },
      'wrong-length': { says: 'a short coordinate', evidence: withKeys({ ...EC_KEY, x: EC_KEY.x.slice(0, 42) }) },
      'leading-zero': { says: 'a sign octet', evidence: withRsaKey({ n: `AM${'A'.repeat(342)}` }) },
    },
  },
});

/** Private members of every type (RFC 7518 6.2.2, 6.3.2, 6.4.1; RFC 8037 2) and `priv` of newer ones. */
const PRIVATE = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'] as const;

export const publishesNoPrivateKeys = defineCheck({
  ...COMMON,
  id: 'issuer-metadata/publishes-no-private-keys',
  title: 'Publishes public keys only',
  keyword: 'MUST',
  severity: 'critical',
  pillar: 'signing-key-retrieval',
  requirements: ['RFC7517-9.2-no-private-parts', 'B63'],
  reasons: {
    'private-member': {
      says: 'A private key is published: anybody can sign tokens as this issuer.',
      fix: {
        general:
          'Withdraw the key now, revoke what it signed, sign with a new one, and export the public members only (n and e; crv, x and y).',
      },
    },
    'symmetric-key': {
      says: 'A symmetric key is published: who can read it can sign with it.',
      fix: {
        general:
          'Withdraw the key now, sign with an asymmetric algorithm such as RS256 or ES256, and let kty "oct" never reach the public set.',
      },
    },
  },
  judge: (evidence) =>
    judgeKeys(evidence, {
      expected: 'no private member, and no key of type oct',
      breaches({ jwk, name }) {
        if (jwk.kty === 'oct') return [{ reason: 'symmetric-key', actual: `${name}: kty is \`oct\`` }];
        const found = PRIVATE.filter((member) => Object.hasOwn(jwk, member));
        return found.length === 0 ? [] : [{ reason: 'private-member', actual: `${name}: has ${found.join(', ')}` }];
      },
    }),
  examples: {
    pass: [{ says: 'public members', evidence: golden }],
    fail: {
      'private-member': { says: 'd', evidence: withRsaKey({ d: 'AQAB' }) },
      'symmetric-key': { says: 'oct', evidence: withKeys({ kty: 'oct', kid: 'one', k: 'c2VjcmV0' }) },
    },
  },
});

const LEAST_BITS = 2048;

export const usesRsaKeysLongEnough = defineCheck({
  ...COMMON,
  id: 'issuer-metadata/uses-rsa-keys-of-2048-bits',
  title: 'Uses RSA keys of 2048 bits or more',
  keyword: 'MUST',
  severity: 'critical',
  pillar: 'signing-key-retrieval',
  requirements: ['RFC7518-3.3-rsa-2048', 'B63'],
  reasons: {
    'short-for-its-algorithm': {
      says: 'An RSA key that names an RS or PS algorithm has less than 2048 bits.',
      fix: {
        general:
          'Make a new RSA key of 2048 bits or more, sign with it, and withdraw the short one once its tokens are over.',
      },
    },
    short: {
      says: 'An RSA key without alg has less than 2048 bits, too few for every RSA signature of JOSE.',
      // The rule binds keys used with the algorithms of 3.3 and 3.5; a published key may be of no use to them.
      keyword: 'SHOULD',
      fix: { general: 'Withdraw the key if nothing is signed with it, else replace it by one of 2048 bits or more.' },
    },
  },
  judge: (evidence) =>
    judgeKeys(evidence, {
      expected: 'n of 2048 bits or more',
      only: (key) => isRsa(key) && octets(key.jwk.n) !== undefined,
      otherwise: 'no RSA key is published',
      breaches({ jwk, name }) {
        const size = bits(octets(jwk.n)!);
        if (size >= LEAST_BITS) return [];
        const named = typeof jwk.alg === 'string' && /^(RS|PS)\d+$/.test(jwk.alg);
        const alg = typeof jwk.alg === 'string' ? jwk.alg : 'no alg';
        return [{ reason: named ? 'short-for-its-algorithm' : 'short', actual: `${name}: ${size} bits, ${alg}` }];
      },
    }),
  examples: {
    pass: [{ says: '2048 bits', evidence: golden }],
    fail: {
      'short-for-its-algorithm': { says: '1024 bits for RS256', evidence: withRsaKey({ n: `w${'A'.repeat(170)}` }) },
      short: { says: '1024 bits', evidence: withRsaKey({ n: `w${'A'.repeat(170)}`, alg: undefined }) },
    },
  },
});

/** FIPS 186-5 A.1.1 wants an exponent above 2^16. */
const LEAST_EXPONENT_BITS = 17;

export const usesASoundRsaExponent = defineCheck({
  ...COMMON,
  id: 'issuer-metadata/uses-a-sound-rsa-exponent',
  title: 'Uses RSA exponents that protect signatures',
  keyword: 'SHOULD',
  severity: 'critical',
  requirements: ['RFC7518-6.3.1-rsa-public-members'],
  reasons: {
    'not-an-exponent': {
      says: 'The exponent of an RSA key is even or less than 3: with 1 anybody can forge signatures, with an even one none is valid.',
      fix: { general: 'Make a new RSA key with the exponent 65537 (AQAB); RFC 8017 3.1 allows odd numbers from 3 on.' },
    },
    small: {
      says: 'The exponent of an RSA key is small, which faulty verifiers have turned into forgeries.',
      // RFC 8017 allows 3; FIPS 186-5 does not.
      keyword: 'ADVICE',
      fix: { general: 'Use the exponent 65537 (AQAB) for the next key.' },
    },
  },
  judge: (evidence) =>
    judgeKeys(evidence, {
      expected: 'e is 65537 (AQAB), or another odd number above 2^16',
      only: (key) => isRsa(key) && octets(key.jwk.e) !== undefined,
      otherwise: 'no RSA key is published',
      breaches({ jwk, name }) {
        const exponent = octets(jwk.e)!;
        const size = bits(exponent);
        const odd = (exponent.at(-1) ?? 0) % 2 === 1;
        const actual = `${name}: e is ${shown(jwk.e)}`;
        if (size < 2 || !odd) return [{ reason: 'not-an-exponent', actual }];
        return size < LEAST_EXPONENT_BITS ? [{ reason: 'small', actual }] : [];
      },
    }),
  examples: {
    pass: [{ says: '65537', evidence: golden }],
    fail: {
      'not-an-exponent': { says: '1', evidence: withRsaKey({ e: 'AQ' }) },
      small: { says: '3', evidence: withRsaKey({ e: 'Aw' }) },
    },
  },
});

const CURVES: Readonly<Record<string, readonly string[]>> = {
  EC: ['P-256', 'P-384', 'P-521', 'secp256k1'],
  OKP: ['Ed25519', 'Ed448', 'X25519', 'X448'],
};

export const usesKnownCurves = defineCheck({
  ...COMMON,
  id: 'issuer-metadata/uses-known-curves',
  title: 'Uses curves that verifiers know',
  keyword: 'ADVICE',
  severity: 'medium',
  requirements: ['RFC7518-6.2.1-ec-public-members', 'RFC7517-5-ignore-unknown-kty'],
  reasons: {
    unknown: {
      says: 'A key lies on a curve that few libraries know; they skip it or refuse the whole set.',
      fix: {
        general: 'Write crv as the registry does: "P-256", not "secp256r1" or "prime256v1". Prefer P-256 or Ed25519.',
      },
    },
  },
  judge: (evidence) =>
    judgeKeys(evidence, {
      expected: 'P-256, P-384, P-521 or secp256k1 for EC; Ed25519, Ed448, X25519 or X448 for OKP',
      only: ({ jwk }) => own(CURVES, jwk.kty) !== undefined && typeof jwk.crv === 'string',
      otherwise: 'no key lies on a curve',
      breaches: ({ jwk, name }) =>
        own(CURVES, jwk.kty)?.includes(String(jwk.crv)) === true
          ? []
          : [{ reason: 'unknown', actual: `${name}: crv is ${shown(jwk.crv)}` }],
    }),
  examples: {
    pass: [{ says: 'P-256', evidence: withKeys(EC_KEY) }],
    fail: { unknown: { says: 'the name of another document', evidence: withKeys({ ...EC_KEY, crv: 'prime256v1' }) } },
  },
});

export const keyMaterialChecks = [
  publishesWholeKeys,
  publishesNoPrivateKeys,
  usesRsaKeysLongEnough,
  usesASoundRsaExponent,
  usesKnownCurves,
];
