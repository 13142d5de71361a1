import { randomBytes } from 'node:crypto';
import { compactDecrypt, createLocalJWKSet, type JWTPayload, jwtVerify } from 'jose';
import { emptyReply, fields, type HeaderLine, jsonReply, type Reply } from '../../http.ts';
import type { TenantContext } from '../behaviour.ts';
import type { User } from '../entities.ts';
import { NO_STORE } from './refusals.ts';

/** Only this process can read what it sealed. */
export const userinfoKey: Uint8Array = randomBytes(32);

export function userinfoUrl(issuer: string): string {
  return new URL('/userinfo', issuer).href;
}

/** /userinfo (OpenID Connect Core 5.3), with the errors of RFC 6750 3. */
export async function answerUserinfoRequest(context: TenantContext): Promise<Reply> {
  const { behaviour, request, store } = context;
  if (request.method !== 'GET' && request.method !== 'POST') {
    return jsonReply(405, { error: 'method_not_allowed' }, [['Allow', 'GET, POST']]);
  }
  const credentials = fields(request, 'authorization');
  if (credentials.length > 1) return challenge(400, 'invalid_request');
  const token = /^bearer +([a-z0-9\-._~+/]+=*)$/i.exec(credentials[0] ?? '')?.[1];
  if (token === undefined) return challenge(401);
  const claims = await behaviour.readUserinfoToken(token, context);
  const user = store.users.find(({ user_id }) => user_id === claims?.sub);
  if (claims === undefined || user === undefined) return challenge(401, 'invalid_token');
  const scope = typeof claims.scope === 'string' ? claims.scope.split(' ') : [];
  if (!behaviour.isScopeForUserinfo(scope, context)) return challenge(403, 'insufficient_scope', [['scope', 'openid']]);
  return jsonReply(200, userinfoClaims(user, scope), NO_STORE);
}

/** The claims of a token that is good here: sealed for us, or a JWT that names us among its audiences. */
export async function readUserinfoToken(token: string, context: TenantContext): Promise<JWTPayload | undefined> {
  const claims = await readAccessToken(token, context);
  return claims !== undefined && context.behaviour.isUserinfoAudience(claims.aud, context) ? claims : undefined;
}

/** The claims of an access token that this tenant has signed or sealed, for whomever it is, while it is good. */
export async function readAccessToken(token: string, context: TenantContext): Promise<JWTPayload | undefined> {
  try {
    return token.split('.').length === 5 ? await unseal(token, context) : await verify(token, context);
  } catch {
    return undefined;
  }
}

export function isUserinfoAudience(audience: JWTPayload['aud'], { issuer }: TenantContext): boolean {
  return [audience].flat().includes(userinfoUrl(issuer));
}

async function unseal(token: string, context: TenantContext): Promise<JWTPayload | undefined> {
  const { issuer, now, store } = context;
  const { plaintext } = await compactDecrypt(token, userinfoKey, {
    keyManagementAlgorithms: ['dir'],
    contentEncryptionAlgorithms: ['A256GCM'],
  });
  const claims = JSON.parse(new TextDecoder().decode(plaintext)) as JWTPayload & { readonly family?: string };
  const isOurs = claims.iss === issuer && claims.exp !== undefined && claims.exp > now();
  const isEnded = claims.family !== undefined && store.endedFamilies.has(claims.family);
  return isOurs && !isEnded ? claims : undefined;
}

async function verify(token: string, context: TenantContext): Promise<JWTPayload | undefined> {
  const keys = (await context.keyRing.published()).map(({ publicJwk }) => publicJwk);
  const { payload } = await jwtVerify(token, createLocalJWKSet({ keys }), {
    algorithms: ['RS256', 'RS512', 'PS256'],
    issuer: context.issuer,
    requiredClaims: ['exp', 'sub', 'aud'],
    currentDate: new Date(context.now() * 1000),
  });
  return payload;
}

function userinfoClaims(user: User, scope: readonly string[]): Readonly<Record<string, unknown>> {
  return {
    sub: user.user_id,
    ...(scope.includes('profile') ? { name: user.name } : {}),
    ...(scope.includes('email') ? { email: user.email } : {}),
  };
}

/** Without an error where no token came (RFC 6750 3.1), and never without a parameter (3). */
function challenge(
  status: number,
  error?: string,
  more: readonly (readonly [name: string, value: string])[] = [],
): Reply {
  const parameters = [['realm', 'tenant'], ...(error === undefined ? [] : [['error', error]]), ...more];
  const text = parameters.map(([name, value]) => ` ${name}="${value}"`).join(',');
  const headers: readonly HeaderLine[] = [['WWW-Authenticate', `Bearer${text}`], ...NO_STORE];
  return error === undefined ? emptyReply(status, headers) : jsonReply(status, { error }, headers);
}
