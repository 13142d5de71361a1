import { checks } from '../../check.ts';
import { judgesDocumentsAsItsProviderSays } from './agreement.ts';
import { holdsDocumentsAsTheyAreHosted, rotatesKeysUnderNewIds } from './copies.ts';

export const tenantDocumentChecks = checks(
  judgesDocumentsAsItsProviderSays,
  holdsDocumentsAsTheyAreHosted,
  rotatesKeysUnderNewIds,
);
