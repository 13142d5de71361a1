/** The embedded world keeps the rules it is a yardstick for, and each of its faults is a world that answers. */
import { request as requestOverTls } from 'node:https';
import { connect } from 'node:net';
import { test as base, expect } from '@playwright/test';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { parameter, parseChallenges } from '../fixtures/protocol/challenges.ts';
import { type OperationName, operationRequest } from '../fixtures/protocol/requests.ts';
import { REVISIONS, type Revision } from '../fixtures/protocol/revisions.ts';
import { FAULTS, replacedBehaviours } from '../mock-idp/faults/index.ts';
import { startWorld, type World, type WorldOptions } from '../mock-idp/world.ts';

type Headers = Readonly<Record<string, string>>;

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

const SESSION_REVISIONS = REVISIONS.filter((revision) => revision < '2026-07-28');

function ask(world: World, revision: Revision, operation: OperationName, headers: Headers = {}): Promise<Response> {
  const request = operationRequest(revision, operation, { id: 'one', tool: world.server.safeTool });
  return fetch(world.server.url, {
    method: request.method,
    headers: { ...Object.fromEntries(request.headers), ...headers },
    body: request.body,
  });
}

async function bearer(world: World, claims: Readonly<Record<string, unknown>> = {}): Promise<Headers> {
  return { Authorization: `Bearer ${await world.mint({ claims })}` };
}

/** The JSON-RPC result, from a JSON body or from the one event of a stream. */
async function resultOf(response: Response): Promise<Record<string, unknown>> {
  const text = await response.text();
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream');
  const message = JSON.parse(isStream ? /^data: (.*)$/m.exec(text)![1]! : text);
  expect(message.error).toBeUndefined();
  return message.result;
}

function challengeOf(response: Response): Record<string, string | undefined> {
  const { challenges, problems } = parseChallenges([response.headers.get('www-authenticate') ?? '']);
  expect(problems).toEqual([]);
  expect(challenges.map(({ scheme }) => scheme)).toEqual(['Bearer']);
  const names = ['error', 'error_description', 'resource_metadata', 'scope'];
  return Object.fromEntries(names.map((name) => [name, parameter(challenges[0]!, name)]));
}

/** Sends bytes that HTTP clients refuse to send, and gives the answer's head. */
function sendRaw(world: World, request: string): Promise<string> {
  const { hostname, port } = new URL(world.server.url);
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(Number(port), hostname, () => socket.write(`${request}\r\nConnection: close\r\n\r\n`));
    socket.on('data', (chunk) => {
      answer += chunk;
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(answer));
  });
}

/** The status of a URL under a public name of the world. */
function askByName(world: World, url: string, method = 'GET'): Promise<number | undefined> {
  const { hostname: servername, host, port, pathname: path } = new URL(url);
  const { ca } = world.network;
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, path, method, headers: { host }, servername, ...(ca && { ca }) };
    requestOverTls(options, (response) => resolve(response.resume().statusCode))
      .on('error', reject)
      .end();
  });
}

function metadataUrl(world: World): string {
  const { origin, pathname } = new URL(world.server.url);
  return `${origin}/.well-known/oauth-protected-resource${pathname}`;
}

test.describe('without a token', () => {
  for (const revision of REVISIONS) {
    const operation = revision === '2026-07-28' ? 'server/discover' : 'initialize';
    test(`${operation} in ${revision} is answered with 401 and a Bearer challenge without error`, async ({ start }) => {
      const world = await start();
      const response = await ask(world, revision, operation);
      expect(response.status).toBe(401);
      expect(challengeOf(response)).toEqual({ resource_metadata: metadataUrl(world), scope: 'mcp:tools' });
      expect(response.headers.get('content-type')).toBe('application/json');
    });
  }

  test('a tool call is told the scopes of that tool', async ({ start }) => {
    const world = await start();
    const { headers, body } = operationRequest('2026-07-28', 'tools/call', {
      id: 'one',
      tool: { name: 'whoami', arguments: {} },
    });
    const response = await fetch(world.server.url, { method: 'POST', headers: Object.fromEntries(headers), body });
    expect(challengeOf(response).scope).toBe('mcp:tools mcp:identity');
  });

  test('another scheme and an empty Bearer bring no token', async ({ start }) => {
    const world = await start();
    for (const value of ['Basic Og==', 'Bearer']) {
      const response = await ask(world, '2026-07-28', 'tools/list', { Authorization: value });
      expect(response.status).toBe(401);
      expect(challengeOf(response).error).toBeUndefined();
    }
  });

  test('a token in the query is none', async ({ start }) => {
    const world = await start();
    const response = await fetch(`${world.server.url}?access_token=${await world.mint()}`, { method: 'POST' });
    expect(response.status).toBe(401);
    expect(challengeOf(response).error).toBeUndefined();
  });
});

test.describe('a token', () => {
  const bad: readonly (readonly [what: string, overrides: NonNullable<Parameters<World['mint']>[0]>])[] = [
    ['that expired', { claims: { exp: 1_700_000_000 } }],
    ['without an expiry', { claims: { exp: undefined } }],
    ['for another audience', { claims: { aud: 'https://other.example/mcp' } }],
    ['of another issuer', { claims: { iss: 'https://other.example/' } }],
    ['that is no access token by its type', { header: { typ: 'JWT' } }],
    ['of an unknown key', { header: { kid: 'unknown' } }],
  ];
  for (const [what, overrides] of bad) {
    test(`${what} is answered with 401 and invalid_token`, async ({ start }) => {
      const world = await start();
      const authorization = `Bearer ${await world.mint(overrides)}`;
      const response = await ask(world, '2026-07-28', 'tools/list', { Authorization: authorization });
      expect(response.status).toBe(401);
      expect(challengeOf(response)).toEqual({
        error: 'invalid_token',
        error_description: expect.stringContaining('access token'),
        resource_metadata: metadataUrl(world),
        scope: 'mcp:tools',
      });
    });
  }

  test('with too little scope is answered with 403 and insufficient_scope', async ({ start }) => {
    const world = await start();
    const response = await ask(world, '2026-07-28', 'tools/list', await bearer(world, { scope: 'mcp:identity' }));
    expect(response.status).toBe(403);
    expect(challengeOf(response)).toMatchObject({
      error: 'insufficient_scope',
      resource_metadata: metadataUrl(world),
      scope: 'mcp:tools',
    });
  });

  test('outside the grammar is answered with 400 and invalid_request', async ({ start }) => {
    const world = await start();
    const response = await ask(world, '2026-07-28', 'tools/list', { Authorization: 'Bearer "quoted"' });
    expect(response.status).toBe(400);
    expect(challengeOf(response).error).toBe('invalid_request');
  });

  test('in two Authorization fields is answered with 400 and invalid_request', async ({ start }) => {
    const world = await start();
    const field = `Authorization: Bearer ${await world.mint()}`;
    const head = `POST /mcp HTTP/1.1\r\nHost: ${new URL(world.server.url).host}\r\nContent-Length: 0`;
    const answer = await sendRaw(world, `${head}\r\n${field}\r\n${field}`);
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toContain('error="invalid_request"');
  });

  test('is taken whatever the case of the scheme', async ({ start }) => {
    const world = await start();
    const token = await world.mint();
    for (const scheme of ['bearer', 'BEARER']) {
      const headers = { Authorization: `${scheme} ${token}` };
      expect((await ask(world, '2026-07-28', 'tools/list', headers)).status).toBe(200);
    }
  });
});

test.describe('in 2026-07-28', () => {
  test('server/discover, tools/list and tools/call answer', async ({ start }) => {
    const world = await start();
    const token = await bearer(world);
    const discovered = await resultOf(await ask(world, '2026-07-28', 'server/discover', token));
    expect(discovered.supportedVersions).toEqual(['2026-07-28']);
    const { tools } = await resultOf(await ask(world, '2026-07-28', 'tools/list', token));
    expect((tools as { name: string }[]).map(({ name }) => name)).toEqual(Object.keys(world.server.tools));
    const { content } = await resultOf(await ask(world, '2026-07-28', 'tools/call', token));
    expect(content).toEqual([{ type: 'text', text: 'hello' }]);
  });

  test('whoami tells whose token it is, to a token with the scope for it', async ({ start }) => {
    const world = await start();
    const { headers, body } = operationRequest('2026-07-28', 'tools/call', {
      id: 'one',
      tool: { name: 'whoami', arguments: {} },
    });
    const call = async (claims: Readonly<Record<string, unknown>>) =>
      fetch(world.server.url, {
        method: 'POST',
        headers: { ...Object.fromEntries(headers), ...(await bearer(world, claims)) },
        body,
      });
    const { content } = await resultOf(await call({ sub: 'auth0|ada' }));
    expect(content).toEqual([{ type: 'text', text: 'auth0|ada' }]);
    const refused = await call({ scope: 'mcp:tools' });
    expect(refused.status).toBe(403);
    expect(challengeOf(refused).scope).toBe('mcp:tools mcp:identity');
  });

  test('alone, GET and DELETE are answered with 405 once the caller is known', async ({ start }) => {
    const world = await start({ revisions: ['2026-07-28'] });
    for (const method of ['GET', 'DELETE']) {
      expect((await fetch(world.server.url, { method })).status).toBe(401);
      const response = await fetch(world.server.url, { method, headers: await bearer(world) });
      expect(response.status).toBe(405);
      expect(response.headers.get('allow')).toBe('POST, OPTIONS');
    }
  });

  test('alone, initialize is told the supported revision', async ({ start }) => {
    const world = await start({ revisions: ['2026-07-28'] });
    const response = await ask(world, '2025-11-25', 'initialize', await bearer(world));
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { code: -32022, data: { supported: ['2026-07-28'] } } });
  });
});

test.describe('in the session era', () => {
  for (const revision of SESSION_REVISIONS) {
    for (const revisions of [REVISIONS, [revision]]) {
      test(`a session of ${revision} is opened, used and ended, of ${revisions.length} spoken`, async ({ start }) => {
        const world = await start({ revisions });
        const token = await bearer(world);
        const opened = await ask(world, revision, 'initialize', token);
        expect((await resultOf(opened)).protocolVersion).toBe(revision);
        const session = { ...token, 'Mcp-Session-Id': opened.headers.get('mcp-session-id')! };
        expect((await ask(world, revision, 'notifications/initialized', session)).status).toBe(202);
        const { tools } = await resultOf(await ask(world, revision, 'tools/list', session));
        expect(tools).toHaveLength(2);
        expect((await fetch(world.server.url, { method: 'DELETE', headers: session })).status).toBe(200);
        expect((await ask(world, revision, 'tools/list', session)).status).toBe(404);
      });
    }
  }

  test('a session serves the subject that opened it and nobody else', async ({ start }) => {
    const world = await start();
    const opened = await ask(world, '2025-11-25', 'initialize', await bearer(world));
    const session = { 'Mcp-Session-Id': opened.headers.get('mcp-session-id')! };
    const other = { ...(await bearer(world, { sub: 'auth0|other' })), ...session };
    expect((await ask(world, '2025-11-25', 'tools/list', other)).status).toBe(404);
    expect((await ask(world, '2025-11-25', 'tools/list', session)).status).toBe(401);
    expect((await fetch(world.server.url, { method: 'DELETE', headers: other })).status).toBe(404);
    const own = { ...(await bearer(world)), ...session };
    expect((await ask(world, '2025-11-25', 'tools/list', own)).status).toBe(200);
  });

  test('GET opens the event stream of a session, which ends with the world', async ({ start }) => {
    const world = await start();
    const token = await bearer(world);
    const opened = await ask(world, '2025-11-25', 'initialize', token);
    const headers = { ...token, Accept: 'text/event-stream', 'Mcp-Session-Id': opened.headers.get('mcp-session-id')! };
    const stream = await fetch(world.server.url, { headers });
    expect(stream.status).toBe(200);
    expect(stream.headers.get('content-type')).toBe('text/event-stream');
    const ended = stream.text().catch(() => '');
    await world.close();
    expect(await ended).toBe('');
  });

  test('a request without a session is answered with 400', async ({ start }) => {
    const world = await start();
    expect((await ask(world, '2025-11-25', 'tools/list', await bearer(world))).status).toBe(400);
  });
});

test.describe('browsers', () => {
  const foreign: readonly string[] = ['https://evil.test', 'null', 'https://client.example.evil.test'];
  for (const origin of foreign) {
    test(`of Origin ${origin} are answered with 403 and may read nothing, token or not`, async ({ start }) => {
      const world = await start();
      for (const token of [{}, await bearer(world)]) {
        for (const revision of REVISIONS) {
          const response = await ask(world, revision, 'tools/list', { ...token, Origin: origin });
          expect(response.status).toBe(403);
          expect(response.headers.get('access-control-allow-origin')).toBeNull();
        }
      }
      const preflight = await fetch(world.server.url, { method: 'OPTIONS', headers: { Origin: origin } });
      expect(preflight.status).toBe(403);
    });
  }

  test('of a declared origin pass the preflight and may read the challenge', async ({ start }) => {
    const world = await start();
    const [origin] = world.server.origins;
    const preflight = await fetch(world.server.url, {
      method: 'OPTIONS',
      headers: { Origin: origin!, 'Access-Control-Request-Method': 'POST' },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-origin')).toBe(origin);
    expect(preflight.headers.get('access-control-allow-methods')).toContain('POST');
    const needed = [
      'authorization',
      'content-type',
      'mcp-method',
      'mcp-name',
      'mcp-protocol-version',
      'mcp-session-id',
    ];
    expect(preflight.headers.get('access-control-allow-headers')!.split(', ')).toEqual(expect.arrayContaining(needed));

    const refused = await ask(world, '2026-07-28', 'tools/list', { Origin: origin! });
    expect(refused.status).toBe(401);
    expect(refused.headers.get('access-control-allow-origin')).toBe(origin);
    expect(refused.headers.get('access-control-expose-headers')).toBe('WWW-Authenticate, Mcp-Session-Id');
    const served = await ask(world, '2026-07-28', 'tools/list', { Origin: origin!, ...(await bearer(world)) });
    expect(served.status).toBe(200);
  });
});

test.describe('other requests', () => {
  test('by other methods are answered with 405 and the methods there are', async ({ start }) => {
    const world = await start();
    for (const method of ['PUT', 'PATCH', 'HEAD']) {
      const response = await fetch(world.server.url, { method });
      expect(response.status).toBe(405);
      expect(response.headers.get('allow')).toBe('POST, GET, DELETE, OPTIONS');
    }
    for (const method of ['TRACE', 'FROBNICATE']) {
      const host = new URL(world.server.url).host;
      const answer = await sendRaw(world, `${method} /mcp HTTP/1.1\r\nHost: ${host}\r\nX-Mark: zq7`);
      expect(answer).toMatch(/^HTTP\/1\.1 405 /);
      expect(answer).toContain('\r\nAllow: POST, GET, DELETE, OPTIONS\r\n');
      expect(answer).not.toContain('zq7');
    }
  });

  test('for another host are answered with 421', async ({ start }) => {
    const world = await start();
    const answer = await sendRaw(world, 'POST /mcp HTTP/1.1\r\nHost: canary.invalid\r\nContent-Length: 0');
    expect(answer).toMatch(/^HTTP\/1\.1 421 /);
    expect(answer).not.toContain('canary.invalid');
  });

  test('at other spellings of the path are answered with 404', async ({ start }) => {
    const world = await start();
    const { origin } = new URL(world.server.url);
    for (const path of ['/mcp/', '//mcp', '/mcp%2f', '/MCP', '/mcp;x', '/sse', '/messages', '/']) {
      const response = await fetch(`${origin}${path}`, { method: 'POST', headers: await bearer(world) });
      expect(response.status, path).toBe(404);
    }
  });

  test('cannot move what the server says of itself', async ({ start }) => {
    const world = await start();
    const headers = {
      'X-Forwarded-Host': 'canary.invalid',
      'X-Forwarded-Proto': 'https',
      Forwarded: 'host=canary.invalid;proto=https',
    };
    const refused = await ask(world, '2026-07-28', 'tools/list', headers);
    expect(challengeOf(refused).resource_metadata).toBe(metadataUrl(world));
    const document = await fetch(metadataUrl(world), { headers });
    expect(await document.json()).toMatchObject({ resource: world.server.url });
  });
});

test.describe('metadata', () => {
  test('of the resource stands at the path-inserted location alone, for every page to read', async ({ start }) => {
    const world = await start();
    const response = await fetch(metadataUrl(world), { headers: { Origin: 'https://evil.test' } });
    expect(response.status).toBe(200);
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    expect(response.headers.get('cache-control')).toMatch(/^public, max-age=\d+$/);
    expect(await response.json()).toEqual({
      resource: world.server.url,
      authorization_servers: [world.issuer],
      scopes_supported: world.server.scopes,
      bearer_methods_supported: ['header'],
      resource_name: 'Reference MCP server',
    });
    const root = new URL('/.well-known/oauth-protected-resource', world.server.url);
    expect((await fetch(root)).status).toBe(404);
  });

  for (const name of ['oauth-authorization-server', 'openid-configuration']) {
    test(`of the tenant stands at ${name}, its issuer with a slash`, async ({ start }) => {
      const world = await start();
      expect(world.issuer).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
      const response = await fetch(`${world.issuer}.well-known/${name}`);
      expect(response.headers.get('access-control-allow-origin')).toBe('*');
      expect(await response.json()).toMatchObject({
        issuer: world.issuer,
        authorization_endpoint: `${world.issuer}authorize`,
        token_endpoint: `${world.issuer}oauth/token`,
        registration_endpoint: `${world.issuer}oidc/register`,
        jwks_uri: `${world.issuer}.well-known/jwks.json`,
        code_challenge_methods_supported: ['S256'],
        response_types_supported: ['code'],
        client_id_metadata_document_supported: true,
        authorization_response_iss_parameter_supported: true,
      });
    });
  }
});

test.describe('the tenant', () => {
  test('publishes the key that verifies its access tokens', async ({ start }) => {
    const world = await start();
    const keys = createRemoteJWKSet(new URL('.well-known/jwks.json', world.issuer));
    const { payload, protectedHeader } = await jwtVerify(await world.mint(), keys, {
      issuer: world.issuer,
      audience: world.server.url,
      typ: 'at+jwt',
    });
    expect(protectedHeader).toEqual({ alg: 'RS256', typ: 'at+jwt', kid: expect.any(String) });
    expect(Object.keys(payload).sort()).toEqual(['aud', 'client_id', 'exp', 'iat', 'iss', 'jti', 'scope', 'sub']);
  });

  test('publishes its current and its next key, and no private part of them', async ({ start }) => {
    const world = await start();
    const { keys } = (await (await fetch(`${world.issuer}.well-known/jwks.json`)).json()) as { keys: object[] };
    expect(keys.map((key) => Object.keys(key).sort())).toEqual(Array(2).fill(['alg', 'e', 'kid', 'kty', 'n', 'use']));
  });

  test('gives its machine client a token that the server accepts', async ({ start }) => {
    const world = await start();
    const { id, secret } = world.machine;
    const response = await fetch(`${world.issuer}oauth/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: id,
        client_secret: secret,
        resource: world.server.url,
        scope: 'mcp:tools',
      }),
    });
    expect(response.headers.get('cache-control')).toBe('no-store');
    const granted = (await response.json()) as { access_token: string };
    expect(granted).toMatchObject({ token_type: 'Bearer', expires_in: 3600, scope: 'mcp:tools' });
    const headers = { Authorization: `Bearer ${granted.access_token}` };
    expect((await ask(world, '2026-07-28', 'tools/list', headers)).status).toBe(200);
  });

  const refusals: readonly (readonly [what: string, form: Headers, status: number, error: string])[] = [
    ['a wrong secret', { client_secret: 'wrong' }, 400, 'invalid_client'],
    ['an unknown resource', { resource: 'https://other.example/' }, 400, 'invalid_target'],
    ['an unknown scope', { scope: 'admin' }, 400, 'invalid_scope'],
    ['an unknown grant type', { grant_type: 'toString' }, 400, 'unsupported_grant_type'],
    ['a grant that is not its own', { grant_type: 'authorization_code', code: 'c' }, 400, 'unauthorized_client'],
  ];
  for (const [what, form, status, error] of refusals) {
    test(`refuses ${what} with ${error}`, async ({ start }) => {
      const world = await start();
      const { id, secret } = world.machine;
      const good = {
        grant_type: 'client_credentials',
        client_id: id,
        client_secret: secret,
        resource: world.server.url,
      };
      const body = new URLSearchParams({ ...good, ...form });
      const response = await fetch(`${world.issuer}oauth/token`, { method: 'POST', body });
      expect(response.status).toBe(status);
      expect(await response.json()).toMatchObject({ error });
    });
  }
});

test.describe('a server that is its own authorization server', () => {
  const state = 'own-authorization-server';

  test('speaks 2025-03-26 alone, and challenges without resource metadata', async ({ start }) => {
    const world = await start({ state });
    expect(world.revisions).toEqual(['2025-03-26']);
    const response = await ask(world, '2025-03-26', 'initialize');
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe('Bearer realm="mcp", scope="mcp:tools"');
    expect((await fetch(metadataUrl(world))).status).toBe(404);
    await expect(startWorld({ state, revisions: ['2025-06-18'] })).rejects.toThrow(
      'of 2025-06-18 none suits own-authorization-server (2025-03-26)',
    );
  });

  test('publishes metadata of its origin, and a token from its endpoint opens a session', async ({ start }) => {
    const world = await start({ state });
    const { origin } = new URL(world.server.url);
    expect(world.issuer).toBe(origin);
    const published = await fetch(`${origin}/.well-known/oauth-authorization-server`);
    const metadata = (await published.json()) as Readonly<Record<string, string>>;
    expect(metadata).toMatchObject({
      issuer: origin,
      authorization_endpoint: `${origin}/authorize`,
      token_endpoint: `${origin}/token`,
      registration_endpoint: `${origin}/register`,
    });
    expect((await fetch(metadata.authorization_endpoint!)).status).toBe(400);
    expect((await fetch(metadata.registration_endpoint!, { method: 'POST', body: '{}' })).status).toBe(400);
    const body = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: world.machine.id,
      client_secret: world.machine.secret,
      resource: world.server.url,
    });
    const granted = await fetch(metadata.token_endpoint!, { method: 'POST', body });
    const { access_token } = (await granted.json()) as Readonly<Record<string, string>>;
    await jwtVerify(access_token!, createRemoteJWKSet(new URL(metadata.jwks_uri!)), { issuer: origin });
    const opened = await ask(world, '2025-03-26', 'initialize', { Authorization: `Bearer ${access_token}` });
    expect((await resultOf(opened)).protocolVersion).toBe('2025-03-26');
  });
});

test.describe('the world', () => {
  test('knows its own names and no others', async ({ start }) => {
    const { network } = await start();
    expect(await network.resolve('localhost')).toEqual(['127.0.0.1']);
    expect(await network.resolve('192.0.2.7')).toEqual(['192.0.2.7']);
    expect(await network.resolve('[::1]')).toEqual(['::1']);
    expect(await network.resolve('example.com')).toEqual([]);
    expect(await network.resolve('evil.mcp.world.example')).toEqual([]);
    for (const name of ['mcp.world.example', 'tenant.world.example']) {
      const [address] = await network.resolve(name);
      expect(network.route(address!)).toBe('127.0.0.1');
    }
    expect(network.route('192.0.2.7')).toBe('192.0.2.7');
  });

  test('presents itself over TLS under its public names, to whoever trusts its authority', async ({ start }) => {
    const world = await start({ faults: ['serves-every-origin-in-public'] });
    expect(world.server.url).toMatch(/^https:\/\/mcp\.world\.example:\d+\/mcp$/);
    expect(world.issuer).toMatch(/^https:\/\/tenant\.world\.example:\d+\/$/);
    expect(await askByName(world, metadataUrl(world))).toBe(200);
    expect(await askByName(world, `${world.issuer}.well-known/oauth-authorization-server`)).toBe(200);
    await expect(askByName({ ...world, network: { ...world.network, ca: '' } }, world.issuer)).rejects.toThrow(
      'self-signed certificate',
    );
    for (const url of [world.server.url, world.issuer]) {
      await expect(fetch(`http://127.0.0.1:${new URL(url).port}/`)).rejects.toThrow('fetch failed');
    }
  });

  test('answers plain HTTP beside TLS where a fault says so', async ({ start }) => {
    const world = await start({ faults: ['names-a-plain-http-metadata-url'] });
    const { pathname, port } = new URL(metadataUrl(world));
    expect((await fetch(`http://127.0.0.1:${port}${pathname}`)).status).toBe(200);
    expect(await askByName(world, metadataUrl(world))).toBe(200);
    await expect(fetch(`http://127.0.0.1:${new URL(world.issuer).port}/`)).rejects.toThrow('fetch failed');
  });

  test('counts the requests it receives, and not its own', async ({ start }) => {
    const world = await start();
    await ask(world, '2026-07-28', 'tools/list', await bearer(world));
    await fetch(`${world.issuer}.well-known/openid-configuration`);
    expect(world.requests()).toBe(2);
  });

  test('presents itself under a given public URL', async ({ start }) => {
    const world = await start({ publicUrl: 'https://tunnel.example/ignored' });
    expect(world.server.url).toBe('https://tunnel.example/mcp');
  });

  test('names the nearest fault when one is unknown', async () => {
    await expect(startWorld({ faults: ['names-no-scopes'] })).rejects.toThrow(
      'unknown fault "names-no-scopes": the nearest is "names-no-scope"; --list-faults shows them all',
    );
  });

  test('refuses revisions it cannot speak', async () => {
    await expect(startWorld({ revisions: ['2024-11-05'] })).rejects.toThrow('unknown MCP revision "2024-11-05"');
    const faults = ['answers-get-with-a-web-page', 'names-no-metadata-url'];
    await expect(startWorld({ faults })).rejects.toThrow('no MCP revision is left to speak');
  });
});

test.describe('a fault', () => {
  test('has an id of its own that says the deviation', () => {
    const ids = FAULTS.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.filter((id) => !/^[a-z0-9]+(-[a-z0-9]+)+$/.test(id))).toEqual([]);
  });

  for (const fault of FAULTS) {
    test(`${fault.id} replaces something, and the world still answers`, async ({ start }) => {
      expect(replacedBehaviours(fault).length).toBeGreaterThan(0);
      const world = await start({ faults: [fault.id] });
      if (fault.publicName === true) {
        expect(await askByName(world, world.server.url, 'POST')).toBeGreaterThanOrEqual(200);
        return;
      }
      const response = await fetch(world.server.url, { method: 'POST', redirect: 'manual', body: '{}' });
      expect(response.status).toBeGreaterThanOrEqual(200);
      await response.text();
    });
  }

  test('sees the faults before it', async ({ start }) => {
    const world = await start({ faults: ['names-no-scope', 'answers-403-without-a-token'] });
    const response = await ask(world, '2026-07-28', 'tools/list');
    expect(response.status).toBe(403);
    expect(challengeOf(response)).toEqual({ resource_metadata: metadataUrl(world) });
  });
});
