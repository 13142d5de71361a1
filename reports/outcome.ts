import type { Keyword, Provider, Reason } from '../suites/check.ts';
import { weaker } from '../suites/keyword.ts';
import type { Judged } from './judged.ts';
import type { Outcome } from './report.ts';

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
export function outcomeOfKeyword(keyword: Keyword, policy: OutcomePolicy): Outcome {
  return policy.strict && keyword === 'SHOULD' ? 'failed' : FAILING[keyword];
}

/** What a verdict comes to. Waivers are applied after this. */
export function outcomeOf(judged: Judged, policy: OutcomePolicy): Outcome {
  const { verdict } = judged;
  if (verdict.kind === 'pass') return 'passed';
  if (verdict.kind !== 'fail') return verdict.kind;
  const keywords = verdict.findings.map(({ reason }) => keywordOfFinding(judged, reason, policy.provider));
  return outcomeOfKeyword(strongest(keywords), policy);
}
