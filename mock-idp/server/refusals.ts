import { type HeaderLine, jsonReply, type Reply, type Unreadable } from '../http.ts';
import type { ChallengeKind, RefusalKind, ServerContext } from './behaviour.ts';
import { COOLDOWN } from './key-set.ts';

const REFUSALS: Readonly<Record<RefusalKind, readonly [status: number, message: string]>> = {
  'unknown-host': [421, 'This server does not answer for that host'],
  'not-found': [404, 'Not found'],
  'foreign-origin': [403, 'Origin not allowed'],
  'method-not-allowed': [405, 'Method not allowed'],
  'no-token': [401, 'An access token is required'],
  'malformed-credential': [400, 'The Authorization field is malformed'],
  'invalid-token': [401, 'The access token is not valid'],
  'insufficient-scope': [403, 'The access token has too little scope'],
  'keys-unavailable': [503, 'Access tokens cannot be verified at the moment'],
};

const CHALLENGED: readonly RefusalKind[] = [
  'no-token',
  'malformed-credential',
  'invalid-token',
  'insufficient-scope',
] satisfies readonly ChallengeKind[];

/** Status, challenge and a body that says what a caller may know. */
export function refuse(kind: RefusalKind, context: ServerContext): Reply {
  const { behaviour } = context;
  const [status, message] = REFUSALS[kind];
  const challenges = isChallenged(kind) ? behaviour.challenge(kind, context) : [];
  const headers: HeaderLine[] = challenges.map((value) => [behaviour.challengeField(), value]);
  if (status === 503) headers.push(['Retry-After', String(COOLDOWN)]);
  if (status === 405) headers.push(['Allow', behaviour.allowedMethods(context).join(', ')]);
  return jsonRpcError(status, message, headers);
}

function isChallenged(kind: RefusalKind): kind is ChallengeKind {
  return CHALLENGED.includes(kind);
}

/** Streamable HTTP, "Sending Messages": a refusal may carry a JSON-RPC error that answers no id. */
export function jsonRpcError(status: number, message: string, headers: readonly HeaderLine[] = []): Reply {
  return jsonReply(status, { jsonrpc: '2.0', id: null, error: { code: -32000, message } }, headers);
}

/** What the parser of Node.js refuses is not seen by anything else; it knows no methods but the registered ones. */
export function answerUnreadable(problem: Unreadable): Reply {
  if (problem === 'unknown-method') {
    return jsonRpcError(405, 'Method not allowed', [['Allow', 'POST, GET, DELETE, OPTIONS']]);
  }
  const status = { 'fields-too-large': 431, timeout: 408, malformed: 400 }[problem];
  return jsonRpcError(status, 'The request could not be read');
}
