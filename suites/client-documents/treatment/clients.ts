import type { AskedGrant } from '../../../fixtures/authorization-evidence.ts';
import type { AskedDocumentClient } from '../../../fixtures/document-client-evidence.ts';
import type { EvidenceMap } from '../../../fixtures/evidence.ts';
import { isUnanswered, parameter, READ } from '../../../fixtures/journey.ts';
import { isLoopbackHost } from '../../../fixtures/protocol/addresses.ts';
import { describe } from '../../../fixtures/protocol/answers.ts';
import { isUnsaid } from '../../../fixtures/protocol/firewalls.ts';
import { type DocumentTrialId, documentTrial } from '../../../fixtures/trials/client-documents/index.ts';
import { codeIn, describeEnd, isBroken, placesOf } from '../../authorization/requests.ts';
import {
  type Check,
  defineCheck,
  type Finding,
  fail,
  notApplicable,
  outOfScope,
  pass,
  type Reason,
  untested,
  type Verdict,
} from '../../check.ts';
import { golden } from '../../golden.ts';
import { grant, withCode } from '../../golden-authorization.ts';
import { type ShortDocumentClient, treating } from '../../golden-documents.ts';
import { declaredReasons, firstWrong, mapReasons, trialsOf } from '../../reasons.ts';
import { unasked } from '../../unasked.ts';
import { counted, countedWere, firstAndMore } from '../../words.ts';

export type TriedClient = EvidenceMap['documentClients']['asked'][number];

/** A reason, the trials that can give it, and what in their answers gives it. */
export interface ClientReason extends Reason {
  readonly trials: readonly [DocumentTrialId, ...DocumentTrialId[]];
  /** For findings: "a refusal". Absent: that. */
  readonly expected?: string;
  /** It is a refusal that is wrong, which shows nothing where a good client is refused as well. */
  readonly isRefusal?: true;
  /** What is wrong, for `actual`; `undefined`: nothing. Absent: that the client is taken for one. */
  wrong?(tried: TriedClient): string | undefined;
  /** An answer to the first of the trials that is wrong, for examples. */
  readonly example: ShortDocumentClient;
}

interface Judgement<R extends string>
  extends Pick<Check, 'id' | 'title' | 'keyword' | 'severity' | 'requirements'>,
    Partial<Pick<Check, 'pillar'>> {
  /** In this order: of one client the first that applies is given. */
  readonly reasons: Readonly<Record<R, ClientReason>>;
  /** What was done where nothing was wrong: "refused". */
  readonly done: string;
  /** The clients of its trials may be refused as well as taken. */
  readonly mayRefuse?: true;
  /** What else it takes before nothing wrong means that all is well. */
  lacks?(evidence: EvidenceMap['documentClients']): Verdict<never> | undefined;
}

/** A check on what becomes of clients by metadata documents that differ from a good one in one thing each. */
export function judgesClients<const R extends string>({ reasons, done, mayRefuse, lacks, ...declared }: Judgement<R>) {
  const entries = Object.entries(reasons) as [R, ClientReason][];
  const trials = trialsOf(reasons);
  return defineCheck({
    party: 'authorization-server',
    pillar: 'client-registration',
    ...declared,
    assurance: 'sign-in',
    needs: ['documentClients'],
    trials: trials.map((trial) => `documentClients/${trial}`),
    reasons: declaredReasons(reasons),
    judge({ documentClients }): Verdict<R> {
      const { asked, unfit } = documentClients;
      const keyless = withoutKeys(documentClients);
      const own = asked.filter(({ trial }) => trials.includes(trial));
      const told = keyless === undefined ? own : own.filter(({ trial }) => documentTrial(trial).method === undefined);
      const after = withoutControlAfter(documentClients);
      const counting = entries.filter(([, { isRefusal }]) => isRefusal !== true || after === undefined);
      const found = own.flatMap((tried) => findingOf(counting, tried) ?? []);
      // What a stranger was given was given, whatever became of the control.
      if (found.length > 0) return fail(found);
      const missing =
        withoutDocuments(documentClients) ??
        unasked(
          trials.flatMap((trial) => unfit[trial] ?? []),
          own.length,
        ) ??
        (told.length === 0 ? keyless : undefined) ??
        told.map(withoutAnswer).find((each) => each !== undefined) ??
        after ??
        (mayRefuse === true ? undefined : withoutClients(told)) ??
        lacks?.(documentClients) ??
        told.flatMap(withoutGrants)[0];
      return missing ?? pass(`${countedWere(told.length, 'client')} ${done}: ${summaryOf(told)}`);
    },
    examples: {
      pass: [{ says: `all ${done}`, evidence: golden }],
      fail: mapReasons(reasons, ({ trials: [trial], example }) => ({
        says: documentTrial(trial).change,
        evidence: treating(golden, trial, example),
      })),
    },
  });
}

function findingOf<R extends string>(
  entries: readonly (readonly [R, ClientReason])[],
  tried: TriedClient,
): Finding<R> | undefined {
  const found = firstWrong(entries, tried.trial, ({ wrong = taken }) => wrong(tried));
  return (
    found && {
      reason: found.reason,
      expected: found.expected ?? 'a refusal',
      actual: `${found.actual} (what is special of the client: ${documentTrial(tried.trial).change})`,
      at: placesOf(tried.again ?? tried.authorization),
    }
  );
}

/** How it shows that the server went on with the client, in the last of its requests. */
export function taken({
  authorization,
  again = authorization,
}: Pick<AskedDocumentClient, 'authorization' | 'again'>): string | undefined {
  if (codeIn(again) !== undefined) return `a code: ${describeEnd(again.journey.end)}`;
  return again.journey.steps.includes(READ) ? 'the user is asked for consent' : undefined;
}

/** The token that came of a request to the token endpoint, by how that differed. */
export function tokenOf({ authorization: { grants } }: AskedDocumentClient, differs: string): boolean {
  return grants.some((grant) => grant.differs === differs && grant.tokens.access_token !== undefined);
}

export const WITH_ASSERTION = 'with a client assertion';

/** For a reason that a token gives, which came of a request that differed so. */
export const tokenFor = (differs: string) => (tried: TriedClient) =>
  tokenOf(tried, differs) ? `a token, ${differs}` : undefined;

/** For its example: a code whose request, which differed so, gave a token. */
export const giving = (differs: string): ShortDocumentClient => ({
  end: withCode('documentClients/example'),
  grants: [grant('documentClients/example/grant-1', differs)],
});

/** Requests for the document, in words. */
export function fetched({ fetches }: AskedDocumentClient, at: number): string | undefined {
  const count = fetches.further[at] ?? 0;
  return count === 0 ? undefined : `what is there was fetched (${counted(count, 'request')})`;
}

/** Why nothing can be told of how the server treats documents; `undefined`: it takes good ones. */
export function withoutDocuments(documentClients: EvidenceMap['documentClients']): Verdict<never> | undefined {
  const { advertised, control } = documentClients;
  if (!advertised) {
    return notApplicable(
      'the metadata does not say that clients may be known by metadata documents (client_id_metadata_document_supported)',
    );
  }
  const { journey, grants } = control.authorization;
  if (grants.some(({ tokens }) => tokens.access_token !== undefined)) return undefined;
  const { end } = journey;
  if (end.kind === 'stopped') return untested(end.because, end.unlock);
  const said = `a client with a good document on the run’s own host got no token: ${endOf(control)}`;
  // Administrators may import documents by hand, or name the hosts that they take them of (MCP: trust policies).
  return control.fetches.document === 0
    ? (withoutHost(documentClients) ??
        outOfScope(
          `${said}, and nobody came for the document`,
          'an authorization server that takes documents of the host at documentHost.publicUrl from any client, and reaches it: curl that URL from there while a run goes on',
        ))
    : untested(
        `${said}, after its document was fetched`,
        'an authorization server that takes a good document of this host',
      );
}

/**
 * Why it tells nothing of a server that it did not come for a document: it was busy or broke down, the document's URL is
 * none that a server must take, or nobody finds it there, so far as is known.
 */
export function withoutHost({ control, fromHere }: EvidenceMap['documentClients']): Verdict<never> | undefined {
  const { answer } = fromHere ?? {};
  const { protocol, hostname, origin } = new URL(control.clientId);
  if (isBroken(control.authorization)) {
    return untested(
      `the request of a client with a good document ended on ${endOf(control)}`,
      `the run once more, when the authorization server answers; or, where it breaks down because it cannot fetch the document, a documentHost.publicUrl that it reaches (curl ${origin} from there while a run goes on)`,
    );
  }
  // The embedded world, and mock, take those of loopback.
  if (control.fetches.document === 0 && protocol === 'http:' && !isLoopbackHost(hostname)) {
    return outOfScope(
      'nobody came for the document, whose URL has not the https scheme: servers refuse such client ids (client ID metadata documents, 3)',
      'documentHost.publicUrl: an https URL',
    );
  }
  if (control.fetches.document > 0 || (answer?.status === 200 && answer.body.includes(control.clientId))) {
    return undefined;
  }
  return untested(
    `nobody came to documentHost.publicUrl, and by that URL this run does not find its document either: ${fromHere === undefined ? 'not asked' : describe(fromHere)}`,
    `documentHost.publicUrl: a URL that leads to this run (curl ${origin} from outside while a run goes on); or leave documentHost out`,
  );
}

/** How its request ended, without its URL, which is another one in each run. */
export function endOf({ authorization, clientId }: Pick<AskedDocumentClient, 'authorization' | 'clientId'>): string {
  const { origin } = new URL(clientId);
  return describeEnd(authorization.journey.end)
    .split(' ')
    .map((word) => (word.startsWith(origin) ? '…' : word))
    .join(' ');
}

/** Where good keys give no token, it is no merit that others do not. `undefined`: they do, or nobody tried. */
function withoutKeys({ asked }: EvidenceMap['documentClients']): Verdict<never> | undefined {
  const control = asked.find(({ trial }) => trial === 'key-behind-uri');
  if (control === undefined || tokenOf(control, WITH_ASSERTION)) return undefined;
  if (taken(control) === undefined) {
    return (
      withoutAnswer(control) ??
      notApplicable(`it takes no client whose metadata document has private_key_jwt as its method: ${endOf(control)}`)
    );
  }
  const status = control.authorization.grants.find(({ differs }) => differs === WITH_ASSERTION)?.exchange.answer
    ?.status;
  return untested(
    `the positive control is missing: a client whose metadata document has keys got no token for a good assertion${status === undefined ? '' : ` (status ${status})`}`,
    'an authorization server that takes private_key_jwt of clients by metadata document',
  );
}

function withoutControlAfter({ controlAfter }: EvidenceMap['documentClients']): Verdict<never> | undefined {
  const grants = controlAfter?.authorization.grants ?? [];
  if (grants.some(({ tokens }) => tokens.access_token !== undefined)) return undefined;
  const end = controlAfter?.authorization.journey.end;
  if (end?.kind === 'stopped') return untested(end.because, end.unlock);
  return untested(
    `the positive control is missing: after the trials a client with a good document got no token${end === undefined ? '' : ` (${describeEnd(end)})`}`,
    'the run once more, with fewer requests a second (limits.requestsPerSecond)',
  );
}

/** A client that should be taken, and is not, shows nothing of how it would be treated. */
function withoutClients(own: readonly TriedClient[]): Verdict<never> | undefined {
  const refused = own.find((tried) => {
    const { authorization } = tried;
    const { rightly, afterwards } = documentTrial(tried.trial);
    if (rightly === 'code') return codeIn(authorization) === undefined;
    if (rightly === 'consent') return taken(tried) === undefined;
    // It is to be refused once its document has changed, and no sooner.
    return afterwards !== undefined && taken({ authorization }) === undefined;
  });
  return refused === undefined
    ? undefined
    : untested(
        `a client is not taken that should be (what is special of it: ${documentTrial(refused.trial).change}): ${endOf(refused)}`,
        'an authorization server that takes it',
      );
}

const AS_IT_SHOULD_BE = 'as it should be';

/** A code is kept from others where it is good for its own client, and where others are told so. */
function withoutGrants({ trial, authorization: { grants } }: TriedClient): readonly Verdict<never>[] {
  const whose = `what is special of the client: ${documentTrial(trial).change}`;
  const isGiven = ({ tokens }: AskedGrant) => tokens.access_token !== undefined;
  const good = grants.filter(({ differs }) => differs === AS_IT_SHOULD_BE);
  return [
    ...grants
      .filter((grant) => !isGiven(grant) && !isRefused(grant))
      .map(({ exchange }) => untested(`${describe(exchange)} (${whose})`, 'a run in which the token endpoint answers')),
    ...(good.length === 0 || good.some(isGiven)
      ? []
      : [
          untested(
            `the positive control is missing: a code got its own client no token (${describe(good.at(-1)!.exchange)}; ${whose})`,
            'an authorization server that gives such a client tokens',
          ),
        ]),
  ];
}

export function isRefused({ exchange }: AskedGrant): boolean {
  const { status = 0 } = exchange.answer ?? {};
  return !isUnsaid(exchange) && status >= 400 && status < 500;
}

/** What became of a client that should have been taken, and was not; `undefined`: it was, or that says nothing. */
export function notTaken(tried: TriedClient): string | undefined {
  const { authorization, again = authorization, clientId } = tried;
  const { end } = again.journey;
  const error = end.kind === 'left' ? parameter(end, 'error') : undefined;
  const isDown = error === 'server_error' || error === 'temporarily_unavailable';
  return isDown || taken(tried) !== undefined || withoutAnswer(tried) !== undefined
    ? undefined
    : `a refusal: ${endOf({ authorization: again, clientId })}`;
}

/** Too many requests, a server that broke down, or a page that wants an answer nobody gave: none of it is a refusal. */
function withoutAnswer({ trial, authorization, again = authorization }: TriedClient): Verdict<never> | undefined {
  const { end } = again.journey;
  if (end.kind === 'stopped') return untested(end.because, end.unlock);
  const whose = `the request of a client (what is special of it: ${documentTrial(trial).change})`;
  if (isBroken(again)) {
    return untested(
      `${whose} ended on ${describeEnd(end)}`,
      'the run once more, when the authorization server answers',
    );
  }
  if (!again.journey.steps.includes(READ) && isUnanswered(end)) {
    return untested(
      `${whose} ended on a page that wants an answer, and got none: ${describeEnd(end)}`,
      'users.signIn.selectors: CSS selectors of the fields and buttons of that page, or by-hand as its method',
    );
  }
  return undefined;
}

function summaryOf(own: readonly TriedClient[]): string {
  return firstAndMore(own.map(({ trial }) => documentTrial(trial).change));
}
