import { emptyReply, field, jsonReply } from '../../http.ts';
import type { TenantBehaviour, TenantContext } from '../../tenant/behaviour.ts';
import type { Client } from '../../tenant/entities.ts';
import { bearerOf } from '../../tenant/registration/manage.ts';
import type { Fault } from '../fault.ts';
import { acceptTokens } from '../replace.ts';

type Replacement = (conforming: TenantBehaviour) => Partial<TenantBehaviour>;

/** Where clients are managed by RFC 7592. */
const fault = (id: string, says: string, trips: readonly string[], tenant: Replacement): Fault => ({
  id,
  says,
  state: 'managed-registration',
  tenant,
  trips: trips.map((trip) => `registration/${trip}`),
});

/** Who may manage a client besides the holder of its token. */
const managers =
  (test: (client: Client, context: TenantContext) => boolean): Replacement =>
  ({ mayManageRegistration }) => ({
    mayManageRegistration: (client, context) => mayManageRegistration(client, context) || test(client, context),
  });

/** Makes of a change what it asks for, by no rule. */
const changes =
  (edit: (client: Client, requested: Readonly<Record<string, unknown>>) => Partial<Client> | undefined): Replacement =>
  ({ updateRegistration }) => ({
    updateRegistration(client, requested, context) {
      const edited = edit(client, requested);
      return edited === undefined ? updateRegistration(client, requested, context) : { ...client, ...edited };
    },
  });

export const MANAGED_REGISTRATION_FAULTS: readonly Fault[] = [
  fault(
    'registrations-are-read-without-a-token',
    'Whoever knows the URL reads what a client registered.',
    ['guards-the-configurations-of-clients:without-token'],
    managers((_, { request }) => field(request, 'authorization') === undefined && request.query === ''),
  ),
  fault(
    'registrations-are-read-with-any-token',
    'The registration access token is not compared with anything.',
    ['guards-the-configurations-of-clients:any-token'],
    managers((client, { request, store }) => {
      const token = bearerOf(request);
      const isKnown = token?.startsWith('rat_') === true;
      return token !== undefined && !isKnown && store.clients.includes(client);
    }),
  ),
  fault(
    'registrations-are-read-with-the-token-of-another-client',
    'Any client’s registration access token opens every client’s configuration.',
    ['guards-the-configurations-of-clients:token-of-another'],
    managers((_, { request, store }) => [...store.registrationTokens.values()].includes(bearerOf(request) ?? '')),
  ),
  fault(
    'registrations-are-read-with-the-token-in-the-url',
    'The registration access token is taken from the query, too.',
    ['takes-registration-tokens-in-the-header-alone:in-the-url'],
    managers(
      ({ client_id }, { request, store }) =>
        new URLSearchParams(request.query).get('access_token') === store.registrationTokens.get(client_id),
    ),
  ),
  {
    id: 'server-takes-registration-tokens',
    says: 'The MCP server takes registration access tokens for access tokens.',
    state: 'managed-registration',
    server: acceptTokens((token) => token.startsWith('rat_')),
    trips: ['registration/keeps-registration-tokens-from-the-mcp-server:served'],
  },
  fault(
    'registrations-change-to-any-redirect-uri',
    'A change is not checked as a registration is.',
    ['changes-clients-by-the-rules-of-registration:script-as-redirect'],
    changes((client, { client_id, client_secret, redirect_uris: uris }) =>
      client_id === client.client_id && client_secret === undefined && Array.isArray(uris)
        ? { callbacks: uris as string[] }
        : undefined,
    ),
  ),
  fault(
    'registrations-change-to-any-redirect-uri-without-a-word',
    'A change is not checked as a registration is, and answered with nothing.',
    ['changes-clients-by-the-rules-of-registration:script-as-redirect'],
    ({ manageRegistration }) => ({
      manageRegistration(context) {
        const { request, behaviour, store } = context;
        const uris = request.method === 'PUT' ? behaviour.readRegistration(context)?.redirect_uris : undefined;
        if (!Array.isArray(uris) || !uris.includes('javascript:alert(1)')) return manageRegistration(context);
        store.clients = store.clients.map((client) =>
          request.path.endsWith(client.client_id) ? { ...client, callbacks: uris as string[] } : client,
        );
        return emptyReply(204, []);
      },
    }),
  ),
  fault(
    'registrations-change-to-another-id',
    'A change renames the client.',
    ['changes-clients-by-the-rules-of-registration:another-id'],
    ({ manageRegistration }) => ({
      manageRegistration(context) {
        const { request, behaviour } = context;
        const reply = manageRegistration(context);
        const client_id = request.method === 'PUT' ? behaviour.readRegistration(context)?.client_id : undefined;
        // As it would be shown to the client that has another name from now on.
        return reply.status === 400 && typeof client_id === 'string' && !request.path.endsWith(client_id)
          ? jsonReply(200, { client_id })
          : reply;
      },
    }),
  ),
  fault(
    'registrations-change-to-a-chosen-secret',
    'A client chooses its secret by a change.',
    ['changes-clients-by-the-rules-of-registration:chosen-secret'],
    changes((_, { client_secret: secret }) => (typeof secret === 'string' ? { client_secret: secret } : undefined)),
  ),
  fault(
    'registrations-keep-old-tokens',
    'A registration access token that was replaced is still good.',
    ['retires-registration-tokens-it-replaces:old-token-lives'],
    ({ renewRegistrationToken, mayManageRegistration }) => {
      const given = new Map<string, string>();
      return {
        renewRegistrationToken(client, context) {
          const token = renewRegistrationToken(client, context);
          given.set(token, client.client_id);
          return token;
        },
        mayManageRegistration: (client, context) =>
          mayManageRegistration(client, context) || given.get(bearerOf(context.request) ?? '') === client.client_id,
      };
    },
  ),
  fault(
    'deletions-are-answered-with-200',
    'A deletion is answered with 200 and a word.',
    ['deletes-clients-for-good:other-status'],
    () => ({ confirmDeletion: () => jsonReply(200, { deleted: true }) }),
  ),
  fault(
    'deleted-clients-are-still-read',
    'What a deleted client registered is still shown to its token.',
    ['deletes-clients-for-good:still-read'],
    ({ deleteRegistration, manageRegistration }) => {
      const gone = new Map<string, string>();
      return {
        deleteRegistration(client, context) {
          gone.set(context.store.registrationTokens.get(client.client_id) ?? '', client.client_id);
          deleteRegistration(client, context);
        },
        manageRegistration(context) {
          const client_id = gone.get(bearerOf(context.request) ?? '');
          return client_id === undefined ? manageRegistration(context) : jsonReply(200, { client_id });
        },
      };
    },
  ),
  fault(
    'deleted-clients-are-still-authorized',
    'A deletion ends the registration access token alone, and the client lives on.',
    ['deletes-clients-for-good:still-authorized'],
    () => ({
      deleteRegistration: ({ client_id }, { store }) => {
        store.registrationTokens.delete(client_id);
      },
    }),
  ),
  fault(
    'deletions-leave-refresh-tokens',
    'The refresh token of a deleted client is still good.',
    ['deletes-clients-for-good:refresh-token-lives'],
    ({ deleteRegistration, authenticateClient }) => {
      const gone = new Map<string, Client>();
      return {
        deleteRegistration(client, context) {
          const kept = [...context.store.refreshTokens];
          gone.set(client.client_id, client);
          deleteRegistration(client, context);
          for (const [token, value] of kept) context.store.refreshTokens.set(token, value);
        },
        authenticateClient: async (parameters, context) =>
          parameters.get('grant_type') === 'refresh_token'
            ? (gone.get(parameters.get('client_id') ?? '') ?? authenticateClient(parameters, context))
            : authenticateClient(parameters, context),
      };
    },
  ),
];
