import type { Check, Keyword, Verdict } from '../suites/check.ts';

/** A check after judging, before outcome policy. */
export interface Judged {
  readonly check: Check;
  /** The keyword that holds for the revisions judged by. */
  readonly keyword: Keyword;
  readonly verdict:
    | Verdict
    /** Our own fault. */
    | { readonly kind: 'errored'; readonly because: string };
}
