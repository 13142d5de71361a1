import { emptyReply, jsonReply, type Reply } from '../../http.ts';
import type { TenantContext } from '../behaviour.ts';
import { dialectOf } from '../dialect.ts';
import type { Client } from '../entities.ts';
import type { RefreshToken } from '../store.ts';
import { isClient } from './clients.ts';
import { isRefusal, NO_STORE, type Refusal, refuse } from './refusals.ts';
import { readAccessToken } from './userinfo.ts';

/** /oauth/revoke (RFC 7009 2). */
export async function answerRevocationRequest(context: TenantContext): Promise<Reply> {
  const { behaviour, request } = context;
  if (request.method !== 'POST') return jsonReply(405, { error: 'method_not_allowed' }, [['Allow', 'POST']]);
  const refusal = await revoke(context);
  return refusal === undefined ? emptyReply(200, NO_STORE) : behaviour.tokenError(refusal, context);
}

async function revoke(context: TenantContext): Promise<Refusal | undefined> {
  const { behaviour, store } = context;
  const parameters = behaviour.readParameters(context);
  if (isRefusal(parameters)) return parameters;
  const client = await behaviour.authenticateClient(parameters, context);
  if (isRefusal(client)) return client;
  const value = parameters.get('token');
  if (value === null) return refuse('missing-parameter', 'token');
  const token = store.refreshTokens.get(value);
  // RFC 7009 2.2: an unknown token is no error. That an access token lives on is one (2.2.1), which Auth0 does not tell.
  if (token === undefined) {
    const isTold = dialectOf(store).tellsOfIrrevocableTokens && (await behaviour.isAccessToken(value, context));
    return isTold ? refuse('token-type-not-revocable') : undefined;
  }
  if (!behaviour.mayRevoke(token, client, context)) return refuse('token-of-another-client');
  behaviour.revokeRefreshToken(token, context);
  return undefined;
}

/** Whether it is an access token of ours that is still good. One that an API's secret has signed is not looked for. */
export async function isAccessToken(value: string, context: TenantContext): Promise<boolean> {
  return (await readAccessToken(value, context)) !== undefined;
}

/** A client revokes what was issued to it (RFC 7009 2.1). */
export function mayRevoke({ authorization }: RefreshToken, client: Client): boolean {
  return isClient(client, authorization.clientId);
}

/** The grant ends, and with it all refresh tokens that came of it (RFC 7009 2.1). */
export function revokeRefreshToken({ family }: RefreshToken, { store }: TenantContext): void {
  store.endedFamilies.add(family);
}
