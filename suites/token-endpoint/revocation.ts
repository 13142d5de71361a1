import type { AskedGrant } from '../../fixtures/authorization-evidence.ts';
import type { EvidenceMap } from '../../fixtures/evidence.ts';
import { isSettled } from '../../fixtures/protocol/answers.ts';
import { checks, untested, type Verdict } from '../check.ts';
import { golden } from '../golden.ts';
import { type Answers, answeringTrials, refused } from '../golden-tokens.ts';
import { describeGrant, errorOf, judgesTokenTrials, NO_TOKEN, tokenCameOut } from './trials.ts';

const answering = (answers: Answers<'refreshTokens'>) => answeringTrials(golden, 'refreshTokens', answers);

export const endsRefreshTokensThatAreRevoked = judgesTokenTrials({
  key: 'refreshTokens',
  id: 'token-endpoint/ends-refresh-tokens-that-are-revoked',
  title: 'Ends a refresh token when its client revokes it',
  keyword: 'MUST',
  severity: 'high',
  requirements: ['B46', 'RFC7009-2.1-revoked-refresh-dead', 'RFC7009-2.1-wrong-hint-still-revokes'],
  assurance: 'sign-in',
  controls: ['first', 'before-revocation'],
  done: 'refused',
  reasons: {
    'still-good': {
      says: 'A refresh token that was revoked still gives tokens: who signs out is not out.',
      fix: {
        general:
          'Invalidate the refresh token at once when its client revokes it, and all that were rotated from it (RFC 7009 2.1).',
        auth0: { text: 'Send the revocation to /oauth/revoke with the client_id of the application the token is for.' },
      },
      trials: ['after-revocation'],
      ...NO_TOKEN,
      example: answering({ 'after-wrong-hint': {}, 'after-revocation': {} }),
    },
    'hidden-by-the-hint': {
      says: 'A refresh token is not revoked where the request says that it is an access token.',
      fix: {
        general:
          'Take token_type_hint for a hint: when the token is not found that way, look among the other types (RFC 7009 2.1).',
      },
      trials: ['after-wrong-hint'],
      expected: NO_TOKEN.expected,
      // Where nothing is revoked at all, it is not the hint.
      wrong: (asked, { asked: all }) => {
        const plain = all.find(({ trial }) => trial === 'after-revocation');
        return plain === undefined || tokenCameOut(plain) !== undefined ? undefined : tokenCameOut(asked);
      },
      example: answering({ 'after-wrong-hint': {}, 'after-revocation': refused('invalid_grant') }),
    },
  },
});

export const revokesForTheClientOfTheTokenAlone = judgesTokenTrials({
  key: 'refreshTokens',
  id: 'token-endpoint/revokes-for-the-client-of-the-token-alone',
  title: 'Lets no client revoke the tokens of another',
  keyword: 'MUST',
  severity: 'medium',
  requirements: ['B46', 'RFC7009-2.1-revocation-client-bound'],
  assurance: 'sign-in',
  controls: ['first', 'before-revocation'],
  unsaid: ofForeignRevocations,
  done: 'made, and the token lived on',
  reasons: {
    'revoked-by-another': {
      says: 'A client can revoke the refresh token of another one.',
      fix: { general: 'Compare the client that asks with that of the token, and refuse the others (RFC 7009 2.1).' },
      trials: ['after-foreign-revocation'],
      expected: 'an access token: the revocation of another client ends nothing',
      // Any other error may have other causes.
      wrong: (asked) => (isGone(asked) ? describeGrant(asked) : undefined),
      example: answering({ 'after-foreign-revocation': refused('invalid_grant') }),
    },
  },
});

/** RFC 6749 5.2: what a refresh token gets that was revoked. */
const isGone = (asked: AskedGrant) => tokenCameOut(asked) === undefined && errorOf(asked) === 'invalid_grant';

/** A token that lives on shows nothing where the other client was not heard as a client. */
function ofForeignRevocations({ asked }: EvidenceMap['refreshTokens']): Verdict<never> | undefined {
  const made = asked.find(({ trial }) => trial === 'revoke-as-another-client');
  const after = asked.find(({ trial }) => trial === 'after-foreign-revocation');
  if (made === undefined || !isSettled(made.exchange) || errorOf(made) === 'invalid_client') {
    return untested(
      `the other client did not come to revoke anything (${made === undefined ? 'it was not asked' : describeGrant(made)})`,
      'clients.public and clients.confidential: clients that authenticate where tokens are revoked as at the token endpoint',
    );
  }
  return after === undefined || tokenCameOut(after) !== undefined
    ? undefined
    : untested(
        `the refresh token gave no token, and not because it is gone (${describeGrant(after)})`,
        'a run in which the token endpoint answers',
      );
}

export const confirmsTheRevocationOfUnknownTokens = judgesTokenTrials({
  key: 'refreshTokens',
  id: 'token-endpoint/confirms-the-revocation-of-unknown-tokens',
  title: 'Answers the revocation of a token that it does not know with 200',
  // 2.2 says so without a keyword.
  keyword: 'SHOULD',
  severity: 'low',
  requirements: ['RFC7009-2.2-revocation-unknown-200'],
  assurance: 'sign-in',
  controls: ['first'],
  done: 'answered with 200',
  reasons: {
    'other-answer': {
      says: 'Who revokes a token that is gone already gets an error, with which a client can do nothing.',
      fix: {
        general:
          'Answer 200 for tokens that are unknown, expired or revoked: what the client wanted is so (RFC 7009 2.2).',
      },
      trials: ['revoke-unknown-token'],
      expected: '200',
      wrong: (asked) =>
        asked.exchange.answer === undefined || asked.exchange.answer.status === 200 ? undefined : describeGrant(asked),
      example: answering({ 'revoke-unknown-token': refused('invalid_grant') }),
    },
  },
});

export const revocationChecks = checks(
  endsRefreshTokensThatAreRevoked,
  revokesForTheClientOfTheTokenAlone,
  confirmsTheRevocationOfUnknownTokens,
);
