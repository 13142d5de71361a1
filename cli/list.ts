import { furtherNeedsOf } from '../engine/provisions.ts';
import { HarnessError } from '../fixtures/errors.ts';
import { renderCoverage } from '../reports/render/coverage.ts';
import { declarationOf, renderList } from '../reports/render/list.ts';
import { AREAS } from '../suites/check.ts';
import { coverageOf } from '../suites/coverage.ts';
import { CHECKS } from '../suites/registry.ts';
import { JSON_FLAG, jsonFile, writeJson } from './json.ts';
import { didYouMean } from './nearest.ts';
import { pageOptions, print } from './output.ts';
import { type AddCommand, examples } from './program.ts';

interface Options {
  readonly area?: string;
  readonly coverage?: true;
  readonly json?: string;
}

export const addList: AddCommand = (program, settle) => {
  program
    .command('list')
    .summary('list the checks')
    .description(
      'Lists every check: what it weighs, how severe a failure is, the least that must be given, its id, and what else it takes.',
    )
    .option('--area <area>', `only those of an area: ${Object.keys(AREAS).join(', ')}`, areaOf)
    .option('--coverage', 'which requirements of the catalogues they cite, and why not the others')
    .option(JSON_FLAG, 'write the declarations there, or the coverage; - prints them in place of the text', jsonFile)
    .addHelpText('after', examples(['list --area challenge --json -', 'list --coverage']))
    .action(
      settle(async ({ area, coverage, json }: Options) => {
        if (coverage) return listCoverage(area, json);
        const checks = CHECKS.filter(({ id }) => area === undefined || id.startsWith(`${area}/`));
        if (json !== undefined)
          await writeJson(
            json,
            checks.map((check) => declarationOf(check, furtherNeedsOf(check))),
          );
        if (json !== '-') await print(renderList(checks, furtherNeedsOf, pageOptions()));
        return 0;
      }),
    );
};

async function listCoverage(area: string | undefined, json: string | undefined): Promise<0> {
  if (area !== undefined) throw new HarnessError('usage', '--coverage is of all checks: leave --area out');
  const coverage = coverageOf(CHECKS);
  if (json !== undefined) await writeJson(json, coverage);
  if (json !== '-') await print(renderCoverage(coverage, pageOptions()));
  return 0;
}

function areaOf(value: string): string {
  if (Object.hasOwn(AREAS, value)) return value;
  const areas = Object.keys(AREAS);
  throw new HarnessError(
    'usage',
    `--area ${value}: no such area${didYouMean(value, areas, `there is ${areas.join(', ')}`)}`,
  );
}
