import { KeyObject, verify } from 'node:crypto';
import { inflateRawSync } from 'node:zlib';
import type { CryptoKey } from 'jose';
import type { Jwt, VerificationKey } from '../../server/tokens.ts';
import type { Fault } from '../fault.ts';
import { answerFirst, type Replacement } from '../replace.ts';

const text = (part: string | undefined) => Buffer.from(part ?? '', 'base64url').toString('utf8');

/** RS256, over these bytes and not over what a library would take. */
function isSignedBy(key: VerificationKey | undefined, input: string, { text: token }: Jwt): boolean {
  if (key === undefined || key instanceof Uint8Array) return false;
  const [, , last = ''] = token.split('.');
  const signature = Buffer.from(last, 'base64url');
  if (signature.toString('base64url') !== last) return false;
  return verify(
    'sha256',
    Buffer.from(input),
    KeyObject.from(key as CryptoKey & Parameters<typeof KeyObject.from>[0]),
    signature,
  );
}

/** A parser of its own for what the conforming one does not read, or reads otherwise. */
const alsoRead =
  (read: (parts: readonly string[], token: string) => Jwt | undefined): Replacement =>
  (conforming) => ({
    readJwt: (token, context) => {
      try {
        return read(token.split('.'), token) ?? conforming.readJwt(token, context);
      } catch {
        return conforming.readJwt(token, context);
      }
    },
  });

/** JSON text as an object in which the first of equal names counts. */
function firstOfEach(json: string): Record<string, unknown> {
  const names = [...new Set([...json.matchAll(/"(\w+)":/g)].map(([, name]) => name!))];
  const marked = names.reduce((marking, name) => {
    let seen = 0;
    return marking.replaceAll(`"${name}":`, (member) => {
      seen += 1;
      return seen === 1 ? member : `"${name} ${seen}":`;
    });
  }, json);
  return JSON.parse(marked) as Record<string, unknown>;
}

const refuseTypes =
  (test: (typ: string) => boolean): Replacement =>
  (conforming) => ({
    readJwt: (token, context) => {
      const jwt = conforming.readJwt(token, context);
      return test(String(jwt?.header.typ)) ? undefined : jwt;
    },
  });

/** What the metadata of a tenant trips that is as Auth0 makes it: no other state has tokens that are not RFC 9068's. */
const AUTH0_DEFAULTS = [
  'issuer-metadata/advertises-client-id-metadata-documents:not-advertised',
  'issuer-metadata/advertises-iss-in-authorization-responses:not-advertised',
  'issuer-metadata/has-a-key-for-its-signing-algorithms:one-unserved',
  'issuer-metadata/lists-no-plain-code-challenges:plain',
  'issuer-metadata/offers-no-implicit-grant:response-type',
  'issuer-metadata/says-its-grant-types:absent',
];

/** What a server makes of tokens that its issuer signed, and that are not what it is used to. */
export const ISSUED_TOKEN_FAULTS: readonly Fault[] = [
  {
    id: 'obeys-b64-without-crit',
    says: 'A signature over the claims as plain text is accepted when b64 is false.',
    server: (conforming) => ({
      isSigned: async (jwt, key, context) => {
        const [header, payload] = jwt.text.split('.');
        const isRaw = (jwt.header as { readonly b64?: unknown }).b64 === false;
        return isRaw ? isSignedBy(key, `${header}.${text(payload)}`, jwt) : conforming.isSigned(jwt, key, context);
      },
    }),
    trips: ['access-tokens/refuses-unencoded-payloads:unencoded-without-crit'],
  },
  {
    id: 'inflates-claims',
    says: 'The claims of a signed token with zip DEF are inflated.',
    server: alsoRead(([header, payload], token) => {
      const read = JSON.parse(text(header)) as Jwt['header'] & { readonly zip?: unknown };
      if (read.zip !== 'DEF') return undefined;
      const claims = inflateRawSync(Buffer.from(payload ?? '', 'base64url')).toString('utf8');
      return { text: token, header: read, claims: JSON.parse(claims) as Jwt['claims'] };
    }),
    trips: ['access-tokens/refuses-compressed-claims:inflated'],
  },
  {
    id: 'reads-the-first-of-equal-members',
    says: 'Of members that stand in a token twice, the first counts.',
    server: (conforming) => ({
      ...alsoRead(([header, payload], token) => ({
        text: token,
        header: firstOfEach(text(header)) as Jwt['header'],
        claims: firstOfEach(text(payload)) as Jwt['claims'],
      }))(conforming),
      isSigned: async (jwt, key) => isSignedBy(key, jwt.text.split('.').slice(0, 2).join('.'), jwt),
    }),
    trips: [
      'access-tokens/goes-by-the-last-of-repeated-members:first-claim',
      'access-tokens/goes-by-the-last-of-repeated-members:first-header',
      'access-tokens/runs-no-tool-without-its-scope:first-of-two',
    ],
  },
  {
    id: 'knows-one-form-of-the-type',
    says: 'application/at+jwt is refused, at+jwt is not.',
    server: refuseTypes((typ) => typ.includes('/')),
    trips: ['access-tokens/takes-the-type-in-both-forms:other-form'],
  },
  {
    id: 'knows-the-type-in-small-letters',
    says: 'AT+JWT is refused, at+jwt is not.',
    server: refuseTypes((typ) => typ !== typ.toLowerCase()),
    trips: ['access-tokens/takes-the-type-in-both-forms:capitals'],
  },
  {
    id: 'fails-on-a-subject-that-is-no-string',
    says: 'A token whose sub is an object is answered with 500.',
    server: answerFirst(
      ({ request }) => {
        const [, payload] = (request.headers.find(([name]) => name.toLowerCase() === 'authorization')?.[1] ?? '').split(
          '.',
        );
        return /"sub":\{/.test(text(payload));
      },
      () => ({ status: 500, headers: [], body: '' }),
    ),
    trips: ['access-tokens/answers-unusual-tokens:server-error'],
  },
  {
    id: 'accepts-plain-tokens-that-never-expire',
    says: 'A token of Auth0’s own dialect is accepted without exp.',
    state: 'auth0-defaults',
    server: (conforming) => ({
      requiredClaims: (context) => conforming.requiredClaims(context).filter((name) => name !== 'exp'),
      hasExpired: (claims, context) => claims.exp !== undefined && conforming.hasExpired(claims, context),
    }),
    trips: ['access-tokens/demands-an-expiry:no-expiry-of-a-plain-token', ...AUTH0_DEFAULTS],
  },
  {
    id: 'accepts-plain-tokens-without-an-issuer',
    says: 'A token of Auth0’s own dialect is accepted without iss.',
    state: 'auth0-defaults',
    server: (conforming) => ({
      requiredClaims: (context) => conforming.requiredClaims(context).filter((name) => name !== 'iss'),
      acceptsIssuer: (issuer, context) => issuer === undefined || conforming.acceptsIssuer(issuer, context),
    }),
    trips: ['access-tokens/demands-an-issuer:no-issuer-of-a-plain-token', ...AUTH0_DEFAULTS],
  },
  {
    id: 'accepts-tokens-without-a-time-of-issue',
    says: 'A token without iat is accepted.',
    server: (conforming) => ({
      requiredClaims: (context) => conforming.requiredClaims(context).filter((name) => name !== 'iat'),
    }),
    trips: ['access-tokens/demands-the-claims-of-an-access-token:no-time-of-issue'],
  },
  {
    id: 'takes-text-for-a-time',
    says: 'exp is made a number, whatever it is.',
    server: () => ({ hasExpired: ({ exp }, { now }) => now() >= Number(exp) }),
    trips: ['access-tokens/takes-expiry-as-a-number:other-type'],
  },
  {
    id: 'wants-whole-seconds',
    says: 'A token whose exp has a fraction is refused.',
    server: (conforming) => ({
      hasExpired: (claims, context) => !Number.isInteger(claims.exp) || conforming.hasExpired(claims, context),
    }),
    trips: ['access-tokens/takes-times-with-fractions:refused'],
  },
  {
    id: 'allows-a-quarter-of-an-hour-of-leeway',
    says: 'Clocks may differ by fifteen minutes.',
    server: () => ({ clockTolerance: () => 900 }),
    trips: ['access-tokens/allows-little-leeway:long'],
  },
  {
    id: 'offers-dpop-and-asks-for-no-proof',
    says: 'The metadata offers DPoP, and a token that is bound to a key is accepted without proof.',
    server: (conforming) => ({
      resourceMetadata: (context) => ({
        ...conforming.resourceMetadata(context),
        dpop_signing_alg_values_supported: ['ES256'],
      }),
    }),
    trips: ['access-tokens/refuses-bound-tokens-as-bearer:dpop-key'],
  },
  {
    id: 'says-bound-to-certificates-and-asks-for-none',
    says: 'The metadata says that tokens are bound to client certificates, and none is asked for.',
    server: (conforming) => ({
      resourceMetadata: (context) => ({
        ...conforming.resourceMetadata(context),
        tls_client_certificate_bound_access_tokens: true,
      }),
    }),
    trips: ['access-tokens/refuses-bound-tokens-as-bearer:certificate'],
  },
];
