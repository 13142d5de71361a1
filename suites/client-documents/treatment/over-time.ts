import { placesOf } from '../../authorization/requests.ts';
import { checks, defineCheck, fail, pass } from '../../check.ts';
import { golden } from '../../golden.ts';
import { errorPage, grant, withCode } from '../../golden-authorization.ts';
import { consentPage, controlled } from '../../golden-documents.ts';
import { counted } from '../../words.ts';
import { isRefused, judgesClients, notTaken, taken, withoutDocuments } from './clients.ts';

export const forgetsFailures = judgesClients({
  id: 'client-documents/forgets-failures-to-fetch',
  title: 'Takes a client whose metadata document is good by now, though it was not before',
  // MUST NOT in the draft, but limits against abuse may hold for a while.
  keyword: { '2025-11-25': 'SHOULD' },
  severity: 'medium',
  requirements: ['C34', 'CIMD-4.4-no-error-cache', 'MCP-as-cimd-no-error-caching', 'AUTH0-cimd-fetch-no-cache-errors'],
  reasons: {
    'failure-kept': {
      says: 'A client whose metadata document could not be had, or was broken, is still refused a minute after it has become good.',
      fix: { general: 'Keep neither errors nor invalid documents: fetch again at the next request.' },
      trials: ['document-after-failure', 'document-after-broken-one'],
      expected: 'the client is taken',
      isRefusal: true,
      wrong: notTaken,
      example: { end: errorPage, again: errorPage },
    },
  },
  done: 'taken at the next request',
});

export const keepsToTheDocument = judgesClients({
  id: 'client-documents/follows-changes-of-documents',
  title:
    'Follows changes of a metadata document that must not be kept, and finishes flows with the one they began with',
  // A server may set bounds of its own to caching, and take a new snapshot where it likes.
  keyword: { '2025-11-25': 'ADVICE' },
  severity: 'low',
  requirements: ['C35', 'C36', 'CIMD-4.4-honour-cache'],
  reasons: {
    'old-document': {
      says: 'A redirect URI is still accepted though the client’s metadata document has it no longer, and was never to be kept (no-store): a host that was lost goes on getting codes for a while.',
      fix: { general: 'Follow Cache-Control of metadata documents, or keep them for minutes at most.' },
      trials: ['redirect-taken-back'],
      wrong: taken,
      example: { end: consentPage, again: consentPage },
    },
    'lost-flow': {
      says: 'A code cannot be redeemed because the client’s metadata document cannot be had at that moment, though it could when the code was issued.',
      fix: { general: 'Keep what was read of the document with the code, for the moments that it lives.' },
      trials: ['document-gone-before-token'],
      expected: 'a token',
      isRefusal: true,
      wrong: ({ authorization: { grants } }) =>
        grants.length > 0 && grants.every(isRefused)
          ? `no token (status ${grants[0]!.exchange.answer?.status})`
          : undefined,
      example: {
        end: withCode('documentClients/document-gone-before-token'),
        grants: [grant('documentClients/document-gone-before-token/grant-1', 'as it should be', { status: 401 })],
      },
    },
  },
  done: 'treated as their document says now',
});

export const keepsFreshDocuments = defineCheck({
  id: 'client-documents/keeps-documents-while-they-are-fresh',
  title: 'Keeps metadata documents for as long as they say that they are fresh',
  // MCP has a SHOULD, by reference to a draft that leaves it to the server.
  keyword: { '2025-11-25': 'ADVICE' },
  severity: 'low',
  party: 'authorization-server',
  pillar: 'client-registration',
  requirements: ['C35', 'MCP-as-cimd-cache'],
  assurance: 'sign-in',
  needs: ['documentClients'],
  reasons: {
    'fetched-each-time': {
      says: 'A metadata document that is fresh for an hour is fetched again within the run: sign-ins wait for the client’s host, and fail with it.',
      fix: {
        general: 'Keep metadata documents within the bounds of their Cache-Control (RFC 9111), for a day at most.',
      },
    },
  },
  judge({ documentClients }) {
    const missing = withoutDocuments(documentClients);
    if (missing !== undefined) return missing;
    const { control, controlAfter = control } = documentClients;
    const before = control.fetches.document;
    const after = controlAfter.fetches.document;
    return after > before
      ? fail([
          {
            reason: 'fetched-each-time',
            expected: `no request for the document after the first flow (${before}), which said max-age=3600`,
            actual: `${after} requests for it after the later ones`,
            at: placesOf(controlAfter.authorization),
          },
        ])
      : pass(`${counted(before, 'request')} for a document, and none at later authorization requests`);
  },
  examples: {
    pass: [{ says: 'one request for all', evidence: golden }],
    fail: {
      'fetched-each-time': {
        says: 'one for each',
        evidence: controlled(golden, { fetches: { document: 4, further: [] } }, 'controlAfter'),
      },
    },
  },
});

export const overTimeChecks = checks(forgetsFailures, keepsToTheDocument, keepsFreshDocuments);
