import type { EvidenceMap } from '../../fixtures/evidence.ts';
import { issuerDocument } from '../../fixtures/protocol/documents.ts';
import { type Breach, gather } from '../challenge/refusals.ts';
import { defineCheck, fail, notApplicable, pass } from '../check.ts';
import { golden, served } from '../golden.ts';
import {
  bits,
  EC_KEY,
  judgeKeys,
  judgeSets,
  type Key,
  keySets,
  octets,
  publishedKeys,
  RSA_KEY,
  showValue,
  withKeySet,
  withKeys,
  withoutKeySet,
  withRsaKey,
} from './key-sets.ts';

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

const lookup = <V>(table: Readonly<Record<string, V>>, name: unknown): V | undefined =>
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
      only: ({ jwk }) => lookup(MEMBERS, jwk.kty) !== undefined,
      otherwise: 'no key is of a type this check knows',
      breaches({ jwk, name }): readonly Breach<Flaw>[] {
        const wanted = lookup(MEMBERS, jwk.kty) ?? [];
        const length = jwk.kty === 'RSA' ? undefined : lookup(COORDINATE, jwk.crv);
        const curveless =
          jwk.kty !== 'RSA' && typeof jwk.crv !== 'string'
            ? [{ reason: 'member-missing' as const, actual: `${name}: crv is ${showValue(jwk.crv)}` }]
            : [];
        const broken = wanted.flatMap((member): readonly Breach<Flaw>[] => {
          const value = jwk[member];
          if (typeof value !== 'string' || value === '') {
            return [{ reason: 'member-missing' as const, actual: `${name}: ${member} is ${showValue(value)}` }];
          }
          const read = octets(value);
          if (read === undefined) {
            return [{ reason: 'not-base64url' as const, actual: `${name}: ${member} is ${showValue(value)}` }];
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
  judge(evidence) {
    // A key that stands in no set is as public as any.
    const published = publishedKeys(evidence.keys);
    type Flaw = Breach<'private-member' | 'symmetric-key'> & { readonly at: string };
    const breaches = published.flatMap(({ jwk, name, at }): readonly Flaw[] => {
      if (jwk.kty === 'oct') return [{ reason: 'symmetric-key', actual: `${name}: kty is \`oct\``, at }];
      const found = PRIVATE.filter((member) => Object.hasOwn(jwk, member));
      if (found.length === 0) return [];
      return [{ reason: 'private-member', actual: `${name}: has ${found.join(', ')}`, at }];
    });
    if (breaches.length > 0) return fail(gather(breaches, 'no private member, and no key of type oct'));
    if (published.length > 0) return pass(published.map(({ name }) => name).join(', '));
    return withoutKeySet(evidence) ?? notApplicable('the set is empty');
  },
  examples: {
    pass: [
      { says: 'public members', evidence: golden },
      { says: 'a public key in no set', evidence: withKeySet(served(RSA_KEY)) },
    ],
    fail: {
      'private-member': { says: 'd', evidence: withRsaKey({ d: 'AQAB' }) },
      'symmetric-key': { says: 'oct', evidence: withKeys({ kty: 'oct', kid: 'one', k: 'c2VjcmV0' }) },
    },
  },
});

const LEAST_BITS = 2048;

/** RFC 7518 3.3, 3.5, 4.2 and 4.3 each ask for as much. */
const RSA_ALGORITHM = /^(?:(?:RS|PS)\d+|RSA1_5|RSA-OAEP(?:-\d+)?)$/;

/** Whether the metadata of an issuer names signatures of RSA, which an RSA key has to make. */
function signsByRsa(issuerMetadata: EvidenceMap['issuerMetadata'] | undefined, owner: string): boolean {
  const asked = issuerMetadata?.issuers.find(({ issuer }) => issuer === owner);
  const named = asked && issuerDocument(asked)?.document.id_token_signing_alg_values_supported;
  return Array.isArray(named) && named.some((alg) => /^(?:RS|PS)\d+$/.test(String(alg)));
}

export const usesRsaKeysOf2048Bits = defineCheck({
  ...COMMON,
  id: 'issuer-metadata/uses-rsa-keys-of-2048-bits',
  title: 'Uses RSA keys of 2048 bits or more',
  keyword: 'MUST',
  severity: 'critical',
  pillar: 'signing-key-retrieval',
  requirements: ['RFC7518-3.3-rsa-2048', 'B63'],
  uses: ['issuerMetadata'],
  reasons: {
    'short-for-its-algorithm': {
      says: 'An RSA key that signs has less than 2048 bits, the least for every RSA algorithm of JOSE.',
      fix: {
        general:
          'Make a new RSA key of 2048 bits or more, sign with it, and withdraw the short one once its tokens are over.',
      },
    },
    short: {
      says: 'An RSA key that says nothing of its purpose has less than 2048 bits, too few for every RSA algorithm of JOSE.',
      // The rule binds keys used with the algorithms of 3.3, 3.5, 4.2 and 4.3; a published key may be of no use to them.
      keyword: 'SHOULD',
      fix: { general: 'Withdraw the key if nothing is signed with it, else replace it by one of 2048 bits or more.' },
    },
  },
  judge(evidence) {
    const rsa = (keys: readonly Key[]) => keys.filter((key) => isRsa(key) && octets(key.jwk.n) !== undefined);
    const size = ({ jwk }: Key) => bits(octets(jwk.n)!);
    if (withoutKeySet(evidence) === undefined && rsa(keySets(evidence.keys).flatMap(({ keys }) => keys)).length === 0) {
      return notApplicable('no RSA key is published');
    }
    return judgeSets(evidence, {
      expected: 'n of 2048 bits or more',
      breaches({ owner, keys }) {
        // Where the metadata names RSA signatures and no longer key makes them, the short one does.
        const signs = signsByRsa(evidence.issuerMetadata, owner) && !rsa(keys).some((key) => size(key) >= LEAST_BITS);
        return rsa(keys)
          .filter((key) => size(key) < LEAST_BITS)
          .map((key) => {
            const { alg, use } = key.jwk;
            const bound = typeof alg === 'string' ? RSA_ALGORITHM.test(alg) : use === 'sig' || (signs && use !== 'enc');
            const actual = `${key.name}: ${size(key)} bits, ${typeof alg === 'string' ? alg : 'no alg'}`;
            return { reason: bound ? ('short-for-its-algorithm' as const) : ('short' as const), actual };
          });
      },
      seen: (sets) => sets.flatMap(({ keys }) => rsa(keys).map(({ name }) => name)).join(', '),
    });
  },
  examples: {
    pass: [{ says: '2048 bits', evidence: golden }],
    fail: {
      'short-for-its-algorithm': { says: '1024 bits for RS256', evidence: withRsaKey({ n: `w${'A'.repeat(170)}` }) },
      short: {
        says: '1024 bits, for nobody knows what',
        evidence: withKeys(RSA_KEY, { kty: 'RSA', kid: 'old', e: 'AQAB', n: `w${'A'.repeat(170)}` }),
      },
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
        const actual = `${name}: e is ${showValue(jwk.e)}`;
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
      only: ({ jwk }) => lookup(CURVES, jwk.kty) !== undefined && typeof jwk.crv === 'string',
      otherwise: 'no key lies on a curve',
      breaches: ({ jwk, name }) =>
        lookup(CURVES, jwk.kty)?.includes(String(jwk.crv)) === true
          ? []
          : [{ reason: 'unknown', actual: `${name}: crv is ${showValue(jwk.crv)}` }],
    }),
  examples: {
    pass: [{ says: 'P-256', evidence: withKeys(EC_KEY) }],
    fail: { unknown: { says: 'the name of another document', evidence: withKeys({ ...EC_KEY, crv: 'prime256v1' }) } },
  },
});

export const keyMaterialChecks = [
  publishesWholeKeys,
  publishesNoPrivateKeys,
  usesRsaKeysOf2048Bits,
  usesASoundRsaExponent,
  usesKnownCurves,
];
