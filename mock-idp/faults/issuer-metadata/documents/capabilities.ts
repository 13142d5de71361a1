import type { Fault } from '../../fault.ts';
import { answerTenantPaths } from '../../replace.ts';
import { change, metadata, metadataAt, notFound, OAUTH, OPENID } from './replace.ts';

const PKCE = 'code_challenge_methods_supported';
const AUTH_METHODS = 'token_endpoint_auth_methods_supported';
const CIMD = 'client_id_metadata_document_supported';
const ID_TOKENS = 'id_token_signing_alg_values_supported';

/** A JWT whose signature nobody looks at. */
const jwt = (header: object, claims: object) =>
  [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');

/** What the metadata says the tenant can do. */
export const CAPABILITY_FAULTS: readonly Fault[] = [
  change(
    'issuer-names-no-code-challenge-methods',
    'Neither document has code_challenge_methods_supported.',
    { [PKCE]: undefined },
    'publishes-its-code-challenge-methods:absent',
  ),
  {
    id: 'issuer-names-no-code-challenge-methods-without-openid',
    says: 'The tenant has no OpenID discovery, and its RFC 8414 metadata no code_challenge_methods_supported.',
    tenant: (conforming) => ({
      ...metadata({ [PKCE]: undefined })(conforming),
      ...answerTenantPaths([OPENID], notFound)(conforming),
    }),
    trips: ['issuer-metadata/publishes-its-code-challenge-methods:absent-without-openid'],
  },
  {
    id: 'issuer-names-code-challenge-methods-in-openid-discovery-alone',
    says: 'OpenID discovery has code_challenge_methods_supported, RFC 8414 metadata has not.',
    tenant: metadataAt(OAUTH, { [PKCE]: undefined }),
    trips: ['issuer-metadata/publishes-its-code-challenge-methods:absent-in-one'],
  },
  change(
    'issuer-lists-plain-alone',
    'plain is the only code challenge method.',
    { [PKCE]: ['plain'] },
    'lists-s256:absent',
  ),
  change(
    'issuer-lists-plain',
    'plain stands beside S256.',
    { [PKCE]: ['S256', 'plain'] },
    'lists-no-plain-code-challenges:plain',
  ),
  change(
    'issuer-names-no-response-types',
    'The metadata has no response_types_supported.',
    { response_types_supported: undefined },
    'says-its-response-types:absent',
  ),
  change(
    'issuer-has-no-code-response-type',
    'The metadata has a hybrid response type alone.',
    { response_types_supported: ['code id_token'] },
    'has-the-code-response-type:no-code',
  ),
  change(
    'issuer-has-no-authorization-code-grant',
    'The metadata has an authorization endpoint and grants for machines alone.',
    { grant_types_supported: ['client_credentials', 'refresh_token'] },
    'has-the-authorization-code-grant:no-code',
  ),
  change(
    'issuer-names-no-grant-types',
    'The metadata has no grant_types_supported.',
    { grant_types_supported: undefined },
    'says-its-grant-types:absent',
  ),
  change(
    'issuer-offers-the-implicit-grant',
    'grant_types_supported has implicit.',
    { grant_types_supported: ['authorization_code', 'refresh_token', 'implicit'] },
    'offers-no-implicit-grant:grant',
  ),
  change(
    'issuer-offers-token-response-types',
    'response_types_supported has token.',
    { response_types_supported: ['code', 'token'] },
    'offers-no-implicit-grant:response-type',
  ),
  change(
    'issuer-offers-the-password-grant',
    'grant_types_supported has password.',
    { grant_types_supported: ['authorization_code', 'refresh_token', 'password'] },
    'offers-no-password-grant:password',
  ),
  change(
    'issuer-has-no-query-response-mode',
    'response_modes_supported has form_post alone.',
    { response_modes_supported: ['form_post'] },
    'lists-the-query-response-mode:absent',
  ),
  change(
    'issuer-takes-pushed-requests-alone',
    'The metadata requires pushed authorization requests.',
    (_, { setup }) => ({
      require_pushed_authorization_requests: true,
      pushed_authorization_request_endpoint: new URL('/oauth/par', setup.issuer).href,
    }),
    'takes-requests-that-are-not-pushed:pushed-only',
  ),
  change(
    'issuer-takes-pushed-requests-nowhere',
    'The metadata requires pushed authorization requests and names no endpoint for them.',
    { require_pushed_authorization_requests: true },
    'takes-requests-that-are-not-pushed:pushed-nowhere',
  ),
  change(
    'issuer-lists-no-scopes',
    'The metadata has no scopes_supported.',
    { scopes_supported: undefined },
    'lists-its-scopes:absent',
  ),
  change(
    'issuer-lists-no-offline-access',
    'scopes_supported has no offline_access, while refresh tokens are given.',
    { scopes_supported: ['openid', 'profile', 'email'] },
    'lists-offline-access-with-refresh-tokens:absent',
  ),
  change(
    'issuer-names-no-client-authentication',
    'The metadata has no token_endpoint_auth_methods_supported.',
    { [AUTH_METHODS]: undefined },
    'says-how-clients-authenticate:absent',
  ),
  change(
    'issuer-has-no-public-clients',
    'The metadata has neither the method none nor client ID metadata documents.',
    { [AUTH_METHODS]: ['client_secret_basic'], [CIMD]: undefined },
    'lists-none-for-public-clients:none-missing',
    'advertises-client-id-metadata-documents:not-advertised',
    'client-documents/does-as-its-metadata-says:not-said',
  ),
  change(
    'issuer-has-client-documents-without-none',
    'The metadata has client ID metadata documents and no method none.',
    { [AUTH_METHODS]: ['private_key_jwt', 'client_secret_basic'] },
    'lists-none-beside-client-id-metadata-documents:none-missing',
  ),
  change(
    'issuer-names-no-algorithms-of-assertions',
    'private_key_jwt stands without algorithms for the token endpoint.',
    { token_endpoint_auth_signing_alg_values_supported: undefined },
    'lists-signing-algorithms-for-client-assertions:token',
  ),
  change(
    'issuer-names-no-algorithms-of-assertions-for-revocation',
    'private_key_jwt stands without algorithms for the revocation endpoint.',
    { revocation_endpoint_auth_signing_alg_values_supported: undefined },
    'lists-signing-algorithms-for-client-assertions:revocation',
  ),
  change(
    'issuer-names-no-algorithms-of-assertions-for-introspection',
    'client_secret_jwt stands without algorithms for the introspection endpoint.',
    {
      introspection_endpoint_auth_methods_supported: ['client_secret_jwt'],
      introspection_endpoint_auth_signing_alg_values_supported: undefined,
    },
    'lists-signing-algorithms-for-client-assertions:introspection',
  ),
  {
    id: 'issuer-names-no-algorithms-of-assertions-in-openid-discovery',
    says: 'The tenant has OpenID discovery alone, in which private_key_jwt stands without algorithms.',
    tenant: (conforming) => ({
      ...metadata({ token_endpoint_auth_signing_alg_values_supported: undefined })(conforming),
      ...answerTenantPaths([OAUTH], notFound)(conforming),
    }),
    trips: ['issuer-metadata/lists-signing-algorithms-for-client-assertions:in-openid'],
  },
  change(
    'issuer-takes-unsigned-assertions',
    'The authorization server metadata lists none among the algorithms of client assertions.',
    { token_endpoint_auth_signing_alg_values_supported: ['RS256', 'none'] },
    'takes-no-unsigned-client-assertions:none',
  ),
  change(
    'issuer-takes-symmetric-proofs',
    'The authorization server metadata lists HS256 among the algorithms of DPoP proofs.',
    { dpop_signing_alg_values_supported: ['ES256', 'HS256'] },
    'lists-asymmetric-algorithms-for-dpop:no-key-pair',
  ),
  {
    id: 'issuer-advertises-no-iss',
    says: 'The metadata does not say that authorization responses carry iss.',
    tenant: metadata({ authorization_response_iss_parameter_supported: undefined }),
    trips: [
      'issuer-metadata/advertises-iss-in-authorization-responses:not-advertised',
      'authorization/advertises-the-issuer-it-sends:not-advertised',
    ],
  },
  change(
    'issuer-advertises-no-client-documents',
    'The metadata does not advertise client ID metadata documents.',
    { [CIMD]: false },
    'advertises-client-id-metadata-documents:not-advertised',
    'client-documents/does-as-its-metadata-says:not-said',
  ),
  change(
    'issuer-lets-no-client-in',
    'The metadata has neither client ID metadata documents nor a registration endpoint.',
    { [CIMD]: undefined, registration_endpoint: undefined },
    'advertises-client-id-metadata-documents:not-advertised',
    'client-documents/does-as-its-metadata-says:not-said',
    'offers-clients-a-way-in:closed',
  ),
  change(
    'issuer-names-no-key-set',
    'The metadata has no jwks_uri.',
    { jwks_uri: undefined },
    'has-what-openid-discovery-requires:no-key-set',
  ),
  change(
    'issuer-names-no-subject-types',
    'The metadata has no subject_types_supported.',
    { subject_types_supported: undefined },
    'has-what-openid-discovery-requires:no-subject-types',
  ),
  change(
    'issuer-names-no-algorithms-of-id-tokens',
    'The metadata has no id_token_signing_alg_values_supported.',
    { [ID_TOKENS]: undefined },
    'has-what-openid-discovery-requires:no-algorithms',
  ),
  {
    id: 'issuer-lists-no-rs256',
    says: 'PS256 is the only algorithm of ID tokens, and its key is not bound to RS256.',
    tenant: (conforming) => ({
      ...metadata({ [ID_TOKENS]: ['PS256'] })(conforming),
      keys: async (context) => {
        const { keys } = await conforming.keys(context);
        return { keys: keys.map((key) => ({ ...key, alg: undefined })) };
      },
    }),
    trips: ['issuer-metadata/lists-rs256-for-id-tokens:absent'],
  },
  change(
    'issuer-lists-unsigned-id-tokens',
    'The authorization server metadata lists none among the algorithms of ID tokens.',
    { [ID_TOKENS]: ['RS256', 'none'] },
    'lists-no-unsigned-id-tokens:none',
  ),
  change(
    'issuer-writes-a-list-as-text',
    'The authorization server metadata gives claims_supported as one string, not as a list.',
    { claims_supported: 'aud exp iat iss sub' },
    'writes-lists-as-arrays-of-strings:no-array',
  ),
  change(
    'issuer-writes-a-flag-as-text',
    'The authorization server metadata gives tls_client_certificate_bound_access_tokens as a string, not as a boolean.',
    { tls_client_certificate_bound_access_tokens: 'false' },
    'writes-flags-as-booleans:no-boolean',
  ),
  change(
    'issuer-writes-null-for-a-url',
    'The authorization server metadata gives op_policy_uri as null instead of leaving it out.',
    { op_policy_uri: null },
    'writes-texts-as-strings:no-string',
  ),
  change(
    'issuer-lists-nothing',
    'The authorization server metadata gives acr_values_supported as an empty list instead of leaving it out.',
    { acr_values_supported: [] },
    'omits-empty-lists:empty',
  ),
  {
    id: 'issuer-lists-nothing-in-openid-discovery',
    says: 'acr_values_supported is an empty list in OpenID discovery alone.',
    tenant: metadataAt(OPENID, { acr_values_supported: [] }),
    trips: ['issuer-metadata/omits-empty-lists:empty-in-openid'],
  },
  change(
    'issuer-signs-metadata-without-jwt',
    'The authorization server metadata gives a signed_metadata that is no JWT.',
    { signed_metadata: 'signed' },
    'signs-its-metadata-soundly:no-jwt',
  ),
  change(
    'issuer-signs-metadata-with-none',
    'The signed_metadata of the authorization server metadata has alg none, so nobody signed it.',
    (_, { setup }) => ({ signed_metadata: `${jwt({ alg: 'none' }, { iss: setup.issuer })}.` }),
    'signs-its-metadata-soundly:unsigned',
  ),
  change(
    'issuer-signs-metadata-without-iss',
    'The signed_metadata of the authorization server metadata has no iss, so it does not say who vouches for it.',
    { signed_metadata: `${jwt({ alg: 'RS256' }, {})}.c2lnbmVk` },
    'signs-its-metadata-soundly:no-issuer',
  ),
  change(
    'issuer-signs-signed-metadata',
    'The signed_metadata of the authorization server metadata contains a signed_metadata of its own.',
    (_, { setup }) => ({
      signed_metadata: `${jwt({ alg: 'RS256' }, { iss: setup.issuer, signed_metadata: 'a.b.c' })}.c2lnbmVk`,
    }),
    'signs-its-metadata-soundly:nested',
  ),
  change(
    'issuer-signs-metadata-of-another-issuer',
    'The signed_metadata of the authorization server metadata names another issuer than the document.',
    (_, { setup }) => ({
      signed_metadata: `${jwt({ alg: 'RS256' }, { iss: setup.issuer, issuer: 'https://other.example.com/' })}.c2lnbmVk`,
    }),
    'signs-its-metadata-soundly:contradicts',
  ),
  change(
    'issuer-signs-old-metadata',
    'The signed_metadata of the authorization server metadata is old: it names another token endpoint than the document.',
    (_, { setup: { issuer } }) => ({
      signed_metadata: `${jwt({ alg: 'RS256' }, { iss: issuer, issuer, token_endpoint: `${issuer}old` })}.c2lnbmVk`,
    }),
    'signs-its-metadata-soundly:differs',
  ),
  change(
    'issuer-names-an-empty-list-of-code-challenge-methods',
    'code_challenge_methods_supported is empty in both documents.',
    { [PKCE]: [] },
    'publishes-its-code-challenge-methods:absent',
    'omits-empty-lists:empty',
  ),
];
