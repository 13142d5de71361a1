import type { AskedGrant } from '../../fixtures/authorization-evidence.ts';
import { errorOf } from '../../fixtures/protocol/token-answers.ts';
import { judgesRequests, tokenGrant, withoutControl } from '../authorization/requests.ts';
import { checks, untested } from '../check.ts';
import { ACCESS_TOKEN, grant, withCode } from '../golden-authorization.ts';
import { answerOf, judgesCodes } from './code-requests.ts';
import { audiencesOf, tokenCameOut, withoutSight } from './trials.ts';

const COMPARE = {
  general:
    'Keep code_challenge and code_challenge_method with each code, hash the code_verifier of the token request (BASE64URL(SHA256(code_verifier))), compare it with that of the very code, and answer invalid_grant otherwise (RFC 7636 4.6).',
};

export const verifiesCodeVerifiers = judgesCodes({
  id: 'token-endpoint/verifies-code-verifiers',
  title: 'Redeems a code only with the code verifier of its own request',
  keyword: 'MUST',
  severity: 'critical',
  requirements: [
    'RFC7636-4.6-wrong-verifier',
    'RFC7636-4.6-missing-verifier',
    'RFC7636-4.6-verifier-is-challenge',
    'RFC7636-4.5-method-bound-to-code',
    'RFC9700-4.5.3-pkce-code-binding',
    'B06',
    'B07',
    'B08',
    'B11',
    'B14',
    'AUTH0-pkce-verifier',
  ],
  expected: 'invalid_grant, and no token',
  reasons: {
    'wrong-verifier': {
      says: 'A code is redeemed with any code verifier: the code challenge protects nobody, and whoever gets hold of a code has its tokens.',
      fix: COMPARE,
      trials: ['wrong-verifier'],
    },
    'no-verifier': {
      says: 'A code of a request with a code challenge is redeemed without a code verifier: who steals a code leaves the verifier out.',
      fix: {
        general:
          'Refuse a token request without code_verifier, or with an empty one, for every code whose request had a code_challenge (RFC 9700 2.1.1, OAuth 2.1 4.1.3).',
      },
      trials: ['verifier-missing', 'verifier-empty'],
    },
    'challenge-as-verifier': {
      says: 'The code challenge itself is taken for its verifier: it is compared unhashed, and it stands in every authorization request for all to see.',
      fix: COMPARE,
      trials: ['verifier-is-challenge'],
    },
    'verifier-of-another-flow': {
      says: 'A code is redeemed with the code verifier of another flow: a stolen code can be slipped into a session that the thief began.',
      fix: COMPARE,
      trials: ['verifier-of-another-flow'],
    },
  },
});

export const takesCodeVerifiersOfTheirLengthOnly = judgesRequests({
  id: 'token-endpoint/takes-code-verifiers-of-their-length-only',
  title: 'Takes code verifiers of 43 to 128 characters only',
  keyword: 'ADVICE',
  severity: 'low',
  requirements: ['RFC7636-4.1-verifier-length-checked', 'B09'],
  done: 'refused',
  reasons: {
    'other-length': {
      says: 'A code verifier outside the length that its definition allows is taken: nothing keeps clients from verifiers that can be guessed.',
      fix: {
        general: 'Refuse code verifiers other than 43 to 128 letters, digits, "-", ".", "_" and "~" (RFC 7636 4.1).',
      },
      trials: ['verifier-too-short', 'verifier-too-long'],
      expected: 'an error',
      wrong: (asked) => (tokenGrant(asked) === undefined ? undefined : 'an access token'),
      example: {
        end: withCode('authorizations/verifier-too-short'),
        grants: [grant('authorizations/verifier-too-short/grant-1', 'with a code verifier of 42 characters')],
      },
    },
  },
});

export const redeemsCodesForTheirClientOnly = judgesCodes({
  id: 'token-endpoint/redeems-codes-for-their-client-only',
  title: 'Redeems a code for the client only that it was issued to',
  keyword: 'MUST',
  severity: 'critical',
  requirements: ['RFC6749-4.1.3-code-bound-to-client', 'B15'],
  expected: 'invalid_grant, and no token',
  reasons: {
    'other-client': {
      says: 'A code is redeemed by another client than it was issued to: codes that leak to one client are good in the hands of every other.',
      fix: {
        general:
          'Keep the client_id with each code, compare it with the client that authenticates, and answer invalid_grant where they differ (RFC 6749 4.1.3).',
      },
      trials: ['other-client'],
    },
  },
  unsaid({ otherClient }, [asked]) {
    if (asked === undefined || errorOf(asked.grant.exchange) === 'invalid_grant') return undefined;
    const because = `the second client is refused for another reason than the code (${answerOf(asked.grant)})`;
    if (otherClient === undefined) return untested(because, OTHER_CLIENT);
    return withoutControl(otherClient) === undefined ? undefined : untested(because, OTHER_CLIENT);
  },
});

const OTHER_CLIENT = 'clients.confidential: a second client that gets tokens for codes of its own';

export const comparesTheRedirectUriAgain = judgesCodes({
  id: 'token-endpoint/compares-the-redirect-uri-again',
  title: 'Compares the redirect URI of a token request with that of the authorization request',
  // OAuth 2.1 10.2 has dropped the parameter: the code verifier does what it was for.
  keyword: 'SHOULD',
  severity: 'low',
  requirements: ['RFC6749-4.1.3-redirect-uri-repeat-match', 'B17'],
  expected: 'invalid_grant',
  reasons: {
    other: {
      says: 'A token request may name any redirect URI: that the code was sent somewhere else than the client expected goes unnoticed.',
      fix: {
        general:
          'Where a token request has a redirect_uri, compare it with that of the authorization request, character by character (RFC 6749 4.1.3).',
      },
      trials: ['redirect-uri-other'],
    },
    'nearly-the-same': {
      says: 'A token request may name a redirect URI that only resembles the one of the authorization request.',
      fix: { general: 'Compare redirect URIs as whole strings, not by how they begin (RFC 6749 4.1.3).' },
      trials: ['redirect-uri-longer'],
    },
  },
});

export const widensNoCodeToAnotherResource = judgesCodes({
  id: 'token-endpoint/widens-no-code-to-another-resource',
  title: 'Issues tokens for no other resource than the user agreed to',
  keyword: 'MUST',
  severity: 'high',
  pillar: 'audience-handling',
  requirements: ['RFC8707-2.2-token-request-subset', 'B38', 'B41'],
  expected: 'invalid_target, or a token for the resource that was agreed to',
  reasons: {
    'known-api': {
      says: 'A code that the user gave for this server is redeemed for a token for another API: a client gets at APIs that nobody agreed to.',
      fix: {
        general:
          'Keep the resources of the authorization request with each code, and answer invalid_target where a token request names another (RFC 8707 2.2).',
      },
      // RFC 8707 2.2 leaves the resources that are acceptable here to the authorization server.
      keyword: 'ADVICE',
      trials: ['other-api', 'further-api'],
      wrong: foreignAudience,
      example: { tokens: tokensFor('https://other-api.example') },
    },
    'unknown-resource': {
      says: 'A token request decides the audience by its text alone: the token names a resource that nobody knows.',
      fix: { general: 'Issue tokens for registered resources only, and answer invalid_target otherwise (RFC 8707 2).' },
      trials: ['unknown-resource'],
      wrong: foreignAudience,
      example: { tokens: tokensFor('https://canary.example/mcp') },
    },
  },
  unsaid(_, own) {
    const hidden = own.find(({ grant }) => tokenCameOut(grant) !== undefined && audiencesOf(grant) === undefined);
    return hidden && withoutSight(hidden.grant);
  },
});

/** Audiences of a token that the good one does not have. */
function foreignAudience({ tokens }: AskedGrant, good: AskedGrant | undefined): string | undefined {
  const usual = [good?.tokens.access_token?.claims?.aud].flat();
  const foreign = [tokens.access_token?.claims?.aud]
    .flat()
    .filter((each) => each !== undefined && !usual.includes(each));
  return foreign.length === 0 ? undefined : `a token for ${foreign.join(', ')}`;
}

function tokensFor(aud: string): AskedGrant['tokens'] {
  return { access_token: { ...ACCESS_TOKEN, claims: { ...ACCESS_TOKEN.claims, aud } } };
}

export const codeChecks = checks(
  verifiesCodeVerifiers,
  takesCodeVerifiersOfTheirLengthOnly,
  redeemsCodesForTheirClientOnly,
  comparesTheRedirectUriAgain,
  widensNoCodeToAnotherResource,
);
