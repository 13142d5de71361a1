import { createHash } from 'node:crypto';
import type { Evidence } from '../fixtures/evidence.ts';
import { readOf, TENANT_READS } from '../fixtures/management/reads.ts';
import { isObject } from '../fixtures/protocol/answers.ts';
import { documentIn, issuerDocument, type JsonObject, last, resourceDocument } from '../fixtures/protocol/documents.ts';
import type { FoundDocument, FoundKey, Member, RegistrationState, Setup } from './report.ts';

/** What is kept of documents that strangers write. */
const MOST = { members: 100, entries: 200, characters: 500 } as const;

/**
 * What the evidence tells of the setup, for a later run to tell what changed.
 *
 * @param options.keepKeys false: the keys are made anew for each run, so that their change says nothing
 */
export function setupOf(evidence: Evidence, { keepKeys }: { readonly keepKeys: boolean }): Setup | undefined {
  const { resourceMetadata, issuerMetadata, keys, registrations } = evidence;
  const tenant = evidence.tenant && tenantSettings(evidence.tenant);
  const resource = resourceMetadata && resourceDocument(resourceMetadata);
  const issuers = (issuerMetadata?.issuers ?? []).flatMap((asked) => {
    const found = issuerDocument(asked);
    return found === undefined ? [] : [{ issuer: clip(asked.issuer), ...foundDocument(found) }];
  });
  if (resource === undefined && issuers.length === 0 && tenant === undefined) return undefined;
  const registration = registrations && registrationState(registrations);
  return {
    ...(resource && { resource: foundDocument(resource) }),
    issuers,
    ...(keepKeys && keys && { keys: foundKeys(keys) }),
    ...(registration && { registration }),
    ...(tenant && { tenant }),
  };
}

interface Source {
  readonly exchange: { readonly request: { readonly url: string } };
  readonly document: JsonObject;
}

function foundDocument({ exchange, document }: Source): FoundDocument {
  const members = Object.entries(document).flatMap(([name, value]) => {
    const member = memberOf(value);
    return member === undefined ? [] : [[clip(name), member] as const];
  });
  return { url: exchange.request.url, members: Object.fromEntries(members.slice(0, MOST.members)) };
}

function memberOf(value: unknown): Member | undefined {
  if (typeof value === 'string') return clip(value);
  if (typeof value === 'boolean' || typeof value === 'number') return value;
  if (!Array.isArray(value) || !value.every((entry) => typeof entry === 'string')) return undefined;
  return value.slice(0, MOST.entries).map(clip);
}

const clip = (text: string) => text.slice(0, MOST.characters);

function foundKeys({ sets }: NonNullable<Evidence['keys']>): NonNullable<Setup['keys']> {
  return sets.flatMap(({ owner, role, fetched }) => {
    const listed = role === 'issuer' && fetched !== undefined ? documentIn(last(fetched))?.keys : undefined;
    return Array.isArray(listed)
      ? [{ owner: clip(owner), keys: listed.slice(0, MOST.entries).flatMap((key) => foundKey(key) ?? []) }]
      : [];
  });
}

/** RFC 7638 3.2: members that make up a key, in the order they are hashed in. */
const REQUIRED: Readonly<Record<string, readonly string[]>> = {
  EC: ['crv', 'kty', 'x', 'y'],
  OKP: ['crv', 'kty', 'x'],
  RSA: ['e', 'kty', 'n'],
};

function foundKey(key: unknown): FoundKey | undefined {
  if (!isObject(key)) return undefined;
  const required = REQUIRED[String(key.kty)];
  if (required === undefined) return undefined;
  const hashed = JSON.stringify(Object.fromEntries(required.map((name) => [name, key[name]])));
  return {
    ...(typeof key.kid === 'string' && { kid: clip(key.kid) }),
    thumbprint: createHash('sha256').update(hashed).digest('base64url'),
  };
}

/** Of the flags of a tenant, those that concern MCP clients: the others are of other features, and come and go. */
const FLAGS = ['enable_dynamic_client_registration', 'enable_client_connections', 'remove_alg_from_jwks'];

function tenantSettings({ api, asked }: NonNullable<Evidence['tenant']>): FoundDocument | undefined {
  const read = readOf('settings', asked.settings);
  const [settings] = read.kind === 'read' ? read.items : [];
  if (settings === undefined) return undefined;
  const { path, keeps } = TENANT_READS.settings;
  const flags = isObject(settings.flags) ? settings.flags : {};
  const members = [
    ...keeps.map((name) => [name, memberOf(settings[name])] as const),
    ...FLAGS.map((name) => [`flags.${name}`, memberOf(flags[name])] as const),
  ];
  // An empty text is how a setting is taken back.
  const set = members.flatMap(([name, member]) =>
    member === undefined || member === '' ? [] : [[name, member] as const],
  );
  return { url: `${api}${path}`, members: Object.fromEntries(set) };
}

/** From inside the network nothing tells whether it is open to others. */
function registrationState({
  vantage,
  door,
  control,
}: NonNullable<Evidence['registrations']>): RegistrationState | undefined {
  if (vantage === 'inside' || door.anonymous.answer === undefined) return undefined;
  if (control === undefined) return 'closed';
  return control === 'withToken' ? 'protected' : 'open';
}
