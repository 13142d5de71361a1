import { schemaErrors } from '../schema-errors.ts';

const text = { type: 'string' } as const;
const texts = { type: 'array', items: { type: 'string' }, minItems: 1 } as const;
const flag = { type: 'boolean' } as const;
const page = { type: 'string', format: 'web-url' } as const;

/** Members of protected resource metadata (RFC 9728 2, 2.1, 2.2), and what each may hold. Others are let through. */
export const RESOURCE_METADATA_SCHEMA = {
  type: 'object',
  required: ['resource', 'authorization_servers'],
  properties: {
    resource: text,
    authorization_servers: texts,
    jwks_uri: { type: 'string', format: 'web-url' },
    scopes_supported: {
      type: 'array',
      // RFC 6749 3.3: one scope token a member.
      items: { type: 'string', pattern: '^[\\x21\\x23-\\x5b\\x5d-\\x7e]+$' },
      minItems: 1,
    },
    // The one list whose empty form has a meaning: no way of RFC 6750 is taken.
    bearer_methods_supported: { type: 'array', items: { type: 'string', enum: ['header', 'body', 'query'] } },
    resource_signing_alg_values_supported: {
      type: 'array',
      items: { type: 'string', not: { const: 'none' } },
      minItems: 1,
    },
    resource_name: text,
    resource_documentation: page,
    resource_policy_uri: page,
    resource_tos_uri: page,
    tls_client_certificate_bound_access_tokens: flag,
    authorization_details_types_supported: texts,
    dpop_signing_alg_values_supported: texts,
    dpop_bound_access_tokens_required: flag,
    signed_metadata: text,
  },
  // RFC 9728 2.1: the same in other languages.
  patternProperties: {
    '^resource_name#.': text,
    '^resource_(documentation|policy_uri|tos_uri)#.': page,
  },
} as const;

/** How a document breaks the schema, member by member. */
export const breakages = schemaErrors(RESOURCE_METADATA_SCHEMA);
