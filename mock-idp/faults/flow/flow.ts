import type { Fault } from '../fault.ts';

export const FLOW_FAULTS: readonly Fault[] = [];
