/** What comes of the checks when the user cannot be signed in. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { run } from '../engine/run.ts';
import { RUN_FOLDER } from '../engine/run-folder.ts';
import { parseProfile } from '../fixtures/profile/profile.ts';
import { exchangesOf } from '../fixtures/protocol/exchanges.ts';
import { FAULTS } from '../mock-idp/faults/index.ts';
import { PASSWORD } from '../mock-idp/tenant/states/conforming.ts';
import { startWorld, type World } from '../mock-idp/world.ts';
import { CHECKS } from '../suites/registry.ts';

const needSignIn = CHECKS.filter(({ id, needs }) => id.startsWith('authorization/') && needs.includes('signIn')).map(
  ({ id }) => id,
);

test.describe('a run whose sign-in does not succeed', () => {
  const profiles = {
    'a wrong password': {
      yaml: 'users: { first: { username: ada@example.com, password: "${PASSWORD}" }, signIn: { method: universal-login } }',
      because: /does not take this user name and password/,
    },
    'a login page that has changed': {
      yaml: 'users: { first: { username: ada@example.com, password: "${PASSWORD}" }, signIn: { method: form, selectors: { username: "#gone", password: "#gone" } } }',
      because: /users\.signIn\.selectors\.username \(#gone\) fits nothing on the page/,
    },
  };

  for (const [name, { yaml, because }] of Object.entries(profiles)) {
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
        expect(check.because).toContain('screenshots/signIn-control.png');
      }
      expect(existsSync(join(out, 'screenshots/signIn-control.png'))).toBe(true);
      expect(readdirSync(out).sort()).toEqual(Object.values(RUN_FOLDER).sort());
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

test.describe('a run whose good token is to come of its own sign-in', () => {
  let world: World;
  let requests: string[];
  test.beforeAll(async () => {
    world = await startWorld();
  });
  test.afterAll(() => world.close());

  const runWith = async (password: string, only: readonly string[], signIn = '') => {
    const { native } = world.clients;
    const { profile } = await parseProfile(
      `server: { url: "${world.server.url}" }
clients: { public: { id: "${native.id}", redirectUri: "${native.redirectUri}" } }
users: { first: { username: ada@example.com, password: "\${PASSWORD}" }${signIn} }`,
      { file: 'test.yaml', env: { PASSWORD: password } },
    );
    const { report, evidence } = await run(profile, { mode: 'gate', only });
    requests = exchangesOf(evidence).map(({ id }) => id);
    return report;
  };

  // Consent is asked for by the pages of Auth0.
  for (const signIn of ['', ', signIn: {}', ', signIn: { method: form }', ', signIn: { method: universal-login }']) {
    test(`signs in at the mock tenant${signIn || ' without a word of how'}`, async () => {
      const report = await runWith(PASSWORD, ['flow/leads-from-a-401-to-a-tool-call'], signIn);
      expect(report.checks.map(({ id, outcome }) => [id, outcome])).toEqual([
        ['flow/leads-from-a-401-to-a-tool-call', 'passed'],
      ]);
    });
  }

  test('asks nothing twice', async () => {
    const report = await runWith(PASSWORD, ['authorization/passes-no-passwords-on', 'access-tokens', 'challenge']);
    expect(report.remarks).toContainEqual(expect.stringContaining('the access token of its own sign-in'));
    expect(report.assurance).toEqual(['anonymous', 'token', 'sign-in']);
    // What was sent and is in no evidence was sent for nothing; sessions are ended besides.
    const metadata = requests.filter((id) => /^(?:resourceMetadata|issuerMetadata|anonymous|credentials)\//.test(id));
    expect(metadata.length).toBeGreaterThan(10);
    expect(report.requests - requests.length).toBeLessThan(metadata.length);
  });

  test('names the sign-in, and no token, as what is missing once it has failed', async () => {
    const report = await runWith('not-the-password-81', ['access-tokens', 'authorization', 'challenge']);
    expect(report.assurance).toEqual(['anonymous', 'token', 'sign-in']);
    const untested = report.checks.filter(({ outcome }) => outcome === 'untested');
    expect(untested.length).toBeGreaterThan(30);
    expect(report.checks.filter(({ unlock = '' }) => /^tokens\.good\b/.test(unlock)).map(({ id }) => id)).toEqual([]);
    const ofTokens = untested.filter(({ assurance }) => assurance === 'token');
    expect(new Set(ofTokens.map(({ unlock }) => unlock))).toEqual(
      new Set(['users.first: a test user who can sign in with this password']),
    );
  });
});

test.describe('what only time shows, of a server elsewhere', () => {
  const CODES = 'token-endpoint/lets-codes-expire';
  const REUSE = 'token-endpoint/refuses-rotated-refresh-tokens';

  /** A run against a world whose clock goes ahead by what the run waits for. */
  async function runWaiting(options: { readonly faults?: readonly string[]; readonly mayWait: boolean }) {
    let ahead = 0;
    const waits: number[] = [];
    const world = await startWorld({
      now: () => Math.floor(Date.now() / 1000) + ahead,
      faults: FAULTS.filter(({ id }) => options.faults?.includes(id)),
    });
    const wait = async (seconds: number) => {
      waits.push(seconds);
      ahead += seconds;
      return true;
    };
    const { native } = world.clients;
    const { profile } = await parseProfile(
      `server: { url: "${world.server.url}" }
clients: { public: { id: "${native.id}", redirectUri: "${native.redirectUri}" } }
users: { first: { username: ada@example.com, password: "\${PASSWORD}" }, signIn: { method: universal-login } }`,
      { file: 'test.yaml', env: { PASSWORD } },
    );
    const { report } = await run(profile, {
      mode: 'gate',
      only: [CODES, REUSE],
      ...(options.mayWait && { wait }),
    });
    await world.close();
    const outcomes = Object.fromEntries(report.checks.map(({ id, outcome, unlock }) => [id, { outcome, unlock }]));
    return { outcomes, waits };
  }

  test('is waited for where the run may be slow', async () => {
    const { outcomes, waits } = await runWaiting({ mayWait: true });
    expect(outcomes).toMatchObject({ [CODES]: { outcome: 'passed' }, [REUSE]: { outcome: 'passed' } });
    expect(waits).toEqual([630]);
  });

  test('is a finding where it does not end', async () => {
    const faults = ['redeems-expired-codes', 'overlooks-the-reuse-of-a-refresh-token'];
    const { outcomes, waits } = await runWaiting({ faults, mayWait: true });
    expect(outcomes).toMatchObject({ [CODES]: { outcome: 'warned' }, [REUSE]: { outcome: 'failed' } });
    expect(waits).toEqual([130, 630]);
  });

  test('is left where it may not, and said how', async () => {
    const { outcomes, waits } = await runWaiting({ mayWait: false });
    expect(outcomes).toMatchObject({
      [CODES]: { outcome: 'out-of-scope', unlock: expect.stringContaining('--slow') },
      [REUSE]: { outcome: 'passed' },
    });
    expect(waits).toEqual([]);
  });
});
