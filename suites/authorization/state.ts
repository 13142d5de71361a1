import type { EvidenceMap } from '../../fixtures/evidence.ts';
import { type Left, parameter } from '../../fixtures/journey.ts';
import { checks, defineCheck, type Finding, fail, notApplicable, pass } from '../check.ts';
import { golden } from '../golden.ts';
import { ending, redirect } from '../golden-authorization.ts';
import { type Response, responsesIn } from './answers.ts';
import { placesOf } from './requests.ts';

type Wrong = 'lost' | 'lost-in-errors' | 'changed' | 'invented';

const STATE_KEPT =
  'Keep the state of the request until it is answered, and send it back character by character, encoded once, in success and in error responses (RFC 6749 4.1.2, 4.1.2.1).';

export const sendsTheStateBackUnchanged = defineCheck({
  id: 'authorization/sends-the-state-back-unchanged',
  title: 'Sends the state of a request back as it came, in success and in error',
  keyword: 'MUST',
  severity: 'high',
  party: 'authorization-server',
  pillar: 'token-issuance',
  requirements: ['B29', 'B29b', 'RFC6749-4.1.2-state-echo'],
  assurance: 'sign-in',
  needs: ['signIn', 'authorizations'],
  trials: ['authorizations/state-reserved-characters', 'authorizations/state-missing'],
  reasons: {
    lost: {
      says: 'A code comes back without the state of its request: clients that check it refuse the answer, and others cannot tell whose it is.',
      fix: { general: STATE_KEPT },
    },
    'lost-in-errors': {
      says: 'Errors come back without the state of their request, so clients cannot tell which of their requests failed.',
      fix: { general: STATE_KEPT },
    },
    changed: {
      says: 'The state comes back changed, and clients that compare it refuse the answer.',
      fix: { general: STATE_KEPT },
    },
    invented: {
      says: 'The answer to a request without state has one.',
      fix: { general: 'Leave state out of the answer where the request has none (RFC 6749 4.1.2).' },
      keyword: 'ADVICE',
    },
  },
  judge(evidence) {
    const responses = responsesIn(evidence);
    if (responses.length === 0) return notApplicable('no answer came back to a client');
    const found = new Map<Wrong, Finding<Wrong>>();
    for (const response of responses) {
      const reason = wrongIn(response);
      if (reason !== undefined && !found.has(reason)) found.set(reason, findingOf(reason, response));
    }
    if (found.size > 0) return fail([...found.values()]);
    const errors = responses.filter(({ kind }) => kind === 'error').length;
    return pass(`${responses.length} answers, ${errors} of them errors, have the state of their requests`);
  },
  examples: {
    pass: [{ says: 'each as it came', evidence: golden }],
    fail: {
      lost: { says: 'none beside a code', evidence: coded({}) },
      'lost-in-errors': {
        says: 'none beside an error',
        evidence: ending(golden, 'consent-declined', redirect({ error: 'access_denied' })),
      },
      changed: { says: 'encoded twice', evidence: coded({ state: 'a%26b' }) },
      invented: {
        says: 'an empty one',
        evidence: ending(golden, 'state-missing', redirect({ code: '«code»', state: '' })),
      },
    },
  },
});

function coded(parameters: Readonly<Record<string, string>>): EvidenceMap {
  return ending(golden, 'state-reserved-characters', redirect({ code: '«code»', ...parameters }));
}

function wrongIn({ end, kind, state }: Response): Wrong | undefined {
  const given = parameter(end, 'state');
  if (given === state) return undefined;
  if (state === undefined) return 'invented';
  if (given !== undefined) return 'changed';
  return kind === 'error' ? 'lost-in-errors' : 'lost';
}

function findingOf(reason: Wrong, { asked, end, state }: Response): Finding<Wrong> {
  return {
    reason,
    expected: state === undefined ? 'no state' : `state ${JSON.stringify(state)}`,
    actual: `${asked.journey.asks}: ${shown(end)}`,
    at: placesOf(asked),
  };
}

const shown = (end: Left) => {
  const given = parameter(end, 'state');
  return given === undefined ? 'no state' : `state ${JSON.stringify(given)}`;
};

export const stateChecks = checks(sendsTheStateBackUnchanged);
