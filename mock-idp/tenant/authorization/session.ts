import { fields, type HeaderLine } from '../../http.ts';
import type { TenantContext } from '../behaviour.ts';
import type { User } from '../entities.ts';
import { opaque } from '../opaque.ts';
import type { BrowserSession } from '../store.ts';
import { promptsOf } from './request.ts';

/** Of the session in which a user signed in, and of the browser before anybody has. The names are Auth0's. */
const SESSION_COOKIE = 'auth0';
const BROWSER_COOKIE = 'did';

/** Auth0's limit on a session, in seconds: seven days. */
const SESSION_SECONDS = 604_800;

/** The cookie's line: no script reads it, and no other site's form sends it (RFC 6265bis 4.1.2). */
export function cookie(name: string, value: string, { issuer }: TenantContext): string {
  const secure = issuer.startsWith('https:') ? '; Secure' : '';
  return `${name}=${value}; Path=/; HttpOnly; SameSite=Lax${secure}`;
}

/** The browser's id, and the line that gives it one where it has none. */
export function identifyBrowser(context: TenantContext): {
  readonly id: string;
  readonly lines: readonly HeaderLine[];
} {
  const known = browserOf(context);
  if (known !== undefined) return { id: known, lines: [] };
  const id = opaque(32);
  return { id, lines: [['Set-Cookie', context.behaviour.cookie(BROWSER_COOKIE, id, context)]] };
}

export function browserOf(context: TenantContext): string | undefined {
  return readCookie(context, BROWSER_COOKIE);
}

/** The session this browser is in, while it lasts and its user is there. */
export function currentSession(context: TenantContext): BrowserSession | undefined {
  const session = context.store.sessions.get(readCookie(context, SESSION_COOKIE) ?? '');
  return session !== undefined && session.expiresAt > context.now() ? session : undefined;
}

/** Whoever signs in gets a new session; the one before ends, so that nobody who knows its id comes along. */
export function startSession(user: User, context: TenantContext): readonly HeaderLine[] {
  const { store, now, behaviour } = context;
  store.sessions.delete(readCookie(context, SESSION_COOKIE) ?? '');
  const session: BrowserSession = {
    id: opaque(32),
    userId: user.user_id,
    authTime: now(),
    expiresAt: now() + SESSION_SECONDS,
  };
  store.sessions.set(session.id, session);
  return [['Set-Cookie', behaviour.cookie(SESSION_COOKIE, session.id, context)]];
}

/** Ends the session, and the sign-ins of this browser that have come by it or led to it. */
export function closeSession(context: TenantContext): readonly HeaderLine[] {
  const { sessions, transactions } = context.store;
  sessions.delete(readCookie(context, SESSION_COOKIE) ?? '');
  for (const [id, { browser, user }] of transactions) {
    if (user !== undefined && browser === browserOf(context)) transactions.delete(id);
  }
  return [['Set-Cookie', `${context.behaviour.cookie(SESSION_COOKIE, '', context)}; Max-Age=0`]];
}

/** Whether nobody need sign in again (`prompt` and `max_age` of OpenID Connect Core 3.1.2.1). */
export function sessionSuffices(session: BrowserSession, parameters: URLSearchParams, { now }: TenantContext): boolean {
  const asksAgain = promptsOf(parameters).some((prompt) => prompt === 'login' || prompt === 'select_account');
  const maxAge = parameters.get('max_age');
  return !asksAgain && (maxAge === null || now() - session.authTime < Number(maxAge));
}

function readCookie({ request }: TenantContext, name: string): string | undefined {
  const pairs = fields(request, 'cookie').flatMap((line) => line.split(';').map((pair) => pair.trim()));
  return pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1) || undefined;
}
