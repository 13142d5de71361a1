import { furtherNeedsOf } from '../engine/provisions.ts';
import { HarnessError } from '../fixtures/errors.ts';
import { renderExplanation } from '../reports/render/explain.ts';
import type { Check } from '../suites/check.ts';
import { CHECKS } from '../suites/registry.ts';
import { didYouMean } from './nearest.ts';
import { pageOptions, print } from './output.ts';
import { type AddCommand, examples } from './program.ts';

export const addExplain: AddCommand = (program, settle) => {
  program
    .command('explain <check>')
    .summary('explain a check: what, why, how to fix')
    .description('Says what a check asks for, which documents say so, what can be wrong, and how to fix each of it.')
    .addHelpText(
      'after',
      examples(['explain challenge/answers-401-without-a-token', 'explain sends-a-challenge-with-401']),
    )
    .action(
      settle(async (id: string) => {
        const check = findCheck(id);
        await print(renderExplanation(check, furtherNeedsOf(check), pageOptions()));
        return 0;
      }),
    );
};

/** By its id, or the part behind the area where no other check has it. */
function findCheck(id: string): Check {
  const found = CHECKS.filter((check) => check.id === id || check.id.split('/')[1] === id);
  const [check] = found;
  if (check !== undefined && found.length === 1) return check;
  const suggestion = didYouMean(
    id,
    CHECKS.map((each) => each.id),
    'list shows them all',
  );
  throw new HarnessError('usage', `no check is called ${id}${suggestion}`);
}
