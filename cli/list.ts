import { HarnessError } from '../fixtures/errors.ts';
import { declarationOf, renderList } from '../reports/render/list.ts';
import { AREAS } from '../suites/check.ts';
import { CHECKS } from '../suites/registry.ts';
import { JSON_FLAG, jsonFile, writeJson } from './json.ts';
import { didYouMean } from './nearest.ts';
import { pageOptions, print } from './output.ts';
import { type AddCommand, examples } from './program.ts';

export const addList: AddCommand = (program, settle) => {
  program
    .command('list')
    .summary('list the checks')
    .description('Lists every check: what it weighs, how severe a failure is, the least that must be given, its id.')
    .option('--area <area>', `only those of an area: ${Object.keys(AREAS).join(', ')}`, areaOf)
    .option(JSON_FLAG, 'write the declarations there; - prints them in place of the text', jsonFile)
    .addHelpText('after', examples(['list', 'list --area challenge --json -']))
    .action(
      settle(async ({ area, json }: { readonly area?: string; readonly json?: string }) => {
        const checks = CHECKS.filter(({ id }) => area === undefined || id.startsWith(`${area}/`));
        if (json !== undefined) await writeJson(json, checks.map(declarationOf));
        if (json !== '-') await print(renderList(checks, pageOptions()));
        return 0;
      }),
    );
};

function areaOf(value: string): string {
  if (Object.hasOwn(AREAS, value)) return value;
  const areas = Object.keys(AREAS);
  throw new HarnessError(
    'usage',
    `--area ${value}: no such area${didYouMean(value, areas, `there is ${areas.join(', ')}`)}`,
  );
}
