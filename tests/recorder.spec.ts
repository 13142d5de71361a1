import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import type { HttpRequest } from '../fixtures/doors/doors.ts';
import type { Exchange } from '../fixtures/evidence.ts';
import { certificateFile, expect, failureKind, field, get, quickClock, test, worldOf } from './door-lab.ts';

const RESPONSE_EVENT = 'event: message\ndata: {"jsonrpc":"2.0","id":1,"result":{}}\n\n';
const HOUR = 3_600_000;

test.describe('requests', () => {
  test('a request carries what it was given, our name, and nothing of a browser', async ({ lab }) => {
    let sent: string[] = [];
    const origin = await lab.serve((request, response) => {
      sent = request.rawHeaders;
      response.end();
    });
    const headers = [
      ['X-One', 'a'],
      ['Accept', 'text/plain'],
      ['x-one', 'b'],
    ] as const;
    const exchange = await lab.open(origin, { version: '1.2.3' }).http.ask(get(origin, { headers }));

    const ours = [
      'user-agent',
      'mcp-auth-conformance/1.2.3 (run test)',
      'X-One',
      'a',
      'Accept',
      'text/plain',
      'x-one',
      'b',
    ];
    expect(sent).toEqual(['host', new URL(origin).host, 'connection', 'keep-alive', ...ours]);
    expect(exchange.request.headers.flat()).toEqual(ours);
  });

  test('a caller may name its own user agent', async ({ lab }) => {
    const origin = await lab.serve((request, response) => response.end(request.headers['user-agent']));
    const exchange = await lab.open(origin).http.ask(get(origin, { headers: [['User-Agent', 'another']] }));
    expect(exchange.answer?.body).toBe('another');
    expect(field(exchange.request.headers, 'user-agent')).toEqual(['another']);
  });

  test('a body is sent and recorded', async ({ lab }) => {
    const origin = await lab.serve((request, response) => request.pipe(response));
    const exchange = await lab.open(origin).http.ask(get(origin, { method: 'POST', body: '{"ä":1}' }));
    expect(exchange).toMatchObject({
      request: { method: 'POST', body: '{"ä":1}' },
      answer: { body: '{"ä":1}', bodyBytes: 8 },
    });
  });

  for (const method of ['TRACE', 'OPTIONS', 'DELETE', 'PATCH', 'FROBNICATE']) {
    test(`${method} is sent as it is`, async ({ lab }) => {
      const host = await lab.listen((socket) =>
        socket.on('data', (chunk) => {
          const line = chunk.toString().split('\r\n')[0]!;
          socket.end(`HTTP/1.1 200 OK\r\nContent-Length: ${line.length}\r\n\r\n${line}`);
        }),
      );
      const exchange = await lab.open(`http://${host}`).http.ask(get(`http://${host}/path?x`, { method }));
      expect(exchange.answer?.body).toBe(`${method} /path?x HTTP/1.1`);
    });
  }

  test('a request that HTTP clients refuse is not sent and does not throw', async ({ lab }) => {
    const origin = await lab.serve((_request, response) => response.end());
    const doors = lab.open(origin);
    for (const request of [{ headers: [['X-Bad', 'a\nb']] as const }, { method: 'NO METHOD' }, { method: 'CONNECT' }]) {
      const { failure } = await doors.http.ask(get(origin, request));
      expect(failure?.kind).toBe('egress');
      expect(failure?.message).toMatch(/^not sent: HTTP clients refuse this request/);
    }
  });

  test('connections are kept between requests', async ({ lab }) => {
    const ports = new Set<number | undefined>();
    const origin = await lab.serve((request, response) => {
      ports.add(request.socket.remotePort);
      response.end('answer');
    });
    const doors = lab.open(origin);
    for (const id of ['test/1', 'test/2', 'test/3']) await doors.http.ask(get(origin, { id }));
    expect(ports.size).toBe(1);
  });
});

test.describe('answers', () => {
  test('header fields keep order, spelling and repetition', async ({ lab }) => {
    const lines = [
      'WWW-Authenticate: Basic realm="a"',
      'X-B: 1',
      'www-authenticate: Bearer',
      'x-b: \xe4',
      'Content-Length: 0',
    ];
    const host = await lab.listen((socket) =>
      socket.once('data', () => socket.end(`HTTP/1.1 401 No\r\n${lines.join('\r\n')}\r\n\r\n`, 'latin1')),
    );
    const exchange = await lab.open(`http://${host}`).http.ask(get(`http://${host}/`));
    expect(exchange.answer?.status).toBe(401);
    expect(exchange.answer?.headers.map(([name, value]) => `${name}: ${value}`)).toEqual(lines);
  });

  test('redirects are recorded, not followed', async ({ lab }) => {
    const paths: (string | undefined)[] = [];
    const origin = await lab.serve((request, response) => {
      paths.push(request.url);
      response.writeHead(302, { Location: '/elsewhere' }).end();
    });
    const exchange = await lab.open(origin).http.ask(get(`${origin}/start`));
    expect(exchange.answer?.status).toBe(302);
    expect(field(exchange.answer?.headers, 'location')).toEqual(['/elsewhere']);
    expect(paths).toEqual(['/start']);
  });

  test('HEAD, 204 and 304 have no body', async ({ lab }) => {
    const origin = await lab.serve((request, response) => {
      const status = Number(request.url?.slice(1));
      response.writeHead(status, { 'Content-Encoding': 'gzip', ...(status === 200 ? { 'Content-Length': '5' } : {}) });
      response.end(status === 200 ? 'xxxxx' : undefined);
    });
    const doors = lab.open(origin);
    const exchanges = [
      await doors.http.ask(get(`${origin}/200`, { method: 'HEAD' })),
      await doors.http.ask(get(`${origin}/204`)),
      await doors.http.ask(get(`${origin}/304`)),
    ];
    expect(exchanges.map(({ answer }) => [answer?.status, answer?.body, answer?.truncated])).toEqual([
      [200, '', false],
      [204, '', false],
      [304, '', false],
    ]);
  });

  test('gzip, deflate with and without wrapper, br and stacked codings are undone', async ({ lab }) => {
    const bodies: Record<string, readonly [coding: string, bytes: Buffer]> = {
      '/gzip': ['gzip', gzipSync('text')],
      '/deflate': ['deflate', deflateSync('text')],
      '/bare': ['deflate', deflateRawSync('text')],
      '/br': ['br', brotliCompressSync('text')],
      '/both': ['gzip, br', brotliCompressSync(gzipSync('text'))],
      '/identity': ['identity', Buffer.from('text')],
      '/prototype': ['constructor', Buffer.from('text')],
    };
    const origin = await lab.serve((request, response) => {
      const [coding, bytes] = bodies[request.url!]!;
      response.writeHead(200, { 'Content-Encoding': coding }).end(bytes);
    });
    const doors = lab.open(origin);
    for (const path of Object.keys(bodies)) {
      const { answer } = await doors.http.ask(get(`${origin}${path}`));
      expect(answer, path).toMatchObject({ body: 'text', bodyBytes: 4, truncated: false });
    }
  });

  test('a long plain body is cut at the cap', async ({ lab }) => {
    const origin = await lab.serve((_request, response) => {
      const more = () => {
        while (response.write('x'.repeat(65_536)));
      };
      response.on('drain', more);
      more();
    });
    const { answer } = await lab.open(origin, { limits: { bodyBytes: 1000 } }).http.ask(get(origin));
    expect(answer?.body).toBe('x'.repeat(1000));
    expect(answer?.truncated).toBe(true);
    expect(answer?.bodyBytes).toBeGreaterThan(1000);
  });
});

test.describe('event streams', () => {
  const stream = (lab: Parameters<Parameters<typeof test>[2]>[0]['lab'], first: string) =>
    lab.serve((_request, response) => {
      response.writeHead(200, { 'Content-Type': 'text/event-stream; charset=utf-8' });
      response.write(first);
    });
  const stays = { silence: HOUR, whole: HOUR, answer: HOUR };

  test('a stream is read until its first JSON-RPC response', async ({ lab }) => {
    const origin = await lab.serve((_request, response) => {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' });
      response.write('id: 0\ndata:\n\nevent: message\ndata: {"jsonrpc":"2.0","method":"notifications/message"}\n\n');
      setTimeout(() => response.write(RESPONSE_EVENT.slice(0, 30)), 20);
      setTimeout(() => response.write(RESPONSE_EVENT.slice(30)), 40);
    });
    const doors = lab.open(origin, { limits: { stream: stays } });
    const { answer } = await doors.http.ask(get(origin, { method: 'POST', body: '{}' }));
    expect(answer?.body).toContain(RESPONSE_EVENT);
    expect(answer?.truncated).toBe(true);
  });

  test('a stream nobody answers on is closed after silence', async ({ lab }) => {
    const origin = await stream(lab, ': hello\n\n');
    const { answer } = await lab.open(origin, { limits: { stream: { ...stays, silence: 1 } } }).http.ask(get(origin));
    expect(answer).toMatchObject({ status: 200, body: ': hello\n\n', truncated: true });
  });

  test('a stream that says nothing is closed after its time', async ({ lab }) => {
    const origin = await lab.serve((_request, response) => {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' }).flushHeaders();
    });
    const { answer } = await lab.open(origin, { limits: { stream: { ...stays, whole: 1 } } }).http.ask(get(origin));
    expect(answer).toMatchObject({ status: 200, body: '', truncated: true });
  });

  test('a request waits through silence for its answer, but not longer than its time', async ({ lab }) => {
    const origin = await stream(lab, ': hello\n\n');
    const patience = { silence: 0, whole: 0, answer: 500 };
    const request = get(origin, { method: 'POST', body: '{}' });
    const { answer } = await lab.open(origin, { limits: { stream: patience } }).http.ask(request);
    expect(answer).toMatchObject({ status: 200, body: ': hello\n\n', truncated: true });
  });

  test('an open stream is an answer, not a timeout, however short the time limit', async ({ lab }) => {
    const origin = await stream(lab, ': hello\n\n');
    const doors = lab.open(origin, { limits: { stream: stays }, target: { limits: { timeoutSeconds: 1 } } });
    expect((await doors.http.ask(get(origin))).answer).toMatchObject({ status: 200, truncated: true });
  });

  test('headOfStreamOnly closes a stream of any type', async ({ lab }) => {
    const origin = await lab.serve((_request, response) => {
      response.writeHead(200, { 'Content-Type': 'application/json' }).write('{');
    });
    const doors = lab.open(origin, { limits: { stream: { ...stays, silence: 1 } } });
    const { answer } = await doors.http.ask(get(origin, { method: 'POST', body: '{}', headOfStreamOnly: true }));
    expect(answer).toMatchObject({ body: '{', truncated: true });
  });

  test('a stream that ends by itself is whole', async ({ lab }) => {
    const origin = await lab.serve((_request, response) => {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' }).end('data: 1\n\n');
    });
    const { answer } = await lab.open(origin, { limits: { stream: stays } }).http.ask(get(origin));
    expect(answer).toMatchObject({ body: 'data: 1\n\n', truncated: false });
  });
});

test.describe('failures', () => {
  test('dns: the name does not exist', async ({ lab }) => {
    const network = { resolve: async () => [] };
    const { failure } = await lab
      .open('http://server.test', { target: { network } })
      .http.ask(get('http://server.test/'));
    expect(failure).toEqual({ kind: 'dns', message: 'DNS: server.test does not exist' });
  });

  test('dns: the resolver fails', async ({ lab }) => {
    const network = { resolve: () => Promise.reject(Object.assign(new Error('getaddrinfo'), { code: 'EAI_AGAIN' })) };
    const { failure } = await lab
      .open('http://server.test', { target: { network } })
      .http.ask(get('http://server.test/'));
    expect(failure).toEqual({ kind: 'dns', message: 'DNS: the name could not be resolved (EAI_AGAIN)' });
  });

  test('dns: the resolver never answers', async ({ lab }) => {
    const target = { network: { resolve: () => new Promise<never>(() => {}) }, limits: { timeoutSeconds: 0.05 } };
    const { failure } = await lab.open('http://server.test', { target }).http.ask(get('http://server.test/'));
    expect(failure?.kind).toBe('dns');
  });

  test('refused: nothing listens', async ({ lab }) => {
    const { failure } = await lab.open('http://127.0.0.1:1').http.ask(get('http://127.0.0.1:1/'));
    expect(failure).toEqual({
      kind: 'refused',
      message: 'refused: nothing listens at this address and port (ECONNREFUSED)',
    });
  });

  test('tls: a self-signed certificate', async ({ lab }) => {
    const url = `https://${await lab.listenTls('self-signed', () => {})}/`;
    const { failure } = await lab.open(url).http.ask(get(url));
    expect(failure).toEqual({
      kind: 'tls',
      message: 'TLS: the certificate is self-signed (DEPTH_ZERO_SELF_SIGNED_CERT)',
    });
  });

  test('tls: an expired certificate', async ({ lab }) => {
    const url = `https://${await lab.listenTls('expired', () => {})}/`;
    const network = { caFile: certificateFile('expired', 'cert') };
    const { failure } = await lab.open(url, { target: { network } }).http.ask(get(url));
    expect(failure).toEqual({ kind: 'tls', message: 'TLS: the certificate has expired (CERT_HAS_EXPIRED)' });
  });

  test('tls: a certificate for other names', async ({ lab }) => {
    const host = await lab.listenTls('self-signed', () => {});
    const url = `https://other.test:${host.split(':')[1]}/`;
    const network = { caFile: certificateFile('self-signed', 'cert'), ...worldOf({ 'other.test': ['127.0.0.1'] }) };
    const { failure } = await lab.open(url, { target: { network } }).http.ask(get(url));
    expect(failure?.kind).toBe('tls');
    expect(failure?.message).toContain('(ERR_TLS_CERT_ALTNAME_INVALID)');
  });

  test('tls: the server speaks none', async ({ lab }) => {
    const origin = await lab.serve((_request, response) => response.end());
    const { failure } = await lab.open(origin).http.ask(get(origin.replace('http:', 'https:')));
    expect(failure?.kind).toBe('tls');
    expect(failure?.message).toMatch(/^TLS: the server does not speak TLS on this port \(/);
  });

  test('tls: the server closes during the handshake', async ({ lab }) => {
    const host = await lab.listen((socket) => socket.end());
    const { failure } = await lab.open(`https://${host}`).http.ask(get(`https://${host}/`));
    expect(failure?.kind).toBe('tls');
    expect(failure?.message).toMatch(/^TLS: the connection was closed during the handshake/);
  });

  test('a certificate of network.caFile is trusted, and answers come over TLS', async ({ lab }) => {
    const host = await lab.listenTls('self-signed', (socket) =>
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')),
    );
    const network = { caFile: certificateFile('self-signed', 'cert'), ...worldOf({ 'server.test': ['127.0.0.1'] }) };
    for (const url of [`https://server.test:${host.split(':')[1]}/`, `https://${host}/`]) {
      const { answer } = await lab.open(url, { target: { network } }).http.ask(get(url));
      expect(answer?.body, url).toBe('ok');
    }
  });

  test('a caFile that cannot be read is the profile’s fault', ({ lab }) => {
    const network = { caFile: 'no/such/file.pem' };
    expect(() => lab.open('http://127.0.0.1:1', { target: { network } })).toThrow(
      /^network\.caFile: no\/such\/file\.pem/,
    );
  });

  const endings: Readonly<Record<string, readonly [kind: string, answer: string]>> = {
    'closes without an answer': ['reset', ''],
    'closes within the header': ['reset', 'HTTP/1.1 200 OK\r\nContent-Le'],
    'closes within the body': ['reset', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc'],
    'closes within a chunk': ['reset', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nabc'],
    'answers in another protocol': ['not-http', '220 mail.test ESMTP ready\r\n'],
    'answers in bytes': ['not-http', '\u0000\u0001\u0002\u0003'],
    'switches protocols': ['not-http', 'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n'],
    'sends an endless header': ['too-large', `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(200_000)}`],
    'sends broken gzip': ['not-http', 'HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd'],
    'sends cut gzip': [
      'not-http',
      `HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n${gzipSync('text').subarray(0, 15).toString('latin1')}`,
    ],
    'piles up codings': [
      'not-http',
      'HTTP/1.1 200 OK\r\nContent-Encoding: gzip, gzip, br, gzip\r\nContent-Length: 1\r\n\r\nx',
    ],
  };
  for (const [behaviour, [kind, answer]] of Object.entries(endings)) {
    test(`${kind}: the server ${behaviour}`, async ({ lab }) => {
      const host = await lab.listen((socket) => socket.once('data', () => socket.end(answer, 'latin1')));
      const exchange = await lab.open(`http://${host}`).http.ask(get(`http://${host}/`));
      expect(failureKind(exchange)).toBe(kind);
      expect(exchange.failure?.message).toMatch(/^(?:reset|not HTTP|too large): /);
      expect(exchange.answer).toBeUndefined();
    });
  }

  test('reset: the server aborts the connection', async ({ lab }) => {
    const host = await lab.listen((socket) => socket.once('data', () => socket.resetAndDestroy()));
    expect(failureKind(await lab.open(`http://${host}`).http.ask(get(`http://${host}/`)))).toBe('reset');
  });

  test('not-http: the server speaks first, in another protocol', async ({ lab }) => {
    const host = await lab.listen((socket) => socket.write('SSH-2.0-OpenSSH_9.6\r\n'));
    expect(failureKind(await lab.open(`http://${host}`).http.ask(get(`http://${host}/`)))).toBe('not-http');
  });

  for (const [silence, first] of [
    ['before its answer', ''],
    ['within its body', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc'],
  ]) {
    test(`timeout: the server falls silent ${silence}`, async ({ lab }) => {
      const host = await lab.listen((socket) => socket.once('data', () => socket.write(first!)));
      const doors = lab.open(`http://${host}`, { target: { limits: { timeoutSeconds: 0.2 } } });
      const { failure } = await doors.http.ask(get(`http://${host}/`));
      expect(failure).toEqual({ kind: 'timeout', message: 'timeout: no complete answer within 0.2 s' });
    });
  }

  test('timeout: a body that trickles for ever', async ({ lab }) => {
    const origin = await lab.serve((_request, response) => {
      const timer = setInterval(() => response.write('x'), 10);
      response.on('close', () => clearInterval(timer));
    });
    const doors = lab.open(origin, { target: { limits: { timeoutSeconds: 0.2 } } });
    expect(failureKind(await doors.http.ask(get(origin)))).toBe('timeout');
  });

  for (const [name, coding, bytes] of [
    ['a gzip bomb', 'gzip', gzipSync(Buffer.alloc(64 * 1_048_576))],
    ['a bomb in a bomb', 'gzip, gzip', gzipSync(gzipSync(Buffer.alloc(64 * 1_048_576)))],
    ['a br bomb', 'br', brotliCompressSync(Buffer.alloc(8 * 1_048_576))],
  ] as const) {
    test(`too-large: ${name}`, async ({ lab }) => {
      const origin = await lab.serve((_request, response) => {
        response.writeHead(200, { 'Content-Encoding': coding }).end(bytes);
      });
      const { failure } = await lab.open(origin).http.ask(get(origin));
      expect(failure?.kind).toBe('too-large');
      expect(failure?.message).toContain('1048576 bytes');
    });
  }

  test('budget: nothing is sent once it is used up, and each request counts', async ({ lab }) => {
    let requests = 0;
    const origin = await lab.serve((_request, response) => {
      requests += 1;
      response.end();
    });
    const doors = lab.open(origin, { target: { limits: { budget: 3 } } });
    const exchanges = await Promise.all(
      [1, 2, 3, 4, 5].map((number) => doors.http.ask(get(origin, { id: `test/${number}` }))),
    );
    expect(exchanges.filter(({ failure }) => failure?.kind === 'budget')).toHaveLength(2);
    expect(requests).toBe(3);
    expect(doors.requests()).toBe(3);
  });

  test('a closed door sends nothing more and lets go of what is under way', async ({ lab }) => {
    const origin = await lab.serve(() => {});
    const doors = lab.open(origin);
    const asked = doors.http.ask(get(origin));
    await expect.poll(() => doors.requests()).toBe(1);
    await doors.close();
    expect(failureKind(await asked)).toBe('reset');
    expect((await doors.http.ask(get(origin))).failure?.message).toBe('not sent: the doors are closed');
  });
});

test.describe('what is asked once more', () => {
  const WHOLE = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
  const post = (url: string, more: Partial<HttpRequest> = {}) => get(url, { method: 'POST', body: '{}', ...more });
  const cases: Readonly<
    Record<string, { asks: typeof get; first: string; slept: readonly number[]; ends: string | number }>
  > = {
    'a GET whose connection is lost': { asks: get, first: '', slept: [], ends: 200 },
    'a POST that does no harm, whose connection is lost': {
      asks: (url) => post(url, { repeats: true }),
      first: 'HTTP/1.1 200 OK\r\nContent-Le',
      slept: [],
      ends: 200,
    },
    'no other POST': { asks: post, first: '', slept: [], ends: 'reset' },
    'no form': {
      asks: (url) => get(url, { method: 'POST', form: [['code', 'x']] }),
      first: '',
      slept: [],
      ends: 'reset',
    },
    'what insists and whose connection is lost': {
      asks: (url) => post(url, { insists: true }),
      first: '',
      slept: [1000],
      ends: 200,
    },
    'what insists and only a gateway answers': {
      asks: (url) => post(url, { insists: true }),
      first: 'HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n',
      slept: [1000],
      ends: 200,
    },
    'nothing that gets 500': {
      asks: (url) => post(url, { insists: true }),
      first: 'HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n',
      slept: [],
      ends: 500,
    },
    'no trial that a gateway answers': {
      asks: (url) => post(url, { repeats: true }),
      first: 'HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n',
      slept: [],
      ends: 502,
    },
    'nothing that waits for 503': {
      asks: (url) => post(url, { insists: true, expectsUnavailable: true }),
      first: 'HTTP/1.1 503 Service Unavailable\r\nRetry-After: 9\r\nContent-Length: 0\r\n\r\n',
      slept: [],
      ends: 503,
    },
  };
  for (const [name, { asks, first, slept, ends }] of Object.entries(cases)) {
    test(name, async ({ lab }) => {
      let asked = 0;
      const host = await lab.listen((socket) => socket.once('data', () => socket.end(asked++ === 0 ? first : WHOLE)));
      const clock = quickClock();
      const doors = lab.open(`http://${host}`, { clock });
      const { answer, failure } = await doors.http.ask(asks(`http://${host}/`));
      expect(answer?.status ?? failure?.kind).toBe(ends);
      expect(clock.slept).toEqual(slept);
      expect([asked, doors.requests()]).toEqual(ends === 200 ? [2, 2] : [1, 1]);
    });
  }

  test('and what came of the first try is told', async ({ lab }) => {
    let asked = 0;
    const BUSY = 'HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n';
    const host = await lab.listen((socket) =>
      socket.once('data', () => socket.end([BUSY, WHOLE, BUSY][asked++] ?? '')),
    );
    const doors = lab.open(`http://${host}`, { clock: quickClock() });
    const ask = () => doors.http.ask(get(`http://${host}/`, { insists: true }));
    expect(await ask()).toMatchObject({ answer: { status: 200 }, before: 'status 503' });
    // A gateway's word is worth more than no word.
    const last = await ask();
    expect(last).toMatchObject({ answer: { status: 503 } });
    expect(last.before).toBeUndefined();
  });

  test('once only: who loses each connection is down', async ({ lab }) => {
    let asked = 0;
    const host = await lab.listen((socket) => socket.once('data', () => socket.end(asked++ > 1 ? WHOLE : '')));
    const doors = lab.open(`http://${host}`, { clock: quickClock() });
    expect(failureKind(await doors.http.ask(get(`http://${host}/`, { insists: true })))).toBe('reset');
    expect(asked).toBe(2);
  });
});

test.describe('servers that ask for patience', () => {
  const busy = (lab: Parameters<Parameters<typeof test>[2]>[0]['lab'], answers: readonly [number, string?][]) => {
    let asked = 0;
    return lab.serve((_request, response) => {
      const [status, retryAfter] = answers[Math.min(asked++, answers.length - 1)]!;
      response.writeHead(status, retryAfter === undefined ? {} : { 'Retry-After': retryAfter }).end(`answer ${asked}`);
    });
  };
  const cases: Readonly<
    Record<string, { answers: readonly [number, string?][]; slept: readonly number[]; body: string }>
  > = {
    '429 with seconds': { answers: [[429, '7'], [200]], slept: [7000], body: 'answer 2' },
    '429 with a date': { answers: [[429, 'Thu, 01 Jan 2026 00:00:12 GMT'], [200]], slept: [12_000], body: 'answer 2' },
    '429 without a time': { answers: [[429], [200]], slept: [1000], body: 'answer 2' },
    '429 twice': {
      answers: [
        [429, '1'],
        [429, '1'],
      ],
      slept: [1000],
      body: 'answer 2',
    },
    '429 for longer than 30 s': { answers: [[429, '31']], slept: [], body: 'answer 1' },
    '429 with nonsense': { answers: [[429, '-5'], [200]], slept: [1000], body: 'answer 2' },
    '429 with a time that has come': { answers: [[429, '0'], [200]], slept: [], body: 'answer 2' },
    '503 with a time': { answers: [[503, '2'], [200]], slept: [2000], body: 'answer 2' },
    '503 without a time': { answers: [[503]], slept: [], body: 'answer 1' },
  };
  for (const [name, { answers, slept, body }] of Object.entries(cases)) {
    test(name, async ({ lab }) => {
      const clock = quickClock();
      const origin = await busy(lab, answers);
      const { answer } = await lab.open(origin, { clock }).http.ask(get(origin));
      expect(answer?.body).toBe(body);
      expect(clock.slept).toEqual(slept);
    });
  }

  test('a server’s 429 is not lost when the budget has no second try', async ({ lab }) => {
    const origin = await busy(lab, [[429, '1']]);
    const doors = lab.open(origin, { clock: quickClock(), target: { limits: { budget: 1 } } });
    expect((await doors.http.ask(get(origin))).answer?.status).toBe(429);
  });

  test('a run waits two minutes in all', async ({ lab }) => {
    const clock = quickClock();
    const origin = await busy(lab, [[429, '30']]);
    const doors = lab.open(origin, { clock });
    const exchanges: Exchange[] = [];
    for (let asked = 1; asked <= 6; asked += 1)
      exchanges.push(await doors.http.ask(get(origin, { id: `test/${asked}` })));
    expect(clock.slept).toEqual([30_000, 30_000, 30_000, 30_000]);
    expect(exchanges.map(failureKind)).toEqual([
      'answered 429',
      'answered 429',
      'answered 429',
      'budget',
      'budget',
      'budget',
    ]);
    expect(doors.requests()).toBe(5);
  });

  for (const status of [429, 503]) {
    test(`after a ${status} for too long the origin is not asked until the time has come`, async ({ lab }) => {
      const clock = quickClock();
      const origin = await busy(lab, [[status, '60'], [200]]);
      const other = await lab.serve((_request, response) => response.end());
      const doors = lab.open(origin, { clock });
      expect(failureKind(await doors.http.ask(get(origin)))).toBe(`answered ${status}`);
      const unlock = 'the run again after that time, or more slowly (limits.requestsPerSecond)';
      const refused = { kind: 'budget', message: `not sent: ${origin} asked us to wait 60 s`, unlock };
      expect((await doors.http.ask(get(origin))).failure).toEqual(refused);
      const raw = { id: 'test/raw', asks: 'a question', url: origin, bytes: 'GET / HTTP/1.1\r\n\r\n' };
      expect((await doors.raw.ask(raw)).failure).toEqual(refused);
      expect(failureKind(await doors.http.ask(get(other)))).toBe('answered 200');
      expect(clock.slept).toEqual([]);
      await clock.sleep(60_000);
      expect(failureKind(await doors.http.ask(get(origin)))).toBe('answered 200');
      expect(doors.requests()).toBe(3);
    });
  }

  test('the second answer’s patience is kept by those that come after', async ({ lab }) => {
    const clock = quickClock();
    const origin = await busy(lab, [[429, '1'], [429, '5'], [200]]);
    const doors = lab.open(origin, { clock });
    expect((await doors.http.ask(get(origin))).answer?.body).toBe('answer 2');
    expect((await doors.http.ask(get(origin))).answer?.body).toBe('answer 3');
    expect(clock.slept).toEqual([1000, 5000]);
  });

  const waitingBehind = async (lab: Parameters<Parameters<typeof test>[2]>[0]['lab'], retryAfter: string) => {
    const clock = quickClock();
    const sentAt: number[] = [];
    const origin = await lab.serve((_request, response) => {
      sentAt.push(clock.now());
      response.writeHead(sentAt.length === 1 ? 429 : 200, { 'Retry-After': retryAfter }).end();
    });
    const doors = lab.open(origin, { clock, target: { limits: { concurrency: 1 } } });
    const asked = ['a', 'b', 'c', 'd'].map((id) => doors.http.ask(get(origin, { id: `test/${id}` })));
    const kinds = (await Promise.all(asked)).map(failureKind).sort();
    return { kinds, after: sentAt.map((time) => time - sentAt[0]!) };
  };

  test('a request that waits for its turn waits out the patience too', async ({ lab }) => {
    const { kinds, after } = await waitingBehind(lab, '5');
    expect(kinds).toEqual(['answered 200', 'answered 200', 'answered 200', 'answered 200']);
    expect(after).toHaveLength(5);
    expect(Math.min(...after.slice(1))).toBe(5000);
  });

  test('a request that waits for its turn is not sent to an origin that closed meanwhile', async ({ lab }) => {
    const { kinds, after } = await waitingBehind(lab, '60');
    expect(kinds).toEqual(['answered 429', 'budget', 'budget', 'budget']);
    expect(after).toEqual([0]);
  });
});
