import { emptyReply, mediaType, type Reply, withHeaders } from '../../http.ts';
import { grantedScope, isProblem, type Problem } from '../access.ts';
import type { TenantContext } from '../behaviour.ts';
import { dialectOf } from '../dialect.ts';
import type { Client, User } from '../entities.ts';
import { writeLog } from '../management/log.ts';
import { opaque } from '../opaque.ts';
import type { AuthorizationCode, Transaction } from '../store.ts';
import { errorPage, redirect, refuse, respond } from './answer.ts';
import { apiOf } from './consent.ts';
import { type AuthorizationRequest, promptsOf, readRequest } from './request.ts';
import { browserOf, identifyBrowser } from './session.ts';

/** Seconds a user may take for the pages. */
const TRANSACTION_SECONDS = 3600;

/** RFC 6749 4.1.2: at most ten minutes. */
const CODE_SECONDS = 600;

/** What a transaction still needs from the user. */
export type Step = 'identifier' | 'password' | 'one-time-password' | 'consent' | 'confirmation';

/** GET and POST /authorize. */
export async function authorize(context: TenantContext): Promise<Reply> {
  const { request, behaviour } = context;
  const unreadable = refuseForm(request);
  if (unreadable !== undefined) return unreadable;
  const parameters = behaviour.authorizationParameters(context);
  const client = await clientOf(parameters, context);
  if (isProblem(client)) {
    writeLog(context, { type: 'f', description: client.description });
    return errorPage(client, context);
  }
  const repeated = parameters.getAll('redirect_uri').length > 1;
  const redirectUri = repeated
    ? { error: 'invalid_request', description: 'Parameter must not be repeated: redirect_uri' }
    : behaviour.redirectUriOf(parameters, client, context);
  if (isProblem(redirectUri)) {
    writeLog(context, { type: 'f', description: redirectUri.description, client });
    return errorPage(redirectUri, context);
  }
  const asked = readRequest(parameters, client, context);
  if (isProblem(asked)) return refuse(asked, { client, redirectUri, parameters }, context);
  const browser = identifyBrowser(context);
  const hint = await behaviour.readIdTokenHint(parameters.get('id_token_hint'), context);
  const known = { client, redirectUri, parameters, browser: browser.id, ...(hint && { expectedUser: hint.subject }) };
  const transaction = openTransaction(asked, known, context);
  const step = behaviour.nextStep(transaction, context);
  const reply =
    step !== undefined && behaviour.isSilent(transaction, context)
      ? end(transaction, SILENT_ERRORS[step], context)
      : await proceed(transaction, context);
  return withHeaders(reply, browser.lines);
}

/** GET /authorize/resume: where each page leads. */
export async function resume(context: TenantContext): Promise<Reply> {
  const transaction = findTransaction(context);
  return isProblem(transaction) ? errorPage(transaction, context) : proceed(transaction, context);
}

/** Other methods and other forms are none of this endpoint (RFC 6749 3.1, Appendix B). */
export function refuseForm(request: TenantContext['request']): Reply | undefined {
  if (!['GET', 'HEAD', 'POST'].includes(request.method)) return emptyReply(405, [['Allow', 'GET, HEAD, POST']]);
  const type = mediaType(request);
  return request.method === 'POST' && type !== 'application/x-www-form-urlencoded' ? emptyReply(415) : undefined;
}

async function clientOf(parameters: URLSearchParams, context: TenantContext): Promise<Client | Problem> {
  const [id, ...others] = parameters.getAll('client_id');
  if (id === undefined) return { error: 'invalid_request', description: 'Missing required parameter: client_id' };
  if (others.length > 0) {
    return { error: 'invalid_request', description: 'Parameter must not be repeated: client_id' };
  }
  const client = await context.behaviour.findClient(id, context);
  return client ?? { error: 'invalid_request', description: `Unknown client: ${id}` };
}

function openTransaction(
  { api, scope, challenge, connections }: AuthorizationRequest,
  known: Pick<Transaction, 'client' | 'redirectUri' | 'parameters' | 'browser' | 'expectedUser'>,
  context: TenantContext,
): Transaction {
  const { store, now, behaviour } = context;
  for (const [id, { expiresAt }] of store.transactions) if (expiresAt <= now()) store.transactions.delete(id);
  const session = behaviour.currentSession(context);
  const user = store.users.find(({ user_id, connection }) => {
    return user_id === session?.userId && connections.includes(connection);
  });
  const isSignedIn =
    session !== undefined &&
    behaviour.isExpectedUser(session.userId, known.expectedUser, context) &&
    behaviour.sessionSuffices(session, known.parameters, context);
  const transaction: Transaction = {
    id: opaque(32),
    ...known,
    scope,
    connections,
    ...(api !== undefined && { audience: api.identifier }),
    ...(challenge !== undefined && { challenge }),
    ...(user !== undefined && isSignedIn && { user, authTime: session.authTime }),
    isAnswered: false,
    isAccepted: false,
    expiresAt: now() + TRANSACTION_SECONDS,
  };
  store.transactions.set(transaction.id, transaction);
  return transaction;
}

/** The transaction that the request's `state` names, if this browser began it: no other site can go on with it. */
export function findTransaction(context: TenantContext): Transaction | Problem {
  const { request, store, now, behaviour } = context;
  const given = new URLSearchParams(request.method === 'POST' ? request.body : request.query);
  const transaction = store.transactions.get(given.get('state') ?? '');
  return transaction !== undefined && transaction.expiresAt > now() && behaviour.ownsTransaction(transaction, context)
    ? transaction
    : {
        error: 'invalid_request',
        description: 'This sign-in is over, or was begun in another browser. Begin again in the application.',
      };
}

export function ownsTransaction({ browser }: Transaction, context: TenantContext): boolean {
  return browserOf(context) === browser;
}

export function nextStep(transaction: Transaction, context: TenantContext): Step | undefined {
  const { behaviour } = context;
  const { identifier, user, authTime, isAnswered, isAccepted } = transaction;
  if (user === undefined) return identifier === undefined ? 'identifier' : 'password';
  if (authTime === undefined) return 'one-time-password';
  if (isAccepted) return undefined;
  if (behaviour.needsConsent(transaction, user, context)) return 'consent';
  return !isAnswered && behaviour.needsConfirmation(transaction, context) ? 'confirmation' : undefined;
}

/** `prompt=none`: no page may be shown (OpenID Connect Core 3.1.2.1). */
export function isSilent({ parameters }: Transaction): boolean {
  return promptsOf(parameters).includes('none');
}

/** OpenID Connect Core 3.1.2.2: who names a user by an `id_token_hint` gets no answer about another. */
export function isExpectedUser(userId: string, expected: string | undefined): boolean {
  return expected === undefined || expected === userId;
}

/** OpenID Connect Core 3.1.2.6. */
const SILENT_ERRORS: Readonly<Record<Step, Problem>> = {
  identifier: { error: 'login_required', description: 'Login required' },
  password: { error: 'login_required', description: 'Login required' },
  'one-time-password': { error: 'login_required', description: 'Multifactor authentication required' },
  consent: { error: 'consent_required', description: 'Consent required' },
  confirmation: { error: 'interaction_required', description: 'Interaction required' },
};

export const PATHS: Readonly<Record<Step, string>> = {
  identifier: '/u/login/identifier',
  password: '/u/login/password',
  'one-time-password': '/u/mfa-otp-challenge',
  consent: '/u/consent',
  confirmation: '/u/consent',
};

export const COMBINED_LOGIN = '/u/login';

/** The page of a step. */
export function pathOf(step: Step, { store }: TenantContext): string {
  const isCombined = store.prompts?.identifier_first === false && (step === 'identifier' || step === 'password');
  return isCombined ? COMBINED_LOGIN : PATHS[step];
}

/** To the next page, or back to the client. */
export async function proceed(transaction: Transaction, context: TenantContext): Promise<Reply> {
  const step = context.behaviour.nextStep(transaction, context);
  if (step === undefined) return finish(transaction, context);
  const { user } = transaction;
  // Nobody is asked for what no consent could give.
  const scope =
    step === 'consent' && user !== undefined ? context.behaviour.grantScope(transaction, user, context) : [];
  return isProblem(scope)
    ? end(transaction, scope, context)
    : redirect(`${pathOf(step, context)}?state=${transaction.id}`, context);
}

/** Answers the client; the transaction is over. */
function finish(transaction: Transaction, context: TenantContext): Reply | Promise<Reply> {
  const { behaviour } = context;
  const { user } = transaction;
  if (user === undefined || !behaviour.isExpectedUser(user.user_id, transaction.expectedUser, context)) {
    return end(transaction, SILENT_ERRORS.identifier, context);
  }
  const scope = behaviour.grantScope(transaction, user, context);
  if (isProblem(scope)) return end(transaction, scope, context);
  context.store.transactions.delete(transaction.id);
  const client = behaviour.confirmClientUrl(transaction.client, context);
  if (isProblem(client)) {
    // Where there is no client, no redirect URI is one's (RFC 6749 4.1.2.1).
    writeLog(context, { type: 'f', description: client.description, user });
    return errorPage(client, context);
  }
  writeLog(context, { type: 's', description: 'Successful login', client, user });
  return behaviour.grant({ ...transaction, client }, user, scope, context);
}

/** The answer to a request that was granted: a code, and nothing else (RFC 6749 4.1.2). */
export function grant(transaction: Transaction, user: User, scope: readonly string[], context: TenantContext): Reply {
  const code = context.behaviour.issueCode(transaction, user, scope, context);
  context.store.codes.set(code.code, code);
  return respond('success', [['code', code.code]], transaction, context);
}

/** Refuses after all; the transaction is over. */
export function end(transaction: Transaction, problem: Problem, context: TenantContext): Reply {
  context.store.transactions.delete(transaction.id);
  return refuse(problem, transaction, context);
}

export function grantScope(transaction: Transaction, user: User, context: TenantContext): readonly string[] | Problem {
  const { client, scope } = transaction;
  const granted = grantedScope(scope, { client, api: apiOf(transaction, context), user }, context);
  const isNothing = !isProblem(granted) && granted.length === 0 && scope.length > 0;
  // No scope in the token response says that it is as asked for (RFC 6749 5.1), and an empty one has no form (3.3).
  return isNothing && dialectOf(context.store).refusesEmptyGrants
    ? { error: 'invalid_scope', description: 'None of the requested scopes can be granted.' }
    : granted;
}

/** A code that is good once, for this client, redirect URI and challenge, and not for long. */
export function issueCode(
  { client, parameters, audience, challenge, authTime }: Transaction,
  user: User,
  scope: readonly string[],
  { now }: TenantContext,
): AuthorizationCode {
  const redirectUri = parameters.get('redirect_uri');
  const nonce = parameters.get('nonce');
  return {
    code: opaque(43),
    authorization: {
      clientId: client.client_id,
      subject: user.user_id,
      scope,
      grantType: 'authorization_code',
      ...(audience !== undefined && { audience }),
      ...(authTime !== undefined && { authTime }),
    },
    expiresAt: now() + CODE_SECONDS,
    redeemed: false,
    ...(redirectUri !== null && { redirectUri }),
    ...(challenge !== undefined && { challenge }),
    ...(nonce !== null && { nonce }),
  };
}
