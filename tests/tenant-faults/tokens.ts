/** Each fault of the token endpoint, of revocation and of /userinfo. */
import { createHash } from 'node:crypto';
import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify, SignJWT } from 'jose';
import { encodeUnsigned, publicKeyAsSecret } from '../../mock-idp/tenant/tokens/mint.ts';
import {
  type Answer,
  asserted,
  assertionClaims,
  assertionOf,
  asWeb,
  CHALLENGE,
  codeOf,
  type Fields,
  type Flow,
  formOf,
  type Lab,
  type Members,
  machine,
  OTHER_API,
  obtain,
  outcome,
  redeem,
  redemption,
  refresh,
  refreshTokenOf,
  revoke,
  send,
  token,
  userinfo,
  web,
} from '../tenant-lab.ts';
import { type Case, type Cases, seen } from './case.ts';
import { TOKEN_REQUEST_CASES } from './token-requests.ts';

/** A token is given that should have been refused. */
const refused = (error: string, answer: (lab: Lab) => Promise<Answer>): Case =>
  seen(async (lab) => outcome(await answer(lab)), error, 'token');

/** The same of a token request that follows a sign-in. */
const refusedOf = (error: string, flow: Flow): Case => refused(error, (lab) => obtain(lab, flow));

const claimsOf = async (lab: Lab) => decodeJwt((await obtain(lab)).body.access_token);
const claim = (
  look: (claims: Awaited<ReturnType<typeof claimsOf>>, lab: Lab) => unknown,
  right: unknown,
  wrong: unknown,
) => seen(async (lab) => look(await claimsOf(lab), lab), right, wrong);

/** Whether the API's library takes an access token, by the published keys and by nothing else. */
async function verifies(lab: Lab): Promise<boolean> {
  const { issuer, server } = lab.world;
  const keys = createRemoteJWKSet(new URL('.well-known/jwks.json', issuer));
  const { body } = await obtain(lab);
  return jwtVerify(body.access_token, keys, { issuer, audience: server.url }).then(
    () => true,
    () => false,
  );
}

const formHeaders: Fields = { 'Content-Type': 'application/x-www-form-urlencoded' };

async function rotated(lab: Lab): Promise<readonly [first: string, second: string]> {
  const first = await refreshTokenOf(lab);
  return [first, String((await refresh(lab, first)).body.refresh_token)];
}

/** The signing client redeems a code with an assertion. */
const signed = (lab: Lab, assertion: string): Promise<Answer> => {
  const { id, redirectUri } = lab.world.clients.signed;
  const client = { client_id: id, redirect_uri: redirectUri };
  return obtain(lab, { ask: client, form: { redirect_uri: redirectUri, ...asserted(assertion) } });
};

const assertionBy = (lab: Lab, claims?: Members) =>
  assertionOf(lab, lab.world.clients.signed.id, lab.world.clients.signed.privateKey, claims);

const withAssertion = (claims: (lab: Lab) => Members): Case =>
  refused('invalid_client', async (lab) => signed(lab, await assertionBy(lab, claims(lab))));

const OFFLINE: Flow = { ask: { scope: 'mcp:tools offline_access' } };

/** A refresh token of the client with a secret. */
const webRefreshTokenOf = async (lab: Lab) =>
  String(
    (await obtain(lab, { ask: { ...web(lab), ...OFFLINE.ask }, form: { client_id: undefined }, headers: asWeb(lab) }))
      .body.refresh_token,
  );

const OPENID = { scope: 'openid email mcp:tools', nonce: 'n-0S6_WzA2Mj' };

const unknownCode = (lab: Lab) => redeem(lab, 'unknown');

export const TOKEN_CASES: Cases = {
  'spends-a-code-on-a-failed-try': seen(
    async (lab) => {
      const code = await codeOf(lab);
      await redeem(lab, code, { code_verifier: 'a'.repeat(43) });
      return outcome(await redeem(lab, code));
    },
    'token',
    'invalid_grant',
  ),
  'redeems-a-code-twice': refused('invalid_grant', async (lab) => {
    const code = await codeOf(lab);
    await redeem(lab, code);
    return redeem(lab, code);
  }),
  'keeps-the-tokens-of-a-replayed-code': refused('invalid_grant', async (lab) => {
    const code = await codeOf(lab, OFFLINE.ask);
    const { body } = await redeem(lab, code);
    await redeem(lab, code);
    return refresh(lab, body.refresh_token);
  }),
  'redeems-expired-codes': refused('invalid_grant', async (lab) => {
    const code = await codeOf(lab);
    lab.pass(3600);
    return redeem(lab, code);
  }),
  'redeems-codes-of-other-clients': refused('invalid_grant', (lab) =>
    obtain(lab, { form: { client_id: undefined }, headers: asWeb(lab) }),
  ),
  'ignores-the-redirect-uri-of-a-token-request': refusedOf('invalid_grant', {
    form: { redirect_uri: 'https://evil.example/' },
  }),
  'compares-the-beginning-of-redirect-uris': refused('invalid_grant', (lab) =>
    obtain(lab, { form: { redirect_uri: `${lab.world.clients.native.redirectUri}/../other` } }),
  ),
  'ignores-the-code-verifier': refusedOf('invalid_grant', { form: { code_verifier: 'a'.repeat(43) } }),
  'lets-the-code-verifier-be-left-out': refusedOf('invalid_grant', { form: { code_verifier: undefined } }),
  'takes-the-challenge-for-the-verifier': refusedOf('invalid_grant', { form: { code_verifier: CHALLENGE } }),
  'takes-code-verifiers-of-any-length': refusedOf('invalid_grant', {
    ask: { code_challenge: createHash('sha256').update('short').digest('base64url') },
    form: { code_verifier: 'short' },
  }),
  'takes-a-verifier-for-a-code-without-a-challenge': refusedOf('invalid_request', {
    ask: { code_challenge: undefined, code_challenge_method: undefined },
  }),
  'gives-tokens-for-another-resource-than-agreed': seen(
    async (lab) => {
      const { body } = await obtain(lab, { form: { resource: OTHER_API } });
      return body.error ?? decodeJwt(body.access_token).aud;
    },
    'invalid_target',
    OTHER_API,
  ),
  'ignores-the-resource-of-a-token-request': seen(
    async (lab) => {
      const { body } = await obtain(lab, { form: { resource: OTHER_API } });
      return body.error ?? decodeJwt(body.access_token).aud === lab.world.server.url;
    },
    'invalid_target',
    true,
  ),

  'ignores-client-secrets': refused('invalid_client', (lab) => token(lab, machine(lab, { client_secret: 'any' }))),
  'takes-confidential-clients-without-authentication': refused('invalid_client', (lab) =>
    token(lab, machine(lab, { client_secret: undefined })),
  ),
  'takes-any-secret-of-a-public-client': refusedOf('invalid_client', { form: { client_secret: 'any' } }),
  'takes-secrets-by-another-method-than-registered': refused('invalid_client', (lab) =>
    obtain(lab, { ask: web(lab), form: { client_secret: lab.world.clients.web.secret } }),
  ),
  'gives-clients-grants-they-have-not-registered': refused('unauthorized_client', (lab) =>
    token(lab, machine(lab, { client_id: undefined, client_secret: undefined }), asWeb(lab)),
  ),
  'gives-clients-scopes-they-were-not-granted': seen(
    async (lab) => [
      outcome(await token(lab, machine(lab, { scope: 'admin' }))),
      outcome(await token(lab, machine(lab, { audience: OTHER_API, scope: 'admin' }))),
    ],
    ['invalid_scope', 'unauthorized_client'],
    ['token', 'unauthorized_client'],
  ),
  'gives-clients-apis-they-were-not-granted': refused('unauthorized_client', (lab) =>
    token(lab, machine(lab, { audience: OTHER_API })),
  ),
  'takes-client-assertions-twice': refused('invalid_client', async (lab) => {
    const used = await assertionBy(lab);
    await signed(lab, used);
    return signed(lab, used);
  }),
  'takes-client-assertions-without-an-id': withAssertion(() => ({ jti: undefined })),
  'takes-client-assertions-for-other-servers': withAssertion(() => ({ aud: 'https://other.example/' })),
  'takes-client-assertions-with-our-name-among-others': withAssertion(({ world }) => ({
    aud: ['https://other.example/', world.issuer],
  })),
  'takes-expired-client-assertions': withAssertion((lab) => ({ exp: lab.now() - 120 })),
  'takes-client-assertions-for-years': withAssertion((lab) => ({ exp: lab.now() + 365 * 86_400 })),
  'takes-unsigned-client-assertions': refused('invalid_client', (lab) =>
    signed(lab, encodeUnsigned({ alg: 'none' }, assertionClaims(lab, lab.world.clients.signed.id))),
  ),
  'takes-the-public-key-of-a-client-for-a-secret': refused('invalid_client', async (lab) => {
    const { id, privateKey } = lab.world.clients.signed;
    const { kty, n, e } = privateKey;
    const forged = await new SignJWT(assertionClaims(lab, id))
      .setProtectedHeader({ alg: 'HS256' })
      .sign(await publicKeyAsSecret({ kty: kty!, n: n!, e: e! }));
    return signed(lab, forged);
  }),
  'takes-client-assertions-of-another-issuer': withAssertion(() => ({ iss: 'https://other.example/' })),

  'rotates-no-refresh-tokens': seen(
    async (lab) => {
      const first = await refreshTokenOf(lab);
      const { body } = await refresh(lab, first);
      return [typeof body.refresh_token, outcome(await refresh(lab, first))];
    },
    ['string', 'invalid_grant'],
    ['undefined', 'token'],
  ),
  'overlooks-the-reuse-of-a-refresh-token': refused('invalid_grant', async (lab) => {
    const [first] = await rotated(lab);
    return refresh(lab, first);
  }),
  'keeps-the-family-of-a-reused-refresh-token': seen(
    async (lab) => {
      const [first, second] = await rotated(lab);
      return [outcome(await refresh(lab, first)), outcome(await refresh(lab, second))];
    },
    ['invalid_grant', 'invalid_grant'],
    ['invalid_grant', 'token'],
  ),
  'refreshes-for-other-clients': refused('invalid_grant', async (lab) =>
    refresh(lab, await refreshTokenOf(lab), { client_id: undefined }, asWeb(lab)),
  ),
  'refreshes-with-expired-tokens': refused('invalid_grant', async (lab) => {
    const old = await refreshTokenOf(lab);
    lab.pass(31 * 86_400);
    return refresh(lab, old);
  }),
  'widens-the-scope-at-a-refresh': seen(
    async (lab) => {
      const { body } = await refresh(lab, await refreshTokenOf(lab), { scope: 'mcp:tools mcp:identity' });
      return body.error ?? decodeJwt(body.access_token).scope;
    },
    'invalid_scope',
    'mcp:tools mcp:identity',
  ),
  'gives-refresh-tokens-unasked': seen(async (lab) => 'refresh_token' in (await obtain(lab)).body, false, true),
  'revokes-nothing': refused('invalid_grant', async (lab) => {
    const revoked = await refreshTokenOf(lab);
    await revoke(lab, revoked);
    return refresh(lab, revoked);
  }),
  'revokes-one-refresh-token-of-its-family': refused('invalid_grant', async (lab) => {
    const [first, second] = await rotated(lab);
    await revoke(lab, first);
    return refresh(lab, second);
  }),
  'revokes-tokens-of-other-clients': seen(
    async (lab) => {
      const theirs = await refreshTokenOf(lab);
      const answer = await revoke(lab, theirs, { client_id: undefined }, asWeb(lab));
      return [outcome(answer), outcome(await refresh(lab, theirs))];
    },
    ['invalid_grant', 'token'],
    ['200', 'invalid_grant'],
  ),
  'lets-no-public-client-revoke': seen(
    async (lab) => {
      const [ours, theirs] = [await refreshTokenOf(lab), await webRefreshTokenOf(lab)];
      return [
        outcome(await revoke(lab, ours)),
        outcome(await refresh(lab, ours)),
        outcome(await revoke(lab, theirs, { client_id: undefined }, asWeb(lab))),
      ];
    },
    ['200', 'invalid_grant', '200'],
    ['invalid_client', 'token', '200'],
  ),
  'answers-the-revocation-of-an-unknown-token-with-an-error': seen(
    async (lab) => [
      outcome(await revoke(lab, 'unknown')),
      outcome(await revoke(lab, 'unknown', { client_id: 'unknown' })),
    ],
    ['200', 'invalid_client'],
    ['invalid_grant', 'invalid_client'],
  ),

  'issues-access-tokens-for-the-client': claim(({ aud }, { world }) => aud === world.clients.native.id, false, true),
  'issues-access-tokens-for-a-second-api': claim(({ aud }) => [aud].flat().includes(OTHER_API), false, true),
  'issues-access-tokens-for-the-origin': claim(
    ({ aud }, { world }) => aud === new URL(world.server.url).origin,
    false,
    true,
  ),
  'issues-access-tokens-without-an-audience': claim(({ aud }) => aud === undefined, false, true),
  'names-itself-without-the-slash': claim(({ iss }, { world }) => `${iss}/` === world.issuer, false, true),
  'issues-access-tokens-without-an-expiry': claim(({ exp }) => exp === undefined, false, true),
  'issues-access-tokens-for-years': claim(({ iat, exp }) => exp! - iat! > 365 * 86_400, false, true),
  'says-another-lifetime-than-the-token-has': seen(
    async (lab) => {
      const { body } = await obtain(lab);
      const { iat, exp } = decodeJwt(body.access_token);
      return [exp! - iat!, body.expires_in];
    },
    [3600, 3600],
    [60, 3600],
  ),
  'issues-access-tokens-without-an-id': claim(({ jti }) => jti === undefined, false, true),
  'issues-access-tokens-without-a-client': claim(({ client_id }) => client_id === undefined, false, true),
  'writes-more-scopes-into-the-token-than-granted': seen(
    async (lab) => {
      const { body } = await obtain(lab);
      return [body.scope, decodeJwt(body.access_token).scope];
    },
    ['mcp:tools', 'mcp:tools'],
    ['mcp:tools', 'mcp:tools mcp:identity'],
  ),
  'types-access-tokens-like-id-tokens': seen(
    async (lab) => decodeProtectedHeader((await obtain(lab)).body.access_token).typ,
    'at+jwt',
    'JWT',
  ),
  'names-a-key-that-is-not-published': seen(verifies, true, false),
  'names-no-key': seen(verifies, true, false),
  'signs-with-a-key-that-is-not-published': seen(verifies, true, false),
  'signs-with-the-published-key-as-a-secret': seen(
    async (lab) => {
      const { keys } = (await send(lab, '/.well-known/jwks.json')).body;
      const { access_token } = (await obtain(lab)).body;
      const { kid } = decodeProtectedHeader(access_token);
      const secret = await publicKeyAsSecret(keys.find((key: { readonly kid: string }) => key.kid === kid));
      return jwtVerify(access_token, secret, { currentDate: new Date(lab.now() * 1000) }).then(
        () => 'its public key made it',
        () => 'not by its public key',
      );
    },
    'not by its public key',
    'its public key made it',
  ),
  'signs-no-access-tokens': seen(
    async (lab) => {
      const { access_token } = (await obtain(lab)).body;
      return [decodeProtectedHeader(access_token).alg, access_token.endsWith('.')];
    },
    ['RS256', false],
    ['none', true],
  ),
  'seals-access-tokens-for-itself': seen(async (lab) => (await obtain(lab)).body.access_token.split('.').length, 3, 5),
  'leaves-the-nonce-out-of-id-tokens': seen(
    async (lab) => decodeJwt((await obtain(lab, { ask: OPENID })).body.id_token).nonce,
    OPENID.nonce,
    undefined,
  ),
  'issues-id-tokens-for-the-api': seen(
    async (lab) => decodeJwt((await obtain(lab, { ask: OPENID })).body.id_token).aud === lab.world.server.url,
    false,
    true,
  ),

  'lets-token-responses-be-stored': seen(
    async (lab) => (await obtain(lab)).headers.get('cache-control'),
    'no-store',
    null,
  ),
  'answers-token-errors-with-200': seen(async (lab) => (await unknownCode(lab)).status, 400, 200),
  'answers-token-errors-with-500': seen(async (lab) => (await unknownCode(lab)).status, 400, 500),
  'answers-token-errors-with-a-web-page': seen(
    async (lab) => (await unknownCode(lab)).headers.get('content-type'),
    'application/json',
    'text/html; charset=utf-8',
  ),
  'names-token-errors-its-own-way': seen(
    async (lab) => (await unknownCode(lab)).body.error,
    'invalid_grant',
    'CODE_NOT_VALID',
  ),
  'leaves-the-token-type-out': seen(async (lab) => (await obtain(lab)).body.token_type, 'Bearer', undefined),
  'says-nothing-of-a-narrowed-scope': seen(
    async (lab) => (await obtain(lab, { ask: { scope: 'mcp:tools openid' } })).body.scope,
    'mcp:tools',
    undefined,
  ),
  'takes-token-requests-from-the-query': refused('invalid_request', async (lab) => {
    const query = formOf(redemption(lab, await codeOf(lab)));
    return send(lab, `/oauth/token?${query}`, { method: 'POST', body: new URLSearchParams() });
  }),
  'takes-repeated-token-parameters': refused('invalid_request', async (lab) => {
    const form = formOf(redemption(lab, await codeOf(lab)));
    return send(lab, '/oauth/token', { method: 'POST', body: `code=first&${form}`, headers: formHeaders });
  }),
  'takes-api-tokens-at-userinfo': seen(
    async (lab) => {
      const { body } = await obtain(lab, { ask: OPENID });
      return outcome(await userinfo(lab, body.access_token));
    },
    'invalid_token',
    '200',
  ),
  'serves-userinfo-without-openid': seen(
    async (lab) => {
      const { body } = await obtain(lab, { ask: { scope: 'email', resource: undefined } });
      return outcome(await userinfo(lab, body.access_token));
    },
    'insufficient_scope',
    '200',
  ),

  ...TOKEN_REQUEST_CASES,
};
