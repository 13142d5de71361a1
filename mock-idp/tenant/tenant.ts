import { systemClock } from '../clock.ts';
import {
  emptyReply,
  field,
  forEveryOrigin,
  type Incoming,
  jsonReply,
  publicDocument,
  type Reply,
  type Service,
} from '../http.ts';
import type { Setup } from '../setup.ts';
import type { TenantBehaviour, TenantContext } from './behaviour.ts';
import type { KeyRing } from './keys.ts';
import { withinLimits } from './limits.ts';
import { CONFIGURATION_PATH } from './registration/manage.ts';
import type { Plan, Store } from './store.ts';

type Route = (context: TenantContext) => Reply | Promise<Reply>;

/** Auth0 lets its key set be cached for so long, in seconds. */
const MAX_AGE = 15;

/** What else Auth0 says of its key set; that it says so of its metadata is inferred. */
const CACHE_DIRECTIVES: Readonly<Record<Plan['speaks'], readonly string[]>> = {
  standard: [],
  auth0: ['stale-while-revalidate=15', 'stale-if-error=86400'],
};

const document = ({ request, store }: TenantContext, read: () => unknown): Reply =>
  publicDocument(request, MAX_AGE, read, CACHE_DIRECTIVES[store.plan.speaks]);

const metadata: Route = (context) => document(context, () => context.behaviour.metadata(context));

/** Where clients that run in a browser ask by script. */
const scripted =
  (methods: string, route: Route): Route =>
  (context) =>
    forEveryOrigin(context.request, methods, () => route(context));

const ROUTES: Readonly<Record<string, Route>> = {
  '/.well-known/oauth-authorization-server': metadata,
  '/.well-known/openid-configuration': metadata,
  '/.well-known/jwks.json': async (context) => {
    const keys = await context.behaviour.keys(context);
    return document(context, () => keys);
  },
  '/authorize': (context) => context.behaviour.authorize(context),
  '/authorize/resume': (context) => context.behaviour.resume(context),
  '/oidc/logout': (context) => context.behaviour.endSession(context),
  '/v2/logout': (context) => context.behaviour.logout(context),
  '/oauth/token': scripted('POST', (context) => context.behaviour.token(context)),
  '/oidc/register': scripted('POST', (context) => context.behaviour.register(context)),
  '/oauth/revoke': scripted('POST', (context) => context.behaviour.revoke(context)),
  '/userinfo': scripted('GET, POST', (context) => context.behaviour.userinfo(context)),
  '/mfa/challenge': (context) => context.behaviour.mfaChallenge(context),
};

/** Paths under these belong to one behaviour. */
const SUBTREES: readonly (readonly [prefix: string, route: Route])[] = [
  ['/api/v2/', (context) => context.behaviour.manage(context)],
  ['/u/', (context) => context.behaviour.interact(context)],
  [CONFIGURATION_PATH, (context) => context.behaviour.manageRegistration(context)],
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
      const answer = () =>
        behaviour.sideDoor(context) ??
        refuseByNetwork(context) ??
        routeOf(request.path)?.(context) ??
        jsonReply(404, { error: 'not_found' });
      return withinLimits(context, answer);
    },
    answerUnreadable: () => jsonReply(400, { error: 'bad_request' }),
  };
}

/** Paths that have rules of their own beside those of `authentication`, and ask for both themselves. */
const OWN_RULES = /^\/(?:api\/v2\/|oidc\/register$)/;

/** Rules of the network; the server of this world comes from nowhere outside. */
function refuseByNetwork(context: TenantContext): Reply | undefined {
  const { request, behaviour } = context;
  if (request.internal === true || OWN_RULES.test(request.path)) return undefined;
  const { action, redirectUri = '' } = behaviour.decideAuthenticationAcl(context);
  if (action === 'redirect') return emptyReply(302, [['Location', redirectUri]]);
  // The status of a blocked request is not documented.
  return action === 'block'
    ? jsonReply(403, { error: 'access_denied', error_description: 'The request is blocked by a rule of the network.' })
    : undefined;
}

function routeOf(path: string): Route | undefined {
  return Object.hasOwn(ROUTES, path) ? ROUTES[path] : SUBTREES.find(([prefix]) => path.startsWith(prefix))?.[1];
}

/** A tenant with a custom domain answers on its canonical hostname too, and as another issuer. */
function issuerFor(request: Incoming, { issuer, canonicalIssuer }: Setup): string {
  const host = field(request, 'host')?.toLowerCase();
  return canonicalIssuer !== undefined && host === new URL(canonicalIssuer).host ? canonicalIssuer : issuer;
}
