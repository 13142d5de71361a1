import { compareReports, isWorseOff } from '../reports/compare/compare.ts';
import { renderComparison } from '../reports/render/changes.ts';
import { readReport, reportIn } from '../reports/validate.ts';
import { JSON_FLAG, jsonFile, writeJson } from './json.ts';
import { pageOptions, print } from './output.ts';
import { type AddCommand, examples } from './program.ts';

interface CompareOptions {
  readonly json?: string;
}

export const addCompare: AddCommand = (program, settle) => {
  program
    .command('compare <old> <new>')
    .summary('tell what changed between two runs')
    .description(
      'Compares two reports (report.json, or the folder of a run): checks that came to something else, and what changed in the metadata, keys and registration of the setup. Ends with 1 when something is worse.',
    )
    .option(JSON_FLAG, 'write the comparison there too; - prints it in place of the text', jsonFile)
    .addHelpText('after', examples(['compare before/report.json after/report.json', 'compare before after --json -']))
    .action(
      settle(async (before: string, now: string, { json }: CompareOptions) => {
        const comparison = compareReports(readReport(reportIn(before)), readReport(reportIn(now)));
        if (json !== undefined) await writeJson(json, comparison);
        if (json !== '-') await print(renderComparison(comparison, pageOptions()));
        return isWorseOff(comparison) ? 1 : 0;
      }),
    );
};
