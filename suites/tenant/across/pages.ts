import type { EvidenceMap } from '../../../fixtures/evidence.ts';
import { parameter } from '../../../fixtures/journey.ts';
import type { AskedLoginPage, LoginPageEvidence } from '../../../fixtures/login-page-evidence.ts';
import { header } from '../../../fixtures/protocol/answers.ts';
import { isWalled } from '../../../fixtures/protocol/firewalls.ts';
import { decoded, urlOf } from '../../../fixtures/protocol/urls.ts';
import { type LoginPageTrialId, loginPageTrial } from '../../../fixtures/trials/login-pages.ts';
import { untested, type Verdict } from '../../check.ts';

/** What an Auth0 tenant said to a request of somebody who is not signed in. */
export type LoginPages = LoginPageEvidence['loginPages'];

export const askedAs = ({ asked }: LoginPages, trial: LoginPageTrialId): AskedLoginPage | undefined =>
  asked.find((each) => each.trial === trial);

/** Where its error pages have an address of their own. */
const ERROR_PAGE = /\berror\b/i;

/** What stands in the way of a sign-in, in the words of the tenant; `undefined`: nothing, as far as it goes. */
export function refusalIn({ end, exchange }: AskedLoginPage): string | undefined {
  if (exchange.answer === undefined) return undefined;
  if (end === 'page') {
    const location = header(exchange.answer, 'location') ?? '';
    return ERROR_PAGE.test(location) ? decoded(location.replaceAll('+', ' ')) : undefined;
  }
  if (end === undefined || end.kind === 'stopped') return undefined;
  // Busy, broken down, or stopped by a firewall.
  if (end.kind === 'page' && (end.status === 429 || end.status >= 500 || isWalled(exchange.answer))) return undefined;
  if (end.kind === 'page') return `${end.title} ${end.says}`.trim();
  const error = parameter(end, 'error');
  return error && `${error}: ${parameter(end, 'error_description') ?? ''}`;
}

/** Characters of a page that are shown, and of those before the words that matter. */
const SHOWN = 160;
const BEFORE = 24;

/** What a page says, from the words that matter on, or from its beginning; whole words. */
export function excerptOf(said: string, words?: RegExp): string {
  const at = words?.exec(said)?.index ?? 0;
  const from = at <= BEFORE ? 0 : said.indexOf(' ', at - BEFORE) + 1;
  const end = said.length - from <= SHOWN ? said.length : Math.max(said.lastIndexOf(' ', from + SHOWN), from + BEFORE);
  return `${from === 0 ? '' : '… '}${said.slice(from, end)}${end === said.length ? '' : ' …'}`;
}

export const reachesTheLogin = (asked: AskedLoginPage): boolean =>
  asked.exchange.answer !== undefined &&
  asked.end === 'page' &&
  !isSentToAskAgain(asked) &&
  refusalIn(asked) === undefined;

/** To the same place, over another scheme or with a cookie: what it would have said there nobody knows. */
function isSentToAskAgain({ exchange: { answer, request } }: AskedLoginPage): boolean {
  const location = header(answer, 'location');
  return location !== undefined && urlOf(location, request.url)?.pathname === new URL(request.url).pathname;
}

/** The request ended otherwise than on a login or with a refusal: it tells nothing. */
export function untold(asked: AskedLoginPage): Verdict<never> | undefined {
  if (reachesTheLogin(asked) || refusalIn(asked) !== undefined) return undefined;
  return untested(
    `an authorization request without a session (${loginPageTrial(asked.trial).change} differs) led neither to a login nor to an error`,
    'the run once more, when the authorization server answers',
  );
}

/**
 * A refusal of another request proves nothing where the good one is refused too; nor does a login by which nobody comes
 * to a code, for such a page may stand before every request.
 */
export function withoutLogin(
  pages: LoginPages,
  signIn: EvidenceMap['signIn'] | undefined,
  blockedBy: string,
): Verdict<never> | undefined {
  const good = askedAs(pages, 'good');
  if (good === undefined) return untested('no good request could be made', 'a browser');
  if (reachesTheLogin(good)) {
    return signIn === undefined
      ? untested('nobody came to a code by the login that a good request leads to', 'a sign-in that succeeds')
      : undefined;
  }
  return (
    untold(good) ??
    untested(
      `the positive control is missing: a good request leads to no login (${refusalIn(good)})`,
      'a client that may ask for the resource of the MCP server',
      blockedBy,
    )
  );
}
