import { connect, type Socket } from 'node:net';
import { createEgress, exposureOf, isFailure, systemNetwork } from '../fixtures/doors/egress.ts';
import { proxiesOf } from '../fixtures/doors/proxy.ts';
import { secret } from '../fixtures/doors/secrets.ts';
import type { Target } from '../fixtures/target.ts';
import { certificateFile, expect, failureKind, get, type Lab, targetOf, test, worldOf } from './door-lab.ts';

const PUBLIC = '93.184.216.34';
const INSIDE: Readonly<Record<string, string>> = {
  loopback: '127.0.0.1',
  'all of 127/8': '127.9.9.9',
  'IPv6 loopback': '::1',
  'RFC 1918, 10/8': '10.1.2.3',
  'RFC 1918, 172.16/12': '172.31.0.1',
  'RFC 1918, 192.168/16': '192.168.1.1',
  'carrier-grade NAT': '100.64.0.1',
  unspecified: '0.0.0.0',
  'IPv6 unspecified': '::',
  broadcast: '255.255.255.255',
  multicast: '224.0.0.1',
  'IPv6 multicast': 'ff02::1',
  reserved: '240.0.0.1',
  documentation: '192.0.2.1',
  'unique local': 'fd12:3456::1',
  'IPv4-mapped loopback': '::ffff:127.0.0.1',
  'IPv4-mapped private': '::ffff:a00:1',
  'NAT64 of a private address': '64:ff9b::10.0.0.1',
  'local-use NAT64': '64:ff9b:1::1',
  '6to4': '2002:a00:1::1',
};
const NEVER: Readonly<Record<string, string>> = {
  'the cloud metadata address': '169.254.169.254',
  'link-local': '169.254.1.1',
  'IPv6 link-local': 'fe80::1',
  'IPv4-mapped metadata': '::ffff:169.254.169.254',
  'NAT64 of the metadata address': '64:ff9b::a9fe:a9fe',
  'AWS metadata over IPv6': 'fd00:ec2::254',
  'text that is no address': 'nonsense',
};
const OUTSIDE: Readonly<Record<string, string>> = {
  public: PUBLIC,
  'public IPv6': '2606:2800:220:1::1',
  'IPv4-mapped public': '::ffff:8.8.8.8',
  'NAT64 of a public address': '64:ff9b::8.8.8.8',
};

function network(
  server: readonly string[],
  other: readonly string[] = [],
  hosts: readonly string[] = [],
): Target['network'] {
  const names: Readonly<Record<string, readonly string[]>> = { 'server.test': server, 'other.test': other };
  return {
    hosts,
    browserHosts: [],
    vantage: 'outside',
    resolve: async (host) => names[host] ?? systemNetwork().resolve(host),
    route: (address) => address,
  };
}

async function verdict(on: Target['network'], url: string): Promise<string> {
  const passage = await createEgress({ target: targetOf('https://server.test/mcp', { network: on }) }).admit(url);
  return isFailure(passage) ? passage.kind : 'proxy' in passage ? passage.proxy : passage.address;
}

test.describe('a target on a public address', () => {
  for (const [name, address] of Object.entries({ ...INSIDE, ...NEVER })) {
    test(`may not lead to ${name}`, async () => {
      expect(await verdict(network([PUBLIC], [address]), 'https://other.test/')).toBe('egress');
    });
  }
  for (const [name, address] of Object.entries(OUTSIDE)) {
    test(`may lead to ${name}`, async () => {
      expect(await verdict(network([PUBLIC], [address]), 'https://other.test/')).toBe(address);
    });
  }
  for (const url of [
    'http://127.0.0.1/',
    'http://127.1/',
    'http://0x7f000001/',
    'http://2130706433/',
    'http://[::1]/',
    'http://[::ffff:7f00:1]/',
  ]) {
    test(`may not lead to ${url}`, async () => {
      expect(await verdict(network([PUBLIC]), url)).toBe('egress');
    });
  }

  test('leads only to the public ones of a name’s addresses', async () => {
    expect(await verdict(network([PUBLIC], ['10.0.0.1', PUBLIC]), 'https://other.test/')).toBe(PUBLIC);
  });

  test('is itself not followed to an inside address it moves to', async () => {
    let addresses = [PUBLIC];
    const moving = { ...network([]), resolve: async () => addresses };
    const egress = createEgress({ target: targetOf('https://server.test/mcp', { network: moving }) });
    expect(await egress.admit('https://server.test/mcp')).toMatchObject({ address: PUBLIC });
    addresses = ['127.0.0.1'];
    expect(await egress.admit('https://server.test/mcp')).toMatchObject({ kind: 'egress' });
  });

  test('is what an unresolved target is taken for', async () => {
    expect(await verdict(network([], ['10.0.0.1']), 'https://other.test/')).toBe('egress');
  });

  test('may lead to hosts the operator lists', async () => {
    for (const listed of ['other.test', 'OTHER.TEST', 'other.test:8443']) {
      expect(await verdict(network([PUBLIC], ['10.0.0.1'], [listed]), 'https://other.test:8443/'), listed).toBe(
        '10.0.0.1',
      );
    }
    expect(await verdict(network([PUBLIC], ['10.0.0.1'], ['other.test:8443']), 'https://other.test/')).toBe('egress');
    expect(await verdict(network([PUBLIC], ['10.0.0.1'], ['test']), 'https://other.test/')).toBe('egress');
  });

  test('is told what was refused and how to allow it', async () => {
    const egress = createEgress({
      target: targetOf('https://server.test/', { network: network([PUBLIC], ['10.0.0.1']) }),
    });
    expect(await egress.admit('https://other.test/')).toEqual({
      kind: 'egress',
      message:
        'not sent: other.test resolves to 10.0.0.1: a target on a public address may lead to public addresses only; if this is meant, list the host under network.hosts',
    });
  });
});

test.describe('a target on a loopback or private address', () => {
  for (const server of ['127.0.0.1', '10.0.0.1']) {
    for (const [name, address] of Object.entries({ ...INSIDE, ...OUTSIDE })) {
      test(`(${server}) may lead to ${name}`, async () => {
        expect(await verdict(network([server], [address]), 'http://other.test/')).toBe(address);
      });
    }
    for (const [name, address] of Object.entries(NEVER)) {
      test(`(${server}) may not lead to ${name}`, async () => {
        expect(await verdict(network([server], [address]), 'http://other.test/')).toBe('egress');
      });
    }
  }
});

test('only http: and https: URLs pass', async () => {
  for (const url of ['file:///etc/passwd', 'ftp://server.test/', 'data:,x', 'ws://server.test/', 'no url']) {
    expect(await verdict(network(['127.0.0.1']), url), url).toBe('egress');
  }
});

test('a name that does not exist is a dns failure', async () => {
  expect(await verdict(network([PUBLIC], []), 'https://other.test/')).toBe('dns');
});

test('exposure is that of the most exposed address', () => {
  expect(exposureOf(['127.0.0.1', '::1'])).toBe('loopback');
  expect(exposureOf(['127.0.0.1', '10.0.0.1'])).toBe('private');
  expect(exposureOf(['fd00::1'])).toBe('private');
  expect(exposureOf(['10.0.0.1', PUBLIC])).toBe('public');
  expect(exposureOf([])).toBe('public');
});

test('the system’s network resolves localhost, and gives addresses back', async () => {
  expect(exposureOf(await systemNetwork().resolve('localhost'))).toBe('loopback');
  for (const host of ['::1', '[::1]']) expect(await systemNetwork().resolve(host)).toEqual(['::1']);
  expect(systemNetwork().route('10.0.0.1')).toBe('10.0.0.1');
});

test.describe('connections', () => {
  test('go to the judged address, without asking for the name again', async ({ lab }) => {
    const origin = await lab.serve((request, response) => response.end(request.headers.host));
    const { port } = new URL(origin);
    const answers = [[PUBLIC], [PUBLIC], ['10.0.0.1']];
    const rebinding = { resolve: async () => answers.shift() ?? [], route: () => '127.0.0.1' };
    const doors = lab.open(`http://server.test:${port}`, { target: { network: rebinding } });
    const { answer } = await doors.http.ask(get(`http://server.test:${port}/`));
    expect(answer?.body).toBe(`server.test:${port}`);
    expect(answers).toHaveLength(1);
  });

  test('go to the next judged address when one does not answer', async ({ lab }) => {
    const origin = await lab.serve((_request, response) => response.end('here'));
    const { port } = new URL(origin);
    const several = { resolve: async () => ['127.0.0.2', '::1', '127.0.0.1'] };
    const url = `http://server.test:${port}/`;
    const doors = lab.open(url, { target: { network: several } });
    expect((await doors.http.ask(get(url))).answer?.body).toBe('here');
  });

  test('are not made to where the policy does not lead', async ({ lab }) => {
    let connected = 0;
    const origin = await lab.serve((_request, response) => {
      connected += 1;
      response.end();
    });
    const { port } = new URL(origin);
    const doors = lab.open('http://server.test/', {
      target: { network: worldOf({ 'server.test': [PUBLIC], 'other.test': ['127.0.0.1'] }) },
    });
    const url = `http://other.test:${port}/`;
    const kinds = [
      failureKind(await doors.http.ask(get(url))),
      failureKind(await doors.raw.ask({ id: 'test/raw', asks: 'a question', url, bytes: 'GET / HTTP/1.1\r\n\r\n' })),
    ];
    expect(kinds).toEqual(['egress', 'egress']);
    expect(connected).toBe(0);
    expect(doors.requests()).toBe(0);
  });
});

test.describe('credentials', () => {
  const VALUE = 'tok-0123456789abcdef';
  const setUp = async (lab: Lab) => {
    const heard: string[] = [];
    const listener = (name: string) =>
      lab.serve((request, response) => {
        heard.push(`${name} ${request.url} ${request.headers.authorization ?? ''}${request.headers.cookie ?? ''}`);
        response.setHeader('Set-Cookie', `sid=${name}-cookie-0123456789; Path=/`).end();
      });
    const [server, other] = [await listener('server'), await listener('other')];
    const good = secret('tokens.good', VALUE);
    const password = secret('users.first.password', 'pass-0123456789');
    const doors = lab.open(server, { target: { tokens: { good }, secrets: [good, password] } });
    return { heard, server, other, good, password, doors };
  };

  test('of the profile go to the server only', async ({ lab }) => {
    const { heard, server, other, good, doors } = await setUp(lab);
    const headers = [['Authorization', ['Bearer ', good]]] as const;
    expect(failureKind(await doors.http.ask(get(server, { headers })))).toBe('answered 200');
    const refused = await doors.http.ask(get(other, { headers }));
    expect(refused.failure).toEqual({
      kind: 'egress',
      message: `not sent: tokens.good may go only to the hosts it belongs to, and ${other} is none of them`,
    });
    expect(refused.request.headers).toContainEqual(['Authorization', 'Bearer «tokens.good»']);
    expect(heard).toEqual([`server / Bearer ${VALUE}`]);
    expect(doors.requests()).toBe(1);
  });

  test('that begin alike keep their own bounds', async ({ lab }) => {
    const { other, good, doors } = await setUp(lab);
    const shorter = doors.conceal('tokens.shorter', VALUE.slice(0, -4));
    doors.bind(good, other);
    const asked = (token: typeof good) =>
      doors.http.ask(
        get(other, { method: 'POST', headers: [['Authorization', ['Bearer ', token]]], form: [['token', token]] }),
      );
    expect(failureKind(await asked(good))).toBe('answered 200');
    expect((await asked(shorter)).failure?.message).toContain('tokens.shorter may go only to the hosts it belongs to');
  });

  test('are recognised in the URL, in plain text and in other coats', async ({ lab }) => {
    const { heard, other, good, doors } = await setUp(lab);
    const basic = Buffer.from(`client:${VALUE}`).toString('base64');
    const requests = [
      get('', { url: [`${other}/?token=`, good] }),
      get(`${other}/${VALUE}`),
      get(other, { headers: [['Authorization', `Basic ${basic}`]] }),
      get(other, { method: 'POST', body: JSON.stringify({ token: VALUE }) }),
    ];
    for (const request of requests) expect(failureKind(await doors.http.ask(request))).toBe('egress');
    const bytes = ['GET / HTTP/1.1\r\nAuthorization: Bearer ', good, '\r\n\r\n'];
    expect(failureKind(await doors.raw.ask({ id: 'test/raw', asks: 'a question', url: other, bytes }))).toBe('egress');
    expect(heard).toEqual([]);
  });

  test('other than tokens go nowhere until they are bound', async ({ lab }) => {
    const { server, other, password, doors } = await setUp(lab);
    const headers = [['Authorization', password]] as const;
    expect(failureKind(await doors.http.ask(get(server, { headers })))).toBe('egress');
    doors.bind(password, `${other}/login`);
    expect(failureKind(await doors.http.ask(get(other, { headers })))).toBe('answered 200');
    expect(failureKind(await doors.http.ask(get(server, { headers })))).toBe('egress');
  });

  test('that were concealed go to the server', async ({ lab }) => {
    const { server, other, doors } = await setUp(lab);
    const forged = doors.conceal('forged', 'forged-0123456789');
    const headers = [['Authorization', forged]] as const;
    expect(failureKind(await doors.http.ask(get(server, { headers })))).toBe('answered 200');
    expect(failureKind(await doors.http.ask(get(other, { headers })))).toBe('egress');
  });

  test('that a host issued go back to that host only', async ({ lab }) => {
    const { heard, server, other, doors } = await setUp(lab);
    const { answer } = await doors.http.ask(get(other));
    expect(answer?.headers).toContainEqual(['Set-Cookie', 'sid=«cookie 1»; Path=/']);
    const headers = [['Cookie', ['sid=', doors.concealed('«cookie 1»')!]]] as const;
    expect(failureKind(await doors.http.ask(get(server, { headers })))).toBe('egress');
    expect(failureKind(await doors.http.ask(get(other, { headers })))).toBe('answered 200');
    expect(heard.at(-1)).toBe('other / sid=other-cookie-0123456789');
  });

  test('do not go to their own host over plain HTTP when they belong to it over TLS', async ({ lab }) => {
    const good = secret('tokens.good', VALUE);
    const doors = lab.open('https://127.0.0.1:1/', { target: { tokens: { good } } });
    const headers = [['Authorization', good]] as const;
    expect(failureKind(await doors.http.ask(get('http://127.0.0.1:1/', { headers })))).toBe('egress');
    expect(failureKind(await doors.http.ask(get('https://127.0.0.1:1/', { headers })))).toBe('refused');
  });
});

test.describe('credentials over plain HTTP', () => {
  const setUp = async (lab: Lab, address: string, environment = {}) => {
    const heard: string[] = [];
    const origin = await lab.serve((request, response) => {
      heard.push(`${request.method} ${request.url}`);
      response.setHeader('Mcp-Session-Id', '5f0c8a52-3d3e-4b7a-9a55-0d6f3f1b7c10').end();
    });
    const url = `http://server.test:${new URL(origin).port}`;
    const good = secret('tokens.good', 'tok-0123456789abcdef');
    const network = worldOf({ 'server.test': [address] });
    const doors = lab.open(url, { environment, target: { tokens: { good }, secrets: [good], network } });
    return { heard, url, good, doors };
  };

  test('do not go to a public address, by either door, handed over or found', async ({ lab }) => {
    const { heard, url, good, doors } = await setUp(lab, PUBLIC);
    const refused = await doors.http.ask(get(url, { headers: [['Authorization', ['Bearer ', good]]] }));
    expect(refused.failure).toEqual({
      kind: 'egress',
      message: `not sent: tokens.good would travel unencrypted to ${url}: write an https URL`,
    });
    const bytes = ['GET / HTTP/1.1\r\nAuthorization: Bearer ', good, '\r\n\r\n'];
    const others = [
      await doors.http.ask(get('', { url: [`${url}/?token=`, good] })),
      await doors.http.ask(get(url, { method: 'POST', body: good.reveal() })),
      await doors.raw.ask({ id: 'test/raw', asks: 'a question', url, bytes }),
    ];
    expect(others.map(failureKind)).toEqual(['egress', 'egress', 'egress']);
    expect(heard).toEqual([]);
    expect(doors.requests()).toBe(0);
  });

  test('are not sessions that a public host issued either; requests without any go out', async ({ lab }) => {
    const { heard, url, doors } = await setUp(lab, PUBLIC);
    expect(failureKind(await doors.http.ask(get(url)))).toBe('answered 200');
    const headers = [['Mcp-Session-Id', doors.concealed('«session 1»')!]] as const;
    expect(failureKind(await doors.http.ask(get(url, { headers })))).toBe('egress');
    expect(heard).toEqual(['GET /']);
  });

  test('go to loopback and private addresses', async ({ lab }) => {
    for (const address of ['127.0.0.1', '10.0.0.1', 'fd12:3456::1']) {
      const { url, good, doors } = await setUp(lab, address);
      const headers = [['Authorization', good]] as const;
      expect(failureKind(await doors.http.ask(get(url, { headers }))), address).toBe('answered 200');
    }
  });

  test('do not go through a proxy, wherever the name leads from here', async ({ lab }) => {
    let connected = 0;
    const proxy = await lab.listen((socket) => {
      connected += 1;
      socket.destroy();
    });
    for (const address of [PUBLIC, '10.0.0.1']) {
      const network = { resolve: async () => [address], route: (routed: string) => routed };
      const good = secret('tokens.good', 'tok-0123456789abcdef');
      const environment = { HTTP_PROXY: `http://${proxy}` };
      const doors = lab.open('http://server.test', { environment, target: { tokens: { good }, network } });
      const headers = [['Authorization', good]] as const;
      expect(failureKind(await doors.http.ask(get('http://server.test/', { headers }))), address).toBe('egress');
    }
    expect(connected).toBe(0);
  });
});

test.describe('names that do not resolve here, with a proxy', () => {
  const PROXY = 'http://proxy.test:3128';
  const refused = (host: string) => ({
    kind: 'egress',
    message: `not sent: ${host} does not resolve here, so where the proxy would lead cannot be judged; network.hosts: [${host}] allows it`,
  });
  const resolvers: Readonly<Record<string, Target['network']['resolve']>> = {
    'of no addresses': async (host) => (host === 'known.test' ? [PUBLIC] : []),
    'of a resolver error': async (host) => {
      if (host === 'known.test') return [PUBLIC];
      throw Object.assign(new Error('getaddrinfo'), { code: 'EAI_AGAIN' });
    },
  };
  const egressOf = (server: string, resolve: Target['network']['resolve'], hosts: readonly string[] = []) =>
    createEgress({
      target: targetOf(server, { network: { hosts, resolve } }),
      proxyFor: (url) => (url.hostname === 'excepted.test' ? undefined : PROXY),
    });

  for (const [name, resolve] of Object.entries(resolvers)) {
    test(`are not passed on because ${name}`, async () => {
      const egress = egressOf('https://known.test/mcp', resolve);
      expect(await egress.admit('http://metadata.internal.corp/')).toEqual(refused('metadata.internal.corp'));
      expect(await egress.admit('https://x.known.test/')).toEqual(refused('x.known.test'));
      expect(await egress.admit('https://known.test/')).toEqual({ proxy: PROXY });
    });

    test(`are passed on in spite ${name}, when they are the target’s own or listed`, async () => {
      const egress = egressOf('https://Server.test/mcp', resolve, ['login.test', 'keys.test:8443']);
      for (const url of ['https://server.test/other', 'https://login.test/', 'https://keys.test:8443/']) {
        expect(await egress.admit(url), url).toEqual({ proxy: PROXY });
      }
      expect(await egress.admit('https://keys.test/')).toEqual(refused('keys.test'));
    });

    test(`are a dns failure because ${name}, when no proxy is for them`, async () => {
      const egress = egressOf('https://excepted.test/', resolve);
      expect(await egress.admit('https://excepted.test/')).toMatchObject({ kind: 'dns' });
    });
  }
});

test.describe('a proxy from the environment', () => {
  /** Opens a tunnel to loopback, whatever host is asked for, and notes who was asked for. */
  const proxy = async (lab: Lab, answer = 'HTTP/1.1 200 Connection established\r\n\r\n') => {
    const asked: string[] = [];
    const address = await lab.listen((socket: Socket) =>
      socket.once('data', (chunk: Buffer) => {
        const [head = ''] = chunk.toString('latin1').split('\r\n\r\n');
        asked.push(head);
        socket.write(answer);
        const port = Number(/:(\d+) HTTP/.exec(head)?.[1]);
        const onward = connect(port, '127.0.0.1').on('error', () => socket.destroy());
        socket.pipe(onward).pipe(socket);
        socket.on('close', () => onward.destroy());
      }),
    );
    return { asked, url: `http://user:p%40s%@${address}` };
  };
  const unrouted = (addresses: readonly string[]) => ({
    resolve: async () => addresses,
    route: (address: string) => address,
  });

  test('carries both doors to a public target, known here or not', async ({ lab }) => {
    const origin = await lab.serve((request, response) => response.end(request.headers.host));
    const host = `server.test:${new URL(origin).port}`;
    for (const addresses of [[PUBLIC], []]) {
      const { asked, url } = await proxy(lab);
      const doors = lab.open(`http://${host}`, {
        environment: { HTTP_PROXY: url },
        target: { network: unrouted(addresses) },
      });
      expect((await doors.http.ask(get(`http://${host}/`))).answer?.body).toBe(host);
      const bytes = `GET / HTTP/1.1\r\nHost: by-raw\r\n\r\n`;
      const raw = await doors.raw.ask({ id: 'test/raw', asks: 'a question', url: `http://${host}/`, bytes });
      expect(raw.answer?.body).toBe('by-raw');
      const authorization = `Basic ${Buffer.from('user:p@s%').toString('base64')}`;
      const head = `CONNECT ${host} HTTP/1.1\r\nHost: ${host}\r\nProxy-Authorization: ${authorization}`;
      expect(asked).toEqual([head, head]);
    }
  });

  test('carries TLS, checked against the server’s name', async ({ lab }) => {
    const host = await lab.listenTls('self-signed', (socket) =>
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')),
    );
    const port = host.split(':')[1];
    const { url } = await proxy(lab);
    const network = { ...unrouted([PUBLIC]), caFile: certificateFile('self-signed', 'cert') };
    const doors = lab.open(`https://server.test:${port}`, { environment: { https_proxy: url }, target: { network } });
    expect((await doors.http.ask(get(`https://server.test:${port}/`))).answer?.body).toBe('ok');
    expect(failureKind(await doors.http.ask(get(`https://wrong.test:${port}/`)))).toBe('tls');
  });

  test('is not asked for inside addresses by a public target', async ({ lab }) => {
    const { asked, url } = await proxy(lab);
    const doors = lab.open('https://server.test', {
      environment: { HTTPS_PROXY: url },
      target: { network: network([PUBLIC], ['10.0.0.1']) },
    });
    expect(failureKind(await doors.http.ask(get('https://other.test/')))).toBe('egress');
    expect(asked).toEqual([]);
  });

  test('is not used by a loopback target, nor for hosts in NO_PROXY', async ({ lab }) => {
    const origin = await lab.serve((_request, response) => response.end('direct'));
    const { port } = new URL(origin);
    const { asked, url } = await proxy(lab);
    const environment = { HTTP_PROXY: url, NO_PROXY: 'example.com, .server.test' };
    const loopback = lab.open(origin, { environment });
    expect((await loopback.http.ask(get(origin))).answer?.body).toBe('direct');
    const exempt = `http://www.server.test:${port}/`;
    const doors = lab.open(exempt, {
      environment,
      target: { network: { resolve: async () => [PUBLIC], route: () => '127.0.0.1' } },
    });
    expect((await doors.http.ask(get(exempt))).answer?.body).toBe('direct');
    expect(asked).toEqual([]);
  });

  test('is found by the usual variables and exceptions', () => {
    const proxyFor = proxiesOf({ HTTP_PROXY: 'proxy.test:3128', NO_PROXY: 'a.test:8443,*.b.test c.test' });
    const proxied = (url: string) => proxyFor(new URL(url)) !== undefined;
    expect(proxyFor(new URL('https://server.test/'))).toBe('http://proxy.test:3128');
    expect(['https://a.test/', 'https://bb.test/', 'https://a.test.evil.test/'].map(proxied)).toEqual([
      true,
      true,
      true,
    ]);
    expect(['https://a.test:8443/', 'https://x.b.test/', 'http://c.test/'].map(proxied)).toEqual([false, false, false]);
    expect(proxiesOf({ HTTP_PROXY: 'http://p.test', NO_PROXY: '*' })(new URL('http://server.test/'))).toBeUndefined();
    expect(proxiesOf({ HTTPS_PROXY: 'http://p.test' })(new URL('http://server.test/'))).toBeUndefined();
    expect(() => proxiesOf({ HTTP_PROXY: 'socks5://p.test' })(new URL('http://server.test/'))).toThrow(
      /write it as http:/,
    );
  });

  test('that opens no tunnel is named in the failure', async ({ lab }) => {
    const { url } = await proxy(lab, 'HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
    const doors = lab.open('https://server.test', {
      environment: { HTTPS_PROXY: url },
      target: { network: unrouted([PUBLIC]) },
    });
    expect((await doors.http.ask(get('https://server.test/'))).failure).toEqual({
      kind: 'not-http',
      message: 'not HTTP: the proxy opens no tunnel: it answered "HTTP/1.1 407 Proxy Authentication Required"',
    });
  });
});
