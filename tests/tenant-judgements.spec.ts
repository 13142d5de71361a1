/**
 * What checks make of tenants that are neither the reference nor its plain opposites: answers as Auth0's API gives them
 * (recordings of its deploy CLI and its Terraform provider), plans that lack things, and other products in the tenant.
 */
import { expect, test } from '@playwright/test';
import type { EvidenceMap } from '../fixtures/evidence.ts';
import { readOf, type TenantReadName } from '../fixtures/management/reads.ts';
import type { JsonObject } from '../fixtures/protocol/documents.ts';
import type { Facts } from '../suites/check.ts';
import { answer, answeredWith, golden, goldenFacts } from '../suites/golden.ts';
import {
  amid,
  GOLDEN_API,
  GOLDEN_CLIENT,
  GOLDEN_GRANT,
  GOLDEN_SETTINGS,
  type TenantItems,
  type TenantSurroundings,
  withTenant,
} from '../suites/golden-tenant.ts';
import { tenantChecks } from '../suites/tenant/index.ts';

const having = (items: Partial<TenantItems>, surroundings: TenantSurroundings = {}) =>
  withTenant(amid(golden, surroundings), items);

/** The verdict: its kind, and for a failure its reasons. */
function verdictOn(id: string, evidence: EvidenceMap, facts: Partial<Facts> = {}): readonly string[] {
  const check = tenantChecks.find((each) => each.id === `tenant/${id}`)!;
  const verdict = check.judge(evidence, { ...goldenFacts, provider: 'auth0', ...facts });
  return [verdict.kind, ...(verdict.kind === 'fail' ? new Set(verdict.findings.map(({ reason }) => reason)) : [])];
}

/** The answer of the API to one question in place of the golden one. */
function answering(evidence: EvidenceMap, name: TenantReadName, status: number, body: object): EvidenceMap {
  const { tenant } = evidence;
  const [first] = tenant.asked[name];
  if (first?.answer === undefined) throw new Error(`${name} was not answered`);
  const exchange = { ...first, answer: { ...first.answer, status, body: JSON.stringify(body) } };
  return { ...evidence, tenant: { ...tenant, asked: { ...tenant.asked, [name]: [exchange] } } };
}

const without = (item: JsonObject, ...members: readonly string[]): JsonObject =>
  Object.fromEntries(Object.entries(item).filter(([member]) => !members.includes(member)));

const forbidden = (message: string, errorCode?: string) => ({
  statusCode: 403,
  error: 'Forbidden',
  message,
  ...(errorCode && { errorCode }),
});

const OF_THE_PLAN = {
  'bot detection, as recorded': forbidden(
    'Please upgrade your subscription to use bot detection',
    'insufficient_entitlement',
  ),
  'signals, as recorded, with the code of a missing scope': forbidden(
    'Please upgrade your subscription to enable Akamai Signals.',
    'insufficient_scope',
  ),
  'custom domains, without a code': forbidden(
    'The account is not allowed to perform this operation, please contact our support team',
  ),
  'custom domains without a card': forbidden('There must be a verified credit card on file to perform this operation'),
} as const;

test.describe('a refusal', () => {
  for (const [what, body] of Object.entries(OF_THE_PLAN)) {
    test(`of ${what} is the plan's`, () => {
      const { tenant } = answering(golden, 'customDomains', 403, body);
      expect(readOf('customDomains', tenant.asked.customDomains)).toMatchObject({ kind: 'not-offered' });
    });
  }

  test('in words that nobody knows is neither', () => {
    const { tenant } = answering(golden, 'customDomains', 403, forbidden('Not for you.', 'insufficient_scope'));
    expect(readOf('customDomains', tenant.asked.customDomains)).toMatchObject({ kind: 'unread' });
  });

  test('for a scope is the token’s', () => {
    const body = forbidden('Insufficient scope, expected any of: read:custom_domains', 'insufficient_scope');
    const { tenant } = answering(golden, 'customDomains', 403, body);
    expect(readOf('customDomains', tenant.asked.customDomains)).toMatchObject({ kind: 'lacks-scope' });
  });
});

test.describe('clients that come and go between two pages', () => {
  const [first] = golden.tenant.asked.clients;
  const page = (ids: readonly string[], total: number) =>
    answeredWith(first!, answer({ body: JSON.stringify({ clients: ids.map((client_id) => ({ client_id })), total }) }));

  test('are told from a list that is whole', () => {
    const read = readOf('clients', [page(['a', 'b'], 4), page(['c', 'd'], 4)]);
    expect(read).toMatchObject({ kind: 'read', items: [{}, {}, {}, {}] });
  });

  test('push one on to a page that was read already', () => {
    expect(readOf('clients', [page(['a', 'b'], 4), page(['b', 'c'], 5)])).toMatchObject({ kind: 'unread' });
  });

  test('pull one on to a page that was read already', () => {
    expect(readOf('clients', [page(['a', 'b'], 4), page(['d'], 4)])).toMatchObject({ kind: 'unread' });
  });

  test('are given once', () => {
    const read = readOf('clients', [page(['a', 'b'], 3), page(['b', 'c'], 3)]);
    expect(read).toMatchObject({ kind: 'read', items: [{ client_id: 'a' }, { client_id: 'b' }, { client_id: 'c' }] });
  });
});

const OPEN = { settings: [{ ...GOLDEN_SETTINGS, flags: { enable_dynamic_client_registration: true } }] };
const PLAN = OF_THE_PLAN['custom domains, without a code'];

const SCOPE = 'dynamic_client_registration';
const acl = (rule: JsonObject, members: JsonObject = {}): JsonObject => ({
  id: 'acl_1',
  description: 'A rule',
  active: true,
  priority: 5,
  rule: { scope: SCOPE, action: { block: true }, ...rule },
  ...members,
});
const OURS = { ipv4_cidrs: ['203.0.113.0/24'] };
const LOGIN = { domain: 'login.example.com', status: 'ready', type: 'auth0_managed_certs' };
const SELF_MANAGED = {
  ...LOGIN,
  type: 'self_managed_certs',
  origin_domain_name: 'cd-t1.edge.tenants.us.auth0.com',
};
const CANONICAL = 'tenant.example.com';

const guarded = (rules: readonly JsonObject[], domains: readonly JsonObject[] = []) =>
  having({ ...OPEN, networkAcls: rules, customDomains: domains });

const DCR: JsonObject = {
  ...GOLDEN_CLIENT,
  client_id: 'tpc_1',
  external_metadata_type: 'dcr',
  external_metadata_created_by: 'client',
};
const LEGACY = {
  ...without(GOLDEN_CLIENT, 'external_metadata_type', 'external_metadata_created_by', 'external_client_id'),
  client_id: 'AbC',
  third_party_security_mode: 'permissive',
};
const COMPANY = { ...without(LEGACY, 'third_party_security_mode'), client_id: 'shop', is_first_party: true };

/** A new API as recorded. */
const FRESH_API: JsonObject = {
  id: 'rs_1',
  identifier: GOLDEN_API.identifier,
  allow_offline_access: false,
  subject_type_authorization: { user: { policy: 'allow_all' }, client: { policy: 'require_client_grant' } },
  token_lifetime: 86_400,
  signing_alg: 'RS256',
};
const withPolicies = (user: string, client = 'deny_all') => ({
  apis: [{ ...GOLDEN_API, subject_type_authorization: { user: { policy: user }, client: { policy: client } } }],
});
const OTHER = 'https://other-api.example';
const ownGrant = (members: JsonObject): JsonObject => ({
  ...without(GOLDEN_GRANT, 'default_for'),
  client_id: 'client_1',
  ...members,
});

const registration = (at: number, members: JsonObject = {}): JsonObject => ({
  date: '2025-12-30T03:00:00.000Z',
  ip: '198.51.100.7',
  client_id: `tpc_${at}`,
  client_name: 'Helper',
  ...members,
});
const times = (count: number, make: (at: number) => JsonObject) => Array.from({ length: count }, (_, at) => make(at));
const EXPECTED = {
  policy: { strict: false, expectedRegistrations: { sources: ['203.0.113.0/24'], perHour: 5 } },
} as const;
const failures = (client: string, count: number, members: JsonObject = {}) =>
  times(count, () => ({ date: '2025-12-30T10:00:00.000Z', type: 'feacft', client_id: client, ...members }));

const GUARD = 'keeps-strangers-from-registration';
const ARRIVE = 'grants-the-api-to-clients-that-arrive';
const IDLE = 'has-no-idle-self-registered-clients';
const PLACES = 'registers-clients-from-where-they-are-expected';
const FAILING = 'has-no-clients-that-keep-failing';
const NAMES = 'has-no-clients-that-pass-for-others';
const ROTATES = 'rotates-refresh-tokens-of-public-clients';

const EARLIER = { at: '2025-12-20T00:00:00.000Z', clients: [] };
const named = (name: string, callback: string) => having({ clients: [{ ...DCR, name, callbacks: [callback] }] });

/** What it is, the check, the evidence, the verdict with its reasons, and the facts. */
type Row = readonly [
  what: string,
  check: string,
  evidence: EvidenceMap,
  verdict: readonly string[],
  facts?: Partial<Facts>,
];

const ROWS: readonly Row[] = [
  [
    'a rule that allows, and blocks nobody',
    GUARD,
    guarded([acl({ action: { allow: true }, match: OURS })]),
    ['fail', 'named-alone'],
  ],
  [
    'one country is blocked',
    GUARD,
    guarded([acl({ scope: 'tenant', match: { geo_country_codes: ['KP'] } })]),
    ['fail', 'named-alone'],
  ],
  [
    'one address is blocked, and open is what was decided',
    GUARD,
    guarded([acl({ match: { ipv4_cidrs: ['198.51.100.7'] } })]),
    ['pass'],
    { policy: { strict: false, registration: 'open' } },
  ],
  [
    'all but one user agent are blocked',
    GUARD,
    guarded([acl({ not_match: { user_agents: ['our-client'] } })]),
    ['fail', 'named-alone'],
  ],
  [
    'everybody is let in first',
    GUARD,
    guarded([
      acl({ action: { allow: true }, match: { ipv4_cidrs: ['0.0.0.0/0'] } }, { priority: 0 }),
      acl({ not_match: OURS }),
    ]),
    ['fail', 'strangers-let-in'],
  ],
  [
    'our networks are let in first, and all others blocked',
    GUARD,
    guarded([
      acl({ action: { allow: true }, match: OURS }, { priority: 0 }),
      acl({ match: { ipv4_cidrs: ['0.0.0.0/0'], ipv6_cidrs: ['::/0'] } }),
    ]),
    ['pass'],
  ],
  [
    'a rule spares the custom domain',
    GUARD,
    guarded([acl({ not_match: { hostnames: [LOGIN.domain] } })], [LOGIN]),
    ['fail', 'one-hostname'],
  ],
  [
    'a self-managed domain, named as the edge knows it',
    GUARD,
    guarded([acl({ match: { hostnames: [CANONICAL, SELF_MANAGED.origin_domain_name] } })], [SELF_MANAGED]),
    ['pass'],
  ],
  [
    'a proxy before the custom domain, and the canonical host blocked',
    GUARD,
    guarded([acl({ match: { hostnames: [CANONICAL] } })], [SELF_MANAGED]),
    ['untested'],
  ],
  ['no rules in the plan', GUARD, answering(having(OPEN), 'networkAcls', 403, PLAN), ['fail', 'unguarded']],
  [
    'no custom domains in the plan, and rules',
    GUARD,
    answering(guarded([acl({ not_match: OURS })]), 'customDomains', 403, PLAN),
    ['pass'],
  ],
  [
    'no custom domains in the plan, and another tenant is named',
    'is-named-by-a-domain-of-its-own',
    answering(having({}, { api: 'https://another.eu.auth0.com/api/v2/' }), 'customDomains', 403, PLAN),
    ['fail', 'another-tenant'],
  ],
  [
    'no bot detection in the plan, and passwords may be guessed',
    'protects-sign-in-from-attacks',
    answering(
      having({ bruteForceProtection: [{ enabled: false, shields: [] }] }),
      'botDetection',
      403,
      OF_THE_PLAN['bot detection, as recorded'],
    ),
    ['fail', 'guesses-unlimited'],
  ],

  [
    'a new API writes by Auth0’s own profile',
    'writes-tokens-by-rfc-9068',
    having({ apis: [FRESH_API] }),
    ['fail', 'own-profile'],
  ],
  [
    'a new API is open to all',
    'opens-the-api-to-granted-clients-alone',
    having({ apis: [FRESH_API] }),
    ['fail', 'open-to-all'],
  ],
  [
    'an algorithm that is not shown',
    'signs-tokens-with-a-private-key',
    having({ apis: [without(GOLDEN_API, 'signing_alg')] }),
    ['untested'],
  ],
  [
    'a lifetime that is not shown',
    'limits-the-lifetime-of-tokens',
    having({ apis: [without(GOLDEN_API, 'token_lifetime')] }),
    ['untested'],
  ],
  [
    'policies that are not shown',
    'opens-the-api-to-granted-clients-alone',
    having({ apis: [without(GOLDEN_API, 'subject_type_authorization')] }),
    ['untested'],
  ],
  [
    'closed to users, and machines are granted it',
    'opens-the-api-to-granted-clients-alone',
    having({ ...withPolicies('deny_all', 'require_client_grant'), grants: [ownGrant({ subject_type: 'client' })] }),
    ['pass'],
  ],
  [
    'closed to users, and nobody is granted it',
    'opens-the-api-to-granted-clients-alone',
    having({ ...withPolicies('deny_all'), grants: [] }),
    ['fail', 'denied-to-all'],
  ],
  [
    'a flag that is not shown',
    'opens-no-connection-to-every-new-client',
    having({ settings: [{ flags: {} }] }),
    ['untested'],
  ],

  [
    'a document client without a mode, and no grants',
    ARRIVE,
    having({ clients: [without(GOLDEN_CLIENT, 'third_party_security_mode')], grants: [] }),
    ['fail', 'none-granted'],
  ],
  [
    'the client of the profile has another API alone',
    ARRIVE,
    having({ ...withPolicies('allow_all'), grants: [ownGrant({ audience: OTHER })] }, { tests: ['client_1'] }),
    ['fail', 'none-granted'],
  ],
  [
    'third parties of another product, and an API for the company’s own',
    ARRIVE,
    having({ ...withPolicies('allow_all'), grants: [ownGrant({ audience: OTHER })] }),
    ['untested'],
  ],
  [
    'third parties of another product, and an API for machines',
    ARRIVE,
    having({ grants: [ownGrant({ audience: OTHER }), ownGrant({ client_id: 'job', subject_type: 'client' })] }),
    ['untested'],
  ],
  ['a permissive client is held to no grant', ARRIVE, having({ clients: [LEGACY], grants: [] }), ['not-applicable']],

  [
    'a company’s client beyond a grant that limits nothing',
    'keeps-tokens-within-their-grants',
    having({
      ...withPolicies('allow_all'),
      clients: [{ ...COMPANY, client_id: 'desktop' }],
      grants: [ownGrant({ client_id: 'desktop', scope: [] })],
    }),
    ['not-applicable'],
  ],
  [
    'a grant for anonymous users beside one for users',
    'keeps-tokens-within-their-grants',
    having({
      clients: [{ ...COMPANY, client_id: 'desktop' }],
      grants: [
        ownGrant({ client_id: 'desktop', scope: [], subject_type: 'anonymous_user' }),
        ownGrant({ client_id: 'desktop' }),
      ],
    }),
    ['pass'],
  ],

  [
    'a client that nobody has seen before',
    IDLE,
    having({ clients: [DCR] }, { lastUse: { tpc_1: undefined }, earlier: undefined }),
    ['untested'],
  ],
  [
    'a client that came since the last run',
    IDLE,
    having({ clients: [DCR] }, { lastUse: { tpc_1: undefined }, earlier: EARLIER }),
    ['not-applicable'],
  ],
  [
    'a client whose registration is in the log',
    IDLE,
    having({ clients: [DCR], registrations: [registration(1)] }, { lastUse: { tpc_1: undefined }, earlier: undefined }),
    ['not-applicable'],
  ],
  [
    'a client that was not looked up',
    IDLE,
    having({ clients: [DCR] }, { lastUse: {}, earlier: undefined }),
    ['untested'],
  ],
  [
    'a client of before that does not say how it came',
    IDLE,
    having({ clients: [LEGACY] }, { earlier: undefined }),
    ['untested'],
  ],

  [
    'strangers under this tool’s name',
    PLACES,
    having({ registrations: times(30, (at) => registration(at, { client_name: 'mcp-auth-conformance x' })) }),
    ['fail', 'unexpected-source'],
    EXPECTED,
  ],
  [
    'clients that an earlier run registered',
    PLACES,
    having({ registrations: [registration(1)] }, { earlier: { ...EARLIER, own: ['tpc_1'] } }),
    ['not-applicable'],
    EXPECTED,
  ],
  [
    'more registrations than the API gives',
    PLACES,
    having({ registrations: times(1000, (at) => registration(at, { ip: '203.0.113.5' })) }),
    ['untested'],
    EXPECTED,
  ],
  [
    'failures of an application of another product',
    FAILING,
    having({ clients: [COMPANY], tokenFailures: failures('shop', 50) }),
    ['pass'],
  ],
  [
    'failures of a third party',
    FAILING,
    having({ tokenFailures: failures('client_1', 50) }),
    ['fail', 'keeps-failing'],
  ],
  [
    'failures under this tool’s name',
    FAILING,
    having({ tokenFailures: failures('client_1', 50, { client_name: 'mcp-auth-conformance x' }) }),
    ['fail', 'keeps-failing'],
  ],
  ['more failures than the API gives', FAILING, having({ tokenFailures: failures('shop', 1000) }), ['untested']],
  [
    'new redirect URIs of another product',
    'has-the-redirect-uris-of-the-run-before',
    having(
      { clients: [GOLDEN_CLIENT, { ...COMPANY, callbacks: ['https://shop.example/2'] }] },
      { earlier: { ...EARLIER, clients: [{ client: 'shop', callbacks: ['https://shop.example/1'] }] } },
    ),
    ['pass'],
  ],

  [
    'refresh token settings that are not shown',
    ROTATES,
    having({ clients: [without(GOLDEN_CLIENT, 'refresh_token')] }),
    ['untested'],
  ],
  [
    'refresh tokens that are null',
    ROTATES,
    having({ clients: [{ ...GOLDEN_CLIENT, refresh_token: null }] }),
    ['untested'],
  ],
  [
    'an expiration without an end',
    ROTATES,
    having({
      clients: [
        {
          ...GOLDEN_CLIENT,
          refresh_token: {
            rotation_type: 'rotating',
            expiration_type: 'expiring',
            infinite_token_lifetime: true,
            infinite_idle_token_lifetime: true,
          },
        },
      ],
    }),
    ['fail', 'not-expiring'],
  ],
  [
    'an end by disuse alone',
    ROTATES,
    having({
      clients: [
        {
          ...GOLDEN_CLIENT,
          refresh_token: {
            rotation_type: 'rotating',
            expiration_type: 'expiring',
            infinite_token_lifetime: true,
            infinite_idle_token_lifetime: false,
          },
        },
      ],
    }),
    ['pass'],
  ],
  [
    'a company’s client with a null member',
    'keeps-third-party-clients-strict',
    having({ clients: [GOLDEN_CLIENT, { ...COMPANY, external_metadata_type: null }] }),
    ['pass'],
  ],
  [
    'a company’s client that an administrator imported',
    'keeps-third-party-clients-strict',
    having({ clients: [GOLDEN_CLIENT, { ...GOLDEN_CLIENT, client_id: 'own', is_first_party: true }] }),
    ['pass'],
  ],

  ['Google Chat', NAMES, named('Google Chat', 'https://chat.google.com/cb'), ['pass']],
  ['Le Chat elsewhere', NAMES, named('Le Chat', 'https://collect.example.net/cb'), ['fail', 'known-name-elsewhere']],
  ['a Russian name with the word MCP', NAMES, named('Клиент MCP', 'https://client.example/cb'), ['pass']],
  ['a shop', NAMES, named('Shop', 'https://cursor-shop.example/cb'), ['pass']],
  [
    'a host with a brand in a label',
    NAMES,
    named('Shop', 'https://login-claude-ai.example/cb'),
    ['fail', 'look-alike-host'],
  ],
  [
    'Claude of before, at a tunnel',
    'has-no-self-registered-clients-at-odd-hosts',
    having({ clients: [{ ...LEGACY, callbacks: ['https://a.ngrok-free.app/cb'] }] }),
    ['fail', 'throwaway-host'],
  ],
  [
    'the same with somebody who answers for it',
    'has-no-self-registered-clients-at-odd-hosts',
    having({ clients: [{ ...LEGACY, callbacks: ['https://a.ngrok-free.app/cb'] }] }),
    ['not-applicable'],
    { inventory: [{ client: 'AbC', owner: 'team', approver: 'security', until: '2027-01-31' }] },
  ],
];

for (const [what, check, evidence, verdict, facts] of ROWS) {
  test(`${check}: ${what}`, () => {
    expect(verdictOn(check, evidence, facts)).toEqual(verdict);
  });
}
