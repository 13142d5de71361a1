import { answering } from '../../golden.ts';
import {
  broken,
  documentCheck,
  documentsOf,
  lacks,
  listed,
  OAUTH_DOCUMENT,
  OPENID_DOCUMENT,
  seen,
  showMember,
  skip,
  usesAuthorizationEndpoint,
  withIssuerDocument,
  withList,
} from './document.ts';

const METHODS = 'code_challenge_methods_supported';
const PUBLISHES = 'issuer-metadata/publishes-its-code-challenge-methods';

const FIX = {
  general: `Add "${METHODS}": ["S256"] to the metadata, in both documents where there are two, and check that the token endpoint verifies it (RFC 7636 4.6). MCP clients have to stop when it is missing, whatever the server would do.`,
} as const;

/** Golden evidence whose issuer has RFC 8414 metadata alone. */
function withoutOpenId(changes: Readonly<Record<string, unknown>>) {
  const { issuerMetadata } = withIssuerDocument(changes);
  const without = answering(OPENID_DOCUMENT, { status: 404 });
  const [asked] = issuerMetadata.issuers;
  const [oauth] = asked!.candidates;
  const [, openid] = without.issuerMetadata.issuers[0]!.candidates;
  return { ...without, issuerMetadata: { ...issuerMetadata, issuers: [{ ...asked!, candidates: [oauth!, openid!] }] } };
}

export const publishesItsCodeChallengeMethods = documentCheck({
  id: PUBLISHES,
  title: 'Publishes which code challenge methods it has',
  keyword: 'MUST',
  since: '2025-11-25',
  severity: 'critical',
  requirements: [
    'MCP-as-oidc-publishes-pkce-methods',
    'MCP-as-oauth-publishes-pkce-methods',
    'RFC8414-2-pkce-methods',
    'RFC9700-2.1.1-pkce-detectable',
    'AUTH0-s256-advertised',
    'B62',
  ],
  expected: `${METHODS} in the metadata`,
  reasons: {
    absent: {
      says: 'No metadata document has code_challenge_methods_supported, so MCP clients take PKCE for missing and refuse to go on.',
      fix: FIX,
    },
    'absent-without-openid': {
      says: 'The RFC 8414 metadata, the only document there is, has no code_challenge_methods_supported, so MCP clients refuse to go on.',
      // MCP (2025-11-25 on, "Authorization Code Protection") obliges those with OpenID discovery alone to publish them, and
      // RFC 8414 2 has them OPTIONAL. But RFC 9700 2.1.1 RECOMMENDS it as the way to tell that there is PKCE, which there
      // MUST be, and MCP knows no other way: to RFC 8414 and to MCP absence says that PKCE is not supported.
      keyword: 'SHOULD',
      fix: FIX,
    },
    'absent-in-one': {
      says: 'One of the metadata documents has code_challenge_methods_supported and another has not; which clients go on depends on the one they read.',
      keyword: 'SHOULD',
      fix: FIX,
    },
  },
  rule({ document, asked }) {
    if (!usesAuthorizationEndpoint(document)) return skip('its grants have no codes');
    const documents = documentsOf(asked);
    const without = documents.filter((each) => lacks(each.document, METHODS));
    if (without.length === 0) return seen(showMember(document, METHODS));
    const at = without[0]!.exchange.id;
    const actual = without
      .map(({ exchange, document: each }) => `${exchange.request.url}: ${showMember(each, METHODS)}`)
      .join('; ');
    if (without.length < documents.length) return { breaches: [{ reason: 'absent-in-one', actual, at }] };
    const openid = documents.some(({ kind }) => kind !== 'oauth');
    return { breaches: [{ reason: openid ? 'absent' : 'absent-without-openid', actual, at }] };
  },
  fails: {
    absent: ['in neither', { [METHODS]: undefined }],
    'absent-without-openid': ['in the only one', withoutOpenId({ [METHODS]: undefined })],
    'absent-in-one': ['in one', withIssuerDocument({ [METHODS]: undefined }, OAUTH_DOCUMENT)],
  },
});

export const listsS256 = documentCheck({
  id: 'issuer-metadata/lists-s256',
  title: 'Lists S256 among its code challenge methods',
  keyword: 'SHOULD',
  severity: 'high',
  requirements: ['AUTH0-s256-advertised', 'RFC8414-2-pkce-methods', 'MCP-as-oidc-publishes-pkce-methods'],
  expected: `${METHODS} with S256`,
  reasons: {
    absent: {
      says: 'code_challenge_methods_supported has no S256, the method that MCP clients have to use.',
      fix: {
        general: `Add "S256" to ${METHODS}, spelled so, and check that the token endpoint verifies it; RFC 7636 4.2 obliges every server with PKCE to have it.`,
      },
    },
  },
  rule({ document }) {
    return withList(document, METHODS, (methods) => {
      if (methods === undefined) return skip(`it has no ${METHODS}`);
      return methods.includes('S256')
        ? seen(showMember(document, METHODS))
        : broken('absent', showMember(document, METHODS));
    });
  },
  fails: { absent: ['plain alone', { [METHODS]: ['plain'] }] },
});

export const listsNoPlainCodeChallenges = documentCheck({
  id: 'issuer-metadata/lists-no-plain-code-challenges',
  title: 'Lists no plain code challenges',
  keyword: 'ADVICE',
  severity: 'low',
  requirements: ['RFC8414-2-pkce-methods', 'B62'],
  expected: `${METHODS} without plain`,
  reasons: {
    plain: {
      says: 'code_challenge_methods_supported has plain: whoever reads the authorization request can then redeem the code.',
      fix: { general: `Switch plain off and take it out of ${METHODS}.` },
      providerFact: {
        auth0: 'Auth0 lists plain for every tenant, while its documentation says that S256 alone is supported.',
      },
    },
  },
  rule({ document }) {
    const methods = listed(document, METHODS);
    if (methods.length === 0) return skip(`it lists no ${METHODS}`);
    // A list without S256 is a finding of its own.
    if (!methods.includes('S256')) return skip('it lists no S256 that plain would be beside');
    return methods.includes('plain')
      ? broken('plain', showMember(document, METHODS))
      : seen(showMember(document, METHODS));
  },
  fails: { plain: ['beside S256', { [METHODS]: ['S256', 'plain'] }] },
});

export const pkceChecks = [publishesItsCodeChallengeMethods, listsS256, listsNoPlainCodeChallenges];
