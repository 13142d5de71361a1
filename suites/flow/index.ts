import type { Check } from '../check.ts';
import { leadsToAnIssuer, leadsToIssuerMetadata, leadsToKeys } from './discovery.ts';
import { leadsToAnAuthorizationEndpoint, leadsToATokenEndpoint } from './endpoints.ts';
import { servesEndpointsOverHttpsOnly } from './plain-http.ts';
import { refusesInJson } from './token-errors.ts';

/** The way from a 401 to a token, leg by leg; `challenge/leads-to-resource-metadata` comes first, `issuer-metadata/offers-clients-a-way-in` after the metadata. */
export const flowChecks = [
  leadsToAnIssuer,
  leadsToIssuerMetadata,
  leadsToAnAuthorizationEndpoint,
  leadsToATokenEndpoint,
  leadsToKeys,
  refusesInJson,
  servesEndpointsOverHttpsOnly,
] as unknown as readonly Check[];
