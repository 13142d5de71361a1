import type { Setup } from '../../setup.ts';
import type { Client, CustomDomain, ResourceServer, User } from '../entities.ts';
import { signedClientKeyPair } from '../keys.ts';
import type { Configuration } from '../store.ts';
import { managementApi, managementGrants } from './management.ts';

/** Ids that a world's configuration refers to, the same in every state. */
export const CLIENTS = {
  /** A program on the user's machine: no secret, loopback redirect URI. */
  native: 'wSpC0nf0rm1ngPubl1cCl1ent0000001',
  /** A web application with a secret. */
  web: 'wSpC0nf0rm1ngWebAppl1cat1on00003',
  /** A web application that signs its assertions; the world knows its private key. */
  signed: 'wSpC0nf0rm1ngS1gnedCl1ent0000004',
  /** Acts for itself. */
  machine: 'wSpC0nf0rm1ngMach1neCl1ent000002',
  /** May do everything at the Management API. */
  operator: 'wSpC0nf0rm1ng0perat0rCl1ent00005',
  /** May read at the Management API. */
  auditor: 'wSpC0nf0rm1ngAud1t0rCl1ent000006',
} as const;

/** `user_id` of the first user. */
export const ADA = 'auth0|66f0a1b2c3d4e5f600000001';

export const CONNECTION = 'Username-Password-Authentication';

/** A password that no real account should have: whoever reads this source knows it. */
export const PASSWORD = 'correct-horse-battery-staple-1';

/** RFC 6238 Appendix B's key would be everybody's; this one is the world's. */
export const TOTP_SECRET = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP';

export const SECRET = 'not-a-secret-outside-this-process';

/** What consent pages say of the API's scopes. */
const SCOPE_WORDS: Readonly<Record<string, string>> = {
  'mcp:tools': 'Use the tools of the MCP server',
  'mcp:identity': 'Let the tools know who you are',
};

const CREATED = '2026-01-05T09:00:00.000Z';

/** Where the world's clients are sent back to. Exact strings: Auth0 knows no wildcard and no loopback port rule. */
export const CALLBACKS = {
  native: 'http://127.0.0.1:33418/callback',
  web: 'https://client.example/callback',
} as const;

const MACHINE: Partial<Client> & Pick<Client, 'is_first_party'> = {
  app_type: 'non_interactive',
  is_first_party: true,
  callbacks: [],
  grant_types: ['client_credentials'],
  token_endpoint_auth_method: 'client_secret_post',
  client_secret: SECRET,
};

const STRICT = { is_first_party: false, third_party_security_mode: 'strict' } as const;

const client = (id: string, name: string, members: Partial<Client> & Pick<Client, 'is_first_party'>): Client => ({
  client_id: id,
  name,
  app_type: 'regular_web',
  oidc_conformant: true,
  callbacks: [CALLBACKS.web],
  allowed_logout_urls: [],
  grant_types: ['authorization_code', 'refresh_token'],
  token_endpoint_auth_method: 'none',
  jwt_configuration: { alg: 'RS256', lifetime_in_seconds: 3600 },
  refresh_token: { rotation_type: 'rotating', expiration_type: 'expiring', leeway: 0, token_lifetime: 2_592_000 },
  created_at: CREATED,
  updated_at: CREATED,
  ...members,
});

/** Lets the tenant in at its SIEM. */
export const SIEM_KEY = 'Splunk 5f1c0c4e-9d3b-4f0e-8a57-siem';

/**
 * The tenant that our readers should aim for: strict third-party clients, one API whose identifier is the URL of the
 * MCP endpoint, registration closed, metadata documents of clients fetched as they come, and scopes that come from roles.
 */
export function conforming(setup: Setup): Configuration {
  const { server } = setup;
  const scopes = server.scopes;
  const api: ResourceServer = {
    id: 'rs_0000000000000001',
    name: 'MCP server',
    identifier: server.url,
    is_system: false,
    scopes: scopes.map((value) => ({ value, description: SCOPE_WORDS[value] ?? value })),
    signing_alg: 'RS256',
    token_dialect: 'rfc9068_profile_authz',
    enforce_policies: true,
    token_lifetime: 3600,
    allow_offline_access: true,
    skip_consent_for_verifiable_first_party_clients: true,
    subject_type_authorization: {
      user: { policy: 'require_client_grant' },
      client: { policy: 'require_client_grant' },
    },
  };
  const user = (id: string, email: string, name: string, members: Partial<User> = {}): User => ({
    user_id: id,
    email,
    name,
    connection: CONNECTION,
    password: PASSWORD,
    permissions: { [server.url]: scopes },
    ...members,
  });
  return {
    settings: {
      friendly_name: 'Reference tenant',
      resource_parameter_profile: 'compatibility',
      client_id_metadata_document_supported: true,
      dynamic_client_registration_security_mode: 'strict',
      authorization_response_iss_parameter_supported: true,
      pushed_authorization_requests_supported: false,
      mtls: { enable_endpoint_aliases: false },
      flags: {
        enable_dynamic_client_registration: false,
        enable_client_connections: false,
        remove_alg_from_jwks: false,
      },
    },
    clients: [
      client(CLIENTS.native, 'Desktop client', { ...STRICT, app_type: 'native', callbacks: [CALLBACKS.native] }),
      client(CLIENTS.web, 'Web client', {
        ...STRICT,
        token_endpoint_auth_method: 'client_secret_basic',
        client_secret: SECRET,
      }),
      {
        ...client(CLIENTS.signed, 'Signing web client', { ...STRICT, token_endpoint_auth_method: 'private_key_jwt' }),
        // Made when somebody looks: an RSA key takes its time.
        get keys() {
          return [signedClientKeyPair().publicJwk];
        },
      },
      client(CLIENTS.machine, 'Nightly job', MACHINE),
      client(CLIENTS.operator, 'Deployment', MACHINE),
      client(CLIENTS.auditor, 'Audit', MACHINE),
    ],
    resourceServers: [
      api,
      { ...api, id: 'rs_0000000000000002', name: 'Another API', identifier: 'https://other-api.example' },
      managementApi(setup),
    ],
    clientGrants: [
      {
        id: 'cgr_000000000000001',
        default_for: 'third_party_clients',
        audience: server.url,
        scope: [...scopes],
        allow_all_scopes: false,
        subject_type: 'user',
        is_system: false,
      },
      {
        id: 'cgr_000000000000002',
        client_id: CLIENTS.machine,
        audience: server.url,
        scope: [...scopes],
        allow_all_scopes: false,
        subject_type: 'client',
        is_system: false,
      },
      ...managementGrants(setup, CLIENTS),
    ],
    connections: [
      {
        id: 'con_0000000000000001',
        name: CONNECTION,
        strategy: 'auth0',
        is_domain_connection: true,
        enabled_clients: [CLIENTS.machine],
      },
    ],
    users: [
      user(ADA, 'ada@example.com', 'Ada'),
      user('auth0|66f0a1b2c3d4e5f600000002', 'grace@example.com', 'Grace'),
      user('auth0|66f0a1b2c3d4e5f600000003', 'mary@example.com', 'Mary', { totp_secret: TOTP_SECRET }),
    ],
    networkAcls: [],
    logStreams: [
      {
        id: 'lst_0000000000000001',
        name: 'SIEM',
        type: 'http',
        status: 'active',
        sink: { httpEndpoint: 'https://siem.example.com/collect', httpAuthorization: SIEM_KEY },
      },
    ],
    customDomains: setup.canonicalIssuer === undefined ? [] : [customDomain(setup.issuer)],
    attackProtection: {
      'bot-detection': { bot_detection_level: 'medium' },
      'brute-force-protection': { enabled: true, shields: ['block', 'user_notification'], max_attempts: 10 },
      'suspicious-ip-throttling': { enabled: true, shields: ['admin_notification', 'block'] },
      'breached-password-detection': { enabled: true, shields: ['block'] },
    },
    plan: {
      applications: 100,
      clientDocuments: 'dynamic',
      speaks: 'standard',
      vantage: 'outside',
      registrations: { count: 40, seconds: 60 },
    },
  };
}

function customDomain(issuer: string): CustomDomain {
  return {
    custom_domain_id: 'cd_0000000000000001',
    domain: new URL(issuer).host,
    primary: true,
    status: 'ready',
    type: 'auth0_managed_certs',
  };
}
