import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, test } from '@playwright/test';
import { openNightly } from '../engine/nightly.ts';
import { run } from '../engine/run.ts';
import { packageRoot } from '../fixtures/package.ts';
import { parseProfile } from '../fixtures/profile/profile.ts';
import { conformanceConfig } from '../playwright.ts';
import { buildReport, summaryOf } from '../reports/build.ts';
import type { Judged } from '../reports/judged.ts';
import { pillarsOf } from '../reports/pillars.ts';
import { conclude } from '../reports/policy.ts';
import { renderConsole, renderSummary } from '../reports/render/console.ts';
import type { Report, ReportedCheck, Setup } from '../reports/report.ts';
import { faultsOf, readReport } from '../reports/validate.ts';
import type { Check } from '../suites/check.ts';

let folder: string;
test.beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nightly-'));
});
test.afterEach(() => rmSync(folder, { recursive: true, force: true }));

const profile = (name = 'staging') => ({ name, state: { folder: join(folder, 'kept') } });

const check = (name: string): Check =>
  ({
    id: `challenge/${name}`,
    title: `Does what is right about ${name}`,
    keyword: 'MUST',
    severity: 'high',
    party: 'mcp-server',
    pillar: 'server-side-validation',
    requirements: ['A86'],
    assurance: 'anonymous',
    needs: ['anonymous'],
    reasons: { wrong: { says: 'Wrong.', fix: { general: 'Right it.' } } },
  }) as unknown as Check;

const CHECKED = ['one', 'two', 'three'].map(check);

const setup = (...grants: readonly string[]): Setup => ({
  issuers: [
    { issuer: 'https://as.example.com', url: 'https://as.example.com', members: { grant_types_supported: grants } },
  ],
});

/** What a night of August saw: which of the checks failed, and which grants there were. */
function night(
  day: number,
  failed: readonly string[] = [],
  grants: readonly string[] = ['authorization_code'],
  waived: readonly string[] = [],
): Report {
  const judged = CHECKED.map((each): Judged => {
    const fails = failed.some((name) => each.id.endsWith(`/${name}`));
    const finding = { reason: 'wrong', expected: 'a', actual: 'b', at: [] };
    return {
      check: each,
      keyword: 'MUST',
      verdict: fails ? { kind: 'fail', findings: [finding] } : { kind: 'pass', seen: 'status 401' },
    };
  });
  return buildReport({
    judged,
    target: { name: 'staging', server: 'https://mcp.example.com/mcp' },
    mode: 'nightly',
    revisions: ['2025-11-25'],
    revisionSource: 'claimed',
    assurance: ['anonymous'],
    startedAt: `2026-08-${String(day).padStart(2, '0')}T01:00:00.000Z`,
    durationMs: 1,
    requests: 1,
    trials: 0,
    strict: false,
    setup: setup(...grants),
    waivers: waived.map((name) => ({
      check: `challenge/${name}`,
      reason: 'wrong',
      owner: 'team',
      why: 'known',
      until: '2026-09-01',
    })),
  });
}

/** As a run does it: the baseline is read, the report compared, and the night kept. */
async function sleep(
  report: Report,
  baseline?: string,
): Promise<{ readonly report: Report; readonly remarks: readonly string[] }> {
  const nightly = await openNightly(profile(), baseline);
  const compared = nightly.compared(report);
  expect(faultsOf(compared)).toEqual([]);
  return { report: compared, remarks: await nightly.keep(compared) };
}

test('two weeks give a trend that reads', async () => {
  const more = ['authorization_code', 'password'];
  const weeks: readonly (readonly [failed: readonly string[], grants?: readonly string[]])[] = [
    [[]],
    [[]],
    [[]],
    [[]],
    [[]],
    [['two'], more],
    [['two'], more],
    [['one', 'two'], more],
    [[]],
    [[]],
    [[]],
    [['three']],
    [[]],
  ];
  for (const [index, [failed, grants]] of weeks.entries()) await sleep(night(index + 1, failed, grants));
  const { report } = await sleep(night(14));
  const text = renderConsole(report, { color: false, width: 100 });
  expect(text.slice(text.indexOf('The last'), text.indexOf('Pillars'))).toBe(
    [
      'The last 14 nights',
      '',
      '  ✓ 2026-08-01 to 2026-08-05 (5 nights): 3 passed',
      '  ✗ 2026-08-06 to 2026-08-07 (2 nights): 1 failed, 2 passed',
      '    Failed    challenge/two',
      '    Changed   The authorization server offers the grant password now.',
      '  ✗ 2026-08-08: 2 failed, 1 passed',
      '    Failed    challenge/one',
      '  ✓ 2026-08-09 to 2026-08-11 (3 nights): 3 passed',
      '    Mended    challenge/one, challenge/two',
      '  ✗ 2026-08-12: 1 failed, 2 passed',
      '    Failed    challenge/three',
      '  ✓ 2026-08-13 to 2026-08-14 (2 nights): 3 passed',
      '    Mended    challenge/three',
      '',
      '',
    ].join('\n'),
  );
});

test('two nights of one day are told apart', async () => {
  await sleep(night(1));
  const second = await sleep({ ...night(1, ['one']), startedAt: '2026-08-01T22:30:00.000Z' });
  const text = renderConsole(second.report, { color: false, width: 100 });
  expect(text).toContain('✓ 2026-08-01 01:00 UTC: 3 passed');
  expect(text).toContain('✗ 2026-08-01 22:30 UTC: 1 failed, 2 passed');
});

test('without a baseline a night is judged as a gate is, and becomes the baseline', async () => {
  const first = await sleep(night(1, ['one']));
  expect(conclude(first.report)).toEqual({
    exitCode: 1,
    because: '1 check failed (challenge/one); not met: server-side validation',
  });
  expect(first.remarks).toEqual([
    expect.stringMatching(/^nightly: there was no baseline, .* judged as a gate is, and is the baseline from now on: /),
  ]);
  const second = await sleep(night(2, ['one']));
  expect(conclude(second.report)).toEqual({
    exitCode: 0,
    because: 'nothing is worse than on 2026-08-01; 1 check fails as it did',
  });
  expect(second.remarks).toEqual([]);
});

test('what got better may not get worse again, and a red night is no baseline', async () => {
  for (const [day, failed, exitCode] of [
    [1, ['one'], 1],
    [2, [], 0],
    [3, ['one'], 1],
    [4, ['one'], 1],
    [5, [], 0],
  ] as const) {
    expect(conclude((await sleep(night(day, failed))).report).exitCode, `night ${day}`).toBe(exitCode);
  }
});

test('what could not be judged for a night is not forgotten', async () => {
  /** The night as if check one had not been answered; it weighs little, so that the night is green. */
  const without = (report: Report): Report => {
    const checks = report.checks.map((each): ReportedCheck => {
      const { findings: _, seen: __, ...one } = each;
      if (each.id !== 'challenge/one') return each;
      return { ...one, keyword: 'SHOULD', outcome: 'untested', because: 'no answer', unlock: 'an answer' };
    });
    return { ...report, checks, summary: summaryOf(checks) };
  };
  await sleep(night(1));
  const second = await sleep(without(night(2)));
  expect(conclude(second.report).exitCode).toBe(0);
  const third = await sleep(night(3, ['one']));
  expect(third.report.comparison?.baseline.startedAt).toBe(night(2).startedAt);
  expect(third.report.comparison?.changes.map(({ check: id, before, isWorse }) => [id, before, isWorse])).toEqual([
    ['challenge/one', 'passed', true],
  ]);
});

test.describe('what failed and cannot be tested any more', () => {
  /** The night as if check one had not been answered, though it is a MUST. */
  const unanswered = (report: Report): Report => {
    const checks = report.checks.map((each): ReportedCheck => {
      const { findings: _, seen: __, ...one } = each;
      return each.id === 'challenge/one'
        ? { ...one, outcome: 'untested', because: 'no answer', unlock: 'an answer' }
        : each;
    });
    return { ...report, checks, summary: summaryOf(checks), pillars: pillarsOf(checks) };
  };
  const GONE = '1 earlier finding is no longer seen, and nothing shows that it is mended (challenge/one)';

  test('is said to be no longer seen, and is neither better nor worse', async () => {
    await sleep(night(1, ['one', 'two']));
    const { report } = await sleep(unanswered(night(2, ['two'])));
    expect(conclude(report)).toEqual({
      exitCode: 0,
      because: `nothing is worse than on 2026-08-01; ${GONE}; 1 check fails as it did`,
    });
    expect(report.comparison?.changes).toEqual([
      expect.objectContaining({
        check: 'challenge/one',
        kind: 'no-longer-seen',
        isWorse: false,
        before: 'failed',
        now: 'untested',
      }),
    ]);
    expect(renderSummary(report, { color: false, width: 100 })).toContain(
      'No longer seen, and not shown to be mended: 1\n  ? Does what is right about one: failed then, not tested now (challenge/one)\n',
    );
  });

  test('stays in the baseline, so that it is no news when it is seen again, and better once it is mended', async () => {
    await sleep(night(1, ['one']));
    for (const day of [2, 3]) {
      expect(conclude((await sleep(unanswered(night(day)))).report), `night ${day}`).toEqual({
        exitCode: 0,
        because: expect.stringMatching(/; 1 earlier finding is no longer seen, .* \(challenge\/one\)$/),
      });
    }
    const again = await sleep(night(4, ['one']));
    expect(again.report.comparison).toMatchObject({ changes: [], lostPillars: [] });
    expect(conclude(again.report)).toEqual({
      exitCode: 0,
      because: 'nothing is worse than on 2026-08-03; 1 check fails as it did',
    });
    await sleep(unanswered(night(5)));
    const mended = await sleep(night(6));
    expect(conclude(mended.report).because).toBe(
      'nothing is worse than on 2026-08-05; 1 check is better (challenge/one)',
    );
    const text = renderConsole(mended.report, { color: false, width: 100 });
    expect(text.slice(text.indexOf('The last'), text.indexOf('Pillars'))).toBe(
      [
        'The last 6 nights',
        '',
        '  ✗ 2026-08-01: 1 failed, 2 passed',
        '  ✓ 2026-08-02 to 2026-08-03 (2 nights): 1 not tested, 2 passed',
        '    Not seen  challenge/one',
        '  ✓ 2026-08-04: 1 failed, 2 passed',
        '  ✓ 2026-08-05: 1 not tested, 2 passed',
        '    Not seen  challenge/one',
        '  ✓ 2026-08-06: 3 passed',
        '    Mended    challenge/one',
        '',
        '',
      ].join('\n'),
    );
  });

  test('is worse where it held in between', async () => {
    await sleep(night(1, ['one']));
    await sleep(night(2));
    expect(conclude((await sleep(unanswered(night(3)))).report)).toEqual({
      exitCode: 1,
      because: '1 check is worse than in the baseline (challenge/one)',
    });
  });

  test('is not mended either where a red night was the first to see it', async () => {
    await sleep(night(1));
    await sleep(night(2, ['one']));
    const text = renderConsole((await sleep(unanswered(night(3)))).report, { color: false, width: 100 });
    expect(text).toContain('Not seen  challenge/one');
    expect(text).not.toContain('Mended');
  });
});

test.describe('what failed and is not among the checks of a night', () => {
  const trendOf = (report: Report) => {
    const text = renderConsole(report, { color: false, width: 100 });
    return text.slice(text.indexOf('The last'), text.indexOf('\nPillars\n')).trimEnd().split('\n').slice(2);
  };
  const holding = (report: Report, names: readonly string[], more: Partial<Report> = {}): Report => {
    const checks = report.checks.filter(({ id }) => names.some((name) => id === `challenge/${name}`));
    return { ...report, checks, summary: summaryOf(checks), ...more };
  };
  const part = (day: number, failed: readonly string[] = []) =>
    holding(night(day, failed), ['two'], { only: ['challenge/two'] });

  test('is no word of a night that is held to others, neither unseen nor mended', async () => {
    await sleep(night(1, ['one', 'two']));
    expect(trendOf((await sleep(part(2))).report)).toEqual([
      '  ✗ 2026-08-01: 2 failed, 1 passed',
      '  ✓ 2026-08-02: 1 passed',
      '    Mended    challenge/two',
    ]);
  });

  test('is still known to be broken after a night that was held to others and is kept', async () => {
    for (const [failed, says] of [
      [['one'], []],
      [[], ['    Mended    challenge/one']],
    ] as const) {
      await sleep(night(1, ['one']));
      const kept = join(folder, 'kept');
      rmSync(join(kept, readdirSync(kept).find((name) => name.endsWith('.baseline.json'))!));
      await sleep(part(2));
      const { report } = await sleep(night(3, failed));
      expect(report.history?.at(-1)).toMatchObject({ failed: [], carried: ['challenge/one'] });
      expect(trendOf(report).slice(0, 2)).toEqual(['  ✗ 2026-08-01: 1 failed, 2 passed', '  ✓ 2026-08-02: 1 passed']);
      expect(trendOf(report).slice(3)).toEqual(says);
      rmSync(kept, { recursive: true });
    }
  });

  test('is not told as mended, nor as unseen for ever, where the tool has given the check up', async () => {
    const later = (day: number) =>
      holding(night(day), ['two', 'three'], { tool: { name: 'mcp-auth-conformance', version: '99.0.0' } });
    await sleep(night(1, ['one']));
    await sleep(later(2));
    const { report } = await sleep(later(3));
    expect(trendOf(report)).toEqual([
      '  ✗ 2026-08-01: 1 failed, 2 passed',
      '  ✓ 2026-08-02 to 2026-08-03 (2 nights): 2 passed',
    ]);
    const after = (await sleep(later(4))).report.history?.at(-1);
    expect(after).not.toHaveProperty('unseen');
    expect(after).not.toHaveProperty('gone');
  });
});

test('what was waived is not told as mended, and is once it is', async () => {
  await sleep(night(1, ['one']));
  await sleep(night(2, ['one'], undefined, ['one']));
  await sleep(night(3, ['one'], undefined, ['one']));
  await sleep(night(4, ['one']));
  const text = renderConsole((await sleep(night(5))).report, { color: false, width: 100 });
  expect(text.slice(text.indexOf('The last'), text.indexOf('Pillars'))).toBe(
    [
      'The last 5 nights',
      '',
      '  ✗ 2026-08-01: 1 failed, 2 passed',
      '  ✓ 2026-08-02 to 2026-08-03 (2 nights): 1 waived, 2 passed',
      '    Waived    challenge/one',
      '  ✗ 2026-08-04: 1 failed, 2 passed',
      '    Failed    challenge/one',
      '  ✓ 2026-08-05: 3 passed',
      '    Mended    challenge/one',
      '',
      '',
    ].join('\n'),
  );
});

test.describe('what cannot be tested behind a waived defect', () => {
  /** Check two stands behind check one. */
  const behind = (report: Report): Report => {
    const checks = report.checks.map((each): ReportedCheck => {
      const { findings: _, seen: __, ...two } = each;
      return each.id === 'challenge/two'
        ? { ...two, outcome: 'untested', because: 'no answer', unlock: 'an answer', blockedBy: 'challenge/one' }
        : each;
    });
    return { ...report, checks, summary: summaryOf(checks), pillars: pillarsOf(checks) };
  };
  const waived = (day: number) => behind(night(day, ['one'], undefined, ['one']));
  const codes = async (...nights: readonly Report[]) => {
    const found: number[] = [];
    for (const each of nights) found.push(conclude((await sleep(each)).report).exitCode);
    return found;
  };

  test('is green from the night on in which the waiver is written, and red when the waiver ends', async () => {
    const nights = [night(1), behind(night(2, ['one'])), waived(3), waived(4), waived(5), behind(night(6, ['one']))];
    expect(await codes(...nights)).toEqual([0, 1, 0, 0, 0, 1]);
  });

  test('is red where it fails once it is seen again, and where it is untested for a reason of its own', async () => {
    expect(await codes(night(1), waived(2), waived(3), night(4, ['one', 'two'], undefined, ['one']))).toEqual([
      0, 0, 0, 1,
    ]);
    rmSync(join(folder, 'kept'), { recursive: true });
    const alone = (report: Report): Report => ({
      ...report,
      checks: report.checks.map(({ blockedBy: _, ...each }) => each),
    });
    expect(await codes(night(1), waived(2), alone(waived(3)))).toEqual([0, 0, 1]);
  });

  test('is no news when it failed before, and fails when it is seen again', async () => {
    const both = (day: number) => night(day, ['one', 'two'], undefined, ['one']);
    expect(await codes(night(1, ['two']), waived(2), waived(3), both(4))).toEqual([1, 0, 0, 0]);
  });
});

test('a baseline may be a folder that holds no report yet, or is not there', async () => {
  await sleep(night(1), folder);
  expect(readReport(join(folder, 'report.json'))).toEqual(night(1));
  const file = join(folder, 'not', 'there', 'baseline.json');
  expect((await sleep(night(1), file)).remarks).toEqual([expect.stringContaining(`baseline from now on: ${file}`)]);
  expect(readReport(file)).toEqual(night(1));
});

test('a night of a part of the checks is compared, and takes no whole one’s place', async () => {
  await sleep(night(1));
  const part = { ...night(2), only: ['challenge/one'], checks: night(2).checks.slice(0, 1) };
  const summary = { ...part.summary, passed: 1 };
  expect(conclude((await sleep({ ...part, summary })).report).exitCode).toBe(0);
  const third = await sleep(night(3));
  expect(third.report.comparison?.baseline.startedAt).toBe(night(1).startedAt);
  expect(third.report.comparison?.changes).toEqual([]);
  expect(third.report.history?.map(({ startedAt }) => startedAt)).toEqual([night(1).startedAt]);
});

test('a baseline that is named is written once, where there is none yet', async () => {
  const file = join(folder, 'baseline.json');
  await sleep(night(1), file);
  expect(readReport(file)).toEqual(night(1));
  const { report } = await sleep(night(2, ['one']), file);
  expect(conclude(report).because).toContain('1 check is worse than in the baseline (challenge/one)');
  await sleep(night(3), file);
  expect(readReport(file)).toEqual(night(1));
});

test('a baseline may be the folder of a run; what is no report is refused before anything is sent', async () => {
  writeFileSync(join(folder, 'report.json'), JSON.stringify(night(1)));
  expect((await sleep(night(2), folder)).report.comparison?.baseline.startedAt).toBe(night(1).startedAt);
  writeFileSync(join(folder, 'other.json'), '{}');
  await expect(openNightly(profile(), join(folder, 'other.json'))).rejects.toThrow(
    /is not a report this version reads/,
  );
});

test('without state and baseline it says how to keep one', async () => {
  const nightly = await openNightly({ name: 'staging' }, undefined);
  const compared = nightly.compared(night(1));
  expect(compared).toEqual(night(1));
  expect(await nightly.keep(compared)).toEqual([
    expect.stringMatching(/name one \(--baseline\), or a folder .*\(state\)$/),
  ]);
});

test('what is kept is its owner’s alone, and each profile has its own', async () => {
  await sleep(night(1));
  const kept = join(folder, 'kept');
  expect(statSync(kept).mode & 0o777).toBe(0o700);
  for (const file of readdirSync(kept)) expect(statSync(join(kept, file)).mode & 0o777, file).toBe(0o600);
  const other = await openNightly(profile('production'), undefined);
  expect(other.compared(night(2))).toEqual(night(2));
});

test('a history that was damaged is left alone, and said', async () => {
  await sleep(night(1));
  const kept = join(folder, 'kept');
  const file = join(kept, readdirSync(kept).find((name) => name.endsWith('.nights.json'))!);
  writeFileSync(file, '{"format":"mcp-auth-conformance/nights/1","nights":[{}]}');
  const { report, remarks } = await sleep(night(2));
  expect(report.history).toBeUndefined();
  expect(remarks).toEqual([expect.stringMatching(/^state: .*nights\.json is left alone: it is no file of this tool/)]);
  expect(readFileSync(file, 'utf8')).toContain('[{}]');
});

test('two nights on the embedded world: the second says in words what changed', async () => {
  const only = ['issuer-metadata/lists-no-plain-code-challenges', 'challenge/names-the-needed-scope'];
  const nightOf = async (state: string, ...faults: readonly string[]) => {
    const text = `name: embedded\nembedded: { state: ${state}, faults: [${faults.join(', ')}] }\nstate: { folder: kept }\n`;
    const { profile: embedded } = await parseProfile(text, { file: join(folder, 'night.yaml'), env: {} });
    return (await run(embedded, { mode: 'nightly', only })).report;
  };
  const first = await nightOf('conforming');
  expect(conclude(first)).toEqual({
    exitCode: 0,
    because: `nothing failed, and every MUST in scope was tested; of ${only.join(', ')} only`,
  });
  expect(first.comparison).toBeUndefined();
  const second = await nightOf(
    'conforming',
    'issuer-lists-plain',
    'issuer-offers-the-password-grant',
    'names-no-scope',
  );
  expect(faultsOf(second)).toEqual([]);
  expect(second.comparison?.drift.map(({ says }) => says)).toEqual([
    'The authorization server offers the grant password now.',
    'The authorization server offers the grant client_credentials no more.',
    'The authorization server advertises plain for PKCE now.',
  ]);
  expect(conclude(second)).toEqual({
    exitCode: 1,
    because: '1 check is worse than in the baseline (challenge/names-the-needed-scope)',
  });
  const text = renderConsole(second, { color: false, width: 100 });
  expect(text).toContain('Since the baseline of ');
  expect(text).toContain('≠ The authorization server offers the grant password now.');
  expect(text).toContain('passed then, warned now; came: no-scope');
  expect(existsSync(join(folder, 'kept'))).toBe(true);
});

test('the Playwright door takes a baseline for a nightly run of one profile', () => {
  const embedded = join(packageRoot(), 'profiles', 'embedded.yaml');
  const { projects = [] } = conformanceConfig({ profiles: [embedded], mode: 'nightly', baseline: 'kept.json' });
  expect(projects.map(({ use }) => use?.conformance?.baseline)).toEqual([resolve('kept.json'), resolve('kept.json')]);
  expect(() => conformanceConfig({ profiles: [embedded], mode: 'gate', baseline: 'kept.json' })).toThrow(
    'the baseline kept.json goes with mode nightly and one profile',
  );
});

test('the summary of a night tells what changed', async () => {
  await sleep(night(1));
  const { report } = await sleep(night(2, ['one'], ['authorization_code', 'password']));
  const summary = renderSummary(report, { color: false, width: 100 });
  expect(summary).toContain('≠ The authorization server offers the grant password now. (https://as.example.com)');
  expect(summary).toContain('✗ Does what is right about one: passed then, failed now; came: wrong (challenge/one)');
});
