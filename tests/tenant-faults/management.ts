/** Each fault of the Management API, of the log and of limits. */
import { decodeProtectedHeader } from 'jose';
import { CLIENTS, SECRET } from '../../mock-idp/tenant/states/conforming.ts';
import {
  type Answer,
  type Call,
  clientsOfDocument,
  type Lab,
  machine,
  manage,
  managementToken,
  outcome,
  publish,
  register,
  send,
  token,
} from '../tenant-lab.ts';
import { type Case, type Cases, seen } from './case.ts';

const PATCH = { method: 'PATCH', body: { friendly_name: 'Changed' } } as const;

const settings = (lab: Lab, call?: Call): Promise<Answer> => manage(lab, '/tenants/settings', call);

const opens = (call: (lab: Lab) => Call | Promise<Call>, right: number): Case =>
  seen(async (lab) => (await settings(lab, await call(lab))).status, right, 200);

const found = async (lab: Lab, q: string): Promise<number> =>
  (await manage(lab, `/logs?${new URLSearchParams({ q })}`)).body.length;

/** The key that signs now. */
const signingKid = async (lab: Lab) => decodeProtectedHeader((await token(lab, machine(lab))).body.access_token).kid;

const bearer = (value: string): Call => ({ authorization: `Bearer ${value}` });

/** The answer to one request more than the plan allows in a second. */
async function oneTooMany(lab: Lab): Promise<Answer> {
  for (let count = 0; count < 25; count += 1) await send(lab, '/userinfo');
  return send(lab, '/userinfo');
}

export const MANAGEMENT_CASES: Cases = {
  'management-api-heeds-no-network-rules': opens(() => ({}), 403),
  'management-api-takes-tokens-for-any-audience': opens(
    async (lab) => bearer((await token(lab, machine(lab))).body.access_token),
    401,
  ),
  'management-api-takes-expired-tokens': opens(async (lab) => {
    const old = await managementToken(lab);
    lab.pass(86_401);
    return bearer(old);
  }, 401),
  'management-api-reads-tokens-unverified': opens((lab) => {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const claims = { aud: new URL('/api/v2/', lab.world.issuer).href, scope: 'read:tenant_settings' };
    return bearer(`${part({ alg: 'RS256' })}.${part(claims)}.x`);
  }, 401),
  'management-api-enforces-no-scopes': opens(() => ({ ...PATCH, scope: 'read:connections' }), 403),
  'management-api-writes-with-read-scopes': opens(() => ({ ...PATCH, scope: 'read:tenant_settings' }), 403),
  'management-api-shows-secrets-to-all-readers': seen(
    async (lab) => (await manage(lab, `/clients/${CLIENTS.web}`, { scope: 'read:clients' })).body.client_secret,
    undefined,
    SECRET,
  ),
  'management-api-ignores-paging': seen(
    async (lab) => (await manage(lab, '/clients?per_page=1&page=1')).body.length,
    1,
    Object.keys(CLIENTS).length,
  ),
  'management-api-repeats-its-first-page': seen(
    async (lab) => (await manage(lab, '/clients?per_page=1&page=1')).body[0].client_id,
    CLIENTS.web,
    CLIENTS.native,
  ),
  'management-api-ignores-client-filters': seen(
    async (lab) => (await clientsOfDocument(lab, 'https://a.example/c')).length > 0,
    false,
    true,
  ),
  'management-api-ignores-fields': seen(
    async (lab) => 'strategy' in (await manage(lab, '/connections?fields=name')).body[0],
    false,
    true,
  ),
  'api-identifiers-can-be-edited': seen(
    async (lab) => {
      const path = `/resource-servers/${encodeURIComponent(lab.world.server.url)}`;
      const { status } = await manage(lab, path, { method: 'PATCH', body: { identifier: 'https://other.example' } });
      return [status, outcome(await token(lab, machine(lab)))];
    },
    [400, 'token'],
    [200, 'invalid_target'],
  ),
  'client-documents-can-be-overwritten': seen(
    async (lab) => {
      const body = { external_client_id: publish(lab).url };
      const { client_id } = (await manage(lab, '/clients/cimd/register', { method: 'POST', body })).body;
      const path = `/clients/${client_id}`;
      await manage(lab, path, { method: 'PATCH', body: { callbacks: ['https://elsewhere.example/'] } });
      return (await manage(lab, path)).body.callbacks;
    },
    ['https://client.example/callback'],
    ['https://elsewhere.example/'],
  ),
  'deleted-clients-stay': seen(
    async (lab) => {
      const { status } = await manage(lab, `/clients/${CLIENTS.machine}`, { method: 'DELETE' });
      return [status, outcome(await token(lab, machine(lab)))];
    },
    [204, 'invalid_client'],
    [204, 'token'],
  ),
  'deleted-clients-leave-their-grants': seen(
    async (lab) => {
      await manage(lab, `/clients/${CLIENTS.machine}`, { method: 'DELETE' });
      return (await manage(lab, `/client-grants?client_id=${CLIENTS.machine}`)).body.length;
    },
    0,
    1,
  ),
  'rotated-secrets-stay-valid': seen(
    async (lab) => {
      const { body } = await manage(lab, `/clients/${CLIENTS.machine}/rotate-secret`, { method: 'POST' });
      const rotated = machine(lab, { client_secret: body.client_secret });
      return [outcome(await token(lab, machine(lab))), outcome(await token(lab, rotated))];
    },
    ['invalid_client', 'token'],
    ['token', 'invalid_client'],
  ),
  'revoked-keys-stay-published': seen(
    async (lab) => {
      const kid = await signingKid(lab);
      await manage(lab, '/keys/signing/rotate', { method: 'POST' });
      await manage(lab, `/keys/signing/${kid}/revoke`, { method: 'PUT' });
      const { keys } = (await send(lab, '/.well-known/jwks.json')).body;
      return keys.some((key: { readonly kid: string }) => key.kid === kid);
    },
    false,
    true,
  ),
  'rotating-changes-no-key': seen(
    async (lab) => {
      const before = await signingKid(lab);
      await manage(lab, '/keys/signing/rotate', { method: 'POST' });
      return (await signingKid(lab)) === before;
    },
    false,
    true,
  ),
  'log-misses-registrations': seen(
    async (lab) => {
      await register(lab);
      return found(lab, 'type:sapi AND description:"Dynamic client registration"');
    },
    1,
    0,
  ),
  'log-misses-changes': seen(
    async (lab) => {
      await settings(lab, PATCH);
      return found(lab, 'type:sapi');
    },
    1,
    0,
  ),
  'log-search-ignores-the-query': seen(
    async (lab) => {
      await settings(lab, PATCH);
      return (await found(lab, 'type:f')) > 0;
    },
    false,
    true,
  ),
  'limits-send-no-quota': seen(
    async (lab) => (await send(lab, '/userinfo')).headers.get('x-ratelimit-limit'),
    '25',
    null,
  ),
  'limits-name-no-wait': seen(
    async (lab) => {
      const { status, headers } = await oneTooMany(lab);
      return [status, headers.get('retry-after')];
    },
    [429, '1'],
    [429, null],
  ),
  'limits-refuse-nothing': seen(
    async (lab) => {
      const { status, headers } = await oneTooMany(lab);
      return [status, headers.get('x-ratelimit-remaining')];
    },
    [429, '0'],
    [401, '0'],
  ),
  'limits-answer-503': seen(async (lab) => (await oneTooMany(lab)).status, 429, 503),
};
