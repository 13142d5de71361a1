import type { AskedAuthorization, AskedGrant, ClientKind } from '../../fixtures/authorization-evidence.ts';
import type { EvidenceMap } from '../../fixtures/evidence.ts';
import { parameter } from '../../fixtures/journey.ts';
import { describe, isSettled } from '../../fixtures/protocol/answers.ts';
import { errorOf } from '../../fixtures/protocol/token-answers.ts';
import { first } from '../../fixtures/trials/authorization/trial.ts';
import { describeEnd } from '../authorization/requests.ts';
import {
  checks,
  defineCheck,
  type Finding,
  fail,
  notApplicable,
  outOfScope,
  pass,
  untested,
  type Verdict,
} from '../check.ts';
import { unheard } from '../delivery.ts';
import { golden } from '../golden.ts';
import { control, journey, withError } from '../golden-authorization.ts';
import { forThemselves } from '../golden-known-clients.ts';
import { answeringTrials, refused, tokenOf } from '../golden-tokens.ts';
import { areRefusedTheGrant, describeGrant, scopesOf, tokenCameOut, withoutSight } from '../token-endpoint/trials.ts';
import { unasked } from '../unasked.ts';

/** Clients that the operator registered for the tests, which is how MCP would have clients known first of all. */

type Seen = Pick<EvidenceMap, 'signIn'> & Partial<Pick<EvidenceMap, 'clientAuthentication' | 'machineToken'>>;
type Kind = Extract<ClientKind, 'public' | 'confidential' | 'privateKeyJwt'>;

/** How far one of the clients got with requests as they should be. */
interface Way {
  readonly client: Kind;
  readonly asked: AskedAuthorization;
  readonly grants: readonly AskedGrant[];
}

const NAMES: Readonly<Record<ClientKind, string>> = {
  public: 'the public client',
  confidential: 'the client with a secret',
  privateKeyJwt: 'the client with a key',
  machine: 'the client that acts for itself',
};

/** Each client's own way; the last one counts, which is asked for once those before it led to nothing. */
function waysOf({ signIn, clientAuthentication }: Seen): readonly Way[] {
  const further = (['confidential', 'privateKeyJwt'] as const).flatMap((client) => {
    const [asked] = clientAuthentication?.signIns.filter((each) => each.client === client) ?? [];
    const grants = clientAuthentication?.asked.filter(({ trial }) => trial === `${client}-control`) ?? [];
    return asked === undefined || client === signIn.client ? [] : [{ client, asked, grants }];
  });
  return [{ client: signIn.client as Kind, asked: signIn, grants: signIn.grants }, ...further];
}

/** Errors that a client gets on account of what it is, or what it may ask for (RFC 6749 4.1.2.1, RFC 8707 2). */
const OF_THE_CLIENT = [
  'unauthorized_client',
  'invalid_client',
  'invalid_request',
  'invalid_scope',
  'invalid_target',
  'unsupported_response_type',
];

const asRegistered =
  'Compare what the profile says with what is registered: id, redirect URI, secret or key, the way to authenticate, and grant types.';

export const letsRegisteredClientsSignUsersIn = defineCheck({
  id: 'registration/lets-registered-clients-sign-users-in',
  title: 'Lets the clients that were registered beforehand sign users in, and gives them tokens',
  // RFC 6749 5.1 says what a server does and no keyword; whether the server or the profile is wrong, no run can tell.
  keyword: 'SHOULD',
  severity: 'high',
  party: 'authorization-server',
  pillar: 'client-registration',
  requirements: ['PRACTICE-registered-clients-work'],
  assurance: 'sign-in',
  needs: ['signIn'],
  uses: ['clientAuthentication'],
  reasons: {
    'no-code': {
      says: 'A client that was registered beforehand is turned away at the authorization endpoint: no user comes in by it.',
      fix: {
        general: asRegistered,
        auth0: {
          text: 'Enable a connection for the application (a domain-level one where it is third party), grant it the API of the MCP server, and write its callback exactly as it asks for it.',
          dashboard: 'Applications > YOUR_APPLICATION > Connections; APIs; Settings > Allowed Callback URLs',
        },
      },
    },
    'no-token': {
      says: 'A client that was registered beforehand gets a code and no token for it.',
      fix: {
        general: asRegistered,
        auth0: {
          text: 'Set the authentication method that the client uses, and allow it the grant type Authorization Code.',
          dashboard: 'Applications > YOUR_APPLICATION > Credentials; Settings > Advanced Settings > Grant Types',
        },
      },
    },
  },
  judge(seen): Verdict<'no-code' | 'no-token'> {
    const ways = waysOf(seen);
    const found = ways.flatMap((way) => wrongWith(way) ?? []);
    if (found.length > 0) return fail(found);
    const unclear = ways.filter(({ grants }) => !grants.some(isGood));
    const [way] = unclear;
    if (way === undefined) return pass(`${ways.map(({ client }) => NAMES[client]).join(', ')}: an access token`);
    const last = way.grants.at(-1)?.exchange;
    const { end } = way.asked.journey;
    return (
      (last && unheard(last)) ??
      (end.kind === 'stopped'
        ? untested(end.because, end.unlock)
        : untested(
            `${NAMES[way.client]} got no token: ${last === undefined ? describeEnd(end) : describe(last)}`,
            `clients.${way.client} and users.first: a client that may ask for this resource, and a user who may use it`,
          ))
    );
  },
  examples: {
    pass: [{ says: 'each gets a token', evidence: golden }],
    fail: {
      'no-code': {
        says: 'the client with a key may not ask',
        evidence: {
          ...golden,
          clientAuthentication: {
            asked: golden.clientAuthentication.asked.filter(({ trial }) => trial !== 'privateKeyJwt-control'),
            unfit: {},
            signIns: [
              {
                ...control('clientAuthentication/privateKeyJwt/sign-in-1'),
                client: 'privateKeyJwt',
                journey: journey('clientAuthentication/privateKeyJwt/sign-in-1', withError('unauthorized_client')),
                grants: [],
              },
            ],
          },
        },
      },
      'no-token': {
        says: 'its secret is not taken',
        evidence: answeringTrials(
          golden,
          'clientAuthentication',
          { 'confidential-control': refused('invalid_client', 401) },
          {
            signIns: [
              { ...control('clientAuthentication/confidential/sign-in-1'), client: 'confidential', grants: [] },
            ],
          },
        ),
      },
    },
  },
});

const isGood = (grant: AskedGrant) => isSettled(grant.exchange) && tokenCameOut(grant) !== undefined;

function wrongWith({ client, asked, grants }: Way): Finding<'no-code' | 'no-token'> | undefined {
  if (grants.some((each) => tokenCameOut(each) !== undefined)) return undefined;
  const last = grants.at(-1);
  if (last !== undefined) {
    if (!isRefused(last)) return undefined;
    return {
      reason: 'no-token',
      expected: 'an access token for a good code',
      actual: `${NAMES[client]}: ${describeGrant(last)}`,
      at: grants.map(({ exchange }) => exchange.id),
    };
  }
  const { end, hops } = asked.journey;
  const isError = end.kind === 'left' && OF_THE_CLIENT.includes(parameter(end, 'error') ?? '');
  const isErrorPage = end.kind === 'page' && end.status >= 400 && end.status < 500 && end.status !== 429;
  if (!isError && !isErrorPage) return undefined;
  return {
    reason: 'no-code',
    expected: 'a code',
    actual: `${NAMES[client]}: ${describeEnd(end)}`,
    at: [hops.at(-1)?.id ?? asked.journey.id],
  };
}

/** RFC 6749 5.2, and 403, which Auth0 answers. */
const REFUSALS = [400, 401, 403];

/** An answer about the request, and none about the endpoint (404, 405) or the state of the server (429, 5xx). */
function isRefused({ exchange }: AskedGrant): boolean {
  return isSettled(exchange) && REFUSALS.includes(exchange.answer?.status ?? 0) && errorOf(exchange) !== undefined;
}

/** Auth0's own word is access_denied. */
const NO_MACHINE = ['invalid_client', 'unauthorized_client', 'unsupported_grant_type', 'access_denied'];

export const letsMachineClientsIn = defineCheck({
  id: 'registration/lets-registered-machine-clients-in',
  title: 'Gives the client that was registered to act for itself a token',
  keyword: 'SHOULD',
  severity: 'medium',
  party: 'authorization-server',
  pillar: 'client-registration',
  requirements: ['PRACTICE-registered-clients-work', 'MCP-ext-cc-grant'],
  assurance: 'anonymous',
  needs: ['machineToken'],
  trials: ['machineToken/good'],
  reasons: {
    refused: {
      says: 'The client that was registered to act for itself gets no token for the server.',
      fix: {
        general: `${asRegistered} It needs the grant type client_credentials, and leave to use this API.`,
        auth0: {
          text: 'Make it a Machine to Machine application, and authorize it for the API whose identifier is the URL of the MCP server.',
          dashboard: 'Applications > APIs > YOUR_API > Machine to Machine Applications',
        },
      },
    },
  },
  judge({ machineToken: { asked } }) {
    const made = asked.filter(({ trial }) => trial === 'good');
    const nothing = made.map(({ exchange }) => unheard(exchange)).find((each) => each !== undefined);
    if (nothing !== undefined) return nothing;
    if (made.some(isGood)) return pass('an access token');
    // The one that asks for least comes last.
    const last = made.at(-1);
    if (last === undefined || !isRefused(last) || !NO_MACHINE.includes(errorOf(last.exchange) ?? '')) {
      return untested(
        `no request for a token was good enough (${last === undefined ? 'none was made' : describeGrant(last)})`,
        'server.scopes and the resource of the metadata: what the authorization server knows',
      );
    }
    return fail([
      {
        reason: 'refused',
        expected: 'an access token',
        actual: describeGrant(last),
        at: made.map(({ exchange }) => exchange.id),
      },
    ]);
  },
  examples: {
    pass: [{ says: 'a token', evidence: golden }],
    fail: {
      refused: {
        says: 'it may not use the grant',
        evidence: answeringTrials(golden, 'machineToken', { good: refused('unauthorized_client') }),
      },
    },
  },
});

/** Of users, and of no API (OpenID Connect Core 5.4, 11). */
const OF_OPENID = ['openid', 'profile', 'email', 'address', 'phone', 'offline_access'];

/** The good token of each client, and the scope that was asked for. */
function tokensOf({ signIn, clientAuthentication, machineToken }: Partial<Seen>) {
  const ways = signIn === undefined ? [] : waysOf({ signIn, ...(clientAuthentication && { clientAuthentication }) });
  const ofUsers = ways.flatMap(({ client, asked, grants }) =>
    grants.flatMap((grant) =>
      tokenCameOut(grant) === undefined ? [] : [{ client, grant, requested: first(asked.parameters, 'scope') }],
    ),
  );
  const own = machineToken?.asked.find((each) => each.trial === 'good' && tokenCameOut(each) !== undefined);
  return [...ofUsers, ...(own === undefined ? [] : [{ client: 'machine' as const, grant: own, requested: undefined }])];
}

export const givesRegisteredClientsTheirScopesAlone = defineCheck({
  id: 'registration/gives-registered-clients-their-scopes-alone',
  title: 'Gives the clients that were registered beforehand no scopes but those that they were granted',
  keyword: 'SHOULD',
  severity: 'high',
  party: 'authorization-server',
  pillar: 'client-registration',
  requirements: ['PRACTICE-registered-clients-scopes'],
  assurance: 'anonymous',
  needs: ['knownClients'],
  uses: ['signIn', 'clientAuthentication', 'machineToken'],
  reasons: {
    wider: {
      says: 'A client gets scopes that, as the profile says, it was never granted: whoever has its tokens can do more than anybody meant.',
      fix: {
        general:
          'Grant each client the scopes that it needs, and leave out of its tokens what was not granted, whatever the request names (RFC 6749 3.3, RFC 9700 2.3). If the client is meant to have them, write them into the profile.',
        auth0: {
          text: 'Reduce the permissions that the application was granted, and look at RBAC and at actions that add scopes.',
          dashboard: 'Applications > APIs > YOUR_API > Application Access',
        },
      },
    },
  },
  judge({ knownClients: { scopes }, ...seen }): Verdict<'wider'> {
    if (Object.keys(scopes).length === 0) {
      return outOfScope(
        'the profile does not say which scopes its clients were granted',
        'clients.*.scopes: the scopes that the client was granted',
      );
    }
    const given = tokensOf(seen).filter(({ client }) => scopes[client] !== undefined);
    const nothing = given.map(({ grant }) => unheard(grant.exchange)).find((each) => each !== undefined);
    if (nothing !== undefined) return nothing;
    const found = given.flatMap(({ client, grant, requested }): readonly Finding<'wider'>[] => {
      const allowed = [...scopes[client]!, ...OF_OPENID];
      const more = (scopesOf(grant, requested) ?? []).filter((scope) => !allowed.includes(scope));
      if (more.length === 0) return [];
      const expected = `no scopes but ${scopes[client]!.join(' ') || 'none'}`;
      const actual = `${NAMES[client]}: a token that also holds ${more.join(' ')}`;
      return [{ reason: 'wider', expected, actual, at: [grant.exchange.id] }];
    });
    if (found.length > 0) return fail(found);
    if (given.length === 0) {
      return untested(
        'none of the clients whose scopes the profile says got a token',
        'a run in which they get tokens',
      );
    }
    const hidden = given.find(({ grant, requested }) => scopesOf(grant, requested) === undefined);
    if (hidden !== undefined) return withoutSight(hidden.grant);
    return pass(given.map(({ client }) => `${NAMES[client]}: no more than it was granted`).join('; '));
  },
  examples: {
    pass: [{ says: 'as granted', evidence: golden }],
    fail: {
      wider: {
        says: 'an administrator’s scope beside its own',
        evidence: answeringTrials(golden, 'machineToken', { good: tokenOf({ scope: 'mcp:tools mcp:admin' }) }),
      },
    },
  },
});

export const letsClientsOfUsersNotActForThemselves = defineCheck({
  id: 'registration/lets-clients-of-users-not-act-for-themselves',
  title: 'Gives clients that users sign in with no tokens without a user',
  // RFC 6749 4.4 leaves the grant to any client with credentials, so that nothing forbids it.
  keyword: 'ADVICE',
  severity: 'medium',
  party: 'authorization-server',
  pillar: 'client-registration',
  requirements: ['PRACTICE-registered-clients-grants'],
  assurance: 'sign-in',
  needs: ['knownClients', 'clientAuthentication'],
  trials: ['knownClients/confidential-for-itself', 'knownClients/privateKeyJwt-for-itself'],
  reasons: {
    'own-token': {
      says: 'A client that users sign in with also gets tokens in its own name: whoever steals its secret needs no user.',
      fix: {
        general:
          'Register clients of users for authorization_code and refresh_token alone, and a client of its own for each job that runs without them (RFC 7591 2).',
        auth0: {
          text: 'Take the grant type Client Credentials away from the application; Auth0 gives it to regular web applications unasked.',
          dashboard:
            'Applications > YOUR_APPLICATION > Settings > Advanced Settings > Grant Types > Client Credentials',
        },
      },
    },
  },
  judge({ knownClients: { asked, unfit }, clientAuthentication }): Verdict<'own-token'> {
    const found = asked
      .filter((each) => tokenCameOut(each) !== undefined)
      .map(({ client, exchange }) => ({
        reason: 'own-token' as const,
        expected: 'unauthorized_client',
        actual: `${NAMES[client]}, without a user: an access token`,
        at: [exchange.id],
      }));
    const nothing = asked.map(({ exchange }) => unheard(exchange)).find((each) => each !== undefined);
    if (nothing !== undefined) return nothing;
    if (found.length > 0) return fail(found);
    const unmade = unasked(Object.values(unfit), asked.length);
    if (unmade !== undefined) return unmade;
    const kinds = [...new Set(asked.map(({ client }) => client))];
    if (kinds.length === 0) return notApplicable('no client can prove who it is');
    const unproved = kinds.find(
      (kind) => !clientAuthentication.asked.some((each) => each.trial === `${kind}-control` && isGood(each)),
    );
    if (unproved !== undefined) {
      return untested(
        `the positive control is missing: ${NAMES[unproved]} got no token with a user either`,
        `clients.${unproved}: credentials that are right`,
        letsRegisteredClientsSignUsersIn.id,
      );
    }
    // One that could not prove who it is, or named what nobody knows, was not refused the grant.
    const unsaid = kinds
      .map((kind) => asked.filter(({ client }) => client === kind))
      .filter((own) => !areRefusedTheGrant(own))
      .map((own) => own.at(-1)!)
      .find((last) => !NO_GRANT.includes(errorOf(last.exchange) ?? ''));
    if (unsaid !== undefined) {
      return untested(
        `${NAMES[unsaid.client]} is refused for another reason than the grant (${describeGrant(unsaid)})`,
        'a token endpoint that looks at the grant type of a client before the rest of its request',
      );
    }
    return pass(kinds.map((kind) => `${NAMES[kind]}: refused`).join('; '));
  },
  examples: {
    pass: [{ says: 'refused', evidence: golden }],
    fail: { 'own-token': { says: 'a token', evidence: { ...golden, knownClients: forThemselves({}) } } },
  },
});

/** Auth0 says access_denied of an API that the client was not granted, which comes to the same. */
const NO_GRANT = ['unauthorized_client', 'unsupported_grant_type', 'access_denied', 'invalid_grant'];

export const knownClientChecks = checks(
  letsRegisteredClientsSignUsersIn,
  letsMachineClientsIn,
  givesRegisteredClientsTheirScopesAlone,
  letsClientsOfUsersNotActForThemselves,
);
