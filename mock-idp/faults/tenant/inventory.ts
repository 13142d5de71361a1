import { CLIENTS } from '../../tenant/states/conforming.ts';
import type { Fault } from '../fault.ts';

const CHECK = 'tenant/has-each-client-in-the-inventory';

/** Clients that nobody answers for. */
export const INVENTORY_FAULTS: readonly Fault[] = [
  {
    id: 'has-a-third-party-client-that-nobody-answers-for',
    says: 'A third-party client is not in the inventory.',
    operator: { inventory: (governed) => governed.filter(({ client }) => client !== CLIENTS.native) },
    trips: [`${CHECK}:third-party-unlisted`],
  },
  {
    id: 'has-a-machine-client-that-nobody-answers-for',
    says: 'A machine client with a grant for the MCP server is not in the inventory.',
    operator: { inventory: (governed) => governed.filter(({ client }) => client !== CLIENTS.machine) },
    trips: [`${CHECK}:granted-unlisted`],
  },
  {
    id: 'has-an-inventory-that-is-half-written',
    says: 'The entry of a client names nobody who answers for it.',
    operator: {
      inventory: (governed) =>
        governed.map((entry) => (entry.client === CLIENTS.web ? { ...entry, owner: '', until: '' } : entry)),
    },
    trips: [`${CHECK}:half-written`],
  },
  {
    id: 'has-a-client-whose-approval-is-over',
    says: 'A client was approved until a day that has passed.',
    operator: {
      inventory: (governed) =>
        governed.map((entry) => (entry.client === CLIENTS.web ? { ...entry, until: '2026-01-31' } : entry)),
    },
    trips: [`${CHECK}:expired`],
  },
  {
    id: 'has-an-inventory-with-a-client-that-is-gone',
    says: 'The inventory has a client that the tenant has no more.',
    operator: {
      inventory: (governed) => [...governed, { ...governed[0]!, client: 'tpcGone000000000000000000000001' }],
    },
    trips: [`${CHECK}:gone`],
  },
];
