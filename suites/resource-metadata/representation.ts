import { describe, isSettled, mediaType } from '../../fixtures/protocol/answers.ts';
import { BYTE_ORDER_MARK } from '../../fixtures/protocol/documents.ts';
import { duplicateMembers } from '../../fixtures/protocol/duplicate-members.ts';
import { gather, quote, unsettled } from '../challenge/refusals.ts';
import { defineCheck, fail, notApplicable, pass, untested } from '../check.ts';
import { crossOrigin, freshness, sameAgain } from '../delivery.ts';
import { answering, golden, RESOURCE_DOCUMENT, served } from '../golden.ts';
import { DOCUMENT, everyDocument, judgeDocument, noDocument, showValue, verdictOf } from './documents.ts';

/** The document as a conforming server sends it, with other header fields. */
const sentWith = (headers: Readonly<Record<string, string>>) =>
  answering(DOCUMENT, {
    headers: { 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify(RESOURCE_DOCUMENT),
  });

export const hasTheJsonMediaType = defineCheck({
  id: 'resource-metadata/has-the-json-media-type',
  title: 'Serves its metadata as application/json',
  keyword: 'MUST',
  since: '2025-06-18',
  severity: 'medium',
  party: 'mcp-server',
  requirements: ['RFC9728-3.2-status-and-type', 'MCP-prm-implemented'],
  assurance: 'anonymous',
  needs: ['resourceMetadata'],
  reasons: {
    'other-type': {
      says: 'The metadata document has a media type that is not JSON, or none.',
      fix: {
        general:
          'Send Content-Type: application/json with the document. A static file without an extension needs that type set where files are served.',
      },
    },
    'other-json-type': {
      says: 'The metadata document has another JSON media type than application/json.',
      keyword: 'SHOULD',
      fix: { general: 'Send Content-Type: application/json with the document.' },
    },
  },
  judge({ resourceMetadata }, { server }) {
    const all = everyDocument(resourceMetadata, server.url);
    if (all.length === 0) return noDocument(resourceMetadata);
    const breaches = all.flatMap(({ exchange }) => {
      const type = mediaType(exchange.answer);
      if (type === 'application/json') return [];
      const reason = /^text\/json$|^[^/]+\/(?:[^/]+\+)?json$/.test(type)
        ? ('other-json-type' as const)
        : ('other-type' as const);
      return [
        {
          reason,
          actual: `${exchange.request.url}: ${type === '' ? 'no Content-Type' : quote(type)}`,
          at: exchange.id,
        },
      ];
    });
    return breaches.length > 0 ? fail(gather(breaches, 'application/json')) : pass('application/json');
  },
  examples: {
    pass: [
      { says: 'application/json', evidence: golden },
      { says: 'with a parameter', evidence: sentWith({ 'Content-Type': 'application/json; charset=utf-8' }) },
    ],
    fail: {
      'other-type': { says: 'a file', evidence: sentWith({ 'Content-Type': 'application/octet-stream' }) },
      'other-json-type': { says: 'text/json', evidence: sentWith({ 'Content-Type': 'text/json' }) },
    },
  },
});

const body = JSON.stringify(RESOURCE_DOCUMENT);
const sent = (text: string) => answering(DOCUMENT, { headers: { 'Content-Type': 'application/json' }, body: text });

export const isStrictJson = defineCheck({
  id: 'resource-metadata/is-strict-json',
  title: 'Serves its metadata as JSON that every parser reads alike',
  keyword: 'MUST',
  since: '2025-06-18',
  severity: 'medium',
  party: 'mcp-server',
  requirements: ['PRACTICE-strict-json', 'RFC9728-3.2-status-and-type'],
  assurance: 'anonymous',
  needs: ['resourceMetadata'],
  reasons: {
    'byte-order-mark': {
      says: 'The metadata document begins with a byte order mark, at which many parsers stop.',
      fix: { general: 'Save or send the document as UTF-8 without a byte order mark.' },
    },
    'duplicate-member': {
      says: 'A member stands twice in the metadata document, and parsers differ on which one counts.',
      keyword: 'SHOULD',
      fix: { general: 'Write each member once.' },
    },
  },
  judge({ resourceMetadata }, { server }) {
    const all = everyDocument(resourceMetadata, server.url);
    const marked = all
      .filter(({ exchange }) => exchange.answer?.body.startsWith(BYTE_ORDER_MARK))
      .map(({ exchange: { id, request } }) => ({
        reason: 'byte-order-mark' as const,
        actual: `${request.url} begins with U+FEFF`,
        at: id,
      }));
    const twice = all.flatMap(({ exchange }) =>
      duplicateMembers((exchange.answer?.body ?? '').replace(BYTE_ORDER_MARK, '')).map((name) => ({
        reason: 'duplicate-member' as const,
        actual: `${exchange.request.url} has ${quote(name)} more than once`,
        at: exchange.id,
      })),
    );
    const breaches = [...marked, ...twice];
    if (breaches.length > 0) return fail(gather(breaches, 'JSON in UTF-8, each member once'));
    return all.length === 0 ? noDocument(resourceMetadata) : pass('JSON without a byte order mark, each member once');
  },
  examples: {
    pass: [{ says: 'strict', evidence: golden }],
    fail: {
      'byte-order-mark': { says: 'a mark', evidence: sent(`\ufeff${body}`) },
      'duplicate-member': {
        says: 'resource twice',
        evidence: sent(body.replace('{', '{"resource":"https://a.example",')),
      },
    },
  },
});

export const letsBrowsersReadIt = defineCheck({
  id: 'resource-metadata/lets-browsers-read-it',
  title: 'Lets clients in browsers read its metadata',
  keyword: 'ADVICE',
  since: '2025-06-18',
  severity: 'low',
  party: 'mcp-server',
  requirements: ['CORS-fetch-prm-allow-origin', 'AUTH0-rs-cors', 'B55'],
  assurance: 'anonymous',
  needs: ['resourceMetadata'],
  reasons: {
    unreadable: {
      says: 'The metadata document may not be read by a page of another origin, so clients in browsers cannot begin.',
      fix: {
        general: 'Send Access-Control-Allow-Origin: * with the document, which is public and takes no credentials.',
      },
    },
    'not-served': {
      says: 'The metadata document is not served to a request with an Origin field.',
      fix: { general: 'Exempt the document from the check of Origin: it is public, and only reads come to it.' },
    },
  },
  judge({ resourceMetadata }, { server }) {
    return judgeDocument(resourceMetadata, () => {
      const exchange = resourceMetadata.document?.fromBrowser;
      if (exchange === undefined) return untested('the document was not asked for as a browser', 'a run that asks so');
      const silent = unsettled([exchange]);
      if (silent !== undefined) return silent;
      const { kind, actual } = crossOrigin(exchange);
      // MCP has a server refuse origins it does not know; without a declaration it need know none.
      if (kind === 'not-served' && server.origins.length === 0 && exchange.answer?.status === 403) {
        return notApplicable('the server refuses foreign origins, and the operator declares none');
      }
      const reason = { 'not-served': 'not-served', hidden: 'unreadable' } as const;
      const breaches = kind === 'not-served' || kind === 'hidden' ? [{ reason: reason[kind], actual }] : [];
      return verdictOf(breaches, 'Access-Control-Allow-Origin: * or the origin that asks', exchange, actual);
    });
  },
  examples: {
    pass: [{ says: 'every origin', evidence: golden }],
    fail: {
      unreadable: { says: 'no field', evidence: sentWith({}) },
      'not-served': { says: '403', evidence: answering(/^resourceMetadata\/document\/from-browser/, { status: 403 }) },
    },
  },
});

/** A day, in seconds. */
const LONG = 86_400;

export const mayBeCachedForAWhile = defineCheck({
  id: 'resource-metadata/may-be-cached-for-a-while',
  title: 'Lets its metadata be cached for a while',
  keyword: 'ADVICE',
  since: '2025-06-18',
  severity: 'low',
  party: 'mcp-server',
  requirements: ['PRACTICE-metadata-lifetime'],
  assurance: 'anonymous',
  needs: ['resourceMetadata'],
  reasons: {
    'too-long': {
      says: 'The metadata document may be cached for more than a day, so clients learn late of another authorization server.',
      fix: { general: 'Send Cache-Control: max-age=3600, or less.' },
    },
    never: {
      says: 'The metadata document forbids every cache, though it is public and asked for at each start of a client.',
      fix: {
        general:
          'Send Cache-Control: public, max-age=300. Frameworks add no-store to every answer where security headers are on: set this one apart.',
      },
    },
  },
  judge({ resourceMetadata }) {
    return judgeDocument(resourceMetadata, ({ exchange }) => {
      const { directives, forbidden: never, seconds = 0 } = freshness(exchange.answer);
      const actual = directives.length === 0 ? 'no Cache-Control' : `Cache-Control: ${quote(directives.join(', '))}`;
      const long = !never && seconds > LONG;
      return verdictOf(
        [
          ...(long ? [{ reason: 'too-long' as const, actual }] : []),
          ...(never ? [{ reason: 'never' as const, actual }] : []),
        ],
        'a max-age of a day at most, and no no-store',
        exchange,
        actual,
      );
    });
  },
  examples: {
    pass: [
      { says: 'five minutes', evidence: golden },
      { says: 'nothing said', evidence: sentWith({}) },
    ],
    fail: {
      'too-long': { says: 'a year', evidence: sentWith({ 'Cache-Control': 'public, max-age=31536000, immutable' }) },
      never: { says: 'no-store', evidence: sentWith({ 'Cache-Control': 'no-store' }) },
    },
  },
});

export const staysTheSame = defineCheck({
  id: 'resource-metadata/stays-the-same',
  title: 'Serves the same metadata at a second request',
  keyword: 'ADVICE',
  since: '2025-06-18',
  severity: 'medium',
  party: 'mcp-server',
  requirements: ['PRACTICE-resource-metadata-agrees'],
  assurance: 'anonymous',
  needs: ['resourceMetadata'],
  reasons: {
    changed: {
      says: 'The metadata document says something else at a second request, so it depends on chance what a client learns.',
      fix: {
        general: 'See that every instance behind the load balancer has the same configuration and the same version.',
      },
    },
    gone: {
      says: 'The metadata document is served at one request and not at the next.',
      fix: { general: 'See that every instance behind the load balancer serves the document.' },
    },
  },
  judge({ resourceMetadata }) {
    return judgeDocument(resourceMetadata, ({ document }) => {
      const again = resourceMetadata.document?.again;
      const second = sameAgain(document, again);
      if (second.kind === 'unsettled') return second.verdict;
      if (second.kind === 'gone') {
        return verdictOf([{ reason: 'gone', actual: describe(again!) }], 'the document again', again!, 'the same');
      }
      const breaches =
        second.kind === 'changed' ? [{ reason: 'changed' as const, actual: showValue(second.second) }] : [];
      return verdictOf(breaches, showValue(document), again!, 'the same twice');
    });
  },
  examples: {
    pass: [{ says: 'the same', evidence: golden }],
    fail: {
      changed: {
        says: 'another tenant',
        evidence: answering(
          /^resourceMetadata\/document\/again/,
          served({ ...RESOURCE_DOCUMENT, authorization_servers: ['https://old.example.com/'] }),
        ),
      },
      gone: { says: '404', evidence: answering(/^resourceMetadata\/document\/again/, { status: 404 }) },
    },
  },
});

export const answersHeadAsGet = defineCheck({
  id: 'resource-metadata/answers-head-as-get',
  title: 'Answers HEAD for its metadata as it answers GET',
  keyword: 'ADVICE',
  since: '2025-06-18',
  severity: 'low',
  party: 'mcp-server',
  requirements: ['PRACTICE-head-as-get'],
  assurance: 'anonymous',
  needs: ['resourceMetadata'],
  reasons: {
    'other-status': {
      says: 'HEAD for the metadata document is not answered with 200, though GET is; monitors and link checkers take it for missing.',
      fix: {
        general: 'Answer HEAD with the status and the fields of GET; in most frameworks a route for GET may do both.',
      },
    },
    'other-type': {
      says: 'HEAD for the metadata document tells another media type than GET.',
      fix: { general: 'Answer HEAD with the same Content-Type as GET.' },
    },
  },
  judge({ resourceMetadata }) {
    return judgeDocument(resourceMetadata, ({ exchange }) => {
      const head = resourceMetadata.document?.head;
      if (head === undefined) return untested('HEAD was not sent', 'a run that sends HEAD');
      if (!isSettled(head)) return unsettled([head])!;
      if (head.answer?.status !== 200) {
        return verdictOf([{ reason: 'other-status', actual: describe(head) }], 'status 200', head, 'status 200');
      }
      const [type, expected] = [mediaType(head.answer), mediaType(exchange.answer)];
      // RFC 9110 9.3.2: fields that are made with the content may be left out.
      const differs = type !== '' && type !== expected;
      const actual = `Content-Type is ${quote(type)}`;
      return verdictOf(differs ? [{ reason: 'other-type', actual }] : [], expected, head, 'status 200, as GET');
    });
  },
  examples: {
    pass: [{ says: '200', evidence: golden }],
    fail: {
      'other-status': { says: '405', evidence: answering(/^resourceMetadata\/document\/head/, { status: 405 }) },
      'other-type': {
        says: 'HTML',
        evidence: answering(/^resourceMetadata\/document\/head/, { headers: { 'Content-Type': 'text/html' } }),
      },
    },
  },
});

export const representationChecks = [
  hasTheJsonMediaType,
  isStrictJson,
  letsBrowsersReadIt,
  mayBeCachedForAWhile,
  staysTheSame,
  answersHeadAsGet,
];
