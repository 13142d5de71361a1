import { emptyReply, type HeaderLine, type Reply } from '../../http.ts';
import { isStrict, type Problem } from '../access.ts';
import type { TenantContext } from '../behaviour.ts';
import { type Dialect, dialectOf } from '../dialect.ts';
import type { Client } from '../entities.ts';
import { writeLog } from '../management/log.ts';
import { opaque } from '../opaque.ts';
import { renderPage } from '../pages/layout.ts';
import { html, type Markup } from '../pages/markup.ts';
import { errorScreen } from '../pages/screens.ts';

/** Whom an answer goes to, and what of the request goes back with it. */
export interface Addressee {
  readonly client: Client;
  readonly redirectUri: string;
  readonly parameters: URLSearchParams;
}

export type Outcome = 'success' | 'error';

/** Members of an authorization response, in order. */
export type Members = readonly (readonly [name: string, value: string])[];

/** A page of the tenant that tells the user what went wrong. */
export function errorPage(problem: Problem, context: TenantContext, status = 400): Reply {
  const content = errorScreen(context.behaviour.errorMessage(problem, context), opaque(20));
  const body = renderPage(context.store.settings.friendly_name, content);
  return { status, headers: context.behaviour.pageHeaders(undefined, context), body };
}

export function errorMessage({ error, description }: Problem): Markup {
  return html`${error}: ${description}`;
}

/** Refuses a request whose client and redirect URI are good: by a redirect (RFC 6749 4.1.2.1), or by a page. */
export function refuse(problem: Problem, to: Addressee, context: TenantContext): Reply {
  const { behaviour } = context;
  writeLog(context, { type: 'f', description: problem.description, client: to.client });
  return behaviour.errorSurface(problem, to.client, context) === 'page'
    ? errorPage(problem, context)
    : respond('error', behaviour.errorMembers(problem, context), to, context);
}

/** Whether an error stays on a page of the tenant, where a redirect would make it an open redirector. */
export function errorSurface(_problem: Problem, client: Client, context: TenantContext): 'page' | 'redirect' {
  return KEEPS_ERRORS[dialectOf(context.store).keepsErrorsOf](client, context) ? 'page' : 'redirect';
}

const KEEPS_ERRORS: Readonly<Record<Dialect['keepsErrorsOf'], (client: Client, context: TenantContext) => boolean>> = {
  /** Auth0: a declined consent too, unless the client's `redirection_policy` lets it go back. */
  'strict-clients': (client) => isStrict(client) && client.redirection_policy !== 'allow_always',
  /** RFC 9700 4.11.2: a client that nobody vouches for, for a user who has not signed in. */
  'unvouched-clients-of-strangers': (client, context) =>
    client.external_metadata_created_by === 'client' && context.behaviour.currentSession(context) === undefined,
};

export function errorMembers({ error, description }: Problem, { store }: TenantContext): Members {
  const text = dialectOf(store).cleansDescriptions
    ? description.replaceAll('"', "'").replace(/[^\x20-\x21\x23-\x5B\x5D-\x7E]/g, '?')
    : description;
  return [
    ['error', error],
    ['error_description', text],
  ];
}

/** Sends the browser back to the client, with the request's state and the tenant's issuer (RFC 9207 2). */
export function respond(outcome: Outcome, own: Members, to: Addressee, context: TenantContext): Reply {
  const { behaviour } = context;
  const state = behaviour.responseState(to.parameters, outcome, context);
  const issuer = behaviour.responseIssuer(outcome, context);
  const members: Members = [
    ...own,
    ...(state === undefined ? [] : [['state', state] as const]),
    ...(issuer === undefined ? [] : [['iss', issuer] as const]),
  ];
  return redirect(behaviour.responseUrl(to.redirectUri, members, to.parameters, context), context);
}

/** As received (RFC 6749 4.1.2). Of several none is the one that the client sent. */
export function responseState(parameters: URLSearchParams): string | undefined {
  const [state, ...others] = parameters.getAll('state');
  return others.length === 0 ? state : undefined;
}

export function responseIssuer(_outcome: Outcome, { store, issuer }: TenantContext): string | undefined {
  return store.settings.authorization_response_iss_parameter_supported ? issuer : undefined;
}

/** Behind the redirect URI's own query, which stays as it is (RFC 6749 3.1.2). */
export function responseUrl(redirectUri: string, members: Members): string {
  const separator = redirectUri.includes('?') ? '&' : '?';
  // A header field has no other characters.
  const base = /^[\x21-\x7E]+$/.test(redirectUri) ? redirectUri : new URL(redirectUri).href;
  return `${base}${separator}${new URLSearchParams(members.map(([name, value]): [string, string] => [name, value]))}`;
}

/** After a form no browser may send it on to the next address (RFC 9700 4.12): never 307. */
export function redirect(location: string, { store }: TenantContext, lines: readonly HeaderLine[] = []): Reply {
  return emptyReply(dialectOf(store).redirectStatus, [
    ['Location', location],
    ['Cache-Control', 'no-store'],
    ['Referrer-Policy', 'no-referrer'],
    ...lines,
  ]);
}
