import type { Keyword, Provider, Reason } from '../suites/check.ts';
import { weaker } from '../suites/keyword.ts';
import type { Judged } from './judged.ts';
import type { Outcome, ReportedFinding } from './report.ts';

export interface OutcomePolicy {
  /** A failing SHOULD fails instead of warning. */
  readonly strict: boolean;
  /** Of the authorization server, where it is known: what its customers cannot change is noted only. */
  readonly provider?: Provider | undefined;
}

const FAILING: Readonly<Record<Keyword, Outcome>> = {
  MUST: 'failed',
  SHOULD: 'warned',
  MAY: 'noted',
  ADVICE: 'noted',
};

/** The keyword a finding weighs: the check's, its reason's where that is weaker, ADVICE where it is a provider fact. */
export function keywordOfFinding(
  { check, keyword }: Pick<Judged, 'check' | 'keyword'>,
  reason: string,
  provider?: Provider,
): Keyword {
  const declared = check.reasons[reason];
  if (declared === undefined) return keyword;
  if (providerFactOf(declared, provider) !== undefined) return 'ADVICE';
  return declared.keyword === undefined ? keyword : weaker(keyword, declared.keyword);
}

/** Why customers of this provider cannot change what the reason says; `undefined`: they can. */
export function providerFactOf(
  { providerFact }: Pick<Reason, 'providerFact'>,
  provider?: Provider,
): string | undefined {
  return provider === undefined || provider === 'other' ? undefined : providerFact?.[provider];
}

/** The strongest of `keywords`, ADVICE when there are none. */
export function strongest(keywords: readonly Keyword[]): Keyword {
  return keywords.reduce((a, b) => (weaker(a, b) === a ? b : a), 'ADVICE');
}

/** What a failing check comes to when the strongest of its findings weighs `keyword`. */
function outcomeOfKeyword(keyword: Keyword, policy: Pick<OutcomePolicy, 'strict'>): Outcome {
  return policy.strict && keyword === 'SHOULD' ? 'failed' : FAILING[keyword];
}

type Weighed = Pick<ReportedFinding, 'keyword' | 'waiver'>;

/** What is left of a check's findings beside those that are waived. */
export function unwaived<T extends Pick<Weighed, 'waiver'>>({
  findings = [],
}: {
  readonly findings?: readonly T[];
}): readonly T[] {
  return findings.filter(({ waiver }) => waiver === undefined);
}

/** The findings that a check came to its outcome by: those that are not waived, or all where every one is. */
export function telling<T extends Pick<Weighed, 'waiver'>>(check: { readonly findings?: readonly T[] }): readonly T[] {
  const left = unwaived(check);
  return left.length > 0 ? left : (check.findings ?? []);
}

/** The keyword of the heaviest finding that is not waived; ADVICE when there is none. */
export function weightOf(check: { readonly findings?: readonly Weighed[] }): Keyword {
  return strongest(unwaived(check).map(({ keyword }) => keyword));
}

/** What findings come to: what is not waived counts; where that is nothing of weight, the check is waived. */
export function outcomeOfFindings(findings: readonly Weighed[], policy: Pick<OutcomePolicy, 'strict'>): Outcome {
  const outcome = outcomeOfKeyword(weightOf({ findings }), policy);
  return outcome === 'noted' && findings.some(({ waiver }) => waiver !== undefined) ? 'waived' : outcome;
}

/** What a verdict comes to, waivers aside. */
export function outcomeOf(judged: Judged, policy: OutcomePolicy): Outcome {
  const { verdict } = judged;
  if (verdict.kind === 'pass') return 'passed';
  if (verdict.kind !== 'fail') return verdict.kind;
  return outcomeOfFindings(
    verdict.findings.map(({ reason }) => ({ keyword: keywordOfFinding(judged, reason, policy.provider) })),
    policy,
  );
}
