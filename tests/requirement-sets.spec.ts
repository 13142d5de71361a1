import { expect, test } from '@playwright/test';
import { REVISIONS } from '../fixtures/protocol/revisions.ts';
import { requiredFor, requirementSet } from '../reports/requirement-set.ts';
import { ASSURANCES } from '../suites/check.ts';
import { keywordIn } from '../suites/keyword.ts';
import { CHECKS } from '../suites/registry.ts';

// A certificate names its set: what stands in one is a promise to everybody who holds one. Where a check has to change,
// it gets a new id, and the set keeps the old one.
for (const revision of REVISIONS) {
  test(`the checks that ${revision} asks for are there, with the keyword, assurance and party they were frozen with`, () => {
    const set = requirementSet(revision);
    const now = Object.keys(set.checks).map((id) => {
      const check = CHECKS.find((each) => each.id === id);
      return [id, check && { keyword: keywordIn(check, revision), assurance: check.assurance, party: check.party }];
    });
    expect(Object.fromEntries(now)).toEqual(set.checks);
    expect(set.revision).toBe(revision);
    expect(Object.keys(set.checks).length).toBeGreaterThan(200);
    expect(Object.keys(set.checks)).toEqual(Object.keys(set.checks).toSorted());
  });

  test(`${revision} asks for obligations alone`, () => {
    const keywords = new Set(Object.values(requirementSet(revision).checks).map(({ keyword }) => keyword));
    expect([...keywords].toSorted()).toEqual(['MUST', 'SHOULD']);
  });
}

test('a level asks for all that the levels below it ask for', () => {
  const sizes = ASSURANCES.map((level) => requiredFor({ certification: { set: '2025-11-25', level } }).size);
  expect(sizes).toEqual(sizes.toSorted((a, b) => a - b));
  expect(sizes.at(-1)).toBe(Object.keys(requirementSet('2025-11-25').checks).length);
  expect(sizes[0]).toBeLessThan(sizes.at(-1)!);
});

test('a report of no certification asks for nothing', () => {
  expect(requiredFor({}).size).toBe(0);
});
