import { jsonReply, withHeaders } from '../../http.ts';
import { isProblem, type Problem } from '../../tenant/access.ts';
import type { TenantBehaviour, TenantContext } from '../../tenant/behaviour.ts';
import type { ClientGrant } from '../../tenant/entities.ts';
import { CLIENTS } from '../../tenant/states/conforming.ts';
import type { Configuration } from '../../tenant/store.ts';
import type { Fault } from '../fault.ts';
import { answerTenantPaths, type TenantReplacement } from '../replace.ts';

/** Says so to each request that asks for an API, before anybody signs in. */
const refusing =
  (problem: Problem): TenantReplacement =>
  () => ({ targetApi: () => problem });

/** Reads the resource of a request otherwise. */
const readingResource =
  (read: (resource: string, context: TenantContext) => string): TenantReplacement =>
  ({ targetApi }: TenantBehaviour) => ({
    targetApi: (parameters, client, context) => {
      const resource = parameters.get('resource');
      if (resource === null) return targetApi(parameters, client, context);
      const others = [...parameters].filter(([name]) => name !== 'resource');
      return targetApi(new URLSearchParams([...others, ['resource', read(resource, context)]]), client, context);
    },
  });

/** Gives what is asked for, whatever was granted. */
const GRANTS_ALL: TenantReplacement = () => ({ grantScope: ({ scope }) => scope });

const claimsOf =
  (edit: (claims: Record<string, unknown>) => Record<string, unknown>): TenantReplacement =>
  ({ accessTokenClaims }) => ({
    accessTokenClaims: (issue, context) => edit(accessTokenClaims(issue, context)),
  });

/** The first API of the tenant, with other grants for users. */
const withUserGrants =
  (grants: (audience: string, given: readonly ClientGrant[]) => readonly ClientGrant[]) =>
  (configuration: Configuration): Configuration => {
    const audience = configuration.resourceServers[0]!.identifier;
    return { ...configuration, clientGrants: [...grants(audience, configuration.clientGrants)] };
  };

const LIMITED = { statusCode: 429, error: 'too_many_requests', message: 'Global limit has been reached' };

/** What shows between the tenant's configuration, its pages and its tokens. */
export const ACROSS_FAULTS: readonly Fault[] = [
  {
    id: 'looks-at-audience-alone',
    says: 'Requests without an audience name no API, whatever their resource is.',
    tenant: refusing({
      error: 'invalid_request',
      description: 'The userinfo audience is not allowed for third party clients. Please specify a valid API audience.',
    }),
    trips: ['tenant/lets-the-client-come-to-its-login:no-api-named'],
  },
  {
    id: 'has-no-connection-for-the-client',
    says: 'No connection is enabled for the client, nor for third parties.',
    tenant: () => ({
      connectionsFor: () => ({ error: 'invalid_request', description: 'no connections enabled for the client' }),
    }),
    trips: ['tenant/lets-the-client-come-to-its-login:no-connection'],
  },
  {
    id: 'has-no-grant-for-the-client',
    says: 'The client is not authorized for the API of the MCP server.',
    tenant: refusing({
      error: 'unauthorized_client',
      description: 'Client "tpc_0000" is not authorized to access resource server "https://mcp.example.com/mcp".',
    }),
    trips: ['tenant/lets-the-client-come-to-its-login:no-grant'],
  },
  {
    id: 'allows-the-client-no-codes',
    says: 'The authorization code is not among the grants of the client.',
    tenant: refusing({
      error: 'unauthorized_client',
      description: "Grant type 'authorization_code' not allowed for the client.",
    }),
    trips: ['tenant/lets-the-client-come-to-its-login:grant-type'],
  },
  {
    id: 'refuses-the-resource-parameter',
    says: 'The resource parameter is not among those that clients may send.',
    tenant: ({ refuseParameters }) => ({
      refuseParameters: (parameters, client, context) =>
        parameters.has('resource')
          ? { error: 'invalid_request', description: 'Parameter not allowed: resource' }
          : refuseParameters(parameters, client, context),
    }),
    trips: ['tenant/lets-the-client-come-to-its-login:parameter-refused'],
  },
  {
    id: 'knows-the-resource-with-a-slash-more',
    says: 'A slash at the end of the resource makes no difference.',
    tenant: readingResource((resource) => resource.replace(/\/$/, '')),
    trips: ['tenant/lets-in-the-resource-in-one-form:other-form'],
  },
  {
    id: 'has-a-default-audience-for-third-parties',
    says: 'Third-party clients that name no API are let in for the one of the MCP server.',
    tenant: ({ targetApi }) => ({
      targetApi: (parameters, client, context) =>
        parameters.has('resource') || parameters.has('audience')
          ? targetApi(parameters, client, context)
          : context.store.resourceServers[0],
    }),
    trips: ['tenant/lets-no-third-party-in-without-an-api:let-in'],
  },
  {
    id: 'lets-third-parties-ask-for-the-management-api',
    says: 'Third-party clients come to the login with a request for the Management API.',
    tenant: ({ targetApi }) => ({
      targetApi: (parameters, client, context) =>
        parameters.get('resource')?.endsWith('/api/v2/') === true
          ? context.store.resourceServers[0]
          : targetApi(parameters, client, context),
    }),
    trips: ['tenant/keeps-third-parties-from-system-apis:let-in'],
  },
  {
    id: 'issues-tokens-without-permissions',
    says: 'The dialect of the API promises permissions, and tokens have none.',
    tenant: claimsOf(({ permissions: _, ...rest }) => rest),
    trips: ['tenant/issues-tokens-in-the-dialect-of-the-api:no-permissions'],
  },
  {
    id: 'issues-tokens-with-permissions-and-no-scope',
    says: 'Tokens hold what the user may do, and nothing of what the client asked for.',
    // What machines get stays as it is: the audit itself is one.
    tenant: claimsOf((given) => (String(given.sub).endsWith('@clients') ? given : { ...given, scope: '' })),
    trips: ['tenant/issues-tokens-in-the-dialect-of-the-api:no-scope'],
  },
  {
    id: 'passes-over-the-default-grant',
    says: 'Third-party clients have one scope by default, and get what they ask for.',
    configuration: withUserGrants((_, given) =>
      given.map((each) => (each.default_for === undefined ? each : { ...each, scope: each.scope.slice(0, 1) })),
    ),
    tenant: GRANTS_ALL,
    trips: ['tenant/keeps-tokens-within-their-grants:beyond-the-default'],
  },
  {
    id: 'passes-over-the-grant-of-the-client',
    says: 'The client has a grant of one scope, and gets what third parties have by default.',
    configuration: withUserGrants((audience, given) => [
      ...given,
      {
        id: 'cgr_000000000000009',
        client_id: CLIENTS.native,
        audience,
        scope: given.find((each) => each.audience === audience)?.scope.slice(0, 1) ?? [],
        allow_all_scopes: false,
        subject_type: 'user',
        is_system: false,
      },
    ]),
    tenant: GRANTS_ALL,
    trips: ['tenant/keeps-tokens-within-their-grants:beyond-its-own'],
  },
  {
    id: 'gives-no-refresh-tokens',
    says: 'offline_access is advertised, and left out of what is granted.',
    tenant: ({ grantScope }) => ({
      grantScope: (transaction, user, context) => {
        const granted = grantScope(transaction, user, context);
        return isProblem(granted) ? granted : granted.filter((scope) => scope !== 'offline_access');
      },
    }),
    trips: ['tenant/gives-the-refresh-tokens-that-are-asked-for:none'],
  },
  {
    id: 'names-document-clients-by-an-id-of-its-own',
    says: 'The token of a client that is known by its document names an id that the tenant has made.',
    tenant: claimsOf((given) =>
      String(given.client_id).startsWith('http') ? { ...given, client_id: 'tpc_0000000000000001' } : given,
    ),
    trips: ['tenant/names-document-clients-by-their-url:another-name'],
  },
  {
    id: 'asks-nobody-for-consent',
    says: 'No user is asked for consent, whatever client it is and whatever it wants.',
    tenant: () => ({ needsConsent: () => false, needsConfirmation: () => false }),
    trips: ['tenant/asks-users-of-third-parties:not-asked'],
  },
  {
    id: 'refreshes-for-another-api',
    says: 'The token that a refresh gives is for another API of the tenant.',
    tenant: ({ accessTokenAudience }) => ({
      accessTokenAudience: (issue, context) =>
        new URLSearchParams(context.request.body).get('grant_type') === 'refresh_token'
          ? 'https://other-api.example'
          : accessTokenAudience(issue, context),
    }),
    trips: ['tenant/keeps-the-api-at-a-refresh:another-api'],
  },
  {
    id: 'refuses-for-limits-without-a-time',
    says: 'Custom domains can be asked for no more, and nothing says for how long.',
    tenant: answerTenantPaths(['/api/v2/custom-domains'], () => jsonReply(429, LIMITED)),
    trips: ['tenant/says-when-to-come-again:without-a-time'],
  },
  {
    id: 'refuses-for-limits-as-if-it-were-down',
    says: 'Nothing is left of the limit, and the answer is 503.',
    tenant: answerTenantPaths(['/api/v2/custom-domains'], () =>
      withHeaders(jsonReply(503, LIMITED), [['x-ratelimit-remaining', '0']]),
    ),
    trips: ['tenant/says-when-to-come-again:another-status'],
  },
];
