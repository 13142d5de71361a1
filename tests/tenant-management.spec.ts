/** The tenant's Management API, its limits and its log answer as Auth0 documents them. */
import { test as base, expect } from '@playwright/test';
import { decodeJwt, jwtVerify } from 'jose';
import type { NetworkAcl } from '../mock-idp/tenant/entities.ts';
import { CLIENTS, CONNECTION, PASSWORD, SECRET } from '../mock-idp/tenant/states/conforming.ts';
import { AUDIT_SCOPES } from '../mock-idp/tenant/states/management.ts';
import { startWorld, type World, type WorldOptions } from '../mock-idp/world.ts';
import { type Browser, browse, request, stateOf } from './sign-in.ts';

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

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: JSON of many shapes, judged by what each test expects of it.
  readonly body: any;
}

interface Call {
  readonly method?: string;
  readonly body?: unknown;
  readonly scope?: string;
  /** Of the token; absent: those of a good one. */
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly authorization?: string;
}

const audienceOf = (world: World) =>
  world.tenant.resourceServers.find((api) => api.is_system && api.identifier.endsWith('/api/v2/'))!.identifier;

/** A call of the Management API with a token that the tenant signed for it. */
async function call(world: World, path: string, scope: string, options: Call = {}): Promise<Answer> {
  const { method = 'GET', body, claims } = options;
  const token = await world.mint({
    claims: {
      aud: audienceOf(world),
      sub: `${CLIENTS.operator}@clients`,
      client_id: CLIENTS.operator,
      scope,
      ...claims,
    },
  });
  const response = await fetch(new URL(`/api/v2${path}`, world.issuer), {
    method,
    headers: { Authorization: options.authorization ?? `Bearer ${token}`, 'User-Agent': 'audit/1' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) };
}

function tokenRequest(world: World, id: string, secret: string, more: Readonly<Record<string, string>>) {
  return fetch(new URL('/oauth/token', world.issuer), {
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'client_credentials', client_id: id, client_secret: secret, ...more }),
  });
}

test.describe('who may call', () => {
  test('no token, a foreign one, an expired one and one for another API are answered with 401', async ({ start }) => {
    const world = await start();
    const ask = (options: Call) => call(world, '/tenants/settings', 'read:tenant_settings', options);
    expect((await ask({})).status).toBe(200);
    expect(await ask({ authorization: 'Basic Og==' })).toMatchObject({
      status: 401,
      body: { statusCode: 401, error: 'Unauthorized', message: 'Missing authentication' },
    });
    expect((await ask({ authorization: 'Basic Og==' })).headers.get('www-authenticate')).toBe('Bearer realm="tenant"');
    expect(await ask({ authorization: 'Bearer x.y.z' })).toMatchObject({
      status: 401,
      body: { message: 'Invalid token' },
    });
    expect(await ask({ claims: { exp: 1_600_000_000 } })).toMatchObject({
      status: 401,
      body: { message: 'Expired token' },
    });
    expect(await ask({ claims: { aud: world.server.url } })).toMatchObject({
      status: 401,
      body: { message: `Bad audience: ${world.server.url}` },
    });
    expect((await ask({ claims: { iss: 'https://other.example/' } })).status).toBe(401);
  });

  test('a token without the scope is answered with 403 insufficient_scope', async ({ start }) => {
    const world = await start();
    expect(await call(world, '/clients', 'read:connections')).toMatchObject({
      status: 403,
      body: {
        statusCode: 403,
        error: 'Forbidden',
        message: 'Insufficient scope, expected any of: read:clients',
        errorCode: 'insufficient_scope',
      },
    });
  });

  test('the auditor gets a token by client credentials that reads everything and writes nothing', async ({ start }) => {
    const world = await start();
    const response = await tokenRequest(world, CLIENTS.auditor, SECRET, { audience: audienceOf(world) });
    expect(response.status).toBe(200);
    const { access_token: token } = (await response.json()) as { readonly access_token: string };
    expect(String(decodeJwt(token).scope).split(' ').sort()).toEqual([...AUDIT_SCOPES].sort());
    const authorization = `Bearer ${token}`;
    for (const path of [
      '/tenants/settings',
      '/clients',
      '/resource-servers',
      '/client-grants',
      '/connections',
      '/network-acls',
      '/logs',
      '/log-streams',
      '/custom-domains',
      '/attack-protection/bot-detection',
      '/attack-protection/brute-force-protection',
      '/attack-protection/suspicious-ip-throttling',
      '/attack-protection/breached-password-detection',
      '/keys/signing',
    ]) {
      expect((await call(world, path, '', { authorization })).status, path).toBe(200);
    }
    for (const [method, path] of [
      ['PATCH', '/tenants/settings'],
      ['PATCH', `/clients/${CLIENTS.web}`],
      ['DELETE', `/clients/${CLIENTS.web}`],
      ['POST', `/clients/${CLIENTS.web}/rotate-secret`],
      ['POST', '/keys/signing/rotate'],
    ] as const) {
      expect((await call(world, path, '', { authorization, method, body: {} })).status, path).toBe(403);
    }
  });

  test('what there is not is answered with 404', async ({ start }) => {
    const world = await start();
    expect(await call(world, '/nothing', '')).toMatchObject({ status: 404, body: { error: 'Not Found' } });
    expect(await call(world, '/clients/none', 'read:clients')).toMatchObject({
      status: 404,
      body: { errorCode: 'inexistent_client' },
    });
    expect((await call(world, '/clients/%zz', 'read:clients')).status).toBe(404);
    expect((await call(world, '/logs/1', 'read:logs')).status).toBe(404);
  });
});

test.describe('reading', () => {
  test('settings come with the fields that are asked for, or without them', async ({ start }) => {
    const world = await start();
    const ask = async (query: string) => (await call(world, `/tenants/settings${query}`, 'read:tenant_settings')).body;
    expect(await ask('')).toEqual(world.tenant.settings);
    expect(await ask('?fields=resource_parameter_profile&include_fields=true')).toEqual({
      resource_parameter_profile: 'compatibility',
    });
    const { flags: _, ...rest } = world.tenant.settings;
    expect(await ask('?fields=flags&include_fields=false')).toEqual(rest);
  });

  test('secrets are shown to read:client_keys alone', async ({ start }) => {
    const world = await start();
    const path = `/clients/${CLIENTS.web}`;
    expect((await call(world, path, 'read:clients')).body).not.toHaveProperty('client_secret');
    expect((await call(world, path, 'read:clients read:client_keys')).body.client_secret).toBe(SECRET);
    const all = (await call(world, '/clients', 'read:clients')).body;
    expect(JSON.stringify(all)).not.toContain(SECRET);
  });

  test('clients are filtered and paged', async ({ start }) => {
    const world = await start();
    const ask = (query: string) => call(world, `/clients?${query}`, 'read:clients');
    const ids = (clients: readonly { readonly client_id: string }[]) => clients.map(({ client_id }) => client_id);
    const known = ids(world.tenant.clients);
    const third = ids(world.tenant.clients.filter((each) => !each.is_first_party));

    expect(ids((await ask('is_first_party=false')).body)).toEqual(third);
    expect((await ask('external_client_id=https://client.example/none.json')).body).toEqual([]);
    expect((await ask('include_totals=true&per_page=2&page=1&fields=client_id')).body).toEqual({
      start: 2,
      limit: 2,
      length: 2,
      total: known.length,
      clients: known.slice(2, 4).map((client_id) => ({ client_id })),
    });
    expect(await ask('per_page=101')).toMatchObject({ status: 400, body: { errorCode: 'invalid_query_string' } });

    const first = (await ask('take=3')).body;
    expect(ids(first.clients)).toEqual(known.slice(0, 3));
    const second = (await ask(`take=100&from=${first.next}`)).body;
    expect(ids(second.clients)).toEqual(known.slice(3));
    expect(second).not.toHaveProperty('next');
  });

  test('an API is found by id and by identifier, and a grant by what it is for', async ({ start }) => {
    const world = await start();
    const { url } = world.server;
    const api = (await call(world, `/resource-servers/${encodeURIComponent(url)}`, 'read:resource_servers')).body;
    expect(api).toMatchObject({ identifier: url, token_dialect: 'rfc9068_profile_authz', is_system: false });
    expect((await call(world, `/resource-servers/${api.id}`, 'read:resource_servers')).body).toEqual(api);
    const query = new URLSearchParams({ default_for: 'third_party_clients', audience: url, subject_type: 'user' });
    expect((await call(world, `/client-grants?${query}`, 'read:client_grants')).body).toMatchObject([
      { default_for: 'third_party_clients', audience: url, scope: world.server.scopes },
    ]);
    const others = new URLSearchParams({ default_for: 'third_party_clients', audience: audienceOf(world) });
    expect((await call(world, `/client-grants?${others}`, 'read:client_grants')).body).toEqual([]);
    const fields = 'fields=id,name,strategy,is_domain_connection';
    expect((await call(world, `/connections?${fields}`, 'read:connections')).body).toEqual([
      { id: 'con_0000000000000001', name: CONNECTION, strategy: 'auth0', is_domain_connection: true },
    ]);
  });
});

test.describe('changing', () => {
  test('a changed setting is what the tenant goes by, and the change is in the log', async ({ start }) => {
    const world = await start();
    const scope = 'update:tenant_settings';
    const body = { client_id_metadata_document_supported: false, flags: { enable_dynamic_client_registration: true } };
    const changed = await call(world, '/tenants/settings', scope, { method: 'PATCH', body });
    expect(changed).toMatchObject({ status: 200, body: { ...body, flags: { remove_alg_from_jwks: false } } });
    const metadata = await fetch(new URL('/.well-known/openid-configuration', world.issuer));
    expect(await metadata.json()).toMatchObject({ client_id_metadata_document_supported: false });
    expect(world.tenant.logs.at(-1)).toMatchObject({
      type: 'sapi',
      description: 'Update tenant settings',
      client_id: CLIENTS.operator,
      user_agent: 'audit/1',
      details: { request: { method: 'patch', path: '/api/v2/tenants/settings' } },
    });
  });

  test('unknown members and values of another kind change nothing', async ({ start }) => {
    const world = await start();
    const before = structuredClone(world.tenant.settings);
    const ask = (body: unknown) =>
      call(world, '/tenants/settings', 'update:tenant_settings', { method: 'PATCH', body });
    for (const body of [{ unknown: true }, { friendly_name: 'x', resource_parameter_profile: 'none' }, [], 'text']) {
      expect(await ask(body)).toMatchObject({ status: 400, body: { errorCode: 'invalid_body' } });
    }
    expect(world.tenant.settings).toEqual(before);
    expect(world.tenant.logs.filter(({ type }) => type === 'sapi')).toEqual([]);
  });

  test('what would leave an entity without what it needs changes nothing', async ({ start }) => {
    const world = await start();
    const before = structuredClone(world.tenant.resourceServers);
    const api = `/resource-servers/${encodeURIComponent(world.server.url)}`;
    const wrong: readonly (readonly [path: string, scope: string, body: unknown])[] = [
      ['/tenants/settings', 'update:tenant_settings', { mtls: {} }],
      [api, 'update:resource_servers', { scopes: [{}] }],
      [api, 'update:resource_servers', { scopes: [{ description: 'x' }] }],
      [api, 'update:resource_servers', { subject_type_authorization: { user: {} } }],
      [`/clients/${CLIENTS.native}`, 'update:clients', { callbacks: ['nowhere'] }],
      [`/clients/${CLIENTS.native}`, 'update:clients', { allowed_logout_urls: ['nowhere'] }],
    ];
    for (const [path, scope, body] of wrong) {
      const answer = await call(world, path, scope, { method: 'PATCH', body });
      expect([answer.status, answer.body.errorCode], JSON.stringify(body)).toEqual([400, 'invalid_body']);
    }
    expect(world.tenant.resourceServers).toEqual(before);
  });

  test('what needs a secret gets one with the change', async ({ start }) => {
    const world = await start();
    const patch = (path: string, scope: string, body: unknown) => call(world, path, scope, { method: 'PATCH', body });
    const { id, secret } = world.machine;
    const api = `/resource-servers/${encodeURIComponent(world.server.url)}`;
    await patch(api, 'update:resource_servers', { signing_alg: 'HS256' });
    const granted = await tokenRequest(world, id, secret, { audience: world.server.url });
    expect(granted.status).toBe(200);
    const token = String(((await granted.json()) as { readonly access_token: string }).access_token);
    const { signing_secret } = world.tenant.resourceServers.find(({ identifier }) => identifier === world.server.url)!;
    await jwtVerify(token, new TextEncoder().encode(signing_secret), { algorithms: ['HS256'] });
    const method = { token_endpoint_auth_method: 'client_secret_post' };
    await patch(`/clients/${CLIENTS.native}`, 'update:clients', method);
    expect(world.tenant.clients[0]!.client_secret).toMatch(/^\w{64}$/);
  });

  test('an identifier of an API is never changed, and the system API not at all', async ({ start }) => {
    const world = await start();
    const ask = (identifier: string, body: unknown) =>
      call(world, `/resource-servers/${encodeURIComponent(identifier)}`, 'update:resource_servers', {
        method: 'PATCH',
        body,
      });
    const { url } = world.server;
    expect((await ask(url, { identifier: 'https://other.example' })).status).toBe(400);
    expect((await ask(audienceOf(world), { token_lifetime: 60 })).status).toBe(400);
    expect(await ask(url, { signing_alg: 'HS256' })).toMatchObject({ status: 200, body: { signing_alg: 'HS256' } });
  });

  test('a client that its document describes keeps what the document says', async ({ start }) => {
    const world = await start();
    const client = world.tenant.clients.find(({ client_id }) => client_id === CLIENTS.web)!;
    Object.assign(client, { external_metadata_type: 'cimd', external_client_id: 'https://client.example/c.json' });
    const ask = (body: unknown) => call(world, `/clients/${CLIENTS.web}`, 'update:clients', { method: 'PATCH', body });
    expect((await ask({ callbacks: ['https://elsewhere.example/'] })).status).toBe(400);
    expect(await ask({ description: 'Ours' })).toMatchObject({ status: 200, body: { description: 'Ours' } });
  });

  test('a connection is opened to third-party clients', async ({ start }) => {
    const world = await start({ state: 'auth0-defaults' });
    const { id } = world.tenant.connections[0]!;
    const body = { is_domain_connection: true };
    expect(await call(world, `/connections/${id}`, 'update:connections', { method: 'PATCH', body })).toMatchObject({
      status: 200,
      body,
    });
    expect(world.tenant.connections[0]).toMatchObject(body);
  });

  test('a deleted client gets no token any more, and nothing of it is left', async ({ start }) => {
    const world = await start();
    const { id, secret } = world.machine;
    const ask = () => tokenRequest(world, id, secret, { audience: world.server.url });
    expect((await ask()).status).toBe(200);
    const gone = await call(world, `/clients/${id}`, 'delete:clients', { method: 'DELETE' });
    expect(gone).toMatchObject({ status: 204, body: undefined });
    expect((await ask()).status).toBe(400);
    expect(world.tenant.clientGrants.some(({ client_id }) => client_id === id)).toBe(false);
    expect(world.tenant.connections.some(({ enabled_clients }) => enabled_clients.includes(id))).toBe(false);
  });

  test('a client that is deleted while its user is asked does not come back', async ({ start }) => {
    const world = await start();
    const { url } = world.documents.publish(({ url }) => ({
      json: {
        client_id: url,
        client_name: 'Document client',
        redirect_uris: ['https://client.example/cb'],
        grant_types: ['authorization_code'],
      },
    }));
    for (const mode of ['manual', 'dynamic'] as const) {
      world.tenant.plan.clientDocuments = mode;
      const body = { external_client_id: url };
      const made = await call(world, '/clients/cimd/register', 'create:clients', { method: 'POST', body });
      const authorize = new URL('/authorize', world.issuer);
      authorize.search = new URLSearchParams({
        client_id: url,
        redirect_uri: 'https://client.example/cb',
        response_type: 'code',
        code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
        code_challenge_method: 'S256',
        resource: world.server.url,
        scope: 'mcp:tools',
      }).toString();
      const browser: Browser = new Map();
      const answers = { username: 'ada@example.com', password: PASSWORD, browser };
      const page = await browse(authorize, { ...answers, stopAt: '/u/consent' });
      const id = made.body.client_id;
      expect((await call(world, `/clients/${id}`, 'delete:clients', { method: 'DELETE' })).status).toBe(204);
      expect([world.tenant.transactions.size, world.tenant.clientDocuments.size]).toEqual([0, 0]);
      const form = new URLSearchParams({ state: stateOf(page.text), action: 'accept' });
      const answer = await request(new URL('/u/consent', world.issuer), browser, form);
      expect([answer.status, answer.headers.get('location')]).toEqual([400, null]);
      expect(world.tenant.clients.some(({ client_id }) => client_id === id)).toBe(false);
      expect(world.tenant.codes.size).toBe(0);
    }
  });

  test('keys that end at the same time all end', async ({ start }) => {
    const world = await start();
    const kids = async () => {
      const response = await fetch(new URL('/.well-known/jwks.json', world.issuer));
      const { keys } = (await response.json()) as { readonly keys: readonly { readonly kid: string }[] };
      return keys.map(({ kid }) => kid);
    };
    const [first, second] = await kids();
    world.rotateKeys();
    world.rotateKeys();
    const ending = [world.revokeKey(first!), world.revokeKey(second!)];
    world.rotateKeys();
    expect(await Promise.all(ending)).toEqual([true, true]);
    const left = await kids();
    expect(left).toHaveLength(3);
    expect(left).not.toContain(first);
    expect(left).not.toContain(second);
  });

  test('a rotated secret is given out once, and the one before is good no more', async ({ start }) => {
    const world = await start();
    const { id, secret } = world.machine;
    const ask = (given: string) => tokenRequest(world, id, given, { audience: world.server.url });
    const scope = 'update:client_keys';
    const rotated = (await call(world, `/clients/${id}/rotate-secret`, scope, { method: 'POST' })).body;
    expect(rotated.client_secret).toMatch(/^\w{64}$/);
    expect((await ask(secret)).status).toBe(400);
    expect((await ask(rotated.client_secret)).status).toBe(200);
  });

  test('the next signing key signs after a rotation, and the one before stays until it is revoked', async ({
    start,
  }) => {
    const world = await start();
    const scope = 'read:signing_keys create:signing_keys update:signing_keys';
    const published = async () => {
      const { keys } = (await (await fetch(new URL('/.well-known/jwks.json', world.issuer))).json()) as {
        readonly keys: readonly { readonly kid: string }[];
      };
      return keys.map(({ kid }) => kid);
    };
    const [first, second] = await published();
    const { kid } = (await call(world, '/keys/signing/rotate', scope, { method: 'POST' })).body;
    expect(kid).toBe(second);
    expect(await published()).toContain(first);
    const listed = (await call(world, '/keys/signing', scope)).body;
    expect(listed).toContainEqual({ kid: first, current: false, next: false, previous: true, revoked: false });
    expect((await call(world, `/keys/signing/${first}/revoke`, scope, { method: 'PUT' })).status).toBe(200);
    expect(await published()).not.toContain(first);
    expect((await call(world, `/keys/signing/${second}/revoke`, scope, { method: 'PUT' })).status).toBe(404);
  });
});

test.describe('client metadata documents', () => {
  const publish = (world: World, members: Readonly<Record<string, unknown>> = {}) =>
    world.documents.publish(({ url }) => ({
      json: {
        client_id: url,
        client_name: 'By document',
        redirect_uris: ['https://client.example/callback'],
        grant_types: ['authorization_code'],
        ...members,
      },
    })).url;
  const post = (world: World, path: string, scope: string, url: unknown) =>
    call(world, path, scope, { method: 'POST', body: { external_client_id: url } });

  test('a preview needs read:clients alone, makes nothing, and calls a bad document invalid with 200', async ({
    start,
  }) => {
    const world = await start();
    const before = world.tenant.clients.length;
    const good = await post(world, '/clients/cimd/preview', 'read:clients', publish(world));
    expect(good).toMatchObject({
      status: 200,
      body: { errors: [], validation: { valid: true, violations: [] }, mapped_fields: { name: 'By document' } },
    });
    const nameless = publish(world, { client_name: '' });
    const bad = await post(world, '/clients/cimd/preview', 'read:clients', nameless);
    expect(bad).toMatchObject({ status: 200, body: { validation: { valid: false } } });
    const nowhere = await post(world, '/clients/cimd/preview', 'read:clients', `${world.documents.origin}/none`);
    expect(nowhere.status).toBe(200);
    expect(nowhere.body.errors).toHaveLength(1);
    expect(nowhere.body).not.toHaveProperty('validation');
    expect((await post(world, '/clients/cimd/preview', 'read:clients', 7)).status).toBe(400);
    expect(world.tenant.clients).toHaveLength(before);
    expect(world.tenant.logs.filter(({ type }) => type === 'sapi')).toEqual([]);
  });

  test('registering makes a strict client with 201, then brings it up to date with 200', async ({ start }) => {
    const world = await start();
    const url = publish(world);
    expect((await post(world, '/clients/cimd/register', 'update:clients', url)).status).toBe(403);
    const made = await post(world, '/clients/cimd/register', 'create:clients', url);
    expect(made.status).toBe(201);
    const { client_id } = made.body;
    expect(made.headers.get('location')).toBe(`/api/v2/clients/${client_id}`);
    expect((await post(world, '/clients/cimd/register', 'create:clients', url)).status).toBe(403);
    const again = await post(world, '/clients/cimd/register', 'update:clients', url);
    expect(again).toMatchObject({ status: 200, body: { client_id } });
    const query = new URLSearchParams({ external_client_id: url });
    expect((await call(world, `/clients?${query}`, 'read:clients')).body).toMatchObject([
      { client_id, external_metadata_type: 'cimd', external_metadata_created_by: 'admin', is_first_party: false },
    ]);
    const q = 'type:sapi AND description:"Register a Client by its metadata document"';
    expect((await call(world, `/logs?${new URLSearchParams({ q })}`, 'read:logs')).body).toHaveLength(2);
  });

  test('an invalid document and a full tenant make no client', async ({ start }) => {
    const world = await start();
    const scope = 'create:clients update:clients';
    expect(await post(world, '/clients/cimd/register', scope, publish(world, { client_name: '' }))).toMatchObject({
      status: 400,
      body: { errorCode: 'invalid_client_metadata' },
    });
    world.tenant.plan.applications = world.tenant.clients.length;
    expect(await post(world, '/clients/cimd/register', scope, publish(world))).toMatchObject({
      status: 403,
      body: { errorCode: 'too_many_entities' },
    });
  });
});

test.describe('the log', () => {
  const now = (() => {
    let seconds = Math.floor(Date.now() / 1000);
    return () => seconds++;
  })();

  test('is searched by Lucene queries, newest first', async ({ start }) => {
    const world = await start({ now });
    for (const name of ['One', 'Two', 'Three']) {
      await call(world, '/tenants/settings', 'update:tenant_settings', {
        method: 'PATCH',
        body: { friendly_name: name },
      });
    }
    await call(world, `/clients/${CLIENTS.web}`, 'delete:clients', { method: 'DELETE' });
    const [one, two, three, deleted] = world.tenant.logs.filter(({ type }) => type === 'sapi');
    const find = async (q: string, more = '') => {
      const query = `${new URLSearchParams({ q })}${more}`;
      const { status, body } = await call(world, `/logs?${query}`, 'read:logs');
      return status === 200 ? body.map(({ log_id }: { readonly log_id: string }) => log_id) : status;
    };
    const ids = (...entries: readonly (typeof one)[]) => entries.map((entry) => entry!.log_id);

    expect(await find('type:sapi AND description:"Update tenant settings"')).toEqual(ids(three, two, one));
    expect(await find('type:sapi AND description:"Update tenant settings"', '&sort=date:1&per_page=2&page=1')).toEqual(
      ids(three),
    );
    expect(await find('type:sapi AND NOT description:tenant')).toEqual(ids(deleted));
    expect(await find('type:(s OR sapi) AND (description:delete OR description:nothing)')).toEqual(ids(deleted));
    expect(await find(`date:[${two!.date} TO ${three!.date}] AND type:sapi`)).toEqual(ids(three, two));
    expect(await find(`type:sapi AND date:{${one!.date} TO *}`)).toEqual(ids(deleted, three, two));
    expect(await find(`log_id:${one!.log_id} OR client_id:nobody`)).toEqual(ids(one));
    expect(await find('type:(s OR sapi AND NOT sapi)')).toEqual([]);
    expect(await find('type:sa*', '&per_page=1')).toEqual(ids(deleted));
    expect(await find('password:secret')).toEqual([]);
    expect(await find('type:(s')).toBe(400);
    expect(await find('type:')).toBe(400);
    expect(await find('type:s)')).toBe(400);
    expect(await find('type:sapi', '&per_page=100&page=10')).toBe(400);
    const totals = await call(world, '/logs?q=type:sapi&include_totals=true&per_page=1', 'read:logs');
    expect(totals.body).toMatchObject({ start: 0, limit: 1, length: 1, total: 4 });
    const single = await call(world, `/logs/${one!.log_id}`, 'read:logs');
    expect(single.body).toEqual(one);
  });

  test('is followed by checkpoint, oldest first', async ({ start }) => {
    const world = await start({ now });
    for (const name of ['One', 'Two', 'Three']) {
      await call(world, '/tenants/settings', 'update:tenant_settings', {
        method: 'PATCH',
        body: { friendly_name: name },
      });
    }
    const all = world.tenant.logs.map(({ log_id }) => log_id);
    const first = await call(world, '/logs?take=2', 'read:logs');
    expect(first.body.map(({ log_id }: { readonly log_id: string }) => log_id)).toEqual(all.slice(0, 2));
    const next = new URL(/<([^>]+)>; rel="next"/.exec(first.headers.get('link')!)![1]!);
    const second = await call(world, `/logs${next.search}`, 'read:logs');
    expect(second.body.map(({ log_id }: { readonly log_id: string }) => log_id)).toEqual(all.slice(2));
  });
});

test.describe('a tenant with a custom domain', () => {
  test('answers on both hostnames, each as its own issuer, with one Management API', async ({ start }) => {
    const world = await start({ state: 'strict' });
    const custom = new URL(world.issuer);
    const canonical = `http://localhost:${custom.port}/`;
    expect(audienceOf(world)).toBe(`${canonical}api/v2/`);
    for (const issuer of [world.issuer, canonical]) {
      const metadata = await fetch(new URL('/.well-known/oauth-authorization-server', issuer));
      expect(await metadata.json()).toMatchObject({ issuer, token_endpoint: `${issuer}oauth/token` });
      const response = await fetch(new URL('/oauth/token', issuer), {
        method: 'POST',
        body: new URLSearchParams({
          grant_type: 'client_credentials',
          client_id: CLIENTS.auditor,
          client_secret: SECRET,
          audience: audienceOf(world),
        }),
      });
      const { access_token: token } = (await response.json()) as { readonly access_token: string };
      expect(decodeJwt(token).iss).toBe(issuer);
      const { body } = await call(world, '/custom-domains', '', { authorization: `Bearer ${token}` });
      expect(body).toMatchObject([{ domain: custom.host, status: 'ready', primary: true }]);
    }
  });
});

test.describe('rules of the network', () => {
  test('guard all that is neither registration nor the Management API, too', async ({ start }) => {
    const world = await start();
    const rule = (scope: 'authentication' | 'management', action: NetworkAcl['rule']['action']): NetworkAcl => ({
      id: `acl_${scope}`,
      description: scope,
      active: true,
      priority: 1,
      rule: { scope, action, match: { ipv4_cidrs: ['203.0.113.0/24'] } },
      created_at: '2026-01-05T09:00:00.000Z',
      updated_at: '2026-01-05T09:00:00.000Z',
    });
    const statuses = () =>
      Promise.all(
        ['/authorize', '/oauth/token', '/userinfo', '/u/login', '/.well-known/openid-configuration'].map(
          async (path) => (await fetch(new URL(path, world.issuer), { redirect: 'manual' })).status,
        ),
      );
    const before = await statuses();
    world.tenant.networkAcls = [rule('management', { block: true })];
    expect(await statuses()).toEqual(before);
    world.tenant.networkAcls = [rule('authentication', { block: true })];
    expect(await statuses()).toEqual([403, 403, 403, 403, 403]);
    expect((await call(world, '/tenants/settings', 'read:tenant_settings')).status).toBe(200);
    world.tenant.networkAcls = [rule('authentication', { redirect: true, redirect_uri: 'https://away.example/' })];
    expect(await statuses()).toEqual([302, 302, 302, 302, 302]);
    world.tenant.plan.vantage = 'inside';
    expect(await statuses()).toEqual(before);
  });
});

test.describe('limits', () => {
  const limited: WorldOptions = { state: 'auth0-defaults', now: () => 1_900_000_000 };
  const exhaust = async (world: World, path: string) => {
    const { requestsPerSecond = 0 } = world.tenant.plan;
    for (let count = 0; count < requestsPerSecond; count += 1) await fetch(new URL(path, world.issuer));
    return fetch(new URL(path, world.issuer), { redirect: 'manual' });
  };

  test('there are none in the conforming tenant', async ({ start }) => {
    const world = await start();
    const response = await fetch(new URL('/userinfo', world.issuer));
    expect(response.headers.get('x-ratelimit-limit')).toBeNull();
  });

  test('say with each answer what is left, and refuse one request too many', async ({ start }) => {
    let seconds = 1_900_000_000;
    const world = await start({ ...limited, now: () => seconds });
    const first = await fetch(new URL('/userinfo', world.issuer));
    expect(first.headers.get('x-ratelimit-limit')).toBe('5');
    expect(first.headers.get('x-ratelimit-remaining')).toBe('4');
    expect(first.headers.get('x-ratelimit-reset')).toBe('1900000001');
    const refused = await exhaust(world, '/userinfo');
    expect(refused.status).toBe(429);
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(refused.headers.get('x-ratelimit-remaining')).toBe('0');
    expect(await refused.json()).toEqual({ error: 'too_many_requests', error_description: 'Rate limit exceeded.' });
    expect(world.tenant.logs.at(-1)).toMatchObject({ type: 'api_limit' });
    seconds += 1;
    expect((await fetch(new URL('/userinfo', world.issuer))).status).not.toBe(429);
  });

  test('are shown on a page at the authorization endpoint, and in its own form by the Management API', async ({
    start,
  }) => {
    const world = await start(limited);
    const page = await exhaust(world, '/authorize');
    expect(page.status).toBe(429);
    expect(page.headers.get('content-type')).toContain('text/html');
    const api = await exhaust(world, '/api/v2/clients');
    expect(await api.json()).toMatchObject({ statusCode: 429, errorCode: 'too_many_requests' });
  });
});
