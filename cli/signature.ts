import { createPublicKey, type KeyObject } from 'node:crypto';
import { CompactSign, calculateJwkThumbprint, compactVerify, decodeProtectedHeader, errors, type JWK } from 'jose';
import { HarnessError } from '../fixtures/errors.ts';
import { isStatement, type Signer, type Statement } from '../reports/certificate.ts';
import { type Key, publicKeyIn, verifyingKey } from './signing-key.ts';

/** RFC 8725 3.11: what else the same key signs is taken for no certificate, and the other way round. */
const TYPE = 'mcp-auth-conformance+jws';

/** Media type of what is signed (in-toto attestation framework, envelope layer). */
const PAYLOAD_TYPE = 'application/vnd.in-toto+json';

/** The certificate, a compact JWS. */
export async function sign(
  statement: Statement,
  { key, algorithm }: Key,
): Promise<{ readonly token: string; readonly signer: Signer }> {
  const jwk = publicJwk(key);
  const thumbprint = await calculateJwkThumbprint(jwk);
  const token = await new CompactSign(new TextEncoder().encode(JSON.stringify(statement)))
    .setProtectedHeader({ alg: algorithm, typ: TYPE, cty: PAYLOAD_TYPE, kid: thumbprint, jwk })
    .sign(key);
  return { token, signer: { algorithm, thumbprint } };
}

export interface Signed {
  readonly statement: Statement;
  readonly signer: Signer;
  /** It is the key that was given; else one that came with the certificate, which may be anybody's. */
  readonly isKnown: boolean;
}

interface Header {
  readonly alg?: unknown;
  readonly typ?: unknown;
  readonly cty?: unknown;
  readonly kid?: unknown;
  readonly jwk?: unknown;
}

/**
 * What was signed, and by whom; else a sentence on why it counts for nothing.
 *
 * @param keyFile of who is to have signed; absent: by the key that came with it
 * @throws {HarnessError} `usage` for what is no JWS at all, and for a file that holds no key.
 */
export async function signedIn(text: string, keyFile: string | undefined): Promise<Signed | string> {
  const header = headerOf(text);
  const given = keyFile === undefined ? undefined : verifyingKey(keyFile);
  if (header.typ !== TYPE || header.cty !== PAYLOAD_TYPE) {
    return `It is no certificate: its type is ${shown(header.typ)} of ${shown(header.cty)}, and has to be ${TYPE} of ${PAYLOAD_TYPE}`;
  }
  const key = given ?? embeddedKey(header.jwk);
  if (typeof key === 'string') return key;
  const { alg } = header;
  if (typeof alg !== 'string' || !key.accepted.includes(alg)) {
    return `It is signed with ${shown(alg)}, and the key is one of ${key.accepted.join(' or ')}`;
  }
  const whose = keyFile === undefined ? 'its own key' : `the key of ${keyFile}`;
  let payload: Uint8Array;
  try {
    ({ payload } = await compactVerify(text, key.key, { algorithms: [alg] }));
  } catch (error) {
    return error instanceof errors.JWSSignatureVerificationFailed
      ? `The signature is not of ${whose}: the certificate was changed, or somebody else signed it`
      : `The signature cannot be checked with ${whose}: ${error instanceof Error ? error.message : error}`;
  }
  const thumbprint = await calculateJwkThumbprint(publicJwk(key.key));
  const brought = header.jwk === undefined ? undefined : embeddedKey(header.jwk);
  if (typeof brought === 'string') return brought;
  const names = [header.kid, brought && (await calculateJwkThumbprint(publicJwk(brought.key)))];
  if (names.some((name) => name !== thumbprint)) {
    return `It names the key ${shown(header.kid)}, and is signed with ${thumbprint}`;
  }
  const statement = statementIn(payload);
  if (statement === undefined) return 'What is signed is no certificate that this version reads';
  return { statement, signer: { algorithm: alg, thumbprint }, isKnown: given !== undefined };
}

function headerOf(text: string): Header {
  try {
    return decodeProtectedHeader(text) as Header;
  } catch (error) {
    throw new HarnessError('usage', 'this is no certificate: write the file that certify wrote (JWS)', {
      cause: error,
    });
  }
}

/** RFC 7515 4.1.3: the key in a header is a public one. */
function embeddedKey(jwk: unknown): Key | string {
  if (jwk === undefined) return 'It names no key: write --key <file>';
  if (typeof jwk !== 'object' || jwk === null || 'd' in jwk) return 'The key that came with it is no public key';
  try {
    return publicKeyIn(JSON.stringify(jwk), 'the certificate');
  } catch (error) {
    return `The key that came with it is of no use: ${(error as Error).message}`;
  }
}

function statementIn(payload: Uint8Array): Statement | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload));
    return isStatement(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function publicJwk(key: KeyObject): JWK {
  return (key.type === 'private' ? createPublicKey(key) : key).export({ format: 'jwk' });
}

const shown = (value: unknown): string => (value === undefined ? 'none' : JSON.stringify(value).slice(0, 80));
