import { refusesTokens } from './refusal.ts';
import { ANY_SIGNATURE } from './roots.ts';

export const refusesUnsignedTokens = refusesTokens({
  id: 'access-tokens/refuses-unsigned-tokens',
  title: 'Refuses a token that says it is not signed',
  keyword: 'MUST',
  severity: 'critical',
  requirements: [
    'RFC8725-3.1-alg-allowlist',
    'RFC9068-4-alg-none-rejected',
    'A01',
    'A02',
    'A03',
    'AUTH0-token-alg-none',
  ],
  probe: 'forgedTokens',
  root: ANY_SIGNATURE,
  reasons: {
    unsigned: {
      says: 'A token without a signature is accepted when its alg says none: anybody can write one.',
      fix: {
        general:
          "Give the JWT library the algorithms to accept, as a list (['RS256'] for most issuers), and let the token have no say in it.",
        auth0: { text: "express-oauth2-jwt-bearer: auth({ tokenSigningAlg: 'RS256', … })." },
      },
      trials: [
        'alg-none',
        'alg-none-capitalized',
        'alg-none-capitals',
        'alg-none-mixed',
        'alg-none-blank',
        'alg-none-escaped',
        'alg-empty',
        'alg-null',
        'alg-zero',
        'alg-array',
      ],
    },
    'signature-ignored': {
      says: 'A token is accepted whose alg says none, although a signature stands in it.',
      fix: { general: "Accept the algorithms of a fixed list, and verify every signature with the issuer's key." },
      trials: ['alg-none-with-signature'],
    },
  },
});

export const algorithmChecks = [refusesUnsignedTokens];
