import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test as base, expect } from '@playwright/test';
import { chromiumArguments, chromiumCandidates, findChromium } from '../fixtures/chromium.ts';
import {
  browserAttempts,
  type Machine,
  mayTryAgain,
  type Packages,
  readSources,
  removeStaleOutputs,
  repository,
  staleOutputs,
  whyBuild,
  whyInstall,
} from '../scripts/setup.mjs';

/** A folder outside the repository: sources written below it would be compiled with the rest. */
const test = base.extend<{ folder: string }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the fixtures' names from this pattern.
  folder: async ({}, use) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'mcp-auth-conformance-'));
    await use(folder);
    rmSync(folder, { recursive: true });
  },
});

function write(file: string, text = ''): void {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
}

test.describe('dependencies are installed', () => {
  const locked: Packages = {
    '': { version: '0.1.0' },
    'node_modules/yaml': { version: '2.9.1', integrity: 'sha512-a' },
    'node_modules/native-mac': { version: '1.0.0', integrity: 'sha512-b', optional: true },
  };
  const yaml = { version: '2.9.1', integrity: 'sha512-a' };
  const cases: [when: string, installed: Packages | undefined, reason: string | undefined][] = [
    ['when node_modules is missing', undefined, 'node_modules is missing'],
    ['when a package is missing', {}, 'node_modules/yaml is missing'],
    [
      'when a version differs',
      { 'node_modules/yaml': { version: '2.8.0', integrity: 'sha512-z' } },
      'node_modules/yaml is 2.8.0, locked is 2.9.1',
    ],
    [
      'when the content of a version differs',
      { 'node_modules/yaml': { version: '2.9.1', integrity: 'sha512-z' } },
      'node_modules/yaml is not the locked one',
    ],
    [
      'when a package is no longer locked',
      { 'node_modules/yaml': yaml, 'node_modules/left': { version: '1.0.0' } },
      'node_modules/left is not locked',
    ],
    ['never for an optional package of another platform', { 'node_modules/yaml': yaml }, undefined],
  ];
  for (const [when, installed, reason] of cases) {
    test(when, () => expect(whyInstall(locked, installed)).toBe(reason));
  }

  test('never again right after npm ci', () => {
    const packages = (file: string): Packages => JSON.parse(readFileSync(path.join(repository, file), 'utf8')).packages;
    expect(whyInstall(packages('package-lock.json'), packages('node_modules/.package-lock.json'))).toBeUndefined();
  });
});

test.describe('sources are compiled', () => {
  const sources = { 'cli/main.ts': '1 10', 'engine/run.ts': '2 20' };
  const cases: [when: string, built: Record<string, string> | undefined, reason: string | undefined][] = [
    ['when dist is missing', undefined, 'dist is missing'],
    ['when a source is new', { 'cli/main.ts': '1 10' }, 'engine/run.ts is new'],
    ['when a source changed', { ...sources, 'engine/run.ts': '1 20' }, 'engine/run.ts changed'],
    ['when a checkout brought back an older source', { ...sources, 'cli/main.ts': '9 10' }, 'cli/main.ts changed'],
    ['when a source is gone', { ...sources, 'cli/old.ts': '1 1' }, 'cli/old.ts is gone'],
    ['never when nothing changed', sources, undefined],
  ];
  for (const [when, built, reason] of cases) {
    test(when, () => expect(whyBuild(built, sources)).toBe(reason));
  }

  test('from everything but tests, dependencies, outputs and what runs leave behind', ({ folder }) => {
    const kept = ['cli/main.ts', 'index.ts', 'reports/report.schema.json', 'reports/report.ts', 'tsconfig.json'];
    const left = [
      '.git/x.ts',
      'README.md',
      'dist/index.d.ts',
      'node_modules/a/index.ts',
      'reports/runs/embedded/report.json',
      'tests/a.spec.ts',
      'test-results/x.json',
    ];
    for (const file of [...kept, ...left]) write(path.join(folder, file));
    expect(Object.keys(readSources(folder)).sort()).toEqual(kept);
  });

  test('and their marks follow time and size', ({ folder }) => {
    const file = path.join(folder, 'index.ts');
    write(file, 'one');
    utimesSync(file, 1000, 1000);
    const first = readSources(folder);
    expect(readSources(folder)).toEqual(first);
    utimesSync(file, 999, 999);
    expect(readSources(folder)).not.toEqual(first);
    write(file, 'three');
    utimesSync(file, 1000, 1000);
    expect(readSources(folder)).not.toEqual(first);
  });

  test('and the outputs of deleted sources go, with folders left empty', ({ folder }) => {
    for (const name of ['kept/a', 'kept/b', 'gone/deep/c']) {
      write(path.join(folder, `${name}.js`));
      write(path.join(folder, `${name}.d.ts`));
    }
    write(path.join(folder, '.tsbuildinfo'));
    const removed = removeStaleOutputs(folder, { 'kept/a.ts': '1 1' });
    expect([...removed].sort()).toEqual(['gone/deep/c.d.ts', 'gone/deep/c.js', 'kept/b.d.ts', 'kept/b.js']);
    expect(existsSync(path.join(folder, 'gone'))).toBe(false);
    expect(existsSync(path.join(folder, 'kept/a.js'))).toBe(true);
    expect(existsSync(path.join(folder, '.tsbuildinfo'))).toBe(true);
  });

  test('and outputs the compiler does not write stay', () => {
    expect(staleOutputs(['logo.svg', 'data.json', 'a.js'], { 'data.json': '1 1', 'a.ts': '1 1' })).toEqual([]);
    expect(staleOutputs(['data.json'], {})).toEqual(['data.json']);
  });
});

test.describe('a browser is installed', () => {
  const debian = 'PRETTY_NAME="Debian GNU/Linux 12"\nID=debian\n';
  const raspbian = 'ID=raspbian\nID_LIKE=debian\n';
  const ubuntu = 'ID=ubuntu\nID_LIKE=debian\n';
  const mint = 'ID=linuxmint\nID_LIKE="ubuntu debian"\n';
  const fedora = 'ID=fedora\n';
  const machine: Machine = { platform: 'linux', root: true, osRelease: debian, env: {} };

  const download = ['install --no-shell --no-progress chromium'];
  const apt = 'apt-get -o Acquire::http::Timeout=30 -o Acquire::Retries=0';
  const update = `${apt} update`;
  const install = `${apt} install -y --no-install-recommends --no-upgrade chromium`;
  const cases: [on: string, machine: Machine, commands: string[]][] = [
    ['root on Debian', machine, [...download, install, update, install]],
    ['root on a child of Debian', { ...machine, osRelease: raspbian }, [...download, install, update, install]],
    ['root on Ubuntu', { ...machine, osRelease: ubuntu }, [...download, 'install-deps chromium']],
    ['root on a child of Ubuntu', { ...machine, osRelease: mint }, [...download, 'install-deps chromium']],
    ['root on another Linux', { ...machine, osRelease: fedora }, download],
    ['a user on Debian', { ...machine, root: false }, download],
    ['macOS', { ...machine, platform: 'darwin', osRelease: '' }, download],
    ['Windows', { ...machine, platform: 'win32', root: false, osRelease: '' }, download],
    ['nobody who names a browser', { ...machine, env: { CHROME_PATH: '/none' } }, []],
    ['nobody who forbids downloads', { ...machine, env: { PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD: '1' } }, []],
  ];
  for (const [on, where, commands] of cases) {
    test(`for ${on}`, () => {
      const planned = browserAttempts(where).flatMap((attempt) => attempt.commands);
      // Playwright's command line is run with this Node.js: the two paths before it differ by machine.
      const shown = planned.map((command) => command.slice(command[0] === process.execPath ? 2 : 0).join(' '));
      expect(shown).toEqual(commands);
    });
  }

  test('again only a day after a failure, or when forced', () => {
    const failed = { chromePath: null, failedAt: 1_000_000 };
    const hours = (count: number) => failed.failedAt + count * 3_600_000;
    expect(mayTryAgain(undefined, hours(0), false)).toBe(true);
    expect(mayTryAgain(failed, hours(23), false)).toBe(false);
    expect(mayTryAgain(failed, hours(24), false)).toBe(true);
    expect(mayTryAgain(failed, hours(1), true)).toBe(true);
    // A clock that was set back must not postpone it for years.
    expect(mayTryAgain(failed, hours(-9999), false)).toBe(true);
  });
});

test.describe('a browser is looked for', () => {
  test('in CHROME_PATH only, when it is set', () => {
    expect(chromiumCandidates('linux', { CHROME_PATH: '/a/chrome', PATH: '/usr/bin' })).toEqual(['/a/chrome']);
    expect(findChromium({ CHROME_PATH: '/nowhere/chrome', PATH: process.env.PATH })).toBeUndefined();
  });

  test('on Linux by name on PATH, Chrome before Chromium before Edge, then in the usual places', () => {
    const candidates = chromiumCandidates('linux', { PATH: '/one:/two' });
    expect(candidates.slice(0, 2)).toEqual(['/one/google-chrome', '/two/google-chrome']);
    const order = ['/two/chromium', '/one/chromium-browser', '/one/microsoft-edge', '/opt/google/chrome/chrome'];
    expect(candidates.filter((file) => order.includes(file))).toEqual(order);
  });

  test('on macOS in both Applications folders', () => {
    const chrome = 'Applications/Google Chrome.app/Contents/MacOS/Google Chrome';
    const candidates = chromiumCandidates('darwin', { HOME: '/Users/ada', PATH: '' });
    expect(candidates.slice(0, 2)).toEqual([`/${chrome}`, `/Users/ada/${chrome}`]);
  });

  test('on Windows in the program folders that exist', () => {
    const env = { PROGRAMFILES: 'C:\\Program Files', LOCALAPPDATA: 'C:\\Users\\ada\\AppData\\Local', Path: 'C:\\bin' };
    const candidates = chromiumCandidates('win32', env);
    expect(candidates[0]).toBe('C:\\bin\\google-chrome.exe');
    expect(candidates).toContain('C:\\Users\\ada\\AppData\\Local\\Google\\Chrome\\Application\\chrome.exe');
    expect(candidates.at(-1)).toBe('C:\\Users\\ada\\AppData\\Local\\Microsoft\\Edge\\Application\\msedge.exe');
  });

  test('and what cannot be started, or only points at a snap, is passed over', ({ folder }) => {
    test.skip(process.platform !== 'linux', 'the names and the execute bit are those of Linux');
    test.skip(existsSync('/snap/bin/chromium'), 'here the snap is installed');
    const file = (name: string) => path.join(folder, name);
    write(file('google-chrome'), '#!/bin/sh\n');
    mkdirSync(file('google-chrome-stable'));
    write(file('chromium'), '#!/bin/sh\nif ! [ -x /snap/bin/chromium ]; then echo install the snap; exit 1; fi\n');
    write(file('chromium-browser'), '#!/bin/sh\n');
    chmodSync(file('chromium'), 0o755);
    chmodSync(file('chromium-browser'), 0o755);
    expect(findChromium({ PATH: folder })).toBe(file('chromium-browser'));
  });

  test('and started without a sandbox for root alone', () => {
    expect(chromiumArguments().includes('--no-sandbox')).toBe(process.getuid?.() === 0);
  });
});
