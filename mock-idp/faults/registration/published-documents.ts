import type { Answer } from '../../document-host.ts';
import { PUBLIC_KEY, type PublishedClient, publishClients } from '../../own-client-documents.ts';
import type { Fault } from '../fault.ts';
import { metadata } from '../issuer-metadata/documents/replace.ts';

/** Metadata documents that clients of the world publish, each with one flaw: the tenant has no part in them. */

const CALLBACK = 'https://client.example/callback';

const having = (members: Readonly<Record<string, unknown>>): PublishedClient => ({ members });
const redirecting = (...redirect_uris: readonly string[]) => having({ redirect_uris });
const written = (write: (url: string) => string, path?: string): PublishedClient => ({
  written: write,
  ...(path !== undefined && { path }),
});
const answering = (answer: (good: Readonly<Record<string, unknown>>) => Answer): PublishedClient => ({ answer });
const keyed = (keys: Answer, members: Readonly<Record<string, unknown>> = {}): PublishedClient => ({ keys, members });
const signing = (...keys: readonly object[]) => keyed({ json: { keys } });

const inText = (good: object, edit: (json: string) => string): Answer => ({
  text: edit(JSON.stringify(good)),
  headers: [['Content-Type', 'application/json']],
});

const { kid: _, ...KEY_WITHOUT_ID } = PUBLIC_KEY;

const URLS: readonly PublishedClient[] = [
  written((url) => url.replace(/^https:\/\//, '')),
  written((url) => url.replace(/^https:/, 'http:')),
  written((url) => url.replace(/\/\/[^:/]+/, '//localhost')),
  written((url) => url.replace(/\/\/[^:/]+/, '//10.0.0.1')),
  written((url) => url.replace(/\/\/[^/]+/, '//')),
  written((url) => url.replace(/\/$/, ''), '/'),
  written((url) => url, '/'),
  written((url) => url.replace('/clients/', '/clients/any/../')),
  written((url) => url.replace('/clients/', '/clients/any/%2e%2E/')),
  written((url) => url, `/clients/${'a'.repeat(120)}`),
  written((url) => ` ${url}`),
  written((url) => url.replace('%C3%AF', 'ï'), '/clients/cl%C3%AFent.json'),
  written((url) => url.replace('//', '//user@')),
  written((url) => `${url}#`),
  written((url) => `${url}?version=1`),
  written((url) => url.replace(/:\d+\//, ':0/')),
  written((url) => url, '/clients/100%.json'),
];

const DELIVERIES: readonly PublishedClient[] = [
  answering((json) => ({ json, truncated: true })),
  answering(() => ({ redirect: 'https://client.example/client.json' })),
  answering(() => ({ status: 404 })),
  answering((json) => ({ json, status: 203 })),
  answering((json) => ({ json, fill: 5121 })),
  answering((json) => ({ json, fill: 5120 })),
  answering((json) => ({ json, headers: [['Content-Type', 'text/html']] })),
  answering((good) => inText(good, (json) => `${json},`)),
  answering((good) => ({ json: [good] })),
  answering((good) => inText(good, (json) => `\ufeff${json}`)),
  answering((good) => inText(good, (json) => json.replace('{', '{"client_name":"Another client",'))),
];

const IDENTITIES: readonly PublishedClient[] = [
  having({ client_id: undefined }),
  having({ client_id: 'https://other.example/client.json' }),
  having({ client_name: '' }),
];

const REDIRECT_URIS: readonly PublishedClient[] = [
  having({ redirect_uris: undefined }),
  having({ redirect_uris: CALLBACK }),
  redirecting(CALLBACK, CALLBACK),
  redirecting('/callback'),
  redirecting('javascript:alert(1)'),
  redirecting('http://client.example/callback'),
  redirecting('com.example.client:/callback'),
  redirecting('http://127.0.0.1:8976/callback'),
  redirecting(`${CALLBACK}#done`),
  redirecting('https://*.client.example/callback'),
];

const GRANTS: readonly PublishedClient[] = [
  having({ grant_types: undefined }),
  having({ grant_types: 'authorization_code' }),
  having({ grant_types: ['client_credentials'], response_types: undefined }),
  having({ grant_types: ['authorization_code', 'client_credentials'] }),
  having({ response_types: ['code', 'token'] }),
  having({ grant_types: ['refresh_token'] }),
  having({ application_type: 'spa' }),
  having({ token_endpoint_auth_method: 'client_secret_post' }),
  having({ token_endpoint_auth_method: 'tls_client_auth' }),
  having({ token_endpoint_auth_method: undefined }),
  having({ client_secret: 'everybody-reads-it' }),
  having({ software_version: '1.0' }),
];

const KEYS: readonly PublishedClient[] = [
  having({ token_endpoint_auth_method: 'private_key_jwt' }),
  keyed({ json: { keys: [PUBLIC_KEY] } }, { jwks: { keys: [PUBLIC_KEY] } }),
  keyed({ json: { keys: [PUBLIC_KEY] } }, { jwks_uri: '/keys.json' }),
  keyed({ json: { keys: [PUBLIC_KEY] } }, { jwks_uri: 'http://documents.invalid/keys.json' }),
  keyed({ status: 404 }),
  keyed({ redirect: 'https://client.example/keys.json' }),
  keyed({ json: { keys: [PUBLIC_KEY] }, fill: 12_289 }),
  keyed({ json: [PUBLIC_KEY] }),
  signing({ ...PUBLIC_KEY, d: '870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE' }),
  signing({ kty: 'oct', kid: 'one', k: 'c2VjcmV0' }),
  signing(KEY_WITHOUT_ID),
  signing(PUBLIC_KEY, { ...PUBLIC_KEY, use: 'enc' }),
];

const PRESENTATIONS: readonly PublishedClient[] = [
  having({ logo_uri: 'logo.png' }),
  having({ tos_uri: 'javascript:alert(1)' }),
  having({ description: 'a'.repeat(141) }),
];

type Trips = Readonly<Record<string, readonly string[]>>;

/** Without the member that Auth0 alone has: the provider is another, whose rules are the draft's. */
const OTHER_PROVIDER = metadata({ mfa_challenge_endpoint: undefined });

/** The same documents at Auth0, whose rules then count, and elsewhere. */
function faults(
  id: string,
  says: string,
  clients: readonly PublishedClient[],
  trips: { readonly atAuth0: Trips; readonly elsewhere: Trips },
  more: Partial<Fault> = {},
): readonly Fault[] {
  const listed = (by: Trips) =>
    Object.entries(by).flatMap(([check, reasons]) => reasons.map((reason) => `client-documents/${check}:${reason}`));
  const common = { ...more, clientDocuments: (host) => publishClients(host, clients) } satisfies Partial<Fault>;
  return [
    { ...common, id, says, trips: listed(trips.atAuth0) },
    { ...common, id: `${id}-elsewhere`, says, tenant: OTHER_PROVIDER, trips: listed(trips.elsewhere) },
  ];
}

export const PUBLISHED_DOCUMENT_FAULTS: readonly Fault[] = [
  ...faults(
    'clients-have-urls-that-name-no-client',
    'URLs of metadata documents are such as no client may have.',
    URLS,
    {
      atAuth0: {
        'has-a-url-that-names-a-client': [
          'url-unreadable',
          'url-not-https',
          'url-local-host',
          'url-without-host',
          'url-without-path',
          'url-dot-segment',
          'url-outer-blank',
          'url-userinfo',
          'url-fragment',
          'url-percent',
        ],
        'says-whose-document-it-is': ['client-id-differs'],
        'is-what-auth0-takes': [
          'url-bare-path',
          'url-encoded-dot-segment',
          'url-too-long',
          'url-query',
          'url-port-zero',
        ],
        'would-be-taken-by-the-draft': ['url-special-address', 'url-foreign-character'],
      },
      elsewhere: {
        'has-a-url-that-names-a-client': [
          'url-unreadable',
          'url-not-https',
          'url-local-host',
          'url-special-address',
          'url-without-host',
          'url-without-path',
          'url-bare-path',
          'url-dot-segment',
          'url-outer-blank',
          'url-foreign-character',
          'url-userinfo',
          'url-fragment',
          'url-query',
          'url-percent',
        ],
        'says-whose-document-it-is': ['client-id-differs'],
        'would-be-taken-by-auth0': ['url-encoded-dot-segment', 'url-too-long', 'url-port-zero'],
      },
    },
    { publicName: true },
  ),
  ...faults(
    'clients-publish-no-readable-document',
    'Metadata documents come by a detour, as an error, in another form than JSON, or too large.',
    DELIVERIES,
    {
      atAuth0: {
        'comes-as-a-json-document': [
          'unreachable',
          'redirected',
          'error-status',
          'near-the-limit',
          'not-json',
          'not-an-object',
        ],
        'is-what-auth0-takes': ['too-large'],
        'would-be-taken-by-the-draft': ['not-200', 'content-type', 'byte-order-mark', 'duplicate-member'],
      },
      elsewhere: {
        'comes-as-a-json-document': [
          'unreachable',
          'redirected',
          'error-status',
          'not-200',
          'too-large',
          'near-the-limit',
          'content-type',
          'not-json',
          'not-an-object',
          'byte-order-mark',
          'duplicate-member',
        ],
      },
    },
  ),
  ...faults(
    'clients-do-not-say-who-they-are',
    'Metadata documents have no client_id, that of another client, or no name.',
    IDENTITIES,
    {
      atAuth0: { 'says-whose-document-it-is': ['client-id-missing', 'client-id-differs', 'client-name-missing'] },
      elsewhere: { 'says-whose-document-it-is': ['client-id-missing', 'client-id-differs', 'client-name-missing'] },
    },
  ),
  ...faults(
    'clients-list-unsafe-redirect-uris',
    'Metadata documents list redirect URIs that are missing, relative, in clear, or no addresses at all.',
    REDIRECT_URIS,
    {
      atAuth0: {
        'lists-redirect-uris-that-are-safe': [
          'redirect-uris-missing',
          'redirect-uris-no-list',
          'redirect-uri-relative',
          'redirect-uri-dangerous',
          'redirect-uri-http',
          'redirect-uri-private-scheme',
        ],
        'is-what-auth0-takes': ['redirect-uri-twice', 'redirect-uri-loopback-of-web'],
        'would-be-taken-by-the-draft': ['redirect-uri-fragment', 'redirect-uri-wildcard'],
      },
      elsewhere: {
        'lists-redirect-uris-that-are-safe': [
          'redirect-uris-missing',
          'redirect-uris-no-list',
          'redirect-uri-relative',
          'redirect-uri-dangerous',
          'redirect-uri-http',
          'redirect-uri-private-scheme',
          'redirect-uri-fragment',
          'redirect-uri-wildcard',
        ],
        'would-be-taken-by-auth0': ['redirect-uri-twice', 'redirect-uri-loopback-of-web'],
      },
    },
  ),
  ...faults(
    'clients-ask-for-what-documents-cannot-give',
    'Metadata documents ask for outdated flows, secrets, and methods that nobody supports.',
    GRANTS,
    {
      atAuth0: {
        'asks-for-flows-it-can-use': [
          'grant-types-no-list',
          'response-type-without-grant',
          'shared-secret-method',
          'client-secret',
        ],
        'is-what-auth0-takes': [
          'grant-types-missing',
          'grant-types-none-usable',
          'grant-type-filtered',
          'application-type-unknown',
          'method-unsupported',
          'property-ignored',
        ],
        'would-be-taken-by-the-draft': ['outdated-flow', 'method-unsaid'],
      },
      elsewhere: {
        'asks-for-flows-it-can-use': [
          'grant-types-no-list',
          'outdated-flow',
          'response-type-without-grant',
          'shared-secret-method',
          'method-unsaid',
          'client-secret',
        ],
        'would-be-taken-by-auth0': [
          'grant-types-missing',
          'grant-types-none-usable',
          'grant-type-filtered',
          'application-type-unknown',
          'method-unsupported',
          'property-ignored',
        ],
      },
    },
  ),
  ...faults('clients-publish-unfit-keys', 'Keys of clients are missing, elsewhere, private, or no key set.', KEYS, {
    atAuth0: {
      'publishes-public-keys-of-the-client': [
        'jwks-uri-no-url',
        'keys-unreachable',
        'keys-no-set',
        'private-key',
        'symmetric-key',
        'kid-twice',
      ],
      'is-what-auth0-takes': [
        'keys-missing',
        'jwks-inline',
        'jwks-uri-elsewhere',
        'keys-redirected',
        'keys-too-large',
        'kid-missing',
      ],
      'would-be-taken-by-the-draft': ['jwks-and-jwks-uri', 'jwks-uri-http'],
    },
    elsewhere: {
      'publishes-public-keys-of-the-client': [
        'keys-missing',
        'jwks-and-jwks-uri',
        'jwks-uri-no-url',
        'jwks-uri-http',
        'keys-unreachable',
        'keys-no-set',
        'private-key',
        'symmetric-key',
        'kid-twice',
      ],
      'would-be-taken-by-auth0': [
        'jwks-inline',
        'jwks-uri-elsewhere',
        'keys-redirected',
        'keys-too-large',
        'kid-missing',
      ],
    },
  }),
  ...faults(
    'clients-link-what-no-browser-should-open',
    'Logo and pages of clients are no URLs, and descriptions are long.',
    PRESENTATIONS,
    {
      atAuth0: {
        'links-what-users-are-shown': ['logo-no-url'],
        'is-what-auth0-takes': ['property-ignored', 'description-too-long'],
        'would-be-taken-by-the-draft': ['page-no-url'],
      },
      elsewhere: {
        'links-what-users-are-shown': ['logo-no-url', 'page-no-url'],
        'would-be-taken-by-auth0': ['property-ignored', 'description-too-long'],
      },
    },
  ),
];
