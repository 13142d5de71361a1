/**
 * Evidence of a server that conforms, for examples: small enough to read, whole enough for every judge. An example of a
 * failure is this, with the answers of some exchanges replaced.
 */
import type {
  Answer,
  AskedByMethod,
  AskedOperation,
  AskedTokens,
  EvidenceMap,
  Exchange,
  Failure,
  Fetched,
  HeaderField,
  Revisited,
  TokenView,
} from '../fixtures/evidence.ts';
import type { OperationName } from '../fixtures/protocol/requests.ts';
import type { Revision } from '../fixtures/protocol/revisions.ts';
import { KEY_FAILURES } from '../fixtures/target.ts';
import { FORGED, MINTED, type TokenTrialId, tokenTrial } from '../fixtures/trials/access-tokens/index.ts';
import { KEY_LOCATIONS } from '../fixtures/trials/access-tokens/key-locations.ts';
import { CREDENTIAL_TRIALS, credentialRow } from '../fixtures/trials/credentials.ts';
import { METHOD_TRIALS, METHODS } from '../fixtures/trials/methods.ts';
import { CLIENT_ORIGIN_TRIALS, ORIGIN_TRIALS } from '../fixtures/trials/origins.ts';
import { OTHER_TOKENS, type OtherToken } from '../fixtures/trials/other-tokens.ts';
import { PATH_TRIALS } from '../fixtures/trials/paths.ts';
import { SCOPE_TRIALS } from '../fixtures/trials/scopes.ts';
import { SPOOFING_TRIALS } from '../fixtures/trials/spoofing.ts';
import { TOKENS_ON_METHODS } from '../fixtures/trials/token-methods.ts';
import { TRANSPORT_TRIALS, type TransportTrialId } from '../fixtures/trials/token-transport.ts';
import type { Facts } from './check.ts';
import { ACCESS_TOKEN, goldenAuthorization } from './golden-authorization.ts';
import { goldenClientDocuments } from './golden-client-documents.ts';
import { goldenCodes } from './golden-codes.ts';
import { goldenDocumentClients } from './golden-documents.ts';
import { goldenKnownClients } from './golden-known-clients.ts';
import { goldenLoginPages } from './golden-login-pages.ts';
import { goldenRegistration } from './golden-registration.ts';
import { goldenRunbook } from './golden-runbook.ts';
import { goldenStoredDocuments } from './golden-stored-documents.ts';
import { GOLDEN_TENANT } from './golden-tenant.ts';
import { goldenTokens } from './golden-tokens.ts';

export const SERVER = 'https://mcp.example.com/mcp';
export const METADATA = 'https://mcp.example.com/.well-known/oauth-protected-resource/mcp';
const ISSUER = 'https://tenant.example.com/';

/** An answer in short: headers as an object, body as text. */
export interface ShortAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export function answer({ status = 200, headers = {}, body = '' }: ShortAnswer): Answer {
  const fields: readonly HeaderField[] = Object.entries(headers);
  return { status, headers: fields, body, bodyBytes: Buffer.byteLength(body), truncated: false };
}

function exchange(id: string, request: Partial<Exchange['request']>, short: ShortAnswer): Exchange {
  return {
    id,
    asks: id,
    request: { method: 'POST', url: SERVER, headers: [], ...request },
    answer: answer(short),
    startedAt: '2026-01-01T00:00:00.000Z',
    durationMs: 1,
  };
}

/** The exchange as if the target had answered so, to the same request or to another. */
export function answeredWith(
  { answer: _, failure: __, ...asked }: Exchange,
  given: Answer,
  { id = asked.id, request = {} }: { readonly id?: string; readonly request?: Partial<Exchange['request']> } = {},
): Exchange {
  return { ...asked, id, request: { ...asked.request, ...request }, answer: given };
}

export const CHALLENGE = `Bearer resource_metadata="${METADATA}", scope="mcp:tools"`;
export const INVALID_TOKEN = `Bearer error="invalid_token", error_description="The token is not valid", resource_metadata="${METADATA}", scope="mcp:tools"`;
const INVALID_REQUEST = `Bearer error="invalid_request", resource_metadata="${METADATA}"`;
const CORS = {
  'Access-Control-Allow-Origin': 'https://client.example',
  'Access-Control-Expose-Headers': 'WWW-Authenticate, Mcp-Session-Id',
};

export const unauthorized = (challenge: string): ShortAnswer => ({
  status: 401,
  headers: { 'WWW-Authenticate': challenge },
});
export const result = (value: object): ShortAnswer => ({
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify({ jsonrpc: '2.0', id: 1, result: value }),
});
const json = (value: object): ShortAnswer => ({
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify(value),
});

function asked(probe: string, revision: Revision, operation: OperationName, short: ShortAnswer): AskedOperation {
  return { operation, revision, exchange: exchange(`${probe}/${revision}/${operation}`, {}, short) };
}

function table<Trial extends string>(
  probe: string,
  trials: readonly Trial[],
  of: (trial: Trial) => ShortAnswer,
  request: (trial: Trial) => Partial<Exchange['request']> = () => ({}),
): Readonly<Record<Trial, Exchange>> {
  return Object.fromEntries(
    trials.map((trial) => [trial, exchange(`${probe}${trial}`, request(trial), of(trial))]),
  ) as Record<Trial, Exchange>;
}

const bare = unauthorized(CHALLENGE);
const tools = result({ tools: [] });
const forbidden: ShortAnswer = { status: 403 };
const notAllowed: ShortAnswer = { status: 405, headers: { Allow: 'POST, GET, DELETE, OPTIONS' } };

const at = (path: string) => new URL(path, ISSUER).href;

export const RESOURCE_DOCUMENT = {
  resource: SERVER,
  authorization_servers: [ISSUER],
  scopes_supported: ['mcp:tools'],
  bearer_methods_supported: ['header'],
};

export const ISSUER_DOCUMENT = {
  issuer: ISSUER,
  authorization_endpoint: at('/authorize'),
  token_endpoint: at('/oauth/token'),
  registration_endpoint: at('/oidc/register'),
  revocation_endpoint: at('/oauth/revoke'),
  userinfo_endpoint: at('/userinfo'),
  jwks_uri: at('/.well-known/jwks.json'),
  scopes_supported: ['openid', 'offline_access'],
  response_types_supported: ['code'],
  grant_types_supported: ['authorization_code', 'refresh_token'],
  code_challenge_methods_supported: ['S256'],
  token_endpoint_auth_methods_supported: ['none', 'private_key_jwt', 'client_secret_basic'],
  token_endpoint_auth_signing_alg_values_supported: ['RS256'],
  subject_types_supported: ['public'],
  id_token_signing_alg_values_supported: ['RS256'],
  authorization_response_iss_parameter_supported: true,
  client_id_metadata_document_supported: true,
};

/** A 2048-bit modulus and the usual exponent; nobody has the private half. */
export const JWKS = {
  keys: [{ kty: 'RSA', use: 'sig', alg: 'RS256', kid: 'one', e: 'AQAB', n: `w${'0'.repeat(341)}`.slice(0, 342) }],
};

/** A document as a conforming server sends it: JSON, cacheable, readable by browsers. */
export const served = (value: object): ShortAnswer => ({
  headers: {
    'Content-Type': 'application/json',
    'Cache-Control': 'public, max-age=300',
    'Access-Control-Allow-Origin': '*',
  },
  body: JSON.stringify(value),
});

function document(id: string, url: string, value: object): Fetched {
  return [exchange(id, { method: 'GET', url }, served(value))];
}

function missing(id: string, url: string): Fetched {
  return [exchange(id, { method: 'GET', url }, { status: 404 })];
}

function unanswered(id: string, url: string): Exchange {
  const { answer: _, failure: __, ...asked } = exchange(id, { method: 'GET', url }, {});
  return { ...asked, failure: { kind: 'refused', message: 'nothing listens at this address and port' } };
}

function revisited(id: string, url: string, value: object): Revisited {
  return {
    url,
    again: exchange(`${id}/again`, { method: 'GET', url }, served(value)),
    fromBrowser: exchange(
      `${id}/from-browser`,
      { method: 'GET', url, headers: [['Origin', 'https://client.example']] },
      served(value),
    ),
    head: exchange(`${id}/head`, { method: 'HEAD', url }, { headers: served(value).headers ?? {} }),
    plainHttp: unanswered(`${id}/plain-http`, url.replace('https:', 'http:')),
  };
}

export const INSUFFICIENT_SCOPE = `Bearer error="insufficient_scope", scope="mcp:tools mcp:write", resource_metadata="${METADATA}"`;

/** Each trial answered as a server that conforms answers it; where it may choose, it refuses. */
function askedTokens(probe: 'forgedTokens' | 'mintedTokens', trials: readonly TokenTrialId[]): AskedTokens {
  const view = { length: 700, parts: 3, header: { alg: 'RS256', typ: 'at+jwt' } };
  const answered = (trial: TokenTrialId): ShortAnswer => {
    return tokenTrial(trial).rightly === 'served' ? result({ tools: [] }) : unauthorized(INVALID_TOKEN);
  };
  return {
    control: {
      token: { label: 'tokens.good', fingerprint: 'golden', ...view },
      exchanges: [0, 1].map((at) => exchange(`${probe}/control-${at}`, {}, result({ tools: [] }))),
    },
    asked: trials.map((trial) => ({
      trial,
      block: 0,
      token: { label: `${probe}.${trial}`, fingerprint: trial, ...view },
      exchange: exchange(`${probe}/${trial}`, {}, answered(trial)),
    })),
    unfit: {},
  };
}

/** Each refused, and the good token behind them. */
function askedByMethod(method: 'get' | 'delete', control: ShortAnswer): AskedByMethod {
  const request = { method: method.toUpperCase(), headers: [['Mcp-Session-Id', '«session 1»']] as const };
  return {
    asked: TOKENS_ON_METHODS.map((trial) => ({
      trial,
      token: viewOf(trial, { aud: SERVER, iss: ISSUER }),
      exchange: exchange(`tokenMethods/${method}-${trial}`, request, unauthorized(INVALID_TOKEN)),
    })),
    control: exchange(`tokenMethods/${method}-control`, request, control),
  };
}

/** Where something else than a challenge is right. */
const TRANSPORTED: Readonly<Partial<Record<TransportTrialId, ShortAnswer>>> = {
  'two-blanks': tools,
  'trailing-blank': tools,
  path: { status: 404 },
};

const viewOf = (name: string, claims: Readonly<Record<string, unknown>>): TokenView => ({
  label: `tokens.${name}`,
  fingerprint: name,
  length: 800,
  parts: 3,
  header: { alg: 'RS256', typ: 'at+jwt' },
  claims: { exp: 1_767_229_200, ...claims },
});

const OTHER_VIEWS: Readonly<Record<OtherToken, TokenView>> = {
  otherAudience: viewOf('otherAudience', { aud: 'https://other-api.example', iss: ISSUER }),
  idToken: viewOf('idToken', { aud: 'client', iss: ISSUER }),
  expired: viewOf('expired', { aud: SERVER, iss: ISSUER, exp: 1_767_200_000 }),
  otherTenant: viewOf('otherTenant', { aud: SERVER, iss: 'https://other-tenant.example.com/' }),
  revoked: { label: 'tokens.revoked', fingerprint: 'revoked', length: 32, parts: 1 },
};

export const golden: EvidenceMap = {
  ...goldenAuthorization,
  ...goldenTokens,
  ...goldenClientDocuments,
  ...goldenCodes,
  ...goldenKnownClients,
  ...goldenRegistration,
  ...goldenRunbook,
  ...goldenStoredDocuments,
  ...goldenDocumentClients,
  ...GOLDEN_TENANT,
  ...goldenLoginPages,
  forgedTokens: askedTokens('forgedTokens', FORGED),
  mintedTokens: askedTokens('mintedTokens', MINTED),
  scopeTrials: {
    notCalled: [],
    control: {
      token: { label: 'scopeTrials.control', fingerprint: 'golden', length: 700, parts: 3 },
      exchanges: [
        exchange('scopeTrials/control-before', {}, result({ content: [] })),
        exchange('scopeTrials/control-after', {}, result({ content: [] })),
      ],
    },
    asked: SCOPE_TRIALS.map((trial) => ({
      trial,
      tool: 'write-note',
      needed: ['mcp:tools', 'mcp:write'],
      withArguments: true,
      token: { label: `scopeTrials.${trial}`, fingerprint: trial, length: 700, parts: 3 },
      exchange: exchange(
        `scopeTrials/${trial}/write-note`,
        {},
        { status: 403, headers: { 'WWW-Authenticate': INSUFFICIENT_SCOPE } },
      ),
    })),
    unfit: [],
  },
  anonymous: {
    operations: [
      asked('anonymous', '2026-07-28', 'server/discover', bare),
      asked('anonymous', '2026-07-28', 'tools/list', bare),
      asked('anonymous', '2026-07-28', 'tools/call', bare),
      asked('anonymous', '2025-11-25', 'initialize', bare),
      asked('anonymous', '2025-11-25', 'tools/list', bare),
    ],
  },
  control: {
    token: {
      label: 'tokens.good',
      fingerprint: 'AAAAAAAAAAAAAAAA',
      length: 800,
      parts: 3,
      header: { alg: 'RS256', typ: 'at+jwt' },
    },
    operations: [
      asked('control', '2026-07-28', 'server/discover', result({ supportedVersions: ['2025-11-25', '2026-07-28'] })),
      asked('control', '2026-07-28', 'tools/list', tools),
      asked('control', '2026-07-28', 'tools/call', result({ content: [] })),
      asked('control', '2025-11-25', 'initialize', result({ protocolVersion: '2025-11-25' })),
      asked('control', '2025-11-25', 'tools/list', tools),
    ],
    revisions: ['2025-11-25', '2026-07-28'],
    session: { label: '«session 1»' },
  },
  firstUse: {
    token: ACCESS_TOKEN,
    operations: [
      asked('firstUse', '2026-07-28', 'server/discover', result({ supportedVersions: ['2025-11-25', '2026-07-28'] })),
      asked('firstUse', '2026-07-28', 'tools/list', tools),
      asked('firstUse', '2026-07-28', 'tools/call', result({ content: [] })),
    ],
  },
  challenge: {
    again: [exchange('challenge/second', {}, bare), exchange('challenge/third', {}, bare)],
    eventStream: exchange('challenge/event-stream', { method: 'GET' }, bare),
    preflight: exchange(
      'challenge/preflight',
      { method: 'OPTIONS', headers: [['Origin', 'https://client.example']] },
      {
        status: 204,
        headers: {
          ...CORS,
          'Access-Control-Allow-Methods': 'POST, GET, DELETE',
          'Access-Control-Allow-Headers':
            'authorization, content-type, mcp-method, mcp-protocol-version, mcp-session-id',
        },
      },
    ),
    fromBrowser: exchange(
      'challenge/from-browser',
      { headers: [['Origin', 'https://client.example']] },
      { status: 401, headers: { 'WWW-Authenticate': CHALLENGE, ...CORS } },
    ),
  },
  resourceMetadata: {
    fromChallenge: [
      {
        value: METADATA,
        namedBy: 'anonymous/2026-07-28/server/discover',
        fetched: document('resourceMetadata/challenge-1', METADATA, RESOURCE_DOCUMENT),
      },
    ],
    wellKnown: [
      document('resourceMetadata/well-known-1', METADATA, RESOURCE_DOCUMENT),
      missing('resourceMetadata/well-known-2', 'https://mcp.example.com/.well-known/oauth-protected-resource'),
    ],
    appended: missing('resourceMetadata/appended', `${SERVER}/.well-known/oauth-protected-resource`),
    document: revisited('resourceMetadata/document', METADATA, RESOURCE_DOCUMENT),
  },
  issuerMetadata: {
    issuers: [
      {
        issuer: ISSUER,
        candidates: [
          {
            kind: 'oauth',
            fetched: document(
              'issuerMetadata/issuer-1/oauth',
              at('/.well-known/oauth-authorization-server'),
              ISSUER_DOCUMENT,
            ),
          },
          {
            kind: 'openid',
            fetched: document(
              'issuerMetadata/issuer-1/openid',
              at('/.well-known/openid-configuration'),
              ISSUER_DOCUMENT,
            ),
          },
        ],
        document: revisited(
          'issuerMetadata/issuer-1/document',
          at('/.well-known/oauth-authorization-server'),
          ISSUER_DOCUMENT,
        ),
      },
    ],
    atServerOrigin: missing(
      'issuerMetadata/server-origin',
      'https://mcp.example.com/.well-known/oauth-authorization-server',
    ),
    atServerPath: missing(
      'issuerMetadata/server-path',
      'https://mcp.example.com/.well-known/oauth-authorization-server/mcp',
    ),
    defaultAuthorize: missing('issuerMetadata/default-authorize', 'https://mcp.example.com/authorize')[0],
    defaultToken: missing('issuerMetadata/default-token', 'https://mcp.example.com/token')[0],
  },
  keys: {
    sets: [
      {
        owner: ISSUER,
        role: 'issuer',
        jwksUri: ISSUER_DOCUMENT.jwks_uri,
        fetched: document('keys/set-1', ISSUER_DOCUMENT.jwks_uri, JWKS),
        document: revisited('keys/set-1', ISSUER_DOCUMENT.jwks_uri, JWKS),
      },
    ],
  },
  endpoints: {
    asked: [
      {
        issuer: ISSUER,
        name: 'authorization_endpoint',
        exchange: exchange(
          'endpoints/issuer-1/authorization_endpoint',
          { method: 'GET', url: ISSUER_DOCUMENT.authorization_endpoint },
          { status: 400 },
        ),
        plainHttp: unanswered(
          'endpoints/issuer-1/authorization_endpoint/plain-http',
          'http://tenant.example.com/authorize',
        ),
      },
      {
        issuer: ISSUER,
        name: 'token_endpoint',
        exchange: exchange(
          'endpoints/issuer-1/token_endpoint',
          { url: ISSUER_DOCUMENT.token_endpoint },
          { ...json({ error: 'invalid_request' }), status: 400 },
        ),
        plainHttp: unanswered('endpoints/issuer-1/token_endpoint/plain-http', 'http://tenant.example.com/oauth/token'),
      },
    ],
  },
  credentials: table(
    'credentials/',
    CREDENTIAL_TRIALS,
    (trial) =>
      ({
        none: bare,
        invalid: unauthorized(INVALID_TOKEN),
        malformed: { status: 400, headers: { 'WWW-Authenticate': INVALID_REQUEST } },
      })[credentialRow(trial).kind],
  ),
  invalidTokens: {
    asked: [
      {
        ...asked('invalidTokens/unknown-token', '2025-11-25', 'initialize', unauthorized(INVALID_TOKEN)),
        trial: 'unknown-token',
      },
    ],
  },
  methods: table(
    'methods/',
    METHOD_TRIALS,
    (trial) => (['POST', 'DELETE'].includes(METHODS[trial].method) ? bare : notAllowed),
    (trial) => ({ method: METHODS[trial].method }),
  ),
  spoofing: table('spoofing/', SPOOFING_TRIALS, (trial) =>
    trial === 'forwarded-host-metadata' ? json({ resource: SERVER, authorization_servers: [ISSUER] }) : bare,
  ),
  paths: table('paths/', PATH_TRIALS, (trial) => (trial === 'query' ? bare : { status: 404 })),
  origins: table('origins/', ORIGIN_TRIALS, () => forbidden),
  tokenUse: {
    controlBefore: exchange('tokenUse/control-before', {}, tools),
    schemeLower: exchange('tokenUse/scheme-lower', {}, tools),
    schemeUpper: exchange('tokenUse/scheme-upper', {}, tools),
    otherScheme: exchange('tokenUse/other-scheme', {}, bare),
    noScheme: exchange('tokenUse/no-scheme', {}, { status: 400 }),
    inQuery: exchange('tokenUse/in-query', {}, bare),
    origins: table('tokenUse/origin-', ORIGIN_TRIALS, () => forbidden),
    clientOrigins: CLIENT_ORIGIN_TRIALS.map((trial) => exchange(`tokenUse/origin-${trial}`, {}, forbidden)),
    controlAfter: exchange('tokenUse/control-after', {}, tools),
  },
  tokenTransport: {
    controlBefore: exchange('tokenTransport/control-before', {}, tools),
    withoutToken: exchange('tokenTransport/without-token', {}, bare),
    asked: table('tokenTransport/', TRANSPORT_TRIALS, (trial) => TRANSPORTED[trial] ?? bare),
    controlAfter: exchange('tokenTransport/control-after', {}, tools),
  },
  tokenMethods: {
    get: askedByMethod('get', { headers: { 'Content-Type': 'text/event-stream' }, body: ': open\n\n' }),
    delete: { ...askedByMethod('delete', { status: 200 }), alive: exchange('tokenMethods/alive', {}, tools) },
  },
  otherTokens: {
    control: {
      token: viewOf('good', { aud: SERVER, iss: ISSUER }),
      exchanges: [exchange('otherTokens/control-before', {}, tools), exchange('otherTokens/control-after', {}, tools)],
    },
    asked: OTHER_TOKENS.map((kind) => ({
      kind,
      token: OTHER_VIEWS[kind],
      isForThisServer: kind === 'expired',
      exchange: exchange(`otherTokens/${kind}`, {}, unauthorized(INVALID_TOKEN)),
    })),
    narrow: {
      token: viewOf('narrow', { aud: SERVER, iss: ISSUER, scope: 'mcp:tools' }),
      control: exchange('otherTokens/narrow-control', {}, tools),
      notCalled: [],
      asked: [
        {
          tool: 'whoami',
          needed: ['mcp:tools', 'mcp:identity'],
          withArguments: false,
          exchange: exchange(
            'otherTokens/narrow/whoami',
            {},
            { status: 403, headers: { 'WWW-Authenticate': INSUFFICIENT_SCOPE } },
          ),
        },
      ],
    },
  },
  keyLocations: {
    control: {
      token: viewOf('good', { aud: SERVER, iss: ISSUER }),
      exchanges: [
        exchange('keyLocations/control-before', {}, tools),
        exchange('keyLocations/control-after', {}, tools),
      ],
    },
    asked: KEY_LOCATIONS.map((trial) => ({
      trial,
      token: viewOf(`keyLocations.${trial}`, { aud: SERVER, iss: ISSUER }),
      exchange: exchange(`keyLocations/${trial}`, {}, unauthorized(INVALID_TOKEN)),
      fetches: 0,
    })),
  },
  keyRotation: {
    token: viewOf('good', { aud: SERVER, iss: ISSUER }),
    waited: { cooldown: true, cache: true, recovery: true },
    controlBefore: exchange('keyRotation/control-before', {}, tools),
    unknown: {
      exchanges: Array.from({ length: 20 }, (_, at) =>
        exchange(`keyRotation/unknown-${at + 1}`, {}, unauthorized(INVALID_TOKEN)),
      ),
      fetches: 1,
    },
    afterUnknown: exchange('keyRotation/after-unknown', {}, tools),
    nextKey: exchange('keyRotation/next-key', {}, tools),
    laterKey: exchange('keyRotation/later-key', {}, tools),
    broken: {
      exchanges: KEY_FAILURES.map((mode) => ({
        mode,
        strangers: exchange(`keyRotation/broken-${mode}`, {}, { status: 503 }),
        good: exchange(`keyRotation/broken-${mode}-good`, {}, { status: 503 }),
      })),
      fetches: 4,
    },
    mended: exchange('keyRotation/mended', {}, tools),
    removedKey: exchange('keyRotation/removed-key', {}, unauthorized(INVALID_TOKEN)),
    controlAfter: exchange('keyRotation/control-after', {}, tools),
  },
  otherUser: {
    token: viewOf('otherUser', { aud: SERVER, iss: ISSUER }),
    controls: [
      exchange('otherUser/control-before', {}, tools),
      exchange('otherUser/control-theirs', {}, tools),
      exchange('otherUser/control-after', {}, tools),
    ],
    inSession: exchange('otherUser/in-session', {}, { status: 404 }),
  },
  sessionIds: {
    opened: [1, 2, 3, 4, 5].map((at) =>
      exchange(`sessionIds/open-${at}`, {}, result({ protocolVersion: '2025-11-25' })),
    ),
    view: { count: 5, length: 36, varying: 32, alphabet: 16, bits: 128 },
    controlBefore: exchange('sessionIds/control-before', {}, tools),
    unknown: exchange('sessionIds/unknown', {}, { status: 404 }),
    controlAfter: exchange('sessionIds/control-after', {}, tools),
  },
  sessions: {
    opened: exchange('sessions/open', {}, result({ protocolVersion: '2025-11-25' })),
    control: exchange('sessions/control', {}, tools),
    withoutToken: exchange('sessions/without-token', {}, bare),
    withUnknownToken: exchange('sessions/with-unknown-token', {}, unauthorized(INVALID_TOKEN)),
    toolWithoutToken: exchange('sessions/tool-without-token', {}, bare),
    streamWithoutToken: exchange('sessions/stream-without-token', { method: 'GET' }, bare),
    deleteWithoutToken: exchange('sessions/delete', { method: 'DELETE' }, bare),
    controlAfter: exchange('sessions/control-after', {}, tools),
  },
};

export const goldenFacts: Facts = {
  server: {
    url: SERVER,
    exposure: 'public',
    origins: ['https://client.example'],
    scopes: ['mcp:tools'],
    guardedTool: 'echo',
  },
  revisions: ['2026-07-28'],
  revisionSource: 'claimed',
  policy: { strict: false },
  assurance: ['anonymous', 'token', 'sign-in', 'controlled-issuer'],
  capturedAt: '2026-01-01T00:00:00.000Z',
};

/** Golden evidence, but the exchanges whose id matches were answered so, or met that failure. */
export function answering(ids: RegExp, short: ShortAnswer | { readonly failure: Failure }): EvidenceMap {
  const replace = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(replace);
    if (typeof value !== 'object' || value === null) return value;
    if (isExchange(value)) {
      if (!ids.test(value.id)) return value;
      const { answer: _, failure: __, ...rest } = value;
      return 'failure' in short ? { ...rest, failure: short.failure } : { ...rest, answer: answer(short) };
    }
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, replace(inner)]));
  };
  // Hundreds of examples are made as the checks are loaded: what a probe's evidence has none of is shared.
  const touched = Object.entries(golden).filter(([key]) => exchangeIdsOf(key).some((id) => ids.test(id)));
  return { ...golden, ...Object.fromEntries(touched.map(([key, value]) => [key, replace(value)])) };
}

const isExchange = (value: object): value is Exchange => 'asks' in value && 'id' in value && 'request' in value;

const known = new Map<string, readonly string[]>();

/** Ids of the exchanges in the golden evidence of one probe. */
function exchangeIdsOf(key: string): readonly string[] {
  const ids = known.get(key) ?? collect(golden[key as keyof EvidenceMap]);
  known.set(key, ids);
  return ids;
}

function collect(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  return isExchange(value) ? [value.id] : Object.values(value).flatMap(collect);
}

/** Ids of the guarded operation without a token. */
export const WITHOUT_TOKEN = /^(anonymous|challenge\/(second|third|from-browser))/;
/** Ids of the guarded operation with a token that nobody issued. */
export const WITH_INVALID_TOKEN = /^credentials\/(unknown-token|unsigned-jwt|foreign-jwt|encrypted-token)$/;
/** Ids of every 401. */
export const ANY_401 = new RegExp(`${WITHOUT_TOKEN.source}|${WITH_INVALID_TOKEN.source}`);
