import { isIP } from 'node:net';
import type { ClientAuthMethod, TenantSettings } from './entities.ts';

/** Algorithms that client assertions may be signed with: Auth0's list. */
export const ASSERTION_ALGORITHMS: readonly string[] = ['RS256', 'RS384', 'PS256'];

const AUTH_METHODS: readonly ClientAuthMethod[] = [
  'none',
  'private_key_jwt',
  'client_secret_basic',
  'client_secret_post',
];

type Metadata = Readonly<Record<string, unknown>>;

/**
 * Authorization server metadata (RFC 8414 2) and OpenID provider metadata in one document, as Auth0 publishes it. Scopes
 * of an API are never listed there.
 *
 * `registration_endpoint` stands there while registration is closed, too: the endpoint is there and says so, and what
 * readers make of the document does not change with a flag. `client_id_metadata_document_supported` says that client
 * URLs are client ids here, be it that an administrator imports their documents (`manual`) or that the tenant does.
 */
export function tenantMetadata(issuer: string, settings: TenantSettings): Metadata {
  const at = (path: string) => new URL(path, issuer).href;
  return {
    issuer,
    authorization_endpoint: at('/authorize'),
    token_endpoint: at('/oauth/token'),
    registration_endpoint: at('/oidc/register'),
    revocation_endpoint: at('/oauth/revoke'),
    end_session_endpoint: at('/oidc/logout'),
    userinfo_endpoint: at('/userinfo'),
    mfa_challenge_endpoint: at('/mfa/challenge'),
    jwks_uri: at('/.well-known/jwks.json'),
    scopes_supported: ['openid', 'profile', 'email', 'offline_access'],
    response_types_supported: ['code'],
    response_modes_supported: ['query'],
    grant_types_supported: ['authorization_code', 'refresh_token', 'client_credentials'],
    code_challenge_methods_supported: ['S256'],
    token_endpoint_auth_methods_supported: AUTH_METHODS,
    token_endpoint_auth_signing_alg_values_supported: ASSERTION_ALGORITHMS,
    // RFC 8414 2: where it is not said, client_secret_basic alone is meant.
    revocation_endpoint_auth_methods_supported: AUTH_METHODS,
    revocation_endpoint_auth_signing_alg_values_supported: ASSERTION_ALGORITHMS,
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
    claims_supported: ['aud', 'email', 'exp', 'iat', 'iss', 'name', 'sub'],
    request_parameter_supported: false,
    request_uri_parameter_supported: false,
    authorization_response_iss_parameter_supported: settings.authorization_response_iss_parameter_supported,
    client_id_metadata_document_supported: settings.client_id_metadata_document_supported,
  };
}

/**
 * The document as Auth0 composes it: `registration_endpoint` and `plain` stand there whatever the tenant allows, and
 * members of features stand there only where a setting turns them on.
 */
export function auth0Metadata(issuer: string, settings: TenantSettings): Metadata {
  const at = (path: string) => new URL(path, issuer).href;
  const { enable_endpoint_aliases: hasAliases } = settings.mtls;
  const parEndpoint = at('/oauth/par');
  return {
    issuer,
    authorization_endpoint: at('/authorize'),
    token_endpoint: at('/oauth/token'),
    device_authorization_endpoint: at('/oauth/device/code'),
    userinfo_endpoint: at('/userinfo'),
    mfa_challenge_endpoint: at('/mfa/challenge'),
    jwks_uri: at('/.well-known/jwks.json'),
    registration_endpoint: at('/oidc/register'),
    revocation_endpoint: at('/oauth/revoke'),
    end_session_endpoint: at('/oidc/logout'),
    ...(settings.pushed_authorization_requests_supported && { pushed_authorization_request_endpoint: parEndpoint }),
    ...(hasAliases && { mtls_endpoint_aliases: mtlsAliases(issuer) }),
    ...(hasAliases && { tls_client_certificate_bound_access_tokens: true }),
    scopes_supported: [
      'openid',
      'profile',
      'offline_access',
      'name',
      'given_name',
      'family_name',
      'nickname',
      'email',
      'email_verified',
      'picture',
      'created_at',
      'identities',
      'phone',
      'address',
    ],
    response_types_supported: [
      'code',
      'token',
      'id_token',
      'code token',
      'code id_token',
      'token id_token',
      'code token id_token',
    ],
    response_modes_supported: ['query', 'fragment', 'form_post'],
    subject_types_supported: ['public'],
    code_challenge_methods_supported: ['S256', 'plain'],
    id_token_signing_alg_values_supported: ['HS256', 'RS256', 'PS256'],
    token_endpoint_auth_methods_supported: [
      'client_secret_basic',
      'client_secret_post',
      'private_key_jwt',
      ...(hasAliases ? ['tls_client_auth', 'self_signed_tls_client_auth'] : []),
      'none',
    ],
    token_endpoint_auth_signing_alg_values_supported: ASSERTION_ALGORITHMS,
    claims_supported: [
      'aud',
      'auth_time',
      'created_at',
      'email',
      'email_verified',
      'exp',
      'family_name',
      'given_name',
      'iat',
      'identities',
      'iss',
      'name',
      'nickname',
      'phone_number',
      'picture',
      'sub',
    ],
    request_uri_parameter_supported: false,
    request_parameter_supported: false,
    backchannel_logout_supported: true,
    backchannel_logout_session_supported: true,
    dpop_signing_alg_values_supported: ['ES256'],
    ...only(settings, 'authorization_response_iss_parameter_supported'),
    ...only(settings, 'client_id_metadata_document_supported'),
  };
}

/** A member that says what the setting says, where that is yes. */
function only(
  settings: TenantSettings,
  name: 'authorization_response_iss_parameter_supported' | 'client_id_metadata_document_supported',
): Metadata {
  return settings[name] ? { [name]: true } : {};
}

/** RFC 8705 5. Auth0 answers them on a host of their own; an IP address has none below it. */
function mtlsAliases(issuer: string): Metadata {
  const { protocol, hostname, host } = new URL(issuer);
  const origin = isIP(hostname.replace(/^\[(.*)\]$/, '$1')) === 0 ? `${protocol}//mtls.${host}` : issuer;
  const at = (path: string) => new URL(path, origin).href;
  return {
    token_endpoint: at('/oauth/token'),
    pushed_authorization_request_endpoint: at('/oauth/par'),
    userinfo_endpoint: at('/userinfo'),
    revocation_endpoint: at('/oauth/revoke'),
  };
}
