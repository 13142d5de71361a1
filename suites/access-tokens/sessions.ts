import { describe, isServed } from '../../fixtures/protocol/answers.ts';
import { brokenControl, unsettled } from '../challenge/refusals.ts';
import { defineCheck, fail, pass } from '../check.ts';
import { answering, golden, result } from '../golden.ts';
import { expiredMeanwhile } from './interruptions.ts';

/** Fewer are within reach of guessing (OWASP, "Session Management Cheat Sheet": at least 64 bits). */
const ENOUGH_BITS = 64;

export const opensSessionsNobodyCanGuess = defineCheck({
  id: 'access-tokens/opens-sessions-that-cannot-be-guessed',
  title: 'Gives its sessions ids that cannot be guessed',
  keyword: 'SHOULD',
  severity: 'medium',
  party: 'mcp-server',
  requirements: ['MCP-session-id-crypto-unique', 'MCP-session-id-secure-rng', 'MCP-session-id-unpredictable', 'A82'],
  assurance: 'token',
  needs: ['sessionIds'],
  trials: ['sessionIds/open-1', 'sessionIds/open-2', 'sessionIds/open-3', 'sessionIds/open-4', 'sessionIds/open-5'],
  reasons: {
    guessable: {
      says: 'Ids of sessions opened one after the other differ in so little that the next can be guessed.',
      fix: {
        general:
          "Let a secure random generator make them, 128 bits and more: crypto.randomUUID() (the TypeScript SDK's sessionIdGenerator), uuid.uuid4() or secrets.token_urlsafe() in Python. No counters, times or UUIDs of version 1.",
      },
    },
  },
  judge({ sessionIds: { opened, view } }) {
    const { count, length, varying, alphabet, bits } = view;
    const seen = `${count} ids of ${length} characters differ in ${varying}, from an alphabet of ${alphabet}: at most ${bits} bits`;
    if (bits >= ENOUGH_BITS) return pass(seen);
    return fail([
      {
        reason: 'guessable' as const,
        expected: `ids that differ in ${ENOUGH_BITS} bits and more`,
        actual: seen,
        at: opened.map(({ id }) => id),
      },
    ]);
  },
  examples: {
    pass: [{ says: 'UUIDs of version 4', evidence: golden }],
    fail: {
      guessable: {
        says: 'a counter',
        evidence: {
          sessionIds: { ...golden.sessionIds, view: { count: 5, length: 12, varying: 1, alphabet: 10, bits: 3 } },
        },
      },
    },
  },
});

export const answers404ToUnknownSessions = defineCheck({
  id: 'access-tokens/answers-404-to-unknown-sessions',
  title: 'Answers 404 to a good token in a session that does not exist',
  keyword: 'SHOULD',
  severity: 'low',
  party: 'mcp-server',
  requirements: ['MCP-session-ended-404', 'MCP-session-missing-400', 'A82'],
  assurance: 'token',
  needs: ['sessionIds', 'control'],
  trials: ['sessionIds/unknown'],
  reasons: {
    served: {
      says: 'The server opens sessions, and serves a request in one that it never opened: the id is not looked at.',
      fix: {
        general:
          'Look the session up, compare its user with that of the token, and answer 404 when there is none. A server that needs no sessions should give out no ids.',
      },
    },
    'other-status': {
      says: 'A good token in an unknown session gets another answer than 404 or 400, on which clients do not open a new session.',
      fix: {
        general: 'Answer 404 for a session id that is not, or no longer, known: clients then send initialize again.',
      },
    },
  },
  judge({ sessionIds: { unknown, controlBefore, controlAfter }, control: { token } }) {
    const finding = { expected: 'status 404', actual: `${unknown.asks}: ${describe(unknown)}`, at: [unknown.id] };
    if (isServed(unknown)) return fail([{ reason: 'served' as const, ...finding }]);
    const control =
      unsettled([unknown]) ??
      expiredMeanwhile(token, [controlBefore, unknown, controlAfter]) ??
      brokenControl(controlBefore, controlAfter);
    if (control !== undefined) return control;
    return [400, 404].includes(unknown.answer?.status ?? 0)
      ? pass(`${unknown.asks}: ${describe(unknown)}`)
      : fail([{ reason: 'other-status' as const, ...finding }]);
  },
  examples: {
    pass: [{ says: '404', evidence: golden }],
    fail: {
      served: { says: 'served', evidence: answering(/^sessionIds\/unknown$/, result({ tools: [] })) },
      'other-status': { says: '500', evidence: answering(/^sessionIds\/unknown$/, { status: 500 }) },
    },
  },
});

export const accessSessionChecks = [opensSessionsNobodyCanGuess, answers404ToUnknownSessions];
