import type { AskedTokens, Exchange } from '../../fixtures/evidence.ts';
import { describe, isServerError } from '../../fixtures/protocol/answers.ts';
import { type TokenTrialId, tokenTrial } from '../../fixtures/trials/access-tokens/index.ts';
import { gather, unsettled } from '../challenge/refusals.ts';
import { type Check, defineCheck, fail, pass, type Reason, untested } from '../check.ts';
import { answering, golden } from '../golden.ts';
import { notMade } from './refusal.ts';

type Declared = Pick<Check, 'id' | 'title' | 'keyword' | 'severity' | 'requirements'>;

/** A check that tokens which look odd do not make the server fail, whatever it thinks of them. */
interface Survival extends Declared {
  readonly trials: readonly [TokenTrialId, ...TokenTrialId[]];
  readonly failing: Reason;
}

function survivesTokens({ trials, failing, ...declared }: Survival) {
  const reason = 'server-error' as const;
  return defineCheck({
    ...declared,
    party: 'mcp-server',
    pillar: 'server-side-validation',
    assurance: 'anonymous',
    needs: ['forgedTokens'],
    uses: ['credentials'],
    trials: trials.map((trial) => `forgedTokens/${trial}`),
    reasons: { [reason]: failing },
    judge({ forgedTokens, credentials }) {
      const own = forgedTokens.asked.filter(({ trial }) => trials.includes(trial));
      const breaches = own
        .filter(({ exchange }) => isServerError(exchange.answer))
        .map(({ trial, exchange }) => ({
          reason,
          actual: `${tokenTrial(trial).change}: ${describe(exchange)}`,
          at: exchange.id,
        }));
      if (breaches.length > 0 && isServerError(credentials?.['foreign-jwt']?.answer)) {
        return untested(
          'the server fails over any token of an issuer that does not exist',
          'status 401 for tokens that nobody issued',
          'challenge/answers-401-to-an-invalid-token',
        );
      }
      if (breaches.length > 0) return fail(gather(breaches, 'a refusal, not a failure of the server'));
      return (
        notMade(forgedTokens as AskedTokens, trials, own) ??
        unsettled(own.map(({ exchange }): Exchange => exchange)) ??
        pass(`${own.length} such tokens made no 5xx`)
      );
    },
    examples: {
      pass: [{ says: 'all refused', evidence: golden }],
      fail: {
        [reason]: {
          says: '500 for one of them',
          evidence: answering(new RegExp(`^forgedTokens/${trials[0]}$`), { status: 500 }),
        },
      },
    },
  });
}

export const survivesOddKeyIds = survivesTokens({
  id: 'access-tokens/survives-odd-key-ids',
  title: 'Refuses a token with an odd kid without failing over it',
  keyword: 'SHOULD',
  severity: 'medium',
  requirements: ['RFC7515-4.1.4-kid-string', 'RFC8725-3.10-kid-injection', 'A21', 'A26'],
  trials: [
    'kid-long',
    'kid-object',
    'kid-array',
    'kid-number',
    'kid-quote',
    'kid-filter',
    'kid-command',
    'kid-query',
    'kid-percent-zero',
    'kid-line-break',
    'kid-path-relative',
    'kid-path-absolute',
    'kid-path-url',
  ],
  failing: {
    says: 'A kid that is no plain string, very long, or full of special characters makes the server fail: it gets somewhere it was not meant to.',
    fix: {
      general:
        'Refuse a token whose kid is no string of at most some hundred characters, compare it with the kids of the JWK set in memory and use it for nothing else. Treat every error of token parsing and key lookup as an invalid token: 401, not 500.',
      auth0: {
        text: 'express-oauth2-jwt-bearer throws InvalidTokenError: let your error handler send its status and headers, and 500 for nothing that has a status.',
      },
    },
  },
});

export const survivesLongTokens = survivesTokens({
  id: 'access-tokens/survives-long-tokens',
  title: 'Refuses a very long token without failing over it',
  keyword: 'ADVICE',
  severity: 'low',
  requirements: ['A67'],
  trials: ['long-8', 'long-64'],
  failing: {
    says: 'A token of 8 or 64 kB makes the server fail.',
    fix: {
      general:
        'Limit the size of header fields in front of the application (431 is the answer to more), and treat what the token parser throws as an invalid token: 401, not 500.',
    },
  },
});

export const survivalChecks = [survivesOddKeyIds, survivesLongTokens];
