/** Signs in to the embedded tenant as a browser without script would: by its pages and forms, over plain HTTP. */
import { oneTimePassword, timeStepAt } from '../mock-idp/tenant/authorization/totp.ts';

export interface SignIn {
  readonly username: string;
  readonly password: string;
  /** Base32 secret of the user's authenticator, for users who have one. Each of its passwords is good once. */
  readonly totp?: string;
  /** What the user says to consent and confirmation; absent: `accept`. */
  readonly consent?: 'accept' | 'deny';
  /** Cookies that come along and are kept: one browser for several calls; absent: a new one. */
  readonly browser?: Browser;
  /** Path of a page that nobody answers. */
  readonly stopAt?: string;
  /** Seconds since the epoch, where the tenant's clock is not this machine's. */
  readonly now?: () => number;
  /** What requests are sent with, where names are those of the world; absent: that of this process. */
  readonly fetch?: Fetch;
}

export type Fetch = (url: string | URL, init: RequestInit) => Promise<Response>;

/** Name → value of each cookie, of one origin. */
export type Browser = Map<string, string>;

/** What a page answered, when it led to no other page of the tenant. */
export interface Landing {
  readonly response: Response;
  /** The page's HTML; empty where it was a redirect. */
  readonly text: string;
  /** Address outside of the tenant it redirects to. */
  readonly location: URL | undefined;
  /** Paths of the tenant that were visited, in order. */
  readonly paths: readonly string[];
}

/**
 * Begins at the authorization request and answers every page until the tenant redirects to the client.
 *
 * @returns the redirect URI with the response's parameters: `code`, or `error` where the tenant sends errors back
 * @throws {Error} with the page's text where the tenant ends on a page of its own
 */
export async function signIn(authorizeUrl: string | URL, answers: SignIn): Promise<URL> {
  const { location, response, text } = await browse(authorizeUrl, answers);
  if (location !== undefined) return location;
  throw new Error(`the sign-in ended on a page with status ${response.status}: ${textOf(text)}`);
}

/** As `signIn`, and tells whatever it ends on. A form that comes back with an error ends it too. */
export async function browse(authorizeUrl: string | URL, answers?: SignIn): Promise<Landing> {
  const browser = answers?.browser ?? new Map();
  const { origin } = new URL(authorizeUrl);
  const paths: string[] = [];
  let url = new URL(authorizeUrl);
  let form: URLSearchParams | undefined;
  for (let steps = 0; steps < 20; steps += 1) {
    paths.push(url.pathname);
    const response = await request(url, browser, form, answers?.fetch);
    const target = response.headers.get('location');
    if (target !== null) {
      await response.text();
      const location = new URL(target, url);
      const isOutside = location.origin !== origin || !isTenantPath(location.pathname);
      if (isOutside) return { response, text: '', location, paths };
      url = location;
      form = undefined;
      continue;
    }
    const text = await response.text();
    const isAnswered = response.ok && answers !== undefined && url.pathname !== answers.stopAt;
    const next = isAnswered ? answerTo(url.pathname, text, answers) : undefined;
    if (next === undefined) return { response, text, location: undefined, paths };
    form = next;
  }
  throw new Error(`the sign-in leads in a circle: ${paths.join(' → ')}`);
}

/** One request with the browser's cookies, which takes in the ones that are set; redirects are not followed. */
export async function request(
  url: string | URL,
  browser: Browser,
  form?: URLSearchParams,
  send: Fetch = fetch,
): Promise<Response> {
  const cookies = [...browser].map(([name, value]) => `${name}=${value}`).join('; ');
  const response = await send(url, {
    method: form === undefined ? 'GET' : 'POST',
    redirect: 'manual',
    headers: cookies === '' ? {} : { Cookie: cookies },
    ...(form !== undefined && { body: form }),
  });
  for (const line of response.headers.getSetCookie()) {
    const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)!;
    if (/;\s*max-age=0/i.test(line)) browser.delete(name!);
    else browser.set(name!, value!);
  }
  return response;
}

/** The value of the page's hidden `state` field. */
export function stateOf(text: string): string {
  return /name="state" value="([^"]*)"/.exec(text)?.[1] ?? '';
}

/** The words of a page, without its markup and style. */
export function textOf(text: string): string {
  return text
    .replace(/<style>.*?<\/style>/s, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)))
    .replace(/\s+/g, ' ')
    .trim();
}

const isTenantPath = (path: string) => path.startsWith('/u/') || path.startsWith('/authorize');

/** What the user sends from the page, or `undefined` where it asks for nothing. */
function answerTo(path: string, text: string, answers: SignIn): URLSearchParams | undefined {
  const { username, password, totp, consent = 'accept', now = () => Date.now() / 1000 } = answers;
  const fields: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    '/u/login': { username, password, action: 'default' },
    '/u/login/identifier': { username, action: 'default' },
    '/u/login/password': { username, password, action: 'default' },
    ...(totp !== undefined && {
      '/u/mfa-otp-challenge': { code: oneTimePassword(totp, timeStepAt(now())), action: 'default' },
    }),
    '/u/consent': { action: consent },
  };
  return fields[path] && new URLSearchParams({ state: stateOf(text), ...fields[path] });
}
