/**
 * A server that looks for the session before it looks at the token: without one each message but `initialize` gets 400,
 * token or not, as in the session examples of the MCP SDK with a guard behind them. It judges the token of every message.
 */
import { randomUUID } from 'node:crypto';
import { test as base, expect } from '@playwright/test';
import express from 'express';
import { run } from '../engine/run.ts';
import type { EvidenceMap } from '../fixtures/evidence.ts';
import { parseProfile } from '../fixtures/profile/profile.ts';
import { answer, answeredWith, golden, goldenFacts, result, type ShortAnswer, unauthorized } from '../suites/golden.ts';
import { CHECKS } from '../suites/registry.ts';
import { type Guard, type GuardedServer, startGuardedServer } from './real/express-jwt-bearer.ts';

const BEYOND = 'access-tokens/refuses-tools-beyond-the-scope';
const WITHOUT = 'access-tokens/runs-no-tool-without-its-scope';

/** @param opened ids of the sessions there are */
const sessionFirst =
  (opened: Set<string>): Guard =>
  (conforming) =>
  (request, response, next) =>
    express.json()(request, response, () => {
      if (request.body?.method === 'initialize') {
        const writeHead = response.writeHead.bind(response);
        response.writeHead = ((status: number, ...more: readonly never[]) => {
          const id = randomUUID();
          if (status === 200) response.setHeader('Mcp-Session-Id', id);
          if (status === 200) opened.add(id);
          return writeHead(status, ...more);
        }) as typeof response.writeHead;
        return conforming(request, response, next);
      }
      const id = request.get('Mcp-Session-Id');
      if (id !== undefined && opened.has(id)) return conforming(request, response, next);
      const message = id === undefined ? 'Bad Request: Mcp-Session-Id header is required' : 'Session not found';
      response
        .status(id === undefined ? 400 : 404)
        .json({ jsonrpc: '2.0', id: null, error: { code: -32000, message } });
    });

const test = base.extend<{ server: GuardedServer }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the fixtures' names from this pattern.
  server: async ({}, use) => {
    const server = await startGuardedServer({}, 'conforming', sessionFirst(new Set()));
    await use(server);
    await server.close();
  },
});

async function outcomeOf(id: string, { url, world }: GuardedServer, more: string, env: Record<string, string>) {
  const yaml = `server: { url: "${url}", safeTool: { name: greet }, tools: { greet: [mcp:tools] } }\n${more}`;
  const { profile } = await parseProfile(yaml, {
    file: 'p.yaml',
    env: { ...env, GOOD: await world.mint({ claims: { aud: url } }) },
  });
  const { report } = await run(profile, { mode: 'gate', only: [id] });
  return report.checks[0];
}

test('its tools are called in the session there is with tokens of too little scope', async ({ server }) => {
  const key = await server.world.signingKey();
  expect(
    await outcomeOf(WITHOUT, server, `tokens: { good: "\${GOOD}" }\nissuer: { signingKey: "\${KEY}" }`, {
      KEY: JSON.stringify(key),
    }),
  ).toMatchObject({ outcome: 'passed', seen: expect.stringMatching(/calls of greet were refused/) });
});

test('a narrow token that may open no session is tried in that of the good one', async ({ server }) => {
  expect(
    await outcomeOf(BEYOND, server, `tokens: { good: "\${GOOD}", narrow: "\${NARROW}" }`, {
      NARROW: await server.world.mint({ claims: { aud: server.url, scope: 'openid' } }),
    }),
  ).toMatchObject({ outcome: 'passed', seen: '403 for greet' });
});

test.describe('what a narrow token gets in the session of the good one', () => {
  const judged = (short: ShortAnswer) => {
    const narrow = golden.otherTokens.narrow!;
    const headers = [['Mcp-Session-Id', '«session 1»']] as const;
    const otherTokens: EvidenceMap['otherTokens'] = {
      ...golden.otherTokens,
      narrow: {
        ...narrow,
        control: answeredWith(narrow.control, answer({ status: 403 })),
        asked: narrow.asked.map((asked) => ({
          ...asked,
          exchange: answeredWith(asked.exchange, answer(short), { request: { ...asked.exchange.request, headers } }),
        })),
      },
    };
    return CHECKS.find(({ id }) => id === BEYOND)!.judge({ ...golden, otherTokens }, goldenFacts);
  };

  for (const [says, short] of [
    ['404', { status: 404 }],
    ['401', unauthorized('Bearer error="invalid_token"')],
  ] as const) {
    test(`may be ${says}, where the session is of one token`, () => {
      expect(judged(short)).toMatchObject({
        kind: 'pass',
        seen: expect.stringContaining(`403 for initialize, and in the session of the good token status ${says}`),
      });
    });
  }

  test('is a finding where the tool runs', () => {
    expect(judged(result({ content: [] }))).toMatchObject({ kind: 'fail', findings: [{ reason: 'tool-ran' }] });
  });
});
