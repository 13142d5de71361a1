import { ABOVE } from '../../suites/assurance.ts';
import { ASSURANCES } from '../../suites/check.ts';
import { gapsOf } from '../gaps.ts';
import { ASSURANCE_GIVERS, OUTCOME_NAMES } from '../names.ts';
import { wasJudged } from '../policy.ts';
import type { Report, ReportedCheck } from '../report.ts';
import type { Line, Page } from './page.ts';

const HANG = 8;

/** Checks that were not judged, grouped by what would unlock them. */
export function renderGaps(
  page: Page,
  report: Report,
  checks: readonly ReportedCheck[],
  verbose: boolean,
): readonly Line[] {
  return gapsOf(checks).flatMap(({ unlock, blockedBy, because: why, checks: group }) => {
    const ids = group.map(({ id }) => id);
    return [
      ...page.field('Needs', unlock, { indent: 2, hang: HANG }),
      ...(blockedBy === undefined ? [] : page.field('After', blocking(report, blockedBy), { indent: 2, hang: HANG })),
      ...(verbose ? [] : page.field('Why', briefly(why), { indent: 2, hang: HANG })),
      ...page.field('Checks', verbose ? `${ids.length}` : countedIds(ids), { indent: 2, hang: HANG }),
      ...(verbose
        ? group.flatMap(({ id, because = '' }) => page.item('-', `${id}: ${because}`, { indent: 2 + HANG }))
        : []),
      '',
    ];
  });
}

/** Ids that a reader may take in; of more, how many each area has. */
const FEW = 6;

function countedIds(ids: readonly string[]): string {
  if (ids.length <= FEW) return `${ids.length}: ${ids.join(', ')}`;
  const counts = new Map<string, number>();
  for (const [area = ''] of ids.map((id) => id.split('/'))) counts.set(area, (counts.get(area) ?? 0) + 1);
  const areas = [...counts].toSorted(([, a], [, b]) => b - a).map(([area, count]) => `${count} of ${area}`);
  return `${ids.length}: ${areas.join(', ')} (--verbose names them)`;
}

/** The check that stands in the way, and the one that stands in its way: the first that was judged. */
export function blocking({ checks }: Pick<Report, 'checks'>, id: string, seen: readonly string[] = []): string {
  const found = checks.find((check) => check.id === id);
  if (found === undefined) return id;
  const { outcome, blockedBy } = found;
  return outcome === 'untested' && blockedBy !== undefined && !seen.includes(blockedBy)
    ? blocking({ checks }, blockedBy, [...seen, id])
    : `${id} (${OUTCOME_NAMES[outcome]})`;
}

/** "Tested 20 of 44 checks that apply. A good token (tokens.good) adds 12." */
export function renderReach(page: Page, report: Report): readonly Line[] {
  const applying = report.checks.filter(({ outcome }) => outcome !== 'not-applicable');
  const tested = applying.filter(wasJudged).length;
  const beyond = applying.filter(({ outcome }) => outcome === 'out-of-scope');
  const isAbove = ({ assurance, unlock }: ReportedCheck) =>
    !report.assurance.includes(assurance) && unlock === ABOVE[assurance].unlock;
  const lacking = beyond.filter(isAbove);
  const held = beyond.filter((check) => !isAbove(check));
  const unsaid = held.filter(({ unlock }) => unlock?.startsWith('authorized: true')).length;
  const special = held.length - unsaid;
  const adds = [
    ...(unsaid === 0 ? [] : [`Your word that you may (--active, or authorized: true) adds ${unsaid}.`]),
    ...(special === 0 ? [] : [`What ${special === 1 ? 'one more needs' : `${special} more need`} stands above.`]),
    ...ASSURANCES.flatMap((level) => {
      const added = lacking.filter(({ assurance }) => assurance === level).length;
      return added === 0 ? [] : [`${ASSURANCE_GIVERS[level]} adds up to ${added}.`];
    }),
  ];
  return page.text([`Tested ${tested} of the ${applying.length} checks that apply.`, ...adds].join(' '));
}

function briefly(reasons: readonly string[]): string {
  const shown = reasons.slice(0, 3).join('; ');
  return reasons.length > 3 ? `${shown}; and ${reasons.length - 3} other reasons (--verbose)` : shown;
}
