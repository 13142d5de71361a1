import { basename, dirname, extname, resolve } from 'node:path';
import { HarnessError } from '../fixtures/errors.ts';
import { FORMATS, type FormatName } from '../reports/formats/index.ts';
import { renderConsole } from '../reports/render/console.ts';
import type { Report } from '../reports/report.ts';
import { REPORT_FILE, readReport, reportIn } from '../reports/validate.ts';
import { shownPath } from './folder.ts';
import { FORMAT_FLAG, FORMATS_SAY, formatsOf, renderFormats, writeFormats, writeRendering } from './formats.ts';
import { pageOptions, print } from './output.ts';
import { type AddCommand, examples } from './program.ts';

interface ReportOptions {
  readonly format?: readonly FormatName[];
  readonly allure?: true;
  readonly out?: string;
  readonly verbose?: boolean;
}

export const addReport: AddCommand = (program, settle) => {
  program
    .command('report <report.json>')
    .summary('show the report of an earlier run, or write it in another format')
    .description(
      'Shows a report that a run wrote, or writes it in other formats. Nothing is sent; the evidence beside the report is read for the exchanges.',
    )
    .option(FORMAT_FLAG, 'formats to write, separated by commas; without one the report is printed', formatsOf)
    .option('--allure', 'write results for Allure, with the tests of the Playwright door; takes a folder (--out)')
    .option('--out <folder|file|->', 'where to; - prints it (default: beside the report)')
    .option('--verbose', 'print everything, what passed too')
    .addHelpText('after', FORMATS_SAY)
    .addHelpText(
      'after',
      examples(['report run/report.json --format html,junit', 'report run --format markdown --out -']),
    )
    .action(
      settle(async (path: string, options: ReportOptions) => {
        const file = resolve(reportIn(path));
        const report = readReport(file);
        if (options.allure) await writeAllure(report, file, options);
        else await show(report, file, options);
        return 0;
      }),
    );
};

async function writeAllure(report: Report, file: string, { format, out }: ReportOptions): Promise<void> {
  if (format !== undefined) {
    throw new HarnessError('usage', '--allure writes a folder of results, and no other format with it');
  }
  if (out === '-') throw new HarnessError('usage', '--allure writes a folder of results: name one (--out)');
  const run = dirname(file);
  if (basename(file) !== REPORT_FILE) {
    throw new HarnessError(
      'usage',
      `--allure shows the run of a folder: ${shownPath(file)} is not called ${REPORT_FILE}`,
    );
  }
  // Loaded only here: it takes Playwright Test, which is not always installed.
  const { writeAllureResults } = await import('./allure.ts');
  const { results, configuration } = await writeAllureResults(report, run, out ?? run);
  await print(`allure: ${shownPath(results)}\n`);
  await print(`a page: npx allure@3 generate --config ${shownPath(configuration)} ${shownPath(results)}\n`);
}

async function show(report: Report, file: string, { format = [], out, verbose }: ReportOptions): Promise<void> {
  const folder = dirname(file);
  if (format.length === 0) {
    if (out !== undefined) throw new HarnessError('usage', `--out ${out}: name what to write (--format)`);
    return print(renderConsole(report, { ...pageOptions(), folder: shownPath(file), ...(verbose && { verbose }) }));
  }
  if (out === undefined || !isFile(out, format)) {
    return print(`${writeFormats(report, folder, format, out).join('\n')}\n`);
  }
  const [rendering] = renderFormats(report, folder, format);
  if (rendering === undefined) return;
  if (out === '-') return print(rendering.text);
  writeRendering(out, rendering.text);
  return print(`${rendering.name}: ${shownPath(resolve(out))}\n`);
}

/**
 * Whether `--out` names one file, by its ending, or standard output; else it is a folder.
 *
 * @throws {HarnessError} `usage` when it is to hold more than one rendering, or would replace a report.
 */
function isFile(out: string, format: readonly FormatName[]): boolean {
  if (out === '-' && format.length > 1) throw new HarnessError('usage', '--out - prints one format: name one');
  if (format.length > 1 && format.some((name) => extname(FORMATS[name].file) === extname(out))) {
    throw new HarnessError('usage', `--out ${out}: ${format.length} formats take a folder`);
  }
  if (basename(out) === REPORT_FILE) {
    throw new HarnessError('usage', `--out ${out}: a report is never overwritten; name another file`);
  }
  return out === '-' || (format.length === 1 && format.some((name) => extname(FORMATS[name].file) === extname(out)));
}
