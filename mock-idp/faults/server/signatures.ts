import { exportSPKI, importJWK, importX509, type JWK, type JWTHeaderParameters } from 'jose';
import type { Incoming } from '../../http.ts';
import type { ServerContext } from '../../server/behaviour.ts';
import type { VerificationKey } from '../../server/tokens.ts';
import type { Fault } from '../fault.ts';
import type { Replacement } from '../replace.ts';

const FETCH_TIMEOUT_MS = 2000;

/** Follows a URL that a stranger wrote, as the servers do that these faults are taken from. */
async function follow(url: unknown): Promise<string | undefined> {
  if (typeof url !== 'string' || !/^https?:\/\//.test(url)) return undefined;
  const response = await fetch(url, { signal: AbortSignal.timeout(FETCH_TIMEOUT_MS) }).catch(() => undefined);
  return response?.ok ? response.text().catch(() => undefined) : undefined;
}

/** What cannot be made a key is no key. */
async function usable(make: () => Promise<VerificationKey | undefined>): Promise<VerificationKey | undefined> {
  try {
    return await make();
  } catch {
    return undefined;
  }
}

const asKey = (jwk: JWK, algorithm: string) => usable(() => importJWK({ ...jwk, alg: algorithm }, algorithm));

const certificateOf = (der: string) => `-----BEGIN CERTIFICATE-----\n${der}\n-----END CERTIFICATE-----`;

const keyFromSet = (text: string | undefined, { kid, alg }: JWTHeaderParameters) =>
  usable(async () => {
    const { keys } = JSON.parse(text ?? '{}') as { readonly keys: readonly JWK[] };
    const jwk = keys.find((each) => each.kid === kid) ?? keys[0];
    return jwk && asKey(jwk, alg);
  });

/** Another key goes before the issuer's, where there is one. */
function preferKey(
  find: (header: JWTHeaderParameters, context: ServerContext) => Promise<VerificationKey | undefined>,
): Replacement {
  return (conforming) => ({
    keyFor: async (header, context) => (await find(header, context)) ?? conforming.keyFor(header, context),
  });
}

const acceptAlgorithms =
  (...algorithms: readonly string[]): Replacement =>
  (conforming) => ({
    acceptedAlgorithms: (context) => [...conforming.acceptedAlgorithms(context), ...algorithms],
  });

/** Both, the second seeing what the first has replaced. */
const and =
  (first: Replacement, second: Replacement): Replacement =>
  (conforming) => {
    const replaced = first(conforming);
    return { ...replaced, ...second({ ...conforming, ...replaced }) };
  };

const acceptUnsigned = (...names: readonly string[]) =>
  and(acceptAlgorithms(...names), (conforming) => ({
    isSigned: async (jwt, key, context) => names.includes(jwt.header.alg) || conforming.isSigned(jwt, key, context),
  }));

/** An HMAC secret in place of the public key, for tokens that say HS256. */
const trustSecret = (secret: (header: JWTHeaderParameters, context: ServerContext) => Promise<string | undefined>) =>
  and(
    acceptAlgorithms('HS256'),
    preferKey(async (header, context) => {
      const text = header.alg === 'HS256' ? await secret(header, context) : undefined;
      return text === undefined ? undefined : new TextEncoder().encode(text);
    }),
  );

/** How a server comes to believe what nobody it trusts has signed. */
export const SIGNATURE_FAULTS: readonly Fault[] = [
  {
    id: 'takes-alg-none-for-a-signature',
    says: 'A token with alg none is accepted without a signature when its claims are good: audience, issuer and expiry are checked.',
    server: acceptUnsigned('none'),
    trips: [
      'access-tokens/refuses-unsigned-tokens:signature-ignored',
      'access-tokens/refuses-unsigned-tokens:unsigned',
    ],
  },
  {
    id: 'knows-alg-none-in-one-spelling',
    says: 'alg none is refused, but None, NONE and nOnE are no signature either and pass.',
    server: acceptUnsigned('None', 'NONE', 'nOnE'),
    trips: ['access-tokens/refuses-unsigned-tokens:unsigned'],
  },
  {
    id: 'takes-the-public-key-for-a-secret',
    says: 'A token that says HS256 is verified with the published RSA key, as PEM text, for a secret.',
    server: trustSecret(async (header, { keys }) => {
      const key = await (keys.known() ?? (await keys.fetch())).find({ ...header, alg: 'RS256' });
      return key && exportSPKI(key);
    }),
    trips: ['access-tokens/refuses-the-public-key-as-secret:public-key-as-secret'],
  },
  {
    id: 'has-a-secret-that-can-be-guessed',
    says: 'Beside RS256 a token may be signed with HS256 and the secret "secret".',
    server: trustSecret(async () => 'secret'),
    trips: ['access-tokens/refuses-guessable-secrets:guessable-secret'],
  },
  {
    id: 'lets-the-token-choose-its-algorithm',
    says: 'Any RSA algorithm the header names is used, whatever the key is published for.',
    server: and(
      acceptAlgorithms('RS384', 'RS512', 'PS256', 'PS384', 'PS512'),
      preferKey(async ({ kid, alg }, { keys }) => {
        const { published } = keys.known() ?? (await keys.fetch());
        const jwk = published.find((each) => each.kid === kid);
        return jwk && asKey(jwk, alg);
      }),
    ),
    trips: [
      'access-tokens/keeps-keys-to-their-algorithm:other-algorithm',
      'access-tokens/lets-go-of-removed-keys:still-served',
    ],
  },
  {
    id: 'checks-no-signature',
    says: 'Claims are checked and the signature is not.',
    server: () => ({ isSigned: async () => true }),
    trips: ['access-tokens/refuses-tokens-of-other-keys:foreign-signature'],
  },
  {
    id: 'checks-no-signature-of-unknown-keys',
    says: 'A token whose kid is not published is believed without a signature check.',
    server: (conforming) => ({
      isSigned: async (jwt, key, context) => key === undefined || conforming.isSigned(jwt, key, context),
    }),
    trips: [
      'access-tokens/looks-keys-up-by-their-id:id-missing',
      'access-tokens/refuses-keys-that-tokens-bring:embedded-key',
      'access-tokens/refuses-tokens-of-other-keys:foreign-signature',
    ],
  },
  {
    id: 'ignores-the-kid',
    says: 'Whatever kid a token names, each published key is tried.',
    server: (conforming) => ({
      isSigned: async (jwt, key, context) => {
        const published = context.keys.known()?.published ?? [];
        const candidates = [key, ...(await Promise.all(published.map((jwk) => asKey(jwk, 'RS256'))))];
        const verified = await Promise.all(candidates.map((each) => conforming.isSigned(jwt, each, context)));
        return verified.includes(true);
      },
    }),
    trips: ['access-tokens/looks-keys-up-by-their-id:id-ignored', 'access-tokens/looks-keys-up-by-their-id:id-missing'],
  },
  {
    id: 'trusts-a-key-in-the-header',
    says: 'A token is verified with the key that its own jwk header brings.',
    server: preferKey(async ({ jwk, alg }) => jwk && asKey(jwk as JWK, alg)),
    trips: ['access-tokens/refuses-keys-that-tokens-bring:embedded-key'],
  },
  {
    id: 'trusts-a-certificate-in-the-header',
    says: 'A token is verified with the certificate that its own x5c header brings, whoever issued it.',
    server: preferKey(async ({ x5c, alg }) =>
      Array.isArray(x5c) ? usable(() => importX509(certificateOf(String(x5c[0])), alg)) : undefined,
    ),
    trips: ['access-tokens/refuses-keys-that-tokens-bring:embedded-certificate'],
  },
  {
    id: 'follows-jku',
    says: 'Keys are fetched from the jku that the token names.',
    server: preferKey(async (header) =>
      header.jku === undefined ? undefined : keyFromSet(await follow(header.jku), header),
    ),
    trips: ['access-tokens/fetches-no-keys-from-where-tokens-say:key-believed'],
  },
  {
    id: 'follows-x5u',
    says: 'A certificate is fetched from the x5u that the token names.',
    server: preferKey(async ({ x5u, alg }) => {
      const pem = await follow(x5u);
      return pem === undefined ? undefined : usable(() => importX509(pem, alg));
    }),
    trips: ['access-tokens/fetches-no-keys-from-where-tokens-say:key-believed'],
  },
  {
    id: 'asks-the-jku-of-a-token-it-refuses',
    says: 'What a token names as jku is fetched and thrown away; the key is looked up at the issuer then.',
    server: preferKey(async ({ jku }) => {
      await follow(jku);
      return undefined;
    }),
    trips: ['access-tokens/fetches-no-keys-from-where-tokens-say:key-fetched'],
  },
  {
    id: 'fetches-keys-from-the-issuer-a-token-names',
    says: 'Any issuer is accepted, and its keys are fetched from where the token says it is.',
    server: (conforming) => {
      const issuers = new WeakMap<Incoming, string>();
      return {
        readJwt: (token, context) => {
          const jwt = conforming.readJwt(token, context);
          const { iss } = jwt?.claims ?? {};
          if (typeof iss === 'string') issuers.set(context.request, iss);
          return jwt;
        },
        acceptsIssuer: (issuer) => typeof issuer === 'string',
        keyFor: async (header, context) => {
          const issuer = issuers.get(context.request);
          if (issuer === undefined || issuer === context.setup.issuer) return conforming.keyFor(header, context);
          if (!URL.canParse(issuer)) return undefined;
          return keyFromSet(await follow(new URL('/.well-known/jwks.json', issuer).href), header);
        },
      };
    },
    trips: [
      'access-tokens/refuses-other-issuers:look-alike',
      'access-tokens/refuses-other-issuers:other-spelling',
      'access-tokens/refuses-tokens-of-another-issuer:served',
    ],
  },
  {
    id: 'ignores-crit',
    says: 'Header members that crit says must be understood are passed over.',
    server: () => ({
      understoodExtensions: ({ header }) => {
        const { crit } = header as { readonly crit?: unknown };
        return Array.isArray(crit) ? crit.filter((name) => typeof name === 'string') : [];
      },
    }),
    trips: [
      'access-tokens/refuses-critical-headers-it-does-not-know:ignored',
      'access-tokens/refuses-critical-headers-it-does-not-know:malformed',
      'access-tokens/refuses-unencoded-payloads:unencoded',
    ],
  },
];
