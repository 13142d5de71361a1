/**
 * MCP 2026-07-28, "Step-Up Authorization Flow": servers account for scope hierarchies, where a broader scope implies
 * narrower ones. Which does, the profile says; where it says nothing, a hierarchy is possible and no MUST is broken.
 */
import { expect, test } from '@playwright/test';
import type { EvidenceMap } from '../fixtures/evidence.ts';
import { parseProfile } from '../fixtures/profile/profile.ts';
import { grants, scopeTrial } from '../fixtures/trials/scopes.ts';
import type { Check, Facts } from '../suites/check.ts';
import { answer, answeredWith, answering, golden, goldenFacts, result } from '../suites/golden.ts';
import { CHECKS } from '../suites/registry.ts';

const check = (id: string): Check => CHECKS.find((each) => each.id === `access-tokens/${id}`)!;

const IMPLIES = { 'notes:admin': ['notes:write'], 'notes:write': ['notes:read'] };

const facts = (implies?: Facts['server']['implies']): Facts => ({
  ...goldenFacts,
  server: { ...goldenFacts.server, ...(implies && { implies }) },
});

/** Tools that each need a scope, and that run for a token with another. */
function ranFor(scope: string): EvidenceMap {
  const narrow = golden.otherTokens.narrow!;
  const [asked] = narrow.asked;
  const exchange = answeredWith(asked!.exchange, answer(result({ content: [] })));
  const read = { ...asked!, exchange, tool: 'read-note', needed: ['notes:read'] };
  const token = { ...narrow.token, claims: { ...narrow.token.claims, scope } };
  const notCalled = [{ tool: 'write-note', needed: ['notes:write'] }];
  return { ...golden, otherTokens: { ...golden.otherTokens, narrow: { ...narrow, token, asked: [read], notCalled } } };
}

test.describe('a narrow token', () => {
  const beyond = check('refuses-tools-beyond-the-scope');

  test('that runs a tool with a broader scope, as the profile says, is none', () => {
    for (const scope of ['notes:write', 'notes:admin']) {
      expect(beyond.judge(ranFor(scope), facts(IMPLIES))).toMatchObject({
        kind: 'untested',
        because: 'tokens.narrow has the scopes of every tool in server.tools',
      });
    }
  });

  test('with the scope of another tool breaks no MUST where nobody says what implies what', () => {
    for (const implies of [undefined, { 'notes:read': ['notes:list'] }, { 'notes:write': ['constructor'] }]) {
      expect(beyond.judge(ranFor('notes:write'), facts(implies))).toMatchObject({
        kind: 'fail',
        findings: [{ reason: 'ran-for-another-scope' }],
      });
    }
    const { keyword, says } = beyond.reasons['ran-for-another-scope']!;
    expect(keyword).toBe('SHOULD');
    expect(says).toContain('server.implies');
  });

  test('with no scope of any tool breaks a MUST, and one that only sounds broader does as well', () => {
    for (const scope of ['openid', 'notes', 'constructor']) {
      const verdict = beyond.judge(ranFor(scope), facts(IMPLIES));
      expect(verdict).toMatchObject({ kind: 'fail', findings: [{ reason: 'tool-ran' }] });
    }
    expect(beyond.reasons['tool-ran']?.keyword).toBeUndefined();
  });

  test('with one of the scopes that a tool needs breaks a MUST: the operator says that it needs them all', () => {
    const evidence = answering(/^otherTokens\/narrow\//, result({ content: [] }));
    expect(beyond.judge(evidence, facts())).toMatchObject({ kind: 'fail', findings: [{ reason: 'tool-ran' }] });
  });
});

test.describe('tokens that the issuer’s key signs', () => {
  const declared = ['notes:read', 'notes:write', 'notes:admin', 'files:read'];
  const claimsOf = (trial: Parameters<typeof scopeTrial>[0], needed: readonly string[], plain = 'notes:read') =>
    scopeTrial(trial).claims({ scope: plain }, needed, declared, IMPLIES);

  test('have no scope that implies the needed one', () => {
    expect(claimsOf('scope-of-other-tools', ['notes:read'])).toEqual({ claims: { scope: 'files:read' } });
    expect(claimsOf('scope-of-other-tools', ['notes:write'], 'notes:write')).toEqual({
      claims: { scope: 'notes:read files:read' },
    });
    const unfit = scopeTrial('scope-of-other-tools').claims(
      { scope: 'notes:read' },
      ['notes:read'],
      ['notes:read', 'notes:admin'],
      IMPLIES,
    );
    expect(unfit).toMatchObject({ unfit: 'not-applicable' });
  });

  test('lack a part only where the others do not imply it', () => {
    const both = ['notes:read', 'notes:write'];
    expect(claimsOf('scope-without-first', both, both.join(' '))).toMatchObject({ unfit: 'not-applicable' });
    expect(claimsOf('scope-without-last', both, both.join(' '))).toEqual({ claims: { scope: 'notes:read' } });
  });

  test('lose the broader scope as well, where that is what the good token has', () => {
    expect(grants({ claims: { scope: 'notes:admin' } }, ['notes:read'], IMPLIES)).toBe(true);
    expect(grants({ claims: { scope: 'notes:admin' } }, ['notes:read'])).toBe(false);
    expect(claimsOf('scope-empty', ['notes:read'], 'notes:admin')).toEqual({ claims: { scope: '' } });
  });
});

test('a challenge that names the broader scope names what is missing', () => {
  const broader = answering(/^scopeTrials\/scope-/, {
    status: 403,
    headers: { 'WWW-Authenticate': 'Bearer error="insufficient_scope", scope="mcp:tools mcp:admin"' },
  });
  const { judge } = check('names-all-needed-scopes-at-once');
  expect(judge(broader, facts()).kind).toBe('fail');
  expect(judge(broader, facts({ 'mcp:admin': ['mcp:write'] })).kind).toBe('pass');
});

test('the profile says which scope implies which', async () => {
  const of = async (implies: string) =>
    parseProfile(`server: { url: "https://mcp.example.com/mcp", implies: ${implies} }`, { file: 'p.yaml', env: {} });
  const { profile } = await of('{ "notes:write": [notes:read] }');
  expect(profile.server?.implies).toEqual({ 'notes:write': ['notes:read'] });
  await expect(of('{ "notes:write": "notes:read" }')).rejects.toThrow(/server\.implies/);
});
