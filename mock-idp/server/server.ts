import type { Clock } from '../clock.ts';
import { type Incoming, publicDocument, type Reply, type Service, withHeaders } from '../http.ts';
import { type Setup, speaksSessions } from '../setup.ts';
import type { ServerBehaviour, ServerContext } from './behaviour.ts';
import { type IssuerKeys, KeySetUnavailable } from './key-set.ts';
import { createMcp } from './mcp.ts';
import { readJson, readOperations } from './operations.ts';

export interface ReferenceServer extends Service {
  close(): Promise<void>;
}

const METADATA_MAX_AGE_SECONDS = 300;

/** The reference MCP server: a table of behaviour in front of the official SDK. */
export function createReferenceServer(
  setup: Setup,
  behaviour: ServerBehaviour,
  keys: IssuerKeys,
  now: Clock,
): ReferenceServer {
  const mcp = createMcp(setup, () => behaviour.newSessionId());

  /** From the method on: who may ask, then what the SDK answers. */
  const answerEndpoint = async (context: ServerContext, body: unknown): Promise<Reply> => {
    const { request, operations } = context;
    if (request.method === 'OPTIONS') return behaviour.preflight(context);
    if (!behaviour.admitMethod(context)) return behaviour.refuse('method-not-allowed', context);

    const credential = behaviour.readCredential(context);
    if (credential.kind === 'malformed') return behaviour.refuse('malformed-credential', context);
    if (credential.kind === 'none') {
      return operations.every((operation) => behaviour.isPublic(operation, context))
        ? mcp.serve(context, body, undefined)
        : behaviour.refuse('no-token', context);
    }
    const verified = await behaviour.verifyToken(credential.token, context).catch(unlessWithoutKeys);
    // A 401 would send the client for another token, which would fare no better (RFC 9110 15.6.4).
    if (verified === undefined) return behaviour.refuse('keys-unavailable', context);
    if (!verified.valid) return behaviour.refuse('invalid-token', { ...context, problem: verified.problem });
    const { principal } = verified;
    if (!behaviour.isAuthorized(principal, context)) return behaviour.refuse('insufficient-scope', context);
    const retired = !speaksSessions(setup) && (request.method === 'GET' || request.method === 'DELETE');
    return retired ? behaviour.refuse('method-not-allowed', context) : mcp.serve(context, body, principal);
  };

  const answer = async (request: Incoming): Promise<Reply> => {
    const body = readJson(request);
    const context: ServerContext = {
      request,
      setup,
      behaviour,
      keys,
      now,
      operations: readOperations(request, body),
      isLiveSession: mcp.isLiveSession,
    };
    if (!behaviour.admitHost(context)) return behaviour.refuse('unknown-host', context);
    const place = behaviour.route(context);
    if (place === 'resource-metadata') {
      return publicDocument(request, METADATA_MAX_AGE_SECONDS, () => behaviour.resourceMetadata(context));
    }
    if (place === 'nowhere') return behaviour.sideDoor(context) ?? behaviour.refuse('not-found', context);
    const reply = behaviour.admitOrigin(context)
      ? (behaviour.sideDoor(context) ?? (await answerEndpoint(context, body)))
      : behaviour.refuse('foreign-origin', context);
    return withHeaders(reply, behaviour.cors(context));
  };

  return { answer, answerUnreadable: (problem) => behaviour.answerUnreadable(problem), close: mcp.close };
}

function unlessWithoutKeys(error: unknown): undefined {
  if (!(error instanceof KeySetUnavailable)) throw error;
}
