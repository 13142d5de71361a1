import { HarnessError } from '../fixtures/errors.ts';
import { nearest } from '../fixtures/nearest.ts';
import type { WrittenWaiver } from '../fixtures/profile/profile.ts';
import { CHECKS } from '../suites/registry.ts';

/**
 * Refuses waivers that can never apply: each names a check and one of its reasons, once.
 *
 * @throws {HarnessError} `profile`: one line for each, with the place where it stands.
 */
export function requireWaivers(waivers: readonly WrittenWaiver[] = []): void {
  const problems = waivers.flatMap((waiver, index) => {
    const says = problemOf(waiver, waivers.slice(0, index));
    return says === undefined ? [] : [`${waiver.place}: ${says}`];
  });
  if (problems.length > 0) throw new HarnessError('profile', problems.join('\n'));
}

function problemOf({ check, reason }: WrittenWaiver, before: readonly WrittenWaiver[]): string | undefined {
  const declared = CHECKS.find(({ id }) => id === check);
  if (declared === undefined) {
    const ids = CHECKS.map(({ id }) => id);
    return `no check is called ${check}${meant(check, ids) ?? '; `list` shows them all'}`;
  }
  const reasons = Object.keys(declared.reasons);
  if (!reasons.includes(reason)) {
    return `${check} has no reason ${reason}${meant(reason, reasons) ?? `; write one of ${reasons.join(', ')}`}`;
  }
  const first = before.find((each) => each.check === check && each.reason === reason);
  return first && `${check} (${reason}) is waived already, at ${first.place}; leave one of them`;
}

function meant(word: string, candidates: readonly string[]): string | undefined {
  const found = nearest(word, candidates, ({ length }) => Math.max(2, Math.floor(length / 4)));
  return found && `; did you mean ${found}?`;
}
