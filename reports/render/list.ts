import { AREAS, type Check } from '../../suites/check.ts';
import { keywordsOf } from './keywords.ts';
import { createPage, type Line, type Page, type PageOptions } from './page.ts';

/** What a check takes beyond its assurance: `documentHost`, `allow: [writes]`. */
export type FurtherNeeds = (check: Check) => readonly string[];

/** Checks in a table, one a line, by area: keyword, severity, the least that must be given, id, what else it takes. Pure. */
export function renderList(checks: readonly Check[], furtherNeeds: FurtherNeeds, options: PageOptions): string {
  const page = createPage(options);
  const columns = COLUMNS.map((column) => Math.max(...checks.map((check) => column(check).length)));
  const areas = Object.entries(AREAS).flatMap(([area, title]) => {
    const own = checks.filter(({ id }) => id.startsWith(`${area}/`));
    return own.length === 0
      ? []
      : renderArea(
          page,
          `${area}: ${title}, ${own.length === 1 ? '1 check' : `${own.length} checks`}`,
          own,
          columns,
          furtherNeeds,
        );
  });
  return `${[...areas, `${checks.length} checks. explain <check> tells more of one.`].join('\n')}\n`;
}

const COLUMNS: readonly ((check: Check) => string)[] = [
  keywordsOf,
  ({ severity }) => severity,
  ({ assurance }) => assurance,
];

function renderArea(
  page: Page,
  title: string,
  checks: readonly Check[],
  columns: readonly number[],
  furtherNeeds: FurtherNeeds,
): readonly Line[] {
  return [
    ...page.text(title, { style: 'bold' }),
    '',
    ...checks.map((check) => {
      const cells = COLUMNS.map((column, index) => column(check).padEnd(columns[index] ?? 0));
      const further = furtherNeeds(check).join(', ');
      const more = further === '' ? '' : page.paint('dim', ` (${further})`);
      return `  ${page.paint('dim', cells.join('  '))}  ${check.id}${more}`;
    }),
    '',
  ];
}

/** A check's declaration without its functions and the evidence of its examples, and what else it takes. */
export function declarationOf(check: Check, further: readonly string[]): Readonly<Record<string, unknown>> {
  const { judge: _, examples, ...declared } = check;
  const fail = Object.entries(examples.fail).map(([reason, { says }]) => [reason, says]);
  return {
    ...declared,
    further,
    examples: { pass: examples.pass.map(({ says }) => says), fail: Object.fromEntries(fail) },
  };
}
