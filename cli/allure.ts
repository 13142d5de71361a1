import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { HarnessError } from '../fixtures/errors.ts';
import { allureConfig, STORED_RUN } from '../reports/allure.ts';
import { jsonText } from '../reports/json.ts';
import type { Report } from '../reports/report.ts';
import { shownPath } from './folder.ts';
import { writeRendering } from './formats.ts';

export interface AllureResults {
  readonly results: string;
  readonly configuration: string;
}

/**
 * Writes the results of a run for Allure: its report is told by the tests of the Playwright door, in a Playwright of
 * their own.
 *
 * @param run folder of the run
 * @param out folder in which `allure-results` is made anew: results of two runs in one folder would count as retries
 * @returns where they are, and the configuration of Allure for a page of them
 * @throws {HarnessError} `environment` when Playwright Test is not installed or writes nothing.
 */
export async function writeAllureResults(report: Report, run: string, out: string): Promise<AllureResults> {
  const results = join(resolve(out), 'allure-results');
  rmSync(results, { recursive: true, force: true });
  const config = fileURLToPath(new URL('../stored-run.config.js', import.meta.url));
  // The variables of a test run around this one would make the child take itself for one of its workers.
  const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('TEST_')));
  const child = spawn(process.execPath, [playwrightTest(), 'test', '-c', config], {
    env: {
      ...inherited,
      [STORED_RUN.folder]: run,
      [STORED_RUN.name]: report.target.name,
      [STORED_RUN.results]: results,
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  // Red tests end it with 1, which is theirs to say and no failure of the command.
  const [said] = await Promise.all([text(child.stderr), once(child, 'exit')]);
  rmSync(join(results, 'playwright'), { recursive: true, force: true });
  if (existsSync(results)) {
    const [page, history] = [join(resolve(out), 'allure-report'), join(resolve(out), 'allure-history.jsonl')];
    const configuration = join(resolve(out), 'allurerc.json');
    // Somebody may have made it their own.
    if (!existsSync(configuration)) {
      writeRendering(configuration, jsonText(allureConfig(report.target.name, page, history)));
    }
    return { results, configuration };
  }
  const why = said.trim().split('\n').at(-1) ?? '';
  throw new HarnessError('environment', `Playwright Test wrote no results to ${shownPath(results)}: ${why}`);
}

/** A peer dependency: only this command and the Playwright door need it. */
function playwrightTest(): string {
  try {
    return createRequire(import.meta.url).resolve('@playwright/test/cli');
  } catch (error) {
    throw new HarnessError('environment', '--allure needs Playwright Test: npm install @playwright/test', {
      cause: error,
    });
  }
}
