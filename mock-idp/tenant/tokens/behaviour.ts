import { emptyReply, jsonReply, type Reply } from '../../http.ts';
import type { TenantContext } from '../behaviour.ts';
import { authenticateClient } from './clients.ts';
import { answerTokenRequest } from './token-endpoint.ts';

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
}

export const TOKENS: TokenBehaviour = {
  token: answerTokenRequest,
  // RFC 7009 2.2: a token that is not known needs no revoking, which is a success.
  revoke: ({ request, setup }) =>
    authenticateClient(request, new URLSearchParams(request.body), setup) === undefined
      ? jsonReply(401, { error: 'invalid_client' })
      : emptyReply(200),
  userinfo: () => ({ status: 401, headers: [['WWW-Authenticate', 'Bearer']] }),
  // Nobody signs in here, so no mfa_token is a good one.
  mfaChallenge: () => jsonReply(403, { error: 'invalid_grant' }),
};
