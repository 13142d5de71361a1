import { htmlReply, type Reply } from '../../http.ts';
import type { TenantContext } from '../behaviour.ts';

/** The authorization endpoint and the pages behind it. */
export interface AuthorizationBehaviour {
  /** GET and POST /authorize (RFC 6749 3.1). */
  authorize(context: TenantContext): Reply | Promise<Reply>;
}

export const AUTHORIZATION: AuthorizationBehaviour = {
  authorize: () => htmlReply(400, '<!doctype html><title>Error</title><p>This tenant has no users to sign in.</p>'),
};
