/** The Playwright door run as a child, as a pipeline runs it: never green by silence, and each target asked once. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@playwright/test';
import { RUN_FOLDER } from '../engine/run-folder.ts';
import { chromiumArguments, findChromium } from '../fixtures/chromium.ts';
import { CHECKS } from '../suites/registry.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
// Three whole runs, each with its browsers and workers.
test.describe.configure({ timeout: 300_000 });

interface Child {
  readonly code: number;
  readonly output: string;
}

function playwright(env: Record<string, string>, ...args: readonly string[]): Promise<Child> {
  return new Promise((resolve) => {
    const cli = join(ROOT, 'node_modules', '@playwright', 'test', 'cli.js');
    const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('TEST_')));
    execFile(
      process.execPath,
      [cli, 'test', ...args],
      { cwd: ROOT, env: { ...inherited, FORCE_COLOR: '0', CI: '', ...env }, maxBuffer: 1e8 },
      (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : Number(error.code ?? 1), output: stdout + stderr }),
    );
  });
}

const embedded = (faults: readonly string[], more = '') => `embedded: { faults: [${faults.join(', ')}] }\n${more}`;

let folder: string;
test.beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'playwright-door-'));
});
test.afterEach(() => rm(folder, { recursive: true, force: true }));

async function profiles(texts: Readonly<Record<string, string>>): Promise<string> {
  const files = Object.entries(texts).map(([name, text]) => ({ file: join(folder, `${name}.yaml`), text }));
  await Promise.all(files.map(({ file, text }) => writeFile(file, text)));
  return files.map(({ file }) => file).join(delimiter);
}

const statusOf = (junit: string, check: string) => {
  const testcase = junit.split('<testcase ').find((each) => each.includes(`name="${check} `));
  if (testcase === undefined) return 'absent';
  if (/<(failure|error)/.test(testcase)) return 'failed';
  return testcase.includes('<skipped') ? 'skipped' : 'passed';
};

async function attachmentsOf(results: string, check: string): Promise<readonly string[]> {
  const files = (await readdir(results)).filter((file) => file.endsWith('-result.json'));
  const tests = await Promise.all(files.map(async (file) => JSON.parse(await readFile(join(results, file), 'utf8'))));
  const found = tests.find(({ name }: { name: string }) => name.startsWith(check));
  return (JSON.stringify(found).match(/"name":"evidence\/[^"]+"/g) ?? []).map((each) => each.slice(8, -1));
}

test('the conforming world is green: HTML, JUnit and Allure results are written, and the HTML page opens', async () => {
  const out = join(folder, 'out');
  const { code, output } = await playwright({ MCP_AUTH_OUT: out });
  expect(output).toContain('capture embedded');
  expect(code, output).toBe(0);
  const junit = await readFile(join(out, 'junit.xml'), 'utf8');
  expect(junit.match(/<testcase /g)?.length).toBe(1 + CHECKS.length + 1);
  expect(statusOf(junit, 'challenge/sends-a-challenge-with-401')).toBe('passed');
  expect(statusOf(junit, 'challenge/lists-algorithms-for-dpop')).toBe('skipped');
  expect(
    (await readdir(join(out, 'allure-results'))).filter((file) => file.endsWith('-result.json')).length,
  ).toBeGreaterThan(CHECKS.length);

  const executablePath = findChromium();
  test.skip(executablePath === undefined, 'no Chrome or Chromium on this machine');
  const { chromium } = await import('playwright');
  const browser = await chromium.launch({ executablePath: executablePath!, args: [...chromiumArguments()] });
  try {
    const page = await browser.newPage();
    // Of so many tests the page shows those that are asked for.
    await page.goto(`file://${join(out, 'html', 'index.html')}#?q=sends-a-challenge-with-401`);
    await expect(
      page.getByText('challenge/sends-a-challenge-with-401 · Sends WWW-Authenticate with each 401'),
    ).toBeVisible();
  } finally {
    await browser.close();
  }
});

test('a failing check is red and says expected, actual and fix; its consequences are skipped', async () => {
  const out = join(folder, 'out');
  const file = await profiles({ broken: embedded(['sends-no-challenge-with-401'], 'name: notes\n') });
  const { code, output } = await playwright({ MCP_AUTH_OUT: out, MCP_AUTH_PROFILE: file });
  expect(code).toBe(1);
  const junit = await readFile(join(out, 'junit.xml'), 'utf8');
  expect(statusOf(junit, 'challenge/sends-a-challenge-with-401')).toBe('failed');
  expect(statusOf(junit, 'challenge/follows-the-challenge-grammar')).toBe('skipped');
  expect(statusOf(junit, 'verdict')).toBe('failed');
  expect(output).toContain('2 failed');
  expect(output).toContain('[notes] › suites/conformance.spec.ts');
  const testcase = junit
    .split('<testcase ')
    .find((each) => each.includes('name="challenge/sends-a-challenge-with-401 '));
  for (const [name, value] of [
    ['outcome', 'failed'],
    ['keyword', 'MUST'],
    ['severity', 'high'],
    ['more', 'mcp-auth-conformance explain challenge/sends-a-challenge-with-401'],
  ]) {
    expect(testcase).toContain(`<property name="${name}" value="${value}">`);
  }
  const shown = await attachmentsOf(join(out, 'allure-results'), 'challenge/sends-a-challenge-with-401 ');
  expect(shown).toContain('evidence/challenge.json (3 exchanges)');
  expect(new Set(shown.map((name) => name.split(' ')[0])).size, 'one attachment a file').toBe(new Set(shown).size);
  expect(output).toMatch(/Expected {2}at least one challenge in WWW-Authenticate/);
  expect(output).toMatch(/Actual {4}a 401 without WWW-Authenticate/);
  expect(output).toMatch(/Fix {7}Send WWW-Authenticate: Bearer/);
});

test('a variable that is not set is told in one line, without a stack trace', async () => {
  const file = await profiles({ unset: embedded([], 'tokens: { good: "${TOKEN_OF_NOBODY}" }') });
  const { code, output } = await playwright({ MCP_AUTH_OUT: join(folder, 'out'), MCP_AUTH_PROFILE: file });
  expect(code).toBe(1);
  expect(output).toContain(`Error: ${file}:2:17 tokens.good: the environment variable TOKEN_OF_NOBODY is not set`);
  expect(output).not.toMatch(/^ +at |profile\.ts/m);
});

test('an untested MUST is red: a token that the server refuses proves nothing', async () => {
  const out = join(folder, 'out');
  const file = await profiles({ refused: embedded([], 'tokens: { good: "${TOKEN}" }') });
  const { code } = await playwright({ MCP_AUTH_OUT: out, MCP_AUTH_PROFILE: file, TOKEN: 'nobody-issued-this-token' });
  expect(code).toBe(1);
  const junit = await readFile(join(out, 'junit.xml'), 'utf8');
  expect(statusOf(junit, 'challenge/refuses-what-is-no-token')).toBe('failed');
  expect(statusOf(junit, 'challenge/sends-a-challenge-with-401')).toBe('passed');
});

test('a check that was not run is red', async () => {
  const out = join(folder, 'out');
  expect((await playwright({ MCP_AUTH_OUT: out })).code).toBe(0);
  const file = join(out, 'profiles', 'embedded', 'report.json');
  const report = JSON.parse(await readFile(file, 'utf8'));
  report.checks = report.checks.filter(({ id }: { id: string }) => id !== 'challenge/quotes-the-realm');
  report.summary.passed -= 1;
  await writeFile(file, JSON.stringify(report));
  const { code, output } = await playwright({ MCP_AUTH_OUT: out }, '--no-deps', '--project=embedded');
  expect(code).toBe(1);
  expect(output).toContain('challenge/quotes-the-realm is not in the report: it was not run');
});

test('a target that cannot be asked is red, and no check is green', async () => {
  const out = join(folder, 'out');
  const file = await profiles({ silent: 'server: { url: "http://127.0.0.1:1/mcp" }\n' });
  const { code, output } = await playwright({ MCP_AUTH_OUT: out, MCP_AUTH_PROFILE: file });
  expect(code).toBe(1);
  expect(output).toContain('no HTTP answer from http://127.0.0.1:1/mcp');
  expect(output).toContain('did not run');
  expect(output).not.toMatch(/\d+ passed/);
});

test('a folder with files that no run wrote is left alone', async () => {
  const out = join(folder, 'out');
  await mkdir(join(out, 'profiles', 'embedded'), { recursive: true });
  await writeFile(join(out, 'profiles', 'embedded', 'mine.txt'), 'mine');
  const { code, output } = await playwright({ MCP_AUTH_OUT: out });
  expect(code).toBe(1);
  expect(output).toContain('holds mine.txt, which no run wrote');
  expect(await readFile(join(out, 'profiles', 'embedded', 'mine.txt'), 'utf8')).toBe('mine');
});

test('what an earlier run wrote is cleared away, the pictures of a sign-in that stopped as well', async () => {
  const out = join(folder, 'out');
  const file = await profiles({ silent: 'server: { url: "http://127.0.0.1:1/mcp" }\n' });
  for (const name of Object.values(RUN_FOLDER)) {
    await mkdir(join(out, 'profiles', 'silent', name, 'of-an-earlier-run'), { recursive: true });
  }
  const { output } = await playwright({ MCP_AUTH_OUT: out, MCP_AUTH_PROFILE: file });
  expect(output).toContain('no HTTP answer from http://127.0.0.1:1/mcp');
  expect(await readdir(join(out, 'profiles', 'silent'))).toEqual([]);
});

test('two shards over three profiles ask each target once', async () => {
  const file = await profiles({ one: embedded([]), two: embedded([]), three: embedded([]) });
  const shards = [];
  for (const shard of ['1/2', '2/2']) {
    const out = join(folder, shard.replace('/', '-of-'));
    const child = await playwright({ MCP_AUTH_OUT: out, MCP_AUTH_PROFILE: file }, `--shard=${shard}`);
    expect(child.code, child.output).toBe(0);
    shards.push(['one', 'two', 'three'].filter((name) => existsSync(join(out, 'profiles', name, 'report.json'))));
  }
  expect(shards.flat().sort()).toEqual(['one', 'three', 'two']);
  expect(shards.every((captured) => captured.length > 0)).toBe(true);
});
