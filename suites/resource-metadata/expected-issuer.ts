import { absoluteUrl } from '../../fixtures/protocol/urls.ts';
import { quote } from '../challenge/refusals.ts';
import { checks, defineCheck, outOfScope, type Verdict } from '../check.ts';
import { golden, RESOURCE_DOCUMENT } from '../golden.ts';
import { judgeIssuers } from './authorization-servers.ts';
import { withResourceDocument } from './documents.ts';

const [expectedIssuer] = RESOURCE_DOCUMENT.authorization_servers as [string];

export const namesTheExpectedIssuer = defineCheck({
  id: 'resource-metadata/names-the-expected-issuer',
  settings: ['issuer.expect'],
  title: 'Names the authorization server that the operator means',
  keyword: 'MUST',
  since: '2025-06-18',
  severity: 'critical',
  party: 'mcp-server',
  requirements: ['MCP-prm-authorization-servers', 'RFC9728-2-authorization-servers', 'AUTH0-rs-prm'],
  assurance: 'anonymous',
  needs: ['resourceMetadata'],
  reasons: {
    another: {
      says: 'The metadata document sends users to another authorization server than the one that the operator means.',
      fix: {
        general:
          'Put that issuer into authorization_servers: see which environment the server took its configuration from. Where the other one is meant, write it as issuer.expect into the profile.',
        auth0: {
          text: 'authorization_servers holds the tenant of this environment, https://YOUR_DOMAIN/ with the slash at the end, or its custom domain where users sign in there.',
          dashboard: 'Applications > Applications > YOUR_APP > Settings > Domain',
        },
      },
    },
  },
  judge({ resourceMetadata }, { expectedIssuer: meant }): Verdict<'another'> {
    if (meant === undefined) {
      return outOfScope('the profile does not say which authorization server is meant', 'issuer.expect');
    }
    return judgeIssuers(resourceMetadata, quote(meant), (named) =>
      named.some((issuer) => withoutSpelling(issuer) === withoutSpelling(meant))
        ? []
        : [{ reason: 'another', actual: `authorization_servers names ${quote(named.join(', '))}` }],
    );
  },
  examples: {
    pass: [{ says: 'the tenant that is meant', evidence: golden, facts: { expectedIssuer } }],
    fail: {
      another: {
        says: 'the tenant of another environment',
        evidence: withResourceDocument({ authorization_servers: ['https://staging.example.com/'] }),
        facts: { expectedIssuer },
      },
    },
  },
});

/**
 * Scheme, slash at the end, query, and the URL of metadata in place of the issuer have checks of their own, which go by
 * the issuer's own metadata.
 */
function withoutSpelling(issuer: string): string {
  const url = absoluteUrl(issuer);
  return url === undefined ? issuer : `${url.host}${url.pathname.replace(WELL_KNOWN, '').replace(/\/$/, '')}`;
}

const WELL_KNOWN = /\/\.well-known\/(?:openid-configuration|oauth-authorization-server)/;

export const expectedIssuerChecks = checks(namesTheExpectedIssuer);
