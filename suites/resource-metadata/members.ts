import { quote } from '../challenge/refusals.ts';
import { defineCheck } from '../check.ts';
import { golden } from '../golden.ts';
import { judgeDocument, OWN_TYPES, schemaBreaks, showValue, verdictOf, withResourceDocument } from './documents.ts';
import { breakages } from './schema.ts';

/** Members whose types are the business of checks of their own. */
const OWN_CHECK = ['resource', 'authorization_servers'];

const WRONG = { string: 'no-string', array: 'no-array', boolean: 'no-boolean' } as const;
type Wanted = keyof typeof WRONG;

export const givesMembersTheirTypes = defineCheck({
  id: OWN_TYPES,
  title: 'Gives each member of its metadata the type it has',
  keyword: 'MUST',
  since: '2025-06-18',
  severity: 'medium',
  party: 'mcp-server',
  requirements: ['RFC9728-3.2-status-and-type', 'PRACTICE-resource-metadata-types'],
  assurance: 'anonymous',
  needs: ['resourceMetadata'],
  reasons: {
    'no-array': {
      says: 'A member of the metadata document that is a list by definition holds something else; typed clients refuse the whole document.',
      fix: { general: 'Write the member as a JSON array of strings, also for one value.' },
    },
    'no-string': {
      says: 'A member of the metadata document, or an entry of one of its lists, that is a string by definition holds something else; typed clients refuse the whole document.',
      fix: { general: 'Write the value as one JSON string.' },
    },
    'no-boolean': {
      says: 'A member of the metadata document that is true or false by definition holds something else; typed clients refuse the whole document.',
      fix: { general: 'Write true or false, without quotation marks.' },
    },
  },
  judge({ resourceMetadata }) {
    return judgeDocument(resourceMetadata, ({ document, exchange }) => {
      const breaches = schemaBreaks(document, 'type')
        .filter(({ member, inside, value }) => !OWN_CHECK.includes(member) && (inside || value !== null))
        .map(({ member, inside, value, wanted }) => ({
          reason: WRONG[wanted as Wanted],
          actual: `${member} ${inside ? 'has' : 'is'} ${showValue(value)}`,
        }));
      return verdictOf(
        breaches,
        'the types of RFC 9728, section 2',
        exchange,
        `${Object.keys(document).length} members`,
      );
    });
  },
  examples: {
    pass: [{ says: 'as defined', evidence: golden }],
    fail: {
      'no-array': { says: 'scopes in one string', evidence: withResourceDocument({ scopes_supported: 'mcp:tools' }) },
      'no-string': { says: 'a number as name', evidence: withResourceDocument({ resource_name: 7 }) },
      'no-boolean': {
        says: 'a string for true',
        evidence: withResourceDocument({ dpop_bound_access_tokens_required: 'true' }),
      },
    },
  },
});

export const omitsMembersWithoutValues = defineCheck({
  id: 'resource-metadata/omits-members-without-values',
  title: 'Leaves members without values out of its metadata',
  keyword: 'MUST',
  since: '2025-06-18',
  severity: 'low',
  party: 'mcp-server',
  requirements: ['RFC9728-3.2-no-empty-params'],
  assurance: 'anonymous',
  needs: ['resourceMetadata'],
  reasons: {
    'empty-array': {
      says: 'A member of the metadata document is an empty list where it has to be left out.',
      fix: { general: 'Leave the member out when there is nothing to list.' },
    },
    null: {
      says: 'A member of the metadata document is null where it is to be left out; typed clients refuse the whole document.',
      keyword: 'SHOULD',
      fix: {
        general: 'Leave members without a value out when the document is written (exclude_none, omitempty, NON_NULL).',
      },
    },
  },
  judge({ resourceMetadata }) {
    return judgeDocument(resourceMetadata, ({ document, exchange }) => {
      const found = breakages(document).filter(({ member, inside }) => !OWN_CHECK.includes(member) && !inside);
      const breaches = [
        ...found
          .filter(({ rule: broke }) => broke === 'minItems')
          .map(({ member }) => ({ reason: 'empty-array' as const, actual: `${member} is []` })),
        ...found
          .filter(({ value }) => value === null)
          .map(({ member }) => ({ reason: 'null' as const, actual: `${member} is null` })),
      ];
      return verdictOf(
        breaches,
        'members with a value',
        exchange,
        `${Object.keys(document).length} members with values`,
      );
    });
  },
  examples: {
    pass: [{ says: 'with values', evidence: golden }],
    fail: {
      'empty-array': { says: 'no scopes', evidence: withResourceDocument({ scopes_supported: [] }) },
      null: { says: 'no documentation', evidence: withResourceDocument({ resource_documentation: null }) },
    },
  },
});

export const linksToPagesByWebUrls = defineCheck({
  id: 'resource-metadata/links-to-pages-by-web-urls',
  title: 'Links to its documentation and policies by web URLs',
  keyword: 'SHOULD',
  since: '2025-06-18',
  severity: 'low',
  party: 'mcp-server',
  requirements: ['PRACTICE-resource-metadata-pages'],
  assurance: 'anonymous',
  needs: ['resourceMetadata'],
  reasons: {
    'no-web-url': {
      says: 'A page that the metadata document shows to people is named by something else than an http or https URL.',
      fix: {
        general:
          'Write whole URLs with https:// into resource_documentation, resource_policy_uri and resource_tos_uri, or leave them out: clients show them as links.',
      },
    },
  },
  judge({ resourceMetadata }) {
    return judgeDocument(resourceMetadata, ({ document, exchange }) => {
      const breaches = schemaBreaks(document, 'format')
        .filter(({ member }) => member !== 'jwks_uri')
        .map(({ member, value }) => ({
          reason: 'no-web-url' as const,
          actual: `${member} is ${quote(String(value))}`,
        }));
      return verdictOf(breaches, 'http or https URLs', exchange, 'every page that is named has a web URL');
    });
  },
  examples: {
    pass: [
      { says: 'none is named', evidence: golden },
      { says: 'a URL', evidence: withResourceDocument({ resource_documentation: 'https://mcp.example.com/docs' }) },
    ],
    fail: {
      'no-web-url': { says: 'a script', evidence: withResourceDocument({ resource_tos_uri: 'javascript:alert(1)' }) },
    },
  },
});

export const memberChecks = [givesMembersTheirTypes, omitsMembersWithoutValues, linksToPagesByWebUrls];
