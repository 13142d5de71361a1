import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Profile } from '../fixtures/profile/profile.ts';
import { isObject } from '../fixtures/protocol/answers.ts';
import { jsonOf } from '../fixtures/protocol/json.ts';
import { summaryOf } from '../reports/build.ts';
import { compareReports, nightOf } from '../reports/compare/compare.ts';
import { jsonText } from '../reports/json.ts';
import { outcomeOfFindings } from '../reports/outcome.ts';
import { pillarsOf } from '../reports/pillars.ts';
import { exitCode, obstacleOf, wasJudged } from '../reports/policy.ts';
import type { Night, Report, ReportedCheck } from '../reports/report.ts';
import { readReport, reportIn } from '../reports/validate.ts';
import { stateFile } from './state-file.ts';
import { writeWhole } from './whole-file.ts';

/** What a nightly run knows of those before it. */
export interface Nightly {
  /** The report with what changed since the baseline, and the nights before it. */
  compared(report: Report): Report;
  /** Keeps this night for the next; gives remarks. */
  keep(report: Report): Promise<readonly string[]>;
}

interface Baseline {
  /** Where it is, or will be. */
  readonly file: string;
  readonly report?: Report;
  /** The operator's own file is written once; in `state` each night that is not red takes the place of the one before. */
  readonly isOurs: boolean;
}

/**
 * The baseline of a nightly run and the nights before it: in the file that is named, else in the folder of `state`.
 *
 * @param named report, or folder of a run; where there is none yet, this run becomes it
 * @throws {HarnessError} `usage` when the baseline is there and is no report.
 */
export async function openNightly(
  profile: Pick<Profile, 'name' | 'server' | 'state'>,
  named: string | undefined,
): Promise<Nightly> {
  const { state, server, name } = profile;
  const about = ['nightly', name, server?.url].join('\n');
  const inState = (what: string) => state && stateFile(state.folder, about, `${what}.json`);
  const baseline = await baselineAt(named ?? inState('baseline'), named === undefined);
  const nights = await nightsAt(inState('nights'));
  return {
    compared: (report) => ({
      ...report,
      ...(baseline?.report && { comparison: compareReports(baseline.report, report) }),
      ...(nights.kept.length > 0 && { history: nights.kept.slice(-SHOWN) }),
    }),
    keep: async (report) => [
      ...nights.remarks,
      // A night of a part of the checks would stand in the trend as one on which the others were gone.
      ...(isOfSameChecks(baseline?.report, report) ? await nights.keep(nightOf(report, exitCode(report))) : []),
      ...(await keepBaseline(baseline, report)),
    ],
  };
}

async function baselineAt(file: string | undefined, isOurs: boolean): Promise<Baseline | undefined> {
  if (file === undefined) return undefined;
  const path = reportIn(file);
  return existsSync(path) ? { file: path, isOurs, report: readReport(path) } : { file: path, isOurs };
}

const isOfSameChecks = (earlier: Report | undefined, report: Report) =>
  earlier === undefined || earlier.only?.join() === report.only?.join();

/**
 * A night as the baseline of the next: of a check that could not be judged it keeps what the last night knew that could,
 * else a check would fail again as something new, or unseen.
 */
function baselineOf(report: Report, earlier: Report | undefined): Report {
  const { comparison: _, history: __, ...kept } = report;
  const { strict } = report;
  // What a SHOULD comes to is said by the policy of this night.
  const known = new Map(
    earlier?.checks
      .filter(wasJudged)
      .map(({ outcome, ...check }) => [
        check.id,
        { ...check, outcome: check.findings ? outcomeOfFindings(check.findings, { strict }) : outcome },
      ]),
  );
  const checks = kept.checks.map((check) => {
    const was = tellsNothing(check) ? known.get(check.id) : undefined;
    return was === undefined || isAccepted(check, was, report) ? check : was;
  });
  // A pillar that was not met is no news either when its failure is seen again.
  const pillars = pillarsOf(checks, { partial: kept.only !== undefined });
  return { ...kept, checks, summary: summaryOf(checks), pillars };
}

const tellsNothing = (check: ReportedCheck) => !wasJudged(check) && check.outcome !== 'not-applicable';

/**
 * Untested behind what is waived: were it kept as one that held, it would be missed from the night on in which the waiver
 * is no longer new. What failed is kept all the same, as it is never missed, and no news when it is seen again.
 */
const isAccepted = (check: ReportedCheck, was: ReportedCheck, report: Report) =>
  was.outcome !== 'failed' && check.keyword === 'MUST' && obstacleOf(check, report)?.outcome === 'waived';

async function keepBaseline(baseline: Baseline | undefined, report: Report): Promise<readonly string[]> {
  if (baseline === undefined) {
    return [
      'nightly: there is no baseline, so this run is judged as a gate is; name one (--baseline), or a folder to keep it in (state)',
    ];
  }
  const { file, isOurs, report: earlier } = baseline;
  // What is worse stays so until it is put right, or somebody deletes the baseline; a part of the checks replaces no whole.
  const replaces = isOurs && exitCode(report) === 0 && (isOfSameChecks(earlier, report) || report.only === undefined);
  if (earlier !== undefined && !replaces) return [];
  const failed = await put(file, jsonText(baselineOf(report, earlier)), isOurs ? 0o600 : 0o644);
  if (failed !== undefined) return [`nightly: the baseline could not be kept in ${file}: ${failed}`];
  return earlier === undefined
    ? [`nightly: there was no baseline, so this run is judged as a gate is, and is the baseline from now on: ${file}`]
    : [];
}

const FORMAT = 'mcp-auth-conformance/nights/1';

/** Nights that are kept, and that a report shows. */
const KEPT = 100;
const SHOWN = 30;

interface Nights {
  readonly kept: readonly Night[];
  readonly remarks: readonly string[];
  keep(night: Night): Promise<readonly string[]>;
}

async function nightsAt(file: string | undefined): Promise<Nights> {
  if (file === undefined) return { kept: [], remarks: [], keep: async () => [] };
  let kept: readonly Night[];
  try {
    kept = await readNights(file);
  } catch (error) {
    const says = `state: ${file} is left alone: ${(error as Error).message}; delete it, and the history begins anew`;
    return { kept: [], remarks: [says], keep: async () => [] };
  }
  return {
    kept,
    remarks: [],
    keep: async (night) => {
      const nights = [...kept, night].slice(-KEPT);
      const failed = await put(file, `${JSON.stringify({ format: FORMAT, nights })}\n`, 0o600);
      return failed === undefined ? [] : [`state: this night could not be kept in ${file}: ${failed}`];
    },
  };
}

/** @throws {Error} for what cannot be read, or is no such file. */
async function readNights(file: string): Promise<readonly Night[]> {
  if (!existsSync(file)) return [];
  const text = await readFile(file, 'utf8');
  const value = jsonOf(text);
  if (!isObject(value) || value.format !== FORMAT || !Array.isArray(value.nights) || !value.nights.every(isNight)) {
    throw new Error('it is no file of this tool, or was cut off');
  }
  return value.nights;
}

function isNight(value: unknown): value is Night {
  return (
    isObject(value) &&
    typeof value.startedAt === 'string' &&
    (value.exitCode === 0 || value.exitCode === 1) &&
    isObject(value.summary) &&
    Array.isArray(value.failed) &&
    Array.isArray(value.drift)
  );
}

/** Gives what went wrong. */
async function put(file: string, text: string, mode: number): Promise<string | undefined> {
  try {
    await writeWhole(file, text, mode);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
