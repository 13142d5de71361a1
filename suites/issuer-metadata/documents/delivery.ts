import type { AskedIssuer } from '../../../fixtures/evidence.ts';
import { describe } from '../../../fixtures/protocol/answers.ts';
import { quote, unsettled } from '../../challenge/refusals.ts';
import {
  type CrossOrigin,
  crossOrigin,
  differingMembers,
  freshness,
  inClear,
  laboratory,
  sameAgain,
} from '../../delivery.ts';
import { answering, golden, ISSUER_DOCUMENT, type ShortAnswer, served } from '../../golden.ts';
import {
  blocked,
  broken,
  documentCheck,
  documentsOf,
  OAUTH_DOCUMENT,
  OPENID_DOCUMENT,
  type Ruling,
  redirectedTo,
  seen,
  showMember,
  skip,
  unsaid,
  withIssuerDocument,
} from './document.ts';

export const agreesWithItsOtherDocument = documentCheck({
  id: 'issuer-metadata/agrees-with-its-other-document',
  title: 'Says the same in RFC 8414 metadata and OpenID discovery',
  // Each document is complete in itself, and one may say what the other leaves out.
  keyword: 'ADVICE',
  severity: 'medium',
  requirements: ['AUTH0-as-metadata-same', 'RFC9068-4-metadata-consistent', 'B62'],
  expected: 'equal values of members that both documents have',
  reasons: {
    differs: {
      says: 'RFC 8414 metadata and OpenID discovery of one issuer differ in members that both have, so clients fare by the document they read.',
      fix: {
        general:
          'Serve one document at both locations. Where one is a file or a copy in a proxy, and the other is made by the authorization server, drop the copy.',
      },
    },
  },
  rule({ document, kind, asked }) {
    const others = documentsOf(asked).filter((each) => each.kind !== kind);
    if (others.length === 0) return skip('it publishes one document');
    const breaches = others.flatMap((other) => {
      // A wrong issuer is a finding of its own.
      const shared = Object.keys(document).filter((each) => each !== 'issuer' && Object.hasOwn(other.document, each));
      const members = differingMembers(document, other.document, shared);
      if (members.length === 0) return [];
      const [first = ''] = members;
      const actual = `${members.join(', ')}: ${showMember(document, first)}, there ${showMember(other.document, first)}`;
      return [{ reason: 'differs' as const, actual, at: other.exchange.id }];
    });
    return breaches.length > 0 ? { breaches } : seen(`${others.length + 1} documents agree`);
  },
  fails: {
    differs: ['other scopes', withIssuerDocument({ scopes_supported: ['openid'] }, OPENID_DOCUMENT)],
  },
});

const AGAIN = /^issuerMetadata\/issuer-1\/document\/again$/;
const BROWSER = /^issuerMetadata\/issuer-1\/document\/from-browser$/;
const PLAIN_HTTP = /^issuerMetadata\/issuer-1\/document\/plain-http$/;

export const saysTheSameWhenAskedAgain = documentCheck({
  id: 'issuer-metadata/says-the-same-when-asked-again',
  title: 'Says the same in its metadata when asked again',
  keyword: 'ADVICE',
  severity: 'medium',
  requirements: ['PRACTICE-metadata-stable'],
  expected: 'the same document twice',
  reasons: {
    changes: {
      says: 'Two requests for the metadata, one after the other, brought different documents.',
      fix: {
        general:
          'Look for nodes behind the load balancer with different versions or settings, and for a document that follows fields of the request such as X-Forwarded-Host.',
      },
    },
    gone: {
      says: 'A second request for the metadata, right after the first, brought none.',
      fix: {
        general:
          'Look for nodes behind the load balancer that are out of order, and for limits on requests for metadata.',
      },
    },
  },
  rule({ document, asked }) {
    const again = asked.document?.again;
    const second = sameAgain(document, again);
    if (second.kind === 'unsettled') return unsaid(second.verdict);
    if (second.kind === 'same') return seen('equal documents');
    const at = again!.id;
    if (second.kind === 'gone') return { breaches: [{ reason: 'gone', actual: describe(again!), at }] };
    const [first = ''] = second.members;
    const actual = `${second.members.join(', ')}: ${showMember(document, first)}, then ${showMember(second.second, first)}`;
    return { breaches: [{ reason: 'changes', actual, at }] };
  },
  fails: {
    changes: ['another issuer', withIssuerDocument({ issuer: 'https://node-2.example.com/' }, AGAIN)],
    gone: ['an error', answering(AGAIN, { status: 500 })],
  },
});

const withFields = (fields: ShortAnswer['headers']) =>
  answering(BROWSER, {
    headers: { 'Content-Type': 'application/json', ...fields },
    body: served(ISSUER_DOCUMENT).body!,
  });

const BROWSERS = 'issuer-metadata/lets-browsers-read-its-metadata';

/** Judges what a page of another origin gets of the metadata. */
function asABrowser<R extends string>(
  { document }: AskedIssuer,
  judge: (found: CrossOrigin, at: string) => Ruling<R>,
): Ruling<R> {
  const browser = document?.fromBrowser;
  if (browser === undefined) return blocked('it was not asked for as a browser', 'a run that asks so');
  const silent = unsettled([browser]);
  return silent === undefined ? judge(crossOrigin(browser), browser.id) : unsaid(silent);
}

export const letsBrowsersReadItsMetadata = documentCheck({
  id: BROWSERS,
  title: 'Lets pages of other origins read its metadata',
  keyword: 'ADVICE',
  severity: 'low',
  requirements: ['CORS-fetch-as-metadata-allow-origin', 'AUTH0-cors-as', 'B55'],
  expected: 'Access-Control-Allow-Origin: *',
  reasons: {
    hidden: {
      says: 'The authorization server’s metadata cannot be read by a page of another origin, so MCP clients in browsers stop here.',
      fix: { general: 'Send Access-Control-Allow-Origin: * with the metadata, which holds nothing secret.' },
    },
    'not-served': {
      says: 'The authorization server’s metadata is not served to a request with an Origin field.',
      fix: { general: 'Exempt the metadata from checks of Origin: it is public, and only reads come to it.' },
    },
  },
  rule({ asked }) {
    return asABrowser<'hidden' | 'not-served'>(asked, ({ kind, actual }, at) =>
      kind === 'hidden' || kind === 'not-served' ? { breaches: [{ reason: kind, actual, at }] } : seen(actual),
    );
  },
  fails: { hidden: ['no field', withFields({})], 'not-served': ['403', answering(BROWSER, { status: 403 })] },
});

export const offersItsMetadataWithoutCookies = documentCheck({
  id: 'issuer-metadata/offers-its-metadata-without-cookies',
  title: 'Offers its metadata to other origins without cookies',
  keyword: 'ADVICE',
  severity: 'low',
  requirements: ['B55'],
  expected: 'no Access-Control-Allow-Credentials',
  reasons: {
    credentials: {
      says: 'The authorization server’s metadata is offered to a foreign origin together with the user’s cookies; the same rule at other paths would give pages the user’s session.',
      fix: {
        general:
          'Drop Access-Control-Allow-Credentials at the metadata, and see whether the rule that set it covers other paths of the authorization server.',
      },
    },
  },
  rule({ asked }) {
    return asABrowser<'credentials'>(asked, ({ kind, actual }, at) => {
      if (kind === 'not-served') return blocked('a page of another origin gets none', 'metadata for pages', BROWSERS);
      if (kind === 'hidden') return skip('it is offered to no other origin');
      return kind === 'with-credentials' ? { breaches: [{ reason: 'credentials', actual, at }] } : seen(actual);
    });
  },
  passes: [
    ['any origin', golden],
    [
      'any origin, with credentials that browsers then refuse',
      withFields({ 'Access-Control-Allow-Origin': '*', 'Access-Control-Allow-Credentials': 'true' }),
    ],
  ],
  fails: {
    credentials: [
      'echoed, with cookies',
      withFields({
        'Access-Control-Allow-Origin': 'https://client.example',
        'Access-Control-Allow-Credentials': 'true',
      }),
    ],
  },
});

export const servesItsMetadataOverHttpsOnly = documentCheck({
  id: 'issuer-metadata/serves-its-metadata-over-https-only',
  title: 'Serves its metadata over https only',
  // RFC 8414 3 has clients ask for the metadata by https; it forbids no second door, and MCP speaks of endpoints.
  keyword: 'MUST',
  severity: 'medium',
  requirements: ['MCP-as-https-endpoints', 'RFC8414-6.1-tls12'],
  each: true,
  expected: 'a redirect to https, a refusal, or no answer',
  reasons: {
    'served-over-http': {
      says: 'The authorization server’s metadata is served over plain http as well, where anybody on the path can put endpoints of their own in it.',
      keyword: 'SHOULD',
      fix: { general: 'Answer http: with 301 or 308 to the https URL, or with nothing at all.' },
    },
    'led-to-http': {
      says: 'The https URL of the authorization server’s metadata redirects to plain http, where anybody on the path can put endpoints of their own in it.',
      fix: {
        general:
          'Answer 200 with the document at the https URL itself. Behind a proxy that ends TLS, configure the public https URL, so that redirects keep the scheme.',
      },
    },
  },
  rule({ kind, facts, asked }) {
    if (facts.server.exposure !== 'public') return skip(laboratory(facts));
    const { fetched } = asked.candidates.find((each) => each.kind === kind)!;
    const isFirst = documentsOf(asked)[0]?.kind === kind;
    const found = inClear(fetched, isFirst ? asked.document?.plainHttp : undefined);
    if (found.kind === 'named') return skip('it stands at no https URL');
    // The http form of one document is asked: that of the others is as open, or not.
    if (found.kind === 'unasked') return isFirst ? unsaid(found.verdict) : skip('its http form was not asked');
    if (found.kind === 'closed') return seen(found.actual);
    const reason = found.kind === 'served' ? ('served-over-http' as const) : ('led-to-http' as const);
    return { breaches: [{ reason, actual: found.actual, at: found.at.id }] };
  },
  fails: {
    'served-over-http': ['in clear text', answering(PLAIN_HTTP, served(ISSUER_DOCUMENT))],
    'led-to-http': ['by a redirect', redirectedTo('http://tenant.example.com/metadata.json')],
  },
});

const kept = (value: string) => ({
  ...served(ISSUER_DOCUMENT),
  headers: { 'Content-Type': 'application/json', 'Cache-Control': value },
});

export const letsItsMetadataBeCached = documentCheck({
  id: 'issuer-metadata/lets-its-metadata-be-cached',
  title: 'Lets the metadata of the authorization server be cached for a while',
  keyword: 'ADVICE',
  severity: 'low',
  requirements: ['PRACTICE-metadata-lifetime'],
  expected: 'no no-store',
  reasons: {
    forbidden: {
      says: 'The authorization server’s metadata may not be stored, though it is public and asked for at each start of a client.',
      fix: {
        general:
          'Send Cache-Control: public, max-age=300 with the metadata. Frameworks add no-store to every answer where security headers are on: set this one apart.',
      },
    },
  },
  rule({ exchange }) {
    const { directives, forbidden } = freshness(exchange.answer);
    const actual = directives.length === 0 ? 'no Cache-Control' : `Cache-Control is ${quote(directives.join(', '))}`;
    return forbidden ? broken('forbidden', actual) : seen(actual);
  },
  fails: { forbidden: ['no-store', answering(OAUTH_DOCUMENT, kept('no-store'))] },
});

export const deliveryChecks = [
  agreesWithItsOtherDocument,
  saysTheSameWhenAskedAgain,
  letsBrowsersReadItsMetadata,
  offersItsMetadataWithoutCookies,
  servesItsMetadataOverHttpsOnly,
  letsItsMetadataBeCached,
];
