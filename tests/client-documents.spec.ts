/** Rules of client metadata documents, over a corpus of documents and URLs with what each rule set says of them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@playwright/test';
import { parse } from 'yaml';
import { whyNotRun } from '../engine/capture.ts';
import { isAccepted, judge, objectionsOf, RULES } from '../fixtures/client-documents/judge.ts';
import { type Delivery, RULE_SETS, type RuleSet, type Submission, TOPICS } from '../fixtures/client-documents/rule.ts';
import type { Doors, HttpRequest } from '../fixtures/doors/doors.ts';
import { askDocument } from '../fixtures/probes/client-documents.ts';
import { PROBES } from '../fixtures/probes/index.ts';
import { parseProfile } from '../fixtures/profile/profile.ts';
import { REVISIONS } from '../fixtures/protocol/revisions.ts';
import { FLAWS } from '../suites/client-documents/documents/flaws.ts';
import { documentChecks } from '../suites/client-documents/documents/index.ts';
import { keywordFor } from '../suites/keyword.ts';

interface Entry {
  readonly says: string;
  readonly url?: string;
  readonly members?: Readonly<Record<string, unknown>>;
  readonly inline?: readonly KeyName[];
  readonly body?: string;
  readonly prefix?: string;
  readonly fill?: number;
  readonly status?: number;
  readonly type?: string;
  readonly failure?: string;
  readonly keys?: readonly KeyName[];
  readonly keysBody?: string;
  readonly keysFill?: number;
  readonly keysStatus?: number;
  readonly keysFailure?: string;
  /** Errors of each set; absent: none. */
  readonly auth0?: readonly string[];
  readonly ietf?: readonly string[];
  readonly warnings?: Readonly<Partial<Record<RuleSet, readonly string[]>>>;
  /** Rules that it comes close to breaking, and keeps. */
  readonly near?: readonly string[];
}

/** The key of RFC 7517 A.1. */
const EC = {
  kty: 'EC',
  crv: 'P-256',
  kid: 'one',
  x: 'MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4',
  y: '4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM',
};
const RSA = { kty: 'RSA', kid: 'two', e: 'AQAB', n: 'w'.repeat(342) };
const KEYS = {
  ec: EC,
  rsa: RSA,
  sameKid: { ...RSA, kid: 'one' },
  private: { ...EC, d: '870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE' },
  privateRsa: { ...RSA, d: 'w', p: 'w', q: 'w' },
  oct: { kty: 'oct', kid: 'one', k: 'c2VjcmV0' },
  nameless: { kty: EC.kty, crv: EC.crv, x: EC.x, y: EC.y },
};
type KeyName = keyof typeof KEYS;

const FILES = ['urls', 'deliveries', 'members', 'keys'] as const;
const folder = fileURLToPath(new URL('client-documents/corpus', import.meta.url));
const CORPUS = FILES.flatMap((file) =>
  (parse(readFileSync(join(folder, `${file}.yaml`), 'utf8')) as Entry[]).map((entry) => ({ file, entry })),
);

const keysOf = (names: readonly KeyName[]) => ({ keys: names.map((name) => KEYS[name]) });

function submissionOf(file: (typeof FILES)[number], entry: Entry): Submission {
  const { url = 'https://client.example.com/client.json', members, inline, prefix = '', fill = 0 } = entry;
  const good = {
    client_id: url,
    client_name: 'Example client',
    redirect_uris: ['https://client.example.com/callback'],
    grant_types: ['authorization_code', 'refresh_token'],
    token_endpoint_auth_method: 'none',
    ...(file === 'keys' && {
      token_endpoint_auth_method: 'private_key_jwt',
      jwks_uri: 'https://client.example.com/keys.json',
    }),
    ...members,
    ...(inline && { jwks: keysOf(inline) }),
  };
  // YAML has null where a member is taken out.
  const written = JSON.stringify(good, (_, value) => value ?? undefined);
  const body = prefix + (entry.body ?? written).padEnd(fill);
  const hasKeys = [entry.keys, entry.keysBody, entry.keysStatus, entry.keysFailure].some((each) => each !== undefined);
  const keys = (entry.keysBody ?? JSON.stringify(keysOf(entry.keys ?? []))).padEnd(entry.keysFill ?? 0);
  return {
    url,
    document: delivery(body, entry.status, entry.failure, entry.type),
    ...(hasKeys && { keys: delivery(keys, entry.keysStatus, entry.keysFailure) }),
  };
}

function delivery(body: string, status = 200, failure?: string, contentType = 'application/json'): Delivery {
  if (failure !== undefined) return { failure, body: '', bytes: 0 };
  return { status, contentType, body, bytes: Buffer.byteLength(body) };
}

for (const { file, entry } of CORPUS) {
  test(`${file}: ${entry.says}`, () => {
    const objections = judge(submissionOf(file, entry));
    for (const set of RULE_SETS) {
      const ids = (level: 'error' | 'warning') => objectionsOf(objections, set, level).map(({ rule }) => rule.id);
      expect(ids('error').sort(), `errors of ${set}`).toEqual([...(entry[set] ?? [])].sort());
      expect(ids('warning').sort(), `warnings of ${set}`).toEqual([...(entry.warnings?.[set] ?? [])].sort());
      expect(isAccepted(objections, set)).toBe((entry[set] ?? []).length === 0);
    }
    for (const { found } of objections)
      expect(found.every((each) => each !== '' && !each.includes('undefined'))).toBe(true);
    const broken = objections.map(({ rule }) => rule.id);
    expect((entry.near ?? []).filter((id) => broken.includes(id))).toEqual([]);
  });
}

test('the corpus holds enough, each entry once', () => {
  const inputs = CORPUS.map(({ file, entry }) => JSON.stringify(submissionOf(file, entry)));
  expect(inputs.length).toBeGreaterThanOrEqual(150);
  // Some good documents are the control of several files.
  expect(new Set(inputs).size).toBeGreaterThanOrEqual(inputs.length - 2);
});

test('every rule has a document that breaks it, and one that nearly does', () => {
  const ids = RULES.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  const sorted = (of: readonly string[]) => [...new Set(of)].sort();
  const bad = CORPUS.flatMap(({ entry }) =>
    RULE_SETS.flatMap((set) => [...(entry[set] ?? []), ...(entry.warnings?.[set] ?? [])]),
  );
  const good = CORPUS.flatMap(({ entry }) => entry.near ?? []);
  expect(sorted(bad)).toEqual(sorted(ids));
  expect(sorted(good)).toEqual(sorted(ids));
  expect(Object.keys(FLAWS).sort()).toEqual(sorted(ids));
});

test('every rule is of a set, says where that has it, and what to write', () => {
  for (const { id, topic, auth0, ietf, says, write } of RULES) {
    expect(id).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
    expect(TOPICS).toContain(topic);
    expect(auth0 ?? ietf, id).toBeDefined();
    for (const weight of [auth0, ietf]) if (weight !== undefined) expect(weight.why, id).toMatch(/.{10,}/);
    expect(
      [says, write].every((text) => /^.+\.$/.test(text)),
      id,
    ).toBe(true);
  }
});

test('a password in a URL is named, and not shown', () => {
  const url = 'https://user:hunter22@client.example.com/client.json';
  const members = { client_id: `${url}?one`, redirect_uris: ['http://user:hunter22@client.example.com/callback'] };
  const objections = judge({ url, document: delivery(JSON.stringify(members)) });
  const broken = objections.map(({ rule }) => rule.id);
  expect(broken).toEqual(expect.arrayContaining(['url-userinfo', 'client-id-differs', 'redirect-uri-http']));
  expect(JSON.stringify(objections.map(({ found }) => found))).not.toContain('hunter22');
});

test('the example of Auth0’s documentation is accepted by Auth0, without a warning', () => {
  const url = 'https://example-client.com/mcp-metadata.json';
  const body = JSON.stringify({
    client_id: url,
    client_name: 'Example MCP Tool Server',
    description: 'MCP server providing tools for data analysis',
    logo_uri: 'https://example-client.com/logo.png',
    application_type: 'web',
    grant_types: ['authorization_code', 'refresh_token'],
    redirect_uris: ['https://example-client.com/callback'],
    token_endpoint_auth_method: 'none',
    response_types: ['code'],
  });
  expect(judge({ url, document: delivery(body) })).toEqual([]);
});

test('in a laboratory http on loopback is right, and nothing else', () => {
  const ids = (url: string, isLaboratory: boolean) => judge({ url, isLaboratory }).map(({ rule }) => rule.id);
  expect(ids('http://127.0.0.1:8080/client.json', true)).toEqual([]);
  expect(ids('http://127.0.0.1:8080/client.json', false)).toEqual(['url-not-https', 'url-local-host']);
  expect(ids('http://client.example.com/client.json?a', true)).toEqual(['url-not-https', 'url-query']);
});

test('clients.documents of a profile are kept as they are written; what is no URL at all is refused', async () => {
  const profileOf = (url: string) =>
    parseProfile(`server: { url: https://mcp.example.com/mcp }\nclients:\n  documents: ["${url}"]\n`, {
      file: 'p.yaml',
      env: {},
    });
  const written = 'https://client.example.com:443/a/../client.json#one';
  expect((await profileOf(written)).profile.clients.documents).toEqual([written]);
  await expect(profileOf('client.json')).rejects.toThrow(
    'p.yaml:3:15 clients.documents[0]: is not the URL of a document; write it as the client sends it: https://app.example.com/client.json',
  );
  const probe = PROBES.find(({ key }) => key === 'clientDocuments')!;
  const target = { tokens: {}, users: {}, authorized: false, allow: [] };
  expect(whyNotRun(probe, { ...target, clients: {} })).toMatchObject({ kind: 'not-allowed' });
  expect(whyNotRun(probe, { ...target, clients: { documents: [written] } })).toBeUndefined();
});

test('who names a document is judged as MCP has such documents, unless another revision is known', () => {
  const check = documentChecks.find(({ id }) => id === 'client-documents/lists-redirect-uris-that-are-safe')!;
  expect(keywordFor(check, REVISIONS)).toBe('MUST');
  expect(keywordFor(check, ['2025-11-25'])).toBe('MUST');
  expect(keywordFor(check, ['2025-06-18'])).toBe('ADVICE');
});

test.describe('a document is asked for', () => {
  /** Doors to a host that serves these texts. */
  const doorsTo = (texts: Readonly<Record<string, string>>, sent: string[]) =>
    ({
      http: {
        async ask({ id, asks, method, url }: HttpRequest) {
          sent.push(String(url));
          const body = texts[String(url)];
          const answer = {
            status: body === undefined ? 404 : 200,
            headers: [],
            body: body ?? '',
            bodyBytes: 0,
            truncated: false,
          };
          const request = { method, url: String(url), headers: [] };
          return { id, asks, request, answer, startedAt: '2026-01-01T00:00:00.000Z', durationMs: 1 };
        },
      },
    }) as unknown as Doors;
  const HERE = 'https://client.example.com/client.json';
  const KEYS_AT = 'https://client.example.com/keys.json';

  const rows: readonly (readonly [
    says: string,
    url: string,
    document: object | undefined,
    asked: readonly string[],
  ])[] = [
    ['once, where it names no keys', HERE, {}, [HERE]],
    ['with its keys', HERE, { jwks_uri: KEYS_AT }, [HERE, KEYS_AT]],
    ['without keys that are no URL', HERE, { jwks_uri: '/keys.json' }, [HERE]],
    ['without keys that take a password', HERE, { jwks_uri: 'https://a:b@client.example.com/keys.json' }, [HERE]],
    ['and nothing else, where there is none', HERE, undefined, [HERE]],
    ['not at all, where credentials stand in its URL', 'https://a:b@client.example.com/client.json', {}, []],
    ['not at all, where its URL has no host', 'https:///client.json', {}, []],
    ['not at all, where its URL is none', 'client.json', {}, []],
  ];
  for (const [says, url, document, asked] of rows) {
    test(says, async () => {
      const sent: string[] = [];
      const doors = doorsTo({ ...(document && { [url]: JSON.stringify(document) }), [KEYS_AT]: '{}' }, sent);
      const { url: kept, exchange, keys } = await askDocument(doors, 'document', url);
      expect(sent).toEqual(asked);
      expect(kept).toBe(url.replace('a:b@', '***@'));
      expect([exchange, keys].filter((each) => each !== undefined)).toHaveLength(asked.length);
    });
  }
});
