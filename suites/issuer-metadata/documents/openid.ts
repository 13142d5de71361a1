import type { JsonObject } from '../../../fixtures/protocol/documents.ts';
import {
  broken,
  documentCheck,
  type Found,
  isOpenIdProvider,
  lacks,
  ruling,
  seen,
  showMember,
  skip,
  withIssuerDocument,
  withList,
} from './document.ts';

const ALGORITHMS = 'id_token_signing_alg_values_supported';

/** Why it is not judged as OpenID discovery; RFC 8414 5 lets others use that place too. */
const notOpenId = ({ kind, document }: Found) => {
  if (kind === 'oauth') return 'it stands where RFC 8414 metadata does';
  return isOpenIdProvider(document) ? undefined : 'nothing in it is an OpenID provider’s';
};

const REQUIRED = {
  'no-key-set': 'jwks_uri',
  'no-subject-types': 'subject_types_supported',
  'no-algorithms': ALGORITHMS,
} as const;
type Missing = keyof typeof REQUIRED;

const isMissing = (document: JsonObject) => (reason: Missing) => lacks(document, REQUIRED[reason]);

export const hasWhatOpenIdDiscoveryRequires = documentCheck({
  id: 'issuer-metadata/has-what-openid-discovery-requires',
  title: 'Has every member in OpenID discovery that is required there',
  keyword: 'MUST',
  severity: 'medium',
  requirements: ['OIDC-DISCOVERY-3-required-fields'],
  each: true,
  expected: 'jwks_uri, subject_types_supported and id_token_signing_alg_values_supported',
  reasons: {
    'no-key-set': {
      says: 'OpenID discovery has no jwks_uri, so nobody can find the keys of its tokens.',
      fix: { general: 'Add jwks_uri with the https URL of the JWK set.' },
    },
    'no-subject-types': {
      says: 'OpenID discovery has no subject_types_supported, which is required; typed clients refuse the document.',
      fix: { general: 'Add "subject_types_supported": ["public"], or pairwise where sub differs between clients.' },
    },
    'no-algorithms': {
      says: 'OpenID discovery has no id_token_signing_alg_values_supported, which is required; typed clients refuse the document.',
      fix: { general: `Add "${ALGORITHMS}": ["RS256"] with all algorithms that sign ID tokens.` },
    },
  },
  rule(found) {
    const other = notOpenId(found);
    if (other !== undefined) return skip(other);
    return ruling(
      (Object.keys(REQUIRED) as Missing[]).filter(isMissing(found.document)).map((reason) => ({
        reason,
        actual: `${found.exchange.request.url}: ${showMember(found.document, REQUIRED[reason])}`,
      })),
      `${found.exchange.request.url} has all three`,
    );
  },
  fails: {
    'no-key-set': ['no jwks_uri', { jwks_uri: undefined }],
    'no-subject-types': ['no subject types', { subject_types_supported: undefined }],
    'no-algorithms': ['no algorithms', { [ALGORITHMS]: undefined }],
  },
});

export const listsRs256ForIdTokens = documentCheck({
  id: 'issuer-metadata/lists-rs256-for-id-tokens',
  title: 'Lists RS256 for ID tokens',
  // OpenID Discovery 3 has MUST; profiles such as FAPI leave RS256 out on purpose.
  keyword: 'SHOULD',
  severity: 'low',
  requirements: ['OIDC-DISCOVERY-3-rs256-listed'],
  each: true,
  expected: `${ALGORITHMS} with RS256`,
  reasons: {
    absent: {
      says: 'OpenID discovery lists algorithms of ID tokens without RS256, the one that every OpenID client has.',
      fix: { general: `Add "RS256" to ${ALGORITHMS} and sign with it for clients that ask for nothing else.` },
    },
  },
  rule(found) {
    const other = notOpenId(found);
    if (other !== undefined) return skip(other);
    return withList(found.document, ALGORITHMS, (algorithms) => {
      if (algorithms === undefined) return skip(`it has no ${ALGORITHMS}`);
      const actual = showMember(found.document, ALGORITHMS);
      return algorithms.includes('RS256') ? seen(actual) : broken('absent', actual);
    });
  },
  fails: { absent: ['ES256 alone', { [ALGORITHMS]: ['ES256'] }] },
});

export const listsNoUnsignedIdTokens = documentCheck({
  id: 'issuer-metadata/lists-no-unsigned-id-tokens',
  title: 'Lists no ID tokens without signature',
  // OpenID Discovery 3 allows it where no ID token leaves the authorization endpoint.
  keyword: 'ADVICE',
  severity: 'medium',
  requirements: ['PRACTICE-id-tokens-signed'],
  expected: `${ALGORITHMS} without none`,
  reasons: {
    none: {
      says: 'id_token_signing_alg_values_supported has none: a client that follows it takes ID tokens that anybody wrote.',
      fix: { general: `Take "none" out of ${ALGORITHMS}, and switch it off for every client.` },
    },
  },
  rule({ document }) {
    return withList(document, ALGORITHMS, (algorithms) => {
      if (algorithms === undefined) return skip(`it has no ${ALGORITHMS}`);
      const actual = showMember(document, ALGORITHMS);
      return algorithms.includes('none') ? broken('none', actual) : seen(actual);
    });
  },
  passes: [['two', withIssuerDocument({ [ALGORITHMS]: ['RS256', 'ES256'] })]],
  fails: { none: ['none', { [ALGORITHMS]: ['RS256', 'none'] }] },
});

export const openIdChecks = [hasWhatOpenIdDiscoveryRequires, listsRs256ForIdTokens, listsNoUnsignedIdTokens];
