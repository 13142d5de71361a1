import { randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import type { Setup } from '../../setup.ts';
import type { KeyRing } from '../keys.ts';

/** Differences from a good access token; a value of `undefined` leaves the member out. */
export interface TokenOverrides {
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly header?: Readonly<Record<string, unknown>>;
}

const LIFETIME_SECONDS = 3600;

/** Signs an access token for the MCP server: RFC 9068 header and claims, RS256, with the tenant's key. */
export async function mintAccessToken(setup: Setup, keyRing: KeyRing, overrides: TokenOverrides = {}): Promise<string> {
  const { privateKey, publicJwk } = await keyRing.current();
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    iss: setup.issuer,
    sub: 'auth0|66f0a1b2c3d4e5f600000001',
    aud: setup.server.url,
    client_id: 'wSpC0nf0rm1ngPubl1cCl1ent0000001',
    iat: now,
    exp: now + LIFETIME_SECONDS,
    jti: randomUUID(),
    scope: setup.server.scopes.join(' '),
    ...overrides.claims,
  };
  const header = { alg: 'RS256', typ: 'at+jwt', kid: publicJwk.kid, ...overrides.header };
  return new SignJWT(claims).setProtectedHeader(header).sign(privateKey);
}
