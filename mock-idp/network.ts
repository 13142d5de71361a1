import { isIP } from 'node:net';

/** Where the world's names lead. */
export interface WorldNetwork {
  /** Addresses of `host` (a name or an IP literal), none when it does not exist. */
  resolve(host: string): Promise<readonly string[]>;
  /** The address to connect to for `address`. */
  route(address: string): string;
}

export const SERVER_NAME = 'mcp.world.example';
export const TENANT_NAME = 'tenant.world.example';

/** Public names lead to documentation addresses (RFC 5737), which belong to nobody. */
const PUBLIC_ADDRESSES: readonly string[] = ['203.0.113.10', '203.0.113.11'];

const NAMES: Readonly<Record<string, string | undefined>> = {
  localhost: '127.0.0.1',
  [SERVER_NAME]: PUBLIC_ADDRESSES[0],
  [TENANT_NAME]: PUBLIC_ADDRESSES[1],
};

/**
 * The world's own names and IP literals; no other name exists, and no real DNS is asked.
 *
 * @param address where the world listens: public addresses are routed there
 */
export function worldNetwork(address: string): WorldNetwork {
  return {
    async resolve(host) {
      const name = host.replace(/^\[(.*)\]$/, '$1').toLowerCase();
      if (isIP(name) !== 0) return [name];
      const found = NAMES[name];
      return found === undefined ? [] : [found];
    },
    route: (given) => (PUBLIC_ADDRESSES.includes(given) ? address : given),
  };
}
