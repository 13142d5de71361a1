import type { Check } from '../check.ts';

/** The way from a 401 to a token, leg by leg. */
export const flowChecks = [] as unknown as readonly Check[];
