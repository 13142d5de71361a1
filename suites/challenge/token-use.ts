import { describe, isServed } from '../../fixtures/protocol/answers.ts';
import { defineCheck, fail, pass, untested } from '../check.ts';
import { answering, CHALLENGE, golden, result, unauthorized } from '../golden.ts';
import { brokenControl, gather } from './refusals.ts';

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
      .filter((exchange) => exchange.answer !== undefined && !isServed(exchange))
      .map((exchange) => ({
        reason: 'refused' as const,
        actual: `${exchange.asks}: ${describe(exchange)}`,
        at: exchange.id,
      }));
    return breaches.length > 0
      ? fail(gather(breaches, 'the result, as with Bearer'))
      : pass('bearer and BEARER were served like Bearer');
  },
  examples: {
    pass: [{ says: 'served in each case', evidence: golden }],
    fail: {
      refused: { says: 'bearer is refused', evidence: answering(/^tokenUse\/scheme-lower/, unauthorized(CHALLENGE)) },
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
      fix: { general: 'Read the token from the Authorization field alone; switch query tokens off in the middleware.' },
    },
  },
  judge({ tokenUse: { controlBefore, inQuery, controlAfter }, sessions }) {
    const bySession = inQuery.request.headers.some(([name]) => name.toLowerCase() === 'mcp-session-id');
    if (isServed(inQuery) && bySession && sessions !== undefined && isServed(sessions.withoutToken)) {
      return untested(
        'the session id alone is served, so the query may have had no part in it',
        'a session id that needs a token',
        'challenge/refuses-a-session-id-without-a-token',
      );
    }
    if (isServed(inQuery)) {
      return fail([
        { reason: 'served', expected: 'status 401, as without a token', actual: describe(inQuery), at: [inQuery.id] },
      ]);
    }
    return (
      brokenControl(controlBefore, controlAfter) ?? pass(`the good token as ?access_token= alone: ${describe(inQuery)}`)
    );
  },
  examples: {
    pass: [{ says: 'refused', evidence: golden }],
    fail: { served: { says: 'served', evidence: answering(/^tokenUse\/in-query/, result({ tools: [] })) } },
  },
});

export const tokenUseChecks = [acceptsTheSchemeInAnyCase, ignoresATokenInTheQuery];
