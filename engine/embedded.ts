import { randomUUID } from 'node:crypto';
import { systemNetwork } from '../fixtures/doors/egress.ts';
import { type Secret, secret } from '../fixtures/doors/secrets.ts';
import { HarnessError } from '../fixtures/errors.ts';
import { readInventory } from '../fixtures/inventory.ts';
import { signsInSecond } from '../fixtures/probes/second-user.ts';
import type { Profile } from '../fixtures/profile/profile.ts';
import type { GovernedClient, IssuerControl, Management, Policy, Target, TenantRecord } from '../fixtures/target.ts';
import { signed } from '../fixtures/trials/access-tokens/jws.ts';
import { ownKeys } from '../fixtures/trials/access-tokens/keys.ts';
import { INSIDE_NAME } from '../mock-idp/network.ts';
import type { World } from '../mock-idp/world.ts';
import { type ControlOptions, controlledIssuer } from './controlled-issuer.ts';
import { documentHostOf, openOwnHost } from './document-host.ts';

export interface OpenTarget {
  readonly target: Target;
  /** Stops what was started for it, and undoes what must not stay. */
  close(): Promise<void>;
}

export interface OpenOptions extends ControlOptions {
  /** Somebody will ask for documents of the run's own: its host is opened, where the profile names one. */
  readonly isHosting?: boolean;
}

/** A profile as something to be asked: the embedded world is started for a profile that names it. */
export async function openTarget(
  profile: Profile,
  { isHosting = false, ...controlling }: OpenOptions = {},
): Promise<OpenTarget> {
  const { server, embedded, network, issuer, state: _, documentHost: ownHost, inventoryFile, ...rest } = profile;
  const inventory = inventoryFile === undefined ? undefined : await readInventory(inventoryFile);
  if (embedded === undefined) {
    if (server === undefined)
      throw new HarnessError('profile', 'server.url is missing: write the URL of the MCP endpoint');
    const plain = { ...rest, server, network: { ...network, ...systemNetwork() } };
    const { control, ...known } = issuer ?? {};
    const controlled = control && (await controlledIssuer(control, rest, controlling));
    const documents = ownHost && isHosting ? await openOwnHost(ownHost) : undefined;
    const target: Target = {
      ...plain,
      ...controlled?.given,
      ...(issuer && { issuer: { ...known, ...controlled?.given.issuer } }),
      ...(documents && { documentHost: documents.host }),
      ...(inventory && { inventory }),
    };
    return {
      target,
      close: async () => {
        await Promise.all([documents?.close(), controlled?.close()]);
      },
    };
  }
  const { control: desk, ...ofIssuer } = issuer ?? {};
  if (desk !== undefined) {
    throw new HarnessError('profile', 'issuer.control goes with server: the embedded world has a tenant of its own');
  }
  // Loaded only where it is used: the MCP SDK is the largest thing a command would read.
  const { startWorld } = await import('../mock-idp/world.ts');
  let ahead = 0;
  const now = () => Math.floor(Date.now() / 1000) + ahead;
  const world = await startWorld({ ...embedded, now }).catch((error: unknown) => {
    throw new HarnessError('profile', `embedded: ${error instanceof Error ? error.message : error}`, { cause: error });
  });
  try {
    const signingKey = issuer?.signingKey ?? secret('issuer.signingKey', JSON.stringify(await world.signingKey()));
    const control = controlOf(world, (seconds) => {
      ahead += seconds;
    });
    const { clients, users } = peopleOf(world);
    const { otherUser, ...minted } = await tokensOf(world);
    const isSignedIn = signsInSecond({ tokens: rest.tokens, clients, users: { ...users, ...rest.users } });
    const tokens = { ...minted, ...(!isSignedIn && { otherUser }), ...rest.tokens };
    await world.importClientDocuments();
    const management = rest.management ?? managementOf(world);
    const target: Target = {
      ...rest,
      server: { audience: [], ...world.server },
      tokens,
      clients: { ...clients, documents: world.clientDocuments, ...rest.clients },
      users: { ...users, ...rest.users },
      issuer: {
        expect: world.issuer,
        ...ofIssuer,
        signingKey,
        control,
        ...(world.canonicalHost && { canonicalHost: world.canonicalHost }),
      },
      policy: { ...policyOf(world), ...rest.policy },
      inventory: inventory ?? governedIn(world),
      earlierTenant: earlierIn(world),
      secrets: [
        ...new Set([
          ...rest.secrets,
          ...Object.values(tokens),
          signingKey,
          ...secretsIn(clients, users),
          ...(management?.client ? [management.client.secret] : []),
        ]),
      ],
      ...(management && { management }),
      documentHost: documentHostOf(world.documents, insideOf(world)),
      allow: ['load', 'writes'],
      network: { ...network, ...world.network },
    };
    return { target, close: () => world.close() };
  } catch (error) {
    await world.close();
    throw error;
  }
}

/** The clients and users of the world's tenant. */
function peopleOf(world: World): Pick<Target, 'clients' | 'users'> {
  const { native, web, signed, machine } = world.clients;
  const { initialAccessToken } = world.registration;
  const [first] = world.tenant.users;
  const { scopes } = world.server;
  return {
    clients: {
      ...(initialAccessToken && {
        initialAccessToken: secret('clients.initialAccessToken', initialAccessToken),
      }),
      public: { id: native.id, redirectUri: native.redirectUri, scopes },
      confidential: {
        id: web.id,
        redirectUri: web.redirectUri,
        scopes,
        secret: secret('clients.confidential.secret', web.secret),
      },
      privateKeyJwt: {
        id: signed.id,
        redirectUri: signed.redirectUri,
        scopes,
        get privateKey() {
          return secret('clients.privateKeyJwt.privateKey', JSON.stringify(signed.privateKey));
        },
      },
      machine: {
        id: machine.id,
        scopes,
        secret: secret('clients.machine.secret', machine.secret),
        authentication: 'client_secret_post',
      },
    },
    users: {
      ...(first && { first: { username: first.email, password: secret('users.first.password', first.password) } }),
      signIn: { method: 'universal-login', selectors: {} },
    },
  };
}

/** The operator's own way to the tenant: what a run registers it may remove. */
function managementOf({ management: url, clients: { operator } }: World): Management | undefined {
  if (url === undefined) return undefined;
  return { url, client: { id: operator.id, secret: secret('management.client.secret', operator.secret) } };
}

/** What the operator of the world has decided. */
function policyOf({ registration, operator, tenant }: World): Partial<Policy> {
  const { defaultAudience, domainConnections, expectedRegistrations } = operator;
  return {
    ...(registration.policy && { registration: registration.policy }),
    ...(defaultAudience && { defaultAudience }),
    ...(domainConnections && { domainConnections }),
    ...(expectedRegistrations && { expectedRegistrations }),
    applications: tenant.plan.applications,
  };
}

/** Each client of the tenant has somebody who answers for it, unless the operator says otherwise. */
function governedIn({ tenant, operator }: World): readonly GovernedClient[] {
  const entries = tenant.clients.map(({ client_id }) => ({
    client: client_id,
    owner: 'team-world',
    approver: 'security',
    until: '2999-12-31',
  }));
  return operator.inventory?.(entries) ?? entries;
}

/** An hour ago a run saw the tenant as it is, unless the operator's record says otherwise. */
function earlierIn({ tenant, operator }: World): TenantRecord {
  const clients = tenant.clients.map(({ client_id, callbacks }) => ({ client: client_id, callbacks }));
  return {
    at: new Date(Date.now() - HOUR * 1000).toISOString(),
    clients: operator.earlier?.(clients) ?? clients,
  };
}

function secretsIn(
  { confidential, initialAccessToken }: Target['clients'],
  { first }: Target['users'],
): readonly Secret[] {
  return [confidential?.secret, initialAccessToken, first?.password].filter((each) => each !== undefined);
}

const HOUR = 3600;
const OTHER_API = 'https://other-api.example';

/** A good token, and those of its kin that the server must not take for one. */
async function tokensOf(world: World): Promise<Required<Target['tokens']>> {
  const now = Math.floor(Date.now() / 1000);
  const [first] = world.server.scopes;
  // OpenID Connect Core 2: for the client, and of none of the API's claims.
  const idToken = { aud: CLIENT, client_id: undefined, azp: undefined, jti: undefined, scope: undefined };
  const values: Readonly<Record<keyof Target['tokens'], Promise<string>>> = {
    good: world.mint(),
    otherAudience: world.mint({ claims: { aud: OTHER_API } }),
    idToken: world.mint({ claims: { ...idToken, nonce: randomUUID() }, header: { typ: 'JWT' } }),
    expired: world.mint({ claims: { iat: now - 3 * HOUR, exp: now - 2 * HOUR } }),
    otherTenant: tokenOfAnotherTenant(world),
    // The tenant issues such for /userinfo alone; that one was revoked is all that a server could ever learn of it.
    revoked: Promise.resolve(randomUUID().replaceAll('-', '')),
    otherUser: world.mint({ claims: { sub: world.tenant.users[1]?.user_id } }),
    narrow: world.mint({ claims: { scope: world.operator.narrowScope ?? first } }),
  };
  const made = await Promise.all(
    Object.entries(values).map(async ([name, value]) => [name, secret(`tokens.${name}`, await value)] as const),
  );
  return Object.fromEntries(made) as Record<keyof Target['tokens'], Secret>;
}

const CLIENT = 'wSpC0nf0rm1ngPubl1cCl1ent0000001';

/** Good in every way at a tenant that publishes the key of its signature, and is not the server's. */
async function tokenOfAnotherTenant(world: World): Promise<string> {
  const [good, { rsa }] = await Promise.all([world.mint({ claims: {} }), ownKeys()]);
  const [header = '', claims = ''] = good.split('.');
  const read = (part: string): object => JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
  const kid = 'key-of-another-tenant';
  const key = { ...rsa.publicJwk, kid, use: 'sig', alg: 'RS256' };
  world.documents.publish({ json: { keys: [key] } }, '/.well-known/jwks.json');
  return signed(
    { ...read(header), kid },
    { ...read(claims), iss: `${world.documents.origin}/` },
    { key: rsa.privateKey, alg: 'RS256' },
  );
}

/** Of the tenant's own machine; on loopback everything is, and nothing is inside. */
function insideOf({ documents, network }: World): string | undefined {
  return network.ca === undefined ? undefined : `https://${INSIDE_NAME}:${documents.port}`;
}

function controlOf(world: World, letTimePass: (seconds: number) => void): IssuerControl {
  return {
    rotateKeys: async () => {
      world.rotateKeys();
      return world.signingKey();
    },
    removeKey: async (kid) => {
      await world.revokeKey(kid);
    },
    keyFetches: async () => world.keyEndpoint.fetches(),
    breakKeys: async (mode) => world.keyEndpoint.break(mode),
    mendKeys: async () => world.keyEndpoint.mend(),
    letTimePass: async (seconds) => {
      letTimePass(seconds);
      return true;
    },
  };
}
