import { emptyReply, htmlReply, publicDocument } from '../../../http.ts';
import type { ServerContext } from '../../../server/behaviour.ts';
import { resourceMetadata } from '../../../server/resource-metadata.ts';
import type { Fault } from '../../fault.ts';
import { withoutHeader } from '../../replace.ts';
import { answering, delivery, metadataAt, notFound, OAUTH, OPENID } from './replace.ts';

/** Names another issuer in the resource metadata. */
const naming = (issuer: (context: ServerContext) => string): NonNullable<Fault['server']> => {
  return () => ({
    resourceMetadata: (context) => ({ ...resourceMetadata(context), authorization_servers: [issuer(context)] }),
  });
};

/** Where the metadata is, and how it comes. */
export const DISCOVERY_FAULTS: readonly Fault[] = [
  {
    id: 'issuer-hangs-up-for-metadata',
    says: 'The tenant cuts the connection where its metadata should be.',
    tenant: answering([OAUTH, OPENID], ({ request }) => {
      request.hangUp();
      return emptyReply(204);
    }),
    trips: ['issuer-metadata/publishes-metadata:no-answer'],
  },
  {
    id: 'issuer-publishes-no-metadata',
    says: 'The tenant answers 404 at both well-known locations.',
    tenant: answering([OAUTH, OPENID], notFound),
    trips: ['issuer-metadata/publishes-metadata:no-document'],
  },
  {
    id: 'issuer-answers-with-a-web-page-for-metadata',
    says: 'The tenant answers with its start page at both well-known locations.',
    tenant: answering([OAUTH, OPENID], () => htmlReply(200, '<!doctype html><title>Start</title>')),
    trips: ['issuer-metadata/publishes-metadata:not-a-json-object'],
  },
  {
    id: 'names-a-private-issuer',
    says: 'A public server names an issuer on its own machine.',
    publicName: true,
    server: naming(() => 'https://localhost:8443/'),
    trips: ['issuer-metadata/names-an-issuer-that-clients-reach:private-address'],
  },
  {
    id: 'issuer-publishes-openid-discovery-alone',
    says: 'The tenant has OpenID discovery and no RFC 8414 metadata.',
    tenant: answering([OAUTH], notFound),
    // Later revisions take either.
    revisions: ['2025-06-18'],
    trips: ['issuer-metadata/serves-oauth-metadata:openid-alone'],
  },
  {
    id: 'issuer-publishes-openid-discovery-before-its-path-alone',
    says: 'The issuer has a path, and OpenID discovery stands before it and not behind it.',
    server: naming(({ setup }) => `${setup.issuer}one`),
    tenant: (conforming) =>
      answering([`${OAUTH}/one`, `${OPENID}/one`], (context) =>
        publicDocument(context.request, 15, () => ({
          ...conforming.metadata(context),
          issuer: `${context.setup.issuer}one`,
        })),
      )(conforming),
    trips: ['issuer-metadata/serves-openid-discovery-behind-its-path:inserted-alone'],
  },
  {
    id: 'issuer-sends-metadata-as-text',
    says: 'The metadata has the media type text/plain.',
    tenant: delivery((reply) => ({
      ...reply,
      headers: [...withoutHeader(reply, 'Content-Type').headers, ['Content-Type', 'text/plain']],
    })),
    trips: ['issuer-metadata/sends-its-metadata-as-json:other-type'],
  },
  {
    id: 'issuer-redirects-from-its-metadata',
    says: 'The well-known location of RFC 8414 redirects to that of OpenID.',
    tenant: answering([OAUTH], ({ setup }) => emptyReply(302, [['Location', new URL(OPENID, setup.issuer).href]])),
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
      return answering([OAUTH], (context) => {
        if (context.request.method !== 'GET') return undefined;
        const changes = asked++ % 2 === 0 ? {} : { scopes_supported: ['openid', 'profile', 'offline_access'] };
        const document = { ...conforming.metadata(context), ...changes };
        return publicDocument(context.request, 15, () => document);
      })(conforming);
    },
    trips: ['issuer-metadata/says-the-same-when-asked-again:changes'],
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
      const origin = request.headers.find(([name]) => name.toLowerCase() === 'origin')?.[1];
      if (origin === undefined) return reply;
      const others = withoutHeader(reply, 'Access-Control-Allow-Origin').headers;
      return {
        ...reply,
        headers: [...others, ['Access-Control-Allow-Origin', origin], ['Access-Control-Allow-Credentials', 'true']],
      };
    }),
    trips: ['issuer-metadata/offers-its-metadata-without-cookies:credentials'],
  },
  {
    id: 'issuer-serves-metadata-over-http',
    says: 'A public tenant serves its metadata over plain http too; all else redirects to https.',
    publicName: true,
    plainHttp: 'tenant',
    tenant: (conforming) => ({
      sideDoor: (context) => {
        const { request, setup } = context;
        if (request.scheme === 'https' || [OAUTH, OPENID].includes(request.path)) return conforming.sideDoor(context);
        return emptyReply(308, [['Location', new URL(`${request.path}${request.query}`, setup.issuer).href]]);
      },
    }),
    trips: ['issuer-metadata/serves-its-metadata-over-https-only:served-over-http'],
  },
];
