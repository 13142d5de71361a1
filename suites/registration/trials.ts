import type { AskedAuthorization } from '../../fixtures/authorization-evidence.ts';
import type { EvidenceMap, Exchange } from '../../fixtures/evidence.ts';
import { isUnanswered, READ } from '../../fixtures/journey.ts';
import { describe, isServerError, isSettled, isSuccess, wasNotSent } from '../../fixtures/protocol/answers.ts';
import type { JsonObject } from '../../fixtures/protocol/documents.ts';
import { isFenced, isUnsaid } from '../../fixtures/protocol/firewalls.ts';
import { refusedToken, registeredIn, textsOf } from '../../fixtures/protocol/registrations.ts';
import { errorOf } from '../../fixtures/protocol/token-answers.ts';
import {
  type AskedRegistration,
  REGISTRATION_CONTROLS,
  type RegisteredUse,
  webIn,
} from '../../fixtures/registration-evidence.ts';
import { type RegistrationTrialId, registrationTrial } from '../../fixtures/trials/registration/index.ts';
import { codeIn, describeEnd, isBroken, placesOf } from '../authorization/requests.ts';
import {
  type Check,
  defineCheck,
  type Finding,
  fail,
  notApplicable,
  pass,
  type Reason,
  untested,
  type Verdict,
} from '../check.ts';
import { noWord as noWordOf } from '../delivery.ts';
import { golden } from '../golden.ts';
import { declaredReasons, firstWrong, mapReasons, trialsOf } from '../reasons.ts';
import { unasked } from '../unasked.ts';
import { countedWere } from '../words.ts';

type Registrations = EvidenceMap['registrations'];
type Clients = EvidenceMap['registeredClients'];

/** What became of one trial. */
export interface Made {
  readonly trial: RegistrationTrialId;
  readonly exchange: Exchange;
  readonly sent: AskedRegistration['sent'];
  /** What is registered; absent: no client was made. */
  readonly registered: JsonObject | undefined;
  readonly evidence: Registrations;
  readonly clients: Clients | undefined;
}

export interface RegistrationReason extends Reason {
  readonly trials: readonly [RegistrationTrialId, ...RegistrationTrialId[]];
  /** For findings: "an error, or a client without it". */
  readonly expected: string;
  /** Where in the answer it is read: one that lacks the member says nothing of it. */
  readonly reads?: EchoedMember;
  /** Why what it looks at says nothing, though a client was made; `undefined`: it does. */
  lacks?(made: Made): Verdict<never> | undefined;
  /** It shows in use alone: without it a client that was made says nothing. */
  readonly needs?: RegisteredUse;
  /** What is wrong, for `actual`; `undefined`: nothing. */
  wrong(made: Made): string | undefined;
  readonly example: EvidenceMap;
}

/** What an answer says is registered (RFC 7591 3.2.1). */
type EchoedMember = 'redirect_uris' | 'grant_types' | 'response_types' | 'token_endpoint_auth_method';

interface Judgement<R extends string> extends Pick<Check, 'id' | 'title' | 'keyword' | 'severity' | 'requirements'> {
  /** In this order: of one answer the first that applies is given. */
  readonly reasons: Readonly<Record<R, RegistrationReason>>;
  /** What was done where nothing was wrong: "refused, or dropped". */
  readonly done: string;
}

/** A check on what becomes of registrations that differ from a good one in one thing each. */
export function judgesRegistrations<const R extends string>({ reasons, done, ...declared }: Judgement<R>) {
  const entries = Object.entries(reasons) as [R, RegistrationReason][];
  const trials = trialsOf(reasons);
  return defineCheck({
    party: 'authorization-server',
    pillar: 'client-registration',
    ...declared,
    assurance: 'anonymous',
    needs: ['registrations'],
    uses: ['registeredClients'],
    trials: trials.map((trial) => `registrations/${trial}`),
    reasons: declaredReasons(reasons),
    judge({ registrations, registeredClients }): Verdict<R> {
      const shut = withoutControl(registrations);
      if (shut !== undefined) return shut;
      const own = madeIn(registrations, registeredClients, trials);
      const unfounded = withoutControlAfter(registrations);
      const found = own
        // What would refuse anything refuses nothing in particular; a client that was made was made.
        .filter(
          ({ exchange, registered }) =>
            registered !== undefined || (isSettled(exchange) && !isFenced(exchange.answer) && !unfounded),
        )
        .flatMap((made) => findingOf(entries, made, registeredClients) ?? []);
      if (found.length > 0) return fail(found);
      const { stopped } = registrations;
      if (stopped !== undefined && own.every(({ exchange }) => wasNotSent(exchange))) return unasked([stopped], 0)!;
      const puzzled = own.map(({ exchange }) => exchange).find(isUnsaid);
      if (puzzled !== undefined) return noWord(puzzled);
      const nameless = own.find(isNameless);
      if (nameless !== undefined) {
        return untested(
          `a registration succeeds, and the answer names no client (what differs in it: ${registrationTrial(nameless.trial).change})`,
          'an answer with client_id where a client is made, and status 400 where none is',
        );
      }
      if (unfounded !== undefined) return unfounded;
      for (const [, { trials: each, reads, needs, lacks }] of entries) {
        const made = own.filter(({ trial, registered }) => each.includes(trial) && registered !== undefined);
        const [lacking] = made.flatMap(
          (one) => unsaid(one, reads) ?? (needs && unused(one, needs)) ?? lacks?.(one) ?? [],
        );
        if (lacking !== undefined) return lacking;
      }
      const compared = own.filter(isCompared);
      return compared.length === 0
        ? untested(
            'no web application as it should be is registered, with which these registrations could be compared',
            'an authorization server that registers clients with a secret',
          )
        : pass(`${countedWere(compared.length, 'registration')} ${done}`);
    },
    examples: {
      pass: [{ says: `all ${done}`, evidence: golden }],
      fail: mapReasons(reasons, ({ says, example }) => ({ says, evidence: example })),
    },
  });
}

function madeIn(
  evidence: Registrations,
  clients: Clients | undefined,
  trials: readonly RegistrationTrialId[],
): readonly Made[] {
  return evidence.asked.flatMap(({ trials: own, sent, exchange }) =>
    own
      .filter((trial) => trials.includes(trial))
      .map((trial) => ({ trial, sent, exchange, registered: registeredIn(exchange), evidence, clients })),
  );
}

function findingOf<R extends string>(
  entries: readonly (readonly [R, RegistrationReason])[],
  made: Made,
  clients: Clients | undefined,
): Finding<R> | undefined {
  const found = firstWrong(entries, made.trial, ({ wrong }) => wrong(made));
  const used = clients?.uses.find(({ trial }) => trial === made.trial);
  return (
    found && {
      ...found,
      actual: `${found.actual} (what differs in the registration: ${registrationTrial(made.trial).change})`,
      at: [made.exchange.id, ...(used === undefined ? [] : placesOf(used.asked))],
    }
  );
}

/** Success without a client's id, and without an error: a client may be there or not. */
function isNameless({ exchange, registered }: Made): boolean {
  return registered === undefined && isSuccess(exchange.answer) && errorOf(exchange) === undefined;
}

/** Whether a good registration of its kind makes a client. */
function isCompared({ trial, registered, evidence: { door } }: Made): boolean {
  return registered !== undefined || registrationTrial(trial).base !== 'web' || registeredIn(webIn(door)) !== undefined;
}

/** A client was made, and the answer does not say with what. */
function unsaid({ registered }: Made, member: EchoedMember | undefined): Verdict<never> | undefined {
  if (member === undefined || registered?.[member] !== undefined) return undefined;
  const because = `a client was made, and the answer does not say which ${member} it has`;
  const unlock = 'an authorization server that answers with all that is registered (RFC 7591 3.2.1)';
  return untested(
    because,
    unlock,
    member === 'redirect_uris' ? 'registration/answers-registrations-in-full' : undefined,
  );
}

/** Whether something has come between: an initial access token that is used up, a tenant that is full. */
function withoutControlAfter({ controlAfter }: Registrations): Verdict<never> | undefined {
  if (registeredIn(controlAfter) !== undefined) return undefined;
  if (controlAfter !== undefined && !isSettled(controlAfter)) return noWord(controlAfter);
  return untested(
    `the positive control is missing: after the trials a registration as it should be made no client (${controlAfter === undefined ? 'not asked' : describe(controlAfter)})`,
    'clients.initialAccessToken: a token that is good for some forty registrations; and room for ten clients',
  );
}

/** Nobody got in, so that refusals show nothing of their own. */
export function withoutControl({ control, door }: Registrations): Verdict<never> | undefined {
  const asked = REGISTRATION_CONTROLS.toReversed().flatMap((who) => door[who] ?? []);
  const controlled = control === undefined ? undefined : door[control];
  if (registeredIn(controlled) !== undefined) return undefined;
  const unsettled = asked.find((exchange) => !isSettled(exchange) || isServerError(exchange.answer));
  if (unsettled !== undefined) return noWord(unsettled);
  const refused = refusedToken(door);
  if (refused !== undefined) return untested(refused.because, refused.unlock);
  return notApplicable(`no registration as it should be makes a client here: ${describe(asked[0]!)}`);
}

export const noWord = (exchange: Exchange) => noWordOf(exchange, 'the registration endpoint');

/** The client of a trial in use. */
export function useOf({ trial, clients }: Made, wanted: RegisteredUse): AskedAuthorization | undefined {
  return clients?.uses.find(({ trial: each, use }) => each === trial && use === wanted)?.asked;
}

/** Why nothing is known of a client in use. */
function unused(made: Made, wanted: RegisteredUse): Verdict<never> | undefined {
  // A wildcard that was dropped is used nowhere.
  if (wanted === 'where-the-wildcard-fits' && !keeps(made, '*')) return undefined;
  const asked = useOf(made, wanted);
  if (asked === undefined) {
    return untested(
      'what a client that was registered is worth shows when a user signs in for it',
      'clients.public and users.first: a client and a user of the tests',
    );
  }
  const { end } = asked.journey;
  if (end.kind === 'stopped') return untested(end.because, end.unlock);
  if (wanted === 'on-the-consent-page') {
    return asked.journey.steps.includes(READ)
      ? undefined
      : untested(
          `no page asks for consent to a client that was registered for the trial (${describeEnd(end)})`,
          'an authorization server that shows its users who asks',
        );
  }
  if (codeIn(asked) !== undefined) return undefined;
  if (isBroken(asked) || isUnanswered(end)) {
    return untested(
      `the authorization request of a client that was registered for the trial ended on ${describeEnd(end)}`,
      'the run once more; users.signIn.selectors, where that page wants an answer',
    );
  }
  // Where the client gets no code at all, it is no merit that it gets none there.
  if (wanted !== 'as-it-should-be') return unused(made, 'as-it-should-be');
  return untested(
    `a client that was registered for the trial gets no code (${describeEnd(end)})`,
    'an authorization server at which registered clients work',
  );
}

/** Whether the echo has such a redirect URI. */
export function keeps({ registered }: Pick<Made, 'registered'>, part: string): boolean {
  return textsOf(registered?.redirect_uris).some((uri) => uri.includes(part));
}
