import type { HeaderLine, Reply } from '../../http.ts';
import { type Problem, requestedApi } from '../access.ts';
import type { TenantContext } from '../behaviour.ts';
import type { Client, ResourceServer, User } from '../entities.ts';
import { pageHeaders } from '../pages/layout.ts';
import type { Markup } from '../pages/markup.ts';
import type { ConsentDetails } from '../pages/screens.ts';
import type { AuthorizationCode, BrowserSession, CodeChallenge, Transaction } from '../store.ts';
import {
  errorMembers,
  errorMessage,
  errorSurface,
  type Members,
  type Outcome,
  responseIssuer,
  responseState,
  responseUrl,
} from './answer.ts';
import {
  authorize,
  grant,
  grantScope,
  isExpectedUser,
  isSilent,
  issueCode,
  nextStep,
  ownsTransaction,
  resume,
  type Step,
} from './authorize.ts';
import { consentDetails, needsConfirmation, needsConsent } from './consent.ts';
import { type IdTokenHint, readIdTokenHint } from './id-token-hint.ts';
import { filledIn, interact } from './interact.ts';
import { endSession, isHintOf, logout, mayReturnTo } from './logout.ts';
import { codeChallengeOf, needsCodeChallenge } from './pkce.ts';
import { matchesCallback, redirectUriOf } from './redirect-uri.ts';
import {
  authorizationParameters,
  connectionsFor,
  findClient,
  refuseParameters,
  refuseResponse,
  requestedScope,
} from './request.ts';
import { cookie, currentSession, sessionSuffices, startSession } from './session.ts';
import { checkOneTimePassword, checkPassword, countFailure, isBlocked, needsSecondFactor } from './sign-in.ts';

/** The authorization endpoint and the pages behind it. */
export interface AuthorizationBehaviour {
  /** GET and POST /authorize (RFC 6749 3.1). */
  authorize(context: TenantContext): Reply | Promise<Reply>;
  /** /authorize/resume, where the pages lead. */
  resume(context: TenantContext): Reply | Promise<Reply>;
  /** Everything under /u/. */
  interact(context: TenantContext): Reply | Promise<Reply>;
  /** /oidc/logout. */
  endSession(context: TenantContext): Reply | Promise<Reply>;
  /** /v2/logout. */
  logout(context: TenantContext): Reply | Promise<Reply>;

  /** What a request is, and what is refused of it. */
  authorizationParameters(context: TenantContext): URLSearchParams;
  findClient(clientId: string, context: TenantContext): Promise<Client | undefined | Problem>;
  redirectUriOf(parameters: URLSearchParams, client: Client, context: TenantContext): string | Problem;
  /** Whether a registered callback stands for the redirect URI that was asked for. */
  matchesCallback(callback: string, asked: string, client: Client, context: TenantContext): boolean;
  refuseParameters(parameters: URLSearchParams, client: Client, context: TenantContext): Problem | undefined;
  refuseResponse(parameters: URLSearchParams, client: Client, context: TenantContext): Problem | undefined;
  codeChallengeOf(
    parameters: URLSearchParams,
    client: Client,
    context: TenantContext,
  ): CodeChallenge | undefined | Problem;
  needsCodeChallenge(client: Client, context: TenantContext): boolean;
  targetApi(parameters: URLSearchParams, client: Client, context: TenantContext): ResourceServer | undefined | Problem;
  requestedScope(
    parameters: URLSearchParams,
    api: ResourceServer | undefined,
    context: TenantContext,
  ): readonly string[] | Problem;
  connectionsFor(parameters: URLSearchParams, client: Client, context: TenantContext): readonly string[] | Problem;

  /** What a transaction needs from the user. */
  nextStep(transaction: Transaction, context: TenantContext): Step | undefined;
  isSilent(transaction: Transaction, context: TenantContext): boolean;
  /** Whether this browser began the transaction. */
  ownsTransaction(transaction: Transaction, context: TenantContext): boolean;
  needsConsent(transaction: Transaction, user: User, context: TenantContext): boolean;
  needsConfirmation(transaction: Transaction, context: TenantContext): boolean;
  consentDetails(transaction: Transaction, user: User, context: TenantContext): ConsentDetails;

  /** Who the user is. */
  checkPassword(
    identifier: string,
    password: string,
    transaction: Transaction,
    context: TenantContext,
  ): User | undefined;
  needsSecondFactor(user: User, context: TenantContext): boolean;
  checkOneTimePassword(user: User, given: string, context: TenantContext): boolean;
  isBlocked(identifier: string, context: TenantContext): boolean;
  countFailure(identifier: string, transaction: Transaction, context: TenantContext): void;
  currentSession(context: TenantContext): BrowserSession | undefined;
  sessionSuffices(session: BrowserSession, parameters: URLSearchParams, context: TenantContext): boolean;
  startSession(user: User, context: TenantContext): readonly HeaderLine[];
  /** Whom an ID token is about; `undefined`: it is none of this tenant. */
  readIdTokenHint(hint: string | null, context: TenantContext): Promise<IdTokenHint | undefined>;
  /** Whether a user may answer a request that names the one it expects, if any, by their id. */
  isExpectedUser(userId: string, expected: string | undefined, context: TenantContext): boolean;
  /** Value of a Set-Cookie field. */
  cookie(name: string, value: string, context: TenantContext): string;
  /** Whether an ID token was issued to the client that the same request names. */
  isHintOf(hint: IdTokenHint, named: Client | undefined, context: TenantContext): boolean;
  /** Whether a browser may be sent there after a logout. */
  mayReturnTo(returnTo: string, client: Client | undefined, context: TenantContext): boolean;

  /** What the client gets. */
  grantScope(transaction: Transaction, user: User, context: TenantContext): readonly string[] | Problem;
  grant(transaction: Transaction, user: User, scope: readonly string[], context: TenantContext): Reply | Promise<Reply>;
  issueCode(transaction: Transaction, user: User, scope: readonly string[], context: TenantContext): AuthorizationCode;
  errorSurface(problem: Problem, client: Client, context: TenantContext): 'page' | 'redirect';
  errorMembers(problem: Problem, context: TenantContext): Members;
  responseState(parameters: URLSearchParams, outcome: Outcome, context: TenantContext): string | undefined;
  responseIssuer(outcome: Outcome, context: TenantContext): string | undefined;
  /** The redirect URI with the response in it. */
  responseUrl(redirectUri: string, members: Members, parameters: URLSearchParams, context: TenantContext): string;

  /** How pages are sent. */
  pageHeaders(destination: string | undefined, context: TenantContext): readonly HeaderLine[];
  errorMessage(problem: Problem, context: TenantContext): Markup;
  /** What a form shows again of what was typed into it. */
  filledIn(field: 'username' | 'password', form: URLSearchParams): string | undefined;
}

export const AUTHORIZATION: AuthorizationBehaviour = {
  authorize,
  resume,
  interact,
  endSession,
  logout,
  authorizationParameters,
  findClient,
  redirectUriOf,
  matchesCallback,
  refuseParameters,
  refuseResponse,
  codeChallengeOf,
  needsCodeChallenge,
  targetApi: requestedApi,
  requestedScope,
  connectionsFor,
  nextStep,
  isSilent,
  ownsTransaction,
  needsConsent,
  needsConfirmation,
  consentDetails,
  checkPassword,
  needsSecondFactor,
  checkOneTimePassword,
  isBlocked,
  countFailure,
  currentSession,
  sessionSuffices,
  startSession,
  readIdTokenHint,
  isExpectedUser,
  cookie,
  isHintOf,
  mayReturnTo,
  grantScope,
  grant,
  issueCode,
  errorSurface,
  errorMembers,
  responseState,
  responseIssuer,
  responseUrl,
  pageHeaders,
  errorMessage,
  filledIn,
};
