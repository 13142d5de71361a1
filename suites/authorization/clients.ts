import { checks } from '../check.ts';
import { redirect } from '../golden-authorization.ts';
import { codeElsewhere, errorElsewhere } from './redirects.ts';
import { judgesRequests } from './requests.ts';

const UNKNOWN = ['unknown-client', 'unknown-client-silently', 'missing-client', 'missing-client-silently'] as const;

const CANARY = 'https://canary.example/callback';

export const redirectsForKnownClientsOnly = judgesRequests({
  id: 'authorization/redirects-for-known-clients-only',
  title: 'Redirects nowhere where the request names no client that it knows',
  keyword: 'MUST',
  severity: 'high',
  requirements: [
    'B28',
    'RFC6749-3.1.2.4-no-redirect-to-bad-uri',
    'RFC9700-2.1-no-open-redirector',
    'MCP-as-no-open-redirect',
  ],
  done: 'answered with a page',
  reasons: {
    'code-for-a-stranger': {
      says: 'A request that names no known client gets a code, at whatever redirect URI it names.',
      fix: {
        general:
          'Show an error page when client_id is missing or unknown (RFC 6749 4.1.2.1): a client has to be registered, or described by its metadata document, before anybody signs in to it.',
      },
      trials: UNKNOWN,
      expected: 'a page of the authorization server that says what is wrong, and no redirect',
      wrong: codeElsewhere,
      example: { end: redirect({ code: '«code of a stranger»', state: 'golden-state' }, CANARY) },
    },
    'error-for-a-stranger': {
      says: 'A request that names no known client is answered with an error at whatever redirect URI it names: links to the authorization server lead wherever an attacker likes.',
      fix: {
        general:
          'Show an error page when client_id is missing or unknown, also if the request says prompt=none, and redirect nowhere (RFC 6749 4.1.2.1, RFC 9700 4.11.2).',
        auth0: {
          text: 'Auth0 shows a page of its own: look for a proxy or a custom error page that sends the browser on to the redirect_uri of the request.',
        },
      },
      trials: UNKNOWN,
      expected: 'a page of the authorization server that says what is wrong, and no redirect',
      wrong: errorElsewhere,
      example: { end: redirect({ error: 'unauthorized_client', state: 'golden-state' }, CANARY) },
    },
  },
});

export const clientChecks = checks(redirectsForKnownClientsOnly);
