import type { AskedGrant } from '../../fixtures/authorization-evidence.ts';
import type { EvidenceMap } from '../../fixtures/evidence.ts';
import { describeEnd, withoutControl } from '../authorization/requests.ts';
import { checks, defineCheck, fail, notApplicable, outOfScope, pass, untested, type Verdict } from '../check.ts';
import { golden } from '../golden.ts';
import { grant } from '../golden-authorization.ts';
import { answerOf, tokenIn, unsettled } from './code-requests.ts';

const COMMON = {
  party: 'authorization-server',
  pillar: 'token-issuance',
  assurance: 'sign-in',
  needs: ['signIn', 'spentCodes'],
} as const;

const ONCE = 'token-endpoint/redeems-a-code-once';

const spent = (replaced: Partial<EvidenceMap['spentCodes']>): EvidenceMap => ({
  ...golden,
  spentCodes: { ...golden.spentCodes, ...replaced },
});

export const redeemsACodeOnce = defineCheck({
  ...COMMON,
  id: ONCE,
  title: 'Redeems a code once',
  keyword: 'MUST',
  severity: 'high',
  requirements: ['RFC6749-4.1.2-code-single-use', 'B12'],
  trials: ['spentCodes/again'],
  reasons: {
    again: {
      says: 'A code gives tokens a second time: whoever finds one in a log, a history or a Referer header has its tokens, too.',
      fix: {
        general:
          'Mark a code as used in the same step that looks it up (DELETE … RETURNING, GETDEL), and answer invalid_grant from then on (RFC 6749 4.1.2).',
      },
    },
  },
  judge({ signIn, spentCodes: { first, again, controlAfter } }): Verdict<'again'> {
    if (tokenIn(first) !== undefined && tokenIn(again) !== undefined) {
      return fail([
        {
          reason: 'again',
          expected: 'invalid_grant',
          actual: `${again.exchange.asks}: an access token`,
          at: [first.exchange.id, again.exchange.id],
        },
      ]);
    }
    return (
      unsettled([again]) ??
      notRedeemed(first) ??
      withoutControl(signIn) ??
      withoutControl(controlAfter) ??
      pass(`the same request again: ${answerOf(again)}`)
    );
  },
  examples: {
    pass: [{ says: 'invalid_grant', evidence: golden }],
    fail: {
      again: { says: 'tokens again', evidence: spent({ again: grant('spentCodes/again', 'as before') }) },
    },
  },
});

/** The first use of a code is the control of the second. */
function notRedeemed(first: AskedGrant): Verdict<never> | undefined {
  return tokenIn(first) === undefined
    ? untested(`the code gave no token to begin with (${answerOf(first)})`, 'the run once more')
    : undefined;
}

export const redeemsACodeOnceAmongManyRequests = defineCheck({
  ...COMMON,
  id: 'token-endpoint/redeems-a-code-once-among-many-requests',
  title: 'Redeems a code once, however many bring it at the same time',
  keyword: 'SHOULD',
  severity: 'medium',
  requirements: ['RFC6749-4.1.2-code-single-use', 'B12b'],
  trials: ['spentCodes/race'],
  reasons: {
    'several-tokens': {
      says: 'A code that comes several times at once gives tokens more than once: between looking it up and marking it as used there is time for another request.',
      fix: {
        general:
          'Look a code up and mark it as used in one step that only one request can win (DELETE … RETURNING, GETDEL, UPDATE … WHERE used = false).',
      },
    },
  },
  judge({ signIn, spentCodes: { again, race, controlAfter } }): Verdict<'several-tokens'> {
    if (tokenIn(again) !== undefined) {
      return untested('a code gives tokens as often as it is brought', 'codes that are good once', ONCE);
    }
    if (race === undefined) {
      return untested(
        'an authorization request as it should be, which gave a code before, gave none',
        'the run once more: an authorization server that gives the same user another code',
      );
    }
    const winners = race.filter((each) => tokenIn(each) !== undefined);
    if (winners.length > 1) {
      return fail([
        {
          reason: 'several-tokens',
          expected: 'one token',
          actual: `${winners.length} of ${race.length} requests got one`,
          at: winners.map(({ exchange }) => exchange.id),
        },
      ]);
    }
    const open = unsettled(race) ?? withoutControl(signIn) ?? withoutControl(controlAfter);
    if (open !== undefined) return open;
    if (!wereAtOnce(race)) {
      return untested(
        'the pace of the run kept the requests apart, so that no two of them were under way at once',
        'limits.requestsPerSecond: more requests a second to the authorization server',
      );
    }
    return pass(`${winners.length} of ${race.length} requests at once got tokens`);
  },
  examples: {
    pass: [{ says: 'one of five', evidence: golden }],
    fail: {
      'several-tokens': {
        says: 'each of five',
        evidence: spent({ race: golden.spentCodes.race?.map(({ exchange }) => grant(exchange.id, 'at once')) ?? [] }),
      },
    },
  },
});

function wereAtOnce(grants: readonly AskedGrant[]): boolean {
  const spans = grants.map(({ exchange: { startedAt, durationMs } }) => {
    const start = Date.parse(startedAt);
    return { start, end: start + durationMs };
  });
  return spans.some((one, at) => spans.slice(at + 1).some(({ start, end }) => start <= one.end && one.start <= end));
}

export const endsTheGrantOfAReplayedCode = defineCheck({
  ...COMMON,
  id: 'token-endpoint/ends-the-grant-of-a-replayed-code',
  title: 'Ends what a code had given when the code comes again',
  keyword: 'SHOULD',
  severity: 'medium',
  requirements: ['RFC6749-4.1.2-code-reuse-revokes', 'B13'],
  trials: ['spentCodes/refreshed'],
  reasons: {
    'refresh-token-lives': {
      says: 'A code that comes again is refused, and the refresh token that it had given before goes on giving tokens: if the thief was first, they stay.',
      fix: {
        general:
          'Keep with each token the code it came from, and revoke the refresh tokens of a code that is brought again (RFC 6749 4.1.2).',
      },
    },
  },
  judge({ signIn, spentCodes }): Verdict<'refresh-token-lives'> {
    const { refreshControl, first, again, refreshed, controlAfter } = spentCodes;
    if (tokenIn(again) !== undefined) {
      return untested('a code gives tokens as often as it is brought', 'codes that are good once', ONCE);
    }
    const open = unsettled([again]) ?? notRedeemed(first) ?? withoutControl(signIn) ?? withoutControl(controlAfter);
    if (open !== undefined) return open;
    if (refreshed === undefined) {
      return notApplicable('codes give no refresh tokens here, and access tokens end by themselves');
    }
    if (tokenIn(refreshed) !== undefined) {
      return fail([
        {
          reason: 'refresh-token-lives',
          expected: 'invalid_grant',
          actual: `${refreshed.exchange.asks}: an access token`,
          at: [again.exchange.id, refreshed.exchange.id],
        },
      ]);
    }
    const unsaid = unsettled([refreshed]);
    if (unsaid !== undefined) return unsaid;
    return refreshControl === undefined || tokenIn(refreshControl) === undefined
      ? untested(
          'the positive control is missing: the refresh token of a code that nobody brought again gives no token either',
          'a client that may refresh its tokens',
        )
      : pass(`its refresh token: ${answerOf(refreshed)}`);
  },
  examples: {
    pass: [{ says: 'the refresh token is refused', evidence: golden }],
    fail: {
      'refresh-token-lives': {
        says: 'the refresh token gives tokens',
        evidence: spent({ refreshed: grant('spentCodes/refreshed', 'with the refresh token') }),
      },
    },
  },
});

export const letsCodesExpire = defineCheck({
  ...COMMON,
  id: 'token-endpoint/lets-codes-expire',
  title: 'Lets codes expire within ten minutes',
  keyword: 'SHOULD',
  severity: 'medium',
  requirements: ['RFC6749-4.1.2-code-lifetime', 'B16'],
  trials: ['spentCodes/too-late'],
  reasons: {
    'lives-on': {
      says: 'A code that is more than ten minutes old still gives tokens: a code that was lost on the way is good for whoever finds it later.',
      fix: {
        general:
          'Let codes expire a minute or less after they were issued, ten minutes at most (RFC 6749 4.1.2): a client redeems them at once.',
      },
    },
  },
  judge({ signIn, spentCodes: { old, controlAfter } }): Verdict<'lives-on'> {
    if (old === undefined) {
      return outOfScope(
        'codes get old only where the run may let time pass',
        'run --slow, which waits for eleven minutes; or a run of the embedded world, whose clock goes ahead',
      );
    }
    if ('refused' in old) {
      return untested(
        `no further code came that could get old: ${describeEnd(old.refused.journey.end)}`,
        'an authorization server that gives a code after one came again',
      );
    }
    const { seconds, grant: late } = old;
    if (tokenIn(late) !== undefined) {
      return fail([
        {
          reason: 'lives-on',
          expected: 'invalid_grant',
          actual: `${late.exchange.asks}: an access token`,
          at: [late.exchange.id],
        },
      ]);
    }
    return (
      unsettled([late]) ??
      withoutControl(signIn) ??
      withoutControl(controlAfter) ??
      pass(`after ${seconds} seconds: ${answerOf(late)}`)
    );
  },
  examples: {
    pass: [{ says: 'refused', evidence: golden }],
    fail: {
      'lives-on': {
        says: 'a token',
        evidence: spent({ old: { seconds: 630, grant: grant('spentCodes/too-late', 'for an old code') } }),
      },
    },
  },
});

export const spentCodeChecks = checks(
  redeemsACodeOnce,
  redeemsACodeOnceAmongManyRequests,
  endsTheGrantOfAReplayedCode,
  letsCodesExpire,
);
