import { mediaType } from '../../http.ts';
import type { TenantContext } from '../behaviour.ts';
import { dialectOf } from '../dialect.ts';
import { type Refusal, refuse } from './refusals.ts';

/**
 * The request's parameters: a form (RFC 6749 3.2), which Auth0 takes as JSON too. A parameter without a value counts as
 * left out (RFC 6749 3.2); one that is repeated is refused, but for `resource` (RFC 8707 2).
 */
export function readParameters({ request, store }: TenantContext): URLSearchParams | Refusal {
  const type = mediaType(request);
  const pairs =
    type === 'application/x-www-form-urlencoded'
      ? [...new URLSearchParams(request.body)]
      : type === 'application/json' && dialectOf(store).readsJson
        ? jsonPairs(request.body)
        : undefined;
  if (pairs === undefined) return refuse('not-a-form');
  const parameters = new URLSearchParams();
  for (const [name, value] of pairs) {
    if (name !== 'resource' && parameters.has(name)) return refuse('repeated-parameter', name);
    if (value !== '') parameters.append(name, value);
  }
  return parameters;
}

function jsonPairs(body: string): readonly (readonly [string, string])[] | undefined {
  try {
    const value: unknown = JSON.parse(body);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    const pairs = Object.entries(value);
    return pairs.every((pair): pair is [string, string] => typeof pair[1] === 'string') ? pairs : undefined;
  } catch {
    return undefined;
  }
}
