import type { Client, LogEntry, NetworkAcl } from '../../tenant/entities.ts';
import type { Configuration } from '../../tenant/store.ts';

/** Changes of a tenant's configuration, for faults. */

type Change = (configuration: Configuration) => Configuration;

const DAY = 86_400_000;

/** So many days ago: ISO 8601. */
export const daysAgo = (days: number): string => new Date(Date.now() - days * DAY).toISOString();

/** A client of a partner, as it should be, but for some members. */
export function aClient(members: Partial<Client>): Client {
  return {
    client_id: 'tpcPartner0000000000000000000001',
    name: 'Partner',
    app_type: 'regular_web',
    is_first_party: false,
    third_party_security_mode: 'strict',
    oidc_conformant: true,
    callbacks: ['https://partner.example/callback'],
    allowed_logout_urls: [],
    grant_types: ['authorization_code', 'refresh_token'],
    token_endpoint_auth_method: 'none',
    jwt_configuration: { alg: 'RS256', lifetime_in_seconds: 3600 },
    refresh_token: { rotation_type: 'rotating', expiration_type: 'expiring', leeway: 0, token_lifetime: 2_592_000 },
    created_at: daysAgo(1),
    updated_at: daysAgo(1),
    ...members,
  };
}

/** With one more client. */
export const withClient =
  (members: Partial<Client>): Change =>
  (configuration) => ({ ...configuration, clients: [...configuration.clients, aClient(members)] });

/** With one more client, which registered itself yesterday. */
export const withSelfRegistered = (members: Partial<Client>): Change =>
  withClient({ external_metadata_type: 'dcr', external_metadata_created_by: 'client', ...members });

/** With events in the log from before, oldest first. */
export const withLogs =
  (...entries: readonly Partial<LogEntry>[]): Change =>
  (configuration) => ({
    ...configuration,
    earlierLogs: entries.map((entry, at) => ({
      log_id: `800${String(at).padStart(12, '0')}`,
      date: daysAgo(1),
      type: 'sapi',
      description: 'Dynamic client registration',
      client_id: 'tpcPartner0000000000000000000001',
      client_name: 'Partner',
      ip: '203.0.113.10',
      user_agent: 'partner/1.0',
      ...entry,
    })),
  });

/** With registration open to anybody, and these rules of the network. */
export const withOpenRegistration =
  (...rules: readonly Partial<NetworkAcl>[]): Change =>
  (configuration) => ({
    ...configuration,
    settings: {
      ...configuration.settings,
      flags: { ...configuration.settings.flags, enable_dynamic_client_registration: true },
    },
    networkAcls: rules.map((rule, at) => ({
      id: `acl_000000000000000${at + 1}`,
      description: 'Registration from the company’s network only',
      active: true,
      priority: at + 1,
      rule: {
        scope: 'dynamic_client_registration',
        action: { block: true },
        not_match: { ipv4_cidrs: ['10.0.0.0/8'] },
      },
      created_at: daysAgo(100),
      updated_at: daysAgo(100),
      ...rule,
    })),
  });

/** One change after the other. */
export const both =
  (first: Change, second: Change): Change =>
  (configuration) =>
    second(first(configuration));
