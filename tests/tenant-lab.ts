/** What a client, a user and an administrator do at the embedded tenant, over HTTP and with nothing set up by hand. */
import { randomUUID } from 'node:crypto';
import { request as requestByHttps } from 'node:https';
import { exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from 'jose';
import type { Answer as Document } from '../mock-idp/document-host.ts';
import type { Fault } from '../mock-idp/faults/fault.ts';
import { CLIENTS, PASSWORD, SECRET, TOTP_SECRET } from '../mock-idp/tenant/states/conforming.ts';
import { startWorld, type World, type WorldOptions } from '../mock-idp/world.ts';
import { type Browser, browse, type Fetch, type Landing, request, type SignIn } from './sign-in.ts';

/** A world whose clock stands still unless it is moved. */
export interface Lab {
  readonly world: World;
  /** Seconds since the epoch. */
  now(): number;
  /** Lets seconds go by. */
  pass(seconds: number): void;
  /** Finds the world's names, and follows no redirect. */
  readonly fetch: Fetch;
}

/** The world with a fault, and nothing else that is not as it is delivered. */
export const withFault = (fault: Fault): Promise<Lab> => openLab({ faults: [fault.id] }, fault.publicName === true);

/** The same world without it. */
export const withoutFault = ({ state, publicName }: Fault): Promise<Lab> => {
  const names: Fault = { id: 'public-names', says: 'No deviation.', publicName: true, trips: [] };
  return openLab({ state: state ?? 'conforming', faults: publicName === true ? [names] : [] }, publicName === true);
};

async function openLab(options: WorldOptions, isPublic: boolean): Promise<Lab> {
  let time = Math.floor(Date.now() / 1000);
  const now = () => time;
  const world = await startWorld({ ...options, now });
  return {
    world,
    now,
    pass: (seconds) => {
      time += seconds;
    },
    fetch: isPublic ? fetchIn(world) : (url, init) => fetch(url, { ...init, redirect: 'manual' }),
  };
}

/** Over TLS, by names that only the world knows. */
function fetchIn({ network }: World): Fetch {
  return async (target, { method = 'GET', headers = {}, body }) => {
    const url = new URL(target);
    const [address] = await network.resolve(url.hostname);
    const form = body instanceof URLSearchParams ? { 'Content-Type': 'application/x-www-form-urlencoded' } : {};
    return new Promise((resolve, reject) => {
      const asked = requestByHttps({
        host: network.route(address!),
        port: url.port,
        servername: url.hostname,
        path: `${url.pathname}${url.search}`,
        method,
        headers: { Host: url.host, ...form, ...(headers as Readonly<Record<string, string>>) },
        agent: false,
        ca: network.ca,
      });
      asked.on('error', reject);
      asked.on('response', async (response) => {
        const chunks: Buffer[] = [];
        for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
        const fields = new Headers();
        for (let at = 0; at < response.rawHeaders.length; at += 2) {
          fields.append(response.rawHeaders[at]!, response.rawHeaders[at + 1]!);
        }
        resolve(new Response(Buffer.concat(chunks), { status: response.statusCode ?? 500, headers: fields }));
      });
      asked.end(body === undefined || body === null ? undefined : String(body));
    });
  };
}

/** RFC 7636 Appendix B. */
export const VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
export const CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';

export const STATE = 'a/b c+d';
export const OTHER_API = 'https://other-api.example';
const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

export const ADA = { username: 'ada@example.com', password: PASSWORD } as const;
export const MARY = { username: 'mary@example.com', password: PASSWORD, totp: TOTP_SECRET } as const;

/** `undefined` leaves the parameter out; several values repeat it. */
export type Parameters = Readonly<Record<string, string | readonly string[] | undefined>>;
export type Fields = Readonly<Record<string, string>>;
export type Members = Readonly<Record<string, unknown>>;

export function formOf(parameters: Parameters): URLSearchParams {
  return new URLSearchParams(
    Object.entries(parameters).flatMap(([name, value]) =>
      [value ?? []].flat().map((each): [string, string] => [name, each]),
    ),
  );
}

/** What was answered outside of pages. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: JSON of many shapes, judged by what each test expects of it.
  readonly body: any;
}

export async function send(lab: Lab, path: string, init: RequestInit = {}): Promise<Answer> {
  const response = await lab.fetch(new URL(path, lab.world.issuer), init);
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.startsWith('application/json') === true;
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : {} };
}

/** `token` where there is one, or the error, or the status. */
export function outcome({ status, body }: Answer): string {
  return body.access_token === undefined ? String(body.error ?? status) : 'token';
}

// The authorization endpoint

export const web = ({ world: { clients } }: Lab): Parameters => ({
  client_id: clients.web.id,
  redirect_uri: clients.web.redirectUri,
});

function authorizeUrl(lab: Lab, parameters: Parameters = {}): URL {
  const { clients, issuer, server } = lab.world;
  const form = formOf({
    client_id: clients.native.id,
    redirect_uri: clients.native.redirectUri,
    response_type: 'code',
    code_challenge: CHALLENGE,
    code_challenge_method: 'S256',
    resource: server.url,
    scope: 'mcp:tools',
    state: STATE,
    ...parameters,
  });
  return new URL(`/authorize?${form}`, issuer);
}

export function ask(lab: Lab, parameters?: Parameters, browser: Browser = new Map()): Promise<Response> {
  return request(authorizeUrl(lab, parameters), browser, undefined, lab.fetch);
}

/** Where an answer leads: an error page, a page of the sign-in, or the client with a code or an error. */
export function kindOf(response: Response): string {
  const location = response.headers.get('location');
  if (location === null) return response.status === 400 ? 'page' : String(response.status);
  if (location.startsWith('/')) return location.replace(/\?.*/, '');
  const { searchParams } = new URL(location);
  return searchParams.get('error') ?? (searchParams.has('code') ? 'code' : 'nothing');
}

export const kind = async (lab: Lab, parameters?: Parameters) => kindOf(await ask(lab, parameters));

export const SIGN_IN_PAGE = '/u/login/identifier';

/** A user answers every page. */
export function visit(lab: Lab, parameters?: Parameters, answers: Partial<SignIn> = {}): Promise<Landing> {
  return browse(authorizeUrl(lab, parameters), { ...ADA, now: lab.now, fetch: lab.fetch, ...answers });
}

/** The client's address that a user is sent to, its query included; `page` where the tenant keeps them. */
export async function landing(lab: Lab, parameters?: Parameters, answers?: Partial<SignIn>): Promise<URL | 'page'> {
  return (await visit(lab, parameters, answers)).location ?? 'page';
}

/** Where the code goes, without its query; `page`, or the error, where there is none. */
export async function delivery(lab: Lab, parameters?: Parameters): Promise<string> {
  const location = await landing(lab, parameters);
  if (location === 'page') return location;
  const { origin, pathname, searchParams } = location;
  return searchParams.has('code') ? `${origin}${pathname}` : (searchParams.get('error') ?? 'nothing');
}

/** Sends forms of one browser by hand, from the authorization request on. */
export async function steps(lab: Lab, forms: readonly (readonly [path: string, fields: Fields])[]) {
  const browser: Browser = new Map();
  const first = await ask(lab, {}, browser);
  const state = new URL(first.headers.get('location')!, lab.world.issuer).searchParams.get('state')!;
  let last = first;
  for (const [path, fields] of forms) {
    const form = new URLSearchParams({ state, ...fields });
    last = await request(new URL(path, lab.world.issuer), browser, form, lab.fetch);
  }
  return { browser, state, first, last };
}

// The token endpoint

/** Differences from what the native client asks for in Ada's name, and from what it sends for the code. */
export interface Flow {
  readonly ask?: Parameters;
  readonly form?: Parameters;
  readonly headers?: Fields;
}

/** From the sign-in to the token response, or to the error that came instead. */
export async function obtain(lab: Lab, { ask = {}, form, headers }: Flow = {}): Promise<Answer> {
  const location = await landing(lab, ask);
  const nothing = (error: string): Answer => ({ status: 400, headers: new Headers(), body: { error } });
  if (location === 'page') return nothing(location);
  const code = location.searchParams.get('code');
  if (code === null) return nothing(location.searchParams.get('error') ?? 'nothing');
  return redeem(lab, code, { ...pick(ask, 'client_id', 'redirect_uri'), ...form }, headers);
}

const pick = (all: Parameters, ...names: readonly string[]): Parameters =>
  Object.fromEntries(Object.entries(all).filter(([name]) => names.includes(name)));

export async function codeOf(lab: Lab, parameters?: Parameters): Promise<string> {
  const location = await landing(lab, parameters);
  return location === 'page' ? location : (location.searchParams.get('code') ?? '');
}

export function token(lab: Lab, form: Parameters, headers: Fields = {}): Promise<Answer> {
  return send(lab, '/oauth/token', { method: 'POST', body: formOf(form), headers });
}

export const redemption = ({ world: { clients } }: Lab, code: string, form: Parameters = {}): Parameters => ({
  grant_type: 'authorization_code',
  client_id: clients.native.id,
  code,
  redirect_uri: clients.native.redirectUri,
  code_verifier: VERIFIER,
  ...form,
});

export const redeem = (lab: Lab, code: string, form?: Parameters, headers?: Fields): Promise<Answer> =>
  token(lab, redemption(lab, code, form), headers);

export const refresh = (lab: Lab, refresh_token: string, form: Parameters = {}, headers?: Fields): Promise<Answer> =>
  token(lab, { grant_type: 'refresh_token', client_id: lab.world.clients.native.id, refresh_token, ...form }, headers);

const OFFLINE = { scope: 'mcp:tools offline_access' };

export async function refreshTokenOf(lab: Lab): Promise<string> {
  return String((await obtain(lab, { ask: OFFLINE })).body.refresh_token);
}

/** A client acts for itself. */
export const machine = ({ world }: Lab, form: Parameters = {}): Parameters => ({
  grant_type: 'client_credentials',
  client_id: world.clients.machine.id,
  client_secret: world.clients.machine.secret,
  audience: world.server.url,
  scope: 'mcp:tools',
  ...form,
});

const basic = (id: string, secret: string): Fields => ({
  Authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`,
});

export const asWeb = ({ world: { clients } }: Lab): Fields => basic(clients.web.id, clients.web.secret);

export const revoke = (lab: Lab, value: string, form: Parameters = {}, headers: Fields = {}): Promise<Answer> =>
  send(lab, '/oauth/revoke', {
    method: 'POST',
    body: formOf({ client_id: lab.world.clients.native.id, token: value, ...form }),
    headers,
  });

export const userinfo = (lab: Lab, value: unknown): Promise<Answer> =>
  send(lab, '/userinfo', { headers: { Authorization: `Bearer ${value}` } });

/** A key that signs, and what is published of it. */
interface ClientKey {
  readonly privateJwk: JWK & { readonly kid: string };
  readonly publicJwk: JWK & { readonly kid: string };
}

const keys = new Map<string, Promise<ClientKey>>();

/** A key of its own for each name, made once. */
export function clientKey(name: string): Promise<ClientKey> {
  const found = keys.get(name) ?? makeKey();
  keys.set(name, found);
  return found;
}

async function makeKey(): Promise<ClientKey> {
  const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true });
  const members = { kid: 'one', alg: 'RS256' };
  return {
    privateJwk: { ...(await exportJWK(privateKey)), ...members },
    publicJwk: { ...(await exportJWK(publicKey)), ...members },
  };
}

export const assertionClaims = (lab: Lab, id: string, claims: Members = {}) => ({
  iss: id,
  sub: id,
  aud: lab.world.issuer,
  iat: lab.now(),
  exp: lab.now() + 60,
  jti: randomUUID(),
  ...claims,
});

export async function assertionOf(lab: Lab, id: string, key: ClientKey['privateJwk'], claims?: Members) {
  const signer = await importJWK(key, 'RS256');
  return new SignJWT(assertionClaims(lab, id, claims)).setProtectedHeader({ alg: 'RS256', kid: key.kid }).sign(signer);
}

/** What comes with an assertion in place of other credentials. */
export const asserted = (client_assertion: string): Parameters => ({
  client_id: undefined,
  client_assertion_type: ASSERTION_TYPE,
  client_assertion,
});

// The Management API

export interface Call {
  readonly method?: string;
  readonly body?: unknown;
  /** Scopes of the operator's token; absent: all there are. */
  readonly scope?: string;
  readonly authorization?: string;
}

export async function managementToken(lab: Lab, scope?: string): Promise<string> {
  const audience = new URL('/api/v2/', lab.world.issuer).href;
  const form = machine(lab, { client_id: CLIENTS.operator, client_secret: SECRET, audience, scope });
  return String((await token(lab, form)).body.access_token);
}

/** A call of the Management API, with a token that the deployment's client gets for itself. */
export async function manage(lab: Lab, path: string, { method = 'GET', body, scope, authorization }: Call = {}) {
  const credentials = authorization ?? `Bearer ${await managementToken(lab, scope)}`;
  return send(lab, `/api/v2${path}`, {
    method,
    headers: { Authorization: credentials, 'User-Agent': 'audit/1' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
}

/** Clients that the Management API lists for the URL of a metadata document. */
export async function clientsOfDocument(lab: Lab, url: string): Promise<readonly Members[]> {
  return (await manage(lab, `/clients?${new URLSearchParams({ external_client_id: url })}`)).body;
}

// Registration and client documents

export const CALLBACK = 'https://client.example/callback';

const METADATA = { client_name: 'Probe', redirect_uris: [CALLBACK] };

export function register(lab: Lab, metadata: Members = {}, init: RequestInit = {}): Promise<Answer> {
  return send(lab, '/oidc/register', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ ...METADATA, ...metadata }),
    ...init,
  });
}

/** Puts a metadata document on the world's host, the members of a good one changed as told. */
export function publish({ world }: Lab, members: Members = {}, answer: Document = {}, path?: string) {
  return world.documents.publish(
    ({ url }) => ({
      json: { client_id: url, ...METADATA, grant_types: ['authorization_code'], ...members },
      ...answer,
    }),
    path,
  );
}

/** What a client that is known by its document asks for. */
export const ofDocument = (client_id: string): Parameters => ({ client_id, redirect_uri: CALLBACK });
