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
import type { Bucket } from './limits.ts';

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
  /** What the log has from before the world began, oldest first; absent: nothing. */
  earlierLogs?: readonly LogEntry[];
  /** GET /api/v2/prompts; absent: the identifier is asked for first, and the password on a page of its own. */
  prompts?: { identifier_first: boolean };
  /** What the API has no name for, or sells by plan. */
  plan: Plan;
}

/** How this tenant behaves by what no administrator sets: its words, what its plan allows, where its requests come from. */
export interface Plan {
  /** Applications there may be. */
  applications: number;
  /** What an unknown client URL at the authorization endpoint leads to. */
  clientDocuments: 'off' | 'manual' | 'dynamic';
  /** Registrations there may be in so many seconds, those that are refused with them. */
  registrations: { readonly count: number; readonly seconds: number };
  /** What a client needs to register (RFC 7591 3, initial access token); absent: nothing. */
  initialAccessToken?: string;
  /** Clients that registered may read, change and delete what they registered (RFC 7592). */
  managesRegistrations?: true;
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
  /** `state` of the pages' URLs and forms. */
  readonly id: string;
  /** The browser that began it, by its cookie: no other goes on with it. */
  readonly browser: string;
  readonly client: Client;
  readonly parameters: URLSearchParams;
  /** `user_id` of whom the request's `id_token_hint` names. */
  readonly expectedUser?: string;
  readonly redirectUri: string;
  readonly audience?: string;
  /** As asked for; what is granted is known when the user is. */
  readonly scope: readonly string[];
  readonly challenge?: CodeChallenge;
  /** Names of the connections a user of this client may come by. */
  readonly connections: readonly string[];
  /** Known once the identifier page was answered. */
  identifier?: string;
  /** Known once the password was right; signed in only when no second factor is missing. */
  user?: User;
  /** When the user signed in, in seconds since the epoch; known once no factor is missing. */
  authTime?: number;
  /** Some page was answered: the user knows of this request. */
  isAnswered: boolean;
  /** The user agreed to it on a page. */
  isAccepted: boolean;
  /** Seconds since the epoch. */
  readonly expiresAt: number;
}

/** Of a browser in which a user signed in: SSO. */
export interface BrowserSession {
  readonly id: string;
  readonly userId: string;
  /** Seconds since the epoch. */
  readonly authTime: number;
  /** Seconds since the epoch. */
  readonly expiresAt: number;
}

/** What was read of a client's metadata document. */
export interface RememberedDocument {
  /** Whom it describes; in `clients` only once a user has let it in, or an administrator has imported it. */
  readonly client: Client;
  /** Seconds since the epoch: until then it is not fetched again. */
  readonly freshUntil: number;
  /** Seconds since the epoch: until then it is remembered though no user has let it in. */
  readonly heldUntil: number;
  /** The client is among `clients`, or was until it was deleted. */
  readonly isKept: boolean;
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
  /** Identifier as typed, in lower case → attempts to sign in that failed, one after the other. */
  readonly failedSignIns: Map<string, number>;
  /** `user_id` → time step of the last one-time password that was accepted (RFC 6238 5.2: each is good once). */
  readonly usedTimeSteps: Map<string, number>;
  /** Newest last. */
  readonly logs: LogEntry[];
  /** Limited path → what is left of its limit. */
  readonly buckets: Map<string, Bucket>;
  /** By the URL of the document, which is the client's identifier. */
  readonly clientDocuments: Map<string, RememberedDocument>;
  /** `<client_id> <jti>` of client assertions → when they expire, in seconds since the epoch: each is good once. */
  readonly usedAssertions: Map<string, number>;
  /** When registrations were asked for, in seconds since the epoch, as far back as their limit goes. */
  registrationTimes: readonly number[];
  /** `client_id` → its registration access token (RFC 7592 3). */
  readonly registrationTokens: Map<string, string>;
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
    failedSignIns: new Map(),
    usedTimeSteps: new Map(),
    logs: [...(configuration.earlierLogs ?? [])],
    buckets: new Map(),
    clientDocuments: new Map(),
    usedAssertions: new Map(),
    registrationTimes: [],
    registrationTokens: new Map(),
  };
}
