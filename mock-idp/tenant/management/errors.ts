import { type HeaderLine, jsonReply, type Reply } from '../../http.ts';

const PHRASES = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  429: 'Too Many Requests',
} as const;

/** An error in the Management API's form; `errorCode` is absent where Auth0 names none. */
export function managementError(
  statusCode: keyof typeof PHRASES,
  message: string,
  errorCode?: string,
  headers: readonly HeaderLine[] = [],
): Reply {
  const code = errorCode === undefined ? {} : { errorCode };
  return jsonReply(statusCode, { statusCode, error: PHRASES[statusCode], message, ...code }, headers);
}

/** A request without a token, or with one that is not good. */
export function unauthorized(message: string, error?: 'invalid_token'): Reply {
  // RFC 9110 11.6.1: no 401 without a challenge; RFC 6750 3: no challenge without a parameter.
  const challenge = error === undefined ? 'Bearer realm="tenant"' : `Bearer realm="tenant", error="${error}"`;
  return managementError(401, message, undefined, [['WWW-Authenticate', challenge]]);
}

/** @param scopes any of which would do */
export function insufficientScope(scopes: readonly string[]): Reply {
  return managementError(403, `Insufficient scope, expected any of: ${scopes.join(', ')}`, 'insufficient_scope', [
    ['WWW-Authenticate', `Bearer realm="tenant", error="insufficient_scope", scope="${scopes[0]}"`],
  ]);
}

export function badQuery(message: string): Reply {
  return managementError(400, `Query validation error: ${message}`, 'invalid_query_string');
}

export function badBody(message: string): Reply {
  return managementError(400, `Payload validation error: ${message}`, 'invalid_body');
}
