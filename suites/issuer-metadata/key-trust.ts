import { X509Certificate } from 'node:crypto';
import { isObject } from '../../fixtures/protocol/answers.ts';
import type { JsonObject } from '../../fixtures/protocol/documents.ts';
import { absoluteUrl } from '../../fixtures/protocol/urls.ts';
import { defineCheck, notApplicable, untested, type Verdict } from '../check.ts';
import { answering, golden, ISSUER_DOCUMENT, served } from '../golden.ts';
import { documentsOf } from './documents/document.ts';
import { canVerify, isPublicKeySignature } from './key-algorithms.ts';
import {
  EC_CERTIFICATE,
  EC_KEY,
  judgeKeys,
  judgeSets,
  type Key,
  keySets,
  MATERIAL,
  octets,
  withKeys,
} from './key-sets.ts';

const COMMON = { party: 'authorization-server', assurance: 'anonymous' } as const;

/** RFC 7517 4.7 wants base64 with padding, which readers of Node.js do not insist on. */
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** The key of a certificate as a JWK; `undefined` when the certificate or its key cannot be read here. */
function certifiedKey(certificate: string): JsonObject | undefined {
  if (!BASE64.test(certificate)) return undefined;
  try {
    const jwk: unknown = new X509Certificate(Buffer.from(certificate, 'base64')).publicKey.export({ format: 'jwk' });
    return isObject(jwk) ? jwk : undefined;
  } catch {
    return undefined;
  }
}

/** A modulus without the sign octet that some libraries put before it, which is a finding of its own. */
function plain(member: string, value: unknown): unknown {
  const number = member === 'n' ? octets(value) : undefined;
  return number === undefined || number[0] !== 0 ? value : number.subarray(1).toString('base64url');
}

export const publishesCertificatesOfItsKeys = defineCheck({
  ...COMMON,
  id: 'issuer-metadata/publishes-certificates-of-its-keys',
  title: 'Publishes with each key certificates of that key',
  keyword: 'MUST',
  severity: 'medium',
  requirements: ['RFC7517-4.7-x5c-matches-key'],
  needs: ['keys'],
  reasons: {
    'other-key': {
      says: 'The first certificate in x5c is of another key, so verifiers that read x5c and those that read n or x disagree.',
      fix: { general: 'Put the certificate of this very key first in x5c, or leave x5c out; few verifiers need it.' },
    },
    unreadable: {
      says: 'The first entry of x5c is no certificate in base64.',
      // What cannot be read here may be a certificate that software here does not know.
      keyword: 'SHOULD',
      fix: { general: 'Write the DER of the certificate in base64 (not base64url, no PEM header), or leave x5c out.' },
    },
  },
  judge: (evidence) =>
    judgeKeys(evidence, {
      expected: 'a first certificate with the key of the other members',
      only: ({ jwk }) => Array.isArray(jwk.x5c),
      otherwise: 'no key comes with a certificate',
      breaches({ jwk, name }) {
        const first: unknown = Array.isArray(jwk.x5c) ? jwk.x5c[0] : undefined;
        const certified = typeof first === 'string' ? certifiedKey(first) : undefined;
        if (certified === undefined) return [{ reason: 'unreadable', actual: `${name}: x5c holds no certificate` }];
        const differing = MATERIAL.filter((member) => plain(member, jwk[member]) !== certified[member]);
        return differing.length === 0
          ? []
          : [{ reason: 'other-key', actual: `${name}: the certificate differs in ${differing.join(', ')}` }];
      },
    }),
  examples: {
    pass: [{ says: 'its own certificate', evidence: withKeys({ ...EC_KEY, x5c: [EC_CERTIFICATE] }) }],
    fail: {
      'other-key': { says: 'of another', evidence: withKeys({ ...EC_KEY, x: EC_KEY.y, x5c: [EC_CERTIFICATE] }) },
      unreadable: { says: 'PEM', evidence: withKeys({ ...EC_KEY, x5c: ['-----BEGIN CERTIFICATE-----'] }) },
    },
  },
});

/** Golden evidence whose issuer names these algorithms and publishes this key. */
function advertising(algorithms: readonly string[], key: object) {
  const metadata = served({ ...ISSUER_DOCUMENT, id_token_signing_alg_values_supported: algorithms });
  return {
    keys: withKeys(key).keys,
    issuerMetadata: answering(/^issuerMetadata\/issuer-1/, metadata).issuerMetadata,
  };
}

export const hasAKeyForItsSigningAlgorithms = defineCheck({
  ...COMMON,
  id: 'issuer-metadata/has-a-key-for-its-signing-algorithms',
  title: 'Publishes a key for the algorithms it says it signs with',
  keyword: 'SHOULD',
  severity: 'high',
  requirements: ['AUTH0-jwks-available', 'RFC8725-3.1-alg-matches-key'],
  needs: ['keys', 'issuerMetadata'],
  reasons: {
    'none-fits': {
      says: 'No published key fits any algorithm that the metadata names for signatures.',
      fix: {
        general:
          'Publish the key that signs, or correct id_token_signing_alg_values_supported: RS256 and PS256 need an RSA key, ES256 an EC key on P-256.',
      },
    },
    'one-unserved': {
      says: 'The metadata names a signing algorithm for which there is no key.',
      // What a server could sign with, were it told to, is often listed whole.
      keyword: 'ADVICE',
      fix: { general: 'Name only algorithms that are in use: clients may ask for any that is listed.' },
      providerFact: {
        auth0: 'Auth0 lists HS256, RS256 and PS256 for every tenant, whatever its keys are labelled for.',
      },
    },
  },
  judge({ keys, issuerMetadata }) {
    const advertised = issuerMetadata.issuers.flatMap((asked) =>
      documentsOf(asked).flatMap(({ issuer, document }) => {
        const named = document.id_token_signing_alg_values_supported;
        const algorithms = Array.isArray(named) ? named.filter(isPublicKeySignature) : [];
        return algorithms.length === 0 ? [] : [{ issuer, jwksUri: document.jwks_uri, algorithms }];
      }),
    );
    const sets = keySets(keys);
    if (sets.length > 0 && advertised.length === 0) {
      return notApplicable('the metadata names no algorithm with a public key');
    }
    const blocked = withoutAnyKey(sets.flatMap((set) => set.keys));
    if (sets.length > 0 && blocked !== undefined) return blocked;
    return judgeSets(
      { keys },
      {
        expected: 'a key for each algorithm in id_token_signing_alg_values_supported',
        breaches({ owner, jwksUri, keys: published }) {
          const naming = advertised.filter((each) => each.issuer === owner && each.jwksUri === jwksUri);
          const algorithms = [...new Set(naming.flatMap((each) => each.algorithms))];
          const unserved = algorithms.filter((alg) => !published.some(({ jwk }) => canVerify(jwk, alg)));
          if (unserved.length === 0 || withoutAnyKey(published) !== undefined) return [];
          const actual = `no key for ${unserved.join(', ')}`;
          return [{ reason: unserved.length === algorithms.length ? 'none-fits' : 'one-unserved', actual }];
        },
        seen: () => [...new Set(advertised.flatMap(({ algorithms }) => algorithms))].join(', '),
      },
    );
  },
  examples: {
    pass: [{ says: 'RSA for RS256', evidence: golden }],
    fail: {
      'none-fits': { says: 'EC for RS256', evidence: advertising(['RS256'], EC_KEY) },
      'one-unserved': { says: 'EC for RS256 and ES256', evidence: advertising(['RS256', 'ES256'], EC_KEY) },
    },
  },
});

/** Why no key could fit any algorithm, where another check reports it. */
function withoutAnyKey(keys: readonly Key[]): Verdict<never> | undefined {
  if (keys.length === 0) {
    return untested('there is no key', 'a published key', 'issuer-metadata/publishes-a-keys-array');
  }
  if (!keys.some(({ jwk }) => typeof jwk.kty === 'string' && jwk.kty !== '')) {
    return untested('no key has a type', 'a key with kty', 'issuer-metadata/says-the-type-of-each-key');
  }
  return keys.some(({ jwk }) => canVerify(jwk))
    ? undefined
    : untested(
        'no key is for signatures',
        'a key that verifies signatures',
        'flow/leads-from-metadata-to-keys-that-verify',
      );
}

export const keepsItsKeysAtItsOwnHost = defineCheck({
  ...COMMON,
  id: 'issuer-metadata/keeps-its-keys-at-its-own-host',
  title: 'Keeps its keys at the host of the issuer',
  keyword: 'ADVICE',
  severity: 'low',
  requirements: ['AUTH0-endpoints-https-origin', 'AUTH0-jwks-available'],
  needs: ['keys'],
  reasons: {
    'other-host': {
      says: 'The key set stands at another host than the issuer: who holds that host decides which tokens are good.',
      fix: {
        general:
          'Serve the keys at the issuer’s own host if you can. If another host is meant, watch its DNS and certificate as you watch the issuer’s, and allow it in the servers that fetch the keys.',
      },
    },
  },
  judge: (evidence) =>
    judgeSets<'other-host'>(evidence, {
      expected: 'jwks_uri at the host of the issuer',
      breaches({ owner, jwksUri }) {
        const [home, host] = [absoluteUrl(owner)?.hostname, absoluteUrl(jwksUri)?.hostname];
        return home === undefined || host === undefined || home === host
          ? []
          : [{ reason: 'other-host', actual: `${jwksUri} for the issuer ${owner}` }];
      },
      seen: (sets) => sets.map(({ jwksUri }) => jwksUri).join(', '),
    }),
  examples: {
    pass: [{ says: 'own host', evidence: golden }],
    fail: {
      'other-host': {
        says: 'elsewhere',
        evidence: {
          keys: {
            sets: golden.keys.sets.map((set) => ({ ...set, jwksUri: 'https://keys.example.net/jwks.json' })),
          },
        },
      },
    },
  },
});

export const keyTrustChecks = [
  publishesCertificatesOfItsKeys,
  hasAKeyForItsSigningAlgorithms,
  keepsItsKeysAtItsOwnHost,
];
