import { isProblem } from '../../tenant/access.ts';
import type { TenantContext } from '../../tenant/behaviour.ts';
import type { Fault } from '../fault.ts';

/** The parameters with one value of `resource` at most. */
function withResource(parameters: URLSearchParams, resource: string | undefined): URLSearchParams {
  const others = [...parameters].filter(([name]) => name !== 'resource');
  return new URLSearchParams(resource === undefined ? others : [...others, ['resource', resource]]);
}

/** The parameters with an API's identifier as the resource, where one has the resource's origin. */
function withApiOfOrigin(parameters: URLSearchParams, { store }: TenantContext): URLSearchParams {
  const resource = parameters.get('resource') ?? undefined;
  if (resource === undefined || !URL.canParse(resource)) return parameters;
  const api = store.resourceServers.find(({ identifier }) => new URL(identifier).origin === new URL(resource).origin);
  return withResource(parameters, api?.identifier ?? resource);
}

const scopesOf = (parameters: URLSearchParams): readonly string[] =>
  (parameters.get('scope') ?? '').split(' ').filter(Boolean);

/** What is asked for: the resource, the scope, and parameters as such. */
export const REQUEST_FAULTS: readonly Fault[] = [
  {
    id: 'ignores-the-resource',
    says: 'The resource of the requests means nothing, and tokens are for no API at all.',
    tenant: ({ resourceAtTokenEndpoint }) => ({
      targetApi: () => undefined,
      requestedScope: scopesOf,
      grantScope: ({ scope }) => scope,
      resourceAtTokenEndpoint: (authorization, parameters, context) =>
        resourceAtTokenEndpoint(authorization, withResource(parameters, undefined), context),
    }),
    trips: [
      'token-endpoint/issues-short-lived-tokens:lives-long',
      'flow/leads-from-a-401-to-a-tool-call:token-refused',
      'token-endpoint/issues-tokens-that-others-can-read:encrypted',
      'authorization/issues-no-tokens-for-unknown-resources:no-uri-served',
      'authorization/issues-no-tokens-for-unknown-resources:served-all-the-same',
      'authorization/leaves-no-resource-out-in-silence:audience-goes-before',
      'authorization/leaves-no-resource-out-in-silence:one-of-several',
      'tenant/lets-no-third-party-in-without-an-api:let-in',
      'tenant/selects-the-api-by-resource:opaque',
    ],
  },
  {
    id: 'accepts-unknown-resources',
    says: 'A resource that nobody knows leads to tokens for the API that happens to be the first.',
    tenant: ({ targetApi, resourceAtTokenEndpoint }) => ({
      targetApi: (parameters, client, context) => {
        const api = targetApi(parameters, client, context);
        return isProblem(api) && parameters.has('resource') ? context.store.resourceServers[0] : api;
      },
      resourceAtTokenEndpoint: (authorization, parameters, context) => {
        const isKnown = context.store.resourceServers.some(
          ({ identifier }) => identifier === parameters.get('resource'),
        );
        return resourceAtTokenEndpoint(
          authorization,
          isKnown ? parameters : withResource(parameters, undefined),
          context,
        );
      },
    }),
    trips: [
      'authorization/issues-no-tokens-for-unknown-resources:no-uri-served',
      'authorization/issues-no-tokens-for-unknown-resources:served-all-the-same',
      'authorization/leaves-no-resource-out-in-silence:audience-goes-before',
      'authorization/leaves-no-resource-out-in-silence:one-of-several',
      'tenant/selects-the-api-by-resource:ignored',
    ],
  },
  {
    id: 'takes-the-first-of-several-resources',
    says: 'Requests that name several resources get tokens for the first, and are not told.',
    tenant: ({ targetApi, resourceAtTokenEndpoint }) => ({
      targetApi: (parameters, client, context) =>
        targetApi(withResource(parameters, parameters.get('resource') ?? undefined), client, context),
      resourceAtTokenEndpoint: (authorization, parameters, context) =>
        resourceAtTokenEndpoint(
          authorization,
          withResource(parameters, parameters.get('resource') ?? undefined),
          context,
        ),
    }),
    trips: ['authorization/leaves-no-resource-out-in-silence:one-of-several'],
  },
  {
    id: 'knows-resources-by-their-origin',
    says: 'Any path on the host of an API counts as that API.',
    tenant: ({ targetApi, resourceAtTokenEndpoint }) => ({
      targetApi: (parameters, client, context) => targetApi(withApiOfOrigin(parameters, context), client, context),
      resourceAtTokenEndpoint: (authorization, parameters, context) =>
        resourceAtTokenEndpoint(authorization, withApiOfOrigin(parameters, context), context),
    }),
    trips: [
      'authorization/issues-no-tokens-for-unknown-resources:no-uri-served',
      'authorization/issues-no-tokens-for-unknown-resources:served-all-the-same',
      'authorization/leaves-no-resource-out-in-silence:one-of-several',
      'tenant/lets-in-the-resource-in-one-form:other-form',
    ],
  },
  {
    id: 'accepts-repeated-parameters',
    says: 'Of a parameter that stands twice the first counts.',
    tenant: ({ authorizationParameters }) => ({
      authorizationParameters: (context) => {
        const all = authorizationParameters(context);
        return new URLSearchParams(
          [...all].filter(([name], at) => name === 'resource' || at === [...all.keys()].indexOf(name)),
        );
      },
    }),
    trips: [
      'authorization/takes-no-second-redirect-uri:repetition-accepted',
      'authorization/refuses-repeated-parameters:repeated-served',
    ],
  },
  {
    id: 'grants-every-scope-that-is-asked-for',
    says: 'Whatever scope is asked for is granted, be it the user’s to give or not.',
    tenant: () => ({ requestedScope: scopesOf, grantScope: ({ scope }) => scope }),
    trips: [],
  },
  {
    id: 'grants-more-scopes-than-were-asked-for',
    says: 'Every code carries all scopes of the API, however few were asked for.',
    tenant: ({ grantScope }) => ({
      grantScope: (transaction, user, context) => {
        const api = context.store.resourceServers.find(({ identifier }) => identifier === transaction.audience);
        const scope = [...new Set([...transaction.scope, ...(api?.scopes.map(({ value }) => value) ?? [])])];
        return grantScope({ ...transaction, scope }, user, context);
      },
    }),
    trips: [],
  },
  {
    id: 'serves-clients-without-a-connection',
    says: 'Users sign in to a client for which no connection is enabled.',
    state: 'own-clients',
    tenant: () => ({ connectionsFor: (_parameters, _client, { store }) => store.connections.map(({ name }) => name) }),
    trips: [],
  },
];
