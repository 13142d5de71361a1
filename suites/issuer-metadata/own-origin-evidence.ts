import type { EvidenceMap, Exchange } from '../../fixtures/evidence.ts';
import { protectedOperation } from '../../fixtures/protected-operation.ts';
import { documentIn, type JsonObject, last, resourceDocument } from '../../fixtures/protocol/documents.ts';
import { noRefusal } from '../challenge/refusals.ts';
import { notApplicable, untested, type Verdict } from '../check.ts';
import { answering, golden, ISSUER_DOCUMENT, type ShortAnswer } from '../golden.ts';

/** 2025-03-26: the MCP server is the authorization server, found at the origin of its endpoint. */

export type Own = Pick<EvidenceMap, 'anonymous' | 'resourceMetadata' | 'issuerMetadata'>;

export const NEEDS = ['anonymous', 'resourceMetadata', 'issuerMetadata'] as const;

/** Why a server is not judged as its own authorization server. */
export function notItsOwn({ anonymous, resourceMetadata }: Own): Verdict<never> | undefined {
  if (resourceMetadata.fromChallenge.length > 0 || resourceDocument(resourceMetadata) !== undefined) {
    return notApplicable('it leads clients by resource metadata, as later revisions do');
  }
  return protectedOperation(anonymous) === undefined ? noRefusal() : undefined;
}

/** Nothing was learned: not asked, or no answer. */
export function silent(exchange: Exchange): Verdict<never> | undefined {
  if (exchange.failure === undefined) return undefined;
  return untested(`${exchange.request.url}: ${exchange.failure.message}`, 'an answer at the server’s origin');
}

/** 401, 405 and the rest show that something is there (2025-03-26 lets a separate service stand behind it). */
export const isAbsent = ({ answer }: Exchange) => answer?.status === 404 || answer?.status === 410;

/** The document at the root of the origin, and where it was. */
export function ownDocument({ issuerMetadata }: Pick<Own, 'issuerMetadata'>) {
  const exchange = last(issuerMetadata.atServerOrigin);
  return { exchange, document: documentIn(exchange) };
}

export function belowPath({ issuerMetadata }: Own): Exchange | undefined {
  const exchange = issuerMetadata.atServerPath === undefined ? undefined : last(issuerMetadata.atServerPath);
  return documentIn(exchange) === undefined ? undefined : exchange;
}

/** Judges the server's own document. */
export function judgeOwn<R extends string>(
  evidence: Own,
  judge: (document: JsonObject, exchange: Exchange) => Verdict<R>,
): Verdict<R> {
  const { exchange, document } = ownDocument(evidence);
  const other = notItsOwn(evidence);
  if (other !== undefined) return other;
  return document === undefined ? notApplicable('no metadata stands at its origin') : judge(document, exchange);
}

/** Golden evidence of a server that is its own authorization server. */
const ORIGIN = 'https://mcp.example.com';
export const OWN_DOCUMENT = {
  ...ISSUER_DOCUMENT,
  issuer: ORIGIN,
  authorization_endpoint: `${ORIGIN}/authorize`,
  token_endpoint: `${ORIGIN}/token`,
  registration_endpoint: `${ORIGIN}/register`,
  revocation_endpoint: `${ORIGIN}/revoke`,
  jwks_uri: `${ORIGIN}/.well-known/jwks.json`,
};

export const json = (value: object): ShortAnswer => ({
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify(value),
});

/** Without resource metadata, the exchanges of `issuerMetadata` answered so. */
export function withOwnMetadata(answers: Readonly<Record<string, ShortAnswer>>): EvidenceMap {
  const { anonymous, resourceMetadata } = answering(/^resourceMetadata/, { status: 404 });
  const { issuerMetadata } = Object.entries(answers).reduce(
    (evidence, [id, short]) => {
      const replaced = answering(new RegExp(`^issuerMetadata/${id}$`), short).issuerMetadata;
      const key = KEY_OF[id] as 'atServerOrigin';
      return { issuerMetadata: { ...evidence.issuerMetadata, [key]: replaced[key] } };
    },
    { issuerMetadata: { ...golden.issuerMetadata, issuers: [] } } as Pick<EvidenceMap, 'issuerMetadata'>,
  );
  return { ...golden, anonymous, resourceMetadata: { ...resourceMetadata, fromChallenge: [] }, issuerMetadata };
}

const KEY_OF: Readonly<Record<string, keyof EvidenceMap['issuerMetadata']>> = {
  'server-origin': 'atServerOrigin',
  'server-path': 'atServerPath',
  'default-authorize': 'defaultAuthorize',
  'default-token': 'defaultToken',
};

export const owning = (changes: Readonly<Record<string, unknown>> = {}) =>
  withOwnMetadata({ 'server-origin': json({ ...OWN_DOCUMENT, ...changes }) });
export const PASSES = [{ says: 'its own metadata at its origin', evidence: owning() }] as const;
export const DEFAULT_ENDPOINTS: Readonly<Record<string, ShortAnswer>> = {
  'default-authorize': { status: 400 },
  'default-token': { ...json({ error: 'invalid_request' }), status: 400 },
};

/** Whether the origin has no way to an authorization server: no metadata and, asked as a client would, no endpoint. */
export function offersNothing({ issuerMetadata }: Pick<Own, 'issuerMetadata'>): boolean {
  const { atServerOrigin, defaultAuthorize, defaultToken } = issuerMetadata;
  return [last(atServerOrigin), defaultAuthorize, defaultToken].every(isAbsent);
}
