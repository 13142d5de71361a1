import { existsSync, readFileSync } from 'node:fs';
import { basename, delimiter, extname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig, type PlaywrightTestConfig } from '@playwright/test';
import { type Document, isMap, parseDocument } from 'yaml';
import { HarnessError } from './fixtures/errors.ts';
import { packageRoot } from './fixtures/package.ts';
import { PATIENCE } from './fixtures/profile/defaults.ts';
import { FORMATS } from './fixtures/profile/formats.ts';
import { allureReporter } from './reports/allure.ts';
import type { ConformanceOptions } from './suites/door.ts';
import { minutesFor, testTimeout, type Waits } from './suites/time-limit.ts';

export type { ConformanceOptions } from './suites/door.ts';

export interface ConformanceConfigOptions {
  /** Profile files; default: `MCP_AUTH_PROFILE` (several separated as in PATH), else the embedded world. */
  readonly profiles?: readonly string[];
  /** Default: `MCP_AUTH_MODE`, else gate. */
  readonly mode?: 'gate' | 'nightly' | 'certify';
  /**
   * In mode nightly, the report that the run of the one profile is compared with, or where it is put for later ones;
   * default: `MCP_AUTH_BASELINE`, else kept in the folder of the profile's `state`.
   */
  readonly baseline?: string;
  /** Folder of the run; default: `MCP_AUTH_OUT`, else `reports/runs/playwright` in a clone, `mcp-auth-report` elsewhere. */
  readonly out?: string;
  /** Wait, as `run --slow` does, for what only time shows; default: `MCP_AUTH_SLOW` (1). */
  readonly slow?: boolean;
  /**
   * Minutes after which the run of a profile is ended, and removes what it has made; default: `MCP_AUTH_MINUTES`, else
   * 15, and as many more as `slow` and `issuer.patience` of the profile may make it wait.
   */
  readonly minutes?: number;
}

const MODES = ['gate', 'nightly', 'certify'] as const;

/**
 * A Playwright configuration that runs the conformance checks: for each profile one `capture` project, which asks the
 * target once, and one project that asserts what the report says, one test a check. Of a profile it reads
 * the name and the patience only, since every worker loads it.
 *
 * @throws {HarnessError} `usage` for an unknown mode, what is no number of minutes, a profile that does not exist, or two of the same name.
 */
export function conformanceConfig(
  options: ConformanceConfigOptions = {},
): PlaywrightTestConfig<object, ConformanceOptions> {
  try {
    return configOf(options);
  } catch (error) {
    // Playwright prints the stack of what a configuration throws, and none of it is the reader's.
    if (error instanceof HarnessError) error.stack = `${error.name}: ${error.message}`;
    throw error;
  }
}

function configOf(options: ConformanceConfigOptions): PlaywrightTestConfig<object, ConformanceOptions> {
  const { env } = process;
  const asked = options.mode ?? (env.MCP_AUTH_MODE || 'gate');
  const mode = MODES.find((each) => each === asked);
  if (mode === undefined) throw new HarnessError('usage', `there is no mode ${asked}: write ${MODES.join(', ')}`);
  const named = options.profiles ?? (env.MCP_AUTH_PROFILE ?? '').split(delimiter).filter((file) => file !== '');
  const profiles = (named.length > 0 ? named : [join(packageRoot(), 'profiles', 'embedded.yaml')]).map((file) =>
    resolve(file),
  );
  const out = resolve(options.out ?? (env.MCP_AUTH_OUT || defaultFolder()));
  const baseline = options.baseline ?? (env.MCP_AUTH_BASELINE || undefined);
  if (baseline !== undefined && (mode !== 'nightly' || profiles.length > 1)) {
    throw new HarnessError('usage', `the baseline ${baseline} goes with mode nightly and one profile`);
  }
  const slow = options.slow ?? isOn('MCP_AUTH_SLOW');
  const minutes = minutesGiven(options.minutes);
  const documents = profiles.map(documentIn);
  const names = profiles.map((file, index) => nameOf(file, documents[index]));
  for (const [index, name] of names.entries()) {
    if (names.indexOf(name) !== index) throw new HarnessError('usage', `two profiles are called ${name}: rename one`);
  }

  return defineConfig<object, ConformanceOptions>({
    testDir: fileURLToPath(new URL('./suites', import.meta.url)),
    outputDir: join(out, 'test-results'),
    // One file a profile, in order: shards split between profiles, and a report is read by one worker.
    fullyParallel: false,
    forbidOnly: true,
    retries: 0,
    reporter: [
      ['list'],
      [
        'html',
        {
          outputFolder: join(out, 'html'),
          open: 'never',
          title: `MCP authorization: ${names.join(', ')}`,
          // The tests are this program's own: nobody mends a target by reading or changing them.
          noSnippets: true,
          noCopyPrompt: true,
        },
      ],
      ['junit', { outputFile: join(out, 'junit.xml') }],
      allureReporter(join(out, 'allure-results')),
    ],
    projects: profiles.flatMap((profile, index) => {
      const name = names[index]!;
      const compared = baseline === undefined ? {} : { baseline: resolve(baseline) };
      const folder = join(out, 'profiles', name);
      const use = { conformance: { profile, mode, folder, ...compared, ...(slow && { slow: true as const }) } };
      const timeout = testTimeout(minutes ?? minutesFor({ slow, ...patienceIn(documents[index]) }));
      return [
        { name: `capture ${name}`, testMatch: /capture\.setup\.[jt]s$/, timeout, use },
        { name, testMatch: /conformance\.spec\.[jt]s$/, dependencies: [`capture ${name}`], use },
      ];
    }),
  });
}

/** A switch of the environment: 1 or 0. */
function isOn(variable: string): boolean {
  const given = process.env[variable] || '0';
  if (!['0', '1'].includes(given)) throw new HarnessError('usage', `${variable} is ${given}: write 1 or 0`);
  return given === '1';
}

/** A week: a timer of more than 24 days would end at once. */
const MOST_MINUTES = 7 * 24 * 60;

function minutesGiven(option: number | undefined): number | undefined {
  const given = option ?? (process.env.MCP_AUTH_MINUTES || undefined);
  const minutes = given === undefined ? undefined : Number(given);
  if (minutes === undefined || (minutes > 0 && minutes <= MOST_MINUTES)) return minutes;
  throw new HarnessError(
    'usage',
    `MCP_AUTH_MINUTES, or minutes, is ${given}: write a number above 0, of ${MOST_MINUTES} at most`,
  );
}

/** A profile as it is written; none of a text that is no profile: the capture project says what is wrong with it. */
function documentIn(file: string): Document | undefined {
  if (!existsSync(file)) throw new HarnessError('usage', `${file}: no such profile`);
  const document = parseDocument(readFileSync(file, 'utf8'), { prettyErrors: false });
  return document.errors.length === 0 && isMap(document.contents) ? document : undefined;
}

function patienceIn(document: Document | undefined): Pick<Waits, 'patience'> {
  if (document?.getIn(['issuer', 'control']) === undefined) return {};
  const patience = document.getIn(['issuer', 'patience']);
  return { patience: typeof patience === 'number' ? patience : PATIENCE };
}

/** The name a profile gives itself, as the command line uses it; else the file's. */
function nameOf(file: string, document: Document | undefined): string {
  const name = document?.get('name');
  return typeof name === 'string' && FORMATS['folder-name']?.(name) === undefined
    ? name
    : basename(file, extname(file));
}

function defaultFolder(): string {
  const root = packageRoot();
  return existsSync(join(root, 'tsconfig.json')) ? join(root, 'reports', 'runs', 'playwright') : 'mcp-auth-report';
}
