import type { EvidenceMap, Exchange } from '../../fixtures/evidence.ts';
import { describe, isServed, isSettled } from '../../fixtures/protocol/answers.ts';
import { defineCheck, fail, pass, untested } from '../check.ts';
import { answering, CHALLENGE, golden, result, unauthorized } from '../golden.ts';
import { brokenControl, gather, unsettled } from './refusals.ts';

/** A live session id in the request may be what was served, and not the token. */
function servedBySession(trials: readonly Exchange[], sessions: EvidenceMap['sessions'] | undefined) {
  const inSession = trials.some(({ request }) =>
    request.headers.some(([name]) => name.toLowerCase() === 'mcp-session-id'),
  );
  if (!inSession || sessions === undefined || !isServed(sessions.withoutToken)) return undefined;
  return untested(
    'the session id alone is served, so the token may have had no part in it',
    'a session id that needs a token',
    'challenge/refuses-a-session-id-without-a-token',
  );
}

export const acceptsTheSchemeInAnyCase = defineCheck({
  id: 'challenge/accepts-the-scheme-in-any-case',
  title: 'Takes the word Bearer in any case',
  // RFC 9110 11.1 says it without a keyword, and MCP not at all.
  keyword: 'SHOULD',
  severity: 'low',
  party: 'mcp-server',
  requirements: ['RFC9110-11.1-scheme-case', 'MCP-token-bearer-scheme-case', 'A70'],
  assurance: 'token',
  needs: ['tokenUse'],
  trials: ['tokenUse/scheme-lower', 'tokenUse/scheme-upper'],
  reasons: {
    refused: {
      says: 'A good token is refused when the word Bearer is not written as the server likes it.',
      fix: { general: 'Compare the scheme without regard to case.' },
    },
  },
  judge({ tokenUse }) {
    const { controlBefore, schemeLower, schemeUpper, controlAfter } = tokenUse;
    const control = brokenControl(controlBefore, controlAfter);
    if (control !== undefined) return control;
    const breaches = [schemeLower, schemeUpper]
      .filter((exchange) => isSettled(exchange) && !isServed(exchange))
      .map((exchange) => ({
        reason: 'refused' as const,
        actual: `${exchange.asks}: ${describe(exchange)}`,
        at: exchange.id,
      }));
    return breaches.length > 0
      ? fail(gather(breaches, 'the result, as with Bearer'))
      : (unsettled([schemeLower, schemeUpper]) ?? pass('bearer and BEARER were served like Bearer'));
  },
  examples: {
    pass: [{ says: 'served in each case', evidence: golden }],
    fail: {
      refused: { says: 'bearer is refused', evidence: answering(/^tokenUse\/scheme-lower/, unauthorized(CHALLENGE)) },
    },
  },
});

export const takesATokenBehindBearerOnly = defineCheck({
  id: 'challenge/takes-a-token-behind-bearer-only',
  title: 'Takes a token behind the scheme Bearer and no other',
  keyword: 'MUST',
  severity: 'medium',
  party: 'mcp-server',
  pillar: 'server-side-validation',
  requirements: ['RFC6750-2.1-header-supported', 'RFC6750-2.1-b64token-syntax', 'A72'],
  assurance: 'token',
  needs: ['tokenUse'],
  uses: ['sessions'],
  trials: ['tokenUse/other-scheme', 'tokenUse/no-scheme'],
  reasons: {
    served: {
      says: 'The good token is accepted behind another scheme, or behind none, so gateway and server may read one request differently.',
      // RFC 6750 2.1 says how a token is sent; no document says in so many words that the rest is refused.
      keyword: 'SHOULD',
      fix: {
        general:
          'Compare the scheme with Bearer, without regard to case, before the token is read; refuse everything else with 401.',
      },
    },
  },
  judge({ tokenUse: { controlBefore, otherScheme, noScheme, controlAfter }, sessions }) {
    const trials = [otherScheme, noScheme];
    const bySession = servedBySession(trials, sessions);
    if (bySession !== undefined) return bySession;
    const breaches = trials.filter(isServed).map((exchange) => ({
      reason: 'served' as const,
      actual: `${exchange.asks}: ${describe(exchange)}`,
      at: exchange.id,
    }));
    if (breaches.length > 0) return fail(gather(breaches, 'status 401, or 400'));
    return (
      brokenControl(controlBefore, controlAfter) ??
      unsettled(trials) ??
      pass(trials.map((each) => `${each.asks}: ${describe(each)}`).join(', '))
    );
  },
  examples: {
    pass: [{ says: 'the token is refused behind Token, and alone', evidence: golden }],
    fail: {
      served: {
        says: 'the token is taken behind Token',
        evidence: answering(/^tokenUse\/other-scheme/, result({ tools: [] })),
      },
    },
  },
});

export const ignoresATokenInTheQuery = defineCheck({
  id: 'challenge/ignores-a-token-in-the-query',
  title: 'Takes no token from the query',
  keyword: 'MUST',
  severity: 'high',
  party: 'mcp-server',
  pillar: 'server-side-validation',
  requirements: ['MCP-token-query-refused', 'OAUTH21-5.1-ignore-query-token', 'A74'],
  assurance: 'token',
  needs: ['tokenUse'],
  uses: ['sessions'],
  trials: ['tokenUse/in-query'],
  reasons: {
    served: {
      says: 'A token in the query is accepted: it then stands in logs, histories and Referer fields.',
      fix: {
        general:
          'Read the token from the Authorization field alone; where the middleware reads the query too, refuse requests with access_token in it before the middleware.',
        auth0: {
          text: 'express-oauth2-jwt-bearer reads the query unconditionally: put a handler that answers 400 to ?access_token= in front of auth().',
        },
      },
    },
  },
  judge({ tokenUse: { controlBefore, inQuery, controlAfter }, sessions }) {
    const bySession = servedBySession([inQuery], sessions);
    if (bySession !== undefined) return bySession;
    if (isServed(inQuery)) {
      return fail([
        { reason: 'served', expected: 'status 401, as without a token', actual: describe(inQuery), at: [inQuery.id] },
      ]);
    }
    return (
      brokenControl(controlBefore, controlAfter) ??
      unsettled([inQuery]) ??
      pass(`the good token as ?access_token= alone: ${describe(inQuery)}`)
    );
  },
  examples: {
    pass: [{ says: 'refused', evidence: golden }],
    fail: { served: { says: 'served', evidence: answering(/^tokenUse\/in-query/, result({ tools: [] })) } },
  },
});

export const tokenUseChecks = [acceptsTheSchemeInAnyCase, takesATokenBehindBearerOnly, ignoresATokenInTheQuery];
