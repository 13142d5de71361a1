import { clientChecks } from './clients.ts';
import { consentChecks } from './consent.ts';
import { issuerInResponsesChecks } from './issuer-in-responses.ts';
import { pageChecks } from './pages.ts';
import { pkceChecks } from './pkce.ts';
import { redirectUriChecks } from './redirect-uris.ts';
import { requestObjectChecks } from './request-objects.ts';
import { resourceChecks } from './resource.ts';
import { responseKindChecks } from './response-kinds.ts';
import { stateChecks } from './state.ts';
import { strangerChecks } from './strangers.ts';

export const authorizationChecks = [
  ...pkceChecks,
  ...redirectUriChecks,
  ...clientChecks,
  ...stateChecks,
  ...issuerInResponsesChecks,
  ...responseKindChecks,
  ...resourceChecks,
  ...requestObjectChecks,
  ...consentChecks,
  ...pageChecks,
  ...strangerChecks,
];
