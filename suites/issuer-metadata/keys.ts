import type { Check } from '../check.ts';

/** What RFC 7517 and RFC 7518 ask of the JWK set. */
export const keyChecks: readonly Check[] = [];
