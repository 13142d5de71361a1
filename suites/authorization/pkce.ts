import {
  WITH_ANOTHER_VERIFIER,
  WITH_CHALLENGE_AS_VERIFIER,
  WITH_VERIFIER,
} from '../../fixtures/trials/authorization/pkce.ts';
import type { GrantEdit } from '../../fixtures/trials/authorization/trial.ts';
import { checks } from '../check.ts';
import { grant, withCode } from '../golden-authorization.ts';
import { type AskedTrial, codeIn, judgesRequests, tokenGrant } from './requests.ts';

const TOKEN_CAME_OUT = {
  expected: 'an error, or a code that no token request can redeem',
  wrong(asked: AskedTrial) {
    const given = tokenGrant(asked);
    return given && `a code, and an access token for it, asked for ${given.differs}`;
  },
};

/** A token came out, for one of these token requests. */
const tokenAsked = (...edits: readonly GrantEdit[]) => ({
  expected: TOKEN_CAME_OUT.expected,
  wrong: (asked: AskedTrial) =>
    edits.some(({ differs }) => differs === tokenGrant(asked)?.differs) ? TOKEN_CAME_OUT.wrong(asked) : undefined,
});

const given = (trial: string, differs: string) => ({
  end: withCode(`authorizations/${trial}`),
  grants: [grant(`authorizations/${trial}/grant-1`, differs)],
});
const refused = (trial: string, differs: string) => ({
  end: withCode(`authorizations/${trial}`),
  grants: [grant(`authorizations/${trial}/grant-1`, differs, { status: 400 })],
});

export const requiresPkceOfPublicClients = judgesRequests({
  id: 'authorization/requires-pkce-of-public-clients',
  title: 'Gives public clients no token without PKCE',
  keyword: 'MUST',
  severity: 'critical',
  requirements: [
    'B01',
    'MCP-as-pkce-enforced',
    'OAUTH21-4.1.1-pkce-mandatory',
    'RFC7636-4.4.1-challenge-required',
    'RFC8252-8.1-native-without-pkce-refused',
    'AUTH0-pkce-third-party',
    'AUTH0-cimd-public-pkce',
  ],
  done: 'refused, or led to no token',
  reasons: {
    'token-without-challenge': {
      says: 'A public client gets an access token although its authorization request had no code_challenge: whoever gets hold of a code can redeem it.',
      fix: {
        general:
          'Refuse authorization requests of public clients without code_challenge with invalid_request (OAuth 2.1 4.1.1, RFC 7636 4.4.1).',
        auth0: {
          text: 'Auth0 requires PKCE of third-party clients in strict mode, and of none of your own: let MCP clients be third-party ones (registered dynamically, by a metadata document, or with is_first_party false).',
        },
      },
      trials: ['no-code-challenge'],
      ...TOKEN_CAME_OUT,
      example: given('no-code-challenge', 'without a code verifier'),
    },
    'code-without-challenge': {
      says: 'A public client gets a code although its authorization request had no code_challenge; only the token endpoint refuses.',
      fix: {
        general:
          'Refuse such authorization requests right away with invalid_request (RFC 7636 4.4.1): the user signs in for nothing, and a code is under way that should not be.',
      },
      keyword: 'SHOULD',
      trials: ['no-code-challenge'],
      expected: 'an error instead of a code',
      wrong: (asked) => codeIn(asked) && 'a code, for which no token was given',
      example: refused('no-code-challenge', 'without a code verifier'),
    },
  },
});

export const requiresPkceOfConfidentialClients = judgesRequests({
  id: 'authorization/requires-pkce-of-confidential-clients',
  title: 'Gives confidential clients no token without PKCE',
  keyword: 'SHOULD',
  severity: 'medium',
  requirements: ['B01b', 'OAUTH21-4.1.1-pkce-mandatory', 'AUTH0-pkce-permissive'],
  done: 'refused, or led to no token',
  reasons: {
    'token-without-challenge': {
      says: 'A confidential client gets an access token although its authorization request had no code_challenge: a stolen code can be put into another session of the same client.',
      fix: {
        general:
          'Require code_challenge of confidential clients too; OAuth 2.1 4.1.2.1 lets it be missing only where the client is known to prevent code injection in another way.',
        auth0: {
          text: 'Auth0 requires PKCE of third-party clients in strict mode; of your own it does not, so their code has to send a challenge each time.',
        },
      },
      trials: ['no-code-challenge-confidential'],
      ...TOKEN_CAME_OUT,
      example: given('no-code-challenge-confidential', 'without a code verifier'),
    },
  },
});

export const refusesVerifiersWithoutAChallenge = judgesRequests({
  id: 'authorization/refuses-verifiers-without-a-challenge',
  title: 'Refuses code verifiers for codes that were asked for without a code challenge',
  keyword: 'MUST',
  severity: 'high',
  requirements: ['B10', 'RFC9700-2.1.1-pkce-downgrade', 'OAUTH21-4.1.3-verifier-without-challenge'],
  done: 'refused, or led to no token',
  reasons: {
    'verifier-ignored': {
      says: 'A token request with a code_verifier is granted although the authorization request had no code_challenge: an attacker who strips the challenge takes PKCE away, and the client does not notice.',
      fix: {
        general:
          'Refuse token requests with a code_verifier whose code was issued without a code_challenge (RFC 9700 2.1.1 and 4.8.2), or require code_challenge of every authorization request.',
        auth0: {
          text: 'Auth0 requires the challenge of third-party clients in strict mode: let MCP clients be third-party ones.',
        },
      },
      trials: ['verifier-without-challenge', 'verifier-without-challenge-confidential'],
      ...TOKEN_CAME_OUT,
      example: given('verifier-without-challenge', WITH_VERIFIER.differs),
    },
  },
});

export const refusesPlainCodeChallenges = judgesRequests({
  id: 'authorization/refuses-plain-code-challenges',
  title: 'Refuses code challenges by the method plain',
  keyword: 'SHOULD',
  severity: 'medium',
  requirements: ['B02', 'RFC7636-7.2-plain-discouraged', 'AUTH0-plain-refused'],
  done: 'refused, or led to no token',
  reasons: {
    'plain-accepted': {
      says: 'A code challenge by the method plain is accepted: whoever sees the authorization request can redeem the code.',
      fix: { general: 'Support S256 only, and refuse plain with invalid_request (RFC 7636 7.2, RFC 9700 2.1.1).' },
      trials: ['code-challenge-plain'],
      ...TOKEN_CAME_OUT,
      example: given('code-challenge-plain', WITH_VERIFIER.differs),
    },
    'plain-by-default': {
      says: 'A code challenge without a method is taken for a plain one: whoever sees the authorization request can redeem the code.',
      fix: {
        general:
          'Refuse requests whose code_challenge_method is not S256, a missing one too, with invalid_request (RFC 7636 4.3, 7.2).',
      },
      trials: ['no-challenge-method'],
      ...tokenAsked(WITH_CHALLENGE_AS_VERIFIER),
      example: given('no-challenge-method', WITH_CHALLENGE_AS_VERIFIER.differs),
    },
  },
});

export const checksVerifiersOfChallengesWithoutAMethod = judgesRequests({
  id: 'authorization/checks-verifiers-of-challenges-without-a-method',
  title: 'Gives tokens for a code challenge without a method to nobody but who has its verifier',
  keyword: 'MUST',
  severity: 'critical',
  requirements: ['B03', 'RFC7636-4.3-method-default-plain', 'RFC7636-4.6-wrong-verifier', 'MCP-as-pkce-enforced'],
  done: 'refused, or led to no token with another verifier',
  reasons: {
    'any-verifier': {
      says: 'If a code challenge comes without its method, the code is redeemed with a verifier that has nothing to do with it.',
      fix: {
        general:
          'Refuse authorization requests whose code_challenge_method is not S256; a challenge that is accepted has to be checked at the token endpoint (RFC 7636 4.3, 4.6).',
      },
      trials: ['no-challenge-method'],
      ...tokenAsked(WITH_ANOTHER_VERIFIER),
      example: given('no-challenge-method', WITH_ANOTHER_VERIFIER.differs),
    },
    's256-by-default': {
      says: 'A code challenge without a method counts as S256, although RFC 7636 makes it a plain one.',
      fix: {
        general:
          'Refuse it with invalid_request: clients that mean S256 say so (RFC 7636 4.3). Taking it for S256 is safe, and unlike other servers.',
      },
      keyword: 'ADVICE',
      trials: ['no-challenge-method'],
      ...tokenAsked(WITH_VERIFIER),
      example: given('no-challenge-method', WITH_VERIFIER.differs),
    },
  },
});

export const refusesUnknownChallengeMethods = judgesRequests({
  id: 'authorization/refuses-unknown-challenge-methods',
  title: 'Refuses code challenge methods that do not exist',
  keyword: 'MUST',
  severity: 'high',
  requirements: ['B04', 'RFC7636-4.4.1-method-unsupported', 'RFC7636-4.5-method-bound-to-code'],
  done: 'refused',
  reasons: {
    'any-verifier': {
      says: 'A code challenge by a method that does not exist is accepted, and its code is redeemed with a verifier that has nothing to do with it.',
      fix: {
        general:
          'Answer authorization requests whose code_challenge_method is not supported with invalid_request (RFC 7636 4.4.1), and fail the token request where no method is known.',
      },
      trials: ['unknown-challenge-method', 'challenge-method-in-lower-case'],
      ...tokenAsked(WITH_ANOTHER_VERIFIER),
      example: given('unknown-challenge-method', WITH_ANOTHER_VERIFIER.differs),
    },
    'taken-for-a-known-one': {
      says: 'A code challenge by a method that does not exist is taken for one by a method that does.',
      fix: {
        general:
          'Answer authorization requests whose code_challenge_method is not supported with invalid_request (RFC 7636 4.4.1); the names of methods are case-sensitive (6.2).',
      },
      trials: ['unknown-challenge-method', 'challenge-method-in-lower-case'],
      ...tokenAsked(WITH_CHALLENGE_AS_VERIFIER, WITH_VERIFIER),
      example: given('unknown-challenge-method', WITH_VERIFIER.differs),
    },
    'code-for-nothing': {
      says: 'An authorization request with a challenge method that does not exist gets a code, for which no token is given.',
      fix: {
        general:
          'Refuse such authorization requests right away with invalid_request (RFC 7636 4.4.1): a client cannot tell why its code is worth nothing.',
      },
      keyword: 'SHOULD',
      trials: ['unknown-challenge-method', 'challenge-method-in-lower-case'],
      expected: 'an error instead of a code',
      wrong: (asked) => codeIn(asked) && 'a code, for which no token was given',
      example: refused('unknown-challenge-method', WITH_ANOTHER_VERIFIER.differs),
    },
  },
});

export const refusesMalformedCodeChallenges = judgesRequests({
  id: 'authorization/refuses-malformed-code-challenges',
  title: 'Refuses code challenges that no verifier can have',
  keyword: 'ADVICE',
  severity: 'low',
  requirements: ['B05'],
  done: 'refused',
  reasons: {
    'malformed-challenge-accepted': {
      says: 'A code challenge of a length or of characters that RFC 7636 does not allow gets a code.',
      fix: {
        general:
          'Refuse code_challenge values other than 43 to 128 letters, digits and -._~ with invalid_request (RFC 7636 4.2): clients that encode theirs wrongly learn it here, and not from a failing token request.',
      },
      trials: ['code-challenge-too-short', 'code-challenge-too-long', 'code-challenge-in-base64'],
      expected: 'an error',
      wrong: (asked) => codeIn(asked) && 'a code',
      example: { end: withCode('authorizations/code-challenge-too-short') },
    },
  },
});

export const pkceChecks = checks(
  requiresPkceOfPublicClients,
  requiresPkceOfConfidentialClients,
  refusesVerifiersWithoutAChallenge,
  refusesPlainCodeChallenges,
  checksVerifiersOfChallengesWithoutAMethod,
  refusesUnknownChallengeMethods,
  refusesMalformedCodeChallenges,
);
