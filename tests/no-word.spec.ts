/** What comes where a refusal would have, and is none, makes no pass: of no check, whatever it judges. */
import { expect, test } from '@playwright/test';
import type { EvidenceMap, Exchange } from '../fixtures/evidence.ts';
import { type JourneyEnd, parameter } from '../fixtures/journey.ts';
import type { AskedLoginPage } from '../fixtures/login-page-evidence.ts';
import type { Check, Facts } from '../suites/check.ts';
import { answer, golden, goldenFacts } from '../suites/golden.ts';
import { CHECKS } from '../suites/registry.ts';
import { factsFor, isExchange, isGrant, isJourney, lookedAtBy, ofInterest } from './reading.ts';

/** Where a policy wants it, a refusal at the door passes. */
const PROTECTED = { policy: { ...goldenFacts.policy, registration: 'protected' } } as const;

interface Outcome {
  readonly exchange: Pick<Exchange, 'answer' | 'failure'>;
  /** Of a way through the browser that ends so. */
  readonly end: JourneyEnd;
}

const answeredSo = (
  status: number,
  says: string,
  more: { readonly headers?: Readonly<Record<string, string>>; readonly body?: string } = {},
): Outcome => ({
  exchange: { answer: answer({ status, ...more }) },
  end: { kind: 'page', status, title: '', says },
});

/** What comes where a refusal would have, and is none. */
const OUTCOMES: Readonly<Record<string, Outcome>> = {
  'too many requests': answeredSo(429, 'Too many requests', { headers: { 'Retry-After': '60' } }),
  'a gateway that is down': answeredSo(503, 'Service Unavailable'),
  'a server that breaks down': answeredSo(500, 'Internal Server Error'),
  'the page of a firewall': answeredSo(403, 'Sorry, you have been blocked', {
    headers: { 'Content-Type': 'text/html; charset=UTF-8', Server: 'cloudflare' },
    body: '<html><head><title>Attention Required! | Cloudflare</title></head><body><h1>Sorry, you have been blocked</h1></body></html>',
  }),
  'the bare page of a firewall': answeredSo(403, '403 Forbidden', {
    headers: { 'Content-Type': 'text/html', Server: 'awselb/2.0' },
    body: '<html>\r\n<head><title>403 Forbidden</title></head>\r\n<body>\r\n<center><h1>403 Forbidden</h1></center>\r\n</body>\r\n</html>\r\n',
  }),
  'a word of a firewall': answeredSo(403, 'error code: 1020', {
    headers: { 'Content-Type': 'text/plain; charset=UTF-8', Server: 'cloudflare' },
    body: 'error code: 1020',
  }),
  'no answer': {
    exchange: { failure: { kind: 'timeout', message: 'no answer within 10 s' } },
    end: { kind: 'stopped', why: 'timeout', because: 'no answer within 10 s', unlock: 'a server that answers' },
  },
};

/** Asked beside what is judged: where a server might publish metadata too, for one. */
const BESIDE = /^(?:issuerMetadata|resourceMetadata|endpoints|anonymous)\//;

type Sound = readonly (readonly [checks: RegExp, why: string])[];

const WHATEVER_COMES: Sound = [
  [
    /^authorization\/(?:keeps-its-pages-out-of-frames|names-its-issuer-in-responses|passes-no-passwords-on|sends-its-pages-with-care|sends-the-state-back-unchanged)$/,
    'it judges the pages and redirects that there are, of which others are left',
  ],
  [
    /^registration\/(?:answers-registrations-in-full|gives-each-client-credentials-of-its-own|registers-the-authentication-that-was-asked-for)$/,
    'it judges the clients that were made',
  ],
  [/^registration\/limits-the-rate-of-registrations$/, 'to be put off is what it asks for, once is enough'],
  [/^access-tokens\/blames-no-token-for-missing-keys$/, 'where no keys are to be had, such answers are right'],
];
const OF_WORDS: Sound = [
  [
    /^access-tokens\/(?:answers-401-to-tokens-it-refuses|reveals-nothing-of-refused-tokens|answers-403-to-too-little-scope)$/,
    'it judges the words of the refusals that there are, of which others are left',
  ],
  [
    /^challenge\/(?:answers-401-to-an-invalid-token|sends-a-challenge-with-401|offers-the-bearer-scheme|gives-bearer-a-parameter|follows-the-challenge-grammar|names-each-parameter-once|quotes-the-realm|puts-no-space-around-equals|keeps-error-text-ascii|writes-well-formed-scope-tokens|sends-no-error-without-credentials|challenges-an-invalid-token|says-invalid-token|keeps-the-scope-stable|names-the-needed-scope|leaves-offline-access-out|points-to-resource-metadata|keeps-internals-out-of-errors|names-the-allowed-methods-with-405|answers-403-to-a-refused-origin)$/,
    'it judges the words of the refusals that there are, of which others are left',
  ],
  [/^token-endpoint\/refuses-codes-in-the-words-of-oauth$/, 'it judges the words of the refusals that there are'],
  [
    /^access-tokens\/(?:asks-rarely-for-unknown-keys|fails-closed-without-keys|lets-go-of-removed-keys)$/,
    'requests for keys are counted, whatever the tokens are answered',
  ],
];
const NOT_SERVED: Sound = [
  [
    /^(?:access-tokens|challenge|resource-metadata|issuer-metadata|flow)\//,
    'what was not served was not served; whether the server survives is for other checks',
  ],
];
const AT_THE_DOOR: Sound = [
  [
    /^registration\/(?:registers-whom-its-policy-lets-register|guards-the-canonical-hostname-too|lists-no-clients)$/,
    'rules of the network may keep strangers away',
  ],
];

const OF_FIREWALLS: Sound = [...WHATEVER_COMES, ...OF_WORDS, ...NOT_SERVED, ...AT_THE_DOOR];

/** Checks that may pass although all or some of what they read came to nothing, and why. */
const SOUND: Readonly<Record<string, Sound>> = {
  'too many requests': [...WHATEVER_COMES, ...OF_WORDS],
  'a gateway that is down': [...WHATEVER_COMES, ...OF_WORDS],
  'a server that breaks down': [...WHATEVER_COMES, ...OF_WORDS, ...NOT_SERVED],
  'the page of a firewall': OF_FIREWALLS,
  'the bare page of a firewall': OF_FIREWALLS,
  'a word of a firewall': OF_FIREWALLS,
  'no answer': [...WHATEVER_COMES, ...OF_WORDS],
};

const isLoginPage = (value: object): value is AskedLoginPage => 'exchange' in value && 'end' in value;

/** The evidence, had these requests come to that, with what probes make of it. */
function comingTo(value: unknown, ids: readonly string[], outcome: Outcome): unknown {
  const next = (inner: unknown) => comingTo(inner, ids, outcome);
  if (Array.isArray(value)) return value.map(next);
  if (typeof value !== 'object' || value === null) return value;
  if (isExchange(value)) {
    const { answer: _, failure: __, ...rest } = value;
    return ids.includes(value.id) ? { ...rest, ...outcome.exchange } : value;
  }
  const each = Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, next(inner)]));
  if (isJourney(value) && ids.includes(value.hops.at(-1)?.id ?? '')) return { ...each, steps: [], end: outcome.end };
  if (isGrant(value) && ids.includes(value.exchange.id)) return { ...each, tokens: {} };
  return isLoginPage(value) && ids.includes(value.exchange.id) ? { ...each, end: outcome.end } : each;
}

/** Ids of requests that golden evidence has refused, alone or at the end of a way through the browser. */
const REFUSED: ReadonlySet<string> = new Set(refusedIn(golden));

function refusedIn(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  if (isExchange(value)) return (value.answer?.status ?? 0) >= 400 ? [value.id] : [];
  if (isJourney(value)) {
    const { end, hops } = value;
    const isRefused = end.kind === 'page' ? end.status >= 400 : end.kind === 'left' && parameter(end, 'error');
    return isRefused ? hops.slice(-1).map(({ id }) => id) : [];
  }
  return Object.values(value).flatMap(refusedIn);
}

/** Trials that a check declares are what its verdict rests on; the rest is looked at beside them. */
function ownOf(check: Check, facts: Facts): readonly string[] {
  const { trials } = check;
  const own = trials?.map((id) => new RegExp(`^${id}(?:[/-]|$)`));
  return lookedAtBy(check, facts).filter(
    (id) => REFUSED.has(id) && !BESIDE.test(id) && (own === undefined || own.some((each) => each.test(id))),
  );
}

/** Ids begin with the key of their probe: what another one saw is as it was. */
function evidenceOf(check: Check, ids: readonly string[], outcome: Outcome): EvidenceMap {
  const seen = Object.entries(ofInterest(check)).map(([key, value]) => [
    key,
    ids.some((id) => id.startsWith(`${key}/`)) ? comingTo(value, ids, outcome) : value,
  ]);
  return Object.fromEntries(seen) as EvidenceMap;
}

const factsOf = (check: Check) => factsFor(check, { facts: PROTECTED });

/** What passes although these requests, all or one of them, came to that. */
function passingAt(check: Check, outcome: Outcome): readonly string[] {
  const facts = factsOf(check);
  const own = check.judge(golden, facts).kind === 'pass' ? ownOf(check, facts) : [];
  // Each alone, where they are few: those of tokens are many, and judged by the same few lines.
  const alone = own.length > 1 && own.length <= 12 ? own.map((id) => [id]) : [];
  return (own.length === 0 ? [] : [own, ...alone])
    .filter((ids) => check.judge(evidenceOf(check, ids, outcome), facts).kind === 'pass')
    .map((ids) => (ids.length === 1 ? ids[0]! : 'all'));
}

for (const check of CHECKS) {
  test(`${check.id} takes nothing for a refusal that is none`, () => {
    const passing = Object.entries(OUTCOMES).flatMap(([name, outcome]) =>
      SOUND[name]!.some(([checks]) => checks.test(check.id))
        ? []
        : passingAt(check, outcome).map((ids) => `${name}: ${ids}`),
    );
    expect(passing).toEqual([]);
  });
}

test('there is no exception without a check that needs it', () => {
  const rows = new Map(
    Object.values(SOUND)
      .flat()
      .map(([checks]) => [checks, Object.keys(SOUND).filter((name) => SOUND[name]!.some(([each]) => each === checks))]),
  );
  for (const [checks, names] of rows) {
    const excused = CHECKS.filter(({ id }) => checks.test(id));
    const isNeeded = excused.some((check) => names.some((name) => passingAt(check, OUTCOMES[name]!).length > 0));
    expect(isNeeded, String(checks)).toBe(true);
  }
});
