import type { Setup } from '../../setup.ts';
import type { NetworkAcl } from '../entities.ts';
import type { Configuration } from '../store.ts';
import { CLIENTS, conforming } from './conforming.ts';

/** The conforming tenant with its doors open: whoever asks is registered, as a strict client, but for known abusers. */
export function openRegistration(setup: Setup): Configuration {
  const base = conforming(setup);
  const flags = { ...base.settings.flags, enable_dynamic_client_registration: true };
  return { ...base, settings: { ...base.settings, flags }, networkAcls: [withoutKnownAbusers()] };
}

/** The tenant with open registration that has as many applications as its plan allows. */
export function fullTenant(setup: Setup): Configuration {
  const base = openRegistration(setup);
  return { ...base, plan: { ...base.plan, applications: base.clients.length } };
}

/** What the operator of the tenant with managed registration gives to whom it lets register. */
export const INITIAL_ACCESS_TOKEN = 'iat_not-a-secret-outside-this-process';

/**
 * The conforming tenant behind a custom domain, at which whoever has an initial access token registers clients, and reads,
 * changes and deletes them (RFC 7592): what Auth0 has not.
 */
export function managedRegistration(setup: Setup): Configuration {
  const base = openRegistration(setup);
  return {
    ...base,
    plan: { ...base.plan, initialAccessToken: INITIAL_ACCESS_TOKEN, managesRegistrations: true },
  };
}

/**
 * The tenant with open registration, for the company's network alone: rules of the network keep everybody else from
 * registration and from the Management API, and requests are limited.
 */
export function guarded(setup: Setup): Configuration {
  const base = openRegistration(setup);
  return {
    ...base,
    networkAcls: [
      fromInside(
        'acl_0000000000000001',
        'Registration from the company’s network only',
        1,
        'dynamic_client_registration',
      ),
      fromInside('acl_0000000000000002', 'Management from the company’s network only', 2, 'management'),
    ],
    plan: { ...base.plan, requestsPerSecond: 25 },
  };
}

/**
 * The conforming tenant with clients of the company's own, which sign users in by OpenID Connect. The connection is
 * enabled for each of them but for the one that signs its assertions. Metadata documents are imported by hand.
 */
export function ownClients(setup: Setup): Configuration {
  const base = conforming(setup);
  // In place: a copy would make the keys of clients that have some, which takes a while.
  for (const client of base.clients.filter(({ grant_types }) => grant_types.includes('authorization_code'))) {
    client.is_first_party = true;
    delete client.third_party_security_mode;
  }
  return {
    ...base,
    plan: { ...base.plan, clientDocuments: 'manual' },
    resourceServers: base.resourceServers.map((api) =>
      api.identifier === setup.server.url
        ? {
            ...api,
            subject_type_authorization: { user: { policy: 'allow_all' }, client: { policy: 'require_client_grant' } },
          }
        : api,
    ),
    clientGrants: base.clientGrants.filter(({ default_for }) => default_for === undefined),
    connections: base.connections.map((connection) => ({
      ...connection,
      is_domain_connection: false,
      enabled_clients: [CLIENTS.native, CLIENTS.web, CLIENTS.machine],
    })),
  };
}

/** From a network of documentation (RFC 5737), which nobody comes from. */
function withoutKnownAbusers(): NetworkAcl {
  const acl = fromInside('acl_0000000000000003', 'No registrations of known abusers', 1, 'dynamic_client_registration');
  const { not_match: _, ...rule } = acl.rule;
  return { ...acl, rule: { ...rule, match: { ipv4_cidrs: ['198.51.100.0/24'] } } };
}

function fromInside(id: string, description: string, priority: number, scope: NetworkAcl['rule']['scope']): NetworkAcl {
  const at = '2026-01-05T09:00:00.000Z';
  return {
    id,
    description,
    active: true,
    priority,
    rule: { scope, action: { block: true }, not_match: { ipv4_cidrs: ['10.0.0.0/8'] } },
    created_at: at,
    updated_at: at,
  };
}
