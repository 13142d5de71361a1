import {
  broken,
  documentCheck,
  isOpenIdProvider,
  listed,
  ruling,
  seen,
  showMember,
  skip,
  usesAuthorizationEndpoint,
  withIssuerDocument,
  withList,
} from './document.ts';

export const saysItsResponseTypes = documentCheck({
  id: 'issuer-metadata/says-its-response-types',
  title: 'Says which response types it has',
  keyword: 'MUST',
  severity: 'medium',
  requirements: ['RFC8414-2-response-types-supported', 'OIDC-DISCOVERY-3-required-fields'],
  expected: 'response_types_supported: an array',
  reasons: {
    absent: {
      says: 'The metadata has no response_types_supported, which is required; typed clients refuse the whole document.',
      fix: { general: 'Add "response_types_supported": ["code"] to the metadata.' },
    },
  },
  rule({ document }) {
    if (!usesAuthorizationEndpoint(document)) return skip('none of its grants uses a response type');
    return withList(document, 'response_types_supported', (types) =>
      types === undefined
        ? broken('absent', 'no response_types_supported')
        : seen(showMember(document, 'response_types_supported')),
    );
  },
  fails: { absent: ['none', { response_types_supported: undefined }] },
});

export const hasTheCodeResponseType = documentCheck({
  id: 'issuer-metadata/has-the-code-response-type',
  title: 'Has the response type code',
  keyword: 'MUST',
  severity: 'high',
  requirements: ['RFC8414-2-response-types-supported', 'AUTH0-as-metadata-oauth'],
  expected: 'response_types_supported with code',
  reasons: {
    'no-code': {
      says: 'response_types_supported has no code, the only response type that MCP clients use.',
      fix: { general: 'Add "code" to response_types_supported, and enable the authorization code grant if it is off.' },
    },
  },
  rule({ document }) {
    const grants = document.grant_types_supported;
    if (Array.isArray(grants) && !grants.includes('authorization_code'))
      return skip('it lists no authorization code grant');
    return withList(document, 'response_types_supported', (types) => {
      if (types === undefined) return skip('it has no response_types_supported');
      const actual = showMember(document, 'response_types_supported');
      return types.includes('code') ? seen(actual) : broken('no-code', actual);
    });
  },
  fails: { 'no-code': ['hybrid alone', { response_types_supported: ['code id_token'] }] },
});

export const hasTheAuthorizationCodeGrant = documentCheck({
  id: 'issuer-metadata/has-the-authorization-code-grant',
  title: 'Has the authorization code grant where it has an authorization endpoint',
  keyword: 'SHOULD',
  severity: 'high',
  requirements: ['RFC8414-2-grant-types-default'],
  expected: 'grant_types_supported with authorization_code, or none',
  reasons: {
    'no-code': {
      says: 'The metadata has an authorization endpoint with the response type code, and grant types without authorization_code; clients that look refuse to begin.',
      fix: { general: 'Add "authorization_code" to grant_types_supported.' },
    },
  },
  rule({ document }) {
    return withList(document, 'grant_types_supported', (grants) => {
      if (grants === undefined) return skip('it lists no grant types, which stands for authorization_code too');
      if (!listed(document, 'response_types_supported').includes('code')) return skip('it has no response type code');
      if (document.authorization_endpoint === undefined) return skip('it has no authorization endpoint');
      const actual = showMember(document, 'grant_types_supported');
      return grants.includes('authorization_code') ? seen(actual) : broken('no-code', actual);
    });
  },
  fails: { 'no-code': ['machines alone', { grant_types_supported: ['client_credentials'] }] },
});

export const saysItsGrantTypes = documentCheck({
  id: 'issuer-metadata/says-its-grant-types',
  title: 'Says which grant types it has',
  keyword: 'ADVICE',
  severity: 'low',
  requirements: ['RFC8414-2-grant-types-default'],
  expected: 'grant_types_supported',
  reasons: {
    absent: {
      says: 'The metadata has no grant_types_supported, which by definition stands for authorization_code and implicit.',
      fix: {
        general: 'Add grant_types_supported with what is enabled, such as ["authorization_code", "refresh_token"].',
      },
      providerFact: { auth0: 'Auth0 publishes no grant_types_supported, whatever is enabled.' },
    },
  },
  rule({ document }) {
    return withList(document, 'grant_types_supported', (grants) =>
      grants === undefined
        ? broken('absent', 'no grant_types_supported')
        : seen(showMember(document, 'grant_types_supported')),
    );
  },
  fails: { absent: ['none', { grant_types_supported: undefined }] },
});

/** `token` as one of the space-separated parts: an access token from the authorization endpoint. */
const givesToken = (type: unknown) => typeof type === 'string' && type.split(' ').includes('token');

export const offersNoImplicitGrant = documentCheck({
  id: 'issuer-metadata/offers-no-implicit-grant',
  title: 'Offers no implicit grant',
  // OAuth 2.1 10.1 leaves the grant out without a keyword, and metadata is shared with clients of other kinds.
  keyword: 'ADVICE',
  severity: 'low',
  requirements: ['OAUTH21-10.1-no-implicit', 'RFC9700-2.1.2-no-implicit', 'MCP-as-oauth21', 'B62'],
  expected: 'neither the grant implicit nor a response type with token',
  reasons: {
    grant: {
      says: 'grant_types_supported has implicit, which OAuth 2.1 has removed.',
      fix: {
        general:
          'Switch the implicit grant off for clients that need it no more, then take it out of grant_types_supported.',
      },
    },
    'response-type': {
      says: 'response_types_supported has a type that sends access tokens through the browser’s address line, which OAuth 2.1 has removed.',
      fix: { general: 'Switch the response types with token off, then take them out of response_types_supported.' },
      providerFact: {
        auth0: 'Auth0 lists all response types for every tenant; which work is a setting of each application.',
      },
    },
  },
  rule({ document }) {
    const types = listed(document, 'response_types_supported').filter(givesToken);
    return ruling(
      [
        ...(listed(document, 'grant_types_supported').includes('implicit')
          ? [{ reason: 'grant' as const, actual: showMember(document, 'grant_types_supported') }]
          : []),
        ...(types.length > 0
          ? [{ reason: 'response-type' as const, actual: showMember(document, 'response_types_supported') }]
          : []),
      ],
      showMember(document, 'response_types_supported'),
    );
  },
  fails: {
    grant: ['implicit', { grant_types_supported: ['authorization_code', 'implicit'] }],
    'response-type': ['token', { response_types_supported: ['code', 'id_token token'] }],
  },
});

export const offersNoPasswordGrant = documentCheck({
  id: 'issuer-metadata/offers-no-password-grant',
  title: 'Offers no password grant',
  // RFC 9700 2.4 forbids its use; what shared metadata lists for other clients is none.
  keyword: 'ADVICE',
  severity: 'medium',
  requirements: ['RFC9700-2.4-no-password-grant', 'MCP-as-oauth21'],
  expected: 'grant_types_supported without password',
  reasons: {
    password: {
      says: 'grant_types_supported has password, with which clients learn the passwords of users.',
      fix: {
        general:
          'Move the clients that use it to the authorization code grant, switch it off, and take it out of grant_types_supported.',
      },
    },
  },
  rule({ document }) {
    const grants = listed(document, 'grant_types_supported');
    if (grants.length === 0) return skip('it lists no grant types');
    const actual = showMember(document, 'grant_types_supported');
    return grants.includes('password') ? broken('password', actual) : seen(actual);
  },
  fails: { password: ['password', { grant_types_supported: ['authorization_code', 'password'] }] },
});

export const listsTheQueryResponseMode = documentCheck({
  id: 'issuer-metadata/lists-the-query-response-mode',
  title: 'Lists the response mode query',
  keyword: 'ADVICE',
  severity: 'medium',
  requirements: ['PRACTICE-query-response-mode'],
  expected: 'response_modes_supported with query, or none',
  reasons: {
    absent: {
      says: 'response_modes_supported has no query, the mode by which MCP clients receive their codes.',
      fix: {
        general: 'Add "query" to response_modes_supported, or leave the member out; query is the default for codes.',
      },
    },
  },
  rule({ document }) {
    return withList(document, 'response_modes_supported', (modes) => {
      if (modes === undefined) return skip('it lists no response modes, which stands for query too');
      const actual = showMember(document, 'response_modes_supported');
      return modes.includes('query') ? seen(actual) : broken('absent', actual);
    });
  },
  passes: [['query', withIssuerDocument({ response_modes_supported: ['query', 'form_post'] })]],
  fails: { absent: ['form_post alone', { response_modes_supported: ['form_post'] }] },
});

export const takesRequestsThatAreNotPushed = documentCheck({
  id: 'issuer-metadata/takes-requests-that-are-not-pushed',
  title: 'Takes authorization requests that are not pushed',
  // RFC 9126 5 allows to require it; few MCP clients push their requests.
  keyword: 'ADVICE',
  severity: 'high',
  requirements: ['RFC9126-5-par-metadata', 'RFC9126-5-par-required'],
  expected: 'require_pushed_authorization_requests: false or none',
  reasons: {
    'pushed-only': {
      says: 'The authorization server takes pushed authorization requests alone, which few MCP clients send.',
      fix: {
        general:
          'Require pushed requests for the clients that need it and not for the whole server, unless all your MCP clients push theirs.',
      },
    },
    'pushed-nowhere': {
      says: 'The authorization server takes pushed authorization requests alone, and names no endpoint to push them to.',
      fix: {
        general: 'Add pushed_authorization_request_endpoint, or take require_pushed_authorization_requests away.',
      },
    },
  },
  rule({ document }) {
    if (document.require_pushed_authorization_requests !== true) return seen('requests need not be pushed');
    return document.pushed_authorization_request_endpoint === undefined
      ? broken(
          'pushed-nowhere',
          'require_pushed_authorization_requests is true, no pushed_authorization_request_endpoint',
        )
      : broken('pushed-only', 'require_pushed_authorization_requests is true');
  },
  fails: {
    'pushed-only': [
      'required',
      {
        require_pushed_authorization_requests: true,
        pushed_authorization_request_endpoint: 'https://tenant.example.com/oauth/par',
      },
    ],
    'pushed-nowhere': ['no endpoint', { require_pushed_authorization_requests: true }],
  },
});

export const listsItsScopes = documentCheck({
  id: 'issuer-metadata/lists-its-scopes',
  title: 'Lists scopes in its metadata',
  keyword: 'SHOULD',
  severity: 'low',
  requirements: ['RFC8414-2-scopes-supported'],
  expected: 'scopes_supported',
  reasons: {
    absent: {
      says: 'The metadata of the authorization server has no scopes_supported, so a client cannot tell whether it may ask for offline_access.',
      fix: { general: 'Add scopes_supported to the metadata; it need not name every scope.' },
    },
  },
  rule({ document }) {
    return withList(document, 'scopes_supported', (scopes) =>
      scopes === undefined ? broken('absent', 'no scopes_supported') : seen(showMember(document, 'scopes_supported')),
    );
  },
  fails: { absent: ['none', { scopes_supported: undefined }] },
});

export const listsOfflineAccessWithRefreshTokens = documentCheck({
  id: 'issuer-metadata/lists-offline-access-with-refresh-tokens',
  title: 'Lists offline_access where it gives refresh tokens',
  keyword: 'ADVICE',
  since: '2026-07-28',
  severity: 'low',
  requirements: ['MCP-client-refresh-offline-access'],
  expected: 'scopes_supported with offline_access',
  reasons: {
    absent: {
      says: 'The OpenID provider has the refresh token grant and does not list offline_access, so MCP clients do not ask for it and their users sign in again and again.',
      fix: {
        general:
          'Add "offline_access" to scopes_supported. If refresh tokens come without that scope, nothing is to be done.',
      },
    },
  },
  rule({ document }) {
    if (!listed(document, 'grant_types_supported').includes('refresh_token'))
      return skip('it lists no refresh token grant');
    return withList(document, 'scopes_supported', (scopes) => {
      if (scopes === undefined || !isOpenIdProvider(document))
        return skip('it is no OpenID provider that lists scopes');
      const actual = showMember(document, 'scopes_supported');
      return scopes.includes('offline_access') ? seen(actual) : broken('absent', actual);
    });
  },
  fails: { absent: ['openid alone', { scopes_supported: ['openid'] }] },
});

export const grantChecks = [
  saysItsResponseTypes,
  hasTheCodeResponseType,
  hasTheAuthorizationCodeGrant,
  saysItsGrantTypes,
  offersNoImplicitGrant,
  offersNoPasswordGrant,
  listsTheQueryResponseMode,
  takesRequestsThatAreNotPushed,
  listsItsScopes,
  listsOfflineAccessWithRefreshTokens,
];
