import { emptyReply, field, htmlReply, jsonReply, publicDocument, withHeaders } from '../../../http.ts';
import type { ServerContext } from '../../../server/behaviour.ts';
import { resourceMetadata } from '../../../server/resource-metadata.ts';
import type { Fault } from '../../fault.ts';
import { alsoOverHttp, answerTenantPaths, setField, withoutHeader } from '../../replace.ts';
import { delivery, metadataAt, notFound, OAUTH, OPENID } from './replace.ts';

/** Names another issuer in the resource metadata. */
const naming = (issuer: (context: ServerContext) => string): NonNullable<Fault['server']> => {
  return () => ({
    resourceMetadata: (context) => ({ ...resourceMetadata(context), authorization_servers: [issuer(context)] }),
  });
};

/** What the operator of the mock tenant means is its only issuer. */
const ANOTHER = 'resource-metadata/names-the-expected-issuer:another';

/** Where the metadata is, and how it comes. */
export const DISCOVERY_FAULTS: readonly Fault[] = [
  {
    id: 'issuer-hangs-up-for-metadata',
    says: 'The tenant cuts the connection where its metadata should be.',
    tenant: answerTenantPaths([OAUTH, OPENID], ({ request }) => {
      request.hangUp();
      return emptyReply(204);
    }),
    trips: ['issuer-metadata/publishes-metadata:no-answer'],
  },
  {
    id: 'issuer-publishes-no-metadata',
    says: 'The tenant answers 404 at both well-known locations.',
    tenant: answerTenantPaths([OAUTH, OPENID], notFound),
    trips: ['issuer-metadata/publishes-metadata:no-document'],
  },
  {
    id: 'issuer-answers-with-a-web-page-for-metadata',
    says: 'The tenant answers with its start page at both well-known locations.',
    tenant: answerTenantPaths([OAUTH, OPENID], () => htmlReply(200, '<!doctype html><title>Start</title>')),
    trips: ['issuer-metadata/publishes-metadata:not-a-json-object'],
  },
  {
    id: 'names-a-private-issuer',
    says: 'A public server names an issuer on its own machine.',
    publicName: true,
    server: naming(() => 'https://localhost:8443/'),
    trips: ['issuer-metadata/names-an-issuer-that-clients-reach:private-address', ANOTHER],
  },
  {
    id: 'issuer-publishes-openid-discovery-alone',
    says: 'The tenant has OpenID discovery and no RFC 8414 metadata.',
    tenant: answerTenantPaths([OAUTH], notFound),
    // Later revisions take either.
    revisions: ['2025-06-18'],
    trips: ['issuer-metadata/serves-oauth-metadata:openid-alone'],
  },
  {
    id: 'issuer-publishes-openid-discovery-before-its-path-alone',
    says: 'The issuer has a path, and OpenID discovery stands before it and not behind it.',
    server: naming(({ setup }) => `${setup.issuer}one`),
    tenant: (conforming) =>
      answerTenantPaths([`${OAUTH}/one`, `${OPENID}/one`], (context) =>
        publicDocument(context.request, 15, () => ({
          ...conforming.metadata(context),
          issuer: `${context.setup.issuer}one`,
        })),
      )(conforming),
    trips: ['issuer-metadata/serves-openid-discovery-behind-its-path:beside-oauth', ANOTHER],
  },
  {
    id: 'issuer-publishes-openid-discovery-before-its-path-and-nothing-else',
    says: 'The issuer has a path, and OpenID discovery before it is all the metadata there is.',
    server: naming(({ setup }) => `${setup.issuer}one`),
    tenant: (conforming) =>
      answerTenantPaths([`${OPENID}/one`], (context) =>
        publicDocument(context.request, 15, () => ({
          ...conforming.metadata(context),
          issuer: `${context.setup.issuer}one`,
        })),
      )(conforming),
    trips: ['issuer-metadata/serves-openid-discovery-behind-its-path:inserted-alone', ANOTHER],
  },
  {
    id: 'issuer-fails-where-its-metadata-should-be',
    says: 'The tenant answers 500 at both well-known locations.',
    tenant: answerTenantPaths([OAUTH, OPENID], () => jsonReply(500, { error: 'server_error' })),
    trips: ['issuer-metadata/publishes-metadata:server-error'],
  },
  {
    id: 'names-the-url-of-openid-discovery-as-issuer',
    says: 'The resource metadata names the URL of OpenID discovery as issuer.',
    server: naming(({ setup }) => new URL(OPENID, setup.issuer).href),
    trips: ['issuer-metadata/publishes-metadata:issuer-is-a-metadata-url'],
  },
  {
    id: 'issuer-answers-with-a-web-page-before-openid-discovery',
    says: 'The tenant has OpenID discovery, and its start page where RFC 8414 metadata should be.',
    tenant: answerTenantPaths([OAUTH], () => htmlReply(200, '<!doctype html><title>Start</title>')),
    trips: ['issuer-metadata/publishes-metadata:first-location-stops-clients'],
  },
  {
    id: 'issuer-begins-metadata-with-a-byte-order-mark',
    says: 'The metadata of the tenant begins with a byte order mark.',
    tenant: delivery((reply) => ({ ...reply, body: `\ufeff${String(reply.body)}` })),
    trips: ['issuer-metadata/sends-its-metadata-as-json:byte-order-mark'],
  },
  {
    id: 'issuer-forbids-to-cache-its-metadata',
    says: 'The metadata of the tenant comes with no-store.',
    tenant: delivery((reply) => setField(reply, 'Cache-Control', 'no-store')),
    trips: ['issuer-metadata/lets-its-metadata-be-cached:forbidden'],
  },
  {
    id: 'issuer-sends-metadata-as-text',
    says: 'The metadata has the media type text/plain.',
    tenant: delivery((reply) => setField(reply, 'Content-Type', 'text/plain')),
    trips: ['issuer-metadata/sends-its-metadata-as-json:other-type'],
  },
  {
    id: 'issuer-redirects-from-its-metadata',
    says: 'The well-known location of RFC 8414 redirects to that of OpenID.',
    tenant: answerTenantPaths([OAUTH], ({ setup }) =>
      emptyReply(302, [['Location', new URL(OPENID, setup.issuer).href]]),
    ),
    trips: ['issuer-metadata/serves-its-metadata-without-redirect:redirects'],
  },
  {
    id: 'issuer-says-other-things-in-openid-discovery',
    says: 'OpenID discovery names other scopes than RFC 8414 metadata.',
    tenant: metadataAt(OPENID, { scopes_supported: ['openid', 'offline_access'] }),
    trips: ['issuer-metadata/agrees-with-its-other-document:differs'],
  },
  {
    id: 'issuer-changes-its-metadata',
    says: 'Every second answer with metadata comes from a node that has another scope.',
    tenant: (conforming) => {
      let asked = 0;
      return answerTenantPaths([OAUTH], (context) => {
        if (context.request.method !== 'GET') return undefined;
        const changes = asked++ % 2 === 0 ? {} : { scopes_supported: ['openid', 'profile', 'offline_access'] };
        const document = { ...conforming.metadata(context), ...changes };
        return publicDocument(context.request, 15, () => document);
      })(conforming);
    },
    trips: ['issuer-metadata/says-the-same-when-asked-again:changes'],
  },
  {
    id: 'issuer-loses-its-metadata',
    says: 'From the second request on the metadata is gone.',
    tenant: (conforming) => {
      let asked = 0;
      return answerTenantPaths([OAUTH], ({ request }) => {
        if (request.method !== 'GET' || field(request, 'origin') !== undefined) return undefined;
        return asked++ === 0 ? undefined : notFound();
      })(conforming);
    },
    trips: ['issuer-metadata/says-the-same-when-asked-again:gone'],
  },
  {
    id: 'issuer-refuses-metadata-to-browsers',
    says: 'The metadata is refused to requests with an Origin field.',
    tenant: answerTenantPaths([OAUTH, OPENID], ({ request }) =>
      field(request, 'origin') === undefined ? undefined : jsonReply(403, { error: 'forbidden' }),
    ),
    trips: ['issuer-metadata/lets-browsers-read-its-metadata:not-served'],
  },
  {
    id: 'issuer-hides-metadata-from-browsers',
    says: 'The metadata has no Access-Control-Allow-Origin.',
    tenant: delivery((reply) => withoutHeader(reply, 'Access-Control-Allow-Origin')),
    trips: ['issuer-metadata/lets-browsers-read-its-metadata:hidden'],
  },
  {
    id: 'issuer-offers-metadata-with-cookies',
    says: 'The metadata is offered to the origin that asks, with credentials.',
    tenant: delivery((reply, { request }) => {
      const origin = field(request, 'origin');
      return origin === undefined
        ? reply
        : withHeaders(setField(reply, 'Access-Control-Allow-Origin', origin), [
            ['Access-Control-Allow-Credentials', 'true'],
          ]);
    }),
    trips: ['issuer-metadata/offers-its-metadata-without-cookies:credentials'],
  },
  {
    id: 'issuer-serves-metadata-over-http',
    says: 'A public tenant serves its metadata over plain http too; all else redirects to https.',
    publicName: true,
    plainHttp: 'tenant',
    tenant: alsoOverHttp([OAUTH, OPENID]),
    trips: ['issuer-metadata/serves-its-metadata-over-https-only:served-over-http'],
  },
  {
    id: 'issuer-leads-from-its-metadata-to-plain-http',
    says: 'The well-known locations of a public tenant redirect to plain http, where the metadata is; all else to https.',
    publicName: true,
    plainHttp: 'tenant',
    tenant: (conforming) => ({
      sideDoor: (context) => {
        const { request, setup } = context;
        if (![OAUTH, OPENID].includes(request.path) || request.scheme === 'http') {
          return alsoOverHttp([OAUTH, OPENID])(conforming).sideDoor?.(context);
        }
        return emptyReply(302, [['Location', new URL(request.path, setup.issuer).href.replace('https:', 'http:')]]);
      },
    }),
    trips: [
      'issuer-metadata/serves-its-metadata-over-https-only:led-to-http',
      'issuer-metadata/serves-its-metadata-without-redirect:redirects',
    ],
  },
];
