/**
 * The tool against an all-in-one of others, MCP server and authorization server in one. What it may find is in the
 * reviewed list: each entry was looked up by hand in the document it cites. More findings than these, or fewer, fail.
 */
import { readFileSync } from 'node:fs';
import { expect, test } from '@playwright/test';
import { parse } from 'yaml';
import { run } from '../engine/run.ts';
import { parseProfile } from '../fixtures/profile/profile.ts';
import type { Mode } from '../reports/report.ts';
import { type AllInOne, startAllInOne } from './real/sdk-all-in-one.ts';

interface Reviewed {
  readonly check: string;
  readonly reason: string;
  readonly outcome: string;
  /** What it takes to find it. */
  readonly with?: 'token';
  readonly because: string;
}

const { findings: REVIEWED } = parse(
  readFileSync(new URL('./real/sdk-all-in-one.reviewed.yaml', import.meta.url), 'utf8'),
) as { readonly findings: readonly Reviewed[] };
const bare = ({ check, reason, outcome }: Reviewed) => ({ check, reason, outcome });
const expected = REVIEWED.map(bare);
const anonymous = REVIEWED.filter((each) => each.with === undefined).map(bare);

test.describe.configure({ mode: 'serial' });
let example: AllInOne;
test.beforeAll(async () => {
  example = await startAllInOne();
});
test.afterAll(() => example.close());

async function found(yaml: string, mode: Mode, env: Record<string, string> = {}) {
  const text = `server: { url: "${example.url}", safeTool: { name: greet, arguments: { name: Ada } } }\n${yaml}`;
  const { profile } = await parseProfile(text, { file: 'all-in-one.yaml', env });
  const { report } = await run(profile, { mode });
  const findings = report.checks.flatMap(({ id, outcome, findings = [] }) =>
    [...new Set(findings.map(({ reason }) => reason))].map((reason) => ({ check: id, reason, outcome })),
  );
  return { report, findings };
}

test('with a token of its own, revision detected', async () => {
  const { report, findings } = await found('tokens: { good: "${TOKEN}" }', 'gate', { TOKEN: await example.token() });
  expect(findings).toEqual(expected);
  expect(report.revision).toEqual({ judged: ['2025-11-25'], source: 'detected' });
  expect(report.provider).toBe('other');
  expect(report.summary.errored).toBe(0);
  // One defect counts once: what could not be tested is its consequence.
  const untested = report.checks.filter(({ outcome }) => outcome === 'untested');
  expect(untested.filter(({ blockedBy }) => blockedBy === undefined)).toEqual([]);
});

test('without a token, judged as 2025-11-25', async () => {
  const { report, findings } = await found('revision: "2025-11-25"', 'check');
  expect(findings).toEqual(anonymous);
  expect(report.summary.errored).toBe(0);
});
