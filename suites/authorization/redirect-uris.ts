import { isUnanswered } from '../../fixtures/journey.ts';
import type { AuthorizationTrialId } from '../../fixtures/trials/authorization/index.ts';
import { checks, type Reason } from '../check.ts';
import { CALLBACK, errorPage, redirect, withCode } from '../golden-authorization.ts';
import { codeAtRegistered, codeElsewhere, errorElsewhere } from './redirects.ts';
import { type AskedTrial, describeEnd, isBroken, judgesRequests, type RequestReason } from './requests.ts';

type Trials = RequestReason['trials'];
type Words = Pick<Reason, 'says' | 'fix'> & Partial<Reason>;

const CODE = { code: '«code of another»', state: 'golden-state' };
const ERROR = { error: 'invalid_request', state: 'golden-state' };

/** The code goes where nobody is registered. */
const codeReason = (trials: Trials, to: string, words: Words): RequestReason => ({
  ...words,
  trials,
  expected: 'a page of the authorization server that says what is wrong, and no redirect',
  wrong: codeElsewhere,
  example: { end: redirect(CODE, to) },
});

/** Nothing but an error goes there, and the browser with it. */
const errorReason = (trials: Trials, to: string, words: Words): RequestReason => ({
  ...codeReason(trials, to, words),
  wrong: errorElsewhere,
  example: { end: redirect(ERROR, to) },
});

/** @param where what the redirect URI of the request has that no registered one has */
const openRedirector = (where: string): Words => ({
  says: `An error is sent to a redirect URI ${where}: links to the authorization server lead wherever an attacker likes.`,
  fix: {
    general:
      'Show an error page of the authorization server when the redirect URI is not registered, and redirect nowhere (RFC 6749 4.1.2.1, RFC 9700 4.11.2).',
    auth0: {
      text: 'Auth0 shows a page of its own: look for a proxy or a custom error page that sends the browser on to the redirect_uri of the request.',
    },
  },
});

const EXACTLY =
  'Compare the redirect URI of the request with the registered ones as strings, character by character (RFC 9700 2.1, RFC 3986 6.2.1)';
const ALLOWED_CALLBACKS = {
  text: 'Auth0 compares callbacks exactly, unless they hold a wildcard: list complete URLs alone.',
  dashboard: 'Applications > Applications > your client > Settings > Allowed Callback URLs',
} as const;
const LIST_IT = 'If the client is registered with this redirect URI as well, name a client in the profile that is not.';

const PATHS = [
  'redirect-uri-further-path',
  'redirect-uri-dot-segments',
  'redirect-uri-encoded-dot-segments',
  'redirect-uri-case',
  'redirect-uri-query',
  'redirect-uri-fragment',
  'redirect-uri-backslash',
] as const satisfies readonly AuthorizationTrialId[];

const ELSEWHERE = `${CALLBACK}/conformance`;

export const comparesRedirectUrisExactly = judgesRequests({
  id: 'authorization/compares-redirect-uris-exactly',
  title: 'Sends codes to no path, query or fragment but those of the registered redirect URI',
  keyword: 'MUST',
  severity: 'critical',
  requirements: [
    'B18',
    'B19',
    'B20',
    'MCP-as-redirect-exact',
    'RFC9700-2.1-exact-redirect',
    'OAUTH21-2.3.1-full-redirect-registered',
    'RFC6749-3.1.2.4-no-redirect-to-bad-uri',
    'AUTH0-redirect-exact',
  ],
  done: 'answered with a page, or at the registered redirect URI',
  reasons: {
    'code-elsewhere': codeReason(PATHS, ELSEWHERE, {
      says: 'A code is sent to a redirect URI that differs from the registered one in its path, query or fragment: a page there that passes it on gives it away.',
      fix: { general: `${EXACTLY}.`, auth0: ALLOWED_CALLBACKS },
    }),
    'error-elsewhere': errorReason(
      [...PATHS, 'redirect-uri-slash'],
      ELSEWHERE,
      openRedirector('with another path or query than is registered'),
    ),
    'slash-ignored': codeReason(['redirect-uri-slash'], `${CALLBACK}/`, {
      says: 'A slash at the end of the redirect URI makes no difference, although it makes another URL.',
      fix: { general: `${EXACTLY}. ${LIST_IT}`, auth0: ALLOWED_CALLBACKS },
      keyword: 'SHOULD',
    }),
    'another-used-instead': {
      says: 'A redirect URI that is not registered is passed over, and the code sent to the registered one: a client never learns that it asks for the wrong place.',
      fix: {
        general:
          'Show an error page when the redirect URI of the request is not a registered one, instead of putting another in its place (RFC 6749 3.1.2.3, 3.1.2.4).',
      },
      keyword: 'SHOULD',
      trials: [...PATHS, 'redirect-uri-slash'],
      expected: 'a page of the authorization server that says what is wrong, and no redirect',
      wrong: codeAtRegistered,
      example: { end: withCode('authorizations/redirect-uri-further-path') },
    },
  },
});

const HOSTS = [
  'redirect-uri-stranger',
  'redirect-uri-user',
  'redirect-uri-encoded-user',
  'redirect-uri-subdomain',
  'redirect-uri-host-as-prefix',
  'redirect-uri-host-as-ending',
  'redirect-uri-look-alike',
  'redirect-uri-host-with-dot',
  'redirect-uri-without-tls',
  'redirect-uri-loopback',
  'redirect-uri-port',
] as const satisfies readonly AuthorizationTrialId[];

const CANARY = 'https://canary.example/callback';

export const sendsCodesToNoOtherHost = judgesRequests({
  id: 'authorization/sends-codes-to-no-other-host',
  title: 'Sends codes to no other host, port or scheme than those of the registered redirect URI',
  keyword: 'MUST',
  severity: 'critical',
  requirements: [
    'B20',
    'B21',
    'B22',
    'MCP-as-redirect-exact',
    'MCP-as-no-open-redirect',
    'RFC9700-2.1-exact-redirect',
    'RFC9700-2.1-no-open-redirector',
    'RFC9700-2.6-no-http-redirect',
    'AUTH0-redirect-exact',
  ],
  done: 'answered with a page, or at the registered redirect URI',
  reasons: {
    'code-elsewhere': codeReason(HOSTS, CANARY, {
      says: 'A code is sent to a host, port or scheme that the client is not registered with: whoever is there has it.',
      fix: {
        general: `${EXACTLY}; patterns with wildcards, and parsers that read a URL in another way than browsers do, let strangers in.`,
        auth0: ALLOWED_CALLBACKS,
      },
    }),
    'error-elsewhere': errorReason(HOSTS, CANARY, openRedirector('at a host that is not registered')),
  },
});

export const leavesTheLoopbackPortOpen = judgesRequests({
  id: 'authorization/leaves-the-loopback-port-open',
  title: 'Lets a native client come back to any port of its loopback address',
  keyword: 'SHOULD',
  severity: 'low',
  requirements: ['B23', 'RFC8252-7.3-loopback-any-port', 'RFC8252-7.3-loopback-v6'],
  done: 'answered at the port that it names',
  reasons: {
    'port-fixed': {
      says: 'A native client is refused when its loopback redirect URI has another port than the registered one, so it cannot take a port that happens to be free.',
      fix: {
        general:
          'Leave the port out of the comparison where the registered redirect URI is http at 127.0.0.1 or [::1] (RFC 8252 7.3, RFC 9700 2.1); MCP’s own text asks for an exact match, so clients had better not rely on it.',
        auth0: {
          text: 'Register every port that the client uses: Auth0 compares the port too.',
          dashboard: ALLOWED_CALLBACKS.dashboard,
        },
      },
      providerFact: { auth0: 'Auth0 compares callbacks exactly, the port of loopback addresses included.' },
      trials: ['loopback-port'],
      expected: 'a code at the port that the request names',
      wrong: (asked) =>
        codeElsewhere(asked) === undefined &&
        asked.journey.end.kind !== 'stopped' &&
        !isBroken(asked) &&
        !isUnanswered(asked.journey.end)
          ? describeEnd(asked.journey.end)
          : undefined,
      example: { end: errorPage },
    },
  },
});

const LOOPBACK = [
  'loopback-path',
  'loopback-https',
  'loopback-other-address',
] as const satisfies readonly AuthorizationTrialId[];

export const comparesLoopbackRedirectUrisButForThePort = judgesRequests({
  id: 'authorization/compares-loopback-redirect-uris-but-for-the-port',
  title: 'Compares loopback redirect URIs in all but the port',
  keyword: 'MUST',
  severity: 'high',
  requirements: ['B24', 'RFC8252-7.3-loopback-path-exact', 'RFC9700-2.1-exact-redirect'],
  done: 'answered with a page, or at the registered redirect URI',
  reasons: {
    'code-elsewhere': codeReason(LOOPBACK, 'http://127.0.0.1:49177/conformance', {
      says: 'A code is sent to a loopback redirect URI that differs from the registered one in more than the port: another program, or another page, of the user’s machine gets it.',
      fix: {
        general: 'Let the port alone differ for loopback redirect URIs (RFC 8252 7.3); compare scheme, host and path.',
        auth0: ALLOWED_CALLBACKS,
      },
    }),
    'error-elsewhere': errorReason(
      LOOPBACK,
      'http://127.0.0.1:49177/conformance',
      openRedirector('at a loopback address that is not registered'),
    ),
    'other-family': codeReason(['loopback-other-family'], 'http://[::1]:8976/callback', {
      says: 'A redirect URI at the loopback address of the other IP version is good for the registered one: another program may listen there.',
      fix: { general: `Compare the address as well (RFC 8252 7.3). ${LIST_IT}`, auth0: ALLOWED_CALLBACKS },
      keyword: 'SHOULD',
    }),
  },
});

export const tellsLocalhostFromLoopbackAddresses = judgesRequests({
  id: 'authorization/tells-localhost-from-loopback-addresses',
  title: 'Tells localhost from the loopback address in redirect URIs',
  keyword: 'SHOULD',
  severity: 'low',
  requirements: ['B25', 'RFC9700-2.1-exact-redirect'],
  done: 'answered with a page, or at the registered redirect URI',
  reasons: {
    'localhost-accepted': codeReason(['loopback-name'], 'http://localhost:8976/callback', {
      says: 'localhost is good where the loopback address is registered, or the address for localhost: what localhost means is up to the machine.',
      fix: {
        general: `Compare the host as it is written (RFC 8252 8.3 advises against localhost). ${LIST_IT}`,
        auth0: ALLOWED_CALLBACKS,
      },
    }),
  },
});

const SCRIPTS = ['redirect-uri-javascript', 'redirect-uri-data', 'redirect-uri-vbscript'] as const satisfies Trials;
const SCHEMES = [...SCRIPTS, 'redirect-uri-file', 'redirect-uri-blob', 'redirect-uri-app'] as const satisfies Trials;

const SCRIPT = 'javascript:conformance';

/** The page has the redirect URI where a click, or the browser itself, follows it. */
function linksToIt({ journey: { hops, end }, parameters }: AskedTrial): string | undefined {
  const page = end.kind === 'page' ? (hops.at(-1)?.answer?.body ?? '') : '';
  const uri = parameters.find(([name]) => name === 'redirect_uri')?.[1] ?? '';
  const found = [...page.matchAll(LINKS)].find(([, target]) => target!.toLowerCase().startsWith(uri.toLowerCase()));
  return found && `a page with ${found[0].trim()}`;
}

const LINKS = /\s(?:href|src|action|formaction)\s*=\s*["']?\s*([^\s"'>]+)/gi;

export const redirectsToNoOtherScheme = judgesRequests({
  id: 'authorization/redirects-to-no-other-scheme',
  title: 'Redirects to no script, file or app that is not registered',
  keyword: 'MUST',
  severity: 'high',
  requirements: ['B26', 'RFC9700-2.1-exact-redirect', 'RFC6749-3.1.2.4-no-redirect-to-bad-uri'],
  done: 'answered with a page, or at the registered redirect URI',
  reasons: {
    'code-to-a-scheme': codeReason(SCHEMES, SCRIPT, {
      says: 'A code is sent to a redirect URI of a scheme that is not registered: a script on a page of the authorization server, or somebody else’s app, gets it.',
      fix: {
        general: `${EXACTLY}, and never register javascript:, data:, vbscript:, file: or blob:.`,
        auth0: ALLOWED_CALLBACKS,
      },
    }),
    'error-to-a-scheme': errorReason(SCHEMES, SCRIPT, openRedirector('of a scheme that is not registered')),
    'link-to-a-script': {
      says: 'The error page has the refused redirect URI as a live link: a click on it runs the script of whoever made the request, on the origin where users sign in.',
      fix: {
        general: 'Show a refused redirect URI as text, or not at all (RFC 6749 4.1.2.1, 10.14).',
        auth0: {
          text: 'Look at the template of your own error page: what comes from the request must not stand in a link.',
          dashboard: 'Branding > Universal Login > Advanced Options',
        },
      },
      trials: SCRIPTS,
      expected: 'a page without a link to it',
      wrong: linksToIt,
      example: { end: errorPage, page: `<p>Not registered: <a href="${SCRIPT}">back</a></p>` },
    },
  },
});

export const guessesNoRedirectUri = judgesRequests({
  id: 'authorization/guesses-no-redirect-uri',
  title: 'Guesses no redirect URI where several are registered and the request names none',
  keyword: 'MUST',
  severity: 'medium',
  requirements: ['B27', 'RFC6749-3.1.2.4-no-redirect-to-bad-uri'],
  done: 'answered with a page, or at the registered redirect URI',
  reasons: {
    'another-chosen': codeReason(['no-redirect-uri'], 'https://client.example/other', {
      says: 'A request without a redirect URI gets its code at a place of the server’s choice, although the client is registered with another one.',
      fix: {
        general:
          'Refuse requests without redirect_uri with an error page, unless exactly one complete redirect URI is registered (RFC 6749 3.1.2.3).',
        auth0: { text: 'Send redirect_uri with every request.', dashboard: ALLOWED_CALLBACKS.dashboard },
      },
    }),
  },
});

const TWICE = ['redirect-uri-twice', 'redirect-uri-twice-stranger-first'] as const satisfies Trials;

export const takesNoSecondRedirectUri = judgesRequests({
  id: 'authorization/takes-no-second-redirect-uri',
  title: 'Is not confused by a second redirect URI in the request',
  keyword: 'MUST',
  severity: 'high',
  requirements: ['B27b', 'RFC9700-2.1-exact-redirect', 'RFC6749-3.1-authz-repeated-param'],
  done: 'refused',
  reasons: {
    'code-elsewhere': codeReason(TWICE, CANARY, {
      says: 'Of two redirect URIs in a request the registered one is judged, and the other one gets the code.',
      fix: {
        general: 'Refuse authorization requests that repeat a parameter with an error page (RFC 6749 3.1).',
        auth0: ALLOWED_CALLBACKS,
      },
    }),
    'error-elsewhere': errorReason(TWICE, CANARY, openRedirector('that came beside the registered one')),
    'repetition-accepted': {
      says: 'A request with two redirect URIs is granted with one of them.',
      fix: {
        general:
          'Refuse authorization requests that repeat a parameter (RFC 6749 3.1): what stands before or behind the server may read the other one.',
      },
      keyword: 'SHOULD',
      trials: TWICE,
      expected: 'an error, or a page',
      wrong: codeAtRegistered,
      example: { end: withCode('authorizations/redirect-uri-twice') },
    },
  },
});

export const redirectUriChecks = checks(
  comparesRedirectUrisExactly,
  sendsCodesToNoOtherHost,
  leavesTheLoopbackPortOpen,
  comparesLoopbackRedirectUrisButForThePort,
  tellsLocalhostFromLoopbackAddresses,
  redirectsToNoOtherScheme,
  guessesNoRedirectUri,
  takesNoSecondRedirectUri,
);
