import type { Unfit } from '../fixtures/trials/access-tokens/trial.ts';
import { notApplicable, outOfScope, untested, type Verdict } from './check.ts';

/**
 * What could not be asked stands in the way of a pass, unless the rest was asked and it is a matter of the profile.
 *
 * @param asked how many of the trials were asked
 */
export function unasked(unfit: readonly Unfit[], asked: number): Verdict<never> | undefined {
  const lacking = unfit.find((each) => each.unfit === 'untested');
  if (lacking?.unfit === 'untested') return untested(lacking.because, lacking.unlock, lacking.blockedBy);
  if (asked > 0) return undefined;
  const closed = unfit.find((each) => each.unfit === 'out-of-scope');
  if (closed?.unfit === 'out-of-scope') return outOfScope(closed.because, closed.unlock);
  const [first] = unfit;
  return first && notApplicable(first.because);
}
