import type { EvidenceMap } from '../../fixtures/evidence.ts';
import type { SessionIdsView } from '../../fixtures/session-view.ts';
import { checks, defineCheck, fail, notApplicable, pass, type Verdict } from '../check.ts';
import { golden } from '../golden.ts';

/**
 * RFC 6749 10.10 wants 128 bits. What a view counts may fall short of what went in: values may begin alike by chance,
 * and a random UUID (RFC 9562 5.4) has 122.
 */
const ENOUGH_BITS = 112;

const COMMON = {
  party: 'authorization-server',
  pillar: 'token-issuance',
  assurance: 'sign-in',
  keyword: 'MUST',
  needs: ['codes'],
} as const;

const RANDOM = {
  general:
    'Let a secure random generator make them, 128 bits and more, better 160 (RFC 6749 10.10): crypto.randomBytes(32), secrets.token_urlsafe(32).',
};

function judged(what: string, view: SessionIdsView, at: readonly string[]): Verdict<'short'> {
  const { count, length, varying, alphabet, bits } = view;
  const seen = `${count} ${what} of ${length} characters differ in ${varying}, from an alphabet of ${alphabet}: at most ${bits} bits`;
  return bits >= ENOUGH_BITS
    ? pass(seen)
    : fail([{ reason: 'short', expected: `${what} of 128 bits and more`, actual: seen, at }]);
}

const viewing = (views: Partial<EvidenceMap['codes']['views']>) => ({
  says: 'eight digits',
  evidence: { codes: { ...golden.codes, views: { ...golden.codes.views, ...views } } },
});

const DIGITS: SessionIdsView = { count: 4, length: 8, varying: 8, alphabet: 10, bits: 26 };

export const issuesCodesThatCannotBeGuessed = defineCheck({
  ...COMMON,
  id: 'token-endpoint/issues-codes-that-cannot-be-guessed',
  title: 'Issues codes that cannot be guessed',
  severity: 'high',
  requirements: ['RFC6749-10.10-credentials-hard-to-guess'],
  reasons: {
    short: {
      says: 'Codes that were issued one after the other differ in so little that others can be guessed.',
      fix: RANDOM,
    },
  },
  judge: ({ codes }) => judged('codes', codes.views.codes, [codes.retried.exchange.id]),
  examples: {
    pass: [{ says: '43 letters and digits', evidence: golden }],
    fail: { short: viewing({ codes: DIGITS }) },
  },
});

export const issuesRefreshTokensThatCannotBeGuessed = defineCheck({
  ...COMMON,
  id: 'token-endpoint/issues-refresh-tokens-that-cannot-be-guessed',
  title: 'Issues refresh tokens that cannot be guessed',
  severity: 'critical',
  requirements: ['RFC6749-10.10-credentials-hard-to-guess'],
  reasons: {
    short: {
      says: 'Refresh tokens that were issued one after the other differ in so little that others can be guessed.',
      fix: RANDOM,
    },
  },
  judge({ codes }) {
    const { refreshTokens } = codes.views;
    return refreshTokens === undefined
      ? notApplicable('codes give no refresh tokens here')
      : judged('refresh tokens', refreshTokens, [codes.retried.exchange.id]);
  },
  examples: {
    pass: [{ says: '43 letters and digits', evidence: golden }],
    fail: { short: viewing({ refreshTokens: DIGITS }) },
  },
});

export const guessingChecks = checks(issuesCodesThatCannotBeGuessed, issuesRefreshTokensThatCannotBeGuessed);
