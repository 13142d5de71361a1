import { randomBytes } from 'node:crypto';
import { CompactEncrypt, exportJWK, type JWK } from 'jose';
import { type Canary, openCanary } from './canary.ts';
import { WORLD_CERTIFICATE, WORLD_KEY } from './certificate.ts';
import { type Clock, systemClock } from './clock.ts';
import { type DocumentHost, openDocumentHost } from './document-host.ts';
import { type Fault, findFault } from './faults/index.ts';
import { type Exchange, type Incoming, openPort, type PortOptions, type Service } from './http.ts';
import { createKeyEndpoint, type KeyEndpoint } from './key-endpoint.ts';
import { type KeyGate, withKeyGate } from './key-gate.ts';
import type { TlsOptions } from './listener.ts';
import { CANONICAL_NAME, SERVER_NAME, TENANT_NAME, type WorldNetwork, worldNetwork } from './network.ts';
import { behindOneOrigin, OWN_SERVER, OWN_TENANT } from './own-authorization-server.ts';
import { publishGoodClients } from './own-client-documents.ts';
import { CONFORMING_SERVER } from './server/behaviour.ts';
import { createIssuerKeys } from './server/key-set.ts';
import { createReferenceServer } from './server/server.ts';
import {
  type MachineClient,
  type OperatorWord,
  REVISIONS,
  type RegistrationPolicy,
  type Revision,
  type Setup,
  type State,
  type TokenProfile,
} from './setup.ts';
import { CONFORMING_TENANT } from './tenant/behaviour.ts';
import { withApi } from './tenant/further-api.ts';
import { createKeyRing, type KeySource } from './tenant/keys.ts';
import { opaque } from './tenant/opaque.ts';
import { type WorldClients, worldClients } from './tenant/states/clients.ts';
import { CONFIGURATIONS, REGISTRATION_POLICIES, WITH_CUSTOM_DOMAIN } from './tenant/states/index.ts';
import { createStore, type Store } from './tenant/store.ts';
import { createTenant } from './tenant/tenant.ts';
import { issueDiffering, mintAccessToken, type TokenOverrides } from './tenant/tokens/mint.ts';

export interface WorldOptions {
  /** What it is before any fault; a fault may bring its own. Absent: `conforming`. */
  readonly state?: State;
  /** Deviations, applied in this order: by their ids, or such as nobody has listed. */
  readonly faults?: readonly (string | Fault)[];
  /** MCP revisions the server speaks; absent: all that the faults leave. */
  readonly revisions?: readonly string[];
  /** Address to listen on; absent: 127.0.0.1. */
  readonly listen?: string;
  /** URL that leads to the MCP server from outside, a tunnel's say; its origin is used. */
  readonly publicUrl?: string;
  /** URL that leads to the tenant from outside: its origin becomes the issuer. */
  readonly issuerUrl?: string;
  /** Ports to listen on; absent: free ones. */
  readonly port?: number;
  readonly tenantPort?: number;
  /** Identifier of a further API, for tokens of a server elsewhere. */
  readonly audience?: string;
  /** Scopes of that API; absent: those of the server of this world. */
  readonly audienceScopes?: readonly string[];
  /** Absent: the clock of this machine. */
  readonly now?: Clock;
  /** Where the tenant takes its signing keys from; absent: keys of this process, known to nobody else. */
  readonly signingKeys?: KeySource;
  /** Is told of each request that tenant or server answered. */
  readonly onExchange?: (exchange: WorldExchange) => void;
  /** Is told the name of each behaviour that is consulted, as `server.refuse`. */
  readonly onBehaviour?: (name: string) => void;
}

export interface WorldExchange extends Exchange {
  readonly party: 'tenant' | 'server';
}

/** A tenant and a reference MCP server, in this process. */
export interface World {
  /** Issuer identifier of the tenant. */
  readonly issuer: string;
  /** Host that the provider gave the tenant, where a custom domain stands before it. */
  readonly canonicalHost?: string;
  /** Where its Management API is: an origin, and a slash; absent: there is none. */
  readonly management?: string;
  readonly registration: {
    /** What the operator wants; absent: nobody has said. */
    readonly policy?: RegistrationPolicy;
    /** What it takes to register. */
    readonly initialAccessToken?: string;
  };
  /** What else the operator has decided or written down. */
  readonly operator: OperatorWord;
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
  /** May use the client credentials grant: `clients.machine`. */
  readonly machine: MachineClient;
  /** What the tenant's clients know of themselves. */
  readonly clients: WorldClients;
  /** An access token that the server accepts, or one that differs from it as told. */
  mint(overrides?: TokenOverrides): Promise<string>;
  /**
   * An access token as the tenant issues it to a user, faults of the tenant included, or one that differs from it as
   * told; for the further API, where there is one.
   */
  issue(overrides?: TokenOverrides): Promise<string>;
  /** The tenant's next key signs from now on. */
  rotateKeys(): void;
  /** Ends a key that no longer signs; `false` when there is none such. */
  revokeKey(kid: string): Promise<boolean>;
  /** The `kid` of each key that signed before and is published still. */
  previousKeys(): Promise<readonly string[]>;
  /** The key set of the tenant as the reference server sees it. */
  readonly keyEndpoint: Omit<KeyEndpoint, 'ask'>;
  /** The same as all others see it, over the network. */
  readonly keyGate: KeyGate;
  /** The private half of the key that signs now, for whoever has to sign as the tenant does. */
  signingKey(): Promise<JWK>;
  /** What the tenant is and remembers, as its Management API shows it. */
  readonly tenant: Store;
  readonly network: WorldNetwork;
  /** Serves what a trial publishes, such as metadata documents of clients. */
  readonly documents: DocumentHost;
  /** URLs of metadata documents that clients of this world publish on `documents`. */
  readonly clientDocuments: readonly string[];
  /** An administrator of the tenant imports them, if the tenant takes such documents; those that it refuses stay out. */
  importClientDocuments(): Promise<void>;
  /** A host that nobody has a reason to reach. */
  readonly canary: Canary;
  /** HTTP requests received so far by tenant and server together. */
  requests(): number;
  close(): Promise<void>;
}

/**
 * Starts the embedded world, on free ports unless told others.
 *
 * @throws {Error} for an unknown fault or revision, for faults that leave no revision to speak, and for options that do
 * not go together; with a `code` where a port cannot be opened.
 */
export async function startWorld(options: WorldOptions = {}): Promise<World> {
  const faults = (options.faults ?? []).map((fault) => (typeof fault === 'string' ? findFault(fault) : fault));
  const state = faults.find((fault) => fault.state !== undefined)?.state ?? options.state ?? 'conforming';
  const isOwn = state === 'own-authorization-server';
  const revisions = revisionsOf(options, faults, isOwn);
  const address = options.listen ?? '127.0.0.1';
  requireCompatible(options, faults, isOwn);
  const isPublic = faults.some(({ publicName }) => publicName === true);
  // A tunnel brings its own TLS.
  const isTunnelled = options.publicUrl !== undefined;
  const now = options.now ?? systemClock;
  const [tenantPort, serverPort, documents, canary] = await openAll([
    openPort(address, isPublic ? tlsFor('tenant', faults) : undefined, portOptions('tenant', options)),
    openPort(address, isPublic && !isTunnelled ? tlsFor('server', faults) : undefined, portOptions('server', options)),
    openDocumentHost(isPublic, now),
    openCanary(isPublic, now),
  ]);

  const local = urlHost(address);
  const origin =
    options.publicUrl === undefined
      ? new URL(`${isPublic ? `https://${SERVER_NAME}` : `http://${local}`}:${serverPort.number}`).origin
      : new URL(options.publicUrl).origin;
  const hosts = [local, 'localhost', '127.0.0.1'].map(
    (host) => new URL(`${isPublic ? 'https' : 'http'}://${host}:${serverPort.number}`).host,
  );
  const canonicalName = isPublic ? CANONICAL_NAME : local === 'localhost' ? '127.0.0.1' : 'localhost';
  // A URL does not name the port that its scheme has anyway.
  const canonicalIssuer = new URL(`${isPublic ? 'https' : 'http'}://${canonicalName}:${tenantPort.number}/`).href;
  const tenantUrl = new URL(`${isPublic ? `https://${TENANT_NAME}` : `http://${local}`}:${tenantPort.number}/`).href;
  const planned: Setup = {
    issuer: isOwn ? origin : options.issuerUrl === undefined ? tenantUrl : new URL('/', options.issuerUrl).href,
    ...(WITH_CUSTOM_DOMAIN.has(state) && { canonicalIssuer }),
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
    network: worldNetwork(local.replace(/^\[(.*)\]$/, '$1'), isPublic ? WORLD_CERTIFICATE : undefined),
    isLaboratory: !isPublic,
  };

  const configuration = faults.reduce(
    (configured, fault) => fault.configuration?.(configured) ?? configured,
    CONFIGURATIONS[state](planned),
  );
  const { audience, audienceScopes } = options;
  const further = audience && { identifier: audience, ...(audienceScopes && { scopes: audienceScopes }) };
  const store = createStore(further ? withApi(configuration, further, planned) : configuration);
  const setup: Setup = { ...planned, server: { ...planned.server, tokenProfile: tokenProfileOf(store, planned) } };
  const keyRing = createKeyRing(options.signingKeys);
  const behaviour = watched(
    'tenant',
    replaced(
      isOwn ? { ...CONFORMING_TENANT, ...OWN_TENANT } : CONFORMING_TENANT,
      faults.map(({ tenant }) => tenant),
    ),
    options.onBehaviour,
  );
  const tenant = createTenant({ setup, store, keyRing, now, behaviour });
  const keyEndpoint = createKeyEndpoint(() => fetchFrom(tenant, new URL('/.well-known/jwks.json', setup.issuer)));
  const server = createReferenceServer(
    setup,
    watched(
      'server',
      replaced(
        isOwn ? { ...CONFORMING_SERVER, ...OWN_SERVER } : CONFORMING_SERVER,
        faults.map(({ server }) => server),
      ),
      options.onBehaviour,
    ),
    createIssuerKeys(keyEndpoint.ask, now),
    now,
  );
  const { service: guarded, gate: keyGate } = withKeyGate(tenant);
  if (!isOwn) tenantPort.serve(guarded);
  serverPort.serve(isOwn ? behindOneOrigin(guarded, server) : server);

  const publishAll =
    faults.find(({ clientDocuments: publish }) => publish !== undefined)?.clientDocuments ?? publishGoodClients;
  const clientDocuments = publishAll(documents);
  const { url, origins, scopes, tools } = setup.server;
  const clients = worldClients();
  const policy =
    faults.find(({ registrationPolicy }) => registrationPolicy !== undefined)?.registrationPolicy ??
    REGISTRATION_POLICIES[state];
  const { initialAccessToken } = store.plan;
  const form = faults.find(({ accessTokens }) => accessTokens !== undefined)?.accessTokens;
  return {
    issuer: setup.issuer,
    ...(setup.canonicalIssuer !== undefined && { canonicalHost: new URL(setup.canonicalIssuer).host }),
    ...(!isOwn && { management: setup.canonicalIssuer ?? setup.issuer }),
    registration: { ...(policy && { policy }), ...(initialAccessToken !== undefined && { initialAccessToken }) },
    operator: Object.assign({}, ...faults.map(({ operator }) => operator)),
    revisions,
    server: { url, origins, scopes, tools, safeTool: { name: 'echo', arguments: { message: 'hello' } } },
    machine: clients.machine,
    clients,
    signingKey: async () => {
      const { privateKey, publicJwk } = await keyRing.current();
      return { ...publicJwk, alg: 'RS256', ...(await exportJWK(privateKey)) };
    },
    tenant: store,
    mint: async (overrides) => {
      const token = await mintAccessToken(setup, keyRing, overrides, options.now);
      return overrides === undefined && form !== undefined ? UNREADABLE_TOKENS[form](token) : token;
    },
    issue: async (overrides) => {
      const { issuer } = setup;
      const context = { request: fromInside(new URL(issuer)), setup, issuer, store, keyRing, now, behaviour };
      const token = await issueDiffering(audience ?? url, overrides ?? {}, context);
      return overrides === undefined && form !== undefined ? UNREADABLE_TOKENS[form](token) : token;
    },
    previousKeys: async () => (await keyRing.published()).slice(2).map(({ publicJwk }) => publicJwk.kid),
    rotateKeys: () => keyRing.rotate(),
    revokeKey: (kid) => keyRing.revoke(kid),
    keyEndpoint,
    keyGate,
    network: setup.network,
    documents,
    clientDocuments,
    importClientDocuments: async () => {
      if (!store.settings.client_id_metadata_document_supported) return;
      const { issuer } = setup;
      const context = { request: fromInside(new URL(issuer)), setup, issuer, store, keyRing, now, behaviour };
      await Promise.all(clientDocuments.map((url) => behaviour.registerClientDocument(url, 'admin', context)));
    },
    canary,
    requests: () => tenantPort.requests() + serverPort.requests(),
    async close() {
      await server.close();
      await Promise.all([tenantPort.close(), serverPort.close(), documents.close(), canary.close()]);
    },
  };
}

/** What Auth0 issues where it knows no API to issue for: nobody but its own /userinfo can read these. */
const UNREADABLE_TOKENS: Readonly<
  Record<NonNullable<Fault['accessTokens']>, (token: string) => string | Promise<string>>
> = {
  opaque: () => opaque(32),
  encrypted: (token) =>
    new CompactEncrypt(new TextEncoder().encode(token))
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
      .encrypt(randomBytes(32)),
};

/** The server is made for the tokens that its API is configured to have. */
function tokenProfileOf({ resourceServers }: Store, { server }: Setup): TokenProfile {
  const api = resourceServers.find(({ identifier }) => identifier === server.url);
  return api?.token_dialect.startsWith('access_token') ? 'auth0' : 'rfc9068';
}

function tlsFor(party: 'tenant' | 'server', faults: readonly Fault[]): TlsOptions {
  const plainHttp = faults.some((fault) => fault.plainHttp === true || fault.plainHttp === party);
  return { certificate: WORLD_CERTIFICATE, key: WORLD_KEY, plainHttp };
}

/** All of them, or none: what is open is closed again when one cannot be. */
async function openAll<Opened extends readonly { close(): Promise<void> }[]>(
  opening: {
    readonly [Index in keyof Opened]: Promise<Opened[Index]>;
  },
): Promise<Opened> {
  const settled = await Promise.allSettled(opening);
  const failed = settled.find((each) => each.status === 'rejected');
  if (failed === undefined) return Promise.all(opening) as Promise<unknown> as Promise<Opened>;
  await Promise.all(settled.map((each) => (each.status === 'fulfilled' ? each.value.close() : undefined)));
  throw failed.reason;
}

function portOptions(party: WorldExchange['party'], { port, tenantPort, onExchange }: WorldOptions): PortOptions {
  const number = party === 'server' ? port : tenantPort;
  return {
    ...(number !== undefined && { number }),
    ...(onExchange !== undefined && { onExchange: (exchange) => onExchange({ ...exchange, party }) }),
  };
}

/** @throws {Error} for options that no world can have together. */
function requireCompatible(
  { issuerUrl, tenantPort, port }: WorldOptions,
  faults: readonly Fault[],
  isOwn: boolean,
): void {
  if (isOwn && (issuerUrl !== undefined || tenantPort !== undefined)) {
    throw new Error(
      'a server that is its own authorization server has no tenant beside it: its issuer is the origin of the public URL, and its port that of the server',
    );
  }
  if (port !== undefined && port === tenantPort) throw new Error(`tenant and server cannot both be at port ${port}`);
  if (issuerUrl === undefined) return;
  const named = faults.find(({ publicName }) => publicName === true);
  if (named !== undefined) throw new Error(`${named.id} brings names of its own: no other URL can be the issuer`);
  const origin = new URL('/', issuerUrl).href;
  if (new URL(issuerUrl).href !== origin) throw new Error(`the issuer ${issuerUrl} has to be an origin, as ${origin}`);
}

/** The table, and who listens is told what of it is looked up. */
function watched<Behaviour extends object>(
  party: WorldExchange['party'],
  table: Behaviour,
  onBehaviour: WorldOptions['onBehaviour'],
): Behaviour {
  if (onBehaviour === undefined) return table;
  return new Proxy(table, {
    get(target, name, receiver) {
      if (typeof name === 'string') onBehaviour(`${party}.${name}`);
      return Reflect.get(target, name, receiver);
    },
  });
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

const KEY_TIMEOUT_MS = 5000;

/** Reaches a service without a socket, so that key retrieval works under public names and counts as no request. */
async function fetchFrom(service: Service, url: URL): Promise<Response> {
  let cut = false;
  const { status, headers, body } = await service.answer({
    ...fromInside(url),
    signal: AbortSignal.timeout(KEY_TIMEOUT_MS),
    hangUp: () => {
      cut = true;
    },
  });
  if (cut) throw new TypeError('connection reset');
  return new Response(body ?? null, { status, headers: headers.map(([name, value]) => [name, value]) });
}

/** A request of this process, which comes by no socket. */
function fromInside(url: URL): Incoming {
  return {
    scheme: url.protocol === 'https:' ? 'https' : 'http',
    method: 'GET',
    path: url.pathname,
    query: url.search,
    headers: [],
    internal: true,
    body: '',
    signal: new AbortController().signal,
    hangUp: () => {},
  };
}

/** How the address stands in a URL; who listens everywhere is reached on loopback. */
function urlHost(address: string): string {
  if (address === '0.0.0.0' || address === '::') return '127.0.0.1';
  return address.includes(':') ? `[${address}]` : address;
}
