import { createHash } from 'node:crypto';
import type { TenantContext } from '../behaviour.ts';
import { dialectOf } from '../dialect.ts';
import type { Client } from '../entities.ts';
import type { AuthorizationCode } from '../store.ts';
import { isClient } from './clients.ts';
import { issueTokens, type TokenResponse } from './issue.ts';
import { isRefusal, type Refusal, refuse } from './refusals.ts';

/** RFC 7636 4.1. */
const VERIFIER = /^[A-Za-z0-9\-._~]{43,128}$/;

/** The authorization code grant (RFC 6749 4.1.3, RFC 7636 4.5). */
export async function grantAuthorizationCode(
  client: Client,
  parameters: URLSearchParams,
  context: TenantContext,
): Promise<TokenResponse | Refusal> {
  const { behaviour, store } = context;
  const value = parameters.get('code');
  if (value === null) return refuse('missing-parameter', 'code');
  const code = store.codes.get(value);
  if (code === undefined) return refuse('code-not-valid');
  const refusal =
    behaviour.checkCodeUse(code, context) ??
    behaviour.checkCodeExpiry(code, context) ??
    behaviour.checkCodeClient(code, client, context) ??
    behaviour.checkRedirectUriAgain(code, parameters.get('redirect_uri'), context) ??
    behaviour.checkCodeVerifier(code, parameters.get('code_verifier'), context);
  if (refusal !== undefined) return refusal;
  const api = behaviour.resourceAtTokenEndpoint(code.authorization, parameters, context);
  if (isRefusal(api)) return api;
  // Nothing is waited for between the check of use and this: of two requests at once, one gets tokens.
  behaviour.redeemCode(code, context);
  const issue = {
    client,
    authorization: code.authorization,
    family: familyOf(code),
    ...(api === undefined ? {} : { api }),
    ...(code.nonce === undefined ? {} : { nonce: code.nonce }),
  };
  const refreshToken = behaviour.mayHaveRefreshToken(issue, context)
    ? behaviour.issueRefreshToken(issue, context)
    : undefined;
  return issueTokens(issue, refreshToken, context);
}

/** What came of one code is one family. */
export function familyOf({ code }: AuthorizationCode): string {
  return code;
}

/** RFC 6749 4.1.2: a code that comes again is refused, whoever brings it, and what came of it ends. */
export function checkCodeUse(code: AuthorizationCode, context: TenantContext): Refusal | undefined {
  if (!code.redeemed) return undefined;
  context.behaviour.onCodeReuse(code, context);
  return refuse('code-not-valid');
}

export function onCodeReuse(code: AuthorizationCode, { store }: TenantContext): void {
  store.endedFamilies.add(familyOf(code));
}

export function checkCodeExpiry({ expiresAt }: AuthorizationCode, { now }: TenantContext): Refusal | undefined {
  return expiresAt > now() ? undefined : refuse('code-not-valid');
}

export function checkCodeClient({ authorization }: AuthorizationCode, client: Client): Refusal | undefined {
  return isClient(client, authorization.clientId) ? undefined : refuse('code-not-valid');
}

/**
 * Identical to that of the authorization request, where that had one (RFC 6749 4.1.3). OAuth 2.1 has clients leave it
 * out: a code challenge does what it was for.
 */
export function checkRedirectUriAgain(
  { redirectUri, challenge }: AuthorizationCode,
  given: string | null,
  { store }: TenantContext,
): Refusal | undefined {
  const mayBeMissing = challenge !== undefined && dialectOf(store).sparesRedirectUriAgain;
  const isSame = redirectUri === undefined || redirectUri === given || (given === null && mayBeMissing);
  return isSame ? undefined : refuse('redirect-uri-differs');
}

/** RFC 7636 4.6; a verifier for a code without a challenge tells of a downgrade (RFC 9700 4.8.2). */
export function checkCodeVerifier(
  { challenge }: AuthorizationCode,
  verifier: string | null,
  { behaviour, store }: TenantContext,
): Refusal | undefined {
  if (challenge === undefined) {
    return verifier === null || !dialectOf(store).refusesStrayVerifiers ? undefined : refuse('verifier-not-valid');
  }
  if (verifier === null || !behaviour.isVerifier(verifier)) return refuse('verifier-not-valid');
  const expected = challenge.method === 'plain' ? verifier : s256(verifier);
  return expected === challenge.value ? undefined : refuse('verifier-not-valid');
}

export function isVerifier(text: string): boolean {
  return VERIFIER.test(text);
}

export function redeemCode(code: AuthorizationCode): void {
  code.redeemed = true;
}

function s256(verifier: string): string {
  return createHash('sha256').update(verifier).digest('base64url');
}
