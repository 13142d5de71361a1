import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { packageRoot } from '../fixtures/package.ts';
import type { Implementation } from '../fixtures/target.ts';
import { summaryOf } from './build.ts';
import { PILLARS } from './names.ts';
import { type CertificationResult, certificationResult, conclude } from './policy.ts';
import type { Outcome, PillarState, Report, ReportedWaiver } from './report.ts';
import { requiredFor } from './requirement-set.ts';

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

interface Subject {
  readonly name: string;
  readonly digest: Readonly<Record<string, string>>;
}

export interface Certificate {
  readonly certificate: 1;
  readonly result: CertificationResult;
  readonly because: string;
  readonly server: string;
  readonly implementation?: Implementation;
  readonly tool: Report['tool'];
  readonly revision: string;
  readonly level: string;
  /** Whose findings count. */
  readonly of: 'mcp-server' | 'setup';
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
  readonly report: Report;
  readonly files: readonly Digested[];
  /** Of the frozen set's file. */
  readonly setDigest: string;
  readonly issuedAt: Date;
  readonly validDays: number;
  readonly challenge?: string | undefined;
  readonly shownByBuild?: readonly string[] | undefined;
}

const RESULTS: Readonly<Record<CertificationResult, Statement['predicate']['result']>> = {
  certified: 'PASSED',
  partial: 'WARNED',
  'not-certified': 'FAILED',
};

/** The statement of what a report shows. Pure. */
export function statementOf({
  report,
  files,
  setDigest,
  issuedAt,
  validDays,
  challenge,
  shownByBuild,
}: Issue): Statement {
  const { certification, implementation, profileDigest, target, tool } = report;
  if (certification === undefined) throw new Error('a certificate is of a run in mode certify');
  const required = [...requiredFor(report).keys()];
  const came = new Map(report.checks.map(({ id, outcome }) => [id, outcome]));
  const outcomes = Object.fromEntries(required.map((id) => [id, came.get(id) ?? ('not-run' as const)]));
  const tests = (...wanted: readonly Outcome[]) =>
    required.filter((id) => wanted.some((each) => each === outcomes[id]));
  const result = certificationResult(report);
  const validUntil = new Date(issuedAt.getTime() + validDays * 86_400_000).toISOString();
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [subjectOf(report, files)],
    predicateType: 'https://in-toto.io/attestation/test-result/v0.1',
    predicate: {
      result: RESULTS[result],
      configuration: [
        { name: `requirement-set/${certification.set}`, digest: { sha256: setDigest } },
        ...(profileDigest === undefined ? [] : [{ name: 'profile', digest: { sha256: profileDigest } }]),
      ],
      passedTests: tests('passed', 'noted'),
      warnedTests: tests('warned', 'waived'),
      failedTests: tests('failed'),
      mcpAuthConformance: {
        certificate: 1,
        result,
        because: conclude({ ...report, mode: 'certify' }).because,
        server: target.server,
        ...(implementation && { implementation }),
        tool,
        revision: certification.set,
        level: certification.level,
        of: certification.subject ?? 'setup',
        testedAt: report.startedAt,
        issuedAt: issuedAt.toISOString(),
        validUntil,
        ...(challenge === undefined ? {} : { challenge }),
        counts: report.summary,
        pillars: Object.fromEntries(PILLARS.map((pillar) => [pillar, report.pillars[pillar].state])),
        outcomes,
        ...(shownByBuild === undefined || shownByBuild.length === 0 ? {} : { shownByBuild }),
        waivers: report.waivers ?? [],
        evidence: files,
        reproduce: [
          `npm install mcp-auth-conformance@${tool.version}`,
          'mcp-auth-conformance run <profile.yaml> --mode certify --out <folder>',
          'mcp-auth-conformance verify <certificate.jws> --evidence <folder>',
        ],
      },
    },
  };
}

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

/**
 * A live deployment's report with what a run of the same build shows of the trials that take the keys of the issuer,
 * which a hosted tenant gives nobody.
 *
 * @throws {Error} when the two are not known to be of one build: version and digest given, and equal.
 */
export function withBuild(
  deployment: Report,
  build: Report,
): { readonly report: Report; readonly shownByBuild: readonly string[] } {
  for (const field of ['version', 'digest'] as const) {
    const [one, other] = [deployment, build].map(({ implementation }) => implementation?.[field]);
    if (one === undefined || one !== other) {
      const says = (value: string | undefined) => value ?? 'none';
      throw new Error(
        `the ${field} of the implementation is ${says(one)} in the deployment and ${says(other)} in the build: both profiles have to give the same`,
      );
    }
  }
  const shown = new Map(build.checks.map((check) => [check.id, check]));
  const isNeeded = ({ assurance, outcome }: Report['checks'][number]) =>
    assurance === 'controlled-issuer' && FROM_BUILD.has(outcome);
  const shownByBuild = deployment.checks.filter(
    (check) => isNeeded(check) && !FROM_BUILD.has(shown.get(check.id)?.outcome ?? 'untested'),
  );
  const taken = new Set(shownByBuild.map(({ id }) => id));
  const checks = deployment.checks.map((check) => (taken.has(check.id) ? shown.get(check.id)! : check));
  return { report: { ...deployment, checks, summary: summaryOf(checks) }, shownByBuild: [...taken] };
}
