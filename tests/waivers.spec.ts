import { expect, test } from '@playwright/test';
import { run } from '../engine/run.ts';
import { requireWaivers } from '../engine/waivers.ts';
import { parseProfile } from '../fixtures/profile/profile.ts';
import { FORMATS } from '../reports/formats/index.ts';
import { conclude } from '../reports/policy.ts';
import { renderConsole } from '../reports/render/console.ts';
import type { ReportedFinding } from '../reports/report.ts';
import { faultsOf } from '../reports/validate.ts';
import { aCheck, aFinding, aReport } from './report-lab.ts';

const CHECK = 'challenge/sends-no-error-without-credentials';

interface Written {
  readonly check?: string;
  readonly reason?: string;
  readonly until?: string;
}

const entry = ({ check = CHECK, reason = 'error-code', until = '2099-12-31' }: Written = {}) =>
  [
    `  - check: ${check}`,
    `    reason: ${reason}`,
    '    owner: team-mcp',
    '    why: fixed in 1.5',
    `    until: ${until}`,
  ].join('\n');

const parse = async (head: string, ...entries: readonly string[]) =>
  (await parseProfile([head, 'waivers:', ...entries, ''].join('\n'), { file: 'p.yaml', env: {} })).profile;

const SERVER = 'server: { url: https://mcp.example.com/mcp }';

test('a profile says of each waiver where it stands', async () => {
  const { waivers } = await parse(SERVER, entry(), entry({ reason: 'other' }));
  expect(waivers).toEqual([
    {
      check: CHECK,
      reason: 'error-code',
      owner: 'team-mcp',
      why: 'fixed in 1.5',
      until: '2099-12-31',
      place: 'p.yaml:3:5 waivers[0]',
    },
    expect.objectContaining({ reason: 'other', place: 'p.yaml:8:5 waivers[1]' }),
  ]);
});

test('a profile without waivers has none', async () => {
  expect((await parseProfile(SERVER, { file: 'p.yaml', env: {} })).profile).not.toHaveProperty('waivers');
});

test.describe('a waiver is refused with its line where', () => {
  const rows: readonly (readonly [says: string, entries: readonly string[], message: string])[] = [
    [
      'it has no owner',
      [entry().replace('    owner: team-mcp\n', '')],
      'p.yaml:3:5 waivers[0].owner: missing; write `owner: team-mcp@example.com`',
    ],
    [
      'it names no reason',
      [entry().replace('    reason: error-code\n', '')],
      'p.yaml:3:5 waivers[0].reason: missing; write `reason: error-code`',
    ],
    [
      'it does not say why',
      [entry().replace('    why: fixed in 1.5\n', '')],
      'p.yaml:3:5 waivers[0].why: missing; write `why: fixed in 1.5`',
    ],
    [
      'it never ends',
      [entry().replace(/\n {4}until: .*/, '')],
      'p.yaml:3:5 waivers[0].until: missing; write `until: 2027-01-31`',
    ],
    [
      'its last day is none',
      [entry({ until: '2027-02-30' })],
      'p.yaml:7:12 waivers[0].until: is not a day; write year, month and day: 2027-01-31',
    ],
    [
      'it covers more than one reason',
      [entry({ reason: '[a, b]' })],
      'p.yaml:4:13 waivers[0].reason: must be text, is a list; write error-code instead',
    ],
  ];
  for (const [says, entries, message] of rows) {
    test(says, async () => {
      await expect(parse(SERVER, ...entries)).rejects.toThrow(message);
    });
  }

  const unknown: readonly (readonly [says: string, entries: readonly string[], message: string])[] = [
    [
      'no check is called so',
      [entry({ check: 'challenge/sends-no-error-without-credential' })],
      `p.yaml:3:5 waivers[0]: no check is called challenge/sends-no-error-without-credential; did you mean ${CHECK}?`,
    ],
    [
      'nothing is like it',
      [entry({ check: 'nothing/at-all' })],
      'p.yaml:3:5 waivers[0]: no check is called nothing/at-all; `list` shows them all',
    ],
    [
      'its check has no such reason',
      [entry({ reason: 'error-cod' })],
      `p.yaml:3:5 waivers[0]: ${CHECK} has no reason error-cod; did you mean error-code?`,
    ],
    [
      'it is written twice',
      [entry(), entry({ until: '2027-01-31' })],
      `p.yaml:8:5 waivers[1]: ${CHECK} (error-code) is waived already, at p.yaml:3:5 waivers[0]; leave one of them`,
    ],
  ];
  for (const [says, entries, message] of unknown) {
    test(says, async () => {
      const { waivers } = await parse(SERVER, ...entries);
      expect(() => requireWaivers(waivers)).toThrow(message);
    });
  }

  test('several are wrong: each has its line', async () => {
    const { waivers } = await parse(SERVER, entry({ check: 'a/b' }), entry({ check: 'c/d' }));
    expect(() => requireWaivers(waivers)).toThrow(/^p\.yaml:3:5 .*\np\.yaml:8:5 .*$/);
  });
});

test.describe('on the embedded world', () => {
  const only = [CHECK];
  const world = (fault: string, ...entries: readonly string[]) =>
    parse(`name: embedded\nembedded: { faults: [${fault}] }\npolicy: { strict: true }`, ...entries);

  test('what is waived turns the run green, is told with owner, end and why, and covers its reason alone', async () => {
    const { report } = await run(await world('says-an-error-without-credentials', entry()), { mode: 'gate', only });
    expect(faultsOf(report)).toEqual([]);
    expect(report.checks[0]).toMatchObject({
      outcome: 'waived',
      findings: [{ reason: 'error-code', waiver: { owner: 'team-mcp', why: 'fixed in 1.5', until: '2099-12-31' } }],
    });
    expect(conclude(report)).toEqual({
      exitCode: 0,
      because: `nothing failed, and every MUST in scope was tested; 1 check is waived; of ${CHECK} only`,
    });
    expect(renderConsole(report, { color: false, width: 100 })).toContain(
      [
        'Waivers: 1',
        '',
        `  ~ ${CHECK} (error-code), until 2099-12-31: accepted`,
        '    The challenge to a request without a token names an error, as if a token had been refused.',
        '    Owner     team-mcp',
        '    Why       fixed in 1.5',
      ].join('\n'),
    );
  });

  test('a waiver that names a place covers no other, and each run says how to write one', async () => {
    const check = 'challenge/guards-path-variants';
    const waiver = entry({ check, reason: 'served' });
    const at = async (...entries: readonly string[]) => {
      const faults = 'serves-a-trailing-slash-without-a-token';
      return (await run(await world(faults, ...entries), { mode: 'gate', only: [check] })).report;
    };
    const wide = await at(waiver);
    expect(renderConsole(wide, { color: false, width: 100 })).toContain(
      'covers: [paths/trailing-slash] keeps it to where',
    );
    const narrow = await at(waiver.replace('    owner', '    covers: [paths/trailing-slash]\n    owner'));
    expect(faultsOf(narrow)).toEqual([]);
    expect(conclude(narrow).exitCode).toBe(0);
    const elsewhere = await at(waiver.replace('    owner', '    covers: [paths/upper-case]\n    owner'));
    expect(conclude(elsewhere)).toEqual({
      exitCode: 1,
      because: expect.stringContaining('what it covers is gone, and it was found at paths/trailing-slash'),
    });
    expect(elsewhere.checks[0]?.outcome).toBe('failed');
  });

  test('what is not there any more makes its waiver stale, and what is past its day counts again', async () => {
    const stale = await run(await world('', entry()), { mode: 'gate', only });
    expect(conclude(stale.report)).toEqual({
      exitCode: 1,
      because: `the waiver of ${CHECK} (error-code) is stale: what it accepts is gone, delete it`,
    });
    const expired = await run(await world('says-an-error-without-credentials', entry({ until: '2026-01-31' })), {
      mode: 'gate',
      only,
    });
    expect(conclude(expired.report)).toEqual({
      exitCode: 1,
      because: `1 check failed (${CHECK}); the waiver of ${CHECK} (error-code) expired on 2026-01-31`,
    });
  });

  test('a waiver that can never apply stops the run before anything is asked', async () => {
    const events: string[] = [];
    const profile = await world('', entry({ check: 'challenge/unheard-of' }));
    const running = run(profile, { mode: 'gate', only, onProgress: ({ kind }) => events.push(kind) });
    await expect(running).rejects.toThrow(/waivers\[0\]: no check is called challenge\/unheard-of/);
    expect(events).toEqual([]);
  });
});

test.describe('what is waived is told once', () => {
  const waiver = { owner: 'ada', why: 'until the gateway is new', until: '2099-12-31' };
  const accepted = aFinding({ reason: 'served', says: 'A call without a token is served.', waiver });
  const other = aFinding({ reason: 'said', says: 'The refusal says too much.', keyword: 'SHOULD', evidence: ['a/b'] });
  const elsewhere = { ...aFinding({ says: accepted.says, evidence: ['paths/x'] }), actual: 'status 204' };
  const waivers = [
    { check: 'challenge/a', reason: 'served', ...waiver, state: 'applied', found: ['anonymous/first'] },
  ] as const;
  const of = (...findings: readonly ReportedFinding[]) =>
    aReport([aCheck('challenge/a', { outcome: findings.length > 1 ? 'warned' : 'waived', findings })], { waivers });
  const told = (text: string, what: string) => text.split(what).length - 1;
  const page = { color: false, width: 200 };

  for (const [says, report] of Object.entries({
    'all of a check': of(accepted),
    'a part of one': of(accepted, other),
  })) {
    test(`${says}, on the console, on the page and in Markdown`, () => {
      const source = { report, exchanges: [] };
      for (const text of [
        renderConsole(report, page),
        renderConsole(report, { ...page, verbose: true }),
        FORMATS.markdown.render(source),
      ]) {
        expect(told(text, 'A call without a token is served')).toBe(1);
        expect(told(text, 'until the gateway is new')).toBe(1);
      }
      const html = FORMATS.html.render(source);
      expect(told(html, 'until the gateway is new')).toBe(1);
      // Folded, a finding says what counts of it.
      expect(html).toContain(`<span class="brief" dir="auto">${report.checks[0]?.findings?.at(-1)?.says}`);
    });
  }

  test('and what is left of its check stands where findings do', () => {
    const text = renderConsole(of(accepted, other), page);
    expect(text).toMatch(/warned · SHOULD · high · challenge\/a\n/);
    expect(text).toContain('The refusal says too much.');
    expect(text).toContain('    Waived    served: see Waivers\n');
    const noted = aReport(
      [aCheck('challenge/a', { outcome: 'waived', findings: [accepted, { ...other, keyword: 'MAY' }] })],
      {
        waivers,
      },
    );
    expect(renderConsole(noted, page)).toMatch(/Noted .*: 1\n\n {2}· The refusal says too much\. \(challenge\/a\)\n/);
  });

  test('and covers the same reason in no other place', () => {
    const report = of(accepted, elsewhere);
    const source = { report, exchanges: [] };
    expect(renderConsole(report, page)).toMatch(/Actual {4}status 204\n(?:.*\n)* {4}Waived {4}served: see Waivers\n/);
    expect(FORMATS.markdown.render(source)).toMatch(
      /status 200`\n- Waived until .*\n(?:.*\n)*- Actual: `status 204`\n- Fix/,
    );
    const [alert, ...more] = JSON.parse(FORMATS.sarif.render(source)).runs[0].results;
    expect(more).toEqual([]);
    expect(alert.suppressions).toBeUndefined();
    expect(alert.message.text).toContain('Actual: status 204');
  });
});
