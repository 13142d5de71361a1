import { isObject } from '../../fixtures/protocol/answers.ts';
import type { JsonObject } from '../../fixtures/protocol/documents.ts';
import type { Facts } from '../check.ts';
import { GOLDEN_ITEMS, type TenantItems, type TenantSurroundings } from '../golden-tenant.ts';

/** What an example has besides the tenant's configuration. */
export interface Setup {
  readonly facts?: Partial<Facts>;
  readonly amid?: TenantSurroundings;
}

/** Characters that a reader takes in at once. */
const ENOUGH = 160;

/** Things that are shown one by one. */
const FEW = 2;

/**
 * What an example has otherwise than the tenant that passes: "clients: third_party_security_mode "permissive"".
 *
 * @param passes what the tenant that passes has in place of the reference tenant's
 */
export function differenceOf(
  items: Partial<TenantItems>,
  passes: Partial<TenantItems>,
  { facts = {}, amid = {} }: Setup,
): string {
  const differences = Object.entries(items).flatMap(([name, given]) => {
    const usual = passes[name as keyof TenantItems] ?? GOLDEN_ITEMS[name as keyof TenantItems];
    return given.length > FEW ? [`${given.length} ${name}`] : inItems(name, given, usual);
  });
  const around = Object.entries({ ...facts, ...amid }).map(([name, value]) => `${name}: ${JSON.stringify(value)}`);
  const text = (differences.length === 0 ? around : differences).join('; ');
  return text.length > ENOUGH ? `${text.slice(0, ENOUGH)}…` : text;
}

function inItems(name: string, given: readonly JsonObject[], usual: readonly JsonObject[]): readonly string[] {
  if (given.length === 0) return usual.length === 0 ? [] : [`no ${name}`];
  const changed = given.flatMap((item) => {
    const found = membersOf(item, usual.find((each) => idOf(each) === idOf(item)) ?? usual[0] ?? {});
    return found.length === 0 ? [] : [found.join(', ')];
  });
  const gone = usual.filter((each) => !given.some((item) => idOf(item) === idOf(each)));
  const without = changed.length === 0 && gone.length > 0 ? [`without ${gone.map(idOf).join(', ')}`] : [];
  const shown = [...changed, ...without].join(' and ');
  return shown === '' ? [] : [`${name}: ${shown}`];
}

const idOf = ({ id, client_id, kid, log_id }: JsonObject): unknown => id ?? client_id ?? kid ?? log_id;

/** Members that are others, or are missing; of objects those within. */
function membersOf(item: JsonObject, usual: JsonObject, within = ''): readonly string[] {
  return [...new Set([...Object.keys(item), ...Object.keys(usual)])].flatMap((name) => {
    const [is, was] = [item[name], usual[name]];
    const member = `${within}${name}`;
    if (JSON.stringify(is) === JSON.stringify(was)) return [];
    if (isObject(is) && isObject(was)) return membersOf(is, was, `${member}.`);
    return [is === undefined ? `no ${member}` : `${member} ${JSON.stringify(is)}`];
  });
}
