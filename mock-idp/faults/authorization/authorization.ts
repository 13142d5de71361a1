import type { Fault } from '../fault.ts';
import { ANSWER_FAULTS } from './answers.ts';
import { REQUEST_OBJECT_FAULTS } from './objects.ts';
import { PAGE_FAULTS } from './pages.ts';
import { PKCE_FAULTS } from './pkce.ts';
import { REDIRECT_HARDENING_FAULTS } from './redirect-hardening.ts';
import { REDIRECT_URI_FAULTS } from './redirect-uris.ts';
import { REQUEST_FAULTS } from './requests.ts';
import { RESPONSE_FAULTS } from './responses.ts';
import { SIGN_IN_FAULTS } from './sign-in.ts';

/** The authorization endpoint and its pages. */
export const AUTHORIZATION_FAULTS: readonly Fault[] = [
  ...REDIRECT_URI_FAULTS,
  ...REDIRECT_HARDENING_FAULTS,
  ...PKCE_FAULTS,
  ...REQUEST_FAULTS,
  ...RESPONSE_FAULTS,
  ...SIGN_IN_FAULTS,
  ...PAGE_FAULTS,
  ...ANSWER_FAULTS,
  ...REQUEST_OBJECT_FAULTS,
];
