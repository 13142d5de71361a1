import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { stringify } from 'yaml';
import { openTarget } from '../engine/embedded.ts';
import { openDoors } from '../fixtures/doors/open-doors.ts';
import { HarnessError } from '../fixtures/errors.ts';
import { readInventory } from '../fixtures/inventory.ts';
import { declarationOf, readOf, type TenantReadName } from '../fixtures/management/reads.ts';
import { pagesOf } from '../fixtures/probes/tenant.ts';
import { loadProfile, type Profile } from '../fixtures/profile/profile.ts';
import type { JsonObject } from '../fixtures/protocol/documents.ts';
import type { GovernedClient, Target } from '../fixtures/target.ts';
import { shownPath } from './folder.ts';
import { print } from './output.ts';
import { type AddCommand, examples } from './program.ts';

interface InventoryOptions {
  readonly write: string;
  readonly force?: true;
}

export const addInventory: AddCommand = (program, settle) => {
  program
    .command('inventory <profile>')
    .summary('draft the inventory of a tenant’s clients')
    .description(
      'Reads the clients of the Auth0 tenant of a profile (management) and drafts the file that says who answers for each. Entries of the profile’s inventory stay as they are; nothing is written to the tenant.',
    )
    .requiredOption('--write <file>', 'where the draft goes')
    .option('--force', 'replace a file that is there')
    .addHelpText(
      'after',
      examples([
        'inventory profiles/auth0.yaml --write inventory.yaml',
        'inventory profiles/auth0.yaml --write inventory.yaml --force',
      ]),
    )
    .action(settle(draftInventory));
};

async function draftInventory(file: string, { write, force }: InventoryOptions): Promise<0> {
  const { profile } = await loadProfile(file, { env: process.env });
  if (existsSync(write) && force !== true) {
    throw new HarnessError('usage', `--write ${write}: there is a file already; --force replaces it`);
  }
  const known = await knownEntries(profile);
  const { inventoryFile: _, ...rest } = profile;
  const { target, close } = await openTarget(rest);
  try {
    const clients = await clientsOf(target);
    const text = draftOf(clients, known, target);
    await writeFile(write, text, { flag: force === true ? 'w' : 'wx' }).catch((error: NodeJS.ErrnoException) => {
      throw new HarnessError('environment', `--write ${write}: cannot be written (${error.code})`, { cause: error });
    });
    const open = clients.filter((client) => entryOf(client, known) === undefined).length;
    await print(`${shownPath(write)}: ${clients.length} clients, ${open} to be filled in\n`);
    return 0;
  } finally {
    await close();
  }
}

/** What the profile's inventory has already; it may be what is to be written. */
async function knownEntries({ inventoryFile }: Profile): Promise<readonly GovernedClient[]> {
  return inventoryFile === undefined || !existsSync(inventoryFile) ? [] : readInventory(inventoryFile);
}

/**
 * Third-party clients, and those with a grant for an API that is not the tenant's own.
 *
 * @throws {HarnessError} `profile` without access to the tenant, `no-answer` where that does not suffice.
 */
async function clientsOf(target: Target): Promise<readonly JsonObject[]> {
  const doors = openDoors(target);
  try {
    const { management } = doors;
    if (management === undefined) {
      throw new HarnessError('profile', 'management is missing: write the domain of the tenant and a token to read it');
    }
    const read = async (name: TenantReadName) => {
      const found = readOf(name, await pagesOf(management, name));
      if (found.kind === 'read') return found.items;
      const { path, scope } = declarationOf(name);
      throw new HarnessError(
        'no-answer',
        found.kind === 'lacks-scope'
          ? `the Management API token lacks the scope ${scope}, without which ${path} cannot be read`
          : `${path} of the tenant could not be read: ${found.because}`,
      );
    };
    const [clients, grants] = [await read('clients'), await read('grants')];
    const isOfTheTenant = ({ audience }: JsonObject) => String(audience).endsWith('/api/v2/');
    const granted = new Set(grants.filter((grant) => !isOfTheTenant(grant)).map(({ client_id }) => client_id));
    return clients.filter(({ is_first_party, client_id }) => is_first_party === false || granted.has(client_id));
  } finally {
    await doors.close();
  }
}

/** The URL of its document names a client for good; the id that the tenant gives it ends with its registration. */
const nameOf = ({ client_id, external_metadata_type: type, external_client_id: url }: JsonObject): string =>
  String(type === 'cimd' && typeof url === 'string' ? url : client_id);

const entryOf = ({ client_id, external_client_id: url }: JsonObject, known: readonly GovernedClient[]) =>
  known.find(({ client }) => client === client_id || client === url);

/** What is to be filled in is empty: such an inventory is refused until somebody has. */
function draftOf(clients: readonly JsonObject[], known: readonly GovernedClient[], { name }: Target): string {
  const entries = clients.map((client) => {
    const entry = entryOf(client, known);
    return {
      client: entry?.client ?? nameOf(client),
      name: String(client.name ?? ''),
      owner: entry?.owner ?? '',
      approver: entry?.approver ?? '',
      until: entry?.until ?? '',
    };
  });
  return [
    `# Clients of the tenant behind ${name}: who answers for each, who approved it, and the last day it is approved for`,
    '# (2027-01-31). Fill in what is empty; delete clients from the tenant that nobody answers for. The profile names this',
    '# file as `inventory`.',
    stringify({ clients: entries }, { lineWidth: 0 }),
  ].join('\n');
}
