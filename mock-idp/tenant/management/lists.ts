import { jsonReply, type Reply } from '../../http.ts';
import type { TenantContext } from '../behaviour.ts';
import { badQuery } from './errors.ts';

export type Item = Readonly<Record<string, unknown>>;

/** A part of a list, as the query asks for it. */
export type Page =
  /** By number. */
  | { readonly page: number; readonly perPage: number; readonly withTotals: boolean }
  /** By checkpoint: what follows the item with this id. */
  | { readonly from?: string; readonly take: number };

const MOST = 100;
const USUAL = 50;

/** What the query says of paging, or the answer to one that says it wrongly. */
export function readPage(query: URLSearchParams): Page | Reply {
  const whole = (name: string, usual: number, least: number, most: number): number | Reply => {
    const text = query.get(name);
    const value = text === null ? usual : Number(text);
    if (text !== null && !/^\d{1,9}$/.test(text)) return badQuery(`'${name}' is not a whole number`);
    return value < least || value > most ? badQuery(`'${name}' is not within ${least} and ${most}`) : value;
  };
  if (query.has('from') || query.has('take')) {
    const take = whole('take', USUAL, 1, MOST);
    const from = query.get('from');
    return typeof take === 'number' ? { take, ...(from !== null && { from }) } : take;
  }
  const page = whole('page', 0, 0, Number.MAX_SAFE_INTEGER);
  const perPage = whole('per_page', USUAL, 0, MOST);
  if (typeof page !== 'number') return page;
  return typeof perPage === 'number' ? { page, perPage, withTotals: query.get('include_totals') === 'true' } : perPage;
}

/** The items of one page. */
export function takePage<Each>(items: readonly Each[], page: Page, idOf: (item: Each) => string): readonly Each[] {
  if ('perPage' in page) return items.slice(page.page * page.perPage, (page.page + 1) * page.perPage);
  const start = page.from === undefined ? 0 : items.findIndex((item) => idOf(item) === page.from) + 1;
  return items.slice(start, start + page.take);
}

/** The members that `fields` names, or with `include_fields=false` all others. */
export function selectFields(item: Item, query: URLSearchParams): Item {
  const names = query.get('fields')?.split(',').filter(Boolean);
  if (names === undefined) return item;
  const isIncluded = query.get('include_fields') !== 'false';
  return Object.fromEntries(Object.entries(item).filter(([name]) => names.includes(name) === isIncluded));
}

/**
 * A list in the form the query asks for: an array; with totals, or by checkpoint, an object that has it as `name`.
 *
 * @param idOf member whose value a checkpoint is
 */
export function listReply(
  name: string,
  items: readonly Item[],
  idOf: string,
  query: URLSearchParams,
  { behaviour }: TenantContext,
): Reply {
  const page = readPage(query);
  if ('status' in page) return page;
  const id = (item: Item) => String(item[idOf]);
  const taken = behaviour.takePage(items, page, id);
  const list = taken.map((item) => behaviour.selectFields(item, query));
  if ('take' in page) {
    const last = taken.at(-1);
    const isMore = last !== undefined && last !== items.at(-1);
    return jsonReply(200, { [name]: list, ...(isMore && { next: id(last) }) });
  }
  if (!page.withTotals) return jsonReply(200, list);
  const { perPage } = page;
  return jsonReply(200, {
    start: page.page * perPage,
    limit: perPage,
    length: list.length,
    total: items.length,
    [name]: list,
  });
}
