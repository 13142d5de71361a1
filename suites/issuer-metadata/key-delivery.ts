import { describe } from '../../fixtures/protocol/answers.ts';
import type { JsonObject } from '../../fixtures/protocol/documents.ts';
import { quote, unsettled } from '../challenge/refusals.ts';
import { defineCheck, notApplicable, untested, type Verdict } from '../check.ts';
import { crossOrigin, freshness, inClear, laboratory, sameAgain } from '../delivery.ts';
import { answer, answeredWith, answering, golden, served } from '../golden.ts';
import {
  EC_KEY,
  judgeSets,
  type Key,
  type KeySet,
  keySets,
  MATERIAL,
  RSA_KEY,
  setsOfIssuers,
  toKeys,
  withKeySet,
  withKeys,
} from './key-sets.ts';

const COMMON = { party: 'authorization-server', assurance: 'anonymous', needs: ['keys'] } as const;

/** A key by its name and material. */
const identity = ({ jwk }: Key) => JSON.stringify(['kid' as const, ...MATERIAL].map((member) => jwk[member]));

const keysIn = ({ keys }: JsonObject) => toKeys(Array.isArray(keys) ? keys : []);
const names = (document: JsonObject) =>
  keysIn(document)
    .map(({ name }) => name)
    .join(', ') || 'no key';

/** What makes a set the same as another: its keys, in any order. */
const differ = (one: JsonObject, other: JsonObject) => {
  const [before, after] = [one, other].map((document) => keysIn(document).map(identity).sort().join());
  return before === after ? [] : ['keys'];
};

const again = ({ document, revisited }: KeySet) => {
  const second = sameAgain(document, revisited?.again, differ);
  return second.kind === 'changed' && !Array.isArray(second.second.keys) ? ({ kind: 'gone' } as const) : second;
};

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
    judgeSets(evidence, {
      expected: 'the same keys as before',
      breaches(set) {
        const second = again(set);
        const at = set.revisited?.again.id ?? set.exchange.id;
        if (second.kind === 'gone') {
          return [{ reason: 'no-keys', actual: describe(set.revisited?.again ?? set.exchange), at }];
        }
        return second.kind === 'changed'
          ? [{ reason: 'other-keys', actual: `${names(set.document)}; then ${names(second.second)}`, at }]
          : [];
      },
      unsaid(set) {
        const second = again(set);
        return second.kind === 'unsettled' ? second.verdict : undefined;
      },
      seen: (sets) => sets.map(({ document }) => names(document)).join(', '),
    }),
  examples: {
    pass: [{ says: 'the same', evidence: golden }],
    fail: {
      'other-keys': { says: 'another key', evidence: answering(/^keys\/set-1\/again/, served({ keys: [EC_KEY] })) },
      'no-keys': { says: 'an error', evidence: answering(/^keys\/set-1\/again/, { status: 500 }) },
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
    judgeSets(evidence, {
      expected: 'at most 50 keys and 64 KB',
      breaches({ jwksUri, exchange, keys }) {
        if (keys.length > MOST_KEYS) return [{ reason: 'many-keys', actual: `${jwksUri}: ${keys.length} keys` }];
        const size = exchange.answer?.bodyBytes ?? 0;
        return size > MOST_BYTES ? [{ reason: 'many-bytes', actual: `${jwksUri}: ${size} bytes` }] : [];
      },
      seen: (sets) =>
        sets.map(({ keys, exchange }) => `${keys.length} keys, ${exchange.answer?.bodyBytes} bytes`).join('; '),
    }),
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
    judgeSets(evidence, {
      expected: 'no no-store, and a max-age of at most a week',
      breaches({ exchange }) {
        const { directives, forbidden, seconds = 0 } = freshness(exchange.answer);
        const actual = `Cache-Control is ${quote(directives.join(', '))}`;
        if (forbidden) return [{ reason: 'forbidden', actual }];
        return seconds > MOST_SECONDS ? [{ reason: 'too-long', actual }] : [];
      },
      seen: (sets) =>
        sets.map(({ exchange }) => freshness(exchange.answer).directives.join(', ') || 'no Cache-Control').join('; '),
    }),
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
    'not-served': {
      says: 'The key set is not served to a request with an Origin field, so browser clients cannot check ID tokens.',
      fix: { general: 'Exempt the key set from checks of Origin: it is public, and only reads come to it.' },
    },
    'with-credentials': {
      says: 'The key set is offered to the origin that asks together with the user’s cookies, which it does not need.',
      fix: { general: 'Send Access-Control-Allow-Origin: * and drop Access-Control-Allow-Credentials here.' },
    },
  },
  judge: (evidence) =>
    judgeSets(evidence, {
      expected: 'Access-Control-Allow-Origin: *',
      breaches({ revisited }) {
        const browser = revisited?.fromBrowser;
        if (browser === undefined || unsettled([browser]) !== undefined) return [];
        const { kind, actual } = crossOrigin(browser);
        return kind === 'readable' ? [] : [{ reason: kind, actual, at: browser.id }];
      },
      unsaid: ({ revisited }) =>
        revisited === undefined
          ? untested('the set was not asked for as a browser', 'a run that asks so')
          : unsettled([revisited.fromBrowser]),
      seen: () => 'readable from other origins',
    }),
  examples: {
    pass: [
      { says: 'any origin', evidence: golden },
      {
        says: 'any origin, with credentials that browsers then refuse',
        evidence: fromOrigin({ 'Access-Control-Allow-Origin': '*', 'Access-Control-Allow-Credentials': 'true' }),
      },
    ],
    fail: {
      hidden: { says: 'no field', evidence: fromOrigin({}) },
      'not-served': { says: '403', evidence: answering(/^keys\/set-1\/from-browser/, { status: 403 }) },
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

const REASONS = { served: 'served-over-http', 'led-to': 'led-to-http' } as const;

/** Golden evidence whose key set is reached by a redirect to plain http. */
function ledToHttp() {
  const [set] = golden.keys.sets;
  const [first] = set!.fetched!;
  const url = set!.jwksUri.replace('https:', 'http:');
  const hop = answeredWith(first, answer({ status: 302, headers: { Location: url } }));
  const end = { ...first, id: `${first.id}/hop-1`, request: { ...first.request, url } };
  return { keys: { sets: [{ ...set!, fetched: [hop, end] as const }] } };
}

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
    'led-to-http': {
      says: 'The https URL of the key set redirects to plain http, where anybody on the path can put keys of their own in it.',
      fix: {
        general:
          'Serve the keys at jwks_uri itself. Behind a proxy that ends TLS, configure the public https URL, so that redirects keep the scheme.',
      },
    },
  },
  judge(evidence, facts): Verdict<'served-over-http' | 'led-to-http'> {
    if (setsOfIssuers(evidence.keys).length > 0 && facts.server.exposure !== 'public') {
      return notApplicable(laboratory(facts));
    }
    const asked = ({ fetched, revisited }: KeySet) => inClear(fetched, revisited?.plainHttp);
    const sets = keySets(evidence.keys);
    if (sets.length > 0 && sets.every((set) => asked(set).kind === 'named')) {
      return notApplicable('no key set stands at an https URL');
    }
    return judgeSets(evidence, {
      expected: 'a redirect to https, a refusal, or no answer',
      breaches(set) {
        const found = asked(set);
        if (found.kind !== 'served' && found.kind !== 'led-to') return [];
        return [{ reason: REASONS[found.kind], actual: found.actual, at: found.at.id }];
      },
      unsaid(set) {
        const found = asked(set);
        return found.kind === 'unasked' ? found.verdict : undefined;
      },
      seen: () => 'no key set is served over http',
    });
  },
  examples: {
    pass: [{ says: 'nobody listens', evidence: golden }],
    fail: {
      'served-over-http': {
        says: 'the set, in clear text',
        evidence: answering(/^keys\/set-1\/plain-http/, served({ keys: [RSA_KEY] })),
      },
      'led-to-http': { says: 'by a redirect', evidence: ledToHttp() },
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
