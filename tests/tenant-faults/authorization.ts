/** Each fault of the authorization endpoint and its pages. */
import { decodeJwt } from 'jose';
import { PASSWORD } from '../../mock-idp/tenant/states/conforming.ts';
import { type Browser, request, type SignIn, textOf } from '../sign-in.ts';
import {
  ADA,
  ask,
  codeOf,
  delivery,
  type Flow,
  kind,
  kindOf,
  type Lab,
  landing,
  MARY,
  OTHER_API,
  obtain,
  outcome,
  type Parameters,
  redeem,
  SIGN_IN_PAGE,
  STATE,
  send,
  steps,
  VERIFIER,
  visit,
  web,
} from '../tenant-lab.ts';
import { type Case, type Cases, seen } from './case.ts';

const IDENTIFIER = ['/u/login/identifier', { username: ADA.username }] as const;
const SIGNED_IN = [IDENTIFIER, ['/u/login/password', { password: PASSWORD }]] as const;
const WRONG_PASSWORD = ['/u/login/password', { password: 'zq7"><wrong' }] as const;

/** A web client's code is sent where it should never go. */
const redirectUri = (uri: string): Case =>
  seen((lab) => delivery(lab, { ...web(lab), redirect_uri: uri }), 'page', new URL(uri).href.replace(/\?.*/, ''));

/** Tokens come of what should have been refused. */
const refused = (error: string, flow: (lab: Lab) => Flow): Case =>
  seen(async (lab) => outcome(await obtain(lab, flow(lab))), error, 'token');

/** What the token is for, where both requests name these resources. */
const audience = (resource: (lab: Lab) => string | readonly string[], wrong: string): Case => {
  const look = async (lab: Lab) => {
    const answer = await obtain(lab, { ask: { resource: resource(lab) }, form: { resource: resource(lab) } });
    const token = String(answer.body.access_token);
    if (outcome(answer) !== 'token') return outcome(answer);
    if (token.split('.').length === 5) return 'no API';
    return decodeJwt(token).aud === lab.world.server.url ? 'the first API' : decodeJwt(token).aud;
  };
  return seen(look, 'invalid_target', wrong);
};

const member = (name: string, answers: Partial<SignIn> = {}) => {
  return async (lab: Lab, parameters?: Parameters) => {
    const location = await landing(lab, parameters, answers);
    return location === 'page' ? location : location.searchParams.get(name);
  };
};

const headerOfPage = (name: string) => async (lab: Lab) => {
  const { browser, state } = await steps(lab, []);
  const url = new URL(`${SIGN_IN_PAGE}?state=${state}`, lab.world.issuer);
  return (await request(url, browser, undefined, lab.fetch)).headers.get(name);
};

/** Whether the cookies of a browser and of a session have the attribute. */
const cookiesHave =
  (...attributes: readonly string[]) =>
  async (lab: Lab) => {
    const { first, last } = await steps(lab, SIGNED_IN);
    return [first, last]
      .flatMap(({ headers }) => headers.getSetCookie())
      .map((line) => attributes.filter((attribute) => line.includes(`; ${attribute}`)).join());
  };

/** A browser in which the user has signed in, and asks again. */
const kindAgain =
  (first: (lab: Lab) => Parameters, second: (lab: Lab) => Parameters, secondsLater = 60) =>
  async (lab: Lab) => {
    const browser: Browser = new Map();
    await visit(lab, first(lab), { browser });
    lab.pass(secondsLater);
    return kindOf(await ask(lab, second(lab), browser));
  };

/** What comes of a consent that was given, without and with `prompt=consent`. */
const consentAgain = (first: (lab: Lab) => Parameters, second: (lab: Lab) => Parameters): Case =>
  seen(
    async (lab) => [
      await kindAgain(first, second)(lab),
      await kindAgain(first, (each) => ({ ...second(each), prompt: 'consent' }))(lab),
    ],
    ['/u/consent', '/u/consent'],
    ['code', '/u/consent'],
  );

const secondFactor =
  ({ isUsed, secondsAgo }: { readonly isUsed: boolean; readonly secondsAgo: number }) =>
  async (lab: Lab) => {
    if (isUsed) await visit(lab, {}, MARY);
    const { response, location } = await visit(lab, {}, { ...MARY, now: () => lab.now() - secondsAgo });
    return location === undefined ? response.status : 'in';
  };

async function consentText(lab: Lab): Promise<string> {
  const { browser, state } = await steps(lab, SIGNED_IN);
  const response = await request(new URL(`/u/consent?state=${state}`, lab.world.issuer), browser, undefined, lab.fetch);
  return textOf(await response.text());
}

const noChallenge = { code_challenge: undefined, code_challenge_method: undefined };

export const AUTHORIZATION_CASES: Cases = {
  'accepts-redirect-uris-by-prefix': redirectUri('https://client.example/callback/../../evil'),
  'accepts-redirect-uris-of-subdomains': redirectUri('https://evil.client.example/callback'),
  'accepts-any-loopback-port-of-web-clients': redirectUri('http://127.0.0.1:50001/callback'),
  'compares-redirect-uris-without-case': redirectUri('https://client.example/Callback'),
  'ignores-the-path-of-redirect-uris': redirectUri('https://client.example/uploads/evil'),
  'ignores-the-query-of-redirect-uris': redirectUri('https://client.example/callback?next=https://evil.example'),
  'redirects-anywhere': redirectUri('https://evil.example/'),
  'sends-errors-to-unregistered-redirect-uris': seen(
    async (lab) => (await ask(lab, { redirect_uri: 'https://evil.example/' })).headers.get('location')?.slice(0, 43),
    undefined,
    'https://evil.example/?error=invalid_request',
  ),

  'needs-no-code-challenge': refused('invalid_request', () => ({
    ask: noChallenge,
    form: { code_verifier: undefined },
  })),
  'accepts-plain-code-challenges': refused('invalid_request', () => ({
    ask: { code_challenge: VERIFIER, code_challenge_method: 'plain' },
  })),
  'takes-challenges-without-a-method-as-s256': refused('invalid_request', () => ({
    ask: { code_challenge_method: undefined },
  })),
  'takes-unknown-challenge-methods-as-s256': refused('invalid_request', () => ({
    ask: { code_challenge_method: 'S512' },
  })),
  'accepts-any-text-as-a-code-challenge': seen(
    (lab) => delivery(lab, { code_challenge: 'short' }),
    'invalid_request',
    'http://127.0.0.1:33418/callback',
  ),
  'forgets-the-code-challenge': refused('invalid_grant', () => ({ form: { code_verifier: 'a'.repeat(43) } })),

  'ignores-the-resource': audience(() => 'https://evil.example/mcp', 'no API'),
  'accepts-unknown-resources': audience(() => 'https://evil.example/mcp', 'the first API'),
  'takes-the-first-of-several-resources': audience(({ world }) => [world.server.url, OTHER_API], 'the first API'),
  'knows-resources-by-their-origin': audience(
    ({ world }) => new URL('/another/server', world.server.url).href,
    'the first API',
  ),
  'accepts-repeated-parameters': refused('invalid_request', () => ({ ask: { scope: ['mcp:tools', 'mcp:identity'] } })),
  'grants-every-scope-that-is-asked-for': seen(
    async (lab) => {
      const { body } = await obtain(lab, { ask: { scope: 'admin' } });
      return body.error ?? decodeJwt(body.access_token).scope;
    },
    'invalid_scope',
    'admin',
  ),
  'grants-more-scopes-than-were-asked-for': seen(
    async (lab) => decodeJwt((await obtain(lab)).body.access_token).scope,
    'mcp:tools',
    'mcp:tools mcp:identity',
  ),
  'serves-clients-without-a-connection': seen(
    (lab) => delivery(lab, { ...web(lab), client_id: lab.world.clients.signed.id }),
    'invalid_request',
    'https://client.example/callback',
  ),

  'drops-the-state': seen(member('state'), STATE, null),
  'leaves-the-state-out-of-errors': seen(member('state', { consent: 'deny' }), STATE, null),
  'changes-the-state': seen(member('state'), STATE, 'a%2Fb%20c%2Bd'),
  'names-no-issuer-in-responses': seen(async (lab) => (await member('iss')(lab)) === lab.world.issuer, true, false),
  'names-another-issuer-in-responses': seen(
    async (lab) => (await member('iss')(lab))?.replace(new URL(lab.world.issuer).origin, ''),
    '/',
    '',
  ),
  'names-the-issuer-on-success-only': seen(
    async (lab) =>
      [await member('iss', { consent: 'deny' })(lab), await member('iss')(lab)].map((iss) => iss === lab.world.issuer),
    [true, true],
    [false, true],
  ),
  'answers-in-the-fragment-on-request': seen(
    async (lab) => {
      const location = await landing(lab, { response_mode: 'fragment' });
      return location === 'page' ? location : (location.searchParams.get('error') ?? location.hash.slice(0, 6));
    },
    'invalid_request',
    '#code=',
  ),
  'issues-tokens-from-the-authorization-endpoint': seen(
    async (lab) => {
      const location = await landing(lab, { response_type: 'token', ...noChallenge });
      if (location === 'page' || location.searchParams.has('error')) return (location as URL).searchParams.get('error');
      const given = new URLSearchParams(location.hash.slice(1));
      const { aud } = decodeJwt(given.get('access_token') ?? '');
      return [aud === lab.world.server.url, given.get('state'), given.get('iss') === lab.world.issuer];
    },
    'unsupported_response_type',
    [true, STATE, true],
  ),
  'redirects-forms-with-307': seen(async (lab) => (await steps(lab, SIGNED_IN)).last.status, 303, 307),
  'issues-codes-that-live-for-hours': seen(
    async (lab) => {
      const code = await codeOf(lab);
      lab.pass(5 * 3600);
      return outcome(await redeem(lab, code));
    },
    'invalid_grant',
    'token',
  ),
  'issues-codes-that-can-be-guessed': seen(async (lab) => /^0*\d{1,6}$/.test(await codeOf(lab)), false, true),
  'issues-codes-not-bound-to-a-redirect-uri': refused('invalid_grant', () => ({
    form: { redirect_uri: 'https://evil.example/' },
  })),

  'asks-for-no-second-factor': seen(
    async (lab) => (await visit(lab, {}, MARY)).paths.includes('/u/mfa-otp-challenge'),
    true,
    false,
  ),
  'accepts-one-time-passwords-twice': seen(secondFactor({ isUsed: true, secondsAgo: 0 }), 400, 'in'),
  'accepts-one-time-passwords-of-the-last-hour': seen(secondFactor({ isUsed: false, secondsAgo: 600 }), 400, 'in'),
  'lets-passwords-be-guessed': seen(
    async (lab) => {
      await steps(lab, [IDENTIFIER, ...Array.from({ length: 10 }, () => WRONG_PASSWORD)]);
      return (await visit(lab)).location === undefined ? 'blocked' : 'in';
    },
    'blocked',
    'in',
  ),
  'shows-pages-though-the-prompt-is-none': seen((lab) => kind(lab, { prompt: 'none' }), 'login_required', SIGN_IN_PAGE),
  'ignores-prompts-to-sign-in-again': seen(
    kindAgain(web, (lab) => ({ ...web(lab), prompt: 'login' })),
    SIGN_IN_PAGE,
    'code',
  ),
  'ignores-the-age-of-a-session': seen(
    kindAgain(web, (lab) => ({ ...web(lab), max_age: '30' })),
    SIGN_IN_PAGE,
    'code',
  ),
  'accepts-forms-of-other-browsers': seen(
    async (lab) => {
      const { state } = await steps(lab, []);
      const form = new URLSearchParams({ state, username: ADA.username });
      return kindOf(await request(new URL(SIGN_IN_PAGE, lab.world.issuer), new Map(), form, lab.fetch));
    },
    'page',
    '/u/login/password',
  ),
  'keeps-old-sessions-at-sign-in': seen(
    async (lab) => {
      const browser: Browser = new Map();
      await visit(lab, web(lab), { browser });
      const before: Browser = new Map(browser);
      await visit(lab, { ...web(lab), prompt: 'login' }, { browser });
      return kindOf(await ask(lab, { ...web(lab), prompt: 'none' }, before));
    },
    'login_required',
    'code',
  ),
  'sends-browsers-anywhere-after-logout': seen(
    async (lab) => (await send(lab, '/v2/logout?returnTo=https://evil.example/')).headers.get('location'),
    null,
    'https://evil.example/',
  ),

  'skips-the-consent-of-third-parties': seen(
    async (lab) => (await visit(lab, web(lab))).paths.includes('/u/consent'),
    true,
    false,
  ),
  'takes-one-consent-for-all-scopes': consentAgain(web, (lab) => ({ ...web(lab), scope: 'mcp:tools mcp:identity' })),
  'takes-one-consent-for-all-clients': consentAgain(() => ({}), web),
  'hides-where-consent-leads': seen(async (lab) => (await consentText(lab)).includes('127.0.0.1:33418'), true, false),
  'hides-scopes-from-consent': seen(async (lab) => (await consentText(lab)).includes('mcp:tools'), true, false),
  'confirms-no-loopback-redirect': seen(
    kindAgain(
      () => ({}),
      () => ({}),
    ),
    '/u/consent',
    'code',
  ),
  'lets-scripts-read-its-cookies': seen(cookiesHave('HttpOnly'), ['HttpOnly', 'HttpOnly'], ['', '']),
  'sends-its-cookies-from-every-site': seen(
    cookiesHave('SameSite=Lax', 'SameSite=None', 'Secure'),
    ['SameSite=Lax,Secure', 'SameSite=Lax,Secure'],
    ['SameSite=None,Secure', 'SameSite=None,Secure'],
  ),
  'sends-its-cookies-over-plain-http': seen(cookiesHave('Secure'), ['Secure', 'Secure'], ['', '']),
  'lets-its-pages-be-framed': seen(
    async (lab) => [
      await headerOfPage('x-frame-options')(lab),
      (await headerOfPage('content-security-policy')(lab))?.includes('frame-ancestors'),
    ],
    ['DENY', true],
    [null, false],
  ),
  'lets-its-pages-be-stored': seen(headerOfPage('cache-control'), 'no-store', null),
  'tells-its-addresses-as-referrer': seen(headerOfPage('referrer-policy'), 'no-referrer', null),
  'sends-pages-without-a-policy': seen(
    async (lab) => (await headerOfPage('content-security-policy')(lab)) !== null,
    true,
    false,
  ),
  'writes-errors-as-markup': seen(
    async (lab) => (await visit(lab, { client_id: '<img src=x>' })).text.includes('<img'),
    false,
    true,
  ),
  'shows-passwords-again': seen(
    async (lab) => (await (await steps(lab, [IDENTIFIER, WRONG_PASSWORD])).last.text()).includes('zq7'),
    false,
    true,
  ),
};
