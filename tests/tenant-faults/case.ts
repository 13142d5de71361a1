import type { Lab } from '../tenant-lab.ts';

/** What is seen of a world with a fault, and of the same without it. */
export interface Case {
  readonly look: (lab: Lab) => Promise<unknown>;
  readonly right: unknown;
  readonly wrong: unknown;
}

export type Cases = Readonly<Record<string, Case>>;

export const seen = (look: Case['look'], right: unknown, wrong: unknown): Case => ({ look, right, wrong });
