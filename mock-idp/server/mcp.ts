import {
  type AuthInfo,
  createMcpHandler,
  isInitializeRequest,
  isLegacyRequest,
  legacyStatelessFallback,
} from '@modelcontextprotocol/server';
import type { Reply } from '../http.ts';
import { type Setup, speaksSessions, speaksStateless } from '../setup.ts';
import type { Principal, ServerContext } from './behaviour.ts';
import { jsonRpcError } from './refusals.ts';
import { createSessions } from './sessions.ts';
import { createMcpServer } from './tools.ts';

/** The official SDK behind the gate: what was let in is served here, in the era it is written for. */
export interface Mcp {
  serve(context: ServerContext, body: unknown, principal: Principal | undefined): Promise<Reply>;
  isLiveSession(id: string): boolean;
  close(): Promise<void>;
}

/** @param newSessionId makes the id of a session that is being opened */
export function createMcp(setup: Setup, newSessionId: () => string): Mcp {
  const factory = () => createMcpServer(setup);
  const stateless = createMcpHandler(factory, { legacy: 'reject' });
  const withoutSession = legacyStatelessFallback(factory);
  const sessions = createSessions(setup, newSessionId);

  const serveSession = async (
    context: ServerContext,
    request: Request,
    body: unknown,
    principal: Principal | undefined,
  ): Promise<Reply> => {
    const given = options(body, principal);
    const id = request.headers.get('mcp-session-id');
    if (id !== null) {
      const session = sessions.find(id);
      return session === undefined || !context.behaviour.mayUseSession(session, principal, context)
        ? jsonRpcError(404, 'Session not found')
        : toReply(await session.transport.handleRequest(request, given));
    }
    if (isInitializeRequest(body)) return toReply(await sessions.open(request, body, given.authInfo));
    // A caller who needed no token cannot be asked for a session bound to one.
    if (principal === undefined && request.method === 'POST') return toReply(await withoutSession(request, given));
    return jsonRpcError(400, 'Bad Request: Mcp-Session-Id header is required');
  };

  return {
    async serve(context, body, principal) {
      const request = toRequest(context);
      const inSessionEra = speaksSessions(setup) && (!speaksStateless(setup) || (await isLegacyRequest(request, body)));
      if (inSessionEra) return serveSession(context, request, body, principal);
      return toReply(await stateless.fetch(request, options(body, principal)));
    },
    isLiveSession: (id) => sessions.find(id) !== undefined,
    async close() {
      await Promise.all([sessions.close(), stateless.close()]);
    },
  };
}

interface RequestOptions {
  readonly parsedBody?: unknown;
  readonly authInfo?: AuthInfo;
}

function options(body: unknown, principal: Principal | undefined): RequestOptions {
  return {
    ...(body === undefined ? {} : { parsedBody: body }),
    ...(principal === undefined ? {} : { authInfo: toAuthInfo(principal) }),
  };
}

function toAuthInfo({ token, clientId = '', scopes, expiresAt, subject }: Principal): AuthInfo {
  return { token, clientId, scopes: [...scopes], expiresAt, extra: { subject } };
}

/** Everything but GET and DELETE reaches the SDK as POST: other methods get this far only where one is let in. */
function toRequest({ request, setup }: ServerContext): Request {
  const headers = new Headers();
  for (const [name, value] of request.headers) headers.append(name, value);
  const bare = request.method === 'GET' || request.method === 'DELETE';
  return new Request(setup.server.url, {
    method: bare ? request.method : 'POST',
    headers,
    signal: request.signal,
    ...(bare ? {} : { body: request.body }),
  });
}

function toReply(response: Response): Reply {
  // Connection belongs to each hop (RFC 9110 7.6.1), and here the hop is ours.
  const headers = [...response.headers].filter(([name]) => name !== 'connection');
  return { status: response.status, headers, ...(response.body === null ? {} : { body: response.body }) };
}
