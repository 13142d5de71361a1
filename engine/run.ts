import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exposureOf } from '../fixtures/doors/egress.ts';
import { openDoors } from '../fixtures/doors/open-doors.ts';
import { HarnessError } from '../fixtures/errors.ts';
import type { Evidence, Exchange } from '../fixtures/evidence.ts';
import type { Probe } from '../fixtures/probe.ts';
import { PROBES } from '../fixtures/probes/index.ts';
import type { Profile } from '../fixtures/profile/profile.ts';
import type { Target } from '../fixtures/target.ts';
import { buildReport } from '../reports/build.ts';
import type { Mode, Report } from '../reports/report.ts';
import { writeReport } from '../reports/validate.ts';
import type { Check } from '../suites/check.ts';
import { CHECKS } from '../suites/registry.ts';
import { type Captured, capture, type Progress } from './capture.ts';
import { openTarget } from './embedded.ts';
import { factsOf } from './facts.ts';
import { judgeAll } from './judge.ts';

export type { Progress };

export interface RunOptions {
  readonly mode: Mode;
  /** Folder the run is written to: `report.json` and `evidence/<probe>.json`. Absent: nothing is written. */
  readonly out?: string;
  /** Areas or check ids; absent: all. */
  readonly only?: readonly string[];
  /** Told of each probe as it begins and ends, for progress. */
  readonly onProgress?: (event: Progress) => void;
}

export interface Run {
  readonly report: Report;
  readonly evidence: Evidence;
  /** Where it was written. */
  readonly folder?: string;
}

/**
 * Captures and judges one profile.
 *
 * @throws {HarnessError} `usage` when `only` names nothing; `no-answer` when the server gave no HTTP answer at all.
 */
export async function run(profile: Profile, options: RunOptions): Promise<Run> {
  const checks = selectChecks(options.only);
  const { target, close } = await openTarget(profile);
  const doors = openDoors(target);
  const startedAt = new Date();
  try {
    const captured = await capture(doors, target, probesFor(checks), options.onProgress);
    refuseSilence(target, captured);
    const exposure = exposureOf(await target.network.resolve(new URL(target.server.url).hostname));
    const facts = factsOf(target, captured.evidence, exposure, startedAt.toISOString());
    const report = buildReport({
      judged: judgeAll(checks, captured, facts),
      target: { name: target.name, server: target.server.url },
      mode: options.mode,
      revisions: facts.revisions,
      revisionSource: facts.revisionSource,
      assurance: facts.assurance,
      startedAt: facts.capturedAt,
      durationMs: Date.now() - startedAt.getTime(),
      requests: doors.requests(),
      trials: countTrials(captured),
      strict: target.policy.strict,
      ...(options.only === undefined ? {} : { only: options.only }),
    });
    if (options.out === undefined) return { report, evidence: captured.evidence };
    await writeEvidence(options.out, captured.evidence);
    await writeReport(options.out, report);
    return { report, evidence: captured.evidence, folder: options.out };
  } finally {
    await doors.close();
    await close();
  }
}

/** @throws {HarnessError} `usage` when a name is neither an area nor a check. */
export function selectChecks(only: readonly string[] | undefined): readonly Check[] {
  if (only === undefined) return CHECKS;
  const named = (name: string) => CHECKS.filter(({ id }) => id === name || id.startsWith(`${name}/`));
  for (const name of only) {
    if (named(name).length > 0) continue;
    throw new HarnessError('usage', `no area or check is called ${name}: list shows them all`);
  }
  const wanted = new Set(only.flatMap(named));
  return CHECKS.filter((check) => wanted.has(check));
}

/** The probes that the checks read, and those before them. */
export function probesFor(checks: readonly Check[]): readonly Probe[] {
  const wanted = new Set<string>();
  const add = (keys: readonly string[]): void => {
    for (const probe of PROBES.filter(({ key }) => keys.includes(key) && !wanted.has(key))) {
      wanted.add(probe.key);
      add([...probe.needs, ...(probe.uses ?? [])]);
    }
  };
  add(checks.flatMap(({ needs, uses = [] }) => [...needs, ...uses]));
  return PROBES.filter(({ key }) => wanted.has(key));
}

/** A server that gives no HTTP answer to anything gets no verdict. */
function refuseSilence(target: Target, { evidence, missing }: Captured): void {
  if (missing.anonymous?.kind === 'broken') throw new Error(missing.anonymous.because);
  const asked = evidence.anonymous?.operations.map(({ exchange }) => exchange) ?? [];
  if (asked.length === 0 || asked.some(({ answer }) => answer !== undefined)) return;
  const why = asked.map(({ failure }) => failure?.message).find((message) => message !== undefined);
  throw new HarnessError('no-answer', `no HTTP answer from ${target.server.url}: ${why}`);
}

function countTrials({ evidence }: Captured): number {
  return PROBES.filter(({ effects, key }) => effects !== 'none' && evidence[key] !== undefined).reduce(
    (sum, { key }) => sum + exchangesOf(evidence[key]).length,
    0,
  );
}

/** Every exchange inside a piece of evidence, in order. */
export function exchangesOf(evidence: unknown): readonly Exchange[] {
  if (typeof evidence !== 'object' || evidence === null) return [];
  if ('asks' in evidence && 'request' in evidence) return [evidence as Exchange];
  return Object.values(evidence).flatMap(exchangesOf);
}

async function writeEvidence(folder: string, evidence: Evidence): Promise<void> {
  const to = join(folder, 'evidence');
  await mkdir(to, { recursive: true });
  await Promise.all(
    Object.entries(evidence).map(([probe, seen]) =>
      writeFile(join(to, `${probe}.json`), `${JSON.stringify(seen, null, 2)}\n`, { mode: 0o600 }),
    ),
  );
}
