import { isSelfRegistered } from '../../fixtures/management/reads.ts';
import { lastUseOf, textsIn, timeOf, watchedSince } from '../../fixtures/management/record.ts';
import { isWithin } from '../../fixtures/protocol/addresses.ts';
import type { JsonObject } from '../../fixtures/protocol/documents.ts';
import { OWN_NAME } from '../../fixtures/protocol/own-clients.ts';
import { absoluteUrl } from '../../fixtures/protocol/urls.ts';
import type { ExpectedRegistrations } from '../../fixtures/target.ts';
import { checks } from '../check.ts';
import { GOLDEN_CLIENT } from '../golden-tenant.ts';
import { auditsTenant, type TenantSetting } from './audit.ts';
import { nameOf } from './names.ts';
import { isOfTests, together } from './naming.ts';

/** Registrations in the log that are not this tool's own. */
const foreign = (registrations: readonly JsonObject[]) =>
  registrations.filter(({ client_name: name }) => !String(name ?? '').startsWith(OWN_NAME));

const entry = (members: JsonObject): JsonObject => ({
  log_id: '900',
  type: 'sapi',
  description: 'Dynamic client registration',
  date: '2025-12-30T10:00:00.000Z',
  ip: '203.0.113.10',
  client_id: 'tpc_1',
  client_name: 'Helper',
  ...members,
});

const LOGS = 'Monitoring > Logs';
const SEARCH = 'auth0 logs list --filter \'type:sapi AND description:"Dynamic client registration"\'';

const REVIEW = {
  general: 'Find out who registered these clients, and delete those that nobody answers for.',
  auth0: {
    text: 'Look at the registrations in the log; delete unknown clients, and turn Dynamic Client Registration off or guard it by a rule of the network (Enterprise).',
    dashboard: LOGS,
    command: SEARCH,
  },
} as const;

const shownEntry = ({ client_name, client_id, ip, date }: JsonObject) =>
  `${client_name ?? 'a client'} (${client_id ?? 'no id'}) from ${ip} at ${date}`;

const expectedOf = ({ facts: { policy } }: TenantSetting): ExpectedRegistrations => policy.expectedRegistrations ?? {};

const isExpectedSource = ({ ip }: JsonObject, sources: readonly string[]) =>
  sources.some((source) => isWithin(String(ip), source));

/** `HH:MM` in UTC compare as text. */
function isExpectedHour({ date }: JsonObject, { from, to }: NonNullable<ExpectedRegistrations['hours']>): boolean {
  const time = timeOf(date)?.slice(11, 16);
  if (time === undefined) return true;
  return from <= to ? time >= from && time < to : time >= from || time < to;
}

const POLICY: ExpectedRegistrations = { sources: ['203.0.113.0/24'], hours: { from: '08:00', to: '18:00' } };

export const registersFromExpectedPlaces = auditsTenant({
  id: 'tenant/registers-clients-from-where-they-are-expected',
  title: 'Registers clients from the addresses and in the hours that are expected',
  keyword: 'SHOULD',
  severity: 'high',
  pillar: 'client-registration',
  requirements: ['AUTH0-dcr-log-review', 'AUTH0-dcr-log-anomalies'],
  reads: ['registrations'],
  unsaid: ({ registrations }, setting) => {
    const { sources, hours } = expectedOf(setting);
    if (sources === undefined && hours === undefined) {
      return 'policy.expectedRegistrations says neither from where registrations come nor when';
    }
    return foreign(registrations).length > 0 ? undefined : 'the log of the tenant has no registrations';
  },
  reasons: {
    'unexpected-source': {
      says: 'Clients were registered from addresses that nobody expects registrations from.',
      fix: REVIEW,
      expected: 'addresses of policy.expectedRegistrations.sources',
      wrong: ({ registrations }, setting) => {
        const { sources } = expectedOf(setting);
        if (sources === undefined) return [];
        return together(
          foreign(registrations)
            .filter((each) => !isExpectedSource(each, sources))
            .map(shownEntry),
        );
      },
      example: { registrations: [entry({ ip: '198.51.100.7' })] },
    },
    'unexpected-hour': {
      says: 'Clients were registered at hours at which nobody expects registrations.',
      fix: REVIEW,
      expected: 'hours of policy.expectedRegistrations.hours, UTC',
      wrong: ({ registrations }, setting) => {
        const { hours } = expectedOf(setting);
        if (hours === undefined) return [];
        return together(
          foreign(registrations)
            .filter((each) => !isExpectedHour(each, hours))
            .map(shownEntry),
        );
      },
      example: { registrations: [entry({ date: '2025-12-30T03:00:00.000Z' })] },
    },
  },
  seen: ({ registrations }) =>
    `${foreign(registrations).length} registrations in the log, each from where and when they are expected`,
  passes: { registrations: [entry({})] },
  setup: { facts: { policy: { strict: false, expectedRegistrations: POLICY } } },
});

const USUAL_PER_HOUR = 20;

const mostOf = (setting: TenantSetting) => expectedOf(setting).perHour ?? USUAL_PER_HOUR;

/** Registrations by the hour they came in, UTC. */
function byHour(registrations: readonly JsonObject[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { date } of foreign(registrations)) {
    const hour = timeOf(date)?.slice(0, 13);
    if (hour !== undefined) counts.set(hour, (counts.get(hour) ?? 0) + 1);
  }
  return counts;
}

const burst = (count: number): readonly JsonObject[] =>
  Array.from({ length: count }, (_, at) => entry({ log_id: String(at), client_id: `tpc_${at + 1}` }));

export const registersInMeasure = auditsTenant({
  id: 'tenant/registers-no-more-clients-than-expected',
  title: 'Registers no more clients in an hour than expected',
  keyword: 'ADVICE',
  severity: 'medium',
  pillar: 'client-registration',
  requirements: ['AUTH0-dcr-log-anomalies', 'AUTH0-dcr-log-review'],
  reads: ['registrations'],
  unsaid: ({ registrations }) =>
    foreign(registrations).length > 0 ? undefined : 'the log of the tenant has no registrations',
  reasons: {
    burst: {
      says: 'More clients were registered in one hour than expected.',
      fix: REVIEW,
      expected: 'no more in an hour than policy.expectedRegistrations.perHour, or 20',
      wrong: ({ registrations }, setting) =>
        together(
          [...byHour(registrations)]
            .filter(([, count]) => count > mostOf(setting))
            .map(([hour, count]) => `${count} from ${hour}:00 on, UTC`),
        ),
      example: { registrations: burst(USUAL_PER_HOUR + 1) },
    },
  },
  seen: ({ registrations }, setting) =>
    `${foreign(registrations).length} registrations in the log, at most ${Math.max(...byHour(registrations).values(), 0)} in one hour of ${mostOf(setting)} expected`,
  passes: { registrations: [entry({})] },
});

/** Where whoever asks gets a host without saying who they are: tunnels, requests that are shown to whoever made the page. */
const THROWAWAY = [
  'loca.lt',
  'localtunnel.me',
  'ngrok.app',
  'ngrok.dev',
  'ngrok.io',
  'ngrok-free.app',
  'ngrok-free.dev',
  'requestbin.com',
  'serveo.net',
  'trycloudflare.com',
  'webhook.site',
];

const selfRegistered = (clients: readonly JsonObject[], setting: TenantSetting) =>
  clients.filter((client) => isSelfRegistered(client) && !isOfTests(client, setting));

/** Each client with those of its hosts that are so, and not on the user's own machine. */
function leading(clients: readonly JsonObject[], isSo: (hostname: string) => boolean): readonly string[] {
  return together(
    clients.flatMap((client) => {
      const hosts = textsIn(client.callbacks).flatMap((uri) => {
        const url = absoluteUrl(uri);
        const isRemote = url !== undefined && /^https?:$/.test(url.protocol);
        return isRemote && !/^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname) ? [url.hostname] : [];
      });
      const found = [...new Set(hosts)].filter(isSo);
      return found.length === 0 ? [] : [`${nameOf(client)} leads to ${found.join(', ')}`];
    }),
  );
}

const SELF_REGISTERED: JsonObject = {
  ...GOLDEN_CLIENT,
  client_id: 'tpc_1',
  name: 'Helper',
  external_metadata_type: 'dcr',
  external_metadata_created_by: 'client',
};

const NOBODY = 'the tenant has no clients that registered themselves';

const unlessSelfRegistered = ({ clients }: { readonly clients: readonly JsonObject[] }, setting: TenantSetting) =>
  selfRegistered(clients, setting).length > 0 ? undefined : NOBODY;

export const leadsToKnownPlaces = auditsTenant({
  id: 'tenant/has-no-self-registered-clients-at-odd-hosts',
  title: 'Has no self-registered clients that lead to addresses, tunnels or names in disguise',
  keyword: 'ADVICE',
  severity: 'high',
  pillar: 'client-registration',
  requirements: ['AUTH0-dcr-log-anomalies'],
  reads: ['clients'],
  unsaid: unlessSelfRegistered,
  reasons: {
    address: {
      says: 'Clients that registered themselves lead to an IP address, behind which nobody can be told.',
      fix: REVIEW,
      expected: 'redirect URIs with names',
      wrong: ({ clients }, setting) =>
        leading(selfRegistered(clients, setting), (host) => /^\[|^\d+(\.\d+){3}$/.test(host)),
      example: { clients: [{ ...SELF_REGISTERED, callbacks: ['https://198.51.100.7/callback'] }] },
    },
    'throwaway-host': {
      says: 'Clients that registered themselves lead to a tunnel or a catcher of requests, which anybody opens for an hour.',
      fix: REVIEW,
      expected: 'hosts that belong to somebody',
      wrong: ({ clients }, setting) =>
        leading(selfRegistered(clients, setting), (host) =>
          THROWAWAY.some((domain) => host === domain || host.endsWith(`.${domain}`)),
        ),
      example: { clients: [{ ...SELF_REGISTERED, callbacks: ['https://a1b2.ngrok-free.app/callback'] }] },
    },
    'name-in-disguise': {
      says: 'Clients that registered themselves lead to a host whose name has letters of other alphabets, which can look like another name.',
      fix: REVIEW,
      expected: 'hosts without internationalized labels (xn--)',
      wrong: ({ clients }, setting) => leading(selfRegistered(clients, setting), (host) => /(^|\.)xn--/.test(host)),
      example: { clients: [{ ...SELF_REGISTERED, callbacks: ['https://cl\u0430ude.example/callback'] }] },
    },
  },
  seen: ({ clients }, setting) =>
    `${selfRegistered(clients, setting).length} clients that registered themselves, none at an odd host`,
  passes: { clients: [SELF_REGISTERED] },
});

const DAY = 86_400_000;
const IDLE_DAYS = 30;
/** A log that keeps 30 days has its oldest entry a little later. */
const ENOUGH_DAYS = 29;

const daysBetween = (from: string, to: string) => (Date.parse(to) - Date.parse(from)) / DAY;

type Use = 'young' | 'in-use' | 'idle' | 'unknown';

/** What is known of how a client is used; it may be used and leave nothing in a log that does not reach back. */
function useOf({ client_id, created_at }: JsonObject, { around, facts }: TenantSetting): Use {
  const tenant = around;
  const created = timeOf(created_at);
  if (created !== undefined && daysBetween(created, facts.capturedAt) < IDLE_DAYS) return 'young';
  const used = lastUseOf(tenant, String(client_id));
  if (used === 'unread') return 'unknown';
  if (used !== undefined && daysBetween(used, facts.capturedAt) < IDLE_DAYS) return 'in-use';
  const since = watchedSince(tenant);
  return since !== undefined && daysBetween(since, facts.capturedAt) >= ENOUGH_DAYS ? 'idle' : 'unknown';
}

const of = (use: Use, clients: readonly JsonObject[], setting: TenantSetting) =>
  selfRegistered(clients, setting).filter((client) => useOf(client, setting) === use);

/** One that is older than what counts. */
const OLD: JsonObject = { ...SELF_REGISTERED, created_at: '2025-06-01T08:00:00.000Z' };

export const hasNoIdleClients = auditsTenant({
  id: 'tenant/has-no-idle-self-registered-clients',
  title: 'Has no self-registered clients that got no token for 30 days',
  keyword: 'ADVICE',
  severity: 'low',
  pillar: 'client-registration',
  requirements: ['AUTH0-dcr-inactive-clients', 'AUTH0-credential-rotation'],
  reads: ['clients', 'oldestLogs'],
  unsaid: ({ clients }, setting) =>
    selfRegistered(clients, setting).some((client) => useOf(client, setting) !== 'young')
      ? undefined
      : 'the tenant has no self-registered clients that are older than 30 days',
  untold: ({ clients }, setting) => {
    const unknown = of('unknown', clients, setting);
    if (unknown.length === 0) return undefined;
    const since = watchedSince(setting.around);
    const [reach = ''] = since === undefined ? [] : [`since ${since.slice(0, 10)}`];
    return {
      because: `whether ${unknown.length} self-registered clients got a token in 30 days is not known: the log of the tenant tells ${reach === '' ? 'nothing' : `what they did ${reach} alone`}, for so long it is kept`,
      unlock:
        'state: a folder kept between runs that are no further apart than the log reaches back (Auth0 keeps logs 1 day on Free, 5 on Essentials, 10 on Professional, 30 on Enterprise)',
    };
  },
  reasons: {
    idle: {
      says: 'Clients that registered themselves got no token for 30 days, and still stand open to whoever has them.',
      fix: {
        general: 'Delete clients that nobody uses; who comes back registers again.',
        auth0: {
          text: 'Delete the application; its grants and refresh tokens end with it.',
          dashboard: 'Applications > Applications > (the application) > Settings > Danger Zone',
          command: 'auth0 apps delete YOUR_CLIENT_ID',
        },
      },
      expected: 'a token request of each self-registered client within 30 days',
      wrong: ({ clients }, setting) => together(of('idle', clients, setting).map(nameOf)),
      example: { clients: [OLD] },
      setup: { amid: { lastUse: { tpc_1: undefined } } },
    },
  },
  seen: ({ clients }, setting) => `${of('in-use', clients, setting).length} self-registered clients in use`,
  passes: { clients: [OLD] },
  setup: { amid: { lastUse: { tpc_1: '2025-12-30T08:00:00.000Z' } } },
});

/** Redirect URIs that a client has and had not, and the other way round. */
function changesOf({ client_id, callbacks }: JsonObject, { around }: TenantSetting): readonly string[] {
  const before = around.earlier?.clients.find(({ client }) => client === client_id)?.callbacks;
  if (before === undefined) return [];
  const now = textsIn(callbacks);
  return [
    ...now.filter((uri) => !before.includes(uri)).map((uri) => `got ${uri}`),
    ...before.filter((uri) => !now.includes(uri)).map((uri) => `lost ${uri}`),
  ];
}

export const changesNoRedirectUris = auditsTenant({
  id: 'tenant/has-the-redirect-uris-of-the-run-before',
  title: 'Has the redirect URIs that an earlier run saw',
  keyword: 'ADVICE',
  severity: 'medium',
  pillar: 'client-registration',
  requirements: ['AUTH0-dcr-log-anomalies', 'AUTH0-cimd-refresh-drift'],
  reads: ['clients'],
  unsaid: ({ clients }) => (clients.length === 0 ? 'the tenant has no clients' : undefined),
  untold: (_, { around }) =>
    around.earlier === undefined
      ? {
          because: 'nothing was kept of the redirect URIs that clients had before',
          unlock: 'state: a folder that is kept between runs; the next run compares with this one',
        }
      : undefined,
  reasons: {
    changed: {
      says: 'Redirect URIs of clients have changed since an earlier run, so that codes go elsewhere than before.',
      fix: {
        general: 'Ask who changed them; a change that is meant is not told again by the next run.',
        auth0: {
          text: 'Look for “Update a client” in the log, and take a URL back that nobody answers for.',
          dashboard: LOGS,
          command: 'auth0 logs list --filter \'type:sapi AND description:"Update a client"\'',
        },
      },
      expected: 'the same redirect URIs',
      wrong: ({ clients }, setting) =>
        together(
          clients.flatMap((client) => {
            const changes = changesOf(client, setting);
            return changes.length === 0
              ? []
              : [`since ${setting.around.earlier?.at} ${nameOf(client)} ${changes.join(', ')}`];
          }),
        ),
      example: { clients: [{ ...GOLDEN_CLIENT, callbacks: ['https://client.example/other'] }] },
    },
  },
  seen: ({ clients }, { around }) => `${clients.length} clients, unchanged since ${around.earlier?.at}`,
});

/** Failed token requests of one client that are no slip any more. */
const MANY_FAILURES = 20;

/** Client → failed token requests in the log, those of the profile's own left out: tests fail on purpose. */
function failuresOf(
  failures: readonly JsonObject[],
  { around }: TenantSetting,
): readonly (readonly [JsonObject, number])[] {
  const counts = new Map<string, readonly [JsonObject, number]>();
  for (const failure of failures) {
    const { client_id: id, client_name: name } = failure;
    if (typeof id !== 'string' || around.tests.includes(id) || String(name ?? '').startsWith(OWN_NAME)) continue;
    counts.set(id, [failure, (counts.get(id)?.[1] ?? 0) + 1]);
  }
  return [...counts.values()];
}

const failing = (count: number): readonly JsonObject[] =>
  Array.from({ length: count }, (_, at) => entry({ log_id: String(at), type: 'feacft', description: 'Invalid code' }));

export const failsNoTokenRequests = auditsTenant({
  id: 'tenant/has-no-clients-that-keep-failing',
  title: 'Has no clients whose token requests keep failing',
  keyword: 'ADVICE',
  severity: 'low',
  pillar: 'token-issuance',
  requirements: ['AUTH0-dcr-log-anomalies'],
  reads: ['tokenFailures'],
  reasons: {
    'keeps-failing': {
      says: 'Token requests of clients keep failing: somebody tries codes, tokens or secrets of theirs, or they are broken.',
      fix: {
        general: 'Find out whether the client is broken or somebody else uses its id.',
        auth0: {
          text: 'Look at the failures of the client in the log, by address and description; rotate its secret or delete it where they are not its own.',
          dashboard: LOGS,
          command: "auth0 logs list --filter 'client_id:YOUR_CLIENT_ID AND type:(feacft OR feccft OR fertft)'",
        },
      },
      expected: `fewer than ${MANY_FAILURES} failed token requests of each client in the log`,
      wrong: ({ tokenFailures }, setting) =>
        together(
          failuresOf(tokenFailures, setting)
            .filter(([, count]) => count >= MANY_FAILURES)
            .map(
              ([{ client_name, client_id, description, date }, count]) =>
                `${client_name ?? 'a client'} (${client_id}) failed ${count} times, the newest at ${date}: ${description}`,
            ),
        ),
      example: { tokenFailures: failing(MANY_FAILURES) },
    },
  },
  seen: ({ tokenFailures }, setting) =>
    `${failuresOf(tokenFailures, setting).length} clients with failed token requests in the log, none with ${MANY_FAILURES} or more`,
});

export const tenantRegistrationChecks = checks(
  registersFromExpectedPlaces,
  registersInMeasure,
  leadsToKnownPlaces,
  hasNoIdleClients,
  changesNoRedirectUris,
  failsNoTokenRequests,
);
