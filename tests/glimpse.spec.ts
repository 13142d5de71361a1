/** The first request of a journey without the browser: what it tells, what it leaves to the browser, what it writes down. */
import type { RequestListener } from 'node:http';
import type { Visit } from '../fixtures/doors/browser.ts';
import { isGlimpsed } from '../fixtures/doors/browser-glimpse.ts';
import type { Doors } from '../fixtures/doors/doors.ts';
import { parameter, placeOf, placeOfParameter } from '../fixtures/journey.ts';
import { authorizations } from '../fixtures/probes/authorizations.ts';
import { exchangesOf } from '../fixtures/protocol/exchanges.ts';
import { signInDriver } from '../fixtures/sign-in/driver.ts';
import { golden } from '../suites/golden.ts';
import { expect, get, type Lab, targetOf, test } from './door-lab.ts';

const CALLBACK = 'http://127.0.0.1:1/callback';
const CODE = 'SplxlOBeZQQYbYS6WxSbIA';
const COOKIE = 'session-cookie-4be91c77';
const COOKIES = [`sid=${COOKIE}`, 'pin=4711', 'rt=https://mcp.example.com/mcp', 'theme=resource_metadata'];

type Answer = readonly [status: number, location?: string | undefined, body?: string];

function visitTo(url: string, id = 'test/glimpse'): Visit {
  const driver = signInDriver({ signIn: { method: 'none', selectors: {} }, user: undefined });
  const { origin } = new URL(url);
  return { id, asks: 'a request', url, origins: [origin], callbacks: [CALLBACK], session: 'first', driver };
}

/** A site with a session: its cookies are in the browser. */
async function signedIn(lab: Lab, answers: Readonly<Record<string, Answer>>) {
  const cookies = new Map<string, string | undefined>();
  const listener: RequestListener = (request, response) => {
    cookies.set(`${request.headers.host}${request.url}`, request.headers.cookie);
    if (request.url === '/session') response.setHeader('Set-Cookie', COOKIES);
    const [status, location, body = 'a page'] = answers[request.url!] ?? [200];
    response.writeHead(status, { 'Content-Type': 'text/html', ...(location !== undefined && { Location: location }) });
    response.end(body);
  };
  const origin = await lab.serve(listener);
  const doors = lab.open(`${origin}/mcp`);
  await doors.browser.visit(visitTo(`${origin}/session`, 'test/session'));
  return { origin, doors, cookies };
}

const glimpsed = (doors: Doors, url: string) => doors.browser.glimpse(visitTo(url));

test('an answer that leads away, or is an error, is told without the browser', async ({ lab }) => {
  const code = [['code', expect.stringMatching(/^«code .*»$/)]];
  const left = { kind: 'left', to: CALLBACK, query: [], fragment: [], body: [] };
  const told: Readonly<Record<string, { readonly answer: Answer; readonly end: unknown }>> = {
    '/query': { answer: [302, `${CALLBACK}?code=${CODE}`], end: { ...left, query: code } },
    '/fragment': { answer: [303, `${CALLBACK}#code=${CODE}`], end: { ...left, fragment: code } },
    '/both': { answer: [302, `${CALLBACK}?code=${CODE}#_=_`], end: { ...left, query: code, fragment: [['_', '_']] } },
    '/short': { answer: [302, `${CALLBACK}?code=abc`], end: { ...left, query: code } },
    '/error': {
      answer: [400, undefined, '<title>No</title><body>Not &lt;you&gt;'],
      end: { kind: 'page', status: 400, title: 'No', says: 'No Not <you>' },
    },
    '/page': { answer: [200], end: 'page' },
    '/own': { answer: [302, '/sign-in'], end: 'page' },
    '/broken': { answer: [503], end: undefined },
    '/busy': { answer: [429], end: undefined },
  };
  const answers = Object.fromEntries(Object.entries(told).map(([path, { answer }]) => [path, answer]));
  const { origin, doors } = await signedIn(lab, answers);
  for (const [path, { end }] of Object.entries(told)) {
    const glimpse = await glimpsed(doors, `${origin}${path}`);
    expect(glimpse!.end, path).toEqual(end);
    expect(JSON.stringify(glimpse), path).not.toContain(CODE);
  }
});

test('a host that the profile counts among those of the sign-in belongs to the way, for the glimpse as for the tab', async ({
  lab,
}) => {
  const elsewhere = 'https://login.example.com/sign-in';
  const origin = await lab.serve((request, response) => {
    if (request.url === '/session') response.end('a page');
    else response.writeHead(302, { Location: elsewhere }).end();
  });
  const endOf = async (browserHosts: readonly string[]) => {
    const doors = lab.open(`${origin}/mcp`, { target: { network: { browserHosts } } });
    await doors.browser.visit(visitTo(`${origin}/session`, 'test/session'));
    return (await glimpsed(doors, `${origin}/authorize`))!.end;
  };
  expect(await endOf(['login.example.com'])).toBe('page');
  expect(await endOf([])).toMatchObject({ kind: 'left', to: elsewhere });
});

test('cookies go to their host only, and stand in no evidence', async ({ lab }) => {
  const { origin, doors, cookies } = await signedIn(lab, {
    '/echo': [400, undefined, `<body>${COOKIE} resource_metadata="https://mcp.example.com/mcp"`],
  });
  const own = await glimpsed(doors, `${origin}/echo`);
  const other = origin.replace('127.0.0.1', 'localhost');
  await glimpsed(doors, `${other}/echo`);
  expect(cookies.get(`${new URL(origin).host}/echo`)).toBe(COOKIES.join('; '));
  expect(cookies.has(`${new URL(other).host}/echo`)).toBe(true);
  expect(cookies.get(`${new URL(other).host}/echo`)).toBeUndefined();
  const written = JSON.stringify(own);
  for (const kept of [COOKIE, '4711']) expect(written).not.toContain(kept);
  // What anybody writes stays readable where it was not handed out.
  expect(own!.hop.answer!.body).toContain('resource_metadata="https://mcp.example.com/mcp"');
});

test('a word in the place of a code hides that word nowhere else', async ({ lab }) => {
  const { origin, doors } = await signedIn(lab, {
    '/help': [302, 'https://help.example/?code=login_required'],
    '/error': [400, undefined, '{"error":"login_required"}'],
  });
  const { end } = (await glimpsed(doors, `${origin}/help`))!;
  expect(end).toMatchObject({ query: [['code', '«code of test/glimpse»']] });
  expect((await glimpsed(doors, `${origin}/error`))!.hop.answer!.body).toBe('{"error":"login_required"}');
});

test('two values under one label are two secrets', async ({ lab }) => {
  const doors = lab.open('http://127.0.0.1:1/mcp');
  const labels = ['first-0123456789', 'second-0123456789'].map((value) => String(doors.issued('code of x', value)));
  expect(labels).toEqual(['«code of x»', '«code of x 2»']);
  expect(labels.map((label) => doors.concealed(label)?.reveal())).toEqual(['first-0123456789', 'second-0123456789']);
});

test('a place is written as browsers write it', () => {
  const places: Readonly<Record<string, string>> = {
    'https://Client.example:443/cb?a=b#c': 'https://client.example/cb',
    'http://127.0.0.1:8976': 'http://127.0.0.1:8976/',
    'http://[0:0:0:0:0:0:0:1]:8976/cb': 'http://[::1]:8976/cb',
    'https://client.example/Callback': 'https://client.example/Callback',
    'com.Example.app:/callback?x#y': 'com.example.app:/callback',
    'no uri?x': 'no uri',
  };
  for (const [uri, place] of Object.entries(places)) expect(placeOf(uri), uri).toBe(place);
});

test('the answer is what stands in the URL, where the form of a second factor was sent on as well', () => {
  const left = { kind: 'left', to: CALLBACK, fragment: [], body: [['code', '123456']] } as const;
  const refused = { ...left, query: [['error', 'access_denied']] } as const;
  expect([parameter(refused, 'error'), parameter(refused, 'code')]).toEqual(['access_denied', undefined]);
  expect(placeOfParameter({ ...left, query: [] }, 'code')).toBe('body');
});

/** An authorization server that grants whatever it is asked, behind a wall that lets `passing` programs pass. */
async function walled(lab: Lab, passing: number) {
  let seen = 0;
  const origin = await lab.serve((request, response) => {
    const path = request.url!.replace(/\?.*$/, '');
    if (path === '/metadata') {
      const endpoints = { authorization_endpoint: `${origin}/authorize`, token_endpoint: `${origin}/token` };
      response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(endpoints));
    } else if (path === '/token') {
      response.writeHead(400, { 'Content-Type': 'application/json' }).end('{"error":"invalid_grant"}');
    } else if (request.headers['sec-fetch-mode'] === undefined && ++seen > passing) {
      response.writeHead(403).end('Attention Required!');
    } else {
      response.writeHead(302, { Location: `${CALLBACK}?code=${CODE}-${Math.random()}` }).end();
    }
  });
  const changes = {
    clients: { public: { id: 'client', redirectUri: CALLBACK } },
    limits: { budget: 10_000, requestsPerSecond: 100_000 },
  };
  const doors = lab.open(`${origin}/mcp`, { target: changes });
  await doors.browser.visit(visitTo(`${origin}/authorize`, 'test/session'));
  const metadata = await doors.http.ask(get(`${origin}/metadata`));
  const issuerMetadata = { ...golden.issuerMetadata, issuers: [], atServerOrigin: [metadata] as const };
  const captured = await authorizations.capture(doors, targetOf(`${origin}/mcp`, changes), {
    ...golden,
    issuerMetadata,
  });
  if ('skipped' in captured) throw new Error(captured.because);
  return captured;
}

test('trials are told without the browser where the good request gets as far before and after them', async ({
  lab,
}) => {
  const { asked, controlsLight } = await walled(lab, Number.POSITIVE_INFINITY);
  expect(controlsLight.map(({ answer }) => answer!.status)).toEqual([302, 302]);
  expect(asked.filter(({ journey }) => !isGlimpsed(journey))).toEqual([]);
});

test('trials that a wall before the server answered are asked again in the browser', async ({ lab }) => {
  const captured = await walled(lab, 10);
  const { asked, controlsLight } = captured;
  expect(controlsLight.map(({ answer }) => answer!.status)).toEqual([302, 403]);
  expect(asked.filter(({ glimpse }) => glimpse?.answer?.status === 403).length).toBeGreaterThan(30);
  expect(asked.filter(({ journey: { end } }) => end.kind !== 'left')).toEqual([]);
  const ids = exchangesOf(captured).map(({ id }) => id);
  expect(ids.filter((id, at) => ids.indexOf(id) !== at)).toEqual([]);
});
