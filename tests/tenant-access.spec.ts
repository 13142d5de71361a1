/** What a run says where it can see nothing of the tenant, or not all of it: one cause, and what helps against it. */
import { test as base, expect } from '@playwright/test';
import { run } from '../engine/run.ts';
import {
  AUDIT_SCOPES,
  declarationOf,
  MANAGEMENT,
  TENANT_READ_NAMES,
  type TenantReadName,
} from '../fixtures/management/reads.ts';
import { parseProfile } from '../fixtures/profile/profile.ts';
import type { State } from '../mock-idp/setup.ts';
import { startWorld, type World } from '../mock-idp/world.ts';
import { exitCode } from '../reports/policy.ts';
import type { Report } from '../reports/report.ts';
import type { Verdict } from '../suites/check.ts';
import { goldenFacts as FACTS, golden } from '../suites/golden.ts';
import { GOLDEN_API, GOLDEN_CLIENT, withoutScope, withTenant } from '../suites/golden-tenant.ts';
import { CHECKS } from '../suites/registry.ts';
import { userGrantFor } from '../suites/tenant/across/cause.ts';
import { asksUsersOfThirdParties } from '../suites/tenant/across/conduct.ts';
import { excerptOf } from '../suites/tenant/across/pages.ts';
import { keepsThirdPartiesFromSystemApis, letsNoThirdPartyInWithoutAnApi } from '../suites/tenant/across/resource.ts';
import { issuesTokensInTheDialectOfTheApi, keepsTokensWithinTheirGrants } from '../suites/tenant/across/tokens.ts';
import { keepsThirdPartyClientsStrict } from '../suites/tenant/clients.ts';
import { fillsFor } from '../suites/tenant/fills.ts';
import { hasClientsInItsInventory } from '../suites/tenant/inventory.ts';

const test = base.extend<{ audit: (management: (world: World) => string, state?: State) => Promise<Report> }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the fixtures' names from this pattern.
  audit: async ({}, use) => {
    const worlds: World[] = [];
    await use(async (management, state) => {
      const world = await startWorld({ ...(state && { state }) });
      worlds.push(world);
      const yaml = `server: { url: ${world.server.url} }\nmanagement: { ${management(world)} }\n`;
      const { profile } = await parseProfile(yaml, {
        file: 'audit.yaml',
        env: {
          SECRET: world.clients.auditor.secret,
          WRONG: 'a-secret-of-somebody-else',
          NO_TOKEN: 'no-token-of-anybody',
        },
      });
      return (await run(profile, { mode: 'gate', only: ['tenant', 'challenge'] })).report;
    });
    await Promise.all(worlds.map((world) => world.close()));
  },
});

const clientOf = ({ clients }: World, secret = 'SECRET') =>
  `client: { id: ${clients.auditor.id}, secret: "\${${secret}}" }`;

/** Where nothing can be read: what is wrong, the words of whoever answered, and what helps. */
const BARRED: Readonly<
  Record<
    string,
    {
      readonly management: (world: World) => string;
      readonly state?: State;
      readonly because: RegExp;
      readonly unlock: RegExp;
    }
  >
> = {
  'a host that is no tenant': {
    management: ({ server }) => `tenantUrl: "${new URL(server.url).origin}", token: "\${NO_TOKEN}"`,
    because: /the Management API could not be used: .*tenants\/settings: status 404/,
    unlock: /^management\.domain: the canonical domain/,
  },
  'a wrong secret': {
    management: (world) => `tenantUrl: "${world.management}", ${clientOf(world, 'WRONG')}`,
    because: /its token endpoint answered 40[013] \w+: /,
    unlock: /^management\.client: the id and the secret/,
  },
  'the custom domain': {
    management: (world) => `tenantUrl: "${new URL(world.issuer).origin}", ${clientOf(world)}`,
    state: 'managed-registration',
    because: /Service not found: http/,
    unlock: /^management\.domain: the canonical domain/,
  },
  'a token of nobody': {
    management: (world) => `tenantUrl: "${world.management}", token: "\${NO_TOKEN}"`,
    because: /status 401: /,
    unlock: /^management: a fresh token/,
  },
};

for (const [what, { management, state, because, unlock }] of Object.entries(BARRED)) {
  test(`${what} is one cause for all that is untested, and no gate is green`, async ({ audit }) => {
    const report = await audit(management, state);
    const audits = report.checks.filter(
      ({ assurance, outcome }) => assurance === 'tenant-audit' && outcome !== 'passed',
    );
    const untested = audits.filter(({ outcome }) => outcome === 'untested');
    expect(untested.length).toBeGreaterThan(30);
    expect(audits.filter(({ outcome }) => outcome !== 'untested').map(({ id }) => id)).toEqual([]);
    expect([...new Set(untested.map((each) => each.unlock))]).toEqual([expect.stringMatching(unlock)]);
    expect([...new Set(untested.map((each) => each.because))]).toEqual([expect.stringMatching(because)]);
    expect(report.summary.failed).toBe(0);
    expect(exitCode(report)).toBe(1);
  });
}

test('a rule of the network is told as one, and not as a missing scope', async ({ audit }) => {
  const report = await audit((world) => `tenantUrl: "${world.management}", token: "\${NO_TOKEN}"`, 'guarded');
  const [one] = report.checks.filter(({ id }) => id === 'tenant/has-an-api-for-the-resource');
  expect(one).toMatchObject({
    outcome: 'untested',
    because: expect.stringContaining('Access denied by a rule of the network'),
    unlock: expect.stringContaining('Security > Access Control'),
  });
});

const lacking = (...names: readonly TenantReadName[]) =>
  names.reduce((evidence, name) => withoutScope(evidence, name), golden);

test('all scopes that a check lacks are named, and one token for all that is lacked', () => {
  const verdict = hasClientsInItsInventory.judge(lacking('clients', 'grants', 'logStreams'), FACTS);
  expect(verdict).toMatchObject({
    kind: 'untested',
    because:
      'the Management API token lacks the scopes read:clients read:client_grants, without which clients and client-grants cannot be read',
  });
  const { unlock } = verdict as { readonly unlock: string };
  for (const scope of ['read:clients', 'read:client_grants', 'read:log_streams']) expect(unlock).toContain(scope);
  expect(unlock).not.toContain('read:logs');
});

test('a token that may read nothing still shows that there is a Management API', () => {
  const { tenant } = lacking(...TENANT_READ_NAMES);
  const verdict = hasClientsInItsInventory.judge({ tenant }, FACTS);
  expect(verdict).toMatchObject({ kind: 'untested' });
  for (const scope of AUDIT_SCOPES) expect((verdict as { readonly unlock: string }).unlock).toContain(scope);
});

/** What compares a sign-in with the tenant, and what of the tenant it takes. */
const ACROSS: readonly {
  readonly check: { readonly id: string; judge(evidence: typeof golden, facts: typeof FACTS): Verdict };
  readonly names: readonly TenantReadName[];
}[] = [
  { check: issuesTokensInTheDialectOfTheApi, names: ['apis'] },
  { check: keepsTokensWithinTheirGrants, names: ['grants', 'apis', 'clients'] },
  { check: asksUsersOfThirdParties, names: ['clients'] },
  { check: letsNoThirdPartyInWithoutAnApi, names: ['clients'] },
  { check: keepsThirdPartiesFromSystemApis, names: ['clients'] },
];

for (const { check, names } of ACROSS) {
  test(`${check.id} says which scope is missing, and without access which there are`, () => {
    for (const name of names) {
      const { scope } = declarationOf(name);
      expect(check.judge(lacking(name), FACTS), name).toMatchObject({
        kind: 'untested',
        because: expect.stringContaining(scope),
        unlock: expect.stringContaining(scope),
      });
    }
    const { tenant: _, ...unmanaged } = golden;
    expect(check.judge(unmanaged as typeof golden, FACTS)).toMatchObject({ kind: 'out-of-scope', unlock: MANAGEMENT });
  });
}

test('no grant is denied to a client of whom nobody can tell whose it is', () => {
  const asked = { clientId: 'desktop', audience: String(GOLDEN_API.identifier) };
  const known = withTenant(golden, { clients: [{ ...GOLDEN_CLIENT, client_id: 'desktop', is_first_party: true }] });
  expect(userGrantFor(known.tenant, asked)).toBe('none');
  expect(userGrantFor(withoutScope(known, 'clients').tenant, asked)).toBeUndefined();
});

test('commands have in them what the run knows, and nothing that a shell would take for more', () => {
  const resource = 'https://mcp.example.com/mcp';
  const apis = [GOLDEN_API, { ...GOLDEN_API, id: 'rs_2', identifier: `${resource}/` }];
  const clients = [GOLDEN_CLIENT, { ...GOLDEN_CLIENT, client_id: 'client_12' }, { client_id: '$(reboot)' }];
  expect(fillsFor({ apis, clients }, resource, 'Desktop client (client_1)')).toEqual({
    fills: { YOUR_CLIENT_ID: 'client_1', YOUR_API_ID: 'rs_1', YOUR_RESOURCE: resource },
  });
  expect(fillsFor({ apis }, resource, `an API is called ${resource}/`)).toMatchObject({
    fills: { YOUR_API_ID: 'rs_2' },
  });
  expect(fillsFor({ clients }, undefined, 'client_1, client_12')).toEqual({});
  expect(fillsFor({ clients }, undefined, 'Helper ($(reboot))')).toEqual({});
});

test('words of a page are shown from those that matter on, and whole', () => {
  const page = `Oops!, something went wrong ${'We track these errors. '.repeat(6)}invalid_target: Service not found: ${'https://a.example/ '.repeat(12)}`;
  const shown = excerptOf(page, /service not found/i);
  expect(shown).toMatch(
    /^… (?:\w+\. )?invalid_target: Service not found: https:\/\/a\.example\/ .* https:\/\/a\.example\/ …$/,
  );
  expect(excerptOf('invalid_request: no connections enabled')).toBe('invalid_request: no connections enabled');
});

test('examples of an audit show what is otherwise in the tenant', () => {
  expect(keepsThirdPartyClientsStrict.examples.fail.permissive.says).toBe(
    'clients: third_party_security_mode "permissive"',
  );
  for (const { id, reasons, examples, assurance, party } of CHECKS) {
    if (assurance !== 'tenant-audit' || party !== 'tenant') continue;
    for (const [reason, { says }] of Object.entries(examples.fail)) {
      expect(says, `${id}:${reason}`).not.toBe('');
      expect(says, `${id}:${reason}`).not.toBe(reasons[reason]!.says);
    }
  }
});
