import { expect, test } from '@playwright/test';
import type { Exchange, Fetched } from '../fixtures/evidence.ts';
import { documentIn, issuerDocument, last, namedIssuers, resourceDocument } from '../fixtures/protocol/documents.ts';
import { issuerMetadataUrls, resourceMetadataUrls } from '../fixtures/protocol/well-known.ts';

const PRM = '/.well-known/oauth-protected-resource';
const OAUTH = '/.well-known/oauth-authorization-server';
const OPENID = '/.well-known/openid-configuration';

/** Resource → where its metadata may stand, in the order a client tries, and why. */
const RESOURCES: readonly (readonly [resource: string, urls: readonly string[], says: string])[] = [
  [
    'https://h.example/mcp',
    [`https://h.example${PRM}/mcp`, `https://h.example${PRM}`],
    'path inserted, then the root (RFC 9728 3.1; MCP 2025-11-25, Protected Resource Metadata Discovery Requirements)',
  ],
  ['https://h.example', [`https://h.example${PRM}`], 'no path: one place (RFC 9728 3)'],
  ['https://h.example/', [`https://h.example${PRM}`], 'the slash after the host is dropped (RFC 9728 3.1)'],
  [
    'https://h.example/mcp/',
    [`https://h.example${PRM}/mcp/`, `https://h.example${PRM}`],
    'a slash after a path stays: only the one after the host is dropped (RFC 9728 3.1)',
  ],
  [
    'https://h.example/mcp?tenant=a',
    [`https://h.example${PRM}/mcp?tenant=a`, `https://h.example${PRM}`],
    'the query stays behind the path (RFC 9728 3.1)',
  ],
  [
    'https://h.example/?tenant=a',
    [`https://h.example${PRM}?tenant=a`, `https://h.example${PRM}`],
    'the query stays without a path (RFC 9728 3.1)',
  ],
  [
    'https://h.example:8443/a/b',
    [`https://h.example:8443${PRM}/a/b`, `https://h.example:8443${PRM}`],
    'the port stays, and so do all segments (RFC 9728 3.1)',
  ],
];

for (const [resource, urls, says] of RESOURCES) {
  test(`metadata of the resource ${resource}: ${says}`, () => {
    expect(resourceMetadataUrls(resource)).toEqual(urls);
  });
}

/** Issuer → where its metadata may stand, in the order of MCP 2025-11-25, Authorization Server Metadata Discovery. */
const ISSUERS: readonly (readonly [issuer: string, urls: readonly (readonly [string, string])[], says: string])[] = [
  [
    'https://h.example',
    [
      ['oauth', `https://h.example${OAUTH}`],
      ['openid', `https://h.example${OPENID}`],
    ],
    'no path: two places (RFC 8414 3, OpenID Discovery 4)',
  ],
  [
    'https://h.example/',
    [
      ['oauth', `https://h.example${OAUTH}`],
      ['openid', `https://h.example${OPENID}`],
    ],
    'the slash at the end is dropped (RFC 8414 3.1, OpenID Discovery 4.1)',
  ],
  [
    'https://h.example/tenant1',
    [
      ['oauth', `https://h.example${OAUTH}/tenant1`],
      ['openid-inserted', `https://h.example${OPENID}/tenant1`],
      ['openid', `https://h.example/tenant1${OPENID}`],
    ],
    'inserted twice, then appended (RFC 8414 3.1 and 5, OpenID Discovery 4)',
  ],
  [
    'https://h.example/tenant1/',
    [
      ['oauth', `https://h.example${OAUTH}/tenant1`],
      ['openid-inserted', `https://h.example${OPENID}/tenant1`],
      ['openid', `https://h.example/tenant1${OPENID}`],
    ],
    'the slash behind the path is dropped too (RFC 8414 3.1, OpenID Discovery 4.1)',
  ],
  [
    'https://h.example:8443/a/b',
    [
      ['oauth', `https://h.example:8443${OAUTH}/a/b`],
      ['openid-inserted', `https://h.example:8443${OPENID}/a/b`],
      ['openid', `https://h.example:8443/a/b${OPENID}`],
    ],
    'the port stays, and so do all segments (RFC 8414 3.1)',
  ],
  [
    'http://127.0.0.1:3000/',
    [
      ['oauth', `http://127.0.0.1:3000${OAUTH}`],
      ['openid', `http://127.0.0.1:3000${OPENID}`],
    ],
    'a laboratory on loopback',
  ],
  [
    'https://h.example/a?tenant=b',
    [
      ['oauth', `https://h.example${OAUTH}/a`],
      ['openid-inserted', `https://h.example${OPENID}/a`],
      ['openid', `https://h.example/a${OPENID}`],
    ],
    'an issuer has no query (RFC 8414 2), so none is carried along',
  ],
  ['h.example', [], 'no URL, no place (RFC 8414 2)'],
  ['/tenant1', [], 'a path is no issuer (RFC 8414 2)'],
  ['urn:example:issuer', [], 'an issuer is no name (RFC 8414 2)'],
  ['', [], 'nothing is no issuer'],
];

for (const [issuer, urls, says] of ISSUERS) {
  test(`metadata of the issuer ${issuer === '' ? '(empty)' : issuer}: ${says}`, () => {
    expect(issuerMetadataUrls(issuer).map(({ kind, url }) => [kind, url])).toEqual(urls);
  });
}

function exchange(status: number | undefined, body = '', id = 'x'): Exchange {
  return {
    id,
    asks: id,
    request: { method: 'GET', url: `https://h.example/${id}`, headers: [] },
    ...(status === undefined
      ? { failure: { kind: 'refused' as const, message: 'connection refused' } }
      : { answer: { status, headers: [], body, bodyBytes: body.length, truncated: false } }),
    startedAt: '2026-01-01T00:00:00.000Z',
    durationMs: 1,
  };
}

/** Exchange → the document in it: status 200 and a JSON object (RFC 9728 3.2, RFC 8414 3.2), whatever its type. */
const DOCUMENTS: readonly (readonly [says: string, given: Exchange | undefined, document: unknown])[] = [
  ['an object', exchange(200, '{"a":1}'), { a: 1 }],
  ['an empty object', exchange(200, '{}'), {}],
  ['another success', exchange(201, '{"a":1}'), undefined],
  ['a refusal with an object', exchange(404, '{"a":1}'), undefined],
  ['an array', exchange(200, '[{"a":1}]'), undefined],
  ['null', exchange(200, 'null'), undefined],
  ['a web page', exchange(200, '<!doctype html>'), undefined],
  ['an object behind a byte order mark (RFC 8259 8.1)', exchange(200, '\uFEFF{"a":1}'), { a: 1 }],
  ['nothing', exchange(200), undefined],
  ['no answer', exchange(undefined), undefined],
  ['no exchange', undefined, undefined],
];

for (const [says, given, document] of DOCUMENTS) {
  test(`${says} ${document === undefined ? 'is no document' : 'is a document'}`, () => {
    expect(documentIn(given)).toEqual(document);
  });
}

const found = (id: string, more: object = {}): Fetched => [exchange(200, JSON.stringify({ id, ...more }), id)];
const missing: Fetched = [exchange(404)];
const fromChallenge = (fetched?: Fetched) => ({
  value: 'v',
  namedBy: 'x',
  ...(fetched === undefined ? {} : { fetched }),
});

test('a redirected document is what the last hop brought', () => {
  const hops: Fetched = [exchange(302, '{"id":"first"}', 'first'), exchange(200, '{"id":"second"}', 'second')];
  expect(last(hops).id).toBe('second');
  expect(resourceDocument({ fromChallenge: [], wellKnown: [hops] })?.document).toEqual({ id: 'second' });
});

/** MCP 2025-11-25: the challenge first, then the well-known places in their order. */
const CHOICES: readonly (readonly [
  says: string,
  fromChallenge: readonly (Fetched | undefined)[],
  wellKnown: readonly Fetched[],
  chosen: readonly [route: string, id: string] | undefined,
])[] = [
  ['the challenge goes first', [found('c')], [found('w')], ['challenge', 'c']],
  ['a challenge that leads nowhere is passed over', [missing], [found('w')], ['well-known', 'w']],
  ['a challenge that is no URL is passed over', [undefined], [found('w')], ['well-known', 'w']],
  ['of several challenges the first that works', [missing, found('d')], [], ['challenge', 'd']],
  ['the inserted place goes before the root', [], [found('path'), found('root')], ['well-known', 'path']],
  ['the root comes last', [], [missing, found('root')], ['well-known', 'root']],
  ['nothing anywhere', [missing], [missing, missing], undefined],
];

for (const [says, challenges, wellKnown, chosen] of CHOICES) {
  test(`resource metadata: ${says}`, () => {
    const document = resourceDocument({ fromChallenge: challenges.map(fromChallenge), wellKnown });
    expect(document && [document.route, document.document.id]).toEqual(chosen);
  });
}

/** `authorization_servers` → issuers to ask (RFC 9728 2). */
const NAMED: readonly (readonly [given: unknown, issuers: readonly string[]])[] = [
  [
    ['https://a.example/', 'https://b.example'],
    ['https://a.example/', 'https://b.example'],
  ],
  [['https://a.example/', 'https://a.example/'], ['https://a.example/']],
  [
    ['https://a.example/', 'https://a.example'],
    ['https://a.example/', 'https://a.example'],
  ],
  [[1, null, 'https://a.example/'], ['https://a.example/']],
  ['https://a.example/', []],
  [[], []],
  [undefined, []],
];

for (const [given, issuers] of NAMED) {
  test(`authorization_servers ${JSON.stringify(given) ?? 'left out'} names ${issuers.length}`, () => {
    const wellKnown = [found('w', { authorization_servers: given })];
    const named = namedIssuers({ fromChallenge: [], wellKnown } as unknown as Parameters<typeof namedIssuers>[0]);
    expect(named).toEqual(issuers);
  });
}

test('issuer metadata is the first candidate that brings an object (MCP 2025-11-25)', () => {
  const candidates = [
    { kind: 'oauth' as const, fetched: missing },
    { kind: 'openid-inserted' as const, fetched: found('inserted') },
    { kind: 'openid' as const, fetched: found('appended') },
  ];
  expect(issuerDocument({ candidates })).toMatchObject({ kind: 'openid-inserted', document: { id: 'inserted' } });
  expect(issuerDocument({ candidates: candidates.slice(0, 1) })).toBeUndefined();
  expect(issuerDocument({ candidates: [] })).toBeUndefined();
});
