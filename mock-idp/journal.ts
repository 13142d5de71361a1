import { decodeJwt, decodeProtectedHeader } from 'jose';
import type { WorldExchange } from './world.ts';

/** One request, as far as it may be shown. */
export interface JournalEntry {
  readonly at: Date;
  readonly party: 'tenant' | 'server';
  readonly method: string;
  /** With the query, of whose values only harmless ones are kept. */
  readonly path: string;
  readonly status: number;
  readonly milliseconds: number;
}

/** A token that was handed out; never its signature. */
export interface JournalToken {
  readonly id: number;
  readonly at: Date;
  /** How it came to be: `minted`, or the member of a token response. */
  readonly kind: string;
  /** What is wrong with it and cannot be read from its content, such as `broken signature`. */
  readonly marks: readonly string[];
  /** Absent: no JWT. */
  readonly content?: { readonly header: object; readonly claims: object };
}

/** The last that happened in a world, newest first. */
export interface Journal {
  readonly entries: readonly JournalEntry[];
  readonly tokens: readonly JournalToken[];
  noteExchange(exchange: WorldExchange): void;
  noteToken(kind: string, token: string, marks?: readonly string[]): void;
}

const KEPT = { entries: 200, tokens: 50 } as const;

/** Query parameters whose values say nothing that opens a door. All others are left out, unknown ones too. */
const HARMLESS = new Set([
  'audience',
  'client_id',
  'code_challenge_method',
  'error',
  'fields',
  'grant_type',
  'include_totals',
  'max_age',
  'page',
  'per_page',
  'prompt',
  'redirect_uri',
  'resource',
  'response_mode',
  'response_type',
  'scope',
]);

export function createJournal(now: () => Date = () => new Date()): Journal {
  const entries: JournalEntry[] = [];
  const tokens: JournalToken[] = [];
  let noted = 0;
  const noteToken: Journal['noteToken'] = (kind, token, marks = []) => {
    const content = contentOf(token);
    noted += 1;
    tokens.unshift({ id: noted, at: now(), kind, marks, ...(content && { content }) });
    tokens.splice(KEPT.tokens);
  };
  return {
    entries,
    tokens,
    noteToken,
    noteExchange({ party, request, reply, milliseconds }) {
      const { method, path, query } = request;
      entries.unshift({
        at: now(),
        party,
        method,
        path: path + shownQuery(query),
        status: reply.status,
        milliseconds: Math.round(milliseconds),
      });
      entries.splice(KEPT.entries);
      const answer = party === 'tenant' && typeof reply.body === 'string' ? membersOf(reply.body) : {};
      for (const kind of ['access_token', 'id_token']) {
        if (typeof answer[kind] === 'string') noteToken(kind, answer[kind]);
      }
    },
  };
}

function shownQuery(query: string): string {
  if (query === '') return '';
  const shown = [...new URLSearchParams(query)].map(([name, value]) =>
    HARMLESS.has(name) ? `${name}=${value}` : `${name}=…`,
  );
  return `?${shown.join('&')}`;
}

function membersOf(body: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

function contentOf(token: string): JournalToken['content'] {
  try {
    return { header: decodeProtectedHeader(token), claims: decodeJwt(token) };
  } catch {
    return undefined;
  }
}
