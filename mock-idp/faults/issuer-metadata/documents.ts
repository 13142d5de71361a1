import type { Fault } from '../fault.ts';

export const ISSUER_METADATA_FAULTS: readonly Fault[] = [];
