import { WORLD_CERTIFICATE } from '../../certificate.ts';
import { emptyReply, field, htmlReply, jsonReply, type Reply, withHeaders } from '../../http.ts';
import type { TenantContext } from '../../tenant/behaviour.ts';
import type { Fault } from '../fault.ts';
import { alsoOverHttp, answerTenantPaths, setField, type TenantReplacement, withoutHeader } from '../replace.ts';

import { metadataAt, OAUTH } from './documents/replace.ts';

type Jwk = Readonly<Record<string, unknown>>;

const PATH = '/.well-known/jwks.json';

/** Another set of keys for strangers. The server of this world keeps the tenant's own: how it copes is not asked here. */
function publish(edit: (own: Jwk, fetches: number) => readonly unknown[]): TenantReplacement {
  return (conforming) => {
    let fetches = 0;
    return {
      keys: async (context) => {
        const set = await conforming.keys(context);
        if (context.request.internal === true) return set;
        fetches += 1;
        return { keys: edit(set.keys[0] as Jwk, fetches) as readonly object[] };
      },
    };
  };
}

/** The tenant's key with other members; `undefined` leaves one out. */
const publishWith = (members: Jwk) => publish((own) => [{ ...own, ...members }]);

/** Another answer for strangers where the key set stands. */
const answer = (reply: (context: TenantContext) => Reply) => answerTenantPaths([PATH], reply);

const RSA: Jwk = { kty: 'RSA', use: 'sig', alg: 'RS256', kid: 'spare', e: 'AQAB', n: `w${'A'.repeat(341)}` };
const EC: Jwk = {
  kty: 'EC',
  crv: 'P-256',
  use: 'sig',
  kid: 'curve',
  x: 'xkM9ehyjz9zS3se3yERVOFrgugRseqxIR6cpRnLSYgI',
  y: 'K9DKUMUez2irQXxD3pvK-ICCYUugbKKUT1adQLVMk1k',
};

/** The set as it should be answered, before a fault takes something away. */
const spare = (): Reply =>
  jsonReply(200, { keys: [RSA] }, [
    ['Access-Control-Allow-Origin', '*'],
    ['Cache-Control', 'public, max-age=15'],
  ]);

const naming = (members: Jwk): TenantReplacement => {
  return (conforming) => ({ metadata: (context) => ({ ...conforming.metadata(context), ...members }) });
};

const DER = WORLD_CERTIFICATE.replace(/-----[^-]+-----|\s/g, '');

const trip = (check: string, ...reasons: readonly string[]) =>
  reasons.map((reason) => `issuer-metadata/${check}:${reason}`);

/** What the tenant publishes for those who check signatures. */
export const KEY_FAULTS: readonly Fault[] = [
  {
    id: 'hangs-up-at-its-key-set',
    says: 'The connection is cut at jwks_uri.',
    tenant: answer(({ request }) => {
      request.hangUp();
      return emptyReply(204);
    }),
    trips: trip('serves-its-key-set', 'no-answer'),
  },
  {
    id: 'has-no-key-set-at-jwks-uri',
    says: 'jwks_uri answers 404.',
    tenant: answer(() => jsonReply(404, { error: 'not_found' })),
    trips: trip('serves-its-key-set', 'wrong-status'),
  },
  {
    id: 'serves-a-web-page-as-key-set',
    says: 'jwks_uri answers with the start page of a web application.',
    tenant: answer(() => htmlReply(200, '<!doctype html><title>Keys</title>')),
    trips: trip('serves-its-key-set', 'not-a-json-object'),
  },
  {
    id: 'publishes-a-bare-key',
    says: 'jwks_uri answers with a key that is in no set.',
    tenant: answer(() => ({ ...spare(), body: JSON.stringify(RSA) })),
    trips: trip('publishes-a-keys-array', 'no-array'),
  },
  {
    id: 'publishes-a-pem-among-its-keys',
    says: 'An entry of the key set is a PEM text.',
    tenant: publish((own) => [own, '-----BEGIN PUBLIC KEY-----']),
    trips: trip('publishes-a-keys-array', 'not-a-key'),
  },
  {
    id: 'publishes-no-key',
    says: 'The key set is empty.',
    tenant: publish(() => []),
    trips: trip('publishes-a-keys-array', 'empty'),
  },
  {
    id: 'sends-its-key-set-as-text',
    says: 'The key set comes as text/plain.',
    tenant: answer(() => setField(spare(), 'Content-Type', 'text/plain')),
    trips: trip('sends-its-key-set-as-json', 'other-type'),
  },
  {
    id: 'begins-its-key-set-with-a-byte-order-mark',
    says: 'The key set begins with a byte order mark.',
    tenant: answer(() => ({ ...spare(), body: `\ufeff${String(spare().body)}` })),
    trips: trip('sends-its-key-set-as-json', 'byte-order-mark'),
  },
  {
    id: 'publishes-a-key-without-type',
    says: 'The key has no kty.',
    tenant: publishWith({ kty: undefined }),
    trips: trip('says-the-type-of-each-key', 'absent'),
  },
  {
    id: 'publishes-a-key-without-exponent',
    says: 'The RSA key has no e.',
    tenant: publishWith({ e: undefined }),
    trips: trip('publishes-whole-keys', 'member-missing'),
  },
  {
    id: 'pads-the-members-of-its-keys',
    says: 'e of the key is base64 with padding.',
    tenant: publishWith({ e: 'AQAB==' }),
    trips: trip('publishes-whole-keys', 'not-base64url'),
  },
  {
    id: 'shortens-a-coordinate',
    says: 'x of an EC key has 31 octets.',
    tenant: publish((own) => [own, { ...EC, x: String(EC.x).slice(0, 42) }]),
    trips: trip('publishes-whole-keys', 'wrong-length'),
  },
  {
    id: 'puts-a-zero-before-the-modulus',
    says: 'n of the key begins with a zero octet.',
    tenant: publish((own) => [
      { ...own, n: Buffer.concat([Buffer.alloc(1), Buffer.from(String(own.n), 'base64url')]).toString('base64url') },
    ]),
    trips: trip('publishes-whole-keys', 'leading-zero'),
  },
  {
    id: 'publishes-a-private-member',
    says: 'The published key has d.',
    tenant: publishWith({ d: 'AQAB' }),
    trips: trip('publishes-no-private-keys', 'private-member'),
  },
  {
    id: 'publishes-a-private-key-in-openid-discovery-alone',
    says: 'RFC 8414 metadata names no key set, and that of OpenID discovery has d.',
    tenant: (conforming) => ({
      ...publishWith({ d: 'AQAB' })(conforming),
      ...metadataAt(OAUTH, { jwks_uri: undefined })(conforming),
    }),
    trips: trip('publishes-no-private-keys', 'private-member'),
  },
  {
    id: 'publishes-a-private-key-in-no-set',
    says: 'jwks_uri answers with a private key that is in no set.',
    tenant: answer(() => ({ ...spare(), body: JSON.stringify({ ...RSA, d: 'AQAB' }) })),
    trips: [...trip('publishes-no-private-keys', 'private-member'), ...trip('publishes-a-keys-array', 'no-array')],
  },
  {
    id: 'publishes-a-symmetric-key',
    says: 'A key of type oct is in the set.',
    tenant: publish((own) => [own, { kty: 'oct', kid: 'shared', use: 'sig', alg: 'HS256', k: 'bm90LWEtc2VjcmV0' }]),
    trips: trip('publishes-no-private-keys', 'symmetric-key'),
  },
  {
    id: 'signs-with-a-1024-bit-key',
    says: 'The RSA key for RS256 has 1024 bits.',
    tenant: publishWith({ n: `w${'A'.repeat(170)}` }),
    trips: trip('uses-rsa-keys-of-2048-bits', 'short-for-its-algorithm'),
  },
  {
    id: 'publishes-a-1024-bit-key',
    says: 'An RSA key without alg and use has 1024 bits.',
    tenant: publish((own) => [own, { ...RSA, n: `w${'A'.repeat(170)}`, alg: undefined, use: undefined }]),
    trips: trip('uses-rsa-keys-of-2048-bits', 'short'),
  },
  {
    id: 'publishes-the-exponent-one',
    says: 'e of the RSA key is 1, so that every text signs itself.',
    tenant: publishWith({ e: 'AQ' }),
    trips: trip('uses-a-sound-rsa-exponent', 'not-an-exponent'),
  },
  {
    id: 'publishes-the-exponent-three',
    says: 'e of the RSA key is 3.',
    tenant: publishWith({ e: 'Aw' }),
    trips: trip('uses-a-sound-rsa-exponent', 'small'),
  },
  {
    id: 'spells-a-curve-as-another-document-does',
    says: 'crv of an EC key is prime256v1.',
    tenant: publish((own) => [own, { ...EC, crv: 'prime256v1' }]),
    trips: trip('uses-known-curves', 'unknown'),
  },
  {
    id: 'publishes-a-key-without-id',
    says: 'The second of two keys has no kid.',
    tenant: publish((own) => [own, { ...RSA, kid: undefined }]),
    trips: trip('gives-keys-ids-where-there-are-several', 'absent'),
  },
  {
    id: 'repeats-a-key-id',
    says: 'Two RSA keys have the same kid.',
    tenant: publish((own) => [own, { ...RSA, kid: own.kid }]),
    trips: trip('gives-each-key-its-own-id', 'repeated'),
  },
  {
    id: 'repeats-a-key-operation',
    says: 'key_ops of the key is verify, twice.',
    tenant: publishWith({ use: undefined, key_ops: ['verify', 'verify'] }),
    trips: trip('says-the-use-of-a-key-consistently', 'repeated-operation'),
  },
  {
    id: 'contradicts-the-use-of-a-key',
    says: 'The key is for signatures by use, and for encryption by key_ops.',
    tenant: publish((own) => [own, { ...RSA, alg: undefined, key_ops: ['encrypt'] }]),
    trips: trip('says-the-use-of-a-key-consistently', 'contradiction'),
  },
  {
    id: 'says-the-use-of-a-key-twice',
    says: 'The key has use and key_ops.',
    tenant: publishWith({ key_ops: ['verify'] }),
    trips: trip('says-the-use-of-a-key-consistently', 'both'),
  },
  {
    id: 'mixes-keys-without-use',
    says: 'Beside the signing key there is a key for ECDH-ES that has no use.',
    tenant: publish((own) => [own, { ...EC, use: undefined, alg: 'ECDH-ES' }]),
    trips: trip('says-the-use-of-keys-where-uses-are-mixed', 'absent'),
  },
  {
    id: 'names-a-symmetric-algorithm-for-a-public-key',
    says: 'alg of a second RSA key is HS256.',
    tenant: publish((own) => [own, { ...RSA, alg: 'HS256' }]),
    trips: trip('names-an-algorithm-that-fits-the-key', 'other-type'),
  },
  {
    id: 'names-the-algorithm-of-another-curve',
    says: 'alg of a key on P-256 is ES384.',
    tenant: publish((own) => [own, { ...EC, alg: 'ES384' }]),
    trips: trip('names-an-algorithm-that-fits-the-key', 'other-curve'),
  },
  {
    id: 'names-a-signature-algorithm-for-an-encryption-key',
    says: 'use of a second key is enc, its alg RS256.',
    tenant: publish((own) => [own, { ...RSA, use: 'enc' }]),
    trips: trip('names-an-algorithm-that-fits-the-key', 'other-use'),
  },
  {
    id: 'publishes-the-certificate-of-another-key',
    says: 'x5c holds a certificate of a key that is not in the set.',
    tenant: publishWith({ x5c: [DER] }),
    trips: trip('publishes-certificates-of-its-keys', 'other-key'),
  },
  {
    id: 'publishes-a-certificate-as-pem',
    says: 'x5c holds a PEM header.',
    tenant: publishWith({ x5c: ['-----BEGIN CERTIFICATE-----'] }),
    trips: trip('publishes-certificates-of-its-keys', 'unreadable'),
  },
  {
    id: 'publishes-keys-for-no-algorithm-it-names',
    says: 'The metadata names RS256, and the one key lies on a curve.',
    tenant: publish(() => [EC]),
    trips: trip('has-a-key-for-its-signing-algorithms', 'none-fits'),
  },
  {
    id: 'names-an-algorithm-without-key',
    says: 'The metadata names ES256 as well, and there is no EC key.',
    tenant: naming({ id_token_signing_alg_values_supported: ['RS256', 'ES256'] }),
    trips: trip('has-a-key-for-its-signing-algorithms', 'one-unserved'),
  },
  {
    id: 'keeps-its-keys-at-another-host',
    says: 'jwks_uri leads to another host name, where the same keys stand.',
    tenant: (conforming) => ({
      metadata: (context) => {
        const url = new URL(PATH, context.setup.issuer);
        url.hostname = 'localhost';
        return { ...conforming.metadata(context), jwks_uri: url.href };
      },
    }),
    trips: trip('keeps-its-keys-at-its-own-host', 'other-host'),
  },
  {
    id: 'changes-its-keys-at-each-fetch',
    says: 'Nodes behind one address publish different keys.',
    tenant: publish((own, fetches) => (fetches === 1 ? [own] : [RSA])),
    trips: trip('serves-the-same-keys-again', 'other-keys'),
  },
  {
    id: 'serves-its-keys-once',
    says: 'From the second fetch on the key set is out of order.',
    tenant: (conforming) => {
      let fetches = 0;
      return answer(({ request }) => {
        if (field(request, 'origin') !== undefined) return spare();
        fetches += 1;
        return fetches === 1 ? spare() : jsonReply(500, { error: 'server_error' });
      })(conforming);
    },
    trips: trip('serves-the-same-keys-again', 'no-keys'),
  },
  {
    id: 'never-withdraws-a-key',
    says: 'The set holds 60 keys.',
    tenant: publish((own) => [own, ...Array.from({ length: 59 }, (_, index) => ({ ...EC, kid: `old-${index}` }))]),
    trips: trip('keeps-its-key-set-small', 'many-keys'),
  },
  {
    id: 'publishes-a-bulky-key',
    says: 'The key set has more than 64 KB.',
    tenant: publishWith({ note: 'x'.repeat(70_000) }),
    trips: trip('keeps-its-key-set-small', 'many-bytes'),
  },
  {
    id: 'forbids-to-cache-its-keys',
    says: 'The key set comes with no-store.',
    tenant: answer(() => setField(spare(), 'Cache-Control', 'no-store')),
    trips: trip('lets-its-keys-be-cached', 'forbidden'),
  },
  {
    id: 'lets-its-keys-be-cached-for-a-year',
    says: 'The key set may be kept for a year.',
    tenant: answer(() => setField(spare(), 'Cache-Control', 'public, max-age=31536000')),
    trips: trip('lets-its-keys-be-cached', 'too-long'),
  },
  {
    id: 'hides-its-keys-from-browsers',
    says: 'The key set comes without Access-Control-Allow-Origin.',
    tenant: answer(() => withoutHeader(spare(), 'Access-Control-Allow-Origin')),
    trips: trip('lets-browsers-read-its-keys', 'hidden'),
  },
  {
    id: 'refuses-its-keys-to-browsers',
    says: 'The key set is refused to requests with an Origin field.',
    tenant: answerTenantPaths([PATH], ({ request }) =>
      field(request, 'origin') === undefined ? undefined : jsonReply(403, { error: 'forbidden' }),
    ),
    trips: trip('lets-browsers-read-its-keys', 'not-served'),
  },
  {
    id: 'offers-its-keys-with-credentials',
    says: 'The key set is offered to the origin that asks, with credentials.',
    tenant: answer(({ request }) =>
      withHeaders(setField(spare(), 'Access-Control-Allow-Origin', field(request, 'origin') ?? '*'), [
        ['Access-Control-Allow-Credentials', 'true'],
      ]),
    ),
    trips: trip('lets-browsers-read-its-keys', 'with-credentials'),
  },
  {
    id: 'serves-its-keys-over-plain-http',
    says: 'A public tenant serves its key set over plain http; every other path leads to https.',
    tenant: alsoOverHttp([PATH]),
    publicName: true,
    plainHttp: 'tenant',
    trips: trip('serves-its-keys-over-https-only', 'served-over-http'),
  },
  {
    id: 'leads-from-its-key-set-to-plain-http',
    says: 'The https URL of the key set redirects to plain http, where the keys stand; every other path leads to https.',
    tenant: (conforming) => ({
      sideDoor: (context) => {
        const { request, setup } = context;
        if (request.path !== PATH || request.scheme === 'http' || request.internal === true) {
          return alsoOverHttp([PATH])(conforming).sideDoor?.(context);
        }
        return emptyReply(302, [['Location', new URL(PATH, setup.issuer).href.replace('https:', 'http:')]]);
      },
    }),
    publicName: true,
    plainHttp: 'tenant',
    trips: trip('serves-its-keys-over-https-only', 'led-to-http'),
  },
];
