import { isIP } from 'node:net';

/** Where the world's names lead. */
export interface WorldNetwork {
  /** Addresses of `host` (a name or an IP literal), none when it does not exist. */
  resolve(host: string): Promise<readonly string[]>;
  /** The address to connect to for `address`. */
  route(address: string): string;
  /** PEM: the authority to trust for the world's public names; absent: they are not in use. */
  readonly ca?: string;
}

export const SERVER_NAME = 'mcp.world.example';
export const TENANT_NAME = 'tenant.world.example';
/** Of a tenant that has `TENANT_NAME` as custom domain. */
export const CANONICAL_NAME = 'world-tenant.us.world.example';
export const DOCUMENTS_NAME = 'documents.world.example';
export const CANARY_NAME = 'canary.world.example';
/** A name like a public one that leads to loopback: by such a client URL strangers reach what only the tenant can. */
export const INSIDE_NAME = 'inside.world.example';

/**
 * Public addresses of nobody: IANA holds 2d00::/8 back among the global unicast addresses. Documentation addresses
 * (RFC 5737, RFC 9637) would not count as public.
 */
const PUBLIC_ADDRESSES: readonly string[] = ['2d00::10', '2d00::11'];

/** Public addresses of what is on loopback wherever the world listens. */
const LOOPBACK_ADDRESSES: readonly string[] = ['2d00::12', '2d00::13'];

const NAMES: Readonly<Record<string, string | undefined>> = {
  localhost: '127.0.0.1',
  [SERVER_NAME]: PUBLIC_ADDRESSES[0],
  [TENANT_NAME]: PUBLIC_ADDRESSES[1],
  [CANONICAL_NAME]: PUBLIC_ADDRESSES[1],
  [DOCUMENTS_NAME]: LOOPBACK_ADDRESSES[0],
  [CANARY_NAME]: LOOPBACK_ADDRESSES[1],
  [INSIDE_NAME]: '127.0.0.1',
};

/**
 * The world's own names and IP literals; no other name exists, and no real DNS is asked.
 *
 * @param address where the world listens: public addresses are routed there
 */
export function worldNetwork(address: string, ca?: string): WorldNetwork {
  return {
    ...(ca === undefined ? {} : { ca }),
    async resolve(host) {
      const name = host.replace(/^\[(.*)\]$/, '$1').toLowerCase();
      if (isIP(name) !== 0) return [name];
      const found = NAMES[name];
      return found === undefined ? [] : [found];
    },
    route(given) {
      if (LOOPBACK_ADDRESSES.includes(given)) return '127.0.0.1';
      return PUBLIC_ADDRESSES.includes(given) ? address : given;
    },
  };
}
