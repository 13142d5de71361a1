import { createPublicKey } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CompactSign, calculateJwkThumbprint, type JWK } from 'jose';
import { HarnessError } from '../fixtures/errors.ts';
import { packageRoot } from '../fixtures/package.ts';
import { type Digested, type Statement, statementOf, withBuild } from '../reports/certificate.ts';
import { sha256Of } from '../reports/digest.ts';
import { renderCertificate } from '../reports/render/certificate.ts';
import type { Report } from '../reports/report.ts';
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
  const statement = statementOf({
    report,
    files: digestsOf(dirname(file), file),
    setDigest: sha256Of(
      readFileSync(join(packageRoot(), 'reports', 'requirement-sets', `${report.certification?.set}.json`)),
    ),
    issuedAt: new Date(),
    validDays: daysOf(options.days),
    challenge: options.challenge,
    shownByBuild,
  });
  const { result, because } = statement.predicate.mcpAuthConformance;
  if (result === 'not-certified') {
    complain(`certify: no certificate is issued: ${because}`);
    return 1;
  }
  const out = options.out ?? join(dirname(file), 'certificate.jws');
  if (existsSync(out)) throw new HarnessError('usage', `--out ${shownPath(out)}: there is a file already`);
  writeFileSync(out, `${await sign(statement, key)}\n`);
  await print(`${renderCertificate(statement, pageOptions())}\nCertificate: ${shownPath(out)}\n`);
  return result === 'certified' ? 0 : 1;
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
