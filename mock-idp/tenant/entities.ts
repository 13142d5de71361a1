import type { JWK } from 'jose';

/**
 * What a tenant consists of, in the shapes in which Auth0's Management API v2 gives it: names and values are those of
 * its types (auth0 6.1 for Node.js). What the API never shows is kept in `store.ts`, or marked here.
 */

/** GET /api/v2/tenants/settings. */
export interface TenantSettings {
  friendly_name: string;
  /** `audience`: `resource` is ignored; `compatibility`: it names the API where no `audience` does. */
  resource_parameter_profile: 'audience' | 'compatibility';
  /** As if every request of every client named it. */
  default_audience?: string;
  /** Name of the connection that is used where a request names none. */
  default_directory?: string;
  client_id_metadata_document_supported: boolean;
  dynamic_client_registration_security_mode: 'strict' | 'permissive';
  authorization_response_iss_parameter_supported: boolean;
  skip_non_verifiable_callback_uri_confirmation_prompt?: boolean;
  pushed_authorization_requests_supported: boolean;
  mtls: { enable_endpoint_aliases: boolean };
  flags: {
    enable_dynamic_client_registration: boolean;
    enable_client_connections: boolean;
    remove_alg_from_jwks: boolean;
  };
}

export type GrantType = 'authorization_code' | 'refresh_token' | 'client_credentials' | 'implicit' | 'password';

export type ClientAuthMethod = 'none' | 'client_secret_post' | 'client_secret_basic' | 'private_key_jwt';

/** GET /api/v2/clients/{id}. */
export interface Client {
  client_id: string;
  /** Shown to `read:client_keys` only. */
  client_secret?: string;
  name: string;
  description?: string;
  logo_uri?: string;
  app_type: 'native' | 'spa' | 'regular_web' | 'non_interactive';
  is_first_party: boolean;
  /** Of clients that are not first party. */
  third_party_security_mode?: 'strict' | 'permissive';
  /** Where errors of a strict client's request may be sent; absent: `open_redirect_protection`. */
  redirection_policy?: 'open_redirect_protection' | 'allow_always';
  /** In place of the tenant's. */
  skip_non_verifiable_callback_uri_confirmation_prompt?: boolean;
  oidc_conformant: boolean;
  callbacks: string[];
  allowed_logout_urls: string[];
  grant_types: GrantType[];
  token_endpoint_auth_method: ClientAuthMethod;
  /** Keys of `private_key_jwt`, as JWK (the API names credentials by id, and gives them elsewhere). */
  keys?: KeyWithId[];
  jwks_uri?: string;
  /** The URL of a client known by its metadata document. */
  external_client_id?: string;
  external_metadata_type?: 'cimd' | 'dcr';
  external_metadata_created_by?: 'admin' | 'client';
  jwt_configuration: { alg: 'RS256' | 'RS512' | 'PS256'; lifetime_in_seconds: number };
  refresh_token: RefreshTokenSettings;
  created_at: string;
  updated_at: string;
}

export type KeyWithId = JWK & { readonly kid: string };

export interface RefreshTokenSettings {
  rotation_type: 'rotating' | 'non-rotating';
  expiration_type: 'expiring' | 'non-expiring';
  /** Seconds in which a rotated token may still come again, for clients whose answer was lost. */
  leeway: number;
  /** Seconds. */
  token_lifetime: number;
}

export type TokenDialect = 'access_token' | 'access_token_authz' | 'rfc9068_profile' | 'rfc9068_profile_authz';

/** GET /api/v2/resource-servers/{id}: an API. */
export interface ResourceServer {
  id: string;
  name: string;
  /** The audience; never edited. */
  identifier: string;
  is_system: boolean;
  scopes: { value: string; description?: string }[];
  signing_alg: 'HS256' | 'RS256' | 'RS512' | 'PS256';
  /** Of HS256. */
  signing_secret?: string;
  token_dialect: TokenDialect;
  /** RBAC: a user's scopes are those of their permissions. */
  enforce_policies: boolean;
  /** Seconds. */
  token_lifetime: number;
  allow_offline_access: boolean;
  /** First-party clients whose callback is verifiable need no consent. */
  skip_consent_for_verifiable_first_party_clients: boolean;
  subject_type_authorization: {
    user: { policy: 'allow_all' | 'deny_all' | 'require_client_grant' };
    client: { policy: 'deny_all' | 'require_client_grant' };
  };
}

/** GET /api/v2/client-grants/{id}. One client's, or the default of all third-party clients. */
export interface ClientGrant {
  id: string;
  client_id?: string;
  default_for?: 'third_party_clients';
  audience: string;
  scope: string[];
  allow_all_scopes: boolean;
  subject_type: 'user' | 'client';
  is_system: boolean;
}

/** GET /api/v2/connections/{id}. */
export interface Connection {
  id: string;
  name: string;
  strategy: 'auth0' | 'google-oauth2' | 'github' | 'samlp';
  /** Open to every third-party client. */
  is_domain_connection: boolean;
  /** Clients it is enabled for one by one. */
  enabled_clients: string[];
}

export type AclScope = 'management' | 'authentication' | 'tenant' | 'dynamic_client_registration';

/** What a rule matches: values of one signal are alternatives, signals go together. */
export interface AclMatch {
  ipv4_cidrs?: string[];
  ipv6_cidrs?: string[];
  hostnames?: string[];
  user_agents?: string[];
}

/** GET /api/v2/network-acls/{id}. */
export interface NetworkAcl {
  id: string;
  description: string;
  active: boolean;
  /** The lowest is asked first. */
  priority: number;
  rule: {
    scope: AclScope;
    action: { block: true } | { allow: true } | { log: true } | { redirect: true; redirect_uri: string };
    match?: AclMatch;
    not_match?: AclMatch;
  };
  created_at: string;
  updated_at: string;
}

/** GET /api/v2/logs/{id}. */
export interface LogEntry {
  log_id: string;
  /** ISO 8601. */
  date: string;
  /** Event type code: `s`, `f`, `sapi`, `seacft`, … */
  type: string;
  description: string;
  client_id?: string;
  client_name?: string;
  ip: string;
  user_agent: string;
  user_id?: string;
  user_name?: string;
  hostname?: string;
  details?: Readonly<Record<string, unknown>>;
}

/** GET /api/v2/log-streams/{id}. */
export interface LogStream {
  id: string;
  name: string;
  type: 'http' | 'eventbridge' | 'eventgrid' | 'splunk' | 'datadog';
  status: 'active' | 'paused' | 'suspended';
  /** Where it goes, with what lets it in there. */
  sink?: Readonly<Record<string, unknown>>;
}

/** GET /api/v2/custom-domains/{id}. */
export interface CustomDomain {
  custom_domain_id: string;
  /** Host, with its port where it has one. */
  domain: string;
  primary: boolean;
  status: 'ready' | 'pending' | 'pending_verification';
  type: 'auth0_managed_certs' | 'self_managed_certs';
}

/** GET /api/v2/attack-protection/{name}. */
export interface AttackProtection {
  'bot-detection': Readonly<Record<string, unknown>>;
  'brute-force-protection': { enabled: boolean; shields: string[]; max_attempts: number };
  'suspicious-ip-throttling': { enabled: boolean; shields: string[] };
  'breached-password-detection': { enabled: boolean; shields: string[] };
}

/** GET /api/v2/users/{id}, with what signs them in. */
export interface User {
  user_id: string;
  email: string;
  name: string;
  /** Name of the connection they come by. */
  connection: string;
  /** Shown to nobody. */
  password: string;
  /** Base32 (RFC 4648 6). Shown to nobody; present: a second factor is asked for (RFC 6238). */
  totp_secret?: string;
  /** API identifier → scopes a role gives them there. */
  permissions: Readonly<Record<string, readonly string[]>>;
}
