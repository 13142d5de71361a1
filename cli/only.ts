import { HarnessError } from '../fixtures/errors.ts';
import { AREAS } from '../suites/check.ts';
import { CHECKS } from '../suites/registry.ts';
import { didYouMean } from './nearest.ts';

/**
 * The value of `--only`: names of areas or checks, separated by commas; given again, all together.
 *
 * @throws {HarnessError} `usage`
 */
export function namesOf(value: string, before: readonly string[] = []): readonly string[] {
  const names = value
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  if (names.length === 0) throw new HarnessError('usage', '--only: name an area or a check; list shows them all');
  const known = [...Object.keys(AREAS), ...CHECKS.map(({ id }) => id)];
  const stranger = names.find((name) => !known.includes(name));
  if (stranger === undefined) return [...before, ...names];
  const suggestion = didYouMean(stranger, known, 'list shows them all');
  throw new HarnessError('usage', `--only ${value}: no area or check is called ${stranger}${suggestion}`);
}
