import type { Incoming } from '../http.ts';
import type { Operation } from './behaviour.ts';

/** The body as JSON, or `undefined` when it is none. */
export function readJson(request: Incoming): unknown {
  try {
    return JSON.parse(request.body);
  } catch {
    return undefined;
  }
}

/** What the request asks for: each message of a batch (2025-03-26), else the one message, else the method itself. */
export function readOperations(request: Incoming, body: unknown): readonly Operation[] {
  const messages = (Array.isArray(body) ? body : [body]).filter(isObject);
  const asked = messages.map((message): Operation => {
    const { method, params } = message;
    const tool = method === 'tools/call' && isObject(params) ? params.name : undefined;
    return {
      verb: request.method,
      ...(typeof method === 'string' ? { method } : {}),
      ...(typeof tool === 'string' ? { tool } : {}),
    };
  });
  return asked.length === 0 ? [{ verb: request.method }] : asked;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
