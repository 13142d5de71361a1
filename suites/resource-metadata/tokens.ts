import { quote } from '../challenge/refusals.ts';
import { defineCheck } from '../check.ts';
import { golden } from '../golden.ts';
import { judgeDocument, listOf, schemaBreaks, showValue, verdictOf, withResourceDocument } from './documents.ts';

const METHODS = 'bearer_methods_supported';

export const saysThatTheHeaderTakesTokens = defineCheck({
  id: 'resource-metadata/says-that-the-header-takes-tokens',
  title: 'Says that it takes tokens in the Authorization field',
  keyword: 'MUST',
  since: '2025-06-18',
  severity: 'medium',
  party: 'mcp-server',
  requirements: ['RFC9728-2-bearer-methods', 'RFC6750-2.1-header-supported'],
  assurance: 'anonymous',
  needs: ['resourceMetadata'],
  reasons: {
    'no-header': {
      says: 'bearer_methods_supported of the metadata document leaves out header, the one way in which MCP clients send tokens.',
      fix: { general: 'Write ["header"] into bearer_methods_supported, or leave the member out.' },
    },
    none: {
      says: 'bearer_methods_supported of the metadata document is empty, which says that no bearer token is taken.',
      // RFC 9728 2 has the empty list for resources that take tokens in another way, bound to a key say.
      keyword: 'SHOULD',
      fix: { general: 'Write ["header"] into bearer_methods_supported, or leave the member out.' },
    },
  },
  judge({ resourceMetadata }) {
    return judgeDocument(resourceMetadata, ({ document, exchange }) => {
      const methods = listOf(document, METHODS);
      if ('kind' in methods) return methods;
      const reason = methods.length === 0 ? ('none' as const) : ('no-header' as const);
      const actual = `${METHODS} is ${showValue(methods)}`;
      return verdictOf(methods.includes('header') ? [] : [{ reason, actual }], '["header"]', exchange, actual);
    });
  },
  examples: {
    pass: [{ says: 'header', evidence: golden }],
    fail: {
      'no-header': { says: 'body alone', evidence: withResourceDocument({ [METHODS]: ['body'] }) },
      none: { says: 'empty', evidence: withResourceDocument({ [METHODS]: [] }) },
    },
  },
});

export const offersNoTokensInTheQuery = defineCheck({
  id: 'resource-metadata/offers-no-tokens-in-the-query',
  title: 'Offers no tokens in the query',
  // RFC 9728 2 defines the value; MCP and OAuth 2.1 forbid clients its use.
  keyword: 'SHOULD',
  since: '2025-06-18',
  severity: 'medium',
  party: 'mcp-server',
  requirements: ['RFC9728-2-bearer-methods', 'MCP-token-query-refused', 'RFC6750-2.3-query-method'],
  assurance: 'anonymous',
  needs: ['resourceMetadata'],
  reasons: {
    query: {
      says: 'The metadata document offers to take tokens in the query, from where they get into logs and histories.',
      fix: {
        general: 'Take query out of bearer_methods_supported, and do not look for a token in the query of a request.',
      },
    },
  },
  judge({ resourceMetadata }) {
    return judgeDocument(resourceMetadata, ({ document, exchange }) => {
      const methods = listOf(document, METHODS);
      if ('kind' in methods) return methods;
      const actual = `${METHODS} is ${showValue(methods)}`;
      const breaches = methods.includes('query') ? [{ reason: 'query' as const, actual }] : [];
      return verdictOf(breaches, 'a list without query', exchange, actual);
    });
  },
  examples: {
    pass: [{ says: 'header alone', evidence: golden }],
    fail: { query: { says: 'query too', evidence: withResourceDocument({ [METHODS]: ['header', 'query'] }) } },
  },
});

export const usesKnownBearerMethods = defineCheck({
  id: 'resource-metadata/uses-known-bearer-methods',
  title: 'Uses the defined names of ways to send a token',
  keyword: 'SHOULD',
  since: '2025-06-18',
  severity: 'low',
  party: 'mcp-server',
  requirements: ['RFC9728-2-bearer-methods'],
  assurance: 'anonymous',
  needs: ['resourceMetadata'],
  reasons: {
    unknown: {
      says: 'bearer_methods_supported of the metadata document has a value that is none of header, body and query.',
      fix: {
        general: 'Write header, in lower case, for tokens in the Authorization field, and remove what else is there.',
      },
    },
  },
  judge({ resourceMetadata }) {
    return judgeDocument(resourceMetadata, ({ document, exchange }) => {
      const methods = listOf(document, METHODS);
      if ('kind' in methods) return methods;
      const breaches = schemaBreaks(document, 'enum', METHODS).map(({ value }) => ({
        reason: 'unknown' as const,
        actual: `${METHODS} has ${quote(String(value))}`,
      }));
      return verdictOf(breaches, 'header, body or query', exchange, `${METHODS} is ${showValue(methods)}`);
    });
  },
  examples: {
    pass: [{ says: 'header', evidence: golden }],
    fail: { unknown: { says: 'dpop', evidence: withResourceDocument({ [METHODS]: ['header', 'dpop'] }) } },
  },
});

export const tokenChecks = [saysThatTheHeaderTakesTokens, offersNoTokensInTheQuery, usesKnownBearerMethods];
