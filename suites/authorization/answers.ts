import type { AskedAuthorization } from '../../fixtures/authorization-evidence.ts';
import type { EvidenceMap, Exchange } from '../../fixtures/evidence.ts';
import { type Left, parameter, placeOf } from '../../fixtures/journey.ts';
import { headerValues, isSuccess, mediaType } from '../../fixtures/protocol/answers.ts';
import { documentIn, issuerDocument, type JsonObject, last } from '../../fixtures/protocol/documents.ts';
import { first } from '../../fixtures/trials/authorization/trial.ts';

type Flows = Pick<EvidenceMap, 'signIn'> & Partial<Pick<EvidenceMap, 'authorizations'>>;

/** Every authorization request of the run, in order. */
export function askedIn({ signIn, authorizations }: Flows): readonly AskedAuthorization[] {
  return [signIn, ...(authorizations === undefined ? [] : [...authorizations.asked, authorizations.controlAfter])];
}

/** An authorization response (RFC 6749 4.1.2, 4.1.2.1) to a request that is to be understood in one way only. */
export interface Response {
  readonly asked: AskedAuthorization;
  readonly end: Left;
  readonly kind: 'success' | 'error';
  /** The `state` of the request. */
  readonly state: string | undefined;
}

/** What browsers were told to bring back to the redirect URI of the request. */
export function responsesIn(flows: Flows): readonly Response[] {
  return askedIn(flows).flatMap((asked): readonly Response[] => {
    const { journey, parameters } = asked;
    const { end } = journey;
    const names = parameters.map(([name]) => name);
    const isRepeated = new Set(names).size < names.length;
    if (end.kind !== 'left' || isRepeated || names.includes('request') || names.includes('request_uri')) return [];
    const asksFor = first(parameters, 'redirect_uri');
    if (asksFor === undefined || end.to !== placeOf(asksFor)) return [];
    const kind = RESULTS.find(([name]) => parameter(end, name) !== undefined)?.[1];
    return kind === undefined ? [] : [{ asked, end, kind, state: first(parameters, 'state') }];
  });
}

const RESULTS = [
  ['error', 'error'],
  ['code', 'success'],
  ['access_token', 'success'],
  ['id_token', 'success'],
] as const;

/** A page that the authorization server itself sent, not a redirect. */
export interface Page {
  readonly exchange: Exchange;
  /** Where it is, without query. */
  readonly at: string;
}

/**
 * The pages of its own that a person had to answer, or saw on the way there: each path once, and again where it was sent
 * with other headers that concern browsers, as when several pages share a path.
 */
export function pagesIn(flows: Flows): readonly Page[] {
  const { pageHosts } = flows.signIn.setting;
  const pages = askedIn(flows)
    .filter(isSeen)
    .flatMap(({ journey }) => journey.hops)
    .filter(({ answer }) => isSuccess(answer) && ['text/html', 'application/xhtml+xml'].includes(mediaType(answer)))
    .map((exchange) => ({ exchange, at: withoutNumbers(placeOf(exchange.request.url)) }))
    .filter(({ at }) => isOwn(new URL(at), pageHosts));
  return pages.filter((page, index) => pages.findIndex((other) => isAlike(other, page)) === index);
}

/** Labels stand as they are written, and what a server puts into the path anew each time makes no other page. */
const withoutNumbers = (place: string) => place.replace(/%C2%AB(.*?)(?:%20\d+)?%C2%BB/g, '«$1»');

const isOwn = ({ host, hostname }: URL, pageHosts: readonly string[]) =>
  pageHosts.includes(host) || pageHosts.includes(hostname);

/** What checks read of a page; a nonce is another one each time, and makes no other page. */
const isAlike = (one: Page, other: Page) =>
  one.at === other.at && READ.every((name) => headersOf(one, name) === headersOf(other, name));
const READ = ['content-security-policy', 'x-frame-options', 'cache-control', 'referrer-policy'];
const headersOf = ({ exchange }: Page, name: string) =>
  headerValues(exchange.answer, name)
    .join()
    .replace(/'nonce-[^']*'/g, '');

/** Somebody had to do something on a page; the page of another response mode is made for a frame, or sends itself on. */
const isSeen = ({ journey, parameters }: AskedAuthorization) =>
  journey.steps.length > 0 && first(parameters, 'response_mode') === undefined;

/** The metadata of the authorization server that users sign in to, and the identifier by which it was found. */
export function metadataOf(
  { signIn }: Pick<EvidenceMap, 'signIn'>,
  { issuers, atServerOrigin }: EvidenceMap['issuerMetadata'],
): { readonly metadata: JsonObject; readonly askedAs: string } | undefined {
  const { authorizationEndpoint, issuer } = signIn.setting;
  const candidates = [
    ...issuers.map((asked) => ({ metadata: issuerDocument(asked)?.document, askedAs: asked.issuer })),
    { metadata: documentIn(last(atServerOrigin)), askedAs: issuer },
  ];
  return candidates.flatMap(({ metadata, askedAs }) =>
    metadata?.authorization_endpoint === authorizationEndpoint ? [{ metadata, askedAs }] : [],
  )[0];
}
