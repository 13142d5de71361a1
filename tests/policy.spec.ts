/** Mode × outcome × keyword × waiver × scope: what turns a run red, and what its certificate may say. */
import { expect, test } from '@playwright/test';
import { buildReport, type ReportParts } from '../reports/build.ts';
import { compareReports } from '../reports/compare/compare.ts';
import type { Judged } from '../reports/judged.ts';
import { type CertificationResult, certificationResult, conclude, isRed } from '../reports/policy.ts';
import type { Report, WaiverState } from '../reports/report.ts';
import { ofSubject } from '../reports/subject.ts';
import { faultsOf } from '../reports/validate.ts';
import type { Check, Keyword } from '../suites/check.ts';
import { keywordIn } from '../suites/keyword.ts';
import { CHECKS } from '../suites/registry.ts';

const DAY = '2026-08-01';

/** A MUST and a SHOULD of every revision that an anonymous request shows, so that they are in the frozen sets. */
const MUST = checkNamed('challenge/sends-a-challenge-with-401');
const SHOULD = checkNamed('challenge/sends-no-error-without-credentials');
const OTHER = checkNamed('challenge/offers-the-bearer-scheme');
/** No set has it: it was added after all of them were frozen. */
const LATER: Check = { ...MUST, id: 'challenge/added-later' };

function checkNamed(id: string): Check {
  return CHECKS.find((check) => check.id === id)!;
}

const reasonOf = (check: Check) => Object.keys(check.reasons)[0]!;

type Verdict = Judged['verdict'];

const passes: Verdict = { kind: 'pass', seen: 'status 401' };
const fails = (check: Check): Verdict => ({
  kind: 'fail',
  findings: [{ reason: reasonOf(check), expected: 'a', actual: 'b', at: [] }],
});
const without: Verdict = { kind: 'untested', because: 'no answer', unlock: 'an answer' };
const beyond: Verdict = { kind: 'out-of-scope', because: 'it takes a token', unlock: 'a token' };
const broken: Verdict = { kind: 'errored', because: 'a fault' };
const missing: Verdict = { kind: 'not-applicable', because: 'no such thing' };

const judged = (
  check: Check,
  verdict: Verdict,
  keyword: Keyword = check.id === SHOULD.id ? 'SHOULD' : 'MUST',
): Judged => ({
  check,
  keyword,
  verdict,
});

function report(all: readonly Judged[], more: Partial<ReportParts> = {}): Report {
  const built = buildReport({
    judged: all,
    target: { name: 'staging', server: 'https://mcp.example.com/mcp' },
    mode: 'gate',
    revisions: ['2025-11-25'],
    revisionSource: 'claimed',
    assurance: ['anonymous'],
    startedAt: `${DAY}T01:00:00.000Z`,
    durationMs: 1,
    requests: 1,
    trials: 0,
    strict: false,
    certification: { set: '2025-11-25', level: 'anonymous' },
    ...more,
  });
  expect(faultsOf(built)).toEqual([]);
  return built;
}

const waiver = (check: Check, until = '2026-12-31', reason = reasonOf(check)) => ({
  check: check.id,
  reason,
  owner: 'team-mcp',
  why: 'mended in 1.5',
  until,
});

type Waived = 'none' | 'in force' | 'of another reason' | 'expired';

interface Row {
  readonly verdict: 'passes' | 'fails' | 'untested' | 'out of scope' | 'errored' | 'not applicable';
  readonly keyword: 'MUST' | 'SHOULD';
  readonly waived?: Waived;
  readonly strict?: true;
  readonly check: 0 | 1;
  readonly gate: 0 | 1;
  /** With a baseline in which the check passed. */
  readonly nightly: 0 | 1;
  /** With a baseline that is this very run. */
  readonly again: 0 | 1;
  /** Beside all else that the set asks for. */
  readonly certify: CertificationResult;
}

const ROWS: readonly Row[] = [
  { verdict: 'passes', keyword: 'MUST', check: 0, gate: 0, nightly: 0, again: 0, certify: 'certified' },
  { verdict: 'not applicable', keyword: 'MUST', check: 0, gate: 0, nightly: 0, again: 0, certify: 'certified' },
  { verdict: 'fails', keyword: 'MUST', check: 1, gate: 1, nightly: 1, again: 0, certify: 'not-certified' },
  {
    verdict: 'fails',
    keyword: 'MUST',
    waived: 'in force',
    check: 0,
    gate: 0,
    nightly: 0,
    again: 0,
    certify: 'partial',
  },
  {
    verdict: 'fails',
    keyword: 'MUST',
    waived: 'of another reason',
    check: 1,
    gate: 1,
    nightly: 1,
    again: 0,
    certify: 'not-certified',
  },
  {
    verdict: 'fails',
    keyword: 'MUST',
    waived: 'expired',
    check: 1,
    gate: 1,
    nightly: 1,
    again: 0,
    certify: 'not-certified',
  },
  {
    verdict: 'passes',
    keyword: 'MUST',
    waived: 'in force',
    check: 0,
    gate: 1,
    nightly: 1,
    again: 0,
    certify: 'partial',
  },
  {
    verdict: 'passes',
    keyword: 'MUST',
    waived: 'expired',
    check: 0,
    gate: 1,
    nightly: 1,
    again: 0,
    certify: 'partial',
  },
  {
    verdict: 'untested',
    keyword: 'MUST',
    waived: 'in force',
    check: 0,
    gate: 1,
    nightly: 1,
    again: 0,
    certify: 'partial',
  },
  { verdict: 'untested', keyword: 'MUST', check: 0, gate: 1, nightly: 1, again: 0, certify: 'partial' },
  { verdict: 'out of scope', keyword: 'MUST', check: 0, gate: 0, nightly: 1, again: 0, certify: 'partial' },
  { verdict: 'errored', keyword: 'MUST', check: 0, gate: 1, nightly: 1, again: 1, certify: 'partial' },
  { verdict: 'fails', keyword: 'SHOULD', check: 0, gate: 0, nightly: 1, again: 0, certify: 'certified' },
  {
    verdict: 'fails',
    keyword: 'SHOULD',
    strict: true,
    check: 0,
    gate: 1,
    nightly: 1,
    again: 0,
    certify: 'certified',
  },
  {
    verdict: 'fails',
    keyword: 'SHOULD',
    waived: 'in force',
    check: 0,
    gate: 0,
    nightly: 0,
    again: 0,
    certify: 'partial',
  },
  { verdict: 'untested', keyword: 'SHOULD', check: 0, gate: 0, nightly: 0, again: 0, certify: 'certified' },
  { verdict: 'out of scope', keyword: 'SHOULD', check: 0, gate: 0, nightly: 0, again: 0, certify: 'certified' },
];

const VERDICTS: Readonly<Record<Row['verdict'], (check: Check) => Verdict>> = {
  passes: () => passes,
  fails,
  untested: () => without,
  'out of scope': () => beyond,
  errored: () => broken,
  'not applicable': () => missing,
};

/** Every other check of the set at the level passes. */
const others = (check: Check): readonly Judged[] =>
  CHECKS.filter(({ id, assurance }) => id !== check.id && assurance === 'anonymous').map((each) =>
    judged(each, passes, 'MUST'),
  );

for (const row of ROWS) {
  const { verdict, keyword, waived = 'none', strict = false } = row;
  const says = [
    `${keyword} ${verdict}`,
    ...(waived === 'none' ? [] : [`a waiver ${waived}`]),
    ...(strict ? ['strict'] : []),
  ];
  test(`${says.join(', ')}: check ${row.check}, gate ${row.gate}, nightly ${row.nightly} and ${row.again}, ${row.certify}`, () => {
    const check = keyword === 'MUST' ? MUST : SHOULD;
    const second: Check = { ...check, reasons: { ...check.reasons, second: check.reasons[reasonOf(check)]! } };
    const WAIVERS: Readonly<Record<Waived, readonly ReturnType<typeof waiver>[]>> = {
      none: [],
      'in force': [waiver(check)],
      'of another reason': [waiver(check, undefined, 'second')],
      expired: [waiver(check, '2026-07-31')],
    };
    const parts = { waivers: WAIVERS[waived], strict };
    const one = judged(second, VERDICTS[verdict](check));
    const now = report([judged(OTHER, passes), one], parts);
    const before = report([judged(OTHER, passes), judged(second, passes)], { strict });
    expect(conclude({ ...now, mode: 'check' }).exitCode).toBe(row.check);
    expect(conclude(now).exitCode).toBe(row.gate);
    expect(conclude({ ...now, mode: 'nightly' }), 'nightly without a baseline').toEqual(conclude(now));
    expect(conclude({ ...now, mode: 'nightly', comparison: compareReports(before, now) }).exitCode).toBe(row.nightly);
    expect(conclude({ ...now, mode: 'nightly', comparison: compareReports(now, now) }).exitCode).toBe(row.again);
    const whole = report([...others(check), one], parts);
    expect(certificationResult(whole)).toBe(row.certify);
    expect(conclude({ ...whole, mode: 'certify' }).exitCode).toBe(row.certify === 'certified' ? 0 : 1);
  });
}

test.describe('a waiver', () => {
  const states: readonly (readonly [says: string, verdict: Verdict, until: string, state: WaiverState])[] = [
    ['applies up to its last day', fails(MUST), DAY, 'applied'],
    ['is expired the day after', fails(MUST), '2026-07-31', 'expired'],
    ['is expired whether or not there is anything to accept', passes, '2026-07-31', 'expired'],
    ['is stale when what it accepts is gone', passes, DAY, 'stale'],
    ['is neither when nobody could look', without, DAY, 'untried'],
    ['is neither when there is no such thing', missing, DAY, 'untried'],
  ];
  for (const [says, verdict, until, state] of states) {
    test(says, () => {
      const [found] = report([judged(MUST, verdict)], { waivers: [waiver(MUST, until)] }).waivers ?? [];
      expect(found).toEqual({ ...waiver(MUST, until), state });
    });
  }

  test('is stale when the check fails for other reasons alone', () => {
    const check: Check = { ...MUST, reasons: { ...MUST.reasons, second: MUST.reasons[reasonOf(MUST)]! } };
    const { waivers } = report([judged(check, fails(MUST))], { waivers: [waiver(check, DAY, 'second')] });
    expect(waivers?.[0]?.state).toBe('stale');
  });

  test('leaves the other reasons of its check, and says so on its own finding alone', () => {
    const check: Check = { ...MUST, reasons: { ...MUST.reasons, second: MUST.reasons[reasonOf(MUST)]! } };
    const finding = { expected: 'a', actual: 'b', at: [] };
    const both: Verdict = {
      kind: 'fail',
      findings: [
        { ...finding, reason: reasonOf(MUST) },
        { ...finding, reason: 'second' },
      ],
    };
    const [found] = report([judged(check, both)], { waivers: [waiver(MUST)] }).checks;
    expect(found?.outcome).toBe('failed');
    expect(found?.findings?.map((each) => each.waiver?.owner)).toEqual(['team-mcp', undefined]);
  });

  test('that lapsed says which, why and what to do', () => {
    const stale = report([judged(MUST, passes)], { waivers: [waiver(MUST)] });
    expect(conclude(stale).because).toBe(
      `the waiver of ${MUST.id} (${reasonOf(MUST)}) is stale: what it accepts is gone, delete it`,
    );
    const expired = report([judged(MUST, passes)], { waivers: [waiver(MUST, '2026-07-31')] });
    expect(conclude(expired).because).toBe(`the waiver of ${MUST.id} (${reasonOf(MUST)}) expired on 2026-07-31`);
  });

  test('that names places covers what was found there and nothing beside it', () => {
    const at = (...places: readonly string[]): Verdict => ({
      kind: 'fail',
      findings: places.map((place) => ({ reason: reasonOf(MUST), expected: 'a', actual: 'b', at: [place] })),
    });
    const narrow = { ...waiver(MUST), covers: ['paths/trailing-slash', 'credentials'] };
    const of = (...places: readonly string[]) => report([judged(MUST, at(...places))], { waivers: [narrow] });
    const covered = of('paths/trailing-slash', 'credentials/null-token');
    expect(conclude(covered).exitCode).toBe(0);
    expect(covered.waivers?.[0]).toEqual({
      ...narrow,
      state: 'applied',
      found: ['credentials/null-token', 'paths/trailing-slash'],
    });
    const further = of('paths/trailing-slash', 'paths/upper-case');
    expect(conclude(further)).toEqual({ exitCode: 1, because: `1 check failed (${MUST.id})` });
    expect(further.checks[0]?.findings?.map((each) => each.waiver?.owner)).toEqual(['team-mcp', undefined]);
    expect(further.waivers?.[0]).toMatchObject({ state: 'applied', beyond: ['paths/upper-case'] });
    expect(conclude(of('paths/trailing-slashes')).because).toBe(
      `1 check failed (${MUST.id}); the waiver of ${MUST.id} (${reasonOf(MUST)}) is stale: what it covers is gone, and it was found at paths/trailing-slashes`,
    );
  });

  test('keeps its pillar from being met', () => {
    const check: Check = { ...MUST, pillar: 'server-side-validation' };
    const { pillars } = report([judged(check, fails(MUST))], { waivers: [waiver(MUST)] });
    expect(pillars['server-side-validation']).toEqual({
      state: 'not-shown',
      because: `a MUST is waived: ${MUST.id}`,
    });
  });

  test('is told in a green gate', () => {
    const { because } = conclude(report([judged(MUST, fails(MUST))], { waivers: [waiver(MUST)] }));
    expect(because).toBe('nothing failed, and every MUST in scope was tested; 1 check is waived');
  });

  test('accepts what cannot be tested behind its defect, and no gate then claims that every MUST was tested', () => {
    const behind = (blockedBy: string): Verdict => ({ ...without, blockedBy });
    const waivers = [waiver(MUST)];
    const one = report([judged(MUST, fails(MUST)), judged(OTHER, behind(MUST.id))], { waivers });
    expect(conclude(one)).toEqual({
      exitCode: 0,
      because: `nothing failed; 1 check is waived; 1 MUST was not tested, behind what is waived (${OTHER.id})`,
    });
    // Also where one stands behind another; a SHOULD is no claim of the gate.
    const chain = [judged(MUST, fails(MUST)), judged(OTHER, behind(MUST.id)), judged(LATER, behind(OTHER.id))];
    expect(conclude(report(chain, { waivers })).because).toContain('2 MUSTs were not tested, behind what is waived');
    const should = report([judged(MUST, fails(MUST)), judged(SHOULD, behind(MUST.id))], { waivers });
    expect(conclude(should).because).toBe('nothing failed, and every MUST in scope was tested; 1 check is waived');
    // Unaccepted, the defect counts, and what stands behind it does not.
    const unwaived = report([judged(MUST, fails(MUST)), judged(OTHER, behind(MUST.id))]);
    expect(conclude(unwaived).because).toBe(`1 check failed (${MUST.id})`);
    // One that is not its consequence is red by itself.
    const own = report([judged(MUST, fails(MUST)), judged(OTHER, without)], { waivers });
    expect(conclude(own)).toEqual({ exitCode: 1, because: `1 MUST in scope could not be tested (${OTHER.id})` });
  });

  test('cannot be written into a report afterwards to turn a failure', () => {
    const failed = structuredClone(report([judged(MUST, fails(MUST))])) as { -readonly [K in keyof Report]: Report[K] };
    const [check] = failed.checks;
    failed.checks = [{ ...check!, outcome: 'waived' }];
    failed.summary = { ...failed.summary, failed: 0, waived: 1 };
    expect(faultsOf(failed)).toEqual(['/checks/0/outcome is waived, its findings say otherwise']);
  });
});

test.describe('certification', () => {
  const whole = (...more: readonly Judged[]) => report([...others(MUST), ...more], { mode: 'certify' });

  test('is not taken away by a check that was added later', () => {
    expect(certificationResult(whole(judged(MUST, passes), judged(LATER, fails(MUST))))).toBe('certified');
  });

  test('is not given where a check of its set was not run', () => {
    const one = report([judged(MUST, passes)], { mode: 'certify', only: [MUST.id] });
    expect(certificationResult(one)).toBe('partial');
    expect(conclude(one).because).toMatch(/^\d+ required MUSTs were not run$/);
  });

  test('is not given where nothing of its set was tested', () => {
    const nothing = report([judged(LATER, passes)], { mode: 'certify' });
    expect(certificationResult(nothing)).toBe('not-certified');
    expect(conclude(nothing).because).toContain('nothing that is required was tested, so nothing is certified');
    expect(certificationResult(report([], { mode: 'certify' }))).toBe('not-certified');
  });

  test('asks at a level for nothing above it, and is not given where a MUST above it is known to be broken', () => {
    const above = CHECKS.find(
      (check) => check.assurance === 'tenant-audit' && keywordIn(check, '2025-11-25') === 'MUST',
    )!;
    const of = (verdict: Verdict) => whole(judged(MUST, passes), judged(above, verdict));
    expect(certificationResult(of(without))).toBe('certified');
    expect(certificationResult(of(fails(above)))).toBe('not-certified');
    expect(conclude(of(fails(above))).because).toMatch(/^1 required check failed\b/);
  });

  test('is not taken away by a SHOULD that a strict gate fails', () => {
    const all = [...others(SHOULD), judged(SHOULD, fails(SHOULD))];
    expect(certificationResult(report(all, { mode: 'certify', strict: true }))).toBe('certified');
  });

  test('is partial where a required check broke down, whatever it weighs', () => {
    const one = report([...others(SHOULD), judged(SHOULD, broken)], { mode: 'certify' });
    expect(certificationResult(one)).toBe('partial');
    expect(conclude(one).because).toMatch(/^1 required SHOULD broke down by a fault of this tool\b/);
  });

  test('says of its MUSTs which hold in part, and how many do not apply', () => {
    const advice: Check = {
      ...MUST,
      reasons: { [reasonOf(MUST)]: { ...MUST.reasons[reasonOf(MUST)]!, keyword: 'ADVICE' } },
    };
    const part = whole(judged(advice, fails(MUST)));
    expect(certificationResult(part)).toBe('certified');
    expect(conclude(part).because).toMatch(/ holds; 1 of them holds in part \([\w/-]+\)$/);
    expect(conclude(whole(judged(MUST, missing))).because).toMatch(/ holds; 1 does not apply$/);
  });

  test('of the MCP server alone leaves out the checks and the stale waivers of others', () => {
    const tenants = CHECKS.find(
      ({ assurance, party }) => assurance === 'anonymous' && party === 'authorization-server',
    )!;
    const stale = [waiver(tenants)];
    const all = report([...others(MUST), judged(MUST, passes)], { mode: 'certify', waivers: stale });
    expect(certificationResult(all)).toBe('partial');
    const own = ofSubject(all, 'mcp-server');
    expect(certificationResult(own)).toBe('certified');
    expect(own.checks.map(({ party }) => party)).not.toContain('authorization-server');
    expect(ofSubject(own, 'mcp-server')).toEqual(own);
  });

  test('says what it is of', () => {
    expect(conclude(whole(judged(MUST, passes))).because).toBe('every MUST of 2025-11-25 at level anonymous holds');
  });
});

test.describe('a nightly run', () => {
  const at = (checks: readonly Judged[], before: readonly Judged[], more: Partial<ReportParts> = {}): Report => {
    const now = report(checks, { mode: 'nightly', ...more });
    return { ...now, comparison: compareReports(report(before), now) };
  };

  test('says what is better, and what fails as it did', () => {
    const now = at(
      [judged(MUST, passes), judged(OTHER, fails(OTHER))],
      [judged(MUST, fails(MUST)), judged(OTHER, fails(OTHER))],
    );
    expect(conclude(now)).toEqual({
      exitCode: 0,
      because: `nothing is worse than on ${DAY} at 01:00 UTC; 1 check is better (${MUST.id}); 1 check fails as it did`,
    });
    expect(now.checks.some((check) => isRed(check, now))).toBe(false);
  });

  test('is red for what fails for a further reason, and for a check that the baseline did not have', () => {
    const check: Check = { ...MUST, reasons: { ...MUST.reasons, second: MUST.reasons[reasonOf(MUST)]! } };
    const further: Verdict = {
      kind: 'fail',
      findings: [reasonOf(MUST), 'second'].map((reason) => ({ reason, expected: 'a', actual: 'b', at: [] })),
    };
    expect(conclude(at([judged(check, further)], [judged(check, fails(MUST))])).exitCode).toBe(1);
    expect(conclude(at([judged(check, fails(MUST))], [judged(check, further)])).exitCode).toBe(0);
    expect(conclude(at([judged(MUST, fails(MUST))], [])).exitCode).toBe(1);
    expect(conclude(at([judged(MUST, passes)], [])).exitCode).toBe(0);
  });

  test('counts a defect once, whatever stands behind it', () => {
    const behind: Verdict = { kind: 'untested', because: 'no answer', unlock: 'an answer', blockedBy: MUST.id };
    const now = at([judged(MUST, fails(MUST)), judged(OTHER, behind)], [judged(MUST, passes), judged(OTHER, passes)]);
    expect(now.comparison?.changes.map(({ check, kind, isWorse }) => [check, kind, isWorse])).toEqual([
      [MUST.id, 'regressed', true],
      [OTHER.id, 'no-longer-run', false],
    ]);
  });

  test('is not red for what a waived defect keeps from being tested, where the waiver is new', () => {
    const behind: Verdict = { ...without, blockedBy: MUST.id };
    const now = [judged(MUST, fails(MUST)), judged(OTHER, behind)];
    const waivers = { waivers: [waiver(MUST)] };
    const green = `nothing is worse than on ${DAY} at 01:00 UTC; 1 check is waived; 1 MUST was not tested, behind what is waived (${OTHER.id})`;
    for (const before of [passes, fails(MUST), without]) {
      const night = at(now, [judged(MUST, before), judged(OTHER, passes)], waivers);
      expect(conclude(night), before.kind).toEqual({ exitCode: 0, because: green });
    }
    // Accepted for long: that the other can be tested no more is news.
    const then = report([judged(MUST, fails(MUST)), judged(OTHER, passes)], waivers);
    const old = report(now, { mode: 'nightly', ...waivers });
    expect(conclude({ ...old, comparison: compareReports(then, old) })).toEqual({
      exitCode: 1,
      because: `1 check is worse than in the baseline (${OTHER.id})`,
    });
    // A defect that is not accepted whole, or not the one in the way, or no defect at all.
    const second: Check = { ...MUST, reasons: { ...MUST.reasons, second: MUST.reasons[reasonOf(MUST)]! } };
    const finding = { expected: 'a', actual: 'b', at: [] };
    const both: Verdict = {
      kind: 'fail',
      findings: [reasonOf(MUST), 'second'].map((reason) => ({ ...finding, reason })),
    };
    const passed = [judged(MUST, passes), judged(OTHER, passes)];
    expect(conclude(at([judged(second, both), judged(OTHER, behind)], passed, waivers)).exitCode).toBe(1);
    expect(conclude(at([judged(MUST, fails(MUST)), judged(OTHER, without)], passed, waivers)).exitCode).toBe(1);
    expect(conclude(at([judged(MUST, fails(MUST)), judged(OTHER, { ...broken })], passed, waivers)).exitCode).toBe(1);
    // Another reason that came, and was waived with it, is a new waiver too.
    const more = { waivers: [waiver(MUST), waiver(second, undefined, 'second')] };
    const grown = report([judged(second, both), judged(OTHER, behind)], { mode: 'nightly', ...more });
    expect(conclude({ ...grown, comparison: compareReports(then, grown) }).exitCode).toBe(0);
  });

  test('is red every night for what broke down, and for a MUST that is not among its checks', () => {
    const still = at([judged(MUST, passes), judged(OTHER, broken)], [judged(MUST, passes), judged(OTHER, broken)]);
    expect(conclude(still)).toEqual({
      exitCode: 1,
      because: `1 check broke down by a fault of this tool (${OTHER.id})`,
    });
    const gone = at([judged(MUST, passes)], [judged(MUST, passes), judged(OTHER, passes)]);
    expect(conclude(gone)).toEqual({ exitCode: 1, because: `1 MUST of the baseline was not run (${OTHER.id})` });
  });

  test('that is green says what was not tested, and what does not apply any more', () => {
    const now = at(
      [judged(MUST, missing), judged(OTHER, without), judged(SHOULD, passes)],
      [judged(MUST, passes), judged(OTHER, without), judged(SHOULD, passes)],
    );
    expect(conclude(now)).toEqual({
      exitCode: 0,
      because: `nothing is worse than on ${DAY} at 01:00 UTC; 1 check does not apply any more (${MUST.id}); 1 MUST in scope could not be tested (${OTHER.id})`,
    });
  });

  test('is red where nothing could be judged', () => {
    expect(conclude(at([judged(MUST, missing)], [judged(MUST, missing)])).because).toBe(
      'not one check could be judged',
    );
  });
});
