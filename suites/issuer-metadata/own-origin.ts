import { describe, mediaType } from '../../fixtures/protocol/answers.ts';
import { defineCheck, fail, notApplicable, pass, untested } from '../check.ts';
import { copyChecks } from './copies.ts';
import { ownMetadataChecks } from './own-metadata.ts';
import {
  belowPath,
  DEFAULT_ENDPOINTS,
  isAbsent,
  json,
  NEEDS,
  notItsOwn,
  OWN_DOCUMENT,
  ownDocument,
  PASSES,
  silent,
  withOwnMetadata,
} from './own-origin-evidence.ts';

const BELOW = 'issuer-metadata/keeps-metadata-at-the-root-of-its-origin';
const DEFAULTS = 'issuer-metadata/serves-default-endpoints-without-metadata';

export const servesItsOwnMetadata = defineCheck({
  id: 'issuer-metadata/serves-its-own-metadata',
  title: 'Serves authorization server metadata at its own origin',
  keyword: 'SHOULD',
  until: '2025-03-26',
  severity: 'medium',
  party: 'mcp-server',
  requirements: ['MCP-march-as-metadata-server'],
  assurance: 'anonymous',
  needs: NEEDS,
  reasons: {
    absent: {
      says: 'A server of 2025-03-26 publishes no authorization server metadata; its clients have to guess the default endpoints.',
      fix: {
        general:
          'Serve RFC 8414 metadata as JSON at /.well-known/oauth-authorization-server of the server’s origin, with issuer, authorization_endpoint and token_endpoint.',
      },
    },
    'not-a-json-object': {
      says: 'The place of the server’s own authorization server metadata answers 200, but with no JSON object.',
      fix: {
        general:
          'Serve RFC 8414 metadata there as application/json, or answer 404; a web page here usually means that a web application answers unknown paths with its start page, and clients of 2025-03-26 stop instead of falling back.',
      },
    },
  },
  judge(evidence) {
    const { exchange, document } = ownDocument(evidence);
    const { defaultAuthorize, defaultToken } = evidence.issuerMetadata;
    const other = notItsOwn(evidence) ?? silent(exchange);
    if (other !== undefined) return other;
    const { url } = exchange.request;
    if (document !== undefined) return pass(`${url} answered 200 with a JSON object`);
    if (belowPath(evidence) !== undefined) {
      return untested('the metadata stands below the path', 'metadata at the root of the origin', BELOW);
    }
    const expected = 'status 200 and a JSON object';
    if (exchange.answer?.status === 200) {
      const actual = `${url}: status 200, ${mediaType(exchange.answer) || 'no content type'}`;
      return fail([{ reason: 'not-a-json-object', expected, actual, at: [exchange.id] }]);
    }
    if (isAbsent(defaultAuthorize) && isAbsent(defaultToken)) {
      return untested('the origin has no authorization server at all', 'metadata or default endpoints', DEFAULTS);
    }
    return fail([{ reason: 'absent', expected, actual: `${url}: ${describe(exchange)}`, at: [exchange.id] }]);
  },
  examples: {
    pass: PASSES,
    fail: {
      absent: { says: '404, with default endpoints', evidence: withOwnMetadata(DEFAULT_ENDPOINTS) },
      'not-a-json-object': {
        says: 'a web page',
        evidence: withOwnMetadata({ 'server-origin': { headers: { 'Content-Type': 'text/html' }, body: '<html>' } }),
      },
    },
  },
});

export const keepsMetadataAtTheRootOfItsOrigin = defineCheck({
  id: BELOW,
  title: 'Keeps authorization server metadata at the root of its origin',
  keyword: 'MUST',
  until: '2025-03-26',
  severity: 'high',
  party: 'mcp-server',
  requirements: ['MCP-march-metadata-at-origin'],
  assurance: 'anonymous',
  needs: NEEDS,
  reasons: {
    'below-the-path': {
      says: 'The authorization server metadata stands behind the path of the endpoint only; clients of 2025-03-26 discard that path.',
      fix: {
        general:
          'Serve the same document at /.well-known/oauth-authorization-server of the origin, without the path of the endpoint; the other location may stay.',
      },
    },
  },
  judge(evidence) {
    const { exchange, document } = ownDocument(evidence);
    const below = belowPath(evidence);
    const other = notItsOwn(evidence);
    if (other !== undefined) return other;
    if (evidence.issuerMetadata.atServerPath === undefined) return notApplicable('the endpoint has no path');
    const { url } = exchange.request;
    if (document !== undefined) return pass(`${url} answered 200 with a JSON object`);
    if (below === undefined) return notApplicable('no metadata stands at its origin');
    const unknown = silent(exchange);
    if (unknown !== undefined) return unknown;
    return fail([
      {
        reason: 'below-the-path',
        expected: `a JSON object at ${url}`,
        actual: `${url}: ${describe(exchange)}; ${below.request.url}: a JSON object`,
        at: [exchange.id, below.id],
      },
    ]);
  },
  examples: {
    pass: PASSES,
    fail: {
      'below-the-path': { says: 'at the path only', evidence: withOwnMetadata({ 'server-path': json(OWN_DOCUMENT) }) },
    },
  },
});

export const servesDefaultEndpointsWithoutMetadata = defineCheck({
  id: DEFAULTS,
  title: 'Serves the default endpoints where it publishes no metadata',
  keyword: 'MUST',
  until: '2025-03-26',
  severity: 'critical',
  party: 'mcp-server',
  requirements: ['MCP-march-fallback-endpoints'],
  assurance: 'anonymous',
  needs: NEEDS,
  reasons: {
    'one-missing': {
      says: 'The origin has no authorization server metadata and one of the default endpoints only, so a client of 2025-03-26 cannot end what it begins.',
      // A server may answer 404 to a client that it does not know.
      keyword: 'SHOULD',
      fix: {
        general:
          'Serve both /authorize and /token at the origin, or metadata that names where they are. A web application that answers every GET with its start page serves no /authorize by that.',
      },
    },
    neither: {
      says: 'The origin has neither authorization server metadata nor the default endpoints, so a client of 2025-03-26 cannot begin authorization.',
      fix: {
        general:
          'Serve RFC 8414 metadata at /.well-known/oauth-authorization-server of the origin, which may name the endpoints of a separate authorization server; or serve /authorize and /token (and /register, if clients may register) at the origin. To support later revisions, serve RFC 9728 resource metadata instead.',
        auth0: {
          text: 'Auth0 is a separate authorization server: serve RFC 9728 resource metadata with authorization_servers: ["https://YOUR_DOMAIN/"] and speak a later revision.',
        },
      },
    },
  },
  judge(evidence) {
    const { exchange, document } = ownDocument(evidence);
    const { defaultAuthorize, defaultToken } = evidence.issuerMetadata;
    const other = notItsOwn(evidence);
    if (other !== undefined) return other;
    if (document !== undefined) return notApplicable('it publishes metadata, which names its endpoints');
    const unknown = silent(exchange);
    if (unknown !== undefined) return unknown;
    if (belowPath(evidence) !== undefined) {
      return untested('the metadata stands below the path', 'metadata at the root of the origin', BELOW);
    }
    const asked = [defaultAuthorize, defaultToken];
    const seen = asked.map((each) => `${each.request.method} ${each.request.url}: ${describe(each)}`).join('; ');
    const present = asked.filter((each) => each.answer !== undefined && !isAbsent(each));
    if (present.length === asked.length) return pass(seen);
    const unanswered = asked.map(silent).find((verdict) => verdict !== undefined);
    if (unanswered !== undefined) return unanswered;
    const at = [exchange, ...asked].map(({ id }) => id);
    const reason = present.length === 0 ? 'neither' : 'one-missing';
    return fail([{ reason, expected: '/authorize and /token at the origin', actual: seen, at }]);
  },
  examples: {
    pass: [{ says: 'both answer', evidence: withOwnMetadata(DEFAULT_ENDPOINTS) }],
    fail: {
      'one-missing': {
        says: 'a start page at /authorize',
        evidence: withOwnMetadata({ 'default-authorize': { body: '<!doctype html>' } }),
      },
      neither: { says: '404 at each', evidence: withOwnMetadata({}) },
    },
  },
});

/** Metadata at the MCP server’s own origin: the rules of 2025-03-26, and copies. */
export const ownOriginChecks = [
  servesItsOwnMetadata,
  keepsMetadataAtTheRootOfItsOrigin,
  servesDefaultEndpointsWithoutMetadata,
  ...ownMetadataChecks,
  ...copyChecks,
];
