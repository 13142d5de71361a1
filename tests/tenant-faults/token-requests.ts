/** Each fault of token requests that nobody should send. */
import { decodeJwt, generateKeyPair, SignJWT } from 'jose';
import {
  asserted,
  assertionClaims,
  assertionOf,
  asWeb,
  type Lab,
  type Members,
  machine,
  OTHER_API,
  obtain,
  outcome,
  redeem,
  refresh,
  refreshTokenOf,
  revoke,
  send,
  token,
  web,
} from '../tenant-lab.ts';
import { type Cases, seen } from './case.ts';

const NOBODY = { Authorization: `Basic ${Buffer.from('nobody:any').toString('base64')}` };

/** A token request of a client that fails by HTTP Basic. */
const failing = async (lab: Lab) => {
  const { status, headers } = await redeem(lab, 'none', { client_id: undefined }, NOBODY);
  return [status, headers.get('www-authenticate')];
};

const introspected = async (lab: Lab) => {
  const body = new URLSearchParams({ token: await lab.world.mint() });
  return (await send(lab, '/oauth/introspect', { method: 'POST', body })).body.active;
};

const signedGrant = async (lab: Lab, assertion: string) =>
  outcome(
    await obtain(lab, {
      ask: { ...web(lab), client_id: lab.world.clients.signed.id },
      form: asserted(assertion),
    }),
  );

const withClaims = async (lab: Lab, claims: Members) => {
  const { id, privateKey } = lab.world.clients.signed;
  return signedGrant(lab, await assertionOf(lab, id, privateKey, claims));
};

export const TOKEN_REQUEST_CASES: Cases = {
  'keeps-the-password-grant-alive': seen(
    async (lab) =>
      outcome(
        await token(lab, {
          grant_type: 'password',
          client_id: lab.world.clients.native.id,
          username: 'nobody@example.com',
          password: 'any',
        }),
      ),
    'unsupported_grant_type',
    'invalid_grant',
  ),
  'gives-public-clients-tokens-of-their-own': seen(
    async (lab) =>
      outcome(await token(lab, machine(lab, { client_id: lab.world.clients.native.id, client_secret: undefined }))),
    'unauthorized_client',
    'token',
  ),
  'takes-token-requests-by-get': seen(
    async (lab) => {
      const form = { grant_type: 'authorization_code', client_id: lab.world.clients.native.id, code: 'none' };
      return outcome(await send(lab, `/oauth/token?${new URLSearchParams(form)}`));
    },
    'method_not_allowed',
    'invalid_grant',
  ),
  'answers-failed-basic-authentication-with-400': seen(
    failing,
    [401, 'Basic realm="tenant"'],
    [400, 'Basic realm="tenant"'],
  ),
  'challenges-nobody-at-the-token-endpoint': seen(failing, [401, 'Basic realm="tenant"'], [401, null]),
  'looks-for-the-code-before-the-client': seen(
    async (lab) => outcome(await redeem(lab, 'none', { client_id: 'nobody' })),
    'invalid_client',
    'invalid_grant',
  ),
  'lets-websites-ask-for-tokens-with-cookies': seen(
    async (lab) =>
      (await redeem(lab, 'none', {}, { Origin: 'https://attacker.example' })).headers.get(
        'access-control-allow-credentials',
      ),
    null,
    'true',
  ),
  'introspects-for-anybody': seen(introspected, undefined, true),
  'introspects-nothing-for-anybody': seen(introspected, undefined, false),
  'takes-two-client-authentications': seen(
    async (lab) =>
      outcome(
        await obtain(lab, {
          ask: web(lab),
          form: { client_secret: lab.world.clients.web.secret },
          headers: asWeb(lab),
        }),
      ),
    'invalid_request',
    'token',
  ),
  'takes-client-assertions-of-any-key': seen(
    async (lab) => {
      const { id } = lab.world.clients.signed;
      const { privateKey } = await generateKeyPair('RS256');
      const forged = new SignJWT(assertionClaims(lab, id)).setProtectedHeader({ alg: 'RS256' });
      return signedGrant(lab, await forged.sign(privateKey));
    },
    'invalid_client',
    'token',
  ),
  'takes-client-assertions-that-never-expire': seen(
    (lab) => withClaims(lab, { exp: undefined }),
    'invalid_client',
    'token',
  ),
  'refreshes-for-clients-that-do-not-say-who-they-are': seen(
    async (lab) => outcome(await refresh(lab, await refreshTokenOf(lab), { client_id: undefined })),
    'invalid_client',
    'token',
  ),
  'leaves-rotated-refresh-tokens-a-minute': seen(
    async (lab) => {
      const first = await refreshTokenOf(lab);
      await refresh(lab, first);
      const soon = outcome(await refresh(lab, first));
      lab.pass(120);
      return [soon, outcome(await refresh(lab, first))];
    },
    ['invalid_grant', 'invalid_grant'],
    ['token', 'invalid_grant'],
  ),
  'finds-no-refresh-token-by-a-wrong-hint': seen(
    async (lab) => {
      const first = await refreshTokenOf(lab);
      await revoke(lab, first, { token_type_hint: 'access_token' });
      return outcome(await refresh(lab, first));
    },
    'invalid_grant',
    'token',
  ),
  'gives-machine-clients-refresh-tokens': seen(
    async (lab) => 'refresh_token' in (await token(lab, machine(lab))).body,
    false,
    true,
  ),
  'gives-machine-clients-tokens-for-any-api': seen(
    async (lab) => outcome(await token(lab, machine(lab, { audience: 'https://nowhere.example/', scope: undefined }))),
    'invalid_target',
    'token',
  ),
  'gives-machine-clients-all-their-scopes': seen(
    async (lab) => (await token(lab, machine(lab))).body.scope,
    'mcp:tools',
    'mcp:tools mcp:identity',
  ),
  'takes-client-secrets-from-the-url': seen(
    async (lab) => {
      const { id, secret } = lab.world.clients.web;
      const query = new URLSearchParams({ client_id: id, client_secret: secret });
      const body = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: 'none' });
      return outcome(await send(lab, `/oauth/token?${query}`, { method: 'POST', body }));
    },
    'invalid_client',
    'invalid_grant',
  ),
  'refreshes-for-any-api': seen(
    async (lab) => {
      const { body } = await refresh(lab, await refreshTokenOf(lab), { resource: OTHER_API });
      return body.error ?? decodeJwt(body.access_token).aud;
    },
    'invalid_target',
    OTHER_API,
  ),
};
