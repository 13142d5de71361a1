import { emptyReply, field, type HeaderLine, type Reply } from '../http.ts';
import { speaksSessions } from '../setup.ts';
import type { ServerContext } from './behaviour.ts';

/** RFC 9110 7.4: a server must not answer for a host it is not. Keeps DNS rebinding out as well. */
export function admitHost({ request, setup }: ServerContext): boolean {
  return setup.server.hosts.includes((field(request, 'host') ?? '').toLowerCase());
}

/** Streamable HTTP, "Security Warning": every connection's Origin is checked. Clients outside browsers send none. */
export function admitOrigin({ request, setup }: ServerContext): boolean {
  const origin = field(request, 'origin');
  return origin === undefined || setup.server.origins.includes(origin);
}

/** GET and DELETE are let in even where they are retired: whoever asks is authenticated first. */
export function admitMethod({ request }: ServerContext): boolean {
  return ['POST', 'GET', 'DELETE', 'OPTIONS'].includes(request.method);
}

export function allowedMethods({ setup }: ServerContext): readonly string[] {
  return speaksSessions(setup) ? ['POST', 'GET', 'DELETE', 'OPTIONS'] : ['POST', 'OPTIONS'];
}

export function cors({ request, setup }: ServerContext): readonly HeaderLine[] {
  const origin = field(request, 'origin');
  const vary: HeaderLine = ['Vary', 'Origin'];
  if (origin === undefined || !setup.server.origins.includes(origin)) return [vary];
  return [
    vary,
    ['Access-Control-Allow-Origin', origin],
    ['Access-Control-Expose-Headers', 'WWW-Authenticate, Mcp-Session-Id'],
  ];
}

const REQUEST_FIELDS = [
  'authorization',
  'content-type',
  'last-event-id',
  'mcp-method',
  'mcp-name',
  'mcp-protocol-version',
  'mcp-session-id',
];

/** Fetch, "CORS-preflight fetch": asked without credentials, so answered without. */
export function preflight(context: ServerContext): Reply {
  const methods = context.behaviour.allowedMethods(context);
  return emptyReply(204, [
    ['Allow', methods.join(', ')],
    ['Access-Control-Allow-Methods', methods.filter((method) => method !== 'OPTIONS').join(', ')],
    ['Access-Control-Allow-Headers', REQUEST_FIELDS.join(', ')],
    ['Access-Control-Max-Age', '600'],
  ]);
}
