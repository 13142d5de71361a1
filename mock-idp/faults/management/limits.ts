import type { HeaderLine, Reply } from '../../http.ts';
import type { Fault } from '../fault.ts';

const without = ({ headers, ...reply }: Reply, name: string): Reply => ({
  ...reply,
  headers: headers.filter(([each]: HeaderLine) => each !== name),
});

/** How a tenant that has limits tells of them. */
export const LIMIT_FAULTS: readonly Fault[] = [
  {
    id: 'limits-send-no-quota',
    says: 'Requests are limited, and no header says what is left.',
    state: 'guarded',
    tenant: () => ({ quotaHeaders: () => [] }),
    trips: [],
  },
  {
    id: 'limits-name-no-wait',
    says: 'A request that is one too many is refused without Retry-After.',
    state: 'guarded',
    tenant: (conforming) => ({
      refuseForLimit: (quota, context) => without(conforming.refuseForLimit(quota, context), 'Retry-After'),
    }),
    trips: [],
  },
  {
    id: 'limits-refuse-nothing',
    says: 'The headers count down to nothing, and requests beyond that are served.',
    state: 'guarded',
    tenant: (conforming) => ({
      countRequest: (context) => {
        const quota = conforming.countRequest(context);
        return quota && { ...quota, isExceeded: false };
      },
    }),
    trips: [],
  },
  {
    id: 'limits-answer-503',
    says: 'A request that is one too many is refused as if the tenant were down.',
    state: 'guarded',
    tenant: (conforming) => ({
      refuseForLimit: (quota, context) => ({ ...conforming.refuseForLimit(quota, context), status: 503 }),
    }),
    trips: [],
  },
];
