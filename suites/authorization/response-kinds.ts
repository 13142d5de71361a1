import { parameter, placeOf, placeOfParameter } from '../../fixtures/journey.ts';
import { checks } from '../check.ts';
import { inFragment, redirect, withCode } from '../golden-authorization.ts';
import { type AskedTrial, codeIn, judgesRequests } from './requests.ts';

const tokenIn = ({ journey: { end } }: AskedTrial) =>
  end.kind === 'left' && parameter(end, 'access_token') !== undefined
    ? `an access token, in the ${placeOfParameter(end, 'access_token')} of the redirect URI`
    : undefined;

const aCode = (asked: AskedTrial) => codeIn(asked) && 'a code';

/** The code of a journey that ended elsewhere than at the redirect URI of the client. */
function strayCode(asked: AskedTrial): string | undefined {
  const { end } = asked.journey;
  if (end.kind === 'left')
    return codeIn(asked) !== undefined && end.to !== placeOf(asked.redirectUri) ? `a code, to ${end.to}` : undefined;
  // HTML 9.3: a message to the target `*` reaches the window whoever has opened it.
  const body = asked.journey.hops.at(-1)?.answer?.body ?? '';
  return end.kind === 'page' && scriptsIn(body).some((script) => script.includes(CODE_LABEL) && TO_ANYBODY.test(script))
    ? 'a page that posts a code to whatever window opened it'
    : undefined;
}

/** What evidence has in the place of a code that was issued. */
const CODE_LABEL = '«code of ';
const TO_ANYBODY = /postMessage\s*\([^;]*["'`]\*["'`]/;

const scriptsIn = (html: string) =>
  [...html.matchAll(/<script\b[^>]*>(.*?)<\/script>/gis)].map(([, script]) => script!);

export const issuesNoTokensFromTheAuthorizationEndpoint = judgesRequests({
  id: 'authorization/issues-no-tokens-from-the-authorization-endpoint',
  title: 'Issues no access tokens from the authorization endpoint',
  keyword: 'SHOULD',
  severity: 'high',
  requirements: ['B32', 'RFC9700-2.1.2-no-implicit', 'OAUTH21-10.1-no-implicit', 'AUTH0-implicit-refused'],
  done: 'answered without a token',
  reasons: {
    'token-in-the-url': {
      says: 'An access token comes straight from the authorization endpoint, in a URL: browsers keep it in their history, pages can read it, and PKCE does not protect it.',
      fix: {
        general:
          'Allow response_type=code alone, and refuse the others with unsupported_response_type or unauthorized_client (RFC 9700 2.1.2; OAuth 2.1 leaves them out).',
        auth0: {
          text: 'Take the Implicit grant off the client; third-party clients never have it.',
          dashboard: 'Applications > your client > Settings > Advanced Settings > Grant Types',
        },
      },
      trials: ['response-type-token', 'response-type-id-token-token', 'response-type-code-token'],
      expected: 'an error, and no token',
      wrong: tokenIn,
      example: {
        end: redirect({ access_token: '«access_token of authorizations/response-type-token»', token_type: 'Bearer' }),
      },
    },
  },
});

export const refusesUnknownResponseTypes = judgesRequests({
  id: 'authorization/refuses-unknown-response-types',
  title: 'Refuses response types that it does not know, and requests that name none',
  keyword: 'MUST',
  severity: 'low',
  requirements: ['B33', 'RFC6749-3.1.1-missing-response-type'],
  done: 'refused',
  reasons: {
    'unknown-served': {
      says: 'A response_type that nobody defined is answered with a code.',
      fix: {
        general:
          'Compare response_type with the types you support, and answer unsupported_response_type (RFC 6749 3.1.1).',
      },
      trials: ['response-type-unknown'],
      expected: 'an error',
      wrong: aCode,
      example: { end: withCode('authorizations/response-type-unknown') },
    },
    'missing-served': {
      says: 'A request without response_type is answered with a code.',
      fix: { general: 'Require response_type, and answer invalid_request where it is missing (RFC 6749 3.1.1).' },
      keyword: 'SHOULD',
      trials: ['response-type-missing'],
      expected: 'an error',
      wrong: aCode,
      example: { end: withCode('authorizations/response-type-missing') },
    },
  },
});

export const refusesRepeatedParameters = judgesRequests({
  id: 'authorization/refuses-repeated-parameters',
  title: 'Refuses authorization requests in which a parameter stands twice',
  // RFC 6749 3.1 forbids them to clients; 4.1.2.1 has an error for them, and does not say that it must be given.
  keyword: 'SHOULD',
  severity: 'low',
  requirements: ['B33', 'RFC6749-3.1-authz-repeated-param'],
  done: 'refused',
  reasons: {
    'repeated-served': {
      says: 'A request that says one thing twice, and differently, is served: a filter before the server may read the one, and the server the other.',
      fix: {
        general:
          'Refuse requests in which a parameter other than resource is repeated with invalid_request (RFC 6749 3.1, 4.1.2.1).',
      },
      trials: ['response-type-twice', 'code-challenge-method-twice', 'scope-twice'],
      expected: 'an error',
      wrong: (asked) => aCode(asked) ?? tokenIn(asked),
      example: { end: withCode('authorizations/response-type-twice') },
    },
  },
});

export const answersAtTheRedirectUriOnly = judgesRequests({
  id: 'authorization/answers-at-the-redirect-uri-only',
  title: 'Sends codes to the redirect URI only, whatever response mode is asked for',
  keyword: 'MUST',
  severity: 'critical',
  requirements: ['B34', 'RFC9700-2.1-exact-redirect'],
  done: 'refused, or answered at the redirect URI',
  reasons: {
    'code-elsewhere': {
      says: 'With another response_mode the code goes to a place that is not the redirect URI of the client.',
      fix: {
        general:
          'Post messages to the origin of the registered redirect URI only, never to *, and let no response mode change where the answer goes (RFC 9700 4.17).',
      },
      trials: ['response-mode-web-message', 'response-mode-fragment', 'response-mode-unknown'],
      expected: 'an error, or an answer at the redirect URI',
      wrong: strayCode,
      example: { end: redirect({ code: '«code»' }, 'https://canary.example/callback') },
    },
    'code-in-the-fragment': {
      says: 'On request the code comes in the fragment, where scripts of the page read it, and which browsers carry along to where the page redirects.',
      fix: {
        general: 'Answer response_type=code in the query or by form_post, and refuse response_mode=fragment for it.',
      },
      // OAuth 2.0 Multiple Response Types 2.1 defines it, and some servers offer it.
      keyword: 'ADVICE',
      trials: ['response-mode-fragment'],
      expected: 'an error, or a code in the query',
      wrong: ({ journey: { end } }) =>
        end.kind === 'left' && placeOfParameter(end, 'code') === 'fragment' ? 'a code in the fragment' : undefined,
      example: { end: inFragment({ code: '«code of authorizations/response-mode-fragment»' }) },
    },
  },
});

export const responseKindChecks = checks(
  issuesNoTokensFromTheAuthorizationEndpoint,
  refusesUnknownResponseTypes,
  refusesRepeatedParameters,
  answersAtTheRedirectUriOnly,
);
