import { checks } from '../check.ts';
import {
  leadsFromAnIssuerToItsMetadata,
  leadsFromMetadataToKeysThatVerify,
  leadsFromResourceMetadataToAnIssuer,
} from './discovery.ts';
import { leadsToAnAuthorizationEndpointThatAnswers, leadsToATokenEndpointThatAnswers } from './endpoints.ts';
import { leadsFromA401ToAToolCall } from './first-use.ts';
import { servesItsEndpointsOverHttpsOnly } from './plain-http.ts';
import { refusesAnEmptyTokenRequestInJson } from './token-errors.ts';

/** The way from a 401 to a token, leg by leg; `challenge/leads-to-resource-metadata` comes first, `issuer-metadata/offers-clients-a-way-in` after the metadata. */
export const flowChecks = checks(
  leadsFromResourceMetadataToAnIssuer,
  leadsFromAnIssuerToItsMetadata,
  leadsToAnAuthorizationEndpointThatAnswers,
  leadsToATokenEndpointThatAnswers,
  leadsFromMetadataToKeysThatVerify,
  refusesAnEmptyTokenRequestInJson,
  servesItsEndpointsOverHttpsOnly,
  leadsFromA401ToAToolCall,
);
