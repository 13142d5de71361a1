import { expect, test } from '@playwright/test';
import { buildReport, type ReportParts } from '../reports/build.ts';
import { compareReports } from '../reports/compare/compare.ts';
import { driftOf } from '../reports/compare/drift.ts';
import type { Judged } from '../reports/judged.ts';
import { renderComparison } from '../reports/render/changes.ts';
import type { ChangeKind, Report, Setup } from '../reports/report.ts';
import { setupOf } from '../reports/setup.ts';
import { faultsOf } from '../reports/validate.ts';
import type { Check } from '../suites/check.ts';
import { golden } from '../suites/golden.ts';

const reasons = Object.fromEntries(
  ['first', 'second'].map((reason) => [reason, { says: 'Wrong.', fix: { general: 'Right it.' } }]),
);

const check = (name: string): Check =>
  ({
    id: `challenge/${name}`,
    title: `Does what is right about ${name}`,
    keyword: 'MUST',
    severity: 'high',
    party: 'mcp-server',
    requirements: ['A86'],
    assurance: 'anonymous',
    needs: ['anonymous'],
    reasons,
  }) as unknown as Check;

type Verdict = Judged['verdict'];

const passes: Verdict = { kind: 'pass', seen: 'status 401' };
const fails = (...found: readonly string[]): Verdict => ({
  kind: 'fail',
  findings: found.map((reason) => ({ reason, expected: 'a', actual: 'b', at: [] })),
});
const missing: Verdict = { kind: 'not-applicable', because: 'no such thing' };
const without: Verdict = { kind: 'untested', because: 'no answer', unlock: 'an answer' };
const beyond: Verdict = { kind: 'out-of-scope', because: 'it takes a token', unlock: 'a token' };
const broken: Verdict = { kind: 'errored', because: 'a fault' };

function report(verdicts: Readonly<Record<string, Verdict>>, more: Partial<ReportParts> = {}): Report {
  return buildReport({
    judged: Object.entries(verdicts).map(([name, verdict]) => ({ check: check(name), keyword: 'MUST', verdict })),
    target: { name: 'staging', server: 'https://mcp.example.com/mcp' },
    mode: 'gate',
    revisions: ['2025-11-25'],
    revisionSource: 'claimed',
    assurance: ['anonymous'],
    startedAt: '2026-08-01T01:00:00.000Z',
    durationMs: 1,
    requests: 1,
    trials: 0,
    strict: false,
    ...more,
  });
}

test.describe('a check that came to something else is', () => {
  const rows: readonly (readonly [
    before: Verdict | undefined,
    now: Verdict | undefined,
    kind?: ChangeKind,
    isWorse?: boolean,
  ])[] = [
    [passes, passes],
    [passes, fails('first'), 'regressed', true],
    [missing, fails('first'), 'regressed', true],
    [fails('first'), passes, 'fixed', false],
    [fails('first'), missing, 'fixed', false],
    [fails('first'), fails('first')],
    [fails('first'), fails('second'), 'changed-reason', true],
    [fails('first', 'second'), fails('second'), 'changed-reason', false],
    [without, passes, 'newly-run', false],
    [without, fails('first'), 'newly-run', true],
    [undefined, passes, 'newly-run', false],
    [undefined, fails('first'), 'newly-run', true],
    [undefined, missing],
    [undefined, without],
    [passes, without, 'no-longer-run', true],
    [passes, beyond, 'no-longer-run', true],
    [passes, broken, 'no-longer-run', true],
    [fails('first'), without, 'no-longer-run', false],
    [passes, undefined, 'no-longer-run', false],
    [passes, missing, 'no-longer-run', false],
    [missing, passes, 'newly-run', false],
    [missing, without, 'no-longer-run', true],
    [missing, beyond],
    [without, beyond],
  ];
  const name = (verdict: Verdict | undefined) =>
    verdict === undefined
      ? 'not there'
      : verdict.kind === 'fail'
        ? `fail for ${verdict.findings.map(({ reason }) => reason).join(' and ')}`
        : verdict.kind;
  for (const [before, now, kind, isWorse] of rows) {
    test(`${kind ?? 'no change'}${isWorse ? ', worse' : ''}: ${name(before)}, then ${name(now)}`, () => {
      const of = (verdict: Verdict | undefined) => report(verdict === undefined ? {} : { it: verdict });
      const { changes } = compareReports(of(before), of(now));
      expect(changes.map((change) => [change.kind, change.isWorse])).toEqual(
        kind === undefined ? [] : [[kind, isWorse]],
      );
    });
  }
});

test('reasons that came and went are named', () => {
  const { changes } = compareReports(report({ it: fails('first') }), report({ it: fails('second') }));
  expect(changes).toEqual([
    {
      check: 'challenge/it',
      title: 'Does what is right about it',
      severity: 'high',
      kind: 'changed-reason',
      before: 'failed',
      now: 'failed',
      came: ['second'],
      went: ['first'],
      isWorse: true,
    },
  ]);
});

test('a run that was held to a part of the checks says nothing of the others', () => {
  const before = report({ it: passes, other: passes });
  const now = report({ it: fails('first') }, { only: ['challenge/it'] });
  expect(compareReports(before, now).changes.map(({ kind }) => kind)).toEqual(['regressed']);
  expect(compareReports(now, before).changes.map(({ kind }) => kind)).toEqual(['newly-run', 'fixed']);
});

test('what else differs between the runs is said, and the port of a server on this machine does not', () => {
  const before = report({}, { target: { name: 'a', server: 'http://127.0.0.1:1234/mcp' } });
  const now = report({}, { target: { name: 'a', server: 'http://127.0.0.1:4321/mcp' }, strict: true });
  expect(compareReports(before, now).limits).toEqual([
    'What a failing SHOULD comes to was warned and is failed (strict).',
  ]);
  expect(compareReports(before, report({})).limits).toContain(
    'The MCP server was http://127.0.0.1/mcp and is https://mcp.example.com/mcp.',
  );
});

test('what differs reads, worst first', () => {
  const before = report({ b: passes, c: fails('first'), d: without, e: passes });
  const now = report({ a: passes, b: fails('first'), c: passes, d: passes, e: passes }, { setup: setup() });
  const text = renderComparison(
    compareReports({ ...before, setup: setup({ grant_types_supported: ['authorization_code', 'password'] }) }, now),
    { color: false, width: 100 },
  );
  expect(text).toBe(
    [
      'Since 2026-08-01 01:00 UTC · https://mcp.example.com/mcp',
      '',
      'What changed in the setup',
      '  ≠ The authorization server offers the grant password no more. (https://as.example.com)',
      '',
      'Worse: 1',
      '  ✗ Does what is right about b: passed then, failed now; came: first (challenge/b)',
      '',
      'Newly run: 2',
      '  + Does what is right about a: passed, and was not in the earlier run (challenge/a)',
      '  + Does what is right about d: not tested then, passed now (challenge/d)',
      '',
      'Better: 1',
      '  ✓ Does what is right about c: failed then, passed now; gone: first (challenge/c)',
      '',
    ].join('\n'),
  );
  const same = renderComparison(compareReports(now, now), { color: false, width: 100 });
  expect(same).toContain('Every check came to what it came to then, and the setup is the same.');
});

type Members = Setup['issuers'][number]['members'];

function setup(members: Members = { grant_types_supported: ['authorization_code'] }, more: Partial<Setup> = {}): Setup {
  const issuer = 'https://as.example.com';
  return {
    resource: {
      url: 'https://mcp.example.com/.well-known/oauth-protected-resource/mcp',
      members: { resource: 'https://mcp.example.com/mcp', scopes_supported: ['read', 'write'] },
    },
    issuers: [{ issuer, url: `${issuer}/.well-known/oauth-authorization-server`, members }],
    keys: [{ owner: issuer, keys: [{ kid: 'one', thumbprint: '1' }] }],
    registration: 'closed',
    ...more,
  };
}

test.describe('drift is told in words:', () => {
  const issuer = 'https://as.example.com';
  const resource = (scopes: readonly string[]): Partial<Setup> => ({
    resource: { ...setup().resource!, members: { ...setup().resource!.members, scopes_supported: scopes } },
  });
  const keys = (...found: readonly { kid?: string; thumbprint: string }[]): Partial<Setup> => ({
    keys: [{ owner: issuer, keys: found }],
  });
  const [one, two] = [
    { kid: 'one', thumbprint: '1' },
    { kid: 'two', thumbprint: '2' },
  ];
  const rows: readonly (readonly [before: Setup, now: Setup, ...says: readonly string[]])[] = [
    [setup(), setup()],
    [
      setup(),
      setup({ grant_types_supported: ['authorization_code', 'password'] }),
      'The authorization server offers the grant password now.',
    ],
    [
      setup({ code_challenge_methods_supported: ['S256'] }),
      setup({ code_challenge_methods_supported: ['S256', 'plain'] }),
      'The authorization server advertises plain for PKCE now.',
    ],
    [
      setup({ code_challenge_methods_supported: ['S256'] }),
      setup({ code_challenge_methods_supported: ['plain'] }),
      'The authorization server advertises plain for PKCE now.',
      'The authorization server advertises S256 for PKCE no more.',
    ],
    [
      setup({}),
      setup({ registration_endpoint: 'https://as.example.com/register' }),
      'The authorization server advertises dynamic registration (https://as.example.com/register) now.',
    ],
    [
      setup(),
      setup(undefined, { registration: 'open' }),
      'Registration of clients is open to anybody now; it was closed.',
    ],
    [
      setup(undefined, { registration: 'open' }),
      setup(undefined, { registration: 'protected' }),
      'Registration of clients is open to those who have an initial access token now; it was open to anybody.',
    ],
    [setup(undefined, keys(one)), setup(undefined, keys(two)), 'The signing keys were rotated: two came, one went.'],
    [setup(undefined, keys(one)), setup(undefined, keys(one, two)), 'A signing key was added: two.'],
    [setup(undefined, keys(one, two)), setup(undefined, keys(one)), 'A signing key was taken away: two.'],
    [
      setup(undefined, keys(one)),
      setup(undefined, keys({ kid: 'one', thumbprint: '9' })),
      'The key one is another one under the same kid.',
    ],
    [setup(), setup(undefined, resource(['read'])), 'The MCP server names the scope write no more.'],
    [
      setup({ client_id_metadata_document_supported: true }),
      setup({ client_id_metadata_document_supported: false }),
      'The authorization server takes clients by the URL of their metadata document no more.',
    ],
    [setup({ client_id_metadata_document_supported: false }), setup({})],
    [
      setup({ token_endpoint: 'https://as.example.com/token' }),
      setup({ token_endpoint: 'https://as.example.com/oauth/token' }),
      'The authorization server gives another token_endpoint: it was https://as.example.com/token and is https://as.example.com/oauth/token.',
    ],
    [
      setup({ token_endpoint: 'http://127.0.0.1:1000/token', jwks_uri: 'http://127.0.0.1:1000/keys' }),
      setup({ token_endpoint: 'http://127.0.0.1:2000/token', jwks_uri: 'http://127.0.0.1:2000/keys' }),
    ],
    [setup(), setup(undefined, { issuers: [] }), 'The metadata of this issuer can be read no more.'],
    [setup({}), setup({ 'x-unheard-of': 'yes' }), 'The authorization server gives x-unheard-of (yes) now.'],
  ];
  for (const [before, now, ...says] of rows) {
    test(says.join(' ') || `nothing of ${JSON.stringify(now.issuers[0]?.members)}`, () => {
      expect(driftOf(before, now).map((drift) => drift.says)).toEqual(says);
    });
  }
});

test.describe('what is found of the setup', () => {
  test('is the metadata of both servers, the keys by their thumbprints, and whom registration lets in', () => {
    const found = setupOf(golden, { keepKeys: true })!;
    expect(found.resource?.members.authorization_servers).toEqual(found.issuers.map(({ issuer }) => issuer));
    expect(found.issuers[0]?.members).toMatchObject({ issuer: found.issuers[0]?.issuer });
    expect(found.keys?.[0]?.keys[0]?.thumbprint).toMatch(/^[\w-]{43}$/);
    expect(setupOf(golden, { keepKeys: false })).not.toHaveProperty('keys');
    expect(driftOf(found, found)).toEqual([]);
    expect(faultsOf(report({ it: passes }, { setup: found }))).toEqual([]);
  });

  test('is nothing where no document was read', () => {
    expect(setupOf({}, { keepKeys: true })).toBeUndefined();
  });

  test('keeps no more of a document than a reader can take in', () => {
    const { issuerMetadata } = golden;
    const [issuer] = issuerMetadata!.issuers;
    const body = JSON.stringify({
      issuer: 'x'.repeat(10_000),
      scopes_supported: Array.from({ length: 5000 }, (_, index) => `scope-${index}`),
      nested: { a: 1 },
    });
    const candidates = issuer!.candidates.map(({ kind, fetched }) => {
      const [exchange] = fetched;
      return { kind, fetched: [{ ...exchange, answer: { ...exchange.answer!, body } }] as unknown as typeof fetched };
    });
    const { issuers } = setupOf(
      { issuerMetadata: { ...issuerMetadata!, issuers: [{ ...issuer!, candidates }] } },
      { keepKeys: true },
    )!;
    expect(issuers[0]?.members.issuer).toHaveLength(500);
    expect(issuers[0]?.members.scopes_supported).toHaveLength(200);
    expect(issuers[0]?.members).not.toHaveProperty('nested');
  });
});
