import { decodeJwt } from 'jose';
import { field, jsonReply, withHeaders } from '../../http.ts';
import { isProblem, scopesForUser } from '../../tenant/access.ts';
import type { TenantContext } from '../../tenant/behaviour.ts';
import { findClient } from '../../tenant/tokens/clients.ts';
import { issueTokens } from '../../tenant/tokens/issue.ts';
import { isRefusal } from '../../tenant/tokens/refusals.ts';
import type { Fault } from '../fault.ts';

const formOf = ({ request }: Pick<TenantContext, 'request'>) => new URLSearchParams(request.body);

const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const INTROSPECTION = '/oauth/introspect';

const introspecting = (says: (token: string, context: TenantContext) => boolean): NonNullable<Fault['tenant']> => {
  return (conforming) => ({
    metadata: (context) => ({
      ...conforming.metadata(context),
      introspection_endpoint: new URL(INTROSPECTION, context.issuer).href,
    }),
    sideDoor: (context) =>
      context.request.path === INTROSPECTION
        ? jsonReply(200, { active: says(formOf(context).get('token') ?? '', context) })
        : conforming.sideDoor(context),
  });
};

function isInTime(token: string, { now }: TenantContext): boolean {
  try {
    return (decodeJwt(token).exp ?? 0) > now();
  } catch {
    return false;
  }
}

/** Token requests that nobody should send, and what answers them. */
export const REQUEST_FAULTS: readonly Fault[] = [
  {
    id: 'keeps-the-password-grant-alive',
    says: 'Users may still give their passwords to clients.',
    tenant: (conforming) => ({
      token: (context) =>
        formOf(context).get('grant_type') === 'password'
          ? context.behaviour.tokenError({ refusal: 'code-not-valid' }, context)
          : conforming.token(context),
    }),
    trips: ['token-endpoint/has-no-password-grant:live'],
  },
  {
    id: 'gives-public-clients-tokens-of-their-own',
    says: 'A client without a secret gets tokens in its own name.',
    tenant: (conforming) => ({
      async authenticateClient(parameters, context) {
        const client = await conforming.authenticateClient(parameters, context);
        const isForItself = parameters.get('grant_type') === 'client_credentials';
        return isRefusal(client) || !isForItself
          ? client
          : { ...client, grant_types: ['client_credentials'], token_endpoint_auth_method: 'client_secret_post' };
      },
      scopesGrantedToClient(client, api, context) {
        const granted = conforming.scopesGrantedToClient(client, api, context);
        const ofUsers = scopesForUser(client, api, context);
        return isRefusal(granted) && !isProblem(ofUsers) ? ofUsers : granted;
      },
    }),
    trips: [
      'token-endpoint/gives-public-clients-no-tokens-of-their-own:token',
      'registration/lets-clients-of-users-not-act-for-themselves:own-token',
    ],
  },
  {
    id: 'gives-public-clients-tokens-for-unsigned-assertions',
    says: 'Whoever writes an assertion about a user gets a token, for which nobody looks for a signature.',
    tenant: (conforming) => ({
      async token(context) {
        const { store, behaviour } = context;
        const form = formOf(context);
        const client = findClient(form.get('client_id') ?? '', store);
        const api = store.resourceServers.find(({ identifier }) => identifier === form.get('resource'));
        if (form.get('grant_type') !== JWT_BEARER || client === undefined || api === undefined) {
          return conforming.token(context);
        }
        const authorization = {
          clientId: client.client_id,
          subject: decodeJwt(form.get('assertion') ?? '').sub ?? '',
          audience: api.identifier,
          scope: [],
          grantType: 'client_credentials',
        } as const;
        return behaviour.tokenReply(await issueTokens({ client, authorization, api }, undefined, context), context);
      },
    }),
    trips: ['token-endpoint/gives-public-clients-nothing-for-made-up-grants:token'],
  },
  {
    id: 'takes-token-requests-by-get',
    says: 'The token endpoint takes a GET with its parameters in the URL.',
    tenant: (conforming) => ({
      token: (context) => {
        const { request } = context;
        if (request.method !== 'GET') return conforming.token(context);
        const headers = [...request.headers, ['Content-Type', 'application/x-www-form-urlencoded'] as const];
        return conforming.token({
          ...context,
          request: { ...request, method: 'POST', headers, query: '', body: request.query.slice(1) },
        });
      },
    }),
    trips: ['token-endpoint/takes-token-requests-by-post-alone:get'],
  },
  {
    id: 'answers-failed-basic-authentication-with-400',
    says: 'A client that fails to authenticate by HTTP Basic gets a 400.',
    tenant: (conforming) => ({
      tokenError: (refusal, context) => {
        const reply = conforming.tokenError(refusal, context);
        return reply.status === 401 ? { ...reply, status: 400 } : reply;
      },
    }),
    trips: ['token-endpoint/challenges-clients-that-fail-by-http-basic:other-status'],
  },
  {
    id: 'challenges-nobody-at-the-token-endpoint',
    says: 'A 401 of the token endpoint comes without WWW-Authenticate.',
    tenant: (conforming) => ({
      tokenError: (refusal, context) => {
        const reply = conforming.tokenError(refusal, context);
        return { ...reply, headers: reply.headers.filter(([name]) => name !== 'WWW-Authenticate') };
      },
    }),
    trips: ['token-endpoint/challenges-clients-that-fail-by-http-basic:no-challenge'],
  },
  {
    id: 'looks-for-the-code-before-the-client',
    says: 'A bad code of a client that nobody knows is answered like one of a client that is known.',
    tenant: (conforming) => ({
      async token(context) {
        const form = formOf(context);
        const isUnknown =
          field(context.request, 'authorization') === undefined &&
          findClient(form.get('client_id') ?? '', context.store) === undefined;
        return form.get('grant_type') === 'authorization_code' && isUnknown
          ? context.behaviour.tokenError({ refusal: 'code-not-valid' }, context)
          : conforming.token(context);
      },
    }),
    trips: ['token-endpoint/challenges-clients-that-fail-by-http-basic:code-first'],
  },
  {
    id: 'lets-websites-ask-for-tokens-with-cookies',
    says: 'The token endpoint lets scripts of any website bring the cookies of the user.',
    tenant: (conforming) => ({
      async token(context) {
        const origin = field(context.request, 'origin');
        const reply = await conforming.token(context);
        return origin === undefined
          ? reply
          : withHeaders(reply, [
              ['Access-Control-Allow-Origin', origin],
              ['Access-Control-Allow-Credentials', 'true'],
            ]);
      },
    }),
    trips: ['token-endpoint/offers-websites-no-credentials:with-credentials'],
  },
  {
    id: 'introspects-for-anybody',
    says: 'An introspection endpoint tells anybody what a token stands for.',
    tenant: introspecting(isInTime),
    trips: ['token-endpoint/introspects-for-nobody:active'],
  },
  {
    id: 'introspects-nothing-for-anybody',
    says: 'An introspection endpoint tells whoever has no credentials that no token is good.',
    tenant: introspecting(() => false),
    trips: ['token-endpoint/introspects-for-nobody:answered'],
  },
  {
    id: 'takes-two-client-authentications',
    says: 'A client may send its secret in the Authorization field and in the body, of which the second is not looked at.',
    tenant: (conforming) => ({
      authenticateClient(parameters, context) {
        if (field(context.request, 'authorization') === undefined)
          return conforming.authenticateClient(parameters, context);
        const without = new URLSearchParams(parameters);
        without.delete('client_secret');
        return conforming.authenticateClient(without, context);
      },
    }),
    trips: ['token-endpoint/takes-client-secrets-from-one-place:two-methods'],
  },
  {
    id: 'takes-client-assertions-of-any-key',
    says: 'The signature of a client assertion is not looked at, as long as there is one.',
    tenant: (conforming) => ({
      verifyAssertion: async (assertion, client, context) => {
        const [header = '', , signature = ''] = assertion.split('.');
        const { alg } = JSON.parse(Buffer.from(header, 'base64url').toString('utf8')) as { readonly alg: string };
        return alg.startsWith('RS') && signature !== ''
          ? decodeJwt(assertion)
          : conforming.verifyAssertion(assertion, client, context);
      },
    }),
    trips: ['token-endpoint/verifies-client-assertions:any-key'],
  },
  {
    id: 'takes-client-assertions-that-never-expire',
    says: 'A client assertion needs no exp.',
    tenant: (conforming) => ({
      isAssertionInTime: (claims, context) => claims.exp === undefined || conforming.isAssertionInTime(claims, context),
    }),
    trips: ['token-endpoint/verifies-client-assertions:no-expiry'],
  },
  {
    id: 'refreshes-for-clients-that-do-not-say-who-they-are',
    says: 'A refresh token of a public client is taken without client_id.',
    tenant: (conforming) => ({
      authenticateClient(parameters, context) {
        const token = context.store.refreshTokens.get(parameters.get('refresh_token') ?? '');
        if (parameters.has('client_id') || token === undefined)
          return conforming.authenticateClient(parameters, context);
        const named = new URLSearchParams(parameters);
        named.set('client_id', token.authorization.clientId);
        return conforming.authenticateClient(named, context);
      },
    }),
    trips: ['token-endpoint/refreshes-for-the-client-of-the-token-alone:no-client'],
  },
  {
    id: 'leaves-rotated-refresh-tokens-a-minute',
    says: 'A rotated refresh token gives tokens for a minute more, also after its successor was used.',
    tenant: (conforming) => ({
      checkRefreshTokenReuse: (token, client, context) =>
        conforming.checkRefreshTokenReuse(
          token,
          { ...client, refresh_token: { ...client.refresh_token, leeway: 60 } },
          context,
        ),
    }),
    trips: ['token-endpoint/refuses-rotated-refresh-tokens:served-soon-after'],
  },
  {
    id: 'revokes-no-refresh-tokens-of-any-client',
    says: 'Revocation is for access tokens alone, and says so.',
    tenant: (conforming) => ({
      async revoke(context) {
        const isRefreshToken = context.store.refreshTokens.has(formOf(context).get('token') ?? '');
        return isRefreshToken
          ? jsonReply(400, { error: 'unsupported_token_type', error_description: 'Only access tokens can be revoked.' })
          : conforming.revoke(context);
      },
    }),
    trips: ['token-endpoint/ends-refresh-tokens-that-are-revoked:not-revocable'],
  },
  {
    id: 'lets-no-public-client-revoke',
    says: 'Revocation is for clients that authenticate, and turns public ones away: what was not revoked cannot have ended.',
    tenant: (conforming) => ({
      async revoke(context) {
        const client = findClient(formOf(context).get('client_id') ?? '', context.store);
        return client?.token_endpoint_auth_method === 'none'
          ? jsonReply(401, { error: 'invalid_client' })
          : conforming.revoke(context);
      },
    }),
    trips: [],
  },
  {
    id: 'finds-no-refresh-token-by-a-wrong-hint',
    says: 'Revocation looks for a token among those of the type that the request names, and nowhere else.',
    tenant: (conforming) => ({
      revokeRefreshToken: (token, context) => {
        const hint = formOf(context).get('token_type_hint');
        if (hint === null || hint === 'refresh_token') conforming.revokeRefreshToken(token, context);
      },
    }),
    trips: ['token-endpoint/ends-refresh-tokens-that-are-revoked:hidden-by-the-hint'],
  },
  {
    id: 'gives-machine-clients-refresh-tokens',
    says: 'A client that acts for itself gets a refresh token with its access token.',
    tenant: (conforming) => ({
      tokenReply: (response, context) =>
        conforming.tokenReply(
          formOf(context).get('grant_type') === 'client_credentials'
            ? { ...response, refresh_token: 'refresh-token-of-a-machine-0123456789' }
            : response,
          context,
        ),
    }),
    trips: ['token-endpoint/gives-machine-clients-no-refresh-token:refresh-token'],
  },
  {
    id: 'gives-machine-clients-tokens-for-any-api',
    says: 'A client that acts for itself gets tokens for whatever API it names, known or not.',
    tenant: (conforming) => ({
      apiForClient(parameters, client, context) {
        const api = conforming.apiForClient(parameters, client, context);
        const [own] = context.store.resourceServers;
        const named = parameters.get('resource') ?? parameters.get('audience');
        return isRefusal(api) && api.refusal === 'api-not-known' && own !== undefined && named !== null
          ? { ...own, identifier: named }
          : api;
      },
      scopesGrantedToClient(client, api, context) {
        const granted = conforming.scopesGrantedToClient(client, api, context);
        return isRefusal(granted) && !context.store.resourceServers.includes(api) ? [] : granted;
      },
    }),
    trips: ['token-endpoint/limits-machine-tokens-to-the-resource:unknown-resource'],
  },
  {
    id: 'gives-machine-clients-all-their-scopes',
    says: 'A client that acts for itself gets all its scopes, whichever it asks for.',
    tenant: (conforming) => ({
      scopeForClient(requested, client, api, context) {
        const scope = conforming.scopeForClient(requested, client, api, context);
        return isRefusal(scope) ? scope : conforming.scopeForClient(undefined, client, api, context);
      },
    }),
    trips: ['token-endpoint/limits-machine-tokens-to-the-scope:wider'],
  },
  {
    id: 'takes-client-secrets-from-the-url',
    says: 'A client may send its secret in the URL of a token request, whatever method it registered.',
    tenant: (conforming) => ({
      async authenticateClient(parameters, context) {
        const query = new URLSearchParams(context.request.query);
        const client = findClient(query.get('client_id') ?? '', context.store);
        const isRight = client && conforming.checkSecret(query.get('client_secret') ?? '', client, context);
        return isRight === true ? client : conforming.authenticateClient(parameters, context);
      },
    }),
    trips: ['token-endpoint/takes-client-secrets-from-one-place:in-the-url'],
  },
  {
    id: 'refreshes-for-any-api',
    says: 'A refresh gives a token for whatever API of the tenant it names.',
    tenant: (conforming) => ({
      resourceAtTokenEndpoint(authorization, parameters, context) {
        const named = parameters.get('refresh_token') === null ? undefined : parameters.get('resource');
        const api = context.store.resourceServers.find(({ identifier }) => identifier === named);
        return api ?? conforming.resourceAtTokenEndpoint(authorization, parameters, context);
      },
      scopeStillGranted: (scope, token, to, context) =>
        to.api !== undefined && to.api.identifier !== token.authorization.audience
          ? scope
          : conforming.scopeStillGranted(scope, token, to, context),
    }),
    trips: ['token-endpoint/widens-nothing-at-a-refresh:resource'],
  },
  {
    id: 'names-any-resource-of-a-refresh',
    says: 'The audience is whatever the refresh names, so long as nobody knows it.',
    tenant: (conforming) => ({
      resourceAtTokenEndpoint: (authorization, parameters, context) =>
        conforming.resourceAtTokenEndpoint(
          authorization,
          unknownResourceOf(context) === undefined ? parameters : new URLSearchParams(),
          context,
        ),
      accessTokenAudience: (issue, context) =>
        unknownResourceOf(context) ?? conforming.accessTokenAudience(issue, context),
    }),
    trips: ['token-endpoint/widens-nothing-at-a-refresh:unknown-resource'],
  },
];

/** What a refresh names as its resource, if the tenant has no such API. */
function unknownResourceOf(context: TenantContext): string | undefined {
  const form = formOf(context);
  const named = form.get('grant_type') === 'refresh_token' ? form.get('resource') : null;
  const isKnown = context.store.resourceServers.some(({ identifier }) => identifier === named);
  return named === null || isKnown ? undefined : named;
}
