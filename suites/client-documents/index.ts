import type { Check } from '../check.ts';
import { documentChecks } from './documents/index.ts';
import { tenantDocumentChecks } from './tenant/index.ts';
import { treatmentChecks } from './treatment/index.ts';

export const clientDocumentChecks: readonly Check[] = [...documentChecks, ...tenantDocumentChecks, ...treatmentChecks];
