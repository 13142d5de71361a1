/** A run that is killed at any moment leaves nothing that the next one does not remove. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, type TestInfo, test } from '@playwright/test';
import type { Fault } from '../mock-idp/faults/fault.ts';
import { startWorld, type World, type WorldExchange } from '../mock-idp/world.ts';
import type { Report } from '../reports/report.ts';

const repository = fileURLToPath(new URL('..', import.meta.url));
const main = join(repository, 'dist', 'cli', 'main.js');

/** Registers a handful of clients, deletes some of them on the way, and does little else. */
const ONLY = 'registration/registers-no-redirect-uris-that-run-scripts,registration/deletes-clients-for-good';
const KILLS = 20;

test.beforeAll(() => {
  const compiler = join(repository, 'node_modules', 'typescript', 'bin', 'tsc');
  execFileSync(process.execPath, [compiler, '-p', 'tsconfig.build.json'], { cwd: repository });
});

/** Numbers from 0 to 1 that are the same each time (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

interface Killing {
  readonly world: World;
  /** What the world is told of: a request that it has answered. */
  onExchange(exchange: WorldExchange): void;
  run(name: string): {
    readonly child: ChildProcess;
    readonly out: string;
    readonly said: () => string;
    readonly ended: Promise<[number | null, string | null]>;
  };
  /** Names of the clients that runs have left. */
  ours(): readonly string[];
  /** Files of the journal. */
  files(): readonly string[];
}

const MANAGED: Fault = {
  id: 'test-manages-registrations',
  says: 'Clients that anybody registers are managed by RFC 7592.',
  configuration: (given) => ({ ...given, plan: { ...given.plan, managesRegistrations: true } }),
  trips: [],
};

/** Runs in processes of their own, on a world whose clients are removed with their tokens, and by the operator's client. */
async function killing(info: TestInfo): Promise<Killing> {
  const world = await startWorld({
    state: 'open-registration',
    // Runs that come one upon the other are no matter of the tenant's rate limit.
    faults: [MANAGED, 'registration-has-no-rate-limit'],
    onExchange: (exchange) => kit.onExchange(exchange),
  });
  const { operator } = world.clients;
  const folder = info.outputPath('state');
  const profile = info.outputPath('killed.yaml');
  writeFileSync(
    profile,
    `server: { url: "${world.server.url}" }
allow: [writes]
state: { folder: state, key: "\${STATE_KEY}" }
management: { tenantUrl: "${world.issuer}", client: { id: ${operator.id}, secret: "\${OPERATOR_SECRET}" } }
`,
  );
  const kit: { -readonly [K in keyof Killing]: Killing[K] } = {
    world,
    onExchange: () => {},
    run(name) {
      const out = info.outputPath(name);
      const child = spawn(process.execPath, [main, 'run', profile, '--only', ONLY, '--out', out], {
        env: { ...process.env, OPERATOR_SECRET: operator.secret, STATE_KEY: 'a-key-of-some-thirty-two-characters' },
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      let said = '';
      child.stderr.on('data', (chunk) => {
        said += chunk;
      });
      return { child, out, said: () => said, ended: once(child, 'close') as Promise<[number | null, string | null]> };
    },
    ours: () =>
      world.tenant.clients.filter(({ name }) => name.startsWith('mcp-auth-conformance')).map(({ name }) => name),
    files: () => (existsSync(folder) ? readdirSync(folder) : []),
  };
  return kit;
}

const isRegistered = ({ request, reply }: WorldExchange) => request.path === '/oidc/register' && reply.status === 201;

test('killed at twenty moments, runs leave only what the next one removes', async () => {
  // More than twenty runs, of a second each on a machine that does nothing else.
  test.setTimeout(600_000);
  const random = seeded(7);
  const kit = await killing(test.info());
  const { world, run, ours } = kit;
  try {
    const before = world.tenant.clients.map(({ client_id }) => client_id);
    const readReport = (out: string): Report => JSON.parse(readFileSync(join(out, 'report.json'), 'utf8'));

    // From the first registration on: before it there is nothing to leave.
    let exchanges = 0;
    let registered = 0;
    const countFrom = (exchange: WorldExchange) => {
      if (exchanges > 0 || exchange.request.path === '/oidc/register') exchanges += 1;
      if (isRegistered(exchange)) registered += 1;
    };
    kit.onExchange = countFrom;
    const whole = run('whole');
    await whole.ended;
    const moments = exchanges;
    const registrations = registered;
    expect(readReport(whole.out).leftovers).toEqual([]);
    expect(ours()).toEqual([]);
    expect(moments).toBeGreaterThan(10);

    let left = 0;
    for (let kill = 1; kill <= KILLS; kill += 1) {
      // Every other one right after a registration was answered, when there is something to leave.
      const isAtRegistration = kill % 2 === 0;
      const at = 1 + Math.floor(random() * (isAtRegistration ? registrations : moments));
      const later = random() < 0.5 ? 0 : random() * 4;
      const { child, ended } = run(`killed-${kill}`);
      exchanges = 0;
      registered = 0;
      kit.onExchange = (exchange) => {
        countFrom(exchange);
        const isMoment = isAtRegistration ? isRegistered(exchange) && registered === at : exchanges === at;
        if (!isMoment) return;
        if (later === 0) child.kill('SIGKILL');
        else setTimeout(() => child.kill('SIGKILL'), later);
      };
      await ended;
      left += ours().length > 0 ? 1 : 0;
    }
    expect(left, 'kills that left clients').toBeGreaterThanOrEqual(3);

    kit.onExchange = () => {};
    const last = run('last');
    await last.ended;
    const report = readReport(last.out);
    expect(ours()).toEqual([]);
    expect(world.tenant.clients.map(({ client_id }) => client_id)).toEqual(before);
    expect(report.leftovers).toEqual([]);
    expect(kit.files()).toEqual([]);
  } finally {
    await world.close();
  }
});

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  test(`a run that ${signal} ends removes its clients first`, async () => {
    test.skip(process.platform === 'win32', 'signals end processes there at once');
    test.setTimeout(60_000);
    const kit = await killing(test.info());
    const { world, run, ours } = kit;
    try {
      const before = world.tenant.clients.map(({ client_id }) => client_id);
      const { child, ended, said, out } = run('interrupted');
      let registered = 0;
      kit.onExchange = (exchange) => {
        if (!isRegistered(exchange)) return;
        registered += 1;
        if (registered === 2) child.kill(signal);
      };
      expect(await ended).toEqual([code, null]);
      expect(said()).toContain(`ended by ${signal}, without a report`);
      expect(said()).not.toContain('left behind');
      expect(registered).toBeGreaterThan(1);
      expect(ours()).toEqual([]);
      expect(world.tenant.clients.map(({ client_id }) => client_id)).toEqual(before);
      expect(kit.files()).toEqual([]);
      expect(existsSync(join(out, 'report.json'))).toBe(false);
    } finally {
      await world.close();
    }
  });
}
