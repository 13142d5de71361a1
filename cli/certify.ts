import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { Option } from 'commander';
import { NAME_THE_SERVER, NOTHING_OF_IT, OF_THE_WHOLE_SET } from '../engine/certifiable.ts';
import { evidenceFilesOf, judgeAgain, withoutInventory } from '../engine/judge-again.ts';
import { digestsOf, type Recording, recordingIn, reportOf } from '../engine/recording.ts';
import { HarnessError } from '../fixtures/errors.ts';
import { statementOf, withBuild } from '../reports/certificate.ts';
import { certificateMarkdown } from '../reports/formats/certificate.ts';
import { certificateHtml } from '../reports/formats/html/certificate.ts';
import { jsonText } from '../reports/json.ts';
import { certificationResult, conclude } from '../reports/policy.ts';
import { renderCertificate } from '../reports/render/certificate.ts';
import type { Report } from '../reports/report.ts';
import { setDigest } from '../reports/requirement-set.ts';
import { type CertifiedSubject, ofSubject } from '../reports/subject.ts';
import { REPORT_FILE, reportIn } from '../reports/validate.ts';
import { shownPath } from './folder.ts';
import { complain, pageOptions, print } from './output.ts';
import { type AddCommand, examples } from './program.ts';
import { sign } from './signature.ts';
import { KEY_VARIABLE, signingKey } from './signing-key.ts';

interface CertifyOptions {
  readonly key?: string;
  readonly subject: string;
  readonly with?: string;
  readonly challenge?: string;
  readonly days: string;
  readonly out?: string;
  readonly bundle?: string;
  readonly only?: string;
}

const DAY = 86_400_000;

export const addCertify: AddCommand = (program, settle) => {
  program
    .command('certify <report>')
    .summary('sign what a run in mode certify showed')
    .description(
      `Signs a certificate of a report of \`run --mode certify\` (report.json, or the folder of the run): what holds, against which frozen requirements, on what evidence. The evidence is judged again first, and has to come to what the report says. The key is in a file (--key) or in ${KEY_VARIABLE}. Ends with 1 where the certificate is partial, and issues none where a required check failed.`,
    )
    .option('--key <file>', 'private key: a JWK, or PEM (PKCS #8)')
    .option(
      '--subject <subject>',
      'mcp-server leaves the findings of others out of the verdict; setup counts all',
      'setup',
    )
    .option('--with <report>', 'run of the same build against the mock issuer, for what a hosted tenant’s keys forbid')
    .option('--challenge <text>', 'what a buyer asks to stand in it')
    .option('--days <number>', 'how long it is valid, from the day of the test', '90')
    .option('--out <file>', 'the certificate (default: certificate.jws beside the report)')
    .option('--bundle <folder>', 'pack certificate, report, and of the evidence what it takes to judge it again')
    // Of `run`, and asked for here too: told with a reason.
    .addOption(new Option('--only <names>').hideHelp())
    .addHelpText(
      'after',
      examples(['certify runs/1 --key key.jwk.json', 'certify runs/1 --with runs/build --challenge order-4711']),
    )
    .action(settle(certify));
};

/** What a certificate is made of: a report of its subject, and the files that it was judged by. */
interface Source {
  readonly path: string;
  readonly report: Report;
  readonly files: Recording;
}

async function certify(path: string, options: CertifyOptions): Promise<0 | 1> {
  if (options.only !== undefined) {
    throw new HarnessError('usage', `certify --only ${options.only}: ${OF_THE_WHOLE_SET}; leave --only out`);
  }
  const key = signingKey(options.key, process.env);
  if (options.challenge?.trim() === '') {
    throw new HarnessError('usage', '--challenge is empty; write what the buyer asked for, or leave it out');
  }
  const subject = subjectOf(options.subject);
  const days = daysOf(options.days);
  const isPacked = options.bundle !== undefined;
  const source = sourceOf(path, subject, isPacked);
  const build = options.with === undefined ? undefined : sourceOf(options.with, subject, isPacked);
  const { report, shownByBuild } = build === undefined ? { report: source.report } : joined(source, build);
  const where = placesOf(path, options);
  const validUntil = validUntilOf(report, days);
  const { exitCode, because } = conclude({ ...report, mode: 'certify' });
  if (certificationResult(report) === 'not-certified') {
    complain(`certify: no certificate is issued: ${because}`);
    return 1;
  }
  for (const each of build === undefined ? [source] : [source, build]) requireJudgedAlike(each);
  const digest = setDigest(report.certification?.set ?? '');
  if (digest === undefined) throw new HarnessError('usage', `${path}: this version has no set of its revision`);
  const statement = statementOf({
    report,
    files: digestsOf(source.files),
    setDigest: digest,
    issuedAt: new Date().toISOString(),
    validUntil,
    challenge: options.challenge,
    ...(build && {
      build: {
        testedAt: build.report.startedAt,
        server: build.report.target.server,
        evidence: digestsOf(build.files),
      },
      shownByBuild,
    }),
  });
  const { token, signer } = await sign(statement, key);
  const packed: readonly File[] = [
    ...[...source.files].map(([name, content]) => ({ path: name, content })),
    ...[...(build?.files ?? [])].map(([name, content]) => ({ path: join('build', name), content })),
  ];
  writeAll(where, packed, [
    { path: where.page('html'), content: certificateHtml(statement, signer) },
    { path: where.page('md'), content: certificateMarkdown(statement, signer) },
    // What counts comes last: where it is, the others are.
    { path: where.certificate, content: `${token}\n` },
  ]);
  await print(
    `${renderCertificate(statement, pageOptions())}\nCertificate: ${shownPath(where.certificate)}\nTo read, print and hand on: ${shownPath(where.page('html'))}\n`,
  );
  return exitCode;
}

/** What leaves the house is what the certificate rests on: a run may hold much that a buyer need not see. */
function sourceOf(path: string, subject: CertifiedSubject, isPacked: boolean): Source {
  const all = recordingIn(path);
  const whole = reportOf(all, reportIn(path));
  if (whole.mode !== 'certify' || whole.certification === undefined) {
    throw new HarnessError(
      'usage',
      `${reportIn(path)} is of mode ${whole.mode}; a certificate is of run --mode certify`,
    );
  }
  requireWhole(path, whole);
  const report = ofSubject(whole, subject);
  if (!isPacked) return { path, report, files: all };
  const wanted = new Set([REPORT_FILE, ...evidenceFilesOf(new Set(report.checks.map(({ id }) => id)))]);
  const files = new Map([...all].filter(([name]) => wanted.has(name)));
  if (subject === 'setup') return { path, report, files };
  return { path, report, files: withoutInventory(files).set(REPORT_FILE, Buffer.from(jsonText(report))) };
}

/** @throws {HarnessError} `usage` where less was tested than a certificate would say: `run` itself makes no such report. */
function requireWhole(path: string, { only, target, implementation }: Report): void {
  if (only !== undefined) {
    throw new HarnessError(
      'usage',
      `${path} is a run of a part of the checks (--only ${only.join(',')}), and ${OF_THE_WHOLE_SET}; run it again without --only`,
    );
  }
  if (target.embedded && implementation !== undefined) {
    throw new HarnessError('usage', `${path}: ${NOTHING_OF_IT}; in its profile ${NAME_THE_SERVER}, and run it again`);
  }
}

/** @throws {HarnessError} `usage` where a buyer would be told that the report does not hold. */
function requireJudgedAlike({ path, files, report }: Source): void {
  const [first, ...others] = judgeAgain(files, report);
  if (first === undefined) return;
  const more = others.length === 0 ? '' : `, and ${others.length} more`;
  throw new HarnessError(
    'usage',
    `${path}: its evidence does not come to what its report says (${first.about}: ${first.before} in the report, ${first.now} by its evidence${more}); report and evidence have to be of one run and of this version of the tool`,
  );
}

function joined(source: Source, build: Source): { report: Report; shownByBuild: readonly string[] } {
  try {
    return withBuild(source.report, build.report);
  } catch (error) {
    if (error instanceof HarnessError) throw error;
    throw new HarnessError('usage', `--with ${build.path}: ${(error as Error).message}`, { cause: error });
  }
}

function subjectOf(subject: string): CertifiedSubject {
  if (subject === 'setup' || subject === 'mcp-server') return subject;
  throw new HarnessError('usage', `--subject ${subject}: write mcp-server or setup`);
}

function daysOf(value: string): number {
  const days = Number(value);
  if (Number.isInteger(days) && days > 0 && days <= 825) return days;
  throw new HarnessError('usage', `--days ${value}: write a whole number from 1 to 825`);
}

/** A certificate is as old as its test, whenever it is signed. */
function validUntilOf({ startedAt }: Report, days: number): string {
  const until = new Date(Date.parse(startedAt) + days * DAY);
  if (until > new Date()) return until.toISOString();
  throw new HarnessError(
    'usage',
    `the run is of ${startedAt.slice(0, 10)}, and the certificate would be valid for ${days} days from then; run it again`,
  );
}

interface File {
  readonly path: string;
  readonly content: Uint8Array | string;
}

interface Places {
  readonly bundle: string | undefined;
  readonly certificate: string;
  page(extension: 'html' | 'md'): string;
}

/** @throws {HarnessError} `usage` where something is there already: nothing is ever written over. */
function placesOf(path: string, { out, bundle }: CertifyOptions): Places {
  const certificate = out ?? join(bundle ?? dirname(reportIn(path)), 'certificate.jws');
  const page = (extension: string) => `${certificate.replace(/\.jws$/, '')}.${extension}`;
  for (const [flag, place] of [
    ['--bundle', bundle],
    ['--out', certificate],
    ['--out', page('html')],
    ['--out', page('md')],
  ] as const) {
    if (place !== undefined && existsSync(place)) {
      throw new HarnessError('usage', `${flag} ${shownPath(place)}: it is there already`);
    }
  }
  return { bundle, certificate, page };
}

/** Writes all or nothing: a bundle appears whole, and what cannot be finished is taken away again. */
function writeAll({ bundle }: Places, packed: readonly File[], pages: readonly File[]): void {
  const written: string[] = [];
  try {
    if (bundle !== undefined) {
      mkdirSync(dirname(bundle), { recursive: true });
      const draft = mkdtempSync(join(dirname(bundle), `.${basename(bundle)}-`));
      try {
        for (const { path, content } of packed) {
          mkdirSync(dirname(join(draft, path)), { recursive: true });
          writeFileSync(join(draft, path), content);
        }
        renameSync(draft, bundle);
      } finally {
        rmSync(draft, { recursive: true, force: true });
      }
      written.push(bundle);
    }
    for (const page of pages) {
      mkdirSync(dirname(page.path), { recursive: true });
      const file = openSync(page.path, 'wx');
      written.push(page.path);
      try {
        writeFileSync(file, page.content);
      } finally {
        closeSync(file);
      }
    }
  } catch (error) {
    for (const path of written.toReversed()) rmSync(path, { recursive: true, force: true });
    throw new HarnessError('environment', `certify: nothing was written: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
