import { expect, test } from '@playwright/test';
import { FAULTS } from '../mock-idp/faults/index.ts';
import { renderCoverage } from '../reports/render/coverage.ts';
import { columns } from '../reports/render/text.ts';
import { type Coverage, coverageOf } from '../suites/coverage.ts';
import { CHECKS } from '../suites/registry.ts';
import { ACTORS, catalogue, LEVELS, OBSERVABLES, requirements, VERSIONS } from '../suites/requirements/index.ts';
import { AWAITED, whyUncovered } from '../suites/requirements/uncovered.ts';

for (const { catalogue: name, checked, unchecked, unexplained } of coverageOf(CHECKS)) {
  test(`every requirement of ${name} is cited by a check, or it is said why not`, () => {
    expect(unexplained).toEqual([]);
    const ids = [...Object.keys(checked), ...Object.keys(unchecked)];
    expect(ids.toSorted()).toEqual(Object.keys(catalogue(name)).toSorted());
  });
}

/** Which write to the tenant, so that no audit can observe them. */
const WRITING = ['AUTH0-cimd-register-upsert', 'AUTH0-cimd-updatable-fields'];

test('of the statements of Auth0 that can be observed, and are not about clients, 95 % are covered, each by a fault', () => {
  const all = Object.entries(catalogue('auth0'));
  const observable = all.filter(
    ([id, { actor, observable: by }]) => actor !== 'client' && by !== 'not-testable' && !WRITING.includes(id),
  );
  const killed = new Set(FAULTS.flatMap(({ trips }) => trips.map((trip) => trip.split(':')[0])));
  const byFault = CHECKS.filter(({ id }) => killed.has(id)).flatMap((check) => check.requirements);
  const open = observable.map(([id]) => id).filter((id) => !byFault.includes(id));
  const covered = observable.length - open.length;
  expect(
    covered / observable.length,
    `${covered} of ${observable.length}; open: ${open.join(', ')}`,
  ).toBeGreaterThanOrEqual(0.95);
  for (const id of open) expect(whyUncovered(id, catalogue('auth0')[id]!), id).toEqual({ because: expect.any(String) });
});

test('requirements are written in one vocabulary', () => {
  const members = [
    ...['says', 'level', 'conditional', 'actor', 'document', 'section', 'url', 'observable'],
    ...['revisions', 'levelByRevision', 'guideLevel', 'answer', 'source'],
  ];
  for (const [id, requirement] of requirements()) {
    expect(LEVELS, id).toContain(requirement.level);
    expect(ACTORS, id).toContain(requirement.actor);
    expect(OBSERVABLES, id).toContain(requirement.observable);
    const { revisions = [], levelByRevision = {}, guideLevel = 'MAY' } = requirement;
    for (const revision of [...revisions, ...Object.keys(levelByRevision)]) expect(VERSIONS, id).toContain(revision);
    for (const level of [guideLevel, ...Object.values(levelByRevision)]) expect(LEVELS, id).toContain(level);
    expect(
      Object.keys(requirement).filter((member) => !members.includes(member)),
      id,
    ).toEqual([]);
  }
});

test('what no observer can see is never said to wait', () => {
  for (const name of ['mcp', 'rfc', 'auth0'] as const) {
    for (const [id, requirement] of Object.entries(catalogue(name))) {
      if (requirement.observable !== 'not-testable') continue;
      expect(whyUncovered(id, requirement), id).toEqual({ because: expect.stringMatching(/^No request shows it/) });
    }
  }
});

test('requirements wait for the area that is about them', () => {
  const rows: Readonly<Record<string, string>> = {
    'MCP-client-pkce-s256': 'client side',
    'MCP-token-audience-validated': 'access-tokens',
    'MCP-as-pkce-enforced': 'authorization',
    'MCP-as-cimd-trust-policy': 'client-documents',
    'RFC6749-4.1.2-code-single-use': 'token-endpoint',
    'RFC6749-5.2-invalid-client-401': 'token-endpoint',
    'RFC6749-3.1.2.4-no-redirect-to-bad-uri': 'authorization',
    'RFC7591-3.2-status-201': 'registration',
    'RFC9068-4-exp-checked': 'access-tokens',
    'RFC8725-3.4-ecdsa-zero': 'access-tokens',
    'CIMD-3-https-scheme': 'client-documents',
    'AUTH0-cimd-url-https': 'client-documents',
    'AUTH0-dcr-default-grant': 'tenant',
    'AUTH0-dcr-success-shape': 'registration',
    'AUTH0-default-audience-shortcut': 'tenant',
    'AUTH0-token-exp': 'access-tokens',
    'AUTH0-pkce-third-party': 'authorization',
    A01: 'access-tokens',
    B01: 'authorization',
    C01: 'client-documents',
    D01: 'registration',
  };
  const all = { ...catalogue('mcp'), ...catalogue('rfc'), ...catalogue('auth0'), ...catalogue('attack-rows') };
  const waits = Object.keys(rows).map((id) => [id, all[id] && whyUncovered(id, all[id])]);
  expect(Object.fromEntries(waits)).toEqual(
    Object.fromEntries(Object.entries(rows).map(([id, waitsFor]) => [id, { waitsFor }])),
  );
});

test('each area that is awaited explains something', () => {
  const waiting = coverageOf(CHECKS).flatMap(({ unchecked }) =>
    Object.values(unchecked).flatMap((why) => ('waitsFor' in why ? [why.waitsFor] : [])),
  );
  expect([...new Set(waiting)].toSorted()).toEqual(Object.keys(AWAITED).toSorted());
});

test.describe('the text', () => {
  const coverage: readonly Coverage[] = [
    {
      catalogue: 'mcp',
      checked: { 'MCP-one': ['challenge/a', 'challenge/b'] },
      unchecked: {
        'MCP-two': { waitsFor: 'registration' },
        'MCP-three': { because: 'Nobody sees it.' },
        'MCP-four': { waitsFor: 'registration' },
      },
      unexplained: ['MCP-five'],
    },
  ];

  test('begins with totals, then tells every requirement', () => {
    expect(renderCoverage(coverage, { color: false, width: 100 }).split('\n')).toEqual([
      'Requirements that a check cites',
      '',
      '  MCP specification     1 of 5, 2 wait for checks to come, 1 get none, 1 unexplained',
      '',
      'MCP specification, checked: 1',
      '',
      '  MCP-one',
      '    challenge/a, challenge/b',
      '',
      'MCP specification, waiting for registration: dynamic client registration (2)',
      '',
      '  MCP-two, MCP-four',
      '',
      'MCP specification, no check: Nobody sees it. (1)',
      '',
      '  MCP-three',
      '',
      'MCP specification, unexplained: 1',
      '',
      '  MCP-five',
      '',
    ]);
  });

  test('keeps to the width', () => {
    for (const width of [60, 100]) {
      const lines = renderCoverage(coverageOf(CHECKS), { color: false, width }).split('\n');
      expect(lines.filter((line) => columns(line) > width)).toEqual([]);
    }
  });
});
