import { type Incoming, jsonReply, publicDocument, type Reply, type Service } from '../http.ts';
import type { Setup } from '../setup.ts';
import type { TenantBehaviour, TenantContext } from './behaviour.ts';

type Route = (context: TenantContext, behaviour: TenantBehaviour) => Reply | Promise<Reply>;

/** Auth0 lets its key set be cached for so long, in seconds. */
const MAX_AGE = 15;

const metadata: Route = (context, behaviour) =>
  publicDocument(context.request, MAX_AGE, () => behaviour.metadata(context));

const ROUTES: Readonly<Record<string, Route>> = {
  '/.well-known/oauth-authorization-server': metadata,
  '/.well-known/openid-configuration': metadata,
  '/.well-known/jwks.json': async (context, behaviour) => {
    const keys = await behaviour.keys(context);
    return publicDocument(context.request, MAX_AGE, () => keys);
  },
  '/authorize': (context, behaviour) => behaviour.authorize(context),
  '/oauth/token': (context, behaviour) => behaviour.token(context),
  '/oidc/register': (context, behaviour) => behaviour.register(context),
  '/oauth/revoke': (context, behaviour) => behaviour.revoke(context),
  '/userinfo': (context, behaviour) => behaviour.userinfo(context),
  '/mfa/challenge': (context, behaviour) => behaviour.mfaChallenge(context),
};

/** The tenant: a table of behaviour behind fixed paths, those of Auth0. */
export function createTenant(setup: Setup, behaviour: TenantBehaviour): Service {
  return {
    answer(request: Incoming) {
      const context: TenantContext = { request, setup };
      const route = Object.hasOwn(ROUTES, request.path) ? ROUTES[request.path] : undefined;
      return behaviour.sideDoor(context) ?? route?.(context, behaviour) ?? jsonReply(404, { error: 'not_found' });
    },
    answerUnreadable: () => jsonReply(400, { error: 'bad_request' }),
  };
}
