import type { TenantContext } from '../behaviour.ts';
import type { Client, Connection, ResourceServer, TenantSettings } from '../entities.ts';
import { opaque } from '../opaque.ts';

/** What may be changed, and what a value must look like. */
export type Changeable = Readonly<Record<string, (value: unknown) => boolean>>;

/** What a PATCH changes. */
export type Target =
  | { readonly kind: 'settings'; readonly entity: TenantSettings }
  | { readonly kind: 'client'; readonly entity: Client }
  | { readonly kind: 'api'; readonly entity: ResourceServer }
  | { readonly kind: 'connection'; readonly entity: Connection };

const isBoolean = (value: unknown) => typeof value === 'boolean';
const isText = (value: unknown) => typeof value === 'string';
const isSeconds = (value: unknown) => Number.isInteger(value) && Number(value) > 0;
const isOneOf =
  (...values: readonly string[]) =>
  (value: unknown) =>
    values.some((each) => each === value);
const isListOf = (test: (value: unknown) => boolean) => (value: unknown) => Array.isArray(value) && value.every(test);
const isUrl = (value: unknown) => typeof value === 'string' && URL.canParse(value);
/** @param needed members that must be there; what a request may name a part of (`MERGED`) needs none */
const isObjectOf =
  (members: Changeable, needed: readonly string[] = []) =>
  (value: unknown) =>
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    needed.every((name) => Object.hasOwn(value, name)) &&
    Object.entries(value).every(([name, each]) => Object.hasOwn(members, name) && members[name]!(each));

const REFRESH_TOKEN = isObjectOf({
  rotation_type: isOneOf('rotating', 'non-rotating'),
  expiration_type: isOneOf('expiring', 'non-expiring'),
  leeway: (value) => value === 0 || isSeconds(value),
  token_lifetime: isSeconds,
});

const SETTINGS: Changeable = {
  friendly_name: isText,
  resource_parameter_profile: isOneOf('audience', 'compatibility'),
  default_audience: isText,
  default_directory: isText,
  client_id_metadata_document_supported: isBoolean,
  dynamic_client_registration_security_mode: isOneOf('strict', 'permissive'),
  authorization_response_iss_parameter_supported: isBoolean,
  skip_non_verifiable_callback_uri_confirmation_prompt: isBoolean,
  pushed_authorization_requests_supported: isBoolean,
  mtls: isObjectOf({ enable_endpoint_aliases: isBoolean }, ['enable_endpoint_aliases']),
  flags: isObjectOf({
    enable_dynamic_client_registration: isBoolean,
    enable_client_connections: isBoolean,
    remove_alg_from_jwks: isBoolean,
  }),
};

const CLIENT: Changeable = {
  name: isText,
  description: isText,
  logo_uri: isText,
  app_type: isOneOf('native', 'spa', 'regular_web', 'non_interactive'),
  is_first_party: isBoolean,
  redirection_policy: isOneOf('open_redirect_protection', 'allow_always'),
  oidc_conformant: isBoolean,
  callbacks: isListOf(isUrl),
  allowed_logout_urls: isListOf(isUrl),
  grant_types: isListOf(isOneOf('authorization_code', 'refresh_token', 'client_credentials', 'implicit', 'password')),
  token_endpoint_auth_method: isOneOf('none', 'client_secret_post', 'client_secret_basic'),
  jwt_configuration: isObjectOf({ alg: isOneOf('RS256', 'RS512', 'PS256'), lifetime_in_seconds: isSeconds }),
  refresh_token: REFRESH_TOKEN,
};

/** Of a client that is known by its metadata document: the rest is what the document says. */
const DOCUMENT_CLIENT = [
  'app_type',
  'grant_types',
  'jwt_configuration',
  'description',
  'oidc_conformant',
  'refresh_token',
];

/** Not the identifier: tokens and clients have it as audience. */
const API: Changeable = {
  name: isText,
  scopes: isListOf(isObjectOf({ value: isText, description: isText }, ['value'])),
  signing_alg: isOneOf('HS256', 'RS256', 'RS512', 'PS256'),
  token_dialect: isOneOf('access_token', 'access_token_authz', 'rfc9068_profile', 'rfc9068_profile_authz'),
  enforce_policies: isBoolean,
  token_lifetime: isSeconds,
  allow_offline_access: isBoolean,
  skip_consent_for_verifiable_first_party_clients: isBoolean,
  subject_type_authorization: isObjectOf({
    user: isObjectOf({ policy: isOneOf('allow_all', 'deny_all', 'require_client_grant') }, ['policy']),
    client: isObjectOf({ policy: isOneOf('deny_all', 'require_client_grant') }, ['policy']),
  }),
};

const CONNECTION: Changeable = { is_domain_connection: isBoolean, enabled_clients: isListOf(isText) };

/** What may be changed of an entity. */
export function changeableMembers({ kind, entity }: Target): Changeable {
  switch (kind) {
    case 'settings':
      return SETTINGS;
    case 'client':
      return entity.external_metadata_type === 'cimd'
        ? Object.fromEntries(Object.entries(CLIENT).filter(([name]) => DOCUMENT_CLIENT.includes(name)))
        : CLIENT;
    case 'api':
      // Auth0 lets nothing of its own API be changed but lifetimes and policies; nobody here needs those.
      return entity.is_system ? {} : API;
    case 'connection':
      return CONNECTION;
  }
}

/** Members whose value is an object of which a request may name a part. */
const MERGED = ['flags', 'jwt_configuration', 'refresh_token', 'subject_type_authorization'];

/** Makes the changes, all or none. Returns what is wrong with them. */
export function change(target: Target, changes: unknown, context: TenantContext): string | undefined {
  if (typeof changes !== 'object' || changes === null || Array.isArray(changes)) return 'the body is no JSON object';
  const changeable = context.behaviour.changeableMembers(target, context);
  const given = Object.entries(changes);
  const extra = given.find(([name]) => !Object.hasOwn(changeable, name));
  if (extra !== undefined) return `Additional properties not allowed: ${extra[0]}`;
  const wrong = given.find(([name, value]) => !changeable[name]!(value));
  if (wrong !== undefined) return `'${wrong[0]}' has no value it may have`;
  const before = target.entity as unknown as Readonly<Record<string, unknown>>;
  Object.assign(
    target.entity,
    Object.fromEntries(
      given.map(([name, value]) => [
        name,
        MERGED.includes(name) ? { ...(before[name] as object), ...(value as object) } : value,
      ]),
    ),
  );
  if (target.kind === 'settings') {
    // An empty text is how these are taken back.
    for (const name of ['default_audience', 'default_directory'] as const) {
      if (target.entity[name] === '') delete target.entity[name];
    }
  }
  if (target.kind === 'api' && target.entity.signing_alg === 'HS256') target.entity.signing_secret ??= opaque(64);
  if (target.kind === 'client') {
    const isSecretNeeded = target.entity.token_endpoint_auth_method.startsWith('client_secret_');
    if (isSecretNeeded) target.entity.client_secret ??= opaque(64);
    target.entity.updated_at = new Date(context.now() * 1000).toISOString();
  }
  return undefined;
}
