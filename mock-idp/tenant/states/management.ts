import type { Setup } from '../../setup.ts';
import type { ClientGrant, ResourceServer } from '../entities.ts';
import { managementAudience } from '../management/caller.ts';

/** What a read-only audit needs: no secret can be seen with these. */
export const AUDIT_SCOPES: readonly string[] = [
  'read:tenant_settings',
  'read:clients',
  'read:resource_servers',
  'read:client_grants',
  'read:connections',
  'read:network_acls',
  'read:logs',
  'read:log_streams',
  'read:custom_domains',
  'read:attack_protection',
  'read:signing_keys',
];

const OTHER_SCOPES: readonly string[] = [
  'update:tenant_settings',
  'create:clients',
  'update:clients',
  'delete:clients',
  'read:client_keys',
  'update:client_keys',
  'update:resource_servers',
  'update:connections',
  'create:signing_keys',
  'update:signing_keys',
];

/** The Management API as an API of its tenant: a system API, which no default of third-party clients reaches. */
export function managementApi(setup: Pick<Setup, 'issuer' | 'canonicalIssuer'>): ResourceServer {
  return {
    id: 'rs_0000000000000000',
    name: 'Auth0 Management API',
    identifier: managementAudience(setup),
    is_system: true,
    scopes: [...AUDIT_SCOPES, ...OTHER_SCOPES].map((value) => ({ value })),
    signing_alg: 'RS256',
    token_dialect: 'access_token',
    enforce_policies: false,
    token_lifetime: 86_400,
    allow_offline_access: false,
    skip_consent_for_verifiable_first_party_clients: false,
    subject_type_authorization: {
      user: { policy: 'require_client_grant' },
      client: { policy: 'require_client_grant' },
    },
  };
}

/** What two clients may do at the Management API: one everything, the other nothing but read. */
export function managementGrants(
  setup: Pick<Setup, 'issuer' | 'canonicalIssuer'>,
  { operator, auditor }: { readonly operator: string; readonly auditor: string },
): readonly ClientGrant[] {
  const grant = (id: string, client_id: string, scope: readonly string[]): ClientGrant => ({
    id,
    client_id,
    audience: managementAudience(setup),
    scope: [...scope],
    allow_all_scopes: false,
    subject_type: 'client',
    is_system: false,
  });
  return [
    grant('cgr_000000000000003', operator, [...AUDIT_SCOPES, ...OTHER_SCOPES]),
    grant('cgr_000000000000004', auditor, AUDIT_SCOPES),
  ];
}
