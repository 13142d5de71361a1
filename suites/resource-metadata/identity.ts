import type { EvidenceMap } from '../../fixtures/evidence.ts';
import { documentIn, last, resourceDocument } from '../../fixtures/protocol/documents.ts';
import { absoluteUrl } from '../../fixtures/protocol/urls.ts';
import { resourceMetadataUrls } from '../../fixtures/protocol/well-known.ts';
import { quote } from '../challenge/refusals.ts';
import { defineCheck, type Facts, fail, pass, untested } from '../check.ts';
import { golden, goldenFacts, SERVER } from '../golden.ts';
import { withResourceDocument } from './documents.ts';
import { judgeResource, namesAnHttpsResource, namesAResourceWithoutFragment, SAME_AS_API } from './resource.ts';

/** How `resource` relates to the endpoint that was asked. */
type Relation = 'same' | 'scheme' | 'other-origin' | 'other-path' | 'query' | 'above' | 'slash' | 'spelling';

const withoutSlash = (path: string) => path.replace(/\/$/, '');

/**
 * With scheme and host in lower case and without a default port, as MCP writes a server's URI ("Canonical Server URI"):
 * whoever typed the URL that is asked need not have.
 */
const canonical = (url: string) => url.replace(/^https?:\/\/[^/?#]*/i, new URL(url).origin);

/** Compares as RFC 9728 6 does, code point by code point, and tells the differences apart. */
function relationOf(resource: string, endpoint: string): Relation {
  if (resource === endpoint || resource === canonical(endpoint)) return 'same';
  const named = new URL(resource);
  const asked = new URL(endpoint);
  // RFC 3986 6.2.3: a bare host and the host with a slash are one; RFC 9728 3.1 strips the slash.
  if (asked.pathname === '/' && withoutSlash(resource) === withoutSlash(endpoint)) return 'same';
  if (named.origin !== asked.origin) {
    const alike = resource.replace(/^https?:/i, asked.protocol);
    return alike !== resource && relationOf(alike, endpoint) === 'same' ? 'scheme' : 'other-origin';
  }
  if (named.pathname !== asked.pathname) {
    if (withoutSlash(named.pathname) === withoutSlash(asked.pathname)) return 'slash';
    return asked.pathname.startsWith(`${withoutSlash(named.pathname)}/`) ? 'above' : 'other-path';
  }
  if (named.search === asked.search) return 'spelling';
  return named.search === '' ? 'above' : 'query';
}

interface Bared {
  readonly resource: string;
  /** What was taken away, and the check that reports it. */
  readonly taken: readonly { readonly what: string; readonly by: string }[];
}

/** `resource` without what other checks report of it, so that each defect counts once. */
function bare(resource: string, endpoint: string, { server }: Facts): Bared {
  const asked = new URL(endpoint);
  const [beforeFragment = ''] = resource.split('#');
  const isPlain = server.exposure === 'public' && asked.protocol === 'https:' && /^http:/i.test(resource);
  return {
    resource: isPlain ? beforeFragment.replace(/^http:/i, 'https:') : beforeFragment,
    taken: [
      ...(isPlain ? [{ what: 'scheme', by: namesAnHttpsResource.id }] : []),
      ...(beforeFragment === resource ? [] : [{ what: 'fragment', by: namesAResourceWithoutFragment.id }]),
    ],
  };
}

/** Documents that challenges name besides the one that clients end up with, where `resource` is a URL. */
function furtherDocuments(metadata: EvidenceMap['resourceMetadata']) {
  const known = resourceDocument(metadata)?.exchange.request.url;
  return metadata.fromChallenge.flatMap(({ fetched }) => {
    const exchange = fetched === undefined ? undefined : last(fetched);
    const resource = documentIn(exchange)?.resource;
    const isUrl = typeof resource === 'string' && absoluteUrl(resource) !== undefined;
    return exchange !== undefined && isUrl && exchange.request.url !== known ? [{ resource, exchange }] : [];
  });
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
    scheme: {
      says: 'resource in the metadata document has another scheme than the URL that was asked, and clients compare the whole URL.',
      fix: {
        general:
          'Write resource with the scheme that clients use: https in production. Where the server is asked by http in a laboratory, configure that URL there, or ask it by https.',
        auth0: SAME_AS_API,
      },
    },
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
    query: {
      says: 'resource in the metadata document has a query that the URL that was asked has not, so it is another resource to a client.',
      fix: {
        general:
          'Write the URL that users write into resource, and tell tenants apart by the path of the endpoint instead of a query.',
        auth0: SAME_AS_API,
      },
    },
    // MCP allows one root document for any endpoint, and SDK clients accept a parent: RFC 9728 3.3 alone forbids these
    // three, so none of them shuts out every client.
    above: {
      says: 'resource in the metadata document is the bare origin, a path above the endpoint that was asked, or that endpoint without its query; clients that compare as RFC 9728 3.3 says refuse it, those of the MCP SDK accept it.',
      keyword: 'SHOULD',
      fix: {
        general:
          'Write the whole URL of the endpoint, with its path, into resource. Libraries that take a base URL need the URL of the endpoint there. Tell tenants apart by the path, so that no URL needs a query.',
        auth0: SAME_AS_API,
      },
    },
    slash: {
      says: 'resource in the metadata document and the URL of the endpoint differ by a slash at the end; clients that compare as RFC 9728 3.3 says refuse it, others overlook the slash.',
      keyword: 'SHOULD',
      fix: {
        general:
          'Write resource exactly as users write the URL of the endpoint, the slash at the end included or left out. Some URL types add it when they are written out: use a string.',
        auth0: SAME_AS_API,
      },
    },
    spelling: {
      says: 'resource in the metadata document spells the URL of the endpoint in another way; clients that compare code points refuse it, those that parse it do not.',
      keyword: 'SHOULD',
      fix: {
        general:
          'Write resource exactly as users write the URL of the endpoint: scheme and host in lower case, no default port, the same percent-encoding.',
        auth0: SAME_AS_API,
      },
    },
  },
  judge({ resourceMetadata }, facts) {
    const { server } = facts;
    const first = judgeResource(resourceMetadata, (resource, url, { route, exchange }) => {
      const bared = bare(resource, server.url, facts);
      const relation = relationOf(bared.resource, server.url);
      const actual = `resource is ${quote(resource)}`;
      if (relation === 'same') {
        const [taken] = bared.taken;
        return taken === undefined
          ? pass(actual)
          : untested(`${actual}, the same but for its ${taken.what}`, 'the URL alone', taken.by);
      }
      // RFC 9728 3.3: the root location is derived from the bare origin, so that is whom its document may be about.
      const root = resourceMetadataUrls(server.url).at(-1);
      if (relation === 'above' && url.pathname === '/' && route === 'well-known' && exchange.request.url === root) {
        return pass(`${actual}, in the document of the origin`);
      }
      return fail([{ reason: relation, expected: quote(server.url), actual, at: [exchange.id] }]);
    });
    // Any refusal may be the one that a client begins at, so each document that one names is about this endpoint.
    const others = furtherDocuments(resourceMetadata).flatMap(({ resource, exchange }) => {
      const relation = relationOf(resource, server.url);
      if (relation === 'same') return [];
      const actual = `${exchange.request.url}: resource is ${quote(resource)}`;
      return [{ reason: relation, expected: quote(server.url), actual, at: [exchange.id] }];
    });
    if (others.length === 0) return first;
    return fail([...(first.kind === 'fail' ? first.findings : []), ...others]);
  },
  examples: {
    pass: [
      { says: 'the endpoint', evidence: golden },
      {
        says: 'the endpoint in its plain spelling, asked by another one',
        evidence: golden,
        facts: {
          server: {
            ...goldenFacts.server,
            url: SERVER.replace('https://mcp.example.com', 'HTTPS://MCP.Example.com:443'),
          },
        },
      },
    ],
    fail: {
      scheme: {
        says: 'https, asked by http',
        evidence: golden,
        facts: { server: { ...goldenFacts.server, url: SERVER.replace('https:', 'http:'), exposure: 'private' } },
      },
      query: {
        says: 'a query more',
        evidence: withResourceDocument({ resource: `${SERVER}?tenant=a` }),
      },
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

export const writesItsResourceWithoutASlashAtTheEnd = defineCheck({
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
  judge({ resourceMetadata }, facts) {
    const { server } = facts;
    return judgeResource(resourceMetadata, (resource, _, { exchange }) => {
      const actual = `resource is ${quote(resource)}`;
      const relation = relationOf(bare(resource, server.url, facts).resource, server.url);
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

export const identityChecks = [namesTheResourceThatWasAsked, writesItsResourceWithoutASlashAtTheEnd];
