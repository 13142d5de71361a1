import { createHash, randomUUID } from 'node:crypto';
import {
  closeSync,
  constants,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeSync,
} from 'node:fs';
import { homedir, hostname } from 'node:os';
import { isAbsolute, join } from 'node:path';
import type { ClientConfiguration, RegistrationEvent, RegistrationJournal } from '../fixtures/doors/registrations.ts';
import { isOver } from '../fixtures/doors/registrations.ts';
import { type Secret, secret } from '../fixtures/doors/secrets.ts';
import { isObject } from '../fixtures/protocol/answers.ts';
import { jsonOf } from '../fixtures/protocol/json.ts';
import { createSealing, type SealedText, type Sealing } from './sealed-file.ts';

/** Where a target's journals lie, and how the tokens in them are sealed. */
export interface JournalPlace {
  readonly folder: string;
  /** MCP endpoint: the journals of another target are no business of this one's. */
  readonly server: string;
  /** Absent: registration access tokens are left out. */
  readonly key?: Secret;
}

export interface OpenJournal extends RegistrationJournal {
  /** Registration access tokens came, and were not kept. */
  readonly hasUnkeptTokens: boolean;
  /** Ends it: the file goes, unless there is something that it has to remember. */
  close(): void;
}

/** What an earlier run wrote, or one that goes on beside this one. */
export interface EarlierJournal extends RegistrationJournal {
  readonly file: string;
  /** Its run goes on, or another one tidies what it left. */
  readonly isAlive: boolean;
  /**
   * Takes it for the run `by`; only then may it be written to. `false`: another run has it.
   *
   * @throws {Error} when the folder cannot be written to.
   */
  claim(by: string): boolean;
  /** Ends the claim: the file goes where all is tidied, else other runs may take it. */
  release(isTidy: boolean): void;
}

const FORMAT = 'mcp-auth-conformance/registrations/1';

interface Header {
  readonly format: string;
  readonly run: string;
  readonly begunAt: string;
  readonly host: string;
  readonly pid: number;
  readonly salt?: string;
}

/** By its journal a run shows that it goes on, every so many seconds; not shown for so many: it does not. */
const SIGN_OF_LIFE_SECONDS = 20;
const SILENT_SECONDS = 90;

/** Where a process id names a process: containers that share a host name have process ids of their own. */
const PROCESSES = [hostname(), processNamespace()].filter((part) => part !== '').join(' ');

/** Of this process: a run whose process id is ours and which is none of these had the id before us. */
const ownRuns = new Set<string>();

/**
 * Where journals lie when the profile names no folder: the user's state directory (XDG Base Directory Specification;
 * its like on macOS and Windows), which the next run finds wherever it is started.
 */
export function stateFolder(env: Readonly<Record<string, string | undefined>> = process.env): string {
  const usual: Readonly<Partial<Record<NodeJS.Platform, string | undefined>>> = {
    darwin: join(homedir(), 'Library', 'Application Support'),
    win32: env.LOCALAPPDATA,
  };
  const given = env.XDG_STATE_HOME;
  // A relative one is to be ignored, says the specification.
  const base = given !== undefined && isAbsolute(given) ? given : usual[process.platform];
  return join(base ?? join(homedir(), '.local', 'state'), 'mcp-auth-conformance');
}

/** For what does not outlive the run: the embedded world and its clients end together. */
export function journalInMemory(run: string): OpenJournal {
  const events: RegistrationEvent[] = [];
  return {
    run,
    begunAt: new Date().toISOString(),
    isTorn: false,
    hasUnkeptTokens: false,
    events: () => events,
    write: (event) => {
      events.push(event);
    },
    close: () => {},
  };
}

/** The journal of a run that begins. Its file (mode 0600) appears with the first line. */
export async function openJournal(place: JournalPlace, run: string): Promise<OpenJournal> {
  const sealing = place.key === undefined ? undefined : await createSealing({ key: place.key, about: place.server });
  const header: Header = {
    format: FORMAT,
    run,
    begunAt: new Date().toISOString(),
    host: PROCESSES,
    pid: process.pid,
    ...(sealing && { salt: sealing.salt }),
  };
  const file = join(place.folder, `${prefixOf(place)}${run}.jsonl`);
  const state = { hasUnkeptTokens: false };
  const events: RegistrationEvent[] = [];
  let life: NodeJS.Timeout | undefined;
  const begin = () => {
    mkdirSync(place.folder, { recursive: true, mode: 0o700 });
    ownRuns.add(run);
    append(file, JSON.stringify(header), 'new');
    // The name of a new file is kept by its folder; Windows opens none.
    if (process.platform !== 'win32') sync(place.folder);
    life = setInterval(() => showLife(file), SIGN_OF_LIFE_SECONDS * 1000).unref();
  };
  return {
    file,
    run,
    begunAt: header.begunAt,
    isTorn: false,
    get hasUnkeptTokens() {
      return state.hasUnkeptTokens;
    },
    events: () => events,
    write(event) {
      if (life === undefined) begin();
      if (sealing === undefined && tokenOf(event) !== undefined) state.hasUnkeptTokens = true;
      // What has happened this run knows also where it cannot be written down.
      if (event.kind !== 'asked') events.push(event);
      append(file, written(event, sealing));
      if (event.kind === 'asked') events.push(event);
    },
    close() {
      clearInterval(life);
      ownRuns.delete(run);
      if (isOver(events)) rmSync(file, { force: true });
    },
  };
}

/**
 * What other runs have written of this target. What cannot be read as a journal is left alone.
 *
 * @returns journals, and a line for each file that is none
 */
export async function earlierJournals(
  place: JournalPlace,
): Promise<{ readonly journals: readonly EarlierJournal[]; readonly unreadable: readonly string[] }> {
  const prefix = prefixOf(place);
  let names: readonly string[] = [];
  try {
    names = readdirSync(place.folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // Where there is no such folder nothing was ever written down.
    if (code !== 'ENOENT' && code !== 'ENOTDIR') {
      return { journals: [], unreadable: [`${place.folder} cannot be read (${code}): nobody knows what is left`] };
    }
  }
  const files = names.filter((name) => name.startsWith(prefix)).map((name) => join(place.folder, name));
  const journals: EarlierJournal[] = [];
  const unreadable: string[] = [];
  for (const file of files.sort()) {
    try {
      const journal = await read(file, place);
      if (journal !== undefined) journals.push(journal);
    } catch (error) {
      unreadable.push(
        `${file}, which may hold clients of an earlier run, is left alone: ${(error as Error).message}; look for clients called mcp-auth-conformance, then delete it`,
      );
    }
  }
  return { journals, unreadable };
}

/** `undefined`: nothing was sent on the strength of it, or it is gone. */
async function read(file: string, { server, key }: JournalPlace): Promise<EarlierJournal | undefined> {
  const found = contentOf(file);
  if (found === undefined) return undefined;
  const { bytes, silentSeconds } = found;
  // What stands behind the last line end was being written when the run ended, and nothing was sent for it.
  const whole = bytes.subarray(0, bytes.lastIndexOf('\n') + 1);
  const [first = '', ...lines] = whole.toString('utf8').split('\n').slice(0, -1);
  const header = jsonOf(first);
  if (!isHeader(header)) {
    if (lines.length > 0 || first !== '') throw new Error('it does not begin as such a journal does');
    if (silentSeconds > SILENT_SECONDS) rmSync(file, { force: true });
    return undefined;
  }
  const { run, begunAt, salt } = header;
  const sealing =
    key === undefined || salt === undefined ? undefined : await createSealing({ key, about: server }, salt);
  const readLines = lines.map((line) => opened(jsonOf(line), sealing));
  const events: RegistrationEvent[] = readLines.filter((event) => event !== undefined);
  const own = file.replace(CLAIMED, '.jsonl');
  let claimed = file;
  let isWhole = whole.length === bytes.length;
  return {
    file: own,
    run,
    begunAt,
    isTorn: events.length < readLines.length,
    isAlive: isAlive(header, silentSeconds, file !== own),
    events: () => events,
    claim(by) {
      claimed = `${own}.${by}`;
      showLife(file);
      if (!isRenamed(file, claimed)) return false;
      ownRuns.add(run);
      // Another run may have had it in between, and told the journal what it did.
      if (contentOf(claimed)?.bytes.equals(bytes) === true) return true;
      ownRuns.delete(run);
      isRenamed(claimed, own);
      return false;
    },
    write(event) {
      // Behind half a line, which is none, a whole one would be lost with it.
      if (!isWhole) truncateSync(claimed, whole.length);
      isWhole = true;
      append(claimed, written(event, sealing));
      events.push(event);
    },
    release(isTidy) {
      ownRuns.delete(run);
      if (isTidy && isOver(events)) rmSync(claimed, { force: true });
      else isRenamed(claimed, own);
    },
  };
}

/** The name of a journal that another run than its own has taken, to tidy what is in it. */
const CLAIMED = /\.jsonl\.[^.]+$/;

/** `false`: it is not there any more. */
function isRenamed(file: string, to: string): boolean {
  try {
    renameSync(file, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

/** Another process may have removed it meanwhile. */
function contentOf(file: string): { readonly bytes: Buffer; readonly silentSeconds: number } | undefined {
  try {
    return { bytes: readFileSync(file), silentSeconds: (Date.now() - statSync(file).mtimeMs) / 1000 };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw new Error(`it cannot be read (${code})`, { cause: error });
  }
}

/** Journals of a target begin alike; the name shows nobody which target. */
function prefixOf({ server }: JournalPlace): string {
  return `registrations-${createHash('sha256').update(server).digest('hex').slice(0, 16)}-`;
}

function isAlive({ run, host, pid }: Header, silentSeconds: number, isClaimed: boolean): boolean {
  if (ownRuns.has(run)) return true;
  if (!isClaimed && host === PROCESSES && (pid === process.pid || !isProcess(pid))) return false;
  // Elsewhere, or a process that may have got the id of one that is no more, or in the hands of another run.
  return silentSeconds <= SILENT_SECONDS;
}

/** Linux alone has such a thing, and tells it here. */
function processNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return '';
  }
}

function isProcess(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function showLife(file: string): void {
  const now = new Date();
  try {
    utimesSync(file, now, now);
  } catch {
    // Gone, or of a file system without such times: the next run then takes this one for ended.
  }
}

/** On disk when it returns. Where another run has taken the file none comes in its place, which nobody could read. */
function append(file: string, line: string, as: 'new' | 'next' = 'next'): void {
  const { O_APPEND, O_CREAT, O_EXCL, O_WRONLY } = constants;
  const handle = openSync(file, O_WRONLY | O_APPEND | (as === 'new' ? O_CREAT | O_EXCL : 0), 0o600);
  try {
    writeSync(handle, `${line}\n`);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

function sync(folder: string): void {
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

const tokenOf = (event: RegistrationEvent) => ('configuration' in event ? event.configuration?.token : undefined);

/** A line: the token in it sealed, or left out. */
function written(event: RegistrationEvent, sealing: Sealing | undefined): string {
  if (!('configuration' in event) || event.configuration === undefined) return JSON.stringify(event);
  const { token, ...rest } = event.configuration;
  const sealed = token === undefined || sealing === undefined ? {} : { token: sealing.seal(token.reveal()) };
  return JSON.stringify({ ...event, configuration: { ...rest, ...sealed } });
}

type SealedConfiguration = Omit<ClientConfiguration, 'token'> & { readonly token?: SealedText };

/** The event of a line; `undefined` for what is none. A token that does not open is left out. */
function opened(line: unknown, sealing: Sealing | undefined): RegistrationEvent | undefined {
  if (!isEvent(line)) return undefined;
  if (!('configuration' in line) || line.configuration === undefined) return line;
  const { token, ...rest }: SealedConfiguration = line.configuration as object as SealedConfiguration;
  if (token === undefined) return { ...line, configuration: rest };
  const value = sealing && openedToken(token, sealing);
  return {
    ...line,
    configuration: {
      ...rest,
      ...(value === undefined
        ? { lacks: 'key' }
        : { token: secret(`registration_access_token ${randomUUID()}`, value) }),
    },
  };
}

function openedToken(sealed: SealedText, sealing: Sealing): string | undefined {
  try {
    return sealing.open(sealed);
  } catch {
    return undefined;
  }
}

type Members = Readonly<Record<string, unknown>>;
const areTexts = (value: Members, ...names: readonly string[]) =>
  names.every((name) => typeof value[name] === 'string');

function isHeader(value: unknown): value is Header {
  return (
    isObject(value) &&
    value.format === FORMAT &&
    areTexts(value, 'run', 'begunAt', 'host') &&
    typeof value.pid === 'number'
  );
}

/** What each kind of line must have to be one. */
const SHAPES: Readonly<Record<RegistrationEvent['kind'], (line: Members) => boolean>> = {
  asked: (line) => typeof line.number === 'number' && areTexts(line, 'at', 'url'),
  refused: ({ number }) => typeof number === 'number',
  created: (line) => typeof line.number === 'number' && areTexts(line, 'clientId') && hasConfiguration(line, true),
  moved: (line) => areTexts(line, 'clientId') && hasConfiguration(line, false),
  deleting: (line) => areTexts(line, 'clientId'),
  kept: (line) => areTexts(line, 'clientId'),
  gone: (line) => areTexts(line, 'clientId'),
  void: ({ number }) => typeof number === 'number',
  consenting: (line) => areTexts(line, 'url', 'at'),
  forgotten: (line) => areTexts(line, 'url'),
};

function hasConfiguration({ configuration }: Members, orNone: boolean): boolean {
  if (configuration === undefined) return orNone;
  return isObject(configuration) && areTexts(configuration, 'url') && URL.canParse(String(configuration.url));
}

function isEvent(value: unknown): value is RegistrationEvent {
  if (!isObject(value) || typeof value.kind !== 'string' || !Object.hasOwn(SHAPES, value.kind)) return false;
  return SHAPES[value.kind as RegistrationEvent['kind']](value);
}
