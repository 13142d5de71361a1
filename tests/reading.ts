/** What a check reads of evidence. */
import type { AskedGrant } from '../fixtures/authorization-evidence.ts';
import type { EvidenceMap, Exchange } from '../fixtures/evidence.ts';
import type { Journey } from '../fixtures/journey.ts';
import type { Check, Example, Facts } from '../suites/check.ts';
import { golden, goldenFacts } from '../suites/golden.ts';

export const factsFor = (check: Check, example?: Pick<Example, 'facts'>): Facts => ({
  ...goldenFacts,
  revisions: [check.since !== undefined && check.since > '2025-11-25' ? check.since : goldenFacts.revisions[0]!],
  ...example?.facts,
});

/** What a check is given to read. */
export const ofInterest = ({ needs, uses = [] }: Check, evidence: EvidenceMap = golden): Partial<EvidenceMap> =>
  Object.fromEntries([...needs, ...uses].map((key) => [key, evidence[key]]));

export const isExchange = (value: object): value is Exchange => 'asks' in value && 'request' in value;
export const isJourney = (value: object): value is Journey => 'hops' in value && 'end' in value;
export const isGrant = (value: object): value is AskedGrant =>
  'exchange' in value && 'tokens' in value && 'differs' in value;

/** Ids of the exchanges whose outcome a check looks at in golden evidence. */
export const readBy = (check: Check, facts: Facts) => readingOf(check, facts, () => []);

/** The same, and of those that it looks at by what came of them: where the browser ended, and tokens. */
export const lookedAtBy = (check: Check, facts: Facts) =>
  readingOf(check, facts, (target, name) =>
    isJourney(target) && name === 'end'
      ? target.hops.slice(-1).map(({ id }) => id)
      : isGrant(target) && name === 'tokens'
        ? [target.exchange.id]
        : [],
  );

function readingOf(
  check: Check,
  facts: Facts,
  besides: (target: object, name: string | symbol) => readonly string[],
): readonly string[] {
  const read = new Set<string>();
  const watched = new WeakMap<object, unknown>();
  const watch = <T>(value: T): T => {
    if (typeof value !== 'object' || value === null) return value;
    const known = watched.get(value);
    if (known !== undefined) return known as T;
    const proxy = new Proxy(value, {
      get(target, name, receiver) {
        if ('asks' in target && 'request' in target && (name === 'answer' || name === 'failure')) {
          read.add(String((target as { id?: unknown }).id));
        }
        for (const id of besides(target, name)) read.add(id);
        return watch(Reflect.get(target, name, receiver));
      },
    });
    watched.set(value, proxy);
    return proxy;
  };
  check.judge(watch(golden), facts);
  return [...read];
}
