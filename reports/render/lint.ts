import { isAccepted, type Objection } from '../../fixtures/client-documents/judge.ts';
import { type Level, type RuleSet, SOURCES, type Weight } from '../../fixtures/client-documents/rule.ts';
import { createPage, type Line, type Page, type PageOptions } from './page.ts';

/** What became of one metadata document: each rule set's word on it, and what is to be written instead. */
export interface LintResult {
  /** URL, file, or - for standard input. */
  readonly source: string;
  readonly rules: Readonly<Partial<Record<RuleSet, { readonly document: string; readonly accepted: boolean }>>>;
  readonly findings: readonly LintFinding[];
  /** What was not looked at, so that nothing is said of it. */
  readonly unseen: readonly string[];
}

export interface LintFinding {
  readonly rule: string;
  readonly member: string;
  readonly says: string;
  readonly found: readonly string[];
  readonly write: string;
  /** By rule set: how it sees it, and where it says so. */
  readonly why: Readonly<Partial<Record<RuleSet, Weight>>>;
}

export function lintResult(
  source: string,
  objections: readonly Objection[],
  sets: readonly RuleSet[],
  unseen: readonly string[],
): LintResult {
  const weights = ({ rule }: Objection) => sets.flatMap((set) => (rule[set] ? [[set, rule[set]] as const] : []));
  return {
    source,
    rules: Object.fromEntries(
      sets.map((set) => [set, { document: SOURCES[set].document, accepted: isAccepted(objections, set) }]),
    ),
    findings: objections
      .filter((each) => weights(each).length > 0)
      .map((each) => ({
        rule: each.rule.id,
        member: each.rule.member,
        says: each.rule.says,
        found: each.found,
        write: each.rule.write,
        why: Object.fromEntries(weights(each)),
      })),
    unseen,
  };
}

const DETAIL = { indent: 4, hang: 8 } as const;

/** The result for people: first who takes the document, then what is wrong, errors first. Pure. */
export function renderLint(result: LintResult, options: PageOptions): string {
  const page = createPage(options);
  const isError = ({ why }: LintFinding) => Object.values(why).some(({ level }) => level === 'error');
  const sorted = [...result.findings].sort((a, b) => Number(isError(b)) - Number(isError(a)));
  const lines = [
    ...page.text(result.source === '-' ? 'standard input' : result.source, { style: 'bold' }),
    '',
    ...(Object.keys(result.rules) as RuleSet[]).flatMap((set) => renderSet(page, result, set)),
    ...(result.unseen.length === 0
      ? []
      : page.item('-', `Not looked at: ${result.unseen.join(', ')}. Lint its URL once it is published.`)),
    ...sorted.flatMap((finding) => ['', ...renderFinding(page, finding, isError(finding))]),
  ];
  return `${lines.join('\n')}\n`;
}

function renderSet(page: Page, { rules, findings }: LintResult, set: RuleSet): readonly Line[] {
  const isTaken = rules[set]!.accepted;
  const counts = (['error', 'warning'] as const)
    .map((level) => ({ level, count: countOf(findings, set, level) }))
    .filter(({ count }) => count > 0)
    .map(({ level, count }) => `${count} ${level}${count === 1 ? '' : 's'}`);
  const verdict = [isTaken ? 'accepted' : 'not accepted', ...counts].join(', ');
  return [
    ...page.item(isTaken ? '✓' : '✗', `By ${SOURCES[set].name}: ${verdict}`, { sign: isTaken ? 'green' : 'red' }),
    ...page.text(SOURCES[set].document, { indent: 4, style: 'dim' }),
  ];
}

const countOf = (findings: readonly LintFinding[], set: RuleSet, level: Level) =>
  findings.filter(({ why }) => why[set]?.level === level).length;

function renderFinding(page: Page, finding: LintFinding, isError: boolean): readonly Line[] {
  const { rule, member, says, found, write, why } = finding;
  return [
    ...page.item(isError ? '✗' : '!', `${member}: ${says}`, { sign: isError ? 'red' : 'yellow' }),
    ...found.flatMap((each) => page.field('Found', each, DETAIL)),
    ...Object.values(why).flatMap((each) => page.field('Why', `${each.why} (${each.level})`, DETAIL)),
    ...page.field('Write', write, DETAIL),
    ...page.field('Rule', rule, DETAIL),
  ];
}
