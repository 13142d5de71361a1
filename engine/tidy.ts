import type { Doors } from '../fixtures/doors/doors.ts';
import type { Evidence } from '../fixtures/evidence.ts';
import { header } from '../fixtures/protocol/answers.ts';
import type { Target } from '../fixtures/target.ts';

/** Statuses by which a server says that the session is gone, or that clients end none (2025-11-25, "Session Management"). */
const NOTHING_LEFT = [404, 405];

/**
 * Ends the sessions that a run opened.
 *
 * @returns what could not be ended, a line each
 */
export async function endSessions(doors: Doors, target: Target, evidence: Evidence): Promise<readonly string[]> {
  const opened = [...(evidence.control?.operations ?? []), ...(evidence.anonymous?.operations ?? [])]
    .filter(({ operation }) => operation === 'initialize')
    .map(({ exchange }) => header(exchange.answer, 'mcp-session-id'));
  const ends = [...new Set(opened)].map(async (shown, index) => {
    const session = doors.concealed(shown);
    if (session === undefined) return [];
    const { answer } = await doors.http.ask({
      id: `tidy/session-${index + 1}`,
      asks: `DELETE of ${shown}, which this run opened`,
      method: 'DELETE',
      url: target.server.url,
      headers: [
        ['Mcp-Session-Id', session],
        ...(target.tokens.good === undefined ? [] : [['Authorization', ['Bearer ', target.tokens.good]] as const]),
      ],
    });
    const ended = answer !== undefined && (answer.status < 300 || NOTHING_LEFT.includes(answer.status));
    return ended ? [] : [`${shown}, a session that ends by itself`];
  });
  return (await Promise.all(ends)).flat();
}
