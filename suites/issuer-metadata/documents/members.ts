import type { JsonObject } from '../../../fixtures/protocol/documents.ts';
import { ISSUER_DOCUMENT } from '../../golden.ts';
import { exampleJwt, signedMetadataFlaws } from '../../signed-metadata.ts';
import { mistyped, type WantedType } from '../schema.ts';
import {
  documentCheck,
  documentsOf,
  OPENID_DOCUMENT,
  ruling,
  showMember,
  skip,
  withIssuerDocument,
  withText,
} from './document.ts';

/** Members whose value has another type than this. */
function wrong<const R extends string>(document: JsonObject, wanted: WantedType, reason: R) {
  return ruling(
    mistyped(document)
      .filter((each) => each.wanted === wanted)
      .map(({ member }) => ({ reason, actual: showMember(document, member) })),
    `${Object.keys(document).length} members`,
  );
}

const TYPES = {
  keyword: 'MUST',
  severity: 'medium',
  each: true,
} as const;

export const writesListsAsArraysOfStrings = documentCheck({
  ...TYPES,
  id: 'issuer-metadata/writes-lists-as-arrays-of-strings',
  title: 'Writes each list in its metadata as an array of strings',
  requirements: ['PRACTICE-issuer-metadata-types', 'RFC8414-3.2-status-and-type', 'RFC9449-5.1-algs-supported'],
  expected: 'an array of strings',
  reasons: {
    'no-array': {
      says: 'A member of the authorization server’s metadata that is a list by definition is no array of strings; typed clients refuse the whole document.',
      fix: {
        general:
          'Write the member as a JSON array of strings, also for one value, and leave it out where there is none.',
      },
    },
  },
  rule: ({ document }) => wrong(document, 'array', 'no-array'),
  fails: { 'no-array': ['scopes in one string', { scopes_supported: 'openid profile' }] },
});

export const writesFlagsAsBooleans = documentCheck({
  ...TYPES,
  id: 'issuer-metadata/writes-flags-as-booleans',
  title: 'Writes each flag in its metadata as true or false',
  requirements: [
    'PRACTICE-issuer-metadata-types',
    'RFC9126-5-par-metadata',
    'RFC9207-2.3-flag-set',
    'CIMD-5-metadata-flag',
  ],
  expected: 'true or false',
  reasons: {
    'no-boolean': {
      says: 'A flag in the authorization server’s metadata is no boolean; a client takes the string "false" for true, or refuses the whole document.',
      fix: { general: 'Write true or false without quotation marks, or leave the member out.' },
    },
  },
  rule: ({ document }) => wrong(document, 'boolean', 'no-boolean'),
  fails: { 'no-boolean': ['a string', { tls_client_certificate_bound_access_tokens: 'false' }] },
});

export const writesTextsAsStrings = documentCheck({
  ...TYPES,
  id: 'issuer-metadata/writes-texts-as-strings',
  title: 'Writes each URL in its metadata as a string',
  requirements: ['PRACTICE-issuer-metadata-types', 'RFC8414-2-core-endpoints'],
  expected: 'a string',
  reasons: {
    'no-string': {
      says: 'A member of the authorization server’s metadata that is a URL by definition is no string; typed clients refuse the whole document.',
      fix: {
        general:
          'Write the value as one JSON string, and leave the member out where there is none; null is not the same.',
      },
    },
  },
  rule: ({ document }) => wrong(document, 'string', 'no-string'),
  fails: { 'no-string': ['null', { op_policy_uri: null }] },
});

export const omitsEmptyLists = documentCheck({
  id: 'issuer-metadata/omits-empty-lists',
  title: 'Leaves lists without values out of its metadata',
  keyword: 'MUST',
  severity: 'low',
  requirements: ['RFC8414-3.2-no-empty-arrays'],
  each: true,
  expected: 'lists with values',
  reasons: {
    empty: {
      says: 'The RFC 8414 metadata has an empty list, which has to be left out.',
      fix: { general: 'Leave the member out when there is nothing to list.' },
    },
    'empty-in-openid': {
      // OpenID Discovery 4.2 has the same rule.
      says: 'OpenID discovery has an empty list, which has to be left out.',
      fix: { general: 'Leave the member out when there is nothing to list; some clients refuse empty lists.' },
    },
  },
  rule({ document, kind, asked }) {
    const empty = Object.entries(document).filter(([, value]) => Array.isArray(value) && value.length === 0);
    // Aliases of one document are one finding, under the stricter rule.
    if (kind !== 'oauth' && hasEmptyListsInOAuth(asked.candidates)) return skip('found in the RFC 8414 metadata');
    const reason = kind === 'oauth' ? ('empty' as const) : ('empty-in-openid' as const);
    return ruling(
      empty.map(([member]) => ({ reason, actual: `${member} is []` })),
      `${Object.keys(document).length} members with values`,
    );
  },
  fails: {
    empty: ['in both', { acr_values_supported: [] }],
    'empty-in-openid': ['in OpenID discovery', withIssuerDocument({ acr_values_supported: [] }, OPENID_DOCUMENT)],
  },
});

const { issuer: ISSUER } = ISSUER_DOCUMENT;

export const signsItsMetadataSoundly = documentCheck({
  id: 'issuer-metadata/signs-its-metadata-soundly',
  title: 'Signs its metadata soundly where it signs it',
  keyword: 'MUST',
  severity: 'medium',
  requirements: ['RFC8414-2.1-signed-metadata'],
  expected: 'signed_metadata: a signed JWT with iss',
  reasons: {
    'no-jwt': {
      says: 'signed_metadata is no JWT of three parts with a header and claims that can be read.',
      fix: { general: 'Write a JWS in compact form (header.claims.signature) into signed_metadata, or leave it out.' },
    },
    unsigned: {
      says: 'signed_metadata has the algorithm none, so it is signed by nobody.',
      fix: { general: 'Sign it with a key from jwks_uri, or leave it out.' },
    },
    'no-issuer': {
      says: 'signed_metadata has no iss, so a client cannot tell whose signature to look for.',
      fix: { general: 'Add iss to its claims: the party that signs.' },
    },
    nested: {
      says: 'signed_metadata contains a signed_metadata of its own.',
      keyword: 'SHOULD',
      fix: { general: 'Take signed_metadata out of the members before they are signed.' },
    },
    contradicts: {
      says: 'signed_metadata names another issuer than the document, and clients that read it take the signed one.',
      fix: { general: 'Sign the metadata of this issuer, and sign anew whenever the issuer is renamed or moved.' },
    },
    differs: {
      says: 'Members of the signed metadata differ from those of the authorization server’s plain metadata, so clients fare by what they read.',
      // RFC 8414 2.1 gives the signed values precedence, which makes differences legal.
      keyword: 'ADVICE',
      fix: { general: 'Sign anew whenever a member of the metadata changes.' },
    },
  },
  rule({ document }) {
    return withText(document, 'signed_metadata', (jwt) => {
      if (jwt === undefined) return skip('it has no signed_metadata');
      return ruling(signedMetadataFlaws(jwt, document, 'issuer'), 'a signed JWT with iss');
    });
  },
  passes: [['signed', withIssuerDocument({ signed_metadata: exampleJwt({ alg: 'RS256' }, { iss: ISSUER }) })]],
  fails: {
    'no-jwt': ['a text', { signed_metadata: 'signed' }],
    unsigned: ['none', { signed_metadata: exampleJwt({ alg: 'none' }, { iss: ISSUER }) }],
    'no-issuer': ['an empty iss', { signed_metadata: exampleJwt({ alg: 'RS256' }, { iss: '' }) }],
    nested: [
      'one in another',
      { signed_metadata: exampleJwt({ alg: 'RS256' }, { iss: ISSUER, signed_metadata: 'a.b.c' }) },
    ],
    contradicts: [
      'of another issuer',
      { signed_metadata: exampleJwt({ alg: 'RS256' }, { iss: ISSUER, issuer: 'https://other.example.com/' }) },
    ],
    differs: [
      'another endpoint',
      {
        signed_metadata: exampleJwt(
          { alg: 'RS256' },
          { iss: ISSUER, issuer: ISSUER, token_endpoint: `${ISSUER}old/token` },
        ),
      },
    ],
  },
});

function hasEmptyListsInOAuth(candidates: Parameters<typeof documentsOf>[0]['candidates']): boolean {
  return documentsOf({ issuer: '', candidates }).some(
    ({ kind, document }) =>
      kind === 'oauth' && Object.values(document).some((value) => Array.isArray(value) && value.length === 0),
  );
}

export const memberChecks = [
  writesListsAsArraysOfStrings,
  writesFlagsAsBooleans,
  writesTextsAsStrings,
  omitsEmptyLists,
  signsItsMetadataSoundly,
];
