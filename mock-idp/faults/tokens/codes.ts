import type { Fault } from '../fault.ts';

/** What a code is exchanged for, and by whom. */
export const CODE_FAULTS: readonly Fault[] = [
  {
    id: 'redeems-a-code-twice',
    says: 'An authorization code gives tokens as often as it is sent.',
    tenant: () => ({ redeemCode: () => {} }),
    trips: ['token-endpoint/redeems-a-code-once:again'],
  },
  {
    id: 'keeps-the-tokens-of-a-replayed-code',
    says: 'A code that comes again is refused, and the refresh token of its first use lives on.',
    tenant: () => ({ onCodeReuse: () => {} }),
    trips: ['token-endpoint/ends-the-grant-of-a-replayed-code:refresh-token-lives'],
  },
  {
    id: 'redeems-expired-codes',
    says: 'Authorization codes never expire.',
    tenant: () => ({ checkCodeExpiry: () => undefined }),
    trips: ['token-endpoint/lets-codes-expire:lives-on'],
  },
  {
    id: 'redeems-codes-of-other-clients',
    says: 'An authorization code gives tokens to any client that brings it.',
    tenant: () => ({ checkCodeClient: () => undefined }),
    trips: [
      'token-endpoint/redeems-codes-for-their-client-only:other-client',
      'client-documents/keeps-codes-to-the-client-of-their-document:other-client',
    ],
  },
  {
    id: 'ignores-the-redirect-uri-of-a-token-request',
    says: 'The redirect URI of the token request may be any.',
    tenant: () => ({ checkRedirectUriAgain: () => undefined }),
    trips: [
      'token-endpoint/compares-the-redirect-uri-again:nearly-the-same',
      'token-endpoint/compares-the-redirect-uri-again:other',
    ],
  },
  {
    id: 'compares-the-beginning-of-redirect-uris',
    says: 'The redirect URI of the token request may go on behind that of the authorization request.',
    tenant: (conforming) => ({
      checkRedirectUriAgain: (code, given, context) =>
        code.redirectUri !== undefined && given?.startsWith(code.redirectUri) === true
          ? undefined
          : conforming.checkRedirectUriAgain(code, given, context),
    }),
    trips: ['token-endpoint/compares-the-redirect-uri-again:nearly-the-same'],
  },
  {
    id: 'ignores-the-code-verifier',
    says: 'The code challenge is taken, and no code verifier is ever compared with it.',
    tenant: () => ({ checkCodeVerifier: () => undefined }),
    trips: [
      'token-endpoint/takes-code-verifiers-of-their-length-only:other-length',
      'token-endpoint/verifies-code-verifiers:wrong-verifier',
      'token-endpoint/verifies-code-verifiers:no-verifier',
      'token-endpoint/verifies-code-verifiers:challenge-as-verifier',
      'token-endpoint/verifies-code-verifiers:verifier-of-another-flow',
    ],
  },
  {
    id: 'lets-the-code-verifier-be-left-out',
    says: 'The code verifier is compared where there is one, and may be missing.',
    tenant: (conforming) => ({
      checkCodeVerifier: (code, verifier, context) =>
        verifier === null ? undefined : conforming.checkCodeVerifier(code, verifier, context),
    }),
    trips: ['token-endpoint/verifies-code-verifiers:no-verifier'],
  },
  {
    id: 'takes-the-challenge-for-the-verifier',
    says: 'The code verifier is compared as if every challenge were plain, so that who saw the challenge can redeem.',
    tenant: (conforming) => ({
      checkCodeVerifier: (code, verifier, context) =>
        verifier !== null && verifier === code.challenge?.value
          ? undefined
          : conforming.checkCodeVerifier(code, verifier, context),
    }),
    trips: ['token-endpoint/verifies-code-verifiers:challenge-as-verifier'],
  },
  {
    id: 'takes-code-verifiers-of-any-length',
    says: 'A code verifier of a few characters is compared like any other.',
    tenant: () => ({ isVerifier: () => true }),
    trips: ['token-endpoint/takes-code-verifiers-of-their-length-only:other-length'],
  },
  {
    id: 'takes-a-verifier-for-a-code-without-a-challenge',
    says: 'PKCE is optional, and a verifier is ignored where the request had no challenge: a downgrade stays unseen.',
    tenant: (conforming) => ({
      needsCodeChallenge: () => false,
      checkCodeVerifier: (code, verifier, context) =>
        code.challenge === undefined ? undefined : conforming.checkCodeVerifier(code, verifier, context),
    }),
    trips: [
      'authorization/requires-pkce-of-public-clients:token-without-challenge',
      'authorization/requires-pkce-of-confidential-clients:token-without-challenge',
      'authorization/refuses-verifiers-without-a-challenge:verifier-ignored',
    ],
  },
  {
    id: 'gives-tokens-for-another-resource-than-agreed',
    says: 'The resource of the token request decides the audience, whatever the user agreed to.',
    tenant: (conforming) => ({
      resourceAtTokenEndpoint: (authorization, parameters, context) =>
        context.store.resourceServers.find(({ identifier }) => identifier === parameters.get('resource')) ??
        conforming.resourceAtTokenEndpoint(authorization, parameters, context),
    }),
    trips: ['token-endpoint/widens-no-code-to-another-resource:known-api'],
  },
  {
    id: 'ignores-the-resource-of-a-token-request',
    says: 'A token request that names another resource is answered with a token for the one agreed to.',
    tenant: (conforming) => ({
      resourceAtTokenEndpoint: (authorization, _, context) =>
        conforming.resourceAtTokenEndpoint(authorization, new URLSearchParams(), context),
    }),
    trips: [],
  },
];
