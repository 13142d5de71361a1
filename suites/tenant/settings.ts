import { isObject } from '../../fixtures/protocol/answers.ts';
import type { JsonObject } from '../../fixtures/protocol/documents.ts';
import { checks, type Fix } from '../check.ts';
import { GOLDEN_CLIENT, GOLDEN_SETTINGS } from '../golden-tenant.ts';
import { auditsTenant } from './audit.ts';
import { patching } from './commands.ts';
import { nameOf, someOf } from './names.ts';
import { registersAnybody } from './naming.ts';

/** Auth0: Permissive Mode, its warning. */
export const STRICT_FIRST =
  'Give the API default permissions for third-party applications before that: without them, clients that register as strict ones reach no API.';

const settingsIn = (items: readonly JsonObject[]): JsonObject => items[0] ?? {};

const flagsIn = (items: readonly JsonObject[]): JsonObject => {
  const { flags } = settingsIn(items);
  return isObject(flags) ? flags : {};
};

export const withSettings = (members: JsonObject) => ({ settings: [{ ...GOLDEN_SETTINGS, ...members }] });

export const withFlags = (flags: JsonObject, members: JsonObject = {}) =>
  withSettings({ ...members, flags: { ...(GOLDEN_SETTINGS.flags as JsonObject), ...flags } });

const setTo = (members: JsonObject) => patching('tenants/settings', members);

const setFlag = (flags: JsonObject) => setTo({ flags });

const READS_RESOURCE: NonNullable<Fix['auth0']> = {
  text: 'Turn on the Resource Parameter Compatibility Profile: resource then names the API wherever a request has no audience. The setting is there on every plan. From then on resource is no longer passed on to upstream identity providers: see first that no application relies on that.',
  dashboard: 'Settings > Advanced > Resource Parameter Compatibility Profile',
  command: setTo({ resource_parameter_profile: 'compatibility' }),
};

const PROFILES: readonly unknown[] = ['audience', 'compatibility'];

export const readsTheResourceOfRequests = auditsTenant({
  id: 'tenant/reads-the-resource-of-requests',
  title: 'Takes the resource of a request for the API that the token is for',
  keyword: 'MUST',
  severity: 'critical',
  pillar: 'audience-handling',
  since: '2025-06-18',
  requirements: ['AUTH0-resource-profile'],
  reads: ['settings'],
  blocked({ settings }) {
    const { resource_parameter_profile: profile } = settingsIn(settings);
    if (PROFILES.includes(profile)) return undefined;
    // The documents differ on what a tenant has that was never asked (on by default for new tenants, or off).
    return {
      because: 'the settings of the tenant do not say whether resource is read (resource_parameter_profile)',
      unlock: `set it: ${READS_RESOURCE.command}`,
    };
  },
  reasons: {
    ignored: {
      says: 'The tenant ignores the resource of requests: MCP clients, which send no audience, get no token for the MCP server.',
      fix: { general: 'Let resource (RFC 8707) decide whom a token is for.', auth0: READS_RESOURCE },
      expected: 'resource_parameter_profile: compatibility',
      wrong({ settings }, { resource }) {
        const { resource_parameter_profile: profile, default_audience: standard } = settingsIn(settings);
        if (profile !== 'audience' || (standard === resource && resource !== undefined)) return [];
        return [
          typeof standard === 'string' && standard !== ''
            ? `audience, and requests without one are for ${standard}`
            : 'audience',
        ];
      },
      example: withSettings({ resource_parameter_profile: 'audience' }),
    },
    'by-default-alone': {
      says: 'The tenant ignores the resource of requests, and tokens are for the MCP server because everything without an audience is: a second MCP server could not be told from it.',
      keyword: 'SHOULD',
      fix: { general: 'Let resource (RFC 8707) decide whom a token is for.', auth0: READS_RESOURCE },
      expected: 'resource_parameter_profile: compatibility',
      wrong({ settings }, { resource }) {
        const { resource_parameter_profile: profile, default_audience: standard } = settingsIn(settings);
        return profile === 'audience' && standard === resource && resource !== undefined
          ? [`audience, and default_audience is ${resource}`]
          : [];
      },
      example: withSettings({
        resource_parameter_profile: 'audience',
        default_audience: 'https://mcp.example.com/mcp',
      }),
    },
  },
  seen: () => 'resource_parameter_profile: compatibility',
});

export const namesItselfInAuthorizationResponses = auditsTenant({
  id: 'tenant/names-itself-in-authorization-responses',
  title: 'Has the issuer in its authorization responses switched on',
  keyword: 'SHOULD',
  severity: 'medium',
  pillar: 'token-issuance',
  requirements: ['AUTH0-iss-parameter'],
  reads: ['settings'],
  reasons: {
    off: {
      says: 'The setting that puts the issuer into authorization responses is off, so that clients of several issuers cannot tell whose response they got.',
      fix: {
        general: 'Add iss to authorization responses (RFC 9207).',
        auth0: {
          text: 'Switch on Include Issuer in Authorization Responses; it is off by default, and there on every plan.',
          dashboard: 'Settings > Advanced > Include Issuer in Authorization Responses',
          command: setTo({ authorization_response_iss_parameter_supported: true }),
        },
      },
      expected: 'authorization_response_iss_parameter_supported: true',
      wrong({ settings }) {
        const { authorization_response_iss_parameter_supported: isOn } = settingsIn(settings);
        return isOn === true ? [] : [isOn === undefined ? 'not set' : JSON.stringify(isOn)];
      },
      example: withSettings({ authorization_response_iss_parameter_supported: false }),
    },
  },
  seen: () => 'authorization_response_iss_parameter_supported: true',
});

const documentClients = (clients: readonly JsonObject[]) =>
  clients.filter(({ external_metadata_type: type }) => type === 'cimd');

export const takesDocumentsWhereClientsHaveThem = auditsTenant({
  id: 'tenant/takes-documents-where-clients-have-them',
  title: 'Has client metadata documents switched on where its clients are known by them',
  keyword: 'SHOULD',
  severity: 'high',
  pillar: 'client-registration',
  requirements: ['AUTH0-cimd-tenant-toggle'],
  reads: ['settings', 'clients'],
  unsaid: ({ clients }) =>
    documentClients(clients).length === 0 ? 'no client of the tenant is known by a metadata document' : undefined,
  reasons: {
    'off-with-clients': {
      says: 'Clients of the tenant are known by their metadata documents, and the setting for these is off: its metadata says that it takes none, and such clients do not even try.',
      fix: {
        general: 'Switch client ID metadata documents on, or delete the clients that are known by one.',
        auth0: {
          text: 'Switch on Client ID Metadata Document Registration; it is there on every plan (private_key_jwt alone needs Enterprise).',
          dashboard: 'Settings > Advanced > Client ID Metadata Document Registration',
          command: setTo({ client_id_metadata_document_supported: true }),
        },
      },
      expected: 'client_id_metadata_document_supported: true',
      wrong({ settings, clients }) {
        if (settingsIn(settings).client_id_metadata_document_supported === true) return [];
        const known = documentClients(clients);
        return [`off, with ${known.length} such clients: ${someOf(known.map(nameOf))}`];
      },
      example: withSettings({ client_id_metadata_document_supported: false }),
    },
  },
  seen: ({ clients }) => `on, with ${documentClients(clients).length} such clients`,
});

const REGISTRATION: NonNullable<Fix['auth0']> = {
  text: 'Switch Dynamic Client Registration off, and import the metadata documents of the clients that are wanted (Applications > Create Application > Import from URL). Where it has to stay on, an access control list keeps strangers away (Enterprise); without one, review the registrations in the log.',
  dashboard: 'Settings > Advanced > Dynamic Client Registration',
  command: setFlag({ enable_dynamic_client_registration: false }),
};

export const registersClientsAsDecided = auditsTenant({
  id: 'tenant/registers-clients-as-decided',
  title: 'Has dynamic registration on or off as its operator decided',
  keyword: 'MUST',
  severity: 'critical',
  pillar: 'client-registration',
  requirements: ['AUTH0-dcr-default-off', 'AUTH0-cimd-preferred', 'AUTH0-static-preferred'],
  reads: ['settings'],
  reasons: {
    'open-though-closed': {
      says: 'The profile says that nobody registers clients here, and the tenant registers whoever asks.',
      fix: { general: 'Close registration, or say in policy.registration that it is open.', auth0: REGISTRATION },
      expected: 'flags.enable_dynamic_client_registration: false, because policy.registration is closed',
      wrong: ({ settings }, { facts }) =>
        registersAnybody(settings) && facts.policy.registration === 'closed' ? ['true'] : [],
      example: withFlags({ enable_dynamic_client_registration: true }),
      setup: { facts: { policy: { strict: false, registration: 'closed' } } },
    },
    'open-undecided': {
      says: 'The tenant registers whoever asks, from the whole internet, and the profile does not say that this is meant.',
      keyword: 'SHOULD',
      fix: {
        general: 'Close registration, or say in policy.registration that it is open.',
        auth0: REGISTRATION,
      },
      expected: 'flags.enable_dynamic_client_registration: false, or policy.registration',
      wrong: ({ settings }, { facts }) =>
        registersAnybody(settings) && facts.policy.registration === undefined
          ? ['flags.enable_dynamic_client_registration is true; policy.registration is not in the profile']
          : [],
      example: withFlags({ enable_dynamic_client_registration: true }),
    },
    'closed-though-open': {
      says: 'The profile says that clients register themselves here, and the tenant registers nobody.',
      keyword: 'SHOULD',
      fix: {
        general: 'Open registration, or say in policy.registration that it is closed.',
        auth0: {
          text: 'Switch Dynamic Client Registration on, once the API has default permissions for third-party applications; or better, import the metadata documents of the clients.',
          dashboard: 'Settings > Advanced > Dynamic Client Registration',
          command: setFlag({ enable_dynamic_client_registration: true }),
        },
      },
      expected: 'flags.enable_dynamic_client_registration: true, because of policy.registration',
      wrong({ settings }, { facts }) {
        const { registration = 'closed' } = facts.policy;
        return !registersAnybody(settings) && registration !== 'closed'
          ? [`not true, and policy.registration is ${registration}`]
          : [];
      },
      example: {},
      setup: { facts: { policy: { strict: false, registration: 'open' } } },
    },
    'without-documents': {
      says: 'Dynamic registration is the only way in for clients that are new: metadata documents, which leave nothing behind and can be verified, are off.',
      keyword: 'ADVICE',
      fix: {
        general: 'Take client ID metadata documents, which MCP prefers to dynamic registration since 2025-11-25.',
        auth0: {
          text: 'Switch on Client ID Metadata Document Registration, which Auth0 recommends before dynamic registration.',
          dashboard: 'Settings > Advanced > Client ID Metadata Document Registration',
          command: setTo({ client_id_metadata_document_supported: true }),
        },
      },
      expected: 'client_id_metadata_document_supported: true beside dynamic registration, or in its place',
      wrong: ({ settings }) =>
        registersAnybody(settings) && settingsIn(settings).client_id_metadata_document_supported !== true
          ? ['dynamic registration alone']
          : [],
      example: withFlags(
        { enable_dynamic_client_registration: true },
        { client_id_metadata_document_supported: false },
      ),
      setup: { facts: { policy: { strict: false, registration: 'open' } } },
    },
  },
  seen: ({ settings }) => `dynamic registration is ${registersAnybody(settings) ? 'on' : 'off'}`,
});

export const registersStrictClients = auditsTenant({
  id: 'tenant/registers-strict-clients',
  title: 'Makes strict third-party clients of those that register themselves',
  keyword: 'SHOULD',
  severity: 'high',
  pillar: 'client-registration',
  requirements: ['AUTH0-dcr-security-mode'],
  reads: ['settings'],
  unsaid: ({ settings }) => (registersAnybody(settings) ? undefined : 'dynamic registration is off'),
  passes: withFlags({ enable_dynamic_client_registration: true }),
  reasons: {
    permissive: {
      says: 'Clients that register themselves become permissive: no PKCE is asked of them, and an API that is open to all is open to them.',
      fix: {
        general: 'Register strangers with the strictest rules there are.',
        auth0: {
          text: `Set the security mode of dynamic registration to strict; clients that were registered before keep theirs. ${STRICT_FIRST}`,
          dashboard: 'Settings > Advanced > Dynamic Client Registration (DCR) Security Mode',
          command: setTo({ dynamic_client_registration_security_mode: 'strict' }),
        },
      },
      expected: 'dynamic_client_registration_security_mode: strict, or absent',
      wrong({ settings }) {
        const { dynamic_client_registration_security_mode: mode } = settingsIn(settings);
        return mode === 'permissive' ? ['permissive'] : [];
      },
      example: withFlags(
        { enable_dynamic_client_registration: true },
        { dynamic_client_registration_security_mode: 'permissive' },
      ),
    },
  },
  seen: () => 'dynamic registration makes strict clients',
});

const defaultAudienceIn = (items: readonly JsonObject[]): string | undefined => {
  const { default_audience: audience } = settingsIn(items);
  return typeof audience === 'string' && audience !== '' ? audience : undefined;
};

const NO_DEFAULT_AUDIENCE: NonNullable<Fix['auth0']> = {
  text: 'Empty the Default Audience once the Resource Parameter Compatibility Profile is on. Where other applications need it, say so in policy.defaultAudience, and let the MCP server refuse tokens that were not asked for it.',
  dashboard: 'Settings > General > API Authorization Settings > Default Audience',
  command: setTo({ default_audience: '' }),
};

export const setsADefaultAudienceForAReasonAlone = auditsTenant({
  id: 'tenant/sets-a-default-audience-for-a-reason-alone',
  title: 'Has no default audience, or the one that its operator gives a reason for',
  keyword: 'SHOULD',
  severity: 'medium',
  pillar: 'audience-handling',
  requirements: ['AUTH0-default-audience-shortcut'],
  reads: ['settings'],
  reasons: {
    'without-a-reason': {
      says: 'The tenant has a default audience that nobody gives a reason for: every application of the tenant gets tokens for that API without asking.',
      fix: {
        general: 'Take the default audience away, or give the reason in policy.defaultAudience.',
        auth0: NO_DEFAULT_AUDIENCE,
      },
      expected: 'no default_audience, or one with policy.defaultAudience',
      wrong({ settings }, { resource, facts }) {
        const audience = defaultAudienceIn(settings);
        if (audience === undefined || facts.policy.defaultAudience !== undefined) return [];
        return [audience === resource ? `${audience}, the MCP server’s own` : audience];
      },
      example: withSettings({ default_audience: 'https://mcp.example.com/mcp' }),
    },
    'another-than-decided': {
      says: 'The default audience of the tenant is another than the one that the profile gives a reason for.',
      fix: {
        general: 'Set the default audience that was decided on, or none.',
        auth0: {
          ...NO_DEFAULT_AUDIENCE,
          text: 'Choose the API of policy.defaultAudience as Default Audience, or empty it.',
          command: setTo({ default_audience: 'YOUR_DEFAULT_AUDIENCE' }),
        },
      },
      expected: 'the default_audience of policy.defaultAudience',
      wrong({ settings }, { facts }) {
        const audience = defaultAudienceIn(settings);
        const { defaultAudience: decided } = facts.policy;
        return audience !== undefined && decided !== undefined && decided.audience !== audience
          ? [`${audience}, and decided on is ${decided.audience}`]
          : [];
      },
      example: withSettings({ default_audience: 'https://other-api.example' }),
      setup: {
        facts: {
          policy: {
            strict: false,
            defaultAudience: {
              audience: 'https://mcp.example.com/mcp',
              reason: 'The tenant serves the MCP server alone.',
            },
          },
        },
      },
    },
  },
  seen({ settings }, { facts }) {
    const audience = defaultAudienceIn(settings);
    const { reason } = facts.policy.defaultAudience ?? {};
    return audience === undefined ? 'no default audience' : `${audience}, because: ${reason}`;
  },
});

const directoryIn = (items: readonly JsonObject[]): string | undefined => {
  const { default_directory: directory } = settingsIn(items);
  return typeof directory === 'string' && directory !== '' ? directory : undefined;
};

export const hasTheConnectionOfItsDefaultDirectory = auditsTenant({
  id: 'tenant/has-the-connection-of-its-default-directory',
  title: 'Has the connection that it names as default directory',
  keyword: 'ADVICE',
  severity: 'low',
  requirements: ['PRACTICE-auth0-default-directory'],
  reads: ['settings', 'connections'],
  unsaid: ({ settings }) => (directoryIn(settings) === undefined ? 'the tenant has no default directory' : undefined),
  passes: withSettings({ default_directory: 'staff' }),
  reasons: {
    'no-such-connection': {
      says: 'The default directory of the tenant is a connection that it does not have.',
      fix: {
        general: 'Name a connection that exists, or none.',
        auth0: {
          text: 'Empty the Default Directory: MCP clients sign users in by the authorization code flow, which does without.',
          dashboard: 'Settings > General > API Authorization Settings > Default Directory',
          command: setTo({ default_directory: '' }),
        },
      },
      expected: 'a default_directory that is the name of a connection, or none',
      wrong({ settings, connections }) {
        const directory = directoryIn(settings);
        return directory === undefined || connections.some(({ name }) => name === directory) ? [] : [directory];
      },
      example: withSettings({ default_directory: 'students' }),
    },
  },
  seen: ({ settings }) => `the connection ${directoryIn(settings)}`,
});

const SKIPS = 'skip_non_verifiable_callback_uri_confirmation_prompt';

export const confirmsCallbacksThatCannotBeVerified = auditsTenant({
  id: 'tenant/confirms-callbacks-that-cannot-be-verified',
  title: 'Asks users before it sends them to a callback whose owner cannot be verified',
  keyword: 'SHOULD',
  severity: 'medium',
  requirements: ['AUTH0-loopback-confirm'],
  reads: ['settings', 'clients'],
  reasons: {
    skipped: {
      says: 'The tenant skips the confirmation before callbacks that any program on the device can take (loopback addresses, custom schemes): a page can then fetch a code without a click.',
      fix: {
        general: 'Ask the user before a code is sent to a callback that cannot be verified (RFC 8252 8.6).',
        auth0: {
          text: 'Switch the confirmation on again; it is on by default, and there on every plan.',
          dashboard: 'Settings > Advanced > Non-Verifiable Callback URI End-User Confirmation',
          command: setTo({ [SKIPS]: false }),
        },
      },
      expected: `${SKIPS}: false, or absent`,
      wrong: ({ settings }) => (settingsIn(settings)[SKIPS] === true ? ['true, for the whole tenant'] : []),
      example: withSettings({ [SKIPS]: true }),
    },
    'skipped-for-clients': {
      says: 'Third-party clients are spared the confirmation before callbacks that any program on the device can take.',
      fix: {
        general: 'Ask the user before a code is sent to a callback that cannot be verified (RFC 8252 8.6).',
        auth0: {
          text: 'Take the exception away from each of these clients.',
          dashboard: 'Applications > YOUR_APPLICATION > Settings > Advanced Settings',
          command: `auth0 api patch clients/YOUR_CLIENT_ID --data '${JSON.stringify({ [SKIPS]: false })}'`,
        },
      },
      expected: `${SKIPS}: false, or absent, of every third-party client`,
      wrong({ clients }) {
        const spared = clients.filter((client) => client.is_first_party === false && client[SKIPS] === true);
        return spared.length === 0 ? [] : [someOf(spared.map(nameOf))];
      },
      example: { clients: [{ ...GOLDEN_CLIENT, [SKIPS]: true }] },
    },
  },
  seen: () => 'users are asked, whatever client it is',
});

export const opensNoConnectionToEveryNewClient = auditsTenant({
  id: 'tenant/opens-no-connection-to-every-new-client',
  title: 'Enables no connection for clients merely because they are new',
  keyword: 'ADVICE',
  severity: 'low',
  requirements: ['AUTH0-app-connections-flag'],
  reads: ['settings'],
  reasons: {
    on: {
      says: 'Every new client gets every connection of the tenant: whoever may create a client may sign anybody in.',
      fix: {
        general: 'Enable connections for the clients that are to use them.',
        auth0: {
          text: 'Switch Enable Application Connections off. Third-party clients need domain-level connections instead, which this setting does not give them.',
          dashboard: 'Settings > Advanced > Enable Application Connections',
          command: setFlag({ enable_client_connections: false }),
        },
      },
      expected: 'flags.enable_client_connections: false',
      wrong: ({ settings }) => (flagsIn(settings).enable_client_connections === true ? ['true'] : []),
      example: withFlags({ enable_client_connections: true }),
    },
  },
  untold: ({ settings }) =>
    typeof flagsIn(settings).enable_client_connections === 'boolean'
      ? undefined
      : {
          because: 'the tenant does not show flags.enable_client_connections',
          unlock: `set it: ${setFlag({ enable_client_connections: false })}`,
        },
  seen: () => 'connections are enabled client by client',
});

export const tenantSettingChecks = checks(
  readsTheResourceOfRequests,
  namesItselfInAuthorizationResponses,
  takesDocumentsWhereClientsHaveThem,
  registersClientsAsDecided,
  registersStrictClients,
  setsADefaultAudienceForAReasonAlone,
  hasTheConnectionOfItsDefaultDirectory,
  confirmsCallbacksThatCannotBeVerified,
  opensNoConnectionToEveryNewClient,
);
