import type { Fault } from '../fault.ts';
import { ACCESS_TOKEN_FAULTS } from './access-tokens.ts';
import { ANSWER_FAULTS } from './answers.ts';
import { CLIENT_FAULTS } from './clients.ts';
import { CODE_FAULTS } from './codes.ts';
import { REDEMPTION_FAULTS } from './redemption.ts';
import { REFRESH_FAULTS } from './refresh.ts';
import { REQUEST_FAULTS } from './requests.ts';
import { RESPONSE_FAULTS } from './responses.ts';

/** The token endpoint, revocation and userinfo. */
export const TOKEN_FAULTS: readonly Fault[] = [
  ...CODE_FAULTS,
  ...CLIENT_FAULTS,
  ...REFRESH_FAULTS,
  ...REQUEST_FAULTS,
  ...ACCESS_TOKEN_FAULTS,
  ...ANSWER_FAULTS,
  ...REDEMPTION_FAULTS,
  ...RESPONSE_FAULTS,
];
