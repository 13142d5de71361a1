/**
 * The tenant's authorization endpoint and pages: what the documents of OAuth ask of them, and what Auth0 does
 * instead.
 */
import { test as base, expect } from '@playwright/test';
import { openPort } from '../mock-idp/http.ts';
import { worldNetwork } from '../mock-idp/network.ts';
import { REVISIONS, type Setup } from '../mock-idp/setup.ts';
import { matchingTimeStep, oneTimePassword, timeStepAt } from '../mock-idp/tenant/authorization/totp.ts';
import { CONFORMING_TENANT } from '../mock-idp/tenant/behaviour.ts';
import type { Client } from '../mock-idp/tenant/entities.ts';
import { createKeyRing } from '../mock-idp/tenant/keys.ts';
import { CALLBACKS, CLIENTS, conforming, PASSWORD, TOTP_SECRET } from '../mock-idp/tenant/states/conforming.ts';
import { type AuthorizationCode, createStore, type Store } from '../mock-idp/tenant/store.ts';
import { createTenant } from '../mock-idp/tenant/tenant.ts';
import { startWorld } from '../mock-idp/world.ts';
import { type Browser, browse, type Landing, request, signIn, stateOf, textOf } from './sign-in.ts';

interface LabOptions {
  readonly speaks?: Store['plan']['speaks'];
  /** The tenant believes to be behind TLS. */
  readonly isHttps?: boolean;
}

interface Lab {
  readonly issuer: string;
  readonly origin: string;
  readonly resource: string;
  readonly store: Store;
  /** Seconds since the epoch; tests move it. */
  now: number;
}

const test = base.extend<{ start: (options?: LabOptions) => Promise<Lab> }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the fixtures' names from this pattern.
  start: async ({}, use) => {
    const closing: (() => Promise<void>)[] = [];
    await use(async ({ speaks = 'standard', isHttps = false } = {}) => {
      const port = await openPort('127.0.0.1');
      closing.push(() => port.close());
      const origin = `http://127.0.0.1:${port.number}`;
      const setup: Setup = {
        issuer: `${isHttps ? origin.replace('http:', 'https:') : origin}/`,
        revisions: REVISIONS,
        server: {
          url: 'http://127.0.0.1:1/mcp',
          hosts: [],
          origins: [],
          scopes: ['mcp:tools', 'mcp:identity'],
          baseScopes: ['mcp:tools'],
          tools: {},
          tokenProfile: 'rfc9068',
        },
        network: worldNetwork('127.0.0.1'),
        isLaboratory: true,
      };
      const configuration = conforming(setup);
      const store = createStore({ ...configuration, plan: { ...configuration.plan, speaks } });
      const lab: Lab = { issuer: setup.issuer, origin, resource: setup.server.url, store, now: 1_800_000_000 };
      port.serve(
        createTenant({ setup, behaviour: CONFORMING_TENANT, store, keyRing: createKeyRing(), now: () => lab.now }),
      );
      return lab;
    });
    await Promise.all(closing.map((close) => close()));
  },
});

/** RFC 7636 Appendix B. */
const VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
const CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';

const ADA = { username: 'ada@example.com', password: PASSWORD } as const;
const MARY = { username: 'mary@example.com', password: PASSWORD, totp: TOTP_SECRET } as const;

/** `undefined` leaves the parameter out; several values repeat it. */
type Parameters = Readonly<Record<string, string | readonly string[] | undefined>>;

const WEB: Parameters = { client_id: CLIENTS.web, redirect_uri: CALLBACKS.web };

function formOf(lab: Lab, parameters: Parameters = {}): URLSearchParams {
  const all: Parameters = {
    client_id: CLIENTS.native,
    redirect_uri: CALLBACKS.native,
    response_type: 'code',
    code_challenge: CHALLENGE,
    code_challenge_method: 'S256',
    resource: lab.resource,
    scope: 'mcp:tools',
    state: 'a/b c+d',
    ...parameters,
  };
  return new URLSearchParams(
    Object.entries(all).flatMap(([name, value]) => [value ?? []].flat().map((each): [string, string] => [name, each])),
  );
}

const urlOf = (lab: Lab, parameters?: Parameters) => `${lab.origin}/authorize?${formOf(lab, parameters)}`;

const ask = (lab: Lab, parameters?: Parameters, browser: Browser = new Map()) =>
  request(urlOf(lab, parameters), browser);

/** Where an answer leads: an error page, a page of the sign-in, or the client with a code or an error. */
function kindOf(response: Response): string {
  const location = response.headers.get('location');
  if (location === null) return response.status === 400 ? 'page' : String(response.status);
  if (location.startsWith('/')) return location.replace(/\?.*/, '');
  const { searchParams } = new URL(location);
  return searchParams.get('error') ?? (searchParams.has('code') ? 'code' : 'nothing');
}

const SIGN_IN = '/u/login/identifier';

const kind = async (lab: Lab, parameters?: Parameters) => kindOf(await ask(lab, parameters));

const memberOf = async (lab: Lab, name: string, parameters?: Parameters, answers: object = {}) =>
  (await signIn(urlOf(lab, parameters), { ...ADA, now: () => lab.now, ...answers })).searchParams.get(name);

/** The code that a sign-in leads to, as the tenant knows it. */
async function codeOf(lab: Lab, parameters?: Parameters, answers: object = {}): Promise<AuthorizationCode> {
  const value = await memberOf(lab, 'code', parameters, answers);
  return lab.store.codes.get(value ?? '')!;
}

/** Sends forms of one browser by hand, from the authorization request on. */
async function steps(lab: Lab, forms: readonly (readonly [path: string, fields: Readonly<Record<string, string>>])[]) {
  const browser: Browser = new Map();
  const first = await ask(lab, {}, browser);
  const state = new URL(first.headers.get('location')!, lab.origin).searchParams.get('state')!;
  const answers: Response[] = [];
  for (const [path, fields] of forms) {
    answers.push(await request(`${lab.origin}${path}`, browser, new URLSearchParams({ state, ...fields })));
  }
  return { browser, state, answers, last: answers.at(-1)! };
}

const IDENTIFIER = ['/u/login/identifier', { username: ADA.username }] as const;
const WRONG_PASSWORD = ['/u/login/password', { password: 'zq7"><wrong' }] as const;

test.describe('an authorization request', () => {
  test('leads through the pages to a code of this client, user, API, redirect URI and challenge', async ({ start }) => {
    const lab = await start();
    const back = await signIn(urlOf(lab, { nonce: 'n-1' }), ADA);
    expect(`${back.origin}${back.pathname}`).toBe(CALLBACKS.native);
    expect([...back.searchParams.keys()]).toEqual(['code', 'state', 'iss']);
    expect(back.searchParams.get('state')).toBe('a/b c+d');
    expect(back.searchParams.get('iss')).toBe(lab.issuer);
    const value = back.searchParams.get('code')!;
    expect(value.length).toBeGreaterThanOrEqual(22);
    expect(lab.store.codes.get(value)).toEqual({
      code: value,
      authorization: {
        clientId: CLIENTS.native,
        subject: lab.store.users[0]!.user_id,
        audience: lab.resource,
        scope: ['mcp:tools'],
        authTime: lab.now,
        grantType: 'authorization_code',
      },
      redirectUri: CALLBACKS.native,
      challenge: { value: CHALLENGE, method: 'S256' },
      nonce: 'n-1',
      expiresAt: lab.now + 600,
      redeemed: false,
    });
    expect(lab.store.transactions.size).toBe(0);
    expect(lab.store.logs.map(({ type }) => type)).toEqual(['s']);
  });

  test('may come by POST, and by no other method or form (RFC 6749 3.1)', async ({ start }) => {
    const lab = await start();
    const url = `${lab.origin}/authorize`;
    const posted = await fetch(url, { method: 'POST', redirect: 'manual', body: formOf(lab) });
    expect(kindOf(posted)).toBe(SIGN_IN);
    const other = await fetch(url, { method: 'PUT', body: formOf(lab) });
    expect([other.status, other.headers.get('allow')]).toEqual([405, 'GET, HEAD, POST']);
    expect((await fetch(url, { method: 'POST', body: '{}' })).status).toBe(415);
  });

  test('without scope means all of the API’s, which the user sees (RFC 6749 3.3)', async ({ start }) => {
    const lab = await start();
    expect((await codeOf(lab, { scope: undefined })).authorization.scope).toEqual(['mcp:tools', 'mcp:identity']);
  });

  test('is granted what role, API and client allow, and no more', async ({ start }) => {
    const lab = await start();
    lab.store.users[0]!.permissions = { [lab.resource]: ['mcp:tools'] };
    const { authorization } = await codeOf(lab, { scope: 'mcp:identity mcp:tools openid nothing offline_access' });
    expect(authorization.scope).toEqual(['mcp:tools', 'offline_access']);
  });

  test('of a client known by a URL names it by that URL', async ({ start }) => {
    const lab = await start();
    const url = 'https://app.example/client.json';
    const client: Client = {
      ...lab.store.clients[0]!,
      client_id: 'tpc_1',
      name: 'App',
      external_client_id: url,
      external_metadata_created_by: 'admin',
    };
    lab.store.clients.push(client);
    const page = await browse(urlOf(lab, { client_id: url }), { ...ADA, consent: 'deny' });
    expect(page.location?.searchParams.get('error')).toBe('access_denied');
    expect((await codeOf(lab, { client_id: url })).authorization.clientId).toBe('tpc_1');
    expect(await kind(lab, { client_id: 'https://app.example/other.json' })).toBe('page');
  });

  test('of a client known by its document alone makes it one of the tenant’s when a user lets it in', async () => {
    const world = await startWorld();
    try {
      const { tenant, documents, server, issuer } = world;
      tenant.plan.clientDocuments = 'dynamic';
      const { url } = documents.publish(({ url }) => ({
        json: {
          client_id: url,
          client_name: 'Document client',
          redirect_uris: ['https://client.example/cb'],
          grant_types: ['authorization_code'],
          token_endpoint_auth_method: 'none',
        },
      }));
      const lab = { origin: new URL(issuer).origin, resource: server.url } as Lab;
      const parameters = { client_id: url, redirect_uri: 'https://client.example/cb' };
      const known = () => tenant.clients.filter(({ external_client_id }) => external_client_id === url).length;
      await signIn(urlOf(lab, parameters), { ...ADA, consent: 'deny' });
      expect(known()).toBe(0);
      const back = await signIn(urlOf(lab, parameters), ADA);
      expect(back.searchParams.has('code')).toBe(true);
      expect(known()).toBe(1);
    } finally {
      await world.close();
    }
  });

  const refused: readonly (readonly [what: string, parameters: Parameters, kind: string])[] = [
    ['no client', { client_id: undefined }, 'page'],
    ['an empty client', { client_id: '' }, 'page'],
    ['an unknown client', { client_id: 'tpc_unknown' }, 'page'],
    ['two clients', { client_id: [CLIENTS.native, CLIENTS.web] }, 'page'],
    ['a redirect URI of nobody', { redirect_uri: 'https://evil.example/callback' }, 'page'],
    ['a redirect URI of another client', { redirect_uri: CALLBACKS.web }, 'page'],
    ['a redirect URI with a query', { redirect_uri: `${CALLBACKS.native}?a=b` }, 'page'],
    ['a redirect URI with a fragment', { redirect_uri: `${CALLBACKS.native}#a` }, 'page'],
    ['a redirect URI with dot segments', { redirect_uri: 'http://127.0.0.1:33418/x/../callback' }, 'page'],
    ['a redirect URI with user information', { redirect_uri: 'http://127.0.0.1:1@evil.example/callback' }, 'page'],
    ['another loopback name', { redirect_uri: 'http://localhost:33418/callback' }, 'page'],
    ['two redirect URIs', { redirect_uri: [CALLBACKS.native, CALLBACKS.native] }, 'page'],
    ['a port of a web client', { ...WEB, redirect_uri: 'https://client.example:444/callback' }, 'page'],
    ['no response type', { response_type: undefined }, 'invalid_request'],
    ['the implicit response type', { response_type: 'token' }, 'unsupported_response_type'],
    ['a hybrid response type', { response_type: 'code id_token' }, 'unsupported_response_type'],
    ['the fragment as response mode', { response_mode: 'fragment' }, 'invalid_request'],
    ['a repeated parameter', { scope: ['mcp:tools', 'mcp:tools'] }, 'invalid_request'],
    ['a request object', { request: 'e30.e30.' }, 'request_not_supported'],
    ['a request URI', { request_uri: 'https://client.example/r' }, 'request_uri_not_supported'],
    ['no code challenge', { code_challenge: undefined, code_challenge_method: undefined }, 'invalid_request'],
    ['a method without a challenge', { code_challenge: undefined }, 'invalid_request'],
    ['a plain challenge', { code_challenge_method: 'plain' }, 'invalid_request'],
    ['a challenge without a method', { code_challenge_method: undefined }, 'invalid_request'],
    ['a method in lower case', { code_challenge_method: 's256' }, 'invalid_request'],
    ['a short challenge', { code_challenge: 'a'.repeat(42) }, 'invalid_request'],
    ['a long challenge', { code_challenge: 'a'.repeat(129) }, 'invalid_request'],
    ['a challenge of other characters', { code_challenge: `${CHALLENGE}=` }, 'invalid_request'],
    ['no resource', { resource: undefined }, 'invalid_target'],
    ['an unknown resource', { resource: 'https://evil.example/mcp' }, 'invalid_target'],
    ['a resource with a slash more', { resource: 'http://127.0.0.1:1/mcp/' }, 'invalid_target'],
    ['two resources', { resource: ['http://127.0.0.1:1/mcp', 'https://other-api.example'] }, 'invalid_target'],
    ['an API without a grant', { resource: 'https://other-api.example' }, 'unauthorized_client'],
    ['unknown scopes only', { scope: 'admin' }, 'invalid_scope'],
    ['malformed scopes', { scope: 'mcp:tools "' }, 'invalid_scope'],
    ['an audience that is not its resource', { audience: 'https://other-api.example' }, 'invalid_target'],
    ['an unknown audience', { resource: undefined, audience: 'https://evil.example/mcp' }, 'invalid_target'],
    ['an unknown prompt', { prompt: 'always' }, 'invalid_request'],
    ['prompt=none with another', { prompt: 'none login' }, 'invalid_request'],
    ['a max_age that is no number', { max_age: '-1' }, 'invalid_request'],
    ['an unknown connection', { connection: 'github' }, 'invalid_request'],
    ['prompt=none without a session', { prompt: 'none' }, 'login_required'],
  ];
  for (const [what, parameters, expected] of refused) {
    test(`with ${what} is refused: ${expected}`, async ({ start }) => {
      const lab = await start();
      const response = await ask(lab, parameters);
      expect(kindOf(response)).toBe(expected);
      if (expected === 'page') return;
      const { origin, pathname, searchParams } = new URL(response.headers.get('location')!);
      expect(`${origin}${pathname}`).toBe(CALLBACKS.native);
      expect(searchParams.get('state')).toBe('a/b c+d');
      expect(searchParams.get('iss')).toBe(lab.issuer);
      expect(searchParams.get('error_description')).toMatch(/^[\x20-\x21\x23-\x5B\x5D-\x7E]+$/);
      expect(lab.store.transactions.size).toBe(0);
    });
  }

  const served: readonly (readonly [what: string, parameters: Parameters])[] = [
    ['no redirect URI where one is registered', { redirect_uri: undefined }],
    ['another loopback port of a native client (RFC 8252 7.3)', { redirect_uri: 'http://127.0.0.1:50001/callback' }],
    ['parameters that nobody knows (RFC 6749 3.1)', { utm_source: 'x', claims: '{}' }],
    ['empty parameters (RFC 6749 3.1)', { nonce: '', prompt: '' }],
    ['response_mode=query', { response_mode: 'query' }],
    ['audience in the resource’s place', { resource: undefined, audience: 'http://127.0.0.1:1/mcp' }],
    ['audience and resource alike', { audience: 'http://127.0.0.1:1/mcp' }],
  ];
  for (const [what, parameters] of served) {
    test(`with ${what} is served`, async ({ start }) => {
      expect(await kind(await start(), parameters)).toBe(SIGN_IN);
    });
  }

  test('is refused where nothing is left of its scope, before anybody consents (RFC 6749 3.3)', async ({ start }) => {
    const lab = await start();
    lab.store.users[0]!.permissions = { [lab.resource]: ['mcp:tools'] };
    const page = await browse(urlOf(lab, { scope: 'mcp:identity' }), { ...ADA });
    expect(page.paths).not.toContain('/u/consent');
    expect(page.location?.searchParams.get('error')).toBe('invalid_scope');
    expect(lab.store.codes.size).toBe(0);
    const narrowed = await codeOf(lab, { scope: 'mcp:identity mcp:tools' });
    expect(narrowed.authorization.scope).toEqual(['mcp:tools']);
  });

  test('that is wrong ends on a page where a client that nobody vouches for has sent a stranger (RFC 9700 4.11.2)', async ({
    start,
  }) => {
    const lab = await start();
    lab.store.clients[0]!.external_metadata_created_by = 'client';
    const wrong = { resource: 'https://evil.example/mcp' };
    expect(await kind(lab, wrong)).toBe('page');
    expect(await kind(lab, { prompt: 'none' })).toBe('page');
    const browser: Browser = new Map();
    expect(await memberOf(lab, 'error', {}, { browser, consent: 'deny' })).toBe('access_denied');
    expect(kindOf(await ask(lab, wrong, browser))).toBe('invalid_target');
    lab.store.clients[0]!.external_metadata_created_by = 'admin';
    expect(await kind(lab, wrong)).toBe('invalid_target');
  });

  test('leads to no code where the client was deleted, or the user left, while the consent page was open', async ({
    start,
  }) => {
    const lab = await start();
    const agree = { action: 'accept' };
    const atConsent = () => steps(lab, [IDENTIFIER, ['/u/login/password', { password: PASSWORD }]]);
    const consent = ({ browser, state }: Awaited<ReturnType<typeof atConsent>>) =>
      request(`${lab.origin}/u/consent`, browser, new URLSearchParams({ state, ...agree }));
    const left = await atConsent();
    await request(`${lab.origin}/v2/logout`, left.browser);
    expect(kindOf(await consent(left))).toBe('page');
    const deleted = await atConsent();
    lab.store.clients = lab.store.clients.filter(({ client_id }) => client_id !== CLIENTS.native);
    const answer = await consent(deleted);
    expect(kindOf(answer)).toBe('page');
    expect(textOf(await answer.text())).toContain('Unknown client');
    expect(lab.store.codes.size).toBe(0);
  });

  test('is refused without iss where the setting is off', async ({ start }) => {
    const lab = await start();
    lab.store.settings.authorization_response_iss_parameter_supported = false;
    expect(await memberOf(lab, 'iss')).toBeNull();
    expect((await ask(lab, { prompt: 'none' })).headers.get('location')).not.toContain('iss=');
  });

  test('with two states goes back without any', async ({ start }) => {
    const response = await ask(await start(), { state: ['a', 'b'] });
    expect(kindOf(response)).toBe('invalid_request');
    expect(response.headers.get('location')).not.toContain('state=');
  });

  test('is refused where no connection is enabled, or the client has no code grant', async ({ start }) => {
    const lab = await start();
    lab.store.connections[0]!.is_domain_connection = false;
    const { searchParams } = new URL((await ask(lab)).headers.get('location')!);
    expect(searchParams.get('error_description')).toBe('no connections enabled for the client');
    lab.store.clients[0]!.grant_types = ['refresh_token'];
    expect(await kind(lab)).toBe('unauthorized_client');
  });
});

test.describe('as Auth0', () => {
  const speaks = 'auth0';

  test('errors of strict clients stay on a page, a declined consent too', async ({ start }) => {
    const lab = await start({ speaks });
    const page = await browse(urlOf(lab, { resource: 'https://evil.example/' }));
    expect([page.response.status, page.location]).toEqual([400, undefined]);
    expect(textOf(page.text)).toContain('access_denied: Service not found: https://evil.example/');
    const declined = await browse(urlOf(lab), { ...ADA, consent: 'deny' });
    expect(textOf(declined.text)).toContain('access_denied: User did not authorize the request');
  });

  test('errors of clients with redirection_policy allow_always go back', async ({ start }) => {
    const lab = await start({ speaks });
    lab.store.clients[0]!.redirection_policy = 'allow_always';
    expect(await memberOf(lab, 'error', {}, { consent: 'deny' })).toBe('access_denied');
  });

  test('errors of permissive and first-party clients go back', async ({ start }) => {
    const lab = await start({ speaks });
    lab.store.clients[0]!.third_party_security_mode = 'permissive';
    expect(await kind(lab, { prompt: 'none' })).toBe('login_required');
    lab.store.clients[0]!.is_first_party = true;
    lab.store.resourceServers[0]!.subject_type_authorization.user.policy = 'allow_all';
    lab.store.connections[0]!.enabled_clients.push(CLIENTS.native);
    expect(await kind(lab, { prompt: 'none' })).toBe('login_required');
  });

  test('strict clients send listed parameters only', async ({ start }) => {
    const lab = await start({ speaks });
    for (const name of ['claims', 'id_token_hint', 'invitation', 'login_ticket', 'request', 'screen_hint', 'x']) {
      expect(await kind(lab, { [name]: 'x' }), name).toBe('page');
    }
    expect(await kind(lab, { 'ext-tenant': 'x', ui_locales: 'de', max_age: '5' })).toBe(SIGN_IN);
  });

  test('loopback redirect URIs match exactly, with their port', async ({ start }) => {
    expect(await kind(await start({ speaks }), { redirect_uri: 'http://127.0.0.1:50001/callback' })).toBe('page');
  });

  test('PKCE is a must for strict clients, and not for others', async ({ start }) => {
    const lab = await start({ speaks });
    const none = { code_challenge: undefined, code_challenge_method: undefined };
    const page = await browse(urlOf(lab, { ...WEB, ...none }));
    expect(textOf(page.text)).toContain('The PKCE protocol extension is required');
    lab.store.clients.find(({ client_id }) => client_id === CLIENTS.web)!.third_party_security_mode = 'permissive';
    expect(await kind(lab, { ...WEB, ...none })).toBe(SIGN_IN);
    lab.store.clients[0]!.third_party_security_mode = 'permissive';
    expect(await kind(lab, none)).toBe(SIGN_IN);
    expect(await kind(lab, { code_challenge: undefined })).toBe('invalid_request');
  });

  test('resource means nothing beside an audience, and who gets no scope is not told', async ({ start }) => {
    const lab = await start({ speaks });
    const named = { audience: lab.resource, resource: 'https://evil.example/mcp' };
    expect(await kind(lab, named)).toBe(SIGN_IN);
    lab.store.users[0]!.permissions = {};
    expect((await codeOf(lab, named)).authorization.scope).toEqual([]);
  });
});

test.describe('signing in', () => {
  test('asks for the second factor after the password, and takes each code once', async ({ start }) => {
    const lab = await start();
    const answers = { ...MARY, now: () => lab.now };
    const { paths, location } = await browse(urlOf(lab), answers);
    expect([...new Set(paths)]).toEqual([
      '/authorize',
      '/u/login/identifier',
      '/u/login/password',
      '/authorize/resume',
      '/u/mfa-otp-challenge',
      '/u/consent',
    ]);
    expect(location?.searchParams.has('code')).toBe(true);
    const again = await browse(urlOf(lab), answers);
    expect(again.response.status).toBe(400);
    expect(textOf(again.text)).toContain('The code you entered is not valid');
    lab.now += 30;
    expect((await browse(urlOf(lab), answers)).location?.searchParams.has('code')).toBe(true);
  });

  test('opens no session before the second factor', async ({ start }) => {
    const lab = await start();
    const { browser, last } = await steps(lab, [
      ['/u/login/identifier', { username: MARY.username }],
      ['/u/login/password', { password: PASSWORD }],
    ]);
    expect(kindOf(last)).toBe('/authorize/resume');
    expect([...browser.keys()]).toEqual(['did']);
    expect(lab.store.sessions.size).toBe(0);
    expect(await kind(lab, { prompt: 'none' })).toBe('login_required');
  });

  test('one-time passwords are those of RFC 6238, one step early or late', () => {
    // Appendix B, SHA-1: the last six of its eight digits; the secret is "12345678901234567890".
    const secret = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
    const vectors: readonly (readonly [seconds: number, password: string])[] = [
      [59, '287082'],
      [1111111109, '081804'],
      [1111111111, '050471'],
      [1234567890, '005924'],
      [2000000000, '279037'],
      [20000000000, '353130'],
    ];
    for (const [seconds, password] of vectors) {
      expect(oneTimePassword(secret, timeStepAt(seconds))).toBe(password);
      for (const away of seconds > 60 ? [-30, 0, 30] : [0]) {
        expect(matchingTimeStep(secret, password, seconds + away)).toBe(timeStepAt(seconds));
      }
      expect(matchingTimeStep(secret, password, seconds + 90)).toBeUndefined();
    }
  });

  test('says the same of a wrong password and of an unknown user, and shows no password again', async ({ start }) => {
    const lab = await start();
    const { last } = await steps(lab, [IDENTIFIER, WRONG_PASSWORD]);
    expect(last.status).toBe(400);
    const text = await last.text();
    expect(text).not.toContain('zq7');
    expect(text).toContain('id="form-error" role="alert">Wrong email or password.');
    expect(text).toContain('aria-invalid="true" aria-describedby="form-error"');
    const stranger = await steps(lab, [['/u/login/identifier', { username: 'nobody@example.com' }], WRONG_PASSWORD]);
    expect(textOf(await stranger.last.text())).toContain('Wrong email or password.');
    expect(lab.store.logs.map(({ type }) => type)).toEqual(['fp', 'fu']);
  });

  test('is blocked after so many failures, with the right password too', async ({ start }) => {
    const lab = await start();
    lab.store.attackProtection['brute-force-protection'].max_attempts = 3;
    const { last } = await steps(lab, [IDENTIFIER, WRONG_PASSWORD, WRONG_PASSWORD, WRONG_PASSWORD]);
    expect(textOf(await last.text())).toContain('Your account has been blocked');
    const landing = await browse(urlOf(lab), ADA);
    expect(landing.response.status).toBe(429);
    expect(lab.store.logs.at(-1)?.type).toBe('limit_wc');
    lab.store.attackProtection['brute-force-protection'].enabled = false;
    expect((await browse(urlOf(lab), ADA)).location).toBeDefined();
  });

  test('fails in another browser than the one that began (login CSRF)', async ({ start }) => {
    const lab = await start();
    const { state } = await steps(lab, []);
    const url = `${lab.origin}/u/login/identifier?state=${state}`;
    expect((await fetch(url)).status).toBe(400);
    const posted = await fetch(url, { method: 'POST', body: new URLSearchParams({ state, username: ADA.username }) });
    expect(posted.status).toBe(400);
    expect(lab.store.transactions.get(state)?.identifier).toBeUndefined();
  });

  test('ends when its time is over', async ({ start }) => {
    const lab = await start();
    const { browser, state } = await steps(lab, []);
    lab.now += 3600;
    expect((await request(`${lab.origin}/u/login/identifier?state=${state}`, browser)).status).toBe(400);
  });

  test('cannot skip a page', async ({ start }) => {
    const lab = await start();
    const { answers } = await steps(lab, [
      ['/u/consent', { action: 'accept' }],
      ['/u/mfa-otp-challenge', { code: '000000' }],
      ['/u/login/password', { password: PASSWORD }],
      ['/authorize/resume', {}],
    ]);
    expect(answers.slice(0, 3).map(kindOf)).toEqual([SIGN_IN, SIGN_IN, SIGN_IN]);
    expect(lab.store.codes.size).toBe(0);
  });

  test('on one page for both, where the tenant is set so', async ({ start }) => {
    const lab = await start();
    lab.store.prompts = { identifier_first: false };
    const { paths } = await browse(urlOf(lab), ADA);
    expect([...new Set(paths)]).toEqual(['/authorize', '/u/login', '/authorize/resume', '/u/consent']);
  });

  test('login_hint stands in the page, as text', async ({ start }) => {
    const lab = await start();
    const { text } = await browse(urlOf(lab, { login_hint: '"><i>ada' }));
    expect(text).toContain('value="&#34;&#62;&#60;i&#62;ada"');
  });
});

/** What a form sends without being filled in. */
const hiddenFields = (text: string) =>
  new URLSearchParams(
    [...text.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g)].map(
      ([, name, value]): [string, string] => [name!, textOf(value!)],
    ),
  );

test.describe('a session', () => {
  test('spares the user what they said before, but for a loopback redirect', async ({ start }) => {
    const lab = await start();
    const browser: Browser = new Map();
    await signIn(urlOf(lab, WEB), { ...ADA, browser });
    expect(kindOf(await ask(lab, WEB, browser))).toBe('code');
    expect(kindOf(await ask(lab, { ...WEB, prompt: 'none' }, browser))).toBe('code');
    expect(kindOf(await ask(lab, { ...WEB, scope: 'mcp:tools mcp:identity' }, browser))).toBe('/u/consent');
    await signIn(urlOf(lab), { ...ADA, browser });
    const silent = await ask(lab, { prompt: 'none' }, browser);
    expect(kindOf(silent)).toBe('interaction_required');
    const { text } = await browse(urlOf(lab), undefined);
    expect(text).not.toContain('Continue to');
    const page = await request(new URL((await ask(lab, {}, browser)).headers.get('location')!, lab.origin), browser);
    expect(textOf(await page.text())).toContain('Continue to Desktop client?');
    lab.store.settings.skip_non_verifiable_callback_uri_confirmation_prompt = true;
    expect(kindOf(await ask(lab, {}, browser))).toBe('code');
  });

  test('does not answer prompt=login, prompt=consent, nor max_age when it is older', async ({ start }) => {
    const lab = await start();
    const browser: Browser = new Map();
    await signIn(urlOf(lab, WEB), { ...ADA, browser });
    lab.now += 60;
    expect(kindOf(await ask(lab, { ...WEB, prompt: 'login' }, browser))).toBe(SIGN_IN);
    expect(kindOf(await ask(lab, { ...WEB, prompt: 'consent' }, browser))).toBe('/u/consent');
    expect(kindOf(await ask(lab, { ...WEB, max_age: '0' }, browser))).toBe(SIGN_IN);
    expect(kindOf(await ask(lab, { ...WEB, max_age: '59' }, browser))).toBe(SIGN_IN);
    expect(kindOf(await ask(lab, { ...WEB, max_age: '600' }, browser))).toBe('code');
    expect(kindOf(await ask(lab, { ...WEB, max_age: '59', prompt: 'none' }, browser))).toBe('login_required');
    const code = await codeOf(lab, { ...WEB, prompt: 'login' }, { browser });
    expect(code.authorization.authTime).toBe(lab.now);
    lab.now += 604_800;
    expect(kindOf(await ask(lab, WEB, browser))).toBe(SIGN_IN);
  });

  test('has a cookie for this site alone, and a new one at each sign-in', async ({ start }) => {
    const lab = await start();
    const { answers, browser } = await steps(lab, [IDENTIFIER, ['/u/login/password', { password: PASSWORD }]]);
    expect(answers.at(-1)!.headers.getSetCookie()).toEqual([
      expect.stringMatching(/^auth0=[A-Za-z0-9]{32}; Path=\/; HttpOnly; SameSite=Lax$/),
    ]);
    const before = browser.get('auth0');
    await signIn(urlOf(lab, { prompt: 'login' }), { ...ADA, browser });
    expect(browser.get('auth0')).not.toBe(before);
    expect(lab.store.sessions.size).toBe(1);
    const secure = await ask(await start({ isHttps: true }));
    expect(secure.headers.getSetCookie()).toEqual([expect.stringMatching(/; Secure$/)]);
  });

  test('ends at /oidc/logout when the user says so, and at /v2/logout at once', async ({ start }) => {
    const lab = await start();
    const browser: Browser = new Map();
    await signIn(urlOf(lab), { ...ADA, browser });
    const asked = await request(`${lab.origin}/oidc/logout`, browser);
    const form = hiddenFields(await asked.text());
    expect(lab.store.sessions.size).toBe(1);
    await request(`${lab.origin}/oidc/logout`, browser, new URLSearchParams({ confirmation: 'guessed' }));
    expect(lab.store.sessions.size).toBe(1);
    const left = await request(`${lab.origin}/oidc/logout`, browser, form);
    expect(textOf(await left.text())).toContain('You are logged out');
    expect([lab.store.sessions.size, browser.has('auth0')]).toEqual([0, false]);

    const [strict] = lab.store.clients;
    strict!.allowed_logout_urls = ['https://client.example/bye'];
    const logout = `${lab.origin}/v2/logout?${new URLSearchParams({ client_id: CLIENTS.native, returnTo: 'https://client.example/bye' })}`;
    expect((await request(logout, browser)).status).toBe(400);
    strict!.third_party_security_mode = 'permissive';
    expect((await request(logout, browser)).headers.get('location')).toBe('https://client.example/bye');
    expect((await request(logout.replace('bye', 'else'), browser)).status).toBe(400);
  });
});

test.describe('a logout that asks', () => {
  test('goes back to the client with its state once the user has agreed (RP-Initiated Logout 1.0 2)', async ({
    start,
  }) => {
    const lab = await start();
    const bye = 'https://client.example/bye';
    lab.store.clients[0]!.allowed_logout_urls = [bye];
    const browser: Browser = new Map();
    await signIn(urlOf(lab), { ...ADA, browser });
    const query = { client_id: CLIENTS.native, post_logout_redirect_uri: bye, state: 's"1' };
    const asked = await request(`${lab.origin}/oidc/logout?${new URLSearchParams(query)}`, browser);
    expect(asked.headers.get('content-security-policy')).toContain("form-action 'self' https://client.example;");
    const form = hiddenFields(await asked.text());
    expect(Object.fromEntries(form)).toMatchObject(query);
    const left = await request(`${lab.origin}/oidc/logout`, browser, form);
    expect(left.headers.get('location')).toBe(`${bye}?state=s%221`);
    expect(lab.store.sessions.size).toBe(0);
  });
});

test.describe('consent', () => {
  /** Goes on to the consent page, and gives it. */
  async function consentPage(lab: Lab, parameters?: Parameters): Promise<Landing> {
    const browser: Browser = new Map();
    const first = await ask(lab, parameters, browser);
    const state = new URL(first.headers.get('location')!, lab.origin).searchParams.get('state')!;
    for (const [path, fields] of [IDENTIFIER, ['/u/login/password', { password: PASSWORD }] as const]) {
      await request(`${lab.origin}${path}`, browser, new URLSearchParams({ state, ...fields }));
    }
    const response = await request(`${lab.origin}/u/consent?state=${state}`, browser);
    return { response, text: await response.text(), location: undefined, paths: [] };
  }

  test('tells client, scopes in words, and where the answer goes', async ({ start }) => {
    const lab = await start();
    lab.store.resourceServers[0]!.scopes[0]!.description = 'Run the tools';
    lab.store.clients[0]!.external_client_id = 'https://app.example:8443/client.json';
    const { text } = await consentPage(lab, { scope: 'mcp:tools offline_access' });
    for (const words of [
      'Authorize Desktop client',
      'Run the tools mcp:tools',
      'Keep this access while you are away offline_access',
      'You will be sent to 127.0.0.1:33418',
      'any program on this device may claim to be Desktop client',
      'The application is described at app.example:8443',
    ]) {
      expect(textOf(text)).toContain(words);
    }
    expect(text).toMatch(
      /<button type="submit" name="action" value="accept" data-action-button-primary="true">Accept</,
    );
    expect(text).toMatch(/<button type="submit" name="action" value="deny">Decline</);
    expect((await consentPage(lab, WEB)).text).not.toContain('any program');
  });

  test('that is declined is told to the client, once', async ({ start }) => {
    const lab = await start();
    const back = await signIn(urlOf(lab), { ...ADA, consent: 'deny' });
    expect(Object.fromEntries(back.searchParams)).toEqual({
      error: 'access_denied',
      error_description: 'User did not authorize the request',
      state: 'a/b c+d',
      iss: lab.issuer,
    });
    expect([lab.store.transactions.size, lab.store.consents.size, lab.store.codes.size]).toEqual([0, 0, 0]);
  });

  test('is asked of users of third parties, and of first parties whose callback shows nobody', async ({ start }) => {
    const lab = await start();
    lab.store.connections[0]!.enabled_clients.push(CLIENTS.native, CLIENTS.web);
    for (const client of lab.store.clients) client.is_first_party = true;
    lab.store.resourceServers[0]!.subject_type_authorization.user.policy = 'allow_all';
    expect((await browse(urlOf(lab, WEB), ADA)).paths).not.toContain('/u/consent');
    expect((await browse(urlOf(lab), ADA)).paths).toContain('/u/consent');
  });
});

test.describe('pages', () => {
  const FIELDS: readonly (readonly [path: string, field: RegExp])[] = [
    ['/u/login/identifier', /<input id="username" name="username" type="text" [^>]*autocomplete="username"/],
    ['/u/login/identifier', /<input class="hide" type="password" [^>]*aria-hidden="true">/],
    ['/u/login', /<input id="password" name="password" type="password" autocomplete="current-password"/],
  ];
  for (const [path, field] of FIELDS) {
    test(`${path} has ${field.source.slice(0, 40)}… of Universal Login`, async ({ start }) => {
      const lab = await start();
      const { browser, state } = await steps(lab, []);
      const text = await (await request(`${lab.origin}${path}?state=${state}`, browser)).text();
      expect(text).toMatch(field);
      expect(text).toMatch(/<button type="submit" name="action" value="default" data-action-button-primary="true">/);
      expect(text.match(/<h1>/g)).toHaveLength(1);
      expect(text).not.toMatch(/<script|https?:\/\//);
      expect(stateOf(text)).toBe(state);
    });
  }

  test('are sent so that nobody frames, stores, scripts or follows them', async ({ start }) => {
    const lab = await start();
    const { browser, state } = await steps(lab, []);
    for (const path of [`/u/login/identifier?state=${state}`, '/u/elsewhere', '/authorize', '/v2/logout']) {
      const { headers } = await request(`${lab.origin}${path}`, browser);
      expect(headers.get('content-security-policy')).toMatch(
        /^default-src 'none'; style-src 'sha256-[^']+'; form-action 'self'( http:\/\/127\.0\.0\.1:33418)?; base-uri 'none'; frame-ancestors 'none'$/,
      );
      expect(headers.get('x-frame-options')).toBe('DENY');
      expect(headers.get('cache-control')).toBe('no-store');
      expect(headers.get('referrer-policy')).toBe('no-referrer');
      expect(headers.get('content-type')).toBe('text/html; charset=utf-8');
    }
  });

  test('write what a request says as text', async ({ start }) => {
    const { text } = await browse(urlOf(await start(), { client_id: '<img src=x>' }));
    expect(text).toContain('Unknown client: &#60;img src=x&#62;');
  });

  test('lead to a code that buys a token, and to a logout that its ID token allows', async () => {
    const world = await startWorld({ state: 'first-party' });
    try {
      const lab = { origin: new URL(world.issuer).origin, resource: world.server.url } as Lab;
      const browser: Browser = new Map();
      const back = await signIn(urlOf(lab, { scope: 'openid mcp:tools' }), { ...ADA, browser });
      const form = {
        grant_type: 'authorization_code',
        client_id: CLIENTS.native,
        code: back.searchParams.get('code')!,
        redirect_uri: CALLBACKS.native,
        code_verifier: VERIFIER,
      };
      const granted = await fetch(`${lab.origin}/oauth/token`, { method: 'POST', body: new URLSearchParams(form) });
      const tokens = (await granted.json()) as Readonly<Record<string, string>>;
      expect(tokens).toMatchObject({ token_type: 'Bearer', scope: expect.stringContaining('mcp:tools') });
      world.tenant.clients[0]!.allowed_logout_urls = ['https://client.example/bye?a=b'];
      const logout = (hint: string) =>
        request(
          `${lab.origin}/oidc/logout?${new URLSearchParams({ id_token_hint: hint, post_logout_redirect_uri: 'https://client.example/bye?a=b', state: 's' })}`,
          browser,
        );
      expect((await logout(tokens.access_token!)).status).toBe(400);
      const other = new URLSearchParams({ id_token_hint: tokens.id_token!, client_id: CLIENTS.web });
      expect((await request(`${lab.origin}/oidc/logout?${other}`, browser)).status).toBe(400);
      expect(world.tenant.sessions.size).toBe(1);

      const grace: Browser = new Map();
      await signIn(urlOf(lab), { ...ADA, username: 'grace@example.com', browser: grace });
      const silently = { prompt: 'none', id_token_hint: tokens.id_token!, ...WEB };
      expect(kindOf(await ask(lab, silently, grace))).toBe('login_required');
      expect(kindOf(await ask(lab, silently, browser))).toBe('code');
      const answered = { id_token_hint: tokens.id_token! };
      const wrong = await signIn(urlOf(lab, answered), { ...ADA, username: 'grace@example.com', browser: grace });
      expect(wrong.searchParams.get('error')).toBe('login_required');
      const before = world.tenant.sessions.size;
      expect((await logout(tokens.id_token!)).headers.get('location')).toBe('https://client.example/bye?a=b&state=s');
      expect(world.tenant.sessions.size).toBe(before - 1);
    } finally {
      await world.close();
    }
  });

  test('stand at the origin of a server that is its own authorization server too', async () => {
    const world = await startWorld({ state: 'own-authorization-server' });
    try {
      const lab = { origin: new URL(world.issuer).origin, resource: world.server.url } as Lab;
      const back = await signIn(urlOf(lab), ADA);
      expect(back.searchParams.get('iss')).toBe(world.issuer);
    } finally {
      await world.close();
    }
  });
});
