import { join } from 'node:path';
import { sha256Of } from '../reports/digest.ts';

/** A file in the folder of `state`, whose name is the same in each run and shows nobody what it is about. */
export function stateFile(folder: string, about: string, ending = 'json'): string {
  return join(folder, `${sha256Of(about).slice(0, 32)}.${ending}`);
}
