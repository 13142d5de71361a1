import { quote } from '../challenge/refusals.ts';
import { defineCheck, notApplicable, untested } from '../check.ts';
import { golden, goldenFacts } from '../golden.ts';
import { judgeDocument, listOf, schemaBreaks, showValue, verdictOf, withResourceDocument } from './documents.ts';

/** Scopes of OpenID Connect (OIDC Core 5.4, 11): they are about the user, not about a resource. */
const OPENID_SCOPES = ['openid', 'profile', 'email', 'address', 'phone', 'offline_access'];

const API_SCOPES = {
  text: 'Define the scopes as permissions of the API, and list those here.',
  dashboard: 'Applications > APIs > YOUR_API > Permissions',
} as const;

export const listsItsScopes = defineCheck({
  id: 'resource-metadata/lists-its-scopes',
  title: 'Lists its scopes',
  keyword: 'SHOULD',
  since: '2025-06-18',
  severity: 'low',
  party: 'mcp-server',
  requirements: ['RFC9728-2-scopes-supported'],
  assurance: 'anonymous',
  needs: ['resourceMetadata'],
  reasons: {
    absent: {
      says: 'The metadata document has no scopes_supported, so a client that the challenge tells no scope asks for none or for all.',
      fix: {
        general:
          'Add scopes_supported to the metadata document, with the scopes that basic use needs. If there are none, say so in the profile: server.scopes: [].',
        auth0: API_SCOPES,
      },
    },
  },
  judge({ resourceMetadata }, { server }) {
    if (server.scopes?.length === 0) return notApplicable('the operator says that there are no scopes');
    return judgeDocument(resourceMetadata, ({ document: { scopes_supported: scopes }, exchange }) =>
      verdictOf(
        scopes === undefined ? [{ reason: 'absent', actual: 'no scopes_supported' }] : [],
        'scopes_supported',
        exchange,
        `scopes_supported is ${showValue(scopes)}`,
      ),
    );
  },
  examples: {
    pass: [{ says: 'listed', evidence: golden }],
    fail: { absent: { says: 'left out', evidence: withResourceDocument({ scopes_supported: undefined }) } },
  },
});

export const listsWellFormedScopes = defineCheck({
  id: 'resource-metadata/lists-well-formed-scopes',
  title: 'Lists one well-formed scope token an entry',
  keyword: 'MUST',
  since: '2025-06-18',
  severity: 'medium',
  party: 'mcp-server',
  requirements: ['RFC9728-2-scopes-supported', 'PRACTICE-scope-token-grammar'],
  assurance: 'anonymous',
  needs: ['resourceMetadata'],
  reasons: {
    'several-in-one': {
      says: 'An entry of scopes_supported holds several scopes with spaces between them.',
      fix: { general: 'Write each scope as a string of its own into scopes_supported.' },
    },
    'bad-character': {
      says: 'An entry of scopes_supported has a character that no scope may have, or none at all.',
      fix: {
        general:
          'Write scopes with printable ASCII only, without quotation marks and backslashes, and rename those at the authorization server that have others.',
      },
    },
  },
  judge({ resourceMetadata }) {
    return judgeDocument(resourceMetadata, ({ document, exchange }) => {
      const scopes = listOf(document, 'scopes_supported');
      if ('kind' in scopes) return scopes;
      const breaches = schemaBreaks(document, 'pattern', 'scopes_supported').map(({ value }) => ({
        reason: /^[\x20\x21\x23-\x5b\x5d-\x7e]+$/.test(String(value).trim())
          ? ('several-in-one' as const)
          : ('bad-character' as const),
        actual: `scopes_supported has ${quote(String(value))}`,
      }));
      return verdictOf(breaches, 'one scope token an entry', exchange, `scopes_supported is ${showValue(scopes)}`);
    });
  },
  examples: {
    pass: [{ says: 'tokens', evidence: golden }],
    fail: {
      'several-in-one': {
        says: 'two in one string',
        evidence: withResourceDocument({ scopes_supported: ['mcp:tools mcp:identity'] }),
      },
      'bad-character': {
        says: 'a quotation mark',
        evidence: withResourceDocument({ scopes_supported: ['"mcp:tools"'] }),
      },
    },
  },
});

export const leavesOfflineAccessOut = defineCheck({
  id: 'resource-metadata/leaves-offline-access-out',
  title: 'Leaves offline_access out of its scopes',
  keyword: 'SHOULD',
  since: '2026-07-28',
  severity: 'low',
  party: 'mcp-server',
  requirements: ['MCP-rs-no-offline-access-prm'],
  assurance: 'anonymous',
  needs: ['resourceMetadata'],
  reasons: {
    'offline-access': {
      says: 'scopes_supported of the metadata document has offline_access, though no resource needs a refresh token.',
      fix: {
        general:
          'Take offline_access out of scopes_supported; clients that want refresh tokens find it in the metadata of the authorization server.',
        auth0: {
          text: 'Whether refresh tokens are issued for the API is set at the API, not here.',
          dashboard: 'Applications > APIs > YOUR_API > Settings > Allow Offline Access',
        },
      },
    },
  },
  judge({ resourceMetadata }) {
    return judgeDocument(resourceMetadata, ({ document, exchange }) => {
      const scopes = listOf(document, 'scopes_supported');
      if ('kind' in scopes) return scopes;
      const actual = `scopes_supported is ${showValue(scopes)}`;
      const breaches = scopes.includes('offline_access') ? [{ reason: 'offline-access' as const, actual }] : [];
      return verdictOf(breaches, 'scopes without offline_access', exchange, actual);
    });
  },
  examples: {
    pass: [{ says: 'left out', evidence: golden, facts: goldenFacts }],
    fail: {
      'offline-access': {
        says: 'listed',
        evidence: withResourceDocument({ scopes_supported: ['mcp:tools', 'offline_access'] }),
      },
    },
  },
});

export const listsScopesOfItsOwn = defineCheck({
  id: 'resource-metadata/lists-scopes-of-its-own',
  title: 'Lists scopes of its own besides those of OpenID Connect',
  keyword: 'ADVICE',
  since: '2025-06-18',
  severity: 'low',
  party: 'mcp-server',
  requirements: ['AUTH0-userinfo-scopes-prm'],
  assurance: 'anonymous',
  needs: ['resourceMetadata'],
  reasons: {
    'openid-only': {
      says: 'scopes_supported of the metadata document has scopes of OpenID Connect only, which say nothing about access to this server.',
      fix: {
        general:
          'List the scopes that guard your tools, and leave openid, profile and email to the authorization server.',
        auth0: {
          ...API_SCOPES,
          text: 'Third-party applications in strict mode get no openid, profile and email at all: define scopes as permissions of the API and list those.',
        },
      },
    },
  },
  judge({ resourceMetadata }) {
    return judgeDocument(resourceMetadata, ({ document, exchange }) => {
      const scopes = listOf(document, 'scopes_supported');
      if ('kind' in scopes) return scopes;
      if (scopes.length === 0) {
        return untested('scopes_supported is empty', 'a scope', 'resource-metadata/omits-members-without-values');
      }
      const actual = `scopes_supported is ${showValue(scopes)}`;
      const own = scopes.filter((scope) => !OPENID_SCOPES.includes(scope));
      return verdictOf(
        own.length === 0 ? [{ reason: 'openid-only', actual }] : [],
        'a scope of its own',
        exchange,
        actual,
      );
    });
  },
  examples: {
    pass: [{ says: 'a scope of its own', evidence: golden }],
    fail: {
      'openid-only': {
        says: 'openid and profile',
        evidence: withResourceDocument({ scopes_supported: ['openid', 'profile'] }),
      },
    },
  },
});

export const scopeChecks = [listsItsScopes, listsWellFormedScopes, leavesOfflineAccessOut, listsScopesOfItsOwn];
