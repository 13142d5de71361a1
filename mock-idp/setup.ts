import type { WorldNetwork } from './network.ts';

/** MCP revisions the reference server can speak, oldest first. */
export const REVISIONS = ['2025-03-26', '2025-06-18', '2025-11-25', '2026-07-28'] as const;

export type Revision = (typeof REVISIONS)[number];

/** Revisions with `initialize` and sessions. */
export const SESSION_REVISIONS = REVISIONS.filter((revision) => revision < '2026-07-28');

export function speaksStateless(setup: Setup): boolean {
  return setup.revisions.includes('2026-07-28');
}

export function speaksSessions(setup: Setup): boolean {
  return setup.revisions.some((revision) => SESSION_REVISIONS.includes(revision));
}

export interface MachineClient {
  readonly id: string;
  readonly secret: string;
}

/** How the tenant is configured, or (2025-03-26) that the MCP server is its own authorization server. */
export const STATES = [
  'conforming',
  'auth0-defaults',
  'first-party',
  'strict',
  'permissive',
  'open-registration',
  'full-tenant',
  'guarded',
  'own-clients',
  'own-authorization-server',
] as const;

export type State = (typeof STATES)[number];

/** How access tokens for the server are written: by RFC 9068, or as Auth0 has always written them. */
export type TokenProfile = 'rfc9068' | 'auth0';

/** What tenant and server are told about the world they stand in. */
export interface Setup {
  /** Issuer identifier; a tenant's has Auth0's form, which ends with a slash. */
  readonly issuer: string;
  /** Of the tenant's canonical hostname, where `issuer` is that of a custom domain. */
  readonly canonicalIssuer?: string;
  readonly revisions: readonly Revision[];
  readonly server: {
    /** URL of the MCP endpoint, which is the resource identifier and the audience of its tokens. */
    readonly url: string;
    /** `Host` values the server answers to. */
    readonly hosts: readonly string[];
    /** Origins of browser clients that may come. */
    readonly origins: readonly string[];
    readonly scopes: readonly string[];
    /** Scopes that every operation needs. */
    readonly baseScopes: readonly string[];
    /** Tool → scopes a call of it needs. */
    readonly tools: Readonly<Record<string, readonly string[]>>;
    /** Of the tokens it accepts. */
    readonly tokenProfile: TokenProfile;
  };
  /** Where names lead that the tenant is given. */
  readonly network: WorldNetwork;
  /**
   * The world stands on loopback addresses over plain HTTP, and so do the documents of its clients: no client URL could
   * keep the rules of scheme and host there.
   */
  readonly isLaboratory: boolean;
}
