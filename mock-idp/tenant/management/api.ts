import { emptyReply, type Reply } from '../../http.ts';
import type { TenantContext } from '../behaviour.ts';
import { findManagementCaller } from './caller.ts';
import { badBody, insufficientScope, managementError } from './errors.ts';
import { writeLog } from './log.ts';
import { MANAGEMENT_ROUTES, type ManagementRoute } from './routes.ts';

/** Answers everything under /api/v2/: from where, who calls, what is called, whether they may, and then the call. */
export async function answerManagementRequest(context: TenantContext): Promise<Reply> {
  const { request, behaviour } = context;
  const verdict = behaviour.decideManagementAcl(context);
  if (verdict.action === 'redirect') return emptyReply(302, [['Location', verdict.redirectUri ?? '']]);
  if (verdict.action === 'block') return managementError(403, 'Access denied by a rule of the network');
  const found = findRoute(request.method, request.path);
  const caller = await findManagementCaller(context);
  if ('status' in caller) return caller;
  if (found === undefined) return managementError(404, 'Not Found');
  const { route, id } = found;
  if (!behaviour.mayManage(caller.scopes, route.scopes, context)) return insufficientScope(route.scopes);
  let body: unknown;
  try {
    body = request.body === '' ? undefined : JSON.parse(request.body);
  } catch {
    return badBody('the body is no JSON');
  }
  const reply = await route.answer({ context, caller, id, query: new URLSearchParams(request.query), body });
  if (route.writes !== undefined && reply.status < 400) {
    writeLog(context, {
      type: 'sapi',
      description: route.writes,
      ...(caller.client !== undefined && { client: caller.client }),
      details: { request: { method: request.method.toLowerCase(), path: request.path } },
    });
  }
  return reply;
}

function findRoute(method: string, path: string): { readonly route: ManagementRoute; readonly id: string } | undefined {
  const segments = path.replace(/^\/api\/v2/, '').split('/');
  for (const route of MANAGEMENT_ROUTES.filter((each) => each.method === method)) {
    const pattern = route.path.split('/');
    const isMatch =
      pattern.length === segments.length &&
      pattern.every((part, index) => part === segments[index] || (part === '{id}' && segments[index] !== ''));
    const id = isMatch ? decoded(segments[pattern.indexOf('{id}')] ?? '') : undefined;
    if (id !== undefined) return { route, id };
  }
  return undefined;
}

/** `undefined` for what is no percent-encoded text (RFC 3986 2.1), and so names nothing. */
function decoded(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}
