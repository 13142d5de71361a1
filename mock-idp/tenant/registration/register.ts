import { emptyReply, jsonReply, mediaType, type Reply } from '../../http.ts';
import { isProblem } from '../access.ts';
import type { TenantContext } from '../behaviour.ts';
import type { Client } from '../entities.ts';
import { writeLog } from '../management/log.ts';
import { decideAcl, factsOf } from '../network-acl.ts';
import { opaque } from '../opaque.ts';
import { bearerOf, configurationOf } from './manage.ts';
import { appTypeOf, type RegisteredMetadata, type RequestedMetadata } from './metadata.ts';
import type { RegistrationRefusal } from './refusals.ts';

/** /oidc/register (RFC 7591 3): open to anybody where it is open, or to who has an initial access token. */
export function register(context: TenantContext): Reply {
  const { behaviour, request, store } = context;
  const verdict = behaviour.decideRegistrationAcl(context);
  if (verdict.action === 'redirect') return emptyReply(302, [['Location', verdict.redirectUri ?? '']]);
  if (verdict.action === 'block') return behaviour.refuseRegistration('blocked', context);
  if (request.method !== 'POST') return jsonReply(405, { error: 'method_not_allowed' }, [['Allow', 'POST']]);
  const refusal = refusalOf(context);
  if (refusal !== undefined) return behaviour.refuseRegistration(refusal, context);
  const requested = behaviour.readRegistration(context);
  if (requested === undefined) return behaviour.refuseRegistration('no-json', context);
  const metadata = behaviour.decideMetadata(requested, context);
  if (isProblem(metadata)) return behaviour.refuseMetadata(metadata, context);
  if (behaviour.isTenantFull(context)) return behaviour.refuseRegistration('full', context);
  const client = behaviour.clientFrom(metadata, requested, context);
  store.clients.push(client);
  writeLog(context, { type: 'sapi', description: 'Dynamic client registration', client });
  const registered = behaviour.registrationResponse(client, metadata, requested, context);
  return behaviour.replyRegistered({ ...registered, ...configurationOf(client, context) }, context);
}

/** Rules of the network, which come before all else. */
export function decideRegistrationAcl(context: TenantContext): ReturnType<typeof decideAcl> {
  return decideAcl(context.store.networkAcls, factsOf(context), 'dynamic_client_registration');
}

export function isRegistrationOpen({ store }: TenantContext): boolean {
  return store.settings.flags.enable_dynamic_client_registration;
}

/** Counts this request, and says whether it is one too many. The clock has whole seconds, and so has the window. */
export function isRegistrationTooFrequent({ store, now }: TenantContext): boolean {
  const { count, seconds } = store.plan.registrations;
  const second = now();
  store.registrationTimes = [...store.registrationTimes.filter((time) => time > second - seconds), second];
  return store.registrationTimes.length > count;
}

/** Whether the request brings what it takes to register (RFC 7591 3). */
export function mayRegister({ request, store }: TenantContext): boolean {
  const { initialAccessToken } = store.plan;
  return initialAccessToken === undefined || bearerOf(request) === initialAccessToken;
}

export function isTenantFull({ store }: TenantContext): boolean {
  return store.clients.length >= store.plan.applications;
}

/** The metadata sent: a JSON object said to be JSON, or `undefined`. */
export function readRegistration({ request }: TenantContext): RequestedMetadata | undefined {
  const type = mediaType(request);
  if (type !== 'application/json') return undefined;
  try {
    const value: unknown = JSON.parse(request.body);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as RequestedMetadata)
      : undefined;
  } catch {
    return undefined;
  }
}

/** The new client, third party. Id and secret are the tenant's, whatever the request says (RFC 7591 3.2.1). */
export function clientFrom(
  metadata: RegisteredMetadata,
  _requested: RequestedMetadata,
  { store, now }: TenantContext,
): Client {
  const mode = store.settings.dynamic_client_registration_security_mode;
  const isPublic = metadata.token_endpoint_auth_method === 'none';
  const at = new Date(now() * 1000).toISOString();
  return {
    client_id: mode === 'strict' ? `tpc_${opaque(28)}` : opaque(32),
    ...(!isPublic && { client_secret: opaque(64) }),
    name: metadata.client_name,
    ...(metadata.logo_uri !== undefined && { logo_uri: metadata.logo_uri }),
    app_type: appTypeOf(metadata),
    is_first_party: false,
    third_party_security_mode: mode,
    oidc_conformant: true,
    callbacks: [...metadata.redirect_uris],
    allowed_logout_urls: [],
    grant_types: [...metadata.grant_types],
    token_endpoint_auth_method: metadata.token_endpoint_auth_method,
    external_metadata_type: 'dcr',
    external_metadata_created_by: 'client',
    jwt_configuration: { alg: 'RS256', lifetime_in_seconds: 3600 },
    refresh_token: {
      rotation_type: isPublic ? 'rotating' : 'non-rotating',
      expiration_type: 'expiring',
      leeway: 0,
      token_lifetime: 2_592_000,
    },
    created_at: at,
    updated_at: at,
  };
}

/** What was registered (RFC 7591 3.2.1), and the secret, which is told nowhere else. */
export function registrationResponse(
  client: Client,
  metadata: RegisteredMetadata,
  _requested: RequestedMetadata,
  _context: TenantContext,
): Readonly<Record<string, unknown>> {
  return {
    client_id: client.client_id,
    ...(client.client_secret !== undefined && { client_secret: client.client_secret, client_secret_expires_at: 0 }),
    ...metadata,
  };
}

export function replyRegistered(registered: Readonly<Record<string, unknown>>, _context: TenantContext): Reply {
  return jsonReply(201, registered, [
    ['Cache-Control', 'no-store'],
    ['Pragma', 'no-cache'],
  ]);
}

function refusalOf(context: TenantContext): RegistrationRefusal | undefined {
  const { behaviour } = context;
  if (behaviour.isRegistrationTooFrequent(context)) return 'too-many-requests';
  if (!behaviour.isRegistrationOpen(context)) return 'closed';
  return behaviour.mayRegister(context) ? undefined : 'unauthorized';
}
