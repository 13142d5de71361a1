import { packageVersion } from '../fixtures/package.ts';
import type { Revision } from '../fixtures/protocol/revisions.ts';
import type { Waiver } from '../fixtures/target.ts';
import type { Fix, Provider } from '../suites/check.ts';
import { keywordIn, revisionsThatCount } from '../suites/keyword.ts';
import { requirements } from '../suites/requirements/index.ts';
import { placeIn } from '../suites/requirements/places.ts';
import type { Judged } from './judged.ts';
import { OUTCOMES } from './names.ts';
import { keywordOfFinding, type OutcomePolicy, outcomeOf, outcomeOfFindings, providerFactOf } from './outcome.ts';
import { pillarsOf } from './pillars.ts';
import type {
  Mode,
  Outcome,
  Report,
  ReportedCheck,
  ReportedFinding,
  ReportedRequirement,
  ReportedWaiver,
} from './report.ts';
import { reportedWaivers, waiverOf } from './waivers.ts';

export interface ReportParts {
  readonly judged: readonly Judged[];
  readonly target: Report['target'];
  readonly mode: Mode;
  /** Revisions judged by. */
  readonly revisions: readonly Revision[];
  readonly revisionSource: Report['revision']['source'];
  /** Whose software the authorization server is, where it is known. */
  readonly provider?: Provider | undefined;
  readonly assurance: readonly string[];
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly durationMs: number;
  readonly requests: number;
  /** Hostile inputs sent. */
  readonly trials: number;
  readonly strict: boolean;
  /** Areas or check ids the run was held to; absent: every check ran. */
  readonly only?: readonly string[] | undefined;
  /** Findings that the operator accepts. */
  readonly waivers?: readonly Waiver[] | undefined;
  readonly setup?: Report['setup'] | undefined;
  readonly certification?: Report['certification'] | undefined;
  readonly implementation?: Report['implementation'] | undefined;
  readonly profileDigest?: string | undefined;
  readonly leftovers?: readonly string[];
  readonly remarks?: readonly string[];
}

/**
 * The report of a run.
 *
 * @throws {Error} when a check cites a requirement that no catalogue has, or gives a reason it does not declare.
 */
export function buildReport(parts: ReportParts): Report {
  const { judged, target, mode, revisions, startedAt, durationMs, requests, trials, strict, only, provider } = parts;
  const waivers = reportedWaivers(parts.waivers ?? [], judged, startedAt.slice(0, 10));
  const checks = judged.map((each) => reportedCheck(each, revisions, { strict, provider }, waivers));
  return {
    format: 'mcp-auth-conformance/report/1',
    tool: { name: 'mcp-auth-conformance', version: packageVersion() },
    target: { name: target.name, server: target.server, ...(target.embedded && { embedded: true }) },
    mode,
    strict,
    ...(only === undefined ? {} : { only }),
    revision: { judged: revisions, source: parts.revisionSource },
    ...(provider === undefined ? {} : { provider }),
    assurance: parts.assurance,
    startedAt,
    durationMs,
    requests,
    trials,
    summary: summaryOf(checks),
    pillars: pillarsOf(checks, { partial: only !== undefined }),
    checks,
    leftovers: parts.leftovers ?? [],
    ...(waivers.length === 0 ? {} : { waivers }),
    ...(parts.setup === undefined ? {} : { setup: parts.setup }),
    ...(parts.certification === undefined ? {} : { certification: parts.certification }),
    ...(parts.implementation === undefined ? {} : { implementation: parts.implementation }),
    ...(parts.profileDigest === undefined ? {} : { profileDigest: parts.profileDigest }),
    ...(parts.remarks === undefined || parts.remarks.length === 0 ? {} : { remarks: parts.remarks }),
  };
}

/** How many checks came to each outcome. */
export function summaryOf(checks: readonly Pick<ReportedCheck, 'outcome'>[]): Report['summary'] {
  const count = (outcome: Outcome) => checks.filter((check) => check.outcome === outcome).length;
  return Object.fromEntries(OUTCOMES.map((outcome) => [outcome, count(outcome)])) as Record<Outcome, number>;
}

function reportedCheck(
  judged: Judged,
  revisions: readonly Revision[],
  policy: OutcomePolicy,
  waivers: readonly ReportedWaiver[],
): ReportedCheck {
  const { check, keyword } = judged;
  const fields = verdictFields(judged, policy.provider, waivers);
  return {
    id: check.id,
    title: check.title,
    keyword,
    ...keywordsOf(check, revisions),
    severity: check.severity,
    party: check.party,
    ...(check.pillar === undefined ? {} : { pillar: check.pillar }),
    assurance: check.assurance,
    requirements: reportedRequirements(check.id, check.requirements, revisions),
    ...(check.trials === undefined ? {} : { trials: check.trials }),
    outcome: fields.findings === undefined ? outcomeOf(judged, policy) : outcomeOfFindings(fields.findings, policy),
    ...fields,
  };
}

function keywordsOf(check: Judged['check'], revisions: readonly Revision[]): Pick<ReportedCheck, 'keywords'> {
  const byRevision = revisionsThatCount(check, revisions).map(
    (revision) => [revision, keywordIn(check, revision)] as const,
  );
  if (new Set(byRevision.map(([, keyword]) => keyword)).size < 2) return {};
  return { keywords: Object.fromEntries(byRevision.filter(([, keyword]) => keyword !== undefined)) };
}

type VerdictFields = Pick<ReportedCheck, 'seen' | 'findings' | 'because' | 'unlock' | 'blockedBy'>;

function verdictFields(
  judged: Judged,
  provider: Provider | undefined,
  waivers: readonly ReportedWaiver[],
): VerdictFields {
  const { verdict } = judged;
  switch (verdict.kind) {
    case 'pass':
      return { seen: verdict.seen };
    case 'fail':
      return { findings: verdict.findings.map((finding) => reportedFinding(judged, finding, provider, waivers)) };
    case 'untested': {
      const { because, unlock, blockedBy } = verdict;
      return { because, unlock, ...(blockedBy === undefined ? {} : { blockedBy }) };
    }
    case 'out-of-scope':
      return { because: verdict.because, unlock: verdict.unlock };
    default:
      return { because: verdict.because };
  }
}

type JudgedFinding = Extract<Judged['verdict'], { kind: 'fail' }>['findings'][number];

function reportedFinding(
  judged: Judged,
  { reason, expected, actual, at, fills = {} }: JudgedFinding,
  provider: Provider | undefined,
  waivers: readonly ReportedWaiver[],
): ReportedFinding {
  const declared = judged.check.reasons[reason];
  if (declared === undefined)
    throw new Error(`${judged.check.id} gives the reason ${reason}, which it does not declare`);
  const providerFact = providerFactOf(declared, provider);
  const waiver = waiverOf(waivers, judged.check.id, { reason, evidence: at });
  return {
    reason,
    keyword: keywordOfFinding(judged, reason, provider),
    says: declared.says,
    ...(providerFact === undefined ? {} : { providerFact }),
    expected,
    actual,
    fix: filled(declared.fix, fills),
    ...(waiver === undefined ? {} : { waiver: { owner: waiver.owner, why: waiver.why, until: waiver.until } }),
    evidence: at,
  };
}

/** A fix whose command has in place of placeholders what the run knows. */
function filled(fix: Fix, fills: Readonly<Record<string, string>>): Fix {
  const { auth0 } = fix;
  if (auth0?.command === undefined) return fix;
  const command = auth0.command.replace(/\bYOUR_[A-Z_]+\b/g, (name) => fills[name] ?? name);
  return { ...fix, auth0: { ...auth0, command } };
}

/** Only what holds in a judged revision is reported; the catalogues say so where a statement is not of all revisions. */
function reportedRequirements(
  check: string,
  ids: readonly string[],
  revisions: readonly string[],
): readonly ReportedRequirement[] {
  const catalogue = requirements();
  const found = ids.map((id) => {
    const requirement = catalogue.get(id);
    if (requirement === undefined) throw new Error(`${check} cites ${id}, which no catalogue of requirements has`);
    return { id, requirement };
  });
  const holding = found.filter(
    ({ requirement }) => requirement.revisions?.some((each) => revisions.includes(each)) ?? true,
  );
  return (holding.length === 0 ? found : holding).map(({ id, requirement }) => ({
    id,
    says: requirement.says,
    document: requirement.document,
    ...placeIn(requirement, revisions),
  }));
}
