/** Software of others believes the embedded world: clients complete whole flows, and a verifier accepts its tokens. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  Client,
  type OAuthClientMetadata,
  type OAuthClientProvider,
  type StoredOAuthClientInformation,
  type StoredOAuthTokens,
  StreamableHTTPClientTransport,
  UnauthorizedError,
} from '@modelcontextprotocol/client';
import { type Browser, test as base, chromium, expect, type Page } from '@playwright/test';
import express from 'express';
import { auth } from 'express-oauth2-jwt-bearer';
import { type CryptoKey, generateKeyPair, importJWK } from 'jose';
import * as openid from 'openid-client';
import { chromiumArguments, findChromium } from '../fixtures/chromium.ts';
import { startWorld, type World, type WorldOptions } from '../mock-idp/world.ts';

interface Fixtures {
  readonly start: (options?: WorldOptions) => Promise<World>;
  readonly page: Page;
}

const test = base.extend<Fixtures, { readonly browser: Browser }>({
  browser: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the fixtures' names from this pattern.
    async ({}, use) => {
      const executablePath = findChromium();
      const browser = await chromium.launch({ ...(executablePath && { executablePath }), args: chromiumArguments() });
      await use(browser);
      await browser.close();
    },
    { scope: 'worker' },
  ],
  page: async ({ browser }, use) => {
    const context = await browser.newContext();
    await use(await context.newPage());
    await context.close();
  },
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the fixtures' names from this pattern.
  start: async ({}, use) => {
    const worlds: World[] = [];
    await use(async (options) => {
      const world = await startWorld(options);
      worlds.push(world);
      return world;
    });
    await Promise.all(worlds.map((world) => world.close()));
  },
});

/** Signs the first user in as a person does, agrees where asked, and gives the URL the browser was sent back to. */
async function signIn(page: Page, world: World, authorization: URL, redirectUri: string): Promise<URL> {
  const [user] = world.tenant.users;
  // Nobody listens there: the request is seen when it is made.
  const callback = page.waitForRequest((request) => request.url().startsWith(`${redirectUri}?`));
  await page.goto(authorization.href);
  await page.getByLabel(/email/i).fill(user!.email);
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.locator('input#password').fill(user!.password);
  await page.getByRole('button', { name: 'Continue' }).click();
  const accept = page.getByRole('button', { name: 'Accept' });
  const reached = await Promise.race([callback, accept.waitFor().then(() => undefined)]);
  if (reached === undefined) await accept.click();
  return new URL((await callback).url());
}

/** What a client keeps between its requests. */
class Provider implements OAuthClientProvider {
  authorization?: URL;
  registered?: StoredOAuthClientInformation;
  #tokens?: StoredOAuthTokens;
  #verifier = '';
  readonly redirectUrl: string;
  readonly clientMetadata: OAuthClientMetadata;
  readonly clientMetadataUrl?: string;

  constructor(redirectUrl: string, known: { readonly id?: string; readonly metadataUrl?: string } = {}) {
    this.redirectUrl = redirectUrl;
    if (known.id !== undefined) this.registered = { client_id: known.id };
    if (known.metadataUrl !== undefined) this.clientMetadataUrl = known.metadataUrl;
    this.clientMetadata = {
      client_name: 'Test client',
      redirect_uris: [redirectUrl],
      token_endpoint_auth_method: 'none',
      application_type: 'native',
    } as OAuthClientMetadata;
  }
  clientInformation() {
    return this.registered;
  }
  saveClientInformation(information: StoredOAuthClientInformation) {
    this.registered = information;
  }
  tokens() {
    return this.#tokens;
  }
  saveTokens(tokens: StoredOAuthTokens) {
    this.#tokens = tokens;
  }
  redirectToAuthorization(url: URL) {
    this.authorization = url;
  }
  saveCodeVerifier(verifier: string) {
    this.#verifier = verifier;
  }
  codeVerifier() {
    return this.#verifier;
  }
}

/** Connects, is sent to sign in, comes back with a code, and connects again. */
async function connect(world: World, page: Page, provider: Provider): Promise<Client> {
  const client = () => new Client({ name: 'test-client', version: '1.0.0' }, { versionNegotiation: { mode: 'auto' } });
  const transport = () => new StreamableHTTPClientTransport(new URL(world.server.url), { authProvider: provider });
  const first = transport();
  await expect(client().connect(first)).rejects.toThrow(UnauthorizedError);
  const callback = await signIn(page, world, provider.authorization!, provider.redirectUrl);
  await first.finishAuth(callback.searchParams);
  const connected = client();
  await connected.connect(transport());
  return connected;
}

test.describe('the client of the MCP SDK', () => {
  const native = (world: World) => world.clients.native;

  test('signs a user in with a client that is known already, and calls a tool', async ({ start, page }) => {
    const world = await start();
    const { id, redirectUri } = native(world);
    const client = await connect(world, page, new Provider(redirectUri, { id }));
    const answer = await client.callTool({ name: 'echo', arguments: { message: 'it works' } });
    expect(answer.content).toEqual([{ type: 'text', text: 'it works' }]);
    await client.close();
  });

  test('registers where registration is open, signs a user in and calls a tool', async ({ start, page }) => {
    const world = await start();
    world.tenant.settings.flags.enable_dynamic_client_registration = true;
    world.tenant.settings.client_id_metadata_document_supported = false;
    const provider = new Provider(native(world).redirectUri);
    const client = await connect(world, page, provider);
    expect(provider.registered?.client_id).toMatch(/^tpc_/);
    const answer = await client.callTool({ name: 'echo', arguments: { message: 'registered' } });
    expect(answer.content).toEqual([{ type: 'text', text: 'registered' }]);
    await client.close();
  });

  for (const revision of ['2025-06-18', '2025-11-25', '2026-07-28'] as const) {
    test(`finds its way through a server of ${revision}`, async ({ start, page }) => {
      const world = await start({ revisions: [revision] });
      const { id, redirectUri } = native(world);
      const client = await connect(world, page, new Provider(redirectUri, { id }));
      const { tools } = await client.listTools();
      expect(tools.map(({ name }) => name)).toEqual(['echo', 'whoami']);
      await client.close();
    });
  }
});

const METADATA = ['oauth2', 'oidc'] as const;

test.describe('openid-client', () => {
  const insecure = { execute: [openid.allowInsecureRequests] };

  for (const algorithm of METADATA) {
    test(`accepts the metadata document of ${algorithm}`, async ({ start }) => {
      const world = await start();
      const { id } = world.clients.native;
      const options = { ...insecure, algorithm };
      const config = await openid.discovery(new URL(world.issuer), id, undefined, openid.None(), options);
      expect(config.serverMetadata().issuer).toBe(world.issuer);
      expect(config.serverMetadata().supportsPKCE()).toBe(true);
    });
  }

  test('completes code with PKCE, refreshes, and finds its old refresh token dead', async ({ start, page }) => {
    const world = await start();
    const { id, redirectUri } = world.clients.native;
    const config = await openid.discovery(new URL(world.issuer), id, undefined, openid.None(), insecure);
    const verifier = openid.randomPKCECodeVerifier();
    const state = openid.randomState();
    const authorization = openid.buildAuthorizationUrl(config, {
      redirect_uri: redirectUri,
      scope: 'mcp:tools offline_access',
      resource: world.server.url,
      code_challenge: await openid.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      state,
    });
    const callback = await signIn(page, world, authorization, redirectUri);
    // Its own checks: state, iss (RFC 9207), the shape of every answer.
    const checks = { pkceCodeVerifier: verifier, expectedState: state };
    const first = await openid.authorizationCodeGrant(config, callback, checks, { resource: world.server.url });
    const second = await openid.refreshTokenGrant(config, first.refresh_token!, { resource: world.server.url });
    expect(second.refresh_token).not.toBe(first.refresh_token);
    await expect(openid.refreshTokenGrant(config, first.refresh_token!)).rejects.toMatchObject({
      error: 'invalid_grant',
    });
    // Reuse ends what came of it as well (RFC 9700 4.14.2).
    await expect(openid.refreshTokenGrant(config, second.refresh_token!)).rejects.toMatchObject({
      error: 'invalid_grant',
    });
  });

  test('gets a token for itself with a secret', async ({ start }) => {
    const world = await start();
    const { id, secret } = world.clients.machine;
    const config = await openid.discovery(new URL(world.issuer), id, secret, undefined, insecure);
    const tokens = await openid.clientCredentialsGrant(config, { resource: world.server.url, scope: 'mcp:tools' });
    expect(tokens).toMatchObject({ token_type: 'bearer', scope: 'mcp:tools' });
  });

  test('authenticates with an assertion, and not with that of another key', async ({ start, page }) => {
    const world = await start();
    const { id, privateKey, redirectUri } = world.clients.signed;
    const verifier = openid.randomPKCECodeVerifier();
    const challenge = await openid.calculatePKCECodeChallenge(verifier);
    const signed = async (key: CryptoKey) =>
      openid.discovery(new URL(world.issuer), id, undefined, openid.PrivateKeyJwt(key), insecure);
    const config = await signed((await importJWK(privateKey!, 'RS256')) as CryptoKey);
    const authorization = openid.buildAuthorizationUrl(config, {
      redirect_uri: redirectUri,
      scope: 'mcp:tools',
      resource: world.server.url,
      code_challenge: challenge,
      code_challenge_method: 'S256',
    });
    const callback = await signIn(page, world, authorization, redirectUri);
    const other = await signed((await generateKeyPair('RS256')).privateKey);
    await expect(openid.authorizationCodeGrant(other, callback, { pkceCodeVerifier: verifier })).rejects.toMatchObject({
      error: 'invalid_client',
    });
    const tokens = await openid.authorizationCodeGrant(config, callback, { pkceCodeVerifier: verifier });
    expect(tokens.scope).toBe('mcp:tools');
  });
});

test.describe('express-oauth2-jwt-bearer', () => {
  /** Status of an API that expects `audience`, asked with the token. */
  async function statusFor(world: World, audience: string, token: string, strict = true): Promise<number> {
    const app = express();
    app.use(auth({ issuerBaseURL: world.issuer, audience, strict, tokenSigningAlg: 'RS256' }));
    app.get('/', (_request, response) => void response.sendStatus(204));
    app.use(((error, _request, response, _next) => {
      response.sendStatus(error.status ?? 500);
    }) satisfies express.ErrorRequestHandler);
    const server = createServer(app);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = server.address() as AddressInfo;
      const headers = { Authorization: `Bearer ${token}`, Connection: 'close' };
      return (await fetch(`http://127.0.0.1:${port}/`, { headers })).status;
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  }

  for (const [state, strict] of [
    ['conforming', true],
    ['auth0-defaults', false],
  ] as const) {
    test(`accepts the tokens of ${state}, and refuses another audience`, async ({ start }) => {
      const world = await start({ state });
      const token = await world.mint();
      expect(await statusFor(world, world.server.url, token, strict)).toBe(204);
      expect(await statusFor(world, 'https://other-api.example', token, strict)).toBe(401);
    });
  }
});
