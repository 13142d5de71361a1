import { emptyReply, jsonReply } from '../../http.ts';
import type { Fault } from '../fault.ts';
import { together } from '../replace.ts';
import { alsoAt, document, members, onlyAt, reply } from './edit.ts';

/** Where the document stands, and who may read it there. */
export const LOCATION_FAULTS: readonly Fault[] = [
  {
    id: 'appends-the-well-known-path',
    says: 'The metadata document stands behind the path of the endpoint, where the challenge points.',
    server: onlyAt('/mcp/.well-known/oauth-protected-resource'),
    trips: ['resource-metadata/stands-at-the-well-known-location:appended'],
  },
  {
    id: 'publishes-metadata-at-the-root-alone',
    says: 'The metadata document of an endpoint with a path stands at the root of the host alone.',
    server: onlyAt('/.well-known/oauth-protected-resource'),
    trips: ['resource-metadata/stands-at-the-well-known-location:root-only'],
  },
  {
    id: 'publishes-metadata-where-the-challenge-points-alone',
    says: 'The metadata document stands at no well-known location, but where the challenge points.',
    server: onlyAt('/metadata'),
    trips: ['resource-metadata/stands-at-the-well-known-location:challenge-only'],
  },
  {
    id: 'redirects-to-its-metadata',
    says: 'The metadata document stands at its location with a slash behind, to where the server redirects.',
    server: (conforming) => ({
      ...reply((_, { request }) => emptyReply(308, [['Location', `${request.path}/`]]))(conforming),
      sideDoor: (context) => {
        const { request } = context;
        const path = request.path.replace(/\/$/, '');
        const isHere = conforming.route({ ...context, request: { ...request, path } }) === 'resource-metadata';
        if (!isHere) return conforming.sideDoor(context);
        return request.path === path ? emptyReply(308, [['Location', `${path}/`]]) : document(context);
      },
    }),
    trips: ['resource-metadata/answers-without-a-redirect:redirected'],
  },
  {
    id: 'asks-for-a-token-for-its-metadata',
    says: 'The location of the metadata document answers 401.',
    server: reply(() => jsonReply(401, { error: 'unauthorized' }, [['WWW-Authenticate', 'Bearer']])),
    trips: ['resource-metadata/needs-no-token:guarded'],
  },
  {
    id: 'names-another-issuer-at-the-well-known-location',
    says: 'The document at the well-known location names another authorization server than the one that the challenge names.',
    server: together(alsoAt('/metadata'), members({ authorization_servers: ['https://old-tenant.example.com/'] })),
    trips: ['resource-metadata/says-the-same-at-every-location:other-issuers'],
  },
  {
    id: 'names-other-scopes-at-the-well-known-location',
    says: 'The document at the well-known location lists other scopes than the one that the challenge names.',
    server: together(alsoAt('/metadata'), members({ scopes_supported: ['mcp:old'] })),
    trips: ['resource-metadata/says-the-same-at-every-location:other-members'],
  },
  {
    id: 'names-another-resource-at-the-well-known-location',
    says: 'The document at the well-known location is about another resource than the one that the challenge names.',
    server: together(
      alsoAt('/metadata'),
      members((_, { setup }) => ({ resource: `${setup.server.url}/old` })),
    ),
    trips: ['resource-metadata/says-the-same-at-every-location:other-resource'],
  },
  {
    id: 'leads-from-its-metadata-to-plain-http',
    says: 'The metadata document of a public server stands at plain http, to where its https URL redirects.',
    server: reply((given, { request, setup }) =>
      request.scheme === 'http'
        ? given
        : emptyReply(308, [['Location', new URL(request.path, setup.server.url).href.replace('https:', 'http:')]]),
    ),
    publicName: true,
    plainHttp: 'server',
    trips: [
      'resource-metadata/answers-without-a-redirect:redirected',
      'resource-metadata/serves-no-metadata-over-plain-http:led-to-http',
    ],
  },
  {
    id: 'publishes-metadata-over-plain-http-too',
    says: 'A public server serves its metadata document over plain HTTP as well.',
    publicName: true,
    plainHttp: 'server',
    trips: ['resource-metadata/serves-no-metadata-over-plain-http:served'],
  },
];
