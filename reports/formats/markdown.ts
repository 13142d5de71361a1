import { gapsOf, unjudged } from '../gaps.ts';
import {
  CHANGE_KINDS,
  CHANGE_NAMES,
  OUTCOME_NAMES,
  OUTCOMES,
  PARTIES,
  PARTY_NAMES,
  PILLAR_NAMES,
  PILLAR_STATE_NAMES,
  PILLARS,
  REVISION_SOURCES,
  SEVERITIES,
} from '../names.ts';
import { telling } from '../outcome.ts';
import { conclude, isRed } from '../policy.ts';
import { changeSays, groupOf } from '../render/changes.ts';
import { byReason, factSays, inOrder, placeOf } from '../render/finding.ts';
import { clip } from '../render/text.ts';
import type { Outcome, Report, ReportedCheck, ReportedFinding } from '../report.ts';
import type { Source } from './format.ts';
import { code, escapeMarkdown as plain } from './markdown-text.ts';

/** What GitHub takes: 1 MiB of a step summary, 65,536 characters of a comment; a little is left for the last line. */
const MOST = { summary: 900_000, comment: 60_000 } as const;

/** Characters of the target's own words. */
const ENOUGH = 500;

/** Observations of one reason that are shown. */
const FEW = 3;

const SIGNS: Readonly<Partial<Record<Outcome, string>>> = {
  failed: '❌',
  errored: '💥',
  warned: '⚠️',
  noted: 'ℹ️',
  waived: '🤝',
};

/** For the summary of a step of GitHub Actions, or any page of Markdown. */
export function renderMarkdown({ report }: Source): string {
  return within(MOST.summary, [
    ...head(report),
    facts(report),
    pillars(report),
    ...changes(report),
    ...PARTIES.flatMap((party) => findingsOf(report, party)),
    ...gaps(report),
    ...remarks(report),
    counts(report),
  ]);
}

/** For a comment on a pull request: what stops it and what changed. The first line lets a bot find its own comment. */
export function renderComment({ report }: Source): string {
  const stops = bySeverity(report.checks.filter((check) => isRed(check, report)));
  const others = bySeverity(report.checks.filter((check) => check.outcome === 'warned' && !isRed(check, report)));
  return within(MOST.comment, [
    `<!-- mcp-auth-conformance: ${plain(report.target.name).replaceAll('--', '- -')} -->`,
    ...head(report),
    PILLARS.map((pillar) => `${PILLAR_NAMES[pillar]}: ${stateOf(report, pillar)}`).join(' · '),
    ...changes(report),
    ...list('Stops this', stops, report),
    ...list('Warned', others, report),
    counts(report),
  ]);
}

function head(report: Report): readonly string[] {
  const { exitCode, because } = conclude(report);
  const word = exitCode === 0 ? '✅ passed' : '❌ failed';
  return [
    `## MCP authorization: ${plain(report.target.name)} ${word}`,
    `**${exitCode === 0 ? 'PASSED' : 'FAILED'}** (${report.mode}): ${plain(because)}.`,
  ];
}

function facts({ target, tool, revision, assurance, startedAt, requests, trials, mode, strict, only }: Report): string {
  const rows = [
    ['Server', code(target.server)],
    ['Revision', plain(`${revision.judged.join(', ')} (${REVISION_SOURCES[revision.source]})`)],
    ['Mode', `${mode}${strict ? ', strict' : ''}`],
    ...(only === undefined ? [] : [['Only', plain(only.join(', '))]]),
    ['Assurance', assurance.join(', ')],
    ['Begun', startedAt],
    ['Sent', `${requests} requests, ${trials} of them hostile inputs`],
    ['Tool', `${tool.name} ${plain(tool.version)}`],
  ];
  return ['| | |', '|---|---|', ...rows.map(([name, value]) => `| ${name} | ${value?.replaceAll('|', '\\|')} |`)].join(
    '\n',
  );
}

function pillars(report: Report): string {
  return [
    '| Pillar | | Why |',
    '|---|---|---|',
    ...PILLARS.map(
      (pillar) => `| ${PILLAR_NAMES[pillar]} | ${stateOf(report, pillar)} | ${plain(report.pillars[pillar].because)} |`,
    ),
  ].join('\n');
}

const STATE_SIGNS = { met: '✅', 'not-met': '❌', 'not-shown': '▫️' } as const;

function stateOf({ pillars: states }: Report, pillar: (typeof PILLARS)[number]): string {
  const { state } = states[pillar];
  return `${STATE_SIGNS[state]} ${PILLAR_STATE_NAMES[state]}`;
}

function changes({ comparison }: Report): readonly string[] {
  if (comparison === undefined) return [];
  const lines = [
    ...comparison.drift.map(({ says }) => `- ${plain(says)}`),
    ...CHANGE_KINDS.flatMap((kind) => comparison.changes.filter((change) => groupOf(change) === kind)).map(
      (change) => `- ${CHANGE_NAMES[groupOf(change)]}: ${plain(changeSays(change))}`,
    ),
  ];
  const more = lines.length - MOST_CHANGES;
  const shown = more > 0 ? [...lines.slice(0, MOST_CHANGES), `- and ${more} more`] : lines;
  const since = `### Changed since ${comparison.baseline.startedAt.slice(0, 10)}`;
  return [[since, '', ...(shown.length === 0 ? ['Nothing changed.'] : shown)].join('\n')];
}

const MOST_CHANGES = 30;

const TOLD: readonly Outcome[] = ['failed', 'errored', 'warned', 'noted', 'waived'];

function findingsOf(report: Report, party: ReportedCheck['party']): readonly string[] {
  const own = report.checks.filter((check) => check.party === party);
  const told = TOLD.flatMap((outcome) => bySeverity(own.filter((check) => check.outcome === outcome)));
  if (told.length === 0) return [];
  const numbers = TOLD.map((outcome) => [outcome, told.filter((check) => check.outcome === outcome).length] as const)
    .filter(([, count]) => count > 0)
    .map(([outcome, count]) => `${count} ${OUTCOME_NAMES[outcome]}`);
  return [`### ${PARTY_NAMES[party]}: ${numbers.join(', ')}`, ...told.map((check) => oneFinding(check, report))];
}

function oneFinding(check: ReportedCheck, report: Report): string {
  const { id, title, outcome, severity, findings = [], because } = check;
  const [rule] = inOrder(check.requirements, report.provider);
  return [
    '<details>',
    `<summary>${SIGNS[outcome] ?? ''} <b>${asHtml(title)}</b> · ${OUTCOME_NAMES[outcome]} · ${severity}</summary>`,
    '',
    code(id),
    ...(rule === undefined ? [] : ['', `Rule: ${plain(`${rule.says} (${placeOf(rule)})`)}`]),
    ...(because === undefined ? [] : ['', plain(because)]),
    ...byReason(findings).flatMap((same) => ['', ...reason(same, report)]),
    '',
    '</details>',
  ].join('\n');
}

function reason(same: readonly [ReportedFinding, ...ReportedFinding[]], { provider }: Report): readonly string[] {
  const [{ says, expected, fix, providerFact, waiver }] = same;
  const { auth0 } = fix;
  return [
    `**${plain(says)}**`,
    '',
    `- Expected: ${plain(clip(expected, ENOUGH))}`,
    ...same.slice(0, FEW).map(({ actual }) => `- Actual: ${code(clip(actual, ENOUGH))}`),
    ...(same.length > FEW ? [`- and ${same.length - FEW} more`] : []),
    ...(providerFact === undefined ? [] : [`- Provider: ${plain(factSays(providerFact))}`]),
    ...(waiver === undefined
      ? []
      : [`- Waived until ${plain(waiver.until)} by ${plain(waiver.owner)}: ${plain(waiver.why)}`]),
    `- Fix: ${plain(fix.general)}`,
    ...(auth0 === undefined || provider === 'other' ? [] : [`- Auth0: ${plain(auth0.text)}`]),
    ...(auth0?.dashboard === undefined || provider === 'other' ? [] : [`- Dashboard: ${plain(auth0.dashboard)}`]),
    ...(auth0?.command === undefined || provider === 'other' ? [] : [`- Command: ${code(auth0.command)}`]),
  ];
}

/** One line a check: what is wrong and what to do. */
function list(title: string, checks: readonly ReportedCheck[], report: Report): readonly string[] {
  if (checks.length === 0) return [];
  const lines = checks.map(({ id, title: says, severity, outcome, because = '', findings = [] }) => {
    const [first] = telling({ findings });
    const why = first === undefined ? `${OUTCOME_NAMES[outcome]}: ${because}` : `${first.says} ${first.fix.general}`;
    return `- **${plain(says)}** (${severity}, ${PARTY_NAMES[partyOf(report, id)]}): ${plain(clip(why, ENOUGH))} ${code(id)}`;
  });
  return [`### ${title}: ${checks.length}`, ...lines];
}

const partyOf = ({ checks }: Report, id: string) => checks.find((check) => check.id === id)?.party ?? 'mcp-server';

function gaps(report: Report): readonly string[] {
  const found = gapsOf(unjudged(report.checks));
  if (found.length === 0) return [];
  const lines = found.map(
    ({ unlock, checks }) => `- ${plain(unlock)}: ${checks.length} ${checks.length === 1 ? 'check' : 'checks'}`,
  );
  return [['### Not tested, and what it takes', '', ...lines].join('\n')];
}

function remarks({ leftovers, remarks: said = [] }: Report): readonly string[] {
  const lines = [...leftovers.map((line) => `Left behind: ${line}`), ...said];
  return lines.length === 0 ? [] : [['### About this run', '', ...lines.map((line) => `- ${plain(line)}`)].join('\n')];
}

function counts({ checks, summary }: Report): string {
  const numbers = OUTCOMES.filter((outcome) => summary[outcome] > 0);
  return `${checks.length} checks: ${numbers.map((outcome) => `${summary[outcome]} ${OUTCOME_NAMES[outcome]}`).join(', ')}.`;
}

/** Whole blocks as far as they fit. */
function within(most: number, blocks: readonly string[]): string {
  const kept: string[] = [];
  let length = 0;
  for (const block of blocks) {
    if (length + block.length > most) {
      kept.push('The rest is in report.json: it does not fit here.');
      break;
    }
    kept.push(block);
    length += block.length + 2;
  }
  return `${kept.join('\n\n')}\n`;
}

/** Inside a line of HTML, which ends Markdown's own markup; entities hold what would be markup of either. */
const asHtml = (text: string) =>
  plain(text).replace(/\\([^\s])/g, (_, character: string) => `&#${character.charCodeAt(0)};`);

const bySeverity = (checks: readonly ReportedCheck[]) =>
  checks.toSorted((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity));
