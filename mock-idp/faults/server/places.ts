import { field } from '../../http.ts';
import type { ServerContext } from '../../server/behaviour.ts';
import type { Fault } from '../fault.ts';
import type { Replacement } from '../replace.ts';

/** Takes a token from elsewhere when the Authorization field brings none. */
const alsoFrom =
  (read: (context: ServerContext) => string | null | undefined): Replacement =>
  (conforming) => ({
    readCredential: (context) => {
      const credential = conforming.readCredential(context);
      const token = credential.kind === 'none' ? read(context) : undefined;
      return token ? { kind: 'token', token } : credential;
    },
  });

const formToken = ({ request }: ServerContext) =>
  /^application\/x-www-form-urlencoded/i.test(field(request, 'content-type') ?? '')
    ? new URLSearchParams(request.body).get('access_token')
    : undefined;

const metaToken = ({ request }: ServerContext): string | undefined =>
  /"access_token":"([^"]+)"/.exec(request.body)?.[1];

/** Where tokens are taken from, and who may use what they opened. */
export const PLACE_FAULTS: readonly Fault[] = [
  {
    id: 'takes-a-token-from-a-form',
    says: 'The access_token parameter of a form body is taken for a credential.',
    server: alsoFrom(formToken),
    trips: ['access-tokens/takes-no-token-from-a-form:token-read'],
  },
  {
    id: 'takes-a-token-from-the-message',
    says: 'A member access_token of the JSON-RPC message is taken for a credential.',
    server: alsoFrom(metaToken),
    trips: ['access-tokens/takes-the-token-from-authorization-only:message'],
  },
  {
    id: 'takes-a-token-from-a-cookie',
    says: 'A cookie access_token is taken for a credential.',
    server: alsoFrom(({ request }) => /(?:^|;\s*)access_token=([^;]+)/.exec(field(request, 'cookie') ?? '')?.[1]),
    trips: ['access-tokens/takes-the-token-from-authorization-only:cookie'],
  },
  {
    id: 'takes-a-token-from-a-field-of-its-own',
    says: 'X-Access-Token is taken for a credential.',
    server: alsoFrom(({ request }) => field(request, 'x-access-token')),
    trips: ['access-tokens/takes-the-token-from-authorization-only:field-of-its-own'],
  },
  {
    id: 'prefers-the-token-of-the-query',
    says: 'Where Authorization and query both bring a token, that of the query counts.',
    server: (conforming) => ({
      readCredential: (context) => {
        const credential = conforming.readCredential(context);
        const token = new URLSearchParams(context.request.query).get('access_token');
        return credential.kind === 'token' && token !== null ? { kind: 'token', token } : credential;
      },
    }),
    trips: ['access-tokens/lets-no-query-token-win:query-wins'],
  },
  {
    id: 'lends-sessions-to-other-users',
    says: 'Who has a good token and knows the id of a session may use it, whoever opened it.',
    server: (conforming) => ({
      mayUseSession: (session, principal, context) =>
        principal !== undefined || conforming.mayUseSession(session, principal, context),
    }),
    trips: ['access-tokens/keeps-sessions-to-their-user:served'],
  },
];
