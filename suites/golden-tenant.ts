import type { EvidenceMap, Exchange } from '../fixtures/evidence.ts';
import { declarationOf, TENANT_READ_NAMES, type TenantReadName } from '../fixtures/management/reads.ts';
import type { JsonObject } from '../fixtures/protocol/documents.ts';
import type { TenantRecord } from '../fixtures/target.ts';
import type { TenantEvidence } from '../fixtures/tenant-evidence.ts';

/** Evidence of an Auth0 tenant that is ready for MCP clients, for examples. */

/** What a tenant has, by the read that shows it. */
export type TenantItems = Readonly<Record<TenantReadName, readonly JsonObject[]>>;

const API = 'https://tenant.example.com/api/v2/';
const RESOURCE = 'https://mcp.example.com/mcp';

export const GOLDEN_SETTINGS: JsonObject = {
  resource_parameter_profile: 'compatibility',
  client_id_metadata_document_supported: true,
  dynamic_client_registration_security_mode: 'strict',
  authorization_response_iss_parameter_supported: true,
  pushed_authorization_requests_supported: false,
  skip_non_verifiable_callback_uri_confirmation_prompt: false,
  flags: {
    enable_dynamic_client_registration: false,
    enable_client_connections: false,
    remove_alg_from_jwks: false,
  },
};

export const GOLDEN_API: JsonObject = {
  id: 'rs_1',
  name: 'MCP server',
  identifier: RESOURCE,
  is_system: false,
  scopes: [{ value: 'mcp:tools' }, { value: 'mcp:admin' }],
  signing_alg: 'RS256',
  token_dialect: 'rfc9068_profile_authz',
  enforce_policies: true,
  token_lifetime: 3600,
  allow_offline_access: true,
  subject_type_authorization: { user: { policy: 'require_client_grant' }, client: { policy: 'deny_all' } },
};

export const GOLDEN_CLIENT: JsonObject = {
  client_id: 'client_1',
  name: 'Desktop client',
  app_type: 'native',
  is_first_party: false,
  third_party_security_mode: 'strict',
  external_metadata_type: 'cimd',
  external_metadata_created_by: 'admin',
  external_client_id: 'https://client.example/oauth-client.json',
  oidc_conformant: true,
  callbacks: ['https://client.example/callback'],
  grant_types: ['authorization_code', 'refresh_token'],
  token_endpoint_auth_method: 'none',
  jwt_configuration: { alg: 'RS256' },
  redirection_policy: 'open_redirect_protection',
  refresh_token: { rotation_type: 'rotating', expiration_type: 'expiring', leeway: 0, token_lifetime: 2_592_000 },
};

export const GOLDEN_GRANT: JsonObject = {
  id: 'cgr_1',
  default_for: 'third_party_clients',
  audience: RESOURCE,
  scope: ['mcp:tools'],
  allow_all_scopes: false,
  subject_type: 'user',
  is_system: false,
};

/** What it has of each kind. */
export const GOLDEN_ITEMS: TenantItems = {
  settings: [GOLDEN_SETTINGS],
  apis: [GOLDEN_API],
  grants: [GOLDEN_GRANT],
  connections: [{ id: 'con_1', name: 'staff', strategy: 'auth0', is_domain_connection: true }],
  clients: [GOLDEN_CLIENT],
  networkAcls: [],
  customDomains: [],
  logStreams: [{ id: 'lst_1', name: 'SIEM', type: 'http', status: 'active' }],
  signingKeys: [
    { kid: 'key-1', current: true, next: false, previous: false, revoked: false },
    { kid: 'key-2', current: false, next: true, previous: false, revoked: false },
  ],
  botDetection: [{ bot_detection_level: 'medium' }],
  bruteForceProtection: [{ enabled: true, shields: ['block', 'user_notification'], max_attempts: 10 }],
  suspiciousIpThrottling: [{ enabled: true, shields: ['admin_notification', 'block'] }],
  breachedPasswordDetection: [{ enabled: true, shields: ['block'] }],
  registrations: [],
  tokenFailures: [],
  oldestLogs: [{ date: '2025-11-15T00:00:00.000Z' }],
};

/** One item where the API answers one thing, a list elsewhere. */
const SINGLE: readonly TenantReadName[] = [
  'settings',
  'botDetection',
  'bruteForceProtection',
  'suspiciousIpThrottling',
  'breachedPasswordDetection',
];

function exchangeOf(name: TenantReadName, status: number, body: unknown): Exchange {
  const { path } = declarationOf(name);
  const text = JSON.stringify(body);
  return {
    id: `tenant/${name}-1`,
    asks: `${path} of the tenant`,
    request: { method: 'GET', url: `${API}${path}`, headers: [['Authorization', 'Bearer «management.token»']] },
    answer: {
      status,
      headers: [['content-type', 'application/json; charset=utf-8']],
      body: text,
      bodyBytes: Buffer.byteLength(text),
      truncated: false,
    },
    startedAt: '2026-01-01T00:00:00.000Z',
    durationMs: 5,
  };
}

function exchangesFor(name: TenantReadName, items: readonly JsonObject[]): readonly Exchange[] {
  const { list } = declarationOf(name);
  const body = SINGLE.includes(name) ? items[0] : list === undefined ? items : { [list]: items, total: items.length };
  return [exchangeOf(name, 200, body)];
}

export const GOLDEN_TENANT: TenantEvidence = {
  tenant: {
    api: API,
    asked: Object.fromEntries(
      TENANT_READ_NAMES.map((name) => [name, exchangesFor(name, GOLDEN_ITEMS[name])]),
    ) as unknown as TenantEvidence['tenant']['asked'],
    lastUse: [],
    tests: [],
    earlier: {
      at: '2025-12-20T00:00:00.000Z',
      clients: [
        {
          client: 'client_1',
          callbacks: ['https://client.example/callback'],
          watched: { since: '2025-11-10T00:00:00.000Z', until: '2025-12-20T00:00:00.000Z' },
        },
      ],
    },
  },
};

/** What else evidence of a tenant has, for examples. */
export interface TenantSurroundings {
  /** Client → when it was last used, by the log; `undefined`: the log has nothing of it. */
  readonly lastUse?: Readonly<Record<string, string | undefined>>;
  readonly tests?: readonly string[];
  readonly api?: string;
  /** `undefined`: nothing was kept. */
  readonly earlier?: TenantRecord | undefined;
}

/** Evidence whose tenant is surrounded otherwise. */
export function amid(evidence: EvidenceMap, surroundings: TenantSurroundings): EvidenceMap {
  const { lastUse, earlier: _, ...tenant } = evidence.tenant;
  const earlier = 'earlier' in surroundings ? surroundings.earlier : evidence.tenant.earlier;
  const uses = Object.entries(surroundings.lastUse ?? {}).map(([client, date], at) => {
    const logs = date === undefined ? [] : [{ date }];
    const [exchange] = exchangesFor('oldestLogs', logs);
    return { client, exchange: { ...exchange!, id: `tenant/lastUse-${at + 1}` } };
  });
  return {
    ...evidence,
    tenant: {
      ...tenant,
      lastUse: surroundings.lastUse === undefined ? lastUse : uses,
      tests: surroundings.tests ?? tenant.tests,
      api: surroundings.api ?? tenant.api,
      ...(earlier && { earlier }),
    },
  };
}

/** Evidence whose tenant has other things in place of the golden ones. */
export function withTenant(evidence: EvidenceMap, items: Partial<TenantItems>): EvidenceMap {
  const { tenant } = evidence;
  const asked = Object.fromEntries(
    Object.entries(items).map(([name, given]) => [name, exchangesFor(name as TenantReadName, given)]),
  );
  return { ...evidence, tenant: { ...tenant, asked: { ...tenant.asked, ...asked } } };
}

/** Evidence of a token that lacks a scope. */
export function withoutScope(evidence: EvidenceMap, name: TenantReadName): EvidenceMap {
  const { scope } = declarationOf(name);
  const refusal = {
    statusCode: 403,
    error: 'Forbidden',
    message: `Insufficient scope, expected any of: ${scope}`,
    errorCode: 'insufficient_scope',
  };
  const { tenant } = evidence;
  return {
    ...evidence,
    tenant: { ...tenant, asked: { ...tenant.asked, [name]: [exchangeOf(name, 403, refusal)] } },
  };
}
