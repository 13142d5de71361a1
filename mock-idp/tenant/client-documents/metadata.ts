import type { TenantContext } from '../behaviour.ts';
import type { Client, GrantType } from '../entities.ts';
import { isObject, isTexts } from '../json.ts';
import { LOOPBACK_HOSTS } from '../loopback.ts';
import type { Plan } from '../store.ts';
import type { MappedFields } from './report.ts';

/** What was made of a metadata document, before its keys are fetched. */
export interface JudgedDocument {
  readonly violations: readonly string[];
  readonly warnings: readonly string[];
  /** What could be read of it, good or not. */
  readonly mapped: MappedFields;
}

type Members = Readonly<Record<string, unknown>>;

/** A rule of one property: what is wrong with it (one sentence each), nothing where nothing is. */
type Rule = (members: Members, url: string, context: TenantContext) => readonly string[];

const GRANT_TYPES: readonly string[] = ['authorization_code', 'refresh_token'] satisfies readonly GrantType[];

const APP_TYPES: Readonly<Record<string, Client['app_type']>> = { native: 'native', web: 'regular_web' };

const MAX_DESCRIPTION = 140;

/** Auth0's rules whose failure makes the document unusable, by the property they are about. */
const RULES: Readonly<Record<string, Rule>> = {
  client_id: ({ client_id }, url, context) =>
    typeof client_id === 'string' && context.behaviour.isDocumentOf(client_id, url, context)
      ? []
      : ['client_id must be identical to the URL of the document'],
  client_name: ({ client_name }) =>
    typeof client_name === 'string' && client_name !== '' ? [] : ['client_name is required'],
  redirect_uris: (members, _, context) => {
    const { redirect_uris: uris, grant_types: grants } = members;
    const isNeeded = list(grants).some((grant) => grant === 'authorization_code' || grant === 'implicit');
    if (uris === undefined) return isNeeded ? ['redirect_uris is required'] : [];
    if (!isTexts(uris)) return ['redirect_uris must be an array of strings'];
    if (isNeeded && uris.length === 0) return ['redirect_uris is required'];
    return [
      ...(new Set(uris).size < uris.length ? ['redirect_uris must be unique'] : []),
      ...uris
        .filter((uri) => !context.behaviour.mayDocumentRedirectTo(uri, appType(members), context))
        .map((uri) => `Redirect URI not allowed: '${uri}'`),
    ];
  },
  grant_types: ({ grant_types: grants }) => {
    if (!isTexts(grants)) return ['grant_types is required and must be an array of strings'];
    return grants.some((grant) => GRANT_TYPES.includes(grant)) ? [] : ['grant_types has no supported grant type'];
  },
  application_type: (members) =>
    members.application_type === undefined || appType(members) !== undefined
      ? []
      : ["application_type must be 'native' or 'web'"],
  token_endpoint_auth_method: ({ token_endpoint_auth_method: method }) =>
    method === undefined || method === 'none' || method === 'private_key_jwt'
      ? []
      : ["token_endpoint_auth_method must be 'none' or 'private_key_jwt'"],
  jwks_uri: ({ token_endpoint_auth_method: method, jwks_uri: uri }, url, context) => {
    if (uri === undefined) return method === 'private_key_jwt' ? ['jwks_uri is required with private_key_jwt'] : [];
    return typeof uri === 'string' && context.behaviour.mayTakeKeysFrom(uri, url, context)
      ? []
      : ['jwks_uri must be an https URL of the same origin as client_id'];
  },
  jwks: ({ jwks }) => (jwks === undefined ? [] : ['invalid_client_metadata: jwks is not supported, use jwks_uri']),
  logo_uri: ({ logo_uri: uri }) =>
    uri === undefined || (typeof uri === 'string' && URL.canParse(uri) && /^https?:/.test(new URL(uri).protocol))
      ? []
      : ['logo_uri must be an http or https URL'],
  description: ({ description }) =>
    description === undefined || (typeof description === 'string' && description.length <= MAX_DESCRIPTION)
      ? []
      : [`description must be a string of at most ${MAX_DESCRIPTION} characters`],
};

/** The draft's 4.1 forbids secrets in what everybody may read; Auth0 names no rule, and warns of them as unknown. */
const SECRETS: Readonly<Record<Plan['speaks'], Rule>> = {
  standard: (members) =>
    ['client_secret', 'client_secret_expires_at']
      .filter((name) => members[name] !== undefined)
      .map((name) => `${name} must not be in a public document`),
  auth0: () => [],
};

/** Properties that are known though none of them can make the document unusable. */
const HARMLESS: readonly string[] = ['response_types'];

/** Rules of the document (Auth0: Client ID Metadata Document requirements; the draft's 4.1, where it is stricter). */
export function judgeClientDocument(members: Members, url: string, context: TenantContext): JudgedDocument {
  const violations = [...Object.values(RULES), SECRETS[context.store.plan.speaks]].flatMap((rule) =>
    rule(members, url, context),
  );
  return { violations, warnings: warningsOf(members), mapped: mappedFields(members) };
}

/** Simple string comparison (RFC 3986 6.2.1): another spelling of the URL is another client. */
export function isDocumentOf(clientId: string, url: string, _context: TenantContext): boolean {
  return clientId === url;
}

/** HTTPS; loopback for native applications only. Without fragment (RFC 6749 3.1.2), wildcard or userinfo. */
export function mayDocumentRedirectTo(
  uri: string,
  app: Client['app_type'] | undefined,
  _context: TenantContext,
): boolean {
  if (!URL.canParse(uri) || /[#*\s\\]/.test(uri)) return false;
  const { protocol, hostname, username, password } = new URL(uri);
  if (username !== '' || password !== '') return false;
  if (LOOPBACK_HOSTS.includes(hostname)) return app === 'native' && (protocol === 'http:' || protocol === 'https:');
  return protocol === 'https:' && /^https:\/\/[^/?]/i.test(uri);
}

/** The origin of the client URL, and so https wherever that must be. */
export function mayTakeKeysFrom(uri: string, url: string, _context: TenantContext): boolean {
  return URL.canParse(uri) && URL.canParse(url) && new URL(uri).origin === new URL(url).origin;
}

function warningsOf(members: Members): readonly string[] {
  const grants = list(members.grant_types);
  const types = list(members.response_types);
  return [
    ...grants
      .filter((grant) => !GRANT_TYPES.includes(String(grant)))
      .map((grant) => `Grant type not supported: '${grant}'`),
    ...(types.includes('code') && !grants.includes('authorization_code')
      ? ["Response type 'code' requires the grant type 'authorization_code'"]
      : []),
    ...Object.keys(members)
      .filter((name) => !Object.hasOwn(RULES, name) && !HARMLESS.includes(name))
      .map((name) => `Property not supported: '${name}'`),
  ];
}

function mappedFields(members: Members): MappedFields {
  const { client_id, client_name, redirect_uris, logo_uri, description, jwks_uri } = members;
  const app = appType(members);
  // Which method is meant where none is said is not documented: a client without secret can only be a public one.
  const method = members.token_endpoint_auth_method ?? 'none';
  return {
    ...(typeof client_id === 'string' && { external_client_id: client_id }),
    ...(typeof client_name === 'string' && { name: client_name }),
    ...(app !== undefined && { app_type: app }),
    ...(isTexts(redirect_uris) && { callbacks: [...redirect_uris] }),
    ...(typeof logo_uri === 'string' && { logo_uri }),
    ...(typeof description === 'string' && { description }),
    grant_types: list(members.grant_types).filter(
      (grant): grant is GrantType => typeof grant === 'string' && GRANT_TYPES.includes(grant),
    ),
    ...((method === 'none' || method === 'private_key_jwt') && { token_endpoint_auth_method: method }),
    ...(typeof jwks_uri === 'string' && { jwks_uri }),
  };
}

function appType({ application_type: type = 'web' }: Members): Client['app_type'] | undefined {
  return typeof type === 'string' && Object.hasOwn(APP_TYPES, type) ? APP_TYPES[type] : undefined;
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The document's members, or why it has none. */
export function parseClientDocument(body: string): Members | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
