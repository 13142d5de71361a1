import type { EvidenceMap, Exchange } from '../../../fixtures/evidence.ts';
import { remedyFor, saidBy } from '../../../fixtures/management/answers.ts';
import { isObject, jsonBody } from '../../../fixtures/protocol/answers.ts';
import type { JsonObject } from '../../../fixtures/protocol/documents.ts';
import { type Facts, notApplicable, untested, type Verdict } from '../../check.ts';

/** What a tenant says of documents. Auth0's samples and its types differ in names, so both are read. */

export type StoredDocument = EvidenceMap['storedDocuments']['documents'][number];

/** POST /api/v2/clients/cimd/preview. */
export interface Preview {
  /** Why the tenant had no document. */
  readonly errors: readonly string[];
  /** What makes the document unusable. */
  readonly violations: readonly string[];
  readonly warnings: readonly string[];
  readonly isValid: boolean;
  /** What a client would be made of. */
  readonly mapped: JsonObject;
}

/** The tenant's report; `undefined`: the answer is none. */
export function previewIn({ answer }: Exchange): Preview | undefined {
  const body = jsonBody(answer);
  if (answer?.status !== 200 || !isObject(body)) return undefined;
  const { validation, mapped_fields: mapped } = body;
  const judged = isObject(validation) ? validation : {};
  const errors = textsIn(body.errors);
  if (errors.length === 0 && typeof judged.valid !== 'boolean') return undefined;
  return {
    errors,
    violations: textsIn(judged.violations),
    warnings: textsIn(judged.warnings),
    isValid: errors.length === 0 && judged.valid === true,
    mapped: isObject(mapped) ? mapped : {},
  };
}

function textsIn(value: unknown): readonly string[] {
  if (!Array.isArray(value)) return [];
  return value.map((each: unknown) => {
    if (typeof each === 'string') return each;
    return isObject(each) && typeof each.message === 'string' ? each.message : JSON.stringify(each);
  });
}

/** The client that the tenant holds for the URL; `none`: it holds none; `undefined`: the answer does not tell. */
export function storedIn({ url, stored: { answer } }: StoredDocument): JsonObject | 'none' | undefined {
  const body = jsonBody(answer);
  const list = isObject(body) ? body.clients : body;
  if (answer?.status !== 200 || !Array.isArray(list)) return undefined;
  return list.filter(isObject).find(({ external_client_id: id }) => id === url) ?? 'none';
}

/** Why nothing can be said of any document. */
export function unsaid(documents: readonly StoredDocument[], { provider }: Facts): Verdict<never> | undefined {
  if (provider !== undefined && provider !== 'auth0') {
    return notApplicable('the authorization server is no Auth0 tenant');
  }
  return documents.length === 0 ? notApplicable('the profile names no document') : undefined;
}

/** Why an answer of the Management API tells nothing. */
export function unreadable(exchange: Exchange): Verdict<never> {
  const { answer } = exchange;
  const body = jsonBody(answer);
  if (answer?.status === 403 && isObject(body) && body.errorCode === 'insufficient_scope') {
    return untested('the token may not read clients', 'management: a token with the scope read:clients');
  }
  return untested(`the Management API could not be used: ${saidBy(exchange)}`, remedyFor(exchange));
}
