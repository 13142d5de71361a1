import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestInfo } from '@playwright/test';
import { run } from '../engine/run.ts';
import { RUN_FOLDER } from '../engine/run-folder.ts';
import { waitUntil } from '../engine/wait.ts';
import { HarnessError } from '../fixtures/errors.ts';
import { loadProfile } from '../fixtures/profile/profile.ts';
import { type ConformanceOptions, plainError, test } from './door.ts';
import { lastsFor } from './time-limit.ts';

type Ending = <Result>(work: (signal: AbortSignal) => Promise<Result>) => Promise<Result>;

const setup = test.extend<{
  /** Does work that ends by its signal before the time is up, and also where Playwright ends the test (Ctrl-C). */
  readonly ending: Ending;
}>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the fixtures' names from this pattern.
  ending: async ({}, use, { timeout }) => {
    const control = new AbortController();
    let working: Promise<unknown> | undefined;
    const milliseconds = lastsFor(timeout);
    // 0: whoever looks into it with a debugger has all the time.
    const timer = timeout === 0 ? undefined : setTimeout(() => control.abort(tooLong(milliseconds)), milliseconds);
    await use((work) => {
      const begun = work(control.signal);
      working = begun;
      return begun;
    });
    clearTimeout(timer);
    // Playwright leaves a test that it ends, but waits for what comes after it.
    control.abort(new Error('Playwright has ended the test'));
    await working?.catch(() => {});
  },
});

const tooLong = (milliseconds: number) =>
  new HarnessError(
    'environment',
    `the run was ended without a report, for it had taken ${Math.round(milliseconds / 6000) / 10} minutes: MCP_AUTH_MINUTES, or minutes in conformanceConfig(), gives it more`,
  );

setup('asks the target once and writes the report', ({ conformance, ending }, info) =>
  ending((signal) => capture(conformance, info, signal)).catch((error: unknown) => {
    throw error instanceof HarnessError ? plainError(error.message) : error;
  }),
);

async function capture(
  conformance: ConformanceOptions['conformance'],
  info: TestInfo,
  signal: AbortSignal,
): Promise<void> {
  await forgetEarlierRun(conformance.folder);
  const { profile } = await loadProfile(conformance.profile, { env: process.env });
  const { report } = await run(profile, {
    mode: conformance.mode,
    out: conformance.folder,
    signal,
    ...(conformance.slow && { wait: waitUntil(signal) }),
    ...(conformance.baseline === undefined ? {} : { baseline: conformance.baseline }),
    // Said at once, for a run that breaks has no report to say it.
    onLeftover: (line) => console.error(`left behind: ${line}`),
  });
  info.annotations.push({ type: 'target', description: report.target.server });
  info.annotations.push({
    type: 'requests',
    description: `${report.requests}, of which ${report.trials} hostile inputs`,
  });
}

/**
 * A report of an earlier run must not stand in for one that this run cannot write. Only what a run wrote is removed.
 *
 * @throws {HarnessError} `usage` when the folder holds something else.
 */
async function forgetEarlierRun(folder: string): Promise<void> {
  if (!existsSync(folder)) return;
  const found = await readdir(folder);
  const written: readonly string[] = Object.values(RUN_FOLDER);
  const strange = found.find((name) => !written.includes(name));
  if (strange !== undefined) {
    throw new HarnessError(
      'usage',
      `${folder} holds ${strange}, which no run wrote: name another folder (MCP_AUTH_OUT)`,
    );
  }
  await Promise.all(found.map((name) => rm(join(folder, name), { recursive: true })));
}
