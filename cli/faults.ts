import { HarnessError } from '../fixtures/errors.ts';
import { FAULTS } from '../mock-idp/faults/index.ts';
import { didYouMean } from './nearest.ts';

/**
 * @param where the ids were written, for the message
 * @throws {HarnessError} `usage` when one of `ids` is no fault of the embedded world.
 */
export function requireFaults(ids: readonly string[], where: string): void {
  const known = FAULTS.map(({ id }) => id);
  const stranger = ids.find((id) => !known.includes(id));
  if (stranger === undefined) return;
  const suggestion = didYouMean(stranger, known, 'mock --list-faults shows them all');
  throw new HarnessError('usage', `${where}: there is no fault ${stranger}${suggestion}`);
}
