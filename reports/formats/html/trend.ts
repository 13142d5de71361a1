import { OUTCOME_NAMES } from '../../names.ts';
import type { Outcome, Report } from '../../report.ts';
import { html, type Markup } from './markup.ts';

type Shown = Pick<Report, 'startedAt' | 'summary'>;

/** From the ground up. */
const SHOWN = ['failed', 'errored', 'warned'] as const satisfies readonly Outcome[];

/** Nights that a page has room for. */
const MOST = 60;

const WIDTH = 960;
const HEIGHT = 150;
const GROUND = 112;
const LEFT = 34;

/** How many checks failed and warned, night by night up to this run. */
export function renderTrend(report: Report): Markup {
  const earlier = report.history ?? [];
  if (earlier.length === 0) return html``;
  const nights: readonly Shown[] = [...earlier, report].slice(-MOST);
  const sums = nights.map(({ summary }) => SHOWN.reduce((sum, outcome) => sum + summary[outcome], 0));
  const top = Math.max(...sums, 1);
  const step = (WIDTH - LEFT - 10) / nights.length;
  const first = nights[0]!;
  const last = nights.at(-1)!;
  const says = `${SHOWN.map((outcome) => `${first.summary[outcome]} ${OUTCOME_NAMES[outcome]}`).join(', ')} on ${day(first)}; ${SHOWN.map((outcome) => `${last.summary[outcome]} ${OUTCOME_NAMES[outcome]}`).join(', ')} on ${day(last)}.`;
  return html`<section><h2>Night by night</h2>
<figure>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${says}">
<path class="axis" d="M${LEFT} ${GROUND}H${WIDTH - 10}"/>
<text class="dim" x="${LEFT - 8}" y="${GROUND + 4}" text-anchor="end">0</text><text class="dim" x="${LEFT - 8}" y="18" text-anchor="end">${top}</text>
${nights.map((night, index) => column(night, LEFT + index * step, step, top))}
${labels(nights, step)}
</svg>
<p class="small"><span class="failed"><b class="tone">■</b></span> failed or errored <span class="warned"><b class="tone">■</b></span> warned</p>
<p class="small soft">${says}</p>
<details><summary>As a table</summary>${table(nights)}</details>
</figure></section>`;
}

function column({ summary, startedAt }: Shown, x: number, step: number, top: number): Markup {
  const width = Math.min(step * 0.7, 44);
  const scale = (GROUND - 14) / top;
  let y = GROUND;
  const bars = SHOWN.map((outcome) => {
    const height = summary[outcome] * scale;
    y -= height;
    return height === 0
      ? html``
      : html`<g class="${outcome}"><rect class="bar" x="${(x + (step - width) / 2).toFixed(1)}" y="${y.toFixed(1)}" width="${width.toFixed(1)}" height="${height.toFixed(1)}"/></g>`;
  });
  const numbers = SHOWN.map((outcome) => `${summary[outcome]} ${OUTCOME_NAMES[outcome]}`).join(', ');
  const calm =
    y === GROUND &&
    html`<g class="passed"><circle class="dot" cx="${(x + step / 2).toFixed(1)}" cy="${GROUND - 6}" r="4"/></g>`;
  return html`<g><title>${day({ startedAt })}: ${numbers}</title>${bars}${calm}</g>
`;
}

/** Dates under as many nights as have room for one. */
function labels(nights: readonly Shown[], step: number): readonly Markup[] {
  const every = Math.ceil(72 / step);
  return nights.flatMap((night, index) =>
    (nights.length - 1 - index) % every === 0
      ? [
          html`<text class="dim" x="${(LEFT + (index + 0.5) * step).toFixed(1)}" y="${GROUND + 20}" text-anchor="middle">${day(night).slice(5)}</text>`,
        ]
      : [],
  );
}

function table(nights: readonly Shown[]): Markup {
  return html`<table><thead><tr><th scope="col">Night</th>${SHOWN.map((outcome) => html`<th scope="col">${OUTCOME_NAMES[outcome]}</th>`)}</tr></thead>
<tbody>${nights.map((night) => html`<tr><td>${day(night)}</td>${SHOWN.map((outcome) => html`<td>${night.summary[outcome]}</td>`)}</tr>`)}</tbody></table>`;
}

const day = ({ startedAt }: Pick<Shown, 'startedAt'>) => startedAt.slice(0, 10);
