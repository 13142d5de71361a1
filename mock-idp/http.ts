import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream as NodeReadableStream } from 'node:stream/web';
import { createListener, type TlsOptions } from './listener.ts';

export type HeaderLine = readonly [name: string, value: string];

export interface Incoming {
  /** How it came. */
  readonly scheme: 'http' | 'https';
  readonly method: string;
  /** As sent, undecoded, without the query. */
  readonly path: string;
  /** With its `?`; empty when there is none. */
  readonly query: string;
  /** In order; repeated fields are repeated lines. */
  readonly headers: readonly HeaderLine[];
  readonly body: string;
  /** Aborted when the caller goes away. */
  readonly signal: AbortSignal;
  /** The server of this world asks, in this process and without a socket. */
  readonly internal?: true;
  /** Cuts the connection: whatever is replied then reaches nobody. */
  hangUp(): void;
}

export interface Reply {
  readonly status: number;
  readonly headers: readonly HeaderLine[];
  readonly body?: string | ReadableStream<Uint8Array>;
  /** The connection is cut when the body is sent, though the headers promise more of it. */
  readonly isCut?: true;
}

/** Why bytes could not be read as an HTTP request. */
export type Unreadable = 'unknown-method' | 'fields-too-large' | 'timeout' | 'malformed';

export interface Service {
  answer(request: Incoming): Reply | Promise<Reply>;
  /** Answers what is no readable request; the connection ends with it. */
  answerUnreadable(problem: Unreadable): Reply;
}

/** Every value of a field, in order; names compare without regard to case (RFC 9110 5.1). */
export function fields(request: Incoming, name: string): readonly string[] {
  return request.headers.filter(([field]) => field.toLowerCase() === name.toLowerCase()).map(([, value]) => value);
}

/** The field's first value. */
export function field(request: Incoming, name: string): string | undefined {
  return fields(request, name)[0];
}

export function jsonReply(status: number, value: unknown, headers: readonly HeaderLine[] = []): Reply {
  return { status, headers: [['Content-Type', 'application/json'], ...headers], body: JSON.stringify(value) };
}

export function htmlReply(status: number, html: string): Reply {
  return { status, headers: [['Content-Type', 'text/html; charset=utf-8']], body: html };
}

export function emptyReply(status: number, headers: readonly HeaderLine[] = []): Reply {
  return { status, headers };
}

/** The reply with further header lines behind its own. */
export function withHeaders(reply: Reply, headers: readonly HeaderLine[]): Reply {
  return { ...reply, headers: [...reply.headers, ...headers] };
}

/**
 * A public document that pages of every origin may read, and its preflight (Fetch, CORS protocol).
 *
 * @param directives what else than its age `Cache-Control` says of it
 */
export function publicDocument(
  request: Incoming,
  maxAgeSeconds: number,
  read: () => unknown,
  directives: readonly string[] = [],
): Reply {
  if (request.method === 'OPTIONS') {
    return emptyReply(204, [
      ['Access-Control-Allow-Origin', '*'],
      ['Access-Control-Allow-Methods', 'GET, HEAD'],
      ['Access-Control-Allow-Headers', 'content-type, mcp-protocol-version'],
      ['Access-Control-Max-Age', '600'],
    ]);
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return jsonReply(405, { error: 'method_not_allowed' }, [['Allow', 'GET, HEAD, OPTIONS']]);
  }
  return jsonReply(200, read(), [
    ['Access-Control-Allow-Origin', '*'],
    ['Cache-Control', ['public', `max-age=${maxAgeSeconds}`, ...directives].join(', ')],
  ]);
}

/**
 * An endpoint that pages of every origin may ask, and its preflight (Fetch, CORS protocol): who asks brings credentials
 * of its own, and no cookie counts.
 *
 * @param methods as `Access-Control-Allow-Methods` lists them
 */
export async function forEveryOrigin(
  request: Incoming,
  methods: string,
  answer: () => Reply | Promise<Reply>,
): Promise<Reply> {
  if (request.method === 'OPTIONS') {
    return emptyReply(204, [
      ['Access-Control-Allow-Origin', '*'],
      ['Access-Control-Allow-Methods', methods],
      ['Access-Control-Allow-Headers', 'authorization, content-type, mcp-protocol-version'],
      ['Access-Control-Max-Age', '600'],
    ]);
  }
  return withHeaders(await answer(), [
    ['Access-Control-Allow-Origin', '*'],
    ['Access-Control-Expose-Headers', 'WWW-Authenticate'],
  ]);
}

/** Media type of the body, without parameters and in lower case; empty where none is said. */
export function mediaType(request: Incoming): string {
  return (field(request, 'content-type') ?? '').split(';')[0]!.trim().toLowerCase();
}

export interface Port {
  readonly number: number;
  /** Whoever asks before is answered by nobody. */
  serve(service: Service): void;
  /** Requests received so far, unreadable ones included. */
  requests(): number;
  /** Ends every connection, open event streams too. */
  close(): Promise<void>;
}

const MAX_BODY_BYTES = 1024 * 1024;

/** A request that was read, and what was answered. */
export interface Exchange {
  readonly request: Incoming;
  readonly reply: Reply;
  /** From the request's last byte to the reply, without its sending. */
  readonly milliseconds: number;
}

export interface PortOptions {
  /** Absent: a free one. */
  readonly number?: number;
  /** Is told of each request that a service answered. */
  readonly onExchange?: (exchange: Exchange) => void;
}

/** Opens a port on `address` (a name or an IP address), for HTTPS where `tls` is given. */
export async function openPort(address: string, tls?: TlsOptions, options: PortOptions = {}): Promise<Port> {
  let service: Service | undefined;
  let requests = 0;
  const { front, onUnreadable, cut } = createListener((incoming, response) => {
    requests += 1;
    if (service === undefined) response.destroy();
    else void answer(service, incoming, response, options.onExchange);
  }, tls);
  onUnreadable((error, socket) => {
    // The parser reports again for each further chunk of the same broken request.
    if (service === undefined || !socket.writable || error.code === 'ECONNRESET') {
      socket.destroy();
      return;
    }
    requests += 1;
    socket.end(rawReply(service.answerUnreadable(UNREADABLE[error.code ?? ''] ?? 'malformed')));
  });
  await new Promise<void>((resolve, reject) => {
    front.once('error', reject);
    front.listen(options.number ?? 0, address, resolve);
  });
  return {
    number: (front.address() as AddressInfo).port,
    serve: (given) => {
      service = given;
    },
    requests: () => requests,
    close: () =>
      new Promise((resolve) => {
        front.close(() => resolve());
        cut();
      }),
  };
}

const UNREADABLE: Readonly<Record<string, Unreadable>> = {
  HPE_INVALID_METHOD: 'unknown-method',
  HPE_HEADER_OVERFLOW: 'fields-too-large',
  ERR_HTTP_REQUEST_TIMEOUT: 'timeout',
};

async function answer(
  service: Service,
  incoming: IncomingMessage,
  response: ServerResponse,
  onExchange: PortOptions['onExchange'],
): Promise<void> {
  const gone = new AbortController();
  response.on('close', () => gone.abort());
  try {
    const body = await readBody(incoming);
    if (body === undefined) {
      await send(jsonReply(413, { error: 'content_too_large' }, [['Connection', 'close']]), response);
      return;
    }
    const target = incoming.url ?? '/';
    const question = target.indexOf('?');
    const request: Incoming = {
      scheme: 'encrypted' in incoming.socket ? 'https' : 'http',
      method: incoming.method ?? 'GET',
      path: question === -1 ? target : target.slice(0, question),
      query: question === -1 ? '' : target.slice(question),
      headers: headerLines(incoming.rawHeaders),
      body,
      signal: gone.signal,
      hangUp: () => incoming.socket.destroy(),
    };
    const began = performance.now();
    const reply = await service.answer(request);
    onExchange?.({ request, reply, milliseconds: performance.now() - began });
    await send(reply, response);
  } catch {
    if (response.headersSent || response.destroyed) response.destroy();
    else await send(jsonReply(500, { error: 'server_error' }), response);
  }
}

/** The body as UTF-8, or `undefined` when it is too long. */
async function readBody(incoming: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    // Read to its end all the same: leaving the loop would cut the connection before the answer.
    if (bytes <= MAX_BODY_BYTES) chunks.push(chunk);
  }
  return bytes > MAX_BODY_BYTES ? undefined : Buffer.concat(chunks).toString('utf8');
}

function headerLines(raw: readonly string[]): readonly HeaderLine[] {
  return raw.flatMap((name, index) => (index % 2 === 0 ? [[name, raw[index + 1] ?? ''] as const] : []));
}

async function send(reply: Reply, response: ServerResponse): Promise<void> {
  const { body } = reply;
  const sized = body === undefined || typeof body === 'string' ? withLength(reply) : reply;
  // As one flat list: only then does each field line stay a line of its own.
  response.writeHead(sized.status, sized.headers.flat());
  if (body === undefined || typeof body === 'string') {
    response.end(body);
    return;
  }
  if (reply.isCut === true) {
    // Whatever a write tells the end of has left this process.
    for await (const chunk of body) await new Promise((resolve) => response.write(chunk, resolve));
    response.destroy();
    return;
  }
  response.flushHeaders();
  // A caller who leaves an open stream is no error.
  await pipeline(Readable.fromWeb(body as NodeReadableStream<Uint8Array>), response).catch(() => {});
}

function withLength(reply: Reply & { readonly body?: unknown }): Reply {
  if (reply.status === 204 || reply.status === 304) return reply;
  const length = Buffer.byteLength(typeof reply.body === 'string' ? reply.body : '');
  return withHeaders(reply, [['Content-Length', String(length)]]);
}

function rawReply(reply: Reply): string {
  const { status, headers, body } = withHeaders(withLength(reply), [['Connection', 'close']]);
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines}\r\n${typeof body === 'string' ? body : ''}`;
}
