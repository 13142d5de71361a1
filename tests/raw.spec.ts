import type { Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { certificateFile, expect, failureKind, get, type Lab, quickClock, test, worldOf } from './door-lab.ts';

const PLAIN = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

/** A server that answers every connection's first bytes with `answer`, and closes when `closes`. */
function answering(lab: Lab, answer: string, closes = false): Promise<string> {
  return lab.listen((socket) =>
    socket.once('data', () => {
      socket.write(answer, 'latin1');
      if (closes) socket.end();
    }),
  );
}

function raw(host: string, bytes = `GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`) {
  return { id: 'test/raw', asks: 'a question', url: `http://${host}/`, bytes };
}

test('bytes go out as they are, and evidence shows them', async ({ lab }) => {
  let received = '';
  const host = await lab.listen((socket) =>
    socket.once('data', (chunk: Buffer) => {
      received = chunk.toString('utf8');
      socket.end(PLAIN);
    }),
  );
  const bytes =
    'POST /a/../b HTTP/1.1\r\nHost : x\r\nAuthorization: Bearer \u0001ä\r\nauthorization:two\r\nno colon\r\n\r\nbody';
  const exchange = await lab.open(`http://${host}`).raw.ask(raw(host, bytes));
  expect(received).toBe(bytes);
  expect(exchange.request).toEqual({
    method: 'POST',
    url: `http://${host}/`,
    headers: [
      ['Host ', 'x'],
      ['Authorization', 'Bearer \u0001ä'],
      ['authorization', 'two'],
      ['no colon', ''],
    ],
    body: 'body',
  });
  expect(exchange.answer?.body).toBe('ok');
});

test('the secret goes out, its label is recorded', async ({ lab }) => {
  const host = await lab.listen((socket) =>
    socket.once('data', (chunk: Buffer) => {
      const text = chunk.toString('utf8');
      socket.end(
        `HTTP/1.1 401 No\r\nX-Echo: ${/Bearer (.*)\r/.exec(text)?.[1]}\r\nContent-Length: ${text.length}\r\n\r\n${text}`,
      );
    }),
  );
  const doors = lab.open(`http://${host}`);
  const token = doors.conceal('tokens.good', 'k3y-0123456789abcdef');
  const exchange = await doors.raw.ask({
    ...raw(host),
    bytes: ['GET / HTTP/1.1\r\nAuthorization: Bearer ', token, '\r\n\r\n'],
  });
  expect(exchange.request.headers).toEqual([['Authorization', 'Bearer «tokens.good»']]);
  expect(exchange.answer?.headers[0]).toEqual(['X-Echo', '«tokens.good»']);
  expect(JSON.stringify(exchange)).not.toContain('k3y-');
});

test('TLS is spoken for https:', async ({ lab }) => {
  const host = await lab.listenTls('self-signed', (socket) => socket.once('data', () => socket.end(PLAIN)));
  const url = `https://server.test:${host.split(':')[1]}/`;
  const network = { caFile: certificateFile('self-signed', 'cert'), ...worldOf({ 'server.test': ['127.0.0.1'] }) };
  const exchange = await lab.open(url, { target: { network } }).raw.ask({ ...raw(host), url });
  expect(exchange.answer?.body).toBe('ok');
});

test.describe('one response is read, framed as RFC 9112 6.3 says', () => {
  const framings: Readonly<Record<string, readonly [answer: string, body: string, closes?: boolean]>> = {
    'by Content-Length': ['HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcHTTP/1.1 500 next', 'abc'],
    'by chunks': [
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1;x=y\r\nc\r\n0\r\nX-Trailer: 1\r\n\r\n',
      'abc',
    ],
    'by chunks, whatever Content-Length says': [
      'HTTP/1.1 200 OK\r\nContent-Length: 99\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n',
      'abc',
    ],
    'by the end of the connection': ['HTTP/1.0 200 OK\r\n\r\nabc', 'abc', true],
    'by its status': ['HTTP/1.1 204 No Content\r\nContent-Length: 9\r\n\r\n', ''],
    'behind interim responses': [
      'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200\r\nContent-Length: 1\r\n\r\na',
      'a',
    ],
    'with one length said twice': ['HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na', 'a'],
  };
  for (const [name, [answer, body, closes]] of Object.entries(framings)) {
    test(name, async ({ lab }) => {
      const host = await answering(lab, answer, closes);
      expect((await lab.open(`http://${host}`).raw.ask(raw(host))).answer).toMatchObject({ body, truncated: false });
    });
  }

  test('by the method HEAD', async ({ lab }) => {
    const host = await answering(lab, 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n');
    const exchange = await lab.open(`http://${host}`).raw.ask(raw(host, 'HEAD / HTTP/1.1\r\n\r\n'));
    expect(exchange.answer).toMatchObject({ status: 200, body: '' });
  });

  test('byte by byte', async ({ lab }) => {
    const bytes = [...'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n'];
    const host = await lab.listen((socket: Socket) => {
      socket.setNoDelay(true).once('data', () => {
        const timer = setInterval(() => {
          const byte = bytes.shift();
          if (byte === undefined || socket.destroyed) return clearInterval(timer);
          socket.write(byte);
        }, 1);
      });
    });
    expect((await lab.open(`http://${host}`).raw.ask(raw(host))).answer?.body).toBe('abc');
  });

  test('header fields keep order, spelling and repetition', async ({ lab }) => {
    const host = await answering(
      lab,
      'HTTP/1.1 401 No\r\nX-B:1\r\nx-b:  2 \r\nFolded: a\r\n  b\r\nContent-Length: 0\r\n\r\n',
    );
    const { answer } = await lab.open(`http://${host}`).raw.ask(raw(host));
    expect(answer?.headers).toEqual([
      ['X-B', '1'],
      ['x-b', '2'],
      ['Folded', 'a b'],
      ['Content-Length', '0'],
    ]);
  });

  test('gzip is undone', async ({ lab }) => {
    const answer = `HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n${gzipSync('text').toString('latin1')}`;
    const host = await answering(lab, answer, true);
    expect((await lab.open(`http://${host}`).raw.ask(raw(host))).answer?.body).toBe('text');
  });

  test('an open event stream is left', async ({ lab }) => {
    const host = await answering(lab, 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n: hello\n\n');
    const limits = { stream: { silence: 1, whole: 3_600_000, answer: 3_600_000 } };
    const { answer } = await lab.open(`http://${host}`, { limits }).raw.ask(raw(host));
    expect(answer).toMatchObject({ body: ': hello\n\n', truncated: true });
  });

  test('a long body is cut at the cap', async ({ lab }) => {
    const host = await answering(lab, `HTTP/1.1 200 OK\r\n\r\n${'x'.repeat(5000)}`);
    const { answer } = await lab.open(`http://${host}`, { limits: { bodyBytes: 1000 } }).raw.ask(raw(host));
    expect(answer).toMatchObject({ body: 'x'.repeat(1000), truncated: true });
  });
});

test.describe('failures', () => {
  const endings: Readonly<Record<string, readonly [kind: string, answer: string]>> = {
    'closes without an answer': ['reset', ''],
    'closes within the status line': ['reset', 'HTTP/1.1 20'],
    'closes within the header': ['reset', 'HTTP/1.1 200 OK\r\nX: 1\r\n'],
    'closes within the body': ['reset', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc'],
    'closes within a chunk': ['reset', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nabc'],
    'answers in another protocol': ['not-http', '220 mail.test ESMTP ready\r\n'],
    'has a header line without a name': ['not-http', 'HTTP/1.1 200 OK\r\nnonsense\r\n\r\n'],
    'contradicts itself on the length': [
      'not-http',
      'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\na',
    ],
    'sends a chunk of no size': ['not-http', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n'],
    'sends a chunk that is too long': ['not-http', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n'],
    'sends an endless header line': ['too-large', `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(70_000)}`],
    'sends endless header lines': ['too-large', `HTTP/1.1 200 OK\r\n${'X: yyyyyyyyyyyy\r\n'.repeat(10_000)}`],
    'sends a bomb': [
      'too-large',
      `HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n${gzipSync(Buffer.alloc(16 * 1_048_576)).toString('latin1')}`,
    ],
  };
  for (const [behaviour, [kind, answer]] of Object.entries(endings)) {
    test(`${kind}: the server ${behaviour}`, async ({ lab }) => {
      const host = await answering(lab, answer, true);
      expect(failureKind(await lab.open(`http://${host}`).raw.ask(raw(host)))).toBe(kind);
    });
  }

  test('reset: the server aborts the connection', async ({ lab }) => {
    const host = await lab.listen((socket) => socket.once('data', () => socket.resetAndDestroy()));
    expect(failureKind(await lab.open(`http://${host}`).raw.ask(raw(host)))).toBe('reset');
  });

  test('timeout: the server waits for more', async ({ lab }) => {
    const host = await lab.listen(() => {});
    const doors = lab.open(`http://${host}`, { target: { limits: { timeoutSeconds: 0.2 } } });
    expect(failureKind(await doors.raw.ask(raw(host, 'POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\n')))).toBe('timeout');
  });

  test('refused, dns and tls, as the recorder', async ({ lab }) => {
    const tls = await lab.listenTls('self-signed', () => {});
    const doors = lab.open('http://127.0.0.1:1', { target: { network: worldOf({ 'nowhere.test': [] }) } });
    const kinds = [];
    for (const url of ['http://127.0.0.1:1/', 'http://nowhere.test/', `https://${tls}/`]) {
      kinds.push(failureKind(await doors.raw.ask({ ...raw('x'), url })));
    }
    expect(kinds).toEqual(['refused', 'dns', 'tls']);
  });

  test('the doors share one budget and one pace', async ({ lab }) => {
    const host = await answering(lab, PLAIN, true);
    const clock = quickClock();
    const doors = lab.open(`http://${host}`, { clock, target: { limits: { budget: 3, requestsPerSecond: 1 } } });
    const kinds = [];
    for (let round = 0; round < 2; round += 1) {
      kinds.push(
        failureKind(await doors.http.ask(get(`http://${host}/`))),
        failureKind(await doors.raw.ask(raw(host))),
      );
    }
    expect(kinds).toEqual(['answered 200', 'answered 200', 'answered 200', 'budget']);
    expect(clock.slept).toEqual([1000, 1000]);
  });

  test('429 is given one more try', async ({ lab }) => {
    let asked = 0;
    const host = await lab.listen((socket) =>
      socket.once('data', () => {
        asked += 1;
        socket.end(asked === 1 ? 'HTTP/1.1 429 Slow\r\nRetry-After: 3\r\nContent-Length: 0\r\n\r\n' : PLAIN);
      }),
    );
    const clock = quickClock();
    expect((await lab.open(`http://${host}`, { clock }).raw.ask(raw(host))).answer?.status).toBe(200);
    expect(clock.slept).toEqual([3000]);
  });
});
