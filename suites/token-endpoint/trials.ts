import type { AskedGrant } from '../../fixtures/authorization-evidence.ts';
import type { EvidenceMap, Exchange } from '../../fixtures/evidence.ts';
import { describe, isObject, isSettled, jsonBody } from '../../fixtures/protocol/answers.ts';
import { isFenced, isUnsaid } from '../../fixtures/protocol/firewalls.ts';
import { errorOf } from '../../fixtures/protocol/token-answers.ts';
import type { TokenEndpointEvidence } from '../../fixtures/token-endpoint-evidence.ts';
import type { Unfit } from '../../fixtures/trials/access-tokens/trial.ts';
import {
  type Check,
  defineCheck,
  type Finding,
  fail,
  outOfScope,
  pass,
  type Reason,
  untested,
  type Verdict,
} from '../check.ts';
import { noWord as noWordOf, unheard } from '../delivery.ts';
import { isNoTokenEndpoint, TOKEN_LEG } from '../flow/endpoint-answers.ts';
import { golden } from '../golden.ts';
import { declaredReasons, firstWrong, mapReasons, trialsOf } from '../reasons.ts';
import { unasked } from '../unasked.ts';
import { countedWere, firstAndMore } from '../words.ts';

export type TokenKey = keyof TokenEndpointEvidence;
export type TrialOf<K extends TokenKey> = EvidenceMap[K]['asked'][number]['trial'];

/** A reason, the trials that can give it, and what in their answers gives it. */
export interface TrialReason<K extends TokenKey> extends Reason {
  readonly trials: readonly [TrialOf<K>, ...TrialOf<K>[]];
  /** For findings: "an error". */
  readonly expected: string;
  /** What is wrong, for `actual`; `undefined`: nothing. */
  wrong(asked: AskedGrant, evidence: EvidenceMap[K]): string | undefined;
  /** What differs from the golden evidence, for examples. */
  readonly example: EvidenceMap;
}

interface Judgement<K extends TokenKey, R extends string>
  extends Pick<Check, 'id' | 'title' | 'keyword' | 'severity' | 'requirements' | 'assurance'>,
    Partial<Pick<Check, 'since'>> {
  readonly key: K;
  /** In this order: of one answer the first that applies is given. */
  readonly reasons: Readonly<Record<R, TrialReason<K>>>;
  /** Trials that have to give a token before a refusal of the others counts. */
  readonly controls: readonly TrialOf<K>[];
  /** Why it says nothing although it was answered. */
  unsaid?(evidence: EvidenceMap[K]): Verdict<never> | undefined;
  /** What was done where nothing was wrong: "refused". */
  readonly done: string;
  /** It is about the words of refusals, which an endpoint that is out of order has none of: its own check says so. */
  readonly aboutWords?: true;
}

/** A check on what token requests lead to that differ from good ones. */
export function judgesTokenTrials<const K extends TokenKey, const R extends string>({
  key,
  reasons,
  controls,
  unsaid = () => undefined,
  done,
  aboutWords,
  ...declared
}: Judgement<K, R>) {
  const entries = Object.entries(reasons) as [R, TrialReason<K>][];
  const trials: readonly TrialOf<K>[] = trialsOf(reasons);
  const isOwn = ({ trial }: { readonly trial: string }) => (trials as readonly string[]).includes(trial);
  return defineCheck({
    party: 'authorization-server',
    pillar: 'token-issuance',
    ...declared,
    needs: [key] as const,
    uses: aboutWords === true ? ['endpoints'] : [],
    trials: trials.filter((trial) => isGolden(key, trial)).map((trial) => `${key}/${trial}`),
    reasons: declaredReasons(reasons),
    judge(seen): Verdict<R> {
      const evidence = (seen as EvidenceMap)[key];
      const asked: readonly (AskedGrant & { readonly trial: string })[] = evidence.asked;
      const own = asked.filter(isOwn);
      const found = own
        .filter(
          (each) => tokenCameOut(each) !== undefined || (isSettled(each.exchange) && !isFenced(each.exchange.answer)),
        )
        .flatMap(({ trial, ...each }) => findingOf(entries, trial, each, evidence) ?? []);
      const outOfOrder = aboutWords === true ? withoutEndpoint((seen as Partial<EvidenceMap>).endpoints) : undefined;
      if (outOfOrder !== undefined) return outOfOrder;
      // What came out came out, whatever became of the control.
      if (found.length > 0) return fail(found);
      const unmade = unasked(
        // What its controls lacked, they lacked for all.
        (own.length === 0 ? [...trials, ...controls] : trials).flatMap((trial) => unfitOf(evidence, trial) ?? []),
        own.length,
      );
      if (unmade !== undefined) return unmade;
      const puzzled = own.filter((each) => tokenCameOut(each) === undefined).find(({ exchange }) => isUnsaid(exchange));
      if (puzzled !== undefined) return noWord(puzzled.exchange);
      return (
        unsaid(evidence) ??
        withoutTokens(asked, controls) ??
        (own.length === 0
          ? untested('what comes before it did not go as it should', 'a run in which the steps before it succeed')
          : pass(`${countedWere(own.length, 'request')} ${done}: ${summaryOf(own)}`))
      );
    },
    examples: {
      pass: [{ says: `all ${done}`, evidence: golden }],
      fail: mapReasons(reasons, ({ says, example }) => ({ says, evidence: example })),
    },
  });
}

export const noWord = (exchange: Exchange) => noWordOf(exchange, 'the token endpoint');

function withoutEndpoint(endpoints: EvidenceMap['endpoints'] | undefined): Verdict<never> | undefined {
  const isBroken = endpoints?.asked.some(
    ({ name, exchange }) => name === 'token_endpoint' && isNoTokenEndpoint(exchange),
  );
  return isBroken
    ? untested('the token endpoint is out of order', 'a token endpoint that answers', TOKEN_LEG)
    : undefined;
}

function isGolden(key: TokenKey, wanted: string): boolean {
  return golden[key].asked.some(({ trial }) => trial === wanted);
}

function findingOf<K extends TokenKey, R extends string>(
  entries: readonly (readonly [R, TrialReason<K>])[],
  trial: string,
  asked: AskedGrant,
  evidence: EvidenceMap[K],
): Finding<R> | undefined {
  const found = firstWrong(entries, trial, ({ wrong }) => wrong(asked, evidence));
  return found && { ...found, actual: `a token request ${asked.differs}: ${found.actual}`, at: [asked.exchange.id] };
}

/** A refusal proves nothing unless the good request gets a token. */
function withoutTokens(
  asked: readonly (AskedGrant & { readonly trial: string })[],
  controls: readonly string[],
): Verdict<never> | undefined {
  for (const control of controls) {
    const made = asked.filter(({ trial }) => trial === control);
    if (made.some(({ tokens }) => tokens.access_token !== undefined)) continue;
    const last = made.at(-1);
    const said = last === undefined ? 'it was not made' : describeGrant(last);
    return (
      (last && unheard(last.exchange)) ??
      untested(
        `the positive control is missing: a token request as it should be did not lead to a token (${said})`,
        'clients of the profile: credentials that are right, and the grant types that they are registered for',
      )
    );
  }
  return undefined;
}

function unfitOf({ unfit }: { readonly unfit: Readonly<Partial<Record<string, Unfit>>> }, trial: string) {
  return unfit[trial];
}

/** "an access token", "status 400 with invalid_grant". */
export function describeGrant({ exchange, tokens }: AskedGrant): string {
  if (tokens.access_token !== undefined) return 'an access token';
  const error = errorOf(exchange);
  return error === undefined ? describe(exchange) : `${describe(exchange)} with ${error}`;
}

/**
 * Requests were refused with invalid_request in words that speak of the grant, so that it is not for what they name.
 * oidc-provider says so of grants that a client does not have.
 */
export function areRefusedTheGrant(asked: readonly AskedGrant[]): boolean {
  return asked.length > 0 && asked.every(({ exchange }) => saysGrant(exchange));
}

function saysGrant(exchange: Exchange): boolean {
  const body = jsonBody(exchange.answer);
  return (
    errorOf(exchange) === 'invalid_request' &&
    isObject(body) &&
    typeof body.error_description === 'string' &&
    /\bgrant(?:[ _]type)?s?\b/i.test(body.error_description)
  );
}

/** An access token came out. */
export const tokenCameOut = (asked: AskedGrant): string | undefined =>
  asked.tokens.access_token === undefined ? undefined : 'an access token';

export const NO_TOKEN = { expected: 'an error, and no token', wrong: tokenCameOut } as const;

/**
 * Scopes of the access token: its own, else those of the answer. An answer without them says that what was requested
 * was granted (RFC 6749 5.1); of a JWT that has them nowhere nobody can tell: `undefined`.
 *
 * @param requested what the request asked for; absent: it named no scope
 */
export function scopesOf({ exchange, tokens }: AskedGrant, requested?: string): readonly string[] | undefined {
  const claims = tokens.access_token?.claims;
  const body = jsonBody(exchange.answer);
  const said = claims?.scope ?? claims?.scp ?? (isObject(body) ? body.scope : undefined);
  if (Array.isArray(said)) return said.filter((each) => typeof each === 'string');
  if (typeof said === 'string') return said.split(' ').filter(Boolean);
  return claims === undefined ? requested?.split(' ').filter(Boolean) : undefined;
}

/** Audiences of the access token; `undefined`: it is no JWT that tells. */
export function audiencesOf({ tokens }: AskedGrant): readonly unknown[] | undefined {
  const claims = tokens.access_token?.claims;
  return claims === undefined ? undefined : [claims.aud ?? []].flat();
}

/**
 * A token came out whose audience, or scope, only the server can tell. No document asks for tokens that others can read
 * (RFC 6749 1.4), so that nothing is held against it.
 */
export function withoutSight({ differs }: AskedGrant): Verdict<never> {
  return outOfScope(
    `a token request ${differs} gets a token, and the token does not show what it is for`,
    'access tokens that are JWTs, with aud and scope',
  );
}

function summaryOf(own: readonly AskedGrant[]): string {
  return firstAndMore(own.map(({ differs }) => differs));
}
