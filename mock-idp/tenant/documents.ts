import type { TenantContext } from './behaviour.ts';
import { tenantMetadata } from './metadata.ts';

/** What the tenant publishes about itself. */
export interface DocumentBehaviour {
  metadata(context: TenantContext): Readonly<Record<string, unknown>>;
  /** The JWK set (RFC 7517 5). */
  keys(context: TenantContext): Promise<{ readonly keys: readonly object[] }>;
}

export const DOCUMENTS: DocumentBehaviour = {
  metadata: ({ issuer, store }) => tenantMetadata(issuer, store.settings),
  keys: async ({ keyRing, store }) => ({
    keys: (await keyRing.published()).map(({ publicJwk: { alg, ...rest } }) =>
      store.settings.flags.remove_alg_from_jwks ? rest : { ...rest, alg },
    ),
  }),
};
