import type { Check, Reason } from '../../suites/check.ts';
import { requirements } from '../../suites/requirements/index.ts';
import { ASSURANCE_GIVERS, PARTY_NAMES, PILLAR_NAMES } from '../names.ts';
import { factSays, placeOf, renderFix } from './finding.ts';
import { keywordByRevision } from './keywords.ts';
import { createPage, type Line, type Page, type PageOptions } from './page.ts';

const FACTS = { indent: 2, hang: 10 } as const;
const REASON = { indent: 4, hang: 10 } as const;

/**
 * What a check asks for, why, what can be wrong and how to fix it: everything its declaration says. Pure.
 *
 * @param further what it takes beyond its assurance: `documentHost`, `allow: [writes]`
 */
export function renderExplanation(check: Check, further: readonly string[], options: PageOptions): string {
  const page = createPage(options);
  const lines = [
    ...page.text(check.title, { style: 'bold' }),
    ...page.text(check.id, { style: 'dim' }),
    '',
    ...renderFacts(page, check, further),
    ...page.heading('Why'),
    ...check.requirements.flatMap((id) => renderSource(page, id)),
    ...page.heading('It holds when, for example'),
    ...check.examples.pass.flatMap(({ says }) => page.item('✓', says, { sign: 'green' })),
    ...page.heading('What can be wrong'),
    ...Object.entries(check.reasons).flatMap(([key, reason]) => renderReason(page, check, key, reason)),
  ];
  return `${lines.join('\n').trimEnd()}\n`;
}

function renderFacts(page: Page, check: Check, further: readonly string[]): readonly Line[] {
  const { severity, party, pillar, assurance, feature, needs, uses = [], trials = [] } = check;
  const rows = {
    Keyword: keywordByRevision(check),
    Severity: severity,
    Party: PARTY_NAMES[party],
    Pillar: pillar && PILLAR_NAMES[pillar],
    Takes: [ASSURANCE_GIVERS[assurance], ...further].join('; '),
    Feature: feature && `${feature}: judged only where it is claimed or advertised`,
    Reads: [...needs, ...uses.map((key) => `${key} where there is any`)].join(', '),
    Trials: trials.join(', ') || undefined,
  };
  return Object.entries(rows).flatMap(([label, text]) => (text === undefined ? [] : page.field(label, text, FACTS)));
}

function renderSource(page: Page, id: string): readonly Line[] {
  const requirement = requirements().get(id);
  if (requirement === undefined) return page.item('-', id);
  const { url } = requirement;
  return [
    ...page.item('-', `${requirement.says} (${placeOf({ ...requirement, id })})`),
    ...(url === undefined ? [] : page.link(url, { indent: 4 })),
  ];
}

function renderReason(
  page: Page,
  check: Check,
  key: string,
  { says, fix, keyword, providerFact = {} }: Reason,
): readonly Line[] {
  const example = check.examples.fail[key]?.says;
  return [
    ...page.item('✗', says, { sign: 'red' }),
    ...page.text(keyword === undefined ? key : `${key} · weighs ${keyword} at most`, { indent: 4, style: 'dim' }),
    ...(example === undefined ? [] : page.field('Example', example, REASON)),
    ...Object.values(providerFact).flatMap((fact) => page.field('Provider', factSays(fact), REASON)),
    ...renderFix(page, fix, REASON),
    '',
  ];
}
