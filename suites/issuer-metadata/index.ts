import { checks } from '../check.ts';
import { documentChecks } from './documents.ts';
import { keyChecks } from './keys.ts';
import { ownOriginChecks } from './own-origin.ts';

/** Authorization server metadata and keys. */
export const issuerMetadataChecks = checks(...documentChecks, ...keyChecks, ...ownOriginChecks);
