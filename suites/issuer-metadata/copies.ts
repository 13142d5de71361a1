import type { EvidenceMap } from '../../fixtures/evidence.ts';
import { documentIn, issuerDocument, type JsonObject, last, namedIssuers } from '../../fixtures/protocol/documents.ts';
import { urlOf } from '../../fixtures/protocol/urls.ts';
import { issuerMetadataUrls } from '../../fixtures/protocol/well-known.ts';
import { quote } from '../challenge/refusals.ts';
import { defineCheck, fail, notApplicable, pass, untested, type Verdict } from '../check.ts';
import { answering, ISSUER_DOCUMENT } from '../golden.ts';

/** Authorization server metadata on the MCP server's origin beside resource metadata: for older clients, a copy. */

type Copying = Pick<EvidenceMap, 'resourceMetadata' | 'issuerMetadata'>;

/** The document at the origin, unless it is that of a named issuer at its own place, which is judged with the issuers. */
function copyOf({ resourceMetadata, issuerMetadata }: Copying) {
  const [first] = issuerMetadata.atServerOrigin;
  const issuers = namedIssuers(resourceMetadata);
  const isOriginal = issuers.some((issuer) => issuerMetadataUrls(issuer).some(({ url }) => url === first.request.url));
  const exchange = last(issuerMetadata.atServerOrigin);
  const document = documentIn(exchange);
  return isOriginal || document === undefined ? undefined : { exchange, document, issuers };
}

const NO_COPY = notApplicable('no metadata of another authorization server stands at its origin');
/** RFC 8414 3.3 compares exactly; which of both forms was meant cannot be seen in a metadata URL. */
const withoutSlash = (issuer: string) => issuer.replace(/\/$/, '');

const copying = (changes: Readonly<Record<string, unknown>> = {}) =>
  answering(/^issuerMetadata\/server-origin$/, {
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ ...ISSUER_DOCUMENT, ...changes }),
  });

/** Why it is not the copy that is wrong: the resource metadata names an issuer that is not there. */
function unfound({ issuerMetadata: { issuers } }: Copying): Verdict<never> | undefined {
  if (issuers.some((asked) => issuerDocument(asked) !== undefined)) return undefined;
  return issuers.every(({ candidates }) => candidates.length === 0)
    ? untested(
        'no issuer that is named is an absolute URL',
        'an issuer that is an absolute URL',
        'resource-metadata/names-issuers-by-absolute-urls',
      )
    : untested(
        'no issuer that is named has metadata to compare it with',
        'metadata of the issuer that is named',
        'issuer-metadata/publishes-metadata',
      );
}

export const copiesMetadataOfTheNamedIssuer = defineCheck({
  id: 'issuer-metadata/copies-metadata-of-the-named-issuer',
  title: 'Copies metadata of no other issuer than its resource metadata names',
  keyword: 'SHOULD',
  since: '2025-06-18',
  severity: 'medium',
  party: 'mcp-server',
  requirements: ['AUTH0-rs-as-copy', 'RFC8414-3.3-issuer-identical'],
  assurance: 'anonymous',
  needs: ['resourceMetadata', 'issuerMetadata'],
  reasons: {
    'another-issuer': {
      says: 'Authorization server metadata on the server’s origin names an issuer that is neither that origin nor named by the resource metadata; older clients are led to another place than newer ones.',
      fix: {
        general:
          'Take the document at /.well-known/oauth-authorization-server of the MCP server away, or make it the metadata of the issuer in authorization_servers, fetched from there and passed on unchanged.',
        auth0: {
          text: 'Pass https://YOUR_DOMAIN/.well-known/oauth-authorization-server on; its issuer is https://YOUR_DOMAIN/ with the slash at the end, or your custom domain in the same form.',
        },
      },
    },
    'no-issuer': {
      says: 'Authorization server metadata on the server’s origin has no issuer that is a string, so a client cannot tell whose it is.',
      fix: {
        general:
          'Take the document away, or pass on the metadata of the issuer in authorization_servers with its issuer member.',
      },
    },
  },
  judge(evidence, { server }) {
    const copy = copyOf(evidence);
    if (copy === undefined) return NO_COPY;
    if (copy.issuers.length === 0) return notApplicable('no resource metadata names an issuer to compare it with');
    const { issuer } = copy.document;
    const named = [new URL(server.url).origin, ...copy.issuers];
    const expected = `issuer: one of ${named.map(quote).join(', ')}`;
    const at = [copy.exchange.id];
    if (typeof issuer !== 'string') {
      const actual = `issuer: ${JSON.stringify(issuer) ?? 'none'}`;
      return fail([{ reason: 'no-issuer', expected, actual, at }]);
    }
    const actual = `issuer: ${quote(issuer)}`;
    if (named.map(withoutSlash).includes(withoutSlash(issuer))) return pass(actual);
    return unfound(evidence) ?? fail([{ reason: 'another-issuer', expected, actual, at }]);
  },
  examples: {
    pass: [{ says: 'of the named issuer', evidence: copying() }],
    fail: {
      'another-issuer': { says: 'of another', evidence: copying({ issuer: 'https://other.example.com/' }) },
      'no-issuer': { says: 'none', evidence: copying({ issuer: undefined }) },
    },
  },
});

/** Where clients of the copy go. */
const ENDPOINTS = ['authorization_endpoint', 'token_endpoint', 'registration_endpoint'] as const;

/** Without its query: some servers add `audience` there, which Auth0 reads, and the place is the same. */
function placeOf(endpoint: unknown): string {
  const url = typeof endpoint === 'string' ? urlOf(endpoint) : undefined;
  return url === undefined ? JSON.stringify(endpoint) : `${url.origin}${url.pathname}`;
}

export const copiesTheEndpointsOfTheNamedIssuer = defineCheck({
  id: 'issuer-metadata/copies-the-endpoints-of-the-named-issuer',
  title: 'Copies the endpoints of an issuer as that issuer names them',
  keyword: 'SHOULD',
  since: '2025-06-18',
  severity: 'medium',
  party: 'mcp-server',
  requirements: ['AUTH0-rs-as-copy'],
  assurance: 'anonymous',
  needs: ['resourceMetadata', 'issuerMetadata'],
  reasons: {
    'other-endpoint': {
      says: 'Authorization server metadata on the server’s origin names an endpoint otherwise than its issuer does: clients that begin with this document are sent to another place than those that ask the issuer, where often nothing is.',
      fix: {
        general:
          'Fetch the metadata of the issuer and pass it on unchanged, or take the document at /.well-known/oauth-authorization-server of the MCP server away. Do not put endpoints together from the issuer and a usual path.',
        auth0: {
          text: 'Pass https://YOUR_DOMAIN/.well-known/oauth-authorization-server on; the token endpoint there is https://YOUR_DOMAIN/oauth/token, and not /token.',
        },
      },
    },
  },
  judge({ resourceMetadata, issuerMetadata }, { server }) {
    const copy = copyOf({ resourceMetadata, issuerMetadata });
    if (copy === undefined) return NO_COPY;
    const { issuer } = copy.document;
    const isOriginal = (document: JsonObject | undefined) =>
      typeof issuer === 'string' &&
      typeof document?.issuer === 'string' &&
      withoutSlash(document.issuer) === withoutSlash(issuer);
    const originals = issuerMetadata.issuers
      .flatMap(({ candidates }) => candidates.map(({ fetched }) => documentIn(last(fetched))))
      .filter(isOriginal);
    if (originals.length === 0) return notApplicable('the copy is of no issuer whose metadata was found');
    const { origin } = new URL(server.url);
    const wrong = ENDPOINTS.flatMap((name) => {
      const named = copy.document[name];
      // A server may stand between its clients and the issuer, as the proxy of the MCP SDK does: those are its own.
      const isOwn = typeof named === 'string' && URL.canParse(named) && new URL(named).origin === origin;
      const right = originals.map((original) => placeOf(original?.[name]));
      if (named === undefined || isOwn || right.includes(placeOf(named))) return [];
      return [
        {
          reason: 'other-endpoint' as const,
          expected: `${name}: ${right[0] ?? 'none'}`,
          actual: `${name}: ${placeOf(named)}`,
          at: [copy.exchange.id],
        },
      ];
    });
    return wrong.length > 0 ? fail(wrong) : pass('the copy names no endpoint that its issuer does not name');
  },
  examples: {
    pass: [
      { says: 'those of the issuer', evidence: copying() },
      { says: 'its own', evidence: copying({ token_endpoint: 'https://mcp.example.com/token' }) },
      { says: 'no registration endpoint', evidence: copying({ registration_endpoint: undefined }) },
      {
        says: 'with the audience that Auth0 reads',
        evidence: copying({
          authorization_endpoint: `${ISSUER_DOCUMENT.authorization_endpoint}?audience=https://mcp.example.com/mcp`,
        }),
      },
    ],
    fail: {
      'other-endpoint': {
        says: 'a usual path at the host of the issuer',
        evidence: copying({ token_endpoint: 'https://tenant.example.com/token' }),
      },
    },
  },
});

/** What is passed on unchanged is the authorization server's word, and no fault of the copy. */
function isAsInTheOriginal({ issuer, ...copy }: JsonObject, { issuerMetadata: { issuers } }: Copying): boolean {
  return issuers.some((asked) => {
    const original = issuerDocument(asked)?.document;
    return (
      original !== undefined &&
      original.issuer === issuer &&
      JSON.stringify(original[METHODS]) === JSON.stringify(copy[METHODS])
    );
  });
}

const METHODS = 'code_challenge_methods_supported';

export const namesPkceAtItsOwnOrigin = defineCheck({
  id: 'issuer-metadata/names-pkce-at-its-own-origin',
  title: 'Names PKCE in authorization server metadata at its own origin',
  // 2025-03-26 requires PKCE, but not that metadata says so; clients of later revisions refuse metadata that does not.
  keyword: { '2025-03-26': 'ADVICE', '2025-06-18': 'SHOULD' },
  severity: 'medium',
  party: 'mcp-server',
  requirements: ['AUTH0-rs-as-copy', 'RFC8414-2-pkce-methods'],
  assurance: 'anonymous',
  needs: ['resourceMetadata', 'issuerMetadata'],
  reasons: {
    absent: {
      says: 'Authorization server metadata on the server’s origin has no code_challenge_methods_supported; clients that insist on PKCE stop here.',
      fix: {
        general:
          'Add "code_challenge_methods_supported": ["S256"] to the document at /.well-known/oauth-authorization-server of the MCP server; in a copy, pass the original on unchanged.',
      },
    },
    'no-s256': {
      says: 'Authorization server metadata on the server’s origin lists code challenge methods without S256.',
      fix: {
        general:
          'Add "S256" to code_challenge_methods_supported, and check that the token endpoint verifies it (RFC 7636 4.6).',
      },
    },
  },
  judge(evidence) {
    const copy = copyOf(evidence);
    if (copy === undefined) return notApplicable('no metadata of its own stands at its origin');
    const methods = copy.document.code_challenge_methods_supported;
    const actual = `code_challenge_methods_supported: ${JSON.stringify(methods) ?? 'none'}`;
    if (Array.isArray(methods) && methods.includes('S256')) return pass(actual);
    if (isAsInTheOriginal(copy.document, evidence)) {
      return notApplicable(`the metadata that it copies says no more (${actual}), and is judged by itself`);
    }
    const reason = Array.isArray(methods) && methods.length > 0 ? 'no-s256' : 'absent';
    return fail([{ reason, expected: 'code_challenge_methods_supported with S256', actual, at: [copy.exchange.id] }]);
  },
  examples: {
    pass: [{ says: 'S256', evidence: copying() }],
    fail: {
      absent: { says: 'none', evidence: copying({ code_challenge_methods_supported: undefined }) },
      'no-s256': { says: 'plain', evidence: copying({ code_challenge_methods_supported: ['plain'] }) },
    },
  },
});

export const copyChecks = [copiesMetadataOfTheNamedIssuer, copiesTheEndpointsOfTheNamedIssuer, namesPkceAtItsOwnOrigin];
