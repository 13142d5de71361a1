/**
 * An all-in-one that nobody here wrote: the OAuth example of the MCP SDK v1, server and authorization server in one
 * process, run as its README says (`--oauth`). It lets everybody in at /authorize, so that no browser is needed.
 */
import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';

export interface AllInOne {
  readonly issuer: string;
  /** MCP endpoint. */
  readonly url: string;
  /** An access token for the endpoint by registration, authorization code and PKCE, as an MCP client gets one. */
  token(): Promise<string>;
  close(): Promise<void>;
}

const EXAMPLE = fileURLToPath(import.meta.resolve('@modelcontextprotocol/sdk/examples/server/simpleStreamableHttp.js'));
const CALLBACK = 'http://127.0.0.1:9/callback';
const STARTED = ['OAuth Authorization Server listening', 'MCP Streamable HTTP Server listening'];

export async function startAllInOne(): Promise<AllInOne> {
  const [port, authPort] = await freePorts();
  const preload = new URL('./loopback-only.mjs', import.meta.url).href;
  const example = spawn(process.execPath, ['--import', preload, EXAMPLE, '--oauth'], {
    env: { ...process.env, MCP_PORT: String(port), MCP_AUTH_PORT: String(authPort) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [example.stdout, example.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
  }
  while (!STARTED.every((line) => said.includes(line))) {
    if (example.exitCode !== null) throw new Error(`The example ended at once: ${said}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const issuer = `http://localhost:${authPort}`;
  const url = `http://localhost:${port}/mcp`;
  return {
    issuer,
    url,
    token: () => signIn(issuer, url),
    close: async () => {
      if (example.exitCode !== null) return;
      example.kill('SIGKILL');
      await once(example, 'exit');
    },
  };
}

async function signIn(issuer: string, resource: string): Promise<string> {
  const { client_id } = await json(
    fetch(`${issuer}/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ redirect_uris: [CALLBACK], token_endpoint_auth_method: 'none' }),
    }),
  );
  const verifier = randomBytes(32).toString('base64url');
  const question = new URLSearchParams({
    response_type: 'code',
    client_id: String(client_id),
    redirect_uri: CALLBACK,
    scope: 'mcp:tools',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    resource,
  });
  const redirect = await fetch(`${issuer}/authorize?${question}`, { redirect: 'manual' });
  const code = new URL(redirect.headers.get('location') ?? '').searchParams.get('code');
  const { access_token } = await json(
    fetch(`${issuer}/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        client_id: String(client_id),
        code: String(code),
        code_verifier: verifier,
        redirect_uri: CALLBACK,
        resource,
      }),
    }),
  );
  return String(access_token);
}

async function json(response: Promise<Response>): Promise<Readonly<Record<string, unknown>>> {
  return (await (await response).json()) as Readonly<Record<string, unknown>>;
}

/** Ports that were free a moment ago, held together so that they differ. */
async function freePorts(): Promise<readonly [number, number]> {
  const servers = [createServer(), createServer()] as const;
  const [first, second] = await Promise.all(
    servers.map(async (server) => {
      server.listen(0, 'localhost');
      await once(server, 'listening');
      return (server.address() as AddressInfo).port;
    }),
  );
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return [first!, second!];
}
