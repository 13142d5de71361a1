import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { run } from '../engine/run.ts';
import { createRedactor, type Redactor, secret } from '../fixtures/doors/secrets.ts';
import { parseProfile } from '../fixtures/profile/profile.ts';
import { startWorld } from '../mock-idp/world.ts';
import { expect, field, get, test } from './door-lab.ts';

function knowing(...values: readonly (readonly [label: string, value: string])[]): Redactor {
  const redactor = createRedactor();
  for (const [label, value] of values) redactor.learn(secret(label, value));
  return redactor;
}

const percentAll = (value: string) =>
  [...Buffer.from(value)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
const hexBetween = (value: string, change: (hex: string) => string) => value.replace(/%[0-9A-F]{2}/g, change);
const unicodeAll = (value: string) =>
  [...value]
    .flatMap((point) => point.split('').map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`))
    .join('');
const json = (value: string) => JSON.stringify(value).slice(1, -1);

const COATS: Readonly<Record<string, (value: string) => string>> = {
  plain: (value) => value,
  'UTF-8 read as Latin-1': (value) => Buffer.from(value).toString('latin1'),
  base64: (value) => Buffer.from(value).toString('base64'),
  'base64 without padding': (value) => Buffer.from(value).toString('base64').replace(/=+$/, ''),
  base64url: (value) => Buffer.from(value).toString('base64url'),
  'Basic credentials, user first': (value) => Buffer.from(`user:${value}`).toString('base64'),
  'Basic credentials, secret first': (value) => Buffer.from(`${value}:password`).toString('base64'),
  'base64url inside a longer text': (value) => Buffer.from(`{"token":"${value}"}`).toString('base64url'),
  'percent-encoded base64': (value) => encodeURIComponent(Buffer.from(value).toString('base64')),
  'JSON-escaped base64': (value) => Buffer.from(value).toString('base64').replaceAll('/', '\\/'),
  'percent-encoded': encodeURIComponent,
  'percent-encoded in lower case': (value) => hexBetween(encodeURIComponent(value), (hex) => hex.toLowerCase()),
  'percent-encoded throughout': percentAll,
  'percent-encoded twice': (value) => encodeURIComponent(encodeURIComponent(value)),
  'form-encoded': (value) => new URLSearchParams([['k', value]]).toString().slice(2),
  'JSON-escaped': json,
  'JSON-escaped throughout': unicodeAll,
  'JSON in JSON': (value) => json(json(value)),
  'percent-encoded in JSON': (value) => json(encodeURIComponent(value)),
  'HTML-escaped': (value) => value.replace(/[&<>"'/=]/g, (character) => `&#x${character.charCodeAt(0).toString(16)};`),
  'HTML-escaped with names': (value) =>
    value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;'),
  'hex, lower case': (value) => Buffer.from(value).toString('hex'),
  'hex, upper case': (value) => Buffer.from(value).toString('hex').toUpperCase(),
};

/** Anything a secret may be; guillemets are ours. */
const anySecret = fc
  .oneof(
    fc.string({ unit: 'grapheme-ascii', minLength: 6, maxLength: 80 }),
    fc.string({ unit: 'grapheme', minLength: 6, maxLength: 40 }),
    fc.base64String({ minLength: 8, maxLength: 80 }),
  )
  .filter((value) => !/[«»]/.test(value));
const anyText = fc.string({ unit: 'grapheme-ascii', maxLength: 20 });

test.describe('a secret is taken out of text', () => {
  for (const [coat, dress] of Object.entries(COATS)) {
    test(`${coat}`, () => {
      fc.assert(
        fc.property(anySecret, anyText, anyText, (value, before, after) => {
          const worn = dress(value);
          const redacted = knowing(['k', value]).redact(`${before} ${worn} ${after}`);
          expect(redacted).toContain('«k»');
          expect(redacted).not.toContain(worn);
          expect(redacted).not.toContain(value);
        }),
      );
    });
  }

  test('with no end of it left in base64, at each of its three places', () => {
    fc.assert(
      fc.property(anySecret, fc.nat(5), fc.nat(5), (value, before, after) => {
        const text = Buffer.concat([Buffer.alloc(before, 0xff), Buffer.from(value), Buffer.alloc(after, 0xff)]);
        const [left = '', right = ''] = knowing(['k', value]).redact(text.toString('base64')).split('«k»');
        // What is left is at most the neighbours' own bytes.
        expect(left).toBe('/'.repeat(Math.floor((before * 8) / 6)));
        expect(right).toMatch(/^[/8w=]*$/);
        expect(right.replaceAll('=', '').length).toBeLessThanOrEqual(Math.ceil((after * 8) / 6));
      }),
    );
  });

  test('when the text was cut within it', () => {
    const safe = fc.constantFrom(
      'plain',
      'base64',
      'base64url',
      'percent-encoded throughout',
      'JSON-escaped throughout',
      'hex, lower case',
    );
    fc.assert(
      fc.property(fc.base64String({ minLength: 24, maxLength: 60 }), safe, fc.nat(), (value, coat, place) => {
        const worn = COATS[coat]!(value);
        const kept = place % worn.length;
        const redacted = knowing(['k', value]).redact(`before ${worn.slice(0, kept)}`, { cut: true });
        // Fewer characters than a secret must have say nothing.
        const longestRest = coat.startsWith('percent') ? 5 * 3 : coat.startsWith('JSON') ? 5 * 6 : 5;
        const rest = redacted.slice('before '.length).replace('«k»', '');
        expect(rest.length).toBeLessThanOrEqual(longestRest);
        expect(redacted.startsWith('before')).toBe(true);
      }),
    );
  });

  test('and everything else is left as it was', () => {
    const redactor = knowing(['k', 'k3y-0123456789']);
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (text) => {
        expect(redactor.redact(text)).toBe(text);
      }),
    );
    expect(redactor.redact('a k3y-0123456789 b %6b3y-0123456789 c')).toBe('a «k» b «k» c');
  });
});

test('of secrets within secrets the longest is named', () => {
  const redactor = knowing(['short', 'abcdefgh'], ['long', 'xx-abcdefgh-xx']);
  expect(redactor.redact('abcdefgh xx-abcdefgh-xx')).toBe('«short» «long»');
});

test('overlapping secrets leave no end behind', () => {
  expect(knowing(['one', 'abcdefgh'], ['two', 'efghijklm']).redact('<abcdefghijklm>')).toBe('<«two»>');
});

test('of a JWT the signature, and header with payload, are secrets too', () => {
  const jwt = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ1c2VyIn0.c2lnbmF0dXJlLW9mLXRoaXM';
  const [header, payload, signature] = jwt.split('.');
  const redactor = knowing(['tokens.good', jwt]);
  expect(redactor.redact(`Bearer ${jwt}`)).toBe('Bearer «tokens.good»');
  expect(redactor.redact(`${header}.${payload}.forged`)).toBe('«tokens.good».forged');
  expect(redactor.redact(`sig=${signature}`)).toBe('sig=«tokens.good»');
  expect(redactor.redact(`${header}`)).toBe(header);
});

/** A token of random bytes, as long as issuers write them; fast-check's own bytes are often zeros, which no signature is. */
const anyToken = fc
  .record({ seed: fc.integer(), claims: fc.integer({ min: 60, max: 200 }), signed: fc.integer({ min: 48, max: 256 }) })
  .map(({ seed, claims, signed }) => {
    const random = (what: string, bytes: number) =>
      createHash('shake256', { outputLength: bytes }).update(`${what} ${seed}`).digest('base64url');
    const unsigned = `eyJhbGciOiJSUzI1NiJ9.${random('claims', claims)}`;
    const signature = random('signature', signed);
    return { jwt: `${unsigned}.${signature}`, unsigned, signature };
  });

test.describe('pieces of a token', () => {
  const CUT_COATS = ['plain', 'percent-encoded throughout', 'JSON-escaped throughout', 'JSON in JSON'] as const;

  for (const coat of CUT_COATS) {
    test(`of 16 characters and more are secrets: of a signature, and of an opaque token; ${coat}`, () => {
      fc.assert(
        fc.property(anyToken, fc.nat(), fc.nat(), ({ jwt, signature }, place, size) => {
          const length = 16 + (size % (signature.length - 15));
          const start = place % (signature.length - length + 1);
          const piece = signature.slice(start, start + length);
          expect(knowing(['k', jwt]).redact(`<${COATS[coat]!(piece)}>`)).toBe('<«k»>');
          const redactor = createRedactor();
          redactor.learn(secret('k', signature), { inPieces: true });
          expect(redactor.redact(`<${COATS[coat]!(piece)}>`)).toBe('<«k»>');
        }),
      );
    });
  }

  test('of which a server shows the beginning, the end, or all but the last character', () => {
    fc.assert(
      fc.property(anyToken, ({ jwt, unsigned, signature }) => {
        const redactor = knowing(['k', jwt]);
        expect(redactor.redact(jwt.slice(0, unsigned.length + 17))).toBe('«k».«k»');
        expect(redactor.redact(`…${signature.slice(-16)}`)).toBe('…«k»');
        expect(redactor.redact(`token ${jwt.slice(0, -1)}, refused`)).toBe('token «k».«k», refused');
        expect(redactor.find(signature.slice(1, 17)).map(({ label }) => label)).toEqual(['k']);
      }),
    );
  });

  test('are those of the secret part alone: other tokens begin alike', () => {
    const payload = Buffer.from('{"iss":"https://issuer.example/","aud":"https://server.example/mcp"}').toString(
      'base64url',
    );
    const header = Buffer.from('{"alg":"RS256","typ":"at+jwt"}').toString('base64url');
    const redactor = knowing(['k', `${header}.${payload}.${'Zm9yZ2VkIHNpZ25hdHVyZSBvZiBub2JvZHk'}`]);
    const metadata = `${header}.${payload.slice(0, 40)}`;
    expect(redactor.redact(metadata)).toBe(metadata);
  });

  test('that are no more than zeros say nothing', () => {
    const zeros = `eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ1c2VyIn0.${'A'.repeat(86)}`;
    expect(knowing(['k', zeros]).redact('A'.repeat(40))).toBe('A'.repeat(40));
    expect(knowing(['k', zeros]).redact(zeros)).toBe('«k»');
  });
});

test('a value known twice keeps its first label', () => {
  expect(knowing(['first', 'abcdefgh'], ['second', 'abcdefgh']).redact('abcdefgh')).toBe('«first»');
});

test('values under 6 characters are refused, without being told', () => {
  expect(() => knowing(['users.pin', '12345'])).toThrow(/^users\.pin is shorter than 6 characters/);
  expect(() => knowing(['users.pin', '12345'])).not.toThrow(/12345/);
});

test('a secret prints as its label', () => {
  const printed = secret('tokens.good', 'value-of-it');
  expect([`${printed}`, JSON.stringify({ printed }), inspect(printed)].join()).not.toContain('value-of-it');
});

test.describe('evidence', () => {
  test('holds no token of an answer, whatever its JSON escapes, and each is a secret to send again', async ({
    lab,
  }) => {
    const token = 'ab/cdEFGH0123456789+xyz';
    const bodies = [
      `{"access_token":"${token.replace('/', '\\/')}"}`,
      `{"access_token":"${token.replace('+', '\\u002b')}"}`,
      `{"a":[{"access\\u005ftoken":"${token}"}]}`,
      `data: {"access_token":"${token.replace('/', '\\/')}"}\n\n`,
    ];
    for (const body of bodies) {
      const origin = await lab.serve((_request, response) => response.end(body));
      const doors = lab.open(origin);
      const { answer } = await doors.http.ask(get(`${origin}/`));
      expect(answer!.body, body).toContain('«access_token 1»');
      expect(answer!.body, body).not.toContain('0123456789');
      expect(doors.concealed('«access_token 1»')?.reveal(), body).toBe(token);
    }
  });

  test('holds a secret in no byte, however the server gives it back', async ({ lab }) => {
    let answer: readonly string[] = [];
    const origin = await lab.serve((_request, response) => {
      const headers = answer.flatMap((text) => ['X-Echo', text.replace(/[^\x20-\x7e]/g, '')]);
      response.writeHead(400, headers).end(answer.join('\n'));
    });
    const doors = lab.open(origin, { target: { limits: { budget: 10_000, requestsPerSecond: 100_000 } } });
    const ascii = fc.string({ unit: fc.constantFrom(...'abcXYZ019-._~+/='), minLength: 12, maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(ascii, async (value) => {
        const token = doors.conceal('tokens.good', value);
        answer = Object.values(COATS).map((dress) => dress(value));
        const exchange = await doors.http.ask(
          get('', {
            url: [`${origin}/?q=`, token],
            method: 'POST',
            headers: [
              ['Authorization', ['Bearer ', token]],
              ['X-Plain', value],
            ],
            body: `token=${encodeURIComponent(value)}`,
          }),
        );
        expect(exchange.answer?.status).toBe(400);
        const recorded = JSON.stringify([exchange.request, exchange.answer]);
        for (const text of answer) expect(recorded).not.toContain(text);
        expect(recorded).not.toContain(JSON.stringify(value).slice(1, -1));
      }),
      { numRuns: 40 },
    );
  });

  test('tells no person whose token it is, and all of what is not personal', async ({ lab }) => {
    const claims = {
      iss: 'https://issuer.example/',
      sub: 'auth0|5f7c8ec7c33c6c004bbafe82',
      email: 'ada@users.example',
      'https://ns.example/name': 'Ada King Lovelace',
      nickname: 'augusta',
      client_id: 'machine@clients',
      scope: 'mcp:tools',
      permissions: ['mcp:tools'],
    };
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const good = `${part({ alg: 'RS256' })}.${part(claims)}.${'c2lnbmF0dXJlLW9mLXRoaXMtdG9rZW4'}`;
    const said = [
      JSON.stringify(claims),
      `Hello ${encodeURIComponent(claims.email)}`,
      Buffer.from(`user ${claims.sub}`).toString('base64url'),
      part(claims).slice(0, -1),
    ].join('\n');
    const origin = await lab.serve((_request, response) => response.end(said));
    const doors = lab.open(origin, { target: { tokens: { good: secret('tokens.good', good) } } });
    const body = (await doors.http.ask(get(origin))).answer!.body;
    const [echoed, greeting, encoded, payload] = body.split('\n');
    expect(JSON.parse(echoed!)).toEqual({
      ...claims,
      sub: '«tokens.good.sub»',
      email: '«tokens.good.email»',
      'https://ns.example/name': '«tokens.good.https://ns.example/name»',
    });
    expect(greeting).toBe('Hello «tokens.good.email»');
    expect(encoded).toMatch(/^dXNlci.*«tokens\.good\.sub»$/);
    for (const name of ['sub', 'email']) expect(payload).toContain(`«tokens.good.${name}»`);
  });

  test('does not hide what a machine is called, nor where the server is', async ({ lab }) => {
    const origin = await lab.serve((_request, response) => response.end(`machine-to-machine at ${origin}`));
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const claims = { sub: 'machine-to-machine', client_id: 'machine-to-machine', website: new URL(origin).host };
    const good = `${part({ alg: 'RS256' })}.${part(claims)}.c2lnbmF0dXJl`;
    const doors = lab.open(origin, { target: { tokens: { good: secret('tokens.good', good) } } });
    expect((await doors.http.ask(get(origin))).answer?.body).toBe(`machine-to-machine at ${origin}`);
  });

  test('holds labels for the sessions and cookies a server issues, everywhere', async ({ lab }) => {
    const session = '5f0c8a52-3d3e-4b7a-9a55-0d6f3f1b7c10';
    const origin = await lab.serve((_request, response) => {
      const cookies = ['sid=s3cr3t-c00kie-value; Path=/; HttpOnly', 'other="q9w8e7r6t5y4"', 'sid=s3cr3t-c00kie-value'];
      response.writeHead(200, { 'Mcp-Session-Id': session, 'Set-Cookie': cookies, Location: `/?s=${session}` });
      response.end(`s3cr3t-c00kie-value ${Buffer.from(session).toString('base64')}`);
    });
    const { answer } = await lab.open(origin).http.ask(get(origin));
    expect(field(answer?.headers, 'mcp-session-id')).toEqual(['«session 1»']);
    expect(field(answer?.headers, 'set-cookie')).toEqual([
      'sid=«cookie 1»; Path=/; HttpOnly',
      'other="«cookie 2»"',
      'sid=«cookie 1»',
    ]);
    expect(field(answer?.headers, 'location')).toEqual(['/?s=«session 1»']);
    expect(answer?.body).toBe('«cookie 1» «session 1»');
  });

  test('lets a session be sent again by its label', async ({ lab }) => {
    const ids = ['5f0c8a52-3d3e-4b7a-9a55-0d6f3f1b7c10', '1'];
    const received: unknown[] = [];
    const origin = await lab.serve((request, response) => {
      received.push(request.headers['mcp-session-id']);
      response.setHeader('Mcp-Session-Id', ids[received.length > 2 ? 1 : 0]!).end();
    });
    const doors = lab.open(origin);
    for (const shown of ['«session 1»', '«session 2»']) {
      const opened = await doors.http.ask(get(origin, { id: `test/open ${shown}` }));
      expect(field(opened.answer?.headers, 'mcp-session-id')).toEqual([shown]);
      const again = await doors.http.ask(get(origin, { headers: [['Mcp-Session-Id', doors.concealed(shown)!]] }));
      expect(field(again.request.headers, 'mcp-session-id')).toEqual([shown]);
    }
    expect(received).toEqual([undefined, ids[0], undefined, ids[1]]);
    expect(doors.concealed('«session 9»')).toBeUndefined();
    expect(doors.concealed('session 1')).toBeUndefined();
    expect(doors.concealed(undefined)).toBeUndefined();
  });

  test('is not blanked by a server that issues ordinary words as cookies', async ({ lab }) => {
    const challenge = 'Bearer resource_metadata="https://server.test/.well-known/oauth-protected-resource"';
    const words = [
      'Bearer',
      'resource_metadata',
      '2025-11-25',
      'https://server.test/.well-known/oauth-protected-resource',
      'oauth',
    ];
    const origin = await lab.serve((_request, response) => {
      response.writeHead(401, { 'Set-Cookie': words.map((word) => `a=${word}`), 'WWW-Authenticate': challenge }).end();
    });
    const { answer } = await lab.open(origin).http.ask(get(origin));
    expect(field(answer?.headers, 'www-authenticate')).toEqual([challenge]);
    expect(field(answer?.headers, 'set-cookie')).not.toContain('a=Bearer');
  });

  test('is not changed by header fields named like parts of objects', async ({ lab }) => {
    const host = await lab.listen((socket) =>
      socket.once('data', () =>
        socket.end('HTTP/1.1 200 OK\r\nconstructor: 1\r\n__proto__: 2\r\ntoString: 3\r\nContent-Length: 0\r\n\r\n'),
      ),
    );
    const { answer } = await lab.open(`http://${host}`).http.ask(get(`http://${host}/`));
    expect(answer?.headers.slice(0, 3)).toEqual([
      ['constructor', '1'],
      ['__proto__', '2'],
      ['toString', '3'],
    ]);
  });

  test('shows a session that we made up ourselves', async ({ lab }) => {
    const made = '00000000-0000-4000-8000-000000000000';
    const origin = await lab.serve((request, response) => {
      response.setHeader('Mcp-Session-Id', request.headers['mcp-session-id'] ?? '').end();
    });
    const { answer } = await lab.open(origin).http.ask(get(origin, { headers: [['Mcp-Session-Id', made]] }));
    expect(field(answer?.headers, 'mcp-session-id')).toEqual([made]);
  });

  test('of a body cut at the cap does not end in half a secret', async ({ lab }) => {
    const value = 'k3y-0123456789-abcdefghijklmnop';
    const origin = await lab.serve((_request, response) => response.end(`${'.'.repeat(80)}${value}${'.'.repeat(80)}`));
    const doors = lab.open(origin, { limits: { bodyBytes: 100 } });
    doors.conceal('k', value);
    const { answer } = await doors.http.ask(get(origin));
    expect(answer?.body).toBe(`${'.'.repeat(80)}«k»`);
  });

  test('of a failure holds no secret either', async ({ lab }) => {
    const doors = lab.open('http://127.0.0.1:1', { target: { network: { resolve: async () => [] } } });
    doors.conceal('k', 'k3y-0123456789');
    const { failure } = await doors.http.ask(get('http://k3y-0123456789.test/'));
    expect(failure?.message).not.toContain('k3y-0123456789');
  });
});

test('a run writes down no secret that its trials chose for a client, also where the server takes it', async ({
  lab: _,
}, info) => {
  const chosen = new Set<string>();
  const world = await startWorld({
    // The first says in which state the world is.
    faults: ['registrations-change-to-a-chosen-secret', 'registration-takes-the-client-secret-of-the-request'],
    onExchange: ({ request: { body } }) => {
      for (const [, value] of body.matchAll(/"client_secret":"([^"]+)"/g)) chosen.add(value!);
    },
  });
  try {
    const yaml = `
server: { url: "${world.server.url}" }
clients: { initialAccessToken: "\${IAT}" }
state: { folder: "${info.outputPath('state')}" }
allow: [writes]
limits: { requestsPerSecond: 100, concurrency: 8 }
`;
    const { profile } = await parseProfile(yaml, {
      file: 'p.yaml',
      env: { IAT: world.registration.initialAccessToken! },
    });
    const out = info.outputPath('run');
    const only = [
      'registration/chooses-the-credentials-of-clients-itself',
      'registration/changes-clients-by-the-rules-of-registration',
    ];
    const { report } = await run(profile, { mode: 'gate', out, only });
    const reasons = report.checks.flatMap(({ findings = [] }) => findings.map(({ reason }) => reason));
    expect(reasons).toEqual(expect.arrayContaining(['client-secret-of-the-request', 'chosen-secret']));
    expect(chosen.size).toBe(2);
    const files = readdirSync(out, { recursive: true, encoding: 'utf8' }).map((name) => join(out, name));
    const written = files.filter((file) => statSync(file).isFile());
    expect(written.map((file) => file.slice(out.length + 1))).toEqual(
      expect.arrayContaining(['report.json', join('evidence', 'registrations.json')]),
    );
    for (const file of written) {
      for (const value of chosen) expect(readFileSync(file, 'utf8').includes(value), file).toBe(false);
    }
  } finally {
    await world.close();
  }
});

test('fingerprints compare values within a run and say nothing across runs', ({ lab }) => {
  const [one, two] = [lab.open('http://127.0.0.1:1'), lab.open('http://127.0.0.1:1')];
  const print = one.fingerprint(secret('a', 'value-of-it'));
  expect(print).toMatch(/^[\w-]{16}$/);
  expect(one.fingerprint(secret('b', 'value-of-it'))).toBe(print);
  expect(one.fingerprint(secret('a', 'another-value'))).not.toBe(print);
  expect(two.fingerprint(secret('a', 'value-of-it'))).not.toBe(print);
});
