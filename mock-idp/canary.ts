import { WORLD_CERTIFICATE, WORLD_KEY } from './certificate.ts';
import type { Clock } from './clock.ts';
import { type Hit, hitOf } from './hit.ts';
import { emptyReply, openPort } from './http.ts';
import { CANARY_NAME } from './network.ts';

/** A host that nobody has a reason to reach: what reaches it was led astray, or leaked. */
export interface Canary {
  readonly origin: string;
  readonly port: number;
  /** In order. Bytes that were no HTTP request count too, without method. */
  hits(): readonly Hit[];
  close(): Promise<void>;
}

/**
 * Opens a canary on a free loopback port. It answers everything with 204.
 *
 * @param isPublic it has a public name and a certificate, and answers plain HTTP on the same port
 */
export async function openCanary(isPublic: boolean, now: Clock): Promise<Canary> {
  const tls = { certificate: WORLD_CERTIFICATE, key: WORLD_KEY, plainHttp: true };
  const port = await openPort('127.0.0.1', isPublic ? tls : undefined);
  const origin = `${isPublic ? `https://${CANARY_NAME}` : 'http://127.0.0.1'}:${port.number}`;
  const hits: Hit[] = [];
  port.serve({
    answer(request) {
      hits.push(hitOf(request, origin, now));
      return emptyReply(204);
    },
    answerUnreadable() {
      hits.push({ at: now(), method: '', url: origin, headers: [] });
      return emptyReply(204);
    },
  });
  return { origin, port: port.number, hits: () => hits, close: port.close };
}
