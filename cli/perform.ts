import { join } from 'node:path';
import { run } from '../engine/run.ts';
import { waitUntil } from '../engine/wait.ts';
import type { Profile } from '../fixtures/profile/profile.ts';
import type { FormatName } from '../reports/formats/index.ts';
import { exitCode } from '../reports/policy.ts';
import { renderConsole } from '../reports/render/console.ts';
import type { Mode } from '../reports/report.ts';
import { REPORT_FILE } from '../reports/validate.ts';
import { shownPath } from './folder.ts';
import { writeFormats } from './formats.ts';
import { interruptible } from './interruption.ts';
import { writeJson } from './json.ts';
import { complain, pageOptions, print } from './output.ts';
import { showProgress } from './progress.ts';

export interface PerformOptions {
  readonly mode: Mode;
  /** Folder of the run. */
  readonly folder: string;
  /** Areas or check ids. */
  readonly only?: readonly string[];
  readonly strict?: boolean;
  readonly baseline?: string;
  /** File for the report besides the folder, or `-`: standard output in place of the text. */
  readonly json?: string;
  readonly headed?: boolean;
  /** Minutes are waited for what only time shows. */
  readonly slow?: boolean;
  readonly acceptsRedirectUris?: boolean;
  /** Formats that are written beside the report. */
  readonly format?: readonly FormatName[];
  readonly verbose?: boolean;
}

/**
 * Runs one profile and shows its report.
 *
 * @returns the exit code by the policy of the mode
 * @throws {HarnessError} when there is no verdict.
 * @throws {Interruption} when a signal ended the run.
 */
export async function perform(profile: Profile, options: PerformOptions): Promise<0 | 1> {
  const {
    mode,
    folder,
    only,
    strict,
    baseline,
    json,
    headed,
    slow,
    format = [],
    acceptsRedirectUris,
    verbose,
  } = options;
  const progress = showProgress(profile.name);
  const { report } = await interruptible((signal) =>
    run(profile, {
      mode,
      out: folder,
      onProgress: progress.onProgress,
      onLeftover: (line) => complain(`${profile.name}: left behind: ${line}`),
      onRemark: (line) => complain(`${profile.name}: ${line}`),
      signal,
      ...(only && { only }),
      ...(strict && { strict }),
      ...(baseline && { baseline }),
      ...(headed && { headed }),
      ...(slow && { wait: waitUntil(signal) }),
      ...(acceptsRedirectUris && { acceptsRedirectUris }),
    }),
  ).finally(progress.end);
  const written = format.length === 0 ? [] : writeFormats(report, folder, format);
  if (json !== undefined) await writeJson(json, report);
  if (json !== '-') {
    if (written.length > 0) await print(`${written.join('\n')}\n\n`);
    const shown = shownPath(join(folder, REPORT_FILE));
    await print(renderConsole(report, { ...pageOptions(), folder: shown, ...(verbose && { verbose }) }));
  }
  return exitCode(report);
}
