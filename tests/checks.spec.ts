import { expect, test } from '@playwright/test';
import fc from 'fast-check';
import { PROBES } from '../fixtures/probes/index.ts';
import { REVISIONS } from '../fixtures/protocol/revisions.ts';
import { AREAS, type Check, type Example, type Facts } from '../suites/check.ts';
import { golden, goldenFacts } from '../suites/golden.ts';
import { CHECKS } from '../suites/registry.ts';
import { requirements } from '../suites/requirements/index.ts';

const factsFor = (check: Check, example?: Example): Facts => ({
  ...goldenFacts,
  revisions: [check.since !== undefined && check.since > '2025-11-25' ? check.since : goldenFacts.revisions[0]!],
  ...example?.facts,
});

const judge = (check: Check, example: Example) =>
  check.judge(structuredClone(example.evidence), factsFor(check, example));

test('there are checks, each of its own', () => {
  expect(CHECKS.length).toBeGreaterThanOrEqual(25);
  expect(new Set(CHECKS.map(({ id }) => id)).size).toBe(CHECKS.length);
  expect(new Set(CHECKS.map(({ title }) => title)).size).toBe(CHECKS.length);
});

for (const check of CHECKS) {
  test.describe(check.id, () => {
    test('is declared whole', () => {
      const [area, name] = check.id.split('/');
      expect(Object.keys(AREAS)).toContain(area);
      expect(name).toMatch(/^[a-z0-9]+(-[a-z0-9]+)+$/);
      expect(check.title).toMatch(/^[A-Z].*[^.]$/);
      expect(Object.keys(check.reasons).length).toBeGreaterThan(0);
      for (const [reason, { says, fix }] of Object.entries(check.reasons)) {
        expect(reason).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
        expect(says, reason).toMatch(/^.+\.$/s);
        expect(fix.general, reason).toMatch(/^.+[.)]$/s);
      }
      const probes = PROBES.map(({ key }) => key);
      for (const key of [...check.needs, ...(check.uses ?? [])]) expect(probes).toContain(key);
    });

    test('cites requirements that exist', () => {
      expect(check.requirements.length).toBeGreaterThan(0);
      for (const id of check.requirements) expect([...requirements().keys()], id).toContain(id);
    });

    test('judges trials that are sent', () => {
      for (const id of check.trials ?? []) {
        const [probe] = id.split('/');
        expect(PROBES.map(({ key }) => key as string)).toContain(probe);
        expect(JSON.stringify(golden)).toContain(`"${id}"`);
      }
    });

    for (const example of check.examples.pass) {
      test(`passes: ${example.says}`, () => {
        expect(judge(check, example)).toMatchObject({ kind: 'pass', seen: expect.stringMatching(/./) });
      });
    }

    for (const [reason, example] of Object.entries(check.examples.fail)) {
      test(`fails with ${reason}: ${example.says}`, () => {
        const verdict = judge(check, example);
        expect(verdict.kind).toBe('fail');
        if (verdict.kind !== 'fail') return;
        expect([...new Set(verdict.findings.map((finding) => finding.reason))]).toEqual([reason]);
        for (const finding of verdict.findings) {
          expect(finding.expected).not.toBe('');
          expect(finding.actual).not.toBe('');
          expect(finding.actual).not.toContain('undefined');
          expect(finding.at.length).toBeGreaterThan(0);
        }
      });
    }

    test('says the same of the same evidence, and changes nothing', () => {
      const evidence = structuredClone(golden);
      const facts = structuredClone(factsFor(check));
      const frozen = JSON.stringify([evidence, facts]);
      const first = check.judge(deepFreeze(evidence), deepFreeze(facts));
      expect(check.judge(structuredClone(golden), structuredClone(facts))).toEqual(first);
      expect(JSON.stringify([evidence, facts])).toBe(frozen);
    });

    test('what was not sent is neither a pass nor a failure', () => {
      const unsent = { failure: { kind: 'budget', message: 'not sent' } };
      const judged =
        (check.trials ?? []).length > 0 ? new Set((check.trials ?? []).map((id) => id.split('/')[0]!)) : undefined;
      test.skip(judged === undefined, 'it judges no trials');
      const evidence = withAnswers(golden, (id) => (judged!.has(id.split('/')[0]!) ? unsent : undefined));
      expect(check.judge(evidence as never, factsFor(check)).kind).toMatch(/^(untested|not-applicable)$/);
    });

    test('never throws, whatever a target answers', () => {
      fc.assert(
        fc.property(fc.infiniteStream(hostileAnswer), fc.constantFrom(...REVISIONS), (answers, revision) => {
          const evidence = withAnswers(golden, () => answers.next().value);
          const verdict = check.judge(evidence as never, { ...goldenFacts, revisions: [revision] });
          expect(['pass', 'fail', 'not-applicable', 'untested']).toContain(verdict.kind);
        }),
        { numRuns: 25 },
      );
    });
  });
}

test('each reason fails in one area only and is explained once', () => {
  const says = CHECKS.flatMap((check) => Object.values(check.reasons).map((reason) => reason.says));
  expect(new Set(says).size).toBe(says.length);
});

/** Answers with any status, field values full of quotes and commas, and any JSON for a body, or none at all. */
const hostileAnswer = fc.oneof(
  {
    weight: 1,
    arbitrary: fc.record({
      failure: fc.record({ kind: fc.constantFrom('dns', 'tls', 'reset', 'timeout'), message: fc.string() }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      answer: fc.record({
        status: fc.constantFrom(100, 200, 202, 204, 302, 400, 401, 401, 401, 403, 404, 405, 429, 500, 503, 599),
        headers: fc.array(
          fc.tuple(
            fc.constantFrom(
              'WWW-Authenticate',
              'www-authenticate',
              'Content-Type',
              'Location',
              'Allow',
              'x-amzn-remapped-www-authenticate',
              'Access-Control-Allow-Origin',
              'Access-Control-Allow-Credentials',
            ),
            fc.oneof(
              fc.string(),
              fc.constantFrom('text/event-stream', 'application/json', 'https://%', '//', 'true', 'null'),
              fc
                .array(
                  fc.constantFrom(
                    'Bearer',
                    ' ',
                    ',',
                    '=',
                    '"',
                    '\\',
                    'realm',
                    'scope',
                    'resource_metadata',
                    'error',
                    'DPoP',
                    'ä',
                    'a b',
                  ),
                )
                .map((parts) => parts.join('')),
            ),
          ),
          { maxLength: 4 },
        ),
        body: fc.oneof(
          fc.json(),
          fc.string(),
          fc.constantFrom('{"jsonrpc":"2.0","id":1,"result":{}}', 'data: {"result":{}}\n\n', '[{"error":{"code":{}}}]'),
        ),
        bodyBytes: fc.nat(),
        truncated: fc.boolean(),
      }),
    }),
  },
);

/** The same evidence with other answers; `undefined` keeps the one there is. */
function withAnswers(value: unknown, next: (id: string) => object | undefined): unknown {
  if (Array.isArray(value)) return value.map((each) => withAnswers(each, next));
  if (typeof value !== 'object' || value === null) return value;
  if ('asks' in value && 'request' in value) {
    const replaced = next(String((value as { id?: unknown }).id));
    if (replaced === undefined) return value;
    const { answer: _, ...rest } = value as Record<string, unknown>;
    return { ...rest, ...replaced };
  }
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withAnswers(inner, next)]));
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    Object.freeze(value);
    for (const inner of Object.values(value)) deepFreeze(inner);
  }
  return value;
}
