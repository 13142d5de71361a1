/** Each fault of dynamic registration and of clients' metadata documents. */
import type { Answer as Document } from '../../mock-idp/document-host.ts';
import { INSIDE_NAME } from '../../mock-idp/network.ts';
import {
  asserted,
  assertionOf,
  CALLBACK,
  clientKey,
  clientsOfDocument,
  delivery,
  kind,
  type Lab,
  type Members,
  manage,
  obtain,
  ofDocument,
  outcome,
  publish,
  register,
  SIGN_IN_PAGE,
  token,
  visit,
} from '../tenant-lab.ts';
import { type Case, type Cases, seen } from './case.ts';

const NATIVE = { application_type: 'native' };
const PUBLIC = { token_endpoint_auth_method: 'none' };

const status = (metadata: Members, right: number, wrong: number): Case =>
  seen(async (lab) => (await register(lab, metadata)).status, right, wrong);

const redirectsTo = (...redirect_uris: readonly string[]): Case => status({ ...NATIVE, redirect_uris }, 400, 201);

/** Codes go where nobody should have been able to have them sent. */
const deliversTo = (redirect_uri: string, registered = redirect_uri): Case =>
  seen(
    async (lab) => {
      const { status: given, body } = await register(lab, { ...NATIVE, ...PUBLIC, redirect_uris: [registered] });
      return [given, await delivery(lab, { client_id: body.client_id, redirect_uri })];
    },
    [400, 'page'],
    [201, redirect_uri],
  );

const member = (metadata: Members, name: string, right: unknown, wrong: unknown): Case =>
  seen(async (lab) => (await register(lab, metadata)).body[name], right, wrong);

const entry = (lab: Lab, url: string): Promise<string> => kind(lab, ofDocument(url));

/** A client whose document should not have been taken for one. */
const taken = (url: (lab: Lab) => string | Promise<string>): Case =>
  seen(async (lab) => entry(lab, await url(lab)), 'page', SIGN_IN_PAGE);

const documentWith = (members: Members, answer?: Document): Case => taken((lab) => publish(lab, members, answer).url);

/** A client under a URL that differs from where its document is found. */
const at = (path: string, rewrite: (url: string) => string): Case =>
  seen(
    async (lab) => {
      const url = rewrite(`${lab.world.documents.origin}${path}`);
      publish(lab, { client_id: url }, {}, new URL(url).pathname);
      return [await entry(lab, url), await entry(lab, publish(lab).url)];
    },
    ['page', SIGN_IN_PAGE],
    [SIGN_IN_PAGE, SIGN_IN_PAGE],
  );

const fresh = { headers: [['Cache-Control', 'max-age=60']] } as const;

const SIGNED = { token_endpoint_auth_method: 'private_key_jwt' };

/** From the sign-in to a token that is asked for with the client's key. */
async function obtainSigned(lab: Lab, url: string, key: string): Promise<string> {
  const { privateJwk } = await clientKey(key);
  const form = asserted(await assertionOf(lab, url, privateJwk));
  return outcome(await obtain(lab, { ask: ofDocument(url), form }));
}

/** Keys of a set that is served under the host's other name, which is another origin. */
const elsewhere = (url: string) => url.replace('127.0.0.1', 'localhost');

export const REGISTRATION_CASES: Cases = {
  'registration-is-open-though-its-policy-is-closed': status({}, 400, 201),
  'registration-ignores-the-rules-of-the-network': status({}, 403, 201),
  'registration-has-no-rate-limit': seen(
    async (lab) => {
      const { count } = lab.world.tenant.plan.registrations;
      for (let sent = 0; sent < count; sent += 1) await register(lab);
      return (await register(lab)).status;
    },
    429,
    201,
  ),
  'registration-grows-beyond-the-plan': status({}, 403, 201),
  'registration-says-a-full-tenant-is-a-server-error': status({}, 403, 500),
  'registration-lists-clients-to-anybody': seen(
    async (lab) => (await register(lab, {}, { method: 'GET', body: null })).body.clients?.length > 0,
    false,
    true,
  ),
  'registration-takes-forms': seen(
    async (lab) => {
      const body = new URLSearchParams({ redirect_uris: CALLBACK }).toString();
      return (await register(lab, {}, { body, headers: { 'Content-Type': 'text/plain' } })).status;
    },
    400,
    201,
  ),
  'registration-accepts-dangerous-schemes': redirectsTo('javascript:alert(1)'),
  'registration-accepts-plain-http-redirects': deliversTo('http://client.example/callback'),
  'registration-takes-what-begins-like-loopback-for-loopback': deliversTo('http://localhost.client.example/'),
  'registration-accepts-fragments': redirectsTo('https://client.example/callback#x'),
  'registration-accepts-wildcards': deliversTo(
    'https://evil.client.example/callback',
    'https://*.client.example/callback',
  ),
  'registration-needs-no-redirect-uri': redirectsTo(),
  'registration-gives-public-clients-a-secret': seen(
    async (lab) => 'client_secret' in (await register(lab, PUBLIC)).body,
    false,
    true,
  ),
  'registration-makes-every-client-public': seen(
    async (lab) => {
      const { body } = await register(lab, { token_endpoint_auth_method: 'client_secret_post' });
      return outcome(await obtain(lab, { ask: ofDocument(body.client_id) }));
    },
    'invalid_client',
    'token',
  ),
  'registration-makes-unknown-methods-none': member(
    { token_endpoint_auth_method: 'bogus' },
    'token_endpoint_auth_method',
    undefined,
    'none',
  ),
  'registration-grants-whatever-is-asked': member(
    { grant_types: ['authorization_code', 'password'] },
    'grant_types',
    ['authorization_code'],
    ['authorization_code', 'password'],
  ),
  'registration-grants-client-credentials': seen(
    async (lab) => {
      const { body } = await register(lab, { grant_types: ['authorization_code', 'client_credentials'] });
      const { client_id, client_secret } = body;
      const audience = lab.world.server.url;
      return outcome(await token(lab, { grant_type: 'client_credentials', client_id, client_secret, audience }));
    },
    'unauthorized_client',
    'token',
  ),
  'registration-takes-the-client-id-of-the-request': seen(
    async (lab) => {
      const redirect_uri = 'https://evil.example/callback';
      const client_id = lab.world.clients.native.id;
      await register(lab, { ...PUBLIC, client_id, redirect_uris: [redirect_uri] });
      return delivery(lab, { client_id, redirect_uri });
    },
    'page',
    'https://evil.example/callback',
  ),
  'registration-takes-the-client-secret-of-the-request': seen(
    async (lab) => {
      const client_secret = 'known to all';
      const { body } = await register(lab, { client_secret });
      return outcome(await obtain(lab, { ask: ofDocument(body.client_id), form: { client_secret } }));
    },
    'invalid_client',
    'token',
  ),
  'registration-ids-are-client-urls': seen(
    async (lab) => {
      const { client_id, client_secret } = (await register(lab)).body;
      const answer = await obtain(lab, { ask: ofDocument(client_id), form: { client_secret } });
      return [/^https:/.test(client_id), outcome(answer)];
    },
    [false, 'token'],
    [true, 'token'],
  ),
  'registration-applies-members-of-the-vendor': seen(
    async (lab) => {
      const { body } = await register(lab, { ...PUBLIC, is_first_party: true });
      const { paths, location } = await visit(lab, ofDocument(body.client_id));
      return [paths.includes('/u/consent'), location?.searchParams.has('code')];
    },
    [true, true],
    [false, true],
  ),
  'registration-makes-permissive-clients': seen(
    async (lab) => {
      const { client_id } = (await register(lab)).body;
      return (await manage(lab, `/clients/${client_id}`)).body.third_party_security_mode;
    },
    'strict',
    'permissive',
  ),
  'registration-applies-unsigned-software-statements': member(
    { software_statement: `e30.${Buffer.from('{"client_name":"Statement"}').toString('base64url')}.` },
    'client_name',
    'Probe',
    'Statement',
  ),
  'registration-reflects-unknown-members': member({ x_probe: 1 }, 'x_probe', undefined, 1),
  'registration-refuses-unknown-members': seen(
    async (lab) => [
      (await register(lab, { client_uri: 'https://client.example', contacts: [] })).status,
      (await register(lab, { post_logout_redirect_uris: [] })).status,
    ],
    [201, 201],
    [201, 400],
  ),
  'registration-answers-200-without-a-body': seen(
    async (lab) => {
      const { status: given, body } = await register(lab);
      return [given, 'client_id' in body];
    },
    [201, true],
    [200, false],
  ),
  'registration-answers-may-be-cached': seen(
    async (lab) => (await register(lab)).headers.get('cache-control'),
    'no-store',
    'public, max-age=3600',
  ),
  'registration-does-not-say-when-a-secret-expires': member({}, 'client_secret_expires_at', 0, undefined),

  'client-urls-are-normalised-before-they-are-compared': seen(
    async (lab) => {
      const { url } = publish(lab, {}, {}, '/clients/one');
      return outcome(await obtain(lab, { ask: ofDocument(url.replace('/one', '/x/../one')) }));
    },
    'page',
    'token',
  ),
  'client-urls-may-have-a-query': at('/c?x=1', (url) => url),
  'client-urls-may-have-a-fragment': at('/c#x', (url) => url),
  'client-urls-may-have-userinfo': at('/c', (url) => url.replace('://', '://user:word@')),
  'client-urls-may-be-plain-http': at('/c', (url) => url.replace('https:', 'http:')),
  'client-urls-may-have-dot-segments': at('/a/%2e%2e/c', (url) => url),
  'client-urls-may-have-no-path': at('/', (url) => url),
  'client-urls-may-be-of-any-length': at(`/${'a'.repeat(200)}`, (url) => url),
  'client-urls-resolve-though-they-are-imported-by-hand': seen(
    async (lab) => {
      lab.world.tenant.plan.clientDocuments = 'manual';
      return outcome(await obtain(lab, { ask: ofDocument(publish(lab).url) }));
    },
    'page',
    'token',
  ),
  'client-document-redirects-are-followed': taken((lab) => {
    const origin = lab.world.documents.origin;
    publish(lab, { client_id: `${origin}/first` }, {}, '/second');
    return publish(lab, {}, { redirect: '/second' }, '/first').url;
  }),
  'client-documents-are-fetched-from-inside': at('/inside', (url) => {
    const inside = new URL(url);
    inside.hostname = INSIDE_NAME;
    return inside.href;
  }),
  'client-documents-may-be-of-any-size': documentWith({}, { fill: 200_000 }),
  'client-documents-are-waited-for': documentWith({}, { delay: 5500 }),
  'client-documents-may-have-any-status': documentWith({}, { status: 404 }),
  'client-documents-may-have-any-content-type': documentWith({}, { headers: [['Content-Type', 'text/html']] }),
  'client-documents-are-fetched-at-every-request': seen(
    async (lab) => {
      const { url, hits } = publish(lab, {}, fresh);
      await entry(lab, url);
      await entry(lab, url);
      return hits().length;
    },
    1,
    2,
  ),
  'client-documents-are-never-refreshed': seen(
    async (lab) => {
      const { url, hits } = publish(lab, {}, fresh);
      await entry(lab, url);
      lab.pass(100_000);
      await entry(lab, url);
      return hits().length;
    },
    2,
    1,
  ),
  'client-document-failures-are-remembered': seen(
    async (lab) => {
      const { url } = publish(lab, {}, { status: 500 }, '/c');
      const first = await entry(lab, url);
      publish(lab, {}, {}, '/c');
      return [first, await entry(lab, url)];
    },
    ['page', SIGN_IN_PAGE],
    ['page', 'page'],
  ),
  'client-document-ids-are-compared-by-prefix': taken(
    (lab) => publish(lab, { client_id: lab.world.documents.origin }, {}, '/clients/other').url,
  ),
  'client-documents-may-be-of-another-client': documentWith({ client_id: 'https://other.example/client' }),
  'client-documents-may-have-shared-secrets': seen(
    async (lab) => {
      const client_secret = 'known to all';
      const { url } = publish(lab, { token_endpoint_auth_method: 'client_secret_post', client_secret });
      return outcome(await obtain(lab, { ask: ofDocument(url), form: { client_secret } }));
    },
    'page',
    'token',
  ),
  'client-documents-may-have-keys': seen(
    async (lab) => {
      const { publicJwk, privateJwk } = await clientKey('one');
      const open = publish(lab, { ...SIGNED, jwks: { keys: [publicJwk] } });
      const leaking = publish(lab, { ...SIGNED, jwks: { keys: [privateJwk] } });
      return [await obtainSigned(lab, open.url, 'one'), await entry(lab, leaking.url)];
    },
    ['page', 'page'],
    ['token', 'page'],
  ),
  'client-documents-may-have-private-keys': seen(
    async (lab) => {
      const { privateJwk } = await clientKey('one');
      return obtainSigned(lab, publish(lab, { ...SIGNED, jwks: { keys: [privateJwk] } }).url, 'one');
    },
    'page',
    'token',
  ),
  'client-key-sets-may-have-private-keys': seen(
    async (lab) => {
      const { privateJwk } = await clientKey('one');
      const text = JSON.stringify({ keys: [privateJwk] }, null, 2);
      const jwks = lab.world.documents.publish({ text, headers: [['Content-Type', 'application/json']] });
      return obtainSigned(lab, publish(lab, { ...SIGNED, jwks_uri: jwks.url }).url, 'one');
    },
    'page',
    'token',
  ),
  'client-keys-may-come-from-elsewhere': seen(
    async (lab) => {
      const jwks = lab.world.documents.publish({ json: { keys: [(await clientKey('one')).publicJwk] } });
      return obtainSigned(lab, publish(lab, { ...SIGNED, jwks_uri: elsewhere(jwks.url) }).url, 'one');
    },
    'page',
    'token',
  ),
  'client-keys-are-replaced-under-their-id': seen(
    async (lab) => {
      const [before, after] = await Promise.all([clientKey('one'), clientKey('two')]);
      const jwks = lab.world.documents.publish(({ before: fetches }) => ({
        json: { keys: [fetches === 0 ? before.publicJwk : after.publicJwk] },
      }));
      const { url } = publish(lab, { ...SIGNED, jwks_uri: jwks.url });
      await entry(lab, url);
      return obtainSigned(lab, url, 'two');
    },
    'invalid_client',
    'token',
  ),
  'client-documents-may-redirect-anywhere': seen(
    async (lab) => {
      const redirect_uri = 'http://client.example/callback';
      const { url } = publish(lab, { redirect_uris: [redirect_uri] });
      return delivery(lab, { client_id: url, redirect_uri });
    },
    'page',
    'http://client.example/callback',
  ),
  'client-document-grants-are-not-filtered': seen(
    async (lab) => {
      const { url } = publish(lab, { grant_types: ['authorization_code', 'client_credentials'] });
      await visit(lab, ofDocument(url));
      return (await clientsOfDocument(lab, url))[0]?.grant_types;
    },
    ['authorization_code'],
    ['authorization_code', 'client_credentials'],
  ),
  'client-document-warnings-are-errors': seen(
    (lab) => entry(lab, publish(lab, { client_uri: 'https://client.example' }).url),
    SIGN_IN_PAGE,
    'page',
  ),
  'client-document-redirects-match-by-host': seen(
    (lab) => delivery(lab, { client_id: publish(lab).url, redirect_uri: 'https://client.example/elsewhere' }),
    'page',
    'https://client.example/elsewhere',
  ),
  'client-documents-make-first-party-clients': seen(
    async (lab) => {
      const { paths, location } = await visit(lab, ofDocument(publish(lab).url));
      return [paths.includes('/u/consent'), location?.searchParams.has('code')];
    },
    [true, true],
    [false, true],
  ),
  'client-documents-are-kept-before-anybody-lets-them-in': seen(
    async (lab) => {
      const { url } = publish(lab);
      await entry(lab, url);
      return (await clientsOfDocument(lab, url)).length;
    },
    0,
    1,
  ),
  'client-document-previews-make-clients': seen(
    async (lab) => {
      const { url } = publish(lab);
      const body = { external_client_id: url };
      const preview = await manage(lab, '/clients/cimd/preview', { method: 'POST', body, scope: 'read:clients' });
      return [preview.body.validation.valid, (await clientsOfDocument(lab, url)).length];
    },
    [true, 0],
    [true, 1],
  ),
};
