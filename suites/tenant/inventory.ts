import { clientsOfServer, isAbout, isThirdParty } from '../../fixtures/management/clients.ts';
import type { JsonObject } from '../../fixtures/protocol/documents.ts';
import type { GovernedClient } from '../../fixtures/target.ts';
import { checks } from '../check.ts';
import { GOLDEN_API, GOLDEN_CLIENT } from '../golden-tenant.ts';
import { counted } from '../words.ts';
import { auditsTenant, type Tenant, type TenantSetting } from './audit.ts';
import { nameOf } from './names.ts';
import { together } from './naming.ts';

type Read = Tenant<'clients' | 'grants'>;

const concerned = ({ clients, grants }: Read, { resource }: TenantSetting) =>
  clientsOfServer(clients, grants, resource);

const entriesOf = ({ facts }: TenantSetting) => facts.inventory ?? [];

/** Approved for the whole of its last day. */
const isOver = ({ until }: GovernedClient, { facts }: TenantSetting) =>
  until !== '' && until < facts.capturedAt.slice(0, 10);

/** What a draft leaves for somebody to write. */
const blanksIn = (entry: GovernedClient) =>
  (['owner', 'approver', 'until'] as const).filter((name) => entry[name] === '');

/** Entries of clients that are there, by what is told of them. */
const entriesThatAre = (
  { clients }: Read,
  setting: TenantSetting,
  tell: (entry: GovernedClient, client: string) => readonly string[],
) =>
  together(
    clients.flatMap((client) =>
      entriesOf(setting).flatMap((each) => (isAbout(each, client) ? tell(each, nameOf(client)) : [])),
    ),
  );

const unlisted = (read: Read, setting: TenantSetting) =>
  concerned(read, setting).filter((client) => !entriesOf(setting).some((each) => isAbout(each, client)));

const FIX = {
  general: 'Write the client into the inventory with who answers for it, who approved it and until when; or delete it.',
  auth0: {
    text: 'Find out whose the application is; where nobody answers for it, delete it.',
    dashboard: 'Applications > Applications',
    command: 'mcp-auth-conformance inventory YOUR_PROFILE --write YOUR_INVENTORY',
  },
} as const;

const ENTRY: GovernedClient = { client: 'client_1', owner: 'team-search', approver: 'security', until: '2026-06-30' };

const MACHINE: JsonObject = {
  client_id: 'machine_1',
  name: 'Nightly job',
  app_type: 'non_interactive',
  is_first_party: true,
  grant_types: ['client_credentials'],
  token_endpoint_auth_method: 'client_secret_post',
  callbacks: [],
};

const MACHINE_GRANT: JsonObject = {
  id: 'cgr_2',
  client_id: 'machine_1',
  audience: GOLDEN_API.identifier,
  scope: ['mcp:tools'],
  subject_type: 'client',
};

export const hasClientsInItsInventory = auditsTenant({
  id: 'tenant/has-each-client-in-the-inventory',
  title: 'Has each client of the MCP server in the inventory, approved and not out of date',
  keyword: 'SHOULD',
  severity: 'medium',
  pillar: 'client-registration',
  requirements: ['AUTH0-dcr-inventory', 'AUTH0-connector-approval'],
  reads: ['clients', 'grants'],
  unsaid: (read, setting) =>
    concerned(read, setting).length === 0 && entriesOf(setting).length === 0
      ? 'the tenant has no third-party clients and none with a grant for the MCP server'
      : undefined,
  beyond: (_, { facts }) =>
    facts.inventory === undefined
      ? {
          because: 'nobody has written down who answers for the clients of the tenant',
          unlock: 'inventory: the file that does; mcp-auth-conformance inventory <profile> --write <file> drafts it',
        }
      : undefined,
  reasons: {
    'third-party-unlisted': {
      says: 'Third-party clients are in the tenant that are not in the inventory, so that nobody answers for them.',
      fix: FIX,
      expected: 'an entry of the inventory for each third-party client',
      wrong: (read, setting) => together(unlisted(read, setting).filter(isThirdParty).map(nameOf)),
      example: { clients: [GOLDEN_CLIENT, { ...GOLDEN_CLIENT, client_id: 'client_2', name: 'Newcomer' }] },
    },
    'granted-unlisted': {
      says: 'Machine clients, or others of the company, have a grant for the MCP server and are not in the inventory.',
      fix: FIX,
      expected: 'an entry of the inventory for each client with a grant for the MCP server',
      wrong: (read, setting) =>
        together(
          unlisted(read, setting)
            .filter((client) => !isThirdParty(client))
            .map(nameOf),
        ),
      example: { clients: [GOLDEN_CLIENT, MACHINE], grants: [MACHINE_GRANT] },
    },
    'half-written': {
      says: 'Entries of the inventory are as they were drafted: nobody answers for the client, nobody approved it, or no day is named.',
      fix: {
        general:
          'Fill in the owner, the approver and the last day that the client is approved for; or delete the client.',
        auth0: {
          text: 'Find out whose the application is; where nobody answers for it, delete it and take its entry out.',
          dashboard: 'Applications > Applications',
          command: 'auth0 apps list',
        },
      },
      expected: 'owner, approver and until in each entry',
      wrong: (read, setting) =>
        entriesThatAre(read, setting, (entry, client) => {
          const blanks = blanksIn(entry);
          return blanks.length === 0 ? [] : [`${client} without ${blanks.join(', ')}`];
        }),
      example: {},
      setup: { facts: { inventory: [{ ...ENTRY, owner: '' }] } },
    },
    expired: {
      says: 'Clients are approved until a day that has passed, and are still there.',
      fix: {
        general: 'Approve the client anew with a new day, or delete it.',
        auth0: {
          text: 'Delete the application, or let its approver extend it in the inventory.',
          dashboard: 'Applications > Applications',
          command: 'auth0 apps delete YOUR_CLIENT_ID',
        },
      },
      expected: 'until, today or later',
      wrong: (read, setting) =>
        entriesThatAre(read, setting, (entry, client) =>
          isOver(entry, setting) ? [`${client} of ${entry.owner || 'nobody'} until ${entry.until}`] : [],
        ),
      example: {},
      setup: { facts: { inventory: [{ ...ENTRY, until: '2025-12-31' }] } },
    },
    gone: {
      says: 'The inventory has clients that the tenant has no more.',
      keyword: 'ADVICE',
      fix: {
        general: 'Take the entry out of the inventory, or correct its client.',
        auth0: {
          text: 'Compare the entry with the Client ID of the application.',
          dashboard: 'Applications > Applications',
          command: 'auth0 apps list',
        },
      },
      expected: 'a client of the tenant for each entry',
      wrong: ({ clients }, setting) =>
        together(
          entriesOf(setting)
            .filter((each) => !clients.some((client) => isAbout(each, client)))
            .map(({ client, owner }) => `${client} of ${owner}`),
        ),
      example: {},
      setup: { facts: { inventory: [ENTRY, { ...ENTRY, client: 'client_9' }] } },
    },
  },
  seen: (read, setting) => `${counted(concerned(read, setting).length, 'client')}, each in the inventory`,
  setup: { facts: { inventory: [ENTRY] } },
});

export const tenantInventoryChecks = checks(hasClientsInItsInventory);
