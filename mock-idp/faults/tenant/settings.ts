import type { TenantSettings } from '../../tenant/entities.ts';
import type { Configuration } from '../../tenant/store.ts';
import type { Fault } from '../fault.ts';
import { both, withClient, withOpenRegistration } from './change.ts';

type Change = (configuration: Configuration) => Configuration;

const withSettings =
  (members: Partial<TenantSettings>): Change =>
  (configuration) => ({ ...configuration, settings: { ...configuration.settings, ...members } });

/** The API of the MCP server as default audience; the first of the reference tenant. */
const withDefaultAudience: Change = (configuration) =>
  withSettings({ default_audience: configuration.resourceServers[0]!.identifier })(configuration);

const withConnectionsForAll: Change = (configuration) =>
  withSettings({ flags: { ...configuration.settings.flags, enable_client_connections: true } })(configuration);

/** What is set for the whole tenant. */
export const SETTING_FAULTS: readonly Fault[] = [
  {
    id: 'tenant-ignores-resource',
    says: 'The Resource Parameter Compatibility Profile is off, and there is no default audience.',
    configuration: withSettings({ resource_parameter_profile: 'audience' }),
    trips: ['tenant/lets-the-client-come-to-its-login:no-such-api', 'tenant/reads-the-resource-of-requests:ignored'],
  },
  {
    id: 'tenant-ignores-resource-for-a-default-audience',
    says: 'The Resource Parameter Compatibility Profile is off, and the MCP server is the default audience.',
    configuration: both(withDefaultAudience, withSettings({ resource_parameter_profile: 'audience' })),
    trips: [
      'tenant/lets-no-third-party-in-without-an-api:let-in',
      'tenant/reads-the-resource-of-requests:by-default-alone',
      'tenant/selects-the-api-by-resource:ignored',
      'tenant/sets-a-default-audience-for-a-reason-alone:without-a-reason',
    ],
  },
  {
    id: 'tenant-leaves-iss-out',
    says: 'Include Issuer in Authorization Responses is off.',
    configuration: withSettings({ authorization_response_iss_parameter_supported: false }),
    trips: [
      'issuer-metadata/advertises-iss-in-authorization-responses:not-advertised',
      'tenant/names-itself-in-authorization-responses:off',
    ],
  },
  {
    id: 'tenant-takes-no-documents-of-document-clients',
    says: 'A client is known by its metadata document, and the setting for these is off.',
    configuration: both(
      withClient({
        external_metadata_type: 'cimd',
        external_metadata_created_by: 'admin',
        external_client_id: 'https://partner.example/oauth-client.json',
      }),
      withSettings({ client_id_metadata_document_supported: false }),
    ),
    trips: [
      'client-documents/does-as-its-metadata-says:not-said',
      'issuer-metadata/advertises-client-id-metadata-documents:not-advertised',
      'tenant/grants-client-by-client-where-all-are-known:default-without-strangers',
      'tenant/takes-documents-where-clients-have-them:off-with-clients',
    ],
  },
  {
    id: 'tenant-registers-against-its-policy',
    says: 'Dynamic registration is on, and the operator says that it is closed.',
    configuration: withOpenRegistration({}),
    registrationPolicy: 'closed',
    trips: ['tenant/registers-clients-as-decided:open-though-closed'],
  },
  {
    id: 'tenant-registers-by-chance',
    says: 'Dynamic registration is on, and nobody says that it is meant.',
    configuration: withOpenRegistration({}),
    trips: ['tenant/registers-clients-as-decided:open-undecided'],
  },
  {
    id: 'tenant-registers-nobody-against-its-policy',
    says: 'Dynamic registration is off, and the operator says that it is open.',
    registrationPolicy: 'open',
    trips: ['tenant/registers-clients-as-decided:closed-though-open'],
  },
  {
    id: 'tenant-registers-and-takes-no-documents',
    says: 'Dynamic registration is on, and client metadata documents are off.',
    configuration: both(withOpenRegistration({}), withSettings({ client_id_metadata_document_supported: false })),
    registrationPolicy: 'open',
    trips: [
      'client-documents/does-as-its-metadata-says:not-said',
      'issuer-metadata/advertises-client-id-metadata-documents:not-advertised',
      'tenant/registers-clients-as-decided:without-documents',
    ],
  },
  {
    id: 'tenant-registers-permissive-clients',
    says: 'Dynamic registration is on, and makes permissive clients.',
    configuration: both(
      withOpenRegistration({}),
      withSettings({ dynamic_client_registration_security_mode: 'permissive' }),
    ),
    registrationPolicy: 'open',
    trips: ['tenant/registers-strict-clients:permissive'],
  },
  {
    id: 'tenant-has-a-default-audience',
    says: 'The MCP server is the default audience, and nobody says why.',
    configuration: withDefaultAudience,
    trips: [
      'tenant/lets-no-third-party-in-without-an-api:let-in',
      'tenant/sets-a-default-audience-for-a-reason-alone:without-a-reason',
    ],
  },
  {
    id: 'tenant-has-another-default-audience-than-decided',
    says: 'The default audience is another than the one that there is a reason for.',
    configuration: withDefaultAudience,
    operator: {
      defaultAudience: { audience: 'https://other-api.example', reason: 'An application from before sends none.' },
    },
    trips: [
      'tenant/lets-no-third-party-in-without-an-api:let-in',
      'tenant/sets-a-default-audience-for-a-reason-alone:another-than-decided',
    ],
  },
  {
    id: 'tenant-names-a-directory-that-is-gone',
    says: 'The default directory is a connection that was deleted.',
    configuration: withSettings({ default_directory: 'former-staff' }),
    trips: ['tenant/has-the-connection-of-its-default-directory:no-such-connection'],
  },
  {
    id: 'tenant-skips-the-confirmation-of-callbacks',
    says: 'No user is asked before a code goes to a loopback address.',
    configuration: withSettings({ skip_non_verifiable_callback_uri_confirmation_prompt: true }),
    trips: ['tenant/confirms-callbacks-that-cannot-be-verified:skipped'],
  },
  {
    id: 'tenant-skips-the-confirmation-for-a-client',
    says: 'For one third-party client no user is asked before a code goes to a loopback address.',
    configuration: withClient({ skip_non_verifiable_callback_uri_confirmation_prompt: true }),
    trips: ['tenant/confirms-callbacks-that-cannot-be-verified:skipped-for-clients'],
  },
  {
    id: 'tenant-opens-connections-to-every-new-client',
    says: 'New clients get every connection.',
    configuration: withConnectionsForAll,
    trips: ['tenant/opens-no-connection-to-every-new-client:on'],
  },
];
