import type { EvidenceMap } from '../../fixtures/evidence.ts';
import { errorOf } from '../../fixtures/protocol/token-answers.ts';
import { checks, outOfScope, untested, type Verdict } from '../check.ts';
import { golden } from '../golden.ts';
import { type Answers, answeringTrials, refused } from '../golden-tokens.ts';
import { areRefusedTheGrant, describeGrant, judgesTokenTrials, NO_TOKEN, tokenCameOut } from './trials.ts';

const answering = (answers: Answers<'tokenRequests'>) => answeringTrials(golden, 'tokenRequests', answers);

const ANYBODY = { key: 'tokenRequests', assurance: 'anonymous', controls: [], done: 'refused' } as const;

const FOR_THEMSELVES = [
  'client-credentials-of-a-public-client',
  'client-credentials-of-a-public-client-by-audience',
  'client-credentials-of-a-public-client-bare',
] as const;

export const hasNoPasswordGrant = judgesTokenTrials({
  ...ANYBODY,
  id: 'token-endpoint/has-no-password-grant',
  title: 'Takes no passwords of users at the token endpoint',
  // RFC 9700 2.4 forbids its use, which is the client's: a server that offers it stands in nobody's way.
  keyword: 'SHOULD',
  severity: 'medium',
  requirements: ['B35', 'RFC9700-2.4-no-password-grant', 'AUTH0-grants-refused'],
  unsaid: ofAnotherRefusal,
  reasons: {
    live: {
      says: 'The password grant is live: a client sees the passwords of its users, and a second factor is passed by.',
      fix: {
        general: 'Switch the password grant off; OAuth 2.1 has none, and RFC 9700 2.4 forbids its use.',
        auth0: {
          text: 'Take the grant type Password away from every application.',
          dashboard: 'Applications > YOUR_APPLICATION > Settings > Advanced Settings > Grant Types > Password',
        },
      },
      trials: ['password-grant'],
      expected: 'unsupported_grant_type, unauthorized_client or invalid_request',
      wrong: (asked) =>
        tokenCameOut(asked) ??
        (errorOf(asked.exchange) === 'invalid_grant' ? 'invalid_grant: user and password were looked at' : undefined),
      example: answering({ 'password-grant': refused('invalid_grant') }),
    },
  },
});

export const givesPublicClientsNoTokensOfTheirOwn = judgesTokenTrials({
  ...ANYBODY,
  id: 'token-endpoint/gives-public-clients-no-tokens-of-their-own',
  title: 'Gives public clients no tokens without a user',
  keyword: 'MUST',
  severity: 'critical',
  requirements: ['B36', 'RFC6749-4.4-cc-confidential-only'],
  unsaid: ofOtherRefusals,
  reasons: {
    token: {
      says: 'A client without a secret gets a token in its own name, as can whoever knows its id.',
      fix: {
        general: 'Allow the client credentials grant to clients that authenticate, and to no others (RFC 6749 4.4).',
        auth0: {
          text: 'Take the grant type Client Credentials away from applications whose authentication method is None.',
          dashboard:
            'Applications > YOUR_APPLICATION > Settings > Advanced Settings > Grant Types > Client Credentials',
        },
      },
      trials: FOR_THEMSELVES,
      ...NO_TOKEN,
      example: answering({ 'client-credentials-of-a-public-client': {} }),
    },
  },
});

export const givesPublicClientsNothingForMadeUpGrants = judgesTokenTrials({
  ...ANYBODY,
  id: 'token-endpoint/gives-public-clients-nothing-for-made-up-grants',
  title: 'Gives public clients no tokens for a device code, a token or an assertion that nobody issued',
  keyword: 'MUST',
  severity: 'critical',
  requirements: ['B36', 'RFC6749-5.2-unsupported-grant', 'AUTH0-grants-refused'],
  reasons: {
    token: {
      says: 'A client without a secret gets a token for something that it made up: anybody can be any user.',
      fix: {
        general:
          'Allow each grant type only to clients that are registered for it, and verify what it brings: a device code that was issued and confirmed (RFC 8628 3.5), a subject token or an assertion whose signature, issuer and audience are right (RFC 8693 2.2.2, RFC 7523 3).',
        auth0: {
          text: 'Take the grant types Device Code, Token Exchange and Token Vault away from applications that do not use them, and look at the code of your Custom Token Exchange actions.',
          dashboard: 'Applications > YOUR_APPLICATION > Settings > Advanced Settings > Grant Types',
        },
      },
      trials: ['made-up-device-code', 'made-up-subject-token', 'made-up-assertion'],
      ...NO_TOKEN,
      example: answering({ 'made-up-assertion': {} }),
    },
  },
});

/** RFC 6749 5.2: what is said of a grant type that nobody, or not this client, may use. */
const NO_SUCH_GRANT = ['unsupported_grant_type', 'unauthorized_client', 'invalid_request'];

/** A client that is not let in never gets as far as its grant type. */
function ofAnotherRefusal({ asked }: EvidenceMap['tokenRequests']): Verdict<never> | undefined {
  const attempt = asked.find(({ trial }) => trial === 'password-grant');
  const error = attempt && errorOf(attempt.exchange);
  if (attempt === undefined || NO_SUCH_GRANT.includes(error ?? '')) return undefined;
  const because = `the password grant is refused for another reason than its type (${describeGrant(attempt)})`;
  return error === 'invalid_client'
    ? outOfScope(because, 'clients.public: a client that the token endpoint knows')
    : untested(because, `a token endpoint that answers with one of ${NO_SUCH_GRANT.join(', ')}`);
}

/** Errors about the rest of a request, of which another one may be right. */
const OF_THE_REQUEST = ['invalid_scope', 'invalid_target', 'invalid_request'];

/** Who is refused for a scope or a resource was not refused the grant. */
function ofOtherRefusals({ asked }: EvidenceMap['tokenRequests']): Verdict<never> | undefined {
  const made = asked.filter(({ trial }) => (FOR_THEMSELVES as readonly string[]).includes(trial));
  const [first] = made;
  const isRefused = made.some((each) => !OF_THE_REQUEST.includes(errorOf(each.exchange) ?? ''));
  return first === undefined || isRefused || (made.length === FOR_THEMSELVES.length && areRefusedTheGrant(made))
    ? undefined
    : untested(
        `the client credentials grant is refused for another reason than the client (${describeGrant(first)})`,
        'server.scopes: scopes that the authorization server knows; a token endpoint that looks at the client, or the grant type, before the rest of a request',
      );
}

export const grantChecks = checks(
  hasNoPasswordGrant,
  givesPublicClientsNoTokensOfTheirOwn,
  givesPublicClientsNothingForMadeUpGrants,
);
