import { checks, defineCheck, type Example, fail, pass, type Reason, untested, type Verdict } from '../../check.ts';
import { golden } from '../../golden.ts';
import { saying, withLoginPages } from '../../golden-login-pages.ts';
import { known } from '../fills.ts';
import { nameOf, someOf } from '../names.ts';
import { clientIn, itemsOf, settingOf, type TenantSeen, TO_SEE_THE_CAUSE, userGrantFor } from './cause.ts';
import { askedAs, excerptOf, type LoginPages, reachesTheLogin, refusalIn, untold } from './pages.ts';

/** What a tenant writes where a sign-in ends before it begins, and what of its configuration makes it write so. */
interface Symptom extends Reason {
  readonly words: RegExp;
  readonly expected: string;
  /** In the tenant's configuration; `undefined`: it does not show there, or could not be read. */
  cause(tenant: TenantSeen, pages: LoginPages): string | undefined;
  /** What the page says, for examples. */
  readonly example: string;
}

const SYMPTOMS = {
  'no-such-api': {
    says: 'The tenant knows no API of the name that clients ask for: the identifier of the API and the resource of the MCP server differ, if only by a slash.',
    words: /service not found|service not enabled within domain|invalid_target/i,
    expected: 'a login page: an API whose identifier is the resource of the MCP server, byte for byte',
    fix: {
      general: 'Make the identifier of the API and resource of the MCP server’s metadata the same string.',
      auth0: {
        text: 'The identifier of an API cannot be changed: create one whose identifier is the resource, slash and path included, or change what the MCP server publishes.',
        dashboard: 'Applications > APIs > Create API',
        command: 'auth0 apis create --name "MCP server" --identifier YOUR_RESOURCE --signing-alg RS256',
      },
    },
    cause: (tenant, { resource }) => {
      const identifiers = itemsOf(tenant, 'apis')?.map(({ identifier }) => String(identifier));
      if (identifiers === undefined || identifiers.includes(resource)) return undefined;
      return `the resource is ${resource}, and the APIs of the tenant are ${someOf(identifiers) || 'none'}`;
    },
    example: 'invalid_target Service not found: https://mcp.example.com/mcp',
  },
  'no-api-named': {
    says: 'For the tenant the request names no API: it does not look at resource, and there is no default audience.',
    words: /userinfo audience is not allowed|specify a valid api audience/i,
    expected: 'a login page: resource selects the API',
    fix: {
      general: 'Have the authorization server take resource (RFC 8707) for what selects the API.',
      auth0: {
        text: 'Switch on the Resource Parameter Compatibility Profile: without it Auth0 looks at audience alone, which MCP clients do not send.',
        dashboard: 'Settings > Advanced > Resource Parameter Compatibility Profile',
        command: `auth0 api patch tenants/settings --data '{"resource_parameter_profile": "compatibility"}'`,
      },
    },
    cause: (tenant) => settingOf(tenant, 'resource_parameter_profile'),
    example: 'The userinfo audience is not allowed for third party clients. Please specify a valid API audience.',
  },
  'no-connection': {
    says: 'The client has no connection by which users could sign in.',
    words: /no connections? (?:is |are )?enabled/i,
    expected: 'a login page: a connection for this client',
    fix: {
      general: 'Enable a connection for the client.',
      auth0: {
        text: 'Third-party clients see domain-level connections only: promote one, which opens it to every third-party client of the tenant, or enable a connection for this client if it is a first-party one.',
        dashboard: 'Authentication > (connection) > Settings > Promote Connection to Domain Level',
        command: `auth0 api patch connections/YOUR_CONNECTION_ID --data '{"is_domain_connection": true}'`,
      },
    },
    cause: (tenant) => {
      const connections = itemsOf(tenant, 'connections');
      if (connections === undefined || connections.some((each) => each.is_domain_connection === true)) return undefined;
      return `none of the connections is at domain level (${someOf(connections.map(nameOf)) || 'there is none'})`;
    },
    example: 'invalid_request: no connections enabled for the client',
  },
  'grant-type': {
    says: 'The client may not use the authorization code grant, by which MCP clients get their tokens.',
    words: /grant type .{0,80} not allowed/i,
    expected: 'a login page: authorization_code among the grant types of the client',
    fix: {
      general: 'Allow the client the authorization code grant.',
      auth0: {
        text: 'Tick Authorization Code, and Refresh Token where users are to stay signed in, among the grant types of the application.',
        dashboard: 'Applications > Applications > (the application) > Settings > Advanced Settings > Grant Types',
        command: `auth0 api patch clients/YOUR_CLIENT_ID --data '{"grant_types": ["authorization_code", "refresh_token"]}'`,
      },
    },
    cause: (tenant, { clientId }) => {
      const grants = clientIn(tenant, clientId)?.grant_types;
      return Array.isArray(grants) && !grants.includes('authorization_code')
        ? `grant_types of the client: ${grants.join(' ') || 'none'}`
        : undefined;
    },
    example: "unauthorized_client: Grant type 'authorization_code' not allowed for the client.",
  },
  'no-grant': {
    says: 'The client has no grant for the API: “allow all applications” does not count for third-party clients.',
    words: /not authorized to access resource server/i,
    expected: 'a login page: a grant of the API for this client, or for all third-party clients',
    fix: {
      general: 'Grant the client the scopes of the API that it needs.',
      auth0: {
        text: 'Authorize this application for the API. Where clients register themselves, give third-party applications default permissions, no more scopes than each of them may have.',
        dashboard: 'Applications > APIs > (API) > Application Access > Edit',
        command: `auth0 api post client-grants --data '{"client_id": "YOUR_CLIENT_ID", "audience": "YOUR_RESOURCE", "scope": ["YOUR_SCOPE"], "subject_type": "user"}'`,
      },
    },
    cause: (tenant, { clientId, resource }) => {
      const found = userGrantFor(tenant, { clientId, audience: resource });
      const name = clientIn(tenant, clientId)?.name;
      return found === 'none'
        ? `the tenant has no grant of ${resource} for users of ${typeof name === 'string' ? `“${name}” (${clientId})` : clientId}`
        : undefined;
    },
    example: 'Client "tpc_1" is not authorized to access resource server "https://mcp.example.com/mcp".',
  },
  'parameter-refused': {
    says: 'The tenant refuses a parameter that MCP clients send: strict third-party clients may send those of a list only.',
    words: /parameter not allowed/i,
    expected: 'a login page: nothing in the request but what strict clients may send',
    fix: {
      general: 'Have the client leave the parameter out, or the authorization server take it.',
      auth0: {
        text: 'Auth0 takes response_type, client_id, redirect_uri, scope, state, PKCE and resource from strict third-party clients, and refuses screen_hint, invitation, id_token_hint, claims, request and request_uri. Take out what an action, a proxy or the client adds.',
      },
    },
    cause: (tenant, { clientId }) => {
      const mode = clientIn(tenant, clientId)?.third_party_security_mode;
      return typeof mode === 'string' ? `third_party_security_mode of the client: ${mode}` : undefined;
    },
    example: 'invalid_request: Parameter not allowed: resource',
  },
} as const satisfies Readonly<Record<string, Symptom>>;

type SymptomName = keyof typeof SYMPTOMS;

const ENTRIES = Object.entries(SYMPTOMS) as [SymptomName, Symptom][];

/** By its words; the code alone stands for a missing grant where the tenant is known to have none. */
function symptomIn(said: string, tenant: TenantSeen, pages: LoginPages) {
  const told = ENTRIES.find(([, { words }]) => words.test(said));
  if (told !== undefined || !/\bunauthorized_client\b/.test(said)) return told;
  return ENTRIES.find(([name, { cause }]) => name === 'no-grant' && cause(tenant, pages) !== undefined);
}

export const letsTheClientComeToItsLogin = defineCheck({
  id: 'tenant/lets-the-client-come-to-its-login',
  title: 'Lets a client that asks for the MCP server come to its login',
  // Nobody can sign in otherwise.
  keyword: 'MUST',
  severity: 'critical',
  party: 'tenant',
  pillar: 'token-issuance',
  requirements: ['AUTH0-domain-connection-runtime', 'AUTH0-client-grant-needed', 'AUTH0-authorize-allowlist'],
  assurance: 'sign-in',
  needs: ['loginPages'],
  uses: ['tenant'],
  trials: ['loginPages/good'],
  reasons: Object.fromEntries(ENTRIES.map(([name, { says, fix }]) => [name, { says, fix }])) as Record<
    SymptomName,
    Reason
  >,
  judge({ loginPages, tenant }): Verdict<SymptomName> {
    const good = askedAs(loginPages, 'good');
    if (good === undefined) return untested('no good request could be made', 'a browser');
    if (reachesTheLogin(good)) return pass(`a request for ${loginPages.resource} leads to the login`);
    const said = refusalIn(good);
    const found = said === undefined ? undefined : symptomIn(said, tenant, loginPages);
    if (said === undefined || found === undefined) {
      return (
        untold(good) ??
        untested(
          `a good authorization request is refused in words that are not known: ${said}`,
          'clients.public: exactly as registered, for a client that may ask for this resource',
        )
      );
    }
    const [reason, { expected, words, cause }] = found;
    const why = tenant === undefined ? TO_SEE_THE_CAUSE : cause(tenant, loginPages);
    const actual = `“${excerptOf(said, words)}”${why === undefined ? '' : `; ${why}`}`;
    const { clientId, resource } = loginPages;
    const filled = known([
      ['YOUR_CLIENT_ID', clientId],
      ['YOUR_RESOURCE', resource],
    ]);
    return fail([{ reason, expected, actual, at: [good.exchange.id], ...filled }]);
  },
  examples: {
    pass: [{ says: 'a login page', evidence: golden }],
    fail: Object.fromEntries(
      ENTRIES.map(([name, { says, example }]) => [
        name,
        { says, evidence: withLoginPages(golden, { good: saying(example) }) },
      ]),
    ) as unknown as Record<SymptomName, Example<'loginPages', 'tenant'>>,
  },
});

export const loginChecks = checks(letsTheClientComeToItsLogin);
