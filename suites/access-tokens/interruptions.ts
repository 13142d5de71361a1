import type { Exchange, TokenView } from '../../fixtures/evidence.ts';
import { describe, isAboutTheMessage, isServed } from '../../fixtures/protocol/answers.ts';
import { unsettled } from '../challenge/refusals.ts';
import { untested, type Verdict } from '../check.ts';

/** What ends during a run without anybody's fault, and must be blamed on nobody. */

/** Seconds by which clocks may differ (RFC 7519 4.1.4: "no more than a few minutes"). */
const SKEW = 60;

/** Of the exchanges those whose token, by its own claim, was no longer good. */
export function afterExpiry({ claims }: TokenView, exchanges: readonly Exchange[]): readonly Exchange[] {
  const exp = claims?.exp;
  if (typeof exp !== 'number') return [];
  return exchanges.filter(({ startedAt, durationMs }) => (exp - SKEW) * 1000 <= Date.parse(startedAt) + durationMs);
}

/** RFC 6750 3.1, and gateways that know no better: what the server says of an expired token, and not of the method. */
const OF_THE_TOKEN = [401, 403];

/** A control that was no longer served because it had expired. */
export function expiredMeanwhile(token: TokenView, controls: readonly Exchange[]): Verdict<never> | undefined {
  return expiredBefore(
    token,
    controls.filter((exchange) => !isServed(exchange) && OF_THE_TOKEN.includes(exchange.answer?.status ?? 0)),
  );
}

/** The token had expired when it was refused so, or, as clocks differ, may have; `undefined`: it had long to live. */
export function expiredBefore(token: TokenView, refused: readonly Exchange[]): Verdict<never> | undefined {
  const [first] = afterExpiry(token, refused);
  if (first === undefined) return undefined;
  const left = Math.ceil(Number(token.claims?.exp) - (Date.parse(first.startedAt) + first.durationMs) / 1000);
  return untested(
    left > 0
      ? `the good token was refused ${left} seconds before it expires, which clocks may differ by: ${token.label}`
      : `the good token expired during the run: ${token.label}`,
    'tokens.good with a longer life, or tokens.good.command: a command that prints a fresh one before each run',
  );
}

/**
 * Streamable HTTP, "Session Management": 404 to a request with a session id says that the session is over, or another's,
 * and nothing of the token.
 */
export function isOutOfSession({ request, answer }: Exchange): boolean {
  return answer?.status === 404 && request.headers.some(([name]) => name.toLowerCase() === 'mcp-session-id');
}

export function outOfSession(trials: readonly Exchange[]): Verdict<never> | undefined {
  const ended = trials.filter(isOutOfSession);
  if (ended.length === 0) return undefined;
  return untested(
    `${ended.length} of ${trials.length} requests got 404 in their session, which tells nothing of the token: ${ended[0]!.asks}`,
    'a session that lives through the run, for each token of its user',
  );
}

function pastTheToken(trials: readonly Exchange[]): Verdict<never> | undefined {
  const passed = trials.filter(isAboutTheMessage);
  if (passed.length === 0) return undefined;
  return untested(
    `${passed.length} of ${trials.length} requests got an answer about the message and not about the token, which the server may have accepted: ${passed[0]!.asks}: ${describe(passed[0]!)}`,
    'revision: the MCP revision that the server speaks; or tokens.good, which shows it',
  );
}

/** Trials that nothing was said to, or nothing of the token, when none of the others failed. */
export function unheard(trials: readonly Exchange[]): Verdict<never> | undefined {
  return unsettled(trials) ?? outOfSession(trials) ?? pastTheToken(trials);
}
