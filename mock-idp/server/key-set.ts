import {
  type CryptoKey,
  createLocalJWKSet,
  errors,
  type JSONWebKeySet,
  type JWK,
  type JWTHeaderParameters,
} from 'jose';

/** No usable key set could be had: that says nothing of a token. */
export class KeySetUnavailable extends Error {
  override readonly name = 'KeySetUnavailable';
}

/** One copy of the issuer's JWK set. */
export interface KeySet {
  /** Seconds since the epoch. */
  readonly fetchedAt: number;
  /** Seconds, by the answer's Cache-Control. */
  readonly maxAge: number;
  readonly published: readonly JWK[];
  /**
   * The one key that the header points to; `undefined`: the set has none, or several.
   *
   * @throws {KeySetUnavailable} for a key that cannot be read.
   */
  find(header: JWTHeaderParameters): Promise<CryptoKey | undefined>;
}

/** The issuer's keys as this server knows them. */
export interface IssuerKeys {
  /** The copy at hand. */
  known(): KeySet | undefined;
  /** When the last attempt was made, in seconds since the epoch. */
  askedAt(): number | undefined;
  /**
   * A new copy, in place of the one at hand. Callers at one time share one request; within the cooldown of a failure
   * none is made.
   *
   * @throws {KeySetUnavailable}
   */
  fetch(): Promise<KeySet>;
}

/** Seconds a set may be kept whose answer does not say how long (Auth0's advice: 5 to 10 minutes). */
const DEFAULT_MAX_AGE = 300;

/** Seconds between two requests for the key set that an unknown key, or a failure, gives reason for. */
export const COOLDOWN = 5;

/** @param ask fetches the document at `jwks_uri` */
export function createIssuerKeys(ask: () => Promise<Response>, now: () => number): IssuerKeys {
  let known: KeySet | undefined;
  let askedAt: number | undefined;
  let failedAt: number | undefined;
  let pending: Promise<KeySet> | undefined;
  return {
    known: () => known,
    askedAt: () => askedAt,
    async fetch() {
      if (failedAt !== undefined && now() < failedAt + COOLDOWN) {
        throw new KeySetUnavailable('the key set of the issuer was not to be had a moment ago');
      }
      askedAt = now();
      pending ??= readKeySet(ask, now).finally(() => {
        pending = undefined;
      });
      try {
        known = await pending;
        failedAt = undefined;
        return known;
      } catch (error) {
        failedAt = now();
        throw error;
      }
    },
  };
}

async function readKeySet(ask: () => Promise<Response>, now: () => number): Promise<KeySet> {
  try {
    const response = await ask();
    if (response.status !== 200) throw new Error(`the key set was answered with ${response.status}`);
    const document = (await response.json()) as JSONWebKeySet;
    const find = createLocalJWKSet(document);
    const maxAge = /(?:^|[\s,])max-age=(\d+)/i.exec(response.headers.get('cache-control') ?? '')?.[1];
    return {
      fetchedAt: now(),
      maxAge: maxAge === undefined ? DEFAULT_MAX_AGE : Number(maxAge),
      published: document.keys,
      find: (header) => find(header).catch(noKeyOr),
    };
  } catch (cause) {
    throw new KeySetUnavailable('the key set of the issuer is not to be had', { cause });
  }
}

/** Several candidates are as bad as none, for a token names its key; and so is an algorithm that has no public keys. */
const NO_KEY = [errors.JWKSNoMatchingKey, errors.JWKSMultipleMatchingKeys, errors.JOSENotSupported];

function noKeyOr(error: unknown): undefined {
  if (NO_KEY.some((kind) => error instanceof kind)) return undefined;
  throw new KeySetUnavailable('a key of the issuer cannot be read', { cause: error });
}
