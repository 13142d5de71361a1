import { field, jsonReply } from '../../http.ts';
import type { Fault } from '../fault.ts';
import { answerFirst, editRefusal, servePublicly } from '../replace.ts';

/** What a request without a token gets, other than 401. */
export const STATUS_FAULTS: readonly Fault[] = [
  {
    id: 'serves-tool-calls-without-a-token',
    says: 'Tools can be called without a token, everything else is guarded.',
    server: servePublicly(({ method }) => method === 'tools/call'),
    trips: ['challenge/answers-401-without-a-token:served'],
  },
  {
    id: 'serves-batches-without-a-token',
    says: 'The guard looks for the method of one message and finds none in a batch, which is then served to anybody.',
    server: servePublicly((_, { request }) => request.body.startsWith('[')),
    // The SDK takes a batch for a message of the session era.
    revisions: ['2025-03-26', '2025-06-18', '2025-11-25'],
    trips: ['challenge/answers-401-without-a-token:served'],
  },
  {
    id: 'redirects-to-login-without-a-token',
    says: 'Who brings no token is redirected to a login page.',
    server: editRefusal(['no-token'], (_, { setup }) => ({
      status: 302,
      headers: [['Location', `${setup.issuer}authorize`]],
    })),
    trips: ['challenge/answers-401-without-a-token:redirected'],
  },
  {
    id: 'answers-403-without-a-token',
    says: 'Who brings no token gets 403.',
    server: editRefusal(['no-token'], (reply) => ({ ...reply, status: 403 })),
    trips: ['challenge/answers-401-without-a-token:refused-otherwise'],
  },
  {
    id: 'fails-without-a-token',
    says: 'A request without a token ends in 500.',
    server: editRefusal(['no-token'], () => jsonReply(500, { error: 'server_error' })),
    trips: ['challenge/answers-401-without-a-token:server-error'],
  },
  {
    id: 'serves-discovery-without-a-token',
    says: 'server/discover, initialize and tools/list answer without a token, tool calls are guarded.',
    server: servePublicly(({ method = '' }) =>
      ['server/discover', 'initialize', 'notifications/initialized', 'tools/list'].includes(method),
    ),
    trips: ['challenge/authenticates-every-connection:public-discovery'],
  },
  {
    id: 'serves-resources-without-a-token',
    says: 'The guard knows methods of tools alone: resources are listed for anybody.',
    server: answerFirst(
      (context) =>
        field(context.request, 'authorization') === undefined &&
        context.operations.some(({ method }) => method === 'resources/list'),
      () => jsonReply(200, { jsonrpc: '2.0', id: 1, result: { resources: [] } }),
    ),
    trips: ['challenge/authenticates-every-connection:public-discovery'],
  },
  {
    id: 'serves-everything-without-a-token',
    says: 'Every operation answers without a token.',
    server: servePublicly(() => true),
    trips: ['challenge/answers-401-without-a-token:served', 'challenge/authenticates-every-connection:nothing-guarded'],
  },
  {
    id: 'shows-a-stack-trace-with-401',
    says: 'The body of a 401 holds a JavaScript stack trace.',
    server: editRefusal(['no-token', 'invalid-token'], (reply) => ({
      ...reply,
      body: JSON.stringify({
        message: 'Unauthorized',
        stack: [
          'UnauthorizedError: Unauthorized',
          '    at requireToken (/srv/app/dist/middleware/auth.js:41:11)',
          '    at Layer.handleRequest (/srv/app/node_modules/router/lib/layer.js:152:17)',
        ].join('\n'),
      }),
    })),
    trips: ['challenge/keeps-internals-out-of-errors:stack-trace'],
  },
];
