import { emptyReply, field, type Incoming, jsonReply, type Reply } from '../../http.ts';
import { isProblem, type Problem } from '../access.ts';
import type { TenantContext } from '../behaviour.ts';
import type { Client } from '../entities.ts';
import { opaque } from '../opaque.ts';
import { appTypeOf, type RequestedMetadata } from './metadata.ts';

/** Clients' configuration endpoints stand below it. */
export const CONFIGURATION_PATH = '/oidc/register/';

/** The credential of a request that brings one (RFC 6750 2.1). */
export function bearerOf(request: Incoming): string | undefined {
  return /^bearer +(\S+)$/i.exec(field(request, 'authorization') ?? '')?.[1];
}

/** What the registered client is told of its configuration endpoint (RFC 7592 3), where there is one. */
export function configurationOf(
  client: Client,
  context: TenantContext,
): { readonly registration_client_uri?: string; readonly registration_access_token?: string } {
  const { store, issuer, behaviour } = context;
  if (store.plan.managesRegistrations !== true) return {};
  return {
    registration_client_uri: new URL(`${CONFIGURATION_PATH}${encodeURIComponent(client.client_id)}`, issuer).href,
    registration_access_token: behaviour.renewRegistrationToken(client, context),
  };
}

export function renewRegistrationToken({ client_id }: Client, { store }: TenantContext): string {
  const token = `rat_${opaque(40)}`;
  store.registrationTokens.set(client_id, token);
  return token;
}

/** Where a client reads, changes and deletes what it registered (RFC 7592 2). */
export function manageRegistration(context: TenantContext): Reply {
  const { request, store, behaviour } = context;
  if (store.plan.managesRegistrations !== true) return jsonReply(404, { error: 'not_found' });
  const id = decodeURIComponent(request.path.slice(CONFIGURATION_PATH.length));
  const client = store.clients.find(({ client_id }) => client_id === id);
  // RFC 7592 2.1: of a client that is not there no more is said than of a token that is not right.
  if (client === undefined || !behaviour.mayManageRegistration(client, context)) return UNAUTHORIZED;
  if (request.method === 'GET') return jsonReply(200, shown(client, context), NO_STORE);
  if (request.method === 'PUT') return update(client, context);
  if (request.method !== 'DELETE') return jsonReply(405, { error: 'method_not_allowed' });
  behaviour.deleteRegistration(client, context);
  return behaviour.confirmDeletion(context);
}

const NO_STORE = [['Cache-Control', 'no-store']] as const;
const UNAUTHORIZED = emptyReply(401, [...NO_STORE, ['WWW-Authenticate', 'Bearer error="invalid_token"']]);

export function mayManageRegistration({ client_id }: Client, { request, store }: TenantContext): boolean {
  const token = store.registrationTokens.get(client_id);
  return token !== undefined && bearerOf(request) === token;
}

function update(client: Client, context: TenantContext): Reply {
  const { store, behaviour } = context;
  const requested = behaviour.readRegistration(context);
  if (requested === undefined) return behaviour.refuseRegistration('no-json', context);
  const updated = behaviour.updateRegistration(client, requested, context);
  if (isProblem(updated)) return behaviour.refuseMetadata(updated, context);
  store.clients = store.clients.map((each) => (each.client_id === client.client_id ? updated : each));
  return jsonReply(200, { ...shown(updated, context), ...configurationOf(updated, context) }, NO_STORE);
}

/** RFC 7592 2.2: by the rules of a registration; id and secret are as they were, and no others. */
export function updateRegistration(
  client: Client,
  requested: RequestedMetadata,
  context: TenantContext,
): Client | Problem {
  const { client_id: id, client_secret: secret } = requested;
  if (id !== client.client_id) return { error: 'invalid_client_metadata', description: 'client_id is another' };
  if (secret !== undefined && secret !== client.client_secret) {
    return { error: 'invalid_client_metadata', description: 'client_secret is another' };
  }
  const metadata = context.behaviour.decideMetadata(requested, context);
  if (isProblem(metadata)) return metadata;
  return {
    ...client,
    name: metadata.client_name,
    app_type: appTypeOf(metadata),
    callbacks: [...metadata.redirect_uris],
    grant_types: [...metadata.grant_types],
    token_endpoint_auth_method: metadata.token_endpoint_auth_method,
    updated_at: new Date(context.now() * 1000).toISOString(),
  };
}

export function deleteRegistration({ client_id }: Client, context: TenantContext): void {
  context.behaviour.deleteClient(client_id, context);
  context.store.registrationTokens.delete(client_id);
}

/** RFC 7592 2.3. */
export function confirmDeletion(_context: TenantContext): Reply {
  return emptyReply(204, NO_STORE);
}

/** RFC 7592 3: what is registered, with the token that it may be managed with. */
function shown(client: Client, { store, issuer }: TenantContext): Readonly<Record<string, unknown>> {
  return {
    client_id: client.client_id,
    ...(client.client_secret !== undefined && { client_secret: client.client_secret, client_secret_expires_at: 0 }),
    client_name: client.name,
    redirect_uris: client.callbacks,
    grant_types: client.grant_types,
    response_types: ['code'],
    token_endpoint_auth_method: client.token_endpoint_auth_method,
    application_type: client.app_type === 'native' ? 'native' : 'web',
    registration_client_uri: new URL(`${CONFIGURATION_PATH}${encodeURIComponent(client.client_id)}`, issuer).href,
    registration_access_token: store.registrationTokens.get(client.client_id),
  };
}
