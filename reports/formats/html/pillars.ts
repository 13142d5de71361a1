import type { Pillar } from '../../../suites/check.ts';
import { PILLAR_NAMES, PILLAR_STATE_NAMES, PILLARS } from '../../names.ts';
import type { PillarState } from '../../report.ts';
import { html, type Markup } from './markup.ts';

const STATE_SIGNS = { met: '✓', 'not-met': '✗', 'not-shown': '?' } as const;

export function renderPillars(
  stateOf: (pillar: Pillar) => { readonly state: PillarState; readonly because?: string },
): Markup {
  return html`<h2>Pillars</h2>
<ol class="pillars">${PILLARS.map((pillar) => {
    const { state, because } = stateOf(pillar);
    return html`<li class="${state}"><h3>${PILLAR_NAMES[pillar]}</h3><p class="state">${STATE_SIGNS[state]} ${PILLAR_STATE_NAMES[state]}</p>${because !== undefined && html`<p class="small soft">${because}</p>`}</li>`;
  })}</ol>`;
}
