/** The arrows of docs/architecture.md: who may import whom, and who may reach the network. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@playwright/test';
import { CHECKS } from '../suites/registry.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const ROOMS = ['cli', 'engine', 'reports', 'suites', 'fixtures', 'mock-idp'] as const;
type Room = (typeof ROOMS)[number];

/** Leaf files of the Playwright door: they tie rooms together, and nothing imports them. */
const LEAVES = ['suites/capture.setup.ts', 'suites/conformance.spec.ts', 'suites/door.ts'];

const MAY_IMPORT: Readonly<Record<Room, readonly Room[]>> = {
  cli: ['cli', 'engine', 'reports', 'suites', 'fixtures', 'mock-idp'],
  engine: ['engine', 'reports', 'suites', 'fixtures', 'mock-idp'],
  reports: ['reports', 'suites', 'fixtures'],
  suites: ['suites', 'fixtures'],
  fixtures: ['fixtures'],
  'mock-idp': ['mock-idp'],
};

/** What of fixtures/ checks and reports may see: shapes and pure readers, no door, no probe. */
const PURE_FIXTURES = [
  /^fixtures\/protocol\//,
  /^fixtures\/trials\//,
  /^fixtures\/client-documents\//,
  /^fixtures\/management\//,
  /^fixtures\/((?:[a-z]+-)*evidence|session-view|journey|target|package|errors|har|protected-operation)\.ts$/,
];

/** The only files that open sockets or resolve names. */
const MAY_REACH_THE_NETWORK = [/^fixtures\/doors\//, /^mock-idp\//];
const NETWORK =
  /from '(?:node:)?(?:net|http|https|http2|tls|dns|dns\/promises|dgram)'|from 'undici'|await import\('playwright'\)|\bfetch\(/;

const files = ROOMS.flatMap((room) =>
  readdirSync(join(ROOT, room), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => `${room}/${file}`),
);

function importsOf(file: string): readonly string[] {
  const source = readFileSync(join(ROOT, file), 'utf8');
  return [...source.matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)].map(([, to]) =>
    relative(ROOT, resolve(ROOT, dirname(file), to!)),
  );
}

const arrows = files
  .filter((file) => !LEAVES.includes(file))
  .flatMap((file) =>
    importsOf(file).map((to) => ({ file, to, from: file.split('/')[0] as Room, room: to.split('/')[0] as Room })),
  );

test('every arrow points down', () => {
  expect(arrows.length).toBeGreaterThan(100);
  expect(
    arrows.filter(({ from, room }) => !MAY_IMPORT[from].includes(room)).map(({ file, to }) => `${file} → ${to}`),
  ).toEqual([]);
});

test('checks and reports see shapes and pure readers only', () => {
  const impure = arrows.filter(
    ({ from, room, to }) =>
      (from === 'suites' || from === 'reports') &&
      room === 'fixtures' &&
      !PURE_FIXTURES.some((pattern) => pattern.test(to)),
  );
  expect(impure.map(({ file, to }) => `${file} → ${to}`)).toEqual([]);
});

test('nothing imports the leaf files of the Playwright door', () => {
  expect(arrows.filter(({ to }) => LEAVES.includes(to)).map(({ file, to }) => `${file} → ${to}`)).toEqual([]);
});

test('the network is reached by the doors and by the embedded world only', () => {
  const reaching = files.filter((file) =>
    NETWORK.test(readFileSync(join(ROOT, file), 'utf8').replace(/^\s*(\/\/|\*).*$/gm, '')),
  );
  expect(reaching.filter((file) => !MAY_REACH_THE_NETWORK.some((pattern) => pattern.test(file)))).toEqual([]);
  expect(reaching.some((file) => file.startsWith('fixtures/doors/'))).toBe(true);
});

test('checks read no clock and draw no random number', () => {
  const impure = files.filter(
    (file) =>
      file.startsWith('suites/') &&
      !LEAVES.includes(file) &&
      /Date\.now|new Date\(\)|Math\.random|import .*randomUUID|process\.env|performance\.now/.test(
        readFileSync(join(ROOT, file), 'utf8'),
      ),
  );
  expect(impure).toEqual([]);
});

test('a check that is named is one that there is', () => {
  const known = new Set(CHECKS.map(({ id }) => id));
  const areas = new Set([...known].map((id) => id.split('/')[0]!));
  const named = files.flatMap((file) =>
    // Names of exchanges and trials have fewer words.
    [...readFileSync(join(ROOT, file), 'utf8').matchAll(/['"]([a-z-]+)(\/[a-z0-9]+(?:-[a-z0-9]+){2,})['"]/g)]
      .filter(([, area]) => areas.has(area!))
      .map(([, area, name]) => [file, `${area}${name}`] as const),
  );
  expect(named.length).toBeGreaterThan(CHECKS.length);
  expect(named.filter(([file, id]) => !known.has(id) && !file.startsWith('mock-idp/'))).toEqual([]);
});
