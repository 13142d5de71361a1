import type { Fault } from '../fault.ts';
import { members } from './edit.ts';

/** Names another resource, made from the URL of the endpoint. */
const resource = (of: (endpoint: string) => unknown) => members((_, { setup }) => ({ resource: of(setup.server.url) }));

/** Whose document it says it is. */
export const RESOURCE_FAULTS: readonly Fault[] = [
  {
    id: 'names-no-resource',
    says: 'The metadata document has no resource.',
    server: resource(() => undefined),
    trips: ['resource-metadata/names-its-resource:absent'],
  },
  {
    id: 'names-its-resource-in-a-list',
    says: 'resource is a list.',
    server: resource((endpoint) => [endpoint]),
    trips: ['resource-metadata/names-its-resource:no-text'],
  },
  {
    id: 'names-its-resource-by-a-path',
    says: 'resource is a path.',
    server: resource((endpoint) => new URL(endpoint).pathname),
    trips: ['resource-metadata/names-an-absolute-resource:no-url'],
  },
  {
    id: 'names-its-resource-by-plain-http',
    says: 'resource of a public server is an http URL.',
    server: resource((endpoint) => endpoint.replace(/^https:/, 'http:')),
    publicName: true,
    trips: ['resource-metadata/names-an-https-resource:http'],
  },
  {
    id: 'names-its-resource-with-a-fragment',
    says: 'resource has a fragment.',
    server: resource((endpoint) => `${endpoint}#tools`),
    trips: ['resource-metadata/names-a-resource-without-fragment:fragment'],
  },
  {
    id: 'names-its-resource-with-a-query',
    says: 'resource has a query.',
    server: resource((endpoint) => `${endpoint}?tenant=a`),
    trips: ['resource-metadata/names-a-resource-without-query:query'],
  },
  {
    id: 'names-a-resource-of-another-origin',
    says: 'resource has the name of a container for host.',
    server: resource(() => 'http://mcp-server:8080/mcp'),
    trips: ['resource-metadata/names-the-resource-that-was-asked:other-origin'],
  },
  {
    id: 'names-a-resource-at-another-path',
    says: 'resource is another path of the origin.',
    server: resource((endpoint) => new URL('/api', endpoint).href),
    trips: ['resource-metadata/names-the-resource-that-was-asked:other-path'],
  },
  {
    id: 'names-its-origin-as-resource',
    says: 'resource is the origin of an endpoint with a path.',
    server: resource((endpoint) => new URL(endpoint).origin),
    trips: ['resource-metadata/names-the-resource-that-was-asked:above'],
  },
  {
    id: 'names-its-origin-with-a-slash-as-resource',
    says: 'resource is the origin of an endpoint with a path, and ends with a slash.',
    server: resource((endpoint) => new URL('/', endpoint).href),
    trips: [
      'resource-metadata/names-the-resource-that-was-asked:above',
      'resource-metadata/writes-its-resource-without-a-slash-at-the-end:slash',
    ],
  },
  {
    id: 'adds-a-slash-to-its-resource',
    says: 'resource ends with a slash that the URL of the endpoint does not have.',
    server: resource((endpoint) => `${endpoint}/`),
    trips: ['resource-metadata/names-the-resource-that-was-asked:slash'],
  },
  {
    id: 'spells-its-resource-in-another-way',
    says: 'The scheme of resource is in upper case.',
    server: resource((endpoint) => endpoint.replace(/^https?/, (scheme) => scheme.toUpperCase())),
    trips: ['resource-metadata/names-the-resource-that-was-asked:spelling'],
  },
];
