import { expect, test } from '@playwright/test';
import { REVISIONS } from '../fixtures/protocol/revisions.ts';
import { catalogue, requirements } from '../suites/requirements/index.ts';
import { placeIn } from '../suites/requirements/places.ts';

const SITE = 'https://modelcontextprotocol.io';

for (const [id, judged, section, path] of [
  [
    'MCP-origin-validated',
    ['2025-06-18'],
    'Security Warning',
    'specification/2025-06-18/basic/transports#security-warning',
  ],
  [
    'MCP-as-redirect-exact',
    ['2025-03-26'],
    'Security Considerations',
    'specification/2025-03-26/basic/authorization#security-considerations',
  ],
  [
    'MCP-as-redirect-exact',
    ['2025-03-26', '2025-11-25'],
    'Open Redirection',
    'specification/2025-11-25/basic/authorization#open-redirection',
  ],
  [
    'MCP-prm-challenge-param-resolves',
    ['2025-06-18'],
    'Authorization Server Location',
    'specification/2025-06-18/basic/authorization#authorization-server-location',
  ],
  [
    'MCP-verify-all-inbound',
    ['2025-11-25'],
    'Session Hijacking',
    'docs/2025-11-25/tutorials/security/security_best_practices#session-hijacking',
  ],
  [
    'MCP-as-cimd-advertised',
    ['2025-06-18', '2026-07-28'],
    'Advertising CIMD Support',
    'specification/2026-07-28/basic/authorization/client-registration#advertising-cimd-support',
  ],
] as const) {
  test(`${id} stands in the newest of ${judged.join(' and ')} at ${path}`, () => {
    expect(placeIn(requirements().get(id)!, judged)).toEqual({ section, url: `${SITE}/${path}` });
  });
}

test('a statement of MCP leads to a page of the revision that was judged, where that has it', () => {
  let older = 0;
  for (const [id, requirement] of Object.entries(catalogue('mcp'))) {
    for (const revision of REVISIONS) {
      const { url } = placeIn(requirement, [revision]);
      if (!requirement.revisions!.includes(revision)) expect(url, id).toBe(requirement.url);
      else expect(url, id).toMatch(new RegExp(`^${SITE}/(specification|docs)/${revision}/`));
      if (url !== requirement.url) older += 1;
    }
  }
  expect(older).toBeGreaterThan(100);
});

test('what is not of MCP stands where it stands', () => {
  for (const name of ['rfc', 'auth0', 'practice'] as const) {
    for (const requirement of Object.values(catalogue(name))) {
      const { section, url } = requirement;
      expect(placeIn(requirement, ['2025-06-18'])).toEqual({ section, ...(url !== undefined && { url }) });
    }
  }
});
