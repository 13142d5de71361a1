import { accessSync, constants, existsSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { RUN_FOLDER } from '../engine/run-folder.ts';
import { HarnessError } from '../fixtures/errors.ts';
import { jsonText } from '../reports/json.ts';
import { print } from './output.ts';

export const JSON_FLAG = '--json <file|->';

/**
 * The value of `--json`. A name without .json is rather that of a profile, which would be overwritten.
 *
 * @throws {HarnessError} `usage`, also where the report of a run would be overwritten, and `environment` where nothing
 *   could be written: known before anything is sent.
 */
export function jsonFile(value: string): string {
  if (value === '-') return value;
  if (!value.endsWith('.json')) {
    throw new HarnessError('usage', `--json ${value}: write a file whose name ends in .json, or - for standard output`);
  }
  if (isReportOfRun(value)) {
    throw new HarnessError(
      'usage',
      `--json ${value}: that is the report of a run, and reports are never overwritten; name another file`,
    );
  }
  const why = whyNotInto(dirname(value));
  if (why !== undefined) {
    throw new HarnessError('environment', `--json ${value}: its folder ${why}, or name a file elsewhere`);
  }
  return value;
}

function whyNotInto(folder: string): string | undefined {
  const found = statSync(folder, { throwIfNoEntry: false });
  if (found === undefined) return 'does not exist; make it';
  if (!found.isDirectory()) return 'is a file; put that away';
  try {
    accessSync(folder, constants.W_OK);
    return undefined;
  } catch {
    return 'may not be written by this user; allow that';
  }
}

/** Beside it lies the evidence that it was judged by. */
const isReportOfRun = (file: string) =>
  basename(file) === RUN_FOLDER.report && existsSync(file) && existsSync(join(dirname(file), RUN_FOLDER.evidence));

/**
 * Writes JSON to a file, whole or not at all, or to standard output for `-`.
 *
 * @throws {HarnessError} `environment` when the file cannot be written.
 */
export async function writeJson(file: string, value: unknown): Promise<void> {
  if (file === '-') return print(jsonText(value));
  const beside = `${file}.${process.pid}.tmp`;
  try {
    writeFileSync(beside, jsonText(value), { mode: 0o600 });
    renameSync(beside, file);
  } catch (error) {
    rmSync(beside, { force: true });
    throw new HarnessError('environment', `cannot write ${file}: ${(error as Error).message}`, { cause: error });
  }
}
