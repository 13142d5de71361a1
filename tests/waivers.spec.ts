import { expect, test } from '@playwright/test';
import { run } from '../engine/run.ts';
import { requireWaivers } from '../engine/waivers.ts';
import { parseProfile } from '../fixtures/profile/profile.ts';
import { conclude } from '../reports/policy.ts';
import { renderConsole } from '../reports/render/console.ts';
import { faultsOf } from '../reports/validate.ts';

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
