import type { Doors } from '../fixtures/doors/doors.ts';
import { type Secret, secret } from '../fixtures/doors/secrets.ts';
import type { Evidence } from '../fixtures/evidence.ts';
import type { Profile } from '../fixtures/profile/profile.ts';
import type { Target } from '../fixtures/target.ts';
import { isOpenToOthers, readSealed, type Seal, writeSealed } from './sealed-file.ts';
import { stateFile } from './state-file.ts';

/** What earlier runs left of a sign-in by hand. */
export interface KeptSession {
  /** For the browser to begin with. */
  readonly cookies?: Secret;
  /** What the reader of the report should know, a line each. */
  readonly remarks: readonly string[];
  /** Keeps the cookies for later runs, once the sign-in has come to a code; gives further remarks. */
  keep(doors: Pick<Doors, 'browser'>, evidence: Evidence): Promise<readonly string[]>;
}

/**
 * A person who has signed in by hand is not asked again by every run, as long as the server takes the cookies. They are
 * as good as the password, so that they are kept encrypted and for their owner only.
 */
export async function keptSession(
  { state, embedded, users }: Pick<Profile, 'state' | 'embedded' | 'users'>,
  { server }: Pick<Target, 'server'>,
): Promise<KeptSession> {
  const nothing = (...remarks: readonly string[]): KeptSession => ({ remarks, keep: async () => [] });
  if (state === undefined || embedded !== undefined || users.signIn?.method !== 'by-hand') return nothing();
  if (state.key === undefined) {
    return nothing('state: without state.key the sign-in by hand is not kept, and each run needs another');
  }
  const seal: Seal = { key: state.key, about: [server.url, 'cookies of a sign-in by hand'].join('\n') };
  const file = stateFile(state.folder, seal.about);
  const open = (await isOpenToOthers(state.folder))
    ? [`state: other users of this machine may look into ${state.folder}; chmod 700 closes it`]
    : [];
  let kept: string | undefined;
  try {
    kept = await readSealed(file, seal);
  } catch (error) {
    return nothing(
      ...open,
      `state: ${file} is left alone: ${(error as Error).message}; delete it, and the next run begins anew`,
    );
  }
  return {
    ...(kept !== undefined && { cookies: secret('state.cookies', kept) }),
    remarks: [
      ...open,
      ...(kept === undefined ? [] : ['state: the browser began with the cookies of an earlier sign-in by hand']),
    ],
    async keep({ browser }, { signIn }) {
      const cookies = signIn === undefined ? undefined : await browser.cookies();
      if (cookies === undefined || cookies.reveal() === '[]') return [];
      try {
        await writeSealed(file, cookies.reveal(), seal);
        return [`state: the cookies of the sign-in by hand are kept in ${file}, encrypted, for later runs`];
      } catch (error) {
        return [`state: the cookies of the sign-in could not be kept in ${file}: ${(error as Error).message}`];
      }
    },
  };
}
