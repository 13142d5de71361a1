/**
 * The tool against software of others. What it may find is in the reviewed list: each entry was looked up by hand in
 * the document it cites. More findings than these, or fewer, fail the test.
 */
import { readFileSync } from 'node:fs';
import { expect, test } from '@playwright/test';
import { parse } from 'yaml';
import { run } from '../engine/run.ts';
import { parseProfile } from '../fixtures/profile/profile.ts';
import { REVISIONS } from '../fixtures/protocol/revisions.ts';
import { renderConsole } from '../reports/render/console.ts';
import { type Pair, startPair } from './real/sdk-pair.ts';

interface Reviewed {
  readonly check: string;
  readonly reason: string;
  readonly outcome: string;
  /** Where the revision makes another outcome of it: a revision, or `several` where it cannot be told. */
  readonly outcomeIn?: Readonly<Record<string, string>>;
  /** What it takes to find it. */
  readonly with?: 'token' | 'signing-key';
  readonly because: string;
}

const { findings: REVIEWED } = parse(
  readFileSync(new URL('./real/sdk-pair.reviewed.yaml', import.meta.url), 'utf8'),
) as { readonly findings: readonly Reviewed[] };

test.describe.configure({ mode: 'default' });
let pair: Pair;
test.beforeAll(async () => {
  pair = await startPair();
});
test.afterAll(() => pair.close());

async function found(yaml: string, mode: 'gate' | 'check', env: Record<string, string> = {}) {
  const text = `server: { url: "${pair.url}", safeTool: { name: greet }, tools: { greet: [mcp:tools] } }\n${yaml}`;
  const { profile } = await parseProfile(text, { file: 'pair.yaml', env });
  const { report } = await run(profile, { mode });
  const findings = report.checks.flatMap(({ id, outcome, findings = [] }) =>
    [...new Set(findings.map(({ reason }) => reason))].map((reason) => ({ check: id, reason, outcome })),
  );
  return { report, findings };
}

const expectedIn = (revision: string, ...given: readonly Reviewed['with'][]) =>
  REVIEWED.filter((each) => [undefined, ...given].includes(each.with))
    .map(({ check, reason, outcome, outcomeIn }) => ({
      check,
      reason,
      outcome: outcomeIn?.[revision] ?? outcome,
    }))
    .filter(({ outcome }) => outcome !== 'absent');

test('with a token of the authorization server, revision detected', async () => {
  const { report, findings } = await found('tokens: { good: "${TOKEN}" }', 'gate', { TOKEN: await pair.token() });
  expect(findings).toEqual(expectedIn('2026-07-28', 'token'));
  expect(report.revision).toEqual({ judged: ['2026-07-28'], source: 'detected' });
  expect(report.summary).toMatchObject({ failed: 0, errored: 0, untested: 0 });
  expect(report.summary.passed).toBeGreaterThan(150);
  // Expiry, audience and more take the issuer's key: nobody tried them here.
  expect(report.pillars['server-side-validation']).toMatchObject({
    state: 'not-shown',
    because: expect.stringContaining('more than this run was given'),
  });
});

test("with the key of the authorization server, tokens of the run's own making", async () => {
  const { report, findings } = await found('tokens: { good: "${TOKEN}" }\nissuer: { signingKey: "${KEY}" }', 'gate', {
    TOKEN: await pair.token(),
    KEY: JSON.stringify(pair.signingKey),
  });
  expect(findings).toEqual(expectedIn('2026-07-28', 'token', 'signing-key'));
  expect(report.summary).toMatchObject({ errored: 0, untested: 0 });
  const minted = report.checks.filter(
    ({ outcome, assurance }) => outcome === 'passed' && assurance === 'controlled-issuer',
  );
  expect(minted.length).toBeGreaterThan(20);
});

for (const revision of REVISIONS.slice(1)) {
  test(`with a token, judged as ${revision}`, async () => {
    const { report, findings } = await found(`revision: "${revision}"\ntokens: { good: "\${TOKEN}" }`, 'gate', {
      TOKEN: await pair.token(),
    });
    expect(findings).toEqual(expectedIn(revision, 'token'));
    expect(report.summary).toMatchObject({ failed: 0, errored: 0, untested: 0 });
  });
}

test('the finding that the README shows is what is printed', async () => {
  const { report } = await found('', 'check');
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const [, shown] = /<!-- finding:[^>]*-->\n```\n([\s\S]*?)```/.exec(readme)!;
  expect(shown!.split('\n').length).toBeGreaterThan(10);
  expect(renderConsole(report, { color: false, width: 100 })).toContain(shown);
});

test('without a token', async () => {
  const { report, findings } = await found('', 'check');
  expect(findings).toEqual(expectedIn('several'));
  expect(report.revision.source).toBe('narrowed');
  expect(report.summary.failed).toBe(0);
});
