import { randomBytes } from 'node:crypto';
import type { Doors, Obstacle } from '../fixtures/doors/doors.ts';
import { clientsOf, mayRegister, namesOf, type RegistrationJournal } from '../fixtures/doors/registrations.ts';
import type { Removal } from '../fixtures/doors/removal.ts';
import type { Profile } from '../fixtures/profile/profile.ts';
import type { Target } from '../fixtures/target.ts';
import {
  earlierJournals,
  journalInMemory,
  type OpenJournal,
  openJournal,
  stateFolder,
} from './registration-journal.ts';

/** What came of a removal, a line each. */
export interface Tidied {
  readonly remarks: readonly string[];
  /** What is left, or may be, and what to do. */
  readonly leftovers: readonly string[];
}

/** The clients that runs register, and their end. */
export interface Registrations {
  /** Absent: the run may register nothing. */
  readonly journal?: OpenJournal;
  /**
   * Does `work`, and removes before it what earlier runs on this target have left, and after it, however it ends, what
   * it has registered itself. Nothing is registered where clients of an earlier run stay.
   */
  around<Result>(
    doors: Pick<Doors, 'registrar' | 'bind' | 'issued' | 'interrupt'>,
    work: () => Promise<Result>,
    options: TidyOptions,
  ): Promise<Tidied & { readonly result: Result }>;
}

export interface TidyOptions {
  /** Told of each leftover as it is found, also where the work throws. */
  readonly onLeftover?: ((line: string) => void) | undefined;
  /** Told at once what was removed, and the like: a run that is killed has no report to say it in. */
  readonly onRemark?: ((line: string) => void) | undefined;
  /** Ends the work early; what it has registered is removed all the same. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Opens the journal of a run, in the folder of `state` or the user's state directory. The embedded world ends with its
 * run and with all that was registered there: its journal is none of files.
 */
export async function openRegistrations(
  { state, embedded }: Pick<Profile, 'state' | 'embedded'>,
  target: Pick<Target, 'server' | 'authorized' | 'allow' | 'management'>,
): Promise<Registrations> {
  const { server, management } = target;
  const run = randomBytes(6).toString('hex');
  const place = {
    folder: state?.folder ?? stateFolder(),
    server: server.url,
    ...(state?.key && { key: state.key }),
  };
  const opened = () => (embedded === undefined ? openJournal(place, run) : journalInMemory(run));
  const journal = mayRegister(target) ? await opened() : undefined;
  const removeEarlier = async ({ registrar, bind, issued }: Pick<Doors, 'registrar' | 'bind' | 'issued'>) => {
    const { journals, unreadable } = await earlierJournals(place);
    const remarks: string[] = [];
    const leftovers = [...unreadable];
    let stay = 0;
    for (const earlier of journals) {
      const isTaken = attempt(earlier, () => !earlier.isAlive && earlier.claim(run));
      if (typeof isTaken === 'string') {
        leftovers.push(isTaken);
        continue;
      }
      if (!isTaken) {
        remarks.push(`another run (${earlier.run}) registers clients at this target; they are left to it`);
        continue;
      }
      for (const event of earlier.events()) {
        const { token, url } = ('configuration' in event ? event.configuration : undefined) ?? {};
        if (token !== undefined && url !== undefined) bind(issued(token.label, token.reveal()), url);
      }
      const { removed, left, known } = await registrar.remove(earlier).catch((error) => unremoved(earlier, error));
      stay += known;
      if (removed > 0) {
        const clients = removed === 1 ? '1 client was' : `${removed} clients were`;
        remarks.push(`${clients} removed that the run ${earlier.run} of ${earlier.begunAt} had left at this target`);
      }
      leftovers.push(...left.map((each) => `${each} (delete ${earlier.file} once nothing is left)`));
      const unreleased = attempt(earlier, () => earlier.release(left.length === 0));
      if (typeof unreleased === 'string') leftovers.push(unreleased);
    }
    if (stay > 0) registrar.hold(LEFT_BEFORE);
    return { remarks, leftovers };
  };
  const removeOwn = async ({ registrar }: Pick<Doors, 'registrar'>): Promise<Tidied> => {
    if (journal === undefined) return { remarks: [], leftovers: [] };
    const { left } = await registrar.remove(journal).catch((error) => unremoved(journal, error));
    const unclosed = attempt(journal, () => journal.close());
    const remarks = [
      ...(left.length > 0 && journal.file !== undefined ? [keptIn(journal.file)] : []),
      ...(journal.hasUnkeptTokens && management === undefined ? [NO_KEY] : []),
    ];
    return { remarks, leftovers: typeof unclosed === 'string' ? [...left, unclosed] : left };
  };

  return {
    ...(journal && { journal }),
    async around(doors, work, { onLeftover = () => {}, onRemark = () => {}, signal }) {
      const tell = ({ remarks, leftovers }: Tidied) => {
        for (const line of leftovers) onLeftover(line);
        for (const line of remarks) onRemark(line);
      };
      const earlier = embedded === undefined ? await removeEarlier(doors) : { remarks: [], leftovers: [] };
      tell(earlier);
      let own: Tidied = { remarks: [], leftovers: [] };
      const result = await unless(signal, work).finally(async () => {
        if (signal?.aborted) {
          doors.registrar.hold(INTERRUPTED);
          doors.interrupt();
        }
        await doors.registrar.settled();
        own = await removeOwn(doors);
        // Where all is removed, what else there is to say can wait for the report.
        if (own.leftovers.length > 0) tell(own);
      });
      return {
        result,
        remarks: [...earlier.remarks, ...own.remarks],
        leftovers: [...earlier.leftovers, ...own.leftovers],
      };
    },
  };
}

const LEFT_BEFORE: Obstacle = {
  unfit: 'untested',
  because: 'an earlier run has left clients at this target that could not be removed, and more would be added to them',
  unlock: 'the clients removed that the report names as left behind',
};
const INTERRUPTED: Obstacle = {
  unfit: 'untested',
  because: 'the run was interrupted',
  unlock: 'a run that goes on to its end',
};

/** Does `work`, or throws the reason of `signal` as soon as it is given. */
async function unless<Result>(signal: AbortSignal | undefined, work: () => Promise<Result>): Promise<Result> {
  if (signal === undefined) return work();
  signal.throwIfAborted();
  let refuse = () => {};
  const aborted = new Promise<never>((_, reject) => {
    refuse = () => reject(signal.reason);
    signal.addEventListener('abort', refuse);
  });
  return Promise.race([work(), aborted]).finally(() => signal.removeEventListener('abort', refuse));
}

/** What becomes of a file must not hide what became of the run: in place of an error, what to do. */
function attempt<Result>(journal: RegistrationJournal, act: () => Result): Result | string {
  try {
    return act();
  } catch (error) {
    return lineOf(journal, error as Error);
  }
}

/** A removal that broke off, as it does where the journal cannot be written. */
function unremoved(journal: RegistrationJournal, error: Error): Removal {
  return { removed: 0, left: [lineOf(journal, error)], known: clientsOf(journal.events()).length };
}

function lineOf(journal: RegistrationJournal, { message }: Error): string {
  return `perhaps ${namesOf(journal)}: the journal ${journal.file ?? 'of this run'} cannot be kept (${message}); mend that and run again, or remove them by hand`;
}

const keptIn = (file: string) =>
  `what is left behind of clients stands in ${file}: the next run with allow: [writes] at this target tries to remove it, once management is given or what was in its way is mended`;
const NO_KEY =
  'state: without state.key no registration access token is kept, so that clients of a run that is killed would be left for you to remove';
