import { OUTCOME_NAMES } from '../../names.ts';
import type { Outcome, Report } from '../../report.ts';
import { html, type Markup } from './markup.ts';

type Shown = Pick<Report, 'startedAt' | 'summary'>;

/** From the ground up. */
const SHOWN = ['failed', 'errored', 'warned'] as const satisfies readonly Outcome[];

/** Nights that a page has room for. */
const MOST = 60;

/** Pixels, as of the text; across, all is in parts of the width there is, so that nothing gets too small on a phone. */
const HEIGHT = 156;
const GROUND = 112;
const LEFT = 34;

/** Pixels that a label takes, and that the bars have on a page and on a phone. */
const ROOM = { label: 64, page: 900, phone: 290 } as const;

/** How many checks failed and warned, night by night up to this run. */
export function renderTrend(report: Report): Markup {
  const earlier = report.history ?? [];
  if (earlier.length === 0) return html``;
  const nights: readonly Shown[] = [...earlier, report].slice(-MOST);
  const sums = nights.map(({ summary }) => SHOWN.reduce((sum, outcome) => sum + summary[outcome], 0));
  const top = Math.max(...sums, 1);
  const [first, last] = [nights[0]!, nights.at(-1)!];
  const says = `${countsOf(first)} on ${whenOf(first, nights)}; ${countsOf(last)} on ${whenOf(last, nights)}.`;
  return html`<section><h2>Night by night</h2>
<figure>
<div class="trend" role="img" aria-label="${says}">
<svg width="${LEFT}" height="${HEIGHT}"><text class="dim" x="${LEFT - 8}" y="${GROUND + 4}" text-anchor="end">0</text><text class="dim" x="${LEFT - 8}" y="18" text-anchor="end">${top}</text></svg>
<svg class="plot" height="${HEIGHT}">
<line class="axis" x1="0" x2="100%" y1="${GROUND}" y2="${GROUND}"/>
${nights.map((night, index) => column(night, index, nights, top))}
${labels(nights)}
</svg>
</div>
<p class="small"><span class="failed"><b class="tone">■</b></span> failed or errored <span class="warned"><b class="tone">■</b></span> warned</p>
<p class="small soft">${says}</p>
<details><summary>As a table</summary>${table(nights)}</details>
</figure></section>`;
}

const countsOf = ({ summary }: Shown) =>
  SHOWN.map((outcome) => `${summary[outcome]} ${OUTCOME_NAMES[outcome]}`).join(', ');

const percent = (part: number) => `${part.toFixed(2)}%`;

function column(night: Shown, index: number, nights: readonly Shown[], top: number): Markup {
  const step = 100 / nights.length;
  const width = Math.min(step * 0.7, 5);
  const middle = (index + 0.5) * step;
  const scale = (GROUND - 14) / top;
  let y = GROUND;
  const bars = SHOWN.map((outcome) => {
    const height = night.summary[outcome] * scale;
    y -= height;
    return height === 0
      ? html``
      : html`<g class="${outcome}"><rect class="bar" x="${percent(middle - width / 2)}" y="${y.toFixed(1)}" width="${percent(width)}" height="${height.toFixed(1)}"/></g>`;
  });
  const calm =
    y === GROUND && html`<g class="passed"><circle class="dot" cx="${percent(middle)}" cy="${GROUND - 6}" r="4"/></g>`;
  return html`<g><title>${whenOf(night, nights)}: ${countsOf(night)}</title>${bars}${calm}</g>
`;
}

/**
 * Dates under as many nights as have room for one, counted from the last. Nights of one day have their times, and the
 * day once below.
 */
function labels(nights: readonly Shown[]): readonly Markup[] {
  const every = Math.ceil((ROOM.label * nights.length) / ROOM.page);
  const onPhones = every * Math.ceil((ROOM.label * nights.length) / ROOM.phone / every);
  const isAt = (each: number) => (index: number) => (nights.length - 1 - index) % each === 0;
  const shown = [...nights.keys()].filter(isAt(every));
  return shown.map((index, position) => {
    const night = nights[index]!;
    const before = shown[position - 1];
    const isFirst = before === undefined || day(nights[before]!) !== day(night);
    const x = percent(((index + 0.5) * 100) / nights.length);
    const text = (row: number, says: string, isWide: boolean) =>
      html`<text class="dim${isWide && ' wide-only'}" x="${x}" y="${GROUND + row * 18}" text-anchor="middle">${says}</text>`;
    const isWide = !isAt(onPhones)(index);
    if (!hasOthers(night, nights)) return text(1, day(night).slice(5), isWide);
    return html`${text(1, time(night), isWide)}${isFirst && text(2, day(night).slice(5), isWide)}`;
  });
}

function table(nights: readonly Shown[]): Markup {
  return html`<table><thead><tr><th scope="col">Night</th>${SHOWN.map((outcome) => html`<th scope="col">${OUTCOME_NAMES[outcome]}</th>`)}</tr></thead>
<tbody>${nights.map((night) => html`<tr><td>${whenOf(night, nights)}</td>${SHOWN.map((outcome) => html`<td>${night.summary[outcome]}</td>`)}</tr>`)}</tbody></table>`;
}

const day = ({ startedAt }: Shown) => startedAt.slice(0, 10);

const time = ({ startedAt }: Shown) => startedAt.slice(11, 16);

/** Whether another night began on the same day. */
const hasOthers = (night: Shown, nights: readonly Shown[]) =>
  nights.some((each) => each !== night && day(each) === day(night));

const whenOf = (night: Shown, nights: readonly Shown[]) =>
  hasOthers(night, nights) ? `${day(night)} at ${time(night)} UTC` : day(night);
