import type { TenantContext } from '../behaviour.ts';
import type { Client, KeyWithId } from '../entities.ts';
import { opaque } from '../opaque.ts';
import { DOCUMENT_LIMITS, type FetchedDocument, isFailure, JWKS_LIMITS } from './fetch.ts';
import { isSameKey, type JudgedKeys } from './keys.ts';
import { parseClientDocument } from './metadata.ts';
import type { ClientDocumentImport, ClientDocumentReport, MappedFields } from './report.ts';

/** What was found behind a client URL. */
export interface ExaminedDocument extends ClientDocumentReport {
  /** Those of `private_key_jwt`. */
  readonly keys: readonly KeyWithId[];
  /** Seconds for which it need not be fetched again. */
  readonly freshSeconds: number;
}

/** Fetches the document and what it refers to, and judges both; changes nothing. */
export async function examineClientDocument(url: unknown, context: TenantContext): Promise<ExaminedDocument> {
  const { behaviour } = context;
  const known = typeof url === 'string' ? findByUrl(url, context) : undefined;
  const identity = known === undefined ? {} : { client_id: known.client_id };
  const failed = (errors: readonly string[]) => ({ ...identity, errors, keys: [], freshSeconds: 0 });

  const violations = behaviour.admitClientUrl(url, context);
  if (violations.length > 0) return failed(violations);
  const fetched = await fetchWhole(String(url), DOCUMENT_LIMITS, context);
  if (typeof fetched === 'string') return failed([`The document could not be fetched: ${fetched}`]);
  const members = parseClientDocument(fetched.body);
  const document =
    members === undefined
      ? { violations: ['The document must be a JSON object'], warnings: [], mapped: {} }
      : behaviour.judgeClientDocument(members, String(url), context);
  const { token_endpoint_auth_method: method, jwks_uri: jwksUri } = document.mapped;
  const given =
    document.violations.length > 0 || method !== 'private_key_jwt' || jwksUri === undefined
      ? { keys: [], violations: [] }
      : await keysOf(jwksUri, context);
  const remembered = context.store.clientDocuments.get(String(url));
  const before = (known ?? (remembered?.isKept === false ? remembered.client : undefined))?.keys ?? [];
  const keys = behaviour.rotateKeys(before, given.keys, context);
  const all = [...document.violations, ...given.violations];
  return {
    ...identity,
    errors: [],
    validation: {
      valid: all.length === 0,
      violations: all,
      warnings: [...document.warnings, ...refusedRotations(given.keys, keys)],
    },
    mapped_fields: { ...document.mapped, ...(keys.length > 0 && { client_authentication_methods: methodsOf(keys) }) },
    keys,
    freshSeconds: behaviour.freshSeconds(fetched, context),
  };
}

/** What an import of the URL would make, without making it (Auth0: read:clients suffices). */
export async function previewDocument(url: unknown, context: TenantContext): Promise<ClientDocumentReport> {
  return reportOf(await examineClientDocument(url, context));
}

/** Makes the client that the document describes, or brings it up to date. */
export async function importDocument(
  url: unknown,
  by: 'admin' | 'client',
  context: TenantContext,
): Promise<ClientDocumentImport> {
  const { store } = context;
  const examined = await examineClientDocument(url, context);
  const report = reportOf(examined);
  if (examined.validation?.valid !== true) return { ...report, outcome: 'refused' };
  const known = findByUrl(String(url), context);
  if (known === undefined && context.behaviour.isTenantFull(context)) return { ...report, outcome: 'full' };
  const client = clientOf(String(url), examined, known, by, context);
  keepClient(client, store.clients);
  return { ...report, client_id: client.client_id, outcome: known === undefined ? 'created' : 'updated' };
}

/** The client that the URL stands for. */
export function findByUrl(url: string, { store }: TenantContext): Client | undefined {
  return store.clients.find((client) => client.external_client_id === url);
}

/** Puts the client in place of the one with its id. Who holds the old one goes on with what it was. */
export function keepClient(client: Client, clients: Client[]): void {
  const at = clients.findIndex(({ client_id }) => client_id === client.client_id);
  if (at === -1) clients.push(client);
  else clients[at] = client;
}

/** A third-party client, strict as all that come by their document. */
export function clientOf(
  url: string,
  { mapped_fields: mapped = {}, keys }: ExaminedDocument,
  known: Client | undefined,
  by: 'admin' | 'client',
  context: TenantContext,
): Client {
  const { client_authentication_methods: _, callbacks = [], grant_types: grants = [], ...fields } = mapped;
  const now = new Date(context.now() * 1000).toISOString();
  return {
    client_id: known?.client_id ?? `tpc_${opaque(28)}`,
    is_first_party: false,
    third_party_security_mode: 'strict',
    oidc_conformant: true,
    allowed_logout_urls: [],
    jwt_configuration: known?.jwt_configuration ?? { alg: 'RS256', lifetime_in_seconds: 3600 },
    refresh_token: known?.refresh_token ?? {
      rotation_type: fields.token_endpoint_auth_method === 'private_key_jwt' ? 'non-rotating' : 'rotating',
      expiration_type: 'expiring',
      leeway: 0,
      token_lifetime: 2_592_000,
    },
    app_type: 'regular_web',
    token_endpoint_auth_method: 'none',
    name: url,
    ...fields,
    callbacks: [...callbacks],
    grant_types: [...grants],
    ...(keys.length > 0 && { keys: [...keys] }),
    external_client_id: url,
    external_metadata_type: 'cimd',
    external_metadata_created_by: known?.external_metadata_created_by ?? by,
    created_at: known?.created_at ?? now,
    updated_at: now,
  };
}

/** Fetches the key set of a client, and judges it. */
export async function keysOf(uri: string, context: TenantContext): Promise<JudgedKeys> {
  const fetched = await fetchWhole(uri, JWKS_LIMITS, context);
  return typeof fetched === 'string'
    ? { keys: [], violations: [`jwks_uri could not be fetched: ${fetched}`] }
    : context.behaviour.judgeKeys(fetched, context);
}

/** The answer, if it is one that may be read, or what speaks against it. */
async function fetchWhole(
  url: string,
  limits: typeof DOCUMENT_LIMITS,
  context: TenantContext,
): Promise<FetchedDocument | string> {
  const fetched = await context.behaviour.fetchDocument(url, limits, context);
  if (isFailure(fetched)) return fetched.failure;
  return context.behaviour.documentResponseProblem(fetched, context) ?? fetched;
}

function refusedRotations(given: readonly KeyWithId[], kept: readonly KeyWithId[]): readonly string[] {
  return given
    .filter((key) => kept.some((each) => each.kid === key.kid && !isSameKey(each, key)))
    .map(({ kid }) => `New key material under the known kid '${kid}' is refused, a rotation needs a new kid`);
}

function methodsOf(keys: readonly KeyWithId[]): NonNullable<MappedFields['client_authentication_methods']> {
  const credentials = keys.map(({ kid, alg }) => ({
    credential_type: 'public_key' as const,
    kid,
    ...(alg !== undefined && { alg }),
  }));
  return { private_key_jwt: { credentials } };
}

function reportOf({ keys: _, freshSeconds: __, ...report }: ExaminedDocument): ClientDocumentReport {
  return report;
}
