import { resourceMetadataUrls } from '../../fixtures/protocol/well-known.ts';
import { quote } from '../challenge/refusals.ts';
import { defineCheck, fail, pass, untested } from '../check.ts';
import { golden } from '../golden.ts';
import { withResourceDocument } from './documents.ts';
import {
  judgeResource,
  namesAnHttpsResource,
  namesAResourceWithoutFragment,
  namesAResourceWithoutQuery,
  SAME_AS_API,
} from './resource.ts';

/** How `resource` relates to the endpoint that was asked. */
type Relation =
  | 'same'
  | 'other-origin'
  | 'other-path'
  | 'above'
  | 'slash'
  | 'spelling'
  /** The same but for what another check reports. */
  | 'scheme'
  | 'fragment'
  | 'query';

const withoutSlash = (path: string) => path.replace(/\/$/, '');

/** Compares as RFC 9728 6 does, code point by code point, and tells the differences apart. */
function relationOf(resource: string, endpoint: string): Relation {
  if (resource === endpoint) return 'same';
  const named = new URL(resource);
  const asked = new URL(endpoint);
  // RFC 3986 6.2.3: a bare host and the host with a slash are one; RFC 9728 3.1 strips the slash.
  if (asked.pathname === '/' && withoutSlash(resource) === withoutSlash(endpoint)) return 'same';
  if (named.origin !== asked.origin) {
    const schemeAlone = named.hostname === asked.hostname && named.protocol === 'http:' && asked.protocol === 'https:';
    return schemeAlone ? 'scheme' : 'other-origin';
  }
  if (named.pathname !== asked.pathname) {
    if (withoutSlash(named.pathname) === withoutSlash(asked.pathname)) return 'slash';
    return asked.pathname.startsWith(`${withoutSlash(named.pathname)}/`) ? 'above' : 'other-path';
  }
  if (resource.includes('#')) return 'fragment';
  return named.search === asked.search ? 'spelling' : 'query';
}

export const namesTheResourceThatWasAsked = defineCheck({
  id: 'resource-metadata/names-the-resource-that-was-asked',
  title: 'Names as its resource the URL that the client asked',
  keyword: 'MUST',
  since: '2025-06-18',
  severity: 'critical',
  party: 'mcp-server',
  pillar: 'audience-handling',
  requirements: [
    'MCP-prm-resource-identity',
    'RFC9728-3.3-resource-identical-request',
    'RFC9728-3.3-resource-identical-path',
    'AUTH0-rs-prm-resource-match',
  ],
  assurance: 'anonymous',
  needs: ['resourceMetadata'],
  reasons: {
    'other-origin': {
      says: 'resource in the metadata document is on another origin than the server that was asked.',
      fix: {
        general:
          'Write the public URL of this endpoint into resource: scheme, host and port as clients use them, from configuration. A value with the name of a container or of another environment is the usual cause.',
        auth0: SAME_AS_API,
      },
    },
    'other-path': {
      says: 'resource in the metadata document is another path of the origin than the endpoint that was asked.',
      fix: {
        general:
          'Write the URL of this endpoint into resource, with its path; a host with several endpoints needs a document for each, at its own path-inserted location.',
        auth0: SAME_AS_API,
      },
    },
    // MCP allows one root document for any endpoint, and SDK clients accept a parent: RFC 9728 3.3 alone forbids these.
    above: {
      says: 'resource in the metadata document is the bare origin, or a path above the endpoint that was asked; strict clients refuse it.',
      keyword: 'SHOULD',
      fix: {
        general:
          'Write the whole URL of the endpoint, with its path, into resource. Libraries that take a base URL need the URL of the endpoint there.',
        auth0: SAME_AS_API,
      },
    },
    slash: {
      says: 'resource in the metadata document and the URL of the endpoint differ by a slash at the end; strict clients refuse it.',
      keyword: 'SHOULD',
      fix: {
        general:
          'Write resource exactly as users write the URL of the endpoint, the slash at the end included or left out. Some URL types add it when they are written out: use a string.',
        auth0: SAME_AS_API,
      },
    },
    spelling: {
      says: 'resource in the metadata document spells the URL of the endpoint in another way; clients compare code points.',
      keyword: 'SHOULD',
      fix: {
        general:
          'Write resource exactly as users write the URL of the endpoint: scheme and host in lower case, no default port, the same percent-encoding.',
        auth0: SAME_AS_API,
      },
    },
  },
  judge({ resourceMetadata }, { server }) {
    return judgeResource(resourceMetadata, (resource, url, { route, exchange }) => {
      const relation = relationOf(resource, server.url);
      const actual = `resource is ${quote(resource)}`;
      const blockedBy = {
        scheme: namesAnHttpsResource.id,
        fragment: namesAResourceWithoutFragment.id,
        query: namesAResourceWithoutQuery.id,
      };
      if (relation === 'same') return pass(actual);
      if (relation === 'scheme' || relation === 'fragment' || relation === 'query') {
        return untested(`${actual}, the same but for its ${relation}`, 'the URL alone', blockedBy[relation]);
      }
      // RFC 9728 3.3: the root location is derived from the bare origin, so that is whom its document may be about.
      const root = resourceMetadataUrls(server.url).at(-1);
      if (relation === 'above' && url.pathname === '/' && route === 'well-known' && exchange.request.url === root) {
        return pass(`${actual}, in the document of the origin`);
      }
      return fail([{ reason: relation, expected: quote(server.url), actual, at: [exchange.id] }]);
    });
  },
  examples: {
    pass: [{ says: 'the endpoint', evidence: golden }],
    fail: {
      'other-origin': {
        says: 'another host',
        evidence: withResourceDocument({ resource: 'https://mcp.internal.example/mcp' }),
      },
      'other-path': {
        says: 'another path',
        evidence: withResourceDocument({ resource: 'https://mcp.example.com/api' }),
      },
      above: { says: 'the origin', evidence: withResourceDocument({ resource: 'https://mcp.example.com' }) },
      slash: { says: 'a slash more', evidence: withResourceDocument({ resource: 'https://mcp.example.com/mcp/' }) },
      spelling: {
        says: 'a default port',
        evidence: withResourceDocument({ resource: 'https://mcp.example.com:443/mcp' }),
      },
    },
  },
});

export const writesAnOriginWithoutASlash = defineCheck({
  id: 'resource-metadata/writes-its-resource-without-a-slash-at-the-end',
  title: 'Writes its resource without a slash at the end',
  keyword: 'SHOULD',
  since: '2025-06-18',
  severity: 'low',
  party: 'mcp-server',
  requirements: ['MCP-prm-resource-no-trailing-slash'],
  assurance: 'anonymous',
  needs: ['resourceMetadata'],
  reasons: {
    slash: {
      says: 'resource in the metadata document ends in a slash that the URL of the endpoint does not have.',
      fix: {
        general:
          'Take the slash at the end out of resource. Some URL types add it to a bare host when they are written out: use a string.',
        auth0: SAME_AS_API,
      },
    },
  },
  judge({ resourceMetadata }, { server }) {
    return judgeResource(resourceMetadata, (resource, _, { exchange }) => {
      const actual = `resource is ${quote(resource)}`;
      const relation = relationOf(resource, server.url);
      if (relation === 'slash') {
        return untested('resource differs by that slash alone', 'the same URL', namesTheResourceThatWasAsked.id);
      }
      if (!resource.endsWith('/') || relation === 'same' || server.url.endsWith('/')) return pass(actual);
      return fail([{ reason: 'slash', expected: 'no slash at the end', actual, at: [exchange.id] }]);
    });
  },
  examples: {
    pass: [{ says: 'no slash', evidence: golden }],
    fail: {
      slash: { says: 'a host with a slash', evidence: withResourceDocument({ resource: 'https://mcp.example.com/' }) },
    },
  },
});

export const identityChecks = [namesTheResourceThatWasAsked, writesAnOriginWithoutASlash];
