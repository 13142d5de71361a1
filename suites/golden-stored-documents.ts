import type { EvidenceMap, Exchange } from '../fixtures/evidence.ts';
import type { JsonObject } from '../fixtures/protocol/documents.ts';
import type { StoredDocumentEvidence } from '../fixtures/stored-document-evidence.ts';

/** Evidence of a tenant that holds the documents of clients as they are, for examples. */

const API = 'https://tenant.example.com/api/v2/';
const URL_OF_CLIENT = 'https://client.example/oauth-client.json';

const DOCUMENT: JsonObject = {
  client_id: URL_OF_CLIENT,
  client_name: 'Client',
  application_type: 'web',
  grant_types: ['authorization_code', 'refresh_token'],
  redirect_uris: ['https://client.example/callback'],
  token_endpoint_auth_method: 'private_key_jwt',
  jwks_uri: 'https://client.example/keys.json',
};

/** The same, in the words of the Management API. */
export const GOLDEN_STORED: JsonObject = {
  external_client_id: URL_OF_CLIENT,
  name: 'Client',
  app_type: 'regular_web',
  grant_types: ['authorization_code', 'refresh_token'],
  callbacks: ['https://client.example/callback'],
  token_endpoint_auth_method: 'private_key_jwt',
  jwks_uri: 'https://client.example/keys.json',
};

const REPORT: JsonObject = {
  client_id: 'tpc_1',
  errors: [],
  validation: { valid: true, violations: [], warnings: [] },
  mapped_fields: GOLDEN_STORED,
};

function exchange(id: string, method: string, url: string, body: unknown): Exchange {
  const text = JSON.stringify(body);
  return {
    id,
    asks: id,
    request: { method, url, headers: [] },
    answer: {
      status: 200,
      headers: [['content-type', 'application/json']],
      body: text,
      bodyBytes: Buffer.byteLength(text),
      truncated: false,
    },
    startedAt: '2026-01-01T00:00:00.000Z',
    durationMs: 1,
  };
}

function held(report: JsonObject, client: JsonObject): StoredDocumentEvidence {
  const id = 'storedDocuments/document-1';
  return {
    storedDocuments: {
      documents: [
        {
          url: URL_OF_CLIENT,
          preview: exchange(`${id}/preview`, 'POST', `${API}clients/cimd/preview`, report),
          stored: exchange(`${id}/stored`, 'GET', `${API}clients`, [{ client_id: 'tpc_1', ...client }]),
        },
      ],
    },
  };
}

export const goldenStoredDocuments = held(REPORT, GOLDEN_STORED);

/** The tenant says this of the document, which is as `edit` makes it. */
export function previewed(
  evidence: EvidenceMap,
  report: JsonObject = REPORT,
  edit: (document: JsonObject) => JsonObject = (document) => document,
): EvidenceMap {
  const fetched = exchange('clientDocuments/document-1', 'GET', URL_OF_CLIENT, edit(DOCUMENT));
  return {
    ...evidence,
    ...held(report, GOLDEN_STORED),
    clientDocuments: { documents: [{ url: URL_OF_CLIENT, exchange: fetched }] },
  };
}

/** The tenant holds this client for the document. */
export const storing = (evidence: EvidenceMap, client: JsonObject): EvidenceMap => ({
  ...evidence,
  ...held(REPORT, client),
});
