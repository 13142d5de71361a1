import { resolve } from 'node:path';
import { type Document, isMap, isSeq, parseDocument, type YAMLMap, type YAMLSeq } from 'yaml';
import { capture } from '../engine/capture.ts';
import { openTarget } from '../engine/embedded.ts';
import { readWhole, writeWhole } from '../engine/whole-file.ts';
import { openDoors } from '../fixtures/doors/open-doors.ts';
import { HarnessError } from '../fixtures/errors.ts';
import { clientsOfServer, isAbout } from '../fixtures/management/clients.ts';
import { declarationOf, readOf, type TenantReadName } from '../fixtures/management/reads.ts';
import { PROBES } from '../fixtures/probes/index.ts';
import { pagesOf } from '../fixtures/probes/tenant.ts';
import { loadProfile } from '../fixtures/profile/profile.ts';
import { type JsonObject, resourceDocument } from '../fixtures/protocol/documents.ts';
import type { Target } from '../fixtures/target.ts';
import { shownPath } from './folder.ts';
import { complain, print } from './output.ts';
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
      'Reads the clients of the Auth0 tenant of a profile (management) and drafts the file that says who answers for each. Entries that are in the file already, or in the inventory of the profile, stay as they are, and clients without one are added; nothing is written to the tenant.',
    )
    .requiredOption('--write <file>', 'where the draft goes; an inventory that is there is completed')
    .option('--force', 'replace a file that is no inventory')
    .addHelpText(
      'after',
      examples([
        'inventory profiles/auth0.yaml --write inventory.yaml',
        'inventory staging.yaml --write owners.yaml --force',
      ]),
    )
    .action(settle(draftInventory));
};

async function draftInventory(file: string, { write, force }: InventoryOptions): Promise<0> {
  const { profile } = await loadProfile(file, { env: process.env });
  const { inventoryFile, ...rest } = profile;
  const there = await inventoryIn(write, { mayBeAnything: force === true });
  const known =
    inventoryFile === undefined || resolve(write) === inventoryFile ? undefined : await inventoryIn(inventoryFile);
  const { target, close } = await openTarget(rest);
  try {
    const { clients, concerned, resource } = await clientsOf(target);
    const draft = there ?? known ?? emptyDraft(target);
    for (const entry of known?.entries.items ?? []) if (!has(draft, entry)) draft.entries.add(entry);
    for (const client of concerned)
      if (!has(draft, client)) draft.entries.add(draft.document.createNode(blankFor(client)));
    const gone = draft.entries.items.filter((entry) => !clients.some((client) => isAbout(membersOf(entry), client)));
    for (const entry of gone) entry.commentBefore = withRemark(entry.commentBefore);
    const open = draft.entries.items.filter((entry) => isOpen(membersOf(entry))).length;
    // Its readers are those of the profile, and not only who drafts it.
    await writeWhole(write, draft.document.toString({ lineWidth: 0 }), 0o644).catch((error: NodeJS.ErrnoException) => {
      throw new HarnessError('environment', `--write ${write}: cannot be written (${error.code})`, { cause: error });
    });
    const left = gone.length === 0 ? '' : `, ${gone.length} that the tenant has no more`;
    if (resource === undefined) {
      complain('the MCP server publishes no resource metadata: whom the tenant has granted it cannot be told');
    }
    await print(`${shownPath(write)}: ${draft.entries.items.length} clients, ${open} to be filled in${left}\n`);
    return 0;
  } finally {
    await close();
  }
}

/** An inventory as it stands in a file, with the comments of whoever wrote it. */
interface Draft {
  readonly document: Document;
  readonly entries: YAMLSeq<YAMLMap>;
}

/**
 * The inventory in a file, however much of it is filled in; `undefined`: there is no file, or it may be anything and is
 * no inventory.
 *
 * @throws {HarnessError} `usage` for a file that is something else.
 */
async function inventoryIn(file: string, { mayBeAnything = false } = {}): Promise<Draft | undefined> {
  const text = await readWhole(file).catch((error: Error) => {
    throw new HarnessError('usage', `${file}: ${error.message}`, { cause: error });
  });
  if (text === undefined) return undefined;
  const document: Document = parseDocument(text);
  const entries = document.errors.length === 0 && isMap(document.contents) ? document.get('clients') : undefined;
  if (isSeq(entries) && entries.items.every(isMap)) {
    // As blocks, one member a line, also where it was written as JSON.
    if (isMap(document.contents)) document.contents.flow = false;
    entries.flow = false;
    return { document, entries: entries as YAMLSeq<YAMLMap> };
  }
  if (mayBeAnything) return undefined;
  throw new HarnessError('usage', `${file}: there is a file already that is no inventory; --force replaces it`);
}

function emptyDraft({ name }: Target): Draft {
  const document: Document = parseDocument(
    [
      `# Clients of the tenant behind ${name}: who answers for each, who approved it, and the last day it is approved for`,
      '# (2027-01-31). Fill in what is empty; delete clients from the tenant that nobody answers for. The profile names this',
      '# file as `inventory`.',
      'clients:',
      '  - client: none',
    ].join('\n'),
  );
  const entries = document.get('clients') as YAMLSeq<YAMLMap>;
  entries.items = [];
  return { document, entries };
}

/** The members of an entry, as texts. */
function membersOf(entry: YAMLMap): Readonly<Record<'client' | 'owner' | 'approver' | 'until', string>> {
  const text = (name: string) => String(entry.get(name) ?? '');
  return { client: text('client'), owner: text('owner'), approver: text('approver'), until: text('until') };
}

const isOpen = (members: ReturnType<typeof membersOf>) => Object.values(members).includes('');

/** Whether there is an entry about a client of the tenant, or of the name of another entry. */
const has = ({ entries }: Draft, one: JsonObject | YAMLMap): boolean =>
  entries.items.some((entry) => {
    const members = membersOf(entry);
    return isMap(one) ? members.client === membersOf(one).client : isAbout(members, one as JsonObject);
  });

const REMARK = ' The tenant has no such client any more.';

const withRemark = (comment: string | null | undefined): string =>
  comment?.includes(REMARK) ? comment : [comment, REMARK].filter(Boolean).join('\n');

/** The URL of its document names a client for good; the id that the tenant gives it ends with its registration. */
const nameOf = ({ client_id, external_metadata_type: type, external_client_id: url }: JsonObject): string =>
  String(type === 'cimd' && typeof url === 'string' ? url : client_id);

/** What is to be filled in is empty, and told by a check until somebody has. */
const blankFor = (client: JsonObject): Readonly<Record<string, string>> => ({
  client: nameOf(client),
  name: String(client.name ?? ''),
  owner: '',
  approver: '',
  until: '',
});

/**
 * The clients of the tenant, and those among them that somebody has to answer for.
 *
 * @throws {HarnessError} `profile` without access to the tenant, `no-answer` where that does not suffice.
 */
async function clientsOf(target: Target): Promise<{
  readonly clients: readonly JsonObject[];
  readonly concerned: readonly JsonObject[];
  readonly resource: string | undefined;
}> {
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
          : `${path} of the tenant could not be read: ${found.because}${found.kind === 'unread' ? `; it takes ${found.unlock}` : ''}`,
      );
    };
    const [clients, grants] = [await read('clients'), await read('grants')];
    const resource = await resourceOf(target, doors);
    return { clients, concerned: clientsOfServer(clients, grants, resource), resource };
  } finally {
    await doors.close();
  }
}

/** `resource` of the MCP server's metadata, by which the tenant knows it. */
async function resourceOf(target: Target, doors: ReturnType<typeof openDoors>): Promise<string | undefined> {
  const probes = PROBES.filter(({ key }) => key === 'anonymous' || key === 'resourceMetadata');
  const { resourceMetadata } = (await capture(doors, target, probes)).evidence;
  const resource = resourceMetadata && resourceDocument(resourceMetadata)?.document.resource;
  return typeof resource === 'string' ? resource : undefined;
}
