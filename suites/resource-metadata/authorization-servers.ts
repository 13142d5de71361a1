import type { EvidenceMap } from '../../fixtures/evidence.ts';
import { documentIn, last, type resourceDocument } from '../../fixtures/protocol/documents.ts';
import { absoluteUrl, urlOf } from '../../fixtures/protocol/urls.ts';
import { type Breach, quote } from '../challenge/refusals.ts';
import { defineCheck, fail, notApplicable, pass, untested, type Verdict } from '../check.ts';
import { laboratory } from '../delivery.ts';
import { golden, ISSUER_DOCUMENT, RESOURCE_DOCUMENT } from '../golden.ts';
import { judgeDocument, listOf, showValue, verdictOf, withResourceDocument } from './documents.ts';

const [ISSUER] = RESOURCE_DOCUMENT.authorization_servers as [string];

const TENANT_ISSUER = {
  text: 'authorization_servers holds one string, https://YOUR_DOMAIN/ with the slash at the end: the tenant, or its custom domain where users sign in there.',
  dashboard: 'Applications > Applications > YOUR_APP > Settings > Domain',
  command: 'curl -s https://YOUR_DOMAIN/.well-known/openid-configuration | jq -r .issuer',
} as const;

const NAMES = 'resource-metadata/names-an-authorization-server';

export const namesAnAuthorizationServer = defineCheck({
  id: NAMES,
  title: 'Names an authorization server',
  keyword: 'MUST',
  since: '2025-06-18',
  severity: 'critical',
  party: 'mcp-server',
  pillar: 'token-issuance',
  requirements: ['MCP-prm-authorization-servers', 'RFC9728-2-authorization-servers', 'AUTH0-rs-prm'],
  assurance: 'anonymous',
  needs: ['resourceMetadata'],
  reasons: {
    absent: {
      says: 'The metadata document has no authorization_servers, so a client does not learn where to get a token.',
      fix: {
        general:
          'Add authorization_servers to the metadata document: a JSON array with the issuer of your authorization server, exactly as its own metadata writes it.',
        auth0: TENANT_ISSUER,
      },
    },
    empty: {
      says: 'authorization_servers in the metadata document is empty.',
      fix: {
        general:
          'Put the issuer of your authorization server into authorization_servers. Where the list comes from configuration, see why that was not read.',
        auth0: TENANT_ISSUER,
      },
    },
    'no-list-of-texts': {
      says: 'authorization_servers in the metadata document is no array of strings.',
      fix: {
        general:
          'Write authorization_servers as a JSON array of issuer strings, also for one: ["https://YOUR_ISSUER"].',
        auth0: TENANT_ISSUER,
      },
    },
  },
  judge({ resourceMetadata }) {
    return judgeDocument(resourceMetadata, ({ document: { authorization_servers: named }, exchange }) => {
      const reason = namingProblem(named);
      const actual = named === undefined ? 'no authorization_servers' : `authorization_servers is ${showValue(named)}`;
      const breaches = reason === undefined ? [] : [{ reason, actual }];
      return verdictOf(breaches, 'an array with at least one issuer', exchange, actual);
    });
  },
  examples: {
    pass: [{ says: 'the tenant', evidence: golden }],
    fail: {
      absent: { says: 'left out', evidence: withResourceDocument({ authorization_servers: undefined }) },
      empty: { says: 'an empty list', evidence: withResourceDocument({ authorization_servers: [] }) },
      'no-list-of-texts': { says: 'a string', evidence: withResourceDocument({ authorization_servers: ISSUER }) },
    },
  },
});

function namingProblem(named: unknown): 'absent' | 'empty' | 'no-list-of-texts' | undefined {
  if (named === undefined || named === null) return 'absent';
  if (!Array.isArray(named) || named.some((each) => typeof each !== 'string' || each === '')) return 'no-list-of-texts';
  return named.length === 0 ? 'empty' : undefined;
}

type Found = NonNullable<ReturnType<typeof resourceDocument>>;

/** Judges each named issuer by one rule. */
export function judgeIssuers<R extends string>(
  metadata: EvidenceMap['resourceMetadata'],
  expected: string,
  breaches: (issuers: readonly string[], found: Found) => readonly Breach<R>[],
): Verdict<R> {
  return judgeDocument(metadata, (found) => {
    const named = listOf(found.document, 'authorization_servers', NAMES);
    if ('kind' in named || namingProblem(named) !== undefined) {
      return untested('no authorization server is named', 'authorization_servers with an issuer', NAMES);
    }
    return verdictOf(breaches(named, found), expected, found.exchange, `authorization_servers is ${named.join(', ')}`);
  });
}

const isAbsolute = (issuer: string) => absoluteUrl(issuer) !== undefined;

export const namesIssuersByAbsoluteUrls = defineCheck({
  id: 'resource-metadata/names-issuers-by-absolute-urls',
  title: 'Names each authorization server by an absolute URL',
  keyword: 'MUST',
  since: '2025-06-18',
  severity: 'high',
  party: 'mcp-server',
  requirements: ['RFC9728-2-authorization-servers', 'MCP-prm-authorization-servers', 'RFC8414-2-issuer-https'],
  assurance: 'anonymous',
  needs: ['resourceMetadata'],
  reasons: {
    'no-url': {
      says: 'An entry of authorization_servers is no absolute URL, so no client can find metadata for it.',
      fix: {
        general: 'Write whole issuer URLs, with https://, into authorization_servers; a domain alone is no issuer.',
        auth0: TENANT_ISSUER,
      },
    },
  },
  judge({ resourceMetadata }) {
    return judgeIssuers(resourceMetadata, 'absolute https URLs', (issuers) =>
      issuers
        .filter((issuer) => !isAbsolute(issuer))
        .map((issuer) => ({ reason: 'no-url', actual: `authorization_servers names ${quote(issuer)}` })),
    );
  },
  examples: {
    pass: [{ says: 'a URL', evidence: golden }],
    fail: {
      'no-url': { says: 'a domain', evidence: withResourceDocument({ authorization_servers: ['tenant.example.com'] }) },
    },
  },
});

export const namesIssuersByHttpsUrls = defineCheck({
  id: 'resource-metadata/names-issuers-by-https-urls',
  title: 'Names each authorization server by an https URL',
  keyword: 'MUST',
  since: '2025-06-18',
  severity: 'critical',
  party: 'mcp-server',
  requirements: ['RFC8414-2-issuer-https', 'MCP-comm-security-tls', 'RFC9728-2-authorization-servers'],
  assurance: 'anonymous',
  needs: ['resourceMetadata'],
  reasons: {
    http: {
      says: 'authorization_servers names a plain http URL, so anybody on the path can answer for the authorization server.',
      fix: {
        general: 'Write https:// into each entry of authorization_servers, as the issuer’s own metadata does.',
        auth0: TENANT_ISSUER,
      },
    },
  },
  judge({ resourceMetadata }, facts) {
    if (facts.server.exposure !== 'public') return notApplicable(laboratory(facts));
    return judgeIssuers(resourceMetadata, 'https URLs', (issuers) =>
      issuers
        .filter((issuer) => /^http:/i.test(issuer))
        .map((issuer) => ({ reason: 'http', actual: `authorization_servers names ${quote(issuer)}` })),
    );
  },
  examples: {
    pass: [{ says: 'https', evidence: golden }],
    fail: {
      http: { says: 'http', evidence: withResourceDocument({ authorization_servers: ['http://tenant.example.com/'] }) },
    },
  },
});

export const namesIssuersWithoutQueryOrFragment = defineCheck({
  id: 'resource-metadata/names-issuers-without-query-or-fragment',
  title: 'Names each authorization server without query and fragment',
  keyword: 'MUST',
  since: '2025-06-18',
  severity: 'medium',
  party: 'mcp-server',
  requirements: ['RFC8414-2-issuer-https', 'RFC9728-2-authorization-servers'],
  assurance: 'anonymous',
  needs: ['resourceMetadata'],
  reasons: {
    query: {
      says: 'An entry of authorization_servers has a query, which no issuer has.',
      fix: {
        general: 'Write the issuer alone into authorization_servers; organizations and audiences do not belong there.',
        auth0: TENANT_ISSUER,
      },
    },
    fragment: {
      says: 'An entry of authorization_servers has a fragment, which no issuer has.',
      fix: { general: 'Write the issuer alone into authorization_servers, without #.', auth0: TENANT_ISSUER },
    },
  },
  judge({ resourceMetadata }) {
    return judgeIssuers(resourceMetadata, 'issuers without ? and #', (issuers) =>
      issuers.filter(isAbsolute).flatMap((issuer) => {
        const actual = `authorization_servers names ${quote(issuer)}`;
        const hash = issuer.indexOf('#');
        const query = (hash === -1 ? issuer : issuer.slice(0, hash)).includes('?');
        return [
          ...(query ? [{ reason: 'query' as const, actual }] : []),
          ...(hash === -1 ? [] : [{ reason: 'fragment' as const, actual }]),
        ];
      }),
    );
  },
  examples: {
    pass: [{ says: 'neither', evidence: golden }],
    fail: {
      query: { says: 'a query', evidence: withResourceDocument({ authorization_servers: [`${ISSUER}?audience=mcp`] }) },
      fragment: { says: 'a fragment', evidence: withResourceDocument({ authorization_servers: [`${ISSUER}#mcp`] }) },
    },
  },
});

export const namesEachIssuerOnce = defineCheck({
  id: 'resource-metadata/names-each-issuer-once',
  title: 'Names each authorization server once',
  keyword: 'ADVICE',
  since: '2025-06-18',
  severity: 'low',
  party: 'mcp-server',
  requirements: ['PRACTICE-issuers-once', 'RFC9728-2-authorization-servers'],
  assurance: 'anonymous',
  needs: ['resourceMetadata'],
  reasons: {
    repeated: {
      says: 'authorization_servers names one authorization server more than once, and a client that lets its user choose shows it twice.',
      fix: {
        general:
          'Keep the spelling that the issuer’s own metadata has and remove the others: with and without a slash at the end are two issuers to a client, one of which never works.',
        auth0: TENANT_ISSUER,
      },
    },
  },
  judge({ resourceMetadata }) {
    return judgeIssuers(resourceMetadata, 'each issuer once', (issuers) => {
      const plain = issuers.map((issuer) => (urlOf(issuer)?.href ?? issuer).replace(/\/$/, ''));
      const repeated = issuers.filter((_, index) => plain.indexOf(plain[index]!) !== index);
      if (repeated.length === 0) return [];
      return [{ reason: 'repeated', actual: `authorization_servers is ${quote(issuers.join(', '))}` }];
    });
  },
  examples: {
    pass: [{ says: 'once', evidence: golden }],
    fail: {
      repeated: {
        says: 'with and without the slash',
        evidence: withResourceDocument({ authorization_servers: [ISSUER, ISSUER.replace(/\/$/, '')] }),
      },
    },
  },
});

/** Golden evidence whose issuer was asked under another spelling than its metadata has. */
function namedAs(issuer: string): EvidenceMap {
  const evidence = withResourceDocument({ authorization_servers: [issuer] });
  const [asked] = evidence.issuerMetadata.issuers;
  return { ...evidence, issuerMetadata: { ...evidence.issuerMetadata, issuers: [{ ...asked!, issuer }] } };
}

export const spellsIssuersAsTheySpellThemselves = defineCheck({
  id: 'resource-metadata/spells-issuers-as-they-spell-themselves',
  title: 'Spells each authorization server as its own metadata spells it',
  // RFC 8414 3.3 compares code points; software that drops or adds the slash at the end is common on both sides. From
  // 2026-07-28 on MCP itself has clients throw away metadata whose issuer is not identical.
  keyword: { '2025-06-18': 'SHOULD', '2026-07-28': 'MUST' },
  since: '2025-06-18',
  severity: 'high',
  party: 'mcp-server',
  requirements: ['AUTH0-issuer-prm-exact', 'RFC8414-3.3-issuer-identical', 'RFC9728-2-authorization-servers'],
  assurance: 'anonymous',
  needs: ['resourceMetadata', 'issuerMetadata'],
  reasons: {
    slash: {
      says: 'authorization_servers and the issuer’s own metadata differ by a slash at the end; clients that compare exactly stop here.',
      fix: {
        general:
          'Copy the value of issuer from the authorization server’s metadata into authorization_servers, slash and all.',
        auth0: TENANT_ISSUER,
      },
    },
    spelling: {
      says: 'authorization_servers spells an issuer in another way than its own metadata; clients that compare exactly stop here.',
      fix: {
        general:
          'Copy the value of issuer from the authorization server’s metadata into authorization_servers, without a default port and in the same case.',
        auth0: TENANT_ISSUER,
      },
    },
  },
  judge({ resourceMetadata, issuerMetadata }) {
    return judgeDocument(resourceMetadata, ({ exchange }) => {
      const read = issuerMetadata.issuers.flatMap(({ issuer, candidates }) =>
        candidates.flatMap(({ fetched }) => {
          const says = documentIn(last(fetched))?.issuer;
          return typeof says === 'string' ? [{ named: issuer, says, at: last(fetched).id }] : [];
        }),
      );
      if (read.length === 0) {
        return untested('no issuer that is named has metadata with an issuer', 'metadata of an issuer that is named');
      }
      // What is no spelling of the same is for the issuer's own metadata to answer for.
      const same = (named: string, says: string) =>
        urlOf(named)?.href.replace(/\/$/, '') === urlOf(says)?.href.replace(/\/$/, '');
      const findings = read
        .filter(({ named, says }) => named !== says && isAbsolute(named) && isAbsolute(says) && same(named, says))
        .filter(
          (one, index, all) => all.findIndex((each) => each.named === one.named && each.says === one.says) === index,
        )
        .map(({ named, says, at }) => ({
          reason: named.replace(/\/$/, '') === says.replace(/\/$/, '') ? ('slash' as const) : ('spelling' as const),
          expected: quote(says),
          actual: `authorization_servers names ${quote(named)}`,
          at: [exchange.id, at],
        }));
      if (findings.length > 0) return fail(findings);
      return pass(`${[...new Set(read.map(({ named }) => named))].join(', ')} as in metadata of their own`);
    });
  },
  examples: {
    pass: [{ says: `as in issuer ${ISSUER_DOCUMENT.issuer}`, evidence: golden }],
    fail: {
      slash: { says: 'without the slash', evidence: namedAs('https://tenant.example.com') },
      spelling: { says: 'with a default port', evidence: namedAs('https://tenant.example.com:443/') },
    },
  },
});

export const authorizationServerChecks = [
  namesAnAuthorizationServer,
  namesIssuersByAbsoluteUrls,
  namesIssuersByHttpsUrls,
  namesIssuersWithoutQueryOrFragment,
  namesEachIssuerOnce,
  spellsIssuersAsTheySpellThemselves,
];
