import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { CompactSign } from 'jose';
import { explainError } from '../cli/errors.ts';
import { createProgram } from '../cli/program.ts';
import { run } from '../engine/run.ts';
import { parseProfile } from '../fixtures/profile/profile.ts';
import { type Certificate, isStatement, type Statement, withBuild } from '../reports/certificate.ts';
import type { Report, ReportedCheck } from '../reports/report.ts';
import { readReport, writeReport } from '../reports/validate.ts';
import { CHECKS } from '../suites/registry.ts';

// One worker: the run is made once.
test.describe.configure({ mode: 'default' });

/** A part of the checks, so that what it amounts to is partial; every other thing is as in a whole run. */
const ONLY = ['challenge'];
const FAILING = 'challenge/sends-no-error-without-credentials';

let folder: string;
let original: string;
let keyFile: string;

test.beforeAll(async () => {
  original = mkdtempSync(join(tmpdir(), 'certificate-'));
  const text = [
    'name: example',
    'revision: 2026-07-28',
    'assurance: anonymous',
    'embedded: { faults: [says-an-error-without-credentials] }',
    'implementation: { organization: Example Ltd, project: example-mcp, version: 1.4.0 }',
    '',
  ].join('\n');
  const { profile } = await parseProfile(text, { file: 'example.yaml', env: {} });
  await run(profile, { mode: 'certify', only: ONLY, out: join(original, 'run') });
  keyFile = join(original, 'key.pem');
  writeFileSync(keyFile, pem(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey));
});
test.afterAll(() => rmSync(original, { recursive: true, force: true }));

test.beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'certificate-'));
  cpSync(join(original, 'run'), join(folder, 'run'), { recursive: true });
});
test.afterEach(() => rmSync(folder, { recursive: true, force: true }));

const pem = (key: KeyObject) => key.export({ format: 'pem', type: 'pkcs8' }) as string;

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function command(...args: readonly string[]): Promise<Ended> {
  const said = { stdout: '', stderr: '' };
  const restore = (['stdout', 'stderr'] as const).map((name) => {
    const { write } = process[name];
    process[name].write = ((text: string, done?: () => void) => {
      said[name] += text;
      done?.();
      return true;
    }) as typeof write;
    return () => {
      process[name].write = write;
    };
  });
  try {
    let code = 0;
    const program = createProgram((found) => {
      code = found;
    });
    await program.parseAsync(args, { from: 'user' }).catch((error: unknown) => {
      code = explainError(error);
    });
    // Lines that were wrapped, in one again.
    return { code, ...said, stdout: said.stdout.replace(/\n {4,}(?=\S)/g, ' ') };
  } finally {
    for (const each of restore) each();
  }
}

const at = (name: string) => join(folder, 'run', name);

async function certified(...more: readonly string[]): Promise<string> {
  const { code, stderr } = await command('certify', join(folder, 'run'), '--key', keyFile, ...more);
  expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
  return at('certificate.jws');
}

const statementIn = (file: string): Statement =>
  JSON.parse(Buffer.from(readFileSync(file, 'utf8').split('.')[1] ?? '', 'base64url').toString());

/** Signs what somebody made of a statement, with the key of the tests unless another is given. */
async function signed(statement: unknown, key = createPrivateKey(readFileSync(keyFile))): Promise<string> {
  const jwk = createPublicKey(key).export({ format: 'jwk' });
  const file = join(folder, 'made-up.jws');
  const token = new CompactSign(Buffer.from(JSON.stringify(statement))).setProtectedHeader({ alg: 'ES256', jwk });
  writeFileSync(file, await token.sign(key));
  return file;
}

const changed = (statement: Statement, more: Partial<Certificate>): Statement => ({
  ...statement,
  predicate: { ...statement.predicate, mcpAuthConformance: { ...statement.predicate.mcpAuthConformance, ...more } },
});

test('a certificate says what was tested, against what, on what evidence, and how to do it again', async () => {
  const { predicate, subject, ...rest } = statementIn(await certified('--challenge', 'order-4711', '--days', '30'));
  expect(isStatement({ predicate, subject, ...rest })).toBe(true);
  const certificate = predicate.mcpAuthConformance;
  expect(rest).toEqual({
    _type: 'https://in-toto.io/Statement/v1',
    predicateType: 'https://in-toto.io/attestation/test-result/v0.1',
  });
  expect(subject).toEqual([{ name: 'example-mcp@1.4.0', digest: certificate.evidence[0]?.digest }]);
  expect(predicate).toMatchObject({ result: 'WARNED', warnedTests: [FAILING], failedTests: [] });
  expect(predicate.configuration.map(({ name }) => name)).toEqual(['requirement-set/2026-07-28', 'profile']);
  expect(certificate).toMatchObject({
    result: 'partial',
    because: expect.stringMatching(/^\d+ required MUSTs were not run$/),
    implementation: { organization: 'Example Ltd', project: 'example-mcp', version: '1.4.0' },
    revision: '2026-07-28',
    level: 'anonymous',
    of: 'setup',
    challenge: 'order-4711',
  });
  expect(Date.parse(certificate.validUntil) - Date.parse(certificate.issuedAt)).toBe(30 * 86_400_000);
  expect(certificate.outcomes[FAILING]).toBe('warned');
  expect(Object.values(certificate.outcomes)).toContain('not-run');
  expect(certificate.evidence.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['report.json', 'evidence/anonymous.json', 'evidence/grounds.json']),
  );
});

test('it verifies, by its own key and by the signer’s, and its evidence comes to the same when it is judged again', async () => {
  const file = await certified('--challenge', 'order-4711');
  const own = await command('verify', file, '--challenge', 'order-4711');
  expect(own.code).toBe(0);
  expect(own.stdout).toMatch(/! Signed \(ES256\) with the key [\w-]{43}, which came with it: ask Example Ltd whether/);
  expect(own.stdout).toMatch(/✓ Your challenge stands in it\n/);
  expect(own.stdout).toMatch(/! The evidence was not looked at.*\nVALID\n$/);
  const publicKey = join(folder, 'public.json');
  writeFileSync(publicKey, JSON.stringify(createPublicKey(readFileSync(keyFile)).export({ format: 'jwk' })));
  const whole = await command('verify', file, '--key', publicKey, '--evidence', join(folder, 'run'));
  expect(whole.stdout).toMatch(/✓ Signed \(ES256\) with the key of /);
  expect(whole.stdout).toMatch(/✓ All \d+ files are as they were signed\n/);
  expect(whole.stdout).toMatch(/✓ It says of each check what the report says\n/);
  expect(whole.stdout).toMatch(/✓ Judged again: all \d+ checks come to the same\nVALID\n$/);
  expect(whole.code).toBe(0);
});

test('it stands beside one to be read, in which what others wrote is no markup', async () => {
  const file = await certified('--challenge', '<img src=x> | [a](b)');
  const text = readFileSync(file.replace('.jws', '.md'), 'utf8');
  expect(text).toMatch(/^# Conformance of example-mcp&#64;1\.4\.0: partial\n\n\d+ required MUSTs were not run\.\n/);
  expect(text).toContain('| Organization | Example Ltd |\n');
  expect(text).toMatch(/\| Challenge \| &lt;img src=x&gt; \\\| \\\[a\\\]\\?\(b\\?\) \|\n/);
  expect(text).toContain(`## Required and warned: 1\n\n- \`${FAILING}\`\n`);
  expect(text).toContain('## Required and not run: ');
});

test('a bundle holds what it takes to judge the certificate again, and nothing else', async () => {
  const bundle = join(folder, 'bundle');
  const made = await command('certify', join(folder, 'run'), '--key', keyFile, '--bundle', bundle);
  expect(made).toMatchObject({ code: 1, stderr: '' });
  const files = readdirSync(join(bundle, 'evidence'));
  expect(files).toContain('grounds.json');
  expect(files).not.toContain('exchanges.har');
  expect(existsSync(at('certificate.jws'))).toBe(false);
  rmSync(join(folder, 'run'), { recursive: true });
  const { code, stdout } = await command('verify', join(bundle, 'certificate.jws'), '--evidence', bundle);
  expect(stdout).toMatch(new RegExp(`✓ All ${files.length + 1} files are as they were signed\\n`));
  expect(stdout).toMatch(/✓ Judged again: all \d+ checks come to the same\nVALID\n$/);
  expect(code).toBe(0);
  const again = await command('certify', bundle, '--key', keyFile, '--bundle', bundle);
  expect(again).toMatchObject({ code: 2, stderr: expect.stringMatching(/--bundle .*: it is there already\n$/) });
});

test.describe('a certificate is not valid where', () => {
  const refused = async (says: RegExp, ...args: readonly string[]) => {
    const { code, stdout } = await command('verify', ...args);
    expect(stdout).toMatch(says);
    expect(stdout).toMatch(/\nNOT VALID\n$/);
    expect(code).toBe(1);
  };

  test('one letter of it was changed', async () => {
    const file = await certified();
    const [head, payload = '', signature] = readFileSync(file, 'utf8').split('.');
    const text = Buffer.from(payload, 'base64url').toString().replace('"partial"', '"certified"');
    writeFileSync(file, [head, Buffer.from(text).toString('base64url'), signature].join('.'));
    await refused(/✗ The signature is not of its own key: the certificate was changed/, file);
  });

  test('somebody else signed it', async () => {
    const file = await certified();
    const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const forged = await signed(statementIn(file), stranger.privateKey);
    const publicKey = join(folder, 'public.pem');
    writeFileSync(publicKey, createPublicKey(readFileSync(keyFile)).export({ format: 'pem', type: 'spki' }));
    await refused(/✗ The signature is not of the key of .*somebody else signed it/, forged, '--key', publicKey);
  });

  test('it is signed with nothing, or with a secret that whoever verifies has too', async () => {
    const payload = Buffer.from(JSON.stringify(statementIn(await certified()))).toString('base64url');
    const file = join(folder, 'none.jws');
    const header = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const jwk = createPublicKey(readFileSync(keyFile)).export({ format: 'jwk' });
    for (const alg of ['none', 'HS256']) {
      writeFileSync(file, `${header({ alg, jwk })}.${payload}.${alg === 'none' ? '' : 'AAAA'}`);
      await refused(/✗ The signature is not of its own key/, file);
    }
  });

  test('its time is over, or has not come', async () => {
    const statement = statementIn(await certified());
    await refused(
      /✗ It expired on 2026-01-01/,
      await signed(changed(statement, { validUntil: '2026-01-01T00:00:00Z' })),
    );
    await refused(
      /✗ It was issued on 2099/,
      await signed(changed(statement, { issuedAt: '2099-01-01T00:00:00Z', validUntil: '2100-01-01T00:00:00Z' })),
    );
  });

  test('another challenge stands in it, or none', async () => {
    await refused(/✗ Your challenge does not stand in it: there is none/, await certified(), '--challenge', 'mine');
  });

  test('what is signed is no certificate', async () => {
    await refused(/✗ What is signed is no certificate/, await signed({ hello: 'world' }));
    const statement = statementIn(await certified());
    await refused(/✗ What is signed is no certificate/, await signed(changed(statement, { evidence: [{}] as never })));
  });

  test('it says better of its report than the report does', async () => {
    const statement = statementIn(await certified());
    const { outcomes } = statement.predicate.mcpAuthConformance;
    const better = await signed(changed(statement, { outcomes: { ...outcomes, [FAILING]: 'passed' } }));
    await refused(
      new RegExp(`✗ ${FAILING}: passed in the certificate, warned in the report`),
      better,
      '--evidence',
      join(folder, 'run'),
    );
    const whole = await signed(changed(statement, { result: 'certified' }));
    await refused(/✗ It says certified, and its report amounts to partial/, whole, '--evidence', join(folder, 'run'));
  });

  test('one recorded answer was changed, and the verdict that follows from it is named', async () => {
    const file = await certified();
    const evidence = at('evidence/anonymous.json');
    writeFileSync(evidence, readFileSync(evidence, 'utf8').replace('"Bearer error=', '"Basic error='));
    const judged = [file, '--evidence', join(folder, 'run')];
    await refused(/✗ evidence\/anonymous\.json was changed since it was signed/, ...judged);
    await refused(
      /✗ challenge\/offers-the-bearer-scheme: passed in the report, failed \([\w-]+\) by its evidence/,
      ...judged,
    );
  });

  test('the report was changed so that it contradicts itself, or the evidence so that it is none', async () => {
    const file = await certified();
    const sound = readFileSync(at('report.json'), 'utf8');
    writeFileSync(at('report.json'), sound.replace('"outcome": "warned"', '"outcome": "noted"'));
    const judged = [file, '--evidence', join(folder, 'run')];
    await refused(/✗ report\.json was changed.*✗ It cannot be judged again: .* is not a sound report/s, ...judged);
    writeFileSync(at('report.json'), sound);
    writeFileSync(at('evidence/grounds.json'), '{');
    await refused(/✗ evidence\/grounds\.json was changed.*✗ It cannot be judged again: /s, ...judged);
  });

  test('the report was changed, or a file is missing', async () => {
    const file = await certified();
    const report = readReport(at('report.json'));
    rmSync(at('report.json'));
    writeReport(join(folder, 'run'), { ...report, requests: report.requests + 1 });
    rmSync(at('evidence/exchanges.har'));
    await refused(
      /✗ report\.json was changed since it was signed\n.*✗ evidence\/exchanges\.har is missing\n/s,
      file,
      '--evidence',
      join(folder, 'run'),
    );
  });
});

test('another version of the tool tells what it judges otherwise, and cries no tampering', async () => {
  const statement = statementIn(await certified());
  // As if the evidence had been judged by a version with a rule that was otherwise.
  const report = readReport(at('report.json'));
  const checks = report.checks.map((check): ReportedCheck => {
    if (check.id !== FAILING) return check;
    const { findings: _, ...rest } = check;
    return { ...rest, outcome: 'passed', seen: 'nothing' };
  });
  const { warned, passed } = report.summary;
  rmSync(at('report.json'));
  writeReport(join(folder, 'run'), {
    ...report,
    checks,
    summary: { ...report.summary, warned: warned - 1, passed: passed + 1 },
  });
  const { outcomes } = statement.predicate.mcpAuthConformance;
  rmSync(at('certificate.jws'));
  const fresh = statementIn(await certified());
  expect(fresh.predicate.mcpAuthConformance.outcomes[FAILING]).not.toBe(outcomes[FAILING]);
  const older = await signed(changed(fresh, { tool: { ...report.tool, version: '0.0.9' } }));
  const { code, stdout } = await command('verify', older, '--evidence', join(folder, 'run'));
  expect(stdout).toMatch(/! Judged again by version .*, 1 checks come to something else than by 0\.0\.9/);
  expect(stdout).toContain(`! ${FAILING}: passed in the report, warned (error-code) by its evidence`);
  expect(code).toBe(0);
});

test.describe('certify ends with 2 and one line', () => {
  const rows: readonly (readonly [says: string, args: () => readonly string[], line: RegExp])[] = [
    [
      'without a key',
      () => ['run'],
      /certify: there is no key to sign with; write --key <file>, or put a JWK or PEM into MCP_AUTH_CERTIFY_KEY\n$/,
    ],
    [
      'with a key that is none',
      () => ['run', '--key', at('report.json')],
      /holds no key of use; it has to be a private key/,
    ],
    [
      'with a key file that is not there',
      () => ['run', '--key', 'nowhere.pem'],
      /--key nowhere\.pem: cannot be read \(ENOENT\)\n$/,
    ],
    [
      'for a subject that is none',
      () => ['run', '--key', keyFile, '--subject', 'client'],
      /--subject client: write mcp-server or setup\n$/,
    ],
    [
      'for days that are none',
      () => ['run', '--key', keyFile, '--days', '0'],
      /--days 0: write a whole number from 1 to 825\n$/,
    ],
  ];
  for (const [says, args, line] of rows) {
    test(says, async () => {
      const [name = '', ...more] = args();
      const { code, stdout, stderr } = await command('certify', join(folder, name), ...more);
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toMatch(line);
      expect(existsSync(at('certificate.jws'))).toBe(false);
    });
  }

  test('for a report of another mode', async () => {
    const { certification: _, ...report } = readReport(at('report.json'));
    const gate = join(folder, 'gate');
    writeReport(gate, { ...report, mode: 'gate' });
    const { code, stderr } = await command('certify', gate, '--key', keyFile);
    expect(code).toBe(2);
    expect(stderr).toMatch(/is of mode gate; a certificate is of run --mode certify\n$/);
  });
});

test('verify ends with 2 for what is no certificate, and for a folder without a report', async () => {
  const nothing = await command('verify', at('report.json'));
  expect(nothing).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/this is no certificate: write the file that/),
  });
  const nowhere = await command('verify', await certified(), '--evidence', join(folder, 'nowhere'));
  expect(nowhere).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/there is no report\.json; write the folder/),
  });
});

test('nothing is certified where a required check failed, unless it is another’s and the MCP server alone is the subject', async () => {
  const report = readReport(at('report.json'));
  const fail = (party: ReportedCheck['party']): Report => {
    const checks = report.checks.map(
      (check): ReportedCheck =>
        check.id === FAILING
          ? {
              ...check,
              party,
              keyword: 'MUST',
              outcome: 'failed',
              findings: check.findings!.map((each) => ({ ...each, keyword: 'MUST' })),
            }
          : check,
    );
    const summary = { ...report.summary, warned: report.summary.warned - 1, failed: 1 };
    return { ...report, checks, summary };
  };
  const certify = async (name: string, party: ReportedCheck['party'], subject: string) => {
    writeReport(join(folder, name), fail(party));
    return command('certify', join(folder, name), '--key', keyFile, '--subject', subject);
  };
  const own = await certify('own', 'mcp-server', 'mcp-server');
  expect(own).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(/no certificate is issued: 1 required check failed/),
  });
  expect(existsSync(join(folder, 'own', 'certificate.jws'))).toBe(false);
  expect((await certify('setup', 'tenant', 'setup')).stderr).toContain('no certificate is issued');
  const vendor = await certify('vendor', 'tenant', 'mcp-server');
  expect(vendor.stderr).toBe('');
  expect(vendor.stdout).toMatch(/^PARTIAL: /);
  expect(statementIn(join(folder, 'vendor', 'certificate.jws')).predicate).toMatchObject({
    failedTests: [],
    mcpAuthConformance: { of: 'mcp-server' },
  });
});

test('a run of the same build lends what the keys of a hosted tenant forbid, and that of another none', () => {
  const base = readReport(at('report.json'));
  const controlled = CHECKS.find(({ assurance }) => assurance === 'controlled-issuer')!;
  const check = (outcome: 'passed' | 'out-of-scope'): ReportedCheck => {
    const { seen: _, findings: __, ...some } = base.checks[0]!;
    const own = { ...some, id: controlled.id, assurance: controlled.assurance, outcome };
    return outcome === 'passed' ? { ...own, seen: 'status 401' } : { ...own, because: 'no key', unlock: 'a key' };
  };
  const of = (outcome: 'passed' | 'out-of-scope', implementation: NonNullable<Report['implementation']>): Report => ({
    ...base,
    implementation,
    checks: [check(outcome)],
  });
  const build = { version: '1.4.0', digest: `sha256:${'a'.repeat(64)}` };
  const { report, shownByBuild } = withBuild(of('out-of-scope', build), of('passed', build));
  expect(shownByBuild).toEqual([controlled.id]);
  expect(report.checks[0]?.outcome).toBe('passed');
  expect(report.summary.passed).toBe(1);
  for (const other of [
    { ...build, version: '1.4.1' },
    { ...build, digest: `sha256:${'b'.repeat(64)}` },
    { version: '1.4.0' },
    {},
  ]) {
    expect(() => withBuild(of('out-of-scope', build), of('passed', other))).toThrow(
      /^the (version|digest) of the implementation is /,
    );
  }
});
