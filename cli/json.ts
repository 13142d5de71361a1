import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { HarnessError } from '../fixtures/errors.ts';
import { jsonText } from '../reports/json.ts';
import { print } from './output.ts';

export const JSON_FLAG = '--json <file|->';

/**
 * The value of `--json`. A name without .json is rather that of a profile, which would be overwritten.
 *
 * @throws {HarnessError} `usage`
 */
export function jsonFile(value: string): string {
  if (value === '-' || value.endsWith('.json')) return value;
  throw new HarnessError('usage', `--json ${value}: write a file whose name ends in .json, or - for standard output`);
}

/**
 * Writes JSON to a file, whole or not at all, or to standard output for `-`.
 *
 * @throws {HarnessError} `environment` when the file cannot be written.
 */
export async function writeJson(file: string, value: unknown): Promise<void> {
  if (file === '-') return print(jsonText(value));
  const beside = `${file}.${process.pid}.tmp`;
  try {
    writeFileSync(beside, jsonText(value));
    renameSync(beside, file);
  } catch (error) {
    rmSync(beside, { force: true });
    throw new HarnessError('environment', `cannot write ${file}: ${(error as Error).message}`, { cause: error });
  }
}
