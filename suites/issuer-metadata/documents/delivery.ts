import { isDeepStrictEqual } from 'node:util';
import type { Exchange } from '../../../fixtures/evidence.ts';
import { describe, header, headerValues } from '../../../fixtures/protocol/answers.ts';
import { documentIn, type JsonObject } from '../../../fixtures/protocol/documents.ts';
import { quote } from '../../challenge/refusals.ts';
import { answering, ISSUER_DOCUMENT, type ShortAnswer, served } from '../../golden.ts';
import {
  blocked,
  documentCheck,
  documentsOf,
  laboratory,
  OPENID_DOCUMENT,
  seen,
  shown,
  skip,
  withIssuerDocument,
} from './document.ts';

/** Without order in lists, which has no meaning, and without what is signed anew each time. */
function comparable(document: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(document)
      .filter(([member]) => member !== 'signed_metadata')
      .map(([member, value]) => [
        member,
        Array.isArray(value) ? value.map((each) => JSON.stringify(each)).sort() : value,
      ]),
  );
}

function differing(one: JsonObject, other: JsonObject, members: readonly string[]): readonly string[] {
  const [a, b] = [comparable(one), comparable(other)];
  return members.filter((member) => !isDeepStrictEqual(a[member], b[member]));
}

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
  rule({ document, kind }, _facts, asked) {
    const others = documentsOf(asked).filter((each) => each.kind !== kind);
    if (others.length === 0) return skip('it publishes one document');
    const breaches = others.flatMap((other) => {
      // A wrong issuer is a finding of its own.
      const shared = Object.keys(document).filter((each) => each !== 'issuer' && Object.hasOwn(other.document, each));
      const members = differing(document, other.document, shared);
      if (members.length === 0) return [];
      const [first = ''] = members;
      const actual = `${members.join(', ')}: ${shown(document, first)}, there ${shown(other.document, first)}`;
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

export const repeatsItsMetadata = documentCheck({
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
  },
  rule({ document }, _facts, asked) {
    const again = asked.document?.again;
    const second = documentIn(again);
    if (again === undefined || second === undefined) {
      return blocked(
        `the second answer: ${again === undefined ? 'none' : describe(again)}`,
        'metadata that is there twice',
      );
    }
    const members = differing(document, second, [...new Set([...Object.keys(document), ...Object.keys(second)])]);
    const [first] = members;
    if (first === undefined) return seen('equal documents');
    const actual = `${members.join(', ')}: ${shown(document, first)}, then ${shown(second, first)}`;
    return { breaches: [{ reason: 'changes', actual, at: again.id }] };
  },
  fails: { changes: ['another issuer', withIssuerDocument({ issuer: 'https://node-2.example.com/' }, AGAIN)] },
});

const sentOrigin = ({ request }: Exchange) => request.headers.find(([name]) => name.toLowerCase() === 'origin')?.[1];

const withFields = (fields: ShortAnswer['headers']) =>
  answering(BROWSER, {
    headers: { 'Content-Type': 'application/json', ...fields },
    body: served(ISSUER_DOCUMENT).body!,
  });

const NOT_READ = blocked('the browser’s request brought no document', 'metadata that a browser gets');

export const letsBrowsersReadItsMetadata = documentCheck({
  id: 'issuer-metadata/lets-browsers-read-its-metadata',
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
  },
  rule(_found, _facts, asked) {
    const browser = asked.document?.fromBrowser;
    if (browser === undefined || documentIn(browser) === undefined) return NOT_READ;
    const allowed = headerValues(browser.answer, 'access-control-allow-origin');
    const actual = `Access-Control-Allow-Origin ${allowed.length === 0 ? 'is absent' : `is ${quote(allowed.join(', '))}`}`;
    const open = allowed.length === 1 && (allowed[0] === '*' || allowed[0] === sentOrigin(browser));
    return open ? seen(actual) : { breaches: [{ reason: 'hidden', actual, at: browser.id }] };
  },
  fails: { hidden: ['no field', withFields({})] },
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
  rule(_found, _facts, asked) {
    const browser = asked.document?.fromBrowser;
    if (browser === undefined || documentIn(browser) === undefined) return NOT_READ;
    if (header(browser.answer, 'access-control-allow-origin') === undefined)
      return skip('it is offered to no other origin');
    return header(browser.answer, 'access-control-allow-credentials') === 'true'
      ? { breaches: [{ reason: 'credentials', actual: 'Access-Control-Allow-Credentials is `true`', at: browser.id }] }
      : seen('offered without cookies');
  },
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
  // MCP speaks of endpoints; RFC 8414 3 has clients ask for the metadata by https, and forbids no second door.
  keyword: 'SHOULD',
  severity: 'medium',
  requirements: ['MCP-as-https-endpoints', 'RFC8414-6.1-tls12'],
  expected: 'a redirect to https, a refusal, or no answer',
  reasons: {
    'served-over-http': {
      says: 'The authorization server’s metadata is served over plain http as well, where anybody on the path can put endpoints of their own in it.',
      fix: { general: 'Answer http: with 301 or 308 to the https URL, or with nothing at all.' },
    },
  },
  rule(_found, facts, asked) {
    if (facts.server.exposure !== 'public') return skip(laboratory(facts));
    const plain = asked.document?.plainHttp;
    if (plain === undefined) return skip('it stands at no https URL that could be asked over http');
    const actual = `${plain.request.url}: ${describe(plain)}`;
    return documentIn(plain) === undefined
      ? seen(actual)
      : { breaches: [{ reason: 'served-over-http', actual, at: plain.id }] };
  },
  fails: { 'served-over-http': ['in clear text', answering(PLAIN_HTTP, served(ISSUER_DOCUMENT))] },
});

export const deliveryChecks = [
  agreesWithItsOtherDocument,
  repeatsItsMetadata,
  letsBrowsersReadItsMetadata,
  offersItsMetadataWithoutCookies,
  servesItsMetadataOverHttpsOnly,
];
