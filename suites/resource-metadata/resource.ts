import type { EvidenceMap } from '../../fixtures/evidence.ts';
import type { resourceDocument } from '../../fixtures/protocol/documents.ts';
import { absoluteUrl } from '../../fixtures/protocol/urls.ts';
import { quote } from '../challenge/refusals.ts';
import { defineCheck, notApplicable, untested, type Verdict } from '../check.ts';
import { laboratory } from '../delivery.ts';
import { golden } from '../golden.ts';
import { judgeDocument, showValue, verdictOf, withResourceDocument } from './documents.ts';

type Found = NonNullable<ReturnType<typeof resourceDocument>>;

/** Judges `resource` where it is an absolute URL; what it else is, other checks report. */
export function judgeResource<R extends string>(
  metadata: EvidenceMap['resourceMetadata'],
  judge: (resource: string, url: URL, found: Found) => Verdict<R>,
): Verdict<R> {
  return judgeDocument(metadata, (found) => {
    const { resource } = found.document;
    if (typeof resource !== 'string' || resource === '') {
      return untested('the document has no resource', 'resource as a string', 'resource-metadata/names-its-resource');
    }
    const url = absoluteUrl(resource);
    if (url === undefined) {
      return untested(
        'resource is no absolute URL',
        'resource as an absolute URL',
        'resource-metadata/names-an-absolute-resource',
      );
    }
    return judge(resource, url, found);
  });
}

/** What has to be equal in the tenant, for every fix that changes `resource`. */
export const SAME_AS_API = {
  text: 'Tokens are issued for the API whose identifier equals resource, and an identifier cannot be changed: create the API whose identifier is the URL of the MCP endpoint, then write that URL into resource.',
  dashboard: 'Applications > APIs > Create API > Identifier',
  command: 'auth0 apis create --name "MCP server" --identifier "YOUR_MCP_URL"',
} as const;

export const namesItsResource = defineCheck({
  id: 'resource-metadata/names-its-resource',
  title: 'Says in its metadata which resource it is',
  keyword: 'MUST',
  since: '2025-06-18',
  severity: 'critical',
  party: 'mcp-server',
  requirements: ['RFC9728-2-resource-present', 'MCP-prm-resource-identity', 'AUTH0-rs-prm'],
  assurance: 'anonymous',
  needs: ['resourceMetadata'],
  reasons: {
    absent: {
      says: 'The metadata document has no resource, so no client can tell whose document it is.',
      fix: {
        general: 'Add resource to the metadata document, with the URL of the MCP endpoint as users write it.',
      },
    },
    'no-text': {
      says: 'resource in the metadata document is no string with anything in it.',
      fix: { general: 'Write resource as one JSON string: the URL of the MCP endpoint as users write it.' },
    },
  },
  judge({ resourceMetadata }) {
    return judgeDocument(resourceMetadata, ({ document, exchange }) => {
      const { resource } = document;
      const reason = resource === undefined ? 'absent' : 'no-text';
      const right = typeof resource === 'string' && resource !== '';
      const actual = resource === undefined ? 'no resource' : `resource is ${showValue(resource)}`;
      return verdictOf(
        right ? [] : [{ reason, actual }],
        'resource as a string',
        exchange,
        `resource is ${showValue(resource)}`,
      );
    });
  },
  examples: {
    pass: [{ says: 'the endpoint', evidence: golden }],
    fail: {
      absent: { says: 'left out', evidence: withResourceDocument({ resource: undefined }) },
      'no-text': { says: 'a list', evidence: withResourceDocument({ resource: ['https://mcp.example.com/mcp'] }) },
    },
  },
});

export const namesAnAbsoluteResource = defineCheck({
  id: 'resource-metadata/names-an-absolute-resource',
  title: 'Names its resource by an absolute URL',
  keyword: 'MUST',
  since: '2025-06-18',
  severity: 'high',
  party: 'mcp-server',
  requirements: ['RFC9728-1.2-resource-id-https', 'MCP-prm-resource-identity'],
  assurance: 'anonymous',
  needs: ['resourceMetadata'],
  reasons: {
    'no-url': {
      says: 'resource in the metadata document is no absolute URL; clients that read it as one stop here.',
      fix: {
        general: 'Write the whole URL of the MCP endpoint into resource: https://, host and path.',
        auth0: {
          text: 'The identifier of the API has to be that URL as well; it cannot be changed later, so create another API where it is a word or a urn:.',
          dashboard: 'Applications > APIs > Create API > Identifier',
          command: 'auth0 apis create --name "MCP server" --identifier "YOUR_MCP_URL"',
        },
      },
    },
  },
  judge({ resourceMetadata }) {
    return judgeDocument(resourceMetadata, ({ document: { resource }, exchange }) => {
      if (typeof resource !== 'string' || resource === '') {
        return untested('the document has no resource', 'resource as a string', namesItsResource.id);
      }
      const absolute = absoluteUrl(resource) !== undefined;
      const actual = `resource is ${quote(resource)}`;
      return verdictOf(absolute ? [] : [{ reason: 'no-url', actual }], 'an absolute https URL', exchange, actual);
    });
  },
  examples: {
    pass: [{ says: 'absolute', evidence: golden }],
    fail: { 'no-url': { says: 'a host without scheme', evidence: withResourceDocument({ resource: '/mcp' }) } },
  },
});

export const namesAnHttpsResource = defineCheck({
  id: 'resource-metadata/names-an-https-resource',
  title: 'Names its resource by an https URL',
  keyword: 'MUST',
  since: '2025-06-18',
  severity: 'high',
  party: 'mcp-server',
  requirements: ['RFC9728-1.2-resource-id-https', 'MCP-comm-security-tls', 'RFC6750-5.3-tls-required'],
  assurance: 'anonymous',
  needs: ['resourceMetadata'],
  reasons: {
    http: {
      says: 'resource in the metadata document is a plain http URL.',
      fix: {
        general:
          'Write https:// into resource. Behind a proxy that ends TLS, take the URL from configuration, not from the request.',
        auth0: SAME_AS_API,
      },
    },
  },
  judge({ resourceMetadata }, facts) {
    if (facts.server.exposure !== 'public') return notApplicable(laboratory(facts));
    return judgeResource(resourceMetadata, (resource, { protocol }, { exchange }) => {
      const actual = `resource is ${quote(resource)}`;
      return verdictOf(protocol === 'http:' ? [{ reason: 'http', actual }] : [], 'an https URL', exchange, actual);
    });
  },
  examples: {
    pass: [{ says: 'https', evidence: golden }],
    fail: { http: { says: 'http', evidence: withResourceDocument({ resource: 'http://mcp.example.com/mcp' }) } },
  },
});

export const namesAResourceWithoutFragment = defineCheck({
  id: 'resource-metadata/names-a-resource-without-fragment',
  title: 'Names its resource without a fragment',
  keyword: 'MUST',
  since: '2025-06-18',
  severity: 'medium',
  party: 'mcp-server',
  requirements: ['RFC9728-1.2-resource-id-https', 'MCP-prm-resource-identity'],
  assurance: 'anonymous',
  needs: ['resourceMetadata'],
  reasons: {
    fragment: {
      says: 'resource in the metadata document has a fragment, which no request can carry.',
      fix: { general: 'Take # and what follows it out of resource.', auth0: SAME_AS_API },
    },
  },
  judge({ resourceMetadata }) {
    return judgeResource(resourceMetadata, (resource, _, { exchange }) => {
      const actual = `resource is ${quote(resource)}`;
      return verdictOf(
        resource.includes('#') ? [{ reason: 'fragment', actual }] : [],
        'a URL without #',
        exchange,
        actual,
      );
    });
  },
  examples: {
    pass: [{ says: 'no fragment', evidence: golden }],
    fail: {
      fragment: {
        says: 'a fragment',
        evidence: withResourceDocument({ resource: 'https://mcp.example.com/mcp#tools' }),
      },
    },
  },
});

export const namesAResourceWithoutQuery = defineCheck({
  id: 'resource-metadata/names-a-resource-without-query',
  title: 'Names its resource without a query',
  keyword: 'SHOULD',
  since: '2025-06-18',
  severity: 'low',
  party: 'mcp-server',
  requirements: ['RFC9728-1.2-resource-no-query'],
  assurance: 'anonymous',
  needs: ['resourceMetadata'],
  reasons: {
    query: {
      says: 'resource in the metadata document has a query.',
      fix: {
        general:
          'Take ? and what follows it out of resource, and tell tenants or versions apart by the path of the endpoint.',
        auth0: SAME_AS_API,
      },
    },
  },
  judge({ resourceMetadata }) {
    return judgeResource(resourceMetadata, (resource, _, { exchange }) => {
      const actual = `resource is ${quote(resource)}`;
      const [withoutFragment] = resource.split('#');
      return verdictOf(
        withoutFragment!.includes('?') ? [{ reason: 'query', actual }] : [],
        'a URL without ?',
        exchange,
        actual,
      );
    });
  },
  examples: {
    pass: [{ says: 'no query', evidence: golden }],
    fail: {
      query: { says: 'a query', evidence: withResourceDocument({ resource: 'https://mcp.example.com/mcp?tenant=a' }) },
    },
  },
});

export const resourceChecks = [
  namesItsResource,
  namesAnAbsoluteResource,
  namesAnHttpsResource,
  namesAResourceWithoutFragment,
  namesAResourceWithoutQuery,
];
