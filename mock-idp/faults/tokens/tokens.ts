import type { Fault } from '../fault.ts';
import { ACCESS_TOKEN_FAULTS } from './access-tokens.ts';
import { ANSWER_FAULTS } from './answers.ts';
import { CLIENT_FAULTS } from './clients.ts';
import { CODE_FAULTS } from './codes.ts';
import { REFRESH_FAULTS } from './refresh.ts';

/** The token endpoint, revocation and userinfo. */
export const TOKEN_FAULTS: readonly Fault[] = [
  ...CODE_FAULTS,
  ...CLIENT_FAULTS,
  ...REFRESH_FAULTS,
  ...ACCESS_TOKEN_FAULTS,
  ...ANSWER_FAULTS,
];
