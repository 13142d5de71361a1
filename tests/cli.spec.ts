import { execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer, get, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@playwright/test';
import { explainError } from '../cli/errors.ts';
import { runFolder } from '../cli/folder.ts';
import { didYouMean } from '../cli/nearest.ts';
import { pageOptions } from '../cli/output.ts';
import { showProgress } from '../cli/progress.ts';
import { HarnessError } from '../fixtures/errors.ts';
import type { Report } from '../reports/report.ts';
import { readReport } from '../reports/validate.ts';
import { anExchange, aReport } from './report-lab.ts';

// One worker builds once.
test.describe.configure({ mode: 'default' });

const repository = fileURLToPath(new URL('..', import.meta.url));
const main = join(repository, 'dist', 'cli', 'main.js');

let folder: string;

test.beforeAll(() => {
  const compiler = join(repository, 'node_modules', 'typescript', 'bin', 'tsc');
  execFileSync(process.execPath, [compiler, '-p', 'tsconfig.build.json'], { cwd: repository });
});

test.beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cli-'));
});

test.afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What a run that takes long says in between; it is the machine's doing whether it comes to that. */
const PROGRESS = /^mcp-auth-conformance: \S+: \d+ requests, .*\n/gm;

/** Runs the command in the test's folder, away from any variable that would change it; without PROGRESS. */
function command(...args: readonly string[]): Promise<Ended> {
  return commandWith({}, ...args);
}

function commandWith(more: Readonly<Record<string, string>>, ...args: readonly string[]): Promise<Ended> {
  const { DEBUG: _, ...env } = process.env;
  return new Promise((resolve) => {
    execFile(process.execPath, [main, ...args], { cwd: folder, env: { ...env, ...more } }, (error, stdout, stderr) => {
      const code = typeof error?.code === 'number' ? error.code : error === null ? 0 : -1;
      resolve({ code, stdout, stderr: stderr.replace(PROGRESS, '') });
    });
  });
}

function write(name: string, content: string): string {
  writeFileSync(join(folder, name), content);
  return name;
}

const world = (name: string, ...faults: readonly string[]) =>
  write(`${name}.yaml`, `name: ${name}\nembedded:\n  faults: [${faults.join(', ')}]\n`);

const FAILING_FAULT = 'redirects-to-login-without-a-token';
const FAILING_CHECK = 'challenge/answers-401-without-a-token';

/** One clear line a problem, in the name of the program, and no trace. */
function expectClearLines(stderr: string, ...says: readonly RegExp[]) {
  const lines = stderr.trimEnd().split('\n');
  expect(lines.length, stderr).toBe(says.length);
  for (const [index, line] of lines.entries()) {
    expect(line).toMatch(/^mcp-auth-conformance: /);
    expect(line).toMatch(says[index] as RegExp);
  }
}

test.describe('help', () => {
  test('--version prints the version', async () => {
    const { version } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8'));
    expect(await command('--version')).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  });

  for (const args of [
    [],
    ['check'],
    ['run'],
    ['compare'],
    ['certify'],
    ['verify'],
    ['report'],
    ['list'],
    ['explain'],
    ['lint-document'],
    ['inventory'],
    ['mock'],
  ]) {
    test(`${[...args, '--help'].join(' ')} says what it does, with two examples`, async () => {
      const { code, stdout, stderr } = await command(...args, '--help');
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toMatch(/^Usage: mcp-auth-conformance/);
      expect(stdout.match(/^ {2}\$ mcp-auth-conformance \w+/gm)).toHaveLength(2);
    });
  }

  test('no command prints the help, and asks for one; so does help of a command that is none', async () => {
    for (const args of [[], ['help', 'chekc']]) {
      const { code, stdout, stderr } = await command(...args);
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toMatch(/^Usage: .*\nmcp-auth-conformance: name one of the commands above\n$/s);
    }
  });
});

test.describe('bad usage ends with 2, one line and nothing on stdout:', () => {
  const rows: readonly (readonly [args: readonly string[], says: RegExp])[] = [
    [['chekc'], /unknown command 'chekc'; did you mean check\?$/],
    [['--jsno'], /unknown option '--jsno'/],
    [['check'], /missing required argument 'mcp-url'/],
    [['check', 'mcp.example.com/mcp'], /The URL of the MCP server .* write one like https:\/\/mcp\.example\.com\/mcp$/],
    [['check', 'ftp://mcp.example.com/mcp'], /The URL of the MCP server /],
    [['check', 'https://a.example', 'https://b.example'], /too many arguments for 'check'/],
    [['check', 'https://a.example', '--aktive'], /unknown option '--aktive'; did you mean --active\?$/],
    [['check', 'https://a.example', '--json'], /option '--json <file\|->' argument missing/],
    [['run', '--jso'], /unknown option '--jso'; did you mean --json\?$/],
    [
      ['run', '--mode', 'check'],
      /'--mode <mode>' argument 'check' is invalid. Allowed choices are gate, nightly, certify.$/,
    ],
    [['run', '--json', 'profile.yaml'], /--json profile\.yaml: write a file whose name ends in \.json, or - for/],
    [['run', '--only', 'chalenge'], /--only chalenge: no area or check is called chalenge; did you mean challenge\?$/],
    [['run', '--only', 'zzz'], /--only zzz: no area or check is called zzz; list shows them all$/],
    [['run', '--only', ','], /--only: name an area or a check; list shows them all$/],
    [['run', '--baseline', 'a.json'], /--baseline goes with --mode nightly; to see what changed: compare a\.json/],
    [['compare', 'a.json'], /missing required argument 'new'/],
    [['compare', 'nowhere.json', 'nowhere.json'], /nowhere\.json cannot be read: ENOENT/],
    [['run', '--plan', '--json', '-'], /--plan is text only; leave --json out$/],
    [
      ['run', '--accept-redirect-uris'],
      /--accept-redirect-uris: embedded keeps nothing of a tenant; it takes management/,
    ],
    [['run', 'nowhere.yaml'], /nowhere\.yaml: no such file; write the path of a profile \(YAML\)$/],
    [['list', 'challenge'], /too many arguments for 'list'/],
    [['list', '--area', 'chalenge'], /--area chalenge: no such area; did you mean challenge\?$/],
    [['explain'], /missing required argument 'check'/],
    [['explain', 'challenge/answer-401-without-token'], /; did you mean challenge\/answers-401-without-a-token\?$/],
    [['list', '--coverage', '--area', 'challenge'], /--coverage is of all checks: leave --area out$/],
    [['explain', 'x'], /no check is called x; list shows them all$/],
    [['lint-document'], /missing required argument 'file\|url'/],
    [['lint-document', 'nowhere.json'], /cannot read nowhere\.json: .*; name a file, a URL, or - for standard input$/],
    [
      ['lint-document', 'app.example.com/client.json'],
      /no such file or directory.*; did you mean https:\/\/app\.example\.com\/client\.json\?$/,
    ],
    [['lint-document', 'a.json', '--url', 'nonsense'], /--url nonsense: is no URL; write it as clients will send it/],
    [['lint-document', 'http://127.0.0.1:9/client.json'], /could not be fetched from here, which says nothing of /],
    [['lint-document', 'a.json', '--rules', 'auth1'], /--rules auth1: no such rules; did you mean auth0\?$/],
    [['lint-document', 'https://a.example/b', '--url', 'https://a.example/b'], /--url goes with a file: /],
    // The door lets nobody in there, whatever the address of the document.
    [
      ['lint-document', 'https://169.254.169.254/client.json'],
      /no verdict on https:\/\/169\.254\.169\.254\/client\.json/,
    ],
    [['mock', '--fault', 'redirect-to-login-without-token'], /; did you mean redirects-to-login-without-a-token\?$/],
    [['mock', '--list-faults', '--fault', 'names-no-key'], /--list-faults is of all faults: leave all but --json out$/],
    [['mock', '--fault', 'names-no-key', '--fault', 'names-no-key'], /--fault names-no-key is given twice$/],
    [['mock', '--fault', 'serves-every-origin-in-public'], /public names then, which only a run leads to/],
    [['mock', '--state', 'strict', '--state', 'permissive'], /--state is given twice, with strict and permissive/],
    [['mock', '--public-url', 'example.com'], /--public-url example\.com: write a URL such as https:/],
    [
      ['mock', '--public-url', 'https://a.example/mcp'],
      /--public-url https:\/\/a\.example\/mcp: write scheme and host only/,
    ],
    [['mock', '--issuer-url', 'https://ada:pw@a.example'], /--issuer-url: leave user name and password out/],
    [['mock', '--audience', 'https://a.example/mcp#x'], /leave the fragment \(#\) out$/],
    [['mock', '--scope', 'files:read'], /--scope is of the API that --audience names/],
    [['mock', '--audience', 'https://a.example', '--scope', 'a b'], /--scope "a b": write one scope/],
    [['mock', '--audience', 'https://a.example', '--scope', 'openid'], /--scope openid: that scope is the tenant's/],
    [['mock', '--port', '4000', '--control-port', '4000'], /--control-port 4000: another part is to be at that port$/],
    [['mock', '--listen', '203.0.113.9'], /cannot listen on 203\.0\.113\.9: /],
  ];
  for (const [args, says] of rows) {
    test(args.join(' '), async () => {
      const { code, stdout, stderr } = await command(...args);
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expectClearLines(stderr, says);
    });
  }

  test('a profile with two slips: a line each', async () => {
    const file = write('slips.yaml', 'serve: { url: 1 }\nrevision: latest\n');
    const { code, stdout, stderr } = await command('run', file);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    for (const line of stderr.trimEnd().split('\n'))
      expect(line).toMatch(/^mcp-auth-conformance: slips\.yaml:\d+:\d+ /);
  });

  test('a profile with a fault that does not exist', async () => {
    const { code, stderr } = await command('run', world('odd', 'redirect-to-login-without-token'));
    expect(code).toBe(2);
    expectClearLines(
      stderr,
      /odd\.yaml embedded\.faults: there is no fault redirect-.*; did you mean redirects-to-login/,
    );
  });

  test('a slip in the last of several profiles, before anything is asked', async () => {
    const { code, stdout, stderr } = await command('run', world('good'), 'nowhere.yaml');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expectClearLines(stderr, /nowhere\.yaml/);
  });

  test('two profiles of one name; several profiles and --json', async () => {
    const one = world('one');
    const two = world('two');
    const doubled = await command('run', one, one);
    expect(doubled.code).toBe(2);
    expectClearLines(doubled.stderr, /two profiles are called one; give each a name of its own/);
    const json = await command('run', one, two, '--json', '-');
    expect(json.code).toBe(2);
    expectClearLines(json.stderr, /--json takes one report and here are several profiles/);
  });

  test('an --out with a report in it, an --out that is a file', async () => {
    mkdirSync(join(folder, 'old'));
    write('old/report.json', '{}');
    const old = await command('run', '--out', 'old');
    expect(old.code).toBe(2);
    expectClearLines(old.stderr, /--out old: there is a report in it already, and reports are never overwritten/);
    const file = await command('run', '--out', join('old', 'report.json', 'new'));
    expect(file.code).toBe(2);
    expectClearLines(
      file.stderr,
      /cannot write to old\/report\.json\/new: old\/report\.json is a file; name another folder/,
    );
  });
});

test.describe('run', () => {
  // Several are of whole runs, and one of them of three.
  test.describe.configure({ timeout: 180_000 });

  test('judges the embedded world, prints its report and writes it', async () => {
    const { code, stdout, stderr } = await command('run', '--out', 'here');
    expect({ code, stderr }, stdout).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^embedded · mcp-auth-conformance \d/);
    expect(stdout).toMatch(/\nPillars\n/);
    expect(stdout).toMatch(/\nTested (\d+) of the \1 checks that apply\.\n/);
    expect(stdout).toMatch(
      /\nReport: here\/report\.json\nPASSED \(gate\): nothing failed, and every MUST in scope was tested\.\n$/,
    );
    expect(stdout).not.toContain('\u001b');
    const report = readReport(join(folder, 'here', 'report.json'));
    expect(report.target.name).toBe('embedded');
    expect(readdirSync(join(folder, 'here', 'evidence')).length).toBeGreaterThan(0);
  });

  test('ends with 1 when a check fails, and shows which', async () => {
    const { code, stdout } = await command('run', world('faulty', FAILING_FAULT), '--out', 'here');
    expect(code).toBe(1);
    expect(stdout).toContain(`failed · MUST · critical · ${FAILING_CHECK}`);
    expect(stdout).toMatch(/\n {4}Seen in {3}anonymous\/\S+/);
    expect(stdout).toMatch(/\nFAILED \(gate\): 1 check failed \(\S+\); /);
  });

  test('--json - prints the report and nothing else', async () => {
    const { code, stdout, stderr } = await command(
      'run',
      world('faulty', FAILING_FAULT),
      '--json',
      '-',
      '--out',
      'here',
    );
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    expect(stdout).toBe(readFileSync(join(folder, 'here', 'report.json'), 'utf8'));
  });

  test('--json writes the report to a file besides', async () => {
    const { code, stdout } = await command('run', '--json', 'copy.json', '--out', 'here');
    expect(code).toBe(0);
    expect(stdout).toContain('PASSED');
    expect(readReport(join(folder, 'copy.json'))).toEqual(readReport(join(folder, 'here', 'report.json')));
    expect(statSync(join(folder, 'copy.json')).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, 'here', 'report.json')).mode & 0o777).toBe(0o600);
  });

  test('--json that cannot be written, or would replace the report of a run, is refused before anything is sent', async () => {
    await command('run', '--only', 'flow', '--out', 'here');
    const kept = readFileSync(join(folder, 'here', 'report.json'), 'utf8');
    for (const [file, says] of [
      [
        'here/report.json',
        /^mcp-auth-conformance: --json here\/report\.json: that is the report of a run, and reports are never overwritten; name another file\n$/,
      ],
      [
        'no/where.json',
        /^mcp-auth-conformance: --json no\/where\.json: its folder does not exist; make it, or name a file elsewhere\n$/,
      ],
      [
        'here/report.json/a.json',
        /^mcp-auth-conformance: --json here\/report\.json\/a\.json: its folder is a file; put that away, or name a file elsewhere\n$/,
      ],
    ] as const) {
      const { code, stdout, stderr } = await command('run', '--json', file, '--out', 'there');
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toMatch(says);
      expect(existsSync(join(folder, 'there'))).toBe(false);
    }
    expect(readFileSync(join(folder, 'here', 'report.json'), 'utf8')).toBe(kept);
  });

  test('--only holds the run to what is named', async () => {
    const names = 'challenge/quotes-the-realm,challenge/offers-the-bearer-scheme';
    const { stdout } = await command('run', '--only', names, '--json', '-', '--out', 'here');
    const { checks } = JSON.parse(stdout) as Report;
    expect(checks.map(({ id }) => id).toSorted()).toEqual(names.split(',').toSorted());
  });

  test('--verbose tells what passed', async () => {
    const { stdout } = await command('run', '--verbose', '--out', 'here');
    expect(stdout).toMatch(/\nPassed: \d+\n/);
    expect(stdout).toMatch(/\n {2}✓ .* \(challenge\/sends-a-challenge-with-401\)\n/);
  });

  test('--mode nightly is a gate until there is a baseline, then red for what is worse', async () => {
    const nightly = (file: string, out: string) =>
      command('run', file, '--mode', 'nightly', '--only', 'challenge', '--baseline', 'baseline.json', '--out', out);
    const first = await nightly(world('night'), 'one');
    expect({ code: first.code, stderr: first.stderr }).toEqual({ code: 0, stderr: '' });
    expect(first.stdout).toMatch(/PASSED \(nightly\): nothing failed/);
    const second = await nightly(world('night', FAILING_FAULT), 'two');
    expect(second.code).toBe(1);
    expect(second.stdout).toMatch(/FAILED \(nightly\): 1 check is worse than in the baseline/);
    const compared = await command('compare', 'one', 'two/report.json');
    expect(compared.code).toBe(1);
    expect(compared.stdout).toContain(`passed then, failed now`);
    const json = await command('compare', 'two', 'one', '--json', '-');
    expect(json.code).toBe(0);
    expect(JSON.parse(json.stdout).changes).toContainEqual(
      expect.objectContaining({ check: FAILING_CHECK, kind: 'fixed', isWorse: false }),
    );
  });

  test('--mode certify holds the run to the frozen requirements of its revision', async () => {
    const { code, stdout } = await command('run', '--mode', 'certify', '--out', 'here');
    expect(code).toBe(0);
    expect(stdout).toMatch(/PASSED \(certify\): every MUST of 2026-07-28 at level tenant-audit holds[;.]/);
    expect(stdout).toContain('  Against    the requirements of 2026-07-28 up to tenant-audit\n');
  });

  test('--mode certify runs nothing of which no certificate may come', async () => {
    const named = write('named.yaml', 'embedded: {}\nimplementation: { project: example-mcp, version: 1.4.0 }\n');
    const rows = [
      [
        ['--only', 'challenge'],
        /: --only challenge: a certificate is of the whole set of requirements; leave --only out, or try a part with --mode gate\n$/,
      ],
      [
        [named],
        /named\.yaml implementation: the embedded world is the mock server of this tool, so nothing of the implementation that is named was tested; write `server` with the URL of the implementation in place of `embedded` .*, or leave `implementation` out\n$/,
      ],
    ] as const;
    for (const [args, says] of rows) {
      const { code, stdout, stderr } = await command('run', ...args, '--mode', 'certify', '--out', 'none');
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toMatch(says);
      expect(existsSync(join(folder, 'none'))).toBe(false);
    }
  });

  test('--strict fails a failing SHOULD', async () => {
    const only = ['--only', 'challenge/sends-no-error-without-credentials'];
    const file = world('warned', 'says-an-error-without-credentials');
    expect((await command('run', file, ...only, '--out', 'one')).code).toBe(0);
    expect((await command('run', file, ...only, '--strict', '--out', 'two')).code).toBe(1);
  });

  test('several profiles run one after another; the worst end counts, and one without a verdict stops none', async () => {
    const gone = write('gone.yaml', `name: gone\nserver: { url: 'http://127.0.0.1:${await closedPort()}/mcp' }\n`);
    const { code, stdout, stderr } = await command(
      'run',
      gone,
      world('faulty', FAILING_FAULT),
      world('good'),
      '--out',
      'all',
    );
    expect(code).toBe(2);
    expectClearLines(stderr, /no HTTP answer from http:/);
    expect(stdout).toMatch(/\ngone: no verdict\nfaulty: failed\ngood: passed\n$/);
    expect(readReport(join(folder, 'all', 'faulty', 'report.json')).summary.failed).toBeGreaterThan(0);
    expect(existsSync(join(folder, 'all', 'good', 'report.json'))).toBe(true);
    const two = await command('run', world('faulty', FAILING_FAULT), world('good'), '--out', 'again');
    expect(two.code).toBe(1);
  });

  test('--plan prints each probe with its effect and what it lacks, and sends nothing', async () => {
    let requests = 0;
    await serving(
      () => {
        requests += 1;
      },
      async (url) => {
        const file = write('mine.yaml', `server: { url: '${url}' }\n`);
        const { code, stdout, stderr } = await command('run', file, '--plan');
        expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
        expect(stdout).toContain('Plan of mine; nothing is sent');
        expect(stdout).toMatch(/ {2}\+ anonymous\n {4}Asks {6}/);
        expect(stdout).toMatch(
          / {2}- control\n(.*\n)*? {4}Not sent {2}it takes a good token\n {4}Needs {5}tokens\.good/,
        );
        expect(stdout).toMatch(/ {4}Effect {4}hostile inputs\n/);
      },
    );
    expect(requests).toBe(0);
    const writing = write('writing.yaml', 'server: { url: "http://127.0.0.1:1/mcp" }\nallow: [writes]\n');
    expect((await command('run', writing, '--plan', '--only', 'registration')).stdout.replace(/\s+/g, ' ')).toContain(
      'Leaves up to 10 clients at a time: removed at the end where the server lets clients be deleted (RFC 7592). Nothing here removes others',
    );
    rmSync(join(folder, writing));
    const part = await command('run', '--plan', '--only', 'challenge/authenticates-every-connection');
    expect(part.stdout).toMatch(/ {2}\+ anonymous\n/);
    expect(part.stdout).not.toContain('credentials');
    expect(readdirSync(folder)).toEqual(['mine.yaml']);
  });

  test('--plan says that a tenant is read where the profile gives access to it, and with how many requests', async () => {
    const server = 'server: { url: "http://127.0.0.1:1/mcp" }\n';
    const planned = async (text: string) =>
      (await command('run', write('tenant.yaml', text), '--plan', '--only', 'tenant')).stdout.replace(/\s+/g, ' ');
    expect(await planned(server)).toContain('- tenant Asks');
    for (const text of [
      `${server}management: { domain: tenant.example.com, token: "\${TOKEN_OF_NOBODY}" }\n`,
      'embedded: {}\n',
    ]) {
      expect(await planned(text)).toMatch(/\+ tenant Asks .* one more for each further hundred .* a hundred at most/);
    }
  });

  test('--plan tells of the sign-in of a second user where one will come of it', async () => {
    const user = (who: string) => `${who}: { username: ${who}, password: "\${PASSWORD_OF_NOBODY}" }`;
    const server = `server: { url: "http://127.0.0.1:1/mcp" }
clients: { public: { id: native, redirectUri: "http://127.0.0.1:8976/callback" } }
users: { ${user('first')}, ${user('second')} }\n`;
    const planned = async (text: string) => {
      const only = ['--only', 'access-tokens/keeps-sessions-to-their-user'];
      const { stdout } = await command('run', write('second.yaml', text), '--plan', ...only);
      return stdout.replace(/\s+/g, ' ').slice(stdout.replace(/\s+/g, ' ').indexOf(' otherUser Asks') - 1);
    };
    const BROWSER = 'Browser one sign-in of the second user';
    expect(await planned(server)).toMatch(new RegExp(`^\\+ otherUser .* ${BROWSER} `));
    expect(await planned(`embedded: {}\nusers: { ${user('second')} }\n`)).toContain(BROWSER);
    expect(await planned(`${server}tokens: { otherUser: "\${TOKEN_OF_NOBODY}" }\n`)).not.toContain(BROWSER);
    const byHand = await planned(server.replace(/ }\n$/, ', signIn: { method: by-hand } }\n'));
    expect(byHand).toMatch(/^- otherUser .* Needs tokens\.otherUser: .*; or users\.second: another test user/);
    expect(byHand).not.toContain('second user, in a window');
  });

  test('--plan needs no variable of a secret to be set', async () => {
    const file = write(
      'unset.yaml',
      'server: { url: "http://127.0.0.1:1/mcp" }\ntokens: { good: "${TOKEN_OF_NOBODY}" }\n',
    );
    const { code, stdout, stderr } = await command('run', file, '--plan');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/ {2}\+ control\n/);
    expect((await command('run', file)).stderr).toContain('the environment variable TOKEN_OF_NOBODY is not set');
  });

  test('a reader who goes away is no error', async () => {
    const child = spawn(process.execPath, [main, 'run', '--verbose', '--out', 'here'], { cwd: folder });
    child.stdout.destroy();
    const [stderr, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
    expect({ code, stderr: stderr.replace(PROGRESS, '') }).toEqual({ code: 0, stderr: '' });
  });
});

test.describe('check', () => {
  test('judges a server by its URL, and says what a token would add', async () => {
    await mocking([], async (url) => {
      const { code, stdout, stderr } = await command('check', url, '--out', 'here');
      expect({ code, stderr }, stdout).toEqual({ code: 0, stderr: '' });
      expect(stdout).toContain(`Server     ${url}`);
      expect(stdout).toMatch(
        /\nTested \d+ of the \d+ checks that apply\..*\sA\s+good\s+token\s+\(tokens\.good\)\s+adds\s+up\s+to\s+\d+\./s,
      );
      expect(stdout).toMatch(/\nPASSED \(check\): no MUST that was tested failed/);
      expect(readReport(join(folder, 'here', 'report.json')).mode).toBe('check');
    });
  });

  test('ends with 1 when a MUST fails', async () => {
    await mocking([FAILING_FAULT], async (url) => {
      const { code, stdout } = await command('check', url, '--json', '-', '--out', 'here');
      expect(code).toBe(1);
      expect((JSON.parse(stdout) as Report).checks.find(({ outcome }) => outcome === 'failed')?.id).toBe(FAILING_CHECK);
    });
  });

  test('ends with 2 and one line on a server that speaks HTML instead of MCP', async () => {
    const html: RequestListener = (_, response) =>
      response.setHeader('Content-Type', 'text/html').end('<!doctype html><title>Welcome</title>');
    await serving(html, async (url) => {
      const says = `mcp-auth-conformance: nothing at ${url} answers like an MCP server (status 200): write the exact URL of its endpoint\n`;
      const { code, stdout, stderr } = await command('check', url, '--out', 'here');
      expect({ code, stdout, stderr }).toEqual({ code: 2, stdout: '', stderr: says });
      const profile = write('html.yaml', `server: { url: '${url}' }\n`);
      expect(await command('run', profile, '--out', 'gate')).toMatchObject({ code: 2, stderr: says });
    });
  });

  test('shows nothing of a hostile server that a terminal would obey', async () => {
    const hostile: RequestListener = (_, response) => {
      const challenge = 'Bearer error_description="\u009b2J\u009d0;owned\u009c", scope="a\u0085  FAILED forged"';
      response.writeHead(401, { 'WWW-Authenticate': challenge }).end('{"\u001b[2J":"\u001b]0;owned\u0007"}');
    };
    await serving(hostile, async (url) => {
      for (const args of [['--verbose'], ['--json', '-']]) {
        const { stdout, stderr } = await command('check', url, '--out', args.join(''), ...args);
        expect(stdout).toContain('error_description');
        expect(stdout + stderr).toMatch(/^[\n\u0020-\u007e\u00a0-\uffff]*$/);
      }
    });
  });

  test.describe('ends with 2 and one line when there is no HTTP answer:', () => {
    test('nothing listens at the port', async () => {
      const { code, stdout, stderr } = await command('check', `http://127.0.0.1:${await closedPort()}/mcp`);
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expectClearLines(stderr, /no HTTP answer from http:\/\/127\.0\.0\.1:\d+\/mcp: refused: /);
      expect(readdirSync(folder), 'no folder is left behind').toEqual([]);
    });

    test('the host does not exist', async () => {
      const { code, stdout, stderr } = await command('check', 'http://nowhere.invalid/mcp');
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expectClearLines(stderr, /no HTTP answer from http:\/\/nowhere\.invalid\/mcp: /);
    });

    test('the port does not speak TLS', async () => {
      await serving(
        (_, response) => response.end(),
        async (url) => {
          const { code, stdout, stderr } = await command('check', url.replace('http:', 'https:'));
          expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
          expectClearLines(stderr, /no HTTP answer from https:\S+: TLS: /);
        },
      );
    });

    for (const [says, answer] of [
      ['the port does not speak HTTP', 'SSH-2.0-OpenSSH_9.7\r\n'],
      ['the connection is closed at once', ''],
    ] as const) {
      test(says, async () => {
        const server = createTcpServer((socket: Socket) => {
          socket.on('error', () => {});
          socket.end(answer);
        });
        await listening(server, async (port) => {
          const { code, stdout, stderr } = await command('check', `http://127.0.0.1:${port}/mcp`);
          expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
          expectClearLines(stderr, /no HTTP answer from http:/);
        });
      });
    }
  });
});

test.describe('report', () => {
  /** A run as an earlier command left it. */
  function anEarlierRun(): string {
    const run = join(folder, 'earlier');
    mkdirSync(join(run, 'evidence'), { recursive: true });
    writeFileSync(join(run, 'report.json'), JSON.stringify(aReport()));
    writeFileSync(join(run, 'evidence', 'anonymous.json'), JSON.stringify({ first: anExchange('anonymous/first') }));
    return run;
  }

  test('prints a report as its run did, by its file or its folder', async () => {
    const run = anEarlierRun();
    const byFile = await command('report', join(run, 'report.json'));
    expect(byFile).toMatchObject({ code: 0, stderr: '' });
    expect(byFile.stdout).toContain('FAILED (gate)');
    expect(await command('report', run)).toEqual(byFile);
  });

  test('writes the formats asked for beside the report, and again', async () => {
    const run = anEarlierRun();
    const { code, stdout } = await command('report', run, '--format', 'html,junit', '--format', 'sarif');
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: 'html: earlier/report.html\njunit: earlier/junit.xml\nsarif: earlier/report.sarif\n',
    });
    const page = readFileSync(join(run, 'report.html'), 'utf8');
    expect(page).toContain('POST https://mcp.example.com/mcp');
    expect((await command('report', run, '--format', 'html')).code).toBe(0);
    expect(readFileSync(join(run, 'report.html'), 'utf8')).toBe(page);
  });

  test('--out is another folder, a file of the right ending, or standard output', async () => {
    const run = anEarlierRun();
    expect((await command('report', run, '--format', 'badge,har', '--out', 'shown')).code).toBe(0);
    expect(readdirSync(join(folder, 'shown')).sort()).toEqual(['badge.svg', 'exchanges.har']);
    expect((await command('report', run, '--format', 'html', '--out', 'to-send.html')).code).toBe(0);
    expect(readFileSync(join(folder, 'to-send.html'), 'utf8')).toMatch(/^<!doctype html>/);
    const { stdout } = await command('report', run, '--format', 'badge-json', '--out', '-');
    expect(JSON.parse(stdout)).toMatchObject({ message: '1 failed' });
  });

  test('ends with 2 and one line on what it cannot show, and writes nothing', async () => {
    const run = anEarlierRun();
    const later = join(folder, 'later.json');
    writeFileSync(later, JSON.stringify({ ...aReport(), format: 'mcp-auth-conformance/report/2' }));
    for (const [args, says] of [
      [[run, '--format', 'pdf'], /no format is called pdf/],
      [[run, '--format', 'html,junit', '--out', '-'], /prints one format/],
      [[run, '--format', 'badge-json', '--out', join(run, 'report.json')], /never overwritten/],
      [[run, '--out', 'x.html'], /--format/],
      [[run, '--allure', '--format', 'html'], /--allure writes a folder/],
      [[run, '--allure', '--out', '-'], /--allure writes a folder of results: name one/],
      [[run, '--format', 'html,junit', '--out', 'x.html'], /--out x\.html: 2 formats take a folder/],
      [[later], /a later version of this tool wrote it/],
      [[join(folder, 'none.json')], /cannot be read/],
    ] as const) {
      const { code, stdout, stderr } = await command('report', ...args);
      expect({ code, stdout }, says.source).toEqual({ code: 2, stdout: '' });
      expect(stderr).toMatch(says);
      expect(stderr.trim().split('\n')).toHaveLength(1);
    }
    expect(readdirSync(run).sort()).toEqual(['evidence', 'report.json']);
  });

  test('--allure tells it by the tests of the Playwright door', async () => {
    test.setTimeout(300_000);
    const { code, stdout, stderr } = await command('report', anEarlierRun(), '--allure', '--out', 'shown');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('generate --config shown/allurerc.json shown/allure-results\n');
    const { historyPath } = JSON.parse(readFileSync(join(folder, 'shown', 'allurerc.json'), 'utf8'));
    expect(historyPath).toMatch(/allure-history\.jsonl$/);
    const files = readdirSync(join(folder, 'shown', 'allure-results'));
    expect(files).toContain('categories.json');
    const results = files
      .filter((file) => file.endsWith('-result.json'))
      .map((file) => JSON.parse(readFileSync(join(folder, 'shown', 'allure-results', file), 'utf8')));
    const verdict = results.find(({ name }) => name.startsWith('verdict'));
    expect(verdict).toMatchObject({ status: 'failed', start: Date.parse(aReport().startedAt) });
    expect(verdict.statusDetails.message).toContain('FAILED (gate)');
  });

  test('a run writes them itself', async () => {
    const { code, stdout } = await command('run', '--only', 'challenge', '--out', 'run', '--format', 'html,comment');
    expect(code).toBe(0);
    expect(stdout).toContain('html: run/report.html');
    expect(readFileSync(join(folder, 'run', 'report.html'), 'utf8')).toContain('embedded: passed');
    expect(readFileSync(join(folder, 'run', 'comment.md'), 'utf8')).toContain('✅ passed');
  });
});

test.describe('list and explain', () => {
  test('list gives each check a line', async () => {
    const { code, stdout, stderr } = await command('list');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^challenge: .*, \d+ checks\n/);
    expect(stdout).toMatch(new RegExp(`\n {2}MUST +critical +anonymous +${FAILING_CHECK}\n`));
    expect(await command('list', '--area', 'challenge')).toMatchObject({ code: 0 });
  });

  test('list --json gives the declarations, to stdout or a file', async () => {
    const { code, stdout, stderr } = await command('list', '--json', '-');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const declared: readonly Record<string, unknown>[] = JSON.parse(stdout);
    expect(declared.find(({ id }) => id === FAILING_CHECK)).toMatchObject({
      keyword: 'MUST',
      reasons: { redirected: { says: expect.any(String), fix: { general: expect.any(String) } } },
      examples: { fail: { redirected: expect.any(String) } },
    });
    await command('list', '--json', 'checks.json');
    expect(JSON.parse(readFileSync(join(folder, 'checks.json'), 'utf8'))).toEqual(declared);
    const unwritable = await command('list', '--json', 'no/where.json');
    expect(unwritable.code).toBe(2);
    expectClearLines(unwritable.stderr, /--json no\/where\.json: its folder does not exist; /);
  });

  test('list --coverage tells what the catalogues ask for, as text and as JSON', async () => {
    const { code, stdout, stderr } = await command('list', '--coverage');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/\n {2}MCP specification +\d+ of \d+, \d+ wait for checks to come/);
    expect(stdout).toMatch(new RegExp(`\n {2}MCP-challenge-401-no-token\n.*${FAILING_CHECK}`));
    const json = JSON.parse((await command('list', '--coverage', '--json', '-')).stdout);
    expect(json[0]).toMatchObject({
      catalogue: 'mcp',
      checked: { 'MCP-challenge-401-no-token': expect.arrayContaining([FAILING_CHECK]) },
      unchecked: { 'MCP-client-pkce-s256': { waitsFor: 'client side' } },
    });
  });

  test('every check can be explained', async () => {
    const declared: readonly { readonly id: string; readonly title: string }[] = JSON.parse(
      (await command('list', '--json', '-')).stdout,
    );
    const [first, last] = [declared[0], declared.at(-1)];
    for (const check of [first, last]) {
      const { code, stdout, stderr } = await command('explain', check?.id ?? '');
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout.startsWith(`${check?.title}\n${check?.id}\n`)).toBe(true);
      expect(stdout).toMatch(/\nWhy\n.*https:.*\nIt holds when, for example\n.*\nWhat can be wrong\n.* Fix /s);
    }
  });

  test('explain and list say all that a check takes, by the probes it needs', async () => {
    const takes = async (id: string) => (await command('explain', id)).stdout.match(/^ {2}Takes +(.*)$/m)?.[1];
    expect(await takes('registration/guards-the-canonical-hostname-too')).toBe(
      'Nothing but the URL; issuer.canonicalHost; allow: [writes]',
    );
    expect(await takes('client-documents/does-as-its-metadata-says')).toBe(
      'A sign-in (clients and users); documentHost; allow: [writes]',
    );
    expect(await takes('client-documents/comes-as-a-json-document')).toBe('Nothing but the URL; clients.documents');
    expect((await command('list', '--area', 'registration')).stdout).toContain(
      'registration/guards-the-canonical-hostname-too (issuer.canonicalHost, allow: [writes])\n',
    );
  });

  test('explain takes the sentence of an id alone', async () => {
    const { code, stdout } = await command('explain', 'answers-401-without-a-token');
    expect(code).toBe(0);
    expect(stdout).toContain(`\n${FAILING_CHECK}\n`);
  });
});

test.describe('lint-document', () => {
  const URL_OF_IT = 'https://client.example.com/client.json';
  const good = {
    client_id: URL_OF_IT,
    client_name: 'Example client',
    redirect_uris: ['https://client.example.com/callback'],
    grant_types: ['authorization_code'],
    token_endpoint_auth_method: 'none',
  };
  const { grant_types: _, ...withoutGrants } = good;

  test('a good document: 0, and both rule sets named', async () => {
    const file = write('good.json', JSON.stringify(good));
    const { code, stdout, stderr } = await command('lint-document', file, '--url', URL_OF_IT);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/✓ By Auth0: accepted\n/);
    expect(stdout).toMatch(/✓ By the IETF draft: accepted\n {4}draft-ietf-oauth-client-id-metadata-document-02\n/);
  });

  test('one that Auth0 alone refuses: 1, with member, source and what to write; 0 by the draft alone', async () => {
    const file = write('short.json', JSON.stringify(withoutGrants));
    const { code, stdout, stderr } = await command('lint-document', file);
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    expect(stdout).toMatch(/✗ By Auth0: not accepted, 1 error\n/);
    expect(stdout).toMatch(
      /✗ grant_types: .*\n +Found +grant_types is absent\n +Why +Auth0, .*\(error\)\n +Write +Write "/,
    );
    expect(await command('lint-document', file, '--rules', 'ietf')).toMatchObject({ code: 0 });
  });

  test('JSON in place of text, or beside it', async () => {
    const file = write('elsewhere.json', JSON.stringify(good));
    const at = 'https://other.example.com/client.json';
    const { code, stdout, stderr } = await command('lint-document', file, '--url', at, '--json', '-');
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({
      source: 'elsewhere.json',
      rules: { auth0: { accepted: false }, ietf: { accepted: false } },
      findings: [{ rule: 'client-id-differs', member: 'client_id', why: { ietf: { level: 'error' } } }],
    });
    await command('lint-document', file, '--url', at, '--json', 'findings.json');
    expect(readFileSync(join(folder, 'findings.json'), 'utf8')).toBe(stdout);
  });

  test('standard input', async () => {
    const child = spawn(process.execPath, [main, 'lint-document', '-', '--rules', 'auth0'], { cwd: folder });
    // A pipe that is slow, as programs are.
    setTimeout(() => child.stdin.end(JSON.stringify(good)), 1000);
    const [stdout, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^standard input\n\n {2}✓ By Auth0: accepted\n/);
  });

  test('standard input without a document: 2', async () => {
    const child = spawn(process.execPath, [main, 'lint-document', '-'], { cwd: folder });
    child.stdin.end();
    const [stderr, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
    expect(code).toBe(2);
    expectClearLines(stderr, /standard input is empty; name a file, a URL, or pipe a document into it$/);
  });

  test('a file: what it cannot show is named', async () => {
    const file = write('keyed.json', JSON.stringify({ ...good, jwks_uri: 'https://client.example.com/keys.json' }));
    const { stdout } = await command('lint-document', file);
    expect(stdout).toMatch(/ {2}- Not looked at: how it will be served, the keys at its jwks_uri\. Lint its URL/);
  });

  test('a URL: fetched once, redirects not followed, keys fetched too', async () => {
    const asked: (string | undefined)[] = [];
    const host: RequestListener = ({ url, headers }, response) => {
      asked.push(url);
      const origin = `http://${headers.host}`;
      if (url === '/moved') return response.writeHead(302, { Location: `${origin}/client.json` }).end();
      const signs = { token_endpoint_auth_method: 'private_key_jwt', jwks_uri: `${origin}/keys` };
      const keys = { keys: [{ kty: 'oct', kid: 'one', k: 'c2VjcmV0' }] };
      const document = { ...good, ...signs, client_id: `${origin}/client.json` };
      response.writeHead(200, { 'Content-Type': 'application/json' });
      response.end(JSON.stringify(url === '/keys' ? keys : document));
    };
    await serving(host, async (url) => {
      const rulesAt = async (path: string) => {
        const { code, stdout } = await command('lint-document', new URL(path, url).href, '--json', '-');
        expect(code).toBe(1);
        return (JSON.parse(stdout) as { findings: { rule: string }[] }).findings.map(({ rule }) => rule);
      };
      expect(await rulesAt('/client.json')).toEqual([
        'url-not-https',
        'url-local-host',
        'jwks-uri-http',
        'symmetric-key',
      ]);
      expect(asked).toEqual(['/client.json', '/keys']);
      expect(await rulesAt('/moved')).toEqual(['url-not-https', 'url-local-host', 'redirected']);
      expect(asked).toEqual(['/client.json', '/keys', '/moved']);
    });
  });
});

test.describe('mock', () => {
  test('--list-faults says what each deviates in and trips', async () => {
    const { code, stdout } = await command('mock', '--list-faults');
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`\n${FAILING_FAULT}\n.*\n  Trips  ${FAILING_CHECK}:redirected\n`));
    const json = await command('mock', '--list-faults', '--json', '-');
    const faults: readonly Record<string, unknown>[] = JSON.parse(json.stdout);
    expect(faults.find(({ id }) => id === FAILING_FAULT)).toEqual({
      id: FAILING_FAULT,
      area: 'Challenge',
      says: expect.any(String),
      behaviour: expect.arrayContaining([expect.stringMatching(/^server\./)]),
      trips: [`${FAILING_CHECK}:redirected`],
    });
  });

  test('serves until it is told to stop, and mints tokens that its server accepts', async () => {
    await mocking([], async (url, printed) => {
      expect(printed).toMatch(/\n {2}Issuer {6}http:\/\/127\.0\.0\.1:\d+\/\n/);
      const desk = printed.match(/curl -s (\S+\/token)\n/)?.[1] ?? '';
      const good = (await (await fetch(desk)).text()).trim();
      const other = { claims: { aud: 'https://other.example' } };
      const bad = (await (await fetch(desk, { method: 'POST', body: JSON.stringify(other) })).text()).trim();
      expect(claimsOf(good).aud).toBe(url);
      expect(claimsOf(bad).aud).toBe('https://other.example');
      const profile = write('token.yaml', `server: { url: '${url}' }\ntokens: { good: '\${TOKEN}' }\n`);
      const only = ['--only', 'challenge/accepts-the-scheme-in-any-case', '--json', '-'];
      const outcome = async (TOKEN: string, out: string) => {
        const { stdout } = await commandWith({ TOKEN }, 'run', profile, ...only, '--out', out);
        return (JSON.parse(stdout) as Report).checks[0]?.outcome;
      };
      expect(await outcome(good, 'good')).toBe('passed');
      expect(await outcome(bad, 'bad')).not.toBe('passed');
    });
  });

  test('mints for this machine only, and says what is wrong with an order', async () => {
    await mocking([], async (_, printed) => {
      const desk = printed.match(/curl -s (\S+\/token)\n/)?.[1] ?? '';
      expect((await fetch(desk, { headers: { Origin: 'https://evil.test' } })).status).toBe(403);
      const [rebound] = await once(get(desk, { headers: { Host: 'evil.test' } }), 'response');
      expect(rebound.resume().statusCode).toBe(403);
      expect((await fetch(desk, { method: 'DELETE' })).status).toBe(405);
      for (const body of ['x', '[]', '{"claims":1}', '{"key":"other"}', '{"header":{"alg":"ES256"}}']) {
        const answer = await fetch(desk, { method: 'POST', body });
        expect(answer.status, body).toBe(400);
        expect(await answer.json()).toEqual({ error: expect.any(String) });
      }
    });
  });

  test('deviates as it is told, and takes several faults', async () => {
    const faults = ['names-no-scope', 'asks-for-offline-access'];
    await mocking(faults, async (_, printed) => expect(printed).toContain(`Faults      ${faults.join(', ')}\n`));
    await mocking([FAILING_FAULT], async (url) => {
      expect((await fetch(url, { method: 'POST', redirect: 'manual' })).status).toBe(302);
    });
  });

  test('--json writes the start for a program', async () => {
    const file = join(folder, 'start.json');
    const audience = 'https://mcp.example.com/mcp';
    const started = await startMock('--audience', audience, '--scope', 'files:read', '--json', file);
    const start = JSON.parse(readFileSync(file, 'utf8'));
    expect(started.printed).toContain(`Issuer      ${start.issuer}\n`);
    expect(start).toMatchObject({ audience, scopes: ['files:read'], state: 'conforming', faults: [] });
    expect(claimsOf(await (await fetch(start.desk.token)).text())).toMatchObject({
      aud: audience,
      scope: 'files:read',
    });
    const machine = start.clients.find((client: { name: string }) => client.name === 'Nightly job');
    expect(machine).toMatchObject({ client_secret: expect.any(String), grant_types: ['client_credentials'] });
    expect(await started.stop('SIGINT')).toEqual({ code: 0, stderr: '' });
  });

  test('--public-url is what it calls itself', async () => {
    const started = await startMock('--public-url', 'https://mcp.example.com/');
    expect(started.printed).toContain('MCP server  https://mcp.example.com/mcp\n');
    expect(await started.stop('SIGTERM')).toEqual({ code: 0, stderr: '' });
  });
});

test.describe('parts', () => {
  test('a run has a folder of its own: in a clone below reports/runs', () => {
    const now = new Date('2026-08-01T10:00:00.123Z');
    expect(runFolder('staging', undefined, now)).toBe(
      join(repository, 'reports', 'runs', 'staging', '2026-08-01T10-00-00-123Z'),
    );
    expect(runFolder('staging', join(folder, 'out'), now)).toBe(join(folder, 'out'));
  });

  test('an installed package writes to the working directory', async () => {
    const installed = join(folder, 'node_modules', 'mcp-auth-conformance');
    mkdirSync(installed, { recursive: true });
    for (const part of ['package.json', 'dist', 'profiles', 'reports', 'suites']) {
      cpSync(join(repository, part), join(installed, part), {
        recursive: true,
        filter: (source) => !source.startsWith(join(repository, 'reports', 'runs')),
      });
    }
    symlinkSync(join(repository, 'node_modules'), join(installed, 'node_modules'));
    const bin = join(installed, 'dist', 'cli', 'main.js');
    const stdout = execFileSync(process.execPath, [bin, 'run'], { cwd: folder, encoding: 'utf8' });
    expect(stdout).toMatch(/\nReport: mcp-auth-report\/embedded\/[\dTZ-]+\/report\.json\n/);
  });

  test('a word is answered by what contains it, else by what is most like it, else by a way on', () => {
    const candidates = ['a/accepts-tokens', 'a/rejects-tokens', 'b/guards'];
    expect(didYouMean('tokens', candidates, 'see list')).toBe('; did you mean a/accepts-tokens or a/rejects-tokens?');
    expect(didYouMean('b/gard', candidates, 'see list')).toBe('; did you mean b/guards?');
    expect(didYouMean('zzz', candidates, 'see list')).toBe('; see list');
  });

  test('colour is for terminals that want it, width between 40 and 100', () => {
    const terminal = (columns: number, env = {}) => pageOptions({ isTTY: true, columns }, env);
    expect(terminal(80)).toEqual({ color: true, width: 80 });
    expect(terminal(300)).toEqual({ color: true, width: 100 });
    expect(terminal(10)).toEqual({ color: true, width: 40 });
    expect(terminal(80, { NO_COLOR: '1' }).color).toBe(false);
    expect(terminal(80, { NO_COLOR: '' }).color).toBe(true);
    expect(terminal(80, { TERM: 'dumb' }).color).toBe(false);
    expect(pageOptions({ isTTY: false, columns: 200 }, {})).toEqual({ color: false, width: 100 });
  });

  test('progress is one line on a terminal that goes away at its end', () => {
    const written: string[] = [];
    const terminal = { isTTY: true, columns: 40, write: (text: string) => written.push(text) };
    const { onProgress, end } = showProgress('staging', terminal as unknown as NodeJS.WriteStream);
    onProgress({
      kind: 'probe-began',
      probe: 'anonymous',
      asks: 'each operation\u001b[2J without a token, and at length',
      requests: 0,
    });
    onProgress({ kind: 'probe-ended', probe: 'anonymous', requests: 13 });
    end();
    expect(written).toEqual([
      '\r\u001b[Kstaging: 0 requests, each operation[2J',
      '\r\u001b[Kstaging: 13 requests, judging',
      '\r\u001b[K',
    ]);
  });

  test.describe('an error', () => {
    const said = (error: unknown, debug?: string) => {
      const { write } = process.stderr;
      const { error: print } = console;
      const before = process.env.DEBUG;
      let out = '';
      process.stderr.write = (text: string | Uint8Array) => {
        out += text;
        return true;
      };
      console.error = (thrown: Error) => {
        out += thrown.stack;
      };
      if (debug === undefined) delete process.env.DEBUG;
      else process.env.DEBUG = debug;
      try {
        return { code: explainError(error), out };
      } finally {
        process.stderr.write = write;
        console.error = print;
        if (before === undefined) delete process.env.DEBUG;
        else process.env.DEBUG = before;
      }
    };

    test('that was foreseen is its message', () => {
      expect(said(new HarnessError('profile', 'a.yaml:1:1 one\na.yaml:2:1 two\u001b[2J'))).toEqual({
        code: 2,
        out: 'mcp-auth-conformance: a.yaml:1:1 one\nmcp-auth-conformance: a.yaml:2:1 two[2J\n',
      });
    });

    test('of our own is one line, with the trace for who asks', () => {
      const error = new TypeError('x is\nundefined');
      const line =
        'mcp-auth-conformance: a fault of this tool: TypeError: x is undefined; run with DEBUG=mcp-auth-conformance for the trace\n';
      expect(said(error)).toEqual({ code: 2, out: line });
      expect(said(error, 'mcp-auth-conformance').out).toBe(line + error.stack);
    });
  });
});

/** A port at which nothing listens. */
async function closedPort(): Promise<number> {
  let port = 0;
  await listening(createTcpServer(), async (opened) => {
    port = opened;
  });
  return port;
}

async function listening(server: Server, use: (port: number) => Promise<void>): Promise<void> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    await use((server.address() as AddressInfo).port);
  } finally {
    server.close();
  }
}

async function serving(listener: RequestListener, use: (url: string) => Promise<void>): Promise<void> {
  const server = createServer(listener);
  await listening(server, (port) => use(`http://127.0.0.1:${port}/mcp`));
  server.closeAllConnections();
}

interface Mock {
  readonly printed: string;
  stop(signal: NodeJS.Signals): Promise<{ readonly code: number; readonly stderr: string }>;
}

async function startMock(...args: readonly string[]): Promise<Mock> {
  const child = spawn(process.execPath, [main, 'mock', ...args], { cwd: folder });
  const stderr = text(child.stderr);
  const exit = once(child, 'exit');
  let printed = '';
  for await (const chunk of child.stdout.setEncoding('utf8').iterator({ destroyOnReturn: false })) {
    printed += chunk;
    if (printed.includes('Ctrl-C ends it.')) break;
  }
  child.stdout.resume();
  return {
    printed,
    async stop(signal) {
      child.kill(signal);
      const [code] = await exit;
      return { code, stderr: await stderr };
    },
  };
}

async function mocking(faults: readonly string[], use: (url: string, printed: string) => Promise<void>): Promise<void> {
  const mock = await startMock(...faults.flatMap((fault) => ['--fault', fault]));
  try {
    await use(mock.printed.match(/MCP server {2}(\S+)\n/)?.[1] ?? '', mock.printed);
  } finally {
    expect(await mock.stop('SIGINT')).toEqual({ code: 0, stderr: '' });
  }
}

function claimsOf(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
}
