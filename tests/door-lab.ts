import { readFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { test as base } from '@playwright/test';
import type { Doors, HttpRequest } from '../fixtures/doors/doors.ts';
import { systemNetwork } from '../fixtures/doors/egress.ts';
import { type DoorsOptions, openDoors } from '../fixtures/doors/open-doors.ts';
import type { Clock } from '../fixtures/doors/pace.ts';
import type { Exchange, HeaderField } from '../fixtures/evidence.ts';
import type { Target } from '../fixtures/target.ts';

/** Servers on loopback and doors to them; the test ends what it starts. */
export interface Lab {
  /** An HTTP server; resolves to its origin. */
  serve(listener: RequestListener): Promise<string>;
  /** A server that speaks whatever `connected` does; resolves to `127.0.0.1:port`. */
  listen(connected: (socket: Socket) => void): Promise<string>;
  /** The same behind TLS with a certificate of `tests/certificates/`. */
  listenTls(certificate: 'self-signed' | 'expired', connected: (socket: Socket) => void): Promise<string>;
  open(url: string, options?: DoorsOptions & { readonly target?: TargetChanges }): Doors;
}

export interface TargetChanges extends Partial<Omit<Target, 'network' | 'limits'>> {
  readonly network?: Partial<Target['network']>;
  readonly limits?: Partial<Target['limits']>;
}

export const test = base.extend<{ lab: Lab }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the parameter's pattern.
  lab: async ({}, use) => {
    const servers: Server[] = [];
    const sockets = new Set<Socket>();
    const opened: Doors[] = [];
    const start = async (server: Server): Promise<string> => {
      servers.push(server);
      server.on('connection', (socket: Socket) => {
        sockets.add(socket);
        socket.on('error', () => {}).on('close', () => sockets.delete(socket));
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      return `127.0.0.1:${(server.address() as AddressInfo).port}`;
    };
    await use({
      serve: async (listener) => `http://${await start(createServer(listener))}`,
      listen: (connected) => start(createTcpServer(connected)),
      listenTls: (certificate, connected) => {
        const pem = (kind: string) => readFileSync(certificateFile(certificate, kind));
        const server = createTlsServer({ key: pem('key'), cert: pem('cert') }, connected);
        return start(server.on('tlsClientError', () => {}));
      },
      open: (url, { target, ...options } = {}) => {
        const doors = openDoors(targetOf(url, target), { run: 'test', environment: {}, ...options });
        opened.push(doors);
        return doors;
      },
    });
    await Promise.all(opened.map((doors) => doors.close()));
    for (const socket of sockets) socket.destroy();
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  },
});

export { expect } from '@playwright/test';

export function certificateFile(certificate: 'self-signed' | 'expired', kind: string): string {
  return fileURLToPath(new URL(`certificates/${certificate}.test.${kind}.pem`, import.meta.url));
}

export function targetOf(url: string, { network, limits, ...rest }: TargetChanges = {}): Target {
  return {
    name: 'lab',
    server: { url, audience: [], origins: [], tools: {} },
    tokens: {},
    clients: {},
    users: {},
    secrets: [],
    authorized: true,
    allow: [],
    policy: { strict: false },
    ...rest,
    limits: { requestsPerSecond: 1000, concurrency: 8, timeoutSeconds: 10, budget: 100, ...limits },
    network: { hosts: [], browserHosts: [], vantage: 'inside', ...systemNetwork(), ...network },
  };
}

/** Names that lead to public addresses and, behind them, to loopback: a world of its own. */
export function worldOf(
  addresses: Readonly<Record<string, readonly string[]>>,
): Pick<Target['network'], 'resolve' | 'route'> {
  return {
    resolve: async (host) => addresses[host] ?? systemNetwork().resolve(host),
    route: () => '127.0.0.1',
  };
}

export function get(url: string, request: Partial<HttpRequest> = {}): HttpRequest {
  return { id: 'test/get', asks: 'a question', method: 'GET', url, ...request };
}

/** Sleeping moves this clock and takes no time. */
export function quickClock(start = Date.UTC(2026, 0, 1)): Clock & { readonly slept: number[] } {
  let now = start;
  const slept: number[] = [];
  return {
    slept,
    now: () => now,
    async sleep(milliseconds) {
      slept.push(milliseconds);
      now += milliseconds;
    },
  };
}

export function field(headers: readonly HeaderField[] | undefined, name: string): readonly string[] {
  return (headers ?? []).filter(([field]) => field.toLowerCase() === name).map(([, value]) => value);
}

export function failureKind({ answer, failure }: Exchange): string {
  return failure?.kind ?? `answered ${answer?.status}`;
}
