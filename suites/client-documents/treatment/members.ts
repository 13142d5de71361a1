import { checks } from '../../check.ts';
import { consentPage } from '../../golden-documents.ts';
import { judgesClients } from './clients.ts';

export const takesADocumentForTheClientItNames = judgesClients({
  id: 'client-documents/takes-a-document-for-the-client-it-names',
  title: 'Takes a metadata document for the client it names, and for no other',
  keyword: { '2025-11-25': 'MUST' },
  severity: 'critical',
  requirements: ['C19', 'CIMD-4.1-client-id-identical', 'MCP-as-cimd-clientid-match'],
  reasons: {
    'another-client': {
      says: 'A metadata document that names another client_id than its own URL is taken: a copy on any host passes for the client.',
      fix: {
        general: 'Refuse a client whose document has another client_id than the request, compared as plain strings.',
      },
      trials: [
        'id-of-a-stranger',
        'id-of-its-folder',
        'id-with-slash',
        'id-in-upper-case',
        'id-encoded',
        'id-without-tls',
      ],
      example: { end: consentPage },
    },
    'no-client': {
      says: 'A metadata document without a client_id is taken: any JSON on a host makes a client.',
      fix: { general: 'Refuse a client whose document has no client_id.' },
      trials: ['id-missing'],
      example: { end: consentPage },
    },
  },
  done: 'refused',
});

export const needsWhatADocumentMustHave = judgesClients({
  id: 'client-documents/needs-redirect-uris-and-a-name',
  title: 'Refuses clients whose metadata document lacks redirect_uris or client_name',
  keyword: { '2025-11-25': 'MUST' },
  severity: 'high',
  requirements: ['C20', 'MCP-as-cimd-required-fields'],
  reasons: {
    'no-redirect-uris': {
      says: 'A client whose metadata document has no usable redirect_uris goes on to a redirect URI that stands nowhere.',
      fix: { general: 'Refuse a client whose redirect_uris are missing, empty, or no array of strings.' },
      trials: ['redirects-missing', 'redirects-empty', 'redirects-string', 'redirects-null'],
      example: { end: consentPage },
    },
    'no-name': {
      says: 'A client whose metadata document has no client_name is taken: users are asked for a client without a name.',
      fix: { general: 'Refuse a client whose document has no client_name, or show its URL in place of one.' },
      // The list of required members is written for clients; the draft demands none but client_id.
      keyword: 'ADVICE',
      trials: ['name-missing'],
      example: { end: consentPage },
    },
  },
  done: 'refused',
});

export const redirectsToListedUrisAlone = judgesClients({
  id: 'client-documents/redirects-to-listed-uris-alone',
  title: 'Sends a client to the redirect URIs of its metadata document alone',
  keyword: { '2025-11-25': 'MUST' },
  severity: 'critical',
  requirements: ['C22', 'CIMD-4.5-redirect-exact', 'MCP-as-cimd-redirect-validated'],
  reasons: {
    'unlisted-redirect-uri': {
      says: 'A redirect URI that the client’s metadata document does not have is accepted.',
      fix: {
        general:
          'Compare redirect_uri with those of the document as plain strings; the port of a loopback address alone may differ (RFC 8252 7.3).',
      },
      trials: ['unlisted-path', 'unlisted-further-path', 'unlisted-query', 'unlisted-host', 'unlisted-user'],
      example: { end: consentPage },
    },
  },
  done: 'refused',
});

export const refusesDangerousRedirectUris = judgesClients({
  id: 'client-documents/refuses-dangerous-redirect-uris',
  title: 'Refuses redirect URIs of metadata documents that lead into scripts, into clear text or anywhere',
  keyword: { '2025-11-25': 'MUST' },
  severity: 'critical',
  requirements: ['C21', 'MCP-as-cimd-redirect-validated'],
  reasons: {
    script: {
      says: 'A javascript: or data: redirect URI of a metadata document can be used: a stranger’s script runs on the authorization server’s page.',
      fix: { general: 'Take https: redirect URIs and http: ones of loopback alone from metadata documents.' },
      trials: ['redirects-script', 'redirects-data'],
      example: { end: consentPage },
    },
    'clear-text': {
      says: 'An http: redirect URI of a public host can be used: codes travel in clear text.',
      fix: { general: 'Take http: redirect URIs from metadata documents only for localhost and loopback addresses.' },
      trials: ['redirects-without-tls'],
      example: { end: consentPage },
    },
    fragment: {
      says: 'A redirect URI with a fragment can be used.',
      fix: { general: 'Refuse redirect URIs with a # (RFC 6749 3.1.2).' },
      trials: ['redirects-fragment'],
      example: { end: consentPage },
    },
    wildcard: {
      says: 'A * in a redirect URI of a metadata document stands for anything.',
      fix: { general: 'Compare redirect URIs as plain strings: a * is a character like others (RFC 9700 2.1).' },
      trials: ['redirects-wildcard'],
      example: { end: consentPage },
    },
  },
  done: 'refused',
});

export const memberChecks = checks(
  takesADocumentForTheClientItNames,
  needsWhatADocumentMustHave,
  redirectsToListedUrisAlone,
  refusesDangerousRedirectUris,
);
