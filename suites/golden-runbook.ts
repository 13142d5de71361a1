import type { EvidenceMap, Exchange } from '../fixtures/evidence.ts';
import { RUNBOOK_STEPS, type RunbookEvidence, type RunbookStep } from '../fixtures/runbook-evidence.ts';
import { grant, type ShortGrant } from './golden-authorization.ts';

/** Evidence of a client whose secret was replaced, and which was then deleted, by way of the Management API. */

/** Who is let in so far as to be told of the code, and who is not (RFC 6749 5.2). */
export const LET_IN: ShortGrant = { status: 403, body: { error: 'invalid_grant' } };
export const NOT_LET_IN: ShortGrant = { status: 401, body: { error: 'invalid_client' } };

const STEPS: Readonly<Record<RunbookStep, ShortGrant>> = {
  secret: LET_IN,
  'wrong-secret': NOT_LET_IN,
  rotate: { status: 200, body: { client_id: 'golden', client_secret: '«client_secret 9»' } },
  'old-secret': NOT_LET_IN,
  'new-secret': LET_IN,
  delete: { status: 204, body: {} },
  'deleted-secret': NOT_LET_IN,
};

const step = (name: RunbookStep, short: ShortGrant): Exchange =>
  grant(`runbook/${name}`, `with ${name.replaceAll('-', ' ')}`, short).exchange;

export const goldenRunbook: RunbookEvidence = {
  runbook: {
    asked: Object.fromEntries(RUNBOOK_STEPS.map((name) => [name, step(name, STEPS[name])])),
    refreshed: {
      before: grant('runbook/refresh', 'with the refresh token of that client'),
      after: grant('runbook/refresh-after-delete', 'with the refresh token of that client', NOT_LET_IN),
    },
  },
};

/** The evidence, but these steps were answered so; `undefined`: not asked. */
export function inTheRunbook<E extends Pick<EvidenceMap, 'runbook'>>(
  evidence: E,
  answers: Readonly<Partial<Record<RunbookStep, ShortGrant | undefined>>>,
  changes: Partial<EvidenceMap['runbook']> = {},
): E {
  const { asked, ...rest } = evidence.runbook;
  const answered = Object.fromEntries(
    RUNBOOK_STEPS.flatMap((name) => {
      const short = answers[name];
      const exchange = short === undefined ? asked[name] : step(name, short);
      return exchange === undefined || (name in answers && short === undefined) ? [] : [[name, exchange]];
    }),
  );
  return { ...evidence, runbook: { ...rest, ...changes, asked: answered } };
}
