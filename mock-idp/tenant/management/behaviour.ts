import { jsonReply, type Reply } from '../../http.ts';
import type { TenantContext } from '../behaviour.ts';

/** The Management API. */
export interface ManagementBehaviour {
  /** Everything under /api/v2/. */
  manage(context: TenantContext): Reply | Promise<Reply>;
}

export const MANAGEMENT: ManagementBehaviour = {
  manage: () => jsonReply(404, { statusCode: 404, error: 'Not Found', message: 'Not Found' }),
};
