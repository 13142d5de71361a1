import { isThirdParty } from '../../fixtures/management/clients.ts';
import { textsIn } from '../../fixtures/management/record.ts';
import type { JsonObject } from '../../fixtures/protocol/documents.ts';
import { checks, type Fix } from '../check.ts';
import { GOLDEN_API, GOLDEN_CLIENT, GOLDEN_GRANT } from '../golden-tenant.ts';
import { apiFor, OF_THE_API, policyOf } from './apis.ts';
import { auditsTenant, type Tenant, type TenantSetting } from './audit.ts';
import { nameOf, someOf } from './names.ts';
import { hasUsers, isOfTests, registersAnybody, together } from './naming.ts';
import { withFlags, withSettings } from './settings.ts';

/** Of all third-party clients that have none of their own. */
const isDefault = ({ default_for: whose }: JsonObject) => whose === 'third_party_clients';

const isForUsers = ({ subject_type: type }: JsonObject) => type === 'user';

/** To these an API that is open to all is closed. Those of before say that they are permissive; some answers leave strict out. */
const isStrict = (client: JsonObject) => isThirdParty(client) && client.third_party_security_mode !== 'permissive';

type Read = Tenant<'apis' | 'grants' | 'clients'>;

const isFor = ({ audience }: JsonObject, { resource }: TenantSetting) => audience === resource;

const isOwn = (grant: JsonObject, client: JsonObject) => isForUsers(grant) && grant.client_id === client.client_id;

/** Default grants by which clients reach the resource in a user's name. */
const defaultsFor = (grants: readonly JsonObject[], { resource }: TenantSetting) =>
  grants.filter((grant) => grant.audience === resource && isDefault(grant) && isForUsers(grant));

const strictOf = ({ clients }: Read) => clients.filter((client) => isStrict(client) && hasUsers(client));

/** Whether no strict client of users reaches the MCP server, while there are some. */
function isClosed(read: Read, setting: TenantSetting): boolean {
  const strict = strictOf(read);
  const { grants } = read;
  const isOpenTo = (client: JsonObject) => grants.some((grant) => isOwn(grant, client) && isFor(grant, setting));
  return strict.length > 0 && defaultsFor(grants, setting).length === 0 && !strict.some(isOpenTo);
}

/** Those of them that are to: of the profile, or all where the API wants grants and there is none for anybody. */
function wanting(read: Read, setting: TenantSetting): readonly JsonObject[] {
  const strict = strictOf(read);
  const isForNobody =
    policyOf(apiFor(read.apis, setting), 'user') === 'require_client_grant' &&
    !read.grants.some((grant) => isFor(grant, setting));
  return isForNobody ? strict : strict.filter((client) => isOfTests(client, setting));
}

/** Those of the profile without a grant for the MCP server, and others without one for anything: a tenant has further APIs. */
function leftOut(read: Read, setting: TenantSetting): readonly JsonObject[] {
  const { grants } = read;
  if (defaultsFor(grants, setting).length > 0) return [];
  const isServed = (client: JsonObject) =>
    grants.some((grant) =>
      isOfTests(client, setting)
        ? isOwn(grant, client) && isFor(grant, setting)
        : isForUsers(grant) && (isOwn(grant, client) || isDefault(grant)),
    );
  return strictOf(read).filter((client) => !isServed(client));
}

const OTHER_API = 'https://other-api.example';

const DEFAULT_PERMISSIONS =
  'Applications > APIs > YOUR_API > Settings > Default Permissions for Third-Party Applications';
const APPLICATION_ACCESS = 'Applications > APIs > YOUR_API > Application Access';

const GRANT_BY_DEFAULT: NonNullable<Fix['auth0']> = {
  text: 'Give the API default permissions for third-party applications, with the scopes that any client may have.',
  dashboard: DEFAULT_PERMISSIONS,
  command: `auth0 api post client-grants --data '{"default_for":"third_party_clients","audience":"YOUR_RESOURCE","scope":["YOUR_SCOPE"],"subject_type":"user"}'`,
};

const GRANT_TO_CLIENT: NonNullable<Fix['auth0']> = {
  text: 'Give each of these clients its permissions for the API, or delete it.',
  dashboard: APPLICATION_ACCESS,
  command: `auth0 api post client-grants --data '{"client_id":"YOUR_CLIENT_ID","audience":"YOUR_RESOURCE","scope":["YOUR_SCOPE"],"subject_type":"user"}'`,
};

export const grantsTheApiToClientsThatArrive = auditsTenant({
  id: 'tenant/grants-the-api-to-clients-that-arrive',
  title: 'Has granted the MCP server to the third-party clients that it lets in',
  keyword: 'MUST',
  severity: 'critical',
  pillar: 'client-registration',
  requirements: ['AUTH0-dcr-default-grant', 'AUTH0-client-grant-needed'],
  reads: ['settings', 'apis', 'grants', 'clients'],
  unsaid: ({ settings, clients, ...tenant }, setting) =>
    OF_THE_API.unsaid(tenant, setting) ??
    (registersAnybody(settings) || clients.some(isStrict)
      ? undefined
      : 'nobody registers here, and the tenant has no strict third-party clients'),
  blocked: OF_THE_API.blocked,
  reasons: {
    'no-default': {
      says: 'Clients that register themselves have no access to the API: the sign-in of each ends with "is not authorized to access resource server".',
      fix: { general: 'Grant the API to the clients that register, or close registration.', auth0: GRANT_BY_DEFAULT },
      expected: 'default permissions of the API for third-party applications, for users',
      wrong({ settings, grants }, setting) {
        const isPermissive = settings[0]?.dynamic_client_registration_security_mode === 'permissive';
        return registersAnybody(settings) && !isPermissive && defaultsFor(grants, setting).length === 0
          ? [`dynamic registration is on, and no default among ${grants.length} grants`]
          : [];
      },
      example: {
        ...withFlags({ enable_dynamic_client_registration: true }),
        grants: [{ ...GOLDEN_GRANT, default_for: null, client_id: GOLDEN_CLIENT.client_id }],
      },
    },
    'none-granted': {
      says: 'No third-party client has access to the API, and those that are to use it are third parties: none of their users can sign in for the MCP server.',
      keyword: 'SHOULD',
      fix: { general: 'Grant the API to the clients that are to use it.', auth0: GRANT_TO_CLIENT },
      expected: 'a grant of the API for these clients, or default permissions for third-party applications',
      wrong: (read, setting) => (isClosed(read, setting) ? together(wanting(read, setting).map(nameOf)) : []),
      example: { grants: [{ ...GOLDEN_GRANT, audience: OTHER_API }] },
    },
    'left-out': {
      says: 'Strict third-party clients have no access to the MCP server, and none to another API in place of it.',
      keyword: 'SHOULD',
      fix: { general: 'Grant the clients the API, or delete those that nobody uses.', auth0: GRANT_TO_CLIENT },
      expected: 'a grant of its own for each strict third-party client, or default permissions of the API',
      wrong: (read, setting) => (isClosed(read, setting) ? [] : together(leftOut(read, setting).map(nameOf))),
      example: {
        clients: [GOLDEN_CLIENT, { ...GOLDEN_CLIENT, client_id: 'client_2', name: 'Newcomer' }],
        grants: [{ ...GOLDEN_GRANT, default_for: null, client_id: GOLDEN_CLIENT.client_id }],
      },
    },
  },
  untold: (read, setting) =>
    !registersAnybody(read.settings) && isClosed(read, setting)
      ? {
          because: 'no third-party client has a grant for the MCP server, and nobody says that one is to use it',
          unlock: 'clients.public: the client that is to use the MCP server',
        }
      : undefined,
  seen({ grants }, setting) {
    const defaults = defaultsFor(grants, setting);
    const own = grants.filter(({ audience, client_id: id }) => audience === setting.resource && typeof id === 'string');
    return defaults.length === 0
      ? `no default permissions, and ${own.length} grants of single clients`
      : `default permissions: ${someOf(defaults.flatMap(({ scope }) => textsIn(scope))) || 'no scopes'}`;
  },
});

export const grantsClientByClientWhereAllAreKnown = auditsTenant({
  id: 'tenant/grants-client-by-client-where-all-are-known',
  title: 'Grants the MCP server client by client where no client comes unannounced',
  keyword: 'ADVICE',
  severity: 'low',
  pillar: 'client-registration',
  requirements: ['AUTH0-dcr-default-scopes-least'],
  reads: ['settings', 'apis', 'grants'],
  unsaid: ({ settings, ...tenant }, setting) =>
    OF_THE_API.unsaid(tenant, setting) ??
    (registersAnybody(settings) ? 'clients come unannounced here: dynamic registration is on' : undefined) ??
    (settings[0]?.client_id_metadata_document_supported === true
      ? 'metadata documents are on, and the settings do not say whether clients come by them before anybody imported them'
      : undefined),
  blocked: OF_THE_API.blocked,
  passes: {
    ...withSettings({ client_id_metadata_document_supported: false }),
    grants: [{ ...GOLDEN_GRANT, default_for: null, client_id: GOLDEN_CLIENT.client_id }],
  },
  reasons: {
    'default-without-strangers': {
      says: 'Every third-party client, those to come too, gets the MCP server by default, although an administrator makes each of them.',
      fix: {
        general: 'Grant each client what it needs.',
        auth0: {
          ...GRANT_TO_CLIENT,
          text: 'Give each client its permissions for the API, and then take the default permissions away.',
        },
      },
      expected: 'grants of single clients, and no default permissions for third-party applications',
      wrong: ({ grants }, setting) =>
        defaultsFor(grants, setting).map(({ scope }) => `default permissions: ${someOf(textsIn(scope))}`),
      example: { grants: [GOLDEN_GRANT] },
    },
  },
  seen: () => 'no default permissions for third-party applications',
});

/** Grants by which third-party clients reach the resource, each with whose it is. */
function thirdPartyGrants(
  { grants, clients }: { readonly grants: readonly JsonObject[]; readonly clients: readonly JsonObject[] },
  { resource }: TenantSetting,
): readonly { readonly grant: JsonObject; readonly whose: string }[] {
  return grantsWithOwners({ grants, clients }).filter(({ grant }) => grant.audience === resource);
}

function grantsWithOwners({
  grants,
  clients,
}: {
  readonly grants: readonly JsonObject[];
  readonly clients: readonly JsonObject[];
}) {
  const owners = new Map(clients.filter(isThirdParty).map((client) => [client.client_id, nameOf(client)]));
  return grants.flatMap((grant) => {
    const whose = isDefault(grant) ? 'every third-party client' : owners.get(grant.client_id);
    return whose === undefined ? [] : [{ grant, whose }];
  });
}

/** Scopes that the MCP server is known to use; `undefined`: nobody says. */
function scopesInUse({ metadata, facts }: TenantSetting): readonly string[] | undefined {
  const { scopes_supported: published } = metadata;
  if (!Array.isArray(published) && facts.server.scopes === undefined) return undefined;
  return [...textsIn(published), ...(facts.server.scopes ?? []), 'offline_access'];
}

export const grantsThirdPartyClientsFewScopes = auditsTenant({
  id: 'tenant/grants-third-party-clients-few-scopes',
  title: 'Grants third-party clients the scopes that the MCP server asks for, and no others',
  keyword: 'SHOULD',
  severity: 'high',
  pillar: 'token-issuance',
  requirements: ['AUTH0-dcr-default-scopes-least'],
  reads: ['apis', 'grants', 'clients'],
  unsaid: ({ apis, ...tenant }, setting) =>
    OF_THE_API.unsaid({ apis }, setting) ??
    (apiFor(apis, setting) !== undefined && thirdPartyGrants(tenant, setting).length === 0
      ? 'no third-party client has a grant for the API'
      : undefined),
  blocked: OF_THE_API.blocked,
  reasons: {
    'all-scopes': {
      says: 'Third-party clients have every scope of the API, and each that is added to it later.',
      fix: {
        general: 'Grant the scopes that are needed, one by one.',
        auth0: {
          text: 'Choose the permissions of the grant one by one in place of all.',
          dashboard: `${APPLICATION_ACCESS}; ${DEFAULT_PERMISSIONS}`,
          command: `auth0 api patch client-grants/YOUR_GRANT_ID --data '{"allow_all_scopes":false,"scope":["YOUR_SCOPE"]}'`,
        },
      },
      expected: 'allow_all_scopes: false',
      wrong: (tenant, setting) =>
        thirdPartyGrants(tenant, setting)
          .filter(({ grant }) => grant.allow_all_scopes === true)
          .map(({ grant, whose }) => `allow_all_scopes of grant ${grant.id}, of ${whose}`),
      example: { grants: [{ ...GOLDEN_GRANT, allow_all_scopes: true }] },
    },
    'more-than-asked': {
      says: 'Third-party clients have scopes that neither the MCP server’s metadata names nor its operator.',
      keyword: 'ADVICE',
      fix: {
        general:
          'Grant the scopes of the metadata; name the others in server.scopes where a challenge asks for them later.',
        auth0: {
          text: 'Take the permissions away that no client needs, the default ones first.',
          dashboard: `${APPLICATION_ACCESS}; ${DEFAULT_PERMISSIONS}`,
          command: `auth0 api patch client-grants/YOUR_GRANT_ID --data '{"scope":["YOUR_SCOPE"]}'`,
        },
      },
      expected: 'scopes of scopes_supported and server.scopes alone',
      wrong(tenant, setting) {
        const known = scopesInUse(setting);
        if (known === undefined) return [];
        return thirdPartyGrants(tenant, setting).flatMap(({ grant, whose }) => {
          const more = textsIn(grant.scope).filter((scope) => !known.includes(scope));
          return more.length === 0 || grant.allow_all_scopes === true ? [] : [`${someOf(more)}, of ${whose}`];
        });
      },
      example: { grants: [{ ...GOLDEN_GRANT, scope: ['mcp:tools', 'mcp:admin'] }] },
    },
  },
  seen: (tenant, setting) =>
    someOf([...new Set(thirdPartyGrants(tenant, setting).flatMap(({ grant }) => textsIn(grant.scope)))]) || 'no scopes',
});

/** Identifiers of the tenant's own APIs, such as its Management API. */
const systemApis = (apis: readonly JsonObject[]): readonly unknown[] =>
  apis.filter(({ is_system: isSystem }) => isSystem === true).map(({ identifier }) => identifier);

const MANAGEMENT_API: JsonObject = {
  ...GOLDEN_API,
  id: 'rs_0',
  name: 'Auth0 Management API',
  identifier: 'https://tenant.example.com/api/v2/',
  is_system: true,
};

export const opensNoOtherApiToThirdPartyClients = auditsTenant({
  id: 'tenant/opens-no-other-api-to-third-party-clients',
  title: 'Opens no other API to third-party clients by default, and its own system to none',
  keyword: 'SHOULD',
  severity: 'high',
  pillar: 'token-issuance',
  requirements: ['AUTH0-system-api-refused', 'AUTH0-dcr-default-scopes-least'],
  reads: ['apis', 'grants', 'clients'],
  unsaid: (tenant) =>
    grantsWithOwners(tenant).length === 0 ? 'no third-party client has a grant for any API' : undefined,
  reasons: {
    system: {
      says: 'Third-party clients have grants for an API of the tenant’s own system, by which the tenant itself is run.',
      fix: {
        general: 'Take these grants away.',
        auth0: {
          text: 'Remove the grant; what has to manage the tenant is a first-party machine client.',
          dashboard: 'Applications > APIs > Auth0 Management API > Application Access',
          command: 'auth0 api delete client-grants/YOUR_GRANT_ID',
        },
      },
      expected: 'no grant of a third-party client for a system API',
      wrong({ apis, ...tenant }, { resource }) {
        // Where the MCP server itself stands behind a system API, that is the defect.
        const system = systemApis(apis).filter((identifier) => identifier !== resource);
        return grantsWithOwners(tenant)
          .filter(({ grant }) => system.includes(grant.audience) && grant.is_system !== true)
          .map(({ grant, whose }) => `${grant.audience} of ${whose}: ${someOf(textsIn(grant.scope)) || 'no scopes'}`);
      },
      example: {
        apis: [GOLDEN_API, MANAGEMENT_API],
        grants: [
          GOLDEN_GRANT,
          {
            ...GOLDEN_GRANT,
            id: 'cgr_2',
            default_for: null,
            client_id: GOLDEN_CLIENT.client_id,
            audience: MANAGEMENT_API.identifier,
            scope: ['read:users'],
          },
        ],
      },
    },
    'other-default': {
      says: 'Every third-party client gets other APIs of the tenant by default, besides the MCP server: whoever may use the one may ask for the others.',
      keyword: 'ADVICE',
      fix: {
        general: 'Keep defaults to APIs that any third-party client is meant to have.',
        auth0: {
          text: 'Take the default permissions of these APIs away, and grant them client by client. Nothing is to be done where they are MCP servers too.',
          dashboard: DEFAULT_PERMISSIONS,
          command: 'auth0 api delete client-grants/YOUR_GRANT_ID',
        },
      },
      expected: 'default permissions for the MCP server alone',
      wrong({ apis, grants }, { resource, facts }) {
        // The endpoint's own API is no other, whatever its metadata names.
        const own = [resource, facts.server.url];
        const system = systemApis(apis);
        const others = grants.filter(
          (grant) =>
            isDefault(grant) &&
            grant.is_system !== true &&
            resource !== undefined &&
            !own.some((audience) => grant.audience === audience) &&
            !system.includes(grant.audience),
        );
        return others.length === 0 ? [] : [someOf([...new Set(others.map(({ audience }) => String(audience)))])];
      },
      example: { grants: [GOLDEN_GRANT, { ...GOLDEN_GRANT, id: 'cgr_2', audience: OTHER_API }] },
    },
  },
  seen: () => 'grants of third-party clients are for the MCP server, or of single clients',
});

export const tenantGrantChecks = checks(
  grantsTheApiToClientsThatArrive,
  grantsClientByClientWhereAllAreKnown,
  grantsThirdPartyClientsFewScopes,
  opensNoOtherApiToThirdPartyClients,
);
