import { join } from 'node:path';
import { test as base } from '@playwright/test';
import type { Report } from '../reports/report.ts';
import { REPORT_FILE, readReport } from '../reports/validate.ts';

/** What a project of the Playwright door works on; set in its `use`. */
export interface ConformanceOptions {
  readonly conformance: {
    /** Profile file. */
    readonly profile: string;
    readonly mode: 'gate' | 'nightly' | 'certify';
    /** As `run --slow`. */
    readonly slow?: true;
    /** Of a nightly run. */
    readonly baseline?: string;
    /** The report is of an earlier run, perhaps of a part or by another version: a check that it lacks is skipped. */
    readonly stored?: true;
    /** Folder that the capture project writes and the conformance project reads. */
    readonly folder: string;
  };
}

/** `test` of the Playwright door. The report is read from its folder; nothing here talks to a target. */
export const test = base.extend<object, ConformanceOptions & { readonly report: Report }>({
  conformance: [
    { profile: '', mode: 'gate', folder: '' },
    { option: true, scope: 'worker' },
  ],
  report: [
    async ({ conformance }, use) => {
      await use(await readReport(join(conformance.folder, REPORT_FILE)));
    },
    { scope: 'worker' },
  ],
});

/** An error that shows what it says, and no line of this program: what it speaks of is the target or the profile. */
export function plainError(message: string): Error {
  return Object.assign(new Error(message), { stack: `Error: ${message}` });
}
