import { emptyReply, field, htmlReply, publicDocument } from '../../http.ts';
import type { ServerContext } from '../../server/behaviour.ts';
import { resourceMetadata } from '../../server/resource-metadata.ts';
import type { Fault } from '../fault.ts';
import { answerFirst, dropParameters, type Replacement, together } from '../replace.ts';

/** Names another metadata URL than the server's own; `undefined` names none. */
function metadataUrl(url: (context: ServerContext, conforming: string) => string | undefined): Replacement {
  return (conforming) => ({
    resourceMetadataUrl: (context) => {
      const own = conforming.resourceMetadataUrl(context);
      return own === undefined ? undefined : url(context, own);
    },
  });
}

function onOwnOrigin(path: string): Replacement {
  return metadataUrl((_, own) => new URL(path, own).href);
}

/** The URL with another host, as a proxy would have told it. */
function atHost(url: string, scheme: string, host: string): string {
  const { pathname } = new URL(url);
  return `${scheme}://${host}${pathname}`;
}

const ELSEWHERE = '/.well-known/oauth-protected-resource/elsewhere';

/** Where the challenge leads. */
export const METADATA_URL_FAULTS: readonly Fault[] = [
  {
    id: 'names-no-metadata-url',
    says: 'No challenge has resource_metadata; the document stands at its well-known location.',
    server: metadataUrl(() => undefined),
    // Later revisions let a server choose between the challenge and the well-known location.
    revisions: ['2025-06-18'],
    trips: ['challenge/points-to-resource-metadata:absent'],
  },
  {
    id: 'names-no-metadata-url-for-a-bad-token',
    says: 'The challenge to an invalid token has no resource_metadata.',
    server: dropParameters(['invalid-token'], ['resource_metadata']),
    trips: ['challenge/points-to-resource-metadata:absent-for-a-bad-token'],
  },
  {
    id: 'names-a-metadata-url-that-hangs-up',
    says: 'The connection is cut at the URL that resource_metadata names.',
    server: together(
      onOwnOrigin(ELSEWHERE),
      answerFirst(
        ({ request }) => request.path === ELSEWHERE,
        ({ request }) => {
          request.hangUp();
          return emptyReply(204);
        },
      ),
    ),
    trips: ['challenge/names-a-metadata-url-that-works:no-answer'],
  },
  {
    id: 'names-a-metadata-url-on-a-closed-port',
    says: 'resource_metadata names a port where nobody listens.',
    server: metadataUrl((_, own) => {
      const url = new URL(own);
      url.port = '1';
      return url.href;
    }),
    trips: [
      'challenge/names-a-metadata-url-that-works:no-answer',
      'challenge/names-metadata-on-its-own-origin:other-origin',
    ],
  },
  {
    id: 'names-a-metadata-url-that-is-not-found',
    says: 'The URL that resource_metadata names answers 404.',
    server: onOwnOrigin(ELSEWHERE),
    trips: ['challenge/names-a-metadata-url-that-works:wrong-status'],
  },
  {
    id: 'names-a-web-page-as-metadata-url',
    says: 'The URL that resource_metadata names answers with a web page.',
    server: together(
      onOwnOrigin('/docs/authorization'),
      answerFirst(
        ({ request }) => request.path === '/docs/authorization',
        () => htmlReply(200, '<!doctype html><title>Authorization</title><p>How to get a token.</p>'),
      ),
    ),
    trips: ['challenge/names-a-metadata-url-that-works:not-a-json-object'],
  },
  {
    id: 'names-a-relative-metadata-url',
    says: 'The challenge names the metadata document by a path, without scheme and host.',
    server: metadataUrl((_, own) => new URL(own).pathname),
    trips: ['challenge/names-an-absolute-metadata-url:relative'],
  },
  {
    id: 'names-a-plain-http-metadata-url',
    says: 'A public server names its metadata by an http URL, where the same document is served.',
    server: metadataUrl((_, own) => own.replace(/^https:/, 'http:')),
    publicName: true,
    plainHttp: 'server',
    trips: ['challenge/names-an-https-metadata-url:http'],
  },
  {
    id: 'names-a-metadata-url-of-the-tenant',
    says: 'The metadata document that resource_metadata names stands on the origin of the tenant.',
    server: metadataUrl(({ setup }, own) => new URL(new URL(own).pathname, setup.issuer).href),
    tenant: (conforming) => ({
      sideDoor: (context) =>
        context.request.path.startsWith('/.well-known/oauth-protected-resource')
          ? publicDocument(context.request, 300, () => resourceMetadata(context))
          : conforming.sideDoor(context),
    }),
    trips: ['challenge/names-metadata-on-its-own-origin:other-origin'],
  },
  {
    id: 'publishes-no-metadata',
    says: 'No challenge has resource_metadata, and no document stands at either well-known location.',
    server: together(
      metadataUrl(() => undefined),
      (conforming) => ({
        route: (context) => {
          const place = conforming.route(context);
          return place === 'resource-metadata' ? 'nowhere' : place;
        },
      }),
    ),
    trips: [
      'challenge/leads-to-resource-metadata:nowhere',
      'access-tokens/tells-how-to-get-more-scope:no-resource-metadata',
    ],
  },
  {
    id: 'names-the-forwarded-host-in-the-challenge',
    says: 'resource_metadata takes its host from X-Forwarded-Host.',
    server: metadataUrl(({ request }, own) => {
      const host = field(request, 'x-forwarded-host');
      return host === undefined ? own : atHost(own, field(request, 'x-forwarded-proto') ?? 'http', host);
    }),
    trips: ['challenge/keeps-its-url-under-forwarded-headers:challenge-follows'],
  },
  {
    id: 'names-the-host-of-forwarded-in-the-challenge',
    says: 'resource_metadata takes its host from Forwarded.',
    server: metadataUrl(({ request }, own) => {
      const host = /(?:^|[;,])\s*host="?([^";,]+)/i.exec(field(request, 'forwarded') ?? '')?.[1];
      return host === undefined ? own : atHost(own, 'https', host);
    }),
    trips: ['challenge/keeps-its-url-under-forwarded-headers:challenge-follows'],
  },
  {
    id: 'names-the-forwarded-host-in-metadata',
    says: 'resource in the metadata document takes its host from X-Forwarded-Host.',
    server: (conforming) => ({
      resourceMetadata: (context) => {
        const { request, setup } = context;
        const document = conforming.resourceMetadata(context);
        const host = field(request, 'x-forwarded-host');
        if (host === undefined) return document;
        return { ...document, resource: atHost(setup.server.url, field(request, 'x-forwarded-proto') ?? 'http', host) };
      },
    }),
    trips: ['challenge/keeps-its-url-under-forwarded-headers:metadata-follows'],
  },
  {
    id: 'names-any-host-in-the-challenge',
    says: 'The server answers for every host, and resource_metadata takes its host from the Host field.',
    server: together(
      () => ({ admitHost: () => true }),
      metadataUrl(({ request }, own) => atHost(own, 'http', field(request, 'host') ?? '')),
    ),
    trips: ['challenge/keeps-its-url-under-forwarded-headers:host-follows'],
  },
];
