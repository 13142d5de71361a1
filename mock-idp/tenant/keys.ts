import { type CryptoKey, calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose';

export interface SigningKey {
  readonly privateKey: CryptoKey;
  /** As published in the JWK set. */
  readonly publicJwk: JWK & { readonly kid: string };
}

let key: Promise<SigningKey> | undefined;

/** The signing key of every tenant in this process (RSA, 2048 bits), made when it is first asked for. */
export function signingKey(): Promise<SigningKey> {
  key ??= createSigningKey();
  return key;
}

async function createSigningKey(): Promise<SigningKey> {
  const { publicKey, privateKey } = await generateKeyPair('RS256', { modulusLength: 2048 });
  const jwk = await exportJWK(publicKey);
  const kid = await calculateJwkThumbprint(jwk);
  return { privateKey, publicJwk: { ...jwk, kid, use: 'sig', alg: 'RS256' } };
}
