import { fields } from '../http.ts';
import type { Credential, ServerContext } from './behaviour.ts';

const CREDENTIALS = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+)(?: +(.*))?$/s;
const TOKEN68 = /^[A-Za-z0-9\-._~+/]+=*$/;

/**
 * The bearer token of the Authorization field, and of nothing else (MCP, "Token Requirements"). Another scheme, or the
 * scheme alone, brings no token.
 */
export function readCredential({ request }: ServerContext): Credential {
  const values = fields(request, 'authorization');
  if (values.length === 0) return { kind: 'none' };
  const match = values.length === 1 ? CREDENTIALS.exec(values[0]!) : null;
  if (match === null) return { kind: 'malformed' };
  const [, scheme, token = ''] = match;
  if (scheme!.toLowerCase() !== 'bearer' || token === '') return { kind: 'none' };
  return TOKEN68.test(token) ? { kind: 'token', token } : { kind: 'malformed' };
}
