import type { Fault } from '../fault.ts';

/** What the tenant's log keeps and finds. */
export const LOG_FAULTS: readonly Fault[] = [
  {
    id: 'log-misses-registrations',
    says: 'Clients that register themselves leave no trace in the log.',
    state: 'open-registration',
    tenant: (conforming) => ({
      log: (event, context) => {
        if (event.description !== 'Dynamic client registration') conforming.log(event, context);
      },
    }),
    trips: [],
  },
  {
    id: 'log-misses-changes',
    says: 'Changes through the Management API leave no trace in the log.',
    tenant: (conforming) => ({
      log: (event, context) => {
        if (event.type !== 'sapi' || event.description === 'Dynamic client registration') {
          conforming.log(event, context);
        }
      },
    }),
    trips: [],
  },
  {
    id: 'log-search-ignores-the-query',
    says: 'A search of the log finds every entry, whatever is searched for.',
    tenant: () => ({ findLogs: (_, { store }) => [...store.logs] }),
    trips: [],
  },
];
