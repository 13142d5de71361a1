import { challengeChecks } from './challenge/index.ts';
import type { Check } from './check.ts';

/** Every check, in the order reports list them. */
export const CHECKS: readonly Check[] = [...challengeChecks];
