import { textsIn } from '../../fixtures/management/record.ts';
import type { JsonObject } from '../../fixtures/protocol/documents.ts';
import { absoluteUrl } from '../../fixtures/protocol/urls.ts';
import { checks } from '../check.ts';
import { GOLDEN_SETTINGS } from '../golden-tenant.ts';
import { auditsTenant, type Tenant, type TenantSetting } from './audit.ts';
import { registersAnybody, together } from './naming.ts';

/** What a rule is about for which it sees registrations; `dcr` is the name of the prose, the other that of the SDK. */
const OVER_REGISTRATION: readonly string[] = ['dynamic_client_registration', 'dcr', 'authentication', 'tenant'];

const member = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? (value as JsonObject)[name] : undefined;

const isOverRegistration = ({ rule }: JsonObject) => OVER_REGISTRATION.includes(String(member(rule, 'scope')));

/** `block`, `allow`, `redirect`: what ends a request or lets it go on; `log` alone does nothing. */
const doesSomething = ({ rule }: JsonObject) => {
  const action = member(rule, 'action');
  return ['block', 'allow', 'redirect'].some((name) => member(action, name) === true);
};

const isActive = ({ active }: JsonObject) => active === true;

const shown = ({ description, id }: JsonObject) => `${description} (${id})`;

const isGuard = (acl: JsonObject) => isActive(acl) && doesSomething(acl);

/** The hosts that the tenant is reached by: its own, and those of its custom domains. */
function hostsOf(domains: readonly JsonObject[], { around }: Pick<TenantSetting, 'around'>): readonly string[] {
  const own = absoluteUrl(around.api)?.host;
  const custom = domains.filter(({ status }) => status === 'ready').map(({ domain }) => String(domain));
  return [...new Set([...(own === undefined ? [] : [own]), ...custom])];
}

const plain = (host: string) => host.replace(/:\d+$/, '');

/** Hosts that none of these rules is about; a rule that names no hosts is about all. */
function unguarded(guards: readonly JsonObject[], hosts: readonly string[]): readonly string[] {
  const named = guards.map(({ rule }) => textsIn(member(member(rule, 'match'), 'hostnames')).map(plain));
  if (named.some((names) => names.length === 0)) return [];
  return hosts.filter((host) => !named.flat().includes(plain(host)));
}

type Read = Tenant<'settings' | 'networkAcls' | 'customDomains'>;

const over = ({ networkAcls }: Read) => networkAcls.filter(isOverRegistration);

/** The one-sentence answer where the plan has no such rules. */
const WITHOUT_PLAN =
  'Without that plan, turn Dynamic Client Registration off and import metadata documents (CIMD) by hand: a proxy before the custom domain does not help, because the canonical hostname stays open.';

const FIX = {
  general:
    'Let the networks that clients register from reach the registration endpoint, on every hostname, and nobody else.',
  auth0: {
    text: `Add an active Tenant Access Control List rule over dynamic_client_registration that blocks what is not from these networks; it holds on the custom domain and on the canonical hostname. ${WITHOUT_PLAN}`,
    dashboard: 'Security > Access Control Lists',
    command:
      'auth0 api post network-acls --data \'{"description":"Registration from our networks","active":true,"priority":1,"rule":{"scope":"dynamic_client_registration","action":{"block":true},"not_match":{"ipv4_cidrs":["YOUR_NETWORK"]}}}\'',
    plan: 'Enterprise',
  },
} as const;

const GUARD: JsonObject = {
  id: 'acl_1',
  description: 'Registration from our networks',
  active: true,
  priority: 1,
  rule: {
    scope: 'dynamic_client_registration',
    action: { block: true },
    not_match: { ipv4_cidrs: ['203.0.113.0/24'] },
  },
};

const OPEN = {
  settings: [{ ...GOLDEN_SETTINGS, flags: { enable_dynamic_client_registration: true } }],
};

const isDecided = ({ facts: { policy } }: TenantSetting) =>
  policy.registration === 'open' || policy.registration === 'protected';

const none = (read: Read) =>
  over(read).length === 0
    ? [`none of ${read.networkAcls.length} rules of the network is over registration, which is open to anybody`]
    : [];

export const guardsRegistration = auditsTenant({
  id: 'tenant/keeps-strangers-from-registration',
  title: 'Keeps strangers from open registration by a rule of the network, on every hostname',
  keyword: 'SHOULD',
  severity: 'high',
  pillar: 'client-registration',
  requirements: ['AUTH0-dcr-acl', 'AUTH0-dcr-acl-not-log-only', 'AUTH0-dcr-canonical-bypass'],
  reads: ['settings', 'networkAcls', 'customDomains'],
  unsaid: ({ settings }) => (registersAnybody(settings) ? undefined : 'Dynamic Client Registration is off'),
  reasons: {
    unguarded: {
      says: 'Anybody on the internet may register clients, and no rule of the network keeps strangers out.',
      fix: FIX,
      expected: 'an active rule over registration that blocks',
      wrong: (read, setting) => (isDecided(setting) ? [] : none(read)),
      example: { networkAcls: [] },
    },
    'unguarded-by-decision': {
      says: 'Anybody on the internet may register clients, as the profile’s policy has it, and no rule of the network keeps even known abusers out.',
      keyword: 'ADVICE',
      fix: FIX,
      expected: 'an active rule over registration that blocks',
      wrong: (read, setting) => (isDecided(setting) ? none(read) : []),
      example: { networkAcls: [] },
      setup: { facts: { policy: { strict: false, registration: 'open' } } },
    },
    'log-only': {
      says: 'The rules of the network over registration write down who comes, and stop nobody.',
      fix: FIX,
      expected: 'a rule over registration that blocks',
      wrong: (read) =>
        over(read).some(isActive) && !over(read).some(isGuard) ? together(over(read).filter(isActive).map(shown)) : [],
      example: { networkAcls: [{ ...GUARD, rule: { ...(GUARD.rule as JsonObject), action: { log: true } } }] },
    },
    inactive: {
      says: 'The rules of the network over registration are switched off.',
      fix: FIX,
      expected: 'an active rule over registration',
      wrong: (read) => (over(read).some(isActive) ? [] : together(over(read).map(shown))),
      example: { networkAcls: [{ ...GUARD, active: false }] },
    },
    'one-hostname': {
      says: 'The rules of the network over registration name some hostnames of the tenant, and strangers go by another.',
      fix: FIX,
      expected: 'rules that hold on the custom domain and on the canonical hostname',
      wrong: (read, setting) =>
        together(
          unguarded(
            over(read).filter(isGuard),
            over(read).some(isGuard) ? hostsOf(read.customDomains, setting) : [],
          ).map((host) => `no rule is about ${host}`),
        ),
      example: {
        customDomains: [{ domain: 'login.example.com', status: 'ready' }],
        networkAcls: [
          {
            ...GUARD,
            rule: {
              scope: 'dynamic_client_registration',
              action: { block: true },
              match: { hostnames: ['login.example.com'] },
            },
          },
        ],
      },
    },
  },
  seen: (read) => `active over registration: ${over(read).filter(isGuard).map(shown).join(', ')}`,
  passes: { ...OPEN, networkAcls: [GUARD] },
});

const hostOf = (issuer: string) => absoluteUrl(issuer)?.host;

export const isReachedByItsDomain = auditsTenant({
  id: 'tenant/is-named-by-a-domain-of-its-own',
  title: 'Is named by the MCP server by one of its own domains, the custom one where there is one',
  keyword: 'SHOULD',
  severity: 'medium',
  pillar: 'token-issuance',
  requirements: ['AUTH0-custom-domain-issuer', 'AUTH0-issuer-prm-exact'],
  reads: ['customDomains'],
  unsaid: (_, { issuers, facts }) => {
    if (facts.provider !== 'auth0') return 'the authorization server could not be told to be an Auth0 tenant';
    return issuers.some((issuer) => hostOf(issuer) !== undefined)
      ? undefined
      : 'the MCP server names no authorization server';
  },
  reasons: {
    'another-tenant': {
      says: 'The authorization server that the MCP server names is no domain of the tenant that the profile gives access to: another tenant was audited, or another issuer is named.',
      fix: {
        general: 'Give the profile access to the tenant that the MCP server names.',
        auth0: {
          text: 'Compare authorization_servers of the metadata with the tenant’s domain and its custom domains, and correct management.domain of the profile, or the metadata.',
          dashboard: 'Settings > Custom Domains',
          command: 'auth0 domains list',
        },
      },
      expected: 'an issuer of the tenant’s own or of a custom domain',
      wrong: ({ customDomains }, { issuers, around }) => {
        const own = [hostOf(around.api), ...customDomains.map(({ domain }) => String(domain))];
        return issuers.some((issuer) => own.includes(hostOf(issuer)))
          ? []
          : [`${issuers.join(', ')} is none of ${own.join(', ')}`];
      },
      example: { customDomains: [{ domain: 'login.example.org', status: 'ready', type: 'auth0_managed_certs' }] },
      setup: { facts: { provider: 'auth0' }, amid: { api: 'https://another.eu.auth0.com/api/v2/' } },
    },
    'not-ready': {
      says: 'The MCP server names the tenant by a custom domain that is not ready.',
      fix: {
        general: 'Finish the custom domain before clients are sent there.',
        auth0: {
          text: 'Verify the custom domain, or name the canonical domain until it is ready.',
          dashboard: 'Settings > Custom Domains',
          command: 'auth0 domains verify YOUR_CUSTOM_DOMAIN_ID',
        },
      },
      expected: 'status ready of the custom domain that is named',
      wrong: ({ customDomains }, { issuers }) =>
        customDomains
          .filter(({ domain, status }) => status !== 'ready' && issuers.some((issuer) => hostOf(issuer) === domain))
          .map(({ domain, status }) => `${domain} is ${status}`),
      example: { customDomains: [{ domain: 'tenant.example.com', status: 'pending_verification' }] },
    },
    'canonical-beside-custom': {
      says: 'The tenant has a custom domain, and the MCP server names it by its canonical one: tokens got by the custom domain have another issuer and are refused.',
      keyword: 'ADVICE',
      fix: {
        general: 'Name the domain that clients use, and have the server accept the issuer of that domain alone.',
        auth0: {
          text: 'Write the custom domain with its slash into authorization_servers of the metadata and into the issuer that the server expects; tokens of clients that go by the canonical domain end with this.',
          dashboard: 'Settings > Custom Domains',
          command: 'auth0 domains list',
        },
      },
      expected: 'an issuer of the custom domain',
      wrong: ({ customDomains }, { issuers, around }) => {
        const ready = customDomains.filter(({ status }) => status === 'ready').map(({ domain }) => String(domain));
        const hosts = issuers.map(hostOf);
        const own = hostOf(around.api);
        return ready.length > 0 &&
          hosts.includes(own) &&
          !ready.includes(own!) &&
          !ready.some((each) => hosts.includes(each))
          ? [`${own} is named, ${ready.join(', ')} is ready`]
          : [];
      },
      example: { customDomains: [{ domain: 'login.example.com', status: 'ready' }] },
    },
  },
  seen: ({ customDomains }, { issuers }) =>
    `${issuers.join(', ')}; ${customDomains.length === 0 ? 'no custom domain' : customDomains.map(({ domain, status }) => `${domain} ${status}`).join(', ')}`,
  setup: { facts: { provider: 'auth0' } },
});

export const tenantNetworkChecks = checks(guardsRegistration, isReachedByItsDomain);
