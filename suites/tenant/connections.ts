import { isThirdParty } from '../../fixtures/management/clients.ts';
import type { JsonObject } from '../../fixtures/protocol/documents.ts';
import { checks } from '../check.ts';
import { GOLDEN_CLIENT } from '../golden-tenant.ts';
import { auditsTenant } from './audit.ts';
import { patching } from './commands.ts';
import { nameOf, someOf } from './names.ts';
import { hasUsers, registersAnybody, together } from './naming.ts';

const isOpenToAll = ({ is_domain_connection }: JsonObject) => is_domain_connection === true;

/** Everybody in the world has, or may make, an account there. */
const SOCIAL: readonly string[] = [
  'amazon',
  'apple',
  'bitbucket',
  'facebook',
  'github',
  'google-oauth2',
  'line',
  'linkedin',
  'paypal',
  'salesforce-community',
  'twitter',
  'vkontakte',
  'windowslive',
  'yahoo',
];

const shown = ({ name, strategy }: JsonObject) => `${name} (${strategy})`;

const GOLDEN_CONNECTION: JsonObject = { id: 'con_1', name: 'staff', strategy: 'auth0', is_domain_connection: true };
const SOCIAL_CONNECTION: JsonObject = {
  id: 'con_2',
  name: 'google-oauth2',
  strategy: 'google-oauth2',
  is_domain_connection: true,
};

const DASHBOARD = 'Authentication > (the connection) > Settings > Promote Connection to Domain Level';
const patch = (isOn: boolean) => patching('connections/YOUR_CONNECTION_ID', { is_domain_connection: isOn });

export const letsThirdPartyUsersIn = auditsTenant({
  id: 'tenant/lets-users-of-third-party-clients-sign-in',
  title: 'Has a connection by which users of third-party clients sign in',
  keyword: 'MUST',
  severity: 'critical',
  pillar: 'token-issuance',
  requirements: ['AUTH0-domain-connection'],
  reads: ['connections', 'clients', 'settings'],
  unsaid: ({ clients, settings }) =>
    registersAnybody(settings) || clients.some((client) => isThirdParty(client) && hasUsers(client))
      ? undefined
      : 'the tenant has no third-party clients that users sign in for, and registers none',
  reasons: {
    'none-for-the-domain': {
      says: 'No connection is open to third-party clients, so that each of their sign-ins ends with “no connections enabled for the client”.',
      fix: {
        general: 'Open one connection, that of the users who may use MCP clients, to third-party clients.',
        auth0: {
          text: 'Promote the connection of these users to domain level; every third-party client of the tenant may then sign them in.',
          dashboard: DASHBOARD,
          command: patch(true),
        },
      },
      expected: 'is_domain_connection true of at least one connection',
      wrong: ({ connections }) =>
        connections.some(isOpenToAll)
          ? []
          : [`no connection at domain level: ${someOf(connections.map(nameOf)) || 'there is none at all'}`],
      example: { connections: [{ ...GOLDEN_CONNECTION, is_domain_connection: false }] },
    },
  },
  seen: ({ connections }) => `domain-level connections: ${connections.filter(isOpenToAll).map(shown).join(', ')}`,
  passes: { clients: [GOLDEN_CLIENT] },
});

export const opensApprovedConnections = auditsTenant({
  id: 'tenant/opens-approved-connections-to-third-parties',
  title: 'Opens to third-party clients the connections that somebody approved',
  keyword: 'SHOULD',
  severity: 'high',
  pillar: 'token-issuance',
  requirements: ['AUTH0-domain-connection-review', 'AUTH0-enterprise-idp'],
  reads: ['connections'],
  unsaid: ({ connections }) =>
    connections.some(isOpenToAll) ? undefined : 'the tenant has no domain-level connections',
  reasons: {
    'not-approved': {
      says: 'Connections are open to every third-party client that nobody has approved for it.',
      fix: {
        general: 'Approve the connection in policy.domainConnections, or close it to third parties.',
        auth0: {
          text: 'Take the connection back from domain level, or let whoever answers for the tenant approve it and write it into policy.domainConnections.',
          dashboard: DASHBOARD,
          command: patch(false),
        },
      },
      expected: 'domain-level connections of policy.domainConnections alone',
      wrong: ({ connections }, { facts: { policy } }) =>
        together(
          connections
            .filter(isOpenToAll)
            .filter(({ name }) => policy.domainConnections?.includes(String(name)) === false)
            .map(shown),
        ),
      example: { connections: [GOLDEN_CONNECTION, SOCIAL_CONNECTION] },
      setup: { facts: { policy: { strict: false, domainConnections: ['staff'] } } },
    },
    social: {
      says: 'Social connections are open to every third-party client, so that whoever has an account there signs in, and nobody has said that this is meant.',
      keyword: 'ADVICE',
      fix: {
        general:
          'Decide whether anybody in the world is to sign in, and write the decision into policy.domainConnections.',
        auth0: {
          text: 'Take the social connection back from domain level where users are your own people; where it is meant to be open, approve it in policy.domainConnections.',
          dashboard: DASHBOARD,
          command: patch(false),
        },
      },
      expected: 'no social connection at domain level without a decision of yours',
      wrong: ({ connections }, { facts: { policy } }) =>
        policy.domainConnections === undefined
          ? together(
              connections
                .filter(isOpenToAll)
                .filter(({ strategy }) => SOCIAL.includes(String(strategy)))
                .map(shown),
            )
          : [],
      example: { connections: [GOLDEN_CONNECTION, SOCIAL_CONNECTION] },
    },
  },
  seen: ({ connections }, { facts: { policy } }) =>
    `domain-level connections: ${connections.filter(isOpenToAll).map(shown).join(', ')}${
      policy.domainConnections === undefined ? '; policy.domainConnections would say which are approved' : ', approved'
    }`,
});

export const tenantConnectionChecks = checks(letsThirdPartyUsersIn, opensApprovedConnections);
