import type { AskedGrant } from '../fixtures/authorization-evidence.ts';
import type { AskedDocumentClient, DocumentClientEvidence } from '../fixtures/document-client-evidence.ts';
import type { EvidenceMap, Exchange } from '../fixtures/evidence.ts';
import { type JourneyEnd, READ, type Stayed } from '../fixtures/journey.ts';
import { DOCUMENT_TRIALS, type DocumentTrialId, documentTrial } from '../fixtures/trials/client-documents/index.ts';
import { control, errorPage, grant, journey, withCode } from './golden-authorization.ts';

/** Evidence of an authorization server that conforms, asked by clients with metadata documents. */

const DOCUMENTS = 'https://documents.example.net';

/** What it shows to a user who is asked. */
export const consentPage: Stayed = {
  kind: 'page',
  status: 200,
  title: 'Authorize',
  says: 'trial, described at documents.example.net, wants to use the MCP server. You will be sent to client.example. Accept Decline',
  asks: true,
};

export interface ShortDocumentClient {
  readonly end?: JourneyEnd;
  readonly grants?: readonly AskedGrant[];
  /** What was done on the pages; absent: as it ends. */
  readonly steps?: readonly string[];
  readonly fetches?: AskedDocumentClient['fetches'];
  /** How the second request ended, after the document had changed. */
  readonly again?: JourneyEnd;
}

function client(name: string, short: ShortDocumentClient = {}): AskedDocumentClient {
  const id = `documentClients/${name}`;
  const { end = withCode(id), grants = [grant(`${id}/grant-1`, 'as it should be')], again, steps } = short;
  const { fetches = { document: 1, further: [] } } = short;
  const asked = (each: string, to: JourneyEnd) => ({
    ...control(each),
    redirectUri: 'https://client.example/callback',
    journey: {
      ...journey(each, to),
      steps: steps ?? [to.kind === 'page' && to.status === 200 ? READ : 'gave consent'],
    },
    grants: to.kind === 'left' ? grants : [],
  });
  return {
    clientId: `${DOCUMENTS}/documents/${name}`,
    authorization: asked(id, end),
    ...(again !== undefined && { again: asked(`${id}/again`, again) }),
    fetches,
  };
}

type Trial = DocumentClientEvidence['documentClients']['asked'][number];

/** A client of the trial, treated as it should be or otherwise. */
function tried(trial: DocumentTrialId, short: ShortDocumentClient = {}): Trial {
  const { rightly, afterwards, redeem = [] } = documentTrial(trial);
  const end = { refused: errorPage, consent: consentPage, code: withCode(`documentClients/${trial}`) }[rightly];
  const asked = redeem.filter(({ isAfterToken }) => isAfterToken !== true);
  const grants = asked.map(({ differs, as, grant: type }, at) => {
    const isGood = type === undefined && (as === 'assertion' || (as === undefined && differs === 'as it should be'));
    return grant(`documentClients/${trial}/grant-${at + 1}`, differs, { status: isGood ? 200 : 401 });
  });
  const changed = afterwards === undefined ? {} : { end: rightly === 'refused' ? consentPage : errorPage, again: end };
  const fetches = { document: rightly === 'refused' ? 0 : 1, further: [] };
  return { ...client(trial, { end, grants, fetches, ...changed, ...short }), trial };
}

export const goldenDocumentClients: DocumentClientEvidence = {
  documentClients: {
    advertised: true,
    control: client('control'),
    controlAfter: client('control-after'),
    asked: DOCUMENT_TRIALS.map((trial) => tried(trial)),
    isReachedInClear: true,
    unfit: {},
    controlsLight: [],
  },
};

/** The evidence, but the client of this trial was treated so. */
export function treating<Evidence extends Pick<EvidenceMap, 'documentClients'>>(
  evidence: Evidence,
  trial: DocumentTrialId,
  short: ShortDocumentClient,
): Evidence {
  const { asked, ...rest } = evidence.documentClients;
  return {
    ...evidence,
    documentClients: { ...rest, asked: asked.map((each) => (each.trial === trial ? tried(trial, short) : each)) },
  };
}

/** The evidence with another control. */
export function controlled<Evidence extends Pick<EvidenceMap, 'documentClients'>>(
  evidence: Evidence,
  short: ShortDocumentClient,
  which: 'control' | 'controlAfter' = 'control',
): Evidence {
  const { documentClients } = evidence;
  const made = client('control', short);
  const fromHere = made.fetches.document === 0 ? servedTo(made.clientId) : undefined;
  return { ...evidence, documentClients: { ...documentClients, [which]: made, ...(fromHere && { fromHere }) } };
}

/** The document as the run itself finds it. */
function servedTo(url: string): Exchange {
  const body = JSON.stringify({ client_id: url });
  return {
    id: 'documentClients/from-here',
    asks: 'documentClients/from-here',
    request: { method: 'GET', url, headers: [] },
    answer: { status: 200, headers: [], body, bodyBytes: Buffer.byteLength(body), truncated: false },
    startedAt: '2026-01-01T00:00:00.000Z',
    durationMs: 1,
  };
}
