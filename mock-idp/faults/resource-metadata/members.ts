import { generateKeyPairSync } from 'node:crypto';
import { publicDocument } from '../../http.ts';
import type { Fault } from '../fault.ts';
import { alsoOverHttp } from '../replace.ts';
import { members } from './edit.ts';

const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A JWT with a signature that nobody made. */
const jwt = (header: object, claims: object, signature = 'c2lnbmF0dXJl') =>
  `${encoded(header)}.${encoded(claims)}.${signature}`;

/** Nobody keeps its private half. */
const RESOURCE_KEY = {
  ...generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' }),
  kid: 'resource',
  use: 'sig',
  alg: 'ES256',
};

const HOST = 'https://mcp.example.com';

/** One member of the document each, as it is sent, and what that trips. */
const ROWS: readonly (readonly [
  id: string,
  says: string,
  document: Readonly<Record<string, unknown>>,
  trip: string,
])[] = [
  [
    'writes-its-scopes-as-one-text',
    'The protected resource metadata gives scopes_supported as one string, not as a list.',
    { scopes_supported: 'mcp:tools mcp:identity' },
    'gives-members-their-types:no-array',
  ],
  [
    'writes-its-name-as-a-number',
    'The protected resource metadata gives resource_name as a number.',
    { resource_name: 7 },
    'gives-members-their-types:no-string',
  ],
  [
    'writes-true-as-a-text',
    'The protected resource metadata gives tls_client_certificate_bound_access_tokens as a string, not as a boolean.',
    { tls_client_certificate_bound_access_tokens: 'false' },
    'gives-members-their-types:no-boolean',
  ],
  [
    'writes-an-empty-list-of-scopes',
    'The protected resource metadata gives scopes_supported as an empty list instead of leaving it out.',
    { scopes_supported: [] },
    'omits-members-without-values:empty-array',
  ],
  [
    'writes-null-into-its-metadata',
    'The protected resource metadata gives resource_documentation as null instead of leaving it out.',
    { resource_documentation: null },
    'omits-members-without-values:null',
  ],
  [
    'links-to-a-script-in-its-metadata',
    'The protected resource metadata gives resource_tos_uri as a javascript: URL.',
    { resource_tos_uri: 'javascript:alert(1)' },
    'links-to-pages-by-web-urls:no-web-url',
  ],
  [
    'names-no-scopes-in-its-metadata',
    'The protected resource metadata leaves scopes_supported out.',
    { scopes_supported: undefined },
    'lists-its-scopes:absent',
  ],
  [
    'writes-two-scopes-into-one-text',
    'The protected resource metadata writes two scopes into one entry of scopes_supported.',
    { scopes_supported: ['mcp:tools mcp:identity'] },
    'lists-well-formed-scopes:several-in-one',
  ],
  [
    'writes-quotation-marks-into-a-listed-scope',
    'The protected resource metadata writes quotation marks into an entry of scopes_supported.',
    { scopes_supported: ['"mcp:tools"'] },
    'lists-well-formed-scopes:bad-character',
  ],
  [
    'lists-offline-access-in-its-metadata',
    'The protected resource metadata lists offline_access among its scopes.',
    { scopes_supported: ['mcp:tools', 'mcp:identity', 'offline_access'] },
    'leaves-offline-access-out:offline-access',
  ],
  [
    'lists-scopes-of-openid-alone',
    'The protected resource metadata lists scopes of OpenID Connect, and none of its own.',
    { scopes_supported: ['openid', 'profile', 'email'] },
    'lists-scopes-of-its-own:openid-only',
  ],
  [
    'says-that-the-body-alone-takes-tokens',
    'The protected resource metadata says that tokens are taken in the body alone.',
    { bearer_methods_supported: ['body'] },
    'says-that-the-header-takes-tokens:no-header',
  ],
  [
    'says-that-nothing-takes-bearer-tokens',
    'The protected resource metadata says by an empty bearer_methods_supported that bearer tokens are not taken.',
    { bearer_methods_supported: [] },
    'says-that-the-header-takes-tokens:none',
  ],
  [
    'offers-tokens-in-the-query',
    'The protected resource metadata offers to take tokens in the query.',
    { bearer_methods_supported: ['header', 'query'] },
    'offers-no-tokens-in-the-query:query',
  ],
  [
    'names-an-unknown-bearer-method',
    'The protected resource metadata offers to take tokens in a cookie, a method that RFC 9728 does not know.',
    { bearer_methods_supported: ['header', 'cookie'] },
    'uses-known-bearer-methods:unknown',
  ],
  [
    'names-its-own-key-set-by-a-path',
    'The protected resource metadata gives jwks_uri as a path, without scheme and host.',
    { jwks_uri: '/jwks.json' },
    'names-its-key-set-by-a-url:no-url',
  ],
  [
    'lists-none-as-a-signing-algorithm',
    'The protected resource metadata lists none among its signing algorithms.',
    { resource_signing_alg_values_supported: ['RS256', 'none'] },
    'lists-no-unsigned-algorithm:none',
  ],
  [
    'publishes-signed-metadata-that-is-no-jwt',
    'The protected resource metadata gives signed_metadata as a word that is no JWT.',
    { signed_metadata: 'signed' },
    'signs-signed-metadata:no-jwt',
  ],
  [
    'publishes-unsigned-signed-metadata',
    'The signed_metadata of the protected resource metadata has alg none, so nobody signed it.',
    { signed_metadata: jwt({ alg: 'none' }, { iss: HOST }, '') },
    'signs-signed-metadata:unsigned',
  ],
  [
    'publishes-signed-metadata-without-issuer',
    'The signed_metadata of the protected resource metadata has no iss, so it does not say who vouches for it.',
    { signed_metadata: jwt({ alg: 'RS256' }, { sub: HOST }) },
    'signs-signed-metadata:no-issuer',
  ],
  [
    'publishes-signed-metadata-in-itself',
    'The signed_metadata of the protected resource metadata contains a signed_metadata of its own.',
    { signed_metadata: jwt({ alg: 'RS256' }, { iss: HOST, signed_metadata: 'a.b.c' }) },
    'signs-signed-metadata:nested',
  ],
  [
    'publishes-signed-metadata-of-another-resource',
    'The signed_metadata of the protected resource metadata is about another resource than the document.',
    { signed_metadata: jwt({ alg: 'RS256' }, { iss: HOST, resource: HOST }) },
    'signs-signed-metadata:contradicts',
  ],
  [
    'publishes-old-signed-metadata',
    'The signed_metadata of the protected resource metadata is old: it names another authorization server than the document.',
    { signed_metadata: jwt({ alg: 'RS256' }, { iss: HOST, authorization_servers: ['https://old.example.com/'] }) },
    'signs-signed-metadata:differs',
  ],
];

/** What single members of the document say. */
export const MEMBER_FAULTS: readonly Fault[] = [
  ...ROWS.map(([id, says, document, trip]) => ({
    id,
    says,
    server: members(document),
    trips: [`resource-metadata/${trip}`],
  })),
  {
    id: 'names-its-own-key-set-by-plain-http',
    says: 'jwks_uri of a public server’s metadata document is an http URL.',
    server: members((_, { setup }) => ({
      jwks_uri: new URL('/resource-keys', setup.issuer).href.replace('https:', 'http:'),
    })),
    tenant: alsoOverHttp(['/resource-keys'], ({ request }) =>
      publicDocument(request, 300, () => ({ keys: [RESOURCE_KEY] })),
    ),
    publicName: true,
    plainHttp: 'tenant',
    trips: ['resource-metadata/names-its-key-set-by-an-https-url:http'],
  },
];
