import { expect, test } from '@playwright/test';
import { openTarget } from '../engine/embedded.ts';
import { factsOf } from '../engine/facts.ts';
import type { Evidence } from '../fixtures/evidence.ts';
import { parseProfile } from '../fixtures/profile/profile.ts';
import type { Facts } from '../suites/check.ts';
import { golden } from '../suites/golden.ts';

/** What a judge may know of a target of which this is written, and whose tenant is Auth0's by its metadata. */
async function factsOfProfile(lines: string, evidence: Evidence = golden): Promise<Facts> {
  const text = `server:\n  url: https://mcp.example.com/mcp\n${lines}`;
  const { profile } = await parseProfile(text, { file: 'p.yaml', env: { SECRET: 'a-secret-of-the-tenant' } });
  const { target, close } = await openTarget(profile);
  await close();
  return factsOf(target, evidence, 'public', '2026-01-01T00:00:00.000Z');
}

const MANAGEMENT = 'management: { domain: tenant.example.com, client: { id: audit, secret: "${SECRET}" } }\n';

for (const [lines, levels] of [
  ['', ['anonymous']],
  [MANAGEMENT, ['anonymous', 'tenant-audit']],
  [`${MANAGEMENT}tenantAudit: false\n`, ['anonymous']],
  ['tenantAudit: true\n', ['anonymous', 'tenant-audit']],
  ['assurance: token\n', ['anonymous', 'token']],
  ['assurance: token\ntenantAudit: true\n', ['anonymous', 'token', 'tenant-audit']],
  ['assurance: tenant-audit\ntenantAudit: false\n', ['anonymous', 'token', 'sign-in', 'controlled-issuer']],
] as const) {
  test(`in scope is ${levels.join(', ')} where a profile says ${JSON.stringify(lines)}`, async () => {
    expect((await factsOfProfile(lines)).assurance).toEqual(levels);
  });
}

test('what a profile says of the provider goes before what its metadata looks like', async () => {
  const { provider } = await factsOfProfile('');
  expect(await factsOfProfile('issuer: { kind: auth0 }\n')).toMatchObject({ provider: 'auth0' });
  expect(await factsOfProfile('issuer: { kind: generic }\n')).toMatchObject({ provider: 'other' });
  expect(await factsOfProfile('issuer: { kind: auth0 }\n', {})).toMatchObject({ provider: 'auth0' });
  expect(provider).toBe('other');
  expect(await factsOfProfile('', {})).not.toHaveProperty('provider');
});

test('the issuer that is meant is known to judges, and nothing else of `issuer` is lost for it', async () => {
  expect(await factsOfProfile('')).not.toHaveProperty('expectedIssuer');
  expect(await factsOfProfile('issuer: { expect: "https://tenant.example.com/" }\n')).toMatchObject({
    expectedIssuer: 'https://tenant.example.com/',
  });
});
