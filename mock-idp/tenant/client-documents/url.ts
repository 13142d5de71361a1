import { LOOPBACK_HOSTS } from '../loopback.ts';

/** Rules of client URLs (Auth0: Client ID Metadata Document requirements; draft-ietf-oauth-client-id-metadata-document 3). */

interface UrlRule {
  readonly name: string;
  /** Of the URL as it was sent: a URL class would trim it, resolve its dot segments and drop its default port. */
  readonly isBroken: (raw: string, parts: UrlParts) => boolean;
  readonly says: string;
}

/** A URL cut where RFC 3986 Appendix B cuts it, nothing decoded and nothing normalised. */
interface UrlParts {
  readonly userinfo: string | undefined;
  readonly host: string;
  readonly port: string | undefined;
  readonly path: string;
  readonly query: string | undefined;
  readonly fragment: string | undefined;
}

const MAX_BYTES = 120;

const RULES: readonly UrlRule[] = [
  { name: 'scheme', isBroken: (raw) => !raw.startsWith('https://'), says: 'The URL must use the https scheme' },
  {
    name: 'host',
    isBroken: (_, { host }) => LOOPBACK_HOSTS.includes(host.toLowerCase()),
    says: 'The host must not be localhost or a loopback address',
  },
  { name: 'empty-host', isBroken: (_, { host }) => host === '', says: 'The URL must have a host' },
  { name: 'path', isBroken: (_, { path }) => path === '' || path === '/', says: 'The URL must have a path beyond /' },
  {
    name: 'dot-segments',
    isBroken: (_, { path }) => path.split('/').some((segment) => /^(?:\.|%2e){1,2}$/i.test(segment)),
    says: 'The path must not have dot segments',
  },
  {
    name: 'length',
    isBroken: (raw) => Buffer.byteLength(raw) > MAX_BYTES,
    says: `The URL must not be longer than ${MAX_BYTES} bytes`,
  },
  {
    name: 'whitespace',
    isBroken: (raw) => raw !== raw.trim(),
    says: 'The URL must not begin or end with whitespace',
  },
  {
    // Not among Auth0's rules: a URL class takes these away or reads them as a slash, and RFC 3986 has none of them.
    name: 'characters',
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for.
    isBroken: (raw) => /[\s\\\x00-\x1f\x7f]/.test(raw.trim()),
    says: 'The URL must not have blanks, backslashes or control characters',
  },
  {
    name: 'userinfo',
    isBroken: (_, { userinfo }) => userinfo !== undefined,
    says: 'The URL must not have a username or password',
  },
  { name: 'fragment', isBroken: (_, { fragment }) => fragment !== undefined, says: 'The URL must not have a fragment' },
  { name: 'query', isBroken: (_, { query }) => query !== undefined, says: 'The URL must not have a query' },
  { name: 'port', isBroken: (_, { port }) => /^0+$/.test(port ?? ''), says: 'The port must not be 0' },
  {
    name: 'percent',
    isBroken: (raw) => /%(?![0-9a-f]{2})/i.test(raw),
    says: 'Every % must be followed by two hexadecimal digits',
  },
];

/**
 * What is wrong with the URL as a client identifier; empty: nothing. It is judged as it was sent.
 *
 * @param exempt names of rules that are not asked for
 */
export function clientUrlViolations(raw: unknown, exempt: readonly string[] = []): readonly string[] {
  const parts = typeof raw === 'string' ? partsOf(raw) : undefined;
  if (typeof raw !== 'string' || parts === undefined) return ['The client_id must be a URL'];
  const broken = RULES.filter(({ name, isBroken }) => !exempt.includes(name) && isBroken(raw, parts));
  // What is broken may be why it does not parse, and then says more.
  return broken.length === 0 && !URL.canParse(raw) ? ['The client_id must be a URL'] : broken.map(({ says }) => says);
}

/**
 * The rule of laboratories: a URL of the loopback host `127.0.0.1` by plain HTTP keeps the rules of scheme and host, all
 * other rules hold. Other names of loopback stay forbidden, as whatever leads inside.
 */
export function laboratoryUrlViolations(raw: unknown): readonly string[] {
  const isLaboratory = typeof raw === 'string' && /^http:\/\/127\.0\.0\.1:/.test(raw);
  return clientUrlViolations(raw, isLaboratory ? ['scheme', 'host'] : []);
}

function partsOf(raw: string): UrlParts | undefined {
  const cut =
    /^[a-z][a-z0-9+.-]*:\/\/(?:([^/?#]*)@)?([^/?#]*?)(?::(\d*))?(?=[/?#]|$)([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/is;
  const found = cut.exec(raw.trim());
  if (found === null) return undefined;
  const [, userinfo, host, port, path, query, fragment] = found;
  return { userinfo, host: host ?? '', port, path: path ?? '', query, fragment };
}
