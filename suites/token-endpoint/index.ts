import { clientAuthenticationChecks } from './client-authentication.ts';
import { clientCredentialChecks } from './client-credentials.ts';
import { codeChecks } from './codes.ts';
import { grantChecks } from './grants.ts';
import { guessingChecks } from './guessing.ts';
import { issuedTokenChecks } from './issued-tokens.ts';
import { refreshTokenChecks } from './refresh-tokens.ts';
import { requestChecks } from './requests.ts';
import { responseChecks } from './responses.ts';
import { revocationChecks } from './revocation.ts';
import { spentCodeChecks } from './spent-codes.ts';

export const tokenEndpointChecks = [
  ...codeChecks,
  ...spentCodeChecks,
  ...guessingChecks,
  ...responseChecks,
  ...issuedTokenChecks,
  ...clientAuthenticationChecks,
  ...clientCredentialChecks,
  ...grantChecks,
  ...refreshTokenChecks,
  ...requestChecks,
  ...revocationChecks,
];
