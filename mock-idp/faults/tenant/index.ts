import type { Fault } from '../fault.ts';
import { ACROSS_FAULTS } from './across.ts';
import { API_FAULTS } from './apis.ts';
import { CLIENT_FAULTS } from './clients.ts';
import { CONNECTION_FAULTS } from './connections.ts';
import { GRANT_FAULTS } from './grants.ts';
import { INVENTORY_FAULTS } from './inventory.ts';
import { NETWORK_FAULTS } from './network.ts';
import { PROTECTION_FAULTS } from './protection.ts';
import { REGISTRATION_LOG_FAULTS } from './registrations.ts';
import { SETTING_FAULTS } from './settings.ts';

/** Tenants that are configured otherwise than MCP clients need. */
export const CONFIGURATION_FAULTS: readonly Fault[] = [
  ...INVENTORY_FAULTS,
  ...REGISTRATION_LOG_FAULTS,
  ...NETWORK_FAULTS,
  ...CONNECTION_FAULTS,
  ...CLIENT_FAULTS,
  ...ACROSS_FAULTS,
  ...API_FAULTS,
  ...SETTING_FAULTS,
  ...GRANT_FAULTS,
  ...PROTECTION_FAULTS,
];
