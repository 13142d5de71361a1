import type { AskedGrant } from '../../fixtures/authorization-evidence.ts';
import type { EvidenceMap } from '../../fixtures/evidence.ts';
import { isUnsaid } from '../../fixtures/protocol/firewalls.ts';
import { errorOf } from '../../fixtures/protocol/token-answers.ts';
import { checks, pass, untested, type Verdict } from '../check.ts';
import { golden } from '../golden.ts';
import { type Answers, answeringTrials, done, refused } from '../golden-tokens.ts';
import { describeGrant, judgesTokenTrials, NO_TOKEN, tokenCameOut } from './trials.ts';

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
  unsaid: (evidence) => ofSlowRevocations(evidence) ?? ofUnheardRevocations(evidence),
  done: 'refused',
  reasons: {
    'still-good': {
      says: 'A refresh token that was revoked still gives tokens: who signs out is not out.',
      fix: {
        general:
          'Invalidate the refresh token at once when its client revokes it, and all that were rotated from it (RFC 7009 2.1).',
        auth0: { text: 'Send the revocation to /oauth/revoke with the client_id of the application the token is for.' },
      },
      // RFC 7009 2.1 has a word for servers of which some hear of it later.
      trials: ['after-revocation-later'],
      expected: NO_TOKEN.expected,
      // Only 200 says that it was revoked (RFC 7009 2.2).
      wrong: (asked, { asked: all }) => (isConfirmed(stepOf(all, 'revoke')) ? tokenCameOut(asked) : undefined),
      example: answering({
        'after-wrong-hint': {},
        revoke: done,
        'after-revocation': {},
        'after-revocation-later': {},
      }),
    },
    'not-revocable': {
      says: 'The revocation endpoint finds fault with a request as it should be: a client cannot revoke its own refresh token.',
      // RFC 7009 2 demands that refresh tokens can be revoked, and leaves to the server for which clients.
      keyword: 'SHOULD',
      fix: {
        general:
          'Take token alone for a complete request, of a refresh token too, and answer 200 once it is revoked (RFC 7009 2, 2.1, 2.2).',
        auth0: { text: 'Send the revocation to /oauth/revoke with the client_id of the application the token is for.' },
      },
      trials: ['revoke'],
      expected: '200',
      wrong: (asked, { asked: all }) => {
        const after = stepOf(all, 'after-revocation');
        const isGood = after !== undefined && tokenCameOut(after) !== undefined;
        return isGood && isHeard(asked) && !isConfirmed(asked) && errorOf(asked.exchange) !== undefined
          ? `${describeGrant(asked)}, and the token is good still`
          : undefined;
      },
      example: answering({
        'after-wrong-hint': {},
        revoke: refused('unsupported_token_type'),
        'after-revocation': {},
        'after-revocation-later': {},
      }),
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
        const plain = stepOf(all, 'after-revocation');
        const isHint = plain !== undefined && isGone(plain) && isHeard(stepOf(all, 'revoke-with-wrong-hint'));
        return isHint ? tokenCameOut(asked) : undefined;
      },
      example: answering({ 'after-wrong-hint': {}, revoke: done, 'after-revocation': refused('invalid_grant') }),
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
const isGone = (asked: AskedGrant) => tokenCameOut(asked) === undefined && errorOf(asked.exchange) === 'invalid_grant';

type Steps = EvidenceMap['refreshTokens']['asked'];

function stepOf(asked: Steps, step: Steps[number]['trial']): AskedGrant | undefined {
  return asked.find(({ trial }) => trial === step);
}

function isConfirmed(step: AskedGrant | undefined): boolean {
  return step?.exchange.answer?.status === 200;
}

/** It was answered, and the client was not turned away. */
function isHeard(step: AskedGrant | undefined): boolean {
  if (step === undefined || isUnsaid(step.exchange)) return false;
  const error = errorOf(step.exchange);
  const status = step.exchange.answer?.status ?? 0;
  return error === undefined ? ![401, 403, 404, 405].includes(status) : status !== 401 && !OF_CLIENTS.includes(error);
}

const OF_CLIENTS = ['invalid_client', 'unauthorized_client'];

function ofSlowRevocations({ asked }: EvidenceMap['refreshTokens']): Verdict<never> | undefined {
  const later = stepOf(asked, 'after-revocation-later');
  return later !== undefined && isConfirmed(stepOf(asked, 'revoke')) && isGone(later)
    ? pass('a refresh token gave no token any more some seconds after it was revoked')
    : undefined;
}

/** RFC 7009 2.2.1: whoever was not answered with 200 has to take it that the token is good still. */
function ofUnheardRevocations({ asked }: EvidenceMap['refreshTokens']): Verdict<never> | undefined {
  const last = asked.findLast(({ trial }) => trial === 'revoke' || trial === 'revoke-with-wrong-hint');
  return last === undefined || isConfirmed(last) ? undefined : ofTheClient(last);
}

function ofTheClient(revocation: AskedGrant): Verdict<never> {
  return untested(
    `the client did not come to revoke anything (${describeGrant(revocation)})`,
    'a client that may revoke its own tokens (revocation_endpoint_auth_methods_supported), and a revocation endpoint that answers',
  );
}

/** A token that lives on shows nothing where the other client was not heard as a client. */
function ofForeignRevocations({ asked }: EvidenceMap['refreshTokens']): Verdict<never> | undefined {
  const made = asked.find(({ trial }) => trial === 'revoke-as-another-client');
  const after = asked.find(({ trial }) => trial === 'after-foreign-revocation');
  if (made === undefined || isUnsaid(made.exchange) || errorOf(made.exchange) === 'invalid_client') {
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
  unsaid: ({ asked }) => {
    const made = stepOf(asked, 'revoke-unknown-token');
    return made === undefined || isConfirmed(made) ? undefined : ofTheClient(made);
  },
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
        asked.exchange.answer === undefined || isConfirmed(asked) || !isHeard(asked) ? undefined : describeGrant(asked),
      example: answering({ 'revoke-unknown-token': refused('invalid_grant') }),
    },
  },
});

export const revocationChecks = checks(
  endsRefreshTokensThatAreRevoked,
  revokesForTheClientOfTheTokenAlone,
  confirmsTheRevocationOfUnknownTokens,
);
