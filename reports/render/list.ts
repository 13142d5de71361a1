import { AREAS, type Check } from '../../suites/check.ts';
import { keywordsOf } from './keywords.ts';
import { createPage, type Line, type Page, type PageOptions } from './page.ts';

/** Checks in a table, one a line, by area: keyword, severity, the least that must be given, id. Pure. */
export function renderList(checks: readonly Check[], options: PageOptions): string {
  const page = createPage(options);
  const columns = COLUMNS.map((column) => Math.max(...checks.map((check) => column(check).length)));
  const areas = Object.entries(AREAS).flatMap(([area, title]) => {
    const own = checks.filter(({ id }) => id.startsWith(`${area}/`));
    return own.length === 0
      ? []
      : renderArea(page, `${area}: ${title}, ${own.length === 1 ? '1 check' : `${own.length} checks`}`, own, columns);
  });
  return `${[...areas, `${checks.length} checks. explain <check> tells more of one.`].join('\n')}\n`;
}

const COLUMNS: readonly ((check: Check) => string)[] = [
  keywordsOf,
  ({ severity }) => severity,
  ({ assurance }) => assurance,
];

function renderArea(page: Page, title: string, checks: readonly Check[], columns: readonly number[]): readonly Line[] {
  return [
    ...page.text(title, { style: 'bold' }),
    '',
    ...checks.map((check) => {
      const cells = COLUMNS.map((column, index) => column(check).padEnd(columns[index] ?? 0));
      return `  ${page.paint('dim', cells.join('  '))}  ${check.id}`;
    }),
    '',
  ];
}

/** A check's declaration without its functions and the evidence of its examples. */
export function declarationOf(check: Check): Readonly<Record<string, unknown>> {
  const { judge: _, examples, ...declared } = check;
  const fail = Object.entries(examples.fail).map(([reason, { says }]) => [reason, says]);
  return { ...declared, examples: { pass: examples.pass.map(({ says }) => says), fail: Object.fromEntries(fail) } };
}
