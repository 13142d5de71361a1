import { htmlReply, jsonReply, publicDocument, type Reply } from '../../http.ts';
import { tenantMetadata } from '../../tenant/metadata.ts';
import { conforming } from '../../tenant/states/conforming.ts';
import type { Fault } from '../fault.ts';
import { answerFirst, answerTenantPaths, type Replacement, setField } from '../replace.ts';

type Metadata = Readonly<Record<string, unknown>>;

const PLACE = '/.well-known/oauth-authorization-server';
const state = 'own-authorization-server';

const notFound = () => jsonReply(404, { error: 'not_found' });

/** Changes the server's own metadata; a member that is `undefined` is left out. */
function own(changes: (metadata: Metadata) => Metadata): Pick<Fault, 'state' | 'tenant'> {
  return {
    state,
    tenant: (conforming) => ({
      metadata: (context) => {
        const metadata = conforming.metadata(context);
        return { ...metadata, ...changes(metadata) };
      },
    }),
  };
}

const FOLLOWS = 'issuer-metadata/follows-rfc-8414-in-its-own-metadata';

/** Changes the answer with the server's own metadata. */
function delivered(edit: (reply: Reply) => Reply): Pick<Fault, 'state' | 'tenant'> {
  return {
    state,
    tenant: (conforming) =>
      answerTenantPaths([PLACE], (context) =>
        edit(publicDocument(context.request, 15, () => conforming.metadata(context))),
      )(conforming),
  };
}

/** Serves a copy of the tenant's metadata at the origin of the MCP server, changed. */
function copy(changes: Metadata): Replacement {
  return answerFirst(
    ({ request }) => request.path === PLACE,
    ({ request, setup }) =>
      publicDocument(request, 300, () => ({
        ...tenantMetadata(setup.issuer, conforming(setup).settings),
        ...changes,
      })),
  );
}

/** Authorization server metadata at the origin of the MCP server. */
export const OWN_ORIGIN_FAULTS: readonly Fault[] = [
  {
    id: 'publishes-no-metadata-of-its-own',
    says: 'A server that is its own authorization server publishes no metadata; the default endpoints are there.',
    state,
    tenant: answerTenantPaths([PLACE], notFound),
    trips: ['issuer-metadata/serves-its-own-metadata:absent'],
  },
  {
    id: 'answers-with-a-web-page-for-its-own-metadata',
    says: 'A web page stands where a server that is its own authorization server has its metadata.',
    state,
    tenant: answerTenantPaths([PLACE], () => htmlReply(200, '<!doctype html><title>Start</title>')),
    trips: ['issuer-metadata/serves-its-own-metadata:not-a-json-object'],
  },
  {
    id: 'publishes-its-own-metadata-below-its-path',
    says: 'The metadata of a server that is its own authorization server has the path of the endpoint in its URL.',
    state,
    tenant: answerTenantPaths([PLACE], notFound),
    server: answerFirst(
      ({ request, setup }) => request.path === `${PLACE}${new URL(setup.server.url).pathname}`,
      ({ request, setup: { issuer } }) =>
        publicDocument(request, 300, () => ({
          issuer,
          authorization_endpoint: `${issuer}/authorize`,
          token_endpoint: `${issuer}/token`,
          response_types_supported: ['code'],
          code_challenge_methods_supported: ['S256'],
        })),
    ),
    trips: ['issuer-metadata/keeps-metadata-at-the-root-of-its-origin:below-the-path'],
  },
  {
    id: 'has-neither-metadata-nor-default-endpoints',
    says: 'A server of 2025-03-26 has neither metadata nor the default endpoints.',
    state,
    // The last is the tenant's path behind /token.
    tenant: answerTenantPaths([PLACE, '/authorize', '/oauth/token'], notFound),
    trips: ['issuer-metadata/serves-default-endpoints-without-metadata:neither'],
  },
  {
    id: 'has-a-start-page-instead-of-default-endpoints',
    says: 'A server of 2025-03-26 without metadata answers /authorize with its start page, and /token with 404.',
    state,
    tenant: answerTenantPaths([PLACE, '/authorize', '/oauth/token'], ({ request }) =>
      request.path === '/authorize' ? htmlReply(200, '<!doctype html><title>Start</title>') : notFound(),
    ),
    trips: [
      'issuer-metadata/serves-default-endpoints-without-metadata:one-missing',
      'issuer-metadata/serves-its-own-metadata:absent',
    ],
  },
  {
    id: 'sends-its-own-metadata-as-text',
    says: 'The metadata of a server that is its own authorization server comes as text/plain.',
    ...delivered((reply) => setField(reply, 'Content-Type', 'text/plain')),
    trips: [`${FOLLOWS}:other-type`],
  },
  {
    id: 'begins-its-own-metadata-with-a-byte-order-mark',
    says: 'The metadata of a server that is its own authorization server begins with a byte order mark.',
    ...delivered((reply) => ({ ...reply, body: `\ufeff${String(reply.body)}` })),
    trips: [`${FOLLOWS}:byte-order-mark`],
  },
  {
    id: 'writes-its-own-scopes-as-one-text',
    says: 'scopes_supported of a server that is its own authorization server is a string.',
    ...own(() => ({ scopes_supported: 'openid' })),
    trips: [`${FOLLOWS}:mistyped`],
  },
  {
    id: 'lists-no-grants-of-its-own',
    says: 'grant_types_supported of a server that is its own authorization server is empty.',
    ...own(() => ({ grant_types_supported: [] })),
    trips: [`${FOLLOWS}:empty-list`],
  },
  {
    id: 'names-no-response-types-of-its-own',
    says: 'The metadata of a server that is its own authorization server has no response_types_supported.',
    ...own(() => ({ response_types_supported: undefined })),
    trips: [`${FOLLOWS}:no-response-types`],
  },
  {
    id: 'names-its-own-keys-by-a-path',
    says: 'jwks_uri of a server that is its own authorization server is a path.',
    ...own(() => ({ jwks_uri: '/.well-known/jwks.json' })),
    trips: [`${FOLLOWS}:no-key-set-url`],
  },
  {
    id: 'publishes-a-private-key-of-its-own',
    says: 'The key set of a server that is its own authorization server has a private key.',
    state,
    tenant: (conforming) => ({
      keys: async (context) => {
        const { keys } = await conforming.keys(context);
        return context.request.internal === true ? { keys } : { keys: keys.map((key) => ({ ...key, d: 'AQAB' })) };
      },
    }),
    trips: ['issuer-metadata/publishes-no-private-keys:private-member'],
  },
  {
    id: 'names-no-issuer-in-its-own-metadata',
    says: 'The metadata of a server that is its own authorization server has no issuer.',
    ...own(() => ({ issuer: undefined })),
    trips: ['issuer-metadata/names-its-own-origin-as-issuer:missing'],
  },
  {
    id: 'names-another-issuer-in-its-own-metadata',
    says: 'A server that is its own authorization server names another host as issuer.',
    ...own(() => ({ issuer: 'https://login.example.com/' })),
    // The keys are where they were.
    trips: [
      'issuer-metadata/keeps-its-keys-at-its-own-host:other-host',
      'issuer-metadata/names-its-own-origin-as-issuer:other',
    ],
  },
  {
    id: 'names-no-authorization-endpoint-of-its-own',
    says: 'The metadata of a server that is its own authorization server has no authorization_endpoint.',
    ...own(() => ({ authorization_endpoint: undefined })),
    trips: ['issuer-metadata/names-endpoints-in-its-own-metadata:no-authorization-endpoint'],
  },
  {
    id: 'names-its-own-token-endpoint-by-a-path',
    says: 'token_endpoint of a server that is its own authorization server is a path.',
    ...own(() => ({ token_endpoint: '/token' })),
    trips: ['issuer-metadata/names-endpoints-in-its-own-metadata:no-token-endpoint'],
  },
  {
    id: 'names-its-own-token-endpoint-by-plain-http',
    says: 'token_endpoint of a public server that is its own authorization server is an http URL.',
    ...own(({ token_endpoint }) => ({ token_endpoint: String(token_endpoint).replace(/^https:/, 'http:') })),
    publicName: true,
    trips: ['issuer-metadata/names-https-endpoints-in-its-own-metadata:http'],
  },
  {
    id: 'offers-the-device-grant-alone',
    says: 'A server that is its own authorization server offers no grant but that for devices.',
    ...own(() => ({ grant_types_supported: ['urn:ietf:params:oauth:grant-type:device_code'] })),
    trips: ['issuer-metadata/offers-a-grant-in-its-own-metadata:unfamiliar-only'],
  },
  {
    id: 'names-no-pkce-in-its-own-metadata',
    says: 'The metadata of a server that is its own authorization server has no code_challenge_methods_supported.',
    ...own(() => ({ code_challenge_methods_supported: undefined })),
    trips: ['issuer-metadata/names-pkce-at-its-own-origin:absent'],
  },
  {
    id: 'copies-metadata-of-another-issuer',
    says: 'The MCP server serves metadata of an issuer that its resource metadata does not name.',
    server: copy({ issuer: 'https://old-tenant.example.com/' }),
    trips: ['issuer-metadata/copies-metadata-of-the-named-issuer:another-issuer'],
  },
  {
    id: 'copies-metadata-without-its-issuer',
    says: 'The MCP server serves a copy of the metadata of its tenant without issuer.',
    server: copy({ issuer: undefined }),
    trips: ['issuer-metadata/copies-metadata-of-the-named-issuer:no-issuer'],
  },
  {
    id: 'puts-endpoints-together-from-the-issuer',
    says: 'The MCP server serves metadata of its tenant with a token endpoint at /token of the tenant, where none is.',
    server: answerFirst(
      ({ request }) => request.path === PLACE,
      ({ request, setup }) =>
        publicDocument(request, 300, () => ({
          ...tenantMetadata(setup.issuer, conforming(setup).settings),
          token_endpoint: new URL('/token', setup.issuer).href,
        })),
    ),
    trips: ['issuer-metadata/copies-the-endpoints-of-the-named-issuer:other-endpoint'],
  },
  {
    id: 'copies-metadata-without-pkce',
    says: 'The MCP server serves a copy of the metadata of its tenant without code_challenge_methods_supported.',
    server: copy({ code_challenge_methods_supported: undefined }),
    trips: ['issuer-metadata/names-pkce-at-its-own-origin:absent'],
  },
  {
    id: 'copies-metadata-with-plain-pkce-alone',
    says: 'The MCP server serves a copy of the metadata of its tenant that lists plain as the only PKCE method.',
    server: copy({ code_challenge_methods_supported: ['plain'] }),
    trips: ['issuer-metadata/names-pkce-at-its-own-origin:no-s256'],
  },
];
