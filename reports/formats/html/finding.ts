import type { Exchange, HeaderField } from '../../../fixtures/evidence.ts';
import { OUTCOME_NAMES, PARTY_NAMES } from '../../names.ts';
import { strongest, telling } from '../../outcome.ts';
import { byReason, doubtOf, factSays, inOrder, placeOf } from '../../render/finding.ts';
import { clip } from '../../render/text.ts';
import type { Report, ReportedCheck, ReportedFinding, ReportedRequirement } from '../../report.ts';
import { escapeLines } from '../xml.ts';
import { anchorOf } from './anchor.ts';
import { html, type Markup, raw } from './markup.ts';

/** Observations of one reason that stand unfolded, and exchanges that are shown of it. */
const FEW = 3;

/** Characters of what a target said, and of a body. */
const ENOUGH = { glance: 600, said: 6000, body: 3000, field: 1000 } as const;

export type ExchangesById = ReadonlyMap<string, Exchange>;

/** A check with findings, or one that broke down, to unfold. */
export function renderFinding(check: ReportedCheck, report: Report, exchanges: ExchangesById): Markup {
  const { id, title, outcome, severity, party, findings = [], because } = check;
  const told = telling(check);
  const keyword = told.length === 0 ? check.keyword : strongest(told.map((finding) => finding.keyword));
  const brief = told[0]?.says ?? because ?? '';
  return html`<details class="finding ${outcome}" id="${anchorOf(id)}" data-outcome="${outcome}" data-severity="${severity}" data-party="${party}" data-area="${id.split('/')[0] ?? ''}">
<summary><span class="title">${title}</span>
<span class="tags"><span class="tag toned ${outcome}">${OUTCOME_NAMES[outcome]}</span><span class="tag">${keyword}</span><span class="tag ${severity}">${severity}</span><code>${id}</code></span>
<span class="brief" dir="auto">${brief}</span></summary>
<div class="body">
${renderRules(check, report)}
${because !== undefined && html`<p dir="auto">${because}</p>`}
${byReason(findings).map((same) => renderReason(same, keyword, report, exchanges))}
</div>
</details>
`;
}

function renderRules(check: ReportedCheck, { provider }: Report): Markup {
  const [first, ...rest] = inOrder(check.requirements, provider);
  const others = rest.filter(
    (other, index) => first !== undefined && ![first, ...rest.slice(0, index)].map(placeOf).includes(placeOf(other)),
  );
  const doubt = doubtOf(check);
  return html`<dl class="rows">
${first && row(first.url === undefined ? 'Attack' : 'Rule', html`${first.says} (${place(first)})`)}
${others.length > 0 && row('See also', html`${others.map((other, index) => html`${index > 0 && '; '}${place(other)}`)}`)}
${doubt !== undefined && row('Keyword', html`${doubt}`)}
${row('Party', html`${PARTY_NAMES[check.party]}`)}
</dl>`;
}

/** Leads to the document where its address is a web page's. */
function place(requirement: ReportedRequirement): Markup {
  const { url } = requirement;
  const name = placeOf(requirement);
  return url !== undefined && /^https?:\/\//.test(url)
    ? html`<a href="${url}" rel="noreferrer">${name}</a>`
    : html`${name}`;
}

function renderReason(
  same: readonly [ReportedFinding, ...ReportedFinding[]],
  weight: string,
  { provider }: Report,
  exchanges: ExchangesById,
): Markup {
  const [{ says, keyword, expected, fix, providerFact, waiver }] = same;
  const actual = [...new Set(same.map((finding) => finding.actual))];
  const { auth0 } = provider === 'other' ? {} : fix;
  return html`<section class="reason">
<p class="says" dir="auto">${says}${keyword !== weight && html` <span class="soft">(by itself: ${keyword})</span>`}</p>
<dl class="rows">
${row('Expected', said(expected))}
${row('Actual', renderActual(actual))}
${providerFact !== undefined && row('Provider', html`${factSays(providerFact)}`)}
${waiver && row('Waived', html`until ${waiver.until} by ${waiver.owner}: ${waiver.why}`)}
${row('Fix', html`<div class="fix">${fix.general}</div>`)}
${auth0 && row('Auth0', html`${auth0.text}${auth0.plan !== undefined && ` (plan: ${auth0.plan})`}`)}
${auth0?.dashboard !== undefined && row('Dashboard', html`${auth0.dashboard}`)}
${auth0?.command !== undefined && row('Command', html`<pre>${auth0.command}</pre>`)}
</dl>
${renderEvidence([...new Set(same.flatMap(({ evidence }) => evidence))], exchanges)}
</section>`;
}

const row = (name: string, value: Markup) => html`<dt>${name}</dt><dd>${value}</dd>
`;

/** A target's words run in their own direction; very long ones unfold. */
function said(text: string): Markup {
  const words = (limit: number) => html`<div class="said" dir="auto">${clip(text, limit)}</div>`;
  return text.length <= ENOUGH.glance
    ? words(ENOUGH.glance)
    : html`${words(ENOUGH.glance)}<details class="folded"><summary>more of it</summary>${words(ENOUGH.said)}</details>`;
}

function renderActual(actual: readonly string[]): Markup {
  const [only, ...others] = actual;
  if (others.length === 0) return said(only ?? '');
  const items = (shown: readonly string[]) => html`<ul>${shown.map((text) => html`<li>${said(text)}</li>`)}</ul>`;
  const rest = actual.slice(FEW);
  return html`${items(actual.slice(0, FEW))}${rest.length > 0 && html`<details><summary>and ${rest.length} more</summary>${items(rest)}</details>`}`;
}

/** The exchanges that show it: those at hand to unfold, the others by name. */
function renderEvidence(ids: readonly string[], exchanges: ExchangesById): Markup {
  if (ids.length === 0) return html``;
  const shown = ids.flatMap((id) => exchanges.get(id) ?? []).slice(0, FEW);
  const others = ids.filter((id) => !shown.some((exchange) => exchange.id === id));
  return html`<details class="exchanges"><summary>Seen in ${ids.length === 1 ? '1 exchange' : `${ids.length} exchanges`}</summary>
${shown.map(renderExchange)}
${others.length > 0 && html`<p class="small soft">${shown.length > 0 && 'Others: '}${others.map((id, index) => html`${index > 0 && ', '}<code>${id}</code>`)}</p>`}
</details>`;
}

function renderExchange({ id, asks, request, answer, failure }: Exchange): Markup {
  const came = answer === undefined ? failure.message : `status ${answer.status}`;
  const sent = [`${request.method} ${request.url}`, ...request.headers.map(field), ...body(request.body)];
  const got =
    answer === undefined
      ? [failure.message]
      : [`status ${answer.status}`, ...answer.headers.map(field), ...body(answer.body, answer.bodyBytes)];
  return html`<details class="exchange"><summary dir="auto">${asks}: ${clip(came, 200)} <code>${id}</code></summary>
<p class="small soft">Request</p><pre dir="ltr">${lines(sent)}</pre>
<p class="small soft">Answer</p><pre dir="ltr">${lines(got)}</pre>
</details>`;
}

const field = ([name, value]: HeaderField) => `${name}: ${clip(value, ENOUGH.field)}`;

function body(text: string | undefined, bytes?: number): readonly string[] {
  if (text === undefined || text === '') return bytes === undefined || bytes === 0 ? [] : ['', `(${bytes} bytes)`];
  return ['', clip(text, ENOUGH.body)];
}

const lines = (all: readonly string[]) => raw(escapeLines(all.join('\n')));
