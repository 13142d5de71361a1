import type { JsonObject } from '../../fixtures/protocol/documents.ts';

interface Fit {
  readonly kty: string;
  readonly crv?: readonly string[];
}

const RSA: Fit = { kty: 'RSA' };
const ED: Fit = { kty: 'OKP', crv: ['Ed25519', 'Ed448'] };
const OCT: Fit = { kty: 'oct' };

/** The key that a signature algorithm takes (RFC 7518 3.1, RFC 8037 3.1, RFC 8812 3.2, RFC 9864 2). */
const SIGNATURES: Readonly<Record<string, Fit>> = {
  RS256: RSA,
  RS384: RSA,
  RS512: RSA,
  PS256: RSA,
  PS384: RSA,
  PS512: RSA,
  ES256: { kty: 'EC', crv: ['P-256'] },
  ES384: { kty: 'EC', crv: ['P-384'] },
  ES512: { kty: 'EC', crv: ['P-521'] },
  ES256K: { kty: 'EC', crv: ['secp256k1'] },
  EdDSA: ED,
  Ed25519: { kty: 'OKP', crv: ['Ed25519'] },
  Ed448: { kty: 'OKP', crv: ['Ed448'] },
  HS256: OCT,
  HS384: OCT,
  HS512: OCT,
};

/** Curves of key agreement alone (RFC 7748). */
const AGREEMENT: readonly unknown[] = ['X25519', 'X448'];

const ENCRYPTION = /^(RSA1_5|RSA-OAEP|ECDH-ES|A\d+(GCM)?KW|dir$|PBES2)/;

const fitOf = (alg: unknown): Fit | undefined =>
  typeof alg === 'string' && Object.hasOwn(SIGNATURES, alg) ? SIGNATURES[alg] : undefined;

/** How a key does not suit a signature algorithm; `undefined` when it does, or the algorithm is none that is known. */
export function misfit(alg: unknown, jwk: JsonObject): 'type' | 'curve' | undefined {
  const fit = fitOf(alg);
  if (fit === undefined) return undefined;
  if (fit.kty !== jwk.kty) return 'type';
  return fit.crv === undefined || typeof jwk.crv !== 'string' || fit.crv.includes(jwk.crv) ? undefined : 'curve';
}

/** A known algorithm whose signatures are checked with a public key. */
export function isPublicKeySignature(alg: unknown): alg is string {
  return (fitOf(alg)?.kty ?? 'oct') !== 'oct';
}

/** What the algorithm alone says of the purpose of a key. */
export function purposeOf(alg: unknown): 'sig' | 'enc' | undefined {
  if (fitOf(alg) !== undefined) return 'sig';
  return typeof alg === 'string' && ENCRYPTION.test(alg) ? 'enc' : undefined;
}

/** What a key is for by its own members: use, else key_ops, else alg (RFC 7517 4.2 to 4.4). */
export function purposeOfKey({ use, key_ops, alg, crv }: JsonObject): 'sig' | 'enc' | undefined {
  if (use === 'sig' || use === 'enc') return use;
  const operations: readonly unknown[] = Array.isArray(key_ops) ? key_ops : [];
  if (operations.includes('verify')) return 'sig';
  if (operations.some((each) => each === 'encrypt' || each === 'wrapKey')) return 'enc';
  return AGREEMENT.includes(crv) ? 'enc' : purposeOf(alg);
}

/** Types whose keys check signatures: RFC 7518 6.1, RFC 8037 2, and AKP for ML-DSA. Names are case-sensitive. */
function isOfSignatures({ kty, crv }: JsonObject): boolean {
  if (kty === 'OKP') return crv === 'Ed25519' || crv === 'Ed448';
  return kty === 'RSA' || kty === 'EC' || kty === 'AKP';
}

/**
 * Whether verifiers take a key to check signatures, or those of one algorithm: nothing that it says of its use, its
 * operations, its algorithm and its curve may stand against it (RFC 7517 4.2 to 4.4).
 */
export function canVerify(jwk: JsonObject, alg?: string): boolean {
  const { use, key_ops: operations } = jwk;
  if (!isOfSignatures(jwk)) return false;
  if (use !== undefined && use !== 'sig') return false;
  if (Array.isArray(operations) && !operations.includes('verify')) return false;
  if (purposeOf(jwk.alg) === 'enc') return false;
  if (alg === undefined) return true;
  return misfit(alg, jwk) === undefined && (typeof jwk.alg !== 'string' || isSameAlgorithm(jwk.alg, alg));
}

/** RFC 9864 2.2: `EdDSA` stands for both algorithms of its own curves, which have names of their own now. */
function isSameAlgorithm(one: string, other: string): boolean {
  const edwards = (alg: string) => (fitOf(alg) === ED || alg === 'Ed25519' || alg === 'Ed448' ? 'EdDSA' : alg);
  return one === other || (edwards(one) === edwards(other) && [one, other].includes('EdDSA'));
}
