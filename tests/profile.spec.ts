// biome-ignore-all lint/suspicious/noTemplateCurlyInString: profiles are full of ${VARIABLES}
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { inspect } from 'node:util';
import { expect, test } from '@playwright/test';
import { Ajv } from 'ajv';
import fc from 'fast-check';
import { HarnessError } from '../fixtures/errors.ts';
import { packageRoot, packageVersion } from '../fixtures/package.ts';
import { isCssSelector } from '../fixtures/profile/css-selector.ts';
import { loadProfile, parseProfile, profileForUrl } from '../fixtures/profile/profile.ts';
import { REVISIONS } from '../fixtures/protocol/revisions.ts';
import { ASSURANCES } from '../suites/check.ts';

const TOKEN = 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.c2ln';
const env = {
  PATH: process.env.PATH,
  TOKEN,
  EMPTY: '',
  SHORT: 'abc',
  SPACED: 'not a token',
  BEARER: `Bearer ${TOKEN}`,
};
const parse = (text: string, more: Readonly<Record<string, string>> = {}) =>
  parseProfile(text, { file: 'p.yaml', env: { ...env, ...more } });

async function complaint(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(HarnessError);
  expect((error as HarnessError).code).toBe('profile');
  return (error as HarnessError).message;
}

const SERVER = 'server:\n  url: https://mcp.example.com/mcp\n';
const ROOT_KEYS =
  '`name`, `revision`, `assurance`, `tenantAudit`, `implementation`, `server`, `embedded`, `issuer`, `clients`, ' +
  '`users`, `tokens`, `management`, `documentHost`, `policy`, `network`, `limits`, `authorized`, `allow`, `waivers`, ' +
  '`inventory`, `state`';

const MISTAKES: Readonly<Record<string, readonly [text: string, lines: readonly string[]]>> = {
  'an empty file': [
    '# nothing yet\n',
    ['p.yaml:1:1 profile: is empty; write `server:` with `url: https://mcp.example.com/mcp`'],
  ],
  'text in place of a map': [
    'https://mcp.example.com/mcp',
    ['p.yaml:1:1 profile: must be a map, is text; write { server: { url: https://mcp.example.com/mcp } } instead'],
  ],
  'neither server nor embedded': [
    'name: x\n',
    ['p.yaml:1:1 server: missing; write exactly one of `server.url` and `embedded`'],
  ],
  'server and embedded': [
    `${SERVER}embedded: {}\n`,
    ['p.yaml:3:1 embedded: is one too many; write exactly one of `server.url` and `embedded`'],
  ],
  'a server without URL': [
    'server:\n  scopes: []\n',
    ['p.yaml:1:1 server.url: missing; write `url: https://mcp.example.com/mcp`'],
  ],
  'a server without anything': [
    'server:\n',
    ['p.yaml:1:1 server: is empty; write { url: https://mcp.example.com/mcp }'],
  ],
  'an empty field': [
    `${SERVER}  audience:\n`,
    ['p.yaml:3:3 server.audience: is empty; write [ https://mcp.example.com/mcp ] or leave it out'],
  ],
  'an empty text': [
    `${SERVER}  safeTool: { name: '' }\n`,
    ['p.yaml:3:21 server.safeTool.name: is empty; write read-note instead'],
  ],

  'a mistyped key': ['sever:\n  url: x\n', ['p.yaml:1:1 sever: unknown key `sever`, did you mean `server`?']],
  'a mistyped key that is required': [
    'server:\n  ulr: https://mcp.example.com/mcp\n',
    ['p.yaml:2:3 server.ulr: unknown key `ulr`, did you mean `url`?'],
  ],
  'a key in another spelling': [
    `${SERVER}  safe_tool: { name: x }\n`,
    ['p.yaml:3:3 server.safe_tool: unknown key `safe_tool`, did you mean `safeTool`?'],
  ],
  'a key a level too high': [
    'url: https://mcp.example.com/mcp\n',
    ['p.yaml:1:1 url: unknown key `url`, did you mean `server.url`?'],
  ],
  'a key like no other': [
    `${SERVER}colour: red\n`,
    [`p.yaml:3:1 colour: unknown key \`colour\`; write one of ${ROOT_KEYS}`],
  ],
  'a key that is a pasted token': [
    `${SERVER}tokens:\n  ${TOKEN}: x\n`,
    [
      'p.yaml:4:3 tokens["eyJhbGciOiJu…"]: unknown key `eyJhbGciOiJu…`; write one of `good`, `otherAudience`, `idToken`, `expired`, `otherTenant`, `revoked`, `otherUser`, `narrow`',
    ],
  ],
  'a duplicate key': [
    `${SERVER}  scopes: []\n  url: https://other.example.com/mcp\n`,
    ['p.yaml:4:3 server.url: duplicate key `url`; write it once'],
  ],

  'text in place of a list': [
    `${SERVER}  audience: https://mcp.example.com/mcp\n`,
    ['p.yaml:3:13 server.audience: must be a list, is text; write [ https://mcp.example.com/mcp ] instead'],
  ],
  'text in place of a truth value': [
    `${SERVER}authorized: yes\n`,
    ['p.yaml:3:13 authorized: must be true or false, is text; write true instead'],
  ],
  'a number in place of text': [
    `${SERVER}implementation:\n  version: 1.0\n`,
    ['p.yaml:4:12 implementation.version: must be text, is a number; write it in quotes'],
  ],
  'a broken number': [
    `${SERVER}limits: { budget: 1.5 }\n`,
    ['p.yaml:3:19 limits.budget: must be a whole number, is a number; write 1000 instead'],
  ],
  'an endless number': [
    `${SERVER}limits: { timeoutSeconds: .inf }\n`,
    ['p.yaml:3:27 limits.timeoutSeconds: must be a number, is not finite; write 10 instead'],
  ],
  'numbers too small': [
    `${SERVER}limits: { requestsPerSecond: 0, concurrency: 0 }\n`,
    [
      'p.yaml:3:30 limits.requestsPerSecond: is too small; write more than 0',
      'p.yaml:3:46 limits.concurrency: is too small; write 1 or more',
    ],
  ],
  'a variable that is no number': [
    `${SERVER}limits:\n  concurrency: \${MANY:-many}\n`,
    ['p.yaml:4:16 limits.concurrency: with ${MANY} filled in, must be a whole number, is text; write 4 instead'],
  ],

  'a mistyped value': [
    `${SERVER}policy: { registration: opne }\n`,
    [
      'p.yaml:3:25 policy.registration: unknown value `opne`, did you mean `open`? write one of `closed`, `protected`, `open`',
    ],
  ],
  'an unknown value': [
    `${SERVER}revision: 2024-11-05\n`,
    [
      'p.yaml:3:11 revision: unknown value `2024-11-05`; write one of `2025-03-26`, `2025-06-18`, `2025-11-25`, `2026-07-28`',
    ],
  ],
  'an unknown value in a list': [
    `${SERVER}allow:\n  - everything\n`,
    ['p.yaml:4:5 allow[0]: unknown value `everything`; write one of `load`, `writes`'],
  ],
  'an unknown value in a variable': [
    `${SERVER}assurance: \${TOKEN}\n`,
    [
      'p.yaml:3:12 assurance: with ${TOKEN} filled in, unknown value; write one of `anonymous`, `token`, `sign-in`, `controlled-issuer`, `tenant-audit`',
    ],
  ],

  'a URL without scheme': [
    'server:\n  url: mcp.example.com:8080/mcp\n',
    ['p.yaml:2:8 server.url: is not an absolute URL; write one like https://mcp.example.com/mcp'],
  ],
  'a URL that new URL() would repair': [
    'server:\n  url: https:\\\\mcp.example.com\\mcp\n',
    ['p.yaml:2:8 server.url: is not an absolute URL; write one like https://mcp.example.com/mcp'],
  ],
  'a URL of another scheme': [
    'server:\n  url: wss://mcp.example.com/mcp\n',
    ['p.yaml:2:8 server.url: has the scheme wss://; write http:// or https://'],
  ],
  'a URL with a fragment': [
    'server:\n  url: https://mcp.example.com/mcp#\n',
    ['p.yaml:2:8 server.url: has a fragment; write the URL without `#` and what follows'],
  ],
  'a URL with a password': [
    'server:\n  url: https://a:hunter2@mcp.example.com/mcp\n',
    ['p.yaml:2:8 server.url: has a user name or password; write the URL without them'],
  ],
  'a host of metadata documents that no server would take clients of': [
    `${SERVER}documentHost: { publicUrl: "http://documents.example.com:8977/x", listen: "0.0.0.0:8977" }\n`,
    [
      'p.yaml:3:28 documentHost.publicUrl: has the scheme http://, and authorization servers refuse client ids without https; write https://documents.example.com:8977/, and let the proxy or tunnel in front of the run terminate TLS',
    ],
  ],
  'an origin with a path': [
    `${SERVER}  origins: [https://app.example.com/]\n`,
    [
      'p.yaml:3:13 server.origins[0]: is not an origin as browsers send it; write scheme and host in lower case, a port only if it is not the default, and nothing after it: https://app.example.com',
    ],
  ],
  'two scopes in one text': [
    `${SERVER}  tools:\n    read.note: [a b]\n`,
    [
      'p.yaml:4:17 server.tools["read.note"][0]: is not one scope (RFC 6749, section 3.3); write each scope as its own entry of the list, without spaces and quotes',
    ],
  ],
  'a host with a port': [
    `${SERVER}network:\n  hosts: ['keys.example.com:8443']\n`,
    ['p.yaml:4:11 network.hosts[0]: is not a host; write its name or address alone, without scheme, port and path'],
  ],
  'a name that is no folder': [
    `${SERVER}name: ../x\n`,
    ['p.yaml:3:7 name: names a folder; write letters, digits, `.`, `_` and `-` only, a letter or digit first'],
  ],
  'a CA file that is not there': [
    `${SERVER}network:\n  caFile: /nowhere/ca.pem\n`,
    ['p.yaml:4:11 network.caFile: cannot read /nowhere/ca.pem; write the path of a PEM file'],
  ],

  'a variable that is not set': [
    'server:\n  url: https://${HOST}/mcp\n',
    ['p.yaml:2:8 server.url: the environment variable HOST is not set; set it, or write ${HOST:-default}'],
  ],
  'a malformed variable': [
    'server:\n  url: https://${HOST NAME}/mcp\n',
    ['p.yaml:2:8 server.url: has a malformed variable; write ${NAME} or ${NAME:-default}, and $${ for a plain ${'],
  ],
  'a variable of the prototype': [
    'server:\n  url: ${constructor}\n',
    [
      'p.yaml:2:8 server.url: the environment variable constructor is not set; set it, or write ${constructor:-default}',
    ],
  ],

  'a secret in plain text': [
    `${SERVER}tokens:\n  good: ${TOKEN}\n`,
    ['p.yaml:4:9 tokens.good: holds a secret in plain text; write ${SOME_NAME} and set it in the environment'],
  ],
  'a secret with a default': [
    `${SERVER}tokens:\n  good: \${TOKEN:-hunter2hunter2}\n`,
    [
      'p.yaml:4:9 tokens.good: holds a secret in plain text, the default behind `:-`; leave it out and set the variable in the environment',
    ],
  ],
  'a secret that is a number': [
    `${SERVER}users:\n  first: { username: a, password: 12345678 }\n`,
    [
      'p.yaml:4:35 users.first.password: holds a secret in plain text; write ${SOME_NAME} and set it in the environment',
    ],
  ],
  'management twice over': [
    `${SERVER}management: { domain: a.example, tenantUrl: 'https://a.example', token: '\${TOKEN}' }\n`,
    ['p.yaml:3:34 management.tenantUrl: is one too many; write exactly one of `domain` and `tenantUrl`'],
  ],
  'management that nobody may use': [
    `${SERVER}management: { domain: a.example }\n`,
    ['p.yaml:3:1 management.token: missing; write exactly one of `token` and `client`'],
  ],
  'plain secrets of every kind': [
    `${SERVER}issuer: { signingKey: '{}' }
clients:
  confidential: { id: a, secret: hunter2, redirectUri: 'http://127.0.0.1/' }
  privateKeyJwt: { id: a, privateKey: hunter2, redirectUri: 'http://127.0.0.1/' }
  machine: { id: a, secret: hunter2 }
users:
  second: { username: a, password: hunter2, totpSecret: hunter2 }
management: { domain: a.example, client: { id: a, secret: hunter2 } }
`,
    [
      'p.yaml:3:23 issuer.signingKey',
      'p.yaml:5:34 clients.confidential.secret',
      'p.yaml:6:39 clients.privateKeyJwt.privateKey',
      'p.yaml:7:29 clients.machine.secret',
      'p.yaml:9:36 users.second.password',
      'p.yaml:9:57 users.second.totpSecret',
      'p.yaml:10:59 management.client.secret',
    ].map((at) => `${at}: holds a secret in plain text; write \${SOME_NAME} and set it in the environment`),
  ],
  'a secret whose variable is not set, or empty': [
    `${SERVER}tokens:\n  good: \${NO_TOKEN}\n  expired: \${EMPTY}\n`,
    [
      'p.yaml:4:9 tokens.good: the environment variable NO_TOKEN is not set; set it, or leave this field out',
      'p.yaml:5:12 tokens.expired: the environment variable EMPTY is empty; set it, or leave this field out',
    ],
  ],
  'a secret too short to hide': [
    `${SERVER}tokens:\n  good: \${SHORT}\n`,
    [
      'p.yaml:4:9 tokens.good: the environment variable SHORT is shorter than 6 characters, too short to be kept out of evidence; use a longer one',
    ],
  ],
  'a token with its scheme': [
    `${SERVER}tokens:\n  good: \${BEARER}\n`,
    ['p.yaml:4:9 tokens.good: the environment variable BEARER begins with "Bearer"; set it to the token alone'],
  ],
  'a token that no header can carry': [
    `${SERVER}tokens:\n  good: \${SPACED}\n`,
    [
      'p.yaml:4:9 tokens.good: the environment variable SPACED is not a token: it holds white space or characters no header can; set it to the token alone',
    ],
  ],
  'a token from nowhere': [
    `${SERVER}tokens:\n  good: {}\n`,
    ['p.yaml:4:3 tokens.good.command: missing; write `command: ./get-token.sh staging`'],
  ],
  'a token command that fails': [
    `${SERVER}tokens:\n  good: { command: 'echo $TOKEN; echo $TOKEN >&2; exit 3' }\n`,
    [`p.yaml:4:9 tokens.good: its command ended with exit code 3; run it in ${process.cwd()} to see why`],
  ],
  'a token command that prints nothing': [
    `${SERVER}tokens:\n  good: { command: 'true' }\n`,
    ['p.yaml:4:9 tokens.good: what its command printed is empty'],
  ],
  'a token command that is not there': [
    `${SERVER}tokens:\n  good: { command: './no-such-command' }\n`,
    [`p.yaml:4:9 tokens.good: its command ended with exit code 127 (not found); run it in ${process.cwd()} to see why`],
  ],
  'a machine client without credentials': [
    `${SERVER}clients:\n  machine: { id: a }\n`,
    ['p.yaml:4:3 clients.machine.secret: missing; write exactly one of `secret` and `privateKey`'],
  ],

  'a quote that does not end': [
    'name: x\nserver:\n  url: "https://mcp.example.com/mcp\n  scopes:\n    - a\n',
    ['p.yaml:3:8 profile: is not valid YAML: missing closing "quote; write one `key: value` a line'],
  ],
  'a tab': ['server:\n\turl: x\n', ['p.yaml:2:1 profile: is not valid YAML: indented with a tab; write spaces']],
  'a wrong indentation': [
    'server:\n    url: x\n  tools: {}\n',
    [
      'p.yaml:3:1 profile: is not valid YAML: indented otherwise than its neighbours; write the keys of one map in the same column',
    ],
  ],
  'two pairs in a line': [
    'server: url: x\n',
    [
      'p.yaml:1:9 profile: is not valid YAML: a second `: ` stands in this line; write one `key: value` a line, and text with `: ` in quotes',
    ],
  ],
  'two documents': [
    `${SERVER}---\n${SERVER}`,
    ['p.yaml:3:1 profile: is not valid YAML: a second document begins; write one profile a file'],
  ],
  'a tag': [
    `${SERVER}tokens:\n  good: !hunter2\n`,
    ['p.yaml:4:9 profile: is not valid YAML: text begins with `!`, which YAML reads as a tag; write it in quotes'],
  ],
  'an alias': [
    `${SERVER}revision: *hunter2\n`,
    ['p.yaml:3:11 revision: is a YAML alias; write the value out, in quotes if it begins with *'],
  ],
  'a variable between braces': [
    `${SERVER}tokens: { good: \${TOKEN} }\n`,
    ['p.yaml:3:18 profile: is not valid YAML: between { } or [ ] write "${NAME}" in quotes'],
  ],

  'several mistakes, in the order of the text': [
    'sever: {}\nlimits: { budget: 0 }\nserver: { url: x }\n',
    [
      'p.yaml:1:1 sever: unknown key `sever`, did you mean `server`?',
      'p.yaml:2:19 limits.budget: is too small; write 1 or more',
      'p.yaml:3:16 server.url: is not an absolute URL; write one like https://mcp.example.com/mcp',
    ],
  ],
};

test.describe('a mistake is told with its place and what to write instead:', () => {
  for (const [what, [text, lines]] of Object.entries(MISTAKES)) {
    test(what, async () => {
      expect(await complaint(parse(text))).toBe(lines.join('\n'));
    });
  }

  test('whatever the text, one line a problem and no secret in it', async () => {
    const base = `${SERVER}  scopes: [a]\ntokens:\n  good: "\${TOKEN}"\nlimits: { budget: 5 }\nusers: { first: {} }\n`;
    const pieces = ['\n', ' ', ':', '{', '}', '[', '"', '#', '- ', '&', '*', '!', '%', '|', '\t', '${', TOKEN, 'null'];
    const edit = fc.tuple(fc.nat(base.length), fc.nat(8), fc.constantFrom(...pieces));
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 4 }), async (edits) => {
        const text = edits.reduce((now, [at, cut, put]) => now.slice(0, at) + put + now.slice(at + cut), base);
        const message = await parse(text).then(
          () => undefined,
          (error: unknown) => (error as Error).message,
        );
        for (const line of message?.split('\n') ?? []) expect(line).toMatch(/^p\.yaml:\d+:\d+ \S.*: \S/);
        expect(message ?? '').not.toContain(TOKEN);
      }),
      { seed: 1, numRuns: 500 },
    );
  });
});

test.describe('a profile', () => {
  for (const url of [
    'https://documents.example.com/',
    'http://127.0.0.1:8977',
    'http://[::1]:8977/',
    'http://runner:8977/',
    'http://10.0.0.5:8977/',
    'http://ci.local/',
  ]) {
    test(`may name ${url} for a host of metadata documents`, async () => {
      const text = `${SERVER}documentHost: { publicUrl: "${url}", listen: "127.0.0.1:8977" }\n`;
      expect((await parse(text)).profile.documentHost).toEqual({ publicUrl: url, listen: '127.0.0.1:8977' });
    });
  }

  test('fills in variables, defaults and the escape', async () => {
    const text = `name: \${NAME:-n}-\${EMPTY:-e}
server:
  url: https://\${HOST}/mcp
  safeTool: { name: read, arguments: { price: '$\${x}', deep: ["\${HOST}"] } }
limits: { budget: "\${BUDGET}" }
policy: { strict: "\${STRICT}" }
`;
    const { profile } = await parse(text, { HOST: 'mcp.example.com', BUDGET: '7', STRICT: 'true' });
    expect(profile).toEqual({
      name: 'n-e',
      file: 'p.yaml',
      digest: createHash('sha256').update(text).digest('hex'),
      server: {
        url: 'https://mcp.example.com/mcp',
        audience: [],
        safeTool: { name: 'read', arguments: { price: '${x}', deep: ['mcp.example.com'] } },
        origins: [],
        tools: {},
      },
      tokens: {},
      clients: {},
      users: {},
      secrets: [],
      authorized: false,
      allow: [],
      limits: { requestsPerSecond: 5, concurrency: 4, timeoutSeconds: 10, budget: 7 },
      network: { hosts: [], browserHosts: [], vantage: 'outside' },
      policy: { strict: true },
    });
  });

  test('knows its clients and users, and how they sign in', async () => {
    const text = `${SERVER}clients:
  public: { id: desktop, redirectUri: "http://127.0.0.1:8976/callback" }
  confidential:
    { id: web, secret: "\${WEB}", redirectUri: "https://app.example.com/cb", authentication: client_secret_post }
  privateKeyJwt: { id: signing, privateKey: "\${KEY}", redirectUri: "https://app.example.com/cb" }
  machine: { id: job, secret: "\${JOB}" }
users:
  first: { username: ada, password: "\${ADA}", totpSecret: "\${TOTP}" }
  signIn: { method: form, selectors: { username: '#user' } }
network: { browserHosts: [login.example.com] }
`;
    const env = { WEB: 'web secret', KEY: 'a private key', JOB: 'job secret', ADA: 'correct horse', TOTP: 'JBSWY3DP' };
    const { profile } = await parse(text, env);
    const { clients, users, network } = profile;
    expect(clients.public).toEqual({ id: 'desktop', redirectUri: 'http://127.0.0.1:8976/callback' });
    expect(clients.confidential).toMatchObject({ id: 'web', authentication: 'client_secret_post' });
    expect(clients.confidential?.secret.reveal()).toBe('web secret');
    expect(clients.privateKeyJwt?.privateKey.reveal()).toBe('a private key');
    expect(clients.machine).toHaveProperty('id', 'job');
    expect(users.first?.password.reveal()).toBe('correct horse');
    expect(users.first?.totpSecret?.label).toBe('users.first.totpSecret');
    expect(users.signIn).toEqual({ method: 'form', selectors: { username: '#user' } });
    expect(network.browserHosts).toEqual(['login.example.com']);
  });

  test('gives a second user who may sign in beside the first', async () => {
    const text = `${SERVER}users:\n  second: { username: b, password: "\${PASS}", totpSecret: "\${TOTP}" }\n`;
    const { profile } = await parse(text, { PASS: 'correct horse', TOTP: 'JBSWY3DP' });
    const { second } = profile.users;
    expect(second?.username).toBe('b');
    expect(second?.password.reveal()).toBe('correct horse');
    expect(second?.totpSecret?.label).toBe('users.second.totpSecret');
    expect(profile.secrets.map(({ label }) => label)).toEqual(['users.second.password', 'users.second.totpSecret']);
  });

  test('takes every CSS selector, and nothing else for one', async () => {
    const own = [
      '#user',
      'input[name="username"], input[type=email]',
      "form:has(input[value=consent]) button[type='submit']",
      'form > div ~ p + button.primary:not([disabled], .off)::part(x)',
      '[data-test-id*="login" i]',
      '*|input',
      'svg|a[xlink|href]',
      String.raw`#a\:b.c\31 0`,
      ':is(h1, h2):nth-child(2n + 1 of .x)',
      'a[href$=")"]',
      '.größe',
      '--x',
    ];
    for (const each of own) expect(isCssSelector(each), each).toBe(true);
    const none = [
      'input[name=',
      'input[name="',
      '//input',
      'text=Sign in',
      'a,',
      ', a',
      '> a',
      'a >',
      '#',
      '.1a',
      'a:b(c',
      'a..b',
      '',
    ];
    for (const each of none) expect(isCssSelector(each), each).toBe(false);
    const text = `${SERVER}users:\n  signIn:\n    method: form\n    selectors:\n      submit: 'button[type='\n`;
    await expect(parse(text)).rejects.toThrow(
      /^p\.yaml:\d+:15 users\.signIn\.selectors\.submit: .*is not a CSS selector .*; write one/,
    );
  });

  test('keeps the URL as written', async () => {
    const url = 'HTTPS://MCP.Example.com:443/a/../mcp?x=%7e';
    expect((await parse(`server: { url: '${url}' }`)).profile.server?.url).toBe(url);
  });

  test('tells "no scopes" from "unknown"', async () => {
    expect((await parse(SERVER)).profile.server).not.toHaveProperty('scopes');
    expect((await parse(`${SERVER}  scopes: []\n`)).profile.server?.scopes).toEqual([]);
  });

  test('hides its secrets in whatever is printed', async () => {
    const text = `${SERVER}tokens: { good: "\${TOKEN}" }\nusers: { first: { username: a, password: "\${PASS}" } }\n`;
    const { profile } = await parse(text, { PASS: 'correct horse' });
    expect(profile.tokens.good?.reveal()).toBe(TOKEN);
    expect(profile.secrets.map(({ label }) => label)).toEqual(['tokens.good', 'users.first.password']);
    expect(profile.secrets[1]?.reveal()).toBe('correct horse');
    for (const printed of [JSON.stringify(profile), inspect(profile, { depth: 9 }), String(profile.tokens.good)]) {
      expect(printed).not.toMatch(/eyJ|horse/);
    }
  });

  test('gets a token from a command, with variables of the shell and without white space around it', async () => {
    const { profile } = await parse(`${SERVER}tokens: { good: { command: 'echo; printf "$TOKEN\\n"; cat' } }\n`);
    expect(profile.tokens.good?.reveal()).toBe(TOKEN);
    expect(profile.secrets).toEqual([profile.tokens.good]);
  });

  test('runs no command while anything else is wrong', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'profile-'));
    const text = (field: string) => `${SERVER}tokens: { ${field}: { command: 'echo ran > ran; echo ${TOKEN}' } }\n`;
    const options = { file: join(folder, 'p.yaml'), env };
    const ran = () => readFileSync(join(folder, 'ran'), 'utf8');
    try {
      await complaint(parseProfile(`${text('good')}allow: all\n`, options));
      expect(ran).toThrow();
      await parseProfile(text('good'), options);
      expect(ran()).toBe('ran\n');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('knows the Management API by the tenant’s domain or URL, and who may ask for a token', async () => {
    const byClient = await parse(
      `${SERVER}management: { domain: a.eu.auth0.com, client: { id: a, secret: "\${TOKEN}" } }\n`,
    );
    expect(byClient.profile.management).toMatchObject({ url: 'https://a.eu.auth0.com/', client: { id: 'a' } });
    expect(byClient.profile.management?.client?.secret.label).toBe('management.client.secret');
    const byToken = await parse(`${SERVER}management: { tenantUrl: "http://127.0.0.1:4402/x", token: "\${TOKEN}" }\n`);
    expect(byToken.profile.management).toMatchObject({ url: 'http://127.0.0.1:4402/' });
    expect(byToken.profile.management?.token?.label).toBe('management.token');
  });

  test('finds the folder that is kept beside the profile, and waits a minute at most unless told', async () => {
    const text = `${SERVER}issuer: { control: http://127.0.0.1:4401 }\nstate: { folder: kept, key: "\${KEY}" }\n`;
    const { profile } = await parseProfile(text, { file: '/a/b/p.yaml', env: { KEY: 'sixteen-letters-' } });
    expect(profile.issuer).toEqual({ control: { url: 'http://127.0.0.1:4401', patience: 60 } });
    expect(profile.state?.folder).toBe(resolve('/a/b/kept'));
    expect(profile.state?.key?.reveal()).toBe('sixteen-letters-');
    expect(JSON.stringify(profile)).not.toContain('sixteen-letters-');
  });

  const remote = { requestsPerSecond: 5, concurrency: 4, timeoutSeconds: 10, budget: 1000 };
  const loopback = { requestsPerSecond: 1000, concurrency: 16, timeoutSeconds: 10, budget: 1000 };
  for (const [text, authorized, limits] of [
    ['server: { url: "https://mcp.example.com/mcp" }', false, remote],
    ['server: { url: "https://mcp.example.com/mcp" }\nauthorized: true', true, remote],
    ['server: { url: "https://127.example.com/mcp" }', false, remote],
    ['server: { url: "http://10.0.0.1/mcp" }', false, remote],
    ['server: { url: "http://localhost:3000/mcp" }\nauthorized: false', true, loopback],
    ['server: { url: "http://127.1.2.3/mcp" }', true, loopback],
    ['server: { url: "http://[::1]:3000/mcp" }', true, loopback],
    ['embedded: {}', true, loopback],
    ['embedded: {}\nlimits: { concurrency: 2 }', true, { ...loopback, concurrency: 2 }],
  ] as const) {
    test(`${authorized ? 'may' : 'may not'} send hostile inputs: ${text.replace('\n', ', ')}`, async () => {
      const { profile } = await parse(text);
      expect(profile).toMatchObject({ authorized, limits });
    });
  }

  test('stands for the embedded world without a server', async () => {
    const { profile } = await parse('embedded: { faults: [a-fault] }');
    expect(profile.embedded).toEqual({ state: 'conforming', faults: ['a-fault'] });
    expect(profile).not.toHaveProperty('server');
  });

  test('is named after its file, and finds its CA file beside it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'profile-'));
    try {
      writeFileSync(join(folder, 'ca.pem'), '');
      const file = join(folder, 'my staging.yaml');
      writeFileSync(file, `${SERVER}network: { caFile: ca.pem }\n`);
      const { profile } = await loadProfile(file, { env });
      expect(profile).toMatchObject({ name: 'my-staging', file, network: { caFile: join(folder, 'ca.pem') } });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('that cannot be read is named', async () => {
    const missing = join(tmpdir(), 'no-such-profile.yaml');
    expect(await complaint(loadProfile(missing, { env }))).toBe(
      `${missing}: no such file; write the path of a profile (YAML)`,
    );
    expect(await complaint(loadProfile(tmpdir(), { env }))).toBe(
      `${tmpdir()}: is a folder; write the path of a profile (YAML)`,
    );
  });
});

test.describe('a URL alone', () => {
  test('makes a profile', () => {
    const profile = profileForUrl('https://mcp.example.com:8443/mcp');
    expect(profile).toMatchObject({ name: 'mcp.example.com-8443', authorized: false, secrets: [], tokens: {} });
    expect(profile).not.toHaveProperty('file');
    expect(profileForUrl('https://mcp.example.com/mcp', { active: true }).authorized).toBe(true);
    expect(profileForUrl('http://127.0.0.1:3000/mcp').authorized).toBe(true);
  });

  test('must be one an MCP endpoint can have', () => {
    const wrong = () => profileForUrl('https://a:hunter2@mcp.example.com/mcp');
    expect(wrong).toThrow('The URL of the MCP server has a user name or password; write the URL without them');
  });
});

interface Part {
  readonly $ref?: string;
  readonly type?: unknown;
  readonly description?: string;
  readonly examples?: readonly unknown[];
  readonly additionalProperties?: boolean | Part;
  readonly properties?: Readonly<Record<string, Part>>;
  readonly items?: Part;
  readonly enum?: readonly string[];
  readonly definitions?: Readonly<Record<string, Part>>;
}

test.describe('the schema', () => {
  const root: Part = JSON.parse(readFileSync(join(packageRoot(), 'profiles/profile.schema.json'), 'utf8'));
  const resolved = (part: Part): Part => ({
    ...(part.$ref && root.definitions?.[part.$ref.split('/')[2] ?? '']),
    ...part,
  });
  function* fields(part: Part, path: string): Generator<readonly [path: string, part: Part, own: Part]> {
    yield [path, resolved(part), part];
    const { properties, items, additionalProperties } = resolved(part);
    for (const [name, child] of Object.entries(properties ?? {})) yield* fields(child, `${path}.${name}`);
    if (items) yield* fields(items, `${path}[]`);
    if (typeof additionalProperties === 'object') yield* fields(additionalProperties, `${path}.*`);
  }

  test('describes every field, and lets no unknown one in', () => {
    for (const [path, part, own] of fields(root, 'profile')) {
      expect.soft(own.description ?? resolved(own).description, path).toMatch(/\.$/);
      if (part.type === 'object' || (Array.isArray(part.type) && part.type.includes('object'))) {
        const open = part.additionalProperties !== false && typeof part.additionalProperties !== 'object';
        expect.soft(open, path).toBe(path === 'profile.server.safeTool.arguments');
      }
    }
  });

  test('gives every field an example that it accepts', () => {
    const ajv = new Ajv({ strict: false, validateFormats: false });
    for (const [path, part] of fields(root, 'profile')) {
      expect.soft(part.examples, path).toHaveLength(1);
      const validate = ajv.compile({ ...part, definitions: root.definitions ?? {} });
      expect.soft(validate(part.examples?.[0]), path).toBe(true);
    }
  });

  test('knows the revisions and assurances that the code knows', () => {
    expect(root.properties?.revision?.enum).toEqual(REVISIONS);
    expect(root.properties?.assurance?.enum).toEqual(ASSURANCES);
  });
});

test.describe('the profiles that come along', () => {
  const folder = join(packageRoot(), 'profiles');
  const variables = {
    MCP_URL: 'https://mcp.example.com/mcp',
    MCP_TOKEN: TOKEN,
    MCP_AUDIENCE: 'https://mcp.example.com/',
  };

  for (const name of ['embedded', 'generic', 'auth0']) {
    test(`${name} is valid, and an editor finds its schema`, async () => {
      const file = join(folder, `${name}.yaml`);
      expect(readFileSync(file, 'utf8')).toMatch(/^# yaml-language-server: \$schema=\.\/profile\.schema\.json\n/);
      const { profile } = await loadProfile(file, { env: variables });
      expect(profile).toMatchObject({ name, file });
    });
  }

  test('auth0 stays valid when its last parts are put to use', async () => {
    const text = readFileSync(join(folder, 'auth0.yaml'), 'utf8');
    const [used = '', last = ''] = text.split(/^# Access to the Management[\s\S]*?^#\n/m);
    const whole = `${used}${last.replace(/^# ?/gm, '')}`;
    const names = [...last.matchAll(/\$\{(\w+)\}/g)].map(([, name]) => [name, 'some-value'] as const);
    const env = { ...variables, ...Object.fromEntries(names) };
    const { profile } = await parseProfile(whole, { file: 'auth0.yaml', env });
    expect(profile).toMatchObject({ management: {}, issuer: { expect: 'https://some-value/' } });
  });
});

test('the package knows its folder and version', () => {
  const manifest = JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8'));
  expect(manifest).toMatchObject({ name: 'mcp-auth-conformance', version: packageVersion() });
});
