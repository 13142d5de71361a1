import { generateKeyPairSync } from 'node:crypto';
import { type CryptoKey, calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose';

export interface SigningKey {
  readonly privateKey: CryptoKey;
  /** As published in the JWK set, but for `alg`: an RSA key serves several, and what it signs with is configured. */
  readonly publicJwk: JWK & { readonly kid: string };
}

/** The keys of one tenant: one signs at a time, and the next is known before it does. */
export interface KeyRing {
  current(): Promise<SigningKey>;
  /** In the order in which they are published: current, next, and those that signed before until they are revoked. */
  published(): Promise<readonly SigningKey[]>;
  /** The next key signs from now on; the one before stays published. */
  rotate(): void;
  /** Ends a key that no longer signs; `false` when there is none such. */
  revoke(kid: string): Promise<boolean>;
}

/** Where a ring takes its keys from, the first that it ever needs at 0. */
export type KeySource = (index: number) => Promise<SigningKey>;

const pool = new Map<number, Promise<SigningKey>>();

/** RSA keys of 2048 bits, made when they are first asked for and shared by all tenants of this process. */
export const pooledKeys: KeySource = (index) => {
  const known = pool.get(index);
  if (known !== undefined) return known;
  const made = createSigningKey();
  pool.set(index, made);
  return made;
};

let foreign: Promise<SigningKey> | undefined;

/** A key like a tenant's, which none publishes. */
export function foreignKey(): Promise<SigningKey> {
  foreign ??= createSigningKey();
  return foreign;
}

/** A client's key pair for its assertions. */
export interface ClientKeyPair {
  readonly privateJwk: JWK & { readonly kid: string };
  readonly publicJwk: JWK & { readonly kid: string };
}

let ofSignedClient: ClientKeyPair | undefined;

/** The key pair of the client that signs its assertions: one in this process, made when it is first asked for. */
export function signedClientKeyPair(): ClientKeyPair {
  ofSignedClient ??= createClientKeyPair('signed-client-1');
  return ofSignedClient;
}

function createClientKeyPair(kid: string): ClientKeyPair {
  // In one go: a configuration, which names the public half, is made in one go too.
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const members = { kid, use: 'sig', alg: 'RS256' };
  return {
    privateJwk: { ...(privateKey.export({ format: 'jwk' }) as JWK), ...members },
    publicJwk: { ...(publicKey.export({ format: 'jwk' }) as JWK), ...members },
  };
}

export function createKeyRing(source: KeySource = pooledKeys): KeyRing {
  let current = 0;
  let previous: readonly number[] = [];
  return {
    current: () => source(current),
    published: () => Promise.all([current, current + 1, ...previous].map(source)),
    rotate: () => {
      previous = [current, ...previous];
      current += 1;
    },
    async revoke(kid) {
      const named = await Promise.all(
        previous.map(async (index) => ({ index, isNamed: (await source(index)).publicJwk.kid === kid })),
      );
      // Of the ring as it is now: others may have rotated or revoked meanwhile.
      const left = previous.filter((index) => !named.some((each) => each.isNamed && each.index === index));
      const isFound = left.length < previous.length;
      previous = left;
      return isFound;
    },
  };
}

async function createSigningKey(): Promise<SigningKey> {
  const { publicKey, privateKey } = await generateKeyPair('RS256', { modulusLength: 2048, extractable: true });
  const jwk = await exportJWK(publicKey);
  const kid = await calculateJwkThumbprint(jwk);
  return { privateKey, publicJwk: { ...jwk, kid, use: 'sig' } };
}
