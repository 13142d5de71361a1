import type { AskedToken, AskedTokens, EvidenceMap, Exchange } from '../../fixtures/evidence.ts';
import { describe, isServed } from '../../fixtures/protocol/answers.ts';
import { type TokenTrialId, tokenTrial } from '../../fixtures/trials/access-tokens/index.ts';
import { unsettled } from '../challenge/refusals.ts';
import {
  type Check,
  defineCheck,
  type Example,
  type Finding,
  fail,
  notApplicable,
  pass,
  type Reason,
  untested,
  type Verdict,
} from '../check.ts';
import { answer, golden, result, type ShortAnswer } from '../golden.ts';
import type { Circumstances, Condition } from './conditions.ts';

export type TokenProbe = 'forgedTokens' | 'mintedTokens';

/** A reason, and the trials that give it when the server serves them. */
export interface ServedReason extends Reason {
  readonly trials: readonly [TokenTrialId, ...TokenTrialId[]];
  /** Absent: it can be given of every target. */
  readonly where?: Condition;
}

type Declared = Pick<Check, 'id' | 'title' | 'keyword' | 'severity' | 'requirements'> &
  Partial<Pick<Check, 'pillar' | 'since' | 'until'>>;

/** A check that tokens are refused: the families differ in what they send, and in nothing else. */
export interface Refusal<R extends string> extends Declared {
  readonly probe: TokenProbe;
  readonly reasons: Readonly<Record<R, ServedReason>>;
}

/** What a server does to tokens, and when it does it wrong. */
export interface Rule {
  isWrong(exchange: Exchange): boolean;
  /** For findings: "status 401 (Unauthorized)". */
  readonly expected: string;
  /** "3 tokens were …", where nothing was wrong. */
  readonly done: string;
  /** A wrong answer, and what to call it, for examples. */
  readonly wrong: ShortAnswer;
  readonly wrongly: string;
}

/** Serves nothing to the tokens of these trials: any refusal does, its form is another check's business. */
export function refusesTokens<const R extends string>(declared: Refusal<R>) {
  return judgesTokens(declared, {
    isWrong: isServed,
    expected: 'status 401 (Unauthorized)',
    done: 'refused',
    wrong: result({ tools: [] }),
    wrongly: 'served although',
  });
}

/** A check that answers to the tokens of these trials keep a rule. */
export function judgesTokens<const R extends string>({ probe, reasons, ...declared }: Refusal<R>, rule: Rule) {
  const entries = Object.entries(reasons) as [R, ServedReason][];
  const conditions = entries.flatMap(([, { where }]) => where ?? []);
  const example = ({ trials: [trial], where }: ServedReason): Example => ({
    says: `${rule.wrongly} ${tokenTrial(trial).change}`,
    evidence: replacing(where?.example ?? golden, probe, trial, rule.wrong),
  });
  return defineCheck({
    pillar: 'server-side-validation',
    ...declared,
    party: 'mcp-server',
    assurance: probe === 'forgedTokens' ? 'token' : 'controlled-issuer',
    needs: [probe],
    uses: conditions.length === 0 ? [] : ['anonymous', 'resourceMetadata'],
    trials: [...new Set(entries.flatMap(([, { trials }]) => trials))].map((trial) => `${probe}/${trial}`),
    reasons: Object.fromEntries(entries.map(([key, { trials: _, where: __, ...reason }]) => [key, reason])) as Record<
      R,
      Reason
    >,
    judge(evidence: Circumstances): Verdict<R> {
      const tokens = evidence[probe] as AskedTokens;
      const held = entries.filter(([, { where }]) => where?.holds(evidence) ?? true);
      if (held.length === 0)
        return notApplicable([...new Set(conditions.map(({ otherwise }) => otherwise))].join('; '));
      const trials = held.flatMap(([, reason]) => reason.trials);
      const reasonOf = (trial: TokenTrialId): R => held.find(([, reason]) => reason.trials.includes(trial))![0];
      const own = tokens.asked.filter(({ trial }) => trials.includes(trial));
      const wrong = own.filter(({ exchange }) => rule.isWrong(exchange));
      const around = withoutControl(tokens, own);
      // Who is refused with a good token as well proves nothing by refusing.
      if (wrong.length > 0 && (around === undefined || wrong.some(({ exchange }) => isServed(exchange)))) {
        return fail(wrong.map((each) => wrongFinding(reasonOf(each.trial), each, rule.expected)));
      }
      return (
        notMade(tokens, trials, own) ??
        unsettled(own.map(({ exchange }) => exchange)) ??
        around ??
        pass(`${own.length} ${own.length === 1 ? 'token was' : 'tokens were'} ${rule.done}: ${summaryOf(own)}`)
      );
    },
    examples: {
      pass: [{ says: `all ${rule.done}`, evidence: entries[0]![1].where?.example ?? golden }],
      fail: Object.fromEntries(entries.map(([key, reason]) => [key, example(reason)])) as Record<R, Example>,
    },
  });
}

/** The evidence with another answer to one trial. */
export function replacing(
  evidence: EvidenceMap,
  probe: TokenProbe,
  trial: TokenTrialId,
  short: ShortAnswer,
): EvidenceMap {
  const asked = evidence[probe].asked.map((each) =>
    each.trial === trial ? { ...each, exchange: { ...each.exchange, answer: answer(short) } } : each,
  );
  return { ...evidence, [probe]: { ...evidence[probe], asked } };
}

/** What was changed, what came of it, and the token as far as a reader may see it. */
export function wrongFinding<R extends string>(reason: R, asked: AskedToken, expected: string): Finding<R> {
  return {
    reason,
    expected,
    actual: `${tokenTrial(asked.trial).change}: ${describe(asked.exchange)}; ${shown(asked)}`,
    at: [asked.exchange.id],
  };
}

/** "header {…}, claims {…}", each as much as a reader wants of it. */
export function shown({ token }: Pick<AskedToken, 'token'>): string {
  const parts = [
    ...(token.header === undefined ? [] : [`header ${shortened(token.header)}`]),
    ...(token.claims === undefined ? [] : [`claims ${shortened(token.claims)}`]),
  ];
  return parts.length === 0 ? `a token of ${token.length} characters` : parts.join(', ');
}

function shortened(members: Readonly<Record<string, unknown>>): string {
  const text = JSON.stringify(members);
  return text.length > 400 ? `${text.slice(0, 400)}…` : text;
}

/** Trials that were not sent leave the rule untested; where none could be made, the target has no such thing. */
export function notMade(
  { unfit }: AskedTokens,
  trials: readonly TokenTrialId[],
  own: readonly AskedToken[],
): Verdict<never> | undefined {
  const unsent = trials.filter((id) => unfit[id] === undefined && !own.some(({ trial }) => trial === id));
  if (unsent.length > 0) {
    return untested(
      `${unsent.length} of the tokens were not sent: the control was no longer served before them`,
      'a good token that the server keeps accepting for the whole run',
    );
  }
  if (own.length > 0) return undefined;
  return notApplicable([...new Set(trials.flatMap((trial) => unfit[trial] ?? []))].join('; '));
}

/** A refusal proves nothing unless the good token is served before and after it. */
export function withoutControl(
  { control }: AskedTokens,
  own: readonly (AskedToken & { readonly block: number })[],
): Verdict<never> | undefined {
  if (control.exchanges.length === 0) {
    return untested(
      `${own.length} of these tokens were refused, which proves nothing while no good token is served`,
      'tokens.good: an access token that the server accepts',
    );
  }
  const around = own.flatMap(({ block }) => [control.exchanges[block], control.exchanges[block + 1]]);
  return around.every((exchange: Exchange | undefined) => exchange !== undefined && isServed(exchange))
    ? undefined
    : untested(
        'the positive control was not served after the trials',
        'a good token that the server keeps accepting for the whole run',
      );
}

function summaryOf(own: readonly AskedToken[]): string {
  const [first, ...others] = own.map(({ trial }) => tokenTrial(trial).change);
  return others.length === 0 ? first! : `${first}, and ${others.length} more`;
}
