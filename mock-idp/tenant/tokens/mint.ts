import { constants, createHmac, KeyObject, randomUUID, sign as signBytes } from 'node:crypto';
import { exportSPKI, importJWK, type JWK } from 'jose';
import { type Clock, systemClock } from '../../clock.ts';
import type { Setup, TokenProfile } from '../../setup.ts';
import type { TenantBehaviour, TenantContext } from '../behaviour.ts';
import { foreignKey, type KeyRing, type SigningKey } from '../keys.ts';
import { ADA, CLIENTS } from '../states/conforming.ts';
import type { TokenHeader } from './issue.ts';

/**
 * Differences from a good access token, so that who develops a server can see what it makes of bad ones. A value of
 * `undefined` leaves the member out.
 */
export interface TokenOverrides {
  readonly claims?: Readonly<Record<string, unknown>>;
  /**
   * `alg` decides how it is signed: RS256, RS384, RS512, PS256, PS384 and PS512 with the RSA key, `none` not at all
   * (RFC 7519 6), and HS256 with the public key's PEM as the secret, which verifiers mistake for one that look at `alg`
   * and not at the key (RFC 8725 2.1). No other is known.
   */
  readonly header?: Readonly<Record<string, unknown>>;
  /**
   * Whose key signs; absent: `current`. `next` is published and signs nothing yet; `foreign` is nobody's, and goes by
   * the current key's `kid`.
   */
  readonly key?: 'current' | 'next' | 'foreign';
  /** One bit of the signature is another. */
  readonly signature?: 'broken';
  /** How the secret of HS256 ends: libraries write PEM without a line end behind it, files and OpenSSL have one. */
  readonly secret?: SecretForm;
}

export const SECRET_FORMS = ['pem', 'pem-with-newline'] as const;

export type SecretForm = (typeof SECRET_FORMS)[number];

const LIFETIME_SECONDS = 3600;

/**
 * Signs an access token for the MCP server: header and claims of the profile that its API has, RS256, with the tenant's
 * key.
 *
 * @throws {Error} for an algorithm that the key does not serve.
 */
export async function mintAccessToken(
  setup: Setup,
  keyRing: KeyRing,
  overrides: TokenOverrides = {},
  now: Clock = systemClock,
): Promise<string> {
  const current = await keyRing.current();
  const key = await KEYS[overrides.key ?? 'current'](keyRing);
  const profile = PROFILES[setup.server.tokenProfile];
  const issuedAt = now();
  const claims = {
    iss: setup.issuer,
    sub: ADA,
    aud: setup.server.url,
    ...profile.claims(CLIENTS.native),
    iat: issuedAt,
    exp: issuedAt + LIFETIME_SECONDS,
    scope: setup.server.scopes.join(' '),
    ...overrides.claims,
  };
  const { kid } = (overrides.key === 'foreign' ? current : key).publicJwk;
  const header = { alg: 'RS256', typ: profile.typ, kid, ...overrides.header };
  return finished(await sign(claims, header, key, overrides.secret), overrides);
}

/**
 * An access token for an API of the tenant as the tenant itself issues it to a user who was asked nothing, with whatever
 * is wrong with the tenant, and with the differences told. Who names a key, `alg`, `kid` or `crit` has the token signed
 * so, whatever the tenant would do.
 *
 * @param audience identifier of the API
 * @throws {Error} where there is no such API, where a member is to be left out that is not there, and for an algorithm
 * that the key does not serve.
 */
export async function issueDiffering(
  audience: string,
  overrides: TokenOverrides,
  context: TenantContext,
): Promise<string> {
  const { store, behaviour, keyRing } = context;
  const api = store.resourceServers.find(({ identifier }) => identifier === audience);
  const client = store.clients.find(({ client_id }) => client_id === CLIENTS.native);
  if (api === undefined) throw new Error(`the tenant has no API ${audience}`);
  if (client === undefined) throw new Error(`the tenant has no client ${CLIENTS.native}`);
  const { key: named = 'current', header: changes = {} } = overrides;
  const isSignedByOrder =
    overrides.key !== undefined || ['alg', 'kid', 'crit'].some((name) => changes[name] !== undefined);
  const table: TenantBehaviour = {
    ...behaviour,
    accessTokenHeader: async (...args) => {
      const good = await behaviour.accessTokenHeader(...args);
      const kid = named === 'next' ? { kid: (await KEYS.next(keyRing)).publicJwk.kid } : {};
      return changed({ ...good, ...kid }, changes);
    },
    accessTokenClaims: (...args) => changed(behaviour.accessTokenClaims(...args), overrides.claims),
    signAccessToken: async (claims, header, ...rest) =>
      isSignedByOrder
        ? sign(claims, header, await KEYS[named](keyRing), overrides.secret)
        : behaviour.signAccessToken(claims, header, ...rest),
  };
  const authorization = {
    clientId: client.client_id,
    subject: ADA,
    audience,
    scope: api.scopes.map(({ value }) => value),
    grantType: 'authorization_code',
  } as const;
  const { value } = await table.issueAccessToken({ client, authorization, api }, { ...context, behaviour: table });
  if (value.split('.').length === 3) return finished(value, overrides);
  if (Object.keys(overrides).length === 0) return value;
  throw new Error('this tenant issues tokens that are no JWTs: nothing in them can be another');
}

/** @throws {Error} for a member to be left out that is not there. */
function changed<Members extends object>(good: Members, changes: Readonly<Record<string, unknown>> = {}): Members {
  const there = Object.entries(good).flatMap(([name, value]) => (value === undefined ? [] : [name]));
  const missing = Object.keys(changes).find((name) => changes[name] === undefined && !there.includes(name));
  if (missing === undefined) return { ...good, ...changes };
  throw new Error(`the token has no ${missing} that could be left out; there is ${there.join(', ')}`);
}

/** RFC 9068 2, and Auth0's profile, which is older. */
const PROFILES: Readonly<Record<TokenProfile, { readonly typ: string; readonly claims: (client: string) => object }>> =
  {
    rfc9068: { typ: 'at+jwt', claims: (client) => ({ client_id: client, jti: randomUUID() }) },
    auth0: { typ: 'JWT', claims: (client) => ({ azp: client }) },
  };

const KEYS: Readonly<Record<NonNullable<TokenOverrides['key']>, (keyRing: KeyRing) => Promise<SigningKey>>> = {
  current: (keyRing) => keyRing.current(),
  next: async (keyRing) => (await keyRing.published())[1]!,
  foreign: foreignKey,
};

type Sign = (input: string, key: SigningKey, form: SecretForm) => Promise<string>;

/** RFC 7518 3.3, 3.5. */
const rsa =
  (hash: string, padding: number): Sign =>
  async (input, { privateKey }) =>
    signBytes(hash, Buffer.from(input), {
      key: KeyObject.from(privateKey),
      padding,
      saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
    }).toString('base64url');

const { RSA_PKCS1_PADDING, RSA_PKCS1_PSS_PADDING } = constants;

const ALGORITHMS: Readonly<Record<string, Sign>> = {
  RS256: rsa('sha256', RSA_PKCS1_PADDING),
  RS384: rsa('sha384', RSA_PKCS1_PADDING),
  RS512: rsa('sha512', RSA_PKCS1_PADDING),
  PS256: rsa('sha256', RSA_PKCS1_PSS_PADDING),
  PS384: rsa('sha384', RSA_PKCS1_PSS_PADDING),
  PS512: rsa('sha512', RSA_PKCS1_PSS_PADDING),
  HS256: async (input, { publicJwk }, form) => {
    const secret = Buffer.concat([await publicKeyAsSecret(publicJwk), Buffer.from(LINE_ENDS[form])]);
    return createHmac('sha256', secret).update(input).digest('base64url');
  },
  none: async () => '',
};

const LINE_ENDS: Readonly<Record<SecretForm, string>> = { pem: '', 'pem-with-newline': '\n' };

/** By hand: `jose` would not sign a header that it does not understand, and this one may say what it likes. */
async function sign(claims: object, header: TokenHeader, key: SigningKey, form?: SecretForm): Promise<string> {
  const { alg } = header;
  const signInput = Object.hasOwn(ALGORITHMS, alg) ? ALGORITHMS[alg] : undefined;
  if (signInput === undefined) {
    throw new Error(`nothing here signs with ${JSON.stringify(alg)}: alg is ${Object.keys(ALGORITHMS).join(', ')}`);
  }
  const input = `${encode(header)}.${encode(claims)}`;
  return `${input}.${await signInput(input, key, form ?? 'pem')}`;
}

/** A public RSA key as the bytes that its PEM consists of. */
export async function publicKeyAsSecret({ alg: _, ...jwk }: JWK): Promise<Uint8Array> {
  const imported = await importJWK(jwk, 'RS256', { extractable: true });
  if (imported instanceof Uint8Array) throw new TypeError('only RSA keys have a public part');
  return new TextEncoder().encode(await exportSPKI(imported));
}

/** RFC 7519 6. */
export function encodeUnsigned(header: object, claims: object): string {
  return `${encode(header)}.${encode(claims)}.`;
}

/** @throws {Error} where there is no signature to break, or no secret to write otherwise. */
function finished(token: string, { signature, secret, header: changes }: TokenOverrides): string {
  if (secret !== undefined && changes?.alg !== 'HS256')
    throw new Error('a secret goes with {"header":{"alg":"HS256"}} only');
  if (signature === undefined) return token;
  const [header, payload, good] = token.split('.');
  const bytes = Buffer.from(good!, 'base64url');
  if (bytes.length === 0) throw new Error('a token with alg none has no signature that could be broken');
  bytes[0]! ^= 1;
  return `${header}.${payload}.${bytes.toString('base64url')}`;
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
