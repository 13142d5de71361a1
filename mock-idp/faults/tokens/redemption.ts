import { randomBytes } from 'node:crypto';
import type { TenantBehaviour } from '../../tenant/behaviour.ts';
import type { AuthorizationCode } from '../../tenant/store.ts';
import { refuse } from '../../tenant/tokens/refusals.ts';
import type { Fault } from '../fault.ts';

/** Milliseconds in which a code can be brought again unnoticed. */
const TOO_LATE = 100;

/** How codes are kept until they are redeemed, and how they and refresh tokens are made. */
export const REDEMPTION_FAULTS: readonly Fault[] = [
  {
    id: 'takes-verifiers-of-other-flows',
    says: 'A code verifier is good for every code of its client.',
    tenant: (conforming) => ({
      checkCodeVerifier: (code, verifier, context) => {
        const others = [...context.store.codes.values()].filter(
          ({ authorization }) => authorization.clientId === code.authorization.clientId,
        );
        const fits = others.some((other) => conforming.checkCodeVerifier(other, verifier, context) === undefined);
        return fits ? undefined : conforming.checkCodeVerifier(code, verifier, context);
      },
    }),
    trips: ['token-endpoint/verifies-code-verifiers:verifier-of-another-flow'],
  },
  {
    id: 'spends-a-code-on-a-failed-try',
    says: 'A code is good for one try, whether it succeeds or not: no document forbids it.',
    tenant: spending,
    trips: [],
  },
  {
    id: 'spends-codes-on-failed-tries-and-takes-unknown-challenge-methods-as-s256',
    says: 'A challenge counts as S256 whatever its method is called, and each code is good for one try: only a further code shows it.',
    tenant: (conforming) => ({
      ...spending(conforming),
      codeChallengeOf: (parameters, client, context) => {
        const method = parameters.get('code_challenge_method');
        if (method === null || method === 'plain') return conforming.codeChallengeOf(parameters, client, context);
        const named = new URLSearchParams(parameters);
        named.set('code_challenge_method', 'S256');
        return conforming.codeChallengeOf(named, client, context);
      },
    }),
    trips: ['authorization/refuses-unknown-challenge-methods:taken-for-a-known-one'],
  },
  {
    id: 'marks-codes-as-used-too-late',
    says: 'A code is marked as used once its tokens have been made, and requests that come meanwhile get some as well.',
    tenant: (conforming) => ({
      redeemCode: () => {},
      issueAccessToken: async (issue, context) => {
        await new Promise((resolve) => setTimeout(resolve, TOO_LATE));
        const code = context.store.codes.get(issue.family ?? '');
        if (code !== undefined) conforming.redeemCode(code, context);
        return conforming.issueAccessToken(issue, context);
      },
    }),
    trips: ['token-endpoint/redeems-a-code-once-among-many-requests:several-tokens'],
  },
  {
    id: 'names-any-resource-of-a-token-request',
    says: 'The audience is whatever the token request names, known or not.',
    tenant: (conforming) => ({
      resourceAtTokenEndpoint: (authorization, parameters, context) => {
        const agreed = conforming.resourceAtTokenEndpoint(authorization, new URLSearchParams(), context);
        const named = parameters.get('resource');
        const isKnown = context.store.resourceServers.some(({ identifier }) => identifier === named);
        return agreed === undefined || 'refusal' in agreed || named === null || isKnown
          ? conforming.resourceAtTokenEndpoint(authorization, parameters, context)
          : { ...agreed, identifier: named };
      },
    }),
    trips: ['token-endpoint/widens-no-code-to-another-resource:unknown-resource'],
  },
  {
    id: 'issues-short-codes',
    says: 'Authorization codes have 64 bits.',
    tenant: (conforming) => ({
      issueCode: (...asked) => ({ ...conforming.issueCode(...asked), code: randomBytes(8).toString('hex') }),
    }),
    trips: ['token-endpoint/issues-codes-that-cannot-be-guessed:short'],
  },
  {
    id: 'issues-short-refresh-tokens',
    says: 'Refresh tokens have 64 bits.',
    tenant: (conforming) => ({
      issueRefreshToken: (issue, context) => {
        const { refreshTokens } = context.store;
        const { token: long, ...rest } = conforming.issueRefreshToken(issue, context);
        refreshTokens.delete(long);
        const short = { ...rest, token: randomBytes(8).toString('hex') };
        refreshTokens.set(short.token, short);
        return short;
      },
    }),
    trips: ['token-endpoint/issues-refresh-tokens-that-cannot-be-guessed:short'],
  },
];

/** Whoever tries a code before the right one has spent it. */
function spending(conforming: TenantBehaviour): Partial<TenantBehaviour> {
  const tried = new WeakSet<AuthorizationCode>();
  return {
    checkCodeUse(code, context) {
      const refusal = conforming.checkCodeUse(code, context);
      if (refusal !== undefined || tried.has(code)) return refusal ?? refuse('code-not-valid');
      tried.add(code);
      return undefined;
    },
  };
}
