import { type HeaderLine, htmlReply, jsonReply, type Reply, withHeaders } from '../http.ts';
import type { TenantContext } from './behaviour.ts';
import { managementError } from './management/errors.ts';
import { writeLog } from './management/log.ts';

/** Paths whose requests are counted, each against a limit of its own; one that ends with `/` stands for all under it. */
const LIMITED = ['/authorize', '/oauth/token', '/oauth/revoke', '/oidc/register', '/userinfo', '/api/v2/'] as const;

type LimitedPath = (typeof LIMITED)[number];

/** Requests that may still come at once, as of some second: it fills by as many a second as the plan allows. */
export interface Bucket {
  readonly left: number;
  /** Seconds since the epoch. */
  readonly at: number;
}

/** What is left of a limit with one request counted. */
export interface Quota {
  readonly path: LimitedPath;
  /** Requests that may come at once. */
  readonly limit: number;
  /** Of them, how many still may. */
  readonly remaining: number;
  /** When all of them may again, in seconds since the epoch. */
  readonly reset: number;
  /** This request is one too many. */
  readonly isExceeded: boolean;
}

/** How requests are limited. */
export interface LimitBehaviour {
  /** Counts the request; `undefined` where there is no limit. */
  countRequest(context: TenantContext): Quota | undefined;
  quotaHeaders(quota: Quota): readonly HeaderLine[];
  /** Answers a request that is one too many. */
  refuseForLimit(quota: Quota, context: TenantContext): Reply;
}

export const LIMITS: LimitBehaviour = {
  countRequest: ({ request, store, now }) => {
    const path = LIMITED.find((each) => (each.endsWith('/') ? request.path.startsWith(each) : request.path === each));
    const limit = store.plan.requestsPerSecond;
    if (path === undefined || limit === undefined) return undefined;
    const at = now();
    const before = store.buckets.get(path) ?? { left: limit, at };
    const available = Math.min(limit, before.left + (at - before.at) * limit);
    const isExceeded = available < 1;
    const left = isExceeded ? available : available - 1;
    store.buckets.set(path, { left, at });
    return { path, limit, remaining: Math.floor(left), reset: at + Math.ceil((limit - left) / limit), isExceeded };
  },
  quotaHeaders: ({ limit, remaining, reset }) => [
    ['x-ratelimit-limit', String(limit)],
    ['x-ratelimit-remaining', String(remaining)],
    ['x-ratelimit-reset', String(reset)],
  ],
  refuseForLimit: ({ path }) =>
    // RFC 6585 4, with the seconds after which a request may come again (RFC 9110 10.2.3).
    withHeaders(REFUSALS[path] ?? PLAIN_REFUSAL, [['Retry-After', '1']]),
};

const PLAIN_REFUSAL = jsonReply(429, { error: 'too_many_requests', error_description: 'Rate limit exceeded.' });

const REFUSALS: Readonly<Partial<Record<LimitedPath, Reply>>> = {
  '/authorize': htmlReply(
    429,
    '<!doctype html><title>Too many requests</title><p>Too many requests. Try again later.</p>',
  ),
  '/api/v2/': managementError(429, 'Global limit has been reached', 'too_many_requests'),
};

/** Answers within the tenant's limits, if it has any. */
export function withinLimits(context: TenantContext, answer: () => Reply | Promise<Reply>): Reply | Promise<Reply> {
  const { behaviour } = context;
  const quota = behaviour.countRequest(context);
  if (quota === undefined) return answer();
  const headers = behaviour.quotaHeaders(quota);
  if (!quota.isExceeded) return Promise.resolve(answer()).then((reply) => withHeaders(reply, headers));
  writeLog(context, { type: 'api_limit', description: `Rate limit exceeded at ${quota.path}` });
  return withHeaders(behaviour.refuseForLimit(quota, context), headers);
}
