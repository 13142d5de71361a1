import type { HeaderLine } from '../../http.ts';
import { isProblem, type Problem } from '../../tenant/access.ts';
import type { TenantBehaviour, TenantContext } from '../../tenant/behaviour.ts';
import { isFailure } from '../../tenant/client-documents/fetch.ts';
import type { JudgedDocument } from '../../tenant/client-documents/metadata.ts';
import type { GrantType, KeyWithId } from '../../tenant/entities.ts';
import type { Fault } from '../fault.ts';

type Replacement = (conforming: TenantBehaviour) => Partial<TenantBehaviour>;

/** Where documents are fetched as they come. */
const fault = (id: string, says: string, tenant: Replacement, more: Partial<Fault> = {}): Fault => ({
  id,
  says,
  tenant,
  ...more,
  trips: TRIPS[id]?.map((trip) => `client-documents/${trip}`) ?? [],
});

/** What of them shows from outside. */
const TRIPS: Readonly<Record<string, readonly string[]>> = {
  'client-urls-are-normalised-before-they-are-compared': [
    'reads-client-urls-as-they-are-written:same-client',
    'refuses-urls-that-no-client-may-have:dot-segments',
  ],
  'client-urls-may-have-a-fragment': ['refuses-urls-that-no-client-may-have:fragment'],
  'client-urls-may-have-userinfo': ['refuses-urls-that-no-client-may-have:user-name'],
  'client-urls-may-be-plain-http': ['fetches-documents-over-tls-alone:plain-http'],
  'client-urls-may-have-dot-segments': ['refuses-urls-that-no-client-may-have:dot-segments'],
  'client-urls-may-have-no-path': ['refuses-urls-that-no-client-may-have:no-path'],
  'client-document-redirects-are-followed': [
    'asks-clients-with-keys-for-their-key:redirect-to-keys',
    'takes-a-document-from-its-own-url-alone:redirect-followed',
  ],
  'client-documents-are-fetched-from-inside': ['fetches-nothing-from-inside:fetched-from-inside'],
  'client-documents-may-be-of-any-size': [
    'limits-the-size-of-what-it-fetches:large-document',
    'limits-the-size-of-what-it-fetches:large-key-set',
  ],
  'client-documents-may-have-any-status': ['takes-a-document-from-its-own-url-alone:other-status'],
  'client-documents-may-have-any-content-type': ['takes-a-document-from-its-own-url-alone:other-content-type'],
  'client-documents-are-fetched-at-every-request': ['keeps-documents-while-they-are-fresh:fetched-each-time'],
  'client-document-failures-are-remembered': ['forgets-failures-to-fetch:failure-kept'],
  'client-document-ids-are-compared-by-prefix': ['takes-a-document-for-the-client-it-names:another-client'],
  'client-documents-may-have-shared-secrets': ['takes-no-secret-of-a-document:secret-works'],
  'client-documents-may-have-keys': ['asks-clients-with-keys-for-their-key:both-key-sets'],
  'client-documents-may-have-private-keys': [
    'asks-clients-with-keys-for-their-key:both-key-sets',
    'asks-clients-with-keys-for-their-key:private-key',
  ],
  'client-key-sets-may-have-private-keys': ['asks-clients-with-keys-for-their-key:private-key'],
  'client-documents-may-redirect-anywhere': ['refuses-dangerous-redirect-uris:clear-text'],
  'client-document-warnings-are-errors': ['passes-over-grants-it-does-not-know:refused'],
  'client-document-redirects-match-by-host': [
    'follows-changes-of-documents:old-document',
    'redirects-to-listed-uris-alone:unlisted-redirect-uri',
  ],
  'client-documents-make-first-party-clients': ['shows-who-asks-and-where-it-leads:nobody-asked'],
  'client-documents-are-never-refreshed': ['follows-changes-of-documents:old-document'],
  'client-documents-may-be-of-another-client': ['takes-a-document-for-the-client-it-names:another-client'],
};

const MAX_REDIRECTS = 5;

/** Judges a URL that breaks a rule once more, as if it were written otherwise. */
const urls =
  (rewrite: (url: string) => string): Replacement =>
  ({ admitClientUrl }) => ({
    admitClientUrl: (url, context) => {
      const violations = admitClientUrl(url, context);
      return violations.length > 0 && typeof url === 'string' ? admitClientUrl(rewrite(url), context) : violations;
    },
  });

/** Judges the document as if it said something else. */
const documents =
  (
    edit: (members: Readonly<Record<string, unknown>>, url: string) => Readonly<Record<string, unknown>>,
    after: (judged: JudgedDocument, members: Readonly<Record<string, unknown>>) => JudgedDocument = (judged) => judged,
  ): Replacement =>
  ({ judgeClientDocument }) => ({
    judgeClientDocument: (members, url, context) =>
      after(judgeClientDocument(edit(members, url), url, context), members),
  });

/** How a URL class writes it. */
const normal = (url: string): string => (URL.canParse(url) ? new URL(url).href : url);

/** What is a client URL, and the same one. */
const URLS: readonly Fault[] = [
  fault(
    'client-urls-are-normalised-before-they-are-compared',
    'Other spellings of a client URL (dot segments, case, default port) are the same client.',
    ({ resolveClientUrl, authenticateClient }) => ({
      resolveClientUrl: (url, context) => resolveClientUrl(normal(url), context),
      authenticateClient: (parameters, context) => {
        const id = parameters.get('client_id');
        const named = new URLSearchParams(parameters);
        if (id !== null) named.set('client_id', normal(id));
        return authenticateClient(named, context);
      },
      isDocumentOf: (clientId, url) => normal(clientId) === normal(url),
    }),
  ),
  fault(
    'client-urls-may-have-a-query',
    'A client URL may have a query.',
    urls((url) => url.replace(/\?[^#]*/, '')),
  ),
  fault(
    'client-urls-may-have-a-fragment',
    'A client URL may have a fragment.',
    urls((url) => url.replace(/#.*$/s, '')),
  ),
  fault(
    'client-urls-may-have-userinfo',
    'A client URL may have a username and a password.',
    urls((url) => url.replace(/^([a-z]+:\/\/)[^/?#]*@/i, '$1')),
  ),
  fault(
    'client-urls-may-be-plain-http',
    'A client URL may be http.',
    urls((url) => url.replace(/^http:/, 'https:')),
    { publicName: true },
  ),
  fault(
    'client-urls-may-have-dot-segments',
    'A client URL may have dot segments.',
    urls((url) => url.replace(/(?<=\/)(?:\.|%2e){1,2}(?=\/|$)/gi, 'any')),
  ),
  fault(
    'client-urls-may-have-no-path',
    'An origin is a client URL.',
    urls((url) => (/^[a-z]+:\/\/[^/?#]+\/?$/i.test(url) ? `${url.replace(/\/$/, '')}/any` : url)),
  ),
  fault(
    'client-urls-may-be-of-any-length',
    'A client URL may be as long as it likes.',
    urls((url) => url.slice(0, 120)),
  ),
  fault(
    'client-urls-resolve-though-they-are-imported-by-hand',
    'A client URL that nobody has imported is fetched and accepted in a tenant that imports clients by hand.',
    ({ resolveClientUrl }) => ({
      resolveClientUrl: (url, context) => resolveClientUrl(url, dynamically(context)),
    }),
  ),
];

/** How documents are fetched. */
const FETCHES: readonly Fault[] = [
  fault(
    'client-document-redirects-are-followed',
    'The tenant goes wherever the host of a metadata document sends it.',
    ({ fetchDocument }) => ({
      async fetchDocument(url, limits, context) {
        let at = url;
        for (let hops = 0; ; hops += 1) {
          const answer = await fetchDocument(at, limits, context);
          const location = isFailure(answer) ? undefined : headerOf(answer.headers, 'location');
          if (location === undefined || hops === MAX_REDIRECTS || !URL.canParse(location, at)) return answer;
          at = new URL(location, at).href;
        }
      },
    }),
  ),
  fault(
    'client-documents-are-fetched-from-inside',
    'The tenant fetches documents from private addresses.',
    () => ({ mayFetchFrom: () => true }),
    { publicName: true },
  ),
  fault(
    'client-documents-may-be-of-any-size',
    'Metadata documents and key sets are read to their end, however far that is.',
    ({ fetchDocument }) => ({
      fetchDocument: (url, limits, context) =>
        fetchDocument(url, { ...limits, bytes: Number.POSITIVE_INFINITY }, context),
    }),
  ),
  fault(
    'client-documents-are-waited-for',
    'The tenant waits for a metadata document for a minute.',
    ({ fetchDocument }) => ({
      fetchDocument: (url, limits, context) => fetchDocument(url, { ...limits, seconds: 60 }, context),
    }),
  ),
  fault(
    'client-documents-may-have-any-status',
    'A metadata document is read whatever the status of the answer.',
    ({ documentResponseProblem }) => ({
      documentResponseProblem: (response, context) => documentResponseProblem({ ...response, status: 200 }, context),
    }),
  ),
  fault(
    'client-documents-may-have-any-content-type',
    'A metadata document is read whatever its content type.',
    ({ documentResponseProblem }) => ({
      documentResponseProblem: ({ status, body }, context) =>
        documentResponseProblem({ status, body, headers: [['Content-Type', 'application/json']] }, context),
    }),
  ),
  fault(
    'client-documents-are-fetched-at-every-request',
    'A metadata document is fetched each time, however long it says it is fresh.',
    () => ({ freshSeconds: () => 0 }),
  ),
  fault('client-documents-are-never-refreshed', 'A metadata document is fetched once and then never again.', () => ({
    freshSeconds: () => Number.POSITIVE_INFINITY,
  })),
  fault(
    'client-document-failures-are-remembered',
    'A client whose document could not be had once is refused for ever.',
    ({ resolveClientUrl }) => {
      const failed = new Map<string, Problem>();
      return {
        async resolveClientUrl(url, context) {
          const resolved = failed.get(url) ?? (await resolveClientUrl(url, context));
          if (isProblem(resolved)) failed.set(url, resolved);
          return resolved;
        },
      };
    },
  ),
];

/** Takes keys that stand in the document, if the test lets them pass. */
const inlineKeys =
  (mayBe: (keys: readonly KeyWithId[]) => boolean): Replacement =>
  ({ judgeClientDocument, rotateKeys }) => {
    const found = new WeakMap<TenantContext, readonly KeyWithId[]>();
    return {
      judgeClientDocument(members, url, context) {
        const { jwks, token_endpoint_auth_method: method, ...others } = members;
        const keys = (jwks as { readonly keys?: unknown } | undefined)?.keys;
        if (method !== 'private_key_jwt' || !isKeys(keys) || !mayBe(keys)) {
          return judgeClientDocument(members, url, context);
        }
        found.set(context, keys.map(publicHalf));
        const judged = judgeClientDocument(others, url, context);
        return { ...judged, mapped: { ...judged.mapped, token_endpoint_auth_method: method } };
      },
      rotateKeys: (known, given, context) => found.get(context) ?? rotateKeys(known, given, context),
    };
  };

const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi'];

const isKeys = (value: unknown): value is readonly KeyWithId[] =>
  Array.isArray(value) && value.every((key) => typeof key === 'object' && key !== null && typeof key.kid === 'string');

const publicHalf = (key: KeyWithId): KeyWithId =>
  Object.fromEntries(Object.entries(key).filter(([name]) => !PRIVATE_MEMBERS.includes(name))) as KeyWithId;

const isSecretMethod = (method: unknown): method is string =>
  typeof method === 'string' && method.startsWith('client_secret_');

/** What a document may say. */
const MEMBERS: readonly Fault[] = [
  fault(
    'client-document-ids-are-compared-by-prefix',
    'A document describes every client whose URL begins with its client_id.',
    () => ({ isDocumentOf: (clientId, url) => url.startsWith(clientId) }),
  ),
  fault('client-documents-may-be-of-another-client', 'A document is accepted whatever client_id it names.', () => ({
    isDocumentOf: () => true,
  })),
  fault(
    'client-documents-may-have-shared-secrets',
    'A client may say in its document, which anybody reads, with which secret it authenticates.',
    documents(
      (members) => {
        const { token_endpoint_auth_method: method, client_secret: _, ...rest } = members;
        return isSecretMethod(method) ? rest : members;
      },
      (judged, { token_endpoint_auth_method: method, client_secret }) => {
        if (!isSecretMethod(method)) return judged;
        return {
          ...judged,
          mapped: Object.assign({ ...judged.mapped }, { token_endpoint_auth_method: method, client_secret }),
        };
      },
    ),
  ),
  fault(
    'client-documents-may-have-keys',
    'Keys may stand in the document itself, where the tenant’s documentation wants them behind jwks_uri.',
    inlineKeys((keys) => !keys.some(({ d }) => d !== undefined)),
  ),
  fault(
    'client-documents-may-have-private-keys',
    'Keys that stand in the document are taken, though their private halves stand there too, for everybody to read.',
    inlineKeys(() => true),
  ),
  fault(
    'client-key-sets-may-have-private-keys',
    'Keys behind jwks_uri may have their private halves.',
    ({ judgeKeys }) => ({
      judgeKeys: (response, context) => judgeKeys({ ...response, body: withoutPrivateHalves(response.body) }, context),
    }),
  ),
  fault('client-keys-may-come-from-elsewhere', 'jwks_uri may be of another origin than the client.', () => ({
    mayTakeKeysFrom: (uri) => URL.canParse(uri),
  })),
  fault(
    'client-keys-are-replaced-under-their-id',
    'New key material under a known kid takes the place of the old.',
    () => ({ rotateKeys: (_, given) => given }),
  ),
  fault(
    'client-documents-may-redirect-anywhere',
    'Redirect URIs of a document are not looked at: javascript: and plain http pass.',
    () => ({ mayDocumentRedirectTo: () => true }),
  ),
  fault(
    'client-document-grants-are-not-filtered',
    'Every grant type of a document is registered.',
    documents(
      (members) => members,
      (judged, { grant_types: grants }) => ({
        ...judged,
        mapped: { ...judged.mapped, ...(Array.isArray(grants) && { grant_types: grants as GrantType[] }) },
      }),
    ),
  ),
  fault(
    'client-document-warnings-are-errors',
    'A document is refused for what should only be left out of it.',
    documents(
      (members) => members,
      (judged) => ({ ...judged, violations: [...judged.violations, ...judged.warnings] }),
    ),
  ),
];

/** What becomes of a client. */
const CLIENTS: readonly Fault[] = [
  fault(
    'client-document-redirects-match-by-host',
    'A redirect URI that the document does not have is accepted if its host is that of one it has.',
    ({ matchesCallback }) => ({
      matchesCallback: (callback, asked, client, context) =>
        matchesCallback(callback, asked, client, context) ||
        (client.external_metadata_type === 'cimd' &&
          URL.canParse(asked) &&
          URL.canParse(callback) &&
          new URL(asked).host === new URL(callback).host),
    }),
  ),
  fault(
    'client-documents-make-first-party-clients',
    'A client known by its document counts as the company’s own where its users would be asked for consent.',
    ({ needsConsent }) => ({
      needsConsent: (transaction, user, context) => {
        const { client } = transaction;
        const isKnownByDocument = client.external_metadata_type === 'cimd';
        const owned = isKnownByDocument ? { ...client, is_first_party: true } : client;
        return needsConsent({ ...transaction, client: owned }, user, context);
      },
    }),
  ),
  fault(
    'client-documents-are-kept-before-anybody-lets-them-in',
    'Every client URL that somebody sends leaves a client behind, whether or not a user lets it in.',
    ({ resolveClientUrl }) => ({
      async resolveClientUrl(url, context) {
        const resolved = await resolveClientUrl(url, context);
        if (resolved !== undefined && !isProblem(resolved)) context.behaviour.confirmClientUrl(resolved, context);
        return resolved;
      },
    }),
  ),
  fault(
    'client-document-previews-make-clients',
    'A preview, for which the permission to read suffices, makes the client.',
    () => ({
      previewClientDocument: async (url, context) => {
        const { outcome: _, ...report } = await context.behaviour.registerClientDocument(url, 'admin', context);
        return report;
      },
    }),
  ),
];

export const CLIENT_DOCUMENT_FAULTS: readonly Fault[] = [...URLS, ...FETCHES, ...MEMBERS, ...CLIENTS];

/** The same tenant, told that it fetches documents itself. */
function dynamically(context: TenantContext): TenantContext {
  const { store } = context;
  return { ...context, store: { ...store, plan: { ...store.plan, clientDocuments: 'dynamic' } } };
}

function headerOf(headers: readonly HeaderLine[], name: string): string | undefined {
  return headers.find(([each]) => each.toLowerCase() === name)?.[1];
}

function withoutPrivateHalves(body: string): string {
  try {
    const set = JSON.parse(body) as { readonly keys?: unknown };
    return isKeys(set.keys) ? JSON.stringify({ ...set, keys: set.keys.map(publicHalf) }) : body;
  } catch {
    return body;
  }
}
