import type { TenantBehaviour } from '../../tenant/behaviour.ts';
import type { Client } from '../../tenant/entities.ts';
import { opaque } from '../../tenant/opaque.ts';
import type { Fault } from '../fault.ts';

type Replacement = (conforming: TenantBehaviour) => Partial<TenantBehaviour>;

/** Where anybody may register a client, and the operator manages the tenant. */
const fault = (id: string, says: string, trips: readonly string[], tenant: Replacement): Fault => ({
  id,
  says,
  state: 'open-registration',
  tenant,
  trips: trips.map((trip) => `registration/${trip}`),
});

/** What is left of credentials that an operator takes away. */
export const RUNBOOK_FAULTS: readonly Fault[] = [
  fault(
    'replaced-secrets-stay-valid',
    'A client has all the secrets that it ever had.',
    ['ends-secrets-that-are-replaced:old-secret-works'],
    ({ rotateSecret, checkSecret }) => {
      const before = new Map<string, string>();
      return {
        rotateSecret(client, context) {
          if (client.client_secret !== undefined) before.set(client.client_id, client.client_secret);
          return rotateSecret(client, context);
        },
        checkSecret: (secret, client, context) =>
          before.get(client.client_id) === secret || checkSecret(secret, client, context),
      };
    },
  ),
  fault(
    'new-secrets-do-not-work',
    'The secret before the rotation is void, and the one that is shown is another than the one that is kept.',
    ['ends-secrets-that-are-replaced:new-secret-refused'],
    ({ rotateSecret }) => ({
      rotateSecret(client, context) {
        rotateSecret(client, context);
        return opaque(64);
      },
    }),
  ),
  fault(
    'clients-live-on-without-an-entry',
    'A client that is deleted is in no list any longer, and goes on getting tokens.',
    ['ends-clients-that-the-tenant-deletes:refresh-token-works', 'ends-clients-that-the-tenant-deletes:secret-works'],
    lastingBeyondDeletion(() => true),
  ),
  fault(
    'refresh-tokens-outlive-their-clients',
    'The refresh tokens of a client that is deleted are good until they expire.',
    ['ends-clients-that-the-tenant-deletes:refresh-token-works'],
    lastingBeyondDeletion((parameters) => parameters.get('grant_type') === 'refresh_token'),
  ),
];

/** Clients that are deleted authenticate in these requests, and keep their refresh tokens. */
function lastingBeyondDeletion(isTaken: (parameters: URLSearchParams) => boolean): Replacement {
  return ({ deleteClient, authenticateClient }) => {
    const gone: Client[] = [];
    return {
      deleteClient(clientId, context) {
        const { store } = context;
        const kept = [...store.refreshTokens];
        gone.push(...store.clients.filter(({ client_id }) => client_id === clientId));
        deleteClient(clientId, context);
        for (const [token, value] of kept) store.refreshTokens.set(token, value);
      },
      authenticateClient: (parameters, context) =>
        authenticateClient(
          parameters,
          isTaken(parameters)
            ? { ...context, store: { ...context.store, clients: [...context.store.clients, ...gone] } }
            : context,
        ),
    };
  };
}
