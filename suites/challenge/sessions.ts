import { describe, isServed, isServerError } from '../../fixtures/protocol/answers.ts';
import type { OperationName } from '../../fixtures/protocol/requests.ts';
import { eraOf } from '../../fixtures/protocol/revisions.ts';
import { defineCheck, fail, notApplicable, pass, untested } from '../check.ts';
import { answering, golden, result } from '../golden.ts';
import { gather, unsettled } from './refusals.ts';

const NO_CONTROL = [
  'tools/list was not served in a session opened with the good token',
  'a token that may list tools',
] as const;

export const refusesASessionIdWithoutAToken = defineCheck({
  id: 'challenge/refuses-a-session-id-without-a-token',
  title: 'Takes a session id for no credential',
  keyword: 'MUST',
  severity: 'critical',
  party: 'mcp-server',
  pillar: 'server-side-validation',
  requirements: ['MCP-auth-required-each-request', 'MCP-session-not-authentication', 'A81'],
  assurance: 'token',
  needs: ['anonymous', 'sessions'],
  uses: ['challenge'],
  trials: [
    'sessions/without-token',
    'sessions/with-unknown-token',
    'sessions/tool-without-token',
    'sessions/stream-without-token',
  ],
  reasons: {
    served: {
      says: 'Who knows a session id is served without a valid token.',
      fix: {
        general:
          'Validate the token on every request, also inside a session, before the session is looked up; bind the session to the token’s subject.',
      },
    },
  },
  judge({ anonymous, sessions, challenge }) {
    const isPublic = (name: OperationName) =>
      anonymous.operations.some(
        ({ operation, revision, exchange }) =>
          operation === name && eraOf(revision) === 'session' && isServed(exchange),
      );
    // Who may open a session without a token has one of its own, with a stream of its own.
    if (isPublic('initialize') || isPublic('tools/list')) {
      return notApplicable('sessions, or what is asked in them, are open to anybody');
    }
    if (!isServed(sessions.control)) return untested(...NO_CONTROL);
    const { withoutToken, withUnknownToken, toolWithoutToken, streamWithoutToken } = sessions;
    // A stream that opens without any session is a finding of guards-the-event-stream.
    const openToAll = challenge !== undefined && isServed(challenge.eventStream);
    const trials = [
      withoutToken,
      withUnknownToken,
      toolWithoutToken,
      openToAll ? undefined : streamWithoutToken,
    ].filter((each) => each !== undefined);
    const breaches = trials.filter(isServed).map((exchange) => ({
      reason: 'served' as const,
      actual: `${exchange.asks}: ${describe(exchange)}`,
      at: exchange.id,
    }));
    if (breaches.length > 0) return fail(gather(breaches, 'status 401'));
    return unsettled(trials) ?? pass(`a live session id without a good token: ${trials.map(describe).join(', ')}`);
  },
  examples: {
    pass: [{ says: '401', evidence: golden }],
    fail: { served: { says: 'served', evidence: answering(/^sessions\/without-token/, result({ tools: [] })) } },
  },
});

export const endsNoSessionWithoutAToken = defineCheck({
  id: 'challenge/ends-no-session-without-a-token',
  title: 'Ends no session for a caller without a token',
  keyword: 'MUST',
  severity: 'medium',
  party: 'mcp-server',
  requirements: ['MCP-challenge-401-no-token', 'MCP-verify-all-inbound', 'A84'],
  assurance: 'token',
  needs: ['sessions'],
  trials: ['sessions/delete'],
  reasons: {
    'session-ended': {
      says: 'Who knows a session id can end the session without a token.',
      fix: { general: 'Validate the token on DELETE as on POST.' },
    },
  },
  judge({ sessions: { control, deleteWithoutToken, controlAfter } }) {
    if (!isServed(control)) return untested(...NO_CONTROL);
    if (isServed(controlAfter)) {
      return (
        unsettled([deleteWithoutToken]) ??
        pass(`DELETE without a token: ${describe(deleteWithoutToken)}; the session lived on`)
      );
    }
    const silent = unsettled([controlAfter]);
    if (silent !== undefined) return silent;
    const { status = 0 } = deleteWithoutToken.answer ?? {};
    // Only a DELETE that was taken can have ended it; a session may also end by itself.
    if (status < 200 || status > 299)
      return untested('the session ended by itself during the trial', 'a session that lives a minute');
    return fail([
      {
        reason: 'session-ended',
        expected: 'status 401, and the session lives on',
        actual: `DELETE without a token: ${describe(deleteWithoutToken)}; afterwards, with the token: ${describe(controlAfter)}`,
        at: [deleteWithoutToken.id, controlAfter.id],
      },
    ]);
  },
  examples: {
    pass: [{ says: 'refused', evidence: golden }],
    fail: {
      'session-ended': {
        says: '200, and the session is gone',
        evidence: {
          sessions: {
            ...answering(/^sessions\/delete/, { status: 200 }).sessions,
            controlAfter: answering(/^sessions\/control-after/, { status: 404 }).sessions.controlAfter,
          },
        },
      },
    },
  },
});

export const survivesAnUnknownSession = defineCheck({
  id: 'challenge/survives-an-unknown-session',
  title: 'Refuses an unknown session without failing',
  keyword: 'SHOULD',
  severity: 'low',
  party: 'mcp-server',
  requirements: ['A82', 'MCP-session-ended-404'],
  assurance: 'anonymous',
  needs: ['methods'],
  trials: ['methods/unknown-session', 'methods/delete-unknown-session'],
  reasons: {
    'server-error': {
      says: 'An Mcp-Session-Id that does not exist makes the server fail.',
      fix: { general: 'Check the token first, then look the session up, and answer 404 when there is none.' },
    },
  },
  judge({ methods }) {
    const asked = [methods['unknown-session'], methods['delete-unknown-session']].filter(
      ({ answer }) => answer !== undefined,
    );
    const breaches = asked
      .filter(({ answer }) => isServerError(answer))
      .map((exchange) => ({
        reason: 'server-error' as const,
        actual: `${exchange.asks}: ${describe(exchange)}`,
        at: exchange.id,
      }));
    if (breaches.length > 0) return fail(gather(breaches, 'status 401, 400 or 404'));
    const all = [methods['unknown-session'], methods['delete-unknown-session']];
    return unsettled(all) ?? pass(all.map(describe).join(', '));
  },
  examples: {
    pass: [{ says: '401', evidence: golden }],
    fail: { 'server-error': { says: '500', evidence: answering(/^methods\/unknown-session/, { status: 500 }) } },
  },
});

export const sessionChecks = [refusesASessionIdWithoutAToken, endsNoSessionWithoutAToken, survivesAnUnknownSession];
