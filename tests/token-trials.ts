/** Requests whose tokens are good or bad in one thing each, for the reference server and for its faults. */
import { createHmac, createPublicKey, generateKeyPairSync, KeyObject, sign as signBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { operationRequest } from '../fixtures/protocol/requests.ts';
import { pooledKeys } from '../mock-idp/tenant/keys.ts';
import type { World } from '../mock-idp/world.ts';

type Members = Readonly<Record<string, unknown>>;

/** What a trial makes its request with. */
export interface Lab {
  readonly world: World;
  /** Seconds since the epoch. */
  now(): number;
}

export interface Sent {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface TokenTrial {
  /** Says what is sent. */
  readonly asks: string;
  send(lab: Lab): Promise<Sent>;
  /** Status of the conforming server. */
  readonly status: number;
  /** Fault → status where it is in force. */
  readonly faults: Readonly<Record<string, number>>;
}

const pem = (kind: string) =>
  readFileSync(fileURLToPath(new URL(`certificates/rsa.test.${kind}.pem`, import.meta.url)), 'utf8');

const STRANGER = { key: pem('key'), certificate: pem('cert') };
const DER = STRANGER.certificate.replace(/-----[^-]+-----|\s/g, '');

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Signs whatever it is told, with the tenant's key unless another is given; `undefined` leaves a member out. */
async function token(
  { world, now }: Lab,
  { claims = {}, header = {}, key }: { readonly claims?: Members; readonly header?: Members; readonly key?: string },
): Promise<string> {
  const { privateKey, publicJwk } = await pooledKeys(0);
  const text = [
    encode({ alg: 'RS256', typ: 'at+jwt', kid: publicJwk.kid, ...header }),
    encode({
      iss: world.issuer,
      sub: 'auth0|ada',
      aud: world.server.url,
      client_id: 'client',
      iat: now(),
      exp: now() + 3600,
      jti: 'one',
      scope: 'mcp:tools mcp:identity',
      ...claims,
    }),
  ].join('.');
  const signature = signBytes('sha256', Buffer.from(text), key ?? KeyObject.from(privateKey));
  return `${text}.${signature.toString('base64url')}`;
}

function request({ world }: Lab, tool: string, headers: Members): Sent {
  const { body, headers: fields } = operationRequest('2026-07-28', 'tools/call', {
    id: 'one',
    tool: { name: tool, arguments: tool === 'echo' ? { message: 'hello' } : {} },
  });
  return {
    url: world.server.url,
    headers: { ...Object.fromEntries(fields), ...(headers as Record<string, string>) },
    body,
  };
}

const bearer = (value: string) => ({ Authorization: `Bearer ${value}` });

type Parts = Parameters<typeof token>[1];

/** A call with a token that differs from a good one in these. */
function differing(
  asks: string,
  parts: (lab: Lab) => Parts | Promise<Parts>,
  status: number,
  faults: Readonly<Record<string, number>>,
  tool = 'echo',
): TokenTrial {
  return { asks, status, faults, send: async (lab) => request(lab, tool, bearer(await token(lab, await parts(lab)))) };
}

/** A call with a token from elsewhere, or with one that cannot be signed as usual. */
function bringing(
  asks: string,
  bring: (lab: Lab) => Promise<Partial<Sent>>,
  status: number,
  faults: Readonly<Record<string, number>>,
): TokenTrial {
  return { asks, status, faults, send: async (lab) => ({ ...request(lab, 'echo', {}), ...(await bring(lab)) }) };
}

const withHeaders = (lab: Lab, headers: Members) => ({ headers: request(lab, 'echo', headers).headers });

async function unsigned(lab: Lab, alg: string): Promise<Partial<Sent>> {
  const [, claims] = (await token(lab, {})).split('.');
  return withHeaders(lab, bearer(`${encode({ alg, typ: 'at+jwt' })}.${claims}.`));
}

async function symmetric(lab: Lab, secret: string): Promise<Partial<Sent>> {
  const { publicJwk } = await pooledKeys(0);
  const [, claims] = (await token(lab, {})).split('.');
  const text = `${encode({ alg: 'HS256', typ: 'at+jwt', kid: publicJwk.kid })}.${claims}`;
  return withHeaders(lab, bearer(`${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`));
}

async function publicPem(): Promise<string> {
  const { publicJwk } = await pooledKeys(0);
  return createPublicKey({ key: { ...publicJwk }, format: 'jwk' })
    .export({ type: 'spki', format: 'pem' })
    .toString()
    .trim();
}

const strangerJwk = () => createPublicKey(STRANGER.key).export({ format: 'jwk' });

const OTHER_KEY = generateKeyPairSync('rsa', { modulusLength: 2048 })
  .privateKey.export({ type: 'pkcs8', format: 'pem' })
  .toString();

const UNCHECKED = { 'checks-no-signature': 200 };

export const TOKEN_TRIALS: readonly TokenTrial[] = [
  differing('a good token', () => ({}), 200, {}),
  differing('a good token whose type is written in full', () => ({ header: { typ: 'application/at+jwt' } }), 200, {}),
  differing(
    'a good token for several audiences',
    ({ world }) => ({ claims: { aud: ['https://other.example', world.server.url] } }),
    200,
    {
      'refuses-a-list-of-audiences': 401,
    },
  ),

  bringing('alg none', (lab) => unsigned(lab, 'none'), 401, { 'takes-alg-none-for-a-signature': 200 }),
  bringing('alg nOnE', (lab) => unsigned(lab, 'nOnE'), 401, { 'knows-alg-none-in-one-spelling': 200 }),
  bringing('HS256 with the public key', async (lab) => symmetric(lab, await publicPem()), 401, {
    'takes-the-public-key-for-a-secret': 200,
  }),
  bringing('HS256 with a weak secret', (lab) => symmetric(lab, 'secret'), 401, {
    'has-a-secret-that-can-be-guessed': 200,
  }),
  bringing(
    'RS512 with the key for RS256',
    async (lab) => {
      const { privateKey, publicJwk } = await pooledKeys(0);
      const [, claims] = (await token(lab, {})).split('.');
      const text = `${encode({ alg: 'RS512', typ: 'at+jwt', kid: publicJwk.kid })}.${claims}`;
      const signature = signBytes('sha512', Buffer.from(text), KeyObject.from(privateKey)).toString('base64url');
      return withHeaders(lab, bearer(`${text}.${signature}`));
    },
    401,
    { 'lets-the-token-choose-its-algorithm': 200 },
  ),
  differing('the signature of a stranger', () => ({ key: OTHER_KEY }), 401, UNCHECKED),
  differing(
    'the signature of a stranger with a kid of their own',
    () => ({ key: OTHER_KEY, header: { kid: 'stranger' } }),
    401,
    {
      ...UNCHECKED,
      'checks-no-signature-of-unknown-keys': 200,
    },
  ),
  differing('a good signature under an unknown kid', () => ({ header: { kid: 'unknown' } }), 401, {
    ...UNCHECKED,
    'checks-no-signature-of-unknown-keys': 200,
    'ignores-the-kid': 200,
  }),
  differing('its own key in jwk', () => ({ key: STRANGER.key, header: { jwk: strangerJwk() } }), 401, {
    ...UNCHECKED,
    'trusts-a-key-in-the-header': 200,
  }),
  differing('its own certificate in x5c', () => ({ key: STRANGER.key, header: { x5c: [DER] } }), 401, {
    ...UNCHECKED,
    'trusts-a-certificate-in-the-header': 200,
  }),
  differing(
    'its own key set in jku',
    ({ world }) => {
      const { url } = world.documents.publish({ json: { keys: [{ ...strangerJwk(), use: 'sig' }] } });
      return { key: STRANGER.key, header: { jku: url } };
    },
    401,
    { ...UNCHECKED, 'follows-jku': 200 },
  ),
  differing(
    'its own certificate in x5u',
    ({ world }) => {
      const { url } = world.documents.publish({ text: STRANGER.certificate });
      return { key: STRANGER.key, header: { x5u: url } };
    },
    401,
    { ...UNCHECKED, 'follows-x5u': 200 },
  ),
  differing(
    'an issuer of its own with keys of its own',
    ({ world }) => {
      world.documents.publish({ json: { keys: [{ ...strangerJwk(), use: 'sig' }] } }, '/.well-known/jwks.json');
      return { key: STRANGER.key, claims: { iss: `${world.documents.origin}/` } };
    },
    401,
    { 'fetches-keys-from-the-issuer-a-token-names': 200 },
  ),
  differing(
    'an extension that has to be understood',
    () => ({ header: { crit: ['x-unknown'], 'x-unknown': true } }),
    401,
    {
      'ignores-crit': 200,
    },
  ),
  differing('an empty crit', () => ({ header: { crit: [] } }), 401, {}),

  differing('no audience', () => ({ claims: { aud: undefined } }), 401, { 'checks-no-audience': 200 }),
  differing('another audience', () => ({ claims: { aud: 'https://unrelated.example' } }), 401, {
    'checks-no-audience': 200,
  }),
  differing(
    'an audience that begins alike',
    ({ world }) => ({ claims: { aud: `${world.server.url}.evil.test` } }),
    401,
    {
      'checks-no-audience': 200,
      'accepts-audiences-that-begin-alike': 200,
      'accepts-audiences-that-hold-its-host': 200,
    },
  ),
  differing(
    'an audience that ends alike',
    ({ world }) => ({ claims: { aud: `https://evil.test/?${world.server.url}` } }),
    401,
    {
      'checks-no-audience': 200,
      'accepts-audiences-that-end-alike': 200,
      'accepts-audiences-that-hold-its-host': 200,
    },
  ),
  differing(
    'two audiences in one text',
    ({ world }) => ({ claims: { aud: `${world.server.url} https://unrelated.example` } }),
    401,
    {
      'checks-no-audience': 200,
      'accepts-audiences-that-begin-alike': 200,
      'reads-one-audience-as-several': 200,
      'accepts-audiences-that-hold-its-host': 200,
    },
  ),
  differing('its audience in capitals', ({ world }) => ({ claims: { aud: world.server.url.toUpperCase() } }), 401, {
    'checks-no-audience': 200,
    'compares-audiences-without-case': 200,
    'accepts-audiences-that-hold-its-host': 200,
  }),
  differing('a parent of its audience', ({ world }) => ({ claims: { aud: new URL(world.server.url).origin } }), 401, {
    'checks-no-audience': 200,
    'accepts-audiences-that-hold-its-host': 200,
  }),
  differing('its audience with a slash', ({ world }) => ({ claims: { aud: `${world.server.url}/` } }), 401, {
    'checks-no-audience': 200,
    'accepts-a-slash-behind-its-audience': 200,
    'accepts-audiences-that-begin-alike': 200,
    'accepts-audiences-that-hold-its-host': 200,
  }),
  differing('another API of the issuer', () => ({ claims: { aud: 'https://other-api.example' } }), 401, {
    'checks-no-audience': 200,
    'accepts-every-api-of-its-issuer': 200,
  }),
  differing(
    'an ID token',
    () => ({
      header: { typ: 'JWT' },
      claims: { aud: 'wSpC0nf0rm1ngPubl1cCl1ent0000001', client_id: undefined, jti: undefined, scope: undefined },
    }),
    401,
    { 'accepts-id-tokens': 200 },
  ),
  differing('typ JWT', () => ({ header: { typ: 'JWT' } }), 401, {
    'ignores-the-type-of-a-token': 200,
    'accepts-id-tokens': 200,
  }),
  differing('no typ', () => ({ header: { typ: undefined } }), 401, { 'ignores-the-type-of-a-token': 200 }),
  differing('another issuer', () => ({ claims: { iss: 'https://issuer.example/' } }), 401, { 'checks-no-issuer': 200 }),
  differing('no issuer', () => ({ claims: { iss: undefined } }), 401, {
    'checks-no-issuer': 200,
    'accepts-tokens-without-an-issuer': 200,
  }),
  differing('its issuer without the slash', ({ world }) => ({ claims: { iss: world.issuer.slice(0, -1) } }), 401, {
    'checks-no-issuer': 200,
    'fetches-keys-from-the-issuer-a-token-names': 200,
    'accepts-its-issuer-without-the-slash': 200,
    'accepts-issuers-that-begin-alike': 200,
  }),
  differing(
    'an issuer that begins alike',
    ({ world }) => ({ claims: { iss: `${world.issuer.slice(0, -1)}.evil.test/` } }),
    401,
    {
      'checks-no-issuer': 200,
      'accepts-issuers-that-begin-alike': 200,
    },
  ),
  differing(
    'an issuer that ends alike',
    ({ world }) => ({ claims: { iss: `https://evil.test/?${world.issuer}` } }),
    401,
    { 'checks-no-issuer': 200, 'accepts-issuers-that-end-alike': 200 },
  ),
  differing('a token that expired a minute ago', ({ now }) => ({ claims: { exp: now() - 60 } }), 401, {
    'accepts-expired-tokens': 200,
    'allows-hours-of-leeway': 200,
  }),
  differing('a token that expired yesterday', ({ now }) => ({ claims: { exp: now() - 86_400 } }), 401, {
    'accepts-expired-tokens': 200,
  }),
  differing('no exp', () => ({ claims: { exp: undefined } }), 401, { 'accepts-tokens-that-never-expire': 200 }),
  differing('exp as text', () => ({ claims: { exp: '9999999999' } }), 401, { 'accepts-expired-tokens': 200 }),
  differing('nbf tomorrow', ({ now }) => ({ claims: { nbf: now() + 86_400 } }), 401, { 'ignores-nbf': 200 }),
  differing('iat tomorrow', ({ now }) => ({ claims: { iat: now() + 86_400 } }), 401, {
    'accepts-tokens-of-the-future': 200,
  }),
  differing('no client_id', () => ({ claims: { client_id: undefined } }), 401, {
    'accepts-tokens-without-a-client': 200,
    'accepts-id-tokens': 200,
  }),
  differing('no sub', () => ({ claims: { sub: undefined } }), 401, { 'accepts-tokens-without-a-subject': 200 }),
  differing('a sub that is an object', () => ({ claims: { sub: {} } }), 401, {
    'accepts-tokens-without-a-subject': 200,
  }),
  differing('an empty sub', () => ({ claims: { sub: '' } }), 401, { 'accepts-tokens-without-a-subject': 200 }),
  differing('iat as text', ({ now }) => ({ claims: { iat: String(now()) } }), 401, {}),
  differing('no jti', () => ({ claims: { jti: undefined } }), 401, {
    'accepts-tokens-without-an-id': 200,
    'accepts-id-tokens': 200,
  }),

  differing('no scope', () => ({ claims: { scope: undefined } }), 403, {
    'checks-no-scopes': 200,
    'accepts-id-tokens': 200,
  }),
  differing(
    'the scope of all operations for a tool that needs more',
    () => ({ claims: { scope: 'mcp:tools' } }),
    403,
    {
      'checks-no-scopes': 200,
      'checks-no-scopes-of-tools': 200,
      'is-content-with-one-of-the-scopes': 200,
      'is-content-with-any-scope-it-knows': 200,
      'answers-401-to-too-little-scope': 401,
      'answers-200-to-too-little-scope': 200,
    },
    'whoami',
  ),
  differing('a scope that holds the needed one', () => ({ claims: { scope: 'mcp:tools:read' } }), 403, {
    'checks-no-scopes': 200,
    'finds-scopes-inside-others': 200,
  }),
  differing('the beginning of the needed scope', () => ({ claims: { scope: 'mcp:' } }), 403, {
    'checks-no-scopes': 200,
    'takes-the-beginning-of-a-scope-for-it': 200,
  }),
  differing(
    'permissions of the user that the client was not given',
    () => ({ claims: { scope: 'openid', permissions: ['mcp:tools'] } }),
    403,
    {
      'checks-no-scopes': 200,
      'takes-permissions-for-scopes': 200,
    },
  ),

  bringing(
    'a token in a form',
    async (lab) => ({
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      body: `access_token=${await token(lab, {})}`,
    }),
    401,
    // The SDK wants JSON: that the door is open shows as another refusal.
    { 'takes-a-token-from-a-form': 400 },
  ),
  bringing(
    'a token in the message',
    async (lab) => {
      const { body } = request(lab, 'echo', {});
      return { body: body.replace('"_meta":{', `"_meta":{"access_token":"${await token(lab, {})}",`) };
    },
    401,
    { 'takes-a-token-from-the-message': 200 },
  ),
  bringing(
    'a token in a cookie',
    async (lab) => withHeaders(lab, { Cookie: `access_token=${await token(lab, {})}` }),
    401,
    {
      'takes-a-token-from-a-cookie': 200,
    },
  ),
  bringing(
    'a token in a field of its own',
    async (lab) => withHeaders(lab, { 'X-Access-Token': await token(lab, {}) }),
    401,
    {
      'takes-a-token-from-a-field-of-its-own': 200,
    },
  ),
  bringing(
    'a bad token in the field and a good one in the query',
    async (lab) => ({
      url: `${lab.world.server.url}?access_token=${await token(lab, {})}`,
      ...withHeaders(lab, bearer('nonsense')),
    }),
    401,
    { 'prefers-the-token-of-the-query': 200 },
  ),
];

export async function answerTo(trial: TokenTrial, lab: Lab): Promise<Response> {
  const { url, headers, body } = await trial.send(lab);
  return fetch(url, { method: 'POST', headers, body });
}
