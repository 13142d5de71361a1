import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Evidence } from '../fixtures/evidence.ts';
import { recordOf, textsIn, timeOf } from '../fixtures/management/record.ts';
import type { Profile } from '../fixtures/profile/profile.ts';
import { isObject } from '../fixtures/protocol/answers.ts';
import type { Target, TenantRecord } from '../fixtures/target.ts';

/** What earlier runs saw of the tenant. */
export interface KeptTenant {
  readonly target: Target;
  readonly remarks: readonly string[];
  /** Keeps what this run saw of it for later ones; gives further remarks. */
  keep(evidence: Evidence, at: string): Promise<readonly string[]>;
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
  const name = createHash('sha256').update(['tenant', management.url].join('\n')).digest('hex').slice(0, 32);
  const file = join(state.folder, `${name}.json`);
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
    async keep({ tenant }, at) {
      const record = tenant && recordOf(tenant, at);
      if (record === undefined) return [];
      try {
        await writeRecord(state.folder, file, record);
        return [];
      } catch (error) {
        return [`state: what was seen of the tenant could not be kept in ${file}: ${(error as Error).message}`];
      }
    },
  };
}

/** @throws {Error} for what cannot be read, or is no such file. */
async function readRecord(file: string): Promise<TenantRecord | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw new Error(`it cannot be read (${code})`, { cause: error });
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  const at = isObject(value) && value.format === FORMAT ? timeOf(value.at) : undefined;
  if (!isObject(value) || at === undefined || !Array.isArray(value.clients)) {
    throw new Error('it is no file of this tool, or was cut off');
  }
  const since = timeOf(value.since);
  return {
    at,
    ...(since !== undefined && { since }),
    clients: value.clients.filter(isObject).map((each) => {
      const lastUse = timeOf(each.lastUse);
      return {
        client: String(each.client),
        callbacks: textsIn(each.callbacks),
        ...(lastUse !== undefined && { lastUse }),
      };
    }),
  };
}

async function writeRecord(folder: string, file: string, record: TenantRecord): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  // In place at once or not at all, for a run beside this one.
  const draft = `${file}.${randomUUID()}`;
  try {
    await writeFile(draft, `${JSON.stringify({ format: FORMAT, ...record })}\n`, { mode: 0o600, flag: 'wx' });
    await rename(draft, file);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}
