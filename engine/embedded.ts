import { randomUUID } from 'node:crypto';
import { systemNetwork } from '../fixtures/doors/egress.ts';
import { type Secret, secret } from '../fixtures/doors/secrets.ts';
import { HarnessError } from '../fixtures/errors.ts';
import type { Profile } from '../fixtures/profile/profile.ts';
import type { IssuerControl, Target } from '../fixtures/target.ts';
import { signed } from '../fixtures/trials/access-tokens/jws.ts';
import { ownKeys } from '../fixtures/trials/access-tokens/keys.ts';
import type { World } from '../mock-idp/world.ts';

export interface OpenTarget {
  readonly target: Target;
  /** Stops what was started for it. */
  close(): Promise<void>;
}

/** A profile as something to be asked: the embedded world is started for a profile that names it. */
export async function openTarget(profile: Profile): Promise<OpenTarget> {
  const { server, embedded, network, ...rest } = profile;
  if (embedded === undefined) {
    if (server === undefined)
      throw new HarnessError('profile', 'server.url is missing: write the URL of the MCP endpoint');
    return { target: { ...rest, server, network: { ...network, ...systemNetwork() } }, close: async () => {} };
  }
  // Loaded only where it is used: the MCP SDK is the largest thing a command would read.
  const { startWorld } = await import('../mock-idp/world.ts');
  let ahead = 0;
  const now = () => Math.floor(Date.now() / 1000) + ahead;
  const world = await startWorld({ ...embedded, now }).catch((error: unknown) => {
    throw new HarnessError('profile', `embedded: ${error instanceof Error ? error.message : error}`, { cause: error });
  });
  try {
    const tokens = { ...(await tokensOf(world)), ...rest.tokens };
    const signingKey = rest.issuer?.signingKey ?? secret('issuer.signingKey', JSON.stringify(await world.signingKey()));
    const control = controlOf(world, (seconds) => {
      ahead += seconds;
    });
    const target: Target = {
      ...rest,
      server: { audience: [], ...world.server },
      tokens,
      issuer: { ...rest.issuer, signingKey, control },
      secrets: [...new Set([...rest.secrets, ...Object.values(tokens), signingKey])],
      allow: ['load', 'writes'],
      network: { ...network, ...world.network },
    };
    return { target, close: () => world.close() };
  } catch (error) {
    await world.close();
    throw error;
  }
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
    narrow: world.mint({ claims: { scope: first } }),
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
    { key: rsa.privateKey },
  );
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
    letTimePass: async (seconds) => letTimePass(seconds),
  };
}
