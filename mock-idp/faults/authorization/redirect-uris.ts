import { isProblem, type Problem } from '../../tenant/access.ts';
import type { TenantBehaviour } from '../../tenant/behaviour.ts';
import type { Fault } from '../fault.ts';

type Match = TenantBehaviour['matchesCallback'];

/** Accepts more than what is registered. */
const alsoMatching =
  (match: (callback: URL, asked: URL, client: Parameters<Match>[2]) => boolean): NonNullable<Fault['tenant']> =>
  ({ matchesCallback }) => ({
    matchesCallback: (callback, asked, client, context) =>
      matchesCallback(callback, asked, client, context) ||
      (URL.canParse(asked) && match(new URL(callback), new URL(asked), client)),
  });

/** Not by `origin`, which is the same opaque one for all schemes of their own. */
const isSameHost = (one: URL, other: URL) => one.protocol === other.protocol && one.host === other.host;

const LOOPBACK = ['127.0.0.1', '[::1]', 'localhost'];

export const REDIRECT_URI_FAULTS: readonly Fault[] = [
  {
    id: 'accepts-redirect-uris-by-prefix',
    says: 'A redirect URI is good if it begins with a registered one.',
    tenant: ({ matchesCallback }) => ({
      matchesCallback: (callback, asked, client, context) =>
        matchesCallback(callback, asked, client, context) || asked.startsWith(callback),
    }),
    trips: [
      'authorization/compares-redirect-uris-exactly:code-elsewhere',
      'authorization/compares-redirect-uris-exactly:slash-ignored',
    ],
  },
  {
    id: 'accepts-redirect-uris-of-subdomains',
    says: 'A redirect URI may be on any subdomain of a registered host.',
    tenant: alsoMatching(
      (callback, asked) =>
        asked.protocol === callback.protocol &&
        asked.hostname.endsWith(`.${callback.hostname}`) &&
        asked.port === callback.port &&
        asked.pathname === callback.pathname &&
        asked.search === callback.search,
    ),
    trips: ['authorization/sends-codes-to-no-other-host:code-elsewhere'],
  },
  {
    id: 'accepts-any-loopback-port-of-web-clients',
    says: 'A client that is no native one may be sent back to any port of the user’s machine, under the path of its callback.',
    tenant: alsoMatching(
      (callback, asked, { app_type }) =>
        app_type !== 'native' &&
        asked.protocol === 'http:' &&
        LOOPBACK.includes(asked.hostname) &&
        asked.pathname === callback.pathname &&
        asked.search === callback.search,
    ),
    trips: ['authorization/sends-codes-to-no-other-host:code-elsewhere'],
  },
  {
    id: 'compares-redirect-uris-without-case',
    says: 'Redirect URIs are compared without regard to upper and lower case.',
    tenant: alsoMatching((callback, asked) => callback.href.toLowerCase() === asked.href.toLowerCase()),
    trips: ['authorization/compares-redirect-uris-exactly:code-elsewhere'],
  },
  {
    id: 'ignores-the-path-of-redirect-uris',
    says: 'Of a redirect URI only scheme, host and port are compared.',
    tenant: alsoMatching(isSameHost),
    trips: [
      'authorization/compares-redirect-uris-exactly:code-elsewhere',
      'authorization/compares-redirect-uris-exactly:slash-ignored',
    ],
  },
  {
    id: 'ignores-the-query-of-redirect-uris',
    says: 'A redirect URI may have any query behind it.',
    tenant: alsoMatching((callback, asked) => isSameHost(callback, asked) && callback.pathname === asked.pathname),
    trips: ['authorization/compares-redirect-uris-exactly:code-elsewhere'],
  },
  {
    id: 'redirects-anywhere',
    says: 'The code is sent to whatever redirect URI the request names.',
    tenant: () => ({ matchesCallback: () => true }),
    trips: [
      'authorization/compares-redirect-uris-exactly:code-elsewhere',
      'authorization/compares-redirect-uris-exactly:slash-ignored',
      'authorization/sends-codes-to-no-other-host:code-elsewhere',
      'authorization/compares-loopback-redirect-uris-but-for-the-port:code-elsewhere',
      'authorization/compares-loopback-redirect-uris-but-for-the-port:other-family',
      'authorization/tells-localhost-from-loopback-addresses:localhost-accepted',
      'authorization/redirects-to-no-other-scheme:code-to-a-scheme',
    ],
  },
  {
    id: 'sends-errors-to-unregistered-redirect-uris',
    says: 'The error about an unregistered redirect URI is sent to that URI.',
    tenant: ({ redirectUriOf, refuseParameters }) => {
      /** What is wrong with the redirect URI, by the parameters of the request. */
      const problems = new WeakMap<URLSearchParams, Problem>();
      return {
        redirectUriOf: (parameters, client, context) => {
          const redirectUri = redirectUriOf(parameters, client, context);
          const asked = parameters.get('redirect_uri');
          if (!isProblem(redirectUri) || asked === null || !/^https?:\/\//.test(asked) || !URL.canParse(asked)) {
            return redirectUri;
          }
          problems.set(parameters, redirectUri);
          return asked;
        },
        refuseParameters: (parameters, client, context) =>
          problems.get(parameters) ?? refuseParameters(parameters, client, context),
      };
    },
    trips: [
      'authorization/compares-redirect-uris-exactly:error-elsewhere',
      'authorization/sends-codes-to-no-other-host:error-elsewhere',
      'authorization/compares-loopback-redirect-uris-but-for-the-port:error-elsewhere',
    ],
  },
];
