import { expect, test } from '@playwright/test';
import { buildReport, type ReportParts } from '../reports/build.ts';
import { compareReports, isWorseOff } from '../reports/compare/compare.ts';
import { driftOf } from '../reports/compare/drift.ts';
import type { Judged } from '../reports/judged.ts';
import { placeOf } from '../reports/places.ts';
import { changeSays, renderComparison } from '../reports/render/changes.ts';
import type { ChangeKind, Report, Setup } from '../reports/report.ts';
import { setupOf } from '../reports/setup.ts';
import { faultsOf } from '../reports/validate.ts';
import type { Check } from '../suites/check.ts';
import { golden } from '../suites/golden.ts';
import { withoutScope, withTenant } from '../suites/golden-tenant.ts';

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

const PARTS: ReportParts = {
  judged: [],
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
};

function report(verdicts: Readonly<Record<string, Verdict>>, more: Partial<ReportParts> = {}): Report {
  const judged = Object.entries(verdicts).map(
    ([name, verdict]): Judged => ({ check: check(name), keyword: 'MUST', verdict }),
  );
  return buildReport({ ...PARTS, judged, ...more });
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
    [fails('first'), missing, 'no-longer-run', false],
    [fails('first'), fails('first')],
    [fails('first'), fails('second'), 'changed-reason', true],
    [fails('first', 'second'), fails('second'), 'changed-reason', false],
    [without, passes, 'newly-run', false],
    [without, fails('first'), 'newly-run', true],
    [undefined, passes, 'newly-run', false],
    [undefined, fails('first'), 'newly-run', true],
    [undefined, missing],
    [undefined, without, 'newly-run', true],
    [undefined, beyond],
    [undefined, broken, 'newly-run', true],
    [without, without],
    [without, broken],
    [beyond, without, 'no-longer-run', true],
    [beyond, broken, 'no-longer-run', true],
    [passes, without, 'no-longer-run', true],
    [passes, beyond, 'no-longer-run', true],
    [passes, broken, 'no-longer-run', true],
    [fails('first'), without, 'no-longer-seen', false],
    [passes, undefined, 'no-longer-run', true],
    [fails('first'), undefined, 'no-longer-run', true],
    [without, undefined],
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

/** Findings of one reason, each seen at exchanges of its own. */
const foundAt = (...places: readonly (readonly string[])[]): Verdict => ({
  kind: 'fail',
  findings: places.map((at) => ({ reason: 'first', expected: 'a', actual: 'b', at })),
});

const waivers = (covers?: readonly string[]): Partial<ReportParts> => ({
  waivers: [
    {
      check: 'challenge/it',
      reason: 'first',
      ...(covers && { covers }),
      owner: 'team-mcp',
      why: 'mended in 1.5',
      until: '2099-12-31',
    },
  ],
});

test.describe('a reason that was given already', () => {
  const rows: readonly (readonly [
    says: string,
    before: Verdict,
    now: Verdict,
    spread: readonly string[],
    isWorse: boolean,
    then?: Partial<ReportParts>,
    parts?: Partial<ReportParts>,
  ])[] = [
    [
      'in a further place is worse',
      foundAt(['paths/trailing-slash']),
      foundAt(['paths/trailing-slash'], ['paths/upper-case']),
      ['first at paths/upper-case'],
      true,
    ],
    [
      'in another place is worse, though its number is the same',
      foundAt(['credentials/null-token']),
      foundAt(['credentials/basic-scheme']),
      ['first at credentials/basic-scheme'],
      true,
    ],
    [
      'oftener in the same place is worse',
      foundAt(['tenant/clients-1']),
      foundAt(['tenant/clients-1'], ['tenant/clients-2']),
      ['first 2 times, 1 then'],
      true,
    ],
    [
      'in a further place is worse under a waiver of before that names no places',
      foundAt(['paths/trailing-slash']),
      foundAt(['paths/trailing-slash'], ['paths/upper-case']),
      ['first at paths/upper-case'],
      true,
      waivers(),
      waivers(),
    ],
    [
      'in a further place is not worse where a waiver names it',
      foundAt(['paths/trailing-slash']),
      foundAt(['paths/trailing-slash'], ['paths/upper-case']),
      ['first at paths/upper-case'],
      false,
      waivers(['paths/trailing-slash']),
      waivers(['paths']),
    ],
  ];
  for (const [says, before, now, spread, isWorse, then, parts] of rows) {
    test(says, () => {
      const { changes } = compareReports(report({ it: before }, then), report({ it: now }, parts));
      expect(changes.map((change) => [change.kind, change.spread, change.isWorse])).toEqual([
        ['changed-reason', spread, isWorse],
      ]);
      expect(changeSays(changes[0]!)).toContain(`further: ${spread[0]}`);
    });
  }

  const same: readonly (readonly [says: string, before: Verdict, now: Verdict])[] = [
    [
      'in the same places in another order',
      foundAt(['anonymous/2025-11-25/tools/list', 'anonymous/2025-11-25/ping']),
      foundAt(['anonymous/2025-11-25/ping', 'anonymous/2025-11-25/tools/list']),
    ],
    [
      'of a journey with another number of steps',
      foundAt(['authorizations/state-missing/hop-1']),
      foundAt(['authorizations/state-missing/hop-3', 'authorizations/state-missing/grant-1']),
    ],
    ['in fewer places', foundAt(['paths/trailing-slash'], ['paths/upper-case']), foundAt(['paths/upper-case'])],
  ];
  for (const [says, before, now] of same) {
    test(`${says} is no change`, () => {
      expect(compareReports(report({ it: before }), report({ it: now })).changes).toEqual([]);
    });
  }
});

test('the place of an exchange has no counts in it, and keeps days and statuses', () => {
  const rows: readonly (readonly [exchange: string, place: string])[] = [
    ['credentials/null-token', 'credentials/null-token'],
    ['anonymous/2025-11-25/tools/list', 'anonymous/2025-11-25/tools/list'],
    ['issuerMetadata/issuer-2/oauth', 'issuerMetadata/issuer/oauth'],
    ['documentClients/document-status-404/hop-1', 'documentClients/document-status-404'],
    ['clientAuthentication/privateKeyJwt/sign-in-2/hop-1', 'clientAuthentication/privateKeyJwt'],
    ['registrationBurst/5', 'registrationBurst'],
  ];
  for (const [exchange, place] of rows) expect(placeOf(exchange)).toBe(place);
});

test('what is noted since, and no more, is told, and is not worse', () => {
  const advice = (verdict: Verdict) =>
    buildReport({ ...PARTS, judged: [{ check: check('it'), keyword: 'ADVICE', verdict }] });
  const of = (before: Verdict, now: Verdict) =>
    compareReports(advice(before), advice(now)).changes.map(({ kind, isWorse }) => [kind, isWorse]);
  expect(of(passes, fails('first'))).toEqual([['newly-noted', false]]);
  expect(of(fails('first'), fails('second'))).toEqual([['newly-noted', false]]);
  expect(of(fails('first'), passes)).toEqual([['no-longer-noted', false]]);
  expect(of(fails('first'), fails('first'))).toEqual([]);
});

test('what stands in the way excuses a check only where it is worse itself', () => {
  const behind: Verdict = { kind: 'untested', because: 'no answer', unlock: 'an answer', blockedBy: 'challenge/first' };
  const worse = (before: Verdict) =>
    compareReports(report({ first: before, second: passes }), report({ first: fails('first'), second: behind }))
      .changes.filter(({ isWorse }) => isWorse)
      .map((change) => change.check);
  expect(worse(passes)).toEqual(['challenge/first']);
  expect(worse(fails('first'))).toEqual(['challenge/second']);
});

test('a check that a later version of this tool has given up is not missed', () => {
  const [before, now] = [report({ it: passes }), report({})];
  const later = { ...now, tool: { ...now.tool, version: '99.0.0' } };
  expect(compareReports(before, later).changes.map(({ isWorse }) => isWorse)).toEqual([false]);
  const earlier = { ...now, tool: { ...now.tool, version: '0.0.1' } };
  expect(compareReports(before, earlier).changes.map(({ isWorse }) => isWorse)).toEqual([true]);
});

test('an older revision is said, and is worse, unless somebody claims it', () => {
  const before = report({}, { revisions: ['2025-11-25'], revisionSource: 'detected' });
  const now = (revisionSource: ReportParts['revisionSource'], revision: '2025-06-18' | '2026-07-28' = '2025-06-18') =>
    compareReports(before, report({}, { revisions: [revision], revisionSource }));
  expect(now('detected').olderRevision).toEqual({ before: '2025-11-25', now: '2025-06-18' });
  expect(isWorseOff(now('detected'))).toBe(true);
  expect(renderComparison(now('detected'), { color: false, width: 100 })).toContain('2025-11-25 then, 2025-06-18 now');
  expect(isWorseOff(now('claimed'))).toBe(false);
  expect(isWorseOff(now('detected', '2026-07-28'))).toBe(false);
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
  const tenant = (members: Members, api = 'https://tenant.example.com/api/v2/'): Partial<Setup> => ({
    tenant: { url: `${api}tenants/settings`, members },
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
    [
      setup(undefined, tenant({ 'flags.enable_dynamic_client_registration': false })),
      setup(undefined, tenant({ 'flags.enable_dynamic_client_registration': true })),
      'The tenant registers clients for whoever asks (dynamic registration) now.',
    ],
    [
      setup(undefined, tenant({ dynamic_client_registration_security_mode: 'strict' })),
      setup(undefined, tenant({ dynamic_client_registration_security_mode: 'permissive' })),
      'The tenant asks no PKCE of clients that register themselves now (dynamic_client_registration_security_mode was strict and is permissive).',
    ],
    [
      setup(undefined, tenant({})),
      setup(undefined, tenant({ resource_parameter_profile: 'audience' })),
      'The tenant ignores the resource of requests now (resource_parameter_profile was not set and is audience).',
    ],
    [
      setup(undefined, tenant({ client_id_metadata_document_supported: true })),
      setup(undefined, tenant({})),
      'The tenant takes clients by the URL of their metadata document no more.',
    ],
    [
      setup(undefined, tenant({})),
      setup(undefined, tenant({ default_audience: 'https://api.example.com' })),
      'The tenant gives tokens for https://api.example.com where none was asked for now.',
    ],
    [setup(undefined, tenant({})), setup(undefined, tenant({ 'flags.enable_client_connections': false }))],
    [setup(), setup(undefined, tenant({ resource_parameter_profile: 'audience' }))],
    [
      setup(undefined, tenant({})),
      setup(undefined, tenant({ resource_parameter_profile: 'audience' }, 'https://other.example.com/api/v2/')),
      'The settings are of another tenant; they were read at https://tenant.example.com/api/v2/tenants/settings.',
    ],
  ];
  for (const [before, now, ...says] of rows) {
    test(says.join(' ') || `nothing of ${JSON.stringify(now.tenant?.members ?? now.issuers[0]?.members)}`, () => {
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

  test('has the settings of the tenant where they were read, without flags that are of other features', () => {
    const flags = { enable_dynamic_client_registration: true, allow_legacy_ro_grant_types: true };
    const open = withTenant(golden, {
      settings: [
        { resource_parameter_profile: 'compatibility', default_audience: '', friendly_name: 'Example', flags },
      ],
    });
    const { tenant, ...others } = setupOf(open, { keepKeys: true })!;
    expect(tenant).toEqual({
      url: 'https://tenant.example.com/api/v2/tenants/settings',
      members: { resource_parameter_profile: 'compatibility', 'flags.enable_dynamic_client_registration': true },
    });
    expect(faultsOf(report({ it: passes }, { setup: { ...others, tenant: tenant! } }))).toEqual([]);
    expect(setupOf(withoutScope(golden, 'settings'), { keepKeys: true })).toEqual(others);
    expect(setupOf({ tenant: open.tenant }, { keepKeys: true })).toEqual({ issuers: [], tenant });
    const before = setupOf(golden, { keepKeys: true })!;
    expect(driftOf(before, { ...others, tenant: tenant! }).map(({ party, says }) => `${party}: ${says}`)).toContain(
      'tenant: The tenant registers clients for whoever asks (dynamic registration) now.',
    );
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
