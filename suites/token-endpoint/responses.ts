import type { AskedGrant, AuthorizationSetting } from '../../fixtures/authorization-evidence.ts';
import type { EvidenceMap } from '../../fixtures/evidence.ts';
import {
  describe,
  isNoWord,
  isObject,
  isServerError,
  isSuccess,
  jsonBody,
  listHeader,
  mediaType,
} from '../../fixtures/protocol/answers.ts';
import { isFenced } from '../../fixtures/protocol/firewalls.ts';
import { errorOf } from '../../fixtures/protocol/token-answers.ts';
import { tokenGrant, withoutControl } from '../authorization/requests.ts';
import { checks, defineCheck, type Finding, fail, notApplicable, pass, untested, type Verdict } from '../check.ts';
import { answering, golden } from '../golden.ts';
import { ACCESS_TOKEN, grant, type ShortGrant } from '../golden-authorization.ts';
import { answeringCode } from '../golden-codes.ts';
import { tokenIn } from './code-requests.ts';

const COMMON = { party: 'authorization-server', pillar: 'token-issuance', assurance: 'sign-in' } as const;

/** Golden evidence whose sign-in ended with that answer of the token endpoint. */
export function redeemedAs(short: ShortGrant): EvidenceMap {
  return {
    ...golden,
    signIn: { ...golden.signIn, grants: [grant('signIn/control/grant-1', 'as it should be', short)] },
  };
}

export const forbidsStoringTokenResponses = defineCheck({
  ...COMMON,
  id: 'token-endpoint/forbids-storing-token-responses',
  title: 'Forbids caches to store token responses',
  keyword: 'MUST',
  severity: 'low',
  requirements: ['RFC6749-5.1-no-store', 'B53'],
  needs: ['signIn'],
  reasons: {
    storable: {
      says: 'A token response has no Cache-Control: no-store, so that caches and browsers may keep tokens.',
      fix: {
        general: 'Send Cache-Control: no-store with every response that holds a token (RFC 6749 5.1, OAuth 2.1 3.2.3).',
      },
    },
  },
  judge({ signIn }): Verdict<'storable'> {
    const given = tokenGrant(signIn);
    if (given?.exchange.answer === undefined) return withoutControl(signIn) ?? UNANSWERED;
    const { id, answer } = given.exchange;
    const directives = listHeader(answer, 'cache-control');
    const actual = directives.length === 0 ? 'no Cache-Control' : `Cache-Control: ${directives.join(', ')}`;
    return directives.includes('no-store')
      ? pass(actual)
      : fail([{ reason: 'storable', expected: 'Cache-Control: no-store', actual, at: [id] }]);
  },
  examples: {
    pass: [{ says: 'no-store', evidence: golden }],
    fail: {
      storable: {
        says: 'no Cache-Control',
        evidence: redeemedAs({ headers: { 'content-type': 'application/json' } }),
      },
    },
  },
});

const UNANSWERED = untested('the token endpoint did not answer', 'the run once more');

/** What of a response may be wrong; the first of equals is given. */
const FORMS = {
  'other-type': (given: Given) =>
    mediaType(given.grant.exchange.answer) === 'application/json'
      ? undefined
      : ['Content-Type: application/json', mediaType(given.grant.exchange.answer) || 'no Content-Type'],
  'no-token-type': ({ body }: Given) =>
    typeof body.token_type === 'string' && body.token_type !== '' ? undefined : ['token_type', membersOf(body)],
  'no-lifetime': ({ body }: Given) =>
    body.expires_in === undefined || body.expires_in === null ? ['expires_in', membersOf(body)] : undefined,
  'lifetime-in-another-form': ({ body: { expires_in: seconds } }: Given) =>
    seconds === undefined || seconds === null || typeof seconds === 'number'
      ? undefined
      : ['expires_in as a number', `expires_in: ${JSON.stringify(seconds)}`],
  'lifetime-too-long': ({ grant: { tokens }, body: { expires_in: said } }: Given) => {
    const { iat, exp } = tokens.access_token?.claims ?? {};
    if (typeof iat !== 'number' || typeof exp !== 'number' || typeof said !== 'number') return undefined;
    return said > exp - iat + SLACK ? [`expires_in: ${exp - iat}`, `expires_in: ${said}`] : undefined;
  },
  'narrowed-scope-unsaid': ({ grant: { tokens }, body, setting }: Given) => {
    const granted = scopesIn(tokens.access_token?.claims);
    if (granted === undefined || body.scope !== undefined) return undefined;
    const lost = setting.scope
      .split(' ')
      .filter((each) => each !== '' && !ABOUT_USERS.has(each) && !granted.includes(each));
    return lost.length === 0
      ? undefined
      : [`scope: ${granted.join(' ')}`, `no scope, though ${lost.join(', ')} was asked for and is not in the token`];
  },
} as const satisfies Readonly<Record<string, (given: Given) => readonly [string, string] | string[] | undefined>>;

interface Given {
  readonly grant: AskedGrant;
  readonly body: Readonly<Record<string, unknown>>;
  readonly setting: AuthorizationSetting;
}

/** Seconds that a lifetime may be rounded by. */
const SLACK = 60;

/** Scopes that say nothing about the API, which issuers leave out of access tokens for it. */
const ABOUT_USERS = new Set(['openid', 'profile', 'email', 'address', 'phone', 'offline_access']);

/** RFC 9068 2.2.3; `scp`: Entra, Okta. */
function scopesIn(claims: Readonly<Record<string, unknown>> | undefined): readonly string[] | undefined {
  const scope = claims?.scope ?? claims?.scp;
  if (Array.isArray(scope)) return scope.filter((each) => typeof each === 'string');
  return typeof scope === 'string' ? scope.split(' ') : undefined;
}

function membersOf(body: Readonly<Record<string, unknown>>): string {
  return `members: ${Object.keys(body).join(', ')}`;
}

const GOOD_BODY = JSON.parse(golden.signIn.grants[0]!.exchange.answer!.body) as Readonly<Record<string, unknown>>;

const withBody = (says: string, edit: Readonly<Record<string, unknown>>, tokens?: AskedGrant['tokens']) => ({
  says,
  evidence: redeemedAs({ body: { ...GOOD_BODY, ...edit }, ...(tokens && { tokens }) }),
});

export const answersInTheFormOfATokenResponse = defineCheck({
  ...COMMON,
  id: 'token-endpoint/answers-in-the-form-of-a-token-response',
  title: 'Says in JSON what the token is, how long it is good and for what',
  keyword: 'MUST',
  severity: 'medium',
  requirements: ['RFC6749-5.1-token-type-present', 'B53'],
  needs: ['signIn'],
  reasons: {
    'other-type': {
      says: 'The token response is not declared as JSON, so that clients do not look for a token in it.',
      fix: { general: 'Send Content-Type: application/json (RFC 6749 5.1).' },
    },
    'no-token-type': {
      says: 'The token response does not say what type of token it holds, so that clients do not know how to use it.',
      fix: { general: 'Add "token_type": "Bearer" (RFC 6749 5.1).' },
    },
    'no-lifetime': {
      says: 'The token response does not say how long the token is good, so that clients learn it from an error.',
      keyword: 'SHOULD',
      fix: { general: 'Add expires_in, the seconds that the access token is good (RFC 6749 5.1: RECOMMENDED).' },
    },
    'lifetime-in-another-form': {
      says: 'The lifetime in the token response is no number, which strict clients do not read.',
      keyword: 'SHOULD',
      fix: { general: 'Write expires_in as a JSON number: "expires_in": 3600 (RFC 6749 5.1).' },
    },
    'lifetime-too-long': {
      says: 'The token response says that the token is good for longer than it is: clients go on using a dead token.',
      keyword: 'SHOULD',
      fix: { general: 'Compute expires_in from the exp that the token gets.' },
    },
    'narrowed-scope-unsaid': {
      says: 'The token has less scope than was asked for, and the token response does not say so: clients take everything for granted.',
      fix: { general: 'Add scope with what was granted, wherever that is not what was asked for (RFC 6749 5.1).' },
    },
  },
  judge({ signIn }) {
    const given = tokenGrant(signIn);
    const body = jsonBody(given?.exchange.answer);
    if (given === undefined || !isObject(body)) return withoutControl(signIn) ?? UNANSWERED;
    const found = (Object.keys(FORMS) as (keyof typeof FORMS)[]).flatMap((reason) => {
      const [expected, actual] = FORMS[reason]({ grant: given, body, setting: signIn.setting }) ?? [];
      return expected === undefined || actual === undefined
        ? []
        : [{ reason, expected, actual, at: [given.exchange.id] }];
    });
    return found.length > 0 ? fail(found) : pass(membersOf(body));
  },
  examples: {
    pass: [{ says: 'all that is recommended', evidence: golden }],
    fail: {
      'other-type': {
        says: 'text/plain',
        evidence: redeemedAs({ headers: { 'content-type': 'text/plain', 'cache-control': 'no-store' } }),
      },
      'no-token-type': withBody('no token_type', { token_type: undefined }),
      'no-lifetime': withBody('no expires_in', { expires_in: undefined }),
      'lifetime-in-another-form': withBody('a text', { expires_in: '3600' }),
      'lifetime-too-long': withBody('a day for an hour', { expires_in: 86_400 }),
      'narrowed-scope-unsaid': withBody(
        'no scope',
        { scope: undefined },
        { access_token: { ...ACCESS_TOKEN, claims: { ...ACCESS_TOKEN.claims, scope: 'offline_access' } } },
      ),
    },
  },
});

/** Entra writes a scope of an API by its short name into the token, and with the URI of the API before it elsewhere. */
const isTold = (scope: string, told: readonly string[]) =>
  told.some((each) => each === scope || each.endsWith(`/${scope}`));

export const tellsEveryScopeOfItsTokens = defineCheck({
  ...COMMON,
  id: 'token-endpoint/tells-every-scope-of-its-tokens',
  title: 'Tells the client every scope that it puts into an access token',
  keyword: 'MUST',
  severity: 'high',
  requirements: ['RFC6749-3.3-scope-echo-when-changed'],
  needs: ['signIn'],
  reasons: {
    untold: {
      says: 'The access token holds scopes that nobody asked for, and the token response does not name them: neither the client nor its user knows what the token is good for.',
      fix: {
        general:
          'Put no scope into the token that was not asked for and granted; where more is given on purpose, name all of it as scope in the token response (RFC 6749 3.3 and 5.1).',
        auth0: {
          text: 'Look for api.accessToken.addScope and setCustomClaim("scope", …) in the Actions of the post-login trigger.',
          dashboard: 'Actions > Triggers > post-login',
        },
      },
    },
  },
  judge({ signIn }): Verdict<'untold'> {
    const given = tokenGrant(signIn);
    const body = jsonBody(given?.exchange.answer);
    if (given === undefined || !isObject(body)) return withoutControl(signIn) ?? UNANSWERED;
    const held = scopesIn(given.tokens.access_token?.claims);
    if (held === undefined) return notApplicable('the access token does not say its scope where we could read it');
    // 5.1: without scope in the answer the token has what was asked for; who asked for nothing gets what is usual (3.3).
    const told = scopesIn({ scope: body.scope ?? signIn.setting.scope }) ?? [];
    if (told.every((each) => each === '')) return notApplicable('no scope was asked for, and the answer names none');
    // Entra: all that was ever consented to.
    if (told.some((each) => each.endsWith('/.default')))
      return notApplicable('.default stands for whatever was granted');
    const untold = held.filter((each) => each !== '' && !ABOUT_USERS.has(each) && !isTold(each, told));
    const where = body.scope === undefined ? 'asked for, and no scope in the answer' : 'in the answer';
    return untold.length === 0
      ? pass(`scope: ${held.join(' ')}`)
      : fail([
          {
            reason: 'untold',
            expected: `scope: ${told.join(' ')} (${where})`,
            actual: `the token also holds ${untold.join(' ')}`,
            at: [given.exchange.id],
          },
        ]);
  },
  examples: {
    pass: [
      { says: 'the same in both', evidence: golden },
      withScopes('told', { scope: 'mcp:tools mcp:write' }, { scope: 'mcp:tools mcp:write' }),
      withScopes('scopes of the user', {}, { scope: `${golden.signIn.setting.scope} profile email` }),
      withScopes('short names', { scope: 'api://one/mcp.read' }, { scope: undefined, scp: 'mcp.read' }),
      withScopes('fewer', { scope: undefined }, { scope: undefined, scp: ['mcp:tools'] }),
    ],
    fail: { untold: withScopes('one more', {}, { scope: `${golden.signIn.setting.scope} admin:all` }) },
  },
});

/** The sign-in with other scopes in the answer, and in the claims of the token. */
function withScopes(says: string, edit: Readonly<Record<string, unknown>>, claims: Readonly<Record<string, unknown>>) {
  return withBody(says, edit, { access_token: { ...ACCESS_TOKEN, claims: { ...ACCESS_TOKEN.claims, ...claims } } });
}

/** RFC 6749 5.2, and what the IANA registry has for token endpoints since (RFC 8628, 8707, 9396, 9449, 9470). */
const KNOWN_ERRORS = new Set([
  'invalid_request',
  'invalid_client',
  'invalid_grant',
  'unauthorized_client',
  'unsupported_grant_type',
  'invalid_scope',
  'invalid_target',
  'access_denied',
  'invalid_authorization_details',
  'invalid_dpop_proof',
  'use_dpop_nonce',
]);

type ErrorReason = keyof typeof ERRORS;

/** What of a refusal may be wrong; of one answer the first that applies is given. */
const ERRORS = {
  'server-error': ({ exchange }: AskedGrant) => isServerError(exchange.answer),
  'success-status': ({ exchange }: AskedGrant) => isSuccess(exchange.answer),
  'not-json': ({ exchange }: AskedGrant) => !isObject(jsonBody(exchange.answer)),
  'no-error-code': ({ exchange }: AskedGrant) => errorOf(exchange) === undefined,
  'no-invalid-grant': ({ exchange }: AskedGrant, trial: string) =>
    trial === 'wrong-verifier' && errorOf(exchange) !== 'invalid_grant',
  'unknown-error-code': ({ exchange }: AskedGrant) => !KNOWN_ERRORS.has(errorOf(exchange) ?? ''),
  'other-status': ({ exchange }: AskedGrant) => ![400, 401].includes(exchange.answer?.status ?? 400),
} as const;

export const refusesCodesInTheWordsOfOAuth = defineCheck({
  ...COMMON,
  id: 'token-endpoint/refuses-codes-in-the-words-of-oauth',
  title: 'Refuses token requests in the words of OAuth',
  keyword: 'MUST',
  severity: 'medium',
  requirements: ['RFC6749-5.2-token-error-400-json', 'RFC7636-4.6-wrong-verifier', 'B06', 'B53'],
  needs: ['signIn', 'codes'],
  reasons: {
    'server-error': {
      says: 'The token endpoint fails on a wrong token request with an error of its own (status 5xx), which clients take for a passing trouble.',
      fix: { general: 'Answer what is wrong with a request with 400 and {"error": …} (RFC 6749 5.2).' },
    },
    'success-status': {
      says: 'The token endpoint refuses a token request with a status of success, so that clients look for a token.',
      fix: { general: 'Answer errors with 400, and with 401 where client authentication failed (RFC 6749 5.2).' },
    },
    'not-json': {
      says: 'An error of the token endpoint is no JSON object, so that a client cannot tell what went wrong.',
      fix: { general: 'Answer with Content-Type: application/json and {"error":"invalid_grant"} (RFC 6749 5.2).' },
    },
    'no-error-code': {
      says: 'An error of the token endpoint has no error member, so that a client cannot tell a wrong code from a wrong client.',
      fix: { general: 'Add error with a code of RFC 6749 5.2, such as invalid_grant.' },
    },
    'no-invalid-grant': {
      says: 'A wrong code verifier is refused with another error than invalid_grant, on which clients do not begin anew.',
      fix: { general: 'Answer {"error":"invalid_grant"} where the code verifier does not fit (RFC 7636 4.6).' },
    },
    'unknown-error-code': {
      says: 'The token endpoint names errors by codes that no document of OAuth knows, so that clients cannot react to them.',
      keyword: 'SHOULD',
      fix: {
        general:
          'Use invalid_request, invalid_client, invalid_grant, unauthorized_client, unsupported_grant_type, invalid_scope (RFC 6749 5.2) or invalid_target (RFC 8707 2).',
      },
    },
    'other-status': {
      says: 'The token endpoint refuses token requests with another status than 400 or 401.',
      // 5.2 says 400 "unless specified otherwise", and a gateway in front may refuse in its own way.
      keyword: 'ADVICE',
      fix: { general: 'Answer errors with 400, and with 401 where client authentication failed (RFC 6749 5.2).' },
      providerFact: {
        auth0: 'Auth0 refuses codes and refresh tokens with status 403, and its customers cannot change it.',
      },
    },
  },
  judge({ signIn, codes }): Verdict<ErrorReason> {
    // What gives no token to a good request has another trouble than its words.
    const lost = withoutControl(signIn);
    if (lost !== undefined) return lost;
    const refused = codes.asked.filter(
      ({ grant: asked }) =>
        tokenIn(asked) === undefined &&
        asked.exchange.answer !== undefined &&
        !isNoWord(asked.exchange.answer) &&
        !isFenced(asked.exchange.answer),
    );
    const wrong = refused.map(({ trial, grant: asked }) => ({
      exchange: asked.exchange,
      reason: (Object.keys(ERRORS) as ErrorReason[]).find((each) => ERRORS[each](asked, trial)),
    }));
    const found = (Object.keys(ERRORS) as ErrorReason[]).flatMap((reason): readonly Finding<ErrorReason>[] => {
      const [first, ...others] = wrong.filter((each) => each.reason === reason).map(({ exchange }) => exchange);
      if (first === undefined) return [];
      const said = errorOf(first) ?? (mediaType(first.answer) || 'no content type');
      const more = others.length === 0 ? '' : `, and ${others.length} more`;
      return [
        {
          reason,
          expected: '400 or 401 with a JSON object that has error',
          actual: `${first.asks}: ${describe(first)}, ${said}${more}`,
          at: [first, ...others].map(({ id }) => id),
        },
      ];
    });
    if (found.length > 0) return fail(found);
    return refused.length === 0
      ? untested('no token request was refused', 'a token endpoint that answers wrong token requests')
      : pass(
          `${refused.length} refusals: ${[...new Set(refused.map(({ grant: { exchange } }) => errorOf(exchange)))].join(', ')}`,
        );
  },
  examples: {
    pass: [{ says: 'invalid_grant', evidence: golden }],
    fail: {
      'server-error': wrongVerifier('500', { status: 500, body: { error: 'server_error' } }),
      'success-status': wrongVerifier('200 with an error', {
        status: 200,
        body: { error: 'invalid_grant' },
        tokens: {},
      }),
      'not-json': {
        says: 'a text',
        evidence: answering(/^codes\/wrong-verifier$/, { status: 400, body: 'wrong' }),
      },
      'no-error-code': wrongVerifier('a message', { status: 400, body: { message: 'wrong' } }),
      'no-invalid-grant': wrongVerifier('invalid_request', { status: 400, body: { error: 'invalid_request' } }),
      'unknown-error-code': {
        says: 'a word of its own',
        evidence: answeringCode(golden, 'verifier-missing', { status: 400, body: { error: 'NO_VERIFIER' } }),
      },
      'other-status': wrongVerifier('403', { status: 403, body: { error: 'invalid_grant' } }),
    },
  },
});

function wrongVerifier(says: string, short: ShortGrant) {
  return { says, evidence: answeringCode(golden, 'wrong-verifier', short) };
}

export const responseChecks = checks(
  forbidsStoringTokenResponses,
  answersInTheFormOfATokenResponse,
  tellsEveryScopeOfItsTokens,
  refusesCodesInTheWordsOfOAuth,
);
