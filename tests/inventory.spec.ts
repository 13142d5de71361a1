/** The inventory of clients: its file, and the command that drafts it. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { parse } from 'yaml';
import { execute } from '../cli/execute.ts';
import { HarnessError } from '../fixtures/errors.ts';
import { parseInventory, readInventory } from '../fixtures/inventory.ts';
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

  const wrong: Readonly<Record<string, readonly [text: string, says: RegExp]>> = {
    'no YAML': ['clients: [', /^inventory: i\.yaml: is no YAML: /],
    'a list at its root': ['- abc', /write `clients:` and a list/],
    'an entry that is text': ['clients: [abc]', /clients\[0\] is no entry; write \{ client: abc/],
    'an owner that is still empty': [
      JSON.stringify({ clients: [{ ...ENTRY, owner: '' }] }),
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
    await expect(readInventory(file)).rejects.toThrow(/clients\[0\] lacks owner/);
  });

  test('replaces no file unless it is told to, and keeps what the profile’s inventory has', async () => {
    const file = join(folder, 'inventory.yaml');
    const entry = { ...ENTRY, client: CLIENTS.native };
    writeFileSync(file, JSON.stringify({ clients: [entry] }));
    const given = profile('embedded: {}\ninventory: inventory.yaml\n');
    expect(await execute(['inventory', given, '--write', file])).toBe(2);
    expect(draft(file).clients).toEqual([entry]);
    expect(await execute(['inventory', given, '--write', file, '--force'])).toBe(0);
    const { clients } = draft(file);
    expect(clients).toContainEqual({ ...entry, name: 'Desktop client' });
    expect(clients.filter(({ owner }) => owner === '').length).toBe(clients.length - 1);
  });

  test('without access to a tenant ends with 2, and writes nothing', async () => {
    const file = join(folder, 'inventory.yaml');
    const given = profile('server: { url: http://127.0.0.1:1/mcp }\n');
    expect(await execute(['inventory', given, '--write', file])).toBe(2);
    expect(existsSync(file)).toBe(false);
  });
});
