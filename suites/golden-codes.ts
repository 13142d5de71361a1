import type { CodeEvidence } from '../fixtures/code-evidence.ts';
import { CODE_TRIALS, type CodeTrialId, codeTrial } from '../fixtures/trials/token-requests/codes.ts';
import { control, grant, type ShortGrant } from './golden-authorization.ts';

/** Evidence of a token endpoint that conforms: what is wrong is refused, and what is right gives tokens. */

const RANDOM = { count: 4, length: 43, varying: 43, alphabet: 64, bits: 258 };
const REFUSED: ShortGrant = { status: 400, body: { error: 'invalid_grant' } };

export const goldenCodes: CodeEvidence = {
  codes: {
    asked: CODE_TRIALS.map((trial) => ({
      trial,
      grant: grant(`codes/${trial}`, codeTrial(trial).change, asIsRight(trial)),
    })),
    unfit: {},
    retried: grant('codes/retried', 'as it should be, for a code that was tried before'),
    outlives: true,
    controlAfter: control('codes/control'),
    views: { codes: RANDOM, refreshTokens: RANDOM },
  },
  spentCodes: {
    refreshControl: grant('spentCodes/refresh-control', 'with a refresh token, as it should be'),
    first: grant('spentCodes/first', 'as it should be'),
    again: grant('spentCodes/again', 'for a code that gave a token before', REFUSED),
    refreshed: grant('spentCodes/refreshed', 'with the refresh token of a code that came again', REFUSED),
    race: [1, 2, 3, 4, 5].map((at) =>
      grant(`spentCodes/race-${at}`, 'for a code that 5 bring at once', at === 1 ? {} : REFUSED),
    ),
    old: {
      seconds: 630,
      grant: grant('spentCodes/too-late', 'for a code that is 630 seconds old', REFUSED),
    },
    controlAfter: control('spentCodes/control-after'),
  },
};

function asIsRight(trial: CodeTrialId): ShortGrant {
  return codeTrial(trial).row === 'B41' ? { status: 400, body: { error: 'invalid_target' } } : REFUSED;
}

/** The evidence, but the request of this trial was answered so. */
export function answeringCode<Evidence extends Pick<CodeEvidence, 'codes'>>(
  evidence: Evidence,
  trial: CodeTrialId,
  short: ShortGrant,
): Evidence {
  const { asked, ...rest } = evidence.codes;
  return {
    ...evidence,
    codes: {
      ...rest,
      asked: asked.map((each) =>
        each.trial === trial ? { trial, grant: grant(each.grant.exchange.id, each.grant.differs, short) } : each,
      ),
    },
  };
}
