import type { Problem } from '../access.ts';
import type { TenantContext } from '../behaviour.ts';
import { dialectOf } from '../dialect.ts';
import type { Client } from '../entities.ts';
import { LOOPBACK_HOSTS } from '../loopback.ts';

/**
 * Where the answer may go: the redirect URI of the request if it is registered, or the only registered one where the
 * request names none (RFC 6749 3.1.2.3). A problem with it is for the user's eyes alone (4.1.2.1).
 */
export function redirectUriOf(parameters: URLSearchParams, client: Client, context: TenantContext): string | Problem {
  const asked = parameters.get('redirect_uri');
  if (asked === null) {
    const [only, ...others] = client.callbacks;
    return only !== undefined && others.length === 0
      ? only
      : { error: 'invalid_request', description: 'Missing required parameter: redirect_uri' };
  }
  const isRegistered = client.callbacks.some((callback) =>
    context.behaviour.matchesCallback(callback, asked, client, context),
  );
  // An authorization endpoint that wrote this scheme into Location would run it as a script of its own.
  return isRegistered && URL.canParse(asked) && !/^(javascript|data|vbscript):/i.test(asked) && !asked.includes('#')
    ? asked
    : {
        error: 'invalid_request',
        description: `Callback URL mismatch. ${asked} is not in the list of allowed callback URLs.`,
      };
}

/** Simple string comparison (RFC 3986 6.2.1, RFC 9700 2.1), but for the port of a native client's loopback address. */
export function matchesCallback(callback: string, asked: string, client: Client, { store }: TenantContext): boolean {
  if (callback === asked) return true;
  const leavesPortOpen = dialectOf(store).leavesLoopbackPortOpen && client.app_type === 'native';
  if (!leavesPortOpen || !isLoopback(callback)) return false;
  const withoutPort = (uri: string) =>
    uri.replace(/^(http:\/\/(?:127\.0\.0\.1|\[::1\]|localhost))(?::\d{1,5})?(?=\/|$)/, '$1');
  return withoutPort(callback) === withoutPort(asked);
}

export function isLoopback(uri: string): boolean {
  const { protocol, hostname } = new URL(uri);
  return protocol === 'http:' && LOOPBACK_HOSTS.includes(hostname);
}

/** Whether the host of the redirect URI tells who gets the answer; any program can claim a loopback port or a scheme. */
export function isVerifiable(uri: string): boolean {
  const { protocol, hostname } = new URL(uri);
  return protocol === 'https:' && !LOOPBACK_HOSTS.includes(hostname);
}

/** How the user is told where they will be sent: the host with its port, or the scheme of a client's own. */
export function destinationOf(uri: string): string {
  const { protocol, host } = new URL(uri);
  return /^https?:$/.test(protocol) ? host : protocol.slice(0, -1);
}
