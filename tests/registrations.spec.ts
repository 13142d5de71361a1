/** Whatever a run registers is written down before it is sent, and removed: by that run, or by the next. */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { stateFolder } from '../engine/registration-journal.ts';
import { openRegistrations, type Tidied } from '../engine/registrations.ts';
import { run } from '../engine/run.ts';
import type { Doors, Obstacle } from '../fixtures/doors/doors.ts';
import { type Secret, secret } from '../fixtures/doors/secrets.ts';
import { parseProfile } from '../fixtures/profile/profile.ts';
import type { Fault } from '../mock-idp/faults/fault.ts';
import { jsonReply } from '../mock-idp/http.ts';
import { configurationOf } from '../mock-idp/tenant/registration/manage.ts';
import { startWorld, type World } from '../mock-idp/world.ts';
import { golden, goldenFacts } from '../suites/golden.ts';
import { registrationChecks } from '../suites/registration/index.ts';
import { test as base, expect, type Lab, type TargetChanges, targetOf } from './door-lab.ts';

const KEY = secret('state.key', 'a-key-of-some-thirty-two-characters');

interface RunOptions {
  readonly target?: TargetChanges;
  readonly key?: Secret | undefined;
  /** It ends as a process does that is killed. */
  readonly killed?: boolean;
}

interface Kit {
  readonly folder: string;
  files(): readonly string[];
  /** A run on the target at `url` that does `work` with its doors. */
  run(url: string, work: (doors: Doors, run: string) => Promise<unknown>, options?: RunOptions): Promise<Tidied>;
}

const test = base.extend<{ kit: Kit }>({
  kit: async ({ lab }, use, info) => {
    const folder = info.outputPath('state');
    await use({
      folder,
      files: () => (existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : []),
      async run(url, work, { target: changes, key, killed = false } = {}) {
        const target = targetOf(url, { allow: ['writes'], ...changes });
        const registrations = await openRegistrations({ state: { folder, ...(key && { key }) } }, target);
        const { journal } = registrations;
        const doors = lab.open(url, { target, ...(journal && { registrations: journal }) });
        const run = journal?.run ?? '';
        if (killed) {
          await work(doors, run);
          journal?.close();
          return { remarks: [], leftovers: [] };
        }
        const told: string[] = [];
        const said: string[] = [];
        const { remarks, leftovers } = await registrations.around(doors, () => work(doors, run), {
          onLeftover: (line) => told.push(line),
          onRemark: (line) => said.push(line),
        });
        expect(told).toEqual(leftovers);
        // A run that is killed has no report to say it in.
        const removals = remarks.filter((line) => line.includes('removed that the run'));
        expect(said).toEqual(expect.arrayContaining(removals));
        return { remarks, leftovers };
      },
    });
  },
});

const nothing = async () => {};

/** Registers one client, with the members that a good one has. */
const register = (doors: Doors, url: string, trial = 'D09', more: Readonly<Record<string, unknown>> = {}) =>
  doors.registrar.register({
    id: `registration/${trial}`,
    asks: 'a registration',
    url,
    body: { client_name: '', redirect_uris: ['https://client.example/callback'], ...more },
  });

interface Registry {
  readonly origin: string;
  readonly endpoint: string;
  /** Ids of the clients there are. */
  readonly clients: Map<string, { readonly name: unknown; readonly createdAt: string; readonly document?: string }>;
  /** `DELETE /register/client-1`. */
  readonly seen: string[];
  /** Status of answers to DELETE in place of doing it. */
  refuse?: number | undefined;
  /** Does it, and hangs up. */
  swallow?: boolean;
  /** The client that each registration is answered with, in place of a new one. */
  existing?: string;
  /** Whether that one gets the name of the registration. */
  renames?: boolean;
  /** Of answers to registrations (RFC 7591 3.2.1), in seconds. */
  issuedAt?: number;
  /** Where clients are managed, in place of here. */
  elsewhere?: string;
  /** Milliseconds by which its clock is ahead, as its Date says it. */
  ahead?: number;
  /** Answers of its token endpoint before it gives a token. */
  busy: number;
  onRegister?: (() => void) | undefined;
}

/** An authorization server with RFC 7592, or without; and a Management API with one token. */
async function registryOf(lab: Lab, { manages = true }: { readonly manages?: boolean } = {}): Promise<Registry> {
  const bodyOf = async (request: IncomingMessage) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    return text;
  };
  const registry: { -readonly [K in keyof Registry]: Registry[K] } = {
    origin: '',
    endpoint: '',
    clients: new Map(),
    seen: [],
    busy: 0,
  };
  let count = 0;
  registry.origin = await lab.serve(async (request, response) => {
    const { pathname } = new URL(request.url!, 'http://x');
    const body = await bodyOf(request);
    registry.seen.push(`${request.method} ${pathname}`);
    const { ahead = 0 } = registry;
    const json = (status: number, value: unknown) => {
      response.setHeader('date', new Date(Date.now() + ahead).toUTCString());
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
    };
    if (pathname === '/oauth/token') {
      registry.busy -= 1;
      return registry.busy >= 0 ? json(503, {}) : json(200, { access_token: 'management-token-1' });
    }
    if (request.method === 'POST') {
      registry.onRegister?.();
      if (body.startsWith('{"broken')) return request.socket.destroy();
      const { client_name: name, client_id: wished, redirect_uris: uris } = JSON.parse(body);
      if (uris === undefined) return json(400, { error: 'invalid_redirect_uri' });
      count += 1;
      const { existing, renames, issuedAt, elsewhere = registry.origin } = registry;
      const id = existing ?? wished ?? `client-${count}`;
      const known = registry.clients.get(id);
      const createdAt = known?.createdAt ?? new Date(Date.now() + ahead).toISOString();
      if (known === undefined || renames) registry.clients.set(id, { name, createdAt });
      const place = {
        registration_client_uri: `${elsewhere}/register/${id}`,
        registration_access_token: `token-of-registration-${id}`,
      };
      const issued = issuedAt === undefined ? {} : { client_id_issued_at: issuedAt };
      return json(201, { client_id: id, client_name: name, ...issued, ...(manages && place) });
    }
    const id = pathname.split('/').at(-1)!;
    const isManagement = pathname.startsWith('/api/v2/');
    const expected = isManagement ? 'management-token-1' : `token-of-registration-${id}`;
    if (request.headers.authorization !== `Bearer ${expected}`) return json(401, {});
    if (request.method === 'GET' && id === 'clients') {
      const clients = [...registry.clients].map(([client_id, { name, createdAt, document }]) => ({
        client_id,
        name,
        created_at: createdAt,
        external_client_id: document,
      }));
      return json(200, { clients });
    }
    if (request.method === 'GET') {
      const found = registry.clients.get(id);
      const { name, createdAt } = found ?? {};
      const shown = isManagement ? { name, created_at: createdAt } : { client_name: name };
      return found === undefined ? json(404, {}) : json(200, { client_id: id, ...shown });
    }
    if (registry.refuse !== undefined) return json(registry.refuse, { error: 'no' });
    if (!registry.clients.delete(id)) return json(isManagement ? 204 : 401, {});
    if (registry.swallow) return request.socket.destroy();
    response.writeHead(204).end();
  });
  registry.endpoint = `${registry.origin}/register`;
  return registry;
}

const managed = ({ origin }: Registry): TargetChanges => {
  const token = secret('management.token', 'management-token-1');
  return { management: { url: `${origin}/`, token }, secrets: [token] };
};

test('nothing is sent unless writes are allowed, and nothing written down', async ({ lab, kit }) => {
  const registry = await registryOf(lab);
  for (const target of [{ allow: [] }, { allow: ['load'] }, { authorized: false }] as const) {
    await kit.run(
      registry.origin,
      async (doors) => {
        const { failure, request } = await register(doors, registry.endpoint);
        expect(failure).toMatchObject({ kind: 'egress', message: expect.stringContaining('allow: [writes]') });
        expect(request).toMatchObject({ method: 'POST', url: registry.endpoint });
      },
      { target },
    );
  }
  expect(registry.seen).toEqual([]);
  expect(kit.files()).toEqual([]);
});

test('doors without a journal register nothing', async ({ lab }) => {
  const registry = await registryOf(lab);
  const { failure } = await register(lab.open(registry.origin, { target: { allow: ['writes'] } }), registry.endpoint);
  expect(failure?.message).toContain('there is no journal');
  expect(registry.seen).toEqual([]);
});

test('what cannot be written down is not sent', async ({ lab, kit }) => {
  const registry = await registryOf(lab);
  writeFileSync(kit.folder, 'a file in the place of the folder');
  const target = targetOf(registry.origin, { allow: ['writes'] });
  const { journal } = await openRegistrations({ state: { folder: kit.folder } }, target);
  const { failure } = await register(lab.open(registry.origin, { target, registrations: journal! }), registry.endpoint);
  expect(failure).toMatchObject({ kind: 'egress', message: expect.stringContaining('the journal cannot be written') });
  expect(registry.seen).toEqual([]);
});

test('a registration stands in the journal, for its owner only, when the server gets it', async ({ lab, kit }) => {
  const registry = await registryOf(lab);
  await kit.run(registry.origin, async (doors, run) => {
    let written = '';
    registry.onRegister = () => {
      const [file] = kit.files();
      written = readFileSync(file!, 'utf8');
      if (process.platform !== 'win32') expect(statSync(file!).mode & 0o777).toBe(0o600);
    };
    await register(doors, registry.endpoint);
    const [, line] = written.split('\n');
    expect(JSON.parse(line!)).toMatchObject({ kind: 'asked', name: `mcp-auth-conformance ${run} D09` });
    expect([...registry.clients.values()][0]!.name).toBe(`mcp-auth-conformance ${run} D09`);
  });
});

test('the mark stands before the name that a trial gives, and where there is none nothing is put', async ({
  lab,
  kit,
}) => {
  const registry = await registryOf(lab, { manages: true });
  const names: unknown[] = [];
  await kit.run(registry.origin, async (doors, run) => {
    const bodies = [
      { client_name: '<b>Bank</b>', redirect_uris: [] },
      { redirect_uris: [] },
      '{"redirect_uris":[],  "client_name" : "a \\" b"}',
    ];
    for (const [at, body] of bodies.entries()) {
      const id = `registration/${at}`;
      const { request } = await doors.registrar.register({ id, asks: '', url: registry.endpoint, body });
      names.push(JSON.parse(request.body!).client_name);
      if (at === 2) expect(request.body).toContain('[],  "client_name" : "');
    }
    const mark = `mcp-auth-conformance ${run}`;
    expect(names).toEqual([`${mark} 0 <b>Bank</b>`, undefined, `${mark} 2 a " b`]);
  });
});

test('a run deletes what it has registered with the registration access token', async ({ lab, kit }) => {
  const registry = await registryOf(lab);
  const tidied = await kit.run(registry.origin, async (doors) => {
    await register(doors, registry.endpoint, 'a');
    await register(doors, registry.endpoint, 'b');
    expect(registry.clients.size).toBe(2);
  });
  expect(registry.clients.size).toBe(0);
  expect(tidied.leftovers).toEqual([]);
  // Without a key no token could have been kept.
  expect(tidied.remarks).toEqual([expect.stringContaining('without state.key')]);
  expect(kit.files()).toEqual([]);
});

test('it does so when the run breaks, and when its budget is used up', async ({ lab, kit }) => {
  const registry = await registryOf(lab);
  const work = async (doors: Doors) => {
    await register(doors, registry.endpoint);
    expect((await register(doors, registry.endpoint)).failure?.kind).toBe('budget');
    throw new Error('broken');
  };
  await expect(kit.run(registry.origin, work, { target: { limits: { budget: 1 } } })).rejects.toThrow('broken');
  expect(registry.clients.size).toBe(0);
  expect(kit.files()).toEqual([]);
});

test('a client that a trial has deleted, or whose token it has changed, is known as such', async ({ lab, kit }) => {
  const registry = await registryOf(lab);
  const { leftovers } = await kit.run(registry.origin, async (doors) => {
    await register(doors, registry.endpoint);
    await doors.registrar.delete({ id: 'test/delete', asks: '', clientId: 'client-1' });
    const second = await register(doors, registry.endpoint);
    const moved = { ...second.answer!, body: second.answer!.body.replace('/register/', '/moved/register/') };
    doors.registrar.moved('client-2', { ...second, answer: moved, failure: undefined });
  });
  expect(registry.seen.filter((each) => each.startsWith('DELETE'))).toEqual([
    'DELETE /register/client-1',
    'DELETE /moved/register/client-2',
  ]);
  expect(leftovers).toEqual([]);
});

test('a client whose answer is all that is wanted is deleted at once, and leaves room for another', async ({
  lab,
  kit,
}) => {
  const registry = await registryOf(lab);
  const { leftovers } = await kit.run(registry.origin, async (doors) => {
    const ask = (id: string, isBrief: boolean) =>
      doors.registrar.register({
        id: `registration/${id}`,
        asks: 'a registration',
        url: registry.endpoint,
        body: { client_name: '', redirect_uris: ['https://client.example/callback'] },
        isBrief,
      });
    const brief = await Promise.all(Array.from({ length: 12 }, (_, at) => ask(`brief-${at}`, true)));
    expect(brief.map(({ answer }) => answer?.status)).toEqual(Array.from({ length: 12 }, () => 201));
    expect(registry.clients.size).toBe(0);
    for (let at = 1; at <= 9; at += 1) await ask(`${at}`, false);
    const { failure } = await ask('tenth', false);
    expect(failure?.kind).toBe('budget');
    // No more of the budget would help.
    expect(failure?.unlock).toContain('the other findings of registration mended');
    const [first] = registry.clients.keys();
    await doors.registrar.delete({ id: 'test/delete', asks: '', clientId: first! });
    expect((await ask('in-its-place', false)).answer?.status).toBe(201);
  });
  expect(registry.clients.size).toBe(0);
  expect(leftovers).toEqual([]);
});

test('a client that cannot be deleted at once keeps its place, and is deleted at the end', async ({ lab, kit }) => {
  const registry = await registryOf(lab);
  registry.refuse = 403;
  const { leftovers } = await kit.run(registry.origin, async (doors) => {
    await doors.registrar.register({
      id: 'registration/brief',
      asks: 'a registration',
      url: registry.endpoint,
      body: { client_name: '', redirect_uris: ['https://client.example/callback'] },
      isBrief: true,
    });
    expect(registry.clients.size).toBe(1);
    registry.refuse = undefined;
  });
  expect(registry.seen.filter((each) => each.startsWith('DELETE'))).toHaveLength(2);
  expect(registry.clients.size).toBe(0);
  expect(leftovers).toEqual([]);
});

test.describe('a server that names no place to delete a client', () => {
  test('has it deleted through the Management API', async ({ lab, kit }) => {
    const registry = await registryOf(lab, { manages: false });
    const { leftovers } = await kit.run(registry.origin, (doors) => register(doors, registry.endpoint), {
      target: managed(registry),
    });
    expect(registry.clients.size).toBe(0);
    expect(leftovers).toEqual([]);
  });

  test('keeps it where the profile gives no access, and each run says so', async ({ lab, kit }) => {
    const registry = await registryOf(lab, { manages: false });
    const first = await kit.run(registry.origin, (doors) => register(doors, registry.endpoint));
    const left = /^client client-1 \(mcp-auth-conformance \w{12} D09\), registered at .*: the server names no place/;
    expect(first.leftovers).toEqual([expect.stringMatching(left)]);
    expect(first.remarks).toContainEqual(
      expect.stringMatching(/stands in \S+\/registrations-\S+\.jsonl: the next run/),
    );
    const second = await kit.run(registry.origin, nothing);
    expect(second.leftovers).toEqual([expect.stringMatching(left)]);
    const third = await kit.run(registry.origin, nothing, { target: { allow: [] } });
    expect(third.leftovers).toEqual([expect.stringContaining('a run with allow: [writes] removes them')]);
    const fourth = await kit.run(registry.origin, nothing, { target: managed(registry) });
    expect(fourth).toEqual({ leftovers: [], remarks: [expect.stringMatching(/^1 client was removed that the run/)] });
    expect(kit.files()).toEqual([]);
  });
});

for (const status of [403, 500]) {
  test(`removal that is refused with ${status} is told, and tried again by the next run`, async ({ lab, kit }) => {
    const registry = await registryOf(lab, { manages: false });
    registry.refuse = status;
    const options = { target: managed(registry) };
    const first = await kit.run(registry.origin, (doors) => register(doors, registry.endpoint), options);
    expect(first.leftovers).toEqual([
      expect.stringMatching(new RegExp(`the Management API answered .*${status}.*; it takes the scopes`)),
    ]);
    registry.refuse = undefined;
    const second = await kit.run(registry.origin, nothing, options);
    expect(second).toEqual({ leftovers: [], remarks: [expect.stringMatching(/^1 client was removed/)] });
    expect(registry.clients.size).toBe(0);
  });
}

for (const status of [401, 404]) {
  test(`a client whose removal is answered with ${status} each time is said to be left each time`, async ({
    lab,
    kit,
  }) => {
    const registry = await registryOf(lab);
    registry.refuse = status;
    const first = await kit.run(registry.origin, (doors) => register(doors, registry.endpoint), { key: KEY });
    const left = [expect.stringMatching(new RegExp(`^client client-1 .*DELETE .* was answered with .*${status}`))];
    expect(first.leftovers).toEqual(left);
    for (const _ of [2, 3]) {
      expect(await kit.run(registry.origin, nothing, { key: KEY })).toEqual({ leftovers: left, remarks: [] });
      expect(kit.files()).toHaveLength(1);
    }
    registry.refuse = undefined;
    const last = await kit.run(registry.origin, nothing, { key: KEY });
    expect(last).toEqual({ leftovers: [], remarks: [expect.stringMatching(/^1 client was removed/)] });
    expect(registry.clients.size).toBe(0);
  });
}

test('a client whose removal got no answer, and then 401, is looked for where somebody can', async ({ lab, kit }) => {
  const registry = await registryOf(lab);
  registry.swallow = true;
  const first = await kit.run(registry.origin, (doors) => register(doors, registry.endpoint), { key: KEY });
  expect(first.leftovers).toHaveLength(1);
  registry.swallow = false;
  // As if the request had never got there.
  registry.clients.set('client-1', { name: '', createdAt: new Date().toISOString() });
  registry.refuse = 401;
  registry.seen.length = 0;
  const second = await kit.run(registry.origin, nothing, { key: KEY, target: managed(registry) });
  expect(second.leftovers).toEqual([expect.stringMatching(/^client client-1 .*the Management API answered .*401/)]);
  expect(registry.seen).toContain('GET /api/v2/clients/client-1');
});

test('a run registers ten clients and no more, however many ask at once; refusals count for nothing', async ({
  lab,
  kit,
}) => {
  const registry = await registryOf(lab);
  await kit.run(registry.origin, async (doors) => {
    const refused = Array.from({ length: 15 }, (_, at) =>
      register(doors, registry.endpoint, `refused-${at}`, { redirect_uris: undefined }),
    );
    const asked = Array.from({ length: 15 }, (_, at) => register(doors, registry.endpoint, `${at}`));
    const exchanges = await Promise.all([...refused, ...asked]);
    expect(exchanges.filter(({ answer }) => answer?.status === 400)).toHaveLength(15);
    // The tenth place is for a control.
    expect(exchanges.filter(({ answer }) => answer?.status === 201)).toHaveLength(9);
    expect(exchanges.filter(({ failure }) => failure?.kind === 'budget')).toHaveLength(6);
    const body = { client_name: '', redirect_uris: ['https://client.example/callback'] };
    const control = (id: string) =>
      doors.registrar.register({ id, asks: 'a control', url: registry.endpoint, body, isControl: true });
    expect((await control('registration/control')).answer?.status).toBe(201);
    expect((await control('registration/another')).failure?.kind).toBe('budget');
  });
  expect(registry.clients.size).toBe(0);
});

test.describe('a run that was killed', () => {
  const killedAt = (kit: Kit, registry: Registry, options: RunOptions = {}) =>
    kit.run(registry.origin, (doors) => register(doors, registry.endpoint), { ...options, killed: true });

  test('leaves tokens that the next run opens with the same key, and nobody reads', async ({ lab, kit }) => {
    const registry = await registryOf(lab);
    await killedAt(kit, registry, { key: KEY });
    expect(readFileSync(kit.files()[0]!, 'utf8')).not.toContain('token-of-registration');
    const next = await kit.run(registry.origin, nothing, { key: KEY });
    expect(next).toEqual({ leftovers: [], remarks: [expect.stringMatching(/^1 client was removed/)] });
    expect(registry.clients.size).toBe(0);
    expect(kit.files()).toEqual([]);
  });

  const otherKey = secret('state.key', 'another-key-of-some-length');
  for (const [what, why, ...keys] of [
    ['without a key', 'not kept', undefined, undefined],
    ['with another key', 'sealed with another state.key', KEY, otherKey],
  ] as const) {
    test(`leaves no token that opens ${what}: the Management API helps`, async ({ lab, kit }) => {
      const registry = await registryOf(lab);
      await killedAt(kit, registry, { key: keys[0] });
      expect(readFileSync(kit.files()[0]!, 'utf8')).not.toContain('token-of-registration');
      const next = await kit.run(registry.origin, nothing, { key: keys[1] });
      expect(next.leftovers).toEqual([expect.stringContaining(`its registration access token was ${why}; remove it`)]);
      const last = await kit.run(registry.origin, nothing, { key: keys[1], target: managed(registry) });
      expect(last.leftovers).toEqual([]);
      expect(registry.clients.size).toBe(0);
    });
  }

  test('before the answer came leaves a client that is known by its name', async ({ lab, kit }) => {
    const registry = await registryOf(lab, { manages: false });
    await killedAt(kit, registry);
    const [file] = kit.files();
    const [header, asked] = readFileSync(file!, 'utf8').split('\n');
    writeFileSync(file!, `${header}\n${asked}\n{"kind":"crea`);
    const unknown = await kit.run(registry.origin, nothing);
    expect(unknown.leftovers).toEqual([expect.stringMatching(/^perhaps a client called mcp-auth-conformance \w+ D09/)]);
    // Of the same name and older, and younger and of another name: none of ours.
    const { name } = JSON.parse(asked!);
    registry.clients.set('younger', { name: `${name}-b`, createdAt: new Date().toISOString() });
    const next = await kit.run(registry.origin, nothing, { target: managed(registry) });
    expect(next).toEqual({ leftovers: [], remarks: [expect.stringMatching(/^1 client was removed/)] });
    expect([...registry.clients.keys()]).toEqual(['younger']);
    expect(kit.files()).toEqual([]);
  });

  test('before an answer to a request without a name came leaves what came at that time to be looked at', async ({
    lab,
    kit,
  }) => {
    const registry = await registryOf(lab, { manages: false });
    const work = (doors: Doors) =>
      doors.registrar.register({ id: 'registration/broken', asks: '', url: registry.endpoint, body: '{"broken' });
    await kit.run(registry.origin, work, { killed: true });
    const target = managed(registry);
    registry.clients.set('somebody', { name: 'My App', createdAt: new Date().toISOString() });
    registry.clients.set('older', { name: 'My App', createdAt: '2020-01-01T00:00:00.000Z' });
    const { leftovers } = await kit.run(registry.origin, nothing, { target });
    expect(leftovers).toEqual([expect.stringContaining('client somebody (My App) came at that time; look whether it')]);
    registry.clients.delete('somebody');
    expect(await kit.run(registry.origin, nothing, { target })).toEqual({ leftovers: [], remarks: [] });
    expect([...registry.clients.keys()]).toEqual(['older']);
    expect(kit.files()).toEqual([]);
  });

  test('has no claim to what was there before, whatever its name', async ({ lab, kit }) => {
    const registry = await registryOf(lab, { manages: false });
    await killedAt(kit, registry);
    const [file] = kit.files();
    const [header, asked] = readFileSync(file!, 'utf8').split('\n');
    writeFileSync(file!, `${header}\n${asked}\n`);
    const { name } = JSON.parse(asked!);
    registry.clients.clear();
    registry.clients.set('older', { name, createdAt: '2020-01-01T00:00:00.000Z' });
    const { leftovers } = await kit.run(registry.origin, nothing, { target: managed(registry) });
    expect(leftovers).toEqual([expect.stringContaining('client older')]);
    expect([...registry.clients.keys()]).toEqual(['older']);
  });

  test('while it removed a client leaves one that may be gone already', async ({ lab, kit }) => {
    const registry = await registryOf(lab);
    registry.swallow = true;
    const first = await kit.run(registry.origin, (doors) => register(doors, registry.endpoint), { key: KEY });
    expect(first.leftovers).toEqual([expect.stringMatching(/^client client-1 .*DELETE/)]);
    registry.swallow = false;
    const next = await kit.run(registry.origin, nothing, { key: KEY });
    expect(next.leftovers).toEqual([]);
    expect(kit.files()).toEqual([]);
  });

  test('and whose journal is torn in the middle is known by its mark', async ({ lab, kit }) => {
    const registry = await registryOf(lab, { manages: false });
    await kit.run(
      registry.origin,
      async (doors) => {
        await register(doors, registry.endpoint, 'a');
        await register(doors, registry.endpoint, 'b');
      },
      { killed: true, target: managed(registry) },
    );
    const [file] = kit.files();
    const lines = readFileSync(file!, 'utf8').split('\n');
    writeFileSync(file!, [lines[0], lines[1]!.slice(0, 20), lines[2]!.slice(9), ...lines.slice(3)].join('\n'));
    const first = await kit.run(registry.origin, nothing);
    expect(first.leftovers).toEqual([
      expect.stringMatching(/^client client-2/),
      expect.stringMatching(/^perhaps clients whose name begins with mcp-auth-conformance \w{12}:/),
    ]);
    registry.clients.set('stranger', { name: 'Desktop client', createdAt: new Date().toISOString() });
    const second = await kit.run(registry.origin, nothing, { target: managed(registry) });
    expect(second).toEqual({ leftovers: [], remarks: [expect.stringMatching(/^2 clients were removed/)] });
    expect([...registry.clients.keys()]).toEqual(['stranger']);
    expect(kit.files()).toEqual([]);
  });

  test('and whose journal has another beginning is left alone, and told', async ({ lab, kit }) => {
    const registry = await registryOf(lab);
    await killedAt(kit, registry);
    const [file] = kit.files();
    const content = readFileSync(file!, 'utf8');
    writeFileSync(file!, content.replace('registrations/1', 'registrations/2'));
    const { leftovers } = await kit.run(registry.origin, nothing, { target: managed(registry) });
    expect(leftovers).toEqual([expect.stringMatching(/left alone: it does not begin as such a journal does/)]);
    expect(registry.clients.size).toBe(1);
    expect(existsSync(file!)).toBe(true);
  });

  test('on another target is no business of this one', async ({ lab, kit }) => {
    const [one, other] = [await registryOf(lab), await registryOf(lab)];
    await killedAt(kit, one, { key: KEY });
    expect(await kit.run(other.origin, nothing, { key: KEY })).toEqual({ leftovers: [], remarks: [] });
    expect(one.clients.size).toBe(1);
    expect(kit.files()).toHaveLength(1);
  });
});

test('the journal of a run that goes on is left to it, that of one which is no more is not', async ({ lab, kit }) => {
  const registry = await registryOf(lab);
  await kit.run(registry.origin, (doors) => register(doors, registry.endpoint), { key: KEY, killed: true });
  const [file] = kit.files();
  const content = readFileSync(file!, 'utf8');
  const sleeper = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60_000)']);
  const ended = new Promise((resolve) => sleeper.once('exit', resolve));
  const as = (changes: object, secondsAgo = 0) => {
    const [header, ...lines] = content.split('\n');
    writeFileSync(file!, [JSON.stringify({ ...JSON.parse(header!), ...changes }), ...lines].join('\n'));
    const at = new Date(Date.now() - secondsAgo * 1000);
    utimesSync(file!, at, at);
    return kit.run(registry.origin, nothing, { key: KEY });
  };
  const isLeft = { leftovers: [], remarks: [expect.stringMatching(/^another run \(\w{12}\) registers clients/)] };
  const { host }: { readonly host: string } = JSON.parse(content.split('\n')[0]!);
  const { name } = registry.clients.get('client-1')!;
  expect(await as({ host, pid: sleeper.pid })).toEqual(isLeft);
  expect(await as({ host: 'another-machine.example', pid: 1 })).toEqual(isLeft);
  // A container of the same host name, whose process ids are not ours.
  expect(await as({ host: `${hostname()} pid:[1]`, pid: process.pid })).toEqual(isLeft);
  expect(registry.clients.size).toBe(1);
  sleeper.kill();
  await ended;
  const removed = { leftovers: [], remarks: [expect.stringMatching(/^1 client was removed/)] };
  expect(await as({ host, pid: sleeper.pid })).toEqual(removed);

  // A process that has the id of one that is no more, and a machine of which nothing was heard for long.
  for (const header of [{ host, pid: process.ppid }, { host: 'another-machine.example' }]) {
    registry.clients.set('client-1', { name, createdAt: new Date().toISOString() });
    expect(await as(header, 600)).toEqual(removed);
  }
});

test.describe('clients of others', () => {
  const theirs = { public: { id: 'client-1', redirectUri: 'https://client.example/callback' } };

  test('stay where the server gives the id of one', async ({ lab, kit }) => {
    for (const manages of [true, false]) {
      const registry = await registryOf(lab, { manages });
      const target = { ...managed(registry), clients: theirs };
      const { leftovers } = await kit.run(registry.origin, (doors) => register(doors, registry.endpoint), { target });
      expect(leftovers).toEqual([expect.stringContaining('it is the id of a client of the profile')]);
      expect(registry.clients.size).toBe(1);
    }
  });

  test('stay where the server lets a request choose an id, unless they are new', async ({ lab, kit }) => {
    for (const [createdAt, left] of [
      ['2020-01-01T00:00:00.000Z', 1],
      [new Date().toISOString(), 0],
    ] as const) {
      const registry = await registryOf(lab);
      const work = async (doors: Doors) => {
        await register(doors, registry.endpoint, 'D16', { client_id: 'chosen' });
        registry.clients.set('chosen', { name: 'whose?', createdAt });
      };
      const { leftovers } = await kit.run(registry.origin, work, { target: managed(registry) });
      expect(leftovers).toHaveLength(left);
      expect(registry.clients.size).toBe(left);
    }
  });

  test('are not those whose id a trial has made up', async ({ lab, kit }) => {
    const registry = await registryOf(lab);
    const made = { client_id: 'mcp-auth-conformance-5f2c' };
    const tidied = await kit.run(registry.origin, (doors) => register(doors, registry.endpoint, 'D16', made));
    expect(tidied.leftovers).toEqual([]);
    expect(registry.clients.size).toBe(0);
  });

  test('cannot be deleted through any door', async ({ lab, kit }) => {
    const registry = await registryOf(lab);
    registry.clients.set('stranger', { name: 'Desktop client', createdAt: new Date().toISOString() });
    const work = async (doors: Doors) => {
      expect(Object.keys(doors.management!).sort()).toEqual(['get', 'preview']);
      const { failure } = await doors.registrar.delete({ id: 'test/delete', asks: '', clientId: 'stranger' });
      expect(failure?.message).toBe('not sent: it is no client of this run');
      expect(await doors.registrar.deleteAtTenant({ id: 'test/tenant', clientId: 'stranger' })).toBeUndefined();
      await register(doors, registry.endpoint);
    };
    await kit.run(registry.origin, work, { target: managed(registry) });
    expect([...registry.clients.keys()]).toEqual(['stranger']);
  });
});

test.describe('an answer that names a client that was there before', () => {
  const PORTAL = { name: 'production-portal', createdAt: '2020-01-01T00:00:00.000Z' };
  const portalOf = async (lab: Lab, changes: Partial<Registry> = {}) => {
    const registry = Object.assign(await registryOf(lab), { existing: 'portal', ...changes });
    registry.clients.set('portal', PORTAL);
    return registry;
  };
  const changing = ({ seen }: Registry) => seen.filter((each) => /^(?:DELETE|PUT)/.test(each));

  for (const [what, changes, why] of [
    ['bears another name', {}, 'its name is not the one that it was registered with, but "production-portal"'],
    ['is older by its own word', { issuedAt: 1_577_836_800, renames: true }, 'that it was there before (client_id_iss'],
  ] as const) {
    test(`gives no claim to it where it ${what}; nothing more is registered`, async ({ lab, kit }) => {
      const registry = await portalOf(lab, changes);
      const { leftovers } = await kit.run(registry.origin, async (doors) => {
        await register(doors, registry.endpoint);
        expect(await doors.registrar.own('portal')).toContain(why);
        const { failure } = await doors.registrar.delete({ id: 'test/delete', asks: '', clientId: 'portal' });
        expect(failure).toMatchObject({ kind: 'egress', message: expect.stringContaining(why) });
        const second = await register(doors, registry.endpoint, 'second', {});
        expect(second.failure?.message).toContain('names a client that this run may not take for its own');
        expect(doors.registrar.obstacle({ isControl: true })).toMatchObject({ unfit: 'untested' });
      });
      expect(leftovers).toEqual([expect.stringMatching(/^client portal .*, and so it may be another’s; look at what/)]);
      expect(leftovers[0]).toContain(why);
      expect(changing(registry)).toEqual([]);
      expect(registry.seen.filter((each) => each.startsWith('POST'))).toHaveLength(1);
    });
  }

  test('gives none where the tenant knows its age, whatever token comes with it', async ({ lab, kit }) => {
    const registry = await portalOf(lab, { renames: true });
    const work = (doors: Doors) => register(doors, registry.endpoint);
    const { leftovers } = await kit.run(registry.origin, work, { target: managed(registry) });
    expect(leftovers).toEqual([
      expect.stringContaining('it is older than this registration, and so it may be another’s'),
    ]);
    expect(changing(registry)).toEqual([]);
    const next = await kit.run(registry.origin, (doors) => register(doors, registry.endpoint), {
      target: managed(registry),
    });
    expect(next.leftovers).toHaveLength(1);
    expect(registry.clients.size).toBe(1);
  });

  test('is not deleted at once either', async ({ lab, kit }) => {
    const registry = await portalOf(lab);
    await kit.run(registry.origin, (doors) =>
      doors.registrar.register({
        id: 'registration/brief',
        asks: '',
        url: registry.endpoint,
        body: { client_name: '', redirect_uris: [] },
        isBrief: true,
      }),
    );
    expect(changing(registry)).toEqual([]);
    expect(registry.clients.get('portal')).toEqual(PORTAL);
  });

  test('gives none where it comes twice, unless the tenant knows that it is new', async ({ lab, kit }) => {
    for (const [target, left] of [
      [false, 1],
      [true, 0],
    ] as const) {
      const registry = Object.assign(await registryOf(lab), { existing: 'for-all', renames: true });
      const work = async (doors: Doors) => {
        await register(doors, registry.endpoint, 'a');
        await register(doors, registry.endpoint, 'b');
        expect((await register(doors, registry.endpoint, 'c')).failure === undefined).toBe(target);
      };
      const { leftovers } = await kit.run(registry.origin, work, target ? { target: managed(registry) } : {});
      expect(leftovers).toHaveLength(left * 2);
      expect(registry.clients.size).toBe(left);
    }
  });

  test('is told by the clock of the server', async ({ lab, kit }) => {
    const ahead = -3_600_000;
    const registry = Object.assign(await registryOf(lab), { ahead, issuedAt: Math.floor((Date.now() + ahead) / 1000) });
    for (const target of [{}, managed(registry)]) {
      const { leftovers } = await kit.run(registry.origin, (doors) => register(doors, registry.endpoint), { target });
      expect(leftovers).toEqual([]);
      expect(registry.clients.size).toBe(0);
    }
  });
});

for (const isAudited of [false, true]) {
  test(`a run changes and deletes no client that was there before, ${isAudited ? 'with' : 'without'} management`, async ({
    kit,
  }) => {
    const ONE_FOR_ALL: Fault = {
      id: 'test-registers-the-same-client',
      says: 'Each registration is answered with a client of long ago, and a token to manage it.',
      configuration: (given) => ({ ...given, plan: { ...given.plan, managesRegistrations: true } }),
      tenant: ({ register }) => ({
        register(context) {
          if (context.request.method !== 'POST') return register(context);
          const [client] = context.store.clients;
          return jsonReply(201, { client_id: client!.client_id, ...configurationOf(client!, context) });
        },
      }),
      trips: [],
    };
    const changes: string[] = [];
    const world = await startWorld({
      state: 'open-registration',
      faults: [ONE_FOR_ALL],
      onExchange: ({ request: { method, path } }) => {
        if (['PUT', 'DELETE', 'PATCH'].includes(method)) changes.push(`${method} ${path}`);
      },
    });
    try {
      const before = structuredClone(world.tenant.clients);
      const { id, secret: value } = world.clients.operator;
      const yaml = `
server: { url: "${world.server.url}" }
allow: [writes, load]
state: { folder: "${kit.folder}" }
${isAudited ? `management: { tenantUrl: "${world.issuer}", client: { id: ${id}, secret: "\${SECRET}" } }` : ''}
`;
      const { profile } = await parseProfile(yaml, { file: 'p.yaml', env: { SECRET: value } });
      const { report } = await run(profile, { mode: 'gate', only: ['registration'] });
      const outcomeOf = (name: string) => report.checks.find(({ id }) => id === `registration/${name}`)?.outcome;
      expect(outcomeOf('changes-clients-by-the-rules-of-registration')).toBe('untested');
      expect(outcomeOf('deletes-clients-for-good')).toBe('untested');
      expect(changes.filter((each) => !each.endsWith('/mcp'))).toEqual([]);
      expect(world.tenant.clients).toEqual(before);
      expect(report.leftovers).toEqual([expect.stringMatching(/may be another’s|shows that it is of this run/)]);
    } finally {
      await world.close();
    }
  });
}

test('a registration access token goes to no other host than that of the registration', async ({ lab, kit }) => {
  const stranger = await registryOf(lab);
  const registry = Object.assign(await registryOf(lab), { elsewhere: stranger.origin });
  const { leftovers } = await kit.run(registry.origin, (doors) => register(doors, registry.endpoint), { key: KEY });
  expect(leftovers).toEqual([
    expect.stringContaining('the place to delete it is on another host than its registration'),
  ]);
  expect(stranger.seen).toEqual([]);
  expect(readFileSync(kit.files()[0]!, 'utf8')).not.toContain('"token"');
});

test.describe('where nothing removes clients', () => {
  test('controls are registered, and no trials', async ({ lab, kit }) => {
    const registry = await registryOf(lab, { manages: false });
    const body = { client_name: '', redirect_uris: [] };
    const { leftovers } = await kit.run(registry.origin, async (doors) => {
      const control = (id: string) =>
        doors.registrar.register({ id, asks: 'a control', url: registry.endpoint, body, isControl: true });
      await control('registration/anonymous');
      expect((await control('registration/web')).answer?.status).toBe(201);
      expect((await register(doors, registry.endpoint)).failure).toMatchObject({
        message: expect.stringContaining('nothing would remove the clients of trials: the server names no place'),
        unlock: expect.stringMatching(/^management: /),
      });
      expect(doors.registrar.obstacle({})).toMatchObject({ unfit: 'out-of-scope' });
    });
    expect(registry.clients.size).toBe(2);
    expect(leftovers).toHaveLength(2);
  });

  test('a run sends nothing while clients of an earlier one are left', async ({ lab, kit }) => {
    const registry = await registryOf(lab, { manages: false });
    await kit.run(registry.origin, (doors) => register(doors, registry.endpoint));
    registry.seen.length = 0;
    const work = async (doors: Doors) => {
      const { failure } = await register(doors, registry.endpoint);
      expect(failure).toMatchObject({
        message: expect.stringContaining('an earlier run has left clients at this target'),
        unlock: 'the clients removed that the report names as left behind',
      });
    };
    await kit.run(registry.origin, work);
    expect(registry.seen).toEqual([]);
    // Once somebody can remove them it goes on.
    const again = await kit.run(registry.origin, (doors) => register(doors, registry.endpoint), {
      target: managed(registry),
    });
    expect(again.leftovers).toEqual([]);
    expect(registry.seen.filter((each) => each.startsWith('POST'))).toHaveLength(1);
  });
});

test.describe('clients that a server keeps of documents', () => {
  const url = 'https://documents.example/documents/5f2c?a=b';
  const keeping = (registry: Registry) => async (doors: Doors) => {
    doors.registrar.consenting(url);
    doors.registrar.consenting(`${url}-not`);
    doors.registrar.unkept(`${url}-not`);
    const createdAt = new Date().toISOString();
    registry.clients.set('kept', { name: 'mcp-auth-conformance trial', createdAt, document: url });
    registry.clients.set('theirs', { name: 'mcp-auth-conformance trial', createdAt, document: `${url}-theirs` });
    registry.clients.set('not', { name: 'mcp-auth-conformance trial', createdAt, document: `${url}-not` });
  };

  test('are removed by the URL of the document, and no others', async ({ lab, kit }) => {
    const registry = await registryOf(lab);
    const { leftovers } = await kit.run(registry.origin, keeping(registry), { target: managed(registry) });
    expect(leftovers).toEqual([]);
    expect([...registry.clients.keys()]).toEqual(['theirs', 'not']);
    expect(kit.files()).toEqual([]);
  });

  test('are said to be left where nobody can look, and removed by a run that can', async ({ lab, kit }) => {
    const registry = await registryOf(lab);
    const first = await kit.run(registry.origin, keeping(registry));
    expect(first.leftovers).toEqual([expect.stringContaining(`perhaps clients of the documents ${url}, to which`)]);
    expect(registry.clients.size).toBe(3);
    // What may be there holds nothing back.
    const second = await kit.run(registry.origin, (doors) => register(doors, registry.endpoint));
    expect(registry.seen.filter((each) => each.startsWith('POST'))).toHaveLength(1);
    expect(second.leftovers).toHaveLength(1);
    const third = await kit.run(registry.origin, nothing, { target: managed(registry) });
    expect(third).toEqual({ leftovers: [], remarks: [expect.stringMatching(/^1 client was removed/)] });
    expect([...registry.clients.keys()]).toEqual(['theirs', 'not']);
    expect(kit.files()).toEqual([]);
  });

  test('are not those that were there before', async ({ lab, kit }) => {
    const registry = await registryOf(lab);
    const work = async (doors: Doors) => {
      doors.registrar.consenting(url);
      registry.clients.set('older', { name: 'x', createdAt: '2020-01-01T00:00:00.000Z', document: url });
    };
    const { leftovers } = await kit.run(registry.origin, work, { target: managed(registry) });
    expect(leftovers).toEqual([expect.stringContaining('client older is older than it would be')]);
    expect(registry.clients.size).toBe(1);
  });
});

test('a token endpoint that was busy once leaves no clients behind', async ({ lab, kit }) => {
  const registry = Object.assign(await registryOf(lab, { manages: false }), { busy: 1 });
  const password = secret('management.client.secret', 'a-secret-of-the-operator');
  const management = { url: `${registry.origin}/`, client: { id: 'operator', secret: password } };
  const work = async (doors: Doors) => {
    const { failure } = await doors.management!.get({ id: 'test/get', asks: '', path: 'clients' });
    expect(failure?.message).toContain('its token endpoint answered 503');
    await register(doors, registry.endpoint);
  };
  const { leftovers } = await kit.run(registry.origin, work, { target: { management, secrets: [password] } });
  expect(leftovers).toEqual([]);
  expect(registry.clients.size).toBe(0);
});

test('requests that can make no client take no place, and one that does is remembered', async ({ lab, kit }) => {
  const registry = await registryOf(lab, { manages: false });
  const ask = (doors: Doors, at: number, body: string) =>
    doors.registrar.register({ id: `burst/${at}`, asks: '', url: registry.endpoint, body, isUnreadable: true });
  const { leftovers } = await kit.run(registry.origin, async (doors) => {
    // The server hangs up: no client of such a body, as it has shown.
    const asked = await Promise.all(Array.from({ length: 20 }, (_, at) => ask(doors, at, '{"broken')));
    expect(asked.every(({ failure }) => failure?.kind === 'reset')).toBe(true);
    await ask(doors, 21, '{"redirect_uris":[]}');
  });
  expect(leftovers).toEqual([expect.stringMatching(/^client client-1, registered at/)]);
});

test.describe('at the mock tenant', () => {
  let world: World;
  test.afterEach(() => world.close());

  const target = (world: World, client: 'operator' | 'auditor'): TargetChanges => {
    const { client_id: id, client_secret: value } = world.tenant.clients.find(
      ({ name }) => name === { operator: 'Deployment', auditor: 'Audit' }[client],
    )!;
    const password = secret('management.client.secret', value!);
    return { management: { url: world.issuer, client: { id, secret: password } }, secrets: [password] };
  };

  test('the operator’s client asks for one token, and its clients alone go', async ({ kit }) => {
    world = await startWorld({ state: 'open-registration' });
    const before = world.tenant.clients.map(({ client_id }) => client_id);
    const work = async (doors: Doors) => {
      for (const trial of ['a', 'b', 'c']) await register(doors, `${world.issuer}oidc/register`, trial);
      expect(world.tenant.clients).toHaveLength(before.length + 3);
      const { answer } = await doors.management!.get({ id: 'test/get', asks: '', path: 'tenants/settings' });
      expect(answer?.status).toBe(200);
    };
    const { leftovers } = await kit.run(world.server.url, work, { target: target(world, 'operator') });
    expect(leftovers).toEqual([]);
    expect(world.tenant.clients.map(({ client_id }) => client_id)).toEqual(before);
    expect(kit.files()).toEqual([]);
  });

  test('who may only read removes nothing, and is told what it takes', async ({ kit }) => {
    world = await startWorld({ state: 'open-registration' });
    const work = (doors: Doors) => register(doors, `${world.issuer}oidc/register`);
    const { leftovers } = await kit.run(world.server.url, work, { target: target(world, 'auditor') });
    expect(leftovers).toEqual([expect.stringMatching(/403.*it takes the scopes read:clients and delete:clients/)]);
  });

  test('its secret goes to the tenant alone', async ({ lab, kit }) => {
    world = await startWorld({ state: 'open-registration' });
    const { management, secrets } = target(world, 'operator');
    const elsewhere = await registryOf(lab);
    const work = async (doors: Doors) => {
      const { failure } = await doors.http.ask({
        id: 'test/elsewhere',
        asks: '',
        method: 'GET',
        url: elsewhere.origin,
        headers: [['authorization', ['Bearer ', management!.client!.secret]]],
      });
      expect(failure?.kind).toBe('egress');
    };
    await kit.run(world.server.url, work, { target: { management: management!, secrets: secrets! } });
    expect(elsewhere.seen).toEqual([]);
  });
});

test('JSON that is cut off is sent no more where it makes a client, which is removed', async ({ kit }) => {
  const DEFAULTS: Fault = {
    id: 'test-registers-defaults',
    says: 'A body that cannot be read is taken for an empty one, and defaults are registered.',
    tenant: ({ readRegistration }) => ({
      readRegistration: (context) =>
        readRegistration(context) ?? { redirect_uris: ['https://client.example/callback'], client_name: 'My App' },
    }),
    trips: [],
  };
  let asked = 0;
  const world = await startWorld({
    state: 'open-registration',
    faults: [DEFAULTS],
    onExchange: ({ request: { path, body } }) => {
      asked += path === '/oidc/register' && body.endsWith('"redirect_uris":[') ? 1 : 0;
    },
  });
  try {
    const before = world.tenant.clients.map(({ client_id }) => client_id);
    const { id, secret: value } = world.clients.operator;
    const yaml = `
server: { url: "${world.server.url}" }
allow: [writes, load]
state: { folder: "${kit.folder}" }
management: { tenantUrl: "${world.issuer}", client: { id: ${id}, secret: "\${SECRET}" } }
`;
    const { profile } = await parseProfile(yaml, { file: 'p.yaml', env: { SECRET: value } });
    const only = ['registration/limits-the-rate-of-registrations'];
    const { report } = await run(profile, { mode: 'gate', only });
    expect(report.checks[0]).toMatchObject({ outcome: 'not-applicable' });
    expect(asked).toBe(0);
    expect(report.leftovers ?? []).toEqual([]);
    expect(world.tenant.clients.map(({ client_id }) => client_id)).toEqual(before);
  } finally {
    await world.close();
  }
});

test('trials that nothing would clean up after are out of scope, and not refused', () => {
  const { registrations } = golden;
  const stopped: Obstacle = { unfit: 'out-of-scope', because: 'nothing would remove', unlock: 'management' };
  const evidence = { ...golden, registrations: { ...registrations, asked: [], stopped } };
  const verdicts = registrationChecks
    .filter(({ trials = [] }) => trials.some((trial) => /^registrations\/(?:redirect|no-redirect|unknown)/.test(trial)))
    .map((check) => check.judge(evidence, goldenFacts).kind);
  expect(verdicts.length).toBeGreaterThan(3);
  expect(new Set(verdicts)).toEqual(new Set(['out-of-scope']));
});

test('without state the journal lies in the user’s own folder for such things', () => {
  test.skip(process.platform !== 'linux', 'other systems have other places');
  expect(stateFolder({ XDG_STATE_HOME: '/somewhere/state' })).toBe('/somewhere/state/mcp-auth-conformance');
  expect(stateFolder({ XDG_STATE_HOME: 'relative' })).toMatch(/\/\.local\/state\/mcp-auth-conformance$/);
});
