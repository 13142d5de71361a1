import { field, type HeaderLine } from '../../http.ts';
import type { Fault } from '../fault.ts';
import { editRefusal, type Replacement } from '../replace.ts';

/** Allows these request fields in a preflight. */
function allowFields(edit: (names: readonly string[]) => readonly string[]): Replacement {
  return (conforming) => ({
    preflight: (context) => {
      const reply = conforming.preflight(context);
      const headers = reply.headers.map(
        ([name, value]): HeaderLine =>
          name === 'Access-Control-Allow-Headers' ? [name, edit(value.split(', ')).join(', ')] : [name, value],
      );
      return { ...reply, headers };
    },
  });
}

/** What pages in a browser may do. */
export const BROWSER_FAULTS: readonly Fault[] = [
  {
    id: 'asks-for-a-token-in-a-preflight',
    says: 'A CORS preflight is answered with 401.',
    server: () => ({ preflight: (context) => context.behaviour.refuse('no-token', context) }),
    trips: ['challenge/answers-browser-preflight:refused'],
  },
  {
    id: 'keeps-authorization-out-of-a-preflight',
    says: 'The preflight does not allow the Authorization field.',
    server: allowFields((names) => names.filter((name) => name !== 'authorization')),
    trips: ['challenge/answers-browser-preflight:header-not-allowed'],
  },
  {
    id: 'allows-fields-by-wildcard',
    says: 'The preflight allows fields by a wildcard, which leaves Authorization out.',
    server: allowFields(() => ['*']),
    trips: ['challenge/answers-browser-preflight:wildcard-misses-authorization'],
  },
  {
    id: 'lets-no-browser-read-answers',
    says: 'Answers other than the preflight have no Access-Control-Allow-Origin.',
    server: (conforming) => ({
      cors: (context) => (context.request.method === 'OPTIONS' ? conforming.cors(context) : [['Vary', 'Origin']]),
    }),
    trips: ['challenge/lets-browsers-read-the-challenge:origin-not-allowed'],
  },
  {
    id: 'hides-the-challenge-from-browsers',
    says: 'Access-Control-Expose-Headers leaves WWW-Authenticate out.',
    server: (conforming) => ({
      cors: (context) =>
        conforming
          .cors(context)
          .map(([name, value]) =>
            name === 'Access-Control-Expose-Headers' ? [name, 'Mcp-Session-Id'] : [name, value],
          ),
    }),
    trips: ['challenge/lets-browsers-read-the-challenge:not-exposed'],
  },
  {
    id: 'serves-every-origin',
    says: 'A server on the user’s own machine serves pages of every origin, so any web page can reach it (DNS rebinding).',
    server: () => ({ admitOrigin: () => true }),
    trips: ['challenge/refuses-a-foreign-origin:served-locally'],
  },
  {
    id: 'serves-the-origin-null',
    says: 'A server on the user’s own machine serves the origin null, which sandboxed pages of any site have.',
    server: (conforming) => ({
      admitOrigin: (context) => field(context.request, 'origin') === 'null' || conforming.admitOrigin(context),
    }),
    trips: ['challenge/refuses-a-foreign-origin:served-locally'],
  },
  {
    id: 'compares-the-beginning-of-an-origin',
    says: "An Origin is served when it begins like the server's own.",
    server: (conforming) => ({
      admitOrigin: (context) => {
        const { protocol, hostname } = new URL(context.setup.server.url);
        const origin = field(context.request, 'origin');
        return origin?.startsWith(`${protocol}//${hostname}`) || conforming.admitOrigin(context);
      },
    }),
    trips: ['challenge/refuses-a-foreign-origin:served-locally'],
  },
  {
    id: 'compares-the-end-of-an-origin',
    says: "An Origin is served when it ends like the server's own.",
    server: (conforming) => ({
      admitOrigin: (context) => {
        const { host } = new URL(context.setup.server.url);
        return field(context.request, 'origin')?.endsWith(host) || conforming.admitOrigin(context);
      },
    }),
    trips: ['challenge/refuses-a-foreign-origin:served-locally'],
  },
  {
    id: 'compares-the-beginning-of-a-client-s-origin',
    says: 'An Origin is served when it begins like one that is meant to be.',
    server: (conforming) => ({
      admitOrigin: (context) => {
        const origin = field(context.request, 'origin');
        const begins = context.setup.server.origins.some((each) => origin?.startsWith(each));
        return begins || conforming.admitOrigin(context);
      },
    }),
    trips: ['challenge/refuses-a-foreign-origin:served-locally'],
  },
  {
    id: 'serves-every-origin-in-public',
    says: 'A server with a public name and HTTPS serves pages of every origin.',
    server: () => ({ admitOrigin: () => true }),
    publicName: true,
    trips: ['challenge/refuses-a-foreign-origin:served-publicly'],
  },
  {
    id: 'answers-400-to-a-refused-origin',
    says: 'A refused Origin gets 400.',
    server: editRefusal(['foreign-origin'], (reply) => ({ ...reply, status: 400 })),
    trips: ['challenge/answers-403-to-a-refused-origin:other-status'],
  },
  {
    id: 'reflects-origins-with-credentials',
    says: 'Every Origin may read answers with credentials, though the request itself is refused.',
    server: (conforming) => ({
      cors: (context) => {
        const origin = field(context.request, 'origin');
        const lines = conforming.cors(context);
        if (origin === undefined || conforming.admitOrigin(context)) return lines;
        return [...lines, ['Access-Control-Allow-Origin', origin], ['Access-Control-Allow-Credentials', 'true']];
      },
    }),
    trips: ['challenge/shares-no-credentials-with-foreign-origins:reflected-with-credentials'],
  },
];
