import { BROWSER_FAULTS } from './challenge/browsers.ts';
import { CREDENTIAL_FAULTS } from './challenge/credentials.ts';
import { DOOR_FAULTS } from './challenge/doors.ts';
import { GRAMMAR_FAULTS } from './challenge/grammar.ts';
import { METADATA_URL_FAULTS } from './challenge/metadata-url.ts';
import { METHOD_FAULTS } from './challenge/methods.ts';
import { SCOPE_FAULTS } from './challenge/scope.ts';
import { STATUS_FAULTS } from './challenge/status.ts';
import type { Fault } from './fault.ts';

/** Deviations for the checks of `challenge/`. */
export const CHALLENGE_FAULTS: readonly Fault[] = [
  ...STATUS_FAULTS,
  ...GRAMMAR_FAULTS,
  ...SCOPE_FAULTS,
  ...METADATA_URL_FAULTS,
  ...CREDENTIAL_FAULTS,
  ...METHOD_FAULTS,
  ...DOOR_FAULTS,
  ...BROWSER_FAULTS,
];
