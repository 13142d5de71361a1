import { MANAGEMENT } from '../fixtures/management/reads.ts';
import type { Assurance } from './check.ts';

/** Why a check above the assurance given is out of scope, and what unlocks it where it takes nothing else. */
export const ABOVE: Readonly<Record<Assurance, { readonly because: string; readonly unlock: string }>> = {
  anonymous: { because: '', unlock: '' },
  token: { because: 'it takes a good token', unlock: 'tokens.good: an access token that the server accepts' },
  'sign-in': {
    because: 'it takes a signed-in user',
    unlock: 'users and clients: a test user and a client to sign in with',
  },
  'controlled-issuer': {
    because: 'it takes an issuer we control',
    unlock: 'issuer.signingKey, or a server that trusts the mock tenant',
  },
  'tenant-audit': {
    because: 'it reads the Auth0 tenant by its Management API, to which the profile gives no access',
    unlock: MANAGEMENT,
  },
};
