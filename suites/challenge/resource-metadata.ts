import type { Fetched } from '../../fixtures/evidence.ts';
import { protectedOperation } from '../../fixtures/protected-operation.ts';
import { isSettled, mediaType } from '../../fixtures/protocol/answers.ts';
import { parameter } from '../../fixtures/protocol/challenges.ts';
import { describeFetched, documentIn, last, resourceDocument } from '../../fixtures/protocol/documents.ts';
import { urlOf } from '../../fixtures/protocol/urls.ts';
import { defineCheck, fail, notApplicable, pass, untested } from '../check.ts';
import {
  ANY_401,
  answering,
  golden,
  goldenFacts,
  type ShortAnswer,
  unauthorized,
  WITH_INVALID_TOKEN,
} from '../golden.ts';
import { offersNothing } from '../issuer-metadata/own-origin-evidence.ts';
import {
  gather,
  judgeRefusals,
  noRefusal,
  quote,
  type Refusal,
  refusalsOfInvalidTokens,
  refusalsWithoutToken,
  unsettled,
} from './refusals.ts';

/** MCP reads `resource_metadata` from any challenge, whatever its scheme (RFC 9728 5.1 names no scheme). */
const pointsToMetadata = ({ parsed }: Refusal) =>
  parsed.challenges.some((each) => parameter(each, 'resource_metadata') !== undefined);

/** The exchange that a `resource_metadata` value led to. */
const reached = ({ fetched }: { readonly fetched?: Fetched }) => (fetched === undefined ? undefined : last(fetched));

export const pointsToResourceMetadata = defineCheck({
  id: 'challenge/points-to-resource-metadata',
  title: 'Points each challenge to its resource metadata',
  // 2025-06-18 has no other way to find the metadata; later revisions have the well-known location beside it.
  keyword: { '2025-06-18': 'MUST', '2025-11-25': 'ADVICE' },
  since: '2025-06-18',
  severity: 'high',
  party: 'mcp-server',
  requirements: ['MCP-prm-challenge-header-mandatory', 'RFC9728-5.1-resource-metadata-param', 'AUTH0-rs-401'],
  assurance: 'anonymous',
  needs: ['anonymous'],
  uses: ['challenge', 'credentials', 'resourceMetadata'],
  reasons: {
    absent: {
      says: 'No challenge says where the resource metadata is.',
      fix: {
        general:
          'Add resource_metadata="URL of your resource metadata" to the Bearer challenge; many clients look nowhere else.',
      },
    },
    'absent-for-a-bad-token': {
      says: 'The challenge to a missing token says where the resource metadata is, the challenge to a refused token does not.',
      fix: { general: 'Build both challenges in one place, so that resource_metadata stands in each 401.' },
    },
  },
  judge(evidence) {
    // What offers no token scheme at all is a finding of its own.
    const relevant = (refusal: Refusal) => refusal.bearer.length > 0 || pointsToMetadata(refusal);
    const plain = refusalsWithoutToken(evidence).filter(relevant);
    const invalid = refusalsOfInvalidTokens(evidence).filter(relevant);
    if (plain.length === 0 && refusalsWithoutToken(evidence).length > 0) {
      return untested('no challenge offers Bearer', 'a Bearer challenge', 'challenge/offers-the-bearer-scheme');
    }
    const published =
      evidence.resourceMetadata === undefined || resourceDocument(evidence.resourceMetadata) !== undefined;
    if (!published && ![...plain, ...invalid].some(pointsToMetadata)) {
      return untested('there is no metadata to point to', 'resource metadata', 'challenge/leads-to-resource-metadata');
    }
    const plainPoints = plain.some(pointsToMetadata);
    return judgeRefusals(
      [...plain, ...invalid],
      'resource_metadata="…" in each challenge',
      (refusal) => {
        if (pointsToMetadata(refusal)) return [];
        const reason = plainPoints && invalid.includes(refusal) ? 'absent-for-a-bad-token' : 'absent';
        return [{ reason, actual: `the challenge is ${quote(refusal.fields.join(', '))}` }];
      },
      'each challenge names resource_metadata',
    );
  },
  examples: {
    pass: [{ says: 'named in each', evidence: golden }],
    fail: {
      absent: { says: 'named nowhere', evidence: answering(ANY_401, unauthorized('Bearer realm="mcp"')) },
      'absent-for-a-bad-token': {
        says: 'not for a bad token',
        evidence: answering(WITH_INVALID_TOKEN, unauthorized('Bearer error="invalid_token"')),
      },
    },
  },
});

export const namesAMetadataUrlThatWorks = defineCheck({
  id: 'challenge/names-a-metadata-url-that-works',
  title: 'Names a metadata URL that leads to a JSON document',
  keyword: 'MUST',
  since: '2025-06-18',
  severity: 'high',
  party: 'mcp-server',
  requirements: ['MCP-prm-challenge-param-resolves', 'MCP-prm-implemented'],
  assurance: 'anonymous',
  needs: ['resourceMetadata'],
  reasons: {
    'no-answer': {
      says: 'Nothing answers at the metadata URL of the challenge.',
      fix: {
        general:
          'Write the public URL of the metadata into resource_metadata, as clients see it from outside: scheme, host and port of the deployment, not of the container.',
      },
    },
    'wrong-status': {
      says: 'The metadata URL of the challenge does not answer 200.',
      fix: {
        general:
          'Serve the metadata at that URL without asking for a token, or correct resource_metadata. Where the URL redirects to a sign-in page, exempt it from the guard that does.',
      },
    },
    'not-a-json-object': {
      says: 'The metadata URL of the challenge answers 200, but with no JSON object.',
      fix: {
        general:
          'Serve the metadata as a JSON object; an HTML page here usually means that a web application answers unknown paths with its start page.',
      },
    },
  },
  judge({ resourceMetadata }) {
    const named = resourceMetadata.fromChallenge.map((each) => ({ ...each, exchange: reached(each) }));
    if (named.length === 0) return notApplicable('no challenge names a metadata URL');
    const barred = named.find(({ exchange }) => exchange?.failure?.kind === 'egress');
    if (barred !== undefined) {
      return untested(
        `${barred.value}: ${barred.exchange?.failure?.message}`,
        'network.hosts: the host, if it may be asked',
      );
    }
    // Nothing listening there is the finding; being put off is not.
    const putOff = named.flatMap(({ exchange }) =>
      exchange !== undefined &&
      (exchange.failure?.kind === 'budget' || (exchange.answer !== undefined && !isSettled(exchange)))
        ? [exchange]
        : [],
    );
    const silent = unsettled(putOff);
    if (silent !== undefined) return silent;
    const dead = named.filter(({ exchange }) => documentIn(exchange) === undefined);
    // A guard before the only document is one defect, whoever names the document.
    const isGuarded = dead.length > 0 && dead.every(({ exchange }) => exchange?.answer?.status === 401);
    if (isGuarded && resourceDocument(resourceMetadata) === undefined) {
      return untested(
        'the metadata URL asks for a token',
        'metadata that needs no token',
        'resource-metadata/needs-no-token',
      );
    }
    const breaches = dead.map(({ value, namedBy, fetched, exchange }) => {
      const actual = fetched === undefined ? `${value}: no URL` : describeFetched(fetched);
      const at = exchange?.id ?? namedBy;
      if (exchange?.answer === undefined) return { reason: 'no-answer' as const, actual, at };
      if (exchange.answer.status !== 200) return { reason: 'wrong-status' as const, actual, at };
      return {
        reason: 'not-a-json-object' as const,
        actual: `${value}: status 200, ${mediaType(exchange.answer) || 'no content type'}`,
        at,
      };
    });
    if (breaches.length > 0) return fail(gather(breaches, 'status 200 and a JSON object, without a token'));
    return pass(`${named.map(({ value }) => value).join(', ')} answered 200 with a JSON object`);
  },
  examples: {
    pass: [{ says: 'a document', evidence: golden }],
    fail: {
      'no-answer': {
        says: 'nothing there',
        evidence: answering(/^resourceMetadata\/challenge/, {
          failure: { kind: 'refused', message: 'connection refused' },
        }),
      },
      'wrong-status': { says: '404', evidence: answering(/^resourceMetadata\/challenge/, { status: 404 }) },
      'not-a-json-object': {
        says: 'HTML',
        evidence: answering(/^resourceMetadata\/challenge/, {
          headers: { 'Content-Type': 'text/html' },
          body: '<html>',
        }),
      },
    },
  },
});

/** Golden evidence whose challenge names another URL. */
function naming(value: string, document: ShortAnswer = {}) {
  const evidence = answering(/^resourceMetadata\/challenge/, document);
  const [first] = evidence.resourceMetadata.fromChallenge;
  return { ...evidence, resourceMetadata: { ...evidence.resourceMetadata, fromChallenge: [{ ...first!, value }] } };
}

export const namesAnAbsoluteMetadataUrl = defineCheck({
  id: 'challenge/names-an-absolute-metadata-url',
  title: 'Names the metadata by an absolute URL',
  keyword: 'SHOULD',
  since: '2025-06-18',
  severity: 'high',
  party: 'mcp-server',
  requirements: ['RFC9728-5.1-resource-metadata-param', 'MCP-prm-challenge-param-resolves'],
  assurance: 'anonymous',
  needs: ['resourceMetadata'],
  reasons: {
    relative: {
      says: 'resource_metadata is no absolute URL; clients that do not resolve it stop here.',
      fix: { general: 'Write the whole URL, with https:// and the host.' },
    },
  },
  judge({ resourceMetadata }) {
    const named = resourceMetadata.fromChallenge.map((each) => ({ ...each, exchange: reached(each) }));
    if (named.length === 0) return notApplicable('no challenge names a metadata URL');
    const breaches = named
      .filter(({ value }) => urlOf(value) === undefined)
      .map(({ value, namedBy, exchange }) => ({
        reason: 'relative' as const,
        actual: `resource_metadata is ${quote(value)}`,
        at: exchange?.id ?? namedBy,
      }));
    return breaches.length > 0
      ? fail(gather(breaches, 'an absolute URL'))
      : pass(named.map(({ value }) => value).join(', '));
  },
  examples: {
    pass: [{ says: 'absolute', evidence: golden }],
    fail: { relative: { says: 'a path', evidence: naming('/.well-known/oauth-protected-resource') } },
  },
});

export const namesAnHttpsMetadataUrl = defineCheck({
  id: 'challenge/names-an-https-metadata-url',
  title: 'Names the metadata by an https URL',
  keyword: 'MUST',
  since: '2025-06-18',
  severity: 'high',
  party: 'mcp-server',
  requirements: ['MCP-comm-security-tls'],
  assurance: 'anonymous',
  needs: ['resourceMetadata'],
  reasons: {
    http: {
      says: 'The metadata URL of the challenge is plain http, so anybody on the path can name another authorization server.',
      fix: {
        general:
          'Write https:// into resource_metadata. Behind a proxy that ends TLS, build the URL from configuration, not from the request.',
      },
    },
  },
  judge({ resourceMetadata }, { server }) {
    const named = resourceMetadata.fromChallenge.map((each) => ({ ...each, exchange: reached(each) }));
    if (named.length === 0) return notApplicable('no challenge names a metadata URL');
    if (server.exposure !== 'public')
      return notApplicable(`the server has a ${server.exposure} address, where plain http is a laboratory's choice`);
    const breaches = named
      .filter(({ value }) => urlOf(value, server.url)?.protocol === 'http:')
      .map(({ value, namedBy, exchange }) => ({
        reason: 'http' as const,
        actual: `resource_metadata is ${quote(value)}`,
        at: exchange?.id ?? namedBy,
      }));
    return breaches.length > 0
      ? fail(gather(breaches, 'an https URL'))
      : pass(named.map(({ value }) => value).join(', '));
  },
  examples: {
    pass: [{ says: 'https', evidence: golden }],
    fail: {
      http: {
        says: 'http',
        evidence: naming('http://mcp.example.com/.well-known/oauth-protected-resource'),
        facts: goldenFacts,
      },
    },
  },
});

export const namesMetadataOnItsOwnOrigin = defineCheck({
  id: 'challenge/names-metadata-on-its-own-origin',
  title: 'Names metadata on its own origin',
  keyword: 'ADVICE',
  since: '2025-06-18',
  severity: 'low',
  party: 'mcp-server',
  requirements: ['PRACTICE-metadata-own-origin', 'RFC9728-5.1-resource-metadata-param'],
  assurance: 'anonymous',
  needs: ['resourceMetadata'],
  reasons: {
    'other-origin': {
      says: 'The challenge names metadata on another origin; cautious clients refuse that.',
      fix: { general: 'Serve the metadata from the server’s own origin, or pass it through there.' },
    },
  },
  judge({ resourceMetadata }, { server }) {
    const named = resourceMetadata.fromChallenge
      .filter(({ value }) => urlOf(value) !== undefined)
      .map((each) => ({ ...each, exchange: reached(each) }));
    if (named.length === 0) return notApplicable('no challenge names an absolute metadata URL');
    const own = new URL(server.url).origin;
    // The http form of the own origin is challenge/names-an-https-metadata-url's business.
    const breaches = named
      .filter(({ value }) => new URL(value.replace(/^http:/i, new URL(server.url).protocol)).origin !== own)
      .map(({ value, namedBy, exchange }) => ({
        reason: 'other-origin' as const,
        actual: `resource_metadata is ${quote(value)}`,
        at: exchange?.id ?? namedBy,
      }));
    return breaches.length > 0
      ? fail(gather(breaches, `a URL of ${own}`))
      : pass(named.map(({ value }) => value).join(', '));
  },
  examples: {
    pass: [{ says: 'own origin', evidence: golden }],
    fail: { 'other-origin': { says: 'another host', evidence: naming('https://other.example.com/metadata') } },
  },
});

export const leadsToResourceMetadata = defineCheck({
  id: 'challenge/leads-to-resource-metadata',
  title: 'Leads a refused client to its resource metadata',
  keyword: 'MUST',
  since: '2025-06-18',
  severity: 'critical',
  party: 'mcp-server',
  requirements: ['MCP-prm-discovery-mechanism', 'MCP-prm-wellknown-location', 'MCP-prm-implemented', 'AUTH0-rs-prm'],
  assurance: 'anonymous',
  needs: ['anonymous', 'resourceMetadata'],
  uses: ['control', 'issuerMetadata'],
  reasons: {
    nowhere: {
      says: 'A client finds the metadata neither through the challenge nor at a well-known location, and cannot begin authorization.',
      fix: {
        general:
          'Serve RFC 9728 metadata at /.well-known/oauth-protected-resource/YOUR_PATH with resource and authorization_servers, and name it as resource_metadata in the challenge.',
        auth0: {
          text: 'authorization_servers holds https://YOUR_DOMAIN/ with the slash at the end, exactly as the tenant writes its issuer.',
        },
      },
    },
  },
  judge({ anonymous, control, resourceMetadata, issuerMetadata }) {
    if (protectedOperation(anonymous) === undefined) return noRefusal();
    const { fromChallenge, wellKnown } = resourceMetadata;
    const tried = [...fromChallenge.map(reached), ...wellKnown.map(last)].filter((exchange) => exchange !== undefined);
    const found = tried.filter((exchange) => documentIn(exchange) !== undefined);
    // Following this profile is a SHOULD ("Protocol Requirements"): who offers another scheme has not chosen it.
    const offersToken = refusalsWithoutToken({ anonymous }).some(
      ({ bearer, fields }) => bearer.length > 0 || fields.length === 0,
    );
    if (found.length === 0 && !offersToken && control === undefined) {
      return notApplicable('the server speaks another scheme than OAuth, which MCP permits');
    }
    if (found.length > 0) return pass(`found at ${[...new Set(found.map(({ request }) => request.url))].join(', ')}`);
    if (fromChallenge.length > 0) {
      return untested(
        'the metadata URL of the challenge does not work',
        'a metadata URL that works',
        'challenge/names-a-metadata-url-that-works',
      );
    }
    const seen = [
      ...fromChallenge.flatMap(({ fetched }) => (fetched === undefined ? [] : [fetched])),
      ...wellKnown,
    ].map(describeFetched);
    if (issuerMetadata !== undefined && offersNothing({ issuerMetadata })) {
      seen.push(
        'neither authorization server metadata nor /authorize and /token at the origin, so no revision is satisfied',
      );
    }
    const silent = unsettled(tried);
    if (silent !== undefined) return silent;
    return fail([
      {
        reason: 'nowhere',
        expected: 'a JSON document at the URL of the challenge or at a well-known location',
        actual: seen.join('; '),
        at: tried.map(({ id }) => id),
      },
    ]);
  },
  examples: {
    pass: [{ says: 'found', evidence: golden }],
    fail: {
      nowhere: {
        says: '404 at both',
        evidence: (() => {
          const evidence = answering(/^resourceMetadata/, { status: 404 });
          return { ...evidence, resourceMetadata: { ...evidence.resourceMetadata, fromChallenge: [] } };
        })(),
      },
    },
  },
});

export const resourceMetadataChecks = [
  pointsToResourceMetadata,
  namesAMetadataUrlThatWorks,
  namesAnAbsoluteMetadataUrl,
  namesAnHttpsMetadataUrl,
  namesMetadataOnItsOwnOrigin,
  leadsToResourceMetadata,
];
