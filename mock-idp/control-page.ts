import type { Journal, JournalEntry, JournalToken } from './journal.ts';

/** What the page shows of a world; all of it is made for tests, so passwords are shown as well. */
export interface ControlView {
  readonly endpoints: readonly (readonly [name: string, url: string])[];
  readonly users: readonly { readonly email: string; readonly password: string; readonly totp?: string }[];
  readonly clients: readonly {
    readonly name: string;
    readonly id: string;
    readonly secret?: string;
    /** How it authenticates, as Auth0 and RFC 7591 2 name it. */
    readonly method: string;
    readonly grants: readonly string[];
    readonly redirectUris: readonly string[];
  }[];
  readonly faults: readonly { readonly id: string; readonly says: string }[];
  readonly state: string;
  /** Of the servers that tokens are for; what is shown is for the first. */
  readonly audiences: readonly [string, ...string[]];
  /** The command that gets a token by the client credentials grant. */
  readonly grant: string;
  /** Where tokens are minted. */
  readonly desk: string;
}

/** The page; what changes is in `renderLive`, which a script puts in place again and again. */
export function renderControlPage(view: ControlView, journal: Journal, nonce: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Mock tenant</title>
<noscript><meta http-equiv="refresh" content="5"></noscript>
<style nonce="${nonce}">${STYLE}</style>
</head>
<body>
<header>
<h1>Mock tenant</h1>
<p>${view.faults.length === 0 ? '<span class="badge good">conforms</span>' : `<span class="badge bad">${view.faults.length === 1 ? '1 fault' : `${view.faults.length} faults`}</span>`} <span class="quiet">state ${escaped(view.state)}</span></p>
</header>
<main>
${section('Endpoints', definitions(view.endpoints))}
${
  view.faults.length === 0
    ? ''
    : section(
        'Faults in force',
        definitions(
          view.faults.map(({ id, says }) => [id, says]),
          'prose',
        ),
      )
}
<div class="pair">
${section(
  'Users to sign in with',
  table(
    ['E-mail', 'Password', 'Authenticator secret'],
    view.users.map(({ email, password, totp }) => [email, password, totp ?? 'none']),
  ),
)}
${section(
  'A token',
  `<pre tabindex="0"><code>${escaped(commandsOf(view))}</code></pre>
<form method="post"><button formaction="/rotate">Rotate the signing key</button>
<button formaction="/revoke">Withdraw keys before it</button></form>`,
)}
</div>
${section(
  'Clients',
  `${table(
    ['Name', 'client_id', 'Secret', 'Authentication', 'Grants', 'Redirect URIs'],
    view.clients.map(({ name, id, secret, method, grants, redirectUris }) => [
      name,
      id,
      secret ?? 'none',
      method,
      grants.join('\n') || 'none',
      redirectUris.join('\n') || 'none',
    ]),
  )}
<pre tabindex="0" class="below"><code>${escaped(`# a token by the client credentials grant\n${view.grant}`)}</code></pre>`,
)}
<div id="live">${renderLive(journal, view)}</div>
</main>
<script nonce="${nonce}">${SCRIPT}</script>
</body>
</html>
`;
}

/** What changes while the world runs. */
export function renderLive(
  { entries, tokens }: Pick<Journal, 'entries' | 'tokens'>,
  { audiences }: Pick<ControlView, 'audiences'>,
): string {
  const shown = tokens.map((token) => renderToken(token, audiences));
  return `${section('Requests', entries.length === 0 ? '<p class="quiet">None yet.</p>' : requestTable(entries))}
${section('Tokens', shown.length === 0 ? '<p class="quiet">None yet.</p>' : shown.join('\n'))}`;
}

function renderToken(token: JournalToken, audiences: readonly string[]): string {
  const { id, at, kind, content } = token;
  const { sub, aud, scope } = (content?.claims ?? {}) as Readonly<Record<string, unknown>>;
  const badges = wrongsOf(token, audiences).map((wrong) => ` <span class="badge bad">${escaped(wrong)}</span>`);
  const line = `<time>${clock(at)}</time> <b>${escaped(kind)}</b>${badges.join('')} ${content === undefined ? 'not a JWT' : escaped([sub, aud, scope].flat().filter(Boolean).join(' · '))}`;
  if (content === undefined) return `<p class="token">${line}</p>`;
  const text = `${JSON.stringify(content.header, null, 2)}\n${JSON.stringify(content.claims, null, 2)}`;
  return `<details data-id="${id}"><summary>${line}</summary><pre tabindex="0"><code>${escaped(text)}</code></pre></details>`;
}

/** What a server should refuse the token for, as far as its content says so. An ID token is for no server. */
function wrongsOf({ at, kind, marks, content }: JournalToken, audiences: readonly string[]): readonly string[] {
  if (content === undefined) return marks;
  const { alg } = content.header as Readonly<Record<string, unknown>>;
  const { aud, exp, nbf } = content.claims as Readonly<Record<string, unknown>>;
  const now = at.getTime() / 1000;
  const isElsewhere = kind !== 'id_token' && ![aud].flat().some((each) => audiences.includes(String(each)));
  return [
    ...(/^[RP]S/.test(String(alg)) ? [] : [`alg ${alg}`]),
    ...marks,
    ...(!isElsewhere ? [] : [aud === undefined ? 'no audience' : 'other audience']),
    ...(typeof exp === 'number' && exp <= now ? ['expired'] : []),
    ...(typeof nbf === 'number' && nbf > now ? ['not valid yet'] : []),
  ];
}

function requestTable(entries: readonly JournalEntry[]): string {
  const rows = entries.map(
    ({ at, party, method, path, status, milliseconds }) =>
      `<tr><td><time>${clock(at)}</time></td><td>${party}</td><td>${escaped(method)}</td><td><span class="status s${Math.floor(status / 100)}">${status}</span></td><td class="path">${escaped(path)}</td><td class="number">${milliseconds}</td></tr>`,
  );
  return scrolling(
    `<table class="log"><thead><tr>${['Time', 'Party', 'Method', 'Status', 'Path', 'ms'].map((name) => `<th scope="col">${name}</th>`).join('')}</tr></thead><tbody>${rows.join('')}</tbody></table>`,
    'Requests',
  );
}

function section(title: string, content: string): string {
  return `<section><h2>${escaped(title)}</h2>${content}</section>`;
}

function definitions(pairs: readonly (readonly [name: string, text: string])[], kind = 'code'): string {
  return `<dl class="${kind}">${pairs.map(([name, text]) => `<div><dt>${escaped(name)}</dt><dd>${escaped(text)}</dd></div>`).join('')}</dl>`;
}

/** Columns of names, of which none is broken. */
const NAMES: readonly string[] = ['Authentication', 'Grants'];

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = rows.map(
    (row) =>
      `<tr>${row.map((cell, column) => `<td data-label="${escaped(heads[column] ?? '')}"${NAMES.includes(heads[column] ?? '') ? ' class="names"' : ''}>${escaped(cell)}</td>`).join('')}</tr>`,
  );
  return `<table class="cards"><thead><tr>${heads.map((head) => `<th scope="col">${escaped(head)}</th>`).join('')}</tr></thead><tbody>${cells.join('')}</tbody></table>`;
}

/** Reached by keyboard, for it scrolls. */
function scrolling(content: string, label: string): string {
  return `<div class="scroll" tabindex="0" role="region" aria-label="${escaped(label)}">${content}</div>`;
}

const clock = (at: Date) => at.toTimeString().slice(0, 8);

function commandsOf({ desk, audiences }: ControlView): string {
  return [
    '# one that is good',
    `curl -s ${desk}`,
    '# one for another audience',
    `curl -s ${desk} -d '{"claims":{"aud":"https://other.example"}}'`,
    '# one that nobody signed',
    `curl -s ${desk} -d '{"header":{"alg":"none"}}'`,
    '# brought to the server',
    presenting(desk, audiences[0]),
  ].join('\n');
}

/** A command that brings a token to an MCP server, in a request that every revision understands so far. */
function presenting(desk: string, server: string): string {
  const body = JSON.stringify({
    jsonrpc: '2.0',
    id: 1,
    method: 'initialize',
    params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'curl', version: '1' } },
  });
  return [
    `curl -i ${shellWord(server)} -H "Authorization: Bearer $(curl -s ${desk})"`,
    `  -H 'Content-Type: application/json' -H 'Accept: application/json, text/event-stream'`,
    `  -d '${body}'`,
  ].join(' \\\n');
}

/** The text as one word of a command line (POSIX shell, 2.2.2). */
export function shellWord(text: string): string {
  return /^[\w:/.=@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`);
}

const STYLE = `
:root { --ink: #1b1f24; --quiet: #59636e; --paper: #f6f7f9; --card: #fff; --line: #d9dee4; --accent: #0b57d0; --good: #116329; --good-paper: #dafbe1; --bad: #a40e26; --bad-paper: #ffebe9; --warn: #7d4e00; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e9ed; --quiet: #9aa4af; --paper: #0e1116; --card: #171b21; --line: #2c333b; --accent: #8ab4ff; --good: #7ee2a0; --good-paper: #12351f; --bad: #ff9a94; --bad-paper: #4a1418; --warn: #f0c36d; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 72rem; padding: 1.5rem 1rem 4rem; background: var(--paper); color: var(--ink); font: 0.9375rem/1.5 system-ui, sans-serif; }
header { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0 1rem; }
h1 { margin: 0; font-size: 1.5rem; } header p { margin: 0; }
h2 { margin: 0 0 0.75rem; font-size: 1rem; }
section { margin-top: 1rem; padding: 1rem; min-width: 0; background: var(--card); border: 1px solid var(--line); border-radius: 0.5rem; }
.quiet, dt, th, time { color: var(--quiet); }
.badge { padding: 0.125rem 0.5rem; border-radius: 1rem; font-weight: 600; }
.token .badge, summary .badge { padding: 0 0.5rem; font-size: 0.8125rem; white-space: nowrap; }
.below { margin-top: 0.75rem; }
.good { color: var(--good); background: var(--good-paper); } .bad { color: var(--bad); background: var(--bad-paper); }
dl { margin: 0; display: grid; gap: 0.375rem; }
dl div { display: grid; grid-template-columns: 14rem 1fr; gap: 0 1rem; }
dt, dd { margin: 0; overflow-wrap: anywhere; min-width: 0; }
dd, td, pre { font-family: ui-monospace, monospace; font-size: 0.8125rem; }
.prose dd { font: inherit; } .prose dt { font-weight: 600; color: inherit; }
table { width: 100%; border-collapse: collapse; }
th { text-align: left; font-weight: 500; font-size: 0.8125rem; }
th, td { padding: 0.3125rem 0.75rem 0.3125rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
tr:last-child td { border-bottom: 0; }
td { overflow-wrap: anywhere; white-space: pre-line; } time, .log td { white-space: nowrap; } .log .path { white-space: normal; min-width: 12rem; }
.cards .names { white-space: pre; overflow-wrap: normal; }
.number { text-align: right; }
pre { margin: 0; padding: 0.75rem; white-space: pre-wrap; overflow-wrap: anywhere; background: var(--paper); border-radius: 0.375rem; }
details, .token { margin: 0; border-bottom: 1px solid var(--line); } details:last-child { border-bottom: 0; }
summary, .token { padding: 0.375rem 0; overflow-wrap: anywhere; cursor: pointer; } .token { cursor: default; }
.scroll { overflow: auto; max-height: 32rem; }
.scroll thead th { position: sticky; top: 0; background: var(--card); }
.status { font-weight: 600; } .s2, .s3 { color: var(--good); } .s4 { color: var(--warn); } .s5 { color: var(--bad); }
button { margin: 0.75rem 0.5rem 0 0; padding: 0.4375rem 0.875rem; font: inherit; color: var(--accent); background: transparent; border: 1px solid var(--accent); border-radius: 0.375rem; cursor: pointer; }
button:hover { background: var(--paper); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
@media (max-width: 40rem) {
  .log, .log tbody { display: block; } .log thead { display: none; }
  .log tr { display: flex; flex-wrap: wrap; gap: 0 0.75rem; padding: 0.375rem 0; border-bottom: 1px solid var(--line); } .log tr:last-child { border-bottom: 0; }
  .log td { padding: 0; border: 0; } .log .path { order: 1; width: 100%; min-width: 0; } .log .number::after { content: ' ms'; }
  dl div { grid-template-columns: 1fr; }
  .cards thead { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden; }
  .cards tr { display: block; padding: 0.5rem 0; border-bottom: 1px solid var(--line); } .cards tr:last-child { border-bottom: 0; }
  .cards td { display: grid; grid-template-columns: 6.5rem 1fr; padding: 0.125rem 0; border: 0; }
  .cards td::before { content: attr(data-label); color: var(--quiet); font-family: system-ui, sans-serif; }
}
`;

/** Leaves alone what is being read: open tokens stay open, and nothing moves while something in there has the focus. */
const SCRIPT = `
const live = document.getElementById('live');
setInterval(async () => {
  if (document.hidden || live.contains(document.activeElement)) return;
  const answer = await fetch('/live').catch(() => undefined);
  if (!answer?.ok) return;
  const text = await answer.text();
  if (text === live.dataset.text) return;
  const open = [...live.querySelectorAll('details[open]')].map((each) => each.dataset.id);
  const top = live.querySelector('.scroll')?.scrollTop ?? 0;
  live.innerHTML = text;
  live.dataset.text = text;
  for (const id of open) live.querySelector('details[data-id="' + id + '"]')?.setAttribute('open', '');
  live.querySelector('.scroll')?.scrollTo(0, top);
}, 1500);
`;
