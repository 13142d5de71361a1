import type { Rule, RuleSet } from '../../../fixtures/client-documents/rule.ts';
import type { Facts, Keyword } from '../../check.ts';

/** How strong a rule is for who uses the set; `undefined`: the set has no such rule, and MCP has none either. */
export function strengthOf(rule: Rule, set: RuleSet): Keyword | undefined {
  if (rule.mcp === true) return 'MUST';
  const weight = rule[set];
  if (weight === undefined) return undefined;
  if (rule.isHarmless === true) return 'ADVICE';
  return weight.level === 'error' ? 'MUST' : 'SHOULD';
}

/** The set that counts: Auth0's at Auth0, the draft's elsewhere, and where nobody knows. */
export function setInUse({ provider }: Pick<Facts, 'provider'>): RuleSet {
  return provider === 'auth0' ? 'auth0' : 'ietf';
}

/** Both say the same of it, so that it holds whoever the provider is. */
export function isShared(rule: Rule): boolean {
  return strengthOf(rule, 'auth0') === strengthOf(rule, 'ietf');
}

/** Auth0 has the rule, and the draft does not, or not as strong. */
export function isAuth0s(rule: Rule): boolean {
  return !isShared(rule) && strengthOf(rule, 'auth0') !== undefined;
}

/** The draft has the rule, as strong as it may be elsewhere. */
export function isDrafts(rule: Rule): boolean {
  return strengthOf(rule, 'ietf') !== undefined;
}
