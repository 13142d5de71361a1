import type { Fault } from '../fault.ts';

export const KEY_FAULTS: readonly Fault[] = [];
