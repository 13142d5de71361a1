import type { Exchange } from '../../fixtures/evidence.ts';
import { describe, isObject, mediaType } from '../../fixtures/protocol/answers.ts';
import { BYTE_ORDER_MARK, documentIn, last } from '../../fixtures/protocol/documents.ts';
import { type Breach, gather } from '../challenge/refusals.ts';
import { defineCheck, fail, notApplicable, pass, untested, type Verdict } from '../check.ts';
import { unheard } from '../delivery.ts';
import { answering, golden, served } from '../golden.ts';
import {
  judgeKeys,
  judgeSets,
  RSA_KEY,
  setsOfIssuers,
  showValue,
  withKeySet,
  withKeys,
  withRsaKey,
} from './key-sets.ts';

const COMMON = { party: 'authorization-server', assurance: 'anonymous', needs: ['keys'] } as const;

export const servesItsKeySet = defineCheck({
  ...COMMON,
  id: 'issuer-metadata/serves-its-key-set',
  title: 'Serves its key set where its metadata says',
  keyword: 'MUST',
  severity: 'critical',
  pillar: 'signing-key-retrieval',
  requirements: ['AUTH0-jwks-available', 'RFC7517-5-keys-array', 'RFC8414-2-core-endpoints'],
  reasons: {
    'no-answer': {
      says: 'Nothing answers at jwks_uri, so nobody can check the signature of a token.',
      fix: {
        general:
          'Write into jwks_uri the public URL of the key set, as servers see it from outside, and let them reach it: DNS, certificate, firewall, port.',
        auth0: {
          text: 'A tenant serves its keys at https://YOUR_DOMAIN/.well-known/jwks.json. With a custom domain, finish its verification first.',
        },
      },
    },
    'wrong-status': {
      says: 'jwks_uri does not answer 200, so nobody can check the signature of a token.',
      fix: { general: 'Serve the key set at jwks_uri to everyone, with status 200 and without a sign-in or a key.' },
    },
    'not-a-json-object': {
      says: 'jwks_uri answers 200, but with no JSON object.',
      fix: {
        general:
          'Serve {"keys":[…]} there, not PEM and not a bare array; an HTML page usually means that a web application answers unknown paths with its start page.',
      },
    },
  },
  judge({ keys }) {
    const sets = setsOfIssuers(keys);
    const named = sets.flatMap(({ jwksUri, fetched }) =>
      fetched === undefined ? [] : [{ jwksUri, exchange: last(fetched) }],
    );
    if (sets.length === 0) return notApplicable('no metadata of an issuer names a key set');
    const unread = named.filter(({ exchange }) => documentIn(exchange) === undefined);
    const breaches = unread
      .filter(({ exchange }) => unjudged(exchange) === undefined)
      .map(({ jwksUri, exchange }) => {
        const { answer } = exchange;
        const actual = `${jwksUri}: ${describe(exchange)}`;
        if (answer === undefined) return { reason: 'no-answer' as const, actual, at: exchange.id };
        if (answer.status !== 200) return { reason: 'wrong-status' as const, actual, at: exchange.id };
        const type = mediaType(answer) || 'no content type';
        return { reason: 'not-a-json-object' as const, actual: `${jwksUri}: status 200, ${type}`, at: exchange.id };
      });
    if (breaches.length > 0) return fail(gather(breaches, 'status 200 and a JWK set'));
    const [stopped] = unread;
    if (stopped !== undefined) return unjudged(stopped.exchange)!;
    if (named.length < sets.length) {
      return untested(
        'jwks_uri is no absolute URL',
        'an absolute https URL as jwks_uri',
        'issuer-metadata/names-endpoints-by-absolute-urls',
      );
    }
    return pass(`${[...new Set(named.map(({ jwksUri }) => jwksUri))].join(', ')} answered 200 with a JSON object`);
  },
  examples: {
    pass: [{ says: 'a set', evidence: golden }],
    fail: {
      'no-answer': {
        says: 'nobody listens',
        evidence: answering(/^keys\/set-1/, { failure: { kind: 'refused', message: 'connection refused' } }),
      },
      'wrong-status': { says: '404', evidence: withKeySet({ status: 404 }) },
      'not-a-json-object': {
        says: 'a web page',
        evidence: withKeySet({ headers: { 'Content-Type': 'text/html' }, body: '<!doctype html>' }),
      },
    },
  },
});

/** Why nothing can be said of a key set that was not read. */
function unjudged(exchange: Exchange): Verdict<never> | undefined {
  const { request, answer, failure } = exchange;
  const cut = (answer?.status === 200 && answer.truncated) || failure?.kind === 'too-large';
  return unheard(exchange) ?? (cut ? untested(`${request.url}: too long to be read`, 'a shorter key set') : undefined);
}

export const publishesAKeysArray = defineCheck({
  ...COMMON,
  id: 'issuer-metadata/publishes-a-keys-array',
  title: 'Publishes its keys as an array of keys',
  keyword: 'MUST',
  severity: 'critical',
  pillar: 'signing-key-retrieval',
  requirements: ['RFC7517-5-keys-array', 'AUTH0-jwks-available'],
  reasons: {
    'no-array': {
      says: 'The JSON at jwks_uri has no array named keys, so it is no JWK set.',
      fix: { general: 'Serve {"keys":[{…}]}: a single key or a map of keys by id has to be wrapped.' },
    },
    'not-a-key': {
      says: 'An entry of keys is no JSON object.',
      fix: { general: 'Let each entry of keys be a JWK object such as {"kty":"RSA","n":"…","e":"AQAB"}; convert PEM.' },
    },
    empty: {
      says: 'The key set is empty, so no signature can be checked.',
      // RFC 7517 5 lets an array be empty, and who signs nothing has nothing to publish.
      keyword: 'SHOULD',
      fix: { general: 'Publish the public half of each key that signs; find out why the signing key is not loaded.' },
    },
  },
  judge({ keys }) {
    const sets = setsOfIssuers(keys);
    const found = sets.flatMap(({ jwksUri, fetched }) => {
      const exchange = fetched === undefined ? undefined : last(fetched);
      const document = documentIn(exchange);
      return exchange === undefined || document === undefined
        ? []
        : [{ jwksUri, values: document.keys, at: exchange.id }];
    });
    if (sets.length === 0) return notApplicable('no metadata of an issuer names a key set');
    if (found.length === 0) {
      return untested('no key set could be read', 'a JWK set at jwks_uri', 'issuer-metadata/serves-its-key-set');
    }
    type Flaw = Breach<'no-array' | 'empty' | 'not-a-key'> & { readonly at: string };
    const breaches = found.flatMap(({ jwksUri, values, at }): readonly Flaw[] => {
      if (!Array.isArray(values)) {
        const actual = `${jwksUri}: keys is ${values === undefined ? 'absent' : typeof values}`;
        return [{ reason: 'no-array' as const, actual, at }];
      }
      if (values.length === 0) return [{ reason: 'empty' as const, actual: `${jwksUri}: \`"keys":[]\``, at }];
      return values.flatMap((value, index) =>
        isObject(value)
          ? []
          : [{ reason: 'not-a-key' as const, actual: `${jwksUri}: entry ${index + 1} is ${showValue(value)}`, at }],
      );
    });
    return breaches.length > 0
      ? fail(gather(breaches, '`"keys":[{…}]`'))
      : pass(found.map(({ jwksUri }) => `an array of keys at ${jwksUri}`).join(', '));
  },
  examples: {
    pass: [{ says: 'one key', evidence: golden }],
    fail: {
      'no-array': { says: 'a bare key', evidence: withKeySet(served(RSA_KEY)) },
      'not-a-key': { says: 'a string', evidence: withKeySet(served({ keys: ['-----BEGIN PUBLIC KEY-----'] })) },
      empty: { says: 'none', evidence: withKeys() },
    },
  },
});

export const sendsItsKeySetAsJson = defineCheck({
  ...COMMON,
  id: 'issuer-metadata/sends-its-key-set-as-json',
  title: 'Labels its key set as JSON',
  keyword: 'ADVICE',
  severity: 'low',
  requirements: ['RFC7517-5-keys-array', 'AUTH0-jwks-available'],
  reasons: {
    'byte-order-mark': {
      says: 'The key set begins with a byte order mark, at which many parsers stop.',
      fix: { general: 'Save or send the key set as UTF-8 without a byte order mark (RFC 8259 8.1).' },
    },
    'other-type': {
      says: 'The media type of the key set is not one of JSON; strict libraries refuse to read it.',
      fix: {
        general: 'Send Content-Type: application/json or application/jwk-set+json (RFC 7517 8.5) with the key set.',
      },
    },
  },
  judge: (evidence) =>
    judgeSets(evidence, {
      expected: 'application/json or application/jwk-set+json',
      breaches({ jwksUri, exchange }) {
        if (exchange.answer?.body.startsWith(BYTE_ORDER_MARK)) {
          return [{ reason: 'byte-order-mark', actual: `${jwksUri} begins with U+FEFF` }];
        }
        const type = mediaType(exchange.answer);
        if (/^application\/([\w.-]+\+)?json$/.test(type)) return [];
        return [{ reason: 'other-type', actual: `${jwksUri}: ${type || 'no content type'}` }];
      },
      seen: (sets) => sets.map(({ exchange }) => mediaType(exchange.answer)).join(', '),
    }),
  examples: {
    pass: [
      { says: 'application/json', evidence: golden },
      {
        says: 'the type of key sets',
        evidence: withKeySet({
          headers: { 'Content-Type': 'application/jwk-set+json' },
          body: JSON.stringify({ keys: [RSA_KEY] }),
        }),
      },
    ],
    fail: {
      'byte-order-mark': {
        says: 'a mark',
        evidence: withKeySet({
          headers: { 'Content-Type': 'application/json' },
          body: `${BYTE_ORDER_MARK}${JSON.stringify({ keys: [RSA_KEY] })}`,
        }),
      },
      'other-type': {
        says: 'text/plain',
        evidence: withKeySet({
          headers: { 'Content-Type': 'text/plain' },
          body: JSON.stringify({ keys: [RSA_KEY] }),
        }),
      },
    },
  },
});

export const saysTheTypeOfEachKey = defineCheck({
  ...COMMON,
  id: 'issuer-metadata/says-the-type-of-each-key',
  title: 'Says the type of each key',
  keyword: 'MUST',
  severity: 'high',
  pillar: 'signing-key-retrieval',
  requirements: ['RFC7517-4.1-kty-present'],
  reasons: {
    absent: {
      says: 'A published key has no kty, so no library can load it.',
      fix: { general: 'Give each key its kty: "RSA", "EC" or "OKP", written exactly so.' },
    },
  },
  judge: (evidence) =>
    judgeKeys(evidence, {
      expected: 'kty as a string in each key',
      breaches: ({ jwk, name }) =>
        typeof jwk.kty === 'string' && jwk.kty !== ''
          ? []
          : [{ reason: 'absent', actual: `${name}: kty is ${showValue(jwk.kty)}` }],
    }),
  examples: {
    pass: [{ says: 'RSA', evidence: golden }],
    fail: { absent: { says: 'a key without kty', evidence: withRsaKey({ kty: undefined }) } },
  },
});

export const keyRetrievalChecks = [servesItsKeySet, publishesAKeysArray, sendsItsKeySetAsJson, saysTheTypeOfEachKey];
