import { createHash } from 'node:crypto';
import { CompactEncrypt, type CryptoKey, exportJWK, importJWK, type JWTPayload, SignJWT } from 'jose';
import { isProblem, isStrict, isThirdParty, scopesForUser } from '../access.ts';
import type { TenantContext } from '../behaviour.ts';
import { dialectOf } from '../dialect.ts';
import type { Client, ResourceServer, TokenDialect } from '../entities.ts';
import type { KeyRing } from '../keys.ts';
import { opaque } from '../opaque.ts';
import type { Authorization, RefreshToken } from '../store.ts';
import { publicId } from './clients.ts';
import { userinfoKey, userinfoUrl } from './userinfo.ts';

/** What tokens are issued for. */
export interface Issue {
  readonly client: Client;
  /** With the scope of this answer, and the grant that it is an answer to. */
  readonly authorization: Authorization;
  /** The audience; absent: /userinfo alone. */
  readonly api?: ResourceServer;
  /** What a replay ends; absent where nothing can be replayed. */
  readonly family?: string;
  readonly nonce?: string;
}

/** RFC 6749 5.1. */
export interface TokenResponse {
  readonly access_token: string;
  readonly token_type: string;
  readonly expires_in: number;
  readonly scope?: string;
  readonly refresh_token?: string;
  readonly id_token?: string;
}

/** What a JWT is issued for. */
export type ApiIssue = Issue & { readonly api: ResourceServer };

export interface AccessToken {
  readonly value: string;
  /** Seconds. */
  readonly lifetime: number;
}

export interface TokenHeader {
  readonly alg: string;
  readonly typ?: string;
  readonly kid?: string;
}

/** Seconds. Auth0's, of tokens for /userinfo. */
const OPAQUE_LIFETIME = 86_400;

/** Hash of each algorithm that ID tokens are signed with. */
const HASHES: Readonly<Record<string, string>> = { RS256: 'sha256', PS256: 'sha256', RS512: 'sha512' };

interface TokenForm {
  readonly typ: string;
  /** The claim that names the client. */
  readonly client: 'azp' | 'client_id';
  readonly hasPermissions: boolean;
}

/** RFC 9068 2, or Auth0's own way from before; each with RBAC's permissions or without. */
const FORMS: Readonly<Record<TokenDialect, TokenForm>> = {
  access_token: { typ: 'JWT', client: 'azp', hasPermissions: false },
  access_token_authz: { typ: 'JWT', client: 'azp', hasPermissions: true },
  rfc9068_profile: { typ: 'at+jwt', client: 'client_id', hasPermissions: false },
  rfc9068_profile_authz: { typ: 'at+jwt', client: 'client_id', hasPermissions: true },
};

/** `gty` of Auth0's dialect; a code has none. */
const GTY: Readonly<Record<Authorization['grantType'], string | undefined>> = {
  authorization_code: undefined,
  refresh_token: 'refresh_token',
  client_credentials: 'client-credentials',
};

/** The successful answer: an access token, and what else the scope stands for. */
export async function issueTokens(
  issue: Issue,
  refreshToken: RefreshToken | undefined,
  context: TenantContext,
): Promise<TokenResponse> {
  const { behaviour } = context;
  const { scope } = issue.authorization;
  const accessToken = await behaviour.issueAccessToken(issue, context);
  const idToken = behaviour.mayHaveIdToken(issue, context)
    ? await behaviour.issueIdToken(issue, accessToken.value, context)
    : undefined;
  return {
    access_token: accessToken.value,
    token_type: 'Bearer',
    expires_in: accessToken.lifetime,
    // An empty list has no form (RFC 6749 3.3).
    ...(scope.length === 0 ? {} : { scope: scope.join(' ') }),
    ...(refreshToken === undefined ? {} : { refresh_token: refreshToken.token }),
    ...(idToken === undefined ? {} : { id_token: idToken }),
  };
}

/** A JWT for the API, or what only /userinfo can read where there is none. */
export async function issueAccessToken(issue: Issue, context: TenantContext): Promise<AccessToken> {
  const { behaviour } = context;
  if (issue.api === undefined) return { value: await sealUserinfoToken(issue, context), lifetime: OPAQUE_LIFETIME };
  const header = await behaviour.accessTokenHeader(issue.api, context);
  const claims = behaviour.accessTokenClaims({ ...issue, api: issue.api }, context);
  return {
    value: await behaviour.signAccessToken(claims, header, issue.api, context),
    lifetime: behaviour.accessTokenLifetime(issue.api, context),
  };
}

export function accessTokenLifetime(api: ResourceServer): number {
  return api.token_lifetime;
}

export async function accessTokenHeader(api: ResourceServer, { keyRing }: TenantContext): Promise<TokenHeader> {
  const { typ } = FORMS[api.token_dialect];
  const alg = api.signing_alg;
  return alg === 'HS256' ? { alg, typ } : { alg, typ, kid: (await keyRing.current()).publicJwk.kid };
}

export function accessTokenClaims(issue: ApiIssue, context: TenantContext): JWTPayload {
  const { behaviour, issuer, now } = context;
  const { client, api, authorization } = issue;
  const { scope, subject, grantType } = authorization;
  const form = FORMS[api.token_dialect];
  const gty = form.client === 'azp' ? GTY[grantType] : undefined;
  const issuedAt = now();
  return {
    iss: issuer,
    sub: subject,
    aud: behaviour.accessTokenAudience(issue, context),
    iat: issuedAt,
    exp: issuedAt + behaviour.accessTokenLifetime(api, context),
    ...(scope.length === 0 ? {} : { scope: scope.join(' ') }),
    ...(form.client === 'azp' ? {} : { jti: opaque(22) }),
    [form.client]: publicId(client),
    ...(gty === undefined ? {} : { gty }),
    ...(form.hasPermissions && api.enforce_policies ? { permissions: permissionsOf(issue, context) } : {}),
  };
}

/** One API; Auth0 adds /userinfo for OpenID Connect, which strict clients do not have. */
export function accessTokenAudience(
  { api, authorization }: ApiIssue,
  { issuer, store }: TenantContext,
): string | string[] {
  const { identifier, token_dialect } = api;
  const isAuth0s = dialectOf(store).addsUserinfoToEveryToken || FORMS[token_dialect].client === 'azp';
  return isAuth0s && authorization.scope.includes('openid') ? [identifier, userinfoUrl(issuer)] : identifier;
}

/** What roles give the user there, whatever was asked for; a third party sees no more of it than it may have. */
function permissionsOf({ client, api, authorization }: ApiIssue, context: TenantContext): readonly string[] {
  const user = context.store.users.find(({ user_id }) => user_id === authorization.subject);
  if (user === undefined) return authorization.scope;
  const permissions = user.permissions[api.identifier] ?? [];
  const allowed = isThirdParty(client) ? scopesForUser(client, api, context) : permissions;
  return isProblem(allowed) ? [] : permissions.filter((scope) => allowed.includes(scope));
}

/** Signs with the key that the header names, or for HS256 with the API's secret. */
export async function signAccessToken(
  claims: JWTPayload,
  header: TokenHeader,
  api: ResourceServer,
  { keyRing }: TenantContext,
): Promise<string> {
  if (header.alg !== 'HS256') return signWithRing(claims, header, keyRing);
  if (api.signing_secret === undefined) throw new Error(`API ${api.identifier} signs with HS256 and has no secret`);
  return new SignJWT(claims).setProtectedHeader({ ...header }).sign(new TextEncoder().encode(api.signing_secret));
}

async function signWithRing(claims: JWTPayload, header: TokenHeader, keyRing: KeyRing): Promise<string> {
  // By its name: the ring may have been rotated since the header was written.
  const named = (await keyRing.published()).find(({ publicJwk }) => publicJwk.kid === header.kid);
  const { privateKey } = named ?? (await keyRing.current());
  return new SignJWT(claims).setProtectedHeader({ ...header }).sign(await keyFor(header.alg, privateKey));
}

/** Web Crypto binds a key to one algorithm; an RSA key serves several. */
export async function keyFor(alg: string, key: CryptoKey): Promise<CryptoKey> {
  if (alg === 'RS256') return key;
  const { alg: _, ...jwk } = await exportJWK(key);
  const imported = await importJWK(jwk, alg);
  if (imported instanceof Uint8Array) throw new TypeError(`no RSA key serves ${alg}`);
  return imported;
}

/** Five parts that say nothing but who can read them: `dir`, with a key that never leaves this process. */
async function sealUserinfoToken(
  { client, authorization, family }: Issue,
  { issuer, now }: TenantContext,
): Promise<string> {
  const issuedAt = now();
  const claims = {
    iss: issuer,
    sub: authorization.subject,
    aud: userinfoUrl(issuer),
    azp: publicId(client),
    scope: authorization.scope.join(' '),
    iat: issuedAt,
    exp: issuedAt + OPAQUE_LIFETIME,
    ...(family === undefined ? {} : { family }),
  };
  return new CompactEncrypt(new TextEncoder().encode(JSON.stringify(claims)))
    .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', iss: issuer })
    .encrypt(userinfoKey);
}

/** Strict third-party clients get none, whatever their scope says. */
export function mayHaveIdToken({ client, authorization }: Issue): boolean {
  return authorization.scope.includes('openid') && !isStrict(client);
}

/** OpenID Connect Core 2, 3.1.3.3. A refreshed one has no nonce (12.2). */
export async function issueIdToken(issue: Issue, accessToken: string, context: TenantContext): Promise<string> {
  const { alg } = issue.client.jwt_configuration;
  const { kid } = (await context.keyRing.current()).publicJwk;
  const claims = context.behaviour.idTokenClaims(issue, accessToken, context);
  return signWithRing(claims, { alg, typ: 'JWT', kid }, context.keyRing);
}

export function idTokenClaims(
  { client, authorization, nonce }: Issue,
  accessToken: string,
  { issuer, now, store }: TenantContext,
): JWTPayload {
  const { alg, lifetime_in_seconds } = client.jwt_configuration;
  const { scope, subject, authTime } = authorization;
  const user = store.users.find(({ user_id }) => user_id === subject);
  const issuedAt = now();
  return {
    iss: issuer,
    sub: subject,
    aud: publicId(client),
    iat: issuedAt,
    exp: issuedAt + lifetime_in_seconds,
    ...(nonce === undefined ? {} : { nonce }),
    // REQUIRED where max_age was asked for, and allowed where it was not.
    ...(authTime === undefined ? {} : { auth_time: authTime }),
    at_hash: leftHalf(HASHES[alg]!, accessToken),
    ...(user !== undefined && scope.includes('profile') ? { name: user.name } : {}),
    ...(user !== undefined && scope.includes('email') ? { email: user.email } : {}),
  };
}

/** OpenID Connect Core 3.1.3.6. */
function leftHalf(hash: string, text: string): string {
  const digest = createHash(hash).update(text).digest();
  return digest.subarray(0, digest.length / 2).toString('base64url');
}
