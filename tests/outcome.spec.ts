import { expect, test } from '@playwright/test';
import type { Judged } from '../reports/judged.ts';
import { outcomeOf } from '../reports/outcome.ts';
import { pillarsOf } from '../reports/pillars.ts';
import { conclude, exitCode, isRed } from '../reports/policy.ts';
import type { Mode, Outcome, Report, ReportedCheck } from '../reports/report.ts';
import type { Check, Keyword, Provider } from '../suites/check.ts';

const KEYWORDS = ['MUST', 'SHOULD', 'MAY', 'ADVICE'] as const;

/** A check whose reasons are called by the keyword they are lowered to; `plain` is not lowered. */
const check = {
  id: 'challenge/made-up',
  reasons: Object.fromEntries(
    [undefined, ...KEYWORDS].map((keyword) => [
      keyword ?? 'plain',
      { says: 'Wrong.', fix: { general: 'Right it.' }, ...(keyword && { keyword }) },
    ]),
  ),
} as unknown as Check;

function failing(keyword: Keyword, ...reasons: readonly string[]): Judged {
  const findings = reasons.map((reason) => ({ reason, expected: 'a', actual: 'b', at: [] }));
  return { check, keyword, verdict: { kind: 'fail', findings } };
}

test.describe('a failing check comes to', () => {
  const rows: readonly (readonly [Keyword, readonly string[], outcome: Outcome, strict: Outcome])[] = [
    ['MUST', ['plain'], 'failed', 'failed'],
    ['SHOULD', ['plain'], 'warned', 'failed'],
    ['MAY', ['plain'], 'noted', 'noted'],
    ['ADVICE', ['plain'], 'noted', 'noted'],
    ['MUST', ['SHOULD'], 'warned', 'failed'],
    ['MUST', ['MAY'], 'noted', 'noted'],
    ['MUST', ['ADVICE'], 'noted', 'noted'],
    ['SHOULD', ['ADVICE'], 'noted', 'noted'],
    ['SHOULD', ['MUST'], 'warned', 'failed'],
    ['ADVICE', ['SHOULD'], 'noted', 'noted'],
    ['MUST', ['ADVICE', 'plain'], 'failed', 'failed'],
    ['MUST', ['ADVICE', 'SHOULD', 'MAY'], 'warned', 'failed'],
  ];
  for (const [keyword, reasons, outcome, strict] of rows) {
    test(`${outcome}, under strict ${strict}: ${keyword} with ${reasons.join(' and ')}`, () => {
      expect(outcomeOf(failing(keyword, ...reasons), { strict: false })).toBe(outcome);
      expect(outcomeOf(failing(keyword, ...reasons), { strict: true })).toBe(strict);
    });
  }
});

test.describe('what customers of a provider cannot change', () => {
  const reasons = {
    plain: {
      says: 'Wrong.',
      fix: { general: 'Right it.' },
      providerFact: { auth0: 'Auth0 does so for every tenant.' },
    },
    other: { says: 'Worse.', fix: { general: 'Right it.' } },
  };
  const known = { ...check, reasons } as unknown as Check;
  const rows: readonly (readonly [Provider | undefined, readonly string[], Outcome, strict: Outcome])[] = [
    ['auth0', ['plain'], 'noted', 'noted'],
    ['other', ['plain'], 'failed', 'failed'],
    [undefined, ['plain'], 'failed', 'failed'],
    ['auth0', ['plain', 'other'], 'failed', 'failed'],
    ['auth0', ['other'], 'failed', 'failed'],
  ];
  for (const [provider, given, outcome, strict] of rows) {
    test(`${outcome}: ${given.join(' and ')} at ${provider ?? 'a provider that could not be told'}`, () => {
      const judged = { ...failing('MUST', ...given), check: known };
      expect(outcomeOf(judged, { strict: false, provider })).toBe(outcome);
      expect(outcomeOf(judged, { strict: true, provider })).toBe(strict);
    });
  }

  test('is noted where the check is a SHOULD, under strict too', () => {
    const judged = { ...failing('SHOULD', 'plain'), check: known };
    expect(outcomeOf(judged, { strict: true, provider: 'auth0' })).toBe('noted');
    expect(outcomeOf(judged, { strict: true })).toBe('failed');
  });
});

test('every other verdict comes to the outcome of its name, whatever its keyword', () => {
  const because = 'so it is';
  const rows: readonly (readonly [Judged['verdict'], Outcome])[] = [
    [{ kind: 'pass', seen: 'status 401' }, 'passed'],
    [{ kind: 'not-applicable', because }, 'not-applicable'],
    [{ kind: 'untested', because, unlock: 'a token' }, 'untested'],
    [{ kind: 'out-of-scope', because, unlock: 'a token' }, 'out-of-scope'],
    [{ kind: 'errored', because }, 'errored'],
  ];
  for (const [verdict, outcome] of rows) {
    for (const keyword of KEYWORDS) {
      for (const strict of [false, true]) expect(outcomeOf({ check, keyword, verdict }, { strict })).toBe(outcome);
    }
  }
});

let ids = 0;

function reported(outcome: Outcome, keyword: Keyword = 'MUST', more: Partial<ReportedCheck> = {}): ReportedCheck {
  ids += 1;
  const finding = {
    reason: 'wrong',
    keyword,
    says: 'Wrong.',
    expected: 'a',
    actual: 'b',
    fix: { general: 'c' },
    evidence: [],
  };
  const findings = ['failed', 'warned', 'noted', 'waived'].includes(outcome) ? { findings: [finding] } : {};
  return {
    id: `challenge/made-up-${ids}`,
    title: 'Does right',
    keyword,
    severity: 'high',
    party: 'mcp-server',
    assurance: 'token',
    requirements: [],
    outcome,
    ...findings,
    ...more,
  };
}

function reportOf(mode: Mode, checks: readonly ReportedCheck[], leftovers: readonly string[] = []): Report {
  return { mode, checks, pillars: pillarsOf(checks), leftovers } as Report;
}

test.describe('mode × outcome × keyword: what turns a run red without waivers, baseline and certification', () => {
  const GATES = ['gate', 'nightly'] as const;
  const passed = reported('passed');
  const rows: readonly (readonly [Outcome, Keyword, check: 0 | 1, gate: 0 | 1])[] = [
    ['passed', 'MUST', 0, 0],
    ['failed', 'MUST', 1, 1],
    ['failed', 'SHOULD', 0, 1],
    ['warned', 'SHOULD', 0, 0],
    ['noted', 'MAY', 0, 0],
    ['noted', 'ADVICE', 0, 0],
    ['waived', 'MUST', 0, 0],
    ['not-applicable', 'MUST', 0, 0],
    ['untested', 'MUST', 0, 1],
    ['untested', 'SHOULD', 0, 0],
    ['untested', 'ADVICE', 0, 0],
    ['out-of-scope', 'MUST', 0, 0],
    ['errored', 'MUST', 0, 1],
    ['errored', 'ADVICE', 0, 1],
  ];
  for (const [outcome, keyword, check, gate] of rows) {
    test(`${keyword} ${outcome}: ${check} in check, ${gate} in ${GATES.join(', ')}`, () => {
      const one = reported(outcome, keyword);
      const checks = [passed, one];
      expect(isRed(one, reportOf('check', checks))).toBe(check === 1);
      expect(isRed(one, reportOf('gate', checks))).toBe(gate === 1);
      expect(exitCode(reportOf('check', checks))).toBe(check);
      for (const mode of GATES) expect(exitCode(reportOf(mode, checks)), mode).toBe(gate);
    });
  }

  test('what is untested because of a defect that is red already is no second red', () => {
    const blocker = { ...reported('failed'), id: 'challenge/blocker' };
    const middle = { ...reported('untested'), id: 'challenge/middle', blockedBy: blocker.id };
    const last = { ...reported('untested'), id: 'challenge/last', blockedBy: middle.id };
    const red = reportOf('gate', [blocker, middle, last]);
    expect([blocker, middle, last].map((check) => isRed(check, red))).toEqual([true, false, false]);
    expect(conclude(red)).toEqual({ exitCode: 1, because: expect.stringContaining('1 check failed') });
  });

  test('what is untested because of something that is not red is red itself', () => {
    for (const outcome of ['passed', 'warned', 'noted', 'not-applicable', 'out-of-scope'] as const) {
      const blocker = { ...reported(outcome), id: 'challenge/blocker' };
      const blocked = { ...reported('untested'), id: 'challenge/blocked', blockedBy: blocker.id };
      expect(isRed(blocked, reportOf('gate', [blocker, blocked])), outcome).toBe(true);
    }
    const alone = { ...reported('untested'), blockedBy: 'challenge/absent' };
    expect(isRed(alone, reportOf('gate', [passed, alone]))).toBe(true);
  });

  test('a gate where nothing at all could be judged is red', () => {
    const checks = [reported('out-of-scope'), reported('not-applicable'), reported('untested', 'SHOULD')];
    expect(conclude(reportOf('gate', checks))).toEqual({ exitCode: 1, because: 'not one check could be judged' });
    expect(exitCode(reportOf('check', checks))).toBe(0);
  });

  test('a green check says how many MUSTs it could not test', () => {
    const green = (...checks: readonly ReportedCheck[]) => conclude(reportOf('check', checks)).because;
    expect(green(passed)).toBe('no MUST that was tested failed');
    expect(green(passed, reported('untested'), reported('untested'), reported('untested', 'SHOULD'))).toEqual(
      expect.stringMatching(/^no MUST that was tested failed, but 2 MUSTs in scope could not be tested \(\S+, \S+\)$/),
    );
  });

  test('what is left behind is said whatever the colour, and decides none', () => {
    expect(conclude(reportOf('gate', [passed], ['client a', 'client b']))).toEqual({
      exitCode: 0,
      because: 'nothing failed, and every MUST in scope was tested; 2 things were left behind at the target',
    });
    expect(conclude(reportOf('gate', [reported('failed')], ['client a']))).toEqual({
      exitCode: 1,
      because: expect.stringMatching(/^1 check failed \(\S+\); 1 thing was left behind at the target$/),
    });
  });

  test('the reason names each kind once, with its number', () => {
    const pillar = 'audience-handling';
    const checks = [
      reported('failed', 'MUST', { pillar }),
      reported('failed'),
      reported('untested'),
      reported('errored'),
    ];
    expect(conclude(reportOf('gate', checks)).because).toEqual(
      expect.stringMatching(
        /^2 checks failed \(\S+, \S+\); 1 check broke down by a fault of this tool \(\S+\); 1 MUST in scope could not be tested \(\S+\); not met: audience handling$/,
      ),
    );
    expect(conclude(reportOf('check', checks)).because).toMatch(/^2 MUSTs failed \(\S+, \S+\)$/);
    expect(conclude(reportOf('gate', [passed])).because).toBe('nothing failed, and every MUST in scope was tested');
  });
});

test.describe('a pillar is', () => {
  const pillar = 'server-side-validation';
  const own = (outcome: Outcome, keyword: Keyword = 'MUST', assurance: ReportedCheck['assurance'] = 'token') =>
    reported(outcome, keyword, { pillar, assurance });
  const anonymous = own('passed', 'MUST', 'anonymous');
  /** The other area this pillar rests on has a check too, which says nothing here. */
  const elsewhere = { ...own('out-of-scope', 'SHOULD'), id: 'access-tokens/elsewhere' };
  const proven = own('passed');

  const rows: readonly (readonly [says: string, checks: readonly ReportedCheck[], state: string, because: RegExp])[] = [
    [
      'met when every MUST passed and one with a token',
      [anonymous, proven],
      'met',
      /holds, and one of them was shown with a credential in hand/,
    ],
    ['met when a MUST does not apply', [proven, own('not-applicable')], 'met', /./],
    ['met when a SHOULD warned', [proven, own('warned', 'SHOULD')], 'met', /./],
    ['not met when a MUST failed', [proven, own('failed')], 'not-met', /a MUST failed: challenge/],
    ['not met when a MUST failed and another is waived', [own('waived'), own('failed')], 'not-met', /failed/],
    ['not shown by anonymous requests alone', [anonymous], 'not-shown', /with a credential in hand/],
    ['not shown by a SHOULD', [own('passed', 'SHOULD')], 'not-shown', /with a credential in hand/],
    ['not shown when a MUST was not tested', [proven, own('untested')], 'not-shown', /was not tested: challenge/],
    ['not shown when a MUST broke down', [proven, own('errored')], 'not-shown', /was not tested: challenge/],
    ['not shown when a MUST is waived', [proven, own('waived')], 'not-shown', /is waived: challenge/],
    ['not shown when a MUST is out of scope', [proven, own('out-of-scope')], 'not-shown', /a MUST needs more than/],
    ['not shown when all is out of scope', [own('out-of-scope')], 'not-shown', /needs more than this run was given/],
    ['not shown without a check', [], 'not-shown', /^this version of the tool has no check of it$/],
  ];
  for (const [says, checks, state, because] of rows) {
    test(says, () => {
      const found = pillarsOf(checks.length === 0 ? [] : [...checks, elsewhere])[pillar];
      expect(found.state).toBe(state);
      expect(found.because).toMatch(because);
    });
  }

  test('not shown while an area it rests on has no check', () => {
    expect(pillarsOf([anonymous, proven])[pillar]).toEqual({
      state: 'not-shown',
      because: 'what was tested holds; this version of the tool has no check of access-tokens',
    });
  });

  test('not met by a part of the checks, and still not met when a MUST failed', () => {
    const only = (...checks: readonly ReportedCheck[]) => pillarsOf([...checks, elsewhere], { partial: true })[pillar];
    expect(only(anonymous, proven)).toEqual({ state: 'not-shown', because: 'only a part of the checks ran (--only)' });
    expect(only(proven, own('failed')).state).toBe('not-met');
  });

  test('not met only by a finding that weighs MUST', () => {
    const lowered = own('failed');
    const [finding] = lowered.findings ?? [];
    const strictly = { ...lowered, findings: [{ ...finding!, keyword: 'SHOULD' as const }] };
    expect(pillarsOf([proven, strictly, elsewhere])[pillar]).toMatchObject({
      state: 'not-shown',
      because: expect.stringContaining('holds in part only'),
    });
  });
});
