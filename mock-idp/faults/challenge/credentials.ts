import { field, fields } from '../../http.ts';
import type { ServerContext } from '../../server/behaviour.ts';
import type { Fault } from '../fault.ts';
import {
  acceptTokens,
  dropParameters,
  editParameters,
  editRefusal,
  type Replacement,
  rewriteChallenge,
  servePublicly,
  setParameter,
} from '../replace.ts';

/** Breaks on Authorization values that pass the test, as code does that trusts a parser not to. */
function breakOn(test: (values: readonly string[]) => boolean): Replacement {
  return (conforming) => ({
    readCredential: (context) => {
      if (test(fields(context.request, 'authorization'))) throw new SyntaxError('unexpected character');
      return conforming.readCredential(context);
    },
  });
}

function joseHeader(token: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(Buffer.from(token.split('.')[0]!, 'base64url').toString('utf8'));
  } catch {
    return {};
  }
}

/** The credential as far as a quoted-string takes it without escapes. */
function shown({ request }: ServerContext): string {
  return fields(request, 'authorization')
    .join(' ')
    .replace(/[^\x20-\x7e]|["\\]/g, '');
}

/** What becomes of tokens that are not good, and of good ones. */
export const CREDENTIAL_FAULTS: readonly Fault[] = [
  {
    id: 'accepts-unsigned-tokens',
    says: 'A JWT with alg none is accepted whatever its claims say: nothing of it is checked, neither audience nor expiry.',
    server: acceptTokens((token) => joseHeader(token).alg === 'none'),
    trips: [
      'challenge/answers-401-to-an-invalid-token:served',
      'access-tokens/refuses-unsigned-tokens:signature-ignored',
      'access-tokens/refuses-unsigned-tokens:unsigned',
    ],
  },
  {
    id: 'accepts-tokens-without-checking-the-signature',
    says: 'A JWT is accepted whoever signed it.',
    server: acceptTokens((token) => joseHeader(token).alg === 'RS256'),
    trips: [
      'challenge/answers-401-to-an-invalid-token:served',
      'access-tokens/demands-the-claims-of-an-access-token:no-client',
      'access-tokens/demands-the-claims-of-an-access-token:no-id',
      'access-tokens/demands-the-claims-of-an-access-token:no-subject',
      'access-tokens/demands-the-claims-of-an-access-token:no-time-of-issue',
      'access-tokens/demands-the-claims-of-an-access-token:of-the-future',
      'access-tokens/refuses-compressed-claims:inflated',
      'access-tokens/refuses-critical-headers-it-does-not-know:ignored',
      'access-tokens/refuses-critical-headers-it-does-not-know:malformed',
      'access-tokens/refuses-expired-tokens:expired',
      'access-tokens/refuses-other-audiences:other-audience',
      'access-tokens/refuses-other-issuers:other-issuer',
      'access-tokens/refuses-other-kinds-of-token:other-kind',
      'access-tokens/refuses-other-kinds-of-token:untyped',
      'access-tokens/refuses-tokens-before-their-time:premature',
      'access-tokens/refuses-tokens-of-other-keys:foreign-signature',
      'access-tokens/refuses-unencoded-payloads:unencoded',
    ],
  },
  {
    id: 'accepts-any-opaque-token',
    says: 'A token that is no JWT is accepted without asking anybody.',
    server: acceptTokens((token) => token.length > 20 && !token.includes('.')),
    trips: [
      'challenge/answers-401-to-an-invalid-token:served',
      'challenge/refuses-a-session-id-without-a-token:served',
    ],
  },
  {
    id: 'answers-403-to-an-invalid-token',
    says: 'An invalid token gets 403.',
    server: editRefusal(['invalid-token'], (reply) => ({ ...reply, status: 403 })),
    trips: ['challenge/answers-401-to-an-invalid-token:other-status'],
  },
  {
    id: 'fails-on-an-encrypted-token',
    says: 'A JWE as token ends in 500.',
    server: (conforming) => ({
      async verifyToken(token, context) {
        if (token.split('.').length === 5) throw new TypeError('no key to decrypt with');
        return conforming.verifyToken(token, context);
      },
    }),
    trips: ['challenge/answers-401-to-an-invalid-token:server-error'],
  },
  {
    id: 'sends-no-challenge-to-an-invalid-token',
    says: 'The 401 to an invalid token has no WWW-Authenticate.',
    server: rewriteChallenge(['invalid-token'], () => []),
    trips: ['challenge/challenges-an-invalid-token:no-challenge'],
  },
  {
    id: 'offers-only-basic-to-an-invalid-token',
    says: 'The 401 to an invalid token has a challenge for Basic alone.',
    server: rewriteChallenge(['invalid-token'], () => 'Basic realm="mcp"'),
    trips: ['challenge/challenges-an-invalid-token:no-bearer'],
  },
  {
    id: 'says-no-error-to-an-invalid-token',
    says: 'The challenge to an invalid token has no error parameter.',
    server: dropParameters(['invalid-token'], ['error', 'error_description']),
    trips: ['challenge/says-invalid-token:no-error'],
  },
  {
    id: 'says-another-error-to-an-invalid-token',
    says: 'The challenge to an invalid token says error="unauthorized".',
    server: setParameter(['invalid-token'], 'error', () => 'unauthorized'),
    trips: ['challenge/says-invalid-token:other-error'],
  },
  {
    id: 'says-an-error-without-credentials',
    says: 'The challenge to a request without a token says error="invalid_token".',
    server: editParameters(['no-token'], (parameters) => [['error', 'invalid_token'], ...parameters]),
    trips: ['challenge/sends-no-error-without-credentials:error-code'],
  },
  {
    id: 'accepts-the-token-null',
    says: 'The words null and undefined are accepted as tokens.',
    server: acceptTokens((token) => token === 'null' || token === 'undefined'),
    trips: ['challenge/refuses-what-is-no-token:served'],
  },
  {
    id: 'accepts-the-shape-of-a-token',
    says: 'Whatever looks like the beginning or the frame of a JWT is accepted.',
    server: acceptTokens((token) => token === 'eyJ' || token === '..'),
    trips: ['challenge/refuses-what-is-no-token:served'],
  },
  {
    id: 'serves-an-empty-bearer',
    says: 'The scheme Bearer without a token is served.',
    server: servePublicly((_, { request }) => /^bearer$/i.test(field(request, 'authorization') ?? '')),
    trips: ['challenge/refuses-what-is-no-token:served'],
  },
  {
    id: 'serves-basic-credentials',
    says: 'Any Basic credentials are served.',
    server: servePublicly((_, { request }) => /^basic /i.test(field(request, 'authorization') ?? '')),
    trips: ['challenge/refuses-what-is-no-token:served'],
  },
  {
    id: 'fails-on-quotes-in-a-token',
    says: 'A token with quotes or braces ends in 500.',
    server: breakOn((values) => values.some((value) => /["{]/.test(value))),
    trips: ['challenge/survives-malformed-credentials:server-error'],
  },
  {
    id: 'fails-on-utf-8-in-a-token',
    says: 'A token with characters outside ASCII ends in 500.',
    server: breakOn((values) => values.some((value) => /[\x80-\xff]/.test(value))),
    trips: ['challenge/survives-malformed-credentials:server-error'],
  },
  {
    id: 'fails-on-two-authorization-fields',
    says: 'Two Authorization fields end in 500.',
    server: breakOn((values) => values.length > 1),
    trips: ['challenge/survives-malformed-credentials:server-error'],
  },
  {
    id: 'repeats-the-credential-in-the-error-text',
    says: 'error_description repeats the credential.',
    server: setParameter(
      ['malformed-credential', 'invalid-token'],
      'error_description',
      (context) => `Cannot use ${shown(context)}`,
    ),
    trips: ['challenge/reflects-no-credentials:reflected'],
  },
  {
    id: 'knows-bearer-in-one-spelling',
    says: 'Only the spelling Bearer is taken for the scheme.',
    server: (conforming) => ({
      readCredential: (context) =>
        (field(context.request, 'authorization') ?? '').startsWith('Bearer ')
          ? conforming.readCredential(context)
          : { kind: 'none' },
    }),
    trips: ['challenge/accepts-the-scheme-in-any-case:refused'],
  },
  {
    id: 'takes-a-token-behind-any-scheme',
    says: 'Whatever stands behind the first blank of the Authorization field is taken for a token.',
    server: (conforming) => ({
      readCredential: (context) => {
        const [, token] = (field(context.request, 'authorization') ?? '').split(' ');
        return token !== undefined && token.split('.').length === 3
          ? { kind: 'token', token }
          : conforming.readCredential(context);
      },
    }),
    // What stands before the token is not looked at: that DPoP will do as well says no more.
    trips: ['challenge/takes-a-token-behind-bearer-only:served'],
  },
  {
    id: 'takes-a-token-without-a-scheme',
    says: 'A token that is all of the Authorization field is taken.',
    server: (conforming) => ({
      readCredential: (context) => {
        const value = field(context.request, 'authorization') ?? '';
        return /^[\w-]+\.[\w-]+\.[\w-]+$/.test(value)
          ? { kind: 'token', token: value }
          : conforming.readCredential(context);
      },
    }),
    trips: ['challenge/takes-a-token-behind-bearer-only:served'],
  },
  {
    id: 'accepts-a-token-in-the-query',
    says: 'The access_token parameter of the query is taken for a credential.',
    server: (conforming) => ({
      readCredential: (context) => {
        const credential = conforming.readCredential(context);
        const token = new URLSearchParams(context.request.query).get('access_token');
        return credential.kind === 'none' && token !== null ? { kind: 'token', token } : credential;
      },
    }),
    trips: ['challenge/ignores-a-token-in-the-query:served'],
  },
];
