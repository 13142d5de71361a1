/** The audit of a tenant reads and writes nothing, all of it, within the limits, and takes no odd answer for the truth. */
import { test as base, expect } from '@playwright/test';
import { type Run, run } from '../engine/run.ts';
import { toHar } from '../fixtures/har.ts';
import {
  AUDIT_SCOPES,
  declarationOf,
  keptOf,
  readOf,
  TENANT_READS,
  type TenantReadName,
} from '../fixtures/management/reads.ts';
import { parseProfile } from '../fixtures/profile/profile.ts';
import { exchangesOf } from '../fixtures/protocol/exchanges.ts';
import type { Fault } from '../mock-idp/faults/fault.ts';
import { answerTenantPaths } from '../mock-idp/faults/replace.ts';
import { htmlReply, jsonReply, type Reply, withHeaders } from '../mock-idp/http.ts';
import type { TenantContext } from '../mock-idp/tenant/behaviour.ts';
import { SIEM_KEY } from '../mock-idp/tenant/states/conforming.ts';
import { AUDIT_SCOPES as SCOPES_OF_THE_AUDITOR } from '../mock-idp/tenant/states/management.ts';
import { startWorld, type World, type WorldExchange } from '../mock-idp/world.ts';
import { renderConsole } from '../reports/render/console.ts';
import { answer, answeredWith, golden } from '../suites/golden.ts';

interface Audited {
  readonly world: World;
  /** What the tenant was asked. */
  readonly asked: readonly WorldExchange[];
  readonly result: Run;
}

interface Access {
  /** Of a token that the tenant issues; absent: the auditor's own client asks for one. */
  readonly scopes?: readonly string[];
  readonly only?: readonly string[];
  readonly more?: (world: World) => string;
}

const test = base.extend<{ audit: (fault?: Partial<Fault>, access?: Access) => Promise<Audited> }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the fixtures' names from this pattern.
  audit: async ({}, use) => {
    const worlds: World[] = [];
    await use(async (fault, { scopes, only = ['tenant'], more } = {}) => {
      const asked: WorldExchange[] = [];
      const world = await startWorld({
        ...(fault && { faults: [{ id: 'of-this-test', says: 'Of this test.', trips: [], ...fault }] }),
        onExchange: (exchange) => asked.push(exchange),
      });
      worlds.push(world);
      const token = scopes && (await managementToken(world, scopes));
      const { id, secret } = world.clients.auditor;
      const yaml = [
        `server: { url: ${world.server.url} }`,
        `management: { tenantUrl: "${world.management}", ${
          token === undefined ? `client: { id: ${id}, secret: "\${SECRET}" }` : 'token: "${SECRET}"'
        } }`,
        more?.(world) ?? '',
      ].join('\n');
      const { profile } = await parseProfile(yaml, { file: 'audit.yaml', env: { SECRET: token ?? secret } });
      const result = await run(profile, { mode: 'gate', only });
      return { world, asked: asked.filter(({ party }) => party === 'tenant'), result };
    });
    await Promise.all(worlds.map((world) => world.close()));
  },
});

function managementToken(world: World, scopes: readonly string[]): Promise<string> {
  const api = world.tenant.resourceServers.find((each) => each.is_system)!;
  const { id } = world.clients.auditor;
  return world.mint({
    claims: { aud: api.identifier, sub: `${id}@clients`, client_id: id, scope: scopes.join(' ') },
  });
}

const isManagement = ({ request }: WorldExchange) => request.path.startsWith('/api/v2/');

const clientsOf = ({ result }: Audited) => readOf('clients', result.evidence.tenant!.asked.clients);

const HAS_API = 'tenant/has-an-api-for-the-resource';
const entryOf = ({ result }: Audited, id: string) => result.report.checks.find((check) => check.id === id)!;

test('an audit sends GET to the Management API, and the preview of documents', async ({ audit }) => {
  const audited = await audit(undefined, {
    only: ['tenant', 'client-documents'],
    more: (world) => `clients: { documents: [${world.clientDocuments.map((url) => `"${url}"`).join(', ')}] }`,
  });
  const asked = audited.asked.filter(isManagement);
  const writing = asked.filter(({ request }) => request.method !== 'GET');
  expect(writing.length).toBeGreaterThan(0);
  expect([...new Set(writing.map(({ request }) => `${request.method} ${request.path}`))]).toEqual([
    'POST /api/v2/clients/cimd/preview',
  ]);
  for (const { path } of Object.values(TENANT_READS)) {
    expect(asked.map(({ request }) => request.path)).toContain(`/api/v2/${path}`);
  }
  expect(audited.result.report.summary.errored).toBe(0);
});

test('the scopes that an audit asks for are those of a client that can write nothing', () => {
  expect([...AUDIT_SCOPES].sort()).toEqual([...SCOPES_OF_THE_AUDITOR].sort());
  for (const scope of AUDIT_SCOPES) expect(scope).toMatch(/^read:/);
});

for (const scope of AUDIT_SCOPES) {
  test(`a token without ${scope} leaves untested what needs it, and says so`, async ({ audit }) => {
    const audited = await audit(undefined, { scopes: AUDIT_SCOPES.filter((each) => each !== scope) });
    const evidence = audited.result.evidence.tenant!;
    for (const [name, declared] of Object.entries(TENANT_READS)) {
      const read = readOf(name as TenantReadName, evidence.asked[name as TenantReadName]);
      expect(read, name).toMatchObject(declared.scope === scope ? { kind: 'lacks-scope', scope } : { kind: 'read' });
    }
    const lacking = audited.result.report.checks.filter(({ because = '' }) => because.includes(scope));
    for (const { outcome, unlock } of lacking) {
      expect(outcome).toBe('untested');
      expect(unlock).toContain(scope);
    }
    expect(audited.result.report.summary.errored).toBe(0);
  });
}

/** What the tenant shows to the auditor, beside what the audit is about. */
const INDISCREET: Partial<Fault> = {
  configuration: (conforming) => ({
    ...conforming,
    resourceServers: conforming.resourceServers.map((api, at) =>
      at === 1 ? { ...api, signing_alg: 'HS256', signing_secret: 'no-secret-outside-this-process-2' } : api,
    ),
    earlierLogs: ['s', 'feacft', 'sapi'].map((type, at) => ({
      log_id: `80000000000000${at}`,
      date: '2026-01-05T09:00:00.000Z',
      type,
      description: 'Dynamic client registration',
      client_id: conforming.clients[0]!.client_id,
      client_name: 'Desktop client',
      ip: '203.0.113.10',
      user_agent: 'a-browser-of-somebody/1.0',
      user_id: 'auth0|66f0a1b2c3d4e5f600000099',
      user_name: 'somebody@example.com',
      details: { prompts: [{ name: 'the-password-of-somebody' }] },
    })),
  }),
};

test('what lets somebody in elsewhere, and what is said of people, is kept nowhere', async ({ audit }) => {
  const { world, result, asked } = await audit(INDISCREET);
  const { tenant } = result.evidence;
  expect(readOf('logStreams', tenant!.asked.logStreams)).toMatchObject({
    kind: 'read',
    items: [{ name: 'SIEM', status: 'active' }],
  });
  expect(readOf('tokenFailures', tenant!.asked.tokenFailures)).toMatchObject({
    kind: 'read',
    items: [{ type: 'feacft' }],
  });
  const shown = asked.map(({ reply }) => String(reply.body)).join();
  const kept = JSON.stringify([result.evidence, toHar(exchangesOf(result.evidence), { version: '1' })]);
  expect(kept).toContain(world.tenant.resourceServers[1]!.identifier);
  const secret = 'no-secret-outside-this-process-2';
  for (const said of [SIEM_KEY, secret]) expect(shown, said).toContain(said);
  for (const said of [SIEM_KEY, secret, 'signing_secret', 'somebody']) expect(kept, said).not.toContain(said);
});

for (const [name, { keeps }] of Object.entries(TENANT_READS)) {
  test(`of ${name} what is kept is what was named, whatever the API sends`, () => {
    const [page] = golden.tenant.asked[name as TenantReadName];
    const { list } = declarationOf(name as TenantReadName);
    const item = { ...Object.fromEntries(keeps.map((member) => [member, 'kept'])), other: 'dropped' };
    for (const body of [list === undefined ? item : { [list]: [item], total: 1, other: 'dropped' }, [item]]) {
      const kept = keptOf(name as TenantReadName, answeredWith(page!, answer({ body: JSON.stringify(body) })));
      expect(kept.answer?.body).not.toContain('dropped');
      const read = readOf(name as TenantReadName, [kept]);
      expect(read).toMatchObject({ kind: 'read', items: [Object.fromEntries(keeps.map((each) => [each, 'kept']))] });
    }
    for (const body of ['"dropped"', '{"data":["dropped', 'dropped']) {
      expect(keptOf(name as TenantReadName, answeredWith(page!, answer({ body }))).answer?.body).toBe('');
    }
  });
}

test('a token without read:resource_servers names it where the API is looked for', async ({ audit }) => {
  const audited = await audit(undefined, { scopes: AUDIT_SCOPES.filter((each) => each !== 'read:resource_servers') });
  expect(entryOf(audited, HAS_API)).toMatchObject({
    outcome: 'untested',
    because: expect.stringContaining('read:resource_servers'),
  });
});

test('three thousand clients are read page by page, all of them and within the limit', async ({ audit }) => {
  const audited = await audit(
    {
      configuration: (conforming) => ({
        ...conforming,
        clients: [
          ...conforming.clients,
          ...Array.from({ length: 3000 }, (_, at) => ({ ...conforming.clients[0]!, client_id: `tpc_${at}` })),
        ],
        // More than two seconds' worth of requests: a machine that stalls lets those of one arrive with those of the next.
        plan: { ...conforming.plan, applications: 100_000, requestsPerSecond: 25 },
      }),
    },
    { more: () => 'limits: { requestsPerSecond: 10 }' },
  );
  const read = clientsOf(audited);
  const ids = read.kind === 'read' ? read.items.map(({ client_id: id }) => id) : [];
  expect(new Set(ids)).toEqual(new Set(audited.world.tenant.clients.map(({ client_id: id }) => id)));
  expect(ids).toHaveLength(new Set(ids).size);
  // Other questions about clients are of one each, by the URL of its document.
  const pages = audited.asked.filter(
    ({ request }) => request.path === '/api/v2/clients' && !request.query.includes('external_client_id='),
  );
  expect(pages.length).toBe(Math.ceil(ids.length / 100));
  expect(audited.asked.filter(isManagement).filter(({ reply }) => reply.status === 429)).toEqual([]);
});

/** The Management API answers otherwise at this path. */
const answering = (path: string, reply: (context: TenantContext) => Reply | undefined): Partial<Fault> => ({
  tenant: answerTenantPaths([`/api/v2/${path}`], reply),
});

test('a request that is one too many is sent again after the time that the API names', async ({ audit }) => {
  let refused = 0;
  const audited = await audit(
    answering('resource-servers', () => {
      refused += 1;
      return refused === 1
        ? withHeaders(jsonReply(429, { statusCode: 429, error: 'too_many_requests' }), [['Retry-After', '1']])
        : undefined;
    }),
  );
  expect(refused).toBeGreaterThan(1);
  expect(entryOf(audited, HAS_API).outcome).toBe('passed');
});

const USELESS: Readonly<Record<string, Reply>> = {
  '429 for good': withHeaders(jsonReply(429, { statusCode: 429, error: 'too_many_requests' }), [
    ['Retry-After', '3600'],
  ]),
  '503': jsonReply(503, { statusCode: 503, error: 'Service Unavailable' }),
  'a web page': htmlReply(200, '<!doctype html><title>Sign in</title><p>Please sign in.</p>'),
  'an object of another shape': jsonReply(200, { data: [] }),
};

for (const [name, reply] of Object.entries(USELESS)) {
  test(`${name} says nothing of the tenant`, async ({ audit }) => {
    const audited = await audit(answering('resource-servers', () => reply));
    expect(entryOf(audited, HAS_API)).toMatchObject({
      outcome: 'untested',
      because: expect.stringContaining('resource-servers'),
    });
    expect(audited.result.report.summary.errored).toBe(0);
  });
}

const MANY = Array.from({ length: 250 }, (_, at) => ({ client_id: `c${at}`, name: `Client ${at}` }));

test('an API that repeats its first page is not taken for one that has no more', async ({ audit }) => {
  const first = jsonReply(200, { start: 0, limit: 100, total: MANY.length, clients: MANY.slice(0, 100) });
  const audited = await audit(answering('clients', () => first));
  expect(clientsOf(audited)).toMatchObject({ kind: 'unread', because: expect.stringContaining('100 of 250') });
  expect(audited.asked.filter(({ request }) => request.path === '/api/v2/clients').length).toBeLessThan(4);
});

test('an API that knows no pages gives each client once', async ({ audit }) => {
  const audited = await audit(answering('clients', () => jsonReply(200, MANY)));
  const read = clientsOf(audited);
  expect(read.kind === 'read' && read.items.length).toBe(MANY.length);
});

test('what decides a pillar is said: a MUST that fails in the tenant, and what a setting cannot show', async ({
  audit,
}) => {
  const slashed: Partial<Fault> = {
    configuration: (conforming) => ({
      ...conforming,
      resourceServers: conforming.resourceServers.map((api, at) =>
        at === 0 ? { ...api, identifier: `${api.identifier}/` } : api,
      ),
    }),
  };
  const { result } = await audit(slashed, { only: ['tenant', 'resource-metadata', 'challenge'] });
  const { pillars } = result.report;
  expect(pillars['audience-handling']).toEqual({ state: 'not-met', because: expect.stringContaining(HAS_API) });
  for (const [pillar, { state, because }] of Object.entries(pillars)) {
    if (pillar !== 'audience-handling') expect(state, pillar).toBe('not-shown');
    expect(because, pillar).not.toBe('');
  }
  const text = renderConsole(result.report, { color: false, width: 120 });
  for (const { because } of Object.values(pillars)) {
    expect(text.replace(/\s+/g, ' ')).toContain(because.slice(0, 40));
  }
});
