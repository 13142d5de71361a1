import type { Fault } from '../../fault.ts';
import { alsoOverHttp } from '../../replace.ts';
import { change, metadata } from './replace.ts';

const plain = (value: unknown) => String(value).replace(/^https:/, 'http:');

/** Where the metadata sends clients. */
export const ENDPOINT_FAULTS: readonly Fault[] = [
  change(
    'issuer-names-no-authorization-endpoint',
    'The metadata has no authorization_endpoint.',
    { authorization_endpoint: undefined },
    'names-an-authorization-endpoint:absent',
  ),
  change(
    'issuer-names-no-token-endpoint',
    'The metadata has no token_endpoint.',
    { token_endpoint: undefined },
    'names-a-token-endpoint:absent',
  ),
  change(
    'issuer-names-an-endpoint-by-its-path',
    'revocation_endpoint is a path.',
    { revocation_endpoint: '/oauth/revoke' },
    'names-endpoints-by-absolute-urls:no-url',
  ),
  {
    id: 'issuer-names-an-http-endpoint',
    says: 'The metadata of a public tenant names an endpoint by a plain http URL.',
    publicName: true,
    tenant: metadata((all) => ({ revocation_endpoint: plain(all.revocation_endpoint) })),
    trips: ['issuer-metadata/names-https-endpoints:http'],
  },
  {
    id: 'issuer-names-an-http-key-set',
    says: 'The metadata of a public tenant names its key set by a plain http URL, which redirects.',
    publicName: true,
    plainHttp: 'tenant',
    tenant: (conforming) => ({
      ...metadata((all) => ({ jwks_uri: plain(all.jwks_uri) }))(conforming),
      ...alsoOverHttp([])(conforming),
    }),
    trips: ['issuer-metadata/names-an-https-key-set:http'],
  },
  change(
    'issuer-names-an-http-endpoint-outside-the-laboratory',
    'The metadata of a tenant on loopback names an endpoint by plain http on a public host.',
    { revocation_endpoint: 'http://login.example.com/revoke' },
    'names-https-endpoints:http-elsewhere',
    'keeps-endpoints-at-its-own-host:other-host',
  ),
  change(
    'issuer-names-an-http-key-set-outside-the-laboratory',
    'The metadata of a tenant on loopback names a key set by plain http on a public host.',
    { jwks_uri: 'http://login.example.com/jwks.json' },
    'names-an-https-key-set:http-elsewhere',
    // Nobody is there.
    'serves-its-key-set:no-answer',
  ),
  change(
    'issuer-names-an-endpoint-with-a-fragment',
    'authorization_endpoint has a fragment.',
    (all) => ({ authorization_endpoint: `${all.authorization_endpoint}#login` }),
    'names-endpoints-without-fragment:fragment',
  ),
  {
    id: 'issuer-names-an-endpoint-on-localhost',
    says: 'The metadata of a public tenant names an endpoint on localhost.',
    publicName: true,
    tenant: metadata({ revocation_endpoint: 'https://localhost:8443/oauth/revoke' }),
    trips: ['issuer-metadata/names-endpoints-that-clients-reach:inside'],
  },
  change(
    'issuer-names-an-endpoint-elsewhere',
    'userinfo_endpoint is on another host.',
    { userinfo_endpoint: 'https://login.example.net/userinfo' },
    'keeps-endpoints-at-its-own-host:other-host',
  ),
];
