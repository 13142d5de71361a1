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
  'managed-registration',
  'full-tenant',
  'guarded',
  'own-clients',
  'own-authorization-server',
] as const;

export type State = (typeof STATES)[number];

/** Who may register clients: nobody, who has an initial access token, anybody. */
export type RegistrationPolicy = 'closed' | 'protected' | 'open';

/** What the operator of a world has decided or written down, where that differs from what the tenant is like. */
export interface OperatorWord {
  /** The default audience that the tenant is meant to have. */
  readonly defaultAudience?: { readonly audience: string; readonly reason: string };
  /** Names of the connections that may be open to every third-party client. */
  readonly domainConnections?: readonly string[];
  /** Where registrations come from, when, and how many an hour. */
  readonly expectedRegistrations?: {
    readonly sources?: readonly string[];
    /** `HH:MM`, UTC. */
    readonly hours?: { readonly from: string; readonly to: string };
    readonly perHour?: number;
  };
  /** Scope of the good token that is given as one of too little scope; absent: the first of the server's. */
  readonly narrowScope?: string;
  /** What becomes of the inventory, which has each client of the tenant. */
  readonly inventory?: (governed: readonly GovernedClient[]) => readonly GovernedClient[];
  /** What becomes of the record of an earlier run, which saw the clients as they are. */
  readonly earlier?: (clients: readonly EarlierClient[]) => readonly EarlierClient[];
}

export interface GovernedClient {
  readonly client: string;
  readonly owner: string;
  readonly approver: string;
  /** The last day it is approved for: `2027-01-31`. */
  readonly until: string;
}

export interface EarlierClient {
  readonly client: string;
  readonly callbacks: readonly string[];
  /** When the first run saw it: ISO 8601, UTC; absent: the earlier one. */
  readonly firstSeen?: string;
}

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
