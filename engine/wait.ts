import { setTimeout as sleep } from 'node:timers/promises';
import type { Wait } from '../fixtures/target.ts';

/** What `run --slow` lets pass: so many seconds by the wall's clock, and no more once the run is ended. */
export function waitUntil(ended: AbortSignal): Wait {
  return (seconds) => sleep(seconds * 1000, true, { signal: ended }).catch(() => false);
}
