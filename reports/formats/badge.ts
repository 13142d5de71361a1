import { conclude, wasJudged } from '../policy.ts';
import type { Report } from '../report.ts';
import type { Source } from './format.ts';
import { escapeXml } from './xml.ts';

const LABEL = 'MCP authorization';

/** White on each is at least 4.5 to 1 (WCAG 2.2, 1.4.3). */
const COLORS = { label: '#444', passed: '#1a7f37', partly: '#57606a', failed: '#b3261e' } as const;

interface Badge {
  readonly message: string;
  readonly color: string;
  readonly isRed: boolean;
}

/**
 * What a badge says. It claims no more than was tested: green with a word on how much that was, grey where only a part
 * of the checks was asked for.
 */
function badgeOf(report: Report): Badge {
  const { failed, errored } = report.summary;
  const applying = report.checks.filter(({ outcome }) => outcome !== 'not-applicable');
  const tested = `${applying.filter(wasJudged).length} of ${applying.length} tested`;
  if (conclude(report).exitCode === 1) {
    const why = failed > 0 ? `${failed} failed` : errored > 0 ? `${errored} errored` : `not passed, ${tested}`;
    return { message: why, color: COLORS.failed, isRed: true };
  }
  const message = `${report.only === undefined ? 'passed' : 'part passed'}, ${tested}`;
  return { message, color: report.only === undefined ? COLORS.passed : COLORS.partly, isRed: false };
}

/** An SVG of its own, without script, style sheet or font from elsewhere. */
export function renderBadge({ report }: Source): string {
  const { message, color } = badgeOf(report);
  const [left, right] = [widthOf(LABEL), widthOf(message)];
  const width = left + right;
  const title = escapeXml(`${LABEL}: ${message}`);
  const word = (text: string, from: number, room: number) =>
    `<text x="${from + room / 2}" y="14" textLength="${room - 2 * MARGIN}" lengthAdjust="spacingAndGlyphs">${escapeXml(text)}</text>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="20" role="img" aria-label="${title}">
<title>${title}</title>
<clipPath id="r"><rect width="${width}" height="20" rx="3"/></clipPath>
<g clip-path="url(#r)"><rect width="${left}" height="20" fill="${COLORS.label}"/><rect x="${left}" width="${right}" height="20" fill="${color}"/></g>
<g fill="#fff" text-anchor="middle" font-family="Verdana,DejaVu Sans,Geneva,sans-serif" font-size="11">${word(LABEL, 0, left)}${word(message, left, right)}</g>
</svg>
`;
}

/** What https://shields.io/badges/endpoint-badge reads. */
export function renderBadgeEndpoint({ report }: Source): string {
  const { message, color, isRed } = badgeOf(report);
  return `${JSON.stringify({ schemaVersion: 1, label: LABEL, message, color, ...(isRed && { isError: true }) })}\n`;
}

const MARGIN = 6;

/** Pixels of Verdana at 11 px, about: `textLength` makes every other font fit. */
function widthOf(text: string): number {
  const narrow = text.match(/[ ,.:ijlftr1]/g)?.length ?? 0;
  return Math.round(narrow * 4.4 + (text.length - narrow) * 7.2) + 2 * MARGIN;
}
