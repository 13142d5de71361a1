/** What a run keeps of a tenant for those after it, and what these make of it. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { keptTenant } from '../engine/kept-tenant.ts';
import { lastUseOf, recordOf, watchedSince } from '../fixtures/management/record.ts';
import type { Target } from '../fixtures/target.ts';
import { golden } from '../suites/golden.ts';
import { amid, GOLDEN_CLIENT, withoutScope, withTenant } from '../suites/golden-tenant.ts';

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
    since: '2025-11-15T00:00:00.000Z',
    clients: [
      { client: 'client_1', callbacks: ['https://client.example/callback'], lastUse: '2025-12-31T08:00:00.000Z' },
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

test('runs that are closer together than the log reaches back see as far as the first of them', () => {
  const earlier = { at: '2025-12-31T12:00:00.000Z', since: '2025-11-01T00:00:00.000Z', clients: [] };
  const seen = (oldest: string) => watchedSince(withTenant(amid(golden, { earlier }), logsFrom(oldest)).tenant);
  expect(seen('2025-12-31T00:00:00.000Z')).toBe('2025-11-01T00:00:00.000Z');
  expect(seen('2025-12-31T18:00:00.000Z')).toBe('2025-12-31T18:00:00.000Z');
});

test('a use that the log has no more is known by the record', () => {
  const earlier = { at: NOW, clients: [{ client: 'client_1', callbacks: [], lastUse: '2025-12-20T00:00:00.000Z' }] };
  const { tenant } = withTenant(amid(golden, { earlier, lastUse: { client_1: undefined } }), {
    clients: [GOLDEN_CLIENT],
  });
  expect(lastUseOf(tenant, 'client_1')).toBe('2025-12-20T00:00:00.000Z');
  expect(lastUseOf(tenant, 'client_2')).toBe('unread');
  expect(recordOf(tenant, NOW)?.clients).toEqual([
    { client: 'client_1', callbacks: ['https://client.example/callback'], lastUse: '2025-12-20T00:00:00.000Z' },
  ]);
});
