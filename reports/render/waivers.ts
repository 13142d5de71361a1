import type { ReportedWaiver, WaiverState } from '../report.ts';
import type { Line, Page } from './page.ts';
import type { Style } from './text.ts';

const STATES: Readonly<Record<WaiverState, readonly [says: string, sign: string, style: Style]>> = {
  applied: ['accepted', '~', 'dim'],
  untried: ['not tried in this run', '·', 'dim'],
  stale: ['stale: what it accepts is gone; delete it', '✗', 'red'],
  expired: ['expired: mend what it accepts, or renew it', '✗', 'red'],
};

/** Each waiver: what became of it, who answers for it, until when and why. */
export function renderWaivers(page: Page, waivers: readonly ReportedWaiver[] = []): readonly Line[] {
  if (waivers.length === 0) return [];
  return [
    ...page.heading(`Waivers: ${waivers.length}`),
    ...waivers.flatMap(({ check, reason, owner, why, until, state, covers, found, beyond }) => {
      const [does, sign, style] = STATES[state];
      const says = state === 'stale' && beyond !== undefined ? 'stale: what it covers is gone; name where it is' : does;
      return [
        ...page.item(sign, `${check} (${reason}), until ${until}: ${says}`, { sign: style }),
        ...page.field('Owner', owner),
        ...page.field('Why', why),
        ...(found === undefined ? [] : page.field('Found at', found.join(', '))),
        ...(beyond === undefined ? [] : page.field('Not covered', beyond.join(', '))),
        ...(state !== 'applied' || found === undefined || covers !== undefined
          ? []
          : page.field('Narrower', `covers: [${found.join(', ')}] keeps it to where it is found now`)),
      ];
    }),
  ];
}
