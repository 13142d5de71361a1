import type { JWK, JWTPayload } from 'jose';
import { jsonReply, type Reply } from '../../http.ts';
import type { TenantContext } from '../behaviour.ts';
import type { Client, ClientAuthMethod, ResourceServer } from '../entities.ts';
import type { Authorization, AuthorizationCode, RefreshToken } from '../store.ts';
import {
  checkAssertion,
  isAssertionForUs,
  isAssertionInTime,
  isAssertionNew,
  keysOfClient,
  renewKeysOfClient,
  verifyAssertion,
} from './assertion.ts';
import { allowsMethod, authenticateClient, checkSecret } from './clients.ts';
import {
  checkCodeClient,
  checkCodeExpiry,
  checkCodeUse,
  checkCodeVerifier,
  checkRedirectUriAgain,
  isVerifier,
  onCodeReuse,
  redeemCode,
} from './code.ts';
import {
  type AccessToken,
  type ApiIssue,
  accessTokenAudience,
  accessTokenClaims,
  accessTokenHeader,
  accessTokenLifetime,
  type Issue,
  idTokenClaims,
  issueAccessToken,
  issueIdToken,
  mayHaveIdToken,
  signAccessToken,
  type TokenHeader,
  type TokenResponse,
} from './issue.ts';
import { readParameters } from './parameters.ts';
import {
  checkRefreshTokenClient,
  checkRefreshTokenExpiry,
  checkRefreshTokenFamily,
  checkRefreshTokenReuse,
  doRefreshTokensExpire,
  issueRefreshToken,
  mayHaveRefreshToken,
  onRefreshTokenReuse,
  rotateRefreshToken,
  scopeAtRefresh,
  scopeStillGranted,
} from './refresh.ts';
import { type Refusal, tokenError } from './refusals.ts';
import { apiForClient, resourceAtTokenEndpoint, scopeForClient, scopesGrantedToClient } from './resource.ts';
import { answerRevocationRequest, isAccessToken, mayRevoke, revokeRefreshToken } from './revoke.ts';
import { answerTokenRequest, mayUseGrant, tokenReply } from './token-endpoint.ts';
import { answerUserinfoRequest, isUserinfoAudience, readUserinfoToken } from './userinfo.ts';

/** The token endpoint, and what is done with tokens elsewhere. */
export interface TokenBehaviour {
  /** /oauth/token (RFC 6749 3.2). */
  token(context: TenantContext): Reply | Promise<Reply>;
  /** /oauth/revoke (RFC 7009). */
  revoke(context: TenantContext): Reply | Promise<Reply>;
  /** /userinfo (OpenID Connect Core 5.3). */
  userinfo(context: TenantContext): Reply | Promise<Reply>;
  /** Auth0's own: asks for the second factor of a sign-in that a token endpoint has interrupted. */
  mfaChallenge(context: TenantContext): Reply;

  readParameters(context: TenantContext): URLSearchParams | Refusal;
  /** The successful answer (RFC 6749 5.1). */
  tokenReply(response: TokenResponse, context: TenantContext): Reply;
  /** The error answer (RFC 6749 5.2). */
  tokenError(refusal: Refusal, context: TenantContext): Reply;
  mayUseGrant(client: Client, grantType: string, context: TenantContext): boolean;

  authenticateClient(parameters: URLSearchParams, context: TenantContext): Promise<Client | Refusal>;
  /** Whether the client may authenticate so. */
  allowsMethod(method: ClientAuthMethod, client: Client, context: TenantContext): boolean;
  checkSecret(secret: string, client: Client, context: TenantContext): boolean;
  /** @param id the client, as the request names it */
  checkAssertion(assertion: string, id: string, client: Client, context: TenantContext): Promise<boolean>;
  verifyAssertion(assertion: string, client: Client, context: TenantContext): Promise<JWTPayload | undefined>;
  keysOfClient(client: Client, context: TenantContext): Promise<readonly JWK[]>;
  /** The same, where an assertion names a key that is not among them. */
  renewKeysOfClient(client: Client, context: TenantContext): Promise<readonly JWK[]>;
  isAssertionForUs(audience: unknown, context: TenantContext): boolean;
  isAssertionInTime(claims: JWTPayload, context: TenantContext): boolean;
  /** Remembers it, too. */
  isAssertionNew(claims: JWTPayload, client: Client, context: TenantContext): boolean;

  checkCodeUse(code: AuthorizationCode, context: TenantContext): Refusal | undefined;
  onCodeReuse(code: AuthorizationCode, context: TenantContext): void;
  checkCodeExpiry(code: AuthorizationCode, context: TenantContext): Refusal | undefined;
  checkCodeClient(code: AuthorizationCode, client: Client, context: TenantContext): Refusal | undefined;
  checkRedirectUriAgain(code: AuthorizationCode, given: string | null, context: TenantContext): Refusal | undefined;
  checkCodeVerifier(code: AuthorizationCode, verifier: string | null, context: TenantContext): Refusal | undefined;
  /** Whether the text is a code verifier at all. */
  isVerifier(text: string): boolean;
  redeemCode(code: AuthorizationCode, context: TenantContext): void;

  checkRefreshTokenClient(token: RefreshToken, client: Client, context: TenantContext): Refusal | undefined;
  checkRefreshTokenFamily(token: RefreshToken, context: TenantContext): Refusal | undefined;
  checkRefreshTokenExpiry(token: RefreshToken, context: TenantContext): Refusal | undefined;
  checkRefreshTokenReuse(token: RefreshToken, client: Client, context: TenantContext): Refusal | undefined;
  onRefreshTokenReuse(token: RefreshToken, context: TenantContext): void;
  scopeAtRefresh(
    requested: readonly string[] | undefined,
    token: RefreshToken,
    context: TenantContext,
  ): readonly string[] | Refusal;
  /** What of a scope the user may still give the client. */
  scopeStillGranted(
    scope: readonly string[],
    token: RefreshToken,
    to: { readonly client: Client; readonly api: ResourceServer | undefined },
    context: TenantContext,
  ): readonly string[] | Refusal;
  rotateRefreshToken(token: RefreshToken, client: Client, context: TenantContext): RefreshToken | undefined;
  mayHaveRefreshToken(issue: Issue, context: TenantContext): boolean;
  issueRefreshToken(issue: Issue, context: TenantContext): RefreshToken;
  doRefreshTokensExpire(client: Client, context: TenantContext): boolean;
  /** Whether what shall be revoked is an access token. */
  isAccessToken(value: string, context: TenantContext): Promise<boolean>;
  mayRevoke(token: RefreshToken, client: Client, context: TenantContext): boolean;
  revokeRefreshToken(token: RefreshToken, context: TenantContext): void;

  /** The API of a token that stands for an authorization; `undefined`: /userinfo alone. */
  resourceAtTokenEndpoint(
    authorization: Authorization,
    parameters: URLSearchParams,
    context: TenantContext,
  ): ResourceServer | undefined | Refusal;
  apiForClient(parameters: URLSearchParams, client: Client, context: TenantContext): ResourceServer | Refusal;
  scopeForClient(
    requested: readonly string[] | undefined,
    client: Client,
    api: ResourceServer,
    context: TenantContext,
  ): readonly string[] | Refusal;
  scopesGrantedToClient(client: Client, api: ResourceServer, context: TenantContext): readonly string[] | Refusal;

  issueAccessToken(issue: Issue, context: TenantContext): Promise<AccessToken>;
  /** Seconds. */
  accessTokenLifetime(api: ResourceServer, context: TenantContext): number;
  accessTokenHeader(api: ResourceServer, context: TenantContext): Promise<TokenHeader>;
  accessTokenClaims(issue: ApiIssue, context: TenantContext): JWTPayload;
  accessTokenAudience(issue: ApiIssue, context: TenantContext): string | string[];
  signAccessToken(
    claims: JWTPayload,
    header: TokenHeader,
    api: ResourceServer,
    context: TenantContext,
  ): Promise<string>;
  mayHaveIdToken(issue: Issue, context: TenantContext): boolean;
  issueIdToken(issue: Issue, accessToken: string, context: TenantContext): Promise<string>;
  idTokenClaims(issue: Issue, accessToken: string, context: TenantContext): JWTPayload;

  readUserinfoToken(token: string, context: TenantContext): Promise<JWTPayload | undefined>;
  isUserinfoAudience(audience: JWTPayload['aud'], context: TenantContext): boolean;
  isScopeForUserinfo(scope: readonly string[], context: TenantContext): boolean;
}

export const TOKENS: TokenBehaviour = {
  token: answerTokenRequest,
  revoke: answerRevocationRequest,
  userinfo: answerUserinfoRequest,
  // No grant here is interrupted for a second factor, so no mfa_token is a good one.
  mfaChallenge: () => jsonReply(403, { error: 'invalid_grant' }),

  readParameters,
  tokenReply,
  tokenError,
  mayUseGrant,

  authenticateClient,
  allowsMethod,
  checkSecret,
  checkAssertion,
  verifyAssertion,
  keysOfClient,
  renewKeysOfClient,
  isAssertionForUs,
  isAssertionInTime,
  isAssertionNew,

  checkCodeUse,
  onCodeReuse,
  checkCodeExpiry,
  checkCodeClient,
  checkRedirectUriAgain,
  checkCodeVerifier,
  isVerifier,
  redeemCode,

  checkRefreshTokenClient,
  checkRefreshTokenFamily,
  checkRefreshTokenExpiry,
  checkRefreshTokenReuse,
  onRefreshTokenReuse,
  scopeAtRefresh,
  scopeStillGranted,
  rotateRefreshToken,
  mayHaveRefreshToken,
  issueRefreshToken,
  doRefreshTokensExpire,
  isAccessToken,
  mayRevoke,
  revokeRefreshToken,

  resourceAtTokenEndpoint,
  apiForClient,
  scopeForClient,
  scopesGrantedToClient,

  issueAccessToken,
  accessTokenLifetime,
  accessTokenHeader,
  accessTokenClaims,
  accessTokenAudience,
  signAccessToken,
  mayHaveIdToken,
  issueIdToken,
  idTokenClaims,

  readUserinfoToken,
  isUserinfoAudience,
  isScopeForUserinfo: (scope) => scope.includes('openid'),
};
