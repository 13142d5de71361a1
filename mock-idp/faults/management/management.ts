import type { Fault } from '../fault.ts';
import { MANAGEMENT_ACCESS_FAULTS } from './access.ts';
import { STORED_DOCUMENT_FAULTS } from './documents.ts';
import { MANAGEMENT_ENTITY_FAULTS } from './entities.ts';
import { LIMIT_FAULTS } from './limits.ts';
import { LOG_FAULTS } from './logs.ts';

/** Deviations of the Management API, of the log and of rate limits. */
export const MANAGEMENT_FAULTS: readonly Fault[] = [
  ...MANAGEMENT_ACCESS_FAULTS,
  ...MANAGEMENT_ENTITY_FAULTS,
  ...LOG_FAULTS,
  ...LIMIT_FAULTS,
  ...STORED_DOCUMENT_FAULTS,
];
