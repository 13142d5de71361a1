import { compactVerify, createLocalJWKSet, decodeProtectedHeader, type JWK, type JWTPayload } from 'jose';
import type { TenantContext } from '../behaviour.ts';
import { keysOf } from '../client-documents/import.ts';
import type { Client } from '../entities.ts';
import { ASSERTION_ALGORITHMS } from '../metadata.ts';

/** Seconds that an assertion may be good for, and that clocks may be apart. */
const MAX_LIFETIME = 300;
const CLOCK_SKEW = 30;

/** Whether the assertion authenticates the client (RFC 7523 3, OpenID Connect Core 9). */
export async function checkAssertion(
  assertion: string,
  id: string,
  client: Client,
  context: TenantContext,
): Promise<boolean> {
  const { behaviour } = context;
  const claims = await behaviour.verifyAssertion(assertion, client, context);
  return (
    claims !== undefined &&
    claims.iss === id &&
    claims.sub === id &&
    behaviour.isAssertionForUs(claims.aud, context) &&
    behaviour.isAssertionInTime(claims, context) &&
    behaviour.isAssertionNew(claims, client, context)
  );
}

/** The claims, where a key of the client has signed them. */
export async function verifyAssertion(
  assertion: string,
  client: Client,
  context: TenantContext,
): Promise<JWTPayload | undefined> {
  try {
    const { kid } = decodeProtectedHeader(assertion);
    const known = await context.behaviour.keysOfClient(client, context);
    const isNew = kid !== undefined && !known.some((key) => key.kid === kid);
    const keys = isNew ? await context.behaviour.renewKeysOfClient(client, context) : known;
    const { payload } = await compactVerify(assertion, createLocalJWKSet({ keys: [...keys] }), {
      algorithms: [...ASSERTION_ALGORITHMS],
    });
    const claims: unknown = JSON.parse(new TextDecoder().decode(payload));
    return typeof claims === 'object' && claims !== null ? (claims as JWTPayload) : undefined;
  } catch {
    return undefined;
  }
}

/** Keys that the client registered, or those at its `jwks_uri`; none where these cannot be had. */
export async function keysOfClient({ keys, jwks_uri }: Client, context: TenantContext): Promise<readonly JWK[]> {
  return keys !== undefined || jwks_uri === undefined ? (keys ?? []) : (await keysOf(jwks_uri, context)).keys;
}

/**
 * The client's keys, asked for because none of those known is the one it names: a client that brought itself may have
 * rotated them since. One that an administrator has imported is brought up to date by an administrator.
 */
export async function renewKeysOfClient(client: Client, context: TenantContext): Promise<readonly JWK[]> {
  const { keys: known = [], jwks_uri } = client;
  if (jwks_uri === undefined || client.external_metadata_created_by !== 'client') return known;
  const given = (await keysOf(jwks_uri, context)).keys;
  if (given.length > 0) client.keys = [...context.behaviour.rotateKeys(known, given, context)];
  return client.keys ?? [];
}

/**
 * RFC 7523 3 wants the audience to identify the authorization server, for which the token endpoint's URL may stand. Its
 * revision (draft-ietf-oauth-rfc7523bis) leaves the issuer identifier alone, as the sole value: clients of both kinds
 * are about, so that both are accepted here, and no second value beside them.
 */
export function isAssertionForUs(audience: unknown, context: TenantContext): boolean {
  const values: readonly unknown[] = Array.isArray(audience) ? audience : [audience];
  const accepted = [context.issuer, context.behaviour.metadata(context).token_endpoint];
  return values.length === 1 && accepted.includes(values[0]);
}

export function isAssertionInTime({ exp, iat, nbf }: JWTPayload, { now }: TenantContext): boolean {
  const time = now();
  return (
    typeof exp === 'number' &&
    exp > time - CLOCK_SKEW &&
    exp <= time + MAX_LIFETIME + CLOCK_SKEW &&
    [iat, nbf].every((start) => start === undefined || (typeof start === 'number' && start <= time + CLOCK_SKEW))
  );
}

/** OpenID Connect Core 9 wants a `jti`, for one use. */
export function isAssertionNew({ jti, exp }: JWTPayload, client: Client, { store, now }: TenantContext): boolean {
  if (typeof jti !== 'string' || jti === '') return false;
  const { usedAssertions } = store;
  for (const [key, end] of usedAssertions) if (end < now() - CLOCK_SKEW) usedAssertions.delete(key);
  const key = `${client.client_id} ${jti}`;
  if (usedAssertions.has(key)) return false;
  usedAssertions.set(key, exp ?? Number.POSITIVE_INFINITY);
  return true;
}
