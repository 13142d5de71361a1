/** What the reference server may get to see in place of the tenant's key set: `empty` has no keys, `hang` ends too late. */
export type KeyFailure = 'error' | 'empty' | 'html' | 'hang';

/** The tenant's key set as the reference server sees it: counted, and broken for as long as somebody wants. */
export interface KeyEndpoint {
  ask(): Promise<Response>;
  /** Requests so far. */
  fetches(): number;
  break(mode: KeyFailure): void;
  mend(): void;
}

const BROKEN: Readonly<Record<KeyFailure, () => Response>> = {
  error: () => new Response(null, { status: 500 }),
  empty: () => Response.json({ keys: [] }),
  html: () => new Response('<!doctype html><title>Sign in</title>', { headers: { 'Content-Type': 'text/html' } }),
  // What becomes of it once the time is up, which nobody has to wait for here.
  hang: () => {
    throw new DOMException('The operation was aborted due to timeout', 'TimeoutError');
  },
};

/** @param ask fetches the document at `jwks_uri` */
export function createKeyEndpoint(ask: () => Promise<Response>): KeyEndpoint {
  let count = 0;
  let broken: KeyFailure | undefined;
  return {
    ask: async () => {
      count += 1;
      return broken === undefined ? ask() : BROKEN[broken]();
    },
    fetches: () => count,
    break: (mode) => {
      broken = mode;
    },
    mend: () => {
      broken = undefined;
    },
  };
}
