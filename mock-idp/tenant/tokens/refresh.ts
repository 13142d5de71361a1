import { grantedScope, isProblem } from '../access.ts';
import type { TenantContext } from '../behaviour.ts';
import type { Client, ResourceServer } from '../entities.ts';
import { opaque } from '../opaque.ts';
import type { RefreshToken } from '../store.ts';
import { isClient } from './clients.ts';
import { type Issue, issueTokens, type TokenResponse } from './issue.ts';
import { isRefusal, type Refusal, refuse } from './refusals.ts';
import { scopeList } from './resource.ts';

/** The refresh token grant (RFC 6749 6, RFC 9700 4.14.2). */
export async function grantRefreshToken(
  client: Client,
  parameters: URLSearchParams,
  context: TenantContext,
): Promise<TokenResponse | Refusal> {
  const { behaviour, store } = context;
  const value = parameters.get('refresh_token');
  if (value === null) return refuse('missing-parameter', 'refresh_token');
  const token = store.refreshTokens.get(value);
  if (token === undefined) return refuse('refresh-token-not-valid');
  const refusal =
    behaviour.checkRefreshTokenClient(token, client, context) ??
    behaviour.checkRefreshTokenFamily(token, context) ??
    behaviour.checkRefreshTokenExpiry(token, context) ??
    behaviour.checkRefreshTokenReuse(token, client, context);
  if (refusal !== undefined) return refusal;
  const requested = parameters.get('scope');
  const asked = behaviour.scopeAtRefresh(requested === null ? undefined : scopeList(requested), token, context);
  if (isRefusal(asked)) return asked;
  const api = behaviour.resourceAtTokenEndpoint(token.authorization, parameters, context);
  if (isRefusal(api)) return api;
  const scope = behaviour.scopeStillGranted(asked, token, { client, api }, context);
  if (isRefusal(scope)) return scope;
  const issue = {
    client,
    authorization: { ...token.authorization, scope, grantType: 'refresh_token' },
    family: token.family,
    ...(api === undefined ? {} : { api }),
  } as const;
  return issueTokens(issue, behaviour.rotateRefreshToken(token, client, context), context);
}

/** For offline_access, to clients that may refresh, where the API lets them. */
export function mayHaveRefreshToken({ client, api, authorization }: Issue): boolean {
  return (
    authorization.scope.includes('offline_access') &&
    client.grant_types.includes('refresh_token') &&
    (api?.allow_offline_access ?? true)
  );
}

/** The first of its family. */
export function issueRefreshToken({ client, authorization, family }: Issue, context: TenantContext): RefreshToken {
  const { token_lifetime } = client.refresh_token;
  const expiresAt = context.behaviour.doRefreshTokensExpire(client, context)
    ? context.now() + token_lifetime
    : Number.POSITIVE_INFINITY;
  return keep({ token: opaque(45), authorization, family: family ?? opaque(22), expiresAt }, context);
}

export function doRefreshTokensExpire({ refresh_token }: Client): boolean {
  return refresh_token.expiration_type === 'expiring';
}

export function checkRefreshTokenClient({ authorization }: RefreshToken, client: Client): Refusal | undefined {
  return isClient(client, authorization.clientId) ? undefined : refuse('refresh-token-not-valid');
}

export function checkRefreshTokenFamily({ family }: RefreshToken, { store }: TenantContext): Refusal | undefined {
  return store.endedFamilies.has(family) ? refuse('refresh-token-not-valid') : undefined;
}

export function checkRefreshTokenExpiry({ expiresAt }: RefreshToken, { now }: TenantContext): Refusal | undefined {
  return expiresAt > now() ? undefined : refuse('refresh-token-not-valid');
}

/** RFC 9700 4.14.2: a rotated token that comes again was stolen, or its successor was. */
export function checkRefreshTokenReuse(
  token: RefreshToken,
  client: Client,
  context: TenantContext,
): Refusal | undefined {
  if (token.rotatedAt === undefined) return undefined;
  if (context.now() - token.rotatedAt < client.refresh_token.leeway) return undefined;
  context.behaviour.onRefreshTokenReuse(token, context);
  return refuse('refresh-token-reused');
}

export function onRefreshTokenReuse({ family }: RefreshToken, { store }: TenantContext): void {
  store.endedFamilies.add(family);
}

/** All that was granted, or less of it (RFC 6749 6). */
export function scopeAtRefresh(
  requested: readonly string[] | undefined,
  { authorization }: RefreshToken,
): readonly string[] | Refusal {
  if (requested === undefined) return authorization.scope;
  const wider = requested.filter((scope) => !authorization.scope.includes(scope));
  return wider.length > 0 ? refuse('scope-not-granted', wider.join(' ')) : requested;
}

/** What the user may still give the client: a role, a grant or the user themself may have gone since. */
export function scopeStillGranted(
  scope: readonly string[],
  { authorization }: RefreshToken,
  to: { readonly client: Client; readonly api: ResourceServer | undefined },
  context: TenantContext,
): readonly string[] | Refusal {
  const user = context.store.users.find(({ user_id }) => user_id === authorization.subject);
  const granted = user === undefined ? [] : grantedScope(scope, { ...to, user }, context);
  const isLost = isProblem(granted) || user === undefined || (granted.length === 0 && scope.length > 0);
  return isLost ? refuse('refresh-token-not-valid') : granted;
}

/**
 * The token's successor: of its family and scope, and as long as the first of them would have lived. `undefined` where
 * the client's tokens stay as they are.
 */
export function rotateRefreshToken(
  token: RefreshToken,
  client: Client,
  context: TenantContext,
): RefreshToken | undefined {
  if (client.refresh_token.rotation_type !== 'rotating') return undefined;
  // The first exchange counts: those within the leeway do not prolong it.
  token.rotatedAt ??= context.now();
  const { authorization, family, expiresAt } = token;
  return keep({ token: opaque(45), authorization, family, expiresAt }, context);
}

function keep(token: RefreshToken, { store }: TenantContext): RefreshToken {
  store.refreshTokens.set(token.token, token);
  return token;
}
