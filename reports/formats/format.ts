import type { Exchange } from '../../fixtures/evidence.ts';
import type { Report } from '../report.ts';

/** All that a rendering is made of. */
export interface Source {
  readonly report: Report;
  /** What is at hand of the evidence, in the order it was sent; empty where only the report is. */
  readonly exchanges: readonly Exchange[];
}

/** A way to show a report: a pure function of it. */
export interface Format {
  /** Name of the file, in the folder of the run. */
  readonly file: string;
  /** What it is good for, one line. */
  readonly says: string;
  render(source: Source): string;
}
