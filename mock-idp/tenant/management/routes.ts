import { emptyReply, jsonReply, type Reply, withHeaders } from '../../http.ts';
import type { TenantContext } from '../behaviour.ts';
import type { Client } from '../entities.ts';
import type { ManagementCaller } from './caller.ts';
import { change, type Target } from './changes.ts';
import { badBody, badQuery, insufficientScope, managementError } from './errors.ts';
import { type Item, listReply, readPage } from './lists.ts';

/** One request, once it is known that its caller may make it. */
export interface ManagementCall {
  readonly context: TenantContext;
  readonly caller: ManagementCaller;
  /** What stands for `{id}` in the route's path, decoded. */
  readonly id: string;
  readonly query: URLSearchParams;
  /** JSON of the body; `undefined` where there is none or it is none. */
  readonly body: unknown;
}

export interface ManagementRoute {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  /** Under /api/v2; one segment may be `{id}`. */
  readonly path: string;
  /** Any of these is enough. */
  readonly scopes: readonly string[];
  /** Description of the log event; writes alone have one. */
  readonly writes?: string;
  readonly answer: (call: ManagementCall) => Reply | Promise<Reply>;
}

const notFound = (what: string, code: string) => managementError(404, `The ${what} does not exist`, code);

/** Finds what the call's id names among a collection, and goes on with it. */
const withOne =
  <Each>(
    find: (call: ManagementCall) => Each | undefined,
    missing: Reply,
    answer: (found: Each, call: ManagementCall) => Reply | Promise<Reply>,
  ) =>
  (call: ManagementCall) => {
    const found = find(call);
    return found === undefined ? missing : answer(found, call);
  };

const selected = (item: object, { context, query }: ManagementCall) =>
  jsonReply(200, context.behaviour.selectFields(item as Item, query));

/** Makes the changes the body asks for, and shows what came of them. */
function patch(target: Target, call: ManagementCall, show: () => object): Reply {
  const problem = change(target, call.body, call.context);
  return problem === undefined ? jsonReply(200, show()) : badBody(problem);
}

const withClient = (answer: (client: Client, call: ManagementCall) => Reply | Promise<Reply>) =>
  withOne(
    ({ id, context }) => context.store.clients.find(({ client_id }) => client_id === id),
    notFound('client', 'inexistent_client'),
    answer,
  );

const shownClient = (client: Client, { caller, context }: ManagementCall) =>
  context.behaviour.shownClient(client, caller.scopes, context);

/** An API by its id or by its identifier. */
const withApi = (answer: (api: Target & { kind: 'api' }, call: ManagementCall) => Reply) =>
  withOne(
    ({ id, context }) => context.store.resourceServers.find((api) => api.id === id || api.identifier === id),
    notFound('resource server', 'inexistent_resource_server'),
    (entity, call) => answer({ kind: 'api', entity }, call),
  );

const has = (query: URLSearchParams, item: object, ...names: readonly string[]) =>
  names.every((name) => !query.has(name) || query.get(name) === String((item as Item)[name] ?? ''));

const SIGNING_KEYS = '/keys/signing';

/** What of Auth0's Management API there is here. */
export const MANAGEMENT_ROUTES: readonly ManagementRoute[] = [
  {
    method: 'GET',
    path: '/tenants/settings',
    scopes: ['read:tenant_settings'],
    answer: (call) => selected(call.context.store.settings, call),
  },
  {
    method: 'PATCH',
    path: '/tenants/settings',
    scopes: ['update:tenant_settings'],
    writes: 'Update tenant settings',
    answer: (call) => {
      const entity = call.context.store.settings;
      return patch({ kind: 'settings', entity }, call, () => entity);
    },
  },
  {
    method: 'GET',
    path: '/clients',
    scopes: ['read:clients'],
    answer: (call) => {
      const { context, query } = call;
      const found = context.store.clients.filter((client) => context.behaviour.isClientAskedFor(client, query));
      return listReply(
        'clients',
        found.map((each) => shownClient(each, call)),
        'client_id',
        query,
        context,
      );
    },
  },
  {
    method: 'GET',
    path: '/clients/{id}',
    scopes: ['read:clients'],
    answer: withClient((client, call) => selected(shownClient(client, call), call)),
  },
  {
    method: 'PATCH',
    path: '/clients/{id}',
    scopes: ['update:clients'],
    writes: 'Update a Client',
    answer: withClient((entity, call) => patch({ kind: 'client', entity }, call, () => shownClient(entity, call))),
  },
  {
    method: 'DELETE',
    path: '/clients/{id}',
    scopes: ['delete:clients'],
    writes: 'Delete a Client',
    // Deleting what is no more is a success in Auth0's API.
    answer: ({ context, id }) => {
      context.behaviour.deleteClient(id, context);
      return emptyReply(204);
    },
  },
  {
    method: 'POST',
    path: '/clients/{id}/rotate-secret',
    scopes: ['update:client_keys'],
    writes: 'Rotate a Client Secret',
    answer: withClient((client, call) => {
      const client_secret = call.context.behaviour.rotateSecret(client, call.context);
      return jsonReply(200, { ...shownClient(client, call), client_secret });
    }),
  },
  {
    method: 'POST',
    path: '/clients/cimd/preview',
    scopes: ['read:clients'],
    answer: async ({ body, context }) => {
      const url = documentUrl(body);
      return url === undefined
        ? NO_DOCUMENT_URL
        : jsonReply(200, await context.behaviour.previewClientDocument(url, context));
    },
  },
  {
    method: 'POST',
    path: '/clients/cimd/register',
    scopes: ['create:clients', 'update:clients'],
    writes: 'Register a Client by its metadata document',
    answer: registerByDocument,
  },
  {
    method: 'GET',
    path: '/resource-servers',
    scopes: ['read:resource_servers'],
    answer: ({ context, query }) => {
      const identifiers = query.getAll('identifiers');
      const found = context.store.resourceServers.filter(
        ({ identifier }) => identifiers.length === 0 || identifiers.includes(identifier),
      );
      return listReply(
        'resource_servers',
        found.map((each) => ({ ...each })),
        'id',
        query,
        context,
      );
    },
  },
  {
    method: 'GET',
    path: '/resource-servers/{id}',
    scopes: ['read:resource_servers'],
    answer: withApi(({ entity }, call) => selected(entity, call)),
  },
  {
    method: 'PATCH',
    path: '/resource-servers/{id}',
    scopes: ['update:resource_servers'],
    writes: 'Update a resource server',
    answer: withApi((target, call) => patch(target, call, () => target.entity)),
  },
  {
    method: 'GET',
    path: '/client-grants',
    scopes: ['read:client_grants'],
    answer: ({ context, query }) => {
      const found = context.store.clientGrants.filter((grant) =>
        has(query, grant, 'audience', 'client_id', 'default_for', 'subject_type', 'allow_all_scopes'),
      );
      return listReply(
        'client_grants',
        found.map((each) => ({ ...each })),
        'id',
        query,
        context,
      );
    },
  },
  {
    method: 'GET',
    path: '/connections',
    scopes: ['read:connections'],
    answer: ({ context, query }) => {
      const strategies = query.getAll('strategy');
      const found = context.store.connections.filter(
        (connection) =>
          has(query, connection, 'name') && (strategies.length === 0 || strategies.includes(connection.strategy)),
      );
      return listReply(
        'connections',
        found.map((each) => ({ ...each })),
        'id',
        query,
        context,
      );
    },
  },
  {
    method: 'GET',
    path: '/connections/{id}',
    scopes: ['read:connections'],
    answer: withOne(
      ({ id, context }) => context.store.connections.find((each) => each.id === id),
      notFound('connection', 'inexistent_connection'),
      selected,
    ),
  },
  {
    method: 'PATCH',
    path: '/connections/{id}',
    scopes: ['update:connections'],
    writes: 'Update a connection',
    answer: withOne(
      ({ id, context }) => context.store.connections.find((each) => each.id === id),
      notFound('connection', 'inexistent_connection'),
      (entity, call) => patch({ kind: 'connection', entity }, call, () => entity),
    ),
  },
  {
    method: 'GET',
    path: '/network-acls',
    scopes: ['read:network_acls'],
    answer: ({ context, query }) =>
      listReply(
        'network_acls',
        context.store.networkAcls.map((each) => ({ ...each })),
        'id',
        query,
        context,
      ),
  },
  {
    method: 'GET',
    path: '/logs',
    scopes: ['read:logs', 'read:logs_users'],
    answer: (call) => (call.query.has('from') || call.query.has('take') ? followLogs(call) : searchLogs(call)),
  },
  {
    method: 'GET',
    path: '/logs/{id}',
    scopes: ['read:logs', 'read:logs_users'],
    answer: withOne(
      ({ id, context }) => context.store.logs.find(({ log_id }) => log_id === id),
      notFound('log', 'log_not_found'),
      (entry) => jsonReply(200, entry),
    ),
  },
  {
    method: 'GET',
    path: '/log-streams',
    scopes: ['read:log_streams'],
    answer: ({ context }) => jsonReply(200, context.store.logStreams),
  },
  {
    method: 'GET',
    path: '/custom-domains',
    scopes: ['read:custom_domains'],
    answer: ({ context }) => jsonReply(200, context.store.customDomains),
  },
  ...(
    ['bot-detection', 'brute-force-protection', 'suspicious-ip-throttling', 'breached-password-detection'] as const
  ).map(
    (name): ManagementRoute => ({
      method: 'GET',
      path: `/attack-protection/${name}`,
      scopes: ['read:attack_protection'],
      answer: ({ context }) => jsonReply(200, context.store.attackProtection[name]),
    }),
  ),
  {
    method: 'GET',
    path: SIGNING_KEYS,
    scopes: ['read:signing_keys'],
    answer: async ({ context }) => jsonReply(200, await signingKeys(context)),
  },
  {
    method: 'POST',
    path: `${SIGNING_KEYS}/rotate`,
    scopes: ['create:signing_keys', 'update:signing_keys'],
    writes: 'Rotate the Application Signing Key',
    answer: async ({ context }) => {
      context.behaviour.rotateSigningKey(context);
      const { publicJwk } = await context.keyRing.current();
      return jsonReply(201, { kid: publicJwk.kid });
    },
  },
  {
    method: 'PUT',
    path: `${SIGNING_KEYS}/{id}/revoke`,
    scopes: ['update:signing_keys'],
    writes: 'Revoke an Application Signing Key',
    answer: async ({ context, id }) =>
      (await context.behaviour.revokeSigningKey(id, context))
        ? jsonReply(200, { kid: id })
        : managementError(404, 'No previous key has this id', 'inexistent_signing_key'),
  },
];

/** What the two endpoints for client metadata documents are asked about. */
function documentUrl(body: unknown): string | undefined {
  const url = (body as { readonly external_client_id?: unknown } | undefined | null)?.external_client_id;
  return typeof url === 'string' && url !== '' ? url : undefined;
}

const NO_DOCUMENT_URL = badBody("'external_client_id' is no URL");

/** Makes a client, or brings one up to date: which of the two scopes it takes is known when the URL is. */
async function registerByDocument(call: ManagementCall): Promise<Reply> {
  const { context, caller } = call;
  const url = documentUrl(call.body);
  if (url === undefined) return NO_DOCUMENT_URL;
  const isKnown = context.store.clients.some(({ external_client_id }) => external_client_id === url);
  const scopes = [isKnown ? 'update:clients' : 'create:clients'];
  if (!context.behaviour.mayManage(caller.scopes, scopes, context)) return insufficientScope(scopes);
  const { outcome, errors, validation, ...made } = await context.behaviour.registerClientDocument(
    url,
    'admin',
    context,
  );
  if (outcome === 'refused') {
    const reasons = [...errors, ...(validation?.violations ?? [])];
    return managementError(400, reasons.join('; '), 'invalid_client_metadata');
  }
  if (outcome === 'full') {
    return managementError(403, 'You reached the limit of entities of this type for this tenant.', 'too_many_entities');
  }
  return jsonReply(outcome === 'created' ? 201 : 200, { ...made, validation }, [
    ['Location', `/api/v2/clients/${made.client_id}`],
  ]);
}

/** As the keys are published: current, next, and previous ones. The certificates around them are left out. */
async function signingKeys({ keyRing }: TenantContext): Promise<readonly Item[]> {
  const keys = await keyRing.published();
  return keys.map(({ publicJwk: { kid } }, index) => ({
    kid,
    current: index === 0,
    next: index === 1,
    previous: index > 1,
    revoked: false,
  }));
}

/** A search reaches so many entries, whatever is found. */
const SEARCH_REACH = 1000;

function searchLogs({ context, query }: ManagementCall): Reply {
  const sort = query.get('sort') ?? 'date:-1';
  if (!/^date:-?1$/.test(sort)) return badQuery("'sort' is neither date:1 nor date:-1");
  const page = readPage(query);
  if ('status' in page) return page;
  if ('perPage' in page && (page.page + 1) * page.perPage > SEARCH_REACH) {
    return badQuery(`a search reaches ${SEARCH_REACH} entries; use from and take`);
  }
  try {
    const found = context.behaviour.findLogs(query.get('q') ?? '', context).map((entry) => ({ ...entry }));
    return listReply('logs', sort === 'date:1' ? found : found.reverse(), 'log_id', query, context);
  } catch (error) {
    if (error instanceof SyntaxError) return badQuery(`'q' cannot be read: ${error.message}`);
    throw error;
  }
}

/** By checkpoint: an array with the entries after `from`, oldest first, of any kind, and a link to what follows (RFC 8288). */
function followLogs({ context, query }: ManagementCall): Reply {
  const page = readPage(query);
  if ('status' in page) return page;
  const taken = context.behaviour.takePage(context.store.logs, page, ({ log_id }) => log_id);
  const reply = jsonReply(
    200,
    taken.map((entry) => context.behaviour.selectFields({ ...entry }, query)),
  );
  const last = taken.at(-1);
  if (last === undefined) return reply;
  const next = new URL('/api/v2/logs', context.issuer);
  next.search = new URLSearchParams({ from: last.log_id, take: query.get('take') ?? '50' }).toString();
  return withHeaders(reply, [['Link', `<${next.href}>; rel="next"`]]);
}
