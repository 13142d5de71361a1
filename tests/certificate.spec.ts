import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { CompactSign, calculateJwkThumbprint } from 'jose';
import { explainError } from '../cli/errors.ts';
import { openMintingDesk } from '../cli/minting.ts';
import { createProgram } from '../cli/program.ts';
import { digestsOf, recordingIn } from '../engine/recording.ts';
import { run } from '../engine/run.ts';
import { parseProfile } from '../fixtures/profile/profile.ts';
import { createJournal } from '../mock-idp/journal.ts';
import { startWorld } from '../mock-idp/world.ts';
import { summaryOf } from '../reports/build.ts';
import { type Certificate, isStatement, type Statement, statementOf, withBuild } from '../reports/certificate.ts';
import type { Report, ReportedCheck } from '../reports/report.ts';
import { setDigest } from '../reports/requirement-set.ts';
import { readReport, writeReport } from '../reports/validate.ts';
import { aFinding } from './report-lab.ts';

// One worker: the runs are made once.
test.describe.configure({ mode: 'default' });

const FAILING = 'challenge/sends-no-error-without-credentials';
/** A day on which nothing was tested. */
const STAMP = '2026-03-03T03:03:03.000Z';

let folder: string;
let original: string;
let keyFile: string;
let publicFile: string;

/** Runs what a profile in these lines describes, in mode certify. */
async function certifyRun(out: string, lines: readonly string[], env = {}): Promise<Report> {
  const text = ['name: example', 'revision: 2026-07-28', ...lines, ''].join('\n');
  const { profile } = await parseProfile(text, { file: 'example.yaml', env });
  return (await run(profile, { mode: 'certify', out })).report;
}

/** Of a vendor's server: all that its level asks for is given to one run, and to the other less than it promises. */
test.beforeAll(async () => {
  original = mkdtempSync(join(tmpdir(), 'certificate-'));
  const world = await startWorld({ faults: ['says-an-error-without-credentials'] });
  const { clientDocuments, clients } = world;
  const server = [
    `server: { url: '${world.server.url}' }`,
    'implementation: { organization: Example Ltd, project: example-mcp, version: 1.4.0 }',
  ];
  await certifyRun(join(original, 'run'), ['assurance: token', ...server]);
  const { id, redirectUri } = clients.native;
  await certifyRun(join(original, 'whole'), [
    'assurance: anonymous',
    'allow: [writes]',
    `clients: { public: { id: ${id}, redirectUri: '${redirectUri}' }, documents: ['${clientDocuments.join("', '")}'] }`,
    ...server,
  ]);
  await world.close();
  keyFile = join(original, 'key.pem');
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  writeFileSync(keyFile, pem(privateKey));
  publicFile = join(original, 'public.json');
  writeFileSync(publicFile, JSON.stringify(publicKey.export({ format: 'jwk' })));
});
test.afterAll(() => rmSync(original, { recursive: true, force: true }));

test.beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'certificate-'));
  for (const name of ['run', 'whole']) cpSync(join(original, name), join(folder, name), { recursive: true });
});
test.afterEach(() => rmSync(folder, { recursive: true, force: true }));

function keyOf(key: KeyObject): string {
  const file = join(folder, 'other.pem');
  writeFileSync(file, pem(key));
  return file;
}

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

/** Certifies the whole run, of which everything that is required holds. */
async function certifiedWhole(...more: readonly string[]): Promise<string> {
  const { code, stderr } = await command('certify', join(folder, 'whole'), '--key', keyFile, ...more);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return join(folder, 'whole', 'certificate.jws');
}

/** Signs what somebody made of a statement, with the key of the tests unless another is given. */
async function signed(
  statement: unknown,
  key = createPrivateKey(readFileSync(keyFile)),
  more: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const jwk = createPublicKey(key).export({ format: 'jwk' });
  const file = join(folder, 'made-up.jws');
  const header = {
    alg: 'ES256',
    typ: 'mcp-auth-conformance+jws',
    cty: 'application/vnd.in-toto+json',
    kid: await calculateJwkThumbprint(jwk),
    jwk,
    ...more,
  };
  const token = new CompactSign(Buffer.from(JSON.stringify(statement))).setProtectedHeader(header);
  writeFileSync(file, await token.sign(key));
  return file;
}

/** What a forger makes of a run whose report was edited, so that the two agree. */
function statementFor(report: Report, from: string): Statement {
  return statementOf({
    report,
    files: digestsOf(recordingIn(from)),
    setDigest: setDigest(report.certification?.set ?? '') ?? '',
    issuedAt: new Date().toISOString(),
    validUntil: new Date(Date.now() + 86_400_000).toISOString(),
  });
}

/** Writes a report over that of a run, as no command does. */
function rewrite(name: string, report: Report): void {
  rmSync(join(folder, name, 'report.json'));
  writeReport(join(folder, name), report);
}

/** A report in which one check holds that does not. */
function passing(report: Report, id: string): Report {
  const checks = report.checks.map((check): ReportedCheck => {
    if (check.id !== id) return check;
    const { findings: _, ...rest } = check;
    return { ...rest, outcome: 'passed', seen: 'nothing' };
  });
  return { ...report, checks, summary: summaryOf(checks) };
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
  expect(predicate).toMatchObject({
    result: 'WARNED',
    warnedTests: expect.arrayContaining([FAILING]),
    failedTests: [],
  });
  expect(predicate.configuration.map(({ name }) => name)).toEqual(['requirement-set/2026-07-28', 'profile']);
  expect(certificate).toMatchObject({
    result: 'partial',
    because: expect.stringMatching(/^\d+ required MUSTs were not tested \(/),
    implementation: { organization: 'Example Ltd', project: 'example-mcp', version: '1.4.0' },
    revision: '2026-07-28',
    level: 'token',
    of: 'setup',
    challenge: 'order-4711',
  });
  expect(Date.parse(certificate.validUntil) - Date.parse(certificate.testedAt)).toBe(30 * 86_400_000);
  expect(certificate.outcomes[FAILING]).toBe('warned');
  expect(Object.values(certificate.outcomes)).toContain('untested');
  expect(certificate.evidence.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['report.json', 'evidence/anonymous.json', 'evidence/grounds.json']),
  );
});

test('it is valid by the key of the signer, and what it says follows from its evidence', async () => {
  const file = await certifiedWhole('--challenge', 'order-4711');
  const known = ['--key', publicFile, '--challenge', 'order-4711'];
  const alone = await command('verify', file, ...known);
  expect(alone.stdout).toMatch(/^CERTIFIED: every MUST of 2026-07-28 at level anonymous holds; \d+ do not apply\.\n/);
  expect(alone.stdout).toMatch(/! The evidence was not looked at.*\nVALID\n$/);
  expect(alone.code).toBe(0);
  const whole = await command('verify', file, ...known, '--evidence', join(folder, 'whole'));
  expect(whole.stdout).toMatch(/✓ Signed \(ES256\) with the key of /);
  expect(whole.stdout).toMatch(/✓ Valid until .*; tested today\n/);
  expect(whole.stdout).toMatch(
    /✓ Your challenge "order-4711" stands in it: it was signed for you; it was tested on \d{4}-/,
  );
  const unasked = await command('verify', file, '--key', publicFile);
  expect(unasked.stdout).toMatch(
    /! It was signed for whoever asked for the challenge "order-4711", which was not compared: give yours \(--challenge\)\n/,
  );
  const empty = await command('verify', file, '--key', publicFile, '--challenge', '');
  expect(empty).toMatchObject({
    code: 2,
    stdout: '',
    stderr: expect.stringMatching(/--challenge is empty; write what/),
  });
  expect(whole.stdout).toMatch(
    /! It is of level anonymous: nothing is said of what takes a good token, a sign-in, a controlled issuer or a tenant audit\n/,
  );
  expect(whole.stdout).toMatch(/! It is of revision 2026-07-28, which the profile chose/);
  expect(whole.stdout).toMatch(/! It is of a server on the machine of who tested: http:\/\/127\.0\.0\.1:/);
  expect(whole.stdout).toMatch(/✓ All \d+ files are as they were signed\n/);
  expect(whole.stdout).toMatch(/✓ It says what its report says\n/);
  expect(whole.stdout).toMatch(/✓ Judged again: all \d+ checks come to the same\nVALID\n$/);
  expect(whole.code).toBe(0);
});

test('nobody’s key, and a part of what is required, are said first, and end with 1', async () => {
  const unknown = await command('verify', await certifiedWhole(), '--evidence', join(folder, 'whole'));
  expect(unknown.stdout).toMatch(/^SIGNER UNKNOWN: anybody can have made this certificate/);
  expect(unknown.stdout).toMatch(
    /! Signed \(ES256\) with the key [\w-]{43}, which came with it: ask Example Ltd whether/,
  );
  expect(unknown.stdout).toMatch(/\nINTACT, SIGNER UNKNOWN\n$/);
  expect(unknown.code).toBe(1);
  const file = await certified();
  const part = await command('verify', file, '--key', publicFile, '--evidence', join(folder, 'run'));
  expect(part.stdout).toMatch(/^PARTIAL: nothing required is known to be broken, and not all that is required/);
  expect(part.stdout).toMatch(/\nVALID, but PARTIAL\n$/);
  expect(part.code).toBe(1);
});

test('it stands beside two to be read, in which what others wrote is no markup', async () => {
  const file = await certified('--challenge', '<img src=x> | [a](b)');
  const text = readFileSync(file.replace('.jws', '.md'), 'utf8');
  expect(text).toMatch(/^# Conformance of example-mcp&#64;1\.4\.0: partial\n\n\d+ required MUSTs were not tested .*\n/);
  expect(text).toContain('| Organization | Example Ltd |\n');
  expect(text).toMatch(/\| Challenge \| &lt;img src=x&gt; \\\| \\\[a\\\]\\?\(b\\?\) \|\n/);
  expect(text).toContain(`## Required and warned: 1\n\n- \`${FAILING}\`\n`);
  expect(text).toContain('## Required and not tested: ');
  const page = readFileSync(file.replace('.jws', '.html'), 'utf8');
  expect(page).toContain('<dt>Challenge</dt><dd dir="auto">&lt;img src=x&gt; | [a](b)</dd>');
  const { kid } = JSON.parse(Buffer.from(readFileSync(file, 'utf8').split('.')[0] ?? '', 'base64url').toString());
  expect(page).toContain(`<dt>Signed by the key</dt><dd dir="auto">${kid} (ES256; thumbprint of RFC 7638)</dd>`);
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
  const judged = ['--key', publicFile, '--evidence', bundle];
  const { code, stdout } = await command('verify', join(bundle, 'certificate.jws'), ...judged);
  expect(stdout).toMatch(new RegExp(`✓ All ${files.length + 1} files are as they were signed\\n`));
  expect(stdout).toMatch(/✓ Judged again: all \d+ checks come to the same\nVALID, but PARTIAL\n$/);
  expect(code).toBe(1);
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
    const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const forged = await signed(statementIn(await certified()), stranger.privateKey);
    await refused(/✗ The signature is not of the key of .*somebody else signed it/, forged, '--key', publicFile);
  });

  test('it is signed with nothing, with a secret that whoever verifies has too, or not as its key signs', async () => {
    const file = await certified();
    const [head = '', payload] = readFileSync(file, 'utf8').split('.');
    const header = JSON.parse(Buffer.from(head, 'base64url').toString());
    for (const alg of ['none', 'HS256', 'ES384', 'PS256']) {
      const changed = Buffer.from(JSON.stringify({ ...header, alg })).toString('base64url');
      writeFileSync(file, `${changed}.${payload}.${alg === 'none' ? '' : 'AAAA'}`);
      await refused(new RegExp(`✗ It is signed with "${alg}", and the key is one of ES256\n`), file);
    }
  });

  test('its header is of something else, or names another key', async () => {
    const statement = statementIn(await certified());
    const own = createPrivateKey(readFileSync(keyFile));
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const rows: readonly (readonly [Readonly<Record<string, unknown>>, RegExp])[] = [
      [{ typ: 'JWT' }, /✗ It is no certificate: its type is "JWT" of "application\/vnd\.in-toto\+json"/],
      [{ cty: 'text/plain' }, /✗ It is no certificate: its type is .* of "text\/plain"/],
      [{ kid: 'vendor-prod-key' }, /✗ It names the key "vendor-prod-key", and is signed with [\w-]{43}\n/],
      [{ jwk: other.publicKey.export({ format: 'jwk' }) }, /✗ It names the key .*, and is signed with/],
      [{ jwk: other.privateKey.export({ format: 'jwk' }) }, /✗ The key that came with it is no public key\n/],
    ];
    for (const [header, says] of rows) {
      await refused(says, await signed(statement, own, header), '--key', publicFile);
    }
    await refused(/✗ It names no key: write --key <file>\n/, await signed(statement, own, { jwk: undefined }));
  });

  test('its time is over, has not come, or is none', async () => {
    const statement = statementIn(await certified());
    const rows: readonly (readonly [Partial<Certificate>, RegExp])[] = [
      [{ validUntil: '2026-01-01T00:00:00Z' }, /✗ It expired on 2026-01-01/],
      [{ issuedAt: '2099-01-01T00:00:00Z' }, /✗ It was issued on 2099-01-01T00:00:00Z, which is yet to come\n/],
      [{ validUntil: '2026-99-99T00:00:00Z' }, /✗ One of its dates is none: .*2026-99-99/],
      [{ validUntil: '2027-02-30T00:00:00Z' }, /✗ One of its dates is none: .*2027-02-30/],
      [{ validUntil: '9999-01-01T00:00:00Z' }, /✗ It ends on 9999-01-01T00:00:00Z, more than 825 days after its test/],
      [{ testedAt: '2098-01-01T00:00:00Z' }, /✗ It was issued on .*, before the test of 2098-01-01/],
    ];
    for (const [more, says] of rows) await refused(says, await signed(changed(statement, more)));
  });

  test('another challenge stands in it, or none', async () => {
    const none = /✗ Your challenge "mine" does not stand in it: it has none, and may have been signed for anybody\n/;
    const file = await certified();
    await refused(none, file, '--key', publicFile, '--challenge', 'mine');
    const other = await signed(changed(statementIn(file), { challenge: 'order-4711' }));
    // To the letter.
    for (const wanted of ['mine', 'Order-4711', 'order-4711 ']) {
      const says = new RegExp(
        `✗ Your challenge is "${wanted}", and "order-4711" stands in it: it was signed for another`,
      );
      await refused(says, other, '--key', publicFile, '--challenge', wanted);
    }
  });

  test('what is signed is no certificate', async () => {
    const says = /✗ What is signed is no certificate/;
    await refused(says, await signed({ hello: 'world' }));
    const statement = statementIn(await certified());
    for (const more of [
      { evidence: [{}] },
      { evidence: [] },
      { level: 'quantum-proof' },
      { outcomes: { [FAILING]: 'excellent' } },
      { shownByBuild: [] },
      { tool: { name: 'a', version: '1.0.0; rm' } },
      { stars: 5 },
    ]) {
      await refused(says, await signed(changed(statement, more as never)));
    }
  });

  test('it contradicts itself or its frozen set, whether or not the evidence is at hand', async () => {
    const statement = statementIn(await certifiedWhole());
    const { outcomes, evidence } = statement.predicate.mcpAuthConformance;
    const [first = ''] = statement.predicate.passedTests;
    const rows: readonly (readonly [Statement, RegExp])[] = [
      [changed(statement, { outcomes: {} }), /✗ It leaves out what its set asks for: [\w-]+\/.* and \d+ more\n/],
      [changed(statement, { level: 'token' }), /✗ It leaves out what its set asks for/],
      [changed(statement, { of: 'mcp-server' }), /✗ It names what its set does not ask for/],
      [changed(statement, { outcomes: { ...outcomes, [first]: 'failed' } }), /✗ It says certified, .* not-certified\n/],
      [changed(statement, { outcomes: { ...outcomes, [first]: 'not-run' } }), /✗ .*its outcomes are partial\n/],
      [
        changed(statement, { result: 'not-certified' }),
        /✗ It says that nothing is certified, and certify issues no such/,
      ],
      [changed(statement, { evidence: evidence.slice(1) }), /✗ It rests on no report\.json/],
      [changed(statement, { evidence: [...evidence, evidence[0]!] }), /✗ It names a file of its evidence twice\n/],
      [
        changed(statement, { embedded: true, implementation: { project: 'a' } }),
        /✗ It names an implementation, and the mock server of this tool was tested in its place\n/,
      ],
      [
        changed(statement, {
          shownByBuild: [first],
          build: { testedAt: STAMP, server: 'https://a.example', evidence },
        }),
        /✗ A build cannot show what takes no key of the issuer: /,
      ],
      [changed(statement, { revision: '2099-01-01' }), /✗ It names no digest of the requirements of 2099-01-01\n/],
      [
        { ...statement, predicate: { ...statement.predicate, failedTests: ['a/b'] } },
        /✗ Its failedTests are not those of its outcomes\n/,
      ],
      [
        { ...statement, predicate: { ...statement.predicate, result: 'PASSED' } },
        /✗ Its result is PASSED, which does not follow/,
      ],
      [
        {
          ...statement,
          predicate: {
            ...statement.predicate,
            configuration: [{ name: 'requirement-set/2026-07-28', digest: { sha256: 'c'.repeat(64) } }],
          },
        },
        /✗ Judged by other requirements of 2026-07-28 than the frozen ones/,
      ],
    ];
    for (const [forged, says] of rows) await refused(says, await signed(forged), '--key', publicFile);
  });

  test('anything in it does not follow from its report', async () => {
    const statement = statementIn(await certifiedWhole());
    const { predicate } = statement;
    const { counts, pillars, tool } = predicate.mcpAuthConformance;
    const waived = {
      check: 'a/b',
      reason: 'served',
      owner: 'ada',
      why: 'why',
      until: STAMP,
      state: 'untried',
    } as const;
    const rows: Readonly<Record<string, Statement>> = {
      server: changed(statement, { server: 'https://bank.example/mcp' }),
      'implementation.organization': changed(statement, {
        implementation: { ...predicate.mcpAuthConformance.implementation, organization: 'Bank' },
      }),
      testedAt: changed(statement, { testedAt: new Date(Date.now() - 60_000).toISOString() }),
      because: changed(statement, { because: 'all is well' }),
      'counts.passed': changed(statement, { counts: { ...counts, passed: counts.passed + 1 } }),
      'pillars.server-side-validation': changed(statement, {
        pillars: { ...pillars, 'server-side-validation': 'met' },
      }),
      'tool.name': changed(statement, { tool: { ...tool, name: 'other' } }),
      revisionSource: changed(statement, { revisionSource: 'detected' }),
      waivers: changed(statement, { waivers: [waived] }),
      reproduce: changed(statement, { reproduce: [] }),
      subject: { ...statement, subject: [{ name: 'bank-mcp@9.9', digest: { sha256: 'a'.repeat(64) } }] },
      'predicate.configuration': {
        ...statement,
        predicate: { ...predicate, configuration: predicate.configuration.slice(0, 1) },
      },
    };
    for (const [where, forged] of Object.entries(rows)) {
      const args = [await signed(forged), '--key', publicFile, '--evidence', join(folder, 'whole')];
      await refused(new RegExp(`✗ ${where}: .* in the certificate, .* in the report\n`), ...args);
    }
  });

  test('report and certificate agree, and the evidence says otherwise', async () => {
    const report = readReport(join(folder, 'whole', 'report.json'));
    const others = report.checks.map((check): ReportedCheck => ({ ...check, party: 'tenant' }));
    const rows: readonly (readonly [Report, RegExp])[] = [
      [passing(report, FAILING), new RegExp(`✗ ${FAILING}: passed in the report, warned \\(error-code\\) by its`)],
      [{ ...report, checks: others }, /✗ [\w-]+\/[\w-]+, party: "tenant" in the report, "[\w-]+" by its evidence\n/],
      [{ ...report, startedAt: STAMP }, new RegExp(`✗ startedAt: "${STAMP}" in the report, "20`)],
      [
        { ...report, certification: { ...report.certification!, set: '2025-03-26' } },
        /✗ certification\.set: \["2025-03-26"\] in the report, \["2026-07-28"\] by its evidence\n/,
      ],
      [
        { ...report, target: { ...report.target, server: 'https://bank.example' } },
        /✗ target\.server: "https:\/\/bank/,
      ],
      [{ ...report, assurance: ['anonymous', 'token'] }, /✗ assurance: \["anonymous","token"\] in the report/],
    ];
    for (const [forged, says] of rows) {
      rewrite('whole', forged);
      const file = await signed(statementFor(forged, join(folder, 'whole')));
      await refused(says, file, '--key', publicFile, '--evidence', join(folder, 'whole'));
      const certify = await command('certify', join(folder, 'whole'), '--key', keyFile, '--days', '825');
      expect(certify.code).toBe(2);
      expect(certify.stderr).toMatch(/its evidence does not come to what its report says/);
      expect(existsSync(join(folder, 'whole', 'certificate.jws'))).toBe(false);
    }
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

test('of another version, what this one judges otherwise is not confirmed, and no sign of tampering', async () => {
  const report = readReport(join(folder, 'whole', 'report.json'));
  const tool = { ...report.tool, version: '0.0.9' };
  const verify = async () => {
    const made = await signed(statementFor(readReport(join(folder, 'whole', 'report.json')), join(folder, 'whole')));
    return command('verify', made, '--key', publicFile, '--evidence', join(folder, 'whole'));
  };
  // As if that version had other words for the same.
  const words = (check: ReportedCheck): ReportedCheck => ({ ...check, title: `${check.title}!` });
  rewrite('whole', { ...report, tool, checks: report.checks.map(words) });
  const same = await verify();
  expect(same.stdout).toMatch(/\nVALID\n$/);
  expect(same.code).toBe(0);
  // As if it had judged otherwise; a forger, too, can name any version.
  rewrite('whole', { ...passing(report, FAILING), tool });
  const other = await verify();
  expect(other.stdout).toMatch(
    /^NOT CONFIRMED: this is version [^✓]*Verify it by version\s0\.0\.9, from whom you have this one\.\n/,
  );
  expect(other.stdout).toMatch(
    /\? Judged again by version .*, 1 thing that it says comes to something else than by 0\.0\.9: nothing is confirmed/,
  );
  expect(other.stdout).toContain(`? ${FAILING}: passed in the report, warned (error-code) by its evidence`);
  expect(other.stdout).toMatch(/\nNOT CONFIRMED\n$/);
  expect(other.code).toBe(1);
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
      'with an RSA key that is too short',
      () => ['run', '--key', keyOf(generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey)],
      /holds an RSA key of 1024 bits; write one of 2048 or more\n$/,
    ],
    [
      'with a key of another type',
      () => ['run', '--key', keyOf(generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey)],
      /holds a key of type ec secp256k1; write one of P-256, P-384, P-521, Ed25519 or RSA\n$/,
    ],
    [
      'with a key that is for something else',
      () => {
        const jwk = createPrivateKey(readFileSync(keyFile)).export({ format: 'jwk' });
        writeFileSync(at('enc.json'), JSON.stringify({ ...jwk, use: 'enc' }));
        return ['run', '--key', at('enc.json')];
      },
      /holds a key that is for something else by its use, key_ops or alg; it has to be one to sign with ES256\n$/,
    ],
    [
      'without the evidence',
      () => {
        rmSync(at('evidence'), { recursive: true });
        return ['run', '--key', keyFile];
      },
      /there is no evidence\/grounds\.json\n$/,
    ],
    [
      'for a run that is older than the certificate would be valid',
      () => {
        rewrite('run', { ...readReport(at('report.json')), startedAt: STAMP });
        return ['run', '--key', keyFile, '--days', '30'];
      },
      /the run is of 2026-03-03, and the certificate would be valid for 30 days from then; run it again\n$/,
    ],
    [
      'for a subject that is none',
      () => ['run', '--key', keyFile, '--subject', 'client'],
      /--subject client: write mcp-server or setup\n$/,
    ],
    [
      'for a part of the set',
      () => ['run', '--key', keyFile, '--only', 'challenge'],
      /certify --only challenge: a certificate is of the whole set of requirements; leave --only out\n$/,
    ],
    [
      'with a challenge that is empty',
      () => ['run', '--key', keyFile, '--challenge', ''],
      /--challenge is empty; write what the buyer asked for, or leave it out\n$/,
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

  test('for a report of a part of the checks', async () => {
    const file = join(folder, 'part');
    writeReport(file, { ...readReport(at('report.json')), only: ['challenge'] });
    const { code, stderr } = await command('certify', file, '--key', keyFile);
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /part is a run of a part of the checks \(--only challenge\), and a certificate is of the whole set of requirements; run it again without --only\n$/,
    );
  });

  test('for a run of the embedded world that names an implementation, and for one of a build', async () => {
    const report = readReport(at('report.json'));
    const mock = join(folder, 'mock');
    cpSync(join(folder, 'run'), mock, { recursive: true });
    rewrite('mock', { ...report, target: { ...report.target, embedded: true } });
    for (const args of [[mock], [join(folder, 'run'), '--with', mock]]) {
      const { code, stderr } = await command('certify', ...args, '--key', keyFile, '--out', join(folder, 'x.jws'));
      expect(code).toBe(2);
      expect(stderr).toMatch(
        /mock: the embedded world is the mock server of this tool, so nothing of the implementation that is named was tested; in its profile write `server` with .*, and run it again\n$/,
      );
      expect(existsSync(join(folder, 'x.jws'))).toBe(false);
    }
  });

  test('for a report of another mode', async () => {
    const { certification: _, ...report } = readReport(at('report.json'));
    const gate = join(folder, 'gate');
    writeReport(gate, { ...report, mode: 'gate' });
    const { code, stderr } = await command('certify', gate, '--key', keyFile);
    expect(code).toBe(2);
    expect(stderr).toMatch(/is of mode gate; a certificate is of run --mode certify\n$/);
  });
});

test('a run of which no certificate may come is refused before anything is asked, from a program too', async () => {
  const out = join(folder, 'none');
  await expect(certifyRun(out, ['embedded: {}', 'implementation: { version: 1.4.0 }'])).rejects.toMatchObject({
    code: 'usage',
    message: expect.stringMatching(/^example\.yaml implementation: the embedded world is the mock server of this tool/),
  });
  const { profile } = await parseProfile('embedded: {}', { file: 'example.yaml', env: {} });
  await expect(run(profile, { mode: 'certify', only: ['challenge'], out })).rejects.toMatchObject({
    code: 'usage',
    message: expect.stringMatching(
      /^--only challenge: a certificate is of the whole set of requirements; leave --only/,
    ),
  });
  expect(existsSync(out)).toBe(false);
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
  const report = readReport(join(folder, 'whole', 'report.json'));
  const failing = (party: ReportedCheck['party']): Report => {
    const id = report.checks.find(
      (check) => check.party === party && check.keyword === 'MUST' && check.outcome === 'passed',
    )?.id;
    const checks = report.checks.map((check): ReportedCheck => {
      if (check.id !== id) return check;
      const { seen: _, ...rest } = check;
      return { ...rest, outcome: 'failed', findings: [aFinding({ keyword: 'MUST' })] };
    });
    return { ...report, checks, summary: summaryOf(checks) };
  };
  const certify = (subject: string, ...more: readonly string[]) =>
    command('certify', join(folder, 'whole'), '--key', keyFile, '--subject', subject, ...more);
  const refused = {
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(/no certificate is issued: 1 required check failed/),
  };
  rewrite('whole', failing('mcp-server'));
  expect(await certify('mcp-server')).toMatchObject(refused);
  rewrite('whole', failing('authorization-server'));
  expect(await certify('setup')).toMatchObject(refused);
  expect(existsSync(join(folder, 'whole', 'certificate.jws'))).toBe(false);
  const bundle = join(folder, 'bundle');
  const vendor = await certify('mcp-server', '--bundle', bundle);
  expect(vendor).toMatchObject({ code: 0, stderr: '', stdout: expect.stringMatching(/^CERTIFIED: /) });
  // Nothing of the customer's goes to a buyer.
  const packed = readReport(join(bundle, 'report.json'));
  expect(new Set(packed.checks.map(({ party }) => party))).toEqual(new Set(['mcp-server']));
  expect(packed.setup).toBeUndefined();
  expect(JSON.parse(readFileSync(join(bundle, 'evidence', 'grounds.json'), 'utf8')).facts.inventory).toBeUndefined();
  expect(existsSync(join(bundle, 'evidence', 'registrations.json'))).toBe(false);
  const file = join(bundle, 'certificate.jws');
  expect(statementIn(file).predicate).toMatchObject({ failedTests: [], mcpAuthConformance: { of: 'mcp-server' } });
  const { code, stdout } = await command('verify', file, '--key', publicFile, '--evidence', bundle);
  expect(stdout).toMatch(/! It is of the MCP server alone: .*\n[\s\S]*\nVALID\n$/);
  expect(code).toBe(0);
});

test.describe('a run of the same build', () => {
  const SHOWN = 'access-tokens/refuses-other-audiences';
  let built: Report;
  let deployed: Report;

  test.beforeAll(async () => {
    const world = await startWorld();
    const view = { endpoints: [], users: [], clients: [], faults: [], state: 'conforming', grant: 'curl' };
    const { url } = world.server;
    const desk = await openMintingDesk({ world, journal: createJournal(), view: { ...view, audiences: [url] } });
    const build = [
      'assurance: controlled-issuer',
      `implementation: { project: example-mcp, version: 1.4.0, digest: 'sha256:${'a'.repeat(64)}' }`,
      `server: { url: '${url}' }`,
    ];
    // Nobody gives the keys of a hosted tenant away.
    const env = { TOKEN: await world.mint() };
    const hosted = [...build, `tokens: { good: '\${TOKEN}' }`];
    built = await certifyRun(join(original, 'build'), [...build, `issuer: { control: '${desk.page}', patience: 0 }`]);
    deployed = await certifyRun(join(original, 'deployment'), hosted, env);
    await desk.close();
    await world.close();
  });
  test.beforeEach(() => {
    for (const name of ['build', 'deployment']) cpSync(join(original, name), join(folder, name), { recursive: true });
  });

  test('lends what the keys of a hosted tenant forbid, and is packed, signed and judged again itself', async () => {
    const bundle = join(folder, 'bundle');
    const args = ['--key', keyFile, '--with', join(folder, 'build'), '--bundle', bundle];
    const made = await command('certify', join(folder, 'deployment'), ...args);
    expect(made).toMatchObject({ code: 1, stderr: '' });
    const file = join(bundle, 'certificate.jws');
    const certificate = statementIn(file).predicate.mcpAuthConformance;
    expect(certificate.shownByBuild).toContain(SHOWN);
    expect(deployed.checks.find(({ id }) => id === SHOWN)?.outcome).toBe('untested');
    expect(certificate.outcomes[SHOWN]).toBe('passed');
    expect(certificate.build).toMatchObject({ testedAt: built.startedAt, server: built.target.server });
    const verify = () => command('verify', file, '--key', publicFile, '--evidence', bundle);
    const sound = await verify();
    expect(sound.stdout).toMatch(/✓ All \d+ files of the build are as they were signed\n/);
    expect(sound.stdout).toMatch(/✓ It says what its report says\n.*\nVALID, but PARTIAL\n$/s);
    const report = join(bundle, 'build', 'report.json');
    writeFileSync(report, `${readFileSync(report, 'utf8')}\n`);
    expect((await verify()).stdout).toMatch(
      /✗ build\/report\.json was changed since it was signed\n[\s\S]*\nNOT VALID\n$/,
    );
    rmSync(join(bundle, 'build'), { recursive: true });
    const without = await verify();
    expect(without.stdout).toMatch(
      /\? \d+ checks rest on a run of the build, whose evidence is not here[\s\S]*\nNOT CONFIRMED\n$/,
    );
    expect(without.code).toBe(1);
  });

  test('lends nothing where it is of another, of another kind, or broken itself', () => {
    const rows: readonly (readonly [Partial<Report>, RegExp])[] = [
      [{ implementation: { ...built.implementation, version: '1.4.1' } }, /^the version of the implementation is /],
      [{ implementation: { ...built.implementation, digest: `sha256:${'b'.repeat(64)}` } }, /^the digest of the impl/],
      [{ implementation: { ...built.implementation, project: 'other' } }, /of different projects$/],
      [{ implementation: {} }, /^the version of the implementation is 1\.4\.0 .* none in the build/],
      [{ tool: { ...built.tool, version: '0.0.1' } }, /^the version of this tool is /],
      [{ certification: { set: '2025-03-26', level: 'controlled-issuer' } }, /^the set of requirements is /],
      [
        {
          checks: built.checks.map((check) => ({
            ...check,
            outcome: 'failed',
            findings: [aFinding({ keyword: 'MUST' })],
          })),
        },
        /^the build does not hold itself: \d+ required checks failed/,
      ],
    ];
    for (const [more, says] of rows) expect(() => withBuild(deployed, { ...built, ...more })).toThrow(says);
    const inapplicable = built.checks.map(
      (check): ReportedCheck =>
        check.assurance === 'controlled-issuer' ? { ...check, outcome: 'not-applicable' } : check,
    );
    const other = { ...built.checks[0]!, id: 'access-tokens/of-another-set' };
    const { shownByBuild } = withBuild(deployed, { ...built, checks: [...inapplicable, other] });
    expect(shownByBuild).toEqual([]);
    const low = { ...deployed, certification: { set: '2026-07-28', level: 'token' } } as const;
    expect(() => withBuild(low, built)).toThrow(/^at level token nothing asks for the keys of the issuer/);
  });
});

test('nothing that is there is written over, and nothing half', async () => {
  const readme = join(folder, 'README.md');
  writeFileSync(readme, 'precious');
  const certify = (...more: readonly string[]) => command('certify', join(folder, 'run'), '--key', keyFile, ...more);
  const over = await certify('--out', join(folder, 'README.jws'));
  expect(over).toMatchObject({ code: 2, stderr: expect.stringMatching(/--out .*README\.md: it is there already\n$/) });
  expect(readFileSync(readme, 'utf8')).toBe('precious');
  expect(existsSync(join(folder, 'README.jws'))).toBe(false);
  // A folder that cannot be made: the bundle is taken away again.
  const nowhere = await certify('--bundle', join(folder, 'bundle'), '--out', join(readme, 'x.jws'));
  expect(nowhere).toMatchObject({ code: 2, stderr: expect.stringMatching(/certify: nothing was written: /) });
  expect(readdirSync(folder).toSorted()).toEqual(['README.md', 'run', 'whole']);
  const made = await certify('--out', join(folder, 'new', 'x.jws'));
  expect(made).toMatchObject({ code: 1, stderr: '' });
  expect(readdirSync(join(folder, 'new')).toSorted()).toEqual(['x.html', 'x.jws', 'x.md']);
});

test('each kind of key signs as it is meant to, and the older name of Ed25519 counts', async () => {
  const rows = [
    ['Ed25519', generateKeyPairSync('ed25519')],
    ['ES512', generateKeyPairSync('ec', { namedCurve: 'P-521' })],
    ['PS256', generateKeyPairSync('rsa', { modulusLength: 2048 })],
  ] as const;
  const verified = async (file: string, key: KeyObject) => {
    const given = join(folder, 'given.pem');
    writeFileSync(given, key.export({ format: 'pem', type: 'spki' }));
    return (await command('verify', file, '--key', given)).stdout;
  };
  for (const [algorithm, { privateKey, publicKey }] of rows) {
    const out = join(folder, `${algorithm}.jws`);
    const made = await command('certify', join(folder, 'run'), '--key', keyOf(privateKey), '--out', out);
    expect(made).toMatchObject({ code: 1, stderr: '' });
    expect(await verified(out, publicKey)).toContain(`✓ Signed (${algorithm}) with the key of `);
  }
  const [[, { privateKey, publicKey }]] = rows;
  const older = await signed(statementIn(join(folder, 'Ed25519.jws')), privateKey, { alg: 'EdDSA' });
  expect(await verified(older, publicKey)).toContain('✓ Signed (EdDSA) with the key of ');
});

test('what is waived stands in it, and makes it partial', async () => {
  const waived = join(folder, 'waived');
  await certifyRun(waived, [
    'assurance: anonymous',
    'embedded: { faults: [says-an-error-without-credentials] }',
    `waivers: [{ check: ${FAILING}, reason: error-code, owner: ada, why: soon, until: 2099-01-31 }]`,
  ]);
  const made = await command('certify', waived, '--key', keyFile);
  expect(made).toMatchObject({ code: 1, stderr: '' });
  const file = join(waived, 'certificate.jws');
  expect(statementIn(file).predicate.mcpAuthConformance).toMatchObject({
    outcomes: { [FAILING]: 'waived' },
    waivers: [{ check: FAILING, owner: 'ada', state: 'applied' }],
  });
  const { stdout } = await command('verify', file, '--key', publicFile, '--evidence', waived);
  expect(stdout).toMatch(
    /^PARTIAL: something that is required is broken, and whoever answers for it accepts that for a while/,
  );
  expect(stdout).toContain(`  Waiver        ${FAILING} (error-code): accepted until 2099-01-31 by ada: soon\n`);
  expect(stdout).toMatch(/! It is of the mock server of this tool: nobody’s own server was tested\n/);
  expect(stdout).toMatch(/\nVALID, but PARTIAL\n$/);
});

test('what was not signed is not judged by', async () => {
  const file = await certifiedWhole();
  writeFileSync(join(folder, 'whole', 'evidence', 'extra.json'), '{');
  symlinkSync('/etc/hostname', join(folder, 'whole', 'evidence', 'link.json'));
  const { code, stdout } = await command('verify', file, '--key', publicFile, '--evidence', join(folder, 'whole'));
  expect(stdout).toMatch(/! evidence\/extra\.json was not signed, and is not looked at\n/);
  expect(stdout).toMatch(/\nVALID\n$/);
  expect(code).toBe(0);
});
