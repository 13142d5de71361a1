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
${more}
`;
  const { profile } = await parseProfile(yaml, { file: 'p.yaml', env: { PASSWORD: user!.password } });
  const { report, evidence } = await run(profile, { mode: 'gate', only: [id] });
  return { check: report.checks.find((each) => each.id === id), evidence: evidence.documentClients };
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
