import { systemClock } from '../clock.ts';
import { field, type Incoming, jsonReply, publicDocument, type Reply, type Service } from '../http.ts';
import type { Setup } from '../setup.ts';
import type { TenantBehaviour, TenantContext } from './behaviour.ts';
import type { KeyRing } from './keys.ts';
import type { Store } from './store.ts';

type Route = (context: TenantContext) => Reply | Promise<Reply>;

/** Auth0 lets its key set be cached for so long, in seconds. */
const MAX_AGE = 15;

const metadata: Route = (context) =>
  publicDocument(context.request, MAX_AGE, () => context.behaviour.metadata(context));

const ROUTES: Readonly<Record<string, Route>> = {
  '/.well-known/oauth-authorization-server': metadata,
  '/.well-known/openid-configuration': metadata,
  '/.well-known/jwks.json': async (context) => {
    const keys = await context.behaviour.keys(context);
    return publicDocument(context.request, MAX_AGE, () => keys);
  },
  '/authorize': (context) => context.behaviour.authorize(context),
  '/oauth/token': (context) => context.behaviour.token(context),
  '/oidc/register': (context) => context.behaviour.register(context),
  '/oauth/revoke': (context) => context.behaviour.revoke(context),
  '/userinfo': (context) => context.behaviour.userinfo(context),
  '/mfa/challenge': (context) => context.behaviour.mfaChallenge(context),
};

/** Paths under these belong to one behaviour. */
const SUBTREES: readonly (readonly [prefix: string, route: Route])[] = [
  ['/api/v2/', (context) => context.behaviour.manage(context)],
];

export interface TenantParts {
  readonly setup: Setup;
  readonly behaviour: TenantBehaviour;
  readonly store: Store;
  readonly keyRing: KeyRing;
  readonly now?: TenantContext['now'];
}

/** The tenant: a table of behaviour behind fixed paths, those of Auth0. */
export function createTenant({ setup, behaviour, store, keyRing, now = systemClock }: TenantParts): Service {
  return {
    answer(request: Incoming) {
      const issuer = issuerFor(request, setup);
      const context: TenantContext = { request, setup, issuer, store, keyRing, now, behaviour };
      return behaviour.sideDoor(context) ?? routeOf(request.path)?.(context) ?? jsonReply(404, { error: 'not_found' });
    },
    answerUnreadable: () => jsonReply(400, { error: 'bad_request' }),
  };
}

function routeOf(path: string): Route | undefined {
  return Object.hasOwn(ROUTES, path) ? ROUTES[path] : SUBTREES.find(([prefix]) => path.startsWith(prefix))?.[1];
}

/** A tenant with a custom domain answers on its canonical hostname too, and as another issuer. */
function issuerFor(request: Incoming, { issuer, canonicalIssuer }: Setup): string {
  const host = field(request, 'host')?.toLowerCase();
  return canonicalIssuer !== undefined && host === new URL(canonicalIssuer).host ? canonicalIssuer : issuer;
}
