/**
 * The mock tenant as the issuer that a server of others trusts: the run gets tokens and the key from its desk and turns
 * its keys, and knows nothing of the tenant but URLs.
 */
import { test as base, expect } from '@playwright/test';
import { openMintingDesk } from '../cli/minting.ts';
import { controlledIssuer } from '../engine/controlled-issuer.ts';
import { run } from '../engine/run.ts';
import { parseProfile } from '../fixtures/profile/profile.ts';
import { createJournal } from '../mock-idp/journal.ts';
import { startWorld, type World } from '../mock-idp/world.ts';
import type { Report } from '../reports/report.ts';
import { startGuardedServer } from './real/express-jwt-bearer.ts';

const VIEW = { endpoints: [], users: [], clients: [], faults: [], state: 'conforming', grant: 'curl' };

interface Kit {
  /** MCP endpoint of a server that trusts the mock tenant. */
  readonly url: string;
  readonly desk: string;
  /** The tenant. */
  readonly world: World;
  /** Told how the key set is broken, as it is. */
  onBreak(failure: Parameters<World['keyGate']['break']>[0]): void;
}

const test = base.extend<{ kit: Kit }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the fixtures' names from this pattern.
  kit: async ({}, use) => {
    const { url, world, close } = await startGuardedServer({ strict: true });
    const keyGate: World['keyGate'] = {
      ...world.keyGate,
      break(failure) {
        world.keyGate.break(failure);
        kit.onBreak(failure);
      },
    };
    const desk = await openMintingDesk({
      world: { ...world, keyGate },
      journal: createJournal(),
      view: { ...VIEW, audiences: [url] },
    });
    const kit: Kit = { url, desk: desk.page, world, onBreak: () => {} };
    await use(kit);
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

/** Status of the key set as others get it. */
const keySetOf = async (world: World) => (await fetch(new URL('.well-known/jwks.json', world.issuer))).status;

test.describe('a run that is ended while the key set is broken', () => {
  test('leaves it whole, and breaks it no more', async ({ kit }) => {
    const { profile } = await parseProfile(profileOf(kit, 'allow: [load]'), { file: 'p.yaml', env: {} });
    const control = new AbortController();
    const leftovers: string[] = [];
    const broken: string[] = [];
    kit.onBreak = (failure) => {
      broken.push(failure);
      control.abort(new Error('enough'));
    };
    const running = run(profile, {
      mode: 'gate',
      only: ['access-tokens/follows-its-issuer-to-new-keys'],
      signal: control.signal,
      onLeftover: (line) => leftovers.push(line),
    });
    await expect(running).rejects.toThrow('enough');
    expect(await keySetOf(kit.world)).toBe(200);
    expect(broken).toEqual(['error']);
    expect(leftovers).toEqual([]);
  });

  const issuerAt = (url: string, options: Parameters<typeof controlledIssuer>[2] = {}) =>
    controlledIssuer({ url, patience: 60 }, { tokens: {}, secrets: [], clients: {}, users: {} }, options);

  test('waits for nothing more, and turns no key from then on', async ({ kit }) => {
    const abortion = new AbortController();
    const { given, close } = await issuerAt(kit.desk, { signal: abortion.signal });
    const control = given.issuer.control!;
    await control.breakKeys('error');
    const begun = Date.now();
    const waiting = expect(control.letTimePass(60)).rejects.toThrow(/abort/);
    // Under way when the run ends, and not to come in after the mending.
    const late = control.breakKeys('html').catch(() => {});
    abortion.abort();
    await waiting;
    expect(Date.now() - begun).toBeLessThan(10_000);
    await close();
    await late;
    expect(await keySetOf(kit.world)).toBe(200);

    const signing = await kit.world.signingKey();
    for (const turn of [control.breakKeys('error'), control.rotateKeys(), control.removeKey(signing.kid!)]) {
      await expect(turn).rejects.toThrow(/abort/);
    }
    expect(await keySetOf(kit.world)).toBe(200);
    expect(await kit.world.signingKey()).toEqual(signing);
  });

  test('says so where it cannot be mended', async () => {
    const world = await startWorld();
    const desk = await openMintingDesk({
      world,
      journal: createJournal(),
      view: { ...VIEW, audiences: [world.server.url] },
    });
    const leftovers: string[] = [];
    const { given, close } = await issuerAt(desk.page, { onLeftover: (line) => leftovers.push(line) });
    await given.issuer.control!.breakKeys('error');
    await Promise.all([desk.close(), world.close()]);
    await close();
    expect(leftovers).toEqual([
      expect.stringMatching(/^perhaps the mock tenant does not give out its keys: .*does not/),
    ]);
  });

  test('leaves alone what somebody else has broken', async ({ kit }) => {
    const { close } = await issuerAt(kit.desk);
    kit.world.keyGate.break('error');
    await close();
    expect(await keySetOf(kit.world)).toBe(500);
  });
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
