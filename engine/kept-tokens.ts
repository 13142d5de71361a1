import { type Secret, secret } from '../fixtures/doors/secrets.ts';
import type { Evidence } from '../fixtures/evidence.ts';
import type { Profile } from '../fixtures/profile/profile.ts';
import { isServed } from '../fixtures/protocol/answers.ts';
import type { Target } from '../fixtures/target.ts';
import { decodePart, partsOf } from '../fixtures/trials/access-tokens/jws.ts';
import { isOpenToOthers, readSealed, type Seal, writeSealed } from './sealed-file.ts';
import { stateFile } from './state-file.ts';

/** A target as earlier runs leave it. */
export interface Remembering {
  /** With a token of an earlier run as `tokens.expired`, where one has expired since. */
  readonly target: Target;
  /** What the reader of the report should know, a line each. */
  readonly remarks: readonly string[];
  /** Keeps the good token for later runs, once the server has served it; gives further remarks. */
  keep(evidence: Evidence): Promise<readonly string[]>;
}

/** So long past that no leeway for clocks explains why a token is served (attack matrix, A44). */
const LONG_AGO_SECONDS = 3600;

interface Kept {
  readonly token: string;
  /** Seconds since the epoch. */
  readonly exp: number;
  readonly kid: unknown;
}

/**
 * What earlier runs kept of a target, and what this one will. A real token that has expired is hard to come by: it has
 * to be kept from when it was good. Whatever is wrong with the folder becomes a remark, and the run goes on without it.
 */
export async function remember(profile: Pick<Profile, 'state' | 'embedded'>, target: Target): Promise<Remembering> {
  const { state, embedded } = profile;
  const { good, expired } = target.tokens;
  const nothing = (...remarks: readonly string[]): Remembering => ({ target, remarks, keep: async () => [] });
  if (state === undefined) return nothing();
  if (embedded !== undefined) return nothing('state: the embedded world is a new one each time, so no token is kept');
  if (good === undefined || expired !== undefined) return nothing();
  if (state.key === undefined) {
    return nothing(
      'state: without state.key no token is kept between runs; set it to a variable that holds a key, as openssl rand -base64 32 prints one',
    );
  }
  const own = read(good.reveal());
  if (own === undefined) return nothing('state: the good token shows no expiry (no JWT, or no exp), so it is not kept');

  const seal: Seal = { key: state.key, about: [target.server.url, String(own.iss)].join('\n') };
  const file = stateFile(state.folder, seal.about);
  const open = (await isOpenToOthers(state.folder))
    ? [`state: other users of this machine may look into ${state.folder}; chmod 700 closes it`]
    : [];
  let kept: readonly Kept[];
  try {
    kept = listIn(await readSealed(file, seal));
  } catch (error) {
    return nothing(
      ...open,
      `state: ${file} is left alone: ${(error as Error).message}; delete it, and the next run begins anew`,
    );
  }
  // A token of a key that the issuer has withdrawn is refused for that, and says nothing of its expiry.
  const likely = kept.filter(({ kid }) => kid === own.kid);
  const now = Math.floor(Date.now() / 1000);
  const past = newest(likely, now);
  return {
    target: past === undefined ? target : withExpired(target, secret('tokens.expired', past.token)),
    remarks: [
      ...open,
      ...(past === undefined
        ? []
        : [`state: tokens.expired is the good token of an earlier run, expired ${new Date(past.exp * 1000).toJSON()}`]),
    ],
    keep: async ({ control }) => {
      if (control === undefined || !control.operations.some(({ exchange }) => isServed(exchange))) return [];
      const wanted = worthKeeping([...likely, { ...own, token: good.reveal() }], now);
      if (sameTokens(wanted, kept)) return [];
      try {
        await writeSealed(file, JSON.stringify(wanted.map(({ token }) => token)), seal);
        return [`state: the good token is kept in ${file}, encrypted, for runs after it has expired`];
      } catch (error) {
        return [`state: the good token could not be kept in ${file}: ${(error as Error).message}`];
      }
    },
  };
}

function withExpired(target: Target, expired: Secret): Target {
  return { ...target, tokens: { ...target.tokens, expired }, secrets: [...target.secrets, expired] };
}

const isPast = (now: number) => (each: Kept) => now - each.exp >= LONG_AGO_SECONDS;

const newest = (kept: readonly Kept[], now: number) => kept.filter(isPast(now)).toSorted((a, b) => b.exp - a.exp)[0];

/** The one to use, and the one that can be used next: were the youngest kept each time, none would ever grow old. */
function worthKeeping(kept: readonly Kept[], now: number): readonly Kept[] {
  const coming = kept.filter((each) => !isPast(now)(each)).toSorted((a, b) => a.exp - b.exp)[0];
  return [newest(kept, now), coming].filter((each) => each !== undefined);
}

const sameTokens = (one: readonly Kept[], other: readonly Kept[]) =>
  one.length === other.length && one.every(({ token }) => other.some((each) => each.token === token));

/** @throws {Error} for text of another shape. */
function listIn(text: string | undefined): readonly Kept[] {
  const tokens: unknown = JSON.parse(text ?? '[]');
  if (!Array.isArray(tokens)) throw new Error('it holds no list of tokens');
  return tokens.flatMap((token: unknown) => {
    const claims = typeof token === 'string' ? read(token) : undefined;
    return claims === undefined ? [] : [{ ...claims, token: token as string }];
  });
}

/** What decides whether a token is worth keeping; `undefined` for one that does not show it. */
function read(token: string): (Omit<Kept, 'token'> & { readonly iss: unknown }) | undefined {
  try {
    const [header, payload] = partsOf(token);
    const { exp, iss } = decodePart(payload);
    const { kid } = decodePart(header);
    return typeof exp === 'number' ? { exp, iss, kid } : undefined;
  } catch {
    return undefined;
  }
}
