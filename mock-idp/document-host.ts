import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { WORLD_CERTIFICATE, WORLD_KEY } from './certificate.ts';
import type { Clock } from './clock.ts';
import { type Hit, hitOf } from './hit.ts';
import { type HeaderLine, type Incoming, jsonReply, openPort, type Port, type Reply } from './http.ts';
import { DOCUMENTS_NAME } from './network.ts';

/** Serves documents that a trial publishes: client metadata, key sets, and whatever hostile hosts answer instead. */
export interface DocumentHost {
  readonly origin: string;
  readonly port: number;
  /**
   * Puts an answer under a path, in place of what was there.
   *
   * @param answer for every request, or made for each one: documents name their own URL, and may change
   * @param path as it stands in the request, undecoded; absent: a new one
   */
  publish(answer: Answer | ((fetched: Fetched) => Answer), path?: string): Published;
  close(): Promise<void>;
}

export interface Published {
  readonly url: string;
  /** Requests for it, in order. */
  hits(): readonly Hit[];
}

/** The request that an answer is made for. */
export interface Fetched {
  /** Where the answer is published. */
  readonly url: string;
  /** How many requests came before it. */
  readonly before: number;
}

/** What is answered; `{ json: {} }` is an ordinary document. */
export interface Answer {
  /** Absent: 200. */
  readonly status?: number;
  /** Sent as JSON, with its content type unless `headers` names one. */
  readonly json?: unknown;
  /** Sent as it is, where there is no `json`. */
  readonly text?: string;
  readonly headers?: readonly HeaderLine[];
  /** `Location` to go to: with 302 unless `status` says otherwise. */
  readonly redirect?: string;
  /** Milliseconds before anything is answered. */
  readonly delay?: number;
  /** Bytes the body is filled up to, with blanks, which JSON allows at its end. */
  readonly fill?: number;
  /** Sent compressed, and said to be. */
  readonly gzip?: true;
  /** Half of the body is sent, then the connection is cut. */
  readonly truncated?: true;
}

/**
 * Opens a document host on a free loopback port.
 *
 * @param isPublic it has a public name and a certificate, and answers plain HTTP on the same port
 */
export async function openDocumentHost(isPublic: boolean, now: Clock): Promise<DocumentHost> {
  const tls = { certificate: WORLD_CERTIFICATE, key: WORLD_KEY, plainHttp: true };
  const port = await openPort('127.0.0.1', isPublic ? tls : undefined);
  return hostAt(port, `${isPublic ? `https://${DOCUMENTS_NAME}` : 'http://127.0.0.1'}:${port.number}`, now);
}

/**
 * Opens one for parties outside of this world, over plain HTTP: what leads to it from outside brings TLS.
 *
 * @param origin by which they reach it
 * @throws {Error} with a `code` where it cannot listen there
 */
export async function openDocumentHostAt(
  origin: string,
  listen: { readonly address: string; readonly port: number },
  now: Clock,
): Promise<DocumentHost> {
  return hostAt(await openPort(listen.address, undefined, { number: listen.port }), origin, now);
}

function hostAt(port: Port, origin: string, now: Clock): DocumentHost {
  const shelf = new Map<string, { readonly answer: (fetched: Fetched) => Answer; readonly hits: Hit[] }>();
  let published = 0;
  port.serve({
    async answer(request) {
      const found = shelf.get(request.path);
      if (found === undefined) return jsonReply(404, { error: 'not_found' });
      const before = found.hits.length;
      found.hits.push(hitOf(request, origin, now));
      return replyOf(found.answer({ url: `${origin}${request.path}`, before }), request);
    },
    answerUnreadable: () => jsonReply(400, { error: 'bad_request' }),
  });
  return {
    origin,
    port: port.number,
    publish(answer, path = `/documents/${++published}`) {
      const hits: Hit[] = [];
      shelf.set(path, { answer: typeof answer === 'function' ? answer : () => answer, hits });
      return { url: `${origin}${path}`, hits: () => hits };
    },
    close: port.close,
  };
}

async function replyOf(answer: Answer, request: Incoming): Promise<Reply> {
  // Who goes away while waiting gets no answer anyway.
  if (answer.delay !== undefined) await sleep(answer.delay, undefined, { signal: request.signal }).catch(() => {});
  const text = answer.json === undefined ? (answer.text ?? '') : JSON.stringify(answer.json);
  const plain = Buffer.from(text.padEnd(text.length + (answer.fill ?? 0) - Buffer.byteLength(text)));
  const bytes = answer.gzip === true ? gzipSync(plain) : plain;
  return {
    status: answer.status ?? (answer.redirect === undefined ? 200 : 302),
    headers: headersOf(answer, bytes.length),
    ...(answer.truncated === true
      ? { body: streamOf(bytes.subarray(0, bytes.length / 2)), isCut: true }
      : { body: streamOf(bytes) }),
  };
}

function headersOf(answer: Answer, length: number): readonly HeaderLine[] {
  const given = answer.headers ?? [];
  const isTyped = given.some(([name]) => name.toLowerCase() === 'content-type');
  return [
    ...(answer.json === undefined || isTyped ? [] : [['Content-Type', 'application/json'] as const]),
    ...given,
    ...(answer.redirect === undefined ? [] : [['Location', answer.redirect] as const]),
    ...(answer.gzip === true ? [['Content-Encoding', 'gzip'] as const] : []),
    ['Content-Length', String(length)],
  ];
}

function streamOf(bytes: Uint8Array): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      controller.enqueue(new Uint8Array(bytes));
      controller.close();
    },
  });
}
