import { emptyReply, htmlReply, type Incoming, jsonReply, type Reply } from '../http.ts';
import type { Setup } from '../setup.ts';
import { authenticateClient } from './clients.ts';
import { signingKey } from './keys.ts';
import { tenantMetadata } from './metadata.ts';
import { answerTokenRequest } from './token-endpoint.ts';

export interface TenantContext {
  readonly request: Incoming;
  readonly setup: Setup;
}

/** All that a tenant does, by name. A fault replaces what it changes and nothing else. */
export interface TenantBehaviour {
  /** Answers before anything else does; `undefined`: as if it were not there. */
  sideDoor(context: TenantContext): Reply | undefined;
  metadata(context: TenantContext): Readonly<Record<string, unknown>>;
  /** The JWK set (RFC 7517 5). */
  keys(context: TenantContext): Promise<{ readonly keys: readonly object[] }>;
  authorize(context: TenantContext): Reply;
  token(context: TenantContext): Reply | Promise<Reply>;
  register(context: TenantContext): Reply;
  revoke(context: TenantContext): Reply;
  userinfo(context: TenantContext): Reply;
  /** Auth0's own: asks for the second factor of a sign-in that a token endpoint has interrupted. */
  mfaChallenge(context: TenantContext): Reply;
}

export const CONFORMING_TENANT: TenantBehaviour = {
  sideDoor: () => undefined,
  metadata: ({ setup }) => tenantMetadata(setup),
  keys: async () => ({ keys: [(await signingKey()).publicJwk] }),
  authorize: () => htmlReply(400, '<!doctype html><title>Error</title><p>This tenant has no users to sign in.</p>'),
  token: answerTokenRequest,
  register: () =>
    jsonReply(400, {
      error: 'invalid_request',
      error_description: 'Bad Request: dynamic client registration is disabled',
    }),
  // RFC 7009 2.2: a token that is not known needs no revoking, which is a success.
  revoke: ({ request, setup }) =>
    authenticateClient(request, new URLSearchParams(request.body), setup) === undefined
      ? jsonReply(401, { error: 'invalid_client' })
      : emptyReply(200),
  userinfo: () => ({ status: 401, headers: [['WWW-Authenticate', 'Bearer']] }),
  // Nobody signs in here, so no mfa_token is a good one.
  mfaChallenge: () => jsonReply(403, { error: 'invalid_grant' }),
};
