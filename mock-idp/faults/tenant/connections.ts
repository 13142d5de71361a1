import type { Fault } from '../fault.ts';

/** Connections that are open to others than somebody decided. */
export const CONNECTION_FAULTS: readonly Fault[] = [
  {
    id: 'has-no-connection-for-third-party-clients',
    says: 'Third-party clients are registered, and no connection is at domain level.',
    configuration: (configuration) => ({
      ...configuration,
      connections: configuration.connections.map((connection) => ({ ...connection, is_domain_connection: false })),
    }),
    trips: [
      'tenant/lets-users-of-third-party-clients-sign-in:none-for-the-domain',
      'tenant/lets-the-client-come-to-its-login:no-connection',
    ],
  },
  {
    id: 'opens-a-connection-that-nobody-approved',
    says: 'The connection that is at domain level is not the one that was approved for it.',
    operator: { domainConnections: ['staff'] },
    trips: ['tenant/opens-approved-connections-to-third-parties:not-approved'],
  },
  {
    id: 'opens-a-social-connection-to-all-clients',
    says: 'Whoever has an account at GitHub signs in for every third-party client.',
    configuration: (configuration) => ({
      ...configuration,
      connections: [
        ...configuration.connections,
        {
          id: 'con_0000000000000002',
          name: 'github',
          strategy: 'github',
          is_domain_connection: true,
          enabled_clients: [],
        },
      ],
    }),
    trips: ['tenant/opens-approved-connections-to-third-parties:social'],
  },
];
