import type { Coverage } from '../../suites/coverage.ts';
import { AWAITED, type Explanation } from '../../suites/requirements/uncovered.ts';
import { createPage, type Line, type Page, type PageOptions } from './page.ts';

const NAMES: Readonly<Record<Coverage['catalogue'], string>> = {
  mcp: 'MCP specification',
  rfc: 'RFCs and drafts',
  auth0: 'Auth0 documentation',
  'attack-rows': 'Attack matrix',
  practice: 'Good practice',
};

/** What the checks cite of each catalogue: totals, then every requirement with its checks or the reason of none. Pure. */
export function renderCoverage(coverage: readonly Coverage[], options: PageOptions): string {
  const page = createPage(options);
  const lines = [
    ...page.text('Requirements that a check cites', { style: 'bold' }),
    '',
    ...coverage.flatMap((each) => renderTotal(page, each)),
    ...coverage.flatMap((each) => renderCatalogue(page, each)),
  ];
  return `${lines.join('\n').trimEnd()}\n`;
}

const count = (record: object) => Object.keys(record).length;

function renderTotal(page: Page, each: Coverage): readonly Line[] {
  const explained = Object.values(each.unchecked);
  const waiting = explained.filter((why) => 'waitsFor' in why).length;
  const total = count(each.checked) + explained.length + each.unexplained.length;
  const rest = [
    [waiting, 'wait for checks to come'],
    [explained.length - waiting, 'get none'],
    [each.unexplained.length, 'unexplained'],
  ] as const;
  const says = rest.filter(([of]) => of > 0).map(([of, what]) => `${of} ${what}`);
  return page.field(NAMES[each.catalogue], [`${count(each.checked)} of ${total}`, ...says].join(', '), {
    indent: 2,
    hang: 22,
  });
}

function renderCatalogue(page: Page, { catalogue, checked, unchecked, unexplained }: Coverage): readonly Line[] {
  const name = NAMES[catalogue];
  const groups = new Map<string, readonly string[]>();
  for (const [id, why] of Object.entries(unchecked)) {
    const heading = headingOf(why);
    groups.set(heading, [...(groups.get(heading) ?? []), id]);
  }
  return [
    ...(count(checked) === 0 ? [] : page.heading(`${name}, checked: ${count(checked)}`)),
    ...Object.entries(checked).flatMap(([id, checks]) => [
      ...page.text(id, { indent: 2 }),
      ...page.text(checks.join(', '), { indent: 4, style: 'dim' }),
    ]),
    ...[...groups].flatMap(([heading, ids]) => [
      ...page.heading(`${name}, ${heading} (${ids.length})`),
      ...page.text(ids.join(', '), { indent: 2 }),
    ]),
    ...(unexplained.length === 0
      ? []
      : [
          ...page.heading(`${name}, unexplained: ${unexplained.length}`),
          ...page.text(unexplained.join(', '), { indent: 2 }),
        ]),
  ];
}

const headingOf = (why: Explanation) =>
  'waitsFor' in why ? `waiting for ${why.waitsFor}: ${AWAITED[why.waitsFor]}` : `no check: ${why.because}`;
