import { HarnessError } from '../fixtures/errors.ts';
import { shellWord } from '../mock-idp/control-page.ts';
import { FAULT_AREAS, FAULTS, type Fault, replacedBehaviours } from '../mock-idp/faults/index.ts';
import { createJournal } from '../mock-idp/journal.ts';
import { startWorld, type World } from '../mock-idp/world.ts';
import { createPage } from '../reports/render/page.ts';
import { requireFaults } from './faults.ts';
import { writeJson } from './json.ts';
import { type MintingDesk, openMintingDesk } from './minting.ts';
import type { MockOptions } from './mock.ts';
import { pageOptions, print } from './output.ts';

/** The embedded world in the foreground, until it is interrupted. */
export async function runWorld(options: MockOptions): Promise<0> {
  const { fault: faults = [], json, controlPort } = options;
  requireFaults(faults, '--fault');
  requireReachable(options);
  const interrupted = new Promise<void>((resolve) => {
    process.once('SIGINT', () => resolve());
    process.once('SIGTERM', () => resolve());
  });
  const journal = createJournal();
  const { listFaults: _, json: __, fault: ___, controlPort: ____, scope, ...rest } = options;
  const world = await onPorts(options.listen, () =>
    startWorld({ ...rest, faults, ...(scope && { audienceScopes: scope }), onExchange: journal.noteExchange }),
  );
  try {
    const desk = await onPorts(undefined, () =>
      openMintingDesk({
        world,
        journal,
        view: viewOf(world, options),
        ...(controlPort !== undefined && { port: controlPort }),
      }),
    );
    try {
      if (json !== undefined) await writeJson(json, startOf(world, desk, options));
      if (json !== '-') await print(renderWorld(world, desk, options));
      await interrupted;
    } finally {
      await desk.close();
    }
  } finally {
    await world.close();
  }
  return 0;
}

/** @throws {HarnessError} where options do not go together, or lead to what nobody could reach. */
function requireReachable({
  fault = [],
  audience,
  scope,
  port,
  tenantPort,
  controlPort,
  publicUrl,
}: MockOptions): void {
  if (scope !== undefined && audience === undefined) {
    throw new HarnessError('usage', '--scope is of the API that --audience names: give that as well');
  }
  if (controlPort !== undefined && (controlPort === port || controlPort === tenantPort)) {
    throw new HarnessError('usage', `--control-port ${controlPort}: another part is to be at that port`);
  }
  const named = FAULTS.find(({ id, publicName }) => publicName === true && fault.includes(id));
  if (named === undefined || publicUrl !== undefined) return;
  throw new HarnessError(
    'usage',
    `--fault ${named.id}: the world has public names then, which only a run leads to: write it into embedded.faults of a profile, or give the MCP server a --public-url`,
  );
}

/** @throws {HarnessError} in place of every error of `open`: what it cannot do was asked for on the command line. */
async function onPorts<Opened>(address = '127.0.0.1', open: () => Promise<Opened>): Promise<Opened> {
  try {
    return await open();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === undefined) throw new HarnessError('usage', message, { cause: error });
    throw new HarnessError('environment', `cannot listen on ${address}: ${message}`, { cause: error });
  }
}

function viewOf(world: World, { fault = [], audience, state }: MockOptions) {
  const { server, issuer, tenant, machine, management, canonicalHost, registration } = world;
  const tokenEndpoint = isOwnAuthorizationServer(world) ? `${issuer}/token` : `${issuer}oauth/token`;
  return {
    endpoints: [
      ['Issuer', issuer],
      ['Reference MCP server', server.url],
      ...(audience === undefined ? [] : [['Audience of your server', audience] as const]),
      ...(management === undefined ? [] : [['Management API (management.tenantUrl)', management] as const]),
      ...(canonicalHost === undefined ? [] : [['Canonical host (issuer.canonicalHost)', canonicalHost] as const]),
      ...(registration.initialAccessToken === undefined
        ? []
        : [['Token to register (clients.initialAccessToken)', registration.initialAccessToken] as const]),
    ] as const,
    audiences: audience === undefined ? ([server.url] as const) : ([audience, server.url] as const),
    grant: `curl -s ${tokenEndpoint} -d grant_type=client_credentials -d client_id=${machine.id} -d client_secret=${machine.secret} --data-urlencode ${shellWord(`audience=${audience ?? server.url}`)}`,
    users: tenant.users.map(({ email, password, totp_secret }) => ({
      email,
      password,
      ...(totp_secret !== undefined && { totp: totp_secret }),
    })),
    clients: tenant.clients.map((client) => ({
      name: client.name,
      id: client.client_id,
      method: client.token_endpoint_auth_method,
      grants: client.grant_types,
      redirectUris: client.callbacks,
      ...(client.client_secret !== undefined && { secret: client.client_secret }),
    })),
    faults: FAULTS.filter(({ id }) => fault.includes(id)),
    state: state ?? 'conforming',
  };
}

function isOwnAuthorizationServer({ issuer, server }: World): boolean {
  return issuer === new URL(server.url).origin;
}

/** The start for programs: what is printed, and what the control page shows. */
function startOf(world: World, desk: MintingDesk, options: MockOptions) {
  const { server, issuer, revisions, tenant, clients, management, canonicalHost, registration } = world;
  const { fault = [], audience, state = 'conforming' } = options;
  const keys = new Map([[clients.signed.id, clients.signed.privateKey]]);
  const api = tenant.resourceServers.find(({ identifier }) => identifier === (audience ?? server.url));
  return {
    issuer,
    server: { url: server.url, scopes: server.scopes, revisions },
    audience: audience ?? server.url,
    scopes: api?.scopes.map(({ value }) => value) ?? [],
    state,
    faults: fault,
    control: desk.page,
    desk: { token: desk.url, rotate: desk.rotate, revoke: desk.revoke },
    ...(management !== undefined && {
      management: { tenantUrl: management, client: { id: clients.operator.id, secret: clients.operator.secret } },
    }),
    ...(canonicalHost !== undefined && { canonicalHost }),
    ...(registration.initialAccessToken !== undefined && { initialAccessToken: registration.initialAccessToken }),
    users: tenant.users.map(({ user_id, email, password, totp_secret }) => ({
      user_id,
      email,
      password,
      ...(totp_secret !== undefined && { totp_secret }),
    })),
    clients: tenant.clients.map((client) => {
      const { name, client_id, client_secret, token_endpoint_auth_method, grant_types, callbacks } = client;
      const private_key = keys.get(client_id);
      return {
        name,
        client_id,
        token_endpoint_auth_method,
        ...(client_secret !== undefined && { client_secret }),
        ...(private_key !== undefined && { private_key }),
        grant_types,
        redirect_uris: callbacks,
      };
    }),
  };
}

function renderWorld(world: World, desk: MintingDesk, options: MockOptions): string {
  const { server, issuer, revisions, canonicalHost, registration } = world;
  const { fault: faults = [], audience, scope, state, listen } = options;
  const page = createPage({ ...pageOptions(), width: Number.POSITIVE_INFINITY });
  const field = (label: string, text: string) => page.field(label, text, { indent: 2, hang: 12 });
  const isOpen = listen === '0.0.0.0' || listen === '::';
  const unnamed = [
    ...(options.issuerUrl === undefined && !isOwnAuthorizationServer(world) ? ['--issuer-url'] : []),
    ...(options.publicUrl === undefined ? ['--public-url'] : []),
  ];
  return `${[
    ...page.text('Mock tenant and reference MCP server', { style: 'bold' }),
    '',
    ...field('MCP server', server.url),
    ...field('Issuer', issuer),
    ...(audience === undefined ? [] : field('Audience', audience)),
    ...(scope === undefined ? [] : field('Scopes', scope.join(', '))),
    ...field('Revisions', revisions.join(', ')),
    ...(state === undefined ? [] : field('State', state)),
    ...(canonicalHost === undefined
      ? []
      : field('Canonical', `${canonicalHost}, behind the custom domain of the issuer`)),
    ...(registration.initialAccessToken === undefined
      ? []
      : field('Register', `initial access token ${registration.initialAccessToken}`)),
    ...field('Faults', faults.join(', ') || 'none: it conforms'),
    ...(isOpen && unnamed.length > 0
      ? field('Names', `these URLs lead here on this machine only; ${unnamed.join(' and ')} name it for others`)
      : []),
    '',
    ...field('Control', desk.page),
    ...field('A token', `curl -s ${desk.url}`),
    ...field('Another', `curl -s ${desk.url} -d '{"claims":{"aud":"https://other.example"},"header":{"typ":"JWT"}}'`),
    '',
    ...page.text('Ctrl-C ends it.'),
  ].join('\n')}\n`;
}

/** The deviations there are, by what they are about. */
export async function listFaults(json: string | undefined): Promise<0> {
  if (json !== undefined) {
    await writeJson(
      json,
      FAULT_AREAS.flatMap(([area, faults]) => faults.map((fault) => declarationOf(area, fault))),
    );
  }
  if (json === '-') return 0;
  const page = createPage(pageOptions());
  const lines = FAULT_AREAS.flatMap(([area, faults]) => [
    ...page.heading(`${area}: ${faults.length}`),
    ...faults.flatMap(({ id, says, trips }) => [
      ...page.text(id, { style: 'bold' }),
      ...page.text(says, { indent: 2 }),
      ...page.field('Trips', trips.join(', ') || 'no check yet', { indent: 2, hang: 7 }),
      '',
    ]),
  ]);
  await print(`${[...lines, `${FAULTS.length} faults. mock --fault <id> runs the world with one.`].join('\n')}\n`);
  return 0;
}

function declarationOf(area: string, fault: Fault) {
  const { id, says, trips } = fault;
  return { id, area, says, behaviour: replacedBehaviours(fault), trips };
}
