import type { AskedAuthorization, AskedGrant, AuthorizationSetting } from '../../fixtures/authorization-evidence.ts';
import type { EvidenceMap } from '../../fixtures/evidence.ts';
import { carriedBy, isUnanswered, type JourneyEnd, parameter } from '../../fixtures/journey.ts';
import { describe } from '../../fixtures/protocol/answers.ts';
import { isWalled } from '../../fixtures/protocol/firewalls.ts';
import { type AuthorizationTrialId, authorizationTrial } from '../../fixtures/trials/authorization/index.ts';
import {
  type Check,
  defineCheck,
  type Example,
  type Finding,
  fail,
  pass,
  type Reason,
  untested,
  type Verdict,
} from '../check.ts';
import { golden } from '../golden.ts';
import { ending } from '../golden-authorization.ts';
import { declaredReasons, firstWrong, mapReasons, trialsOf } from '../reasons.ts';
import { unasked } from '../unasked.ts';
import { countedWere, firstAndMore } from '../words.ts';

export type AskedTrial = EvidenceMap['authorizations']['asked'][number];

/** A reason, the trials that can give it, and what in their answers gives it. */
export interface RequestReason extends Reason {
  readonly trials: readonly [AuthorizationTrialId, ...AuthorizationTrialId[]];
  /** For findings: "an error, or a page". */
  readonly expected: string;
  /** What is wrong, for `actual`; `undefined`: nothing. */
  wrong(asked: AskedTrial, setting: AuthorizationSetting): string | undefined;
  /** An answer to the first of the trials that is wrong, for examples. */
  readonly example: {
    readonly end: JourneyEnd;
    readonly grants?: readonly AskedGrant[];
    /** HTML of the page it ends on. */
    readonly page?: string;
  };
}

interface Judgement<R extends string>
  extends Pick<Check, 'id' | 'title' | 'keyword' | 'severity' | 'requirements'>,
    Partial<Pick<Check, 'pillar' | 'since' | 'until' | 'party'>> {
  /** In this order: of one answer the first that applies is given. */
  readonly reasons: Readonly<Record<R, RequestReason>>;
  /** What was done where nothing was wrong: "refused". */
  readonly done: string;
}

/** A check on what becomes of authorization requests that differ from a good one in one thing each. */
export function judgesRequests<const R extends string>({ reasons, done, ...declared }: Judgement<R>) {
  const entries = Object.entries(reasons) as [R, RequestReason][];
  const trials = trialsOf(reasons);
  return defineCheck({
    party: 'authorization-server',
    pillar: 'token-issuance',
    ...declared,
    assurance: 'sign-in',
    needs: ['signIn', 'authorizations'],
    trials: trials.map((trial) => `authorizations/${trial}`),
    reasons: declaredReasons(reasons),
    judge({ signIn, authorizations }): Verdict<R> {
      const own = authorizations.asked.filter(({ trial }) => trials.includes(trial));
      const found = own.flatMap((asked) => findingOf(entries, asked, signIn.setting) ?? []);
      // What came out came out, whatever became of the control.
      if (found.length > 0) return fail(found);
      const unmade = unasked(
        trials.flatMap((trial) => authorizations.unfit[trial] ?? []),
        own.length,
      );
      if (unmade !== undefined) return unmade;
      const stopped = own.map(({ journey }) => journey.end).find((end) => end.kind === 'stopped');
      if (stopped !== undefined) return untested(stopped.because, stopped.unlock);
      const broken = own.find(isBroken);
      if (broken !== undefined) return noAnswer(broken);
      const open = own.find(({ journey }) => isUnanswered(journey.end));
      if (open !== undefined) return noWayOn(open);
      for (const control of controlsOf(own, { signIn, authorizations })) {
        const missing = withoutControl(control);
        if (missing !== undefined) return missing;
      }
      return pass(`${countedWere(own.length, 'request')} ${done}: ${summaryOf(own)}`);
    },
    examples: {
      pass: [{ says: `all ${done}`, evidence: golden }],
      fail: mapReasons(reasons, exampleOf),
    },
  });
}

function exampleOf({ trials: [trial], example: { end, grants, page } }: RequestReason): Example {
  return { says: authorizationTrial(trial).change, evidence: ending(golden, trial, end, grants, page) };
}

function findingOf<R extends string>(
  entries: readonly (readonly [R, RequestReason])[],
  asked: AskedTrial,
  setting: AuthorizationSetting,
): Finding<R> | undefined {
  const found = firstWrong(entries, asked.trial, ({ wrong }) => wrong(asked, setting));
  return (
    found && {
      ...found,
      actual: `${found.actual} (what differs in the request: ${authorizationTrial(asked.trial).change})`,
      at: placesOf(asked),
    }
  );
}

/** Ids of the exchanges that show what became of a request. */
export function placesOf({ journey, grants }: AskedAuthorization): readonly string[] {
  return [journey.hops.at(-1)?.id, grants.at(-1)?.exchange.id].filter((id) => id !== undefined);
}

/** Too many requests, a server that broke down, a page of a firewall, or one that did not arrive: none is a refusal. */
export function isBroken({ journey: { end, hops } }: Pick<AskedAuthorization, 'journey'>): boolean {
  if (end.kind !== 'page') return false;
  const answer = hops.at(-1)?.answer;
  return end.status === 429 || end.status >= 500 || answer === undefined || isWalled(answer);
}

function noAnswer({ trial, journey }: AskedTrial): Verdict<never> {
  const { end } = journey;
  return untested(
    `an authorization request that differs from a good one (${authorizationTrial(trial).change}) ended on ${describeEnd(end)}`,
    end.kind === 'page' && end.status === 500
      ? 'an authorization server that refuses such a request and does not break down over it; the run once more, if that was chance'
      : 'the run once more, when the authorization server answers',
  );
}

/** A page that asks before it goes on is no refusal: behind it may stand a code. */
function noWayOn({ trial, journey }: AskedTrial): Verdict<never> {
  return untested(
    `an authorization request that differs from a good one (${authorizationTrial(trial).change}) ended on a page that wants an answer, and got none: ${describeEnd(journey.end)}`,
    'users.signIn.selectors: CSS selectors of the fields and buttons of that page, or by-hand as its method',
  );
}

/** The good requests of the clients that the trials were made with. */
function controlsOf(
  own: readonly AskedTrial[],
  { signIn, authorizations }: Pick<EvidenceMap, 'signIn' | 'authorizations'>,
): readonly AskedAuthorization[] {
  const others = own.some(({ client }) => client !== signIn.client);
  const further = authorizations.asked.filter(
    ({ trial, client }) => trial === 'good-request-of-confidential-client' && client !== signIn.client,
  );
  return [signIn, authorizations.controlAfter, ...(others ? further : [])];
}

/** A refusal proves nothing unless the good request gets a code, and the code a token. */
export function withoutControl({ journey, grants }: AskedAuthorization): Verdict<never> | undefined {
  if (grants.some(({ tokens }) => tokens.access_token !== undefined)) return undefined;
  if (journey.end.kind === 'stopped') return untested(journey.end.because, journey.end.unlock);
  const said = grants[0] === undefined ? describeEnd(journey.end) : describe(grants[0].exchange);
  return untested(
    `the positive control is missing: an authorization request as it should be did not lead to a token (${said})`,
    'clients and users of the profile: a client that may ask for this resource, and a user who may use it',
  );
}

/** The code that came out, whatever host it was meant for. */
export function codeIn({ journey: { end } }: AskedAuthorization): string | undefined {
  return end.kind === 'left' ? parameter(end, 'code') : undefined;
}

/** The attempt that gave a token. */
export function tokenGrant({ grants }: AskedAuthorization): AskedGrant | undefined {
  return grants.find(({ tokens }) => tokens.access_token !== undefined);
}

const TOLD = ['code', 'error', 'error_description', 'access_token', 'id_token'];

/** "a redirect to https://… with error=invalid_request", "a page (status 400): …". */
export function describeEnd(end: JourneyEnd): string {
  if (end.kind === 'stopped') return end.because;
  if (end.kind === 'page')
    return `a page (status ${end.status})${end.says === '' ? '' : `: ${end.says.slice(0, 120)}`}`;
  const told = carriedBy(end).filter(([, name]) => TOLD.includes(name));
  const shown = [...new Set(told.map(([place]) => place))].map(
    (place) =>
      `${told.flatMap(([each, name, value]) => (each === place ? `${name}=${value}` : [])).join(', ')} in the ${place}`,
  );
  return `a redirect to ${end.to}${shown.length === 0 ? '' : ` with ${shown.join(' and ')}`}`;
}

function summaryOf(own: readonly AskedTrial[]): string {
  return firstAndMore(own.map(({ trial }) => authorizationTrial(trial).change));
}
