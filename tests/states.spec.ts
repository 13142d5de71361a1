/**
 * The named states of the embedded tenant: each is configured as its name says, and the checks find in it what the
 * reviewed list says. More findings than these, or fewer, fail the test.
 */
import { readFileSync } from 'node:fs';
import { test as base, expect } from '@playwright/test';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { parse } from 'yaml';
import { run } from '../engine/run.ts';
import { parseProfile } from '../fixtures/profile/profile.ts';
import { operationRequest } from '../fixtures/protocol/requests.ts';
import { STATES, type State } from '../mock-idp/setup.ts';
import type { Client } from '../mock-idp/tenant/entities.ts';
import { startWorld, type World } from '../mock-idp/world.ts';

interface Reviewed {
  readonly check: string;
  readonly reason: string;
  readonly outcome: string;
  readonly because: string;
}

interface Review {
  readonly findings: readonly Reviewed[];
  /** What stands in the way of checks in this state, a part of the sentence that says so; absent: nothing. */
  readonly untested?: readonly { readonly says: string; readonly because: string }[];
}

/** The two others trip nothing; tests/mutation.spec.ts holds them to it. */
const REVIEWED_STATES = STATES.filter((state) => state !== 'conforming' && state !== 'own-authorization-server');

const reviewOf = (state: State) =>
  parse(readFileSync(new URL(`./states/${state}.reviewed.yaml`, import.meta.url), 'utf8')) as Review;

const test = base.extend<{ start: (state: State) => Promise<World> }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the fixtures' names from this pattern.
  start: async ({}, use) => {
    const worlds: World[] = [];
    await use(async (state) => {
      const world = await startWorld({ state });
      worlds.push(world);
      return world;
    });
    await Promise.all(worlds.map((world) => world.close()));
  },
});

for (const state of REVIEWED_STATES) {
  test(`${state}: the checks find what the reviewed list says`, async () => {
    const { profile } = await parseProfile(`embedded: { state: ${state} }`, { file: 'state.yaml', env: {} });
    const { report } = await run(profile, { mode: 'gate' });
    const found = report.checks.flatMap(({ id, outcome, findings = [] }) =>
      [...new Set(findings.map(({ reason }) => reason))].map((reason) => ({ check: id, reason, outcome })),
    );
    const { findings, untested = [] } = reviewOf(state);
    const byCheck = (a: { check: string; reason: string }, b: { check: string; reason: string }) =>
      `${a.check}:${a.reason}`.localeCompare(`${b.check}:${b.reason}`);
    expect(found.toSorted(byCheck)).toEqual(findings.map(({ because: _, ...finding }) => finding).toSorted(byCheck));
    expect(report.summary.errored).toBe(0);
    const unexplained = report.checks.filter(
      ({ outcome, because = '' }) => outcome === 'untested' && !untested.some(({ says }) => because.includes(says)),
    );
    expect(unexplained.map(({ id, because }) => `${id}: ${because}`)).toEqual([]);
  });

  test(`${state}: each entry of the reviewed list says why in one sentence`, () => {
    const { findings, untested = [] } = reviewOf(state);
    for (const { because } of [...findings, ...untested]) {
      expect(because).toMatch(/^[A-Z][^\n]{60,}\.$/);
      expect(because.match(/\.(?=\s)/g)).toBeNull();
    }
  });
}

async function metadataOf(world: World): Promise<Readonly<Record<string, unknown>>> {
  const [first, second] = await Promise.all(
    ['oauth-authorization-server', 'openid-configuration'].map(async (name) =>
      (await fetch(new URL(`/.well-known/${name}`, world.issuer))).json(),
    ),
  );
  expect(second).toEqual(first);
  return first as Readonly<Record<string, unknown>>;
}

const usersClients = ({ tenant }: World): readonly Client[] =>
  tenant.clients.filter(({ grant_types }) => grant_types.includes('authorization_code'));

const apiOf = ({ tenant, server }: World) =>
  tenant.resourceServers.find(({ identifier }) => identifier === server.url)!;

test('auth0-defaults is a tenant that nobody has prepared for MCP', async ({ start }) => {
  const world = await start('auth0-defaults');
  const metadata = await metadataOf(world);
  expect(metadata).toMatchObject({ registration_endpoint: new URL('/oidc/register', world.issuer).href });
  for (const name of [
    'authorization_response_iss_parameter_supported',
    'client_id_metadata_document_supported',
    'grant_types_supported',
    'pushed_authorization_request_endpoint',
    'mtls_endpoint_aliases',
  ]) {
    expect(metadata).not.toHaveProperty(name);
  }
  const { settings, connections, clientGrants } = world.tenant;
  expect(settings.resource_parameter_profile).toBe('compatibility');
  expect(settings.flags.enable_dynamic_client_registration).toBe(false);
  expect(connections.filter(({ is_domain_connection }) => is_domain_connection)).toEqual([]);
  expect(clientGrants.filter(({ default_for }) => default_for !== undefined)).toEqual([]);
  expect(apiOf(world)).toMatchObject({
    token_dialect: 'access_token',
    enforce_policies: false,
    token_lifetime: 86_400,
    allow_offline_access: false,
    subject_type_authorization: { user: { policy: 'allow_all' } },
  });
});

test('auth0-defaults has tokens of Auth0’s own profile, and its server takes them', async ({ start }) => {
  const world = await start('auth0-defaults');
  const minted = await world.mint();
  const response = await fetch(new URL('/oauth/token', world.issuer), {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: world.machine.id,
      client_secret: world.machine.secret,
      audience: world.server.url,
    }),
  });
  const { access_token: issued, expires_in } = (await response.json()) as {
    readonly access_token: string;
    readonly expires_in: number;
  };
  expect(expires_in).toBe(86_400);
  for (const token of [minted, issued]) {
    expect(decodeProtectedHeader(token)).toMatchObject({ typ: 'JWT', alg: 'RS256' });
    expect(decodeJwt(token)).toMatchObject({ aud: world.server.url, azp: expect.any(String) });
    expect(decodeJwt(token)).not.toHaveProperty('client_id');
    const { method, headers, body } = operationRequest('2026-07-28', 'tools/list', {
      id: 'one',
      tool: world.server.safeTool,
    });
    const credentials = { ...Object.fromEntries(headers), Authorization: `Bearer ${token}` };
    expect((await fetch(world.server.url, { method, headers: credentials, body })).status).toBe(200);
  }
});

test('first-party has clients of the company alone, and no way in for others', async ({ start }) => {
  const world = await start('first-party');
  expect(usersClients(world).length).toBeGreaterThan(1);
  for (const client of usersClients(world)) {
    expect(client).toMatchObject({ is_first_party: true });
    expect(client).not.toHaveProperty('third_party_security_mode');
    expect(world.tenant.connections[0]!.enabled_clients).toContain(client.client_id);
  }
  expect(world.tenant.plan.clientDocuments).toBe('off');
  expect(world.tenant.settings.flags.enable_dynamic_client_registration).toBe(false);
});

test('strict has strict clients, which come by their documents, and shows them errors on its pages', async ({
  start,
}) => {
  const world = await start('strict');
  for (const client of usersClients(world)) {
    expect(client).toMatchObject({
      is_first_party: false,
      third_party_security_mode: 'strict',
      redirection_policy: 'open_redirect_protection',
    });
  }
  expect(world.tenant.plan.clientDocuments).toBe('dynamic');
  expect(world.tenant.clientGrants).toContainEqual(
    expect.objectContaining({ default_for: 'third_party_clients', audience: world.server.url }),
  );
  expect(await metadataOf(world)).toMatchObject({ client_id_metadata_document_supported: true });
});

test('permissive registers whoever asks, for the API of the MCP server', async ({ start }) => {
  const world = await start('permissive');
  const response = await fetch(new URL('/oidc/register', world.issuer), {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ client_name: 'New', redirect_uris: ['https://client.example/callback'] }),
  });
  expect(response.status).toBe(201);
  const { client_id } = (await response.json()) as { readonly client_id: string };
  expect(world.tenant.clients.find((client) => client.client_id === client_id)).toMatchObject({
    is_first_party: false,
    third_party_security_mode: 'permissive',
  });
  expect(world.tenant.settings.default_audience).toBe(world.server.url);
  expect(await metadataOf(world)).toMatchObject({ code_challenge_methods_supported: ['S256', 'plain'] });
});

const registration = (world: World) =>
  fetch(new URL('/oidc/register', world.issuer), {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ client_name: 'New', redirect_uris: ['https://client.example/callback'] }),
  });

test('open-registration registers whoever asks, as a strict client, and fetches documents as they come', async ({
  start,
}) => {
  const world = await start('open-registration');
  expect((await registration(world)).status).toBe(201);
  expect(world.tenant.clients.at(-1)).toMatchObject({ is_first_party: false, third_party_security_mode: 'strict' });
  expect(world.tenant.plan).toMatchObject({ speaks: 'standard', clientDocuments: 'dynamic' });
});

test('full-tenant has room for nobody, however they come', async ({ start }) => {
  const world = await start('full-tenant');
  const before = world.tenant.clients.length;
  expect((await registration(world)).status).toBe(403);
  expect(world.tenant.clients).toHaveLength(before);
});

test('guarded lets its own network alone register and manage, and limits requests', async ({ start }) => {
  const world = await start('guarded');
  const managed = () => fetch(new URL('/api/v2/clients', world.issuer));
  expect([(await registration(world)).status, (await managed()).status]).toEqual([403, 403]);
  world.tenant.plan.vantage = 'inside';
  expect([(await registration(world)).status, (await managed()).status]).toEqual([201, 401]);
  const { headers } = await fetch(new URL('/userinfo', world.issuer));
  expect(headers.get('x-ratelimit-limit')).toBe('25');
});

test('own-clients has clients of the company alone, each with a connection but one', async ({ start }) => {
  const world = await start('own-clients');
  const { connections, plan } = world.tenant;
  expect(plan.speaks).toBe('standard');
  for (const client of usersClients(world)) expect(client.is_first_party).toBe(true);
  const without = usersClients(world).filter(({ client_id }) => !connections[0]!.enabled_clients.includes(client_id));
  expect(without.map(({ client_id }) => client_id)).toEqual([world.clients.signed.id]);
});

test('members of features stand in the metadata where a setting turns them on', async ({ start }) => {
  const world = await start('auth0-defaults');
  const { settings } = world.tenant;
  settings.authorization_response_iss_parameter_supported = true;
  settings.client_id_metadata_document_supported = true;
  settings.pushed_authorization_requests_supported = true;
  settings.mtls = { enable_endpoint_aliases: true };
  const at = (path: string) => new URL(path, world.issuer).href;
  expect(await metadataOf(world)).toMatchObject({
    authorization_response_iss_parameter_supported: true,
    client_id_metadata_document_supported: true,
    pushed_authorization_request_endpoint: at('/oauth/par'),
    mtls_endpoint_aliases: { token_endpoint: at('/oauth/token') },
    tls_client_certificate_bound_access_tokens: true,
    token_endpoint_auth_methods_supported: expect.arrayContaining(['tls_client_auth', 'none']),
  });
});
