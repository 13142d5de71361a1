/** Origins of nobody's: how they are written for each kind of host, and what their refusal may look like. */
import { expect, test } from '@playwright/test';
import type { EvidenceMap } from '../fixtures/evidence.ts';
import { clientOrigins, ORIGINS } from '../fixtures/trials/origins.ts';
import { answeredWith, answering, golden, goldenFacts } from '../suites/golden.ts';
import { CHECKS } from '../suites/registry.ts';

for (const [server, origin] of [
  ['http://127.0.0.1:9402/mcp', 'http://evil-127.0.0.1:9402'],
  ['http://[::1]:9402/mcp', 'http://evillocalhost:9402'],
  ['http://localhost:8080/mcp', 'http://evillocalhost:8080'],
  ['https://example.com/mcp', 'https://evilexample.com'],
  // evil-mcp.example.com would be a subdomain of the operator's own domain.
  ['https://mcp.example.com/mcp', 'https://evilexample.com'],
] as const) {
  test(`before the origin of ${server} stands what makes it another's`, () => {
    expect(ORIGINS.prefixed.origin(new URL(server))).toBe(origin);
  });
}

test('of the clients that are declared the first is resembled, and none where all pages are clients', () => {
  const origins = (declared: readonly string[]) => clientOrigins(declared).map(({ origin }) => origin);
  expect(origins(['https://app.example.com', 'https://more.example'])).toEqual([
    'https://app.example.com.evil.test',
    'https://evilexample.com',
  ]);
  expect(origins(['http://localhost:6274'])).toEqual(['http://localhost.evil.test', 'http://evillocalhost:6274']);
  expect(origins([])).toEqual([]);
  expect(origins(['https://app.example.com', '*'])).toEqual([]);
});

const ORIGIN_CHECKS = [
  'challenge/refuses-a-foreign-origin',
  'challenge/answers-403-to-a-refused-origin',
  'challenge/shares-no-credentials-with-foreign-origins',
];

const judge = (id: string, evidence: EvidenceMap) =>
  CHECKS.find((check) => check.id === id)!.judge(evidence, goldenFacts).kind;

/** Golden evidence in which the origin behind a prefix was this one, and got this status. */
function prefixed(origin: string, status: number): EvidenceMap {
  const evidence = answering(/^(?:tokenUse\/origin-|origins\/)prefixed$/, { status });
  const request = { headers: [['Origin', origin]] as const };
  const sent = ({ prefixed: each, ...others }: EvidenceMap['origins']) => ({
    ...others,
    prefixed: answeredWith(each, each.answer!, { request }),
  });
  return {
    ...golden,
    origins: sent(evidence.origins),
    tokenUse: { ...evidence.tokenUse, origins: sent(evidence.tokenUse.origins) },
  };
}

test('an Origin that no browser would send may be refused with any status', () => {
  for (const id of ORIGIN_CHECKS) {
    expect(judge(id, prefixed('http://evil-127.0.0.1:9402', 400)), id).toBe('pass');
    expect(judge(id, prefixed('http://evil-127.0.0.1:9402', 500)), id).toBe('pass');
  }
  expect(judge('challenge/answers-403-to-a-refused-origin', prefixed('http://evillocalhost:9402', 400))).toBe('fail');
});
