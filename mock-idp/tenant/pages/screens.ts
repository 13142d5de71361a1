import type { PageContent } from './layout.ts';
import { html, type Markup } from './markup.ts';

/** What stands on each page. Names and ids of fields and buttons are those of Auth0's Universal Login. */

interface FormState {
  /** Of the transaction; goes back with the form. */
  readonly state: string;
  /** What was wrong with the form before, in words for the user. */
  readonly problem?: string;
}

export interface LoginState extends FormState {
  readonly client: string;
  readonly tenant: string;
  readonly username: string;
  /** What the password field is filled with. */
  readonly password: string;
}

export interface ConsentState extends FormState, ConsentDetails {
  readonly user: string;
}

/** What a user must know to decide (RFC 6819 4.4.1.4, and the client id metadata document draft's section on consent). */
export interface ConsentDetails {
  readonly client: string;
  /** Host of the redirect URI, or its scheme where that is the client's own. */
  readonly destination?: string;
  /** Any program on the user's device can take that address. */
  readonly isAnybodys?: true;
  /** Host of the URL that is the client's id. */
  readonly clientHost?: string;
  readonly api?: string;
  readonly scopes: readonly { readonly value: string; readonly words: string }[];
}

const ERROR_ID = 'form-error';

const hidden = (name: string, value: string) => html`<input type="hidden" name="${name}" value="${value}">`;

const alertOf = (problem: string | undefined) =>
  problem === undefined ? undefined : html`<p class="error" id="${ERROR_ID}" role="alert">${problem}</p>`;

/** Attributes that lead from a field to the message about it. */
const invalid = (problem: string | undefined) =>
  problem === undefined ? undefined : html` aria-invalid="true" aria-describedby="${ERROR_ID}"`;

const primary = (value: string, label: string) =>
  html`<button type="submit" name="action" value="${value}" data-action-button-primary="true">${label}</button>`;

const secondary = (value: string, label: string) =>
  html`<button type="submit" name="action" value="${value}">${label}</button>`;

const form = (path: string, { state, problem }: FormState, content: Markup) =>
  html`<form method="post" action="${path}?state=${encodeURIComponent(state)}">
${hidden('state', state)}
${alertOf(problem)}
${content}
</form>`;

const usernameField = ({ username, problem }: LoginState, rest: Markup) =>
  html`<div class="row"><label for="username">Email address</label>
<input id="username" name="username" type="text" inputmode="email" autocomplete="username" autocapitalize="none" spellcheck="false" required value="${username}"${invalid(problem)}${rest}></div>`;

const passwordField = ({ password, problem }: LoginState, rest: Markup) =>
  html`<div class="row"><label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required value="${password}"${invalid(problem)}${rest}></div>`;

const AUTOFOCUS = html` autofocus`;
const NOTHING = html``;

const welcome = ({ client, tenant }: LoginState) =>
  html`<p class="soft">Log in to ${tenant} to continue to ${client}.</p>`;

export function identifierScreen(login: LoginState): PageContent {
  return {
    title: 'Log in',
    heading: 'Welcome',
    body: html`${welcome(login)}
${form(
  '/u/login/identifier',
  login,
  html`${usernameField(login, AUTOFOCUS)}
<input class="hide" type="password" autocomplete="off" tabindex="-1" aria-hidden="true">
<div class="buttons">${primary('default', 'Continue')}</div>`,
)}`,
  };
}

export function passwordScreen(login: LoginState): PageContent {
  return {
    title: 'Enter your password',
    heading: 'Enter your password',
    body: html`${welcome(login)}
<p class="who"><span>${login.username}</span><a href="/u/login/identifier?state=${encodeURIComponent(login.state)}" aria-label="Edit email address">Edit</a></p>
${form(
  '/u/login/password',
  login,
  html`<input class="hide" type="text" name="username" autocomplete="username" value="${login.username}" tabindex="-1" aria-hidden="true" readonly>
${passwordField(login, AUTOFOCUS)}
<div class="buttons">${primary('default', 'Continue')}</div>`,
)}`,
  };
}

/** Both on one page. */
export function loginScreen(login: LoginState): PageContent {
  return {
    title: 'Log in',
    heading: 'Welcome',
    body: html`${welcome(login)}
${form(
  '/u/login',
  login,
  html`${usernameField(login, AUTOFOCUS)}
${passwordField(login, NOTHING)}
<div class="buttons">${primary('default', 'Continue')}</div>`,
)}`,
  };
}

export function oneTimeCodeScreen(given: FormState): PageContent {
  return {
    title: 'Verify your identity',
    heading: 'Verify your identity',
    body: html`<p class="soft">Enter the six digits that your authenticator app shows now.</p>
${form(
  '/u/mfa-otp-challenge',
  given,
  html`<div class="row"><label for="code">One-time code</label>
<input id="code" class="code" name="code" type="text" inputmode="numeric" autocomplete="one-time-code" pattern="[0-9 ]{6,7}" maxlength="7" required${invalid(given.problem)} autofocus></div>
<div class="buttons">${primary('default', 'Continue')}</div>`,
)}`,
  };
}

export function consentScreen(consent: ConsentState): PageContent {
  const { client, api, user, scopes, isAnybodys } = consent;
  return {
    title: 'Authorize application',
    heading: `Authorize ${client}`,
    body: html`<p class="soft">Hi ${user}. ${client} is asking for access to ${api ?? 'your account'} in your name.</p>
${form(
  '/u/consent',
  consent,
  html`<h2 id="scopes">This will allow ${client} to:</h2>
<ul aria-labelledby="scopes">${scopes.map(({ value, words }) => html`<li>${words} ${words === value ? undefined : html`<code>${value}</code>`}</li>`)}${
    scopes.length === 0 ? html`<li>Know that you signed in, and nothing else.</li>` : undefined
  }</ul>
${whereTo(consent)}
${isAnybodys && html`<p class="foot">Accept only if you have just started this yourself: any program on this device may claim to be ${client}.</p>`}
<div class="buttons">${primary('accept', 'Accept')}${secondary('deny', 'Decline')}</div>`,
)}`,
  };
}

/** Asks no more than whether it was the user who began this (RFC 8252 8.6). */
export function confirmationScreen(consent: ConsentState): PageContent {
  const { client, user } = consent;
  return {
    title: 'Continue',
    heading: `Continue to ${client}?`,
    body: html`<p class="soft">You are signed in as ${user}. Continue only if you have just started this yourself: any program on this device may claim to be ${client}.</p>
${form(
  '/u/consent',
  consent,
  html`${whereTo(consent)}
<div class="buttons">${primary('accept', 'Continue')}${secondary('deny', 'Cancel')}</div>`,
)}`,
  };
}

function whereTo({ destination, clientHost }: ConsentDetails): Markup | undefined {
  if (destination === undefined && clientHost === undefined) return undefined;
  return html`<dl>${
    clientHost === undefined ? undefined : html`<dt>The application is described at</dt><dd>${clientHost}</dd>`
  }${destination === undefined ? undefined : html`<dt>You will be sent to</dt><dd>${destination}</dd>`}</dl>`;
}

/** @param message what went wrong, as it shall stand there. */
export function errorScreen(message: Markup, trackingId: string): PageContent {
  return {
    title: 'Error',
    heading: 'Oops, something went wrong',
    body: html`<p class="error" role="alert">${message}</p>
<p class="soft">Go back to the application you came from and try again. If it happens again, tell whoever runs the application.</p>
<p class="foot">Tracking ID <code>${trackingId}</code></p>`,
  };
}

/** @param fields hidden ones, which come back with the form */
export function logoutScreen(fields: readonly (readonly [name: string, value: string])[], user: string): PageContent {
  return {
    title: 'Log out',
    heading: 'Log out?',
    body: html`<p class="soft">You are signed in as ${user}.</p>
<form method="post" action="/oidc/logout">
${fields.map(([name, value]) => hidden(name, value))}
<div class="buttons">${primary('accept', 'Log out')}</div>
</form>`,
  };
}

export function loggedOutScreen(): PageContent {
  return {
    title: 'Logged out',
    heading: 'You are logged out',
    body: html`<p class="soft">You may close this window.</p>`,
  };
}
