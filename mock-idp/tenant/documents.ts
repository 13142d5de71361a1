import type { TenantContext } from './behaviour.ts';
import { auth0Metadata, tenantMetadata } from './metadata.ts';
import type { Store } from './store.ts';

/** What the tenant publishes about itself. */
export interface DocumentBehaviour {
  metadata(context: TenantContext): Readonly<Record<string, unknown>>;
  /** The JWK set (RFC 7517 5). */
  keys(context: TenantContext): Promise<{ readonly keys: readonly object[] }>;
}

const METADATA = { auth0: auth0Metadata, standard: tenantMetadata } as const;

export const DOCUMENTS: DocumentBehaviour = {
  metadata: ({ issuer, store }) => METADATA[store.plan.speaks](issuer, store.settings),
  keys: async ({ keyRing, store }) => {
    const [alg, ...others] = algorithmsInUse(store);
    // RFC 7517 4.4: `alg` is one; a verifier that goes by it would refuse what the same key signs with another.
    const isSaid = alg !== undefined && others.length === 0 && !store.settings.flags.remove_alg_from_jwks;
    return { keys: (await keyRing.published()).map(({ publicJwk }) => ({ ...publicJwk, ...(isSaid && { alg }) })) };
  },
};

/** What the tenant's keys sign with: access tokens of its APIs, and ID tokens of its clients. */
function algorithmsInUse({ resourceServers, clients }: Store): readonly string[] {
  const configured = [
    ...resourceServers.map(({ signing_alg }) => signing_alg),
    ...clients.map(({ jwt_configuration }) => jwt_configuration.alg),
  ];
  return [...new Set(configured)].filter((alg) => alg !== 'HS256');
}
