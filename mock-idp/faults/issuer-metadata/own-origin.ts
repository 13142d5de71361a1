import type { Fault } from '../fault.ts';

export const OWN_ORIGIN_FAULTS: readonly Fault[] = [];
