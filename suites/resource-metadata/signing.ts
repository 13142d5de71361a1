import { isObject } from '../../fixtures/protocol/answers.ts';
import type { JsonObject } from '../../fixtures/protocol/documents.ts';
import { urlOf } from '../../fixtures/protocol/urls.ts';
import { type Breach, quote } from '../challenge/refusals.ts';
import { defineCheck, notApplicable, untested } from '../check.ts';
import { broken, judgeDocument, listOf, rule, shown, textOf, withResourceDocument } from './documents.ts';

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
      const wrong = broken(document, 'format', 'jwks_uri').length > 0;
      return rule(wrong ? [{ reason: 'no-url', actual }] : [], 'an absolute https URL', exchange, actual);
    });
  },
  examples: {
    pass: [{ says: 'a URL', evidence: withResourceDocument({ jwks_uri: 'https://mcp.example.com/jwks.json' }) }],
    fail: { 'no-url': { says: 'a path', evidence: withResourceDocument({ jwks_uri: '/jwks.json' }) } },
  },
});

export const namesAnHttpsKeySet = defineCheck({
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
  judge({ resourceMetadata }, { server }) {
    if (server.exposure !== 'public') {
      return notApplicable(`the server has a ${server.exposure} address, where plain http is a laboratory's choice`);
    }
    return judgeDocument(resourceMetadata, ({ document, exchange }) => {
      const uri = textOf(document, 'jwks_uri');
      if (typeof uri !== 'string') return uri;
      const url = urlOf(uri);
      if (url === undefined) return untested('jwks_uri is no absolute URL', 'jwks_uri as an absolute URL', JWKS_URI);
      const actual = `jwks_uri is ${quote(uri)}`;
      return rule(url.protocol === 'http:' ? [{ reason: 'http', actual }] : [], 'an https URL', exchange, actual);
    });
  },
  examples: {
    pass: [{ says: 'https', evidence: withResourceDocument({ jwks_uri: 'https://mcp.example.com/jwks.json' }) }],
    fail: { http: { says: 'http', evidence: withResourceDocument({ jwks_uri: 'http://mcp.example.com/jwks.json' }) } },
  },
});

export const listsNoNoneAlgorithm = defineCheck({
  id: 'resource-metadata/lists-no-unsigned-algorithm',
  title: 'Lists no none among the algorithms it signs with',
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
      const actual = `resource_signing_alg_values_supported is ${shown(algorithms)}`;
      const wrong = broken(document, 'not', 'resource_signing_alg_values_supported').length > 0;
      return rule(wrong ? [{ reason: 'none', actual }] : [], 'algorithms that sign', exchange, actual);
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

/** A part of a JWS in compact form as a JSON object. */
function part(text: string | undefined): JsonObject | undefined {
  if (text === undefined || !/^[A-Za-z0-9_-]+$/.test(text)) return undefined;
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
/** A JWT for examples; nobody has its key. */
const signed = (header: object, claims: object, signature = 'c2lnbmF0dXJl') =>
  withResourceDocument({ signed_metadata: `${encoded(header)}.${encoded(claims)}.${signature}` });

type SignedReason = 'no-jwt' | 'unsigned' | 'no-issuer' | 'nested';

function signedBreaches(jwt: string): readonly Breach<SignedReason>[] {
  const parts = jwt.split('.');
  const header = part(parts[0]);
  const claims = part(parts[1]);
  if (parts.length !== 3 || header === undefined || claims === undefined) {
    return [{ reason: 'no-jwt', actual: `signed_metadata is ${quote(jwt)}` }];
  }
  const unsigned = typeof header.alg !== 'string' || header.alg.toLowerCase() === 'none' || parts[2] === '';
  return [
    ...(unsigned ? [{ reason: 'unsigned' as const, actual: `the header is ${shown(header)}` }] : []),
    ...(typeof claims.iss === 'string' && claims.iss !== ''
      ? []
      : [{ reason: 'no-issuer' as const, actual: `iss is ${shown(claims.iss)}` }]),
    ...(claims.signed_metadata === undefined
      ? []
      : [{ reason: 'nested' as const, actual: 'the claims have signed_metadata' }]),
  ];
}

export const signsItsMetadata = defineCheck({
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
  },
  judge({ resourceMetadata }) {
    return judgeDocument(resourceMetadata, ({ document, exchange }) => {
      const jwt = textOf(document, 'signed_metadata');
      if (typeof jwt !== 'string') return jwt;
      return rule(signedBreaches(jwt), 'a signed JWT with iss', exchange, 'signed_metadata is a signed JWT with iss');
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
    },
  },
});

export const signingChecks = [namesItsKeySetByAUrl, namesAnHttpsKeySet, listsNoNoneAlgorithm, signsItsMetadata];
