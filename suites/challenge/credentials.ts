import { describe, isServed, isServerError } from '../../fixtures/protocol/answers.ts';
import { CREDENTIAL_TRIALS, credentialRow, REFLECTION_MARK } from '../../fixtures/trials/credentials.ts';
import { defineCheck, fail, pass } from '../check.ts';
import { answering, golden, result, unauthorized } from '../golden.ts';
import { gather, quote, unsettled, withoutControl } from './refusals.ts';

const NO_TOKEN = CREDENTIAL_TRIALS.filter((trial) => credentialRow(trial).kind !== 'invalid');
const TRIALS = NO_TOKEN.map((trial) => `credentials/${trial}`);

export const refusesWhatIsNoToken = defineCheck({
  id: 'challenge/refuses-what-is-no-token',
  title: 'Serves nobody whose Authorization field holds no token',
  keyword: 'MUST',
  severity: 'critical',
  party: 'mcp-server',
  pillar: 'server-side-validation',
  requirements: [
    'MCP-challenge-401-invalid-token',
    'MCP-challenge-400-malformed',
    'RFC6750-2.1-b64token-syntax',
    'A68',
    'A69',
    'A72',
    'A73',
  ],
  assurance: 'token',
  needs: ['anonymous', 'credentials'],
  uses: ['control'],
  trials: TRIALS,
  reasons: {
    served: {
      says: 'An Authorization field without a usable token is taken for a credential.',
      fix: {
        general:
          'Take the token only from `Authorization: Bearer <token68>`, refuse everything else, and never compare with empty, null or undefined values.',
      },
    },
  },
  judge(evidence) {
    const breaches = NO_TOKEN.filter((trial) => isServed(evidence.credentials[trial])).map((trial) => ({
      reason: 'served' as const,
      actual: `${credentialRow(trial).asks}: ${describe(evidence.credentials[trial])}`,
      at: evidence.credentials[trial].id,
    }));
    if (breaches.length > 0) return fail(gather(breaches, 'status 401, or 400 where the field is malformed'));
    return (
      unsettled(NO_TOKEN.map((trial) => evidence.credentials[trial])) ??
      withoutControl(evidence) ??
      pass(`${NO_TOKEN.length} values that hold no token were refused`)
    );
  },
  examples: {
    pass: [{ says: 'all refused', evidence: golden }],
    fail: {
      served: { says: 'Bearer null is served', evidence: answering(/^credentials\/null-token/, result({ tools: [] })) },
    },
  },
});

export const survivesMalformedCredentials = defineCheck({
  id: 'challenge/survives-malformed-credentials',
  title: 'Refuses a malformed Authorization field without failing',
  keyword: 'SHOULD',
  severity: 'medium',
  party: 'mcp-server',
  requirements: ['RFC6750-2.1-b64token-syntax', 'MCP-challenge-400-malformed', 'A68'],
  assurance: 'anonymous',
  needs: ['credentials'],
  trials: TRIALS,
  reasons: {
    'server-error': {
      says: 'A malformed Authorization field makes the server fail.',
      fix: {
        general:
          'Parse the field defensively: whatever does not match `Bearer <token68>` is answered with 401 or 400, never with an exception.',
      },
    },
  },
  judge({ credentials }) {
    const answered = NO_TOKEN.filter((trial) => credentials[trial].answer !== undefined);
    const breaches = answered
      .filter((trial) => isServerError(credentials[trial].answer))
      .map((trial) => ({
        reason: 'server-error' as const,
        actual: `${credentialRow(trial).asks}: ${describe(credentials[trial])}`,
        at: credentials[trial].id,
      }));
    if (breaches.length > 0) return fail(gather(breaches, 'status 400 or 401'));
    return (
      unsettled(NO_TOKEN.map((trial) => credentials[trial])) ??
      pass(`${answered.length} odd values were answered without a server error`)
    );
  },
  examples: {
    pass: [{ says: '400 and 401', evidence: golden }],
    fail: { 'server-error': { says: '500 for a quote', evidence: answering(/^credentials\/quotes/, { status: 500 }) } },
  },
});

export const reflectsNoCredentials = defineCheck({
  id: 'challenge/reflects-no-credentials',
  title: 'Repeats nothing of a refused credential in its header',
  keyword: 'SHOULD',
  severity: 'medium',
  party: 'mcp-server',
  requirements: ['RFC6750-3-error-charset', 'A68'],
  assurance: 'anonymous',
  needs: ['credentials'],
  trials: TRIALS,
  reasons: {
    reflected: {
      says: 'A header field of the refusal repeats the credential that was sent: tokens get into logs, and header injection comes near.',
      fix: { general: 'Use fixed texts in error_description and in all header fields of a refusal.' },
    },
  },
  judge({ credentials }) {
    const breaches = NO_TOKEN.flatMap((trial) =>
      (credentials[trial].answer?.headers ?? [])
        .filter(([, value]) => value.includes(REFLECTION_MARK))
        .map(([name, value]) => ({
          reason: 'reflected' as const,
          actual: `${name}: ${quote(value)}`,
          at: credentials[trial].id,
        })),
    );
    if (breaches.length > 0) return fail(gather(breaches, 'header fields without any part of the credential'));
    return unsettled(NO_TOKEN.map((trial) => credentials[trial])) ?? pass('no header field repeats a credential');
  },
  examples: {
    pass: [{ says: 'fixed texts', evidence: golden }],
    fail: {
      reflected: {
        says: 'the token in error_description',
        evidence: answering(
          /^credentials\/two-words/,
          unauthorized(`Bearer error_description="${REFLECTION_MARK} is no token"`),
        ),
      },
    },
  },
});

export const credentialChecks = [refusesWhatIsNoToken, survivesMalformedCredentials, reflectsNoCredentials];
