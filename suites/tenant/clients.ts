import { isThirdParty } from '../../fixtures/management/clients.ts';
import { isSelfRegistered } from '../../fixtures/management/reads.ts';
import { textsIn } from '../../fixtures/management/record.ts';
import { isLoopbackHost } from '../../fixtures/protocol/addresses.ts';
import type { JsonObject } from '../../fixtures/protocol/documents.ts';
import { absoluteUrl } from '../../fixtures/protocol/urls.ts';
import { checks } from '../check.ts';
import { GOLDEN_CLIENT } from '../golden-tenant.ts';
import { counted } from '../words.ts';
import { auditsTenant, type TenantSetting } from './audit.ts';
import { patching } from './commands.ts';
import { nameOf, someOf } from './names.ts';
import { hasUsers, isOfTests, isPublic, registersAnybody, together, unannounced } from './naming.ts';
import { STRICT_FIRST } from './settings.ts';

const DASHBOARD = 'Applications > Applications > (the application)';
const NO_THIRD_PARTY = 'the tenant has no third-party clients';

const goldenBut = (members: JsonObject): readonly JsonObject[] => [{ ...GOLDEN_CLIENT, ...members }];

const SELF_REGISTERED: JsonObject = {
  client_id: 'tpc_1',
  external_metadata_type: 'dcr',
  external_metadata_created_by: 'client',
};

const unlessThirdParty = ({ clients }: { readonly clients: readonly JsonObject[] }) =>
  clients.some(isThirdParty) ? undefined : NO_THIRD_PARTY;

const patch = (members: JsonObject) => patching('clients/YOUR_CLIENT_ID', members);

export const keepsThirdPartyClientsStrict = auditsTenant({
  id: 'tenant/keeps-third-party-clients-strict',
  title: 'Holds third-party clients to the strict rules',
  keyword: 'SHOULD',
  severity: 'high',
  pillar: 'client-registration',
  requirements: [
    'AUTH0-permissive-clients',
    'AUTH0-cimd-third-party-strict',
    'AUTH0-dcr-third-party-strict',
    'AUTH0-pkce-permissive',
  ],
  reads: ['clients'],
  unsaid: ({ clients }) =>
    clients.some((client) => isThirdParty(client) || isSelfRegistered(client)) ? undefined : NO_THIRD_PARTY,
  reasons: {
    permissive: {
      says: 'Third-party clients are in permissive mode, in which PKCE, exact redirect URIs and grants of their own are not asked of them.',
      fix: {
        general: 'Hold clients of others to PKCE, exact redirect URIs and grants of their own.',
        auth0: {
          text: `The mode of a client is not changed: register it anew as a strict one, move its users, and delete the permissive one. Let new ones be strict first. ${STRICT_FIRST}`,
          dashboard: 'Settings > Advanced > Dynamic Client Registration (DCR) Security Mode',
          command: `auth0 api patch tenants/settings --data '{"dynamic_client_registration_security_mode":"strict"}'`,
        },
      },
      expected: 'third_party_security_mode strict for each third-party client',
      wrong: ({ clients }) =>
        together(
          clients
            .filter((client) => isThirdParty(client) && client.third_party_security_mode === 'permissive')
            .map(nameOf),
        ),
      example: { clients: goldenBut({ third_party_security_mode: 'permissive' }) },
    },
    'self-registered-first-party': {
      says: 'Clients that registered themselves count as the company’s own, so that their users are asked for no consent and they need no PKCE.',
      fix: {
        general: 'Treat whoever registers without an administrator as a third party.',
        auth0: {
          text: 'Delete the client, unless somebody of yours made it a first-party one and answers for it; then register it by hand.',
          dashboard: DASHBOARD,
          command: 'auth0 apps delete YOUR_CLIENT_ID',
        },
      },
      expected: 'is_first_party false for each client that registered itself',
      wrong: ({ clients }) =>
        together(clients.filter((client) => client.is_first_party === true && isSelfRegistered(client)).map(nameOf)),
      example: {
        clients: [GOLDEN_CLIENT, ...goldenBut({ ...SELF_REGISTERED, name: 'Newcomer', is_first_party: true })],
      },
    },
  },
  seen: ({ clients }) =>
    `${counted(clients.filter(isThirdParty).length, 'third-party client')}, none in permissive mode`,
});

/** RFC 9700 2.1.2 and 2.4, and what Auth0 calls them in its own namespace. */
const LEGACY_GRANTS = ['implicit', 'password', 'http://auth0.com/oauth/grant-type/password-realm'];

const grantsOf = ({ grant_types }: JsonObject) => textsIn(grant_types);

export const givesThirdPartyClientsNoLegacyGrants = auditsTenant({
  id: 'tenant/gives-third-party-clients-no-legacy-grants',
  title: 'Gives third-party clients no implicit and no password grant',
  keyword: 'SHOULD',
  severity: 'high',
  pillar: 'token-issuance',
  requirements: ['AUTH0-legacy-grants'],
  reads: ['clients'],
  unsaid: unlessThirdParty,
  reasons: {
    'legacy-grant': {
      says: 'Third-party clients may use the implicit or the password grant, which show tokens to browsers or passwords to clients.',
      fix: {
        general: 'Leave these clients authorization_code and refresh_token alone.',
        auth0: {
          text: 'Untick Implicit and Password among the grant types of the application.',
          dashboard: `${DASHBOARD} > Settings > Advanced Settings > Grant Types`,
          command: patch({ grant_types: ['authorization_code', 'refresh_token'] }),
        },
      },
      expected: 'grant_types without implicit and password',
      wrong: ({ clients }) =>
        together(
          clients.filter(isThirdParty).flatMap((client) => {
            const legacy = grantsOf(client).filter((grant) => LEGACY_GRANTS.includes(grant));
            return legacy.length === 0 ? [] : [`${nameOf(client)} has ${legacy.join(' and ')}`];
          }),
        ),
      example: { clients: goldenBut({ grant_types: ['authorization_code', 'implicit'] }) },
    },
  },
  seen: ({ clients }) => `${counted(clients.filter(isThirdParty).length, 'third-party client')} without legacy grants`,
});

/** Clients that users of the MCP server sign in for, as far as it can be told. */
const forUsers = (clients: readonly JsonObject[], setting: TenantSetting) =>
  clients.filter((client) => hasUsers(client) && (isThirdParty(client) || isOfTests(client, setting)));

const NOBODYS = 'the tenant has no third-party clients that users sign in for, and none of clients in the profile';

const unlessForUsers = ({ clients }: { readonly clients: readonly JsonObject[] }, setting: TenantSetting) =>
  forUsers(clients, setting).length > 0 ? undefined : NOBODYS;

const isLoopback = ({ hostname }: URL) => isLoopbackHost(hostname);

/** Each client with those of its redirect URIs that are so. */
function redirecting(
  clients: readonly JsonObject[],
  isSo: (uri: string, url: URL | undefined, client: JsonObject) => boolean,
): readonly string[] {
  return together(
    clients.flatMap((client) => {
      const found = textsIn(client.callbacks).filter((uri) => isSo(uri, absoluteUrl(uri), client));
      return found.length === 0 ? [] : [`${nameOf(client)} is sent to ${found.join(', ')}`];
    }),
  );
}

export const sendsClientsToExactUris = auditsTenant({
  id: 'tenant/sends-clients-to-exact-safe-redirect-uris',
  title: 'Sends MCP clients to exact redirect URIs, by HTTPS or on the user’s own machine',
  keyword: 'MUST',
  severity: 'critical',
  pillar: 'client-registration',
  requirements: ['MCP-as-redirect-scheme', 'MCP-as-redirect-exact', 'AUTH0-redirect-exact'],
  reads: ['clients'],
  unsaid: unlessForUsers,
  reasons: {
    wildcard: {
      says: 'Clients have redirect URIs with wildcards, so that codes go to whatever host or path fits them.',
      fix: {
        general: 'Register each redirect URI as it is used, character for character.',
        auth0: {
          text: 'Write each URL out in Allowed Callback URLs, without * and without {organization_name}.',
          dashboard: `${DASHBOARD} > Settings > Allowed Callback URLs`,
          command: patch({ callbacks: ['https://client.example/callback'] }),
        },
      },
      expected: 'redirect URIs without wildcards and placeholders',
      wrong: ({ clients }, setting) => redirecting(forUsers(clients, setting), (uri) => /[*{}]/.test(uri)),
      example: { clients: goldenBut({ callbacks: ['https://*.client.example/callback'] }) },
    },
    'plain-http': {
      says: 'Clients are sent by plain HTTP to hosts other than the user’s own machine, so that codes can be read on the way.',
      fix: {
        general: 'Serve the redirect URI by HTTPS.',
        auth0: {
          text: 'Take the http URL out of Allowed Callback URLs and write the https one.',
          dashboard: `${DASHBOARD} > Settings > Allowed Callback URLs`,
          command: patch({ callbacks: ['https://client.example/callback'] }),
        },
      },
      expected: 'https, or http on a loopback address',
      wrong: ({ clients }, setting) =>
        redirecting(
          forUsers(clients, setting),
          (uri, url) => !/[*{}]/.test(uri) && url?.protocol === 'http:' && !isLoopback(url),
        ),
      example: { clients: goldenBut({ callbacks: ['http://client.example/callback'] }) },
    },
    'loopback-of-a-web-client': {
      says: 'Web applications are sent to the user’s own machine, where whatever program listens there gets their codes.',
      keyword: 'ADVICE',
      fix: {
        general: 'Keep redirect URIs of development to a client of its own, or to a tenant of its own.',
        auth0: {
          text: 'Take localhost out of Allowed Callback URLs of the web application; an application of type Native is for programs on the user’s machine.',
          dashboard: `${DASHBOARD} > Settings > Allowed Callback URLs`,
          command: patch({ callbacks: ['https://client.example/callback'] }),
        },
      },
      expected: 'no loopback redirect URI of a web application',
      wrong: ({ clients }, setting) =>
        redirecting(
          forUsers(clients, setting),
          (_, url, { app_type: type }) => type === 'regular_web' && url !== undefined && isLoopback(url),
        ),
      example: {
        clients: goldenBut({ app_type: 'regular_web', callbacks: ['http://localhost:3000/callback'] }),
      },
    },
  },
  seen: ({ clients }, setting) =>
    `${counted(forUsers(clients, setting).length, 'client')} with exact redirect URIs, by HTTPS or on the user’s machine`,
});

/** Who has clients of this name, and where these lead. */
const BRANDS: readonly { readonly name: RegExp; readonly says: string; readonly hosts: readonly string[] }[] = [
  { name: /\b(claude|anthropic)\b/, says: 'Claude', hosts: ['claude.ai', 'claude.com', 'anthropic.com'] },
  { name: /\b(chat ?gpt|openai)\b/, says: 'ChatGPT', hosts: ['chatgpt.com', 'openai.com'] },
  { name: /\b(vs ?code|visual studio code)\b/, says: 'VS Code', hosts: ['vscode.dev', 'microsoft.com', 'github.dev'] },
  {
    name: /\b(microsoft )?copilot\b/,
    says: 'Copilot',
    hosts: ['microsoft.com', 'github.com', 'vscode.dev', 'azure-apim.net'],
  },
  { name: /\bcursor\b/, says: 'Cursor', hosts: ['cursor.com', 'cursor.sh'] },
  { name: /\bgemini\b/, says: 'Gemini', hosts: ['google.com', 'googleusercontent.com'] },
  { name: /\b(mistral|le chat)\b/, says: 'Mistral', hosts: ['mistral.ai'] },
];

const isAt = (hostname: string, domain: string) => hostname === domain || hostname.endsWith(`.${domain}`);

/** Text as it looks: compatibility forms folded (UAX 15), accents left out. */
const looks = (text: unknown) =>
  typeof text === 'string'
    ? text
        .normalize('NFKD')
        .replace(/\p{Mark}/gu, '')
        .toLowerCase()
    : '';

/** Hosts that codes of the client leave the user's machine for. */
const remoteHosts = ({ callbacks }: JsonObject): readonly string[] =>
  textsIn(callbacks).flatMap((uri) => {
    const url = absoluteUrl(uri);
    return url !== undefined && /^https?:$/.test(url.protocol) && !isLoopback(url) ? [url.hostname] : [];
  });

/** A label of another domain that has the label of a brand in it: claude.ai.example.com, claude-ai.com. */
function imitates(hostname: string): string | undefined {
  const brand = BRANDS.find(({ hosts }) => hosts.some((own) => isAt(hostname, own)));
  if (brand !== undefined) return undefined;
  return BRANDS.flatMap(({ hosts }) => hosts).find(
    (own) => hostname.startsWith(`${own}.`) || hostname.split('.').some((label) => hasWords(label, own)),
  );
}

/** `claude-ai`, `login-claude-ai`, and not `cursor-shop`. */
const hasWords = (label: string, own: string) => `-${label}-`.includes(`-${own.replace('.', '-')}-`);

/** Letters of two scripts in one word (UTS 39): a word of each is how many languages write of products. */
const isMixed = (text: string) =>
  (text.match(/[\p{Letter}\p{Mark}]+/gu) ?? []).some(
    (word) => /\p{Script=Latin}/u.test(word) && /\p{Script=Cyrillic}|\p{Script=Greek}/u.test(word),
  );

const REVIEW = {
  general: 'Ask who registered the client before users meet it; delete it where nobody answers for it.',
  auth0: {
    text: 'Look at the registration in the tenant’s log, and delete the client unless you know who it is.',
    dashboard: 'Applications > Applications, and Monitoring > Logs',
    command: 'auth0 apps delete YOUR_CLIENT_ID',
  },
} as const;

export const hasNoImpostors = auditsTenant({
  id: 'tenant/has-no-clients-that-pass-for-others',
  title: 'Has no self-registered clients that look like those of others',
  keyword: 'ADVICE',
  severity: 'high',
  pillar: 'client-registration',
  requirements: ['AUTH0-dcr-log-anomalies'],
  reads: ['clients'],
  unsaid: ({ clients }, setting) =>
    unannounced(clients, setting).length > 0
      ? undefined
      : 'the tenant has no clients that registered themselves, or may have',
  reasons: {
    'known-name-elsewhere': {
      says: 'Clients that registered themselves, or do not say how they came, have the name of a well-known one, and lead to a host that is not its maker’s.',
      fix: REVIEW,
      expected: 'clients under the name of a well-known one lead to its maker’s hosts',
      wrong: ({ clients }, setting) =>
        together(
          unannounced(clients, setting).flatMap((client) => {
            const brand = BRANDS.find(({ name }) => name.test(looks(client.name)));
            const strange = remoteHosts(client).filter(
              (host) => imitates(host) === undefined && !brand?.hosts.some((own) => isAt(host, own)),
            );
            return brand === undefined || strange.length === 0
              ? []
              : [`${nameOf(client)} looks like ${brand.says} and leads to ${strange.join(', ')}`];
          }),
        ),
      example: {
        clients: goldenBut({ ...SELF_REGISTERED, name: 'Claude', callbacks: ['https://collect.example.net/cb'] }),
      },
    },
    'look-alike-host': {
      says: 'Clients that registered themselves, or do not say how they came, lead to hosts whose names look like those of well-known clients.',
      fix: REVIEW,
      expected: 'hosts that do not imitate others',
      wrong: ({ clients }, setting) =>
        together(
          unannounced(clients, setting).flatMap((client) =>
            remoteHosts(client).flatMap((host) => {
              const own = imitates(host);
              return own === undefined ? [] : [`${nameOf(client)} leads to ${host}, which looks like ${own}`];
            }),
          ),
        ),
      example: {
        clients: goldenBut({ ...SELF_REGISTERED, name: 'Helper', callbacks: ['https://claude.ai.example.net/cb'] }),
      },
    },
    'mixed-scripts': {
      says: 'Clients that registered themselves, or do not say how they came, have names of letters of several scripts, which look like other letters.',
      fix: REVIEW,
      expected: 'names of one script',
      wrong: ({ clients }, setting) =>
        together(
          unannounced(clients, setting)
            .filter(({ name }) => typeof name === 'string' && isMixed(name))
            .map(nameOf),
        ),
      example: { clients: goldenBut({ ...SELF_REGISTERED, name: '\u0421laude' }) },
    },
  },
  seen: ({ clients }, setting) =>
    `${counted(unannounced(clients, setting).length, 'client')} that registered themselves or may have, none under the name of another`,
  passes: { clients: goldenBut(SELF_REGISTERED) },
});

export const authenticatesClientsByTheirKind = auditsTenant({
  id: 'tenant/authenticates-clients-by-their-kind',
  title: 'Authenticates machine clients, and gives no secret to programs on users’ machines',
  keyword: 'SHOULD',
  severity: 'high',
  pillar: 'token-issuance',
  requirements: ['RFC6749-4.4-cc-confidential-only', 'AUTH0-credential-rotation'],
  reads: ['clients'],
  unsaid: ({ clients }) => (clients.length === 0 ? 'the tenant has no clients' : undefined),
  reasons: {
    'machine-without-authentication': {
      says: 'Clients may use the client credentials grant without authenticating, so that whoever knows their id has their tokens.',
      keyword: 'MUST',
      fix: {
        general: 'Give the grant to clients that authenticate alone.',
        auth0: {
          text: 'Take client_credentials from the grant types, or set the authentication method to a secret or to Private Key JWT; the latter takes an Enterprise plan, a secret does not.',
          dashboard: `${DASHBOARD} > Credentials`,
          command: patch({ token_endpoint_auth_method: 'client_secret_post' }),
        },
      },
      expected: 'client_credentials for clients that authenticate',
      wrong: ({ clients }) =>
        together(
          clients.filter((client) => isPublic(client) && grantsOf(client).includes('client_credentials')).map(nameOf),
        ),
      example: { clients: goldenBut({ grant_types: ['client_credentials'], token_endpoint_auth_method: 'none' }) },
    },
    'secret-in-a-native-client': {
      says: 'Third-party programs on users’ machines share a secret, which whoever has a copy can read (RFC 8252, section 8.5).',
      fix: {
        general: 'Register them as public clients, which prove themselves by PKCE.',
        auth0: {
          text: 'Set the authentication method of the native application to None, and rotate the secret that was out.',
          dashboard: `${DASHBOARD} > Credentials`,
          command: patch({ token_endpoint_auth_method: 'none' }),
        },
      },
      expected: 'token_endpoint_auth_method none for native applications and pages in a browser',
      // A secret that each copy registers for itself is its own (RFC 8252 8.5).
      wrong: ({ clients }) =>
        together(
          clients
            .filter(isThirdParty)
            .filter(({ external_metadata_type: type }) => type !== 'dcr')
            .filter(({ app_type: type }) => type === 'native' || type === 'spa')
            .filter(({ token_endpoint_auth_method: method }) => String(method).startsWith('client_secret_'))
            .map(nameOf),
        ),
      example: { clients: goldenBut({ token_endpoint_auth_method: 'client_secret_post' }) },
    },
  },
  seen: ({ clients }) => `${counted(clients.length, 'client')}, each authenticated as its kind can be`,
});

export const keepsOpenRedirectProtection = auditsTenant({
  id: 'tenant/keeps-open-redirect-protection',
  title: 'Sends no errors to third-party clients that a user has not agreed to',
  keyword: 'SHOULD',
  severity: 'medium',
  pillar: 'token-issuance',
  requirements: ['AUTH0-redirection-policy'],
  reads: ['clients'],
  unsaid: unlessThirdParty,
  reasons: {
    'allow-always': {
      says: 'Third-party clients get every error by redirect, so that links to the tenant lead to any client’s host without anybody signing in.',
      fix: {
        general: 'Show errors on the tenant’s own page until a user has agreed.',
        auth0: {
          text: 'Set the redirection policy back to open redirect protection; a client then learns of a declined consent by its own time limit.',
          dashboard: `${DASHBOARD} > Settings > Open Redirect Protection`,
          command: patch({ redirection_policy: 'open_redirect_protection' }),
        },
      },
      expected: 'redirection_policy open_redirect_protection, or none',
      wrong: ({ clients }) =>
        together(
          clients.filter((client) => isThirdParty(client) && client.redirection_policy === 'allow_always').map(nameOf),
        ),
      example: { clients: goldenBut({ redirection_policy: 'allow_always' }) },
    },
  },
  seen: ({ clients }) =>
    `${counted(clients.filter(isThirdParty).length, 'third-party client')} with open redirect protection`,
});

/** Whose refresh tokens nothing but their own change keeps from a thief: DPoP and mutual TLS would (OAuth 2.1 4.3.1). */
const bearing = (clients: readonly JsonObject[], setting: TenantSetting) =>
  forUsers(clients, setting).filter(
    (client) =>
      isPublic(client) && grantsOf(client).includes('refresh_token') && client.require_proof_of_possession !== true,
  );

const refreshing = ({ refresh_token: settings }: JsonObject): JsonObject =>
  typeof settings === 'object' && settings !== null ? (settings as JsonObject) : {};

/** Neither time nor disuse ends them. */
function isEndless(client: JsonObject): boolean {
  const {
    expiration_type: type,
    infinite_token_lifetime: isForEver,
    infinite_idle_token_lifetime: isKept,
  } = refreshing(client);
  return type === 'non-expiring' || (isForEver === true && isKept === true);
}

/** Of these the tenant does not show whether refresh tokens rotate and end. */
const unshown = (clients: readonly JsonObject[], setting: TenantSetting) =>
  bearing(clients, setting).filter((client) => {
    const { rotation_type: rotation, expiration_type: expiration } = refreshing(client);
    return typeof rotation !== 'string' || typeof expiration !== 'string';
  });

export const rotatesRefreshTokens = auditsTenant({
  id: 'tenant/rotates-refresh-tokens-of-public-clients',
  title: 'Rotates and ends the refresh tokens of public clients',
  keyword: { '2025-03-26': 'SHOULD', '2025-06-18': 'MUST' },
  severity: 'high',
  pillar: 'token-issuance',
  requirements: ['AUTH0-refresh-rotation', 'MCP-as-rotate-refresh-public'],
  reads: ['clients'],
  unsaid: ({ clients }, setting) =>
    bearing(clients, setting).length > 0 ? undefined : 'the tenant has no public MCP clients with refresh tokens',
  reasons: {
    'not-rotating': {
      says: 'Refresh tokens of public clients stay the same at each use, so that a stolen one is used beside the client’s own, unseen.',
      fix: {
        general: 'Give a new refresh token at each use, and end the family when an old one comes again.',
        auth0: {
          text: 'Turn on Refresh Token Rotation.',
          dashboard: `${DASHBOARD} > Settings > Refresh Token Rotation`,
          command: patch({
            refresh_token: { rotation_type: 'rotating', expiration_type: 'expiring', token_lifetime: 2592000 },
          }),
        },
      },
      expected: 'rotation_type rotating',
      wrong: ({ clients }, setting) =>
        together(
          bearing(clients, setting)
            .filter((client) => refreshing(client).rotation_type === 'non-rotating')
            .map(nameOf),
        ),
      example: {
        clients: goldenBut({ refresh_token: { rotation_type: 'non-rotating', expiration_type: 'expiring' } }),
      },
    },
    'not-expiring': {
      says: 'Refresh tokens of public clients never expire, so that one that is stolen is good for ever.',
      keyword: 'SHOULD',
      fix: {
        general: 'Give refresh tokens an end.',
        auth0: {
          text: 'Turn on Refresh Token Expiration with a lifetime of days or weeks.',
          dashboard: `${DASHBOARD} > Settings > Refresh Token Expiration`,
          command: patch({
            refresh_token: { rotation_type: 'rotating', expiration_type: 'expiring', token_lifetime: 2592000 },
          }),
        },
      },
      expected: 'expiration_type expiring, with an end for all of them, or for those that are not used',
      wrong: ({ clients }, setting) => together(bearing(clients, setting).filter(isEndless).map(nameOf)),
      example: {
        clients: goldenBut({ refresh_token: { rotation_type: 'rotating', expiration_type: 'non-expiring' } }),
      },
    },
  },
  untold: ({ clients }, setting) => {
    const hidden = unshown(clients, setting);
    return hidden.length === 0
      ? undefined
      : {
          because: `the tenant does not show the refresh token settings of ${someOf(hidden.map(nameOf))}`,
          unlock: 'refresh_token of these clients: rotation_type and expiration_type, set',
        };
  },
  seen: ({ clients }, setting) =>
    `${counted(bearing(clients, setting).length, 'public client')}, whose refresh tokens rotate and expire`,
});

/** First-party clients that the profile signs users in with: others are no business of an MCP server. */
const ownForUsers = (clients: readonly JsonObject[], setting: TenantSetting) =>
  clients.filter((client) => client.is_first_party === true && hasUsers(client) && isOfTests(client, setting));

export const hasMcpClientsAsThirdParties = auditsTenant({
  id: 'tenant/has-mcp-clients-as-third-parties',
  title: 'Has MCP clients as third parties, of which PKCE and consent are asked',
  keyword: 'ADVICE',
  severity: 'medium',
  pillar: 'client-registration',
  requirements: ['AUTH0-pkce-permissive'],
  reads: ['clients'],
  unsaid: ({ clients }, setting) =>
    clients.some((client) => hasUsers(client) && isOfTests(client, setting))
      ? undefined
      : 'the profile names no client of the tenant that users sign in for',
  reasons: {
    'first-party': {
      says: 'MCP clients are first-party ones, which may leave PKCE out and whose users are asked for no consent.',
      fix: {
        general: 'Have clients use PKCE though nobody makes them, and register those of others as third parties.',
        auth0: {
          text: 'Where the client is not your own software, register it as a third-party one; where it is, nothing is wrong as long as it uses PKCE.',
          dashboard: 'Applications > Applications > Create Application',
          command: 'auth0 api post clients --data \'{"name":"MCP client","app_type":"native","is_first_party":false}\'',
        },
      },
      expected: 'is_first_party false',
      wrong: ({ clients }, setting) => together(ownForUsers(clients, setting).map(nameOf)),
      example: { clients: goldenBut({ is_first_party: true }) },
    },
  },
  seen: ({ clients }, setting) =>
    `${counted(clients.filter((client) => isOfTests(client, setting) && isThirdParty(client)).length, 'client')} of the profile, each a third party`,
  setup: { amid: { tests: ['client_1'] } },
});

const NEARLY = 0.8;

const OPEN: JsonObject = { flags: { enable_dynamic_client_registration: true } };

const clientsOf = (count: number): readonly JsonObject[] =>
  Array.from({ length: count }, (_, at) => ({ ...GOLDEN_CLIENT, client_id: `client_${at + 1}` }));

export const hasRoomForClients = auditsTenant({
  id: 'tenant/has-room-for-further-clients',
  title: 'Has room for the clients that register themselves',
  keyword: 'SHOULD',
  severity: 'medium',
  pillar: 'client-registration',
  requirements: ['AUTH0-dcr-quota'],
  reads: ['settings', 'clients'],
  unsaid: ({ settings, clients }) =>
    registersAnybody(settings) || clients.some(isSelfRegistered)
      ? undefined
      : 'no client registers itself with the tenant',
  beyond: (_, { facts }) =>
    facts.policy.applications === undefined
      ? {
          because: 'nobody says how many applications the plan of the tenant allows',
          unlock: 'policy.applications: 10 on Free, 100 on self-service plans, 100000 on Enterprise',
        }
      : undefined,
  reasons: {
    full: {
      says: 'The tenant has as many applications as its plan allows, so that no further client gets in.',
      fix: {
        general: 'Delete clients that nobody uses, and keep registration from filling the tenant again.',
        auth0: {
          text: 'Delete the tpc_ applications that no token was issued to, and turn Dynamic Client Registration off or guard it by a rule of the network (Enterprise).',
          dashboard: 'Applications > Applications',
          command: 'auth0 apps delete YOUR_CLIENT_ID',
        },
      },
      expected: 'fewer applications than the plan allows',
      wrong: ({ clients }, { facts: { policy } }) =>
        policy.applications !== undefined && clients.length >= policy.applications
          ? [`${clients.length} of ${policy.applications} applications`]
          : [],
      example: { clients: clientsOf(10) },
    },
    'nearly-full': {
      says: 'The tenant has four fifths of the applications that its plan allows, and whoever registers uses the rest up.',
      fix: {
        general: 'Delete clients that nobody uses before the last place is taken.',
        auth0: {
          text: 'Delete the tpc_ applications that no token was issued to, and turn Dynamic Client Registration off or guard it by a rule of the network (Enterprise).',
          dashboard: 'Applications > Applications',
          command: 'auth0 apps delete YOUR_CLIENT_ID',
        },
      },
      expected: 'less than four fifths of what the plan allows',
      wrong: ({ clients }, { facts: { policy } }) =>
        policy.applications !== undefined &&
        clients.length >= NEARLY * policy.applications &&
        clients.length < policy.applications
          ? [`${clients.length} of ${policy.applications} applications`]
          : [],
      example: { clients: clientsOf(8) },
    },
  },
  seen: ({ clients }, { facts: { policy } }) => `${clients.length} of ${policy.applications} applications`,
  passes: { settings: [OPEN] },
  setup: { facts: { policy: { strict: false, applications: 10 } } },
});

export const tenantClientChecks = checks(
  keepsThirdPartyClientsStrict,
  givesThirdPartyClientsNoLegacyGrants,
  sendsClientsToExactUris,
  hasNoImpostors,
  authenticatesClientsByTheirKind,
  keepsOpenRedirectProtection,
  rotatesRefreshTokens,
  hasMcpClientsAsThirdParties,
  hasRoomForClients,
);
