import type { AskedGrant } from '../../fixtures/authorization-evidence.ts';
import type { EvidenceMap } from '../../fixtures/evidence.ts';
import { describe } from '../../fixtures/protocol/answers.ts';
import { isUnsaid } from '../../fixtures/protocol/firewalls.ts';
import { errorOf } from '../../fixtures/protocol/token-answers.ts';
import { type CodeTrialId, codeTrial } from '../../fixtures/trials/token-requests/codes.ts';
import { tokenGrant, withoutControl } from '../authorization/requests.ts';
import { type Check, defineCheck, fail, pass, type Reason, type Verdict } from '../check.ts';
import { golden } from '../golden.ts';
import type { ShortGrant } from '../golden-authorization.ts';
import { answeringCode } from '../golden-codes.ts';
import { declaredReasons, mapReasons, trialsOf } from '../reasons.ts';
import { unasked } from '../unasked.ts';
import { noWord } from './trials.ts';

export type Codes = EvidenceMap['codes'];

/** A reason, the trials that can give it, and what in their answers gives it. */
export interface CodeReason extends Reason {
  readonly trials: readonly [CodeTrialId, ...CodeTrialId[]];
  /** Absent: a token. `undefined`: nothing is wrong. */
  wrong?(grant: AskedGrant, good: AskedGrant | undefined): string | undefined;
  /** An answer to the first of the trials that is wrong, for examples; absent: a token. */
  readonly example?: ShortGrant;
}

interface Judgement<R extends string>
  extends Pick<Check, 'id' | 'title' | 'keyword' | 'severity' | 'requirements'>,
    Partial<Pick<Check, 'pillar'>> {
  readonly expected: string;
  readonly reasons: Readonly<Record<R, CodeReason>>;
  /** Why a refusal shows nothing here; absent: with the controls it always shows something. */
  unsaid?(codes: Codes, own: Codes['asked']): Verdict<never> | undefined;
}

/** A check on what becomes of token requests for a good code that are wrong in one thing each. */
export function judgesCodes<const R extends string>({ reasons, expected, unsaid, ...declared }: Judgement<R>) {
  const entries = Object.entries(reasons) as [R, CodeReason][];
  const trials = trialsOf(reasons);
  return defineCheck({
    party: 'authorization-server',
    pillar: 'token-issuance',
    ...declared,
    assurance: 'sign-in',
    needs: ['signIn', 'codes'],
    trials: trials.map((trial) => `codes/${trial}`),
    reasons: declaredReasons(reasons),
    judge({ signIn, codes }): Verdict<R> {
      const own = codes.asked.filter(({ trial }) => trials.includes(trial));
      const found = entries.flatMap(([reason, { trials: of, wrong = tokenIn }]) =>
        own
          .filter(({ trial }) => of.includes(trial))
          .flatMap(({ grant }) => {
            const actual = wrong(grant, tokenGrant(signIn));
            if (actual === undefined) return [];
            return [{ reason, expected, actual: `${grant.exchange.asks}: ${actual}`, at: [grant.exchange.id] }];
          }),
      );
      // What came out came out, whatever became of the control.
      if (found.length > 0) return fail(found);
      return (
        unasked(
          trials.flatMap((trial) => codes.unfit[trial] ?? []),
          own.length,
        ) ??
        unsettled(own.map(({ grant }) => grant)) ??
        withoutControl(signIn) ??
        withoutControl(codes.controlAfter) ??
        unsaid?.(codes, own) ??
        pass(own.map(({ trial, grant }) => `${codeTrial(trial).change}: ${answerOf(grant)}`).join('; '))
      );
    },
    examples: {
      pass: [{ says: 'all refused', evidence: golden }],
      fail: mapReasons(reasons, ({ trials: [trial], example = {} }) => ({
        says: codeTrial(trial).change,
        evidence: answeringCode(golden, trial, example),
      })),
    },
  });
}

/** A request that was not sent, or put off, is no refusal, nor is what a server says that broke down. */
export function unsettled(grants: readonly AskedGrant[]): Verdict<never> | undefined {
  const open = grants.find(({ exchange }) => isUnsaid(exchange));
  return open && noWord(open.exchange);
}

export function tokenIn({ tokens }: AskedGrant): string | undefined {
  return tokens.access_token === undefined ? undefined : 'an access token';
}

/** "invalid_grant (status 400)", "a token for https://…". */
export function answerOf({ exchange, tokens }: AskedGrant): string {
  if (tokens.access_token !== undefined) return `a token for ${[tokens.access_token.claims?.aud].flat().join(', ')}`;
  const error = errorOf(exchange);
  return error === undefined ? describe(exchange) : `${error} (${describe(exchange)})`;
}
