import type { TenantContext } from '../../../tenant/behaviour.ts';
import type { Fault } from '../../fault.ts';
import { change, metadata } from './replace.ts';

/** The issuer with another scheme, host, query or fragment. */
const issuer =
  (parts: Partial<URL>) =>
  (_: unknown, { setup }: TenantContext) => ({ issuer: Object.assign(new URL(setup.issuer), parts).href });

/** Whose metadata it is. */
export const IDENTITY_FAULTS: readonly Fault[] = [
  change(
    'issuer-has-no-issuer',
    'The authorization server metadata leaves issuer out.',
    { issuer: undefined },
    'says-its-issuer:absent',
  ),
  change(
    'issuer-is-a-name',
    'The authorization server metadata gives a bare name as issuer, not a URL.',
    { issuer: 'tenant' },
    'says-its-issuer:no-url',
  ),
  {
    id: 'issuer-says-http',
    says: 'The issuer of a public tenant is a plain http URL, as a proxy that ends TLS makes it.',
    publicName: true,
    tenant: metadata(issuer({ protocol: 'http:' })),
    trips: ['issuer-metadata/says-an-https-issuer:http'],
  },
  change(
    'issuer-has-a-query',
    'The authorization server metadata gives an issuer with a query.',
    issuer({ search: '?tenant=one' }),
    'says-an-issuer-without-query-and-fragment:query',
  ),
  change(
    'issuer-has-a-fragment',
    'The authorization server metadata gives an issuer with a fragment.',
    issuer({ hash: '#one' }),
    'says-an-issuer-without-query-and-fragment:fragment',
  ),
  change(
    'issuer-is-a-template',
    'issuer is a template with a placeholder for the tenant.',
    (_, { setup }) => ({ issuer: `${setup.issuer}{tenantid}/v2.0` }),
    'says-the-issuer-that-was-asked:placeholder',
  ),
  change(
    'issuer-says-https-in-a-laboratory',
    'issuer is https where the tenant was asked by http.',
    issuer({ protocol: 'https:' }),
    'says-the-issuer-that-was-asked:other-scheme',
  ),
  change(
    'issuer-is-another-host',
    'issuer is the tenant under another domain.',
    issuer({ hostname: 'localhost' }),
    'says-the-issuer-that-was-asked:other-host',
  ),
  change(
    'issuer-has-another-path',
    'issuer has a path that the issuer that was asked has not.',
    (_, { setup }) => ({ issuer: `${setup.issuer}oauth2/default` }),
    'says-the-issuer-that-was-asked:other-path',
  ),
  change(
    'issuer-does-not-list-the-server',
    'The metadata lists protected resources, and the MCP server is not among them.',
    { protected_resources: ['https://api.example.com/'] },
    'lists-the-resource-it-protects:not-listed',
  ),
];
