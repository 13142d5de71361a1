/** The reference server judges tokens as RFC 9068, RFC 8725 and MCP want it, and each of its faults misses one thing. */
import { test as base, expect } from '@playwright/test';
import { operationRequest } from '../fixtures/protocol/requests.ts';
import { SERVER_FAULTS } from '../mock-idp/faults/server/server.ts';
import { pooledKeys, type SigningKey } from '../mock-idp/tenant/keys.ts';
import { startWorld, type World, type WorldOptions } from '../mock-idp/world.ts';
import { answerTo, type Lab, TOKEN_TRIALS } from './token-trials.ts';

interface Clocked extends Lab {
  /** Lets seconds pass. */
  wait(seconds: number): void;
}

const test = base.extend<{ start: (options?: WorldOptions) => Promise<Clocked> }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the fixtures' names from this pattern.
  start: async ({}, use) => {
    const worlds: World[] = [];
    await use(async (options) => {
      let time = 1_800_000_000;
      const now = () => time;
      const world = await startWorld({ now, ...options });
      worlds.push(world);
      return {
        world,
        now,
        wait: (seconds) => {
          time += seconds;
        },
      };
    });
    await Promise.all(worlds.map((world) => world.close()));
  },
});

function call(world: World, token: string, tool = 'echo'): Promise<Response> {
  const { headers, body } = operationRequest('2026-07-28', 'tools/call', {
    id: 'one',
    tool: { name: tool, arguments: tool === 'echo' ? { message: 'hello' } : {} },
  });
  return fetch(world.server.url, {
    method: 'POST',
    headers: { ...Object.fromEntries(headers), Authorization: `Bearer ${token}` },
    body,
  });
}

/** Faults that answer every refusal for lack of scope with another status. */
const REFUSED_OTHERWISE: Readonly<Record<string, number>> = {
  'answers-401-to-too-little-scope': 401,
  'answers-200-to-too-little-scope': 200,
};

test.describe('a token', () => {
  for (const trial of TOKEN_TRIALS) {
    test(`${trial.asks}: ${trial.status}`, async ({ start }) => {
      const lab = await start();
      const response = await answerTo(trial, lab);
      expect(response.status).toBe(trial.status);
      if (trial.status === 401)
        expect(response.headers.get('www-authenticate')).toMatch(/^Bearer .*resource_metadata=/);
      for (const [fault, status] of Object.entries(trial.faults)) {
        expect((await answerTo(trial, await start({ faults: [fault] }))).status, fault).toBe(status);
      }
    });
  }

  test('is judged the same, but for what the fault says', async ({ start }) => {
    test.slow();
    for (const { id } of SERVER_FAULTS) {
      const lab = await start({ faults: [id] });
      for (const trial of TOKEN_TRIALS) {
        // A set that is never fetched again, or fetched each time, shows below.
        const { status } = await answerTo(trial, lab);
        expect(status, `${id}: ${trial.asks}`).toBe(
          trial.faults[id] ?? (trial.status === 403 ? REFUSED_OTHERWISE[id] : undefined) ?? trial.status,
        );
      }
    }
  });
});

test.describe('in Auth0’s dialect', () => {
  const AUTH0 = { state: 'auth0-defaults' } as const;
  const good = { client_id: undefined, jti: undefined, azp: 'client' };

  const trials: readonly (readonly [what: string, claims: object, header: object, status: number])[] = [
    ['a token of its own', {}, {}, 200],
    ['a token by RFC 9068', { azp: undefined, client_id: 'client', jti: 'one' }, { typ: 'at+jwt' }, 200],
    ['permissions where no scope is', { scope: undefined, permissions: ['mcp:tools'] }, {}, 200],
    ['permissions beside a scope that is too little', { scope: 'openid', permissions: ['mcp:tools'] }, {}, 403],
    ['several audiences', { aud: ['SERVER', 'https://tenant.example/userinfo'] }, {}, 200],
    ['another audience', { aud: 'https://other.example' }, {}, 401],
    ['an ID token', { aud: 'client', azp: undefined }, {}, 401],
    ['another type', {}, { typ: 'logout+jwt' }, 401],
    ['no sub', { sub: undefined }, {}, 401],
  ];
  for (const [what, claims, header, status] of trials) {
    test(`${what}: ${status}`, async ({ start }) => {
      const { world } = await start(AUTH0);
      const text = JSON.stringify({ ...good, ...claims }, (_, value) => (value === undefined ? null : value));
      const named = JSON.parse(text.replaceAll('SERVER', world.server.url)) as Record<string, unknown>;
      const asked = Object.fromEntries(Object.entries(named).map(([name, value]) => [name, value ?? undefined]));
      const token = await world.mint({ claims: asked, header: { typ: 'JWT', ...header } });
      expect((await call(world, token)).status).toBe(status);
    });
  }
});

test.describe('too little scope', () => {
  const refused = async ({ world }: Lab) => {
    const response = await call(world, await world.mint({ claims: { scope: 'mcp:tools' } }), 'whoami');
    return { status: response.status, challenge: response.headers.get('www-authenticate') ?? '' };
  };

  test('is answered with 403 and all that a client needs to step up at once', async ({ start }) => {
    const lab = await start();
    const { status, challenge } = await refused(lab);
    expect(status).toBe(403);
    const { origin } = new URL(lab.world.server.url);
    expect(challenge).toContain('error="insufficient_scope"');
    expect(challenge).toContain(`resource_metadata="${origin}/.well-known/oauth-protected-resource/mcp"`);
    expect(challenge).toContain('scope="mcp:tools mcp:identity"');
    const stepped = await lab.world.mint({ claims: { scope: 'mcp:tools mcp:identity' } });
    expect((await call(lab.world, stepped, 'whoami')).status).toBe(200);
  });

  const faults: readonly (readonly [id: string, challenge: RegExp])[] = [
    ['sends-no-challenge-to-too-little-scope', /^$/],
    ['names-no-scope-to-step-up-to', /^(?!.*\bscope=).*insufficient_scope/],
    ['names-no-metadata-to-step-up-with', /^(?!.*resource_metadata).*insufficient_scope/],
    ['says-invalid-token-to-too-little-scope', /error="invalid_token"/],
    ['asks-for-scopes-bit-by-bit', /scope="mcp:identity"/],
    ['asks-for-every-scope-there-is', /scope="mcp:tools mcp:identity mcp:admin"/],
  ];
  for (const [id, challenge] of faults) {
    test(`${id} shows in the challenge of the 403`, async ({ start }) => {
      expect(await refused(await start({ faults: [id] }))).toEqual({
        status: 403,
        challenge: expect.stringMatching(challenge),
      });
    });
  }
});

test.describe('keys', () => {
  /** Counts what the server fetches by what the tenant publishes; breaks on demand. */
  const watchedKeys = () => {
    const state = { isBroken: false, reads: 0 };
    const signingKeys = async (index: number): Promise<SigningKey> => {
      if (index === 0) state.reads += 1;
      if (state.isBroken) throw new Error('the key store is down');
      return pooledKeys(index);
    };
    return { state, signingKeys };
  };

  test('are fetched once for many tokens, and again when they may no longer be kept', async ({ start }) => {
    const { state, signingKeys } = watchedKeys();
    const { world, wait } = await start({ signingKeys });
    const token = await world.mint();
    state.reads = 0;
    for (const _ of [1, 2, 3]) expect((await call(world, token)).status).toBe(200);
    expect(state.reads).toBe(1);
    wait(15);
    expect((await call(world, token)).status).toBe(200);
    expect(state.reads).toBe(2);
  });

  test('of a rotation are known before it, and one after it is learnt', async ({ start }) => {
    const { world, wait } = await start();
    const before = await world.mint();
    expect((await call(world, before)).status).toBe(200);
    world.rotateKeys();
    expect((await call(world, await world.mint())).status).toBe(200);
    world.rotateKeys();
    wait(5);
    expect((await call(world, await world.mint())).status).toBe(200);
    expect((await call(world, before)).status).toBe(200);

    const stale = await start({ faults: ['learns-no-new-keys'] });
    expect((await call(stale.world, await stale.world.mint())).status).toBe(200);
    stale.world.rotateKeys();
    stale.world.rotateKeys();
    stale.wait(60);
    expect((await call(stale.world, await stale.world.mint())).status).toBe(401);
  });

  test('that are unknown make it ask once for each cooldown', async ({ start }) => {
    const asked = async (faults: readonly string[]) => {
      const { state, signingKeys } = watchedKeys();
      const { world, wait } = await start({ signingKeys, faults });
      const tokens = await Promise.all(
        [...Array(20).keys()].map((kid) => world.mint({ header: { kid: `unknown-${kid}` } })),
      );
      expect((await call(world, await world.mint())).status).toBe(200);
      wait(5);
      state.reads = 0;
      for (const token of tokens) expect((await call(world, token)).status).toBe(401);
      return state.reads;
    };
    expect(await asked([])).toBe(1);
    expect(await asked(['asks-for-keys-at-every-unknown-kid'])).toBe(20);
    expect(await asked(['asks-for-keys-at-every-token'])).toBeGreaterThanOrEqual(20);
  });

  test('that were revoked verify nothing once the set may no longer be kept', async ({ start }) => {
    const late = async (faults: readonly string[]) => {
      const keys = { revoked: false };
      const signingKeys = async (index: number) => pooledKeys(keys.revoked ? index + 2 : index);
      const { world, wait } = await start({ signingKeys, faults });
      const token = await world.mint();
      expect((await call(world, token)).status).toBe(200);
      keys.revoked = true;
      wait(60);
      return (await call(world, token)).status;
    };
    expect(await late([])).toBe(401);
    expect(await late(['trusts-keys-that-were-revoked'])).toBe(200);
  });

  test('that cannot be had are no fault of the token: 503, no challenge, and all is well soon after', async ({
    start,
  }) => {
    const without = async (faults: readonly string[]) => {
      const { state, signingKeys } = watchedKeys();
      const { world, wait } = await start({ signingKeys, faults });
      const token = await world.mint();
      state.isBroken = true;
      const response = await call(world, token);
      const again = await call(world, token);
      state.isBroken = false;
      wait(5);
      const { status: later } = await call(world, token);
      return {
        status: response.status,
        again: again.status,
        later,
        challenge: response.headers.get('www-authenticate'),
        retryAfter: response.headers.get('retry-after'),
      };
    };
    expect(await without([])).toEqual({ status: 503, again: 503, later: 200, challenge: null, retryAfter: '5' });
    expect(await without(['serves-everyone-without-keys'])).toMatchObject({ status: 200, later: 200 });
    expect(await without(['blames-tokens-for-missing-keys'])).toMatchObject({ status: 401, later: 200 });
  });
});

test('a session is used by who opened it alone', async ({ start }) => {
  const others = async (faults: readonly string[]) => {
    const { world } = await start({ faults });
    const send = async (token: string, operation: 'initialize' | 'tools/list', session?: string) => {
      const { headers, body } = operationRequest('2025-11-25', operation, { id: operation });
      return fetch(world.server.url, {
        method: 'POST',
        headers: {
          ...Object.fromEntries(headers),
          Authorization: `Bearer ${token}`,
          ...(session !== undefined && { 'Mcp-Session-Id': session }),
        },
        body,
      });
    };
    const opened = await send(await world.mint(), 'initialize');
    const stranger = await world.mint({ claims: { sub: 'auth0|stranger' } });
    return (await send(stranger, 'tools/list', opened.headers.get('mcp-session-id') ?? '')).status;
  };
  expect(await others([])).toBe(404);
  expect(await others(['lends-sessions-to-other-users'])).toBe(200);
});
