import type { Clock } from '../clock.ts';
import type { Incoming, Reply } from '../http.ts';
import type { Setup } from '../setup.ts';
import { AUTHORIZATION, type AuthorizationBehaviour } from './authorization/behaviour.ts';
import { DOCUMENTS, type DocumentBehaviour } from './documents.ts';
import type { KeyRing } from './keys.ts';
import { LIMITS, type LimitBehaviour } from './limits.ts';
import { MANAGEMENT, type ManagementBehaviour } from './management/behaviour.ts';
import { NETWORK, type NetworkBehaviour } from './network-acl.ts';
import { REGISTRATION, type RegistrationBehaviour } from './registration/behaviour.ts';
import type { Store } from './store.ts';
import { TOKENS, type TokenBehaviour } from './tokens/behaviour.ts';

export interface TenantContext {
  readonly request: Incoming;
  readonly setup: Setup;
  /** Issuer identifier of the hostname that was asked: of the custom domain, or of the canonical one. */
  readonly issuer: string;
  readonly store: Store;
  readonly keyRing: KeyRing;
  readonly now: Clock;
  /** The table in use: one function reaches another through it. */
  readonly behaviour: TenantBehaviour;
}

/** All that a tenant does, by name. A fault replaces what it changes and nothing else. */
export interface TenantBehaviour
  extends DocumentBehaviour,
    AuthorizationBehaviour,
    TokenBehaviour,
    RegistrationBehaviour,
    ManagementBehaviour,
    NetworkBehaviour,
    LimitBehaviour {
  /** Answers before anything else does; `undefined`: as if it were not there. */
  sideDoor(context: TenantContext): Reply | undefined;
}

export const CONFORMING_TENANT: TenantBehaviour = {
  sideDoor: () => undefined,
  ...DOCUMENTS,
  ...AUTHORIZATION,
  ...TOKENS,
  ...REGISTRATION,
  ...MANAGEMENT,
  ...NETWORK,
  ...LIMITS,
};
