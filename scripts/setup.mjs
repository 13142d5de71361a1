// Brings a clone to where it can run: dependencies, compiled output, a browser. Plain JavaScript on Node's own modules,
// because it runs before node_modules exists. A step that has nothing to do says nothing.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** @import { Attempt, BrowserMemory, Machine, Packages, Sources } from './setup.d.mts' */

export const repository = resolve(dirname(fileURLToPath(import.meta.url)), '..');

const minute = 60_000;
const day = 24 * 60 * minute;

/** Folders without sources of dist: tests, and what runs leave behind. */
const outside = new Set([
  'node_modules',
  'dist',
  'tests',
  'docs',
  'reports/runs',
  'test-results',
  'playwright-report',
  'allure-results',
  'mcp-auth-report',
]);

// --- dependencies

/**
 * Compares what the lock file asks for with what npm says it installed. Optional packages may be missing: most are for
 * another platform.
 *
 * @param {Packages} locked
 * @param {Packages | undefined} installed
 */
export function whyInstall(locked, installed) {
  if (installed === undefined) return 'node_modules is missing';
  for (const [path, wanted] of Object.entries(locked)) {
    if (path === '') continue;
    const present = installed[path];
    if (present === undefined) {
      if (wanted.optional) continue;
      return `${path} is missing`;
    }
    if (present.version !== wanted.version) return `${path} is ${present.version}, locked is ${wanted.version}`;
    if (present.integrity !== wanted.integrity) return `${path} is not the locked one`;
  }
  const extra = Object.keys(installed).find((path) => locked[path] === undefined);
  return extra && `${extra} is not locked`;
}

function installDependencies() {
  const locked = readJson(join(repository, 'package-lock.json'));
  const installed = readJson(join(repository, 'node_modules', '.package-lock.json'));
  const reason = whyInstall(locked?.packages ?? {}, installed?.packages);
  if (reason === undefined) return 0;
  const npm = process.env.npm_execpath?.endsWith('npm-cli.js')
    ? [process.execPath, process.env.npm_execpath]
    : [process.platform === 'win32' ? 'npm.cmd' : 'npm'];
  const done = perform('installing dependencies', [...npm, 'ci', '--include=dev', '--no-audit', '--no-fund']);
  if (done.code !== 0) return fail('npm ci failed', done);
  say(`dependencies installed (${reason}), ${inSeconds(done.ms)}`);
  return 0;
}

// --- compiled output

/**
 * Everything the compiler may read. JSON is part of it: an imported JSON file is copied to dist.
 *
 * @param {string} folder
 * @returns {Sources}
 */
export function readSources(folder) {
  return Object.fromEntries(
    filesBelow(folder, '', outside)
      .filter((path) => /\.(ts|json)$/.test(path))
      .map((path) => {
        const { mtimeMs, size } = statSync(join(folder, path));
        return [path, `${mtimeMs} ${size}`];
      }),
  );
}

/**
 * Compares by identity, not by age: a file that a checkout brings back is older than dist and still not what was built.
 *
 * @param {Sources | undefined} built
 * @param {Sources} sources
 */
export function whyBuild(built, sources) {
  if (built === undefined) return 'dist is missing';
  for (const [path, mark] of Object.entries(sources)) {
    if (built[path] === undefined) return `${path} is new`;
    if (built[path] !== mark) return `${path} changed`;
  }
  const gone = Object.keys(built).find((path) => sources[path] === undefined);
  return gone && `${gone} is gone`;
}

/**
 * Outputs whose source no longer exists. Files the compiler does not write are left alone.
 *
 * @param {readonly string[]} outputs
 * @param {Sources} sources
 */
export function staleOutputs(outputs, sources) {
  return outputs.filter((output) => {
    const source = output.replace(/(\.d\.ts|\.js)$/, '.ts');
    return /\.(ts|json)$/.test(source) && sources[source] === undefined;
  });
}

/**
 * @param {string} folder
 * @param {Sources} sources
 */
export function removeStaleOutputs(folder, sources) {
  const stale = staleOutputs(filesBelow(folder, '', new Set()), sources);
  for (const output of stale) {
    rmSync(join(folder, output));
    for (let parent = dirname(join(folder, output)); parent !== folder; parent = dirname(parent)) {
      if (readdirSync(parent).length > 0) break;
      rmdirSync(parent);
    }
  }
  return stale;
}

/** Compiles what changed, or with `force` lets the compiler look at everything; either way dist ends up without stale files. */
function build(force = false) {
  const dist = join(repository, 'dist');
  const stamp = join(dist, '.sources.json');
  const sources = readSources(repository);
  const reason = whyBuild(readJson(stamp), sources) ?? (force ? 'asked for' : undefined);
  if (reason === undefined) return 0;
  const done = perform('compiling', [
    process.execPath,
    join(repository, 'node_modules', 'typescript', 'bin', 'tsc'),
    '-p',
    'tsconfig.build.json',
  ]);
  if (done.code !== 0) return fail('tsc -p tsconfig.build.json failed', done);
  const removed = removeStaleOutputs(dist, sources).length;
  writeFileSync(stamp, JSON.stringify(sources));
  say(`compiled (${reason}), ${removed === 0 ? '' : `${removed} stale files removed, `}${inSeconds(done.ms)}`);
  return 0;
}

// --- browser

/**
 * The ways to get a browser on this machine, tried in turn until one starts. Ubuntu's chromium package only points at a
 * snap, which containers cannot run; there the system libraries that Playwright's Chromium needs are what may be missing.
 *
 * @param {Machine} machine
 * @returns {readonly Attempt[]}
 */
export function browserAttempts({ platform, root, osRelease, env }) {
  // Both variables are decisions of the person at the machine.
  if (env.CHROME_PATH || env.PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD) return [];
  const playwright = [process.execPath, join(repository, 'node_modules', 'playwright', 'cli.js')];
  const download = {
    name: "Playwright's Chromium",
    repairs: false,
    timeout: 5 * minute,
    commands: [[...playwright, 'install', '--no-shell', '--no-progress', 'chromium']],
  };
  if (platform !== 'linux' || !root) return [download];
  const systems = osRelease.match(/^(ID|ID_LIKE)=.*$/gm)?.flatMap((line) => line.match(/[a-z]+/g) ?? []) ?? [];
  if (systems.includes('ubuntu')) {
    const libraries = [[...playwright, 'install-deps', 'chromium']];
    return [download, { name: 'the libraries Chromium needs', repairs: true, commands: libraries }];
  }
  if (systems.includes('debian')) {
    // A stalled mirror ends by apt's own time-out: killing apt could leave packages half installed. What is installed is
    // not replaced, even when it does not start.
    const apt = ['apt-get', '-o', 'Acquire::http::Timeout=30', '-o', 'Acquire::Retries=0'];
    const install = [...apt, 'install', '-y', '--no-install-recommends', '--no-upgrade', 'chromium'];
    return [
      download,
      { name: "Debian's Chromium", repairs: false, commands: [install] },
      { name: "Debian's Chromium", repairs: false, commands: [[...apt, 'update'], install] },
    ];
  }
  return [download];
}

/**
 * A failed search for a browser is not repeated on every start.
 *
 * @param {BrowserMemory | undefined} memory
 * @param {number} now milliseconds since 1970
 * @param {boolean} force
 */
export function mayTryAgain(memory, now, force) {
  return force || memory?.failedAt === undefined || Math.abs(now - memory.failedAt) >= day;
}

/** A missing library or a broken package shows here, before a check depends on it. */
function starts(file) {
  // chrome.exe has no --version: it would open a window.
  if (process.platform === 'win32') return true;
  return spawnSync(file, ['--version'], { stdio: 'ignore', timeout: minute / 2 }).status === 0;
}

async function provideBrowser(force) {
  const file = join(repository, 'node_modules', '.cache', 'mcp-auth-conformance', 'browser.json');
  const chromePath = process.env.CHROME_PATH || null;
  const saved = readJson(file);
  /** @type {BrowserMemory | undefined} */
  const memory = saved?.chromePath === chromePath ? saved : undefined;
  if (memory?.path !== undefined && existsSync(memory.path)) return;

  /** @param {Omit<BrowserMemory, 'chromePath'>} result */
  const remember = (result) => {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, JSON.stringify({ chromePath, ...result }));
  };

  // The search is the product's own, compiled by the step before.
  const { findChromium } = await import(pathToFileURL(join(repository, 'dist', 'fixtures', 'chromium.js')).href);
  let found = findChromium();
  if (found !== undefined && starts(found)) return remember({ path: found });
  if (!mayTryAgain(memory, Date.now(), force)) return;

  const osRelease = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '';
  const machine = { platform: process.platform, root: process.getuid?.() === 0, osRelease, env: process.env };
  for (const attempt of browserAttempts(machine)) {
    if (attempt.repairs && found === undefined) continue;
    let ms = 0;
    for (const command of attempt.commands) {
      const done = perform(`installing ${attempt.name}`, command, attempt.timeout);
      ms += done.ms;
      if (done.code !== 0) break;
    }
    found = findChromium();
    if (found !== undefined && starts(found)) {
      say(`${attempt.name} installed, ${inSeconds(ms)}`);
      return remember({ path: found });
    }
  }
  remember({ failedAt: Date.now() });
  const none = chromePath ? `CHROME_PATH names no browser (${chromePath})` : 'no Chrome or Chromium';
  if (found === undefined) say(`${none}: sign-in checks stay out of scope`);
  else say(`${found} does not start: sign-in checks cannot run`);
}

// --- shared

/**
 * Makes the clone ready to run. A missing browser is never a failure.
 *
 * @returns {Promise<number>} 0, or the exit code of the tool that failed
 */
export async function setUp({ force = false } = {}) {
  const code = installDependencies() || build();
  if (code !== 0) return code;
  try {
    await provideBrowser(force);
  } catch (error) {
    say(`no browser was looked for: ${error instanceof Error ? error.message : error}`);
  }
  return 0;
}

/** On standard error, so that a command's JSON on standard output stays clean. */
function say(line) {
  process.stderr.write(`set-up: ${line}\n`);
}

function fail(line, { code, output }) {
  process.stderr.write(output.endsWith('\n') ? output : `${output}\n`);
  say(line);
  return code;
}

/** Runs a command quietly in the repository; a person at a terminal sees what is under way. */
function perform(label, [command, ...parameters], timeout) {
  const watched = process.stderr.isTTY;
  if (watched) process.stderr.write(`set-up: ${label} …`);
  const started = performance.now();
  const { status, stdout, stderr, error } = spawnSync(command, parameters, {
    cwd: repository,
    encoding: 'utf8',
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    maxBuffer: 64 * 1024 * 1024,
    stdio: ['ignore', 'pipe', 'pipe'],
    // Windows runs npm.cmd through its shell only.
    shell: command.endsWith('.cmd'),
    timeout,
  });
  if (watched) process.stderr.write('\r\u001b[K');
  const ms = performance.now() - started;
  return { code: status ?? 1, ms, output: `${stdout ?? ''}${stderr ?? ''}${error ? `${error.message}\n` : ''}` };
}

function inSeconds(ms) {
  return `${(ms / 1000).toFixed(1)} s`;
}

/** Undefined when the file is missing or was not written to its end. */
function readJson(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

/** Paths relative to `root`, with forward slashes; hidden files and folders are left out. */
function filesBelow(root, folder, skipped) {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = relative(root, join(root, folder, entry.name))
      .split(sep)
      .join('/');
    if (entry.name.startsWith('.') || skipped.has(path)) return [];
    if (entry.isDirectory()) return filesBelow(root, path, skipped);
    return entry.isFile() ? [path] : [];
  });
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const { argv } = process;
  process.exitCode = argv.includes('--build') ? build(true) : await setUp({ force: argv.includes('--force') });
}
