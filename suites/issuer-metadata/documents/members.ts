import { isObject } from '../../../fixtures/protocol/answers.ts';
import type { JsonObject } from '../../../fixtures/protocol/documents.ts';
import { quote } from '../../challenge/refusals.ts';
import { mistyped, type WantedType } from '../schema.ts';
import {
  broken,
  documentCheck,
  documentsOf,
  OPENID_DOCUMENT,
  ruling,
  shown,
  skip,
  withIssuerDocument,
  withText,
} from './document.ts';

/** Members whose value has another type than this, but for empty lists' and absent values' sake. */
function wrong<const R extends string>(document: JsonObject, wanted: WantedType, reason: R) {
  return ruling(
    mistyped(document)
      .filter((each) => each.wanted === wanted)
      .map(({ member }) => ({ reason, actual: shown(document, member) })),
    `${Object.keys(document).length} members`,
  );
}

const TYPES = {
  keyword: 'MUST',
  severity: 'medium',
  each: true,
} as const;

export const writesListsAsArrays = documentCheck({
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
      says: 'OpenID discovery has an empty list, which is better left out.',
      keyword: 'ADVICE',
      fix: { general: 'Leave the member out when there is nothing to list; some clients refuse empty lists.' },
    },
  },
  rule({ document, kind }, _facts, asked) {
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

/** A JSON object in base64url; `undefined` when it is none. */
function decoded(part: string | undefined): JsonObject | undefined {
  if (part === undefined || !/^[\w-]+$/.test(part)) return undefined;
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const encoded = (...parts: readonly object[]) =>
  [...parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')), 'c2lnbmVk'].join('.');

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
  },
  rule({ document }) {
    return withText(document, 'signed_metadata', (jwt) => {
      if (jwt === undefined) return skip('it has no signed_metadata');
      const parts = jwt.split('.');
      const [header, claims] = [decoded(parts[0]), decoded(parts[1])];
      const actual = `signed_metadata is ${quote(jwt)}`;
      if (parts.length !== 3 || header === undefined || claims === undefined) return broken('no-jwt', actual);
      const algorithm = header.alg;
      if (typeof algorithm !== 'string' || /^none$/i.test(algorithm) || parts[2] === '') {
        return broken('unsigned', `alg is ${JSON.stringify(algorithm) ?? 'absent'}`);
      }
      return ruling(
        [
          ...(typeof claims.iss === 'string' ? [] : [{ reason: 'no-issuer' as const, actual: 'no iss' }]),
          ...(claims.signed_metadata === undefined
            ? []
            : [{ reason: 'nested' as const, actual: 'claims with signed_metadata' }]),
        ],
        `alg ${algorithm}, iss ${String(claims.iss)}`,
      );
    });
  },
  passes: [
    [
      'signed',
      withIssuerDocument({ signed_metadata: encoded({ alg: 'RS256' }, { iss: 'https://tenant.example.com/' }) }),
    ],
  ],
  fails: {
    'no-jwt': ['a text', { signed_metadata: 'signed' }],
    unsigned: ['none', { signed_metadata: encoded({ alg: 'none' }, { iss: 'https://tenant.example.com/' }) }],
    'no-issuer': ['no iss', { signed_metadata: encoded({ alg: 'RS256' }, {}) }],
    nested: [
      'one in another',
      { signed_metadata: encoded({ alg: 'RS256' }, { iss: 'https://tenant.example.com/', signed_metadata: 'a.b.c' }) },
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
  writesListsAsArrays,
  writesFlagsAsBooleans,
  writesTextsAsStrings,
  omitsEmptyLists,
  signsItsMetadataSoundly,
];
