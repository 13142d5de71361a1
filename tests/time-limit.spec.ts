/** How long a run may take in the Playwright door, and what becomes of one that is ended there. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, type TestInfo, test } from '@playwright/test';
import { openMintingDesk } from '../cli/minting.ts';
import { capture } from '../engine/capture.ts';
import { openTarget } from '../engine/embedded.ts';
import { probesFor, selectChecks } from '../engine/run.ts';
import { openDoors } from '../fixtures/doors/open-doors.ts';
import { parseProfile } from '../fixtures/profile/profile.ts';
import { createJournal } from '../mock-idp/journal.ts';
import { type ConformanceConfigOptions, conformanceConfig } from '../playwright.ts';
import { minutesFor } from '../suites/time-limit.ts';
import { startGuardedServer } from './real/express-jwt-bearer.ts';

const CONTROLLED = 'server: { url: "http://127.0.0.1:1/mcp" }\nissuer: { control: "http://127.0.0.1:2"';
const MINUTE = 60_000;
/** For what the run has made. */
const CLEANING = 2;

function projectsOf(info: TestInfo, yaml: string, options: ConformanceConfigOptions = {}) {
  const file = info.outputPath('profile.yaml');
  writeFileSync(file, yaml);
  const [asking, asserting] = conformanceConfig({ profiles: [file], ...options }).projects ?? [];
  return { minutes: (asking?.timeout ?? 0) / MINUTE - CLEANING, slow: asking?.use?.conformance?.slow, asserting };
}

test('a run has a quarter of an hour, and what its patience takes besides', () => {
  const minutes = (yaml: string, options?: ConformanceConfigOptions) => projectsOf(test.info(), yaml, options).minutes;
  expect(minutes('embedded: {}')).toBe(15);
  expect(minutes('embedded: {}', { slow: true })).toBe(30);
  // Patience without control is waited for by nobody.
  expect(minutes('server: { url: "http://127.0.0.1:1/mcp" }\nissuer: { patience: 900 }')).toBe(15);
  expect(minutes(`${CONTROLLED}, patience: 60 }`)).toBe(minutes(`${CONTROLLED} }`));
  expect(minutes(`${CONTROLLED}, patience: 900 }`)).toBeGreaterThan(60);
  expect(minutes(`${CONTROLLED}, patience: 1e12 }`)).toBe(minutes(`${CONTROLLED}, patience: 900 }`));
  expect(minutes('issuer: [no, profile', {})).toBe(15);
  expect(minutes(`${CONTROLLED} }`, { minutes: 3 })).toBe(3);
});

test('variables say the same, and what they cannot mean is refused', () => {
  const given = (variables: Readonly<Record<string, string>>, options?: ConformanceConfigOptions) => {
    Object.assign(process.env, variables);
    try {
      const { minutes, slow } = projectsOf(test.info(), 'embedded: {}', options);
      return { minutes, slow };
    } finally {
      for (const name of Object.keys(variables)) delete process.env[name];
    }
  };
  expect(given({ MCP_AUTH_SLOW: '1' })).toEqual({ minutes: 30, slow: true });
  expect(given({ MCP_AUTH_SLOW: '0' })).toEqual({ minutes: 15, slow: undefined });
  expect(given({ MCP_AUTH_SLOW: '1' }, { slow: false })).toEqual({ minutes: 15, slow: undefined });
  expect(given({ MCP_AUTH_MINUTES: '90' })).toEqual({ minutes: 90, slow: undefined });
  expect(given({ MCP_AUTH_MINUTES: '90' }, { minutes: 5 })).toEqual({ minutes: 5, slow: undefined });
  expect(() => given({ MCP_AUTH_SLOW: 'yes' })).toThrow('MCP_AUTH_SLOW is yes: write 1 or 0');
  for (const minutes of ['0', '-1', 'long', '1e9']) {
    expect(() => given({ MCP_AUTH_MINUTES: minutes })).toThrow(`is ${minutes}: write a number above 0`);
  }
});

test('keys are turned in the time there is for it', async () => {
  const { profile } = await parseProfile('embedded: {}', { file: 'test.yaml', env: {} });
  const probes = probesFor(selectChecks(['access-tokens/lets-go-of-removed-keys']));
  const waited = async (patience: number): Promise<number> => {
    const { target, close } = await openTarget(profile);
    let seconds = 0;
    const control = {
      ...target.issuer!.control!,
      letTimePass: async (asked: number) => {
        if (asked > patience) return false;
        seconds += asked;
        return target.issuer!.control!.letTimePass(asked);
      },
    };
    const given = { ...target, issuer: { ...target.issuer, control } };
    const doors = openDoors(given, {});
    await capture(doors, given, probes);
    await doors.close();
    await close();
    return seconds / 60;
  };
  const plain = minutesFor({ slow: false });
  for (const [patience, atLeast] of [
    [60, 7],
    [600, 17],
    [900, 45],
  ] as const) {
    const minutes = await waited(patience);
    expect(minutes).toBeGreaterThanOrEqual(atLeast);
    expect(minutesFor({ slow: false, patience }) - plain).toBeGreaterThanOrEqual(minutes);
  }
});

test.describe('a run that is ended while the key set is broken', () => {
  const ROOT = fileURLToPath(new URL('..', import.meta.url));
  const CLI = join(ROOT, 'node_modules', '@playwright', 'test', 'cli.js');

  /** The door at a server that answers nobody any more as soon as the key set is broken. */
  const endedBy = async (
    minutes: string,
    onBreak: (pid: number) => void,
  ): Promise<{ readonly output: string; readonly code: number | null; readonly keySet: number }> => {
    let isBroken = false;
    const { url, world, close } = await startGuardedServer(
      { strict: true },
      'conforming',
      (conforming) =>
        (...asked) => {
          if (!isBroken) conforming(...asked);
        },
    );
    const keyGate: typeof world.keyGate = {
      ...world.keyGate,
      break(failure) {
        world.keyGate.break(failure);
        isBroken = true;
        onBreak(child.pid!);
      },
    };
    const desk = await openMintingDesk({
      world: { ...world, keyGate },
      journal: createJournal(),
      view: { endpoints: [], users: [], clients: [], faults: [], state: 'conforming', grant: 'curl', audiences: [url] },
    });
    const profile = test.info().outputPath('controlled.yaml');
    writeFileSync(
      profile,
      `server: { url: "${url}", safeTool: { name: greet }, tools: { greet: [mcp:tools] } }
issuer: { control: "${desk.page}", patience: 0 }
limits: { timeoutSeconds: 100 }
allow: [load]
`,
    );
    const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('TEST_')));
    const env = {
      ...inherited,
      FORCE_COLOR: '0',
      MCP_AUTH_PROFILE: profile,
      MCP_AUTH_OUT: test.info().outputPath('out'),
      MCP_AUTH_MINUTES: minutes,
    };
    const child = spawn(process.execPath, [CLI, 'test'], { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
    const [code] = await once(child, 'close');
    expect(isBroken, output).toBe(true);
    const keySet = (await fetch(new URL('.well-known/jwks.json', world.issuer))).status;
    await Promise.all([desk.close(), close()]);
    return { output, code, keySet };
  };

  test.describe.configure({ timeout: 3 * MINUTE });

  test('because its time is up says so, and leaves it whole', async () => {
    const { output, code, keySet } = await endedBy('0.5', () => {});
    expect(code).toBe(1);
    expect(output).toContain('the run was ended without a report, for it had taken 0.5 minutes: MCP_AUTH_MINUTES');
    expect(output).not.toContain('left behind');
    expect(keySet).toBe(200);
  });

  test('by Ctrl-C leaves it whole', async () => {
    const { output, code, keySet } = await endedBy('10', (pid) => process.kill(pid, 'SIGINT'));
    expect(code).toBe(130);
    expect(output).not.toContain('left behind');
    expect(keySet).toBe(200);
  });
});
