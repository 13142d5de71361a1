import type { Reply } from '../../http.ts';
import { isProblem } from '../access.ts';
import type { TenantContext } from '../behaviour.ts';
import type { User } from '../entities.ts';
import { writeLog } from '../management/log.ts';
import { type PageContent, renderPage } from '../pages/layout.ts';
import {
  confirmationScreen,
  consentScreen,
  identifierScreen,
  loginScreen,
  oneTimeCodeScreen,
  passwordScreen,
} from '../pages/screens.ts';
import type { Transaction } from '../store.ts';
import { errorPage, redirect } from './answer.ts';
import { COMBINED_LOGIN, end, findTransaction, PATHS, pathOf, proceed, refuseForm, type Step } from './authorize.ts';
import { keepConsent } from './consent.ts';

const BLOCKED =
  'Your account has been blocked after multiple consecutive login attempts. Ask the administrator to unblock it.';

/** Pages at one path: shows the one, and takes what was sent from it. */
interface Page {
  readonly show: (step: Step, transaction: Transaction, context: TenantContext) => PageContent;
  readonly take: (
    form: URLSearchParams,
    step: Step,
    transaction: Transaction,
    context: TenantContext,
  ) => Reply | Promise<Reply>;
}

const PAGES: Readonly<Record<string, Page>> = {
  [PATHS.identifier]: {
    show: (_step, transaction, context) => identifierScreen(loginState(transaction, context)),
    take: (form, _step, transaction, context) => {
      const identifier = form.get('username')?.trim() ?? '';
      if (identifier === '') {
        const state = loginState(transaction, context, form, 'Enter your email address.');
        return sendPage(400, identifierScreen(state), transaction, context);
      }
      transaction.identifier = identifier;
      return redirect(`${PATHS.password}?state=${transaction.id}`, context);
    },
  },
  [PATHS.password]: {
    show: (_step, transaction, context) => passwordScreen(loginState(transaction, context)),
    take: (form, _step, transaction, context) => takePassword(form, passwordScreen, transaction, context),
  },
  [COMBINED_LOGIN]: {
    show: (_step, transaction, context) => loginScreen(loginState(transaction, context)),
    take: (form, _step, transaction, context) => {
      transaction.identifier = form.get('username')?.trim() ?? '';
      return takePassword(form, loginScreen, transaction, context);
    },
  },
  [PATHS['one-time-password']]: {
    show: (_step, { id }) => oneTimeCodeScreen({ state: id }),
    take: takeOneTimePassword,
  },
  [PATHS.consent]: {
    show: (step, transaction, context) =>
      (step === 'consent' ? consentScreen : confirmationScreen)({
        state: transaction.id,
        user: transaction.user?.name ?? '',
        ...context.behaviour.consentDetails(transaction, userOf(transaction), context),
      }),
    take: takeConsent,
  },
};

/** Everything under /u/: pages that belong to a transaction, in the order that `nextStep` gives. */
export function interact(context: TenantContext): Reply | Promise<Reply> {
  const { request, behaviour } = context;
  const page = Object.hasOwn(PAGES, request.path) ? PAGES[request.path] : undefined;
  if (page === undefined) return errorPage({ error: 'not_found', description: 'There is no such page.' }, context, 404);
  const unreadable = refuseForm(request);
  if (unreadable !== undefined) return unreadable;
  const transaction = findTransaction(context);
  if (isProblem(transaction)) return errorPage(transaction, context);
  const step = behaviour.nextStep(transaction, context);
  if (step === undefined || !pathsOf(step).includes(request.path)) {
    return step === undefined
      ? redirect(resumePath(transaction), context)
      : redirect(`${pathOf(step, context)}?state=${transaction.id}`, context);
  }
  return request.method === 'POST'
    ? page.take(new URLSearchParams(request.body), step, transaction, context)
    : sendPage(200, page.show(step, transaction, context), transaction, context);
}

/** Who has given an identifier may give another one, and both may be given together. */
function pathsOf(step: Step): readonly string[] {
  if (step === 'identifier') return [PATHS.identifier, COMBINED_LOGIN];
  return step === 'password' ? [PATHS.password, PATHS.identifier, COMBINED_LOGIN] : [PATHS[step]];
}

function takePassword(
  form: URLSearchParams,
  screen: typeof passwordScreen,
  transaction: Transaction,
  context: TenantContext,
): Reply {
  const { behaviour } = context;
  const { identifier = '' } = transaction;
  const refuse = (status: number, problem: string) =>
    sendPage(status, screen(loginState(transaction, context, form, problem)), transaction, context);
  if (behaviour.isBlocked(identifier, context)) return refuse(429, BLOCKED);
  const user = behaviour.checkPassword(identifier, form.get('password') ?? '', transaction, context);
  if (user === undefined) {
    behaviour.countFailure(identifier, transaction, context);
    return refuse(400, behaviour.isBlocked(identifier, context) ? BLOCKED : 'Wrong email or password.');
  }
  transaction.user = user;
  transaction.isAnswered = true;
  return behaviour.needsSecondFactor(user, context)
    ? redirect(resumePath(transaction), context)
    : completeSignIn(transaction, user, context);
}

function takeOneTimePassword(
  form: URLSearchParams,
  _step: Step,
  transaction: Transaction,
  context: TenantContext,
): Reply {
  const { behaviour } = context;
  const user = userOf(transaction);
  const refuse = (status: number, problem: string) =>
    sendPage(status, oneTimeCodeScreen({ state: transaction.id, problem }), transaction, context);
  if (behaviour.isBlocked(user.email, context)) return refuse(429, BLOCKED);
  // People type the space that their app shows.
  if (!behaviour.checkOneTimePassword(user, (form.get('code') ?? '').replaceAll(' ', ''), context)) {
    behaviour.countFailure(user.email, transaction, context);
    writeLog(context, { type: 'f', description: 'Wrong one-time password.', client: transaction.client, user });
    const isBlocked = behaviour.isBlocked(user.email, context);
    return refuse(400, isBlocked ? BLOCKED : 'The code you entered is not valid. Wait for the next one and try again.');
  }
  return completeSignIn(transaction, user, context);
}

function completeSignIn(transaction: Transaction, user: User, context: TenantContext): Reply {
  transaction.authTime = context.now();
  context.store.failedSignIns.delete(user.email.toLowerCase());
  return redirect(resumePath(transaction), context, context.behaviour.startSession(user, context));
}

function takeConsent(
  form: URLSearchParams,
  step: Step,
  transaction: Transaction,
  context: TenantContext,
): Reply | Promise<Reply> {
  if (form.get('action') !== 'accept') {
    const description = step === 'consent' ? 'User did not authorize the request' : 'User cancelled the request';
    return end(transaction, { error: 'access_denied', description }, context);
  }
  transaction.isAnswered = true;
  transaction.isAccepted = true;
  if (step === 'consent') keepConsent(transaction, userOf(transaction), context);
  return proceed(transaction, context);
}

function loginState(
  transaction: Transaction,
  { store, behaviour }: TenantContext,
  form: URLSearchParams = new URLSearchParams(),
  problem?: string,
): Parameters<typeof passwordScreen>[0] {
  const { id, client, identifier, parameters } = transaction;
  return {
    state: id,
    client: client.name,
    tenant: store.settings.friendly_name,
    username: behaviour.filledIn('username', form) ?? identifier ?? parameters.get('login_hint') ?? '',
    password: behaviour.filledIn('password', form) ?? '',
    ...(problem !== undefined && { problem }),
  };
}

/** What a form shows again of what was typed: never a password. */
export function filledIn(field: 'username' | 'password', form: URLSearchParams): string | undefined {
  return field === 'username' ? (form.get('username') ?? undefined) : undefined;
}

function sendPage(status: number, content: PageContent, { redirectUri }: Transaction, context: TenantContext): Reply {
  const { store, behaviour } = context;
  const body = renderPage(store.settings.friendly_name, content);
  return { status, headers: behaviour.pageHeaders(redirectUri, context), body };
}

function resumePath({ id }: Transaction): string {
  return `/authorize/resume?state=${id}`;
}

/** @throws {Error} where a step was reached that only follows a right password. */
function userOf({ user }: Transaction): User {
  if (user === undefined) throw new Error('nobody has signed in to this transaction');
  return user;
}
