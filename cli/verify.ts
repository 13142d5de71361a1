import { existsSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { calculateJwkThumbprint, compactVerify, decodeProtectedHeader, importJWK, type JWK } from 'jose';
import { judgeAgain } from '../engine/judge-again.ts';
import { HarnessError } from '../fixtures/errors.ts';
import { packageRoot, packageVersion } from '../fixtures/package.ts';
import { type Certificate, isStatement, type Statement } from '../reports/certificate.ts';
import { sha256Of } from '../reports/digest.ts';
import { certificationResult } from '../reports/policy.ts';
import { renderCertificate } from '../reports/render/certificate.ts';
import { createPage } from '../reports/render/page.ts';
import type { Report } from '../reports/report.ts';
import { REPORT_FILE, readReport, reportIn } from '../reports/validate.ts';
import { digestsOf } from './certify.ts';
import { pageOptions, print } from './output.ts';
import { type AddCommand, examples } from './program.ts';
import { verifyingKey } from './signing-key.ts';

interface VerifyOptions {
  readonly key?: string;
  readonly evidence?: string;
  readonly challenge?: string;
}

/** One thing that was looked at: all is well, something is to be known, or the certificate is not to be trusted. */
interface Found {
  readonly sign: '✓' | '!' | '✗';
  readonly says: string;
}

export const addVerify: AddCommand = (program, settle) => {
  program
    .command('verify <certificate>')
    .summary('tell whether a certificate holds')
    .description(
      'Says who signed a certificate, and checks signature, dates and digests; with the run it is of (--evidence), judges what was recorded again. Nothing is sent. Ends with 1 where anything is wrong.',
    )
    .option('--key <file>', 'public key of who is to have signed: a JWK, or PEM (SPKI)')
    .option('--evidence <folder>', 'folder of the run: report.json and evidence/')
    .option('--challenge <text>', 'what you asked to stand in it')
    .addHelpText(
      'after',
      examples(['verify certificate.jws', 'verify certificate.jws --key vendor.jwk.json --evidence run']),
    )
    .action(settle(verify));
};

async function verify(file: string, options: VerifyOptions): Promise<0 | 1> {
  const text = read(file);
  const signature = await signatureOf(text, options.key);
  if (!('statement' in signature)) {
    await print(`${lines([signature]).join('\n')}\nNOT VALID\n`);
    return 1;
  }
  const { statement, found: signed } = signature;
  const certificate = statement.predicate.mcpAuthConformance;
  const found = [
    signed,
    dateOf(certificate),
    setOf(statement),
    ...challengeOf(certificate, options.challenge),
    ...(options.evidence === undefined ? [WITHOUT_EVIDENCE] : evidenceOf(certificate, options.evidence)),
  ];
  const isValid = found.every(({ sign }) => sign !== '✗');
  await print(
    `${renderCertificate(statement, pageOptions())}\n${lines(found).join('\n')}\n${isValid ? 'VALID' : 'NOT VALID'}\n`,
  );
  return isValid ? 0 : 1;
}

const STYLES = { '✓': 'green', '!': 'yellow', '✗': 'red' } as const;

function lines(found: readonly Found[]): readonly string[] {
  const page = createPage(pageOptions());
  return found.flatMap(({ sign, says }) => page.item(sign, says, { sign: STYLES[sign] }));
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new HarnessError('usage', `${file}: cannot be read (${(error as NodeJS.ErrnoException).code})`, {
      cause: error,
    });
  }
}

/** No symmetric key, and none of nobody: who verifies must not be able to have signed. */
const ALGORITHMS = ['ES256', 'ES384', 'ES512', 'EdDSA', 'PS256'];

/** @throws {HarnessError} `usage` for what is no certificate at all. */
async function signatureOf(
  text: string,
  keyFile: string | undefined,
): Promise<Found | { readonly statement: Statement; readonly found: Found }> {
  let jwk: JWK | undefined;
  let algorithm: string | undefined;
  try {
    ({ jwk, alg: algorithm } = decodeProtectedHeader(text) as { readonly jwk?: JWK; readonly alg?: string });
  } catch (error) {
    throw new HarnessError('usage', 'this is no certificate: write the file that certify wrote (JWS)', {
      cause: error,
    });
  }
  try {
    const given = keyFile === undefined ? undefined : verifyingKey(keyFile);
    if (given === undefined && jwk === undefined) return { sign: '✗', says: 'It names no key: write --key <file>' };
    const key = given?.key ?? (await importJWK(jwk!, algorithm));
    const { payload } = await compactVerify(text, key, { algorithms: ALGORITHMS });
    const statement: unknown = JSON.parse(new TextDecoder().decode(payload));
    if (!isStatement(statement)) {
      return { sign: '✗', says: 'What is signed is no certificate that this version reads' };
    }
    const public_ = (given?.key.export({ format: 'jwk' }) as JWK | undefined) ?? jwk!;
    const thumbprint = await calculateJwkThumbprint(public_);
    const who = statement.predicate.mcpAuthConformance.implementation?.organization;
    const says =
      given === undefined
        ? `Signed (${algorithm}) with the key ${thumbprint}, which came with it: ask ${who ?? 'who gave it to you'} whether it is theirs, or give theirs (--key)`
        : `Signed (${algorithm}) with the key of ${keyFile}, ${thumbprint}`;
    return { statement, found: { sign: given === undefined ? '!' : '✓', says } };
  } catch (error) {
    if (error instanceof HarnessError) throw error;
    const whose = keyFile === undefined ? 'its own key' : `the key of ${keyFile}`;
    return {
      sign: '✗',
      says: `The signature is not of ${whose}: the certificate was changed, or somebody else signed it`,
    };
  }
}

function dateOf({ issuedAt, validUntil }: Certificate, now = new Date()): Found {
  if (now > new Date(validUntil)) return { sign: '✗', says: `It expired on ${validUntil}` };
  if (now < new Date(issuedAt)) return { sign: '✗', says: `It was issued on ${issuedAt}, which is yet to come` };
  return { sign: '✓', says: `Valid until ${validUntil}` };
}

/** Sets are frozen: the one of this version is the one it was judged by, or somebody changed one of them. */
function setOf({ predicate }: Statement): Found {
  const { revision } = predicate.mcpAuthConformance;
  const name = `requirement-set/${revision}`;
  const signed = predicate.configuration.find((each) => each.name === name)?.digest.sha256;
  let own: string | undefined;
  try {
    own = sha256Of(readFileSync(`${packageRoot()}/reports/requirement-sets/${encodeURIComponent(revision)}.json`));
  } catch {
    own = undefined;
  }
  return own === signed
    ? { sign: '✓', says: `Judged by the frozen requirements of ${revision}, the same as here` }
    : { sign: '!', says: `Judged by requirements of ${revision} that this version of the tool does not have` };
}

function challengeOf({ challenge }: Certificate, wanted: string | undefined): readonly Found[] {
  if (wanted === undefined) return [];
  return challenge === wanted
    ? [{ sign: '✓', says: 'Your challenge stands in it' }]
    : [{ sign: '✗', says: `Your challenge does not stand in it: ${challenge ?? 'there is none'}` }];
}

const WITHOUT_EVIDENCE: Found = {
  sign: '!',
  says: 'The evidence was not looked at: --evidence <folder> judges it again',
};

/** Differences that are told one by one. */
const TOLD = 10;

function evidenceOf(certificate: Certificate, path: string): readonly Found[] {
  const file = reportIn(path);
  if (!existsSync(file)) {
    throw new HarnessError('usage', `--evidence ${path}: there is no ${REPORT_FILE}; write the folder of the run`);
  }
  const folder = dirname(file);
  const there = new Map(digestsOf(folder, file).map(({ name, digest }) => [name, digest.sha256]));
  const signed = new Map(certificate.evidence.map(({ name, digest }) => [name, digest.sha256]));
  const changed = [...signed].filter(([name, digest]) => there.has(name) && there.get(name) !== digest);
  const gone = [...signed.keys()].filter((name) => !there.has(name));
  const strange = [...there.keys()].filter((name) => !signed.has(name));
  const digests: readonly Found[] = [
    ...changed.map(([name]): Found => ({ sign: '✗', says: `${name} was changed since it was signed` })),
    ...gone.map((name): Found => ({ sign: '✗', says: `${name} is missing` })),
    ...strange.map((name): Found => ({ sign: '!', says: `${name} is not part of what was signed` })),
  ];
  const intact: readonly Found[] =
    changed.length + gone.length === 0 ? [{ sign: '✓', says: `All ${signed.size} files are as they were signed` }] : [];
  return [
    ...digests,
    ...intact,
    ...whereSound(() => {
      const report = readReport(file);
      return [...claimsOf(certificate, report), ...judgedAgain(certificate, folder, report)];
    }),
  ];
}

/** What was changed may be changed so that it can be read no more. */
function whereSound(look: () => readonly Found[]): readonly Found[] {
  try {
    return look();
  } catch (error) {
    return [{ sign: '✗', says: `It cannot be judged again: ${error instanceof Error ? error.message : error}` }];
  }
}

/** What the certificate says against what its report says. */
function claimsOf(certificate: Certificate, report: Report): readonly Found[] {
  const { outcomes, result, shownByBuild = [], of } = certificate;
  const reported = new Map(report.checks.map(({ id, outcome }) => [id, outcome as string]));
  const wrong = Object.entries(outcomes).filter(
    ([id, outcome]) => !shownByBuild.includes(id) && (reported.get(id) ?? 'not-run') !== outcome,
  );
  if (wrong.length > 0) {
    return wrong.slice(0, TOLD).map(
      ([id, outcome]): Found => ({
        sign: '✗',
        says: `${id}: ${outcome} in the certificate, ${reported.get(id) ?? 'not-run'} in the report`,
      }),
    );
  }
  if (shownByBuild.length > 0) {
    return [
      { sign: '!', says: `${shownByBuild.length} checks rest on a run of the build, whose evidence is not here` },
    ];
  }
  const own = certificationResult({
    ...report,
    ...(of === 'mcp-server' && report.certification && { certification: { ...report.certification, subject: of } }),
  });
  return own === result
    ? [{ sign: '✓', says: 'It says of each check what the report says' }]
    : [{ sign: '✗', says: `It says ${result}, and its report amounts to ${own}` }];
}

/** By another version other judgements are no sign of tampering. */
function judgedAgain(
  { tool, outcomes, shownByBuild = [] }: Certificate,
  folder: string,
  report: Report,
): readonly Found[] {
  const had = new Set(report.checks.map(({ id }) => id));
  const ids = new Set(Object.keys(outcomes).filter((id) => had.has(id) && !shownByBuild.includes(id)));
  const differences = judgeAgain(folder, report, ids);
  if (differences.length === 0) {
    return [{ sign: '✓', says: `Judged again: all ${ids.size} checks come to the same` }];
  }
  const isOther = tool.version !== packageVersion();
  const sign = isOther ? '!' : '✗';
  const says = isOther
    ? `Judged again by version ${packageVersion()}, ${differences.length} checks come to something else than by ${tool.version}`
    : `Judged again, ${differences.length} checks do not come to what the report says`;
  const more = differences.length - TOLD;
  return [
    { sign, says },
    ...differences.slice(0, TOLD).map(
      ({ check, before, now }): Found => ({
        sign,
        says: `${check}: ${before} in the report, ${now} by its evidence`,
      }),
    ),
    ...(more > 0 ? [{ sign, says: `and ${more} more` } satisfies Found] : []),
  ];
}
