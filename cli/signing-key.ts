import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { HarnessError } from '../fixtures/errors.ts';

/** Holds a key as a file would: a JWK, or PEM (PKCS #8). */
export const KEY_VARIABLE = 'MCP_AUTH_CERTIFY_KEY';

/** By the type of a key, or its curve: what it signs with, and what it may have signed with. */
const ALGORITHMS: Readonly<Record<string, readonly [algorithm: string, ...others: string[]]>> = {
  prime256v1: ['ES256'],
  secp384r1: ['ES384'],
  secp521r1: ['ES512'],
  // RFC 9864 2.2 names the curve, and deprecates the name that older signers use.
  ed25519: ['Ed25519', 'EdDSA'],
  rsa: ['PS256'],
};

/** RFC 7518 3.5: a key of 2048 bits or more. */
const LEAST_BITS = 2048;

export interface Key {
  readonly key: KeyObject;
  readonly algorithm: string;
  /** No other counts as signed with it. */
  readonly accepted: readonly string[];
}

/**
 * The key that certificates are signed with.
 *
 * @param file absent: the variable holds it
 * @throws {HarnessError} `usage` when there is none, or it is none that can sign.
 */
export function signingKey(file: string | undefined, env: NodeJS.ProcessEnv): Key {
  const text = file === undefined ? env[KEY_VARIABLE] : textOf(file);
  const from = file ?? KEY_VARIABLE;
  if (!text) {
    throw new HarnessError(
      'usage',
      `certify: there is no key to sign with; write --key <file>, or put a JWK or PEM into ${KEY_VARIABLE}`,
    );
  }
  return keyOf(text, from, createPrivateKey, 'sign', 'a private key: a JWK, or PEM (PKCS #8)');
}

/** @throws {HarnessError} `usage` when the file holds no public key. */
export function verifyingKey(file: string): Key {
  return publicKeyIn(textOf(file), file);
}

/**
 * @param from what to call it
 * @throws {HarnessError} `usage` when it is no public key of use.
 */
export function publicKeyIn(text: string, from: string): Key {
  return keyOf(text, from, createPublicKey, 'verify', 'a public key: a JWK, or PEM (SPKI)');
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new HarnessError('usage', `--key ${file}: cannot be read (${(error as NodeJS.ErrnoException).code})`, {
      cause: error,
    });
  }
}

function keyOf(
  text: string,
  from: string,
  create: (input: string | { key: JsonWebKey; format: 'jwk' }) => KeyObject,
  operation: 'sign' | 'verify',
  wanted: string,
): Key {
  let key: KeyObject;
  let jwk: JsonWebKey | undefined;
  try {
    jwk = text.trimStart().startsWith('{') ? (JSON.parse(text) as JsonWebKey) : undefined;
    key = create(jwk === undefined ? text : { key: jwk, format: 'jwk' });
  } catch {
    // Its own message may quote the key.
    throw new HarnessError('usage', `${from} holds no key of use; it has to be ${wanted}`);
  }
  const { asymmetricKeyType: type = 'secret', asymmetricKeyDetails: { namedCurve, modulusLength } = {} } = key;
  const accepted = ALGORITHMS[namedCurve ?? type];
  if (accepted === undefined) {
    throw new HarnessError(
      'usage',
      `${from} holds a key of type ${[type, namedCurve].filter((each) => each).join(' ')}; write one of P-256, P-384, P-521, Ed25519 or RSA`,
    );
  }
  if (modulusLength !== undefined && modulusLength < LEAST_BITS) {
    throw new HarnessError(
      'usage',
      `${from} holds an RSA key of ${modulusLength} bits; write one of ${LEAST_BITS} or more`,
    );
  }
  if (jwk !== undefined) refuseOtherUse(jwk, from, operation, accepted);
  return { key, algorithm: accepted[0], accepted };
}

/** RFC 7517 4.2 to 4.4: what a key says of itself. */
function refuseOtherUse(
  { use, alg, key_ops: operations }: JsonWebKey,
  from: string,
  operation: 'sign' | 'verify',
  accepted: readonly string[],
): void {
  const isForSigning =
    (use ?? 'sig') === 'sig' &&
    (alg === undefined || accepted.some((each) => each === alg)) &&
    (!Array.isArray(operations) || operations.includes(operation));
  if (isForSigning) return;
  throw new HarnessError(
    'usage',
    `${from} holds a key that is for something else by its use, key_ops or alg; it has to be one to ${operation} with ${accepted.join(' or ')}`,
  );
}

type JsonWebKey = import('node:crypto').JsonWebKey;
