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

const isBlock = ({ rule }: JsonObject) => member(member(rule, 'action'), 'allow') !== true;

const isPassedOver = ({ fate }: { readonly fate: Fate }) => fate === 'passed-over';

const isActive = ({ active }: JsonObject) => active === true;

const shown = ({ description, id }: JsonObject) => `${description} (${id})`;

/** A way to the tenant, by the names that rules know it by. */
interface Way {
  readonly host: string;
  /** What rules compare: the server name of the TLS handshake. */
  readonly names: readonly string[];
  /** Behind a proxy of the operator's own, of which the tenant shows nothing. */
  readonly isProxied: boolean;
}

const plain = (host: string) => host.toLowerCase().replace(/:\d+$/, '');

/** By its own host and its custom domains. Those with certificates of the operator's have another name behind the proxy. */
function waysTo(domains: readonly JsonObject[], { around }: Pick<TenantSetting, 'around'>): readonly Way[] {
  const own = absoluteUrl(around.api)?.host;
  const canonical = own === undefined ? [] : [{ host: own, names: [plain(own)], isProxied: false }];
  const custom = domains
    .filter(({ status }) => status === 'ready')
    .map(({ domain, origin_domain_name: origin, type }) => ({
      host: String(domain),
      names: [domain, origin].filter((each) => typeof each === 'string').map(plain),
      isProxied: type === 'self_managed_certs',
    }));
  return [...canonical, ...custom.filter(({ host }) => plain(host) !== (own && plain(own)))];
}

/** Signals that tell where or by what software a request comes; a user agent is whatever the client says. */
const ORIGINS: readonly string[] = [
  'asns',
  'connecting_ipv4_cidrs',
  'connecting_ipv6_cidrs',
  'geo_country_codes',
  'geo_subdivision_codes',
  'ipv4_cidrs',
  'ipv6_cidrs',
  'ja3_fingerprints',
  'ja4_fingerprints',
];

const EVERYWHERE: readonly string[] = ['0.0.0.0/0', '::/0'];

const signalsOf = (rule: unknown, condition: 'match' | 'not_match') =>
  Object.entries((member(rule, condition) ?? {}) as JsonObject)
    .map(([signal, values]) => [signal, textsIn(values)] as const)
    .filter(([, values]) => values.length > 0);

/**
 * Whether a rule is about whoever comes this way and is not named in it (Tenant ACL Rule Evaluation: all signals have to
 * match, and of not_match none of the values may).
 */
function isAboutStrangers({ rule }: JsonObject, { names }: Way): boolean {
  const isThisWay = (values: readonly string[]) => values.some((each) => names.includes(plain(each)));
  const matches = signalsOf(rule, 'match').every(([signal, values]) =>
    signal === 'hostnames' ? isThisWay(values) : values.some((each) => EVERYWHERE.includes(each)),
  );
  const spares = signalsOf(rule, 'not_match').some(([signal, values]) =>
    signal === 'hostnames'
      ? isThisWay(values)
      : !ORIGINS.includes(signal) || values.some((each) => EVERYWHERE.includes(each)),
  );
  return matches && !spares;
}

const priorityOf = ({ priority }: JsonObject) => (typeof priority === 'number' ? priority : Number.POSITIVE_INFINITY);

type Fate = 'stopped' | 'let-in' | 'passed-over';

/** What becomes of strangers who come this way: the first rule that is about them decides, the lowest priority first. */
function fateOf(rules: readonly JsonObject[], way: Way): Fate {
  const [first] = rules.filter((each) => isAboutStrangers(each, way)).sort((a, b) => priorityOf(a) - priorityOf(b));
  if (first === undefined) return 'passed-over';
  return member(member(first.rule, 'action'), 'allow') === true ? 'let-in' : 'stopped';
}

type Read = Tenant<'settings' | 'networkAcls' | 'customDomains'>;

const over = ({ networkAcls }: Read) => networkAcls.filter(isOverRegistration);

/** Rules that do something about registrations. */
const working = (read: Read) => over(read).filter((each) => isActive(each) && doesSomething(each));

/** Ways to the tenant with what becomes of strangers there; none where no rule does anything. */
const fates = (read: Read, setting: TenantSetting) =>
  working(read).length === 0
    ? []
    : waysTo(read.customDomains, setting).map((way) => ({ ...way, fate: fateOf(working(read), way) }));

/** Ways that are left open while others are closed. */
const leftOpen = (read: Read, setting: TenantSetting) =>
  fates(read, setting).some(({ fate }) => fate === 'stopped')
    ? fates(read, setting).filter(({ fate }) => fate !== 'stopped')
    : [];

/** The one-sentence answer where the plan has no such rules. */
const WITHOUT_PLAN =
  'Without that plan, turn Dynamic Client Registration off and import metadata documents (CIMD) by hand: a proxy before the custom domain alone does not help, because the canonical hostname stays open.';

const FIX = {
  general:
    'Let the networks that clients register from reach the registration endpoint, on every hostname, and nobody else.',
  auth0: {
    text: `Add an active Tenant Access Control List rule over dynamic_client_registration that blocks what is not from these networks; it holds on the custom domain and on the canonical hostname. ${WITHOUT_PLAN}`,
    dashboard: 'Security > Access Control',
    command:
      'auth0 api post network-acls --data \'{"description":"Registration from our networks","active":true,"priority":1,"rule":{"scope":"dynamic_client_registration","action":{"block":true},"not_match":{"ipv4_cidrs":["YOUR_NETWORK"]}}}\'',
    plan: 'Enterprise',
  },
} as const;

const SCOPE = 'dynamic_client_registration';

const ALL_NETWORKS = { ipv4_cidrs: ['0.0.0.0/0'], ipv6_cidrs: ['::/0'] };

const GUARD: JsonObject = {
  id: 'acl_1',
  description: 'Registration from our networks',
  active: true,
  priority: 1,
  rule: {
    scope: SCOPE,
    action: { block: true },
    not_match: { ipv4_cidrs: ['203.0.113.0/24'] },
  },
};

const OPEN = {
  settings: [{ ...GOLDEN_SETTINGS, flags: { enable_dynamic_client_registration: true } }],
};

const isDecided = ({ facts: { policy } }: TenantSetting) =>
  policy.registration === 'open' || policy.registration === 'protected';

const none = (read: Read, { notOffered }: TenantSetting) => {
  if (over(read).length > 0) return [];
  return [
    notOffered.includes('networkAcls')
      ? 'registration is open to anybody, and the plan of the tenant has no rules of the network'
      : read.networkAcls.length === 0
        ? 'registration is open to anybody, and the tenant has no rules of the network'
        : `none of ${read.networkAcls.length} rules of the network is over registration, which is open to anybody`,
  ];
};

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
      wrong: (read, setting) => (isDecided(setting) ? [] : none(read, setting)),
      example: { networkAcls: [] },
    },
    'unguarded-by-decision': {
      says: 'Anybody on the internet may register clients, as the profile’s policy has it, and no rule of the network keeps even known abusers out.',
      keyword: 'ADVICE',
      fix: FIX,
      expected: 'an active rule over registration that blocks',
      wrong: (read, setting) => (isDecided(setting) ? none(read, setting) : []),
      example: { networkAcls: [] },
      setup: { facts: { policy: { strict: false, registration: 'open' } } },
    },
    'log-only': {
      says: 'The rules of the network over registration write down who comes, and stop nobody.',
      fix: FIX,
      expected: 'a rule over registration that blocks',
      wrong: (read) =>
        over(read).some(isActive) && working(read).length === 0 ? together(over(read).filter(isActive).map(shown)) : [],
      example: { networkAcls: [{ ...GUARD, rule: { ...(GUARD.rule as JsonObject), action: { log: true } } }] },
    },
    inactive: {
      says: 'The rules of the network over registration are switched off.',
      fix: FIX,
      expected: 'an active rule over registration',
      wrong: (read) => (over(read).some(isActive) ? [] : together(over(read).map(shown))),
      example: { networkAcls: [{ ...GUARD, active: false }] },
    },
    'strangers-let-in': {
      says: 'A rule of the network over registration lets everybody in, so that no rule behind it stops strangers.',
      fix: FIX,
      expected: 'the rule that blocks strangers before any that lets everybody in',
      wrong: (read, setting) =>
        together(
          fates(read, setting).every(({ fate }) => fate !== 'stopped')
            ? fates(read, setting)
                .filter(({ fate }) => fate === 'let-in')
                .map(({ host }) => `everybody is let in at ${host}`)
            : [],
        ),
      example: {
        networkAcls: [
          { ...GUARD, id: 'acl_2', priority: 0, rule: { scope: SCOPE, action: { allow: true }, match: ALL_NETWORKS } },
          GUARD,
        ],
      },
    },
    'named-alone': {
      // The documents say that a rule that allows is about those that it names, and call one “only from” these.
      says: 'The rules of the network over registration are about those that they name, and whoever they do not name registers.',
      keyword: 'ADVICE',
      fix: FIX,
      expected: 'a rule over registration that blocks whoever it does not name (not_match)',
      wrong: (read, setting) => {
        const isKept = isDecided(setting) && working(read).some(isBlock);
        return !isKept && fates(read, setting).length > 0 && fates(read, setting).every(isPassedOver)
          ? together(working(read).map(shown))
          : [];
      },
      example: {
        networkAcls: [
          { ...GUARD, rule: { scope: SCOPE, action: { block: true }, match: { user_agents: ['sqlmap'] } } },
        ],
      },
    },
    'one-hostname': {
      says: 'The rules of the network over registration keep strangers out at some hostnames of the tenant, and they go by another.',
      fix: FIX,
      expected: 'rules that hold on the custom domain and on the canonical hostname',
      wrong: (read, setting) =>
        together(
          leftOpen(read, setting).every(({ isProxied }) => isProxied)
            ? []
            : leftOpen(read, setting).map(({ host }) => `no rule is about ${host}`),
        ),
      example: {
        customDomains: [{ domain: 'login.example.com', status: 'ready', type: 'auth0_managed_certs' }],
        networkAcls: [
          { ...GUARD, rule: { scope: SCOPE, action: { block: true }, match: { hostnames: ['login.example.com'] } } },
        ],
      },
    },
  },
  untold: (read, setting) => {
    const [proxied] = leftOpen(read, setting);
    return proxied === undefined
      ? undefined
      : {
          because: `strangers are kept out but at ${proxied.host}, a custom domain behind a proxy of the operator’s: whether that keeps them out is not seen here`,
          unlock: 'network.vantage: outside, with allow: [writes], which shows who may register',
        };
  },
  seen: (read) => `active over registration: ${working(read).map(shown).join(', ')}`,
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
