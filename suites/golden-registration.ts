import type { EvidenceMap, Exchange } from '../fixtures/evidence.ts';
import { type JourneyEnd, READ } from '../fixtures/journey.ts';
import { registeredIn } from '../fixtures/protocol/registrations.ts';
import {
  type AskedRegistration,
  MANAGED_STEPS,
  type ManagedStep,
  REGISTRATION_CONTROLS,
  type RegistrationDoor,
  type RegistrationEvidence,
} from '../fixtures/registration-evidence.ts';
import {
  REGISTRATION_TRIALS,
  type RegistrationTrialId,
  registrationTrial,
} from '../fixtures/trials/registration/index.ts';
import { goodMetadata, type Metadata } from '../fixtures/trials/registration/trial.ts';
import { control, errorPage, grant, journey } from './golden-authorization.ts';

/** Evidence of registration by whoever has an initial access token, of clients that are managed by RFC 7592. */

const ENDPOINT = 'https://tenant.example.com/oidc/register';
const CONFIGURATION = `${ENDPOINT}/golden`;

/** What a registration endpoint answers, in short. */
export interface ShortRegistration {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Absent: what was registered, or an error. */
  readonly body?: Readonly<Record<string, unknown>> | string;
}

const NO_STORE = { 'content-type': 'application/json', 'cache-control': 'no-store' };

function exchange(
  id: string,
  { status = 201, headers = NO_STORE, body = '' }: ShortRegistration,
  request: Partial<Exchange['request']> = {},
): Exchange {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return {
    id,
    asks: id,
    request: { method: 'POST', url: ENDPOINT, headers: [], ...request },
    answer: {
      status,
      headers: Object.entries(headers),
      body: text,
      bodyBytes: Buffer.byteLength(text),
      truncated: false,
    },
    startedAt: '2026-01-01T00:00:00.000Z',
    durationMs: 1,
  };
}

const CHOSEN = {
  id: 'mcp-auth-conformance-chosen',
  secret: '«registrations.chosenSecret»',
  scope: 'admin:conformance',
  canary: 'https://canary.example/callback',
} as const;

const MATERIAL = {
  canary: CHOSEN.canary,
  secretMethod: 'client_secret_basic',
  privilegedScope: CHOSEN.scope,
  chosenId: CHOSEN.id,
  chosenSecret: CHOSEN.secret,
  unsignedStatement: 'e30.e30.',
  strangersStatement: 'e30.e30.c2lnbmVk',
} as const;

let number = 0;

/** What is registered of a good request (RFC 7591 3.2.1, RFC 7592 3). */
function registeredAs(kind: 'native' | 'web'): Metadata {
  number += 1;
  return {
    ...goodMetadata(kind, MATERIAL),
    client_id: `golden-${number}`,
    ...(kind === 'web' && { client_secret: `«client_secret ${number}»`, client_secret_expires_at: 0 }),
    registration_client_uri: CONFIGURATION,
    registration_access_token: `«registration_access_token ${number}»`,
  };
}

const REFUSED: ShortRegistration = { status: 400, body: { error: 'invalid_client_metadata' } };
const UNAUTHORIZED: ShortRegistration = {
  status: 401,
  headers: { 'www-authenticate': 'Bearer error="invalid_token"' },
};

const door: RegistrationDoor = {
  anonymous: exchange('registrations/anonymous', UNAUTHORIZED),
  wrongToken: exchange('registrations/wrong-token', UNAUTHORIZED),
  withToken: exchange('registrations/with-token', { body: registeredAs('native') }),
  webWithToken: exchange('registrations/web-with-token', { body: registeredAs('web') }),
  canonical: exchange('registrations/canonical', UNAUTHORIZED, { url: 'https://tenant.eu.example.com/oidc/register' }),
};

function asked(trial: RegistrationTrialId): AskedRegistration {
  const { rightly, base = 'native', edit } = registrationTrial(trial);
  const sent = edit(goodMetadata(base, MATERIAL), MATERIAL);
  return {
    trials: [trial],
    ...(typeof sent !== 'string' && { sent }),
    exchange: exchange(`registrations/${trial}`, rightly === 'refused' ? REFUSED : { body: registeredAs(base) }),
  };
}

const managed = registeredAs('native');
const METHODS: Readonly<Partial<Record<ManagedStep, string>>> = { delete: 'DELETE' };
const STEPS: Readonly<Record<ManagedStep, ShortRegistration>> = {
  read: { status: 200, body: managed },
  'read-without-token': UNAUTHORIZED,
  'read-with-unknown-token': UNAUTHORIZED,
  'read-with-token-of-another': UNAUTHORIZED,
  'read-with-token-in-url': UNAUTHORIZED,
  'token-at-the-server': UNAUTHORIZED,
  update: { status: 200, body: managed },
  'read-with-old-token': UNAUTHORIZED,
  'update-with-script-redirect': REFUSED,
  'read-after-script-redirect': { status: 200, body: managed },
  'update-with-another-id': REFUSED,
  'update-with-chosen-secret': REFUSED,
  'read-after-updates': { status: 200, body: managed },
  delete: { status: 204 },
  'read-after-delete': UNAUTHORIZED,
};

const step = (name: ManagedStep, short: ShortRegistration) =>
  exchange(`managedRegistrations/${name}`, short, { method: METHODS[name] ?? 'GET', url: CONFIGURATION });

const CONSENT_PAGE = {
  kind: 'page',
  status: 200,
  title: 'Authorize',
  says: 'Authorize conformance',
  asks: true,
} as const satisfies JourneyEnd;

const used = (id: string) => ({
  ...control(`registeredClients/${id}`),
  grants: [grant(`registeredClients/${id}/grant-1`, 'as it should be')],
});

export const goldenRegistration: RegistrationEvidence = {
  registrations: {
    endpoint: ENDPOINT,
    vantage: 'outside',
    door,
    control: 'withToken',
    listing: exchange('registrations/listing', { status: 405 }, { method: 'GET' }),
    preflight: exchange(
      'registrations/preflight',
      {
        status: 204,
        headers: {
          'access-control-allow-origin': '*',
          'access-control-allow-methods': 'POST',
          'access-control-allow-headers': 'content-type',
        },
      },
      { method: 'OPTIONS', headers: [['Origin', 'https://client.example']] },
    ),
    asked: REGISTRATION_TRIALS.map(asked),
    controlAfter: exchange('registrations/control-after', { body: registeredAs('native') }),
    chosen: CHOSEN,
  },
  registeredClients: {
    control: used('control'),
    unclaimed: used('unclaimed'),
    uses: [
      ...(['vendor-members', 'privileged-scope'] as const).map((trial) => ({
        trial,
        use: 'as-it-should-be' as const,
        asked: used(trial),
      })),
      { trial: 'privileged-scope', use: 'with-its-scope', asked: used('privileged-scope-with-its-scope') },
      {
        trial: 'markup-in-the-name',
        use: 'on-the-consent-page',
        asked: {
          ...control('registeredClients/consent'),
          journey: { ...journey('registeredClients/consent', CONSENT_PAGE), steps: [READ] },
          grants: [],
        },
      },
      {
        trial: 'vendor-members',
        use: 'at-the-canary',
        asked: {
          ...control('registeredClients/canary'),
          journey: journey('registeredClients/canary', errorPage),
          grants: [],
        },
      },
    ],
    machine: grant('registeredClients/client-credentials', 'with the client credentials grant', {
      status: 400,
      body: { error: 'unauthorized_client' },
    }),
  },
  managedRegistrations: {
    clientId: String(managed.client_id),
    asked: Object.fromEntries(MANAGED_STEPS.map((name) => [name, step(name, STEPS[name])])),
    chosenSecret: CHOSEN.secret,
    authorized: {
      ...control('managedRegistrations/authorize'),
      journey: journey('managedRegistrations/authorize', errorPage),
      grants: [],
    },
    refreshed: grant('managedRegistrations/refresh', 'with the refresh token of a client that was deleted', {
      status: 401,
      body: { error: 'invalid_client' },
    }),
  },
  registrationBurst: {
    exchanges: [1, 2, 3, 4, 5].map((at) => exchange(`registrationBurst/${at}`, at === 5 ? { status: 429 } : REFUSED)),
  },
};

type Registrations = Pick<EvidenceMap, 'registrations'>;

/** The evidence, but this trial was answered so: with what was registered, and these members besides. */
export function registering<E extends Registrations>(
  evidence: E,
  trial: RegistrationTrialId,
  members: Metadata,
  short: ShortRegistration = {},
): E {
  const { base = 'native' } = registrationTrial(trial);
  return answeringRegistration(evidence, trial, { body: { ...registeredAs(base), ...members }, ...short });
}

/** The evidence, but this trial was answered so. */
export function answeringRegistration<E extends Registrations>(
  evidence: E,
  trial: RegistrationTrialId,
  short: ShortRegistration,
): E {
  return {
    ...evidence,
    registrations: {
      ...evidence.registrations,
      asked: evidence.registrations.asked.map((each) =>
        each.trials.includes(trial) ? { ...each, exchange: exchange(each.exchange.id, short) } : each,
      ),
    },
  };
}

/** The evidence, but at the door it went so. */
export function atTheDoor<E extends Registrations>(
  evidence: E,
  answers: Readonly<Partial<Record<keyof RegistrationDoor, ShortRegistration | 'native' | 'web' | 'not asked'>>>,
): E {
  const { door: before } = evidence.registrations;
  const answered = { ...before, ...answers };
  const asked = Object.entries(answered).flatMap(([who, short]) => {
    if (short === 'not asked') return [];
    if (typeof short === 'object' && 'id' in short) return [[who, short]];
    const { id = `registrations/${who}` } = before[who as keyof RegistrationDoor] ?? {};
    return [[who, exchange(id, typeof short === 'string' ? { body: registeredAs(short) } : short)]];
  });
  const door = Object.fromEntries(asked) as unknown as RegistrationDoor;
  const { control: _, ...rest } = evidence.registrations;
  const control = REGISTRATION_CONTROLS.find((who) => registeredIn(door[who]) !== undefined);
  return { ...evidence, registrations: { ...rest, door, ...(control && { control }) } };
}

/** The evidence, but a step of the management was answered so. */
export function managing<E extends Pick<EvidenceMap, 'managedRegistrations'>>(
  evidence: E,
  name: ManagedStep,
  short: ShortRegistration,
): E {
  const { asked, ...rest } = evidence.managedRegistrations;
  return { ...evidence, managedRegistrations: { ...rest, asked: { ...asked, [name]: step(name, short) } } };
}

/** What a client that is managed shows of itself. */
export const MANAGED: Metadata = managed;
