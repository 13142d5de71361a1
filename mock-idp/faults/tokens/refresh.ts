import type { Fault } from '../fault.ts';

/** What a refresh token is good for, and how long. */
export const REFRESH_FAULTS: readonly Fault[] = [
  {
    id: 'rotates-no-refresh-tokens',
    says: 'A public client keeps one refresh token for good.',
    tenant: () => ({ rotateRefreshToken: () => undefined }),
    trips: ['token-endpoint/rotates-refresh-tokens-of-public-clients:same-token'],
  },
  {
    id: 'answers-a-refresh-with-the-old-refresh-token',
    says: 'Each refresh gives a public client a refresh token, and always the same.',
    tenant: () => ({ rotateRefreshToken: (token) => token }),
    trips: ['token-endpoint/rotates-refresh-tokens-of-public-clients:same-token'],
  },
  {
    id: 'overlooks-the-reuse-of-a-refresh-token',
    says: 'A rotated refresh token goes on giving tokens.',
    tenant: () => ({ checkRefreshTokenReuse: () => undefined }),
    trips: ['token-endpoint/refuses-rotated-refresh-tokens:served-for-good'],
  },
  {
    id: 'keeps-the-family-of-a-reused-refresh-token',
    says: 'A rotated refresh token that comes again is refused, and its successor, which may be the stolen one, lives on.',
    tenant: () => ({ onRefreshTokenReuse: () => {} }),
    trips: ['token-endpoint/ends-the-family-of-a-reused-refresh-token:successor-lives'],
  },
  {
    id: 'refreshes-for-other-clients',
    says: 'A refresh token gives tokens to any client that brings it.',
    tenant: () => ({ checkRefreshTokenClient: () => undefined }),
    trips: ['token-endpoint/refreshes-for-the-client-of-the-token-alone:other-client'],
  },
  {
    id: 'refreshes-with-expired-tokens',
    says: 'Refresh tokens never expire.',
    tenant: () => ({ checkRefreshTokenExpiry: () => undefined }),
    trips: [],
  },
  {
    id: 'widens-the-scope-at-a-refresh',
    says: 'A refresh gives whatever scope it asks for.',
    tenant: (conforming) => ({
      scopeAtRefresh: (requested, token, context) => requested ?? conforming.scopeAtRefresh(requested, token, context),
    }),
    trips: ['token-endpoint/widens-nothing-at-a-refresh:scope'],
  },
  {
    id: 'gives-refresh-tokens-unasked',
    says: 'Every code gives a refresh token, whether offline_access was agreed to or not.',
    tenant: () => ({ mayHaveRefreshToken: () => true }),
    trips: [],
  },
  {
    id: 'revokes-nothing',
    says: 'Revocation is confirmed, and nothing is revoked.',
    tenant: () => ({ revokeRefreshToken: () => {} }),
    trips: ['token-endpoint/ends-refresh-tokens-that-are-revoked:still-good'],
  },
  {
    id: 'revokes-one-refresh-token-of-its-family',
    says: 'Revoking a rotated refresh token leaves its successor.',
    tenant: () => ({
      revokeRefreshToken: ({ token }, { store }) => {
        store.refreshTokens.delete(token);
      },
    }),
    trips: [],
  },
  {
    id: 'revokes-tokens-of-other-clients',
    says: 'Any client can revoke any token.',
    tenant: () => ({ mayRevoke: () => true }),
    trips: ['token-endpoint/revokes-for-the-client-of-the-token-alone:revoked-by-another'],
  },
  {
    id: 'answers-the-revocation-of-an-unknown-token-with-an-error',
    says: 'Revoking a token that is not known fails, which tells who guesses tokens from who holds them.',
    tenant: (conforming) => ({
      async revoke(context) {
        const parameters = conforming.readParameters(context);
        const token = parameters instanceof URLSearchParams ? parameters.get('token') : null;
        const isKnown = token === null || context.store.refreshTokens.has(token);
        const reply = await conforming.revoke(context);
        return isKnown || reply.status !== 200
          ? reply
          : context.behaviour.tokenError({ refusal: 'refresh-token-not-valid' }, context);
      },
    }),
    trips: ['token-endpoint/confirms-the-revocation-of-unknown-tokens:other-answer'],
  },
];
