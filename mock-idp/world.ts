import { createRemoteJWKSet, customFetch } from 'jose';
import { WORLD_CERTIFICATE, WORLD_KEY } from './certificate.ts';
import { type Clock, systemClock } from './clock.ts';
import { type Fault, findFault } from './faults/index.ts';
import { openPort, type Service } from './http.ts';
import type { TlsOptions } from './listener.ts';
import { SERVER_NAME, TENANT_NAME, type WorldNetwork, worldNetwork } from './network.ts';
import { behindOneOrigin, OWN_SERVER, OWN_TENANT } from './own-authorization-server.ts';
import { CONFORMING_SERVER } from './server/behaviour.ts';
import { createReferenceServer } from './server/server.ts';
import { type MachineClient, REVISIONS, type Revision, type Setup, type State } from './setup.ts';
import { CONFORMING_TENANT } from './tenant/behaviour.ts';
import { createKeyRing, type KeySource } from './tenant/keys.ts';
import { CONFIGURATIONS } from './tenant/states/index.ts';
import { createStore, type Store } from './tenant/store.ts';
import { createTenant } from './tenant/tenant.ts';
import { mintAccessToken, type TokenOverrides } from './tenant/tokens/mint.ts';

export interface WorldOptions {
  /** What it is before any fault; a fault may bring its own. Absent: `conforming`. */
  readonly state?: State;
  /** Ids of deviations, applied in this order. */
  readonly faults?: readonly string[];
  /** MCP revisions the server speaks; absent: all that the faults leave. */
  readonly revisions?: readonly string[];
  /** Address to listen on; absent: 127.0.0.1. */
  readonly listen?: string;
  /** URL that leads to the MCP server from outside, a tunnel's say; its origin is used. */
  readonly publicUrl?: string;
  /** Absent: the clock of this machine. */
  readonly now?: Clock;
  /** Where the tenant takes its signing keys from; absent: keys of this process, known to nobody else. */
  readonly signingKeys?: KeySource;
}

/** A tenant and a reference MCP server, in this process. */
export interface World {
  /** Issuer identifier of the tenant. */
  readonly issuer: string;
  readonly revisions: readonly Revision[];
  readonly server: {
    /** MCP endpoint. */
    readonly url: string;
    /** Origins of browser clients that may come. */
    readonly origins: readonly string[];
    readonly scopes: readonly string[];
    readonly safeTool: { readonly name: string; readonly arguments: Readonly<Record<string, unknown>> };
    /** Tool → scopes a call of it needs. */
    readonly tools: Readonly<Record<string, readonly string[]>>;
  };
  /** May use the client credentials grant. */
  readonly machine: MachineClient;
  /** An access token that the server accepts, or one that differs from it as told. */
  mint(overrides?: TokenOverrides): Promise<string>;
  /** What the tenant is and remembers, as its Management API shows it. */
  readonly tenant: Store;
  readonly network: WorldNetwork;
  /** HTTP requests received so far by tenant and server together. */
  requests(): number;
  close(): Promise<void>;
}

/**
 * Starts the embedded world on free ports.
 *
 * @throws {Error} for an unknown fault or revision, and for faults that leave no revision to speak.
 */
export async function startWorld(options: WorldOptions = {}): Promise<World> {
  const faults = (options.faults ?? []).map(findFault);
  const isOwn = options.state === 'own-authorization-server' || faults.some(({ state }) => state !== undefined);
  const revisions = revisionsOf(options, faults, isOwn);
  const address = options.listen ?? '127.0.0.1';
  const isPublic = faults.some(({ publicName }) => publicName === true);
  // A tunnel brings its own TLS.
  const isTunnelled = options.publicUrl !== undefined;
  const [tenantPort, serverPort] = await Promise.all([
    openPort(address, isPublic ? tlsFor('tenant', faults) : undefined),
    openPort(address, isPublic && !isTunnelled ? tlsFor('server', faults) : undefined),
  ]);

  const local = urlHost(address);
  const origin =
    options.publicUrl === undefined
      ? `${isPublic ? `https://${SERVER_NAME}` : `http://${local}`}:${serverPort.number}`
      : new URL(options.publicUrl).origin;
  const hosts = [local, 'localhost', '127.0.0.1'].map((host) => `${host}:${serverPort.number}`);
  const setup: Setup = {
    issuer: isOwn ? origin : `${isPublic ? `https://${TENANT_NAME}` : `http://${local}`}:${tenantPort.number}/`,
    revisions,
    server: {
      url: `${origin}/mcp`,
      hosts: [new URL(origin).host, ...hosts],
      origins: ['https://client.example'],
      scopes: ['mcp:tools', 'mcp:identity'],
      baseScopes: ['mcp:tools'],
      tools: { echo: ['mcp:tools'], whoami: ['mcp:tools', 'mcp:identity'] },
      tokenProfile: 'rfc9068',
    },
    machine: { id: 'wSpC0nf0rm1ngMach1neCl1ent000002', secret: 'not-a-secret-outside-this-process' },
  };

  const state = isOwn ? 'own-authorization-server' : (options.state ?? 'conforming');
  const store = createStore(CONFIGURATIONS[state](setup));
  const keyRing = createKeyRing(options.signingKeys);
  const tenant = createTenant({
    setup,
    store,
    keyRing,
    now: options.now ?? systemClock,
    behaviour: replaced(
      isOwn ? { ...CONFORMING_TENANT, ...OWN_TENANT } : CONFORMING_TENANT,
      faults.map(({ tenant }) => tenant),
    ),
  });
  const server = createReferenceServer(
    setup,
    replaced(
      isOwn ? { ...CONFORMING_SERVER, ...OWN_SERVER } : CONFORMING_SERVER,
      faults.map(({ server }) => server),
    ),
    createRemoteJWKSet(new URL('/.well-known/jwks.json', setup.issuer), { [customFetch]: fetchFrom(tenant) }),
  );
  if (!isOwn) tenantPort.serve(tenant);
  serverPort.serve(isOwn ? behindOneOrigin(tenant, server) : server);

  const { url, origins, scopes, tools } = setup.server;
  return {
    issuer: setup.issuer,
    revisions,
    server: { url, origins, scopes, tools, safeTool: { name: 'echo', arguments: { message: 'hello' } } },
    machine: setup.machine,
    tenant: store,
    mint: (overrides) => mintAccessToken(setup, keyRing, overrides),
    network: worldNetwork(local.replace(/^\[(.*)\]$/, '$1'), isPublic ? WORLD_CERTIFICATE : undefined),
    requests: () => tenantPort.requests() + serverPort.requests(),
    async close() {
      await server.close();
      await Promise.all([tenantPort.close(), serverPort.close()]);
    },
  };
}

function tlsFor(party: 'tenant' | 'server', faults: readonly Fault[]): TlsOptions {
  const plainHttp = faults.some((fault) => fault.plainHttp === true || fault.plainHttp === party);
  return { certificate: WORLD_CERTIFICATE, key: WORLD_KEY, plainHttp };
}

function revisionsOf(options: WorldOptions, faults: readonly Fault[], isOwn: boolean): readonly Revision[] {
  const wanted = options.revisions ?? REVISIONS;
  const unknown = wanted.find((each) => !(REVISIONS as readonly string[]).includes(each));
  if (unknown !== undefined) {
    throw new Error(`unknown MCP revision "${unknown}": choose from ${REVISIONS.join(', ')}`);
  }
  const left = REVISIONS.filter(
    (revision) =>
      wanted.includes(revision) &&
      (!isOwn || revision === '2025-03-26') &&
      faults.every((fault) => fault.revisions?.includes(revision) ?? true),
  );
  if (left.length === 0) {
    const limits = faults.flatMap(({ id, revisions }) =>
      revisions === undefined ? [] : `${id} (${revisions.join(', ')})`,
    );
    if (isOwn) limits.push('own-authorization-server (2025-03-26)');
    throw new Error(`no MCP revision is left to speak: of ${wanted.join(', ')} none suits ${limits.join(' and ')}`);
  }
  return left;
}

/** The table with each replacement in turn, a later one seeing those before it as the conforming behaviour. */
function replaced<Behaviour>(
  conforming: Behaviour,
  replacements: readonly (((conforming: Behaviour) => Partial<Behaviour>) | undefined)[],
): Behaviour {
  let table = conforming;
  for (const replace of replacements) table = { ...table, ...replace?.(table) };
  return table;
}

/** Reaches a service without a socket, so that key retrieval works under public names and counts as no request. */
function fetchFrom(service: Service): (url: string, options: { readonly signal: AbortSignal }) => Promise<Response> {
  return async (url, { signal }) => {
    const { protocol, pathname, search } = new URL(url);
    let cut = false;
    const { status, headers, body } = await service.answer({
      scheme: protocol === 'https:' ? 'https' : 'http',
      method: 'GET',
      path: pathname,
      query: search,
      headers: [],
      body: '',
      signal,
      hangUp: () => {
        cut = true;
      },
    });
    if (cut) throw new TypeError('connection reset');
    return new Response(body ?? null, { status, headers: headers.map(([name, value]) => [name, value]) });
  };
}

/** How the address stands in a URL; who listens everywhere is reached on loopback. */
function urlHost(address: string): string {
  if (address === '0.0.0.0' || address === '::') return '127.0.0.1';
  return address.includes(':') ? `[${address}]` : address;
}
