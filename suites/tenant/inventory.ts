import type { JsonObject } from '../../fixtures/protocol/documents.ts';
import type { GovernedClient } from '../../fixtures/target.ts';
import { checks } from '../check.ts';
import { GOLDEN_API, GOLDEN_CLIENT } from '../golden-tenant.ts';
import { auditsTenant, type Tenant, type TenantSetting } from './audit.ts';
import { nameOf } from './names.ts';
import { isThirdParty, together } from './naming.ts';

type Read = Tenant<'clients' | 'grants'>;

/** An entry is about a client by its id, or by the URL of its document. */
const isAbout = ({ client }: GovernedClient, { client_id, external_client_id: url }: JsonObject) =>
  client === client_id || client === url;

/** Whether the client has a grant of its own for the API of the MCP server: machines, and users' clients of the company. */
const isGranted = ({ client_id }: JsonObject, grants: readonly JsonObject[], { resource }: TenantSetting) =>
  resource !== undefined && grants.some((grant) => grant.client_id === client_id && grant.audience === resource);

/** Clients that get tokens for the MCP server, or may at a user's word. */
const concerned = ({ clients, grants }: Read, setting: TenantSetting) =>
  clients.filter((client) => isThirdParty(client) || isGranted(client, grants, setting));

const entriesOf = ({ facts }: TenantSetting) => facts.inventory ?? [];

/** Approved for the whole of its last day. */
const isOver = ({ until }: GovernedClient, { facts }: TenantSetting) => until < facts.capturedAt.slice(0, 10);

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
  unsaid: (read, setting) => {
    if (setting.facts.inventory === undefined) {
      return 'the profile names no inventory of clients: mcp-auth-conformance inventory <profile> --write <file> drafts one';
    }
    return concerned(read, setting).length === 0 && entriesOf(setting).length === 0
      ? 'the tenant has no third-party clients and none with a grant for the MCP server'
      : undefined;
  },
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
        together(
          read.clients.flatMap((client) =>
            entriesOf(setting)
              .filter((each) => isAbout(each, client) && isOver(each, setting))
              .map(({ owner, until }) => `${nameOf(client)} of ${owner} until ${until}`),
          ),
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
  seen: (read, setting) => `${concerned(read, setting).length} clients, each in the inventory`,
  setup: { facts: { inventory: [ENTRY] } },
});

export const tenantInventoryChecks = checks(hasClientsInItsInventory);
