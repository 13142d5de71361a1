/** A second user whose sign-in stands in for a token of another user. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { run } from '../engine/run.ts';
import type { Visit } from '../fixtures/doors/browser.ts';
import type { Doors } from '../fixtures/doors/doors.ts';
import { secret } from '../fixtures/doors/secrets.ts';
import type { Journey, JourneyEnd } from '../fixtures/journey.ts';
import { otherUserOf } from '../fixtures/probes/second-user.ts';
import { parseProfile } from '../fixtures/profile/profile.ts';
import { exchangesOf } from '../fixtures/protocol/exchanges.ts';
import type { Target } from '../fixtures/target.ts';
import { PASSWORD, TOTP_SECRET } from '../mock-idp/tenant/states/conforming.ts';
import { startWorld, type World, type WorldOptions } from '../mock-idp/world.ts';
import { golden, goldenFacts } from '../suites/golden.ts';

const SESSIONS = 'access-tokens/keeps-sessions-to-their-user';
const WRONG = 'not-the-password-81';
const FIRST = 'first: { username: ada@example.com, password: "${PASSWORD}" }';
const GRACE = 'second: { username: grace@example.com, password: "${PASSWORD}" }';
const MARY = 'second: { username: mary@example.com, password: "${PASSWORD}", totpSecret: "${TOTP}" }';
const MISTAKEN = 'second: { username: grace@example.com, password: "${WRONG}" }';
const ENV = { PASSWORD, WRONG, TOTP: TOTP_SECRET };

interface Asked {
  readonly users: string;
  readonly world?: Pick<WorldOptions, 'faults' | 'revisions'>;
  readonly only?: readonly string[];
  /** Who `tokens.good` is of; absent: it is that of the first user's sign-in. */
  readonly good?: string;
  readonly out?: string;
}

/** A run against a server elsewhere, which gives no tokens. */
async function runWith({ users, world: options, only = [SESSIONS], good, out }: Asked) {
  const world = await startWorld(options);
  try {
    const { profile } = await parseProfile(profileOf(world, users, good !== undefined), {
      file: 'p.yaml',
      env: { ...ENV, TOKEN: good === undefined ? '' : await world.mint({ claims: { sub: good } }) },
    });
    const { report, evidence } = await run(profile, { mode: 'gate', only, ...(out !== undefined && { out }) });
    const failed = Object.fromEntries(world.tenant.failedSignIns);
    return { checks: report.checks, check: report.checks.find(({ id }) => id === SESSIONS)!, evidence, failed };
  } finally {
    await world.close();
  }
}

function profileOf({ server, clients: { native } }: World, users: string, hasToken: boolean): string {
  return `server: { url: "${server.url}" }
${hasToken ? 'tokens: { good: "${TOKEN}" }' : ''}
clients: { public: { id: "${native.id}", redirectUri: "${native.redirectUri}" } }
users: { ${users}, signIn: { method: universal-login } }`;
}

test('is signed in after the first, without their cookies, and is not served in their session', async () => {
  const { check, evidence } = await runWith({ users: `${FIRST}, ${GRACE}` });
  expect(check).toMatchObject({ outcome: 'passed' });
  const { signIn, otherUser } = evidence;
  expect(otherUser?.signIn?.journey.steps).toContain('typed the password');
  const asked = (flow = otherUser?.signIn) =>
    flow?.parameters.filter(([name]) => ['client_id', 'redirect_uri', 'resource', 'scope'].includes(name));
  expect(asked()).toHaveLength(4);
  expect(asked()).toEqual(asked(signIn));
  // They are no hostile inputs, and the report does not count them as such.
  for (const { id } of exchangesOf(otherUser?.signIn)) expect(id).toContain('/control');
});

test('is served in the session of the first where sessions are lent', async () => {
  const { check } = await runWith({
    users: `${FIRST}, ${GRACE}`,
    world: { faults: ['lends-sessions-to-other-users'] },
  });
  expect(check.outcome).toBe('warned');
  expect(check.findings?.map(({ reason }) => reason)).toEqual(['served']);
});

test('goes before the token that the embedded world would mint', async () => {
  const { profile } = await parseProfile(`embedded: {}\nusers: { ${GRACE} }\n`, { file: 'p.yaml', env: ENV });
  const { report, evidence } = await run(profile, { mode: 'gate', only: [SESSIONS] });
  expect(report.checks).toMatchObject([{ id: SESSIONS, outcome: 'passed' }]);
  expect(evidence.otherUser?.signIn?.journey.steps).toContain('typed the password');
});

test('may have a second factor', async () => {
  const { check, evidence } = await runWith({ users: `${FIRST}, ${MARY}` });
  expect(check).toMatchObject({ outcome: 'passed' });
  expect(evidence.otherUser?.signIn?.journey.steps).toContain('typed the one-time code');
});

test('with a wrong password leaves untested what needs another user, says why, and nothing else changes', async () => {
  const only = [SESSIONS, 'access-tokens/answers-404-to-unknown-sessions', 'authorization/passes-no-passwords-on'];
  const out = test.info().outputPath('run');
  const good = await runWith({ users: `${FIRST}, ${GRACE}`, only });
  const { check, checks, failed } = await runWith({ users: `${FIRST}, ${MISTAKEN}`, only, out });
  expect(check).toMatchObject({
    outcome: 'untested',
    because: expect.stringMatching(
      /^users\.second is not signed in: .*does not take this user name and password; see screenshots\/otherUser-control-sign-in\.png$/,
    ),
    unlock: 'users.second: a test user who can sign in with this password',
  });
  expect(existsSync(join(out, 'screenshots/otherUser-control-sign-in.png'))).toBe(true);
  const others = (of: typeof checks) => of.filter(({ id }) => id !== SESSIONS).map(({ id, outcome }) => [id, outcome]);
  expect(others(checks)).toEqual(others(good.checks));
  expect(others(checks).map(([, outcome]) => outcome)).toEqual(['passed', 'passed']);
  // An account is locked after so many.
  expect(failed).toEqual({ 'grace@example.com': 1 });
});

test('who is the first again is told so, and not tried', async () => {
  const same = MISTAKEN.replace('grace', 'ada');
  const { check, failed } = await runWith({ users: `${FIRST}, ${same}` });
  expect(check).toMatchObject({
    outcome: 'untested',
    because: 'users.first and users.second are the same user: they have one username',
    unlock: expect.stringMatching(/^tokens\.otherUser: .*; or users\.second: /),
  });
  expect(failed).toEqual({});
});

test('who is the user of the good token is told so', async () => {
  const good = 'auth0|66f0a1b2c3d4e5f600000002';
  expect((await runWith({ users: GRACE, good })).check).toMatchObject({
    outcome: 'untested',
    because: 'the good token and that of users.second are of the same user',
  });
});

test('is not tried where the first is not signed in', async () => {
  const mistaken = FIRST.replace('PASSWORD', 'WRONG');
  const { check, failed } = await runWith({ users: `${mistaken}, ${GRACE}` });
  expect(check).toMatchObject({ outcome: 'untested', unlock: expect.stringMatching(/^users\.first: /) });
  expect(failed).toEqual({ 'ada@example.com': 1 });
});

test('is not signed in where nobody asks for it, or there are no sessions', async () => {
  const stateless = await runWith({ users: `${FIRST}, ${MISTAKEN}`, world: { revisions: ['2026-07-28'] } });
  expect(stateless.check.outcome).toBe('not-applicable');
  const other = await runWith({ users: `${FIRST}, ${MISTAKEN}`, only: ['authorization/passes-no-passwords-on'] });
  expect({ ...stateless.failed, ...other.failed }).toEqual({});
});

test.describe('whose sign-in comes to nothing', () => {
  const USER = { username: 'grace@example.com', password: secret('users.second.password', 'pass-0123456789') };
  const TARGET = {
    server: goldenFacts.server,
    tokens: {},
    clients: { public: { id: 'native', redirectUri: 'http://127.0.0.1:8976/callback' } },
    users: { second: USER },
    network: { browserHosts: [] },
  } as unknown as Target;

  const REFUSED = {
    asks: 'a token request as it should be',
    answer: { status: 400, headers: [], body: '{"error":"invalid_grant"}' },
  };

  /** What is said where the browser came to this end, and the token endpoint gave nothing. */
  async function said(end: JourneyEnd) {
    const visits: Visit[] = [];
    const doors = {
      bind: () => {},
      concealed: () => undefined,
      http: { ask: async () => REFUSED },
      browser: {
        visit: async (visit: Visit): Promise<Journey> => {
          visits.push(visit);
          return { id: visit.id, asks: visit.asks, hops: [], steps: [], end };
        },
      },
    } as unknown as Doors;
    const other = await otherUserOf(doors, TARGET, { issuerMetadata: golden.issuerMetadata });
    expect(visits.map(({ session }) => session)).toEqual(['new']);
    return other;
  }

  test('is told what would help, and that is no sign-in by hand', async () => {
    const because = 'the sign-in shows a challenge that only a person can solve (a captcha)';
    for (const [unlock, told] of [
      ['an allowance, or users.signIn.method: by-hand', 'an allowance, or tokens.otherUser: a good token of this user'],
      ['selectors, or by-hand as its method', 'selectors, or tokens.otherUser: a good token of this user'],
      ['users.first.totpSecret: the secret', 'users.second.totpSecret: the secret'],
    ] as const) {
      expect(await said({ kind: 'stopped', why: 'challenge', because, unlock })).toEqual({
        skipped: 'untested',
        because: `users.second is not signed in: ${because}`,
        unlock: told,
      });
    }
  });

  test('is told that the code was worth no token, and what the token endpoint answered', async () => {
    const query = [['code', '«code»']] as const;
    const left = { kind: 'left', to: 'http://127.0.0.1:8976/callback', query, fragment: [], body: [] } as const;
    expect(await said(left)).toEqual({
      skipped: 'untested',
      because: expect.stringMatching(/^the sign-in of users\.second ended without an access token: .*: status 400/),
      unlock: expect.stringMatching(/^users\.second: .*; or tokens\.otherUser$/),
    });
  });
});
