import type { JWTPayload } from 'jose';
import type { Reply } from '../../http.ts';
import type { TenantContext } from '../behaviour.ts';
import type { Client, LogEntry } from '../entities.ts';
import { type AclDecision, decideAcl, factsOf } from '../network-acl.ts';
import { opaque } from '../opaque.ts';
import { answerManagementRequest } from './api.ts';
import { managementAudience, readManagementToken } from './caller.ts';
import { type Changeable, changeableMembers, type Target } from './changes.ts';
import { type Item, type Page, selectFields, takePage } from './lists.ts';
import { keepEvent, type LogEvent } from './log.ts';
import { parseLogQuery } from './log-search.ts';

/** The Management API. */
export interface ManagementBehaviour {
  /** Everything under /api/v2/. */
  manage(context: TenantContext): Reply | Promise<Reply>;
  /** Keeps an event in the tenant's log; callers use `writeLog`. */
  log(event: LogEvent, context: TenantContext): void;
  /** Rules of the network, which come before all else. */
  decideManagementAcl(context: TenantContext): AclDecision;
  /**
   * Claims of a token that this tenant signed and that is not expired.
   *
   * @throws {errors.JOSEError} for any other.
   */
  managementClaims(token: string, context: TenantContext): Promise<JWTPayload>;
  /** Whether a token with this audience is for the Management API. */
  isManagementAudience(audience: JWTPayload['aud'], context: TenantContext): boolean;
  /** Whether a caller with some scopes may call what any of others is enough for. */
  mayManage(granted: readonly string[], enough: readonly string[], context: TenantContext): boolean;
  /** A client as a caller with these scopes sees it. */
  shownClient(client: Client, scopes: readonly string[], context: TenantContext): Item;
  /** Whether the filters of a query let the client through. */
  isClientAskedFor(client: Client, query: URLSearchParams): boolean;
  takePage<Each>(items: readonly Each[], page: Page, idOf: (item: Each) => string): readonly Each[];
  selectFields(item: Item, query: URLSearchParams): Item;
  /**
   * Entries that a query finds, oldest first.
   *
   * @throws {SyntaxError} for a query that cannot be read.
   */
  findLogs(query: string, context: TenantContext): readonly LogEntry[];
  changeableMembers(target: Target, context: TenantContext): Changeable;
  /** Ends a client with all that stands for it: grants, sign-ins under way, codes, refresh tokens, its document. */
  deleteClient(clientId: string, context: TenantContext): void;
  /** Gives the client a new secret, and returns it. */
  rotateSecret(client: Client, context: TenantContext): string;
  /** The next key signs from now on. */
  rotateSigningKey(context: TenantContext): void;
  /** Ends a key that signed before; `false` when there is none such. */
  revokeSigningKey(kid: string, context: TenantContext): Promise<boolean>;
}

export const MANAGEMENT: ManagementBehaviour = {
  manage: answerManagementRequest,
  log: keepEvent,
  decideManagementAcl: (context) => decideAcl(context.store.networkAcls, factsOf(context), 'management'),
  managementClaims: readManagementToken,
  isManagementAudience: (audience, { setup }) => [audience].flat().includes(managementAudience(setup)),
  mayManage: (granted, enough) => enough.some((scope) => granted.includes(scope)),
  shownClient: (client, scopes) => {
    const { client_secret, keys: _, ...shown } = client;
    const maySeeSecret = scopes.includes('read:client_keys') && client_secret !== undefined;
    return { ...shown, ...(maySeeSecret && { client_secret }) };
  },
  isClientAskedFor: (client, query) =>
    CLIENT_FILTERS.every((name) => !query.has(name) || query.get(name) === String(client[name] ?? '')),
  takePage,
  selectFields,
  findLogs: (query, { store }) => store.logs.filter(parseLogQuery(query)),
  changeableMembers,
  deleteClient: (clientId, { store }) => {
    store.clients = store.clients.filter(({ client_id }) => client_id !== clientId);
    store.clientGrants = store.clientGrants.filter(({ client_id }) => client_id !== clientId);
    for (const connection of store.connections) {
      connection.enabled_clients = connection.enabled_clients.filter((each) => each !== clientId);
    }
    for (const issued of [store.codes, store.refreshTokens]) {
      for (const [value, { authorization }] of issued) if (authorization.clientId === clientId) issued.delete(value);
    }
    for (const known of [store.transactions, store.clientDocuments]) {
      for (const [key, { client }] of known) if (client.client_id === clientId) known.delete(key);
    }
  },
  rotateSecret: (client) => {
    client.client_secret = opaque(64);
    return client.client_secret;
  },
  rotateSigningKey: ({ keyRing }) => keyRing.rotate(),
  revokeSigningKey: (kid, { keyRing }) => keyRing.revoke(kid),
};

const CLIENT_FILTERS = ['is_first_party', 'external_client_id', 'app_type'] as const;
