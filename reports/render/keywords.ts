import { REVISIONS } from '../../fixtures/protocol/revisions.ts';
import type { Check } from '../../suites/check.ts';
import { keywordIn } from '../../suites/keyword.ts';

const NO_RULE = 'no such rule';

/** The check's keyword as it changed: "MUST" when it never did, else "no such rule before 2025-06-18, MUST since". */
export function keywordByRevision(check: Pick<Check, 'keyword' | 'since' | 'until'>): string {
  const each = REVISIONS.map((revision) => ({ revision, keyword: keywordIn(check, revision) ?? NO_RULE }));
  const turns = each.filter(({ keyword }, index) => keyword !== each[index - 1]?.keyword);
  const [first, second] = turns;
  if (second === undefined) return first?.keyword ?? NO_RULE;
  return [`${first?.keyword} before ${second.revision}`, ...turns.slice(1).map(turnSays)].join(', ');
}

const turnSays = ({ revision, keyword }: { revision: string; keyword: string }) => `${keyword} from ${revision} on`;

/** Every keyword the check has had, oldest first: "SHOULD, MUST". */
export function keywordsOf(check: Pick<Check, 'keyword' | 'since' | 'until'>): string {
  const found = REVISIONS.map((revision) => keywordIn(check, revision)).filter((keyword) => keyword !== undefined);
  return [...new Set(found)].join(', ');
}
