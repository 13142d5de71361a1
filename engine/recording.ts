import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { HarnessError } from '../fixtures/errors.ts';
import type { Digested } from '../reports/certificate.ts';
import { sha256Of } from '../reports/digest.ts';
import type { Report } from '../reports/report.ts';
import { REPORT_FILE, reportIn, soundReport } from '../reports/validate.ts';

/** What a run wrote, by the name of the file in its folder: the report first, then `evidence/…`. */
export type Recording = ReadonlyMap<string, Uint8Array>;

/**
 * Reads the files of a run once: what is digested is what is judged.
 *
 * @param path of the folder of the run, or of its report
 * @throws {HarnessError} `usage` when there is no report.
 */
export function recordingIn(path: string): Recording {
  const report = reportIn(path);
  if (!existsSync(report)) {
    throw new HarnessError('usage', `${path}: there is no ${REPORT_FILE}; write the folder of the run`);
  }
  const evidence = join(dirname(report), 'evidence');
  // A link may lead anywhere: it is no part of the run.
  const files = existsSync(evidence)
    ? readdirSync(evidence, { withFileTypes: true }).filter((entry) => entry.isFile())
    : [];
  const names = files.map(({ name }) => name).toSorted();
  return new Map([
    [REPORT_FILE, readFileSync(report)],
    ...names.map((name) => [`evidence/${name}`, readFileSync(join(evidence, name))] as const),
  ]);
}

export function digestsOf(recording: Recording): readonly Digested[] {
  return [...recording].map(([name, content]) => ({ name, digest: { sha256: sha256Of(content) } }));
}

/** @throws {HarnessError} `usage` when it is no sound report, or is not there. */
export function reportOf(recording: Recording, path: string): Report {
  return soundReport(textOf(recording, REPORT_FILE), path);
}

/** @throws {HarnessError} `usage` when it is not there. */
export function textOf(recording: Recording, name: string): string {
  const content = recording.get(name);
  if (content === undefined) throw new HarnessError('usage', `there is no ${name}`);
  return Buffer.from(content).toString('utf8');
}
