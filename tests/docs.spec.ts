/** The documentation names checks and scopes that there are. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from '@playwright/test';
import { AUDIT_SCOPES } from '../fixtures/management/reads.ts';
import { AREAS } from '../suites/check.ts';
import { CHECKS } from '../suites/registry.ts';

const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');

const DOCUMENTS = ['README.md', ...readdirSync(new URL('../docs/', import.meta.url)).map((name) => `docs/${name}`)];

/** What reads like the id of a check, as code. */
const NAMED = new RegExp(`\`((?:${Object.keys(AREAS).join('|')})/[a-z0-9-]+)\``, 'g');

const namedIn = (text: string) => [...text.matchAll(NAMED)].map(([, id]) => id!);

for (const document of DOCUMENTS) {
  test(`${document} names checks that there are`, () => {
    const ids = CHECKS.map(({ id }) => id);
    expect(namedIn(read(document)).filter((id) => !ids.includes(id))).toEqual([]);
  });
}

test('the way to a green run has a check for each step', () => {
  const steps = read('docs/auth0.md').split(/^### /m).slice(1);
  expect(steps.length).toBeGreaterThan(8);
  for (const step of steps) expect(namedIn(step).length, step.split('\n')[0]).toBeGreaterThan(0);
});

test('each check of a tenant belongs to a step', () => {
  const named = namedIn(read('docs/auth0.md'));
  const own = CHECKS.map(({ id }) => id).filter((id) => id.startsWith('tenant/'));
  expect(own.filter((id) => !named.includes(id))).toEqual([]);
});

test('the scopes to paste are those of an audit, in the list and in the command', () => {
  const text = read('docs/auth0.md');
  const [, block = ''] = /<!-- scopes: [^>]*-->\s*```\n([\s\S]*?)```/.exec(text) ?? [];
  expect(block.split(/\s+/).filter(Boolean).sort()).toEqual([...AUDIT_SCOPES].sort());
  const [, body = ''] =
    /auth0 api post client-grants --data '(\{\s*"client_id": "YOUR_AUDIT_CLIENT_ID"[^']*)'/.exec(text) ?? [];
  expect((JSON.parse(body) as { readonly scope: readonly string[] }).scope.toSorted()).toEqual(
    [...AUDIT_SCOPES].sort(),
  );
});

test('each scope of the Management API is listed with its use', () => {
  const listed = [...read('docs/auth0.md').matchAll(/^ *\| `([a-z]+:[a-z_]+)` \| .{10,} \|$/gm)].map(
    ([, scope]) => scope!,
  );
  expect(listed.sort()).toEqual([...AUDIT_SCOPES, 'delete:clients', 'update:client_keys'].sort());
});

test('what is outside is said', () => {
  expect(read('docs/auth0.md')).toMatch(/Token Vault, token exchange and Auth0 FGA are not tested/);
});
