import { acrossChecks } from './across/index.ts';
import { tenantApiChecks } from './apis.ts';
import { tenantClientChecks } from './clients.ts';
import { tenantConnectionChecks } from './connections.ts';
import { tenantGrantChecks } from './grants.ts';
import { tenantInventoryChecks } from './inventory.ts';
import { tenantNetworkChecks } from './network.ts';
import { tenantProtectionChecks } from './protection.ts';
import { tenantRegistrationChecks } from './registrations.ts';
import { tenantSettingChecks } from './settings.ts';

export const tenantChecks = [
  ...tenantSettingChecks,
  ...tenantApiChecks,
  ...tenantGrantChecks,
  ...tenantClientChecks,
  ...tenantConnectionChecks,
  ...tenantNetworkChecks,
  ...tenantRegistrationChecks,
  ...tenantInventoryChecks,
  ...tenantProtectionChecks,
  ...acrossChecks,
];
