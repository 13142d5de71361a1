import { type CryptoKey, calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose';

export interface SigningKey {
  readonly privateKey: CryptoKey;
  /** As published in the JWK set. */
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
      const kids = await Promise.all(previous.map(async (index) => (await source(index)).publicJwk.kid));
      const left = previous.filter((_, at) => kids[at] !== kid);
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
  return { privateKey, publicJwk: { ...jwk, kid, use: 'sig', alg: 'RS256' } };
}
