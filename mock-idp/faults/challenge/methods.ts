import { emptyReply, field, htmlReply, jsonReply } from '../../http.ts';
import type { ServerContext } from '../../server/behaviour.ts';
import { jsonRpcError } from '../../server/refusals.ts';
import type { Fault } from '../fault.ts';
import {
  answerFirst,
  editRefusal,
  openStream,
  type Replacement,
  servePublicly,
  together,
  withoutHeader,
} from '../replace.ts';

/** Takes a method for POST and forgets to ask for a token. */
function serveMethod(method: string): Replacement {
  return together(
    (conforming) => ({
      admitMethod: (context) => context.request.method === method || conforming.admitMethod(context),
    }),
    servePublicly(({ verb }) => verb === method),
  );
}

function isEndpoint(method: string): (context: ServerContext) => boolean {
  return (context) => context.request.method === method && context.behaviour.route(context) === 'endpoint';
}

/** What other methods than POST get, and what sessions allow. */
export const METHOD_FAULTS: readonly Fault[] = [
  {
    id: 'opens-the-event-stream-without-a-token',
    says: 'GET opens an event stream without a token.',
    server: answerFirst(
      (context) =>
        isEndpoint('GET')(context) &&
        (field(context.request, 'accept') ?? '').includes('text/event-stream') &&
        field(context.request, 'authorization') === undefined,
      () => openStream(),
    ),
    trips: ['challenge/guards-the-event-stream:stream-opened'],
  },
  {
    id: 'opens-subscriptions-without-a-token',
    says: 'subscriptions/listen opens an event stream without a token.',
    server: answerFirst(
      ({ request, operations }) =>
        field(request, 'authorization') === undefined &&
        operations.some(({ method }) => method === 'subscriptions/listen'),
      () => openStream(),
    ),
    trips: ['challenge/guards-the-event-stream:stream-opened'],
  },
  {
    id: 'ends-a-session-without-a-token',
    says: 'DELETE with a session id ends the session without a token.',
    server: together(
      servePublicly(({ verb }) => verb === 'DELETE'),
      (conforming) => ({
        mayUseSession: (session, principal, context) =>
          context.request.method === 'DELETE' || conforming.mayUseSession(session, principal, context),
      }),
    ),
    trips: ['challenge/ends-no-session-without-a-token:session-ended'],
  },
  {
    id: 'serves-a-session-id-without-a-token',
    says: 'Who knows the id of a live session needs no token.',
    server: together(
      servePublicly(
        ({ verb }, { request, isLiveSession }) =>
          verb === 'POST' && isLiveSession(field(request, 'mcp-session-id') ?? ''),
      ),
      (conforming) => ({
        mayUseSession: (session, principal, context) =>
          principal === undefined || conforming.mayUseSession(session, principal, context),
      }),
    ),
    trips: ['challenge/refuses-a-session-id-without-a-token:served'],
  },
  {
    id: 'fails-on-an-unknown-session',
    says: 'An unknown session id without a token ends in 500.',
    server: answerFirst(
      ({ request, isLiveSession }) => {
        const id = field(request, 'mcp-session-id');
        const anonymous = field(request, 'authorization') === undefined;
        return request.method === 'POST' && anonymous && id !== undefined && !isLiveSession(id);
      },
      () => jsonRpcError(500, 'Internal error'),
    ),
    trips: ['challenge/survives-an-unknown-session:server-error'],
  },
  {
    id: 'serves-put-without-a-token',
    says: 'PUT is served like POST, without a token.',
    server: serveMethod('PUT'),
    trips: ['challenge/serves-nothing-to-other-methods:served'],
  },
  {
    id: 'serves-patch-without-a-token',
    says: 'PATCH is served like POST, without a token.',
    server: serveMethod('PATCH'),
    trips: ['challenge/serves-nothing-to-other-methods:served'],
  },
  {
    id: 'serves-options-without-a-token',
    says: 'OPTIONS with a body is served like POST, without a token.',
    server: answerFirst(
      (context) => isEndpoint('OPTIONS')(context) && context.request.body !== '',
      () => jsonReply(200, { jsonrpc: '2.0', id: 1, result: { tools: [] } }),
    ),
    trips: ['challenge/serves-nothing-to-other-methods:served'],
  },
  {
    id: 'forgets-the-token-under-method-override',
    says: 'A POST that says X-HTTP-Method-Override: GET is served without a token.',
    server: servePublicly((_, { request }) => field(request, 'x-http-method-override')?.toUpperCase() === 'GET'),
    trips: ['challenge/serves-nothing-to-other-methods:served'],
  },
  {
    id: 'echoes-trace',
    says: 'TRACE gives the request back.',
    server: answerFirst(
      ({ request }) => request.method === 'TRACE',
      ({ request }) => ({
        status: 200,
        headers: [['Content-Type', 'message/http']],
        body: [
          `TRACE ${request.path}${request.query} HTTP/1.1`,
          ...request.headers.map(([name, value]) => `${name}: ${value}`),
          '',
          '',
        ].join('\r\n'),
      }),
    ),
    trips: ['challenge/serves-nothing-to-other-methods:trace-echo'],
  },
  {
    id: 'fails-on-an-unknown-method',
    says: 'A method that does not exist ends in 500.',
    server: (conforming) => ({
      answerUnreadable: (problem) =>
        problem === 'unknown-method' ? jsonRpcError(500, 'Internal error') : conforming.answerUnreadable(problem),
    }),
    trips: ['challenge/serves-nothing-to-other-methods:server-error'],
  },
  {
    id: 'answers-405-without-allow',
    says: 'A 405 does not say which methods there are.',
    server: editRefusal(['method-not-allowed'], (reply) => withoutHeader(reply, 'Allow')),
    trips: ['challenge/names-the-allowed-methods-with-405:no-allow'],
  },
  {
    id: 'answers-get-with-a-web-page',
    says: 'GET answers with a web page instead of 405.',
    server: answerFirst(isEndpoint('GET'), () =>
      htmlReply(200, '<!doctype html><title>MCP</title><p>This is an MCP server.</p>'),
    ),
    revisions: ['2026-07-28'],
    trips: ['challenge/serves-nothing-to-retired-methods:other-status'],
  },
  {
    id: 'answers-delete-with-success',
    says: 'DELETE answers 200 although there are no sessions.',
    server: answerFirst(isEndpoint('DELETE'), () => emptyReply(200)),
    revisions: ['2026-07-28'],
    trips: ['challenge/serves-nothing-to-retired-methods:other-status'],
  },
];
