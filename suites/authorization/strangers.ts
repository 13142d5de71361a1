import type { Exchange } from '../../fixtures/evidence.ts';
import { describe, header, headerValues, isServerError, isSuccess } from '../../fixtures/protocol/answers.ts';
import { isWalled } from '../../fixtures/protocol/firewalls.ts';
import { urlOf } from '../../fixtures/protocol/urls.ts';
import { checks, defineCheck, fail, notApplicable, pass, untested, type Verdict } from '../check.ts';
import { noWord, unheard } from '../delivery.ts';
import { answering, golden } from '../golden.ts';

/** Whoever breaks down, or a firewall, sends other fields than the authorization server does. */
function unsaid(exchange: Exchange): Verdict<never> | undefined {
  return isServerError(exchange.answer) || isWalled(exchange.answer)
    ? noWord(exchange, 'the authorization server')
    : unheard(exchange);
}

export const keepsItsPagesFromScripts = defineCheck({
  id: 'authorization/keeps-its-pages-from-scripts',
  title: 'Lets no script of another site read the authorization endpoint',
  keyword: 'MUST',
  severity: 'high',
  party: 'authorization-server',
  requirements: ['B54', 'RFC9700-2.6-no-cors-authorize'],
  assurance: 'anonymous',
  needs: ['issuerPages'],
  trials: ['issuerPages/scripted'],
  reasons: {
    'readable-by-scripts': {
      says: 'The authorization endpoint answers with Access-Control-Allow-Origin: it is a page for browsers to go to, and no script has a reason to read it.',
      fix: { general: 'Leave the authorization endpoint and its pages out of what sends CORS headers (RFC 9700 2.6).' },
    },
    'readable-with-cookies': {
      says: 'A script of another site can send authorization requests with the cookies of the user, and read the answers.',
      fix: { general: 'Leave the authorization endpoint and its pages out of what sends CORS headers (RFC 9700 2.6).' },
    },
  },
  judge({ issuerPages: { scripted } }) {
    const { answer } = scripted;
    const nothing = unsaid(scripted);
    if (nothing !== undefined) return nothing;
    if (answer === undefined) return untested(describe(scripted), 'an authorization endpoint that answers');
    const origin = header({ ...answer, headers: scripted.request.headers }, 'origin');
    const allowed = headerValues(answer, 'access-control-allow-origin').map((value) => value.trim());
    const open = allowed.filter((value) => value === '*' || value === origin);
    if (open.length === 0) return pass(`${describe(scripted)}, without Access-Control-Allow-Origin for others`);
    const withCookies = open.includes(origin ?? '') && header(answer, 'access-control-allow-credentials') === 'true';
    return fail([
      {
        reason: withCookies ? 'readable-with-cookies' : 'readable-by-scripts',
        expected: 'no Access-Control-Allow-Origin',
        actual: `Access-Control-Allow-Origin: ${open.join(', ')}${withCookies ? ', with credentials' : ''}`,
        at: [scripted.id],
      },
    ]);
  },
  examples: {
    pass: [{ says: 'nothing for others', evidence: golden }],
    fail: {
      'readable-by-scripts': { says: 'a star', evidence: allowing({ 'Access-Control-Allow-Origin': '*' }) },
      'readable-with-cookies': {
        says: 'who asked, with cookies',
        evidence: allowing({
          'Access-Control-Allow-Origin': 'https://client.example',
          'Access-Control-Allow-Credentials': 'true',
        }),
      },
    },
  },
});

function allowing(headers: Readonly<Record<string, string>>) {
  return answering(/^issuerPages\/scripted$/, { status: 400, headers });
}

export const sendsNobodyAnywhereAfterALogout = defineCheck({
  id: 'authorization/sends-nobody-anywhere-after-a-logout',
  title: 'Sends browsers to no unregistered address after a logout',
  keyword: 'MUST',
  severity: 'medium',
  party: 'authorization-server',
  requirements: ['B64', 'RFC9700-2.1-no-open-redirector'],
  assurance: 'anonymous',
  needs: ['issuerPages'],
  trials: ['issuerPages/logout'],
  reasons: {
    'open-redirect': {
      says: 'Whoever follows a link to the logout of the authorization server ends where the link says: its name lends trust to any site.',
      fix: {
        general:
          'Redirect to a post_logout_redirect_uri only where it is one that the client has registered, character by character (OpenID Connect RP-Initiated Logout 3, RFC 9700 2.1).',
        auth0: {
          text: 'Take wildcards out of Allowed Logout URLs, of the clients and of the tenant.',
          dashboard: 'Applications > your client > Settings > Allowed Logout URLs',
        },
      },
    },
  },
  judge({ issuerPages: { logouts, canary } }) {
    if (logouts.length === 0) return notApplicable('no end_session_endpoint is advertised');
    const open = logouts.filter(({ request, answer }) => {
      const location = header(answer, 'location');
      const isRedirect = answer !== undefined && answer.status >= 300 && answer.status < 400;
      return isRedirect && location !== undefined && urlOf(location, request.url)?.origin === new URL(canary).origin;
    });
    if (open.length > 0) {
      return fail(
        open.map((exchange) => ({
          reason: 'open-redirect' as const,
          expected: `no redirect to ${canary}`,
          actual: `${exchange.asks}: a redirect to ${header(exchange.answer, 'location')}`,
          at: [exchange.id],
        })),
      );
    }
    const nothing = logouts.map(unsaid).find((each) => each !== undefined);
    if (nothing !== undefined) return nothing;
    const silent = logouts.find(({ answer }) => answer === undefined || [404, 405].includes(answer.status));
    if (silent !== undefined) return untested(describe(silent), 'a logout endpoint that answers');
    return pass(logouts.map(({ answer }) => (isSuccess(answer) ? 'a page' : `status ${answer!.status}`)).join(', '));
  },
  examples: {
    pass: [{ says: 'a page', evidence: golden }],
    fail: {
      'open-redirect': {
        says: 'off it goes',
        evidence: answering(/^issuerPages\/logout$/, {
          status: 302,
          headers: { Location: 'https://canary.example/after-logout' },
        }),
      },
    },
  },
});

export const strangerChecks = checks(keepsItsPagesFromScripts, sendsNobodyAnywhereAfterALogout);
