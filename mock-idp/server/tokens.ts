import { type CryptoKey, compactVerify, errors, type JWTHeaderParameters, type JWTPayload } from 'jose';
import type { TokenProfile } from '../setup.ts';
import type { Principal, ServerContext, Verification } from './behaviour.ts';
import { COOLDOWN, type KeySet } from './key-set.ts';

/** A JWT as it came, not yet believed. */
export interface Jwt {
  readonly text: string;
  readonly header: JWTHeaderParameters;
  readonly claims: JWTPayload;
}

export type VerificationKey = CryptoKey | Uint8Array;

/** Everything that makes a token good or not, by name; each is a thing that a real server has got wrong. */
export interface TokenCheckBehaviour {
  /**
   * Whether the token is good here, and whose it is.
   *
   * @throws {KeySetUnavailable} when that cannot be told, which is no fault of the token.
   */
  verifyToken(token: string, context: ServerContext): Promise<Verification>;
  /** `undefined`: no JWT, which is all this server can judge. */
  readJwt(token: string, context: ServerContext): Jwt | undefined;
  acceptedAlgorithms(context: ServerContext): readonly string[];
  /** Media types of the `typ` header, as RFC 7515 4.1.9 writes them. */
  acceptedTypes(context: ServerContext): readonly string[];
  /** Names in `crit` that are understood (RFC 7515 4.1.11). */
  understoodExtensions(jwt: Jwt, context: ServerContext): readonly string[];
  /** `undefined`: the issuer has no such key. */
  keyFor(header: JWTHeaderParameters, context: ServerContext): Promise<VerificationKey | undefined>;
  isFresh(set: KeySet, context: ServerContext): boolean;
  /** Whether the issuer may be asked again now, for a key that is not known. */
  mayRefetch(context: ServerContext): boolean;
  isSigned(jwt: Jwt, key: VerificationKey | undefined, context: ServerContext): Promise<boolean>;
  requiredClaims(context: ServerContext): readonly string[];
  acceptsIssuer(issuer: unknown, context: ServerContext): boolean;
  acceptsAudience(audience: unknown, context: ServerContext): boolean;
  /** Seconds that the clocks of issuer and server may differ by. */
  clockTolerance(context: ServerContext): number;
  hasExpired(claims: JWTPayload, context: ServerContext): boolean;
  /** `nbf` and `iat` are numbers, where they are there (RFC 7519 2, NumericDate). */
  hasValidTimes(claims: JWTPayload, context: ServerContext): boolean;
  /** Before `nbf`, or before it was issued. */
  isPremature(claims: JWTPayload, context: ServerContext): boolean;
  /** Whom the token stands for; `undefined`: it does not say, or not in one string (RFC 7519 4.1.2). */
  subjectOf(claims: JWTPayload, context: ServerContext): string | undefined;
  scopesOf(claims: JWTPayload, context: ServerContext): readonly string[];
  /** Whether the caller has the scopes that the operations of this request need. */
  isAuthorized(principal: Principal, context: ServerContext): boolean;
}

interface Dialect {
  readonly types: readonly string[];
  readonly requiredClaims: readonly string[];
  /** Claims that name the client, the first that is there. */
  readonly client: readonly string[];
  readonly scopes: (claims: JWTPayload) => readonly string[];
}

const ofScope = ({ scope }: JWTPayload) => (typeof scope === 'string' ? scope.split(' ').filter(Boolean) : []);

const DIALECTS: Readonly<Record<TokenProfile, Dialect>> = {
  rfc9068: {
    types: ['at+jwt'],
    // RFC 9068 2.2.
    requiredClaims: ['iss', 'exp', 'aud', 'sub', 'client_id', 'iat', 'jti'],
    client: ['client_id'],
    scopes: ofScope,
  },
  auth0: {
    // An API that is changed to RFC 9068 one day is understood at once. That JWT is the type of ID tokens too is why the
    // audience has to be looked at.
    types: ['JWT', 'at+jwt'],
    requiredClaims: ['iss', 'exp', 'aud', 'sub', 'iat'],
    client: ['azp', 'client_id'],
    // permissions are all that the user may do; scope is what of it this client was given, so it goes first.
    scopes: (claims) => (claims.scope === undefined ? strings(claims.permissions) : ofScope(claims)),
  },
};

const dialectOf = ({ setup }: ServerContext) => DIALECTS[setup.server.tokenProfile];

async function verifyToken(token: string, context: ServerContext): Promise<Verification> {
  const { behaviour } = context;
  const jwt = behaviour.readJwt(token, context);
  if (jwt === undefined) return refused();
  const { header, claims } = jwt;
  if (!behaviour.acceptedAlgorithms(context).includes(header.alg)) return refused();
  if (!understandsCritical(jwt, context)) return refused();
  if (!behaviour.acceptedTypes(context).some((type) => isType(header.typ, type))) return refused();
  // What can be refused without a key is: strangers do not make this server fetch.
  if (!behaviour.requiredClaims(context).every((name) => Object.hasOwn(claims, name))) return refused();
  if (!behaviour.acceptsIssuer(claims.iss, context)) return refused();
  if (!behaviour.acceptsAudience(claims.aud, context)) return refused();
  const key = await behaviour.keyFor(header, context);
  if (!(await behaviour.isSigned(jwt, key, context))) return refused();
  if (behaviour.hasExpired(claims, context)) return refused('The access token expired');
  if (!behaviour.hasValidTimes(claims, context) || behaviour.isPremature(claims, context)) return refused();
  const subject = behaviour.subjectOf(claims, context);
  if (subject === undefined) return refused();
  const client = dialectOf(context)
    .client.map((name) => claims[name])
    .find((value) => typeof value === 'string' && value !== '');
  return {
    valid: true,
    principal: {
      token,
      subject,
      ...(typeof client === 'string' ? { clientId: client } : {}),
      scopes: behaviour.scopesOf(claims, context),
      expiresAt: Number(claims.exp),
    },
  };
}

const refused = (problem = 'The access token is not valid for this server'): Verification => ({
  valid: false,
  problem,
});

/** The compact serialization of a JWS (RFC 7515 7.1) whose payload is a JSON object (RFC 7519 7.2). */
function readJwt(text: string): Jwt | undefined {
  const parts = text.split('.');
  if (parts.length !== 3 || !parts.every(isCanonical)) return undefined;
  const [header, claims] = parts.slice(0, 2).map(readObject);
  if (header === undefined || claims === undefined || typeof header.alg !== 'string') return undefined;
  return { text, header: header as JWTHeaderParameters, claims };
}

/** One spelling for one token: what base64url leaves unused at the end is zero (RFC 4648 3.5), else texts differ that mean the same. */
function isCanonical(part: string): boolean {
  return Buffer.from(part, 'base64url').toString('base64url') === part;
}

function readObject(part: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

function understandsCritical(jwt: Jwt, context: ServerContext): boolean {
  const { crit } = jwt.header as { readonly crit?: unknown };
  if (crit === undefined) return true;
  const understood = context.behaviour.understoodExtensions(jwt, context);
  return Array.isArray(crit) && crit.length > 0 && crit.every((name) => understood.includes(name));
}

/** RFC 7515 4.1.9: `application/` may be left out; media types have no case. */
function isType(given: unknown, type: string): boolean {
  const whole = (value: string) => (value.includes('/') ? value : `application/${value}`).toLowerCase();
  return typeof given === 'string' && whole(given) === whole(type);
}

/** By the issuer's own set and by nothing that the token brings along (RFC 8725 3.10). */
async function keyFor(header: JWTHeaderParameters, context: ServerContext): Promise<CryptoKey | undefined> {
  const { behaviour, keys } = context;
  const known = keys.known();
  if (known === undefined || !behaviour.isFresh(known, context)) return (await keys.fetch()).find(header);
  const found = await known.find(header);
  // The issuer may have begun to sign with a key that was not published yet; and strangers make keys up.
  return found === undefined && behaviour.mayRefetch(context) ? (await keys.fetch()).find(header) : found;
}

async function isSigned(jwt: Jwt, key: VerificationKey | undefined, context: ServerContext): Promise<boolean> {
  if (key === undefined) return false;
  const { behaviour } = context;
  try {
    await compactVerify(jwt.text, key, {
      algorithms: [...behaviour.acceptedAlgorithms(context)],
      crit: Object.fromEntries(behaviour.understoodExtensions(jwt, context).map((name) => [name, true])),
    });
    return true;
  } catch (error) {
    // jose throws TypeError for a key of another kind than the algorithm's.
    if (error instanceof errors.JOSEError || error instanceof TypeError) return false;
    throw error;
  }
}

export const TOKEN_CHECKS: TokenCheckBehaviour = {
  verifyToken,
  readJwt,
  acceptedAlgorithms: () => ['RS256'],
  acceptedTypes: (context) => dialectOf(context).types,
  understoodExtensions: () => [],
  keyFor,
  isFresh: ({ fetchedAt, maxAge }, { now }) => now() < fetchedAt + maxAge,
  mayRefetch: ({ keys, now }) => now() >= (keys.askedAt() ?? 0) + COOLDOWN,
  isSigned,
  requiredClaims: (context) => dialectOf(context).requiredClaims,
  // Simple string comparison (RFC 8414 3.3, RFC 7519 4.1.1).
  acceptsIssuer: (issuer, { setup }) => issuer === setup.issuer,
  // RFC 7519 4.1.3: one string, or an array in which this server is.
  acceptsAudience: (audience, { setup }) =>
    audience === setup.server.url || strings(audience).includes(setup.server.url),
  clockTolerance: () => 0,
  hasExpired: ({ exp }, context) =>
    typeof exp !== 'number' || context.now() >= exp + context.behaviour.clockTolerance(context),
  hasValidTimes: ({ nbf, iat }) => [nbf, iat].every((time) => time === undefined || typeof time === 'number'),
  isPremature: ({ nbf, iat }, context) => {
    const latest = context.now() + context.behaviour.clockTolerance(context);
    return [nbf, iat].some((time) => time !== undefined && time > latest);
  },
  subjectOf: ({ sub }) => (typeof sub === 'string' && sub !== '' ? sub : undefined),
  scopesOf: (claims, context) => dialectOf(context).scopes(claims),
  isAuthorized: (principal, context) =>
    context.behaviour.neededScopes(context).every((scope) => principal.scopes.includes(scope)),
};

function strings(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
}
