/** Clients by metadata document at an authorization server elsewhere: the run opens the host that the profile names. */
import { createServer } from 'node:net';
import { expect, test } from '@playwright/test';
import { run } from '../engine/run.ts';
import { parseProfile } from '../fixtures/profile/profile.ts';
import { startWorld, type World } from '../mock-idp/world.ts';

const CHECK = 'client-documents/does-as-its-metadata-says';

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { readonly port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function runAt(world: World, more: string, id = CHECK) {
  const { native } = world.clients;
  const [user] = world.tenant.users;
  const yaml = `
server: { url: "${world.server.url}" }
clients: { public: { id: ${native.id}, redirectUri: "${native.redirectUri}" } }
users: { first: { username: ${user!.email}, password: "\${PASSWORD}" }, signIn: { method: universal-login } }
state: { folder: "${test.info().outputPath('state')}" }
${more}
`;
  const { operator } = world.clients;
  const env = { PASSWORD: user!.password, OPERATOR: operator.secret };
  const { profile } = await parseProfile(yaml, { file: 'p.yaml', env });
  const { report, evidence } = await run(profile, { mode: 'gate', only: [id] });
  const { leftovers = [] } = report;
  return { check: report.checks.find((each) => each.id === id), evidence: evidence.documentClients, leftovers };
}

let world: World;
test.beforeAll(async () => {
  world = await startWorld();
});
test.afterAll(() => world.close());

test('documents are served where the profile says, for as long as the run', async () => {
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const more = `allow: [writes]\ndocumentHost: { publicUrl: "${origin}", listen: "127.0.0.1:${port}" }`;
  const { check, evidence } = await runAt(world, more);
  expect(check?.outcome).toBe('passed');
  expect(evidence?.control.clientId).toMatch(new RegExp(`^${origin}/documents/`));
  expect(evidence?.control.fetches).toEqual({ document: 1, further: [] });
  // Bounded cost is not allowed with writes.
  expect(Object.keys(evidence?.unfit ?? {})).toContain('document-that-unpacks');
  await expect(fetch(evidence!.control.clientId)).rejects.toThrow();
});

test('clients that the tenant keeps of documents are removed where somebody can, and said to be left elsewhere', async () => {
  // Two runs of everything that is asked with documents.
  test.setTimeout(240_000);
  const kept = () => world.tenant.clients.filter(({ external_metadata_created_by: by }) => by === 'client');
  const known = new Set(kept().map(({ client_id }) => client_id));
  const removeKept = () => {
    for (const { client_id } of kept())
      world.tenant.clients.splice(
        world.tenant.clients.findIndex((each) => each.client_id === client_id),
        1,
      );
  };
  const allowed = async () => {
    const port = await freePort();
    return `allow: [writes]\ndocumentHost: { publicUrl: "http://127.0.0.1:${port}", listen: "127.0.0.1:${port}" }`;
  };
  const first = await runAt(world, await allowed());
  const left = kept().filter(({ client_id }) => !known.has(client_id));
  expect(left.length).toBeGreaterThan(0);
  expect(first.leftovers).toEqual([
    expect.stringMatching(/^perhaps clients of the documents .*, to which the test user/),
  ]);
  for (const { external_client_id: url } of left) expect(first.leftovers[0]).toContain(url);
  // Nothing would remove what such trials leave.
  expect(first.evidence?.unfit['private-key']).toMatchObject({
    unfit: 'out-of-scope',
    unlock: expect.stringMatching(/^management/),
  });

  removeKept();
  const { operator } = world.clients;
  const management = `management: { tenantUrl: "${world.issuer}", client: { id: ${operator.id}, secret: "\${OPERATOR}" } }`;
  const second = await runAt(world, `${await allowed()}\n${management}`);
  expect(second.leftovers).toEqual([]);
  expect(second.evidence?.unfit['private-key']).toBeUndefined();
  expect(kept()).toEqual([]);
});

test('without such a host, and without leave to write, nothing is asked', async () => {
  expect((await runAt(world, 'allow: [writes]')).check).toMatchObject({
    outcome: 'out-of-scope',
    because: 'it takes a host of the run that the parties under test could reach',
  });
  const port = await freePort();
  const hosted = `documentHost: { publicUrl: "http://127.0.0.1:${port}", listen: "127.0.0.1:${port}" }`;
  expect((await runAt(world, hosted)).check).toMatchObject({
    outcome: 'out-of-scope',
    because: 'nobody said that a run may have this effect: writes',
  });
});

test('a host that leads nowhere is told of, and no word on the server comes of it', async () => {
  const [port, nowhere] = [await freePort(), await freePort()];
  const more = `allow: [writes]\ndocumentHost: { publicUrl: "http://127.0.0.1:${nowhere}", listen: "127.0.0.1:${port}" }`;
  const { check } = await runAt(world, more);
  expect(check).toMatchObject({
    outcome: 'untested',
    because: expect.stringMatching(/^nobody came to documentHost\.publicUrl, .*: no answer \(/),
    unlock: expect.stringContaining(`curl http://127.0.0.1:${nowhere} from outside`),
  });
});

test('a port that is taken disturbs nobody who needs no such host', async () => {
  const taken = new URL(world.server.url).port;
  const more = `documentHost: { publicUrl: "http://127.0.0.1:${taken}", listen: "127.0.0.1:${taken}" }`;
  const { check } = await runAt(world, more, 'challenge/answers-401-without-a-token');
  expect(check?.outcome).toBe('passed');
  await expect(runAt(world, more)).rejects.toThrow(`nothing can listen at 127.0.0.1:${taken}`);
});
