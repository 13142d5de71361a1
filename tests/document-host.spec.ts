/** The embedded world's document host, which answers as hostile hosts do, and its canary. */
import { request as requestByHttps } from 'node:https';
import { test as base, expect } from '@playwright/test';
import { openCanary } from '../mock-idp/canary.ts';
import { openDocumentHost } from '../mock-idp/document-host.ts';
import { startWorld, type World, type WorldOptions } from '../mock-idp/world.ts';

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

test.describe('documents of a world', () => {
  test('are JSON under a URL of their own, and each request is a hit', async ({ start }) => {
    const { documents } = await start({ now: () => 1_800_000_000 });
    const { url, hits } = documents.publish({ json: { name: 'Probe' }, headers: [['Cache-Control', 'max-age=60']] });
    const other = documents.publish({ json: {} });
    expect(other.url).not.toBe(url);
    const response = await fetch(`${url}?x=1`, { headers: { 'X-Probe': 'yes' } });
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/json']);
    expect(response.headers.get('cache-control')).toBe('max-age=60');
    expect(await response.json()).toEqual({ name: 'Probe' });
    await fetch(url, { method: 'HEAD' });
    expect(hits().map(({ at, method, url }) => ({ at, method, url }))).toEqual([
      { at: 1_800_000_000, method: 'GET', url: `${url}?x=1` },
      { at: 1_800_000_000, method: 'HEAD', url },
    ]);
    expect(hits()[0]!.headers).toContainEqual(['X-Probe', 'yes']);
    expect(other.hits()).toEqual([]);
  });

  test('know their URL, and may change with every request', async ({ start }) => {
    const { documents } = await start();
    const { url } = documents.publish(({ url: client_id, before }) => ({ json: { client_id, before } }));
    expect(await (await fetch(url)).json()).toEqual({ client_id: url, before: 0 });
    expect(await (await fetch(url)).json()).toEqual({ client_id: url, before: 1 });
  });

  test('may stand under a path that is given, and be replaced', async ({ start }) => {
    const { documents } = await start();
    const first = documents.publish({ text: 'one' }, '/a/b');
    expect(first.url).toBe(`${documents.origin}/a/b`);
    documents.publish({ text: 'two' }, '/a/b');
    expect(await (await fetch(first.url)).text()).toBe('two');
    expect((await fetch(`${documents.origin}/nothing`)).status).toBe(404);
  });

  test('redirect, with the status that is given', async ({ start }) => {
    const { documents } = await start();
    for (const status of [undefined, 307]) {
      const { url } = documents.publish({ redirect: '/elsewhere', ...(status !== undefined && { status }) });
      const response = await fetch(url, { redirect: 'manual' });
      expect([response.status, response.headers.get('location')]).toEqual([status ?? 302, '/elsewhere']);
    }
  });

  test('are filled up with blanks, which leave JSON what it is, and compressed', async ({ start }) => {
    const { documents } = await start();
    const { url } = documents.publish({ json: { name: 'é' }, fill: 100_000, gzip: true });
    const response = await fetch(url);
    expect(response.headers.get('content-encoding')).toBe('gzip');
    expect(Number(response.headers.get('content-length'))).toBeLessThan(1000);
    const text = await response.text();
    expect([Buffer.byteLength(text), JSON.parse(text)]).toEqual([100_000, { name: 'é' }]);
  });

  test('come late', async ({ start }) => {
    const { documents } = await start();
    const { url } = documents.publish({ json: {}, delay: 300 });
    await expect(fetch(url, { signal: AbortSignal.timeout(100) })).rejects.toThrow();
    expect((await fetch(url)).status).toBe(200);
  });

  test('are cut off in their middle', async ({ start }) => {
    const { documents } = await start();
    const response = await fetch(documents.publish({ json: { name: 'x'.repeat(100) }, truncated: true }).url);
    expect(response.status).toBe(200);
    await expect(response.text()).rejects.toThrow();
  });
});

test.describe('the canary', () => {
  test('answers everything with 204, and remembers it', async ({ start }) => {
    const { canary } = await start({ now: () => 1_800_000_000 });
    expect(canary.hits()).toEqual([]);
    for (const [method, path] of [
      ['GET', '/latest/meta-data?x=1'],
      ['POST', '/'],
    ] as const) {
      expect((await fetch(`${canary.origin}${path}`, { method, headers: { 'X-Probe': 'yes' } })).status).toBe(204);
    }
    expect(canary.hits().map(({ at, method, url }) => `${at} ${method} ${url}`)).toEqual([
      `1800000000 GET ${canary.origin}/latest/meta-data?x=1`,
      `1800000000 POST ${canary.origin}/`,
    ]);
    expect(canary.hits()[0]!.headers).toContainEqual(['X-Probe', 'yes']);
  });
});

test('neither counts as a request to the world, and both are gone with it', async ({ start }) => {
  const world = await start();
  const { url } = world.documents.publish({ json: {} });
  await fetch(url);
  await fetch(world.canary.origin);
  expect(world.requests()).toBe(0);
  await world.close();
  await expect(fetch(url)).rejects.toThrow();
  await expect(fetch(world.canary.origin)).rejects.toThrow();
});

test('in a world of public names both are reached by name and over TLS', async ({ start }) => {
  const world = await start({ faults: ['issuer-says-http'] });
  const { url } = world.documents.publish({ json: {} });
  for (const [address, expected] of [
    [url, 200],
    [world.canary.origin, 204],
  ] as const) {
    const { protocol, hostname: servername, host, port, pathname: path } = new URL(address);
    expect([protocol, servername]).toEqual(['https:', expect.stringMatching(/\.world\.example$/)]);
    const [found] = await world.network.resolve(servername);
    const status = await new Promise((resolve, reject) => {
      const to = {
        host: world.network.route(found!),
        port,
        path,
        servername,
        headers: { host },
        ca: world.network.ca!,
      };
      requestByHttps(to, (response) => resolve(response.resume().statusCode))
        .on('error', reject)
        .end();
    });
    expect(status).toBe(expected);
  }
});

test('canary and document host of public names hear plain HTTP too', async () => {
  const now = () => 1_800_000_000;
  const canary = await openCanary(true, now);
  const host = await openDocumentHost(true, now);
  expect((await fetch(`http://127.0.0.1:${canary.port}/x`)).status).toBe(204);
  expect(canary.hits().map(({ url }) => url)).toEqual([`${canary.origin}/x`]);
  expect((await fetch(`http://127.0.0.1:${host.port}/`)).status).toBe(404);
  await Promise.all([canary.close(), host.close()]);
});
