import { describe, isServed } from '../../fixtures/protocol/answers.ts';
import { brokenControl, unsettled } from '../challenge/refusals.ts';
import { defineCheck, fail, notApplicable, pass, untested } from '../check.ts';
import { answering, golden, result } from '../golden.ts';

export const keepsSessionsToTheirUser = defineCheck({
  id: 'access-tokens/keeps-sessions-to-their-user',
  title: 'Serves nobody in the session of another user',
  keyword: 'SHOULD',
  severity: 'high',
  party: 'mcp-server',
  pillar: 'server-side-validation',
  // The best practices have it since; sessions themselves are gone with 2026-07-28, and some servers still open them.
  since: '2025-06-18',
  requirements: ['MCP-session-id-bound-to-user', 'A80'],
  assurance: 'token',
  needs: ['otherUser'],
  uses: ['sessionIds'],
  trials: ['otherUser/in-session'],
  reasons: {
    served: {
      says: 'A user is served in the session of another: whoever learns the id of a session gets at what is kept in it, and can put messages into it.',
      fix: {
        general:
          'Keep the sub of the token that opened a session beside the session, compare it at every request, and answer 404 as for a session that does not exist. The session stores of the MCP SDKs do not do it.',
        auth0: {
          text: 'express-oauth2-jwt-bearer: keep req.auth.payload.sub when initialize opens the session, and compare it before transport.handleRequest.',
        },
      },
    },
  },
  judge({ otherUser: { controls, inSession, signIn }, sessionIds }) {
    if (isServed(inSession)) {
      if (sessionIds !== undefined && isServed(sessionIds.unknown)) {
        return notApplicable('sessions that do not exist are served as well, so nothing is kept in a session');
      }
      return fail([
        {
          reason: 'served' as const,
          expected: 'status 404 (Not Found), or another refusal',
          actual: `${inSession.asks}: ${describe(inSession)}`,
          at: [inSession.id],
        },
      ]);
    }
    const [before, theirs, after] = controls;
    if (!isServed(theirs)) {
      const from = signIn === undefined ? 'tokens.otherUser' : 'users.second';
      return untested(
        `the token of ${from} is not good itself: ${theirs.asks}: ${describe(theirs)}`,
        `${from}: another user, whom the server serves`,
      );
    }
    return unsettled([inSession]) ?? brokenControl(before, after) ?? pass(`${inSession.asks}: ${describe(inSession)}`);
  },
  examples: {
    pass: [{ says: '404', evidence: golden }],
    fail: { served: { says: 'served', evidence: answering(/^otherUser\/in-session$/, result({ tools: [] })) } },
  },
});
