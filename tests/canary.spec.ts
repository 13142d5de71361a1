/** Every secret of a profile is a marker: no file and no stream of a run holds one, in any coat. */
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@playwright/test';
import { exportJWK, generateKeyPair } from 'jose';
import { startWorld } from '../mock-idp/world.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Every field of the schema that is a secret, as a path. */
function secretFields(
  schema: Record<string, unknown>,
  path: readonly string[] = [],
  root: Record<string, unknown> = schema,
): readonly string[] {
  if (schema['x-secret'] === true) return [path.join('.')];
  if (typeof schema.$ref === 'string') {
    const definitions = root.definitions as Record<string, Record<string, unknown>>;
    return secretFields(definitions[schema.$ref.replace('#/definitions/', '')]!, path, root);
  }
  const inner = { ...(schema.properties as object), ...(schema.items === undefined ? {} : { '0': schema.items }) };
  return Object.entries(inner).flatMap(([name, value]) =>
    secretFields(value as Record<string, unknown>, [...path, name], root),
  );
}

const marker = (name: string) => `canary-${name}-"9f3+/ä$%`;

function coats(value: string): readonly string[] {
  const bytes = Buffer.from(value, 'utf8');
  const inner = [0, 1, 2].map((shift) =>
    // The characters of a longer base64 text that depend on this value alone.
    Buffer.concat([Buffer.alloc(shift), bytes])
      .toString('base64')
      .slice(shift === 0 ? 0 : shift + 1, -4),
  );
  return [
    value,
    ...inner,
    ...inner.map((text) => text.replaceAll('+', '-').replaceAll('/', '_')),
    encodeURIComponent(value),
    bytes.toString('hex'),
  ];
}

/** A server that repeats everything it is sent, wherever it can. */
async function startEcho() {
  const server = createServer((request, response) => {
    const { authorization = '' } = request.headers;
    const sent = `${request.url} ${authorization}`;
    response.statusCode = authorization.includes('canary') ? 200 : 401;
    response.setHeader('WWW-Authenticate', `Bearer realm="echo", error_description="${encodeURIComponent(sent)}"`);
    response.setHeader('X-Echo', Buffer.from(sent).toString('hex'));
    response.setHeader('Content-Type', 'application/json');
    const text = `${sent} ${Buffer.from(sent).toString('base64')} ${Buffer.from(sent).toString('base64url')}`;
    response.end(JSON.stringify({ jsonrpc: '2.0', id: 1, result: { text, supportedVersions: ['2026-07-28'] } }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`, close: () => server.close() };
}

async function everythingWritten(folder: string): Promise<readonly (readonly [string, string])[]> {
  const files = await readdir(folder, { recursive: true, withFileTypes: true });
  return Promise.all(
    files
      .filter((entry) => entry.isFile())
      .map(async (entry) => [entry.name, await readFile(join(entry.parentPath, entry.name), 'utf8')] as const),
  );
}

const run = (args: readonly string[], env: Record<string, string>) =>
  new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    execFile(
      process.execPath,
      [join(ROOT, 'dist/cli/main.js'), ...args],
      { env: { ...process.env, ...env }, maxBuffer: 1e8 },
      (error, stdout, stderr) => resolve({ code: error === null ? 0 : Number(error.code ?? 1), stdout, stderr }),
    );
  });

let folder: string;
test.beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'canary-'));
});
test.afterEach(() => rm(folder, { recursive: true, force: true }));

/** They stand in header fields, where only visible ASCII may stand. */
const TOKENS = ['GOOD', 'OTHER', 'EXPIRED', 'MANAGEMENT'];

const PROFILE = (url: string) => `
server: { url: "${url}" }
tokens: { good: "\${GOOD}", otherAudience: "\${OTHER}", expired: "\${EXPIRED}" }
issuer: { signingKey: "\${SIGNING_KEY}" }
clients:
  confidential: { id: a, redirectUri: "http://127.0.0.1:8976/callback", secret: "\${CONFIDENTIAL}" }
  privateKeyJwt: { id: b, redirectUri: "http://127.0.0.1:8976/callback", privateKey: "\${PRIVATE_KEY}" }
  machine: { id: c, secret: "\${MACHINE}" }
users:
  first: { username: one, password: "\${PASSWORD}", totpSecret: "\${TOTP}" }
management: { domain: tenant.example.com, token: "\${MANAGEMENT}" }
state: { folder: out/state, key: "\${STATE_KEY}" }
`;

test('against a server that repeats everything', async () => {
  const echo = await startEcho();
  const names = [
    'GOOD',
    'OTHER',
    'EXPIRED',
    'SIGNING_KEY',
    'CONFIDENTIAL',
    'PRIVATE_KEY',
    'MACHINE',
    'PASSWORD',
    'TOTP',
    'MANAGEMENT',
    'STATE_KEY',
  ];
  const secrets = Object.fromEntries(
    names.map((name) => [name, TOKENS.includes(name) ? `canary-${name}-9f3+/=.~x` : marker(name)]),
  );
  // Only a key is taken for one; what makes it secret is its private member.
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  const key = await exportJWK(privateKey);
  const given = { ...secrets, SIGNING_KEY: JSON.stringify(key) };
  const file = join(folder, 'profile.yaml');
  await writeFile(file, PROFILE(echo.url));
  const out = join(folder, 'out');
  const child = await run(['run', file, '--out', out, '--json', join(folder, 'copy.json'), '--verbose'], given);
  echo.close();
  expect([0, 1], child.stderr).toContain(child.code);
  const written = [...(await everythingWritten(out)), ['stdout', child.stdout], ['stderr', child.stderr]] as const;
  expect(written.map(([name]) => name)).toEqual(
    expect.arrayContaining(['report.json', 'control.json', 'tokenUse.json']),
  );
  expect(written.find(([name]) => name === 'control.json')![1]).toContain('«tokens.good»');
  for (const [name, value] of Object.entries({ ...secrets, SIGNING_KEY: key.d! })) {
    for (const coat of coats(value)) {
      for (const [where, text] of written) expect(text.includes(coat), `${name} as ${coat} in ${where}`).toBe(false);
    }
  }
});

test('a real token and real session ids in the embedded world', async () => {
  const world = await startWorld({ revisions: ['2025-11-25'] });
  const token = await world.mint();
  const file = join(folder, 'profile.yaml');
  await writeFile(file, `server: { url: "${world.server.url}" }\ntokens: { good: "\${GOOD}" }\n`);
  const out = join(folder, 'out');
  const child = await run(['run', file, '--out', out], { GOOD: token });
  await world.close();
  const written = [...(await everythingWritten(out)), ['stdout', child.stdout], ['stderr', child.stderr]] as const;
  const all = written.map(([, text]) => text).join('\n');
  expect(all).toContain('«session 1»');
  for (const part of [token, ...token.split('.')]) expect(all.includes(part), part).toBe(false);
  expect(all).not.toMatch(/"mcp-session-id",\s*"(?!«|00000000-0000-4000-8000|value")/i);
});

test('the schema knows no secret that this profile leaves out', async () => {
  const schema = JSON.parse(await readFile(join(ROOT, 'profiles', 'profile.schema.json'), 'utf8'));
  const covered = ['tokens', 'issuer', 'clients', 'users', 'management', 'state'];
  const fields = secretFields(schema);
  expect(fields.length).toBeGreaterThanOrEqual(9);
  expect(fields.filter((field) => !covered.includes(field.split('.')[0]!))).toEqual([]);
});
