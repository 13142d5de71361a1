import type { Check } from '../check.ts';

/** Protected resource metadata (RFC 9728). */
export const resourceMetadataChecks = [] as unknown as readonly Check[];
