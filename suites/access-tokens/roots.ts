import type { Root } from './refusal.ts';

/** The plainest token of each kind: a server that serves it looks at none of what the finer ones vary. */

export const ANY_AUDIENCE: Root = {
  probe: 'mintedTokens',
  trial: 'aud-other-resource',
  check: 'access-tokens/refuses-other-audiences',
};

export const ANY_ISSUER: Root = {
  probe: 'mintedTokens',
  trial: 'iss-other',
  check: 'access-tokens/refuses-other-issuers',
};

export const ANY_EXPIRY: Root = {
  probe: 'mintedTokens',
  trial: 'exp-an-hour-ago',
  check: 'access-tokens/refuses-expired-tokens',
};

export const ANY_SIGNATURE: Root = {
  probe: 'forgedTokens',
  trial: 'own-key-same-kid',
  check: 'access-tokens/refuses-tokens-of-other-keys',
};

export const NO_SIGNATURE: Root = {
  probe: 'forgedTokens',
  trial: 'alg-none',
  check: 'access-tokens/refuses-unsigned-tokens',
};
