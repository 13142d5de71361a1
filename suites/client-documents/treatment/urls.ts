import { checks, outOfScope } from '../../check.ts';
import { consentPage } from '../../golden-documents.ts';
import { judgesClients, taken } from './clients.ts';

export const refusesUrlsWithoutTls = judgesClients({
  id: 'client-documents/fetches-documents-over-tls-alone',
  title: 'Fetches the metadata document of a client over TLS alone',
  keyword: { '2025-11-25': 'MUST' },
  severity: 'high',
  requirements: ['C01', 'CIMD-3-https-scheme'],
  reasons: {
    'plain-http': {
      says: 'A client_id with http is fetched or taken: who is on the way writes the document, and its redirect URIs.',
      fix: {
        general: 'Refuse every URL-shaped client_id that does not begin with https://, and fetch nothing for it.',
      },
      trials: ['url-without-tls'],
      expected: 'a refusal, and no request for the document',
      wrong: (tried) =>
        tried.fetches.document > 0 ? `the document was fetched without TLS (${tried.fetches.document})` : taken(tried),
      example: { fetches: { document: 1, further: [] } },
    },
  },
  done: 'refused',
  lacks: ({ isReachedInClear }) =>
    // A host on the web has no need to be reached by http.
    isReachedInClear === false
      ? outOfScope(
          'who asks for the document without TLS does not reach this run, so that nothing tells whether it was tried',
          'documentHost.publicUrl: a host that leads to this run by http as well',
        )
      : undefined,
});

export const comparesUrlsAsTheyAre = judgesClients({
  id: 'client-documents/reads-client-urls-as-they-are-written',
  title: 'Takes another spelling of a client URL for another client',
  keyword: { '2025-11-25': 'MUST' },
  severity: 'high',
  requirements: ['C03', 'C06', 'CIMD-4.1-client-id-identical', 'MCP-as-cimd-clientid-match'],
  reasons: {
    'same-client': {
      says: 'A client_id that is not, character by character, the one in the document is taken for that client.',
      fix: {
        general:
          'Compare client_id of the document with client_id of the request as plain strings (RFC 3986 6.2.1), before any URL class has straightened either.',
      },
      trials: ['url-straightened', 'url-in-upper-case', 'url-with-query'],
      example: { end: consentPage },
    },
  },
  done: 'refused',
});

export const refusesIrregularUrls = judgesClients({
  id: 'client-documents/refuses-urls-that-no-client-may-have',
  title: 'Refuses client URLs with dot segments, fragments, user names or without a path',
  // The rules bind the identifier, and not expressly who reads it.
  keyword: { '2025-11-25': 'SHOULD' },
  severity: 'medium',
  requirements: [
    'C02',
    'C04',
    'C05',
    'CIMD-3-path-required',
    'CIMD-3-no-dot-segments',
    'CIMD-3-no-fragment',
    'CIMD-3-no-userinfo',
  ],
  reasons: {
    'dot-segments': {
      says: 'A client_id with dot segments is taken: it is one document by many names.',
      fix: { general: 'Refuse a client_id whose path has a segment . or .., percent-encoded or not.' },
      trials: ['url-with-dot-segments', 'url-with-encoded-dot-segments'],
      example: { end: consentPage },
    },
    fragment: {
      says: 'A client_id with a fragment is taken: it is one document by many names.',
      fix: { general: 'Refuse a client_id that has a #.' },
      trials: ['url-with-fragment'],
      example: { end: consentPage },
    },
    'user-name': {
      says: 'A client_id with a user name is taken: users may read that as the host.',
      fix: { general: 'Refuse a client_id with anything before an @ in its authority.' },
      trials: ['url-with-user'],
      example: { end: consentPage },
    },
    'no-path': {
      says: 'A client_id that is a bare origin is taken.',
      fix: { general: 'Refuse a client_id that has no path.' },
      trials: ['url-without-path'],
      example: { end: consentPage },
    },
  },
  done: 'refused',
});

export const fetchesNothingFromInside = judgesClients({
  id: 'client-documents/fetches-nothing-from-inside',
  title: 'Fetches no metadata document from its own network for a stranger',
  keyword: { '2025-11-25': 'SHOULD' },
  severity: 'critical',
  requirements: ['C09', 'CIMD-6.5-ssrf-document-url', 'MCP-as-cimd-ssrf'],
  reasons: {
    'fetched-from-inside': {
      says: 'A client_id that leads to an address of the authorization server’s own network is fetched: whoever writes a client_id makes it ask hosts that nobody outside reaches.',
      fix: {
        general:
          'Resolve the host of a client_id first, refuse loopback, private, link-local and other special-use addresses (RFC 6890), and connect to the address that was checked.',
      },
      trials: ['url-inside'],
      expected: 'no request for the document',
      wrong: ({ fetches }) => (fetches.document > 0 ? `it was fetched (${fetches.document})` : undefined),
      example: { fetches: { document: 1, further: [] } },
    },
  },
  done: 'refused',
});

export const urlChecks = checks(
  refusesUrlsWithoutTls,
  comparesUrlsAsTheyAre,
  refusesIrregularUrls,
  fetchesNothingFromInside,
);
