import { errors, jwtVerify } from 'jose';
import type { ServerContext, Verification } from './behaviour.ts';

/** Validates a JWT access token (RFC 9068 4) that was issued for this server and for no other. */
export async function verifyToken(token: string, { setup, keys }: ServerContext): Promise<Verification> {
  try {
    const { payload } = await jwtVerify(token, keys, {
      algorithms: ['RS256'],
      typ: 'at+jwt',
      issuer: setup.issuer,
      audience: setup.server.url,
      requiredClaims: ['exp', 'iat', 'sub', 'client_id', 'jti'],
    });
    return {
      valid: true,
      principal: {
        token,
        subject: String(payload.sub),
        clientId: String(payload.client_id),
        scopes: typeof payload.scope === 'string' ? payload.scope.split(' ').filter(Boolean) : [],
        expiresAt: Number(payload.exp),
      },
    };
  } catch (error) {
    if (error instanceof errors.JWTExpired) return { valid: false, problem: 'The access token expired' };
    return { valid: false, problem: 'The access token is not valid for this server' };
  }
}
