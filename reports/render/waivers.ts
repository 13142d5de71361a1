import type { Report, ReportedFinding, ReportedWaiver, WaiverState } from '../report.ts';
import type { Line, Page } from './page.ts';
import type { Style } from './text.ts';

const STATES: Readonly<Record<WaiverState, readonly [says: string, sign: string, style: Style]>> = {
  applied: ['accepted', '~', 'dim'],
  untried: ['not tried in this run', '·', 'dim'],
  stale: ['stale: what it accepts is gone; delete it', '✗', 'red'],
  expired: ['expired: mend what it accepts, or renew it', '✗', 'red'],
};

/** Things of a tenant that are named; the places of other findings say where they are. */
const FEW = 3;

/** Each waiver: what became of it, what it accepts, who answers for it, until when and why. */
export function renderWaivers(
  page: Page,
  { waivers = [], checks }: Pick<Report, 'waivers' | 'checks'>,
): readonly Line[] {
  if (waivers.length === 0) return [];
  return [
    ...page.heading(`Waivers: ${waivers.length}`),
    ...waivers.flatMap((waiver) => {
      const { check, reason, owner, why, until, state, covers, found, beyond } = waiver;
      const [does, sign, style] = STATES[state];
      const isWide = state === 'applied' && found !== undefined && covers === undefined;
      const says = state === 'stale' && beyond !== undefined ? 'stale: what it covers is gone; name where it is' : does;
      return [
        ...page.item(sign, `${check} (${reason}), until ${until}: ${says}`, { sign: style }),
        ...renderAccepted(page, check, acceptedBy(waiver, checks)),
        ...page.field('Owner', owner),
        ...page.field('Why', why),
        ...(found === undefined || isWide ? [] : page.field('Found at', found.join(', '))),
        ...(beyond === undefined ? [] : page.field('Not covered', beyond.join(', '))),
        ...(isWide ? page.field('Narrower', `covers: [${found?.join(', ')}] keeps it to where it is found now`) : []),
      ];
    }),
  ];
}

/** The one place of the page where what is waived is told. */
function renderAccepted(page: Page, check: string, findings: readonly ReportedFinding[]): readonly Line[] {
  const [first] = findings;
  if (first === undefined) return [];
  const shown = check.startsWith('tenant/') ? findings.slice(0, FEW) : [];
  return [...page.text(first.says, { indent: 4 }), ...shown.flatMap(({ actual }) => page.field('Actual', actual))];
}

const acceptedBy = ({ check, reason }: ReportedWaiver, checks: Report['checks']): readonly ReportedFinding[] =>
  (checks.find(({ id }) => id === check)?.findings ?? []).filter(
    (finding) => finding.reason === reason && finding.waiver !== undefined,
  );
