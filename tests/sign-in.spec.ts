/** A browser that signs in: nothing reaches a redirect URI, no secret goes astray, and whatever comes, it ends in time. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Doors } from '../fixtures/doors/doors.ts';
import { type Secret, secret } from '../fixtures/doors/secrets.ts';
import type { Journey, Stopped } from '../fixtures/journey.ts';
import { goodRequest, visitOf } from '../fixtures/probes/authorization/authorize.ts';
import { type Consent, signInDriver } from '../fixtures/sign-in/driver.ts';
import type { SignIn, Target, User } from '../fixtures/target.ts';
import { PASSWORD, TOTP_SECRET } from '../mock-idp/tenant/states/conforming.ts';
import { startWorld } from '../mock-idp/world.ts';
import { certificateFile, expect, type Lab, type TargetChanges, targetOf, test, worldOf } from './door-lab.ts';

const SECRET = 'tr0ub4dor-and-three-7f3a';
const CODE = 'SplxlOBeZQQYbYS6WxSbIA';
const USER: User = { username: 'tester@example.com', password: secret('users.first.password', SECRET) };

/** What stands at a path. */
type Answer = string | ((request: IncomingMessage, response: ServerResponse, body: string) => void);

interface Site {
  readonly origin: string;
  /** "GET /authorize?…" in order. */
  readonly received: readonly string[];
  /** Bodies of what was sent to it. */
  readonly bodies: readonly string[];
}

async function siteOf(lab: Lab, answers: Readonly<Record<string, Answer>> = {}): Promise<Site> {
  const received: string[] = [];
  const bodies: string[] = [];
  const origin = await lab.serve(async (request, response) => {
    received.push(`${request.method} ${request.url}`);
    let body = '';
    for await (const chunk of request) body += chunk;
    if (body !== '') bodies.push(body);
    const answer = answers[new URL(request.url!, 'http://site').pathname];
    response.setHeader('Content-Type', 'text/html; charset=utf-8');
    if (typeof answer === 'function') return answer(request, response, body);
    response.statusCode = answer === undefined ? 404 : 200;
    response.end(answer ?? 'nothing here');
  });
  return { origin, received, bodies };
}

const LOGIN = `<form method="post" action="/login"><input name="username" autocomplete="username">
<input name="password" type="password"><button type="submit">Sign in</button></form>`;

const redirect =
  (to: string, status = 302): Answer =>
  (_request, response) =>
    response.writeHead(status, { Location: to }).end();

/** Of its own: what a run of tests finds in the folder for results it clears. */
const screenshotFolder = () => join(mkdtempSync(join(tmpdir(), 'sign-in-')), 'screenshots');

interface Asked {
  readonly user?: User;
  readonly signIn?: SignIn;
  readonly consent?: Consent;
  readonly callback?: string;
  readonly session?: 'first' | 'new';
  readonly id?: string;
  readonly path?: string;
}

/** A way through the browser, as the probes go it. */
function visit(doors: Doors, origin: string, asked: Asked = {}): Promise<Journey> {
  const { user = USER, signIn = { method: 'form', selectors: {} }, consent = 'accept', path = '/authorize' } = asked;
  doors.bind(user.password, origin);
  return doors.browser.visit({
    id: asked.id ?? 'test/visit',
    asks: 'an authorization request',
    url: `${origin}${path}`,
    origins: [origin],
    callbacks: asked.callback === undefined ? [] : [asked.callback],
    session: asked.session ?? 'first',
    driver: signInDriver({ signIn, user, consent }),
  });
}

function open(lab: Lab, origin: string, target: TargetChanges = {}, screenshots?: string): Doors {
  return lab.open(`${origin}/mcp`, {
    target: { ...target, secrets: [USER.password] },
    ...(screenshots !== undefined && { screenshots }),
  });
}

const QUICK = { limits: { timeoutSeconds: 2 } } as const;

function stopped({ end }: Journey): Stopped {
  expect(end).toMatchObject({ kind: 'stopped' });
  return end as Stopped;
}

async function inSeconds<T>(seconds: number, work: () => Promise<T>): Promise<T> {
  const started = performance.now();
  const result = await work();
  expect((performance.now() - started) / 1000).toBeLessThan(seconds);
  return result;
}

test('nothing reaches a redirect URI, however the browser is sent there', async ({ lab }) => {
  const client = await siteOf(lab);
  const to = `${client.origin}/callback`;
  // The value was learned on the first way that brought it.
  const coded = () => [['code', expect.stringMatching(/^«code of test\/\d+»$/)]];
  const ways: Readonly<Record<string, { readonly answer: Answer; readonly end: Readonly<Record<string, unknown>> }>> = {
    'a redirect': {
      answer: redirect(`${to}?code=${CODE}&state=s`),
      end: { kind: 'left', to, query: [...coded(), ['state', 's']] },
    },
    'a redirect of another status': { answer: redirect(`${to}?code=${CODE}`, 307), end: { kind: 'left', to } },
    'a fragment': { answer: redirect(`${to}#code=${CODE}`), end: { kind: 'left', to, query: [], fragment: coded() } },
    'a query, and a fragment that a proxy appends': {
      answer: redirect(`${to}?code=${CODE}#_=_`),
      end: { kind: 'left', to, query: coded(), fragment: [['_', '_']] },
    },
    'a form that is sent on (status 307)': {
      answer: `<form method="post" action="/sends-on"><input name="name" value="ada"></form>
        <script>document.forms[0].submit()</script>`,
      end: { kind: 'left', to, query: coded(), body: [['name', 'ada']] },
    },
    'a form that a script sends': {
      answer: `<form method="post" action="${to}"><input type="hidden" name="code" value="${CODE}"></form>
        <script>document.forms[0].submit()</script>`,
      end: { kind: 'left', to, query: [], body: coded() },
    },
    'a meta element': {
      answer: `<meta http-equiv="refresh" content="0;url=${to}?code=${CODE}">`,
      end: { kind: 'left', to, query: coded() },
    },
    'a meta element, later': {
      answer: `<meta http-equiv="refresh" content="3;url=${to}?code=${CODE}">You will be redirected`,
      end: { kind: 'left', to, query: coded() },
    },
    'a script': { answer: `<script>location.replace('${to}?code=${CODE}')</script>`, end: { kind: 'left', to } },
    'an app’s own scheme': {
      answer: redirect(`com.example.app:/callback?code=${CODE}`),
      end: { kind: 'left', to: 'com.example.app:/callback', query: coded() },
    },
    'an app’s own scheme, by a script': {
      answer: `<script>location.href = 'com.example.app:/callback?code=${CODE}'</script>`,
      end: { kind: 'left', to: 'com.example.app:/callback', query: coded() },
    },
    'a frame, in which nobody is sent anywhere': {
      answer: `<iframe src="${to}?code=${CODE}"></iframe>`,
      end: { kind: 'page', status: 200 },
    },
    'a pop-up, in which nobody is sent anywhere': {
      answer: `<script>window.open('${to}?code=${CODE}')</script>`,
      end: { kind: 'page', status: 200 },
    },
    'a picture and a request of a script': {
      answer: `<img src="${to}?code=${CODE}"><script>fetch('${to}?code=${CODE}', { mode: 'no-cors' })</script>`,
      end: { kind: 'page', status: 200 },
    },
    'a file to download': {
      answer: (_request, response) =>
        response.writeHead(400, { 'Content-Type': 'application/octet-stream' }).end('no page'),
      end: { kind: 'page', status: 400 },
    },
    'no content': {
      answer: (_request, response) => response.writeHead(204).end(),
      end: { kind: 'page', status: 204 },
    },
    'a scheme that no browser follows': {
      answer: redirect('javascript:alert(1)'),
      end: { kind: 'left', to: 'javascript:alert(1)' },
    },
  };
  const server = await siteOf(lab, {
    ...Object.fromEntries(Object.values(ways).map(({ answer }, at) => [`/authorize-${at}`, answer])),
    '/sends-on': redirect(`${to}?code=${CODE}`, 307),
  });
  const doors = open(lab, server.origin);
  const ends = await Promise.all(
    Object.keys(ways).map(async (way, at) => {
      const { end } = await visit(doors, server.origin, { callback: to, id: `test/${at}`, path: `/authorize-${at}` });
      return [way, end] as const;
    }),
  );
  for (const [way, end] of ends) expect(end, way).toMatchObject(ways[way]!.end);
  expect(client.received).toEqual([]);
  expect(JSON.stringify(ends)).not.toContain(CODE);
});

test.describe('a journey ends with an answer of its own, whatever the one before still does', () => {
  const APP = 'com.example.app:/callback';
  const inLoop = (to: string) => `<script>setInterval(() => location.assign('${to}?state=before'), 25)</script>`;
  const cases: Readonly<Record<string, { readonly before: (to: string) => Answer; readonly isApp?: boolean }>> = {
    // The browser tells of it twice: by the header fields, and by a request that never goes out.
    'a redirect to an app': { before: (to) => redirect(`${to}?state=before`), isApp: true },
    'a page that sends to an app without end': { before: inLoop, isApp: true },
    'a page that sends to a client without end': { before: inLoop },
  };
  for (const [name, { before, isApp = false }] of Object.entries(cases)) {
    test(name, async ({ lab }) => {
      const client = await siteOf(lab);
      const to = isApp ? APP : `${client.origin}/callback`;
      const server = await siteOf(lab, {
        '/before': before(to),
        '/authorize': (request, response) =>
          response.writeHead(302, { Location: `${to}${new URL(request.url!, 'http://as').search}#own` }).end(),
      });
      const doors = open(lab, server.origin);
      for (const at of Array(4).keys()) {
        const first = await visit(doors, server.origin, { callback: to, id: `test/before-${at}`, path: '/before' });
        expect(first.end).toMatchObject({ kind: 'left', to, query: [['state', 'before']] });
        const path = `/authorize?state=${at}`;
        const own = await visit(doors, server.origin, { callback: to, id: `test/${at}`, path });
        expect(own.end).toMatchObject({ kind: 'left', to, query: [['state', `${at}`]], fragment: [['own', '']] });
        expect(own.hops).toMatchObject([{ answer: { status: 302 } }]);
        expect(server.received.at(-1)).toBe(`GET ${path}`);
      }
      expect(client.received).toEqual([]);
    });
  }
});

test('one sign-in by a form after the other leads to an app', async ({ lab }) => {
  const server = await siteOf(lab, { '/authorize': LOGIN, '/login': redirect('com.example.app:/callback?code=1') });
  const doors = open(lab, server.origin, QUICK);
  for (const at of Array(4).keys()) {
    const { end } = await visit(doors, server.origin, { id: `test/${at}` });
    expect(end).toMatchObject({ kind: 'left', to: 'com.example.app:/callback' });
  }
});

test('a redirect URI that shares the origin of the authorization server is not asked either', async ({ lab }) => {
  const server = await siteOf(lab, {
    '/authorize': `<iframe src="/callback?code=1"></iframe><script>
      window.open('/callback?code=2'); setTimeout(() => location.assign('/callback?code=${CODE}'), 300)</script>`,
  });
  const callback = `${server.origin}/callback`;
  const { end } = await visit(open(lab, server.origin), server.origin, { callback });
  expect(end).toMatchObject({ kind: 'left', to: callback, query: [['code', '«code of test/visit»']] });
  expect(server.received).toEqual(['GET /authorize']);
});

test('a user signs in by a form, and no evidence holds the password, a cookie or the code', async ({ lab }) => {
  const cookie = 'session-cookie-4be91c77';
  const server = await siteOf(lab, {
    '/authorize': LOGIN,
    '/login': (_request, response) =>
      response.writeHead(303, { Location: `/consent?echo=${SECRET}`, 'Set-Cookie': `sid=${cookie}; HttpOnly` }).end(),
    '/consent': (request, response) =>
      response.end(`${request.headers.cookie} <form action="/allow"><button name="accept">Allow</button></form>`),
    '/allow': redirect(`http://127.0.0.1:1/callback?code=${CODE}&echo=${cookie}`),
  });
  const journey = await visit(open(lab, server.origin, {}, screenshotFolder()), server.origin, {
    callback: 'http://127.0.0.1:1/callback',
  });
  expect(journey.end).toMatchObject({ kind: 'left', to: 'http://127.0.0.1:1/callback' });
  expect(journey.steps).toEqual(['typed user name and password', 'gave consent']);
  expect(server.bodies).toEqual([`username=tester%40example.com&password=${SECRET}`]);
  const written = JSON.stringify(journey);
  for (const kept of [SECRET, cookie, CODE]) expect(written).not.toContain(kept);
});

test('a redirect URI that a request names is caught, also where the sign-in may go to its host', async ({ lab }) => {
  const asked: string[] = [];
  const client = await siteOf(lab, {
    '/callback': (request, response) => {
      asked.push(request.url!);
      response.end();
    },
  });
  const to = `${client.origin}/callback`;
  const server = await siteOf(lab, { '/authorize': redirect(`${to}?code=${CODE}`) });
  const target = targetOf(`${server.origin}/mcp`, { network: { browserHosts: ['127.0.0.1'] } });
  const known = {
    issuer: server.origin,
    metadata: {},
    origins: [server.origin],
    resource: target.server.url,
    scope: '',
  };
  const as = { ...known, authorizationEndpoint: `${server.origin}/authorize`, tokenEndpoint: `${server.origin}/token` };
  const visit = visitOf(target, as, {
    id: 'test/visit',
    asks: 'an authorization request',
    material: goodRequest(as, { id: 'desktop', redirectUri: 'http://127.0.0.1:1/callback' }),
    parameters: [['redirect_uri', to]],
    client: 'public',
    redeem: [],
  });
  const doors = open(lab, server.origin, { network: { browserHosts: ['127.0.0.1'] } });
  expect((await doors.browser.visit(visit)).end).toMatchObject({ kind: 'left', to });
  expect(asked).toEqual([]);
});

test('consent is refused when it has to be', async ({ lab }) => {
  const server = await siteOf(lab, {
    '/authorize': '<form action="/say"><button name="accept">Allow</button><button name="deny">Deny</button></form>',
    '/say': (request, response) =>
      response.writeHead(302, { Location: `http://127.0.0.1:1/cb?said=${request.url!.slice(5, 9)}` }).end(),
  });
  const { end, steps } = await visit(open(lab, server.origin), server.origin, { consent: 'deny' });
  expect(end).toMatchObject({ kind: 'left', query: [['said', 'deny']] });
  expect(steps).toEqual(['refused consent']);
});

test.describe('what declines consent is found', () => {
  const consent = (deny: string) =>
    `<form action="/say"><button id="yes" name="decision" value="approve">Allow</button>${deny}</form>`;
  const cases: Readonly<Record<string, { readonly deny: string; readonly selectors?: SignIn['selectors'] }>> = {
    'by its value': { deny: '<button name="decision" value="deny">Deny</button>' },
    'by its id': { deny: '<button type="button" id="Reject" onclick="location.href=\'/say?deny\'">No</button>' },
    'by the selector of the profile': {
      deny: '<button name="decision" value="0" class="no">No</button>',
      selectors: { deny: '.no' },
    },
  };
  for (const [name, { deny, selectors }] of Object.entries(cases)) {
    test(name, async ({ lab }) => {
      const said: string[] = [];
      const server = await siteOf(lab, {
        '/authorize': consent(deny),
        '/say': (request, response) => {
          said.push(request.url!);
          response.writeHead(302, { Location: 'http://127.0.0.1:1/cb?error=access_denied' }).end();
        },
      });
      const signIn: SignIn = { method: 'form', selectors: { consent: '#yes', ...selectors } };
      const { steps } = await visit(open(lab, server.origin), server.origin, { consent: 'deny', signIn });
      expect(steps).toEqual(['refused consent']);
      expect(said).toEqual([expect.stringMatching(/deny|decision=(?:deny|0)/)]);
    });
  }

  test('and pressed on no page but the one that asks', async ({ lab }) => {
    const server = await siteOf(lab, { '/authorize': 'Keep a passkey here? <button value="decline">No</button>' });
    const { steps, end } = await visit(open(lab, server.origin), server.origin, { consent: 'deny' });
    expect(steps).toEqual([]);
    expect(end).toMatchObject({ kind: 'page', asks: true });
  });

  test('or is named as what the profile has wrong', async ({ lab }) => {
    const server = await siteOf(lab, { '/authorize': consent('<button>No</button>') });
    const signIn: SignIn = { method: 'form', selectors: { consent: '#yes', deny: '#gone' } };
    const end = stopped(await visit(open(lab, server.origin, QUICK), server.origin, { consent: 'deny', signIn }));
    expect(`${end.because} → ${end.unlock}`).toMatch(
      /^users\.signIn\.selectors\.deny \(#gone\) fits nothing on the page → users\.signIn\.selectors\.deny: /,
    );
  });
});

test.describe('what a sign-in cannot get past ends it in time, with the reason and a picture', () => {
  const cases: Readonly<Record<string, { readonly pages: Readonly<Record<string, Answer>>; readonly why: RegExp }>> = {
    'a wrong password': {
      pages: {
        '/authorize': LOGIN,
        '/login': (_request, response) => response.writeHead(400).end(`wrong user or password ${LOGIN}`),
      },
      why: /^wrong-credentials: the sign-in page came back.*→ users\.first/,
    },
    'a captcha': {
      pages: { '/authorize': `${LOGIN}<div class="h-captcha">I am human</div>` },
      why: /^challenge: .*captcha.*→ .*by-hand$/,
    },
    'a second factor': {
      pages: { '/authorize': '<form>Your code: <input autocomplete="one-time-code"></form>' },
      why: /^second-factor: .*→ users\.first\.totpSecret/,
    },
    'a consent that never ends': {
      pages: {
        '/authorize': redirect('/consent'),
        '/consent': '<form action="/consent"><button name="accept">Allow</button></form>',
      },
      why: /^unknown-page: .*again and again/,
    },
    'a button that something covers': {
      pages: {
        '/authorize': `${LOGIN}<div style="position:fixed;inset:0;background:#eee">We value your privacy</div>`,
      },
      why: /^(?:timeout|unknown-page): /,
    },
    'a page without end': {
      pages: { '/authorize': (_request, response) => void response.write('<p>wait') },
      why: /^timeout: .*no end within 2 s/,
    },
    'no answer at all': { pages: { '/authorize': () => {} }, why: /^timeout: .*no end within 2 s/ },
    'a page that loads itself again': {
      pages: { '/authorize': '<script>setTimeout(() => location.reload(), 100)</script>' },
      why: /^timeout: /,
    },
    'a script that never ends': {
      pages: { '/authorize': '<p>busy</p><script>setTimeout(() => { for (;;); }, 50)</script>' },
      why: /^timeout: /,
    },
    'a circle of redirects': { pages: { '/authorize': redirect('/authorize') }, why: /^unreachable: .*REDIRECTS/ },
    'a form that says nothing': {
      pages: { '/authorize': LOGIN, '/login': (_request, response) => void response.writeHead(200) },
      why: /^timeout: .*after the run typed user name and password/,
    },
    'a server that wants fewer requests': {
      pages: { '/authorize': (_request, response) => response.writeHead(429, { 'Retry-After': '1' }).end('slow down') },
      why: /^not-sent: .*429.*→ limits\.requestsPerSecond/,
    },
  };
  for (const [name, { pages, why }] of Object.entries(cases)) {
    test(name, async ({ lab }) => {
      const screenshots = screenshotFolder();
      const server = await siteOf(lab, pages);
      const doors = open(lab, server.origin, QUICK, screenshots);
      doors.browser.prepare();
      const end = stopped(await inSeconds(10, () => visit(doors, server.origin)));
      expect(`${end.why}: ${end.because} → ${end.unlock}`).toMatch(why);
      if (!['timeout', 'unreachable', 'not-sent'].includes(end.why)) {
        expect(readFileSync(join(screenshots, '..', end.screenshot!)).length).toBeGreaterThan(1000);
      }
    });
  }
});

test.describe('a profile that does not fit the pages is told what of it, and soon', () => {
  const STRICT = LOGIN.replaceAll('<input ', '<input required ');
  const form = (selectors: SignIn['selectors']): SignIn => ({ method: 'form', selectors });
  const cases: Readonly<Record<string, { readonly signIn: SignIn; readonly pages?: string; readonly says: RegExp }>> = {
    'a user name that is looked for elsewhere': {
      signIn: form({ username: '#nothing' }),
      pages: STRICT,
      says: /^users\.signIn\.selectors\.username \(#nothing\) fits nothing on the page → users\.signIn\.selectors\.username: /,
    },
    'a password that is looked for elsewhere': {
      signIn: form({ username: '#nothing', password: '#neither' }),
      says: /^users\.signIn\.selectors\.username \(#nothing\) fits nothing on the page, and users\.signIn\.selectors\.password \(#neither\) fits nothing/,
    },
    'a button that is looked for elsewhere': {
      signIn: form({ submit: 'button.nope' }),
      says: /^users\.signIn\.selectors\.submit \(button\.nope\) fits nothing on the page → users\.signIn\.selectors\.submit: /,
    },
    'a selector that no browser takes': {
      signIn: form({ username: ':is-not', password: ':is-not' }),
      says: /selectors\.password \(:is-not\) fits nothing/,
    },
    'consent that fits the sign-in page': {
      signIn: form({ username: '#nothing', password: '#neither', consent: 'button[type=submit]' }),
      says: /^users\.signIn\.selectors\.consent \(button\[type=submit\]\) fits the page that asks for the password too, .*\(#neither\)/,
    },
    'consent that fits the page of the user name': {
      signIn: form({ username: '#nothing', consent: 'button[type=submit]' }),
      pages: '<form action="/login"><input required name="username"><button type="submit">Next</button></form>',
      says: /^what was taken for consent was pressed, and the page stays .*→ users\.signIn\.selectors\.consent: /,
    },
    'Universal Login that is none': {
      signIn: { method: 'universal-login', selectors: {} },
      pages: '<form>E-mail <input type="email" name="mail"> <input type="password" name="word"></form>',
      says: /^the page is none of Auth0's Universal Login: .*→ users\.signIn\.method: form/,
    },
    'nobody, where somebody is asked': {
      signIn: { method: 'none', selectors: {} },
      says: /asks for a sign-in, and the profile says that it asks nobody → users\.first: .*users\.signIn\.method/,
    },
    'a form of which nothing comes': {
      signIn: form({}),
      pages: LOGIN.replace('<form', '<form onsubmit="return false"'),
      says: /^nothing came of it that the run typed user name and password, .*the page stays as it was → users\.first: /,
    },
  };
  for (const [name, { signIn, pages = LOGIN, says }] of Object.entries(cases)) {
    test(name, async ({ lab }) => {
      const server = await siteOf(lab, { '/authorize': pages });
      const limits = { timeoutSeconds: 6 };
      const end = stopped(
        await inSeconds(6, () => visit(open(lab, server.origin, { limits }), server.origin, { signIn })),
      );
      expect(`${end.because} → ${end.unlock}`).toMatch(says);
      expect(server.received.filter((each) => each.startsWith('POST'))).toEqual([]);
    });
  }

  test('an error page with a field is an error page all the same', async ({ lab }) => {
    const server = await siteOf(lab, {
      '/authorize':
        '<title>Oops</title>Something went wrong <form>Search <input type="text"><button>Go</button></form>',
    });
    expect((await visit(open(lab, server.origin), server.origin)).end).toMatchObject({ kind: 'page', status: 200 });
  });
});

test('a tab that hangs does not spoil the next journey', async ({ lab }) => {
  const server = await siteOf(lab, {
    '/hangs': '<p>busy</p><script>setTimeout(() => { for (;;); }, 50)</script>',
    '/authorize': redirect(`http://127.0.0.1:1/cb?code=${CODE}`),
  });
  const doors = open(lab, server.origin, { limits: { timeoutSeconds: 2, concurrency: 1 } });
  expect(stopped(await visit(doors, server.origin, { path: '/hangs' })).why).toBe('timeout');
  expect((await visit(doors, server.origin, { id: 'test/next' })).end).toMatchObject({ kind: 'left' });
});

test('dialogs, pop-ups and a large page stand in nobody’s way', async ({ lab }) => {
  const server = await siteOf(lab, {
    '/authorize': `<script>alert('hello'); window.open('/pop-up')</script>${LOGIN}${'<p>terms</p>'.repeat(30_000)}`,
    '/login': redirect(`http://127.0.0.1:1/cb?code=${CODE}`),
  });
  const { end, hops } = await visit(open(lab, server.origin), server.origin);
  expect(end).toMatchObject({ kind: 'left' });
  expect(JSON.stringify(hops).length).toBeLessThan(200_000);
});

test('a form that scripts bring late is waited for', async ({ lab }) => {
  const server = await siteOf(lab, {
    '/authorize': '<div id="app"></div><script src="/app.js"></script>',
    '/app.js': (_request, response) => {
      response.setHeader('Content-Type', 'text/javascript');
      const show = `document.getElementById('app').innerHTML = ${JSON.stringify(LOGIN)}`;
      response.end(`fetch('/slow').then(() => setTimeout(() => { ${show} }, 500))`);
    },
    '/slow': (_request, response) => void setTimeout(() => response.end('{}'), 2500),
    '/login': redirect(`http://127.0.0.1:1/cb?code=${CODE}`),
  });
  expect((await visit(open(lab, server.origin), server.origin)).end).toMatchObject({ kind: 'left' });
});

test('credentials are typed on pages of the authorization server and of hosts that are listed, and nowhere else', async ({
  lab,
}) => {
  const other = await siteOf(lab, {
    '/sign-in': LOGIN,
    '/login': redirect(`http://127.0.0.1:1/cb?code=${CODE}`),
  });
  const server = await siteOf(lab, {
    '/authorize': redirect(`${other.origin}/sign-in`),
    '/framed': `<iframe src="${other.origin}/sign-in"></iframe>`,
    '/posts': LOGIN.replace('/login', `${other.origin}/login`),
  });
  const { end } = await visit(open(lab, server.origin), server.origin);
  expect(end).toMatchObject({ kind: 'left', to: `${other.origin}/sign-in` });
  expect(other.received).toEqual([]);

  const posted = await visit(open(lab, server.origin), server.origin, { path: '/posts', id: 'test/posts' });
  expect(posted.end).toMatchObject({
    kind: 'left',
    to: `${other.origin}/login`,
    body: [
      ['username', USER.username],
      ['password', '«users.first.password»'],
    ],
  });
  expect(other.received).toEqual([]);
  expect(JSON.stringify(posted)).not.toContain(SECRET);

  const network = { browserHosts: [new URL(other.origin).host] };
  const doors = open(lab, server.origin, { network });
  expect((await visit(doors, server.origin, { path: '/framed', id: 'test/framed' })).end).toMatchObject({
    kind: 'page',
  });
  expect(other.bodies).toEqual([]);
  expect((await visit(doors, server.origin, { id: 'test/listed' })).end).toMatchObject({ kind: 'left' });
  expect(other.bodies).toEqual([`username=tester%40example.com&password=${SECRET}`]);
});

test('no password is typed on a page that came unencrypted over a public network', async ({ lab }) => {
  const server = await siteOf(lab, { '/authorize': LOGIN });
  const { port } = new URL(server.origin);
  const origin = `http://login.test:${port}`;
  const doors = open(lab, 'https://login.test', { network: worldOf({ 'login.test': ['2d00::99'] }) });
  const end = stopped(await visit(doors, origin));
  expect(end.because).toContain('users.first.password would travel unencrypted');
  expect(server.bodies).toEqual([]);
});

test('pages lead a browser to no host that the other doors may not reach', async ({ lab }) => {
  const inside = await siteOf(lab, { '/secret': 'inside' });
  const network = {
    ...worldOf({ 'login.test': ['2d00::99'], 'inside.test': ['127.0.0.1'] }),
    browserHosts: ['inside.test'],
  };
  const { port } = new URL(inside.origin);
  const server = await siteOf(lab, { '/authorize': redirect(`http://inside.test:${port}/secret`) });
  const doors = open(lab, 'https://login.test', { network });
  const end = stopped(await visit(doors, `http://login.test:${new URL(server.origin).port}`));
  expect(end.why).toBe('not-sent');
  expect(end.because).toContain('inside.test resolves to 127.0.0.1');
  expect(inside.received).toEqual([]);
});

test('a page that shows a secret is not pictured', async ({ lab }) => {
  const screenshots = screenshotFolder();
  const server = await siteOf(lab, {
    '/authorize': LOGIN,
    '/login': (_request, response, body) => response.writeHead(400).end(`${LOGIN}<p>not right: ${body}</p>`),
  });
  const end = stopped(await visit(open(lab, server.origin, {}, screenshots), server.origin));
  expect(end.why).toBe('wrong-credentials');
  expect(end.screenshot).toBeUndefined();
  expect(existsSync(screenshots)).toBe(false);
});

test('a browser that dies in the middle ends the journey, and those after it', async ({ lab }) => {
  let arrived = () => {};
  const isThere = new Promise<void>((resolve) => {
    arrived = resolve;
  });
  const server = await siteOf(lab, { '/authorize': () => arrived() });
  const doors = open(lab, server.origin);
  const before = childrenOf(process.pid);
  const journey = visit(doors, server.origin);
  await isThere;
  for (const child of childrenOf(process.pid)) if (!before.includes(child)) process.kill(child, 'SIGKILL');
  const end = stopped(await inSeconds(5, () => journey));
  expect(end).toMatchObject({ why: 'browser-ended', unlock: expect.stringContaining('once more') });
  expect(stopped(await visit(doors, server.origin, { id: 'test/after' })).why).toBe('browser-ended');
});

function childrenOf(pid: number): readonly number[] {
  const listed = execFileSync('ps', ['-o', 'pid=,comm=', '--ppid', String(pid)], { encoding: 'utf8' });
  return listed
    .split('\n')
    .filter((line) => /chrom|edge/i.test(line))
    .map((line) => Number.parseInt(line, 10));
}

test.describe('certificates', () => {
  const serveTls = (lab: Lab) =>
    lab.listenTls('self-signed', (socket) => {
      const answer = `HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/cb?code=${CODE}\r\nContent-Length: 0\r\n\r\n`;
      socket.once('data', () => socket.end(answer));
    });

  test('an authority of network.caFile is one for the browser too', async ({ lab }) => {
    const { port } = new URL(`https://${await serveTls(lab)}`);
    const network = {
      caFile: certificateFile('self-signed', 'cert'),
      ...worldOf({ 'server.test': ['127.0.0.1'], 'other.test': ['127.0.0.1'] }),
    };
    const doors = open(lab, `https://server.test:${port}`, { network });
    expect((await visit(doors, `https://server.test:${port}`)).end).toMatchObject({ kind: 'left' });
  });

  test('a certificate that the other doors do not take, the browser does not take', async ({ lab }) => {
    const { port } = new URL(`https://${await serveTls(lab)}`);
    const names = worldOf({ 'server.test': ['127.0.0.1'], 'other.test': ['127.0.0.1'] });
    const stranger = open(lab, `https://server.test:${port}`, { network: names });
    expect(stopped(await visit(stranger, `https://server.test:${port}`))).toMatchObject({
      why: 'unreachable',
      because: expect.stringContaining('CERT_AUTHORITY_INVALID'),
      unlock: expect.stringContaining('network.caFile'),
    });
    const network = { caFile: certificateFile('self-signed', 'cert'), ...names };
    const misnamed = open(lab, `https://other.test:${port}`, { network });
    expect(stopped(await visit(misnamed, `https://other.test:${port}`)).why).toBe('unreachable');
  });
});

test.describe('proxies', () => {
  /** A proxy that opens tunnels to loopback, whatever the name. */
  async function proxy() {
    const asked: string[] = [];
    const server = createServer().on('connect', (request, socket, head) => {
      asked.push(request.url!);
      const upstream = connect(Number(request.url!.split(':')[1]), '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        upstream.write(head);
        socket.pipe(upstream).pipe(socket);
      });
      upstream.on('error', () => socket.destroy());
      socket.on('error', () => upstream.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address() as { port: number };
    return { url: `http://127.0.0.1:${address.port}`, asked, close: () => server.close() };
  }

  test('the browser goes through HTTP_PROXY, to what NO_PROXY and loopback are not', async ({ lab }) => {
    const through = await proxy();
    const server = await siteOf(lab, { '/authorize': redirect('http://127.0.0.1:1/cb?code=1') });
    const { port } = new URL(server.origin);
    const network = {
      ...worldOf({ 'login.test': ['10.9.9.9'], 'direct.test': ['10.9.9.8'] }),
      route: () => '10.0.0.1',
    };
    const environment = { HTTP_PROXY: through.url, NO_PROXY: 'direct.test' };
    const at = (name: string, changes: Partial<Target['network']> = {}) =>
      lab.open(`http://${name}:${port}/mcp`, {
        target: { network: { ...network, ...changes }, secrets: [USER.password] },
        environment,
      });

    const proxied = await visit(at('login.test'), `http://login.test:${port}`);
    expect(proxied.end).toMatchObject({ kind: 'left' });
    expect(through.asked).toEqual([`login.test:${port}`]);

    const route = { route: () => '127.0.0.1' };
    const direct = await visit(at('direct.test', route), `http://direct.test:${port}`);
    expect(direct.end).toMatchObject({ kind: 'left' });
    const loopback = lab.open(`${server.origin}/mcp`, { target: { secrets: [USER.password] }, environment });
    expect((await visit(loopback, server.origin)).end).toMatchObject({ kind: 'left' });
    expect(through.asked).toHaveLength(1);
    through.close();
  });

  test('what nobody listens at is said as the other doors say it', async ({ lab }) => {
    const closed = createServer();
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
    const origin = `http://127.0.0.1:${(closed.address() as { port: number }).port}`;
    await new Promise((resolve) => closed.close(resolve));
    const end = stopped(await visit(open(lab, origin), origin));
    expect(end).toMatchObject({ why: 'unreachable', because: expect.stringContaining('refused: nothing listens') });
  });
});

test.describe('one-time codes at a tenant', () => {
  const signedIn = async (lab: Lab, totpSecret?: Secret) => {
    const world = await startWorld();
    const { native } = world.clients;
    const request = new URLSearchParams({
      response_type: 'code',
      client_id: native.id,
      redirect_uri: native.redirectUri,
      scope: world.server.scopes.join(' '),
      resource: world.server.url,
      code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      code_challenge_method: 'S256',
    });
    const password = secret('users.first.password', PASSWORD);
    const user: User = { username: 'mary@example.com', password, ...(totpSecret && { totpSecret }) };
    const { origin } = new URL(world.issuer);
    const doors = open(lab, origin);
    const journey = await visit(doors, origin, {
      user,
      signIn: { method: 'universal-login', selectors: {} },
      callback: native.redirectUri,
      path: `/authorize?${request}`,
    });
    await doors.close();
    await world.close();
    return journey;
  };

  test('with the secret the user signs in', async ({ lab }) => {
    const { end, steps } = await signedIn(lab, secret('users.first.totpSecret', TOTP_SECRET));
    expect(end).toMatchObject({ kind: 'left' });
    expect(steps).toContain('typed the one-time code');
  });

  test('without it, or with a wrong one, the reason is said', async ({ lab }) => {
    expect(stopped(await signedIn(lab))).toMatchObject({
      why: 'second-factor',
      unlock: expect.stringContaining('users.first.totpSecret'),
    });
    const wrong = await signedIn(lab, secret('users.first.totpSecret', 'MFRGGZDFMZTWQ2LKMFRGGZDFMZTWQ2LK'));
    expect(stopped(wrong)).toMatchObject({ why: 'wrong-credentials', unlock: expect.stringContaining('totpSecret') });
  });
});
