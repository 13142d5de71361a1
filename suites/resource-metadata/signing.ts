import { absoluteUrl } from '../../fixtures/protocol/urls.ts';
import { quote } from '../challenge/refusals.ts';
import { defineCheck, notApplicable, untested } from '../check.ts';
import { laboratory } from '../delivery.ts';
import { exampleJwt, signedMetadataFlaws } from '../signed-metadata.ts';
import {
  judgeDocument,
  listOf,
  schemaBreaks,
  showValue,
  textOf,
  verdictOf,
  withResourceDocument,
} from './documents.ts';

const JWKS_URI = 'resource-metadata/names-its-key-set-by-a-url';

export const namesItsKeySetByAUrl = defineCheck({
  id: JWKS_URI,
  title: 'Names its own key set by an absolute URL',
  keyword: 'MUST',
  since: '2025-06-18',
  severity: 'low',
  party: 'mcp-server',
  pillar: 'signing-key-retrieval',
  requirements: ['RFC9728-2-jwks-uri-https'],
  assurance: 'anonymous',
  needs: ['resourceMetadata'],
  reasons: {
    'no-url': {
      says: 'jwks_uri of the metadata document is no absolute URL.',
      fix: {
        general:
          'Leave jwks_uri out: it is for keys of the MCP server itself, and those of the authorization server stand in the metadata of that. A server with keys of its own writes the whole URL.',
      },
    },
  },
  judge({ resourceMetadata }) {
    return judgeDocument(resourceMetadata, ({ document, exchange }) => {
      const uri = textOf(document, 'jwks_uri');
      if (typeof uri !== 'string') return uri;
      const actual = `jwks_uri is ${quote(uri)}`;
      const wrong = schemaBreaks(document, 'format', 'jwks_uri').length > 0;
      return verdictOf(wrong ? [{ reason: 'no-url', actual }] : [], 'an absolute https URL', exchange, actual);
    });
  },
  examples: {
    pass: [{ says: 'a URL', evidence: withResourceDocument({ jwks_uri: 'https://mcp.example.com/jwks.json' }) }],
    fail: { 'no-url': { says: 'a path', evidence: withResourceDocument({ jwks_uri: '/jwks.json' }) } },
  },
});

export const namesItsKeySetByAnHttpsUrl = defineCheck({
  id: 'resource-metadata/names-its-key-set-by-an-https-url',
  title: 'Names its own key set by an https URL',
  keyword: 'MUST',
  since: '2025-06-18',
  severity: 'medium',
  party: 'mcp-server',
  pillar: 'signing-key-retrieval',
  requirements: ['RFC9728-2-jwks-uri-https', 'MCP-comm-security-tls'],
  assurance: 'anonymous',
  needs: ['resourceMetadata'],
  reasons: {
    http: {
      says: 'jwks_uri of the metadata document is a plain http URL, so anybody on the path can put keys of their own there.',
      fix: { general: 'Write https:// into jwks_uri, or leave the member out where the server signs nothing.' },
    },
  },
  judge({ resourceMetadata }, facts) {
    if (facts.server.exposure !== 'public') return notApplicable(laboratory(facts));
    return judgeDocument(resourceMetadata, ({ document, exchange }) => {
      const uri = textOf(document, 'jwks_uri');
      if (typeof uri !== 'string') return uri;
      const url = absoluteUrl(uri);
      if (url === undefined) return untested('jwks_uri is no absolute URL', 'jwks_uri as an absolute URL', JWKS_URI);
      const actual = `jwks_uri is ${quote(uri)}`;
      return verdictOf(url.protocol === 'http:' ? [{ reason: 'http', actual }] : [], 'an https URL', exchange, actual);
    });
  },
  examples: {
    pass: [{ says: 'https', evidence: withResourceDocument({ jwks_uri: 'https://mcp.example.com/jwks.json' }) }],
    fail: { http: { says: 'http', evidence: withResourceDocument({ jwks_uri: 'http://mcp.example.com/jwks.json' }) } },
  },
});

export const listsNoUnsignedAlgorithm = defineCheck({
  id: 'resource-metadata/lists-no-unsigned-algorithm',
  title: 'Does not list none among the algorithms it signs with',
  keyword: 'MUST',
  since: '2025-06-18',
  severity: 'medium',
  party: 'mcp-server',
  requirements: ['RFC9728-2-no-none-alg'],
  assurance: 'anonymous',
  needs: ['resourceMetadata'],
  reasons: {
    none: {
      says: 'resource_signing_alg_values_supported of the metadata document has none, which is no signature.',
      fix: { general: 'Take none out of resource_signing_alg_values_supported, and sign with RS256, ES256 or EdDSA.' },
    },
  },
  judge({ resourceMetadata }) {
    return judgeDocument(resourceMetadata, ({ document, exchange }) => {
      const algorithms = listOf(document, 'resource_signing_alg_values_supported');
      if ('kind' in algorithms) return algorithms;
      const actual = `resource_signing_alg_values_supported is ${showValue(algorithms)}`;
      const wrong = schemaBreaks(document, 'not', 'resource_signing_alg_values_supported').length > 0;
      return verdictOf(wrong ? [{ reason: 'none', actual }] : [], 'algorithms that sign', exchange, actual);
    });
  },
  examples: {
    pass: [{ says: 'RS256', evidence: withResourceDocument({ resource_signing_alg_values_supported: ['RS256'] }) }],
    fail: {
      none: {
        says: 'none beside RS256',
        evidence: withResourceDocument({ resource_signing_alg_values_supported: ['RS256', 'none'] }),
      },
    },
  },
});

const signed = (header: object, claims: object, signature?: string) =>
  withResourceDocument({ signed_metadata: exampleJwt(header, claims, signature) });

export const signsSignedMetadata = defineCheck({
  id: 'resource-metadata/signs-signed-metadata',
  title: 'Publishes signed metadata as a signed JWT of a named issuer',
  keyword: 'MUST',
  since: '2025-06-18',
  severity: 'medium',
  party: 'mcp-server',
  requirements: ['RFC9728-2.2-signed-metadata'],
  assurance: 'anonymous',
  needs: ['resourceMetadata'],
  reasons: {
    'no-jwt': {
      says: 'signed_metadata of the metadata document is no JWT.',
      fix: { general: 'Write a JWS in compact form with the metadata as its claims, or leave signed_metadata out.' },
    },
    unsigned: {
      says: 'signed_metadata of the metadata document is a JWT without a signature.',
      fix: { general: 'Sign it with a key that is published, by RS256, ES256 or EdDSA, or leave signed_metadata out.' },
    },
    'no-issuer': {
      says: 'signed_metadata of the metadata document has no iss, so nobody can tell who vouches for it.',
      fix: { general: 'Add the claim iss, with the identifier of the party whose key signs.' },
    },
    nested: {
      says: 'The claims of signed_metadata have signed_metadata again.',
      keyword: 'SHOULD',
      fix: { general: 'Build the claims before signed_metadata is added to the document.' },
    },
    contradicts: {
      says: 'signed_metadata is about another resource than the document, and clients that read it take the signed one.',
      fix: { general: 'Sign the metadata of this endpoint, and sign anew whenever its URL changes.' },
    },
    differs: {
      says: 'Members of signed_metadata differ from those of the metadata document, so clients fare by what they read.',
      // RFC 9728 2.2 gives the signed values precedence, which makes differences legal.
      keyword: 'ADVICE',
      fix: { general: 'Sign anew whenever a member of the document changes.' },
    },
  },
  judge({ resourceMetadata }) {
    return judgeDocument(resourceMetadata, ({ document, exchange }) => {
      const jwt = textOf(document, 'signed_metadata');
      if (typeof jwt !== 'string') return jwt;
      return verdictOf(
        signedMetadataFlaws(jwt, document, 'resource'),
        'a signed JWT with iss',
        exchange,
        'signed_metadata is a signed JWT with iss',
      );
    });
  },
  examples: {
    pass: [{ says: 'a JWT', evidence: signed({ alg: 'RS256' }, { iss: 'https://mcp.example.com/mcp' }) }],
    fail: {
      'no-jwt': { says: 'a word', evidence: withResourceDocument({ signed_metadata: 'yes' }) },
      unsigned: { says: 'alg none', evidence: signed({ alg: 'none' }, { iss: 'https://mcp.example.com/mcp' }, '') },
      'no-issuer': { says: 'no iss', evidence: signed({ alg: 'RS256' }, { resource: 'https://mcp.example.com/mcp' }) },
      nested: {
        says: 'in itself',
        evidence: signed({ alg: 'RS256' }, { iss: 'https://mcp.example.com/mcp', signed_metadata: 'a.b.c' }),
      },
      contradicts: {
        says: 'of another endpoint',
        evidence: signed(
          { alg: 'RS256' },
          { iss: 'https://mcp.example.com/mcp', resource: 'https://mcp.example.com/old' },
        ),
      },
      differs: {
        says: 'another tenant',
        evidence: signed(
          { alg: 'RS256' },
          { iss: 'https://mcp.example.com/mcp', authorization_servers: ['https://old.example.com/'] },
        ),
      },
    },
  },
});

export const signingChecks = [
  namesItsKeySetByAUrl,
  namesItsKeySetByAnHttpsUrl,
  listsNoUnsignedAlgorithm,
  signsSignedMetadata,
];
