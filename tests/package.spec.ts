import { execFileSync, spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@playwright/test';

const repository = fileURLToPath(new URL('..', import.meta.url));
const minutes = 60_000;

test.describe.configure({ mode: 'serial', timeout: 5 * minutes });

/** An empty project somewhere else, where the packed package is the only way in. */
let project: string;

const windows = process.platform === 'win32';

function npm(folder: string, ...parameters: string[]): void {
  execFileSync(windows ? 'npm.cmd' : 'npm', parameters, { cwd: folder, stdio: 'pipe', shell: windows });
}

function command(...parameters: string[]) {
  const npx = ['--no', '--', 'mcp-auth-conformance', ...parameters];
  return spawnSync(windows ? 'npx.cmd' : 'npx', npx, { cwd: project, encoding: 'utf8', shell: windows });
}

function readManifest(...folder: string[]): { readonly version: string } {
  return JSON.parse(readFileSync(path.join(repository, ...folder, 'package.json'), 'utf8'));
}

test.beforeAll(() => {
  test.setTimeout(5 * minutes);
  project = mkdtempSync(path.join(tmpdir(), 'mcp-auth-conformance-'));
  npm(repository, 'pack', '--pack-destination', project);
  const [tarball] = readdirSync(project).filter((name) => name.endsWith('.tgz'));
  const peer = `@playwright/test@${readManifest('node_modules/@playwright/test').version}`;
  writeFileSync(path.join(project, 'package.json'), '{ "private": true }\n');
  // The cache is warm from the clone's own installation; the registry is asked for what it lacks.
  npm(project, 'install', `./${tarball}`, peer, '--prefer-offline', '--no-audit', '--no-fund');
});

test.afterAll(() => rmSync(project, { recursive: true, force: true }));

test('the package holds what runs, its licence and its readme, and neither sources nor tests', () => {
  const root = path.join(project, 'node_modules', 'mcp-auth-conformance');
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).map((file) => file.replaceAll('\\', '/'));
  expect(files).toEqual(expect.arrayContaining(['LICENSE', 'README.md', 'dist/cli/main.js', 'dist/index.d.ts']));
  expect(files.filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'))).toEqual([]);
  expect(files.filter((file) => /(^|\/)(tests|node_modules|\.[^/]+)(\/|$)/.test(file))).toEqual([]);
});

test('--version prints the version of the package', () => {
  const { status, stdout } = command('--version');
  expect(stdout.trim()).toBe(readManifest().version);
  expect(status).toBe(0);
});

test('list --json prints every declaration', () => {
  const { status, stdout, stderr } = command('list', '--json', '-');
  expect(status, stderr).toBe(0);
  const ids: string[] = JSON.parse(stdout).map((check: { id: string }) => check.id);
  expect(ids.length).toBeGreaterThan(0);
  expect(ids.filter((id) => !/^[a-z-]+\/[a-z0-9-]+$/.test(id))).toEqual([]);
});

test('run judges the embedded world and writes its report', () => {
  const { status, stdout, stderr } = command('run', '--out', 'report');
  expect(status, `${stdout}${stderr}`).toBe(0);
  const report = JSON.parse(readFileSync(path.join(project, 'report', 'report.json'), 'utf8'));
  expect(report.tool.version).toBe(readManifest().version);
  expect(report.checks.length).toBeGreaterThan(0);
});

test('a certificate made here verifies where nothing of this folder is, and not once its evidence was changed', () => {
  const here = mkdtempSync(path.join(tmpdir(), 'mcp-auth-conformance-vendor-'));
  const made = (...parameters: string[]) =>
    spawnSync(process.execPath, [path.join(repository, 'dist', 'cli', 'main.js'), ...parameters], {
      cwd: here,
      encoding: 'utf8',
    });
  try {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    writeFileSync(path.join(here, 'key.pem'), privateKey.export({ format: 'pem', type: 'pkcs8' }));
    writeFileSync(
      path.join(here, 'profile.yaml'),
      'name: vendor\nrevision: 2026-07-28\nassurance: anonymous\nembedded: {}\n',
    );
    const run = made('run', 'profile.yaml', '--mode', 'certify', '--out', 'run');
    expect(run.status, run.stderr).toBe(0);
    const issued = made('certify', 'run', '--key', 'key.pem', '--challenge', 'order-4711', '--bundle', 'bundle');
    expect(issued.stdout, issued.stderr).toMatch(/^CERTIFIED: /);
    // All that a buyer gets.
    cpSync(path.join(here, 'bundle'), path.join(project, 'bought'), { recursive: true });
    writeFileSync(path.join(project, 'vendor.pem'), publicKey.export({ format: 'pem', type: 'spki' }));
  } finally {
    rmSync(here, { recursive: true, force: true });
  }
  const bought = path.join(project, 'bought');
  expect(readdirSync(bought).toSorted()).toEqual([
    'certificate.html',
    'certificate.jws',
    'certificate.md',
    'evidence',
    'report.json',
  ]);
  const verify = () =>
    command(
      ...['verify', 'bought/certificate.jws', '--key', 'vendor.pem'],
      ...['--evidence', 'bought', '--challenge', 'order-4711'],
    );
  const valid = verify();
  expect(valid.stdout, valid.stderr).toMatch(/✓ Judged again: all \d+ checks come to the same\nVALID\n$/);
  expect(valid.stdout).not.toMatch(/[?✗]/);
  expect(valid.status).toBe(0);
  const evidence = path.join(bought, 'evidence', 'anonymous.json');
  writeFileSync(evidence, readFileSync(evidence, 'utf8').replaceAll('"Bearer ', '"Basic '));
  const changed = verify();
  expect(changed.stdout).toMatch(/✗ evidence\/anonymous\.json was changed since it was signed\n/);
  expect(changed.stdout).toMatch(/\nNOT VALID\n$/);
  expect(changed.status).toBe(1);
});

test('both entries can be imported, and render a report', () => {
  const source = `
    const { compareReports, FORMATS, isWorseOff, readExchanges, readReport } = await import('mcp-auth-conformance');
    const door = await import('mcp-auth-conformance/playwright');
    const report = readReport('report/report.json');
    const other = { ...report, revision: { judged: ['2024-11-05'], source: 'detected' } };
    const worse = [report, other].map((now) => isWorseOff(compareReports(report, now)));
    process.stdout.write(JSON.stringify({ door: Object.keys(door), worse }) + '\\n');
    process.stdout.write(FORMATS.comment.render({ report, exchanges: readExchanges('report') }));`;
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', source], {
    cwd: project,
    encoding: 'utf8',
  });
  expect(status, stderr).toBe(0);
  const [said = '', ...comment] = stdout.split('\n');
  // Not one check is worse where a server is judged by an older revision, and the run is all the same.
  expect(JSON.parse(said)).toEqual({ door: ['conformanceConfig'], worse: [false, true] });
  expect(comment.join('\n')).toMatch(/MCP authorization/);
});

test('what both entries return can be named by a program with types', () => {
  const source = `
    import type { PlaywrightTestConfig } from '@playwright/test';
    import { type Comparison, compareReports, isWorseOff, type Report } from 'mcp-auth-conformance';
    import { type ConformanceOptions, conformanceConfig } from 'mcp-auth-conformance/playwright';

    export const config: PlaywrightTestConfig<object, ConformanceOptions> = conformanceConfig();
    export const compared = (then: Report, now: Report): Comparison => compareReports(then, now);
    export const isWorse = (comparison: Comparison): boolean => isWorseOff(comparison);
  `;
  writeFileSync(path.join(project, 'typed.mts'), source);
  const compiler = path.join(repository, 'node_modules', 'typescript', 'bin', 'tsc');
  const options = ['--noEmit', '--strict', '--skipLibCheck', '--module', 'nodenext', '--target', 'es2023'];
  const { status, stdout } = spawnSync(process.execPath, [compiler, ...options, 'typed.mts'], {
    cwd: project,
    encoding: 'utf8',
  });
  expect(stdout).toBe('');
  expect(status).toBe(0);
});

test('a project of its own runs the checks through Playwright', () => {
  writeFileSync(
    path.join(project, 'playwright.config.ts'),
    "import { conformanceConfig } from 'mcp-auth-conformance/playwright';\n\nexport default conformanceConfig({ out: 'door' });\n",
  );
  // The variables of this very test run would make the child take itself for one of its workers.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('TEST_')));
  const { status, stdout, stderr } = spawnSync(windows ? 'npx.cmd' : 'npx', ['--no', '--', 'playwright', 'test'], {
    cwd: project,
    encoding: 'utf8',
    env,
    shell: windows,
  });
  expect(status, `${stdout}${stderr}`).toBe(0);
  expect(stdout).toContain('challenge/sends-a-challenge-with-401');
  expect(readdirSync(path.join(project, 'door'))).toEqual(expect.arrayContaining(['profiles', 'html', 'junit.xml']));
});
