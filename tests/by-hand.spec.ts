/** A person signs in: what is typed stays out of everything that is written, and later runs need not ask again. */
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, statSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../engine/run.ts';
import { parseProfile } from '../fixtures/profile/profile.ts';
import type { Report } from '../reports/report.ts';
import { expect, type Lab, test } from './door-lab.ts';

const PASSWORD = 'tr0ub4dor-and-three-7f3a';
const COOKIE = 'session-cookie-4be91c77';
const KEY = 'a-key-of-some-thirty-two-characters';
const CALLBACK = 'http://127.0.0.1:1/callback';

interface Setup {
  readonly origin: string;
  /** Bodies of what was sent to the sign-in page. */
  readonly typed: readonly string[];
}

/** An MCP server with an authorization server of its own, whose form a script fills in as a person would. */
async function setUp(lab: Lab): Promise<Setup> {
  const typed: string[] = [];
  const origin: string = await lab.serve(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const url = new URL(request.url!, origin);
    const answer = ANSWERS[url.pathname];
    if (url.pathname === '/login') typed.push(body);
    if (answer !== undefined) return answer({ origin, url, request, response });
    response.writeHead(404).end();
  });
  return { origin, typed };
}

interface Asked {
  readonly origin: string;
  readonly url: URL;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

const json = (response: ServerResponse, value: unknown) =>
  response.setHeader('Content-Type', 'application/json').end(JSON.stringify(value));

const ANSWERS: Readonly<Record<string, (asked: Asked) => unknown>> = {
  '/mcp': ({ origin, response }) =>
    response
      .writeHead(401, {
        'WWW-Authenticate': `Bearer resource_metadata="${origin}/.well-known/oauth-protected-resource/mcp"`,
      })
      .end(),
  '/.well-known/oauth-protected-resource/mcp': ({ origin, response }) =>
    json(response, { resource: `${origin}/mcp`, authorization_servers: [origin] }),
  '/.well-known/oauth-authorization-server': ({ origin, response }) =>
    json(response, {
      issuer: origin,
      authorization_endpoint: `${origin}/authorize`,
      token_endpoint: `${origin}/token`,
      response_types_supported: ['code'],
      code_challenge_methods_supported: ['S256'],
    }),
  '/authorize': ({ url, request, response }) => {
    if (request.headers.cookie?.includes(COOKIE)) return response.writeHead(302, { Location: codeFor(url) }).end();
    response.setHeader('Content-Type', 'text/html').end(`<form method="post" action="/login${url.search}">
      <input name="username"><input name="password" type="password"></form><script>
      document.forms[0].elements.password.value = '${PASSWORD.split('').reverse().join('')}'.split('').reverse().join('');
      setTimeout(() => document.forms[0].submit(), 300)</script>`);
  },
  '/login': ({ url, response }) =>
    response.writeHead(303, { Location: codeFor(url), 'Set-Cookie': `sid=${COOKIE}; HttpOnly; Path=/` }).end(),
  '/token': ({ response }) => json(response, { access_token: 'an-access-token-5521ab', token_type: 'Bearer' }),
};

const codeFor = ({ search, searchParams }: URL) =>
  `${CALLBACK}?code=${createHash('sha256').update(search).digest('hex')}&state=${searchParams.get('state')}`;

interface Wanted {
  readonly key?: string;
  /** Absent: everything. */
  readonly only?: readonly string[];
}

async function runByHand(
  { origin }: Setup,
  folder: string,
  name: string,
  { key = KEY, only }: Wanted = {},
): Promise<Report> {
  const { profile } = await parseProfile(
    `server: { url: "${origin}/mcp" }
clients: { public: { id: desktop, redirectUri: "${CALLBACK}" } }
users: { signIn: { method: by-hand } }
state: { folder: "${join(folder, 'kept')}", key: "\${KEY}" }`,
    { file: 'p.yaml', env: { KEY: key } },
  );
  return (await run(profile, { mode: 'gate', headed: false, out: join(folder, name), ...(only && { only }) })).report;
}

/** Little more than the sign-in is done for it. */
const SIGN_IN = { only: ['authorization/passes-no-passwords-on'] };

const filesIn = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((each) => each.isFile())
    .map((each) => join(each.parentPath, each.name));

test('what a person types is in no file of the run, and the next run needs no person', async ({ lab }) => {
  test.skip(process.platform === 'win32', 'Windows has no bits for owners');
  const setup = await setUp(lab);
  const folder = mkdtempSync(join(tmpdir(), 'by-hand-'));
  const first = await runByHand(setup, folder, 'first');
  expect(new Set(setup.typed)).toEqual(new Set([`username=&password=${PASSWORD}`]));
  expect(first.remarks).toContainEqual(
    expect.stringMatching(/^state: the cookies of the sign-in by hand are kept in /),
  );

  const [kept, ...more] = filesIn(join(folder, 'kept'));
  expect(more).toEqual([]);
  expect(statSync(kept!).mode & 0o777).toBe(0o600);
  expect(statSync(join(folder, 'kept')).mode & 0o777).toBe(0o700);

  const { length } = setup.typed;
  const second = await runByHand(setup, folder, 'second', SIGN_IN);
  expect(setup.typed).toHaveLength(length);
  expect(second.remarks).toContainEqual('state: the browser began with the cookies of an earlier sign-in by hand');

  const files = filesIn(folder);
  expect(files.filter((file) => file.endsWith('signIn.json'))).toHaveLength(2);
  for (const file of files) {
    const content = readFileSync(file, 'utf8');
    for (const hidden of [PASSWORD, COOKIE]) expect(content, file).not.toContain(hidden);
  }
});

test('another key opens no cookies, and destroys none', async ({ lab }) => {
  const setup = await setUp(lab);
  const folder = mkdtempSync(join(tmpdir(), 'by-hand-'));
  await runByHand(setup, folder, 'first', SIGN_IN);
  const [file] = filesIn(join(folder, 'kept'));
  const before = readFileSync(file!, 'utf8');
  const { remarks } = await runByHand(setup, folder, 'second', {
    ...SIGN_IN,
    key: 'another-key-of-thirty-two-letters',
  });
  expect(remarks).toContainEqual(expect.stringMatching(/state\.key does not open it/));
  expect(setup.typed).toHaveLength(2);
  expect(readFileSync(file!, 'utf8')).toBe(before);
});
