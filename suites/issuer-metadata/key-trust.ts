import { X509Certificate } from 'node:crypto';
import { isObject } from '../../fixtures/protocol/answers.ts';
import { issuerDocument, type JsonObject } from '../../fixtures/protocol/documents.ts';
import { urlOf } from '../../fixtures/protocol/urls.ts';
import { defineCheck, notApplicable, untested, type Verdict } from '../check.ts';
import { answering, golden, ISSUER_DOCUMENT, served } from '../golden.ts';
import { isPublicKeySignature, misfit } from './key-algorithms.ts';
import { EC_CERTIFICATE, EC_KEY, judgeKeys, judgeSets, withKeys } from './key-sets.ts';

const COMMON = { party: 'authorization-server', assurance: 'anonymous' } as const;

/** Public members that tell two keys apart; names and labels do not count. */
const MATERIAL = ['kty', 'n', 'e', 'crv', 'x', 'y'] as const;

/** The key of a certificate as a JWK; `undefined` when the certificate or its key cannot be read here. */
function certifiedKey(certificate: string): JsonObject | undefined {
  try {
    const jwk: unknown = new X509Certificate(Buffer.from(certificate, 'base64')).publicKey.export({ format: 'jwk' });
    return isObject(jwk) ? jwk : undefined;
  } catch {
    return undefined;
  }
}

export const publishesCertificatesOfItsKeys = defineCheck({
  ...COMMON,
  id: 'issuer-metadata/publishes-certificates-of-its-keys',
  title: 'Publishes with each key certificates of that key',
  keyword: 'ADVICE',
  severity: 'medium',
  requirements: ['RFC7517-4.7-x5c-matches-key'],
  needs: ['keys'],
  reasons: {
    'other-key': {
      says: 'The first certificate in x5c is of another key, so verifiers that read x5c and those that read n or x disagree.',
      fix: { general: 'Put the certificate of this very key first in x5c, or leave x5c out; few verifiers need it.' },
    },
    unreadable: {
      says: 'The first entry of x5c cannot be read as a certificate.',
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
        const differing = MATERIAL.filter((member) => jwk[member] !== certified[member]);
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

export const hasAKeyForItsAlgorithms = defineCheck({
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
    },
  },
  judge({ keys, issuerMetadata }) {
    const advertised = issuerMetadata.issuers.flatMap((asked) => {
      const named = issuerDocument(asked)?.document.id_token_signing_alg_values_supported;
      const algorithms = Array.isArray(named) ? named.filter(isPublicKeySignature) : [];
      return algorithms.length === 0 ? [] : [{ issuer: asked.issuer, algorithms }];
    });
    if (keys.sets.length > 0 && advertised.length === 0) {
      return notApplicable('the metadata names no algorithm with a public key');
    }
    const empty = keys.sets.length > 0 && withoutAnyKey(keys);
    if (empty) {
      return untested('there is no key', 'a published key', 'issuer-metadata/publishes-a-keys-array');
    }
    return judgeSets(
      { keys },
      'a key for each algorithm in id_token_signing_alg_values_supported',
      ({ owner, keys: published }) => {
        // A key without kty is a finding of its own, and fits nothing.
        const typed = published.filter(({ jwk }) => typeof jwk.kty === 'string');
        const algorithms = advertised.find(({ issuer }) => issuer === owner)?.algorithms ?? [];
        const unserved = algorithms.filter((alg) => !typed.some(({ jwk }) => misfit(alg, jwk) === undefined));
        if (unserved.length === 0 || typed.length === 0) return [];
        const actual = `no key for ${unserved.join(', ')}`;
        return [{ reason: unserved.length === algorithms.length ? 'none-fits' : 'one-unserved', actual }];
      },
      () => advertised.flatMap(({ algorithms }) => algorithms).join(', '),
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

/** A set that can be read holds no key at all; whether one can be read is asked elsewhere. */
function withoutAnyKey(keys: (typeof golden)['keys']): boolean {
  const verdict = judgeKeys({ keys }, { expected: 'a key', otherwise: 'the set is empty', breaches: () => [] });
  return verdict.kind === 'not-applicable';
}

export const keepsItsKeysAtItsOwnHost = defineCheck({
  ...COMMON,
  id: 'issuer-metadata/keeps-its-keys-at-its-own-host',
  title: 'Keeps its keys at the host of the issuer',
  keyword: 'ADVICE',
  severity: 'low',
  requirements: ['AUTH0-endpoints-https-origin', 'AUTH0-jwks-available'],
  needs: ['keys'],
  uses: ['issuerMetadata'],
  reasons: {
    'other-host': {
      says: 'The key set stands at another host than the issuer: who holds that host decides which tokens are good.',
      fix: {
        general:
          'Serve the keys at the issuer’s own host if you can. If another host is meant, watch its DNS and certificate as you watch the issuer’s, and allow it in the servers that fetch the keys.',
      },
    },
  },
  judge({ keys, issuerMetadata }): Verdict<'other-host'> {
    const issuers = issuerMetadata?.issuers.map(({ issuer }) => issuer);
    return judgeSets(
      { keys },
      'jwks_uri at the host of the issuer',
      ({ owner, jwksUri }) => {
        const [home, host] = [urlOf(owner)?.hostname, urlOf(jwksUri)?.hostname];
        const judged = issuers?.includes(owner) ?? true;
        return !judged || home === undefined || host === undefined || home === host
          ? []
          : [{ reason: 'other-host', actual: `${jwksUri} for the issuer ${owner}` }];
      },
      (sets) => sets.map(({ jwksUri }) => jwksUri).join(', '),
    );
  },
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

export const keyTrustChecks = [publishesCertificatesOfItsKeys, hasAKeyForItsAlgorithms, keepsItsKeysAtItsOwnHost];
