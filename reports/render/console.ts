import {
  OUTCOME_NAMES,
  OUTCOMES,
  PARTIES,
  PARTY_NAMES,
  PILLAR_NAMES,
  PILLAR_STATE_NAMES,
  PILLARS,
  PROVIDER_NAMES,
  REVISION_SOURCES,
  SEVERITIES,
} from '../names.ts';
import { unwaived } from '../outcome.ts';
import { conclude, exitCode } from '../policy.ts';
import type { Outcome, PillarState, Report, ReportedCheck } from '../report.ts';
import { renderSince, renderTrend } from './changes.ts';
import { type FindingOptions, renderFindings, renderFindingsBriefly, withSign } from './finding.ts';
import { renderGaps, renderReach } from './gaps.ts';
import { createPage, type Line, type Page, type PageOptions } from './page.ts';
import type { Style } from './text.ts';
import { renderWaivers } from './waivers.ts';

export interface ConsoleOptions extends PageOptions {
  /** Where the run was written, as it should be shown. */
  readonly folder?: string;
  /** Everything: notes in full, what passed, what does not apply. */
  readonly verbose?: boolean;
}

const HANG = 11;

/** Columns from which the reason of a pillar's state stands beside it. */
const ROOMY = 70;

/** A report as a person reads it on a terminal. Pure; text of the target is stripped of what a terminal would obey. */
export function renderConsole(report: Report, options: ConsoleOptions): string {
  const page = createPage(options);
  const verbose = options.verbose ?? false;
  const lines = [
    ...renderHead(page, report),
    ...PARTIES.flatMap((party) => renderParty(page, report, party, verbose)),
    ...renderNotes(page, report, verbose),
    ...renderWaivers(page, report),
    ...renderBreakdowns(page, report),
    ...(verbose ? renderCalm(page, report) : []),
    ...renderUnjudged(page, report, 'untested', 'Not tested, though in scope', verbose),
    ...renderUnjudged(page, report, 'out-of-scope', 'Out of scope', verbose),
    ...(report.comparison === undefined ? [] : renderSince(page, report.comparison)),
    ...renderTrend(page, report, exitCode(report)),
    ...renderPillars(page, report),
    '',
    ...renderEnd(page, report, options.folder),
  ];
  // A section ends with an empty line and the next begins with one.
  return `${lines.filter((line, index) => line !== '' || lines[index - 1] !== '').join('\n')}\n`;
}

/** The report without its findings, for where each finding has a place of its own. Pure. */
export function renderSummary(report: Report, options: PageOptions): string {
  const page = createPage(options);
  return [
    ...renderHead(page, report),
    ...(report.comparison === undefined ? [] : renderSince(page, report.comparison)),
    ...renderPillars(page, report),
    '',
    ...renderCounts(page, report),
  ].join('\n');
}

function renderHead(page: Page, report: Report): readonly Line[] {
  const { target, tool, mode, strict, revision, provider, assurance, requests, trials, durationMs } = report;
  const field = (label: string, text: string) => page.field(label, text, { indent: 2, hang: HANG });
  return [
    ...page.text(`${target.name} · ${tool.name} ${tool.version}`, { style: 'bold' }),
    ...renderVerdict(page, report),
    '',
    ...field('Server', target.server),
    ...field('Revision', `${revision.judged.join(', ')} (${REVISION_SOURCES[revision.source]})`),
    ...field('Mode', strict ? `${mode}, strict: a failing SHOULD fails` : mode),
    ...(report.certification === undefined
      ? []
      : field('Against', `the requirements of ${report.certification.set} up to ${report.certification.level}`)),
    ...(report.only === undefined ? [] : field('Only', report.only.join(', '))),
    ...(provider === undefined ? [] : field('Provider', PROVIDER_NAMES[provider])),
    ...field('Assurance', assurance.join(', ')),
    ...field(
      'Sent',
      `${counted(requests, 'request')}, ${trials} of them hostile inputs, in ${(durationMs / 1000).toFixed(1)} s`,
    ),
  ];
}

/** First and last: what lies between may be long. */
function renderVerdict(page: Page, report: Report): readonly Line[] {
  const { exitCode, because } = conclude(report);
  const [word, style] = exitCode === 0 ? (['PASSED', 'green'] as const) : (['FAILED', 'red'] as const);
  return page.text(`${word} (${report.mode}): ${because}.`, { style });
}

function renderParty(page: Page, report: Report, party: ReportedCheck['party'], verbose: boolean): readonly Line[] {
  const own = bySeverity(report.checks.filter((check) => check.party === party));
  const failed = own.filter(({ outcome }) => outcome === 'failed');
  const warned = own.filter(({ outcome }) => outcome === 'warned');
  if (failed.length + warned.length === 0) return [];
  const counts = [`${failed.length} failed`, `${warned.length} warned`].filter((count) => !count.startsWith('0'));
  return [
    ...page.heading(`${PARTY_NAMES[party]}: ${counts.join(', ')}`),
    ...[...failed, ...warned].flatMap((check) => renderFindings(page, check, inFull(report, verbose))),
  ];
}

function renderNotes(page: Page, report: Report, verbose: boolean): readonly Line[] {
  const title = verbose ? 'Noted' : 'Noted (explain <id> tells how to fix it)';
  // What is left of a check beside its waivers, which are told by themselves.
  const beside = come(report, 'waived').flatMap((check): readonly ReportedCheck[] => {
    const findings = unwaived(check);
    return findings.length === 0 ? [] : [{ ...check, outcome: 'noted', findings }];
  });
  return section(page, title, bySeverity([...come(report, 'noted'), ...beside]), (check) =>
    verbose ? renderFindings(page, check, inFull(report, verbose)) : renderFindingsBriefly(page, check),
  );
}

const inFull = ({ provider }: Report, verbose: boolean): FindingOptions => ({ verbose, provider, listsWaivers: true });

function renderBreakdowns(page: Page, report: Report): readonly Line[] {
  const errored = come(report, 'errored');
  const title = 'Broken down by a fault of this tool, please report it';
  return section(page, title, errored, ({ id, because = '' }) => withSign(page, 'errored', `${id}: ${because}`));
}

function renderCalm(page: Page, report: Report): readonly Line[] {
  return [
    ...section(page, 'Passed', come(report, 'passed'), ({ id, title, seen = '' }) => [
      ...withSign(page, 'passed', `${title} (${id})`),
      ...page.text(seen, { indent: 4, style: 'dim' }),
    ]),
    ...section(page, 'Not applicable', come(report, 'not-applicable'), ({ id, because = '' }) =>
      withSign(page, 'not-applicable', `${id}: ${because}`),
    ),
  ];
}

function renderUnjudged(
  page: Page,
  report: Report,
  outcome: Outcome,
  title: string,
  verbose: boolean,
): readonly Line[] {
  const checks = come(report, outcome);
  return checks.length === 0
    ? []
    : [...page.heading(`${title}: ${checks.length}`), ...renderGaps(page, report, checks, verbose)];
}

const STATE_STYLES: Readonly<Record<PillarState, Style>> = { met: 'green', 'not-met': 'red', 'not-shown': 'yellow' };

function renderPillars(page: Page, report: Report): readonly Line[] {
  return [
    ...page.heading('Pillars'),
    ...PILLARS.flatMap((pillar) => {
      const { state, because } = report.pillars[pillar];
      const label = `${PILLAR_NAMES[pillar].padEnd(24)}${PILLAR_STATE_NAMES[state]}`;
      return page.width >= ROOMY
        ? page.field(label, because, { indent: 2, hang: 35, style: STATE_STYLES[state] })
        : [...page.text(label, { indent: 2, style: STATE_STYLES[state] }), ...page.text(because, { indent: 4 })];
    }),
  ];
}

function renderEnd(page: Page, report: Report, folder: string | undefined): readonly Line[] {
  return [
    ...section(page, 'Left behind', report.leftovers, (leftover) => page.item('-', leftover)),
    ...section(page, 'About this run', report.remarks ?? [], (remark) => page.item('-', remark)),
    ...renderCounts(page, report),
    ...(folder === undefined ? [] : page.link(folder, { indent: 0, label: 'Report: ' })),
    ...renderVerdict(page, report),
  ];
}

function renderCounts(page: Page, report: Report): readonly Line[] {
  const counts = OUTCOMES.filter((outcome) => report.summary[outcome] > 0).map(
    (outcome) => `${report.summary[outcome]} ${OUTCOME_NAMES[outcome]}`,
  );
  return [
    ...page.text(`${counted(report.checks.length, 'check')}: ${counts.join(', ')}.`),
    ...renderReach(page, report),
  ];
}

function section<T>(
  page: Page,
  title: string,
  items: readonly T[],
  render: (item: T) => readonly Line[],
): readonly Line[] {
  return items.length === 0 ? [] : [...page.heading(`${title}: ${items.length}`), ...items.flatMap(render)];
}

const counted = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`;

const come = (report: Report, outcome: Outcome) => report.checks.filter((check) => check.outcome === outcome);

const bySeverity = (checks: readonly ReportedCheck[]) =>
  checks.toSorted((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity));
