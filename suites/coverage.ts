import type { Check } from './check.ts';
import { type CatalogueName, catalogue } from './requirements/index.ts';
import { type Explanation, whyUncovered } from './requirements/uncovered.ts';

export interface Coverage {
  readonly catalogue: CatalogueName;
  /** Requirement → checks that cite it. */
  readonly checked: Readonly<Record<string, readonly string[]>>;
  /** Requirement → why no check cites it. */
  readonly unchecked: Readonly<Record<string, Explanation>>;
  /** Neither cited nor explained: a gap nobody has looked at. */
  readonly unexplained: readonly string[];
}

const CATALOGUES = ['mcp', 'rfc', 'auth0', 'attack-rows'] as const;

/** What of each catalogue the checks cite, and why not the rest. */
export function coverageOf(checks: readonly Pick<Check, 'id' | 'requirements'>[]): readonly Coverage[] {
  return CATALOGUES.map((name) => {
    const citing = Object.entries(catalogue(name)).map(([id, requirement]) => ({
      id,
      by: checks.filter(({ requirements }) => requirements.includes(id)).map((check) => check.id),
      why: whyUncovered(id, requirement),
    }));
    const rest = citing.filter(({ by }) => by.length === 0);
    return {
      catalogue: name,
      checked: Object.fromEntries(citing.filter(({ by }) => by.length > 0).map(({ id, by }) => [id, by])),
      unchecked: Object.fromEntries(rest.flatMap(({ id, why }) => (why === undefined ? [] : [[id, why]]))),
      unexplained: rest.filter(({ why }) => why === undefined).map(({ id }) => id),
    };
  });
}
