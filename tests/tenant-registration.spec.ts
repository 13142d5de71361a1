/** How the embedded tenant comes to know clients: dynamic registration (RFC 7591) and metadata documents (CIMD). */
import { test as base, expect } from '@playwright/test';
import { type Canary, openCanary } from '../mock-idp/canary.ts';
import { WORLD_CERTIFICATE } from '../mock-idp/certificate.ts';
import { type Answer, type DocumentHost, openDocumentHost } from '../mock-idp/document-host.ts';
import { type Incoming, openPort } from '../mock-idp/http.ts';
import { INSIDE_NAME, worldNetwork } from '../mock-idp/network.ts';
import type { Setup } from '../mock-idp/setup.ts';
import { CONFORMING_TENANT, type TenantContext } from '../mock-idp/tenant/behaviour.ts';
import { isPublicAddress } from '../mock-idp/tenant/client-documents/addresses.ts';
import { clientUrlViolations } from '../mock-idp/tenant/client-documents/url.ts';
import type { Client, NetworkAcl } from '../mock-idp/tenant/entities.ts';
import { createKeyRing } from '../mock-idp/tenant/keys.ts';
import { decideAcl } from '../mock-idp/tenant/network-acl.ts';
import { conforming as configuration } from '../mock-idp/tenant/states/conforming.ts';
import { createStore, type Store, type Transaction } from '../mock-idp/tenant/store.ts';
import { createTenant } from '../mock-idp/tenant/tenant.ts';

type Members = Readonly<Record<string, unknown>>;

interface LabOptions {
  /** Public names and TLS instead of loopback addresses. */
  readonly isPublic?: true;
  readonly configure?: (store: Store) => void;
}

/** A tenant that has registration open and fetches documents, with a document host and a canary beside it. */
interface Lab {
  readonly store: Store;
  readonly context: TenantContext;
  readonly documents: DocumentHost;
  readonly canary: Canary;
  register(body: unknown, init?: RequestInit): Promise<Response>;
  /** Status and body of a registration, with what it says of an error. */
  registered(body: Members): Promise<{ readonly status: number; readonly body: Members }>;
  /** Puts a metadata document on the host, the members of a good one changed as told. */
  publish(members?: Members, answer?: Answer, path?: string): ReturnType<DocumentHost['publish']>;
  /** What a client URL stands for: the client, nothing, or what is wrong. */
  resolve(url: string): Promise<Client | undefined | string>;
  /** Seconds that go by. */
  pass(seconds: number): void;
}

const WEB = { client_name: 'Probe', redirect_uris: ['https://client.example/callback'] };
const NATIVE = { ...WEB, application_type: 'native', redirect_uris: ['http://127.0.0.1/callback'] };
const PUBLIC = { ...WEB, token_endpoint_auth_method: 'none' };

const RSA = { kty: 'RSA', e: 'AQAB', n: 'sXchDaQebHnPiGvyDOAT4saGEUetSyo9MKLOoWFsueri23bOdgWp4Dy1Wl' };

const test = base.extend<{ start: (options?: LabOptions) => Promise<Lab> }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the fixtures' names from this pattern.
  start: async ({}, use) => {
    const closing: (() => Promise<void>)[] = [];
    await use(async ({ isPublic = false, configure } = {}) => {
      let time = 1_800_000_000;
      const now = () => time;
      const documents = await openDocumentHost(isPublic, now);
      const canary = await openCanary(isPublic, now);
      const port = await openPort('127.0.0.1');
      closing.push(documents.close, canary.close, port.close);
      const setup: Setup = {
        issuer: `http://127.0.0.1:${port.number}/`,
        revisions: ['2025-11-25'],
        server: {
          url: 'http://127.0.0.1/mcp',
          hosts: [],
          origins: [],
          scopes: ['mcp:tools'],
          baseScopes: [],
          tools: {},
          tokenProfile: 'rfc9068',
        },
        network: worldNetwork('127.0.0.1', isPublic ? WORLD_CERTIFICATE : undefined),
        isLaboratory: !isPublic,
      };
      const store = createStore(configuration(setup));
      store.settings.flags.enable_dynamic_client_registration = true;
      store.plan.clientDocuments = 'dynamic';
      configure?.(store);
      const behaviour = CONFORMING_TENANT;
      const parts = { setup, behaviour, store, keyRing: createKeyRing(), now };
      port.serve(createTenant(parts));
      const request: Incoming = {
        scheme: 'http',
        method: 'GET',
        path: '/authorize',
        query: '',
        headers: [],
        body: '',
        signal: new AbortController().signal,
        hangUp: () => {},
      };
      const context: TenantContext = { ...parts, request, issuer: setup.issuer };
      const register: Lab['register'] = (body, init = {}) =>
        fetch(`${setup.issuer}oidc/register`, {
          method: 'POST',
          headers: { 'Content-Type': 'application/json' },
          body: typeof body === 'string' ? body : JSON.stringify(body),
          ...init,
        });
      return {
        store,
        context,
        documents,
        canary,
        register,
        async registered(body) {
          const response = await register(body);
          const text = await response.text();
          return { status: response.status, body: text === '' ? {} : JSON.parse(text) };
        },
        publish: (members = {}, answer = {}, path) =>
          documents.publish(
            ({ url }) => ({
              json: {
                client_id: url,
                client_name: 'Probe',
                redirect_uris: ['https://client.example/callback'],
                grant_types: ['authorization_code'],
                ...members,
              },
              ...answer,
            }),
            path,
          ),
        async resolve(url) {
          const resolved = await behaviour.resolveClientUrl(url, context);
          return resolved !== undefined && 'error' in resolved ? resolved.description : resolved;
        },
        pass: (seconds) => {
          time += seconds;
        },
      };
    });
    await Promise.all(closing.map((close) => close()));
  },
});

const acl = (id: string, priority: number, rule: NetworkAcl['rule'], active = true): NetworkAcl => ({
  id,
  description: id,
  active,
  priority,
  rule,
  created_at: '',
  updated_at: '',
});

const kept = (client: Client | undefined | string) => (typeof client === 'object' ? client.name : client);

test.describe('dynamic registration', () => {
  test('is answered with 201, what was registered, a secret and its expiry, and kept by no cache', async ({
    start,
  }) => {
    const lab = await start();
    const response = await lab.register({ ...WEB, x_probe: 1, client_id: 'mine', scope: 'admin' });
    expect(response.status).toBe(201);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(await response.json()).toEqual({
      client_id: expect.stringMatching(/^tpc_\w{28}$/),
      client_secret: expect.stringMatching(/^\w{64}$/),
      client_secret_expires_at: 0,
      client_name: 'Probe',
      redirect_uris: WEB.redirect_uris,
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'client_secret_post',
      application_type: 'web',
    });
    expect(lab.store.clients.at(-1)).toMatchObject({
      name: 'Probe',
      is_first_party: false,
      third_party_security_mode: 'strict',
      external_metadata_type: 'dcr',
      callbacks: WEB.redirect_uris,
    });
    expect(lab.store.logs.at(-1)).toMatchObject({ type: 'sapi', description: 'Dynamic client registration' });
  });

  test('a public client has no secret', async ({ start }) => {
    const { body } = await (await start()).registered(PUBLIC);
    expect(body.token_endpoint_auth_method).toBe('none');
    expect(body).not.toHaveProperty('client_secret');
  });

  test('a name that is not said is My App', async ({ start }) => {
    const { body } = await (await start()).registered({ redirect_uris: WEB.redirect_uris });
    expect(body.client_name).toBe('My App');
  });

  test('a permissive tenant makes permissive clients with plain ids', async ({ start }) => {
    const lab = await start({
      configure: ({ settings }) => {
        settings.dynamic_client_registration_security_mode = 'permissive';
      },
    });
    const { body } = await lab.registered(WEB);
    expect(body.client_id).toMatch(/^\w{32}$/);
    expect(body.client_id).not.toMatch(/^tpc_/);
    expect(lab.store.clients.at(-1)!.third_party_security_mode).toBe('permissive');
  });

  test('grant types are filtered to what is allowed, and one must be left', async ({ start }) => {
    const lab = await start();
    const grants = async (grant_types: readonly string[]) => (await lab.registered({ ...WEB, grant_types })).body;
    expect(await grants(['authorization_code', 'implicit', 'client_credentials'])).toMatchObject({
      grant_types: ['authorization_code'],
    });
    expect(await grants(['client_credentials'])).toMatchObject({ error: 'invalid_client_metadata' });
  });

  const refused: readonly (readonly [what: string, metadata: Members, error: string])[] = [
    ['no redirect_uris', { redirect_uris: undefined }, 'invalid_redirect_uri'],
    ['empty redirect_uris', { redirect_uris: [] }, 'invalid_redirect_uri'],
    ['redirect_uris that is a string', { redirect_uris: 'https://client.example/' }, 'invalid_redirect_uri'],
    ['a redirect URI that is null', { redirect_uris: [null] }, 'invalid_redirect_uri'],
    ['javascript:', { redirect_uris: ['javascript:alert(1)'] }, 'invalid_redirect_uri'],
    ['a blank before javascript:', { redirect_uris: [' javascript:alert(1)'] }, 'invalid_redirect_uri'],
    ['data:', { redirect_uris: ['data:text/html,x'], application_type: 'native' }, 'invalid_redirect_uri'],
    ['plain http', { redirect_uris: ['http://client.example/callback'] }, 'invalid_redirect_uri'],
    [
      'a host like localhost',
      { ...NATIVE, redirect_uris: ['http://localhost.client.example/'] },
      'invalid_redirect_uri',
    ],
    ['loopback for a web application', { ...NATIVE, application_type: 'web' }, 'invalid_redirect_uri'],
    ['a scheme without a dot', { ...NATIVE, redirect_uris: ['myapp:/callback'] }, 'invalid_redirect_uri'],
    ['a fragment', { redirect_uris: ['https://client.example/#x'] }, 'invalid_redirect_uri'],
    ['a wildcard', { redirect_uris: ['https://*.client.example/callback'] }, 'invalid_redirect_uri'],
    ['userinfo', { redirect_uris: ['https://client.example@evil.example/'] }, 'invalid_redirect_uri'],
    ['a relative URI', { redirect_uris: ['/callback'] }, 'invalid_redirect_uri'],
    ['an unknown method', { token_endpoint_auth_method: 'bogus' }, 'invalid_client_metadata'],
    ['an unknown application type', { application_type: 'mobile' }, 'invalid_client_metadata'],
    ['no response type but token', { response_types: ['token'] }, 'invalid_client_metadata'],
    ['a name that is a number', { client_name: 1 }, 'invalid_client_metadata'],
    ['refresh tokens that come of nothing', { grant_types: ['refresh_token'] }, 'invalid_client_metadata'],
    ['a logo that is a script', { logo_uri: 'javascript:alert(1)' }, 'invalid_client_metadata'],
  ];
  for (const [what, metadata, error] of refused) {
    test(`${what} is refused with ${error}, and nothing is made`, async ({ start }) => {
      const lab = await start();
      const before = lab.store.clients.length;
      expect(await lab.registered({ ...WEB, ...metadata })).toMatchObject({ status: 400, body: { error } });
      expect(lab.store.clients.length).toBe(before);
    });
  }

  test('loopback and schemes of their own are for native applications', async ({ start }) => {
    const lab = await start();
    for (const uri of ['http://127.0.0.1/cb', 'http://[::1]/cb', 'http://localhost:3000/cb', 'com.example.app:/cb']) {
      const { status, body } = await lab.registered({ redirect_uris: [uri] });
      expect([uri, status, body.application_type]).toEqual([uri, 201, 'native']);
    }
  });

  test('takes JSON objects only, and POST only', async ({ start }) => {
    const lab = await start();
    const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
    expect((await lab.register('redirect_uris=https://client.example/', { headers: form })).status).toBe(400);
    for (const body of ['{', '[]', '"x"', 'null']) expect((await lab.register(body)).status).toBe(400);
    for (const method of ['GET', 'PUT', 'DELETE']) {
      const response = await lab.register('', { method, body: null });
      expect([method, response.status, response.headers.get('allow')]).toEqual([method, 405, 'POST']);
    }
  });

  test('is closed with 400, in the words the tenant speaks', async ({ start }) => {
    const closed = (speaks: 'standard' | 'auth0') =>
      start({
        configure: ({ settings, plan }) => {
          settings.flags.enable_dynamic_client_registration = false;
          plan.speaks = speaks;
        },
      });
    const standard = await (await closed('standard')).register(WEB);
    expect(standard.status).toBe(400);
    expect(await standard.json()).toMatchObject({ error_description: expect.stringContaining('is disabled') });
    const auth0 = await (await closed('auth0')).register(WEB);
    expect(auth0.status).toBe(400);
    expect(await auth0.text()).toBe('Bad Request: dynamic client registration is disabled');
  });

  test('a full tenant answers 403 too_many_entities', async ({ start }) => {
    const full = (speaks: 'standard' | 'auth0') =>
      start({
        configure: (store) => {
          store.plan.applications = store.clients.length + 1;
          store.plan.speaks = speaks;
        },
      });
    const lab = await full('auth0');
    expect((await lab.registered(WEB)).status).toBe(201);
    const refused = await lab.registered(WEB);
    expect(refused).toMatchObject({ status: 403, body: { errorCode: 'too_many_entities' } });
    const standard = await full('standard');
    await standard.registered(WEB);
    expect((await standard.registered(WEB)).body.error).toBe('too_many_entities');
  });

  test('takes five requests in a second, where that is the limit', async ({ start }) => {
    const lab = await start();
    lab.store.plan.registrations = { count: 5, seconds: 1 };
    const statuses: number[] = [];
    for (let count = 0; count < 6; count += 1) statuses.push((await lab.registered(WEB)).status);
    expect(statuses).toEqual([201, 201, 201, 201, 201, 429]);
    lab.pass(1);
    expect((await lab.registered(WEB)).status).toBe(201);
  });

  test('a rule of the network blocks it from outside and not from inside', async ({ start }) => {
    const from = (vantage: 'inside' | 'outside') =>
      start({
        configure: (store) => {
          store.plan.vantage = vantage;
          store.networkAcls = [
            acl('acl_1', 1, {
              scope: 'dynamic_client_registration',
              action: { block: true },
              not_match: { ipv4_cidrs: ['10.0.0.0/8'] },
            }),
          ];
        },
      });
    expect((await (await from('inside')).registered(WEB)).status).toBe(201);
    expect((await (await from('outside')).registered(WEB)).status).toBe(403);
  });
});

test.describe('rules of the network', () => {
  const facts = { address: '203.0.113.10', hostname: 'tenant.example', userAgent: 'probe/1' };
  const block = { block: true } as const;
  const decide = (...acls: NetworkAcl[]) => decideAcl(acls, facts, 'dynamic_client_registration');

  test('what no rule is about is allowed', () => {
    expect(decide()).toEqual({ action: 'allow', logged: [] });
    expect(decide(acl('a', 1, { scope: 'management', action: block })).action).toBe('allow');
    expect(decide(acl('a', 1, { scope: 'tenant', action: block }, false)).action).toBe('allow');
  });

  test('a rule of a wider scope covers registration', () => {
    for (const scope of ['tenant', 'authentication', 'dynamic_client_registration'] as const) {
      expect(decide(acl('a', 1, { scope, action: block }))).toEqual({ action: 'block', by: 'a', logged: [] });
    }
  });

  test('the lowest priority decides, and a rule that logs decides nothing', () => {
    const rules = [
      acl('last', 3, { scope: 'tenant', action: block }),
      acl('second', 2, { scope: 'tenant', action: { allow: true } }),
      acl('first', 1, { scope: 'tenant', action: { log: true } }),
    ];
    expect(decide(...rules)).toEqual({ action: 'allow', by: 'second', logged: ['first'] });
  });

  test('a redirect says where', () => {
    const action = { redirect: true, redirect_uri: 'https://sorry.example/' } as const;
    expect(decide(acl('a', 1, { scope: 'tenant', action }))).toMatchObject({
      action: 'redirect',
      redirectUri: 'https://sorry.example/',
    });
  });

  const matching: readonly (readonly [NonNullable<NetworkAcl['rule']['match']>, boolean])[] = [
    [{ ipv4_cidrs: ['203.0.113.0/24'] }, true],
    [{ ipv4_cidrs: ['203.0.113.10'] }, true],
    [{ ipv4_cidrs: ['10.0.0.0/8'] }, false],
    [{ ipv4_cidrs: ['10.0.0.0/8', '203.0.113.0/24'] }, true],
    [{ ipv4_cidrs: ['203.0.113.0/24'], ipv6_cidrs: ['2001:db8::/32'] }, true],
    [{ ipv4_cidrs: ['203.0.113.0/24'], hostnames: ['Tenant.Example'] }, true],
    [{ ipv4_cidrs: ['203.0.113.0/24'], hostnames: ['other.example'] }, false],
    [{ hostnames: ['other.example', 'tenant.example'], user_agents: ['probe/1'] }, true],
    [{ user_agents: ['probe'] }, false],
  ];
  for (const [match, isMatched] of matching) {
    test(`${JSON.stringify(match)} ${isMatched ? 'matches' : 'does not match'}`, () => {
      const rule = { scope: 'tenant', action: block } as const;
      expect(decide(acl('a', 1, { ...rule, match })).action).toBe(isMatched ? 'block' : 'allow');
      expect(decide(acl('a', 1, { ...rule, not_match: match })).action).toBe(isMatched ? 'allow' : 'block');
    });
  }
});

test.describe('client URLs', () => {
  test('a good one has nothing wrong', () => {
    for (const url of [
      'https://client.example/c',
      'https://client.example:8443/a/b.json',
      'https://c.example/%C3%A9',
    ]) {
      expect([url, clientUrlViolations(url)]).toEqual([url, []]);
    }
    const longest = `https://client.example/${'a'.repeat(97)}`;
    expect([longest.length, clientUrlViolations(longest)]).toEqual([120, []]);
  });

  const bad: readonly (readonly [url: unknown, says: RegExp])[] = [
    ['http://client.example/c', /https/],
    ['https://localhost/c', /loopback/],
    ['https://LOCALHOST:8443/c', /loopback/],
    ['https://127.0.0.1/c', /loopback/],
    ['https://[::1]/c', /loopback/],
    ['https:///c', /have a host/],
    ['https://client.example', /path/],
    ['https://client.example/', /path/],
    ['https://client.example/a/../c', /dot segments/],
    ['https://client.example/./c', /dot segments/],
    ['https://client.example/%2e%2E/c', /dot segments/],
    ['https://client.example/.%2e', /dot segments/],
    [`https://client.example/${'a'.repeat(98)}`, /120 bytes/],
    [`https://client.example/${'é'.repeat(49)}`, /120 bytes/],
    [' https://client.example/c', /whitespace/],
    ['https://client.example/c\n', /whitespace/],
    ['https://client.example/a b', /blanks/],
    ['https://client.example\\c', /blanks/],
    ['', /must be a URL/],
    ['not a URL', /must be a URL/],
    [undefined, /must be a URL/],
    [42, /must be a URL/],
    ['https://user:word@client.example/c', /username/],
    ['https://user@client.example/c', /username/],
    ['https://@client.example/c', /username/],
    ['https://client.example/c#x', /fragment/],
    ['https://client.example/c#', /fragment/],
    ['https://client.example/c?x=1', /query/],
    ['https://client.example/c?', /query/],
    ['https://client.example:0/c', /port/],
    ['https://client.example/%zz', /hexadecimal/],
    ['https://client.example/%2', /hexadecimal/],
  ];
  for (const [url, says] of bad) {
    test(`${JSON.stringify(url)?.slice(0, 60)} breaks the rule that says ${says.source}`, () => {
      expect(clientUrlViolations(url).join('. ')).toMatch(says);
    });
  }

  test('a laboratory lets plain http of 127.0.0.1 pass, and nothing else', async ({ start }) => {
    const { context } = await start();
    const admit = (url: string) => context.behaviour.admitClientUrl(url, context);
    expect(admit('http://127.0.0.1:8080/c')).toEqual([]);
    expect(admit('http://localhost:8080/c')).toHaveLength(2);
    expect(admit('http://client.example/c')).toHaveLength(1);
    expect(admit('http://127.0.0.1:8080/c?x')).toEqual(['The URL must not have a query']);
  });

  test('a world of public names keeps all rules', async ({ start }) => {
    const { context } = await start({ isPublic: true });
    expect(context.behaviour.admitClientUrl('http://127.0.0.1:8080/c', context)).toHaveLength(2);
  });
});

test('addresses of special use are not public', () => {
  const special = '10.1.2.3 127.0.0.1 169.254.169.254 100.64.0.1 0.0.0.0 :: ::1 ::ffff:10.1.2.3 ::ffff:7f00:1 fe80::1';
  // RFC 6052: a gateway would lead from these to 127.0.0.1.
  const translated = ['64:ff9b::7f00:1', '64:ff9b:1::7f00:1'];
  for (const address of [...special.split(' '), ...translated])
    expect([address, isPublicAddress(address)]).toEqual([address, false]);
  for (const address of ['8.8.8.8', '2d00::12', '::ffff:8.8.8.8']) {
    expect([address, isPublicAddress(address)]).toEqual([address, true]);
  }
});

test.describe('client metadata documents', () => {
  test('a preview says what an import would make, and makes nothing', async ({ start }) => {
    const lab = await start();
    const before = lab.store.clients.length;
    const { url, hits } = lab.publish({
      application_type: 'native',
      redirect_uris: ['http://127.0.0.1:33418/callback'],
      grant_types: ['authorization_code', 'implicit'],
      response_types: ['code'],
      client_uri: 'https://client.example',
      description: 'A probe',
    });
    expect(await lab.context.behaviour.previewClientDocument(url, lab.context)).toEqual({
      errors: [],
      validation: {
        valid: true,
        violations: [],
        warnings: ["Grant type not supported: 'implicit'", "Property not supported: 'client_uri'"],
      },
      mapped_fields: {
        external_client_id: url,
        name: 'Probe',
        app_type: 'native',
        callbacks: ['http://127.0.0.1:33418/callback'],
        description: 'A probe',
        grant_types: ['authorization_code'],
        token_endpoint_auth_method: 'none',
      },
    });
    expect(hits().map(({ method }) => method)).toEqual(['GET']);
    expect(lab.store.clients.length).toBe(before);
  });

  test('an import makes a strict client, and the next one brings it up to date', async ({ start }) => {
    const lab = await start();
    const { url } = lab.documents.publish(({ url: client_id, before }) => ({
      json: { client_id, client_name: `Probe ${before}`, grant_types: ['refresh_token'] },
    }));
    const first = await lab.context.behaviour.registerClientDocument(url, 'admin', lab.context);
    expect(first).toMatchObject({ outcome: 'created', client_id: expect.stringMatching(/^tpc_/), errors: [] });
    expect(lab.store.clients.at(-1)).toMatchObject({
      name: 'Probe 0',
      is_first_party: false,
      third_party_security_mode: 'strict',
      external_client_id: url,
      external_metadata_type: 'cimd',
      external_metadata_created_by: 'admin',
    });
    const count = lab.store.clients.length;
    expect(await lab.context.behaviour.registerClientDocument(url, 'admin', lab.context)).toMatchObject({
      outcome: 'updated',
      client_id: first.client_id,
    });
    expect(lab.store.clients.length).toBe(count);
    expect(lab.store.clients.at(-1)!.name).toBe('Probe 1');
  });

  test('an import into a full tenant is told so', async ({ start }) => {
    const lab = await start({
      configure: (store) => {
        store.plan.applications = store.clients.length;
      },
    });
    expect((await lab.context.behaviour.registerClientDocument(lab.publish().url, 'admin', lab.context)).outcome).toBe(
      'full',
    );
  });

  const violations: readonly (readonly [what: string, members: Members, says: string])[] = [
    ['no client_id', { client_id: undefined }, 'client_id must be identical'],
    ['no client_name', { client_name: undefined }, 'client_name is required'],
    ['an empty client_name', { client_name: '' }, 'client_name is required'],
    ['no redirect_uris', { redirect_uris: undefined }, 'redirect_uris is required'],
    ['empty redirect_uris', { redirect_uris: [] }, 'redirect_uris is required'],
    ['redirect_uris that are a string', { redirect_uris: 'https://c.example/' }, 'array of strings'],
    ['a redirect URI twice', { redirect_uris: ['https://c.example/', 'https://c.example/'] }, 'unique'],
    ['plain http', { redirect_uris: ['http://c.example/'] }, "not allowed: 'http://c.example/'"],
    ['javascript:', { redirect_uris: ['javascript:alert(1)'] }, 'Redirect URI not allowed'],
    ['loopback in a web application', { redirect_uris: ['http://127.0.0.1/'] }, 'Redirect URI not allowed'],
    ['no grant_types', { grant_types: undefined }, 'grant_types is required'],
    ['no supported grant type', { grant_types: ['client_credentials'] }, 'no supported grant type'],
    ['an unknown application_type', { application_type: 'spa' }, 'application_type must be'],
    ['a shared secret', { token_endpoint_auth_method: 'client_secret_post' }, 'token_endpoint_auth_method must be'],
    ['private_key_jwt without jwks_uri', { token_endpoint_auth_method: 'private_key_jwt' }, 'jwks_uri is required'],
    ['jwks_uri elsewhere', { jwks_uri: 'https://other.example/jwks' }, 'same origin'],
    ['inline keys', { jwks: { keys: [RSA] } }, 'invalid_client_metadata'],
    ['a logo that is a script', { logo_uri: 'javascript:alert(1)' }, 'logo_uri must be'],
    ['a long description', { description: 'x'.repeat(141) }, 'at most 140'],
    ['a secret', { client_secret: 'everybody-reads-it' }, 'client_secret must not be'],
    ['the end of a secret', { client_secret_expires_at: 0 }, 'client_secret_expires_at must not be'],
  ];
  for (const [what, members, says] of violations) {
    test(`${what} is a violation`, async ({ start }) => {
      const lab = await start();
      const { validation, errors } = await lab.context.behaviour.previewClientDocument(
        lab.publish(members).url,
        lab.context,
      );
      expect(errors).toEqual([]);
      expect(validation!.valid).toBe(false);
      expect(validation!.violations.join('. ')).toContain(says);
      expect(
        (await lab.context.behaviour.registerClientDocument(lab.publish(members).url, 'admin', lab.context)).outcome,
      ).toBe('refused');
    });
  }

  const unusable: readonly (readonly [what: string, answer: Answer, says: string])[] = [
    ['a redirect', { redirect: '/elsewhere' }, 'redirects are not followed'],
    ['203', { status: 203 }, 'was 203'],
    ['404', { status: 404 }, 'was 404'],
    ['HTML', { headers: [['Content-Type', 'text/html']] }, 'not JSON'],
    ['6 kB', { fill: 6000 }, 'larger than 5120 bytes'],
    ['6 kB compressed', { fill: 6000, gzip: true }, 'larger than 5120 bytes'],
    ['half of it', { truncated: true }, 'could not be fetched'],
  ];
  for (const [what, answer, says] of unusable) {
    test(`${what} is no document, and nothing is validated`, async ({ start }) => {
      const lab = await start();
      const report = await lab.context.behaviour.previewClientDocument(lab.publish({}, answer).url, lab.context);
      expect(report.errors.join('. ')).toContain(says);
      expect(report.validation).toBeUndefined();
    });
  }

  test('JSON by another name, compressed, and of 5120 bytes is a document', async ({ start }) => {
    const lab = await start();
    const headers = [['Content-Type', 'application/ld+json; charset=utf-8']] as const;
    const { url } = lab.publish({}, { headers, fill: 5120, gzip: true });
    expect((await lab.context.behaviour.previewClientDocument(url, lab.context)).validation?.valid).toBe(true);
  });

  test('a host that hangs is left after five seconds', async ({ start }) => {
    const lab = await start();
    const { url } = lab.publish({}, { delay: 20_000 });
    const report = await lab.context.behaviour.previewClientDocument(url, lab.context);
    expect(report.errors).toEqual(['The document could not be fetched: no answer was complete after 5 s']);
  });

  test('broken JSON and arrays are violations', async ({ start }) => {
    const lab = await start();
    for (const text of ['{', '[]', '"x"', '{} {}']) {
      const headers = [['Content-Type', 'application/json']] as const;
      const report = await lab.context.behaviour.previewClientDocument(
        lab.documents.publish({ text, headers }).url,
        lab.context,
      );
      expect(report.validation?.violations).toEqual(['The document must be a JSON object']);
    }
  });

  test('no connection leaves the machine or reaches private addresses', async ({ start }) => {
    const lab = await start({ isPublic: true });
    const { port } = lab.canary;
    const hosts: readonly (readonly [host: string, says: string])[] = [
      [INSIDE_NAME, 'is not public'],
      ['10.0.0.7', 'is not public'],
      ['[fd00::1]', 'is not public'],
      ['[::ffff:127.0.0.1]', 'is not public'],
      ['2130706433', 'is not public'],
      ['internal', 'does not exist'],
      ['8.8.8.8', 'is unreachable'],
    ];
    for (const [host, says] of hosts) {
      const { errors } = await lab.context.behaviour.previewClientDocument(`https://${host}:${port}/c`, lab.context);
      expect([host, errors.join()]).toEqual([host, expect.stringContaining(says)]);
    }
    expect(lab.canary.hits()).toEqual([]);
  });

  test('documents of a public world come over TLS, by name', async ({ start }) => {
    const lab = await start({ isPublic: true });
    const { url, hits } = lab.publish();
    expect(url).toMatch(/^https:\/\/documents\.world\.example:/);
    expect((await lab.context.behaviour.previewClientDocument(url, lab.context)).validation?.valid).toBe(true);
    expect(hits()[0]!.headers).toContainEqual(['Host', new URL(url).host]);
  });

  const signed = (lab: Lab, keys: () => readonly object[], answer: Answer = {}) => {
    const jwks = lab.documents.publish(() => ({ json: { keys: keys() }, ...answer }));
    return lab.publish({ token_endpoint_auth_method: 'private_key_jwt', jwks_uri: jwks.url });
  };

  test('keys come from jwks_uri', async ({ start }) => {
    const lab = await start();
    const { url } = signed(lab, () => [{ ...RSA, kid: 'one', alg: 'RS256' }]);
    expect(await lab.context.behaviour.previewClientDocument(url, lab.context)).toMatchObject({
      validation: { valid: true },
      mapped_fields: {
        token_endpoint_auth_method: 'private_key_jwt',
        client_authentication_methods: {
          private_key_jwt: { credentials: [{ credential_type: 'public_key', kid: 'one', alg: 'RS256' }] },
        },
      },
    });
    await lab.context.behaviour.registerClientDocument(url, 'admin', lab.context);
    expect(lab.store.clients.at(-1)!.keys).toEqual([{ ...RSA, kid: 'one', alg: 'RS256' }]);
  });

  const badKeys: readonly (readonly [what: string, keys: readonly object[], answer: Answer, says: string])[] = [
    ['a private key', [{ ...RSA, kid: 'one', d: 'AQAB' }], {}, 'private key material'],
    ['a symmetric key', [{ kty: 'oct', kid: 'one', k: 'AQAB' }], {}, 'private key material'],
    ['a key without kid', [RSA], {}, 'a kty and a kid'],
    [
      'a kid twice',
      [
        { ...RSA, kid: 'one' },
        { ...RSA, kid: 'one' },
      ],
      {},
      'occurs twice',
    ],
    ['no key', [], {}, 'JWK set with keys'],
    ['13 kB', [{ ...RSA, kid: 'one' }], { fill: 13_000 }, 'larger than 12288 bytes'],
    ['a redirect', [{ ...RSA, kid: 'one' }], { redirect: '/jwks' }, 'redirects are not followed'],
  ];
  for (const [what, keys, answer, says] of badKeys) {
    test(`${what} behind jwks_uri is a violation`, async ({ start }) => {
      const lab = await start();
      const { validation } = await lab.context.behaviour.previewClientDocument(
        signed(lab, () => keys, answer).url,
        lab.context,
      );
      expect(validation!.violations.join('. ')).toContain(says);
    });
  }

  test('new material under a known kid is refused, under a new one it is taken', async ({ start }) => {
    const lab = await start();
    let keys = [{ ...RSA, kid: 'one' }];
    const { url } = signed(lab, () => keys);
    await lab.context.behaviour.registerClientDocument(url, 'admin', lab.context);
    keys = [
      { ...RSA, kid: 'one', n: 'other' },
      { ...RSA, kid: 'two', n: 'another' },
    ];
    const { validation } = await lab.context.behaviour.registerClientDocument(url, 'admin', lab.context);
    expect(validation).toMatchObject({ valid: true, warnings: [expect.stringContaining("known kid 'one'")] });
    expect(lab.store.clients.at(-1)!.keys).toEqual([
      { ...RSA, kid: 'one' },
      { ...RSA, kid: 'two', n: 'another' },
    ]);
  });
});

test.describe('a client URL at the authorization endpoint', () => {
  test('stands for an imported client without being fetched, in every mode', async ({ start }) => {
    for (const mode of ['off', 'manual', 'dynamic'] as const) {
      const lab = await start();
      const { url, hits } = lab.publish();
      await lab.context.behaviour.registerClientDocument(url, 'admin', lab.context);
      lab.store.plan.clientDocuments = mode;
      expect(kept(await lab.resolve(url))).toBe('Probe');
      expect(hits()).toHaveLength(1);
    }
  });

  test('that nobody has imported stands for nobody unless the tenant is dynamic', async ({ start }) => {
    for (const mode of ['off', 'manual'] as const) {
      const lab = await start();
      lab.store.plan.clientDocuments = mode;
      const { url, hits } = lab.publish();
      expect(await lab.resolve(url)).toBeUndefined();
      expect(hits()).toEqual([]);
    }
  });

  test('is fetched, and kept once a user lets the client in', async ({ start }) => {
    const lab = await start();
    const before = lab.store.clients.length;
    const { url } = lab.publish();
    const client = (await lab.resolve(url)) as Client;
    expect(client).toMatchObject({ external_client_id: url, external_metadata_created_by: 'client' });
    expect(lab.store.clients.length).toBe(before);
    lab.context.behaviour.confirmClientUrl(client, lab.context);
    lab.context.behaviour.confirmClientUrl(client, lab.context);
    expect(lab.store.clients.slice(before)).toEqual([client]);
    expect(((await lab.resolve(url)) as Client).client_id).toBe(client.client_id);
  });

  test('is one client however many ask at once', async ({ start }) => {
    const lab = await start();
    const { url } = lab.publish();
    const both = (await Promise.all([lab.resolve(url), lab.resolve(url)])) as Client[];
    expect(new Set(both.map(({ client_id }) => client_id)).size).toBe(1);
    for (const client of both) lab.context.behaviour.confirmClientUrl(client, lab.context);
    expect(lab.store.clients.filter(({ external_client_id }) => external_client_id === url)).toHaveLength(1);
  });

  test('is that of a new client once an administrator has deleted the old one', async ({ start }) => {
    const lab = await start();
    const { url } = lab.publish({}, { headers: [['Cache-Control', 'max-age=600']] });
    const client = (await lab.resolve(url)) as Client;
    lab.context.behaviour.confirmClientUrl(client, lab.context);
    lab.context.behaviour.deleteClient(client.client_id, lab.context);
    expect(((await lab.resolve(url)) as Client).client_id).not.toBe(client.client_id);
  });

  test('is held while a user is about to let the client in, and all their sign-ins are of one client', async ({
    start,
  }) => {
    const lab = await start();
    const { url } = lab.publish();
    const client = (await lab.resolve(url)) as Client;
    const transaction = { client, expiresAt: lab.context.now() + 3600 } as Transaction;
    lab.store.transactions.set('open', transaction);
    lab.pass(3000);
    expect(((await lab.resolve(url)) as Client).client_id).toBe(client.client_id);
    expect(lab.context.behaviour.confirmClientUrl(client, lab.context)).toEqual(client);
    expect(lab.store.clients).toContain(client);
  });

  test('makes no client of a full tenant, nor of what nobody has asked for', async ({ start }) => {
    const lab = await start();
    const client = (await lab.resolve(lab.publish().url)) as Client;
    lab.store.plan.applications = lab.store.clients.length;
    expect(lab.context.behaviour.confirmClientUrl(client, lab.context)).toHaveProperty('error');
    lab.store.plan.applications += 1;
    lab.store.clientDocuments.clear();
    expect(lab.context.behaviour.confirmClientUrl(client, lab.context)).toHaveProperty('error');
    expect(lab.store.clients).not.toContain(client);
  });

  test('that is abandoned is forgotten', async ({ start }) => {
    const lab = await start();
    await lab.resolve(lab.publish().url);
    expect(lab.store.clientDocuments.size).toBe(1);
    lab.pass(601);
    const { url } = lab.publish();
    await lab.resolve(url);
    expect([...lab.store.clientDocuments.keys()]).toEqual([url]);
  });

  test('is fetched again when the document is no longer fresh, and never sooner', async ({ start }) => {
    const lab = await start();
    const headers = [
      ['Cache-Control', 'public'],
      ['Cache-Control', 'max-age=60'],
    ] as const;
    const { url, hits } = lab.publish({}, { headers });
    await lab.resolve(url);
    lab.pass(59);
    await lab.resolve(url);
    expect(hits()).toHaveLength(1);
    lab.pass(1);
    await lab.resolve(url);
    expect(hits()).toHaveLength(2);
  });

  test('that failed is tried again', async ({ start }) => {
    const lab = await start();
    const { url } = lab.documents.publish(({ url: client_id, before }) => ({
      status: before === 0 ? 500 : 200,
      json: { client_id, client_name: 'Probe', grant_types: ['refresh_token'] },
      headers: [['Cache-Control', 'max-age=600']],
    }));
    expect(await lab.resolve(url)).toContain('was 500');
    expect(kept(await lab.resolve(url))).toBe('Probe');
  });
});

test.describe('over HTTP, the authorization endpoint of a dynamic tenant', () => {
  const authorize = (lab: Lab, client_id: string) => {
    const parameters = {
      client_id,
      response_type: 'code',
      redirect_uri: 'https://client.example/callback',
      resource: lab.context.setup.server.url,
      scope: 'mcp:tools',
      state: 'a-state-that-is-long-enough',
      code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      code_challenge_method: 'S256',
    };
    const { issuer } = lab.context.setup;
    return fetch(`${issuer}authorize?${new URLSearchParams(parameters)}`, { redirect: 'manual' });
  };

  test('asks the user to sign in for a client with a good document', async ({ start }) => {
    const lab = await start();
    const response = await authorize(lab, lab.publish().url);
    expect([302, 303]).toContain(response.status);
    expect(response.headers.get('location')).toMatch(/\/u\/login/);
  });

  test('shows a page, and leads nowhere, for a client whose document belongs to another', async ({ start }) => {
    const lab = await start();
    const { url, hits } = lab.publish({ client_id: 'https://other.example/client' });
    const response = await authorize(lab, url);
    expect(response.status).toBe(400);
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(response.headers.get('location')).toBeNull();
    expect(hits()).toHaveLength(1);
  });
});
