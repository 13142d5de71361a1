import { RULES } from '../../../fixtures/client-documents/judge.ts';
import type { Rule, RuleSet, Topic } from '../../../fixtures/client-documents/rule.ts';
import {
  type Check,
  defineCheck,
  type Example,
  type Facts,
  type Keyword,
  notApplicable,
  type Reason,
} from '../../check.ts';
import { goldenClientDocuments, publishing } from '../../golden-client-documents.ts';
import { FLAWS } from './flaws.ts';
import { type Judging, judgeDocuments } from './judge-documents.ts';
import { isAuth0s, isDrafts, isShared, setInUse, strengthOf } from './strength.ts';

type Words = Pick<Check, 'id' | 'title' | 'severity' | 'requirements'>;

const COMMON = {
  party: 'client',
  pillar: 'client-registration',
  assurance: 'anonymous',
  // Who names a document says that clients are known by it, whatever is known of the server's revision.
  claims: '2025-11-25',
  needs: ['clientDocuments'],
  // They tell whose rules count.
  uses: ['issuerMetadata'],
} as const;

/** MCP has no client metadata documents before: where an earlier revision is known to be the one, they are extras. */
const KEYWORD = { '2025-03-26': 'ADVICE', '2025-11-25': 'MUST' } as const;

const AT_AUTH0: Partial<Facts> = { provider: 'auth0' };

/** An import keeps what it read until somebody asks for it again. */
const IMPORT_AGAIN = {
  text: 'Mend the document where it is hosted. A client that an administrator has imported keeps what was read then: refresh its metadata.',
  dashboard: 'Applications > Applications > (the client) > Refresh Client Metadata',
};

/** Documents judged by the rules of a topic: those of Auth0 and the draft alike, and the draft's where it is not Auth0. */
export function checkOfTopic(topic: Topic, reads: Judging['reads'], words: Words) {
  const rules = RULES.filter((rule) => rule.topic === topic && isDrafts(rule));
  return defineCheck({
    ...COMMON,
    ...words,
    keyword: KEYWORD,
    reasons: reasonsOf(rules, (rule) => strengthOf(rule, 'ietf')!),
    judge({ clientDocuments }, facts) {
      const set = setInUse(facts);
      const inUse = set === 'ietf' ? rules : rules.filter(isShared);
      return judgeDocuments(clientDocuments, facts, { rules: inUse, set, reads });
    },
    examples: { pass: [{ says: 'a good document', evidence: goldenClientDocuments }], fail: examplesOf(rules) },
  });
}

/** What Auth0 takes beyond the rules of the draft, where the provider is Auth0. */
export function checkOfAuth0(words: Words) {
  const rules = RULES.filter(isAuth0s);
  return defineCheck({
    ...COMMON,
    ...words,
    keyword: KEYWORD,
    reasons: reasonsOf(rules, (rule) => strengthOf(rule, 'auth0')!),
    judge: ({ clientDocuments }, facts) =>
      setInUse(facts) === 'auth0'
        ? judgeDocuments(clientDocuments, facts, { rules, set: 'auth0', reads: 'members' })
        : notApplicable('the authorization server is not Auth0’s'),
    examples: {
      pass: [{ says: 'a good document', evidence: goldenClientDocuments, facts: AT_AUTH0 }],
      fail: examplesOf(rules, AT_AUTH0),
    },
  });
}

/** What those would object to whose set is not in use: advice for a client that wants to be welcome everywhere. */
export function checkElsewhere(set: RuleSet, words: Words) {
  const other: RuleSet = set === 'auth0' ? 'ietf' : 'auth0';
  // What the set in use says itself, weaker or not, is for the other checks.
  const rules = RULES.filter((rule) => strengthOf(rule, set) !== undefined && strengthOf(rule, other) === undefined);
  const facts: Partial<Facts> = { provider: set === 'auth0' ? 'other' : 'auth0' };
  return defineCheck({
    ...COMMON,
    ...words,
    keyword: 'ADVICE',
    reasons: reasonsOf(rules, () => 'ADVICE'),
    judge: ({ clientDocuments }, facts) =>
      setInUse(facts) === other
        ? judgeDocuments(clientDocuments, facts, { rules, set, reads: 'members' })
        : notApplicable('they are the rules in use here, which checks of their own judge'),
    examples: {
      pass: [{ says: 'a good document', evidence: goldenClientDocuments, facts }],
      fail: examplesOf(rules, facts),
    },
  });
}

function reasonsOf(rules: readonly Rule[], keyword: (rule: Rule) => Keyword): Readonly<Record<string, Reason>> {
  return Object.fromEntries(
    rules.map((rule) => [
      rule.id,
      {
        says: rule.says,
        keyword: keyword(rule),
        fix: { general: rule.write, ...(rule.isHarmless !== true && { auth0: IMPORT_AGAIN }) },
      },
    ]),
  );
}

function examplesOf(
  rules: readonly Rule[],
  facts: Partial<Facts> = {},
): Readonly<Record<string, Example<'clientDocuments', never>>> {
  return Object.fromEntries(
    rules.map(({ id }) => [
      id,
      { says: id.replaceAll('-', ' '), evidence: { clientDocuments: publishing(FLAWS[id]!) }, facts },
    ]),
  );
}
