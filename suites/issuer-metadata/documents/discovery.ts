import type { AskedIssuer, EvidenceMap, Exchange } from '../../../fixtures/evidence.ts';
import { describe, isServerError, wasNotSent } from '../../../fixtures/protocol/answers.ts';
import {
  BYTE_ORDER_MARK,
  describeFetched,
  documentIn,
  issuerDocument,
  last,
} from '../../../fixtures/protocol/documents.ts';
import { absoluteUrl } from '../../../fixtures/protocol/urls.ts';
import { quote } from '../../challenge/refusals.ts';
import {
  defineCheck,
  type Facts,
  type Finding,
  fail,
  notApplicable,
  pass,
  untested,
  type Verdict,
} from '../../check.ts';
import { unheard } from '../../delivery.ts';
import { answeredWith, answering, golden, ISSUER_DOCUMENT, served } from '../../golden.ts';
import {
  broken,
  documentCheck,
  documentsOf,
  isOpenIdProvider,
  NEEDS,
  OAUTH_DOCUMENT,
  redirectedTo,
  seen,
  skip,
  withoutDocument,
} from './document.ts';

const ANY_CANDIDATE = /^issuerMetadata\/issuer-1\/(oauth|openid)$/;

/** Golden evidence whose issuer has a path, its documents where `present` says. */
function withPathIssuer(present: readonly string[]): EvidenceMap {
  const issuer = `${ISSUER_DOCUMENT.issuer}one`;
  const [asked] = golden.issuerMetadata.issuers;
  const [oauth, openid] = ['oauth', 'openid'].map((kind) => asked!.candidates.find((each) => each.kind === kind)!);
  const candidates: AskedIssuer['candidates'] = [oauth!, { ...openid!, kind: 'openid-inserted' as const }, openid!].map(
    ({ kind, fetched: [first] }): AskedIssuer['candidates'][number] => {
      const body = JSON.stringify({ ...ISSUER_DOCUMENT, issuer });
      const answer = { ...first.answer!, ...(present.includes(kind) ? { body } : { status: 404, body: '' }) };
      return { kind, fetched: [answeredWith(first, answer, { id: `issuerMetadata/issuer-1/${kind}` })] };
    },
  );
  return { ...golden, issuerMetadata: { ...golden.issuerMetadata, issuers: [{ issuer, candidates }] } };
}

/** Golden evidence whose resource metadata names the URL of OpenID discovery, at which nothing is found. */
function namedByItsMetadataUrl(): EvidenceMap {
  const { issuerMetadata } = answering(ANY_CANDIDATE, { status: 404 });
  const issuer = `${ISSUER_DOCUMENT.issuer}.well-known/openid-configuration`;
  const issuers = issuerMetadata.issuers.map(({ candidates }) => ({ issuer, candidates }));
  return { ...golden, issuerMetadata: { ...issuerMetadata, issuers } };
}

type Reason =
  | 'no-answer'
  | 'no-document'
  | 'not-a-json-object'
  | 'server-error'
  | 'issuer-is-a-metadata-url'
  | 'first-location-stops-clients';

export const publishesMetadata = defineCheck({
  id: 'issuer-metadata/publishes-metadata',
  title: 'Publishes authorization server metadata where clients look for it',
  keyword: 'MUST',
  since: '2025-06-18',
  severity: 'critical',
  party: 'authorization-server',
  pillar: 'token-issuance',
  requirements: [
    'MCP-as-metadata-provided',
    'RFC8414-3-path-insertion',
    'AUTH0-as-metadata-oauth',
    'AUTH0-as-metadata-oidc',
  ],
  assurance: 'anonymous',
  needs: NEEDS,
  reasons: {
    'no-answer': {
      says: 'Nothing answers where the metadata of the authorization server should be, so a client cannot begin authorization.',
      fix: {
        general:
          'By what the failure says: where the name does not resolve or the connection is refused, write the public host and port into authorization_servers; where the certificate is refused, renew it or serve its whole chain; where time runs out, look at firewalls and at what the authorization server waits for.',
        auth0: {
          text: 'Write the domain of the tenant or its custom domain into authorization_servers, as https://YOUR_DOMAIN/.',
          command: 'curl -s https://YOUR_DOMAIN/.well-known/oauth-authorization-server',
        },
      },
    },
    'no-document': {
      says: 'No well-known location of the issuer answers 200, so a client cannot begin authorization.',
      fix: {
        general:
          'Serve RFC 8414 metadata at /.well-known/oauth-authorization-server, for an issuer with a path with that path behind it, or OpenID discovery at ISSUER/.well-known/openid-configuration; or correct authorization_servers, which has to hold the issuer and not the URL of a login page or an API. Where a location redirects to a sign-in page, exempt it from the guard that does.',
        auth0: {
          text: 'Write https://YOUR_DOMAIN/ into authorization_servers, without a path; the tenant serves both documents there.',
          command: 'curl -s https://YOUR_DOMAIN/.well-known/oauth-authorization-server',
        },
      },
    },
    'not-a-json-object': {
      says: 'A well-known location of the issuer answers 200, but with no JSON object, and no other location has metadata.',
      fix: {
        general:
          'Serve the metadata as a JSON object; an HTML page here usually means that a web application answers unknown paths with its start page.',
      },
    },
    'server-error': {
      says: 'The authorization server fails with a server error where its metadata should be.',
      fix: {
        general:
          'Look into the log of the authorization server for the error at these URLs; the locations are right where software knows them and fails.',
      },
    },
    'issuer-is-a-metadata-url': {
      says: 'authorization_servers names the URL of a metadata document instead of an issuer, and clients that build on it find nothing.',
      fix: {
        general:
          'Write into authorization_servers what stands before /.well-known/, exactly as issuer in that document says it.',
        auth0: { text: 'Write https://YOUR_DOMAIN/ into authorization_servers.' },
      },
    },
    'first-location-stops-clients': {
      says: 'A location that clients try first answers 200 without a JSON object or with a server error, at which they stop instead of trying the next, where metadata is.',
      // The document is there; MCP does not say what a client does with such an answer, and SDK clients give up.
      keyword: 'SHOULD',
      fix: {
        general:
          'Answer 404 where there is no metadata, or serve the same document there: a start page for unknown paths or an error does not send clients on.',
      },
    },
  },
  judge(evidence, facts) {
    const asked = evidence.issuerMetadata.issuers.filter(({ candidates }) => candidates.length > 0);
    if (asked.length === 0) return withoutDocument(evidence) ?? notApplicable('no issuer is named');
    const findings: Finding<Reason>[] = [];
    const stopped: Verdict<never>[] = [];
    for (const issuer of asked) {
      if (issuerDocument(issuer) !== undefined) {
        findings.push(...stoppingBefore(issuer));
        continue;
      }
      const tried = issuer.candidates.map(({ fetched }) => last(fetched));
      const problem = unjudged(issuer, tried, facts);
      if (problem !== undefined) stopped.push(problem);
      else findings.push(notFound(issuer));
    }
    if (findings.length > 0) return fail(findings);
    if (stopped[0] !== undefined) return stopped[0];
    return pass(asked.map((issuer) => issuerDocument(issuer)!.exchange.request.url).join(', '));
  },
  examples: {
    pass: [{ says: 'found', evidence: golden }],
    fail: {
      'no-answer': {
        says: 'nobody listens',
        evidence: answering(ANY_CANDIDATE, { failure: { kind: 'refused', message: 'connection refused' } }),
      },
      'no-document': { says: '404 at each', evidence: answering(ANY_CANDIDATE, { status: 404 }) },
      'not-a-json-object': {
        says: 'a web page',
        evidence: answering(ANY_CANDIDATE, { headers: { 'Content-Type': 'text/html' }, body: '<html>' }),
      },
      'server-error': { says: '500 at each', evidence: answering(ANY_CANDIDATE, { status: 500 }) },
      'issuer-is-a-metadata-url': { says: 'the URL of OpenID discovery', evidence: namedByItsMetadataUrl() },
      'first-location-stops-clients': {
        says: 'a web page first',
        evidence: answering(OAUTH_DOCUMENT, { headers: { 'Content-Type': 'text/html' }, body: '<html>' }),
      },
    },
  },
});

const REACHED = 'issuer-metadata/names-an-issuer-that-clients-reach';

/** Whether policy refuses the issuer's own host; a hop after it is of another address than the one that is named. */
function isRefusedOutright({ candidates }: AskedIssuer): boolean {
  return candidates.every(({ fetched: [first] }) => first.failure?.kind === 'egress');
}

/** Why nothing can be said of an issuer without a document. */
function unjudged(issuer: AskedIssuer, tried: readonly Exchange[], facts: Facts): Verdict<never> | undefined {
  const refused = tried.find(({ failure }) => failure?.kind === 'egress');
  if (refused !== undefined && isRefusedOutright(issuer) && facts.server.exposure === 'public') {
    return untested(
      `${issuer.issuer}: ${refused.failure?.message}`,
      'network.hosts: the host of the issuer, if it may be asked',
      REACHED,
    );
  }
  const silent = tried.map(unheard).find((verdict) => verdict !== undefined);
  if (silent !== undefined) return silent;
  const cut = tried.find(({ answer, failure }) => answer?.truncated === true || failure?.kind === 'too-large');
  return cut && untested(`${cut.request.url}: too long to be read`, 'a shorter metadata document');
}

function notFound({ issuer, candidates }: AskedIssuer): Finding<Reason> {
  const tried = candidates.map(({ fetched }) => last(fetched));
  const answered = tried.filter(({ answer }) => answer !== undefined);
  const reason = absoluteUrl(issuer)?.pathname.includes('/.well-known/')
    ? 'issuer-is-a-metadata-url'
    : answered.some(({ answer }) => answer?.status === 200)
      ? 'not-a-json-object'
      : answered.some(({ answer }) => isServerError(answer))
        ? 'server-error'
        : answered.length > 0
          ? 'no-document'
          : 'no-answer';
  return {
    reason,
    expected: 'a JSON object at a well-known location of the issuer',
    actual: [...new Set(candidates.map(({ fetched }) => describeFetched(fetched)))].join('; '),
    at: tried.map(({ id }) => id),
  };
}

/** Locations before the one that has the document, whose answers keep clients from asking there. */
function stoppingBefore({ candidates }: AskedIssuer): readonly Finding<Reason>[] {
  const found = candidates.findIndex(({ fetched }) => documentIn(last(fetched)) !== undefined);
  return candidates
    .slice(0, found)
    .filter(({ fetched }) => {
      const { answer } = last(fetched);
      return isServerError(answer) || (answer?.status === 200 && !answer.truncated);
    })
    .map(({ fetched }) => ({
      reason: 'first-location-stops-clients',
      expected: 'the document, or 404',
      actual: describeFetched(fetched),
      at: [last(fetched).id],
    }));
}

const REFUSED = { failure: { kind: 'egress', message: 'tenant.example.com resolves to 10.0.0.1' } } as const;

export const namesAnIssuerThatClientsReach = defineCheck({
  id: REACHED,
  title: 'Names no authorization server that its own clients cannot reach',
  // No document forbids it, and all users of a server may be inside one network.
  keyword: 'ADVICE',
  since: '2025-06-18',
  severity: 'high',
  party: 'mcp-server',
  requirements: ['RFC9728-7.7-client-ssrf', 'MCP-prm-authorization-servers'],
  assurance: 'anonymous',
  needs: NEEDS,
  reasons: {
    'private-address': {
      says: 'A server on the internet names an authorization server with a loopback or private address; its clients do not reach that, and cautious ones refuse to try.',
      fix: {
        general:
          'Write the public issuer into authorization_servers. localhost or an internal name there usually is configuration of a development machine or a container; where an internal address is meant and may be asked, list its host in network.hosts of the profile.',
        auth0: { text: 'Write https://YOUR_DOMAIN/ into authorization_servers, the tenant or its custom domain.' },
      },
    },
  },
  judge(evidence, { server }) {
    if (server.exposure !== 'public') {
      return notApplicable(`the server has a ${server.exposure} address, and so may its authorization server`);
    }
    const asked = evidence.issuerMetadata.issuers.filter(({ candidates }) => candidates.length > 0);
    if (asked.length === 0) return withoutDocument(evidence) ?? notApplicable('no issuer is named');
    const findings = asked.filter(isRefusedOutright).flatMap(({ issuer, candidates: [candidate] }) => {
      const { failure, id } = candidate!.fetched[0];
      const actual = `authorization_servers names ${quote(issuer)}: ${failure?.message}`;
      return [{ reason: 'private-address' as const, expected: 'an issuer on the internet', actual, at: [id] }];
    });
    if (findings.length > 0) return fail(findings);
    // An answer of whatever kind shows that the address is one that may be asked.
    const unasked = asked.find(({ candidates }) => candidates.every(({ fetched: [first] }) => wasNotSent(first)));
    return unasked === undefined
      ? pass(asked.map(({ issuer }) => issuer).join(', '))
      : unheard(unasked.candidates[0]!.fetched[0])!;
  },
  examples: {
    pass: [{ says: 'a public issuer', evidence: golden }],
    fail: { 'private-address': { says: 'a private one', evidence: answering(ANY_CANDIDATE, REFUSED) } },
  },
});

export const servesOAuthMetadata = documentCheck({
  id: 'issuer-metadata/serves-oauth-metadata',
  title: 'Serves RFC 8414 metadata, not OpenID discovery alone',
  // 2025-06-18 names RFC 8414 alone with MUST; RFC 8414 5 counts openid-configuration as a compatible location.
  keyword: 'SHOULD',
  until: '2025-06-18',
  severity: 'medium',
  requirements: ['MCP-as-metadata-provided', 'AUTH0-as-metadata-oauth'],
  expected: 'a JSON object at /.well-known/oauth-authorization-server',
  reasons: {
    'openid-alone': {
      says: 'The authorization server has OpenID discovery and no RFC 8414 metadata, the only place where clients of 2025-06-18 look.',
      fix: {
        general:
          'Serve the same document at /.well-known/oauth-authorization-server too, for an issuer with a path with that path behind it.',
      },
    },
  },
  rule({ kind, exchange: { request }, asked }) {
    if (kind === 'oauth') return seen(request.url);
    const tried = asked.candidates.filter(({ kind }) => kind === 'oauth').map(({ fetched }) => last(fetched));
    return {
      breaches: tried.map((exchange) => ({
        reason: 'openid-alone',
        actual: `${exchange.request.url}: ${describe(exchange)}`,
        at: exchange.id,
      })),
    };
  },
  fails: { 'openid-alone': ['OpenID discovery alone', answering(OAUTH_DOCUMENT, { status: 404 })] },
});

export const servesOpenIdDiscoveryBehindItsPath = documentCheck({
  id: 'issuer-metadata/serves-openid-discovery-behind-its-path',
  title: 'Serves OpenID discovery behind the path of its issuer',
  keyword: 'MUST',
  severity: 'low',
  requirements: ['OIDC-DISCOVERY-4-path-append'],
  expected: 'a JSON object at ISSUER/.well-known/openid-configuration',
  reasons: {
    'inserted-alone': {
      says: 'OpenID discovery stands before the path of the issuer only; OpenID clients look behind it.',
      fix: { general: 'Serve the document at ISSUER/.well-known/openid-configuration as well.' },
    },
    'beside-oauth': {
      says: 'Beside RFC 8414 metadata, OpenID discovery stands before the path of the issuer only; OpenID clients look behind it.',
      // RFC 8414 5 lets the well-known name of OpenID hold metadata that is none of OpenID Discovery.
      keyword: 'ADVICE',
      fix: { general: 'Serve the document at ISSUER/.well-known/openid-configuration as well.' },
    },
  },
  rule({ issuer, asked }) {
    if ((absoluteUrl(issuer)?.pathname ?? '/') === '/') return skip('the issuer has no path');
    const provider = documentsOf(asked).find(
      ({ kind, document }) => kind === 'openid-inserted' && isOpenIdProvider(document),
    );
    if (provider === undefined) return skip('no OpenID discovery stands before the path of the issuer');
    const appended = asked.candidates.filter(({ kind }) => kind === 'openid').map(({ fetched }) => last(fetched));
    if (appended.some((exchange) => documentIn(exchange) !== undefined)) return seen('OpenID discovery at both places');
    const actual = appended.map((exchange) => `${exchange.request.url}: ${describe(exchange)}`).join('; ');
    const reason = documentsOf(asked).some(({ kind }) => kind === 'oauth') ? 'beside-oauth' : 'inserted-alone';
    return { breaches: [{ reason, actual, at: appended[0]?.id ?? provider.exchange.id }] };
  },
  fails: {
    'inserted-alone': ['before the path alone', withPathIssuer(['openid-inserted'])],
    'beside-oauth': ['before the path, beside RFC 8414', withPathIssuer(['oauth', 'openid-inserted'])],
  },
  passes: [['behind the path too', withPathIssuer(['oauth', 'openid-inserted', 'openid'])]],
});

export const sendsItsMetadataAsJson = documentCheck({
  id: 'issuer-metadata/sends-its-metadata-as-json',
  title: 'Sends its metadata as application/json',
  keyword: 'MUST',
  severity: 'medium',
  requirements: ['RFC8414-3.2-status-and-type'],
  each: true,
  expected: 'Content-Type: application/json',
  reasons: {
    'byte-order-mark': {
      says: 'The metadata of the authorization server begins with a byte order mark, at which many parsers stop.',
      fix: { general: 'Save or send the document as UTF-8 without a byte order mark (RFC 8259 8.1).' },
    },
    'other-type': {
      says: 'The metadata of the authorization server is JSON, but its media type is not application/json; strict clients refuse to read it.',
      fix: {
        general:
          'Send Content-Type: application/json with the metadata. A static file host picks the type by the file name, and these files have no ending: set it in its configuration.',
      },
    },
  },
  rule({ exchange }) {
    if (exchange.answer?.body.startsWith(BYTE_ORDER_MARK)) {
      return broken('byte-order-mark', `${exchange.request.url} begins with U+FEFF`);
    }
    const type = exchange.answer?.headers.filter(([name]) => name.toLowerCase() === 'content-type') ?? [];
    const [media = ''] = (type[0]?.[1] ?? '').split(';');
    const actual = `${exchange.request.url}: ${type.length === 0 ? 'no Content-Type' : `Content-Type ${quote(type[0]![1])}`}`;
    return media.trim().toLowerCase() === 'application/json'
      ? seen(actual)
      : { breaches: [{ reason: 'other-type', actual }] };
  },
  passes: [
    [
      'with a charset',
      answering(OAUTH_DOCUMENT, {
        ...served(ISSUER_DOCUMENT),
        headers: { 'Content-Type': 'application/json; charset=utf-8' },
      }),
    ],
  ],
  fails: {
    'byte-order-mark': [
      'a mark',
      answering(OAUTH_DOCUMENT, {
        ...served(ISSUER_DOCUMENT),
        body: `${BYTE_ORDER_MARK}${served(ISSUER_DOCUMENT).body}`,
      }),
    ],
    'other-type': [
      'text/plain',
      answering(OAUTH_DOCUMENT, { ...served(ISSUER_DOCUMENT), headers: { 'Content-Type': 'text/plain' } }),
    ],
  },
});

export const servesItsMetadataWithoutRedirect = documentCheck({
  id: 'issuer-metadata/serves-its-metadata-without-redirect',
  title: 'Serves its metadata at the well-known location itself',
  keyword: 'ADVICE',
  severity: 'low',
  requirements: ['RFC8414-3.2-status-and-type'],
  each: true,
  expected: 'status 200 at the well-known location',
  reasons: {
    redirects: {
      says: 'The well-known location of the metadata redirects; clients that follow no redirects there, a defence against request forgery, stop here.',
      fix: {
        general:
          'Answer 200 with the document at the well-known location itself; pass it through in the proxy instead of redirecting.',
      },
    },
  },
  rule({ kind, asked }) {
    const [first] = asked.candidates.find((each) => each.kind === kind)!.fetched;
    const actual = `${first.request.url}: ${describe(first)}`;
    return documentIn(first) === undefined
      ? { breaches: [{ reason: 'redirects', actual, at: first.id }] }
      : seen(actual);
  },
  fails: { redirects: ['elsewhere', redirectedTo('https://tenant.example.com/metadata.json')] },
});

export const discoveryChecks = [
  publishesMetadata,
  namesAnIssuerThatClientsReach,
  servesOAuthMetadata,
  servesOpenIdDiscoveryBehindItsPath,
  sendsItsMetadataAsJson,
  servesItsMetadataWithoutRedirect,
];
