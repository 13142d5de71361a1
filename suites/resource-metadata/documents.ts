import type { EvidenceMap, Exchange } from '../../fixtures/evidence.ts';
import { documentIn, type JsonObject, last, resourceDocument } from '../../fixtures/protocol/documents.ts';
import { absoluteUrl } from '../../fixtures/protocol/urls.ts';
import { type Breach, gather, quote } from '../challenge/refusals.ts';
import { fail, notApplicable, pass, untested, type Verdict } from '../check.ts';
import { answering, RESOURCE_DOCUMENT, served } from '../golden.ts';
import type { SchemaError, SchemaRule } from '../schema-errors.ts';
import { breakages } from './schema.ts';

type Metadata = EvidenceMap['resourceMetadata'];
type Found = NonNullable<ReturnType<typeof resourceDocument>>;

export const OWN_TYPES = 'resource-metadata/gives-members-their-types';
const LEADS_NOWHERE = 'challenge/leads-to-resource-metadata';
const DEAD_URL = 'challenge/names-a-metadata-url-that-works';

/** No document was found, so nothing can be said of what stands in it. */
export function noDocument({ fromChallenge }: Metadata): Verdict<never> {
  return untested(
    'no resource metadata was found',
    'resource metadata',
    fromChallenge.length > 0 ? DEAD_URL : LEADS_NOWHERE,
  );
}

/** Judges the document that an MCP client ends up with. */
export function judgeDocument<R extends string>(metadata: Metadata, judge: (found: Found) => Verdict<R>): Verdict<R> {
  const found = resourceDocument(metadata);
  return found === undefined ? noDocument(metadata) : judge(found);
}

/**
 * Every document of this server that a client may come upon, with the exchange that brought it. The root of an origin
 * is everybody's: what stands there counts when it is about this endpoint or its origin, or when clients end up there.
 */
export function everyDocument(
  metadata: Metadata,
  server: string,
): readonly {
  readonly exchange: Exchange;
  readonly document: JsonObject;
}[] {
  const [inserted, ...roots] = metadata.wellKnown.map(last);
  const end = resourceDocument(metadata)?.exchange.id;
  const isOwn = (exchange: Exchange) => {
    const resource = documentIn(exchange)?.resource;
    const url = typeof resource === 'string' ? absoluteUrl(resource) : undefined;
    return exchange.id === end || url?.href === new URL(server).href || url?.href === new URL('/', server).href;
  };
  const own = inserted === undefined ? [] : [inserted, ...roots.filter(isOwn)];
  return [...metadata.fromChallenge.flatMap((each) => each.fetched ?? []), ...own].flatMap((exchange) => {
    const document = documentIn(exchange);
    return document === undefined ? [] : [{ exchange, document }];
  });
}

/** Breaches found at one exchange as a verdict. */
export function verdictOf<R extends string>(
  breaches: readonly Breach<R>[],
  expected: string,
  exchange: Exchange,
  seen: string,
): Verdict<R> {
  if (breaches.length === 0) return pass(seen);
  return fail(
    gather(
      breaches.map((breach) => ({ ...breach, at: exchange.id })),
      expected,
    ),
  );
}

/** How the document breaks one rule of the schema at the members of that name; all members without one. */
export function schemaBreaks(document: JsonObject, which: SchemaRule, member?: string): readonly SchemaError[] {
  return breakages(document).filter((each) => each.rule === which && (member === undefined || each.member === member));
}

/** Strings of a member that is a list, or why there is nothing to judge. */
export function listOf(
  document: JsonObject,
  member: string,
  typesBy: string = OWN_TYPES,
): readonly string[] | Verdict<never> {
  const value = document[member];
  if (value === undefined || value === null) return notApplicable(`the document has no ${member}`);
  if (!isTexts(value)) {
    return untested(`${member} is no array of strings`, `${member} as an array of strings`, typesBy);
  }
  return value;
}

/** A member that is a string, or why there is nothing to judge. */
export function textOf(document: JsonObject, member: string, typesBy: string = OWN_TYPES): string | Verdict<never> {
  const value = document[member];
  if (value === undefined || value === null) return notApplicable(`the document has no ${member}`);
  return typeof value === 'string' ? value : untested(`${member} is no string`, `${member} as a string`, typesBy);
}

/** The value as JSON, quoted, for `actual`. */
export function showValue(value: unknown): string {
  return quote(JSON.stringify(value) ?? 'nothing');
}

/** Ids of every answer that holds the document which clients end up with. */
export const DOCUMENT = /^resourceMetadata\/(challenge-1|well-known-1|document\/(again|from-browser))$/;

/** Golden evidence whose document has other members; one that is `undefined` is left out. */
export function withResourceDocument(changes: Readonly<Record<string, unknown>>): EvidenceMap {
  return answering(DOCUMENT, served({ ...RESOURCE_DOCUMENT, ...changes }));
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}
