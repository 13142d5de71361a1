import type { EvidenceMap, Exchange } from '../../fixtures/evidence.ts';
import { documentIn, type JsonObject, last, resourceDocument } from '../../fixtures/protocol/documents.ts';
import { type Breach, gather, quote } from '../challenge/refusals.ts';
import { fail, notApplicable, pass, untested, type Verdict } from '../check.ts';
import { answering, RESOURCE_DOCUMENT, served } from '../golden.ts';
import { type Breakage, breakages, type Rule } from './schema.ts';

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

/** Every document that a client may come upon, with the exchange that brought it. */
export function everyDocument({ fromChallenge, wellKnown }: Metadata): readonly {
  readonly exchange: Exchange;
  readonly document: JsonObject;
}[] {
  const fetched = [...fromChallenge.flatMap((each) => each.fetched ?? []), ...wellKnown.map(last)];
  return fetched.flatMap((exchange) => {
    const document = documentIn(exchange);
    return document === undefined ? [] : [{ exchange, document }];
  });
}

/** Breaches found at one exchange as a verdict. */
export function rule<R extends string>(
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
export function broken(document: JsonObject, which: Rule, member?: string): readonly Breakage[] {
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
export function shown(value: unknown): string {
  return quote(JSON.stringify(value) ?? 'nothing');
}

/** Members as JSON in the order of their names; lists are sets here, and a signature may be made anew each time. */
export function comparable(document: object): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(document)
      .filter(([name]) => name !== 'signed_metadata')
      .map(([name, value]): [string, string] => [
        name,
        JSON.stringify(Array.isArray(value) ? value.map((each) => JSON.stringify(each)).sort() : value),
      ])
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
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
