import { CLIENTS } from '../../tenant/states/conforming.ts';
import type { Configuration } from '../../tenant/store.ts';
import type { Fault } from '../fault.ts';
import { both, withClient, withOpenRegistration, withSelfRegistered } from './change.ts';

/** The web client of the profile, as one of the company's own. */
function withOwnWebClient(configuration: Configuration): Configuration {
  // In place: a copy would make the keys of clients that have some, which takes a while.
  for (const client of configuration.clients.filter(({ client_id }) => client_id === CLIENTS.web)) {
    client.is_first_party = true;
    delete client.third_party_security_mode;
  }
  return {
    ...configuration,
    connections: configuration.connections.map((connection) => ({
      ...connection,
      enabled_clients: [...connection.enabled_clients, CLIENTS.web],
    })),
  };
}

/** With room for so many clients beyond those that are configured. */
const withRoom =
  (more: number) =>
  (configuration: Configuration): Configuration => ({
    ...configuration,
    plan: { ...configuration.plan, applications: configuration.clients.length + more },
  });

const ROTATING = { rotation_type: 'rotating', expiration_type: 'expiring', leeway: 0, token_lifetime: 3600 } as const;

/** Clients that are registered otherwise than MCP clients should be. */
export const CLIENT_FAULTS: readonly Fault[] = [
  {
    id: 'has-a-permissive-third-party-client',
    says: 'A third-party client from before is still in permissive mode.',
    configuration: withClient({ third_party_security_mode: 'permissive' }),
    trips: ['tenant/keeps-third-party-clients-strict:permissive'],
  },
  {
    id: 'takes-a-self-registered-client-for-its-own',
    says: 'A client that registered itself was made a first-party one.',
    configuration: withSelfRegistered({ is_first_party: true }),
    trips: ['tenant/keeps-third-party-clients-strict:self-registered-first-party'],
  },
  {
    id: 'gives-a-third-party-client-the-implicit-grant',
    says: 'A third-party client may use the implicit grant.',
    configuration: withClient({ grant_types: ['authorization_code', 'implicit'] }),
    trips: ['tenant/gives-third-party-clients-no-legacy-grants:legacy-grant'],
  },
  {
    id: 'has-a-client-with-a-wildcard-callback',
    says: 'A third-party client is sent to any host below its domain.',
    configuration: withClient({ callbacks: ['https://*.partner.example/callback'] }),
    trips: ['tenant/sends-clients-to-exact-safe-redirect-uris:wildcard'],
  },
  {
    id: 'has-a-client-with-a-plain-callback',
    says: 'A third-party client is sent to its host by plain HTTP.',
    configuration: withClient({ callbacks: ['http://partner.example/callback'] }),
    trips: ['tenant/sends-clients-to-exact-safe-redirect-uris:plain-http'],
  },
  {
    id: 'has-a-web-client-on-localhost',
    says: 'The callback that its developers use is still there in a web application.',
    configuration: withClient({ callbacks: ['https://partner.example/callback', 'http://localhost:3000/callback'] }),
    trips: ['tenant/sends-clients-to-exact-safe-redirect-uris:loopback-of-a-web-client'],
  },
  {
    id: 'has-a-client-under-a-known-name',
    says: 'A client that registered itself has the name of a well-known one, and leads to a host of nobody knows whom.',
    configuration: withSelfRegistered({ name: 'Claude', callbacks: ['https://collect.example.net/callback'] }),
    trips: ['tenant/has-no-clients-that-pass-for-others:known-name-elsewhere'],
  },
  {
    id: 'has-a-client-at-a-look-alike-host',
    says: 'A client that registered itself leads to a host whose name begins like that of a well-known client.',
    configuration: withSelfRegistered({ callbacks: ['https://claude.ai.example.net/callback'] }),
    trips: ['tenant/has-no-clients-that-pass-for-others:look-alike-host'],
  },
  {
    id: 'has-a-client-with-letters-of-two-scripts',
    says: 'A client that registered itself has a Cyrillic letter in its Latin name.',
    configuration: withSelfRegistered({ name: 'H\u0435lper' }),
    trips: ['tenant/has-no-clients-that-pass-for-others:mixed-scripts'],
  },
  {
    id: 'has-a-machine-client-without-authentication',
    says: 'A machine client gets its tokens for its id alone.',
    configuration: withClient({ is_first_party: true, callbacks: [], grant_types: ['client_credentials'] }),
    trips: ['tenant/authenticates-clients-by-their-kind:machine-without-authentication'],
  },
  {
    id: 'has-a-native-client-with-a-secret',
    says: 'All copies of a third-party program have one secret.',
    configuration: withClient({ app_type: 'native', token_endpoint_auth_method: 'client_secret_post' }),
    trips: ['tenant/authenticates-clients-by-their-kind:secret-in-a-native-client'],
  },
  {
    id: 'has-a-client-that-gets-every-error',
    says: 'A third-party client gets every error by redirect.',
    configuration: withClient({ redirection_policy: 'allow_always' }),
    trips: ['tenant/keeps-open-redirect-protection:allow-always'],
  },
  {
    id: 'has-a-client-whose-refresh-tokens-stay',
    says: 'A public third-party client keeps its refresh token at each use.',
    configuration: withClient({ refresh_token: { ...ROTATING, rotation_type: 'non-rotating' } }),
    trips: ['tenant/rotates-refresh-tokens-of-public-clients:not-rotating'],
  },
  {
    id: 'has-a-client-whose-refresh-tokens-never-expire',
    says: 'A public third-party client has refresh tokens without an end.',
    configuration: withClient({ refresh_token: { ...ROTATING, expiration_type: 'non-expiring' } }),
    trips: ['tenant/rotates-refresh-tokens-of-public-clients:not-expiring'],
  },
  {
    id: 'has-an-mcp-client-of-its-own',
    says: 'The web client of the profile is a first-party one.',
    configuration: withOwnWebClient,
    trips: ['tenant/has-mcp-clients-as-third-parties:first-party'],
  },
  {
    id: 'has-no-room-for-a-further-client',
    says: 'Clients register themselves, and the plan allows no more.',
    // Two documents of clients are imported.
    configuration: both(withOpenRegistration({}), withRoom(2)),
    registrationPolicy: 'open',
    trips: ['tenant/has-room-for-further-clients:full'],
  },
  {
    id: 'has-hardly-room-for-a-further-client',
    says: 'Clients register themselves, and the plan allows two more.',
    configuration: both(withOpenRegistration({}), withRoom(4)),
    registrationPolicy: 'open',
    trips: ['tenant/has-room-for-further-clients:nearly-full'],
  },
];
