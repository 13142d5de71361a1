import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { HarnessError } from '../fixtures/errors.ts';

/** Holds a key as a file would: a JWK, or PEM (PKCS #8). */
export const KEY_VARIABLE = 'MCP_AUTH_CERTIFY_KEY';

/** By the type and curve of a key (RFC 7518 3.1, RFC 8037 3.1). */
const ALGORITHMS: Readonly<Record<string, string>> = {
  'EC P-256': 'ES256',
  'EC P-384': 'ES384',
  'EC P-521': 'ES512',
  'OKP Ed25519': 'EdDSA',
  RSA: 'PS256',
};

export interface Key {
  readonly key: KeyObject;
  readonly algorithm: string;
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
  return keyOf(text, from, createPrivateKey, 'a private key: a JWK, or PEM (PKCS #8)');
}

/** @throws {HarnessError} `usage` when the file holds no public key. */
export function verifyingKey(file: string): Key {
  return keyOf(textOf(file), file, createPublicKey, 'a public key: a JWK, or PEM (SPKI)');
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
  create: (input: string | { key: JsonWebKeyInput; format: 'jwk' }) => KeyObject,
  wanted: string,
): Key {
  let key: KeyObject;
  try {
    key = create(text.trimStart().startsWith('{') ? { key: JSON.parse(text) as JsonWebKeyInput, format: 'jwk' } : text);
  } catch {
    // Its own message may quote the key.
    throw new HarnessError('usage', `${from} holds no key of use; it has to be ${wanted}`);
  }
  const { kty, crv } = (key.type === 'private' ? createPublicKey(key) : key).export({ format: 'jwk' });
  const algorithm = ALGORITHMS[[kty, crv].filter((each) => each !== undefined).join(' ')];
  if (algorithm === undefined) {
    throw new HarnessError(
      'usage',
      `${from} holds a key of type ${kty} ${crv ?? ''}; write one of P-256, Ed25519 or RSA`,
    );
  }
  return { key, algorithm };
}

type JsonWebKeyInput = import('node:crypto').JsonWebKey;
