import { field } from '../../http.ts';
import type { TenantContext } from '../behaviour.ts';
import type { Client, LogEntry, User } from '../entities.ts';
import type { Plan } from '../store.ts';

/** What is said of an event; when, from where and by what program is taken from the request. */
export interface LogEvent {
  /** Auth0's log event type code: `s`, `f`, `sapi`, `seacft`, `api_limit`, … */
  readonly type: string;
  readonly description: string;
  readonly client?: Pick<Client, 'client_id' | 'name'>;
  readonly user?: Pick<User, 'user_id' | 'name'>;
  readonly details?: Readonly<Record<string, unknown>>;
}

/** The caller's address in logs and for rules of the network, by vantage: nobody's addresses (RFC 1918, RFC 5737). */
export const VANTAGE_ADDRESSES: Readonly<Record<Plan['vantage'], string>> = {
  inside: '10.20.0.10',
  outside: '203.0.113.10',
};

/** Adds an event to the tenant's log, by way of the behaviour table. */
export function writeLog(context: TenantContext, event: LogEvent): void {
  context.behaviour.log(event, context);
}

/** The event as the log keeps it. */
export function keepEvent({ type, description, client, user, details }: LogEvent, context: TenantContext): void {
  const { request, store, now } = context;
  const date = new Date(now() * 1000).toISOString();
  const entry: LogEntry = {
    log_id: logId(date, store.logs.length),
    date,
    type,
    description,
    ip: VANTAGE_ADDRESSES[store.plan.vantage],
    user_agent: field(request, 'user-agent') ?? '',
    hostname: new URL(context.issuer).host,
    ...(client !== undefined && { client_id: client.client_id, client_name: client.name }),
    ...(user !== undefined && { user_id: user.user_id, user_name: user.name }),
    ...(details !== undefined && { details }),
  };
  store.logs.push(entry);
}

/** Digits that sort as the events came: checkpoint paging (`from`) goes by them. */
function logId(date: string, position: number): string {
  return `900${date.replace(/\D/g, '').slice(0, 14)}${String(position).padStart(12, '0')}`;
}
