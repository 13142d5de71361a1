import { isObject } from '../../fixtures/protocol/answers.ts';
import type { JsonObject } from '../../fixtures/protocol/documents.ts';
import { checks } from '../check.ts';
import { GOLDEN_API, GOLDEN_CLIENT, GOLDEN_GRANT } from '../golden-tenant.ts';
import { auditsTenant, type Obstacle, type TenantSetting } from './audit.ts';
import { patching } from './commands.ts';
import { nameOf, someOf } from './names.ts';

/** The API whose tokens the MCP server takes. */
export const apiFor = (apis: readonly JsonObject[], { resource }: TenantSetting): JsonObject | undefined =>
  apis.find(({ identifier }) => identifier === resource);

const NO_RESOURCE = 'the MCP server publishes no resource that an API could stand for';

/** A tenant compares identifiers byte for byte: these are what people confuse. */
function lookAlikes(apis: readonly JsonObject[], resource: string): readonly string[] {
  const plain = (uri: string) => uri.replace(/\/+$/, '').toLowerCase();
  const origin = URL.canParse(resource) ? plain(new URL(resource).origin) : undefined;
  return apis.flatMap(({ identifier }) =>
    typeof identifier === 'string' && [plain(resource), origin].includes(plain(identifier)) ? [identifier] : [],
  );
}

interface Apis {
  readonly apis: readonly JsonObject[];
}

/** One defect counts once: where the tenant has the API of the endpoint, the metadata is what names another resource. */
function misnamed({ apis }: Apis, { resource, misnamedBy, facts }: TenantSetting): Obstacle | undefined {
  const isThere = apis.some(({ identifier }) => identifier === facts.server.url);
  if (resource === facts.server.url || !isThere) return undefined;
  const blockedBy = misnamedBy();
  if (blockedBy === undefined) return undefined;
  return {
    because: `the tenant has the API ${facts.server.url}, and the MCP server’s metadata names ${resource} as its resource`,
    unlock: 'the URL of the endpoint as resource of the metadata',
    blockedBy,
  };
}

export const hasAnApiForTheResource = auditsTenant({
  id: 'tenant/has-an-api-for-the-resource',
  title: 'Has an API whose identifier is the resource of the MCP server, byte for byte',
  keyword: 'MUST',
  severity: 'critical',
  pillar: 'audience-handling',
  requirements: ['AUTH0-identifier-uri'],
  reads: ['apis'],
  unsaid: (_, { resource }) => (resource === undefined ? NO_RESOURCE : undefined),
  blocked: (tenant, setting) => (apiFor(tenant.apis, setting) === undefined ? misnamed(tenant, setting) : undefined),
  reasons: {
    'look-alike': {
      says: 'The tenant has an API of nearly the name that clients ask for, and finds none of that very name.',
      fix: {
        general: 'Make resource of the metadata and the identifier of the API the same string.',
        auth0: {
          text: 'The identifier of an API cannot be changed: create a new API whose identifier is the resource as the MCP server publishes it, slash and path included.',
          dashboard: 'Applications > APIs > Create API',
          command: 'auth0 apis create --name "MCP server" --identifier YOUR_RESOURCE --signing-alg RS256',
        },
      },
      expected: 'an API whose identifier is the resource, byte for byte',
      wrong: ({ apis }, setting) => {
        const { resource = '' } = setting;
        const near = apiFor(apis, setting) === undefined ? lookAlikes(apis, resource) : [];
        return near.map((identifier) => `the resource is ${resource}, the API ${identifier}`);
      },
      example: { apis: [{ ...GOLDEN_API, identifier: 'https://mcp.example.com/mcp/' }] },
    },
    missing: {
      says: 'The tenant has no API for the resource, so that it issues no tokens for the MCP server.',
      fix: {
        general: 'Create the API whose identifier is the resource.',
        auth0: {
          text: 'Create an API whose identifier is the resource as the MCP server publishes it.',
          dashboard: 'Applications > APIs > Create API',
          command: 'auth0 apis create --name "MCP server" --identifier YOUR_RESOURCE --signing-alg RS256',
        },
      },
      expected: 'an API whose identifier is the resource, byte for byte',
      wrong: ({ apis }, setting) => {
        const { resource = '' } = setting;
        if (apiFor(apis, setting) !== undefined || lookAlikes(apis, resource).length > 0) return [];
        return [`none of ${apis.length} APIs has the identifier ${resource}`];
      },
      example: { apis: [] },
    },
  },
  seen: (_, { resource }) => `an API with the identifier ${resource}`,
});

/** What is said of the API of the resource waits for that API. */
export const OF_THE_API = {
  unsaid: (_: Apis, { resource }: TenantSetting) => (resource === undefined ? NO_RESOURCE : undefined),
  blocked(tenant: Apis, setting: TenantSetting): Obstacle | undefined {
    if (apiFor(tenant.apis, setting) !== undefined) return undefined;
    const obstacle = misnamed(tenant, setting);
    if (obstacle !== undefined) return obstacle;
    return {
      because: 'the tenant has no API for the resource',
      unlock: 'an API whose identifier is the resource',
      blockedBy: hasAnApiForTheResource.id,
    };
  },
};

/** Says what is wrong with the API of the resource. */
const ofTheApi =
  (wrong: (api: JsonObject) => string | undefined) =>
  ({ apis }: Apis, setting: TenantSetting): readonly string[] => {
    const api = apiFor(apis, setting);
    const says = api && wrong(api);
    return says === undefined ? [] : [says];
  };

/** A member without which nothing can be said of the API; what a tenant does that does not show it is not documented. */
const unlessShown =
  (member: string) =>
  ({ apis }: Apis, setting: TenantSetting) =>
    isMissing(apiFor(apis, setting)?.[member])
      ? {
          because: `the tenant does not show ${member} of the API`,
          unlock: `${member}: set for the API, even to what it is by default`,
        }
      : undefined;

const isMissing = (value: unknown) => value === undefined || value === null;

const shown = (value: unknown) => (value === undefined ? 'not set' : String(JSON.stringify(value)));

const withApi = (members: JsonObject) => ({ apis: [{ ...GOLDEN_API, ...members }] });

const setTo = (members: JsonObject) => patching('resource-servers/YOUR_API_ID', members);

export const servesTheResourceWithAnApiOfItsOwn = auditsTenant({
  id: 'tenant/serves-the-resource-with-an-api-of-its-own',
  title: 'Gives the MCP server an API of its own instead of one of the system’s',
  keyword: 'MUST',
  severity: 'critical',
  pillar: 'audience-handling',
  requirements: ['AUTH0-system-api-refused'],
  reads: ['apis'],
  ...OF_THE_API,
  reasons: {
    system: {
      says: 'The API for the resource is one of the tenant’s own system: third-party clients get no tokens for it, and whoever does can use them at the tenant as well.',
      fix: {
        general: 'Give the MCP server a resource of its own, and an API for it.',
        auth0: {
          text: 'Create an API whose identifier is the URL of the MCP endpoint, and publish that URL as resource.',
          dashboard: 'Applications > APIs > Create API',
          command: 'auth0 apis create --name "MCP server" --identifier YOUR_RESOURCE --signing-alg RS256',
        },
      },
      expected: 'is_system: false',
      wrong: ofTheApi((api) => (api.is_system === true ? `is_system: true of ${nameOf(api)}` : undefined)),
      example: withApi({ is_system: true }),
    },
  },
  seen: ({ apis }, setting) => `is_system: ${shown(apiFor(apis, setting)?.is_system)}`,
});

export const signsTokensWithAPrivateKey = auditsTenant({
  id: 'tenant/signs-tokens-with-a-private-key',
  title: 'Signs the tokens of the MCP server with a private key, and with no shared secret',
  keyword: 'MUST',
  severity: 'critical',
  pillar: 'signing-key-retrieval',
  requirements: ['AUTH0-signing-alg'],
  reads: ['apis'],
  ...OF_THE_API,
  reasons: {
    symmetric: {
      says: 'Tokens for the MCP server are signed with a shared secret: no published key verifies them, and whoever reads the secret at the server writes tokens of every user.',
      fix: {
        general: 'Sign with an asymmetric algorithm.',
        auth0: {
          text: 'Set the signing algorithm of the API to RS256 (or PS256); tokens that were issued before stop working.',
          dashboard:
            'Applications > APIs > YOUR_API > Settings > Token Settings > JSON Web Token (JWT) Signing Algorithm',
          command: setTo({ signing_alg: 'RS256' }),
        },
      },
      expected: 'signing_alg: RS256, RS512 or PS256',
      wrong: ofTheApi(({ signing_alg: alg }) =>
        typeof alg === 'string' && /^HS/i.test(alg) ? `signing_alg: ${alg}` : undefined,
      ),
      example: withApi({ signing_alg: 'HS256' }),
    },
  },
  untold: unlessShown('signing_alg'),
  seen: ({ apis }, setting) => `signing_alg: ${shown(apiFor(apis, setting)?.signing_alg)}`,
});

/** A new API has no such member, and writes by Auth0’s own profile (Auth0: Access Token Profiles). */
export const dialectOf = ({ token_dialect: dialect }: JsonObject): unknown => dialect ?? 'access_token';

export const writesTokensByRfc9068 = auditsTenant({
  id: 'tenant/writes-tokens-by-rfc-9068',
  title: 'Writes the tokens of the MCP server by RFC 9068, with the permissions of their user',
  keyword: 'SHOULD',
  severity: 'low',
  pillar: 'token-issuance',
  requirements: ['AUTH0-token-dialect'],
  reads: ['apis'],
  ...OF_THE_API,
  reasons: {
    'own-profile': {
      says: 'Tokens for the MCP server are written by Auth0’s own profile (typ JWT, azp), which verifiers that keep to RFC 9068 refuse.',
      fix: {
        general: 'Issue access tokens by RFC 9068 (typ at+jwt, client_id, jti).',
        auth0: {
          text: 'Choose the RFC 9068 profile for the API, with permissions where RBAC is on; see to it first that the MCP server takes typ at+jwt and client_id.',
          dashboard: 'Applications > APIs > YOUR_API > Settings > Token Settings > JSON Web Token (JWT) Profile',
          command: setTo({ token_dialect: 'rfc9068_profile_authz' }),
        },
      },
      expected: 'token_dialect: rfc9068_profile_authz',
      wrong: ofTheApi((api) =>
        /^access_token(?:_authz)?$/.test(String(dialectOf(api)))
          ? `token_dialect: ${shown(api.token_dialect ?? undefined)}`
          : undefined,
      ),
      example: withApi({ token_dialect: 'access_token' }),
    },
    'without-permissions': {
      says: 'Users have permissions at the API, and tokens do not carry them: the MCP server learns of them by scope alone, as far as a client asks for it.',
      keyword: 'ADVICE',
      fix: {
        general: 'Put permissions into tokens, where the server decides by them.',
        auth0: {
          text: 'Choose Add Permissions in the Access Token, beside RBAC.',
          dashboard: 'Applications > APIs > YOUR_API > Settings > RBAC Settings > Add Permissions in the Access Token',
          command: setTo({ token_dialect: 'rfc9068_profile_authz' }),
        },
      },
      expected: 'token_dialect: rfc9068_profile_authz, because enforce_policies is true',
      wrong: ofTheApi(({ token_dialect: dialect, enforce_policies: isEnforced }) =>
        dialect === 'rfc9068_profile' && isEnforced === true ? 'token_dialect: rfc9068_profile' : undefined,
      ),
      example: withApi({ token_dialect: 'rfc9068_profile' }),
    },
  },
  seen: ({ apis }, setting) => `token_dialect: ${shown(apiFor(apis, setting)?.token_dialect)}`,
});

const hasScopes = ({ scopes }: JsonObject) => Array.isArray(scopes) && scopes.length > 0;

export const givesUsersTheirOwnPermissions = auditsTenant({
  id: 'tenant/gives-users-their-own-permissions',
  title: 'Gives a token no scope that its user has no permission for',
  keyword: 'SHOULD',
  severity: 'high',
  pillar: 'token-issuance',
  requirements: ['AUTH0-token-dialect', 'AUTH0-scope-intersection'],
  reads: ['apis'],
  ...OF_THE_API,
  reasons: {
    'no-rbac': {
      says: 'The API enforces no permissions: every user of the tenant gets whatever scope their client asks for.',
      fix: {
        general: 'Give users the scopes of their roles.',
        auth0: {
          text: 'Enable RBAC and Add Permissions in the Access Token, and give roles their permissions first: users without any get no scope from then on.',
          dashboard: 'Applications > APIs > YOUR_API > Settings > RBAC Settings',
          command: setTo({ enforce_policies: true, token_dialect: 'rfc9068_profile_authz' }),
        },
      },
      expected: 'enforce_policies: true',
      wrong: ofTheApi((api) =>
        hasScopes(api) && api.enforce_policies !== true
          ? `enforce_policies: ${shown(api.enforce_policies)}, token_dialect: ${shown(api.token_dialect)}`
          : undefined,
      ),
      example: withApi({ enforce_policies: false }),
    },
  },
  seen({ apis }, setting) {
    const api = apiFor(apis, setting);
    return api !== undefined && hasScopes(api) ? 'enforce_policies: true' : 'the API has no scopes to be enforced';
  },
});

/** What RFC 6750 5.3 calls short-lived, in seconds. */
const SHORT = 3600;

export const limitsTheLifetimeOfTokens = auditsTenant({
  id: 'tenant/limits-the-lifetime-of-tokens',
  title: 'Limits the lifetime of the MCP server’s tokens to an hour',
  keyword: 'SHOULD',
  severity: 'medium',
  pillar: 'token-issuance',
  requirements: ['AUTH0-token-lifetime', 'RFC6750-5.3-short-lived-token'],
  reads: ['apis'],
  ...OF_THE_API,
  reasons: {
    long: {
      says: 'The API lets its tokens live for more than an hour, and nothing ends one before: 86400 seconds is what a new API has.',
      fix: {
        general: 'Let access tokens end after an hour or less, and give refresh tokens for what takes longer.',
        auth0: {
          text: 'Lower Maximum Access Token Lifetime of the API.',
          dashboard: 'Applications > APIs > YOUR_API > Settings > Token Settings > Maximum Access Token Lifetime',
          command: setTo({ token_lifetime: SHORT }),
        },
      },
      expected: `token_lifetime: ${SHORT} or less`,
      wrong: ofTheApi(({ token_lifetime: seconds }) =>
        typeof seconds === 'number' && seconds > SHORT ? `token_lifetime: ${seconds}` : undefined,
      ),
      example: withApi({ token_lifetime: 86_400 }),
    },
  },
  untold: unlessShown('token_lifetime'),
  seen: ({ apis }, setting) => `token_lifetime: ${shown(apiFor(apis, setting)?.token_lifetime)}`,
});

/** Clients of users that may ask for refresh tokens. */
const refreshing = (clients: readonly JsonObject[]) =>
  clients.filter(
    ({ grant_types: grants }) =>
      Array.isArray(grants) && grants.includes('refresh_token') && grants.includes('authorization_code'),
  );

export const givesRefreshTokensWhereClientsUseThem = auditsTenant({
  id: 'tenant/gives-refresh-tokens-where-clients-use-them',
  title: 'Gives refresh tokens for the MCP server where clients may use them, and nowhere else',
  keyword: 'ADVICE',
  severity: 'low',
  pillar: 'token-issuance',
  requirements: ['AUTH0-offline-access'],
  reads: ['apis', 'clients'],
  ...OF_THE_API,
  reasons: {
    off: {
      says: 'Third-party clients have the refresh token grant, and the API gives none: their users sign in again whenever a token ends.',
      fix: {
        general: 'Give refresh tokens to the clients that use them.',
        auth0: {
          text: 'Switch Allow Offline Access on, unless users are meant to sign in again; clients then ask for the scope offline_access.',
          dashboard: 'Applications > APIs > YOUR_API > Settings > Access Settings > Allow Offline Access',
          command: setTo({ allow_offline_access: true }),
        },
      },
      expected: 'allow_offline_access: true',
      wrong({ apis, clients }, setting) {
        const api = apiFor(apis, setting);
        const asking = refreshing(clients).filter(({ is_first_party: isFirst }) => isFirst === false);
        return api?.allow_offline_access === false && asking.length > 0
          ? [`false, with ${someOf(asking.map(nameOf))}`]
          : [];
      },
      example: withApi({ allow_offline_access: false }),
    },
    unused: {
      says: 'The API gives refresh tokens, and no client of the tenant may use one.',
      fix: {
        general: 'Give no refresh tokens where none are used.',
        auth0: {
          text: 'Switch Allow Offline Access off.',
          dashboard: 'Applications > APIs > YOUR_API > Settings > Access Settings > Allow Offline Access',
          command: setTo({ allow_offline_access: false }),
        },
      },
      expected: 'allow_offline_access: false, or clients with the refresh token grant',
      wrong: ({ apis, clients }, setting) =>
        apiFor(apis, setting)?.allow_offline_access === true && refreshing(clients).length === 0
          ? ['true, and no client with authorization_code and refresh_token']
          : [],
      example: { clients: [{ ...GOLDEN_CLIENT, grant_types: ['authorization_code'] }] },
    },
  },
  seen: ({ apis }, setting) => `allow_offline_access: ${shown(apiFor(apis, setting)?.allow_offline_access)}`,
});

type Subject = 'user' | 'client';

/** How clients get at the API, in a user's name or in their own. */
export function policyOf(api: JsonObject | undefined, subject: Subject): unknown {
  const policies = api?.subject_type_authorization;
  const policy = isObject(policies) ? policies[subject] : undefined;
  return isObject(policy) ? policy.policy : undefined;
}

const unlessPolicy = ({ apis }: Apis, setting: TenantSetting, subject: Subject) =>
  isMissing(policyOf(apiFor(apis, setting), subject))
    ? {
        because: `the tenant does not show subject_type_authorization.${subject}.policy of the API`,
        unlock: `subject_type_authorization.${subject}: set for the API, even to what it is by default`,
      }
    : undefined;

const grantsFor = (grants: readonly JsonObject[], { resource }: TenantSetting, subject: Subject) =>
  grants.filter(({ audience, subject_type: type }) => audience === resource && type === subject);

const withPolicies = (user: string, client: string) =>
  withApi({ subject_type_authorization: { user: { policy: user }, client: { policy: client } } });

const setPolicy = (subject: Subject, policy: string) =>
  setTo({ subject_type_authorization: { [subject]: { policy } } });

const ACCESS = 'Applications > APIs > YOUR_API > Settings > Application Access Policy';

export const opensTheApiToGrantedClientsAlone = auditsTenant({
  id: 'tenant/opens-the-api-to-granted-clients-alone',
  title: 'Lets users reach the MCP server through the clients that were granted it',
  keyword: 'MUST',
  severity: 'high',
  pillar: 'token-issuance',
  requirements: ['AUTH0-user-access-policy'],
  reads: ['apis', 'grants'],
  ...OF_THE_API,
  reasons: {
    'denied-to-all': {
      says: 'The API is closed to users whatever client they come with, and no machine client has it instead: nobody can sign in for the MCP server.',
      fix: {
        general: 'Let users in through the clients that have a grant.',
        auth0: {
          text: 'Set User-Delegated Access to Per-app authorization.',
          dashboard: ACCESS,
          command: setPolicy('user', 'require_client_grant'),
        },
      },
      expected: 'subject_type_authorization.user.policy: require_client_grant, or grants for machine clients alone',
      wrong({ apis, grants }, setting) {
        if (policyOf(apiFor(apis, setting), 'user') !== 'deny_all') return [];
        const [ofUsers, ofMachines] = [grantsFor(grants, setting, 'user'), grantsFor(grants, setting, 'client')];
        return ofUsers.length > 0 || ofMachines.length === 0
          ? [`deny_all, with ${ofUsers.length} grants for users and ${ofMachines.length} for machine clients`]
          : [];
      },
      example: withPolicies('deny_all', 'deny_all'),
    },
    'open-to-all': {
      says: 'Every application of the tenant gets tokens for the MCP server in a user’s name, with any scope: only strict third-party clients need a grant.',
      keyword: 'SHOULD',
      fix: {
        general: 'Grant the API to the clients that are to use it.',
        auth0: {
          text: 'Set User-Delegated Access to Per-app authorization, and give each client that is to use the MCP server its permissions first.',
          dashboard: ACCESS,
          command: setPolicy('user', 'require_client_grant'),
        },
      },
      expected: 'subject_type_authorization.user.policy: require_client_grant',
      wrong: ofTheApi((api) => (policyOf(api, 'user') === 'allow_all' ? 'allow_all' : undefined)),
      example: withPolicies('allow_all', 'deny_all'),
    },
  },
  untold: (tenant, setting) => unlessPolicy(tenant, setting, 'user'),
  seen: ({ apis }, setting) => `user access: ${shown(policyOf(apiFor(apis, setting), 'user'))}`,
});

export const letsMachinesInWhereTheyAreGrantedTheApi = auditsTenant({
  id: 'tenant/lets-machines-in-where-they-are-granted-the-api',
  title: 'Lets machine clients reach the MCP server where some were granted it, and else none',
  keyword: 'SHOULD',
  severity: 'low',
  pillar: 'token-issuance',
  requirements: ['AUTH0-client-access-policy'],
  reads: ['apis', 'grants'],
  ...OF_THE_API,
  reasons: {
    'grants-without-effect': {
      says: 'Machine clients have grants for the API, and the API is closed to all of them.',
      fix: {
        general: 'Let machine clients in, or take their grants away.',
        auth0: {
          text: 'Set Client Access to Per-app authorization, or remove the permissions of the machine clients.',
          dashboard: ACCESS,
          command: setPolicy('client', 'require_client_grant'),
        },
      },
      expected: 'subject_type_authorization.client.policy: require_client_grant, or no grants for clients',
      wrong({ apis, grants }, setting) {
        const without = grantsFor(grants, setting, 'client');
        return policyOf(apiFor(apis, setting), 'client') === 'deny_all' && without.length > 0
          ? [`deny_all, and grants of ${someOf(without.map(({ client_id: id }) => String(id)))}`]
          : [];
      },
      example: {
        grants: [
          GOLDEN_GRANT,
          { ...GOLDEN_GRANT, id: 'cgr_2', default_for: null, client_id: 'job', subject_type: 'client' },
        ],
      },
    },
    'open-without-need': {
      says: 'The API takes machine clients, and none has a grant: the next grant opens it without anybody deciding on machines.',
      keyword: 'ADVICE',
      fix: {
        general: 'Close the API to machine clients until one is to use it.',
        auth0: {
          text: 'Set Client Access to No apps allowed.',
          dashboard: ACCESS,
          command: setPolicy('client', 'deny_all'),
        },
      },
      expected: 'subject_type_authorization.client.policy: deny_all, because no machine client has a grant',
      wrong: ({ apis, grants }, setting) =>
        policyOf(apiFor(apis, setting), 'client') === 'require_client_grant' &&
        grantsFor(grants, setting, 'client').length === 0
          ? ['require_client_grant, and no grant']
          : [],
      example: withPolicies('require_client_grant', 'require_client_grant'),
    },
  },
  untold: (tenant, setting) => unlessPolicy(tenant, setting, 'client'),
  seen: ({ apis }, setting) => `client access: ${shown(policyOf(apiFor(apis, setting), 'client'))}`,
});

export const tenantApiChecks = checks(
  hasAnApiForTheResource,
  servesTheResourceWithAnApiOfItsOwn,
  signsTokensWithAPrivateKey,
  writesTokensByRfc9068,
  givesUsersTheirOwnPermissions,
  limitsTheLifetimeOfTokens,
  givesRefreshTokensWhereClientsUseThem,
  opensTheApiToGrantedClientsAlone,
  letsMachinesInWhereTheyAreGrantedTheApi,
);
