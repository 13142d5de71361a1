import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { buildReport, type ReportParts } from '../reports/build.ts';
import type { Judged } from '../reports/judged.ts';
import { OUTCOMES, PILLARS } from '../reports/names.ts';
import { type ConsoleOptions, renderConsole } from '../reports/render/console.ts';
import { renderExplanation } from '../reports/render/explain.ts';
import { declarationOf, renderList } from '../reports/render/list.ts';
import { clean, columns } from '../reports/render/text.ts';
import type { Report } from '../reports/report.ts';
import { faultsOf, readReport, writeReport } from '../reports/validate.ts';
import type { Check, Provider, Reason } from '../suites/check.ts';

/** What a hostile target may send: a title change, a colour, a cursor move by one C1 byte, a forged line, a bidi override. */
const HOSTILE = 'before\u001b]0;owned\u0007\u001b[2J\u009b31m\r\n  FAILED forged\u202eevil\u2028after\u0000';

const REASONS: Readonly<Record<string, Reason>> = {
  served: {
    says: 'A request without a token is served.',
    fix: {
      general: 'Require a token before the request is handled.',
      auth0: { text: 'Put express-oauth2-jwt-bearer in front.', plan: 'Free' },
    },
  },
  fact: {
    says: 'The plain method is offered.',
    fix: {
      general: 'Offer S256 alone.',
      auth0: {
        text: 'Ask for it.',
        dashboard: 'Settings > Advanced > Settings > PKCE',
        command:
          'auth0 api patch tenants/settings --data \'{"a_setting_with_a_name_that_is_longer_than_a_line_is_wide":true}\'',
      },
    },
    providerFact: { auth0: 'Auth0 lists plain for every tenant.' },
  },
  advice: { says: 'The scope is not named.', keyword: 'ADVICE', fix: { general: 'Name it.' } },
};

function aCheck(name: string, more: Partial<Check> = {}): Check {
  return {
    id: `challenge/${name}`,
    title: `Does what is right about ${name}`,
    keyword: 'MUST',
    severity: 'high',
    party: 'mcp-server',
    pillar: 'server-side-validation',
    requirements: ['A86', 'MCP-challenge-401-no-token', 'RFC6750-3-www-authenticate-present'],
    assurance: 'anonymous',
    needs: ['anonymous'],
    reasons: REASONS,
    judge: () => ({ kind: 'pass', seen: '' }),
    examples: {
      pass: [{ says: 'tools/list answers 401', evidence: {} as never }],
      fail: { served: { says: 'tools/list answers its tools', evidence: {} as never } },
    },
    ...more,
  } as Check;
}

const finding = (reason: string, actual = 'status 200', at = ['challenge/second']) => ({
  reason,
  expected: 'status 401 (Unauthorized)',
  actual,
  at,
});
const fails = (...findings: readonly ReturnType<typeof finding>[]): Judged['verdict'] => ({ kind: 'fail', findings });

const token = { because: 'it takes a good token', unlock: 'tokens.good: an access token that the server accepts' };
const word = { because: 'it sends hostile inputs', unlock: 'authorized: true in the profile' };

/** A run in which every outcome comes up. */
const EVERYTHING: readonly Judged[] = [
  {
    check: aCheck('passed', { assurance: 'token' }),
    keyword: 'MUST',
    verdict: { kind: 'pass', seen: 'tools/list answered 401' },
  },
  { check: aCheck('failed-high'), keyword: 'MUST', verdict: fails(finding('served', HOSTILE), finding('advice')) },
  { check: aCheck('failed-critical', { severity: 'critical' }), keyword: 'MUST', verdict: fails(finding('served')) },
  { check: aCheck('warned'), keyword: 'SHOULD', verdict: fails(finding('served')) },
  { check: aCheck('tenant-failed', { party: 'tenant' }), keyword: 'MUST', verdict: fails(finding('served')) },
  { check: aCheck('noted'), keyword: 'ADVICE', verdict: fails(finding('advice', 'no scope', [])) },
  {
    check: aCheck('not-applicable'),
    keyword: 'MUST',
    verdict: { kind: 'not-applicable', because: 'there is no session' },
  },
  {
    check: aCheck('untested'),
    keyword: 'MUST',
    verdict: {
      kind: 'untested',
      because: 'no tool is known',
      unlock: 'server.safeTool',
      blockedBy: 'challenge/failed-high',
    },
  },
  { check: aCheck('above-1', { assurance: 'token' }), keyword: 'MUST', verdict: { kind: 'out-of-scope', ...token } },
  { check: aCheck('above-2', { assurance: 'token' }), keyword: 'SHOULD', verdict: { kind: 'out-of-scope', ...token } },
  { check: aCheck('hostile'), keyword: 'MUST', verdict: { kind: 'out-of-scope', ...word } },
  { check: aCheck('errored'), keyword: 'MUST', verdict: { kind: 'errored', because: `TypeError: ${HOSTILE}` } },
];

function aReport(judged: readonly Judged[] = EVERYTHING, more: Partial<ReportParts> = {}): Report {
  return buildReport({
    judged,
    target: { name: 'staging', server: 'https://mcp.example.com/mcp' },
    mode: 'gate',
    revisions: ['2025-11-25'],
    revisionSource: 'detected',
    assurance: ['anonymous'],
    startedAt: '2026-08-01T10:00:00.000Z',
    durationMs: 1234,
    requests: 143,
    trials: 48,
    strict: false,
    ...more,
  });
}

const render = (report: Report, options: Partial<ConsoleOptions> = {}) =>
  renderConsole(report, { color: false, width: 100, ...options });

test.describe('a report', () => {
  test('is what its schema says, for every mode and strictness', () => {
    for (const mode of ['check', 'gate', 'nightly', 'certify'] as const) {
      for (const strict of [false, true]) expect(faultsOf(aReport(EVERYTHING, { mode, strict }))).toEqual([]);
    }
    expect(faultsOf(aReport([]))).toEqual([]);
  });

  test('counts every outcome and gives every pillar a state', () => {
    const { summary, pillars } = aReport();
    expect(Object.keys(summary).toSorted()).toEqual([...OUTCOMES].toSorted());
    expect(summary).toMatchObject({
      passed: 1,
      failed: 3,
      warned: 1,
      noted: 1,
      untested: 1,
      'out-of-scope': 3,
      errored: 1,
    });
    expect(Object.keys(pillars)).toEqual(PILLARS);
    expect(pillars['server-side-validation'].state).toBe('not-met');
    expect(pillars['token-issuance']).toEqual({
      state: 'not-shown',
      because: 'this version of the tool has no check of it',
    });
  });

  test('of a part of the checks says so, and shows no pillar', () => {
    const check = aCheck('passed', { assurance: 'token' });
    const judged: readonly Judged[] = [{ check, keyword: 'MUST', verdict: { kind: 'pass', seen: 'status 401' } }];
    const part = aReport(judged, { only: ['challenge'] });
    expect(faultsOf(part)).toEqual([]);
    expect(part.only).toEqual(['challenge']);
    expect(part.pillars['server-side-validation'].state).toBe('not-shown');
    expect(render(part)).toContain('  Only       challenge\n');
  });

  test('holds each requirement in words with its place, and only those of a judged revision', () => {
    const check = aCheck('dated', {
      requirements: ['MCP-prm-challenge-header-mandatory', 'MCP-challenge-401-no-token', 'A86'],
    });
    const [{ requirements } = { requirements: [] }] = aReport([
      { check, keyword: 'MUST', verdict: fails(finding('served')) },
    ]).checks;
    expect(requirements.map(({ id }) => id)).toEqual(['MCP-challenge-401-no-token', 'A86']);
    expect(requirements[0]).toMatchObject({
      says: 'A request that needs authorization and carries none is answered with 401.',
      document: 'MCP authorization',
      section: 'Error Handling',
      url: expect.stringMatching(/^https:\/\/modelcontextprotocol\.io\//),
    });
  });

  test('weighs a finding by its reason where that is weaker than the check', () => {
    const failed = aReport().checks.find(({ id }) => id === 'challenge/failed-high');
    expect(failed?.findings?.map(({ reason, keyword }) => [reason, keyword])).toEqual([
      ['served', 'MUST'],
      ['advice', 'ADVICE'],
    ]);
  });

  test('cannot be built of a requirement or a reason that does not exist', () => {
    const verdict = fails(finding('served'));
    expect(() =>
      aReport([{ check: aCheck('x', { requirements: ['MCP-nonsense'] }), keyword: 'MUST', verdict }]),
    ).toThrow('challenge/x cites MCP-nonsense, which no catalogue of requirements has');
    expect(() => aReport([{ check: aCheck('x'), keyword: 'MUST', verdict: fails(finding('unheard-of')) }])).toThrow(
      'challenge/x gives the reason unheard-of, which it does not declare',
    );
  });
});

test.describe('a report of a known provider', () => {
  const judged: readonly Judged[] = [{ check: aCheck('known'), keyword: 'MUST', verdict: fails(finding('fact')) }];
  const of = (provider?: Provider) => aReport(judged, { provider });

  test('names it', () => {
    for (const provider of ['auth0', 'other'] as const) {
      expect(faultsOf(of(provider))).toEqual([]);
      expect(of(provider).provider).toBe(provider);
    }
    expect(of()).not.toHaveProperty('provider');
    expect(render(of('auth0'))).toContain('\n  Provider   Auth0\n  Assurance');
    expect(render(of('other'))).toContain('\n  Provider   not Auth0\n');
    expect(render(of())).not.toContain('Provider ');
  });

  test('notes what its customers cannot change, and says so', () => {
    const [known] = of('auth0').checks;
    expect(known).toMatchObject({
      outcome: 'noted',
      findings: [{ keyword: 'ADVICE', providerFact: 'Auth0 lists plain for every tenant.' }],
    });
    expect(render(of('auth0'))).toContain(
      '  · The plain method is offered. Auth0 lists plain for every tenant. (challenge/known)\n',
    );
    expect(render(of('auth0'), { verbose: true })).toContain(
      [
        '    Provider  Auth0 lists plain for every tenant. Its customers cannot change that, so it is noted',
        '              only.',
        '    Fix       Offer S256 alone.',
      ].join('\n'),
    );
  });

  test('weighs it as the check does at any other', () => {
    for (const provider of ['other', undefined] as const) {
      const [known] = of(provider).checks;
      expect(known).toMatchObject({ outcome: 'failed', findings: [{ keyword: 'MUST' }] });
      expect(known?.findings?.[0]).not.toHaveProperty('providerFact');
      expect(render(of(provider))).not.toContain('lists plain');
    }
  });

  test('shows Auth0’s fix unless it is another, the command in one piece', () => {
    const auth0 = [
      '    Auth0     Ask for it.',
      '    Dashboard Settings > Advanced > Settings > PKCE',
      '    Command   auth0 api patch tenants/settings --data \'{"a_setting_with_a_name_that_is_longer_than_a_line_is_wide":true}\'',
    ].join('\n');
    expect(render(of())).toContain(`    Fix       Offer S256 alone.\n${auth0}\n`);
    expect(render(of('auth0'), { verbose: true })).toContain(auth0);
    expect(render(of('other'))).not.toMatch(/ {4}(Auth0|Dashboard|Command) /);
    expect(of('other').checks[0]?.findings?.[0]?.fix.auth0).toEqual(REASONS.fact?.fix.auth0);
  });
});

test.describe('a report that was tampered with is refused:', () => {
  const GONE = Symbol('taken out');
  const rows: readonly (readonly [says: string, place: string, value: unknown, fault: RegExp])[] = [
    ['a failure turned into a pass', 'checks.1.outcome', 'passed', /checks\/1.*seen/],
    ['a failure turned into a warning', 'checks.1.outcome', 'warned', /checks\/1\/outcome is warned/],
    ['a check taken out', 'checks', aReport().checks.toSpliced(1, 1), /summary\/failed is 3, and 2 checks say so/],
    ['a summary improved', 'summary.failed', 0, /summary\/failed is 0, and 3 checks say so/],
    ['a check reported twice', 'checks.2.id', 'challenge/failed-high', /checks\/2 reports .* a second time/],
    ['findings emptied', 'checks.1.findings', [], /findings/],
    ['findings lost', 'checks.1.findings', GONE, /findings/],
    ['a finding weighing less', 'checks.2.findings.0.keyword', 'SHOULD', /checks\/2\/outcome is failed/],
    ['a field that is none', 'score', 100, /additional.*score/],
    ['a mode that is none', 'mode', 'lenient', /mode/],
    ['a keyword that is none', 'checks.0.keyword', 'must', /keyword/],
    ['an outcome that is none', 'checks.0.outcome', 'green', /outcome/],
    ['a pillar lost', 'pillars.token-issuance', GONE, /token-issuance/],
    ['a time that is none', 'startedAt', 'yesterday', /startedAt/],
    ['no word why it was not tested', 'checks.7.because', GONE, /because/],
  ];
  for (const [says, place, value, fault] of rows) {
    test(says, () => {
      const report = structuredClone(aReport());
      const steps = place.split('.');
      const last = steps.pop() as string;
      const parent = steps.reduce<Record<string, unknown>>(
        (node, step) => node[step] as Record<string, unknown>,
        report as unknown as Record<string, unknown>,
      );
      if (value === GONE) delete parent[last];
      else parent[last] = value;
      expect(faultsOf(report).join('\n')).toMatch(fault);
    });
  }
});

test.describe('report.json', () => {
  let folder: string;
  test.beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'report-'));
  });
  test.afterEach(() => rmSync(folder, { recursive: true, force: true }));

  test('is read as it was written', () => {
    const path = writeReport(join(folder, 'new'), aReport());
    expect(path).toBe(join(folder, 'new', 'report.json'));
    expect(readReport(path)).toEqual(aReport());
  });

  test('holds nothing a terminal would obey', () => {
    const text = readFileSync(writeReport(folder, aReport()), 'utf8');
    expect(text).toMatch(/^[\n\u0020-\u007e\u00a0-\uffff]*$/);
    expect(text).not.toMatch(/[\u200e\u200f\u2028-\u202e\u2066-\u2069]/);
  });

  test('is written once', () => {
    writeReport(folder, aReport());
    expect(() => writeReport(folder, aReport())).toThrow(
      /exists already and a report is never overwritten; give --out a new folder/,
    );
  });

  test('is not written when it breaks its schema, which is a fault of our own', () => {
    const broken = { ...aReport(), requests: -1 };
    expect(() => writeReport(folder, broken)).toThrow(/^The report breaks its own schema: \/requests must be >= 0/);
    expect(() => readReport(join(folder, 'report.json'))).toThrow(/cannot be read/);
  });

  const strangers: readonly (readonly [says: string, text: string, error: RegExp])[] = [
    [
      'of a later format',
      '{"format":"mcp-auth-conformance/report/2"}',
      /its format is "mcp-auth-conformance\/report\/2", not/,
    ],
    ['of no format', '{"checks":[]}', /it names no format/],
    ['that is no object', '[]', /it names no format/],
    ['cut short', '{"format":"mcp-auth-con', /is not JSON/],
    [
      'tampered with',
      '{"format":"mcp-auth-conformance/report/1"}',
      /is not a sound report, it was changed or cut short: /,
    ],
  ];
  for (const [says, text, error] of strangers) {
    test(`${says} is refused clearly`, () => {
      const path = join(folder, 'report.json');
      writeFileSync(path, text);
      expect(() => readReport(path)).toThrow(error);
      expect(() => readReport(path)).toThrow(path);
    });
  }
});

test.describe('on the console', () => {
  test('the head says what was tested and how', () => {
    expect(render(aReport(), { width: 200 }).split('\n').slice(0, 9)).toEqual([
      expect.stringMatching(/^staging · mcp-auth-conformance \d/),
      expect.stringMatching(/^FAILED \(gate\): 3 checks failed \(\S+, \S+ and 1 more\); .*\.$/),
      '',
      '  Server     https://mcp.example.com/mcp',
      '  Revision   2025-11-25 (detected)',
      '  Mode       gate',
      '  Assurance  anonymous',
      '  Sent       143 requests, 48 of them hostile inputs, in 1.2 s',
      '',
    ]);
    expect(render(aReport(EVERYTHING, { strict: true }))).toContain('Mode       gate, strict: a failing SHOULD fails');
  });

  test('a finding says what, why, expected, actual, fix, and where it was seen', () => {
    const check = aCheck('failed', { severity: 'critical' });
    const text = render(aReport([{ check, keyword: 'MUST', verdict: fails(finding('served')) }]));
    expect(text).toContain(
      [
        'MCP server: 1 failed',
        '',
        '  ✗ Does what is right about failed',
        '    failed · MUST · critical · challenge/failed',
        '    Rule      A request that needs authorization and carries none is answered with 401. (MCP',
        '              authorization, Error Handling)',
        '              https://modelcontextprotocol.io/specification/2025-11-25/basic/authorization#error-handling',
        '    See also  RFC 6750, section 3',
        '',
        '    A request without a token is served.',
        '    Expected  status 401 (Unauthorized)',
        '    Actual    status 200',
        '    Fix       Require a token before the request is handled.',
        '    Auth0     Put express-oauth2-jwt-bearer in front. (plan: Free)',
        '    Seen in   challenge/second (evidence/challenge.json)',
        '',
      ].join('\n'),
    );
  });

  test('findings are grouped by party: failed by severity, then warned, then notes', () => {
    const text = render(aReport(), { width: 120 });
    const order = [
      'MCP server: 2 failed, 1 warned',
      'failed · MUST · critical · challenge/failed-critical',
      'failed · MUST · high · challenge/failed-high',
      'warned · SHOULD · high · challenge/warned',
      'Tenant: 1 failed',
      'failed · MUST · high · challenge/tenant-failed',
      'Noted (explain <id> tells how to fix it): 1',
      '  · The scope is not named. (challenge/noted)',
      'Broken down by a fault of this tool, please report it: 1',
      'Not tested, though in scope: 1',
      'Out of scope: 3',
      'Pillars',
      '12 checks: 3 failed, 1 errored, 1 warned, 1 noted, 1 passed, 1 not applicable, 1 not tested, 3 out of scope.',
      'FAILED (gate): ',
    ];
    // The verdict stands at the top too.
    const places = order.map((each) => text.lastIndexOf(each));
    expect(places.filter((place) => place === -1)).toEqual([]);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
  });

  test('findings of one reason are told once, with each thing that was seen', () => {
    const actuals = ['status 200', 'status 500', 'status 403', 'status 302', 'status 404'];
    const verdict = fails(...actuals.map((actual, index) => finding('served', actual, [`credentials/trial-${index}`])));
    const report = aReport([{ check: aCheck('failed'), keyword: 'MUST', verdict }]);
    expect(render(report)).toContain(
      [
        '    A request without a token is served.',
        '    Expected  status 401 (Unauthorized)',
        '    Actual    status 200',
        '    Actual    status 500',
        '    Actual    status 403',
        '              and 2 more (--verbose shows them)',
        '    Fix       Require a token before the request is handled.',
        '    Auth0     Put express-oauth2-jwt-bearer in front. (plan: Free)',
        '    Seen in   credentials/trial-0, credentials/trial-1, credentials/trial-2 and 2 more',
        '              (evidence/credentials.json)',
      ].join('\n'),
    );
    expect(render(report, { verbose: true }).match(/^ {4}Actual/gm)).toHaveLength(5);
  });

  test('of several findings of a check each that weighs less says so', () => {
    const text = render(aReport());
    expect(text).toContain('    A request without a token is served.\n');
    expect(text).toContain('    The scope is not named. (by itself: ADVICE)\n');
  });

  test('a URL is never broken, and a long word rather behind a comma', () => {
    const url = 'https://other-resource.example/of/a/path/that/is/longer/than/a/line';
    const member = `"of_some_length":"${'x'.repeat(14)}"`;
    const actual = `body {"aud":"${url}","iss":"${url}",${member},${member},${member}}`;
    const text = render(
      aReport([{ check: aCheck('long'), keyword: 'MUST', verdict: fails(finding('served', actual)) }]),
      {
        width: 60,
      },
    );
    expect(
      text
        .match(/Actual.*?(?=\n {4}Fix)/s)?.[0]
        .split('\n')
        .map((line) => line.trim()),
    ).toEqual(['Actual    body {"aud":"', `${url}",`, '"iss":"', `${url}",`, `${member},`, `${member},`, `${member}}`]);
  });

  test('a document is cited once, and Auth0’s by its owner', () => {
    const requirements = ['RFC8725-3.1-alg-allowlist', 'RFC8725-3.1-alg-allowlist', 'AUTH0-token-aud'];
    const judged: readonly Judged[] = [
      { check: aCheck('cited', { requirements }), keyword: 'MUST', verdict: fails(finding('served')) },
    ];
    expect(render(aReport(judged))).toContain('    See also  Auth0: Access Tokens\n');
  });

  test('what was not judged is grouped by what would unlock it', () => {
    const text = render(aReport());
    expect(text).toContain(
      [
        'Not tested, though in scope: 1',
        '',
        '  Needs   server.safeTool',
        '  After   challenge/failed-high (failed)',
        '  Why     no tool is known',
        '  Checks  1: challenge/untested',
        '',
        'Out of scope: 3',
        '',
        '  Needs   tokens.good: an access token that the server accepts',
        '  Why     it takes a good token',
        '  Checks  2: challenge/above-1, challenge/above-2',
        '',
        '  Needs   authorized: true in the profile',
        '  Why     it sends hostile inputs',
        '  Checks  1: challenge/hostile',
        '',
      ].join('\n'),
    );
  });

  test('what stands behind another check that was not judged names the one that was', () => {
    const behind = (name: string, blockedBy: string): Judged => ({
      check: aCheck(name),
      keyword: 'MUST',
      verdict: { kind: 'untested', because: 'nothing to read', unlock: 'a document', blockedBy },
    });
    const failed: Judged = { check: aCheck('root'), keyword: 'MUST', verdict: fails(finding('served')) };
    const text = render(aReport([failed, behind('second', 'challenge/root'), behind('third', 'challenge/second')]));
    expect(text.match(/^ {2}After +challenge\/root \(failed\)$/gm)).toHaveLength(2);
  });

  test('a long list of checks that were not judged is counted by area', () => {
    const judged = Array.from({ length: 7 }, (_, index): Judged => {
      const check = aCheck(`untested-${index}`);
      return { check, keyword: 'MUST', verdict: { kind: 'untested', because: 'no answer', unlock: 'an answer' } };
    });
    expect(render(aReport(judged))).toContain('  Checks  7: 7 of challenge (--verbose names them)\n');
    expect(render(aReport(judged), { verbose: true })).toContain('challenge/untested-6: no answer');
  });

  test('a finding that weighs less for want of a known revision says so', () => {
    const check = aCheck('dated', { keyword: { '2025-06-18': 'SHOULD', '2025-11-25': 'MUST' } });
    const judged: readonly Judged[] = [{ check, keyword: 'SHOULD', verdict: fails(finding('served')) }];
    const report = aReport(judged, { revisions: ['2025-06-18', '2025-11-25'], revisionSource: 'narrowed' });
    expect(faultsOf(report)).toEqual([]);
    expect(report.checks[0]?.keywords).toEqual({ '2025-06-18': 'SHOULD', '2025-11-25': 'MUST' });
    expect(render(report, { width: 160 })).toContain(
      'as the revision is not known: MUST in 2025-11-25 (write `revision`',
    );
    expect(render(aReport(judged))).not.toContain('as the revision is not known');
  });

  test('the rule shown is that of a standard, and Auth0 is cited only where the server may be Auth0', () => {
    const requirements = ['AUTH0-issuer-slash', 'RFC6750-3-www-authenticate-present'];
    const judged: readonly Judged[] = [
      { check: aCheck('cited', { requirements }), keyword: 'MUST', verdict: fails(finding('served')) },
    ];
    expect(render(aReport(judged))).toMatch(/Rule .*RFC 6750/s);
    expect(render(aReport(judged, { provider: 'auth0' }))).toContain('See also');
    expect(render(aReport(judged, { provider: 'other' }))).not.toContain('See also');
  });

  test('the five pillars stand with their state', () => {
    const lines = render(aReport()).split('\n');
    const pillars = lines.slice(lines.indexOf('Pillars') + 2).slice(0, 5);
    expect(pillars.slice(0, 4)).toEqual([
      '  Client registration     not shown  this version of the tool has no check of it',
      '  Token issuance          not shown  this version of the tool has no check of it',
      '  Audience handling       not shown  this version of the tool has no check of it',
      '  Signing key retrieval   not shown  this version of the tool has no check of it',
    ]);
    expect(pillars[4]).toMatch(/^ {2}Server-side validation {2}not met {4}a MUST failed: challenge\/failed-high,/);
  });

  test('the end says how far it went, where the report lies, and why it ends so', () => {
    const text = render(aReport(EVERYTHING, { mode: 'check' }), {
      folder: 'mcp-auth-report/staging/report.json',
      width: 120,
    });
    expect(text.trimEnd().split('\n').slice(-5)).toEqual([
      '12 checks: 3 failed, 1 errored, 1 warned, 1 noted, 1 passed, 1 not applicable, 1 not tested, 3 out of scope.',
      'Tested 6 of the 11 checks that apply. Your word that you may (--active, or authorized: true) adds 1. A good token',
      '(tokens.good) adds up to 2.',
      'Report: mcp-auth-report/staging/report.json',
      'FAILED (check): 3 MUSTs failed (challenge/failed-critical, challenge/failed-high and 1 more).',
    ]);
    const calm = EVERYTHING.slice(0, 1);
    expect(render(aReport(calm))).toMatch(/\nPASSED \(gate\): nothing failed, and every MUST in scope was tested\.\n$/);
  });

  test('a command has in it what the finding knows, and its placeholder where that is nothing', () => {
    const command = 'auth0 api patch resource-servers/YOUR_API_ID --data YOUR_API';
    const reasons = {
      ...REASONS,
      tenant: { says: 'No.', fix: { general: 'Mend it.', auth0: { text: 'So.', command } } },
    };
    const commandWith = (fills?: Readonly<Record<string, string>>) =>
      aReport([
        {
          check: aCheck('tenant', { reasons }),
          keyword: 'MUST',
          verdict: { kind: 'fail', findings: [{ ...finding('tenant'), ...(fills && { fills }) }] },
        },
      ]).checks[0]?.findings?.[0]?.fix.auth0?.command;
    expect(commandWith()).toBe(command);
    expect(commandWith({ YOUR_API_ID: 'rs_1' })).toBe('auth0 api patch resource-servers/rs_1 --data YOUR_API');
  });

  test('what is noted of a tenant tells whom it is about', () => {
    const about = (id: string) =>
      render(
        aReport([
          {
            check: aCheck('noted', { id }),
            keyword: 'ADVICE',
            verdict: fails(finding('advice', 'Claude (tpc_1) leads to collect.example.net')),
          },
        ]),
      );
    expect(about('tenant/noted')).toContain('Actual    Claude (tpc_1) leads to collect.example.net');
    expect(about('challenge/noted')).not.toContain('collect.example.net');
  });

  test('verbose tells everything', () => {
    const text = render(aReport(), { verbose: true });
    expect(text).toContain('  ✓ Does what is right about passed (challenge/passed)\n    tools/list answered 401');
    expect(text).toContain('  - challenge/not-applicable: there is no session');
    expect(text).toContain('noted · ADVICE · high · challenge/noted');
    expect(text).toContain('          - challenge/above-2: it takes a good token');
    expect(text).toMatch(/Attack {4}well-formed `tools\/call` .*\(attack matrix, row\n {14}A86\)/);
    expect(render(aReport())).not.toContain('challenge/passed');
  });

  test('letters that nobody sees are dropped, and those of other scripts stay', () => {
    const hidden = '\u{e0041}\u{e007f}\u3164\uffa0\u034f\u2800\u2063\ufe0f\u{e0100}';
    expect(clean(`a${hidden}b`)).toBe('ab');
    expect(clean('Grüße, 漢字, עברית, नमस्ते, 한국어')).toBe('Grüße, 漢字, עברית, नमस्ते, 한국어');
  });

  test('nothing the target sent reaches the terminal as more than text', () => {
    for (const verbose of [false, true]) {
      const text = render(aReport(), { verbose });
      expect(text).toMatch(/^[\n\u0020-\u007e\u00a0-\uffff]*$/);
      expect(text).not.toMatch(/[\u200b-\u200f\u2028-\u202e\u2066-\u2069]/);
      expect(text).toContain('Actual    before]0;owned[2J31m   FAILED forgedevil after\n');
      expect(text).not.toMatch(/^ *FAILED forged/m);
    }
  });

  test('colour dresses the same text', () => {
    const plain = render(aReport());
    const colored = render(aReport(), { color: true });
    expect(colored).toContain('\u001b[31m✗\u001b[39m');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are control sequences
    expect(colored.replace(/\u001b\[\d+m/g, '')).toBe(plain);
    expect(plain).not.toContain('\u001b');
  });

  test('lines keep to the width; only links and the path of the report may be longer', () => {
    const actual = `${'x'.repeat(500)} 長い文字列 ${'word '.repeat(60)}`;
    const long: Judged = { check: aCheck('long'), keyword: 'MUST', verdict: fails(finding('served', actual)) };
    for (const width of [40, 60, 80, 100]) {
      for (const verbose of [false, true]) {
        const lines = render(aReport([...EVERYTHING, long]), { width, verbose }).split('\n');
        const wide = lines.filter((line) => columns(line) > width && !/^ *https:\/\/\S+$/.test(line));
        expect(wide, `width ${width}`).toEqual([]);
      }
    }
  });

  test('long answers are cut, and it says so', () => {
    const verdict = fails(finding('served', 'y'.repeat(5000)));
    const report = aReport([{ check: aCheck('long'), keyword: 'MUST', verdict }]);
    expect(render(report).replace(/\s+/g, '')).toContain('y…(4400charactersmore)');
    expect(render(report, { verbose: true }).replace(/\s+/g, '')).toContain('y…(1000charactersmore)');
  });
});

test.describe('explain and list', () => {
  const check = aCheck('explained', {
    keyword: { '2025-06-18': 'SHOULD', '2025-11-25': 'MUST' },
    trials: ['credentials/empty-bearer'],
  });

  test('explain tells keyword by revision, why, sources, and each reason with example and fix', () => {
    const text = renderExplanation(check, ['documentHost', 'allow: [writes]'], { color: false, width: 100 });
    for (const line of [
      'Does what is right about explained\nchallenge/explained\n',
      '  Keyword   no such rule before 2025-06-18, SHOULD from 2025-06-18 on, MUST from 2025-11-25 on\n',
      '  Party     MCP server\n',
      '  Pillar    Server-side validation\n',
      '  Takes     Nothing but the URL; documentHost; allow: [writes]\n',
      '  Trials    credentials/empty-bearer\n',
      '  - A request that needs authorization and carries none is answered with 401. (MCP authorization,',
      '    https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization#error-handling\n',
      '  ✓ tools/list answers 401\n',
      '  ✗ A request without a token is served.\n    served\n    Example   tools/list answers its tools\n',
      '    Fix       Require a token before the request is handled.\n',
      '    Auth0     Put express-oauth2-jwt-bearer in front. (plan: Free)\n',
      '  ✗ The scope is not named.\n    advice · weighs ADVICE at most\n',
    ]) {
      expect(text).toContain(line);
    }
  });

  test('list gives a line to each check, under its area', () => {
    const checks = [check, aCheck('other', { severity: 'low', assurance: 'token' })];
    const text = renderList(checks, ({ id }) => (id.endsWith('/other') ? ['allow: [load]'] : []), {
      color: false,
      width: 100,
    });
    expect(text.split('\n')).toEqual([
      expect.stringMatching(/^challenge: .*, 2 checks$/),
      '',
      '  SHOULD, MUST  high  anonymous  challenge/explained',
      '  MUST          low   token      challenge/other (allow: [load])',
      '',
      '2 checks. explain <check> tells more of one.',
      '',
    ]);
  });

  test('a declaration holds no function and no evidence', () => {
    const declared = declarationOf(check, ['documentHost']);
    expect(JSON.parse(JSON.stringify(declared))).toEqual(declared);
    expect(declared).toMatchObject({
      id: 'challenge/explained',
      further: ['documentHost'],
      reasons: { served: { says: 'A request without a token is served.' } },
      examples: { pass: ['tools/list answers 401'], fail: { served: 'tools/list answers its tools' } },
    });
  });
});
