import { BlockList, isIP } from 'node:net';
import { field } from '../http.ts';
import type { TenantContext } from './behaviour.ts';
import type { AclMatch, AclScope, NetworkAcl } from './entities.ts';
import { VANTAGE_ADDRESSES } from './management/log.ts';

/** What rules of the network see of a request. */
export interface RequestFacts {
  /** Source address, IPv4 or IPv6. */
  readonly address: string;
  /** As `Host` names it, without port. */
  readonly hostname: string;
  readonly userAgent: string;
}

export interface AclDecision {
  readonly action: 'allow' | 'block' | 'redirect';
  /** Of `redirect`. */
  readonly redirectUri?: string;
  /** Id of the rule that decided; absent: none did. */
  readonly by?: string;
  /** Ids of the rules that matched and only log. */
  readonly logged: readonly string[];
}

/** Scopes of rules that cover a request, by the narrowest scope it belongs to. */
const COVERING: Readonly<Record<AclScope, readonly AclScope[]>> = {
  tenant: ['tenant'],
  management: ['management', 'tenant'],
  authentication: ['authentication', 'tenant'],
  // `authentication` is everything outside /api/v2 and /scim, so registration too; that is read out of it, not said.
  dynamic_client_registration: ['dynamic_client_registration', 'authentication', 'tenant'],
};

/** What rules of the network do with requests that no narrower kind of rule is about. */
export interface NetworkBehaviour {
  /** For all that is neither the Management API nor registration: those ask themselves. */
  decideAuthenticationAcl(context: TenantContext): AclDecision;
}

export const NETWORK: NetworkBehaviour = {
  decideAuthenticationAcl: (context) => decideAcl(context.store.networkAcls, factsOf(context), 'authentication'),
};

/**
 * What the rules do with a request: the lowest priority number is asked first, and the first active rule that matches
 * ends it, unless it only logs. What no rule is about is allowed.
 *
 * @param scope the narrowest that the request belongs to
 */
export function decideAcl(acls: readonly NetworkAcl[], facts: RequestFacts, scope: AclScope): AclDecision {
  const matching = acls
    .filter(({ active, rule }) => active && COVERING[scope].includes(rule.scope) && isMatched(rule, facts))
    .sort((one, other) => one.priority - other.priority);
  const end = matching.findIndex(({ rule }) => !('log' in rule.action));
  const logged = (end === -1 ? matching : matching.slice(0, end)).map(({ id }) => id);
  const decisive = matching[end];
  if (decisive === undefined) return { action: 'allow', logged };
  const { action } = decisive.rule;
  if ('redirect' in action) {
    return { action: 'redirect', redirectUri: action.redirect_uri, by: decisive.id, logged };
  }
  return { action: 'block' in action ? 'block' : 'allow', by: decisive.id, logged };
}

/** What the rules see of the request; its source address is that of the tenant's vantage. */
export function factsOf({ request, store }: TenantContext): RequestFacts {
  return {
    address: VANTAGE_ADDRESSES[store.plan.vantage],
    hostname: (field(request, 'host') ?? '').replace(/:\d+$/, '').toLowerCase(),
    userAgent: field(request, 'user-agent') ?? '',
  };
}

function isMatched({ match, not_match: except }: NetworkAcl['rule'], facts: RequestFacts): boolean {
  return (match === undefined || matches(match, facts)) && (except === undefined || !matches(except, facts));
}

/** Values of one signal are alternatives, signals go together; IPv4 and IPv6 networks are one signal. */
function matches(signals: AclMatch, { address, hostname, userAgent }: RequestFacts): boolean {
  const networks = [...(signals.ipv4_cidrs ?? []), ...(signals.ipv6_cidrs ?? [])];
  const isWithin = () => networks.some((network) => contains(network, address));
  return (
    (networks.length === 0 || isWithin()) &&
    (signals.hostnames?.some((each) => each.toLowerCase() === hostname) ?? true) &&
    // How user agents compare is not documented: as they are.
    (signals.user_agents?.includes(userAgent) ?? true)
  );
}

/** Whether the network, as `203.0.113.0/24` or a single address, has the address. */
function contains(network: string, address: string): boolean {
  const [base = '', length] = network.split('/');
  const family = isIP(base);
  if (family === 0 || isIP(address) === 0) return false;
  const bits = length === undefined ? (family === 4 ? 32 : 128) : Number(length);
  const list = new BlockList();
  list.addSubnet(base, bits, family === 4 ? 'ipv4' : 'ipv6');
  return list.check(address, isIP(address) === 4 ? 'ipv4' : 'ipv6');
}
