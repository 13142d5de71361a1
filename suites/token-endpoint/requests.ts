import type { AskedGrant } from '../../fixtures/authorization-evidence.ts';
import { header, headerValues, isObject, isServerError, jsonBody } from '../../fixtures/protocol/answers.ts';
import { parseChallenges } from '../../fixtures/protocol/challenges.ts';
import { errorOf } from '../../fixtures/protocol/token-answers.ts';
import { checks, notApplicable, outOfScope, untested, type Verdict } from '../check.ts';
import { golden } from '../golden.ts';
import { type Answers, answeringTrials, refused } from '../golden-tokens.ts';
import { describeGrant, judgesTokenTrials, tokenCameOut } from './trials.ts';

const answering = (answers: Answers<'tokenRequests'>) => answeringTrials(golden, 'tokenRequests', answers);

const ANYBODY = { key: 'tokenRequests', assurance: 'anonymous', controls: [] } as const;

type TokenRequests = (typeof golden)['tokenRequests'];

/** The code that nobody issued was looked up: the request was taken for a good one. */
const wasRead = (asked: AskedGrant) =>
  tokenCameOut(asked) ??
  (errorOf(asked.exchange) === 'invalid_grant' ? 'invalid_grant: its code was looked up' : undefined);

/** Whether a request is read can be told where the same request, as it should be, is: for a client that is known. */
function unreadControl({ asked }: TokenRequests): Verdict<never> | undefined {
  const control = asked.find(({ trial }) => trial === 'control');
  if (control !== undefined && wasRead(control) !== undefined) return undefined;
  const because = `a token request for a code that nobody issued is answered with ${control === undefined ? 'nothing' : describeGrant(control)}, so that nothing shows which requests are read`;
  return control !== undefined && errorOf(control.exchange) === 'invalid_client'
    ? outOfScope(because, 'clients.public: a public client registered for the tests, with its redirect URI')
    : untested(because, 'a token endpoint that answers invalid_grant to a code that nobody issued (RFC 6749 5.2)');
}

export const takesTokenRequestsByPostAlone = judgesTokenTrials({
  ...ANYBODY,
  id: 'token-endpoint/takes-token-requests-by-post-alone',
  title: 'Takes token requests by POST alone, and from the body',
  // RFC 6749 3.2 binds clients.
  keyword: 'SHOULD',
  severity: 'medium',
  requirements: ['B48', 'RFC6749-3.2-token-post-only'],
  done: 'not read',
  unsaid: unreadControl,
  reasons: {
    get: {
      says: 'A token request may be a GET, whose code and secret stand in the URL, for logs to keep.',
      fix: { general: 'Answer methods other than POST at the token endpoint with 405 and Allow: POST (RFC 6749 3.2).' },
      trials: ['get'],
      expected: '405',
      wrong: wasRead,
      example: answering({ get: refused('invalid_grant') }),
    },
    url: {
      says: 'Token requests are read from the URL, where codes and secrets are logged.',
      fix: { general: 'Read the parameters of token requests from the body alone (RFC 6749 3.2, 4.1.3).' },
      trials: ['parameters-in-url'],
      expected: 'invalid_request',
      wrong: wasRead,
      example: answering({ 'parameters-in-url': refused('invalid_grant') }),
    },
  },
});

/** RFC 6749 5.2; a server may look at the client first. */
const OF_GRANT_TYPES = ['unsupported_grant_type', 'invalid_request', 'unauthorized_client', 'invalid_client'];

export const refusesOddTokenRequestsInTheWordsOfOauth = judgesTokenTrials({
  ...ANYBODY,
  aboutWords: true,
  id: 'token-endpoint/refuses-odd-token-requests-in-the-words-of-oauth',
  title: 'Refuses token requests of no grant type, of an unknown one and of two in the words of OAuth',
  keyword: 'SHOULD',
  severity: 'low',
  requirements: [
    'B52',
    'RFC6749-5.2-unsupported-grant',
    'RFC6749-5.2-token-error-400-json',
    'RFC6749-3.2-token-repeated-param',
  ],
  done: 'refused',
  reasons: {
    'server-error': {
      says: 'The token endpoint breaks down over a request that a client got wrong.',
      fix: { general: 'Answer 400 with unsupported_grant_type or invalid_request (RFC 6749 5.2).' },
      trials: ['unknown-grant-type', 'no-grant-type', 'repeated-grant-type'],
      expected: '400 with an error of RFC 6749 5.2',
      wrong: (asked) => (isServerError(asked.exchange.answer) ? describeGrant(asked) : undefined),
      example: answering({ 'unknown-grant-type': refused('server_error', 500) }),
    },
    'repeated-parameter': {
      says: 'A parameter may come twice in a token request, of which servers in between may see one, and this one the other.',
      fix: {
        general:
          'Refuse requests that repeat a parameter with invalid_request; resource may be repeated (RFC 6749 3.2, RFC 8707 2).',
      },
      trials: ['repeated-grant-type'],
      expected: 'invalid_request',
      wrong: wasRead,
      example: answering({ 'repeated-grant-type': refused('invalid_grant') }),
    },
    'other-error': {
      says: 'The token endpoint says of a grant type that it does not know something else than that.',
      fix: {
        general:
          'Answer 400 with unsupported_grant_type, or invalid_request where the grant type is missing (RFC 6749 5.2).',
      },
      trials: ['unknown-grant-type', 'no-grant-type'],
      expected: 'a 4xx answer with unsupported_grant_type or invalid_request',
      wrong: (asked) => {
        const { answer } = asked.exchange;
        if (answer === undefined) return undefined;
        const isError = answer.status >= 400 && isObject(jsonBody(answer));
        return isError && OF_GRANT_TYPES.includes(errorOf(asked.exchange) ?? '') ? undefined : describeGrant(asked);
      },
      example: answering({ 'unknown-grant-type': refused('bad_request') }),
    },
  },
});

export const challengesClientsThatFailByHttpBasic = judgesTokenTrials({
  ...ANYBODY,
  aboutWords: true,
  id: 'token-endpoint/challenges-clients-that-fail-by-http-basic',
  title: 'Answers clients that fail to authenticate by HTTP Basic with 401 and a challenge',
  // A MUST of RFC 6749 5.2; good implementations answer 400, and some look for the code first (attack matrix, B50c).
  keyword: 'SHOULD',
  severity: 'low',
  requirements: ['B50c', 'RFC6749-5.2-invalid-client-401'],
  done: 'refused with 401 and a challenge',
  unsaid: ({ methods }) =>
    methods.includes('client_secret_basic')
      ? undefined
      : notApplicable('the authorization server does not advertise client_secret_basic'),
  reasons: {
    'code-first': {
      says: 'The token endpoint looks for the code before it knows the client, and says to anybody whether it is good.',
      keyword: 'ADVICE',
      fix: { general: 'Authenticate the client before anything else of its request is looked at (RFC 6749 3.2.1).' },
      trials: ['unknown-client-basic', 'unknown-client-body'],
      expected: 'invalid_client',
      wrong: wasRead,
      example: answering({ 'unknown-client-body': refused('invalid_grant') }),
    },
    'other-status': {
      says: 'A client that fails to authenticate by HTTP Basic gets another status than 401.',
      fix: { general: 'Answer 401 with invalid_client and WWW-Authenticate: Basic (RFC 6749 5.2).' },
      trials: ['unknown-client-basic'],
      expected: '401 with invalid_client',
      wrong: (asked, { methods }) =>
        asked.exchange.answer === undefined ||
        asked.exchange.answer.status === 401 ||
        !methods.includes('client_secret_basic')
          ? undefined
          : describeGrant(asked),
      example: answering({ 'unknown-client-basic': refused('invalid_client') }),
    },
    'no-challenge': {
      says: 'A client that fails to authenticate by HTTP Basic gets a 401 without the challenge that HTTP wants.',
      providerFact: { auth0: 'Auth0 answers so for every tenant.' },
      fix: { general: 'Add WWW-Authenticate: Basic realm="…" to the 401 (RFC 6749 5.2, RFC 9110 15.5.2).' },
      trials: ['unknown-client-basic'],
      expected: 'WWW-Authenticate: Basic',
      wrong: ({ exchange }, { methods }) => {
        const field = header(exchange.answer, 'www-authenticate');
        if (exchange.answer === undefined || !methods.includes('client_secret_basic')) return undefined;
        const schemes =
          field === undefined
            ? []
            : parseChallenges(headerValues(exchange.answer, 'www-authenticate')).challenges.map(({ scheme }) => scheme);
        return schemes.some((scheme) => scheme.toLowerCase() === 'basic')
          ? undefined
          : `401 with ${field === undefined ? 'no WWW-Authenticate' : `WWW-Authenticate: ${field}`}`;
      },
      example: answering({ 'unknown-client-basic': refused('invalid_client', 401) }),
    },
  },
});

export const offersWebsitesNoCredentials = judgesTokenTrials({
  ...ANYBODY,
  id: 'token-endpoint/offers-websites-no-credentials',
  title: 'Does not let scripts of any website ask the token endpoint with the cookies of its user',
  // RFC 9700 2.6 leaves CORS at the token endpoint to the server, and it reads no cookies.
  keyword: 'ADVICE',
  severity: 'low',
  requirements: ['B55'],
  done: 'answered without them',
  reasons: {
    'with-credentials': {
      says: 'The token endpoint lets scripts of any website send the cookies of the user, for which it has no use.',
      fix: { general: 'Leave Access-Control-Allow-Credentials out, or name the origins of your clients alone.' },
      trials: ['foreign-origin'],
      expected: 'no Access-Control-Allow-Credentials for an origin that nobody knows',
      wrong: ({ exchange: { answer, request } }) => {
        const origin = request.headers.find(([name]) => name.toLowerCase() === 'origin')?.[1] ?? '';
        const allowed = header(answer, 'access-control-allow-origin');
        const credentials = header(answer, 'access-control-allow-credentials');
        return allowed !== undefined && allowed !== '*' && allowed !== 'null' && credentials === 'true'
          ? `Access-Control-Allow-Origin is ${allowed}, Access-Control-Allow-Credentials is true, asked from ${origin}`
          : undefined;
      },
      example: answering({
        'foreign-origin': {
          ...refused('invalid_grant'),
          headers: {
            'content-type': 'application/json',
            'access-control-allow-origin': 'https://attacker.example',
            'access-control-allow-credentials': 'true',
          },
        },
      }),
    },
  },
});

export const introspectsForNobody = judgesTokenTrials({
  ...ANYBODY,
  id: 'token-endpoint/introspects-for-nobody',
  title: 'Tells nobody without credentials what a token stands for',
  keyword: 'MUST',
  severity: 'high',
  requirements: ['B61', 'RFC7662-2.1-introspection-authenticated'],
  done: 'refused',
  reasons: {
    active: {
      says: 'Introspection tells anybody whether a token is good, and whose it is.',
      fix: {
        general: 'Require client authentication or a token of its own at the introspection endpoint (RFC 7662 2.1).',
      },
      trials: ['introspection'],
      expected: '401',
      wrong: ({ exchange: { answer } }) => {
        const body = jsonBody(answer);
        return isObject(body) && body.active === true ? 'active is true' : undefined;
      },
      example: answering({ introspection: { status: 200, body: { active: true }, tokens: {} } }),
    },
    answered: {
      says: 'Introspection answers anybody, though it says nothing of the token.',
      // What it says of good tokens is safe; that it says so at all is not what 2.1 asks for.
      keyword: 'SHOULD',
      fix: { general: 'Answer 401 where the caller has no credentials (RFC 7662 2.1, 2.3).' },
      trials: ['introspection'],
      expected: '401',
      wrong: ({ exchange: { answer } }) => {
        const body = jsonBody(answer);
        return isObject(body) && body.active === false ? 'active is false, of a good token' : undefined;
      },
      example: answering({ introspection: { status: 200, body: { active: false }, tokens: {} } }),
    },
  },
});

export const requestChecks = checks(
  takesTokenRequestsByPostAlone,
  refusesOddTokenRequestsInTheWordsOfOauth,
  challengesClientsThatFailByHttpBasic,
  offersWebsitesNoCredentials,
  introspectsForNobody,
);
