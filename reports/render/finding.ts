import type { Fix, Keyword } from '../../suites/check.ts';
import { weaker } from '../../suites/keyword.ts';
import { OUTCOME_NAMES } from '../names.ts';
import { strongest, telling, unwaived } from '../outcome.ts';
import type { Outcome, Report, ReportedCheck, ReportedFinding, ReportedRequirement } from '../report.ts';
import type { Line, Page } from './page.ts';
import type { Style } from './text.ts';

const KEYWORDS: readonly Keyword[] = ['MUST', 'SHOULD'];

/** Characters of a target's own words that help; the rest is in the report. */
const ENOUGH = { brief: 600, verbose: 4000 } as const;

/** Observations of one reason that are shown unless verbose. */
const FEW = 3;

const SIGNS: Readonly<Partial<Record<Outcome, readonly [sign: string, style: Style]>>> = {
  failed: ['✗', 'red'],
  warned: ['!', 'yellow'],
  noted: ['·', 'cyan'],
  waived: ['~', 'dim'],
  errored: ['?', 'red'],
  passed: ['✓', 'green'],
};

export interface FindingOptions {
  readonly verbose: boolean;
  /** Whose fixes are shown beside the general one: Auth0's, unless it is known that the provider is another. */
  readonly provider?: Report['provider'] | undefined;
  /** The page lists the waivers, and what they accept, in a place of their own. */
  readonly listsWaivers?: true;
}

/** A check with findings, in full. */
export function renderFindings(page: Page, check: ReportedCheck, options: FindingOptions): readonly Line[] {
  const { outcome, severity, id, title, findings = [] } = check;
  const keyword = strongest(telling(check).map((finding) => finding.keyword));
  const told = options.listsWaivers ? unwaived(check) : findings;
  const waived = findings.filter((finding) => !told.includes(finding)).map(({ reason }) => reason);
  return [
    ...withSign(page, outcome, title, 'bold'),
    ...page.text(`${OUTCOME_NAMES[outcome]} · ${keyword} · ${severity} · ${id}`, { indent: 4, style: 'dim' }),
    ...renderRequirements(page, check.requirements, options),
    ...renderDoubt(page, check),
    ...byReason(told).flatMap((same) => ['', ...renderReason(page, same, keyword, options)]),
    ...(waived.length === 0 ? [] : page.field('Waived', `${[...new Set(waived)].join(', ')}: see Waivers`)),
    '',
  ];
}

/** A check with findings in one paragraph; of a tenant also which of its things are concerned, for nothing else tells it. */
export function renderFindingsBriefly(page: Page, check: ReportedCheck): readonly Line[] {
  const { id, outcome, findings = [] } = check;
  const said = findings.flatMap(({ says, providerFact = '' }) => [says, providerFact]);
  const says = [...new Set(said)].filter((each) => each !== '').join(' ');
  const shown = id.startsWith('tenant/') ? findings.slice(0, FEW) : [];
  return [
    ...withSign(page, outcome, `${says} (${id})`),
    ...shown.flatMap(({ actual }) => page.field('Actual', actual, { limit: ENOUGH.brief })),
    ...renderDoubt(page, check),
  ];
}

/** A paragraph behind the sign of an outcome. */
export function withSign(page: Page, outcome: Outcome, text: string, style?: Style): readonly Line[] {
  const [mark, sign] = SIGNS[outcome] ?? ['-', 'dim'];
  return page.item(mark, text, { sign, ...(style && { style }) });
}

/** Findings of one reason and one expectation differ only in what was seen; a waiver may cover some of them. */
export function byReason(
  findings: readonly ReportedFinding[],
): readonly (readonly [ReportedFinding, ...ReportedFinding[]])[] {
  const groups = new Map<string, [ReportedFinding, ...ReportedFinding[]]>();
  for (const finding of findings) {
    const key = `${finding.reason}\n${finding.expected}\n${finding.waiver === undefined}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [finding]);
    else group.push(finding);
  }
  return [...groups.values()];
}

function renderReason(
  page: Page,
  same: readonly [ReportedFinding, ...ReportedFinding[]],
  weight: Keyword,
  { verbose, provider }: FindingOptions,
): readonly Line[] {
  const [{ says, providerFact, keyword, expected, fix, waiver }] = same;
  const limit = verbose ? ENOUGH.verbose : ENOUGH.brief;
  const shown = verbose ? same : same.slice(0, FEW);
  const hidden = same.length - shown.length;
  const evidence = [...new Set(same.flatMap((finding) => finding.evidence))];
  return [
    ...page.text(keyword === weight ? says : `${says} (by itself: ${keyword})`, { indent: 4 }),
    ...page.field('Expected', expected, { limit }),
    ...shown.flatMap(({ actual }) => page.field('Actual', actual, { limit })),
    ...(hidden === 0 ? [] : page.field('', `and ${hidden} more (--verbose shows ${hidden === 1 ? 'it' : 'them'})`)),
    ...(providerFact === undefined ? [] : page.field('Provider', factSays(providerFact))),
    ...(waiver === undefined ? [] : page.field('Waived', `until ${waiver.until} by ${waiver.owner}: ${waiver.why}`)),
    ...renderFix(page, provider === 'other' ? { general: fix.general } : fix),
    ...(evidence.length === 0 ? [] : page.field('Seen in', shownBy(evidence, verbose))),
  ];
}

/** Why what a provider does of its own accord weighs so little. */
export const factSays = (providerFact: string) =>
  `${providerFact} Its customers cannot change that, so it is noted only.`;

/** How to put it right, in general and at Auth0. */
export function renderFix(
  page: Page,
  { general, auth0 }: Fix,
  at: { indent?: number; hang?: number } = {},
): readonly Line[] {
  if (auth0 === undefined) return page.field('Fix', general, at);
  const { text, plan, dashboard, command } = auth0;
  return [
    ...page.field('Fix', general, at),
    ...page.field('Auth0', text + (plan === undefined ? '' : ` (plan: ${plan})`), at),
    ...(dashboard === undefined ? [] : page.field('Dashboard', dashboard, at)),
    ...(command === undefined ? [] : page.literal('Command', command, at)),
  ];
}

/** The exchanges that show a finding, and the files of the run that hold them. */
function shownBy(evidence: readonly string[], verbose: boolean): string {
  const shown = evidence.slice(0, verbose ? evidence.length : FEW);
  const more = evidence.length > shown.length ? ` and ${evidence.length - shown.length} more` : '';
  const files = new Set(evidence.map((id) => `evidence/${id.split('/')[0]}.json`));
  return `${shown.join(', ')}${more} (${[...files].join(', ')})`;
}

/** The rule a finding is about: the first statement, of a document rather than of the attack matrix; all when verbose. */
function renderRequirements(
  page: Page,
  all: readonly ReportedRequirement[],
  { verbose, provider }: FindingOptions,
): readonly Line[] {
  const [first, ...others] = inOrder(all, provider);
  if (first === undefined) return [];
  if (verbose) return [first, ...others].flatMap((requirement) => renderRequirement(page, requirement));
  const also = others
    .filter(({ url }) => url !== undefined)
    .map(placeOf)
    .filter((place, index, places) => place !== placeOf(first) && places.indexOf(place) === index);
  return [...renderRequirement(page, first), ...(also.length === 0 ? [] : page.field('See also', also.join('; ')))];
}

/** Requirements as a reader should meet them: what another provider than the target's says is left out. */
export function inOrder(
  all: readonly ReportedRequirement[],
  provider: Report['provider'],
): readonly ReportedRequirement[] {
  const telling = provider === 'other' ? all.filter(({ id }) => !id.startsWith('AUTH0-')) : all;
  return [...(telling.length === 0 ? all : telling)].sort((a, b) => rankOf(a) - rankOf(b));
}

/** Standards first, then what a vendor or practice says, then the attack matrix. */
function rankOf({ id, url }: ReportedRequirement): number {
  if (url === undefined) return 2;
  return /^(?:AUTH0|PRACTICE)-/.test(id) ? 1 : 0;
}

/** What the check weighs where the revision could not be told: the reader can tell it. */
export function renderDoubt(page: Page, check: ReportedCheck): readonly Line[] {
  const doubt = doubtOf(check);
  return doubt === undefined ? [] : page.field('Keyword', doubt);
}

/** "ADVICE here, as the revision is not known: MUST in 2025-11-25 and 2026-07-28 (write `revision` into a profile)". */
export function doubtOf({ keyword, keywords }: ReportedCheck): string | undefined {
  if (keywords === undefined) return undefined;
  const heavier = KEYWORDS.flatMap((each) => {
    const revisions = Object.keys(keywords).filter((revision) => keywords[revision as keyof typeof keywords] === each);
    return weaker(each, keyword) === each || revisions.length === 0 ? [] : [`${each} in ${revisions.join(' and ')}`];
  });
  return heavier.length === 0
    ? undefined
    : `${keyword} here, as the revision is not known: ${heavier.join(', ')} (write \`revision\` into a profile)`;
}

function renderRequirement(page: Page, requirement: ReportedRequirement): readonly Line[] {
  return [
    ...page.field(requirement.url === undefined ? 'Attack' : 'Rule', `${requirement.says} (${placeOf(requirement)})`),
    ...(requirement.url === undefined ? [] : page.link(requirement.url)),
  ];
}

/** Its titles are so plain that nobody would know whose they are: "Access Tokens". */
const AUTH0_DOCUMENT = /^https:\/\/(?:[\w-]+\.)*auth0\.com\//;

/** Where a statement stands: "RFC 9110, section 15.5.2", "MCP authorization, Error Handling", "attack matrix, row A01". */
export function placeOf({ id, document, section, url }: ReportedRequirement): string {
  if (url === undefined) return `${document}, row ${id}`;
  const name = AUTH0_DOCUMENT.test(url) ? `Auth0: ${document}` : document;
  if (section === '') return name;
  return /^\d/.test(section) ? `${name}, section ${section}` : `${name}, ${section}`;
}
