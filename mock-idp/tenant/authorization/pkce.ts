import { isStrict, type Problem } from '../access.ts';
import type { TenantContext } from '../behaviour.ts';
import { dialectOf } from '../dialect.ts';
import type { Client } from '../entities.ts';
import type { CodeChallenge } from '../store.ts';

/** RFC 7636 4.2. */
const CHALLENGE = /^[A-Za-z0-9\-._~]{43,128}$/;

/** The request's code challenge (RFC 7636 4.3). Of the methods there are, S256 alone is accepted. */
export function codeChallengeOf(
  parameters: URLSearchParams,
  client: Client,
  context: TenantContext,
): CodeChallenge | undefined | Problem {
  const value = parameters.get('code_challenge');
  const method = parameters.get('code_challenge_method');
  if (value === null) {
    const isNeeded = method !== null || context.behaviour.needsCodeChallenge(client, context);
    const description = dialectOf(context.store).pkceMissing;
    return isNeeded ? { error: 'invalid_request', description } : undefined;
  }
  // RFC 7636 4.3: a challenge without a method is a plain one.
  if (method !== 'S256') {
    return { error: 'invalid_request', description: 'Transform algorithm not supported: only S256 is.' };
  }
  return CHALLENGE.test(value)
    ? { value, method }
    : { error: 'invalid_request', description: 'code_challenge must have 43 to 128 unreserved characters.' };
}

export function needsCodeChallenge(client: Client, { store }: TenantContext): boolean {
  return dialectOf(store).wantsPkceOfAll || isStrict(client);
}
