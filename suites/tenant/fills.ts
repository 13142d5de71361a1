import type { TenantReadName } from '../../fixtures/management/reads.ts';
import type { JsonObject } from '../../fixtures/protocol/documents.ts';
import type { Finding } from '../check.ts';

/** What placeholders of commands stand for, and the members by which findings name it; the first is written in its place. */
const THINGS = {
  YOUR_CLIENT_ID: { read: 'clients', members: ['client_id'] },
  YOUR_API_ID: { read: 'apis', members: ['id', 'identifier'] },
  YOUR_CONNECTION_ID: { read: 'connections', members: ['id', 'name'] },
  YOUR_GRANT_ID: { read: 'grants', members: ['id'] },
} as const satisfies Readonly<
  Record<string, { readonly read: TenantReadName; readonly members: readonly [string, ...string[]] }>
>;

/** Commands are pasted into a shell, and whoever registers a client has a hand in what a tenant shows. */
const PLAIN = /^[\w.:/~-]+$/;

/** What is known of the placeholders of a fix: the one thing that the finding is about, and the resource. */
export function fillsFor(
  tenant: Readonly<Partial<Record<TenantReadName, readonly JsonObject[]>>>,
  resource: string | undefined,
  actual: string,
): Pick<Finding, 'fills'> {
  const named = Object.entries(THINGS).flatMap(([placeholder, { read, members }]) => {
    const items = tenant[read] ?? [];
    const told = items.filter((item) => members.some((member) => isNamed(String(item[member] ?? ''), actual)));
    const own = told.length === 0 ? items.filter(({ identifier }) => read === 'apis' && identifier === resource) : told;
    return own.length === 1 ? [[placeholder, String(own[0]![members[0]])] as const] : [];
  });
  return known([...named, ...(resource === undefined ? [] : [['YOUR_RESOURCE', resource] as const])]);
}

/** Those values of placeholders that a command may have in it. */
export function known(values: readonly (readonly [placeholder: string, value: string])[]): Pick<Finding, 'fills'> {
  const plain = values.filter(([, value]) => PLAIN.test(value));
  return plain.length === 0 ? {} : { fills: Object.fromEntries(plain) };
}

/** Whether a text has a name as a word of its own. */
function isNamed(name: string, text: string): boolean {
  if (name === '') return false;
  const [before, after] = [/[\w./-]$/, /^[\w/-]/];
  return text
    .split(name)
    .slice(0, -1)
    .some((part, at, parts) => {
      const from = parts.slice(0, at + 1).join(name).length + name.length;
      return !before.test(part) && !after.test(text.slice(from));
    });
}
