import { AREAS, ASSURANCES } from '../../../suites/check.ts';
import { gapsOf, unjudged } from '../../gaps.ts';
import {
  ASSURANCE_NAMES,
  CHANGE_KINDS,
  CHANGE_NAMES,
  OUTCOME_NAMES,
  OUTCOMES,
  PARTIES,
  PARTY_NAMES,
  PILLAR_NAMES,
  PROVIDER_NAMES,
  REVISION_SOURCES,
  SEVERITIES,
} from '../../names.ts';
import { conclude } from '../../policy.ts';
import { changeSays, groupOf } from '../../render/changes.ts';
import { blocking } from '../../render/gaps.ts';
import type { Change, ChangeKind, Outcome, Report, ReportedCheck } from '../../report.ts';
import type { Source } from '../format.ts';
import { type ExchangesById, renderFinding } from './finding.ts';
import { html, type Markup, raw } from './markup.ts';
import { renderPicture } from './picture.ts';
import { renderPillars } from './pillars.ts';
import { SCRIPT } from './script.ts';
import { renderShell } from './shell.ts';
import { REPORT_STYLE } from './style.ts';
import { renderTrend } from './trend.ts';

/** Outcomes that are shown as findings, worst first. */
const FOUND = ['failed', 'errored', 'warned', 'noted', 'waived'] as const satisfies readonly Outcome[];

export function renderHtml({ report, exchanges }: Source): string {
  const byId: ExchangesById = new Map(exchanges.map((exchange) => [exchange.id, exchange]));
  const { exitCode } = conclude(report);
  return renderShell({
    title: `${report.target.name}: ${exitCode === 0 ? 'passed' : 'failed'} · MCP authorization conformance`,
    style: REPORT_STYLE,
    script: SCRIPT,
    body: html`<a class="skip" href="#findings">Skip to the findings</a>
${renderHead(report)}
<main>
${renderPillars((pillar) => report.pillars[pillar])}
<h2>The setup</h2>
${renderPicture(report)}
${renderChanges(report)}
${renderTrend(report)}
${renderFindings(report, byId)}
${renderGaps(report)}
${renderCalm(report, 'passed', 'Passed', ({ seen = '' }) => seen)}
${renderCalm(report, 'not-applicable', 'Not applicable', ({ because = '' }) => because)}
${renderRun(report)}
</main>
<footer>${report.tool.name} ${report.tool.version}. What stands here is in report.json; evidence/ has every exchange in full.</footer>`,
  });
}

function renderHead(report: Report): Markup {
  const { target, mode, strict, revision, provider, requests, trials, durationMs, startedAt, only, certification } =
    report;
  const { exitCode, because } = conclude(report);
  const counted = OUTCOMES.filter((outcome) => report.summary[outcome] > 0);
  const sent = `${requests} requests, ${trials} of them hostile inputs, in ${(durationMs / 1000).toFixed(1)} s`;
  const facts: readonly (readonly [string, Markup])[] = [
    ['Server', html`<span dir="auto">${target.server}</span>`],
    ['Assurance', renderLevels(report)],
    ['Revision', html`${revision.judged.join(', ')} (${REVISION_SOURCES[revision.source]})`],
    ...(provider === undefined ? [] : [['Provider', html`${PROVIDER_NAMES[provider]}`] as const]),
    ['Mode', html`${mode}${strict && ', strict: a failing SHOULD fails'}`],
    ...(certification === undefined
      ? []
      : [['Held to', html`requirements of ${certification.set}, up to ${certification.level}`] as const]),
    ...(only === undefined ? [] : [['Only', html`${only.join(', ')}`] as const]),
    ['Run', html`<time datetime="${startedAt}">${startedAt.slice(0, 16).replace('T', ' ')} UTC</time>: ${sent}`],
  ];
  return html`<header>
<div class="verdict ${exitCode === 0 ? 'green' : 'red'}">
<p class="soft small">MCP authorization conformance</p>
<h1 dir="auto">${target.name}: ${exitCode === 0 ? 'passed' : 'failed'}</h1>
<p class="why">${because}.</p>
<ul class="counts">${counted.map((outcome) => html`<li><b class="tone ${outcome}">${report.summary[outcome]}</b> ${OUTCOME_NAMES[outcome]}</li>`)}</ul>
</div>
<dl class="facts">${facts.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>
</header>`;
}

/** What was given, and what was not: nothing was tested of what rests on it. */
function renderLevels({ assurance }: Report): Markup {
  const has = new Set(assurance);
  return html`<ul class="levels">${ASSURANCES.map((level) =>
    has.has(level)
      ? html`<li>✓ ${ASSURANCE_NAMES[level]}</li>`
      : html`<li class="absent">– no ${ASSURANCE_NAMES[level]}</li>`,
  )}</ul>`;
}

function renderChanges({ comparison }: Report): Markup {
  if (comparison === undefined) return html``;
  const { baseline, changes, drift, limits, lostPillars, olderRevision } = comparison;
  return html`<section><h2>Changed since ${baseline.startedAt.slice(0, 10)}</h2>
<div class="card">
${limits.map((limit) => html`<p class="small soft">${limit}</p>`)}
${changes.length + drift.length === 0 && html`<p>Every check came to what it came to then, and the setup is the same.</p>`}
${drift.length > 0 && html`<ul class="plain">${drift.map(({ says, party }) => html`<li dir="auto">${says} <span class="soft">(${PARTY_NAMES[party]})</span></li>`)}</ul>`}
${olderRevision && html`<p><span class="tag toned regressed">An older revision</span> judged by ${olderRevision.before} then, by ${olderRevision.now} now</p>`}
${lostPillars.length > 0 && html`<p><span class="tag toned regressed">Not met now</span> ${lostPillars.map((pillar) => PILLAR_NAMES[pillar]).join(', ')}</p>`}
${CHANGE_KINDS.map((kind) => {
  const own = changes.filter((change) => groupOf(change) === kind);
  return own.length > 0 && renderKind(kind, own);
})}
</div></section>`;
}

function renderKind(kind: ChangeKind, changes: readonly Change[]): Markup {
  return html`<details${changes.some(({ isWorse }) => isWorse) && raw(' open')}><summary><span class="tag toned ${kind}">${CHANGE_NAMES[kind]}</span> ${changes.length}</summary>
<ul class="plain">${changes.map((change) => html`<li>${changeSays(change)}</li>`)}</ul></details>`;
}

function renderFindings(report: Report, exchanges: ExchangesById): Markup {
  const found = report.checks.filter(({ outcome }) => isFound(outcome));
  if (found.length === 0) {
    return html`<section id="findings" tabindex="-1"><h2>Findings</h2><p class="card">Nothing to report of what was tested.</p></section>`;
  }
  return html`<section id="findings" tabindex="-1">
<h2>Findings</h2>
${renderFilters(found)}
${PARTIES.map((party) => {
  const own = worstFirst(found.filter((check) => check.party === party));
  if (own.length === 0) return html``;
  const counts = FOUND.map((outcome) => [outcome, own.filter((check) => check.outcome === outcome).length] as const);
  const told = counts.flatMap(([outcome, count]) => (count === 0 ? [] : [`${count} ${OUTCOME_NAMES[outcome]}`]));
  return html`<section class="party"><h3>${PARTY_NAMES[party]}: ${told.join(', ')}</h3>
${own.map((check) => renderFinding(check, report, exchanges))}</section>`;
})}
</section>`;
}

const isFound = (outcome: Outcome) => FOUND.some((each) => each === outcome);

/** Shown by the script, which they need. */
function renderFilters(found: readonly ReportedCheck[]): Markup {
  const choice = (name: string, label: string, options: readonly (readonly [value: string, says: string])[]) =>
    options.length < 2
      ? html``
      : html`<label>${label}<select name="${name}"><option value="">all</option>${options.map(([value, says]) => html`<option value="${value}">${says}</option>`)}</select></label>`;
  const among = <T extends string>(
    all: readonly T[],
    of: (check: ReportedCheck) => string,
    says: (each: T) => string,
  ) => all.filter((each) => found.some((check) => of(check) === each)).map((each) => [each, says(each)] as const);
  return html`<div class="filters" id="filters" hidden role="search" aria-label="Findings">
<label class="wide">Search (press /)<input id="words" type="search" autocomplete="off"></label>
${choice(
  'outcome',
  'Outcome',
  among(
    FOUND,
    ({ outcome }) => outcome,
    (outcome) => OUTCOME_NAMES[outcome],
  ),
)}
${choice(
  'severity',
  'Severity',
  among(
    SEVERITIES,
    ({ severity }) => severity,
    (severity) => severity,
  ),
)}
${choice(
  'party',
  'Party',
  among(
    PARTIES,
    ({ party }) => party,
    (party) => PARTY_NAMES[party],
  ),
)}
${choice(
  'area',
  'Area',
  among(
    Object.keys(AREAS),
    ({ id }) => id.split('/')[0] ?? '',
    (area) => area,
  ),
)}
<button type="button" id="clear">Clear</button><button type="button" id="fold">Unfold all</button>
<span id="shown" class="small soft" role="status"></span>
</div>`;
}

function renderGaps(report: Report): Markup {
  const gaps = gapsOf(unjudged(report.checks));
  if (gaps.length === 0) return html``;
  return html`<section><h2>Not tested, and what it takes</h2>
${gaps.map(
  ({ unlock, blockedBy, because, checks }) => html`<div class="card gap">
<p dir="auto">${unlock}</p>
${blockedBy !== undefined && html`<p>After ${blocking(report, blockedBy)}</p>`}
<p class="small soft" dir="auto">${because.slice(0, MOST_REASONS).join('; ')}${because.length > MOST_REASONS && `; and ${because.length - MOST_REASONS} other reasons`}</p>
<details><summary>${checks.length === 1 ? '1 check' : `${checks.length} checks`}</summary><ul class="plain">${checks.map(({ id, title, keyword }) => html`<li>${title} <span class="soft">${keyword}</span> <code>${id}</code></li>`)}</ul></details>
</div>`,
)}</section>`;
}

const MOST_REASONS = 3;

function renderCalm(report: Report, outcome: Outcome, title: string, says: (check: ReportedCheck) => string): Markup {
  const checks = report.checks.filter((check) => check.outcome === outcome);
  if (checks.length === 0) return html``;
  return html`<section><h2>${title}: ${checks.length}</h2>
<details class="card folded"><summary>Show them</summary>
<ul class="plain">${checks.map(
    (
      check,
    ) => html`<li>${check.title} <code>${check.id}</code><br><span class="small soft" dir="auto">${says(check)}</span></li>
`,
  )}</ul></details></section>`;
}

function renderRun({ leftovers, remarks = [], waivers = [] }: Report): Markup {
  const lines = [
    ...leftovers.map((line) => `Left behind: ${line}`),
    ...remarks,
    ...waivers
      .filter(({ state }) => state !== 'applied')
      .map(({ check, reason, owner, state }) => `The waiver of ${check} (${reason}), of ${owner}, is ${state}.`),
  ];
  return lines.length === 0
    ? html``
    : html`<section><h2>About this run</h2><ul class="card plain">${lines.map((line) => html`<li dir="auto">${line}</li>`)}</ul></section>`;
}

const worstFirst = (checks: readonly ReportedCheck[]) =>
  FOUND.flatMap((outcome) =>
    checks
      .filter((check) => check.outcome === outcome)
      .toSorted((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity)),
  );
