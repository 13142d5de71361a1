import type { TenantContext } from '../behaviour.ts';
import type { Client } from '../entities.ts';
import { issueTokens, type TokenResponse } from './issue.ts';
import { isRefusal, type Refusal, refuse } from './refusals.ts';
import { scopeList } from './resource.ts';

/** The client credentials grant (RFC 6749 4.4). */
export async function grantClientCredentials(
  client: Client,
  parameters: URLSearchParams,
  context: TenantContext,
): Promise<TokenResponse | Refusal> {
  const { behaviour } = context;
  // RFC 6749 4.4: for confidential clients only.
  if (client.token_endpoint_auth_method === 'none') return refuse('grant-type-not-allowed', 'client_credentials');
  const api = behaviour.apiForClient(parameters, client, context);
  if (isRefusal(api)) return api;
  const requested = parameters.get('scope');
  const scope = behaviour.scopeForClient(requested === null ? undefined : scopeList(requested), client, api, context);
  if (isRefusal(scope)) return scope;
  const authorization = {
    clientId: client.client_id,
    subject: `${client.client_id}@clients`,
    audience: api.identifier,
    scope,
    grantType: 'client_credentials',
  } as const;
  return issueTokens({ client, authorization, api }, undefined, context);
}
