import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { HarnessError } from '../fixtures/errors.ts';
import { readExchanges } from '../reports/exchanges.ts';
import { FORMAT_NAMES, FORMATS, type FormatName } from '../reports/formats/index.ts';
import type { Report } from '../reports/report.ts';
import { shownPath } from './folder.ts';
import { didYouMean } from './nearest.ts';

export const FORMAT_FLAG = '--format <names>';

/** For the help of a command that has the flag: each name and what it is good for. */
export const FORMATS_SAY = [
  '',
  'Formats:',
  ...FORMAT_NAMES.map((name) => `  ${name.padEnd(11)} ${FORMATS[name].file.padEnd(14)} ${FORMATS[name].says}`),
].join('\n');

/**
 * The value of `--format`: names of formats, separated by commas; given again, all together.
 *
 * @throws {HarnessError} `usage`
 */
export function formatsOf(value: string, before: readonly FormatName[] = []): readonly FormatName[] {
  const names = value
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  if (names.length === 0) throw new HarnessError('usage', `--format: name one of ${FORMAT_NAMES.join(', ')}`);
  const known = names.map((name) => {
    const found = FORMAT_NAMES.find((each) => each === name);
    if (found !== undefined) return found;
    const hint = didYouMean(name, FORMAT_NAMES, `there is ${FORMAT_NAMES.join(', ')}`);
    throw new HarnessError('usage', `--format ${value}: no format is called ${name}${hint}`);
  });
  return [...new Set([...before, ...known])];
}

/**
 * Renders a report of a run in each of `names`.
 *
 * @param folder of the run, for its evidence
 * @throws {HarnessError} `usage` when a file of the evidence is none.
 */
export function renderFormats(
  report: Report,
  folder: string,
  names: readonly FormatName[],
): readonly { readonly name: FormatName; readonly file: string; readonly text: string }[] {
  const source = { report, exchanges: readExchanges(folder) };
  return names.map((name) => ({ name, file: FORMATS[name].file, text: FORMATS[name].render(source) }));
}

/**
 * Writes the report of a run in each of `names`, and says where. A rendering may be made again, so it replaces an
 * earlier one.
 *
 * @param to where the files go; default: the folder of the run
 * @throws {HarnessError} `environment` when it cannot be written.
 */
export function writeFormats(
  report: Report,
  folder: string,
  names: readonly FormatName[],
  to = folder,
): readonly string[] {
  return renderFormats(report, folder, names).map(({ name, file, text }) => {
    const path = join(to, file);
    writeRendering(path, text);
    return `${name}: ${shownPath(path)}`;
  });
}

/** @throws {HarnessError} `environment` when it cannot be written. */
export function writeRendering(path: string, text: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
    // It may quote what only the operator should read, as the evidence does.
    writeFileSync(path, text, { mode: 0o600 });
  } catch (error) {
    throw new HarnessError('environment', `cannot write ${shownPath(path)}: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
