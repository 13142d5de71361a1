import type { Client } from '../../tenant/entities.ts';
import { isRefusal } from '../../tenant/tokens/refusals.ts';
import type { Fault } from '../fault.ts';

const hasKey = ({ token_endpoint_auth_method: method }: Client) => method === 'private_key_jwt';
const isMachine = ({ grant_types: grants }: Client) => grants.includes('client_credentials');

/** What becomes of clients that somebody registered beforehand. */
export const KNOWN_CLIENT_FAULTS: readonly Fault[] = [
  {
    id: 'turns-away-users-of-clients-with-a-key',
    says: 'A client that authenticates with a key may ask no user for anything.',
    tenant: (conforming) => ({
      refuseResponse: (parameters, client, context) =>
        hasKey(client)
          ? { error: 'unauthorized_client', description: 'The client may not ask for codes.' }
          : conforming.refuseResponse(parameters, client, context),
    }),
    trips: ['registration/lets-registered-clients-sign-users-in:no-code'],
  },
  {
    id: 'has-lost-the-keys-of-its-clients',
    says: 'The keys of a client that authenticates with one are gone, and its assertions are good for nothing.',
    tenant: () => ({ keysOfClient: async () => [], renewKeysOfClient: async () => [] }),
    trips: ['registration/lets-registered-clients-sign-users-in:no-token'],
  },
  {
    id: 'lets-no-machine-clients-in',
    says: 'The client credentials grant is for nobody.',
    tenant: (conforming) => ({
      mayUseGrant: (client, grantType, context) =>
        grantType !== 'client_credentials' && conforming.mayUseGrant(client, grantType, context),
    }),
    trips: ['registration/lets-registered-machine-clients-in:refused'],
  },
  {
    id: 'gives-machine-clients-a-scope-that-nobody-granted',
    says: 'A client that acts for itself gets the scope of administrators with whatever it asks for.',
    tenant: (conforming) => ({
      scopeForClient(requested, client, api, context) {
        const scope = conforming.scopeForClient(requested, client, api, context);
        if (isRefusal(scope) || !isMachine(client)) return scope;
        return api.is_system ? scope : [...scope, 'mcp:admin'];
      },
    }),
    trips: [
      'registration/gives-registered-clients-their-scopes-alone:wider',
      'token-endpoint/limits-machine-tokens-to-the-scope:wider',
    ],
  },
];
