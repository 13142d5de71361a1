import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestInfo } from '@playwright/test';
import { run } from '../engine/run.ts';
import { RUN_FOLDER } from '../engine/run-folder.ts';
import { HarnessError } from '../fixtures/errors.ts';
import { loadProfile } from '../fixtures/profile/profile.ts';
import { type ConformanceOptions, plainError, test as setup } from './door.ts';

setup('asks the target once and writes the report', ({ conformance }, info) =>
  capture(conformance, info).catch((error: unknown) => {
    throw error instanceof HarnessError ? plainError(error.message) : error;
  }),
);

async function capture(conformance: ConformanceOptions['conformance'], info: TestInfo): Promise<void> {
  await forgetEarlierRun(conformance.folder);
  const { profile, warnings } = await loadProfile(conformance.profile, { env: process.env });
  for (const description of warnings) info.annotations.push({ type: 'notice', description });
  const { report } = await run(profile, {
    mode: conformance.mode,
    out: conformance.folder,
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
