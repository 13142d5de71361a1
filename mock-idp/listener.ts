import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { createServer as createTcpServer, type Server, type Socket } from 'node:net';

export interface TlsOptions {
  /** PEM. */
  readonly certificate: string;
  /** PEM. */
  readonly key: string;
  /** Plain HTTP is answered as well, on the same port. */
  readonly plainHttp?: boolean;
}

export interface Listener {
  /** To listen with. */
  readonly front: Server;
  onUnreadable(react: (error: NodeJS.ErrnoException, socket: Socket) => void): void;
  /** Ends every connection. */
  cut(): void;
}

/** First byte of a TLS handshake record (RFC 8446 5.1); no HTTP method begins with it. */
const HANDSHAKE = 0x16;

/** Longer than callers keep a connection idle: none of them meets its closing, however long the machine stalls. */
const IDLE_MS = 60_000;

/** HTTP, or HTTPS for `tls`, or both on one port. */
export function createListener(listener: RequestListener, tls?: TlsOptions): Listener {
  const plain = createHttpServer({ keepAliveTimeout: IDLE_MS }, listener);
  const secured =
    tls && createHttpsServer({ cert: tls.certificate, key: tls.key, keepAliveTimeout: IDLE_MS }, listener);
  const sockets = new Set<Socket>();
  const both =
    secured &&
    tls?.plainHttp === true &&
    createTcpServer((socket) => {
      // A caller who leaves before the first byte is no error.
      socket
        .on('error', () => {})
        .once('data', (chunk) => {
          socket.pause();
          socket.unshift(chunk);
          (chunk[0] === HANDSHAKE ? secured : plain).emit('connection', socket);
          process.nextTick(() => socket.resume());
        });
    });
  const front = both || secured || plain;
  front.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  return {
    front,
    onUnreadable: (react) => {
      plain.on('clientError', react);
      secured?.on('clientError', react);
    },
    cut: () => {
      for (const socket of sockets) socket.destroy();
    },
  };
}
