import type { EvidenceMap, Exchange } from '../../fixtures/evidence.ts';
import { describe, isServed, isSettled, isSuccess } from '../../fixtures/protocol/answers.ts';
import { isUnsaid } from '../../fixtures/protocol/firewalls.ts';
import { registeredIn, textsOf } from '../../fixtures/protocol/registrations.ts';
import type { ManagedStep } from '../../fixtures/registration-evidence.ts';
import { codeIn, describeEnd, isBroken } from '../authorization/requests.ts';
import {
  type Check,
  checks,
  defineCheck,
  type Finding,
  fail,
  notApplicable,
  pass,
  type Reason,
  untested,
  type Verdict,
} from '../check.ts';
import { golden } from '../golden.ts';
import { control, grant, journey, withCode } from '../golden-authorization.ts';
import { MANAGED, managing } from '../golden-registration.ts';
import { declaredReasons, mapReasons } from '../reasons.ts';
import { countedWere } from '../words.ts';
import { noWord } from './trials.ts';

type Managed = EvidenceMap['managedRegistrations'];

interface StepReason extends Reason {
  readonly steps: readonly [ManagedStep, ...ManagedStep[]];
  readonly expected: string;
  /** Why it may be that nothing of it was asked; absent: that says nothing. */
  readonly unasked?: string;
  wrong(exchange: Exchange, evidence: Managed): string | undefined;
  readonly example: EvidenceMap;
}

interface Judgement<R extends string>
  extends Pick<Check, 'id' | 'title' | 'keyword' | 'severity' | 'requirements'>,
    Partial<Pick<Check, 'party' | 'pillar'>> {
  readonly reasons: Readonly<Record<R, StepReason>>;
  readonly done: string;
  /** The step without whose success the others show nothing of their own; absent: the right token reads. */
  readonly control?: keyof typeof CONTROLS;
  /** Where the control went well and none of the steps was taken; absent: that says nothing. */
  readonly idle?: string;
  /** What else it takes before nothing wrong means that all is well. */
  lacks?(evidence: Managed): Verdict<never> | undefined;
}

/** A check on what a client's configuration endpoint (RFC 7592) does. */
function judgesManagement<const R extends string>({
  reasons,
  done,
  control = 'read',
  idle,
  lacks,
  ...declared
}: Judgement<R>) {
  const entries = Object.entries(reasons) as [R, StepReason][];
  const steps = [...new Set(entries.flatMap(([, reason]) => reason.steps))];
  return defineCheck({
    party: 'authorization-server',
    pillar: 'client-registration',
    ...declared,
    assurance: 'anonymous',
    needs: ['managedRegistrations'],
    trials: steps.map((step) => `managedRegistrations/${step}`),
    reasons: declaredReasons(reasons),
    judge({ managedRegistrations }): Verdict<R> {
      const { asked } = managedRegistrations;
      const found = steps.flatMap((step): Finding<R>[] => {
        const exchange = asked[step];
        if (exchange === undefined || !isSettled(exchange)) return [];
        return entries.flatMap(([reason, { steps: own, expected, wrong }]) => {
          const actual = own.includes(step) ? wrong(exchange, managedRegistrations) : undefined;
          return actual === undefined
            ? []
            : [{ reason, expected, actual: `${exchange.asks}: ${actual}`, at: [exchange.id] }];
        });
      });
      if (found.length > 0) return fail(found);
      const own = steps.flatMap((step) => asked[step] ?? []);
      const puzzled = [...own, ...(asked[control] === undefined ? [] : [asked[control]])].find(isUnsaid);
      if (puzzled !== undefined) return noWord(puzzled);
      const unfounded = withoutStep(control, asked[control]);
      if (unfounded !== undefined) return unfounded;
      if (own.length === 0) {
        return idle === undefined
          ? untested('what comes before it did not go as it should', 'a run in which it does')
          : notApplicable(idle);
      }
      return (
        lacks?.(managedRegistrations) ??
        pass(
          [
            `${countedWere(own.length, 'request')} ${done}`,
            ...entries.flatMap(([, { steps: each, unasked }]) =>
              unasked === undefined || each.some((step) => asked[step] !== undefined) ? [] : [unasked],
            ),
          ].join('; '),
        )
      );
    },
    examples: {
      pass: [{ says: done, evidence: golden }],
      fail: mapReasons(reasons, ({ says, example }) => ({ says, evidence: example })),
    },
  });
}

const CONTROLS = {
  read: 'the registration access token does not read what is registered',
  update: 'a change as it should be is not made',
  delete: 'a client is not deleted',
} as const;

/** What a server answers that does not offer it, or not to this client (RFC 7592 2.1 to 2.3). */
const NOT_OFFERED = [403, 405, 501];

/** Where the right request leads to nothing, it is no merit that others do not. */
function withoutStep(step: keyof typeof CONTROLS, exchange: Exchange | undefined): Verdict<never> | undefined {
  const isDone = step === 'read' ? registeredIn(exchange) !== undefined : isSuccess(exchange?.answer);
  if (isDone) return undefined;
  const said = `${CONTROLS[step]} (${exchange === undefined ? 'not asked' : describe(exchange)})`;
  return NOT_OFFERED.includes(exchange?.answer?.status ?? 0)
    ? notApplicable(`${said}: the server does not offer it to registered clients`)
    : untested(`the positive control is missing: ${said}`, 'a configuration endpoint that works (RFC 7592 2)');
}

const shown = (exchange: Exchange) =>
  registeredIn(exchange) === undefined ? undefined : `${describe(exchange)} with what is registered`;
const SHOWN = { status: 200, body: MANAGED } as const;
const NOT_SHOWN = { expected: 'status 401, 403 or 404', wrong: shown } as const;

export const guardsConfigurations = judgesManagement({
  id: 'registration/guards-the-configurations-of-clients',
  title: 'Shows what a client registered to its own registration access token alone',
  keyword: 'MUST',
  severity: 'critical',
  requirements: ['D25', 'D26', 'RFC7592-2.1-read-needs-token', 'RFC7592-2.1-cross-client-read'],
  done: 'refused',
  reasons: {
    'without-token': {
      says: 'What a client registered, its secret among it, is shown without a token.',
      fix: {
        general:
          'Ask for the registration access token at the configuration endpoint (RFC 7592 2.1), and answer 401 without it.',
      },
      steps: ['read-without-token'],
      ...NOT_SHOWN,
      example: managing(golden, 'read-without-token', SHOWN),
    },
    'any-token': {
      says: 'What a client registered, its secret among it, is shown for any token at all.',
      fix: { general: 'Compare the registration access token with the one that this client was given (RFC 7592 2.1).' },
      steps: ['read-with-unknown-token'],
      ...NOT_SHOWN,
      example: managing(golden, 'read-with-unknown-token', SHOWN),
    },
    'token-of-another': {
      says: 'A client reads with its own token what another client registered, its secret among it.',
      fix: { general: 'Compare the registration access token with the one that this client was given (RFC 7592 2.1).' },
      steps: ['read-with-token-of-another'],
      unasked:
        'the token of another client was not tried: a server may revoke it for that, and without management nothing would remove its client',
      ...NOT_SHOWN,
      example: managing(golden, 'read-with-token-of-another', SHOWN),
    },
  },
});

export const keepsTokensApart = judgesManagement({
  id: 'registration/keeps-registration-tokens-from-the-mcp-server',
  title: 'Takes no registration access token for an access token',
  keyword: 'MUST',
  severity: 'critical',
  party: 'mcp-server',
  pillar: 'server-side-validation',
  requirements: ['D27', 'MCP-token-no-other-accepted'],
  done: 'refused',
  reasons: {
    served: {
      says: 'The MCP server serves whoever brings a registration access token, which a stranger gets by registering.',
      fix: { general: 'Accept access tokens alone that were issued for this server: issuer, audience and type.' },
      steps: ['token-at-the-server'],
      expected: 'status 401',
      wrong: (exchange) => (isServed(exchange) ? describe(exchange) : undefined),
      example: managing(golden, 'token-at-the-server', {
        status: 200,
        body: { jsonrpc: '2.0', id: 1, result: { tools: [] } },
      }),
    },
  },
});

export const changesByTheSameRules = judgesManagement({
  id: 'registration/changes-clients-by-the-rules-of-registration',
  title: 'Changes clients by the rules that registrations have',
  keyword: 'MUST',
  severity: 'high',
  requirements: [
    'D28',
    'D29',
    'RFC7592-2.2-put-wrong-client-id',
    'RFC7592-2.2-no-chosen-secret',
    'RFC7592-2.2-put-validates-redirects',
    'RFC7592-2.2-put-replaces',
    'RFC7592-2.1-client-id-stable',
  ],
  done: 'made, refused, or without effect',
  control: 'update',
  reasons: {
    'script-as-redirect': {
      says: 'A client changes its redirect URI to one that runs a script, which it could not have registered.',
      fix: { general: 'Check a change as you check a registration (RFC 7592 2.2).' },
      steps: ['update-with-script-redirect', 'read-after-script-redirect'],
      expected: 'an error, or a client without it',
      wrong: (exchange) =>
        textsOf(registeredIn(exchange)?.redirect_uris).some((uri) => uri.trim() === 'javascript:alert(1)')
          ? 'javascript:alert(1) is registered'
          : undefined,
      example: managing(golden, 'update-with-script-redirect', {
        status: 200,
        body: { ...MANAGED, redirect_uris: ['javascript:alert(1)'] },
      }),
    },
    'another-id': {
      says: 'A client takes another client_id by a change.',
      fix: { general: 'Refuse a change that names another client_id (RFC 7592 2.2); ids never change.' },
      steps: ['update', 'update-with-another-id', 'read-after-updates'],
      expected: 'an error, or the same client_id',
      wrong(exchange, { clientId }) {
        const id = registeredIn(exchange)?.client_id;
        return id !== undefined && id !== clientId ? 'another client_id' : undefined;
      },
      example: managing(golden, 'update-with-another-id', { status: 200, body: { ...MANAGED, client_id: 'another' } }),
    },
    'chosen-secret': {
      says: 'A client chooses its own secret by a change.',
      fix: { general: 'Refuse a client_secret that is not the one the client has (RFC 7592 2.2).' },
      steps: ['update-with-chosen-secret', 'read-after-updates'],
      expected: 'an error, or another client_secret',
      wrong: (exchange, { chosenSecret }) =>
        registeredIn(exchange)?.client_secret === chosenSecret ? 'client_secret is the one that was sent' : undefined,
      example: managing(golden, 'update-with-chosen-secret', {
        status: 200,
        body: { ...MANAGED, client_secret: golden.managedRegistrations.chosenSecret },
      }),
    },
  },
});

export const retiresOldTokens = judgesManagement({
  id: 'registration/retires-registration-tokens-it-replaces',
  title: 'Takes a registration access token no longer once it gave a new one',
  keyword: 'SHOULD',
  severity: 'medium',
  requirements: ['D31'],
  done: 'refused',
  control: 'update',
  idle: 'a client keeps the registration access token that it has, which is the server’s to decide (RFC 7592 5)',
  reasons: {
    'old-token-lives': {
      says: 'A registration access token is good after it was replaced by a new one.',
      fix: { general: 'Discard the old registration access token when you issue a new one (RFC 7592 5).' },
      steps: ['read-with-old-token'],
      expected: 'status 401',
      wrong: shown,
      example: managing(golden, 'read-with-old-token', SHOWN),
    },
  },
});

export const takesTokensInHeaders = judgesManagement({
  id: 'registration/takes-registration-tokens-in-the-header-alone',
  title: 'Takes registration access tokens in the Authorization header alone',
  keyword: 'SHOULD',
  severity: 'medium',
  requirements: ['D32'],
  done: 'refused',
  reasons: {
    'in-the-url': {
      says: 'A registration access token is taken from the query of the URL, where logs and histories keep it.',
      fix: { general: 'Take it from the Authorization header alone (RFC 7592 2, RFC 6750 2.3).' },
      steps: ['read-with-token-in-url'],
      expected: 'status 400 or 401',
      wrong: shown,
      example: managing(golden, 'read-with-token-in-url', SHOWN),
    },
  },
});

const isAuthorized = ({ authorized }: Managed) => authorized !== undefined && codeIn(authorized) !== undefined;

const deletedUses = (changes: Partial<Managed>): EvidenceMap => ({
  ...golden,
  managedRegistrations: { ...golden.managedRegistrations, ...changes },
});

export const deletesForGood = judgesManagement({
  id: 'registration/deletes-clients-for-good',
  title: 'Deletes a client for good when the client asks for it',
  keyword: 'MUST',
  severity: 'high',
  requirements: [
    'D30',
    'D30b',
    'RFC7592-2.3-delete-204',
    'RFC7592-2.3-deleted-client-dead',
    'RFC7592-2.1-unknown-client-401',
  ],
  done: 'answered as it should be',
  control: 'delete',
  lacks({ asked, authorized, refreshed }) {
    if (asked['read-after-delete'] === undefined) {
      return untested('nothing was asked after the deletion', 'a run that asks');
    }
    const end = authorized?.journey.end;
    if (end?.kind === 'stopped') return untested(end.because, end.unlock);
    if (authorized !== undefined && isBroken(authorized)) {
      return untested(
        `the authorization request of the client that was deleted ended on ${describeEnd(authorized.journey.end)}`,
        'the run once more, when the authorization server answers',
      );
    }
    return refreshed === undefined || !isUnsaid(refreshed.exchange) ? undefined : noWord(refreshed.exchange);
  },
  reasons: {
    'other-status': {
      says: 'The deletion of a client is answered with another status than 204.',
      fix: { general: 'Answer DELETE with 204, or with 405 where clients cannot be deleted (RFC 7592 2.3).' },
      keyword: 'SHOULD',
      steps: ['delete'],
      expected: 'status 204, or 405',
      wrong: (exchange) =>
        isSuccess(exchange.answer) && exchange.answer?.status !== 204 ? describe(exchange) : undefined,
      example: managing(golden, 'delete', { status: 200 }),
    },
    'still-read': {
      says: 'What a deleted client registered is still shown.',
      fix: { general: 'Answer 401 for clients that are gone (RFC 7592 2.1), and revoke their tokens.' },
      steps: ['read-after-delete'],
      expected: 'status 401',
      wrong: shown,
      example: managing(golden, 'read-after-delete', SHOWN),
    },
    'still-authorized': {
      says: 'A user can still sign in for a client that was deleted.',
      fix: { general: 'Refuse authorization requests of clients that are gone (RFC 7592 2.3).' },
      steps: ['delete'],
      expected: 'no code',
      wrong: (_, evidence) => (isAuthorized(evidence) ? 'its users get a code' : undefined),
      example: deletedUses({
        authorized: {
          ...control('managedRegistrations/authorize'),
          journey: journey('managedRegistrations/authorize', withCode('deleted')),
          grants: [],
        },
      }),
    },
    'refresh-token-lives': {
      says: 'The refresh token of a deleted client still gives access tokens.',
      fix: { general: 'Invalidate the grants and tokens of a client with it (RFC 7592 2.3).' },
      keyword: 'SHOULD',
      steps: ['delete'],
      expected: 'an error',
      // Of a client that lives on nothing else is to be expected.
      wrong: (_, evidence) =>
        evidence.refreshed?.tokens.access_token === undefined || isAuthorized(evidence)
          ? undefined
          : 'it gets an access token',
      example: deletedUses({ refreshed: grant('managedRegistrations/refresh', 'with a refresh token') }),
    },
  },
});

export const managementChecks = checks(
  guardsConfigurations,
  keepsTokensApart,
  changesByTheSameRules,
  retiresOldTokens,
  takesTokensInHeaders,
  deletesForGood,
);
