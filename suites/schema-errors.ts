import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import type { JsonObject } from '../fixtures/protocol/documents.ts';
import { absoluteUrl } from '../fixtures/protocol/urls.ts';

/** Rules that a value can break, by the keyword of the schema that says them. */
export type SchemaRule = 'required' | 'type' | 'minItems' | 'format' | 'pattern' | 'enum' | 'not';

/** One member of a document, and how its value breaks the schema. */
export interface SchemaError {
  readonly member: string;
  readonly rule: SchemaRule;
  /** It is about a member of the list, not the list. */
  readonly inside: boolean;
  readonly value: unknown;
  /** JSON type that was wanted, for `type`. */
  readonly wanted?: string;
}

/** How documents break a schema, member by member; compiled on first use. The format `web-url` is an absolute http URL. */
export function schemaErrors(schema: object): (document: JsonObject) => readonly SchemaError[] {
  let validate: ValidateFunction | undefined;
  return (document) => {
    validate ??= new Ajv({ allErrors: true, verbose: true })
      .addFormat('web-url', (value: string) => absoluteUrl(value) !== undefined)
      .compile(schema);
    return validate(document) ? [] : (validate.errors ?? []).map(toSchemaError);
  };
}

function toSchemaError({ keyword, instancePath, params, data }: ErrorObject): SchemaError {
  const [, member, ...inside] = instancePath.split('/');
  return {
    member: member === undefined ? String(params.missingProperty) : member.replace(/~1/g, '/').replace(/~0/g, '~'),
    rule: keyword as SchemaRule,
    inside: inside.length > 0,
    value: data,
    ...(keyword === 'type' ? { wanted: String(params.type) } : {}),
  };
}
