import { opaque } from '../../tenant/opaque.ts';
import type { Fault } from '../fault.ts';

/** What the Management API lists, changes and deletes. */
export const MANAGEMENT_ENTITY_FAULTS: readonly Fault[] = [
  {
    id: 'management-api-ignores-paging',
    says: 'Lists come whole, whatever page and size are asked for.',
    tenant: () => ({ takePage: (items) => items }),
    trips: [],
  },
  {
    id: 'management-api-repeats-its-first-page',
    says: 'Every page of a list is its first.',
    tenant: (conforming) => ({
      takePage: (items, page, idOf) =>
        conforming.takePage(items, 'page' in page ? { ...page, page: 0 } : { take: page.take }, idOf),
    }),
    trips: [],
  },
  {
    id: 'management-api-ignores-client-filters',
    says: 'A list of clients has all of them, whatever it is filtered by.',
    tenant: () => ({ isClientAskedFor: () => true }),
    trips: [],
  },
  {
    id: 'management-api-ignores-fields',
    says: 'Entities come with all their members, whatever fields are asked for.',
    tenant: () => ({ selectFields: (item) => item }),
    trips: [],
  },
  {
    id: 'api-identifiers-can-be-edited',
    says: 'The identifier of an API can be changed, and its clients go on asking for the one before.',
    tenant: (conforming) => ({
      changeableMembers: (target, context) => ({
        ...conforming.changeableMembers(target, context),
        ...(target.kind === 'api' && { identifier: (value: unknown) => typeof value === 'string' }),
      }),
    }),
    trips: [],
  },
  {
    id: 'client-documents-can-be-overwritten',
    says: 'What a client metadata document decides can be changed by hand, until it is fetched again.',
    tenant: (conforming) => ({
      changeableMembers: (target, context) =>
        target.kind === 'client'
          ? conforming.changeableMembers(
              { kind: 'client', entity: { ...target.entity, external_metadata_type: 'dcr' } },
              context,
            )
          : conforming.changeableMembers(target, context),
    }),
    trips: [],
  },
  {
    id: 'deleted-clients-stay',
    says: 'Deleting a client is answered with success, and the client goes on as before.',
    tenant: () => ({ deleteClient: () => {} }),
    trips: [],
  },
  {
    id: 'deleted-clients-leave-their-grants',
    says: 'A deleted client is gone from the list, and its grants, codes and refresh tokens are not.',
    tenant: () => ({
      deleteClient: (clientId, { store }) => {
        store.clients = store.clients.filter(({ client_id }) => client_id !== clientId);
      },
    }),
    trips: [],
  },
  {
    id: 'rotated-secrets-stay-valid',
    says: 'Rotating a secret gives out a new one that does not work, and the one before goes on working.',
    tenant: () => ({ rotateSecret: () => opaque(64) }),
    trips: [],
  },
  {
    id: 'revoked-keys-stay-published',
    says: 'Revoking a signing key is answered with success, and the key stays in the key set.',
    tenant: () => ({ revokeSigningKey: async () => true }),
    trips: [],
  },
  {
    id: 'rotating-changes-no-key',
    says: 'Rotating the signing key is answered with success, and the key before goes on signing.',
    tenant: () => ({ rotateSigningKey: () => {} }),
    trips: [],
  },
];
