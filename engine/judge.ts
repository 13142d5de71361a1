import type { EvidenceKey, EvidenceMap } from '../fixtures/evidence.ts';
import { LATEST_REVISION } from '../fixtures/protocol/revisions.ts';
import type { Judged } from '../reports/judged.ts';
import { whyRefused } from '../suites/access-tokens/good-token.ts';
import { ABOVE } from '../suites/assurance.ts';
import type { Check, Facts } from '../suites/check.ts';
import { keywordFor, keywordIn } from '../suites/keyword.ts';
import type { Captured, Missing } from './capture.ts';
import { YOUR_WORD } from './provisions.ts';

/** Judges every check by what was captured: pure, and the same for the same evidence and facts. */
export function judgeAll(checks: readonly Check[], captured: Captured, facts: Facts): readonly Judged[] {
  const refused = whyRefused(captured.evidence, facts) ?? whyWithout(captured);
  return checks.map((check) => {
    const judged = judgeOne(check, captured, facts);
    // What a good token takes is missing for one reason, however the checks and probes ran into it.
    return refused !== undefined && lacksGoodToken(judged)
      ? { ...judged, verdict: { kind: 'untested', ...refused } }
      : judged;
  });
}

/** Why a sign-in gave no good token, where it was to give one. */
function whyWithout({ missing: { control } }: Captured): Omit<Missing & { kind: 'untested' }, 'kind'> | undefined {
  if (control?.kind !== 'untested') return undefined;
  const { kind: _, ...why } = control;
  return why;
}

/** Checks that were not tested for want of a good token, or of what is made of one. */
function lacksGoodToken({ check, verdict }: Judged): boolean {
  if (verdict.kind !== 'untested' || verdict.blockedBy !== undefined) return false;
  return (
    ['token', 'controlled-issuer'].includes(check.assurance) || /\bgood token\b|^tokens\.good\b/.test(verdict.unlock)
  );
}

function judgeOne(check: Check, { evidence, missing }: Captured, facts: Facts): Judged {
  const keyword = keywordFor(check, facts.revisions);
  if (keyword === undefined) return { check, ...notInRevision(check, facts) };

  // Nobody could unlock it.
  if (check.assurance === 'tenant-audit' && facts.provider === 'other') return { check, keyword, verdict: NO_AUTH0 };
  const outOfScope = { kind: 'out-of-scope', ...ABOVE[check.assurance] } as const;
  const inScope = facts.assurance.includes(check.assurance);
  for (const key of check.needs) {
    if (evidence[key] !== undefined) continue;
    return {
      check,
      keyword,
      verdict: inScope || takesMore(missing[key]) ? withoutEvidence(key, missing[key]) : outOfScope,
    };
  }
  const verdict = judgeSafely(check, evidence, facts);
  // A pass needs a control, and so what the assurance asks for. A failure is one without it.
  const counts = inScope || verdict.kind === 'fail' || verdict.kind === 'errored';
  return { check, keyword, verdict: counts ? verdict : outOfScope };
}

/** What its level of assurance rests on would not do: all that it takes has to be told. */
const takesMore = (why: Missing | undefined) => why?.kind === 'not-allowed' && why.unlock !== YOUR_WORD;

const NO_AUTH0 = { kind: 'not-applicable', because: 'the authorization server is no Auth0 tenant' } as const;

function judgeSafely(check: Check, evidence: Captured['evidence'], facts: Facts): Judged['verdict'] {
  try {
    return check.judge(evidence as Pick<EvidenceMap, EvidenceKey>, facts);
  } catch (error) {
    return { kind: 'errored', because: `${check.id}: ${error instanceof Error ? error.message : error}` };
  }
}

function withoutEvidence(key: EvidenceKey, why: Missing | undefined): Judged['verdict'] {
  if (why === undefined || why.kind === 'broken') {
    return { kind: 'errored', because: why?.because ?? `probe ${key} left no evidence` };
  }
  if (why.kind === 'untested' || why.kind === 'not-applicable') return why;
  // Promised, and then not given: in scope all the same.
  const kind = why.kind === 'not-given' ? 'untested' : 'out-of-scope';
  return { kind, because: why.because, unlock: why.unlock };
}

function notInRevision(check: Check, facts: Facts): Pick<Judged, 'keyword' | 'verdict'> {
  const newest = facts.revisions.at(-1)!;
  const begins = check.since !== undefined && newest < check.since;
  return {
    keyword: keywordIn(check, check.since ?? LATEST_REVISION) ?? 'ADVICE',
    verdict: {
      kind: 'not-applicable',
      because: `judged as ${newest}: the rule ${begins ? `begins with ${check.since}` : 'is not in that revision'}`,
    },
  };
}
