/** A run that is killed at any moment leaves nothing that the next one does not remove. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@playwright/test';
import { startWorld } from '../mock-idp/world.ts';
import type { Report } from '../reports/report.ts';

const repository = fileURLToPath(new URL('..', import.meta.url));
const main = join(repository, 'dist', 'cli', 'main.js');

/** Registers a handful of clients, and does little else. */
const ONLY = 'registration/registers-no-redirect-uris-that-run-scripts';
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

test('killed at twenty random moments, runs leave only what the next one removes', async () => {
  // More than twenty runs, of a second each on a machine that does nothing else.
  test.setTimeout(300_000);
  const info = test.info();
  const random = seeded(7);
  let onExchange = (_path: string) => {};
  const world = await startWorld({ state: 'open-registration', onExchange: ({ request }) => onExchange(request.path) });
  try {
    const { clients } = world.tenant;
    const before = clients.map(({ client_id }) => client_id);
    const { operator } = world.clients;
    const folder = info.outputPath('state');
    const profile = info.outputPath('killed.yaml');
    writeFileSync(
      profile,
      `server: { url: "${world.server.url}" }
allow: [writes]
state: { folder: state }
management: { tenantUrl: "${world.issuer}", client: { id: ${operator.id}, secret: "\${OPERATOR_SECRET}" } }
`,
    );
    const run = (name: string) => {
      const out = info.outputPath(name);
      const child = spawn(process.execPath, [main, 'run', profile, '--only', ONLY, '--out', out], {
        env: { ...process.env, OPERATOR_SECRET: operator.secret },
        stdio: 'ignore',
      });
      return { child, out, ended: once(child, 'exit') as Promise<[number | null, string | null]> };
    };
    const readReport = (out: string): Report => JSON.parse(readFileSync(join(out, 'report.json'), 'utf8'));
    const ours = () =>
      world.tenant.clients.filter(({ name }) => name.startsWith('mcp-auth-conformance')).map(({ name }) => name);

    // From the first registration on: before it there is nothing to leave.
    let exchanges = 0;
    const countFrom = (path: string) => {
      if (exchanges > 0 || path === '/oidc/register') exchanges += 1;
    };
    onExchange = countFrom;
    const whole = run('whole');
    await whole.ended;
    const moments = exchanges;
    expect(readReport(whole.out).leftovers).toEqual([]);
    expect(ours()).toEqual([]);
    expect(moments).toBeGreaterThan(10);

    let left = 0;
    for (let kill = 1; kill <= KILLS; kill += 1) {
      const at = 1 + Math.floor(random() * moments);
      const later = random() < 0.5 ? 0 : random() * 4;
      const { child, ended } = run(`killed-${kill}`);
      exchanges = 0;
      onExchange = (path) => {
        countFrom(path);
        if (exchanges !== at) return;
        if (later === 0) child.kill('SIGKILL');
        else setTimeout(() => child.kill('SIGKILL'), later);
      };
      await ended;
      left += ours().length > 0 ? 1 : 0;
    }
    expect(left, 'kills that left clients').toBeGreaterThanOrEqual(3);

    onExchange = () => {};
    const last = run('last');
    await last.ended;
    const report = readReport(last.out);
    expect(ours()).toEqual([]);
    expect(world.tenant.clients.map(({ client_id }) => client_id)).toEqual(before);
    expect(report.leftovers).toEqual([]);
    expect(existsSync(folder) ? readdirSync(folder) : []).toEqual([]);
  } finally {
    await world.close();
  }
});
