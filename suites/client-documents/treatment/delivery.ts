import { checks } from '../../check.ts';
import { consentPage } from '../../golden-documents.ts';
import { fetched, giving, judgesClients, taken, tokenFor, WITH_ASSERTION } from './clients.ts';

export const takesAnAnswerWith200Alone = judgesClients({
  id: 'client-documents/takes-a-document-from-its-own-url-alone',
  title: 'Takes the metadata document of a client from its own URL alone, with the status 200',
  // The draft that MCP cites, -00, has neither rule; later ones have them as MUST.
  keyword: { '2025-11-25': 'SHOULD' },
  severity: 'high',
  requirements: [
    'C13',
    'C14',
    'C17',
    'CIMD-4-no-redirects',
    'CIMD-4-status-200-only',
    'CIMD-4.3-abort-on-failure',
    'AUTH0-cimd-fetch-status-200',
    'AUTH0-cimd-fetch-no-redirect',
  ],
  reasons: {
    'redirect-followed': {
      says: 'A redirect in place of a metadata document is followed: an open redirect on somebody’s host makes a client in that host’s name, or leads inside.',
      fix: { general: 'Fetch metadata documents with redirects off, and take a redirect for a failure.' },
      trials: [
        'document-redirects-302',
        'document-redirects-301',
        'document-redirects-303',
        'document-redirects-307',
        'document-redirects-308',
      ],
      expected: 'a refusal, and no request for what the redirect leads to',
      wrong: (tried) => fetched(tried, 0) ?? taken(tried),
      example: { fetches: { document: 1, further: [1] } },
    },
    'other-status': {
      says: 'A metadata document is taken from an answer whose status is not 200: an error page that anybody can write into makes a client.',
      fix: { general: 'Read a metadata document from answers with the status 200 alone.' },
      trials: [
        'document-status-404',
        'document-status-201',
        'document-status-203',
        'document-status-206',
        'document-status-410',
        'document-status-500',
      ],
      example: { end: consentPage },
    },
    'other-content-type': {
      says: 'A metadata document is taken whatever its content type: a host where people upload pages or texts lends them its name.',
      fix: { general: 'Read metadata documents only where the content type is application/json or ends in +json.' },
      // Advice from draft -02 on.
      keyword: 'ADVICE',
      trials: ['document-as-html', 'document-as-text', 'document-untyped'],
      example: { end: consentPage },
    },
  },
  done: 'refused',
});

export const limitsDocuments = judgesClients({
  id: 'client-documents/limits-the-size-of-what-it-fetches',
  title: 'Reads no more of metadata documents and key sets than they need',
  keyword: { '2025-11-25': 'SHOULD' },
  severity: 'medium',
  requirements: ['C16', 'C29', 'CIMD-6.6-size-limit'],
  reasons: {
    'large-document': {
      says: 'A metadata document of a million bytes is read to its end and taken: whoever writes a client_id decides how much memory that costs.',
      fix: { general: 'Stop reading after a few kilobytes (the draft suggests 5), counted after decompression.' },
      trials: ['document-of-a-megabyte', 'document-that-unpacks'],
      example: { end: consentPage },
    },
    'large-key-set': {
      says: 'A key set of a million bytes is read to its end, and an assertion checked with it.',
      fix: { general: 'Limit key sets behind jwks_uri as metadata documents are, to some kilobytes.' },
      // The draft, 6.6, has a limit for documents alone.
      keyword: 'ADVICE',
      trials: ['key-set-of-a-megabyte'],
      expected: 'a refusal, of the client or of its assertion',
      wrong: tokenFor(WITH_ASSERTION),
      example: giving(WITH_ASSERTION),
    },
  },
  done: 'refused',
});

export const refusesWhatIsNoJson = judgesClients({
  id: 'client-documents/refuses-what-is-no-json-object',
  title: 'Refuses clients whose metadata document is no JSON object',
  keyword: { '2025-11-25': 'MUST' },
  severity: 'high',
  requirements: ['C18', 'CIMD-4.1-json-object', 'MCP-as-cimd-json-valid', 'AUTH0-cimd-fetch-json-type'],
  reasons: {
    'no-json': {
      says: 'A metadata document that is no valid JSON is taken.',
      fix: { general: 'Parse the whole document as JSON (RFC 8259), and refuse the client where that fails.' },
      trials: ['document-broken', 'document-with-more'],
      example: { end: consentPage },
    },
    'no-object': {
      says: 'A metadata document that is JSON but no object is taken.',
      fix: { general: 'Refuse a client whose metadata document is anything but one JSON object.' },
      trials: ['document-in-array', 'document-in-string'],
      example: { end: consentPage },
    },
  },
  done: 'refused',
});

export const deliveryChecks = checks(takesAnAnswerWith200Alone, limitsDocuments, refusesWhatIsNoJson);
