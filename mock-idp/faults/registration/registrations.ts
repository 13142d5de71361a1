import { field, type HeaderLine, jsonReply, type Reply } from '../../http.ts';
import { isProblem } from '../../tenant/access.ts';
import type { TenantBehaviour, TenantContext } from '../../tenant/behaviour.ts';
import type { Client, ClientAuthMethod } from '../../tenant/entities.ts';
import { opaque } from '../../tenant/opaque.ts';
import type { RequestedMetadata } from '../../tenant/registration/metadata.ts';
import type { Transaction } from '../../tenant/store.ts';
import type { Fault } from '../fault.ts';

type Replacement = (conforming: TenantBehaviour) => Partial<TenantBehaviour>;

/** Where whoever asks is registered, and each reason below is of this area. */
const fault = (id: string, says: string, trips: readonly string[], tenant: Replacement): Fault => ({
  id,
  says,
  state: 'open-registration',
  tenant,
  trips: trips.map((trip) => `registration/${trip}`),
});

const redirects =
  (test: (uri: string) => boolean): Replacement =>
  ({ redirectUriProblem }) => ({
    redirectUriProblem: (uri, type, context) => (test(uri) ? undefined : redirectUriProblem(uri, type, context)),
  });

const clients =
  (edit: (client: Client, requested: RequestedMetadata) => Partial<Client>): Replacement =>
  ({ clientFrom }) => ({
    clientFrom(metadata, requested, context) {
      const client = clientFrom(metadata, requested, context);
      return { ...client, ...edit(client, requested) };
    },
  });

const replies =
  (edit: (reply: Reply) => Reply): Replacement =>
  ({ replyRegistered }) => ({
    replyRegistered: (registered, context) => edit(replyRegistered(registered, context)),
  });

/** Takes no redirect URI of a native client. */
const loopbackRefused =
  (test: (context: TenantContext) => boolean): Replacement =>
  ({ redirectUriProblem }) => ({
    redirectUriProblem: (uri, type, context) =>
      test(context) && /^http:\/\/127\.0\.0\.1[:/]/.test(uri)
        ? 'loopback is not allowed'
        : redirectUriProblem(uri, type, context),
  });

/** Grants of the scopes that a client has registered what this gives, besides what it is granted anyway. */
const claiming =
  (granted: (claimed: readonly string[], transaction: Transaction) => readonly string[]): Replacement =>
  ({ clientFrom, grantScope }) => {
    const claimed = new Map<string, readonly string[]>();
    return {
      clientFrom(metadata, requested, context) {
        const client = clientFrom(metadata, requested, context);
        if (typeof requested.scope === 'string') claimed.set(client.client_id, requested.scope.split(' '));
        return client;
      },
      grantScope(transaction, user, context) {
        const others = grantScope(transaction, user, context);
        const more = granted(claimed.get(transaction.client.client_id) ?? [], transaction);
        return 'error' in others ? others : [...others, ...more];
      },
    };
  };

const isTyped = ([name]: HeaderLine) => name === 'Content-Type';

/** Who gets in. */
const DOORS: readonly Fault[] = [
  {
    id: 'registration-is-open-and-nobody-said-so',
    says: 'Anybody can register a client, and the operator has never thought of it.',
    tenant: () => ({ isRegistrationOpen: () => true }),
    trips: ['registration/registers-whom-its-policy-lets-register:open-to-anybody'],
  },
  {
    ...fault(
      'registration-is-closed-though-its-policy-is-open',
      'Registration is switched off, where clients are meant to register.',
      ['registers-whom-its-policy-lets-register:closed-though-offered'],
      () => ({ isRegistrationOpen: () => false }),
    ),
  },
  {
    ...fault(
      'registration-is-open-though-its-policy-is-protected',
      'The initial access token is not asked for.',
      ['registers-whom-its-policy-lets-register:open-though-protected'],
      () => ({ mayRegister: () => true }),
    ),
    state: 'managed-registration',
  },
  {
    ...fault(
      'registration-takes-any-initial-access-token',
      'Whatever token comes to register makes a client.',
      ['refuses-initial-access-tokens-nobody-issued:any-token'],
      () => ({ mayRegister: ({ request }) => field(request, 'authorization') !== undefined }),
    ),
    state: 'managed-registration',
  },
  {
    ...fault(
      'registration-is-guarded-at-the-custom-domain-alone',
      'A proxy before the custom domain asks for a token, and the canonical hostname does not.',
      ['guards-the-canonical-hostname-too:open-at-the-canonical-hostname'],
      ({ mayRegister }) => ({
        mayRegister: (context) => context.issuer === context.setup.canonicalIssuer || mayRegister(context),
      }),
    ),
    state: 'managed-registration',
  },
  {
    id: 'registration-is-open-to-web-applications-though-its-policy-is-closed',
    says: 'Anybody can register a web application, where registration should be closed; native clients are refused.',
    tenant: (conforming) => ({ isRegistrationOpen: () => true, ...loopbackRefused(() => true)(conforming) }),
    registrationPolicy: 'closed',
    trips: [
      'registration/registers-whom-its-policy-lets-register:open-though-closed',
      'registration/registers-native-clients:web-alone',
    ],
  },
  {
    ...fault(
      'registration-is-open-to-web-applications-at-the-canonical-hostname',
      'The canonical hostname asks for no token, and takes web applications alone.',
      ['guards-the-canonical-hostname-too:open-at-the-canonical-hostname'],
      (conforming) => {
        const isCanonical = ({ issuer, setup }: TenantContext) => issuer === setup.canonicalIssuer;
        return {
          mayRegister: (context) => isCanonical(context) || conforming.mayRegister(context),
          ...loopbackRefused(isCanonical)(conforming),
        };
      },
    ),
    state: 'managed-registration',
  },
  fault(
    'registration-is-not-advertised',
    'The metadata does not name the registration endpoint.',
    ['advertises-the-registration-it-offers:not-advertised'],
    ({ metadata }) => ({
      metadata(context) {
        const { registration_endpoint: _, ...rest } = metadata(context);
        return rest;
      },
    }),
  ),
  {
    id: 'registration-is-on-another-host',
    says: 'The registration endpoint that the metadata names is on a host of its own.',
    state: 'open-registration',
    tenant: ({ metadata }) => ({
      metadata(context) {
        const members = metadata(context);
        const endpoint = new URL(String(members.registration_endpoint));
        endpoint.hostname = endpoint.hostname === 'localhost' ? '127.0.0.1' : 'localhost';
        return { ...members, registration_endpoint: endpoint.href };
      },
    }),
    trips: [
      'issuer-metadata/keeps-endpoints-at-its-own-host:other-host',
      'registration/advertises-the-registration-it-offers:on-another-host',
    ],
  },
  fault(
    'registration-grants-no-preflight',
    'Pages of other origins may not register.',
    ['lets-browser-clients-register:no-preflight'],
    ({ sideDoor }) => ({
      sideDoor: (context) =>
        context.request.method === 'OPTIONS' && context.request.path === '/oidc/register'
          ? jsonReply(405, { error: 'method_not_allowed' })
          : sideDoor(context),
    }),
  ),
  fault(
    'registration-is-for-web-applications-alone',
    'Loopback redirect URIs are refused to everybody.',
    ['registers-native-clients:web-alone'],
    loopbackRefused(() => true),
  ),
  fault(
    'registration-reads-lists',
    'The first of several registrations in a list makes a client.',
    ['reads-registrations-as-json-objects:no-object'],
    ({ readRegistration }) => ({
      readRegistration(context) {
        const read = readRegistration(context);
        if (read !== undefined || !context.request.body.startsWith('[')) return read;
        return (JSON.parse(context.request.body) as readonly RequestedMetadata[])[0];
      },
    }),
  ),
  fault(
    'registration-breaks-down-over-wrong-types',
    'A number where a list should stand makes the endpoint fail.',
    ['reads-registrations-as-json-objects:breaks-down'],
    ({ decideMetadata }) => ({
      decideMetadata(requested, context) {
        if (typeof requested.grant_types === 'number') throw new TypeError('grant_types is not iterable');
        return decideMetadata(requested, context);
      },
    }),
  ),
  fault(
    'registration-errors-are-plain-text',
    'Metadata that is refused is answered with a line of text.',
    ['says-what-is-wrong-with-metadata:no-error'],
    () => ({
      refuseMetadata: ({ description }) => ({
        status: 400,
        headers: [['Content-Type', 'text/plain']],
        body: description,
      }),
    }),
  ),
];

/** Where a client may be sent back to. */
const REDIRECTS: readonly Fault[] = [
  fault(
    'registration-trims-redirects',
    'Blanks around a redirect URI are cut off, after it was looked at whether it runs scripts.',
    ['registers-no-redirect-uris-that-run-scripts:dangerous-scheme'],
    ({ redirectUriProblem, decideMetadata }) => ({
      redirectUriProblem: (uri, type, context) =>
        /^\s+javascript:/.test(uri) ? undefined : redirectUriProblem(uri, type, context),
      decideMetadata(requested, context) {
        const metadata = decideMetadata(requested, context);
        return isProblem(metadata)
          ? metadata
          : { ...metadata, redirect_uris: metadata.redirect_uris.map((uri) => uri.trim()) };
      },
    }),
  ),
  fault(
    'registration-accepts-relative-redirects',
    'Redirect URIs may be paths.',
    ['registers-absolute-redirect-uris-without-fragments:relative'],
    redirects((uri) => uri.startsWith('/')),
  ),
  fault(
    'registration-accepts-schemes-without-a-domain',
    'Any scheme passes for an app’s own.',
    ['registers-no-ambiguous-redirect-uris:scheme-without-a-domain'],
    redirects((uri) => uri.startsWith('myapp:')),
  ),
  fault(
    'registration-accepts-user-names-in-redirects',
    'Redirect URIs may have a user name.',
    ['registers-no-ambiguous-redirect-uris:user-name'],
    redirects((uri) => /^https:\/\/[^/]*@/.test(uri)),
  ),
  fault(
    'registration-without-redirect-uri-leads-anywhere',
    'A client that registered no redirect URI is sent wherever its request says.',
    ['requires-redirect-uris:sent-anywhere'],
    ({ decideMetadata, redirectUriOf }) => ({
      decideMetadata(requested, context) {
        const { redirect_uris: uris } = requested;
        if (Array.isArray(uris) && uris.length > 0) return decideMetadata(requested, context);
        const stand = decideMetadata({ ...requested, redirect_uris: ['https://client.example/'] }, context);
        return 'error' in stand ? stand : { ...stand, redirect_uris: [] };
      },
      redirectUriOf: (parameters, client, context) =>
        client.external_metadata_type === 'dcr' && client.callbacks.length === 0
          ? (parameters.get('redirect_uri') ?? '')
          : redirectUriOf(parameters, client, context),
    }),
  ),
];

/** What a client gets. */
const RIGHTS: readonly Fault[] = [
  fault(
    'registration-gives-every-client-the-same-secret',
    'The secret of registered clients is always the same.',
    ['gives-each-client-credentials-of-its-own:same-secret'],
    (conforming) => {
      const client_secret = opaque(64);
      return clients((client) => (client.client_secret === undefined ? {} : { client_secret }))(conforming);
    },
  ),
  fault(
    'registration-gives-every-client-the-same-id',
    'A client that registers again is the one that was there.',
    ['gives-each-client-credentials-of-its-own:same-id'],
    ({ registrationResponse }) => {
      let first: string | undefined;
      return {
        registrationResponse(client, ...given) {
          first ??= client.client_id;
          return { ...registrationResponse(client, ...given), client_id: first };
        },
      };
    },
  ),
  fault(
    'registered-clients-have-no-grant',
    'Clients that register may not use the grant that they registered for.',
    ['gives-tokens-to-registered-clients:no-token'],
    ({ refuseParameters }) => ({
      refuseParameters: (parameters, client, context) =>
        client.external_metadata_type === 'dcr'
          ? { error: 'unauthorized_client', description: 'The client may not use this grant.' }
          : refuseParameters(parameters, client, context),
    }),
  ),
  fault(
    'registration-registers-implicit-response-types',
    'The answer lists whatever response types were asked for.',
    ['limits-the-response-types-of-registered-clients:token'],
    ({ registrationResponse }) => ({
      registrationResponse: (client, metadata, requested, context) => ({
        ...registrationResponse(client, metadata, requested, context),
        ...(requested.response_types !== undefined && { response_types: requested.response_types }),
      }),
    }),
  ),
  fault(
    'registration-registers-any-authentication-method',
    'Whatever method a client asks for is registered.',
    ['registers-authentication-methods-that-work:unknown-method', 'registers-authentication-methods-that-work:no-keys'],
    ({ registeredAuthMethod }) => ({
      registeredAuthMethod: (requested, context) =>
        requested === undefined ? registeredAuthMethod(requested, context) : (requested as ClientAuthMethod),
    }),
  ),
  fault(
    'registration-takes-two-key-sets',
    'jwks and jwks_uri are registered side by side.',
    ['registers-authentication-methods-that-work:two-key-sets'],
    ({ registrationResponse }) => ({
      registrationResponse: (client, metadata, requested, context) => ({
        ...registrationResponse(client, metadata, requested, context),
        ...(requested.jwks !== undefined && { jwks: requested.jwks, jwks_uri: requested.jwks_uri }),
      }),
    }),
  ),
  fault(
    'registration-takes-callbacks-of-the-vendor',
    'Redirect URIs may also come as callbacks, which nobody checks.',
    ['applies-no-privileges-that-clients-claim:callback-of-the-vendor'],
    clients(({ callbacks }, { callbacks: more }) => ({
      callbacks: [...callbacks, ...(Array.isArray(more) ? (more as readonly string[]) : [])],
    })),
  ),
  fault(
    'registration-grants-the-scope-it-is-asked-for',
    'The scope of a registration is in the tokens of the client’s users.',
    ['applies-no-privileges-that-clients-claim:scope-granted'],
    claiming((claimed) => claimed),
  ),
  fault(
    'registration-lets-clients-ask-for-scopes-they-registered',
    'A client may ask its users for whatever scope it has registered.',
    ['applies-no-privileges-that-clients-claim:scope-for-the-asking'],
    claiming((claimed, { scope }) => claimed.filter((each) => scope.includes(each))),
  ),
  fault(
    'registration-gives-public-clients-tokens-of-their-own',
    'A public client that asked for client_credentials gets tokens in its own name.',
    ['limits-the-grants-of-registered-clients:token-for-a-public-client'],
    ({ clientFrom, authenticateClient, scopesGrantedToClient }) => {
      const asked = new Set<string>();
      return {
        clientFrom(metadata, requested, context) {
          const client = clientFrom(metadata, requested, context);
          const grants = requested.grant_types;
          if (Array.isArray(grants) && grants.includes('client_credentials')) asked.add(client.client_id);
          return client;
        },
        async authenticateClient(parameters, context) {
          const client = await authenticateClient(parameters, context);
          const isAsked = 'client_id' in client && asked.has(client.client_id);
          return isAsked && parameters.get('grant_type') === 'client_credentials'
            ? {
                ...client,
                token_endpoint_auth_method: 'client_secret_post',
                grant_types: [...client.grant_types, 'client_credentials'],
              }
            : client;
        },
        scopesGrantedToClient: (client, api, context) =>
          asked.has(client.client_id) ? context.setup.server.scopes : scopesGrantedToClient(client, api, context),
      };
    },
  ),
  fault(
    'registration-leaves-markup-in-names',
    'The name that a client registered stands on the consent page as HTML.',
    ['escapes-the-names-of-clients:markup'],
    ({ consentDetails }) => ({
      consentDetails(transaction, user, context) {
        const details = consentDetails(transaction, user, context);
        // What the template takes for markup of its own.
        const name = { html: transaction.client.name } as unknown as string;
        return transaction.client.external_metadata_type === 'dcr' ? { ...details, client: name } : details;
      },
    }),
  ),
];

/** How a success is answered. */
const ANSWERS: readonly Fault[] = [
  fault(
    'registration-answers-200',
    'A registration that succeeded is answered with 200.',
    ['answers-registrations-in-full:other-status'],
    replies((reply) => ({ ...reply, status: 200 })),
  ),
  fault(
    'registration-does-not-say-what-is-registered',
    'The answer has the credentials alone.',
    ['answers-registrations-in-full:no-metadata'],
    ({ replyRegistered }) => ({
      replyRegistered({ redirect_uris: _, ...rest }, context) {
        return replyRegistered(rest, context);
      },
    }),
  ),
  fault(
    'registration-answers-are-not-labelled-as-json',
    'The answer says that it is text.',
    ['answers-registrations-in-full:other-type'],
    replies((reply) => ({
      ...reply,
      headers: [...reply.headers.filter((line) => !isTyped(line)), ['Content-Type', 'text/plain']],
    })),
  ),
  {
    ...fault(
      'registration-names-a-configuration-endpoint-without-a-token',
      'registration_client_uri comes without registration_access_token.',
      ['answers-registrations-in-full:half-managed'],
      ({ replyRegistered }) => ({
        replyRegistered({ registration_access_token: _, ...rest }, context) {
          return replyRegistered(rest, context);
        },
      }),
    ),
    state: 'managed-registration',
  },
];

export const REGISTRATIONS_FAULTS: readonly Fault[] = [...DOORS, ...REDIRECTS, ...RIGHTS, ...ANSWERS];
