import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock.ts';
import type { HeaderLine, Incoming, Reply, Unreadable } from '../http.ts';
import type { Setup } from '../setup.ts';
import { admitHost, admitMethod, admitOrigin, allowedMethods, cors, preflight } from './admission.ts';
import { challenge, challengeParameters } from './challenge.ts';
import { readCredential } from './credential.ts';
import type { IssuerKeys } from './key-set.ts';
import { answerUnreadable, refuse } from './refusals.ts';
import { resourceMetadata, resourceMetadataUrl, route } from './resource-metadata.ts';
import { neededScopes } from './scopes.ts';
import { TOKEN_CHECKS, type TokenCheckBehaviour } from './tokens.ts';

/** What a request asks for: a JSON-RPC message of the body, or the bare HTTP method when there is none. */
export interface Operation {
  readonly verb: string;
  /** JSON-RPC method. */
  readonly method?: string;
  /** Tool of a `tools/call`. */
  readonly tool?: string;
}

export type Credential =
  | { readonly kind: 'none' }
  | { readonly kind: 'malformed' }
  | { readonly kind: 'token'; readonly token: string };

/** Who calls, by a token that was verified. */
export interface Principal {
  readonly token: string;
  readonly subject: string;
  /** Absent: the token does not say (RFC 9068 2.2 wants it to; Auth0's own dialect need not). */
  readonly clientId?: string;
  readonly scopes: readonly string[];
  /** Seconds since the epoch. */
  readonly expiresAt: number;
}

export type Verification =
  | { readonly valid: true; readonly principal: Principal }
  /** `problem` is fit for `error_description`. */
  | { readonly valid: false; readonly problem: string };

export type ChallengeKind = 'no-token' | 'malformed-credential' | 'invalid-token' | 'insufficient-scope';

export type RefusalKind =
  | ChallengeKind
  | 'unknown-host'
  | 'foreign-origin'
  | 'not-found'
  | 'method-not-allowed'
  /** Nothing was found out about the token. */
  | 'keys-unavailable';

export type Place = 'endpoint' | 'resource-metadata' | 'nowhere';

/** A parameter of a challenge, before it is written as a quoted-string. */
export type ChallengeParameter = readonly [name: string, value: string];

export interface Session {
  readonly id: string;
  /** Subject of the token that opened it; absent when it was opened without one. */
  readonly subject?: string;
}

export interface ServerContext {
  readonly request: Incoming;
  readonly setup: Setup;
  readonly operations: readonly Operation[];
  /** The table in use: one function reaches another through it. */
  readonly behaviour: ServerBehaviour;
  /** The tenant's keys. */
  readonly keys: IssuerKeys;
  readonly now: Clock;
  isLiveSession(id: string): boolean;
  /** Why the token was refused, once that is known. */
  readonly problem?: string;
}

/** All that stands in front of the MCP SDK, by name. A fault replaces what it changes and nothing else. */
export interface ServerBehaviour extends TokenCheckBehaviour {
  admitHost(context: ServerContext): boolean;
  route(context: ServerContext): Place;
  admitOrigin(context: ServerContext): boolean;
  /** Answers before methods and credentials are looked at; `undefined`: as if it were not there. */
  sideDoor(context: ServerContext): Reply | undefined;
  admitMethod(context: ServerContext): boolean;
  /** For `Allow`. */
  allowedMethods(context: ServerContext): readonly string[];
  preflight(context: ServerContext): Reply;
  /** Lines for every answer of the endpoint. */
  cors(context: ServerContext): readonly HeaderLine[];
  readCredential(context: ServerContext): Credential;
  /** Whether the operation is served without a token. */
  isPublic(operation: Operation, context: ServerContext): boolean;
  neededScopes(context: ServerContext): readonly string[];
  /** Id of a session that is being opened. */
  newSessionId(): string;
  mayUseSession(session: Session, principal: Principal | undefined, context: ServerContext): boolean;
  /** Name of the field that carries challenges. */
  challengeField(): string;
  /** Values of that field, one for each line. */
  challenge(kind: ChallengeKind, context: ServerContext): readonly string[];
  challengeParameters(kind: ChallengeKind, context: ServerContext): readonly ChallengeParameter[];
  /** `undefined`: challenges do not name it. */
  resourceMetadataUrl(context: ServerContext): string | undefined;
  resourceMetadata(context: ServerContext): Readonly<Record<string, unknown>>;
  refuse(kind: RefusalKind, context: ServerContext): Reply;
  answerUnreadable(problem: Unreadable): Reply;
}

export const CONFORMING_SERVER: ServerBehaviour = {
  admitHost,
  route,
  admitOrigin,
  sideDoor: () => undefined,
  admitMethod,
  allowedMethods,
  preflight,
  cors,
  readCredential,
  isPublic: () => false,
  ...TOKEN_CHECKS,
  neededScopes,
  newSessionId: randomUUID,
  mayUseSession: (session, principal) => session.subject === principal?.subject,
  challengeField: () => 'WWW-Authenticate',
  challenge,
  challengeParameters,
  resourceMetadataUrl,
  resourceMetadata,
  refuse,
  answerUnreadable,
};
