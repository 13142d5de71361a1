import { defineCheck } from '../check.ts';
import { golden } from '../golden.ts';
import { misfit, purposeOf, purposeOfKey } from './key-algorithms.ts';
import {
  EC_KEY,
  judgeKeys,
  judgeSets,
  type Key,
  MATERIAL,
  RSA_KEY,
  showValue,
  withKeys,
  withRsaKey,
} from './key-sets.ts';

const COMMON = { party: 'authorization-server', assurance: 'anonymous', needs: ['keys'] } as const;

export const givesKeysIdsWhereThereAreSeveral = defineCheck({
  ...COMMON,
  id: 'issuer-metadata/gives-keys-ids-where-there-are-several',
  title: 'Gives each of several keys an id',
  keyword: 'ADVICE',
  severity: 'medium',
  requirements: ['RFC7517-4.5-kid-distinct', 'AUTH0-jwks-multi-key'],
  reasons: {
    absent: {
      says: 'One of several keys has no kid, so a verifier cannot tell which key signed and may refuse after a rotation.',
      fix: {
        general: 'Give each key a kid, for example its RFC 7638 thumbprint, and write it into each token header.',
      },
    },
  },
  judge: (evidence) =>
    judgeSets(evidence, {
      expected: 'kid in each key of a set of several',
      breaches: ({ keys }) =>
        keys.length < 2
          ? []
          : keys
              .filter(({ jwk }) => typeof jwk.kid !== 'string' || jwk.kid === '')
              .map(({ jwk, name }) => ({ reason: 'absent', actual: `${name}: kid is ${showValue(jwk.kid)}` })),
      seen: (sets) => sets.flatMap(({ keys }) => keys.map(({ name }) => name)).join(', ') || 'no key is without id',
    }),
  examples: {
    pass: [{ says: 'a single key', evidence: golden }],
    fail: { absent: { says: 'two keys, one id', evidence: withKeys(RSA_KEY, { ...EC_KEY, kid: undefined }) } },
  },
});

export const givesEachKeyItsOwnId = defineCheck({
  ...COMMON,
  id: 'issuer-metadata/gives-each-key-its-own-id',
  title: 'Gives each key an id of its own',
  keyword: 'SHOULD',
  severity: 'high',
  requirements: ['RFC7517-4.5-kid-distinct', 'B63'],
  reasons: {
    repeated: {
      says: 'Two keys of one type have the same kid, so a verifier may pick the wrong one and refuse good tokens.',
      fix: { general: 'Give each key a kid that no other has and none had before; a thumbprint (RFC 7638) is one.' },
    },
  },
  judge: (evidence) =>
    judgeSets(evidence, {
      expected: 'kid values that differ among keys of one type',
      breaches({ keys }) {
        // RFC 7517 4.5 itself gives the example of one kid for keys of different types.
        const label = ({ jwk }: Key) => (typeof jwk.kid === 'string' ? JSON.stringify([jwk.kty, jwk.kid]) : undefined);
        const isOther = (one: Key, other: Key) => MATERIAL.some((member) => one.jwk[member] !== other.jwk[member]);
        return keys
          .filter((key, index) =>
            keys
              .slice(0, index)
              .some((earlier) => label(key) !== undefined && label(earlier) === label(key) && isOther(key, earlier)),
          )
          .map(({ jwk, name }) => ({ reason: 'repeated', actual: `${name} has the kid of an earlier ${jwk.kty} key` }));
      },
      seen: (sets) => sets.flatMap(({ keys }) => keys.map(({ name }) => name)).join(', ') || 'no id is repeated',
    }),
  examples: {
    pass: [
      { says: 'one', evidence: golden },
      { says: 'another type', evidence: withKeys(RSA_KEY, { ...EC_KEY, kid: RSA_KEY.kid }) },
      { says: 'one key, listed twice', evidence: withKeys(RSA_KEY, RSA_KEY) },
    ],
    fail: {
      repeated: { says: 'two of a kind', evidence: withKeys(EC_KEY, { ...EC_KEY, x: EC_KEY.y, y: EC_KEY.x }) },
    },
  },
});

const operations = ({ jwk }: Key): readonly unknown[] => (Array.isArray(jwk.key_ops) ? jwk.key_ops : []);

/** Operations that a use excludes (RFC 7517 4.2, 4.3). */
const FOREIGN_OPERATIONS: Readonly<Record<string, readonly unknown[]>> = {
  sig: ['encrypt', 'decrypt', 'wrapKey', 'unwrapKey', 'deriveKey', 'deriveBits'],
  enc: ['sign', 'verify'],
};

const foreignOperations = (key: Key) => {
  const { use } = key.jwk;
  const foreign = typeof use === 'string' && Object.hasOwn(FOREIGN_OPERATIONS, use) ? FOREIGN_OPERATIONS[use]! : [];
  return operations(key).filter((each) => foreign.includes(each));
};

export const saysTheUseOfAKeyConsistently = defineCheck({
  ...COMMON,
  id: 'issuer-metadata/says-the-use-of-a-key-consistently',
  title: 'Says without contradiction what each key is for',
  keyword: 'MUST',
  severity: 'medium',
  requirements: ['RFC7517-4.3-use-and-key-ops'],
  reasons: {
    'repeated-operation': {
      says: 'key_ops names an operation twice.',
      fix: {
        general:
          'Name each operation once; for a key that checks signatures "key_ops":["verify"], or only "use":"sig".',
      },
    },
    contradiction: {
      says: 'use and key_ops of a key contradict each other, so some libraries refuse to use it.',
      fix: {
        general: 'Drop key_ops, and keep "use":"sig" for keys that check signatures and "use":"enc" for encryption.',
      },
    },
    both: {
      says: 'A key has use and key_ops, which say the same in two ways.',
      keyword: 'SHOULD',
      fix: { general: 'Keep "use" and drop "key_ops" (RFC 7517 4.3: they should not be used together).' },
    },
  },
  judge: (evidence) =>
    judgeKeys(evidence, {
      expected: 'use or key_ops, each operation once',
      breaches(key) {
        const { jwk, name } = key;
        const named = operations(key);
        const actual = `${name}: use is ${showValue(jwk.use)}, key_ops is ${showValue(jwk.key_ops)}`;
        if (new Set(named).size < named.length) return [{ reason: 'repeated-operation', actual }];
        if (foreignOperations(key).length > 0) return [{ reason: 'contradiction', actual }];
        return jwk.use !== undefined && jwk.key_ops !== undefined ? [{ reason: 'both', actual }] : [];
      },
    }),
  examples: {
    pass: [{ says: 'use', evidence: golden }],
    fail: {
      'repeated-operation': {
        says: 'verify twice',
        evidence: withRsaKey({ use: undefined, key_ops: ['verify', 'verify'] }),
      },
      contradiction: { says: 'sig to encrypt', evidence: withRsaKey({ key_ops: ['encrypt'] }) },
      both: { says: 'sig and verify', evidence: withRsaKey({ key_ops: ['verify'] }) },
    },
  },
});

export const saysTheUseOfKeysWhereUsesAreMixed = defineCheck({
  ...COMMON,
  id: 'issuer-metadata/says-the-use-of-keys-where-uses-are-mixed',
  title: 'Says use of each key where keys to sign and to encrypt are mixed',
  keyword: 'MUST',
  severity: 'medium',
  requirements: ['RFC7517-4.2-use-when-mixed'],
  reasons: {
    absent: {
      says: 'The set holds keys to sign and keys to encrypt, and one of them has no use.',
      fix: { general: 'Add "use":"sig" or "use":"enc" to every key of the set (RFC 8414 2, jwks_uri).' },
    },
  },
  judge: (evidence) =>
    judgeSets(evidence, {
      expected: 'use in every key of a mixed set',
      breaches({ keys }) {
        const purposes = keys.map(({ jwk }) => purposeOfKey(jwk));
        if (!purposes.includes('sig') || !purposes.includes('enc')) return [];
        return keys
          .filter(({ jwk }) => jwk.use === undefined)
          .map(({ name }) => ({ reason: 'absent', actual: `${name}: use is absent` }));
      },
      seen: () => 'no key of a mixed set is without use',
    }),
  examples: {
    pass: [
      { says: 'one purpose', evidence: golden },
      { says: 'two', evidence: withKeys(RSA_KEY, { ...EC_KEY, use: 'enc' }) },
    ],
    fail: {
      absent: { says: 'one says nothing', evidence: withKeys(RSA_KEY, { ...EC_KEY, alg: 'ECDH-ES' }) },
    },
  },
});

export const namesAnAlgorithmThatFitsTheKey = defineCheck({
  ...COMMON,
  id: 'issuer-metadata/names-an-algorithm-that-fits-the-key',
  title: 'Names for each key an algorithm that fits it',
  keyword: 'MUST',
  severity: 'high',
  pillar: 'signing-key-retrieval',
  requirements: ['RFC8725-3.1-alg-matches-key', 'RFC7518-3.3-rsa-2048', 'RFC7518-6.2.1-ec-public-members'],
  reasons: {
    'other-type': {
      says: 'alg of a key is for another type of key.',
      fix: {
        general:
          'Let alg name what signs with this key: RS256 for RSA, ES256 for EC. An HS algorithm beside a public key invites forgery with that key as the secret.',
      },
    },
    'other-curve': {
      says: 'alg of a key is for another curve.',
      fix: {
        general: 'ES256 goes with P-256, ES384 with P-384, ES512 with P-521: correct alg or make a key on its curve.',
      },
    },
    'other-use': {
      says: 'alg of a key is for another purpose than its use.',
      fix: {
        general:
          'Let use be "sig" beside RS256 or ES256 and "enc" beside RSA-OAEP or ECDH-ES; one key serves one purpose.',
      },
    },
  },
  judge: (evidence) =>
    judgeKeys(evidence, {
      expected: 'an alg for the type, curve and use of the key',
      only: ({ jwk }) => typeof jwk.alg === 'string' && typeof jwk.kty === 'string',
      otherwise: 'no key names an algorithm',
      breaches({ jwk, name }) {
        const wrong = misfit(jwk.alg, jwk);
        if (wrong === 'type') {
          return [
            { reason: 'other-type', actual: `${name}: alg is ${showValue(jwk.alg)}, kty is ${showValue(jwk.kty)}` },
          ];
        }
        if (wrong === 'curve') {
          return [
            { reason: 'other-curve', actual: `${name}: alg is ${showValue(jwk.alg)}, crv is ${showValue(jwk.crv)}` },
          ];
        }
        const meant = purposeOf(jwk.alg);
        return meant !== undefined && (jwk.use === 'sig' || jwk.use === 'enc') && jwk.use !== meant
          ? [{ reason: 'other-use', actual: `${name}: alg is ${showValue(jwk.alg)}, use is ${showValue(jwk.use)}` }]
          : [];
      },
    }),
  examples: {
    pass: [{ says: 'RS256', evidence: golden }],
    fail: {
      'other-type': { says: 'HS256 on RSA', evidence: withRsaKey({ alg: 'HS256' }) },
      'other-curve': { says: 'ES384 on P-256', evidence: withKeys({ ...EC_KEY, alg: 'ES384' }) },
      'other-use': { says: 'RS256 to encrypt', evidence: withRsaKey({ use: 'enc' }) },
    },
  },
});

export const keyLabelChecks = [
  givesKeysIdsWhereThereAreSeveral,
  givesEachKeyItsOwnId,
  saysTheUseOfAKeyConsistently,
  saysTheUseOfKeysWhereUsesAreMixed,
  namesAnAlgorithmThatFitsTheKey,
];
