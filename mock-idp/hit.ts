import type { Clock } from './clock.ts';
import type { HeaderLine, Incoming } from './http.ts';

/** A request that reached a host of the world. */
export interface Hit {
  /** Seconds since the epoch. */
  readonly at: number;
  readonly method: string;
  readonly url: string;
  readonly headers: readonly HeaderLine[];
}

export function hitOf(request: Incoming, origin: string, now: Clock): Hit {
  const { method, path, query, headers } = request;
  return { at: now(), method, url: `${origin}${path}${query}`, headers };
}
