import { decodeJwt, decodeProtectedHeader } from 'jose';
import type { JsonObject } from '../fixtures/protocol/documents.ts';
import { type Breach, quote } from './challenge/refusals.ts';
import { differingMembers } from './delivery.ts';

export type SignedMetadataFlaw = 'no-jwt' | 'unsigned' | 'no-issuer' | 'nested' | 'contradicts' | 'differs';

/** The compact form of RFC 7515 7.1 in its own alphabet, which decoders do not insist on. */
const COMPACT = /^[\w-]+\.[\w-]+\.[\w-]*$/;

/**
 * What is wrong with `signed_metadata` of a document (RFC 8414 2.1, RFC 9728 2.2), its signature apart. Signed values
 * take precedence over plain ones, so those who read them and those who do not must not end up with two parties.
 *
 * @param identity the member that says whose document it is
 */
export function signedMetadataFlaws(
  jwt: string,
  document: JsonObject,
  identity: 'issuer' | 'resource',
): readonly Breach<SignedMetadataFlaw>[] {
  const read = readJwt(jwt);
  if (read === undefined) return [{ reason: 'no-jwt', actual: `signed_metadata is ${quote(jwt)}` }];
  const { alg } = read.header;
  const { iss, signed_metadata: inner } = read.claims;
  const shared = Object.keys(document).filter((member) => Object.hasOwn(read.claims, member));
  const differing = differingMembers(document, read.claims, shared).filter((member) => member !== identity);
  const contradicts = shared.includes(identity) && document[identity] !== read.claims[identity];
  const isUnsigned = typeof alg !== 'string' || alg.toLowerCase() === 'none' || jwt.endsWith('.');
  return [
    ...(isUnsigned ? [{ reason: 'unsigned' as const, actual: `the header is ${json(read.header)}` }] : []),
    ...(typeof iss === 'string' && iss !== '' ? [] : [{ reason: 'no-issuer' as const, actual: `iss is ${json(iss)}` }]),
    ...(inner === undefined ? [] : [{ reason: 'nested' as const, actual: 'the claims have signed_metadata' }]),
    ...(contradicts
      ? [{ reason: 'contradicts' as const, actual: `${identity} is ${json(read.claims[identity])} in signed_metadata` }]
      : []),
    ...(differing.length === 0 ? [] : [{ reason: 'differs' as const, actual: `others are ${differing.join(', ')}` }]),
  ];
}

const json = (value: unknown) => quote(JSON.stringify(value) ?? 'absent');

function readJwt(jwt: string) {
  if (!COMPACT.test(jwt)) return undefined;
  try {
    return {
      header: decodeProtectedHeader(jwt) as Readonly<Record<string, unknown>>,
      claims: decodeJwt(jwt) as Readonly<Record<string, unknown>>,
    };
  } catch {
    return undefined;
  }
}

const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A JWT for examples; nobody has its key. */
export const exampleJwt = (header: object, claims: object, signature = 'c2lnbmF0dXJl') =>
  `${encoded(header)}.${encoded(claims)}.${signature}`;
