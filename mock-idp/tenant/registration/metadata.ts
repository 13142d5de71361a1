import type { Problem } from '../access.ts';
import type { TenantContext } from '../behaviour.ts';
import type { Client, ClientAuthMethod, GrantType } from '../entities.ts';
import { isTexts } from '../json.ts';
import { LOOPBACK_HOSTS } from '../loopback.ts';

/** Client metadata as it was sent (RFC 7591 2): a JSON object, nothing checked. */
export type RequestedMetadata = Readonly<Record<string, unknown>>;

/** Client metadata as it is registered. */
export interface RegisteredMetadata {
  readonly client_name: string;
  readonly redirect_uris: readonly string[];
  readonly grant_types: readonly GrantType[];
  readonly response_types: readonly ['code'];
  readonly token_endpoint_auth_method: ClientAuthMethod;
  readonly application_type: 'native' | 'web';
  readonly logo_uri?: string;
}

export type ApplicationType = RegisteredMetadata['application_type'];

/** Schemes that lead into the browser itself, or to files. */
const DANGEROUS_SCHEMES: readonly string[] = [
  'javascript:',
  'data:',
  'vbscript:',
  'file:',
  'blob:',
  'about:',
  'filesystem:',
];

/** Members that are not said: Auth0's defaults, of which RFC 7591 2 knows that a server may have its own. */
const DEFAULTS = { name: 'My App', method: 'client_secret_post' } as const;

/** The metadata to register, or why it cannot be (RFC 7591 3.2.2). Members nobody knows are ignored (2). */
export function decideMetadata(requested: RequestedMetadata, context: TenantContext): RegisteredMetadata | Problem {
  const { behaviour } = context;
  const malformed = malformedMember(requested);
  if (malformed !== undefined) return malformed;
  // The types were checked above.
  const uris = requested.redirect_uris as readonly string[];
  const type = applicationType(requested, uris);
  if (type === undefined) return invalid("application_type must be 'native' or 'web'");
  for (const uri of uris) {
    const problem = behaviour.redirectUriProblem(uri, type, context);
    if (problem !== undefined) return { error: 'invalid_redirect_uri', description: `${uri}: ${problem}` };
  }
  const grants = behaviour.registeredGrants(requested.grant_types as readonly string[] | undefined, context);
  // RFC 7591 2.1: the response type `code` goes with this grant, and a refresh token comes of nothing else here.
  if (!grants.includes('authorization_code'))
    return invalid('grant_types must have authorization_code; refresh_token may stand beside it');
  const types = requested.response_types as readonly string[] | undefined;
  if (types !== undefined && !types.includes('code')) return invalid('The only response type is code');
  const method = behaviour.registeredAuthMethod(requested.token_endpoint_auth_method as string | undefined, context);
  if (method === undefined) return invalid("token_endpoint_auth_method must be 'none' or 'client_secret_post'");
  const logo = requested.logo_uri as string | undefined;
  if (logo !== undefined && !/^https?:\/\//.test(logo)) return invalid('logo_uri must be an http or https URL');
  return {
    client_name: (requested.client_name as string | undefined) ?? DEFAULTS.name,
    redirect_uris: [...uris],
    grant_types: grants,
    response_types: ['code'],
    token_endpoint_auth_method: method,
    application_type: type,
    ...(logo !== undefined && { logo_uri: logo }),
  };
}

/**
 * Why a redirect URI is refused. HTTPS for everybody; loopback (RFC 8252 7.3) and private-use schemes (7.1) for native
 * applications; an absolute URI without fragment (RFC 6749 3.1.2), and nothing that some reader takes for a pattern.
 */
export function redirectUriProblem(uri: string, type: ApplicationType, _context: TenantContext): string | undefined {
  if (/[\s\\]/.test(uri) || !URL.canParse(uri)) return 'it is no absolute URI';
  const { protocol, hostname, username, password } = new URL(uri);
  if (DANGEROUS_SCHEMES.includes(protocol)) return `the scheme ${protocol} is not allowed`;
  if (uri.includes('#')) return 'it has a fragment';
  if (uri.includes('*')) return 'it has a wildcard';
  if (username !== '' || password !== '') return 'it has a username or password';
  const isWeb = protocol === 'https:' || protocol === 'http:';
  if (isWeb && LOOPBACK_HOSTS.includes(hostname)) {
    return type === 'native' ? undefined : 'loopback is for native applications';
  }
  if (protocol === 'https:') return undefined;
  if (isWeb) return 'plain http is for loopback only';
  if (type !== 'native') return 'a scheme of its own is for native applications';
  // RFC 8252 7.1: a scheme of one's own is a domain name in reverse.
  return protocol.includes('.') ? undefined : 'a scheme of its own must be based on a domain name';
}

/** Those of the grant types that a client registered so may have; what is not said is both. */
export function registeredGrants(
  requested: readonly string[] | undefined,
  _context: TenantContext,
): readonly GrantType[] {
  const all: readonly GrantType[] = ['authorization_code', 'refresh_token'];
  return requested === undefined ? all : all.filter((grant) => requested.includes(grant));
}

/** `undefined`: the method is none that a client registered so may use. */
export function registeredAuthMethod(
  requested: string | undefined,
  _context: TenantContext,
): ClientAuthMethod | undefined {
  const method = requested ?? DEFAULTS.method;
  return method === 'none' || method === 'client_secret_post' ? method : undefined;
}

/** The kind of application as the client knows it. */
export function appTypeOf({ application_type: type }: RegisteredMetadata): Client['app_type'] {
  return type === 'native' ? 'native' : 'regular_web';
}

/**
 * OpenID Connect Registration's member, which OAuth does not have: a client that does not say what it is counts as
 * native when no web application could have any of its redirect URIs. That rule is ours; Auth0 documents none.
 */
function applicationType(requested: RequestedMetadata, uris: readonly string[]): ApplicationType | undefined {
  const { application_type: type } = requested;
  if (type === 'native' || type === 'web') return type;
  if (type !== undefined) return undefined;
  const isNative = (uri: string) =>
    URL.canParse(uri) && (!/^https?:/.test(new URL(uri).protocol) || LOOPBACK_HOSTS.includes(new URL(uri).hostname));
  return uris.every(isNative) ? 'native' : 'web';
}

const isText = (value: unknown) => typeof value === 'string';

const SHAPES: Readonly<Record<string, { readonly isSo: (value: unknown) => boolean; readonly says: string }>> = {
  client_name: { isSo: (value) => isText(value) && value !== '', says: 'a string that is not empty' },
  grant_types: { isSo: isTexts, says: 'an array of strings' },
  response_types: { isSo: isTexts, says: 'an array of strings' },
  token_endpoint_auth_method: { isSo: isText, says: 'a string' },
  application_type: { isSo: isText, says: 'a string' },
  logo_uri: { isSo: isText, says: 'a string' },
};

function malformedMember(requested: RequestedMetadata): Problem | undefined {
  const { redirect_uris: uris } = requested;
  if (!isTexts(uris) || uris.length === 0) {
    return { error: 'invalid_redirect_uri', description: 'redirect_uris must be an array of one URI or more' };
  }
  const wrong = Object.entries(SHAPES).find(
    ([name, { isSo }]) => requested[name] !== undefined && !isSo(requested[name]),
  );
  return wrong === undefined ? undefined : invalid(`${wrong[0]} must be ${wrong[1].says}`);
}

function invalid(description: string): Problem {
  return { error: 'invalid_client_metadata', description };
}
