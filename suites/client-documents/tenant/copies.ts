import { isDeepStrictEqual } from 'node:util';
import { isObject } from '../../../fixtures/protocol/answers.ts';
import type { JsonObject } from '../../../fixtures/protocol/documents.ts';
import { defineCheck, type Finding, fail, notApplicable, pass, type Verdict } from '../../check.ts';
import { golden } from '../../golden.ts';
import { GOLDEN_STORED, previewed, storing } from '../../golden-stored-documents.ts';
import { previewIn, type StoredDocument, storedIn, unreadable, unsaid } from './seen.ts';

/** What the document alone decides, and what an administrator may change as well (Auth0, Register Applications with CIMD). */
const OF_THE_DOCUMENT = ['name', 'callbacks', 'logo_uri', 'token_endpoint_auth_method', 'jwks_uri'] as const;
const OF_THE_ADMINISTRATOR = ['app_type', 'grant_types', 'description'] as const;

/** Names in Auth0's samples that its types write otherwise. */
const ALSO: Readonly<Record<string, string>> = { name: 'client_name', callbacks: 'redirect_uris' };

const REFRESH = {
  text: 'Open the application and choose Refresh Client Metadata, or send POST /api/v2/clients/cimd/register again: it brings the client up to date and keeps its id.',
  dashboard: 'Applications > YOUR_APPLICATION > Settings > Refresh Client Metadata',
  command: 'auth0 api post clients/cimd/register --data \'{"external_client_id":"YOUR_DOCUMENT_URL"}\'',
};

export const holdsDocumentsAsTheyAreHosted = defineCheck({
  id: 'client-documents/is-held-by-the-tenant-as-it-is-hosted',
  title: 'Is held by the tenant as it stands at its URL today',
  keyword: 'SHOULD',
  severity: 'medium',
  party: 'tenant',
  pillar: 'client-registration',
  requirements: ['AUTH0-cimd-refresh-drift'],
  assurance: 'tenant-audit',
  needs: ['storedDocuments'],
  reasons: {
    'refresh-needed': {
      says: 'The tenant goes by an older version of the document: what was taken out of it still works, and what was added does not.',
      fix: {
        general: 'Have the authorization server fetch the document again, after each change of it.',
        auth0: REFRESH,
      },
    },
    'behind-by-itself': {
      says: 'The tenant goes by an older version of the document, which it fetches again by itself from time to time.',
      // Auth0, dynamic CIMD: metadata is synced on demand and in the background, and nobody can refresh it.
      keyword: 'ADVICE',
      fix: {
        general: 'Wait until the tenant has fetched the document again; leave old redirect URIs in it until then.',
      },
    },
    'differs-by-hand': {
      says: 'The tenant holds members of the document otherwise, which an administrator may have changed on purpose.',
      keyword: 'ADVICE',
      fix: {
        general: 'Have the document fetched again, unless the difference is meant.',
        auth0: REFRESH,
      },
    },
  },
  judge({ storedDocuments: { documents } }, facts): Verdict<CopyReason> {
    const nothing = unsaid(documents, facts);
    if (nothing !== undefined) return nothing;
    const compared = documents.map(comparedWithItsCopy);
    const found = compared.flatMap((each) => ('reason' in each ? [each] : []));
    if (found.length > 0) return fail(found);
    const open = compared.find((each) => 'kind' in each && each.kind === 'untested');
    if (open !== undefined && 'kind' in open) return open;
    const seen = compared.flatMap((each) => ('seen' in each ? [each.seen] : []));
    if (seen.length > 0) return pass(seen.join('; '));
    return notApplicable(compared.flatMap((each) => ('because' in each ? [each.because] : [])).join('; '));
  },
  examples: {
    pass: [
      { says: 'as it is hosted', evidence: golden },
      {
        says: 'its method stands in client_authentication_methods',
        evidence: storing(golden, {
          ...GOLDEN_STORED,
          token_endpoint_auth_method: null,
          client_authentication_methods: { private_key_jwt: { credentials: [{ id: 'cred_1' }] } },
        }),
      },
    ],
    fail: {
      'refresh-needed': {
        says: 'a callback of last year',
        evidence: storing(golden, { ...GOLDEN_STORED, callbacks: ['https://client.example/old-callback'] }),
      },
      'behind-by-itself': {
        says: 'a callback of an hour ago, of a client that nobody imported',
        evidence: storing(golden, {
          ...GOLDEN_STORED,
          external_metadata_created_by: 'client',
          callbacks: ['https://client.example/old-callback'],
        }),
      },
      'differs-by-hand': {
        says: 'a grant fewer',
        evidence: storing(golden, { ...GOLDEN_STORED, grant_types: ['authorization_code'] }),
      },
    },
  },
});

type CopyReason = 'refresh-needed' | 'behind-by-itself' | 'differs-by-hand';

function comparedWithItsCopy(
  document: StoredDocument,
): Finding<CopyReason> | Verdict<never> | { readonly seen: string } {
  const { url, preview, stored } = document;
  const copy = storedIn(document);
  if (copy === undefined) return unreadable(stored);
  if (copy === 'none')
    return notApplicable(
      `the tenant holds no client for ${url}: where administrators import documents, which no metadata tells, nobody signs in by it before one does`,
    );
  const said = previewIn(preview);
  if (said === undefined) return unreadable(preview);
  // What the tenant would refuse has no copy to be compared with: another check says so.
  if (!said.isValid) return notApplicable(`the tenant refuses ${url} as it is now`);
  const decided = differing(OF_THE_DOCUMENT, said.mapped, copy);
  const members = [...decided, ...differing(OF_THE_ADMINISTRATOR, said.mapped, copy)];
  if (members.length === 0) return { seen: `${url}: as hosted` };
  const shown = (of: JsonObject) => members.map((name) => `${name} ${JSON.stringify(memberOf(of, name)) ?? 'absent'}`);
  return {
    reason:
      copy.external_metadata_created_by === 'client'
        ? 'behind-by-itself'
        : decided.length > 0
          ? 'refresh-needed'
          : 'differs-by-hand',
    expected: `as ${url} has it: ${shown(said.mapped).join(', ')}`,
    actual: `the tenant holds ${shown(copy).join(', ')}`,
    at: [stored.id, preview.id],
  };
}

function differing(names: readonly string[], hosted: JsonObject, held: JsonObject): readonly string[] {
  return names.filter((name) => !isDeepStrictEqual(unordered(memberOf(hosted, name)), unordered(memberOf(held, name))));
}

/** Auth0 leaves `token_endpoint_auth_method` empty where `client_authentication_methods` names another way. */
function memberOf(members: JsonObject, name: string): unknown {
  if (name === 'token_endpoint_auth_method') return methodOf(members);
  const other = ALSO[name];
  return members[name] ?? (other === undefined ? undefined : members[other]);
}

function methodOf({ token_endpoint_auth_method: method, client_authentication_methods: methods }: JsonObject): unknown {
  return method ?? (isObject(methods) ? Object.keys(methods)[0] : undefined);
}

/** Lists without their order, which has no meaning; an empty text or list is none. */
function unordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? undefined : value.map((each) => JSON.stringify(each)).sort();
  return value === '' || value === null ? undefined : value;
}

/** Words of a tenant about a key whose id it knows. No document has them: the test is for what any wording has to name. */
const ABOUT_A_KNOWN_KEY = /^(?=.*\bkid\b)(?=.*\b(?:known|exist\w*|already|rotat\w*|same|chang\w*|differ\w*)\b)/is;

export const rotatesKeysUnderNewIds = defineCheck({
  id: 'client-documents/rotates-keys-under-new-ids',
  title: 'Gives new keys new ids, without which the tenant goes on with the old ones',
  keyword: 'SHOULD',
  severity: 'high',
  party: 'client',
  pillar: 'client-registration',
  requirements: ['AUTH0-cimd-kid-rotation'],
  assurance: 'tenant-audit',
  needs: ['storedDocuments'],
  reasons: {
    'same-id': {
      says: 'A key of the client was replaced under its old kid: the tenant keeps the old key, and refuses what the new one signs.',
      fix: {
        general:
          'Publish each new key under a kid that was never used before, beside the old one, until it is no longer used.',
        auth0: REFRESH,
      },
    },
  },
  judge({ storedDocuments: { documents } }, facts): Verdict<'same-id'> {
    const nothing = unsaid(documents, facts);
    if (nothing !== undefined) return nothing;
    const read = documents.map((document) => ({ ...document, said: previewIn(document.preview) }));
    const found = read.flatMap(({ url, preview, said }) =>
      [...(said?.violations ?? []), ...(said?.warnings ?? [])]
        .filter((text) => ABOUT_A_KNOWN_KEY.test(text))
        .map((text) => ({
          reason: 'same-id' as const,
          expected: 'a new kid for each new key',
          actual: `${url}: the tenant says “${text}”`,
          at: [preview.id],
        })),
    );
    if (found.length > 0) return fail(found);
    const silent = read.find(({ said }) => said === undefined);
    if (silent !== undefined) return unreadable(silent.preview);
    const signing = read.filter(({ said }) => said !== undefined && methodOf(said.mapped) === 'private_key_jwt');
    if (signing.length === 0) return notApplicable('no document has keys that the tenant would take');
    return pass(signing.map(({ url }) => `${url}: no key is refused`).join('; '));
  },
  examples: {
    pass: [{ says: 'nothing is said of keys', evidence: golden }],
    fail: {
      'same-id': {
        says: 'new material under a known kid',
        evidence: previewed(golden, {
          errors: [],
          validation: {
            valid: true,
            violations: [],
            warnings: ["New key material under the known kid 'one' is refused, a rotation needs a new kid"],
          },
          mapped_fields: GOLDEN_STORED,
        }),
      },
    },
  },
});
