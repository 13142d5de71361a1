import type { ClientGrant } from '../../tenant/entities.ts';
import type { Configuration } from '../../tenant/store.ts';
import type { Fault } from '../fault.ts';
import { both, withClient, withOpenRegistration } from './change.ts';

type Change = (configuration: Configuration) => Configuration;

const withoutDefaults: Change = (configuration) => ({
  ...configuration,
  clientGrants: configuration.clientGrants.filter(({ default_for }) => default_for === undefined),
});

/** In place of the default, each client of users has a grant of its own. */
const grantedOneByOne: Change = (configuration) => {
  const [standard] = configuration.clientGrants;
  const { default_for: _, ...grant } = standard!;
  const users = configuration.clients.filter(({ grant_types }) => grant_types.includes('authorization_code'));
  const grants = users.map(({ client_id }, at) => ({ ...grant, id: `cgr_10000000000000${at}`, client_id }));
  return { ...configuration, clientGrants: [...withoutDefaults(configuration).clientGrants, ...grants] };
};

const withoutDocuments: Change = (configuration) => ({
  ...configuration,
  settings: { ...configuration.settings, client_id_metadata_document_supported: false },
});

/** The default of third-party clients, otherwise; the first of the reference tenant. */
const withDefault =
  (members: Partial<ClientGrant>): Change =>
  (configuration) => ({
    ...configuration,
    clientGrants: configuration.clientGrants.map((grant, at) => (at === 0 ? { ...grant, ...members } : grant)),
  });

const withGrant =
  (make: (configuration: Configuration) => Partial<ClientGrant>): Change =>
  (configuration) => ({
    ...configuration,
    clientGrants: [
      ...configuration.clientGrants,
      {
        id: 'cgr_200000000000000',
        audience: 'https://other-api.example',
        scope: ['mcp:tools'],
        allow_all_scopes: false,
        subject_type: 'user',
        is_system: false,
        ...make(configuration),
      },
    ],
  });

const withOneMoreScope: Change = (configuration) => {
  const [api, ...others] = configuration.resourceServers;
  const [{ scope }] = configuration.clientGrants as [ClientGrant];
  return withDefault({ scope: [...scope, 'mcp:admin'] })({
    ...configuration,
    resourceServers: [{ ...api!, scopes: [...api!.scopes, { value: 'mcp:admin' }] }, ...others],
  });
};

/** What clients were granted. */
export const GRANT_FAULTS: readonly Fault[] = [
  {
    id: 'grants-nothing-to-clients-that-register',
    says: 'Dynamic registration is on, and the API has no default permissions for third-party applications.',
    configuration: both(both(grantedOneByOne, withOpenRegistration({})), withoutDocuments),
    registrationPolicy: 'open',
    trips: [
      'issuer-metadata/advertises-client-id-metadata-documents:not-advertised',
      'tenant/grants-the-api-to-clients-that-arrive:no-default',
      'tenant/registers-clients-as-decided:without-documents',
    ],
  },
  {
    id: 'grants-nothing-to-third-party-clients',
    says: 'Third-party clients have no grant, and there are no default permissions.',
    configuration: both(withoutDefaults, withoutDocuments),
    trips: [
      'issuer-metadata/advertises-client-id-metadata-documents:not-advertised',
      'tenant/grants-the-api-to-clients-that-arrive:none-granted',
      'tenant/lets-the-client-come-to-its-login:no-grant',
    ],
  },
  {
    id: 'leaves-a-third-party-client-without-access',
    says: 'Third-party clients are granted the API one by one, and one of them is not.',
    configuration: both(grantedOneByOne, withClient({})),
    trips: ['tenant/grants-the-api-to-clients-that-arrive:left-out'],
  },
  {
    id: 'grants-by-default-what-an-administrator-could',
    says: 'Every third-party client has the API by default, although none comes unannounced.',
    configuration: withoutDocuments,
    trips: [
      'client-documents/does-as-its-metadata-says:not-said',
      'issuer-metadata/advertises-client-id-metadata-documents:not-advertised',
      'tenant/grants-client-by-client-where-all-are-known:default-without-strangers',
    ],
  },
  {
    id: 'grants-third-party-clients-every-scope',
    says: 'The default permissions are all that the API has.',
    configuration: withDefault({ allow_all_scopes: true }),
    trips: ['tenant/grants-third-party-clients-few-scopes:all-scopes'],
  },
  {
    id: 'grants-third-party-clients-more-than-is-asked',
    says: 'The default permissions have a scope that the MCP server does not publish.',
    configuration: withOneMoreScope,
    trips: ['tenant/grants-third-party-clients-few-scopes:more-than-asked'],
  },
  {
    id: 'grants-a-third-party-client-its-system',
    says: 'A third-party client may read users at the Management API.',
    configuration: both(
      withClient({ client_id: 'tpcPartner0000000000000000000001' }),
      withGrant(({ resourceServers }) => ({
        client_id: 'tpcPartner0000000000000000000001',
        audience: resourceServers.find(({ is_system }) => is_system)!.identifier,
        scope: ['read:clients'],
      })),
    ),
    trips: ['tenant/opens-no-other-api-to-third-party-clients:system'],
  },
  {
    id: 'grants-another-api-by-default',
    says: 'Third-party clients have another API by default as well.',
    configuration: withGrant(() => ({ default_for: 'third_party_clients' })),
    trips: ['tenant/opens-no-other-api-to-third-party-clients:other-default'],
  },
];
