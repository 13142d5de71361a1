/**
 * A check that cannot fail is a defect: each fault of the embedded world trips exactly the reasons it declares, over
 * real HTTP, each reason is tripped by some fault, and the world without faults trips nothing in any revision.
 */
import { expect, test } from '@playwright/test';
import { run } from '../engine/run.ts';
import { parseProfile } from '../fixtures/profile.ts';
import { REVISIONS } from '../fixtures/protocol/revisions.ts';
import { FAULTS } from '../mock-idp/faults/index.ts';
import type { Report } from '../reports/report.ts';
import { CHECKS } from '../suites/registry.ts';

async function runEmbedded(yaml: string): Promise<Report> {
  const { profile } = await parseProfile(yaml, { file: 'test.yaml', env: {} });
  return (await run(profile, { mode: 'gate' })).report;
}

/** Every reason that a check gave, whatever its keyword makes of it. */
const tripped = (report: Report) =>
  report.checks
    .flatMap(({ id, findings = [] }) => [...new Set(findings.map(({ reason }) => `${id}:${reason}`))])
    .sort();

const withOutcome = (report: Report, outcome: string) =>
  report.checks.filter((check) => check.outcome === outcome).map(({ id, because }) => `${id}: ${because}`);

for (const fault of FAULTS) {
  test(`fault ${fault.id} trips what it declares`, async () => {
    const report = await runEmbedded(`embedded: { faults: [${fault.id}] }`);
    expect(tripped(report)).toEqual([...fault.trips].sort());
    expect(withOutcome(report, 'errored')).toEqual([]);
  });
}

test('every reason of every check is tripped by a fault', () => {
  const reasons = CHECKS.flatMap((check) => Object.keys(check.reasons).map((reason) => `${check.id}:${reason}`));
  const covered = new Set(FAULTS.flatMap(({ trips }) => trips));
  expect(reasons.filter((reason) => !covered.has(reason))).toEqual([]);
  expect([...covered].filter((trip) => !reasons.includes(trip))).toEqual([]);
  console.log(
    `mutation: ${reasons.length} of ${reasons.length} reasons of ${CHECKS.length} checks, by ${FAULTS.length} faults`,
  );
});

for (const revision of [undefined, ...REVISIONS]) {
  test(`the conforming world trips nothing, ${revision === undefined ? 'revision detected' : `judged as ${revision}`}`, async () => {
    const report = await runEmbedded(`embedded: {}${revision === undefined ? '' : `\nrevision: "${revision}"`}`);
    expect(tripped(report)).toEqual([]);
    expect(withOutcome(report, 'errored')).toEqual([]);
    expect(withOutcome(report, 'untested')).toEqual([]);
    expect(withOutcome(report, 'out-of-scope')).toEqual([]);
    expect(report.summary.passed).toBeGreaterThan(20);
  });
}
