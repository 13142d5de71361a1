import type {
  AskedAuthorization,
  AskedGrant,
  AuthorizationEvidence,
  AuthorizationSetting,
  Parameters,
} from '../fixtures/authorization-evidence.ts';
import type { Answer, EvidenceMap, Exchange, TokenView } from '../fixtures/evidence.ts';
import { type Journey, type JourneyEnd, placeOf } from '../fixtures/journey.ts';
import {
  AUTHORIZATION_TRIALS,
  type AuthorizationTrialId,
  authorizationTrial,
} from '../fixtures/trials/authorization/index.ts';
import { type AuthorizationMaterial, first, replaced } from '../fixtures/trials/authorization/trial.ts';

/**
 * Evidence of an authorization server that conforms, for examples: a sign-in, and every hostile request answered as its
 * trial says.
 */

const ISSUER = 'https://tenant.example.com/';
export const AUTHORIZE = `${ISSUER}authorize`;
export const TOKEN = `${ISSUER}oauth/token`;
export const CALLBACK = 'http://127.0.0.1:8976/callback';
export const WEB_CALLBACK = 'https://client.example/callback';
const RESOURCE = 'https://mcp.example.com/mcp';

const SETTING: AuthorizationSetting = {
  issuer: ISSUER,
  authorizationEndpoint: AUTHORIZE,
  tokenEndpoint: TOKEN,
  resource: RESOURCE,
  accepted: [RESOURCE],
  scope: 'mcp:tools offline_access',
  redirectUri: CALLBACK,
  pageHosts: [new URL(ISSUER).host],
};

const STATE = 'golden-state';

const GOOD: Parameters = [
  ['response_type', 'code'],
  ['client_id', 'desktop'],
  ['redirect_uri', CALLBACK],
  ['scope', SETTING.scope],
  ['state', STATE],
  ['code_challenge', 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'],
  ['code_challenge_method', 'S256'],
  ['resource', RESOURCE],
];

const MATERIAL: Omit<AuthorizationMaterial, 'parameters' | 'redirectUri'> = {
  issuer: ISSUER,
  resource: RESOURCE,
  // The example of RFC 7636 Appendix B.
  verifier: 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk',
  challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
  canary: 'https://canary.example/callback',
  metadata: {},
};

/** What a token endpoint answers, in short. */
export interface ShortGrant {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Readonly<Record<string, unknown>>;
  /** Absent: those of a good answer where the status is 200. */
  readonly tokens?: AskedGrant['tokens'];
}

const NO_STORE = { 'content-type': 'application/json', 'cache-control': 'no-store' };

export const ACCESS_TOKEN: TokenView = {
  label: 'access_token 1',
  fingerprint: 'golden-access',
  length: 800,
  parts: 3,
  header: { alg: 'RS256', typ: 'at+jwt', kid: 'one' },
  claims: {
    iss: ISSUER,
    aud: RESOURCE,
    sub: '…',
    client_id: 'desktop',
    scope: SETTING.scope,
    iat: 0,
    exp: 3600,
    jti: '…',
  },
};
const REFRESH_TOKEN: TokenView = { label: 'refresh_token 1', fingerprint: 'golden-refresh', length: 43, parts: 1 };

const GOOD_ANSWER = {
  access_token: '«access_token 1»',
  refresh_token: '«refresh_token 1»',
  token_type: 'Bearer',
  expires_in: 3600,
  scope: SETTING.scope,
};

/** An answer of the token endpoint. */
export function grant(id: string, differs: string, short: ShortGrant = {}): AskedGrant {
  const { status = 200, headers = NO_STORE, body = status === 200 ? GOOD_ANSWER : { error: 'invalid_grant' } } = short;
  const text = JSON.stringify(body);
  const tokens = short.tokens ?? (status === 200 ? { access_token: ACCESS_TOKEN, refresh_token: REFRESH_TOKEN } : {});
  const exchange: Exchange = {
    id,
    asks: `a token request ${differs}`,
    request: { method: 'POST', url: TOKEN, headers: [], body: 'grant_type=authorization_code' },
    answer: {
      status,
      headers: Object.entries(headers),
      body: text,
      bodyBytes: text.length,
      truncated: false,
    },
    startedAt: '2026-01-01T00:00:00.000Z',
    durationMs: 1,
  };
  return { differs, exchange, tokens };
}

/** The redirect to the client that a request with this `state` is answered with. */
export function redirect(parameters: Readonly<Record<string, string>>, to = CALLBACK): JourneyEnd {
  return { kind: 'left', to, query: Object.entries(parameters), fragment: [], body: [] };
}

export function inFragment(parameters: Readonly<Record<string, string>>): JourneyEnd {
  return { kind: 'left', to: CALLBACK, query: [], fragment: Object.entries(parameters), body: [] };
}

export const withCode = (id: string): JourneyEnd => redirect({ code: `«code of ${id}»`, state: STATE, iss: ISSUER });
export const withError = (error: string): JourneyEnd => redirect({ error, state: STATE, iss: ISSUER });
export const errorPage: JourneyEnd = { kind: 'page', status: 400, title: 'Error', says: 'Something went wrong.' };

/** One exchange in the browser, or without it. */
function exchange(id: string, request: Partial<Exchange['request']>, answer: Partial<Answer>): Exchange {
  return {
    id,
    asks: id,
    request: { method: 'GET', url: AUTHORIZE, headers: [], ...request },
    answer: {
      status: 200,
      headers: [['x-frame-options', 'deny']],
      body: '',
      bodyBytes: 0,
      truncated: false,
      ...answer,
    },
    startedAt: '2026-01-01T00:00:00.000Z',
    durationMs: 1,
  };
}

/** @param page what a person reads on the last of its pages, as HTML */
function hop(id: string, end: JourneyEnd, page = ''): Exchange {
  const status = end.kind === 'left' ? 302 : end.kind === 'page' ? end.status : 200;
  return exchange(`${id}/hop-1`, {}, { status, body: page, bodyBytes: Buffer.byteLength(page) });
}

export function journey(id: string, end: JourneyEnd, page?: string): Journey {
  return { id, asks: id, hops: [hop(id, end, page)], steps: ['gave consent'], end };
}

const stranger = (id: string, url: string): Exchange =>
  exchange(`issuerPages/${id}`, { url, headers: [['Origin', 'https://client.example']] }, { status: 400 });

/** The flow as it should be. */
export function control(id: string): AskedAuthorization {
  return {
    client: 'public',
    redirectUri: CALLBACK,
    parameters: GOOD,
    journey: journey(id, withCode(id)),
    grants: [grant(`${id}/grant-1`, 'as it should be')],
  };
}

/** Its request as the trial makes it, answered as it says. */
function asked(trial: AuthorizationTrialId): AuthorizationEvidence['authorizations']['asked'][number] {
  const { redirectsTo, client = redirectsTo === 'https' ? 'confidential' : 'public', edit } = authorizationTrial(trial);
  const redirectUri = client === 'public' ? CALLBACK : WEB_CALLBACK;
  const parameters = replaced(GOOD, 'redirect_uri', redirectUri);
  const edited = edit(parameters, { ...MATERIAL, parameters, redirectUri });
  const id = `authorizations/${trial}`;
  return {
    trial,
    client,
    redirectUri,
    parameters: 'unfit' in edited ? parameters : edited,
    journey: journey(id, toClient(asIsRight(trial), 'unfit' in edited ? parameters : edited, redirectUri)),
    grants: trial === 'good-request-of-confidential-client' ? [grant(`${id}/grant-1`, 'as it should be')] : [],
  };
}

/** An answer to this client, with the state of this request. */
function toClient(end: JourneyEnd, parameters: Parameters, redirectUri: string): JourneyEnd {
  if (end.kind !== 'left') return end;
  const state = first(parameters, 'state');
  const own = end.query.filter(([name]) => name !== 'state');
  return {
    ...end,
    to: placeOf(first(parameters, 'redirect_uri') ?? redirectUri),
    query: state === undefined ? own : [...own, ['state', state]],
  };
}

function asIsRight(trial: AuthorizationTrialId): JourneyEnd {
  const { rightly } = authorizationTrial(trial);
  if (rightly === 'page') return errorPage;
  return rightly === 'code' ? withCode(`authorizations/${trial}`) : withError(rightly.error);
}

/** Its way through the pages: shown, filled in, sent on. */
function signedIn(): AskedAuthorization {
  const asked = control('signIn/control');
  const form = { method: 'POST', url: LOGIN, body: 'username=ada&password=«users.first.password»' };
  const hops = [
    ...asked.journey.hops,
    exchange('signIn/control/hop-2', { url: LOGIN }, { headers: PAGE_HEADERS }),
    exchange('signIn/control/hop-3', form, { status: 303 }),
  ];
  return { ...asked, journey: { ...asked.journey, hops, steps: ['typed user name and password', 'gave consent'] } };
}

const LOGIN = `${ISSUER}login`;
const PAGE_HEADERS = Object.entries({
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
});

export const goldenAuthorization: AuthorizationEvidence = {
  signIn: { ...signedIn(), setting: SETTING },
  issuerPages: {
    scripted: stranger('scripted', AUTHORIZE),
    logouts: [stranger('logout', `${ISSUER}logout`)],
    canary: 'https://canary.example/after-logout',
  },
  authorizations: {
    asked: AUTHORIZATION_TRIALS.map(asked),
    unfit: {},
    controlAfter: control('authorizations/control-after'),
    controlsLight: [],
  },
};

/** The evidence, but the request of this trial ended so, with that page, and its code was worth that. */
export function ending<Evidence extends Pick<EvidenceMap, 'authorizations'>>(
  evidence: Evidence,
  trial: AuthorizationTrialId,
  end: JourneyEnd,
  grants: readonly AskedGrant[] = [],
  page?: string,
): Evidence {
  const { asked, ...rest } = evidence.authorizations;
  return {
    ...evidence,
    authorizations: {
      ...rest,
      asked: asked.map((each) =>
        each.trial === trial ? { ...each, journey: journey(each.journey.id, end, page), grants } : each,
      ),
    },
  };
}
