import type { Fault } from '../fault.ts';
import { CLAIM_FAULTS } from './claims.ts';
import { KEY_SET_FAULTS } from './key-set.ts';
import { PLACE_FAULTS } from './places.ts';
import { SCOPE_CHECK_FAULTS } from './scopes.ts';
import { SIGNATURE_FAULTS } from './signatures.ts';

/** How the server judges tokens. */
export const SERVER_FAULTS: readonly Fault[] = [
  ...SIGNATURE_FAULTS,
  ...CLAIM_FAULTS,
  ...KEY_SET_FAULTS,
  ...SCOPE_CHECK_FAULTS,
  ...PLACE_FAULTS,
];
