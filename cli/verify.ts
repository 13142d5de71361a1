import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { judgeAgain } from '../engine/judge-again.ts';
import { digestsOf, type Recording, recordingIn, reportOf } from '../engine/recording.ts';
import { HarnessError } from '../fixtures/errors.ts';
import { packageVersion } from '../fixtures/package.ts';
import { isLoopbackHost } from '../fixtures/protocol/addresses.ts';
import { urlOf } from '../fixtures/protocol/urls.ts';
import { type Certificate, type Digested, type Statement, statementOf, withBuild } from '../reports/certificate.ts';
import { contradictionsIn, differencesOf } from '../reports/certificate-claims.ts';
import { beyond, listed } from '../reports/certificate-words.ts';
import { renderCertificate } from '../reports/render/certificate.ts';
import { createPage } from '../reports/render/page.ts';
import type { Report } from '../reports/report.ts';
import { setDigest } from '../reports/requirement-set.ts';
import { ofSubject } from '../reports/subject.ts';
import { REPORT_FILE, reportIn } from '../reports/validate.ts';
import { pageOptions, print } from './output.ts';
import { type AddCommand, examples } from './program.ts';
import { type Signed, signedIn } from './signature.ts';

interface VerifyOptions {
  readonly key?: string;
  readonly evidence?: string;
  readonly with?: string;
  readonly challenge?: string;
}

/**
 * One thing that was looked at: all is well, something is to be known, this version cannot tell, or the certificate is
 * not to be trusted.
 */
interface Found {
  readonly sign: '✓' | '!' | '?' | '✗';
  readonly says: string;
}

export const addVerify: AddCommand = (program, settle) => {
  program
    .command('verify <certificate>')
    .summary('tell whether a certificate holds')
    .description(
      'Says who signed a certificate, and checks signature, dates, digests, and what it says against its frozen requirements; with the run it is of (--evidence), judges what was recorded again and works out anew what the certificate may say. Nothing is sent. Ends with 0 for a certificate that says certified, is signed with the key that was given, and holds in all that was looked at; else with 1.',
    )
    .option('--key <file>', 'public key of who is to have signed: a JWK, or PEM (SPKI)')
    .option('--evidence <folder>', 'folder of the run, or the bundle: report.json and evidence/')
    .option('--with <folder>', 'folder of the run of the build (default: build in the bundle)')
    .option('--challenge <text>', 'the text you asked for: a certificate that has another, or none, is NOT VALID')
    .addHelpText(
      'after',
      examples(['verify certificate.jws', 'verify certificate.jws --key vendor.pem --evidence run']),
    )
    .action(settle(verify));
};

async function verify(file: string, options: VerifyOptions): Promise<0 | 1> {
  requireChallenge(options);
  const signed = await signedIn(read(file), options.key);
  if (typeof signed === 'string') {
    await print(`${lines([{ sign: '✗', says: signed }]).join('\n')}\nNOT VALID\n`);
    return 1;
  }
  const { statement } = signed;
  const certificate = statement.predicate.mcpAuthConformance;
  const found = [
    signerOf(signed, options.key),
    ...datesOf(certificate),
    setOf(statement),
    ...claimsOf(statement),
    ...scopeOf(certificate),
    ...challengeOf(certificate, options.challenge),
    ...(options.evidence === undefined ? [WITHOUT_EVIDENCE] : evidenceOf(statement, options.evidence, options.with)),
  ];
  const all = ENDINGS.filter(({ holds }) => holds(found, signed));
  // Of what is not to be relied on, nothing else matters.
  const ends = all[0] === NOT_VALID ? [NOT_VALID] : all;
  const page = createPage(pageOptions());
  const [end] = ends;
  await print(
    [
      ...ends.flatMap(({ says }) => page.text(says(certificate), { style: 'red' })),
      ...(end === undefined ? [] : ['', 'What the certificate says:', '']),
      renderCertificate(statement, pageOptions()),
      ...lines(found),
      `${end?.word ?? 'VALID'}\n`,
    ].join('\n'),
  );
  return end === undefined ? 0 : 1;
}

interface Ending {
  /** The last line. */
  readonly word: string;
  holds(found: readonly Found[], signed: Signed): boolean;
  /** What a reader is told first. */
  says(certificate: Certificate): string;
}

const NOT_VALID: Ending = {
  word: 'NOT VALID',
  holds: (found) => found.some(({ sign }) => sign === '✗'),
  says: () => 'NOT VALID: do not rely on this certificate. What is wrong is marked ✗.',
};

/** Whatever keeps a certificate from being valid without a reserve, worst first. */
const ENDINGS: readonly Ending[] = [
  NOT_VALID,
  {
    word: 'NOT CONFIRMED',
    holds: (found) => found.some(({ sign }) => sign === '?'),
    says: ({ tool }) =>
      tool.version === packageVersion()
        ? 'NOT CONFIRMED: what is marked ? could not be worked out anew, and is the word of who signed.'
        : `NOT CONFIRMED: this is version ${packageVersion()}, which works out something else than version ${tool.version}, by which the certificate says it was made. What is marked ? is the word of who signed. Verify it by version ${tool.version}, from whom you have this one.`,
  },
  {
    word: 'INTACT, SIGNER UNKNOWN',
    holds: (_, { isKnown }) => !isKnown,
    says: () =>
      'SIGNER UNKNOWN: anybody can have made this certificate, as its key came with it. Ask for the key of who is to have signed, by another way, and give it (--key).',
  },
  {
    word: 'VALID, but PARTIAL',
    holds: (_, { statement }) => statement.predicate.mcpAuthConformance.result === 'partial',
    says: ({ waivers, outcomes }) =>
      waivers.some(({ check, state }) => state === 'applied' && outcomes[check] !== undefined)
        ? 'PARTIAL: something that is required is broken, and whoever answers for it accepts that for a while: see Waiver.'
        : 'PARTIAL: nothing required is known to be broken, and not all that is required was shown.',
  },
];

const STYLES = { '✓': 'green', '!': 'yellow', '?': 'red', '✗': 'red' } as const;

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

function signerOf({ isKnown, signer, statement }: Signed, keyFile: string | undefined): Found {
  const { algorithm, thumbprint } = signer;
  if (isKnown) return { sign: '✓', says: `Signed (${algorithm}) with the key of ${keyFile}, ${thumbprint}` };
  const who = statement.predicate.mcpAuthConformance.implementation?.organization;
  return {
    sign: '!',
    says: `Signed (${algorithm}) with the key ${thumbprint}, which came with it: ask ${who ?? 'who gave it to you'} whether it is theirs, or give theirs (--key)`,
  };
}

/** Clocks differ. */
const TOLERANCE = 60_000;

/** What `--days` gives at most. */
const LONGEST = 825 * 86_400_000;

function datesOf({ testedAt, issuedAt, validUntil }: Certificate, now = Date.now()): readonly Found[] {
  const [tested, issued, until] = [testedAt, issuedAt, validUntil].map(momentOf);
  if (tested === undefined || issued === undefined || until === undefined) {
    return [{ sign: '✗', says: `One of its dates is none: ${testedAt}, ${issuedAt}, ${validUntil}` }];
  }
  const wrong = [
    ...(now > until ? [`It expired on ${validUntil}`] : []),
    ...(issued - now > TOLERANCE ? [`It was issued on ${issuedAt}, which is yet to come`] : []),
    ...(tested - issued > TOLERANCE ? [`It was issued on ${issuedAt}, before the test of ${testedAt}`] : []),
    ...(until <= issued ? [`It ends on ${validUntil}, before it begins`] : []),
    ...(until - tested > LONGEST ? [`It ends on ${validUntil}, more than 825 days after its test of ${testedAt}`] : []),
  ];
  if (wrong.length > 0) return wrong.map((says): Found => ({ sign: '✗', says }));
  const age = Math.floor((now - tested) / 86_400_000);
  const days = age < 1 ? 'today' : age === 1 ? 'a day ago' : `${age} days ago`;
  return [{ sign: '✓', says: `Valid until ${validUntil}; tested ${days}` }];
}

/** Milliseconds; `undefined`: there is no such day or hour. */
function momentOf(text: string): number | undefined {
  const time = Date.parse(text);
  // A 30th of February is read as a day of March.
  return Number.isNaN(time) || new Date(time).toISOString().slice(0, 19) !== text.slice(0, 19) ? undefined : time;
}

/** What differs by another version is no proof that anybody changed anything, and none that nobody did. */
const signOf = ({ tool }: Certificate): '?' | '✗' => (tool.version === packageVersion() ? '✗' : '?');

/** Sets are frozen: the one of this version is the one it was judged by, or somebody changed one of them. */
function setOf({ predicate }: Statement): Found {
  const certificate = predicate.mcpAuthConformance;
  const { revision } = certificate;
  const name = `requirement-set/${revision}`;
  const signed = predicate.configuration.find((each) => each.name === name)?.digest.sha256;
  const own = setDigest(revision);
  if (signed === undefined) return { sign: '✗', says: `It names no digest of the requirements of ${revision}` };
  if (own === undefined) return { sign: '?', says: `This version of the tool has no requirements of ${revision}` };
  return own === signed
    ? { sign: '✓', says: `Judged by the frozen requirements of ${revision}, the same as here` }
    : { sign: signOf(certificate), says: `Judged by other requirements of ${revision} than the frozen ones of here` };
}

function claimsOf(statement: Statement): readonly Found[] {
  const certificate = statement.predicate.mcpAuthConformance;
  if (certificate.result === 'not-certified') {
    return [{ sign: '✗', says: 'It says that nothing is certified, and certify issues no such certificate' }];
  }
  const wrong = contradictionsIn(statement);
  return wrong.map((says): Found => ({ sign: signOf(certificate), says }));
}

/** What a reader may take it for, and it is not. */
function scopeOf({ revision, revisionSource, level, of, server, embedded }: Certificate): readonly Found[] {
  return [
    ...(level === 'tenant-audit'
      ? []
      : [`It is of level ${level}: nothing is said of what takes ${listed(beyond(level), 'or')}`]),
    ...(of === 'setup' ? [] : ['It is of the MCP server alone: the authorization server and the tenant are left out']),
    ...(revisionSource === 'claimed'
      ? [
          `It is of revision ${revision}, which the profile chose: the server may speak others, of which nothing is said`,
        ]
      : []),
    ...(embedded ? ['It is of the mock server of this tool: nobody’s own server was tested'] : []),
    ...(isLoopbackHost(urlOf(server)?.hostname ?? '') && !embedded
      ? [`It is of a server on the machine of who tested: ${server}`]
      : []),
  ].map((says): Found => ({ sign: '!', says }));
}

/** To the letter: a buyer makes it up, and whoever signed could not have known it before. */
function challengeOf({ challenge, testedAt }: Certificate, wanted: string | undefined): readonly Found[] {
  if (wanted === undefined) {
    if (challenge === undefined) return [];
    const says = `It was signed for whoever asked for the challenge ${JSON.stringify(challenge)}, which was not compared: give yours (--challenge)`;
    return [{ sign: '!', says }];
  }
  if (challenge === wanted) {
    const says = `Your challenge ${JSON.stringify(wanted)} stands in it: it was signed for you; it was tested on ${testedAt}`;
    return [{ sign: '✓', says }];
  }
  const says =
    challenge === undefined
      ? `Your challenge ${JSON.stringify(wanted)} does not stand in it: it has none, and may have been signed for anybody`
      : `Your challenge is ${JSON.stringify(wanted)}, and ${JSON.stringify(challenge)} stands in it: it was signed for another request`;
  return [{ sign: '✗', says }];
}

/** @throws {HarnessError} `usage` for an empty one, as a variable that is not set makes it: it would compare with nothing. */
function requireChallenge({ challenge }: VerifyOptions): void {
  if (challenge?.trim() === '') {
    throw new HarnessError('usage', '--challenge is empty; write what you asked for, or leave it out');
  }
}

const WITHOUT_EVIDENCE: Found = {
  sign: '!',
  says: 'The evidence was not looked at: --evidence <folder> judges it again',
};

/** Differences that are told one by one. */
const TOLD = 10;

function evidenceOf(statement: Statement, path: string, buildPath: string | undefined): readonly Found[] {
  const certificate = statement.predicate.mcpAuthConformance;
  const { build } = certificate;
  const run = recordedIn(path, certificate.evidence, '');
  const where = buildPath ?? join(dirname(reportIn(path)), 'build');
  if (build === undefined) return [...run.found, ...judgedOf(statement, path, run.files)];
  if (buildPath === undefined && !existsSync(where)) {
    const { length } = certificate.shownByBuild ?? [];
    const says = `${length === 1 ? '1 check rests' : `${length} checks rest`} on a run of the build, whose evidence is not here: --with <folder>`;
    return [...run.found, { sign: '?', says }, ...judgedOf(statement, path, run.files)];
  }
  const lent = recordedIn(where, build.evidence, 'build/');
  return [...run.found, ...lent.found, ...judgedOf(statement, path, run.files, { path: where, files: lent.files })];
}

interface Recorded {
  readonly found: readonly Found[];
  /** Those that were signed, and no others. */
  readonly files: Recording;
}

function recordedIn(path: string, evidence: readonly Digested[], prefix: string): Recorded {
  const there = recordingIn(path);
  const signed = new Map(evidence.map(({ name, digest }) => [name, digest.sha256]));
  const files: Recording = new Map([...there].filter(([name]) => signed.has(name)));
  const changed = digestsOf(files).filter(({ name, digest }) => digest.sha256 !== signed.get(name));
  const gone = [...signed.keys()].filter((name) => !there.has(name));
  const strange = [...there.keys()].filter((name) => !signed.has(name));
  return {
    files,
    found: [
      ...changed.map(({ name }): Found => ({ sign: '✗', says: `${prefix}${name} was changed since it was signed` })),
      ...gone.map((name): Found => ({ sign: '✗', says: `${prefix}${name} is missing` })),
      ...strange.map((name): Found => ({ sign: '!', says: `${prefix}${name} was not signed, and is not looked at` })),
      ...(changed.length + gone.length > 0
        ? []
        : [
            {
              sign: '✓',
              says: `All ${signed.size} files ${prefix === '' ? '' : 'of the build '}are as they were signed`,
            } satisfies Found,
          ]),
    ],
  };
}

interface Source {
  readonly path: string;
  readonly files: Recording;
}

/** What was changed may be changed so that it can be read no more. */
function judgedOf(statement: Statement, path: string, files: Recording, build?: Source): readonly Found[] {
  try {
    const certificate = statement.predicate.mcpAuthConformance;
    const run = { path, files };
    const judged = [run, ...(build === undefined ? [] : [build])].flatMap((each) => judgedAgain(certificate, each));
    // Without the run of the build nobody can tell what the certificate may say.
    if (certificate.build !== undefined && build === undefined) return judged;
    return [...asReported(statement, run, build), ...judged];
  } catch (error) {
    return [{ sign: '✗', says: `It cannot be judged again: ${error instanceof Error ? error.message : error}` }];
  }
}

const reportFor = ({ of }: Certificate, { path, files }: Source): Report =>
  ofSubject(reportOf(files, join(path, REPORT_FILE)), of);

/** Makes the statement of the report anew: in all that does not belong to the day of signing it has to be the same. */
function asReported(statement: Statement, run: Source, build: Source | undefined): readonly Found[] {
  const certificate = statement.predicate.mcpAuthConformance;
  const { issuedAt, validUntil, challenge } = certificate;
  const deployment = reportFor(certificate, run);
  const built = build && { source: build, report: reportFor(certificate, build) };
  const follows = statementOf({
    ...(built === undefined ? { report: deployment } : withBuild(deployment, built.report)),
    files: digestsOf(run.files),
    setDigest: setDigest(deployment.certification?.set ?? '') ?? '',
    issuedAt,
    validUntil,
    challenge,
    ...(built && {
      build: {
        testedAt: built.report.startedAt,
        server: built.report.target.server,
        evidence: digestsOf(built.source.files),
      },
    }),
  });
  const differing = differencesOf(statement, JSON.parse(JSON.stringify(follows))).filter(
    // What was changed or is missing was told by name already.
    ({ where }) => !/\.evidence$|^subject$/.test(where) || isSameEvidence(certificate, run.files),
  );
  if (differing.length === 0) return [{ sign: '✓', says: 'It says what its report says' }];
  const sign = signOf(certificate);
  return shortened(
    sign,
    differing.map(
      ({ where, signed, follows: other }) =>
        `${where.replace('predicate.mcpAuthConformance.', '').replace(/^outcomes\./, '')}: ${signed} in the certificate, ${other} in the report`,
    ),
  );
}

function isSameEvidence({ evidence }: Certificate, files: Recording): boolean {
  const there = new Map(digestsOf(files).map(({ name, digest }) => [name, digest.sha256]));
  return evidence.every(({ name, digest }) => there.get(name) === digest.sha256);
}

function judgedAgain(certificate: Certificate, { path, files }: Source): readonly Found[] {
  const report = reportFor(certificate, { path, files });
  const isOther = certificate.tool.version !== packageVersion();
  // Another version may put the same into other words.
  const differences = judgeAgain(files, report).filter(({ isWording }) => !isOther || !isWording);
  if (differences.length === 0) {
    return [{ sign: '✓', says: `Judged again: all ${report.checks.length} checks come to the same` }];
  }
  const sign = signOf(certificate);
  const { length } = differences;
  const [count, comes, does] = length === 1 ? ['1 thing', 'comes', 'does'] : [`${length} things`, 'come', 'do'];
  const says = isOther
    ? `Judged again by version ${packageVersion()}, ${count} that it says ${comes} to something else than by ${certificate.tool.version}: nothing is confirmed`
    : `Judged again, ${count} that the report says ${does} not come of its evidence`;
  return [
    { sign, says },
    ...shortened(
      sign,
      differences.map(({ about, before, now }) => `${about}: ${before} in the report, ${now} by its evidence`),
    ),
  ];
}

function shortened(sign: Found['sign'], says: readonly string[]): readonly Found[] {
  const more = says.length - TOLD;
  return [...says.slice(0, TOLD), ...(more > 0 ? [`and ${more} more`] : [])].map((each) => ({ sign, says: each }));
}
