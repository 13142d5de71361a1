/**
 * How documents come, whoever serves them: what pages of other origins get, what stands open over plain http, how long
 * it may be kept, whether it comes again. Each reader gives one of a closed list of results; checks map them to reasons.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Answer, Exchange, FailureKind, Fetched } from '../fixtures/evidence.ts';
import { isInsideHost, isShortName } from '../fixtures/protocol/addresses.ts';
import {
  describe,
  header,
  headerValues,
  isNoWord,
  isObject,
  isSuccess,
  jsonBody,
  listHeader,
  wasNotSent,
} from '../fixtures/protocol/answers.ts';
import { documentIn, type JsonObject } from '../fixtures/protocol/documents.ts';
import { isFenced } from '../fixtures/protocol/firewalls.ts';
import { urlOf } from '../fixtures/protocol/urls.ts';
import { quote, unsettled } from './challenge/refusals.ts';
import { type Facts, untested, type Verdict } from './check.ts';

/** Why plain http is nobody's fault where a target is not on the internet. */
export const laboratory = ({ server }: Pick<Facts, 'server'>) =>
  `the server has a ${server.exposure} address, where plain http is a laboratory's choice`;

const UNLOCKS: Readonly<Partial<Record<FailureKind, string>>> = {
  egress: 'network.hosts: the host, if it may be asked',
  budget: 'limits.budget: more requests, or a run at a quieter time',
};

/**
 * Whether a plain http URL of a target that is not on the internet is that laboratory's choice too: it names the server's
 * own host, or a host that by its name is on no internet. Another name may be anywhere.
 */
export function isInLaboratory(url: URL, { server }: Pick<Facts, 'server'>): boolean {
  return isShortName(url.hostname) || isInsideHost(url.hostname) || url.hostname === new URL(server.url).hostname;
}

/** Why an exchange says nothing of the target: it was not sent, or put off by the server or by a gateway before it. */
export function unheard(exchange: Exchange): Verdict<never> | undefined {
  const { request, failure, answer } = exchange;
  if (failure !== undefined && wasNotSent(exchange)) {
    return untested(`${request.url}: ${failure.message}`, failure.unlock ?? UNLOCKS[failure.kind]!);
  }
  if (!isNoWord(answer)) return undefined;
  const said = `${request.url}: ${describe(exchange)}`;
  if (answer?.status !== 429) {
    return untested(said, 'a run in which the server and the gateways before it are up, and not too busy to answer');
  }
  const wait = header(answer, 'retry-after');
  return untested(
    `${said}, a rate limit${wait === undefined ? '' : ` that asks to wait (Retry-After: ${wait})`}, also when it was asked once more`,
    'the run again a few minutes later, with no other run at this server beside it, or more slowly (limits.requestsPerSecond)',
  );
}

/**
 * Why an answer of an endpoint whose errors are JSON is no refusal: busy, broken down, or stopped by a firewall before it.
 *
 * @param endpoint "the token endpoint"
 */
export function noWord(exchange: Exchange, endpoint: string): Verdict<never> {
  if (isFenced(exchange.answer)) {
    return untested(
      `${exchange.asks}: ${describe(exchange)} with an HTML page, as a firewall in front of the server sends it: what the server itself would say is not known`,
      `a run that no firewall in front of ${endpoint} stops; or errors as JSON, if the page is the server’s own`,
    );
  }
  return unheard(exchange) ?? untested(`${exchange.asks}: ${describe(exchange)}`, `a run in which ${endpoint} answers`);
}

export interface CrossOrigin {
  /** `with-credentials`: to the origin that asked, by name, together with the user's cookies. */
  readonly kind: 'not-served' | 'hidden' | 'with-credentials' | 'readable';
  readonly actual: string;
}

const sentOrigin = ({ request }: Exchange) => request.headers.find(([name]) => name.toLowerCase() === 'origin')?.[1];

/**
 * What a page gets of a document that was asked for with its Origin (Fetch, CORS check). Browsers refuse `*` to requests
 * with credentials, so `*` beside Access-Control-Allow-Credentials offers none.
 */
export function crossOrigin(exchange: Exchange): CrossOrigin {
  const { answer } = exchange;
  const origin = sentOrigin(exchange);
  if (documentIn(exchange) === undefined) {
    return { kind: 'not-served', actual: `with Origin ${origin}: ${describe(exchange)}` };
  }
  const allowed = headerValues(answer, 'access-control-allow-origin').map((value) => value.trim());
  const actual = `Access-Control-Allow-Origin is ${allowed.length === 0 ? 'absent' : quote(allowed.join(', '))}`;
  if (allowed.length !== 1 || (allowed[0] !== '*' && allowed[0] !== origin)) return { kind: 'hidden', actual };
  return allowed[0] === origin && header(answer, 'access-control-allow-credentials') === 'true'
    ? { kind: 'with-credentials', actual: `${actual}, Access-Control-Allow-Credentials is \`true\`` }
    : { kind: 'readable', actual };
}

export type InClear =
  /** Its https URL redirects to plain http, or through it. */
  | { readonly kind: 'led-to'; readonly at: Exchange; readonly actual: string }
  | { readonly kind: 'served'; readonly at: Exchange; readonly actual: string }
  | { readonly kind: 'closed'; readonly actual: string }
  | { readonly kind: 'unasked'; readonly verdict: Verdict<never> }
  /** Its URL is http itself, which is for the checks of that URL to report. */
  | { readonly kind: 'named' };

const isHttp = ({ request }: Exchange) => request.url.startsWith('http:');

/** Whether a document is to be had in clear text. */
export function inClear(fetched: Fetched, plainHttp: Exchange | undefined): InClear {
  if (isHttp(fetched[0])) return { kind: 'named' };
  const hop = fetched.find(isHttp);
  if (hop !== undefined) {
    return { kind: 'led-to', at: hop, actual: `${fetched[0].request.url} leads to ${hop.request.url}` };
  }
  if (plainHttp === undefined) {
    return { kind: 'unasked', verdict: untested('the http form was not asked', 'a run that asks it') };
  }
  if (wasNotSent(plainHttp)) return { kind: 'unasked', verdict: unheard(plainHttp)! };
  const actual = `${plainHttp.request.url}: ${describe(plainHttp)}`;
  return documentIn(plainHttp) === undefined ? { kind: 'closed', actual } : { kind: 'served', at: plainHttp, actual };
}

/**
 * Whether an endpoint does its work in clear text: it succeeds with JSON or in the words of the https URL, or leads on
 * within the same http host. Another success is the page of whoever owns the port, another host is asked anew.
 */
export function worksInClear({ answer, request }: Exchange, overHttps: Exchange): boolean {
  if (answer === undefined) return false;
  if (answer.status >= 300 && answer.status < 400 && answer.status !== 304) {
    const location = header(answer, 'location');
    return location !== undefined && urlOf(location, request.url)?.origin === new URL(request.url).origin;
  }
  if (!isSuccess(answer)) return false;
  const { status, body } = overHttps.answer ?? {};
  return isObject(jsonBody(answer)) || (answer.status === status && answer.body === body);
}

export interface Freshness {
  readonly directives: readonly string[];
  /** No cache may store it. */
  readonly forbidden: boolean;
  /** Seconds for which it may be used without asking again, where that is said. */
  readonly seconds?: number;
}

/** How long clients may keep an answer (RFC 9111 5.2.2). `s-maxage` is for shared caches, which clients are not. */
export function freshness(answer: Answer | undefined): Freshness {
  const directives = listHeader(answer, 'cache-control');
  const forbidden = directives.includes('no-store');
  const [age] = directives.flatMap((each) => /^max-age="?(\d+)"?$/.exec(each)?.[1] ?? []);
  const seconds = directives.includes('no-cache') ? 0 : age === undefined ? undefined : Number(age);
  return { directives, forbidden, ...(seconds === undefined ? {} : { seconds }) };
}

export type SecondTime =
  | { readonly kind: 'same' }
  | { readonly kind: 'gone' }
  | { readonly kind: 'changed'; readonly second: JsonObject; readonly members: readonly string[] }
  | { readonly kind: 'unsettled'; readonly verdict: Verdict<never> };

/** What a second request for a document brought; `differ` names the members in which two documents differ. */
export function sameAgain(
  first: JsonObject,
  again: Exchange | undefined,
  differ: (one: JsonObject, other: JsonObject) => readonly string[] = differingMembers,
): SecondTime {
  const verdict =
    again === undefined ? untested('it was not asked for again', 'a run that asks twice') : unsettled([again]);
  if (verdict !== undefined) return { kind: 'unsettled', verdict };
  const second = documentIn(again);
  if (second === undefined) return { kind: 'gone' };
  const members = differ(first, second);
  return members.length === 0 ? { kind: 'same' } : { kind: 'changed', second, members };
}

/** Members that differ in value; without order in lists, which has no meaning, and without what is signed anew. */
export function differingMembers(
  one: JsonObject,
  other: JsonObject,
  among: readonly string[] = [...new Set([...Object.keys(one), ...Object.keys(other)])],
): readonly string[] {
  const plain = (value: unknown) => (Array.isArray(value) ? value.map((each) => JSON.stringify(each)).sort() : value);
  return among.filter(
    (member) => member !== 'signed_metadata' && !isDeepStrictEqual(plain(one[member]), plain(other[member])),
  );
}
