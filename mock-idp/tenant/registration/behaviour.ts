import { jsonReply, type Reply } from '../../http.ts';
import type { TenantContext } from '../behaviour.ts';

/** How clients become known: dynamic registration, and metadata documents. */
export interface RegistrationBehaviour {
  /** /oidc/register (RFC 7591). */
  register(context: TenantContext): Reply | Promise<Reply>;
}

export const REGISTRATION: RegistrationBehaviour = {
  register: () =>
    jsonReply(400, {
      error: 'invalid_request',
      error_description: 'Bad Request: dynamic client registration is disabled',
    }),
};
