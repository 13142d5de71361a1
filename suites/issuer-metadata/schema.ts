import type { JsonObject } from '../../fixtures/protocol/documents.ts';
import { schemaErrors } from '../schema-errors.ts';

const ENDPOINTS = [
  'authorization_endpoint',
  'token_endpoint',
  'registration_endpoint',
  'revocation_endpoint',
  'introspection_endpoint',
  'userinfo_endpoint',
  'device_authorization_endpoint',
  'pushed_authorization_request_endpoint',
  'end_session_endpoint',
  'backchannel_authentication_endpoint',
  'check_session_iframe',
] as const;

const TEXTS = ['jwks_uri', 'service_documentation', 'op_policy_uri', 'op_tos_uri', 'signed_metadata'] as const;

const LISTS = [
  'scopes_supported',
  'response_types_supported',
  'response_modes_supported',
  'grant_types_supported',
  'token_endpoint_auth_methods_supported',
  'token_endpoint_auth_signing_alg_values_supported',
  'revocation_endpoint_auth_methods_supported',
  'revocation_endpoint_auth_signing_alg_values_supported',
  'introspection_endpoint_auth_methods_supported',
  'introspection_endpoint_auth_signing_alg_values_supported',
  'code_challenge_methods_supported',
  'ui_locales_supported',
  'acr_values_supported',
  'subject_types_supported',
  'id_token_signing_alg_values_supported',
  'claims_supported',
  'protected_resources',
  'dpop_signing_alg_values_supported',
  'prompt_values_supported',
  'id_token_encryption_alg_values_supported',
  'id_token_encryption_enc_values_supported',
  'userinfo_signing_alg_values_supported',
  'userinfo_encryption_alg_values_supported',
  'userinfo_encryption_enc_values_supported',
  'request_object_signing_alg_values_supported',
  'request_object_encryption_alg_values_supported',
  'request_object_encryption_enc_values_supported',
  'authorization_signing_alg_values_supported',
  'authorization_encryption_alg_values_supported',
  'authorization_encryption_enc_values_supported',
  'introspection_signing_alg_values_supported',
  'introspection_encryption_alg_values_supported',
  'introspection_encryption_enc_values_supported',
  'authorization_details_types_supported',
  'display_values_supported',
  'claim_types_supported',
  'claims_locales_supported',
  'backchannel_token_delivery_modes_supported',
  'backchannel_authentication_request_signing_alg_values_supported',
] as const;

const FLAGS = [
  'authorization_response_iss_parameter_supported',
  'client_id_metadata_document_supported',
  'require_pushed_authorization_requests',
  'tls_client_certificate_bound_access_tokens',
  'request_parameter_supported',
  'request_uri_parameter_supported',
  'require_request_uri_registration',
  'claims_parameter_supported',
  'require_signed_request_object',
  'frontchannel_logout_supported',
  'frontchannel_logout_session_supported',
  'backchannel_logout_supported',
  'backchannel_logout_session_supported',
  'backchannel_user_code_parameter_supported',
] as const;

const members = <const Name extends string>(names: readonly Name[], schema: object) =>
  Object.fromEntries(names.map((name) => [name, schema]));

/**
 * Members by the type that RFC 8414 2, OpenID Discovery 3 and the documents that extend them give (RFC 8705, 9101, 9126,
 * 9207, 9396, 9449, 9701, 9728; OpenID logout, CIBA and JARM); others go free.
 */
const SCHEMA = {
  type: 'object',
  properties: {
    ...members([...ENDPOINTS, ...TEXTS], { type: 'string' }),
    ...members(LISTS, { type: 'array', items: { type: 'string' } }),
    ...members(FLAGS, { type: 'boolean' }),
  },
} as const;

export type WantedType = 'string' | 'array' | 'boolean';

/** A member whose value has another type than its definition. */
export interface Mistyped {
  readonly member: string;
  /** The type its definition has: of a list with entries that are no strings, `array`. */
  readonly wanted: WantedType;
  readonly value: unknown;
}

const errorsIn = schemaErrors(SCHEMA);

/** Members of the wrong type, each once, in the order of the schema. */
export function mistyped(document: JsonObject): readonly Mistyped[] {
  return errorsIn(document)
    .filter(({ member }, index, all) => all.findIndex((each) => each.member === member) === index)
    .map(({ member, inside, wanted }) => ({
      member,
      wanted: inside ? 'array' : (wanted as WantedType),
      value: document[member],
    }));
}
