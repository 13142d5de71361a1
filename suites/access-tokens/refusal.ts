import type { AskedToken, AskedTokens, EvidenceMap, Exchange, TokenView } from '../../fixtures/evidence.ts';
import { describe, isServed } from '../../fixtures/protocol/answers.ts';
import { type TokenTrialId, tokenTrial } from '../../fixtures/trials/access-tokens/index.ts';
import {
  type Check,
  defineCheck,
  type Example,
  type Finding,
  fail,
  notApplicable,
  outOfScope,
  pass,
  type Reason,
  untested,
  type Verdict,
} from '../check.ts';
import { answer, golden, result, type ShortAnswer } from '../golden.ts';
import { declaredReasons, mapReasons, trialsOf } from '../reasons.ts';
import { countedWere, firstAndMore } from '../words.ts';
import { type Circumstances, type Condition, notHeld } from './conditions.ts';
import { differences } from './differences.ts';
import { expiredMeanwhile, unheard } from './interruptions.ts';

export type TokenProbe = 'forgedTokens' | 'mintedTokens';

/** A reason, and the trials that give it when the server serves them. */
export interface ServedReason extends Reason {
  readonly trials: readonly [TokenTrialId, ...TokenTrialId[]];
  /** Absent: it can be given of every target. */
  readonly where?: Condition;
}

type Declared = Pick<Check, 'id' | 'title' | 'keyword' | 'severity' | 'requirements'> &
  Partial<Pick<Check, 'pillar' | 'since' | 'until'>>;

/** Another trial, and the check that judges it. */
export interface Root {
  readonly probe: TokenProbe;
  readonly trial: TokenTrialId;
  readonly check: string;
}

/** A check that tokens are refused: the families differ in what they send, and in nothing else. */
export interface Refusal<R extends string> extends Declared {
  readonly probe: TokenProbe;
  readonly reasons: Readonly<Record<R, ServedReason>>;
  /** Trials that tell nothing where another token is served already: one defect is reported once. */
  readonly roots?: Readonly<Partial<Record<TokenTrialId, Root>>>;
  /** The same for every other trial: why a server that serves that token serves these needs no cause of its own. */
  readonly root?: Root;
}

/** What a server does to tokens, and when it does it wrong. */
export interface Rule {
  isWrong(exchange: Exchange): boolean;
  /** Why answers of which none is wrong say nothing all the same. */
  unheard(trials: readonly Exchange[]): Verdict<never> | undefined;
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
    unheard,
    expected: 'status 401 (Unauthorized)',
    done: 'refused',
    wrong: result({ tools: [] }),
    wrongly: 'served although',
  });
}

/** A check that answers to the tokens of these trials keep a rule. */
export function judgesTokens<const R extends string>(
  { probe, reasons, roots = {}, root: common, ...declared }: Refusal<R>,
  rule: Rule,
) {
  const allRoots = [...Object.values(roots), ...(common === undefined ? [] : [common])];
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
    uses: [
      ...(conditions.length === 0 ? [] : (['anonymous', 'resourceMetadata', 'control'] as const)),
      ...new Set(allRoots.flatMap((root) => (root.probe === probe ? [] : [root.probe]))),
    ],
    trials: trialsOf(reasons).map((trial) => `${probe}/${trial}`),
    reasons: declaredReasons(reasons),
    judge(evidence: Circumstances): Verdict<R> {
      const tokens = evidence[probe] as AskedTokens;
      const held = entries.filter(([, { where }]) => where?.otherwise(evidence) === undefined);
      if (held.length === 0) return notHeld(conditions.flatMap((condition) => condition.otherwise(evidence) ?? []));
      const trials = held.flatMap(([, reason]) => reason.trials);
      const reasonOf = (trial: TokenTrialId): R => held.find(([, reason]) => reason.trials.includes(trial))![0];
      const own = tokens.asked.filter(({ trial }) => trials.includes(trial));
      const rootOf = ({ trial, exchange }: AskedToken) =>
        rule.isWrong(exchange) && trial !== common?.trial ? servedRoot(roots[trial] ?? common, evidence) : undefined;
      const root = own.map(rootOf).find((each) => each !== undefined);
      const wrong = own.filter((each) => rule.isWrong(each.exchange) && rootOf(each) === undefined);
      const around = withoutControl(tokens, own);
      // Who is refused with a good token as well proves nothing by refusing.
      if (wrong.length > 0 && (around === undefined || wrong.some(({ exchange }) => isServed(exchange)))) {
        return fail(wrong.map((each) => wrongFinding(reasonOf(each.trial), each, tokens.control.token, rule.expected)));
      }
      return (
        notMade(tokens, trials, own) ??
        (root && consequenceOf(root)) ??
        rule.unheard(own.map(({ exchange }) => exchange)) ??
        around ??
        pass(`${countedWere(own.length, 'token')} ${rule.done}: ${summaryOf(own)}`)
      );
    },
    examples: {
      pass: [{ says: `all ${rule.done}`, evidence: entries[0]![1].where?.example ?? golden }],
      fail: mapReasons(reasons, example),
    },
  });
}

/** The root, where its token is served. */
export const servedRoot = (root: Root | undefined, evidence: Circumstances): Root | undefined =>
  root && evidence[root.probe]?.asked.some(({ trial, exchange }) => trial === root.trial && isServed(exchange))
    ? root
    : undefined;

export function consequenceOf({ trial, check }: Root): Verdict<never> {
  const { change } = tokenTrial(trial);
  return untested(
    `a token is served as well in which nothing is wrong but that ${change}`,
    `that ${check} passes: it tells what is to be mended first`,
    check,
  );
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

/** What was changed, what came of it, and what the token says otherwise than the control. */
function wrongFinding<R extends string>(
  reason: R,
  { trial, token, exchange }: AskedToken,
  control: TokenView,
  expected: string,
): Finding<R> {
  const seen = [`${tokenTrial(trial).change}: ${describe(exchange)}`, ...differences(token, control)];
  return { reason, expected, actual: seen.join('; '), at: [exchange.id] };
}

/**
 * Trials that were not sent, or for which something is missing, leave the rule untested. What the target has no use for,
 * and what the operator does not allow, is left out; where nothing is left, that is the verdict.
 */
export function notMade(
  { unfit, control }: AskedTokens,
  trials: readonly TokenTrialId[],
  own: readonly AskedToken[],
): Verdict<never> | undefined {
  const unsent = trials.filter((id) => unfit[id] === undefined && !own.some(({ trial }) => trial === id));
  if (unsent.length > 0) {
    return (
      expiredMeanwhile(control.token, control.exchanges) ??
      untested(
        `${unsent.length} of the tokens ${unsent.length === 1 ? 'was' : 'were'} not sent: the control was no longer served before ${unsent.length === 1 ? 'it' : 'them'}`,
        'a good token that the server keeps accepting for the whole run',
      )
    );
  }
  const reasons = trials.flatMap((trial) => unfit[trial] ?? []);
  const missing = reasons.find((each) => each.unfit === 'untested');
  if (missing !== undefined) return untested(missing.because, missing.unlock, missing.blockedBy);
  if (own.length > 0) return undefined;
  const forbidden = reasons.find((each) => each.unfit === 'out-of-scope');
  if (forbidden !== undefined) return outOfScope(forbidden.because, forbidden.unlock);
  return notApplicable([...new Set(reasons.map(({ because }) => because))].join('; '));
}

/** A refusal proves nothing unless the good token is served before and after it. */
export function withoutControl(
  { control }: AskedTokens,
  own: readonly (AskedToken & { readonly block: number })[],
): Verdict<never> | undefined {
  if (control.exchanges.length === 0) {
    return untested(
      `${own.length === 1 ? 'the token was' : `all ${own.length} tokens were`} refused, which proves nothing while no good token is served`,
      'tokens.good: an access token that the server accepts',
    );
  }
  const around = own.flatMap(({ block }) => [control.exchanges[block], control.exchanges[block + 1]]);
  return around.every((exchange: Exchange | undefined) => exchange !== undefined && isServed(exchange))
    ? undefined
    : (expiredMeanwhile(control.token, control.exchanges) ??
        untested(
          'the token that has to be served was refused around the trials, so that refusing others proves nothing',
          'a good token that the server keeps accepting for the whole run',
        ));
}

function summaryOf(own: readonly AskedToken[]): string {
  return firstAndMore(own.map(({ trial }) => tokenTrial(trial).change));
}
