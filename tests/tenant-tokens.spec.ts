/** The tenant's token endpoint, revocation and userinfo: what the documents require. */
import { createHash, randomUUID } from 'node:crypto';
import { test as base, expect } from '@playwright/test';
import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, importJWK, jwtVerify, SignJWT } from 'jose';
import { operationRequest } from '../fixtures/protocol/requests.ts';
import type { Client, ResourceServer } from '../mock-idp/tenant/entities.ts';
import { PASSWORD } from '../mock-idp/tenant/states/conforming.ts';
import type { Authorization, AuthorizationCode } from '../mock-idp/tenant/store.ts';
import { publicKeyAsSecret } from '../mock-idp/tenant/tokens/mint.ts';
import { startWorld, type World, type WorldOptions } from '../mock-idp/world.ts';
import { signIn } from './sign-in.ts';

const test = base.extend<{ start: (options?: WorldOptions) => Promise<World> }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the fixtures' names from this pattern.
  start: async ({}, use) => {
    const worlds: World[] = [];
    await use(async (options) => {
      const world = await startWorld(options);
      worlds.push(world);
      return world;
    });
    await Promise.all(worlds.map((world) => world.close()));
  },
});

const ADA = 'auth0|66f0a1b2c3d4e5f600000001';
const OTHER_API = 'https://other-api.example';
/** RFC 7636 Appendix B. */
const VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
const CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';
const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

type Form = Readonly<Record<string, string | undefined>>;
type Headers = Readonly<Record<string, string>>;

interface Answer {
  readonly status: number;
  readonly headers: globalThis.Headers;
  readonly text: string;
  readonly body: Readonly<Record<string, unknown>>;
}

async function read(response: Response): Promise<Answer> {
  const text = await response.text();
  const isJson = response.headers.get('content-type') === 'application/json';
  return { status: response.status, headers: response.headers, text, body: isJson ? JSON.parse(text) : {} };
}

/** A member of `undefined` is left out. */
function formOf(form: Form): URLSearchParams {
  return new URLSearchParams(Object.entries(form).filter((pair): pair is [string, string] => pair[1] !== undefined));
}

async function post(world: World, path: string, body: URLSearchParams | string, headers: Headers = {}) {
  return read(await fetch(`${world.issuer}${path}`, { method: 'POST', body, headers }));
}

function ask(world: World, form: Form, headers: Headers = {}): Promise<Answer> {
  return post(world, 'oauth/token', formOf(form), headers);
}

const basic = (id: string, secret: string): Headers => ({
  Authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`,
});

const now = () => Math.floor(Date.now() / 1000);

/** As the authorization endpoint would, puts down what a user has agreed to. */
function putCode(
  world: World,
  {
    authorization = {},
    ...members
  }: Partial<Omit<AuthorizationCode, 'authorization'>> & {
    readonly authorization?: Partial<Authorization>;
  } = {},
): string {
  const code = members.code ?? randomUUID();
  world.tenant.codes.set(code, {
    code,
    authorization: {
      clientId: world.clients.native.id,
      subject: ADA,
      audience: world.server.url,
      scope: ['mcp:tools', 'offline_access'],
      authTime: now() - 5,
      grantType: 'authorization_code',
      ...authorization,
    },
    redirectUri: world.clients.native.redirectUri,
    challenge: { value: CHALLENGE, method: 'S256' },
    expiresAt: now() + 60,
    redeemed: false,
    ...members,
  });
  return code;
}

function redemption(world: World, code: string, form: Form = {}): Form {
  return {
    grant_type: 'authorization_code',
    client_id: world.clients.native.id,
    code,
    redirect_uri: world.clients.native.redirectUri,
    code_verifier: VERIFIER,
    ...form,
  };
}

function redeem(world: World, code: string, form: Form = {}, headers: Headers = {}): Promise<Answer> {
  return ask(world, redemption(world, code, form), headers);
}

async function refreshTokenOf(world: World, members: Parameters<typeof putCode>[1] = {}): Promise<string> {
  const { body } = await redeem(world, putCode(world, members));
  return String(body.refresh_token);
}

function refresh(world: World, token: string, form: Form = {}): Promise<Answer> {
  return ask(world, {
    grant_type: 'refresh_token',
    client_id: world.clients.native.id,
    refresh_token: token,
    ...form,
  });
}

function machine(world: World, form: Form = {}, headers: Headers = {}): Promise<Answer> {
  const { id, secret } = world.clients.machine;
  return ask(
    world,
    {
      grant_type: 'client_credentials',
      client_id: id,
      client_secret: secret,
      audience: world.server.url,
      scope: 'mcp:tools',
      ...form,
    },
    headers,
  );
}

function assertionClaims(world: World, claims: Readonly<Record<string, unknown>> = {}) {
  const { id } = world.clients.signed;
  return { iss: id, sub: id, aud: world.issuer, iat: now(), exp: now() + 60, jti: randomUUID(), ...claims };
}

async function assertion(world: World, claims: Readonly<Record<string, unknown>> = {}, alg = 'RS256'): Promise<string> {
  const { alg: _, ...privateKey } = world.clients.signed.privateKey;
  return new SignJWT(assertionClaims(world, claims))
    .setProtectedHeader({ alg, kid: privateKey.kid })
    .sign(await importJWK(privateKey, alg));
}

/** The signing client redeems a code of its own. */
function redeemSigned(world: World, client_assertion: string, form: Form = {}): Promise<Answer> {
  const { id, redirectUri } = world.clients.signed;
  const code = putCode(world, { authorization: { clientId: id }, redirectUri });
  return redeem(world, code, {
    client_id: undefined,
    redirect_uri: redirectUri,
    client_assertion_type: ASSERTION_TYPE,
    client_assertion,
    ...form,
  });
}

function revoke(world: World, token: string | undefined, form: Form = {}, headers: Headers = {}): Promise<Answer> {
  return post(world, 'oauth/revoke', formOf({ client_id: world.clients.native.id, token, ...form }), headers);
}

async function userinfo(world: World, token: string): Promise<Answer> {
  return read(await fetch(`${world.issuer}userinfo`, { headers: { Authorization: `Bearer ${token}` } }));
}

function clientOf(world: World, id = world.clients.native.id): Client {
  return world.tenant.clients.find(({ client_id }) => client_id === id)!;
}

function apiOf(world: World): ResourceServer {
  return world.tenant.resourceServers.find(({ identifier }) => identifier === world.server.url)!;
}

/** The native client as one of the company's own, which may have ID tokens. */
function makeFirstParty(world: World): void {
  const client = clientOf(world);
  client.is_first_party = true;
  delete client.third_party_security_mode;
  apiOf(world).subject_type_authorization.user.policy = 'allow_all';
}

const openid = { authorization: { scope: ['openid', 'email', 'mcp:tools'] }, nonce: 'n-0S6_WzA2Mj' };

/** A code for /userinfo alone. */
function putUserinfoCode(world: World, scope: readonly string[] = ['openid', 'email']): string {
  makeFirstParty(world);
  const code = putCode(world, { authorization: { scope } });
  const { audience: _, ...authorization } = world.tenant.codes.get(code)!.authorization;
  world.tenant.codes.set(code, { ...world.tenant.codes.get(code)!, authorization });
  return code;
}

async function verified(world: World, answer: Answer) {
  const keys = createRemoteJWKSet(new URL('.well-known/jwks.json', world.issuer));
  return jwtVerify(String(answer.body.access_token), keys, { issuer: world.issuer, audience: world.server.url });
}

const outcome = ({ status, body }: Answer) => (body.error === undefined ? status : `${status} ${body.error}`);

test.describe('the token endpoint', () => {
  test('answers a code with what RFC 6749 5.1 asks for, and nothing may keep it', async ({ start }) => {
    const world = await start();
    const answer = await redeem(world, putCode(world));
    expect(answer.status).toBe(200);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.headers.get('pragma')).toBe('no-cache');
    expect(answer.body).toEqual({
      access_token: expect.any(String),
      token_type: 'Bearer',
      expires_in: 3600,
      scope: 'mcp:tools offline_access',
      refresh_token: expect.stringMatching(/^[A-Za-z0-9]{45}$/),
    });
    const { payload, protectedHeader } = await verified(world, answer);
    expect(protectedHeader).toEqual({ alg: 'RS256', typ: 'at+jwt', kid: expect.any(String) });
    expect(payload).toEqual({
      iss: world.issuer,
      sub: ADA,
      aud: world.server.url,
      client_id: world.clients.native.id,
      iat: expect.any(Number),
      exp: payload.iat! + 3600,
      jti: expect.any(String),
      scope: 'mcp:tools offline_access',
      permissions: ['mcp:tools', 'mcp:identity'],
    });
  });

  test('gives a token by a real sign-in, which the server accepts', async ({ start }) => {
    const world = await start();
    const url = new URL('/authorize', world.issuer);
    url.search = new URLSearchParams({
      response_type: 'code',
      client_id: world.clients.native.id,
      redirect_uri: world.clients.native.redirectUri,
      code_challenge: CHALLENGE,
      code_challenge_method: 'S256',
      resource: world.server.url,
      scope: 'mcp:tools offline_access',
      state: 's',
    }).toString();
    const back = await signIn(url, { username: 'ada@example.com', password: PASSWORD });
    const answer = await redeem(world, back.searchParams.get('code')!, { resource: world.server.url });
    expect(outcome(answer)).toBe(200);
    const { method, headers, body } = operationRequest('2026-07-28', 'tools/list', {
      id: 'one',
      tool: world.server.safeTool,
    });
    const response = await fetch(world.server.url, {
      method,
      headers: { ...Object.fromEntries(headers), Authorization: `Bearer ${answer.body.access_token}` },
      body,
    });
    expect(response.status).toBe(200);
    const again = await refresh(world, String(answer.body.refresh_token), { scope: 'mcp:tools' });
    expect(again.body).toMatchObject({ scope: 'mcp:tools', refresh_token: expect.any(String) });
  });

  test('and its neighbours may be asked by pages of every origin (Fetch, CORS protocol)', async ({ start }) => {
    const world = await start();
    for (const path of ['oauth/token', 'oauth/revoke', 'oidc/register', 'userinfo']) {
      const headers = { Origin: 'https://client.example', 'Access-Control-Request-Method': 'POST' };
      const preflight = await fetch(`${world.issuer}${path}`, { method: 'OPTIONS', headers });
      expect([preflight.status, preflight.headers.get('access-control-allow-origin')], path).toEqual([204, '*']);
      expect(preflight.headers.get('access-control-allow-methods')).toContain('POST');
      expect(preflight.headers.get('access-control-allow-headers')).toContain('authorization');
      const answer = await fetch(`${world.issuer}${path}`, { method: 'POST' });
      expect(answer.headers.get('access-control-allow-origin'), path).toBe('*');
    }
  });

  test('takes POST and forms only', async ({ start }) => {
    const world = await start();
    const got = await fetch(`${world.issuer}oauth/token`);
    expect([got.status, got.headers.get('allow')]).toEqual([405, 'POST']);
    const json = JSON.stringify(redemption(world, putCode(world)));
    const type = { 'Content-Type': 'application/json' };
    expect(outcome(await post(world, 'oauth/token', json, type))).toBe('400 invalid_request');
    world.tenant.plan.speaks = 'auth0';
    expect(outcome(await post(world, 'oauth/token', json, type))).toBe(200);
    expect(outcome(await post(world, 'oauth/token', '[]', type))).toBe('400 invalid_request');
  });

  const malformed: readonly (readonly [what: string, form: Form, expected: string])[] = [
    ['no grant type', { grant_type: undefined }, '400 invalid_request'],
    ['an empty grant type', { grant_type: '' }, '400 invalid_request'],
    ['no code', { code: undefined }, '400 invalid_request'],
    ['an unknown code', { code: 'unknown' }, '400 invalid_grant'],
    ['no client', { client_id: undefined }, '400 invalid_client'],
    ['an unknown client', { client_id: 'unknown' }, '400 invalid_client'],
    ['the password grant', { grant_type: 'password' }, '400 unsupported_grant_type'],
    ['the implicit grant', { grant_type: 'implicit' }, '400 unsupported_grant_type'],
    ['a device code', { grant_type: 'urn:ietf:params:oauth:grant-type:device_code' }, '400 unsupported_grant_type'],
    ['a grant it has not registered', { grant_type: 'client_credentials' }, '400 unauthorized_client'],
    ['another redirect URI', { redirect_uri: 'http://127.0.0.1:33418/other' }, '400 invalid_grant'],
    ['a wrong verifier', { code_verifier: 'a'.repeat(43) }, '400 invalid_grant'],
    ['no verifier', { code_verifier: undefined }, '400 invalid_grant'],
    ['the challenge as verifier', { code_verifier: CHALLENGE }, '400 invalid_grant'],
    ['another resource', { resource: OTHER_API }, '400 invalid_target'],
  ];
  for (const [what, form, expected] of malformed) {
    test(`refuses ${what} with ${expected}, and the code is still good`, async ({ start }) => {
      const world = await start();
      const code = putCode(world);
      const answer = await redeem(world, code, form);
      expect(outcome(answer)).toBe(expected);
      expect(answer.headers.get('cache-control')).toBe('no-store');
      expect(answer.headers.get('www-authenticate')).toBeNull();
      expect(outcome(await redeem(world, code))).toBe(200);
    });
  }

  test('refuses a repeated parameter, but for resource', async ({ start }) => {
    const world = await start();
    const form = formOf(redemption(world, putCode(world)));
    form.append('resource', world.server.url);
    form.append('resource', world.server.url);
    const twice = new URLSearchParams([...form, ['code_verifier', VERIFIER]]);
    expect(outcome(await post(world, 'oauth/token', twice))).toBe('400 invalid_request');
    expect(outcome(await post(world, 'oauth/token', form))).toBe(200);
  });

  test('redeems a code once, also of two requests at once', async ({ start }) => {
    const world = await start();
    const code = putCode(world);
    const answers = await Promise.all([redeem(world, code), redeem(world, code)]);
    expect(answers.map(outcome).sort()).toEqual([200, '400 invalid_grant']);
    const token = answers.find(({ status }) => status === 200)!.body.refresh_token;
    expect(outcome(await refresh(world, String(token)))).toBe('400 invalid_grant');
  });

  test('asks for a redirect URI where the authorization request had one, and for a verifier where it had a challenge', async ({
    start,
  }) => {
    const world = await start();
    const bare = () => {
      const code = putCode(world);
      const { redirectUri: _, challenge: __, ...rest } = world.tenant.codes.get(code)!;
      world.tenant.codes.set(code, rest);
      return code;
    };
    const nothing = { redirect_uri: undefined, code_verifier: undefined };
    expect(outcome(await redeem(world, bare(), nothing))).toBe(200);
    const unbound = () => {
      const code = putCode(world);
      const { challenge: _, ...rest } = world.tenant.codes.get(code)!;
      world.tenant.codes.set(code, rest);
      return code;
    };
    expect(outcome(await redeem(world, unbound(), nothing))).toBe('400 invalid_grant');
    // OAuth 2.1: the challenge does what the redirect URI was for.
    expect(outcome(await redeem(world, putCode(world), { redirect_uri: undefined }))).toBe(200);
    expect(outcome(await redeem(world, bare(), { redirect_uri: undefined }))).toBe('400 invalid_grant');
    world.tenant.plan.speaks = 'auth0';
    expect(outcome(await redeem(world, putCode(world), { redirect_uri: undefined }))).toBe('403 invalid_grant');
    expect(outcome(await redeem(world, bare(), { redirect_uri: undefined }))).toBe(200);
    const plain = putCode(world, { challenge: { value: VERIFIER, method: 'plain' } });
    expect(outcome(await redeem(world, plain))).toBe(200);
  });

  test('writes refusals in Auth0’s words where it speaks as Auth0', async ({ start }) => {
    const world = await start();
    world.tenant.plan.speaks = 'auth0';
    expect(await redeem(world, 'unknown')).toMatchObject({
      status: 403,
      body: { error: 'invalid_grant', error_description: 'Invalid authorization code' },
    });
    expect(await machine(world, { audience: undefined, resource: world.server.url })).toMatchObject({
      status: 403,
      body: {
        error: 'access_denied',
        error_description: 'No audience parameter was provided, and no default audience has been configured',
      },
    });
    expect(await machine(world, { audience: 'https://"none"' })).toMatchObject({
      status: 403,
      body: { error: 'access_denied', error_description: 'Service not enabled within domain: https://?none?' },
    });
    expect(await machine(world, { audience: OTHER_API })).toMatchObject({
      status: 403,
      body: { error: 'access_denied', error_description: expect.stringContaining('client-grant') },
    });
    expect(outcome(await machine(world, { grant_type: 'password' }))).toBe('403 unauthorized_client');
    expect(outcome(await machine(world, { client_secret: 'wrong' }))).toBe('401 invalid_client');
    expect(outcome(await redeem(world, putCode(world), { resource: OTHER_API }))).toBe(200);
  });

  test('keeps a log of what it gave and refused', async ({ start }) => {
    const world = await start();
    const code = putCode(world);
    const { body } = await redeem(world, code);
    await redeem(world, 'unknown');
    await machine(world);
    await machine(world, { client_secret: 'wrong' });
    const token = String(body.refresh_token);
    await refresh(world, token);
    await refresh(world, 'unknown');
    await refresh(world, token);
    expect(world.tenant.logs.map(({ type }) => type)).toEqual([
      'seacft',
      'feacft',
      'seccft',
      'feccft',
      'sertft',
      'fertft',
      'ferrt',
    ]);
    expect(world.tenant.logs[0]).toMatchObject({ client_id: world.clients.native.id });
  });
});

test.describe('a client', () => {
  test('is told the scheme when it fails by HTTP Basic, and else that the request is bad (RFC 6749 5.2)', async ({
    start,
  }) => {
    const world = await start();
    const { id, secret, redirectUri } = world.clients.web;
    const form = { client_id: undefined, redirect_uri: redirectUri };
    const code = putCode(world, { authorization: { clientId: id }, redirectUri });
    const wrong = await redeem(world, code, form, basic(id, 'wrong'));
    expect(outcome(wrong)).toBe('401 invalid_client');
    expect(wrong.headers.get('www-authenticate')).toMatch(/^Basic /);
    expect(outcome(await redeem(world, code, form, basic(id, secret)))).toBe(200);
  });

  test('authenticates as registered, and in one way', async ({ start }) => {
    const world = await start();
    const { web, native, machine: job } = world.clients;
    const code = putCode(world, { authorization: { clientId: web.id }, redirectUri: web.redirectUri });
    const form = { redirect_uri: web.redirectUri, client_id: web.id };
    expect(outcome(await redeem(world, code, form))).toBe('400 invalid_client');
    expect(outcome(await redeem(world, code, { ...form, client_secret: web.secret }))).toBe('400 invalid_client');
    const both = await redeem(world, code, { ...form, client_secret: web.secret }, basic(web.id, web.secret));
    expect(outcome(both)).toBe('400 invalid_request');
    const other = await redeem(world, code, { ...form, client_id: native.id }, basic(web.id, web.secret));
    expect(outcome(other)).toBe('401 invalid_client');
    expect(outcome(await redeem(world, code, form, { Authorization: 'Basic !' }))).toBe('401 invalid_client');
    expect(outcome(await redeem(world, putCode(world), {}, basic(native.id, '')))).toBe('401 invalid_client');
    const unsure = { client_id: undefined, client_secret: undefined };
    expect(outcome(await machine(world, unsure, basic(job.id, job.secret)))).toBe('401 invalid_client');
  });

  test('by its metadata document is known by its URL, in its tokens too', async ({ start }) => {
    const world = await start();
    const url = 'https://client.example/oauth/client.json';
    clientOf(world).external_client_id = url;
    const answer = await redeem(world, putCode(world), { client_id: url });
    expect(decodeJwt(String(answer.body.access_token)).client_id).toBe(url);
  });

  for (const audience of ['issuer', 'token endpoint']) {
    test(`signs an assertion for the ${audience}, by every algorithm of the list`, async ({ start }) => {
      const world = await start();
      const aud = audience === 'issuer' ? world.issuer : `${world.issuer}oauth/token`;
      for (const alg of ['RS256', 'RS384', 'PS256']) {
        // The key names no algorithm, so that it serves all.
        const client = clientOf(world, world.clients.signed.id);
        const { alg: _, ...key } = client.keys![0]!;
        Object.defineProperty(client, 'keys', { value: [key], configurable: true });
        expect(outcome(await redeemSigned(world, await assertion(world, { aud }, alg)))).toBe(200);
      }
      expect(outcome(await redeemSigned(world, await assertion(world, { aud }, 'RS512')))).toBe('400 invalid_client');
    });
  }

  const badClaims: readonly (readonly [what: string, claims: Readonly<Record<string, unknown>>])[] = [
    ['of another issuer', { iss: 'someone' }],
    ['without an issuer', { iss: undefined }],
    ['for another server', { aud: 'https://other.example/' }],
    ['without an audience', { aud: undefined }],
    ['without an expiry', { exp: undefined }],
    ['that expired', { exp: now() - 120 }],
    ['that is good for an hour', { exp: now() + 3600 }],
    ['of the future', { iat: now() + 600 }],
    ['without an id', { jti: undefined }],
  ];
  for (const [what, claims] of badClaims) {
    test(`is not authenticated by an assertion ${what}`, async ({ start }) => {
      const world = await start();
      expect(outcome(await redeemSigned(world, await assertion(world, claims)))).toBe('400 invalid_client');
    });
  }

  test('uses an assertion once, for itself, and says what it is', async ({ start }) => {
    const world = await start();
    const used = await assertion(world);
    expect(outcome(await redeemSigned(world, used))).toBe(200);
    expect(outcome(await redeemSigned(world, used))).toBe('400 invalid_client');
    const fresh = () => assertion(world);
    const other = { client_id: world.clients.native.id };
    expect(outcome(await redeemSigned(world, await fresh(), other))).toBe('400 invalid_client');
    const typed = { client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:saml2-bearer' };
    expect(outcome(await redeemSigned(world, await fresh(), typed))).toBe('400 invalid_client');
    expect(outcome(await redeemSigned(world, await fresh(), { client_secret: 'x' }))).toBe('400 invalid_request');
    expect(outcome(await redeemSigned(world, 'no assertion'))).toBe('400 invalid_client');
  });

  test('may have its keys at a URL', async ({ start }) => {
    const world = await start();
    const client = clientOf(world, world.clients.signed.id);
    const keys = client.keys;
    const published = world.documents.publish({ json: { keys } });
    Object.defineProperty(client, 'keys', { value: undefined });
    client.jwks_uri = published.url;
    expect(outcome(await redeemSigned(world, await assertion(world)))).toBe(200);
    client.jwks_uri = world.documents.publish({ json: { keys: [world.clients.signed.privateKey] } }).url;
    expect(outcome(await redeemSigned(world, await assertion(world)))).toBe('400 invalid_client');
    client.jwks_uri = world.documents.publish({ redirect: published.url }).url;
    expect(outcome(await redeemSigned(world, await assertion(world)))).toBe('400 invalid_client');
  });

  test('that brought itself may rotate its keys, one that was imported is imported again', async ({ start }) => {
    const world = await start();
    const client = clientOf(world, world.clients.signed.id);
    const [key] = client.keys!;
    const { url, hits } = world.documents.publish({ json: { keys: [key] } });
    Object.defineProperty(client, 'keys', { value: [{ ...key!, kid: 'before' }], writable: true });
    client.jwks_uri = url;
    for (const [by, expected] of [
      ['admin', '400 invalid_client'],
      ['client', 200],
    ] as const) {
      client.external_metadata_created_by = by;
      expect(outcome(await redeemSigned(world, await assertion(world))), by).toBe(expected);
    }
    expect(outcome(await redeemSigned(world, await assertion(world)))).toBe(200);
    expect(hits()).toHaveLength(1);
  });

  test('acts for itself with the scopes of its grant', async ({ start }) => {
    const world = await start();
    const answer = await machine(world, { scope: undefined });
    expect(answer.body).toEqual({
      access_token: expect.any(String),
      token_type: 'Bearer',
      expires_in: 3600,
      scope: 'mcp:tools mcp:identity',
    });
    const { payload } = await verified(world, answer);
    expect(payload).toMatchObject({ sub: `${world.clients.machine.id}@clients`, aud: world.server.url });
    expect(outcome(await machine(world, { scope: 'mcp:tools admin' }))).toBe('400 invalid_scope');
    expect(outcome(await machine(world, { audience: undefined }))).toBe('400 invalid_target');
    expect(outcome(await machine(world, { audience: OTHER_API }))).toBe('400 unauthorized_client');
    const conflict = { audience: world.server.url, resource: OTHER_API };
    expect(outcome(await machine(world, conflict))).toBe('400 invalid_target');
    const several = new URLSearchParams([
      ...formOf({ grant_type: 'client_credentials', client_id: world.clients.machine.id }),
      ['client_secret', world.clients.machine.secret],
      ['resource', world.server.url],
      ['resource', OTHER_API],
    ]);
    expect(outcome(await post(world, 'oauth/token', several))).toBe('400 invalid_target');
  });
});

test.describe('a refresh token', () => {
  test('is rotated, and its reuse ends the family', async ({ start }) => {
    const world = await start();
    const first = await refreshTokenOf(world);
    const answer = await refresh(world, first);
    expect(answer.body.scope).toBe('mcp:tools offline_access');
    const second = String(answer.body.refresh_token);
    expect(second).not.toBe(first);
    expect(outcome(await refresh(world, first))).toBe('400 invalid_grant');
    expect(outcome(await refresh(world, second))).toBe('400 invalid_grant');
  });

  test('may come again within the leeway', async ({ start }) => {
    let time = now();
    const world = await start({ now: () => time });
    clientOf(world).refresh_token.leeway = 10;
    const first = await refreshTokenOf(world);
    const second = String((await refresh(world, first)).body.refresh_token);
    time += 9;
    expect(outcome(await refresh(world, first))).toBe(200);
    expect(outcome(await refresh(world, second))).toBe(200);
    time += 1;
    expect(outcome(await refresh(world, first))).toBe('400 invalid_grant');
  });

  test('expires when the first of its family would have', async ({ start }) => {
    let time = now();
    const world = await start({ now: () => time });
    clientOf(world).refresh_token.token_lifetime = 100;
    const first = await refreshTokenOf(world);
    time += 60;
    const second = String((await refresh(world, first)).body.refresh_token);
    time += 40;
    expect(outcome(await refresh(world, second))).toBe('400 invalid_grant');
    clientOf(world).refresh_token.expiration_type = 'non-expiring';
    const lasting = await refreshTokenOf(world, { expiresAt: time + 60 });
    time += 10_000_000;
    expect(outcome(await refresh(world, lasting))).toBe(200);
  });

  test('stays as it is where the client does not rotate', async ({ start }) => {
    const world = await start();
    clientOf(world).refresh_token.rotation_type = 'non-rotating';
    const token = await refreshTokenOf(world);
    for (const _ of [1, 2]) {
      const answer = await refresh(world, token);
      expect(outcome(answer)).toBe(200);
      expect(answer.body.refresh_token).toBeUndefined();
    }
  });

  test('gives what the user may still give', async ({ start }) => {
    const world = await start();
    const [user] = world.tenant.users;
    const scope = ['mcp:tools', 'mcp:identity', 'offline_access'];
    const first = await refreshTokenOf(world, { authorization: { scope } });
    user!.permissions = { [world.server.url]: ['mcp:tools'] };
    const narrowed = await refresh(world, first);
    expect(narrowed.body.scope).toBe('mcp:tools offline_access');
    user!.permissions = { [world.server.url]: ['mcp:tools', 'mcp:identity'] };
    const widened = await refresh(world, String(narrowed.body.refresh_token));
    expect(widened.body.scope).toBe(scope.join(' '));
    world.tenant.clientGrants = [];
    expect(outcome(await refresh(world, String(widened.body.refresh_token)))).toBe('400 invalid_grant');
  });

  test('gives less scope for once, never more, and its resource only', async ({ start }) => {
    const world = await start();
    const first = await refreshTokenOf(world);
    expect(outcome(await refresh(world, first, { scope: 'mcp:tools mcp:identity' }))).toBe('400 invalid_scope');
    expect(outcome(await refresh(world, first, { resource: OTHER_API }))).toBe('400 invalid_target');
    const narrow = await refresh(world, first, { scope: 'mcp:tools', resource: world.server.url });
    expect(decodeJwt(String(narrow.body.access_token)).scope).toBe('mcp:tools');
    const full = await refresh(world, String(narrow.body.refresh_token));
    expect(full.body.scope).toBe('mcp:tools offline_access');
  });

  test('comes with offline_access only, where the API lets it', async ({ start }) => {
    const world = await start();
    const without = await redeem(world, putCode(world, { authorization: { scope: ['mcp:tools'] } }));
    expect(without.body.refresh_token).toBeUndefined();
    apiOf(world).allow_offline_access = false;
    expect((await redeem(world, putCode(world))).body.refresh_token).toBeUndefined();
  });

  test('belongs to its client', async ({ start }) => {
    const world = await start();
    const { id, secret } = world.clients.web;
    const token = await refreshTokenOf(world);
    const form = { grant_type: 'refresh_token', refresh_token: token };
    expect(outcome(await ask(world, form, basic(id, secret)))).toBe('400 invalid_grant');
    expect(outcome(await refresh(world, token))).toBe(200);
  });
});

test.describe('revocation', () => {
  test('ends the family of a refresh token', async ({ start }) => {
    const world = await start();
    const first = await refreshTokenOf(world);
    const second = String((await refresh(world, first)).body.refresh_token);
    expect(outcome(await revoke(world, second, { token_type_hint: 'access_token' }))).toBe(200);
    expect(outcome(await refresh(world, second))).toBe('400 invalid_grant');
  });

  test('succeeds for what is unknown, and tells of access tokens that they live on (RFC 7009 2.2.1)', async ({
    start,
  }) => {
    const world = await start();
    const opaque = (await redeem(world, putUserinfoCode(world))).body.access_token;
    expect(outcome(await revoke(world, 'unknown'))).toBe(200);
    expect(outcome(await revoke(world, await world.mint({ claims: { exp: now() - 60 } })))).toBe(200);
    expect(outcome(await revoke(world, await world.mint({ key: 'foreign' })))).toBe(200);
    for (const token of [await world.mint(), String(opaque)]) {
      expect(outcome(await revoke(world, token))).toBe('400 unsupported_token_type');
    }
    world.tenant.plan.speaks = 'auth0';
    expect(outcome(await revoke(world, await world.mint()))).toBe(200);
  });

  test('wants a token, a client that is authenticated, and its own token', async ({ start }) => {
    const world = await start();
    const { id, secret } = world.clients.web;
    const token = await refreshTokenOf(world);
    expect(outcome(await revoke(world, undefined))).toBe('400 invalid_request');
    expect(outcome(await revoke(world, token, { client_id: undefined }))).toBe('400 invalid_client');
    expect(outcome(await revoke(world, token, { client_id: id }))).toBe('400 invalid_client');
    const other = await revoke(world, token, { client_id: undefined }, basic(id, secret));
    expect(outcome(other)).toBe('400 invalid_grant');
    expect((await fetch(`${world.issuer}oauth/revoke`)).status).toBe(405);
    expect(outcome(await refresh(world, token))).toBe(200);
  });
});

test.describe('an access token', () => {
  test('of Auth0’s dialects names azp, its grant at a refresh, and userinfo with openid', async ({ start }) => {
    const world = await start();
    makeFirstParty(world);
    apiOf(world).token_dialect = 'access_token';
    const scope = ['openid', 'mcp:tools', 'offline_access'];
    const { body } = await redeem(world, putCode(world, { authorization: { scope } }));
    const token = String(body.access_token);
    expect(decodeProtectedHeader(token)).toMatchObject({ typ: 'JWT' });
    expect(decodeJwt(token)).toEqual({
      iss: world.issuer,
      sub: ADA,
      aud: [world.server.url, `${world.issuer}userinfo`],
      azp: world.clients.native.id,
      iat: expect.any(Number),
      exp: expect.any(Number),
      scope: 'openid mcp:tools offline_access',
    });
    expect(await userinfo(world, token)).toMatchObject({ status: 200, body: { sub: ADA } });
    const refreshed = await refresh(world, String(body.refresh_token), { scope: 'mcp:tools' });
    expect(decodeJwt(String(refreshed.body.access_token))).toMatchObject({
      gty: 'refresh_token',
      aud: world.server.url,
    });
    expect(decodeJwt(String((await machine(world)).body.access_token)).gty).toBe('client-credentials');
  });

  test('of RFC 9068’s form is for one API, and for userinfo too where Auth0 issues it', async ({ start }) => {
    const world = await start();
    makeFirstParty(world);
    const audience = async () => decodeJwt(String((await redeem(world, putCode(world, openid))).body.access_token)).aud;
    expect(await audience()).toBe(world.server.url);
    world.tenant.plan.speaks = 'auth0';
    expect(await audience()).toEqual([world.server.url, `${world.issuer}userinfo`]);
  });

  test('holds permissions where the dialect and RBAC say so', async ({ start }) => {
    const world = await start();
    const permissions = async () => {
      const { body } = await redeem(world, putCode(world));
      return decodeJwt(String(body.access_token)).permissions;
    };
    expect(await permissions()).toEqual(['mcp:tools', 'mcp:identity']);
    apiOf(world).enforce_policies = false;
    expect(await permissions()).toBeUndefined();
    Object.assign(apiOf(world), { enforce_policies: true, token_dialect: 'rfc9068_profile' });
    expect(await permissions()).toBeUndefined();
  });

  for (const alg of ['RS512', 'PS256', 'HS256'] as const) {
    test(`is signed with ${alg} where the API says so`, async ({ start }) => {
      const world = await start();
      const signing_secret = 'a secret of the API and the tenant alone';
      Object.assign(apiOf(world), { signing_alg: alg, signing_secret });
      const token = String((await redeem(world, putCode(world))).body.access_token);
      const options = { algorithms: [alg], audience: world.server.url };
      const { payload } =
        alg === 'HS256'
          ? await jwtVerify(token, new TextEncoder().encode(signing_secret), options)
          : await jwtVerify(token, createRemoteJWKSet(new URL('.well-known/jwks.json', world.issuer)), options);
      expect(payload.sub).toBe(ADA);
    });
  }

  test('is signed by keys that say their algorithm where it is one, and none where there are several', async ({
    start,
  }) => {
    const world = await start();
    const algorithms = async () => {
      const response = await fetch(`${world.issuer}.well-known/jwks.json`);
      const { keys } = (await response.json()) as { readonly keys: readonly { readonly alg?: string }[] };
      return keys.map(({ alg }) => alg);
    };
    expect(await algorithms()).toEqual(['RS256', 'RS256']);
    apiOf(world).signing_alg = 'PS256';
    expect(await algorithms()).toEqual([undefined, undefined]);
    apiOf(world).signing_alg = 'HS256';
    expect(await algorithms()).toEqual(['RS256', 'RS256']);
    world.tenant.settings.flags.remove_alg_from_jwks = true;
    expect(await algorithms()).toEqual([undefined, undefined]);
  });

  test('lives as long as the API says', async ({ start }) => {
    const world = await start();
    apiOf(world).token_lifetime = 120;
    const { body } = await redeem(world, putCode(world));
    const { iat, exp } = decodeJwt(String(body.access_token));
    expect([body.expires_in, exp! - iat!]).toEqual([120, 120]);
  });

  test('is of the issuer whose hostname was asked', async ({ start }) => {
    const world = await start({ state: 'strict' });
    const custom = new URL(world.issuer);
    const canonical = `http://localhost:${custom.port}/`;
    for (const issuer of [world.issuer, canonical]) {
      const { body } = await machine({ ...world, issuer });
      expect(decodeJwt(String(body.access_token)).iss).toBe(issuer);
    }
  });

  test('without an API is opaque, and good at userinfo until its grant ends', async ({ start }) => {
    const world = await start();
    const code = putUserinfoCode(world);
    const { body } = await redeem(world, code);
    const token = String(body.access_token);
    expect(token.split('.')).toHaveLength(5);
    expect(decodeProtectedHeader(token)).toEqual({ alg: 'dir', enc: 'A256GCM', iss: world.issuer });
    expect(await userinfo(world, token)).toMatchObject({
      status: 200,
      body: { sub: ADA, email: 'ada@example.com' },
    });
    await redeem(world, code);
    expect(outcome(await userinfo(world, token))).toBe('401 invalid_token');
  });
});

test.describe('published documents', () => {
  const metadata = async (world: World) =>
    read(await fetch(`${world.issuer}.well-known/oauth-authorization-server`)) as Promise<
      Answer & { readonly body: Readonly<Record<string, string | readonly string[]>> }
    >;

  test('name every endpoint, each of which is there, and the algorithms that are accepted', async ({ start }) => {
    const world = await start();
    const { body } = await metadata(world);
    const endpoints = Object.entries(body).filter(([name]) => name.endsWith('_endpoint') || name === 'jwks_uri');
    expect(endpoints.map(([name]) => name)).toContain('end_session_endpoint');
    for (const [name, url] of endpoints) {
      expect((await fetch(String(url), { redirect: 'manual' })).status, name).not.toBe(404);
    }
    for (const endpoint of ['token', 'revocation']) {
      expect(body).toMatchObject({
        [`${endpoint}_endpoint_auth_methods_supported`]: [
          'none',
          'private_key_jwt',
          'client_secret_basic',
          'client_secret_post',
        ],
        [`${endpoint}_endpoint_auth_signing_alg_values_supported`]: ['RS256', 'RS384', 'PS256'],
      });
    }
  });

  test('may be cached for a while, and by Auth0’s when it does not answer', async ({ start }) => {
    const world = await start();
    const caching = async () =>
      Promise.all(
        ['oauth-authorization-server', 'jwks.json'].map(async (name) =>
          (await fetch(`${world.issuer}.well-known/${name}`)).headers.get('cache-control'),
        ),
      );
    expect(await caching()).toEqual(['public, max-age=15', 'public, max-age=15']);
    world.tenant.plan.speaks = 'auth0';
    const auth0 = 'public, max-age=15, stale-while-revalidate=15, stale-if-error=86400';
    expect(await caching()).toEqual([auth0, auth0]);
  });
});

test.describe('userinfo', () => {
  test('answers by RFC 6750: without an error where no token came, with one for a bad one', async ({ start }) => {
    const world = await start();
    const bare = await fetch(`${world.issuer}userinfo`);
    expect([bare.status, bare.headers.get('www-authenticate')]).toEqual([401, 'Bearer realm="tenant"']);
    const api = await redeem(world, putCode(world));
    for (const token of ['nonsense', 'a.b.c.d.e', String(api.body.access_token)]) {
      const answer = await userinfo(world, token);
      expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="tenant", error="invalid_token"');
      expect(answer.status).toBe(401);
    }
    const { body } = await redeem(world, putUserinfoCode(world, ['email']));
    const short = await userinfo(world, String(body.access_token));
    expect(short.headers.get('www-authenticate')).toBe(
      'Bearer realm="tenant", error="insufficient_scope", scope="openid"',
    );
    expect(short.status).toBe(403);
    expect((await fetch(`${world.issuer}userinfo`, { method: 'PUT' })).status).toBe(405);
  });
});

test.describe('an ID token', () => {
  test('says who signed in, to whom, and for which request', async ({ start }) => {
    const world = await start();
    makeFirstParty(world);
    const { body } = await redeem(world, putCode(world, openid));
    const keys = createRemoteJWKSet(new URL('.well-known/jwks.json', world.issuer));
    const { payload } = await jwtVerify(String(body.id_token), keys);
    const half = createHash('sha256').update(String(body.access_token)).digest().subarray(0, 16);
    expect(payload).toEqual({
      iss: world.issuer,
      sub: ADA,
      aud: world.clients.native.id,
      iat: expect.any(Number),
      exp: payload.iat! + 3600,
      nonce: openid.nonce,
      auth_time: expect.any(Number),
      at_hash: half.toString('base64url'),
      email: 'ada@example.com',
    });
  });

  test('comes with openid only, and to no strict third party', async ({ start }) => {
    const world = await start();
    expect((await redeem(world, putCode(world, openid))).body.id_token).toBeUndefined();
    makeFirstParty(world);
    expect((await redeem(world, putCode(world))).body.id_token).toBeUndefined();
  });
});

test.describe('Auth0’s own first party', () => {
  test('signs in without an API, and gets what userinfo and the client can read', async ({ start }) => {
    const world = await start({ state: 'first-party' });
    const { native } = world.clients;
    const url = new URL('/authorize', world.issuer);
    url.search = new URLSearchParams({
      response_type: 'code',
      client_id: native.id,
      redirect_uri: native.redirectUri,
      code_challenge: CHALLENGE,
      code_challenge_method: 'S256',
      scope: 'openid profile email',
      nonce: 'n',
      state: 's',
    }).toString();
    const back = await signIn(url, { username: 'ada@example.com', password: PASSWORD });
    const { body } = await redeem(world, back.searchParams.get('code')!);
    expect(body.expires_in).toBe(86_400);
    expect(decodeJwt(String(body.id_token))).toMatchObject({
      aud: native.id,
      nonce: 'n',
      name: 'Ada',
      iss: world.issuer,
    });
    expect((await userinfo(world, String(body.access_token))).body).toEqual({
      sub: ADA,
      name: 'Ada',
      email: 'ada@example.com',
    });
  });

  test('names each client that acts for itself by its dialect', async ({ start }) => {
    const world = await start({ state: 'auth0-defaults' });
    const claims = decodeJwt(String((await machine(world)).body.access_token));
    expect(claims).toMatchObject({ azp: world.clients.machine.id, gty: 'client-credentials' });
    expect(claims.jti).toBeUndefined();
  });
});

test.describe('a minted token', () => {
  test('may be one that a server must refuse', async ({ start }) => {
    const world = await start();
    const keys = createRemoteJWKSet(new URL('.well-known/jwks.json', world.issuer));
    const published = async (token: string) => jwtVerify(token, keys).then(({ payload }) => payload.sub);
    expect(await published(await world.mint())).toBe(ADA);
    expect(await published(await world.mint({ key: 'next' }))).toBe(ADA);
    await expect(published(await world.mint({ key: 'foreign' }))).rejects.toThrow('signature verification failed');
    await expect(published(await world.mint({ signature: 'broken' }))).rejects.toThrow('signature verification failed');
    expect(await world.mint({ header: { alg: 'none' } })).toMatch(/^[^.]+\.[^.]+\.$/);
    const response = await fetch(`${world.issuer}.well-known/jwks.json`);
    const [key] = ((await response.json()) as { keys: { kid: string }[] }).keys;
    const mac = await jwtVerify(await world.mint({ header: { alg: 'HS256' } }), await publicKeyAsSecret(key!));
    expect(mac.protectedHeader.kid).toBe(key!.kid);
    await expect(world.mint({ header: { alg: 'ES256' } })).rejects.toThrow();
  });
});
