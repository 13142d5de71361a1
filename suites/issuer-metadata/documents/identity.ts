import { absoluteUrl } from '../../../fixtures/protocol/urls.ts';
import { quote } from '../../challenge/refusals.ts';
import type { Facts, Fix } from '../../check.ts';
import { laboratory } from '../../delivery.ts';
import {
  blocked,
  broken,
  documentCheck,
  isSameIssuer,
  OAUTH_DOCUMENT,
  type Ruling,
  ruling,
  seen,
  showMember,
  skip,
  withIssuerDocument,
  withList,
} from './document.ts';

const SAYS = 'issuer-metadata/says-its-issuer';
const BY_HTTPS = 'issuer-metadata/says-an-https-issuer';
const PLAIN = 'issuer-metadata/says-an-issuer-without-query-and-fragment';

export const saysItsIssuer = documentCheck({
  id: SAYS,
  title: 'Says in its metadata which issuer it is',
  keyword: 'MUST',
  severity: 'high',
  requirements: ['RFC8414-2-issuer-https', 'RFC8414-3.3-issuer-identical', 'OIDC-DISCOVERY-3-issuer-https'],
  each: true,
  expected: 'issuer: the issuer’s own URL, as a string',
  reasons: {
    absent: {
      says: 'The metadata of the authorization server has no issuer, so no client can tell whose it is.',
      fix: {
        general:
          'Add issuer to the metadata: the URL in authorization_servers and in iss of your tokens, letter for letter.',
      },
    },
    'no-url': {
      says: 'issuer in the metadata of the authorization server is no absolute URL.',
      fix: {
        general: 'Write issuer as one string with a whole URL, https:// included; a name or a domain is no issuer.',
      },
    },
  },
  rule({ document }) {
    const { issuer } = document;
    if (issuer === undefined || issuer === null) return broken('absent', 'no issuer');
    return typeof issuer === 'string' && absoluteUrl(issuer) !== undefined
      ? seen(`issuer is ${quote(issuer)}`)
      : broken('no-url', showMember(document, 'issuer'));
  },
  fails: {
    absent: ['none', { issuer: undefined }],
    'no-url': ['a domain', { issuer: 'tenant.example.com' }],
  },
});

/** Judges an issuer that is there and is a URL. */
function withIssuer<R extends string>(issuer: unknown, judge: (issuer: string) => Ruling<R>): Ruling<R> {
  return typeof issuer === 'string' && absoluteUrl(issuer) !== undefined
    ? judge(issuer)
    : blocked('the metadata names no issuer that is a URL', 'metadata with an issuer', SAYS);
}

export const saysAnHttpsIssuer = documentCheck({
  id: BY_HTTPS,
  title: 'Says an https URL as its issuer',
  keyword: 'MUST',
  severity: 'high',
  requirements: ['RFC8414-2-issuer-https', 'OIDC-DISCOVERY-3-issuer-https', 'MCP-as-https-endpoints'],
  each: true,
  expected: 'issuer: an https URL',
  reasons: {
    http: {
      says: 'issuer in the metadata of the authorization server is a plain http URL.',
      fix: {
        general:
          'Set the issuer (also called base URL, public URL or frontend URL) to the https URL that clients see, and tell the software that a proxy ends TLS before it, so that it stops deriving http from the request.',
      },
    },
  },
  rule({ document, facts }) {
    if (facts.server.exposure !== 'public') return skip(laboratory(facts));
    return withIssuer(document.issuer, (issuer) =>
      absoluteUrl(issuer)?.protocol === 'http:'
        ? broken('http', `issuer is ${quote(issuer)}`)
        : seen(`issuer is ${quote(issuer)}`),
    );
  },
  fails: { http: ['http', { issuer: 'http://tenant.example.com/' }] },
});

export const saysAnIssuerWithoutQueryAndFragment = documentCheck({
  id: PLAIN,
  title: 'Says an issuer without query and fragment',
  keyword: 'MUST',
  severity: 'medium',
  requirements: ['RFC8414-2-issuer-https', 'OIDC-DISCOVERY-3-issuer-https'],
  each: true,
  expected: 'issuer: a URL without ? and #',
  reasons: {
    query: {
      says: 'issuer in the metadata of the authorization server has a query, which no issuer has.',
      fix: { general: 'Give each tenant an issuer with a path or a host of its own instead of a query.' },
    },
    fragment: {
      says: 'issuer in the metadata of the authorization server has a fragment, which no issuer has.',
      fix: { general: 'Take # and what follows out of the issuer.' },
    },
  },
  rule({ document }) {
    return withIssuer(document.issuer, (issuer) => {
      const actual = `issuer is ${quote(issuer)}`;
      const [before = '', ...fragment] = issuer.split('#');
      return ruling(
        [
          ...(before.includes('?') ? [{ reason: 'query' as const, actual }] : []),
          ...(fragment.length > 0 ? [{ reason: 'fragment' as const, actual }] : []),
        ],
        actual,
      );
    });
  },
  fails: {
    query: ['a query', { issuer: 'https://tenant.example.com/?tenant=one' }],
    fragment: ['a fragment', { issuer: 'https://tenant.example.com/#one' }],
  },
});

const SAME_IN_BOTH: Fix = {
  general:
    'Make three values equal, letter for letter: issuer in the metadata, the entry in authorization_servers of the resource metadata, and iss in the tokens. Where the authorization server was moved or copied, its configured issuer is the one to correct.',
  auth0: {
    text: 'The tenant names the domain it was asked under. Write that domain into authorization_servers, as https://YOUR_DOMAIN/; with a custom domain, only the custom one.',
    dashboard: 'Branding > Custom Domains',
    command: 'curl -s https://YOUR_DOMAIN/.well-known/openid-configuration | jq -r .issuer',
  },
};

/** The issuer that was asked without what checks of the resource metadata report of it, so that each defect counts once. */
function bare(asked: string, { server }: Facts): { readonly asked: string; readonly by?: string } {
  const [plain = ''] = asked.split(/[?#]/);
  const isHttp = server.exposure === 'public' && /^http:/i.test(plain);
  const by = isHttp
    ? 'resource-metadata/names-issuers-by-https-urls'
    : plain === asked
      ? undefined
      : 'resource-metadata/names-issuers-without-query-or-fragment';
  return { asked: isHttp ? plain.replace(/^http:/i, 'https:') : plain, ...(by === undefined ? {} : { by }) };
}

export const saysTheIssuerThatWasAsked = documentCheck({
  id: 'issuer-metadata/says-the-issuer-that-was-asked',
  title: 'Says in its metadata the issuer that was asked for it',
  keyword: 'MUST',
  severity: 'high',
  requirements: [
    'RFC8414-3.3-issuer-identical',
    'MCP-as-metadata-issuer-exact',
    'OIDC-DISCOVERY-4.3-issuer-match',
    'AUTH0-issuer-slash',
    'B62',
  ],
  each: true,
  expected: 'issuer: the entry of authorization_servers that led here',
  reasons: {
    placeholder: {
      says: 'issuer in the metadata is a template with a placeholder, which equals no issuer; clients have to refuse the document.',
      fix: {
        general:
          'Name the issuer of one tenant in authorization_servers, not a shared one such as "common", so that its metadata has a real issuer.',
      },
    },
    'other-scheme': {
      says: 'issuer in the metadata has another scheme than the issuer that was asked; clients that compare refuse the document.',
      fix: {
        general:
          'Make the authorization server write https into its issuer, also behind a proxy that ends TLS, and write the same into authorization_servers.',
      },
    },
    'other-host': {
      says: 'issuer in the metadata is on another host than the issuer that was asked; clients that compare refuse the document, because that is how one server poses as another.',
      fix: SAME_IN_BOTH,
    },
    'other-path': {
      says: 'issuer in the metadata has another path than the issuer that was asked; clients that compare refuse the document.',
      fix: {
        general:
          'Make issuer and the entry in authorization_servers equal, letter for letter, path included; an entry must not be the URL of the metadata, of a login page or of one endpoint. (A slash at the end alone is reported by resource-metadata/spells-issuers-as-they-spell-themselves.)',
        auth0: SAME_IN_BOTH.auth0!,
      },
    },
  },
  rule({ document, issuer: asked, facts }) {
    return withIssuer<'placeholder' | 'other-host' | 'other-scheme' | 'other-path'>(document.issuer, (issuer) => {
      const actual = `issuer is ${quote(issuer)}, asked was ${quote(asked)}`;
      if (issuer === asked) return seen(`issuer is ${quote(issuer)}`);
      // `{tenantid}`, also as URL software writes it.
      if (/\{|%7b/i.test(issuer)) return broken('placeholder', actual);
      // A slash at the end and other spellings are judged by resource-metadata/spells-issuers-as-they-spell-themselves.
      if (isSameIssuer(issuer, asked)) return skip(`${actual}, the same but for its spelling, which is judged apart`);
      if (/[?#]/.test(issuer)) return blocked(actual, 'an issuer without query and fragment', PLAIN);
      const bared = bare(asked, facts);
      const [own, other] = [absoluteUrl(issuer)!, absoluteUrl(bared.asked)];
      const wrong = (reason: 'other-host' | 'other-scheme' | 'other-path') => ({
        breaches: [{ reason, actual, expected: quote(asked) }],
      });
      if (isSameIssuer(issuer, bared.asked)) return blocked(actual, 'the issuer alone', bared.by);
      if (own.hostname !== other?.hostname) return wrong('other-host');
      if (own.protocol !== other.protocol) {
        const known = own.protocol === 'http:' && facts.server.exposure === 'public';
        return known ? blocked(actual, 'an https issuer', BY_HTTPS) : wrong('other-scheme');
      }
      return wrong(own.host === other.host ? 'other-path' : 'other-host');
    });
  },
  fails: {
    placeholder: ['a template', { issuer: 'https://tenant.example.com/{tenantid}/v2.0' }],
    'other-scheme': [
      'http in a laboratory',
      { issuer: 'http://tenant.example.com/' },
      { server: { url: 'https://mcp.example.com/mcp', exposure: 'private', origins: [] } },
    ],
    'other-host': ['another host', { issuer: 'https://other.example.com/' }],
    'other-path': ['another path', { issuer: 'https://tenant.example.com/oauth2/default' }],
  },
});

export const listsTheResourceItProtects = documentCheck({
  id: 'issuer-metadata/lists-the-resource-it-protects',
  title: 'Lists the MCP server where it lists protected resources',
  // RFC 9728 4 lets an authorization server leave some resources out.
  keyword: 'ADVICE',
  severity: 'low',
  requirements: ['PRACTICE-protected-resources-list'],
  expected: 'protected_resources with the MCP server',
  reasons: {
    'not-listed': {
      says: 'The authorization server lists the resources it protects, and the MCP server is not among them; a client that compares takes it for a stranger.',
      fix: {
        general:
          'Add the resource identifier of the MCP server, as its metadata writes it, to protected_resources, or leave the list out.',
      },
    },
  },
  rule({ document, facts: { server } }) {
    return withList(document, 'protected_resources', (resources) => {
      if (resources === undefined) return skip('it lists no protected resources');
      // The resource identifier of an endpoint may be its origin: the host decides.
      return resources.some((each) => absoluteUrl(each)?.origin === new URL(server.url).origin)
        ? seen(showMember(document, 'protected_resources'))
        : broken('not-listed', showMember(document, 'protected_resources'));
    });
  },
  passes: [['listed', withIssuerDocument({ protected_resources: ['https://mcp.example.com/mcp'] }, OAUTH_DOCUMENT)]],
  fails: { 'not-listed': ['another alone', { protected_resources: ['https://api.example.com/'] }] },
});

export const identityChecks = [
  saysItsIssuer,
  saysAnHttpsIssuer,
  saysAnIssuerWithoutQueryAndFragment,
  saysTheIssuerThatWasAsked,
  listsTheResourceItProtects,
];
