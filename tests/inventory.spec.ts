/** The inventory of clients: its file, and the command that drafts it. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { parse } from 'yaml';
import { execute } from '../cli/execute.ts';
import { HarnessError } from '../fixtures/errors.ts';
import { parseInventory, readInventory } from '../fixtures/inventory.ts';
import { clientsOfServer } from '../fixtures/management/clients.ts';
import { CLIENTS } from '../mock-idp/tenant/states/conforming.ts';

let folder: string;

test.beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'inventory-'));
});

test.afterEach(() => rmSync(folder, { recursive: true, force: true }));

const ENTRY = { client: 'abc', owner: 'team-search', approver: 'security', until: '2027-01-31' };

test.describe('the file', () => {
  test('gives its entries; names of clients are for its readers', () => {
    const text = JSON.stringify({ clients: [{ ...ENTRY, name: 'Search' }] });
    expect(parseInventory(text, 'i.yaml')).toEqual([ENTRY]);
    expect(parseInventory('clients: []', 'i.yaml')).toEqual([]);
  });

  test('may be filled in step by step: what is empty is for a check to tell', () => {
    const text = 'clients:\n  - { client: abc, owner: "", approver: , until: 2027-01-31 }\n  - client: def\n';
    expect(parseInventory(text, 'i.yaml')).toEqual([
      { ...ENTRY, owner: '', approver: '' },
      { client: 'def', owner: '', approver: '', until: '' },
    ]);
  });

  const wrong: Readonly<Record<string, readonly [text: string, says: RegExp]>> = {
    'no YAML': ['clients: [', /^inventory: i\.yaml: is no YAML: /],
    'a list at its root': ['- abc', /write `clients:` and a list/],
    'an entry that is text': ['clients: [abc]', /clients\[0\] is no entry; write \{ client: abc/],
    'an entry of no client': [
      JSON.stringify({ clients: [{ ...ENTRY, client: '' }] }),
      /clients\[0\] lacks client; write it as text/,
    ],
    'an owner that is no text': [
      JSON.stringify({ clients: [{ ...ENTRY, owner: 7 }] }),
      /clients\[0\] lacks owner; write it as text/,
    ],
    'a day that is none': [
      JSON.stringify({ clients: [{ ...ENTRY, until: '2027-02-31' }] }),
      /clients\[0\] until is not a day; write year, month and day/,
    ],
    'a key that nobody knows': [
      JSON.stringify({ clients: [{ ...ENTRY, boss: 'x' }] }),
      /clients\[0\] has the unknown key boss; write client, owner, approver, until/,
    ],
    'a client twice': [JSON.stringify({ clients: [ENTRY, ENTRY] }), /abc stands there twice; write it once/],
  };
  for (const [what, [text, says]] of Object.entries(wrong)) {
    test(`is refused for ${what}`, () => {
      expect(() => parseInventory(text, 'i.yaml')).toThrow(says);
      expect(() => parseInventory(text, 'i.yaml')).toThrow(HarnessError);
    });
  }

  test('that is not there is refused, with the command that drafts it', async () => {
    await expect(readInventory(join(folder, 'none.yaml'))).rejects.toThrow(
      /ENOENT.*inventory <profile> --write <file>/,
    );
  });
});

test.describe('the command', () => {
  const profile = (text = 'embedded: {}\n') => {
    const file = join(folder, 'p.yaml');
    writeFileSync(file, text);
    return file;
  };
  const draft = (file: string) => parse(readFileSync(file, 'utf8')) as { readonly clients: readonly (typeof ENTRY)[] };

  test('drafts third-party and machine clients, with what has to be filled in', async () => {
    const file = join(folder, 'inventory.yaml');
    expect(await execute(['inventory', profile(), '--write', file])).toBe(0);
    const clients = draft(file).clients.map(({ client }) => client);
    expect(clients).toEqual(expect.arrayContaining([CLIENTS.native, CLIENTS.web, CLIENTS.signed, CLIENTS.machine]));
    expect(clients).not.toContain(CLIENTS.operator);
    expect(clients.filter((client) => client.startsWith('http'))).toHaveLength(2);
    const drafted = await readInventory(file);
    expect(drafted.map(({ owner, approver, until }) => [owner, approver, until])).toEqual(
      clients.map(() => ['', '', '']),
    );
  });

  test('completes what is there: entries, names and comments stay, and what is gone is marked', async () => {
    const file = join(folder, 'inventory.yaml');
    writeFileSync(
      file,
      [
        '# Reviewed each month.',
        'clients:',
        `  - client: ${CLIENTS.native}`,
        '    name: The desktop client of sales',
        '    owner: sales # ask Ada',
        '    approver: ""',
        '    until: ""',
        '  - { client: retired, owner: sales, approver: security, until: 2026-01-31 }',
      ].join('\n'),
    );
    const given = profile('embedded: {}\ninventory: inventory.yaml\n');
    for (const _ of ['once', 'again']) {
      expect(await execute(['inventory', given, '--write', file])).toBe(0);
      const text = readFileSync(file, 'utf8');
      expect(text).toContain('# Reviewed each month.');
      expect(text).toContain('owner: sales # ask Ada');
      expect(text.match(/(# The tenant has no such client any more\.\s+)+- \{ client: retired/g)).toEqual([
        expect.stringMatching(/^# The tenant has no such client any more\.\s+- /),
      ]);
      const { clients } = draft(file);
      expect(clients).toContainEqual({
        client: CLIENTS.native,
        name: 'The desktop client of sales',
        owner: 'sales',
        approver: '',
        until: '',
      });
      expect(clients).toContainEqual({ client: 'retired', owner: 'sales', approver: 'security', until: '2026-01-31' });
      expect(new Set(clients.map(({ client }) => client)).size).toBe(clients.length);
      expect(clients.map(({ client }) => client)).toContain(CLIENTS.machine);
    }
  });

  test('takes over what the inventory of the profile has, where it is another file', async () => {
    const [known, file] = [join(folder, 'known.yaml'), join(folder, 'inventory.yaml')];
    writeFileSync(known, JSON.stringify({ clients: [{ ...ENTRY, client: CLIENTS.native }] }));
    writeFileSync(file, JSON.stringify({ clients: [{ ...ENTRY, client: CLIENTS.web }] }));
    const given = profile('embedded: {}\ninventory: known.yaml\n');
    expect(await execute(['inventory', given, '--write', file])).toBe(0);
    const { clients } = draft(file);
    expect(clients).toEqual(
      expect.arrayContaining([
        { ...ENTRY, client: CLIENTS.native },
        { ...ENTRY, client: CLIENTS.web },
      ]),
    );
    expect(draft(known).clients).toHaveLength(1);
  });

  test('replaces a file that is no inventory where it is told to alone', async () => {
    const file = join(folder, 'notes.txt');
    writeFileSync(file, 'Buy milk.');
    expect(await execute(['inventory', profile(), '--write', file])).toBe(2);
    expect(readFileSync(file, 'utf8')).toBe('Buy milk.');
    expect(await execute(['inventory', profile(), '--write', file, '--force'])).toBe(0);
    expect(draft(file).clients.length).toBeGreaterThan(3);
  });

  test('drafts whom the check asks for: of machines those with a grant for the MCP server alone', () => {
    const resource = 'https://mcp.example.com/api/v2/';
    const machine = (id: string) => ({ client_id: id, is_first_party: true });
    const grant = (id: string, audience: string) => ({ client_id: id, audience });
    expect(
      clientsOfServer(
        [machine('ours'), machine('others'), { client_id: 'tpc_1', is_first_party: false }],
        [grant('ours', resource), grant('others', 'https://other.example/')],
        resource,
      ).map(({ client_id }) => client_id),
    ).toEqual(['ours', 'tpc_1']);
  });

  test('without access to a tenant ends with 2, and writes nothing', async () => {
    const file = join(folder, 'inventory.yaml');
    const given = profile('server: { url: http://127.0.0.1:1/mcp }\n');
    expect(await execute(['inventory', given, '--write', file])).toBe(2);
    expect(existsSync(file)).toBe(false);
  });
});
