import { compactVerify, decodeJwt, decodeProtectedHeader, type JWK, type JWTPayload } from 'jose';
import { isProblem, scopesForUser } from '../../tenant/access.ts';
import { findClient } from '../../tenant/tokens/clients.ts';
import { publicKeyAsSecret } from '../../tenant/tokens/mint.ts';
import { isRefusal, type Refusal, refuse } from '../../tenant/tokens/refusals.ts';
import type { Fault } from '../fault.ts';

/** Who may say to be which client. */
export const CLIENT_FAULTS: readonly Fault[] = [
  {
    id: 'ignores-client-secrets',
    says: 'A client secret has to be sent, and may be any.',
    tenant: () => ({ checkSecret: () => true }),
    trips: ['token-endpoint/requires-the-secret-of-confidential-clients:any-secret'],
  },
  {
    id: 'takes-confidential-clients-without-authentication',
    says: 'A client with a secret gets tokens without sending it.',
    tenant: (conforming) => ({
      allowsMethod: (method, client, context) => method === 'none' || conforming.allowsMethod(method, client, context),
    }),
    trips: ['token-endpoint/requires-the-secret-of-confidential-clients:no-secret'],
  },
  {
    id: 'takes-any-secret-of-a-public-client',
    says: 'A public client may send a client secret, which nobody compares with anything.',
    tenant: (conforming) => ({
      allowsMethod: (method, client, context) =>
        (client.token_endpoint_auth_method === 'none' && method !== 'private_key_jwt') ||
        conforming.allowsMethod(method, client, context),
      checkSecret: (secret, client, context) =>
        client.token_endpoint_auth_method === 'none' || conforming.checkSecret(secret, client, context),
    }),
    trips: [],
  },
  {
    id: 'takes-secrets-by-another-method-than-registered',
    says: 'A client that registered HTTP Basic may send its secret in the body, and the other way round.',
    tenant: (conforming) => ({
      allowsMethod: (method, client, context) =>
        [method, client.token_endpoint_auth_method].every((each) => each.startsWith('client_secret_')) ||
        conforming.allowsMethod(method, client, context),
    }),
    trips: ['token-endpoint/takes-client-secrets-from-one-place:other-method'],
  },
  {
    id: 'gives-clients-grants-they-have-not-registered',
    says: 'Every client may use every grant type: one for users gets tokens in its own name, for what they may let it do.',
    tenant: (conforming) => ({
      mayUseGrant: () => true,
      scopesGrantedToClient: (client, api, context) => {
        const granted = conforming.scopesGrantedToClient(client, api, context);
        const ofUsers = scopesForUser(client, api, context);
        return isRefusal(granted) && !isProblem(ofUsers) ? ofUsers : granted;
      },
    }),
    trips: ['registration/lets-clients-of-users-not-act-for-themselves:own-token'],
  },
  {
    id: 'gives-clients-scopes-they-were-not-granted',
    says: 'A client that acts for itself gets whatever scopes it asks for, at the APIs it was granted.',
    tenant: (conforming) => ({
      scopeForClient: (requested, client, api, context) =>
        scopeWith(requested, conforming.scopeForClient(undefined, client, api, context)),
    }),
    trips: ['token-endpoint/limits-machine-tokens-to-the-scope:any-scope'],
  },
  {
    id: 'gives-clients-apis-they-were-not-granted',
    says: 'A client that acts for itself gets tokens for every API of the tenant, with all its scopes.',
    tenant: () => ({ scopesGrantedToClient: (_, api) => api.scopes.map(({ value }) => value) }),
    trips: [],
  },
  {
    id: 'takes-client-assertions-twice',
    says: 'A client assertion is good as often as it is sent.',
    tenant: () => ({ isAssertionNew: ({ jti }) => jti !== undefined }),
    trips: ['token-endpoint/takes-client-assertions-once-and-briefly:replayed'],
  },
  {
    id: 'takes-client-assertions-without-an-id',
    says: 'A client assertion needs no jti, without which no replay is seen.',
    tenant: (conforming) => ({
      isAssertionNew: (claims, client, context) =>
        claims.jti === undefined || conforming.isAssertionNew(claims, client, context),
    }),
    trips: ['token-endpoint/takes-client-assertions-once-and-briefly:no-id'],
  },
  {
    id: 'takes-client-assertions-for-other-servers',
    says: 'The audience of client assertions is not looked at, so that another server can use what it was sent.',
    tenant: () => ({ isAssertionForUs: () => true }),
    trips: [
      'token-endpoint/takes-client-assertions-once-and-briefly:several-audiences',
      'token-endpoint/verifies-client-assertions:other-audience',
    ],
  },
  {
    id: 'takes-client-assertions-with-our-name-among-others',
    says: 'A client assertion may have several audiences, of which the token endpoint is one.',
    tenant: (conforming) => ({
      isAssertionForUs: (audience, context) =>
        [audience].flat().some((each) => conforming.isAssertionForUs(each, context)),
    }),
    trips: ['token-endpoint/takes-client-assertions-once-and-briefly:several-audiences'],
  },
  {
    id: 'takes-expired-client-assertions',
    says: 'The expiry of client assertions is not looked at.',
    tenant: (conforming) => ({
      isAssertionInTime: (claims, context) =>
        conforming.isAssertionInTime({ ...claims, exp: context.now() + 60 }, context),
    }),
    trips: [
      'token-endpoint/takes-client-assertions-once-and-briefly:long-lived',
      'token-endpoint/verifies-client-assertions:expired',
      'token-endpoint/verifies-client-assertions:no-expiry',
    ],
  },
  {
    id: 'takes-client-assertions-for-years',
    says: 'A client assertion may expire as late as it likes.',
    tenant: (conforming) => ({
      isAssertionInTime: (claims, context) =>
        conforming.isAssertionInTime(
          { ...claims, ...(claims.exp !== undefined && { exp: Math.min(claims.exp, context.now() + 60) }) },
          context,
        ),
    }),
    trips: ['token-endpoint/takes-client-assertions-once-and-briefly:long-lived'],
  },
  {
    id: 'takes-unsigned-client-assertions',
    says: 'A client assertion with the algorithm "none" is good without a signature.',
    tenant: (conforming) => ({
      verifyAssertion: async (assertion, client, context) =>
        decodeProtectedHeader(assertion).alg === 'none'
          ? decodeJwt(assertion)
          : conforming.verifyAssertion(assertion, client, context),
    }),
    trips: ['token-endpoint/verifies-client-assertions:unsigned'],
  },
  {
    id: 'takes-the-public-key-of-a-client-for-a-secret',
    says: "A client assertion may be an HMAC with the client's public key, which everybody knows.",
    tenant: (conforming) => ({
      async verifyAssertion(assertion, client, context) {
        if (decodeProtectedHeader(assertion).alg !== 'HS256') {
          return conforming.verifyAssertion(assertion, client, context);
        }
        const keys = await conforming.keysOfClient(client, context);
        return keys[0] === undefined ? undefined : readHmac(assertion, keys[0]);
      },
    }),
    trips: ['token-endpoint/verifies-client-assertions:public-key-as-secret'],
  },
  {
    id: 'takes-client-assertions-of-another-issuer',
    says: 'A client assertion counts for its subject, whoever its iss claim says has made it.',
    tenant: (conforming) => ({
      checkAssertion: (assertion, id, client, context) =>
        conforming.checkAssertion(assertion, id, client, {
          ...context,
          behaviour: {
            ...context.behaviour,
            verifyAssertion: async (...parameters) => {
              const claims = await context.behaviour.verifyAssertion(...parameters);
              return claims === undefined ? undefined : { ...claims, iss: id };
            },
          },
        }),
    }),
    trips: ['token-endpoint/verifies-client-assertions:other-issuer'],
  },
  {
    id: 'takes-client-assertions-about-whomever',
    says: 'A client is known by client_id, and its assertion may be about any subject, or none.',
    tenant: (conforming) => ({
      async authenticateClient(parameters, context) {
        const id = parameters.get('client_id');
        const assertion = parameters.get('client_assertion');
        const client = findClient(id ?? '', context.store);
        if (id === null || assertion === null || client?.token_endpoint_auth_method !== 'private_key_jwt') {
          return conforming.authenticateClient(parameters, context);
        }
        const { behaviour } = context;
        const isRight = await conforming.checkAssertion(assertion, id, client, {
          ...context,
          behaviour: {
            ...behaviour,
            verifyAssertion: async (...given) => {
              const claims = await behaviour.verifyAssertion(...given);
              return claims === undefined ? undefined : { ...claims, sub: id };
            },
          },
        });
        return isRight ? client : refuse('unauthenticated');
      },
    }),
    trips: ['token-endpoint/verifies-client-assertions:other-subject'],
  },
  {
    id: 'takes-client-assertions-by-the-key-of-any-client',
    says: 'A client assertion is good when any client of the tenant has signed it, for clients with a secret too.',
    tenant: (conforming) => ({
      allowsMethod: (method, client, context) =>
        method === 'private_key_jwt' || conforming.allowsMethod(method, client, context),
      keysOfClient: async (_, { store }) => store.clients.flatMap(({ keys = [] }) => keys),
    }),
    trips: ['token-endpoint/verifies-client-assertions:other-client'],
  },
];

/** The scope asked for, where the client was granted the API at all. */
function scopeWith(
  requested: readonly string[] | undefined,
  granted: readonly string[] | Refusal,
): readonly string[] | Refusal {
  return isRefusal(granted) ? granted : (requested ?? granted);
}

async function readHmac(assertion: string, key: JWK): Promise<JWTPayload | undefined> {
  try {
    await compactVerify(assertion, await publicKeyAsSecret(key));
    return decodeJwt(assertion);
  } catch {
    return undefined;
  }
}
