import type { AskedByMethod, EvidenceMap, Exchange } from '../../fixtures/evidence.ts';
import { describe, isServed, isSuccess } from '../../fixtures/protocol/answers.ts';
import { type TokenTrialId, tokenTrial } from '../../fixtures/trials/access-tokens/index.ts';
import { TOKENS_ON_METHODS } from '../../fixtures/trials/token-methods.ts';
import { gather, unsettled } from '../challenge/refusals.ts';
import { defineCheck, fail, notApplicable, pass, untested, type Verdict } from '../check.ts';
import { answering, golden } from '../golden.ts';
import { expiredMeanwhile, unheard } from './interruptions.ts';

type Spoiler = (typeof TOKENS_ON_METHODS)[number];

/** Which check finds that POST takes such a token: who takes it anywhere says nothing of methods. */
const FOUND_BY: Readonly<Record<Spoiler, string>> = {
  'alg-none': 'access-tokens/refuses-unsigned-tokens',
  'own-key-same-kid': 'access-tokens/refuses-tokens-of-other-keys',
  'exp-an-hour-ago': 'access-tokens/refuses-expired-tokens',
  'iss-slash': 'access-tokens/refuses-other-issuers',
  'aud-other-resource': 'access-tokens/refuses-other-audiences',
};

type Known = Pick<EvidenceMap, 'control' | 'tokenMethods'> &
  Partial<Pick<EvidenceMap, 'anonymous' | 'challenge' | 'sessions' | 'forgedTokens' | 'mintedTokens'>>;

/** What was asked on one method, and how to read the answers. */
interface Series extends AskedByMethod {
  readonly method: 'GET' | 'DELETE';
  readonly isTaken: (exchange: Exchange) => boolean;
  readonly reason: 'stream-opened' | 'session-ended';
  /** The check that finds that it needs no token at all. */
  readonly openToAll: string | undefined;
}

function seriesOf({ tokenMethods: { get, delete: ended }, challenge, sessions }: Known): readonly Series[] {
  const stream = challenge !== undefined && isServed(challenge.eventStream);
  const inSession = sessions !== undefined && isServed(sessions.streamWithoutToken);
  const opening: Series = {
    ...get,
    method: 'GET',
    isTaken: isServed,
    reason: 'stream-opened',
    openToAll: stream
      ? 'challenge/guards-the-event-stream'
      : inSession
        ? 'challenge/refuses-a-session-id-without-a-token'
        : undefined,
  };
  if (ended === undefined) return [opening];
  return [
    opening,
    {
      ...ended,
      method: 'DELETE',
      // A 2xx that ends nothing is no more than polite.
      isTaken: ({ answer }) => isSuccess(answer) && !isServed(ended.alive) && unsettled([ended.alive]) === undefined,
      reason: 'session-ended',
      openToAll: isSuccess(sessions?.deleteWithoutToken.answer)
        ? 'challenge/ends-no-session-without-a-token'
        : undefined,
    },
  ];
}

function trialsTakenOnPost({ forgedTokens, mintedTokens }: Known): readonly TokenTrialId[] {
  return [...(forgedTokens?.asked ?? []), ...(mintedTokens?.asked ?? [])]
    .filter(({ exchange }) => isServed(exchange))
    .map(({ trial }) => trial);
}

/** Why refusals on this method prove nothing. */
function withoutControl({ method, control }: Series, { control: { token } }: Known): Verdict<never> | undefined {
  if (method === 'GET' ? isServed(control) : isSuccess(control.answer)) return undefined;
  const seen = `${control.asks}: ${describe(control)}`;
  const interrupted = expiredMeanwhile(token, [control]) ?? unheard([control]);
  if (interrupted !== undefined) return interrupted;
  // Neither streams nor DELETE have to be offered (Streamable HTTP, "Listening for Messages", "Session Management").
  return [401, 403, 409].includes(control.answer?.status ?? 0)
    ? untested(`the good token was not served: ${seen}`, 'tokens.good: an access token that the server accepts')
    : notApplicable(`the method does nothing with the good token: ${seen}`);
}

export const judgesTokensOnEveryMethod = defineCheck({
  id: 'access-tokens/judges-tokens-on-every-method',
  title: 'Judges the token on GET and DELETE as on POST',
  keyword: 'MUST',
  severity: 'critical',
  party: 'mcp-server',
  pillar: 'server-side-validation',
  requirements: [
    'MCP-token-validate-before-processing',
    'MCP-auth-required-each-request',
    'MCP-verify-all-inbound',
    'A01',
    'A16',
    'A44',
    'A51',
    'A55',
  ],
  assurance: 'token',
  needs: ['control', 'tokenMethods'],
  uses: ['anonymous', 'challenge', 'sessions', 'forgedTokens', 'mintedTokens'],
  trials: ['tokenMethods/get', 'tokenMethods/delete'],
  reasons: {
    'stream-opened': {
      says: 'GET opens the event stream for a token that POST refuses: who writes such a token hears what the server tells its user.',
      fix: {
        general:
          'Put the middleware that validates tokens in front of the path and not of POST alone (app.use(path, auth), not app.post(path, auth)), or answer GET with 405.',
        auth0: {
          text: "express-oauth2-jwt-bearer: app.use('/mcp', auth({ … })), before the handlers of all methods.",
        },
      },
    },
    'session-ended': {
      says: 'DELETE ends a session for a token that POST refuses: who knows a session id can end it.',
      fix: {
        general:
          'Put the middleware that validates tokens in front of the path and not of POST alone, or answer DELETE with 405.',
        auth0: {
          text: "express-oauth2-jwt-bearer: app.use('/mcp', auth({ … })), before the handlers of all methods.",
        },
      },
    },
  },
  judge(evidence): Verdict<'stream-opened' | 'session-ended'> {
    const isPublic = evidence.anonymous?.operations.some(
      ({ operation, exchange }) => operation === 'initialize' && isServed(exchange),
    );
    // Who may open a session without a token may hear its stream, and end it.
    if (isPublic) return notApplicable('sessions are open to anybody, and their streams with them');
    const taken = trialsTakenOnPost(evidence);
    const judged = seriesOf(evidence).map((series) => ({
      ...series,
      asked: series.asked.filter(({ trial }) => !taken.includes(trial)),
      spoiler: TOKENS_ON_METHODS.filter((trial) => taken.includes(trial)).find((trial) =>
        series.asked.some((each) => each.trial === trial && isSuccess(each.exchange.answer)),
      ),
    }));
    const breaches = judged
      .filter(({ openToAll }) => openToAll === undefined)
      .flatMap(({ asked, isTaken, reason }) =>
        asked
          .filter(({ exchange }) => isTaken(exchange))
          .map(({ exchange }) => ({ reason, actual: `${exchange.asks}: ${describe(exchange)}`, at: exchange.id })),
      );
    if (breaches.length > 0) return fail(gather(breaches, 'status 401 (Unauthorized)'));
    const verdicts = judged.map((series) => verdictOf(series, evidence));
    return (
      verdicts.find(({ kind }) => kind === 'untested') ?? verdicts.find(({ kind }) => kind === 'pass') ?? verdicts[0]!
    );
  },
  examples: {
    pass: [{ says: '401', evidence: golden }],
    fail: {
      'stream-opened': {
        says: 'a stream for a token with alg none',
        evidence: answering(/^tokenMethods\/get-alg-none$/, {
          headers: { 'Content-Type': 'text/event-stream' },
          body: ': open\n\n',
        }),
      },
      'session-ended': {
        says: '200 to a token of another key, and the session is gone',
        evidence: {
          ...golden,
          tokenMethods: {
            ...golden.tokenMethods,
            delete: {
              ...answering(/^tokenMethods\/delete-own-key-same-kid$/, { status: 200 }).tokenMethods.delete!,
              alive: answering(/^tokenMethods\/alive$/, { status: 404 }).tokenMethods.delete!.alive,
            },
          },
        },
      },
    },
  },
});

/**
 * Where nothing was taken that should not have been. `spoiler`: a token that POST takes too, and that opened the stream or
 * ended the session before the good one came.
 */
function verdictOf(series: Series & { readonly spoiler: Spoiler | undefined }, evidence: Known): Verdict<never> {
  const { method, asked, openToAll, spoiler } = series;
  if (openToAll !== undefined) {
    return untested(`${method} is served without a token too`, `${method} that needs a token`, openToAll);
  }
  const control = withoutControl(series, evidence);
  if (control?.kind === 'not-applicable') return control;
  if (asked.length === 0) {
    const first = TOKENS_ON_METHODS.find((trial) => trialsTakenOnPost(evidence).includes(trial));
    return untested(
      'POST takes each of these tokens too',
      'a server that refuses tokens on POST',
      first && FOUND_BY[first],
    );
  }
  const exchanges = asked.map(({ exchange }) => exchange);
  const unclear = unheard(exchanges) ?? control;
  if (unclear !== undefined && spoiler !== undefined) {
    return untested(
      `${method === 'GET' ? 'the stream was opened' : 'the session was ended'} before by a token that POST takes too: ${tokenTrial(spoiler).change}`,
      'a server that refuses that token on POST',
      FOUND_BY[spoiler],
    );
  }
  return (
    unclear ??
    pass(
      `${method} with ${asked.map(({ trial }) => tokenTrial(trial).change).join('; ')}: ${[...new Set(exchanges.map(describe))].join(', ')}; with the good token: ${describe(series.control)}`,
    )
  );
}

export const accessMethodChecks = [judgesTokensOnEveryMethod];
