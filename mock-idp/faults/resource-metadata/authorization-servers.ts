import { emptyReply } from '../../http.ts';
import type { Fault } from '../fault.ts';
import { members } from './edit.ts';

/** Names other authorization servers, made from the tenant's issuer. */
const issuers = (of: (issuer: string) => unknown) =>
  members((_, { setup }) => ({ authorization_servers: of(setup.issuer) }));

/** Where it says that tokens are to be had. */
export const AUTHORIZATION_SERVER_FAULTS: readonly Fault[] = [
  {
    id: 'names-no-authorization-server',
    says: 'The metadata document has no authorization_servers.',
    server: issuers(() => undefined),
    trips: ['resource-metadata/names-an-authorization-server:absent'],
  },
  {
    id: 'names-an-empty-list-of-authorization-servers',
    says: 'authorization_servers is empty.',
    server: issuers(() => []),
    trips: ['resource-metadata/names-an-authorization-server:empty'],
  },
  {
    id: 'names-its-authorization-server-in-a-text',
    says: 'authorization_servers is a string.',
    server: issuers((issuer) => issuer),
    trips: ['resource-metadata/names-an-authorization-server:no-list-of-texts'],
  },
  {
    id: 'names-a-domain-as-authorization-server',
    says: 'An entry of authorization_servers is a domain.',
    server: issuers((issuer) => [issuer, new URL(issuer).host]),
    trips: ['resource-metadata/names-issuers-by-absolute-urls:no-url'],
  },
  {
    id: 'names-its-authorization-server-by-plain-http',
    says: 'An entry of authorization_servers of a public server is an http URL.',
    server: issuers((issuer) => [issuer.replace(/^https:/, 'http:')]),
    publicName: true,
    plainHttp: 'tenant',
    tenant: (conforming) => ({
      // Nothing but the metadata, so that it is the document of this server that is wrong.
      sideDoor: (context) => {
        const { request, setup } = context;
        if (request.scheme === 'https') return conforming.sideDoor(context);
        if (!request.path.startsWith('/.well-known/o')) {
          return emptyReply(308, [['Location', new URL(request.path, setup.issuer).href]]);
        }
        return conforming.sideDoor(context);
      },
    }),
    trips: [
      'resource-metadata/names-issuers-by-https-urls:http',
      'issuer-metadata/says-the-issuer-that-was-asked:other-scheme',
    ],
  },
  {
    id: 'names-its-authorization-server-with-a-query',
    says: 'An entry of authorization_servers has a query.',
    server: issuers((issuer) => [`${issuer}?organization=a`]),
    trips: [
      'resource-metadata/names-issuers-without-query-or-fragment:query',
      'issuer-metadata/says-the-issuer-that-was-asked:other-path',
    ],
  },
  {
    id: 'names-its-authorization-server-with-a-fragment',
    says: 'An entry of authorization_servers has a fragment.',
    server: issuers((issuer) => [`${issuer}#a`]),
    trips: [
      'resource-metadata/names-issuers-without-query-or-fragment:fragment',
      'issuer-metadata/says-the-issuer-that-was-asked:other-path',
    ],
  },
  {
    id: 'names-its-authorization-server-twice',
    says: 'authorization_servers has the tenant twice.',
    server: issuers((issuer) => [issuer, issuer]),
    trips: ['resource-metadata/names-each-issuer-once:repeated'],
  },
  {
    id: 'names-its-authorization-server-without-the-slash',
    says: 'An entry of authorization_servers lacks the slash at the end that the issuer has.',
    server: issuers((issuer) => [issuer.replace(/\/$/, '')]),
    trips: ['resource-metadata/spells-issuers-as-they-spell-themselves:slash'],
  },
  {
    id: 'spells-its-authorization-server-in-another-way',
    says: 'The scheme of an entry of authorization_servers is in upper case.',
    server: issuers((issuer) => [issuer.replace(/^https?/, (scheme) => scheme.toUpperCase())]),
    trips: ['resource-metadata/spells-issuers-as-they-spell-themselves:spelling'],
  },
];
