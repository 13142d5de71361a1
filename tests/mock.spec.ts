/** The desk of the mock command: it mints, turns keys and shows what happened, to this machine and without secrets. */
import { createPublicKey, type JsonWebKey } from 'node:crypto';
import { test as base, expect } from '@playwright/test';
import { createRemoteJWKSet, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from 'jose';
import { type MintingDesk, openMintingDesk } from '../cli/minting.ts';
import { createJournal } from '../mock-idp/journal.ts';
import { startWorld, type World, type WorldOptions } from '../mock-idp/world.ts';

interface Kit {
  readonly world: World;
  readonly desk: MintingDesk;
}

const AUDIENCE = 'https://mcp.example.com/mcp';
const VIEW = { endpoints: [], users: [], clients: [], faults: [], state: 'conforming', grant: 'curl' };

const test = base.extend<{ open: (options?: WorldOptions) => Promise<Kit> }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the fixtures' names from this pattern.
  open: async ({}, use) => {
    const kits: Kit[] = [];
    await use(async (options) => {
      const journal = createJournal();
      const world = await startWorld({ ...options, onExchange: journal.noteExchange });
      const audiences = [options?.audience ?? world.server.url] as const;
      const view = { ...VIEW, audiences, faults: [{ id: 'x', says: '<b>says</b>' }] };
      const desk = await openMintingDesk({ world, journal, view });
      kits.push({ world, desk });
      return { world, desk };
    });
    await Promise.all(kits.flatMap(({ world, desk }) => [world.close(), desk.close()]));
  },
});

const order = async (desk: MintingDesk, body: object) => {
  const answer = await fetch(desk.url, { method: 'POST', body: JSON.stringify(body) });
  return { status: answer.status, token: (await answer.text()).trim() };
};

/** Bound to no algorithm, other than the one that is published. */
const publicKeyOf = async (world: World) =>
  createPublicKey({ key: (await world.signingKey()) as JsonWebKey, format: 'jwk' });

const claimsOf = (token: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());

test('tokens are for the audience asked for, and that API is granted by the tenant', async ({ open }) => {
  const { world, desk } = await open({ audience: AUDIENCE });
  expect(claimsOf((await order(desk, {})).token).aud).toBe(AUDIENCE);
  const { id, secret } = world.machine;
  const answer = await fetch(`${world.issuer}oauth/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: id,
      client_secret: secret,
      audience: AUDIENCE,
    }),
  });
  const { access_token } = (await answer.json()) as { readonly access_token: string };
  expect(claimsOf(access_token).aud).toBe(AUDIENCE);
});

test('an order changes claims, header, key and signature, and leaves members out', async ({ open }) => {
  const { desk } = await open();
  const good = (await order(desk, {})).token;
  const { token } = await order(desk, { claims: { nbf: 1 }, header: { typ: 'JWT' }, without: ['jti', 'kid'] });
  expect(claimsOf(token)).toMatchObject({ nbf: 1 });
  expect(Object.keys(claimsOf(token))).not.toContain('jti');
  expect(decodeProtectedHeader(token)).toEqual({ alg: 'RS256', typ: 'JWT' });
  expect((await order(desk, { header: { alg: 'none' } })).token).toMatch(/\.$/);
  const next = (await order(desk, { key: 'next' })).token;
  expect(decodeProtectedHeader(next).kid).not.toBe(decodeProtectedHeader(good).kid);
});

const refused: readonly (readonly [order: object, says: RegExp])[] = [
  [{ key: 'other' }, /^key is one of current, next, foreign$/],
  [{ signature: 'good' }, /^signature is one of broken$/],
  [{ claim: {} }, /^there is no claim: an order has claims, header, without, /],
  [{ without: 'aud' }, /^without is a list of names$/],
  [{ without: ['alg'] }, /^every token has an alg/],
  [{ without: ['zzz'] }, /^the token has no zzz that could be left out; there is iss, sub, aud, /],
  [{ header: { alg: 'ES256' } }, /^nothing here signs with "ES256": alg is RS256, .*, HS256, none$/],
  [{ header: { alg: 'none' }, signature: 'broken' }, /^a token with alg none has no signature that could be broken$/],
  [{ secret: 'pem' }, /^a secret goes with /],
];
for (const [wrong, says] of refused) {
  test(`the order ${JSON.stringify(wrong)} is refused with what is wrong`, async ({ open }) => {
    const { desk } = await open();
    const { status, token } = await order(desk, wrong);
    expect(status).toBe(400);
    expect(JSON.parse(token).error).toMatch(says);
  });
}

test('a header that no library would sign is signed all the same', async ({ open }) => {
  const { world, desk } = await open();
  const keys = createRemoteJWKSet(new URL('.well-known/jwks.json', world.issuer));
  const { token } = await order(desk, { header: { crit: ['x'], x: 1 } });
  expect(decodeProtectedHeader(token)).toMatchObject({ crit: ['x'], x: 1 });
  await expect(jwtVerify(token, keys)).rejects.toThrow(/"x" is not recognized/);
  await jwtVerify(token, keys, { crit: { x: true } });
  for (const alg of ['RS256', 'RS512', 'PS256', 'PS384']) {
    await jwtVerify((await order(desk, { header: { alg } })).token, await publicKeyOf(world));
  }
});

test('the secret of HS256 is the PEM of the public key, with or without the end of its line', async ({ open }) => {
  const { world, desk } = await open();
  const pem = (await publicKeyOf(world)).export({ type: 'spki', format: 'pem' });
  const header = { alg: 'HS256' };
  const written = { pem: pem.toString().trimEnd(), 'pem-with-newline': pem.toString() };
  for (const [secret, text] of Object.entries(written)) {
    await jwtVerify((await order(desk, { header, secret })).token, new TextEncoder().encode(text));
  }
  await jwtVerify((await order(desk, { header })).token, new TextEncoder().encode(written.pem));
});

test('good tokens carry the scopes of the server they are for, and so do those of grants', async ({ open }) => {
  const audienceScopes = ['files:read', 'files:write'];
  const { world, desk } = await open({ audience: AUDIENCE, audienceScopes });
  const claims = claimsOf((await order(desk, {})).token);
  expect(claims).toMatchObject({ aud: AUDIENCE, scope: 'files:read files:write', permissions: audienceScopes });
  const { id: client_id, secret: client_secret } = world.machine;
  const body = { grant_type: 'client_credentials', client_id, client_secret, audience: AUDIENCE };
  const answer = await fetch(`${world.issuer}oauth/token`, { method: 'POST', body: new URLSearchParams(body) });
  expect(await answer.json()).toMatchObject({ scope: 'files:read files:write' });
});

test('tokens of the desk are the tenant’s: its faults and its dialect show in them', async ({ open }) => {
  const token = async (options: WorldOptions, body: object = {}) =>
    (await order((await open(options)).desk, body)).token;
  const unpublished = await token({ faults: ['names-a-key-that-is-not-published'] }, { claims: { nbf: 1 } });
  expect(decodeProtectedHeader(unpublished).kid).toBe('retired-key');
  expect(await token({ faults: ['signs-no-access-tokens'] })).toMatch(/\.$/);
  expect(Object.keys(claimsOf(await token({ faults: ['issues-access-tokens-without-an-expiry'] })))).not.toContain(
    'exp',
  );
  expect((await token({ faults: ['seals-access-tokens-for-itself'] })).split('.')).toHaveLength(5);
  const old = await token({ state: 'auth0-defaults' });
  expect(decodeProtectedHeader(old).typ).toBe('JWT');
  expect(Object.keys(claimsOf(old))).toContain('azp');
  const overruled = await token({ faults: ['signs-no-access-tokens'] }, { header: { alg: 'RS256' } });
  expect(overruled).not.toMatch(/\.$/);
});

test('POST /rotate turns the signing key', async ({ open }) => {
  const { desk } = await open();
  const next = decodeProtectedHeader((await order(desk, { key: 'next' })).token).kid;
  expect((await fetch(`${desk.page}rotate`)).status).toBe(405);
  expect((await fetch(`${desk.page}rotate`, { method: 'POST' })).status).toBe(200);
  expect(decodeProtectedHeader((await order(desk, {})).token).kid).toBe(next);
});

test('POST /revoke withdraws the keys that signed before', async ({ open }) => {
  const { world, desk } = await open();
  const published = async () => {
    const { keys } = (await (await fetch(`${world.issuer}.well-known/jwks.json`)).json()) as JSONWebKeySet;
    return keys.map(({ kid }) => kid);
  };
  const [first] = await published();
  await fetch(desk.rotate, { method: 'POST' });
  expect(await published()).toContain(first);
  expect(await (await fetch(desk.revoke, { method: 'POST' })).json()).toEqual({ revoked: [first] });
  expect(await published()).toHaveLength(2);
  expect(await published()).not.toContain(first);
});

test('the page says what is wrong with a token', async ({ open }) => {
  const { desk } = await open();
  for (const [body, badge] of [
    [{ header: { alg: 'none' } }, 'alg none'],
    [{ key: 'foreign' }, 'foreign key'],
    [{ signature: 'broken' }, 'broken signature'],
    [{ claims: { aud: 'https://other.example' } }, 'other audience'],
    [{ without: ['aud'] }, 'no audience'],
    [{ claims: { exp: 1 } }, 'expired'],
  ] as const) {
    await order(desk, body);
    const [newest] = (await (await fetch(`${desk.page}live`)).text()).match(/<summary>.*?<\/summary>/) ?? [];
    expect(newest).toContain(`<span class="badge bad">${badge}</span>`);
  }
  await order(desk, {});
  const [newest] = (await (await fetch(`${desk.page}live`)).text()).match(/<summary>.*?<\/summary>/) ?? [];
  expect(newest).not.toContain('badge');
});

test('the page shows what happened, escaped, and neither signatures nor secrets of a query', async ({ open }) => {
  const { world, desk } = await open();
  const { token } = await order(desk, { claims: { sub: '<script>alert(1)</script>' } });
  await fetch(`${world.issuer}authorize?client_id=<i>&state=hidden-state&code_challenge=hidden-challenge`);
  await fetch(`${world.server.url}?access_token=hidden-token`, { method: 'POST' });
  const answer = await fetch(desk.page);
  const html = await answer.text();
  expect(html).toContain('client_id=&#60;i&#62;&#38;state=…');
  expect(html).toContain('&#60;script&#62;alert(1)');
  expect(html).toContain('&#60;b&#62;says');
  expect(html).not.toContain('<script>alert');
  expect(html).not.toContain('hidden-');
  expect(html).not.toContain(token.split('.')[2]);
  const nonce = /script-src 'nonce-([\w-]+)'/.exec(answer.headers.get('content-security-policy') ?? '')?.[1];
  expect(html).toContain(`<script nonce="${nonce}">`);
  expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
});

test('a page elsewhere gets nothing, the page itself may turn the key', async ({ open }) => {
  const { desk } = await open();
  for (const path of ['', 'live', 'token', 'rotate', 'revoke']) {
    const answer = await fetch(`${desk.page}${path}`, { method: 'POST', headers: { Origin: 'https://evil.test' } });
    expect(answer.status, path).toBe(403);
  }
  const own = { Origin: new URL(desk.page).origin };
  const turned = await fetch(`${desk.page}rotate`, { method: 'POST', headers: own, redirect: 'manual' });
  expect(turned.status).toBe(303);
});

test('the issuer is the URL that leads to the tenant', async ({ open }) => {
  const { world } = await open({ issuerUrl: 'https://tenant.example.com' });
  expect(world.issuer).toBe('https://tenant.example.com/');
  const { headers, status } = await fetch(world.server.url, {
    method: 'DELETE',
    headers: { Authorization: `Bearer ${await world.mint()}` },
  });
  expect({ status, challenge: headers.get('www-authenticate') }).toEqual({ status: 400, challenge: null });
});

const impossible: readonly (readonly [what: string, options: WorldOptions, message: string])[] = [
  ['an issuer with a path', { issuerUrl: 'https://t.example/path' }, 'has to be an origin, as https://t.example/'],
  [
    'an issuer beside a server that is its own',
    { issuerUrl: 'https://t.example', state: 'own-authorization-server' },
    'has no tenant beside it',
  ],
  [
    'an issuer for a fault with names of its own',
    { issuerUrl: 'https://t.example', faults: ['serves-every-origin-in-public'] },
    'brings names of its own',
  ],
  ['one port for both', { port: 45_678, tenantPort: 45_678 }, 'cannot both be at port 45678'],
];
for (const [what, options, message] of impossible) {
  test(`${what} is refused`, async () => {
    await expect(startWorld(options)).rejects.toThrow(message);
  });
}

test('a port that is taken is an error with its code', async ({ open }) => {
  const { world } = await open();
  const taken = Number(new URL(world.server.url).port);
  await expect(startWorld({ port: taken })).rejects.toMatchObject({ code: 'EADDRINUSE' });
});

test('a world starts in less than 300 ms once its parts are loaded', async () => {
  const times: number[] = [];
  for (const _ of [1, 2, 3, 4, 5]) {
    const began = performance.now();
    const world = await startWorld();
    times.push(performance.now() - began);
    await world.close();
  }
  test.info().annotations.push({ type: 'startWorld, ms', description: times.map(Math.round).join(', ') });
  expect(Math.min(...times)).toBeLessThan(300);
});
