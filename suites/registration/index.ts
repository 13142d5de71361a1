import { answerChecks } from './answers.ts';
import { doorChecks } from './door.ts';
import { knownClientChecks } from './known-clients.ts';
import { managementChecks } from './management.ts';
import { memberChecks } from './members.ts';
import { redirectUriChecks } from './redirect-uris.ts';
import { runbookChecks } from './runbook.ts';

export const registrationChecks = [
  ...knownClientChecks,
  ...doorChecks,
  ...answerChecks,
  ...redirectUriChecks,
  ...memberChecks,
  ...managementChecks,
  ...runbookChecks,
];
