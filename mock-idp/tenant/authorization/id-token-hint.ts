import { createLocalJWKSet, jwtVerify } from 'jose';
import type { TenantContext } from '../behaviour.ts';
import type { Client } from '../entities.ts';
import { isClient } from '../tokens/clients.ts';

/** Whom an ID token is about, and to whom it was issued. */
export interface IdTokenHint {
  /** `user_id`. */
  readonly subject: string;
  readonly client: Client;
}

/**
 * What an `id_token_hint` says (OpenID Connect Core 3.1.2.1, RP-Initiated Logout 1.0 2); `undefined` where it is no ID
 * token of this tenant. One that has expired still tells (RP-Initiated Logout 1.0 4).
 */
export async function readIdTokenHint(
  hint: string | null,
  { keyRing, issuer, store }: TenantContext,
): Promise<IdTokenHint | undefined> {
  if (hint === null) return undefined;
  const keys = (await keyRing.published()).map(({ publicJwk }) => publicJwk);
  try {
    const { payload } = await jwtVerify(hint, createLocalJWKSet({ keys }), { issuer, currentDate: new Date(0) });
    // An access token is signed with the same key, and is for an API.
    const client = store.clients.find((each) => typeof payload.aud === 'string' && isClient(each, payload.aud));
    return client && { subject: payload.sub ?? '', client };
  } catch {
    return undefined;
  }
}
