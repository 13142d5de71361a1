import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ErrorObject, ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { HarnessError } from '../fixtures/errors.ts';
import { packageRoot } from '../fixtures/package.ts';
import { summaryOf } from './build.ts';
import { jsonText } from './json.ts';
import { OUTCOMES } from './names.ts';
import { outcomeOfFindings } from './outcome.ts';
import type { Report, ReportedCheck } from './report.ts';

export const REPORT_FORMAT = 'mcp-auth-conformance/report/1';

/** Name of the report in the folder of a run. */
export const REPORT_FILE = 'report.json';

let compiled: ValidateFunction<Report> | undefined;

/** What is wrong with `value` as a report: sentences with the place first, none when it is one. */
export function faultsOf(value: unknown): readonly string[] {
  compiled ??= new Ajv2020({ strict: true, allErrors: true, strictRequired: false }).compile<Report>(
    JSON.parse(readFileSync(join(packageRoot(), 'reports', 'report.schema.json'), 'utf8')),
  );
  return compiled(value) ? contradictions(value) : (compiled.errors ?? []).map(faultOfSchema);
}

/** The report in the folder of a run; what is no folder as it is. */
export function reportIn(path: string): string {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ? join(path, REPORT_FILE) : path;
}

/**
 * Reads a report.
 *
 * @param path of a `report.json`
 * @throws {HarnessError} `usage` when the file cannot be read, is of another format, or contradicts itself.
 */
export function readReport(path: string): Report {
  return soundReport(textOf(path), path);
}

/**
 * The report in a text.
 *
 * @param path what to call it
 * @throws {HarnessError} `usage` when it is of another format, or contradicts itself.
 */
export function soundReport(text: string, path: string): Report {
  const value = parsed(text, path);
  const format = typeof value === 'object' && value !== null && 'format' in value ? value.format : undefined;
  if (format !== REPORT_FORMAT) {
    const found =
      typeof format === 'string' ? `its format is ${JSON.stringify(format.slice(0, 80))}` : 'it names no format';
    const hint = isLater(format) ? '; a later version of this tool wrote it: update this one' : '';
    throw new HarnessError(
      'usage',
      `${path} is not a report this version reads: ${found}, not "${REPORT_FORMAT}"${hint}`,
    );
  }
  const [first, ...others] = faultsOf(value);
  if (first !== undefined) {
    const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
    throw new HarnessError('usage', `${path} is not a sound report, it was changed or cut short: ${first}${more}`);
  }
  return value as Report;
}

/**
 * Writes `report.json` into `folder`, which is made when it does not exist. A report is written once, and is readable by
 * its owner alone, as evidence is: it may quote what only the operator should read.
 *
 * @returns its path
 * @throws {HarnessError} `environment` when there is one already or the folder cannot be written.
 * @throws {Error} when the report breaks its schema: a fault of our own.
 */
export function writeReport(folder: string, report: Report): string {
  const faults = faultsOf(report);
  if (faults.length > 0) throw new Error(`The report breaks its own schema: ${faults.slice(0, 5).join('; ')}`);
  const path = join(folder, REPORT_FILE);
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(path, jsonText(report), { flag: 'wx', mode: 0o600 });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') {
      throw new HarnessError(
        'environment',
        `${path} exists already and a report is never overwritten; give --out a new folder`,
      );
    }
    throw new HarnessError('environment', `cannot write the report to ${folder}: ${message}`, { cause: error });
  }
  return path;
}

/** Formats are numbered; the number of ours is the last. */
function isLater(format: unknown): boolean {
  const [family, number] = [REPORT_FORMAT.slice(0, -1), Number(REPORT_FORMAT.slice(-1))];
  return typeof format === 'string' && format.startsWith(family) && Number(format.slice(family.length)) > number;
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new HarnessError('usage', `${path} cannot be read: ${(error as Error).message}`, { cause: error });
  }
}

function parsed(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new HarnessError('usage', `${path} is not JSON`, { cause: error });
  }
}

const faultOfSchema = ({ instancePath, message, params }: ErrorObject) => {
  const name = params.additionalProperty ?? params.missingProperty;
  return `${instancePath || '/'} ${message ?? 'is wrong'}${name === undefined || message?.includes(name) ? '' : ` (${name})`}`;
};

/** What a schema cannot say: a report agrees with itself. */
function contradictions(report: Report): readonly string[] {
  const summary = summaryOf(report.checks);
  const seen = new Set<string>();
  return [
    ...OUTCOMES.filter((outcome) => report.summary[outcome] !== summary[outcome]).map(
      (outcome) => `/summary/${outcome} is ${report.summary[outcome]}, and ${summary[outcome]} checks say so`,
    ),
    ...report.checks.flatMap((check, index) => {
      const doubled = seen.has(check.id);
      seen.add(check.id);
      return [
        ...(doubled ? [`/checks/${index} reports ${check.id} a second time`] : []),
        ...(agrees(check, report.strict)
          ? []
          : [`/checks/${index}/outcome is ${check.outcome}, its findings say otherwise`]),
      ];
    }),
  ];
}

function agrees({ outcome, findings }: ReportedCheck, strict: boolean): boolean {
  return findings === undefined || outcome === outcomeOfFindings(findings, { strict });
}
