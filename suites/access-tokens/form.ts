import type { AskedToken, AskedTokens, EvidenceMap, Exchange } from '../../fixtures/evidence.ts';
import {
  describe,
  headerValues,
  isAboutTheMessage,
  isServed,
  isServerError,
  isSettled,
  isSuccess,
  mcpAnswer,
} from '../../fixtures/protocol/answers.ts';
import { isScheme, parameter, parseChallenges } from '../../fixtures/protocol/challenges.ts';
import { FORGED, MINTED, tokenTrial } from '../../fixtures/trials/access-tokens/index.ts';
import type { TokenTrial } from '../../fixtures/trials/access-tokens/trial.ts';
import { CREDENTIAL_TRIALS, credentialRow, REFLECTION_MARK } from '../../fixtures/trials/credentials.ts';
import { gather, quote, refusalsOfInvalidTokens, refusalsWithoutToken, unsettled } from '../challenge/refusals.ts';
import { defineCheck, fail, pass, untested, type Verdict } from '../check.ts';
import { answering, CHALLENGE, golden, unauthorized } from '../golden.ts';
import { isOutOfSession } from './interruptions.ts';

/** What a refusal of a token looks like, whatever was wrong with the token. */

const TRIALS = [...FORGED.map((trial) => `forgedTokens/${trial}`), ...MINTED.map((trial) => `mintedTokens/${trial}`)];
const FORM = {
  party: 'mcp-server',
  pillar: 'server-side-validation',
  assurance: 'anonymous',
  needs: ['forgedTokens'],
  uses: ['mintedTokens', 'anonymous', 'credentials'],
  trials: TRIALS,
} as const;

const INVALID = CREDENTIAL_TRIALS.filter((trial) => credentialRow(trial).kind === 'invalid');

type Tokens = Pick<EvidenceMap, 'forgedTokens'> & Partial<Pick<EvidenceMap, 'mintedTokens'>>;

type Refused = AskedToken & { readonly block: number; readonly probe: AskedTokens };

/** Tokens that got an answer and were not served; what is said of the message alone is no refusal. */
function refusedTokens({ forgedTokens, mintedTokens }: Tokens): readonly Refused[] {
  return [forgedTokens, ...(mintedTokens === undefined ? [] : [mintedTokens])].flatMap((probe) =>
    probe.asked
      .filter(({ exchange }) => exchange.answer !== undefined && isSettled(exchange))
      .filter(({ exchange }) => !isServed(exchange) && !isAboutTheMessage(exchange))
      .map((asked) => ({ ...asked, probe })),
  );
}

const answered401 = (evidence: Tokens) => refusedTokens(evidence).filter(({ exchange }) => status(exchange) === 401);
const status = ({ answer }: Exchange) => answer?.status ?? 0;
const fieldsOf = ({ answer }: Exchange) => headerValues(answer, 'www-authenticate').filter((field) => /\S/.test(field));

/** Challenges by which a client presents an access token: DPoP stands in for Bearer at some servers (RFC 9449 7.1). */
const challengesOf = (exchange: Exchange) =>
  parseChallenges(fieldsOf(exchange)).challenges.filter((each) => isScheme(each, 'Bearer') || isScheme(each, 'DPoP'));

/** How gateways refuse what looks odd to them. */
const GATEWAY_REFUSALS = [400, 403, 404, 406, 413, 414, 421, 431];

/** True when a gateway may have said it: neither challenge nor JSON-RPC, and no token that only a verifier refuses. */
function isPerhapsAGateways({ exchange, trial, block, probe }: Refused): boolean {
  if (!GATEWAY_REFUSALS.includes(status(exchange))) return false;
  if (fieldsOf(exchange).length > 0 || mcpAnswer(exchange).kind === 'error') return false;
  const { means, ordinary } = tokenTrial(trial);
  // With the control served around it, no gateway has shut the door on us either.
  const around = [probe.control.exchanges[block], probe.control.exchanges[block + 1]];
  const isControlled = around.every((each) => each !== undefined && isServed(each));
  return !(isControlled && (means === 'issuer' || ordinary === true));
}

type StatusBreach = 'answered-as-success' | 'other-status' | 'second-best-status' | 'server-error';

function statusBreach(
  { alsoRight, secondBest }: Pick<TokenTrial, 'alsoRight' | 'secondBest'>,
  exchange: Exchange,
): StatusBreach | undefined {
  const { answer } = exchange;
  if (status(exchange) === 401 || alsoRight?.includes(status(exchange))) return undefined;
  if (isServerError(answer)) return alsoRight === undefined ? 'server-error' : undefined;
  if (isSuccess(answer)) return 'answered-as-success';
  return secondBest?.includes(status(exchange)) ? 'second-best-status' : 'other-status';
}

export const answers401ToTokensItRefuses = defineCheck({
  ...FORM,
  id: 'access-tokens/answers-401-to-tokens-it-refuses',
  title: 'Answers 401 to each token that it refuses',
  keyword: 'MUST',
  severity: 'medium',
  requirements: ['MCP-challenge-401-invalid-token', 'MCP-challenge-401-expired-token', 'RFC6750-3.1-invalid-token-401'],
  reasons: {
    'answered-as-success': {
      says: 'A token is refused under a status of success, so clients do not learn that they need a new one.',
      fix: {
        general:
          'Validate the token before the request reaches the MCP handler, and answer 401 with a Bearer challenge; a JSON-RPC error may be its body, but not the whole answer.',
      },
    },
    'other-status': {
      says: 'A token that looks like one of the issuer is refused with a status other than 401.',
      fix: {
        general:
          'Answer 401 with error="invalid_token" whatever is wrong with the token: on 401 a client gets a new one, on anything else it gives up. 403 is for a good token with too little scope.',
        auth0: {
          text: 'express-oauth2-jwt-bearer gives its errors the status and the headers to send: in the error handler res.status(error.status).set(error.headers).',
        },
      },
    },
    'second-best-status': {
      says: 'A token that is malformed or meant for somebody else is answered with 400 or 403, on which clients do not get a new one.',
      keyword: 'SHOULD',
      fix: {
        general:
          'Answer 401 with error="invalid_token" to these tokens too; 400 with invalid_request is for a malformed Authorization field, 403 with insufficient_scope for a good token with too little scope.',
      },
    },
    'server-error': {
      says: 'A token that looks like one of the issuer makes the server fail.',
      fix: {
        general:
          'Treat every error of token parsing, key lookup and verification as an invalid token: 401, not 500. When the keys cannot be fetched, 503.',
        auth0: {
          text: 'express-oauth2-jwt-bearer gives its errors the status and the headers to send: in the error handler res.status(error.status).set(error.headers).',
        },
      },
    },
  },
  judge(evidence): Verdict<StatusBreach> {
    // Where a server may serve the token, its own check looks at the answer.
    const refused = refusedTokens(evidence).filter(({ trial }) => tokenTrial(trial).rightly === undefined);
    const judged = refused.filter((each) => !isPerhapsAGateways(each) && !isOutOfSession(each.exchange));
    const breaches = judged.flatMap(({ trial, exchange }) => {
      const { change } = tokenTrial(trial);
      const reason = statusBreach(tokenTrial(trial), exchange);
      return reason === undefined
        ? []
        : [{ reason, code: status(exchange), actual: `${change}: ${describe(exchange)}`, at: exchange.id }];
    });
    const known = INVALID.map((trial) => evidence.credentials?.[trial]).filter(
      (each) => each !== undefined && statusBreach({}, each) !== undefined && !isServed(each),
    );
    const isKnown = (code: number) => known.some((each) => each !== undefined && status(each) === code);
    if (breaches.length > 0 && breaches.every(({ code }) => isKnown(code))) {
      return untested(
        'tokens of an issuer that does not exist are refused in the same way',
        'status 401 for tokens that nobody issued',
        'challenge/answers-401-to-an-invalid-token',
      );
    }
    if (breaches.length > 0) return fail(gather(breaches, 'status 401 (Unauthorized)'));
    if (judged.length === 0) return nothingRefused();
    const others = refused.length - judged.length;
    return (
      someUnheard(evidence) ??
      pass(
        `${judged.length} tokens were refused, each with a status that is right for it${others === 0 ? '' : `; ${others} more may have met a gateway, or no session`}`,
      )
    );
  },
  examples: {
    pass: [{ says: 'each answers 401', evidence: golden }],
    fail: {
      'answered-as-success': {
        says: '200 with a JSON-RPC error',
        evidence: answering(/^forgedTokens\/claims-sub$/, {
          body: JSON.stringify({ jsonrpc: '2.0', id: 1, error: { code: -32001, message: 'Unauthorized' } }),
        }),
      },
      'other-status': {
        says: '403 for a forged token',
        evidence: answering(/^forgedTokens\/own-key-same-kid$/, { status: 403 }),
      },
      'second-best-status': {
        says: '400 for a cut signature',
        evidence: answering(/^forgedTokens\/signature-cut$/, { status: 400 }),
      },
      'server-error': {
        says: '500 for an embedded key',
        evidence: answering(/^forgedTokens\/jwk-kid-of-issuer$/, { status: 500 }),
      },
    },
  },
});

function nothingRefused(): Verdict<never> {
  return untested('no token was refused by the server itself', 'a network path without a gateway that filters tokens');
}

/** Some tokens got no word of the server: nothing is said of all of them. */
function someUnheard({ forgedTokens, mintedTokens }: Tokens): Verdict<never> | undefined {
  return unsettled([...forgedTokens.asked, ...(mintedTokens?.asked ?? [])].map(({ exchange }) => exchange));
}

function none401(): Verdict<never> {
  return untested(
    'no token was refused with 401',
    'a 401 to a token that is not valid',
    'access-tokens/answers-401-to-tokens-it-refuses',
  );
}

export const challengesEveryRefusedToken = defineCheck({
  ...FORM,
  id: 'access-tokens/challenges-every-refused-token',
  title: 'Sends a challenge with each 401 to a token',
  keyword: 'MUST',
  severity: 'medium',
  requirements: ['RFC9110-11.6.1-401-has-challenge', 'MCP-challenge-oauth21-error-format'],
  reasons: {
    'no-challenge': {
      says: 'Some tokens are refused with a 401 that carries no WWW-Authenticate field.',
      fix: {
        general:
          'Send every 401 from one place, with WWW-Authenticate: Bearer error="invalid_token", resource_metadata="URL of your resource metadata", whichever step of validation refused the token.',
        auth0: {
          text: 'express-oauth2-jwt-bearer gives its errors the headers to send: in the error handler res.status(error.status).set(error.headers).',
        },
      },
    },
  },
  judge(evidence): Verdict<'no-challenge'> {
    const refused = answered401(evidence);
    if (refused.length === 0) return none401();
    const bare = refused.filter(({ exchange }) => fieldsOf(exchange).length === 0);
    if (bare.length === 0) {
      return someUnheard(evidence) ?? pass(`${refused.length} answers with status 401 carry a challenge`);
    }
    const silent = (others: readonly { readonly exchange: Exchange }[]) =>
      others.length > 0 && others.every(({ exchange }) => fieldsOf(exchange).length === 0);
    const blocked = silent(refusalsWithoutToken(evidence))
      ? 'challenge/sends-a-challenge-with-401'
      : silent(refusalsOfInvalidTokens(evidence))
        ? 'challenge/challenges-an-invalid-token'
        : undefined;
    if (blocked !== undefined) {
      return untested(
        'other answers with status 401 carry no challenge either',
        'a 401 with WWW-Authenticate',
        blocked,
      );
    }
    const breaches = bare.map(({ trial, exchange }) => ({
      reason: 'no-challenge' as const,
      actual: `${tokenTrial(trial).change}: status 401 without WWW-Authenticate`,
      at: exchange.id,
    }));
    return fail(gather(breaches, 'at least one challenge in WWW-Authenticate'));
  },
  examples: {
    pass: [{ says: 'a challenge on each', evidence: golden }],
    fail: {
      'no-challenge': {
        says: 'a bare 401 for altered claims',
        evidence: answering(/^forgedTokens\/claims-exp$/, { status: 401 }),
      },
    },
  },
});

export const namesInvalidToken = defineCheck({
  ...FORM,
  id: 'access-tokens/names-invalid-token',
  title: 'Names invalid_token in the challenge to each token that it refuses',
  keyword: 'SHOULD',
  severity: 'low',
  requirements: ['RFC6750-3-error-on-bad-token', 'RFC6750-3.1-invalid-token-401', 'RFC9068-4-invalid-token-code'],
  reasons: {
    'no-error': {
      says: 'The challenge to some refused tokens names no error, so a client cannot tell a bad token from a missing one.',
      fix: {
        general: 'Add error="invalid_token" to the Bearer challenge whichever step of validation refused the token.',
      },
    },
    'other-error': {
      says: 'The challenge to some refused tokens names another error than invalid_token.',
      fix: {
        general:
          'Use error="invalid_token" for every token that is expired, revoked, malformed or otherwise not valid; what exactly was wrong belongs in the log.',
      },
    },
  },
  judge(evidence): Verdict<'no-error' | 'other-error'> {
    const refused = answered401(evidence);
    if (refused.length === 0) return none401();
    const challenged = refused.filter(({ exchange }) => challengesOf(exchange).length > 0);
    if (challenged.length === 0) {
      return untested(
        'no 401 to a token offers Bearer',
        'a Bearer challenge with 401',
        refusalsOfInvalidTokens(evidence).some(({ bearer }) => bearer.length > 0)
          ? 'access-tokens/challenges-every-refused-token'
          : 'challenge/challenges-an-invalid-token',
      );
    }
    const breaches = challenged.flatMap(({ trial, exchange }) => {
      const breach = errorBreach(exchange);
      return breach === undefined
        ? []
        : [{ ...breach, actual: `${tokenTrial(trial).change}: ${breach.actual}`, at: exchange.id }];
    });
    if (breaches.length === 0) {
      return someUnheard(evidence) ?? pass(`${challenged.length} challenges say error="invalid_token"`);
    }
    const known = refusalsOfInvalidTokens(evidence).flatMap(({ exchange }) => errorBreach(exchange)?.reason ?? []);
    if (breaches.every(({ reason }) => known.includes(reason))) {
      return untested(
        'tokens that nobody issued are refused in the same way',
        'error="invalid_token" for tokens that nobody issued',
        'challenge/says-invalid-token',
      );
    }
    return fail(gather(breaches, 'error="invalid_token"'));
  },
  examples: {
    pass: [{ says: 'invalid_token', evidence: golden }],
    fail: {
      'no-error': {
        says: 'no error for an embedded key',
        evidence: answering(/^forgedTokens\/jwk-without-kid$/, unauthorized(CHALLENGE)),
      },
      'other-error': {
        says: 'another error for an unknown algorithm',
        evidence: answering(/^forgedTokens\/hmac-spki-pem$/, unauthorized('Bearer error="invalid_algorithm"')),
      },
    },
  },
});

function errorBreach(
  exchange: Exchange,
): { readonly reason: 'no-error' | 'other-error'; readonly actual: string } | undefined {
  const challenges = challengesOf(exchange);
  const errors = challenges.flatMap((challenge) => parameter(challenge, 'error') ?? []);
  if (challenges.length === 0 || errors.includes('invalid_token')) return undefined;
  return errors[0] === undefined
    ? { reason: 'no-error', actual: 'a challenge without error' }
    : { reason: 'other-error', actual: `error is ${quote(errors[0])}` };
}

/** What the recorder writes in place of a token that it finds in an answer. */
const TOKEN_LABEL = /«(?:forgedTokens|mintedTokens|tokens)\.[^»]*»/;

/** Where in a refusal the text stands: a field's name, or "the body". */
const placesOf = ({ answer }: Exchange, holds: (text: string) => boolean): readonly string[] => [
  ...(answer?.headers ?? []).filter(([, value]) => holds(value)).map(([name]) => name),
  ...(holds(answer?.body ?? '') ? ['the body'] : []),
];

export const revealsNothingOfRefusedTokens = defineCheck({
  ...FORM,
  id: 'access-tokens/reveals-nothing-of-refused-tokens',
  title: 'Repeats nothing of a token that it refuses',
  keyword: 'SHOULD',
  severity: 'medium',
  requirements: ['PRACTICE-error-detail', 'A22', 'A68'],
  reasons: {
    'token-repeated': {
      says: 'A refusal repeats the token that was sent: tokens get into logs and error reports of clients and gateways.',
      fix: {
        general:
          'Use fixed texts in error_description and in the body of a refusal; a hash of the token, in your own log, tells which one it was.',
      },
    },
    'value-repeated': {
      says: 'A refusal repeats a value that stands in the token and was not verified: what a stranger wrote gets into headers, pages and logs.',
      fix: {
        general:
          'Use fixed texts in error_description and in the body of a refusal; kid, sub and other values of the token belong in your own log, escaped.',
      },
    },
  },
  judge(evidence): Verdict<'token-repeated' | 'value-repeated'> {
    const refused = refusedTokens(evidence);
    if (refused.length === 0) return nothingRefused();
    const breaches = refused.flatMap(({ exchange }) => [
      ...placesOf(exchange, (text) => TOKEN_LABEL.test(text)).map((place) => ({
        reason: 'token-repeated' as const,
        actual: `${place} holds the token`,
        at: exchange.id,
      })),
      ...placesOf(exchange, (text) => text.includes(REFLECTION_MARK)).map((place) => ({
        reason: 'value-repeated' as const,
        actual: `${place} holds the value ${quote(REFLECTION_MARK)} of the token`,
        at: exchange.id,
      })),
    ]);
    const reflects = Object.values(evidence.credentials ?? {}).some(({ answer }) =>
      (answer?.headers ?? []).some(([, value]) => value.includes(REFLECTION_MARK)),
    );
    if (breaches.length > 0 && reflects && breaches.every(({ reason }) => reason === 'token-repeated')) {
      return untested(
        'malformed credentials are repeated in the same way',
        'refusals that repeat nothing of malformed credentials',
        'challenge/reflects-no-credentials',
      );
    }
    if (breaches.length > 0) return fail(gather(breaches, 'a refusal without any part of the token'));
    return someUnheard(evidence) ?? pass(`${refused.length} refusals hold nothing of the token`);
  },
  examples: {
    pass: [{ says: 'fixed texts', evidence: golden }],
    fail: {
      'token-repeated': {
        says: 'the token in error_description',
        evidence: answering(
          /^forgedTokens\/own-key-same-kid$/,
          unauthorized(
            'Bearer error="invalid_token", error_description="«forgedTokens.own-key-same-kid» is not valid"',
          ),
        ),
      },
      'value-repeated': {
        says: 'the kid in error_description',
        evidence: answering(
          /^forgedTokens\/own-key-unknown-kid$/,
          unauthorized(`Bearer error="invalid_token", error_description="no key ${REFLECTION_MARK}"`),
        ),
      },
    },
  },
});

export const formChecks = [
  answers401ToTokensItRefuses,
  challengesEveryRefusedToken,
  namesInvalidToken,
  revealsNothingOfRefusedTokens,
];
