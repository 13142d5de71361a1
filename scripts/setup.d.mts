/** The `packages` table of package-lock.json or of node_modules/.package-lock.json. */
export type Packages = Readonly<
  Record<string, { readonly version?: string; readonly integrity?: string; readonly optional?: boolean }>
>;

/** Modification time and size by path, relative to the repository with forward slashes. */
export type Sources = Readonly<Record<string, string>>;

export interface Attempt {
  readonly name: string;
  /** Worth trying only when a browser is there and does not start. */
  readonly repairs: boolean;
  /** Milliseconds for each command; without it, the command ends by itself. */
  readonly timeout?: number;
  readonly commands: readonly (readonly string[])[];
}

export interface Machine {
  readonly platform: NodeJS.Platform;
  readonly root: boolean;
  /** Content of /etc/os-release, empty where there is none. */
  readonly osRelease: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface BrowserMemory {
  readonly chromePath: string | null;
  readonly path?: string;
  readonly failedAt?: number;
}

export const repository: string;
export function whyInstall(locked: Packages, installed: Packages | undefined): string | undefined;
export function readSources(folder: string): Sources;
export function whyBuild(built: Sources | undefined, sources: Sources): string | undefined;
export function staleOutputs(outputs: readonly string[], sources: Sources): readonly string[];
export function removeStaleOutputs(folder: string, sources: Sources): readonly string[];
export function browserAttempts(machine: Machine): readonly Attempt[];
export function mayTryAgain(memory: BrowserMemory | undefined, now: number, force: boolean): boolean;
export function setUp(options?: { readonly force?: boolean }): Promise<number>;
