import { purposeOf } from '../key-algorithms.ts';
import {
  blocked,
  broken,
  documentCheck,
  listed,
  openIdAlone,
  ruling,
  seen,
  showMember,
  skip,
  withFlag,
  withIssuerDocument,
  withList,
} from './document.ts';

const METHODS = 'token_endpoint_auth_methods_supported';
const CIMD = 'client_id_metadata_document_supported';
const SAYS = 'issuer-metadata/says-how-clients-authenticate';

export const saysHowClientsAuthenticate = documentCheck({
  id: SAYS,
  title: 'Says how clients authenticate at its token endpoint',
  keyword: 'ADVICE',
  severity: 'medium',
  requirements: ['RFC8414-2-auth-methods-default'],
  expected: METHODS,
  reasons: {
    absent: {
      says: 'The metadata has no token_endpoint_auth_methods_supported, which by definition stands for client_secret_basic alone; MCP clients that are public find no way.',
      fix: { general: `Add ${METHODS} with all methods that work, "none" for public clients among them.` },
    },
  },
  rule({ document }) {
    if (document.token_endpoint === undefined) return skip('it has no token endpoint');
    return withList(document, METHODS, (methods) =>
      methods === undefined ? broken('absent', `no ${METHODS}`) : seen(showMember(document, METHODS)),
    );
  },
  fails: { absent: ['none', { [METHODS]: undefined }] },
});

/** Where `none` stands matters to software that takes the first method it finds. */
function withNone(document: Parameters<typeof showMember>[0], reason: 'none-missing') {
  return withList<'none-missing'>(document, METHODS, (methods) => {
    if (methods === undefined) return blocked(`no ${METHODS}`, METHODS, SAYS);
    const place = methods.indexOf('none');
    if (place === -1) return broken(reason, showMember(document, METHODS));
    return seen(`none is entry ${place + 1} of ${methods.length} in ${METHODS}`);
  });
}

export const listsNoneForPublicClients = documentCheck({
  id: 'issuer-metadata/lists-none-for-public-clients',
  title: 'Lists none for public clients',
  // A server may take public clients without listing the method, or confidential clients alone.
  keyword: 'ADVICE',
  severity: 'medium',
  requirements: ['RFC8414-2-auth-methods-default'],
  expected: `${METHODS} with none`,
  reasons: {
    'none-missing': {
      says: 'token_endpoint_auth_methods_supported has no none, so MCP clients that are public, which most are, take the server for one without public clients.',
      fix: { general: `Add "none" to ${METHODS} if public clients with PKCE are allowed.` },
    },
  },
  rule({ document }) {
    if (document.token_endpoint === undefined) return skip('it has no token endpoint');
    // Beside client ID metadata documents its absence is worse, and a finding of its own.
    if (document[CIMD] === true) return skip('asked where client ID metadata documents are advertised');
    return withNone(document, 'none-missing');
  },
  passes: [['none among others', withIssuerDocument({ [CIMD]: false })]],
  fails: { 'none-missing': ['secrets alone', { [CIMD]: false, [METHODS]: ['client_secret_basic'] }] },
});

export const listsNoneBesideClientIdMetadataDocuments = documentCheck({
  id: 'issuer-metadata/lists-none-beside-client-id-metadata-documents',
  title: 'Lists none where it takes client ID metadata documents',
  keyword: 'ADVICE',
  since: '2025-11-25',
  severity: 'high',
  requirements: ['AUTH0-cimd-none-advertised', 'AUTH0-cimd-none-order', 'CIMD-5-metadata-flag'],
  expected: `${METHODS} with none`,
  reasons: {
    'none-missing': {
      says: 'The metadata advertises client ID metadata documents and no authentication method none; clients that look for both fall back to registration, or give up.',
      fix: {
        general: `Add "none" to ${METHODS}. A client with such a document has no secret: it has a key (private_key_jwt) or is public (none).`,
      },
    },
  },
  rule({ document }) {
    return withFlag(document, CIMD, (supported) =>
      supported ? withNone(document, 'none-missing') : skip('it advertises no client ID metadata documents'),
    );
  },
  fails: { 'none-missing': ['keys alone', { [METHODS]: ['private_key_jwt'] }] },
});

const JWT_METHODS = ['private_key_jwt', 'client_secret_jwt'];
const AUTHENTICATING = ['token', 'revocation', 'introspection'] as const;

export const listsSigningAlgorithmsForClientAssertions = documentCheck({
  id: 'issuer-metadata/lists-signing-algorithms-for-client-assertions',
  title: 'Lists the algorithms of client assertions where it takes them',
  keyword: 'MUST',
  severity: 'low',
  requirements: ['RFC8414-2-signing-algs-present'],
  expected: '…_auth_signing_alg_values_supported beside private_key_jwt and client_secret_jwt',
  reasons: {
    token: {
      says: 'The token endpoint takes signed client assertions, and token_endpoint_auth_signing_alg_values_supported is missing.',
      fix: {
        general:
          'Add token_endpoint_auth_signing_alg_values_supported with the algorithms that are accepted, such as ["RS256", "ES256"].',
      },
    },
    revocation: {
      says: 'The revocation endpoint takes signed client assertions, and revocation_endpoint_auth_signing_alg_values_supported is missing.',
      fix: {
        general:
          'Add revocation_endpoint_auth_signing_alg_values_supported; what holds for the token endpoint does not count there.',
      },
    },
    introspection: {
      says: 'The introspection endpoint takes signed client assertions, and introspection_endpoint_auth_signing_alg_values_supported is missing.',
      fix: {
        general:
          'Add introspection_endpoint_auth_signing_alg_values_supported; what holds for the token endpoint does not count there.',
      },
    },
    'in-openid': {
      says: 'OpenID discovery, the document that clients end up with, names signed client assertions and no algorithm for them.',
      // RFC 8414 2 alone has MUST; OpenID Discovery 3 leaves the member to the provider.
      keyword: 'ADVICE',
      fix: { general: 'Add …_auth_signing_alg_values_supported with the algorithms that are accepted.' },
    },
  },
  rule({ document, kind }) {
    const taking = AUTHENTICATING.filter((name) =>
      listed(document, `${name}_endpoint_auth_methods_supported`).some((method) =>
        JWT_METHODS.includes(String(method)),
      ),
    );
    if (taking.length === 0) return skip('it takes no signed client assertions');
    return ruling(
      taking
        .filter((name) => document[`${name}_endpoint_auth_signing_alg_values_supported`] === undefined)
        .map((name) => ({
          reason: kind === 'oauth' ? name : ('in-openid' as const),
          actual: showMember(document, `${name}_endpoint_auth_methods_supported`),
        })),
      taking.map((name) => showMember(document, `${name}_endpoint_auth_signing_alg_values_supported`)).join('; '),
    );
  },
  fails: {
    token: ['token endpoint', { token_endpoint_auth_signing_alg_values_supported: undefined }],
    revocation: ['revocation endpoint', { revocation_endpoint_auth_methods_supported: ['private_key_jwt'] }],
    introspection: ['introspection endpoint', { introspection_endpoint_auth_methods_supported: ['client_secret_jwt'] }],
    'in-openid': [
      'OpenID discovery alone',
      openIdAlone({ token_endpoint_auth_signing_alg_values_supported: undefined }),
    ],
  },
});

export const takesNoUnsignedClientAssertions = documentCheck({
  id: 'issuer-metadata/takes-no-unsigned-client-assertions',
  title: 'Lists no client assertions without signature',
  keyword: 'MUST',
  severity: 'critical',
  requirements: ['RFC8414-2-no-none-alg', 'B62'],
  each: true,
  expected: '…_auth_signing_alg_values_supported without none',
  reasons: {
    none: {
      says: 'The metadata lists none as an algorithm of client assertions: anybody could authenticate as any client.',
      fix: {
        general: 'Refuse assertions with alg none, and take none out of each …_auth_signing_alg_values_supported.',
      },
    },
  },
  rule({ document }) {
    const members = AUTHENTICATING.map((name) => `${name}_endpoint_auth_signing_alg_values_supported`).filter(
      (member) => listed(document, member).length > 0,
    );
    if (members.length === 0) return skip('it lists no algorithms of client assertions');
    return ruling(
      members
        .filter((member) => listed(document, member).includes('none'))
        .map((member) => ({ reason: 'none', actual: showMember(document, member) })),
      members.map((member) => showMember(document, member)).join('; '),
    );
  },
  fails: { none: ['none', { token_endpoint_auth_signing_alg_values_supported: ['RS256', 'none'] }] },
});

/** RFC 9449 4.2: a proof is signed with a private key. */
const isNoProofAlgorithm = (alg: string) => alg === 'none' || /^HS\d+$/.test(alg) || purposeOf(alg) === 'enc';

export const listsAsymmetricAlgorithmsForDpop = documentCheck({
  id: 'issuer-metadata/lists-asymmetric-algorithms-for-dpop',
  title: 'Lists asymmetric algorithms alone for DPoP proofs',
  keyword: 'MUST',
  severity: 'high',
  requirements: ['RFC9449-5.1-algs-supported'],
  each: true,
  expected: 'dpop_signing_alg_values_supported without none and HS256',
  reasons: {
    'no-key-pair': {
      says: 'dpop_signing_alg_values_supported has none, a symmetric algorithm or one of encryption, with which a proof proves no possession of a key.',
      fix: { general: 'Keep asymmetric algorithms, such as ES256, and refuse the others in proofs.' },
    },
  },
  rule({ document }) {
    return withList(document, 'dpop_signing_alg_values_supported', (algorithms) => {
      if (algorithms === undefined) return skip('it advertises no DPoP');
      const actual = showMember(document, 'dpop_signing_alg_values_supported');
      return algorithms.some(isNoProofAlgorithm) ? broken('no-key-pair', actual) : seen(actual);
    });
  },
  passes: [['ES256', withIssuerDocument({ dpop_signing_alg_values_supported: ['ES256'] })]],
  fails: { 'no-key-pair': ['HS256', { dpop_signing_alg_values_supported: ['ES256', 'HS256'] }] },
});

export const authenticationChecks = [
  saysHowClientsAuthenticate,
  listsNoneForPublicClients,
  listsNoneBesideClientIdMetadataDocuments,
  listsSigningAlgorithmsForClientAssertions,
  takesNoUnsignedClientAssertions,
  listsAsymmetricAlgorithmsForDpop,
];
