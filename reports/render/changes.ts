import { brokenIn, isWorseOff, nightOf } from '../compare/compare.ts';
import { CHANGE_NAMES, OUTCOME_NAMES, PILLAR_NAMES } from '../names.ts';
import type { Change, ChangeKind, Comparison, Night, Outcome, Report } from '../report.ts';
import { createPage, type Line, type Page, type PageOptions } from './page.ts';
import type { Style } from './text.ts';

const KINDS: Readonly<Record<ChangeKind, readonly [title: string, sign: string, style: Style]>> = {
  regressed: [CHANGE_NAMES.regressed, '✗', 'red'],
  'changed-reason': [CHANGE_NAMES['changed-reason'], '!', 'yellow'],
  'newly-run': [CHANGE_NAMES['newly-run'], '+', 'cyan'],
  'no-longer-seen': [CHANGE_NAMES['no-longer-seen'], '?', 'yellow'],
  'no-longer-run': [CHANGE_NAMES['no-longer-run'], '-', 'yellow'],
  'newly-noted': [CHANGE_NAMES['newly-noted'], 'i', 'cyan'],
  'no-longer-noted': [CHANGE_NAMES['no-longer-noted'], 'i', 'dim'],
  waived: [CHANGE_NAMES.waived, '~', 'dim'],
  fixed: [CHANGE_NAMES.fixed, '✓', 'green'],
};

/** Changes of one kind that are named one by one; of more, unless one is worse, how many there are. */
const FEW = 10;

/** How a report differs from an earlier one, on a page of its own. Pure. */
export function renderComparison(comparison: Comparison, options: PageOptions): string {
  const page = createPage(options);
  const { baseline, changes, drift } = comparison;
  const isSame = changes.length + drift.length === 0 && !isWorseOff(comparison);
  return [
    ...page.text(`Since ${dayAndTime(baseline.startedAt)} · ${baseline.server}`, { style: 'bold' }),
    ...(isSame ? ['', ...page.text('Every check came to what it came to then, and the setup is the same.')] : []),
    ...renderChanges(page, comparison),
    '',
  ].join('\n');
}

/** The part of a report that tells what changed since the baseline. */
export function renderSince(page: Page, comparison: Comparison): readonly Line[] {
  const { baseline, changes, drift, limits } = comparison;
  if (changes.length + drift.length + limits.length === 0 && !isWorseOff(comparison)) return [];
  return [
    ...page.heading(`Since the baseline of ${dayAndTime(baseline.startedAt)}`),
    ...renderChanges(page, comparison),
  ];
}

/** What is worse is told together, however it came to be. */
export function groupOf({ isWorse, kind }: Change): ChangeKind {
  return isWorse ? 'regressed' : kind;
}

function renderChanges(page: Page, comparison: Comparison): readonly Line[] {
  const { limits, changes, drift, lostPillars, lapsedWaivers, olderRevision } = comparison;
  return [
    ...titled(
      page,
      'What differs between the runs',
      limits.flatMap((limit) => page.item('·', limit, { sign: 'yellow' })),
    ),
    ...titled(
      page,
      'What changed in the setup',
      drift.flatMap(({ says, about }) => page.item('≠', `${says} (${about})`, { sign: 'cyan' })),
    ),
    ...titled(
      page,
      'The revision is an older one',
      olderRevision === undefined
        ? []
        : page.item('✗', `${olderRevision.before} then, ${olderRevision.now} now`, { sign: 'red' }),
    ),
    ...titled(
      page,
      'Waivers that lapsed',
      lapsedWaivers.flatMap(({ check, reason, state }) =>
        page.item('✗', `${check} (${reason}) is ${state}`, { sign: 'red' }),
      ),
    ),
    ...titled(
      page,
      'Pillars that are not met now',
      lostPillars.flatMap((pillar) => page.item('✗', PILLAR_NAMES[pillar], { sign: 'red' })),
    ),
    ...(Object.keys(KINDS) as ChangeKind[]).flatMap((kind) =>
      renderKind(
        page,
        kind,
        changes.filter((change) => groupOf(change) === kind),
      ),
    ),
  ];
}

function renderKind(page: Page, kind: ChangeKind, changes: readonly Change[]): readonly Line[] {
  const [title, sign, style] = KINDS[kind];
  const shown = changes.length > FEW ? changes.filter(({ isWorse }) => isWorse) : changes;
  const more = changes.length - shown.length;
  return titled(
    page,
    `${title}: ${changes.length}`,
    changes.length === 0
      ? []
      : [
          ...shown.flatMap((change) => page.item(sign, changeSays(change), { sign: style })),
          ...(more === 0 ? [] : page.item(sign, moreSays(changes, shown), { sign: style })),
        ],
  );
}

/** "12 that passed: 8 of access-tokens, 4 of challenge". */
function moreSays(changes: readonly Change[], shown: readonly Change[]): string {
  const areas = new Map<string, number>();
  const others = changes.filter((change) => !shown.includes(change));
  for (const { check } of others) {
    const [area = ''] = check.split('/');
    areas.set(area, (areas.get(area) ?? 0) + 1);
  }
  const counts = [...areas].map(([area, count]) => `${count} of ${area}`).join(', ');
  return `${others.length}${shown.length === 0 ? '' : ' others'}: ${counts} (--json names them)`;
}

const titled = (page: Page, title: string, lines: readonly Line[]): readonly Line[] =>
  lines.length === 0 ? [] : ['', ...page.text(title), ...lines];

/** "Refuses a token of another audience: passed, now failed (accepted) (access-tokens/…)". */
export function changeSays({ check, title, before, now, came, went, spread = [] }: Change): string {
  const reasons = [
    ...(came.length === 0 ? [] : [`came: ${came.join(', ')}`]),
    ...(spread.length === 0 ? [] : [`further: ${spread.join('; ')}`]),
    ...(went.length === 0 ? [] : [`gone: ${went.join(', ')}`]),
  ].join('; ');
  return `${title}: ${wasAndIs(before, now)}${reasons === '' ? '' : `; ${reasons}`} (${check})`;
}

function wasAndIs(before: Outcome | undefined, now: Outcome | undefined): string {
  if (before === undefined) return `${name(now)}, and was not in the earlier run`;
  if (now === undefined) return `${name(before)} then, and not run now`;
  return before === now ? `still ${name(now)}` : `${name(before)} then, ${name(now)} now`;
}

const name = (outcome: Outcome | undefined) => (outcome === undefined ? '' : OUTCOME_NAMES[outcome]);

const dayAndTime = (iso: string) => `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`;

/** The nights before this run and itself, alike ones in a row in one line. */
export function renderTrend(page: Page, report: Report, exitCode: 0 | 1): readonly Line[] {
  const { history = [] } = report;
  if (history.length === 0) return [];
  const all = [...history, nightOf(report, exitCode)];
  // As long as the baseline stays, a change is in every night's drift: it is told of the first.
  const nights = all.map((night, index) => {
    const before = all[index - 1]?.drift ?? [];
    return { ...night, drift: night.drift.filter((says) => !before.includes(says)) };
  });
  return [
    ...page.heading(`The last ${nights.length} nights`),
    ...stretches(nights).flatMap((stretch, index, all) =>
      renderStretch(page, stretch, all[index - 1]?.at(-1), (night) => whenOf(night, nights)),
    ),
  ];
}

/** The day, with the time where there was another night on it. */
function whenOf({ startedAt }: Night, nights: readonly Night[]): string {
  const day = startedAt.slice(0, 10);
  return nights.filter((each) => each.startedAt.startsWith(day)).length > 1 ? dayAndTime(startedAt) : day;
}

function stretches(nights: readonly Night[]): readonly (readonly [Night, ...Night[]])[] {
  const found: [Night, ...Night[]][] = [];
  for (const night of nights) {
    const last = found.at(-1);
    if (last !== undefined && isAlike(last[0], night)) last.push(night);
    else found.push([night]);
  }
  return found;
}

const isAlike = (a: Night, b: Night) =>
  a.exitCode === b.exitCode &&
  b.drift.length === 0 &&
  countsOf(a) === countsOf(b) &&
  a.failed.join() === b.failed.join() &&
  (a.unseen ?? []).join() === (b.unseen ?? []).join() &&
  (a.carried ?? []).join() === (b.carried ?? []).join() &&
  (a.waived ?? []).join() === (b.waived ?? []).join();

/** A waiver mends nothing, and neither does a tool that gives a check up. */
const unmendedIn = (night: Night) => [...brokenIn(night), ...(night.waived ?? []), ...(night.gone ?? [])];

function renderStretch(
  page: Page,
  stretch: readonly [Night, ...Night[]],
  before: Night | undefined,
  when: (night: Night) => string,
): readonly Line[] {
  const [first] = stretch;
  const last = stretch.at(-1) ?? first;
  const days = [...new Set([when(first), when(last)])].join(' to ');
  const came = before === undefined ? [] : first.failed.filter((id) => !brokenIn(before).includes(id));
  const went = before === undefined ? [] : brokenIn(before).filter((id) => !unmendedIn(first).includes(id));
  const waived = (first.waived ?? []).filter((id) => !before?.waived?.includes(id));
  const unseen = (first.unseen ?? []).filter((id) => !before?.unseen?.includes(id));
  const [sign, style] = first.exitCode === 0 ? (['✓', 'green'] as const) : (['✗', 'red'] as const);
  const nights = stretch.length === 1 ? '' : ` (${stretch.length} nights)`;
  return [
    ...page.item(sign, `${days}${nights}: ${countsOf(first)}`, { sign: style }),
    ...(came.length === 0 ? [] : page.field('Failed', namesOf(came), TOLD)),
    ...(unseen.length === 0 ? [] : page.field('Not seen', namesOf(unseen), TOLD)),
    ...(waived.length === 0 ? [] : page.field('Waived', namesOf(waived), TOLD)),
    ...(went.length === 0 ? [] : page.field('Mended', namesOf(went), TOLD)),
    ...first.drift.slice(0, MOST).flatMap((says) => page.field('Changed', says, TOLD)),
    ...(first.drift.length <= MOST ? [] : page.field('', `and ${first.drift.length - MOST} more`, TOLD)),
  ];
}

const TOLD = { indent: 4 } as const;
const MOST = 3;

const namesOf = (ids: readonly string[]) =>
  ids.length <= MOST ? ids.join(', ') : `${ids.slice(0, MOST).join(', ')} and ${ids.length - MOST} more`;

function countsOf({ summary }: Night): string {
  const counts = (['failed', 'errored', 'warned', 'waived', 'untested'] as const)
    .filter((outcome) => summary[outcome] > 0)
    .map((outcome) => `${summary[outcome]} ${OUTCOME_NAMES[outcome]}`);
  return [...counts, `${summary.passed} ${OUTCOME_NAMES.passed}`].join(', ');
}
