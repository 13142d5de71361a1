import { isProblem, isStrict, OIDC_SCOPES, type Problem, scopesForUser } from '../access.ts';
import type { TenantContext } from '../behaviour.ts';
import { dialectOf } from '../dialect.ts';
import type { Client, ResourceServer } from '../entities.ts';
import type { CodeChallenge } from '../store.ts';

/** What a request asks for, once nothing is wrong with it. */
export interface AuthorizationRequest {
  readonly api: ResourceServer | undefined;
  readonly scope: readonly string[];
  readonly challenge: CodeChallenge | undefined;
  readonly connections: readonly string[];
}

/** The request's parameters. RFC 6749 3.1: those without a value count as left out. */
export function authorizationParameters({ request }: TenantContext): URLSearchParams {
  const all = new URLSearchParams(request.method === 'POST' ? request.body : request.query);
  return new URLSearchParams([...all].filter(([, value]) => value !== ''));
}

/** The client that a request names: by its id, or by the URL of its metadata document. */
export async function findClient(clientId: string, context: TenantContext): Promise<Client | undefined | Problem> {
  const known = context.store.clients.find(({ client_id }) => client_id === clientId);
  return known ?? (/^https?:/i.test(clientId) ? context.behaviour.resolveClientUrl(clientId, context) : undefined);
}

/** What the client asks for, or the first thing that is wrong with it. Client and redirect URI are known to be good. */
export function readRequest(
  parameters: URLSearchParams,
  client: Client,
  context: TenantContext,
): AuthorizationRequest | Problem {
  const { behaviour } = context;
  const refused =
    behaviour.refuseParameters(parameters, client, context) ??
    behaviour.refuseResponse(parameters, client, context) ??
    refusePrompt(parameters);
  if (refused !== undefined) return refused;
  const challenge = behaviour.codeChallengeOf(parameters, client, context);
  if (isProblem(challenge)) return challenge;
  const api = behaviour.targetApi(parameters, client, context);
  if (isProblem(api)) return api;
  const scope = behaviour.requestedScope(parameters, api, context);
  if (isProblem(scope)) return scope;
  // Said before anybody signs in: no user could change it.
  const allowed = api === undefined ? [] : scopesForUser(client, api, context);
  if (isProblem(allowed)) return allowed;
  const connections = behaviour.connectionsFor(parameters, client, context);
  return isProblem(connections) ? connections : { api, scope, challenge, connections };
}

/** Parameters that may stand more than once: RFC 8707 2 lets `resource`, and whoever reads it decides. */
const REPEATABLE = ['resource'];

/** What a strict client may send: Auth0's list of names. `response_mode` is in neither of its lists; its value is judged. */
const STRICT_PARAMETERS =
  /^(acr_values|audience|authorization_details|client_id|code_challenge|code_challenge_method|connection|correlation_id|display|dpop_jkt|ext-.*|login_hint|max_age|nonce|prompt|redirect_uri|resource|response_mode|response_type|scope|state|ui_locales)$/;

/** OpenID Connect Core 3.1.2.6: not supported, and must not be ignored, for they would replace what the URL says. */
const REQUEST_OBJECTS: readonly (readonly [parameter: string, error: string])[] = [
  ['request', 'request_not_supported'],
  ['request_uri', 'request_uri_not_supported'],
];

/** Parameters that may not be sent, or not twice. */
export function refuseParameters(
  parameters: URLSearchParams,
  client: Client,
  { store }: TenantContext,
): Problem | undefined {
  const names = [...new Set(parameters.keys())];
  const repeated = names.find((name) => !REPEATABLE.includes(name) && parameters.getAll(name).length > 1);
  if (repeated !== undefined) {
    return { error: 'invalid_request', description: `Parameter must not be repeated: ${repeated}` };
  }
  if (dialectOf(store).limitsParameters && isStrict(client)) {
    const unlisted = names.find((name) => !STRICT_PARAMETERS.test(name));
    if (unlisted !== undefined) return { error: 'invalid_request', description: `Parameter not allowed: ${unlisted}` };
  }
  const object = REQUEST_OBJECTS.find(([name]) => parameters.has(name));
  return object && { error: object[1], description: `Parameter not supported: ${object[0]}` };
}

/** Kinds of answer that are not given: all but a code in the query, to clients that have the code grant. */
export function refuseResponse(parameters: URLSearchParams, client: Client): Problem | undefined {
  const type = parameters.get('response_type');
  if (type === null) return { error: 'invalid_request', description: 'Missing required parameter: response_type' };
  if (type !== 'code') return { error: 'unsupported_response_type', description: `Unsupported response type: ${type}` };
  const mode = parameters.get('response_mode');
  if (mode !== null && mode !== 'query') {
    return { error: 'invalid_request', description: `Unsupported response mode: ${mode}` };
  }
  return client.grant_types.includes('authorization_code')
    ? undefined
    : {
        error: 'unauthorized_client',
        description: "Grant type 'authorization_code' not allowed for the client.",
      };
}

const PROMPTS = ['none', 'login', 'consent', 'select_account'];

/** The values of `prompt` (OpenID Connect Core 3.1.2.1). */
export function promptsOf(parameters: URLSearchParams): readonly string[] {
  return (parameters.get('prompt') ?? '').split(' ').filter(Boolean);
}

function refusePrompt(parameters: URLSearchParams): Problem | undefined {
  const prompts = promptsOf(parameters);
  const maxAge = parameters.get('max_age');
  if (prompts.some((prompt) => !PROMPTS.includes(prompt)) || (prompts.includes('none') && prompts.length > 1)) {
    return { error: 'invalid_request', description: `Invalid prompt: ${prompts.join(' ')}` };
  }
  return maxAge === null || /^\d{1,9}$/.test(maxAge)
    ? undefined
    : { error: 'invalid_request', description: 'max_age must be a number of seconds.' };
}

/** RFC 6749 3.3. */
const SCOPE = /^[\x21\x23-\x5B\x5D-\x7E]+( [\x21\x23-\x5B\x5D-\x7E]+)*$/;

/** Scopes the client asks for. Those it may not have are left out later, in silence; if there is none else, it is told. */
export function requestedScope(
  parameters: URLSearchParams,
  api: ResourceServer | undefined,
  { store }: TenantContext,
): readonly string[] | Problem {
  const text = parameters.get('scope');
  const known = api?.scopes.map(({ value }) => value) ?? [];
  const dialect = dialectOf(store);
  if (text === null) return dialect.defaultsToAllScopes ? known : [];
  const scope = [...new Set(text.split(' '))];
  const all = [...known, ...OIDC_SCOPES, 'offline_access'];
  return SCOPE.test(text) && (!dialect.refusesUnknownScopes || scope.some((each) => all.includes(each)))
    ? scope
    : { error: 'invalid_scope', description: 'The requested scope is unknown or malformed.' };
}

/** Names of the connections by which users of the client come: those of the whole domain, for third parties; its own. */
export function connectionsFor(
  parameters: URLSearchParams,
  client: Client,
  { store }: TenantContext,
): readonly string[] | Problem {
  const enabled = store.connections
    .filter(
      ({ is_domain_connection, enabled_clients }) =>
        (is_domain_connection && !client.is_first_party) || enabled_clients.includes(client.client_id),
    )
    .map(({ name }) => name);
  if (enabled.length === 0) return { error: 'invalid_request', description: 'no connections enabled for the client' };
  const named = parameters.get('connection') ?? undefined;
  const directory = store.settings.default_directory;
  if (named !== undefined && !enabled.includes(named)) {
    return { error: 'invalid_request', description: 'the connection is not enabled for the client' };
  }
  if (named !== undefined) return [named];
  return directory !== undefined && enabled.includes(directory) ? [directory] : enabled;
}
