import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { packageRoot } from '../fixtures/package.ts';
import type { Implementation } from '../fixtures/target.ts';
import type { Assurance, Keyword } from '../suites/check.ts';
import { summaryOf } from './build.ts';
import { PILLARS } from './names.ts';
import { weightOf } from './outcome.ts';
import { pillarsOf } from './pillars.ts';
import { type CertificationResult, certificationResult, conclude, wasJudged } from './policy.ts';
import type { Outcome, PillarState, Report, ReportedCheck, ReportedWaiver } from './report.ts';
import { frozenFor, requiredFor } from './requirement-set.ts';
import type { CertifiedSubject } from './subject.ts';

/** A file the certificate rests on. */
export interface Digested {
  /** From the folder of the run. */
  readonly name: string;
  readonly digest: { readonly sha256: string };
}

/**
 * What is signed: an in-toto statement (https://in-toto.io/Statement/v1) with the predicate test-result v0.1, which
 * may be extended for a test harness: `mcpAuthConformance` is the extension.
 */
export interface Statement {
  readonly _type: 'https://in-toto.io/Statement/v1';
  readonly subject: readonly Subject[];
  readonly predicateType: 'https://in-toto.io/attestation/test-result/v0.1';
  readonly predicate: {
    readonly result: 'PASSED' | 'WARNED' | 'FAILED';
    readonly configuration: readonly { readonly name: string; readonly digest: { readonly sha256: string } }[];
    readonly passedTests: readonly string[];
    readonly warnedTests: readonly string[];
    readonly failedTests: readonly string[];
    readonly mcpAuthConformance: Certificate;
  };
}

/** Whose key signed. */
export interface Signer {
  /** `ES256`: a name of JWA. */
  readonly algorithm: string;
  /** Of the key: RFC 7638, SHA-256. */
  readonly thumbprint: string;
}

interface Subject {
  readonly name: string;
  readonly digest: Readonly<Record<string, string>>;
}

export interface Certificate {
  readonly certificate: 1;
  readonly result: CertificationResult;
  readonly because: string;
  readonly server: string;
  /** The mock server of this tool stood in for a server. */
  readonly embedded?: true;
  readonly implementation?: Implementation;
  readonly tool: Report['tool'];
  readonly revision: string;
  /** `claimed`: the profile says it, and the server may speak others. */
  readonly revisionSource: Report['revision']['source'];
  readonly level: Assurance;
  /** Whose findings count. */
  readonly of: CertifiedSubject;
  readonly testedAt: string;
  readonly issuedAt: string;
  readonly validUntil: string;
  /** What a buyer asked to stand in it. */
  readonly challenge?: string;
  readonly counts: Readonly<Record<Outcome, number>>;
  readonly pillars: Readonly<Record<string, PillarState>>;
  /** Every check of the set at the level: what it came to. */
  readonly outcomes: Readonly<Record<string, Outcome | 'not-run'>>;
  /** Checks that a run of the same build against an issuer of ours showed. */
  readonly shownByBuild?: readonly string[];
  /** That run. */
  readonly build?: {
    readonly testedAt: string;
    readonly server: string;
    readonly evidence: readonly Digested[];
  };
  readonly waivers: readonly ReportedWaiver[];
  readonly evidence: readonly Digested[];
  readonly reproduce: readonly string[];
}

let compiled: ValidateFunction<Statement> | undefined;

/** Whether what somebody signed has the shape of a certificate. */
export function isStatement(value: unknown): value is Statement {
  compiled ??= new Ajv2020({ strict: true, strictRequired: false }).compile<Statement>(
    JSON.parse(readFileSync(join(packageRoot(), 'reports', 'certificate.schema.json'), 'utf8')),
  );
  return compiled(value);
}

export interface Issue {
  /** Of the subject alone (`ofSubject`), joined with what a build showed. */
  readonly report: Report;
  readonly files: readonly Digested[];
  /** Of the frozen set's file. */
  readonly setDigest: string;
  readonly issuedAt: string;
  readonly validUntil: string;
  readonly challenge?: string | undefined;
  readonly build?: Certificate['build'] | undefined;
  readonly shownByBuild?: readonly string[] | undefined;
}

type Came = Certificate['outcomes'][string];

const UNSHOWN: ReadonlySet<Came> = new Set(['untested', 'out-of-scope', 'errored', 'not-run']);

/** Lists of test-result: a consumer that reads nothing else sees that a MUST was not shown, or holds in part. */
export function testsOf(
  outcomes: Certificate['outcomes'],
  keywords: ReadonlyMap<string, Keyword>,
): Pick<Statement['predicate'], 'passedTests' | 'warnedTests' | 'failedTests'> {
  const listed = (holds: (came: Came, keyword: Keyword | undefined) => boolean) =>
    Object.keys(outcomes).filter((id) => holds(outcomes[id]!, keywords.get(id)));
  return {
    passedTests: listed((came) => came === 'passed'),
    warnedTests: listed(
      (came, keyword) =>
        came === 'warned' || came === 'waived' || (keyword === 'MUST' && (came === 'noted' || UNSHOWN.has(came))),
    ),
    failedTests: listed((came) => came === 'failed'),
  };
}

/** WARNED is what passed with anything to be told of it. */
export function resultOf(
  result: CertificationResult,
  warnedTests: readonly string[],
): Statement['predicate']['result'] {
  if (result === 'not-certified') return 'FAILED';
  return result === 'certified' && warnedTests.length === 0 ? 'PASSED' : 'WARNED';
}

/** The statement of what a report shows. Pure: whoever has report and evidence comes to the same. */
export function statementOf({
  report,
  files,
  setDigest,
  issuedAt,
  validUntil,
  challenge,
  build,
  shownByBuild,
}: Issue): Statement {
  const { certification, implementation, profileDigest, revision, target, tool } = report;
  if (certification === undefined) throw new Error('a certificate is of a run in mode certify');
  const keywords = requiredFor(report);
  const came = new Map(report.checks.map((check) => [check.id, outcomeIn(check)]));
  const outcomes = Object.fromEntries([...keywords.keys()].map((id) => [id, came.get(id) ?? ('not-run' as const)]));
  const tests = testsOf(outcomes, keywords);
  const result = certificationResult(report);
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [subjectOf(report, files)],
    predicateType: 'https://in-toto.io/attestation/test-result/v0.1',
    predicate: {
      result: resultOf(result, tests.warnedTests),
      configuration: [
        { name: `requirement-set/${certification.set}`, digest: { sha256: setDigest } },
        ...(profileDigest === undefined ? [] : [{ name: 'profile', digest: { sha256: profileDigest } }]),
      ],
      ...tests,
      mcpAuthConformance: {
        certificate: 1,
        result,
        because: conclude({ ...report, mode: 'certify' }).because,
        server: target.server,
        ...(target.embedded && { embedded: true }),
        ...(implementation && { implementation }),
        tool,
        revision: certification.set,
        revisionSource: revision.source,
        level: certification.level,
        of: certification.subject ?? 'setup',
        testedAt: report.startedAt,
        issuedAt,
        validUntil,
        ...(challenge === undefined ? {} : { challenge }),
        counts: report.summary,
        pillars: Object.fromEntries(PILLARS.map((pillar) => [pillar, report.pillars[pillar].state])),
        outcomes,
        ...(build === undefined || shownByBuild === undefined ? {} : { shownByBuild, build }),
        waivers: report.waivers ?? [],
        evidence: files,
        reproduce: [
          `npm install mcp-auth-conformance-${tool.version}.tgz`,
          'npx mcp-auth-conformance run <profile.yaml> --mode certify --out <folder>',
          `npx mcp-auth-conformance verify <certificate.jws> --key <key of who signed> --evidence <folder>${challenge === undefined ? '' : ' --challenge <what you asked for>'}`,
        ],
      },
    },
  };
}

/** What a strict gate fails for a SHOULD is a warning here. */
const outcomeIn = (check: ReportedCheck): Outcome =>
  check.outcome === 'failed' && weightOf(check) !== 'MUST' ? 'warned' : check.outcome;

/** A statement asks for a digest of its subject, and a live server has none: then its report stands for it. */
function subjectOf({ implementation, target }: Report, files: readonly Digested[]): Subject {
  const { project, version, digest } = implementation ?? {};
  const name = project === undefined ? target.server : [project, version].filter((each) => each).join('@');
  const [algorithm, value] = digest?.split(':') ?? [];
  if (algorithm !== undefined && value !== undefined) return { name, digest: { [algorithm]: value } };
  return { name, digest: files[0]?.digest ?? {} };
}

/** What a live run could not show, and a run of the same build against an issuer of ours did. */
const FROM_BUILD: ReadonlySet<Outcome> = new Set(['untested', 'out-of-scope']);

/** What both runs have to say alike, and how to call it. */
const ALIKE: readonly (readonly [name: string, of: (report: Report) => string | undefined])[] = [
  ['version of the implementation', ({ implementation }) => implementation?.version],
  ['digest of the implementation', ({ implementation }) => implementation?.digest],
  ['set of requirements', ({ certification }) => certification?.set],
  ['version of this tool', ({ tool }) => tool.version],
];

/**
 * A live deployment's report with what a run of the same build shows of the trials that take the keys of the issuer,
 * which a hosted tenant gives nobody.
 *
 * @throws {Error} when the two are not known to be of one build, or the build is broken itself.
 */
export function withBuild(
  deployment: Report,
  build: Report,
): { readonly report: Report; readonly shownByBuild: readonly string[] } {
  for (const [name, of] of ALIKE) {
    const [one, other] = [of(deployment), of(build)];
    if (one === undefined || one !== other) {
      const says = (value: string | undefined) => value ?? 'none';
      throw new Error(
        `the ${name} is ${says(one)} in the deployment and ${says(other)} in the build: both have to be the same`,
      );
    }
  }
  const { project, organization } = deployment.implementation ?? {};
  if (project !== build.implementation?.project || organization !== build.implementation?.organization) {
    throw new Error('the deployment and the build are of different projects');
  }
  if (build.target.embedded) {
    throw new Error('the build is the mock server of this tool, and not the implementation that it names');
  }
  const frozen = frozenFor(deployment);
  const isShownByKeys = (id: string) => frozen.get(id)?.assurance === 'controlled-issuer';
  if (![...requiredFor(deployment).keys()].some(isShownByKeys)) {
    throw new Error(
      `at level ${deployment.certification?.level} nothing asks for the keys of the issuer; write \`assurance: controlled-issuer\` into the profile of the deployment`,
    );
  }
  if (certificationResult(build) === 'not-certified') {
    throw new Error(`the build does not hold itself: ${conclude({ ...build, mode: 'certify' }).because}`);
  }
  const shown = new Map(build.checks.filter(wasJudged).map((check) => [check.id, check]));
  const shownByBuild = deployment.checks
    .filter(({ id, outcome }) => isShownByKeys(id) && FROM_BUILD.has(outcome) && shown.has(id))
    .map(({ id }) => id);
  const taken = new Set(shownByBuild);
  const checks = deployment.checks.map((check) => (taken.has(check.id) ? shown.get(check.id)! : check));
  const partial = deployment.only !== undefined;
  const waivers = [...(deployment.waivers ?? []), ...(build.waivers ?? []).filter(({ check }) => taken.has(check))];
  return {
    report: {
      ...deployment,
      checks,
      summary: summaryOf(checks),
      pillars: pillarsOf(checks, { partial }),
      ...(waivers.length === 0 ? {} : { waivers }),
    },
    shownByBuild,
  };
}
