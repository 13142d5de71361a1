import type { Evidence, Exchange } from '../fixtures/evidence.ts';
import { type Accepted, recordOf, textsIn, timeOf } from '../fixtures/management/record.ts';
import type { Profile } from '../fixtures/profile/profile.ts';
import { isObject } from '../fixtures/protocol/answers.ts';
import { exchangesOf } from '../fixtures/protocol/exchanges.ts';
import { jsonOf } from '../fixtures/protocol/json.ts';
import { OWN_NAME } from '../fixtures/protocol/own-clients.ts';
import { registeredIn } from '../fixtures/protocol/registrations.ts';
import type { RecordedClient, Target, TenantRecord } from '../fixtures/target.ts';
import { stateFile } from './state-file.ts';
import { readWhole, writeWhole } from './whole-file.ts';

/** What earlier runs saw of the tenant. */
export interface KeptTenant {
  readonly target: Target;
  readonly remarks: readonly string[];
  /** Keeps what this run saw of it for later ones; gives further remarks. */
  keep(evidence: Evidence, at: string, accepted?: Accepted): Promise<readonly string[]>;
}

const FORMAT = 'mcp-auth-conformance/tenant/1';

/** Nothing in it is secret: which clients there were, where they lead, and when they were last used. */
export async function keptTenant(
  { state, embedded }: Pick<Profile, 'state' | 'embedded'>,
  target: Target,
): Promise<KeptTenant> {
  const { management } = target;
  if (state === undefined || embedded !== undefined || management === undefined) {
    return { target, remarks: [], keep: async () => [] };
  }
  const file = stateFile(state.folder, ['tenant', management.url].join('\n'));
  let earlierTenant: TenantRecord | undefined;
  try {
    earlierTenant = await readRecord(file);
  } catch (error) {
    const says = `state: ${file} is left alone: ${(error as Error).message}; delete it, and the next run begins anew`;
    return { target, remarks: [says], keep: async () => [] };
  }
  return {
    target: { ...target, ...(earlierTenant && { earlierTenant }) },
    remarks: [],
    async keep({ tenant, ...others }, at, accepted) {
      const record = tenant && recordOf(tenant, at, accepted, registeredBy(exchangesOf(others)));
      if (record === undefined) {
        return accepted?.redirectUris === true
          ? ['state: no redirect URI was accepted: this run did not read the clients of the tenant']
          : [];
      }
      try {
        await writeWhole(file, `${JSON.stringify({ format: FORMAT, ...record })}\n`);
        return [];
      } catch (error) {
        return [`state: what was seen of the tenant could not be kept in ${file}: ${(error as Error).message}`];
      }
    },
  };
}

/** @throws {Error} for what cannot be read, or is no such file. */
async function readRecord(file: string): Promise<TenantRecord | undefined> {
  const text = await readWhole(file);
  if (text === undefined) return undefined;
  const value = jsonOf(text);
  const at = isObject(value) && value.format === FORMAT ? timeOf(value.at) : undefined;
  if (!isObject(value) || at === undefined || !Array.isArray(value.clients)) {
    throw new Error('it is no file of this tool, or was cut off');
  }
  const own = textsIn(value.own);
  return { at, ...(own.length > 0 && { own }), clients: value.clients.filter(isObject).map(clientIn) };
}

/** Clients that came of registrations under this tool's name. */
function registeredBy(exchanges: readonly Exchange[]): readonly string[] {
  return exchanges.flatMap((exchange) => {
    const { method, body = '' } = exchange.request;
    const id = registeredIn(exchange)?.client_id;
    return method === 'POST' && body.includes(OWN_NAME) && typeof id === 'string' ? [id] : [];
  });
}

function clientIn(recorded: Readonly<Record<string, unknown>>): RecordedClient {
  const { client, callbacks, watched, lastUse } = recorded;
  const [firstSeen, missingAt] = [timeOf(recorded.firstSeen), timeOf(recorded.missingAt)];
  const [since, until, used] = isObject(watched)
    ? [timeOf(watched.since), timeOf(watched.until), timeOf(lastUse)]
    : [undefined, undefined, timeOf(lastUse)];
  return {
    client: String(client),
    callbacks: textsIn(callbacks),
    ...(since !== undefined && until !== undefined && { watched: { since, until } }),
    ...(firstSeen !== undefined && { firstSeen }),
    ...(missingAt !== undefined && { missingAt }),
    ...(used !== undefined && { lastUse: used }),
  };
}
