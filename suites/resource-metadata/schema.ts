import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import type { JsonObject } from '../../fixtures/protocol/documents.ts';
import { urlOf } from '../../fixtures/protocol/urls.ts';

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

/** Rules that a value can break, by the keyword of the schema that says them. */
export type Rule = 'required' | 'type' | 'minItems' | 'format' | 'pattern' | 'enum' | 'not';

/** One member of a document, and how its value breaks the schema. */
export interface Breakage {
  readonly member: string;
  readonly rule: Rule;
  /** It is about a member of the list, not the list. */
  readonly inside: boolean;
  readonly value: unknown;
  /** JSON type that was wanted, for `type`. */
  readonly wanted?: string;
}

let validate: ValidateFunction | undefined;

function compiled(): ValidateFunction {
  if (validate !== undefined) return validate;
  const ajv = new Ajv({ allErrors: true, verbose: true });
  ajv.addFormat('web-url', (value: string) => /^https?:$/.test(urlOf(value)?.protocol ?? ''));
  validate = ajv.compile(RESOURCE_METADATA_SCHEMA);
  return validate;
}

/** How a document breaks the schema, member by member. */
export function breakages(document: JsonObject): readonly Breakage[] {
  const check = compiled();
  if (check(document)) return [];
  return (check.errors ?? []).map(toBreakage);
}

function toBreakage({ keyword, instancePath, params, data }: ErrorObject): Breakage {
  const [, member, ...inside] = instancePath.split('/');
  return {
    member: member === undefined ? String(params.missingProperty) : member.replace(/~1/g, '/').replace(/~0/g, '~'),
    rule: keyword as Rule,
    inside: inside.length > 0,
    value: data,
    ...(keyword === 'type' ? { wanted: String(params.type) } : {}),
  };
}
