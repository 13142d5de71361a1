import { createLocalJWKSet, errors, type JWTPayload, jwtVerify } from 'jose';
import { fields, type Reply } from '../../http.ts';
import type { Setup } from '../../setup.ts';
import type { TenantContext } from '../behaviour.ts';
import type { Client } from '../entities.ts';
import { unauthorized } from './errors.ts';

/** Who calls the Management API. */
export interface ManagementCaller {
  readonly clientId: string;
  /** Absent: a user's token came by a client that is no more. */
  readonly client?: Client;
  readonly scopes: readonly string[];
}

/** Identifier of the Management API, of the canonical hostname even where a custom domain is in use. */
export function managementAudience({ issuer, canonicalIssuer }: Pick<Setup, 'issuer' | 'canonicalIssuer'>): string {
  return new URL('/api/v2/', canonicalIssuer ?? issuer).href;
}

/** The caller by their bearer token (RFC 6750 2.1), or the answer to a request without a good one. */
export async function findManagementCaller(context: TenantContext): Promise<ManagementCaller | Reply> {
  const credentials = fields(context.request, 'authorization');
  const token = credentials.length === 1 ? /^bearer +(\S+)$/i.exec(credentials[0]!)?.[1] : undefined;
  if (token === undefined) return unauthorized('Missing authentication');
  let claims: JWTPayload;
  try {
    claims = await context.behaviour.managementClaims(token, context);
  } catch (error) {
    return unauthorized(error instanceof errors.JWTExpired ? 'Expired token' : 'Invalid token', 'invalid_token');
  }
  if (!context.behaviour.isManagementAudience(claims.aud, context)) {
    return unauthorized(`Bad audience: ${[claims.aud].flat().join(', ')}`, 'invalid_token');
  }
  const clientId = String(claims.azp ?? claims.client_id ?? '');
  const client = context.store.clients.find((each) => each.client_id === clientId);
  return {
    clientId,
    ...(client !== undefined && { client }),
    scopes: typeof claims.scope === 'string' ? claims.scope.split(' ').filter(Boolean) : [],
  };
}

/**
 * The claims of a token that this tenant has signed, and that is not expired.
 *
 * @throws {errors.JOSEError} for any other.
 */
export async function readManagementToken(token: string, { keyRing, now, setup }: TenantContext): Promise<JWTPayload> {
  const keys = (await keyRing.published()).map(({ publicJwk }) => publicJwk);
  const { payload } = await jwtVerify(token, createLocalJWKSet({ keys }), {
    algorithms: ['RS256'],
    // The iss claim follows the hostname by which the token was asked for.
    issuer: [setup.issuer, ...(setup.canonicalIssuer === undefined ? [] : [setup.canonicalIssuer])],
    requiredClaims: ['exp', 'aud'],
    currentDate: new Date(now() * 1000),
  });
  return payload;
}
