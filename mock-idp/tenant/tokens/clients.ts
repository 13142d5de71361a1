import { field, type Incoming } from '../../http.ts';
import type { MachineClient, Setup } from '../../setup.ts';

/** Who the request's client is: by HTTP Basic or by parameters (RFC 6749 2.3.1), or nobody. */
export function authenticateClient(request: Incoming, form: URLSearchParams, setup: Setup): MachineClient | undefined {
  const { machine } = setup;
  const given = basicCredentials(request) ?? { id: form.get('client_id'), secret: form.get('client_secret') };
  return given.id === machine.id && given.secret === machine.secret ? machine : undefined;
}

export function usesBasic(request: Incoming): boolean {
  return /^basic /i.test(field(request, 'authorization') ?? '');
}

function basicCredentials(request: Incoming): { readonly id: string; readonly secret: string } | undefined {
  if (!usesBasic(request)) return undefined;
  const decoded = Buffer.from(field(request, 'authorization')!.slice(6).trim(), 'base64').toString('utf8');
  const colon = decoded.indexOf(':');
  if (colon === -1) return { id: '', secret: '' };
  // RFC 6749 2.3.1: both halves are form-encoded before they are joined.
  const decode = (half: string) => new URLSearchParams(`v=${half}`).get('v') ?? '';
  return { id: decode(decoded.slice(0, colon)), secret: decode(decoded.slice(colon + 1)) };
}
