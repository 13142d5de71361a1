import { emptyReply, htmlReply, type Incoming, jsonReply, type Reply, type Service } from './http.ts';
import type { KeyFailure } from './key-endpoint.ts';

const KEY_SET = '/.well-known/jwks.json';

/** The tenant's key set as others reach it over the network: counted, and broken for as long as somebody wants. */
export interface KeyGate {
  /** Requests so far. */
  fetches(): number;
  break(mode: KeyFailure): void;
  mend(): void;
}

const BROKEN: Readonly<Record<KeyFailure, (request: Incoming) => Reply | Promise<Reply>>> = {
  error: () => emptyReply(500),
  empty: () => jsonReply(200, { keys: [] }),
  html: () => htmlReply(200, '<!doctype html><title>Sign in</title>'),
  hang: async ({ signal }) => {
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    return emptyReply(504);
  },
};

/** The tenant with a gate before its key set; the server of this world has another way to it. */
export function withKeyGate(tenant: Service): { readonly service: Service; readonly gate: KeyGate } {
  let count = 0;
  let broken: KeyFailure | undefined;
  return {
    service: {
      answer: (request) => {
        if (request.path !== KEY_SET || request.method !== 'GET') return tenant.answer(request);
        count += 1;
        return broken === undefined ? tenant.answer(request) : BROKEN[broken](request);
      },
      answerUnreadable: (problem) => tenant.answerUnreadable(problem),
    },
    gate: {
      fetches: () => count,
      break: (mode) => {
        broken = mode;
      },
      mend: () => {
        broken = undefined;
      },
    },
  };
}
