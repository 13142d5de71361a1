/** A good token that the server never serves: one reason, once, and what may be wrong with it. */
import { expect, test } from '@playwright/test';
import { run } from '../engine/run.ts';
import type { EvidenceMap, TokenView } from '../fixtures/evidence.ts';
import { parseProfile } from '../fixtures/profile/profile.ts';
import { startWorld, type World } from '../mock-idp/world.ts';
import type { Report } from '../reports/report.ts';
import { whyRefused } from '../suites/access-tokens/good-token.ts';
import { answering, golden, goldenFacts, INVALID_TOKEN, unauthorized } from '../suites/golden.ts';

const NOW = Date.parse(goldenFacts.capturedAt) / 1000;
const RESOURCE = goldenFacts.server.url;
const ISSUER = golden.issuerMetadata.issuers[0]!.issuer;
const GOOD = { iss: ISSUER, aud: RESOURCE, exp: NOW + 3600 };

function refusing(token: Partial<TokenView>): EvidenceMap {
  const evidence = answering(/^control\//, unauthorized(INVALID_TOKEN));
  return { ...evidence, control: { ...evidence.control, token: { ...evidence.control.token, ...token } } };
}

const because = (token: Partial<TokenView>) => whyRefused(refusing(token), goldenFacts)?.because;

for (const [name, token, said] of [
  ['has expired', { claims: { ...GOOD, exp: NOW - 5400 } }, 'it expired 90 minutes ago'],
  ['begins later', { claims: { ...GOOD, nbf: NOW + 7200 } }, 'it is good only in 2 hours'],
  [
    'is for another server',
    { claims: { ...GOOD, aud: 'https://other.example/mcp' } },
    `its aud is https://other.example/mcp, and the server calls itself ${RESOURCE}`,
  ],
  ['names no audience', { claims: { iss: ISSUER, exp: NOW + 60 } }, 'its aud is missing'],
  ['is of another issuer', { claims: { ...GOOD, iss: 'https://other.example/' } }, 'its iss is https://other.example/'],
  ['is encrypted', { parts: 5 }, 'it is encrypted (JWE)'],
  ['is opaque', { parts: 1 }, 'it is no JWT'],
  ['looks good', { claims: GOOD }, 'by its exp, aud and iss it should be good'],
  [
    'looks good and is typed at+jwt',
    { header: { alg: 'RS256', typ: 'at+jwt' }, claims: GOOD },
    'should be good; its typ is at+jwt (RFC 9068), which some libraries for JWTs refuse unless they are told; it answered',
  ],
  [
    'looks good and is typed JWT',
    { header: { alg: 'RS256', typ: 'JWT' }, claims: GOOD },
    'by its exp, aud and iss it should be good; it answered',
  ],
] as const) {
  test(`one that ${name} is told so, with what the server answered`, () => {
    expect(because(token)).toContain(said);
    expect(because(token)).toMatch(/it answered status 401, `Bearer .*invalid_token/);
  });
}

for (const [claims, challenge, said] of [
  [
    { ...GOOD, scope: 'openid' },
    'Bearer error="insufficient_scope", scope="files:read"',
    'its scopes are openid, and the server asks for files:read',
  ],
  [
    GOOD,
    'Bearer error="insufficient_scope", scope="files:read"',
    'it has no scope, and the server asks for files:read',
  ],
  [{ ...GOOD, permissions: ['a', 'b'] }, 'Bearer', 'its scopes are a, b'],
] as const) {
  test(`one that may too little is told what it may: ${said}`, () => {
    const refused = answering(/^control\//, { status: 403, headers: { 'WWW-Authenticate': challenge } });
    const token = { ...refused.control.token, header: { alg: 'RS256', typ: 'at+jwt' }, claims };
    const evidence = { ...refused, control: { ...refused.control, token } };
    expect(whyRefused(evidence, goldenFacts)?.because).toBe(
      `the server does not serve the good token: by its exp, aud and iss it should be good; ${said}; it answered status 403, \`${challenge}\``,
    );
  });
}

test('of a server without metadata no more is said than is known', () => {
  const { resourceMetadata: _, ...unnamed } = refusing({ claims: GOOD });
  const known = { ...unnamed, issuerMetadata: { ...unnamed.issuerMetadata, issuers: [] } };
  expect(whyRefused(known, goldenFacts)?.because).toContain(
    `by its exp and aud it should be good; its iss is ${ISSUER}, and the server names no issuer; `,
  );
  const { resourceMetadata: __, ...other } = refusing({ claims: { ...GOOD, aud: 'https://other.example/mcp' } });
  expect(whyRefused(other, goldenFacts)?.because).toContain(
    `its aud is https://other.example/mcp, and the URL of the server is ${RESOURCE}; `,
  );
});

test('nothing is said of one that was served, or of a server that asks for none', () => {
  expect(whyRefused(golden, goldenFacts)).toBeUndefined();
  expect(whyRefused({ ...refusing({}), anonymous: { operations: [] } }, goldenFacts)).toBeUndefined();
});

test.describe('a run with one that has expired', () => {
  let world: World;
  let report: Report;
  test.beforeAll(async () => {
    world = await startWorld();
    const { profile } = await parseProfile(
      `server: { url: "${world.server.url}" }\ntokens: { good: "\${TOKEN}", otherAudience: "\${OTHER}" }`,
      {
        file: 'p.yaml',
        env: {
          TOKEN: await world.mint({ claims: { exp: Math.floor(Date.now() / 1000) - 5400 } }),
          OTHER: await world.mint({ claims: { aud: 'https://other.example' } }),
        },
      },
    );
    report = (await run(profile, { mode: 'gate' })).report;
  });
  test.afterAll(() => world.close());

  const inArea = (outcome: string) =>
    report.checks.filter((check) => check.id.startsWith('access-tokens/') && check.outcome === outcome);

  test('gives one reason for all that it leaves untested', () => {
    const reasons = [...new Set(inArea('untested').map((check) => check.because))];
    expect(reasons).toEqual([
      expect.stringMatching(/^the server does not serve the good token: it expired 90 minutes ago/),
    ]);
  });

  test('asks for no tokens that it would not ask for with a good one', () => {
    const wanting = inArea('out-of-scope').map(({ because: why }) => why);
    expect(wanting).toEqual(expect.arrayContaining(['tokens.idToken is not given', 'tokens.narrow is not given']));
  });

  test('tests all the same how forged tokens are refused', () => {
    const entry = report.checks.find(({ id }) => id === 'access-tokens/answers-401-to-tokens-it-refuses');
    expect(entry?.outcome).toBe('passed');
  });
});
