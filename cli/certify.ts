import { createPublicKey } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CompactSign, calculateJwkThumbprint, type JWK } from 'jose';
import { evidenceFilesOf } from '../engine/judge-again.ts';
import { HarnessError } from '../fixtures/errors.ts';
import { packageRoot } from '../fixtures/package.ts';
import { type Digested, type Statement, statementOf, withBuild } from '../reports/certificate.ts';
import { sha256Of } from '../reports/digest.ts';
import { certificateMarkdown } from '../reports/formats/certificate.ts';
import { certificationResult, conclude } from '../reports/policy.ts';
import { renderCertificate } from '../reports/render/certificate.ts';
import type { Report } from '../reports/report.ts';
import { requiredFor } from '../reports/requirement-set.ts';
import { REPORT_FILE, readReport, reportIn } from '../reports/validate.ts';
import { shownPath } from './folder.ts';
import { complain, pageOptions, print } from './output.ts';
import { type AddCommand, examples } from './program.ts';
import { KEY_VARIABLE, type Key, signingKey } from './signing-key.ts';

interface CertifyOptions {
  readonly key?: string;
  readonly subject: string;
  readonly with?: string;
  readonly challenge?: string;
  readonly days: string;
  readonly out?: string;
  readonly bundle?: string;
}

/** Media type of what is signed (in-toto attestation framework, envelope layer). */
const PAYLOAD_TYPE = 'application/vnd.in-toto+json';

export const addCertify: AddCommand = (program, settle) => {
  program
    .command('certify <report>')
    .summary('sign what a run in mode certify showed')
    .description(
      `Signs a certificate of a report of \`run --mode certify\` (report.json, or the folder of the run): what holds, against which frozen requirements, on what evidence. The key is in a file (--key) or in ${KEY_VARIABLE}. Ends with 1 where the certificate is partial, and issues none where a required check failed.`,
    )
    .option('--key <file>', 'private key: a JWK, or PEM (PKCS #8)')
    .option(
      '--subject <subject>',
      'mcp-server leaves the findings of others out of the verdict; setup counts all',
      'setup',
    )
    .option('--with <report>', 'run of the same build against the mock issuer, for what a hosted tenant’s keys forbid')
    .option('--challenge <text>', 'what a buyer asks to stand in it')
    .option('--days <number>', 'how long it is valid', '90')
    .option('--out <file>', 'the certificate (default: certificate.jws beside the report)')
    .option('--bundle <folder>', 'pack certificate, report, and of the evidence what it takes to judge it again')
    .addHelpText(
      'after',
      examples(['certify runs/1 --key key.jwk.json', 'certify runs/1 --with runs/build --challenge order-4711']),
    )
    .action(settle(certify));
};

async function certify(path: string, options: CertifyOptions): Promise<0 | 1> {
  const key = signingKey(options.key, process.env);
  const file = reportIn(path);
  const { report, shownByBuild } = joined(ofSubject(certifiable(file), options.subject), options.with);
  const validDays = daysOf(options.days);
  const out = options.out ?? join(options.bundle ?? dirname(file), 'certificate.jws');
  for (const [flag, given] of [
    ['--bundle', options.bundle],
    ['--out', out],
  ] as const) {
    if (given !== undefined && existsSync(given)) {
      throw new HarnessError('usage', `${flag} ${shownPath(given)}: it is there already`);
    }
  }
  const { exitCode, because } = conclude({ ...report, mode: 'certify' });
  if (certificationResult(report) === 'not-certified') {
    complain(`certify: no certificate is issued: ${because}`);
    return 1;
  }
  if (options.bundle !== undefined) pack(dirname(file), file, options.bundle, report);
  const statement = statementOf({
    report,
    files: options.bundle === undefined ? digestsOf(dirname(file), file) : digestsOf(options.bundle),
    setDigest: sha256Of(
      readFileSync(join(packageRoot(), 'reports', 'requirement-sets', `${report.certification?.set}.json`)),
    ),
    issuedAt: new Date(),
    validDays,
    challenge: options.challenge,
    shownByBuild,
  });
  writeFileSync(out, `${await sign(statement, key)}\n`);
  writeFileSync(`${out.replace(/\.jws$/, '')}.md`, certificateMarkdown(statement));
  await print(`${renderCertificate(statement, pageOptions())}\nCertificate: ${shownPath(out)}\n`);
  return exitCode;
}

/** Only what the certificate rests on leaves the house: the evidence of a run may hold much that a buyer need not see. */
function pack(run: string, file: string, to: string, report: Report): void {
  const evidence = join(to, 'evidence');
  mkdirSync(evidence, { recursive: true });
  copyFileSync(file, join(to, REPORT_FILE));
  for (const name of evidenceFilesOf(new Set(requiredFor(report).keys()))) {
    const from = join(run, 'evidence', name);
    if (existsSync(from)) copyFileSync(from, join(evidence, name));
  }
}

function certifiable(file: string): Report {
  const report = readReport(file);
  if (report.certification !== undefined) return report;
  throw new HarnessError('usage', `${file} is of mode ${report.mode}; a certificate is of run --mode certify`);
}

function ofSubject(report: Report, subject: string): Report {
  if (subject === 'setup') return report;
  if (subject !== 'mcp-server') throw new HarnessError('usage', `--subject ${subject}: write mcp-server or setup`);
  return { ...report, certification: { ...report.certification!, subject } };
}

function joined(report: Report, build: string | undefined): { report: Report; shownByBuild?: readonly string[] } {
  if (build === undefined) return { report };
  try {
    return withBuild(report, readReport(reportIn(build)));
  } catch (error) {
    if (error instanceof HarnessError) throw error;
    throw new HarnessError('usage', `--with ${build}: ${(error as Error).message}`, { cause: error });
  }
}

function daysOf(value: string): number {
  const days = Number(value);
  if (Number.isInteger(days) && days > 0 && days <= 825) return days;
  throw new HarnessError('usage', `--days ${value}: write a whole number from 1 to 825`);
}

/** The report first, then the files of its evidence. */
export function digestsOf(folder: string, report = join(folder, REPORT_FILE)): readonly Digested[] {
  const evidence = join(folder, 'evidence');
  const files = existsSync(evidence)
    ? readdirSync(evidence, { withFileTypes: true }).filter((entry) => entry.isFile())
    : [];
  const digested = (name: string, path: string) => ({ name, digest: { sha256: sha256Of(readFileSync(path)) } });
  return [
    digested(REPORT_FILE, report),
    ...files
      .map(({ name }) => name)
      .toSorted()
      .map((name) => digested(`evidence/${name}`, join(evidence, name))),
  ];
}

async function sign(statement: Statement, { key, algorithm }: Key): Promise<string> {
  const jwk: JWK = createPublicKey(key).export({ format: 'jwk' });
  return new CompactSign(new TextEncoder().encode(JSON.stringify(statement)))
    .setProtectedHeader({ alg: algorithm, cty: PAYLOAD_TYPE, kid: await calculateJwkThumbprint(jwk), jwk })
    .sign(key);
}
