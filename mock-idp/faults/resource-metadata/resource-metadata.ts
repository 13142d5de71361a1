import type { Fault } from '../fault.ts';

export const RESOURCE_METADATA_FAULTS: readonly Fault[] = [];
