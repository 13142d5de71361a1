/**
 * A fault changes what it says and nothing else: whatever the conforming world answers without consulting a behaviour
 * that the fault replaces, the world with the fault answers in the same words.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@playwright/test';
import { type OperationName, operationRequest } from '../fixtures/protocol/requests.ts';
import type { Revision } from '../fixtures/protocol/revisions.ts';
import { FAULT_AREAS, type Fault, replacedBehaviours } from '../mock-idp/faults/index.ts';
import { startWorld, type World, type WorldOptions } from '../mock-idp/world.ts';
import { answerTo, TOKEN_TRIALS } from './token-trials.ts';

const NOW = 1_800_000_000;

type Ask = (world: World) => Promise<Response>;

const at =
  (party: 'server' | 'tenant', path: string, init: RequestInit = {}): Ask =>
  (world) =>
    fetch(new URL(path, party === 'server' ? world.server.url : world.issuer), { redirect: 'manual', ...init });

const operation =
  (revision: Revision, name: OperationName, headers: Readonly<Record<string, string>> = {}): Ask =>
  (world) => {
    const {
      method,
      headers: fields,
      body,
    } = operationRequest(revision, name, { id: 'one', tool: world.server.safeTool });
    return fetch(world.server.url, {
      method,
      headers: { ...Object.fromEntries(fields), ...headers },
      body,
      redirect: 'manual',
    });
  };

const bearing =
  (revision: Revision, name: OperationName): Ask =>
  async (world) =>
    operation(revision, name, { Authorization: `Bearer ${await world.mint()}` })(world);

const form = (members: Readonly<Record<string, string>>) => ({ method: 'POST', body: new URLSearchParams(members) });

const MACHINE = { client_id: 'wSpC0nf0rm1ngMach1neCl1ent000002', client_secret: 'not-a-secret-outside-this-process' };
const NATIVE = { client_id: 'wSpC0nf0rm1ngPubl1cCl1ent0000001', redirect_uri: 'http://127.0.0.1:33418/callback' };
const authorize = (members: Readonly<Record<string, string>>) => `/authorize?${new URLSearchParams(members)}`;
const METADATA = '/.well-known/oauth-protected-resource';

const BATTERY: Readonly<Record<string, Ask>> = {
  'server: discover': operation('2026-07-28', 'server/discover'),
  'server: tools/list': operation('2026-07-28', 'tools/list'),
  'server: tools/call': operation('2026-07-28', 'tools/call'),
  'server: initialize 2025-11-25': operation('2025-11-25', 'initialize'),
  'server: initialize 2025-03-26': operation('2025-03-26', 'initialize'),
  'server: good discover': bearing('2026-07-28', 'server/discover'),
  'server: good tools/list': bearing('2026-07-28', 'tools/list'),
  'server: good initialize': bearing('2025-11-25', 'initialize'),
  'server: Basic': operation('2026-07-28', 'tools/list', { Authorization: 'Basic Og==' }),
  'server: empty Bearer': operation('2026-07-28', 'tools/list', { Authorization: 'Bearer' }),
  'server: quoted': operation('2026-07-28', 'tools/list', { Authorization: 'Bearer "x"' }),
  'server: opaque': operation('2026-07-28', 'tools/list', { Authorization: 'Bearer mF9aB5f4JqM2tZ0cR8uXvW1yKpLs' }),
  'server: null': operation('2026-07-28', 'tools/list', { Authorization: 'Bearer null' }),
  'server: declared origin': operation('2026-07-28', 'tools/list', { Origin: 'https://client.example' }),
  'server: foreign origin': operation('2026-07-28', 'tools/list', { Origin: 'https://evil.test' }),
  'server: identity header': operation('2026-07-28', 'tools/list', { 'X-User': 'root' }),
  'server: unknown session': operation('2025-11-25', 'tools/list', { 'Mcp-Session-Id': 'unknown' }),
  'server: GET': at('server', '/mcp'),
  'server: event stream': at('server', '/mcp', { headers: { Accept: 'text/event-stream' } }),
  'server: DELETE': at('server', '/mcp', { method: 'DELETE' }),
  'server: PUT': at('server', '/mcp', { method: 'PUT', body: '{}' }),
  'server: HEAD': at('server', '/mcp', { method: 'HEAD' }),
  'server: preflight': at('server', '/mcp', { method: 'OPTIONS', headers: { Origin: 'https://client.example' } }),
  'server: trailing slash': at('server', '/mcp/', { method: 'POST', body: '{}' }),
  'server: capitals': at('server', '/MCP', { method: 'POST', body: '{}' }),
  'server: sse': at('server', '/sse'),
  'server: root': at('server', '/'),
  'server: token in the query': at('server', '/mcp?access_token=x', { method: 'POST', body: '{}' }),
  'server: metadata': at('server', `${METADATA}/mcp`),
  'server: metadata HEAD': at('server', `${METADATA}/mcp`, { method: 'HEAD' }),
  'server: metadata POST': at('server', `${METADATA}/mcp`, { method: 'POST' }),
  'server: metadata preflight': at('server', `${METADATA}/mcp`, { method: 'OPTIONS' }),
  'server: metadata at the root': at('server', METADATA),
  'server: issuer metadata': at('server', '/.well-known/oauth-authorization-server'),
  'tenant: metadata': at('tenant', '/.well-known/oauth-authorization-server'),
  'tenant: OpenID metadata': at('tenant', '/.well-known/openid-configuration'),
  'tenant: metadata POST': at('tenant', '/.well-known/openid-configuration', { method: 'POST' }),
  'tenant: keys': at('tenant', '/.well-known/jwks.json'),
  'tenant: keys preflight': at('tenant', '/.well-known/jwks.json', { method: 'OPTIONS' }),
  'tenant: nothing': at('tenant', '/nothing'),
  'tenant: authorize without parameters': at('tenant', '/authorize'),
  'tenant: authorize POST': at('tenant', '/authorize', { method: 'POST' }),
  'tenant: authorize unknown client': at('tenant', authorize({ response_type: 'code', client_id: 'unknown' })),
  'tenant: authorize other redirect': at(
    'tenant',
    authorize({ response_type: 'code', ...NATIVE, redirect_uri: 'https://evil.test/' }),
  ),
  'tenant: authorize token': at('tenant', authorize({ response_type: 'token', ...NATIVE })),
  'tenant: authorize without PKCE': at('tenant', authorize({ response_type: 'code', ...NATIVE })),
  'tenant: token GET': at('tenant', '/oauth/token'),
  'tenant: token empty': at('tenant', '/oauth/token', form({})),
  'tenant: token JSON': at('tenant', '/oauth/token', {
    method: 'POST',
    body: '{}',
    headers: { 'Content-Type': 'application/json' },
  }),
  'tenant: token unknown grant': at('tenant', '/oauth/token', form({ grant_type: 'none', ...MACHINE })),
  'tenant: token unknown code': at(
    'tenant',
    '/oauth/token',
    form({ grant_type: 'authorization_code', code: 'x', ...NATIVE }),
  ),
  'tenant: token wrong secret': at(
    'tenant',
    '/oauth/token',
    form({ grant_type: 'client_credentials', ...MACHINE, client_secret: 'x' }),
  ),
  'tenant: token without audience': at(
    'tenant',
    '/oauth/token',
    form({ grant_type: 'client_credentials', ...MACHINE }),
  ),
  'tenant: token for the machine': (world) =>
    at(
      'tenant',
      '/oauth/token',
      form({ grant_type: 'client_credentials', ...MACHINE, audience: world.server.url }),
    )(world),
  'tenant: revoke': at('tenant', '/oauth/revoke', form({ token: 'x', ...MACHINE })),
  'tenant: revoke by a stranger': at('tenant', '/oauth/revoke', form({ token: 'x', client_id: 'unknown' })),
  'tenant: userinfo': at('tenant', '/userinfo'),
  'tenant: register': at('tenant', '/oidc/register', { method: 'POST', body: '{}' }),
  'tenant: management': at('tenant', '/api/v2/clients'),
  ...Object.fromEntries(
    TOKEN_TRIALS.map((trial) => [`token: ${trial.asks}`, (world: World) => answerTo(trial, { world, now: () => NOW })]),
  ),
};

const NAMES = Object.keys(BATTERY);

/** How the server judges tokens is asked only of faults that are the server's: no other replaces a part of it. */
function namesFor(replaced: readonly string[]): readonly string[] {
  const isOfServer = replaced.some((behaviour) => behaviour.startsWith('server.'));
  return NAMES.filter((name) => isOfServer || !name.startsWith('token: '));
}

/** Ports, tokens, ids that are drawn at random and what the HTTP stack adds are no part of an answer. */
async function answerOf(name: string, world: World): Promise<string> {
  try {
    const response = await BATTERY[name]!(world);
    const headers = [...response.headers].filter(([field]) => !VOLATILE.includes(field));
    const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') ?? false;
    const body = isStream ? await beginningOf(response) : await response.text();
    return `${response.status}\n${headers.join('\n')}\n\n${body}`
      .replace(/(127\.0\.0\.1|localhost|%3A)(:|%3A)?\d{4,5}/g, '$1')
      .replace(/(?<![\w-])eyJ[\w-]+(\.[\w-]*)+/g, 'TOKEN')
      .replace(/(?<=Tracking ID <code>)\w{20}/, 'RANDOM')
      .replace(/[0-9a-f]{8}-[0-9a-f-]{27}|(?<![\w-])(?=[\w-]*[a-z])(?=[\w-]*[A-Z])[\w-]{20,}(?![\w-])/g, 'RANDOM');
  } catch {
    return 'no answer';
  }
}

/** An event stream as far as it comes soon: some stay open. */
async function beginningOf(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  const reader = response.body!.getReader();
  const late = setTimeout(STREAM_MS).then(() => ({ done: true, value: undefined }));
  let text = '';
  for (;;) {
    const { done, value } = await Promise.race([reader.read(), late]);
    if (done) break;
    text += decoder.decode(value, { stream: true });
  }
  await reader.cancel();
  return text;
}

const STREAM_MS = 300;

const VOLATILE = ['date', 'connection', 'keep-alive', 'content-length', 'transfer-encoding'];

const optionsFor = ({ state, revisions }: Fault): WorldOptions => ({
  now: () => NOW,
  ...(state !== undefined && { state }),
  ...(revisions !== undefined && { revisions }),
});

interface Baseline {
  readonly answers: ReadonlyMap<string, string>;
  /** Request → behaviours that were consulted for its answer. */
  readonly traces: ReadonlyMap<string, ReadonlySet<string>>;
}

const baselines = new Map<string, Promise<Baseline>>();

function baselineOf(fault: Fault): Promise<Baseline> {
  const options = optionsFor(fault);
  const key = JSON.stringify(options);
  const known = baselines.get(key) ?? traceBattery(options);
  baselines.set(key, known);
  return known;
}

/** One request after the other, so that what is consulted belongs to it. */
async function traceBattery(options: WorldOptions): Promise<Baseline> {
  let trace = new Set<string>();
  const world = await startWorld({ ...options, onBehaviour: (name) => trace.add(name) });
  const record = async (name: string) => {
    trace = new Set();
    const answer = await answerOf(name, world);
    return [name, answer, trace] as const;
  };
  try {
    // Fetches the key set that later verifications go by: whatever changed that may change them all.
    const [, , first] = await record('server: good tools/list');
    const ofKeys = [...first].filter((name) => name.startsWith('tenant.'));
    const answers = new Map<string, string>();
    const traces = new Map<string, ReadonlySet<string>>();
    for (const name of NAMES) {
      const [, answer, consulted] = await record(name);
      answers.set(name, answer);
      traces.set(name, new Set([...consulted, ...(consulted.has('server.keyFor') ? ofKeys : [])]));
    }
    return { answers, traces };
  } finally {
    await world.close();
  }
}

/** Ids that some test names beside what it expects. */
const tests = readdirSync(fileURLToPath(new URL('.', import.meta.url)), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && file !== 'untouched.spec.ts')
  .map((file) => readFileSync(fileURLToPath(new URL(file, import.meta.url)), 'utf8'))
  .join('\n');

test('the battery answers the same twice, and consults behaviours', async () => {
  const [one, two] = await Promise.all([traceBattery({ now: () => NOW }), traceBattery({ now: () => NOW })]);
  expect(NAMES.length).toBeGreaterThanOrEqual(60);
  for (const name of NAMES) {
    expect(two.answers.get(name), name).toBe(one.answers.get(name));
    expect(one.answers.get(name), name).not.toBe('no answer');
    expect(one.traces.get(name)!.size, name).toBeGreaterThan(0);
  }
});

for (const [area, faults] of FAULT_AREAS) {
  // Under public names every answer is another, by its names alone; mutation.spec.ts asks these worlds.
  const here = faults.filter(({ publicName }) => publicName !== true);
  if (here.length === 0) continue;
  test(`${area}: a fault changes what it says and nothing else`, async () => {
    test.setTimeout(120_000);
    const counts: string[] = [];
    for (const fault of here) {
      const { answers, traces } = await baselineOf(fault);
      const replaced = replacedBehaviours(fault);
      const world = await startWorld({ ...optionsFor(fault), faults: [fault.id] });
      const changed: string[] = [];
      try {
        await answerOf('server: good tools/list', world);
        const names = namesFor(replaced);
        const given = await Promise.all(names.map((name) => answerOf(name, world)));
        for (const [index, name] of names.entries()) {
          if (given[index] === answers.get(name)) continue;
          changed.push(name);
          // Where other tokens are handed out, every answer to a token may differ; with its configuration, whatever the
          // tenant says.
          const isTouched =
            replaced.includes('world.mint') ||
            (replaced.includes('tenant.configuration') && name.startsWith('tenant: ')) ||
            replaced.some((behaviour) => traces.get(name)!.has(behaviour));
          if (!isTouched) expect(given[index], `${fault.id} at ${name}`).toBe(answers.get(name));
        }
      } finally {
        await world.close();
      }
      const isShown = changed.length > 0 || fault.trips.length > 0 || tests.includes(`'${fault.id}'`);
      expect(isShown, `${fault.id} changes no answer here, trips no check, and no test names it`).toBe(true);
      counts.push(`${fault.id}: ${changed.length}`);
    }
    test.info().annotations.push({ type: `answers changed, of ${NAMES.length}`, description: counts.join('\n') });
  });
}
