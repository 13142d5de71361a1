import { rm } from 'node:fs/promises';
import { run } from '../engine/run.ts';
import { loadProfile } from '../fixtures/profile/profile.ts';
import { test as setup } from './door.ts';

setup('asks the target once and writes the report', async ({ conformance }, info) => {
  // A report of an earlier run must not stand in for one that this run could not write.
  await rm(conformance.folder, { recursive: true, force: true });
  const { profile, warnings } = await loadProfile(conformance.profile, { env: process.env });
  for (const description of warnings) info.annotations.push({ type: 'notice', description });
  const { report } = await run(profile, { mode: conformance.mode, out: conformance.folder });
  info.annotations.push({ type: 'target', description: report.target.server });
  info.annotations.push({
    type: 'requests',
    description: `${report.requests}, of which ${report.trials} hostile inputs`,
  });
});
