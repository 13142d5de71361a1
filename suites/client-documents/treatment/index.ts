import { advertisedChecks } from './advertised.ts';
import { credentialChecks } from './credentials.ts';
import { deliveryChecks } from './delivery.ts';
import { memberChecks } from './members.ts';
import { overTimeChecks } from './over-time.ts';
import { presentationChecks } from './presentation.ts';
import { urlChecks } from './urls.ts';

/** What an authorization server makes of clients that it knows by their metadata documents. */
export const treatmentChecks = [
  ...advertisedChecks,
  ...urlChecks,
  ...deliveryChecks,
  ...memberChecks,
  ...presentationChecks,
  ...credentialChecks,
  ...overTimeChecks,
];
