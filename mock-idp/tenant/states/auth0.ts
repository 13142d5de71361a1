import type { Setup } from '../../setup.ts';
import type { Client, Connection, ResourceServer, TenantSettings } from '../entities.ts';
import type { Configuration, Plan } from '../store.ts';
import { CLIENTS, conforming } from './conforming.ts';

/** Changes to the conforming tenant. */
interface Differences {
  readonly settings?: Partial<TenantSettings>;
  readonly plan?: Partial<Plan>;
  /** Of the MCP server's API. */
  readonly api?: Partial<ResourceServer>;
  readonly connection?: Partial<Connection>;
  /** Of each client that users sign in with; members that are `undefined` go. */
  readonly userClients?: { readonly [Member in keyof Client]?: Client[Member] | undefined };
  /** Third-party clients have scopes of the API by default. */
  readonly hasDefaultGrant?: boolean;
  readonly rest?: Partial<Configuration>;
}

/** The conforming tenant, in Auth0's own words and statuses, with some differences. */
function auth0(setup: Setup, differences: Differences): Configuration {
  const base = conforming(setup);
  const { settings, plan, api, connection, userClients = {}, hasDefaultGrant = true, rest } = differences;
  for (const client of base.clients.filter(hasUsers)) change(client, userClients);
  return {
    ...base,
    settings: { ...base.settings, ...settings },
    clients: base.clients,
    resourceServers: base.resourceServers.map((each) =>
      each.identifier === setup.server.url ? { ...each, ...api } : each,
    ),
    clientGrants: base.clientGrants.filter(({ default_for }) => hasDefaultGrant || default_for === undefined),
    connections: base.connections.map((each) => ({ ...each, ...connection })),
    plan: { ...base.plan, speaks: 'auth0', registrations: AUTH0_REGISTRATIONS, ...plan },
    ...rest,
  };
}

/** For a whole tenant, whatever its plan. */
const AUTH0_REGISTRATIONS: Plan['registrations'] = { count: 5, seconds: 1 };

/** In place: a copy would make the keys of clients that have some, which takes a while. */
function change(client: Client, changes: NonNullable<Differences['userClients']>): void {
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) delete client[name as keyof Client];
    else Object.assign(client, { [name]: value });
  }
}

const hasUsers = ({ grant_types }: Client) => grant_types.includes('authorization_code');

const ALLOW_ALL: Pick<ResourceServer, 'subject_type_authorization'> = {
  subject_type_authorization: { user: { policy: 'allow_all' }, client: { policy: 'require_client_grant' } },
};

/**
 * A new tenant and a new API, with every setting as Auth0 delivers it: what an MCP client meets where nobody has
 * followed the guide.
 */
export function auth0Defaults(setup: Setup): Configuration {
  return auth0(setup, {
    settings: {
      friendly_name: 'New tenant',
      client_id_metadata_document_supported: false,
      authorization_response_iss_parameter_supported: false,
    },
    api: {
      ...ALLOW_ALL,
      token_dialect: 'access_token',
      enforce_policies: false,
      token_lifetime: 86_400,
      allow_offline_access: false,
    },
    connection: { is_domain_connection: false },
    hasDefaultGrant: false,
    plan: { clientDocuments: 'off', applications: 10, requestsPerSecond: 5 },
    rest: {
      logStreams: [],
      attackProtection: {
        'bot-detection': { bot_detection_level: 'low' },
        'brute-force-protection': { enabled: true, shields: ['block', 'user_notification'], max_attempts: 10 },
        'suspicious-ip-throttling': { enabled: true, shields: ['admin_notification', 'block'] },
        'breached-password-detection': { enabled: false, shields: [] },
      },
    },
  });
}

/**
 * A tenant whose MCP clients are the company's own: first-party clients, of which Auth0 asks no PKCE and no API, and
 * registration of any kind closed.
 */
export function firstParty(setup: Setup): Configuration {
  return auth0(setup, {
    settings: { friendly_name: 'First-party tenant', client_id_metadata_document_supported: false },
    api: ALLOW_ALL,
    userClients: { is_first_party: true, third_party_security_mode: undefined },
    connection: {
      is_domain_connection: false,
      enabled_clients: [CLIENTS.native, CLIENTS.web, CLIENTS.signed, CLIENTS.machine],
    },
    hasDefaultGrant: false,
    plan: { clientDocuments: 'off' },
  });
}

/**
 * A tenant behind a custom domain for strict third-party clients, which become known by their metadata documents as
 * they come: scopes by the default grant, and errors on pages of the tenant instead of at the client.
 */
export function strict(setup: Setup): Configuration {
  return auth0(setup, {
    settings: { friendly_name: 'Strict tenant' },
    userClients: { redirection_policy: 'open_redirect_protection' },
    plan: { clientDocuments: 'dynamic' },
  });
}

/**
 * A tenant from before April 2026: whoever asks is registered, as a permissive third-party client, and every request
 * that names no API is for the MCP server's.
 */
export function permissive(setup: Setup): Configuration {
  const { settings } = conforming(setup);
  return auth0(setup, {
    settings: {
      friendly_name: 'Permissive tenant',
      client_id_metadata_document_supported: false,
      default_audience: setup.server.url,
      dynamic_client_registration_security_mode: 'permissive',
      flags: { ...settings.flags, enable_dynamic_client_registration: true },
    },
    api: ALLOW_ALL,
    userClients: { third_party_security_mode: 'permissive' },
    plan: { clientDocuments: 'off' },
  });
}
