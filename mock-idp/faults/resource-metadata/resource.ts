import { field, publicDocument } from '../../http.ts';
import type { Fault } from '../fault.ts';
import { answerFirst } from '../replace.ts';
import { alsoAt, members } from './edit.ts';

/** Names another resource, made from the URL of the endpoint. */
const resource = (of: (endpoint: string) => unknown) => members((_, { setup }) => ({ resource: of(setup.server.url) }));

/** Whose document it says it is. */
export const RESOURCE_FAULTS: readonly Fault[] = [
  {
    id: 'names-no-resource',
    says: 'The protected resource metadata leaves resource out.',
    server: resource(() => undefined),
    trips: ['resource-metadata/names-its-resource:absent'],
  },
  {
    id: 'names-its-resource-in-a-list',
    says: 'The protected resource metadata gives resource as a list of one URL.',
    server: resource((endpoint) => [endpoint]),
    trips: ['resource-metadata/names-its-resource:no-text'],
  },
  {
    id: 'names-its-resource-by-a-path',
    says: 'The protected resource metadata names the resource by its path alone, without scheme and host.',
    server: resource((endpoint) => new URL(endpoint).pathname),
    trips: ['resource-metadata/names-an-absolute-resource:no-url'],
  },
  {
    id: 'names-its-resource-by-plain-http',
    says: 'The protected resource metadata of a public server names the resource by an http URL.',
    server: resource((endpoint) => endpoint.replace(/^https:/, 'http:')),
    publicName: true,
    trips: ['resource-metadata/names-an-https-resource:http'],
  },
  {
    id: 'names-its-resource-with-a-fragment',
    says: 'The protected resource metadata puts a fragment behind the URL of the resource.',
    server: resource((endpoint) => `${endpoint}#tools`),
    trips: ['resource-metadata/names-a-resource-without-fragment:fragment'],
  },
  {
    id: 'names-its-resource-with-a-query',
    says: 'The protected resource metadata puts a query behind the URL of the resource.',
    server: resource((endpoint) => `${endpoint}?tenant=a`),
    trips: [
      'resource-metadata/names-a-resource-without-query:query',
      'resource-metadata/names-the-resource-that-was-asked:query',
    ],
  },
  {
    id: 'names-its-resource-by-another-scheme',
    says: 'The protected resource metadata names the resource by https where the server is asked by http.',
    server: resource((endpoint) => endpoint.replace(/^http:/, 'https:')),
    trips: ['resource-metadata/names-the-resource-that-was-asked:scheme'],
  },
  {
    id: 'names-another-resource-to-a-bad-token',
    says: 'The challenge to a token that is not good names a document about another resource.',
    server: (conforming) => ({
      ...alsoAt('/metadata')(conforming),
      ...answerFirst(
        ({ request }) => request.path === '/metadata',
        (context) =>
          publicDocument(context.request, 300, () => ({
            ...conforming.resourceMetadata(context),
            resource: new URL('/old', context.setup.server.url).href,
          })),
      )(conforming),
      resourceMetadataUrl: (context) =>
        field(context.request, 'authorization') === undefined
          ? conforming.resourceMetadataUrl(context)
          : new URL('/metadata', context.setup.server.url).href,
    }),
    trips: ['resource-metadata/names-the-resource-that-was-asked:other-path'],
  },
  {
    id: 'names-a-resource-of-another-origin',
    says: 'Behind a proxy, the protected resource metadata names the resource by the internal address of its container.',
    server: resource(() => 'http://mcp-server:8080/mcp'),
    trips: ['resource-metadata/names-the-resource-that-was-asked:other-origin'],
  },
  {
    id: 'names-a-resource-at-another-path',
    says: 'The protected resource metadata names another path of its origin as the resource.',
    server: resource((endpoint) => new URL('/api', endpoint).href),
    trips: ['resource-metadata/names-the-resource-that-was-asked:other-path'],
  },
  {
    id: 'names-its-origin-as-resource',
    says: 'The protected resource metadata names the origin as the resource, though the endpoint has a path.',
    server: resource((endpoint) => new URL(endpoint).origin),
    trips: ['resource-metadata/names-the-resource-that-was-asked:above'],
  },
  {
    id: 'names-its-origin-with-a-slash-as-resource',
    says: 'The protected resource metadata names the origin, with a slash, as the resource, though the endpoint has a path.',
    server: resource((endpoint) => new URL('/', endpoint).href),
    trips: [
      'resource-metadata/names-the-resource-that-was-asked:above',
      'resource-metadata/writes-its-resource-without-a-slash-at-the-end:slash',
    ],
  },
  {
    id: 'adds-a-slash-to-its-resource',
    says: 'The protected resource metadata ends resource with a slash that the URL of the endpoint does not have.',
    server: resource((endpoint) => `${endpoint}/`),
    trips: ['resource-metadata/names-the-resource-that-was-asked:slash'],
  },
  {
    id: 'spells-its-resource-in-another-way',
    says: 'The protected resource metadata writes the scheme of resource in upper case.',
    server: resource((endpoint) => endpoint.replace(/^https?/, (scheme) => scheme.toUpperCase())),
    trips: ['resource-metadata/names-the-resource-that-was-asked:spelling'],
  },
];
