/**
 * The mock tenant as the issuer that a server of others trusts: the run gets tokens and the key from its desk and turns
 * its keys, and knows nothing of the tenant but URLs.
 */
import { test as base, expect } from '@playwright/test';
import { openMintingDesk } from '../cli/minting.ts';
import { run } from '../engine/run.ts';
import { parseProfile } from '../fixtures/profile/profile.ts';
import { createJournal } from '../mock-idp/journal.ts';
import { startWorld } from '../mock-idp/world.ts';
import type { Report } from '../reports/report.ts';
import { startGuardedServer } from './real/express-jwt-bearer.ts';

const VIEW = { endpoints: [], users: [], clients: [], faults: [], state: 'conforming', grant: 'curl' };

interface Kit {
  /** MCP endpoint of a server that trusts the mock tenant. */
  readonly url: string;
  readonly desk: string;
}

const test = base.extend<{ kit: Kit }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the fixtures' names from this pattern.
  kit: async ({}, use) => {
    const { url, world, close } = await startGuardedServer({ strict: true });
    const desk = await openMintingDesk({ world, journal: createJournal(), view: { ...VIEW, audiences: [url] } });
    await use({ url, desk: desk.page });
    await desk.close();
    await close();
  },
});

const profileOf = ({ url, desk }: Kit, more = '') => `
server: { url: "${url}", safeTool: { name: greet }, tools: { greet: [mcp:tools] } }
issuer: { control: "${desk}", patience: 0 }
${more}`;

async function runWith(text: string, only?: readonly string[]): Promise<Report> {
  const { profile } = await parseProfile(text, { file: 'p.yaml', env: {} });
  return (await run(profile, { mode: 'gate', ...(only && { only }) })).report;
}

const outcomeIn = (report: Report, name: string) => report.checks.find(({ id }) => id === `access-tokens/${name}`);

test('tokens, the key and the turning of keys come from the desk', async ({ kit }) => {
  const report = await runWith(profileOf(kit, 'allow: [load]'), ['access-tokens']);
  expect(report.assurance).toEqual(['anonymous', 'token', 'controlled-issuer']);
  const minted = report.checks.filter(
    ({ outcome, assurance }) => outcome === 'passed' && assurance === 'controlled-issuer',
  );
  expect(minted.length).toBeGreaterThan(20);
  for (const name of ['refuses-tokens-of-another-api', 'refuses-a-once-good-token-after-its-expiry']) {
    expect(outcomeIn(report, name)?.outcome, name).toBe('passed');
  }
  expect(outcomeIn(report, 'asks-rarely-for-unknown-keys')).toMatchObject({
    // It has just fetched them, and waits before it does so again, which nobody waited for.
    outcome: 'untested',
    unlock: expect.stringContaining('issuer.patience'),
  });
  expect(report.summary).toMatchObject({ errored: 0 });
});

test('what only time would tell is left untested, with the patience it takes', async ({ kit }) => {
  const report = await runWith(profileOf(kit, 'allow: [load]'), ['access-tokens']);
  expect(outcomeIn(report, 'lets-go-of-removed-keys')).toMatchObject({
    outcome: 'untested',
    unlock: 'issuer.patience: 900',
  });
  expect(outcomeIn(report, 'follows-its-issuer-to-new-keys')).toMatchObject({
    outcome: 'untested',
    unlock: 'issuer.patience: 60',
  });
});

test('keys are turned only where load is allowed', async ({ kit }) => {
  const report = await runWith(profileOf(kit), ['access-tokens/follows-its-issuer-to-new-keys']);
  expect(report.checks).toMatchObject([{ outcome: 'out-of-scope', unlock: 'allow: [load] in the profile' }]);
});

test('a desk that is not there ends the run with one line', async ({ kit }) => {
  const text = profileOf({ ...kit, desk: 'http://127.0.0.1:1' });
  await expect(runWith(text)).rejects.toMatchObject({
    code: 'environment',
    message: expect.stringMatching(/^issuer\.control: http:\/\/127\.0\.0\.1:1 does not answer; write the Control/),
  });
});

test('what answers and is no desk ends it as well', async ({ kit }) => {
  await expect(runWith(profileOf({ ...kit, desk: new URL(kit.url).origin }))).rejects.toThrow(
    /answers 404 to \/signing-key; write the Control address/,
  );
});

for (const desk of ['http://desk.example:4401', 'https://127.0.0.1:4401', 'http://127.0.0.1:4401/token']) {
  test(`${desk} is no address to get a key from`, async () => {
    await expect(
      parseProfile(`server: { url: "http://127.0.0.1:1/mcp" }\nissuer: { control: "${desk}" }`, {
        file: 'p.yaml',
        env: {},
      }),
    ).rejects.toThrow(/issuer\.control: is no address of this machine/);
  });
}

test('the embedded world has a tenant of its own', async () => {
  await expect(runWith('embedded: {}\nissuer: { control: "http://127.0.0.1:1" }')).rejects.toThrow(
    /issuer\.control goes with server/,
  );
});

test.describe('the key set that others see', () => {
  const open = async () => {
    const world = await startWorld();
    const desk = await openMintingDesk({
      world,
      journal: createJournal(),
      view: { ...VIEW, audiences: [world.server.url] },
    });
    const order = (path: string, body: object) =>
      fetch(new URL(path, desk.page), { method: 'POST', body: JSON.stringify(body) });
    return {
      world,
      order,
      fetches: async () => ((await (await fetch(new URL('keys', desk.page))).json()) as { fetches: number }).fetches,
      keySet: (timeout = 2000) =>
        fetch(new URL('.well-known/jwks.json', world.issuer), { signal: AbortSignal.timeout(timeout) }),
      close: () => Promise.all([world.close(), desk.close()]),
    };
  };

  test('is counted, broken in four ways and mended', async () => {
    const { world, order, fetches, keySet, close } = await open();
    try {
      expect((await keySet()).status).toBe(200);
      expect(await fetches()).toBe(1);
      await order('keys', { answer: 'error' });
      expect((await keySet()).status).toBe(500);
      await order('keys', { answer: 'html' });
      expect((await keySet()).headers.get('content-type')).toMatch(/^text\/html/);
      await order('keys', { answer: 'empty' });
      expect(await (await keySet()).json()).toEqual({ keys: [] });
      await order('keys', { answer: 'hang' });
      await expect(keySet(200)).rejects.toThrow(/timeout/);
      // The reference server has another way to them.
      const { status } = await fetch(world.server.url, {
        method: 'DELETE',
        headers: { Authorization: `Bearer ${await world.mint()}` },
      });
      expect(status).toBe(400);
      expect((await order('keys', { answer: 'other' })).status).toBe(400);
      await order('keys', { answer: 'keys' });
      expect((await keySet()).status).toBe(200);
      expect(await fetches()).toBe(6);
    } finally {
      await close();
    }
  });

  test('loses one key where one is named', async () => {
    const { world, order, keySet, close } = await open();
    try {
      const kidsIn = async () =>
        ((await (await keySet()).json()) as { keys: { kid: string }[] }).keys.map((key) => key.kid);
      await order('rotate', {});
      await order('rotate', {});
      const [first, second] = await world.previousKeys();
      expect(await (await order('revoke', { kid: second })).json()).toEqual({ revoked: [second] });
      expect(await kidsIn()).toContain(first);
      expect(await kidsIn()).not.toContain(second);
    } finally {
      await close();
    }
  });
});
