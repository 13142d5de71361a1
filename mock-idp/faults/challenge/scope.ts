import type { Fault } from '../fault.ts';
import { dropParameters, setParameter, UNAUTHORIZED } from '../replace.ts';

/** What the challenge says of scopes. */
export const SCOPE_FAULTS: readonly Fault[] = [
  {
    id: 'names-no-scope',
    says: 'The challenge of a 401 has no scope parameter.',
    server: dropParameters(UNAUTHORIZED, ['scope']),
    trips: ['challenge/names-the-needed-scope:no-scope'],
  },
  {
    id: 'names-another-scope-each-time',
    says: 'The same request is asked for another scope each time.',
    server: (conforming) => {
      let asked = 0;
      const replace = setParameter(['no-token'], 'scope', () => {
        asked += 1;
        return `mcp:tools mcp:step-${asked}`;
      });
      return replace(conforming);
    },
    trips: ['challenge/keeps-the-scope-stable:varies'],
  },
  {
    id: 'asks-for-offline-access',
    says: 'offline_access stands among the challenged scopes.',
    server: setParameter(UNAUTHORIZED, 'scope', ({ setup }) => `${setup.server.baseScopes.join(' ')} offline_access`),
    trips: ['challenge/leaves-offline-access-out:offline-access'],
  },
];
