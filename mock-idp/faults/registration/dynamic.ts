import { emptyReply, jsonReply, type Reply } from '../../http.ts';
import type { State } from '../../setup.ts';
import { isProblem, scopesForUser } from '../../tenant/access.ts';
import type { TenantBehaviour, TenantContext } from '../../tenant/behaviour.ts';
import type { Client, ClientAuthMethod, GrantType } from '../../tenant/entities.ts';
import { opaque } from '../../tenant/opaque.ts';
import type { RequestedMetadata } from '../../tenant/registration/metadata.ts';
import type { Fault } from '../fault.ts';

type Replacement = (conforming: TenantBehaviour) => Partial<TenantBehaviour>;

/** Where whoever asks is registered, unless another state is named. */
const fault = (id: string, says: string, tenant: Replacement, state: State = 'open-registration'): Fault => ({
  id,
  says,
  ...(state !== 'conforming' && { state }),
  tenant,
  trips: (TRIPS[id] ?? []).map((trip) => `registration/${trip}`),
});

const OPEN_TO_ANYBODY = 'registers-whom-its-policy-lets-register:open-to-anybody';

/** What each trips, in this area. */
const TRIPS: Readonly<Record<string, readonly string[]>> = {
  'registration-ignores-the-rules-of-the-network': [OPEN_TO_ANYBODY],
  'registration-has-no-rate-limit': ['limits-the-rate-of-registrations:no-limit'],
  'registration-grows-beyond-the-plan': [OPEN_TO_ANYBODY],
  'registration-lists-clients-to-anybody': ['lists-no-clients:lists-clients'],
  'registration-takes-forms': ['reads-registrations-as-json-objects:form'],
  'registration-accepts-dangerous-schemes': ['registers-no-redirect-uris-that-run-scripts:dangerous-scheme'],
  'registration-accepts-plain-http-redirects': [
    'registers-no-plain-http-redirect-uris:like-loopback',
    'registers-no-plain-http-redirect-uris:plain-http',
  ],
  'registration-takes-what-begins-like-loopback-for-loopback': ['registers-no-plain-http-redirect-uris:like-loopback'],
  'registration-accepts-fragments': ['registers-absolute-redirect-uris-without-fragments:fragment'],
  'registration-accepts-wildcards': [
    'takes-no-redirect-uri-for-a-pattern:wildcard-matches',
    'registers-no-ambiguous-redirect-uris:wildcard',
  ],
  'registration-needs-no-redirect-uri': ['requires-redirect-uris:registered-without'],
  'registration-gives-public-clients-a-secret': [
    'registers-the-authentication-that-was-asked-for:secret-for-a-public-client',
  ],
  'registration-makes-every-client-public': [
    'registers-the-authentication-that-was-asked-for:made-public',
    'registers-authentication-methods-that-work:becomes-public',
  ],
  'registration-makes-unknown-methods-none': ['registers-authentication-methods-that-work:becomes-public'],
  'registration-grants-whatever-is-asked': ['limits-the-grants-of-registered-clients:further-grants-registered'],
  'registration-grants-client-credentials': ['limits-the-grants-of-registered-clients:further-grants-registered'],
  'registration-takes-the-client-id-of-the-request': [
    'chooses-the-credentials-of-clients-itself:client-id-of-the-request',
  ],
  'registration-takes-the-client-secret-of-the-request': [
    'chooses-the-credentials-of-clients-itself:client-secret-of-the-request',
  ],
  'registration-ids-are-client-urls': ['gives-each-client-credentials-of-its-own:id-is-a-url'],
  'registration-applies-members-of-the-vendor': ['applies-no-privileges-that-clients-claim:consent-skipped'],
  'registration-applies-unsigned-software-statements': [
    'applies-no-software-statement-nobody-trusts:of-a-stranger',
    'applies-no-software-statement-nobody-trusts:unsigned',
  ],
  'registration-reflects-unknown-members': [
    'chooses-the-credentials-of-clients-itself:client-secret-of-the-request',
    'ignores-unknown-metadata:reflected',
    'registers-authentication-methods-that-work:two-key-sets',
  ],
  'registration-refuses-unknown-members': ['ignores-unknown-metadata:refused'],
  'registration-answers-200-without-a-body': ['answers-registrations-in-full:no-client'],
  'registration-answers-may-be-cached': ['answers-registrations-in-full:cacheable'],
  'registration-does-not-say-when-a-secret-expires': ['answers-registrations-in-full:no-expiry'],
};

/** Lets redirect URIs pass that the test names. */
const redirects =
  (test: (uri: string) => boolean): Replacement =>
  ({ redirectUriProblem }) => ({
    redirectUriProblem: (uri, type, context) => (test(uri) ? undefined : redirectUriProblem(uri, type, context)),
  });

/** Changes the client before it is kept. */
const clients =
  (edit: (client: Client, requested: RequestedMetadata, context: TenantContext) => Partial<Client>): Replacement =>
  ({ clientFrom }) => ({
    clientFrom(metadata, requested, context) {
      const client = clientFrom(metadata, requested, context);
      return { ...client, ...edit(client, requested, context) };
    },
  });

/** Changes the answer to a registration that succeeds. */
const replies =
  (edit: (reply: Reply) => Reply): Replacement =>
  ({ replyRegistered }) => ({
    replyRegistered: (registered, context) => edit(replyRegistered(registered, context)),
  });

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** Claims of a JWT, whoever signed it. */
function unverified(jwt: string | undefined): RequestedMetadata {
  try {
    return JSON.parse(Buffer.from(jwt?.split('.')[1] ?? '', 'base64url').toString('utf8')) as RequestedMetadata;
  } catch {
    return {};
  }
}

/** Who may register, and how often. */
const DOORS: readonly Fault[] = [
  {
    id: 'registration-is-open-though-its-policy-is-closed',
    says: 'Anybody can register a client, though the operator wants registration closed.',
    tenant: () => ({ isRegistrationOpen: () => true }),
    registrationPolicy: 'closed',
    trips: ['registration/registers-whom-its-policy-lets-register:open-though-closed'],
  },
  fault(
    'registration-ignores-the-rules-of-the-network',
    'A rule that lets only some networks register is not asked at the registration endpoint.',
    () => ({ decideRegistrationAcl: () => ({ action: 'allow', logged: [] }) }),
    'guarded',
  ),
  fault('registration-has-no-rate-limit', 'Clients can be registered as fast as requests come.', () => ({
    isRegistrationTooFrequent: () => false,
  })),
  fault(
    'registration-grows-beyond-the-plan',
    'More applications are registered than the tenant may have.',
    () => ({ isTenantFull: () => false }),
    'full-tenant',
  ),
  fault(
    'registration-says-a-full-tenant-is-a-server-error',
    'Registration in a full tenant ends in 500.',
    ({ refuseRegistration }) => ({
      refuseRegistration: (refusal, context) =>
        refusal === 'full' ? jsonReply(500, { error: 'server_error' }) : refuseRegistration(refusal, context),
    }),
    'full-tenant',
  ),
  fault(
    'registration-lists-clients-to-anybody',
    'GET at the registration endpoint gives the clients there are.',
    ({ register }) => ({
      register: (context) =>
        context.request.method === 'GET'
          ? jsonReply(200, { clients: context.store.clients.map(({ client_id, name }) => ({ client_id, name })) })
          : register(context),
    }),
  ),
  fault(
    'registration-takes-forms',
    'A form body is taken for metadata, so that any page can register without a preflight.',
    ({ readRegistration }) => ({
      readRegistration(context) {
        const form = new URLSearchParams(context.request.body);
        return (
          readRegistration(context) ?? {
            redirect_uris: form.getAll('redirect_uris'),
            client_name: form.get('client_name') ?? 'My App',
          }
        );
      },
    }),
  ),
];

/** Where a client may be sent back to. */
const REDIRECTS: readonly Fault[] = [
  fault(
    'registration-accepts-dangerous-schemes',
    'javascript: and data: pass as redirect URIs.',
    redirects((uri) => /^\s*(?:javascript|data|vbscript):/i.test(uri)),
  ),
  fault(
    'registration-accepts-plain-http-redirects',
    'http passes as scheme of a public redirect URI, and codes travel in the clear.',
    redirects((uri) => /^http:\/\//.test(uri) && !/[#*]/.test(uri)),
  ),
  fault(
    'registration-takes-what-begins-like-loopback-for-loopback',
    'http is allowed for hosts that begin with localhost or 127.0.0.1, as localhost.attacker.example does.',
    redirects((uri) => /^http:\/\/(?:localhost|127\.0\.0\.1)/.test(uri)),
  ),
  fault('registration-accepts-fragments', 'Redirect URIs may have a fragment.', ({ redirectUriProblem }) => ({
    redirectUriProblem: (uri, type, context) => redirectUriProblem(uri.replace(/#.*$/s, ''), type, context),
  })),
  fault(
    'registration-accepts-wildcards',
    'Redirect URIs may have a wildcard, which stands for whatever comes in its place.',
    ({ redirectUriProblem, matchesCallback }) => ({
      redirectUriProblem: (uri, type, context) => redirectUriProblem(uri.replaceAll('*', 'any'), type, context),
      matchesCallback: (callback, asked, client, context) =>
        matchesCallback(callback, asked, client, context) ||
        (callback.includes('*') && patternOf(callback).test(asked)),
    }),
  ),
  fault(
    'registration-needs-no-redirect-uri',
    'A client of the code grant is registered without a redirect URI.',
    ({ decideMetadata }) => ({
      decideMetadata(requested, context) {
        const { redirect_uris: uris } = requested;
        if (Array.isArray(uris) && uris.length > 0) return decideMetadata(requested, context);
        const stand = decideMetadata({ ...requested, redirect_uris: ['https://client.example/'] }, context);
        return 'error' in stand ? stand : { ...stand, redirect_uris: [] };
      },
    }),
  ),
];

/** What a client may do, and who it is. */
const RIGHTS: readonly Fault[] = [
  fault(
    'registration-gives-public-clients-a-secret',
    'A client that asked for no authentication gets a secret all the same.',
    clients((client) => ({ client_secret: client.client_secret ?? opaque(64) })),
  ),
  fault(
    'registration-makes-every-client-public',
    'The authentication method that a client asks for is not registered: nobody has to authenticate.',
    () => ({ registeredAuthMethod: () => 'none' }),
  ),
  fault(
    'registration-makes-unknown-methods-none',
    'A client that asks for an authentication method nobody knows becomes a public one.',
    ({ registeredAuthMethod }) => ({
      registeredAuthMethod: (requested, context): ClientAuthMethod =>
        registeredAuthMethod(requested, context) ?? 'none',
    }),
  ),
  fault(
    'registration-grants-whatever-is-asked',
    'Any grant type that a client asks for is registered, implicit and password among them.',
    ({ registeredGrants }) => ({
      registeredGrants: (requested, context) =>
        requested === undefined ? registeredGrants(requested, context) : (requested as readonly GrantType[]),
    }),
  ),
  fault(
    'registration-grants-client-credentials',
    'A stranger may register a client that gets tokens in its own name, for what users may let it do.',
    ({ registeredGrants, scopesGrantedToClient }) => ({
      registeredGrants: (requested, context) => [
        ...registeredGrants(requested, context),
        ...(requested?.includes('client_credentials') === true ? (['client_credentials'] as const) : []),
      ],
      scopesGrantedToClient: (client, api, context) => {
        const ofUsers = scopesForUser(client, api, context);
        return client.external_metadata_type === 'dcr' && !isProblem(ofUsers)
          ? ofUsers
          : scopesGrantedToClient(client, api, context);
      },
    }),
  ),
  fault(
    'registration-takes-the-client-id-of-the-request',
    'client_id in the request becomes the id of the client, in place of another client that has it.',
    clients((client, { client_id: asked }, { store }) => {
      const client_id = text(asked) ?? client.client_id;
      store.clients = store.clients.filter((each) => each.client_id !== client_id);
      return { client_id };
    }),
  ),
  fault(
    'registration-takes-the-client-secret-of-the-request',
    'client_secret in the request becomes the secret of the client.',
    clients((_, { client_secret }) =>
      text(client_secret) === undefined ? {} : { client_secret: text(client_secret)! },
    ),
  ),
  fault(
    'registration-ids-are-client-urls',
    'Registered clients get ids that are URLs, which could be those of metadata documents.',
    clients(() => ({ client_id: `https://clients.example/${opaque(16)}` })),
  ),
  fault(
    'registration-applies-members-of-the-vendor',
    'A client that says it is first party is set up as one, and its users are not asked for consent.',
    (conforming) => ({
      ...clients((client, { is_first_party }, context) => {
        if (is_first_party !== true) return {};
        letIn(client, context);
        return { is_first_party: true };
      })(conforming),
      needsConsent: (transaction, user, context) =>
        (transaction.client.external_metadata_type !== 'dcr' || !transaction.client.is_first_party) &&
        conforming.needsConsent(transaction, user, context),
      needsConfirmation: (transaction, context) =>
        (transaction.client.external_metadata_type !== 'dcr' || !transaction.client.is_first_party) &&
        conforming.needsConfirmation(transaction, context),
    }),
  ),
  fault(
    'registration-makes-permissive-clients',
    'Registered clients are permissive in a tenant that wants them strict.',
    clients(() => ({ third_party_security_mode: 'permissive' })),
  ),
  fault(
    'registration-applies-unsigned-software-statements',
    'Values of a software statement are applied, and nobody looks who signed it.',
    ({ decideMetadata }) => ({
      decideMetadata: (requested, context) =>
        decideMetadata({ ...requested, ...unverified(text(requested.software_statement)) }, context),
    }),
  ),
];

/** Client metadata that documents of OAuth and OpenID Connect name (RFC 7591 2, OpenID Connect Registration 2). */
const METADATA: readonly string[] = [
  'redirect_uris',
  'token_endpoint_auth_method',
  'grant_types',
  'response_types',
  'client_name',
  'client_uri',
  'logo_uri',
  'scope',
  'contacts',
  'tos_uri',
  'policy_uri',
  'jwks_uri',
  'jwks',
  'software_id',
  'software_version',
  'software_statement',
  'application_type',
];

/** How a success is answered. */
const ANSWERS: readonly Fault[] = [
  fault(
    'registration-reflects-unknown-members',
    'The answer repeats members that nobody knows, as if they were registered.',
    ({ registrationResponse }) => ({
      registrationResponse: (client, metadata, requested, context) => ({
        ...requested,
        ...registrationResponse(client, metadata, requested, context),
      }),
    }),
  ),
  fault(
    'registration-refuses-unknown-members',
    'A member that nobody knows makes the registration fail.',
    ({ decideMetadata }) => ({
      decideMetadata: (requested, context) =>
        Object.keys(requested).some((name) => !METADATA.includes(name))
          ? { error: 'invalid_client_metadata', description: 'Additional properties are not allowed' }
          : decideMetadata(requested, context),
    }),
  ),
  fault(
    'registration-answers-200-without-a-body',
    'A registration that succeeded is answered with 200 and nothing.',
    replies(({ headers }) =>
      emptyReply(
        200,
        headers.filter(([name]) => name !== 'Content-Type'),
      ),
    ),
  ),
  fault(
    'registration-answers-may-be-cached',
    'The answer that has the secret may be kept by caches.',
    replies((reply) => ({
      ...reply,
      headers: [
        ...reply.headers.filter(([name]) => name !== 'Cache-Control' && name !== 'Pragma'),
        ['Cache-Control', 'public, max-age=3600'],
      ],
    })),
  ),
  fault(
    'registration-does-not-say-when-a-secret-expires',
    'The answer has a client_secret without client_secret_expires_at.',
    ({ registrationResponse }) => ({
      registrationResponse(...given) {
        const { client_secret_expires_at: _, ...rest } = registrationResponse(...given);
        return rest;
      },
    }),
  ),
];

export const DYNAMIC_REGISTRATION_FAULTS: readonly Fault[] = [...DOORS, ...REDIRECTS, ...RIGHTS, ...ANSWERS];

/** The URIs that a callback with wildcards stands for. */
function patternOf(callback: string): RegExp {
  const parts = callback.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`);
}

/** What a first-party client has that users sign in with: their connections, and scopes of the API. */
function letIn({ client_id }: Client, { store, setup }: TenantContext): void {
  for (const { enabled_clients } of store.connections) enabled_clients.push(client_id);
  store.clientGrants.push({
    id: `cgr_${opaque(15)}`,
    client_id,
    audience: setup.server.url,
    scope: [...setup.server.scopes],
    allow_all_scopes: false,
    subject_type: 'user',
    is_system: false,
  });
}
