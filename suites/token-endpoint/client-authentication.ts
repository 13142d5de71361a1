import { checks } from '../check.ts';
import { golden } from '../golden.ts';
import { type Answers, answeringTrials } from '../golden-tokens.ts';
import { judgesTokenTrials, NO_TOKEN } from './trials.ts';

const answering = (answers: Answers<'clientAuthentication'>) =>
  answeringTrials(golden, 'clientAuthentication', answers);

const BY_SECRET = {
  key: 'clientAuthentication',
  assurance: 'sign-in',
  controls: ['confidential-control', 'confidential-control-after'],
  done: 'refused',
} as const;

const BY_KEY = { ...BY_SECRET, controls: ['privateKeyJwt-control', 'privateKeyJwt-control-after'] } as const;

export const requiresTheSecretOfConfidentialClients = judgesTokenTrials({
  ...BY_SECRET,
  id: 'token-endpoint/requires-the-secret-of-confidential-clients',
  title: 'Gives a client with a secret no token unless it sends the right one',
  keyword: 'MUST',
  severity: 'critical',
  requirements: ['B45', 'B50', 'RFC6749-4.1.3-confidential-client-authenticates'],
  reasons: {
    'no-secret': {
      says: 'A client with a secret gets tokens without sending it: whoever has its code or refresh token does.',
      fix: {
        general: 'Require the authentication that the client registered at each token request (RFC 6749 3.2.1, 6).',
        auth0: {
          text: 'Set the authentication method of the application to Client Secret (Basic), Client Secret (Post) or Private Key JWT; with None nobody asks for the secret.',
          dashboard: 'Applications > YOUR_APPLICATION > Credentials > Authentication Method',
        },
      },
      trials: ['no-secret'],
      ...NO_TOKEN,
      example: answering({ 'no-secret': {} }),
    },
    'any-secret': {
      says: 'A client gets tokens with a secret that is not its own.',
      fix: { general: 'Compare the secret with the one that was issued to the client, in constant time.' },
      trials: ['wrong-secret'],
      ...NO_TOKEN,
      example: answering({ 'wrong-secret': {} }),
    },
  },
});

export const takesClientSecretsFromOnePlace = judgesTokenTrials({
  ...BY_SECRET,
  id: 'token-endpoint/takes-client-secrets-from-one-place',
  title: 'Takes client secrets by one method, and never from the URL',
  // What documents forbid here they forbid clients (RFC 6749 2.3, 2.3.1); 5.2 foresees that servers refuse it.
  keyword: 'SHOULD',
  severity: 'medium',
  requirements: ['B49', 'B50b', 'RFC6749-2.3.1-no-secret-in-uri', 'RFC6749-2.3-one-client-auth-method'],
  reasons: {
    'in-the-url': {
      says: 'A client secret is taken from the URL, where logs and proxies keep it.',
      fix: { general: 'Read credentials from the Authorization field and the body alone (RFC 6749 2.3.1).' },
      trials: ['secret-in-url'],
      ...NO_TOKEN,
      example: answering({ 'secret-in-url': {} }),
    },
    'two-methods': {
      says: 'A client may authenticate in two ways at once, of which one goes unlooked at.',
      fix: {
        general: 'Refuse requests with more than one client authentication with invalid_request (RFC 6749 2.3, 5.2).',
      },
      trials: ['two-methods'],
      ...NO_TOKEN,
      example: answering({ 'two-methods': {} }),
    },
    'other-method': {
      says: 'A client may send its secret by another method than the one it is registered for.',
      // RFC 7591 2 registers one; what a server makes of the other is its own affair.
      keyword: 'ADVICE',
      fix: { general: 'Hold clients to the token_endpoint_auth_method that they registered (RFC 7591 2).' },
      trials: ['other-method'],
      ...NO_TOKEN,
      example: answering({ 'other-method': {} }),
    },
  },
});

export const verifiesClientAssertions = judgesTokenTrials({
  ...BY_KEY,
  id: 'token-endpoint/verifies-client-assertions',
  title: 'Gives no token for client assertions that the client has not made for it, and now',
  keyword: 'MUST',
  severity: 'critical',
  requirements: [
    'B51',
    'RFC7523-3-client-assertion-aud',
    'RFC7523-3-client-assertion-exp',
    'RFC7523-3-client-assertion-signature',
    'RFC7523-3-client-assertion-sub',
  ],
  reasons: {
    unsigned: {
      says: 'A client assertion without a signature is taken: anybody can be the client.',
      fix: {
        general: 'Accept the algorithms that you advertise for client assertions, and never none (RFC 8725 3.1).',
      },
      trials: ['assertion-unsigned'],
      ...NO_TOKEN,
      example: answering({ 'assertion-unsigned': {} }),
    },
    'public-key-as-secret': {
      says: 'An HMAC with the public key of the client is taken for its assertion: anybody can make one.',
      fix: {
        general: 'Choose the algorithm by the registered key and not by the header of the assertion (RFC 8725 3.1).',
      },
      trials: ['assertion-public-key-as-secret'],
      ...NO_TOKEN,
      example: answering({ 'assertion-public-key-as-secret': {} }),
    },
    'any-key': {
      says: 'A client assertion is taken whatever key has signed it: anybody can be the client.',
      fix: { general: 'Verify the signature with the keys that the client registered (RFC 7523 3).' },
      trials: ['assertion-of-another-key'],
      ...NO_TOKEN,
      example: answering({ 'assertion-of-another-key': {} }),
    },
    'other-audience': {
      says: 'A client assertion for another authorization server is taken: what one server receives opens the others.',
      fix: {
        general: 'Require your issuer identifier, or the URL of your token endpoint, as the audience (RFC 7523 3).',
      },
      trials: ['assertion-for-another-audience'],
      ...NO_TOKEN,
      example: answering({ 'assertion-for-another-audience': {} }),
    },
    expired: {
      says: 'A client assertion is taken after its time.',
      fix: { general: 'Refuse assertions whose exp is over, with some seconds for clocks that differ (RFC 7523 3).' },
      trials: ['assertion-expired'],
      ...NO_TOKEN,
      example: answering({ 'assertion-expired': {} }),
    },
    'no-expiry': {
      says: 'A client assertion is taken that never expires.',
      fix: { general: 'Refuse assertions without exp (RFC 7523 3).' },
      trials: ['assertion-without-expiry'],
      ...NO_TOKEN,
      example: answering({ 'assertion-without-expiry': {} }),
    },
    'other-issuer': {
      says: 'A client assertion is taken that says another client has made it.',
      fix: { general: 'Require that iss and sub are both the id of the client (RFC 7523 3, OpenID Connect Core 9).' },
      trials: ['assertion-of-another-issuer'],
      ...NO_TOKEN,
      example: answering({ 'assertion-of-another-issuer': {} }),
    },
    'other-subject': {
      says: 'A client assertion is taken that is about another client, or about none.',
      fix: { general: 'Require that iss and sub are both the id of the client (RFC 7523 3, OpenID Connect Core 9).' },
      trials: ['assertion-of-another-subject', 'assertion-without-subject'],
      ...NO_TOKEN,
      example: answering({ 'assertion-of-another-subject': {} }),
    },
    'other-client': {
      says: 'A client gets the tokens of another one with an assertion that its own key has signed: whoever has a key here can be every client.',
      fix: {
        general:
          'Look for the client by sub (and client_id, where it is sent, the same), take assertions only of clients that registered private_key_jwt, and verify the signature with the keys of that very client (RFC 7523 3).',
      },
      trials: ['assertion-as-another-client', 'assertion-about-another-client'],
      ...NO_TOKEN,
      example: answering({ 'assertion-as-another-client': {} }),
    },
  },
});

export const takesClientAssertionsOnceAndBriefly = judgesTokenTrials({
  ...BY_KEY,
  id: 'token-endpoint/takes-client-assertions-once-and-briefly',
  title: 'Takes a client assertion once, for itself alone, and for a short time',
  // RFC 7523 3 leaves each of these to the server; rfc7523bis and OpenID Connect Core 9 want them.
  keyword: 'ADVICE',
  severity: 'low',
  requirements: ['B51b'],
  reasons: {
    replayed: {
      says: 'A client assertion is good as often as it is sent.',
      fix: { general: 'Remember jti until the assertion expires, and refuse it the second time (RFC 7523 3).' },
      trials: ['assertion-replayed'],
      ...NO_TOKEN,
      example: answering({ 'assertion-replayed': {} }),
    },
    'no-id': {
      says: 'A client assertion needs no jti, without which nobody sees that it came before.',
      fix: { general: 'Require jti in client assertions (OpenID Connect Core 9).' },
      trials: ['assertion-without-id'],
      ...NO_TOKEN,
      example: answering({ 'assertion-without-id': {} }),
    },
    'several-audiences': {
      says: 'A client assertion is taken that is for another server, too.',
      fix: { general: 'Require the issuer identifier as the sole audience (draft-ietf-oauth-rfc7523bis).' },
      trials: ['assertion-for-several-audiences'],
      ...NO_TOKEN,
      example: answering({ 'assertion-for-several-audiences': {} }),
    },
    'long-lived': {
      says: 'A client assertion is taken that is good for a year.',
      fix: { general: 'Refuse assertions that expire more than some minutes ahead (RFC 7523 3).' },
      trials: ['assertion-for-a-year'],
      ...NO_TOKEN,
      example: answering({ 'assertion-for-a-year': {} }),
    },
  },
});

export const clientAuthenticationChecks = checks(
  requiresTheSecretOfConfidentialClients,
  takesClientSecretsFromOnePlace,
  verifiesClientAssertions,
  takesClientAssertionsOnceAndBriefly,
);
