import type { AskedIssuer, EvidenceMap, Exchange, MetadataKind } from '../../../fixtures/evidence.ts';
import {
  documentIn,
  issuerDocument,
  type JsonObject,
  last,
  namedIssuers,
  resourceDocument,
} from '../../../fixtures/protocol/documents.ts';
import type { Revision } from '../../../fixtures/protocol/revisions.ts';
import { absoluteUrl } from '../../../fixtures/protocol/urls.ts';
import { type Breach, gather, quote } from '../../challenge/refusals.ts';
import {
  type Check,
  defineCheck,
  type Facts,
  fail,
  type Keyword,
  notApplicable,
  type Party,
  pass,
  type Reason,
  type Severity,
  untested,
  type Verdict,
} from '../../check.ts';
import { answer, answeredWith, answering, golden, ISSUER_DOCUMENT, served } from '../../golden.ts';
import { noDocument } from '../../resource-metadata/documents.ts';
import type { WantedType } from '../schema.ts';

/** A metadata document of an issuer that the resource metadata names. */
export interface Found {
  /** As the resource metadata writes it. */
  readonly issuer: string;
  readonly kind: MetadataKind;
  readonly exchange: Exchange;
  readonly document: JsonObject;
}

/** A document with what else its rule may look at. */
export interface Judged extends Found {
  readonly facts: Facts;
  readonly asked: AskedIssuer;
}

/** What a rule says of one document. */
export type Ruling<R extends string> =
  | { readonly seen: string }
  | { readonly breaches: readonly (Breach<R> & { readonly at?: string; readonly expected?: string })[] }
  /** The rule does not apply to it. */
  | { readonly skip: string }
  /** Something else is wrong that makes the rule hard to judge. */
  | { readonly blocked: string; readonly unlock: string; readonly by?: string };

export const NEEDS = ['resourceMetadata', 'issuerMetadata'] as const;
export type Documents = Pick<EvidenceMap, (typeof NEEDS)[number]>;

export const seen = (text: string): Ruling<never> => ({ seen: text });
export const skip = (text: string): Ruling<never> => ({ skip: text });
export const broken = <const R extends string>(reason: R, actual: string): Ruling<R> => ({
  breaches: [{ reason, actual }],
});
export const blocked = (text: string, unlock: string, by?: string): Ruling<never> => ({
  blocked: text,
  unlock,
  ...(by === undefined ? {} : { by }),
});

/** Nothing can be said of it, as a reader of deliveries found. */
export const unsaid = (verdict: Verdict<never>): Ruling<never> =>
  verdict.kind === 'untested'
    ? blocked(verdict.because, verdict.unlock, verdict.blockedBy)
    : skip(verdict.kind === 'not-applicable' ? verdict.because : '');

/** Breaches, or what was seen when there are none. */
export function ruling<const R extends string>(breaches: readonly Breach<R>[], text: string): Ruling<R> {
  return breaches.length > 0 ? { breaches } : seen(text);
}

/** The member as a reader may see it. */
export function showMember(document: JsonObject, member: string): string {
  const value = Object.hasOwn(document, member) ? document[member] : undefined;
  return value === undefined ? `no ${member}` : `${member} is ${quote(JSON.stringify(value))}`;
}

/** Documents of an issuer, the one that an MCP client ends up with first. */
export function documentsOf({ issuer, candidates }: AskedIssuer): readonly Found[] {
  return candidates.flatMap(({ kind, fetched }) => {
    const exchange = last(fetched);
    const document = documentIn(exchange);
    return document === undefined ? [] : [{ issuer, kind, exchange, document }];
  });
}

/** Why there is no document to judge; `undefined` when there is one. */
export function withoutDocument({ resourceMetadata, issuerMetadata }: Documents): Verdict<never> | undefined {
  if (issuerMetadata.issuers.some((asked) => issuerDocument(asked) !== undefined)) return undefined;
  if (resourceDocument(resourceMetadata) === undefined) return noDocument(resourceMetadata);
  const asked = issuerMetadata.issuers.filter(({ candidates }) => candidates.length > 0);
  if (asked.length === 0) {
    return untested(
      'the resource metadata names no issuer that metadata could be asked of',
      'authorization_servers with the URL of an issuer',
      namedIssuers(resourceMetadata).length === 0
        ? 'resource-metadata/names-an-authorization-server'
        : 'resource-metadata/names-issuers-by-absolute-urls',
    );
  }
  return untested(
    'no metadata of an issuer could be read',
    'authorization server metadata',
    'issuer-metadata/publishes-metadata',
  );
}

const TYPED_BY: Readonly<Record<WantedType, string>> = {
  array: 'issuer-metadata/writes-lists-as-arrays-of-strings',
  string: 'issuer-metadata/writes-texts-as-strings',
  boolean: 'issuer-metadata/writes-flags-as-booleans',
};

/** Judges the values of a list; a list that cannot be read is the business of the check of its type, or of empty ones. */
export function withList<R extends string>(
  document: JsonObject,
  member: string,
  judge: (values: readonly string[] | undefined) => Ruling<R>,
): Ruling<R> {
  const value = Object.hasOwn(document, member) ? document[member] : undefined;
  if (value === undefined) return judge(undefined);
  if (!Array.isArray(value) || value.some((each) => typeof each !== 'string')) return ofWrongType(member, 'array');
  if (value.length === 0) {
    return blocked(`${member} is empty`, `${member} with values`, 'issuer-metadata/omits-empty-lists');
  }
  return judge(value);
}

/** Judges the value of a flag; absent counts as false. */
export function withFlag<R extends string>(
  document: JsonObject,
  member: string,
  judge: (value: boolean) => Ruling<R>,
): Ruling<R> {
  const value = Object.hasOwn(document, member) ? (document[member] ?? false) : false;
  return typeof value === 'boolean' ? judge(value) : ofWrongType(member, 'boolean');
}

export function withText<R extends string>(
  document: JsonObject,
  member: string,
  judge: (value: string | undefined) => Ruling<R>,
): Ruling<R> {
  const value = Object.hasOwn(document, member) ? document[member] : undefined;
  return value === undefined || typeof value === 'string' ? judge(value) : ofWrongType(member, 'string');
}

function ofWrongType(member: string, wanted: WantedType): Ruling<never> {
  return blocked(`${member} has another type than its definition`, `${member} of the defined type`, TYPED_BY[wanted]);
}

/** A list as it is, whatever is wrong with it: for what merely looks whether something is named. */
export function listed(document: JsonObject, member: string): readonly unknown[] {
  const value = Object.hasOwn(document, member) ? document[member] : undefined;
  return Array.isArray(value) ? value : [];
}

/** Whether a member is absent. OpenID Discovery 4.2 and RFC 8414 3.2 leave out a list without values, so one counts as absent. */
export function lacks(document: JsonObject, member: string): boolean {
  const value = Object.hasOwn(document, member) ? document[member] : undefined;
  return value === undefined || (Array.isArray(value) && value.length === 0);
}

/** Members that name endpoints, the certificate-bound aliases of RFC 8705 5 included. */
export function endpointsIn(document: JsonObject): readonly { readonly member: string; readonly value: string }[] {
  const aliases = document.mtls_endpoint_aliases;
  const within = (object: object, prefix: string) =>
    Object.entries(object)
      .filter((entry): entry is [string, string] => /_endpoint$/.test(entry[0]) && typeof entry[1] === 'string')
      .map(([name, value]) => ({ member: `${prefix}${name}`, value }));
  return [
    ...within(document, ''),
    ...(typeof aliases === 'object' && aliases !== null ? within(aliases, 'mtls_endpoint_aliases.') : []),
  ];
}

/** Grants that begin at the authorization endpoint (RFC 8414 2; a list left out stands for both of them). */
export function usesAuthorizationEndpoint(document: JsonObject): boolean {
  const grants = document.grant_types_supported;
  if (!Array.isArray(grants) || grants.length === 0) return true;
  return grants.includes('authorization_code') || grants.includes('implicit');
}

/** RFC 8414 2: the implicit grant alone has no use for it. */
export function usesTokenEndpoint(document: JsonObject): boolean {
  const grants = document.grant_types_supported;
  return !Array.isArray(grants) || grants.length === 0 || grants.some((grant) => grant !== 'implicit');
}

/** An OpenID provider by its own account: RFC 8414 5 lets others use the well-known name of OpenID too. */
export function isOpenIdProvider(document: JsonObject): boolean {
  return (
    listed(document, 'scopes_supported').includes('openid') ||
    ['userinfo_endpoint', 'id_token_signing_alg_values_supported', 'subject_types_supported'].some((member) =>
      Object.hasOwn(document, member),
    )
  );
}

/** One value under two spellings that URL parsers make equal, or with and without a slash at the end. */
export function isSameIssuer(one: string, other: string): boolean {
  const plain = (issuer: string) => absoluteUrl(issuer)?.href.replace(/\/$/, '');
  return plain(one) !== undefined && plain(one) === plain(other);
}

type Changes = Readonly<Record<string, unknown>>;
const ANY_DOCUMENT = /^issuerMetadata\/issuer-1\/(oauth|openid|document\/(again|from-browser))$/;

/** Golden evidence whose issuer publishes a document with other members; `undefined` leaves a member out. */
export function withIssuerDocument(changes: Changes, ids: RegExp = ANY_DOCUMENT): EvidenceMap {
  return answering(ids, served({ ...ISSUER_DOCUMENT, ...changes }));
}

/** Golden evidence whose issuer redirects from the well-known location. */
export function redirectedTo(location: string): Documents {
  const [asked] = golden.issuerMetadata.issuers;
  const [oauth, ...others] = asked!.candidates;
  const [first] = oauth!.fetched;
  const hop = answeredWith(first, answer({ status: 302, headers: { Location: location } }));
  const end = { ...first, id: `${first.id}/hop-1`, request: { ...first.request, url: location } };
  const candidates = [{ kind: oauth!.kind, fetched: [hop, end] as const }, ...others];
  return { ...golden, issuerMetadata: { ...golden.issuerMetadata, issuers: [{ ...asked!, candidates }] } };
}

/** Golden evidence whose issuer has OpenID discovery alone. */
export function openIdAlone(changes: Changes = {}): Documents {
  const evidence = withIssuerDocument(changes);
  const [asked] = evidence.issuerMetadata.issuers;
  const candidates = asked!.candidates.map(({ kind, fetched: [first] }) => ({
    kind,
    fetched: [kind === 'oauth' ? answeredWith(first, answer({ status: 404 })) : first] as const,
  }));
  return { ...evidence, issuerMetadata: { ...evidence.issuerMetadata, issuers: [{ ...asked!, candidates }] } };
}

export const OAUTH_DOCUMENT = /^issuerMetadata\/issuer-1\/oauth$/;
export const OPENID_DOCUMENT = /^issuerMetadata\/issuer-1\/openid$/;

type Shown = readonly [says: string, evidence: Documents | Changes, facts?: Partial<Facts>];

const AS_IT_IS: readonly [Shown] = [['as it should be', golden]];

/** A check of metadata documents, in short. */
export interface DocumentCheck<R extends string> {
  readonly id: string;
  readonly title: string;
  readonly keyword: Keyword | Readonly<Partial<Record<Revision, Keyword>>>;
  readonly severity: Severity;
  readonly requirements: readonly string[];
  readonly since?: Revision;
  readonly until?: Revision;
  readonly party?: Party;
  /** What a conforming document has. */
  readonly expected: string;
  readonly reasons: Readonly<Record<R, Reason>>;
  /** Judges every document of an issuer; without it, the one an MCP client ends up with. */
  readonly each?: true;
  rule(judged: Judged): Ruling<NoInfer<R>>;
  /** Instead of golden evidence. */
  readonly passes?: readonly [Shown, ...Shown[]];
  /** Changes of the document, or whole evidence. */
  readonly fails: Readonly<Record<NoInfer<R>, Shown>>;
}

/** A check that judges the documents of each issuer by one rule, with one finding an issuer for each breach. */
export function documentCheck<const R extends string>(check: DocumentCheck<R>): Check<(typeof NEEDS)[number], R> {
  const { expected, each, rule, passes: [first, ...more] = AS_IT_IS, fails, ...declared } = check;
  const example = ([says, evidence, facts]: Shown) => ({
    says,
    evidence: isEvidence(evidence) ? evidence : withIssuerDocument(evidence),
    ...(facts === undefined ? {} : { facts }),
  });
  return defineCheck<(typeof NEEDS)[number], R>({
    since: '2025-06-18',
    party: 'authorization-server',
    assurance: 'anonymous',
    ...declared,
    needs: NEEDS,
    judge(evidence, facts) {
      const several = evidence.issuerMetadata.issuers.length > 1;
      const rulings = evidence.issuerMetadata.issuers.flatMap((asked) =>
        documentsOf(asked)
          .slice(0, each ? undefined : 1)
          .map((found) => ({ found, ruled: rule({ ...found, facts, asked }) })),
      );
      const breaches = rulings.flatMap(({ found, ruled }) =>
        'breaches' in ruled
          ? ruled.breaches.map(({ reason, actual, at, ...more }) => ({
              ...more,
              reason,
              actual: several ? `${found.issuer}: ${actual}` : actual,
              at: at ?? found.exchange.id,
            }))
          : [],
      );
      if (breaches.length > 0) return fail(gather(breaches, expected));
      return withoutDocument(evidence) ?? withoutBreach(rulings.map(({ ruled }) => ruled));
    },
    examples: {
      pass: [example(first), ...more.map(example)],
      fail: Object.fromEntries(
        Object.entries<Shown>(fails).map(([reason, shownAs]) => [reason, example(shownAs)]),
      ) as Check<(typeof NEEDS)[number], R>['examples']['fail'],
    },
  });
}

function withoutBreach(rulings: readonly Ruling<string>[]): Verdict<never> {
  const stopped = rulings.find((each) => 'blocked' in each);
  if (stopped !== undefined && 'blocked' in stopped) return untested(stopped.blocked, stopped.unlock, stopped.by);
  const texts = rulings.flatMap((each) => ('seen' in each ? [each.seen] : []));
  if (texts.length > 0) return pass([...new Set(texts)].join('; '));
  return notApplicable(rulings.flatMap((each) => ('skip' in each ? [each.skip] : []))[0] ?? 'no document has it');
}

function isEvidence(value: Documents | Changes): value is Documents {
  return Object.hasOwn(value, 'issuerMetadata');
}
