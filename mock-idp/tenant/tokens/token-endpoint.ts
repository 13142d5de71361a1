import { jsonReply, type Reply } from '../../http.ts';
import type { TenantContext } from '../behaviour.ts';
import { dialectOf } from '../dialect.ts';
import type { Client, GrantType } from '../entities.ts';
import { writeLog } from '../management/log.ts';
import { grantClientCredentials } from './client-credentials.ts';
import { findClient } from './clients.ts';
import { grantAuthorizationCode } from './code.ts';
import type { TokenResponse } from './issue.ts';
import { grantRefreshToken } from './refresh.ts';
import { isRefusal, NO_STORE, type Refusal, refuse } from './refusals.ts';

interface Grant {
  readonly answer: (
    client: Client,
    parameters: URLSearchParams,
    context: TenantContext,
  ) => Promise<TokenResponse | Refusal>;
  /** Event type codes of Auth0's log. */
  readonly succeeded: string;
  readonly failed: string;
  readonly description: string;
}

const GRANTS: Readonly<Partial<Record<string, Grant>>> = {
  authorization_code: {
    answer: grantAuthorizationCode,
    succeeded: 'seacft',
    failed: 'feacft',
    description: 'Authorization Code for Access Token',
  },
  refresh_token: {
    answer: grantRefreshToken,
    succeeded: 'sertft',
    failed: 'fertft',
    description: 'Refresh Token for Access Token',
  },
  client_credentials: {
    answer: grantClientCredentials,
    succeeded: 'seccft',
    failed: 'feccft',
    description: 'Client Credentials for Access Token',
  },
};

/** /oauth/token (RFC 6749 3.2). */
export async function answerTokenRequest(context: TenantContext): Promise<Reply> {
  const { behaviour, request } = context;
  if (request.method !== 'POST') return jsonReply(405, { error: 'method_not_allowed' }, [['Allow', 'POST']]);
  const parameters = behaviour.readParameters(context);
  if (isRefusal(parameters)) return behaviour.tokenError(parameters, context);
  const name = parameters.get('grant_type');
  if (name === null) return behaviour.tokenError(refuse('missing-parameter', 'grant_type'), context);
  const grant = Object.hasOwn(GRANTS, name) ? GRANTS[name] : undefined;
  if (grant === undefined) {
    const isKnown = dialectOf(context.store).refusedGrants.includes(name);
    const kind = isKnown ? 'grant-type-not-allowed' : 'grant-type-not-supported';
    return behaviour.tokenError(refuse(kind, name), context);
  }
  const client = await behaviour.authenticateClient(parameters, context);
  const answer = isRefusal(client)
    ? client
    : behaviour.mayUseGrant(client, name, context)
      ? await grant.answer(client, parameters, context)
      : refuse('grant-type-not-allowed', name);
  record(grant, isRefusal(client) ? claimedClient(parameters, context) : client, answer, context);
  return isRefusal(answer) ? behaviour.tokenError(answer, context) : behaviour.tokenReply(answer, context);
}

/** RFC 6749 5.2, `unauthorized_client`. */
export function mayUseGrant(client: Client, name: string): boolean {
  return client.grant_types.includes(name as GrantType);
}

/** RFC 6749 5.1. */
export function tokenReply(response: TokenResponse): Reply {
  return jsonReply(200, response, NO_STORE);
}

function record(
  grant: Grant,
  client: Client | undefined,
  answer: TokenResponse | Refusal,
  context: TenantContext,
): void {
  const named = client === undefined ? {} : { client };
  if (!isRefusal(answer)) {
    writeLog(context, { type: grant.succeeded, description: grant.description, ...named });
    return;
  }
  const isReuse = answer.refusal === 'refresh-token-reused';
  writeLog(context, {
    type: isReuse ? 'ferrt' : grant.failed,
    description: isReuse ? 'Reused rotating refresh token detected' : answer.refusal.replaceAll('-', ' '),
    ...named,
  });
}

/** Who the request said it was from, though it could not show it. */
function claimedClient(parameters: URLSearchParams, { store }: TenantContext): Client | undefined {
  const id = parameters.get('client_id');
  return id === null ? undefined : findClient(id, store);
}
