import type { Evidence, Fetched } from '../fixtures/evidence.ts';
import { documentIn, issuerDocument, type JsonObject, last } from '../fixtures/protocol/documents.ts';
import { absoluteUrl } from '../fixtures/protocol/urls.ts';
import type { Provider } from './check.ts';

/**
 * Paths of Auth0's endpoints on every domain of a tenant. Several are common; `mfa_challenge_endpoint` is a metadata
 * field of Auth0's own (the IANA registry of authorization server metadata has none of that name), so that no other
 * server has them all by chance.
 */
const AUTH0_ENDPOINTS: Readonly<Record<string, string>> = {
  authorization_endpoint: '/authorize',
  token_endpoint: '/oauth/token',
  userinfo_endpoint: '/userinfo',
  jwks_uri: '/.well-known/jwks.json',
  mfa_challenge_endpoint: '/mfa/challenge',
};

/**
 * Whose software the authorization server is. `other`: its metadata was found, and is not Auth0's. `undefined`: nothing
 * tells, because there is no metadata, because it is a copy served by another host than the issuer's, or because several
 * issuers are of different providers and what holds of one excuses no other.
 */
export function providerOf(evidence: Evidence): Provider | undefined {
  const [first, ...others] = documentsOf(evidence).map(providerOfDocument);
  return others.every((other) => other === first) ? first : undefined;
}

interface Found {
  /** Where a client asked for it. */
  readonly url: string;
  readonly document: JsonObject;
}

/** The document of each issuer, else what the MCP server's own origin has, the place of 2025-03-26. */
function documentsOf({ issuerMetadata }: Evidence): readonly Found[] {
  if (issuerMetadata === undefined) return [];
  const named = issuerMetadata.issuers.flatMap((asked) => {
    const found = issuerDocument(asked);
    return found === undefined ? [] : [{ url: asked.issuer, document: found.document }];
  });
  return named.length > 0 ? named : atOrigin(issuerMetadata.atServerOrigin);
}

function atOrigin(fetched: Fetched): readonly Found[] {
  const document = documentIn(last(fetched));
  return document === undefined ? [] : [{ url: fetched[0].request.url, document }];
}

function providerOfDocument({ url, document }: Found): Provider | undefined {
  const issuer = absoluteUrl(document.issuer);
  const servedBy = absoluteUrl(url);
  if (isAuth0Host(servedBy)) return 'auth0';
  if (issuer === undefined || !(isAuth0Host(issuer) || hasAuth0Endpoints(document, issuer))) return 'other';
  return issuer.origin === servedBy?.origin ? 'auth0' : undefined;
}

/** `tenant.auth0.com`, `tenant.eu.auth0.com`. */
const isAuth0Host = (url: URL | undefined) => url?.hostname.endsWith('.auth0.com') ?? false;

/** Behind a custom domain every endpoint moves there, and keeps its path. */
function hasAuth0Endpoints(document: JsonObject, issuer: URL): boolean {
  return Object.entries(AUTH0_ENDPOINTS).every(
    ([name, path]) => absoluteUrl(document[name])?.href === new URL(path, issuer.origin).href,
  );
}
