import { isUnheard, submissionOf } from '../../../fixtures/client-documents/asked.ts';
import { judge, objectionsOf } from '../../../fixtures/client-documents/judge.ts';
import type { EvidenceMap } from '../../../fixtures/evidence.ts';
import { defineCheck, type Facts, type Finding, fail, pass, untested, type Verdict } from '../../check.ts';
import { golden } from '../../golden.ts';
import { previewed } from '../../golden-stored-documents.ts';
import { type Preview, previewIn, type StoredDocument, unreadable, unsaid } from './seen.ts';

type Reason = 'refused' | 'unreachable' | 'taken-all-the-same';
type Seen = Pick<EvidenceMap, 'storedDocuments' | 'clientDocuments'>;

const MANUAL = {
  text: 'Applications > Create Application > Import from URL > Preview shows the same report, before anything is made.',
  dashboard: 'Applications > Create Application > Import from URL',
};

export const judgesDocumentsAsItsProviderSays = defineCheck({
  id: 'client-documents/is-judged-by-the-tenant-as-its-provider-says',
  title: 'Is taken by the tenant that it is for, as the published rules of its provider would have it',
  keyword: 'SHOULD',
  severity: 'medium',
  party: 'client',
  pillar: 'client-registration',
  requirements: ['AUTH0-cimd-preview-readonly'],
  assurance: 'tenant-audit',
  needs: ['storedDocuments', 'clientDocuments'],
  reasons: {
    refused: {
      says: 'The tenant refuses a document in which no published rule of its provider finds an error.',
      fix: {
        general:
          'Do what the tenant says, and tell us its words: a rule is missing here, or the tenant has one of its own.',
        auth0: MANUAL,
      },
    },
    unreachable: {
      says: 'The tenant cannot fetch a document that the run could fetch.',
      fix: {
        general:
          'Let the tenant of the provider reach the document: no allow-list of addresses, no wall against robots, a certificate of a public authority, and an answer within seconds.',
        auth0: MANUAL,
      },
    },
    'taken-all-the-same': {
      says: 'The tenant takes a document that the published rules of its provider refuse: the next tenant, or the next release, may not.',
      // It works here, today.
      keyword: 'ADVICE',
      fix: { general: 'Mend what the published rules object to, which lint-document lists.', auth0: MANUAL },
    },
  },
  judge({ storedDocuments: { documents }, clientDocuments }, facts): Verdict<Reason> {
    const nothing = unsaid(documents, facts);
    if (nothing !== undefined) return nothing;
    const judged = documents.map((document) => judgedTwice(document, { clientDocuments }, facts));
    const found = judged.flatMap((each) => ('reason' in each ? [each] : []));
    if (found.length > 0) return fail(found);
    const open = judged.find((each) => 'kind' in each);
    return open ?? pass(judged.flatMap((each) => ('seen' in each ? [each.seen] : [])).join('; '));
  },
  examples: {
    pass: [{ says: 'both take it', evidence: golden }],
    fail: {
      refused: {
        says: 'the tenant has a rule of its own',
        evidence: previewed(golden, {
          errors: [],
          validation: { valid: false, violations: ['client_name is on the list of forbidden names'], warnings: [] },
        }),
      },
      unreachable: {
        says: 'the host lets no robots in',
        evidence: previewed(golden, { errors: ['The document could not be fetched: status 403'] }),
      },
      'taken-all-the-same': {
        says: 'a document of another client',
        evidence: previewed(golden, undefined, (document) => ({
          ...document,
          client_id: 'https://other.example/client.json',
        })),
      },
    },
  },
});

/** What the tenant says, and what its provider's published rules say. */
function judgedTwice(
  { url, preview }: StoredDocument,
  { clientDocuments }: Pick<Seen, 'clientDocuments'>,
  { server: { exposure } }: Facts,
): Finding<Reason> | Verdict<never> | { readonly seen: string } {
  const said = previewIn(preview);
  if (said === undefined) return unreadable(preview);
  const asked = clientDocuments.documents.find((each) => each.url === url);
  const { exchange } = asked ?? {};
  const isHere = exchange?.answer !== undefined && !isUnheard(exchange);
  if (asked === undefined || !isHere) {
    return said.isValid
      ? { seen: `${url}: taken by the tenant` }
      : untested(`the run could not fetch ${url} either`, 'clients.documents: URLs that the run can fetch');
  }
  const objections = objectionsOf(judge(submissionOf(asked, exposure === 'loopback')), 'auth0', 'error');
  const rules = objections.map(({ rule, found }) => `${rule.id} (${found.join(', ')})`).join('; ');
  const at = [preview.id, exchange.id];
  if (said.isValid && objections.length > 0) {
    return { reason: 'taken-all-the-same', expected: `a refusal: ${rules}`, actual: `${url}: the tenant takes it`, at };
  }
  if (said.isValid) return { seen: `${url}: taken by the tenant, and by the published rules` };
  if (objections.length > 0) return { seen: `${url}: refused by the tenant, and by the published rules (${rules})` };
  return {
    reason: said.errors.length > 0 ? 'unreachable' : 'refused',
    expected: 'a document that the tenant takes',
    actual: `${url}: ${wordsOf(said)}`,
    at,
  };
}

const wordsOf = ({ errors, violations }: Preview) => [...errors, ...violations].join('; ') || 'not valid';
