import { toHar } from '../../fixtures/har.ts';
import { jsonText } from '../json.ts';
import { renderConsole } from '../render/console.ts';
import { renderBadge, renderBadgeEndpoint } from './badge.ts';
import type { Format } from './format.ts';
import { renderHtml } from './html/page.ts';
import { renderJunit } from './junit.ts';
import { renderComment, renderMarkdown } from './markdown.ts';
import { renderSarif } from './sarif.ts';

/** Name → how a report is shown. */
export const FORMATS = {
  html: { file: 'report.html', says: 'one page to read, print and hand on', render: renderHtml },
  junit: { file: 'junit.xml', says: 'test results for a pipeline', render: renderJunit },
  sarif: { file: 'report.sarif', says: 'alerts for code scanning (SARIF 2.1.0)', render: renderSarif },
  markdown: { file: 'summary.md', says: 'the summary of a step of a pipeline', render: renderMarkdown },
  comment: { file: 'comment.md', says: 'a comment on a pull request', render: renderComment },
  badge: { file: 'badge.svg', says: 'a badge', render: renderBadge },
  'badge-json': { file: 'badge.json', says: 'a badge that shields.io draws', render: renderBadgeEndpoint },
  har: {
    file: 'exchanges.har',
    says: 'the exchanges (HAR 1.2)',
    render: ({ report, exchanges }) => jsonText(toHar(exchanges, report.tool)),
  },
  text: {
    file: 'report.txt',
    says: 'what the command prints',
    render: ({ report }) => renderConsole(report, { color: false, width: 100 }),
  },
} as const satisfies Record<string, Format>;

export type FormatName = keyof typeof FORMATS;

export const FORMAT_NAMES = Object.keys(FORMATS) as readonly FormatName[];
