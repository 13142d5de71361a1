import { field } from '../../http.ts';
import type { ServerContext } from '../../server/behaviour.ts';
import type { Fault } from '../fault.ts';
import { answerFirst, openStream, type Replacement, servePublicly, together } from '../replace.ts';

/** Routes a further path to the endpoint, past the guard. */
function servePath(isPath: (path: string, endpoint: string) => boolean): Replacement {
  const matches = ({ request, setup }: ServerContext) => isPath(request.path, new URL(setup.server.url).pathname);
  return together(
    (conforming) => ({ route: (context) => (matches(context) ? 'endpoint' : conforming.route(context)) }),
    servePublicly((_, context) => matches(context)),
  );
}

const PATH_VARIANTS: readonly Omit<Fault, 'trips'>[] = [
  {
    id: 'serves-a-trailing-slash-without-a-token',
    says: 'The path with a slash behind it is routed past the guard.',
    server: servePath((path, endpoint) => path === `${endpoint}/`),
  },
  {
    id: 'serves-a-double-slash-without-a-token',
    says: 'The path with two slashes before it is routed past the guard.',
    server: servePath((path, endpoint) => path === `/${endpoint}`),
  },
  {
    id: 'serves-an-encoded-slash-without-a-token',
    says: 'The path with an encoded slash behind it is routed past the guard.',
    server: servePath((path, endpoint) => path.toLowerCase() === `${endpoint}%2f`),
  },
  {
    id: 'serves-capitals-without-a-token',
    says: 'The path in capitals is routed past the guard.',
    server: servePath((path, endpoint) => path !== endpoint && path.toLowerCase() === endpoint),
  },
  {
    id: 'serves-a-path-parameter-without-a-token',
    says: 'The path with a parameter behind it is routed past the guard.',
    server: servePath((path, endpoint) => path.startsWith(`${endpoint};`)),
  },
  {
    id: 'serves-a-valueless-query-without-a-token',
    says: 'The guard does not know the path when a query of one bare name follows.',
    server: servePublicly((_, { request }) => /^\?\w+$/.test(request.query)),
  },
];

/** Ways past the guard. */
export const DOOR_FAULTS: readonly Fault[] = [
  ...PATH_VARIANTS.map((fault) => ({ ...fault, trips: ['challenge/guards-path-variants:served'] })),
  {
    id: 'opens-the-retired-stream-without-a-token',
    says: 'GET /sse of the retired transport opens an event stream without a token.',
    server: answerFirst(
      ({ request }) => request.method === 'GET' && request.path === '/sse',
      () =>
        // The transport's first event (2024-11-05, "HTTP with SSE").
        openStream('event: endpoint\ndata: /messages\n\n'),
    ),
    trips: ['challenge/guards-path-variants:legacy-endpoint-served'],
  },
  {
    id: 'serves-retired-messages-without-a-token',
    says: 'POST /messages of the retired transport is served without a token.',
    server: servePath((path) => path === '/messages'),
    trips: ['challenge/guards-path-variants:legacy-endpoint-served'],
  },
  {
    id: 'believes-identity-headers',
    says: 'X-User of a stranger stands in for a token.',
    server: servePublicly((_, { request }) => field(request, 'x-user') !== undefined),
    trips: ['challenge/ignores-identity-headers:served'],
  },
  {
    id: 'guards-the-path-a-stranger-names',
    says: 'The guard takes the path from X-Original-URL.',
    server: servePublicly((_, { request }) => (field(request, 'x-original-url') ?? '').startsWith('/.well-known/')),
    trips: ['challenge/ignores-identity-headers:served'],
  },
];
