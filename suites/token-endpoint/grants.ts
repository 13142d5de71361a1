import type { EvidenceMap } from '../../fixtures/evidence.ts';
import { checks, outOfScope, untested, type Verdict } from '../check.ts';
import { golden } from '../golden.ts';
import { type Answers, answeringTrials, refused } from '../golden-tokens.ts';
import { describeGrant, errorOf, judgesTokenTrials, NO_TOKEN, tokenCameOut } from './trials.ts';

const answering = (answers: Answers<'tokenRequests'>) => answeringTrials(golden, 'tokenRequests', answers);

const ANYBODY = { key: 'tokenRequests', assurance: 'anonymous', controls: [], done: 'refused' } as const;

export const hasNoPasswordGrant = judgesTokenTrials({
  ...ANYBODY,
  id: 'token-endpoint/has-no-password-grant',
  title: 'Takes no passwords of users at the token endpoint',
  // RFC 9700 2.4 forbids its use, which is the client's: a server that offers it stands in nobody's way.
  keyword: 'SHOULD',
  severity: 'medium',
  requirements: ['B35', 'RFC9700-2.4-no-password-grant'],
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
        (errorOf(asked) === 'invalid_grant' ? 'invalid_grant: user and password were looked at' : undefined),
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
      trials: ['client-credentials-of-a-public-client'],
      ...NO_TOKEN,
      example: answering({ 'client-credentials-of-a-public-client': {} }),
    },
  },
});

/** RFC 6749 5.2: what is said of a grant type that nobody, or not this client, may use. */
const NO_SUCH_GRANT = ['unsupported_grant_type', 'unauthorized_client', 'invalid_request'];

/** A client that is not let in never gets as far as its grant type. */
function ofAnotherRefusal({ asked }: EvidenceMap['tokenRequests']): Verdict<never> | undefined {
  const attempt = asked.find(({ trial }) => trial === 'password-grant');
  const error = attempt && errorOf(attempt);
  if (attempt === undefined || NO_SUCH_GRANT.includes(error ?? '')) return undefined;
  const because = `the password grant is refused for another reason than its type (${describeGrant(attempt)})`;
  return error === 'invalid_client'
    ? outOfScope(because, 'clients.public: a client that the token endpoint knows')
    : untested(because, `a token endpoint that answers with one of ${NO_SUCH_GRANT.join(', ')}`);
}

export const grantChecks = checks(hasNoPasswordGrant, givesPublicClientsNoTokensOfTheirOwn);
