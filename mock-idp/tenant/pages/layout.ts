import { createHash } from 'node:crypto';
import type { HeaderLine } from '../../http.ts';
import { html, type Markup } from './markup.ts';

export interface PageContent {
  /** Of the window: `<title>`. */
  readonly title: string;
  /** The one heading of the page. */
  readonly heading: string;
  readonly body: Markup;
}

const STYLE = `
:root {
  color-scheme: light dark;
  --ground: #eef0f5; --card: #fff; --text: #1b1d23; --soft: #5a6072; --line: #d5d8e1; --edge: #7d8496; --field: #fff;
  --accent: #4338ca; --accent-hover: #3730a3; --on-accent: #fff; --error: #b3121f; --error-ground: #fdeff0;
  --quiet: #f5f6fa; --shadow: 0 1px 2px rgb(20 22 40 / .08), 0 12px 32px rgb(20 22 40 / .10);
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #101218; --card: #1a1d26; --text: #f0f1f5; --soft: #a8aebd; --line: #3b404f; --edge: #828a9e; --field: #12141b;
    --accent: #a5b4fc; --accent-hover: #c7d2fe; --on-accent: #1e1b4b; --error: #ffb3b6; --error-ground: #3a1a1f;
    --quiet: #232733; --shadow: 0 0 0 1px #2a2e3a;
  }
}
*, ::before, ::after { box-sizing: border-box; }
body {
  margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 24px 16px;
  background: var(--ground); color: var(--text);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
}
main {
  width: 100%; max-width: 400px; padding: 32px 40px; border-radius: 12px; background: var(--card);
  box-shadow: var(--shadow); overflow-wrap: anywhere;
}
.tenant { display: flex; align-items: center; gap: 10px; margin: 0 0 20px; font-size: 14px; font-weight: 600; color: var(--soft); }
.tenant span { flex: none; width: 28px; height: 28px; border-radius: 8px; background: var(--accent); color: var(--on-accent); display: grid; place-items: center; }
h1 { margin: 0 0 8px; font-size: 24px; line-height: 1.25; font-weight: 650; letter-spacing: -.01em; text-wrap: balance; }
h1 + .error { margin-top: 16px; }
p { margin: 0 0 16px; }
.soft, .foot { color: var(--soft); }
.foot { margin: 20px 0 0; font-size: 14px; }
label { display: block; margin: 0 0 6px; font-size: 14px; font-weight: 600; }
.row { margin: 0 0 16px; }
input:not(.hide) {
  width: 100%; min-height: 48px; padding: 10px 14px; border: 1px solid var(--edge); border-radius: 8px;
  background: var(--field); color: inherit; font: inherit;
}
input[aria-invalid="true"] { border-color: var(--error); }
input.code { font-size: 20px; letter-spacing: .3em; font-variant-numeric: tabular-nums; }
button {
  width: 100%; min-height: 48px; padding: 10px 16px; border: 1px solid var(--edge); border-radius: 8px;
  background: transparent; color: inherit; font: inherit; font-weight: 600; cursor: pointer;
}
button[data-action-button-primary="true"] { background: var(--accent); border-color: var(--accent); color: var(--on-accent); }
button[data-action-button-primary="true"]:hover { background: var(--accent-hover); border-color: var(--accent-hover); }
button:not([data-action-button-primary="true"]):hover { background: var(--quiet); }
.buttons { display: grid; gap: 10px; margin: 24px 0 0; }
a { color: var(--accent); font-weight: 600; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.error { margin: 0 0 16px; padding: 10px 14px; border-radius: 8px; background: var(--error-ground); color: var(--error); font-size: 14px; }
.who { display: flex; justify-content: space-between; align-items: baseline; gap: 12px; margin: 0 0 16px; padding: 10px 14px; border: 1px solid var(--line); border-radius: 8px; }
dl { margin: 20px 0 0; padding: 12px 14px; border-radius: 8px; background: var(--quiet); font-size: 14px; }
dt { color: var(--soft); }
dd { margin: 0; font-weight: 600; }
dd + dt { margin-top: 8px; }
ul { margin: 0; padding: 0; list-style: none; border: 1px solid var(--line); border-radius: 8px; }
li { padding: 7px 14px; }
li + li { border-top: 1px solid var(--line); }
code { font: 13px/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; color: var(--soft); }
li code { display: block; }
h2 { margin: 20px 0 8px; font-size: 14px; font-weight: 600; }
.hide { display: none; }
@media (max-width: 480px) {
  body { padding: 0; place-items: start stretch; background: var(--card); }
  main { max-width: none; padding: 32px 20px; border-radius: 0; box-shadow: none; }
}
`;

const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64');

/** A whole document: no script, and nothing that another address would have to send. */
export function renderPage(tenant: string, { title, heading, body }: PageContent): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} | ${tenant}</title>
<style>${{ html: STYLE }}</style>
</head>
<body>
<main>
<p class="tenant"><span aria-hidden="true">${tenant.slice(0, 1).toUpperCase()}</span>${tenant}</p>
<h1>${heading}</h1>
${body}
</main>
</body>
</html>
`.html;
}

/**
 * What every page is sent with. RFC 9700 4.16: nobody may frame it; 4.2.4: no address of it leaks as a referrer.
 *
 * @param destination where a form of the page may lead in the end: browsers hold redirects after a form to
 *   `form-action` too.
 */
export function pageHeaders(destination?: string): readonly HeaderLine[] {
  const formAction = ["'self'", ...(destination === undefined ? [] : [cspSource(destination)])].join(' ');
  const policy = [
    "default-src 'none'",
    `style-src 'sha256-${STYLE_HASH}'`,
    `form-action ${formAction}`,
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ];
  return [
    ['Content-Type', 'text/html; charset=utf-8'],
    ['Content-Security-Policy', policy.join('; ')],
    ['X-Frame-Options', 'DENY'],
    ['X-Content-Type-Options', 'nosniff'],
    ['Referrer-Policy', 'no-referrer'],
    ['Cache-Control', 'no-store'],
  ];
}

/** CSP 3 2.3.1 knows no IPv6 address as a host, and no other sign than these in a name: the scheme stands for such. */
function cspSource(destination: string): string {
  const { protocol, host, origin } = new URL(destination);
  return origin !== 'null' && /^[a-z0-9.-]+(:\d+)?$/.test(host) ? origin : protocol;
}
