import type { Problem } from '../access.ts';
import type { TenantContext } from '../behaviour.ts';
import type { Client } from '../entities.ts';
import { clientOf, examineClientDocument, findByUrl, keepClient } from './import.ts';

/** Seconds for which a client that no user has let in is remembered, though nobody is about to. */
const HELD = 600;

/**
 * The client that a URL stands for at the authorization endpoint: one that an administrator has imported, or (dynamic)
 * one whose document says so now. `undefined`: there is none; a problem: there could be, but for its document.
 * Failures and invalid documents are not remembered (the draft's 4.4), and the next request tries again.
 */
export async function resolveUrl(url: string, context: TenantContext): Promise<Client | undefined | Problem> {
  const { store, now } = context;
  const known = findByUrl(url, context);
  // What an administrator has imported is brought up to date by an administrator.
  if (store.plan.clientDocuments !== 'dynamic' || known?.external_metadata_created_by === 'admin') return known;
  forgetAbandoned(context);
  const remembered = store.clientDocuments.get(url);
  if (remembered !== undefined && remembered.freshUntil > now()) return known ?? remembered.client;
  const examined = await examineClientDocument(url, context);
  const problems = [...examined.errors, ...(examined.validation?.violations ?? [])];
  if (problems.length > 0) return { error: 'invalid_client', description: problems.join('. ') };
  // Looked up again: another request for the same URL may have been quicker, and both are the same client.
  const earlier = findByUrl(url, context);
  const client = clientOf(url, examined, earlier ?? store.clientDocuments.get(url)?.client, 'client', context);
  store.clientDocuments.set(url, {
    client,
    freshUntil: now() + examined.freshSeconds,
    heldUntil: now() + HELD,
    isKept: earlier !== undefined,
  });
  if (earlier !== undefined) keepClient(client, store.clients);
  return client;
}

/**
 * A user has completed an authorization: from now on the client is one of the tenant's, if there is room for it. A
 * problem where it is no client any more, or cannot become one.
 *
 * @returns the client as the tenant has it
 */
export function confirmUrl(client: Client, context: TenantContext): Client | Problem {
  const { client_id, external_client_id: url } = client;
  const { clients, clientDocuments } = context.store;
  const known = clients.find((each) => each.client_id === client_id) ?? (url && findByUrl(url, context));
  if (known) return known;
  const remembered = clientDocuments.get(url ?? '');
  if (url === undefined || remembered?.client.client_id !== client_id || remembered.isKept) {
    return { error: 'invalid_request', description: `Unknown client: ${url ?? client_id}` };
  }
  if (context.behaviour.isTenantFull(context)) {
    return { error: 'temporarily_unavailable', description: 'The tenant has as many applications as its plan allows.' };
  }
  // As it was when the user was asked.
  clients.push(client);
  clientDocuments.set(url, { ...remembered, isKept: true });
  return client;
}

/**
 * Forgets whom nobody has let in, and whom an administrator has deleted: their URLs are those of new clients. Whom a
 * user is about to let in stays.
 */
function forgetAbandoned(context: TenantContext): void {
  const { store, now } = context;
  const open = [...store.transactions.values()].filter(({ expiresAt }) => expiresAt > now());
  for (const [url, { client, freshUntil, heldUntil, isKept }] of store.clientDocuments) {
    const isDeleted = isKept && findByUrl(url, context) === undefined;
    const isAwaited = open.some((transaction) => transaction.client.client_id === client.client_id);
    const isOver = freshUntil <= now() && heldUntil <= now() && !isAwaited;
    if (isDeleted || isOver) store.clientDocuments.delete(url);
  }
}
