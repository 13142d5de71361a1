import { publicDocument } from '../../http.ts';
import type { Fault } from '../fault.ts';
import { alsoOverHttp } from '../replace.ts';
import { members } from './edit.ts';

/** Names other authorization servers, made from the tenant's issuer. */
const issuers = (of: (issuer: string) => unknown) =>
  members((_, { setup }) => ({ authorization_servers: of(setup.issuer) }));

/** Where the metadata of an issuer with the path /staging is (RFC 8414 3.1, OpenID Connect Discovery 4). */
const STAGING = [
  '/.well-known/oauth-authorization-server/staging',
  '/.well-known/openid-configuration/staging',
  '/staging/.well-known/openid-configuration',
];

/** Where it says that tokens are to be had. */
export const AUTHORIZATION_SERVER_FAULTS: readonly Fault[] = [
  {
    id: 'names-no-authorization-server',
    says: 'The protected resource metadata leaves authorization_servers out.',
    server: issuers(() => undefined),
    trips: ['resource-metadata/names-an-authorization-server:absent'],
  },
  {
    id: 'names-an-empty-list-of-authorization-servers',
    says: 'The protected resource metadata gives authorization_servers as an empty list.',
    server: issuers(() => []),
    trips: ['resource-metadata/names-an-authorization-server:empty'],
  },
  {
    id: 'names-its-authorization-server-in-a-text',
    says: 'The protected resource metadata gives authorization_servers as one string, not as a list.',
    server: issuers((issuer) => issuer),
    trips: ['resource-metadata/names-an-authorization-server:no-list-of-texts'],
  },
  {
    id: 'names-a-domain-as-authorization-server',
    says: 'The protected resource metadata names an authorization server by its domain, not by its issuer URL.',
    server: issuers((issuer) => [issuer, new URL(issuer).host]),
    trips: ['resource-metadata/names-issuers-by-absolute-urls:no-url'],
  },
  {
    id: 'names-its-authorization-server-by-plain-http',
    says: 'The protected resource metadata of a public server names its authorization server by an http URL.',
    server: issuers((issuer) => [issuer.replace(/^https:/, 'http:')]),
    publicName: true,
    plainHttp: 'tenant',
    // Nothing but the metadata, so that it is the document of this server that is wrong.
    tenant: alsoOverHttp(['/.well-known/oauth-authorization-server', '/.well-known/openid-configuration']),
    trips: ['resource-metadata/names-issuers-by-https-urls:http'],
  },
  {
    id: 'names-its-authorization-server-with-a-query',
    says: 'The protected resource metadata names an authorization server by an issuer with a query.',
    server: issuers((issuer) => [`${issuer}?organization=a`]),
    trips: ['resource-metadata/names-issuers-without-query-or-fragment:query'],
  },
  {
    id: 'names-its-authorization-server-with-a-fragment',
    says: 'The protected resource metadata names an authorization server by an issuer with a fragment.',
    server: issuers((issuer) => [`${issuer}#a`]),
    trips: ['resource-metadata/names-issuers-without-query-or-fragment:fragment'],
  },
  {
    id: 'names-its-authorization-server-twice',
    says: 'The protected resource metadata names the same authorization server twice.',
    server: issuers((issuer) => [issuer, issuer]),
    trips: ['resource-metadata/names-each-issuer-once:repeated'],
  },
  {
    id: 'names-its-authorization-server-without-the-slash',
    says: 'The protected resource metadata names its authorization server without the slash that the issuer ends with.',
    server: issuers((issuer) => [issuer.replace(/\/$/, '')]),
    trips: ['resource-metadata/spells-issuers-as-they-spell-themselves:slash'],
  },
  {
    id: 'spells-its-authorization-server-in-another-way',
    says: 'The protected resource metadata writes the scheme of its authorization server in upper case.',
    server: issuers((issuer) => [issuer.replace(/^https?/, (scheme) => scheme.toUpperCase())]),
    trips: ['resource-metadata/spells-issuers-as-they-spell-themselves:spelling'],
  },
  {
    id: 'names-the-authorization-server-of-another-environment',
    says: 'The protected resource metadata names an authorization server that is there, and is another than the operator means.',
    server: issuers((issuer) => [new URL('/staging', issuer).href]),
    tenant: (conforming) => ({
      sideDoor: (context) => {
        if (!STAGING.includes(context.request.path)) return conforming.sideDoor(context);
        const issuer = new URL('/staging', context.setup.issuer).href;
        return publicDocument(context.request, 15, () => ({ ...conforming.metadata(context), issuer }));
      },
    }),
    trips: ['resource-metadata/names-the-expected-issuer:another'],
  },
];
