import type { Problem } from '../access.ts';
import type { TenantContext } from '../behaviour.ts';
import type { Client, KeyWithId } from '../entities.ts';
import { type FetchedDocument, type FetchFailure, type FetchLimits, fetchDocument, mayFetchFrom } from './fetch.ts';
import { importDocument, previewDocument } from './import.ts';
import { type JudgedKeys, judgeKeys, rotateKeys } from './keys.ts';
import {
  isDocumentOf,
  type JudgedDocument,
  judgeClientDocument,
  mayDocumentRedirectTo,
  mayTakeKeysFrom,
} from './metadata.ts';
import type { ClientDocumentImport, ClientDocumentReport } from './report.ts';
import { confirmUrl, resolveUrl } from './resolve.ts';
import { documentResponseProblem, freshSeconds } from './response.ts';
import { clientUrlViolations, laboratoryUrlViolations } from './url.ts';

/** Clients that are known by the URL of their metadata document (CIMD). */
export interface ClientDocumentBehaviour {
  /** What is wrong with the URL, as it was sent; empty: nothing. */
  admitClientUrl(url: unknown, context: TenantContext): readonly string[];
  /** GETs a URL that somebody else has chosen; follows no redirect. */
  fetchDocument(url: string, limits: FetchLimits, context: TenantContext): Promise<FetchedDocument | FetchFailure>;
  /** Whether a connection to the address may be made. */
  mayFetchFrom(address: string, context: TenantContext): boolean;
  /** Why the answer is not read; `undefined`: it is. */
  documentResponseProblem(response: FetchedDocument, context: TenantContext): string | undefined;
  /** How long the answer need not be fetched again, in seconds. */
  freshSeconds(response: FetchedDocument, context: TenantContext): number;
  judgeClientDocument(members: Readonly<Record<string, unknown>>, url: string, context: TenantContext): JudgedDocument;
  /** Whether a document that names this `client_id` describes the client with the URL. */
  isDocumentOf(clientId: string, url: string, context: TenantContext): boolean;
  mayDocumentRedirectTo(uri: string, app: Client['app_type'] | undefined, context: TenantContext): boolean;
  /** Whether `jwks_uri` may be what it is for the client with the URL. */
  mayTakeKeysFrom(uri: string, url: string, context: TenantContext): boolean;
  judgeKeys(response: FetchedDocument, context: TenantContext): JudgedKeys;
  /** The keys to use, where some were known before. */
  rotateKeys(known: readonly KeyWithId[], given: readonly KeyWithId[], context: TenantContext): readonly KeyWithId[];
  previewClientDocument(url: unknown, context: TenantContext): Promise<ClientDocumentReport>;
  registerClientDocument(url: unknown, by: 'admin' | 'client', context: TenantContext): Promise<ClientDocumentImport>;
  /** The client that a URL stands for at the authorization endpoint. */
  resolveClientUrl(url: string, context: TenantContext): Promise<Client | undefined | Problem>;
  /** Keeps a client of `resolveClientUrl` once a user has let it in; others are kept already, or are no more. */
  confirmClientUrl(client: Client, context: TenantContext): Client | Problem;
}

export const CLIENT_DOCUMENTS: ClientDocumentBehaviour = {
  admitClientUrl: (url, { setup }) => (setup.isLaboratory ? laboratoryUrlViolations(url) : clientUrlViolations(url)),
  fetchDocument,
  mayFetchFrom,
  documentResponseProblem,
  freshSeconds,
  judgeClientDocument,
  isDocumentOf,
  mayDocumentRedirectTo,
  mayTakeKeysFrom,
  judgeKeys,
  rotateKeys,
  previewClientDocument: previewDocument,
  registerClientDocument: importDocument,
  resolveClientUrl: resolveUrl,
  confirmClientUrl: confirmUrl,
};
