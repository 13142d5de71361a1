import type {
  AttackProtection,
  Client,
  ClientGrant,
  Connection,
  CustomDomain,
  LogEntry,
  LogStream,
  NetworkAcl,
  ResourceServer,
  TenantSettings,
  User,
} from './entities.ts';

/** What an administrator has configured. A named state makes one; requests change it. */
export interface Configuration {
  settings: TenantSettings;
  clients: Client[];
  resourceServers: ResourceServer[];
  clientGrants: ClientGrant[];
  connections: Connection[];
  users: User[];
  networkAcls: NetworkAcl[];
  logStreams: LogStream[];
  customDomains: CustomDomain[];
  attackProtection: AttackProtection;
  /** What the API has no name for, or sells by plan. */
  plan: Plan;
}

export interface Plan {
  /** Applications there may be. */
  applications: number;
  /** What an unknown client URL at the authorization endpoint leads to. */
  clientDocuments: 'off' | 'manual' | 'dynamic';
  /** Requests a second on limited endpoints, for each of them; absent: without limit. */
  requestsPerSecond?: number;
  /** `auth0`: documents, errors and choices are Auth0's where these differ from what the documents of OAuth ask for. */
  speaks: 'auth0' | 'standard';
  /** Where requests come from: the address that rules of the network see. */
  vantage: 'inside' | 'outside';
}

/** What somebody may do, by way of some client: a code, a refresh token and an access token stand for one. */
export interface Authorization {
  readonly clientId: string;
  /** `user_id`, or `<client_id>@clients` of a client that acts for itself. */
  readonly subject: string;
  /** API identifier; absent: none but /userinfo. */
  readonly audience?: string;
  readonly scope: readonly string[];
  /** Issuer of the hostname by which it was asked for. */
  readonly issuer: string;
  /** Seconds since the epoch; absent where nobody signed in. */
  readonly authTime?: number;
  readonly grantType: 'authorization_code' | 'refresh_token' | 'client_credentials';
}

export interface AuthorizationCode {
  readonly code: string;
  readonly authorization: Authorization;
  /** As the authorization request gave it; absent: it gave none (RFC 6749 4.1.3). */
  readonly redirectUri?: string;
  readonly challenge?: CodeChallenge;
  readonly nonce?: string;
  /** Seconds since the epoch. */
  readonly expiresAt: number;
  redeemed: boolean;
}

export interface CodeChallenge {
  readonly value: string;
  readonly method: 'S256' | 'plain';
}

export interface RefreshToken {
  readonly token: string;
  readonly authorization: Authorization;
  /** Shared by all that came of one code: reuse of one ends them all. */
  readonly family: string;
  /** Seconds since the epoch. */
  readonly expiresAt: number;
  /** When it was exchanged for its successor, in seconds since the epoch. */
  rotatedAt?: number;
}

/** What was sent to the authorization endpoint and is not answered yet: pages ask for the rest. */
export interface Transaction {
  /** `state` of the pages' URLs. */
  readonly id: string;
  readonly client: Client;
  readonly parameters: URLSearchParams;
  readonly redirectUri: string;
  readonly audience?: string;
  readonly scope: readonly string[];
  readonly issuer: string;
  /** Known once the identifier page was answered. */
  identifier?: string;
  /** Known once the password was right; signed in only when no second factor is missing. */
  user?: User;
  /** Seconds since the epoch. */
  readonly expiresAt: number;
}

export interface BrowserSession {
  readonly id: string;
  readonly userId: string;
  /** Seconds since the epoch. */
  readonly authTime: number;
}

/** All that a tenant remembers; gone with the process. */
export interface Store extends Configuration {
  readonly transactions: Map<string, Transaction>;
  readonly sessions: Map<string, BrowserSession>;
  readonly codes: Map<string, AuthorizationCode>;
  readonly refreshTokens: Map<string, RefreshToken>;
  /** Families of refresh tokens that were ended. */
  readonly endedFamilies: Set<string>;
  /** `<user_id> <client_id> <audience>` → scopes the user agreed to. */
  readonly consents: Map<string, readonly string[]>;
  /** Newest last. */
  readonly logs: LogEntry[];
}

export function createStore(configuration: Configuration): Store {
  return {
    ...configuration,
    transactions: new Map(),
    sessions: new Map(),
    codes: new Map(),
    refreshTokens: new Map(),
    endedFamilies: new Set(),
    consents: new Map(),
    logs: [],
  };
}
