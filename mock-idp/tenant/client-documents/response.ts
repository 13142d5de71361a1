import type { HeaderLine } from '../../http.ts';
import type { TenantContext } from '../behaviour.ts';
import type { FetchedDocument } from './fetch.ts';

/** The longest that a document is taken for fresh, whatever it says, in seconds. */
const LONGEST_FRESH = 86_400;

/**
 * Why an answer is not read: only 200 brings a document, and a redirect is not followed (the draft's 4); it must say
 * that it is JSON, as a page of a host for anybody's uploads does not.
 */
export function documentResponseProblem(
  { status, headers }: FetchedDocument,
  _context: TenantContext,
): string | undefined {
  if (status >= 300 && status < 400) return `redirects are not followed, and the answer was ${status}`;
  if (status !== 200) return `the answer was ${status}, not 200`;
  const type = (value(headers, 'content-type') ?? '').split(';')[0]!.trim().toLowerCase();
  return /^application\/(?:[^/;\s]+\+)?json$/.test(type) ? undefined : `the content type is "${type}", not JSON`;
}

/** Seconds for which the answer says it is fresh (RFC 9111 4.2); 0 where it says nothing. */
export function freshSeconds({ headers }: FetchedDocument, { now }: TenantContext): number {
  // RFC 9110 5.3: lines of one field are one list.
  const directives = headers
    .filter(([name]) => name.toLowerCase() === 'cache-control')
    .map(([, text]) => text)
    .join(',')
    .toLowerCase()
    .split(',')
    .map((each) => each.trim());
  if (directives.includes('no-store') || directives.includes('no-cache')) return 0;
  const maxAge = directives
    .map((each) => /^max-age="?(\d+)"?$/.exec(each)?.[1])
    .find((seconds) => seconds !== undefined);
  const expires = Date.parse(value(headers, 'expires') ?? '');
  const fresh =
    maxAge === undefined
      ? Number.isNaN(expires)
        ? 0
        : Math.floor(expires / 1000) - now()
      : Number(maxAge) - Number(value(headers, 'age') ?? 0);
  return Math.min(Math.max(fresh, 0), LONGEST_FRESH) || 0;
}

function value(headers: readonly HeaderLine[], name: string): string | undefined {
  return headers.find(([field]) => field.toLowerCase() === name)?.[1];
}
