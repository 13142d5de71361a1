import { checks } from '../check.ts';
import { advertisedChecks } from './documents/advertised.ts';
import { authenticationChecks } from './documents/authentication.ts';
import { deliveryChecks } from './documents/delivery.ts';
import { discoveryChecks } from './documents/discovery.ts';
import { endpointChecks } from './documents/endpoints.ts';
import { grantChecks } from './documents/grants.ts';
import { identityChecks } from './documents/identity.ts';
import { memberChecks } from './documents/members.ts';
import { openIdChecks } from './documents/openid.ts';
import { pkceChecks } from './documents/pkce.ts';

/** What RFC 8414 and OpenID Discovery ask of the document. */
export const documentChecks = checks(
  ...discoveryChecks,
  ...identityChecks,
  ...endpointChecks,
  ...pkceChecks,
  ...grantChecks,
  ...authenticationChecks,
  ...advertisedChecks,
  ...openIdChecks,
  ...memberChecks,
  ...deliveryChecks,
);
