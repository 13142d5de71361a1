import type { Reply } from '../../http.ts';
import { isProblem } from '../../tenant/access.ts';
import { respond } from '../../tenant/authorization/answer.ts';
import type { TenantContext } from '../../tenant/behaviour.ts';
import type { Client } from '../../tenant/entities.ts';
import { html } from '../../tenant/pages/markup.ts';
import type { Fault } from '../fault.ts';

const EXACTLY = 'authorization/compares-redirect-uris-exactly';
const LOOPBACK = 'authorization/compares-loopback-redirect-uris-but-for-the-port';
const CLIENTS = 'authorization/redirects-for-known-clients-only';
const TWICE = 'authorization/takes-no-second-redirect-uri';

const parametersOf = ({ request }: TenantContext) =>
  new URLSearchParams(request.method === 'POST' ? request.body : request.query);

/** The redirect URIs that the request itself names. */
const namedIn = (context: TenantContext): readonly string[] => parametersOf(context).getAll('redirect_uri');

/** As if the redirect URI were somebody's: with the request's state, and the issuer. */
function errorAt(redirectUri: string | undefined, error: string, context: TenantContext): Reply | undefined {
  const [client] = context.store.clients;
  if (redirectUri === undefined || client === undefined) return undefined;
  return respond('error', [['error', error]], { client, redirectUri, parameters: parametersOf(context) }, context);
}

/** Redirect URIs and clients, where the mistake is another than a loose comparison. */
export const REDIRECT_HARDENING_FAULTS: readonly Fault[] = [
  {
    id: 'falls-back-to-the-registered-redirect-uri',
    says: 'A redirect URI that is not registered is replaced by the one that is.',
    tenant: ({ redirectUriOf }) => ({
      redirectUriOf: (parameters, client, context) => {
        const redirectUri = redirectUriOf(parameters, client, context);
        return isProblem(redirectUri) && parameters.has('redirect_uri')
          ? (client.callbacks[0] ?? redirectUri)
          : redirectUri;
      },
    }),
    trips: [`${EXACTLY}:another-used-instead`],
  },
  {
    id: 'leaves-fragments-out-of-the-comparison',
    says: 'A fragment in the redirect URI is not compared, and stands behind the code again.',
    tenant: ({ redirectUriOf, responseUrl }) => ({
      redirectUriOf: (parameters, client, context) => {
        const [whole, ...others] = parameters.getAll('redirect_uri');
        if (whole === undefined || others.length > 0 || !whole.includes('#')) {
          return redirectUriOf(parameters, client, context);
        }
        const compared = new URLSearchParams(parameters);
        compared.set('redirect_uri', whole.replace(/#.*$/s, ''));
        const found = redirectUriOf(compared, client, context);
        return isProblem(found) ? found : whole;
      },
      responseUrl: (redirectUri, members, parameters, context) => {
        const [, base, fragment] = /^([^#]*)(.*)$/s.exec(redirectUri)!;
        return `${responseUrl(base!, members, parameters, context)}${fragment}`;
      },
    }),
    trips: [`${EXACTLY}:code-elsewhere`],
  },
  {
    id: 'compares-the-port-of-loopback-addresses',
    says: 'A native client has to come back to the very port of its registered loopback address.',
    tenant: () => ({ matchesCallback: (callback, asked) => callback === asked }),
    trips: ['authorization/leaves-the-loopback-port-open:port-fixed'],
  },
  {
    id: 'takes-every-loopback-address-for-the-same',
    says: 'Whatever leads to the user’s machine is good for a registered loopback redirect URI of the same path.',
    tenant: ({ matchesCallback }) => ({
      matchesCallback: (callback, asked, client, context) => {
        if (matchesCallback(callback, asked, client, context)) return true;
        if (!URL.canParse(asked) || new URL(callback).hostname !== '127.0.0.1') return false;
        const { protocol, hostname, pathname } = new URL(asked);
        const isOwnMachine = /^(127\.[\d.]+|\[::1\]|localhost)$/.test(hostname) && protocol === 'http:';
        return isOwnMachine && asked.endsWith(pathname) && pathname === new URL(callback).pathname;
      },
    }),
    trips: [
      `${LOOPBACK}:code-elsewhere`,
      `${LOOPBACK}:other-family`,
      'authorization/tells-localhost-from-loopback-addresses:localhost-accepted',
    ],
  },
  {
    id: 'sends-errors-to-any-scheme',
    says: 'The error about an unregistered redirect URI is sent to that URI, if it is none of http or https.',
    tenant: ({ authorize }) => ({
      authorize: async (context) => {
        const reply = await authorize(context);
        const [uri] = namedIn(context);
        const isRefused = reply.status === 400 && uri !== undefined && !/^https?:/.test(uri);
        return (isRefused ? errorAt(uri, 'invalid_request', context) : undefined) ?? reply;
      },
    }),
    trips: ['authorization/redirects-to-no-other-scheme:error-to-a-scheme'],
  },
  {
    id: 'links-to-refused-redirect-uris',
    says: 'The error page has the redirect URI that it refuses as a link.',
    tenant: ({ errorMessage }) => ({
      errorMessage: (problem, context) => {
        const [uri] = namedIn(context);
        return html`${errorMessage(problem, context)}${uri === undefined ? undefined : html` <a href="${uri}">Back</a>`}`;
      },
    }),
    trips: ['authorization/redirects-to-no-other-scheme:link-to-a-script'],
  },
  {
    id: 'answers-elsewhere-without-a-redirect-uri',
    says: 'A request without a redirect URI is answered at the first page of the client’s host.',
    tenant: ({ redirectUriOf }) => ({
      redirectUriOf: (parameters, client, context) => {
        const redirectUri = redirectUriOf(parameters, client, context);
        return parameters.has('redirect_uri') || isProblem(redirectUri) ? redirectUri : new URL('/', redirectUri).href;
      },
    }),
    trips: ['authorization/guesses-no-redirect-uri:another-chosen'],
  },
  {
    id: 'answers-at-the-second-redirect-uri',
    says: 'Of two redirect URIs the first is judged, and the second gets the answer.',
    tenant: ({ authorizationParameters, redirectUriOf }) => {
      /** The last redirect URI of several, by the parameters of the request. */
      const last = new WeakMap<URLSearchParams, string>();
      return {
        authorizationParameters: (context) => {
          const all = authorizationParameters(context);
          const [first, ...others] = all.getAll('redirect_uri');
          if (first === undefined || others.length === 0) return all;
          all.set('redirect_uri', first);
          last.set(all, others.at(-1)!);
          return all;
        },
        redirectUriOf: (parameters, client, context) => {
          const redirectUri = redirectUriOf(parameters, client, context);
          return isProblem(redirectUri) ? redirectUri : (last.get(parameters) ?? redirectUri);
        },
      };
    },
    trips: [`${TWICE}:code-elsewhere`],
  },
  {
    id: 'sends-errors-to-the-second-redirect-uri',
    says: 'A request with two redirect URIs is refused, and the error sent to the second.',
    tenant: ({ authorize }) => ({
      authorize: (context) => {
        const [, second] = namedIn(context);
        return errorAt(second, 'invalid_request', context) ?? authorize(context);
      },
    }),
    trips: [`${TWICE}:error-elsewhere`],
  },
  {
    id: 'sends-errors-to-redirect-uris-of-unknown-clients',
    says: 'A request of a client that nobody knows is refused at the redirect URI that it names.',
    tenant: ({ authorize, findClient }) => ({
      authorize: async (context) => {
        const id = parametersOf(context).get('client_id');
        const isKnown = id !== null && (await findClient(id, context)) !== undefined;
        return (
          (isKnown ? undefined : errorAt(namedIn(context)[0], 'unauthorized_client', context)) ?? authorize(context)
        );
      },
    }),
    trips: [`${CLIENTS}:error-for-a-stranger`],
  },
  {
    id: 'takes-unknown-clients-for-new-ones',
    says: 'Who comes with a client id that nobody knows is a client from then on, with the redirect URI that it names.',
    tenant: ({ findClient, confirmClientUrl }) => {
      const newcomers = new WeakSet<Client>();
      return {
        findClient: async (clientId, context) => {
          const known = await findClient(clientId, context);
          const [uri] = namedIn(context);
          const [model] = context.store.clients;
          if (known !== undefined || uri === undefined || model === undefined) return known;
          const newcomer = { ...model, client_id: clientId, name: 'A new client', callbacks: [uri] };
          newcomers.add(newcomer);
          return newcomer;
        },
        confirmClientUrl: (client, context) => (newcomers.has(client) ? client : confirmClientUrl(client, context)),
      };
    },
    trips: [`${CLIENTS}:code-for-a-stranger`, `${CLIENTS}:error-for-a-stranger`],
  },
];
