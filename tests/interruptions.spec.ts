/** What ends during a run by itself, a token or a session, is blamed on nobody, and makes no pass either. */
import { expect, test } from '@playwright/test';
import { run } from '../engine/run.ts';
import type { EvidenceMap, Exchange, TokenView } from '../fixtures/evidence.ts';
import { parseProfile } from '../fixtures/profile/profile.ts';
import type { Report } from '../reports/report.ts';
import type { Check } from '../suites/check.ts';
import { answering, golden, goldenFacts, INVALID_TOKEN, unauthorized } from '../suites/golden.ts';
import { CHECKS } from '../suites/registry.ts';

const check = (id: string): Check => CHECKS.find((each) => each.id === id)!;
const judge = (id: string, evidence: EvidenceMap) => check(id).judge(evidence, goldenFacts);

/** Seconds since the epoch at which golden exchanges were sent. */
const SENT = Date.parse(golden.tokenTransport.controlAfter.startedAt) / 1000;

const until = (token: TokenView, exp: number): TokenView => ({
  ...token,
  claims: { aud: goldenFacts.server.url, ...token.claims, exp },
});

/** The good token is refused after the trials, and says of itself that it is good until then. */
function refusedAfterwards(exp: number): EvidenceMap {
  const evidence = answering(
    /^(tokenTransport\/control-after|(forged|minted)Tokens\/control-1|sessionIds\/control-after)$/,
    unauthorized(INVALID_TOKEN),
  );
  const { control, forgedTokens, mintedTokens } = evidence;
  const controlled = <T extends EvidenceMap['forgedTokens']>(asked: T) => ({
    ...asked,
    control: { ...asked.control, token: until(asked.control.token, exp) },
  });
  return {
    ...evidence,
    control: { ...control, token: until(control.token, exp) },
    forgedTokens: controlled(forgedTokens),
    mintedTokens: controlled(mintedTokens),
  };
}

test.describe('a good token that is no longer served', () => {
  const CHECKED = [
    'access-tokens/keeps-serving-good-tokens',
    'access-tokens/takes-a-token-with-blanks-around-it',
    'access-tokens/takes-no-token-from-a-form',
    'access-tokens/refuses-unsigned-tokens',
    'access-tokens/refuses-other-audiences',
    'access-tokens/answers-404-to-unknown-sessions',
  ];
  for (const id of CHECKED) {
    test(`because it has expired leaves ${id} untested`, () => {
      for (const [exp, because] of [
        [SENT - 3600, /^the good token expired during the run/],
        [SENT, /^the good token expired during the run/],
        [SENT + 30, /^the good token was refused 30 seconds before it expires/],
      ] as const) {
        expect(judge(id, refusedAfterwards(exp))).toMatchObject({
          kind: 'untested',
          because: expect.stringMatching(because),
          unlock: expect.stringContaining('tokens.good.command'),
        });
      }
    });
  }

  for (const [says, id, evidence, kind] of [
    [
      '405 to GET, which offers no stream',
      'access-tokens/judges-tokens-on-every-method',
      answering(/^tokenMethods\/get-/, { status: 405 }),
      'pass',
    ],
    [
      '404 in a session that it never opened',
      'access-tokens/answers-404-to-unknown-sessions',
      answering(/^sessionIds\/unknown$/, { status: 404 }),
      'pass',
    ],
    [
      '400 from a server that calls it malformed once it is old',
      'access-tokens/keeps-serving-good-tokens',
      answering(/^tokenTransport\/control-after$/, { status: 400 }),
      'untested',
    ],
  ] as const) {
    test(`of 45 seconds: ${says} is judged for what it is`, () => {
      for (const exp of [SENT + 45, SENT - 1]) {
        const control = { ...evidence.control, token: until(evidence.control.token, exp) };
        expect(judge(id, { ...evidence, control }).kind).toBe(kind);
      }
    });
  }

  test('although it has not expired is a finding', () => {
    for (const exp of [SENT + 3600, SENT + 61]) {
      const verdict = judge('access-tokens/keeps-serving-good-tokens', refusedAfterwards(exp));
      expect(verdict).toMatchObject({ kind: 'fail', findings: [{ reason: 'refused-afterwards' }, {}, {}] });
    }
  });

  test('because the server is down is a finding, whatever has expired', () => {
    const evidence = answering(/^tokenTransport\/control-after$/, {
      failure: { kind: 'refused', message: 'nothing listens at this address and port' },
    });
    const expired = { ...evidence, control: { ...evidence.control, token: until(evidence.control.token, SENT) } };
    expect(judge('access-tokens/keeps-serving-good-tokens', expired)).toMatchObject({
      kind: 'fail',
      findings: [{ reason: 'down-afterwards' }],
    });
  });
});

/** Golden evidence whose exchanges were in a session, and some of them got 404. */
function endedSession(ids: RegExp): EvidenceMap {
  const inSession = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(inSession);
    if (typeof value !== 'object' || value === null) return value;
    if (!('asks' in value && 'request' in value)) {
      return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, inSession(inner)]));
    }
    const { request } = value as Exchange;
    return { ...value, request: { ...request, headers: [...request.headers, ['Mcp-Session-Id', '«session 1»']] } };
  };
  return inSession(answering(ids, { status: 404 })) as EvidenceMap;
}

test.describe('404 in a session', () => {
  const CHECKED: readonly (readonly [id: string, trials: RegExp])[] = [
    ['access-tokens/refuses-unsigned-tokens', /^forgedTokens\/alg-none$/],
    ['access-tokens/takes-tokens-for-several-audiences', /^mintedTokens\/aud-array-with-self$/],
    ['access-tokens/takes-a-token-with-blanks-around-it', /^tokenTransport\/two-blanks$/],
    ['access-tokens/follows-its-issuer-to-new-keys', /^keyRotation\/later-key$/],
    ['access-tokens/keeps-serving-good-tokens', /^forgedTokens\/control-1$/],
    ['access-tokens/judges-tokens-on-every-method', /^tokenMethods\/get-alg-none$/],
  ];
  for (const [id, trials] of CHECKED) {
    test(`neither passes nor fails ${id}`, () => {
      expect(judge(id, endedSession(trials))).toMatchObject({
        kind: 'untested',
        because: expect.stringContaining('404 in their session'),
      });
    });
  }

  test('is a refusal where the session lived on, and an answer where no more is asked for', () => {
    const [path, unusual] = ['takes-no-token-from-other-parts-of-the-url', 'answers-unusual-tokens'];
    expect(judge(`access-tokens/${path}`, endedSession(/^tokenTransport\/path$/)).kind).toBe('pass');
    expect(judge(`access-tokens/${unusual}`, endedSession(/^mintedTokens\/sub-/)).kind).toBe('pass');
  });
});

async function runEmbedded(yaml: string): Promise<Report> {
  const { profile } = await parseProfile(yaml, { file: 'test.yaml', env: {} });
  return (await run(profile, { mode: 'gate', only: ['access-tokens'] })).report;
}

const BOUND = 'binds-sessions-to-one-token';

test('tokens of the issuer’s key are tried at a server that binds sessions to one token', async () => {
  const report = await runEmbedded(`embedded: { faults: [${BOUND}], revisions: ["2025-11-25"] }`);
  const outcomes = new Map(report.checks.map(({ id, outcome, because }) => [id, `${outcome} ${because ?? ''}`]));
  for (const name of ['refuses-other-audiences', 'refuses-expired-tokens', 'follows-its-issuer-to-new-keys']) {
    expect(outcomes.get(`access-tokens/${name}`)).toMatch(/^passed/);
  }
  expect(report.checks.flatMap(({ id, findings = [] }) => findings.map(({ reason }) => `${id}:${reason}`))).toEqual([]);
  // What is called in a session cannot be asked outside of it: the server's own answer says why.
  expect([...outcomes.values()].filter((text) => text.startsWith('untested'))).toContainEqual(
    expect.stringMatching(/was not served: status 404 with JSON-RPC error .*Session not found/),
  );
});
