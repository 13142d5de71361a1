import { KeySetUnavailable } from '../../server/key-set.ts';
import type { Fault } from '../fault.ts';

/** How a server deals with the keys of its issuer. */
export const KEY_SET_FAULTS: readonly Fault[] = [
  {
    id: 'asks-for-keys-at-every-unknown-kid',
    says: 'Each token of an unknown key makes the server fetch the key set again.',
    server: () => ({ mayRefetch: () => true }),
    trips: ['access-tokens/asks-rarely-for-unknown-keys:a-fetch-for-each-token'],
  },
  {
    id: 'learns-no-new-keys',
    says: 'The key set that was fetched first is kept for ever, so tokens of later keys are refused.',
    server: () => ({ isFresh: () => true, mayRefetch: () => false }),
    trips: [
      'access-tokens/follows-its-issuer-to-new-keys:new-key-refused',
      'access-tokens/lets-go-of-removed-keys:still-served',
    ],
  },
  {
    id: 'trusts-keys-that-were-revoked',
    says: 'A key set is kept until an unknown key comes by, so tokens of a revoked key stay good.',
    server: () => ({ isFresh: () => true }),
    trips: ['access-tokens/lets-go-of-removed-keys:still-served'],
  },
  {
    id: 'asks-for-keys-at-every-token',
    says: 'The key set is fetched for each token.',
    server: () => ({ isFresh: () => false }),
    trips: ['access-tokens/asks-rarely-for-unknown-keys:a-fetch-for-each-token'],
  },
  {
    id: 'serves-everyone-without-keys',
    says: 'While the key set cannot be fetched, tokens are accepted unverified.',
    server: (conforming) => {
      let isWithoutKeys = false;
      return {
        keyFor: async (header, context) => {
          try {
            const key = await conforming.keyFor(header, context);
            isWithoutKeys = false;
            return key;
          } catch (error) {
            if (!(error instanceof KeySetUnavailable)) throw error;
            isWithoutKeys = true;
            return undefined;
          }
        },
        isSigned: async (jwt, key, context) => isWithoutKeys || conforming.isSigned(jwt, key, context),
      };
    },
    trips: ['access-tokens/fails-closed-without-keys:served'],
  },
  {
    id: 'blames-tokens-for-missing-keys',
    says: 'While the key set cannot be fetched, good tokens get 401 and clients throw them away.',
    server: (conforming) => ({
      verifyToken: async (token, context) => {
        try {
          return await conforming.verifyToken(token, context);
        } catch (error) {
          if (error instanceof KeySetUnavailable) return { valid: false, problem: 'The access token is not valid' };
          throw error;
        }
      },
    }),
    trips: ['access-tokens/blames-no-token-for-missing-keys:good-token-refused-as-invalid'],
  },
];
