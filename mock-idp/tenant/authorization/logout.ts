import { createHash } from 'node:crypto';
import { type Reply, withHeaders } from '../../http.ts';
import { isStrict } from '../access.ts';
import type { TenantContext } from '../behaviour.ts';
import type { Client } from '../entities.ts';
import { renderPage } from '../pages/layout.ts';
import { loggedOutScreen, logoutScreen } from '../pages/screens.ts';
import type { BrowserSession } from '../store.ts';
import { errorPage, redirect } from './answer.ts';
import { refuseForm } from './authorize.ts';
import type { IdTokenHint } from './id-token-hint.ts';
import { closeSession } from './session.ts';

/** GET /v2/logout, Auth0's own: ends the session without a question; strict clients may not name it as theirs. */
export async function logout(context: TenantContext): Promise<Reply> {
  const parameters = context.behaviour.authorizationParameters(context);
  const returnTo = parameters.get('returnTo');
  const client = await namedClient(parameters, context);
  if (client !== undefined && isStrict(client)) {
    return errorPage(
      { error: 'access_denied', description: 'Not available to third-party clients: /v2/logout' },
      context,
    );
  }
  if (returnTo !== null && !context.behaviour.mayReturnTo(returnTo, client, context)) {
    return errorPage({ error: 'invalid_request', description: NOT_ALLOWED }, context);
  }
  return leave(returnTo, context);
}

const NOT_ALLOWED = 'The address to return to is not in the list of allowed logout URLs.';

/** The end session endpoint (OpenID Connect RP-Initiated Logout 1.0 2): asks first, unless an ID token says who. */
export async function endSession(context: TenantContext): Promise<Reply> {
  const { request, behaviour, store } = context;
  const unreadable = refuseForm(request);
  if (unreadable !== undefined) return unreadable;
  const parameters = behaviour.authorizationParameters(context);
  const session = behaviour.currentSession(context);
  const returnTo = parameters.get('post_logout_redirect_uri');
  const hint = await behaviour.readIdTokenHint(parameters.get('id_token_hint'), context);
  const named = await namedClient(parameters, context);
  if (hint !== undefined && parameters.has('client_id') && !behaviour.isHintOf(hint, named, context)) {
    return errorPage({ error: 'invalid_request', description: OTHER_CLIENT }, context);
  }
  if (returnTo !== null && !behaviour.mayReturnTo(returnTo, hint?.client ?? named, context)) {
    return errorPage({ error: 'invalid_request', description: NOT_ALLOWED }, context);
  }
  const isConfirmed =
    request.method === 'POST' && session !== undefined && parameters.get(CONFIRMATION) === tokenOf(session);
  if (session === undefined || isConfirmed || hint?.subject === session.userId) {
    return leave(returnTo === null ? null : withState(returnTo, parameters.get('state')), context);
  }
  const user = store.users.find(({ user_id }) => user_id === session.userId);
  // What the answer depends on goes along with the form.
  const asked = CARRIED.flatMap((name) => parameters.getAll(name).map((value) => [name, value] as const));
  const content = logoutScreen([...asked, [CONFIRMATION, tokenOf(session)]], user?.name ?? session.userId);
  const body = renderPage(store.settings.friendly_name, content);
  return { status: 200, headers: behaviour.pageHeaders(returnTo ?? undefined, context), body };
}

const OTHER_CLIENT = 'The ID token was issued to another client than the one that client_id names.';

const CARRIED = ['id_token_hint', 'client_id', 'post_logout_redirect_uri', 'state'] as const;

/** The form's field that only a page of this session can have filled. */
const CONFIRMATION = 'confirmation';

/** RP-Initiated Logout 1.0 2: where a request has both, its `client_id` must be the client of its ID token. */
export function isHintOf(hint: IdTokenHint, named: Client | undefined): boolean {
  return hint.client.client_id === named?.client_id;
}

/** Exactly as registered; without a client nobody has registered anything. */
export function mayReturnTo(returnTo: string, client: Client | undefined): boolean {
  return client?.allowed_logout_urls.includes(returnTo) ?? false;
}

async function namedClient(parameters: URLSearchParams, context: TenantContext): Promise<Client | undefined> {
  const id = parameters.get('client_id');
  const client = id === null ? undefined : await context.behaviour.findClient(id, context);
  return client === undefined || 'error' in client ? undefined : client;
}

function leave(returnTo: string | null, context: TenantContext): Reply {
  const lines = closeSession(context);
  if (returnTo !== null) return redirect(returnTo, context, lines);
  const body = renderPage(context.store.settings.friendly_name, loggedOutScreen());
  return withHeaders({ status: 200, headers: context.behaviour.pageHeaders(undefined, context), body }, lines);
}

function withState(returnTo: string, state: string | null): string {
  if (state === null) return returnTo;
  return `${returnTo}${returnTo.includes('?') ? '&' : '?'}${new URLSearchParams({ state })}`;
}

/** What only a page shown to this session can know. */
function tokenOf({ id }: BrowserSession): string {
  return createHash('sha256').update(`logout ${id}`).digest('base64url');
}
