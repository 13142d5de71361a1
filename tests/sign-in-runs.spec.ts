/** What comes of the checks when the user cannot be signed in. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { run } from '../engine/run.ts';
import { parseProfile } from '../fixtures/profile/profile.ts';
import { CHECKS } from '../suites/registry.ts';

const needSignIn = CHECKS.filter(({ id, needs }) => id.startsWith('authorization/') && needs.includes('signIn')).map(
  ({ id }) => id,
);

test.describe('a run whose sign-in does not succeed', () => {
  const profiles = {
    'a wrong password': {
      yaml: 'users: { first: { username: ada@example.com, password: "${PASSWORD}" }, signIn: { method: universal-login } }',
      because: /does not take this user name and password/,
      pictured: true,
    },
    'a login page that has changed': {
      yaml: 'users: { first: { username: ada@example.com, password: "${PASSWORD}" }, signIn: { method: form, selectors: { username: "#gone", password: "#gone" } } }',
      because: /page that is not known/,
      pictured: false,
    },
  };

  for (const [name, { yaml, because, pictured }] of Object.entries(profiles)) {
    test(`${name}: no check that needs it passes, each says why`, async () => {
      const folder = mkdtempSync(join(tmpdir(), 'sign-in-'));
      const out = join(folder, 'run');
      const { profile } = await parseProfile(`embedded: {}\n${yaml}\n`, {
        file: 'test.yaml',
        env: { PASSWORD: 'not-the-password-81' },
      });
      const { report } = await run(profile, { mode: 'gate', out, only: ['authorization'] });
      const judged = report.checks.filter(({ id }) => needSignIn.includes(id));
      expect(judged.length).toBeGreaterThan(3);
      for (const check of judged) {
        expect(check.outcome, check.id).toBe('untested');
        expect(check.because, check.id).toMatch(because);
        if (pictured) expect(check.because).toContain('screenshots/signIn-control.png');
      }
      expect(existsSync(join(out, 'screenshots/signIn-control.png'))).toBe(pictured);
      for (const file of readdirSync(join(out, 'evidence'))) {
        expect(readFileSync(join(out, 'evidence', file), 'utf8')).not.toContain('not-the-password-81');
      }
      rmSync(folder, { recursive: true });
    });
  }
});

test('waiting for the run’s own pace is no slowness of the server’s', async () => {
  const limits = '{ requestsPerSecond: 20, concurrency: 4, timeoutSeconds: 2 }';
  const { profile } = await parseProfile(`embedded: {}\nlimits: ${limits}\n`, { file: 'test.yaml', env: {} });
  const { report } = await run(profile, { mode: 'gate', only: ['authorization'] });
  const judged = report.checks.filter(({ id }) => needSignIn.includes(id));
  expect(judged.filter(({ outcome }) => outcome === 'untested').map(({ id, because }) => `${id}: ${because}`)).toEqual(
    [],
  );
});
