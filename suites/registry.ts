import { accessTokenChecks } from './access-tokens/index.ts';
import { authorizationChecks } from './authorization/index.ts';
import { challengeChecks } from './challenge/index.ts';
import type { Check } from './check.ts';
import { clientDocumentChecks } from './client-documents/index.ts';
import { flowChecks } from './flow/index.ts';
import { issuerMetadataChecks } from './issuer-metadata/index.ts';
import { registrationChecks } from './registration/index.ts';
import { resourceMetadataChecks } from './resource-metadata/index.ts';
import { tenantChecks } from './tenant/index.ts';
import { tokenEndpointChecks } from './token-endpoint/index.ts';

/** Every check, in the order reports list them. */
export const CHECKS: readonly Check[] = [
  ...challengeChecks,
  ...resourceMetadataChecks,
  ...issuerMetadataChecks,
  ...flowChecks,
  ...authorizationChecks,
  ...tokenEndpointChecks,
  ...registrationChecks,
  ...clientDocumentChecks,
  ...accessTokenChecks,
  ...tenantChecks,
];
