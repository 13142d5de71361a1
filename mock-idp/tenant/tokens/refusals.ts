import { field, type HeaderLine, jsonReply, type Reply } from '../../http.ts';
import type { TenantContext } from '../behaviour.ts';
import { dialectOf } from '../dialect.ts';

type Words = readonly [status: number, error: string, description: string];

/**
 * Why a token request is refused (RFC 6749 5.2, RFC 8707 2), and what Auth0 says where it says something else. `%` is
 * the detail. No document has Auth0's words for all of these: its status 403 for a bad grant and some texts are what
 * people report, the others are inferred.
 */
const REFUSALS = {
  'not-a-form': { standard: [400, 'invalid_request', 'The body must be application/x-www-form-urlencoded.'] },
  'missing-parameter': { standard: [400, 'invalid_request', 'Missing required parameter: %'] },
  'repeated-parameter': { standard: [400, 'invalid_request', 'The parameter % may be given once.'] },
  'several-authentications': {
    standard: [400, 'invalid_request', 'Only one way of client authentication may be used.'],
  },
  unauthenticated: { standard: [401, 'invalid_client', 'The client could not be authenticated.'] },
  'grant-type-not-supported': {
    standard: [400, 'unsupported_grant_type', 'This grant type is not supported.'],
    auth0: [400, 'unsupported_grant_type', 'Unsupported grant type: %'],
  },
  'grant-type-not-allowed': {
    standard: [400, 'unauthorized_client', 'The client may not use the grant type %.'],
    auth0: [403, 'unauthorized_client', "Grant type '%' not allowed for the client."],
  },
  'code-not-valid': {
    standard: [400, 'invalid_grant', 'The authorization code is not valid.'],
    auth0: [403, 'invalid_grant', 'Invalid authorization code'],
  },
  'redirect-uri-differs': {
    standard: [400, 'invalid_grant', 'The redirect URI is not the one of the authorization request.'],
    auth0: [403, 'invalid_grant', 'The redirect URI is wrong.'],
  },
  'verifier-not-valid': {
    standard: [400, 'invalid_grant', 'The code verifier does not belong to the code.'],
    auth0: [403, 'invalid_grant', 'Failed to verify code verifier'],
  },
  'refresh-token-not-valid': {
    standard: [400, 'invalid_grant', 'The refresh token is not valid.'],
    auth0: [403, 'invalid_grant', 'Unknown or invalid refresh token.'],
  },
  'refresh-token-reused': {
    standard: [400, 'invalid_grant', 'The refresh token is not valid.'],
    auth0: [403, 'invalid_grant', 'Unknown or invalid refresh token.'],
  },
  'scope-not-granted': {
    standard: [400, 'invalid_scope', 'A requested scope is not granted to this client.'],
    auth0: [403, 'access_denied', 'Client has not been granted scopes: %'],
  },
  'no-api-named': {
    standard: [400, 'invalid_target', 'The request names no API.'],
    auth0: [403, 'access_denied', 'No audience parameter was provided, and no default audience has been configured'],
  },
  'api-not-known': {
    standard: [400, 'invalid_target', 'Service not found: %'],
    auth0: [403, 'access_denied', 'Service not enabled within domain: %'],
  },
  'several-apis': { standard: [400, 'invalid_target', 'Only one API may be named.'] },
  'api-not-granted': {
    standard: [400, 'unauthorized_client', 'The client is not authorized to access %.'],
    auth0: [
      403,
      'access_denied',
      'Client is not authorized to access "%". You need to create a "client-grant" associated to this API.',
    ],
  },
  'other-resource': {
    standard: [400, 'invalid_target', 'The resource is not the one that was agreed to: %'],
  },
  'token-of-another-client': {
    standard: [400, 'invalid_grant', 'The token was issued to another client.'],
  },
  'token-type-not-revocable': {
    standard: [400, 'unsupported_token_type', 'Access tokens cannot be revoked: they end by themselves.'],
  },
} as const satisfies Readonly<Record<string, { readonly standard: Words; readonly auth0?: Words }>>;

export type RefusalKind = keyof typeof REFUSALS;

/** Why a request at the token or the revocation endpoint fails. */
export interface Refusal {
  readonly refusal: RefusalKind;
  readonly detail?: string;
}

export function refuse(refusal: RefusalKind, detail?: string): Refusal {
  return { refusal, ...(detail === undefined ? {} : { detail }) };
}

export function isRefusal(value: unknown): value is Refusal {
  return typeof value === 'object' && value !== null && 'refusal' in value;
}

/** Tokens and errors about them are for one reader (RFC 6749 5.1). */
export const NO_STORE: readonly HeaderLine[] = [
  ['Cache-Control', 'no-store'],
  ['Pragma', 'no-cache'],
];

/** RFC 6749 5.2. */
export function tokenError({ refusal, detail = '' }: Refusal, { request, store }: TenantContext): Reply {
  const words: { readonly standard: Words; readonly auth0?: Words } = REFUSALS[refusal];
  const [usual, error, text] = (store.plan.speaks === 'auth0' ? words.auth0 : undefined) ?? words.standard;
  // Who came with the Authorization field is answered with a challenge of its scheme (RFC 6749 5.2).
  const isChallenged = usual === 401 && field(request, 'authorization') !== undefined;
  const status = usual === 401 && !isChallenged ? dialectOf(store).unauthenticatedStatus : usual;
  return jsonReply(status, { error, error_description: text.replace('%', () => printable(detail)) }, [
    ...NO_STORE,
    ...(isChallenged ? [['WWW-Authenticate', 'Basic realm="tenant"'] as const] : []),
  ]);
}

/** What an `error_description` may hold (RFC 6749 5.2). */
function printable(text: string): string {
  return text.replace(/[^\x20\x21\x23-\x5b\x5d-\x7e]/g, '?');
}
