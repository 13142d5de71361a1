import type { LogEntry } from '../entities.ts';

/** The part of Lucene's query syntax that Auth0 documents for logs: terms with a field, ranges, AND, OR, NOT, parentheses. */

type Test = (entry: LogEntry) => boolean;

/** Fields that can be searched; others match nothing. */
const SEARCHABLE = [
  'client_id',
  'client_name',
  'date',
  'description',
  'hostname',
  'ip',
  'log_id',
  'type',
  'user_agent',
  'user_id',
  'user_name',
] as const;

/** Fields that are found by words they contain; the others by their whole value. */
const TEXTS: readonly string[] = ['client_name', 'description', 'user_agent', 'user_name'];

type Token =
  | { readonly is: 'and' | 'or' | 'not' | 'open' | 'close' }
  | { readonly is: 'field'; readonly name: string }
  | { readonly is: 'value'; readonly text: string; readonly isQuoted: boolean }
  | { readonly is: 'range'; readonly from: string; readonly to: string; readonly closed: readonly [boolean, boolean] };

const PATTERN =
  /\s*(?:(?<open>\()|(?<close>\))|(?<and>AND\b|&&)|(?<or>OR\b|\|\|)|(?<not>NOT\b|!|-(?=\S))|(?<field>[A-Za-z_]\w*(?:\.\w+)*):|"(?<quoted>(?:[^"\\]|\\.)*)"|(?<start>[[{])\s*(?<from>\S+)\s+TO\s+(?<to>[^\s\]}]+)\s*(?<end>[\]}])|(?<compare>[<>]=?)(?<bound>[^\s()]+)|(?<word>(?:[^\s()"\\]|\\.)+))/y;

/**
 * What the query asks of an entry.
 *
 * @throws {SyntaxError} says what it stumbled over.
 */
export function parseLogQuery(query: string): Test {
  const tokens = tokenize(query);
  let at = 0;
  const next = () => tokens[at];
  const takes = (is: Token['is']) => {
    if (next()?.is !== is) return false;
    at += 1;
    return true;
  };

  /** @param field whose values these are, as in `type:(s OR f)` */
  const either = (field?: string): Test => {
    const tests = [both(field)];
    // Lucene's default operator is OR.
    while (takes('or') || (next() !== undefined && next()!.is !== 'close')) tests.push(both(field));
    return (entry) => tests.some((test) => test(entry));
  };
  const both = (field?: string): Test => {
    const tests = [one(field)];
    while (takes('and')) tests.push(one(field));
    return (entry) => tests.every((test) => test(entry));
  };
  const one = (field?: string): Test => {
    if (takes('not')) {
      const test = one(field);
      return (entry) => !test(entry);
    }
    if (takes('open')) {
      const test = either(field);
      if (!takes('close')) throw new SyntaxError('a parenthesis is not closed');
      return test;
    }
    const token = next();
    at += 1;
    switch (token?.is) {
      case 'field':
        if (field !== undefined) throw new SyntaxError(`a field stands in the values of ${field}`);
        return one(token.name);
      case 'value':
      case 'range':
        return matching(field, token);
      default:
        throw new SyntaxError(token === undefined ? 'the query ends too early' : `unexpected ${token.is}`);
    }
  };

  if (tokens.length === 0) return () => true;
  const test = either();
  if (next() !== undefined) throw new SyntaxError('a parenthesis is closed that was not opened');
  return test;
}

function tokenize(query: string): readonly Token[] {
  const tokens: Token[] = [];
  const pattern = new RegExp(PATTERN);
  const text = query.trimEnd();
  while (pattern.lastIndex < text.length) {
    const start = pattern.lastIndex;
    const groups = pattern.exec(text)?.groups;
    if (groups === undefined) throw new SyntaxError(`cannot read ${JSON.stringify(text.slice(start))}`);
    tokens.push(tokenOf(groups));
  }
  return tokens;
}

function tokenOf(groups: Readonly<Record<string, string | undefined>>): Token {
  const keyword = (['open', 'close', 'and', 'or', 'not'] as const).find((name) => groups[name] !== undefined);
  if (keyword !== undefined) return { is: keyword };
  if (groups.field !== undefined) return { is: 'field', name: groups.field };
  if (groups.quoted !== undefined) return { is: 'value', text: unescaped(groups.quoted), isQuoted: true };
  if (groups.start !== undefined) {
    const [from, to] = [groups.from!, groups.to!].map((bound) => bound.replace(/^"(.*)"$/, '$1')) as [string, string];
    return { is: 'range', from, to, closed: [groups.start === '[', groups.end === ']'] };
  }
  if (groups.compare !== undefined) {
    const isClosed = groups.compare.endsWith('=');
    const isUpper = groups.compare.startsWith('<');
    const [from, to] = isUpper ? ['*', groups.bound!] : [groups.bound!, '*'];
    return { is: 'range', from, to, closed: [isClosed, isClosed] };
  }
  return { is: 'value', text: unescaped(groups.word!), isQuoted: false };
}

const unescaped = (text: string) => text.replace(/\\(.)/g, '$1');

type Matcher = Extract<Token, { is: 'value' | 'range' }>;

function matching(field: string | undefined, matcher: Matcher): Test {
  const names = SEARCHABLE.filter((name) => field === undefined || name === field);
  return (entry) =>
    names.some((name) => {
      const value = entry[name];
      return value !== undefined && (matcher.is === 'range' ? isWithin(value, matcher) : isMatch(name, value, matcher));
    });
}

function isWithin(value: string, { from, to, closed }: Extract<Token, { is: 'range' }>): boolean {
  // Dates of logs are ISO 8601 in UTC, so their order is that of their text; a bound may be a shorter one.
  const low = from === '*' ? 1 : compare(value, from);
  const high = to === '*' ? -1 : compare(value, to);
  return (low > 0 || (closed[0] && low === 0)) && (high < 0 || (closed[1] && high === 0));
}

/** A bound such as `2026-01` stands for all that begins so. */
function compare(value: string, bound: string): number {
  const head = value.slice(0, bound.length);
  return head === bound ? 0 : head < bound ? -1 : 1;
}

function isMatch(name: string, value: string, { text, isQuoted }: Extract<Token, { is: 'value' }>): boolean {
  if (!isQuoted && text.endsWith('*')) return value.toLowerCase().startsWith(text.slice(0, -1).toLowerCase());
  if (!TEXTS.includes(name)) return name === 'date' ? value.startsWith(text) : value === text;
  const words = (of: string) =>
    ` ${
      of
        .toLowerCase()
        .match(/[\p{L}\p{N}]+/gu)
        ?.join(' ') ?? ''
    } `;
  return words(value).includes(words(text));
}
