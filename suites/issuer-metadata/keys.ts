import { keyDeliveryChecks } from './key-delivery.ts';
import { keyLabelChecks } from './key-labels.ts';
import { keyMaterialChecks } from './key-material.ts';
import { keyRetrievalChecks } from './key-retrieval.ts';
import { keyTrustChecks } from './key-trust.ts';

/** What RFC 7517 and RFC 7518 ask of the JWK set. */
export const keyChecks = [
  ...keyRetrievalChecks,
  ...keyMaterialChecks,
  ...keyLabelChecks,
  ...keyTrustChecks,
  ...keyDeliveryChecks,
];
