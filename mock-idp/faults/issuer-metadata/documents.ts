import type { Fault } from '../fault.ts';
import { CAPABILITY_FAULTS } from './documents/capabilities.ts';
import { DISCOVERY_FAULTS } from './documents/discovery.ts';
import { ENDPOINT_FAULTS } from './documents/endpoints.ts';
import { IDENTITY_FAULTS } from './documents/identity.ts';

/** Deviations of the tenant's metadata documents. */
export const ISSUER_METADATA_FAULTS: readonly Fault[] = [
  ...DISCOVERY_FAULTS,
  ...IDENTITY_FAULTS,
  ...ENDPOINT_FAULTS,
  ...CAPABILITY_FAULTS,
];
