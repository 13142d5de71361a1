import type { AskedAuthorization } from '../../fixtures/authorization-evidence.ts';
import { carriedBy, type Left, parameter, placeOf } from '../../fixtures/journey.ts';
import { MARK } from '../../fixtures/trials/authorization/redirect-uris.ts';
import { describeEnd } from './requests.ts';

/** Where the browser was sent, if not to the redirect URI as it is registered. */
function leftElsewhere({ journey: { end }, redirectUri }: AskedAuthorization): Left | undefined {
  if (end.kind !== 'left') return undefined;
  const isMarked = carriedBy(end).some(([, name]) => name === MARK);
  return end.to !== placeOf(redirectUri) || isMarked ? end : undefined;
}

const isAnswer = (left: Left) =>
  ['code', 'access_token', 'id_token'].some((name) => parameter(left, name) !== undefined);

/** A code, or a token, went to another place than the registered one, whichever that is. */
export function codeElsewhere(asked: AskedAuthorization): string | undefined {
  const left = leftElsewhere(asked);
  return left !== undefined && isAnswer(left) ? describeEnd(left) : undefined;
}

/**
 * The browser was sent without a code where the request says, and nobody registered. A place that the authorization
 * server thought of itself, such as the operator's own page for errors, is none of this (RFC 6749 4.1.2.1).
 */
export function errorElsewhere(asked: AskedAuthorization): string | undefined {
  const left = leftElsewhere(asked);
  if (left === undefined || isAnswer(left)) return undefined;
  const wanted = asked.parameters.flatMap(([name, value]) => (name === 'redirect_uri' ? [value] : []));
  const host = hostOf(left.to);
  // What stands at the host of the client anyway is for the authorization server to choose.
  const isStrange = host !== undefined && host !== hostOf(asked.redirectUri);
  const isWanted = wanted.some((uri) => placeOf(uri) === left.to || (isStrange && hostsIn(uri).includes(host)));
  return isWanted && left.to !== placeOf(asked.redirectUri) ? describeEnd(left) : undefined;
}

const hostOf = (uri: string): string | undefined =>
  URL.canParse(uri) ? new URL(uri).hostname || undefined : undefined;

/** Hosts that one reader or another may find in a URI: whole names, and those behind `@`, a backslash and their escapes. */
function hostsIn(uri: string): readonly (string | undefined)[] {
  return [hostOf(uri), ...uri.toLowerCase().split(/[/\\@:?#]|%40|%5c|%2f/)];
}

/** The code went to the registered redirect URI, although the request names another. */
export function codeAtRegistered({ journey: { end }, redirectUri }: AskedAuthorization): string | undefined {
  return end.kind === 'left' && isAnswer(end) && end.to === placeOf(redirectUri) ? describeEnd(end) : undefined;
}
