import { checks } from '../check.ts';
import { authorizationServerChecks } from './authorization-servers.ts';
import { expectedIssuerChecks } from './expected-issuer.ts';
import { identityChecks } from './identity.ts';
import { locationChecks } from './location.ts';
import { memberChecks } from './members.ts';
import { representationChecks } from './representation.ts';
import { resourceChecks } from './resource.ts';
import { scopeChecks } from './scopes.ts';
import { signingChecks } from './signing.ts';
import { tokenChecks } from './tokens.ts';

/** Protected resource metadata (RFC 9728). */
export const resourceMetadataChecks = checks(
  ...locationChecks,
  ...representationChecks,
  ...memberChecks,
  ...resourceChecks,
  ...identityChecks,
  ...authorizationServerChecks,
  ...expectedIssuerChecks,
  ...scopeChecks,
  ...tokenChecks,
  ...signingChecks,
);
