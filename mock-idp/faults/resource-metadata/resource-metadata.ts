import type { Fault } from '../fault.ts';
import { AUTHORIZATION_SERVER_FAULTS } from './authorization-servers.ts';
import { LOCATION_FAULTS } from './location.ts';
import { MEMBER_FAULTS } from './members.ts';
import { REPRESENTATION_FAULTS } from './representation.ts';
import { RESOURCE_FAULTS } from './resource.ts';

/** Deviations of the protected resource metadata document. */
export const RESOURCE_METADATA_FAULTS: readonly Fault[] = [
  ...LOCATION_FAULTS,
  ...REPRESENTATION_FAULTS,
  ...MEMBER_FAULTS,
  ...RESOURCE_FAULTS,
  ...AUTHORIZATION_SERVER_FAULTS,
];
