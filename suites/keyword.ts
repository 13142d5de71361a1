import { REVISIONS, type Revision } from '../fixtures/protocol/revisions.ts';
import type { Check, Keyword } from './check.ts';

/** Weakest first. */
const STRENGTH: readonly Keyword[] = ['ADVICE', 'MAY', 'SHOULD', 'MUST'];

export function weaker(a: Keyword, b: Keyword): Keyword {
  return STRENGTH.indexOf(a) <= STRENGTH.indexOf(b) ? a : b;
}

/** The check's keyword in one revision; `undefined` when that revision does not have the rule. */
export function keywordIn(check: Pick<Check, 'keyword' | 'since' | 'until'>, revision: Revision): Keyword | undefined {
  if (check.since !== undefined && revision < check.since) return undefined;
  if (check.until !== undefined && revision > check.until) return undefined;
  if (typeof check.keyword === 'string') return check.keyword;
  let found: Keyword | undefined;
  for (const each of REVISIONS) if (each <= revision) found = check.keyword[each] ?? found;
  return found;
}

/**
 * The keyword to judge by when the target may speak any of `revisions`: the weakest, and ADVICE when one of them does
 * not have the rule, because a target compliant with that one must not fail. `undefined`: no revision has it.
 */
export function keywordFor(
  check: Pick<Check, 'keyword' | 'since' | 'until' | 'claims'>,
  revisions: readonly Revision[],
): Keyword | undefined {
  const keywords = revisionsThatCount(check, revisions).map((revision) => keywordIn(check, revision));
  const found = keywords.filter((keyword) => keyword !== undefined);
  if (found.length === 0) return undefined;
  return found.length < keywords.length ? 'ADVICE' : found.reduce(weaker);
}

/** Of those that the target may speak, the ones by which the check is judged: not those before what its evidence claims. */
export function revisionsThatCount(
  { claims }: Pick<Check, 'claims'>,
  revisions: readonly Revision[],
): readonly Revision[] {
  const claimed = claims === undefined ? revisions : revisions.filter((revision) => revision >= claims);
  return claimed.length === 0 ? revisions : claimed;
}
