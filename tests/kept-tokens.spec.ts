/** The good token of one run is the expired token of a later one: kept encrypted, for its owner, and missed by nobody. */
import { existsSync } from 'node:fs';
import { chmod, copyFile, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test as base, expect } from '@playwright/test';
import { run } from '../engine/run.ts';
import { parseProfile } from '../fixtures/profile/profile.ts';
import { startWorld, type World } from '../mock-idp/world.ts';
import type { Report, ReportedCheck } from '../reports/report.ts';

const EXPIRED = 'access-tokens/refuses-a-once-good-token-after-its-expiry';
const HOUR = 3600;
const KEY = 'a-key-of-some-thirty-two-characters';

interface Kit {
  readonly world: World;
  /** The folder that is kept. */
  readonly folder: string;
  /** The world's clock, by hours, against that of this machine. */
  setClock(hours: number): void;
  /** A run with a token that is good by the world's clock. */
  runOnce(options?: RunOptions): Promise<Report>;
}

interface RunOptions {
  readonly key?: string | undefined;
  readonly token?: string;
  readonly more?: string;
  readonly env?: Readonly<Record<string, string>>;
}

const test = base.extend<{ kit: Kit }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the fixtures' names from this pattern.
  kit: async ({}, use, info) => {
    let hours = 0;
    const now = () => Math.floor(Date.now() / 1000) + hours * HOUR;
    const world = await startWorld({ now });
    const file = info.outputPath('p.yaml');
    await use({
      world,
      folder: info.outputPath('kept'),
      setClock: (ahead) => {
        hours = ahead;
      },
      runOnce: async (options = {}) => {
        const key = 'key' in options ? options.key : KEY;
        const text = `
server: { url: "${world.server.url}" }
tokens: { good: "\${TOKEN}" ${options.more ?? ''} }
state: { folder: kept ${key === undefined ? '' : ', key: "${KEY}"'} }`;
        const env = { TOKEN: options.token ?? (await world.mint()), ...(key && { KEY: key }), ...options.env };
        const { profile } = await parseProfile(text, { file, env });
        return (await run(profile, { mode: 'gate', only: [EXPIRED] })).report;
      },
    });
    await world.close();
  },
});

const verdictOf = (report: Report): ReportedCheck => report.checks.find(({ id }) => id === EXPIRED)!;
const fileIn = async (folder: string): Promise<string> => {
  const [name, ...more] = await readdir(folder);
  expect(more).toEqual([]);
  return join(folder, name!);
};

test('what one run kept is what a later one tries once it has expired', async ({ kit }) => {
  kit.setClock(-26);
  const first = await kit.runOnce();
  expect(verdictOf(first)).toMatchObject({ outcome: 'out-of-scope', because: 'tokens.expired is not given' });
  expect(first.remarks).toEqual([expect.stringMatching(/^state: the good token is kept in .*\.json, encrypted/)]);

  kit.setClock(0);
  const second = await kit.runOnce();
  expect(verdictOf(second)).toMatchObject({ outcome: 'passed' });
  expect(second.remarks?.[0]).toMatch(/^state: tokens\.expired is the good token of an earlier run, expired \d{4}-/);
});

test('it is readable by its owner only, and shows no part of the token', async ({ kit }) => {
  test.skip(process.platform === 'win32', 'Windows has no such bits');
  const token = await kit.world.mint();
  await kit.runOnce({ token });
  const file = await fileIn(kit.folder);
  expect((await stat(kit.folder)).mode & 0o777).toBe(0o700);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  const content = await readFile(file, 'utf8');
  for (const part of token.split('.')) expect(content).not.toContain(part);
  expect(content).not.toContain(kit.world.server.url);
});

test('a token that is still to expire waits its turn, and a later good one does not push it out', async ({ kit }) => {
  kit.setClock(-1);
  await kit.runOnce();
  const before = await readFile(await fileIn(kit.folder), 'utf8');
  kit.setClock(0);
  const later = await kit.runOnce();
  expect(verdictOf(later).outcome).toBe('out-of-scope');
  expect(later.remarks).toBeUndefined();
  expect(await readFile(await fileIn(kit.folder), 'utf8')).toBe(before);
});

test('nothing is kept of a token that the server refuses', async ({ kit }) => {
  await kit.runOnce({ token: await kit.world.mint({ claims: { aud: 'https://other.example' } }) });
  expect(existsSync(kit.folder)).toBe(false);
});

test('without a key nothing is kept, and the report says so', async ({ kit }) => {
  const { remarks } = await kit.runOnce({ key: undefined });
  expect(remarks).toEqual([expect.stringMatching(/^state: without state\.key no token is kept between runs/)]);
  expect(existsSync(kit.folder)).toBe(false);
});

test('a token that the profile gives goes first, and nothing is kept then', async ({ kit }) => {
  const now = Math.floor(Date.now() / 1000);
  const expired = await kit.world.mint({ claims: { iat: now - 3 * HOUR, exp: now - 2 * HOUR } });
  const report = await kit.runOnce({ more: ', expired: "${EXPIRED}"', env: { EXPIRED: expired } });
  expect(verdictOf(report).outcome).toBe('passed');
  expect(existsSync(kit.folder)).toBe(false);
});

test('tokens of a key that the issuer has turned away from are not used', async ({ kit }) => {
  kit.setClock(-26);
  await kit.runOnce();
  kit.setClock(0);
  kit.world.rotateKeys();
  expect(verdictOf(await kit.runOnce()).outcome).toBe('out-of-scope');
});

test('what is of one server opens for no other', async ({ kit }) => {
  kit.setClock(-26);
  await kit.runOnce();
  const own = await fileIn(kit.folder);
  const other = await startWorld();
  try {
    const text = `
server: { url: "${other.server.url}" }
tokens: { good: "\${TOKEN}" }
state: { folder: "${kit.folder}", key: "\${KEY}" }`;
    const { profile } = await parseProfile(text, { file: 'p.yaml', env: { TOKEN: await other.mint(), KEY } });
    await run(profile, { mode: 'gate', only: [EXPIRED] });
    const [theirs] = (await readdir(kit.folder)).map((name) => join(kit.folder, name)).filter((file) => file !== own);
    await copyFile(own, theirs!);
    const { report } = await run(profile, { mode: 'gate', only: [EXPIRED] });
    expect(report.remarks).toEqual([expect.stringMatching(/state\.key does not open it/)]);
  } finally {
    await other.close();
  }
});

const SPOILED: readonly (readonly [what: string, spoil: (file: string) => Promise<void>, says: RegExp])[] = [
  ['was cut off', async (file) => writeFile(file, (await readFile(file, 'utf8')).slice(0, 40)), /or was cut off/],
  [
    'was changed',
    async (file) => {
      const sealed = JSON.parse(await readFile(file, 'utf8'));
      await writeFile(file, JSON.stringify({ ...sealed, data: `${sealed.data.slice(4)}AAAA` }));
    },
    /another key, or was changed/,
  ],
  [
    'has a short tag',
    async (file) => {
      const sealed = JSON.parse(await readFile(file, 'utf8'));
      await writeFile(file, JSON.stringify({ ...sealed, tag: sealed.tag.slice(0, 6) }));
    },
    /another key, or was changed/,
  ],
  ['is no object', (file) => writeFile(file, 'null'), /no file of this tool/],
];
for (const [what, spoil, says] of SPOILED) {
  test(`a file that ${what} is named and left alone, and the run goes on`, async ({ kit }) => {
    kit.setClock(-26);
    await kit.runOnce();
    kit.setClock(0);
    const file = await fileIn(kit.folder);
    await spoil(file);
    const spoiled = await readFile(file, 'utf8');
    const report = await kit.runOnce();
    expect(verdictOf(report).outcome).toBe('out-of-scope');
    expect(report.remarks).toEqual([expect.stringMatching(says)]);
    expect(report.remarks?.[0]).toContain(file);
    expect(await readFile(file, 'utf8')).toBe(spoiled);
  });
}

test('another key opens nothing and destroys nothing', async ({ kit }) => {
  kit.setClock(-26);
  await kit.runOnce();
  kit.setClock(0);
  const other = await kit.runOnce({ key: 'another-key-of-thirty-two-letters' });
  expect(other.remarks).toEqual([expect.stringMatching(/state\.key does not open it/)]);
  expect(verdictOf(await kit.runOnce()).outcome).toBe('passed');
});

test('a folder that cannot be written to, or that others may look into, is a remark', async ({ kit }) => {
  test.skip(process.platform === 'win32', 'Windows has no such bits');
  await writeFile(kit.folder, 'a file in its place');
  expect((await kit.runOnce()).remarks?.at(-1)).toMatch(/^state: .*ENOTDIR|EEXIST/);
  const open = `${kit.folder}-open`;
  await mkdir(open);
  await chmod(open, 0o755);
  const text = `
server: { url: "${kit.world.server.url}" }
tokens: { good: "\${TOKEN}" }
state: { folder: "${open}", key: "\${KEY}" }`;
  const { profile } = await parseProfile(text, { file: 'p.yaml', env: { TOKEN: await kit.world.mint(), KEY } });
  const { report } = await run(profile, { mode: 'gate', only: [EXPIRED] });
  expect(report.remarks?.[0]).toMatch(/other users of this machine may look into .*chmod 700/);
});

test('a key that is short is refused before anything is sent', async () => {
  const text = 'server: { url: "http://127.0.0.1:1/mcp" }\nstate: { folder: kept, key: "${KEY}" }';
  await expect(parseProfile(text, { file: 'p.yaml', env: { KEY: 'too-short' } })).rejects.toThrow(
    /state\.key: the environment variable KEY is shorter than 16 characters/,
  );
});
