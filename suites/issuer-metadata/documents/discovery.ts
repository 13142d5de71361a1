import type { AskedIssuer, EvidenceMap, Exchange } from '../../../fixtures/evidence.ts';
import { describe } from '../../../fixtures/protocol/answers.ts';
import { documentIn, issuerDocument, last } from '../../../fixtures/protocol/documents.ts';
import { urlOf } from '../../../fixtures/protocol/urls.ts';
import { quote } from '../../challenge/refusals.ts';
import { defineCheck, type Finding, fail, notApplicable, pass, untested, type Verdict } from '../../check.ts';
import { answering, golden, ISSUER_DOCUMENT, served } from '../../golden.ts';
import {
  type Documents,
  documentCheck,
  documentsOf,
  isOpenIdProvider,
  isUnsent,
  NEEDS,
  OAUTH_DOCUMENT,
  seen,
  skip,
  withoutDocument,
} from './document.ts';

/** Says "not now" and not "not here" (RFC 6585 4, RFC 9110 15.6.4). */
const LATER = [429, 503];

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
      return { kind, fetched: [{ ...first, id: `issuerMetadata/issuer-1/${kind}`, answer }] };
    },
  );
  return { ...golden, issuerMetadata: { ...golden.issuerMetadata, issuers: [{ issuer, candidates }] } };
}

type Reason = 'no-answer' | 'no-document' | 'not-a-json-object';

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
          'Check that the host in authorization_servers is the public one, that its name resolves and that its certificate is good; then serve the metadata there.',
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
          'Serve RFC 8414 metadata at /.well-known/oauth-authorization-server, for an issuer with a path with that path behind it, or OpenID discovery at ISSUER/.well-known/openid-configuration; or correct authorization_servers, which has to hold the issuer and not the URL of a login page or an API.',
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
  },
  judge(evidence) {
    const asked = evidence.issuerMetadata.issuers.filter(({ candidates }) => candidates.length > 0);
    if (asked.length === 0) return withoutDocument(evidence) ?? notApplicable('no issuer is named');
    const findings: Finding<Reason>[] = [];
    const stopped: Verdict<never>[] = [];
    for (const issuer of asked) {
      if (issuerDocument(issuer) !== undefined) continue;
      const tried = issuer.candidates.map(({ fetched }) => last(fetched));
      const problem = unjudged(issuer.issuer, tried);
      if (problem !== undefined) stopped.push(problem);
      else findings.push(notFound(tried));
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
    },
  },
});

/** Why nothing can be said of an issuer without a document. */
function unjudged(issuer: string, tried: readonly Exchange[]): Verdict<never> | undefined {
  const unsent = tried.find(isUnsent);
  if (unsent !== undefined) {
    return untested(
      `${issuer}: ${unsent.failure?.message}`,
      'network.hosts: the host of the issuer, if it may be asked',
      'issuer-metadata/names-an-issuer-that-clients-reach',
    );
  }
  const later = tried.find(({ answer }) => LATER.includes(answer?.status ?? 0));
  if (later !== undefined) return untested(`${later.request.url}: ${describe(later)}`, 'an issuer that answers now');
  const cut = tried.find(({ answer, failure }) => answer?.truncated === true || failure?.kind === 'too-large');
  return cut && untested(`${cut.request.url}: too long to be read`, 'a shorter metadata document');
}

function notFound(tried: readonly Exchange[]): Finding<Reason> {
  const answered = tried.filter(({ answer }) => answer !== undefined);
  const good = answered.some(({ answer }) => answer?.status === 200);
  return {
    reason: good ? 'not-a-json-object' : answered.length > 0 ? 'no-document' : 'no-answer',
    expected: 'a JSON object at a well-known location of the issuer',
    actual: tried.map((exchange) => `${exchange.request.url}: ${describe(exchange)}`).join('; '),
    at: tried.map(({ id }) => id),
  };
}

const REFUSED = { failure: { kind: 'egress', message: 'tenant.example.com resolves to 10.0.0.1' } } as const;

export const namesAnIssuerThatClientsReach = defineCheck({
  id: 'issuer-metadata/names-an-issuer-that-clients-reach',
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
    const findings = asked.flatMap(({ issuer, candidates }) => {
      // Hops are of another address than the one that is named.
      const refused = candidates
        .map(({ fetched: [first] }) => first)
        .filter(({ failure }) => failure?.kind === 'egress');
      const [first] = refused;
      if (first === undefined || refused.length < candidates.length) return [];
      const { failure, id } = first;
      const actual = `authorization_servers names ${quote(issuer)}: ${failure?.message}`;
      return [{ reason: 'private-address' as const, expected: 'an issuer on the internet', actual, at: [id] }];
    });
    return findings.length > 0 ? fail(findings) : pass(asked.map(({ issuer }) => issuer).join(', '));
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
  rule(found, _facts, asked) {
    if (found.kind === 'oauth') return seen(found.exchange.request.url);
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
  },
  rule({ issuer }, _facts, asked) {
    if ((urlOf(issuer)?.pathname ?? '/') === '/') return skip('the issuer has no path');
    const provider = documentsOf(asked).find(
      ({ kind, document }) => kind === 'openid-inserted' && isOpenIdProvider(document),
    );
    if (provider === undefined) return skip('no OpenID discovery stands before the path of the issuer');
    const appended = asked.candidates.filter(({ kind }) => kind === 'openid').map(({ fetched }) => last(fetched));
    if (appended.some((exchange) => documentIn(exchange) !== undefined)) return seen('OpenID discovery at both places');
    const actual = appended.map((exchange) => `${exchange.request.url}: ${describe(exchange)}`).join('; ');
    return { breaches: [{ reason: 'inserted-alone', actual, at: appended[0]?.id ?? provider.exchange.id }] };
  },
  fails: {
    'inserted-alone': ['before the path alone', withPathIssuer(['oauth', 'openid-inserted'])],
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
    'other-type': {
      says: 'The metadata of the authorization server is JSON, but its media type is not application/json; strict clients refuse to read it.',
      fix: {
        general:
          'Send Content-Type: application/json with the metadata. A static file host picks the type by the file name, and these files have no ending: set it in its configuration.',
      },
    },
  },
  rule({ exchange }) {
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
    'other-type': [
      'text/plain',
      answering(OAUTH_DOCUMENT, { ...served(ISSUER_DOCUMENT), headers: { 'Content-Type': 'text/plain' } }),
    ],
  },
});

/** Golden evidence whose issuer redirects from the well-known location. */
function redirected(): Documents {
  const [asked] = golden.issuerMetadata.issuers;
  const [oauth, ...others] = asked!.candidates;
  const [first] = oauth!.fetched;
  const location = 'https://tenant.example.com/metadata.json';
  const hop: Exchange = {
    ...first,
    answer: { ...first.answer!, status: 302, headers: [['Location', location]], body: '' },
  };
  const end: Exchange = { ...first, id: `${first.id}/hop-1`, request: { ...first.request, url: location } };
  const candidates = [{ kind: oauth!.kind, fetched: [hop, end] as const }, ...others];
  return { ...golden, issuerMetadata: { ...golden.issuerMetadata, issuers: [{ ...asked!, candidates }] } };
}

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
  rule({ kind }, _facts, asked) {
    const [first] = asked.candidates.find((each) => each.kind === kind)!.fetched;
    const actual = `${first.request.url}: ${describe(first)}`;
    return documentIn(first) === undefined
      ? { breaches: [{ reason: 'redirects', actual, at: first.id }] }
      : seen(actual);
  },
  fails: { redirects: ['elsewhere', redirected()] },
});

export const discoveryChecks = [
  publishesMetadata,
  namesAnIssuerThatClientsReach,
  servesOAuthMetadata,
  servesOpenIdDiscoveryBehindItsPath,
  sendsItsMetadataAsJson,
  servesItsMetadataWithoutRedirect,
];
