/** What a run keeps of a tenant for those after it, and what these make of it. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { keptTenant } from '../engine/kept-tenant.ts';
import { lastUseOf, recordOf, watchedSince } from '../fixtures/management/record.ts';
import type { Target } from '../fixtures/target.ts';
import { answer, answeredWith, golden, goldenFacts } from '../suites/golden.ts';
import { amid, GOLDEN_CLIENT, withoutScope, withTenant } from '../suites/golden-tenant.ts';
import { changesNoRedirectUris } from '../suites/tenant/registrations.ts';

let folder: string;

test.beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kept-tenant-'));
});

test.afterEach(() => rmSync(folder, { recursive: true, force: true }));

const NOW = '2026-01-01T00:00:00.000Z';
const target = { management: { url: 'https://tenant.example.com/' } } as Target;
const first = amid(golden, { earlier: undefined, lastUse: { client_1: '2025-12-31T08:00:00.000Z' } });
const logsFrom = (date: string) => ({ oldestLogs: [{ log_id: '1', date }] });

test('a run keeps clients, redirect URIs and last uses, for the one after it', async () => {
  const state = { folder: join(folder, 'state') };
  const { keep, target: before } = await keptTenant({ state }, target);
  expect(before.earlierTenant).toBeUndefined();
  expect(await keep(first, NOW)).toEqual([]);
  const { target: after } = await keptTenant({ state }, target);
  expect(after.earlierTenant).toEqual({
    at: NOW,
    clients: [
      {
        client: 'client_1',
        callbacks: ['https://client.example/callback'],
        watched: { since: '2025-11-15T00:00:00.000Z', until: NOW },
        firstSeen: NOW,
        lastUse: '2025-12-31T08:00:00.000Z',
      },
    ],
  });
  const [file = ''] = readdirSync(state.folder);
  expect(statSync(join(state.folder, file)).mode & 0o077).toBe(0);
});

test('another tenant has a file of its own', async () => {
  const state = { folder };
  await (await keptTenant({ state }, target)).keep(first, NOW);
  const other = await keptTenant({ state }, { management: { url: 'https://other.example.com/' } } as Target);
  expect(other.target.earlierTenant).toBeUndefined();
});

test('nothing is kept without state, in the embedded world, and of clients that could not be read', async () => {
  const embedded = { state: 'conforming', faults: [] } as const;
  for (const profile of [{}, { state: { folder }, embedded }]) {
    await (await keptTenant(profile, target)).keep(first, NOW);
  }
  await (await keptTenant({ state: { folder } }, target)).keep(withoutScope(first, 'clients'), NOW);
  expect(readdirSync(folder)).toEqual([]);
});

test('a file that was cut off is left alone, and the report says so', async () => {
  const state = { folder };
  await (await keptTenant({ state }, target)).keep(first, NOW);
  const [name = ''] = readdirSync(folder);
  const file = join(folder, name);
  writeFileSync(file, readFileSync(file, 'utf8').slice(0, 40));
  const { target: after, remarks, keep } = await keptTenant({ state }, target);
  expect(after.earlierTenant).toBeUndefined();
  expect(remarks).toEqual([
    expect.stringMatching(/is left alone: it is no file of this tool, or was cut off; delete it/),
  ]);
  await keep(first, NOW);
  expect(readFileSync(file, 'utf8')).toHaveLength(40);
});

const WATCHED = { since: '2025-11-01T00:00:00.000Z', until: '2025-12-31T12:00:00.000Z' };
const KNOWN = { client: 'client_1', callbacks: ['https://client.example/callback'], watched: WATCHED };

test('runs that are closer together than the log reaches back see as far as the first of them', () => {
  const earlier = { at: NOW, clients: [KNOWN] };
  const seen = (oldest: string, client = 'client_1') =>
    watchedSince(withTenant(amid(golden, { earlier }), logsFrom(oldest)).tenant, client);
  expect(seen('2025-12-31T00:00:00.000Z')).toBe('2025-11-01T00:00:00.000Z');
  expect(seen('2025-12-31T18:00:00.000Z')).toBe('2025-12-31T18:00:00.000Z');
  // Of a client that no run has asked about, the log is all that there is.
  expect(seen('2025-12-31T00:00:00.000Z', 'client_2')).toBe('2025-12-31T00:00:00.000Z');
});

test('a use that the log has no more is known by the record', () => {
  const earlier = { at: NOW, clients: [{ client: 'client_1', callbacks: [], lastUse: '2025-12-20T00:00:00.000Z' }] };
  const { tenant } = withTenant(amid(golden, { earlier, lastUse: { client_1: undefined } }), {
    clients: [GOLDEN_CLIENT],
  });
  expect(lastUseOf(tenant, 'client_1')).toBe('2025-12-20T00:00:00.000Z');
  expect(lastUseOf(tenant, 'client_2')).toBe('unread');
  expect(recordOf(tenant, NOW)?.clients).toMatchObject([{ client: 'client_1', lastUse: '2025-12-20T00:00:00.000Z' }]);
});

/** What keeps a run from looking at the log for a client: the client is one of those that it has no time to ask about, too. */
const BLIND: Readonly<Record<string, typeof golden>> = {
  'lacks read:logs': withoutScope(amid(golden, { lastUse: {} }), 'oldestLogs'),
  'did not ask about this client': amid(golden, { lastUse: { client_9: NOW } }),
};

for (const [what, evidence] of Object.entries(BLIND)) {
  test(`a run that ${what} takes nothing from the record`, () => {
    const known = { ...KNOWN, firstSeen: WATCHED.since, lastUse: '2025-12-20T00:00:00.000Z' };
    const { tenant } = amid(evidence, { earlier: { at: WATCHED.until, clients: [known] } });
    expect(recordOf(tenant, NOW)).toEqual({ at: NOW, clients: [known] });
  });
}

test.describe('how old a client is', () => {
  const at = (earlier: Parameters<typeof amid>[1]['earlier']) =>
    recordOf(amid(golden, { earlier }).tenant, NOW)?.clients[0];

  test('is known from the first run that saw it', () => {
    expect(at(undefined)).toMatchObject({ firstSeen: NOW });
    expect(at({ at: WATCHED.until, clients: [{ ...KNOWN, firstSeen: WATCHED.since }] })).toMatchObject({
      firstSeen: WATCHED.since,
    });
    // A record of before says no more than when it was made.
    expect(at({ at: WATCHED.until, clients: [KNOWN] })).toMatchObject({ firstSeen: WATCHED.until });
  });

  test('is no more than the time since the last run that did not see it', () => {
    expect(at({ at: WATCHED.until, clients: [] })).toMatchObject({ missingAt: WATCHED.until, firstSeen: NOW });
  });
});

test('a run remembers the clients that it registered, for those after it, and no others', async () => {
  const state = { folder };
  const [asked] = golden.tenant.asked.clients;
  const registered = (id: string, name: string) =>
    answeredWith(asked!, answer({ status: 201, body: JSON.stringify({ client_id: id }) }), {
      request: { method: 'POST', body: JSON.stringify({ client_name: name }) },
    });
  const { registrations } = golden;
  const door = {
    ...registrations.door,
    anonymous: registered('tpc_8', 'mcp-auth-conformance 1234 native'),
    wrongToken: registered('tpc_9', 'Somebody else'),
  };
  await (await keptTenant({ state }, target)).keep({ ...first, registrations: { ...registrations, door } }, NOW);
  const { target: after, keep } = await keptTenant({ state }, target);
  const [ours] = [after.earlierTenant?.own ?? []];
  expect(ours).toContain('tpc_8');
  expect(ours).not.toContain('tpc_9');
  await keep(amid(golden, { earlier: after.earlierTenant }), NOW);
  expect((await keptTenant({ state }, target)).target.earlierTenant?.own).toEqual(expect.arrayContaining([...ours]));
});

test.describe('redirect URIs that changed', () => {
  const earlier = { at: WATCHED.until, clients: [KNOWN] };
  const moved = { ...GOLDEN_CLIENT, callbacks: ['https://elsewhere.example/callback'] };
  const { tenant } = withTenant(amid(golden, { earlier }), { clients: [moved] });
  const judged = (record = recordOf(tenant, NOW)) =>
    changesNoRedirectUris.judge({ tenant: { ...tenant, ...(record && { earlier: record }) } }, goldenFacts);

  test('are told again by each later run', () => {
    expect(recordOf(tenant, NOW)?.clients).toMatchObject([{ callbacks: KNOWN.callbacks }]);
    expect(judged()).toMatchObject({ kind: 'fail', findings: [{ reason: 'changed' }] });
  });

  test('are told no more once a run was told that they are meant', () => {
    const record = recordOf(tenant, NOW, { redirectUris: true });
    expect(record?.clients).toMatchObject([{ callbacks: moved.callbacks }]);
    expect(judged(record)).toMatchObject({ kind: 'pass' });
  });

  test('are accepted by no run that did not read them, and it says so', async () => {
    const { keep } = await keptTenant({ state: { folder } }, target);
    const blind = withoutScope(first, 'clients');
    expect(await keep(blind, NOW, { redirectUris: true })).toEqual([
      expect.stringMatching(/no redirect URI was accepted/),
    ]);
    expect(await keep(blind, NOW, { redirectUris: false })).toEqual([]);
  });

  test('of a client that is new are those that it came with', () => {
    const { tenant: grown } = withTenant(amid(golden, { earlier }), {
      clients: [GOLDEN_CLIENT, { ...moved, client_id: 'client_2' }],
    });
    expect(recordOf(grown, NOW)?.clients).toMatchObject([
      { callbacks: KNOWN.callbacks },
      { client: 'client_2', callbacks: moved.callbacks },
    ]);
  });
});
