import { isInsideHost } from '../../../fixtures/protocol/addresses.ts';
import { absoluteUrl } from '../../../fixtures/protocol/urls.ts';
import { quote } from '../../challenge/refusals.ts';
import type { Facts } from '../../check.ts';
import { isInLaboratory, laboratory } from '../../delivery.ts';
import {
  broken,
  documentCheck,
  endpointsIn,
  ruling,
  seen,
  showMember,
  skip,
  usesAuthorizationEndpoint,
  usesTokenEndpoint,
  withIssuerDocument,
  withText,
} from './document.ts';

/** A plain http URL where https is due: anywhere on the internet, and outside a laboratory from inside one. */
function isPlain(value: string, facts: Facts): boolean {
  const url = absoluteUrl(value);
  return url?.protocol === 'http:' && (facts.server.exposure === 'public' || !isInLaboratory(url, facts));
}

const LABORATORY = { server: { url: 'http://127.0.0.1:3000/mcp', exposure: 'loopback', origins: [] } } as const;

export const namesAnAuthorizationEndpoint = documentCheck({
  id: 'issuer-metadata/names-an-authorization-endpoint',
  title: 'Names its authorization endpoint',
  keyword: 'MUST',
  severity: 'critical',
  requirements: ['RFC8414-2-core-endpoints', 'AUTH0-as-metadata-oauth'],
  expected: 'authorization_endpoint: a URL',
  reasons: {
    absent: {
      says: 'The metadata has no authorization_endpoint, so a client does not know where to send its user.',
      fix: {
        general:
          'Add authorization_endpoint to the metadata. A server for machines alone says so instead: grant_types_supported without authorization_code and implicit.',
      },
    },
  },
  rule({ document }) {
    if (!usesAuthorizationEndpoint(document)) return skip('its grants begin elsewhere');
    return withText(document, 'authorization_endpoint', (value) =>
      value === undefined
        ? broken('absent', 'no authorization_endpoint')
        : seen(showMember(document, 'authorization_endpoint')),
    );
  },
  fails: { absent: ['none', { authorization_endpoint: undefined }] },
});

export const namesATokenEndpoint = documentCheck({
  id: 'issuer-metadata/names-a-token-endpoint',
  title: 'Names its token endpoint',
  keyword: 'MUST',
  severity: 'critical',
  requirements: ['RFC8414-2-core-endpoints', 'AUTH0-as-metadata-oauth'],
  expected: 'token_endpoint: a URL',
  reasons: {
    absent: {
      says: 'The metadata has no token_endpoint, so a client cannot exchange its code.',
      fix: { general: 'Add token_endpoint to the metadata.' },
    },
  },
  rule({ document }) {
    if (!usesTokenEndpoint(document)) return skip('its only grant is implicit');
    return withText(document, 'token_endpoint', (value) =>
      value === undefined ? broken('absent', 'no token_endpoint') : seen(showMember(document, 'token_endpoint')),
    );
  },
  fails: { absent: ['none', { token_endpoint: undefined }] },
});

export const namesEndpointsByAbsoluteUrls = documentCheck({
  id: 'issuer-metadata/names-endpoints-by-absolute-urls',
  title: 'Names each endpoint by an absolute URL',
  keyword: 'MUST',
  severity: 'high',
  requirements: ['RFC8414-2-core-endpoints'],
  each: true,
  expected: 'https URLs with a host',
  reasons: {
    'no-url': {
      says: 'The metadata names an endpoint or its key set by something that is no absolute URL; clients do not guess the host.',
      fix: {
        general:
          'Write whole URLs into the metadata, with https:// and the public host; a path alone usually means that the base URL is not configured.',
      },
    },
  },
  rule({ document }) {
    const named = [
      ...endpointsIn(document),
      ...(typeof document.jwks_uri === 'string' ? [{ member: 'jwks_uri', value: document.jwks_uri }] : []),
    ];
    if (named.length === 0) return skip('it names no endpoint');
    return ruling(
      named
        .filter(({ value }) => absoluteUrl(value) === undefined)
        .map(({ member, value }) => ({ reason: 'no-url', actual: `${member} is ${quote(value)}` })),
      `${named.length} URLs`,
    );
  },
  fails: { 'no-url': ['a path', { revocation_endpoint: '/oauth/revoke' }] },
});

export const namesHttpsEndpoints = documentCheck({
  id: 'issuer-metadata/names-https-endpoints',
  title: 'Names each endpoint by an https URL',
  keyword: 'MUST',
  severity: 'critical',
  requirements: [
    'MCP-as-https-endpoints',
    'MCP-as-production-https',
    'AUTH0-endpoints-https-origin',
    'RFC9126-5-par-metadata',
    'B62',
  ],
  each: true,
  expected: 'https URLs',
  reasons: {
    http: {
      says: 'The metadata names an endpoint of the authorization server by a plain http URL: codes, tokens and secrets cross the network in the clear.',
      fix: {
        general:
          'Set the public base URL of the authorization server to https. Behind a proxy that ends TLS, make it trust X-Forwarded-Proto of that proxy alone, or configure the URL outright.',
      },
    },
    'http-elsewhere': {
      says: 'The metadata names an endpoint by a plain http URL on a host that is not the laboratory’s by its name.',
      // The host may be a laboratory's own all the same.
      keyword: 'SHOULD',
      fix: { general: 'Write https:// there, unless that host is in the laboratory too.' },
    },
  },
  rule({ document, facts }) {
    const named = endpointsIn(document);
    const plain = named.filter(({ value }) => isPlain(value, facts));
    if (facts.server.exposure !== 'public' && plain.length === 0) return skip(laboratory(facts));
    if (named.length === 0) return skip('it names no endpoint');
    const reason = facts.server.exposure === 'public' ? 'http' : 'http-elsewhere';
    return ruling(
      plain.map(({ member, value }) => ({ reason, actual: `${member} is ${quote(value)}` })),
      `${named.length} https URLs`,
    );
  },
  fails: {
    http: ['http', { token_endpoint: 'http://tenant.example.com/oauth/token' }],
    'http-elsewhere': ['another host', { token_endpoint: 'http://tenant.example.com/oauth/token' }, LABORATORY],
  },
});

export const namesAnHttpsKeySet = documentCheck({
  id: 'issuer-metadata/names-an-https-key-set',
  title: 'Names its key set by an https URL',
  keyword: 'MUST',
  severity: 'critical',
  requirements: ['RFC8414-2-core-endpoints', 'MCP-as-https-endpoints'],
  each: true,
  expected: 'jwks_uri: an https URL',
  reasons: {
    http: {
      says: 'jwks_uri is a plain http URL: anybody on the path can put keys of their own in, and with them sign tokens.',
      fix: { general: 'Set the public base URL of the authorization server to https, and serve the keys there.' },
    },
    'http-elsewhere': {
      says: 'jwks_uri is a plain http URL on a host that is not the laboratory’s by its name.',
      // The host may be a laboratory's own all the same.
      keyword: 'SHOULD',
      fix: { general: 'Write https:// there, unless that host is in the laboratory too.' },
    },
  },
  rule({ document, facts }) {
    const isPublic = facts.server.exposure === 'public';
    return withText<'http' | 'http-elsewhere'>(document, 'jwks_uri', (value) => {
      if (value === undefined) return skip('it names no key set');
      const actual = showMember(document, 'jwks_uri');
      if (isPlain(value, facts)) return broken(isPublic ? 'http' : 'http-elsewhere', actual);
      return isPublic ? seen(actual) : skip(laboratory(facts));
    });
  },
  fails: {
    http: ['http', { jwks_uri: 'http://tenant.example.com/.well-known/jwks.json' }],
    'http-elsewhere': ['another host', { jwks_uri: 'http://tenant.example.com/.well-known/jwks.json' }, LABORATORY],
  },
});

/** RFC 6749 3.1 and 3.2 speak of these two; RFC 8705 5 gives the second another address. */
const WITHOUT_FRAGMENT = ['authorization_endpoint', 'token_endpoint', 'mtls_endpoint_aliases.token_endpoint'];

export const namesEndpointsWithoutFragment = documentCheck({
  id: 'issuer-metadata/names-endpoints-without-fragment',
  title: 'Names authorization and token endpoint without fragment',
  keyword: 'MUST',
  severity: 'medium',
  requirements: ['RFC6749-3.1-endpoints-no-fragment'],
  expected: 'URLs without #',
  reasons: {
    fragment: {
      says: 'The metadata names the authorization or token endpoint with a fragment, behind which the parameters of a client get lost.',
      fix: {
        general:
          'Give the endpoint a path of its own instead of a route behind #; a login page with such routes can be redirected to from there.',
      },
    },
  },
  rule({ document }) {
    const named = endpointsIn(document).filter(({ member }) => WITHOUT_FRAGMENT.includes(member));
    if (named.length === 0) return skip('it names neither');
    return ruling(
      named
        .filter(({ value }) => value.includes('#'))
        .map(({ member, value }) => ({ reason: 'fragment', actual: `${member} is ${quote(value)}` })),
      named.map(({ value }) => value).join(', '),
    );
  },
  fails: { fragment: ['a route', { authorization_endpoint: 'https://tenant.example.com/#/authorize' }] },
});

export const namesEndpointsThatClientsReach = documentCheck({
  id: 'issuer-metadata/names-endpoints-that-clients-reach',
  title: 'Names endpoints on hosts that its clients reach',
  // No document forbids it, and all users may be inside one network.
  keyword: 'ADVICE',
  severity: 'high',
  requirements: ['PRACTICE-endpoints-reachable'],
  expected: 'hosts on the internet',
  reasons: {
    inside: {
      says: 'The metadata of a server on the internet names an endpoint on a loopback, private or internal host, which its clients do not reach.',
      fix: {
        general:
          'Set the public base URL of the authorization server; localhost and container names in the metadata mean that it derives its URLs from the address it listens on.',
      },
    },
  },
  rule({ document, facts: { server } }) {
    if (server.exposure !== 'public') return skip(`the server has a ${server.exposure} address itself`);
    const named = endpointsIn(document).filter(({ value }) => absoluteUrl(value) !== undefined);
    if (named.length === 0) return skip('it names no endpoint');
    return ruling(
      named
        .filter(({ value }) => isInsideHost(absoluteUrl(value)!.hostname))
        .map(({ member, value }) => ({ reason: 'inside', actual: `${member} is ${quote(value)}` })),
      [...new Set(named.map(({ value }) => absoluteUrl(value)!.host))].join(', '),
    );
  },
  fails: { inside: ['localhost', { revocation_endpoint: 'https://localhost:8443/oauth/revoke' }] },
});

export const keepsEndpointsAtItsOwnHost = documentCheck({
  id: 'issuer-metadata/keeps-endpoints-at-its-own-host',
  title: 'Keeps its endpoints at the host of the issuer',
  // Large providers spread theirs over several hosts.
  keyword: 'ADVICE',
  severity: 'low',
  requirements: ['AUTH0-endpoints-https-origin', 'AUTH0-dcr-endpoint-consistency'],
  expected: 'endpoints at the host of the issuer',
  reasons: {
    'other-host': {
      says: 'The metadata names an endpoint at another host than the issuer; who holds that host gets codes, tokens or secrets of its clients.',
      fix: {
        general:
          'Serve the endpoint at the issuer’s own host. If the other host is meant, watch its DNS and certificate as you watch the issuer’s. A host nobody knows here means that the base URL follows the request: configure it outright.',
        auth0: {
          text: 'With a custom domain every endpoint moves there. Write the custom domain into authorization_servers, and pass the tenant’s document through unchanged where you proxy it.',
          dashboard: 'Branding > Custom Domains',
        },
      },
    },
  },
  rule({ document, issuer, facts: { server } }) {
    const home = absoluteUrl(issuer)?.hostname;
    // RFC 8705 5: the aliases exist to be at another host.
    const named = endpointsIn(document).filter(
      ({ member, value }) => !member.includes('.') && absoluteUrl(value) !== undefined,
    );
    if (named.length === 0) return skip('it names no endpoint');
    const hostOf = (value: string) => absoluteUrl(value)!.hostname;
    return ruling(
      named
        .filter(({ value }) => hostOf(value) !== home && !(server.exposure === 'public' && isInsideHost(hostOf(value))))
        .map(({ member, value }) => ({ reason: 'other-host', actual: `${member} is ${quote(value)}` })),
      `${named.length} endpoints at ${home}`,
    );
  },
  passes: [
    [
      'aliases for clients with certificates elsewhere',
      withIssuerDocument({ mtls_endpoint_aliases: { token_endpoint: 'https://mtls.example.com/token' } }),
    ],
  ],
  fails: { 'other-host': ['elsewhere', { userinfo_endpoint: 'https://login.example.net/userinfo' }] },
});

export const endpointChecks = [
  namesAnAuthorizationEndpoint,
  namesATokenEndpoint,
  namesEndpointsByAbsoluteUrls,
  namesHttpsEndpoints,
  namesAnHttpsKeySet,
  namesEndpointsWithoutFragment,
  namesEndpointsThatClientsReach,
  keepsEndpointsAtItsOwnHost,
];
