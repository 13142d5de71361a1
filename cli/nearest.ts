import { nearest } from '../fixtures/nearest.ts';

/** "; did you mean a or b?", or `otherwise` when nothing is like `word`. */
export function didYouMean(word: string, candidates: readonly string[], otherwise: string): string {
  const found = suggestions(word, candidates);
  return found.length === 0 ? `; ${otherwise}` : `; did you mean ${found.join(' or ')}?`;
}

/** Candidates that contain `word`, at most three, else the one most like it, else none. */
function suggestions(word: string, candidates: readonly string[]): readonly string[] {
  const containing = candidates.filter((candidate) => word.length > 3 && candidate.includes(word));
  if (containing.length > 0) return containing.slice(0, 3);
  const best = nearest(word, candidates, ({ length }) => Math.max(2, length * 0.4));
  return best === undefined ? [] : [best];
}
