import type { EvidenceMap, TokenView } from '../../../fixtures/evidence.ts';
import { textsIn } from '../../../fixtures/management/record.ts';
import { first } from '../../../fixtures/trials/authorization/trial.ts';
import { tokenGrant, withoutControl } from '../../authorization/requests.ts';
import { checks, defineCheck, fail, notApplicable, pass, type Verdict } from '../../check.ts';
import { golden } from '../../golden.ts';
import { ACCESS_TOKEN } from '../../golden-authorization.ts';
import { GOLDEN_API, GOLDEN_CLIENT, GOLDEN_GRANT, withTenant } from '../../golden-tenant.ts';
import { dialectOf, policyOf } from '../apis.ts';
import {
  apiIn,
  clientIn,
  isAnotherProvider,
  isThirdParty,
  itemsOf,
  NO_TENANT,
  type TenantSeen,
  TO_SEE_THE_CAUSE,
  unseen,
  userGrantFor,
} from './cause.ts';

type Claims = Readonly<Record<string, unknown>>;

/** The token of the sign-in, where it can be read. */
function tokenOf(
  signIn: EvidenceMap['signIn'],
): (TokenView & { readonly at: string; readonly claims: Claims }) | Verdict<never> {
  const given = tokenGrant(signIn);
  const token = given?.tokens.access_token;
  if (given === undefined || token === undefined) return withoutControl(signIn) ?? notApplicable('no token was given');
  const { claims } = token;
  if (claims === undefined) return notApplicable('the access token is no signed JWT');
  return { ...token, claims, at: given.exchange.id };
}

const scopesIn = ({ scope }: Claims): readonly string[] =>
  typeof scope === 'string' ? scope.split(' ').filter(Boolean) : [];

/** Which members tell the dialects of Auth0’s tokens apart (Auth0: Access Token Profiles). */
const DIALECTS = [
  { dialect: /^rfc9068_profile/, typ: /^(?:application\/)?at\+jwt$/i, claims: ['client_id', 'jti'], not: ['gty'] },
  { dialect: /^access_token/, typ: /^JWT$/i, claims: ['azp'], not: [] },
] as const;

/** The evidence, whose tenant knows the client of the profile, and whose token has other members. */
function issuing(token: { readonly header?: Claims; readonly claims?: Claims }): EvidenceMap {
  const evidence = withTenant(golden, { clients: [{ ...GOLDEN_CLIENT, client_id: 'desktop' }] });
  const { signIn } = evidence;
  const changed: TokenView = {
    ...ACCESS_TOKEN,
    header: { ...ACCESS_TOKEN.header, ...token.header },
    claims: { ...ACCESS_TOKEN.claims, permissions: ['mcp:tools'], ...token.claims },
  };
  const grants = signIn.grants.map((each) => ({ ...each, tokens: { ...each.tokens, access_token: changed } }));
  return { ...evidence, signIn: { ...signIn, grants } };
}

export const issuesTokensInTheDialectOfTheApi = defineCheck({
  id: 'tenant/issues-tokens-in-the-dialect-of-the-api',
  title: 'Issues access tokens with the claims that the dialect of the API promises',
  keyword: 'SHOULD',
  severity: 'medium',
  party: 'tenant',
  pillar: 'token-issuance',
  requirements: ['AUTH0-token-claims-auth0', 'AUTH0-token-claims-9068', 'AUTH0-token-dialect'],
  assurance: 'sign-in',
  needs: ['signIn'],
  uses: ['tenant'],
  reasons: {
    'other-dialect': {
      says: 'Tokens do not look as the dialect of the API says: something between the tenant and the client changes them, or the API is not the one they are for.',
      fix: {
        general: 'Find out what changes the tokens, or choose the dialect that the MCP server reads.',
        auth0: {
          text: 'Look at the actions of the login flow, and at the API that the aud claim names.',
          dashboard: 'Applications > APIs > (API) > Settings > Token Settings > JSON Web Token (JWT) Profile',
          command: `auth0 api patch resource-servers/YOUR_API_ID --data '{"token_dialect": "rfc9068_profile_authz"}'`,
        },
      },
      keyword: 'ADVICE',
    },
    'no-permissions': {
      says: 'The dialect of the API promises permissions in its tokens, and there are none: a server that goes by them refuses every tool.',
      fix: {
        general:
          'Have the authorization server write the permissions of the user into tokens, or have the server go by scope.',
        auth0: {
          text: 'Switch on RBAC for the API: the dialects that end with _authz write permissions only with it.',
          dashboard: 'Applications > APIs > (API) > Settings > RBAC Settings > Enable RBAC',
          command: `auth0 api patch resource-servers/YOUR_API_ID --data '{"enforce_policies": true}'`,
        },
      },
    },
    'no-scope': {
      says: 'The user has permissions, and the token no scope: the client asked for none, and a server that goes by scope refuses every tool.',
      fix: {
        general:
          'Name the scopes that clients should ask for: scopes_supported of the resource metadata, scope of the challenge.',
        auth0: {
          text: 'Where the API requires a grant for each application, Auth0 gives only the scopes that are named in the request.',
          dashboard: 'Applications > APIs > (API) > Application Access',
        },
      },
    },
  },
  judge({ signIn, tenant }, facts): Verdict<'other-dialect' | 'no-permissions' | 'no-scope'> {
    if (isAnotherProvider(facts)) return NO_TENANT;
    const missed = unseen(tenant, ['apis'], facts);
    if (missed !== undefined) return missed;
    const token = tokenOf(signIn);
    if ('kind' in token) return token;
    const { header = {}, claims, at } = token;
    const api = [claims.aud]
      .flat()
      .map((each) => apiIn(tenant, String(each)))
      .find((each) => each !== undefined);
    const dialect = api && dialectOf(api);
    const known = DIALECTS.find((each) => typeof dialect === 'string' && each.dialect.test(dialect));
    if (api === undefined || known === undefined)
      return notApplicable('the API of the token, or its dialect, is not known');
    const { typ, claims: expected, not } = known;
    const missing = [
      ...(typ.test(String(header.typ)) ? [] : [`typ ${JSON.stringify(header.typ) ?? 'missing'}`]),
      ...expected.filter((name) => claims[name] === undefined).map((name) => `no ${name}`),
      ...not.filter((name) => claims[name] !== undefined).map((name) => `a claim ${name}`),
    ];
    if (missing.length > 0) {
      const actual = `${missing.join(', ')}, while the API has token_dialect ${dialect}`;
      return fail([{ reason: 'other-dialect', expected: `a token of the dialect ${dialect}`, actual, at: [at] }]);
    }
    if (String(dialect).endsWith('_authz') && claims.permissions === undefined) {
      const actual = `no permissions; token_dialect: ${dialect}, enforce_policies: ${api.enforce_policies}`;
      return fail([{ reason: 'no-permissions', expected: 'permissions', actual, at: [at] }]);
    }
    const permissions = textsIn(claims.permissions);
    if (permissions.length > 0 && scopesIn(claims).length === 0) {
      const actual = `permissions: ${permissions.join(' ')}, and no scope; the request asked for ${first(signIn.parameters, 'scope') ?? 'none'}`;
      return fail([{ reason: 'no-scope', expected: 'scopes of the API', actual, at: [at] }]);
    }
    return pass(`${dialect}: ${Object.keys(claims).join(', ')}`);
  },
  examples: {
    pass: [{ says: 'at+jwt, with permissions', evidence: issuing({}) }],
    fail: {
      'other-dialect': { says: 'typ JWT', evidence: issuing({ header: { typ: 'JWT' } }) },
      'no-permissions': {
        says: 'RBAC is off',
        evidence: withTenant(issuing({ claims: { permissions: undefined } }), {
          apis: [{ ...GOLDEN_API, enforce_policies: false }],
        }),
      },
      'no-scope': { says: 'no scope', evidence: issuing({ claims: { scope: '' } }) },
    },
  },
});

/** Strict third parties are, always; others where the API wants a grant of each client (Auth0: API Access Policies). */
function isHeldToGrants(
  tenant: TenantSeen,
  { clientId, audience }: { readonly clientId: string; readonly audience: string },
): boolean {
  const isStrict =
    isThirdParty(tenant, clientId) === true && clientIn(tenant, clientId)?.third_party_security_mode !== 'permissive';
  return isStrict || policyOf(apiIn(tenant, audience), 'user') === 'require_client_grant';
}

/** Of the tenant itself: no grant of an API names them. */
const OF_THE_TENANT = ['openid', 'profile', 'email', 'address', 'phone', 'offline_access'];

export const keepsTokensWithinTheirGrants = defineCheck({
  id: 'tenant/keeps-tokens-within-their-grants',
  title: 'Gives a client no scope that its grant of the API does not hold',
  keyword: 'MUST',
  severity: 'high',
  party: 'authorization-server',
  pillar: 'token-issuance',
  requirements: ['AUTH0-scope-intersection', 'AUTH0-per-app-precedence'],
  assurance: 'sign-in',
  needs: ['signIn'],
  uses: ['tenant'],
  reasons: {
    'beyond-its-own': {
      says: 'The client has a grant of its own, and its token holds scopes that are not in it: what is granted to all third parties, or nothing at all, decides.',
      fix: {
        general: 'Give a client the scopes of its own grant, whatever others have by default.',
        auth0: {
          text: 'Look at the grants of the application, and at actions that add scopes.',
          dashboard: 'Applications > APIs > (API) > Application Access',
          command: 'auth0 api get "client-grants?client_id=YOUR_CLIENT_ID"',
        },
      },
    },
    'beyond-the-default': {
      says: 'The token holds scopes that third-party clients do not have by default, and this client has no grant of its own.',
      fix: {
        general: 'Give a client no scopes beyond the default of its kind.',
        auth0: {
          text: 'Look at the default permissions for third-party applications, and at actions that add scopes.',
          dashboard: 'Applications > APIs > (API) > Settings > Default Permissions for Third-Party Applications',
          command: 'auth0 api get "client-grants?default_for=third_party_clients"',
        },
      },
    },
  },
  judge({ signIn, tenant }, facts): Verdict<'beyond-its-own' | 'beyond-the-default'> {
    if (isAnotherProvider(facts)) return NO_TENANT;
    const missed = unseen(tenant, ['grants', 'apis', 'clients'], facts);
    if (missed !== undefined) return missed;
    const token = tokenOf(signIn);
    if ('kind' in token) return token;
    const { claims, at } = token;
    const clientId = first(signIn.parameters, 'client_id') ?? '';
    const audience = [claims.aud].flat().find((each) => apiIn(tenant, String(each)) !== undefined);
    if (typeof audience !== 'string') return notApplicable('the API of the token is not known');
    const grant = userGrantFor(tenant, { clientId, audience });
    if (grant === undefined) return notApplicable('whether the client is a third party is not known');
    if (grant === 'none') return notApplicable('no grant decides: the API is open to every first-party client');
    if (!isHeldToGrants(tenant, { clientId, audience })) {
      return notApplicable(
        'the API is open to all clients but strict third parties: no grant limits what this one gets',
      );
    }
    const granted = grant.allow_all_scopes === true ? undefined : textsIn(grant.scope);
    const held = scopesIn(claims).filter((scope) => !OF_THE_TENANT.includes(scope));
    const beyond = granted === undefined ? [] : held.filter((scope) => !granted.includes(scope));
    if (beyond.length === 0) return pass(`${held.join(' ') || 'no scope'} of ${granted?.join(' ') ?? 'all scopes'}`);
    return fail([
      {
        reason: grant.client_id === undefined ? 'beyond-the-default' : 'beyond-its-own',
        expected: `no scopes but ${granted?.join(' ') || 'those of the tenant'}`,
        actual: `scope: ${held.join(' ')}; grant ${grant.id} holds ${granted?.join(' ') || 'none'}`,
        at: [at],
      },
    ]);
  },
  examples: {
    pass: [{ says: 'as granted', evidence: issuing({}) }],
    fail: {
      'beyond-its-own': {
        says: 'a grant of nothing',
        evidence: withTenant(issuing({}), {
          grants: [
            GOLDEN_GRANT,
            { id: 'cgr_2', client_id: 'desktop', audience: GOLDEN_API.identifier, scope: [], subject_type: 'user' },
          ],
        }),
      },
      'beyond-the-default': {
        says: 'a default of nothing',
        evidence: withTenant(issuing({}), { grants: [{ ...GOLDEN_GRANT, scope: [] }] }),
      },
    },
  },
});

export const givesTheRefreshTokensThatAreAskedFor = defineCheck({
  id: 'tenant/gives-the-refresh-tokens-that-are-asked-for',
  title: 'Gives a refresh token to a client that asks for offline_access',
  // OpenID Connect Core 11 lets a server leave it out; users then sign in again as often as tokens end.
  keyword: 'ADVICE',
  severity: 'medium',
  party: 'tenant',
  pillar: 'token-issuance',
  requirements: ['AUTH0-offline-access'],
  assurance: 'sign-in',
  needs: ['signIn'],
  uses: ['tenant'],
  reasons: {
    none: {
      says: 'A client that asks for offline_access gets no refresh token: its users sign in again as often as access tokens end.',
      fix: {
        general: 'Issue refresh tokens for this API and this client, or do not advertise offline_access.',
        auth0: {
          text: 'Allow Offline Access on the API, and give the application the grant type Refresh Token.',
          dashboard: 'Applications > APIs > (API) > Settings > Access Settings > Allow Offline Access',
          command: `auth0 api patch resource-servers/YOUR_API_ID --data '{"allow_offline_access": true}'`,
        },
      },
    },
  },
  judge({ signIn, tenant }, facts): Verdict<'none'> {
    if (isAnotherProvider(facts)) return NO_TENANT;
    const asked = first(signIn.parameters, 'scope')?.split(' ') ?? [];
    if (!asked.includes('offline_access')) return notApplicable('the client did not ask for offline_access');
    const given = tokenGrant(signIn);
    if (given === undefined) return withoutControl(signIn) ?? notApplicable('no token was given');
    if (given.tokens.refresh_token !== undefined) return pass('a refresh token');
    const why = whyNoRefreshToken(tenant, signIn);
    const actual = `no refresh_token${why === undefined ? '' : `; ${why}`}`;
    return fail([{ reason: 'none', expected: 'a refresh token', actual, at: [given.exchange.id] }]);
  },
  examples: {
    pass: [{ says: 'a refresh token', evidence: golden }],
    fail: { none: { says: 'an access token alone', evidence: withoutRefreshToken() } },
  },
});

function whyNoRefreshToken(tenant: TenantSeen, { parameters, setting }: EvidenceMap['signIn']): string | undefined {
  if (tenant === undefined) return TO_SEE_THE_CAUSE;
  const api = itemsOf(tenant, 'apis')?.find(({ identifier }) => identifier === setting.resource);
  const client = clientIn(tenant, first(parameters, 'client_id') ?? '');
  if (api?.allow_offline_access === false) return 'allow_offline_access of the API: false';
  const grants = textsIn(client?.grant_types);
  return client !== undefined && !grants.includes('refresh_token')
    ? `grant_types of the client: ${grants.join(' ')}`
    : undefined;
}

function withoutRefreshToken(): EvidenceMap {
  const { signIn } = golden;
  const grants = signIn.grants.map((each) => {
    const { refresh_token: _, ...tokens } = each.tokens;
    return { ...each, tokens };
  });
  return { ...golden, signIn: { ...signIn, grants } };
}

export const tokenChecks = checks(
  issuesTokensInTheDialectOfTheApi,
  keepsTokensWithinTheirGrants,
  givesTheRefreshTokensThatAreAskedFor,
);
