import type { ResourceServer } from '../../tenant/entities.ts';
import type { Configuration } from '../../tenant/store.ts';
import type { Fault } from '../fault.ts';

/** The API of the MCP server, otherwise; the first of the reference tenant. */
const withApi =
  (change: (api: ResourceServer) => ResourceServer) =>
  (configuration: Configuration): Configuration => ({
    ...configuration,
    resourceServers: configuration.resourceServers.map((api, index) => (index === 0 ? change(api) : api)),
  });

/** APIs of the tenant that are not as the MCP server needs them. */
export const API_FAULTS: readonly Fault[] = [
  {
    id: 'names-its-api-with-a-slash-more',
    says: 'The identifier of the API ends with a slash, which the resource of the MCP server does not.',
    configuration: withApi((api) => ({ ...api, identifier: `${api.identifier}/` })),
    trips: ['tenant/has-an-api-for-the-resource:look-alike', 'tenant/lets-the-client-come-to-its-login:no-such-api'],
  },
  {
    id: 'has-no-api-for-its-resource',
    says: 'The tenant has an API for something else alone.',
    configuration: withApi((api) => ({ ...api, identifier: 'https://billing.example/api' })),
    trips: ['tenant/has-an-api-for-the-resource:missing', 'tenant/lets-the-client-come-to-its-login:no-such-api'],
  },
  {
    id: 'serves-mcp-as-a-system-api',
    says: 'The API of the MCP server is one of the tenant’s own system.',
    configuration: withApi((api) => ({ ...api, is_system: true })),
    trips: ['tenant/serves-the-resource-with-an-api-of-its-own:system'],
  },
  {
    id: 'signs-tokens-with-a-secret',
    says: 'The API of the MCP server signs with HS256.',
    configuration: withApi((api) => ({
      ...api,
      signing_alg: 'HS256',
      signing_secret: 'no-secret-outside-this-process-1',
    })),
    trips: ['tenant/signs-tokens-with-a-private-key:symmetric'],
  },
  {
    id: 'writes-tokens-by-its-own-profile',
    says: 'Tokens of the MCP server are written by Auth0’s own profile.',
    configuration: withApi((api) => ({ ...api, token_dialect: 'access_token_authz' })),
    trips: ['tenant/writes-tokens-by-rfc-9068:own-profile'],
  },
  {
    id: 'keeps-permissions-out-of-tokens',
    says: 'RBAC is on, and tokens do not say the permissions of their user.',
    configuration: withApi((api) => ({ ...api, token_dialect: 'rfc9068_profile' })),
    trips: ['tenant/writes-tokens-by-rfc-9068:without-permissions'],
  },
  {
    id: 'enforces-no-permissions',
    says: 'RBAC is off: every user has every scope.',
    configuration: withApi((api) => ({ ...api, enforce_policies: false })),
    trips: [
      'tenant/gives-users-their-own-permissions:no-rbac',
      'tenant/issues-tokens-in-the-dialect-of-the-api:no-permissions',
    ],
  },
  {
    id: 'lets-tokens-live-for-a-day',
    says: 'Tokens of the MCP server are good for a day, as those of a new API are.',
    configuration: withApi((api) => ({ ...api, token_lifetime: 86_400 })),
    trips: ['tenant/limits-the-lifetime-of-tokens:long'],
  },
  {
    id: 'allows-no-offline-access',
    says: 'Clients may use refresh tokens, and the API gives none.',
    configuration: withApi((api) => ({ ...api, allow_offline_access: false })),
    trips: [
      'tenant/gives-refresh-tokens-where-clients-use-them:off',
      'tenant/gives-the-refresh-tokens-that-are-asked-for:none',
    ],
  },
  {
    id: 'allows-offline-access-that-nobody-uses',
    says: 'The API gives refresh tokens, and no client may use one.',
    configuration: (configuration) => ({
      ...configuration,
      settings: { ...configuration.settings, client_id_metadata_document_supported: false },
      clients: configuration.clients.map((client) => ({
        ...client,
        grant_types: client.grant_types.filter((grant) => grant !== 'refresh_token'),
      })),
      clientGrants: configuration.clientGrants.filter(({ default_for }) => default_for === undefined),
    }),
    trips: [
      'issuer-metadata/advertises-client-id-metadata-documents:not-advertised',
      'tenant/gives-refresh-tokens-where-clients-use-them:unused',
      'tenant/grants-the-api-to-clients-that-arrive:none-granted',
      'tenant/lets-the-client-come-to-its-login:no-grant',
    ],
  },
  {
    id: 'denies-users-its-api',
    says: 'The API is closed to users, and clients have grants for it.',
    configuration: withApi((api) => ({
      ...api,
      subject_type_authorization: { ...api.subject_type_authorization, user: { policy: 'deny_all' } },
    })),
    trips: [
      'tenant/lets-the-client-come-to-its-login:no-grant',
      'tenant/opens-the-api-to-granted-clients-alone:denied-to-all',
    ],
  },
  {
    id: 'opens-its-api-to-every-client',
    says: 'Users reach the API with any client.',
    configuration: withApi((api) => ({
      ...api,
      subject_type_authorization: { ...api.subject_type_authorization, user: { policy: 'allow_all' } },
    })),
    trips: ['tenant/opens-the-api-to-granted-clients-alone:open-to-all'],
  },
  {
    id: 'denies-machines-its-api',
    says: 'The API is closed to machine clients, and one has a grant for it.',
    configuration: withApi((api) => ({
      ...api,
      subject_type_authorization: { ...api.subject_type_authorization, client: { policy: 'deny_all' } },
    })),
    trips: ['tenant/lets-machines-in-where-they-are-granted-the-api:grants-without-effect'],
  },
  {
    id: 'takes-machines-that-there-are-not',
    says: 'The API takes machine clients, and none has a grant.',
    configuration: (configuration) => ({
      ...configuration,
      clientGrants: configuration.clientGrants.filter(
        ({ audience, subject_type }) =>
          audience !== configuration.resourceServers[0]!.identifier || subject_type !== 'client',
      ),
    }),
    trips: ['tenant/lets-machines-in-where-they-are-granted-the-api:open-without-need'],
  },
];
