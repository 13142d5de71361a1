import { emptyReply, field, jsonReply } from '../../http.ts';
import type { Fault } from '../fault.ts';
import { setField, withoutHeader } from '../replace.ts';
import { members, reply } from './edit.ts';

/** From the third time on that the document is asked for, neither by a browser nor through a proxy. */
function later(): (request: Parameters<typeof field>[0]) => boolean {
  let asked = 0;
  return (request) => {
    if (request.method !== 'GET' || field(request, 'origin') !== undefined) return false;
    if (field(request, 'x-forwarded-host') !== undefined) return false;
    asked += 1;
    return asked > 2;
  };
}

/** How the document is sent. */
export const REPRESENTATION_FAULTS: readonly Fault[] = [
  {
    id: 'sends-metadata-as-a-file',
    says: 'The metadata document is sent as application/octet-stream.',
    server: reply((given) => setField(given, 'Content-Type', 'application/octet-stream')),
    trips: ['resource-metadata/has-the-json-media-type:other-type'],
  },
  {
    id: 'sends-metadata-as-text-json',
    says: 'The metadata document is sent as text/json.',
    server: reply((given) => setField(given, 'Content-Type', 'text/json')),
    trips: ['resource-metadata/has-the-json-media-type:other-json-type'],
  },
  {
    id: 'begins-metadata-with-a-byte-order-mark',
    says: 'The metadata document begins with a byte order mark.',
    server: reply((given) => ({ ...given, body: `\ufeff${String(given.body)}` })),
    trips: ['resource-metadata/is-strict-json:byte-order-mark'],
  },
  {
    id: 'writes-a-metadata-member-twice',
    says: 'The metadata document has resource_name twice.',
    server: reply((given) => ({ ...given, body: String(given.body).replace('{', '{"resource_name":"Old",') })),
    trips: ['resource-metadata/is-strict-json:duplicate-member'],
  },
  {
    id: 'hides-metadata-from-browsers',
    says: 'The metadata document has no Access-Control-Allow-Origin.',
    server: reply((given) => withoutHeader(given, 'Access-Control-Allow-Origin')),
    trips: ['resource-metadata/lets-browsers-read-it:unreadable'],
  },
  {
    id: 'refuses-metadata-to-browsers',
    says: 'The metadata document is refused to requests with an Origin field.',
    server: reply((given, { request }) => (field(request, 'origin') === undefined ? given : emptyReply(403))),
    trips: ['resource-metadata/lets-browsers-read-it:not-served'],
  },
  {
    id: 'lets-metadata-be-cached-for-a-year',
    says: 'The metadata document may be cached for a year.',
    server: reply((given) => setField(given, 'Cache-Control', 'public, max-age=31536000, immutable')),
    trips: ['resource-metadata/may-be-cached-for-a-while:too-long'],
  },
  {
    id: 'forbids-caching-of-metadata',
    says: 'The metadata document is sent with no-store.',
    server: reply((given) => setField(given, 'Cache-Control', 'no-store')),
    trips: ['resource-metadata/may-be-cached-for-a-while:never'],
  },
  {
    id: 'changes-its-metadata-between-requests',
    says: 'The metadata document has another name in it when it is asked for again.',
    server: (conforming) => {
      const isLater = later();
      return members((_, { request }) => (isLater(request) ? { resource_name: 'Other MCP server' } : {}))(conforming);
    },
    trips: ['resource-metadata/stays-the-same:changed'],
  },
  {
    id: 'loses-its-metadata-between-requests',
    says: 'The metadata document is not found when it is asked for again.',
    server: (conforming) => {
      const isLater = later();
      return reply((given, { request }) => (isLater(request) ? jsonReply(404, { error: 'not_found' }) : given))(
        conforming,
      );
    },
    trips: ['resource-metadata/stays-the-same:gone'],
  },
  {
    id: 'refuses-head-for-metadata',
    says: 'HEAD for the metadata document is answered with 405.',
    server: reply((given, { request }) => (request.method === 'HEAD' ? emptyReply(405, [['Allow', 'GET']]) : given)),
    trips: ['resource-metadata/answers-head-as-get:other-status'],
  },
  {
    id: 'answers-head-for-metadata-as-a-web-page',
    says: 'HEAD for the metadata document is answered as for a web page.',
    server: reply((given, { request }) =>
      request.method === 'HEAD' ? setField(given, 'Content-Type', 'text/html') : given,
    ),
    trips: ['resource-metadata/answers-head-as-get:other-type'],
  },
];
