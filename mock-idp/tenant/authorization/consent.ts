import { isProblem, isThirdParty } from '../access.ts';
import type { TenantContext } from '../behaviour.ts';
import type { ResourceServer, User } from '../entities.ts';
import type { ConsentDetails } from '../pages/screens.ts';
import type { Transaction } from '../store.ts';
import { destinationOf, isVerifiable } from './redirect-uri.ts';
import { promptsOf } from './request.ts';

const WORDS: Readonly<Record<string, string>> = {
  openid: 'Know who you are',
  profile: 'See your name and profile',
  email: 'See your email address',
  offline_access: 'Keep this access while you are away',
};

/**
 * Whether the user is asked. Third parties always need consent, to each scope of each API once; `prompt=consent` asks
 * for it again. First parties need it where their redirect URI shows nobody who they are.
 */
export function needsConsent(transaction: Transaction, user: User, context: TenantContext): boolean {
  const { client, parameters, redirectUri } = transaction;
  if (promptsOf(parameters).includes('consent')) return true;
  const api = apiOf(transaction, context);
  if (!isThirdParty(client)) {
    const isSpared = api?.skip_consent_for_verifiable_first_party_clients ?? true;
    if (api === undefined || (isSpared && isVerifiable(redirectUri))) return false;
  }
  const agreed = context.store.consents.get(consentKey(transaction, user));
  return agreed === undefined || grantedTo(transaction, user, context).some((scope) => !agreed.includes(scope));
}

/** Adds what the user agreed to now to what they agreed to before. */
export function keepConsent(transaction: Transaction, user: User, context: TenantContext): void {
  const key = consentKey(transaction, user);
  const before = context.store.consents.get(key) ?? [];
  context.store.consents.set(key, [...new Set([...before, ...grantedTo(transaction, user, context)])]);
}

/**
 * Whether the user confirms a sign-in of which no page has told them: any program may have taken the redirect URI's
 * port or scheme (RFC 8252 8.6).
 */
export function needsConfirmation({ client, redirectUri }: Transaction, { store }: TenantContext): boolean {
  const { skip_non_verifiable_callback_uri_confirmation_prompt: isSkipped } = { ...store.settings, ...client };
  return !isVerifiable(redirectUri) && isSkipped !== true;
}

export function consentDetails(transaction: Transaction, user: User, context: TenantContext): ConsentDetails {
  const { client, redirectUri } = transaction;
  const api = apiOf(transaction, context);
  const inWords = (value: string) =>
    api?.scopes.find((scope) => scope.value === value)?.description ?? WORDS[value] ?? value;
  return {
    client: client.name,
    destination: destinationOf(redirectUri),
    ...(!isVerifiable(redirectUri) && { isAnybodys: true }),
    ...(client.external_client_id !== undefined && { clientHost: new URL(client.external_client_id).host }),
    ...(api !== undefined && { api: api.name }),
    scopes: grantedTo(transaction, user, context).map((value) => ({ value, words: inWords(value) })),
  };
}

/** What the user may grant of what was asked for: nothing where the API has refused the client meanwhile. */
function grantedTo(transaction: Transaction, user: User, context: TenantContext): readonly string[] {
  const scope = context.behaviour.grantScope(transaction, user, context);
  return isProblem(scope) ? [] : scope;
}

export function apiOf({ audience }: Transaction, { store }: TenantContext): ResourceServer | undefined {
  return store.resourceServers.find(({ identifier }) => identifier === audience);
}

function consentKey({ client, audience = '' }: Transaction, { user_id }: User): string {
  return `${user_id} ${client.client_id} ${audience}`;
}
