import { isThirdParty } from '../../fixtures/management/clients.ts';
import { declarationOf, isSelfRegistered } from '../../fixtures/management/reads.ts';
import {
  isOwnClient,
  lastUseOf,
  oldestLog,
  originOf,
  textsIn,
  timeOf,
  watchedSince,
} from '../../fixtures/management/record.ts';
import { isLoopbackHost, isWithin } from '../../fixtures/protocol/addresses.ts';
import type { JsonObject } from '../../fixtures/protocol/documents.ts';
import { absoluteUrl } from '../../fixtures/protocol/urls.ts';
import type { ExpectedRegistrations, TenantRecord } from '../../fixtures/target.ts';
import { checks } from '../check.ts';
import { GOLDEN_CLIENT } from '../golden-tenant.ts';
import { counted } from '../words.ts';
import { auditsTenant, type Tenant, type TenantSetting } from './audit.ts';
import { nameOf } from './names.ts';
import { isOfTests, mayHaveRegistered, together, unannounced } from './naming.ts';

/**
 * Registrations in the log that are not known to be this tool's own. Names say nothing: whoever registers chooses theirs.
 */
const foreign = (registrations: readonly JsonObject[], { around }: TenantSetting) =>
  registrations.filter(({ client_id }) => !isOwnClient(around, client_id));

/** How many are left out, for what a check has seen. */
const besidesOwn = (registrations: readonly JsonObject[], setting: TenantSetting) => {
  const own = registrations.length - foreign(registrations, setting).length;
  return own === 0 ? '' : `, besides ${own} of this tool`;
};

/** What nothing wrong among the newest leaves open. */
const unlessWhole = ({ cut: [first] }: TenantSetting) => {
  if (first === undefined) return undefined;
  const { path, reach } = declarationOf(first);
  return {
    because: `of ${path} the API gives the newest ${reach}: nothing is wrong with these, and there are more`,
    unlock: 'a run before there are so many; a log stream shows all of them to whoever receives it',
  };
};

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
  unsaid: ({ registrations }, setting) =>
    foreign(registrations, setting).length > 0 || setting.cut.length > 0
      ? undefined
      : 'the log of the tenant has no registrations',
  beyond: (_, setting) => {
    const { sources, hours } = expectedOf(setting);
    return sources === undefined && hours === undefined
      ? {
          because: 'nobody says from where and when registrations are expected',
          unlock: 'policy.expectedRegistrations: sources (addresses, networks) or hours from which clients register',
        }
      : undefined;
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
          foreign(registrations, setting)
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
          foreign(registrations, setting)
            .filter((each) => !isExpectedHour(each, hours))
            .map(shownEntry),
        );
      },
      example: { registrations: [entry({ date: '2025-12-30T03:00:00.000Z' })] },
    },
  },
  untold: (_, setting) => unlessWhole(setting),
  seen: ({ registrations }, setting) =>
    `${foreign(registrations, setting).length} registrations in the log, each from where and when they are expected${besidesOwn(registrations, setting)}`,
  passes: { registrations: [entry({})] },
  setup: { facts: { policy: { strict: false, expectedRegistrations: POLICY } } },
});

const USUAL_PER_HOUR = 20;

const mostOf = (setting: TenantSetting) => expectedOf(setting).perHour ?? USUAL_PER_HOUR;

/** Registrations by the hour they came in, UTC. */
function byHour(registrations: readonly JsonObject[], setting: TenantSetting): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { date } of foreign(registrations, setting)) {
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
  unsaid: ({ registrations }, setting) =>
    foreign(registrations, setting).length > 0 || setting.cut.length > 0
      ? undefined
      : 'the log of the tenant has no registrations',
  reasons: {
    burst: {
      says: 'More clients were registered in one hour than expected.',
      fix: REVIEW,
      expected: 'no more in an hour than policy.expectedRegistrations.perHour, or 20',
      wrong: ({ registrations }, setting) =>
        together(
          [...byHour(registrations, setting)]
            .filter(([, count]) => count > mostOf(setting))
            .map(([hour, count]) => `${count} from ${hour}:00 on, UTC`),
        ),
      example: { registrations: burst(USUAL_PER_HOUR + 1) },
    },
  },
  untold: (_, setting) => unlessWhole(setting),
  seen: ({ registrations }, setting) =>
    `${foreign(registrations, setting).length} registrations in the log${besidesOwn(registrations, setting)}, at most ${Math.max(...byHour(registrations, setting).values(), 0)} in one hour of ${mostOf(setting)} expected`,
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

/** Each client with those of its hosts that are so, and not on the user's own machine. */
function leading(clients: readonly JsonObject[], isSo: (hostname: string) => boolean): readonly string[] {
  return together(
    clients.flatMap((client) => {
      const hosts = textsIn(client.callbacks).flatMap((uri) => {
        const url = absoluteUrl(uri);
        const isRemote = url !== undefined && /^https?:$/.test(url.protocol);
        return isRemote && !isLoopbackHost(url.hostname) ? [url.hostname] : [];
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

const NOBODY = 'the tenant has no clients that registered themselves, or may have';

const unlessUnannounced = ({ clients }: { readonly clients: readonly JsonObject[] }, setting: TenantSetting) =>
  unannounced(clients, setting).length > 0 ? undefined : NOBODY;

export const leadsToKnownPlaces = auditsTenant({
  id: 'tenant/has-no-self-registered-clients-at-odd-hosts',
  title: 'Has no self-registered clients that lead to addresses, tunnels or names in disguise',
  keyword: 'ADVICE',
  severity: 'high',
  pillar: 'client-registration',
  requirements: ['AUTH0-dcr-log-anomalies'],
  reads: ['clients'],
  unsaid: unlessUnannounced,
  reasons: {
    address: {
      says: 'Clients that registered themselves, or do not say how they came, lead to an IP address, behind which nobody can be told.',
      fix: REVIEW,
      expected: 'redirect URIs with names',
      wrong: ({ clients }, setting) =>
        leading(unannounced(clients, setting), (host) => /^\[|^\d+(\.\d+){3}$/.test(host)),
      example: { clients: [{ ...SELF_REGISTERED, callbacks: ['https://198.51.100.7/callback'] }] },
    },
    'throwaway-host': {
      says: 'Clients that registered themselves, or do not say how they came, lead to a tunnel or a catcher of requests, which anybody opens for an hour.',
      fix: REVIEW,
      expected: 'hosts that belong to somebody',
      wrong: ({ clients }, setting) =>
        leading(unannounced(clients, setting), (host) =>
          THROWAWAY.some((domain) => host === domain || host.endsWith(`.${domain}`)),
        ),
      example: { clients: [{ ...SELF_REGISTERED, callbacks: ['https://a1b2.ngrok-free.app/callback'] }] },
    },
    'name-in-disguise': {
      says: 'Clients that registered themselves, or do not say how they came, lead to a host whose name has letters of other alphabets, which can look like another name.',
      fix: REVIEW,
      expected: 'hosts without internationalized labels (xn--)',
      wrong: ({ clients }, setting) => leading(unannounced(clients, setting), (host) => /(^|\.)xn--/.test(host)),
      example: { clients: [{ ...SELF_REGISTERED, callbacks: ['https://cl\u0430ude.example/callback'] }] },
    },
  },
  seen: ({ clients }, setting) =>
    `${counted(unannounced(clients, setting).length, 'client')} that registered themselves or may have, none at an odd host`,
  passes: { clients: [SELF_REGISTERED] },
});

const DAY = 86_400_000;
const IDLE_DAYS = 30;
/** A log that keeps 30 days has its oldest entry a little later. */
const ENOUGH_DAYS = 29;

const daysBetween = (from: string, to: string) => (Date.parse(to) - Date.parse(from)) / DAY;

/** `not-asked`, and those behind it: it is not known whether it is idle, and why. */
type Use = 'young' | 'in-use' | 'idle' | 'not-asked' | 'unread' | 'short-log' | 'of-unknown-age';

/** What is known of how a client is used; it may be used and leave nothing in a log that does not reach back. */
function useOf({ client_id }: JsonObject, { around, facts }: TenantSetting): Use {
  const client = String(client_id);
  const isRecent = (time: string | undefined) => time !== undefined && daysBetween(time, facts.capturedAt) < IDLE_DAYS;
  const { after, before } = originOf(around, client);
  if (isRecent(after)) return 'young';
  const used = lastUseOf(around, client);
  if (used === 'unread') return around.lastUse.some((each) => each.client === client) ? 'unread' : 'not-asked';
  if (isRecent(used)) return 'in-use';
  const since = watchedSince(around, client);
  if (since === undefined || daysBetween(since, facts.capturedAt) < ENOUGH_DAYS) return 'short-log';
  const isOld = used !== undefined || (before !== undefined && !isRecent(before));
  return isOld ? 'idle' : 'of-unknown-age';
}

const of = (use: Use, clients: readonly JsonObject[], setting: TenantSetting) =>
  clients
    .filter((client) => isSelfRegistered(client) && !isOfTests(client, setting))
    .filter((client) => useOf(client, setting) === use);

const STATE =
  'state: a folder kept between runs that are no further apart than the log reaches back (Auth0 keeps logs 1 day on the free plan, 5 on Essentials, 10 on Professional, 30 on Enterprise)';

/** Why it is not known of some clients, and what would show it. */
const UNKNOWN: readonly {
  readonly use: Use;
  readonly because: (around: TenantSetting['around']) => string;
  readonly unlock: string;
}[] = [
  {
    use: 'not-asked',
    because: () => 'a run looks up so many clients, and these were not among them',
    unlock: 'state: a folder kept between runs; the next one looks up others',
  },
  {
    use: 'unread',
    because: () => 'the log did not answer when it was asked about them',
    unlock: 'the run once more, when the Management API answers',
  },
  {
    use: 'short-log',
    because: (around) => {
      const since = oldestLog(around);
      const reach = since === undefined ? 'nothing' : `what they did since ${since.slice(0, 10)} alone`;
      return `the log of the tenant tells ${reach}, for so long it is kept`;
    },
    unlock: STATE,
  },
  {
    use: 'of-unknown-age',
    because: () => 'the tenant does not say when they came, and nobody saw them 30 days ago',
    unlock: STATE,
  },
];

/** When it was there first is what a record says. */
const EARLIER: TenantRecord = {
  at: '2025-12-20T00:00:00.000Z',
  clients: [{ client: 'tpc_1', callbacks: [], firstSeen: '2025-10-01T00:00:00.000Z' }],
};

export const hasNoIdleClients = auditsTenant({
  id: 'tenant/has-no-idle-self-registered-clients',
  title: 'Has no self-registered clients that got no token for 30 days',
  keyword: 'ADVICE',
  severity: 'low',
  pillar: 'client-registration',
  requirements: ['AUTH0-dcr-inactive-clients', 'AUTH0-credential-rotation'],
  reads: ['clients', 'oldestLogs', 'registrations'],
  unsaid: ({ clients }, setting) =>
    unannounced(clients, setting).some((client) => useOf(client, setting) !== 'young')
      ? undefined
      : 'the tenant has no self-registered clients that are older than 30 days',
  untold: ({ clients }, setting) => {
    const silent = clients.filter((client) => mayHaveRegistered(client, setting) && !isOfTests(client, setting));
    const unknown = UNKNOWN.flatMap(({ use, because, unlock }) => {
      const { length } = of(use, clients, setting);
      return length === 0 ? [] : [{ because: `of ${length} of them: ${because(setting.around)}`, unlock }];
    });
    const all = [
      ...unknown,
      ...(silent.length === 0
        ? []
        : [
            {
              because: `${silent.length} others do not say whether they registered themselves`,
              unlock: 'inventory: an entry for each client that somebody answers for',
            },
          ]),
    ];
    return all.length === 0
      ? undefined
      : {
          because: `whether self-registered clients got a token in 30 days is not known of all: ${all.map((each) => each.because).join('; ')}`,
          unlock: [...new Set(all.map((each) => each.unlock))].join('; '),
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
      example: { clients: [SELF_REGISTERED] },
      setup: { amid: { lastUse: { tpc_1: undefined }, earlier: EARLIER } },
    },
  },
  seen: ({ clients }, setting) => `${counted(of('in-use', clients, setting).length, 'self-registered client')} in use`,
  passes: { clients: [SELF_REGISTERED] },
  setup: { amid: { lastUse: { tpc_1: '2025-12-30T08:00:00.000Z' }, earlier: EARLIER } },
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

/** Applications of the company that have nothing to do with MCP change theirs at every release. */
const compared = (clients: readonly JsonObject[], setting: TenantSetting) =>
  clients.filter((client) => isThirdParty(client) || isOfTests(client, setting));

export const changesNoRedirectUris = auditsTenant({
  id: 'tenant/has-the-redirect-uris-of-the-run-before',
  title: 'Has the redirect URIs that an earlier run saw',
  keyword: 'ADVICE',
  severity: 'medium',
  pillar: 'client-registration',
  requirements: ['AUTH0-dcr-log-anomalies', 'AUTH0-cimd-refresh-drift'],
  reads: ['clients'],
  unsaid: ({ clients }, setting) =>
    compared(clients, setting).length === 0 ? 'the tenant has no third-party clients' : undefined,
  beyond: (_, { around }) =>
    around.earlier === undefined
      ? {
          because: 'nothing was kept of the redirect URIs that clients had before',
          unlock: 'state: a folder that is kept between runs; the next run compares with this one',
        }
      : undefined,
  reasons: {
    changed: {
      says: 'Redirect URIs of clients have changed since an earlier run, and nobody has said that this is meant: codes go elsewhere than before.',
      fix: {
        general:
          'Ask who changed them. Each run tells it again until one is told that they are meant: mcp-auth-conformance run YOUR_PROFILE --accept-redirect-uris.',
        auth0: {
          text: 'Look for “Update a client” in the log, and take a URL back that nobody answers for.',
          dashboard: LOGS,
          command: 'auth0 logs list --filter \'type:sapi AND description:"Update a client"\'',
        },
      },
      expected: 'the same redirect URIs',
      wrong: ({ clients }, setting) =>
        together(
          compared(clients, setting).flatMap((client) => {
            const changes = changesOf(client, setting);
            return changes.length === 0 ? [] : [`${nameOf(client)} ${changes.join(', ')}`];
          }),
        ),
      example: { clients: [{ ...GOLDEN_CLIENT, callbacks: ['https://client.example/other'] }] },
    },
  },
  seen: ({ clients }, setting) =>
    `${counted(compared(clients, setting).length, 'client')}, as when they were accepted; the run before was at ${setting.around.earlier?.at}`,
});

/** Failed token requests of one client on one day that are no slip any more. */
const MANY_FAILURES = 20;

type FailureRead = Tenant<'tokenFailures' | 'clients' | 'grants'>;

/** Clients of the MCP server whose failures are nobody's tests: third parties, and those with a grant for it. */
const concerned = ({ clients, grants }: FailureRead, setting: TenantSetting) =>
  clients.filter(
    (client) =>
      !isOfTests(client, setting) &&
      !isOwnClient(setting.around, client.client_id) &&
      (isThirdParty(client) ||
        grants.some(({ client_id, audience }) => client_id === client.client_id && audience === setting.resource)),
  );

/** Each client with its failures of the day on which it has most, newest first. */
function failuresOf(read: FailureRead, setting: TenantSetting): readonly (readonly JsonObject[])[] {
  return concerned(read, setting).flatMap(({ client_id: id }) => {
    const days = new Map<string, JsonObject[]>();
    for (const failure of read.tokenFailures.filter(({ client_id }) => client_id === id)) {
      const day = timeOf(failure.date)?.slice(0, 10) ?? '';
      days.set(day, [...(days.get(day) ?? []), failure]);
    }
    const [worst] = [...days.values()].sort((one, other) => other.length - one.length);
    return worst === undefined ? [] : [worst];
  });
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
  reads: ['tokenFailures', 'clients', 'grants'],
  reasons: {
    'keeps-failing': {
      says: 'Token requests of clients keep failing: somebody tries codes, tokens or secrets of theirs, or they are broken.',
      fix: {
        general: 'Find out whether the client is broken or somebody else uses its id.',
        auth0: {
          text: 'Look at the failures of the client in the log, by address and description; rotate its secret or delete it where they are not its own.',
          dashboard: LOGS,
          command: "auth0 logs list --filter 'client_id:YOUR_CLIENT_ID AND type:(feacft OR feccft OR ferrt)'",
        },
      },
      expected: `fewer than ${MANY_FAILURES} failed token requests of each client on a day, expired refresh tokens left out`,
      wrong: (read, setting) =>
        together(
          failuresOf(read, setting)
            .filter(({ length }) => length >= MANY_FAILURES)
            .flatMap(([newest, ...others]) => {
              if (newest === undefined) return [];
              const { client_name, client_id, description, date } = newest;
              return [
                `${client_name ?? 'a client'} (${client_id}) failed ${others.length + 1} times on a day, the last time at ${date}: ${description}`,
              ];
            }),
        ),
      example: { clients: [SELF_REGISTERED], tokenFailures: failing(MANY_FAILURES) },
    },
  },
  untold: (_, setting) => unlessWhole(setting),
  seen: (read, setting) =>
    `${failuresOf(read, setting).length} clients of the MCP server with failed token requests in the log, none with ${MANY_FAILURES} or more on a day`,
});

export const tenantRegistrationChecks = checks(
  registersFromExpectedPlaces,
  registersInMeasure,
  leadsToKnownPlaces,
  hasNoIdleClients,
  changesNoRedirectUris,
  failsNoTokenRequests,
);
