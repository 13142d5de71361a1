import { type AuthInfo, WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/server';
import type { Setup } from '../setup.ts';
import type { Session } from './behaviour.ts';
import { createMcpServer } from './tools.ts';

type Transport = WebStandardStreamableHTTPServerTransport;

export interface LiveSession extends Session {
  readonly transport: Transport;
}

/** The sessions of Streamable HTTP up to 2025-11-25, each with a server instance and a transport of its own. */
export interface Sessions {
  find(id: string): LiveSession | undefined;
  /** Serves an `initialize`; the answer names the new session. */
  open(request: Request, body: unknown, authInfo: AuthInfo | undefined): Promise<Response>;
  close(): Promise<void>;
}

export function createSessions(setup: Setup, newSessionId: () => string): Sessions {
  const live = new Map<string, LiveSession>();
  return {
    find: (id) => live.get(id),
    async open(request, body, authInfo) {
      const subject = authInfo?.extra?.subject;
      const transport: Transport = new WebStandardStreamableHTTPServerTransport({
        sessionIdGenerator: newSessionId,
        onsessioninitialized: (id) => {
          live.set(id, { id, transport, ...(typeof subject === 'string' ? { subject } : {}) });
        },
        onsessionclosed: (id) => {
          live.delete(id);
        },
      });
      await createMcpServer(setup).connect(transport);
      return transport.handleRequest(request, { parsedBody: body, ...(authInfo === undefined ? {} : { authInfo }) });
    },
    async close() {
      await Promise.all([...live.values()].map(({ transport }) => transport.close()));
      live.clear();
    },
  };
}
