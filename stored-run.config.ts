/**
 * Configuration of the Playwright that `report --allure` starts: it shows a run of earlier by the tests of its report, one
 * a check, for Allure. Nothing is asked again. The command says by variables what to show.
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from '@playwright/test';
import { allureReporter, STORED_RUN } from './reports/allure.ts';
import { REPORT_FILE, readReport } from './reports/validate.ts';
import type { ConformanceOptions } from './suites/door.ts';

const { [STORED_RUN.folder]: run = '', [STORED_RUN.name]: name = '', [STORED_RUN.results]: results = '' } = process.env;

export default defineConfig<object, ConformanceOptions>({
  testDir: fileURLToPath(new URL('./suites', import.meta.url)),
  outputDir: join(results, 'playwright'),
  fullyParallel: false,
  workers: 1,
  reporter: [allureReporter(results, () => readReport(join(run, REPORT_FILE)))],
  projects: [
    {
      name,
      testMatch: /conformance\.spec\.[jt]s$/,
      use: { conformance: { profile: '', mode: 'gate', folder: run, stored: true } },
    },
  ],
});
