/** Tools that are not called, because they may do something when they run, are named, with what would have them called. */
import { expect, test } from '@playwright/test';
import type { EvidenceMap, NotCalled } from '../fixtures/evidence.ts';
import { toolsNotToTry, toolsToTry } from '../fixtures/probes/ask.ts';
import type { Target } from '../fixtures/target.ts';
import type { Verdict } from '../suites/check.ts';
import { golden, goldenFacts } from '../suites/golden.ts';
import { CHECKS } from '../suites/registry.ts';

const judge = (id: string, evidence: EvidenceMap): Verdict =>
  CHECKS.find((check) => check.id === id)!.judge(evidence, goldenFacts);

const WRITE: NotCalled = { tool: 'write-note', needed: ['notes:write'] };
const BEYOND = 'access-tokens/refuses-tools-beyond-the-scope';

function narrowed(scope: string, notCalled: readonly NotCalled[]): EvidenceMap {
  const narrow = golden.otherTokens.narrow!;
  const token = { ...narrow.token, claims: { ...narrow.token.claims, scope } };
  return { ...golden, otherTokens: { ...golden.otherTokens, narrow: { ...narrow, token, notCalled } } };
}

test('a check of scopes that passes names the tools it did not call', () => {
  const scopeTrials = { ...golden.scopeTrials, notCalled: [WRITE] };
  const verdict = judge('access-tokens/runs-no-tool-without-its-scope', { ...golden, scopeTrials });
  expect(verdict).toMatchObject({ kind: 'pass', seen: expect.stringMatching(/allow: \[writes\].*: write-note$/) });
});

test('a narrow token that lacks scopes of such a tool alone is out of scope, and not called wide', () => {
  expect(judge(BEYOND, narrowed('mcp:tools mcp:identity', [WRITE]))).toMatchObject({
    kind: 'out-of-scope',
    because: expect.stringContaining('write-note'),
    unlock: expect.stringContaining('allow: [writes]'),
  });
});

test('a narrow token with the scopes of every tool is called so', () => {
  expect(judge(BEYOND, narrowed('mcp:tools mcp:identity notes:write', [WRITE]))).toMatchObject({
    kind: 'untested',
    because: 'tokens.narrow has the scopes of every tool in server.tools',
  });
});

test('the harmless tool is called, another one with allow: [writes] only, and one without scopes not at all', () => {
  const target = (allow: Target['allow']) =>
    ({
      server: {
        tools: { read: ['notes:read'], write: ['notes:write'], ping: [] },
        safeTool: { name: 'read', arguments: {} },
      },
      allow,
    }) as unknown as Target;
  expect(toolsToTry(target([])).map(([name]) => name)).toEqual(['read']);
  expect(toolsNotToTry(target([])).map(({ tool }) => tool)).toEqual(['write']);
  expect(toolsToTry(target(['writes'])).map(([name]) => name)).toEqual(['read', 'write']);
  expect(toolsNotToTry(target(['writes']))).toEqual([]);
});
