/**
 * Checks of a family are made of reasons that say more than a check declares: the trials that give them, what is wrong in
 * an answer, and an example.
 */
import type { Reason } from './check.ts';

/** The same keys, with something made of each reason. */
export function mapReasons<R extends string, From, To>(
  reasons: Readonly<Record<R, From>>,
  made: (reason: From) => To,
): Readonly<Record<R, To>> {
  const entries = Object.entries<From>(reasons).map(([key, reason]) => [key, made(reason)]);
  return Object.fromEntries(entries) as Record<R, To>;
}

/** The reasons as a check declares them. */
export function declaredReasons<R extends string>(reasons: Readonly<Record<R, Reason>>): Readonly<Record<R, Reason>> {
  return mapReasons(reasons, ({ says, fix, keyword, providerFact }) => ({
    says,
    fix,
    ...(keyword && { keyword }),
    ...(providerFact && { providerFact }),
  }));
}

/** The trials that give one of the reasons, each once. */
export function trialsOf<T extends string>(
  reasons: Readonly<Record<string, { readonly trials: readonly T[] }>>,
): readonly T[] {
  return [...new Set(Object.values(reasons).flatMap(({ trials }) => trials))];
}

/** What is wrong with the answer to a trial, by the first of the reasons that applies. */
export function firstWrong<
  R extends string,
  How extends { readonly trials: readonly string[]; readonly expected?: string },
>(entries: readonly (readonly [R, How])[], trial: string, wrong: (how: How) => string | undefined) {
  for (const [reason, how] of entries) {
    const actual = how.trials.includes(trial) ? wrong(how) : undefined;
    if (actual !== undefined) return { reason, expected: how.expected as How['expected'], actual };
  }
  return undefined;
}
