import { field, fields, jsonReply } from '../../http.ts';
import type { Credential, ServerContext } from '../../server/behaviour.ts';
import type { Fault } from '../fault.ts';
import { acceptTokens, answerFirst, type Replacement, together } from '../replace.ts';

/** Reads a credential where the conforming server finds none, or none that it understands. */
const alsoReads =
  (read: (context: ServerContext) => string | undefined): Replacement =>
  (conforming) => ({
    readCredential: (context): Credential => {
      const credential = conforming.readCredential(context);
      const token = credential.kind === 'token' ? undefined : read(context);
      return token === undefined ? credential : { kind: 'token', token };
    },
  });

const JWT = /[\w-]+\.[\w-]+\.[\w-]+/;

const authorization = ({ request }: ServerContext) => field(request, 'authorization') ?? '';

const behindDpop = alsoReads((context) => /^DPoP +(\S+)$/.exec(authorization(context))?.[1]);

/** On this method every token is believed. */
const believesTokensOn =
  (method: string): Replacement =>
  (conforming) => {
    const { verifyToken: believe = conforming.verifyToken } = acceptTokens(() => true)(conforming);
    return {
      verifyToken: (token, context) =>
        (context.request.method === method ? believe : conforming.verifyToken)(token, context),
    };
  };

/** Whether the message comes as a form that brings a JWT. */
const isFormWithToken = ({ request }: ServerContext) =>
  /^application\/x-www-form-urlencoded/i.test(field(request, 'content-type') ?? '') &&
  JWT.test(new URLSearchParams(request.body).get('access_token') ?? '');

/** Ways of bringing a token that a server should not know, or does not and should. */
export const TRANSPORT_FAULTS: readonly Fault[] = [
  {
    id: 'wants-exactly-one-blank',
    says: 'Two blanks between Bearer and the token make the field malformed.',
    server: (conforming) => ({
      readCredential: (context) =>
        /^bearer {2}/i.test(authorization(context)) ? { kind: 'malformed' } : conforming.readCredential(context),
    }),
    trips: ['access-tokens/takes-a-token-with-blanks-around-it:blanks-refused'],
  },
  {
    id: 'takes-what-follows-bearer-for-the-token',
    says: 'Whatever stands between Bearer and the token, or nothing at all, separates them.',
    server: alsoReads((context) => /^bearer[\t:,]?(\S+\.\S+\.\S+)$/i.exec(authorization(context))?.[1]),
    trips: ['access-tokens/separates-the-scheme-by-blanks-only:other-separator'],
  },
  {
    id: 'takes-a-bearer-token-behind-dpop',
    says: 'The scheme DPoP is understood like Bearer by a server that offers no DPoP.',
    server: behindDpop,
    trips: ['access-tokens/takes-no-bearer-token-behind-dpop:unknown-scheme'],
  },
  {
    id: 'offers-dpop-and-reads-no-proof-behind-its-scheme',
    says: 'The metadata offers DPoP, and a token behind that scheme needs no proof.',
    server: together(behindDpop, (conforming) => ({
      resourceMetadata: (context) => ({
        ...conforming.resourceMetadata(context),
        dpop_signing_alg_values_supported: ['ES256'],
      }),
    })),
    trips: [
      'access-tokens/refuses-bound-tokens-as-bearer:dpop-key',
      'access-tokens/takes-no-bearer-token-behind-dpop:without-proof',
    ],
  },
  {
    id: 'takes-the-last-of-two-authorization-fields',
    says: 'Of several Authorization fields the last counts.',
    server: alsoReads(({ request }) => {
      const values = fields(request, 'authorization');
      return values.length < 2 ? undefined : /^Bearer +(\S+)$/.exec(values.at(-1)!)?.[1];
    }),
    trips: ['access-tokens/refuses-two-credentials:last-field-counts'],
  },
  {
    id: 'searches-a-list-of-credentials',
    says: 'Of several credentials in one Authorization field the last counts.',
    server: alsoReads((context) => /,\s*Bearer +(\S+)$/.exec(authorization(context))?.[1]),
    trips: ['access-tokens/refuses-two-credentials:list-is-searched'],
  },
  {
    id: 'takes-a-token-from-a-query-of-its-own',
    says: 'The parameter token of the query is taken for a credential.',
    server: alsoReads(({ request }) => new URLSearchParams(request.query).get('token') ?? undefined),
    trips: ['access-tokens/takes-no-token-from-other-parts-of-the-url:query-parameter'],
  },
  {
    id: 'takes-a-token-from-the-path',
    says: 'A token at the end of the path is taken for a credential.',
    server: together(
      (conforming) => ({
        route: (context) =>
          JWT.test(context.request.path) &&
          context.request.path.startsWith(`${new URL(context.setup.server.url).pathname}/`)
            ? 'endpoint'
            : conforming.route(context),
      }),
      alsoReads(({ request }) => JWT.exec(request.path)?.[0]),
    ),
    trips: ['access-tokens/takes-no-token-from-other-parts-of-the-url:path'],
  },
  {
    id: 'takes-a-token-from-a-forwarded-field',
    says: 'X-Forwarded-Authorization, which a gateway may write, is believed whoever sends it.',
    server: alsoReads(({ request }) => /^Bearer +(\S+)$/.exec(field(request, 'x-forwarded-authorization') ?? '')?.[1]),
    trips: ['access-tokens/takes-the-token-from-authorization-only:forwarded-field'],
  },
  {
    id: 'verifies-no-token-on-get',
    says: 'The event stream is opened for whatever is put behind Bearer: tokens are verified on other methods only.',
    server: believesTokensOn('GET'),
    trips: ['access-tokens/judges-tokens-on-every-method:stream-opened'],
  },
  {
    id: 'verifies-no-token-on-delete',
    says: 'A session is ended for whatever is put behind Bearer: tokens are verified on other methods only.',
    server: believesTokensOn('DELETE'),
    trips: ['access-tokens/judges-tokens-on-every-method:session-ended'],
  },
  {
    id: 'serves-forms',
    says: 'A message that comes as a form with a token in it is served.',
    server: answerFirst(isFormWithToken, () => jsonReply(200, { jsonrpc: '2.0', id: 1, result: { tools: [] } })),
    trips: ['access-tokens/takes-no-token-from-a-form:served'],
  },
];
