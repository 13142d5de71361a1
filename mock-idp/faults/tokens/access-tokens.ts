import { type JWTPayload, SignJWT } from 'jose';
import type { TenantBehaviour, TenantContext } from '../../tenant/behaviour.ts';
import { foreignKey } from '../../tenant/keys.ts';
import type { ApiIssue, TokenHeader } from '../../tenant/tokens/issue.ts';
import { encodeUnsigned, publicKeyAsSecret } from '../../tenant/tokens/mint.ts';
import type { Fault } from '../fault.ts';

type TenantReplacement = (conforming: TenantBehaviour) => Partial<TenantBehaviour>;

const claims =
  (edit: (claims: JWTPayload, issue: ApiIssue, context: TenantContext) => JWTPayload): TenantReplacement =>
  (conforming) => ({
    accessTokenClaims: (issue, context) => edit(conforming.accessTokenClaims(issue, context), issue, context),
  });

/** Leaves the member out. */
const without = (name: string): TenantReplacement => claims((given) => ({ ...given, [name]: undefined }));

const header =
  (edit: (header: TokenHeader) => TokenHeader): TenantReplacement =>
  (conforming) => ({
    accessTokenHeader: async (api, context) => edit(await conforming.accessTokenHeader(api, context)),
  });

const YEARS = 10 * 365 * 86_400;

/** What access tokens and ID tokens say, and how they are signed. */
export const ACCESS_TOKEN_FAULTS: readonly Fault[] = [
  {
    id: 'issues-access-tokens-for-the-client',
    says: 'The audience of an access token is the client that got it, as if it were an ID token.',
    tenant: () => ({ accessTokenAudience: ({ client }) => client.client_id }),
    trips: [
      'flow/leads-from-a-401-to-a-tool-call:token-refused',
      'token-endpoint/issues-tokens-for-the-resource-asked-for:other-audience',
      'token-endpoint/limits-machine-tokens-to-the-resource:other-audience',
    ],
  },
  {
    id: 'issues-access-tokens-for-a-second-api',
    says: 'An access token is good at another API of the tenant too, which nobody asked for.',
    tenant: (conforming) => ({
      accessTokenAudience: (issue, context) => [
        ...[conforming.accessTokenAudience(issue, context)].flat(),
        'https://other-api.example',
      ],
    }),
    trips: ['token-endpoint/issues-tokens-for-the-resource-asked-for:further-audience'],
  },
  {
    id: 'issues-access-tokens-for-the-management-api',
    says: 'An access token is good at the Management API of the tenant too.',
    tenant: (conforming) => ({
      accessTokenAudience: (issue, context) => [
        ...[conforming.accessTokenAudience(issue, context)].flat(),
        new URL('/api/v2/', context.issuer).href,
      ],
    }),
    trips: ['token-endpoint/issues-tokens-for-the-resource-asked-for:further-audience'],
  },
  {
    id: 'issues-access-tokens-for-the-origin',
    says: 'The audience of an access token is the origin of the MCP endpoint, without its path.',
    tenant: () => ({ accessTokenAudience: ({ api }) => new URL(api.identifier).origin }),
    trips: [
      'flow/leads-from-a-401-to-a-tool-call:token-refused',
      'token-endpoint/issues-tokens-for-the-resource-asked-for:other-audience',
      'token-endpoint/limits-machine-tokens-to-the-resource:other-audience',
    ],
  },
  {
    id: 'issues-access-tokens-without-an-audience',
    says: 'Access tokens have no aud claim.',
    tenant: without('aud'),
    trips: [
      'flow/leads-from-a-401-to-a-tool-call:token-refused',
      'token-endpoint/issues-tokens-for-the-resource-asked-for:no-audience',
      'token-endpoint/gives-typed-tokens-their-claims:claim-missing',
      'token-endpoint/limits-machine-tokens-to-the-resource:other-audience',
    ],
  },
  {
    id: 'names-itself-without-the-slash',
    says: 'The iss claim lacks the slash that the issuer identifier ends with.',
    tenant: claims((given) => ({ ...given, iss: String(given.iss).replace(/\/$/, '') })),
    trips: [
      'flow/leads-from-a-401-to-a-tool-call:token-refused',
      'token-endpoint/names-itself-in-tokens-as-in-its-metadata:other-issuer',
    ],
  },
  {
    id: 'names-another-server-in-access-tokens',
    says: 'The iss claim is the issuer identifier of a server behind this one.',
    tenant: claims((given) => ({ ...given, iss: 'https://proxied.example.net/' })),
    trips: [
      'flow/leads-from-a-401-to-a-tool-call:token-refused',
      'token-endpoint/names-itself-in-tokens-as-in-its-metadata:another-server',
    ],
  },
  {
    id: 'issues-access-tokens-without-an-expiry',
    says: 'Access tokens have no exp claim.',
    tenant: without('exp'),
    trips: [
      'flow/leads-from-a-401-to-a-tool-call:token-refused',
      'token-endpoint/issues-short-lived-tokens:never-expires',
      'token-endpoint/gives-typed-tokens-their-claims:claim-missing',
    ],
  },
  {
    id: 'issues-access-tokens-for-years',
    says: 'Access tokens are good for ten years.',
    tenant: () => ({ accessTokenLifetime: () => YEARS }),
    trips: ['token-endpoint/issues-short-lived-tokens:lives-long'],
  },
  {
    id: 'issues-plain-access-tokens-for-years-from-no-time-on',
    says: 'Access tokens are no RFC 9068 tokens, are good for ten years, and do not say since when.',
    tenant: (conforming) => ({
      ...header((given) => ({ ...given, typ: 'JWT' }))(conforming),
      ...without('iat')(conforming),
      accessTokenLifetime: () => YEARS,
    }),
    trips: [
      'flow/leads-from-a-401-to-a-tool-call:token-refused',
      'token-endpoint/issues-short-lived-tokens:lives-long',
      'token-endpoint/types-its-access-tokens:plain-type',
      'tenant/issues-tokens-in-the-dialect-of-the-api:other-dialect',
    ],
  },
  {
    id: 'says-another-lifetime-than-the-token-has',
    says: 'The token response says an hour where the token is good for a minute.',
    tenant: claims((given) => ({ ...given, exp: Number(given.iat) + 60 })),
    trips: ['token-endpoint/answers-in-the-form-of-a-token-response:lifetime-too-long'],
  },
  {
    id: 'issues-access-tokens-without-an-id',
    says: 'Access tokens of the RFC 9068 profile have no jti claim.',
    tenant: without('jti'),
    trips: [
      'flow/leads-from-a-401-to-a-tool-call:token-refused',
      'token-endpoint/gives-typed-tokens-their-claims:claim-missing',
      'tenant/issues-tokens-in-the-dialect-of-the-api:other-dialect',
    ],
  },
  {
    id: 'issues-access-tokens-without-a-client',
    says: 'Access tokens of the RFC 9068 profile have no client_id claim.',
    tenant: without('client_id'),
    trips: [
      'flow/leads-from-a-401-to-a-tool-call:token-refused',
      'token-endpoint/gives-typed-tokens-their-claims:claim-missing',
      'tenant/issues-tokens-in-the-dialect-of-the-api:other-dialect',
    ],
  },
  {
    id: 'writes-more-scopes-into-the-token-than-granted',
    says: 'The access token holds all scopes of the API, and the response names those that were granted.',
    tenant: claims((given, { api }) => ({ ...given, scope: api.scopes.map(({ value }) => value).join(' ') })),
    trips: ['token-endpoint/limits-machine-tokens-to-the-scope:wider'],
  },
  {
    id: 'types-access-tokens-like-id-tokens',
    says: 'Access tokens of the RFC 9068 profile have the type JWT, by which nothing tells them from ID tokens.',
    tenant: header((given) => ({ ...given, typ: 'JWT' })),
    trips: [
      'flow/leads-from-a-401-to-a-tool-call:token-refused',
      'token-endpoint/types-its-access-tokens:plain-type',
      'tenant/issues-tokens-in-the-dialect-of-the-api:other-dialect',
    ],
  },
  {
    id: 'names-a-key-that-is-not-published',
    says: 'Access tokens name a key that is not in the JWK set.',
    tenant: header((given) => ({ ...given, kid: 'retired-key' })),
    trips: [
      'flow/leads-from-a-401-to-a-tool-call:token-refused',
      'token-endpoint/signs-tokens-with-a-published-key:unpublished-key',
    ],
  },
  {
    id: 'names-no-key',
    says: 'Access tokens name no key, though the JWK set holds several.',
    tenant: header(({ kid: _, ...rest }) => rest),
    trips: [
      'flow/leads-from-a-401-to-a-tool-call:token-refused',
      'token-endpoint/signs-tokens-with-a-published-key:no-key-named',
    ],
  },
  {
    id: 'signs-with-a-key-that-is-not-published',
    says: 'Access tokens are signed with another key than the one they name.',
    tenant: () => ({
      signAccessToken: async (given, { ...head }) =>
        new SignJWT(given).setProtectedHeader(head).sign((await foreignKey()).privateKey),
    }),
    trips: ['flow/leads-from-a-401-to-a-tool-call:token-refused'],
  },
  {
    id: 'signs-with-the-published-key-as-a-secret',
    says: 'Access tokens are HMACs with the public key, which everybody can make.',
    tenant: () => ({
      signAccessToken: async (given, head, _, { keyRing }) =>
        new SignJWT(given)
          .setProtectedHeader({ ...head, alg: 'HS256' })
          .sign(await publicKeyAsSecret((await keyRing.current()).publicJwk)),
    }),
    trips: [
      'flow/leads-from-a-401-to-a-tool-call:token-refused',
      'token-endpoint/signs-tokens-with-a-published-key:symmetric',
    ],
  },
  {
    id: 'signs-no-access-tokens',
    says: 'Access tokens have the algorithm "none" and no signature.',
    tenant: () => ({ signAccessToken: async (given, head) => encodeUnsigned({ ...head, alg: 'none' }, given) }),
    trips: [
      'flow/leads-from-a-401-to-a-tool-call:token-refused',
      'token-endpoint/signs-tokens-with-a-published-key:unsigned',
    ],
  },
  {
    id: 'seals-access-tokens-for-itself',
    says: 'A request for the API is answered with an encrypted token that the API cannot read.',
    tenant: (conforming) => ({
      issueAccessToken: ({ api: _, ...issue }, context) => conforming.issueAccessToken(issue, context),
    }),
    trips: [
      'flow/leads-from-a-401-to-a-tool-call:token-refused',
      'token-endpoint/issues-short-lived-tokens:lives-long',
      'token-endpoint/issues-tokens-that-others-can-read:encrypted',
    ],
  },
  {
    id: 'leaves-the-nonce-out-of-id-tokens',
    says: 'ID tokens lack the nonce of their authorization request.',
    state: 'own-clients',
    tenant: (conforming) => ({
      idTokenClaims: (issue, accessToken, context) => ({
        ...conforming.idTokenClaims(issue, accessToken, context),
        nonce: undefined,
      }),
    }),
    trips: [],
  },
  {
    id: 'issues-id-tokens-for-the-api',
    says: 'The audience of ID tokens is the API, where they pass for access tokens.',
    state: 'own-clients',
    tenant: (conforming) => ({
      idTokenClaims: (issue, accessToken, context) => {
        const given = conforming.idTokenClaims(issue, accessToken, context);
        return issue.api === undefined ? given : { ...given, aud: issue.api.identifier };
      },
    }),
    trips: [],
  },
];
