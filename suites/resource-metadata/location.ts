import type { EvidenceMap, Fetched } from '../../fixtures/evidence.ts';
import { describe } from '../../fixtures/protocol/answers.ts';
import {
  describeFetched,
  documentIn,
  type JsonObject,
  last,
  resourceDocument,
} from '../../fixtures/protocol/documents.ts';
import { gather, unsettled } from '../challenge/refusals.ts';
import { defineCheck, fail, notApplicable, pass, untested } from '../check.ts';
import { differingMembers, inClear, laboratory } from '../delivery.ts';
import { answering, golden, METADATA, RESOURCE_DOCUMENT, served } from '../golden.ts';
import { everyDocument, judgeDocument, noDocument, showValue, verdictOf } from './documents.ts';

const holds = (fetched: Fetched) => documentIn(last(fetched)) !== undefined;

/** Golden evidence in which the challenge names `url`, and only the exchanges that match bring the document. */
function standingAt(ids: RegExp, url?: string): EvidenceMap {
  const { resourceMetadata, ...rest } = answering(/^resourceMetadata\//, { status: 404 });
  const found = answering(ids, served(RESOURCE_DOCUMENT)).resourceMetadata;
  const [named] = found.fromChallenge;
  return {
    ...rest,
    resourceMetadata: {
      ...resourceMetadata,
      fromChallenge: url === undefined ? [] : [{ ...named!, value: url }],
      wellKnown: resourceMetadata.wellKnown.map((fetched, index) =>
        ids.test(fetched[0].id) ? found.wellKnown[index]! : fetched,
      ),
      ...(found.appended !== undefined && ids.test(found.appended[0].id) ? { appended: found.appended } : {}),
    },
  };
}

export const standsAtTheWellKnownLocation = defineCheck({
  id: 'resource-metadata/stands-at-the-well-known-location',
  title: 'Serves its metadata at the well-known location of the endpoint',
  // RFC 9728 3 says MUST; MCP makes the challenge an equal choice, and allows the root for any endpoint.
  keyword: 'ADVICE',
  since: '2025-06-18',
  severity: 'medium',
  party: 'mcp-server',
  requirements: ['RFC9728-3-well-known-path', 'MCP-prm-wellknown-location', 'AUTH0-rs-prm'],
  assurance: 'anonymous',
  needs: ['resourceMetadata'],
  reasons: {
    appended: {
      says: 'The metadata document stands behind the path of the endpoint, where no client looks by itself.',
      fix: {
        general:
          'Serve the document where the well-known path comes first and the path of the endpoint behind it: /.well-known/oauth-protected-resource/YOUR_PATH at the root of the host. A router that is mounted below the path cannot; mount it at the root of the application, or let the proxy pass that path on.',
      },
    },
    'root-only': {
      says: 'The metadata document stands at the root of the host only, though the endpoint has a path; clients that follow RFC 9728 alone miss it.',
      fix: {
        general: 'Serve the document at /.well-known/oauth-protected-resource/YOUR_PATH too.',
      },
    },
    'challenge-only': {
      says: 'The metadata document stands only where the challenge points; clients that do not read challenges miss it.',
      fix: {
        general:
          'Serve the same document at /.well-known/oauth-protected-resource/YOUR_PATH, and name that URL in the challenge.',
      },
    },
  },
  judge({ resourceMetadata }) {
    const { wellKnown, appended } = resourceMetadata;
    const [inserted, root] = wellKnown;
    if (inserted === undefined) return untested('no location was asked', 'a run that asks the well-known locations');
    if (holds(inserted)) return pass(`found at ${inserted[0].request.url}`);
    const silent = unsettled([last(inserted)]);
    const wanted = `a document at ${inserted[0].request.url}`;
    const missing = `${inserted[0].request.url}: ${describe(last(inserted))}`;
    const found = (reason: 'appended' | 'root-only' | 'challenge-only', at: Fetched) =>
      silent ??
      fail([
        {
          reason,
          expected: wanted,
          actual: `${missing}; the document is at ${at[0].request.url}`,
          at: [...new Set([last(inserted).id, last(at).id])],
        },
      ]);
    if (root !== undefined && holds(root)) return found('root-only', root);
    if (appended !== undefined && holds(appended)) return found('appended', appended);
    const named = resourceMetadata.fromChallenge.flatMap(({ fetched }) =>
      fetched !== undefined && holds(fetched) ? [fetched] : [],
    );
    return named[0] === undefined ? noDocument(resourceMetadata) : found('challenge-only', named[0]);
  },
  examples: {
    pass: [{ says: 'path-inserted', evidence: golden }],
    fail: {
      appended: { says: 'behind the path', evidence: standingAt(/appended/) },
      'root-only': { says: 'at the root', evidence: standingAt(/well-known-2/) },
      'challenge-only': { says: 'elsewhere', evidence: standingAt(/challenge-1/, 'https://mcp.example.com/metadata') },
    },
  },
});

export const answersWithoutARedirect = defineCheck({
  id: 'resource-metadata/answers-without-a-redirect',
  title: 'Serves its metadata without a redirect',
  keyword: 'SHOULD',
  since: '2025-06-18',
  severity: 'low',
  party: 'mcp-server',
  requirements: ['RFC9728-3.2-status-and-type', 'MCP-prm-implemented'],
  assurance: 'anonymous',
  needs: ['resourceMetadata'],
  reasons: {
    redirected: {
      says: 'The metadata document is reached by a redirect, which careful clients do not follow.',
      fix: {
        general:
          'Answer 200 with the document at the URL itself. A slash that the web framework adds or removes at the end is the usual cause.',
      },
    },
  },
  judge({ resourceMetadata }) {
    const { fromChallenge, wellKnown } = resourceMetadata;
    const [inserted, root] = wellKnown;
    const found = resourceDocument(resourceMetadata);
    if (found === undefined) return noDocument(resourceMetadata);
    // The root may lead on to where the document is: a client that asks there got no answer at the first location.
    const asked = [
      ...fromChallenge.flatMap(({ fetched }) => (fetched === undefined ? [] : [fetched])),
      inserted,
    ].filter((fetched) => fetched !== undefined);
    const all = root !== undefined && found.exchange === last(root) ? [...asked, root] : asked;
    const breaches = all
      .filter((fetched) => fetched.length > 1 && holds(fetched))
      .map((fetched) => ({
        reason: 'redirected' as const,
        actual: `${fetched[0].request.url}: ${describe(fetched[0])}`,
        at: fetched[0].id,
      }));
    if (breaches.length > 0) return fail(gather(breaches, 'status 200 at the first URL'));
    return pass(`${found.exchange.request.url} answered 200`);
  },
  examples: {
    pass: [{ says: 'at once', evidence: golden }],
    fail: {
      redirected: {
        says: 'a slash at the end',
        evidence: (() => {
          const moved = answering(/^resourceMetadata\/well-known-1$/, {
            status: 308,
            headers: { Location: `${METADATA}/` },
          }).resourceMetadata;
          const [first, ...others] = moved.wellKnown;
          const [hop] = golden.resourceMetadata.wellKnown[0]!;
          const followed = { ...hop, id: `${hop.id}/hop-1`, request: { ...hop.request, url: `${METADATA}/` } };
          return { ...golden, resourceMetadata: { ...moved, wellKnown: [[first![0], followed] as const, ...others] } };
        })(),
      },
    },
  },
});

export const needsNoToken = defineCheck({
  id: 'resource-metadata/needs-no-token',
  title: 'Serves its metadata without asking for a token',
  keyword: 'MUST',
  since: '2025-06-18',
  severity: 'critical',
  party: 'mcp-server',
  requirements: ['MCP-prm-implemented', 'RFC9728-3.2-status-and-type', 'AUTH0-rs-prm'],
  assurance: 'anonymous',
  needs: ['resourceMetadata'],
  reasons: {
    guarded: {
      says: 'The location of the metadata document asks for a token, which a client can only get with that document.',
      fix: {
        general:
          'Exempt /.well-known/oauth-protected-resource and what is below it from the check of tokens, in the application and in every gateway before it; register the route before the middleware that checks.',
      },
    },
  },
  judge({ resourceMetadata }) {
    const found = resourceDocument(resourceMetadata);
    if (found !== undefined) return pass(`${found.exchange.request.url} answered without a token`);
    const { fromChallenge, wellKnown } = resourceMetadata;
    const asked = [...fromChallenge.flatMap(({ fetched }) => (fetched === undefined ? [] : [fetched])), ...wellKnown];
    const breaches = asked
      .filter((fetched) => last(fetched).answer?.status === 401)
      .map((fetched) => ({ reason: 'guarded' as const, actual: describeFetched(fetched), at: last(fetched).id }));
    if (breaches.length > 0) return fail(gather(breaches, 'status 200 without a token'));
    return noDocument(resourceMetadata);
  },
  examples: {
    pass: [{ says: 'without one', evidence: golden }],
    fail: { guarded: { says: '401', evidence: answering(/^resourceMetadata\//, { status: 401 }) } },
  },
});

export const saysTheSameAtEveryLocation = defineCheck({
  id: 'resource-metadata/says-the-same-at-every-location',
  title: 'Says the same in each of its metadata documents',
  // MCP: a client reads one of them; differing documents are no breach of either text.
  keyword: 'ADVICE',
  since: '2025-06-18',
  severity: 'medium',
  party: 'mcp-server',
  requirements: ['PRACTICE-resource-metadata-agrees', 'MCP-prm-wellknown-location'],
  assurance: 'anonymous',
  needs: ['resourceMetadata'],
  reasons: {
    'other-issuers': {
      says: 'Metadata documents of the same resource name different authorization servers, so it depends on the client where users sign in.',
      fix: {
        general: 'Write every metadata document from one configuration, and remove what an older version left behind.',
      },
    },
    'other-members': {
      says: 'Metadata documents of the same resource differ in what they say.',
      fix: { general: 'Write every metadata document of this resource from one place.' },
    },
    'other-resource': {
      says: 'The metadata document that the challenge names is about another resource than the one at the well-known location of the endpoint.',
      fix: {
        general: 'Let the challenge name the document of this endpoint, and write its URL into resource in both.',
      },
    },
  },
  judge({ resourceMetadata }, { server }) {
    return judgeDocument(resourceMetadata, (found) => {
      const all = everyDocument(resourceMetadata, server.url);
      const urls = [...new Set(all.map(({ exchange }) => exchange.request.url))];
      if (urls.length < 2) return notApplicable('one URL has a document');
      const inserted = resourceMetadata.wellKnown[0]?.map(({ id }) => id) ?? [];
      const breaches = all
        .filter(({ exchange }) => exchange.id !== found.exchange.id)
        .flatMap(({ exchange, document }) => {
          const reason = difference(found.document, document, inserted.includes(exchange.id));
          const actual = `${exchange.request.url} says ${showValue(document)}`;
          return reason === undefined ? [] : [{ reason, actual, at: exchange.id }];
        });
      const expected = `as ${found.exchange.request.url} says: ${showValue(found.document)}`;
      return breaches.length > 0 ? fail(gather(breaches, expected)) : pass(`${urls.join(', ')} agree`);
    });
  },
  examples: {
    pass: [{ says: 'at two URLs', evidence: disagreeing({}) }],
    fail: {
      'other-issuers': {
        says: 'another tenant',
        evidence: disagreeing({ authorization_servers: ['https://old.example.com/'] }),
      },
      'other-members': { says: 'other scopes', evidence: disagreeing({ scopes_supported: ['mcp:old'] }) },
      'other-resource': {
        says: 'another resource',
        evidence: disagreeing({ resource: 'https://mcp.example.com/old' }),
      },
    },
  },
});

/** Golden evidence whose challenge names a URL of its own, and whose well-known document says otherwise. */
function disagreeing(changes: object): EvidenceMap {
  const other = answering(/^resourceMetadata\/well-known-1$/, served({ ...RESOURCE_DOCUMENT, ...changes }));
  const url = 'https://mcp.example.com/metadata';
  const [named] = golden.resourceMetadata.fromChallenge;
  const [exchange] = named!.fetched!;
  const fetched = [{ ...exchange, request: { ...exchange.request, url } }] as const;
  return {
    ...other,
    resourceMetadata: { ...other.resourceMetadata, fromChallenge: [{ ...named!, value: url, fetched }] },
  };
}

/** RFC 9728 3.3: a document about another resource is right at the root, which is derived from another identifier. */
function difference(
  one: JsonObject,
  other: JsonObject,
  sameResource: boolean,
): 'other-issuers' | 'other-members' | 'other-resource' | undefined {
  const members = differingMembers(one, other);
  if (members.includes('resource')) return sameResource ? 'other-resource' : undefined;
  if (members.includes('authorization_servers')) return 'other-issuers';
  return members.length === 0 ? undefined : 'other-members';
}

/** Golden evidence whose metadata is reached by a redirect to plain http, wherever a client asks. */
function ledToHttp(): EvidenceMap {
  const url = METADATA.replace('https:', 'http:');
  const { resourceMetadata } = answering(/^resourceMetadata\/(challenge-1|well-known-1)$/, {
    status: 308,
    headers: { Location: url },
  });
  const [hop] = golden.resourceMetadata.wellKnown[0]!;
  const followed = ([first]: Fetched): Fetched => [
    first,
    { ...hop, id: `${first.id}/hop-1`, request: { ...hop.request, url } },
  ];
  const [inserted, ...others] = resourceMetadata.wellKnown;
  return {
    ...golden,
    resourceMetadata: {
      ...resourceMetadata,
      fromChallenge: resourceMetadata.fromChallenge.map((named) => ({ ...named, fetched: followed(named.fetched!) })),
      wellKnown: [followed(inserted!), ...others],
    },
  };
}

export const servesNoMetadataOverPlainHttp = defineCheck({
  id: 'resource-metadata/serves-no-metadata-over-plain-http',
  title: 'Serves no metadata over plain http',
  // RFC 9728 3 has the document at an https URL; OAuth 2.1 1.5 wants no http URL beside it.
  keyword: 'MUST',
  since: '2025-06-18',
  severity: 'medium',
  party: 'mcp-server',
  requirements: ['MCP-comm-security-tls', 'B47'],
  assurance: 'anonymous',
  needs: ['resourceMetadata'],
  reasons: {
    served: {
      says: 'The metadata document is readable over plain http as well, where anybody on the path can change it.',
      fix: {
        general:
          'Close the http port for this host, or answer 308 to the https URL there; where a proxy ends TLS, that is a setting of the proxy.',
      },
      keyword: 'SHOULD',
    },
    'led-to-http': {
      says: 'The https URL of the metadata document redirects to plain http, where anybody on the path can change it.',
      fix: {
        general:
          'Answer 200 with the document at the https URL itself. Behind a proxy that ends TLS, configure the public https URL, so that redirects keep the scheme.',
      },
    },
  },
  judge({ resourceMetadata }, facts) {
    if (facts.server.exposure !== 'public') return notApplicable(laboratory(facts));
    return judgeDocument(resourceMetadata, ({ exchange }) => {
      const { fromChallenge, wellKnown, document } = resourceMetadata;
      const fetched = [
        ...fromChallenge.flatMap((named) => (named.fetched === undefined ? [] : [named.fetched])),
        ...wellKnown,
      ];
      const found = inClear(fetched.find((each) => last(each) === exchange)!, document?.plainHttp);
      if (found.kind === 'named') {
        return untested(
          'the document was found at an http URL',
          'metadata at an https URL',
          'challenge/names-an-https-metadata-url',
        );
      }
      if (found.kind === 'unasked') return found.verdict;
      if (found.kind === 'closed') return pass(found.actual);
      const reason = found.kind === 'served' ? ('served' as const) : ('led-to-http' as const);
      return verdictOf(
        [{ reason, actual: found.actual }],
        'no answer, a redirect to https or 4xx',
        found.at,
        found.actual,
      );
    });
  },
  examples: {
    pass: [{ says: 'nobody listens', evidence: golden }],
    fail: {
      served: { says: 'the document', evidence: answering(/plain-http$/, served(RESOURCE_DOCUMENT)) },
      'led-to-http': { says: 'by a redirect', evidence: ledToHttp() },
    },
  },
});

export const locationChecks = [
  standsAtTheWellKnownLocation,
  answersWithoutARedirect,
  needsNoToken,
  saysTheSameAtEveryLocation,
  servesNoMetadataOverPlainHttp,
];
