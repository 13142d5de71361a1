import { createRequire } from 'node:module';
import { AREAS, type Severity } from '../suites/check.ts';
import { CHECKS } from '../suites/registry.ts';
import { requirements } from '../suites/requirements/index.ts';
import { PARTY_NAMES } from './names.ts';
import type { Report } from './report.ts';

/** Variables by which the Playwright that tells a stored run learns what to show (`stored-run.config.ts`). */
export const STORED_RUN = {
  folder: 'MCP_AUTH_RUN',
  name: 'MCP_AUTH_RUN_NAME',
  results: 'MCP_AUTH_RUN_RESULTS',
} as const;

/** As much of a test result of Allure as is changed here. */
export interface AllureResult {
  readonly name?: string;
  labels: { name: string; value: string }[];
  links: { url: string; name?: string; type?: string }[];
  titlePath?: string[];
  /** Milliseconds since 1970, UTC. */
  start?: number;
  stop?: number;
}

/** Allure's own words, worst first. */
const SEVERITIES: Readonly<Record<Severity, string>> = {
  critical: 'blocker',
  high: 'critical',
  medium: 'normal',
  low: 'minor',
};

/** What a red test is, by the first lines of its message: `failed · MUST`, `not tested (MUST)`, `errored (MUST)`. */
const CATEGORIES = [
  { name: 'A MUST failed', messageRegex: '[\\s\\S]*failed · MUST[\\s\\S]*', matchedStatuses: ['failed', 'broken'] },
  { name: 'A SHOULD failed', messageRegex: '[\\s\\S]*failed · SHOULD[\\s\\S]*', matchedStatuses: ['failed', 'broken'] },
  {
    name: 'A MUST was not tested',
    messageRegex: '[\\s\\S]*not tested \\(MUST\\)[\\s\\S]*',
    matchedStatuses: ['failed', 'broken'],
  },
  {
    name: 'A fault of this tool',
    messageRegex: '[\\s\\S]*errored \\((?:MUST|SHOULD|MAY|ADVICE)\\)[\\s\\S]*',
    matchedStatuses: ['failed', 'broken'],
  },
  { name: 'Not tested, or not applicable', matchedStatuses: ['skipped'] },
] as const;

/**
 * Options of allure-playwright, which knows of a test what Playwright knows before it runs: the rest is told by the check
 * that its title names.
 *
 * @param resultsDir where the results are written
 * @param stored gives the report of a run of earlier, where it is one that is told
 */
export function allureOptions(resultsDir: string, stored?: () => Report) {
  let report: Report | undefined;
  const beforeTestResultWrite = (result: AllureResult) => {
    describeCheck(result);
    report ??= stored?.();
    if (report !== undefined) describeRun(result, report);
  };
  return { resultsDir, categories: CATEGORIES, listeners: [{ beforeTestResultWrite }] };
}

/** allure-playwright as Playwright's configuration names a reporter; parameters as of its options. */
export const allureReporter = (resultsDir: string, stored?: () => Report): [string, unknown] => [
  createRequire(import.meta.url).resolve('allure-playwright'),
  allureOptions(resultsDir, stored),
];

/**
 * Configuration of Allure 3 for the pages of a target: where the page goes, categories, and a history that grows by each.
 * Paths are those of the folder that it is started in.
 */
export function allureConfig(target: string, page: string, history: string) {
  return { name: `MCP authorization: ${target}`, output: page, historyPath: history, categories: CATEGORIES };
}

/** A result of a run of earlier: of the time of that run, and tagged with what its check came to. */
export function describeRun(result: AllureResult, { checks, startedAt }: Report): void {
  const { start = 0, stop = start } = result;
  result.start = Date.parse(startedAt);
  result.stop = result.start + (stop - start);
  const id = idOf(result);
  const check = checks.find((each) => each.id === id);
  if (check !== undefined) result.labels.push({ name: 'tag', value: check.outcome });
}

const idOf = ({ name }: AllureResult) => name?.split(' · ')[0];

/** Files a result by party and area, with the check's severity and the documents that it rests on. */
export function describeCheck(result: AllureResult): void {
  const id = idOf(result);
  const check = CHECKS.find((each) => each.id === id);
  if (check === undefined) {
    result.titlePath = ['Verdict'];
    return;
  }
  const area = Object.entries(AREAS).find(([name]) => check.id.startsWith(`${name}/`))?.[1] ?? '';
  const own = {
    epic: PARTY_NAMES[check.party],
    feature: area,
    suite: area,
    severity: SEVERITIES[check.severity],
  };
  result.labels = [
    ...result.labels.filter(({ name }) => !Object.hasOwn(own, name)),
    ...Object.entries(own).map(([name, value]) => ({ name, value })),
  ];
  result.titlePath = [own.epic, area];
  const known = requirements();
  const urls = new Set(check.requirements.flatMap((requirement) => known.get(requirement)?.url ?? []));
  result.links.push(...[...urls].map((url) => ({ url, name: url.replace(/^https?:\/\//, ''), type: 'link' })));
}
