import type { Exchange } from '../../fixtures/evidence.ts';
import { describe, header, headerValues, isSuccess, listHeader } from '../../fixtures/protocol/answers.ts';
import { documentIn } from '../../fixtures/protocol/documents.ts';
import { quote } from '../challenge/refusals.ts';
import { defineCheck, notApplicable, type Verdict } from '../check.ts';
import { answering, golden, served } from '../golden.ts';
import { EC_KEY, judgeSets, type KeySet, keySets, RSA_KEY, toKeys, withKeySet, withKeys } from './key-sets.ts';

const COMMON = { party: 'authorization-server', assurance: 'anonymous', needs: ['keys'] } as const;

/** What makes a set the same as another: its keys, in any order. */
function identities(values: unknown): string {
  const keys = toKeys(Array.isArray(values) ? values : []);
  return keys
    .map(({ jwk: { kty, kid, n, crv, x } }) => JSON.stringify([kty, kid, n, crv, x]))
    .sort()
    .join();
}

const names = (values: unknown) =>
  toKeys(Array.isArray(values) ? values : [])
    .map(({ name }) => name)
    .join(', ') || 'no key';

export const servesTheSameKeysAgain = defineCheck({
  ...COMMON,
  id: 'issuer-metadata/serves-the-same-keys-again',
  title: 'Serves the same keys at each fetch',
  keyword: 'ADVICE',
  severity: 'medium',
  requirements: ['AUTH0-jwks-multi-key', 'AUTH0-jwks-available'],
  reasons: {
    'other-keys': {
      says: 'A second fetch of the key set brought other keys: nodes behind one address may hold different sets.',
      fix: {
        general:
          'Let every node publish the same set, before it signs with a new key. If a rotation took place just now, run again.',
      },
    },
    'no-keys': {
      says: 'A second fetch of the key set brought no key set.',
      fix: { general: 'Look for a node that is out of order, and for limits on how often the set may be fetched.' },
    },
  },
  judge: (evidence) =>
    judgeSets(
      evidence,
      'the same keys as before',
      ({ exchange, document }) => {
        const again = document?.again;
        if (again?.answer === undefined) return [];
        const [before, after] = [documentIn(exchange)?.keys, documentIn(again)?.keys];
        if (!Array.isArray(after)) return [{ reason: 'no-keys', actual: describe(again), at: again.id }];
        return identities(before) === identities(after)
          ? []
          : [{ reason: 'other-keys', actual: `${names(before)}; then ${names(after)}`, at: again.id }];
      },
      (sets) => sets.map(({ exchange }) => names(documentIn(exchange)?.keys)).join(', '),
    ),
  examples: {
    pass: [{ says: 'the same', evidence: golden }],
    fail: {
      'other-keys': { says: 'another key', evidence: answering(/^keys\/set-1\/again/, served({ keys: [EC_KEY] })) },
      'no-keys': { says: 'an error', evidence: answering(/^keys\/set-1\/again/, { status: 502 }) },
    },
  },
});

const MOST_KEYS = 50;
const MOST_BYTES = 64 * 1024;

export const keepsItsKeySetSmall = defineCheck({
  ...COMMON,
  id: 'issuer-metadata/keeps-its-key-set-small',
  title: 'Keeps its key set small',
  keyword: 'ADVICE',
  severity: 'low',
  requirements: ['RFC7517-5-keys-array', 'AUTH0-jwks-multi-key'],
  reasons: {
    'many-keys': {
      says: 'The set holds more than 50 keys; old ones are never withdrawn, and each is one more to be stolen.',
      fix: {
        general: 'Keep the current key, the next one, and those whose tokens are still alive; withdraw the others.',
      },
    },
    'many-bytes': {
      says: 'The key set is larger than 64 KB, and verifiers cap what they read.',
      fix: { general: 'Withdraw old keys, and leave out certificate chains (x5c) and members that nobody reads.' },
    },
  },
  judge: (evidence) =>
    judgeSets(
      evidence,
      'at most 50 keys and 64 KB',
      ({ jwksUri, exchange, keys }) => {
        if (keys.length > MOST_KEYS) return [{ reason: 'many-keys', actual: `${jwksUri}: ${keys.length} keys` }];
        const size = exchange.answer?.bodyBytes ?? 0;
        return size > MOST_BYTES ? [{ reason: 'many-bytes', actual: `${jwksUri}: ${size} bytes` }] : [];
      },
      (sets) => sets.map(({ keys, exchange }) => `${keys.length} keys, ${exchange.answer?.bodyBytes} bytes`).join('; '),
    ),
  examples: {
    pass: [{ says: 'one key', evidence: golden }],
    fail: {
      'many-keys': {
        says: '60 keys',
        evidence: withKeys(...Array.from({ length: 60 }, (_, index) => ({ ...EC_KEY, kid: `key-${index}` }))),
      },
      'many-bytes': { says: '70 KB', evidence: withKeys({ ...RSA_KEY, note: 'x'.repeat(70_000) }) },
    },
  },
});

const MOST_SECONDS = 7 * 24 * 3600;

const directives = ({ exchange }: KeySet) => listHeader(exchange.answer, 'cache-control');

/** `s-maxage` is for shared caches, which verifiers are not. */
function maxAge(set: KeySet): number | undefined {
  const value = directives(set).flatMap((each) => /^max-age="?(\d+)"?$/.exec(each)?.[1] ?? [])[0];
  return value === undefined ? undefined : Number(value);
}

export const letsItsKeysBeCached = defineCheck({
  ...COMMON,
  id: 'issuer-metadata/lets-its-keys-be-cached',
  title: 'Lets its keys be cached for a while, and not for ever',
  keyword: 'ADVICE',
  severity: 'low',
  requirements: ['AUTH0-jwks-cache'],
  reasons: {
    forbidden: {
      says: 'The key set may not be stored, so a verifier that obeys fetches it for every token.',
      fix: { general: 'Send Cache-Control: public, max-age=300 with the key set: it holds nothing secret.' },
    },
    'too-long': {
      says: 'The key set may be kept for more than a week, so a withdrawn key stays good for as long.',
      fix: {
        general:
          'Send a max-age of minutes or hours, shorter than the time between publishing a key and signing with it.',
      },
    },
  },
  judge: (evidence) =>
    judgeSets(
      evidence,
      'no no-store, and a max-age of at most a week',
      (set) => {
        const actual = `Cache-Control is ${quote(directives(set).join(', '))}`;
        if (directives(set).includes('no-store')) return [{ reason: 'forbidden', actual }];
        return (maxAge(set) ?? 0) > MOST_SECONDS ? [{ reason: 'too-long', actual }] : [];
      },
      (sets) => sets.map((set) => directives(set).join(', ') || 'no Cache-Control').join('; '),
    ),
  examples: {
    pass: [{ says: 'minutes', evidence: golden }],
    fail: {
      forbidden: {
        says: 'no-store',
        evidence: withKeySet({ headers: { 'Cache-Control': 'no-store' }, body: served({ keys: [RSA_KEY] }).body! }),
      },
      'too-long': {
        says: 'a year',
        evidence: withKeySet({
          headers: { 'Cache-Control': 'max-age=31536000' },
          body: served({ keys: [RSA_KEY] }).body!,
        }),
      },
    },
  },
});

const sentOrigin = ({ request }: Exchange) => request.headers.find(([name]) => name.toLowerCase() === 'origin')?.[1];

const fromOrigin = (headers: Readonly<Record<string, string>>) =>
  answering(/^keys\/set-1\/from-browser/, { headers, body: served({ keys: [RSA_KEY] }).body! });

export const letsBrowsersReadItsKeys = defineCheck({
  ...COMMON,
  id: 'issuer-metadata/lets-browsers-read-its-keys',
  title: 'Lets pages of other origins read its keys',
  keyword: 'ADVICE',
  severity: 'low',
  requirements: ['B55', 'AUTH0-cors-as'],
  reasons: {
    hidden: {
      says: 'The key set cannot be read by a page of another origin, so browser clients cannot check ID tokens.',
      fix: { general: 'Send Access-Control-Allow-Origin: * with the key set, which holds nothing secret.' },
    },
    'with-credentials': {
      says: 'The key set is offered to any origin together with the user’s cookies, which it does not need.',
      fix: { general: 'Send Access-Control-Allow-Origin: * and drop Access-Control-Allow-Credentials here.' },
    },
  },
  judge: (evidence) =>
    judgeSets(
      evidence,
      'Access-Control-Allow-Origin: *',
      ({ document }) => {
        const browser = document?.fromBrowser;
        if (browser?.answer === undefined || !isSuccess(browser.answer)) return [];
        const allowed = headerValues(browser.answer, 'access-control-allow-origin');
        const open = allowed.length === 1 && (allowed[0] === '*' || allowed[0] === sentOrigin(browser));
        if (!open) {
          const actual = `Access-Control-Allow-Origin is ${allowed.length === 0 ? 'absent' : quote(allowed.join(', '))}`;
          return [{ reason: 'hidden', actual, at: browser.id }];
        }
        const credentials = header(browser.answer, 'access-control-allow-credentials');
        return credentials === 'true'
          ? [{ reason: 'with-credentials', actual: 'Access-Control-Allow-Credentials is `true`', at: browser.id }]
          : [];
      },
      () => 'readable from other origins',
    ),
  examples: {
    pass: [{ says: 'any origin', evidence: golden }],
    fail: {
      hidden: { says: 'no field', evidence: fromOrigin({}) },
      'with-credentials': {
        says: 'with cookies',
        evidence: fromOrigin({
          'Access-Control-Allow-Origin': 'https://client.example',
          'Access-Control-Allow-Credentials': 'true',
        }),
      },
    },
  },
});

export const servesItsKeysOverHttpsOnly = defineCheck({
  ...COMMON,
  id: 'issuer-metadata/serves-its-keys-over-https-only',
  title: 'Serves its keys over https only',
  keyword: 'MUST',
  severity: 'high',
  pillar: 'signing-key-retrieval',
  requirements: ['MCP-as-https-endpoints', 'B47'],
  reasons: {
    'served-over-http': {
      says: 'The key set is served over plain http as well, where anybody on the path can put keys of their own in it.',
      fix: { general: 'Answer http: with 301 or 308 to the https URL, or with nothing at all.' },
    },
  },
  judge(evidence, { server }): Verdict<'served-over-http'> {
    if (evidence.keys.sets.length > 0 && server.exposure !== 'public') {
      return notApplicable(`the server has a ${server.exposure} address, where plain http is a laboratory's choice`);
    }
    const sets = keySets(evidence.keys);
    if (sets.length > 0 && !sets.some(({ document }) => document?.plainHttp !== undefined)) {
      return notApplicable('no key set stands at an https URL that could be asked over http');
    }
    return judgeSets(
      evidence,
      'a redirect to https, a refusal, or no answer',
      ({ document }) => {
        const plain = document?.plainHttp;
        if (plain === undefined || documentIn(plain) === undefined) return [];
        return [{ reason: 'served-over-http', actual: `${plain.request.url}: ${describe(plain)}`, at: plain.id }];
      },
      () => 'no key set is served over http',
    );
  },
  examples: {
    pass: [{ says: 'nobody listens', evidence: golden }],
    fail: {
      'served-over-http': {
        says: 'the set, in clear text',
        evidence: answering(/^keys\/set-1\/plain-http/, served({ keys: [RSA_KEY] })),
      },
    },
  },
});

export const keyDeliveryChecks = [
  servesTheSameKeysAgain,
  keepsItsKeySetSmall,
  letsItsKeysBeCached,
  letsBrowsersReadItsKeys,
  servesItsKeysOverHttpsOnly,
];
