import { createHash } from 'node:crypto';
import { html, type Markup, raw } from './markup.ts';
import { PAGE_STYLE } from './style.ts';

export interface Shell {
  readonly title: string;
  /** Rules behind those of every page. */
  readonly style: string;
  /** All that stands in the body. */
  readonly body: Markup;
  /** Absent: nothing runs at all. */
  readonly script?: string;
}

const hashOf = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/**
 * One page that needs nothing else: read from disk, without network, on paper, and without script too. By its policy
 * nothing is loaded and nothing runs but its own sheet and script.
 */
export function renderShell({ title, style, body, script }: Shell): string {
  const sheet = PAGE_STYLE + style;
  const policy = [
    "default-src 'none'",
    `style-src ${hashOf(sheet)}`,
    ...(script === undefined ? [] : [`script-src ${hashOf(script)}`]),
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${raw(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<style>${raw(sheet)}</style>
</head>
<body>
${body}
${
  script !== undefined &&
  html`<script>${raw(script)}</script>
`
}</body>
</html>
`.markup;
}
