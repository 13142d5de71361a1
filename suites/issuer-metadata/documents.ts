import type { Check } from '../check.ts';

/** What RFC 8414 and OpenID Discovery ask of the document. */
export const documentChecks: readonly Check[] = [];
