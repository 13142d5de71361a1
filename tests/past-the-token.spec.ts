/**
 * A token that gets past its check is seen to, where the server answers it with an error about the protocol because it
 * does not speak the revision it was asked in. The MCP SDK v1 behind a guard speaks 2025-11-25 and older.
 */
import { expect, test } from '@playwright/test';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { run } from '../engine/run.ts';
import type { Exchange } from '../fixtures/evidence.ts';
import { parseProfile } from '../fixtures/profile/profile.ts';
import { isAboutTheMessage } from '../fixtures/protocol/answers.ts';
import type { Report } from '../reports/report.ts';
import type { Check } from '../suites/check.ts';
import { answering, golden, goldenFacts } from '../suites/golden.ts';
import { CHECKS } from '../suites/registry.ts';
import { type Guard, type GuardedServer, startGuardedServer } from './real/express-jwt-bearer.ts';

const UNSIGNED = 'access-tokens/refuses-unsigned-tokens';
const FORM = 'access-tokens/answers-401-to-tokens-it-refuses';

const bearerOf = (authorization: string | undefined) => /^Bearer (\S+)$/i.exec(authorization ?? '')?.[1];

/** Believes alg none, as long as the claims are those of a good token. */
const believingAlgNone: Guard = (conforming, world) => (request, response, next) => {
  const token = bearerOf(request.headers.authorization);
  try {
    if (token !== undefined && decodeProtectedHeader(token).alg === 'none') {
      const payload = decodeJwt(token);
      if (payload.iss === world.issuer) {
        Object.assign(request, { auth: { header: decodeProtectedHeader(token), payload, token } });
        return next();
      }
    }
  } catch {
    // No JWT: the guard says so.
  }
  conforming(request, response, next);
};

async function reportOf({ url }: GuardedServer, more = '', env: Record<string, string> = {}): Promise<Report> {
  const { profile } = await parseProfile(`server: { url: "${url}" }\n${more}`, { file: 'p.yaml', env });
  return (await run(profile, { mode: 'gate' })).report;
}

const entry = (report: Report, id: string) => report.checks.find((check) => check.id === id)!;

test.describe('a server of the session era', () => {
  test('that accepts alg none is found out without a token', async () => {
    const server = await startGuardedServer({}, 'conforming', believingAlgNone);
    try {
      const report = await reportOf(server);
      expect(entry(report, UNSIGNED)).toMatchObject({ outcome: 'failed', severity: 'critical' });
      expect(entry(report, FORM).outcome).not.toBe('failed');
    } finally {
      await server.close();
    }
  });

  test('that refuses forged tokens fails none of these checks without a token', async () => {
    const server = await startGuardedServer({});
    try {
      const report = await reportOf(server);
      expect(entry(report, UNSIGNED).outcome).toBe('out-of-scope');
      expect(entry(report, FORM).outcome).toBe('passed');
    } finally {
      await server.close();
    }
  });
});

const check = (id: string): Check => CHECKS.find((each) => each.id === id)!;

const error = (code: number, message: string) => ({
  status: 400,
  body: JSON.stringify({ jsonrpc: '2.0', id: null, error: { code, message } }),
});

for (const [name, answer] of [
  [
    'an unsupported version',
    error(-32000, 'Bad Request: Unsupported protocol version (supported versions: 2025-11-25)'),
  ],
  ['a missing session', error(-32000, 'Bad Request: Mcp-Session-Id header is required')],
  ['an unknown method', error(-32601, 'Method not found')],
] as const) {
  test(`an error about ${name} is no refusal of a token, and no proof that it was accepted`, () => {
    const evidence = answering(/^forgedTokens\/alg-none$/, answer);
    expect(check(UNSIGNED).judge(evidence, goldenFacts)).toMatchObject({
      kind: 'untested',
      because: expect.stringContaining('about the message and not about the token'),
    });
    expect(check(FORM).judge(evidence, goldenFacts).kind).toBe('pass');
  });
}

test('an error that speaks of the token is a refusal, with whatever status', () => {
  const evidence = answering(/^forgedTokens\/alg-none$/, error(-32000, 'Invalid token'));
  expect(check(UNSIGNED).judge(evidence, goldenFacts).kind).toBe('pass');
  expect(check(FORM).judge(evidence, goldenFacts)).toMatchObject({ kind: 'fail' });
});

test('a 401 is about the token, whatever its body says', () => {
  const plain: Exchange = golden.challenge.fromBrowser;
  const body = JSON.stringify({ jsonrpc: '2.0', id: null, error: { code: -32000, message: 'Session expired' } });
  const answered = { ...plain, answer: { ...plain.answer!, body } } as Exchange;
  expect(isAboutTheMessage(answered)).toBe(false);
});
