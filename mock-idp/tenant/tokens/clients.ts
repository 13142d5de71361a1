import { createHash, timingSafeEqual } from 'node:crypto';
import { decodeJwt } from 'jose';
import { fields, type Incoming } from '../../http.ts';
import type { TenantContext } from '../behaviour.ts';
import type { Client, ClientAuthMethod } from '../entities.ts';
import type { Store } from '../store.ts';
import { isRefusal, type Refusal, refuse } from './refusals.ts';

/** RFC 7523 2.2. */
export const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** How a request says who its client is (RFC 6749 2.3, RFC 7523 2.2). */
export type Credentials =
  | { readonly method: 'none'; readonly id: string }
  | { readonly method: 'client_secret_post' | 'client_secret_basic'; readonly id: string; readonly secret: string }
  | { readonly method: 'private_key_jwt'; readonly id: string; readonly assertion: string };

/** A client by its id, or by the URL of its metadata document. */
export function findClient(id: string, { clients }: Store): Client | undefined {
  return clients.find((client) => isClient(client, id));
}

export function isClient(client: Client, id: string): boolean {
  return client.client_id === id || client.external_client_id === id;
}

/** The id by which the client knows itself, its URL if it has one: what tokens call it. */
export function publicId(client: Client): string {
  return client.external_client_id ?? client.client_id;
}

/** Who the request's client is: authenticated as its registration says, and in no second way. */
export async function authenticateClient(
  parameters: URLSearchParams,
  context: TenantContext,
): Promise<Client | Refusal> {
  const { behaviour, store } = context;
  const credentials = readCredentials(parameters, context.request);
  if (isRefusal(credentials)) return credentials;
  const client = findClient(credentials.id, store);
  if (client === undefined || !behaviour.allowsMethod(credentials.method, client, context)) {
    return refuse('unauthenticated');
  }
  return (await isAuthentic(credentials, client, context)) ? client : refuse('unauthenticated');
}

async function isAuthentic(credentials: Credentials, client: Client, context: TenantContext): Promise<boolean> {
  const { behaviour } = context;
  if (credentials.method === 'none') return true;
  return credentials.method === 'private_key_jwt'
    ? behaviour.checkAssertion(credentials.assertion, credentials.id, client, context)
    : behaviour.checkSecret(credentials.secret, client, context);
}

/** The registered method and no other (RFC 7591 2, `token_endpoint_auth_method`). */
export function allowsMethod(method: ClientAuthMethod, client: Client): boolean {
  return client.token_endpoint_auth_method === method;
}

export function checkSecret(secret: string, { client_secret }: Client): boolean {
  // Digests have one length, whatever was sent: only then does the comparison take the same time.
  return client_secret !== undefined && timingSafeEqual(digest(secret), digest(client_secret));
}

function readCredentials(parameters: URLSearchParams, request: Incoming): Credentials | Refusal {
  const authorization = fields(request, 'authorization');
  const id = parameters.get('client_id');
  const secret = parameters.get('client_secret');
  const assertion = parameters.get('client_assertion');
  const type = parameters.get('client_assertion_type');
  const ways = authorization.length + (secret === null ? 0 : 1) + (assertion === null && type === null ? 0 : 1);
  // RFC 6749 2.3: no more than one in each request.
  if (ways > 1) return refuse('several-authentications');
  if (authorization[0] !== undefined) {
    const basic = basicCredentials(authorization[0]);
    return basic === undefined || (id !== null && id !== basic.id)
      ? refuse('unauthenticated')
      : { method: 'client_secret_basic', ...basic };
  }
  if (assertion !== null || type !== null) {
    const subject = type === ASSERTION_TYPE && assertion !== null ? subjectOf(assertion) : undefined;
    // RFC 7521 4.2: client_id may be left out, and must otherwise name the same client.
    return assertion === null || subject === undefined || (id !== null && id !== subject)
      ? refuse('unauthenticated')
      : { method: 'private_key_jwt', id: subject, assertion };
  }
  if (id === null) return refuse('unauthenticated');
  return secret === null ? { method: 'none', id } : { method: 'client_secret_post', id, secret };
}

function basicCredentials(value: string): { readonly id: string; readonly secret: string } | undefined {
  const encoded = /^basic +([a-z0-9+/]+=*)$/i.exec(value)?.[1];
  const decoded = encoded === undefined ? '' : Buffer.from(encoded, 'base64').toString('utf8');
  const colon = decoded.indexOf(':');
  if (colon === -1) return undefined;
  // RFC 6749 2.3.1: both halves are form-encoded before they are joined.
  const decode = (half: string) => new URLSearchParams(`v=${half.replaceAll('&', '%26')}`).get('v') ?? '';
  return { id: decode(decoded.slice(0, colon)), secret: decode(decoded.slice(colon + 1)) };
}

function subjectOf(assertion: string): string | undefined {
  try {
    return decodeJwt(assertion).sub;
  } catch {
    return undefined;
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
