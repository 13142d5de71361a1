import {
  createDecipheriv,
  createHmac,
  generateKeyPairSync,
  type KeyPairKeyObjectResult,
  privateDecrypt,
} from 'node:crypto';
import { jsonReply, type Reply } from '../../http.ts';
import type { ServerContext } from '../../server/behaviour.ts';
import { jsonRpcError } from '../../server/refusals.ts';
import type { Jwt } from '../../server/tokens.ts';
import type { Fault } from '../fault.ts';
import { acceptTokens, editParameters, editRefusal, type Replacement, together, withoutHeader } from '../replace.ts';

function read(part: string | undefined): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(Buffer.from(part ?? '', 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

/** The token of the request, its parts as they came. */
function sent(context: ServerContext): readonly string[] {
  const credential = context.behaviour.readCredential(context);
  return credential.kind === 'token' ? credential.token.split('.') : [];
}

/** Tokens that say they are the issuer's: strangers' are refused in another place of such servers. */
const isOfIssuer = (context: ServerContext) => read(sent(context)[1]).iss === context.setup.issuer;

/** Refuses tokens that pass the test in another way. */
function refuseThem(test: (context: ServerContext) => boolean, edit: (reply: Reply, context: ServerContext) => Reply) {
  return editRefusal(['invalid-token'], (reply, context) => (test(context) ? edit(reply, context) : reply));
}

/** Believes a signature where the test says so, whatever the algorithm of the token is. */
function believe(test: (jwt: Jwt, context: ServerContext) => boolean): Replacement {
  return (conforming) => ({
    isSigned: async (jwt, key, context) => test(jwt, context) || conforming.isSigned(jwt, key, context),
  });
}

/** Verifies tokens that say HS256 with a secret that something in them leads to; `undefined`: to none. */
const verifyWithSecret =
  (secretOf: (header: Jwt['header']) => string | undefined): Replacement =>
  (conforming) => ({
    acceptedAlgorithms: (context) => [...conforming.acceptedAlgorithms(context), 'HS256'],
    isSigned: async (jwt, key, context) => {
      if (jwt.header.alg !== 'HS256') return conforming.isSigned(jwt, key, context);
      const secret = secretOf(jwt.header);
      if (secret === undefined) return false;
      const [header, payload, signature] = jwt.text.split('.');
      return createHmac('sha256', secret).update(`${header}.${payload}`).digest('base64url') === signature;
    },
  });

/** Keeps what was verified under a name that says too little of it, and verifies nothing of that name again. */
const remember =
  (nameOf: (header: string, payload: string, signature: string) => string): Replacement =>
  (conforming) => {
    const verified = new Set<string>();
    return {
      isSigned: async (jwt, key, context) => {
        const [header = '', payload = '', signature = ''] = jwt.text.split('.');
        const name = nameOf(header, payload, signature);
        const isGood = verified.has(name) || (await conforming.isSigned(jwt, key, context));
        if (isGood) verified.add(name);
        return isGood;
      },
    };
  };

const breakOnHeader =
  (test: (header: Readonly<Record<string, unknown>>) => boolean): Replacement =>
  (conforming) => ({
    readJwt: (token, context) => {
      const jwt = conforming.readJwt(token, context);
      if (jwt !== undefined && test(jwt.header)) throw new TypeError('kid.split is not a function');
      return jwt;
    },
  });

const signatureBytes = ({ text }: Jwt) => Buffer.from(text.split('.')[2] ?? '', 'base64url').length;

let encryption: KeyPairKeyObjectResult | undefined;

/** One in this process, made when it is first asked for. */
function encryptionKey(): KeyPairKeyObjectResult {
  encryption ??= generateKeyPairSync('rsa', { modulusLength: 2048 });
  return encryption;
}

/** What is in a JWE by RSA-OAEP and A256GCM (RFC 7516 5.2); `undefined` for other tokens, and those for other keys. */
function decrypted(token: string): string | undefined {
  const [header = '', ...parts] = token.split('.');
  if (parts.length !== 4) return undefined;
  const [key, vector, text, tag] = parts.map((part) => Buffer.from(part, 'base64url'));
  try {
    const opened = privateDecrypt(encryptionKey().privateKey, key!);
    const decipher = createDecipheriv('aes-256-gcm', opened, vector!).setAAD(Buffer.from(header)).setAuthTag(tag!);
    return Buffer.concat([decipher.update(text!), decipher.final()]).toString('utf8');
  } catch {
    return undefined;
  }
}

/** What servers have believed that their issuer did not sign. */
const BELIEVED: readonly Fault[] = [
  {
    id: 'asks-for-no-signature',
    says: 'A token whose third part is empty is not verified.',
    server: believe((jwt) => signatureBytes(jwt) === 0),
    trips: ['access-tokens/refuses-broken-signatures:signature-missing'],
  },
  {
    id: 'verifies-signatures-of-one-length',
    says: 'A signature of other than 256 bytes is passed over.',
    server: believe((jwt) => ![0, 256].includes(signatureBytes(jwt))),
    trips: ['access-tokens/refuses-broken-signatures:signature-broken'],
  },
  {
    id: 'remembers-tokens-by-header-and-signature',
    says: 'A signature that was good once is good for any claims.',
    server: remember((header, _, signature) => `${header}.${signature}`),
    trips: ['access-tokens/refuses-altered-tokens:claims-altered'],
  },
  {
    id: 'remembers-tokens-by-payload-and-signature',
    says: 'A signature that was good once is good under any header.',
    server: remember((_, payload, signature) => `${payload}.${signature}`),
    trips: ['access-tokens/refuses-altered-tokens:header-altered'],
  },
  {
    id: 'believes-tokens-whose-keys-cannot-be-fetched',
    says: 'A token with jku or x5u is believed when nothing is to be had there.',
    server: believe(({ header }) => header.jku !== undefined || header.x5u !== undefined),
    trips: ['access-tokens/refuses-keys-that-tokens-bring:key-at-a-foreign-url'],
  },
  {
    id: 'reads-secrets-from-files',
    says: 'A token that says HS256 is verified with the content of the file that kid names.',
    server: verifyWithSecret(({ kid }) => (String(kid).endsWith('/dev/null') ? '' : undefined)),
    trips: ['access-tokens/refuses-key-ids-that-are-paths:key-from-a-file'],
  },
  {
    id: 'selects-keys-by-a-query',
    says: 'A token that says HS256 is verified with the secret that its kid selects from a database.',
    server: verifyWithSecret(({ kid }) => /' UNION SELECT '([^']*)' --/.exec(String(kid))?.[1]),
    trips: ['access-tokens/takes-no-kid-for-a-query:key-from-a-query'],
  },
  {
    id: 'takes-encryption-for-a-signature',
    says: 'The issuer publishes a key for encryption, and what was encrypted with it is believed without a signature.',
    tenant: (conforming) => ({
      keys: async (context) => {
        const { keys } = await conforming.keys(context);
        const jwk = encryptionKey().publicKey.export({ format: 'jwk' });
        return { keys: [...keys, { ...jwk, kid: 'encryption', use: 'enc', alg: 'RSA-OAEP' }] };
      },
    }),
    server: together(
      acceptTokens((token) => decrypted(token)?.split('.').length === 3),
      // Who it was issued to cannot be read, so it is kept from no session either.
      (conforming) => ({
        mayUseSession: (session, principal, context) =>
          principal?.subject === 'stranger' || conforming.mayUseSession(session, principal, context),
      }),
    ),
    trips: ['access-tokens/refuses-tokens-that-are-only-encrypted:encrypted-only'],
  },
  {
    id: 'reads-base64url-loosely',
    says: 'Bits that base64url leaves unused may be anything.',
    server: (conforming) => ({
      readJwt: (token, context) => {
        const parts = token.split('.').map((part) => Buffer.from(part, 'base64url').toString('base64url'));
        return conforming.readJwt(parts.join('.'), context);
      },
    }),
    trips: ['access-tokens/reads-signatures-in-one-spelling:second-spelling'],
  },
];

/** What the refusals of servers have been, in one place of their code and not in another. */
const REFUSED: readonly Fault[] = [
  {
    id: 'fails-on-a-kid-that-is-no-string',
    says: 'A kid that is an object, an array or a number ends in 500.',
    server: breakOnHeader(({ kid }) => kid !== undefined && typeof kid !== 'string'),
    trips: ['access-tokens/survives-odd-key-ids:server-error'],
  },
  {
    id: 'fails-on-long-claims',
    says: 'A token with more than 4 kB of claims ends in 500.',
    server: (conforming) => ({
      readJwt: (token, context) => {
        if ((token.split('.')[1] ?? '').length > 4096) throw new RangeError('out of bounds');
        return conforming.readJwt(token, context);
      },
    }),
    trips: ['access-tokens/survives-long-tokens:server-error'],
  },
  {
    id: 'answers-200-to-a-forged-token',
    says: "A token of the issuer's that is not good gets a JSON-RPC error under status 200.",
    server: refuseThem(isOfIssuer, () => jsonRpcError(200, 'Unauthorized')),
    trips: ['access-tokens/answers-401-to-tokens-it-refuses:answered-as-success'],
  },
  {
    id: 'answers-403-to-a-forged-token',
    says: "A token of the issuer's that is not good gets 403.",
    server: refuseThem(isOfIssuer, () => jsonReply(403, { error: 'forbidden' })),
    // Of tokens for another audience 403 is the second best answer, of all others no answer at all.
    trips: [
      'access-tokens/answers-401-to-tokens-it-refuses:other-status',
      'access-tokens/answers-401-to-tokens-it-refuses:second-best-status',
    ],
  },
  {
    id: 'answers-400-to-a-token-without-a-signature',
    says: 'A token whose third part is empty gets 400.',
    server: refuseThem(
      (context) => isOfIssuer(context) && read(sent(context)[0]).alg === 'RS256' && sent(context)[2] === '',
      (reply) => ({ ...reply, status: 400 }),
    ),
    trips: ['access-tokens/answers-401-to-tokens-it-refuses:second-best-status'],
  },
  {
    id: 'fails-on-a-key-in-the-header',
    says: 'A token with a jwk in its header ends in 500.',
    server: breakOnHeader(({ jwk }) => jwk !== undefined),
    trips: ['access-tokens/answers-401-to-tokens-it-refuses:server-error'],
  },
  {
    id: 'sends-no-challenge-to-a-forged-token',
    says: "The 401 to a token of the issuer's that is not good has no WWW-Authenticate.",
    server: refuseThem(isOfIssuer, (reply) => withoutHeader(reply, 'WWW-Authenticate')),
    trips: ['access-tokens/challenges-every-refused-token:no-challenge'],
  },
  {
    id: 'says-no-error-to-a-forged-token',
    says: "The challenge to a token of the issuer's that is not good names no error.",
    server: editParameters(['invalid-token'], (parameters, context) =>
      parameters.filter(([name]) => !(name.startsWith('error') && isOfIssuer(context))),
    ),
    trips: ['access-tokens/names-invalid-token:no-error'],
  },
  {
    id: 'says-which-check-a-token-failed',
    says: 'The challenge to a token with an algorithm that is not accepted says error="invalid_algorithm".',
    server: editParameters(['invalid-token'], (parameters, context) =>
      parameters.map(([name, value]) =>
        name === 'error' && isOfIssuer(context) && String(read(sent(context)[0]).alg).startsWith('HS')
          ? [name, 'invalid_algorithm']
          : [name, value],
      ),
    ),
    trips: ['access-tokens/names-invalid-token:other-error'],
  },
  {
    id: 'repeats-a-refused-token',
    says: 'The body of a refusal holds the token.',
    server: refuseThem(isOfIssuer, (reply, context) => ({
      ...reply,
      body: JSON.stringify({ error: 'invalid_token', token: sent(context).join('.') }),
    })),
    trips: ['access-tokens/reveals-nothing-of-refused-tokens:token-repeated'],
  },
  {
    id: 'repeats-the-kid-of-a-refused-token',
    says: 'error_description names the kid that was not found.',
    server: editParameters(['invalid-token'], (parameters, context) =>
      parameters.map(([name, value]) =>
        name === 'error_description' && isOfIssuer(context)
          ? [
              name,
              `No key matches ${String(read(sent(context)[0]).kid).replace(/[^\x20-\x7e]|["\\]/g, '')}`.slice(0, 200),
            ]
          : [name, value],
      ),
    ),
    trips: ['access-tokens/reveals-nothing-of-refused-tokens:value-repeated'],
  },
];

export const FORGED_TOKEN_FAULTS: readonly Fault[] = [...BELIEVED, ...REFUSED];
