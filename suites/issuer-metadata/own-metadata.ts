import { mediaType } from '../../fixtures/protocol/answers.ts';
import { BYTE_ORDER_MARK } from '../../fixtures/protocol/documents.ts';
import { absoluteUrl } from '../../fixtures/protocol/urls.ts';
import { quote } from '../challenge/refusals.ts';
import { defineCheck, fail, notApplicable, pass } from '../check.ts';
import { laboratory } from '../delivery.ts';
import { showMember as show, usesAuthorizationEndpoint, usesTokenEndpoint } from './documents/document.ts';
import { json, judgeOwn, NEEDS, OWN_DOCUMENT, owning, PASSES, withOwnMetadata } from './own-origin-evidence.ts';
import { mistyped } from './schema.ts';

/** The host of an identifier, with its port; its scheme and a slash at its end are not compared here. */
const hostIn = (issuer: string) => {
  const url = absoluteUrl(issuer);
  return url === undefined || url.pathname !== '/' || url.search !== '' ? undefined : url.host;
};

export const namesItsOwnOriginAsIssuer = defineCheck({
  id: 'issuer-metadata/names-its-own-origin-as-issuer',
  title: 'Names its own origin as the issuer of its metadata',
  keyword: 'MUST',
  until: '2025-03-26',
  severity: 'medium',
  party: 'mcp-server',
  requirements: ['RFC8414-3.3-issuer-identical', 'MCP-march-metadata-at-origin'],
  assurance: 'anonymous',
  needs: NEEDS,
  reasons: {
    missing: {
      says: 'The metadata at the server’s own origin has no issuer.',
      fix: { general: 'Add issuer: the origin of the server, such as "https://mcp.example.com", as a string.' },
    },
    other: {
      says: 'The metadata at the server’s own origin names another issuer; clients that compare as RFC 8414 says refuse it.',
      fix: {
        general:
          'Set issuer to the origin the document is served from. To pass the metadata of a separate authorization server on to clients, serve RFC 9728 resource metadata that names it, and speak a later revision.',
      },
      // Metadata of a separate server passed on is common in 2025-03-26, and clients of that time take it.
      keyword: 'SHOULD',
    },
  },
  judge: (evidence, { server }) =>
    judgeOwn(evidence, ({ issuer }, { id }) => {
      const { origin, host } = new URL(server.url);
      const at = [id];
      if (typeof issuer !== 'string') {
        return fail([
          { reason: 'missing', expected: origin, actual: `issuer: ${JSON.stringify(issuer) ?? 'none'}`, at },
        ]);
      }
      if (hostIn(issuer) !== host) {
        return fail([{ reason: 'other', expected: origin, actual: `issuer: ${quote(issuer)}`, at }]);
      }
      return pass(`issuer: ${quote(issuer)}`);
    }),
  examples: {
    pass: PASSES,
    fail: {
      missing: { says: 'none', evidence: owning({ issuer: undefined }) },
      other: { says: 'the tenant', evidence: owning({ issuer: 'https://tenant.example.com/' }) },
    },
  },
});

export const namesEndpointsInItsOwnMetadata = defineCheck({
  id: 'issuer-metadata/names-endpoints-in-its-own-metadata',
  title: 'Names the endpoints in the metadata at its own origin',
  keyword: 'MUST',
  until: '2025-03-26',
  severity: 'high',
  party: 'mcp-server',
  requirements: ['RFC8414-2-core-endpoints'],
  assurance: 'anonymous',
  needs: NEEDS,
  reasons: {
    'no-authorization-endpoint': {
      says: 'The metadata at the server’s own origin has no authorization_endpoint that is a URL, so no user can be sent anywhere.',
      fix: { general: 'Add authorization_endpoint with the whole https URL of the endpoint.' },
    },
    'no-token-endpoint': {
      says: 'The metadata at the server’s own origin has no token_endpoint that is a URL, so no code becomes a token.',
      fix: { general: 'Add token_endpoint with the whole https URL of the endpoint.' },
    },
  },
  judge: (evidence) =>
    judgeOwn(evidence, (document, { id }) => {
      const rows = [
        {
          name: 'authorization_endpoint',
          needed: usesAuthorizationEndpoint(document),
          reason: 'no-authorization-endpoint',
        },
        { name: 'token_endpoint', needed: usesTokenEndpoint(document), reason: 'no-token-endpoint' },
      ] as const;
      const findings = rows
        .filter(({ name, needed }) => {
          const value = document[name];
          return needed && absoluteUrl(value) === undefined;
        })
        .map(({ name, reason }) => ({
          reason,
          expected: `${name}: an absolute URL`,
          actual: `${name}: ${JSON.stringify(document[name]) ?? 'none'}`,
          at: [id],
        }));
      return findings.length > 0
        ? fail(findings)
        : pass(rows.map(({ name }) => `${name}: ${JSON.stringify(document[name]) ?? 'none'}`).join(', '));
    }),
  examples: {
    pass: PASSES,
    fail: {
      'no-authorization-endpoint': { says: 'none', evidence: owning({ authorization_endpoint: undefined }) },
      'no-token-endpoint': { says: 'a path', evidence: owning({ token_endpoint: '/token' }) },
    },
  },
});

export const namesHttpsEndpointsInItsOwnMetadata = defineCheck({
  id: 'issuer-metadata/names-https-endpoints-in-its-own-metadata',
  title: 'Names the endpoints in the metadata at its own origin by https URLs',
  keyword: 'MUST',
  until: '2025-03-26',
  severity: 'critical',
  party: 'mcp-server',
  requirements: ['MCP-as-https-endpoints', 'OAUTH21-1.5-https-all'],
  assurance: 'anonymous',
  needs: NEEDS,
  reasons: {
    http: {
      says: 'The metadata at the server’s own origin names an endpoint, key set or issuer by plain http, so codes and tokens cross the network unprotected.',
      fix: {
        general:
          'Write https:// into issuer, jwks_uri and every …_endpoint. Behind a proxy that ends TLS, build them from configuration, not from the request.',
      },
    },
  },
  judge: (evidence, facts) =>
    judgeOwn(evidence, (document, { id }) => {
      if (facts.server.exposure !== 'public') return notApplicable(laboratory(facts));
      const plain = Object.entries(document).filter(
        ([name, value]) => /^(issuer|jwks_uri|.*_endpoint)$/.test(name) && /^http:/i.test(String(value)),
      );
      if (plain.length === 0) return pass('no endpoint is named by plain http');
      const actual = plain.map(([name, value]) => `${name}: ${quote(String(value))}`).join(', ');
      return fail([{ reason: 'http', expected: 'https URLs', actual, at: [id] }]);
    }),
  examples: {
    pass: PASSES,
    fail: { http: { says: 'a token endpoint', evidence: owning({ token_endpoint: 'http://mcp.example.com/token' }) } },
  },
});

export const offersAGrantInItsOwnMetadata = defineCheck({
  id: 'issuer-metadata/offers-a-grant-in-its-own-metadata',
  title: 'Offers a grant of MCP in the metadata at its own origin',
  // The revision gives both grants as examples of what may fit the audience, so nothing here can be wrong.
  keyword: 'ADVICE',
  until: '2025-03-26',
  severity: 'low',
  party: 'mcp-server',
  requirements: ['MCP-march-grant-types'],
  assurance: 'anonymous',
  needs: NEEDS,
  reasons: {
    'unfamiliar-only': {
      says: 'The metadata at the server’s own origin lists neither the authorization code grant nor client credentials; common MCP clients know no other.',
      fix: {
        general:
          'List what the token endpoint accepts in grant_types_supported: authorization_code for people, client_credentials for machines; or leave it out, which stands for authorization_code.',
      },
    },
  },
  judge: (evidence) =>
    judgeOwn(evidence, ({ grant_types_supported: grants }, { id }) => {
      if (!Array.isArray(grants) || grants.length === 0)
        return pass('grant_types_supported names none, which stands for authorization_code');
      const actual = `grant_types_supported: ${JSON.stringify(grants)}`;
      if (['authorization_code', 'client_credentials'].some((grant) => grants.includes(grant))) return pass(actual);
      return fail([
        { reason: 'unfamiliar-only', expected: 'authorization_code or client_credentials', actual, at: [id] },
      ]);
    }),
  examples: {
    pass: PASSES,
    fail: {
      'unfamiliar-only': {
        says: 'devices',
        evidence: owning({ grant_types_supported: ['urn:ietf:params:oauth:grant-type:device_code'] }),
      },
    },
  },
});

const FOLLOWS = 'issuer-metadata/follows-rfc-8414-in-its-own-metadata';
type Flaw = 'other-type' | 'byte-order-mark' | 'mistyped' | 'empty-list' | 'no-response-types' | 'no-key-set-url';

/** Judged by the check of the endpoints or the issuer, with the same outcome. */
const JUDGED_APART: readonly string[] = ['issuer', 'authorization_endpoint', 'token_endpoint'];

export const followsRfc8414InItsOwnMetadata = defineCheck({
  id: FOLLOWS,
  title: 'Follows RFC 8414 in the metadata at its own origin',
  keyword: 'MUST',
  until: '2025-03-26',
  severity: 'medium',
  party: 'mcp-server',
  requirements: ['RFC8414-3.2-status-and-type', 'RFC8414-3.2-no-empty-arrays', 'RFC8414-2-response-types-supported'],
  assurance: 'anonymous',
  needs: NEEDS,
  reasons: {
    'other-type': {
      says: 'The metadata at the server’s own origin is JSON, but its media type is not application/json.',
      fix: { general: 'Send Content-Type: application/json with the document.' },
    },
    'byte-order-mark': {
      says: 'The metadata at the server’s own origin begins with a byte order mark.',
      fix: { general: 'Save or send the document as UTF-8 without a byte order mark (RFC 8259 8.1).' },
    },
    mistyped: {
      says: 'A member of the metadata at the server’s own origin has another type than its definition; typed clients refuse the document.',
      fix: {
        general:
          'Write lists as JSON arrays of strings, also for one value, URLs as strings, and flags as true or false.',
      },
    },
    'empty-list': {
      says: 'The metadata at the server’s own origin has an empty list, which has to be left out.',
      fix: { general: 'Leave the member out when there is nothing to list.' },
    },
    'no-response-types': {
      says: 'The metadata at the server’s own origin has no response_types_supported, which is required; typed clients refuse the document.',
      fix: { general: 'Add "response_types_supported": ["code"].' },
    },
    'no-key-set-url': {
      says: 'jwks_uri in the metadata at the server’s own origin is no absolute URL.',
      fix: { general: 'Write the whole https URL of the JWK set into jwks_uri, or leave it out.' },
    },
  },
  judge: (evidence) =>
    judgeOwn(evidence, (document, { answer, id }) => {
      const type = mediaType(answer);
      const empty = Object.entries(document).filter(([, value]) => Array.isArray(value) && value.length === 0);
      const wrong = mistyped(document).filter(({ member }) => !JUDGED_APART.includes(member));
      const isPath = typeof document.jwks_uri === 'string' && absoluteUrl(document.jwks_uri) === undefined;
      const flaws: readonly (readonly [Flaw, boolean, expected: string, actual: string])[] = [
        ['other-type', type !== 'application/json', 'application/json', type || 'no Content-Type'],
        ['byte-order-mark', answer?.body.startsWith(BYTE_ORDER_MARK) === true, 'no U+FEFF', 'it begins with U+FEFF'],
        [
          'mistyped',
          wrong.length > 0,
          'members of their types',
          wrong.map((each) => show(document, each.member)).join(),
        ],
        ['empty-list', empty.length > 0, 'lists with values', empty.map(([member]) => show(document, member)).join()],
        [
          'no-response-types',
          document.response_types_supported === undefined,
          'response_types_supported',
          'no response_types_supported',
        ],
        ['no-key-set-url', isPath, 'an absolute https URL', show(document, 'jwks_uri')],
      ];
      const findings = flaws.flatMap(([reason, holds, expected, actual]) =>
        holds ? [{ reason, expected, actual, at: [id] }] : [],
      );
      return findings.length > 0 ? fail(findings) : pass(`${Object.keys(document).length} members`);
    }),
  examples: {
    pass: PASSES,
    fail: {
      'other-type': {
        says: 'text/plain',
        evidence: withOwnMetadata({
          'server-origin': { ...json(OWN_DOCUMENT), headers: { 'Content-Type': 'text/plain' } },
        }),
      },
      'byte-order-mark': {
        says: 'a mark',
        evidence: withOwnMetadata({
          'server-origin': { ...json(OWN_DOCUMENT), body: `${BYTE_ORDER_MARK}${JSON.stringify(OWN_DOCUMENT)}` },
        }),
      },
      mistyped: { says: 'scopes in one string', evidence: owning({ scopes_supported: 'openid' }) },
      'empty-list': { says: 'no grants', evidence: owning({ grant_types_supported: [] }) },
      'no-response-types': { says: 'none', evidence: owning({ response_types_supported: undefined }) },
      'no-key-set-url': { says: 'a path', evidence: owning({ jwks_uri: '/jwks.json' }) },
    },
  },
});

/** What the document says that a server of 2025-03-26 publishes of itself. */
export const ownMetadataChecks = [
  namesItsOwnOriginAsIssuer,
  namesEndpointsInItsOwnMetadata,
  namesHttpsEndpointsInItsOwnMetadata,
  offersAGrantInItsOwnMetadata,
  followsRfc8414InItsOwnMetadata,
];
