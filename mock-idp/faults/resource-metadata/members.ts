import { generateKeyPairSync } from 'node:crypto';
import { emptyReply, publicDocument } from '../../http.ts';
import type { Fault } from '../fault.ts';
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
    'scopes_supported is a string.',
    { scopes_supported: 'mcp:tools mcp:identity' },
    'gives-members-their-types:no-array',
  ],
  [
    'writes-its-name-as-a-number',
    'resource_name is a number.',
    { resource_name: 7 },
    'gives-members-their-types:no-string',
  ],
  [
    'writes-true-as-a-text',
    'tls_client_certificate_bound_access_tokens is a string.',
    { tls_client_certificate_bound_access_tokens: 'false' },
    'gives-members-their-types:no-boolean',
  ],
  [
    'writes-an-empty-list-of-scopes',
    'scopes_supported is empty.',
    { scopes_supported: [] },
    'omits-members-without-values:empty-array',
  ],
  [
    'writes-null-into-its-metadata',
    'resource_documentation is null.',
    { resource_documentation: null },
    'omits-members-without-values:null',
  ],
  [
    'links-to-a-script-in-its-metadata',
    'resource_tos_uri is a javascript: URL.',
    { resource_tos_uri: 'javascript:alert(1)' },
    'links-to-pages-by-web-urls:no-web-url',
  ],
  [
    'names-no-scopes-in-its-metadata',
    'The metadata document has no scopes_supported.',
    { scopes_supported: undefined },
    'lists-its-scopes:absent',
  ],
  [
    'writes-two-scopes-into-one-text',
    'An entry of scopes_supported has a space.',
    { scopes_supported: ['mcp:tools mcp:identity'] },
    'lists-well-formed-scopes:several-in-one',
  ],
  [
    'writes-quotation-marks-into-a-listed-scope',
    'An entry of scopes_supported has quotation marks.',
    { scopes_supported: ['"mcp:tools"'] },
    'lists-well-formed-scopes:bad-character',
  ],
  [
    'lists-offline-access-in-its-metadata',
    'scopes_supported has offline_access.',
    { scopes_supported: ['mcp:tools', 'mcp:identity', 'offline_access'] },
    'leaves-offline-access-out:offline-access',
  ],
  [
    'lists-scopes-of-openid-alone',
    'scopes_supported has scopes of OpenID Connect only.',
    { scopes_supported: ['openid', 'profile', 'email'] },
    'lists-scopes-of-its-own:openid-only',
  ],
  [
    'says-that-the-body-alone-takes-tokens',
    'bearer_methods_supported is ["body"].',
    { bearer_methods_supported: ['body'] },
    'says-that-the-header-takes-tokens:no-header',
  ],
  [
    'says-that-nothing-takes-bearer-tokens',
    'bearer_methods_supported is empty.',
    { bearer_methods_supported: [] },
    'says-that-the-header-takes-tokens:none',
  ],
  [
    'offers-tokens-in-the-query',
    'bearer_methods_supported has query.',
    { bearer_methods_supported: ['header', 'query'] },
    'offers-no-tokens-in-the-query:query',
  ],
  [
    'names-an-unknown-bearer-method',
    'bearer_methods_supported has cookie.',
    { bearer_methods_supported: ['header', 'cookie'] },
    'uses-known-bearer-methods:unknown',
  ],
  [
    'names-its-own-key-set-by-a-path',
    'jwks_uri of the metadata document is a path.',
    { jwks_uri: '/jwks.json' },
    'names-its-key-set-by-a-url:no-url',
  ],
  [
    'lists-none-as-a-signing-algorithm',
    'resource_signing_alg_values_supported has none.',
    { resource_signing_alg_values_supported: ['RS256', 'none'] },
    'lists-no-unsigned-algorithm:none',
  ],
  [
    'publishes-signed-metadata-that-is-no-jwt',
    'signed_metadata is a word.',
    { signed_metadata: 'signed' },
    'signs-signed-metadata:no-jwt',
  ],
  [
    'publishes-unsigned-signed-metadata',
    'signed_metadata has alg none.',
    { signed_metadata: jwt({ alg: 'none' }, { iss: HOST }, '') },
    'signs-signed-metadata:unsigned',
  ],
  [
    'publishes-signed-metadata-without-issuer',
    'signed_metadata has no iss.',
    { signed_metadata: jwt({ alg: 'RS256' }, { resource: HOST }) },
    'signs-signed-metadata:no-issuer',
  ],
  [
    'publishes-signed-metadata-in-itself',
    'The claims of signed_metadata have signed_metadata.',
    { signed_metadata: jwt({ alg: 'RS256' }, { iss: HOST, signed_metadata: 'a.b.c' }) },
    'signs-signed-metadata:nested',
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
    tenant: (conforming) => ({
      sideDoor: (context) => {
        const { request, setup } = context;
        if (request.scheme === 'https') return conforming.sideDoor(context);
        if (request.path !== '/resource-keys')
          return emptyReply(308, [['Location', new URL(request.path, setup.issuer).href]]);
        return publicDocument(request, 300, () => ({ keys: [RESOURCE_KEY] }));
      },
    }),
    publicName: true,
    plainHttp: 'tenant',
    trips: ['resource-metadata/names-its-key-set-by-an-https-url:http'],
  },
];
